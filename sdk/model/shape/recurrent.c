/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rule of RNN, GRU and LSTM.
 */
#include "model/recurrent.h"

#include <string.h>

#include "model/shape/shapes.h"

int
strata_recurrent_n_gates (StrataOp op)
{
  return op == STRATA_OP_LSTM ? 4 : op == STRATA_OP_GRU ? 3 : 1;
}

static const char *const activation_names[] = {
  [STRATA_ACTIVATION_AFFINE] = "Affine",
  [STRATA_ACTIVATION_ELU] = "Elu",
  [STRATA_ACTIVATION_HARD_SIGMOID] = "HardSigmoid",
  [STRATA_ACTIVATION_LEAKY_RELU] = "LeakyRelu",
  [STRATA_ACTIVATION_RELU] = "Relu",
  [STRATA_ACTIVATION_SCALED_TANH] = "ScaledTanh",
  [STRATA_ACTIVATION_SIGMOID] = "Sigmoid",
  [STRATA_ACTIVATION_SOFTPLUS] = "Softplus",
  [STRATA_ACTIVATION_SOFTSIGN] = "Softsign",
  [STRATA_ACTIVATION_TANH] = "Tanh",
  [STRATA_ACTIVATION_THRESHOLDED_RELU] = "ThresholdedRelu",
};

static gboolean
find_activation (const char *name, StrataActivation *activation)
{
  for (guint i = 0; i < G_N_ELEMENTS (activation_names); i++)
    if (g_ascii_strcasecmp (activation_names[i], name) == 0)
      {
        *activation = (StrataActivation) i;
        return TRUE;
      }
  return FALSE;
}

int
strata_recurrent_activations (const StrataNode *node, int n_directions, StrataActivation *activations, GError **error)
{
  static const StrataActivation defaults[][3] = {
    { STRATA_ACTIVATION_TANH },
    { STRATA_ACTIVATION_SIGMOID, STRATA_ACTIVATION_TANH },
    { STRATA_ACTIVATION_SIGMOID, STRATA_ACTIVATION_TANH, STRATA_ACTIVATION_TANH },
  };
  int per_direction = node->op == STRATA_OP_LSTM ? 3 : node->op == STRATA_OP_GRU ? 2 : 1;
  const StrataAttr *attr = strata_node_attr (node, "activations");

  if (attr == NULL)
    for (int i = 0; i < n_directions * per_direction; i++)
      activations[i] = defaults[per_direction - 1][i % per_direction];
  else if (attr->n != n_directions * per_direction)
    strata_shape_fail (error, "%d activations; %d are needed", attr->n, n_directions * per_direction);
  else
    for (int i = 0; i < attr->n; i++)
      if (!find_activation (attr->strings[i], &activations[i]))
        {
          strata_shape_lack (error, "its activation %s is not supported; those that ONNX names are", attr->strings[i]);
          return 0;
        }
  return attr == NULL || attr->n == n_directions * per_direction ? per_direction : 0;
}

static gboolean
has_dims (const StrataValue *value, int n, gint64 a, gint64 b, gint64 c)
{
  gint64 dims[3] = { a, b, c };

  return value == NULL || (value->n_dims == n && memcmp (value->dims, dims, sizeof (gint64) * (gsize) n) == 0);
}

static gboolean
check_operands (const StrataShape *shape, const StrataRecurrent *r, GError **error)
{
  int g = strata_recurrent_n_gates (shape->node->op);
  gint64 first = r->batch_first ? r->batch : r->n_directions, second = r->batch_first ? r->n_directions : r->batch;

  if (has_dims (strata_shape_in (shape, 1), 3, r->n_directions, g * r->hidden, r->input)
      && has_dims (strata_shape_in (shape, 2), 3, r->n_directions, g * r->hidden, r->hidden)
      && has_dims (strata_shape_in (shape, 3), 2, r->n_directions, 2 * g * r->hidden, 0)
      && has_dims (strata_shape_in (shape, 4), 1, r->batch, 0, 0)
      && has_dims (strata_shape_in (shape, 5), 3, first, second, r->hidden)
      && has_dims (strata_shape_in (shape, 6), 3, first, second, r->hidden)
      && has_dims (strata_shape_in (shape, 7), 2, r->n_directions, 3 * r->hidden, 0))
    return TRUE;
  return strata_shape_fail (error,
                            "its operands do not fit: %d directions, batch %" G_GINT64_FORMAT
                            ", input %" G_GINT64_FORMAT " and hidden size %" G_GINT64_FORMAT " fix their shapes",
                            r->n_directions, r->batch, r->input, r->hidden);
}

gboolean
strata_recurrent_read (
  const StrataNode *node, const gint64 *x_dims, const gint64 *r_dims, StrataRecurrent *r, GError **error)
{
  const char *direction = strata_node_string (node, "direction", "forward");

  *r = (StrataRecurrent){ .batch_first = strata_node_int (node, "layout", 0) != 0 };
  r->reverse = g_str_equal (direction, "reverse");
  r->n_directions = g_str_equal (direction, "bidirectional") ? 2 : 1;
  if (r->n_directions == 1 && !r->reverse && !g_str_equal (direction, "forward"))
    return strata_shape_fail (error, "its direction is %s; forward, reverse and bidirectional are accepted", direction);
  r->steps = x_dims[r->batch_first];
  r->batch = x_dims[!r->batch_first];
  r->input = x_dims[2];
  r->hidden = r_dims[2];
  return TRUE;
}

gboolean
strata_shape_recurrent (StrataShape *shape, GError **error)
{
  const StrataValue *x = strata_shape_in (shape, 0), *recurrence = strata_shape_in (shape, 2);
  StrataActivation activations[6];
  StrataRecurrent r;

  for (int i = 0; i < shape->node->n_inputs; i++)
    if (strata_shape_in (shape, i) != NULL
        && !strata_shape_need (shape, i, i == 4 ? STRATA_TYPE_BIT (STRATA_DTYPE_I32) : STRATA_TYPES_REAL, error))
      return FALSE;
  if (x->n_dims != 3 || recurrence->n_dims != 3)
    return strata_shape_fail (error, "its input has %d dimensions and its recurrence %d; 3 each are needed", x->n_dims,
                              recurrence->n_dims);
  if (!strata_recurrent_read (shape->node, x->dims, recurrence->dims, &r, error) || !check_operands (shape, &r, error)
      || strata_recurrent_activations (shape->node, r.n_directions, activations, error) == 0)
    return FALSE;
  {
    gint64 all[4] = { r.steps, r.n_directions, r.batch, r.hidden }, last[3] = { r.n_directions, r.batch, r.hidden };
    gint64 all_batch[4] = { r.batch, r.steps, r.n_directions, r.hidden };
    gint64 last_batch[3] = { r.batch, r.n_directions, r.hidden };

    return strata_shape_set (shape, 0, x->dtype, 4, r.batch_first ? all_batch : all, error)
           && strata_shape_set (shape, 1, x->dtype, 3, r.batch_first ? last_batch : last, error)
           && strata_shape_set (shape, 2, x->dtype, 3, r.batch_first ? last_batch : last, error);
  }
}
