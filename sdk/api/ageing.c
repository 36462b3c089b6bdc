/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataAgeing: one evaluation at ages and temperatures, calibrated once and anew, and when a target is missed first.
 */
#include "strata/strata-ageing.h"

#include <math.h>

#include "api/ageing-private.h"
#include "cost/noise.h"
#include "device/program-private.h"

#define HOUR_S 3600.0
#define DAY_S 86400.0
#define YEAR_S (365 * DAY_S)
#define MAX_POINTS 64

G_DEFINE_FINAL_TYPE (StrataAgeing, strata_ageing, G_TYPE_OBJECT)

static void
strata_ageing_finalize (GObject *object)
{
  StrataAgeing *self = STRATA_AGEING (object);

  g_clear_object (&self->evaluation);
  g_free (self->ages_s);
  g_free (self->temperatures_c);
  g_free (self->points);
  G_OBJECT_CLASS (strata_ageing_parent_class)->finalize (object);
}

static void
strata_ageing_class_init (StrataAgeingClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_ageing_finalize;
}

static void
strata_ageing_init (StrataAgeing *self)
{
  static const double ages_s[] = { 0, HOUR_S, DAY_S, 7 * DAY_S, 30 * DAY_S, YEAR_S };
  static const double temperatures_c[] = { 25, 55, 85 };

  self->recalibrate = TRUE;
  self->ages_s = g_memdup2 (ages_s, sizeof ages_s), self->n_ages = G_N_ELEMENTS (ages_s);
  self->temperatures_c = g_memdup2 (temperatures_c, sizeof temperatures_c);
  self->n_temperatures = G_N_ELEMENTS (temperatures_c);
}

StrataAgeing *
strata_ageing_new (StrataEvaluation *evaluation)
{
  StrataAgeing *self;

  g_return_val_if_fail (STRATA_IS_EVALUATION (evaluation), NULL);
  self = g_object_new (STRATA_TYPE_AGEING, NULL);
  self->evaluation = g_object_ref (evaluation);
  return self;
}

static gboolean refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT, text);
  return FALSE;
}

gboolean
strata_ageing_set_ages (StrataAgeing *self, const double *ages_s, guint n_ages, GError **error)
{
  g_return_val_if_fail (STRATA_IS_AGEING (self) && ages_s != NULL, FALSE);
  if (n_ages < 1 || n_ages > MAX_POINTS)
    return refuse (error, "ages: %u of them; 1 to %d are accepted", n_ages, MAX_POINTS);
  for (guint i = 0; i < n_ages; i++)
    if (!(ages_s[i] >= 0 && isfinite (ages_s[i])) || (i > 0 && !(ages_s[i] > ages_s[i - 1])))
      return refuse (error, "ages: %g s as number %u; 0 or more, each more than the one before, is accepted", ages_s[i],
                     i + 1);
  g_free (self->ages_s);
  self->ages_s = g_memdup2 (ages_s, sizeof *ages_s * n_ages), self->n_ages = n_ages;
  g_clear_pointer (&self->points, g_free);
  return TRUE;
}

gboolean
strata_ageing_set_temperatures (StrataAgeing *self, const double *temperatures_c, guint n_temperatures, GError **error)
{
  double coolest_c = (double) NAN, hottest_c = (double) NAN;

  g_return_val_if_fail (STRATA_IS_AGEING (self) && temperatures_c != NULL, FALSE);
  if (n_temperatures < 1 || n_temperatures > MAX_POINTS)
    return refuse (error, "temperatures: %u of them; 1 to %d are accepted", n_temperatures, MAX_POINTS);
  for (guint i = 0; i < n_temperatures; i++)
    {
      const StrataConditions conditions = { 0, 0, 0, temperatures_c[i] };

      if (isnan (temperatures_c[i]))
        return refuse (error, "temperatures: number %u is none", i + 1);
      if (!strata_conditions_check (&conditions, error)
          || (strata_conditions_is_at_work (&conditions)
              && !strata_program_get_array_temperatures (self->evaluation->program, &coolest_c, &hottest_c, error)))
        return FALSE;
    }
  self->coolest_c = coolest_c, self->hottest_c = hottest_c;
  g_free (self->temperatures_c);
  self->temperatures_c = g_memdup2 (temperatures_c, sizeof *temperatures_c * n_temperatures);
  self->n_temperatures = n_temperatures;
  g_clear_pointer (&self->points, g_free);
  return TRUE;
}

void
strata_ageing_set_recalibrate (StrataAgeing *self, gboolean recalibrate)
{
  g_return_if_fail (STRATA_IS_AGEING (self));
  self->recalibrate = recalibrate;
  g_clear_pointer (&self->points, g_free);
}

/* --- running --- */

static StrataAgeingPoint *
point_at (const StrataAgeing *self, StrataAgeingPoint *points, guint temperature, guint age, gboolean recalibrated)
{
  return &points[2 * (temperature * self->n_ages + age) + (recalibrated ? 1 : 0)];
}

/* Adds the squares of the exact outputs, and of what the last pass differs by. */
static void
add_squares (const StrataAgeingWork *work, double *signal, double *noise)
{
  const gsize n = work->pass.n_samples * work->pass.n_outputs;

  for (gsize i = 0; i < n; i++)
    {
      double exact = (double) work->exact[i], error = (double) work->pass.outputs[i] - exact;

      *signal += exact * exact;
      *noise += error * error;
    }
}

static double
decibels (double signal, double noise)
{
  return noise > 0 ? 10 * log10 (signal / noise) : (double) INFINITY;
}

/* Standard deviation; NaN for a single one */
static double
deviation_of (const double *values, guint n)
{
  double sum = 0, squares = 0;

  for (guint i = 0; i < n; i++)
    sum += values[i];
  for (guint i = 0; i < n; i++)
    squares += (values[i] - sum / n) * (values[i] - sum / n);
  return n > 1 ? sqrt (squares / (n - 1)) : (double) NAN;
}

gboolean
strata_ageing_run_point (StrataAgeingWork *work,
                         const StrataConditions *conditions,
                         double from,
                         double to,
                         StrataAgeingPoint *point,
                         GError **error)
{
  const StrataEvaluation *evaluation = work->evaluation;
  const guint n = evaluation->n_trials;
  g_autofree double *right = g_new0 (double, n), *snr_db = g_new0 (double, n);
  double sum = 0, signal = 0, noise = 0;

  for (guint i = 0; i < n; i++)
    {
      const StrataFunctionalOptions options = { .analog = evaluation->analog,
                                                .seed = evaluation->seed + i,
                                                .conditions = conditions };
      double signal_before = signal, noise_before = noise;

      work->pass.progress_from = from + (to - from) * i / n;
      work->pass.progress_to = from + (to - from) * (i + 1) / n;
      if (!strata_evaluation_pass (&work->pass, &options, error))
        return FALSE;
      right[i] = strata_evaluation_count_right (work->pass.classes, work->truth, work->pass.n_samples);
      sum += right[i];
      add_squares (work, &signal, &noise);
      snr_db[i] = decibels (signal - signal_before, noise - noise_before);
    }
  point->mean = sum / n;
  point->deviation = deviation_of (right, n);
  point->snr_db = decibels (signal, noise);
  point->snr_deviation_db = deviation_of (snr_db, n);
  return TRUE;
}

static gboolean
run_points (StrataAgeing *self, StrataAgeingWork *work, StrataAgeingPoint *points, guint n_runs, GError **error)
{
  const double step = 0.8 / n_runs;
  double done = 0.2;

  for (guint t = 0; t < self->n_temperatures; t++)
    for (guint a = 0; a < self->n_ages; a++)
      {
        StrataConditions conditions = *self->evaluation->conditions;
        StrataAgeingPoint *once = point_at (self, points, t, a, FALSE), *anew = point_at (self, points, t, a, TRUE);

        conditions.temperature_c = self->temperatures_c[t];
        conditions.age_s = self->ages_s[a], conditions.calibrated_age_s = 0;
        if (!strata_ageing_run_point (work, &conditions, done, done + step, once, error))
          return FALSE;
        done += step;
        conditions.calibrated_age_s = conditions.age_s;
        if (self->ages_s[a] == 0)
          *anew = *once;
        else if (self->recalibrate)
          {
            if (!strata_ageing_run_point (work, &conditions, done, done + step, anew, error))
              return FALSE;
            done += step;
          }
      }
  return TRUE;
}

static guint
count_runs (const StrataAgeing *self)
{
  guint n = self->n_ages;

  for (guint a = 0; a < self->n_ages; a++)
    n += self->recalibrate && self->ages_s[a] > 0;
  return n * self->n_temperatures;
}

gboolean
strata_ageing_begin (StrataEvaluation *evaluation,
                     StrataProgress progress,
                     gpointer user_data,
                     GCancellable *cancellable,
                     StrataAgeingWork *work,
                     GError **error)
{
  const StrataQGraph *graph = strata_program_get_image (evaluation->program)->graph;
  const gsize n_outputs = (gsize) strata_qtensor_count (&graph->tensors[graph->outputs[0]]);

  *work = (StrataAgeingWork){ .evaluation = evaluation };
  if (evaluation->analog == STRATA_ANALOG_OFF || evaluation->analog == STRATA_ANALOG_IDEAL)
    return refuse (error, "ageing: exact arrays do not age; give level nominal, optimistic or conservative");
  evaluation->n_used = evaluation->limit > 0 ? MIN (evaluation->limit, evaluation->n_samples) : evaluation->n_samples;
  work->pass = (StrataEvaluationPass){ .self = evaluation,
                                       .n_samples = evaluation->n_used,
                                       .n_outputs = n_outputs,
                                       .cancellable = cancellable,
                                       .progress = progress,
                                       .progress_data = user_data };
  work->truth = g_new0 (int, evaluation->n_used);
  work->pass.classes = g_new0 (int, evaluation->n_used);
  work->exact = g_new0 (float, evaluation->n_used *n_outputs + 1);
  work->pass.outputs = work->exact;
  if (!strata_evaluation_prepare (&work->pass, TRUE, work->truth, error))
    return FALSE;
  work->pass.outputs = g_new0 (float, evaluation->n_used *n_outputs + 1);
  work->pass.stage = "ageing";
  return TRUE;
}

void
strata_ageing_end (StrataAgeingWork *work)
{
  if (work->pass.outputs != work->exact)
    g_free (work->pass.outputs);
  g_free (work->exact);
  g_free (work->truth);
  g_free (work->pass.classes);
}

gboolean
strata_ageing_run (
  StrataAgeing *self, StrataProgress progress, gpointer user_data, GCancellable *cancellable, GError **error)
{
  g_autofree StrataAgeingPoint *points = NULL;
  guint n_points;
  StrataAgeingWork work;
  gboolean ok;

  g_return_val_if_fail (STRATA_IS_AGEING (self), FALSE);
  g_return_val_if_fail (self->evaluation->samples != NULL, FALSE);
  n_points = 2 * self->n_ages * self->n_temperatures;
  points = g_new (StrataAgeingPoint, n_points);
  for (guint i = 0; i < n_points; i++)
    points[i] = (StrataAgeingPoint){ (double) NAN, (double) NAN, (double) NAN, (double) NAN };
  ok = strata_ageing_begin (self->evaluation, progress, user_data, cancellable, &work, error)
       && run_points (self, &work, points, count_runs (self), error);
  strata_ageing_end (&work);
  if (!ok)
    return FALSE;
  g_free (self->points);
  self->points = g_steal_pointer (&points);
  return TRUE;
}

/* --- results --- */

guint
strata_ageing_get_n_seeds (StrataAgeing *self)
{
  g_return_val_if_fail (STRATA_IS_AGEING (self), 0);
  return self->evaluation->n_trials;
}

guint
strata_ageing_get_n_ages (StrataAgeing *self)
{
  g_return_val_if_fail (STRATA_IS_AGEING (self), 0);
  return self->n_ages;
}

double
strata_ageing_get_age_s (StrataAgeing *self, guint age)
{
  g_return_val_if_fail (STRATA_IS_AGEING (self) && age < self->n_ages, (double) NAN);
  return self->ages_s[age];
}

guint
strata_ageing_get_n_temperatures (StrataAgeing *self)
{
  g_return_val_if_fail (STRATA_IS_AGEING (self), 0);
  return self->n_temperatures;
}

double
strata_ageing_get_temperature_c (StrataAgeing *self, guint temperature)
{
  g_return_val_if_fail (STRATA_IS_AGEING (self) && temperature < self->n_temperatures, (double) NAN);
  return isinf (self->temperatures_c[temperature]) ? self->hottest_c : self->temperatures_c[temperature];
}

gboolean
strata_ageing_is_at_work (StrataAgeing *self, guint temperature, double *coolest_c)
{
  gboolean at_work;

  if (coolest_c != NULL)
    *coolest_c = (double) NAN;
  g_return_val_if_fail (STRATA_IS_AGEING (self) && temperature < self->n_temperatures, FALSE);
  at_work = isinf (self->temperatures_c[temperature]);
  if (coolest_c != NULL)
    *coolest_c = at_work ? self->coolest_c : self->temperatures_c[temperature];
  return at_work;
}

double
strata_ageing_get_accuracy (StrataAgeing *self, guint temperature, guint age, gboolean recalibrated, double *deviation)
{
  const StrataAgeingPoint *point;

  if (deviation != NULL)
    *deviation = (double) NAN;
  g_return_val_if_fail (STRATA_IS_AGEING (self), (double) NAN);
  g_return_val_if_fail (temperature < self->n_temperatures && age < self->n_ages, (double) NAN);
  if (self->points == NULL)
    return (double) NAN;
  point = point_at (self, self->points, temperature, age, recalibrated);
  if (deviation != NULL)
    *deviation = point->deviation;
  return point->mean;
}

double
strata_ageing_get_snr_db (StrataAgeing *self, guint temperature, guint age, gboolean recalibrated)
{
  g_return_val_if_fail (STRATA_IS_AGEING (self), (double) NAN);
  g_return_val_if_fail (temperature < self->n_temperatures && age < self->n_ages, (double) NAN);
  return self->points == NULL ? (double) NAN : point_at (self, self->points, temperature, age, recalibrated)->snr_db;
}

double
strata_ageing_get_effective_age_s (StrataAgeing *self, guint temperature, guint age, gboolean *extrapolated)
{
  const StrataChipSpec *chip;
  double effective_s;

  g_return_val_if_fail (STRATA_IS_AGEING (self), (double) NAN);
  g_return_val_if_fail (temperature < self->n_temperatures && age < self->n_ages, (double) NAN);
  chip = strata_program_get_image (self->evaluation->program)->chip;
  effective_s =
    strata_cost_effective_age_s (chip, self->ages_s[age], strata_ageing_get_temperature_c (self, temperature));
  if (extrapolated != NULL)
    *extrapolated = effective_s > strata_cost_retention_measured_s (chip->cell_model);
  return effective_s;
}

double
strata_ageing_get_measured_s (StrataAgeing *self)
{
  g_return_val_if_fail (STRATA_IS_AGEING (self), (double) NAN);
  return strata_cost_retention_measured_s (strata_program_get_image (self->evaluation->program)->chip->cell_model);
}

double
strata_ageing_get_due_s (StrataAgeing *self, guint temperature, gboolean recalibrated, double target, gboolean is_snr)
{
  double before = (double) NAN;

  g_return_val_if_fail (STRATA_IS_AGEING (self) && temperature < self->n_temperatures, (double) NAN);
  for (guint a = 0; a < self->n_ages; a++)
    {
      double value = is_snr ? strata_ageing_get_snr_db (self, temperature, a, recalibrated)
                            : strata_ageing_get_accuracy (self, temperature, a, recalibrated, NULL);

      if (isnan (value))
        return (double) NAN;
      if (value < target && a == 0)
        return 0;
      if (value < target)
        {
          double from = log1p (self->ages_s[a - 1] / HOUR_S), to = log1p (self->ages_s[a] / HOUR_S);
          double part = isfinite (before) ? (before - target) / (before - value) : 1;

          return HOUR_S * expm1 (from + part * (to - from));
        }
      before = value;
    }
  return (double) INFINITY;
}
