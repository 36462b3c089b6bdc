/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of a row of elements that lie @step apart.
 */
#pragma once

#include <glib.h>

/* Logarithm of Softmax */
void strata_log_softmax (const float *in, gint64 n, gint64 step, float *out);
