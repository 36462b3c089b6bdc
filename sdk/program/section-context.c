/* SPDX-License-Identifier: Apache-2.0
 *
 * CHIP, LIMT, CALB and META: what a program was made for, of and with.
 */
#include "program/sections.h"

#include <math.h>
#include <string.h>

void
strata_put_chip (GByteArray *bytes, const StrataImage *image)
{
  g_autofree char *text = strata_chip_spec_print (image->chip);

  g_byte_array_append (bytes, (const guint8 *) text, (guint) strlen (text));
}

gboolean
strata_get_chip (StrataReader reader, StrataImage *image, GError **error)
{
  g_autoptr (GError) reason = NULL;

  image->chip = strata_chip_spec_parse ((const char *) reader.data, (gssize) reader.n, "section CHIP", &reason);
  if (image->chip == NULL)
    g_set_error_literal (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, reason->message);
  return image->chip != NULL;
}

void
strata_put_limits (GByteArray *bytes, const StrataImage *image)
{
  const StrataLimits *limits = &image->limits;

  strata_put_i64 (bytes, limits->max_latency_ps);
  strata_put_i64 (bytes, limits->max_interval_ps);
  strata_put_f64 (bytes, limits->max_power_mw);
  strata_put_f64 (bytes, limits->max_energy_fj);
  strata_put_f64 (bytes, limits->max_junction_c);
  strata_put_f64 (bytes, limits->max_skin_c);
  strata_put_f64 (bytes, limits->min_accuracy);
  strata_put_f64 (bytes, limits->max_peak_mw);
  strata_put_f64 (bytes, limits->max_cost_usd);
  strata_put_i64 (bytes, limits->max_arrays);
  strata_put_i64 (bytes, image->pace_ps);
  strata_put_i64 (bytes, (gint64) image->seed);
  strata_put_i64 (bytes, (gint64) image->model_digest);
  strata_put_i64 (bytes, image->n_parameters);
  strata_put_i64 (bytes, image->n_macs);
}

gboolean
strata_get_limits (StrataReader reader, StrataImage *image, GError **error)
{
  StrataLimits *limits = &image->limits;

  limits->max_latency_ps = strata_get_i64 (&reader);
  limits->max_interval_ps = strata_get_i64 (&reader);
  limits->max_power_mw = strata_get_f64 (&reader);
  limits->max_energy_fj = strata_get_f64 (&reader);
  limits->max_junction_c = strata_get_f64 (&reader);
  limits->max_skin_c = strata_get_f64 (&reader);
  limits->min_accuracy = strata_get_f64 (&reader);
  limits->max_peak_mw = strata_get_f64 (&reader);
  limits->max_cost_usd = strata_get_f64 (&reader);
  limits->max_arrays = strata_get_i64 (&reader);
  image->pace_ps = strata_get_i64 (&reader);
  image->seed = (guint64) strata_get_i64 (&reader);
  image->model_digest = (guint64) strata_get_i64 (&reader);
  image->n_parameters = strata_get_i64 (&reader);
  image->n_macs = strata_get_i64 (&reader);
  if (!strata_section_close (STRATA_SECTION_LIMT, &reader, error))
    return FALSE;
  if (!isfinite (limits->max_power_mw) || !isfinite (limits->max_energy_fj) || !isfinite (limits->max_junction_c)
      || !isfinite (limits->max_skin_c) || !isfinite (limits->min_accuracy) || !isfinite (limits->max_peak_mw)
      || !isfinite (limits->max_cost_usd) || limits->max_latency_ps < -1 || limits->max_interval_ps < -1
      || limits->max_arrays < 0 || image->pace_ps < 0 || image->n_parameters < 0 || image->n_macs < 0)
    return strata_section_refuse (STRATA_SECTION_LIMT, "holds a limit or a count that is no number", error);
  return TRUE;
}

void
strata_put_calibration (GByteArray *bytes, const StrataImage *image)
{
  strata_put_i32 (bytes, (gint32) image->sample_origin);
  strata_put_i32 (bytes, image->n_given);
  strata_put_i32 (bytes, image->n_calibration);
  strata_put_i32 (bytes, image->graph->n_inputs);
  for (int i = 0; i < image->n_calibration * image->graph->n_inputs; i++)
    {
      const StrataArray *array = image->calibration[i];

      strata_put_i32 (bytes, array->dtype);
      strata_put_i32 (bytes, array->n_dims);
      for (int d = 0; d < array->n_dims; d++)
        strata_put_i64 (bytes, array->dims[d]);
      strata_put_i64 (bytes, (gint64) array->n_bytes);
      if (array->n_bytes > 0)
        g_byte_array_append (bytes, array->data, (guint) array->n_bytes);
    }
}

/* An array whose shape has the size of its bytes, and as many elements as the graph's input @tensor. */
static StrataArray *
get_sample (StrataReader *reader, const StrataQTensor *tensor)
{
  StrataDtype dtype = (StrataDtype) strata_get_i32 (reader);
  int n_dims = strata_get_i32 (reader);
  gint64 dims[STRATA_MAX_DIMS] = { 0 }, n = 1, n_wanted = strata_qtensor_count (tensor);
  guint64 n_bytes;
  const guint8 *data;
  StrataArray *array;

  if (n_dims < 0 || n_dims > STRATA_MAX_DIMS)
    return NULL;
  for (int d = 0; d < n_dims; d++)
    {
      dims[d] = strata_get_i64 (reader);
      if (dims[d] < 1 || n > n_wanted || dims[d] > n_wanted)
        return NULL;
      n *= dims[d];
    }
  n_bytes = (guint64) strata_get_i64 (reader);
  if (reader->failed || strata_dtype_size (dtype) == 0 || n != n_wanted
      || n_bytes != (guint64) n * strata_dtype_size (dtype))
    return NULL;
  data = strata_get_bytes (reader, n_bytes);
  if (data == NULL)
    return NULL;
  array = strata_array_new (dtype, n_dims, dims);
  memcpy (array->data, data, n_bytes);
  return array;
}

static gboolean
check_origin (const StrataQGraph *graph, int origin, int n_given, int n_samples)
{
  if (origin == STRATA_SAMPLE_ORIGIN_GIVEN)
    return n_samples > 0 && n_given >= n_samples;
  if (n_given != 0)
    return FALSE;
  return origin == STRATA_SAMPLE_ORIGIN_MADE_UP ? n_samples > 0 && !graph->calibrated
                                                : origin == STRATA_SAMPLE_ORIGIN_NONE && n_samples == 0;
}

/* Runs after the check of the graph, whose inputs it needs. */
gboolean
strata_get_calibration (StrataReader reader, StrataImage *image, GError **error)
{
  int origin = strata_get_i32 (&reader), n_given = strata_get_i32 (&reader);
  int n_samples = strata_get_i32 (&reader), n_inputs = strata_get_i32 (&reader);

  if (n_samples < 0 || n_samples > STRATA_MAX_CALIBRATION || n_inputs != image->graph->n_inputs)
    return strata_section_refuse (STRATA_SECTION_CALB, "its samples do not fit the graph", error);
  if (!check_origin (image->graph, origin, n_given, n_samples))
    return strata_section_refuse (STRATA_SECTION_CALB, "says of its samples what they cannot be", error);
  image->sample_origin = (StrataSampleOrigin) origin, image->n_given = n_given;
  image->calibration = g_new0 (StrataArray *, (gsize) n_samples * n_inputs + 1);
  image->n_calibration = n_samples;
  for (int i = 0; i < n_samples * n_inputs; i++)
    {
      image->calibration[i] = get_sample (&reader, &image->graph->tensors[image->graph->inputs[i % n_inputs]]);
      if (image->calibration[i] == NULL)
        return strata_section_refuse (STRATA_SECTION_CALB, "holds a sample whose shape does not fit the graph", error);
    }
  return strata_section_close (STRATA_SECTION_CALB, &reader, error);
}

void
strata_put_meta (GByteArray *bytes, const StrataImage *image)
{
  strata_put_string (bytes, image->model_path);
  strata_put_string (bytes, image->model_name);
  strata_put_string (bytes, image->model_shapes);
  strata_put_string (bytes, image->model_values);
}

gboolean
strata_get_meta (StrataReader reader, StrataImage *image, GError **error)
{
  g_autoptr (StrataArena) arena = strata_arena_new ();

  image->model_path = g_strdup (strata_get_string (&reader, arena));
  image->model_name = g_strdup (strata_get_string (&reader, arena));
  image->model_shapes = g_strdup (strata_get_string (&reader, arena));
  image->model_values = g_strdup (strata_get_string (&reader, arena));
  return strata_section_close (STRATA_SECTION_META, &reader, error);
}
