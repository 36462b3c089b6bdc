/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata run --test-data`: outputs against those of an ONNX test data set.
 */
#include "runner.h"

#include <math.h>

#include "compare.h"

static double
get_step (Runner *runner, guint output)
{
  return runner->program != NULL ? strata_program_get_output_step (runner->program, output)
                                 : strata_model_get_output_step (runner->model, output);
}

static void
print_comparison (
  Cli *cli, JsonBuilder *builder, const char *folder, const CliComparison *c, const CliExpect *expect, gboolean met)
{
  g_autofree char *name = g_path_get_basename (folder);
  g_autofree char *rule = cli_expect_text (expect);

  if (builder != NULL)
    {
      json_builder_begin_object (builder);
      cli_json_string (builder, "data", name);
      cli_json_number (builder, "max_error", c->max_error);
      cli_json_number (builder, "peak", c->peak);
      cli_json_number (builder, "steps", c->steps);
      cli_json_number (builder, "snr_db", c->snr_db);
      cli_json_number (builder, "cosine", c->cosine);
      cli_json_int (builder, "argmax", c->argmax);
      cli_json_int (builder, "argmax_reference", c->argmax_reference);
      cli_json_string (builder, "expect", rule);
      cli_json_bool (builder, "passed", met);
      json_builder_end_object (builder);
      return;
    }
  g_print ("%s %s  max error %.3g (peak %.3g)", met ? "pass" : "FAIL", name, c->max_error, c->peak);
  if (!isnan (c->steps))
    g_print ("  steps %.3g", c->steps);
  g_print ("  SNR %.1f dB  cosine %.6f  argmax %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "  expected %s\n", c->snr_db,
           c->cosine, c->argmax, c->argmax_reference, rule);
}

/* The inputs that the model has, for a reference run those of the model that they open. */
static GPtrArray *
load_inputs (Runner *runner, const char *folder, GError **error)
{
  g_autoptr (GPtrArray) all = NULL;

  if (runner->program != NULL && runner->model == NULL)
    return cli_load_test_data (folder, "input", runner_get_n_inputs (runner), error);
  all = cli_load_test_data (folder, "input", cli_count_test_data (folder, "input"), error);
  if (all == NULL || !runner_open_for (runner, all, NULL, error))
    return NULL;
  return cli_take_inputs (runner->model, all, folder, error);
}

/* One data set: every output against its reference. */
static gboolean
check_folder (Runner *runner, const char *folder, JsonBuilder *builder, gboolean *all_met, GError **error)
{
  g_autoptr (GPtrArray) inputs = load_inputs (runner, folder, error);
  g_autoptr (GPtrArray) outputs = NULL;
  g_autoptr (GPtrArray) references = NULL;
  const char *rule = runner->options->expect;

  if (inputs == NULL)
    return FALSE;
  outputs = runner_run (runner, inputs, error);
  if (outputs == NULL)
    return FALSE;
  references = cli_load_test_data (folder, "output", outputs->len, error);
  if (references == NULL)
    return FALSE;
  for (guint i = 0; i < outputs->len; i++)
    {
      CliComparison comparison;
      CliExpect expect;
      gboolean met;

      if (!cli_compare (outputs->pdata[i], references->pdata[i], get_step (runner, i),
                        inputs->len == 0 ? 0 : strata_tensor_get_n_elements (inputs->pdata[0]), &comparison, error))
        return FALSE;
      expect = cli_default_expect (runner->model, runner->program == NULL,
                                   runner->program != NULL && runner->analog == STRATA_ANALOG_OFF, &comparison);
      if (rule != NULL && !cli_parse_expect (rule, &expect, error))
        return FALSE;
      met = cli_expect_met (&expect, &comparison);
      *all_met = *all_met && met;
      print_comparison (runner->cli, builder, folder, &comparison, &expect, met);
    }
  return TRUE;
}

int
run_test_data (Runner *runner, GError **error)
{
  g_autoptr (GPtrArray) folders = cli_find_test_data (runner->options->test_data, error);
  JsonBuilder *builder = NULL;
  gboolean all_met = TRUE;

  if (folders == NULL)
    return -1;
  if (runner->cli->json)
    {
      builder = cli_json_begin (runner->cli);
      json_builder_set_member_name (builder, "comparisons");
      json_builder_begin_array (builder);
    }
  for (guint i = 0; i < folders->len; i++)
    if (!check_folder (runner, folders->pdata[i], builder, &all_met, error))
      {
        g_clear_object (&builder);
        return -1;
      }
  if (builder != NULL)
    {
      json_builder_end_array (builder);
      cli_json_bool (builder, "passed", all_met);
      cli_json_end (runner->cli, builder);
    }
  return all_met ? CLI_EXIT_DONE : CLI_EXIT_UNMET;
}
