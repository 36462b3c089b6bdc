/* SPDX-License-Identifier: Apache-2.0
 *
 * One node or two per function; names and weights are made here, so that a family's file reads as its layers do.
 */
#include "model/arch/blocks.h"

const char *
strata_block_name (const StrataBlocks *b, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  return strata_arena_strdup (b->layers->arena, text);
}

int
strata_block_weight (const StrataBlocks *b, const char *name, gint64 rows, gint64 columns)
{
  return strata_layers_weight (b->layers, name, 2, (gint64[]){ rows, columns }, STRATA_BLOCK_DRAWN);
}

static int
add_vector (const StrataBlocks *b, const char *module, const char *part, gint64 n, StrataFill fill)
{
  return strata_layers_weight (b->layers, strata_block_name (b, "%s.%s", module, part), 1, &n, fill);
}

int
strata_block_linear (const StrataBlocks *b, const char *name, int x, gint64 in, gint64 out, gboolean bias)
{
  int ids[3] = { x, strata_block_weight (b, strata_block_name (b, "%s.weight", name), out, in), -1 };

  if (bias)
    ids[2] = add_vector (b, name, "bias", out, STRATA_BLOCK_OFFSET);
  x = strata_layers_node (b->layers, STRATA_OP_GEMM, name, ids, 3);
  strata_layers_attr_int (b->layers, "transB", 1);
  return x;
}

int
strata_block_linear_in_out (const StrataBlocks *b, const char *name, int x, gint64 in, gint64 out)
{
  int weight = strata_block_weight (b, strata_block_name (b, "%s.weight", name), in, out);
  int ids[3] = { x, weight, add_vector (b, name, "bias", out, STRATA_BLOCK_OFFSET) };

  return strata_layers_node (b->layers, STRATA_OP_GEMM, name, ids, 3);
}

int
strata_block_layer_norm (const StrataBlocks *b, const char *name, int x, gint64 width)
{
  int weight = add_vector (b, name, "weight", width, STRATA_BLOCK_GAIN);
  int ids[3] = { x, weight, add_vector (b, name, "bias", width, STRATA_BLOCK_OFFSET) };

  x = strata_layers_node (b->layers, STRATA_OP_LAYER_NORMALIZATION, name, ids, 3);
  strata_layers_attr_float (b->layers, "epsilon", (float) b->config->norm_eps);
  return x;
}

int
strata_block_binary (const StrataBlocks *b, StrataOp op, const char *name, int x, int y)
{
  return strata_layers_node (b->layers, op, name, (int[]){ x, y }, 2);
}

int
strata_block_unary (const StrataBlocks *b, StrataOp op, const char *name, int x)
{
  return strata_layers_node (b->layers, op, name, &x, 1);
}

int
strata_block_activate (const StrataBlocks *b, StrataActivation activation, const char *name, int x)
{
  switch (activation)
    {
    case STRATA_ACTIVATION_RELU:
      return strata_block_unary (b, STRATA_OP_RELU, name, x);
    case STRATA_ACTIVATION_SILU:
      return strata_block_binary (
        b, STRATA_OP_MUL, name, x,
        strata_block_unary (b, STRATA_OP_SIGMOID, strata_block_name (b, "%s.sigmoid", name), x));
    case STRATA_ACTIVATION_GELU:
    case STRATA_ACTIVATION_GELU_TANH:
    default:
      x = strata_block_unary (b, STRATA_OP_GELU, name, x);
      if (activation == STRATA_ACTIVATION_GELU_TANH)
        strata_layers_attr_string (b->layers, "approximate", "tanh");
      return x;
    }
}

int
strata_block_reshape (const StrataBlocks *b, const char *name, int x, int n_dims, const gint64 *dims)
{
  return strata_block_binary (b, STRATA_OP_RESHAPE, name, x, strata_layers_ints (b->layers, NULL, n_dims, dims));
}

int
strata_block_transpose (const StrataBlocks *b, const char *name, int x, int n_dims, const gint64 *perm)
{
  x = strata_block_unary (b, STRATA_OP_TRANSPOSE, name, x);
  strata_layers_attr_ints (b->layers, "perm", perm, n_dims);
  return x;
}

void
strata_block_split (const StrataBlocks *b, const char *name, int x, int n, const gint64 *columns, int *parts)
{
  int ids[2] = { x, strata_layers_ints (b->layers, NULL, n, columns) };

  strata_layers_node_outputs (b->layers, STRATA_OP_SPLIT, name, ids, 2, parts, n);
  strata_layers_attr_int (b->layers, "axis", 1);
}

int
strata_block_lookup (const StrataBlocks *b, const char *name, int ids, gint64 rows, gint64 columns)
{
  int weight = strata_block_weight (b, strata_block_name (b, "%s.weight", name), rows, columns);

  return strata_block_binary (b, STRATA_OP_GATHER, name, weight, ids);
}

int
strata_block_ids (const StrataBlocks *b, const char *name, gint64 n)
{
  int input = strata_layers_input (b->layers, name, STRATA_DTYPE_I64, 2, (gint64[]){ 1, n });

  return strata_block_reshape (b, strata_block_name (b, "%s.vector", name), input, 1, &n);
}

int
strata_block_range (const StrataBlocks *b, const char *name, gint64 first, gint64 n, int n_dims, const gint64 *dims)
{
  g_autofree gint64 *numbers = g_new (gint64, n);
  int id;

  for (gint64 i = 0; i < n; i++)
    numbers[i] = first + i;
  if (n_dims == 0)
    return strata_layers_ints (b->layers, name, (int) n, numbers);
  id = strata_layers_ints (b->layers, strata_block_name (b, "%s.numbers", name), (int) n, numbers);
  return strata_block_reshape (b, name, id, n_dims, dims);
}

int
strata_block_pooler (const StrataBlocks *b, const char *name, int x)
{
  gint64 first = 0, width = b->config->hidden;

  x = strata_block_binary (b, STRATA_OP_GATHER, strata_block_name (b, "%s.token", name), x,
                           strata_layers_ints (b->layers, NULL, 1, &first));
  if (!b->config->pooler_layer)
    return x;
  return strata_block_unary (b, STRATA_OP_TANH, strata_block_name (b, "%s.activation", name),
                             strata_block_linear (b, name, x, width, width, TRUE));
}

void
strata_block_output (const StrataBlocks *b, const char *name, int x, gint64 tokens, gint64 width)
{
  strata_layers_output (b->layers, strata_block_reshape (b, name, x, 3, (gint64[]){ 1, tokens, width }), name);
}

StrataBlockAttention
strata_block_attention_of (int q, int k, int v, gint64 tokens, gint64 heads, gint64 head_dim)
{
  return (StrataBlockAttention){ .q = q,
                                 .k = k,
                                 .v = v,
                                 .queries = tokens,
                                 .keys = tokens,
                                 .heads = heads,
                                 .kv_heads = heads,
                                 .head_dim = head_dim,
                                 .mask = -1,
                                 .cosine = -1,
                                 .sine = -1,
                                 .positions = -1,
                                 .past_key = -1,
                                 .past_value = -1 };
}

static int
turn (const StrataBlocks *b, const char *name, const StrataBlockAttention *a, int x, gint64 heads)
{
  int ids[4] = { x, a->cosine, a->sine, a->positions };

  if (a->cosine < 0)
    return x;
  x = strata_layers_node (b->layers, STRATA_OP_ROTARY_EMBEDDING, name, ids, 4);
  strata_layers_attr_int (b->layers, "num_heads", heads);
  if (a->turned != a->head_dim)
    strata_layers_attr_int (b->layers, "rotary_embedding_dim", a->turned);
  return x;
}

int
strata_block_attention (const StrataBlocks *b, const char *name, const StrataBlockAttention *a)
{
  gint64 width = a->heads * a->head_dim, kv_width = a->kv_heads * a->head_dim;
  int q = strata_block_reshape (b, strata_block_name (b, "%s.q", name), a->q, 3, (gint64[]){ 1, a->queries, width });
  int k = strata_block_reshape (b, strata_block_name (b, "%s.k", name), a->k, 3, (gint64[]){ 1, a->keys, kv_width });
  int v = strata_block_reshape (b, strata_block_name (b, "%s.v", name), a->v, 3, (gint64[]){ 1, a->keys, kv_width });
  int ids[6] = { -1, -1, v, a->mask, a->past_key, a->past_value };
  const char *node = strata_block_name (b, "%s.attention", name);
  int outputs[3];

  ids[0] = turn (b, strata_block_name (b, "%s.q_rotary", name), a, q, a->heads);
  ids[1] = turn (b, strata_block_name (b, "%s.k_rotary", name), a, k, a->kv_heads);
  strata_layers_node_outputs (b->layers, STRATA_OP_ATTENTION, node, ids, 6, outputs, a->has_cache ? 3 : 1);
  strata_layers_attr_int (b->layers, "q_num_heads", a->heads);
  strata_layers_attr_int (b->layers, "kv_num_heads", a->kv_heads);
  if (a->causal)
    strata_layers_attr_int (b->layers, "is_causal", 1);
  if (a->has_cache)
    g_array_append_vals (b->present, &outputs[1], 2);
  return strata_block_reshape (b, strata_block_name (b, "%s.mixed", name), outputs[0], 2,
                               (gint64[]){ a->queries, width });
}

int
strata_block_attention_mask (const StrataBlocks *b, gint64 n)
{
  int input = strata_layers_input (b->layers, "attention_mask", STRATA_DTYPE_I64, 2, (gint64[]){ 1, n });
  int id = strata_block_unary (b, STRATA_OP_CAST, "attention_mask.seen", input);

  strata_layers_attr_int (b->layers, "to", 9); /* TensorProto.BOOL */
  return id;
}

/* Attention's mask broadcasts by its definition, but not in every runtime. */
int
strata_block_padding_mask (const StrataBlocks *b)
{
  gint64 n = b->options->sequence;
  int seen = strata_block_attention_mask (b, n);

  return strata_block_binary (b, STRATA_OP_EXPAND, "attention_mask.rows", seen,
                              strata_layers_ints (b->layers, NULL, 2, (gint64[]){ n, n }));
}

static int
join (const StrataBlocks *b, const char *name, int x, int y)
{
  if (x < 0 || y < 0)
    return MAX (x, y);
  return strata_block_binary (b, STRATA_OP_AND, name, x, y);
}

/* Places count from the first token of the past, so they are those of the cache. */
StrataBlockMask
strata_block_mask (const StrataBlocks *b, const char *name, int present, gint64 window)
{
  gint64 n = b->options->sequence, past = b->options->past, column[2] = { n, 1 }, row[2] = { 1, past + n };
  gboolean has_window = window > 0 && window < past + n;
  int keys, places, mask = present;

  if (past == 0 && !has_window)
    return (StrataBlockMask){ present, TRUE };
  if (n == 1 && !has_window)
    return (StrataBlockMask){ present, FALSE };
  keys = strata_block_range (b, strata_block_name (b, "%s.keys", name), 0, past + n, 2, row);
  if (n > 1)
    {
      places = strata_block_range (b, strata_block_name (b, "%s.last", name), past, n, 2, column);
      places =
        strata_block_binary (b, STRATA_OP_LESS_OR_EQUAL, strata_block_name (b, "%s.earlier", name), keys, places);
      mask = join (b, strata_block_name (b, "%s.causal", name), places, mask);
    }
  if (has_window)
    {
      places = strata_block_range (b, strata_block_name (b, "%s.first", name), past - window, n, 2, column);
      places = strata_block_binary (b, STRATA_OP_GREATER, strata_block_name (b, "%s.near", name), keys, places);
      mask = join (b, strata_block_name (b, "%s.window", name), places, mask);
    }
  return (StrataBlockMask){ mask, FALSE };
}

void
strata_block_cache (const StrataBlocks *b, int layer, StrataBlockAttention *a)
{
  gint64 dims[4] = { 1, a->kv_heads, b->options->past, a->head_dim };

  a->has_cache = TRUE;
  if (b->options->past == 0)
    return;
  a->past_key =
    strata_layers_input (b->layers, strata_block_name (b, "past_key_values.%d.key", layer), STRATA_DTYPE_F32, 4, dims);
  a->past_value = strata_layers_input (b->layers, strata_block_name (b, "past_key_values.%d.value", layer),
                                       STRATA_DTYPE_F32, 4, dims);
}
