/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata info PROGRAM --programming`: the order of weight writes, and what they take.
 */
#include "info.h"

/* Steps that the text lists; --verbose lists all */
#define MAX_STEPS 16

static char *
band_text (StrataProgram *program, const char *name, const char *unit)
{
  double value[STRATA_N_BANDS];

  for (int band = 0; band < STRATA_N_BANDS; band++)
    value[band] = strata_program_get_programming_figure (program, name, (StrataBand) band);
  return cli_band (value, unit);
}

void
cli_print_programming (Cli *cli, StrataProgram *program)
{
  g_autofree char *time = band_text (program, "time_ps", "ps"), *bound = band_text (program, "bound_ps", "ps");
  g_autofree char *energy = band_text (program, "energy_fj", "fj"), *power = band_text (program, "power_mw", "mw");
  g_autofree char *loads = band_text (program, "loads", "count");
  guint n = strata_program_get_n_programming_steps (program);
  guint n_told = cli->verbose ? n : MIN (n, MAX_STEPS);

  g_print ("\n");
  cli_row ("to write", "%u arrays, %.0f rows, %.0f cells", n,
           strata_program_get_programming_figure (program, "rows", STRATA_BAND_NOMINAL),
           strata_program_get_programming_figure (program, "cells", STRATA_BAND_NOMINAL));
  cli_row ("programming time", "%s; no order takes less than %s", time, bound);
  cli_row ("busiest stack", "%.0f, %.0f rows one after the other",
           strata_program_get_programming_figure (program, "busiest_stack", STRATA_BAND_NOMINAL),
           strata_program_get_programming_figure (program, "busiest_rows", STRATA_BAND_NOMINAL));
  cli_row ("energy", "%s, %s on average", energy, power);
  cli_row ("wear", "one write of each row; cells endure %s loads", loads);
  g_print ("\n%-6s %6s %6s %5s %6s %10s %10s  %s\n", "step", "tile", "stack", "tier", "rows", "start", "end", "layer");
  for (guint step = 0; step < n_told; step++)
    {
      guint tile, n_rows, layer;
      gint64 start_ps, end_ps;
      int stack, tier;

      strata_program_get_programming_step (program, step, &tile, &n_rows, &start_ps, &end_ps);
      strata_program_get_tile_site (program, tile, &layer, &stack, &tier);
      g_autofree char *start = strata_quantity_to_text ((double) start_ps, "ps");
      g_autofree char *end = strata_quantity_to_text ((double) end_ps, "ps");

      g_print ("%-6u %6u %6d %5d %6u %10s %10s  %s\n", step, tile, stack, tier, n_rows, start, end,
               strata_program_get_layer_name (program, layer));
    }
  if (n_told < n)
    g_print ("… and %u more; --verbose lists them\n", n - n_told);
}

void
cli_json_programming (JsonBuilder *builder, StrataProgram *program)
{
  static const char *const names[] = { "time_ps", "bound_ps", "energy_fj", "power_mw", "loads" };
  static const char *const counts[] = { "rows", "cells", "busiest_stack", "busiest_rows" };
  static const char *const suffixes[STRATA_N_BANDS] = { "", "_optimistic", "_conservative" };

  json_builder_set_member_name (builder, "programming");
  json_builder_begin_object (builder);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (int band = 0; band < STRATA_N_BANDS; band++)
      {
        g_autofree char *key = g_strconcat (names[i], suffixes[band], NULL);

        cli_json_number (builder, key, strata_program_get_programming_figure (program, names[i], (StrataBand) band));
      }
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    cli_json_int (builder, counts[i],
                  (gint64) strata_program_get_programming_figure (program, counts[i], STRATA_BAND_NOMINAL));
  json_builder_set_member_name (builder, "steps");
  json_builder_begin_array (builder);
  for (guint step = 0; step < strata_program_get_n_programming_steps (program); step++)
    {
      guint tile, n_rows;
      gint64 start_ps, end_ps;
      int stack, tier;

      strata_program_get_programming_step (program, step, &tile, &n_rows, &start_ps, &end_ps);
      strata_program_get_tile_site (program, tile, NULL, &stack, &tier);
      json_builder_begin_object (builder);
      cli_json_int (builder, "tile", tile);
      cli_json_int (builder, "stack", stack);
      cli_json_int (builder, "tier", tier);
      cli_json_int (builder, "rows", n_rows);
      cli_json_int (builder, "start_ps", start_ps);
      cli_json_int (builder, "end_ps", end_ps);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}
