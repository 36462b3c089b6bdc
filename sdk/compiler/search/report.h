/* SPDX-License-Identifier: Apache-2.0
 *
 * What a search for a program that meets its limits came to: every limit with its verdict, the best that was found and
 * the floor that nothing goes below; and every program that was tried. The certificate of a refusal, and the list of
 * alternatives of a success. Numbers are in the units that the limits' names end with; NaN: unknown.
 */
#pragma once

#include "compiler/search/limits.h"

typedef struct
{
  StrataLimit limit;
  double asked, best, floor; /* floor: the ceiling of a rate or an accuracy */
  StrataVerdict verdict;
  char *reason; /* what the floor consists of; what else stands in the way */
  char *layers; /* the layers that make most of it; NULL: none in particular */
} StrataLimitFinding;

typedef struct
{
  char *choice; /* "8 copies of features.0, 4 of features.1; 2 reads" */
  StrataJudgement judgement;
  gint64 n_arrays;
  int most_copies, reads;
  gboolean row_copies;
  int max_active_stacks; /* 0: all */
  gint64 pace_ps;
  char *refusal;   /* why a stage made no program of it; NULL: it did, and the figures are there */
  gboolean is_met; /* all limits */
  gboolean is_chosen;
  gboolean is_pareto; /* no other is as good in latency, interval, energy, power, arrays and temperature, and better in
                         one */
} StrataTried;

/* What would hold a model that the chip does not */
typedef struct
{
  StrataLimit limit;
  char *change;      /* "at most 1 slice a weight, where there are 2" */
  double needs, has; /* then, in the unit of the limit */
} StrataRemedy;

typedef struct
{
  StrataVerdict verdict; /* of all limits together */
  StrataObjective objective;
  GArray *limits;   /* StrataLimitFinding */
  GArray *tried;    /* StrataTried, in the order they were tried */
  GArray *remedies; /* StrataRemedy */
} StrataSearchReport;

StrataSearchReport *strata_search_report_new (StrataObjective objective) G_GNUC_WARN_UNUSED_RESULT;
void strata_search_report_free (StrataSearchReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataSearchReport, strata_search_report_free)
void strata_search_report_suggest (
  StrataSearchReport *report, StrataLimit limit, const char *change, double needs, double has);
/* Sets is_pareto of all that were made. */
void strata_search_report_mark (StrataSearchReport *report);
