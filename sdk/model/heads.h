/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizes of the attention operators of com.microsoft, for shape rules and executors alike. Definitions: ONNX Runtime,
 * ContribOperators.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  gint64 batch, q_heads, kv_heads, queries, fresh, past, keys; /* keys: length of what goes out, past and fresh */
  gint64 width, v_width;
  gint64 total;     /* GroupQueryAttention: total_sequence_length */
  gboolean packed;  /* GroupQueryAttention: queries, keys and values in the first input */
  gboolean in_rows; /* keys and values are batch x length x (heads width), not batch x heads x length x width */
} StrataHeads;

gboolean strata_group_query_read (const StrataGraph *graph, const StrataNode *node, StrataHeads *heads, GError **error);
gboolean strata_multi_head_read (const StrataGraph *graph, const StrataNode *node, StrataHeads *heads, GError **error);
/* com.microsoft's Attention, with its projection */
gboolean strata_projected_read (const StrataGraph *graph, const StrataNode *node, StrataHeads *heads, GError **error);

typedef struct
{
  gint64 batch, heads, length, width, turned;
  gboolean in_rows;
} StrataTurned;

/* com.microsoft's RotaryEmbedding */
gboolean strata_turned_read (const StrataGraph *graph, const StrataNode *node, StrataTurned *turned, GError **error);
