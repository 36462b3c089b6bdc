/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kernels of byte-dot.h share. Packed weights: [block of 16 columns][group of 4 rows][column][row], so that 64
 * bytes meet four inputs in one instruction; groups are padded to whole tiles of 16, with weights of zero.
 */
#pragma once

#include <string.h>

#include "kernels/byte-dot.h"

#if defined __x86_64__
#include <immintrin.h>
#define HAVE_X86 1
#else
#define HAVE_X86 0
#endif
/* clang cannot ask for the tiles. */
#if HAVE_X86 && defined __linux__ && !defined __clang__
#define HAVE_TILES 1
#else
#define HAVE_TILES 0
#endif

#define GROUP 4
#define BLOCK 16
#define BLOCK_BYTES (GROUP * BLOCK)
#define TILE_GROUPS 16
#define INLINE static inline __attribute__ ((always_inline))

/* Where a kernel puts a block of inputs and of columns: exactly one of the outputs is set. */
typedef struct
{
  gsize ld; /* elements per row of the outputs */
  gint32 *sums;
  float *codes;
  gint64 *n_clipped;
  StrataConverters converters;
} StrataByteOutput;

INLINE StrataByteOutput
strata_byte_moved (StrataByteOutput out, gsize input, gsize column)
{
  out.sums = out.sums != NULL ? out.sums + input * out.ld + column : NULL;
  if (out.codes != NULL)
    {
      out.codes += input * out.ld + column;
      out.converters.offset += column;
      out.converters.scale += column;
    }
  return out;
}

/* Bytes of a block of columns */
INLINE gsize
block_size_of (const StrataByteMatrix *matrix)
{
  return ((gsize) matrix->n_groups + TILE_GROUPS - 1) / TILE_GROUPS * TILE_GROUPS * BLOCK_BYTES;
}

#if HAVE_X86

/* Sixteen sums to where they belong */
__attribute__ ((target ("avx512f,avx512bw"))) INLINE void
store_sixteen (__m512i sum, const StrataByteOutput *out, gsize input, gsize column)
{
  __m512 code, clipped;

  if (out->sums != NULL)
    {
      _mm512_storeu_si512 (out->sums + input * out->ld + column, sum);
      return;
    }
  sum = _mm512_sub_epi32 (sum, _mm512_loadu_si512 (out->converters.offset + column));
  code = _mm512_mul_ps (_mm512_cvtepi32_ps (sum), _mm512_loadu_ps (out->converters.scale + column));
  code = _mm512_roundscale_ps (code, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  clipped =
    _mm512_min_ps (_mm512_max_ps (code, _mm512_set1_ps (out->converters.lo)), _mm512_set1_ps (out->converters.hi));
  *out->n_clipped += __builtin_popcount (_mm512_cmp_ps_mask (code, clipped, _CMP_NEQ_UQ));
  _mm512_storeu_ps (out->codes + input * out->ld + column, clipped);
}

void strata_byte_vnni (const StrataByteMatrix *matrix, const guint8 *inputs, int n, StrataByteOutput out);
void strata_byte_avx2 (const StrataByteMatrix *matrix, const guint8 *inputs, int n, StrataByteOutput out);

#endif

#if HAVE_TILES

/* Whether the processor has them and the system lets this process use them, which it is asked for */
gboolean strata_byte_has_tiles (void);
void strata_byte_tiles (const StrataByteMatrix *matrix, const guint8 *inputs, int n, StrataByteOutput out);

#endif
