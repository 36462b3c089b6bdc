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
  gboolean is_drawing; /* more than peak power allows, with one stack at a time */
  int reads;
  gboolean is_made;        /* some program of it */
  const StrataSide *sides; /* NULL: as in the graph */
  SearchModel *model;
} SearchVariant;

typedef struct SearchCandidate SearchCandidate;

struct SearchCandidate
{
  SearchVariant *variant;
  int *n_copies;
  int max_active;                  /* stacks that convert at once; 0: all */
  const SearchCandidate *uncapped; /* where max_active > 0: the same with all */
  gint64 n_arrays;
  double latency_ps, unit_interval_ps, interval_ps, energy_fj, power_mw; /* bounds */
  SearchState state;
  StrataJudgement judgement;
  gint64 pace_ps;
  double excess;      /* of the limit that is missed most */
  double rest_excess; /* of those beside peak power and accuracy */
  char *refusal;
};

/* The look for the largest cap that keeps peak power */
typedef struct
{
  const SearchCandidate *all; /* the program without a cap; NULL: none is looked for */
  int low, high;              /* low: keeps it or is too slow; high: does not keep it */
  double low_mw, high_mw;
  int n_made;
  gboolean is_kept, is_over; /* by some cap; no cap keeps all limits */
} SearchCaps;

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
  SearchMemory memory;
  /* Dense products that take less energy on the digital units, by the model: either way is allowed for in floors; of
   * them those that are moved where energy counts */
  SearchModel *digital; /* all dense products there */
  gboolean *either;
  StrataSide *sides;
  int n_moved;
  GPtrArray *variants, *candidates;
  GPtrArray *order; /* of candidates, as they were tried; owns nothing */
  SearchCandidate *current, *best, *nearest;
  StrataChoice proposed;
  int n_refined;
  gboolean is_side_tried;
  SearchCaps caps;
  int n_shown;          /* limits that a refusal has shown the nearest program of */
  gboolean is_hopeless; /* a limit lies below its floor */
};

/* "conv1 (61 %), conv2 (12 %)": the largest of @value, which has one element per op; NULL where all are 0 */
char *search_name_layers (const StrataQGraph *graph, const double *value) G_GNUC_WARN_UNUSED_RESULT;
/* NULL: it was not asked for */
const SearchLimit *search_limit (const StrataSearch *search, StrataLimit limit);
/* Takes @n_copies. @max_active: stacks that convert at once, 0: all. Owned by the search. */
SearchCandidate *search_add_candidate (StrataSearch *search, SearchVariant *variant, int *n_copies, int max_active);
/* FALSE: bounds alone say that the candidate misses a limit */
gboolean search_is_in_bounds (const StrataSearch *search, const SearchCandidate *candidate);
/* Fills digital, either and sides, where there is a limit or energy counts; the first variant must be there. */
void search_sides_choose (StrataSearch *search);
/* Energy of one inference matters. */
gboolean search_saves_energy (const StrataSearch *search);
/* What came of a program, for the cap that peak power may take; the next to make, NULL: none */
void search_caps_told (StrataSearch *search, const SearchCandidate *self);
SearchCandidate *search_caps_next (StrataSearch *search);
