/* SPDX-License-Identifier: Apache-2.0
 *
 * Einsum by nested loops over all labels, in double: right for every equation, slow for large ones.
 */
#include "model/einsum.h"
#include "model/element.h"
#include "model/exec/exec.h"

/* Advances labels @from to @to - 1, the last fastest; FALSE after the last combination */
static gboolean
advance (const StrataEinsum *e, int from, int to, gint64 *index, gint64 *at)
{
  for (int d = to - 1; d >= from; d--)
    {
      gint64 step = 1;

      if (++index[d] == e->size[d])
        {
          step = 1 - e->size[d];
          index[d] = 0;
        }
      for (int i = 0; i < e->n_operands; i++)
        at[i] += step * e->stride[i][d];
      if (step == 1)
        return TRUE;
    }
  return FALSE;
}

static double
product (const StrataExec *run, const gint64 *at)
{
  double value = 1.0;

  for (int i = 0; i < run->node->n_inputs; i++)
    value *= strata_element_double (run->in[i]->dtype, run->in[i]->data, at[i]);
  return value;
}

gboolean
strata_exec_einsum (const StrataExec *run, GError **error)
{
  const gint64 *dims[STRATA_EINSUM_MAX_OPERANDS] = { NULL };
  gint64 index[STRATA_EINSUM_MAX_LABELS] = { 0 }, at[STRATA_EINSUM_MAX_OPERANDS] = { 0 }, n_terms = 1;
  int n_dims[STRATA_EINSUM_MAX_OPERANDS] = { 0 };
  StrataArray *out = run->out[0];
  StrataEinsum e;

  for (int i = 0; i < run->node->n_inputs && i < STRATA_EINSUM_MAX_OPERANDS; i++)
    {
      dims[i] = run->in[i]->dims;
      n_dims[i] = run->in[i]->n_dims;
    }
  if (!strata_einsum_read (strata_node_string (run->node, "equation", ""), run->node->n_inputs, dims, n_dims, &e,
                           error))
    return FALSE;
  for (int d = e.n_out; d < e.n_labels; d++)
    n_terms *= e.size[d];
  for (gint64 i = 0; i < strata_array_count (out); i++)
    {
      double sum = 0.0;

      if (n_terms > 0)
        do
          sum += product (run, at);
        while (advance (&e, e.n_out, e.n_labels, index, at));
      strata_element_set_double (out->dtype, out->data, i, sum);
      advance (&e, 0, e.n_out, index, at);
    }
  return TRUE;
}
