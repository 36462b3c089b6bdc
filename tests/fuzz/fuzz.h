/* SPDX-License-Identifier: Apache-2.0
 *
 * What a fuzz target is: one function over bytes. watch.c wraps it for libFuzzer and for the driver alike and holds it
 * to the bounds of memory and time.
 */
#pragma once

#include <glib.h>

/* Of the target: takes any bytes; aborts (g_assert) where a promise is broken. */
void fuzz_one (const guint8 *bytes, gsize n_bytes);

/* Of the target: what the smallest of inputs may take, which is not their fault */
extern const gint64 fuzz_floor_bytes;

/* libFuzzer's names. The first is in watch.c and may be called by other drivers. */
int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize n_bytes);
gsize LLVMFuzzerMutate (guint8 *bytes, gsize n_bytes, gsize max_bytes);
gsize LLVMFuzzerCustomMutator (guint8 *bytes, gsize n_bytes, gsize max_bytes, unsigned int seed);
gsize LLVMFuzzerCustomCrossOver (
  const guint8 *a, gsize n_a, const guint8 *b, gsize n_b, guint8 *out, gsize max_bytes, unsigned int seed);
