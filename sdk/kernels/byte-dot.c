/* SPDX-License-Identifier: Apache-2.0
 *
 * A block of inputs times a block of columns stays in registers over all rows. Packed weights: [block of 16 columns]
 * [group of 4 rows][column][row], so that 64 bytes meet four inputs in one instruction.
 */
#include "kernels/byte-dot.h"

#include <math.h>
#include <string.h>

#if defined __x86_64__
#include <immintrin.h>
#define HAVE_X86 1
#endif

#define GROUP 4
#define BLOCK 16
#define BLOCK_BYTES (GROUP * BLOCK)
/* 2 x 255 x 64 < 2^15 */
#define NARROW_MAX 64
#define INLINE static inline __attribute__ ((always_inline))

StrataByteIsa
strata_byte_isa (void)
{
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
  return ((gsize) (column / BLOCK) * (gsize) matrix->n_groups + (gsize) (row / GROUP)) * BLOCK_BYTES
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
  const gsize block_size = (gsize) matrix->n_groups * BLOCK_BYTES;
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
  block_size = (gsize) matrix->n_groups * BLOCK_BYTES;
  matrix->is_wide = find_wide (weights, (gsize) n_rows * (gsize) n_columns);
  matrix->packed = g_aligned_alloc ((gsize) matrix->n_blocks, block_size, 64);
  for (int row = 0; row < n_rows; row += GROUP)
    pack_rows (matrix, row, weights + (gsize) row * (gsize) n_columns);
}

void
strata_byte_matrix_sum (const StrataByteMatrix *matrix, gint32 *sums)
{
  const gint8 *packed = matrix->packed;

  memset (sums, 0, sizeof *sums * strata_byte_output_size (matrix));
  for (int block = 0; block < matrix->n_blocks; block++, sums += BLOCK)
    for (int group = 0; group < matrix->n_groups; group++, packed += BLOCK_BYTES)
      for (int i = 0; i < BLOCK; i++)
        sums[i] += packed[i * GROUP] + packed[i * GROUP + 1] + packed[i * GROUP + 2] + packed[i * GROUP + 3];
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
  return (gsize) matrix->n_groups * GROUP;
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
  gsize block_size = (gsize) matrix->n_groups * BLOCK_BYTES, n_rows = strata_byte_input_size (matrix);

  for (int i = 0; i < n; i++)
    for (gsize column = 0; column < strata_byte_output_size (matrix); column++)
      {
        const gint8 *weights = matrix->packed + column / BLOCK * block_size + column % BLOCK * GROUP;
        gint32 sum = 0;

        for (gsize row = 0; row < n_rows; row++)
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

/* Where a kernel puts a block of inputs and of columns: exactly one of the outputs is set. */
typedef struct
{
  gsize ld; /* elements per row of the outputs */
  gint32 *sums;
  float *codes;
  gint64 *n_clipped;
  StrataConverters converters;
} Output;

static Output
moved (Output out, gsize input, gsize column)
{
  out.sums = out.sums != NULL ? out.sums + input * out.ld + column : NULL;
  if (out.codes != NULL)
    {
      out.codes += input * out.ld + column;
      out.converters.offset += column;
      out.converters.scale += column;
    }
  return out;
}

/* --- portable --- */

static void
portable_tile (const gint8 *weights, const guint8 *inputs, int n_groups, const Output *out)
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
portable (const StrataByteMatrix *matrix, const guint8 *inputs, int n, Output out)
{
  gsize block_size = (gsize) matrix->n_groups * BLOCK_BYTES, n_rows = strata_byte_input_size (matrix);

  for (gsize b = 0; b < (gsize) matrix->n_blocks; b++)
    for (gsize i = 0; i < (gsize) n; i++)
      {
        const Output here = moved (out, i, b * BLOCK);

        portable_tile (matrix->packed + b * block_size, inputs + i * n_rows, matrix->n_groups, &here);
      }
}

#if HAVE_X86

/* --- AVX-512 VNNI: 6 inputs x 4 blocks, 24 sums in registers --- */

#define VNNI __attribute__ ((target ("avx512f,avx512bw,avx512vnni")))
#define VNNI_INPUTS 6
#define VNNI_BLOCKS 4

VNNI INLINE __m512i
four_inputs (const guint8 *inputs)
{
  gint32 four;

  memcpy (&four, inputs, sizeof four);
  return _mm512_set1_epi32 (four);
}

VNNI INLINE void
vnni_store (__m512i sum, const Output *out, gsize input, gsize column)
{
  __m512 code, clipped;

  if (out->sums != NULL)
    {
      _mm512_storeu_si512 (out->sums + input * out->ld + column, sum);
      return;
    }
  sum = _mm512_sub_epi32 (sum, _mm512_loadu_si512 (out->converters.offset + column));
  code = _mm512_mul_ps (_mm512_cvtepi32_ps (sum), _mm512_loadu_ps (out->converters.scale + column));
  code = _mm512_roundscale_ps (code, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  clipped =
    _mm512_min_ps (_mm512_max_ps (code, _mm512_set1_ps (out->converters.lo)), _mm512_set1_ps (out->converters.hi));
  *out->n_clipped += __builtin_popcount (_mm512_cmp_ps_mask (code, clipped, _CMP_NEQ_UQ));
  _mm512_storeu_ps (out->codes + input * out->ld + column, clipped);
}

VNNI INLINE void
vnni_tile (const StrataByteMatrix *matrix, const gint8 *weights, const guint8 *inputs, const Output *out, int n, int m)
{
  gsize block_size = (gsize) matrix->n_groups * BLOCK_BYTES, n_rows = (gsize) matrix->n_groups * GROUP;
  __m512i sum[VNNI_INPUTS][VNNI_BLOCKS];

  for (int i = 0; i < n; i++)
    for (int b = 0; b < m; b++)
      sum[i][b] = _mm512_setzero_si512 ();
  for (gsize g = 0; g < (gsize) matrix->n_groups; g++)
    {
      __m512i block[VNNI_BLOCKS];

      for (int b = 0; b < m; b++)
        block[b] = _mm512_load_si512 (weights + (gsize) b * block_size + g * BLOCK_BYTES);
      for (int i = 0; i < n; i++)
        {
          __m512i four = four_inputs (inputs + (gsize) i * n_rows + g * GROUP);

          for (int b = 0; b < m; b++)
            sum[i][b] = _mm512_dpbusd_epi32 (sum[i][b], four, block[b]);
        }
    }
  for (int i = 0; i < n; i++)
    for (int b = 0; b < m; b++)
      vnni_store (sum[i][b], out, (gsize) i, (gsize) b * BLOCK);
}

#define VNNI_CASE(N, M)                                                                                                \
  case (N) *8 + (M):                                                                                                   \
    vnni_tile (matrix, weights, inputs, &out, N, M);                                                                   \
    break;
#define VNNI_CASES(N) VNNI_CASE (N, 1) VNNI_CASE (N, 2) VNNI_CASE (N, 3) VNNI_CASE (N, 4)

VNNI static void
vnni_block (const StrataByteMatrix *matrix, const gint8 *weights, const guint8 *inputs, Output out, int n, int m)
{
  switch (n * 8 + m)
    {
      VNNI_CASES (1)
      VNNI_CASES (2)
      VNNI_CASES (3)
      VNNI_CASES (4)
      VNNI_CASES (5)
      VNNI_CASES (6)
    default:
      g_assert_not_reached ();
    }
}

static void
vnni (const StrataByteMatrix *matrix, const guint8 *inputs, int n, Output out)
{
  gsize block_size = (gsize) matrix->n_groups * BLOCK_BYTES, n_rows = strata_byte_input_size (matrix);

  for (int b = 0; b < matrix->n_blocks; b += VNNI_BLOCKS)
    for (int i = 0; i < n; i += VNNI_INPUTS)
      vnni_block (matrix, matrix->packed + (gsize) b * block_size, inputs + (gsize) i * n_rows,
                  moved (out, (gsize) i, (gsize) b * BLOCK), MIN (VNNI_INPUTS, n - i),
                  MIN (VNNI_BLOCKS, matrix->n_blocks - b));
}

/* --- AVX2: 4 inputs x 1 block, two registers of eight sums each --- */

#define AVX2 __attribute__ ((target ("avx2")))
#define AVX2_INPUTS 4

AVX2 INLINE void
avx2_store (__m256i sum, const Output *out, gsize input, gsize column)
{
  __m256 code, clipped;

  if (out->sums != NULL)
    {
      _mm256_storeu_si256 ((__m256i *) (void *) (out->sums + input * out->ld + column), sum);
      return;
    }
  sum = _mm256_sub_epi32 (sum, _mm256_loadu_si256 ((const __m256i *) (const void *) (out->converters.offset + column)));
  code = _mm256_mul_ps (_mm256_cvtepi32_ps (sum), _mm256_loadu_ps (out->converters.scale + column));
  code = _mm256_round_ps (code, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  clipped =
    _mm256_min_ps (_mm256_max_ps (code, _mm256_set1_ps (out->converters.lo)), _mm256_set1_ps (out->converters.hi));
  *out->n_clipped += __builtin_popcount ((guint) _mm256_movemask_ps (_mm256_cmp_ps (code, clipped, _CMP_NEQ_UQ)));
  _mm256_storeu_ps (out->codes + input * out->ld + column, clipped);
}

/* Four products per sum. Pairs of large weights are added after they have been widened. */
AVX2 INLINE __m256i
avx2_step (__m256i sum, __m256i four, __m256i weights, gboolean is_wide)
{
  const __m256i ones = _mm256_set1_epi16 (1), evens = _mm256_set1_epi16 (0xff);
  __m256i pairs;

  if (!is_wide)
    return _mm256_add_epi32 (sum, _mm256_madd_epi16 (_mm256_maddubs_epi16 (four, weights), ones));
  pairs = _mm256_madd_epi16 (_mm256_maddubs_epi16 (_mm256_and_si256 (four, evens), weights), ones);
  sum = _mm256_add_epi32 (sum, pairs);
  pairs = _mm256_madd_epi16 (_mm256_maddubs_epi16 (_mm256_andnot_si256 (evens, four), weights), ones);
  return _mm256_add_epi32 (sum, pairs);
}

AVX2 INLINE void
avx2_tile (const StrataByteMatrix *matrix,
           const gint8 *weights,
           const guint8 *inputs,
           const Output *out,
           int n,
           gboolean is_wide)
{
  gsize n_rows = (gsize) matrix->n_groups * GROUP;
  __m256i sum[AVX2_INPUTS][2];

  for (int i = 0; i < n; i++)
    sum[i][0] = sum[i][1] = _mm256_setzero_si256 ();
  for (gsize g = 0; g < (gsize) matrix->n_groups; g++)
    {
      __m256i low = _mm256_load_si256 ((const __m256i *) (const void *) (weights + g * BLOCK_BYTES));
      __m256i high = _mm256_load_si256 ((const __m256i *) (const void *) (weights + g * BLOCK_BYTES + 32));

      for (int i = 0; i < n; i++)
        {
          gint32 bits;
          __m256i four;

          memcpy (&bits, inputs + (gsize) i * n_rows + g * GROUP, sizeof bits);
          four = _mm256_set1_epi32 (bits);
          sum[i][0] = avx2_step (sum[i][0], four, low, is_wide);
          sum[i][1] = avx2_step (sum[i][1], four, high, is_wide);
        }
    }
  for (int i = 0; i < n; i++)
    {
      avx2_store (sum[i][0], out, (gsize) i, 0);
      avx2_store (sum[i][1], out, (gsize) i, BLOCK / 2);
    }
}

/* Constants of the loops' bodies, so that they stay in registers */
AVX2 static void
avx2_block (const StrataByteMatrix *matrix, const gint8 *weights, const guint8 *inputs, Output out, int n)
{
  if (n == AVX2_INPUTS && matrix->is_wide)
    avx2_tile (matrix, weights, inputs, &out, AVX2_INPUTS, TRUE);
  else if (n == AVX2_INPUTS)
    avx2_tile (matrix, weights, inputs, &out, AVX2_INPUTS, FALSE);
  else if (matrix->is_wide)
    avx2_tile (matrix, weights, inputs, &out, 1, TRUE);
  else
    avx2_tile (matrix, weights, inputs, &out, 1, FALSE);
}

static void
avx2 (const StrataByteMatrix *matrix, const guint8 *inputs, int n, Output out)
{
  gsize block_size = (gsize) matrix->n_groups * BLOCK_BYTES, n_rows = strata_byte_input_size (matrix);

  for (gsize b = 0; b < (gsize) matrix->n_blocks; b++)
    for (int i = 0, n_here; i < n; i += n_here)
      {
        n_here = n - i >= AVX2_INPUTS ? AVX2_INPUTS : 1;
        avx2_block (matrix, matrix->packed + b * block_size, inputs + (gsize) i * n_rows,
                    moved (out, (gsize) i, b * BLOCK), n_here);
      }
}

#endif

static void
run (const StrataByteMatrix *matrix, StrataByteIsa isa, const guint8 *inputs, int n, Output out)
{
#if HAVE_X86
  if (isa == STRATA_BYTE_VNNI)
    vnni (matrix, inputs, n, out);
  else if (isa == STRATA_BYTE_AVX2)
    avx2 (matrix, inputs, n, out);
  else
#endif
    portable (matrix, inputs, n, out);
}

void
strata_byte_product (const StrataByteMatrix *matrix, StrataByteIsa isa, const guint8 *inputs, int n, gint32 *sums)
{
  run (matrix, isa, inputs, n, (Output){ .ld = strata_byte_output_size (matrix), .sums = sums });
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
       (Output){
         .ld = strata_byte_output_size (matrix), .codes = codes, .n_clipped = &n_clipped, .converters = *converters });
  return n_clipped;
}
