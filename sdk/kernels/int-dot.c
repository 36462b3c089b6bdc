/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast dot product holds sixteen sums at once (four rows times four columns), so that each loaded vector is used
 * four times; the compiler turns the loop into multiply-add of pairs.
 */
#include "kernels/int-dot.h"

#include <string.h>
#if defined __x86_64__
#include <immintrin.h>
#endif

#include "kernels/byte-dot.h"
#include "kernels/int-transpose.h"

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
#define BLOCK 4
/* Rows and positions that are gathered at once */
#define GATHER 64

/* What @n_x output positions from @x0 on see through the tap of row @k of all that the window sees */
static void
see (const gint16 *codes,
     const StrataIntWindow *window,
     int subtract,
     int fill,
     int y,
     int k,
     int x0,
     int n_x,
     gint16 *out)
{
  const int taps = window->kernel_h * window->kernel_w, c = k / taps, tap = k % taps;
  const int iy = y * window->stride_h + tap / window->kernel_w * window->dilation_h - window->pad_top;
  const int first = tap % window->kernel_w * window->dilation_w - window->pad_left, stride = window->stride_w;
  const gboolean inside = iy >= 0 && iy < window->height;
  const gint16 *row = codes + ((gsize) c * (gsize) window->height + (gsize) (inside ? iy : 0)) * (gsize) window->width;
  int from = first >= 0 ? 0 : (-first + stride - 1) / stride, to = (window->width - first + stride - 1) / stride;

  from = MIN (MAX (from - x0, 0), n_x), to = MIN (MAX (to - x0, from), n_x);
  if (!inside)
    from = to = n_x;
  for (int x = 0; x < from; x++)
    out[x] = (gint16) fill;
  if (stride == 1)
    for (int x = from; x < to; x++)
      out[x] = (gint16) (row[first + x0 + x] - subtract);
  else
    for (int x = from; x < to; x++)
      out[x] = (gint16) (row[first + (x0 + x) * stride] - subtract);
  for (int x = to; x < n_x; x++)
    out[x] = (gint16) fill;
}

void
strata_int_gather (
  const gint16 *codes, const StrataIntWindow *window, int subtract, int fill, int y, int k0, int n_k, gint16 *out)
{
  gint16 seen[GATHER][GATHER];

  for (int i = 0; i < n_k; i += GATHER)
    for (int x = 0; x < window->out_width; x += GATHER)
      {
        const int n_here = MIN (GATHER, n_k - i), n_x = MIN (GATHER, window->out_width - x);

        for (int r = 0; r < n_here; r++)
          see (codes, window, subtract, fill, y, k0 + i + r, x, n_x, seen[r]);
        strata_int_transpose (seen[0], GATHER, n_here, n_x, 0, out + (gsize) x * (gsize) n_k + (gsize) i, (gsize) n_k);
      }
}

void
strata_int_gather_one (
  const gint16 *codes, const StrataIntWindow *w, int subtract, int fill, int y, int x, int k0, int n_k, gint16 *out)
{
  const int taps = w->kernel_h * w->kernel_w, y0 = y * w->stride_h - w->pad_top, x0 = x * w->stride_w - w->pad_left;
  const gsize size = (gsize) w->height * (gsize) w->width;
  const gint16 *plane = codes + (gsize) (k0 / taps) * size;
  int ky = k0 % taps / w->kernel_w, kx = k0 % w->kernel_w;

  for (int i = 0; i < n_k; i++)
    {
      const int iy = y0 + ky * w->dilation_h, ix = x0 + kx * w->dilation_w;
      const gboolean inside = iy >= 0 && iy < w->height && ix >= 0 && ix < w->width;

      out[i] = (gint16) (inside ? plane[(gsize) iy * (gsize) w->width + (gsize) ix] - subtract : fill);
      if (++kx < w->kernel_w)
        continue;
      kx = 0;
      if (++ky < w->kernel_h)
        continue;
      ky = 0;
      plane += size;
    }
}

/* --- products --- */

CLONES static void
dot_block (const gint16 *restrict a, gsize ld_a, const gint16 *restrict b, gsize ld_b, int k, gint32 *restrict out)
{
  const gint16 *a0 = a, *a1 = a + ld_a, *a2 = a + 2 * ld_a, *a3 = a + 3 * ld_a;
  const gint16 *b0 = b, *b1 = b + ld_b, *b2 = b + 2 * ld_b, *b3 = b + 3 * ld_b;
  gint32 s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
  gint32 s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;

  for (int i = 0; i < k; i++)
    {
      s00 += a0[i] * b0[i], s01 += a0[i] * b1[i], s02 += a0[i] * b2[i], s03 += a0[i] * b3[i];
      s10 += a1[i] * b0[i], s11 += a1[i] * b1[i], s12 += a1[i] * b2[i], s13 += a1[i] * b3[i];
      s20 += a2[i] * b0[i], s21 += a2[i] * b1[i], s22 += a2[i] * b2[i], s23 += a2[i] * b3[i];
      s30 += a3[i] * b0[i], s31 += a3[i] * b1[i], s32 += a3[i] * b2[i], s33 += a3[i] * b3[i];
    }
  out[0] = s00, out[1] = s01, out[2] = s02, out[3] = s03, out[4] = s10, out[5] = s11, out[6] = s12, out[7] = s13;
  out[8] = s20, out[9] = s21, out[10] = s22, out[11] = s23, out[12] = s30, out[13] = s31, out[14] = s32, out[15] = s33;
}

CLONES static gint32
dot_one (const gint16 *restrict a, const gint16 *restrict b, int k)
{
  gint32 sum = 0;

  for (int i = 0; i < k; i++)
    sum += a[i] * b[i];
  return sum;
}

static void
dot (const gint16 *a, int n_a, gsize ld_a, const gint16 *b, int n_b, gsize ld_b, int k, gint32 *sums, gsize ld_sums)
{
  const int whole_a = n_a / BLOCK * BLOCK, whole_b = n_b / BLOCK * BLOCK;
  gint32 block[BLOCK * BLOCK];

  for (int j = 0; j < whole_b; j += BLOCK)
    for (int i = 0; i < whole_a; i += BLOCK)
      {
        dot_block (a + (gsize) i * ld_a, ld_a, b + (gsize) j * ld_b, ld_b, k, block);
        for (int r = 0; r < BLOCK; r++)
          for (int c = 0; c < BLOCK; c++)
            sums[(gsize) (i + r) * ld_sums + (gsize) (j + c)] += block[r * BLOCK + c];
      }
  for (int i = 0; i < n_a; i++)
    for (int j = i < whole_a ? whole_b : 0; j < n_b; j++)
      sums[(gsize) i * ld_sums + (gsize) j] += dot_one (a + (gsize) i * ld_a, b + (gsize) j * ld_b, k);
}

#if defined __x86_64__

/* --- AVX-512 VNNI: pairs of elements, 6 rows x 4 blocks of 16 columns, 24 sums in registers --- */

#define VNNI __attribute__ ((target ("avx512f,avx512bw,avx512vnni")))
#define INLINE static inline __attribute__ ((always_inline))
#define VNNI_ROWS 6
#define VNNI_BLOCKS 4
#define VNNI_COLUMNS 16
/* Fewer do not pay for packing. */
#define VNNI_LEAST 12

/* Up to sixteen columns as [pair][column][2], what is not there zero */
static void
pack_columns (const gint16 *b, int n, gsize ld_b, int k, gint16 *packed)
{
  const gsize n_pairs = ((gsize) k + 1) / 2;

  if (n < VNNI_COLUMNS || k % 2 != 0)
    memset (packed, 0, sizeof *packed * 2 * VNNI_COLUMNS * n_pairs);
  for (gsize column = 0; column < (gsize) n; column++, b += ld_b)
    {
      gint16 *to = packed + 2 * column;

      for (int i = 0; i + 1 < k; i += 2, to += 2 * VNNI_COLUMNS)
        memcpy (to, b + i, 2 * sizeof *b);
      if (k % 2 != 0)
        *to = b[k - 1];
    }
}

/* Adds the products of two elements of each row, or of one where the other is not there. */
VNNI INLINE void
vnni_pair (
  const gint16 *a, gsize ld_a, gsize n_bytes, const gint16 *packed, gsize block_size, int n, int m, __m512i *sum)
{
  __m512i block[VNNI_BLOCKS];

  for (gsize j = 0; j < (gsize) m; j++)
    block[j] = _mm512_load_si512 (packed + j * block_size);
  for (gsize i = 0; i < (gsize) n; i++)
    {
      gint32 two = 0;

      memcpy (&two, a + i * ld_a, n_bytes);
      for (gsize j = 0; j < (gsize) m; j++)
        sum[i * VNNI_BLOCKS + j] = _mm512_dpwssd_epi32 (sum[i * VNNI_BLOCKS + j], _mm512_set1_epi32 (two), block[j]);
    }
}

VNNI INLINE void
vnni_tile (
  const gint16 *a, gsize ld_a, const gint16 *packed, int n_columns, int k, gint32 *sums, gsize ld_sums, int n, int m)
{
  const gsize block_size = ((gsize) k + 1) / 2 * 2 * VNNI_COLUMNS;
  __m512i sum[VNNI_ROWS * VNNI_BLOCKS];

  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      sum[i * VNNI_BLOCKS + j] = _mm512_setzero_si512 ();
  for (int e = 0; e + 1 < k; e += 2, packed += 2 * VNNI_COLUMNS)
    vnni_pair (a + e, ld_a, 2 * sizeof *a, packed, block_size, n, m, sum);
  if (k % 2 != 0)
    vnni_pair (a + k - 1, ld_a, sizeof *a, packed, block_size, n, m, sum);
  for (gsize i = 0; i < (gsize) n; i++)
    for (int j = 0; j < m; j++)
      {
        const int here = MIN (VNNI_COLUMNS, n_columns - j * VNNI_COLUMNS);
        const __mmask16 mask = (__mmask16) ((1u << here) - 1);
        gint32 *at = sums + i * ld_sums + j * VNNI_COLUMNS;
        __m512i before = _mm512_maskz_loadu_epi32 (mask, at);

        _mm512_mask_storeu_epi32 (at, mask, _mm512_add_epi32 (before, sum[i * VNNI_BLOCKS + (gsize) j]));
      }
}

#define VNNI_CASE(N, M)                                                                                                \
  case (N) *8 + (M):                                                                                                   \
    vnni_tile (a, ld_a, packed, n_columns, k, sums, ld_sums, N, M);                                                    \
    break;
#define VNNI_CASES(N) VNNI_CASE (N, 1) VNNI_CASE (N, 2) VNNI_CASE (N, 3) VNNI_CASE (N, 4)

VNNI static void
vnni_block (const gint16 *a, int n, gsize ld_a, const gint16 *packed, int n_columns, int k, gint32 *sums, gsize ld_sums)
{
  switch (n * 8 + (n_columns + VNNI_COLUMNS - 1) / VNNI_COLUMNS)
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
vnni (const gint16 *a, int n_a, gsize ld_a, const gint16 *b, int n_b, gsize ld_b, int k, gint32 *sums, gsize ld_sums)
{
  const gsize block_size = ((gsize) k + 1) / 2 * 2 * VNNI_COLUMNS;
  gint16 *packed = g_aligned_alloc (VNNI_BLOCKS, sizeof *packed * block_size, 64);

  for (int j = 0; j < n_b; j += VNNI_BLOCKS * VNNI_COLUMNS)
    {
      const int n_columns = MIN (VNNI_BLOCKS * VNNI_COLUMNS, n_b - j);

      for (int block = 0; block * VNNI_COLUMNS < n_columns; block++)
        pack_columns (b + (gsize) (j + block * VNNI_COLUMNS) * ld_b,
                      MIN (VNNI_COLUMNS, n_columns - block * VNNI_COLUMNS), ld_b, k,
                      packed + (gsize) block * block_size);
      for (int i = 0; i < n_a; i += VNNI_ROWS)
        vnni_block (a + (gsize) i * ld_a, MIN (VNNI_ROWS, n_a - i), ld_a, packed, n_columns, k,
                    sums + (gsize) i * ld_sums + j, ld_sums);
    }
  g_aligned_free (packed);
}

#endif

void
strata_int_dot (
  const gint16 *a, int n_a, gsize ld_a, const gint16 *b, int n_b, gsize ld_b, int k, gint32 *sums, gsize ld_sums)
{
#if defined __x86_64__
  if (n_a >= VNNI_LEAST && k > 0 && strata_byte_isa () >= STRATA_BYTE_VNNI)
    {
      vnni (a, n_a, ld_a, b, n_b, ld_b, k, sums, ld_sums);
      return;
    }
#endif
  dot (a, n_a, ld_a, b, n_b, ld_b, k, sums, ld_sums);
}

void
strata_int_dot_ref (
  const gint16 *a, int n_a, gsize ld_a, const gint16 *b, int n_b, gsize ld_b, int k, gint32 *sums, gsize ld_sums)
{
  for (int i = 0; i < n_a; i++)
    for (int j = 0; j < n_b; j++)
      for (int l = 0; l < k; l++)
        sums[(gsize) i * ld_sums + (gsize) j] += a[(gsize) i * ld_a + (gsize) l] * b[(gsize) j * ld_b + (gsize) l];
}
