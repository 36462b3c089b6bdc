/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors in memory of their own.
 */
#include <string.h>

#include "model/exec/exec.h"

static gsize
set_shape (StrataArray *array, StrataDtype dtype, int n_dims, const gint64 *dims)
{
  array->dtype = dtype;
  array->n_dims = n_dims;
  for (int i = 0; i < n_dims; i++)
    array->dims[i] = dims[i];
  array->n_bytes = (gsize) strata_array_count (array) * strata_dtype_size (dtype);
  return MAX (array->n_bytes, 1);
}

StrataArray *
strata_array_new (StrataDtype dtype, int n_dims, const gint64 *dims)
{
  StrataArray *array = g_new0 (StrataArray, 1);

  array->data = g_malloc0 (set_shape (array, dtype, n_dims, dims));
  return array;
}

StrataArray *
strata_array_try_new (StrataDtype dtype, int n_dims, const gint64 *dims)
{
  StrataArray *array = g_new0 (StrataArray, 1);

  array->data = g_try_malloc (set_shape (array, dtype, n_dims, dims));
  if (array->data == NULL)
    g_clear_pointer (&array, g_free);
  return array;
}

StrataArray *
strata_array_copy (const StrataArray *array)
{
  StrataArray *copy = strata_array_new (array->dtype, array->n_dims, array->dims);

  memcpy (copy->data, array->data, array->n_bytes);
  return copy;
}

void
strata_array_free (StrataArray *array)
{
  if (array == NULL)
    return;
  g_free (array->data);
  g_free (array);
}

gint64
strata_array_count (const StrataArray *array)
{
  gint64 count = 1;

  for (int i = 0; i < array->n_dims; i++)
    count *= array->dims[i];
  return count;
}

StrataArray
strata_value_view (const StrataValue *value)
{
  StrataArray view = { value->dtype, value->n_dims, { 0 }, (void *) strata_value_bytes (value), value->n_bytes };

  memcpy (view.dims, value->dims, sizeof view.dims);
  return view;
}
