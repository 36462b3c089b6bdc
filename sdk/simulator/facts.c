/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts of a modelled run per layer, tile and stack: one pass over its events and instructions.
 */
#include "simulator/explain.h"

static void
add_events (StrataFacts *facts, const StrataModelled *modelled)
{
  const StrataTiming *timing = modelled->timing;

  for (gsize i = 0; i < timing->n_events; i++)
    {
      const StrataEventRecord *event = &timing->events[i];
      StrataLayerFacts *layer;

      if (event->layer < 0)
        continue;
      layer = &facts->layers[event->layer];
      if (layer->start_ps < 0 || event->start_ps < layer->start_ps)
        layer->start_ps = event->start_ps;
      layer->end_ps = MAX (layer->end_ps, event->start_ps + event->duration_ps);
      layer->n_switches += (event->flags & STRATA_EVENT_TIER_SWITCH) != 0;
    }
  for (int i = 0; i < modelled->n_energy; i++)
    if (modelled->energy[i].layer >= 0)
      facts->layers[modelled->energy[i].layer].energy_fj += modelled->energy[i].energy_fj[STRATA_BAND_NOMINAL];
}

/* Work of tiles and digital units; transfers are not a layer's own work. */
static void
add_work (StrataFacts *facts, const StrataImage *image)
{
  for (int i = 0; i < image->schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &image->schedule->instructions[i];
      StrataLayerFacts *layer = &facts->layers[instruction->op];
      gint64 busy_ps;

      if (instruction->opcode != STRATA_OPCODE_MVM && instruction->opcode != STRATA_OPCODE_MAC
          && instruction->opcode != STRATA_OPCODE_VECTOR)
        continue;
      busy_ps = strata_cost_times (
        instruction->n_bursts,
        strata_burst_time (instruction, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL).occupy_ps);
      if (instruction->tile >= 0)
        facts->tile_busy_ps[instruction->tile] = busy_ps;
      layer->floor_ps = MAX (layer->floor_ps, busy_ps);
    }
}

static void
sort_by_stack (StrataFacts *facts, const StrataImage *image)
{
  int n_stacks = image->chip->n_stacks, n_tiles = image->tiles->n_tiles;
  g_autofree int *next = NULL;

  for (int i = 0; i < n_tiles; i++)
    facts->stack_first[image->placement->site[i].stack + 1]++;
  for (int i = 0; i < n_stacks; i++)
    facts->stack_first[i + 1] += facts->stack_first[i];
  next = g_memdup2 (facts->stack_first, ((gsize) n_stacks + 1) * sizeof *next);
  for (int i = 0; i < n_tiles; i++)
    facts->stack_tiles[next[image->placement->site[i].stack]++] = i;
}

StrataFacts *
strata_facts_new (const StrataImage *image, const StrataModelled *modelled)
{
  StrataFacts *facts = g_new0 (StrataFacts, 1);
  int n_ops = image->graph->n_ops, n_stacks = image->chip->n_stacks;
  g_autofree int *links = g_new (int, image->chip->mesh_x + image->chip->mesh_y + 2);

  facts->layers = g_new0 (StrataLayerFacts, (gsize) n_ops + 1);
  facts->tile_busy_ps = g_new0 (gint64, (gsize) image->tiles->n_tiles + 1);
  facts->stack_first = g_new0 (int, (gsize) n_stacks + 1);
  facts->stack_tiles = g_new0 (int, (gsize) image->tiles->n_tiles + 1);
  facts->stack_hops = g_new0 (int, (gsize) n_stacks + 1);
  for (int i = 0; i < n_ops; i++)
    facts->layers[i].start_ps = facts->layers[i].end_ps = -1;
  for (int i = 0; i < n_stacks; i++)
    facts->stack_hops[i] = strata_chip_route (image->chip, n_stacks, i, links);
  add_events (facts, modelled);
  add_work (facts, image);
  sort_by_stack (facts, image);
  return facts;
}

void
strata_facts_free (StrataFacts *facts)
{
  if (facts == NULL)
    return;
  g_free (facts->layers);
  g_free (facts->tile_busy_ps);
  g_free (facts->stack_first);
  g_free (facts->stack_tiles);
  g_free (facts->stack_hops);
  g_free (facts);
}

gint64
strata_facts_overlap_ps (const StrataFacts *facts, int layer, int other)
{
  const StrataLayerFacts *a = &facts->layers[layer], *b = &facts->layers[other];

  if (a->start_ps < 0 || b->start_ps < 0)
    return 0;
  return MAX (0, MIN (a->end_ps, b->end_ps) - MAX (a->start_ps, b->start_ps));
}

gint64
strata_facts_contention_ps (const StrataImage *image, const StrataFacts *facts, int tile, int stack, int *n_rivals)
{
  int op = image->tiles->tiles[tile].op;
  double sum_ps = 0;

  *n_rivals = 0;
  for (int i = facts->stack_first[stack]; i < facts->stack_first[stack + 1]; i++)
    {
      int other = facts->stack_tiles[i], rival = image->tiles->tiles[other].op;
      gint64 overlap_ps = strata_facts_overlap_ps (facts, op, rival);
      gint64 span_ps = MAX (1, facts->layers[rival].end_ps - facts->layers[rival].start_ps);

      if (other == tile || overlap_ps == 0)
        continue;
      sum_ps += (double) facts->tile_busy_ps[other] * ((double) overlap_ps / (double) span_ps);
      ++*n_rivals;
    }
  return (gint64) MIN (sum_ps, (double) STRATA_COST_MOST);
}
