/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known before anything is placed: what each tile asks for and when, in numbers small enough that sums of their
 * products fit 64 bits; and what each unit of a term is worth. Read-only once made. Internal to place/.
 */
#pragma once

#include "compiler/stages.h"

/* What all tiles of a route wait for its busiest stack, beside what each waits on its own */
#define PLACE_BUSIEST 2

/* What a tile asks for. Work is counted in quanta, so that sums of products fit 64 bits. */
typedef struct
{
  int op, home;  /* home: first tile of its column block */
  int class;     /* tiles that run alike */
  int group;     /* tiles of one op that read the same input rows */
  int n_tiers;   /* that it takes of its stack, next to each other */
  gint64 sum_ps; /* link time per hop of its output rows */
  gint32 fire;   /* its work whenever its op fires, in quanta of routes */
} PlaceTile;

/* How tiles run that belong to one op and have the same work */
typedef struct
{
  int op;
  int first, bin, n_bins; /* into the model's work and bursts; the first bin of time, and how many */
  gint32 work;            /* all its MVMs, in quanta; times the chance that the op fires */
  gint32 heat;            /* the same, in quanta of heat */
} PlaceClass;

/* Ops of which it is known how often two of them fire together */
typedef struct
{
  int first, n_ops; /* into team_op */
} PlaceTeam;

typedef struct
{
  gint64 turn_ps;            /* what a pair of its tiles on one stack waits */
  int team;                  /* -1: none */
  int atom;                  /* of a team: the first of the ops that always fire with it */
  int first_route, n_routes; /* into route: those in which it fires */
} PlaceOp;

typedef struct
{
  const StrataQGraph *graph;
  const StrataTileSet *tiles;
  const StrataChipSpec *chip;
  PlaceTile *tile;
  PlaceClass *class;
  int n_classes;
  PlaceOp *op;
  PlaceTeam *team;
  int *team_op;
  int n_teams;
  int *route;         /* ids of routes, as many of each team, in order */
  gint64 *route_work; /* per route: of all its tiles, in quanta of routes */
  int n_routes;
  gint64 route_quantum_ps;
  gint64 *group_ps; /* per group: link time per hop of its input rows */
  int n_groups;
  gint32 *work;   /* per class and bin: quanta */
  double *bursts; /* per class and bin: whole numbers of bursts' quanta */
  int n_bins;     /* of the time of one inference, all of one length */
  gint64 bin_ps;
  gint64 quantum_ps;                  /* of work */
  gint64 horizon;                     /* quanta of one stack in the least interval between inferences */
  int *hub_hops;                      /* per stack: links between it and the hub */
  int *n_usable;                      /* per stack: arrays that work */
  int *least_way;                     /* per stack: tiers above the highest that works */
  int width;                          /* tiers of the tiles that span several, all alike; 1: none does */
  int *most_wide;                     /* per stack: such tiles for which it has room */
  int n_spare;                        /* free arrays that a stack should keep */
  double scale[STRATA_N_PLACE_TERMS]; /* picoseconds per unit of a term */
} PlaceModel;

/* @options may be NULL */
void place_model_init (PlaceModel *model,
                       const StrataQGraph *graph,
                       const StrataTileSet *tiles,
                       const StrataChipSpec *chip,
                       const StrataPlaceOptions *options);
void place_model_finish (PlaceModel *model);
/* The work of two tiles that meets in a bin: sum of products */
gint64 place_overlap (const PlaceModel *model, int a, int b);
/* What no placement can go below, by term and in the terms' units */
void place_bounds (const PlaceModel *model, gint64 *bound);

/* In whole picoseconds */
gint64 place_term_ps (const PlaceModel *model, StrataPlaceTerm term, gint64 value);
/* Links between two stacks of the mesh */
int place_hops (const StrataChipSpec *chip, int from, int to);
/* Fills @out (room for 4) with the neighbours of @stack on the mesh; returns how many */
int place_neighbours (const StrataChipSpec *chip, int stack, int *out);
