/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples of the user's for a compilation: those that ranges are chosen by, and those that accuracy is judged on.
 */
#include "compile.h"

#include <math.h>

/* float32 of @n elements from element @first of @tensor on: (value + offset) * scale */
static StrataTensor *
take_sample (StrataTensor *tensor, gint64 first, gint64 n, double scale, double offset)
{
  float *values = g_new (float, n);
  g_autoptr (GBytes) bytes = g_bytes_new_take (values, (gsize) n * sizeof *values);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float) ((strata_tensor_get_value (tensor, first + i) + offset) * scale);
  return strata_tensor_new (STRATA_DTYPE_F32, &n, 1, bytes, NULL);
}

gboolean
cli_read_scale (const CliCompileOptions *options, double *scale, GError **error)
{
  if (!isfinite (options->input_scale) || !isfinite (options->input_offset))
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                         "--input-scale and --input-offset: finite numbers are accepted");
  else if (options->input_scale == 0)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                         "--input-scale 0: makes all samples alike; a number other than 0 is accepted");
  else
    {
      *scale = options->input_scale == CLI_NO_NUMBER ? 1 : options->input_scale;
      return TRUE;
    }
  return FALSE;
}

static gint64
count_elements (StrataModel *model, guint input)
{
  guint n_dims;
  const gint64 *dims = strata_model_get_input_shape (model, input, &n_dims);
  gint64 n = 1;

  for (guint i = 0; i < n_dims; i++)
    n *= dims[i];
  return n;
}

static gboolean
add_sample (StrataCompiler *compiler, StrataTensor *tensor, GError **error)
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();

  g_ptr_array_add (inputs, tensor);
  return strata_compiler_add_calibration (compiler, inputs, error);
}

static gboolean
calibrate_with_file (StrataCompiler *compiler,
                     StrataModel *model,
                     const char *path,
                     const CliCompileOptions *options,
                     guint *n_left,
                     GError **error)
{
  g_autoptr (StrataTensor) all = strata_tensor_load (path, error);
  gint64 n = strata_model_get_n_inputs (model) == 1 ? count_elements (model, 0) : 0;
  gint64 n_samples;
  double scale;

  if (all == NULL || !cli_read_scale (options, &scale, error))
    return FALSE;
  n_samples = n == 0 ? 0 : strata_tensor_get_n_elements (all) / n;
  if (n == 0 || n_samples == 0 || n_samples * n != strata_tensor_get_n_elements (all))
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT,
                   "%s: %" G_GINT64_FORMAT " elements are no whole number of samples of %" G_GINT64_FORMAT
                   "; give samples along the first dimension, for a model with one input",
                   path, strata_tensor_get_n_elements (all), n);
      return FALSE;
    }
  for (gint64 i = 0; *n_left > 0 && i < n_samples; i++, --*n_left)
    {
      g_autoptr (StrataTensor) sample = take_sample (all, i * n, n, scale, options->input_offset);

      if (!add_sample (compiler, sample, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
calibrate_with_folder (StrataCompiler *compiler, StrataModel *model, const char *path, guint *n_left, GError **error)
{
  g_autoptr (GPtrArray) folders = cli_find_test_data (path, error);

  if (folders == NULL)
    return FALSE;
  for (guint i = 0; *n_left > 0 && i < folders->len; i++, --*n_left)
    {
      g_autoptr (GPtrArray) inputs = cli_load_inputs (model, folders->pdata[i], error);

      if (inputs == NULL || !strata_compiler_add_calibration (compiler, inputs, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
calibrate (StrataCompiler *compiler, StrataModel *model, const CliCompileOptions *options, GError **error)
{
  guint n_left = options->n_calibration > 0 ? (guint) options->n_calibration : 64;

  for (char **path = options->calibration; path != NULL && *path != NULL; path++)
    {
      gboolean ok = g_file_test (*path, G_FILE_TEST_IS_DIR)
                      ? calibrate_with_folder (compiler, model, *path, &n_left, error)
                      : calibrate_with_file (compiler, model, *path, options, &n_left, error);

      if (!ok)
        return FALSE;
    }
  return TRUE;
}

/* --accuracy-inputs, else the first .npy file of --calibration */
static gboolean
set_accuracy_data (StrataCompiler *compiler, const CliCompileOptions *options, GError **error)
{
  const char *path = options->accuracy_inputs;
  g_autoptr (StrataTensor) inputs = NULL;
  g_autoptr (StrataTensor) labels = NULL;
  double scale;

  for (char **next = options->calibration; path == NULL && next != NULL && *next != NULL; next++)
    if (!g_file_test (*next, G_FILE_TEST_IS_DIR))
      path = *next;
  if (options->min_accuracy == NULL || path == NULL)
    return TRUE;
  inputs = strata_tensor_load (path, error);
  if (inputs == NULL || !cli_read_scale (options, &scale, error)
      || (options->accuracy_labels != NULL && (labels = strata_tensor_load (options->accuracy_labels, error)) == NULL))
    return FALSE;
  strata_compiler_set_accuracy_data (compiler, inputs, labels, scale, options->input_offset);
  return TRUE;
}

gboolean
cli_add_samples (StrataCompiler *compiler, StrataModel *model, const CliCompileOptions *options, GError **error)
{
  return calibrate (compiler, model, options, error) && set_accuracy_data (compiler, options, error);
}
