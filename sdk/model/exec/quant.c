/* SPDX-License-Identifier: Apache-2.0
 *
 * QuantizeLinear: saturate (rint (x / scale) + zero), half to even, the division in float32. DequantizeLinear:
 * (q - zero) * scale in float32. ONNX operators, QuantizeLinear-10 and -13.
 */
#include <math.h>

#include "model/element.h"
#include "model/exec/exec.h"

/* The tensor as outer x n x inner with one scale per index of n; n is 1 for a single scale. */
typedef struct
{
  gint64 outer, n, inner;
  const float *scale;
  const StrataArray *zero; /* NULL: 0 */
} Scales;

static Scales
find_scales (const StrataExec *run)
{
  const StrataArray *in = run->in[0];
  Scales s = { 1, strata_array_count (run->in[1]), 1, run->in[1]->data, strata_exec_in (run, 2) };
  gint64 axis = strata_node_int (run->node, "axis", 1);

  if (s.n == 1)
    {
      s.inner = strata_array_count (in);
      return s;
    }
  axis += axis < 0 ? in->n_dims : 0;
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

static void
code_range (StrataDtype dtype, float *low, float *high)
{
  gboolean is_signed = dtype == STRATA_DTYPE_I8 || dtype == STRATA_DTYPE_I16;
  float steps = (float) (1 << (8 * (int) strata_dtype_size (dtype)));

  *low = is_signed ? -steps / 2.0f : 0.0f;
  *high = *low + steps - 1.0f;
}

static void
quantise_row (const StrataArray *in, gint64 at, gint64 n, float scale, float zero, StrataArray *out)
{
  gint8 *codes = (gint8 *) out->data + at;
  float low, high;

  code_range (out->dtype, &low, &high);
  for (gint64 i = 0; i < n; i++)
    {
      float x = in->dtype == STRATA_DTYPE_F32 ? ((const float *) in->data)[at + i]
                                              : (float) ((const gint32 *) in->data)[at + i];
      float q = rintf (x / scale) + zero;

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
      quantise_row (run->in[0], (o * s.n + i) * s.inner, s.inner, s.scale[i], (float) zero_of (&s, i), run->out[0]);
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

        dequantise_row (run->in[0], at, s.inner, s.scale[i], zero_of (&s, i), out + at);
      }
  return TRUE;
}
