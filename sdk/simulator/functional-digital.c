/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors of the quantised graph as ONNX sees them, and back: order (tokens have the channels last, planes first),
 * type, codes and reals. What the network takes and returns, and what DIGITAL ops compute on.
 */
#include "simulator/functional-private.h"

#include <math.h>

/* --- one element --- */

static double
read_element (const StrataArray *array, gsize i)
{
  switch (array->dtype)
    {
    case STRATA_DTYPE_I8:
      return ((const gint8 *) array->data)[i];
    case STRATA_DTYPE_U8:
    case STRATA_DTYPE_BOOL:
      return ((const guint8 *) array->data)[i];
    case STRATA_DTYPE_I16:
      return ((const gint16 *) array->data)[i];
    case STRATA_DTYPE_U16:
      return ((const guint16 *) array->data)[i];
    case STRATA_DTYPE_I32:
      return ((const gint32 *) array->data)[i];
    case STRATA_DTYPE_U32:
      return ((const guint32 *) array->data)[i];
    case STRATA_DTYPE_I64:
      return (double) ((const gint64 *) array->data)[i];
    case STRATA_DTYPE_U64:
      return (double) ((const guint64 *) array->data)[i];
    default:
      g_assert_not_reached ();
    }
}

static void
write_element (StrataArray *array, gsize i, gint32 value)
{
  switch (array->dtype)
    {
    case STRATA_DTYPE_I8:
    case STRATA_DTYPE_U8:
    case STRATA_DTYPE_BOOL:
      ((guint8 *) array->data)[i] = (guint8) value;
      break;
    case STRATA_DTYPE_I16:
    case STRATA_DTYPE_U16:
      ((guint16 *) array->data)[i] = (guint16) value;
      break;
    case STRATA_DTYPE_I32:
    case STRATA_DTYPE_U32:
      ((gint32 *) array->data)[i] = value;
      break;
    case STRATA_DTYPE_I64:
    case STRATA_DTYPE_U64:
      ((gint64 *) array->data)[i] = value;
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Place in the tensor of element @i of its ONNX value */
static inline gsize
place_of (const StrataQTensor *info, gsize i)
{
  gsize channels = (gsize) info->channels;

  return info->tokens ? i % channels * (gsize) info->height + i / channels : i;
}

/* --- whole tensors --- */

/* In the order and type of its ONNX value, of the shape of @value or, where that is NULL, its own */
static StrataArray *
to_array (const StrataQTensor *info, const StrataFunctionalTensor *tensor, const StrataValue *value)
{
  const gint64 planes[] = { 1, info->channels, info->height, info->width };
  const gint64 tokens[] = { 1, info->height, info->channels };
  gboolean vector = info->height == 1 && info->width == 1;
  StrataDtype dtype = info->format == STRATA_FORMAT_I32 ? info->dtype : STRATA_DTYPE_F32;
  gsize n = (gsize) strata_qtensor_count (info);
  StrataArray *array;

  if (value != NULL)
    array = strata_array_new (dtype, value->n_dims, value->dims);
  else if (info->tokens)
    array = strata_array_new (dtype, 3, tokens);
  else
    array = strata_array_new (dtype, vector ? 2 : 4, planes);
  for (gsize i = 0; i < n; i++)
    {
      gsize at = place_of (info, i);

      if (info->format == STRATA_FORMAT_F32)
        ((float *) array->data)[i] = tensor->reals[at];
      else if (info->format == STRATA_FORMAT_I32)
        write_element (array, i, tensor->integers[at]);
      else
        ((float *) array->data)[i] = (float) (info->scale * (tensor->codes[at] - info->zero_point));
    }
  return array;
}

/* NaN becomes zero, as a converter of a real unit would have to give some code. */
static gint16
quantise (const StrataQTensor *info, double x)
{
  int lo = info->format == STRATA_FORMAT_I8 ? -128 : -32768, hi = info->format == STRATA_FORMAT_I8 ? 127 : 32767;

  return isnan (x) ? (gint16) info->zero_point : (gint16) CLAMP (rint (x / info->scale) + info->zero_point, lo, hi);
}

/* And back, quantised */
static void
from_array (const StrataQTensor *info, const StrataArray *array, StrataFunctionalTensor *tensor)
{
  gsize n = (gsize) strata_qtensor_count (info);

  strata_functional_tensor_allocate (info, tensor);
  for (gsize i = 0; i < n; i++)
    {
      gsize at = place_of (info, i);

      if (info->format == STRATA_FORMAT_I32)
        tensor->integers[at] = (gint32) CLAMP (read_element (array, i), G_MININT32, G_MAXINT32);
      else if (info->format == STRATA_FORMAT_F32)
        tensor->reals[at] = ((const float *) array->data)[i];
      else
        tensor->codes[at] = quantise (info, (double) ((const float *) array->data)[i]);
    }
}

static void
free_arrays (StrataArray **arrays, int n)
{
  for (int i = 0; i < n; i++)
    strata_array_free (arrays[i]);
  g_free (arrays);
}

gboolean
strata_functional_execute_digital (const StrataQGraph *graph,
                                   const StrataQOp *op,
                                   StrataExecutor *executor,
                                   StrataFunctionalTensor *tensors,
                                   GCancellable *cancellable,
                                   GError **error)
{
  const StrataGraph *model = op->digital->graph;
  StrataArray **inputs = g_new0 (StrataArray *, op->n_inputs + 1);
  StrataArray **outputs = g_new0 (StrataArray *, model->n_outputs + 1);
  gboolean ok;

  for (int i = 0; i < op->n_inputs; i++)
    inputs[i] = to_array (&graph->tensors[op->inputs[i]], &tensors[op->inputs[i]], &model->values[model->inputs[i]]);
  ok = strata_executor_run (executor, (const StrataArray *const *) inputs, outputs, NULL, NULL, cancellable, error);
  for (int i = 0; ok && i < model->n_outputs; i++)
    from_array (&graph->tensors[strata_qop_output (op, i)], outputs[i], &tensors[strata_qop_output (op, i)]);
  free_arrays (inputs, op->n_inputs);
  free_arrays (outputs, model->n_outputs);
  if (!ok)
    g_prefix_error (error, "layer %s: ", op->name);
  return ok;
}

/* --- the network's edges --- */

static StrataDtype
dtype_of (const StrataQTensor *info)
{
  static const StrataDtype dtypes[] = { STRATA_DTYPE_I8, STRATA_DTYPE_I16, STRATA_DTYPE_F32 };

  return info->format == STRATA_FORMAT_I32 ? info->dtype : dtypes[info->format];
}

gboolean
strata_functional_read_input (
  const StrataQGraph *graph, int input, const StrataArray *array, StrataFunctionalTensor *tensor, GError **error)
{
  const StrataQTensor *info = &graph->tensors[graph->inputs[input]];
  gsize n = (gsize) strata_qtensor_count (info);

  if (array == NULL || array->dtype != dtype_of (info) || strata_array_count (array) != (gint64) n)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "input %s: got %" G_GINT64_FORMAT " elements of %s; it takes %" G_GSIZE_FORMAT " of %s", info->name,
                   array != NULL ? strata_array_count (array) : 0,
                   array != NULL ? strata_dtype_name (array->dtype) : "nothing", n,
                   strata_dtype_name (dtype_of (info)));
      return FALSE;
    }
  if (info->format == STRATA_FORMAT_F32 || info->format == STRATA_FORMAT_I32)
    {
      from_array (info, array, tensor);
      return TRUE;
    }
  strata_functional_tensor_allocate (info, tensor);
  for (gsize i = 0; i < n; i++)
    tensor->codes[place_of (info, i)] = (gint16) read_element (array, i);
  return TRUE;
}

StrataArray *
strata_functional_write_output (const StrataQTensor *info, const StrataFunctionalTensor *tensor)
{
  const gint64 planes[] = { 1, info->channels, info->height, info->width };
  const gint64 tokens[] = { 1, info->height, info->channels };
  gsize n = (gsize) strata_qtensor_count (info);
  StrataArray *array;

  if (info->format == STRATA_FORMAT_F32 || info->format == STRATA_FORMAT_I32)
    return to_array (info, tensor, NULL);
  array = info->tokens ? strata_array_new (dtype_of (info), 3, tokens)
                       : strata_array_new (dtype_of (info), info->height == 1 && info->width == 1 ? 2 : 4, planes);
  for (gsize i = 0; i < n; i++)
    if (info->format == STRATA_FORMAT_I16)
      ((gint16 *) array->data)[i] = tensor->codes[place_of (info, i)];
    else
      ((gint8 *) array->data)[i] = (gint8) tensor->codes[place_of (info, i)];
  return array;
}
