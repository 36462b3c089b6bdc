/* SPDX-License-Identifier: Apache-2.0
 *
 * Energy of whole programs, summed in every way there is: over events, over records by layer and component, over
 * counters times the energies of single actions, and what the model says of itself (hardware-facts 10.7 H12). Integers,
 * all bands.
 */
#include "lib/fixtures.h"
#include "simulator/simulator.h"

#define N_GRAPHS 16

static void
add (gint64 *sums_fj, const StrataActionEnergy *action, gint64 n)
{
  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    sums_fj[c] += action->per_action_fj[c] * n;
}

/* What one burst of @x does, action by action */
static void
add_burst (const StrataImage *image, const StrataInstruction *x, StrataBand band, gint64 *sums_fj)
{
  const StrataChipSpec *chip = image->chip;
  const StrataActionEnergy sram = strata_cost_action_sram (chip, band), dram = strata_cost_action_dram (chip, band);
  const StrataActionEnergy post = strata_cost_action_post (chip, band);
  StrataActionEnergy action = { 0 };

  add (sums_fj, &sram, x->sram_bytes);
  add (sums_fj, &dram, x->dram_bytes);
  add (sums_fj, &post, x->n_posts);
  if (x->opcode == STRATA_OPCODE_MVM)
    {
      const StrataTile *tile = &image->tiles->tiles[x->tile];
      const StrataMvm mvm = { tile->n_rows * tile->n_row_copies,
                              tile->n_rows,
                              tile->n_cols,
                              tile->n_slices,
                              image->graph->ops[tile->op].n_reads,
                              strata_qop_toggle_share (&image->graph->ops[tile->op]) };

      action = strata_cost_action_mvm (chip, band, &mvm);
    }
  else if (x->n_hops > 0)
    action = strata_cost_action_transfer (chip, band, x->n_hops);
  else if (x->opcode == STRATA_OPCODE_VECTOR)
    action = strata_cost_action_vector (chip, band);
  else if (x->opcode == STRATA_OPCODE_MAC)
    action = strata_cost_action_mac (chip, band);
  else if (x->opcode == STRATA_OPCODE_DRAM_READ || x->opcode == STRATA_OPCODE_DRAM_WRITE)
    action = dram;
  add (sums_fj, &action, x->n_actions);
}

/* Counters: bursts of the schedule and switches seen in the events, times energies of single actions */
static void
sum_actions (const StrataImage *image, const StrataTiming *timing, StrataBand band, gint64 *sums_fj)
{
  const StrataSchedule *schedule = image->schedule;
  gint64 select_fj = strata_cost_whole_fj (image->chip->e_select_fj[band]);

  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *x = &schedule->instructions[i];
      gboolean host = x->opcode == STRATA_OPCODE_HOST_IN || x->opcode == STRATA_OPCODE_HOST_OUT;

      for (int burst = 0; burst < x->n_bursts && !host; burst++)
        add_burst (image, x, band, sums_fj);
    }
  for (gsize i = 0; i < timing->n_events; i++)
    if (timing->events[i].flags & STRATA_EVENT_TIER_SWITCH)
      sums_fj[STRATA_COMPONENT_SELECT] +=
        select_fj * MAX (1, image->tiles->tiles[schedule->instructions[timing->events[i].instruction].tile].n_tiers);
}

/* Records by component; static ones apart */
static void
sum_records (const StrataModelled *m, StrataBand band, gint64 *dynamic_fj, gint64 *static_fj)
{
  for (int i = 0; i < m->n_energy; i++)
    *(m->energy[i].layer >= 0 ? &dynamic_fj[m->energy[i].component] : static_fj) += m->energy[i].energy_fj[band];
}

static void
check_band (const StrataImage *image, const StrataModelled *m, StrataBand band)
{
  gint64 actions_fj[STRATA_N_COMPONENTS] = { 0 }, records_fj[STRATA_N_COMPONENTS] = { 0 };
  gint64 dynamic_fj = 0, static_fj = 0;

  sum_records (m, band, records_fj, &static_fj);
  if (m->fidelity == STRATA_FIDELITY_TIMING)
    sum_actions (image, m->timing, band, actions_fj);
  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    {
      if (m->fidelity == STRATA_FIDELITY_TIMING)
        g_assert_cmpint (records_fj[c], ==, actions_fj[c]);
      dynamic_fj += records_fj[c];
    }
  g_assert_cmpint (dynamic_fj, ==, m->dynamic_fj[band]);
  g_assert_cmpint (dynamic_fj + static_fj, ==, m->energy_fj[band]);
}

static void
check (const StrataImage *image)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataModelled) timed = strata_model_run (image, 0, TRUE, NULL, &error);
  g_autoptr (StrataModelled) estimated = strata_model_estimate (image, 0, TRUE, NULL, &error);
  gint64 events_fj = 0, unit_fj = 0;

  g_assert_no_error (error);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      check_band (image, timed, band);
      check_band (image, estimated, band);
    }
  for (gsize i = 0; i < timed->timing->n_events; i++)
    events_fj += timed->timing->events[i].energy_fj;
  g_assert_cmpint (events_fj, ==, timed->energy_fj[STRATA_BAND_NOMINAL]);
  for (int unit = 0; unit < image->schedule->n_units; unit++)
    for (gsize i = 0; i < timed->timing->n_events; i++)
      unit_fj += timed->timing->events[i].unit == unit ? timed->timing->events[i].energy_fj : 0;
  g_assert_cmpint (unit_fj, ==, events_fj);
}

static void
test_random (void)
{
  static const char *const chips[] = { "demonstrator", "phone", "ibm-3d", "planar-capacity" };

  for (guint64 seed = 0; seed < N_GRAPHS; seed++)
    {
      int chip = (int) (seed % G_N_ELEMENTS (chips)), mesh = chip < 2 ? 2 : chip == 3 ? 16 : 0;
      g_autoptr (StrataImage) image =
        fixtures_image (fixtures_random (seed), fixtures_chip (chips[chip], mesh, mesh, 0));

      /* Layers whose data are known and whose conversions are averaged */
      for (int op = 0; op < image->graph->n_ops; op += 2)
        {
          image->graph->ops[op].x_toggles = 1 + (int) (seed * 977 + (guint64) op * 31) % STRATA_TOGGLES;
          image->graph->ops[op].x_repeats = 1 + image->graph->ops[op].x_toggles / 2;
        }
      check (image);
    }
}

/* External memory, and attention over a cache in it */
static void
test_cache (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  int query = fixtures_dense (graph, fixtures_input (graph, 64, 1, 1), 64);

  fixtures_output (graph, fixtures_dense (graph, fixtures_attention (graph, query, 4, 300), 64));
  g_autoptr (StrataImage) image = fixtures_image (graph, fixtures_chip ("phone", 2, 2, 4));
  check (image);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/conservation/random", test_random);
  g_test_add_func ("/sdk/simulator/conservation/cache", test_cache);
  return g_test_run ();
}
