/* SPDX-License-Identifier: Apache-2.0
 *
 * What an array is calibrated with: magnitudes of what its converters see, and the affine correction of its columns.
 */
#pragma once

#include <glib.h>

#define STRATA_FIT_REGRESSORS 8

/* magnitudes[j] = |(v[j] + sqrt (more + variance[j]) * z[j]) * gain[j]| */
void strata_analog_magnitudes (
  const float *v, const float *variance, float more, const float *z, const float *gain, int n, float *magnitudes);

/* Columns to fit, each to all its regressors: that of column j with regressor r is column r * n_columns + j of @x. */
typedef struct
{
  const float *x;       /* n x (n_regressors * n_columns), times */
  const float *scale;   /* n_regressors * n_columns */
  const gint32 *target; /* n x n_columns */
  int n, n_regressors, n_columns;
  const double *prior; /* n_regressors * n_columns */
} StrataFit;

/* Least squares with an offset: minimises the mean squared error. Where the data do not determine a gain it stays near
 * its prior. gain[r * n_columns + j], offset[j]. At most STRATA_FIT_REGRESSORS regressors. */
void strata_analog_fit (const StrataFit *fit, double *gain, double *offset);
/* One column alone: @target[i] on n_regressors values x[r * n + i] */
void strata_analog_fit_ref (
  const double *x, int n_regressors, const double *target, int n, const double *prior, double *gain, double *offset);
