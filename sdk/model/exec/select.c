/* SPDX-License-Identifier: Apache-2.0
 *
 * NonMaxSuppression and Unique, of constants.
 */
#include "model/select.h"

#include <string.h>

#include "model/exec/exec.h"

gboolean
strata_exec_non_max_suppression (const StrataExec *run, GError **error)
{
  g_autoptr (GArray) selected = strata_select_boxes (run->node, run->in, error);

  if (selected == NULL)
    return FALSE;
  if (selected->len > 0)
    memcpy (run->out[0]->data, selected->data, run->out[0]->n_bytes);
  return TRUE;
}

/* Slices @which along @axis; -1: elements */
static void
take (const StrataArray *in, int axis, const StrataUnique *unique, StrataArray *out)
{
  gsize inner = strata_dtype_size (in->dtype), outer = 1;

  for (int d = 0; axis >= 0 && d < in->n_dims; d++)
    if (d != axis)
      *(d < axis ? &outer : &inner) *= (gsize) in->dims[d];
  for (gsize o = 0; o < outer; o++)
    for (gint64 i = 0; i < unique->n_unique; i++)
      memcpy ((guint8 *) out->data + (o * (gsize) unique->n_unique + (gsize) i) * inner,
              (const guint8 *) in->data + (o * (gsize) unique->n + (gsize) unique->first[i]) * inner, inner);
}

gboolean
strata_exec_unique (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  const StrataAttr *attr = strata_node_attr (run->node, "axis");
  int axis = attr == NULL ? -1 : (int) (attr->i < 0 ? attr->i + in->n_dims : attr->i);
  StrataUnique unique;

  if (!strata_find_unique (in, axis, strata_node_int (run->node, "sorted", 1) != 0, &unique))
    return strata_exec_fail (error, "no memory for its order");
  if (run->out[0] != NULL)
    take (in, axis, &unique, run->out[0]);
  for (int i = 1; i < run->node->n_outputs; i++)
    if (run->out[i] != NULL)
      memcpy (run->out[i]->data, i == 1 ? unique.first : i == 2 ? unique.inverse : unique.counts, run->out[i]->n_bytes);
  strata_unique_clear (&unique);
  return TRUE;
}
