/* SPDX-License-Identifier: Apache-2.0
 *
 * y = gain x + shift per channel with constants: BatchNormalization, and Mul, Div, Add, Sub by a constant. They go into
 * the weights of the Conv, ConvTranspose or Gemm before them, or into the operands of a BatchNormalization, in double.
 * Weights that other nodes read too stay as they are; this node gets its own.
 */
#include <math.h>
#include <string.h>

#include "model/element.h"
#include "model/rewrite/match.h"

typedef struct
{
  int target, node; /* the node with weights, and the one that goes */
  gint64 n;
  double *gain, *shift; /* per channel */
} Affine;

static void
affine_clear (Affine *affine)
{
  g_clear_pointer (&affine->gain, g_free);
  g_clear_pointer (&affine->shift, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Affine, affine_clear)

static gboolean
has_input (const StrataNode *node, int input)
{
  return input < node->n_inputs && node->inputs[input] >= 0;
}

static gboolean
has_floats (const StrataRewriting *rw, const StrataNode *node, int input)
{
  const StrataValue *v = has_input (node, input) ? strata_rewrite_value (rw, node->inputs[input]) : NULL;

  return v != NULL && v->dtype == STRATA_DTYPE_F32 && v->data != NULL;
}

/* NULL where the input is no constant of floats */
static const float *
floats_of (const StrataRewriting *rw, const StrataNode *node, int input)
{
  return has_floats (rw, node, input) ? strata_value_bytes (strata_rewrite_value (rw, node->inputs[input])) : NULL;
}

/* A node whose weights are there to be changed, and only @node reads what it makes */
static gboolean
is_target (const StrataRewriting *rw, int target)
{
  const StrataNode *n = target < 0 ? NULL : strata_rewrite_node (rw, target);

  if (n == NULL || !strata_rewrite_is_sole (rw, n->outputs[0])
      || strata_rewrite_value (rw, n->outputs[0])->dtype != STRATA_DTYPE_F32)
    return FALSE;
  if (n->op == STRATA_OP_BATCH_NORMALIZATION)
    return has_floats (rw, n, 1) && has_floats (rw, n, 2) && has_input (n, 4);
  return (n->op == STRATA_OP_CONV || n->op == STRATA_OP_CONV_TRANSPOSE || n->op == STRATA_OP_GEMM)
         && has_floats (rw, n, 1) && (!has_input (n, 2) || has_floats (rw, n, 2));
}

/* Channel of element @i of the weights */
static gint64
channel_of (const StrataNode *node, const StrataValue *w, gint64 i)
{
  gint64 inner = 1, groups = strata_node_int (node, "group", 1);

  if (node->op == STRATA_OP_GEMM)
    return strata_node_int (node, "transB", 0) != 0 ? i / w->dims[1] : i % w->dims[1];
  for (int d = node->op == STRATA_OP_CONV ? 1 : 2; d < w->n_dims; d++)
    inner *= w->dims[d];
  if (node->op == STRATA_OP_CONV)
    return i / inner;
  /* ConvTranspose: input channels x channels of a group; a group's input channels are next to one another */
  return i / inner / w->dims[1] / (w->dims[0] / groups) * w->dims[1] + i / inner % w->dims[1];
}

/* The bias of channel @c; a Gemm's may be one number, or a row per sample, which is refused */
static gboolean
read_bias (const StrataRewriting *rw, const Affine *affine, double *bias)
{
  const StrataNode *n = strata_rewrite_node (rw, affine->target);
  const float *data = floats_of (rw, n, 2);
  double beta = n->op == STRATA_OP_GEMM ? (double) strata_node_float (n, "beta", 1.0f) : 1.0;
  gint64 count = data == NULL ? 1 : strata_value_count (strata_rewrite_value (rw, n->inputs[2]));
  const StrataValue *v = data == NULL ? NULL : strata_rewrite_value (rw, n->inputs[2]);

  if (count != 1 && (count != affine->n || v->dims[v->n_dims - 1] != affine->n))
    return FALSE;
  for (gint64 c = 0; c < affine->n; c++)
    bias[c] = data == NULL ? 0.0 : beta * (double) data[count == 1 ? 0 : c];
  return TRUE;
}

static int
new_floats (StrataRewriting *rw, int like, const char *owner, int n_dims, const gint64 *dims, float *data)
{
  g_autofree char *name = g_strdup_printf ("%s:%s", like < 0 ? "bias" : strata_rewrite_value (rw, like)->name, owner);

  return strata_rewrite_constant (rw, name, STRATA_DTYPE_F32, n_dims, dims, data);
}

/* Attributes of a Gemm but for beta, which its bias has in it now */
static int
copy_attrs (const StrataNode *node, StrataAttr *attrs)
{
  int n = 0;

  for (int i = 0; i < node->n_attrs; i++)
    if (node->op != STRATA_OP_GEMM || !g_str_equal (node->attrs[i].name, "beta"))
      attrs[n++] = node->attrs[i];
  return n;
}

static gboolean
fold_product (StrataRewriting *rw, const Affine *affine)
{
  const StrataNode *n = strata_rewrite_node (rw, affine->target);
  const StrataValue *w = strata_rewrite_value (rw, n->inputs[1]);
  gint64 count = strata_value_count (w), dims[STRATA_MAX_DIMS];
  g_autofree double *bias = g_new0 (double, affine->n + 1);
  g_autofree StrataAttr *attrs = g_new0 (StrataAttr, n->n_attrs + 1);
  int inputs[3] = { n->inputs[0], n->inputs[1], -1 }, n_attrs = copy_attrs (n, attrs), n_dims = w->n_dims;
  StrataMatch match = { .n = 0 };
  const char *owner = strata_rewrite_node (rw, affine->node)->name;
  StrataOp op = n->op;
  float *scaled, *shifted;

  if (!read_bias (rw, affine, bias))
    return FALSE;
  scaled = g_try_new (float, count + 1);
  shifted = g_try_new (float, affine->n + 1);
  for (gint64 i = 0; scaled != NULL && i < count; i++)
    scaled[i] = (float) (strata_element_double (w->dtype, w->data, i) * affine->gain[channel_of (n, w, i)]);
  for (gint64 c = 0; shifted != NULL && c < affine->n; c++)
    shifted[c] = (float) (bias[c] * affine->gain[c] + affine->shift[c]);
  if (scaled == NULL || shifted == NULL)
    {
      g_free (scaled);
      g_free (shifted);
      return FALSE;
    }
  memcpy (dims, w->dims, sizeof dims);
  inputs[2] = new_floats (rw, has_input (n, 2) ? n->inputs[2] : -1, owner, 1, &affine->n, shifted);
  inputs[1] = new_floats (rw, inputs[1], owner, n_dims, dims, scaled);
  strata_match_add (&match, affine->target);
  return strata_match_fuse (rw, &match, affine->node, op, inputs, 3, attrs, n_attrs);
}

/* gain (s (x - mean) / deviation + b) + shift */
static gboolean
fold_batch (StrataRewriting *rw, const Affine *affine)
{
  const StrataNode *n = strata_rewrite_node (rw, affine->target);
  const float *scale = floats_of (rw, n, 1), *offset = floats_of (rw, n, 2);
  const char *owner = strata_rewrite_node (rw, affine->node)->name;
  g_autofree StrataAttr *attrs = g_new0 (StrataAttr, n->n_attrs + 1);
  int inputs[5], n_attrs = copy_attrs (n, attrs);
  float *scaled = g_new (float, affine->n + 1), *shifted = g_new (float, affine->n + 1);
  StrataMatch match = { .n = 0 };

  for (gint64 c = 0; c < affine->n; c++)
    {
      scaled[c] = (float) ((double) scale[c] * affine->gain[c]);
      shifted[c] = (float) ((double) offset[c] * affine->gain[c] + affine->shift[c]);
    }
  memcpy (inputs, n->inputs, sizeof inputs);
  inputs[1] = new_floats (rw, inputs[1], owner, 1, &affine->n, scaled);
  inputs[2] = new_floats (rw, inputs[2], owner, 1, &affine->n, shifted);
  strata_match_add (&match, affine->target);
  return strata_match_fuse (rw, &match, affine->node, STRATA_OP_BATCH_NORMALIZATION, inputs, 5, attrs, n_attrs);
}

static gboolean
is_finite (const Affine *affine)
{
  for (gint64 c = 0; c < affine->n; c++)
    if (!isfinite (affine->gain[c]) || !isfinite (affine->shift[c]))
      return FALSE;
  return TRUE;
}

static void
start (const StrataRewriting *rw, Affine *affine, int node, int target)
{
  const StrataValue *out = strata_rewrite_value (rw, strata_rewrite_node (rw, node)->outputs[0]);

  affine->node = node;
  affine->target = target;
  affine->n = out->dims[1];
  affine->gain = g_new (double, affine->n + 1);
  affine->shift = g_new0 (double, affine->n + 1);
  for (gint64 c = 0; c < affine->n; c++)
    affine->gain[c] = 1.0;
}

gboolean
strata_rewrite_fold_batch_norm (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  double epsilon = (double) strata_node_float (n, "epsilon", 1e-5f);
  int target = n->n_inputs > 0 && n->inputs[0] >= 0 ? strata_rewrite_value (rw, n->inputs[0])->producer : -1;
  const float *operands[5];
  g_auto (Affine) affine = { 0 };

  if (n->op != STRATA_OP_BATCH_NORMALIZATION || !is_target (rw, target)
      || strata_rewrite_node (rw, target)->op == STRATA_OP_BATCH_NORMALIZATION)
    return FALSE;
  for (int i = 1; i < 5; i++)
    {
      operands[i] = floats_of (rw, n, i);
      if (operands[i] == NULL)
        return FALSE;
    }
  start (rw, &affine, node, target);
  for (gint64 c = 0; c < affine.n; c++)
    {
      affine.gain[c] = (double) operands[1][c] / sqrt ((double) operands[4][c] + epsilon);
      affine.shift[c] = (double) operands[2][c] - (double) operands[3][c] * affine.gain[c];
    }
  return is_finite (&affine) && fold_product (rw, &affine);
}

/* Element per channel of a constant that varies along channels only: index of @c is c times the result; -1: it varies
 * along others. */
static gint64
channel_step (const StrataRewriting *rw, int constant, int value)
{
  const StrataValue *k = strata_rewrite_value (rw, constant), *v = strata_rewrite_value (rw, value);
  gint64 step = 0;

  if (k->data == NULL || k->dtype != STRATA_DTYPE_F32)
    return -1;
  for (int d = 0; d < k->n_dims; d++)
    if (k->dims[d] != 1)
      {
        if (d + v->n_dims - k->n_dims != 1)
          return -1;
        step = 1;
      }
  return step;
}

static void
set_affine (Affine *affine, StrataOp op, int constant_slot, const StrataValue *constant, gint64 step)
{
  for (gint64 c = 0; c < affine->n; c++)
    {
      double number = strata_element_double (constant->dtype, constant->data, c * step);

      if (op == STRATA_OP_MUL || op == STRATA_OP_DIV)
        affine->gain[c] = op == STRATA_OP_MUL ? number : 1.0 / number;
      else
        affine->shift[c] = op == STRATA_OP_SUB && constant_slot == 1 ? -number : number;
      if (op == STRATA_OP_SUB && constant_slot == 0)
        affine->gain[c] = -1.0;
    }
}

gboolean
strata_rewrite_fold_affine (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  g_auto (Affine) affine = { 0 };

  if (n->n_inputs != 2
      || (n->op != STRATA_OP_MUL && n->op != STRATA_OP_DIV && n->op != STRATA_OP_ADD && n->op != STRATA_OP_SUB))
    return FALSE;
  for (int slot = n->op == STRATA_OP_DIV ? 1 : 0; slot < 2; slot++)
    {
      int value = n->inputs[1 - slot], target = strata_rewrite_value (rw, value)->producer;
      gint64 step = is_target (rw, target) ? channel_step (rw, n->inputs[slot], value) : -1;

      if (step < 0 || strata_rewrite_value (rw, value)->n_dims < 2
          || !strata_match_same_shape (rw, value, n->outputs[0]))
        continue;
      start (rw, &affine, node, target);
      set_affine (&affine, n->op, slot, strata_rewrite_value (rw, n->inputs[slot]), step);
      if (!is_finite (&affine))
        return FALSE;
      return strata_rewrite_node (rw, target)->op == STRATA_OP_BATCH_NORMALIZATION ? fold_batch (rw, &affine)
                                                                                   : fold_product (rw, &affine);
    }
  return FALSE;
}

/* A matrix times a constant one, plus a bias per column */
gboolean
strata_rewrite_matmul_add (StrataRewriting *rw, int node)
{
  int product, bias, inputs[3];
  StrataMatch match = { .n = 0 };
  const StrataValue *v;

  if (strata_rewrite_node (rw, node)->op != STRATA_OP_ADD)
    return FALSE;
  product = strata_match_side (rw, node, STRATA_OP_MAT_MUL, &bias);
  if (product < 0 || !strata_rewrite_is_constant (rw, bias))
    return FALSE;
  memcpy (inputs, strata_rewrite_node (rw, product)->inputs, sizeof (int) * 2);
  inputs[2] = bias;
  v = strata_rewrite_value (rw, bias);
  if (!strata_rewrite_is_constant (rw, inputs[1]) || strata_rewrite_value (rw, inputs[0])->n_dims != 2
      || strata_rewrite_value (rw, inputs[1])->n_dims != 2 || v->n_dims > 2 || (v->n_dims == 2 && v->dims[0] != 1))
    return FALSE;
  strata_match_add (&match, product);
  return strata_match_fuse (rw, &match, node, STRATA_OP_GEMM, inputs, 3, NULL, 0);
}
