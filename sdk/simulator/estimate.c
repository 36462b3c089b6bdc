/* SPDX-License-Identifier: Apache-2.0
 *
 * Critical path and loads (design 7, Fidelity), each load between the least heads and tails of what the unit has to do
 * (program/tails.h), which no order of the bursts undercuts either. A stack that uses d tiers selects each of them at
 * least once in an inference that finds none selected, and at least d - 1 of them in any later one, which may begin on
 * the tier that the last one ended on.
 */
#include "program/tails.h"
#include "program/work.h"
#include "simulator/estimate.h"

static gboolean
is_host (const StrataInstruction *instruction)
{
  return instruction->opcode == STRATA_OPCODE_HOST_IN || instruction->opcode == STRATA_OPCODE_HOST_OUT;
}

StrataBurstCount *
strata_estimate_count (const StrataImage *image, gint64 *n_switches)
{
  const StrataSchedule *schedule = image->schedule;
  const StrataChipSpec *chip = image->chip;
  StrataBurstCount *counts = g_new0 (StrataBurstCount, schedule->n_instructions + 1);
  g_autofree guint8 *used = g_malloc0 ((gsize) chip->n_stacks * (gsize) chip->tiers);

  *n_switches = 0;
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &schedule->instructions[i];
      StrataSite site;

      if (is_host (instruction))
        continue;
      counts[i].n_bursts = instruction->n_bursts;
      if (instruction->opcode != STRATA_OPCODE_MVM || chip->tiers == 1)
        continue;
      site = image->placement->site[instruction->tile];
      counts[i].n_switches = !used[(gsize) site.stack * (gsize) chip->tiers + (gsize) site.tier];
      used[(gsize) site.stack * (gsize) chip->tiers + (gsize) site.tier] = 1;
      *n_switches += counts[i].n_switches;
    }
  return counts;
}

/* Time that each unit is taken for by the bursts of one inference, switches not counted */
static void
add_loads (const StrataImage *image, StrataBand band, StrataTiming *timing)
{
  const StrataSchedule *schedule = image->schedule;

  timing->host_ps = 0;
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &schedule->instructions[i];
      StrataBurstTime time = strata_burst_time (instruction, image->graph, image->tiles, image->chip, band);
      gint64 load_ps = time.occupy_ps * instruction->n_bursts;

      if (is_host (instruction))
        timing->host_ps += time.result_ps * instruction->n_bursts;
      if (instruction->n_hops == 0)
        timing->unit_busy_ps[instruction->unit] += load_ps;
      for (int hop = 0; hop < instruction->n_hops; hop++)
        timing->unit_busy_ps[schedule->routes[instruction->first_route + hop]] += load_ps;
    }
}

/* What the order of bursts on no unit of the placed program can end before */
static gint64
units_bound_ps (const StrataImage *image, StrataBand band)
{
  g_autofree guint8 *shared = strata_work_shared (image->tiles, image->placement, image->chip);
  const StrataTailsInput input = { image->schedule, image->graph, image->tiles, image->chip, shared, band, TRUE };
  StrataTails tails;
  gint64 bound_ps;

  strata_tails_init (&tails, &input);
  bound_ps = strata_tails_bound_ps (&tails, &input);
  strata_tails_clear (&tails);
  return bound_ps;
}

gboolean
strata_estimate_times (
  const StrataImage *image, StrataBand band, StrataTiming *timing, GCancellable *cancellable, GError **error)
{
  StrataTimingOptions options = {
    .band = band, .n_inferences = 1, .unlimited = TRUE, .no_events = TRUE, .cancellable = cancellable
  };
  g_autoptr (StrataTiming) path = strata_timing_run (image, &options, error);
  g_autofree StrataBurstCount *counts = NULL;
  g_autofree gint64 *select_ps = g_new0 (gint64, image->chip->n_stacks);
  gint64 t_select_ps = strata_cost_select_ps (image->chip, band), n_switches;

  if (path == NULL)
    return FALSE;
  counts = strata_estimate_count (image, &n_switches);
  for (int i = 0; i < image->schedule->n_instructions; i++)
    if (counts[i].n_switches > 0)
      select_ps[image->schedule->instructions[i].unit] += t_select_ps;
  add_loads (image, band, timing);
  timing->latency_ps = MAX (path->latency_ps, units_bound_ps (image, band));
  timing->interval_ps = 1;
  timing->n_switches = n_switches;
  for (int i = 0; i < timing->n_units; i++)
    {
      gint64 load_ps = timing->unit_busy_ps[i], first_ps = i < image->chip->n_stacks ? select_ps[i] : 0;

      if (image->schedule->units[i].kind == STRATA_UNIT_HOST)
        continue;
      timing->unit_busy_ps[i] = load_ps + first_ps;
      timing->latency_ps = MAX (timing->latency_ps, load_ps + first_ps);
      timing->interval_ps = MAX (timing->interval_ps, load_ps + MAX (0, first_ps - t_select_ps));
    }
  return TRUE;
}

void
strata_estimate_heat (const StrataImage *image,
                      const StrataHeat *heat,
                      const StrataActionEnergy *table,
                      const StrataBurstCount *counts,
                      double *node_fj)
{
  for (int i = 0; i < image->schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &image->schedule->instructions[i];
      gboolean mvm = instruction->opcode == STRATA_OPCODE_MVM;
      StrataEventRecord burst = { .instruction = i,
                                  .unit = instruction->unit,
                                  .tier = mvm ? image->placement->site[instruction->tile].tier : -1 };

      strata_energy_fill (table, &burst, 1);
      strata_energy_heat (image, heat, table, &burst, (double) counts[i].n_bursts, node_fj);
      if (mvm)
        node_fj[instruction->unit] += (double) (counts[i].n_switches * table[i].per_switch_fj);
    }
}
