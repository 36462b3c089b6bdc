/* SPDX-License-Identifier: Apache-2.0
 *
 * Products and Softmax in float64, which the dense kernels do not have.
 */
#pragma once

#include "model/exec/exec.h"

/* numpy.matmul of inputs 0 and 1 */
void strata_double_mat_mul (const StrataExec *run);
/* Softmax, LogSoftmax or Hardmax of @n elements, @step apart */
void strata_double_softmax (StrataOp op, const double *in, gint64 n, gint64 step, double *out);
