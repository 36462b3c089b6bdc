/* SPDX-License-Identifier: Apache-2.0
 *
 * Energy over time and over the die: power per bin and component, and heat per node of the thermal network. An event's
 * energy is spread evenly over its duration; an event without duration falls into the bin of its start.
 */
#include "simulator/energy.h"

/* Adds @energy of an event to the bins of one component, in proportion to the overlap. */
static void
spread (double *bins, int n_bins, gint64 step_ps, gint64 start_ps, gint64 duration_ps, double energy)
{
  int first = (int) MIN (start_ps / step_ps, n_bins - 1);
  int last = (int) MIN ((start_ps + MAX (duration_ps - 1, 0)) / step_ps, n_bins - 1);

  if (first == last)
    {
      bins[first] += energy;
      return;
    }
  for (int bin = first; bin <= last; bin++)
    {
      gint64 from_ps = MAX (start_ps, bin * step_ps);
      gint64 to_ps = MIN (start_ps + duration_ps, (bin + 1) * step_ps);

      bins[bin] += energy * (double) (to_ps - from_ps) / (double) duration_ps;
    }
}

static void
spread_event (
  const StrataActionEnergy *energy, const StrataEventRecord *event, double *bins, int n_bins, gint64 step_ps)
{
  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    {
      gint64 energy_fj = energy->per_action_fj[c];

      if (c == STRATA_COMPONENT_SELECT && (event->flags & STRATA_EVENT_TIER_SWITCH))
        energy_fj += energy->per_switch_fj;
      if (energy_fj != 0)
        spread (bins + (gsize) c * n_bins, n_bins, step_ps, event->start_ps, event->duration_ps, (double) energy_fj);
    }
}

static StrataPowerRecord *
list_bins (const double *bins, int n_bins, gint64 step_ps, int *n_records)
{
  StrataPowerRecord *records = g_new0 (StrataPowerRecord, (gsize) n_bins * STRATA_N_COMPONENTS + 1);

  *n_records = 0;
  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    {
      double sum = 0;

      for (int i = 0; i < n_bins; i++)
        sum += bins[(gsize) c * n_bins + i];
      for (int i = 0; i < n_bins && sum > 0; i++)
        records[(*n_records)++] =
          (StrataPowerRecord){ i * step_ps, step_ps, c, bins[(gsize) c * n_bins + i] / (double) step_ps };
    }
  return records;
}

StrataPowerRecord *
strata_energy_bins (const StrataActionEnergy *table,
                    const StrataTiming *timing,
                    const StrataStaticDraw *draws,
                    int n_draws,
                    int n_bins,
                    int *n_records)
{
  gint64 end_ps = MAX (timing->latency_ps, 1);
  gint64 step_ps = (end_ps + n_bins - 1) / n_bins;
  g_autofree double *bins = g_new0 (double, (gsize) n_bins *STRATA_N_COMPONENTS);

  n_bins = (int) ((end_ps + step_ps - 1) / step_ps);
  for (gsize i = 0; i < timing->n_events; i++)
    if (timing->events[i].instruction >= 0 && timing->events[i].energy_fj != 0)
      spread_event (&table[timing->events[i].instruction], &timing->events[i], bins, n_bins, step_ps);
  for (int i = 0; i < n_draws; i++)
    spread (bins + (gsize) draws[i].component * n_bins, n_bins, step_ps, 0, timing->latency_ps,
            (double) strata_energy_static_fj (&draws[i], timing->latency_ps));
  return list_bins (bins, n_bins, step_ps, n_records);
}

double
strata_energy_peak_mw (const StrataPowerRecord *power, int n_records)
{
  int n_bins = 0;
  double peak_mw = 0;

  while (n_bins < n_records && power[n_bins].component == power[0].component)
    n_bins++;
  for (int bin = 0; bin < n_bins; bin++)
    {
      double sum_mw = 0;

      for (int i = bin; i < n_records; i += n_bins)
        sum_mw += power[i].power_mw;
      peak_mw = MAX (peak_mw, sum_mw);
    }
  return peak_mw;
}

void
strata_energy_heat (const StrataImage *image,
                    const StrataHeat *heat,
                    const StrataActionEnergy *table,
                    const StrataEventRecord *event,
                    double fraction,
                    double *node_fj)
{
  const StrataActionEnergy *energy = &table[event->instruction];
  const StrataInstruction *instruction = &image->schedule->instructions[event->instruction];
  int n_stacks = image->chip->n_stacks;
  double tier_fj =
    (double) (energy->per_action_fj[STRATA_COMPONENT_ARRAY] + energy->per_action_fj[STRATA_COMPONENT_VERTICAL]);
  double rest_fj = (double) event->energy_fj - tier_fj;

  if (instruction->opcode == STRATA_OPCODE_MVM)
    {
      node_fj[(gsize) strata_heat_layer (heat, event->tier) * n_stacks + event->unit] += tier_fj * fraction;
      node_fj[event->unit] += rest_fj * fraction;
      return;
    }
  node_fj[strata_heat_n_nodes (heat)] += (rest_fj + tier_fj) * fraction;
}

void
strata_energy_spread_heat (const StrataImage *image, const StrataHeat *heat, double *nodes)
{
  gsize rest = strata_heat_n_nodes (heat);

  for (int stack = 0; stack < image->chip->n_stacks; stack++)
    nodes[stack] += nodes[rest] / image->chip->n_stacks;
  nodes[rest] = 0;
}

void
strata_energy_static_heat (
  const StrataImage *image, const StrataHeat *heat, const StrataStaticDraw *draws, int n_draws, double *node_mw)
{
  int n_stacks = image->chip->n_stacks;

  for (int i = 0; i < n_draws; i++)
    if (draws[i].unit < n_stacks)
      node_mw[draws[i].unit] += draws[i].power_mw;
    else
      node_mw[strata_heat_n_nodes (heat)] += draws[i].power_mw;
}
