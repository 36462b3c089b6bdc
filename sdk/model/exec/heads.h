/* SPDX-License-Identifier: Apache-2.0
 *
 * What the attention operators share: heads out of rows, turned features, softmax (Q K') V.
 */
#pragma once

#include "model/exec/exec.h"

/* Heads of @length rows, @row elements apart, to head @h at @out + h * @stride, one row after the other. @bias, of
 * heads x width, is added; NULL: none. */
typedef struct
{
  gint64 length, row, heads, width, stride;
  const float *bias;
} StrataHeadRows;

void strata_heads_unpack (const StrataHeadRows *rows, const float *in, float *out);
/* Turns the first @turned features of a row by pairs: neighbours, or halves apart. */
void strata_heads_turn (float *row, gint64 turned, gboolean interleaved, const float *cosine, const float *sine);

/* Adds biases to the scores of query @q and hides keys by -infinity. */
typedef void (*StrataScoresFunc) (gpointer data, gint64 b, gint64 h, gint64 q, float *scores);

typedef struct
{
  gint64 batch, heads, kv_heads, queries, keys, width, v_width;
  float scale, cap;         /* cap 0: none */
  const float *q, *k, *v;   /* batch x heads x length x width */
  const float *sinks;       /* a score per head that takes part in the softmax and has no value; NULL: none */
  StrataScoresFunc edit_cb; /* after the cap */
  gpointer data;
} StrataHeadMix;

/* @out: batch x queries x (heads v_width). A query that sees no key gives zeroes. */
gboolean strata_heads_mix (const StrataHeadMix *mix, float *out, GError **error);
