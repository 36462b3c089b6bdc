/* SPDX-License-Identifier: Apache-2.0
 *
 * Picks and places elements by index; an index out of range is an error, a negative one counts from the end.
 */
#include <string.h>

#include "model/element.h"
#include "model/exec/exec.h"

static gboolean
read_index (const StrataArray *indices, gint64 i, gint64 dim, gint64 *index, GError **error)
{
  gint64 value = strata_element_int (indices->dtype, indices->data, i);

  *index = value < 0 ? value + dim : value;
  if (*index >= 0 && *index < dim)
    return TRUE;
  return strata_exec_fail (error, "index %" G_GINT64_FORMAT " is out of range for a dimension of %" G_GINT64_FORMAT,
                           value, dim);
}

static gint64
product (const gint64 *dims, int from, int to)
{
  gint64 n = 1;

  for (int d = from; d < to; d++)
    n *= dims[d];
  return n;
}

/* Flat place in @array of element @i of @indices, whose value replaces the index along @axis */
static gboolean
element_place (
  const StrataArray *array, const StrataArray *indices, gint64 axis, gint64 i, gint64 *place, GError **error)
{
  gint64 at = 0, stride = 1, rest = i, index;

  if (!read_index (indices, i, array->dims[axis], &index, error))
    return FALSE;
  for (int d = array->n_dims - 1; d >= 0; d--)
    {
      at += (d == axis ? index : rest % indices->dims[d]) * stride;
      rest /= indices->dims[d];
      stride *= array->dims[d];
    }
  *place = at;
  return TRUE;
}

gboolean
strata_exec_gather_elements (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *indices = run->in[1];
  gint64 axis = strata_node_int (run->node, "axis", 0), place;
  gsize size = strata_dtype_size (in->dtype);

  axis += axis < 0 ? in->n_dims : 0;
  for (gint64 i = 0; i < strata_array_count (indices); i++)
    {
      if (!element_place (in, indices, axis, i, &place, error))
        return FALSE;
      memcpy ((guint8 *) run->out[0]->data + (gsize) i * size, (const guint8 *) in->data + (gsize) place * size, size);
    }
  return TRUE;
}

/* Flat place of the slice that the @depth numbers of tuple @i name, below the first @batch dimensions */
static gboolean
tuple_place (const StrataArray *array, const StrataArray *indices, int batch, gint64 i, gint64 *place, GError **error)
{
  gint64 depth = indices->dims[indices->n_dims - 1];
  gint64 per_batch = product (indices->dims, batch, indices->n_dims - 1), index;

  *place = batch > 0 && per_batch > 0 ? i / per_batch : 0;
  for (int d = 0; d < depth; d++)
    {
      if (!read_index (indices, i * depth + d, array->dims[batch + d], &index, error))
        return FALSE;
      *place = *place * array->dims[batch + d] + index;
    }
  *place *= product (array->dims, batch + (int) depth, array->n_dims);
  return TRUE;
}

gboolean
strata_exec_gather_nd (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *indices = run->in[1];
  int batch = (int) strata_node_int (run->node, "batch_dims", 0);
  int depth = (int) indices->dims[indices->n_dims - 1];
  gsize size = strata_dtype_size (in->dtype) * (gsize) product (in->dims, batch + depth, in->n_dims);

  for (gint64 i = 0; i < strata_array_count (indices) / depth; i++)
    {
      gint64 place;

      if (!tuple_place (in, indices, batch, i, &place, error))
        return FALSE;
      memcpy ((guint8 *) run->out[0]->data + (gsize) i * size,
              (const guint8 *) in->data + (gsize) place * strata_dtype_size (in->dtype), size);
    }
  return TRUE;
}

static double
reduce_double (char how, double a, double b)
{
  return how == 'a' ? a + b : how == 'u' ? a * b : how == 'x' ? MAX (a, b) : MIN (a, b);
}

static gint64
reduce_int (char how, gboolean wide, gint64 a, gint64 b)
{
  gboolean less = wide ? (guint64) a < (guint64) b : a < b;

  return how == 'a'   ? (gint64) ((guint64) a + (guint64) b)
         : how == 'u' ? (gint64) ((guint64) a * (guint64) b)
                      : ((how == 'x') == less ? b : a);
}

/* none, add, mul, max, min: told apart by one letter */
static char
reduction_of (const StrataNode *node)
{
  const char *name = strata_node_string (node, "reduction", "none");

  return name[0] == 'm' ? (name[1] == 'u' ? 'u' : name[1] == 'a' ? 'x' : 'i') : name[0];
}

static void
place_elements (char how, StrataArray *out, gint64 at, const StrataArray *updates, gint64 from, gint64 n)
{
  gsize size = strata_dtype_size (out->dtype);

  if (how == 'n')
    memcpy ((guint8 *) out->data + (gsize) at * size, (const guint8 *) updates->data + (gsize) from * size,
            (gsize) n * size);
  else if (strata_dtype_is_float (out->dtype))
    for (gint64 i = 0; i < n; i++)
      strata_element_set_double (out->dtype, out->data, at + i,
                                 reduce_double (how, strata_element_double (out->dtype, out->data, at + i),
                                                strata_element_double (out->dtype, updates->data, from + i)));
  else
    for (gint64 i = 0; i < n; i++)
      strata_element_set_int (out->dtype, out->data, at + i,
                              reduce_int (how, out->dtype == STRATA_DTYPE_U64,
                                          strata_element_int (out->dtype, out->data, at + i),
                                          strata_element_int (out->dtype, updates->data, from + i)));
}

gboolean
strata_exec_scatter_elements (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *indices = run->in[1];
  gint64 axis = strata_node_int (run->node, "axis", 0), place;

  axis += axis < 0 ? in->n_dims : 0;
  memcpy (run->out[0]->data, in->data, in->n_bytes);
  for (gint64 i = 0; i < strata_array_count (indices); i++)
    {
      if (!element_place (in, indices, axis, i, &place, error))
        return FALSE;
      place_elements (reduction_of (run->node), run->out[0], place, run->in[2], i, 1);
    }
  return TRUE;
}

gboolean
strata_exec_scatter_nd (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *indices = run->in[1];
  int depth = (int) indices->dims[indices->n_dims - 1];
  gint64 n = product (in->dims, depth, in->n_dims), place;

  memcpy (run->out[0]->data, in->data, in->n_bytes);
  for (gint64 i = 0; i < strata_array_count (indices) / depth; i++)
    {
      if (!tuple_place (in, indices, 0, i, &place, error))
        return FALSE;
      place_elements (reduction_of (run->node), run->out[0], place, run->in[2], i * n, n);
    }
  return TRUE;
}
