/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of a profile to scenes of the painters.
 */
#include "scenes-private.h"

#include <math.h>

/* About so many blocks are drawn fluently in software; see profiler/draw. */
#define BLOCK_BUDGET (4 * 1000 * 1000)

/* Along one side of an array, so that the volume stays in the painter's limits */
static int
count_blocks (const StrataProfileRun *run)
{
  gint64 n_arrays = (gint64) MAX (run->n_stacks, 1) * MAX (run->n_tiers, 1);
  int blocks = 12;

  while (blocks > 2 && n_arrays * blocks * blocks > BLOCK_BUDGET)
    blocks--;
  return blocks;
}

static void
add_layers (StrataScenes *scenes, const StrataDrawTheme *theme)
{
  const StrataProfileLayer *rows = strata_profile_get_layers (scenes->profile, &scenes->n_layers);

  scenes->layers = g_new0 (StrataDrawLayer, scenes->n_layers + 1);
  for (gsize i = 0; i < scenes->n_layers; i++)
    scenes->layers[i] = (StrataDrawLayer){ .name = rows[i].name,
                                           .op = rows[i].op,
                                           .stage = rows[i].stage,
                                           .stage_index = rows[i].stage_index,
                                           .index_in_stage = rows[i].index_in_stage,
                                           .n_in_stage = rows[i].n_in_stage };
  strata_draw_colour_layers (scenes->layers, scenes->n_layers, theme);
}

static void
add_tiles (StrataScenes *scenes, const StrataProfileRun *run)
{
  const StrataProfileTile *rows = strata_profile_get_tiles (scenes->profile, &scenes->n_tiles);
  float n_rows = (float) MAX (run->n_rows, 1), n_columns = (float) MAX (run->n_columns, 1);

  scenes->tiles = g_new0 (StrataStackTile, scenes->n_tiles + 1);
  for (gsize i = 0; i < scenes->n_tiles; i++)
    {
      const StrataProfileTile *row = &rows[i];
      float used_rows = (float) (row->n_rows * MAX (row->n_row_copies, 1));
      float used_columns = (float) (row->n_cols * MAX (row->n_slices, 1));

      scenes->tiles[i] = (StrataStackTile){ .stack = row->stack,
                                            .tier = row->tier,
                                            .layer = row->layer,
                                            .row0 = 0,
                                            .row1 = MIN (used_rows / n_rows, 1),
                                            .col0 = 0,
                                            .col1 = MIN (used_columns / n_columns, 1),
                                            .utilisation = row->utilisation,
                                            .energy_fj = (double) row->energy_fj };
    }
}

static gboolean
get_unit_component (StrataUnitKind kind, StrataComponent *component)
{
  switch (kind)
    {
    case STRATA_UNIT_STACK:
      *component = STRATA_COMPONENT_ADC;
      return TRUE;
    case STRATA_UNIT_VECTOR:
      *component = STRATA_COMPONENT_VECTOR;
      return TRUE;
    case STRATA_UNIT_MAC:
      *component = STRATA_COMPONENT_MAC;
      return TRUE;
    case STRATA_UNIT_SRAM:
      *component = STRATA_COMPONENT_SRAM;
      return TRUE;
    case STRATA_UNIT_HOST:
      *component = STRATA_COMPONENT_HOST;
      return TRUE;
    case STRATA_UNIT_DRAM:
      *component = STRATA_COMPONENT_DRAM;
      return TRUE;
    default:
      return FALSE;
    }
}

static void
add_units (StrataScenes *scenes)
{
  gsize n_rows;
  const StrataProfileUnit *rows = strata_profile_get_units (scenes->profile, &n_rows);

  scenes->units = g_new0 (StrataStackUnit, n_rows + 1);
  for (gsize i = 0; i < n_rows; i++)
    {
      StrataComponent component;

      if (get_unit_component (rows[i].kind, &component))
        scenes->units[scenes->n_units++] =
          (StrataStackUnit){ .component = component,
                             .stack = rows[i].kind == STRATA_UNIT_STACK ? rows[i].index : -1,
                             .name = rows[i].name,
                             .activity = rows[i].utilisation };
    }
}

static void
add_temperatures (StrataScenes *scenes, const StrataProfileRun *run)
{
  gsize n_rows, n_sites = (gsize) run->n_stacks * (gsize) run->n_tiers;
  const StrataProfileTemperature *rows = strata_profile_get_temperatures (scenes->profile, &n_rows);
  gboolean any = FALSE;

  scenes->temperature_c = g_new (double, n_sites + 1);
  for (gsize i = 0; i < n_sites; i++)
    scenes->temperature_c[i] = (double) NAN;
  for (gsize i = 0; i < n_rows; i++)
    if (rows[i].time_ps < 0 && rows[i].node == STRATA_HEAT_STACK_TIER && rows[i].stack >= 0
        && rows[i].stack < run->n_stacks && rows[i].tier >= 0 && rows[i].tier < run->n_tiers)
      {
        scenes->temperature_c[(gsize) rows[i].stack * (gsize) run->n_tiers + (gsize) rows[i].tier] =
          rows[i].temperature_c;
        any = TRUE;
      }
  if (!any)
    g_clear_pointer (&scenes->temperature_c, g_free);
}

StrataScenes *
strata_scenes_new (StrataProfile *profile, const StrataDrawTheme *theme)
{
  StrataScenes *scenes = g_new0 (StrataScenes, 1);
  const StrataProfileRun *run = strata_profile_get_run (profile);

  scenes->profile = g_object_ref (profile);
  add_layers (scenes, theme);
  add_tiles (scenes, run);
  add_units (scenes);
  add_temperatures (scenes, run);
  scenes->stack = (StrataStackScene){ .mesh_x = run->mesh_x,
                                      .mesh_y = run->mesh_y,
                                      .n_tiers = run->n_tiers,
                                      .blocks = count_blocks (run),
                                      .tiles = scenes->tiles,
                                      .n_tiles = scenes->n_tiles,
                                      .layers = scenes->layers,
                                      .n_layers = scenes->n_layers,
                                      .units = scenes->units,
                                      .n_units = scenes->n_units,
                                      .temperature_c = scenes->temperature_c };
  scenes->words = g_string_chunk_new (1024);
  strata_scenes_add_timeline (scenes);
  strata_scenes_add_power (scenes);
  strata_scenes_add_table (scenes);
  strata_scenes_add_overview (scenes);
  scenes->heat = strata_profile_heat_scene (profile);
  scenes->warming = strata_profile_warming_scene (profile);
  strata_scenes_set_time (scenes, 0, 0);
  return scenes;
}

void
strata_scenes_free (StrataScenes *scenes)
{
  if (scenes == NULL)
    return;
  for (guint i = 0; i < scenes->tracks->len; i++)
    strata_draw_index_free ((StrataDrawIndex *) g_array_index (scenes->tracks, StrataDrawTrack, i).index);
  g_array_unref (scenes->tracks);
  g_array_unref (scenes->drops);
  g_array_unref (scenes->rows);
  g_array_unref (scenes->figures);
  g_array_unref (scenes->findings);
  g_string_chunk_free (scenes->words);
  g_free (scenes->layers);
  g_free (scenes->tiles);
  g_free (scenes->units);
  g_free (scenes->temperature_c);
  g_free (scenes->governor.start_ps);
  g_free (scenes->governor.duration_ps);
  g_free (scenes->governor.layer);
  g_free (scenes->governor.texts);
  g_free (scenes->governor.warns);
  strata_heat_scene_free (scenes->heat);
  strata_warming_scene_free (scenes->warming);
  g_clear_object (&scenes->profile);
  g_free (scenes);
}

/* Events of a stack name their tile through their instruction. */
static void
add_stack_activity (const StrataScenes *scenes, const StrataProfileUnit *unit, gint64 from, gint64 to)
{
  gsize n_instructions, first;
  const StrataProfileInstruction *instructions = strata_profile_get_instructions (scenes->profile, &n_instructions);
  StrataProfileEvents events;

  strata_profile_get_unit_events (scenes->profile, unit->id, &events);
  first = strata_profile_track_seek (scenes->profile, unit->id, from);
  for (gsize i = first; i < events.n_events && events.start_ps[i] < to; i++)
    {
      gint32 instruction = events.instruction[i];
      gint32 tile = instruction >= 0 && (gsize) instruction < n_instructions ? instructions[instruction].tile : -1;
      gint64 start = MAX (events.start_ps[i], from), end = MIN (events.start_ps[i] + events.duration_ps[i], to);

      if (tile < 0 || (gsize) tile >= scenes->n_tiles || end <= start)
        continue;
      scenes->tiles[tile].activity += (double) (end - start) / (double) (to - from);
      scenes->tiles[tile].energy_fj +=
        (double) events.energy_fj[i] * (double) (end - start) / (double) MAX (events.duration_ps[i], 1);
    }
}

void
strata_scenes_set_time (const StrataScenes *scenes, gint64 from_ps, gint64 to_ps)
{
  gsize n_units, next = 0;
  const StrataProfileUnit *units = strata_profile_get_units (scenes->profile, &n_units);
  const StrataProfileRun *run = strata_profile_get_run (scenes->profile);

  if (from_ps >= to_ps)
    {
      from_ps = run->start_ps;
      to_ps = MAX (run->end_ps, run->start_ps + 1);
    }
  for (gsize i = 0; i < scenes->n_tiles; i++)
    scenes->tiles[i].activity = scenes->tiles[i].energy_fj = 0;
  for (gsize i = 0; i < n_units; i++)
    {
      StrataComponent component;
      StrataTrackSpan span;

      if (units[i].kind == STRATA_UNIT_STACK)
        add_stack_activity (scenes, &units[i], from_ps, to_ps);
      if (!get_unit_component (units[i].kind, &component))
        continue;
      strata_profile_track_span (scenes->profile, units[i].id, from_ps, to_ps, &span);
      scenes->units[next++].activity = CLAMP ((double) span.busy_ps / (double) (to_ps - from_ps), 0, 1);
    }
}
