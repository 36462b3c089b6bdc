/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata run --steps N --state OUTPUT=INPUT`: inferences in a row, outputs fed back. A state is copied where the
 * shapes agree; where the output is longer along one axis its end is kept, as a cache that drops its oldest entry; an
 * integer input takes the index of the greatest element of a float output, which is greedy decoding. States begin with
 * what --input gives, else with zeros. Results are the outputs of the last step; with --output, those that are no
 * copied states for every step.
 */
#include <string.h>

#include "runner.h"

typedef struct
{
  guint output, input;
  GArray *tokens; /* gint64, where indices are fed; NULL: copied */
} State;

typedef struct
{
  Runner *runner;
  GArray *given;     /* RunInput */
  GArray *states;    /* State */
  GPtrArray *inputs; /* StrataTensor, of the step */
  GPtrArray *rows;   /* per output: GByteArray of all steps; NULL: only the last is kept */
  int n_steps;
} Steps;

static void
clear_state (gpointer data)
{
  g_clear_pointer (&((State *) data)->tokens, g_array_unref);
}

static int
find_name (guint n, StrataModel *model, const char *(*get_name) (StrataModel *model, guint index), const char *name)
{
  for (guint i = 0; i < n; i++)
    if (g_str_equal (get_name (model, i), name))
      return (int) i;
  return -1;
}

static gboolean
is_integer (StrataDtype dtype)
{
  return dtype != STRATA_DTYPE_F16 && dtype != STRATA_DTYPE_F32 && dtype != STRATA_DTYPE_F64
         && dtype != STRATA_DTYPE_BOOL;
}

static gboolean
add_state (Steps *steps, const char *output, const char *input, GError **error)
{
  StrataModel *model = steps->runner->model;
  int from = find_name (strata_model_get_n_outputs (model), model, strata_model_get_output_name, output);
  int to = find_name (strata_model_get_n_inputs (model), model, strata_model_get_input_name, input);
  State state = { (guint) from, (guint) to, NULL };

  if (from < 0 || to < 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--state %s=%s: the model has no %s %s; `strata info` lists inputs and outputs", output, input,
                   from < 0 ? "output" : "input", from < 0 ? output : input);
      return FALSE;
    }
  g_array_append_val (steps->states, state);
  if (is_integer (strata_model_get_input_dtype (model, state.input))
      && !is_integer (strata_model_get_output_dtype (model, state.output)))
    g_array_index (steps->states, State, steps->states->len - 1).tokens = g_array_new (FALSE, FALSE, sizeof (gint64));
  return TRUE;
}

/* The text that * of @pattern stands for in @name; NULL: it does not match */
static char *
match (const char *pattern, const char *name)
{
  const char *star = strchr (pattern, '*');
  gsize n_before = (gsize) (star - pattern), n_after = strlen (star + 1), n = strlen (name);

  if (n < n_before + n_after || strncmp (name, pattern, n_before) != 0 || strcmp (name + n - n_after, star + 1) != 0)
    return NULL;
  return g_strndup (name + n_before, n - n_before - n_after);
}

static gboolean
add_pattern (Steps *steps, const char *output, const char *input, GError **error)
{
  StrataModel *model = steps->runner->model;
  g_auto (GStrv) parts = g_strsplit (input, "*", 2);
  guint n_before = steps->states->len;

  for (guint i = 0; i < strata_model_get_n_outputs (model); i++)
    {
      const char *name = strata_model_get_output_name (model, i);
      g_autofree char *middle = match (output, name);
      g_autofree char *to = middle == NULL ? NULL : g_strconcat (parts[0], middle, parts[1], NULL);

      if (to != NULL && !add_state (steps, name, to, error))
        return FALSE;
    }
  if (steps->states->len > n_before)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--state %s=%s: no output matches; `strata info` lists them", output, input);
  return FALSE;
}

static gboolean
read_states (Steps *steps, GError **error)
{
  for (char **text = steps->runner->options->states; text != NULL && *text != NULL; text++)
    {
      const char *equals = strchr (*text, '=');
      g_autofree char *output = equals == NULL ? NULL : g_strndup (*text, (gsize) (equals - *text));
      gboolean has_star = output != NULL && strchr (output, '*') != NULL;

      if (output == NULL || has_star != (strchr (equals + 1, '*') != NULL))
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       "--state %s: OUTPUT=INPUT is accepted, with one * in both or in neither", *text);
          return FALSE;
        }
      if (!(has_star ? add_pattern : add_state) (steps, output, equals + 1, error))
        return FALSE;
    }
  return TRUE;
}

static const State *
find_state (const Steps *steps, guint index, gboolean is_input)
{
  for (guint i = 0; i < steps->states->len; i++)
    {
      const State *state = &g_array_index (steps->states, State, i);

      if ((is_input ? state->input : state->output) == index)
        return state;
    }
  return NULL;
}

/* Inputs of the first step: given, or zeros for states */
static gboolean
make_first_inputs (Steps *steps, GError **error)
{
  static const RunInput zero = { .is_number = TRUE };

  for (guint i = 0; i < steps->given->len; i++)
    {
      const RunInput *given = &g_array_index (steps->given, RunInput, i);
      gboolean is_given = given->tensor != NULL || given->is_number || given->is_step;
      StrataTensor *tensor = run_make_input (
        steps->runner, i, is_given || find_state (steps, i, TRUE) == NULL ? given : &zero, 0, steps->n_steps, error);

      if (tensor == NULL)
        return FALSE;
      g_ptr_array_add (steps->inputs, tensor);
    }
  return TRUE;
}

/* Index of the greatest element of each row of the last axis; of the last rows, where there are more than @n. */
static StrataTensor *
take_indices (const Steps *steps, const State *state, StrataTensor *output, GError **error)
{
  StrataModel *model = steps->runner->model;
  StrataDtype dtype = strata_model_get_input_dtype (model, state->input);
  gint64 n = run_count_input (steps->runner, state->input), n_all = strata_tensor_get_n_elements (output);
  guint n_dims, n_out_dims;
  const gint64 *dims = strata_model_get_input_shape (model, state->input, &n_dims);
  const gint64 *out_dims = strata_tensor_get_shape (output, &n_out_dims);
  gint64 width = n_out_dims == 0 ? 1 : out_dims[n_out_dims - 1];
  gsize size = strata_dtype_size (dtype);
  guint8 *data;
  g_autoptr (GBytes) bytes = NULL;

  if (width < 1 || n < 1 || n_all / width < n)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--state: %s has %" G_GINT64_FORMAT " rows to take an index from, and %s wants %" G_GINT64_FORMAT
                   " of them; give an output with a row for each",
                   strata_model_get_output_name (model, state->output), width < 1 ? 0 : n_all / width,
                   strata_model_get_input_name (model, state->input), n);
      return NULL;
    }
  data = g_malloc0 ((gsize) n * size);
  bytes = g_bytes_new_take (data, (gsize) n * size);
  for (gint64 row = 0; row < n; row++)
    {
      gint64 first = (n_all / width - n + row) * width, best = 0;

      for (gint64 i = 1; i < width; i++)
        if (strata_tensor_get_value (output, first + i) > strata_tensor_get_value (output, first + best))
          best = i;
      memcpy (data + (gsize) row * size, &best, size); /* little-endian */
      g_array_append_val (state->tokens, best);
    }
  return strata_tensor_new (dtype, dims, n_dims, bytes, error);
}

/* The axis along which @output is longer than the input; -1: shapes agree; -2: neither */
static int
find_longer_axis (const gint64 *in, guint n_in, const gint64 *out, guint n_out)
{
  int axis = -1;

  if (n_in != n_out)
    return -2;
  for (guint d = 0; d < n_in; d++)
    if (in[d] != out[d])
      {
        if (axis >= 0 || out[d] < in[d])
          return -2;
        axis = (int) d;
      }
  return axis;
}

static StrataTensor *
keep_end (StrataTensor *output, int axis, const gint64 *dims, guint n_dims, GError **error)
{
  const gint64 *out = strata_tensor_get_shape (output, &n_dims);
  gsize block = strata_dtype_size (strata_tensor_get_dtype (output)), outer = 1;
  const guint8 *from = g_bytes_get_data (strata_tensor_get_bytes (output), NULL);
  gsize kept, whole;
  guint8 *data;
  g_autoptr (GBytes) bytes = NULL;

  for (int d = 0; d < axis; d++)
    outer *= (gsize) dims[d];
  for (guint d = (guint) axis + 1; d < n_dims; d++)
    block *= (gsize) dims[d];
  kept = block * (gsize) dims[axis];
  whole = block * (gsize) out[axis];
  data = g_malloc (outer * kept + 1);
  for (gsize i = 0; i < outer; i++)
    memcpy (data + i * kept, from + (i + 1) * whole - kept, kept);
  bytes = g_bytes_new_take (data, outer * kept);
  return strata_tensor_new (strata_tensor_get_dtype (output), dims, n_dims, bytes, error);
}

static StrataTensor *
take_copy (const Steps *steps, const State *state, StrataTensor *output, GError **error)
{
  StrataModel *model = steps->runner->model;
  guint n_in, n_out;
  const gint64 *in = strata_model_get_input_shape (model, state->input, &n_in);
  const gint64 *out = strata_tensor_get_shape (output, &n_out);
  int axis = find_longer_axis (in, n_in, out, n_out);
  g_autofree char *wanted = cli_shape (in, n_in), *have = cli_shape (out, n_out);

  if (strata_tensor_get_dtype (output) == strata_model_get_input_dtype (model, state->input))
    {
      if (axis == -1 || strata_tensor_get_n_elements (output) == run_count_input (steps->runner, state->input))
        return g_object_ref (output);
      if (axis >= 0)
        return keep_end (output, axis, in, n_in, error);
    }
  g_set_error (
    error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
    "--state: %s is %s %s and cannot become %s, %s %s; the type must be the same, and the shape too but for one "
    "axis, along which the output may be longer",
    strata_model_get_output_name (model, state->output), strata_dtype_name (strata_tensor_get_dtype (output)), have,
    strata_model_get_input_name (model, state->input),
    strata_dtype_name (strata_model_get_input_dtype (model, state->input)), wanted);
  return NULL;
}

/* Inputs of step @step: states from the outputs of the one before, others as given */
static gboolean
make_next_inputs (Steps *steps, GPtrArray *outputs, int step, GError **error)
{
  for (guint i = 0; i < steps->inputs->len; i++)
    {
      const State *state = find_state (steps, i, TRUE);
      StrataTensor *tensor;

      if (step == steps->n_steps && (state == NULL || state->tokens == NULL))
        continue;
      if (state == NULL)
        tensor =
          run_make_input (steps->runner, i, &g_array_index (steps->given, RunInput, i), step, steps->n_steps, error);
      else if (state->tokens != NULL)
        tensor = take_indices (steps, state, outputs->pdata[state->output], error);
      else
        tensor = take_copy (steps, state, outputs->pdata[state->output], error);
      if (tensor == NULL)
        return FALSE;
      g_clear_object (&steps->inputs->pdata[i]);
      steps->inputs->pdata[i] = tensor;
    }
  return TRUE;
}

static void
keep_rows (Steps *steps, GPtrArray *outputs)
{
  for (guint i = 0; steps->runner->cli->output != NULL && i < outputs->len; i++)
    {
      const State *state = find_state (steps, i, FALSE);
      gsize n_bytes;
      const guint8 *data = g_bytes_get_data (strata_tensor_get_bytes (outputs->pdata[i]), &n_bytes);

      if (state != NULL && state->tokens == NULL)
        continue;
      if (steps->rows->pdata[i] == NULL)
        steps->rows->pdata[i] = g_byte_array_new ();
      g_byte_array_append (steps->rows->pdata[i], data, (guint) n_bytes);
    }
}

static GPtrArray *
run_all (Steps *steps, GError **error)
{
  Cli *cli = steps->runner->cli;
  g_autoptr (GPtrArray) outputs = NULL;

  for (int step = 0; step < steps->n_steps; step++)
    {
      g_clear_pointer (&outputs, g_ptr_array_unref);
      outputs = runner_run (steps->runner, steps->inputs, error);
      if (outputs == NULL)
        return NULL;
      keep_rows (steps, outputs);
      if (!make_next_inputs (steps, outputs, step + 1, error))
        return NULL;
      cli_progress ((step + 1.0) / steps->n_steps, "steps", cli);
    }
  cli_progress_clear (cli);
  return g_steal_pointer (&outputs);
}

/* [steps, dims…] of what was kept of every step, else the last output as it is */
static char *
save (Steps *steps, guint output, StrataTensor *last, GError **error)
{
  Cli *cli = steps->runner->cli;
  GByteArray *rows = steps->rows->pdata[output];
  g_autofree char *name = runner_get_output_name (steps->runner, output);
  g_autoptr (StrataTensor) all = NULL;
  g_autoptr (GBytes) bytes = NULL;
  guint n_dims;
  const gint64 *dims = strata_tensor_get_shape (last, &n_dims);
  gint64 stacked[9] = { steps->n_steps };

  if (rows == NULL || n_dims >= 8)
    return run_save_output (cli, name, last, error);
  memcpy (stacked + 1, dims, sizeof *dims * n_dims);
  bytes = g_bytes_new (rows->data, rows->len);
  all = strata_tensor_new (strata_tensor_get_dtype (last), stacked, n_dims + 1, bytes, error);
  return all == NULL ? NULL : run_save_output (cli, name, all, error);
}

static void
report_tokens (Steps *steps, JsonBuilder *builder)
{
  if (builder != NULL)
    {
      json_builder_set_member_name (builder, "fed");
      json_builder_begin_object (builder);
    }
  for (guint i = 0; i < steps->states->len; i++)
    {
      const State *state = &g_array_index (steps->states, State, i);
      const char *name = strata_model_get_input_name (steps->runner->model, state->input);
      g_autoptr (GString) text = g_string_new (NULL);

      if (state->tokens == NULL)
        continue;
      if (builder != NULL)
        {
          json_builder_set_member_name (builder, name);
          json_builder_begin_array (builder);
        }
      for (guint k = 0; k < state->tokens->len; k++)
        if (builder != NULL)
          json_builder_add_int_value (builder, g_array_index (state->tokens, gint64, k));
        else
          g_string_append_printf (text, "%s%" G_GINT64_FORMAT, k == 0 ? "" : " ",
                                  g_array_index (state->tokens, gint64, k));
      if (builder != NULL)
        json_builder_end_array (builder);
      else
        g_print ("%s  %s\n", name, text->str);
    }
  if (builder != NULL)
    json_builder_end_object (builder);
}

static gboolean
report (Steps *steps, GPtrArray *outputs, GError **error)
{
  Cli *cli = steps->runner->cli;
  JsonBuilder *builder;
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  if (!run_make_folder (cli, error))
    return FALSE;
  for (guint i = 0; cli->output != NULL && i < outputs->len; i++)
    {
      char *path = save (steps, i, outputs->pdata[i], error);

      if (path == NULL)
        return FALSE;
      g_ptr_array_add (paths, path);
    }
  builder = cli->json ? cli_json_begin (cli) : NULL;
  if (builder != NULL)
    cli_json_int (builder, "steps", steps->n_steps);
  report_tokens (steps, builder);
  if (builder != NULL)
    {
      json_builder_set_member_name (builder, "paths");
      json_builder_begin_array (builder);
      for (guint i = 0; i < paths->len; i++)
        json_builder_add_string_value (builder, paths->pdata[i]);
      json_builder_end_array (builder);
      cli_json_string (builder, "analog",
                       steps->runner->program == NULL ? "reference" : cli_analog_name (steps->runner->analog));
      cli_json_end (cli, builder);
      return TRUE;
    }
  for (guint i = 0; i < paths->len; i++)
    g_print ("%s\n", (char *) paths->pdata[i]);
  g_print ("%d step%s\n", steps->n_steps, steps->n_steps == 1 ? "" : "s");
  return TRUE;
}

static void
free_rows (gpointer rows)
{
  if (rows != NULL)
    g_byte_array_unref (rows);
}

static void
clear_tensor (gpointer tensor)
{
  g_clear_object (&tensor);
}

int
run_steps (Runner *runner, GError **error)
{
  g_autoptr (GArray) given = run_read_inputs (runner, error);
  g_autoptr (GArray) states = g_array_new (FALSE, TRUE, sizeof (State));
  g_autoptr (GPtrArray) inputs = g_ptr_array_new_with_free_func (clear_tensor);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (free_rows);
  g_autoptr (GPtrArray) outputs = NULL;
  Steps steps = { runner, given, states, inputs, rows, MAX (runner->options->n_steps, 1) };

  g_array_set_clear_func (states, clear_state);
  if (given == NULL)
    return -1;
  if (runner->model == NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--state needs the names of the model, whose file is gone; give the model");
      return -1;
    }
  g_ptr_array_set_size (rows, (int) strata_model_get_n_outputs (runner->model));
  if (!read_states (&steps, error) || !make_first_inputs (&steps, error))
    return -1;
  outputs = run_all (&steps, error);
  return outputs != NULL && report (&steps, outputs, error) ? CLI_EXIT_DONE : -1;
}
