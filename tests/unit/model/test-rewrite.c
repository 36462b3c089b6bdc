/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules that drop, move and fold nodes, each alone on graphs made for it; the log; memory; the work on a large graph.
 */
#include "rewrite-check.h"

#include <string.h>

#define EXACT 0.0
/* Weights are rounded once more than in the original. */
#define FOLDED 3e-6

static const gint64 image[4] = { 1, 4, 6, 6 };

/* --- constants, dead code --- */

static StrataGraph *
make_fold (gboolean quantised)
{
  g_auto (StrataLayers) l;
  const gint64 dims[2] = { 40, 50 }; /* more elements than import folds */
  int x, a;

  strata_layers_init (&l, 17);
  x = rewrite_input (&l, "x", 2, dims);
  a = rewrite_floats (&l, "a", 2, dims, -1, 1);
  if (quantised)
    {
      a = NODE (&l, QUANTIZE_LINEAR, "q", a, strata_layers_scalar (&l, NULL, 0.01f));
      a = NODE (&l, DEQUANTIZE_LINEAR, "d", a, strata_layers_scalar (&l, NULL, 0.01f));
    }
  else
    a = NODE (&l, TRANSPOSE, "t2", NODE (&l, TRANSPOSE, "t1", NODE (&l, EXP, "e", a)));
  return rewrite_finish (&l, NODE (&l, ADD, "y", x, a));
}

static void
test_constant_fold (void)
{
  g_autoptr (StrataGraph) graph = make_fold (FALSE);
  g_autoptr (StrataRewriteLog) log = NULL;
  g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_CONSTANT_FOLD, EXACT, &log);

  g_assert_cmpint (graph->n_nodes, ==, 4);
  g_assert_cmpint (result->n_nodes, ==, 1);
  g_assert_cmpint (log->n_entries, ==, 3);
  g_assert_cmpstr (log->entries[0].text, ==, "constant-fold: e -> constant e");
  g_assert_cmpstr (log->entries[0].op, ==, "constant");
}

static void
test_constant_fold_limit (void)
{
  g_autoptr (StrataGraph) graph = make_fold (FALSE);
  StrataRewriteOptions options = { STRATA_REWRITE_ALL, 40 * 50 * sizeof (float) - 1 };
  g_autoptr (StrataGraph) result = strata_graph_rewrite_with (graph, &options, NULL, NULL);

  g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_EXP), ==, 1);
  rewrite_compare (graph, result, 1, EXACT);
}

static void
test_constant_fold_codes (void)
{
  g_autoptr (StrataGraph) graph = make_fold (TRUE);
  g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_ALL, EXACT, NULL);

  g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_QUANTIZE_LINEAR), ==, 0);
  g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_DEQUANTIZE_LINEAR), ==, 1);
}

static void
test_dead_code (void)
{
  g_auto (StrataLayers) l;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataGraph) result = NULL;
  g_autoptr (StrataRewriteLog) log = NULL;
  int x, parts[2];

  strata_layers_init (&l, 17);
  x = rewrite_input (&l, "x", 4, image);
  NODE (&l, TANH, "dead2", NODE (&l, RELU, "dead1", x));
  strata_layers_node_outputs (&l, STRATA_OP_SPLIT, "half", &x, 1, parts, 2); /* lives by one output */
  strata_layers_attr_int (&l, "axis", 1);
  graph = rewrite_finish (&l, NODE (&l, NEG, "y", parts[1]));
  result = rewrite_check (graph, STRATA_REWRITE_DEAD_CODE, EXACT, &log);
  g_assert_cmpint (result->n_nodes, ==, 2);
  g_assert_cmpint (log->n_entries, ==, 2);
  g_assert_cmpstr (log->entries[0].text, ==, "dead-code: dead2 goes");
  g_assert_cmpint (log->entries[0].n_nodes, ==, 1);
  g_assert_cmpstr (log->entries[0].op, ==, "");
}

/* --- identities --- */

static void
test_identity (void)
{
  g_auto (StrataLayers) l;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataGraph) result = NULL;
  g_autoptr (StrataRewriteLog) log = NULL;
  int v;

  strata_layers_init (&l, 17);
  v = rewrite_input (&l, "x", 4, image);
  v = NODE (&l, RELU, "r", NODE (&l, IDENTITY, "i", v));
  v = NODE (&l, DROPOUT, "drop", v);
  v = NODE (&l, RESHAPE, "shape", v, strata_layers_ints (&l, NULL, 4, image));
  v = NODE (&l, EXPAND, "expand", v, strata_layers_ints (&l, NULL, 4, image));
  v = NODE (&l, SLICE, "slice", v, strata_layers_ints (&l, NULL, 1, (gint64[]){ 0 }),
            strata_layers_ints (&l, NULL, 1, (gint64[]){ 99 }), strata_layers_ints (&l, NULL, 1, (gint64[]){ 2 }));
  v = NODE (&l, PAD, "pad", v, strata_layers_ints (&l, NULL, 8, (gint64[8]){ 0 }));
  v = NODE (&l, MUL, "times", strata_layers_scalar (&l, NULL, 1), v);
  v = NODE (&l, DIV, "over", v, strata_layers_scalar (&l, NULL, 1));
  v = NODE (&l, ADD, "plus", v, rewrite_floats (&l, "zeros", 3, (gint64[]){ 4, 1, 1 }, 0, 0));
  v = NODE (&l, SUB, "less", v, strata_layers_scalar (&l, NULL, 0));
  v = NODE (&l, POW, "power", v, strata_layers_scalar (&l, NULL, 1));
  v = NODE (&l, CONCAT, "one", v);
  strata_layers_attr_int (&l, "axis", 0);
  v = NODE (&l, CAST, "same", v);
  strata_layers_attr_int (&l, "to", 1);
  graph = rewrite_finish (&l, v);
  result = rewrite_check (graph, STRATA_REWRITE_IDENTITY, EXACT, &log);
  g_assert_cmpint (result->n_nodes, ==, 1);
  g_assert_cmpint (log->n_entries, ==, graph->n_nodes - 1);
  g_assert_cmpstr (result->values[result->outputs[0]].name, ==, "same");
  g_assert_cmpstr (result->nodes[0].name, ==, "r");
}

/* A transposition that only moves dimensions of one changes nothing where the shape stays. */
static void
test_identity_transpose (void)
{
  for (int swapped = 0; swapped < 2; swapped++)
    {
      g_auto (StrataLayers) l;
      g_autoptr (StrataGraph) graph = NULL;
      g_autoptr (StrataGraph) result = NULL;
      int v;

      strata_layers_init (&l, 17);
      v = rewrite_input (&l, "x", 4, (gint64[]){ 1, 1, 5, 5 });
      v = NODE (&l, TRANSPOSE, "t", NODE (&l, RELU, "r", v));
      strata_layers_attr_ints (&l, "perm", swapped ? (gint64[]){ 0, 1, 3, 2 } : (gint64[]){ 1, 0, 2, 3 }, 4);
      graph = rewrite_finish (&l, v);
      result = rewrite_check (graph, STRATA_REWRITE_IDENTITY, EXACT, NULL);
      g_assert_cmpint (result->n_nodes, ==, swapped ? 2 : 1);
    }
}

/* What looks like nothing and is not, or cannot go */
static void
test_identity_refused (void)
{
  for (int which = 0; which < 6; which++)
    {
      g_auto (StrataLayers) l;
      g_autoptr (StrataGraph) graph = NULL;
      g_autoptr (StrataGraph) result = NULL;
      int x, v;

      strata_layers_init (&l, 17);
      x = v = rewrite_input (&l, "x", 2, (gint64[]){ 1, 6 });
      v = which == 5 ? x : NODE (&l, RELU, "r", x);
      if (which == 0) /* grows */
        v = NODE (&l, MUL, "y", v, rewrite_floats (&l, "ones", 2, (gint64[]){ 3, 1 }, 1, 1));
      else if (which == 1) /* turns round */
        v = NODE (&l, SLICE, "y", v, strata_layers_ints (&l, NULL, 1, (gint64[]){ 5 }),
                  strata_layers_ints (&l, NULL, 1, (gint64[]){ -7 }), strata_layers_ints (&l, NULL, 1, (gint64[]){ 1 }),
                  strata_layers_ints (&l, NULL, 1, (gint64[]){ -1 }));
      else if (which == 2) /* moves */
        v = NODE (&l, PAD, "y", v, strata_layers_ints (&l, NULL, 4, (gint64[]){ 0, 1, 0, -1 }));
      else if (which == 3) /* one element differs */
        v = NODE (&l, MUL, "y", v, strata_layers_floats (&l, "k", 1, (gint64[]){ 6 }, (float[]){ 1, 1, 1, 1, 1, 2 }));
      else if (which == 4) /* not commutative */
        v = NODE (&l, SUB, "y", strata_layers_scalar (&l, NULL, 0), v);
      else /* an output cannot take the name of an input */
        v = NODE (&l, IDENTITY, "y", v);
      graph = rewrite_finish (&l, v);
      result = rewrite_check (graph, STRATA_REWRITE_IDENTITY, EXACT, NULL);
      g_assert_cmpint (result->n_nodes, ==, graph->n_nodes);
    }
}

/* --- common subexpressions, reshapes --- */

static void
test_common (void)
{
  g_auto (StrataLayers) l;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataGraph) result = NULL;
  int x, a, b, c;

  strata_layers_init (&l, 17);
  x = rewrite_input (&l, "x", 2, (gint64[]){ 2, 6 });
  a = NODE (&l, MUL, "a", x, strata_layers_scalar (&l, "three", 3));
  b = NODE (&l, MUL, "b", x, strata_layers_scalar (&l, "drei", 3)); /* by the bytes */
  c = NODE (&l, MUL, "c", x, strata_layers_scalar (&l, "four", 4));
  a = NODE (&l, LEAKY_RELU, "la", a);
  strata_layers_attr_float (&l, "alpha", 0.25f);
  b = NODE (&l, LEAKY_RELU, "lb", b);
  strata_layers_attr_float (&l, "alpha", 0.25f);
  c = NODE (&l, LEAKY_RELU, "lc", c);
  strata_layers_attr_float (&l, "alpha", 0.5f);
  graph = rewrite_finish (&l, NODE (&l, SUM, "y", a, b, c));
  result = rewrite_check (graph, STRATA_REWRITE_COMMON, EXACT, NULL);
  g_assert_cmpint (result->n_nodes, ==, graph->n_nodes - 2);
}

static void
test_common_outputs (void)
{
  g_auto (StrataLayers) l;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataGraph) result = NULL;
  int x, a, b;

  strata_layers_init (&l, 17);
  x = rewrite_input (&l, "x", 2, (gint64[]){ 2, 6 });
  a = NODE (&l, EXP, "a", x);
  b = NODE (&l, EXP, "b", x);
  strata_layers_output (&l, a, "a");
  graph = rewrite_finish (&l, b);
  result = rewrite_check (graph, STRATA_REWRITE_COMMON, EXACT, NULL);
  g_assert_cmpint (result->n_nodes, ==, 2);
}

static StrataGraph *
make_reshapes (gboolean shared)
{
  g_auto (StrataLayers) l;
  int v, first;

  strata_layers_init (&l, 17);
  v = rewrite_input (&l, "x", 4, image);
  first = v = NODE (&l, FLATTEN, "f", v);
  v = NODE (&l, UNSQUEEZE, "u", v, strata_layers_ints (&l, NULL, 1, (gint64[]){ 0 }));
  v = NODE (&l, RESHAPE, "s", v, strata_layers_ints (&l, NULL, 2, (gint64[]){ 12, 12 }));
  if (shared)
    strata_layers_output (&l, first, "f");
  return rewrite_finish (&l, v);
}

static void
test_reshape_merge (void)
{
  g_autoptr (StrataGraph) graph = make_reshapes (FALSE);
  g_autoptr (StrataGraph) shared = make_reshapes (TRUE);
  g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_RESHAPE_MERGE, EXACT, NULL);
  g_autoptr (StrataGraph) kept = rewrite_check (shared, STRATA_REWRITE_RESHAPE_MERGE, EXACT, NULL);

  g_assert_cmpint (result->n_nodes, ==, 1);
  g_assert_cmpstr (result->nodes[0].name, ==, "s");
  g_assert_cmpint (kept->n_nodes, ==, 2);
}

/* --- transpositions --- */

static int
transpose (StrataLayers *l, const char *name, int value, gboolean back)
{
  int v = NODE (l, TRANSPOSE, name, value);

  strata_layers_attr_ints (l, "perm", back ? (gint64[]){ 0, 3, 1, 2 } : (gint64[]){ 0, 2, 3, 1 }, 4);
  return v;
}

static void
test_transpose_merge (void)
{
  g_auto (StrataLayers) l;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataGraph) result = NULL;
  int v;

  strata_layers_init (&l, 17);
  v = rewrite_input (&l, "x", 4, (gint64[]){ 2, 3, 4, 5 });
  v = NODE (&l, RELU, "r", transpose (&l, "b", transpose (&l, "a", v, FALSE), FALSE));
  graph = rewrite_finish (&l, v);
  result = rewrite_check (graph, STRATA_REWRITE_TRANSPOSE_MERGE, EXACT, NULL);
  g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_TRANSPOSE), ==, 1);
  g_assert_cmpstr (result->nodes[0].name, ==, "b");
}

typedef enum
{
  SINK_CHAIN,
  SINK_PAIR,
  SINK_CODES,
  SINK_SHARED,    /* another reader of the first transposition */
  SINK_MIDDLE,    /* a value between is an output */
  SINK_AXIS,      /* scales along an axis */
  SINK_SOFTMAX,   /* not element by element */
  SINK_BROADCAST, /* a term that is no number */
  N_SINKS,
} Sink;

static StrataGraph *
make_sink (Sink sink)
{
  g_auto (StrataLayers) l;
  int x, v, first;

  strata_layers_init (&l, 17);
  x = rewrite_input (&l, "x", 4, (gint64[]){ 1, 3, 4, 5 });
  first = v = transpose (&l, "t1", x, FALSE);
  v = NODE (&l, RELU, "r", v);
  if (sink == SINK_PAIR)
    v = NODE (&l, ADD, "sum", transpose (&l, "t3", NODE (&l, NEG, "n", x), FALSE), first);
  else if (sink == SINK_CODES || sink == SINK_AXIS)
    {
      int scale = sink == SINK_CODES ? strata_layers_scalar (&l, NULL, 0.01f)
                                     : rewrite_floats (&l, "scales", 1, (gint64[]){ 3 }, 0.01f, 0.02f);

      v = NODE (&l, QUANTIZE_LINEAR, "q", v, scale);
      strata_layers_attr_int (&l, "axis", 3);
      v = NODE (&l, DEQUANTIZE_LINEAR, "d", v, scale);
      strata_layers_attr_int (&l, "axis", 3);
    }
  else if (sink == SINK_SOFTMAX)
    v = NODE (&l, SOFTMAX, "soft", v);
  else if (sink == SINK_BROADCAST)
    v = NODE (&l, ADD, "term", v, rewrite_floats (&l, "k", 1, (gint64[]){ 3 }, -1, 1));
  else
    v = NODE (&l, MUL, "m",
              NODE (&l, CLIP, "c", v, strata_layers_scalar (&l, NULL, 0), strata_layers_scalar (&l, NULL, 1)),
              strata_layers_scalar (&l, NULL, 7));
  if (sink == SINK_SHARED)
    strata_layers_output (&l, NODE (&l, ABS, "abs", first), "abs");
  if (sink == SINK_MIDDLE)
    strata_layers_output (&l, v, "m");
  v = transpose (&l, "t2", v, TRUE);
  return rewrite_finish (&l, NODE (&l, SIGMOID, "y", v));
}

static void
test_transpose_sink (void)
{
  for (Sink sink = SINK_CHAIN; sink < N_SINKS; sink++)
    {
      g_autoptr (StrataGraph) graph = make_sink (sink);
      StrataRewriteSet rules = STRATA_REWRITE_TRANSPOSE_SINK | STRATA_REWRITE_IDENTITY | STRATA_REWRITE_DEAD_CODE;
      g_autoptr (StrataGraph) result = rewrite_check (graph, rules, EXACT, NULL);
      int n = rewrite_n_ops (result, STRATA_OP_TRANSPOSE);

      if (sink < SINK_SHARED)
        g_assert_cmpint (n, ==, 0);
      else
        g_assert_cmpint (n, ==, rewrite_n_ops (graph, STRATA_OP_TRANSPOSE));
    }
}

/* --- batch-norm, factors and terms --- */

typedef enum
{
  TARGET_CONV,
  TARGET_DEPTHWISE,
  TARGET_TRANSPOSED,
  TARGET_GEMM,
  TARGET_GEMM_ROWS, /* weights transposed, beta, bias of one number */
  N_TARGETS,
  TARGET_SHARED = N_TARGETS, /* its result is read elsewhere */
  TARGET_TWIN,               /* its weights are */
  TARGET_RELU,               /* something is between */
} Target;

static int
add_target (StrataLayers *l, Target target)
{
  gboolean flat = target == TARGET_GEMM || target == TARGET_GEMM_ROWS;
  int x = rewrite_input (l, "x", flat ? 2 : 4, flat ? (gint64[]){ 3, 4 } : image), v;

  if (flat)
    {
      gboolean rows = target == TARGET_GEMM_ROWS;
      int w = rewrite_floats (l, "w", 2, rows ? (gint64[]){ 6, 4 } : (gint64[]){ 4, 6 }, -1, 1);

      v = NODE (l, GEMM, "product", x, w, rewrite_floats (l, "b", rows ? 0 : 1, (gint64[]){ 6 }, -1, 1));
      strata_layers_attr_int (l, "transB", rows);
      strata_layers_attr_float (l, "beta", rows ? 0.5f : 1.0f);
      strata_layers_attr_float (l, "alpha", 1.5f);
      return v;
    }
  if (target == TARGET_TRANSPOSED)
    {
      v = NODE (l, CONV_TRANSPOSE, "product", x, rewrite_floats (l, "w", 4, (gint64[]){ 4, 3, 2, 2 }, -1, 1));
      strata_layers_attr_int (l, "group", 2);
      return v;
    }
  v =
    rewrite_floats (l, "w", 4, target == TARGET_DEPTHWISE ? (gint64[]){ 6, 2, 3, 3 } : (gint64[]){ 6, 4, 3, 3 }, -1, 1);
  if (target == TARGET_TWIN)
    strata_layers_output (l, NODE (l, CONV, "twin", x, v), "twin");
  if (target == TARGET_CONV)
    v = NODE (l, CONV, "product", x, v, rewrite_floats (l, "b", 1, (gint64[]){ 6 }, -1, 1));
  else
    v = NODE (l, CONV, "product", x, v);
  strata_layers_attr_int (l, "group", target == TARGET_DEPTHWISE ? 2 : 1);
  if (target == TARGET_SHARED)
    strata_layers_output (l, v, "product");
  return target == TARGET_RELU ? NODE (l, RELU, "between", v) : v;
}

static int
add_batch_norm (StrataLayers *l, int v, int n_channels)
{
  gint64 dims[1] = { n_channels };
  int inputs[5] = { v, rewrite_floats (l, "scale", 1, dims, 0.5f, 2), rewrite_floats (l, "offset", 1, dims, -1, 1),
                    rewrite_floats (l, "mean", 1, dims, -1, 1), rewrite_floats (l, "var", 1, dims, 0.1f, 2) };

  v = strata_layers_node (l, STRATA_OP_BATCH_NORMALIZATION, "bn", inputs, 5);
  strata_layers_attr_float (l, "epsilon", 1e-3f);
  return v;
}

static void
test_batch_norm (void)
{
  for (Target target = TARGET_CONV; target <= TARGET_RELU; target++)
    {
      g_auto (StrataLayers) l;
      g_autoptr (StrataGraph) graph = NULL;
      g_autoptr (StrataGraph) result = NULL;
      int v;

      strata_layers_init (&l, 17);
      v = add_target (&l, target);
      graph = rewrite_finish (&l, add_batch_norm (&l, v, 6));
      result = rewrite_check (graph, STRATA_REWRITE_BATCH_NORM, FOLDED, NULL);
      if (target == TARGET_SHARED || target == TARGET_RELU)
        g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_BATCH_NORMALIZATION), ==, 1);
      else
        {
          g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_BATCH_NORMALIZATION), ==, 0);
          g_assert_cmpstr (result->nodes[result->n_nodes - 1].name, ==, "bn");
          g_assert_cmpint (result->n_nodes, ==, graph->n_nodes - 1);
        }
    }
}

/* Without bytes there is nothing to fold, and nothing is touched. */
static void
test_batch_norm_weightless (void)
{
  g_auto (StrataLayers) l;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataGraph) result = NULL;
  StrataFill fill = { STRATA_FILL_NORMAL, 0.0f, 0.1f };
  int v;

  strata_layers_init (&l, 17);
  v = rewrite_input (&l, "x", 4, image);
  v = NODE (&l, CONV, "c", v, strata_layers_weight (&l, "w", 4, (gint64[]){ 6, 4, 1, 1 }, fill));
  graph = rewrite_finish (&l, add_batch_norm (&l, v, 6));
  result = rewrite_check (graph, STRATA_REWRITE_ALL, -1.0, NULL);
  g_assert_cmpint (result->n_nodes, ==, 2);
}

static void
test_affine (void)
{
  static const StrataOp ops[] = { STRATA_OP_MUL, STRATA_OP_ADD, STRATA_OP_SUB, STRATA_OP_DIV };

  for (Target target = TARGET_CONV; target <= N_TARGETS; target++)
    for (int which = 0; which < 8; which++)
      {
        g_auto (StrataLayers) l;
        g_autoptr (StrataGraph) graph = NULL;
        g_autoptr (StrataGraph) result = NULL;
        StrataOp op = ops[which / 2];
        int v, k, inputs[2];
        gboolean flat, found = !(op == STRATA_OP_DIV && which % 2);

        strata_layers_init (&l, 17);
        if (target == N_TARGETS)
          v = add_batch_norm (&l, rewrite_input (&l, "x", 4, (gint64[]){ 1, 6, 2, 2 }), 6);
        else
          v = add_target (&l, target);
        flat = target == TARGET_GEMM || target == TARGET_GEMM_ROWS;
        k = rewrite_floats (&l, "k", flat ? 1 : 3, flat ? (gint64[]){ 6 } : (gint64[]){ 6, 1, 1 }, 0.5f, 2);
        inputs[which % 2] = v;
        inputs[1 - which % 2] = k;
        graph = rewrite_finish (&l, strata_layers_node (&l, op, "y", inputs, 2));
        /* a constant over small numbers has no tolerance by its peak, and is not touched */
        result = rewrite_check (graph, STRATA_REWRITE_AFFINE, found ? FOLDED : EXACT, NULL);
        g_assert_cmpint (result->n_nodes, ==, graph->n_nodes - (found ? 1 : 0));
      }
}

static void
test_affine_refused (void)
{
  for (int which = 0; which < 3; which++)
    {
      g_auto (StrataLayers) l;
      g_autoptr (StrataGraph) graph = NULL;
      g_autoptr (StrataGraph) result = NULL;
      int v, k;

      strata_layers_init (&l, 17);
      v = add_target (&l, which == 2 ? TARGET_SHARED : TARGET_CONV); /* 1 x 6 x 4 x 4 */
      if (which == 0)                                                /* along the width */
        k = rewrite_floats (&l, "k", 1, (gint64[]){ 4 }, 0.5f, 2);
      else if (which == 1) /* grows */
        k = rewrite_floats (&l, "k", 4, (gint64[]){ 2, 1, 1, 1 }, 0.5f, 2);
      else
        k = strata_layers_scalar (&l, NULL, 3);
      graph = rewrite_finish (&l, NODE (&l, MUL, "y", v, k));
      result = rewrite_check (graph, STRATA_REWRITE_ALL, EXACT, NULL);
      g_assert_cmpint (result->n_nodes, ==, 2);
    }
}

static void
test_gemm (void)
{
  for (int stacked = 0; stacked < 2; stacked++)
    {
      g_auto (StrataLayers) l;
      g_autoptr (StrataGraph) graph = NULL;
      g_autoptr (StrataGraph) result = NULL;
      int v;

      strata_layers_init (&l, 17);
      v = rewrite_input (&l, "x", stacked ? 3 : 2, stacked ? (gint64[]){ 2, 3, 4 } : (gint64[]){ 3, 4 });
      v = NODE (&l, MAT_MUL, "product", v, rewrite_floats (&l, "w", 2, (gint64[]){ 4, 6 }, -1, 1));
      graph = rewrite_finish (&l, NODE (&l, ADD, "y", rewrite_floats (&l, "b", 1, (gint64[]){ 6 }, -1, 1), v));
      result = rewrite_check (graph, STRATA_REWRITE_GEMM, FOLDED, NULL);
      g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_GEMM), ==, stacked ? 0 : 1);
      g_assert_cmpint (result->n_nodes, ==, stacked ? 2 : 1);
    }
}

/* --- the whole --- */

/* The source may go first: the result keeps what it shares. */
static void
test_memory (void)
{
  StrataGraph *graph = make_fold (FALSE);
  g_autoptr (StrataGraph) kept = make_fold (FALSE);
  StrataGraph *once = strata_graph_rewrite (graph, STRATA_REWRITE_CONSTANT_FOLD, NULL, NULL);
  g_autoptr (StrataGraph) twice = NULL;

  strata_graph_free (graph);
  twice = strata_graph_rewrite (once, STRATA_REWRITE_ALL, NULL, NULL);
  strata_graph_free (once);
  rewrite_compare (kept, twice, 3, EXACT);
  g_assert_cmpuint (strata_graph_digest (twice), ==, 0); /* of no file, as its source */
}

/* Blocks of patterns and of nothing, all of which read the same numbers. */
static StrataGraph *
make_large (int n_blocks)
{
  g_auto (StrataLayers) l;
  int x, half, two, epsilon;

  strata_layers_init (&l, 17);
  x = rewrite_input (&l, "x", 2, (gint64[]){ 1, 4 });
  half = strata_layers_scalar (&l, NULL, 0.5f);
  two = strata_layers_scalar (&l, NULL, 2);
  epsilon = strata_layers_scalar (&l, NULL, 1e-5f);
  for (int i = 0; i < n_blocks; i++)
    {
      char names[16][24];
      int mean, d, v;

      for (int k = 0; k < 16; k++)
        g_snprintf (names[k], sizeof names[k], "b%d.%d", i, k);
      mean = NODE (&l, REDUCE_MEAN, names[0], x);
      strata_layers_attr_ints (&l, "axes", (gint64[]){ -1 }, 1);
      d = NODE (&l, SUB, names[1], x, mean);
      v = NODE (&l, REDUCE_MEAN, names[3], NODE (&l, POW, names[2], d, two));
      strata_layers_attr_ints (&l, "axes", (gint64[]){ -1 }, 1);
      v = NODE (&l, DIV, names[6], d, NODE (&l, SQRT, names[5], NODE (&l, ADD, names[4], v, epsilon)));
      v = NODE (&l, IDENTITY, names[7], v);
      v = NODE (&l, TRANSPOSE, names[10], NODE (&l, RELU, names[9], NODE (&l, TRANSPOSE, names[8], v)));
      v = NODE (&l, MUL, names[12], v, NODE (&l, SIGMOID, names[11], v));
      v = NODE (&l, MUL, names[13], v, half);
      NODE (&l, TANH, names[14], v); /* dead */
      x = NODE (&l, ADD, names[15], x, v);
    }
  return rewrite_finish (&l, x);
}

/* The name of a first output may be left out, as a file does for the sequence of an LSTM. */
static void
test_nameless_output (void)
{
  static const StrataOp ops[] = { STRATA_OP_ADD, STRATA_OP_MUL, STRATA_OP_DIV, STRATA_OP_EXP };

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    {
      g_autoptr (StrataGraph) named = make_large (1);
      g_autoptr (StrataGraph) graph = make_large (1);
      g_autoptr (StrataGraph) result = NULL;

      for (int node = 0; node < graph->n_nodes; node++)
        if (graph->nodes[node].op == STRATA_OP_TANH) /* dead, with one input */
          {
            graph->nodes[node].op = ops[i];
            graph->nodes[node].outputs[0] = -1;
            graph->nodes[node].n_inputs = ops[i] == STRATA_OP_EXP ? 1 : 2;
            graph->nodes[node].inputs =
              ops[i] == STRATA_OP_EXP ? graph->nodes[node].inputs : graph->nodes[node - 1].inputs;
          }
      result = rewrite_check (graph, STRATA_REWRITE_ALL, -1.0, NULL);
      g_assert_cmpint (result->n_nodes, ==, 5);
      rewrite_compare (named, result, 1, 1e-5);
    }
}

static double
steps_per_node (int n_blocks)
{
  g_autoptr (StrataGraph) graph = make_large (n_blocks);
  g_autoptr (StrataRewriteLog) log = NULL;
  g_autoptr (StrataGraph) result = NULL;
  gint64 start = g_get_monotonic_time ();

  result = strata_graph_rewrite (graph, STRATA_REWRITE_ALL, &log, NULL);
  g_test_message ("%d nodes: %.1f ms, %d rounds, %.1f steps per node", graph->n_nodes,
                  (double) (g_get_monotonic_time () - start) / 1000.0, log->n_rounds,
                  (double) log->n_steps / graph->n_nodes);
  g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_LAYER_NORMALIZATION), ==, n_blocks);
  g_assert_cmpint (result->n_nodes, ==, 5 * n_blocks);
  return (double) log->n_steps / graph->n_nodes;
}

/* Work per node does not grow with the graph. */
static void
test_large (void)
{
  double small = steps_per_node (125), large = steps_per_node (1250);

  g_assert_cmpfloat (large, <, 1.02 * small);
  g_assert_cmpfloat (large, <, 100.0);
}

static void
test_whole (void)
{
  g_autoptr (StrataGraph) graph = make_large (3);
  g_autoptr (StrataRewriteLog) log = NULL;
  g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_ALL, 1e-5, &log);
  g_autofree char *text = strata_rewrite_log_print (log);

  g_assert_cmpint (result->n_nodes, ==, 15);
  g_assert_nonnull (
    strstr (text, "normalization: b0.0, b0.1, b0.2, b0.3, b0.4, b0.5, b0.6 -> LayerNormalization b0.6\n"));
  g_assert_nonnull (strstr (text, "swish: b0.11, b0.12 -> Swish b0.12\n"));
  g_assert_nonnull (strstr (text, "dead-code: b0.14 goes\n"));
  g_assert_nonnull (strstr (text, "identity: b0.7 goes\n"));
}

static gpointer
rewrite_thread (gpointer graph)
{
  g_autoptr (StrataGraph) result = strata_graph_rewrite (graph, STRATA_REWRITE_ALL, NULL, NULL);

  return g_memdup2 (&(guint64){ strata_graph_hash (result) }, sizeof (guint64));
}

static void
test_threads (void)
{
  g_autoptr (StrataGraph) graph = make_large (40);
  GThread *threads[2] = { g_thread_new ("a", rewrite_thread, graph), g_thread_new ("b", rewrite_thread, graph) };
  g_autofree guint64 *first = g_thread_join (threads[0]);
  g_autofree guint64 *second = g_thread_join (threads[1]);

  g_assert_cmpuint (*first, ==, *second);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/rewrite/constant-fold", test_constant_fold);
  g_test_add_func ("/sdk/model/rewrite/constant-fold/limit", test_constant_fold_limit);
  g_test_add_func ("/sdk/model/rewrite/constant-fold/codes", test_constant_fold_codes);
  g_test_add_func ("/sdk/model/rewrite/dead-code", test_dead_code);
  g_test_add_func ("/sdk/model/rewrite/identity", test_identity);
  g_test_add_func ("/sdk/model/rewrite/identity/transpose", test_identity_transpose);
  g_test_add_func ("/sdk/model/rewrite/identity/refused", test_identity_refused);
  g_test_add_func ("/sdk/model/rewrite/common", test_common);
  g_test_add_func ("/sdk/model/rewrite/common/outputs", test_common_outputs);
  g_test_add_func ("/sdk/model/rewrite/reshape-merge", test_reshape_merge);
  g_test_add_func ("/sdk/model/rewrite/transpose-merge", test_transpose_merge);
  g_test_add_func ("/sdk/model/rewrite/transpose-sink", test_transpose_sink);
  g_test_add_func ("/sdk/model/rewrite/batch-norm", test_batch_norm);
  g_test_add_func ("/sdk/model/rewrite/batch-norm/weightless", test_batch_norm_weightless);
  g_test_add_func ("/sdk/model/rewrite/affine", test_affine);
  g_test_add_func ("/sdk/model/rewrite/affine/refused", test_affine_refused);
  g_test_add_func ("/sdk/model/rewrite/gemm", test_gemm);
  g_test_add_func ("/sdk/model/rewrite/memory", test_memory);
  g_test_add_func ("/sdk/model/rewrite/nameless-output", test_nameless_output);
  g_test_add_func ("/sdk/model/rewrite/large", test_large);
  g_test_add_func ("/sdk/model/rewrite/whole", test_whole);
  g_test_add_func ("/sdk/model/rewrite/threads", test_threads);
  return g_test_run ();
}
