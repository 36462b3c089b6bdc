/* SPDX-License-Identifier: Apache-2.0
 *
 * Made-up scenes that tests, benchmarks and the demo draw: a small residual network on a chip of 8 x 8 stacks.
 */
#pragma once

#include "strata-profiler/strata-bars.h"
#include "strata-profiler/strata-chart.h"
#include "strata-profiler/strata-draw-charts.h"
#include "strata-profiler/strata-draw-stack.h"
#include "strata-profiler/strata-draw-timeline.h"
#include "strata-profiler/strata-heat-map.h"

typedef struct
{
  StrataStackScene stack;
  GArray *tiles, *layers, *units;
  GStringChunk *names;
  double *temperature_c;
  StrataTimelineScene timeline;
  GPtrArray *arrays;
  StrataDrawTrack *tracks;
  StrataTimelineDrop drops[2];
  StrataPowerScene power;
  StrataEnergyScene energy;
  StrataOverviewScene overview;
  StrataLayerTable table;
} DrawScenes;

/* @blocks per array side; @fill: share of arrays with weights, 0 to 1 */
DrawScenes *draw_scenes_new (gint32 mesh, gint32 n_tiers, gint32 blocks, double fill, const StrataDrawTheme *theme);
/* Adds tracks and power of a run in which the layers follow one another, row by row */
void draw_scenes_add_run (DrawScenes *scenes, gint64 duration_ps, gsize n_events_per_track);
void draw_scenes_free (DrawScenes *scenes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DrawScenes, draw_scenes_free)
