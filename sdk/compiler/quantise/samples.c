/* SPDX-License-Identifier: Apache-2.0
 *
 * The samples a compilation calibrates with: the user's, or two synthetic ones. Synthetic values are standard normal;
 * where the file quantises the input its range is known, and they are centred in it with a deviation of a sixth of it,
 * so that three deviations span it. Integers are indices of the table that they look up, or ones.
 */
#include <string.h>

#include "base/rng.h"
#include "compiler/quantise/calibrate.h"

#define N_SYNTHETIC 2

static char *
describe (StrataDtype dtype, int n_dims, const gint64 *dims)
{
  GString *text = g_string_new (strata_dtype_name (dtype));

  g_string_append_c (text, '[');
  for (int i = 0; i < n_dims; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? "x" : "", dims[i]);
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

gboolean
strata_calibration_check (const StrataGraph *graph, const StrataCalibration *calibration, GError **error)
{
  for (int i = 0; calibration->samples != NULL && i < calibration->n_samples; i++)
    for (int j = 0; j < graph->n_inputs; j++)
      {
        const StrataValue *v = &graph->values[graph->inputs[j]];
        const StrataArray *a = calibration->samples[i].inputs != NULL ? calibration->samples[i].inputs[j] : NULL;
        gboolean fits = a != NULL && a->dtype == v->dtype && a->n_dims == v->n_dims;
        g_autofree char *given = NULL, *taken = NULL;

        for (int d = 0; fits && d < v->n_dims; d++)
          fits = a->dims[d] == v->dims[d];
        if (fits)
          continue;
        given = a != NULL ? describe (a->dtype, a->n_dims, a->dims) : g_strdup ("missing");
        taken = describe (v->dtype, MAX (v->n_dims, 0), v->dims);
        g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT,
                     "calibration sample %d: input %s is %s; the model takes %s", i, v->name, given, taken);
        return FALSE;
      }
  return TRUE;
}

static double
constant_at (const StrataGraph *graph, int value, gboolean *known)
{
  const StrataValue *v = value >= 0 ? &graph->values[value] : NULL;
  float real;

  *known = v != NULL && v->data != NULL && strata_value_count (v) == 1;
  if (!*known)
    return 0;
  switch (v->dtype)
    {
    case STRATA_DTYPE_F32:
      memcpy (&real, v->data, sizeof real);
      return (double) real;
    case STRATA_DTYPE_I8:
      return *(const gint8 *) v->data;
    case STRATA_DTYPE_U8:
      return *(const guint8 *) v->data - 128;
    default:
      *known = FALSE;
      return 0;
    }
}

/* Mean and deviation of a synthetic input. */
static void
input_spread (const StrataGraph *graph, int value, double *mean, double *deviation)
{
  *mean = 0;
  *deviation = 1;
  for (int i = 0; i < graph->n_nodes; i++)
    {
      const StrataNode *n = &graph->nodes[i];
      gboolean scale_known, zero_known;
      double scale, zero;

      if (n->n_inputs < 3 || n->inputs[0] != value || strcmp (strata_op_name (n->op), "QuantizeLinear") != 0)
        continue;
      scale = constant_at (graph, n->inputs[1], &scale_known);
      zero = constant_at (graph, n->inputs[2], &zero_known);
      if (!scale_known || !zero_known)
        continue;
      *mean = scale * (-0.5 - zero);
      *deviation = scale * 255 / 6;
      return;
    }
}

/* How many rows the table has that @value looks up; 2 where it looks up none: flags and lengths of one */
static gint64
count_entries (const StrataGraph *graph, int value)
{
  for (int i = 0; i < graph->n_nodes; i++)
    {
      const StrataNode *n = &graph->nodes[i];
      const StrataValue *table = n->n_inputs > 0 && n->inputs[0] >= 0 ? &graph->values[n->inputs[0]] : NULL;

      if (n->op == STRATA_OP_GATHER && n->inputs[1] == value && table->producer < 0 && table->n_dims > 0
          && strata_node_int (n, "axis", 0) == 0)
        return table->dims[0];
    }
  return 0;
}

/* Indices of a table as they come; ones elsewhere, which as a mask, a length or a flag let the most through */
static void
fill_integers (const StrataGraph *graph, int value, StrataRngKey key, guint64 sample, StrataArray *array)
{
  gint64 n_entries = count_entries (graph, value);
  gsize size = strata_dtype_size (array->dtype), count = (gsize) strata_array_count (array);

  for (gsize i = 0; i < count; i++)
    {
      gint64 code = n_entries > 0 ? (gint64) (strata_rng_uniform (key, sample << 32 | i) * (double) n_entries) : 1;
      gint64 little = GINT64_TO_LE (code);

      memcpy ((guint8 *) array->data + i * size, &little, size);
    }
}

static StrataArray *
make_synthetic (const StrataGraph *graph, int input, guint64 seed, int sample)
{
  const StrataValue *v = &graph->values[graph->inputs[input]];
  StrataArray *array = strata_array_new (v->dtype, v->n_dims, v->dims);
  gsize count = (gsize) strata_array_count (array);
  float *data = array->data;
  double mean, deviation;

  if (v->dtype == STRATA_DTYPE_F64 || v->dtype == STRATA_DTYPE_F16)
    return array;
  if (v->dtype != STRATA_DTYPE_F32)
    {
      fill_integers (graph, graph->inputs[input], strata_rng_key (seed, (guint64) input), (guint64) sample, array);
      return array;
    }
  input_spread (graph, graph->inputs[input], &mean, &deviation);
  strata_rng_normal (strata_rng_key (seed, (guint64) input), (guint64) sample, data, count);
  for (gsize i = 0; i < count; i++)
    data[i] = (float) (mean + deviation * (double) data[i]);
  return array;
}

StrataArray **
strata_calibration_samples (const StrataGraph *graph, const StrataCalibration *calibration, int *n_samples)
{
  gboolean given = calibration->samples != NULL && calibration->n_samples > 0;
  int n = given ? calibration->n_samples : N_SYNTHETIC;
  StrataArray **samples = g_new0 (StrataArray *, (gsize) n * (gsize) graph->n_inputs + 1);

  for (int i = 0; i < n; i++)
    for (int j = 0; j < graph->n_inputs; j++)
      samples[(gsize) i * (gsize) graph->n_inputs + (gsize) j] =
        given ? strata_array_copy (calibration->samples[i].inputs[j]) : make_synthetic (graph, j, calibration->seed, i);
  *n_samples = n;
  return samples;
}
