/* SPDX-License-Identifier: Apache-2.0
 *
 * The objective of placement: where tiles lie, and what its terms come to, kept as sums per stack and bin of time, so
 * that attaching and detaching a tile costs the bins in which it runs and a look at the tiles of one stack. Terms are
 * integers in units of their own and equal a computation from pairs of tiles, exactly. Internal to place/.
 */
#pragma once

#include "compiler/place/model.h"

typedef struct
{
  const PlaceModel *model;
  int *stack; /* per tile; -1: not attached */
  int *slot;  /* per tile: its place in the list of its stack */
  /* Per stack, `tiers` of each: attached tiles, their ops, their groups */
  int *list, *list_op, *list_group;
  int *n_tiles;                     /* per stack */
  int *n_used, *n_wide;             /* per stack: tiers that are taken; tiles that span several */
  gint32 *load, *most;              /* per route and stack: work in quanta of routes; per route: of the busiest stack */
  gint64 *work, *heat;              /* per stack: quanta */
  gint32 *bin_work;                 /* per stack and bin */
  double *bin_bursts, *bin_squares; /* per stack and bin: sum, and sum of squares */
  gint64 term[STRATA_N_PLACE_TERMS];
} PlaceState;

void place_state_init (PlaceState *state, const PlaceModel *model);
void place_state_copy (PlaceState *to, const PlaceState *from);
void place_state_finish (PlaceState *state);
gboolean place_is_full (const PlaceState *state, int stack);
/* Whether @tile, which is not attached, can be attached to @stack; and whether two that are can change places. Tiles
 * that span tiers all span as many, so that whoever places them first, and then the others, finds room for all if there
 * is room for all: each takes one of the stack's runs, wherever it goes. */
gboolean place_has_room (const PlaceState *state, int tile, int stack);
gboolean place_can_swap (const PlaceState *state, int a, int b);
/* What attaching @tile to @stack would add, by term */
void place_terms (const PlaceState *state, int tile, int stack, gint64 *term);
/* The same, as one number of picoseconds */
double place_price (const PlaceState *state, int tile, int stack);
/* Return what the total has changed by, in picoseconds. */
double place_attach (PlaceState *state, int tile, int stack);
double place_detach (PlaceState *state, int tile);
double place_total (const PlaceState *state);

/* Depths of heat, in tiers: what a pair on one stack shares of the way to the cap; how near tiers of neighbouring
 * stacks are */
gint64 place_shared_way (const PlaceModel *model, int a, int b);
gint64 place_across (const PlaceModel *model, int a, int b);
/* STRATA_PLACE_TERM_DEPTH of attached tiles; tier -1: not counted */
gint64 place_depth (const PlaceState *state, const int *tier);
/* A tier for each attached tile; -1 for others. (transfer full) */
int *place_choose_tiers (const PlaceState *state);

/* From nothing but stacks and tiers, pair by pair. @tier NULL: as in a state, STRATA_PLACE_TERM_DEPTH is what it is
 * where each tile has the highest tier of its stack that works. */
void place_recompute (const PlaceModel *model, const int *stack, const int *tier, gint64 *term);
