/* SPDX-License-Identifier: Apache-2.0
 *
 * TILE, PLAC and SCHD: where a program lies, and when it does what. Units of the schedule are not stored: they follow
 * from the chip.
 */
#include "program/sections.h"

void
strata_put_tiles (GByteArray *bytes, const StrataImage *image)
{
  const StrataTileSet *tiles = image->tiles;

  strata_put_i64 (bytes, tiles->arrays_required);
  strata_put_i32 (bytes, tiles->n_tiles);
  for (int i = 0; i < tiles->n_tiles; i++)
    {
      const StrataTile *tile = &tiles->tiles[i];
      const int fields[] = { tile->op,     tile->copy,     tile->row0,         tile->n_rows,     tile->col0,
                             tile->n_cols, tile->n_slices, tile->n_row_copies, tile->array_back, tile->at_row,
                             tile->at_col, tile->n_groups, tile->n_tiers };

      for (guint j = 0; j < G_N_ELEMENTS (fields); j++)
        strata_put_i32 (bytes, fields[j]);
    }
}

gboolean
strata_get_tiles (StrataReader reader, StrataImage *image, GError **error)
{
  StrataTileSet *tiles = image->tiles = g_new0 (StrataTileSet, 1);

  tiles->n_ops = image->graph->n_ops;
  tiles->arrays_required = strata_get_i64 (&reader);
  tiles->n_tiles = strata_get_count (&reader, 52);
  tiles->tiles = g_new0 (StrataTile, (gsize) tiles->n_tiles + 1);
  tiles->op_first = g_new0 (int, (gsize) tiles->n_ops + 1);
  for (int i = 0; i < tiles->n_tiles; i++)
    {
      StrataTile *tile = &tiles->tiles[i];
      int *const fields[] = { &tile->op,     &tile->copy,     &tile->row0,         &tile->n_rows,     &tile->col0,
                              &tile->n_cols, &tile->n_slices, &tile->n_row_copies, &tile->array_back, &tile->at_row,
                              &tile->at_col, &tile->n_groups, &tile->n_tiers };

      for (guint j = 0; j < G_N_ELEMENTS (fields); j++)
        *fields[j] = strata_get_i32 (&reader);
      if (tile->op < (i == 0 ? 0 : tile[-1].op))
        return strata_section_refuse (STRATA_SECTION_TILE, "tiles are not in the order of ops", error);
    }
  strata_tile_set_index (tiles);
  return strata_section_close (STRATA_SECTION_TILE, &reader, error);
}

void
strata_put_placement (GByteArray *bytes, const StrataImage *image)
{
  const StrataPlacement *placement = image->placement;

  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    {
      strata_put_i64 (bytes, placement->cost_ps[i]);
      strata_put_i64 (bytes, placement->bound_ps[i]);
    }
  strata_put_i64 (bytes, placement->total_ps);
  strata_put_i64 (bytes, placement->total_bound_ps);
  strata_put_i32 (bytes, placement->n_tiles);
  for (int i = 0; i < placement->n_tiles; i++)
    {
      strata_put_i32 (bytes, placement->site[i].stack);
      strata_put_i32 (bytes, placement->site[i].tier);
    }
}

gboolean
strata_get_placement (StrataReader reader, StrataImage *image, GError **error)
{
  StrataPlacement *placement = image->placement = g_new0 (StrataPlacement, 1);

  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    {
      placement->cost_ps[i] = strata_get_i64 (&reader);
      placement->bound_ps[i] = strata_get_i64 (&reader);
    }
  placement->total_ps = strata_get_i64 (&reader);
  placement->total_bound_ps = strata_get_i64 (&reader);
  placement->n_tiles = strata_get_count (&reader, 8);
  placement->site = g_new0 (StrataSite, (gsize) placement->n_tiles + 1);
  for (int i = 0; i < placement->n_tiles; i++)
    {
      placement->site[i].stack = strata_get_i32 (&reader);
      placement->site[i].tier = strata_get_i32 (&reader);
    }
  return strata_section_close (STRATA_SECTION_PLAC, &reader, error);
}

static void
put_instruction (GByteArray *bytes, const StrataInstruction *i)
{
  strata_put_i32 (bytes, i->opcode);
  strata_put_i32 (bytes, i->op);
  strata_put_i32 (bytes, i->tile);
  strata_put_i32 (bytes, i->unit);
  strata_put_i32 (bytes, i->from_node);
  strata_put_i32 (bytes, i->to_node);
  strata_put_i32 (bytes, i->first_route);
  strata_put_i32 (bytes, i->n_hops);
  strata_put_i32 (bytes, i->n_bursts);
  strata_put_i64 (bytes, i->n_actions);
  strata_put_i64 (bytes, i->sram_bytes);
  strata_put_i64 (bytes, i->dram_bytes);
  strata_put_i64 (bytes, i->n_posts);
  strata_put_i32 (bytes, i->priority);
  strata_put_i32 (bytes, i->priority_step);
  strata_put_i32 (bytes, i->first_dependence);
  strata_put_i32 (bytes, i->n_dependences);
  strata_put_i32 (bytes, i->buffer);
  strata_put_i32 (bytes, i->n_buffers);
  strata_put_i32 (bytes, i->first_row);
  strata_put_i32 (bytes, i->row_step);
}

static void
get_instruction (StrataReader *reader, StrataInstruction *i)
{
  i->opcode = (StrataOpcode) strata_get_i32 (reader);
  i->op = strata_get_i32 (reader);
  i->tile = strata_get_i32 (reader);
  i->unit = strata_get_i32 (reader);
  i->from_node = strata_get_i32 (reader);
  i->to_node = strata_get_i32 (reader);
  i->first_route = strata_get_i32 (reader);
  i->n_hops = strata_get_i32 (reader);
  i->n_bursts = strata_get_i32 (reader);
  i->n_actions = strata_get_i64 (reader);
  i->sram_bytes = strata_get_i64 (reader);
  i->dram_bytes = strata_get_i64 (reader);
  i->n_posts = strata_get_i64 (reader);
  i->priority = strata_get_i32 (reader);
  i->priority_step = strata_get_i32 (reader);
  i->first_dependence = strata_get_i32 (reader);
  i->n_dependences = strata_get_i32 (reader);
  i->buffer = strata_get_i32 (reader);
  i->n_buffers = strata_get_i32 (reader);
  i->first_row = strata_get_i32 (reader);
  i->row_step = strata_get_i32 (reader);
}

static void
put_dependences (GByteArray *bytes, const StrataDependence *dependences, int n)
{
  strata_put_i32 (bytes, n);
  for (int i = 0; i < n; i++)
    {
      strata_put_i32 (bytes, dependences[i].instruction);
      strata_put_i32 (bytes, dependences[i].multiply);
      strata_put_i32 (bytes, dependences[i].add);
      strata_put_i32 (bytes, dependences[i].divide);
    }
}

static StrataDependence *
get_dependences (StrataReader *reader, StrataArena *arena, int *n)
{
  StrataDependence *dependences;

  *n = strata_get_count (reader, 16);
  dependences = strata_arena_array (arena, StrataDependence, *n);
  for (int i = 0; i < *n; i++)
    {
      dependences[i].instruction = strata_get_i32 (reader);
      dependences[i].multiply = strata_get_i32 (reader);
      dependences[i].add = strata_get_i32 (reader);
      dependences[i].divide = strata_get_i32 (reader);
    }
  return dependences;
}

static void
put_buffer (GByteArray *bytes, const StrataBuffer *buffer)
{
  strata_put_i32 (bytes, buffer->unit);
  strata_put_i32 (bytes, buffer->tensor);
  strata_put_i32 (bytes, buffer->op);
  strata_put_i32 (bytes, buffer->n_rows);
  strata_put_i32 (bytes, buffer->height);
  strata_put_i64 (bytes, buffer->row_bytes);
  strata_put_i32 (bytes, buffer->first_release);
  strata_put_i32 (bytes, buffer->n_releases);
}

static void
get_buffer (StrataReader *reader, StrataBuffer *buffer)
{
  buffer->unit = strata_get_i32 (reader);
  buffer->tensor = strata_get_i32 (reader);
  buffer->op = strata_get_i32 (reader);
  buffer->n_rows = strata_get_i32 (reader);
  buffer->height = strata_get_i32 (reader);
  buffer->row_bytes = strata_get_i64 (reader);
  buffer->first_release = strata_get_i32 (reader);
  buffer->n_releases = strata_get_i32 (reader);
}

void
strata_put_schedule (GByteArray *bytes, const StrataImage *image)
{
  const StrataSchedule *schedule = image->schedule;

  strata_put_i64 (bytes, schedule->latency_ps);
  strata_put_i64 (bytes, schedule->interval_ps);
  strata_put_i64 (bytes, schedule->lower_bound_ps);
  strata_put_i64 (bytes, schedule->interval_bound_ps);
  strata_put_i64 (bytes, schedule->critical_path_ps);
  strata_put_i64 (bytes, schedule->busiest_unit_ps);
  strata_put_i32 (bytes, schedule->busiest_unit);
  strata_put_i64 (bytes, schedule->sram_peak_bytes);
  strata_put_i32 (bytes, schedule->max_active_stacks);
  strata_put_i32 (bytes, schedule->n_instructions);
  for (int i = 0; i < schedule->n_instructions; i++)
    put_instruction (bytes, &schedule->instructions[i]);
  put_dependences (bytes, schedule->dependences, schedule->n_dependences);
  put_dependences (bytes, schedule->releases, schedule->n_releases);
  strata_put_i32 (bytes, schedule->n_buffers);
  for (int i = 0; i < schedule->n_buffers; i++)
    put_buffer (bytes, &schedule->buffers[i]);
  strata_put_i32 (bytes, schedule->n_places);
  for (int i = 0; i < schedule->n_places; i++)
    {
      strata_put_i32 (bytes, schedule->places[i].buffer);
      strata_put_i32 (bytes, schedule->places[i].row);
      strata_put_i64 (bytes, schedule->places[i].offset);
    }
  strata_put_ints (bytes, schedule->routes, schedule->n_routes);
}

gboolean
strata_get_schedule (StrataReader reader, StrataImage *image, GError **error)
{
  StrataSchedule *schedule = image->schedule = g_new0 (StrataSchedule, 1);
  StrataArena *arena = schedule->arena = strata_arena_new ();

  schedule->latency_ps = strata_get_i64 (&reader);
  schedule->interval_ps = strata_get_i64 (&reader);
  schedule->lower_bound_ps = strata_get_i64 (&reader);
  schedule->interval_bound_ps = strata_get_i64 (&reader);
  schedule->critical_path_ps = strata_get_i64 (&reader);
  schedule->busiest_unit_ps = strata_get_i64 (&reader);
  schedule->busiest_unit = strata_get_i32 (&reader);
  schedule->sram_peak_bytes = strata_get_i64 (&reader);
  schedule->max_active_stacks = strata_get_i32 (&reader);
  schedule->n_instructions = strata_get_count (&reader, 92);
  schedule->instructions = strata_arena_array (arena, StrataInstruction, schedule->n_instructions);
  for (int i = 0; i < schedule->n_instructions; i++)
    get_instruction (&reader, &schedule->instructions[i]);
  schedule->dependences = get_dependences (&reader, arena, &schedule->n_dependences);
  schedule->releases = get_dependences (&reader, arena, &schedule->n_releases);
  schedule->n_buffers = strata_get_count (&reader, 36);
  schedule->buffers = strata_arena_array (arena, StrataBuffer, schedule->n_buffers);
  for (int i = 0; i < schedule->n_buffers; i++)
    get_buffer (&reader, &schedule->buffers[i]);
  schedule->n_places = strata_get_count (&reader, 16);
  schedule->places = strata_arena_array (arena, StrataRowPlace, schedule->n_places);
  for (int i = 0; i < schedule->n_places; i++)
    {
      schedule->places[i].buffer = strata_get_i32 (&reader);
      schedule->places[i].row = strata_get_i32 (&reader);
      schedule->places[i].offset = strata_get_i64 (&reader);
    }
  schedule->routes = strata_get_ints (&reader, arena, &schedule->n_routes);
  schedule->units = strata_schedule_units (image->chip, arena, &schedule->n_units);
  return strata_section_close (STRATA_SECTION_SCHD, &reader, error);
}
