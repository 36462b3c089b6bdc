/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataAttribution: differences of paired runs over seeds, with their standard errors, and the order that follows.
 */
#include "api/attribution-private.h"

#include <math.h>

/* Chance that any of the terms is said to move accuracy where none does */
#define CHANCE 0.05

G_DEFINE_FINAL_TYPE (StrataAttribution, strata_attribution, G_TYPE_OBJECT)

static void
runs_finish (StrataAttributionRuns *runs)
{
  g_clear_pointer (&runs->accuracy, g_free);
  g_clear_pointer (&runs->output_error, g_free);
  g_clear_pointer (&runs->layers, g_free);
}

static void
strata_attribution_finalize (GObject *object)
{
  StrataAttribution *self = STRATA_ATTRIBUTION (object);

  runs_finish (&self->all);
  runs_finish (&self->none);
  for (int i = 0; i < STRATA_N_PHYSICS; i++)
    {
      runs_finish (&self->terms[i].without);
      runs_finish (&self->terms[i].alone);
    }
  g_free (self->ops);
  g_strfreev (self->layer_names);
  G_OBJECT_CLASS (strata_attribution_parent_class)->finalize (object);
}

static void
strata_attribution_class_init (StrataAttributionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_attribution_finalize;
}

static void
strata_attribution_init (StrataAttribution *self)
{
  for (int i = 0; i < STRATA_N_PHYSICS; i++)
    self->terms[i].term = (StrataPhysics) (1 << i);
}

StrataAttribution *
strata_attribution_new (const StrataQGraph *graph, guint n_trials, guint n_samples)
{
  StrataAttribution *self = g_object_new (STRATA_TYPE_ATTRIBUTION, NULL);

  self->n_trials = n_trials, self->n_samples = n_samples;
  self->ops = g_new0 (int, graph->n_ops + 1);
  self->layer_names = g_new0 (char *, graph->n_ops + 1);
  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_MVM)
      {
        self->layer_names[self->n_layers] = g_strdup (graph->ops[i].name);
        self->ops[self->n_layers++] = i;
      }
  strata_attribution_runs_init (self, &self->all);
  strata_attribution_runs_init (self, &self->none);
  return self;
}

void
strata_attribution_runs_init (const StrataAttribution *self, StrataAttributionRuns *runs)
{
  *runs = (StrataAttributionRuns){ .accuracy = g_new0 (double, self->n_trials),
                                   .output_error = g_new0 (double, self->n_trials),
                                   .layers = g_new0 (StrataMeasure, self->n_layers + 1) };
}

/* --- statistics --- */

/* Mean of a - b over seeds and its standard error; @b NULL: of a */
static double
mean_difference (const double *a, const double *b, guint n, double *error)
{
  double sum = 0, squares = 0, mean;

  for (guint i = 0; i < n; i++)
    sum += a[i] - (b != NULL ? b[i] : 0);
  mean = sum / n;
  for (guint i = 0; i < n; i++)
    {
      double rest = a[i] - (b != NULL ? b[i] : 0) - mean;

      squares += rest * rest;
    }
  if (error != NULL)
    *error = n > 1 ? sqrt (squares / (n - 1) / n) : (double) NAN;
  return mean;
}

static double
recovered (const StrataAttribution *self, const StrataAttributionTerm *term, double *error)
{
  return mean_difference (term->without.accuracy, self->all.accuracy, self->n_trials, error);
}

static double
output_share (const StrataAttribution *self, const StrataAttributionTerm *term, double *error)
{
  g_autofree double *shares = g_new0 (double, self->n_trials);

  for (guint i = 0; i < self->n_trials; i++)
    if (self->all.output_error[i] > 0)
      shares[i] = 1 - term->without.output_error[i] / self->all.output_error[i];
  return mean_difference (shares, NULL, self->n_trials, error);
}

/* Student's t: chance of a mean beyond @t standard errors to either side, of @n independent differences around zero
 * (Abramowitz and Stegun 26.7.3, 26.7.4) */
static double
chance_beyond (double t, guint n)
{
  const guint freedom = n - 1;
  const double theta = atan (t / sqrt (freedom)), cosine = cos (theta);
  double term = freedom % 2 == 1 ? cosine : 1, sum = freedom == 1 ? 0 : term;

  for (guint i = freedom % 2 == 1 ? 3 : 2; i + 2 <= freedom; i += 2)
    {
      term *= cosine * cosine * (i - 1) / i;
      sum += term;
    }
  return 1 - (freedom % 2 == 1 ? 2 / G_PI * (theta + sin (theta) * sum) : sin (theta) * sum);
}

/* What is known to be recovered: 0 where it may be chance. The largest of many differences is large by chance alone, so
 * that each has its share of what is allowed (Bonferroni). */
static double
surely_recovered (const StrataAttribution *self, const StrataAttributionTerm *term)
{
  double error, mean = recovered (self, term, &error);
  int n_present = 0;

  for (int i = 0; i < STRATA_N_PHYSICS; i++)
    n_present += self->terms[i].is_present ? 1 : 0;
  if (self->n_trials < 2 || !(mean > 0))
    return 0;
  return error == 0 || n_present * chance_beyond (mean / error, self->n_trials) < CHANCE ? mean : 0;
}

static int
compare_terms (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const StrataAttribution *self = user_data;
  const StrataAttributionTerm *x = a, *y = b;
  double x_value, y_value;

  if (x->is_present != y->is_present)
    return x->is_present ? -1 : 1;
  if (!x->is_present)
    return x->term < y->term ? -1 : 1;
  x_value = surely_recovered (self, x), y_value = surely_recovered (self, y);
  if (x_value == y_value)
    x_value = output_share (self, x, NULL), y_value = output_share (self, y, NULL);
  if (x_value != y_value)
    return x_value > y_value ? -1 : 1;
  return x->term < y->term ? -1 : 1;
}

void
strata_attribution_rank (StrataAttribution *self)
{
  g_qsort_with_data (self->terms, STRATA_N_PHYSICS, sizeof *self->terms, compare_terms, self);
  self->is_by_accuracy = self->terms[0].is_present && surely_recovered (self, &self->terms[0]) > 0;
}

/* --- getters --- */

/* NULL: absent */
static const StrataAttributionTerm *
find_term (const StrataAttribution *self, StrataPhysics term)
{
  for (int i = 0; i < STRATA_N_PHYSICS; i++)
    if (self->terms[i].term == term && self->terms[i].is_present)
      return &self->terms[i];
  return NULL;
}

guint
strata_attribution_get_n_terms (StrataAttribution *self, guint *n_present)
{
  guint n = 0;

  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), 0);
  for (int i = 0; i < STRATA_N_PHYSICS; i++)
    n += self->terms[i].is_present;
  if (n_present != NULL)
    *n_present = n;
  return STRATA_N_PHYSICS;
}

StrataPhysics
strata_attribution_get_term (StrataAttribution *self, guint rank)
{
  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), STRATA_PHYSICS_PROGRAMMING);
  g_return_val_if_fail (rank < STRATA_N_PHYSICS, STRATA_PHYSICS_PROGRAMMING);
  return self->terms[rank].term;
}

gboolean
strata_attribution_is_by_accuracy (StrataAttribution *self)
{
  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), FALSE);
  return self->is_by_accuracy;
}

guint
strata_attribution_get_n_trials (StrataAttribution *self)
{
  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), 0);
  return self->n_trials;
}

guint
strata_attribution_get_n_samples (StrataAttribution *self, guint *n_measured)
{
  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), 0);
  if (n_measured != NULL)
    *n_measured = self->n_measured;
  return self->n_samples;
}

double
strata_attribution_get_all (StrataAttribution *self, double *error)
{
  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), (double) NAN);
  return mean_difference (self->all.accuracy, NULL, self->n_trials, error);
}

double
strata_attribution_get_none (StrataAttribution *self, double *error)
{
  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), (double) NAN);
  return mean_difference (self->none.accuracy, NULL, self->n_trials, error);
}

double
strata_attribution_get_recovered (StrataAttribution *self, StrataPhysics term, double *error)
{
  const StrataAttributionTerm *found;

  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), (double) NAN);
  if (error != NULL)
    *error = (double) NAN;
  found = find_term (self, term);
  return found == NULL ? (double) NAN : recovered (self, found, error);
}

double
strata_attribution_get_cost (StrataAttribution *self, StrataPhysics term, double *error)
{
  const StrataAttributionTerm *found;

  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), (double) NAN);
  if (error != NULL)
    *error = (double) NAN;
  found = find_term (self, term);
  return found == NULL ? (double) NAN
                       : mean_difference (self->none.accuracy, found->alone.accuracy, self->n_trials, error);
}

double
strata_attribution_get_output_share (StrataAttribution *self, StrataPhysics term, double *error)
{
  const StrataAttributionTerm *found;

  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), (double) NAN);
  if (error != NULL)
    *error = (double) NAN;
  found = find_term (self, term);
  return found == NULL ? (double) NAN : output_share (self, found, error);
}

/* With @term alone; 0: all. NULL: absent */
static const StrataAttributionRuns *
find_runs (const StrataAttribution *self, StrataPhysics term)
{
  const StrataAttributionTerm *found;

  if (term == 0)
    return &self->all;
  found = find_term (self, term);
  return found == NULL ? NULL : &found->alone;
}

double
strata_attribution_get_output_snr (StrataAttribution *self, StrataPhysics term)
{
  const StrataAttributionRuns *runs;
  double noise;

  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), (double) NAN);
  runs = find_runs (self, term);
  if (runs == NULL)
    return (double) NAN;
  noise = mean_difference (runs->output_error, NULL, self->n_trials, NULL);
  return noise > 0 ? 10 * log10 (self->output_signal / noise) : INFINITY;
}

guint
strata_attribution_get_n_layers (StrataAttribution *self)
{
  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), 0);
  return self->n_layers;
}

const char *
strata_attribution_get_layer_name (StrataAttribution *self, guint layer)
{
  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), NULL);
  g_return_val_if_fail (layer < self->n_layers, NULL);
  return self->layer_names[layer];
}

double
strata_attribution_get_layer_snr (StrataAttribution *self, guint layer, StrataPhysics term)
{
  const StrataAttributionRuns *runs;

  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), (double) NAN);
  g_return_val_if_fail (layer < self->n_layers, (double) NAN);
  runs = find_runs (self, term);
  return runs == NULL ? (double) NAN : strata_measure_snr_db (&runs->layers[layer]);
}

double
strata_attribution_get_layer_bits (StrataAttribution *self, guint layer)
{
  return (strata_attribution_get_layer_snr (self, layer, 0) - 1.76) / 6.02;
}

double
strata_attribution_get_layer_clipped (StrataAttribution *self, guint layer)
{
  const StrataMeasure *measure;

  g_return_val_if_fail (STRATA_IS_ATTRIBUTION (self), (double) NAN);
  g_return_val_if_fail (layer < self->n_layers, (double) NAN);
  measure = &self->all.layers[layer];
  return measure->n_conversions > 0 ? (double) measure->n_clipped / (double) measure->n_conversions : 0;
}
