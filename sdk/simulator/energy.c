/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters times per-action integers (cost/, program/), and static power as one event per unit. Design 7, Events;
 * checks hardware-facts 10.7 H12.
 */
#include "simulator/energy.h"

#include <math.h>
#include <string.h>

static gboolean
is_host (const StrataInstruction *instruction)
{
  return instruction->opcode == STRATA_OPCODE_HOST_IN || instruction->opcode == STRATA_OPCODE_HOST_OUT;
}

StrataActionEnergy *
strata_energy_table (const StrataImage *image, StrataBand band)
{
  const StrataSchedule *schedule = image->schedule;
  StrataActionEnergy *table = g_new0 (StrataActionEnergy, schedule->n_instructions + 1);

  for (int i = 0; i < schedule->n_instructions; i++)
    if (!is_host (&schedule->instructions[i]))
      table[i] = strata_burst_energy (&schedule->instructions[i], image->graph, image->tiles, image->chip, band);
  return table;
}

static gint64
sum_components (const StrataActionEnergy *energy)
{
  gint64 sum_fj = 0;

  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    sum_fj += energy->per_action_fj[i];
  return sum_fj;
}

void
strata_energy_fill (const StrataActionEnergy *table, StrataEventRecord *events, gsize n_events)
{
  for (gsize i = 0; i < n_events; i++)
    if (events[i].instruction >= 0)
      {
        const StrataActionEnergy *energy = &table[events[i].instruction];

        events[i].energy_fj =
          sum_components (energy) + (events[i].flags & STRATA_EVENT_TIER_SWITCH ? energy->per_switch_fj : 0);
      }
}

StrataBurstCount *
strata_energy_count (const StrataImage *image, const StrataEventRecord *events, gsize n_events)
{
  StrataBurstCount *counts = g_new0 (StrataBurstCount, image->schedule->n_instructions + 1);

  for (gsize i = 0; i < n_events; i++)
    if (events[i].instruction >= 0)
      {
        counts[events[i].instruction].n_bursts++;
        counts[events[i].instruction].n_switches += (events[i].flags & STRATA_EVENT_TIER_SWITCH) != 0;
      }
  return counts;
}

gint64
strata_energy_dynamic (const StrataImage *image, const StrataActionEnergy *table, const StrataBurstCount *counts)
{
  gint64 sum_fj = 0;

  for (int i = 0; i < image->schedule->n_instructions; i++)
    sum_fj += counts[i].n_bursts * sum_components (&table[i]) + counts[i].n_switches * table[i].per_switch_fj;
  return sum_fj;
}

gint64
strata_energy_host_fj (const StrataImage *image, StrataBand band)
{
  gint64 sum_fj = 0;

  for (int i = 0; i < image->schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &image->schedule->instructions[i];
      StrataActionEnergy energy;

      if (!is_host (instruction))
        continue;
      energy = strata_burst_energy (instruction, image->graph, image->tiles, image->chip, band);
      sum_fj += instruction->n_bursts * sum_components (&energy);
    }
  return sum_fj;
}

/* --- static power --- */

gboolean *
strata_energy_stacks_on (const StrataImage *image, int *n_on)
{
  gboolean *on = g_new0 (gboolean, image->chip->n_stacks + 1);

  *n_on = 0;
  for (int i = 0; i < image->schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &image->schedule->instructions[i];

      if (instruction->opcode == STRATA_OPCODE_MVM && !on[image->placement->site[instruction->tile].stack])
        {
          on[image->placement->site[instruction->tile].stack] = TRUE;
          (*n_on)++;
        }
    }
  return on;
}

static void
add_draw (StrataStaticDraw *draws, int *n_draws, int unit, StrataComponent component, double power_mw)
{
  if (power_mw > 0 && unit >= 0)
    draws[(*n_draws)++] = (StrataStaticDraw){ unit, component, power_mw };
}

StrataStaticDraw *
strata_energy_static (const StrataImage *image, StrataBand band, double temperature_c, const gboolean *on, int *n_draws)
{
  const StrataChipSpec *chip = image->chip;
  StrataStaticDraw *draws = g_new0 (StrataStaticDraw, chip->n_stacks + 3);
  int base = strata_schedule_unit (image->schedule, STRATA_UNIT_BASE), n_off = 0;
  double on_mw = strata_cost_leak_stack_mw (chip, band, temperature_c, TRUE);
  double off_mw = strata_cost_leak_stack_mw (chip, band, temperature_c, FALSE);

  *n_draws = 0;
  for (int stack = 0; stack < chip->n_stacks; stack++)
    {
      n_off += !on[stack];
      if (on[stack])
        add_draw (draws, n_draws, stack, STRATA_COMPONENT_LEAKAGE, on_mw);
    }
  add_draw (draws, n_draws, base, STRATA_COMPONENT_CONTROL, chip->p_control_mw[band]);
  add_draw (draws, n_draws, base, STRATA_COMPONENT_LEAKAGE,
            strata_cost_leak_fixed_mw (chip, band, temperature_c) + n_off * off_mw);
  if (chip->dram_bytes > 0)
    add_draw (draws, n_draws, strata_schedule_unit (image->schedule, STRATA_UNIT_DRAM), STRATA_COMPONENT_DRAM_IDLE,
              chip->p_dram_idle_mw[band]);
  return draws;
}

double
strata_energy_static_mw (const StrataStaticDraw *draws, int n_draws)
{
  double sum_mw = 0;

  for (int i = 0; i < n_draws; i++)
    sum_mw += draws[i].power_mw;
  return sum_mw;
}

gint64
strata_energy_static_fj (const StrataStaticDraw *draw, gint64 time_ps)
{
  return (gint64) llrint (draw->power_mw * (double) time_ps);
}

/* Events of one start are in order of unit, and a static event has the lowest instruction of its unit. */
void
strata_energy_add_static (StrataTiming *timing, const StrataStaticDraw *draws, int n_draws)
{
  StrataEventRecord *events = g_new (StrataEventRecord, timing->n_events + n_draws + 1);
  gsize n = 0, from = 0;

  for (int i = 0; i < n_draws; i++)
    {
      while (from < timing->n_events && timing->events[from].start_ps <= 0 && timing->events[from].unit < draws[i].unit)
        events[n++] = timing->events[from++];
      events[n++] = (StrataEventRecord){ .duration_ps = timing->latency_ps,
                                         .energy_fj = strata_energy_static_fj (&draws[i], timing->latency_ps),
                                         .unit = draws[i].unit,
                                         .instruction = -1,
                                         .layer = -1,
                                         .burst = -1,
                                         .tier = -1,
                                         .flags = STRATA_EVENT_STATIC };
    }
  memcpy (events + n, timing->events + from, (timing->n_events - from) * sizeof *events);
  g_free (timing->events);
  timing->events = events;
  timing->n_events += n_draws;
}

/* --- records --- */

/* What is counted beside a component of an instruction: bytes of SRAM and of external memory, sums at the home stack,
 * switches, else its actions. */
static gint64
count_actions (const StrataInstruction *instruction, StrataComponent component)
{
  if (component == STRATA_COMPONENT_SRAM && instruction->sram_bytes > 0)
    return instruction->sram_bytes;
  if (component == STRATA_COMPONENT_DRAM)
    return instruction->dram_bytes;
  if (component == STRATA_COMPONENT_POST && instruction->opcode != STRATA_OPCODE_MVM)
    return instruction->n_posts;
  return instruction->n_actions;
}

static void
sum_instruction (const StrataImage *image,
                 int id,
                 const StrataBurstCount *count,
                 const StrataActionEnergy *const *tables,
                 StrataEnergyRecord *cells)
{
  const StrataInstruction *instruction = &image->schedule->instructions[id];

  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    {
      StrataEnergyRecord *cell = &cells[(gsize) (instruction->op + 1) * STRATA_N_COMPONENTS + c];
      gboolean any = FALSE;

      for (int band = 0; band < STRATA_N_BANDS; band++)
        {
          gint64 energy_fj = tables[band][id].per_action_fj[c] * count->n_bursts;

          any |= energy_fj != 0;
          cell->energy_fj[band] += energy_fj;
          if (c == STRATA_COMPONENT_SELECT)
            cell->energy_fj[band] += tables[band][id].per_switch_fj * count->n_switches;
        }
      if (c == STRATA_COMPONENT_SELECT)
        cell->n_actions += count->n_switches;
      else if (any)
        cell->n_actions += count_actions (instruction, c) * count->n_bursts;
    }
}

static int
keep_nonzero (StrataEnergyRecord *cells, int n)
{
  int n_kept = 0;

  for (int i = 0; i < n; i++)
    {
      gboolean any = FALSE;

      for (int band = 0; band < STRATA_N_BANDS; band++)
        any |= cells[i].energy_fj[band] != 0;
      if (any)
        cells[n_kept++] = cells[i];
    }
  return n_kept;
}

StrataEnergyRecord *
strata_energy_records (const StrataImage *image,
                       const StrataBurstCount *counts,
                       const StrataActionEnergy *const *tables,
                       const StrataStaticDraw *const *draws,
                       const int *n_draws,
                       const gint64 *latency_ps,
                       int *n_records)
{
  int n = (image->graph->n_ops + 1) * STRATA_N_COMPONENTS;
  StrataEnergyRecord *cells = g_new0 (StrataEnergyRecord, n);

  for (int i = 0; i < n; i++)
    {
      cells[i].layer = i / STRATA_N_COMPONENTS - 1;
      cells[i].component = i % STRATA_N_COMPONENTS;
    }
  for (int band = 0; band < STRATA_N_BANDS; band++)
    for (int i = 0; i < n_draws[band]; i++)
      cells[draws[band][i].component].energy_fj[band] += strata_energy_static_fj (&draws[band][i], latency_ps[band]);
  for (int i = 0; i < image->schedule->n_instructions; i++)
    sum_instruction (image, i, &counts[i], tables, cells);
  *n_records = keep_nonzero (cells, n);
  return cells;
}
