/* SPDX-License-Identifier: Apache-2.0
 *
 * Polynomials fitted by least squares at Chebyshev nodes; both sides of a case are computed and one is chosen, so that
 * loops vectorise. Work goes through blocks on the stack, for in and out may be the same.
 */
#include "kernels/float-vector.h"

#include <math.h>
#include <string.h>

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
#define INLINE static inline __attribute__ ((always_inline))
#define BLOCK 64
#define LANES 16

#define SQRT_HALF 0.70710678118654752440f
#define LOG2_E 1.44269504088896340736f
/* ln 2 in two parts; the first has 9 bits, so that its product with an exponent is exact */
#define LN2_HIGH 0.693359375f
#define LN2_LOW -2.12194440e-4f
#define ROUNDER 12582912.0f /* 1.5 2^23: adding it leaves the rounded integer in the low bits */

/* 2^k p (r) with x = k ln 2 + r. The power is 2 2^(k - 1), as 2^128 has no float; below -87.5 it is 0. */
INLINE float
exp_of (float x)
{
  float clamped = x > 89.0f ? 89.0f : x < -87.5f ? -87.5f : x;
  float shifted = clamped * LOG2_E + ROUNDER, k = shifted - ROUNDER;
  float r = (clamped - k * LN2_HIGH) - k * LN2_LOW;
  float p = 0.0013933731720518069f;
  guint32 bits;
  float power;

  p = p * r + 0.008363235384491586f;
  p = p * r + 0.041666464189815525f;
  p = p * r + 0.16666576643548509f;
  p = p * r + 0.5000000013536485f;
  p = (p * r) * r + r + 1.0f;
  memcpy (&bits, &shifted, sizeof bits);
  bits = (bits + 126u) << 23; /* the rounder's own bits leave at the top */
  memcpy (&power, &bits, sizeof power);
  return p * power * 2.0f;
}

/* x p (x x) up to 1, 1 - exp (-q (x)) up to 4, from where it rounds to 1 */
INLINE float
erf_of (float x)
{
  float size = x < 0.0f ? -x : x, far = size > 4.0f ? 4.0f : size, near = size > 1.0f ? 1.0f : size;
  float s = near * near, p = 7.882497105101795e-05f, q = 2.1790321388214246e-05f, large, small;

  p = p * s - 0.0008018854991216405f;
  p = p * s + 0.005189311942494993f;
  p = p * s - 0.026854328795953786f;
  p = p * s + 0.11283597463484749f;
  p = p * s - 0.37612626903580043f;
  small = near * (p * s) + near * 1.128379165881502f;
  q = q * far - 0.00044260767695673993f;
  q = q * far + 0.00421111434502089f;
  q = q * far - 0.02522662796046386f;
  q = q * far + 0.10844885025688247f;
  q = q * far + 0.6331905586570925f;
  q = q * far + 1.1295939104375052f;
  q = q * far - 0.00019147850234180197f;
  large = 1.0f - exp_of (-q);
  large = size > 1.0f ? large : small;
  return x < 0.0f ? -large : large;
}

/* x + x^3 p (x x) up to 0.625, 1 - 2 / (exp (2 x) + 1) from there */
INLINE float
tanh_of (float x)
{
  float size = x < 0.0f ? -x : x, near = size > 0.625f ? 0.625f : size, s = near * near;
  float p = -0.006104947915185592f, large = 1.0f - 2.0f / (exp_of (2.0f * size) + 1.0f);

  p = p * s + 0.02100364113633029f;
  p = p * s - 0.053852497443761575f;
  p = p * s + 0.13332782263726026f;
  p = p * s - 0.333333290996092f;
  large = size > 0.625f ? large : near + near * (s * p);
  return x < 0.0f ? -large : large;
}

INLINE float
gelu_of (float x)
{
  return 0.5f * x * (1.0f + erf_of (x * SQRT_HALF));
}

INLINE float
relu_of (float x)
{
  return x < 0.0f ? 0.0f : x;
}

INLINE float
sigmoid_of (float x)
{
  return 1.0f / (1.0f + exp_of (-x));
}

INLINE float
sqrt_of (float x)
{
  return sqrtf (x);
}

#define MAP(NAME)                                                                                                      \
  CLONES static void map_##NAME (const float *in, gint64 n, float *out)                                                \
  {                                                                                                                    \
    float block[BLOCK] = { 0 };                                                                                        \
                                                                                                                       \
    for (gint64 i = 0; i < n; i += BLOCK)                                                                              \
      {                                                                                                                \
        gsize size = sizeof (float) * (gsize) MIN (n - i, BLOCK);                                                      \
                                                                                                                       \
        memcpy (block, in + i, size);                                                                                  \
        for (int k = 0; k < BLOCK; k++)                                                                                \
          block[k] = NAME##_of (block[k]);                                                                             \
        memcpy (out + i, block, size);                                                                                 \
      }                                                                                                                \
  }

MAP (erf)
MAP (exp)
MAP (gelu)
MAP (relu)
MAP (sigmoid)
MAP (sqrt)
MAP (tanh)

void
strata_float_map (StrataFloatFunction function, const float *in, gint64 n, float *out)
{
  switch (function)
    {
    case STRATA_FLOAT_ERF:
      map_erf (in, n, out);
      break;
    case STRATA_FLOAT_EXP:
      map_exp (in, n, out);
      break;
    case STRATA_FLOAT_GELU:
      map_gelu (in, n, out);
      break;
    case STRATA_FLOAT_RELU:
      map_relu (in, n, out);
      break;
    case STRATA_FLOAT_SIGMOID:
      map_sigmoid (in, n, out);
      break;
    case STRATA_FLOAT_SQRT:
      map_sqrt (in, n, out);
      break;
    case STRATA_FLOAT_TANH:
      map_tanh (in, n, out);
      break;
    }
}

double
strata_float_map_ref (StrataFloatFunction function, double x)
{
  switch (function)
    {
    case STRATA_FLOAT_ERF:
      return erf (x);
    case STRATA_FLOAT_EXP:
      return exp (x);
    case STRATA_FLOAT_GELU:
      return 0.5 * x * (1.0 + erf (x * 0.70710678118654752440));
    case STRATA_FLOAT_RELU:
      return x < 0.0 ? 0.0 : x;
    case STRATA_FLOAT_SIGMOID:
      return 1.0 / (1.0 + exp (-x));
    case STRATA_FLOAT_SQRT:
      return sqrt (x);
    default:
      return tanh (x);
    }
}

/* Whole blocks first: their copies have a size that is known, and become loads and stores. An operand that does not
 * step fills its block once. */
#define COMBINE(NAME, SIGN)                                                                                            \
  CLONES static void NAME (const float *a, gint64 step_a, const float *b, gint64 step_b, gint64 n, float *out)         \
  {                                                                                                                    \
    float x[BLOCK], y[BLOCK], first = step_a == 0 ? a[0] : 0.0f, second = step_b == 0 ? b[0] : 0.0f;                   \
    gint64 i = 0;                                                                                                      \
                                                                                                                       \
    for (; i + BLOCK <= n; i += BLOCK)                                                                                 \
      {                                                                                                                \
        for (int k = 0; k < BLOCK; k++)                                                                                \
          x[k] = first;                                                                                                \
        for (int k = 0; k < BLOCK; k++)                                                                                \
          y[k] = second;                                                                                               \
        if (step_a != 0)                                                                                               \
          memcpy (x, a + i, sizeof x);                                                                                 \
        if (step_b != 0)                                                                                               \
          memcpy (y, b + i, sizeof y);                                                                                 \
        for (int k = 0; k < BLOCK; k++)                                                                                \
          x[k] = x[k] SIGN y[k];                                                                                       \
        memcpy (out + i, x, sizeof x);                                                                                 \
      }                                                                                                                \
    for (; i < n; i++)                                                                                                 \
      out[i] = (step_a == 0 ? first : a[i]) SIGN (step_b == 0 ? second : b[i]);                                        \
  }

COMBINE (add, +)
COMBINE (subtract, -)
COMBINE (multiply, *)
COMBINE (divide, /)

void
strata_float_binary_row (
  StrataFloatBinary op, const float *a, gint64 step_a, const float *b, gint64 step_b, gint64 n, float *out)
{
  if (n == 0)
    return;
  switch (op)
    {
    case STRATA_FLOAT_SUB:
      subtract (a, step_a, b, step_b, n, out);
      break;
    case STRATA_FLOAT_MUL:
      multiply (a, step_a, b, step_b, n, out);
      break;
    case STRATA_FLOAT_DIV:
      divide (a, step_a, b, step_b, n, out);
      break;
    default:
      add (a, step_a, b, step_b, n, out);
      break;
    }
}

CLONES double
strata_float_sum (const float *x, gint64 n)
{
  double lanes[LANES] = { 0 }, sum = 0.0;
  gint64 i = 0;

  for (; i + LANES <= n; i += LANES)
    for (int k = 0; k < LANES; k++)
      lanes[k] += (double) x[i + k];
  for (; i < n; i++)
    sum += (double) x[i];
  for (int k = 0; k < LANES; k++)
    sum += lanes[k];
  return sum;
}

CLONES double
strata_float_sum_squares (const float *x, gint64 n)
{
  double lanes[LANES] = { 0 }, sum = 0.0;
  gint64 i = 0;

  for (; i + LANES <= n; i += LANES)
    for (int k = 0; k < LANES; k++)
      lanes[k] += (double) x[i + k] * (double) x[i + k];
  for (; i < n; i++)
    sum += (double) x[i] * (double) x[i];
  for (int k = 0; k < LANES; k++)
    sum += lanes[k];
  return sum;
}

/* An integer that has the order of a float: the bits of negative ones run backward. */
CLONES static void
extent_keys (const float *x, gint64 n, gint32 *least, gint32 *most)
{
  gint32 lo = G_MAXINT32, hi = G_MININT32;

  for (gint64 i = 0; i < n; i++)
    {
      gint32 key;

      memcpy (&key, &x[i], sizeof key);
      key ^= key < 0 ? G_MAXINT32 : 0;
      lo = key < lo ? key : lo;
      hi = key > hi ? key : hi;
    }
  *least = lo;
  *most = hi;
}

static float
from_key (gint32 key)
{
  float x;

  key ^= key < 0 ? G_MAXINT32 : 0;
  memcpy (&x, &key, sizeof x);
  return x + 0.0f; /* -0 becomes 0 */
}

void
strata_float_extent (const float *x, gint64 n, float *least, float *most)
{
  gint32 lo, hi;

  extent_keys (x, n, &lo, &hi);
  *least = from_key (lo);
  *most = from_key (hi);
}

CLONES void
strata_float_bins (const float *x, gint64 n, double gain, double low, double per_unit, int n_bins, gint32 *bins)
{
  double last = n_bins - 1;

  for (gint64 i = 0; i < n; i++)
    {
      double bin = (gain * (double) x[i] - low) * per_unit;

      bins[i] = (gint32) (bin < 0 ? 0 : bin > last ? last : bin);
    }
}

CLONES void
strata_float_accumulate (const float *x, gint64 n, double *sums)
{
  for (gint64 i = 0; i < n; i++)
    sums[i] += (double) x[i];
}

CLONES static float
greatest (const float *x, gint64 n)
{
  float lanes[LANES], best = -INFINITY;
  gint64 i = 0;

  for (int k = 0; k < LANES; k++)
    lanes[k] = -INFINITY;
  for (; i + LANES <= n; i += LANES)
    for (int k = 0; k < LANES; k++)
      lanes[k] = x[i + k] > lanes[k] ? x[i + k] : lanes[k];
  for (; i < n; i++)
    best = x[i] > best ? x[i] : best;
  for (int k = 0; k < LANES; k++)
    best = lanes[k] > best ? lanes[k] : best;
  return best;
}

CLONES void
strata_float_softmax (const float *in, gint64 n, float *out)
{
  float peak = greatest (in, n), block[BLOCK] = { 0 }, factor;

  for (gint64 i = 0; i < n; i += BLOCK)
    {
      gsize size = sizeof (float) * (gsize) MIN (n - i, BLOCK);

      memcpy (block, in + i, size);
      for (int k = 0; k < BLOCK; k++)
        block[k] = exp_of (block[k] - peak);
      memcpy (out + i, block, size);
    }
  factor = (float) (1.0 / strata_float_sum (out, n));
  for (gint64 i = 0; i < n; i++)
    out[i] *= factor;
}

CLONES static void
scale_row (const float *in, gint64 n, double mean, double factor, const float *scale, float *out)
{
  float x[BLOCK] = { 0 }, y[BLOCK] = { 0 };

  for (gint64 i = 0; i < n; i += BLOCK)
    {
      gsize size = sizeof (float) * (gsize) MIN (n - i, BLOCK);

      memcpy (x, in + i, size);
      memcpy (y, scale + i, size);
      for (int k = 0; k < BLOCK; k++)
        x[k] = (float) (((double) x[k] - mean) * factor) * y[k];
      memcpy (out + i, x, size);
    }
}

CLONES static double
sum_deviations (const float *x, gint64 n, double mean)
{
  double lanes[LANES] = { 0 }, sum = 0.0;
  gint64 i = 0;

  for (; i + LANES <= n; i += LANES)
    for (int k = 0; k < LANES; k++)
      {
        double d = (double) x[i + k] - mean;

        lanes[k] += d * d;
      }
  for (; i < n; i++)
    sum += ((double) x[i] - mean) * ((double) x[i] - mean);
  for (int k = 0; k < LANES; k++)
    sum += lanes[k];
  return sum;
}

void
strata_float_normalise (
  const float *in, gint64 n, double epsilon, gboolean centred, const float *scale, const float *offset, float *out)
{
  double mean = centred ? strata_float_sum (in, n) / (double) n : 0.0;
  double factor = 1.0 / sqrt (sum_deviations (in, n, mean) / (double) n + epsilon);

  scale_row (in, n, mean, factor, scale, out);
  if (offset != NULL)
    strata_float_binary_row (STRATA_FLOAT_ADD, out, 1, offset, 1, n, out);
}

/* Sums of squares of @n neighbouring cells over channels @first … @last */
CLONES static void
sum_channels (const float *in, gint64 plane, gint64 first, gint64 last, int n, double *sums)
{
  float x[BLOCK] = { 0 };

  memset (sums, 0, sizeof *sums * BLOCK);
  for (gint64 c = first; c <= last; c++)
    {
      memcpy (x, in + c * plane, sizeof *x * (gsize) n);
      for (int k = 0; k < BLOCK; k++)
        sums[k] += (double) x[k] * (double) x[k];
    }
}

/* x / y^(3/4): the exponent that networks have, by roots */
CLONES static void
divide_by_power (float *x, const double *y)
{
  for (int k = 0; k < BLOCK; k++)
    {
      double root = sqrt (y[k]);

      x[k] = (float) ((double) x[k] / (root * sqrt (root)));
    }
}

void
strata_float_normalise_response (const StrataFloatResponse *r, const float *in, float *out)
{
  double sums[BLOCK];
  float x[BLOCK] = { 0 };

  for (gint64 c = 0; c < r->channels; c++)
    for (gint64 i = 0; i < r->plane; i += BLOCK)
      {
        int n = (int) MIN (r->plane - i, BLOCK);

        sum_channels (in + i, r->plane, MAX (c - r->before, 0), MIN (c + r->after, r->channels - 1), n, sums);
        memcpy (x, in + c * r->plane + i, sizeof *x * (gsize) n);
        for (int k = 0; k < BLOCK; k++)
          sums[k] = r->bias + r->alpha * sums[k];
        if (r->beta == 0.75)
          divide_by_power (x, sums);
        else
          for (int k = 0; k < n; k++)
            x[k] = (float) ((double) x[k] / pow (sums[k], r->beta));
        memcpy (out + c * r->plane + i, x, sizeof *x * (gsize) n);
      }
}
