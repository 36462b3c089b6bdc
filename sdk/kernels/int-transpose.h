/* SPDX-License-Identifier: Apache-2.0
 *
 * Planes to rows and back: 16-bit codes, transposed.
 */
#pragma once

#include <glib.h>

/* out[j * ld_out + i] = in[i * ld_in + j] - subtract, for i < n_rows and j < n_columns */
void strata_int_transpose (
  const gint16 *in, gsize ld_in, int n_rows, int n_columns, int subtract, gint16 *out, gsize ld_out);
