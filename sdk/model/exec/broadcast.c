/* SPDX-License-Identifier: Apache-2.0
 *
 * Trailing dimensions along which every operand moves alike are merged into one row.
 */
#include "model/exec/broadcast.h"

#include <string.h>

static gint64
operand_dim (const StrataArray *operand, int n_dims, int d)
{
  int own = d - (n_dims - operand->n_dims);

  return own < 0 ? 1 : operand->dims[own];
}

static void
set_strides (StrataBroadcast *walk, const StrataArray *out, const StrataArray *operand, int which)
{
  gint64 stride = 1;

  for (int d = out->n_dims - 1; d >= 0; d--)
    {
      gint64 dim = operand_dim (operand, out->n_dims, d);

      walk->strides[which][d] = dim == 1 ? 0 : stride;
      stride *= dim;
    }
}

/* Whether dimension @d continues the row of @row elements for an operand that steps by @step in it */
static gboolean
continues (gint64 stride, gint64 step, gint64 row)
{
  return stride == step * row;
}

void
strata_broadcast_init (StrataBroadcast *walk, const StrataArray *out, const StrataArray *const *operands, int n)
{
  int d = out->n_dims;

  memset (walk, 0, sizeof *walk);
  walk->row = 1;
  for (int i = 0; i < n; i++)
    set_strides (walk, out, operands[i], i);
  while (d > 0)
    {
      gboolean merge = TRUE;

      for (int i = 0; i < n; i++)
        {
          if (walk->row == 1 && out->dims[d - 1] != 1)
            walk->step[i] = walk->strides[i][d - 1];
          merge &= out->dims[d - 1] == 1 || continues (walk->strides[i][d - 1], walk->step[i], walk->row);
        }
      if (!merge)
        break;
      walk->row *= out->dims[--d];
    }
  walk->n_dims = d;
  walk->n_rows = walk->row == 0 ? 0 : 1;
  for (int i = 0; i < d; i++)
    {
      walk->dims[i] = out->dims[i];
      walk->n_rows *= out->dims[i];
    }
}

void
strata_broadcast_next (StrataBroadcast *walk)
{
  for (int d = walk->n_dims - 1; d >= 0; d--)
    {
      for (int i = 0; i < STRATA_MAX_OPERANDS; i++)
        walk->offset[i] += walk->strides[i][d];
      if (++walk->index[d] < walk->dims[d])
        return;
      for (int i = 0; i < STRATA_MAX_OPERANDS; i++)
        walk->offset[i] -= walk->strides[i][d] * walk->dims[d];
      walk->index[d] = 0;
    }
}
