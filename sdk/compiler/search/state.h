/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a search, shared by what proposes and what explains. Internal to search/.
 */
#pragma once

#include "compiler/search/copies.h"
#include "compiler/search/floor.h"
#include "compiler/search/search.h"

typedef enum
{
  SEARCH_WAITING,
  SEARCH_EXCLUDED, /* by a bound, or because another of its kind was not accurate enough */
  SEARCH_MET,
  SEARCH_MISSED,
  SEARCH_REFUSED,
} SearchState;

/* Programs with the same accuracy: one number of reads, with or without row copies */
typedef struct
{
  gboolean row_copies, is_inaccurate;
  int reads;
  SearchModel *model;
} SearchVariant;

typedef struct
{
  SearchVariant *variant;
  int *n_copies;
  gint64 n_arrays;
  double latency_ps, unit_interval_ps, interval_ps, energy_fj, power_mw; /* bounds */
  SearchState state;
  StrataJudgement judgement;
  gint64 pace_ps;
  double excess; /* of the limit that is missed most */
  char *refusal;
} SearchCandidate;

struct _StrataSearch
{
  const StrataQGraph *graph;
  const StrataTileSet *tiles;
  const StrataChipSpec *chip;
  StrataSearchOptions options;
  SearchLimit limits[STRATA_N_LIMITS];
  int n_limits;
  int most_reads;        /* of a product, as quantised */
  SearchModel *cheapest; /* one read each: what floors are of */
  SearchFloor floor;
  GPtrArray *variants, *candidates;
  GPtrArray *order; /* of candidates, as they were tried; owns nothing */
  SearchCandidate *current, *best, *nearest;
  StrataChoice proposed;
  int n_refined;
  gboolean is_shown, is_hopeless; /* hopeless: a limit lies below its floor */
};

/* NULL: it was not asked for */
const SearchLimit *search_limit (const StrataSearch *search, StrataLimit limit);
