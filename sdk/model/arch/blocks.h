/* SPDX-License-Identifier: Apache-2.0
 *
 * What transformers are built of. The stream of tokens is a matrix, tokens x width, so that every product with a weight
 * is a Gemm on the weight as the checkpoint has it: no transposed copy, and one matrix for a crossbar to hold.
 * Attention takes it as batch 1. Names are the checkpoint's module names: module NAME has weights NAME.weight and
 * NAME.bias, and its output is called NAME.
 */
#pragma once

#include "model/arch/transformer.h"

typedef struct
{
  StrataLayers *layers;
  const StrataTransformerConfig *config;
  const StrataTransformerOptions *options;
  GArray *present; /* ids of keys and values that go out behind the result, by layer */
} StrataBlocks;

/* How weights are drawn: matrices as such networks are before training; gains and offsets spread about their neutral
 * values, so that one that is lost shows. */
#define STRATA_BLOCK_DRAWN ((StrataFill){ STRATA_FILL_NORMAL, 0.0f, 0.02f })
#define STRATA_BLOCK_GAIN ((StrataFill){ STRATA_FILL_NORMAL, 1.0f, 0.05f })
#define STRATA_BLOCK_OFFSET ((StrataFill){ STRATA_FILL_NORMAL, 0.0f, 0.05f })

/* A name, in the arena */
const char *strata_block_name (const StrataBlocks *b, const char *format, ...) G_GNUC_PRINTF (2, 3);

int strata_block_weight (const StrataBlocks *b, const char *name, gint64 rows, gint64 columns);
int strata_block_linear (const StrataBlocks *b, const char *name, int x, gint64 in, gint64 out, gboolean bias);
/* The same with a weight that lies in x out */
int strata_block_linear_in_out (const StrataBlocks *b, const char *name, int x, gint64 in, gint64 out);
int strata_block_layer_norm (const StrataBlocks *b, const char *name, int x, gint64 width);
int strata_block_binary (const StrataBlocks *b, StrataOp op, const char *name, int x, int y);
int strata_block_unary (const StrataBlocks *b, StrataOp op, const char *name, int x);
int strata_block_activate (const StrataBlocks *b, StrataActivation activation, const char *name, int x);
int strata_block_reshape (const StrataBlocks *b, const char *name, int x, int n_dims, const gint64 *dims);
int strata_block_transpose (const StrataBlocks *b, const char *name, int x, int n_dims, const gint64 *perm);
/* Columns of @x in @n parts */
void strata_block_split (const StrataBlocks *b, const char *name, int x, int n, const gint64 *columns, int *parts);
/* Rows of the table NAME.weight that @ids, a vector, name */
int strata_block_lookup (const StrataBlocks *b, const char *name, int ids, gint64 rows, gint64 columns);
/* An int64 input of 1 x @n, as a vector of n */
int strata_block_ids (const StrataBlocks *b, const char *name, gint64 n);
/* 0 … n - 1 from @first on, as a constant of shape n, or of @dims where n_dims is not 0 */
int
strata_block_range (const StrataBlocks *b, const char *name, gint64 first, gint64 n, int n_dims, const gint64 *dims);
/* The first token, through layer NAME and tanh where the configuration has one: 1 x width */
int strata_block_pooler (const StrataBlocks *b, const char *name, int x);
/* Makes @x, tokens x width, an output of 1 x tokens x width. */
void strata_block_output (const StrataBlocks *b, const char *name, int x, gint64 tokens, gint64 width);

typedef struct
{
  int q, k, v;          /* tokens x heads width */
  gint64 queries, keys; /* tokens of q, and of k and v */
  gint64 heads, kv_heads, head_dim;
  int mask;                    /* id, -1: none; what broadcasts to queries x keys, true where a key is seen */
  gboolean causal;             /* a query sees keys up to its own place */
  int cosine, sine, positions; /* id, -1: none turn */
  gint64 turned;               /* features of a head that turn */
  int past_key, past_value;    /* id, -1: none */
  gboolean has_cache;          /* keys and values go out as the next of present.N */
} StrataBlockAttention;

StrataBlockAttention strata_block_attention_of (int q, int k, int v, gint64 tokens, gint64 heads, gint64 head_dim);
/* queries x (heads head_dim) */
int strata_block_attention (const StrataBlocks *b, const char *name, const StrataBlockAttention *attention);

/* What a decoder's tokens see. Without a past and within the window, @causal says it all. */
typedef struct
{
  int mask;
  gboolean causal;
} StrataBlockMask;

/* @present: input attention_mask as booleans, -1: all are there. @window: 0: none */
StrataBlockMask strata_block_mask (const StrataBlocks *b, const char *name, int present, gint64 window);
/* The input attention_mask of 1 x n as booleans */
int strata_block_attention_mask (const StrataBlocks *b, gint64 n);
/* The same for each of an encoder's tokens */
int strata_block_padding_mask (const StrataBlocks *b);
/* Adds the inputs past_key_values.N and says that present.N goes out. */
void strata_block_cache (const StrataBlocks *b, int layer, StrataBlockAttention *attention);

/* Tables of the rotary embedding, and the positions that choose rows of them (-1: rows are tokens) */
typedef struct
{
  int cosine, sine, positions;
  gint64 turned;
} StrataBlockRotary;

StrataBlockRotary strata_block_rotary (const StrataBlocks *b, int positions);

/* One family each */
void strata_build_decoder (const StrataBlocks *b);
int strata_build_experts (const StrataBlocks *b, const char *name, int x);
void strata_build_gpt2 (const StrataBlocks *b);
void strata_build_bert (const StrataBlocks *b);
void strata_build_mobilebert (const StrataBlocks *b);
void strata_build_vit (const StrataBlocks *b);
void strata_build_whisper (const StrataBlocks *b);
