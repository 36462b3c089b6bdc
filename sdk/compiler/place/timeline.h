/* SPDX-License-Identifier: Apache-2.0
 *
 * When ops run on a chip whose stacks are one pool. Internal to place/.
 */
#pragma once

#include "compiler/stages.h"

#define PLACE_FINE_BINS 1024

/* When an op runs: [start, end) */
typedef struct
{
  double start_ps, end_ps;
} PlaceSpan;

typedef struct
{
  PlaceSpan *span;   /* per op */
  double **taken_ps; /* per op: stacks' time that it takes in bins from … from + n - 1 */
  int *from, *n;
  int n_ops;
  double bin_ps, end_ps; /* length of a bin; when all is done */
} PlaceTimeline;

/* @activity: per op, the chance that it runs; NULL: all always */
void place_timeline_init (PlaceTimeline *timeline,
                          const StrataQGraph *graph,
                          const StrataTileSet *tiles,
                          const StrataChipSpec *chip,
                          const double *activity);
void place_timeline_finish (PlaceTimeline *timeline);
/* The share of an op's work on stacks that is done by @edge_ps */
double place_timeline_before (const PlaceTimeline *timeline, int op, double edge_ps);
