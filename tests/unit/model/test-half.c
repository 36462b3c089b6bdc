/* SPDX-License-Identifier: Apache-2.0
 *
 * Every operator that networks are made of gives in float16 what it gives in float32, rounded: the inputs are exact in
 * both. What float16 cannot be given to (indices, conditions, scales of Resize) stays as it is.
 */
#include <math.h>

#include "model/element.h"
#include "node-case.h"

#define TOLERANCE 2e-3 /* 11 bits, and sums of a few rounded inputs */

static const NodeCase cases[] = {
  { "Abs", "f0:2x3", "", "y", 17 },
  { "Add", "f0:2x3 f1:3", "", "y", 17 },
  { "ArgMax", "f0:2x5", "axis=1", "y", 17 },
  { "Attention", "f0:1x2x3x4 f1:1x2x3x4 f2:1x2x3x4", "is_causal=1", "y", 24 },
  { "AveragePool", "f0:1x2x4x4", "kernel_shape=2,2", "y", 17 },
  { "BatchNormalization", "f0:1x3x2x2 f1:3 f2:3 f3:3 s4:3", "", "y", 17 },
  { "Cast", "f0:2x3", "to=6", "y", 17 },
  { "Ceil", "f0:2x3", "", "y", 17 },
  { "Celu", "f0:2x3", "", "y", 17 },
  { "Clip", "f0:2x8 f=0: s1:", "", "y", 17 },
  { "Concat", "f0:2x3 f1:2x3", "axis=0", "y", 17 },
  { "Conv", "f0:1x2x5x5 f1:3x2x3x3 f2:3", "pads=1,1,1,1", "y", 17 },
  { "ConvTranspose", "f0:1x2x3x3 f1:2x3x2x2", "strides=2,2", "y", 17 },
  { "Cos", "f0:2x3", "", "y", 17 },
  { "CumSum", "f0:2x5 l=1:", "", "y", 17 },
  { "DepthToSpace", "f0:1x4x2x2", "blocksize=2", "y", 17 },
  { "Div", "f0:2x3 s1:2x3", "", "y", 17 },
  { "Dropout", "f0:2x3", "", "y", 17 },
  { "Einsum", "f0:2x3 f1:3x4", "equation=ij,jk->ik", "y", 17 },
  { "Elu", "f0:2x3", "", "y", 17 },
  { "Equal", "f0:2x3 f1:2x3", "", "y", 17 },
  { "Erf", "f0:2x3", "", "y", 17 },
  { "Exp", "f0:2x3", "", "y", 17 },
  { "Expand", "f0:1x3 l=2,3:2", "", "y", 17 },
  { "Flatten", "f0:2x3x2", "", "y", 17 },
  { "Floor", "f0:2x3", "", "y", 17 },
  { "GRU", "f0:3x1x4 f1:1x6x4 f2:1x6x2 f3:1x12", "hidden_size=2", "y", 17 },
  { "Gather", "f0:4x3 l=2,0:2", "", "y", 17 },
  { "GatherElements", "f0:2x3 l=1,0,1:1x3", "", "y", 17 },
  { "GatherND", "f0:2x3 l=1,2,0,1:2x2", "", "y", 17 },
  { "Gelu", "f0:2x3", "approximate=tanh", "y", 20 },
  { "Gemm", "f0:2x3 f1:3x4 f2:4", "alpha=0.5", "y", 17 },
  { "GlobalAveragePool", "f0:1x2x3x3", "", "y", 17 },
  { "GlobalMaxPool", "f0:1x2x3x3", "", "y", 17 },
  { "GroupNormalization", "f0:1x4x2x2 f1:4 f2:4", "num_groups=2", "y", 21 },
  { "HardSigmoid", "f0:2x3", "", "y", 17 },
  { "HardSwish", "f0:2x3", "", "y", 17 },
  { "Hardmax", "f0:2x5", "", "y", 17 },
  { "Identity", "f0:2x3", "", "y", 17 },
  { "InstanceNormalization", "f0:1x2x3x3 f1:2 f2:2", "", "y", 17 },
  { "IsInf", "f0:2x3", "", "y", 20 },
  { "IsNaN", "f0:2x3", "", "y", 17 },
  { "LRN", "f0:1x4x2x2", "size=3", "y", 17 },
  { "LSTM", "f0:3x1x4 f1:1x8x4 f2:1x8x2 f3:1x16", "hidden_size=2", "y", 17 },
  { "LayerNormalization", "f0:2x6 f1:6 f2:6", "", "y", 17 },
  { "LeakyRelu", "f0:2x3", "", "y", 17 },
  { "Log", "s0:2x3", "", "y", 17 },
  { "LogSoftmax", "f0:2x5", "", "y", 17 },
  { "LpNormalization", "f0:2x5", "", "y", 17 },
  { "MatMul", "f0:2x2x3 f1:3x4", "", "y", 17 },
  { "Max", "f0:2x3 f1:3", "", "y", 17 },
  { "MaxPool", "f0:1x2x4x4", "kernel_shape=2,2 strides=2,2", "y", 17 },
  { "Mean", "f0:2x3 f1:3", "", "y", 17 },
  { "MeanVarianceNormalization", "f0:1x2x3x3", "", "y", 17 },
  { "Min", "f0:2x3 f1:3", "", "y", 17 },
  { "Mish", "f0:2x3", "", "y", 18 },
  { "Mod", "f0:2x3 s1:2x3", "fmod=1", "y", 17 },
  { "Mul", "f0:2x3 f1:3", "", "y", 17 },
  { "Neg", "f0:2x3", "", "y", 17 },
  { "OneHot", "l=0,2:2 l=3: f1:2", "", "y", 17 },
  { "PRelu", "f0:1x3x2 f1:3x1", "", "y", 17 },
  { "Pad", "f0:2x3 l=1,0,0,2:4 f1:", "", "y", 17 },
  { "Pow", "s0:2x3 f1:2x3", "", "y", 17 },
  { "QuantizeLinear", "f0:2x3 s1:", "", "y", 21 },
  { "RMSNormalization", "f0:2x6 f1:6", "", "y", 23 },
  { "RNN", "f0:3x1x4 f1:1x2x4 f2:1x2x2", "hidden_size=2", "y", 17 },
  { "Reciprocal", "f0:2x3", "", "y", 17 },
  { "ReduceL2", "f0:2x5", "axes=1,", "y", 13 },
  { "ReduceMax", "f0:2x5", "axes=1,", "y", 13 },
  { "ReduceMean", "f0:2x5 l=1:1", "", "y", 18 },
  { "ReduceMin", "f0:2x5 l=1:1", "", "y", 18 },
  { "ReduceProd", "f0:2x3 l=1:1", "", "y", 18 },
  { "ReduceSum", "f0:2x5 l=1:1", "keepdims=0", "y", 18 },
  { "ReduceSumSquare", "f0:2x5 l=1:1", "", "y", 18 },
  { "Relu", "f0:2x3", "", "y", 17 },
  { "Reshape", "f0:2x3 l=3,2:2", "", "y", 17 },
  { "Resize", "f0:1x1x2x3 - r=1,1,2,2:4", "mode=linear", "y", 17 },
  { "RotaryEmbedding", "f0:1x2x3x4 f1:1x3x2 f2:1x3x2", "", "y", 23 },
  { "Round", "f0:2x3", "", "y", 17 },
  { "ScatterElements", "f0:2x3 l=1,0,1:1x3 f1:1x3", "", "y", 17 },
  { "ScatterND", "f0:2x3 l=1:1x1 f1:1x3", "", "y", 17 },
  { "Selu", "f0:2x3", "", "y", 17 },
  { "Shape", "f0:2x3", "", "y", 17 },
  { "Sigmoid", "f0:2x3", "", "y", 17 },
  { "Sign", "f0:2x3", "", "y", 17 },
  { "Sin", "f0:2x3", "", "y", 17 },
  { "Size", "f0:2x3", "", "y", 17 },
  { "Slice", "f0:4x3 l=1:1 l=3:1", "", "y", 17 },
  { "Softmax", "f0:2x5", "", "y", 17 },
  { "Softplus", "f0:2x3", "", "y", 17 },
  { "Softsign", "f0:2x3", "", "y", 17 },
  { "SpaceToDepth", "f0:1x1x2x2", "blocksize=2", "y", 17 },
  { "Split", "f0:4x3 l=1,3:2", "", "y z", 17 },
  { "Sqrt", "s0:2x3", "", "y", 17 },
  { "Squeeze", "f0:1x3 l=0:1", "", "y", 17 },
  { "Sub", "f0:2x3 f1:3", "", "y", 17 },
  { "Sum", "f0:2x3 f1:3 f2:2x1", "", "y", 17 },
  { "SwiGLU", "f0:2x3 f1:2x3", "", "y", 28 },
  { "Swish", "f0:2x3", "", "y", 24 },
  { "Tanh", "f0:2x3", "", "y", 17 },
  { "Tile", "f0:2x3 l=2,1:2", "", "y", 17 },
  { "TopK", "f0:2x5 l=2:1", "", "y z", 17 },
  { "Transpose", "f0:2x3", "", "y", 17 },
  { "Trilu", "f0:3x3", "", "y", 17 },
  { "Unsqueeze", "f0:2x3 l=0:1", "", "y", 17 },
  { "Where", "b=1,0,1:3 f1:2x3 f2:3", "", "y", 17 },
};

static void
run_case (const NodeCase *c, StrataDtype real, StrataArray **outputs)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataArray) first = NULL;
  g_autoptr (StrataGraph) graph = node_case_parse (c, real, &first, &error);
  const StrataArray *inputs[1] = { first };

  g_assert_no_error (error);
  strata_graph_check (graph, &error);
  g_assert_no_error (error);
  strata_graph_run (graph, inputs, outputs, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
compare (const NodeCase *c, const StrataArray *got, const StrataArray *wanted)
{
  StrataDtype dtype = wanted->dtype == STRATA_DTYPE_F32 ? STRATA_DTYPE_F16 : wanted->dtype;

  g_assert_cmpint (got->dtype, ==, dtype);
  g_assert_cmpint (strata_array_count (got), ==, strata_array_count (wanted));
  for (gint64 i = 0; i < strata_array_count (got); i++)
    {
      double a = strata_element_double (got->dtype, got->data, i);
      double b = strata_element_double (wanted->dtype, wanted->data, i);

      if (!(fabs (a - b) <= (dtype == STRATA_DTYPE_F16 ? TOLERANCE * (1.0 + fabs (b)) : 0.0)))
        g_error ("%s: element %d is %g in float16 and %g in float32", c->op, (int) i, a, b);
    }
}

static void
test_case (gconstpointer data)
{
  const NodeCase *c = data;
  StrataArray *half[2] = { NULL }, *whole[2] = { NULL };

  run_case (c, STRATA_DTYPE_F32, whole);
  run_case (c, STRATA_DTYPE_F16, half);
  for (int i = 0; i < 2 && whole[i] != NULL; i++)
    compare (c, half[i], whole[i]);
  for (int i = 0; i < 2; i++)
    {
      strata_array_free (half[i]);
      strata_array_free (whole[i]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sdk/model/half/%s", cases[i].op);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  return g_test_run ();
}
