/* SPDX-License-Identifier: Apache-2.0
 *
 * The SDK in one screen: compile a model, run it on the simulated chip, print what it cost.
 *
 *   digits MODEL.onnx IMAGES.npy LABELS.npy
 *
 * Build outside the tree with: cc digits.c $(pkg-config --cflags --libs strata-1)
 */
#include <locale.h>
#include <strata/strata.h>

/* Image @index of an (n, 8, 8) tensor of 0 … 16 as the network wants it: float, 0 … 1 */
static StrataTensor *
take_image (StrataTensor *images, gint64 index)
{
  const gint64 dims[] = { 1, 1, 8, 8 };
  float *pixels = g_new (float, 64);
  g_autoptr (GBytes) bytes = g_bytes_new_take (pixels, 64 * sizeof *pixels);

  for (gint64 i = 0; i < 64; i++)
    pixels[i] = (float) strata_tensor_get_value (images, index * 64 + i) / 16;
  return strata_tensor_new (STRATA_DTYPE_F32, dims, 4, bytes, NULL);
}

static gboolean
run (const char *model_path, const char *images_path, const char *labels_path, GError **error)
{
  g_autoptr (StrataModel) model = strata_model_open (model_path, NULL, error);
  g_autoptr (StrataChip) chip = model ? strata_chip_load ("demonstrator", error) : NULL;
  g_autoptr (StrataTensor) images = chip ? strata_tensor_load (images_path, error) : NULL;
  g_autoptr (StrataTensor) labels = images ? strata_tensor_load (labels_path, error) : NULL;
  g_autoptr (StrataCompiler) compiler = NULL;
  g_autoptr (StrataProgram) program = NULL;
  g_autoptr (StrataDevice) device = NULL;
  g_autoptr (StrataJob) job = strata_job_new ();
  g_autofree char *latency = NULL;
  g_autofree char *energy = NULL;
  int n_right = 0;

  if (labels == NULL)
    return FALSE;
  compiler = strata_compiler_new (model, chip);
  for (gint64 i = 0; i < 32; i++)
    {
      g_autoptr (GPtrArray) sample = g_ptr_array_new_with_free_func (g_object_unref);

      g_ptr_array_add (sample, take_image (images, i));
      if (!strata_compiler_add_calibration (compiler, sample, error))
        return FALSE;
    }
  program = strata_compiler_compile (compiler, NULL, NULL, NULL, error);
  device = program ? strata_device_open ("sim:", error) : NULL;
  if (device == NULL || !strata_device_load (device, program, NULL, error))
    return FALSE;

  for (gint64 i = 0; i < 100; i++)
    {
      g_autoptr (GPtrArray) inputs = g_ptr_array_new_with_free_func (g_object_unref);

      g_ptr_array_add (inputs, take_image (images, i));
      strata_job_set_inputs (job, inputs);
      strata_job_set_inference (job, (guint64) i);
      if (!strata_device_run (device, job, NULL, error))
        return FALSE;
      n_right += strata_tensor_get_argmax (strata_job_get_outputs (job)->pdata[0])
                 == (gint64) strata_tensor_get_value (labels, i);
    }
  latency = strata_quantity_to_text (strata_program_get_figure (program, "latency_ps", STRATA_BAND_NOMINAL), "ps");
  energy = strata_quantity_to_text (strata_program_get_figure (program, "energy_fj", STRATA_BAND_NOMINAL), "fj");
  g_print ("%d of 100 digits right on %s; %s and %s per inference, modelled\n", n_right,
           strata_program_get_chip_name (program), latency, energy);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  if (argc == 4 && run (argv[1], argv[2], argv[3], &error))
    return 0;
  g_printerr ("digits: %s\n", error ? error->message : "takes MODEL.onnx IMAGES.npy LABELS.npy");
  return 1;
}
