/* SPDX-License-Identifier: Apache-2.0
 *
 * Every instruction set against three plain loops, to the bit; sizes that fill no block, weights and inputs at their
 * ends.
 */
#include "kernels/byte-dot.h"

#include <string.h>

#include "base/rng.h"

typedef struct
{
  StrataByteMatrix matrix;
  gint8 *weights;
  guint8 *inputs;
  int n;
} Case;

static void
case_init (Case *c, int n_rows, int n_columns, int n, int largest)
{
  StrataRngKey key = strata_rng_key ((guint64) n_rows, (guint64) n_columns);
  gsize ld;

  c->n = n;
  c->weights = g_new (gint8, (gsize) n_rows * (gsize) n_columns);
  for (guint64 i = 0; i < (guint64) n_rows * (guint64) n_columns; i++)
    {
      double u = strata_rng_uniform (key, i);

      /* one in eight at an end, neighbours in a row often at the same */
      c->weights[i] = (gint8) (u < 0.125 ? largest : u < 0.25 ? -largest : (u * 2 - 1) * largest);
    }
  strata_byte_matrix_init (&c->matrix, c->weights, n_rows, n_columns);
  ld = strata_byte_input_size (&c->matrix);
  c->inputs = g_malloc0 (ld * (gsize) n);
  for (gsize i = 0; i < (gsize) n; i++)
    for (int row = 0; row < n_rows; row++)
      c->inputs[i * ld + (gsize) row] =
        i == 0 ? 255 : (guint8) (256 * strata_rng_uniform (key, (1ull << 40) + i * ld + (gsize) row));
}

static void
case_finish (Case *c)
{
  strata_byte_matrix_finish (&c->matrix);
  g_free (c->weights);
  g_free (c->inputs);
}

static const int sizes[][3] = { { 1, 1, 1 },    { 3, 17, 2 },     { 4, 16, 7 },   { 27, 64, 13 },
                                { 130, 80, 6 }, { 256, 250, 11 }, { 512, 33, 5 }, { 64, 130, 64 },
                                { 70, 17, 16 }, { 200, 48, 37 },  { 5, 100, 31 }, { 321, 16, 33 } };

static void
test_column_sums (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree gint32 *sums = NULL;
      Case c;

      case_init (&c, sizes[i][0], sizes[i][1], 1, 127);
      sums = g_new (gint32, strata_byte_output_size (&c.matrix));
      strata_byte_matrix_sum (&c.matrix, sums);
      for (int column = 0; column < sizes[i][1]; column++)
        {
          for (int row = 0; row < sizes[i][0]; row++)
            sums[column] -= c.weights[row * sizes[i][1] + column];
          g_assert_cmpint (sums[column], ==, 0);
        }
      case_finish (&c);
    }
}

static void
test_sums (void)
{
  for (gsize i = 0; i < 3 * G_N_ELEMENTS (sizes); i++)
    {
      static const int largest[] = { 15, 64, 127 };
      const int *size = sizes[i / 3];
      gint32 *expected, *sums;
      gsize ld, n_bytes;
      Case c;

      case_init (&c, size[0], size[1], size[2], largest[i % 3]);
      g_assert_cmpint (c.matrix.is_wide, ==, largest[i % 3] == 127 && size[0] * size[1] > 1);
      ld = strata_byte_output_size (&c.matrix);
      n_bytes = sizeof (gint32) * ld * (gsize) c.n;
      expected = g_malloc (n_bytes), sums = g_malloc (n_bytes);
      strata_byte_product_ref (&c.matrix, c.inputs, c.n, expected);
      for (int input = 0; input < c.n; input++)
        for (gsize column = 0; column < ld; column++)
          {
            gint32 sum = 0;

            for (int row = 0; row < size[0] && column < (gsize) size[1]; row++)
              sum += c.inputs[(gsize) input * strata_byte_input_size (&c.matrix) + (gsize) row]
                     * c.weights[(gsize) row * (gsize) size[1] + column];
            g_assert_cmpint (expected[(gsize) input * ld + column], ==, sum);
          }
      for (int isa = 0; isa <= (int) strata_byte_isa (); isa++)
        {
          memset (sums, 0xaa, n_bytes);
          strata_byte_product (&c.matrix, (StrataByteIsa) isa, c.inputs, c.n, sums);
          g_assert_cmpmem (sums, n_bytes, expected, n_bytes);
        }
      g_free (expected);
      g_free (sums);
      case_finish (&c);
    }
}

static void
test_codes (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      gint64 n_clipped, n_at_ends = 0;
      gsize ld, n_bytes;
      Case c;

      case_init (&c, sizes[i][0], sizes[i][1], sizes[i][2], 100);
      ld = strata_byte_output_size (&c.matrix);
      n_bytes = sizeof (float) * ld * (gsize) c.n;
      g_autofree float *expected = g_malloc (n_bytes), *codes = g_malloc (n_bytes), *scale = g_new (float, ld);
      g_autofree gint32 *offset = g_new (gint32, ld);
      const StrataConverters converters = { offset, scale, -128, 127 };

      for (gsize column = 0; column < ld; column++)
        {
          /* powers of two give halves, which go to the even code */
          scale[column] = column % 2 != 0 ? 1.0f / 512 : 1.0f / (1000 + (float) column);
          offset[column] = (gint32) (128 * column) - 900;
        }
      n_clipped = strata_byte_read_ref (&c.matrix, c.inputs, c.n, &converters, expected);
      for (gsize e = 0; e < ld * (gsize) c.n; e++)
        n_at_ends += expected[e] == -128 || expected[e] == 127;
      g_assert_cmpint (n_clipped, <=, n_at_ends);
      for (int isa = 0; isa <= (int) strata_byte_isa (); isa++)
        {
          memset (codes, 0xaa, n_bytes);
          g_assert_cmpint (strata_byte_read (&c.matrix, (StrataByteIsa) isa, c.inputs, c.n, &converters, codes), ==,
                           n_clipped);
          g_assert_cmpmem (codes, n_bytes, expected, n_bytes);
        }
      case_finish (&c);
    }
}

static void
test_rounding (void)
{
  const gint8 weights[] = { 1, 2, 3, 4, 5, 6, 7, 127, -1, -3, -127 };
  const guint8 inputs[4] = { 5 };
  StrataByteMatrix matrix;
  gint32 offset[16] = { 0 };
  float scale[16], codes[16];
  const float expected[] = { 2, 5, 8, 10, 12, 15, 15, 15, -2, -8, -16 };
  const StrataConverters converters = { offset, scale, -16, 15 };

  for (int i = 0; i < 16; i++)
    scale[i] = i < (int) G_N_ELEMENTS (weights) ? 0.5f : 0;
  strata_byte_matrix_init (&matrix, weights, 1, G_N_ELEMENTS (weights));
  for (int isa = 0; isa <= (int) strata_byte_isa (); isa++)
    {
      /* 5 x 7 / 2 = 17.5 and the two of 127 */
      g_assert_cmpint (strata_byte_read (&matrix, (StrataByteIsa) isa, inputs, 1, &converters, codes), ==, 3);
      for (gsize i = 0; i < G_N_ELEMENTS (weights); i++)
        g_assert_cmpfloat (codes[i], ==, expected[i]);
    }
  strata_byte_matrix_finish (&matrix);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/byte-dot/column-sums", test_column_sums);
  g_test_add_func ("/sdk/kernels/byte-dot/sums", test_sums);
  g_test_add_func ("/sdk/kernels/byte-dot/codes", test_codes);
  g_test_add_func ("/sdk/kernels/byte-dot/rounding", test_rounding);
  return g_test_run ();
}
