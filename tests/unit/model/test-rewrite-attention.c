/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotary embedding and attention as exporters write them out, and what only looks like them.
 */
#include <math.h>

#include "rewrite-check.h"

/* The fused operator computes in double what the original rounds at every step. */
#define ROUNDED 2e-6
#define EXACT 0.0

/* --- rotary embedding --- */

typedef enum
{
  ROTARY_PLAIN = 0,
  ROTARY_SWAPPED = 1 << 0,
  ROTARY_SPLIT = 1 << 1,
  ROTARY_GATHER = 1 << 2, /* tables by position */
  ROTARY_COMPUTED = 1 << 3,
  /* refused */
  ROTARY_UNEQUAL = 1 << 4,    /* halves of the table differ */
  ROTARY_OTHER_HALF = 1 << 5, /* [x1, -x2] */
  ROTARY_OUTPUT = 1 << 6,
  ROTARY_BATCH = 1 << 7, /* tables broadcast over two samples */
} RotaryForm;

static int
add_table (StrataLayers *l, const char *name, gint64 rows, gboolean unequal, gboolean flat)
{
  g_autofree float *table = g_new (float, rows * 6);
  g_autoptr (GRand) rand = g_rand_new_with_seed (g_str_hash (name));

  for (gint64 i = 0; i < rows; i++)
    for (gint64 j = 0; j < 3; j++)
      table[i * 6 + j] = table[i * 6 + 3 + j] = (float) g_rand_double_range (rand, -1, 1);
  table[5] += unequal ? 0.5f : 0.0f;
  return strata_layers_floats (l, name, flat ? 2 : 4, flat ? (gint64[]){ rows, 6 } : (gint64[]){ 1, 1, rows, 6 },
                               table);
}

static int
take_half (StrataLayers *l, const char *name, int x, gint64 first)
{
  return NODE (l, SLICE, name, x, strata_layers_ints (l, NULL, 1, &first),
               strata_layers_ints (l, NULL, 1, (gint64[]){ first + 3 }),
               strata_layers_ints (l, NULL, 1, (gint64[]){ 3 }));
}

static int
gather_rows (StrataLayers *l, const char *name, int table, int positions)
{
  g_autofree char *rows = g_strdup_printf ("%s.rows", name);

  return NODE (l, UNSQUEEZE, name, NODE (l, GATHER, rows, table, positions),
               strata_layers_ints (l, NULL, 2, (gint64[]){ 0, 1 }));
}

/* Angles of both halves, from positions and frequencies */
static int
add_angles (StrataLayers *l, gboolean unequal)
{
  int positions = rewrite_input (l, "positions", 3, (gint64[]){ 1, 5, 1 }), both;
  int half = NODE (l, MUL, "angles", positions, rewrite_floats (l, "frequencies", 1, (gint64[]){ 3 }, 0.1f, 1));

  both = NODE (l, CONCAT, "both", half, unequal ? NODE (l, NEG, "other", half) : half);
  strata_layers_attr_int (l, "axis", -1);
  return both;
}

static int
add_computed (StrataLayers *l, StrataOp op, const char *name, int angles)
{
  g_autofree char *wave = g_strdup_printf ("%s.wave", name);
  int v = NODE (l, MUL, wave, strata_layers_node (l, op, op == STRATA_OP_COS ? "c" : "s", &angles, 1),
                rewrite_number (l, 1.5));

  return NODE (l, UNSQUEEZE, name, v, strata_layers_ints (l, NULL, 1, (gint64[]){ 1 }));
}

static StrataGraph *
make_rotary (RotaryForm form)
{
  g_auto (StrataLayers) l;
  int x, cosine, sine, halves[2], turned, straight, positions;

  strata_layers_init (&l, 17);
  x = NODE (&l, NEG, "x0", rewrite_input (&l, "x", 4, (gint64[]){ form & ROTARY_BATCH ? 2 : 1, 2, 5, 6 }));
  positions = form & ROTARY_COMPUTED ? add_angles (&l, (form & ROTARY_UNEQUAL) != 0) : -1;
  cosine = add_table (&l, "cos", form & ROTARY_GATHER ? 9 : 5, FALSE, (form & ROTARY_GATHER) != 0);
  sine = add_table (&l, "sin", form & ROTARY_GATHER ? 9 : 5, (form & ROTARY_UNEQUAL) != 0, (form & ROTARY_GATHER) != 0);
  if (form & ROTARY_GATHER)
    {
      positions = strata_layers_input (&l, "positions", STRATA_DTYPE_I64, 1, (gint64[]){ 5 });
      cosine = gather_rows (&l, "cosine", cosine, positions);
      sine = gather_rows (&l, "sine", sine, positions);
    }
  if (form & ROTARY_COMPUTED)
    {
      cosine = add_computed (&l, STRATA_OP_COS, "cosine", positions);
      sine = add_computed (&l, STRATA_OP_SIN, "sine", positions);
    }
  if (form & ROTARY_SPLIT)
    {
      strata_layers_node_outputs (&l, STRATA_OP_SPLIT, "halves", &x, 1, halves, 2);
      strata_layers_attr_int (&l, "axis", -1);
    }
  else
    {
      halves[0] = take_half (&l, "left", x, 0);
      halves[1] = take_half (&l, "right", x, 3);
    }
  if (form & ROTARY_OTHER_HALF)
    turned = NODE (&l, CONCAT, "turned", halves[0], NODE (&l, NEG, "negative", halves[1]));
  else
    turned = NODE (&l, CONCAT, "turned", NODE (&l, NEG, "negative", halves[1]), halves[0]);
  strata_layers_attr_int (&l, "axis", 3);
  if (form & ROTARY_OUTPUT)
    strata_layers_output (&l, turned, "turned");
  straight = form & ROTARY_SWAPPED ? NODE (&l, MUL, "straight", cosine, x) : NODE (&l, MUL, "straight", x, cosine);
  turned = form & ROTARY_SWAPPED ? NODE (&l, MUL, "sines", sine, turned) : NODE (&l, MUL, "sines", turned, sine);
  return rewrite_finish (&l, form & ROTARY_SWAPPED ? NODE (&l, ADD, "y", turned, straight)
                                                   : NODE (&l, ADD, "y", straight, turned));
}

static void
test_rotary (void)
{
  static const RotaryForm forms[] = { ROTARY_PLAIN,  ROTARY_SWAPPED,  ROTARY_SPLIT,
                                      ROTARY_GATHER, ROTARY_COMPUTED, ROTARY_GATHER | ROTARY_SPLIT | ROTARY_SWAPPED };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autoptr (StrataGraph) graph = make_rotary (forms[i]);
      g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_ALL, EXACT, NULL);

      g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_ROTARY_EMBEDDING), ==, 1);
      /* positions get a dimension; what is computed is cut and shaped, twice */
      g_assert_cmpint (result->n_nodes, ==,
                       forms[i] & ROTARY_GATHER     ? 3
                       : forms[i] & ROTARY_COMPUTED ? 2 + 2 + 2 * 5
                                                    : 2);
    }
}

static void
test_rotary_refused (void)
{
  static const RotaryForm forms[] = {
    ROTARY_UNEQUAL, ROTARY_UNEQUAL | ROTARY_GATHER, ROTARY_UNEQUAL | ROTARY_COMPUTED, ROTARY_OTHER_HALF, ROTARY_OUTPUT,
    ROTARY_BATCH
  };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autoptr (StrataGraph) graph = make_rotary (forms[i]);
      g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_ALL, EXACT, NULL);

      g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_ROTARY_EMBEDDING), ==, 0);
      g_assert_cmpint (result->n_nodes, ==, graph->n_nodes);
    }
}

/* --- attention --- */

typedef enum
{
  ATTENTION_DIV = 1 << 0,
  ATTENTION_BEFORE = 1 << 1, /* queries and keys are scaled, not the scores */
  ATTENTION_MASK = 1 << 2,   /* computed */
  ATTENTION_CAUSAL = 1 << 3,
  ATTENTION_KEEP = 1 << 4,     /* Where (condition, scores, fill) */
  ATTENTION_DROP = 1 << 5,     /* Where (condition, fill, scores) */
  ATTENTION_FINITE = 1 << 6,   /* the fill is -1e9 */
  ATTENTION_ONE_TURN = 1 << 7, /* keys are transposed once, from length x heads */
  ATTENTION_GROUPS = 1 << 8,   /* two queries share a key */
  /* another result */
  ATTENTION_NOT_CAUSAL = 1 << 9,   /* one number of the mask is another: it stays a mask */
  ATTENTION_HALF_GROUPS = 1 << 10, /* only keys are shared: repeated as in the original */
  /* refused */
  ATTENTION_AXIS = 1 << 11,
  ATTENTION_SEEN = 1 << 12,    /* scores are read elsewhere */
  ATTENTION_UPRIGHT = 1 << 13, /* keys come from elsewhere, not transposed */
  ATTENTION_SMALL_FILL = 1 << 14,
} AttentionForm;

static int
repeat (StrataLayers *l, const char *name, int v)
{
  g_autofree char *u = g_strdup_printf ("%s.u", name);
  g_autofree char *e = g_strdup_printf ("%s.e", name);

  v = NODE (l, UNSQUEEZE, u, v, strata_layers_ints (l, NULL, 1, (gint64[]){ 2 }));
  v = NODE (l, EXPAND, e, v, strata_layers_ints (l, NULL, 5, (gint64[]){ 1, 2, 2, 6, 8 }));
  return NODE (l, RESHAPE, name, v, strata_layers_ints (l, NULL, 4, (gint64[]){ 1, 4, 6, 8 }));
}

static int
turn (StrataLayers *l, const char *name, int v, const gint64 *perm)
{
  v = NODE (l, TRANSPOSE, name, v);
  strata_layers_attr_ints (l, "perm", perm, 4);
  return v;
}

static int
add_keys (StrataLayers *l, AttentionForm form)
{
  gint64 heads = form & (ATTENTION_GROUPS | ATTENTION_HALF_GROUPS) ? 2 : 4;
  int k;

  if (form & ATTENTION_UPRIGHT)
    return NODE (l, NEG, "k0", rewrite_input (l, "k", 4, (gint64[]){ 1, 4, 8, 6 }));
  if (form & ATTENTION_ONE_TURN)
    return turn (l, "kt", NODE (l, NEG, "k0", rewrite_input (l, "k", 4, (gint64[]){ 1, 6, 4, 8 })),
                 (gint64[]){ 0, 2, 3, 1 });
  k = NODE (l, NEG, "k0", rewrite_input (l, "k", 4, (gint64[]){ 1, heads, 6, 8 }));
  if (heads == 2)
    k = repeat (l, "k1", k);
  if (form & ATTENTION_BEFORE)
    k = NODE (l, MUL, "k2", k, rewrite_number (l, 0.6));
  return turn (l, "kt", k, (gint64[]){ 0, 1, 3, 2 });
}

static int
add_mask (StrataLayers *l, int s, AttentionForm form)
{
  float causal[36];
  int choice, fill = rewrite_number (l, form & ATTENTION_FINITE       ? -1e9
                                        : form & ATTENTION_SMALL_FILL ? -100
                                                                      : -INFINITY);

  if (form & ATTENTION_MASK)
    return NODE (l, ADD, "masked", s, NODE (l, NEG, "m0", rewrite_input (l, "mask", 4, (gint64[]){ 1, 1, 1, 6 })));
  if (form & (ATTENTION_CAUSAL | ATTENTION_NOT_CAUSAL))
    {
      for (int i = 0; i < 36; i++)
        causal[i] = i % 6 <= i / 6 ? 0.0f : -1e9f;
      causal[7] = form & ATTENTION_NOT_CAUSAL ? 0.25f : 0.0f;
      return NODE (l, ADD, "masked", strata_layers_floats (l, "causal", 2, (gint64[]){ 6, 6 }, causal), s);
    }
  if (!(form & (ATTENTION_KEEP | ATTENTION_DROP)))
    return s;
  /* a key is always left, as a row without any is no number in the original */
  choice = rewrite_input (l, "choice", 4, (gint64[]){ 1, 1, 6, 6 });
  choice = NODE (l, ADD, "shifted", choice,
                 strata_layers_floats (l, "shift", 1, (gint64[]){ 6 },
                                       (float[]){ form & ATTENTION_DROP ? -9.0f : 9.0f, 0, 0, 0, 0, 0 }));
  choice = NODE (l, GREATER, "condition", choice, rewrite_number (l, 0.25));
  return form & ATTENTION_KEEP ? NODE (l, WHERE, "masked", choice, s, fill)
                               : NODE (l, WHERE, "masked", choice, fill, s);
}

static StrataGraph *
make_attention (AttentionForm form)
{
  g_auto (StrataLayers) l;
  int q, k, v, s;

  strata_layers_init (&l, 17);
  q = NODE (&l, NEG, "q0", rewrite_input (&l, "q", 4, (gint64[]){ 1, 4, 6, 8 }));
  if (form & ATTENTION_BEFORE)
    q = NODE (&l, MUL, "q1", q, rewrite_number (&l, 0.5));
  k = add_keys (&l, form);
  v = NODE (&l, NEG, "v0", rewrite_input (&l, "v", 4, (gint64[]){ 1, form & ATTENTION_GROUPS ? 2 : 4, 6, 8 }));
  if (form & ATTENTION_GROUPS)
    v = repeat (&l, "v1", v);
  s = NODE (&l, MAT_MUL, "scores", q, k);
  if (form & ATTENTION_DIV)
    s = NODE (&l, DIV, "scaled", s, rewrite_number (&l, 2.5));
  else if (!(form & ATTENTION_BEFORE))
    s = NODE (&l, MUL, "scaled", rewrite_number (&l, 0.4), s);
  if (form & ATTENTION_SEEN)
    strata_layers_output (&l, s, "scaled");
  s = add_mask (&l, s, form);
  s = NODE (&l, SOFTMAX, "weights", s);
  strata_layers_attr_int (&l, "axis", form & ATTENTION_AXIS ? 2 : 3);
  return rewrite_finish (&l, NODE (&l, MAT_MUL, "y", s, v));
}

static const struct
{
  AttentionForm form;
  int n_inputs; /* of the operator */
  int n_nodes;  /* beside it and the three before */
  float scale;
} attentions[] = {
  { 0, 3, 0, 0.4f },
  { ATTENTION_DIV, 3, 0, 0.4f },
  { ATTENTION_BEFORE, 3, 0, 0.3f },
  { ATTENTION_DIV | ATTENTION_BEFORE, 3, 0, 0.12f },
  { ATTENTION_MASK, 4, 1, 0.4f },
  { ATTENTION_CAUSAL, 3, 0, 0.4f },
  { ATTENTION_NOT_CAUSAL, 4, 0, 0.4f },
  { ATTENTION_KEEP, 4, 2, 0.4f },
  { ATTENTION_DROP, 4, 3, 0.4f },
  { ATTENTION_KEEP | ATTENTION_FINITE, 4, 3, 0.4f },
  { ATTENTION_DROP | ATTENTION_FINITE, 4, 3, 0.4f },
  { ATTENTION_ONE_TURN | ATTENTION_MASK, 4, 2, 0.4f },
  { ATTENTION_GROUPS | ATTENTION_DIV, 3, 0, 0.4f },
  { ATTENTION_GROUPS | ATTENTION_CAUSAL, 3, 0, 0.4f },
  { ATTENTION_HALF_GROUPS, 3, 3, 0.4f },
};

static void
test_attention (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (attentions); i++)
    {
      g_autoptr (StrataGraph) graph = make_attention (attentions[i].form);
      g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_ALL, 2 * ROUNDED, NULL);
      const StrataNode *last = &result->nodes[result->n_nodes - 1];

      g_test_message ("form %x", attentions[i].form);
      g_assert_cmpint (last->op, ==, STRATA_OP_ATTENTION);
      g_assert_cmpstr (last->name, ==, "y");
      g_assert_cmpint (last->n_inputs, ==, attentions[i].n_inputs);
      g_assert_cmpint (result->n_nodes, ==, 4 + attentions[i].n_nodes);
      g_assert_cmpfloat_with_epsilon ((double) strata_node_float (last, "scale", 0), (double) attentions[i].scale,
                                      1e-6);
      g_assert_cmpint (strata_node_int (last, "is_causal", 0), ==, (attentions[i].form & ATTENTION_CAUSAL) != 0);
    }
}

static void
test_attention_refused (void)
{
  static const AttentionForm forms[] = { ATTENTION_AXIS, ATTENTION_SEEN, ATTENTION_UPRIGHT,
                                         ATTENTION_KEEP | ATTENTION_SMALL_FILL };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autoptr (StrataGraph) graph = make_attention (forms[i]);
      g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_ALL, EXACT, NULL);

      g_test_message ("form %x", forms[i]);
      g_assert_cmpint (result->n_nodes, ==, graph->n_nodes);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/rewrite/rotary/found", test_rotary);
  g_test_add_func ("/sdk/model/rewrite/rotary/refused", test_rotary_refused);
  g_test_add_func ("/sdk/model/rewrite/attention/found", test_attention);
  g_test_add_func ("/sdk/model/rewrite/attention/refused", test_attention_refused);
  return g_test_run ();
}
