/* SPDX-License-Identifier: Apache-2.0
 *
 * Single-precision functions element by element and along rows. Inputs and outputs may be the same memory. Results are
 * the same on every instruction set; each comes with a bound against its _ref in double.
 */
#pragma once

#include <glib.h>

#include "kernels/float-step.h"

typedef enum
{
  STRATA_FLOAT_ERF,
  STRATA_FLOAT_EXP,
  STRATA_FLOAT_GELU, /* x (1 + erf (x / sqrt 2)) / 2 */
  STRATA_FLOAT_RELU,
  STRATA_FLOAT_SIGMOID,
  STRATA_FLOAT_SQRT,
  STRATA_FLOAT_TANH,
} StrataFloatFunction;

/* |difference to _ref| <= 2^-22 max (1, |_ref|), and 2^-21 |x| for Gelu. NaN stays. exp below -87.5 is 0. */
void strata_float_map (StrataFloatFunction function, const float *in, gint64 n, float *out);
double strata_float_map_ref (StrataFloatFunction function, double x);

/* out[i] = a[i step_a] op b[i step_b], steps 0 or 1 */
void strata_float_binary_row (
  StrataFloatBinary op, const float *a, gint64 step_a, const float *b, gint64 step_b, gint64 n, float *out);

/* In double, in an order that depends on @n alone; sums of x, or of x x */
double strata_float_sum (const float *x, gint64 n);
double strata_float_sum_squares (const float *x, gint64 n);
/* Least and greatest of at least one element; zero has no sign here. */
void strata_float_extent (const float *x, gint64 n, float *least, float *most);
/* bins[i] = clamp ((gain * x[i] - low) * per_unit, 0, n_bins - 1), in double and cut to an integer; x is finite. */
void strata_float_bins (const float *x, gint64 n, double gain, double low, double per_unit, int n_bins, gint32 *bins);
/* sums[i] += x[i] */
void strata_float_accumulate (const float *x, gint64 n, double *sums);

/* Exponentials of a row that sum to one */
void strata_float_softmax (const float *in, gint64 n, float *out);
/* (x - mean) / sqrt (variance + epsilon) of a row, times @scale, plus @offset (or NULL); without @centred the mean is
 * taken for 0. */
void strata_float_normalise (
  const float *in, gint64 n, double epsilon, gboolean centred, const float *scale, const float *offset, float *out);

/* Response normalisation of one image: x / (bias + alpha sum of squares over channels c - @before … c + @after) ^ beta
 */
typedef struct
{
  gint64 channels, plane, before, after;
  double alpha, beta, bias;
} StrataFloatResponse;

void strata_float_normalise_response (const StrataFloatResponse *response, const float *in, float *out);
