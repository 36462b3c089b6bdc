/* SPDX-License-Identifier: Apache-2.0
 *
 * Energy: sums by hand, conservation (hardware-facts 10.7 H12), static power, bins, budget and bands.
 */
#include "fixture.h"

#include <string.h>

static Fixture *
rows_fixture (void)
{
  Fixture *fixture = fixture_new (2, 1, 2);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 4, 4), next = fixture_op (fixture, STRATA_QOP_MVM, 4, 4);
  int load = fixture_transfer (fixture, STRATA_OPCODE_LOAD, op, (int[]){ 0 }, 1, 4, 160), mvm, vector;

  mvm = fixture_mvm (fixture, op, 0, 0, 4, 4);
  fixture_after (fixture, load, 1, 1);
  vector = fixture_digital (fixture, STRATA_OPCODE_VECTOR, op, 4, 64);
  fixture_after (fixture, mvm, 1, 0);
  fixture_mvm (fixture, next, 0, 1, 4, 4);
  fixture_after (fixture, vector, 1, 0);
  return fixture;
}

static StrataModelled *
model (Fixture *fixture, gint64 min_interval_ps, gboolean bands)
{
  g_autoptr (GError) error = NULL;
  StrataModelled *modelled = strata_model_run (fixture_image (fixture), min_interval_ps, bands, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (modelled);
  return modelled;
}

static gint64
sum_component (const StrataModelled *modelled, StrataComponent component, StrataBand band)
{
  gint64 sum_fj = 0;

  for (int i = 0; i < modelled->n_energy; i++)
    if (modelled->energy[i].component == component)
      sum_fj += modelled->energy[i].energy_fj[band];
  return sum_fj;
}

/* 4 loads of 160 B over one hop at 0.8 pJ/B; 4 x 64 vector operations of 1 pJ; 4 x 64 B of SRAM at 3 pJ/B; 3 pJ a
 * switch. */
static void
test_by_hand (void)
{
  g_autoptr (Fixture) fixture = rows_fixture ();
  g_autoptr (StrataModelled) modelled = model (fixture, 0, TRUE);
  StrataActionEnergy mvm =
    strata_cost_action_mvm (&fixture->chip, STRATA_BAND_NOMINAL, &(StrataMvm){ 9, 9, 32, 1, 1, 0 });

  g_assert_cmpint (sum_component (modelled, STRATA_COMPONENT_NOC, 0), ==, 512000);
  g_assert_cmpint (sum_component (modelled, STRATA_COMPONENT_NOC, STRATA_BAND_CONSERVATIVE), ==, 1024000);
  g_assert_cmpint (sum_component (modelled, STRATA_COMPONENT_VECTOR, 0), ==, 256000);
  g_assert_cmpint (sum_component (modelled, STRATA_COMPONENT_SRAM, 0), ==, 768000);
  g_assert_cmpint (sum_component (modelled, STRATA_COMPONENT_SELECT, 0), ==, 3000 * modelled->timing->n_switches);
  g_assert_cmpint (sum_component (modelled, STRATA_COMPONENT_ADC, 0), ==, 32 * mvm.per_action_fj[STRATA_COMPONENT_ADC]);
}

static void
test_conservation (void)
{
  g_autoptr (Fixture) fixture = rows_fixture ();
  g_autoptr (StrataModelled) modelled = model (fixture, 0, TRUE);
  gint64 events_fj = 0, static_fj = 0, records_fj = 0, dynamic_fj = 0;

  for (gsize i = 0; i < modelled->timing->n_events; i++)
    {
      const StrataEventRecord *event = &modelled->timing->events[i];

      events_fj += event->energy_fj;
      if (event->flags & STRATA_EVENT_STATIC)
        static_fj += event->energy_fj;
      if (i > 0)
        g_assert_cmpint (event->start_ps, >=, event[-1].start_ps);
      if (i > 0 && event->start_ps == event[-1].start_ps)
        g_assert_cmpint (event->unit, >=, event[-1].unit);
    }
  for (int i = 0; i < modelled->n_energy; i++)
    {
      records_fj += modelled->energy[i].energy_fj[0];
      if (modelled->energy[i].layer >= 0)
        dynamic_fj += modelled->energy[i].energy_fj[0];
    }
  g_assert_cmpint (events_fj, ==, records_fj);
  g_assert_cmpint (events_fj, ==, modelled->energy_fj[0]);
  g_assert_cmpint (dynamic_fj, ==, modelled->dynamic_fj[0]);
  g_assert_cmpint (static_fj, ==, modelled->energy_fj[0] - modelled->dynamic_fj[0]);
  g_assert_cmpint (static_fj, >, 0);
}

/* One event for control (8 mW), one for fixed leakage with the idle stack's, one for the stack in use; no DRAM. */
static void
test_static_events (void)
{
  g_autoptr (Fixture) fixture = rows_fixture ();
  g_autoptr (StrataModelled) modelled = model (fixture, 0, FALSE);
  int base = fixture_unit (fixture, STRATA_UNIT_BASE), n = 0;
  gboolean control = FALSE;
  double static_mw = 8 + strata_cost_leak_fixed_mw (&fixture->chip, 0, modelled->junction_c)
                     + strata_cost_leak_stack_mw (&fixture->chip, 0, modelled->junction_c, TRUE)
                     + strata_cost_leak_stack_mw (&fixture->chip, 0, modelled->junction_c, FALSE);

  for (gsize i = 0; i < modelled->timing->n_events; i++)
    {
      const StrataEventRecord *event = &modelled->timing->events[i];

      if (!(event->flags & STRATA_EVENT_STATIC))
        continue;
      n++;
      g_assert_cmpint (event->layer, ==, -1);
      g_assert_cmpint (event->start_ps, ==, 0);
      g_assert_cmpint (event->duration_ps, ==, modelled->latency_ps[0]);
      g_assert_true (event->unit == base || event->unit == 0);
      control |= event->unit == base && event->energy_fj == 8 * modelled->latency_ps[0];
    }
  g_assert_cmpint (n, ==, 3);
  g_assert_true (control);
  g_assert_cmpint (modelled->n_stacks_on, ==, 1);
  /* Closed to the accuracy of the leakage loop: eight turns that contract by 1e-2 or better */
  g_assert_cmpfloat_with_epsilon (modelled->static_mw[0], static_mw, 1e-9);
}

/* 100 bytes over 10 pJ/B, 64 bytes of SRAM at 3 pJ/B: beside everything else. */
static void
test_host_beside (void)
{
  g_autoptr (Fixture) fixture = rows_fixture ();
  g_autoptr (StrataModelled) without = model (fixture, 0, FALSE), with = NULL;

  fixture_digital (fixture, STRATA_OPCODE_HOST_OUT, 1, 1, 100);
  fixture_after (fixture, 3, 0, 3);
  with = model (fixture, 0, FALSE);
  g_assert_cmpint (without->host_fj[0], ==, 0);
  g_assert_cmpint (with->host_fj[0], ==, 100 * 10000 + 64 * 3000);
  g_assert_cmpint (with->energy_fj[0], ==, without->energy_fj[0]);
  g_assert_cmpint (with->latency_ps[0], ==, without->latency_ps[0]);
  g_assert_cmpint (sum_component (with, STRATA_COMPONENT_HOST, 0), ==, 0);
}

static void
test_dram_idles (void)
{
  g_autoptr (Fixture) fixture = rows_fixture ();

  fixture->chip.dram_bytes = 1 << 20;
  fixture->chip.p_dram_idle_mw[0] = 45;
  g_autoptr (StrataModelled) modelled = model (fixture, 0, FALSE);
  g_assert_cmpint (sum_component (modelled, STRATA_COMPONENT_DRAM_IDLE, 0), ==, 45 * modelled->latency_ps[0]);
}

static void
test_bins (void)
{
  g_autoptr (Fixture) fixture = rows_fixture ();
  double sums[STRATA_N_COMPONENTS] = { 0 };
  gint64 end_ps = 0;

  g_autoptr (StrataModelled) modelled = model (fixture, 0, FALSE);

  for (int i = 0; i < modelled->n_power; i++)
    {
      g_assert_cmpfloat (modelled->power[i].power_mw, >=, 0);
      sums[modelled->power[i].component] += modelled->power[i].power_mw * modelled->power[i].step_ps;
      end_ps = MAX (end_ps, modelled->power[i].time_ps + modelled->power[i].step_ps);
    }
  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    {
      double energy_fj = (double) sum_component (modelled, c, 0);

      g_assert_cmpfloat_with_epsilon (sums[c], energy_fj, 1e-9 * energy_fj + 1e-12);
    }
  g_assert_cmpint (end_ps, >=, modelled->latency_ps[0]);
}

static void
test_power (void)
{
  g_autoptr (Fixture) fixture = rows_fixture ();
  g_autoptr (StrataModelled) fast = model (fixture, 0, TRUE), slow = model (fixture, 1000000000, FALSE);

  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      double power_mw = fast->static_mw[band] + (double) fast->dynamic_fj[band] / fast->interval_ps[band];

      g_assert_cmpfloat_with_epsilon (fast->power_mw[band], power_mw, 1e-9);
      g_assert_cmpfloat (fast->power_mw[band], <=, 100 + 1e-6);
    }
  g_assert_cmpfloat_with_epsilon (slow->power_mw[0], slow->static_mw[0] + slow->dynamic_fj[0] / 1e9, 1e-9);
  g_assert_cmpint (slow->interval_ps[0], ==, fast->unit_interval_ps[0]);
  g_assert_cmpfloat (slow->junction_c, <, fast->junction_c);
  g_assert_cmpfloat (slow->static_mw[0], <, fast->static_mw[0]);
}

/* The budget sets the rate: static + dynamic / interval = budget; the latency stays. */
static void
test_budget (void)
{
  g_autoptr (Fixture) fixture = rows_fixture ();
  g_autoptr (StrataModelled) free_run = NULL, capped = NULL, hopeless = NULL;

  fixture->chip.p_budget_mw = 1e6;
  free_run = model (fixture, 0, FALSE);
  fixture->chip.p_budget_mw = 11;
  capped = model (fixture, 0, FALSE);
  fixture->chip.p_budget_mw = 5;
  hopeless = model (fixture, 0, FALSE);
  g_assert_cmpint (free_run->interval_ps[0], ==, free_run->unit_interval_ps[0]);
  g_assert_cmpint (capped->interval_ps[0], >, capped->unit_interval_ps[0]);
  g_assert_cmpint (capped->latency_ps[0], ==, free_run->latency_ps[0]);
  g_assert_cmpfloat (capped->power_mw[0], <=, 11);
  g_assert_cmpfloat (capped->power_mw[0], >, 10.999);
  g_assert_cmpint (hopeless->interval_ps[0], ==, hopeless->unit_interval_ps[0]);
  g_assert_cmpfloat (hopeless->power_mw[0], >, 5);
}

static void
test_bands (void)
{
  g_autoptr (Fixture) fixture = rows_fixture ();
  g_autoptr (StrataModelled) all = model (fixture, 0, TRUE), one = model (fixture, 0, FALSE);

  g_assert_cmpint (all->energy_fj[0], ==, one->energy_fj[0]);
  g_assert_cmpint (all->energy_fj[STRATA_BAND_OPTIMISTIC], <, all->energy_fj[0]);
  g_assert_cmpint (all->energy_fj[STRATA_BAND_CONSERVATIVE], >, all->energy_fj[0]);
  g_assert_cmpint (all->latency_ps[STRATA_BAND_OPTIMISTIC], <=, all->latency_ps[0]);
  g_assert_cmpint (all->latency_ps[STRATA_BAND_CONSERVATIVE], >, all->latency_ps[0]);
  g_assert_cmpint (one->energy_fj[STRATA_BAND_CONSERVATIVE], ==, one->energy_fj[0]);
  g_assert_true (all->has_bands);
  g_assert_false (one->has_bands);
}

static void
test_deterministic (void)
{
  g_autoptr (Fixture) fixture = rows_fixture ();
  g_autoptr (StrataModelled) a = model (fixture, 0, TRUE), b = model (fixture, 0, TRUE);

  g_assert_cmpmem (a->energy, a->n_energy * sizeof *a->energy, b->energy, b->n_energy * sizeof *b->energy);
  g_assert_cmpmem (a->timing->events, a->timing->n_events * sizeof (StrataEventRecord), b->timing->events,
                   b->timing->n_events * sizeof (StrataEventRecord));
  g_assert_true (memcmp (a->power_mw, b->power_mw, sizeof a->power_mw) == 0);
  g_assert_true (a->junction_c == b->junction_c);
}

static void
test_cancelled (void)
{
  g_autoptr (Fixture) fixture = rows_fixture ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (strata_model_run (fixture_image (fixture), 0, TRUE, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/energy/by-hand", test_by_hand);
  g_test_add_func ("/sdk/simulator/energy/conservation", test_conservation);
  g_test_add_func ("/sdk/simulator/energy/static-events", test_static_events);
  g_test_add_func ("/sdk/simulator/energy/dram-idles", test_dram_idles);
  g_test_add_func ("/sdk/simulator/energy/host-beside", test_host_beside);
  g_test_add_func ("/sdk/simulator/energy/bins", test_bins);
  g_test_add_func ("/sdk/simulator/energy/power", test_power);
  g_test_add_func ("/sdk/simulator/energy/budget", test_budget);
  g_test_add_func ("/sdk/simulator/energy/bands", test_bands);
  g_test_add_func ("/sdk/simulator/energy/deterministic", test_deterministic);
  g_test_add_func ("/sdk/simulator/energy/cancelled", test_cancelled);
  return g_test_run ();
}
