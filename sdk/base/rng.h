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
/* Elements that lie before the next of those of which there is @share, 0 to 1: a geometric draw from element @index. */
gint64 strata_rng_gap (StrataRngKey key, guint64 index, double share);
/* Elements 4 @block to 4 @block + 3 of it, for the price of one */
void strata_rng_four (StrataRngKey key, guint64 block, double *out);
/* Standard normal deviates 0 … n-1 of row @row of the stream; row r is the same whatever n was asked for other rows.
 * Off by 3.2e-5 at most from the inverse of the distribution at a probability of 32 bits (6.3 sigma at the far end).
 * The same bits on every instruction set. */
void strata_rng_normal (StrataRngKey key, guint64 row, float *out, gsize n);
/* The same without the instructions of one processor or another. */
void strata_rng_normal_ref (StrataRngKey key, guint64 row, float *out, gsize n);
