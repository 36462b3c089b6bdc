/* SPDX-License-Identifier: Apache-2.0
 *
 * Philox 4x32-10 and Box-Muller on its words. Blocks are done sixteen at a time in loops that the compiler vectorises.
 */
#include "base/rng.h"

#include <math.h>

#define ROUNDS 10
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

typedef struct
{
  guint32 w0[LANES], w1[LANES], w2[LANES], w3[LANES];
} Lanes;

__attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4"))) static void
philox_lanes (Lanes *lanes, guint32 key0, guint32 key1)
{
  for (int round = 0; round < ROUNDS; round++)
    {
      for (int i = 0; i < LANES; i++)
        {
          guint64 p0 = (guint64) 0xD2511F53u * lanes->w0[i];
          guint64 p1 = (guint64) 0xCD9E8D57u * lanes->w2[i];
          guint32 n0 = (guint32) (p1 >> 32) ^ lanes->w1[i] ^ key0;
          guint32 n2 = (guint32) (p0 >> 32) ^ lanes->w3[i] ^ key1;

          lanes->w0[i] = n0;
          lanes->w1[i] = (guint32) p1;
          lanes->w2[i] = n2;
          lanes->w3[i] = (guint32) p0;
        }
      key0 += 0x9E3779B9u;
      key1 += 0xBB67AE85u;
    }
}

static void
fill_lanes (Lanes *lanes, StrataRngKey key, guint64 counter_lo, guint64 counter_hi)
{
  for (guint i = 0; i < LANES; i++)
    {
      guint64 lo = counter_lo + i;

      lanes->w0[i] = (guint32) lo;
      lanes->w1[i] = (guint32) (lo >> 32);
      lanes->w2[i] = (guint32) counter_hi;
      lanes->w3[i] = (guint32) (counter_hi >> 32);
    }
  philox_lanes (lanes, key.word[0], key.word[1]);
}

StrataRngBlock
strata_rng_block (StrataRngKey key, guint64 counter_lo, guint64 counter_hi)
{
  Lanes lanes;

  fill_lanes (&lanes, key, counter_lo, counter_hi);
  return (StrataRngBlock){ { lanes.w0[0], lanes.w1[0], lanes.w2[0], lanes.w3[0] } };
}

double
strata_rng_uniform (StrataRngKey key, guint64 index)
{
  return strata_rng_block (key, index / 4, G_MAXUINT64).word[index % 4] * 0x1p-32;
}

/* ln of a float in (0, 1]: exponent split and a degree-8 polynomial; |error| < 2e-7. Written out because libm's calls
 * do not vectorise. */
static inline float
fast_log (float x)
{
  union
  {
    float f;
    guint32 u;
  } bits = { x };
  gint32 exponent = (gint32) (bits.u - 0x3f3504f3u) >> 23;
  float m, s, t;

  bits.u -= (guint32) exponent << 23;
  m = bits.f - 1.0f;
  /* log (1 + m) = 2 atanh (m / (2 + m)) */
  s = m / (2.0f + m);
  t = s * s;
  return (float) exponent * 0.693147180559945f
         + 2.0f * s * (1.0f + t * (0.333333333f + t * (0.2f + t * (0.142857143f + t * 0.111111111f))));
}

/* cos and sin of 2 pi u for u in [0, 1): reduced to an eighth of a turn, Taylor polynomials; |error| < 1e-7. */
static inline void
fast_sincos (float u, float *sine, float *cosine)
{
  float quarter = (float) (gint32) (u * 4.0f + 0.5f);
  gint32 q = (gint32) quarter & 3;
  float a = (u - quarter * 0.25f) * 6.283185307179586f;
  float t = a * a;
  float s = a * (1.0f - t * (0.166666667f - t * (8.33333333e-3f - t * 1.98412698e-4f)));
  float c = 1.0f - t * (0.5f - t * (4.16666667e-2f - t * (1.38888889e-3f - t * 2.48015873e-5f)));

  *sine = (q & 1) ? c : s;
  *cosine = (q & 1) ? s : c;
  *sine = (q & 2) ? -*sine : *sine;
  *cosine = (q == 1 || q == 2) ? -*cosine : *cosine;
}

__attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4"))) static void
box_muller (const Lanes *lanes, float *out)
{
  for (int i = 0; i < LANES; i++)
    {
      /* (0, 1] for the logarithm, [0, 1) for the angle; 24 bits each */
      float u0 = (float) ((lanes->w0[i] >> 8) + 1) * 0x1p-24f;
      float u1 = (float) (lanes->w1[i] >> 8) * 0x1p-24f;
      float u2 = (float) ((lanes->w2[i] >> 8) + 1) * 0x1p-24f;
      float u3 = (float) (lanes->w3[i] >> 8) * 0x1p-24f;
      float r0 = __builtin_sqrtf (-2.0f * fast_log (u0)), r1 = __builtin_sqrtf (-2.0f * fast_log (u2));
      float s0, c0, s1, c1;

      fast_sincos (u1, &s0, &c0);
      fast_sincos (u3, &s1, &c1);
      out[i] = r0 * c0;
      out[i + LANES] = r0 * s0;
      out[i + 2 * LANES] = r1 * c1;
      out[i + 3 * LANES] = r1 * s1;
    }
}

void
strata_rng_normal (StrataRngKey key, guint64 row, float *out, gsize n)
{
  float tail[4 * LANES];
  Lanes lanes;
  guint64 block = 0;

  for (gsize i = 0; i < n; i += 4 * LANES, block += LANES)
    {
      gsize n_here = MIN (n - i, 4 * LANES);

      fill_lanes (&lanes, key, block, row);
      box_muller (&lanes, n_here == 4 * LANES ? out + i : tail);
      if (n_here < 4 * LANES)
        for (gsize j = 0; j < n_here; j++)
          out[i + j] = tail[j];
    }
}
