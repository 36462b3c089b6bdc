/* SPDX-License-Identifier: Apache-2.0
 *
 * A block of inputs times a block of columns stays in registers over all rows. Here: the matrix, the naive twin, and
 * portable C; elsewhere the kernels of one processor or another.
 */
#include "kernels/byte-dot-private.h"

#include <math.h>

/* 2 x 255 x 64 < 2^15 */
#define NARROW_MAX 64
/* Fewer inputs fill too little of a tile. */
#define TILES_LEAST 8

StrataByteIsa
strata_byte_isa (void)
{
#if HAVE_TILES
  if (strata_byte_has_tiles ())
    return STRATA_BYTE_TILES;
#endif
#if HAVE_X86
  if (__builtin_cpu_supports ("avx512vnni") && __builtin_cpu_supports ("avx512bw"))
    return STRATA_BYTE_VNNI;
  if (__builtin_cpu_supports ("avx2"))
    return STRATA_BYTE_AVX2;
#endif
  return STRATA_BYTE_PORTABLE;
}

static gsize
place_of (const StrataByteMatrix *matrix, int row, int column)
{
  return (gsize) (column / BLOCK) * block_size_of (matrix) + (gsize) (row / GROUP) * BLOCK_BYTES
         + (gsize) (column % BLOCK) * GROUP + (gsize) (row % GROUP);
}

typedef gint8 Sixteen __attribute__ ((vector_size (BLOCK)));

/* Four rows of sixteen columns, column by column */
INLINE void
pack_block (const Sixteen *rows, gint8 *packed)
{
  Sixteen pairs[4], out[4];

  for (int i = 0; i < 2; i++)
    {
      pairs[2 * i] =
        __builtin_shufflevector (rows[2 * i], rows[2 * i + 1], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      pairs[2 * i + 1] = __builtin_shufflevector (rows[2 * i], rows[2 * i + 1], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
                                                  13, 29, 14, 30, 15, 31);
    }
  for (int i = 0; i < 2; i++)
    {
      out[2 * i] =
        __builtin_shufflevector (pairs[i], pairs[i + 2], 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
      out[2 * i + 1] =
        __builtin_shufflevector (pairs[i], pairs[i + 2], 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
    }
  memcpy (packed, out, sizeof out);
}

/* Up to four rows from @row on; what is not there is zero. */
static void
pack_rows (const StrataByteMatrix *matrix, int row, const gint8 *weights)
{
  const gsize block_size = block_size_of (matrix);
  const int n_rows = MIN (GROUP, matrix->n_rows - row);
  gint8 *packed = matrix->packed + (gsize) (row / GROUP) * BLOCK_BYTES;

  for (int column = 0; column < matrix->n_columns; column += BLOCK, packed += block_size)
    {
      const gsize n = (gsize) MIN (BLOCK, matrix->n_columns - column);
      Sixteen rows[GROUP] = { { 0 } };

      for (int i = 0; i < n_rows; i++)
        {
          const gint8 *from = weights + (gsize) i * (gsize) matrix->n_columns + column;

          if (n == BLOCK)
            memcpy (&rows[i], from, BLOCK);
          else
            memcpy (&rows[i], from, n);
        }
      pack_block (rows, packed);
    }
}

/* Whether a weight is beyond what two of them may be */
static gboolean
find_wide (const gint8 *weights, gsize n)
{
  gint8 least = 0, most = 0;

  for (gsize i = 0; i < n; i++)
    {
      least = MIN (least, weights[i]);
      most = MAX (most, weights[i]);
    }
  g_assert (least >= -STRATA_BYTE_WEIGHT_MAX);
  return MAX (-least, most) > NARROW_MAX;
}

void
strata_byte_matrix_init (StrataByteMatrix *matrix, const gint8 *weights, int n_rows, int n_columns)
{
  gsize block_size;

  g_assert (n_rows > 0 && n_rows <= STRATA_BYTE_ROWS_MAX && n_columns > 0);
  matrix->n_rows = n_rows;
  matrix->n_columns = n_columns;
  matrix->n_groups = (n_rows + GROUP - 1) / GROUP;
  matrix->n_blocks = (n_columns + BLOCK - 1) / BLOCK;
  block_size = block_size_of (matrix);
  matrix->is_wide = find_wide (weights, (gsize) n_rows * (gsize) n_columns);
  matrix->packed = g_aligned_alloc0 ((gsize) matrix->n_blocks, block_size, 64);
  for (int row = 0; row < n_rows; row += GROUP)
    pack_rows (matrix, row, weights + (gsize) row * (gsize) n_columns);
}

void
strata_byte_matrix_sum (const StrataByteMatrix *matrix, gint32 *sums)
{
  memset (sums, 0, sizeof *sums * strata_byte_output_size (matrix));
  for (gsize block = 0; block < (gsize) matrix->n_blocks; block++, sums += BLOCK)
    for (gsize group = 0; group < (gsize) matrix->n_groups; group++)
      for (int i = 0; i < BLOCK; i++)
        {
          const gint8 *four = matrix->packed + block * block_size_of (matrix) + group * BLOCK_BYTES + i * GROUP;

          sums[i] += four[0] + four[1] + four[2] + four[3];
        }
}

void
strata_byte_matrix_finish (StrataByteMatrix *matrix)
{
  g_clear_pointer (&matrix->packed, g_aligned_free);
}

int
strata_byte_matrix_get (const StrataByteMatrix *matrix, int row, int column)
{
  return matrix->packed[place_of (matrix, row, column)];
}

gsize
strata_byte_input_size (const StrataByteMatrix *matrix)
{
  return ((gsize) matrix->n_groups + TILE_GROUPS - 1) / TILE_GROUPS * TILE_GROUPS * GROUP;
}

gsize
strata_byte_output_size (const StrataByteMatrix *matrix)
{
  return (gsize) matrix->n_blocks * BLOCK;
}

static float
convert (gint32 sum, const StrataConverters *converters, gsize column, gint64 *n_clipped)
{
  float code = rintf ((float) (sum - converters->offset[column]) * converters->scale[column]);

  *n_clipped += (code < converters->lo) | (code > converters->hi);
  code = code < converters->lo ? converters->lo : code;
  return code > converters->hi ? converters->hi : code;
}

void
strata_byte_product_ref (const StrataByteMatrix *matrix, const guint8 *inputs, int n, gint32 *sums)
{
  gsize block_size = block_size_of (matrix), n_rows = strata_byte_input_size (matrix);

  for (int i = 0; i < n; i++)
    for (gsize column = 0; column < strata_byte_output_size (matrix); column++)
      {
        const gint8 *weights = matrix->packed + column / BLOCK * block_size + column % BLOCK * GROUP;
        gint32 sum = 0;

        for (gsize row = 0; row < (gsize) matrix->n_rows; row++)
          sum += inputs[(gsize) i * n_rows + row] * weights[row / GROUP * BLOCK_BYTES + row % GROUP];
        *sums++ = sum;
      }
}

gint64
strata_byte_read_ref (
  const StrataByteMatrix *matrix, const guint8 *inputs, int n, const StrataConverters *converters, float *codes)
{
  gsize ld = strata_byte_output_size (matrix);
  g_autofree gint32 *sums = g_new (gint32, ld * (gsize) n);

  gint64 n_clipped = 0;

  strata_byte_product_ref (matrix, inputs, n, sums);
  for (gsize i = 0; i < ld * (gsize) n; i++)
    codes[i] = convert (sums[i], converters, i % ld, &n_clipped);
  return n_clipped;
}

/* --- portable --- */

static void
portable_tile (const gint8 *weights, const guint8 *inputs, int n_groups, const StrataByteOutput *out)
{
  gint32 sum[BLOCK] = { 0 };

  for (int g = 0; g < n_groups; g++, weights += BLOCK_BYTES, inputs += GROUP)
    for (int c = 0; c < BLOCK; c++)
      for (int r = 0; r < GROUP; r++)
        sum[c] += inputs[r] * weights[c * GROUP + r];
  if (out->sums != NULL)
    memcpy (out->sums, sum, sizeof sum);
  else
    for (gsize c = 0; c < BLOCK; c++)
      out->codes[c] = convert (sum[c], &out->converters, c, out->n_clipped);
}

static void
portable (const StrataByteMatrix *matrix, const guint8 *inputs, int n, StrataByteOutput out)
{
  gsize block_size = block_size_of (matrix), n_rows = strata_byte_input_size (matrix);

  for (gsize b = 0; b < (gsize) matrix->n_blocks; b++)
    for (gsize i = 0; i < (gsize) n; i++)
      {
        const StrataByteOutput here = strata_byte_moved (out, i, b * BLOCK);

        portable_tile (matrix->packed + b * block_size, inputs + i * n_rows, matrix->n_groups, &here);
      }
}

static void
run (const StrataByteMatrix *matrix, StrataByteIsa isa, const guint8 *inputs, int n, StrataByteOutput out)
{
#if HAVE_TILES
  if (isa == STRATA_BYTE_TILES && n >= TILES_LEAST)
    {
      strata_byte_tiles (matrix, inputs, n, out);
      return;
    }
#endif
#if HAVE_X86
  if (isa >= STRATA_BYTE_AVX2)
    {
      (isa == STRATA_BYTE_AVX2 ? strata_byte_avx2 : strata_byte_vnni) (matrix, inputs, n, out);
      return;
    }
#endif
  portable (matrix, inputs, n, out);
}

void
strata_byte_product (const StrataByteMatrix *matrix, StrataByteIsa isa, const guint8 *inputs, int n, gint32 *sums)
{
  run (matrix, isa, inputs, n, (StrataByteOutput){ .ld = strata_byte_output_size (matrix), .sums = sums });
}

gint64
strata_byte_read (const StrataByteMatrix *matrix,
                  StrataByteIsa isa,
                  const guint8 *inputs,
                  int n,
                  const StrataConverters *converters,
                  float *codes)
{
  gint64 n_clipped = 0;

  run (matrix, isa, inputs, n,
       (StrataByteOutput){
         .ld = strata_byte_output_size (matrix), .codes = codes, .n_clipped = &n_clipped, .converters = *converters });
  return n_clipped;
}
