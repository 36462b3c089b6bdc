/* SPDX-License-Identifier: Apache-2.0
 *
 * The outer loop's part that thinks: proposes what to compile next, is told what came of it, and knows when to stop. It
 * calls no stage: pipeline.c makes what is proposed. A search is deterministic, ends, and finds a program whenever it
 * found one under tighter limits: its proposals are a list that does not depend on the limits, from which it leaves out
 * only what a bound excludes.
 */
#pragma once

#include "compiler/search/report.h"
#include "compiler/stages.h"

typedef struct
{
  const int *n_copies; /* per op: copies of its matrix */
  gboolean row_copies;
  int reads;               /* conversions per product, times what the quantised graph says; 0: one each */
  int max_active_stacks;   /* that convert at once; 0: all */
  const StrataSide *sides; /* per op: products on the digital units that the graph has in arrays; NULL: none */
} StrataChoice;

typedef struct
{
  StrataLimits limits;
  StrataObjective objective;
  gboolean row_copies; /* FALSE: the caller wants none */
  int max_reads;       /* that a product may average, all in all */
} StrataSearchOptions;

typedef struct _StrataSearch StrataSearch;

/* @tiles: one copy of each matrix without row copies. Everything must outlive the search. */
StrataSearch *strata_search_new (const StrataQGraph *graph,
                                 const StrataTileSet *tiles,
                                 const StrataChipSpec *chip,
                                 const StrataSearchOptions *options) G_GNUC_WARN_UNUSED_RESULT;
void strata_search_free (StrataSearch *search);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataSearch, strata_search_free)

/* What to make next; NULL: the search has ended. Valid until the next call. */
const StrataChoice *strata_search_next (StrataSearch *search);
/* Whether only the accuracy of what was made is left to be judged */
gboolean strata_search_wants_accuracy (const StrataSearch *search, const StrataJudgement *judgement, gint64 n_arrays);
/* What came of the last proposal. TRUE: it meets all limits, and nothing better was made before. */
gboolean strata_search_tell (StrataSearch *search, const StrataJudgement *judgement, gint64 n_arrays, gint64 pace_ps);
/* No program came of it, because @reason. */
void strata_search_refuse (StrataSearch *search, const char *reason);
/* The best that was told; NULL: nothing meets the limits */
const StrataChoice *strata_search_best (StrataSearch *search);

/* After the end */
StrataSearchReport *strata_search_report (StrataSearch *search) G_GNUC_WARN_UNUSED_RESULT;
/* "latency is 4 us, …; impossible on this chip: …" of what came nearest; NULL: no program was made. (transfer full) */
char *strata_search_describe (StrataSearch *search, const StrataSearchReport *report) G_GNUC_WARN_UNUSED_RESULT;
/* Decisions COPIES per product, LIMIT per limit and FLOOR */
void strata_search_explain (StrataSearch *search, const StrataSearchReport *report, StrataDecisions *decisions);
