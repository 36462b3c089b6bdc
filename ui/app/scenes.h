/* SPDX-License-Identifier: Apache-2.0
 *
 * A profile as what the painters draw: layers with colours, tiles with values, units of the base die, temperatures.
 * Built once per profile and theme; values that depend on time are set for an instant or a range. Knows no GTK.
 */
#pragma once

#include <strata-profiler/strata-draw-charts.h>
#include <strata-profiler/strata-draw-stack.h>
#include <strata-profiler/strata-draw-timeline.h>
#include <strata-profiler/strata-heat-map.h>
#include <strata-profiler/strata-profiler.h>
#include <strata-profiler/strata-warming.h>

/* Events of the governor's track: spells from cold that begin within the run */
typedef struct
{
  gint64 *start_ps, *duration_ps;
  gint32 *layer; /* -1 all */
  const char **texts;
  gboolean *warns;
} StrataScenesGovernor;

typedef struct
{
  StrataProfile *profile;
  StrataDrawLayer *layers;
  gsize n_layers;
  StrataStackTile *tiles; /* index = tile id */
  gsize n_tiles;
  StrataStackUnit *units;
  gsize n_units;
  double *temperature_c; /* n_stacks x n_tiers, NULL: the profile has none */
  StrataStackScene stack;
  StrataTimelineScene timeline;
  StrataPowerScene power;
  StrataOverviewScene overview;
  StrataHeatScene *heat;
  StrataWarmingScene *warming;
  StrataLayerTable table; /* rows by id, then static energy and the total */

  /* What the above point into */
  GArray *tracks, *drops, *rows, *figures, *findings;
  StrataScenesGovernor governor;
  GStringChunk *words;
} StrataScenes;

StrataScenes *strata_scenes_new (StrataProfile *profile, const StrataDrawTheme *theme) G_GNUC_WARN_UNUSED_RESULT;
void strata_scenes_free (StrataScenes *scenes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataScenes, strata_scenes_free)

/* Activity and energy of tiles and units over [from, to); the whole run where from >= to. */
void strata_scenes_set_time (const StrataScenes *scenes, gint64 from_ps, gint64 to_ps);
/* Energy of a layer, or of the whole run where @layer is -1 */
void strata_scenes_energy (const StrataScenes *scenes, int layer, StrataEnergyScene *energy);
