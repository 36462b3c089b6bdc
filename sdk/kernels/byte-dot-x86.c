/* SPDX-License-Identifier: Apache-2.0
 *
 * Products of bytes by AVX-512 VNNI and by AVX2.
 */
#include "kernels/byte-dot-private.h"

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
vnni_tile (
  const StrataByteMatrix *matrix, const gint8 *weights, const guint8 *inputs, const StrataByteOutput *out, int n, int m)
{
  gsize block_size = block_size_of (matrix), n_rows = strata_byte_input_size (matrix);
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
      store_sixteen (sum[i][b], out, (gsize) i, (gsize) b * BLOCK);
}

#define VNNI_CASE(N, M)                                                                                                \
  case (N) *8 + (M):                                                                                                   \
    vnni_tile (matrix, weights, inputs, &out, N, M);                                                                   \
    break;
#define VNNI_CASES(N) VNNI_CASE (N, 1) VNNI_CASE (N, 2) VNNI_CASE (N, 3) VNNI_CASE (N, 4)

VNNI static void
vnni_block (
  const StrataByteMatrix *matrix, const gint8 *weights, const guint8 *inputs, StrataByteOutput out, int n, int m)
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

void
strata_byte_vnni (const StrataByteMatrix *matrix, const guint8 *inputs, int n, StrataByteOutput out)
{
  gsize block_size = block_size_of (matrix), n_rows = strata_byte_input_size (matrix);

  for (int b = 0; b < matrix->n_blocks; b += VNNI_BLOCKS)
    for (int i = 0; i < n; i += VNNI_INPUTS)
      vnni_block (matrix, matrix->packed + (gsize) b * block_size, inputs + (gsize) i * n_rows,
                  strata_byte_moved (out, (gsize) i, (gsize) b * BLOCK), MIN (VNNI_INPUTS, n - i),
                  MIN (VNNI_BLOCKS, matrix->n_blocks - b));
}

/* --- AVX2: 4 inputs x 1 block, two registers of eight sums each --- */

#define AVX2 __attribute__ ((target ("avx2")))
#define AVX2_INPUTS 4

AVX2 INLINE void
avx2_store (__m256i sum, const StrataByteOutput *out, gsize input, gsize column)
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
           const StrataByteOutput *out,
           int n,
           gboolean is_wide)
{
  gsize n_rows = strata_byte_input_size (matrix);
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
avx2_block (const StrataByteMatrix *matrix, const gint8 *weights, const guint8 *inputs, StrataByteOutput out, int n)
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

void
strata_byte_avx2 (const StrataByteMatrix *matrix, const guint8 *inputs, int n, StrataByteOutput out)
{
  gsize block_size = block_size_of (matrix), n_rows = strata_byte_input_size (matrix);

  for (gsize b = 0; b < (gsize) matrix->n_blocks; b++)
    for (int i = 0, n_here; i < n; i += n_here)
      {
        n_here = n - i >= AVX2_INPUTS ? AVX2_INPUTS : 1;
        avx2_block (matrix, matrix->packed + b * block_size, inputs + (gsize) i * n_rows,
                    strata_byte_moved (out, (gsize) i, b * BLOCK), n_here);
      }
}

#endif
