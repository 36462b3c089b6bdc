/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata evaluate --ages`: accuracy against age and temperature, when a target is missed, and what keeping it takes;
 * as tables, JSON or a page.
 */
#include <math.h>

#include "evaluate.h"

#define YEAR_S (365 * 86400.0)
#define COLUMN_WIDTH 15
#define DEFAULT_YEARS 5.0
/* Where no target is given, this much below just programmed */
#define DEFAULT_LOSS 0.02

/* --- options --- */

static gboolean
refuse (GError **error, const char *option, const char *text, const char *accepted)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s %s: %s", option, text, accepted);
  return FALSE;
}

/* A list with commas, each as a condition of this name has it */
static gboolean
read_list (const char *option, const char *name, const char *text, GArray *values, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  if (parts[0] == NULL)
    return refuse (error, option, "\"\"", "one or more with commas between are accepted");
  for (guint i = 0; parts[i] != NULL; i++)
    {
      StrataConditions conditions = { 0 };
      g_autoptr (GError) reason = NULL;
      double value;

      if (!strata_conditions_set (&conditions, name, g_strstrip (parts[i]), &reason))
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %s", option, reason->message);
          return FALSE;
        }
      value = g_str_equal (name, "age") ? conditions.age_s : conditions.temperature_c;
      g_array_append_val (values, value);
    }
  return TRUE;
}

/* What the list as a whole is refused for is the option's fault. */
static gboolean
blame (const char *option, gboolean taken, GError *const *reason, GError **error)
{
  if (!taken)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %s", option, (*reason)->message);
  return taken;
}

static gboolean
set_points (StrataAgeing *ageing, const CliAgesOptions *options, GError **error)
{
  g_autoptr (GArray) ages = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) temperatures = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GError) reason = NULL;

  strata_ageing_set_recalibrate (ageing, options->recalibrate);
  if (!g_str_equal (options->ages, "default")
      && (!read_list ("--ages", "age", options->ages, ages, error)
          || !blame ("--ages",
                     strata_ageing_set_ages (ageing, (const double *) (gpointer) ages->data, ages->len, &reason),
                     &reason, error)))
    return FALSE;
  return options->temperatures == NULL
         || (read_list ("--temperatures", "temperature", options->temperatures, temperatures, error)
             && blame ("--temperatures",
                       strata_ageing_set_temperatures (ageing, (const double *) (gpointer) temperatures->data,
                                                       temperatures->len, &reason),
                       &reason, error));
}

/* "88%", "0.88" or "15dB" */
static gboolean
read_target (CliAges *ages, const char *text, GError **error)
{
  char *end = NULL;

  ages->target = g_ascii_strtod (text, &end);
  if (end == text || !isfinite (ages->target))
    return refuse (error, "--target", text, "an accuracy such as 88% or a signal to noise such as 15dB is accepted");
  ages->is_snr = g_str_equal (end, "dB") || g_str_equal (end, " dB");
  if (g_str_equal (end, "%"))
    ages->target /= 100;
  else if (*end != '\0' && !ages->is_snr)
    return refuse (error, "--target", text, "an accuracy such as 88% or a signal to noise such as 15dB is accepted");
  if (!ages->is_snr && (ages->target <= 0 || ages->target > 1))
    return refuse (error, "--target", text, "more than 0 and up to 100% is accepted");
  return TRUE;
}

/* --- text --- */

char *
cli_temperature_text (const CliAges *ages, guint temperature)
{
  double coolest_c, hottest_c = strata_ageing_get_temperature_c (ages->ageing, temperature);

  return strata_ageing_is_at_work (ages->ageing, temperature, &coolest_c)
           ? g_strdup_printf ("work (%.1f to %.1f °C)", coolest_c, hottest_c)
           : g_strdup_printf ("%g °C", hottest_c);
}

/* In a column whose head says °C */
static char *
temperature_cell (const CliAges *ages, guint temperature)
{
  return strata_ageing_is_at_work (ages->ageing, temperature, NULL)
           ? g_strdup ("work")
           : g_strdup_printf ("%g", strata_ageing_get_temperature_c (ages->ageing, temperature));
}

static char *
point_text (const CliAges *ages, guint temperature, guint age, gboolean recalibrated)
{
  double deviation;
  double mean = strata_ageing_get_accuracy (ages->ageing, temperature, age, recalibrated, &deviation);
  gboolean extrapolated;

  strata_ageing_get_effective_age_s (ages->ageing, temperature, age, &extrapolated);
  if (isnan (mean))
    return g_strdup ("–");
  if (isnan (deviation))
    return g_strdup_printf ("%.2f%s", 100 * mean, extrapolated ? "*" : "");
  return g_strdup_printf ("%.2f ± %.2f%s", 100 * mean, 100 * deviation, extrapolated ? "*" : "");
}

static char *
due_text (double due_s, double last_s)
{
  g_autofree char *age = strata_age_to_text (isfinite (due_s) ? due_s : last_s);

  if (isnan (due_s))
    return g_strdup ("–");
  if (due_s == 0)
    return g_strdup ("never met");
  return g_strdup_printf ("%s%s", isfinite (due_s) ? "after " : "not within ", age);
}

static double
last_age_s (const CliAges *ages)
{
  return strata_ageing_get_age_s (ages->ageing, strata_ageing_get_n_ages (ages->ageing) - 1);
}

/* When the arrays are programmed anew: as soon as recalibration does not help any more, or, where there is none, as
 * soon as the target is missed. Beyond the last age that was run nothing is known: at the latest then. */
static double
interval_s (const CliAges *ages, guint temperature, gboolean recalibrated)
{
  double due_s = strata_ageing_get_due_s (ages->ageing, temperature, recalibrated, ages->target, ages->is_snr);

  return isinf (due_s) ? last_age_s (ages) : due_s;
}

static void
print_upkeep (const CliAges *ages, guint temperature, gboolean recalibrated)
{
  const double anew_s = interval_s (ages, temperature, recalibrated);
  double wear[STRATA_N_BANDS];
  g_autofree char *time = NULL, *energy = NULL, *worn_out = NULL, *at = NULL;

  if (!(anew_s > 0))
    return;
  for (int band = 0; band < STRATA_N_BANDS; band++)
    wear[band] =
      100 * strata_program_get_upkeep_figure (ages->program, "wear", anew_s, ages->life_s, (StrataBand) band);
  time = strata_age_to_text (
    strata_program_get_upkeep_figure (ages->program, "time_ps", anew_s, ages->life_s, STRATA_BAND_NOMINAL) * 1e-12);
  energy = strata_quantity_to_text (
    strata_program_get_upkeep_figure (ages->program, "energy_fj", anew_s, ages->life_s, STRATA_BAND_NOMINAL), "fj");
  worn_out = strata_age_to_text (
    strata_program_get_upkeep_figure (ages->program, "worn_out_s", anew_s, ages->life_s, STRATA_BAND_NOMINAL));
  at = temperature_cell (ages, temperature);
  g_print ("%-8s %-13s %8.0f %10s %10s  %.3g %% (%.3g–%.3g), worn out after %s\n", at,
           recalibrated ? "recalibrated" : "not",
           strata_program_get_upkeep_figure (ages->program, "loads", anew_s, ages->life_s, STRATA_BAND_NOMINAL), time,
           energy, wear[STRATA_BAND_NOMINAL], wear[STRATA_BAND_OPTIMISTIC], wear[STRATA_BAND_CONSERVATIVE], worn_out);
}

char *
cli_target_text (const CliAges *ages)
{
  return ages->is_snr ? g_strdup_printf ("%.1f dB", ages->target) : g_strdup_printf ("%.2f %%", 100 * ages->target);
}

/* What recalibration fits corrections to */
static char *
fitted_to (const CliAges *ages)
{
  guint n_given, n_kept;
  const StrataSampleOrigin origin = strata_program_get_sample_origin (ages->program, &n_given, &n_kept);

  if (origin == STRATA_SAMPLE_ORIGIN_GIVEN)
    return g_strdup_printf ("Recalibration fits corrections to %u samples of --calibration, which the program has.\n",
                            n_kept);
  if (strata_program_is_calibrated (ages->program))
    return g_strdup ("The program was compiled without samples: recalibration fits corrections to test vectors, which "
                     "gives back less than samples would; compile with --calibration.\n");
  return g_strdup ("The program was compiled without samples and its ranges are guesses: recalibration fits "
                   "corrections to made-up inputs; compile with --calibration.\n");
}

static void
print_recalibration (const CliAges *ages)
{
  double time_ps = strata_program_get_programming_figure (ages->program, "recalibration_ps", STRATA_BAND_NOMINAL);
  double energy_fj = strata_program_get_programming_figure (ages->program, "recalibration_fj", STRATA_BAND_NOMINAL);
  g_autofree char *time = strata_quantity_to_text (time_ps, "ps"), *energy = strata_quantity_to_text (energy_fj, "fj");

  g_autofree char *fitted = fitted_to (ages);

  if (!ages->recalibrate)
    return;
  g_print ("%s", fitted);
  if (!isnan (time_ps))
    g_print ("A recalibration runs the calibration samples again: %s, %s, without what the host makes of them.\n", time,
             energy);
}

static void
print_schedule (const CliAges *ages)
{
  const guint n = strata_ageing_get_n_temperatures (ages->ageing);
  g_autofree char *target = cli_target_text (ages), *life = strata_age_to_text (ages->life_s);

  g_print ("\nTarget %s\n°C       %-14s %s\n", target, ages->recalibrate ? "recalibrate" : "program anew",
           ages->recalibrate ? "program anew" : "");
  for (guint t = 0; t < n; t++)
    {
      g_autofree char *once =
        due_text (strata_ageing_get_due_s (ages->ageing, t, FALSE, ages->target, ages->is_snr), last_age_s (ages));
      g_autofree char *anew =
        due_text (strata_ageing_get_due_s (ages->ageing, t, TRUE, ages->target, ages->is_snr), last_age_s (ages));
      g_autofree char *at = temperature_cell (ages, t);

      g_print ("%-8s %-14s %s\n", at, once, ages->recalibrate ? anew : "");
    }
  g_print ("\nWriting the arrays over %s to keep it\n°C       %-13s %8s %10s %10s  %s\n", life, "calibration", "loads",
           "time", "energy", "of a cell's endurance");
  for (guint t = 0; t < n; t++)
    {
      print_upkeep (ages, t, FALSE);
      if (ages->recalibrate)
        print_upkeep (ages, t, TRUE);
    }
  g_print ("What is due after the last age is done at the last age.\n");
  print_recalibration (ages);
}

static const char no_temperature[] = "Temperature is ignored: no source says how the chip's cells age with it.\n";

static void
print_measured (const CliAges *ages)
{
  const double measured_s = strata_ageing_get_measured_s (ages->ageing);
  g_autofree char *age = strata_age_to_text (measured_s);

  if (measured_s == 0)
    g_print ("* the chip's cell model has no measurements in time: age changes nothing\n");
  else if (isfinite (measured_s))
    g_print ("* extrapolated: its cells were measured for as much as %s at the chip's retention_reference\n", age);
  if (strata_evaluation_ignores_temperature (ages->evaluation))
    g_print ("%s", no_temperature);
}

/* In a column as wide as the letters that are seen */
static void
print_cell (const char *text)
{
  g_print (" %s%*s", text, (int) MAX (COLUMN_WIDTH - g_utf8_strlen (text, -1), 0), "");
}

static void
print_text (const CliAges *ages)
{
  StrataEvaluation *evaluation = ages->evaluation;
  const guint n_temperatures = strata_ageing_get_n_temperatures (ages->ageing);
  const int n_columns = ages->recalibrate ? 2 : 1;

  if (strata_evaluation_get_die (evaluation, NULL) != NULL)
    cli_row ("die", "%s", strata_die_get_serial (strata_evaluation_get_die (evaluation, NULL)));
  cli_row ("samples", "%u, %s; mean ± deviation over seeds", strata_evaluation_get_n_samples (evaluation),
           strata_evaluation_has_labels (evaluation) ? "labelled: top-1 accuracy in %"
                                                     : "without labels: agreement with the float model in %");
  cli_row ("quantised", "%.2f %%  exact integers", 100 * strata_evaluation_get_quantised (evaluation));
  g_print ("\n%-8s", "age");
  for (guint t = 0; t < n_temperatures; t++)
    {
      g_autofree char *warm = cli_temperature_text (ages, t);
      g_autofree char *at =
        strata_ageing_is_at_work (ages->ageing, t, NULL) ? g_strdup ("at work") : g_strconcat ("at ", warm, NULL);

      print_cell (at);
      if (ages->recalibrate)
        print_cell ("recalibrated");
    }
  g_print ("\n");
  for (guint a = 0; a < strata_ageing_get_n_ages (ages->ageing); a++)
    {
      g_autofree char *age = strata_age_to_text (strata_ageing_get_age_s (ages->ageing, a));

      g_print ("%-8s", age);
      for (guint t = 0; t < n_temperatures; t++)
        for (int column = 0; column < n_columns; column++)
          {
            g_autofree char *text = point_text (ages, t, a, column == 1);

            print_cell (text);
          }
      g_print ("\n");
    }
  print_measured (ages);
  if (ages->maintenance == NULL)
    print_schedule (ages);
  else
    {
      cli_print_maintenance (ages);
      print_recalibration (ages);
    }
}

/* --- JSON --- */

static void
put_upkeep (const CliAges *ages, guint temperature, gboolean recalibrated, JsonBuilder *builder)
{
  static const char *const names[] = { "loads", "time_ps", "energy_fj", "power_mw", "wear", "worn_out_s" };
  static const char *const suffixes[STRATA_N_BANDS] = { "", "_optimistic", "_conservative" };
  const double anew_s = interval_s (ages, temperature, recalibrated);

  json_builder_set_member_name (builder, recalibrated ? "upkeep_recalibrated" : "upkeep");
  json_builder_begin_object (builder);
  cli_json_number (builder, "interval_s", anew_s);
  for (guint i = 0; anew_s > 0 && i < G_N_ELEMENTS (names); i++)
    for (int band = 0; band < STRATA_N_BANDS; band++)
      {
        g_autofree char *key = g_strconcat (names[i], suffixes[band], NULL);

        cli_json_number (
          builder, key,
          strata_program_get_upkeep_figure (ages->program, names[i], anew_s, ages->life_s, (StrataBand) band));
      }
  json_builder_end_object (builder);
}

static void
put_point (const CliAges *ages, guint temperature, guint age, JsonBuilder *builder)
{
  double deviation, mean = strata_ageing_get_accuracy (ages->ageing, temperature, age, FALSE, &deviation);
  gboolean extrapolated;
  double effective_s = strata_ageing_get_effective_age_s (ages->ageing, temperature, age, &extrapolated);

  json_builder_begin_object (builder);
  cli_json_number (builder, "age_s", strata_ageing_get_age_s (ages->ageing, age));
  cli_json_number (builder, "effective_age_s", effective_s);
  cli_json_bool (builder, "extrapolated", extrapolated);
  cli_json_number (builder, "mean", mean);
  cli_json_number (builder, "deviation", deviation);
  cli_json_number (builder, "snr_db", strata_ageing_get_snr_db (ages->ageing, temperature, age, FALSE));
  mean = strata_ageing_get_accuracy (ages->ageing, temperature, age, TRUE, &deviation);
  cli_json_number (builder, "recalibrated_mean", mean);
  cli_json_number (builder, "recalibrated_deviation", deviation);
  cli_json_number (builder, "recalibrated_snr_db", strata_ageing_get_snr_db (ages->ageing, temperature, age, TRUE));
  json_builder_end_object (builder);
}

static void
print_json (const CliAges *ages)
{
  JsonBuilder *builder = cli_json_begin (ages->cli);
  guint n_given;
  double coolest_c;

  cli_json_string (builder, "model", strata_program_get_model_name (ages->program));
  cli_json_string (builder, "chip", strata_program_get_chip_name (ages->program));
  cli_json_string (builder, "program_hash", strata_program_get_hash (ages->program));
  cli_json_die (builder, strata_evaluation_get_die (ages->evaluation, NULL));
  cli_json_int (builder, "samples", strata_evaluation_get_n_samples (ages->evaluation));
  cli_json_int (builder, "seeds", strata_ageing_get_n_seeds (ages->ageing));
  cli_json_number (builder, "float", strata_evaluation_get_float (ages->evaluation));
  cli_json_number (builder, "quantised", strata_evaluation_get_quantised (ages->evaluation));
  cli_json_bool (builder, "temperature_ignored", strata_evaluation_ignores_temperature (ages->evaluation));
  cli_json_string (builder, "target_of", ages->is_snr ? "snr_db" : "accuracy");
  cli_json_number (builder, "target", ages->target);
  cli_json_number (builder, "life_s", ages->life_s);
  strata_program_get_sample_origin (ages->program, &n_given, NULL);
  cli_json_string (builder, "calibration_samples", cli_sample_origin (ages->program));
  cli_json_int (builder, "calibration_given", n_given);
  cli_json_number (builder, "recalibration_ps",
                   strata_program_get_programming_figure (ages->program, "recalibration_ps", STRATA_BAND_NOMINAL));
  cli_json_number (builder, "recalibration_fj",
                   strata_program_get_programming_figure (ages->program, "recalibration_fj", STRATA_BAND_NOMINAL));
  json_builder_set_member_name (builder, "temperatures");
  json_builder_begin_array (builder);
  for (guint t = 0; t < strata_ageing_get_n_temperatures (ages->ageing); t++)
    {
      json_builder_begin_object (builder);
      cli_json_number (builder, "temperature_c", strata_ageing_get_temperature_c (ages->ageing, t));
      cli_json_bool (builder, "at_work", strata_ageing_is_at_work (ages->ageing, t, &coolest_c));
      cli_json_number (builder, "array_coolest_c", coolest_c);
      cli_json_number (builder, "due_s", strata_ageing_get_due_s (ages->ageing, t, FALSE, ages->target, ages->is_snr));
      cli_json_number (builder, "recalibrated_due_s",
                       strata_ageing_get_due_s (ages->ageing, t, TRUE, ages->target, ages->is_snr));
      put_upkeep (ages, t, FALSE, builder);
      put_upkeep (ages, t, TRUE, builder);
      if (ages->maintenance != NULL)
        cli_json_maintenance (ages, t, builder);
      json_builder_set_member_name (builder, "ages");
      json_builder_begin_array (builder);
      for (guint a = 0; a < strata_ageing_get_n_ages (ages->ageing); a++)
        put_point (ages, t, a, builder);
      json_builder_end_array (builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  cli_json_end (ages->cli, builder);
}

/* --- page --- */

/* Numbers of one curve in per cent; freed with the arena of arrays */
static void
fill_curve (const CliAges *ages, guint temperature, gboolean recalibrated, GPtrArray *kept, StrataChartCurve *curve)
{
  const guint n = strata_ageing_get_n_ages (ages->ageing);
  double *x = g_new (double, n), *y = g_new (double, n), *deviation = g_new (double, n);
  g_autofree char *warm = NULL;

  for (guint a = 0; a < n; a++)
    {
      x[a] = strata_ageing_get_age_s (ages->ageing, a);
      y[a] = 100 * strata_ageing_get_accuracy (ages->ageing, temperature, a, recalibrated, &deviation[a]);
      deviation[a] = isnan (deviation[a]) ? 0 : 100 * deviation[a];
    }
  warm = cli_temperature_text (ages, temperature);
  *curve = (StrataChartCurve){ .name = g_strdup_printf ("%s%s", warm, recalibrated ? ", recalibrated" : ""),
                               .n_points = n,
                               .x = x,
                               .y = y,
                               .deviation = deviation,
                               .family = temperature,
                               .is_dashed = recalibrated };
  g_ptr_array_add (kept, (gpointer) curve->name);
  g_ptr_array_add (kept, x);
  g_ptr_array_add (kept, y);
  g_ptr_array_add (kept, deviation);
}

static char *
page_body (const CliAges *ages)
{
  g_autofree char *target = cli_target_text (ages), *life = strata_age_to_text (ages->life_s);
  g_autofree char *fitted = fitted_to (ages);
  GString *body = g_string_new (NULL);

  for (guint t = 0; t < strata_ageing_get_n_temperatures (ages->ageing) && ages->maintenance != NULL; t++)
    cli_page_maintenance (ages, t, body);
  for (guint t = 0; t < strata_ageing_get_n_temperatures (ages->ageing) && ages->maintenance == NULL; t++)
    {
      g_autofree char *once =
        due_text (strata_ageing_get_due_s (ages->ageing, t, FALSE, ages->target, ages->is_snr), last_age_s (ages));
      g_autofree char *anew =
        due_text (strata_ageing_get_due_s (ages->ageing, t, TRUE, ages->target, ages->is_snr), last_age_s (ages));
      double every_s = interval_s (ages, t, ages->recalibrate);
      g_autofree char *warm = cli_temperature_text (ages, t);

      g_string_append_printf (body, "At %s, to keep %s: %s %s", warm, target,
                              ages->recalibrate ? "recalibrate" : "program anew", once);
      if (ages->recalibrate)
        g_string_append_printf (body, ", program anew %s", anew);
      if (every_s > 0)
        g_string_append_printf (
          body, "; over %s that is %.0f loads, %.3g %% of what a cell endures", life,
          strata_program_get_upkeep_figure (ages->program, "loads", every_s, ages->life_s, STRATA_BAND_NOMINAL),
          100 * strata_program_get_upkeep_figure (ages->program, "wear", every_s, ages->life_s, STRATA_BAND_NOMINAL));
      g_string_append (body, ".\n");
    }
  if (ages->recalibrate)
    g_string_append (body, fitted);
  if (strata_evaluation_ignores_temperature (ages->evaluation))
    g_string_append (body, no_temperature);
  return g_string_free (body, FALSE);
}

static void
print_page (const CliAges *ages)
{
  g_autofree char *chip = cli_name_chip (ages->program, strata_evaluation_get_die (ages->evaluation, NULL));
  const guint n_temperatures = strata_ageing_get_n_temperatures (ages->ageing);
  const guint n_ages = strata_ageing_get_n_ages (ages->ageing);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);
  g_autofree StrataChartCurve *curves = g_new0 (StrataChartCurve, 2 * n_temperatures);
  g_autofree StrataChart *charts = g_new0 (StrataChart, n_temperatures + 1);
  gsize n_charts = 1;
  g_autofree double *ticks = g_new (double, n_ages);
  g_autofree const char **names = g_new0 (const char *, n_ages);
  g_autofree char *body = page_body (ages), *subtitle = NULL, *page = NULL;
  StrataChart chart = { .title = "Accuracy against age",
                        .note = "Modelled, functional: mean and deviation over seeds. Beyond what cells were measured "
                                "for the model is extrapolated.",
                        .x = { "Age", "", TRUE, (double) NAN, (double) NAN, ticks, names, n_ages },
                        .y = { "Accuracy", "%", FALSE, (double) NAN, (double) NAN, NULL, NULL, 0 },
                        .curves = curves };

  for (guint a = 0; a < n_ages; a++)
    {
      char *name = strata_age_to_text (strata_ageing_get_age_s (ages->ageing, a));

      ticks[a] = strata_ageing_get_age_s (ages->ageing, a), names[a] = name;
      g_ptr_array_add (kept, name);
    }
  for (guint t = 0; t < n_temperatures; t++)
    {
      fill_curve (ages, t, FALSE, kept, &curves[chart.n_curves++]);
      if (ages->recalibrate)
        fill_curve (ages, t, TRUE, kept, &curves[chart.n_curves++]);
    }
  subtitle = g_strdup_printf ("%s on %s, %u samples", strata_program_get_model_name (ages->program), chip,
                              strata_evaluation_get_n_samples (ages->evaluation));
  charts[0] = chart;
  for (guint t = 0; t < n_temperatures && ages->maintenance != NULL; t++)
    if (strata_maintenance_get_state (ages->maintenance, t, ages->recalibrate) != STRATA_MAINTENANCE_NEVER_MET)
      cli_chart_maintenance (ages, t, kept, &charts[n_charts++]);
  page = strata_chart_page ("Accuracy against age", subtitle, charts, n_charts, body);
  g_print ("%s", page);
}

/* --- the whole --- */

static StrataMaintenance *
run_maintenance (const CliAges *ages, GError **error)
{
  g_autoptr (StrataMaintenance) maintenance = strata_maintenance_new (ages->ageing);

  strata_maintenance_set_target (maintenance, ages->target, ages->is_snr);
  strata_maintenance_set_life (maintenance, ages->life_s);
  if (!strata_maintenance_run (maintenance, cli_progress, ages->cli, ages->cli->cancellable, error))
    return NULL;
  return g_steal_pointer (&maintenance);
}

int
cli_evaluate_ages (
  Cli *cli, StrataEvaluation *evaluation, StrataProgram *program, const CliAgesOptions *options, GError **error)
{
  g_autoptr (StrataAgeing) ageing = strata_ageing_new (evaluation);
  g_autoptr (StrataMaintenance) maintenance = NULL;
  CliAges ages = { .cli = cli,
                   .evaluation = evaluation,
                   .program = program,
                   .ageing = ageing,
                   .recalibrate = options->recalibrate,
                   .life_s = YEAR_S * (options->years == CLI_NO_NUMBER ? DEFAULT_YEARS : options->years) };

  if (!set_points (ageing, options, error) || (options->target != NULL && !read_target (&ages, options->target, error))
      || !strata_ageing_run (ageing, cli_progress, cli, cli->cancellable, error))
    return -1;
  if (options->target == NULL)
    ages.target = strata_ageing_get_accuracy (ageing, 0, 0, FALSE, NULL) - DEFAULT_LOSS;
  if (options->schedule && (maintenance = run_maintenance (&ages, error)) == NULL)
    return -1;
  ages.maintenance = maintenance;
  cli_progress_clear (cli);
  if (cli->json)
    print_json (&ages);
  else if (options->html)
    print_page (&ages);
  else
    print_text (&ages);
  return CLI_EXIT_DONE;
}
