/* SPDX-License-Identifier: Apache-2.0
 *
 * QuantizeLinear: saturate (rint (x / scale) + zero), half to even, the division in float32. DequantizeLinear:
 * (q - zero) * scale in float32. ONNX operators, QuantizeLinear-10, -13 and -21.
 */
#include <math.h>

#include "model/element.h"
#include "model/exec/exec.h"

/* The tensor as outer x n x inner. Scales: one; one per index of n; or, in blocks, outer x n_blocks x inner. */
typedef struct
{
  gint64 outer, n, inner, block, n_blocks; /* block 0: one scale per index */
  const float *scale;
  const StrataArray *zero; /* NULL: 0 */
} Scales;

static Scales
find_scales (const StrataExec *run)
{
  const StrataArray *in = run->in[0];
  Scales s = { 1, strata_array_count (run->in[1]), 1, 0, 0, run->in[1]->data, strata_exec_in (run, 2) };
  gint64 axis = strata_node_int (run->node, "axis", 1);

  axis += axis < 0 ? in->n_dims : 0;
  if (run->in[1]->n_dims > 1)
    {
      s.block = strata_node_int (run->node, "block_size", 0);
      s.n_blocks = run->in[1]->dims[axis];
      s.n = in->dims[axis];
    }
  else if (s.n == 1)
    {
      s.inner = strata_array_count (in);
      return s;
    }
  for (int d = 0; d < in->n_dims; d++)
    if (d != axis)
      *(d < axis ? &s.outer : &s.inner) *= in->dims[d];
  return s;
}

static gint64
zero_of (const Scales *s, gint64 i)
{
  return s->zero == NULL ? 0 : strata_element_int (s->zero->dtype, s->zero->data, i);
}

/* Place of the scale of element (@o, @i, @r) in blocks */
static gint64
block_of (const Scales *s, gint64 o, gint64 i, gint64 r)
{
  return (o * s->n_blocks + i / s->block) * s->inner + r;
}

static void
code_range (StrataDtype dtype, double *low, double *high)
{
  gboolean is_signed = dtype == STRATA_DTYPE_I8 || dtype == STRATA_DTYPE_I16;
  double steps = (double) (1 << (8 * (int) strata_dtype_size (dtype)));

  *low = is_signed ? -steps / 2.0 : 0.0;
  *high = *low + steps - 1.0;
}

static void
quantise_row (const StrataArray *in, gint64 at, gint64 n, float scale, gint64 zero, StrataArray *out)
{
  gint8 *codes = (gint8 *) out->data + at;
  double low, high;

  code_range (out->dtype, &low, &high);
  for (gint64 i = 0; i < n; i++)
    {
      float x = in->dtype == STRATA_DTYPE_F32 ? ((const float *) in->data)[at + i]
                                              : (float) ((const gint32 *) in->data)[at + i];
      double q = (double) rintf (x / scale) + (double) zero;

      /* NaN goes to the lowest code */
      q = q > low ? q : low;
      q = q < high ? q : high;
      if (out->dtype == STRATA_DTYPE_I8)
        codes[i] = (gint8) q;
      else
        strata_element_set_int (out->dtype, out->data, at + i, (gint64) q);
    }
}

gboolean
strata_exec_quantize_linear (const StrataExec *run, GError **error)
{
  Scales s = find_scales (run);

  for (gint64 o = 0; o < s.outer; o++)
    for (gint64 i = 0; i < s.n; i++)
      for (gint64 r = 0; r < (s.block > 0 ? s.inner : 1); r++)
        {
          gint64 which = s.block > 0 ? block_of (&s, o, i, r) : i;

          quantise_row (run->in[0], (o * s.n + i) * s.inner + r, s.block > 0 ? 1 : s.inner, s.scale[which],
                        zero_of (&s, which), run->out[0]);
        }
  return TRUE;
}

static void
dequantise_row (const StrataArray *in, gint64 at, gint64 n, float scale, gint64 zero, float *out)
{
  if (in->dtype == STRATA_DTYPE_I8)
    for (gint64 i = 0; i < n; i++)
      out[i] = (float) ((int) ((const gint8 *) in->data)[at + i] - (int) zero) * scale;
  else
    for (gint64 i = 0; i < n; i++)
      out[i] = (float) (strata_element_int (in->dtype, in->data, at + i) - zero) * scale;
}

gboolean
strata_exec_dequantize_linear (const StrataExec *run, GError **error)
{
  Scales s = find_scales (run);
  float *out = run->out[0]->data;

  for (gint64 o = 0; o < s.outer; o++)
    for (gint64 i = 0; i < s.n; i++)
      {
        gint64 at = (o * s.n + i) * s.inner;

        for (gint64 r = 0; s.block > 0 && r < s.inner; r++)
          {
            gint64 which = block_of (&s, o, i, r);

            dequantise_row (run->in[0], at + r, 1, s.scale[which], zero_of (&s, which), out + at + r);
          }
        if (s.block == 0)
          dequantise_row (run->in[0], at, s.inner, s.scale[i], zero_of (&s, i), out + at);
      }
  return TRUE;
}
