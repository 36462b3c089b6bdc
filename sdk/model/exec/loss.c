/* SPDX-License-Identifier: Apache-2.0
 *
 * NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss. Sums are in double; the mean is over the weights of the
 * targets that count, as ONNX defines it.
 */
#include "model/element.h"
#include "model/exec/exec.h"
#include "model/exec/rows.h"

typedef struct
{
  const StrataArray *target, *weight;
  gint64 channels, inner; /* of the scores: [N, channels, inner] */
  double sum, weights;    /* of the targets that count */
} Loss;

/* @each: loss per target, or NULL */
static gboolean
add_up (const StrataExec *run, Loss *l, const float *scores, float *each, GError **error)
{
  const StrataAttr *ignored = strata_node_attr (run->node, "ignore_index");

  for (gint64 i = 0; i < strata_array_count (l->target); i++)
    {
      gint64 class = strata_element_int (l->target->dtype, l->target->data, i);
      double weight, loss;

      if (each != NULL)
        each[i] = 0.0f;
      if (ignored != NULL && class == ignored->i)
        continue;
      if (class < 0 || class >= l->channels)
        return strata_exec_fail (error,
                                 "its target %" G_GINT64_FORMAT " is no class; 0 to %" G_GINT64_FORMAT " are accepted",
                                 class, l->channels - 1);
      weight = l->weight == NULL ? 1.0 : (double) ((const float *) l->weight->data)[class];
      loss = -weight * (double) scores[(i / l->inner * l->channels + class) * l->inner + i % l->inner];
      l->sum += loss;
      l->weights += weight;
      if (each != NULL)
        each[i] = (float) loss;
    }
  return TRUE;
}

gboolean
strata_exec_loss (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  StrataArray *log_prob = run->node->n_outputs > 1 ? run->out[1] : NULL;
  char reduction = strata_node_string (run->node, "reduction", "mean")[0];
  Loss l = { run->in[1], strata_exec_in (run, 2), in->dims[1], 1, 0.0, 0.0 };
  g_autofree float *scratch = NULL;
  const float *scores = in->data;
  float *out = run->out[0] == NULL ? NULL : run->out[0]->data;

  for (int d = 2; d < in->n_dims; d++)
    l.inner *= in->dims[d];
  if (run->node->op == STRATA_OP_SOFTMAX_CROSS_ENTROPY_LOSS)
    {
      float *rows =
        log_prob == NULL ? scratch = g_try_new (float, (gsize) strata_array_count (in) + 1) : log_prob->data;

      if (rows == NULL)
        return strata_exec_fail (error, "no memory for its logarithms");
      for (gint64 i = 0; i < in->dims[0] * l.inner; i++)
        {
          gint64 at = i / l.inner * l.channels * l.inner + i % l.inner;

          strata_log_softmax (scores + at, l.channels, l.inner, rows + at);
        }
      scores = rows;
    }
  if (!add_up (run, &l, scores, reduction == 'n' ? out : NULL, error))
    return FALSE;
  if (reduction != 'n' && out != NULL)
    *out = (float) (reduction == 's' ? l.sum : l.sum / l.weights);
  return TRUE;
}
