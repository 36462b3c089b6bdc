/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata evaluate --attribute --html`: which physics of the arrays costs how much, as a page of bars.
 */
#include <math.h>

#include "evaluate.h"

/* Layers of a picture; the page's table has those too, and the rest is counted */
#define MAX_LAYERS 200

typedef struct
{
  StrataAttribution *attribution;
  GPtrArray *kept; /* arrays of numbers and texts of the page */
} Page;

static double *
keep_numbers (const Page *page, gsize n)
{
  double *numbers = g_new0 (double, n + 1);

  g_ptr_array_add (page->kept, numbers);
  return numbers;
}

static gconstpointer
keep (const Page *page, gpointer made)
{
  g_ptr_array_add (page->kept, made);
  return made;
}

static StrataBarSeries *
keep_series (const Page *page, gsize n_series, gsize n_rows, gboolean has_errors)
{
  StrataBarSeries *series = g_new0 (StrataBarSeries, n_series);

  g_ptr_array_add (page->kept, series);
  for (gsize s = 0; s < n_series; s++)
    {
      series[s].values = keep_numbers (page, n_rows);
      series[s].errors = has_errors ? keep_numbers (page, n_rows) : NULL;
    }
  return series;
}

static void
set (StrataBarSeries *series, gsize row, double value, double error)
{
  ((double *) series->values)[row] = value;
  if (series->errors != NULL)
    ((double *) series->errors)[row] = error;
}

/* --- pictures --- */

static void
name_terms (const Page *page, StrataBars *bars)
{
  guint n;
  const char **names, **notes;

  strata_attribution_get_n_terms (page->attribution, &n);
  names = g_new0 (const char *, n + 1), notes = g_new0 (const char *, n + 1);
  for (guint i = 0; i < n; i++)
    {
      StrataPhysics term = strata_attribution_get_term (page->attribution, i);

      names[i] = strata_physics_name (term), notes[i] = strata_physics_meaning (term);
    }
  bars->n_rows = n;
  bars->row_names = keep (page, names), bars->row_notes = keep (page, notes);
}

static StrataBars
accuracy_bars (const Page *page)
{
  StrataBars bars = { .title = "Accuracy that each term costs",
                      .note = "Modelled, functional. Mean and standard error of differences over seeds, the same seeds "
                              "with and without the term; points of accuracy.",
                      .unit = "%",
                      .n_series = 2 };
  StrataBarSeries *series;

  name_terms (page, &bars);
  series = keep_series (page, bars.n_series, bars.n_rows, TRUE);
  series[0].name = "left out alone, accuracy gains", series[1].name = "there alone, accuracy loses";
  for (guint i = 0; i < bars.n_rows; i++)
    {
      StrataPhysics term = strata_attribution_get_term (page->attribution, i);
      double error, value = strata_attribution_get_recovered (page->attribution, term, &error);

      set (&series[0], i, 100 * value, 100 * error);
      value = strata_attribution_get_cost (page->attribution, term, &error);
      set (&series[1], i, 100 * value, 100 * error);
    }
  bars.series = series;
  return bars;
}

static StrataBars
noise_bars (const Page *page)
{
  StrataBars bars = { .title = "Noise of the output that goes with each term",
                      .note = "Modelled, functional. Share of the squares by which the first output differs from exact "
                              "integers that is gone without the term; standard error over seeds. Shares need not add "
                              "up: errors of one layer pass through others.",
                      .unit = "%",
                      .n_series = 1 };
  StrataBarSeries *series;

  name_terms (page, &bars);
  series = keep_series (page, bars.n_series, bars.n_rows, TRUE);
  series[0].name = "share of the output's noise";
  for (guint i = 0; i < bars.n_rows; i++)
    {
      double error, value = strata_attribution_get_output_share (
                      page->attribution, strata_attribution_get_term (page->attribution, i), &error);

      set (&series[0], i, 100 * value, 100 * error);
    }
  bars.series = series;
  return bars;
}

/* All terms, and the two that matter most each alone */
static StrataBars
layer_bars (const Page *page)
{
  guint n_layers = strata_attribution_get_n_layers (page->attribution), n_present, n_measured;
  const char **names = g_new0 (const char *, MIN (n_layers, MAX_LAYERS) + 1);
  StrataBars bars = { .title = "Signal over noise of each layer", .unit = "dB", .row_names = keep (page, names) };
  StrataBarSeries *series;

  strata_attribution_get_n_terms (page->attribution, &n_present);
  strata_attribution_get_n_samples (page->attribution, &n_measured);
  bars.n_rows = MIN (n_layers, MAX_LAYERS), bars.n_series = 1 + MIN (n_present, 2);
  bars.note =
    keep (page, g_strdup_printf ("Modelled, functional. Against exact integers of the same inputs, %u samples "
                                 "a seed; more is better. %u of %u layers.",
                                 n_measured, (guint) bars.n_rows, n_layers));
  series = keep_series (page, bars.n_series, bars.n_rows, FALSE);
  for (gsize s = 0; s < bars.n_series; s++)
    {
      StrataPhysics term = s > 0 ? strata_attribution_get_term (page->attribution, (guint) s - 1) : 0;

      series[s].name = s == 0 ? "all terms" : keep (page, g_strdup_printf ("%s alone", strata_physics_name (term)));
      for (guint i = 0; i < bars.n_rows; i++)
        {
          names[i] = strata_attribution_get_layer_name (page->attribution, i);
          set (&series[s], i, strata_attribution_get_layer_snr (page->attribution, i, term), (double) NAN);
        }
    }
  bars.series = series;
  return bars;
}

/* --- words --- */

static char *
make_body (StrataAttribution *attribution, StrataProgram *program, const StrataConditions *conditions)
{
  double all_error, none_error;
  double all = strata_attribution_get_all (attribution, &all_error);
  double none = strata_attribution_get_none (attribution, &none_error);
  guint n_present, n = strata_attribution_get_n_terms (attribution, &n_present);
  g_autofree char *told = cli_conditions_text (program, conditions);
  GString *body = g_string_new (NULL);

  g_string_append_printf (body, "With all terms %.2f %%, with none %.2f %%; signal over noise of the output %.1f dB.\n",
                          100 * all, 100 * none, strata_attribution_get_output_snr (attribution, 0));
  if (!isnan (all_error))
    g_string_append_printf (body, "Standard errors of these over %u seeds: %.2f and %.2f points.\n",
                            strata_attribution_get_n_trials (attribution), 100 * all_error, 100 * none_error);
  g_string_append_printf (body, "Conditions: %s.\n", told);
  if (!strata_attribution_is_by_accuracy (attribution))
    g_string_append (body, "No term that is left out moves accuracy beyond chance: ranked by the output's "
                           "noise.\n");
  for (guint i = n_present; i < n; i++)
    g_string_append_printf (body, "%s%s%s", i == n_present ? "Absent here, so that they cost nothing: " : ", ",
                            strata_physics_name (strata_attribution_get_term (attribution, i)),
                            i + 1 == n ? ".\n" : "");
  return g_string_free (body, FALSE);
}

void
cli_page_attribution (StrataEvaluation *evaluation,
                      StrataProgram *program,
                      const StrataConditions *conditions,
                      StrataAttribution *attribution)
{
  g_autofree char *chip = cli_name_chip (program, strata_evaluation_get_die (evaluation, NULL));
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);
  const Page page = { attribution, kept };
  const StrataBars bars[] = { accuracy_bars (&page), noise_bars (&page), layer_bars (&page) };
  g_autofree char *body = make_body (attribution, program, conditions), *subtitle = NULL, *html = NULL;

  subtitle = g_strdup_printf ("%s on %s, %u samples, %s, %u seeds", strata_program_get_model_name (program), chip,
                              strata_evaluation_get_n_samples (evaluation),
                              strata_evaluation_has_labels (evaluation) ? "labelled" : "agreement with the float model",
                              strata_attribution_get_n_trials (attribution));
  html = strata_bars_page ("What costs accuracy", subtitle, bars, G_N_ELEMENTS (bars), body);
  g_print ("%s", html);
}
