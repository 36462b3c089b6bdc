/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening and running, with the model's names where it is at hand.
 */
#include "runner.h"

#include "compare.h"

void
runner_clear (Runner *runner)
{
  g_clear_object (&runner->model);
  g_clear_object (&runner->program);
  g_clear_object (&runner->device);
  g_clear_pointer (&runner->conditions, strata_conditions_free);
}

gboolean
runner_open (Runner *runner, GError **error)
{
  const RunOptions *options = runner->options;
  CliExpect expect;

  if (!cli_parse_analog (options->analog, &runner->analog, error)
      || (options->expect != NULL && !cli_parse_expect (options->expect, &expect, error)))
    return FALSE;
  runner->conditions = cli_read_conditions (&options->conditions, error);
  if (runner->conditions == NULL || !cli_check_conditions (&options->conditions, runner->analog, error))
    return FALSE;
  if (options->reference
      && (options->analog != NULL || options->device != NULL || cli_has_conditions (&options->conditions)))
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "--reference executes the model without a chip; leave out --device, --analog and what goes "
                           "with it");
      return FALSE;
    }
  if (options->reference && cli_is_program (runner->path))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--reference runs a model; %s is a program",
                   runner->path);
      return FALSE;
    }
  if (options->reference && options->compile.die != NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "--die is of programs; leave it out with --reference");
      return FALSE;
    }
  if (options->reference)
    return TRUE;
  runner->program = cli_open_program (runner->cli, runner->path, &options->compile, &runner->model, error);
  if (runner->program == NULL)
    return FALSE;
  runner->device = strata_device_open (options->device == NULL ? "sim:" : options->device, error);
  if (runner->device == NULL
      || !cli_use_die (runner->cli, runner->device, options->compile.die, &runner->program, error))
    return FALSE;
  if (strata_program_has_weights (runner->program) && !strata_program_is_calibrated (runner->program)
      && !runner->cli->quiet)
    g_printerr (
      "strata: activation ranges were guessed from synthetic samples; outputs may be poor, give --calibration\n");
  /* The model tells depth and input size to the comparison; a program remembers where it lies. */
  if (runner->model == NULL)
    runner->model = cli_reopen_model (runner->cli, runner->program);
  return strata_device_load (runner->device, runner->program, runner->cli->cancellable, error);
}

static gboolean
same_shape (StrataModel *model, guint input, StrataTensor *tensor)
{
  guint n_wanted, n_given;
  const gint64 *wanted = strata_model_get_input_shape (model, input, &n_wanted);
  const gint64 *given = strata_tensor_get_shape (tensor, &n_given);

  for (guint i = 0; i < n_wanted && i < n_given; i++)
    if (wanted[i] != given[i])
      return FALSE;
  return n_wanted == n_given;
}

/* TRUE if the open model is the one that these tensors would open: no value was bound, and each has the input's shape.
 */
static gboolean
takes (StrataModel *model, GPtrArray *tensors, const char *const *names)
{
  if (names != NULL || tensors->len != strata_model_get_n_inputs (model))
    return FALSE;
  for (guint i = 0; i < tensors->len; i++)
    if (strata_model_get_input_place (model, i) != i || !same_shape (model, i, tensors->pdata[i]))
      return FALSE;
  return TRUE;
}

gboolean
runner_open_for (Runner *runner, GPtrArray *tensors, const char *const *names, GError **error)
{
  g_autoptr (StrataModelOptions) options = NULL;

  if (runner->program != NULL || (runner->model != NULL && takes (runner->model, tensors, names)))
    return TRUE;
  options = cli_read_shapes (runner->options->compile.shapes, runner->options->compile.bound, error);
  if (options == NULL)
    return FALSE;
  for (guint i = 0; i < tensors->len; i++)
    strata_model_options_add_example (options, names == NULL ? NULL : names[i], i, tensors->pdata[i]);
  g_clear_object (&runner->model);
  runner->model = strata_model_open_with (runner->path, options, runner->cli->cancellable, error);
  return runner->model != NULL;
}

guint
runner_get_n_inputs (Runner *runner)
{
  return runner->model != NULL ? strata_model_get_n_inputs (runner->model) : 1;
}

const char *
runner_get_input_name (Runner *runner, guint input)
{
  return runner->model != NULL ? strata_model_get_input_name (runner->model, input) : NULL;
}

char *
runner_get_output_name (Runner *runner, guint output)
{
  return runner->model != NULL ? g_strdup (strata_model_get_output_name (runner->model, output))
                               : g_strdup_printf ("output_%u", output);
}

GPtrArray *
runner_run (Runner *runner, GPtrArray *inputs, GError **error)
{
  g_autoptr (StrataJob) job = NULL;

  if (runner->program == NULL)
    return strata_model_run_reference (runner->model, inputs, runner->cli->cancellable, error);
  job = strata_job_new ();
  strata_job_set_inputs (job, inputs);
  strata_job_set_analog (job, runner->analog);
  strata_job_set_conditions (job, runner->conditions);
  strata_job_set_seed (job, (guint64) runner->cli->seed);
  strata_job_set_inference (job, runner->n_done++);
  if (!strata_device_run (runner->device, job, runner->cli->cancellable, error))
    return NULL;
  return g_ptr_array_ref (strata_job_get_outputs (job));
}

gboolean
run_make_folder (Cli *cli, GError **error)
{
  if (cli->output == NULL || g_mkdir_with_parents (cli->output, 0777) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: cannot be made; give a folder to write outputs to",
               cli->output);
  return FALSE;
}

char *
run_save_output (Cli *cli, const char *name, StrataTensor *tensor, GError **error)
{
  g_autofree char *safe = g_strcanon (g_strdup (name), G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-.", '_');
  g_autofree char *file = g_strconcat (safe, ".npy", NULL);
  char *path = g_build_filename (cli->output, file, NULL);

  if (strata_tensor_save (tensor, path, error))
    return path;
  g_free (path);
  return NULL;
}
