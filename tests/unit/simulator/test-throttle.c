/* SPDX-License-Identifier: Apache-2.0
 *
 * Leakage and throttling on a chip of one stack without weights, whose heat all falls on its base: one resistance
 * from there to ambient and one factor of leakage, so that every answer has a closed form or a root of one equation.
 */
#include "fixture.h"
#include "simulator/record.h"

#include <math.h>

#define CONTROL_W 8e-3
#define AMBIENT_C 40.0

/* A vector op of 2.56e8 operations, whose 16 per nanosecond take 160 mW at 10 pJ each; limits far away */
static Fixture *
hot_fixture (double leak_mw_per_mm2)
{
  Fixture *fixture = fixture_new (1, 1, 16);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 4, 4);

  fixture_digital (fixture, STRATA_OPCODE_VECTOR, op, 4, 64000000);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      fixture->chip.e_vector_fj[band] = 10000;
      fixture->chip.p_leak_mw_per_mm2[band] = leak_mw_per_mm2;
    }
  fixture->chip.p_budget_mw = 1e6;
  fixture->chip.t_junction_max_c = 240;
  fixture->chip.t_skin_max_c = 150;
  return fixture;
}

static StrataModelled *
model (Fixture *fixture, gint64 min_interval_ps, gboolean bands)
{
  g_autoptr (GError) error = NULL;
  StrataModelled *modelled = strata_model_run (fixture_image (fixture), min_interval_ps, bands, NULL, &error);

  g_assert_no_error (error);
  return modelled;
}

/* From the base through 16 tiers of 60 nm and 20 um of TIM */
static double
die_k_w (const Fixture *fixture)
{
  return (16 * 60e-9 / 1.2 + 20e-6 / fixture->chip.k_tim_w_mk) / (strata_cost_area (&fixture->chip).die * 1e-6);
}

static double
junction_k_w (const Fixture *fixture)
{
  return die_k_w (fixture) + fixture->chip.r_package_k_w;
}

/* 3 mm2 fixed, 0.9 mm2 of SRAM and a stack that is gated to a tenth; doubles every 20 K from 50 C on */
static double
leak_w (const Fixture *fixture, double temperature_c)
{
  double area_mm2 = 3 + 0.9 * fixture->chip.sram_bytes / 1e6 + 0.1 * 1.2 * strata_cost_area (&fixture->chip).stack;

  return fixture->chip.p_leak_mw_per_mm2[0] * 1e-3 * area_mm2 * pow (2, (temperature_c - 50) / 20);
}

static double
dynamic_w (const StrataModelled *modelled, gint64 interval_ps)
{
  return (double) modelled->dynamic_fj[0] / (double) interval_ps * 1e-3;
}

/* Lowest root of T = ambient + R (dynamic + control + leakage (T)), by Newton from below */
static double
solve_junction (const Fixture *fixture, double power_w)
{
  double k_w = junction_k_w (fixture), junction_c = AMBIENT_C;

  for (int i = 0; i < 100; i++)
    {
      double leak = leak_w (fixture, junction_c);
      double miss_c = AMBIENT_C + k_w * (power_w + CONTROL_W + leak) - junction_c;

      junction_c += miss_c / (1 - k_w * leak * G_LN2 / 20);
    }
  return junction_c;
}

/* The loop gain of leakage goes from none to four fifths. */
static void
test_leakage (void)
{
  static const double leak[] = { 0, 0.5, 20, 60, 75 };

  for (gsize i = 0; i < G_N_ELEMENTS (leak); i++)
    {
      g_autoptr (Fixture) fixture = hot_fixture (leak[i]);
      g_autoptr (StrataModelled) modelled = model (fixture, 0, FALSE);
      double junction_c = solve_junction (fixture, dynamic_w (modelled, modelled->interval_ps[0]));

      g_assert_cmpfloat_with_epsilon (modelled->junction_c, junction_c, 1e-6);
      g_assert_cmpfloat_with_epsilon (modelled->static_mw[0], 1e3 * (CONTROL_W + leak_w (fixture, junction_c)), 1e-6);
      g_assert_cmpfloat_with_epsilon (modelled->package_c,
                                      AMBIENT_C + fixture->chip.r_package_k_w * modelled->power_mw[0] * 1e-3, 1e-6);
      g_assert_cmpint (modelled->throttle, ==, STRATA_THROTTLE_NONE);
      g_assert_cmpint (modelled->throttle_interval_ps[0], ==, modelled->interval_ps[0]);
      g_assert_cmpint (modelled->throttle_after_ps, ==, -1);
      g_assert_cmpint (modelled->n_spells, ==, 0); /* without bands */
      g_assert_false (modelled->runs_away[0]);
    }
}

/* Run at the interval found, the limit holds; a thousandth faster, it does not. */
static void
check_sustained (Fixture *fixture, const StrataModelled *modelled, double expected_ps)
{
  gint64 interval_ps = modelled->throttle_interval_ps[0];
  g_autoptr (StrataModelled) sustained = model (fixture, interval_ps, FALSE);
  g_autoptr (StrataModelled) faster = model (fixture, interval_ps - interval_ps / 1000, FALSE);

  g_assert_cmpint (interval_ps, >, modelled->interval_ps[0]);
  g_assert_cmpfloat_with_epsilon ((double) interval_ps, expected_ps, 1e-6 * expected_ps);
  g_assert_cmpint (sustained->throttle, ==, STRATA_THROTTLE_NONE);
  g_assert_cmpint (faster->throttle, ==, modelled->throttle);
  g_assert_cmpint (faster->interval_ps[0], ==, modelled->interval_ps[0]);
}

/* At the limit leakage is known, and so is what it leaves for the dynamic power. */
static void
test_junction (void)
{
  g_autoptr (Fixture) fixture = hot_fixture (40);
  g_autoptr (StrataModelled) modelled = NULL;
  double power_w = 0.05;

  fixture->chip.t_junction_max_c = solve_junction (fixture, power_w);
  modelled = model (fixture, 0, FALSE);
  g_assert_cmpint (modelled->throttle, ==, STRATA_THROTTLE_JUNCTION);
  g_assert_cmpfloat (modelled->junction_c, >, fixture->chip.t_junction_max_c);
  check_sustained (fixture, modelled, (double) modelled->dynamic_fj[0] / (power_w * 1e3));
}

/* The same limit, asked for of a chip that allows more */
static void
test_asked (void)
{
  g_autoptr (Fixture) fixture = hot_fixture (40);
  g_autoptr (StrataModelled) modelled = NULL;
  double power_w = 0.08;

  fixture->image.limits.max_junction_c = solve_junction (fixture, power_w);
  modelled = model (fixture, 0, FALSE);
  g_assert_cmpint (modelled->throttle, ==, STRATA_THROTTLE_JUNCTION);
  check_sustained (fixture, modelled, (double) modelled->dynamic_fj[0] / (power_w * 1e3));
}

/* 10 K/W to the skin: its limit is one of power, of which leakage takes what the junction's temperature says. */
static void
test_skin (void)
{
  g_autoptr (Fixture) fixture = hot_fixture (20);
  g_autoptr (StrataModelled) modelled = NULL;
  double power_w = 0.2, junction_c = AMBIENT_C + junction_k_w (fixture) * power_w;

  fixture->chip.t_skin_max_c = AMBIENT_C + 10 * power_w;
  modelled = model (fixture, 0, FALSE);
  g_assert_cmpint (modelled->throttle, ==, STRATA_THROTTLE_SKIN);
  g_assert_cmpfloat (modelled->skin_c, >, fixture->chip.t_skin_max_c);
  check_sustained (fixture, modelled,
                   (double) modelled->dynamic_fj[0] / (1e3 * (power_w - CONTROL_W - leak_w (fixture, junction_c))));
}

/* Without gaps, the last one for ever; the curve in order, from ambient to about what the last spell ends at */
static void
check_spells (const StrataModelled *modelled, int n_spells)
{
  const StrataWarmingRecord *warming = modelled->warming;
  gint64 start_ps = 0;

  g_assert_cmpint (modelled->n_spells, ==, n_spells);
  for (int i = 0; i < n_spells; i++)
    {
      g_assert_cmpint (modelled->spells[i].start_ps, ==, start_ps);
      g_assert_true (i == n_spells - 1 ? modelled->spells[i].duration_ps == -1 : modelled->spells[i].duration_ps > 0);
      start_ps += modelled->spells[i].duration_ps;
    }
  g_assert_cmpint (modelled->spells[0].interval_ps, ==, MAX (modelled->interval_ps[0], modelled->min_interval_ps));
  g_assert_cmpint (modelled->n_warming, >, 20);
  g_assert_cmpint (warming[0].time_ps, ==, 0);
  g_assert_cmpfloat (warming[0].junction_c, ==, AMBIENT_C);
  for (int i = 1; i < modelled->n_warming; i++)
    g_assert_cmpint (warming[i].time_ps, >, warming[i - 1].time_ps);
}

static gboolean
has_finding (Fixture *fixture, const StrataModelled *modelled, const char *rule)
{
  g_autoptr (StrataArena) arena = strata_arena_new ();
  g_autoptr (GArray) findings = strata_record_findings (arena, fixture_image (fixture), modelled);

  for (guint i = 0; i < findings->len; i++)
    if (g_str_equal (g_array_index (findings, StrataFindingRecord, i).rule, rule))
      return TRUE;
  return FALSE;
}

/* At full rate there is no steady state, at rest there is one: the rate ends where the curve of leakage touches the
 * line of the package, R leakage' = 1. Close to there the loop takes ever longer, hence the tolerance. */
static void
test_fold (void)
{
  g_autoptr (Fixture) fixture = hot_fixture (92);
  g_autoptr (StrataModelled) modelled = model (fixture, 0, FALSE);
  double k_w = junction_k_w (fixture), leak = 20 / (G_LN2 * k_w);
  double fold_c = 50 + 20 * log2 (leak / leak_w (fixture, 50));
  double power_w = (fold_c - AMBIENT_C) / k_w - CONTROL_W - leak;
  double expected_ps = (double) modelled->dynamic_fj[0] / (1e3 * power_w);

  g_assert_cmpfloat (power_w, >, 0);
  g_assert_true (modelled->runs_away[0]);
  g_assert_cmpint (modelled->throttle, ==, STRATA_THROTTLE_JUNCTION);
  g_assert_cmpfloat_with_epsilon ((double) modelled->throttle_interval_ps[0], expected_ps, 1e-3 * expected_ps);
  g_assert_true (has_finding (fixture, modelled, "junction-too-hot"));
  /* Far below the limit the governor has to act: from the limit on no rate would bring it back. */
  check_spells (modelled, 2);
  g_assert_cmpint (modelled->throttle_after_ps, ==, modelled->spells[0].duration_ps);
  g_assert_cmpfloat_with_epsilon (modelled->spells[0].junction_c, fold_c, 0.02 * (fold_c - AMBIENT_C));
  g_assert_cmpint (modelled->spells[1].reason, ==, STRATA_SPELL_RUNAWAY);
  for (int i = 0; i < modelled->n_warming; i++)
    g_assert_cmpfloat (modelled->warming[i].junction_c, <, fold_c);
}

/* Leakage alone runs away, so that no rate holds. */
static void
test_runaway (void)
{
  g_autoptr (Fixture) fixture = hot_fixture (400);
  g_autoptr (StrataModelled) modelled = model (fixture, 0, TRUE);

  for (int band = 0; band < STRATA_N_BANDS; band++)
    g_assert_true (modelled->runs_away[band]);
  g_assert_cmpint (modelled->throttle, ==, STRATA_THROTTLE_JUNCTION);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    g_assert_cmpint (modelled->throttle_interval_ps[band], ==, 0);
  g_assert_true (has_finding (fixture, modelled, "thermal-runaway"));
  check_spells (modelled, 2);
  g_assert_cmpfloat_with_epsilon (modelled->spells[0].junction_c, fixture->chip.t_junction_max_c, 0.1);
  g_assert_cmpint (modelled->spells[1].reason, ==, STRATA_SPELL_RUNAWAY);
  g_assert_cmpint (modelled->spells[1].interval_ps, ==, 0);
  g_assert_cmpfloat (modelled->spells[1].power_mw, ==, 0);
  g_assert_cmpfloat (modelled->spells[1].junction_c, ==, AMBIENT_C);
  g_assert_cmpfloat_with_epsilon (modelled->warming[modelled->n_warming - 1].junction_c, AMBIENT_C, 0.3);
}

/* No number stands for a state that there is none of; what is stated of one inference is of one from cold. */
static void
test_no_state (void)
{
  static const char *const none[] = { "static_mw", "power_mw",        "junction_c", "package_c",
                                      "skin_c",    "workload_tops_w", "chip_tops_w" };
  g_autoptr (Fixture) fixture = hot_fixture (400);
  g_autoptr (StrataModelled) modelled = NULL;
  g_autoptr (StrataArena) arena = strata_arena_new ();
  g_autoptr (GArray) figures = NULL, meta = NULL;
  double cold_fj;
  guint n_none = 0, n_missed = 0;

  fixture->chip.r_package_k_w = 10000;
  fixture->image.limits.max_junction_c = 1000;
  fixture->image.limits.max_power_mw = 1e9;
  modelled = model (fixture, 0, TRUE);
  figures = strata_record_figures (arena, fixture_image (fixture), modelled);
  for (guint i = 0; i < figures->len; i++)
    {
      const StrataFigureRecord *figure = &g_array_index (figures, StrataFigureRecord, i);

      for (guint j = 0; j < G_N_ELEMENTS (none); j++)
        if (g_str_equal (figure->name, none[j]))
          {
            for (int band = 0; band < STRATA_N_BANDS; band++)
              g_assert_true (isnan (figure->value[band]));
            g_assert_true (j > 4 || g_str_has_prefix (figure->source, STRATA_NO_STEADY_STATE));
            n_none++;
          }
    }
  g_assert_cmpuint (n_none, ==, G_N_ELEMENTS (none));
  cold_fj = 1e3 * (CONTROL_W + leak_w (fixture, AMBIENT_C)) * (double) modelled->latency_ps[0];
  g_assert_cmpfloat_with_epsilon ((double) (modelled->energy_fj[0] - modelled->dynamic_fj[0]), cold_fj, 1e-6 * cold_fj);
  g_assert_cmpint (modelled->n_temperature, >, 0);
  for (int i = 0; i < modelled->n_temperature; i++)
    {
      g_assert_cmpint (modelled->temperature[i].time_ps, >=, 0);
      g_assert_cmpfloat (modelled->temperature[i].temperature_c, <, STRATA_MAX_LEAKAGE_C);
    }
  meta = strata_record_meta (arena, fixture_image (fixture), modelled, STRATA_FIDELITY_TIMING);
  for (guint i = 0; i < meta->len; i++)
    {
      const StrataMetaRecord *record = &g_array_index (meta, StrataMetaRecord, i);

      n_missed += g_str_has_prefix (record->key, "verdict_max_") && g_str_equal (record->value, "missed");
    }
  g_assert_cmpuint (n_missed, ==, 2);
}

/* As good as no heat in the die: what is left is the package's 1 J/K. */
static Fixture *
light_fixture (double leak_mw_per_mm2)
{
  Fixture *fixture = hot_fixture (leak_mw_per_mm2);

  fixture->chip.c_silicon_j_m3k = fixture->chip.c_stack_j_m3k = fixture->chip.c_tim_j_m3k = 1;
  return fixture;
}

/* The die is at its own rise at once, the package follows as 1 - exp (-t / RC). */
static void
test_time (void)
{
  g_autoptr (Fixture) fixture = light_fixture (0);
  g_autoptr (StrataModelled) junction = NULL, skin = NULL, timeless = NULL;
  g_autoptr (GError) error = NULL;
  double package_k_w = fixture->chip.r_package_k_w, power_w, warm_c;

  fixture->chip.t_junction_max_c = 44;
  junction = model (fixture, 0, FALSE);
  power_w = junction->power_mw[0] * 1e-3;
  warm_c = 44 - AMBIENT_C - power_w * die_k_w (fixture);
  g_assert_cmpfloat_with_epsilon ((double) junction->throttle_after_ps * 1e-12,
                                  -package_k_w * log (1 - warm_c / (power_w * package_k_w)), 1e-3 * package_k_w);
  fixture->chip.t_junction_max_c = 240;
  fixture->chip.t_skin_max_c = AMBIENT_C + 0.99 * 10 * power_w;
  skin = model (fixture, 0, FALSE);
  g_assert_cmpfloat_with_epsilon ((double) skin->throttle_after_ps * 1e-12, package_k_w * log (100),
                                  1e-2 * package_k_w);
  timeless = strata_model_estimate (fixture_image (fixture), 0, FALSE, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (timeless->throttle, ==, STRATA_THROTTLE_SKIN);
  g_assert_cmpint (timeless->throttle_after_ps, ==, -1);
  g_assert_cmpint (timeless->n_spells, ==, 0);
}

/* The curve against exponentials: of full power until the limit, then of what keeps it, which lets the die cool by its
 * own rise at once and the package warm on. */
static void
check_curve (const Fixture *fixture, const StrataModelled *modelled)
{
  double package_k_w = fixture->chip.r_package_k_w, package_c = 0, start_s = 0;
  int spell = 0;

  for (int i = 1; i < modelled->n_warming; i++)
    {
      const StrataWarmingRecord *point = &modelled->warming[i];
      const StrataSpellRecord *now = &modelled->spells[spell];
      double power_w = now->power_mw * 1e-3, rise_c = package_k_w * power_w;
      double here_c = rise_c + (package_c - rise_c) * exp (-((double) point->time_ps * 1e-12 - start_s) / package_k_w);

      /* the die's own constant is below a microsecond, and so are the first steps */
      if (point->time_ps - now->start_ps < 100000000)
        continue;
      g_assert_cmpfloat_with_epsilon (point->skin_c, AMBIENT_C + 10 * here_c / package_k_w, 0.01);
      g_assert_cmpfloat_with_epsilon (point->junction_c, AMBIENT_C + here_c + die_k_w (fixture) * power_w, 0.01);
      if (now->duration_ps >= 0 && point->time_ps == now->start_ps + now->duration_ps)
        {
          package_c = here_c;
          start_s = (double) point->time_ps * 1e-12;
          spell++;
        }
    }
  g_assert_cmpint (spell, ==, modelled->n_spells - 1);
}

static void
test_spells (void)
{
  g_autoptr (Fixture) fixture = light_fixture (0);
  g_autoptr (StrataModelled) modelled = NULL;
  const StrataSpellRecord *spells;

  fixture->chip.t_junction_max_c = 44;
  modelled = model (fixture, 0, FALSE);
  check_spells (modelled, 2);
  check_curve (fixture, modelled);
  spells = modelled->spells;
  g_assert_cmpint (spells[0].duration_ps, ==, modelled->throttle_after_ps);
  g_assert_cmpint (spells[0].reason, ==, STRATA_SPELL_NONE);
  g_assert_cmpfloat_with_epsilon (spells[0].power_mw, modelled->power_mw[0], 1e-9 * modelled->power_mw[0]);
  g_assert_cmpfloat_with_epsilon (spells[0].junction_c, 44, 1e-4);
  g_assert_cmpint (spells[1].interval_ps, ==, modelled->throttle_interval_ps[0]);
  g_assert_cmpint (spells[1].reason, ==, STRATA_SPELL_JUNCTION);
  g_assert_cmpfloat_with_epsilon (spells[1].junction_c, 44, 1e-4);
  g_assert_cmpfloat_with_epsilon (spells[1].power_mw,
                                  modelled->static_mw[0] + 1e3 * dynamic_w (modelled, spells[1].interval_ps),
                                  1e-6 * spells[1].power_mw);
}

/* A die that is much hotter than its package reaches the junction's limit first, but it is the skin's that lasts. */
static void
test_both (void)
{
  g_autoptr (Fixture) fixture = light_fixture (0);
  g_autoptr (StrataModelled) modelled = NULL;
  double power_w;

  fixture->chip.k_tim_w_mk = 0.1;
  modelled = model (fixture, 0, FALSE);
  power_w = modelled->power_mw[0] * 1e-3;
  g_clear_pointer (&modelled, strata_modelled_free);
  fixture->chip.t_junction_max_c = AMBIENT_C + 0.6 * power_w * (fixture->chip.r_package_k_w + die_k_w (fixture));
  fixture->chip.t_skin_max_c = AMBIENT_C + 0.5 * power_w * 10;
  modelled = model (fixture, 0, FALSE);
  check_spells (modelled, 3);
  check_curve (fixture, modelled);
  g_assert_cmpint (modelled->throttle, ==, STRATA_THROTTLE_SKIN);
  g_assert_cmpint (modelled->spells[1].reason, ==, STRATA_SPELL_JUNCTION);
  g_assert_cmpfloat_with_epsilon (modelled->spells[1].power_mw, 600 * power_w, 1e-3 * 600 * power_w);
  g_assert_cmpfloat_with_epsilon (modelled->spells[1].skin_c, fixture->chip.t_skin_max_c, 1e-4);
  g_assert_cmpint (modelled->spells[2].reason, ==, STRATA_SPELL_SKIN);
  g_assert_cmpfloat_with_epsilon (modelled->spells[2].power_mw, 500 * power_w, 1e-3 * 500 * power_w);
  g_assert_cmpint (modelled->spells[2].interval_ps, ==, modelled->throttle_interval_ps[0]);
}

/* What the chip draws where its package is @rise_c above ambient: the die follows at once. */
static double
power_at (const Fixture *fixture, double dynamic_power_w, double rise_c)
{
  double power_w = dynamic_power_w + CONTROL_W;

  for (int i = 0; i < 50; i++)
    power_w = dynamic_power_w + CONTROL_W + leak_w (fixture, AMBIENT_C + rise_c + die_k_w (fixture) * power_w);
  return power_w;
}

/* The package's equation by midpoint steps of a millisecond, until the first spell ends: then the junction is at the
 * spell's last temperature, and the energy is its power x its duration. */
static void
check_spell (const Fixture *fixture, const StrataModelled *modelled, double tolerance)
{
  double k_w = fixture->chip.r_package_k_w, rise_c = 0, energy_j = 0;
  double dynamic_power_w = dynamic_w (modelled, modelled->interval_ps[0]);
  double end_s = (double) modelled->spells[0].duration_ps * 1e-12;
  const double h = 1e-3;

  for (double now_s = 0; now_s < end_s; now_s += h)
    {
      double share = MIN (1, (end_s - now_s) / h);
      double slope = power_at (fixture, dynamic_power_w, rise_c) - rise_c / k_w;
      double middle_c = rise_c + share * h / 2 * slope, power_w = power_at (fixture, dynamic_power_w, middle_c);

      energy_j += share * h * power_w;
      rise_c += share * h * (power_w - middle_c / k_w);
    }
  g_assert_cmpfloat_with_epsilon (AMBIENT_C + rise_c + die_k_w (fixture) * power_at (fixture, dynamic_power_w, rise_c),
                                  modelled->spells[0].junction_c,
                                  tolerance * (modelled->spells[0].junction_c - AMBIENT_C));
  g_assert_cmpfloat_with_epsilon (modelled->spells[0].power_mw * 1e-3 * end_s, energy_j, tolerance * energy_j);
}

/* Leakage grows while the chip warms; with ten times as much of it, it runs away, and errors
 * of time grow with it. */
static void
test_spell_energy (void)
{
  g_autoptr (Fixture) calm = light_fixture (40), wild = light_fixture (400);
  g_autoptr (StrataModelled) modelled = NULL;

  calm->chip.t_junction_max_c = solve_junction (calm, 0.08);
  modelled = model (calm, 0, FALSE);
  check_spells (modelled, 2);
  check_spell (calm, modelled, 1e-3);
  g_assert_cmpfloat (modelled->spells[0].power_mw, <, modelled->power_mw[0]);
  g_clear_pointer (&modelled, strata_modelled_free);
  wild->chip.t_junction_max_c = 90;
  modelled = model (wild, 0, FALSE);
  check_spells (modelled, 2);
  check_spell (wild, modelled, 1e-2);
  g_assert_cmpint (modelled->spells[1].reason, ==, STRATA_SPELL_RUNAWAY);
  g_assert_cmpint (modelled->spells[1].interval_ps, ==, 0);
}

/* A chip that never throttles: one spell, which is the steady state, and a curve that goes there. */
static void
test_cool (void)
{
  g_autoptr (Fixture) fixture = hot_fixture (20);
  g_autoptr (StrataModelled) free_run = model (fixture, 0, TRUE), slow = NULL, budgeted = NULL;
  const StrataSpellRecord *spell = free_run->spells;
  const StrataWarmingRecord *last = &free_run->warming[free_run->n_warming - 1];

  check_spells (free_run, 1);
  g_assert_cmpint (spell->reason, ==, STRATA_SPELL_NONE);
  g_assert_cmpfloat (spell->power_mw, ==, free_run->power_mw[0]);
  g_assert_cmpfloat (spell->junction_c, ==, free_run->junction_c);
  g_assert_cmpfloat (spell->skin_c, ==, free_run->skin_c);
  g_assert_cmpfloat_with_epsilon (last->junction_c, spell->junction_c, 2e-3 * (spell->junction_c - AMBIENT_C));
  for (int i = 1; i < free_run->n_warming; i++)
    g_assert_cmpfloat (free_run->warming[i].junction_c, >=, free_run->warming[i - 1].junction_c - 1e-9);
  fixture->chip.p_budget_mw = 100;
  budgeted = model (fixture, 0, TRUE);
  g_assert_cmpint (budgeted->spells[0].reason, ==, STRATA_SPELL_BUDGET);
  slow = model (fixture, 2 * budgeted->interval_ps[0], TRUE);
  g_assert_cmpint (slow->spells[0].reason, ==, STRATA_SPELL_NONE);
  g_assert_cmpint (slow->spells[0].interval_ps, ==, 2 * budgeted->interval_ps[0]);
}

/* Each band has its own energy and leakage; heat does not touch time and energy of an inference. */
static void
test_bands (void)
{
  g_autoptr (Fixture) fixture = hot_fixture (20);
  g_autoptr (StrataModelled) cool = model (fixture, 0, TRUE), hot = NULL;

  fixture->chip.p_control_mw[STRATA_BAND_CONSERVATIVE] = 60;
  fixture->chip.t_junction_max_c = solve_junction (fixture, 0.1);
  hot = model (fixture, 0, TRUE);
  g_assert_cmpint (hot->throttle_interval_ps[STRATA_BAND_CONSERVATIVE], >, hot->throttle_interval_ps[0]);
  g_assert_cmpint (hot->throttle_interval_ps[STRATA_BAND_OPTIMISTIC], <, hot->throttle_interval_ps[0]);
  g_assert_cmpint (hot->throttle_interval_ps[STRATA_BAND_OPTIMISTIC], >, hot->interval_ps[STRATA_BAND_OPTIMISTIC]);
  for (int band = 0; band < STRATA_BAND_CONSERVATIVE; band++)
    {
      g_assert_cmpint (hot->interval_ps[band], ==, cool->interval_ps[band]);
      g_assert_cmpint (hot->energy_fj[band], ==, cool->energy_fj[band]);
      g_assert_cmpint (hot->latency_ps[band], ==, cool->latency_ps[band]);
      g_assert_cmpint (cool->throttle_interval_ps[band], ==, cool->interval_ps[band]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/throttle/leakage", test_leakage);
  g_test_add_func ("/sdk/simulator/throttle/junction", test_junction);
  g_test_add_func ("/sdk/simulator/throttle/asked", test_asked);
  g_test_add_func ("/sdk/simulator/throttle/skin", test_skin);
  g_test_add_func ("/sdk/simulator/throttle/fold", test_fold);
  g_test_add_func ("/sdk/simulator/throttle/runaway", test_runaway);
  g_test_add_func ("/sdk/simulator/throttle/no-state", test_no_state);
  g_test_add_func ("/sdk/simulator/throttle/time", test_time);
  g_test_add_func ("/sdk/simulator/throttle/spells", test_spells);
  g_test_add_func ("/sdk/simulator/throttle/both", test_both);
  g_test_add_func ("/sdk/simulator/throttle/spell-energy", test_spell_energy);
  g_test_add_func ("/sdk/simulator/throttle/cool", test_cool);
  g_test_add_func ("/sdk/simulator/throttle/bands", test_bands);
  return g_test_run ();
}
