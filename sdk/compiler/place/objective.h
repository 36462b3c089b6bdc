/* SPDX-License-Identifier: Apache-2.0
 *
 * The objective of placement, kept up to date while tiles come and go. Every term is an integer sum over tiles and
 * pairs of tiles that are attached, so that attaching and detaching keep it equal to the full recomputation, exactly.
 * Unit: picoseconds that a placement is expected to cost, summed over tiles. Internal to place/.
 */
#pragma once

#include "program/placement.h"

typedef struct
{
  gint64 serial, switches, noc, heat;
} PlaceCost;

/* What the objective knows of one tile before it is placed */
typedef struct
{
  int op, home; /* home: first tile of its column block */
  int n_bursts;
  gint64 busy_ps;         /* all its MVMs */
  gint64 load_ps, sum_ps; /* link time per hop: its input rows, its output rows */
} PlaceTile;

/* When an op runs with unlimited units: [start, end) */
typedef struct
{
  gint64 start_ps, end_ps;
} PlaceSpan;

typedef struct
{
  const StrataQGraph *graph;
  const StrataTileSet *tiles;
  const StrataChipSpec *chip;
  PlaceTile *tile;
  PlaceSpan *span;   /* per op */
  gint64 switch_ps;  /* t_select and the drained pipeline */
  int *hub_hops;     /* per stack: links between it and the hub */
  StrataSite *site;  /* per tile; stack -1: not attached */
  int *occupant;     /* per site stack * tiers + tier: tile, -1: free */
  int **stack_tiles; /* per stack: attached tiles */
  int *n_stack_tiles;
  gint64 *stack_busy_ps;
  PlaceCost cost;
} PlaceState;

void
place_state_init (PlaceState *state, const StrataQGraph *graph, const StrataTileSet *tiles, const StrataChipSpec *chip);
void place_state_finish (PlaceState *state);
void place_attach (PlaceState *state, int tile, StrataSite site);
void place_detach (PlaceState *state, int tile);
/* Links between two stacks of the mesh */
int place_hops (const PlaceState *state, int from, int to);
/* From nothing but the sites */
PlaceCost place_recompute (const PlaceState *state);
gint64 place_total (const PlaceCost *cost);
/* Spans of ops with unlimited units, from row counts alone. (transfer full) */
PlaceSpan *place_spans (const StrataQGraph *graph, const StrataTileSet *tiles, const StrataChipSpec *chip);
