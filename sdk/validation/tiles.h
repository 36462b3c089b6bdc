/* SPDX-License-Identifier: Apache-2.0
 *
 * The public thermal simulator's example of nine compute-in-memory tiles (HotSpot, examples/cim_tiles at 3469886):
 * tiles of 0.3 mm, silicon of 0.15 mm, TIM of 20 um, aluminium spreader and sink of that simulator's default sizes and
 * 0.1 K/W of convection. For rows of published numbers and for tests of the solver alike.
 */
#pragma once

#include "simulator/spreader.h"

#define STRATA_TILES_GRID 64 /* cells along a side */
#define STRATA_TILES_SIDE 3  /* tiles along a side */
#define STRATA_TILES_AMBIENT_K 318.15

/* Mean power of tile [x][y], W, y from the south: six steps of the published trace */
extern const double strata_tiles_w[STRATA_TILES_SIDE][STRATA_TILES_SIDE];

/* @power_w: (out): per node of the package, W, row 0 the north edge */
StrataSpreader *strata_tiles_new (const double tiles_w[STRATA_TILES_SIDE][STRATA_TILES_SIDE],
                                  double **power_w) G_GNUC_WARN_UNUSED_RESULT;
