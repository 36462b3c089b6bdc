/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of signals: DFT, STFT, HannWindow, HammingWindow, BlackmanWindow, MelWeightMatrix. A real signal has a
 * last dimension of 1, a complex one of 2.
 */
#include "model/dft.h"

#include <string.h>

#include "model/onnx/dtype.h"
#include "model/operands.h"
#include "model/shape/shapes.h"

static gboolean
read_int (const StrataGraph *graph, const StrataNode *node, int input, gint64 fallback, gint64 *value, GError **error)
{
  int n;

  if (!strata_operand_ints (graph, node, NULL, input, 1, value, &n, error))
    return FALSE;
  if (n < 1)
    *value = fallback;
  return TRUE;
}

gboolean
strata_node_dft (const StrataGraph *graph, const StrataNode *node, StrataDft *dft, GError **error)
{
  const StrataValue *in = &graph->values[node->inputs[0]];
  gint64 axis = strata_node_int (node, "axis", 1), length;

  if (graph->opset >= 20 && !read_int (graph, node, 2, -2, &axis, error))
    return FALSE;
  if (in->n_dims < 2 || !strata_shape_axis (axis, in->n_dims, &dft->axis, error) || dft->axis == in->n_dims - 1)
    {
      g_clear_error (error);
      return strata_shape_fail (error,
                                "axis %" G_GINT64_FORMAT " is none of its signal; one before the last of %d dimensions "
                                "is accepted",
                                axis, in->n_dims);
    }
  dft->half = strata_node_int (node, "onesided", 0) != 0;
  length = in->dims[dft->axis];
  if (dft->half && strata_node_int (node, "inverse", 0) != 0)
    length = 2 * (length - 1);
  if (!read_int (graph, node, 1, length, &dft->length, error))
    return FALSE;
  if (dft->length < 1 || dft->length > G_MAXINT32)
    return strata_shape_fail (error, "its length is %" G_GINT64_FORMAT "; 1 to 2147483647 are accepted", dft->length);
  return TRUE;
}

/* The last dimension of a signal: 1 or 2 */
static gboolean
check_parts (const StrataValue *in, gboolean onesided, GError **error)
{
  gint64 parts = in->n_dims < 1 ? 0 : in->dims[in->n_dims - 1];

  if (parts != 1 && parts != 2)
    return strata_shape_fail (
      error, "its signal ends in a dimension of %" G_GINT64_FORMAT "; 1, real, and 2, complex, are accepted", parts);
  if (onesided && parts == 2)
    return strata_shape_fail (error, "onesided is 1 and its signal complex; half of the result is that of a real one");
  return TRUE;
}

gboolean
strata_shape_dft (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gboolean inverse = strata_node_int (shape->node, "inverse", 0) != 0;
  gint64 dims[STRATA_MAX_DIMS];
  StrataDft dft;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error)
      || !strata_node_dft (shape->graph, shape->node, &dft, error) || !check_parts (in, dft.half && !inverse, error))
    return FALSE;
  memcpy (dims, in->dims, sizeof dims);
  dims[dft.axis] = dft.half && !inverse ? dft.length / 2 + 1 : dft.length;
  dims[in->n_dims - 1] = dft.half && inverse ? 1 : 2;
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, dims, error);
}

gboolean
strata_node_frames (const StrataGraph *graph, const StrataNode *node, StrataFrames *frames, GError **error)
{
  const StrataValue *in = &graph->values[node->inputs[0]];
  const StrataValue *window = node->n_inputs > 2 && node->inputs[2] >= 0 ? &graph->values[node->inputs[2]] : NULL;
  gint64 n = in->dims[1];

  if (window != NULL && window->n_dims != 1)
    return strata_shape_fail (error, "its window has %d dimensions; 1 is needed", window->n_dims);
  if (!read_int (graph, node, 1, 0, &frames->step, error)
      || !read_int (graph, node, 3, window == NULL ? n : window->dims[0], &frames->length, error))
    return FALSE;
  if (frames->step < 1 || frames->length < 1 || frames->length > n
      || (window != NULL && window->dims[0] != frames->length))
    return strata_shape_fail (error,
                              "frames of %" G_GINT64_FORMAT " every %" G_GINT64_FORMAT " do not fit its window or a "
                              "signal of %" G_GINT64_FORMAT,
                              frames->length, frames->step, n);
  frames->n = (n - frames->length) / frames->step + 1;
  return TRUE;
}

gboolean
strata_shape_stft (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gboolean onesided = strata_node_int (shape->node, "onesided", 1) != 0;
  StrataFrames frames;
  gint64 dims[4];

  if (!strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error) || !strata_shape_agree (shape, 0, 2, error))
    return FALSE;
  if (in->n_dims != 3)
    return strata_shape_fail (error, "its signal has %d dimensions; 3 (batch, length, parts) are needed", in->n_dims);
  if (!check_parts (in, onesided, error) || !strata_node_frames (shape->graph, shape->node, &frames, error))
    return FALSE;
  dims[0] = in->dims[0];
  dims[1] = frames.n;
  dims[2] = onesided ? frames.length / 2 + 1 : frames.length;
  dims[3] = 2;
  return strata_shape_set (shape, 0, in->dtype, 4, dims, error);
}

static gboolean
read_dtype (const StrataShape *shape, StrataDtype *dtype, GError **error)
{
  *dtype = strata_onnx_dtype (strata_node_int (shape->node, "output_datatype", 1), error);
  return *dtype != STRATA_DTYPE_INVALID;
}

gboolean
strata_shape_window_function (StrataShape *shape, GError **error)
{
  StrataDtype dtype;
  gint64 n;

  return read_int (shape->graph, shape->node, 0, -1, &n, error) && read_dtype (shape, &dtype, error)
         && strata_shape_set (shape, 0, dtype, 1, &n, error);
}

gboolean
strata_shape_mel_weight_matrix (StrataShape *shape, GError **error)
{
  double bins, length, rate, low, high;
  StrataDtype dtype;
  gint64 dims[2];

  if (!strata_shape_scalar (shape, 0, &bins, error) || !strata_shape_scalar (shape, 1, &length, error)
      || !strata_shape_scalar (shape, 2, &rate, error) || !strata_shape_scalar (shape, 3, &low, error)
      || !strata_shape_scalar (shape, 4, &high, error) || !read_dtype (shape, &dtype, error))
    return FALSE;
  if (!(bins >= 1.0 && bins <= 1e6 && length >= 1.0 && length <= 1e9 && rate >= 1.0 && low >= 0.0 && low <= high
        && high <= rate / 2.0))
    return strata_shape_fail (error,
                              "%g bins from %g to %g Hz of a transform of %g at %g Hz are out of range; 1 to 10^6 bins "
                              "up to half the sample rate are accepted",
                              bins, low, high, length, rate);
  dims[0] = (gint64) length / 2 + 1;
  dims[1] = (gint64) bins;
  return strata_shape_set (shape, 0, dtype, 2, dims, error);
}
