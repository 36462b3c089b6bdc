/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizes of Attention and RotaryEmbedding, for shape rules and executors alike.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  gboolean packed;     /* batch x length x (heads width), against batch x heads x length x width */
  gboolean short_mask; /* covers the first keys only */
  gint64 batch, q_heads, kv_heads, queries, past, keys, width, v_width;
} StrataAttention;

gboolean
strata_attention_read (const StrataGraph *graph, const StrataNode *node, StrataAttention *attention, GError **error);

typedef struct
{
  gboolean packed;
  gint64 batch, heads, length, width, turned;
} StrataRotary;

gboolean strata_rotary_read (const StrataGraph *graph, const StrataNode *node, StrataRotary *rotary, GError **error);
