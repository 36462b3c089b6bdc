/* SPDX-License-Identifier: Apache-2.0
 *
 * Counter-based random numbers (Philox 4x32-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * A draw is a pure function of (key, counter): results do not depend on thread count or on order. There is no state.
 */
#pragma once

#include <glib.h>

typedef struct
{
  guint32 word[2];
} StrataRngKey;

typedef struct
{
  guint32 word[4];
} StrataRngBlock;

/* A key from a seed and a stream number; streams of one seed are independent. */
StrataRngKey strata_rng_key (guint64 seed, guint64 stream);
/* The four words of block @counter. */
StrataRngBlock strata_rng_block (StrataRngKey key, guint64 counter_lo, guint64 counter_hi);
/* Uniform in [0, 1), element @index of the stream. */
double strata_rng_uniform (StrataRngKey key, guint64 index);
/* Standard normal deviates 0 … n-1 of row @row of the stream, by Box-Muller; row r is the same whatever n was asked for
 * other rows. Bit-exact on one ISA; |difference| <= 1e-6 of the double formula. */
void strata_rng_normal (StrataRngKey key, guint64 row, float *out, gsize n);
