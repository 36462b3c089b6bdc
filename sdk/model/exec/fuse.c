/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks down the graph as long as a value has one reader. Scales and offsets are combined in double.
 */
#include "model/exec/fuse.h"

#include <math.h>
#include <string.h>

void
strata_fusion_init (StrataFusion *fusion, const StrataPlan *plan, int node, int axis)
{
  const StrataValue *value = &plan->graph->values[plan->graph->nodes[node].outputs[0]];

  memset (fusion, 0, sizeof *fusion);
  fusion->value = plan->graph->nodes[node].outputs[0];
  fusion->axis = axis;
  fusion->n_channels = value->dims[axis];
  fusion->addend = -1;
  fusion->scale = g_new (double, fusion->n_channels);
  fusion->offset = g_new0 (double, fusion->n_channels);
  for (gint64 i = 0; i < fusion->n_channels; i++)
    fusion->scale[i] = 1.0;
  fusion->nodes = g_array_new (FALSE, FALSE, sizeof (int));
  g_array_append_val (fusion->nodes, node);
}

void
strata_fusion_finish (StrataFusion *fusion)
{
  g_free (fusion->scale);
  g_free (fusion->offset);
  g_array_unref (fusion->nodes);
}

double *
strata_fusion_vector (const StrataPlan *plan, int operand, int value, int axis)
{
  const StrataValue *target = &plan->graph->values[value];
  const StrataArray *array = strata_plan_known (plan, operand);
  int shift;
  double *vector;

  if (array == NULL || array->dtype != STRATA_DTYPE_F32 || array->n_dims > target->n_dims)
    return NULL;
  shift = target->n_dims - array->n_dims;
  for (int d = 0; d < array->n_dims; d++)
    if (array->dims[d] != 1 && (d + shift != axis || array->dims[d] != target->dims[axis]))
      return NULL;
  vector = g_new (double, target->dims[axis]);
  for (gint64 i = 0; i < target->dims[axis]; i++)
    vector[i] = (double) ((const float *) array->data)[strata_array_count (array) == 1 ? 0 : i];
  return vector;
}

gboolean
strata_fusion_normalise (StrataFusion *fusion, const StrataPlan *plan, const StrataNode *node)
{
  double epsilon = (double) strata_node_float (node, "epsilon", 1e-5f);
  const float *operands[4];

  if (node->n_outputs > 1)
    return FALSE;
  for (int i = 0; i < 4; i++)
    {
      const StrataArray *array = strata_plan_known (plan, node->inputs[i + 1]);

      if (array == NULL || array->dtype != STRATA_DTYPE_F32 || strata_array_count (array) != fusion->n_channels)
        return FALSE;
      operands[i] = array->data;
    }
  for (gint64 c = 0; c < fusion->n_channels; c++)
    {
      double factor = (double) operands[0][c] / sqrt ((double) operands[3][c] + epsilon);

      fusion->scale[c] *= factor;
      fusion->offset[c] = (fusion->offset[c] - (double) operands[2][c]) * factor + (double) operands[1][c];
    }
  return TRUE;
}

/* Multiplication, division, addition and subtraction of one number per channel */
static gboolean
take_vector (StrataFusion *fusion, const StrataPlan *plan, const StrataNode *node)
{
  int other = node->inputs[0] == fusion->value ? 1 : 0;
  gboolean symmetric = node->op == STRATA_OP_ADD || node->op == STRATA_OP_MUL;
  g_autofree double *vector = NULL;

  if (other == 0 && !symmetric)
    return FALSE;
  vector = strata_fusion_vector (plan, node->inputs[other], fusion->value, fusion->axis);
  for (gint64 c = 0; vector != NULL && c < fusion->n_channels; c++)
    {
      double factor = node->op == STRATA_OP_MUL ? vector[c] : node->op == STRATA_OP_DIV ? 1.0 / vector[c] : 1.0;
      double term = node->op == STRATA_OP_ADD ? vector[c] : node->op == STRATA_OP_SUB ? -vector[c] : 0.0;

      fusion->scale[c] *= factor;
      fusion->offset[c] = fusion->offset[c] * factor + term;
    }
  return vector != NULL;
}

/* Another value of the same shape, which is there already */
static gboolean
take_addend (StrataFusion *fusion, const StrataPlan *plan, const StrataNode *node)
{
  const StrataValue *own = &plan->graph->values[fusion->value], *other;
  int addend;

  if (node->n_inputs != 2 || fusion->addend >= 0 || own->n_dims > STRATA_FLOAT_MAX_DIMS)
    return FALSE;
  addend = node->inputs[node->inputs[0] == fusion->value ? 1 : 0];
  other = &plan->graph->values[addend];
  if (plan->place[addend] < 0 || other->dtype != STRATA_DTYPE_F32 || other->n_dims != own->n_dims
      || memcmp (other->dims, own->dims, sizeof (gint64) * (gsize) own->n_dims) != 0)
    return FALSE;
  fusion->addend = addend;
  fusion->posts[fusion->n_posts++] = (StrataFloatPost){ STRATA_FLOAT_POST_ADD, 0.0f, 0.0f };
  return TRUE;
}

static gboolean
read_limit (const StrataPlan *plan, const StrataNode *node, int input, const char *name, float fallback, float *limit)
{
  const StrataAttr *attr = strata_node_attr (node, name);
  const StrataArray *array;

  *limit = attr == NULL ? fallback : attr->f;
  if (input >= node->n_inputs || node->inputs[input] < 0)
    return TRUE;
  array = strata_plan_known (plan, node->inputs[input]);
  if (array == NULL || array->dtype != STRATA_DTYPE_F32 || strata_array_count (array) != 1)
    return FALSE;
  *limit = *(const float *) array->data;
  return TRUE;
}

static gboolean
take_function (StrataFusion *fusion, const StrataPlan *plan, const StrataNode *node)
{
  StrataFloatPost post = { STRATA_FLOAT_POST_RELU, 0.0f, 0.0f };

  switch (node->op)
    {
    case STRATA_OP_RELU:
      break;
    case STRATA_OP_LEAKY_RELU:
      post.alpha = strata_node_float (node, "alpha", 0.01f);
      break;
    case STRATA_OP_CLIP:
      post.kind = STRATA_FLOAT_POST_CLIP;
      if (node->inputs[0] != fusion->value || !read_limit (plan, node, 1, "min", -G_MAXFLOAT, &post.alpha)
          || !read_limit (plan, node, 2, "max", G_MAXFLOAT, &post.beta) || !(post.alpha <= post.beta))
        return FALSE;
      break;
    case STRATA_OP_SIGMOID:
      post.kind = STRATA_FLOAT_POST_SIGMOID;
      break;
    case STRATA_OP_TANH:
      post.kind = STRATA_FLOAT_POST_TANH;
      break;
    case STRATA_OP_GELU:
      post.kind = STRATA_FLOAT_POST_GELU;
      if (g_str_equal (strata_node_string (node, "approximate", "none"), "tanh"))
        return FALSE;
      break;
    default:
      return FALSE;
    }
  fusion->posts[fusion->n_posts++] = post;
  return TRUE;
}

static gboolean
take (StrataFusion *fusion, const StrataPlan *plan, const StrataNode *node, int max_posts)
{
  gboolean bare = fusion->n_posts == 0, room = fusion->n_posts < MIN (max_posts, STRATA_FUSION_POSTS);

  switch (node->op)
    {
    case STRATA_OP_BATCH_NORMALIZATION:
      return bare && node->inputs[0] == fusion->value && fusion->axis == 1
             && strata_fusion_normalise (fusion, plan, node);
    case STRATA_OP_ADD:
      return (bare && take_vector (fusion, plan, node)) || (room && take_addend (fusion, plan, node));
    case STRATA_OP_SUM:
      return room && take_addend (fusion, plan, node);
    case STRATA_OP_DIV:
    case STRATA_OP_MUL:
    case STRATA_OP_SUB:
      return bare && take_vector (fusion, plan, node);
    case STRATA_OP_IDENTITY:
      return TRUE;
    case STRATA_OP_DROPOUT:
      return node->n_outputs < 2 || node->outputs[1] < 0;
    default:
      return room && take_function (fusion, plan, node);
    }
}

void
strata_fusion_grow (StrataFusion *fusion, const StrataPlan *plan, int max_posts)
{
  const StrataGraph *graph = plan->graph;

  for (;;)
    {
      int next = strata_plan_sole_reader (plan, fusion->value);

      if (next < 0 || !take (fusion, plan, &graph->nodes[next], max_posts))
        {
          if (fusion->n_posts >= MIN (max_posts, STRATA_FUSION_POSTS) || !strata_fusion_take_twice (fusion, plan))
            return;
          continue;
        }
      g_array_append_val (fusion->nodes, next);
      fusion->value = graph->nodes[next].outputs[0];
    }
}
