/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *
shared_folder (void)
{
  const char *folder = g_getenv ("STRATA_SHARED");
  g_autofree char *models = g_build_filename (folder != NULL ? folder : "", "models", NULL);

  if (folder != NULL && g_file_test (models, G_FILE_TEST_IS_DIR))
    return folder;
  g_test_skip ("reference models are not there; set STRATA_SHARED to their folder");
  return NULL;
}

Npy *
npy_load (const char *path)
{
  Npy *npy;
  char *contents;
  gsize length, header;
  const char *shape;

  if (!g_file_get_contents (path, &contents, &length, NULL))
    return NULL;
  npy = g_new0 (Npy, 1);
  header = (guint8) contents[8] + 256u * (guint8) contents[9];
  memcpy (npy->type, strstr (contents + 10, "'descr': '") + strlen ("'descr': '") + 1, 2);
  shape = strstr (contents + 10, "'shape': (") + strlen ("'shape': (");
  npy->count = 1;
  while (g_ascii_isdigit (*shape) && npy->n_dims < STRATA_MAX_DIMS)
    {
      char *end;

      npy->dims[npy->n_dims] = strtoll (shape, &end, 10);
      npy->count *= npy->dims[npy->n_dims++];
      shape = end + strspn (end, ", ");
    }
  npy->bytes = g_memdup2 (contents + 10 + header, length - 10 - header);
  g_free (contents);
  return npy;
}

void
npy_free (Npy *npy)
{
  if (npy == NULL)
    return;
  g_free (npy->bytes);
  g_free (npy);
}

float *
npy_floats (const Npy *npy)
{
  float *floats = g_new (float, npy->count);

  for (gint64 i = 0; i < npy->count; i++)
    if (strcmp (npy->type, "f4") == 0)
      memcpy (&floats[i], npy->bytes + 4 * i, 4);
    else
      floats[i] = strcmp (npy->type, "i1") == 0 ? (float) ((gint8 *) npy->bytes)[i] : (float) npy->bytes[i];
  return floats;
}

StrataGraph *
load_model (const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("STRATA_SHARED"), "models", name, "model.onnx", NULL);
  g_autoptr (GError) error = NULL;
  StrataGraph *graph = strata_onnx_load (path, NULL, &error);

  g_assert_no_error (error);
  return graph;
}

float *
load_reference (const char *model, int set, const char *which, gint64 *count)
{
  g_autofree char *folder = g_strdup_printf ("test_data_set_%d", set);
  g_autofree char *file = g_strdup_printf ("%s.npy", which);
  g_autofree char *path = g_build_filename (g_getenv ("STRATA_SHARED"), "models", model, folder, file, NULL);
  g_autoptr (Npy) npy = npy_load (path);

  if (npy == NULL)
    return NULL;
  *count = npy->count;
  return npy_floats (npy);
}

StrataArray *
model_input (const StrataGraph *graph, const float *data)
{
  const StrataValue *v = &graph->values[graph->inputs[0]];
  StrataArray *array = strata_array_new (STRATA_DTYPE_F32, v->n_dims, v->dims);

  memcpy (array->data, data, array->n_bytes);
  return array;
}

void
simple_chip (StrataChipSpec *chip, int slices)
{
  memset (chip, 0, sizeof *chip);
  chip->name = "test";
  chip->cell_bits = 4;
  chip->slices = slices;
  chip->rows = chip->columns = 256;
  chip->n_adc = 32;
  chip->n_stacks = 1;
  chip->input_bits = chip->adc_bits = 8;
  chip->phase_bits = 1;
  chip->cell_model = STRATA_CELL_NONE;
}

StrataQGraph *
quantise_model (const StrataGraph *graph, const float *const *samples, int n_samples, int slices)
{
  g_autofree StrataSample *set = g_new0 (StrataSample, n_samples + 1);
  g_autofree StrataArray **arrays = g_new0 (StrataArray *, n_samples + 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataLowered) lowered = strata_lower (graph, &error);
  StrataCalibration calibration = { n_samples > 0 ? set : NULL, n_samples, 1, 0, NULL };
  StrataChipSpec chip;
  StrataQGraph *q;

  g_assert_no_error (error);
  g_assert_true (strata_lowered_check (lowered, &error));
  for (int i = 0; i < n_samples; i++)
    {
      arrays[i] = model_input (graph, samples[i]);
      set[i].inputs = &arrays[i];
    }
  simple_chip (&chip, slices);
  q = strata_quantise (graph, lowered, &chip, &calibration, &error);
  g_assert_no_error (error);
  strata_qgraph_check (q, &error);
  g_assert_no_error (error);
  for (int i = 0; i < n_samples; i++)
    strata_array_free (arrays[i]);
  return q;
}

float *
run_float (const StrataGraph *graph, const float *input)
{
  g_autoptr (StrataArray) in = model_input (graph, input);
  g_autoptr (GError) error = NULL;
  StrataArray *out = NULL;
  const StrataArray *ins[1] = { in };
  float *result;

  strata_graph_run (graph, ins, &out, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  result = g_memdup2 (out->data, out->n_bytes);
  strata_array_free (out);
  return result;
}

int
argmax (const float *values, gint64 n)
{
  int best = 0;

  for (gint64 i = 1; i < n; i++)
    if (values[i] > values[best])
      best = (int) i;
  return best;
}

double
snr_db (const float *got, const float *expected, gint64 n)
{
  double signal = 0, noise = 1e-300;

  for (gint64 i = 0; i < n; i++)
    {
      signal += (double) expected[i] * (double) expected[i];
      noise += ((double) got[i] - (double) expected[i]) * ((double) got[i] - (double) expected[i]);
    }
  return 10 * log10 (signal / noise);
}
