/* SPDX-License-Identifier: Apache-2.0
 *
 * --input of `strata run`: files, numbers and step counters, as tensors of the model's types.
 */
#include "runner.h"

#include <string.h>

static void
clear_input (gpointer data)
{
  g_clear_object (&((RunInput *) data)->tensor);
}

static gboolean
read_number (const char *text, double *number)
{
  char *end = NULL;

  *number = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && !g_file_test (text, G_FILE_TEST_EXISTS);
}

/* What stands behind the name: a file, a number, or @step */
static gboolean
read_value (const char *text, RunInput *input, GError **error)
{
  *input = (RunInput){ 0 };
  input->is_step = g_str_equal (text, "@step");
  input->is_number = !input->is_step && read_number (text, &input->number);
  if (input->is_step || input->is_number)
    return TRUE;
  input->tensor = strata_tensor_load (text, error);
  return input->tensor != NULL;
}

/* NAME of "NAME=VALUE"; NULL for a lone value, which is the first input's. Names may have a '=' of their own. */
static char *
split_name (Runner *runner, const char *text, const char **value)
{
  const char *equals = strchr (text, '=');

  *value = equals == NULL ? text : equals + 1;
  for (guint i = 0; runner->model != NULL && i < runner_get_n_inputs (runner); i++)
    {
      const char *name = runner_get_input_name (runner, i);

      if (g_str_has_prefix (text, name) && text[strlen (name)] == '=')
        {
          *value = text + strlen (name) + 1;
          return g_strdup (name);
        }
    }
  return equals == NULL ? NULL : g_strndup (text, (gsize) (equals - text));
}

/* What the model is opened by: tensors, and whole numbers as scalars, which conditions may depend on. */
static StrataTensor *
make_example (const RunInput *input)
{
  gint64 value = (gint64) input->number;
  g_autoptr (GBytes) bytes = NULL;

  if (input->tensor != NULL)
    return g_object_ref (input->tensor);
  if (!input->is_number || (double) value != input->number)
    return NULL;
  bytes = g_bytes_new (&value, sizeof value);
  return strata_tensor_new (STRATA_DTYPE_I64, NULL, 0, bytes, NULL);
}

static gboolean
open_by_examples (Runner *runner, GPtrArray *names, GArray *given, GError **error)
{
  g_autoptr (GPtrArray) tensors = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) known = g_ptr_array_new ();

  for (guint i = 0; i < names->len; i++)
    {
      StrataTensor *tensor = make_example (&g_array_index (given, RunInput, i));

      if (tensor == NULL)
        continue;
      g_ptr_array_add (tensors, tensor);
      g_ptr_array_add (known, names->pdata[i]);
    }
  return runner_open_for (runner, tensors, (const char *const *) known->pdata, error);
}

static int
find_input (Runner *runner, const char *name)
{
  for (guint i = 0; name != NULL && i < runner_get_n_inputs (runner); i++)
    if (g_strcmp0 (name, runner_get_input_name (runner, i)) == 0)
      return (int) i;
  /* a program without its model knows no names, and has one input */
  return name == NULL || runner->model == NULL ? 0 : -1;
}

/* Whether @name was made a constant when the model was opened; what is given for it must be that then. */
static gboolean
find_bound (Runner *runner, const char *name, guint *bound)
{
  for (guint i = 0; runner->model != NULL && name != NULL && i < strata_model_get_n_bound (runner->model); i++)
    if (g_str_equal (strata_model_get_bound_name (runner->model, i), name))
      {
        *bound = i;
        return TRUE;
      }
  return FALSE;
}

static gboolean
place_inputs (Runner *runner, GPtrArray *names, GArray *given, GArray *inputs, GError **error)
{
  for (guint i = 0; i < given->len; i++)
    {
      RunInput *input = &g_array_index (given, RunInput, i);
      int index = find_input (runner, names->pdata[i]);
      g_autoptr (StrataTensor) example = make_example (input);
      guint bound = 0;

      if (index >= 0)
        {
          clear_input (&g_array_index (inputs, RunInput, index));
          g_array_index (inputs, RunInput, index) = *input;
          input->tensor = NULL;
        }
      else if (example != NULL && find_bound (runner, names->pdata[i], &bound))
        {
          if (!cli_check_bound (runner->model, bound, example, error))
            {
              g_prefix_error (error, "--input: ");
              return FALSE;
            }
        }
      else if (runner->program != NULL || example == NULL)
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       "--input %s: no such input; `strata info` lists them", (char *) names->pdata[i]);
          return FALSE;
        }
    }
  return TRUE;
}

GArray *
run_read_inputs (Runner *runner, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) given = g_array_new (FALSE, TRUE, sizeof (RunInput));
  g_autoptr (GArray) inputs = g_array_new (FALSE, TRUE, sizeof (RunInput));

  g_array_set_clear_func (given, clear_input);
  g_array_set_clear_func (inputs, clear_input);
  for (char **text = runner->options->inputs; text != NULL && *text != NULL; text++)
    {
      const char *value;
      char *name = split_name (runner, *text, &value);
      RunInput input;

      g_ptr_array_add (names, name);
      if (!read_value (value, &input, error))
        return NULL;
      g_array_append_val (given, input);
    }
  if (!open_by_examples (runner, names, given, error))
    return NULL;
  g_array_set_size (inputs, runner_get_n_inputs (runner));
  return place_inputs (runner, names, given, inputs, error) ? g_steal_pointer (&inputs) : NULL;
}

gint64
run_count_input (Runner *runner, guint input)
{
  guint n_dims;
  const gint64 *dims = strata_model_get_input_shape (runner->model, input, &n_dims);
  gint64 n = 1;

  for (guint i = 0; i < n_dims; i++)
    n *= dims[i];
  return n;
}

static void
put_number (guint8 *to, StrataDtype dtype, double number)
{
  switch (dtype)
    {
    case STRATA_DTYPE_F32:
      *(float *) (gpointer) to = (float) number;
      break;
    case STRATA_DTYPE_F64:
      *(double *) (gpointer) to = number;
      break;
    case STRATA_DTYPE_I32:
    case STRATA_DTYPE_U32:
      *(gint32 *) (gpointer) to = (gint32) (gint64) number;
      break;
    case STRATA_DTYPE_I64:
    case STRATA_DTYPE_U64:
      *(gint64 *) (gpointer) to = (gint64) number;
      break;
    case STRATA_DTYPE_I16:
    case STRATA_DTYPE_U16:
      *(gint16 *) (gpointer) to = (gint16) (gint64) number;
      break;
    default:
      *to = (guint8) (gint64) number;
    }
}

/* Every element is @number. */
static StrataTensor *
fill (Runner *runner, guint input, double number, GError **error)
{
  StrataDtype dtype = strata_model_get_input_dtype (runner->model, input);
  gsize width = strata_dtype_size (dtype);
  gint64 n = run_count_input (runner, input);
  guint n_dims;
  const gint64 *dims = strata_model_get_input_shape (runner->model, input, &n_dims);
  guint8 *data;
  g_autoptr (GBytes) bytes = NULL;

  if (dtype == STRATA_DTYPE_F16)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--input %s: the input is float16; give it as a file", runner_get_input_name (runner, input));
      return NULL;
    }
  data = g_malloc0 ((gsize) MAX (n, 1) * width);
  for (gint64 i = 0; i < n; i++)
    put_number (data + (gsize) i * width, dtype, number);
  bytes = g_bytes_new_take (data, (gsize) n * width);
  return strata_tensor_new (dtype, dims, n_dims, bytes, error);
}

/* Part @step of @n_steps equal ones */
static StrataTensor *
take_step (StrataTensor *tensor, int step, int n_steps, GError **error)
{
  guint n_dims;
  const gint64 *dims = strata_tensor_get_shape (tensor, &n_dims);
  gsize n_bytes = g_bytes_get_size (strata_tensor_get_bytes (tensor)) / (gsize) n_steps;
  g_autoptr (GBytes) bytes = g_bytes_new_from_bytes (strata_tensor_get_bytes (tensor), (gsize) step * n_bytes, n_bytes);

  return strata_tensor_new (strata_tensor_get_dtype (tensor), dims + 1, n_dims - 1, bytes, error);
}

StrataTensor *
run_make_input (Runner *runner, guint input, const RunInput *given, int step, int n_steps, GError **error)
{
  guint n_dims;
  const gint64 *dims;

  if (given->is_number || given->is_step)
    {
      if (runner->model != NULL)
        return fill (runner, input, given->is_step ? step : given->number, error);
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--input: a number needs the model, which tells the shape; give a file");
      return NULL;
    }
  if (given->tensor == NULL)
    {
      const char *name = runner_get_input_name (runner, input);

      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "input %u (%s) is missing; give --input NAME=FILE.npy for each, or --test-data", input,
                   name == NULL ? "the only one" : name);
      return NULL;
    }
  dims = strata_tensor_get_shape (given->tensor, &n_dims);
  if (n_steps > 1 && n_dims > 0 && dims[0] == n_steps && runner->model != NULL
      && strata_tensor_get_n_elements (given->tensor) == n_steps * run_count_input (runner, input))
    return take_step (given->tensor, step, n_steps, error);
  return g_object_ref (given->tensor);
}
