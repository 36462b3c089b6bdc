/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills the sums of layers, tiles, units and of the run. The loader has checked that all events together, and all
 * energy records together, fit 63 bits, so no part of them can overflow; action counts are checked here.
 */
#include "analysis/derive.h"

#include <math.h>

#include "store/schema.h"

static gboolean
add_event (StrataRows *rows, gsize i, gint32 unit_id)
{
  const StrataEventTable *events = &rows->events;
  StrataProfileUnit *unit = &rows->units[unit_id];
  gint64 start = events->start_ps[i], duration = events->duration_ps[i], end = start + duration;
  gint32 instruction = events->instruction[i], layer_id = events->layer[i];
  gint32 tile_id = instruction >= 0 ? rows->instructions[instruction].tile : -1;
  gboolean is_switch = (events->flags[i] & STRATA_EVENT_TIER_SWITCH) != 0;

  rows->run.start_ps = rows->run.start_ps < 0 ? start : MIN (rows->run.start_ps, start);
  rows->run.end_ps = MAX (rows->run.end_ps, end);
  if ((events->flags[i] & STRATA_EVENT_STATIC) != 0)
    {
      unit->static_fj += events->energy_fj[i];
      return TRUE;
    }
  unit->n_events++;
  unit->busy_ps += duration;
  unit->dynamic_fj += events->energy_fj[i];
  unit->n_tier_switches += is_switch;
  if (tile_id >= 0)
    {
      rows->tiles[tile_id].n_events++;
      rows->tiles[tile_id].busy_ps += duration;
      rows->tiles[tile_id].energy_fj += events->energy_fj[i];
    }
  if (layer_id >= 0)
    {
      StrataProfileLayer *layer = &rows->layers[layer_id];

      layer->start_ps = layer->start_ps < 0 ? start : MIN (layer->start_ps, start);
      layer->end_ps = MAX (layer->end_ps, end);
      layer->busy_ps += duration;
      layer->n_events++;
      layer->n_tier_switches += is_switch;
      return !__builtin_add_overflow (layer->n_actions, events->n_actions[i], &layer->n_actions);
    }
  return TRUE;
}

static gboolean
derive_events (StrataRows *rows)
{
  rows->run.start_ps = -1;
  for (gsize unit = 0; unit < rows->n_units; unit++)
    for (gsize i = rows->events.first[2 * unit]; i < rows->events.first[2 * unit + 2]; i++)
      if (!add_event (rows, i, unit))
        return FALSE;
  rows->run.n_events = rows->events.n_events;
  return TRUE;
}

/* Without events the run is as long as its latency. */
static void
derive_length (StrataRows *rows)
{
  StrataProfileRun *run = &rows->run;

  if (run->start_ps < 0)
    {
      run->start_ps = run->end_ps = 0;
      for (gsize i = 0; i < rows->n_figures; i++)
        if (g_str_equal (rows->figures[i].name, "latency_ps") && rows->figures[i].value[STRATA_BAND_NOMINAL] > 0)
          run->end_ps = (gint64) MIN (rows->figures[i].value[STRATA_BAND_NOMINAL], 0x1p62);
    }
  for (gsize unit = 0; unit < rows->n_units; unit++)
    if (run->end_ps > run->start_ps)
      rows->units[unit].utilisation = (double) rows->units[unit].busy_ps / (double) (run->end_ps - run->start_ps);
}

static void
derive_energy (StrataRows *rows)
{
  for (int band = 0; band < STRATA_N_BANDS; band++)
    for (int component = 0; component < STRATA_N_COMPONENTS; component++)
      {
        gint64 sum = rows->no_layer_fj[band][component];

        for (gsize i = 0; i < rows->n_layers; i++)
          {
            rows->layers[i].energy_fj[band] += rows->layers[i].component_fj[band][component];
            sum += rows->layers[i].component_fj[band][component];
          }
        rows->run.energy_fj[band] += sum;
        if (strata_store_component_is_static (component))
          rows->run.static_fj[band] += sum;
      }
}

static int
compare_int_cb (gconstpointer a, gconstpointer b)
{
  gint32 i = *(const gint32 *) a, j = *(const gint32 *) b;

  return i < j ? -1 : i > j;
}

static int
compare_tile_layer_cb (gconstpointer a, gconstpointer b)
{
  const StrataProfileTile *tile_a = *(const StrataProfileTile *const *) a;
  const StrataProfileTile *tile_b = *(const StrataProfileTile *const *) b;
  int order = compare_int_cb (&tile_a->layer, &tile_b->layer);

  return order != 0 ? order : compare_int_cb (&tile_a->stack, &tile_b->stack);
}

/* Distinct stacks per layer: tiles sorted by layer and stack. */
static void
count_stacks (StrataRows *rows)
{
  g_autofree const StrataProfileTile **sorted = g_new (const StrataProfileTile *, rows->n_tiles + 1);

  for (gsize i = 0; i < rows->n_tiles; i++)
    sorted[i] = &rows->tiles[i];
  if (rows->n_tiles > 1)
    qsort (sorted, rows->n_tiles, sizeof *sorted, compare_tile_layer_cb);
  for (gsize i = 0; i < rows->n_tiles; i++)
    {
      StrataProfileLayer *layer = &rows->layers[sorted[i]->layer];
      gboolean is_first = i == 0 || sorted[i - 1]->layer != sorted[i]->layer;

      if (is_first)
        layer->first_stack = sorted[i]->stack;
      if (is_first || sorted[i - 1]->stack != sorted[i]->stack)
        layer->n_stacks++;
    }
}

static void
derive_sites (StrataRows *rows)
{
  gint32 n_stacks = rows->run.n_stacks, n_tiers = rows->run.n_tiers;

  rows->n_sites = (gsize) n_stacks * n_tiers;
  rows->site_tiles = g_new (gint32, MAX (rows->n_sites, 1));
  for (gsize i = 0; i < rows->n_sites; i++)
    rows->site_tiles[i] = -1;
  for (gsize i = rows->n_tiles; i-- > 0;)
    if (rows->tiles[i].stack < n_stacks && rows->tiles[i].tier < n_tiers)
      rows->site_tiles[(gsize) rows->tiles[i].stack * n_tiers + rows->tiles[i].tier] = i;
}

static void
derive_positions (StrataRows *rows)
{
  g_autofree gint32 *unit_of_stack = g_new (gint32, MAX (rows->run.n_stacks, 1));

  for (gint32 i = 0; i < MAX (rows->run.n_stacks, 1); i++)
    unit_of_stack[i] = -1;
  for (gsize i = 0; i < rows->n_units; i++)
    if (rows->units[i].kind == STRATA_UNIT_STACK && rows->units[i].index >= 0
        && rows->units[i].index < rows->run.n_stacks)
      unit_of_stack[rows->units[i].index] = i;
  for (gsize i = 0; i < rows->n_tiles; i++)
    {
      gint32 unit = unit_of_stack[MIN (rows->tiles[i].stack, MAX (rows->run.n_stacks, 1) - 1)];

      if (unit >= 0)
        {
          rows->tiles[i].x = rows->units[unit].x;
          rows->tiles[i].y = rows->units[unit].y;
        }
    }
}

/* Warnings before advice before notes; within these by gain, unknown last; then as recorded. */
static int
compare_finding_cb (gconstpointer a, gconstpointer b, gpointer data)
{
  const StrataProfileFinding *i = a, *j = b;
  double gain_i = isnan (i->gain) ? -1 : i->gain, gain_j = isnan (j->gain) ? -1 : j->gain;

  if (i->severity != j->severity)
    return j->severity - i->severity;
  return gain_i > gain_j ? -1 : gain_i < gain_j;
}

gboolean
strata_derive (StrataRows *rows, const char **what)
{
  gint64 event_fj = 0;

  *what = "its counts of actions are too large";
  if (!derive_events (rows))
    return FALSE;
  derive_length (rows);
  derive_energy (rows);
  count_stacks (rows);
  derive_sites (rows);
  derive_positions (rows);
  if (rows->n_findings > 1) /* g_qsort_with_data is stable */
    g_qsort_with_data (rows->findings, rows->n_findings, sizeof *rows->findings, compare_finding_cb, NULL);
  for (gsize i = 0; i < rows->events.n_events; i++)
    event_fj += rows->events.energy_fj[i];
  *what = "the energies of events and of layers do not agree";
  return rows->events.n_events == 0 || event_fj == rows->run.energy_fj[STRATA_BAND_NOMINAL];
}

StrataEnergyRow *
strata_derive_energy_table (const StrataRows *rows, StrataBand band, gsize *n_rows)
{
  gsize n = rows->n_layers;
  StrataEnergyRow *table = g_new0 (StrataEnergyRow, n + 3), *total = &table[n + 2];

  for (gsize i = 0; i < n + 3; i++)
    {
      table[i].kind = i < n ? STRATA_ENERGY_ROW_LAYER : STRATA_ENERGY_ROW_UNATTRIBUTED + (i - n);
      table[i].layer = i < n ? (gint32) i : -1;
    }
  for (int component = 0; component < STRATA_N_COMPONENTS; component++)
    {
      gsize rest = strata_store_component_is_static (component) ? n + 1 : n;

      table[rest].component_fj[component] = rows->no_layer_fj[band][component];
      for (gsize i = 0; i < n; i++)
        table[i].component_fj[component] = rows->layers[i].component_fj[band][component];
      for (gsize i = 0; i < n + 2; i++)
        {
          table[i].energy_fj += table[i].component_fj[component];
          total->component_fj[component] += table[i].component_fj[component];
        }
      total->energy_fj += total->component_fj[component];
    }
  *n_rows = n + 3;
  return table;
}
