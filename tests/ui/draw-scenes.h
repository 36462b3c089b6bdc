/* SPDX-License-Identifier: Apache-2.0
 *
 * Made-up scenes that tests, benchmarks and the demo draw: a small residual network on a chip of 8 x 8 stacks.
 */
#pragma once

#include "strata-profiler/strata-draw-stack.h"

typedef struct
{
  StrataStackScene stack;
  GArray *tiles, *layers, *units;
  GStringChunk *names;
  double *temperature_c;
} DrawScenes;

/* @blocks per array side; @fill: share of arrays with weights, 0 to 1 */
DrawScenes *draw_scenes_new (gint32 mesh, gint32 n_tiers, gint32 blocks, double fill, const StrataDrawTheme *theme);
void draw_scenes_free (DrawScenes *scenes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DrawScenes, draw_scenes_free)
