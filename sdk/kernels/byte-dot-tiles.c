/* SPDX-License-Identifier: Apache-2.0
 *
 * Products of bytes by AMX: a tile of 16 inputs x 64 rows times one of 64 rows x 16 columns, which the packed weights
 * are as they lie. Two times two tiles of sums, so that none waits for the one before it.
 */
#include "kernels/byte-dot-private.h"

#if HAVE_TILES

#include <sys/syscall.h>
#include <unistd.h>

#define TILES __attribute__ ((target ("amx-tile,amx-int8,avx512f,avx512bw")))
#define TILE_INPUTS 16
#define MOST_INPUTS (2 * TILE_INPUTS)
#define TILE_BYTES (TILE_GROUPS * BLOCK_BYTES)
/* Linux: asks that threads of the process may hold tile data, which is state that it keeps for none unasked. */
#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18

typedef struct
{
  guint8 palette, first_row, reserved[14];
  guint16 row_bytes[16];
  guint8 n_rows[16];
} Shape;

G_STATIC_ASSERT (sizeof (Shape) == 64);

gboolean
strata_byte_has_tiles (void)
{
  return __builtin_cpu_supports ("amx-int8") && __builtin_cpu_supports ("avx512bw")
         && syscall (SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

/* Tiles 0 to 3: sums, of the first inputs and then of the second, for either block of columns; 4, 5: inputs; 6, 7:
 * weights */
TILES static void
shape_tiles (int n_first, int n_second)
{
  Shape shape = { .palette = 1 };

  for (int tile = 0; tile < 8; tile++)
    {
      const int n = tile == 6 || tile == 7 ? TILE_GROUPS : tile == 2 || tile == 3 || tile == 5 ? n_second : n_first;

      shape.n_rows[tile] = (guint8) n;
      shape.row_bytes[tile] = n > 0 ? BLOCK_BYTES : 0;
    }
  _tile_loadconfig (&shape);
}

TILES INLINE void
multiply (
  const gint8 *weights, gsize block_size, const guint8 *inputs, gsize n_rows, gboolean two_inputs, gboolean two_blocks)
{
  const guint8 *second = inputs + TILE_INPUTS * n_rows;

  _tile_zero (0);
  if (two_blocks)
    _tile_zero (1);
  if (two_inputs)
    _tile_zero (2);
  if (two_inputs && two_blocks)
    _tile_zero (3);
  for (gsize row = 0; row < n_rows; row += BLOCK_BYTES, weights += TILE_BYTES)
    {
      _tile_loadd (4, inputs + row, n_rows);
      _tile_loadd (6, weights, BLOCK_BYTES);
      _tile_dpbusd (0, 4, 6);
      if (two_blocks)
        {
          _tile_loadd (7, weights + block_size, BLOCK_BYTES);
          _tile_dpbusd (1, 4, 7);
        }
      if (two_inputs)
        {
          _tile_loadd (5, second + row, n_rows);
          _tile_dpbusd (2, 5, 6);
        }
      if (two_inputs && two_blocks)
        _tile_dpbusd (3, 5, 7);
    }
}

/* @n inputs of the sums that lie row by row in @sums */
TILES static void
store_rows (const gint32 *sums, int n, const StrataByteOutput *out)
{
  for (gsize i = 0; i < (gsize) n; i++)
    store_sixteen (_mm512_load_si512 (sums + i * BLOCK), out, i, 0);
}

#define STORE(TILE, N, INPUT, COLUMN)                                                                                  \
  do                                                                                                                   \
    {                                                                                                                  \
      const StrataByteOutput here = strata_byte_moved (*out, INPUT, COLUMN);                                           \
                                                                                                                       \
      if (here.sums != NULL)                                                                                           \
        _tile_stored (TILE, here.sums, here.ld * sizeof (gint32));                                                     \
      else                                                                                                             \
        {                                                                                                              \
          _tile_stored (TILE, sums, BLOCK_BYTES);                                                                      \
          store_rows (sums, N, &here);                                                                                 \
        }                                                                                                              \
    }                                                                                                                  \
  while (FALSE)

/* Up to 32 inputs and two blocks of columns, in tiles that have their shape */
TILES INLINE void
multiply_block (const StrataByteMatrix *matrix,
                const gint8 *weights,
                const guint8 *inputs,
                const StrataByteOutput *out,
                int n,
                gboolean two_inputs,
                gboolean two_blocks)
{
  gint32 sums[TILE_INPUTS * BLOCK] __attribute__ ((aligned (64)));
  const int n_first = MIN (n, TILE_INPUTS), n_second = n - n_first;

  multiply (weights, block_size_of (matrix), inputs, strata_byte_input_size (matrix), two_inputs, two_blocks);
  STORE (0, n_first, 0, 0);
  if (two_blocks)
    STORE (1, n_first, 0, BLOCK);
  if (two_inputs)
    STORE (2, n_second, TILE_INPUTS, 0);
  if (two_inputs && two_blocks)
    STORE (3, n_second, TILE_INPUTS, BLOCK);
}

/* Up to 32 inputs */
TILES static void
multiply_inputs (const StrataByteMatrix *matrix,
                 const gint8 *weights,
                 const guint8 *inputs,
                 StrataByteOutput out,
                 int n,
                 gboolean two_blocks)
{
  if (n > TILE_INPUTS && two_blocks)
    multiply_block (matrix, weights, inputs, &out, n, TRUE, TRUE);
  else if (n > TILE_INPUTS)
    multiply_block (matrix, weights, inputs, &out, n, TRUE, FALSE);
  else if (two_blocks)
    multiply_block (matrix, weights, inputs, &out, n, FALSE, TRUE);
  else
    multiply_block (matrix, weights, inputs, &out, n, FALSE, FALSE);
}

/* All inputs by two blocks of columns, which stay in the first cache */
TILES void
strata_byte_tiles (const StrataByteMatrix *matrix, const guint8 *inputs, int n, StrataByteOutput out)
{
  const gsize block_size = block_size_of (matrix), n_rows = strata_byte_input_size (matrix);
  int n_shaped = 0;

  for (gsize b = 0; b < (gsize) matrix->n_blocks; b += 2)
    for (int i = 0; i < n; i += MOST_INPUTS)
      {
        const int n_here = MIN (n - i, MOST_INPUTS);

        if (n_here != n_shaped)
          shape_tiles (MIN (n_here, TILE_INPUTS), MAX (0, n_here - TILE_INPUTS));
        n_shaped = n_here;
        multiply_inputs (matrix, matrix->packed + b * block_size, inputs + (gsize) i * n_rows,
                         strata_byte_moved (out, (gsize) i, b * BLOCK), n_here, b + 1 < (gsize) matrix->n_blocks);
      }
  _tile_release ();
}

#endif
