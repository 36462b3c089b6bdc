/* SPDX-License-Identifier: Apache-2.0
 *
 * Products of bytes, and converters behind them: inputs 0 … 255 times weights -127 … 127, summed exactly in 32 bits.
 * One kernel for AMX, one for AVX-512 VNNI, one for AVX2, one in portable C, chosen at run time; all give the same
 * bits.
 */
#pragma once

#include <glib.h>

#define STRATA_BYTE_WEIGHT_MAX 127
/* So many rows of the largest products stay within 31 bits. */
#define STRATA_BYTE_ROWS_MAX 65536

typedef enum
{
  STRATA_BYTE_PORTABLE,
  STRATA_BYTE_AVX2,
  STRATA_BYTE_VNNI,
  STRATA_BYTE_TILES, /* AMX */
} StrataByteIsa;

/* The best of this processor */
StrataByteIsa strata_byte_isa (void);

/* Weights of a tile, four rows of sixteen columns together */
typedef struct
{
  int n_rows, n_columns;
  int n_groups;     /* of four rows */
  int n_blocks;     /* of sixteen columns */
  gboolean is_wide; /* two neighbours' products may leave 16 bits, which costs AVX2 a second instruction */
  gint8 *packed;
} StrataByteMatrix;

/* @weights: n_rows x n_columns, each within STRATA_BYTE_WEIGHT_MAX; 1 … STRATA_BYTE_ROWS_MAX rows */
void strata_byte_matrix_init (StrataByteMatrix *matrix, const gint8 *weights, int n_rows, int n_columns);
void strata_byte_matrix_finish (StrataByteMatrix *matrix);
/* Sums of the weights of each column; output size */
void strata_byte_matrix_sum (const StrataByteMatrix *matrix, gint32 *sums);
int strata_byte_matrix_get (const StrataByteMatrix *matrix, int row, int column);

/* Bytes of one input, padded to 64; what lies beyond n_rows may be anything. */
gsize strata_byte_input_size (const StrataByteMatrix *matrix);
/* Elements of one row of sums or codes, padded to whole blocks. Sums of the padding are zero. */
gsize strata_byte_output_size (const StrataByteMatrix *matrix);

/* sums [n][output size] = inputs [n][input size] x weights */
void strata_byte_product (const StrataByteMatrix *matrix, StrataByteIsa isa, const guint8 *inputs, int n, gint32 *sums);
void strata_byte_product_ref (const StrataByteMatrix *matrix, const guint8 *inputs, int n, gint32 *sums);

/* How columns become codes: rint ((sum - offset) x scale), clipped to lo … hi, both whole numbers */
typedef struct
{
  const gint32 *offset; /* output size */
  const float *scale;   /* output size: 1 / LSB of the column, 0 in the padding */
  float lo, hi;
} StrataConverters;

/* codes [n][output size], without noise. Returns how many of the n_columns were clipped. */
gint64 strata_byte_read (const StrataByteMatrix *matrix,
                         StrataByteIsa isa,
                         const guint8 *inputs,
                         int n,
                         const StrataConverters *converters,
                         float *codes);
gint64 strata_byte_read_ref (
  const StrataByteMatrix *matrix, const guint8 *inputs, int n, const StrataConverters *converters, float *codes);
