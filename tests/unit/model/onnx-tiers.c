/* SPDX-License-Identifier: Apache-2.0
 *
 * com.microsoft operators of tier 4 have no case in the suite and are tested elsewhere.
 */
#include "onnx-tiers.h"

static const struct
{
  int tier;
  const char *name;
} tiers[] = {
  { 1, "Conv" },
  { 1, "Reshape" },
  { 1, "Add" },
  { 1, "Gemm" },
  { 1, "Softmax" },
  { 1, "Relu" },
  { 1, "Transpose" },
  { 1, "Concat" },
  { 1, "Slice" },
  { 1, "GlobalAveragePool" },
  { 1, "Mul" },
  { 1, "Unsqueeze" },
  { 1, "MatMul" },
  { 1, "Gather" },
  { 1, "ReduceMean" },
  { 1, "Sqrt" },
  { 1, "DequantizeLinear" },
  { 1, "QuantizeLinear" },
  { 1, "Div" },
  { 1, "Squeeze" },
  { 1, "Sub" },
  { 1, "Pow" },
  { 1, "ConstantOfShape" },
  { 1, "BatchNormalization" },
  { 1, "Sigmoid" },
  { 1, "MaxPool" },
  { 2, "Pad" },
  { 2, "Tanh" },
  { 2, "Cast" },
  { 2, "Expand" },
  { 2, "Shape" },
  { 2, "AveragePool" },
  { 2, "Reciprocal" },
  { 2, "GRU" },
  { 2, "Erf" },
  { 2, "LSTM" },
  { 2, "Dropout" },
  { 2, "Flatten" },
  { 3, "Constant" },
  { 3, "Equal" },
  { 3, "Neg" },
  { 3, "Clip" },
  { 3, "ScatterND" },
  { 3, "PRelu" },
  { 3, "Sum" },
  { 3, "ConvTranspose" },
  { 3, "Split" },
  { 3, "Resize" },
  { 3, "LRN" },
  { 3, "Max" },
  { 3, "Min" },
  { 3, "DepthToSpace" },
  { 3, "ReduceMax" },
  { 3, "Exp" },
  { 3, "Identity" },
  { 3, "Range" },
  { 3, "If" },
  { 3, "Where" },
  { 3, "LayerNormalization" },
  { 3, "ReduceSum" },
  { 3, "Size" },
  { 3, "Not" },
  { 3, "ReduceProd" },
  { 3, "GlobalMaxPool" },
  { 3, "ArgMax" },
  { 3, "Log" },
  { 3, "OneHot" },
  { 3, "ReduceSumSquare" },
  { 4, "RMSNormalization" },
  { 4, "RotaryEmbedding" },
  { 4, "Attention" },
  { 4, "Gelu" },
  { 4, "GroupNormalization" },
  { 4, "InstanceNormalization" },
  { 4, "Einsum" },
  { 4, "Trilu" },
  { 4, "CumSum" },
  { 4, "TopK" },
  { 4, "GatherElements" },
  { 4, "ScatterElements" },
  { 4, "Tile" },
  { 4, "IsNaN" },
  { 4, "IsInf" },
  { 4, "Cos" },
  { 4, "Sin" },
  { 4, "HardSwish" },
  { 4, "HardSigmoid" },
  { 4, "LeakyRelu" },
  { 4, "QLinearConv" },
  { 4, "QLinearMatMul" },
  { 4, "ConvInteger" },
  { 4, "MatMulInteger" },
  { 4, "DynamicQuantizeLinear" },
};

int
onnx_tier (const char *operator_name)
{
  for (guint i = 0; i < G_N_ELEMENTS (tiers); i++)
    if (g_str_equal (tiers[i].name, operator_name))
      return tiers[i].tier;
  return 0;
}

const char *
onnx_tier_name (guint i)
{
  return i < G_N_ELEMENTS (tiers) ? tiers[i].name : NULL;
}
