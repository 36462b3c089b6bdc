/* SPDX-License-Identifier: Apache-2.0
 *
 * Inputs by what is given for them: numbers or a tensor make a constant, sizes close open dimensions.
 */
#include "model/onnx/given.h"

#include <string.h>

#include "model/element.h"
#include "model/onnx/dtype.h"

#define MAX_FILLED (1 << 20) /* elements of an input that one number is given for */

static gboolean G_GNUC_PRINTF (2, 3) refuse (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE, text);
  return FALSE;
}

static gboolean
suits (const StrataBinding *binding, const StrataOnnxInfo *info)
{
  return !binding->is_hint || binding->array == NULL
         || (strata_onnx_dtype (info->elem_type, NULL) == binding->array->dtype
             && (!info->has_shape || info->n_dims == binding->array->n_dims));
}

const StrataBinding *
strata_onnx_given_value (const StrataOnnxGiven *given, const StrataOnnxInfo *info)
{
  for (int i = 0; i < given->options->n_values; i++)
    if (g_str_equal (given->options->values[i].name, info->name))
      return suits (&given->options->values[i], info) ? &given->options->values[i] : NULL;
  return NULL;
}

/* The binding of a dimension, or of an input with that many dimensions; what was asked for goes before hints. */
static const StrataShapeBinding *
find_shape (StrataOnnxGiven *given, const char *name, int n_dims)
{
  int found = -1;

  for (int i = 0; name != NULL && i < given->options->n_shapes; i++)
    {
      const StrataShapeBinding *shape = &given->options->shapes[i];

      if (!g_str_equal (shape->name, name) || (shape->n_dims == 0) != (n_dims == 0)
          || (shape->is_hint && shape->n_dims != n_dims))
        continue;
      given->is_used[i] = TRUE;
      if (found < 0 || given->options->shapes[found].is_hint)
        found = i;
    }
  return found < 0 ? NULL : &given->options->shapes[found];
}

static gboolean
fits (const StrataShapeBinding *shape, const StrataValue *value)
{
  if (shape->n_dims != value->n_dims)
    return FALSE;
  for (int d = 0; d < value->n_dims; d++)
    if ((value->dims[d] != STRATA_ONNX_OPEN && value->dims[d] != shape->dims[d]) || shape->dims[d] < 0
        || shape->dims[d] > G_MAXINT32)
      return FALSE;
  return TRUE;
}

static char *
declared_shape (const StrataOnnxInfo *info, const StrataValue *value)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (int d = 0; d < value->n_dims; d++)
    if (value->dims[d] == STRATA_ONNX_OPEN)
      g_string_append_printf (text, "%s%s", d == 0 ? "" : "x", info->params[d] == NULL ? "?" : info->params[d]);
    else
      g_string_append_printf (text, "%s%" G_GINT64_FORMAT, d == 0 ? "" : "x", value->dims[d]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Open dimensions: bound by the input's whole shape, or by name. Of the others the first is taken for the batch and
 * becomes 1; the rest is listed and refused. */
static gboolean
close_dims (StrataOnnxGiven *given, const StrataOnnxInfo *info, StrataValue *value, GError **error)
{
  const StrataShapeBinding *shape = value->n_dims == 0 ? NULL : find_shape (given, value->name, value->n_dims);
  g_autofree char *declared = declared_shape (info, value);

  if (shape != NULL && fits (shape, value))
    memcpy (value->dims, shape->dims, sizeof value->dims);
  else if (shape != NULL && !shape->is_hint)
    return refuse (error, "input %s: the shape given for it does not fit %s; only open dimensions can be chosen",
                   value->name, declared);
  for (int d = 0; d < value->n_dims; d++)
    if (value->dims[d] == STRATA_ONNX_OPEN)
      {
        shape = find_shape (given, info->params[d], 0);
        if (shape == NULL && value->n_dims == 1)
          shape = find_shape (given, value->name, 0); /* "NAME=64" of an input of one dimension */
        if (shape != NULL && shape->dims[0] >= 0 && shape->dims[0] <= G_MAXINT32)
          value->dims[d] = shape->dims[0];
        else if (d == 0)
          value->dims[d] = 1;
        else
          {
            g_string_append_printf (given->open, "%s%s %s", given->open->len == 0 ? "" : ", ", value->name, declared);
            break;
          }
      }
  return TRUE;
}

/* Numbers for an input of known shape */
static gboolean
fill (StrataOnnxGiven *given, const StrataBinding *binding, StrataValue *value, GError **error)
{
  gint64 count = strata_value_count (value);
  guint8 *data;

  if (count < 0 || count > MAX_FILLED || (binding->n_numbers != 1 && binding->n_numbers != count))
    return refuse (error,
                   "input %s: %d number%s given for it, and it has %" G_GINT64_FORMAT
                   " elements; one for all of at most %d elements is accepted, or one for each",
                   value->name, binding->n_numbers, binding->n_numbers == 1 ? " is" : "s are", count, MAX_FILLED);
  value->n_bytes = (gsize) count * strata_dtype_size (value->dtype);
  data = strata_arena_array (given->graph->arena, guint8, value->n_bytes + 1);
  for (gint64 i = 0; i < count; i++)
    {
      double number = binding->numbers[binding->n_numbers == 1 ? 0 : i];

      strata_element_set_double (value->dtype, data, i, number);
      if (!strata_dtype_is_float (value->dtype) && strata_element_double (value->dtype, data, i) != number)
        return refuse (error, "input %s: %.17g is given for it, which is no %s", value->name, number,
                       strata_dtype_name (value->dtype));
    }
  value->data = data;
  return TRUE;
}

gboolean
strata_onnx_given_size (StrataOnnxGiven *given, const StrataOnnxInfo *info, StrataValue *value, GError **error)
{
  return strata_onnx_info_type (info, value, error) && close_dims (given, info, value, error);
}

gboolean
strata_onnx_given_bind (
  StrataOnnxGiven *given, const StrataBinding *binding, const StrataOnnxInfo *info, StrataValue *value, GError **error)
{
  const StrataArray *array = binding->array;
  StrataDtype declared = strata_onnx_dtype (info->elem_type, error);

  if (array == NULL)
    return strata_onnx_given_size (given, info, value, error) && fill (given, binding, value, error);
  if (declared == STRATA_DTYPE_INVALID)
    {
      g_prefix_error (error, "input %s: ", info->name);
      return FALSE;
    }
  if (declared != array->dtype)
    return refuse (error, "input %s: the tensor given for it is %s; the model declares %s", info->name,
                   strata_dtype_name (array->dtype), strata_dtype_name (declared));
  value->dtype = array->dtype;
  value->n_dims = array->n_dims;
  memcpy (value->dims, array->dims, sizeof value->dims);
  value->n_bytes = array->n_bytes;
  value->data = strata_arena_memdup (given->graph->arena, array->data, array->n_bytes);
  return TRUE;
}
