/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators that exporters write out, in the forms they have, and what only looks like one.
 */
#include "rewrite-check.h"

/* The fused operator computes in double what the original rounds at every step. */
#define ROUNDED 2e-6
#define EXACT 0.0

static void
set_axes (StrataLayers *l, gint64 axis)
{
  strata_layers_attr_ints (l, "axes", &axis, 1);
}

/* --- normalisations --- */

typedef enum
{
  NORM_SQUARE_MUL = 1 << 0, /* d d, not d ^ 2 */
  NORM_RECIPROCAL = 1 << 1, /* d (1 / root) */
  NORM_POWER = 1 << 2,      /* ^ 0.5, or ^ -0.5 where reciprocal */
  NORM_SCALE = 1 << 3,      /* a factor behind */
  NORM_INSIDE = 1 << 4,     /* the factor is on the inverse; needs reciprocal */
  NORM_OFFSET = 1 << 5,
  NORM_ROOT_MEAN = 1 << 6,  /* no mean taken off */
  NORM_DIFFERENCE = 1 << 7, /* mean of squares less square of mean, from sums without kept dimensions */
  NORM_JOINED = 1 << 8,     /* x inverse + (offset - mean inverse) */
  NORM_TWO_SUBS = 1 << 9,   /* the difference is written twice */
  NORM_SWAPPED = 1 << 10,   /* operands of sums and products the other way round */
  /* refused */
  NORM_FIRST_AXIS = 1 << 11,
  NORM_OTHER_AXIS = 1 << 12, /* the variance is along another */
  NORM_EPSILON = 1 << 13,    /* computed */
  NORM_READ = 1 << 14,       /* the variance is read elsewhere */
  NORM_OUTPUT = 1 << 15,     /* the difference is an output */
  NORM_PER_ROW = 1 << 16,    /* the factor is one per row */
} NormForm;

static int
two (StrataLayers *l, StrataOp op, const char *name, int a, int b, NormForm form)
{
  int inputs[2] = { form & NORM_SWAPPED ? b : a, form & NORM_SWAPPED ? a : b };

  return strata_layers_node (l, op, name, inputs, 2);
}

static int
mean (StrataLayers *l, const char *name, int v, NormForm form, gint64 axis)
{
  if (form & NORM_DIFFERENCE)
    {
      g_autofree char *sum = g_strdup_printf ("%s.sum", name);

      v = NODE (l, REDUCE_SUM, sum, v, strata_layers_ints (l, NULL, 1, &axis));
      strata_layers_attr_int (l, "keepdims", 0);
      return two (l, STRATA_OP_MUL, name, v, strata_layers_scalar (l, NULL, 1.0f / 6), form);
    }
  v = NODE (l, REDUCE_MEAN, name, v);
  set_axes (l, axis);
  return v;
}

static int
column (StrataLayers *l, const char *name, int v)
{
  return NODE (l, RESHAPE, name, v, strata_layers_ints (l, NULL, 3, (gint64[]){ 2, 3, 1 }));
}

static int
add_variance (StrataLayers *l, int x, int m, int d, NormForm form, gint64 axis)
{
  int base = form & NORM_DIFFERENCE ? x : d, square, variance;

  square = form & NORM_SQUARE_MUL ? NODE (l, MUL, "square", base, base)
                                  : NODE (l, POW, "square", base, strata_layers_scalar (l, NULL, 2));
  variance = mean (l, "variance", square, form, form & NORM_OTHER_AXIS ? 1 : axis);
  if (form & NORM_DIFFERENCE)
    {
      variance = NODE (l, SUB, "off", variance, NODE (l, MUL, "mean.square", m, m));
      variance = NODE (l, MAX, "limited", strata_layers_scalar (l, NULL, 0), variance);
      variance = column (l, "variance.column", variance);
    }
  if (form & NORM_READ)
    strata_layers_output (l, NODE (l, NEG, "seen", variance), "seen");
  return variance;
}

static int
add_inverse (StrataLayers *l, int sum, int scale, NormForm form)
{
  int v;

  if (form & NORM_POWER)
    v = NODE (l, POW, "inverse", sum, strata_layers_scalar (l, NULL, -0.5f));
  else
    v = NODE (l, RECIPROCAL, "inverse", NODE (l, SQRT, "root", sum));
  return form & NORM_INSIDE ? two (l, STRATA_OP_MUL, "scaled", v, scale, form) : v;
}

static StrataGraph *
make_norm (NormForm form)
{
  g_auto (StrataLayers) l;
  gint64 axis = form & NORM_FIRST_AXIS ? 1 : -1;
  int x, m, shown, d, sum, scale, offset, epsilon, v, inverse;

  strata_layers_init (&l, form & NORM_DIFFERENCE ? 15 : 17);
  x = NODE (&l, TANH, "x0", rewrite_input (&l, "x", 3, (gint64[]){ 2, 3, 6 }));
  epsilon = form & NORM_EPSILON ? rewrite_input (&l, "epsilon", 0, NULL) : strata_layers_scalar (&l, NULL, 1e-3f);
  if (form & NORM_EPSILON)
    epsilon = NODE (&l, ABS, "epsilon.abs", epsilon);
  scale = rewrite_floats (&l, "scale", form & NORM_PER_ROW ? 2 : 1,
                          form & NORM_PER_ROW ? (gint64[]){ 3, 1 } : (gint64[]){ 6 }, 0.5f, 2);
  offset = rewrite_floats (&l, "offset", 3, (gint64[]){ 1, 1, 6 }, -1, 1);
  m = form & NORM_ROOT_MEAN ? -1 : mean (&l, "mean", x, form, axis);
  shown = form & NORM_DIFFERENCE ? column (&l, "mean.column", m) : m;
  d = form & NORM_ROOT_MEAN ? x : NODE (&l, SUB, "difference", x, shown);
  sum = two (&l, STRATA_OP_ADD, "sum", add_variance (&l, x, m, d, form, axis), epsilon, form);
  if (form & NORM_TWO_SUBS)
    d = NODE (&l, SUB, "difference2", x, shown);
  if (form & NORM_OUTPUT)
    strata_layers_output (&l, d, "difference");
  if (form & NORM_RECIPROCAL)
    {
      inverse = add_inverse (&l, sum, scale, form);
      v = two (&l, STRATA_OP_MUL, "y", form & NORM_JOINED ? x : d, inverse, form);
      if (form & NORM_JOINED)
        v = two (&l, STRATA_OP_ADD, "joined", v,
                 NODE (&l, SUB, "rest", offset, NODE (&l, MUL, "mean.scaled", shown, inverse)), form);
    }
  else
    v = NODE (&l, DIV, "y", d,
              form & NORM_POWER ? NODE (&l, POW, "root", sum, strata_layers_scalar (&l, NULL, 0.5f))
                                : NODE (&l, SQRT, "root", sum));
  if (form & NORM_SCALE)
    v = two (&l, STRATA_OP_MUL, "times", v, scale, form);
  if (form & NORM_OFFSET)
    v = two (&l, STRATA_OP_ADD, "plus", v, offset, form);
  return rewrite_finish (&l, NODE (&l, NEG, "end", v));
}

#define BOTH (NORM_SCALE | NORM_OFFSET)

static const struct
{
  NormForm form;
  const char *name; /* of the node that is left */
  double tolerance;
} norms[] = {
  { BOTH, "plus", ROUNDED },
  { BOTH | NORM_SWAPPED, "plus", ROUNDED },
  { BOTH | NORM_SQUARE_MUL | NORM_POWER, "plus", ROUNDED },
  { BOTH | NORM_RECIPROCAL, "plus", ROUNDED },
  { BOTH | NORM_RECIPROCAL | NORM_POWER | NORM_SWAPPED, "plus", ROUNDED },
  { BOTH | NORM_TWO_SUBS, "plus", ROUNDED },
  { NORM_RECIPROCAL | NORM_INSIDE | NORM_OFFSET, "plus", ROUNDED },
  { NORM_RECIPROCAL | NORM_INSIDE, "y", ROUNDED },
  { NORM_SCALE, "times", ROUNDED },
  { 0, "y", ROUNDED },
  { NORM_OFFSET, "plus", ROUNDED },
  /* the variance as a difference loses digits in the original */
  { BOTH | NORM_DIFFERENCE, "plus", 1e-5 },
  { NORM_DIFFERENCE | NORM_RECIPROCAL | NORM_INSIDE | NORM_OFFSET | NORM_SQUARE_MUL, "plus", 1e-5 },
  { NORM_JOINED | NORM_RECIPROCAL | NORM_INSIDE | NORM_SQUARE_MUL, "joined", 1e-5 },
  { NORM_JOINED | NORM_RECIPROCAL | NORM_SWAPPED | NORM_POWER, "joined", 1e-5 },
};

static void
test_layer_norm (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (norms); i++)
    {
      g_autoptr (StrataGraph) graph = make_norm (norms[i].form);
      StrataRewriteSet rules = STRATA_REWRITE_NORM | STRATA_REWRITE_DEAD_CODE;
      g_autoptr (StrataGraph) result = rewrite_check (graph, rules, norms[i].tolerance, NULL);

      g_test_message ("form %x", norms[i].form);
      g_assert_cmpint (result->n_nodes, ==, 3);
      g_assert_cmpint (result->nodes[1].op, ==, STRATA_OP_LAYER_NORMALIZATION);
      g_assert_cmpstr (result->nodes[1].name, ==, norms[i].name);
      g_assert_cmpfloat (strata_node_float (&result->nodes[1], "epsilon", 0), ==, 1e-3f);
      g_assert_cmpint (strata_node_int (&result->nodes[1], "axis", 0), ==, 2);
    }
}

static void
test_rms_norm (void)
{
  static const NormForm forms[] = { NORM_SCALE, NORM_SCALE | NORM_SWAPPED | NORM_SQUARE_MUL,
                                    NORM_SCALE | NORM_RECIPROCAL | NORM_POWER, NORM_RECIPROCAL | NORM_INSIDE,
                                    NORM_POWER };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autoptr (StrataGraph) graph = make_norm (forms[i] | NORM_ROOT_MEAN);
      g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_NORM, ROUNDED, NULL);

      g_assert_cmpint (result->n_nodes, ==, 3);
      g_assert_cmpint (result->nodes[1].op, ==, STRATA_OP_RMS_NORMALIZATION);
    }
}

static void
test_norm_refused (void)
{
  static const NormForm forms[] = { BOTH | NORM_FIRST_AXIS, BOTH | NORM_OTHER_AXIS,
                                    BOTH | NORM_EPSILON,    BOTH | NORM_READ,
                                    BOTH | NORM_OUTPUT,     NORM_RECIPROCAL | NORM_INSIDE | NORM_PER_ROW };

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    for (int root_mean = 0; root_mean < 2; root_mean++)
      {
        NormForm form = forms[i] | (root_mean ? NORM_ROOT_MEAN : 0);
        g_autoptr (StrataGraph) graph = NULL;
        g_autoptr (StrataGraph) result = NULL;

        if (root_mean && (form & (NORM_OTHER_AXIS | NORM_OUTPUT)))
          continue;
        graph = make_norm (form);
        result = rewrite_check (graph, STRATA_REWRITE_NORM, EXACT, NULL);
        g_assert_cmpint (result->n_nodes, ==, graph->n_nodes);
      }
}

/* A factor that is no operand stays behind the operator. */
static void
test_norm_factor (void)
{
  g_autoptr (StrataGraph) graph = make_norm (NORM_SCALE | NORM_PER_ROW);
  g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_NORM, ROUNDED, NULL);

  g_assert_cmpint (result->n_nodes, ==, 4);
  g_assert_cmpstr (result->nodes[1].name, ==, "y");
  g_assert_cmpint (result->nodes[2].op, ==, STRATA_OP_MUL);
}

/* --- activations --- */

typedef int (*Formula) (StrataLayers *l, int x);

static int
gelu_erf (StrataLayers *l, int x)
{
  int e = NODE (l, ADD, "a", NODE (l, ERF, "e", NODE (l, DIV, "d", x, rewrite_number (l, 1.4142135623730951))),
                rewrite_number (l, 1));

  return NODE (l, MUL, "y", NODE (l, MUL, "m", x, e), rewrite_number (l, 0.5));
}

static int
gelu_erf_half_first (StrataLayers *l, int x)
{
  int e = NODE (l, ADD, "a", rewrite_number (l, 1),
                NODE (l, ERF, "e", NODE (l, MUL, "d", rewrite_number (l, 0.7071067811865476), x)));

  return NODE (l, MUL, "y", NODE (l, MUL, "m", rewrite_number (l, 0.5), x), e);
}

static int
gelu_erf_half_inside (StrataLayers *l, int x)
{
  int e = NODE (l, ADD, "a", NODE (l, ERF, "e", NODE (l, DIV, "d", x, rewrite_number (l, 1.4142135623730951))),
                rewrite_number (l, 1));

  return NODE (l, MUL, "y", x, NODE (l, DIV, "m", e, rewrite_number (l, 2)));
}

static int
tanh_end (StrataLayers *l, int x, int argument)
{
  int t = NODE (l, ADD, "a", NODE (l, TANH, "t", argument), rewrite_number (l, 1));

  return NODE (l, MUL, "y", NODE (l, MUL, "m", rewrite_number (l, 0.5), x), t);
}

static int
gelu_tanh (StrataLayers *l, int x)
{
  int cube = NODE (l, MUL, "k", NODE (l, POW, "p", x, rewrite_number (l, 3)), rewrite_number (l, 0.044715));

  return tanh_end (l, x, NODE (l, MUL, "u", NODE (l, ADD, "s", x, cube), rewrite_number (l, 0.7978845608028654)));
}

static int
gelu_tanh_products (StrataLayers *l, int x)
{
  int cube = NODE (l, MUL, "k3", x, NODE (l, MUL, "k2", x, NODE (l, MUL, "k1", rewrite_number (l, 0.044715), x)));

  return tanh_end (l, x, NODE (l, MUL, "u", rewrite_number (l, 0.7978845608028654), NODE (l, ADD, "s", x, cube)));
}

static int
gelu_tanh_taken_out (StrataLayers *l, int x)
{
  int s = NODE (l, ADD, "s", rewrite_number (l, 1),
                NODE (l, MUL, "k2", NODE (l, MUL, "k1", x, rewrite_number (l, 0.044715)), x));

  return tanh_end (l, x, NODE (l, MUL, "u2", NODE (l, MUL, "u1", x, rewrite_number (l, 0.7978845608)), s));
}

static int
clip (StrataLayers *l, int x, double low, double high)
{
  return NODE (l, CLIP, "c", x, rewrite_number (l, low), rewrite_number (l, high));
}

static int
hard_swish_six (StrataLayers *l, int x)
{
  return NODE (l, DIV, "y", NODE (l, MUL, "m", x, clip (l, NODE (l, ADD, "a", x, rewrite_number (l, 3)), 0, 6)),
               rewrite_number (l, 6));
}

static int
hard_swish_sixth (StrataLayers *l, int x)
{
  return NODE (
    l, MUL, "y",
    NODE (l, MUL, "m", clip (l, NODE (l, ADD, "a", x, rewrite_number (l, 3)), 0, 6), rewrite_number (l, 1.0 / 6)), x);
}

static int
hard_swish_unit (StrataLayers *l, int x)
{
  int a = NODE (l, ADD, "a", NODE (l, MUL, "m", x, rewrite_number (l, 1.0 / 6)), rewrite_number (l, 0.5));

  return NODE (l, MUL, "y", x, clip (l, a, 0, 1));
}

static int
hard_swish_sigmoid (StrataLayers *l, int x)
{
  int h = NODE (l, HARD_SIGMOID, "h", x);

  strata_layers_attr_float (l, "alpha", 1.0f / 6);
  return NODE (l, MUL, "y", x, h);
}

static int
softplus (StrataLayers *l, int x)
{
  return NODE (l, LOG, "y", NODE (l, ADD, "a", NODE (l, EXP, "e", x), rewrite_number (l, 1)));
}

static int
mish (StrataLayers *l, int x)
{
  return NODE (l, MUL, "y", x, NODE (l, TANH, "t", NODE (l, SOFTPLUS, "s", x)));
}

static int
mish_written_out (StrataLayers *l, int x)
{
  int s = NODE (l, LOG, "s", NODE (l, ADD, "a", NODE (l, EXP, "e", x), rewrite_number (l, 1)));

  return NODE (l, MUL, "y", x, NODE (l, TANH, "t", s));
}

static int
swish (StrataLayers *l, int x)
{
  return NODE (l, MUL, "y", NODE (l, SIGMOID, "s", x), x);
}

static int
swish_alpha (StrataLayers *l, int x)
{
  return NODE (l, MUL, "y", x, NODE (l, SIGMOID, "s", NODE (l, MUL, "m", x, rewrite_number (l, 1.702))));
}

static int
swiglu (StrataLayers *l, int x)
{
  int u = NODE (l, EXP, "u", x);

  return NODE (l, MUL, "y", u, NODE (l, MUL, "g", x, NODE (l, SIGMOID, "s", x)));
}

static const struct
{
  Formula formula;
  StrataOp op;
  int n_left; /* nodes beside the operator and the one before */
} formulas[] = {
  { gelu_erf, STRATA_OP_GELU, 0 },
  { gelu_erf_half_first, STRATA_OP_GELU, 0 },
  { gelu_erf_half_inside, STRATA_OP_GELU, 0 },
  { gelu_tanh, STRATA_OP_GELU, 0 },
  { gelu_tanh_products, STRATA_OP_GELU, 0 },
  { gelu_tanh_taken_out, STRATA_OP_GELU, 0 },
  { hard_swish_six, STRATA_OP_HARD_SWISH, 0 },
  { hard_swish_sixth, STRATA_OP_HARD_SWISH, 0 },
  { hard_swish_unit, STRATA_OP_HARD_SWISH, 0 },
  { hard_swish_sigmoid, STRATA_OP_HARD_SWISH, 0 },
  { softplus, STRATA_OP_SOFTPLUS, 0 },
  { mish, STRATA_OP_MISH, 0 },
  { mish_written_out, STRATA_OP_MISH, 0 },
  { swish, STRATA_OP_SWISH, 0 },
  { swish_alpha, STRATA_OP_SWISH, 0 },
  { swiglu, STRATA_OP_SWI_GLU, 1 },
};

static StrataGraph *
make_activation (Formula formula)
{
  g_auto (StrataLayers) l;
  int x;

  strata_layers_init (&l, 17);
  x = NODE (&l, NEG, "x0", rewrite_input (&l, "x", 2, (gint64[]){ 7, 9 }));
  return rewrite_finish (&l, formula (&l, x));
}

static void
test_activation (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (formulas); i++)
    {
      g_autoptr (StrataGraph) graph = make_activation (formulas[i].formula);
      g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_ALL, ROUNDED, NULL);
      const StrataNode *last = &result->nodes[result->n_nodes - 1];

      g_test_message ("formula %u", i);
      g_assert_cmpint (last->op, ==, formulas[i].op);
      g_assert_cmpstr (last->name, ==, "y");
      g_assert_cmpint (result->n_nodes, ==, 2 + formulas[i].n_left);
    }
}

static int
gelu_wrong_number (StrataLayers *l, int x)
{
  int e = NODE (l, ADD, "a", NODE (l, ERF, "e", NODE (l, DIV, "d", x, rewrite_number (l, 1.5))), rewrite_number (l, 1));

  return NODE (l, MUL, "y", NODE (l, MUL, "m", x, e), rewrite_number (l, 0.5));
}

static int
gelu_wrong_half (StrataLayers *l, int x)
{
  int e = NODE (l, ADD, "a", NODE (l, ERF, "e", NODE (l, DIV, "d", x, rewrite_number (l, 1.4142135623730951))),
                rewrite_number (l, 1));

  return NODE (l, MUL, "y", NODE (l, MUL, "m", x, e), rewrite_number (l, 0.25));
}

static int
gelu_other_tensor (StrataLayers *l, int x)
{
  int e = NODE (l, ADD, "a", NODE (l, ERF, "e", NODE (l, DIV, "d", x, rewrite_number (l, 1.4142135623730951))),
                rewrite_number (l, 1));

  return NODE (l, MUL, "y", NODE (l, MUL, "m", NODE (l, ABS, "o", x), e), rewrite_number (l, 0.5));
}

static int
gelu_read_elsewhere (StrataLayers *l, int x)
{
  int erf = NODE (l, ERF, "e", NODE (l, DIV, "d", x, rewrite_number (l, 1.4142135623730951)));
  int y =
    NODE (l, MUL, "m", NODE (l, MUL, "h", x, NODE (l, ADD, "a", erf, rewrite_number (l, 1))), rewrite_number (l, 0.5));

  return NODE (l, SUB, "y", y, erf);
}

static int
gelu_quartic (StrataLayers *l, int x)
{
  int cube = NODE (l, MUL, "k", NODE (l, POW, "p", x, rewrite_number (l, 2)), rewrite_number (l, 0.044715));

  return tanh_end (l, x, NODE (l, MUL, "u", NODE (l, ADD, "s", x, cube), rewrite_number (l, 0.7978845608028654)));
}

static int
hard_swish_wrong (StrataLayers *l, int x)
{
  return NODE (l, DIV, "y", NODE (l, MUL, "m", x, clip (l, NODE (l, ADD, "a", x, rewrite_number (l, 3)), 0, 6)),
               rewrite_number (l, 5));
}

static int
swish_grows (StrataLayers *l, int x)
{
  int row = NODE (l, REDUCE_MEAN, "row", x);

  set_axes (l, 0);
  return NODE (l, MUL, "y", row, NODE (l, SIGMOID, "s", x));
}

static int
swish_output (StrataLayers *l, int x)
{
  int s = NODE (l, SIGMOID, "s", x);

  strata_layers_output (l, s, "s");
  return NODE (l, MUL, "y", x, s);
}

static int
mish_other (StrataLayers *l, int x)
{
  return NODE (l, MUL, "y", x, NODE (l, TANH, "t", NODE (l, SOFTPLUS, "s", NODE (l, ABS, "o", x))));
}

static int
softplus_two (StrataLayers *l, int x)
{
  return NODE (l, LOG, "y", NODE (l, ADD, "a", NODE (l, EXP, "e", x), rewrite_number (l, 2)));
}

static void
test_activation_refused (void)
{
  static const Formula refused[] = { gelu_wrong_number, gelu_wrong_half,  gelu_other_tensor, gelu_read_elsewhere,
                                     gelu_quartic,      hard_swish_wrong, swish_grows,       swish_output,
                                     mish_other,        softplus_two };

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (StrataGraph) graph = make_activation (refused[i]);
      g_autoptr (StrataGraph) result = rewrite_check (graph, STRATA_REWRITE_ALL, EXACT, NULL);

      g_test_message ("formula %u", i);
      g_assert_cmpint (result->n_nodes, ==, graph->n_nodes);
    }
}

/* A gate of another shape, or a constant one, makes no SwiGLU. */
static void
test_swiglu_refused (void)
{
  for (int constant = 0; constant < 2; constant++)
    {
      g_auto (StrataLayers) l;
      g_autoptr (StrataGraph) graph = NULL;
      g_autoptr (StrataGraph) result = NULL;
      int x, gate;

      strata_layers_init (&l, 17);
      x = rewrite_input (&l, "x", 2, (gint64[]){ 3, 4 });
      gate = constant ? rewrite_floats (&l, "k", 2, (gint64[]){ 3, 4 }, -1, 1)
                      : rewrite_input (&l, "gate", 2, (gint64[]){ 3, 1 });
      graph = rewrite_finish (&l, NODE (&l, MUL, "end", swish (&l, x), gate));
      result = rewrite_check (graph, STRATA_REWRITE_ALL, ROUNDED, NULL);
      g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_SWISH), ==, 1);
      g_assert_cmpint (rewrite_n_ops (result, STRATA_OP_SWI_GLU), ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/rewrite/norm/layer", test_layer_norm);
  g_test_add_func ("/sdk/model/rewrite/norm/root-mean-square", test_rms_norm);
  g_test_add_func ("/sdk/model/rewrite/norm/refused", test_norm_refused);
  g_test_add_func ("/sdk/model/rewrite/norm/factor", test_norm_factor);
  g_test_add_func ("/sdk/model/rewrite/activation/found", test_activation);
  g_test_add_func ("/sdk/model/rewrite/activation/refused", test_activation_refused);
  g_test_add_func ("/sdk/model/rewrite/activation/swiglu-refused", test_swiglu_refused);
  return g_test_run ();
}
