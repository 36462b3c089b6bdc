/* SPDX-License-Identifier: Apache-2.0
 *
 * A die under a heat spreader and a sink that are wider than it: over the die both are layers of the grid, around it
 * lumped rims, and the sink is cooled by convection. The package of the public thermal simulator (HotSpot; Skadron et
 * al., ISCA 2003), with its convention that between two layers, and between sink
 * and air, lies the whole resistance of the lower one.
 */
#pragma once

#include <glib.h>

/* A square plate of metal */
typedef struct
{
  double side_m, thickness_m;
  double k_w_mk, c_j_m3k;
} StrataPlate;

/* A layer of the die, from the heat towards the sink */
typedef struct
{
  double thickness_m, k_w_mk, c_j_m3k;
  double k_lateral_w_mk; /* 0: k_w_mk in all directions */
} StrataDieLayer;

typedef struct
{
  int nx, ny;
  double width_m, height_m; /* of the die: along x and along y; at most the spreader's side */
  const StrataDieLayer *die;
  int n_die;                             /* >= 1 */
  StrataPlate spreader, sink;            /* the sink at least as wide */
  double convection_k_w, convection_j_k; /* of the whole sink */
} StrataSpreaderSetup;

/* Rims: west, east, north, south of the spreader; of the sink over the spreader; of the sink beyond it. */
#define STRATA_SPREADER_RIMS 12

typedef struct _StrataSpreader StrataSpreader;

StrataSpreader *strata_spreader_new (const StrataSpreaderSetup *setup) G_GNUC_WARN_UNUSED_RESULT;
void strata_spreader_free (StrataSpreader *spreader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataSpreader, strata_spreader_free)

/* Nodes: [layer][y][x] of die, spreader and sink, then the rims. */
gsize strata_spreader_n_nodes (const StrataSpreader *spreader);

/* Rises over the air. The answer balances to 1e-10 of the power; FALSE: rounding kept it from that, @rise_c is the best
 * found. For a step @rise_c holds the state before, for the steady state nothing is read. */
gboolean strata_spreader_solve (StrataSpreader *spreader, const double *power_w, double *rise_c);
gboolean strata_spreader_step (StrataSpreader *spreader, const double *power_w, double step_s, double *rise_c);

/* For conservation */
double strata_spreader_stored_j (const StrataSpreader *spreader, const double *rise_c);
double strata_spreader_leaving_w (const StrataSpreader *spreader, const double *rise_c);
