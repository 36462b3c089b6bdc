/* SPDX-License-Identifier: Apache-2.0
 *
 * Philox 4x32-10. Normal deviates are made of one word each by the inverse of the distribution, in octaves of the
 * probability: no logarithm, no root, and the same bits from every instruction set. Sixteen blocks at a time.
 */
#include "base/rng.h"

#include <math.h>
#include <string.h>
#if defined __x86_64__
#include <immintrin.h>
#endif

#define ROUNDS 10
#define MULTIPLIER_0 0xD2511F53u
#define MULTIPLIER_1 0xCD9E8D57u
#define WEYL_0 0x9E3779B9u
#define WEYL_1 0xBB67AE85u
#define LANES 16

StrataRngKey
strata_rng_key (guint64 seed, guint64 stream)
{
  /* SplitMix64 finaliser over both, so that neighbouring seeds and streams give unrelated keys. */
  guint64 mixed = seed * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) + stream;

  for (int i = 0; i < 2; i++)
    {
      mixed += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      mixed = (mixed ^ (mixed >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
      mixed = (mixed ^ (mixed >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
      mixed ^= mixed >> 31;
      mixed += seed;
    }
  return (StrataRngKey){ { (guint32) mixed, (guint32) (mixed >> 32) } };
}

StrataRngBlock
strata_rng_block (StrataRngKey key, guint64 counter_lo, guint64 counter_hi)
{
  guint32 w[4] = { (guint32) counter_lo, (guint32) (counter_lo >> 32), (guint32) counter_hi,
                   (guint32) (counter_hi >> 32) };
  StrataRngBlock block;

  for (guint32 round = 0; round < ROUNDS; round++)
    {
      guint64 p0 = (guint64) MULTIPLIER_0 * w[0], p1 = (guint64) MULTIPLIER_1 * w[2];

      w[0] = (guint32) (p1 >> 32) ^ w[1] ^ (key.word[0] + round * WEYL_0);
      w[1] = (guint32) p1;
      w[2] = (guint32) (p0 >> 32) ^ w[3] ^ (key.word[1] + round * WEYL_1);
      w[3] = (guint32) p0;
    }
  memcpy (block.word, w, sizeof w);
  return block;
}

double
strata_rng_uniform (StrataRngKey key, guint64 index)
{
  return strata_rng_block (key, index / 4, G_MAXUINT64).word[index % 4] * 0x1p-32;
}

gint64
strata_rng_gap (StrataRngKey key, guint64 index, double share)
{
  double gap;

  if (!(share > 0))
    return G_MAXINT64 / 4;
  gap = share < 1 ? floor (log1p (-strata_rng_uniform (key, index)) / log1p (-share)) : 0;
  return gap < (double) G_MAXINT64 / 4 ? (gint64) gap : G_MAXINT64 / 4;
}

void
strata_rng_four (StrataRngKey key, guint64 block, double *out)
{
  StrataRngBlock words = strata_rng_block (key, block, G_MAXUINT64);

  for (int i = 0; i < 4; i++)
    out[i] = words.word[i] * 0x1p-32;
}

/* --- normal deviates --- */

/* Words 0 of sixteen blocks, then words 1, 2 and 3 */
#define N_WORDS (4 * LANES)
#define N_OCTAVES 32
#define DEGREE 4
/* The largest float below 2^31: beyond it there is no octave. */
#define MAGNITUDE_MAX 2147483520.0f

static const float octaves[DEGREE + 1][N_OCTAVES] = {
#include "base/normal-octaves.def"
};

/* Words of sixteen blocks from @counter_lo on */
__attribute__ ((target_clones ("default", "avx2"))) static void
philox_lanes (StrataRngKey key, guint64 counter_lo, guint64 counter_hi, guint32 *words)
{
  guint32 *w0 = words, *w1 = words + LANES, *w2 = words + 2 * LANES, *w3 = words + 3 * LANES;
  guint32 key0 = key.word[0], key1 = key.word[1];

  for (guint i = 0; i < LANES; i++)
    {
      w0[i] = (guint32) (counter_lo + i);
      w1[i] = (guint32) ((counter_lo + i) >> 32);
      w2[i] = (guint32) counter_hi;
      w3[i] = (guint32) (counter_hi >> 32);
    }
  for (int round = 0; round < ROUNDS; round++, key0 += WEYL_0, key1 += WEYL_1)
    for (int i = 0; i < LANES; i++)
      {
        guint64 p0 = (guint64) MULTIPLIER_0 * w0[i], p1 = (guint64) MULTIPLIER_1 * w2[i];

        w0[i] = (guint32) (p1 >> 32) ^ w1[i] ^ key0;
        w1[i] = (guint32) p1;
        w2[i] = (guint32) (p0 >> 32) ^ w3[i] ^ key1;
        w3[i] = (guint32) p0;
      }
}

/* The top bit is the sign, the rest the probability of lying farther out. */
__attribute__ ((target_clones ("default", "avx2"))) static void
invert (const guint32 *words, float *out)
{
  for (int i = 0; i < N_WORDS; i++)
    {
      float magnitude = (float) (gint32) (words[i] & G_MAXINT32) + 0.5f, t, z;
      guint32 bits, octave;

      magnitude = magnitude < MAGNITUDE_MAX ? magnitude : MAGNITUDE_MAX;
      memcpy (&bits, &magnitude, sizeof bits);
      octave = (bits >> 23) - 126;
      bits = (bits & 0x7fffff) | 0x3f800000;
      memcpy (&t, &bits, sizeof t);
      t -= 1.5f;
      z = octaves[DEGREE][octave];
      for (int degree = DEGREE - 1; degree >= 0; degree--)
        z = z * t + octaves[degree][octave];
      memcpy (&bits, &z, sizeof bits);
      bits ^= words[i] & 0x80000000;
      memcpy (out + i, &bits, sizeof bits);
    }
}

static void
sixteen_blocks (StrataRngKey key, guint64 counter_lo, guint64 counter_hi, float *out)
{
  guint32 words[N_WORDS];

  philox_lanes (key, counter_lo, counter_hi, words);
  invert (words, out);
}

#if defined __x86_64__

#define AVX512 __attribute__ ((target ("avx512f,avx512dq")))

/* Eight blocks in 64-bit lanes, of which the lower halves count: what stands above them is never read. */
typedef struct
{
  __m512i w0, w1, w2, w3;
} Eight;

/* The upper halves of the lanes: a shuffle, for shifts wait for the unit that multiplies. */
AVX512 static inline __attribute__ ((always_inline)) __m512i
upper (__m512i product)
{
  return _mm512_shuffle_epi32 (product, _MM_PERM_DDBB);
}

AVX512 static inline __attribute__ ((always_inline)) void
eight_round (Eight *e, __m512i key0, __m512i key1)
{
  const __m512i m0 = _mm512_set1_epi64 (MULTIPLIER_0), m1 = _mm512_set1_epi64 (MULTIPLIER_1);
  __m512i p0 = _mm512_mul_epu32 (e->w0, m0), p1 = _mm512_mul_epu32 (e->w2, m1);

  /* 0x96: exclusive or of three */
  e->w0 = _mm512_ternarylogic_epi64 (upper (p1), e->w1, key0, 0x96);
  e->w1 = p1;
  e->w2 = _mm512_ternarylogic_epi64 (upper (p0), e->w3, key1, 0x96);
  e->w3 = p0;
}

AVX512 static inline __attribute__ ((always_inline)) __m512
octave_row (const float *row, __m512i octave)
{
  return _mm512_permutex2var_ps (_mm512_loadu_ps (row), octave, _mm512_loadu_ps (row + 16));
}

AVX512 static inline __attribute__ ((always_inline)) void
invert_sixteen (__m512i even, __m512i odd, float *out)
{
  __m512i words = _mm512_mask_blend_epi32 (0xaaaa, even, _mm512_slli_epi64 (odd, 32)), bits, octave;
  __m512 magnitude = _mm512_cvtepi32_ps (_mm512_and_si512 (words, _mm512_set1_epi32 (G_MAXINT32))), t, z;

  magnitude = _mm512_add_ps (magnitude, _mm512_set1_ps (0.5f));
  bits = _mm512_castps_si512 (_mm512_min_ps (magnitude, _mm512_set1_ps (MAGNITUDE_MAX)));
  octave = _mm512_sub_epi32 (_mm512_srli_epi32 (bits, 23), _mm512_set1_epi32 (126));
  /* 0xea: bits & mantissa | exponent of 1; 0x78: z ^ words & sign */
  bits = _mm512_ternarylogic_epi32 (bits, _mm512_set1_epi32 (0x7fffff), _mm512_set1_epi32 (0x3f800000), 0xea);
  t = _mm512_sub_ps (_mm512_castsi512_ps (bits), _mm512_set1_ps (1.5f));
  z = octave_row (octaves[DEGREE], octave);
#pragma GCC unroll 4
  for (int degree = DEGREE - 1; degree >= 0; degree--)
    z = _mm512_add_ps (_mm512_mul_ps (z, t), octave_row (octaves[degree], octave));
  bits = _mm512_ternarylogic_epi32 (_mm512_castps_si512 (z), words, _mm512_set1_epi32 (G_MININT32), 0x78);
  _mm512_storeu_si512 (out, bits);
}

AVX512 static void
sixteen_blocks_avx512 (StrataRngKey key, guint64 counter_lo, guint64 counter_hi, float *out)
{
  const __m512i steps = _mm512_set_epi64 (14, 12, 10, 8, 6, 4, 2, 0);
  __m512i lo = _mm512_add_epi64 (_mm512_set1_epi64 ((gint64) counter_lo), steps);
  __m512i lo_odd = _mm512_add_epi64 (lo, _mm512_set1_epi64 (1)), hi = _mm512_set1_epi64 ((gint64) counter_hi);
  Eight even = { lo, _mm512_srli_epi64 (lo, 32), hi, _mm512_srli_epi64 (hi, 32) };
  Eight odd = { lo_odd, _mm512_srli_epi64 (lo_odd, 32), hi, _mm512_srli_epi64 (hi, 32) };

#pragma GCC unroll 10
  for (guint32 round = 0; round < ROUNDS; round++)
    {
      __m512i key0 = _mm512_set1_epi64 ((guint32) (key.word[0] + round * WEYL_0));
      __m512i key1 = _mm512_set1_epi64 ((guint32) (key.word[1] + round * WEYL_1));

      eight_round (&even, key0, key1);
      eight_round (&odd, key0, key1);
    }
  invert_sixteen (even.w0, odd.w0, out);
  invert_sixteen (even.w1, odd.w1, out + LANES);
  invert_sixteen (even.w2, odd.w2, out + 2 * LANES);
  invert_sixteen (even.w3, odd.w3, out + 3 * LANES);
}

#endif

typedef void (*SixteenBlocks) (StrataRngKey key, guint64 counter_lo, guint64 counter_hi, float *out);

static SixteenBlocks
best_kernel (void)
{
#if defined __x86_64__
  if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512dq"))
    return sixteen_blocks_avx512;
#endif
  return sixteen_blocks;
}

static void
fill_normal (SixteenBlocks kernel, StrataRngKey key, guint64 row, float *out, gsize n)
{
  float tail[N_WORDS];
  guint64 block = 0;

  for (; n >= N_WORDS; n -= N_WORDS, out += N_WORDS, block += LANES)
    kernel (key, block, row, out);
  if (n == 0)
    return;
  kernel (key, block, row, tail);
  memcpy (out, tail, sizeof (float) * n);
}

void
strata_rng_normal (StrataRngKey key, guint64 row, float *out, gsize n)
{
  fill_normal (best_kernel (), key, row, out, n);
}

void
strata_rng_normal_ref (StrataRngKey key, guint64 row, float *out, gsize n)
{
  fill_normal (sixteen_blocks, key, row, out, n);
}
