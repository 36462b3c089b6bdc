/* SPDX-License-Identifier: Apache-2.0
 *
 * Eight times eight in registers: neighbours half a block apart are interleaved, three times over. Vectors are those of
 * the compiler, so that there is one form for all processors.
 */
#include "kernels/int-transpose.h"

#include <string.h>

#define N 8
#define INLINE static inline __attribute__ ((always_inline))

typedef gint16 Eight __attribute__ ((vector_size (2 * N)));

INLINE void
interleave (const Eight *in, Eight *out)
{
  for (int i = 0; i < N / 2; i++)
    {
      out[2 * i] = __builtin_shufflevector (in[i], in[i + N / 2], 0, 8, 1, 9, 2, 10, 3, 11);
      out[2 * i + 1] = __builtin_shufflevector (in[i], in[i + N / 2], 4, 12, 5, 13, 6, 14, 7, 15);
    }
}

INLINE void
transpose_block (const gint16 *in, gsize ld_in, gint16 subtract, gint16 *out, gsize ld_out)
{
  Eight a[N], b[N];

#pragma GCC unroll 8
  for (gsize i = 0; i < N; i++)
    {
      memcpy (&a[i], in + i * ld_in, sizeof a[i]);
      a[i] -= subtract;
    }
  interleave (a, b);
  interleave (b, a);
  interleave (a, b);
#pragma GCC unroll 8
  for (gsize j = 0; j < N; j++)
    memcpy (out + j * ld_out, &b[j], sizeof b[j]);
}

static void
transpose_rest (const gint16 *in, gsize ld_in, int n_rows, int n_columns, int subtract, gint16 *out, gsize ld_out)
{
  for (int i = 0; i < n_rows; i++)
    for (int j = 0; j < n_columns; j++)
      out[(gsize) j * ld_out + (gsize) i] = (gint16) (in[(gsize) i * ld_in + (gsize) j] - subtract);
}

/* Along the rows of the output, which are stored to: a line of it is full before it leaves the cache. */
void
strata_int_transpose (const gint16 *in, gsize ld_in, int n_rows, int n_columns, int subtract, gint16 *out, gsize ld_out)
{
  const int whole_rows = n_rows / N * N, whole_columns = n_columns / N * N;

  for (int j = 0; j < whole_columns; j += N)
    for (int i = 0; i < whole_rows; i += N)
      transpose_block (in + (gsize) i * ld_in + (gsize) j, ld_in, (gint16) subtract,
                       out + (gsize) j * ld_out + (gsize) i, ld_out);
  transpose_rest (in + (gsize) whole_rows * ld_in, ld_in, n_rows - whole_rows, n_columns, subtract, out + whole_rows,
                  ld_out);
  transpose_rest (in + whole_columns, ld_in, whole_rows, n_columns - whole_columns, subtract,
                  out + (gsize) whole_columns * ld_out, ld_out);
}
