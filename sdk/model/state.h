/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizes of LinearAttention, for its shape rule and its executor alike.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  gint64 batch, length, q_heads, kv_heads, width, v_width; /* of a key, of a value */
  gboolean gated, corrected;                               /* by decay, by beta */
} StrataLinearAttention;

gboolean strata_linear_attention_read (const StrataGraph *graph,
                                       const StrataNode *node,
                                       StrataLinearAttention *attention,
                                       GError **error);
