/* SPDX-License-Identifier: Apache-2.0
 *
 * Dates of recalibrations and refreshes where accuracy is a known function of age: they are what can be worked out by
 * hand. Hotter is never fewer; errors make intervals; totals add up.
 */
#include <math.h>

#include "lib/fixtures.h"
#include "program/maintenance.h"

#define DAY_S 86400.0
#define YEAR_S (365 * DAY_S)

/* Accuracy falls by @loss a decade of age since the last calibration, and by @floor_loss a decade of age itself, which
 * no calibration gives back: a - loss log10 ((1 + t) / (1 + c)) - floor_loss log10 (1 + t). */
typedef struct
{
  double start, loss, floor_loss, error;
  int n_looks;
  double jitter; /* per look at another place, but the same at the same */
} Decay;

static gboolean
decay_cb (double age_s, double calibrated_s, StrataAged *aged, gpointer user_data, GError **error)
{
  Decay *decay = user_data;

  (void) error;
  decay->n_looks++;
  aged->mean = decay->start - decay->loss * log10 ((1 + age_s) / (1 + calibrated_s))
               - decay->floor_loss * log10 (1 + age_s) + decay->jitter * sin (1e3 * age_s);
  aged->error = decay->error;
  return TRUE;
}

static StrataMaintenanceChain *
make_chain (Decay *decay, double target, double horizon_s, gboolean recalibrates, double tolerance)
{
  StrataMaintenanceOptions options;
  g_autoptr (GError) error = NULL;
  StrataMaintenanceChain *chain;

  strata_maintenance_options_default (&options);
  options.target = target, options.horizon_s = horizon_s, options.recalibrates = recalibrates;
  options.tolerance = tolerance;
  chain = strata_maintenance_chain (&options, decay_cb, decay, &error);
  g_assert_no_error (error);
  g_assert_nonnull (chain);
  return chain;
}

/* Refreshes only: 0.95 - 0.02 log10 (1 + t) = 0.85 at t = 1e5 - 1 s, whatever the horizon */
static void
test_refresh (void)
{
  Decay decay = { .start = 0.95, .loss = 0.02 };
  g_autoptr (StrataMaintenanceChain) chain = make_chain (&decay, 0.85, 5 * YEAR_S, FALSE, 1e-9);
  g_autoptr (StrataMaintenanceChain) rough = make_chain (&decay, 0.85, 50 * YEAR_S, FALSE, 0.05);

  g_assert_true (chain->is_met);
  g_assert_cmpint (chain->n_steps, ==, 1);
  g_assert_cmpint (chain->steps[0].action, ==, STRATA_MAINTENANCE_REFRESH);
  g_assert_cmpfloat_with_epsilon (chain->steps[0].age_s, 1e5 - 1, 1e-3);
  g_assert_cmpfloat (chain->steps[0].age_s, <=, 1e5 - 1 + 1e-9);
  g_assert_cmpfloat (chain->steps[0].missed_s, >, 1e5 - 1 - 1e-9);
  g_assert_cmpfloat_with_epsilon (chain->steps[0].before.mean, 0.85, 1e-9);
  g_assert_cmpfloat (chain->steps[0].after.mean, ==, 0.95);
  g_assert_cmpfloat (rough->steps[0].age_s, <=, 1e5);
  g_assert_cmpfloat (rough->steps[0].missed_s, >=, 1e5 - 1);
  g_assert_cmpfloat (rough->steps[0].missed_s, <=, rough->steps[0].age_s * 1.05);
}

/* Without a floor every recalibration starts at 0.95 again and lasts a factor of 1e5: at 1e5 - 1, 1e10 - 1, … */
static void
test_recalibrations_alone (void)
{
  Decay decay = { .start = 0.95, .loss = 0.02 };
  g_autoptr (StrataMaintenanceChain) chain = make_chain (&decay, 0.85, 1e12, TRUE, 1e-9);

  g_assert_cmpint (chain->n_steps, ==, 2);
  for (int i = 0; i < 2; i++)
    {
      g_assert_cmpint (chain->steps[i].action, ==, STRATA_MAINTENANCE_RECALIBRATE);
      g_assert_cmpfloat_with_epsilon (chain->steps[i].age_s / (pow (1e5, i + 1) - 1), 1, 1e-6);
      g_assert_cmpfloat_with_epsilon (chain->steps[i].after.mean, 0.95, 1e-12);
    }
  g_assert_cmpfloat (chain->steps[1].calibrated_s, ==, chain->steps[0].age_s);
}

/* With a floor of 0.01 a decade: decades d of age, loss 0.03: recalibrated at d1 with 0.03 d1 + 0.01 d1 = 0.1, then
 * 0.03 (d - d1) + 0.01 d = 0.1 …: d = 2.5, 4.375, 5.78125, 6.8359…; each gap is 3/4 of the one before, so that they end
 * at d = 10, where a recalibration gives nothing. One that lasts less than 10 % (log10 1.1 decades) is a refresh:
 * 2.5 (3/4)^k falls below it at k = 15. */
static void
test_both (void)
{
  Decay decay = { .start = 0.95, .loss = 0.03, .floor_loss = 0.01 };
  g_autoptr (StrataMaintenanceChain) chain = make_chain (&decay, 0.85, 1e13, TRUE, 1e-10);
  double d = 0, gap = 2.5;

  g_assert_cmpint (chain->n_steps, ==, 15);
  for (int i = 0; i < 15; i++, gap *= 0.75)
    {
      d += gap;
      g_assert_cmpfloat_with_epsilon (log10 (1 + chain->steps[i].age_s), d, 1e-6);
      g_assert_cmpfloat_with_epsilon (chain->steps[i].before.mean, 0.85, 1e-8);
      g_assert_cmpint (chain->steps[i].action, ==,
                       i < 14 ? STRATA_MAINTENANCE_RECALIBRATE : STRATA_MAINTENANCE_REFRESH);
      if (i < 14)
        g_assert_cmpfloat_with_epsilon (chain->steps[i].after.mean, 0.95 - 0.01 * d, 1e-8);
    }
  g_assert_cmpfloat (gap / 0.75, <, 10);
}

/* Where the target is not met at first there is nothing to keep; where it is lost within a second neither; where it is
 * met for ever nothing is done. */
static void
test_ends (void)
{
  Decay low = { .start = 0.8, .loss = 0.02 }, steep = { .start = 0.95, .loss = 1 }, flat = { .start = 0.9 };
  g_autoptr (StrataMaintenanceChain) never = make_chain (&low, 0.85, YEAR_S, TRUE, 0.05);
  g_autoptr (StrataMaintenanceChain) lost = make_chain (&steep, 0.85, YEAR_S, TRUE, 0.05);
  g_autoptr (StrataMaintenanceChain) always = make_chain (&flat, 0.85, YEAR_S, TRUE, 0.05);

  g_assert_false (never->is_met || lost->is_met);
  g_assert_cmpint (never->n_steps + lost->n_steps + always->n_steps, ==, 0);
  g_assert_true (always->is_met);
  g_assert_cmpint (flat.n_looks, <, 30);
}

/* What is known is not looked at again, and the dates stay what they are. */
static void
test_known (void)
{
  Decay decay = { .start = 0.95, .loss = 0.03, .floor_loss = 0.01 }, again = decay;
  g_autoptr (StrataMaintenanceChain) chain = make_chain (&decay, 0.85, 1e9, TRUE, 0.01);
  StrataMaintenanceOptions options;
  g_autoptr (StrataMaintenanceChain) second = NULL;

  strata_maintenance_options_default (&options);
  options.target = 0.85, options.horizon_s = 1e9, options.tolerance = 0.01;
  options.known = chain->points, options.n_known = chain->n_points;
  second = strata_maintenance_chain (&options, decay_cb, &again, NULL);
  g_assert_cmpint (again.n_looks, ==, 0);
  g_assert_cmpint (second->n_steps, ==, chain->n_steps);
  for (int i = 0; i < chain->n_steps; i++)
    g_assert_cmpfloat (second->steps[i].age_s, ==, chain->steps[i].age_s);
  /* Halving: a few looks a date */
  g_assert_cmpint (decay.n_looks, <=, 2 + 14 * (chain->n_steps + 1));
}

/* A standard error of e moves the date by e / 0.02 decades either way, as far as points that were looked at tell. */
static void
test_errors (void)
{
  Decay decay = { .start = 0.95, .loss = 0.02, .error = 0.002 },
        unknown = { .start = 0.95, .loss = 0.02, .error = NAN };
  g_autoptr (StrataMaintenanceChain) chain = make_chain (&decay, 0.85, 1e12, FALSE, 0.001);
  g_autoptr (StrataMaintenanceChain) blind = make_chain (&unknown, 0.85, 1e12, FALSE, 0.001);

  g_assert_cmpfloat_with_epsilon (log10 (chain->steps[0].earliest_s), 4.9, 0.01);
  g_assert_cmpfloat_with_epsilon (log10 (chain->steps[0].latest_s), 5.1, 0.01);
  g_assert_true (isnan (blind->steps[0].earliest_s) && isnan (blind->steps[0].latest_s));
  g_assert_cmpfloat_with_epsilon (blind->steps[0].age_s, chain->steps[0].age_s, 1e-6);
}

/* Hotter is never fewer, of either kind together and of refreshes, also where accuracy is not quite smooth. */
static void
test_hotter (void)
{
  Decay decay = { .start = 0.95, .loss = 0.03, .floor_loss = 0.012, .jitter = 0.002 };
  g_autoptr (StrataMaintenanceChain) chain = make_chain (&decay, 0.86, 1e11, TRUE, 0.05);
  double before = -1, refreshes_before = -1;

  for (double rate = 1e-3; rate < 1e3; rate *= 1.17)
    {
      const StrataMaintenanceLife life = { 3 * YEAR_S, rate };
      double n_recalibrations, n_refreshes;

      strata_maintenance_count (chain, &life, &n_recalibrations, &n_refreshes);
      g_assert_cmpfloat (n_recalibrations + n_refreshes, >=, before);
      g_assert_cmpfloat (n_refreshes, >=, refreshes_before);
      before = n_recalibrations + n_refreshes, refreshes_before = n_refreshes;
    }
  g_assert_cmpfloat (refreshes_before, >, 1);
}

/* Events by number are those that are counted: none after the end of the life, and one more would be. */
static void
test_events (void)
{
  Decay decay = { .start = 0.95, .loss = 0.03, .floor_loss = 0.01 };
  g_autoptr (StrataMaintenanceChain) chain = make_chain (&decay, 0.88, 1e11, TRUE, 0.01);
  const StrataMaintenanceLife lives[] = { { YEAR_S, 1 }, { 5 * YEAR_S, 40 }, { DAY_S, 1e3 } };

  g_assert_cmpint (chain->steps[chain->n_steps - 1].action, ==, STRATA_MAINTENANCE_REFRESH);
  for (guint l = 0; l < G_N_ELEMENTS (lives); l++)
    {
      double n_recalibrations, n_refreshes, at_s, last_s = 0;
      guint64 n, n_seen = 0;

      strata_maintenance_count (chain, &lives[l], &n_recalibrations, &n_refreshes);
      n = (guint64) (n_recalibrations + n_refreshes);
      g_assert_cmpuint (n, >, 0);
      for (guint64 i = 0; i < n; i++, last_s = at_s)
        {
          const StrataMaintenanceStep *step = strata_maintenance_event (chain, &lives[l], i, &at_s);

          g_assert_cmpfloat (at_s, >, last_s);
          n_seen += step->action == STRATA_MAINTENANCE_REFRESH;
        }
      g_assert_cmpfloat (last_s, <, lives[l].life_s);
      g_assert_cmpuint (n_seen, ==, (guint64) n_refreshes);
      strata_maintenance_event (chain, &lives[l], n, &at_s);
      g_assert_cmpfloat (at_s, >=, lives[l].life_s);
    }
}

/* hardware-facts 8: in place weekly for five years is 260 refreshes. Time, energy and wear are those of 260 loads and
 * calibrations, and of 261 writes. */
static void
test_totals (void)
{
  Decay decay = { .start = 0.95, .loss = 0.02 };
  const double week_s = 7 * DAY_S, target = 0.95 - 0.02 * log10 (1 + week_s);
  g_autoptr (StrataMaintenanceChain) chain = make_chain (&decay, target, 5 * YEAR_S, FALSE, 1e-9);
  StrataProgrammingPlan plan = { .time_ps = { 3e12, 2e12, 4e12 },
                                 .energy_fj = { 7e9, 5e9, 9e9 },
                                 .loads = { 1e4, 1e5, 200 } };
  const StrataMaintenanceCost cost = { { 1e11, 1e11, 2e11 }, { 3e9, 2e9, 4e9 }, &plan };
  const StrataMaintenanceLife life = { 5 * YEAR_S, 1 };
  StrataMaintenanceTotals totals;

  strata_maintenance_totals (chain, &life, &cost, &totals);
  g_assert_cmpfloat (totals.n_refreshes, ==, 260);
  g_assert_cmpfloat (totals.n_loads, ==, 261);
  g_assert_cmpfloat (totals.n_recalibrations, ==, 0);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      double one_ps = cost.recalibration_ps[band] + (double) plan.time_ps[band];

      g_assert_cmpfloat_with_epsilon (totals.time_ps[band], 260 * one_ps, 1);
      g_assert_cmpfloat_with_epsilon (totals.energy_fj[band],
                                      260 * (cost.recalibration_fj[band] + plan.energy_fj[band]), 1);
      g_assert_cmpfloat (totals.longest_ps[band], ==, one_ps);
      g_assert_cmpfloat_with_epsilon (totals.duty[band], 260 * one_ps * 1e-12 / (5 * YEAR_S), 1e-15);
      g_assert_cmpfloat_with_epsilon (totals.power_mw[band] * 5 * YEAR_S * 1e12 / totals.energy_fj[band], 1, 1e-12);
      g_assert_cmpfloat_with_epsilon (totals.wear[band], 261 / plan.loads[band], 1e-12);
      g_assert_cmpfloat_with_epsilon (totals.worn_out_s[band] / (plan.loads[band] * week_s), 1, 1e-6);
    }
  g_assert_cmpfloat (totals.wear[STRATA_BAND_CONSERVATIVE], >, 1);
}

static gboolean
failing_cb (double age_s, double calibrated_s, StrataAged *aged, gpointer user_data, GError **error)
{
  Decay *decay = user_data;

  if (decay->n_looks < 5)
    return decay_cb (age_s, calibrated_s, aged, user_data, error);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  return FALSE;
}

static void
test_failure (void)
{
  Decay decay = { .start = 0.95, .loss = 0.02 };
  g_autoptr (GError) error = NULL;
  StrataMaintenanceOptions options;

  strata_maintenance_options_default (&options);
  options.target = 0.85, options.horizon_s = YEAR_S;
  g_assert_null (strata_maintenance_chain (&options, failing_cb, &decay, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/program/maintenance/refresh", test_refresh);
  g_test_add_func ("/sdk/program/maintenance/recalibrations-alone", test_recalibrations_alone);
  g_test_add_func ("/sdk/program/maintenance/both", test_both);
  g_test_add_func ("/sdk/program/maintenance/ends", test_ends);
  g_test_add_func ("/sdk/program/maintenance/known", test_known);
  g_test_add_func ("/sdk/program/maintenance/errors", test_errors);
  g_test_add_func ("/sdk/program/maintenance/hotter", test_hotter);
  g_test_add_func ("/sdk/program/maintenance/events", test_events);
  g_test_add_func ("/sdk/program/maintenance/totals", test_totals);
  g_test_add_func ("/sdk/program/maintenance/failure", test_failure);
  return g_test_run ();
}
