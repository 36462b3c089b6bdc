/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata evaluate --ages … --schedule`: the dates of recalibrations and refreshes, what they take, and accuracy over
 * time with and without them; as tables, JSON and charts.
 */
#include <math.h>

#include "evaluate.h"

#define HOUR_S 3600.0
#define DAY_S 86400.0
#define YEAR_S (365 * DAY_S)
#define MAX_ROWS 24      /* of a table; after a refresh the same ages come again */
#define MAX_EVENTS 1000  /* in JSON */
#define CHART_CYCLES 3.5 /* of refreshes, then a chart ends */
#define DATE_WIDTH 12

/* --- names --- */

static const char *
state_text (StrataMaintenanceState state)
{
  static const char *const texts[] = {
    [STRATA_MAINTENANCE_KEPT] = "kept",
    [STRATA_MAINTENANCE_NEVER_MET] = "never met: not even just programmed, or not for a second",
    [STRATA_MAINTENANCE_TOO_OFTEN] = "not kept: it would take more time than there is",
    [STRATA_MAINTENANCE_WORN_OUT] = "kept until the cells are worn out",
  };

  return texts[state];
}

static double
event_figure (const CliAges *ages, guint temperature, guint64 event, const char *name)
{
  return strata_maintenance_get_event (ages->maintenance, temperature, ages->recalibrate, event, name);
}

static double
figure (const CliAges *ages, guint temperature, gboolean recalibrated, const char *name)
{
  return strata_maintenance_get_figure (ages->maintenance, temperature, recalibrated, name, STRATA_BAND_NOMINAL);
}

static guint64
count_events (const CliAges *ages, guint temperature)
{
  return strata_maintenance_get_n_events (ages->maintenance, temperature, ages->recalibrate);
}

/* Per cent, or decibels */
static double
shown (const CliAges *ages, double value)
{
  return ages->is_snr ? value : 100 * value;
}

static char *
value_text (const CliAges *ages, guint temperature, guint64 event, const char *name, const char *error_name)
{
  double value = shown (ages, event_figure (ages, temperature, event, name));
  double error = shown (ages, event_figure (ages, temperature, event, error_name));

  return isnan (error) ? g_strdup_printf ("%.2f", value) : g_strdup_printf ("%.2f ± %.2f", value, error);
}

static char *
age_text (double age_s)
{
  return isnan (age_s) ? g_strdup ("–") : isinf (age_s) ? g_strdup ("later") : strata_age_to_text (age_s);
}

/* --- text --- */

static void
print_cell (const char *text, int width)
{
  g_print ("%s%*s", text, (int) MAX (width - g_utf8_strlen (text, -1), 1), "");
}

static void
print_event (const CliAges *ages, guint temperature, guint64 event)
{
  g_autofree char *at = age_text (event_figure (ages, temperature, event, "at_s"));
  g_autofree char *age = age_text (event_figure (ages, temperature, event, "age_s"));
  g_autofree char *earliest = age_text (event_figure (ages, temperature, event, "earliest_s"));
  g_autofree char *latest = age_text (event_figure (ages, temperature, event, "latest_s"));
  g_autofree char *before = value_text (ages, temperature, event, "before", "before_error");
  g_autofree char *after = value_text (ages, temperature, event, "after", "after_error");
  g_autofree char *time = strata_quantity_to_text (event_figure (ages, temperature, event, "time_ps"), "ps");
  g_autofree char *energy = strata_quantity_to_text (event_figure (ages, temperature, event, "energy_fj"), "fj");
  g_autofree char *marked =
    g_strconcat (age, event_figure (ages, temperature, event, "is_extrapolated") != 0 ? " *" : "", NULL);
  g_autofree char *range = g_strdup_printf ("%s – %s", earliest, latest);
  g_autofree char *change = g_strdup_printf ("%s to %s", before, after);

  g_print ("  ");
  print_cell (at, DATE_WIDTH);
  print_cell (marked, DATE_WIDTH);
  print_cell (range, 2 * DATE_WIDTH);
  print_cell (event_figure (ages, temperature, event, "is_refresh") != 0 ? "refresh" : "recalibrate", DATE_WIDTH);
  print_cell (change, 30);
  print_cell (time, DATE_WIDTH);
  g_print ("%s\n", energy);
}

/* The first cycle; what comes after is told in a line. */
static void
print_events (const CliAges *ages, guint temperature)
{
  const guint64 n = count_events (ages, temperature);
  const double cycle_s = figure (ages, temperature, ages->recalibrate, "cycle_s");
  g_autofree char *cycle = age_text (cycle_s);
  guint64 shown_events = 0;

  if (n == 0)
    return;
  g_print ("  ");
  print_cell ("after", DATE_WIDTH);
  print_cell ("age of cells", DATE_WIDTH);
  print_cell ("within an error", 2 * DATE_WIDTH);
  print_cell ("to do", DATE_WIDTH);
  print_cell (ages->is_snr ? "signal to noise, dB" : "accuracy, %", 30);
  print_cell ("time", DATE_WIDTH);
  g_print ("energy\n");
  for (gboolean more = TRUE; more && shown_events < MIN (n, MAX_ROWS); shown_events++)
    {
      print_event (ages, temperature, shown_events);
      more = event_figure (ages, temperature, shown_events, "is_refresh") == 0;
    }
  if (shown_events < n && isfinite (cycle_s))
    g_print ("  and so on from each refresh, every %s: %" G_GUINT64_FORMAT " more\n", cycle, n - shown_events);
}

static void
print_totals (const CliAges *ages, guint temperature, gboolean recalibrated)
{
  g_autofree char *time = strata_quantity_to_text (figure (ages, temperature, recalibrated, "time_ps"), "ps");
  g_autofree char *energy = strata_quantity_to_text (figure (ages, temperature, recalibrated, "energy_fj"), "fj");
  g_autofree char *longest = strata_quantity_to_text (figure (ages, temperature, recalibrated, "longest_ps"), "ps");
  g_autofree char *downtime = age_text (figure (ages, temperature, recalibrated, "downtime_s"));
  g_autofree char *worn_out = age_text (figure (ages, temperature, recalibrated, "worn_out_s"));
  double wear[STRATA_N_BANDS];

  for (int band = 0; band < STRATA_N_BANDS; band++)
    wear[band] =
      100 * strata_maintenance_get_figure (ages->maintenance, temperature, recalibrated, "wear", (StrataBand) band);
  g_print (
    "  %s: recalibrations %.0f, refreshes %.0f; %s, %s; not ready for %.2g of the time (%s a year), %s at once\n",
    recalibrated ? "with recalibration" : "refreshes only", figure (ages, temperature, recalibrated, "recalibrations"),
    figure (ages, temperature, recalibrated, "refreshes"), time, energy,
    figure (ages, temperature, recalibrated, "duty"), downtime, longest);
  g_print ("    writes of a cell %.0f: %.3g %% (%.3g–%.3g) of its endurance%s%s\n",
           figure (ages, temperature, recalibrated, "loads"), wear[STRATA_BAND_NOMINAL], wear[STRATA_BAND_OPTIMISTIC],
           wear[STRATA_BAND_CONSERVATIVE],
           isfinite (figure (ages, temperature, recalibrated, "worn_out_s")) ? ", worn out after " : "",
           isfinite (figure (ages, temperature, recalibrated, "worn_out_s")) ? worn_out : "");
}

static void
print_sources (const CliAges *ages)
{
  const guint n_samples = strata_evaluation_get_n_samples (ages->evaluation);
  const char *tag, *source = strata_maintenance_get_endurance_source (ages->maintenance, &tag);

  g_print ("\nErrors are standard errors over the seeds");
  if (!ages->is_snr)
    g_print ("; %u samples are off by ± %.2g points themselves", n_samples,
             100 * sqrt (ages->target * (1 - ages->target) / n_samples));
  g_print (". An age is the last that was seen to meet the target, the next that was looked at at most 5 %% later.\n"
           "A refresh writes all cells and recalibrates; weights come from the host, whose time and energy are not "
           "counted. Endurance: %s%s%s.\n",
           tag, source != NULL ? ", " : "", source != NULL ? source : "");
}

void
cli_print_maintenance (const CliAges *ages)
{
  g_autofree char *target = cli_target_text (ages), *life = strata_age_to_text (ages->life_s);

  g_print ("\nKeeping %s over %s; each pair of ages that was looked at: %u samples times %u seeds\n", target, life,
           strata_evaluation_get_n_samples (ages->evaluation), strata_ageing_get_n_seeds (ages->ageing));
  for (guint t = 0; t < strata_ageing_get_n_temperatures (ages->ageing); t++)
    {
      const StrataMaintenanceState state = strata_maintenance_get_state (ages->maintenance, t, ages->recalibrate);

      g_autofree char *warm = cli_temperature_text (ages, t);

      g_print ("\nAt %s: %s%s, by %u pairs of ages\n", warm, state_text (state),
               figure (ages, t, ages->recalibrate, "is_extrapolated") == 1 ? " (*: extrapolated)" : "",
               strata_maintenance_get_n_points (ages->maintenance, t));
      if (state == STRATA_MAINTENANCE_NEVER_MET)
        continue;
      print_events (ages, t);
      if (ages->recalibrate)
        print_totals (ages, t, TRUE);
      print_totals (ages, t, FALSE);
    }
  print_sources (ages);
}

/* --- JSON --- */

static const char *const event_names[] = { "at_s",         "age_s", "missed_s",    "earliest_s", "latest_s", "before",
                                           "before_error", "after", "after_error", "time_ps",    "energy_fj" };

static void
put_totals (const CliAges *ages, guint temperature, gboolean recalibrated, JsonBuilder *builder)
{
  static const char *const names[] = { "recalibrations", "refreshes", "loads",      "time_ps",
                                       "energy_fj",      "power_mw",  "duty",       "downtime_s",
                                       "longest_ps",     "wear",      "worn_out_s", "cycle_s" };
  static const char *const suffixes[STRATA_N_BANDS] = { "", "_optimistic", "_conservative" };

  json_builder_begin_object (builder);
  cli_json_string (builder, "state",
                   state_text (strata_maintenance_get_state (ages->maintenance, temperature, recalibrated)));
  cli_json_bool (builder, "extrapolated", figure (ages, temperature, recalibrated, "is_extrapolated") == 1);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (int band = 0; band < STRATA_N_BANDS; band++)
      {
        g_autofree char *key = g_strconcat (names[i], suffixes[band], NULL);

        cli_json_number (
          builder, key,
          strata_maintenance_get_figure (ages->maintenance, temperature, recalibrated, names[i], (StrataBand) band));
      }
  json_builder_end_object (builder);
}

void
cli_json_maintenance (const CliAges *ages, guint temperature, JsonBuilder *builder)
{
  const guint64 n = count_events (ages, temperature);
  const char *tag, *source = strata_maintenance_get_endurance_source (ages->maintenance, &tag);

  json_builder_set_member_name (builder, "maintenance");
  json_builder_begin_object (builder);
  cli_json_string (builder, "endurance_tag", tag);
  cli_json_string (builder, "endurance_source", source);
  cli_json_int (builder, "points", strata_maintenance_get_n_points (ages->maintenance, temperature));
  if (ages->recalibrate)
    {
      json_builder_set_member_name (builder, "recalibrated");
      put_totals (ages, temperature, TRUE, builder);
    }
  json_builder_set_member_name (builder, "refreshes_only");
  put_totals (ages, temperature, FALSE, builder);
  cli_json_int (builder, "n_events", (gint64) n);
  json_builder_set_member_name (builder, "events");
  json_builder_begin_array (builder);
  for (guint64 i = 0; i < MIN (n, MAX_EVENTS); i++)
    {
      json_builder_begin_object (builder);
      cli_json_string (builder, "action",
                       event_figure (ages, temperature, i, "is_refresh") != 0 ? "refresh" : "recalibrate");
      for (guint k = 0; k < G_N_ELEMENTS (event_names); k++)
        cli_json_number (builder, event_names[k], event_figure (ages, temperature, i, event_names[k]));
      cli_json_bool (builder, "extrapolated", event_figure (ages, temperature, i, "is_extrapolated") != 0);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

/* --- chart --- */

/* A curve under way; one that is never finished keeps nothing */
typedef struct
{
  const CliAges *ages;
  guint temperature;
  double unit_s, until_s;
  GArray *x, *y, *error;
} Curve;

static void
curve_init (Curve *curve, const CliAges *ages, guint temperature, double unit_s, double until_s)
{
  *curve = (Curve){ ages, temperature, unit_s, until_s, NULL, NULL, NULL };
  curve->x = g_array_new (FALSE, FALSE, sizeof (double));
  curve->y = g_array_new (FALSE, FALSE, sizeof (double));
  curve->error = g_array_new (FALSE, FALSE, sizeof (double));
}

static void
append (Curve *curve, double at_s, double value, double error)
{
  double x = at_s / curve->unit_s, y = shown (curve->ages, value), e = shown (curve->ages, error);

  g_array_append_val (curve->x, x);
  g_array_append_val (curve->y, y);
  g_array_append_val (curve->error, e);
}

static void
finish (Curve *curve, GPtrArray *kept, const char *name, guint family, gboolean is_dashed, StrataChartCurve *made)
{
  const gsize n = curve->x->len;
  double *x = (double *) (gpointer) g_array_free (curve->x, FALSE);
  double *y = (double *) (gpointer) g_array_free (curve->y, FALSE);
  double *error = (double *) (gpointer) g_array_free (curve->error, FALSE);

  *made = (StrataChartCurve){ name, n, x, y, error, family, is_dashed };
  g_ptr_array_add (kept, x);
  g_ptr_array_add (kept, y);
  g_ptr_array_add (kept, error);
}

/* What was looked at from the calibration at @calibrated_s on, up to an age of @to_s, where the curve ends between two
 * points; the cells were written at @from_s. */
static void
append_stretch (Curve *curve, double from_s, double calibrated_s, double to_s)
{
  StrataMaintenance *maintenance = curve->ages->maintenance;
  double last_s = NAN, last = NAN;

  for (guint i = 0; i < strata_maintenance_get_n_points (maintenance, curve->temperature); i++)
    {
      double age_s, set_s, error;
      double value = strata_maintenance_get_point (maintenance, curve->temperature, i, &age_s, &set_s, &error);

      if (set_s != calibrated_s || from_s + last_s >= MIN (from_s + to_s, curve->until_s))
        continue;
      if (age_s > to_s || from_s + age_s > curve->until_s)
        {
          double end_s = MIN (to_s, curve->until_s - from_s);

          if (!isnan (last_s))
            value = last + (value - last) * (log1p (end_s) - log1p (last_s)) / (log1p (age_s) - log1p (last_s));
          age_s = end_s;
        }
      append (curve, from_s + age_s, value, error);
      last_s = age_s, last = value;
    }
}

static void
fill_maintained (Curve *curve, Curve *recalibrations, Curve *refreshes)
{
  const CliAges *ages = curve->ages;
  const guint64 n = count_events (ages, curve->temperature);
  double from_s = 0, calibrated_s = 0;

  for (guint64 i = 0; i < n; i++)
    {
      double at_s = event_figure (ages, curve->temperature, i, "at_s");
      double age_s = event_figure (ages, curve->temperature, i, "age_s");
      gboolean is_refresh = event_figure (ages, curve->temperature, i, "is_refresh") != 0;
      Curve *marks = is_refresh ? refreshes : recalibrations;

      append_stretch (curve, from_s, calibrated_s, age_s);
      if (at_s > curve->until_s)
        return;
      append (marks, at_s, event_figure (ages, curve->temperature, i, "before"), 0);
      append (marks, at_s, event_figure (ages, curve->temperature, i, "after"), 0);
      append (marks, at_s, NAN, 0);
      from_s = is_refresh ? at_s : from_s;
      calibrated_s = is_refresh ? 0 : age_s;
    }
  append_stretch (curve, from_s, calibrated_s, ages->life_s);
}

/* Where nothing is refreshed dates lie ever farther apart: a logarithmic axis, from before the first on */
static void
scale_time (const CliAges *ages, guint temperature, GPtrArray *kept, StrataChartAxis *axis)
{
  static const double ticks_s[] = { 60, HOUR_S, DAY_S, 10 * DAY_S, 100 * DAY_S, YEAR_S, 10 * YEAR_S, 100 * YEAR_S };
  const double first_s = event_figure (ages, temperature, 0, "at_s");
  double *ticks = g_new0 (double, G_N_ELEMENTS (ticks_s));
  const char **names = g_new0 (const char *, G_N_ELEMENTS (ticks_s));

  *axis = (StrataChartAxis){ "Time", "", TRUE, first_s / 10, ages->life_s, ticks, names, 0 };
  for (guint i = 0; i < G_N_ELEMENTS (ticks_s); i++)
    {
      char *name;

      if (ticks_s[i] < axis->from || ticks_s[i] > ages->life_s)
        continue;
      name = strata_age_to_text (ticks_s[i]);
      ticks[axis->n_ticks] = ticks_s[i], names[axis->n_ticks++] = name;
      g_ptr_array_add (kept, name);
    }
  g_ptr_array_add (kept, ticks);
  g_ptr_array_add (kept, names);
}

/* Where the picture ends: after a few refreshes, or with the life */
static double
chart_end_s (const CliAges *ages, guint temperature)
{
  double cycle_s = figure (ages, temperature, ages->recalibrate, "cycle_s");

  return isfinite (cycle_s) ? MIN (ages->life_s, CHART_CYCLES * cycle_s) : ages->life_s;
}

void
cli_chart_maintenance (const CliAges *ages, guint temperature, GPtrArray *kept, StrataChart *chart)
{
  const double until_s = chart_end_s (ages, temperature);
  const gboolean is_cyclic =
    isfinite (figure (ages, temperature, ages->recalibrate, "cycle_s")) || count_events (ages, temperature) == 0;
  const double unit_s = !is_cyclic ? 1 : until_s < 3 * DAY_S ? HOUR_S : until_s < 3 * YEAR_S ? DAY_S : YEAR_S;
  StrataChartCurve *curves = g_new0 (StrataChartCurve, 4);
  StrataChartLine *line = g_new0 (StrataChartLine, 1);
  g_autofree char *target = cli_target_text (ages);
  g_autofree char *life = strata_age_to_text (ages->life_s), *end = strata_age_to_text (until_s);
  g_autofree char *warm = cli_temperature_text (ages, temperature);
  gsize n_curves = 2;
  Curve maintained, left, recalibrations, refreshes;

  curve_init (&maintained, ages, temperature, unit_s, until_s);
  curve_init (&left, ages, temperature, unit_s, until_s);
  curve_init (&recalibrations, ages, temperature, unit_s, until_s);
  curve_init (&refreshes, ages, temperature, unit_s, until_s);
  fill_maintained (&maintained, &recalibrations, &refreshes);
  append_stretch (&left, 0, 0, until_s);
  finish (&left, kept, "left alone", 1, TRUE, &curves[0]);
  finish (&maintained, kept, "maintained", 0, FALSE, &curves[1]);
  if (recalibrations.x->len > 0)
    finish (&recalibrations, kept, "recalibrated", 2, FALSE, &curves[n_curves++]);
  if (refreshes.x->len > 0)
    finish (&refreshes, kept, "refreshed", 3, FALSE, &curves[n_curves++]);
  *line = (StrataChartLine){ g_strconcat ("target, ", target, NULL), shown (ages, ages->target), 4 };
  g_ptr_array_add (kept, curves);
  g_ptr_array_add (kept, line);
  g_ptr_array_add (kept, (gpointer) line->name);
  *chart = (StrataChart){
    .title = g_strdup_printf ("%s over time at %s", ages->is_snr ? "Signal to noise" : "Accuracy", warm),
    .note =
      g_strdup_printf ("Modelled, functional: mean and standard error over seeds. The first %s of %s; every dot of "
                       "the curves was run.%s",
                       end, life,
                       figure (ages, temperature, ages->recalibrate, "is_extrapolated") == 1
                         ? " Cells were measured for less than this: extrapolated."
                         : ""),
    .x = { "Time",
           unit_s == HOUR_S  ? "h"
           : unit_s == DAY_S ? "d"
                             : "y",
           FALSE, (double) NAN, (double) NAN, NULL, NULL, 0 },
    .y = { ages->is_snr ? "Signal to noise" : "Accuracy", ages->is_snr ? "dB" : "%", FALSE, (double) NAN, (double) NAN,
           NULL, NULL, 0 },
    .curves = curves,
    .n_curves = n_curves,
    .lines = line,
    .n_lines = 1,
  };
  if (!is_cyclic)
    scale_time (ages, temperature, kept, &chart->x);
  g_ptr_array_add (kept, (gpointer) chart->title);
  g_ptr_array_add (kept, (gpointer) chart->note);
}

void
cli_page_maintenance (const CliAges *ages, guint temperature, GString *body)
{
  const StrataMaintenanceState state = strata_maintenance_get_state (ages->maintenance, temperature, ages->recalibrate);
  const guint64 n = count_events (ages, temperature);
  g_autofree char *target = cli_target_text (ages), *life = strata_age_to_text (ages->life_s);
  g_autofree char *warm = cli_temperature_text (ages, temperature);
  g_autofree char *downtime = NULL, *energy = NULL;

  g_string_append_printf (body, "At %s, %s over %s: %s", warm, target, life, state_text (state));
  if (state == STRATA_MAINTENANCE_NEVER_MET)
    {
      g_string_append (body, ".\n");
      return;
    }
  downtime = age_text (figure (ages, temperature, ages->recalibrate, "downtime_s"));
  energy = strata_quantity_to_text (figure (ages, temperature, ages->recalibrate, "energy_fj"), "fj");
  g_string_append_printf (
    body,
    "; %.0f recalibrations and %.0f refreshes (%.0f refreshes without recalibration), %s, %s a year not ready, "
    "%.3g %% of a cell's endurance.",
    figure (ages, temperature, ages->recalibrate, "recalibrations"),
    figure (ages, temperature, ages->recalibrate, "refreshes"), figure (ages, temperature, FALSE, "refreshes"), energy,
    downtime, 100 * figure (ages, temperature, ages->recalibrate, "wear"));
  for (guint64 i = 0; i < MIN (n, MAX_ROWS); i++)
    {
      gboolean is_refresh = event_figure (ages, temperature, i, "is_refresh") != 0;
      g_autofree char *at = age_text (event_figure (ages, temperature, i, "at_s"));

      g_string_append_printf (body, "%s %s after %s%s", i == 0 ? " Dates:" : ",",
                              is_refresh ? "refresh" : "recalibrate", at,
                              event_figure (ages, temperature, i, "is_extrapolated") != 0 ? " (extrapolated)" : "");
      if (is_refresh)
        break;
    }
  if (isfinite (figure (ages, temperature, ages->recalibrate, "cycle_s")) && n > 0)
    g_string_append (body, "; from each refresh on again");
  g_string_append (body, n > 0 ? ".\n" : "\n");
}
