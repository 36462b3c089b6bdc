/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits against values: met, missed, unknown, by how much, in which order and in which words.
 */
#include <math.h>

#include "analysis/derive.h"
#include "strata-profiler/strata-profile-analysis.h"

static StrataProfileFigure
figure (const char *name, const char *unit, double nominal, double optimistic, double conservative)
{
  return (StrataProfileFigure){ name, unit, { nominal, optimistic, conservative }, STRATA_FIDELITY_TIMING, "" };
}

static StrataProfileFigure
limit (const char *name, const char *unit, double value)
{
  return figure (name, unit, value, value, value);
}

static void
test_verdicts (void)
{
  StrataProfileFigure figures[] = {
    figure ("latency_ps", "ps", 800e6, 700e6, 1100e6),
    limit ("limit_max_latency_ps", "ps", 1000e6),
    figure ("power_mw", "mw", 330, 300, 400),
    limit ("limit_max_power_mw", "mw", 300),
    figure ("accuracy", "fraction", 0.9, NAN, 0.875),
    limit ("limit_min_accuracy", "fraction", 0.8),
    figure ("skin_c", "c", NAN, NAN, NAN),
    limit ("limit_max_skin_c", "c", 43),
    limit ("limit_max_energy_fj", "fj", 5e9),
    figure ("junction_c", "c", 85, 84, NAN),
    limit ("limit_max_junction_c", "c", 85),
  };
  static const char *const names[] = { "limit_max_power_mw",   "limit_max_energy_fj", "limit_max_skin_c",
                                       "limit_max_junction_c", "limit_min_accuracy",  "limit_max_latency_ps" };
  static const char *const texts[] = {
    "power 330 mW misses at most 300 mW by 10.0 %",
    "energy is unavailable, so at most 5.00 µJ is not judged",
    "skin is unavailable, so at most 43.0 °C is not judged",
    "junction 85.0 °C meets at most 85.0 °C with 0 % to spare",
    "accuracy 90.0 % meets at least 80.0 % with 12.5 % to spare, also with conservative constants",
    "latency 800 µs meets at most 1.00 ms with 20.0 % to spare, but not with conservative constants",
  };
  StrataRows rows = { .figures = figures, .n_figures = G_N_ELEMENTS (figures) };
  gsize n;
  g_autofree StrataProfileVerdict *verdicts = strata_derive_verdicts (&rows, &n);

  g_assert_cmpuint (n, ==, G_N_ELEMENTS (names));
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *text = strata_derive_verdict_text (&verdicts[i]);

      g_assert_cmpstr (verdicts[i].limit->name, ==, names[i]);
      g_assert_cmpstr (text, ==, texts[i]);
    }
  g_assert_false (verdicts[0].is_met || verdicts[1].is_known || verdicts[1].is_met);
  g_assert_true (verdicts[3].is_met && !verdicts[3].is_met_conservative);
  g_assert_true (verdicts[4].is_minimum && verdicts[4].is_met_conservative);
  g_assert_cmpfloat_with_epsilon (verdicts[0].margin, -0.1, 1e-12);
  g_assert_cmpfloat_with_epsilon (verdicts[5].margin_conservative, -0.1, 1e-12);
}

static void
test_quantities (void)
{
  static const struct
  {
    double value;
    const char *unit, *text;
  } cases[] = { { 41.23e6, "ps", "41.2 µs" }, { 3.1e9, "fj", "3.10 µJ" },   { 0.1882, "fraction", "18.8 %" },
                { 300, "mw", "300 mW" },      { NAN, "ps", "unavailable" }, { 34.12, "c", "34.1 °C" },
                { 12.34, "db", "12.3 dB" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = strata_format_quantity (cases[i].value, cases[i].unit);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

/* What never settles misses any limit of where it settles. */
static void
test_no_state (void)
{
  StrataProfileFigure figures[] = { figure ("junction_c", "c", NAN, NAN, NAN),
                                    limit ("limit_max_junction_c", "c", 85) };
  StrataRows rows = { .figures = figures, .n_figures = G_N_ELEMENTS (figures) };
  g_autofree StrataProfileVerdict *verdicts = NULL;
  g_autofree char *text = NULL;
  gsize n;

  figures[0].source = STRATA_NO_STEADY_STATE;
  verdicts = strata_derive_verdicts (&rows, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_true (verdicts[0].is_known && !verdicts[0].is_met);
  text = strata_derive_verdict_text (&verdicts[0]);
  g_assert_cmpstr (text, ==, "junction has no steady state below 250 °C and misses at most 85.0 °C");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profiler/analysis/verdict/verdicts", test_verdicts);
  g_test_add_func ("/profiler/analysis/verdict/no-state", test_no_state);
  g_test_add_func ("/profiler/analysis/verdict/quantities", test_quantities);
  return g_test_run ();
}
