/* SPDX-License-Identifier: Apache-2.0
 *
 * Heat conduction through layers that are uniform in their plane, on a regular grid of cells, solved directly: a cosine
 * transform in the plane leaves one chain from the lowest layer to the outside for every mode (Buzbee, Golub, Nielson
 * 1970). Sides and bottom are adiabatic. Temperatures are rises over the outside, layouts [layer][y][x].
 */
#pragma once

#include <glib.h>

typedef struct _StrataConduction StrataConduction;

typedef struct
{
  int nx, ny, n_layers;
  /* Per layer, each array @n_layers long. Between neighbouring cells along x and along y: */
  const double *lateral_x_w_k, *lateral_y_w_k;
  /* Per cell, to the cell above; the highest layer's: to the outer node, or outside where there is none. > 0 */
  const double *up_w_k;
  const double *store_j_k; /* per cell */
  /* One node above the highest layer, which all its cells share; outer_w_k leads outside. 0: no such node */
  double outer_w_k, outer_j_k;
} StrataConductionLayers;

/* Copies @layers. */
StrataConduction *strata_conduction_new (const StrataConductionLayers *layers) G_GNUC_WARN_UNUSED_RESULT;
void strata_conduction_free (StrataConduction *conduction);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataConduction, strata_conduction_free)

/* Cells, and one more for the outer node where there is one: the length of every @power_w and @rise_c. */
gsize strata_conduction_n_nodes (const StrataConduction *conduction);

/* Steady state. @power_w and @rise_c may be the same array. */
void strata_conduction_solve (StrataConduction *conduction, const double *power_w, double *rise_c);
/* One step of implicit Euler of @step_s > 0, in place. */
void strata_conduction_step (StrataConduction *conduction, const double *power_w, double step_s, double *rise_c);
/* What flows out of each node at @rise_c: by the steady solution it equals the power. */
void strata_conduction_apply (const StrataConduction *conduction, const double *rise_c, double *power_w);

/* Heat above the outside's, and heat that leaves; for conservation. */
double strata_conduction_stored_j (const StrataConduction *conduction, const double *rise_c);
double strata_conduction_leaving_w (const StrataConduction *conduction, const double *rise_c);
