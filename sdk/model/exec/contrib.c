/* SPDX-License-Identifier: Apache-2.0
 *
 * Products, normalisations and activations of com.microsoft. Codes of MatMulNBits are widened a few rows at a time:
 * (code - zero) * scale; without zero points the zero is the middle code.
 */
#include "model/low-bit.h"

#include <math.h>

#include "kernels/float-gemm.h"
#include "model/exec/exec.h"
#include "model/exec/plane.h"

#define ROWS_AT_ONCE 64
#define SQRT_HALF 0.70710678118654752440
#define SQRT_2_OVER_PI 0.79788456080286535588

static int
code_at (const guint8 *codes, gint64 i, int bits)
{
  return bits == 8 ? codes[i] : codes[i / 2] >> (i % 2 * 4) & 15;
}

static void
widen_row (const StrataExec *run, const StrataLowBit *low, gint64 row, float *out)
{
  const StrataArray *zeros = strata_exec_in (run, 3);
  gsize blob = (gsize) (low->block * low->bits / 8);

  for (gint64 block = 0; block < low->n_blocks; block++)
    {
      gint64 which = row * low->n_blocks + block, first = block * low->block;
      const guint8 *codes = (const guint8 *) run->in[1]->data + (gsize) which * blob;
      float scale = ((const float *) run->in[2]->data)[which], zero = (float) (1 << (low->bits - 1));

      if (zeros != NULL && zeros->dtype == STRATA_DTYPE_U8)
        zero = (float) code_at ((const guint8 *) zeros->data + row * low->zero_bytes, block, low->bits);
      else if (zeros != NULL)
        zero = ((const float *) zeros->data)[which];
      for (gint64 i = 0; i < MIN (low->block, low->k - first); i++)
        out[first + i] = ((float) code_at (codes, i, low->bits) - zero) * scale;
    }
}

gboolean
strata_exec_mat_mul_bits (const StrataExec *run, GError **error)
{
  const StrataArray *a = run->in[0], *bias = strata_exec_in (run, 5);
  float *out = run->out[0]->data;
  g_autofree float *rows = NULL;
  StrataLowBit low;
  gint64 m;

  if (!strata_low_bit_read (run->graph, run->node, &low, error))
    return FALSE;
  rows = g_try_new (float, (gsize) (MIN (low.n, ROWS_AT_ONCE) * low.k));
  if (rows == NULL)
    return strata_exec_fail (error, "no memory for %d rows of its weights", ROWS_AT_ONCE);
  m = strata_array_count (a) / low.k;
  for (gint64 first = 0; first < low.n; first += ROWS_AT_ONCE)
    {
      StrataGemm gemm = { FALSE, TRUE, m, MIN (low.n - first, ROWS_AT_ONCE), low.k, low.k, low.k, low.n, 1.0f, 0.0f };

      for (gint64 i = 0; i < gemm.n; i++)
        widen_row (run, &low, first + i, rows + i * low.k);
      strata_float_gemm (&gemm, a->data, rows, out + first);
    }
  for (gint64 i = 0; bias != NULL && i < m * low.n; i++)
    out[i] += ((const float *) bias->data)[i % low.n];
  return TRUE;
}

gboolean
strata_exec_fused_mat_mul (const StrataExec *run, GError **error)
{
  const StrataArray *a = run->in[0], *b = run->in[1], *out = run->out[0];
  gboolean trans_a = strata_node_int (run->node, "transA", 0) != 0;
  gint64 m = out->dims[out->n_dims - 2], n = out->dims[out->n_dims - 1], n_matrices = 1;
  StrataGemm gemm = { .trans_a = trans_a,
                      .trans_b = strata_node_int (run->node, "transB", 0) != 0,
                      .m = m,
                      .n = n,
                      .k = a->dims[a->n_dims - (trans_a ? 2 : 1)],
                      .lda = a->dims[a->n_dims - 1],
                      .ldb = b->dims[b->n_dims - 1],
                      .ldc = n,
                      .alpha = strata_node_float (run->node, "alpha", 1.0f) };

  for (int d = 0; d < out->n_dims - 2; d++)
    n_matrices *= out->dims[d];
  for (gint64 i = 0; i < n_matrices; i++)
    strata_float_gemm (&gemm, (const float *) a->data + strata_stack_offset (a, out->dims, out->n_dims - 2, i),
                       (const float *) b->data + strata_stack_offset (b, out->dims, out->n_dims - 2, i),
                       (float *) out->data + i * m * n);
  return TRUE;
}

static void
add_skip (const StrataExec *run, gint64 row, gint64 n, const StrataArray *bias, float *out)
{
  const float *in = (const float *) run->in[0]->data + row * n;
  const float *skip = (const float *) run->in[1]->data + row % (strata_array_count (run->in[1]) / n) * n;

  for (gint64 i = 0; i < n; i++)
    out[i] = in[i] + skip[i] + (bias == NULL ? 0.0f : ((const float *) bias->data)[i]);
}

static float *
output_at (const StrataExec *run, int i, gint64 at)
{
  return i < run->node->n_outputs && run->out[i] != NULL ? (float *) run->out[i]->data + at : NULL;
}

static void
normalise_row (const StrataExec *run, gint64 row, gint64 n, const StrataArray *offset, const float *sum)
{
  gboolean centred = run->node->op == STRATA_OP_MS_SKIP_LAYER_NORMALIZATION;
  double epsilon = (double) strata_node_float (run->node, "epsilon", 1e-12f), mean = 0.0, squares = 0.0, inverse;
  const float *scale = run->in[2]->data;
  float *out = output_at (run, 0, row * n), *mean_out = output_at (run, 1, row), *inverse_out = output_at (run, 2, row);

  for (gint64 i = 0; centred && i < n; i++)
    mean += (double) sum[i] / (double) n;
  for (gint64 i = 0; i < n; i++)
    squares += ((double) sum[i] - mean) * ((double) sum[i] - mean);
  inverse = 1.0 / sqrt (squares / (double) n + epsilon);
  for (gint64 i = 0; out != NULL && i < n; i++)
    out[i] = (float) (((double) sum[i] - mean) * inverse * (double) scale[i])
             + (offset == NULL ? 0.0f : ((const float *) offset->data)[i]);
  if (mean_out != NULL)
    *mean_out = (float) mean;
  if (inverse_out != NULL)
    *inverse_out = (float) inverse;
}

gboolean
strata_exec_skip_norm (const StrataExec *run, GError **error)
{
  gboolean centred = run->node->op == STRATA_OP_MS_SKIP_LAYER_NORMALIZATION;
  const StrataArray *in = run->in[0], *offset = centred ? strata_exec_in (run, 3) : NULL;
  const StrataArray *bias = strata_exec_in (run, centred ? 4 : 3);
  gint64 n = in->dims[in->n_dims - 1], n_rows = n == 0 ? 0 : strata_array_count (in) / n;
  g_autofree float *scratch = g_try_new (float, (gsize) n + 1);

  if (scratch == NULL)
    return strata_exec_fail (error, "no memory for a row of %" G_GINT64_FORMAT " features", n);
  for (gint64 row = 0; row < n_rows; row++)
    {
      float *sum = output_at (run, 3, row * n);

      sum = sum == NULL ? scratch : sum;
      add_skip (run, row, n, bias, sum);
      normalise_row (run, row, n, offset, sum);
    }
  return TRUE;
}

gboolean
strata_exec_bias_gelu (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *bias = strata_exec_in (run, 1);
  gboolean fast = run->node->op == STRATA_OP_MS_FAST_GELU;
  gint64 n = bias == NULL ? 1 : strata_array_count (bias);

  for (gint64 i = 0; i < strata_array_count (in); i++)
    {
      double x = (double) ((const float *) in->data)[i];

      x += bias == NULL ? 0.0 : (double) ((const float *) bias->data)[i % n];
      ((float *) run->out[0]->data)[i] =
        (float) (0.5 * x * (1.0 + (fast ? tanh (SQRT_2_OVER_PI * (x + 0.044715 * x * x * x)) : erf (x * SQRT_HALF))));
    }
  return TRUE;
}
