#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make-seeds.py FOLDER [STRATA]: into FOLDER/import small models from the table below: each operator once with everything
constant, so that import executes it, and once with its first input open, so that only its shape rule runs. Into
FOLDER/config a configuration of each type, into FOLDER/safetensors small files, into FOLDER/graph-text graphs, and into
FOLDER/die die files without their first line, which names the chip.

Needs python3-onnx. A row is operator, inputs, attributes, number of outputs, opset; floats are drawn from a fixed seed.
FOLDER/program gets small models compiled by the command STRATA.
Ends with an error where an operator of sdk/model/ops.def has no row.
"""
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(7)


def f(*dims, kind=np.float32):
    return (rng.standard_normal(dims) * 2).astype(kind)


def i64(*values):
    return np.array(values, np.int64)


def s64(value):
    return np.array(value, np.int64)


def i32(*values):
    return np.array(values, np.int32)


def u8(*dims):
    return rng.integers(0, 256, dims, np.uint8)


def i8(*dims):
    return rng.integers(-128, 128, dims, np.int8)


def b(*dims):
    return rng.integers(0, 2, dims).astype(np.bool_)


def sf(value):
    return np.array(value, np.float32)


UNBOUND = b"\x7a\3\0\0\0"  # a field that no one reads; the last three bytes tell the target to bind no dimension
MS = "com.microsoft."
NONE = None  # an input that is left out
F = f(2, 3)
P = f(1, 2, 5, 5)
UNARY = ("Abs Acos Acosh Asin Asinh Atan Atanh Ceil Celu Cos Cosh Elu Erf Exp Floor HardSigmoid HardSwish Identity IsInf IsNaN "
         "LeakyRelu Log LogSoftmax Neg Reciprocal Relu Round Selu Shape Shrink Sigmoid Sign Sin Sinh Size Softmax Softplus "
         "Softsign Sqrt Tan Tanh ThresholdedRelu Hardmax LpNormalization").split()
NEW_UNARY = {"Mish": 18, "Gelu": 20}
BINARY = "Add Sub Mul Div Pow Max Min Mean Sum PRelu Greater GreaterOrEqual Less LessOrEqual Equal".split()
REDUCE = "L1 L2 LogSum LogSumExp Max Mean Min Prod Sum SumSquare".split()

ROWS = [
    *[(op, [F], {}, 1, 17) for op in UNARY],
    *[(op, [F], {}, 1, v) for op, v in NEW_UNARY.items()],
    *[(op, [F, f(3)], {}, 1, 17) for op in BINARY],
    *[(op, [i64(7, -8, 9), i64(3, -1, 2)], {}, 1, 17) for op in ("Add", "Div", "Mul", "Sub", "Pow", "Mod", "Equal", "Max")],
    *[(op, [i32(-2**31, 5), i32(-1, 2)], {}, 1, 17) for op in ("Div", "Mod", "Pow", "Sub")],
    *[(op, [b(2, 3), b(3)], {}, 1, 17) for op in ("And", "Or", "Xor")],
    *[(op, [u8(2, 3), u8(3)], {}, 1, 18) for op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor")],
    *[("Reduce" + op, [F], {"axes": [1], "keepdims": 0}, 1, 11) for op in REDUCE],
    *[("Reduce" + op, [F, i64(0)], {}, 1, 18) for op in REDUCE],
    ("Mod", [F, f(3)], {"fmod": 1}, 1, 17),
    ("Not", [b(2, 3)], {}, 1, 17),
    ("BitwiseNot", [u8(4)], {}, 1, 18),
    ("BitShift", [u8(4), np.array([1, 8, 64, 255], np.uint8)], {"direction": "LEFT"}, 1, 17),
    ("BitShift", [np.array([1, 2], np.uint64), np.array([63, 64], np.uint64)], {"direction": "RIGHT"}, 1, 17),
    ("ArgMax", [F], {"axis": 1}, 1, 17),
    ("ArgMin", [F], {"axis": -1, "keepdims": 0, "select_last_index": 1}, 1, 17),
    ("Attention", [f(1, 2, 3, 4), f(1, 2, 3, 4), f(1, 2, 3, 4)], {}, 1, 23),
    ("Attention", [f(1, 3, 8), f(1, 3, 8), f(1, 3, 8), f(3, 5), f(1, 2, 2, 4), f(1, 2, 2, 4)],
     {"q_num_heads": 2, "kv_num_heads": 2, "is_causal": 1}, 3, 23),
    ("AveragePool", [P], {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1, "count_include_pad": 1}, 1, 17),
    ("BatchNormalization", [P, f(2), f(2), f(2), np.abs(f(2))], {}, 1, 17),
    ("Cast", [np.array([np.nan, np.inf, -1e30, 2.5], np.float32)], {"to": TensorProto.INT32}, 1, 17),
    ("Cast", [f(3, kind=np.float16)], {"to": TensorProto.UINT8}, 1, 17),
    ("CastLike", [F, i64(1)], {}, 1, 17),
    ("Clip", [F, sf(-1), sf(1)], {}, 1, 17),
    ("Clip", [F], {"min": -1.0, "max": 1.0}, 1, 7),
    ("Compress", [F, np.array([True, False, True])], {"axis": 1}, 1, 17),
    ("Concat", [F, f(2, 1)], {"axis": 1}, 1, 17),
    ("ConstantOfShape", [i64(2, 3)], {"value": helper.make_tensor("v", TensorProto.INT64, [1], [5])}, 1, 17),
    ("Conv", [P, f(4, 1, 3, 3), f(4)], {"group": 2, "pads": [1, 1, 1, 1], "strides": [2, 2]}, 1, 17),
    ("Conv", [f(1, 2, 9), f(2, 2, 3)], {"dilations": [2], "auto_pad": "VALID"}, 1, 17),
    ("ConvInteger", [u8(1, 2, 4, 4), u8(2, 2, 2, 2), np.uint8(3), np.uint8(4)], {}, 1, 17),
    ("ConvTranspose", [P, f(2, 1, 3, 3)], {"strides": [2, 2], "output_padding": [1, 1]}, 1, 17),
    ("CumSum", [F, s64(1)], {"reverse": 1, "exclusive": 1}, 1, 17),
    ("DepthToSpace", [f(1, 4, 2, 2)], {"blocksize": 2, "mode": "CRD"}, 1, 17),
    ("DequantizeLinear", [i8(2, 3), f(3), i8(3)], {"axis": 1}, 1, 17),
    ("Dropout", [F, sf(0.5), np.array(False)], {}, 2, 17),
    ("DynamicQuantizeLinear", [F], {}, 3, 17),
    ("Einsum", [F, f(3, 4)], {"equation": "ij,jk->ik"}, 1, 17),
    ("Einsum", [f(2, 3, 3)], {"equation": "...ii"}, 1, 17),
    ("Expand", [f(2, 1), i64(3, 2, 4)], {}, 1, 17),
    ("EyeLike", [f(3, 4)], {"k": -1, "dtype": TensorProto.INT32}, 1, 17),
    ("Flatten", [f(2, 3, 2)], {"axis": -1}, 1, 17),
    ("Gather", [F, i64(1, -2)], {"axis": 1}, 1, 17),
    ("GatherElements", [F, np.array([[0, -1], [2, 1]], np.int64)], {"axis": 1}, 1, 17),
    ("GatherND", [f(2, 3, 2), np.array([[0, 1], [1, -1]], np.int64)], {}, 1, 17),
    ("Gemm", [F, f(4, 3), f(4)], {"transB": 1, "alpha": 0.5, "beta": 2.0}, 1, 17),
    ("GlobalAveragePool", [P], {}, 1, 17),
    ("GlobalLpPool", [P], {"p": 3}, 1, 17),
    ("GlobalMaxPool", [P], {}, 1, 17),
    ("GroupNormalization", [f(1, 4, 3), f(2), f(2)], {"num_groups": 2}, 1, 18),
    ("GRU", [f(3, 1, 2), f(1, 6, 2), f(1, 6, 2), f(1, 12)], {"hidden_size": 2, "linear_before_reset": 1}, 2, 17),
    ("InstanceNormalization", [P, f(2), f(2)], {}, 1, 17),
    ("LayerNormalization", [F, f(3), f(3)], {"axis": -1}, 3, 17),
    ("LpPool", [P], {"kernel_shape": [2, 2], "p": 2}, 1, 17),
    ("LRN", [P], {"size": 3}, 1, 17),
    ("LSTM", [f(3, 2, 2), f(2, 8, 2), f(2, 8, 2), f(2, 16), i32(3, 1), f(2, 2, 2), f(2, 2, 2), f(2, 6)],
     {"hidden_size": 2, "direction": "bidirectional"}, 3, 17),
    ("MatMul", [f(2, 2, 3), f(3, 4)], {}, 1, 17),
    ("MatMulInteger", [u8(2, 3), i8(3, 2), np.uint8(7), i8(2)], {}, 1, 17),
    ("MaxPool", [P], {"kernel_shape": [3, 3], "auto_pad": "SAME_LOWER", "dilations": [1, 2]}, 2, 17),
    ("MeanVarianceNormalization", [P], {"axes": [0, 2, 3]}, 1, 17),
    ("NonZero", [F], {}, 1, 17),
    ("OneHot", [i64(0, 2, -1, 9), s64(3), f(2)], {"axis": 0}, 1, 17),
    ("Pad", [F, i64(1, 0, -1, 2), sf(0.5)], {}, 1, 17),
    ("Pad", [F, i64(1, 1, 1, 2)], {"mode": "reflect"}, 1, 17),
    ("Pad", [F, i64(1, 1, 5, 2)], {"mode": "edge"}, 1, 17),
    ("QLinearConv", [u8(1, 1, 4, 4), sf(0.1), np.uint8(3), i8(2, 1, 3, 3), f(2), i8(2), sf(0.2), np.uint8(9), i32(1, 2)], {}, 1, 17),
    ("QLinearMatMul", [u8(2, 3), sf(0.1), np.uint8(3), i8(3, 2), f(2), i8(2), sf(0.2), np.uint8(9)], {}, 1, 17),
    ("QuantizeLinear", [F, f(3), i8(3)], {"axis": 1}, 1, 17),
    ("QuantizeLinear", [F, sf(0.0), np.array(3, np.uint8)], {}, 1, 17),
    ("Range", [s64(10), s64(0), s64(-3)], {}, 1, 17),
    ("Range", [sf(0), sf(1), sf(0.25)], {}, 1, 17),
    ("Reshape", [F, i64(3, -1)], {}, 1, 17),
    ("Reshape", [F, i64(0, 0, -1)], {"allowzero": 1}, 1, 17),
    ("Resize", [P, np.array([], np.float32), np.array([1, 1, 2, 0.5], np.float32)], {"mode": "linear"}, 1, 17),
    ("Resize", [P, np.array([], np.float32), np.array([], np.float32), i64(1, 2, 3, 9)],
     {"mode": "cubic", "coordinate_transformation_mode": "align_corners"}, 1, 17),
    ("Upsample", [P, np.array([1, 1, 2, 2], np.float32)], {"mode": "nearest"}, 1, 9),
    ("ReverseSequence", [f(4, 3), i64(1, 4, 2)], {"time_axis": 0, "batch_axis": 1}, 1, 17),
    ("RMSNormalization", [F, f(3)], {}, 1, 23),
    ("RNN", [f(3, 1, 2), f(1, 2, 2), f(1, 2, 2)], {"hidden_size": 2, "activations": ["Affine"], "activation_alpha": [2.0]}, 2, 17),
    ("RotaryEmbedding", [f(1, 2, 3, 4), f(9, 2), f(9, 2), np.array([[0, 8, 3]], np.int64)], {}, 1, 23),
    ("ScatterElements", [F, np.array([[0, -1]], np.int64), f(1, 2)], {"axis": 1, "reduction": "add"}, 1, 17),
    ("ScatterND", [f(3, 2), np.array([[0], [-1]], np.int64), f(2, 2)], {"reduction": "mul"}, 1, 17),
    ("Slice", [f(4, 5), i64(-1, 0), i64(-9, 4), i64(0, 1), i64(-2, 3)], {}, 1, 17),
    ("Slice", [f(4, 5)], {"starts": [1], "ends": [2147483647], "axes": [1]}, 1, 9),
    ("SpaceToDepth", [f(1, 2, 4, 4)], {"blocksize": 2}, 1, 17),
    ("Split", [f(2, 5), i64(2, 3)], {"axis": 1}, 2, 17),
    ("Split", [f(2, 5)], {"axis": 1, "num_outputs": 2}, 2, 18),
    ("Squeeze", [f(1, 3, 1), i64(0, -1)], {}, 1, 17),
    ("Tile", [F, i64(2, 3)], {}, 1, 17),
    ("TopK", [F, i64(2)], {"axis": 1, "largest": 0}, 2, 17),
    ("TopK", [F], {"axis": 1, "k": 2}, 2, 9),
    ("Transpose", [f(2, 3, 4)], {"perm": [2, 0, 1]}, 1, 17),
    ("Trilu", [f(4, 3), s64(-1)], {"upper": 0}, 1, 17),
    ("Unsqueeze", [F, i64(0, -1)], {}, 1, 17),
    ("Where", [b(2, 3), F, f(3)], {}, 1, 17),
    ("Constant", [], {"value": helper.make_tensor("v", TensorProto.FLOAT, [2], [1.5, -2])}, 1, 17),
    ("Constant", [], {"value_ints": [1, 2, 3]}, 1, 17),
    ("Add", [f(2, kind=np.float64), f(2, kind=np.float64)], {}, 1, 17),
    ("Mul", [f(2, kind=np.float16), f(2, kind=np.float16)], {}, 1, 17),
    ("AffineGrid", [f(1, 2, 3), i64(1, 1, 2, 3)], {"align_corners": 1}, 1, 20),
    ("BitCast", [f(3)], {"to": TensorProto.INT32}, 1, 26),
    *[(op, [s64(5)], {"periodic": 0}, 1, 17) for op in ("BlackmanWindow", "HammingWindow", "HannWindow")],
    ("CausalConvWithState", [f(1, 2, 5), f(2, 1, 3), f(2), f(1, 2, 2)], {"activation": "silu"}, 2, 27),
    ("CenterCropPad", [f(4, 5), i64(2, 7)], {}, 1, 18),
    ("CenterCropPad", [f(4, 5), i64(9)], {"axes": [1]}, 1, 18),
    ("Col2Im", [f(1, 4, 6), i64(3, 4), i64(2, 2)], {"dilations": [1, 1], "pads": [0, 0, 0, 0], "strides": [1, 1]}, 1, 18),
    ("CumProd", [F, s64(1)], {"exclusive": 1}, 1, 26),
    ("CumSum", [f(0), s64(0)], {}, 1, 14),
    ("DeformConv", [f(1, 1, 3, 3), f(1, 1, 2, 2), f(1, 8, 2, 2), f(1), f(1, 4, 2, 2)], {"kernel_shape": [2, 2]}, 1, 19),
    ("Det", [f(2, 3, 3)], {}, 1, 11),
    ("DFT", [f(1, 5, 1), s64(4)], {"axis": 1, "onesided": 1}, 1, 17),
    ("DFT", [f(1, 5, 2), s64(5), s64(1)], {"inverse": 1}, 1, 20),
    ("GridSample", [P, f(1, 2, 2, 2)], {"mode": "bilinear", "padding_mode": "reflection", "align_corners": 1}, 1, 16),
    ("GridSample", [f(1, 1, 2, 3, 3), f(1, 1, 2, 2, 3)], {"mode": "nearest", "padding_mode": "border"}, 1, 20),
    ("GroupNormalization", [f(1, 4, 3), f(4), f(4)], {"num_groups": 2}, 1, 21),
    ("LinearAttention", [f(1, 2, 4), f(1, 2, 4), f(1, 2, 4), f(1, 2, 2, 2), f(1, 2, 2), f(1, 2, 1)],
     {"q_num_heads": 2, "kv_num_heads": 2}, 2, 27),
    ("LinearAttention", [f(1, 2, 4), f(1, 2, 4), f(1, 2, 4)], {"q_num_heads": 2, "kv_num_heads": 2, "update_rule": "linear"}, 2, 27),
    ("MaxUnpool", [f(1, 1, 2, 2), np.array([[[[0, 3], [9, 15]]]], np.int64)], {"kernel_shape": [2, 2], "strides": [2, 2]}, 1, 11),
    ("MaxUnpool", [f(1, 1, 1, 1), np.array([[[[3]]]], np.int64), i64(1, 1, 3, 3)], {"kernel_shape": [2, 2]}, 1, 11),
    ("MelWeightMatrix", [s64(4), s64(16), s64(8192), sf(0), sf(4096)], {}, 1, 17),
    ("NegativeLogLikelihoodLoss", [f(2, 3), i64(0, 2), f(3)], {"reduction": "mean", "ignore_index": 2}, 1, 13),
    ("SoftmaxCrossEntropyLoss", [f(2, 3, 2), np.array([[0, 1], [2, 2]], np.int64)], {"reduction": "none"}, 2, 13),
    ("NonMaxSuppression", [np.abs(f(1, 3, 4)), np.abs(f(1, 1, 3)), s64(2), sf(0.5), sf(0.1)], {"center_point_box": 1}, 1, 11),
    ("RoiAlign", [P, np.abs(f(2, 4)), i64(0, 0)], {"output_height": 2, "output_width": 1, "sampling_ratio": 2}, 1, 16),
    ("RoiAlign", [P, np.abs(f(1, 4)), i64(0)], {"mode": "max"}, 1, 10),
    ("Scatter", [F, np.array([[0, -1]], np.int64), f(1, 2)], {"axis": 1}, 1, 9),
    ("SimplifiedLayerNormalization", [F, f(3)], {"axis": -1, "epsilon": 1e-5}, 1, 17),
    ("STFT", [f(1, 9, 1), s64(2), f(4), s64(4)], {"onesided": 1}, 1, 17),
    ("Swish", [F], {"alpha": 0.5}, 1, 24),
    ("SwiGLU", [F, F], {}, 1, 28),
    ("TensorScatter", [f(2, 4, 3), f(2, 1, 3), i64(1, 3)], {"mode": "circular", "axis": 1}, 1, 24),
    ("TfIdfVectorizer", [np.array([[1, 2, 3, 2]], np.int64)],
     {"mode": "TFIDF", "min_gram_length": 1, "max_gram_length": 2, "max_skip_count": 1, "ngram_counts": [0, 2],
      "ngram_indexes": [0, 1, 2], "pool_int64s": [1, 2, 2, 3], "weights": [1.0, 2.0, 0.5]}, 1, 9),
    ("Unique", [f(2, 3)], {"axis": 1}, 4, 11),
    ("Unique", [i64(3, 1, 3)], {"sorted": 0}, 4, 11),
    ("Attention", [f(1, 2, 3, 4), f(1, 2, 3, 4), f(1, 2, 3, 4), b(3, 3), NONE, NONE, i64(3)], {"softcap": 2.0}, 1, 24),
    ("DequantizeLinear", [i8(4, 6), f(2, 6), i8(2, 6)], {"axis": 0, "block_size": 2}, 1, 21),
    ("QuantizeLinear", [f(4, 6), f(2, 6), i8(2, 6)], {"axis": 0, "block_size": 2, "saturate": 1}, 1, 21),
    ("QuantizeLinear", [F, sf(0.5)], {"output_dtype": TensorProto.INT16}, 1, 25),
    ("Cast", [f(3)], {"to": TensorProto.FLOAT16, "saturate": 0}, 1, 24),
    ("Reshape", [F, i64(-1)], {}, 1, 28),
    (MS + "Attention", [f(1, 2, 4), f(4, 12), f(12), i32(2)], {"num_heads": 2}, 1, 17),
    (MS + "Attention", [f(1, 2, 4), f(4, 12), f(12), NONE, f(2, 1, 2, 3, 2)], {"num_heads": 2, "unidirectional": 1}, 2, 17),
    (MS + "BiasGelu", [F, f(3)], {}, 1, 17),
    (MS + "FastGelu", [F], {}, 1, 17),
    (MS + "FusedMatMul", [f(2, 3, 2), f(2, 4, 3)], {"transA": 1, "transB": 1, "alpha": 0.5}, 1, 17),
    (MS + "Gelu", [F], {}, 1, 17),
    (MS + "GroupQueryAttention", [f(1, 2, 8), f(1, 2, 4), f(1, 2, 4), f(1, 1, 3, 4), f(1, 1, 3, 4), i32(1), np.array(2, np.int32),
                                  f(5, 2), f(5, 2)], {"num_heads": 2, "kv_num_heads": 1, "do_rotary": 1}, 3, 17),
    (MS + "MatMulNBits", [f(2, 16), u8(3, 1, 8), f(3), u8(3)], {"N": 3, "K": 16, "block_size": 16, "bits": 4}, 1, 17),
    (MS + "MatMulNBits", [f(2, 20), u8(3, 2, 16), f(6)], {"N": 3, "K": 20, "block_size": 16, "bits": 8}, 1, 17),
    (MS + "MultiHeadAttention", [f(1, 2, 4), f(1, 3, 4), f(1, 3, 4), f(12), i32(3)], {"num_heads": 2}, 3, 17),
    (MS + "MultiHeadAttention", [f(1, 2, 4), f(1, 2, 4, 2), f(1, 2, 4, 2)], {"num_heads": 2, "scale": 0.5}, 1, 17),
    (MS + "QuickGelu", [F], {"alpha": 1.702}, 1, 17),
    (MS + "RotaryEmbedding", [f(1, 2, 8), np.array([[0, 1]], np.int64), f(5, 2), f(5, 2)], {"num_heads": 2, "interleaved": 1}, 1, 17),
    (MS + "SimplifiedLayerNormalization", [F, f(3)], {}, 1, 17),
    (MS + "SkipLayerNormalization", [F, F, f(3), f(3), f(3)], {"epsilon": 1e-5}, 4, 17),
    (MS + "SkipSimplifiedLayerNormalization", [F, F, f(3)], {}, 4, 17),
]


def constant(name, array):
    return numpy_helper.from_array(np.asarray(array), name)


def model_of(graph, opset, functions=(), domains=()):
    sets = [helper.make_opsetid("", opset)] + [helper.make_opsetid(domain, 1) for domain in domains]
    model = helper.make_model(graph, opset_imports=sets, producer_name="", functions=functions)
    model.ir_version = 8
    return model.SerializeToString() + UNBOUND


def out(name):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)


def take(name, dims, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, dims)


def row_model(row, is_open):
    op, arrays, attrs, n_outputs, opset = row
    domain, _, name = op.rpartition(".")
    names = ["" if a is NONE else f"i{k}" for k, a in enumerate(arrays)]
    outputs = [f"o{k}" for k in range(n_outputs)]
    node = helper.make_node(name, names, outputs, domain=domain, **attrs)
    inputs = []
    if is_open:
        dims = ["N" if d == 1 and k == 0 else d for k, d in enumerate(arrays[0].shape)]
        inputs = [take("i0", dims, constant("", arrays[0]).data_type)]
    held = [constant(n, a) for n, a in zip(names, arrays) if a is not NONE][1 if is_open else 0:]
    return model_of(helper.make_graph([node], "", inputs, [out(o) for o in outputs], held), opset, domains=[domain] if domain else [])


def branches():
    """Ifs in one another, whose conditions follow from shapes."""
    def inner(name, nodes, out):
        return helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(out, TensorProto.FLOAT, None)])
    leaf = inner("leaf", [helper.make_node("Relu", ["x"], ["r"])], "r")
    other = inner("other", [helper.make_node("Neg", ["x"], ["n"])], "n")
    nested = inner("nested", [helper.make_node("Size", ["x"], ["s"]), helper.make_node("Equal", ["s", "six"], ["e"]),
                              helper.make_node("If", ["e"], ["q"], then_branch=leaf, else_branch=other)], "q")
    nodes = [helper.make_node("Shape", ["x"], ["shape"]), helper.make_node("Gather", ["shape", "zero"], ["first"]),
             helper.make_node("Equal", ["first", "two"], ["c"]),
             helper.make_node("If", ["c"], ["y"], then_branch=nested, else_branch=other)]
    held = [constant("zero", s64(0)), constant("two", s64(2)), constant("six", s64(6))]
    return model_of(helper.make_graph(nodes, "", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3])],
                                      [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], held), 13)


def shape_chain():
    """What exporters write for a reshape: Shape, Gather, Concat, Reshape."""
    nodes = [helper.make_node("Shape", ["x"], ["s"]), helper.make_node("Slice", ["s", "zero", "one"], ["n"]),
             helper.make_node("Concat", ["n", "rest"], ["t"], axis=0), helper.make_node("Reshape", ["x", "t"], ["r"]),
             helper.make_node("Cast", ["t"], ["u"], to=TensorProto.FLOAT), helper.make_node("ReduceProd", ["u"], ["p"]),
             helper.make_node("Mul", ["r", "p"], ["y"])]
    held = [constant("zero", i64(0)), constant("one", i64(1)), constant("rest", i64(-1))]
    return model_of(helper.make_graph(nodes, "", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 4])],
                                      [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], held), 13)


def typed_data():
    """Tensors in typed fields, packed and not, and one without a type."""
    held = [helper.make_tensor("a", TensorProto.FLOAT, [2, 2], [1, 2, 3, 4]),
            helper.make_tensor("b", TensorProto.INT32, [2], [-1, 300]),
            helper.make_tensor("c", TensorProto.INT8, [3], [-1, 2, 3]),
            helper.make_tensor("d", TensorProto.DOUBLE, [1], [0.5]),
            helper.make_tensor("e", TensorProto.UINT64, [1], [2**63]),
            helper.make_tensor("g", TensorProto.INT64, [0], [])]
    nodes = [helper.make_node("Identity", [t.name], [t.name + "o"]) for t in held]
    outs = [helper.make_tensor_value_info(t.name + "o", t.data_type, None) for t in held]
    return model_of(helper.make_graph(nodes, "", [], outs, held), 13)


def functions():
    """A call of a function that calls another, with attributes of the call, a default and a branch."""
    inner = helper.make_function("f", "Scale", ["a", "b"], ["c"], [helper.make_node("Mul", ["a", "b"], ["t"]),
                                 helper.make_node("LeakyRelu", ["t"], ["c"], alpha=0.5)], [helper.make_opsetid("", 17)], [])
    reference = inner.node[1].attribute[0]
    reference.Clear()
    reference.name, reference.type, reference.ref_attr_name = "alpha", 1, "slope"
    inner.attribute.append("slope")
    outer = helper.make_function("f", "Twice", ["a"], ["c", "d"],
                                 [helper.make_node("Scale", ["a", "a"], ["t"], domain="f", slope=0.25),
                                  helper.make_node("Scale", ["t", "a"], ["c"], domain="f"), helper.make_node("Shape", ["c"], ["d"])],
                                 [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)], [])
    nodes = [helper.make_node("Twice", ["x"], ["u", "s"], domain="f"), helper.make_node("Twice", ["u"], ["v"], domain="f"),
             helper.make_node("Reshape", ["v", "s"], ["y"])]
    return model_of(helper.make_graph(nodes, "", [take("x", ["N", 3])], [out("y")]), 17, [inner, outer], ["f"])


def constant_if():
    """A condition that is an initialiser, and branches with constants of their own and two outputs."""
    branches = [helper.make_graph([helper.make_node(op, ["x", "w"], ["p"]), helper.make_node("Shape", ["p"], ["q"])], op, [],
                                  [out("p"), out("q")], [constant("w", sf(k))]) for k, op in enumerate(("Add", "Sub"))]
    node = helper.make_node("If", ["c"], ["y", "z"], then_branch=branches[0], else_branch=branches[1])
    return model_of(helper.make_graph([node], "", [take("x", ["N", 3])], [out("y"), out("z")],
                                      [constant("c", np.array(True))]), 13)


def loop(count, ends):
    """A state, an output per iteration and, where it @ends, a condition on the number."""
    last = helper.make_node("Less", ["i", "last"], ["on"]) if ends else helper.make_node("Identity", ["go"], ["on"])
    body = helper.make_graph([helper.make_node("Add", ["s", "x"], ["t"]), last], "",
                             [take("i", [], TensorProto.INT64), take("go", [], TensorProto.BOOL), take("s", None)],
                             [out("on"), out("t"), out("t")])
    node = helper.make_node("Loop", ["n" if count else "", "go", "x"], ["y", "each"], body=body)
    held = [constant("n", s64(3)), constant("last", s64(1)), constant("go", np.array(True))]
    return model_of(helper.make_graph([node], "", [take("x", ["N", 2])], [out("y"), out("each")], held), 13)


def scan(opset):
    body = helper.make_graph([helper.make_node("Add", ["s", "e"], ["t"]), helper.make_node("Identity", ["t"], ["each"])], "",
                             [take("s", None), take("e", None)], [out("t"), out("each")])
    batched = opset < 9
    inputs = [""] if batched else []
    attrs = {"directions": [1]} if batched else {"scan_input_directions": [1], "scan_output_axes": [1], "scan_input_axes": [0]}
    node = helper.make_node("Scan", inputs + ["s0", "x"], ["y", "z"], body=body, num_scan_inputs=1, **attrs)
    dims = [1, 3, 2] if batched else [3, 2]
    return model_of(helper.make_graph([node], "", [take("x", dims)], [out("y"), out("z")],
                                      [constant("s0", f(1, 2) if batched else f(2))]), opset)


def nibbles(op):
    """4-bit weights, in raw bytes and in the typed field, through the operators that take them"""
    raw = TensorProto(name="w", data_type=22 if op == "Cast" else 21, dims=[3, 3], raw_data=bytes([0x21, 0x43, 0x8F, 0x10, 0x07]))
    typed = TensorProto(name="v", data_type=22, dims=[4], int32_data=[0x21, 0xF8])
    if op == "Cast":
        nodes = [helper.make_node("Cast", [n], [n + "o"], to=TensorProto.FLOAT) for n in ("w", "v")]
        held = [raw, typed]
    else:
        zero = TensorProto(name="z", data_type=21, dims=[3], raw_data=bytes([0x21, 0x03]))
        nodes = [helper.make_node(op, ["w", "s", "z"], ["wo"], axis=1), helper.make_node("MatMul", ["x", "wo"], ["vo"])]
        held = [raw, zero, constant("s", np.abs(f(3)))]
    return model_of(helper.make_graph(nodes, "", [take("x", ["N", 3])], [out("wo"), out("vo")], held), 21)


def external():
    """A tensor in another file, which import from memory refuses"""
    tensor = TensorProto(name="w", data_type=1, dims=[2], data_location=1)
    for key, value in (("location", "weights.bin"), ("offset", "8"), ("length", "8")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return model_of(helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "", [take("x", ["N", 2])], [out("y")], [tensor]), 17)


def flex(modified):
    """FlexAttention, with and without a body for scores and one for probabilities"""
    def body(op, name):
        return helper.make_graph([helper.make_node(op, ["s", "k"], ["t"])], name, [take("s", None)], [out("t")], [constant("k", sf(0.5))])
    attrs = {"score_mod": body("Mul", "score"), "prob_mod": body("Add", "prob"), "scale": 0.5} if modified else {}
    node = helper.make_node("FlexAttention", ["q", "k", "v"], ["y"], domain="ai.onnx.preview", **attrs)
    inputs = [take("q", ["N", 4, 3, 2]), take("k", [1, 2, 5, 2]), take("v", [1, 2, 5, 3])]
    return model_of(helper.make_graph([node], "", inputs, [out("y")]), 24, domains=["ai.onnx.preview"])


SIZES = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 32,
         "max_position_embeddings": 16}
KV = {"num_key_value_heads": 1, "rms_norm_eps": 1e-6, "rope_theta": 10000.0}
CONFIGS = {
    "llama": SIZES | KV | {"head_dim": 4, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                                           "high_freq_factor": 4.0, "original_max_position_embeddings": 8}},
    "mistral": SIZES | KV | {"sliding_window": 4},
    "mixtral": SIZES | KV | {"num_local_experts": 4, "num_experts_per_tok": 2},
    "qwen2": SIZES | KV | {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1, "tie_word_embeddings": True},
    "gemma": SIZES | KV | {"head_dim": 4, "hidden_act": "gelu_pytorch_tanh"},
    "phi": SIZES | {"partial_rotary_factor": 0.5, "layer_norm_eps": 1e-5},
    "phi3": SIZES | KV | {"rope_scaling": None},
    "gpt2": {"n_embd": 8, "n_layer": 2, "n_head": 2, "vocab_size": 32, "n_positions": 16, "activation_function": "gelu_new"},
    "bert": SIZES | {"type_vocab_size": 2, "layer_norm_eps": 1e-12, "architectures": ["BertModel"]},
    "distilbert": {"dim": 8, "n_layers": 2, "n_heads": 2, "hidden_dim": 16, "vocab_size": 32, "max_position_embeddings": 16},
    "mobilebert": SIZES | {"embedding_size": 8, "intra_bottleneck_size": 8, "true_hidden_size": 8, "use_bottleneck": True,
                           "num_feedforward_networks": 2, "normalization_type": "no_norm", "type_vocab_size": 2},
    "vit": {k: v for k, v in SIZES.items() if "vocab" not in k} | {"image_size": 8, "patch_size": 4, "num_channels": 3},
    "deit": {k: v for k, v in SIZES.items() if "vocab" not in k} | {"image_size": 8, "patch_size": 4, "num_channels": 1},
    "whisper": {"d_model": 8, "encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_layers": 1,
                "decoder_attention_heads": 2, "decoder_ffn_dim": 16, "vocab_size": 32, "num_mel_bins": 4,
                "max_source_positions": 8, "max_target_positions": 8},
}


DIES = {
    "serial": 'serial: "W07-X12Y08 \\"a\\" \\\\b"\n',
    "dead-tiers": "serial: x\ndead_tiers: [{tier: 7}, {stack: 3}, {stack: 5, tier: 1-2}, {stack: 5, tier: 2}]\n",
    "dead-lines": "serial: x\ndead_rows: [{stack: 1, tier: 4, rows: [9, 3, 3, 20-30]}, {stack: 2, tier: 0, rows: 5}]\n"
                  "dead_columns:\n  - {stack: 1, tier: 4, columns: 263}\n  - {stack: 1-3, tier: 17-19, columns: [0-7]}\n",
    "converters": "serial: x\nconverters:\n  - {stack: 3, converter: 5, gain: -1.2%, offset: 0.3 mV}\n"
                  "  - {stack: 1-2, converter: 0-2, gain: [0.01, 0.02, -3%]}\n  - {stack: 7, offset: -10 uV}\n",
    "stuck-cells": "serial: x\nstuck_cells:\n  - {stack: 3, tier: 19, row: 263, column: 0-2, line: minus, at: full}\n"
                   "  - {stack: 0, tier: 1, row: 4, column: 9, line: pair, at: zero}\n"
                   "tested_cells: [{stack: 2}, {stack: 4, tier: 2-3}]\n",
    "all": "serial: x\ndead_tiers: [{stack: 9, tier: 0-5}]\ndead_rows: [{stack: 9, tier: 6, rows: [0-8]}]\n"
           "converters: [{gain: 1%}]\nstuck_cells: [{stack: 9, tier: 6, row: 0, column: 0, line: plus, at: full}]\n",
}


def config_seeds():
    seeds = {name: {"model_type": name} | config for name, config in CONFIGS.items()}
    seeds["list"] = {"x": seeds["gpt2"], "y": seeds["bert"]}
    seeds["many-layers"] = {"model_type": "gpt2"} | CONFIGS["gpt2"] | {"n_layer": 1024}
    return {name: json.dumps(config).encode() for name, config in seeds.items()}


def tensors(header, data):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def tensor_seeds():
    a = {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]}
    b = {"dtype": "BF16", "shape": [], "data_offsets": [8, 10]}
    return {"two": tensors({"__metadata__": {"format": "pt"}, "a.weight": a, "b": b}, bytes(10)),
            "types": tensors({t: {"dtype": t, "shape": [1], "data_offsets": [8 * i, 8 * i + n]} for i, (t, n) in enumerate(
                (("F64", 8), ("F32", 4), ("F16", 2), ("I64", 8), ("I8", 1), ("U16", 2), ("BOOL", 1), ("F8_E4M3", 1)))}, bytes(57)),
            "empty": tensors({"z": {"dtype": "F16", "shape": [0, 3], "data_offsets": [0, 0]}}, b""),
            "over": tensors({"a": a, "b": a}, bytes(8)),
            "long": (1 << 62).to_bytes(8, "little") + b"{}"}


HEAD = "graph opset 17 folded 3\n"
X = "input x float32[1x2x4x4]\n"
TEXTS = {
    "numbers": HEAD + "".join(f"constant {t}-{k} {t}[{k}] {{{v}}}\noutput {t}-{k}\n" for t, k, v in (
        ("float32", 7, "inf, -inf, nan, nan:ffc00001, -0.0, 1.4013e-45, 0.1"), ("float16", 3, "nan:fe01, 5.9604645e-08, 65504.0"),
        ("float64", 2, "1.7976931348623157e+308, nan:7ff8000000000001"), ("int8", 2, "-128, 127"), ("bool", 2, "0, 255"),
        ("uint64", 1, "18446744073709551615"), ("int64", 1, "-9223372036854775808"), ("int32", 0, ""))),
    "constants": HEAD + "constant packed int8[3] nibbles {-8, 0, 7}\nconstant hollow float32[3x9] weightless\n"
                        "constant known float32[99] digest 0123456789abcdef\nconstant four uint8[64] nibbles digest fedcba9876543210\n"
                        "output packed\noutput hollow\noutput known\noutput four\n",
    "names": "# a note\n\ngraph opset 13 folded 0 producer \"by \\\"hand\\\" \\\\\"\ninput \"-\" float16[]\ninput \"a b,(c) ; #\" bool[2]\n"
             "input \"\u00fc\" uint64[1]\r\noutput \"-\"\n",
    "conv": HEAD + X + "constant w float32[3x2x3x3] weightless\nnode @0 Conv c (x, w) -> (y float32[1x3x4x4]) pads=[1, 1, 1, 1]\n"
                       "node @1 Relu l (y) -> (z float32[1x3x4x4])\noutput z\noutput y\n",
    "shapes": HEAD + X + "constant s int64[2] {2, -1}\nconstant a int64[1] {1}\nnode @0 Reshape r (x, s) -> (y float32[2x16])\n"
                         "node @1 Split p (y) -> (q float32[1x16], p float32[1x16])\nnode @3 TopK k (y, a) -> (v float32[2x1], i int64[2x1]) axis=-1\n"
                         "node @4 Cast t (i) -> (j float32[2x1]) to=1\noutput q\noutput v\noutput j\n",
    "attributes": HEAD + "input x float32[2]\nnode @0 LeakyRelu \"the node\" (x) -> (y float32[2]) alpha=nan beta=1.5 "
                         "t=float16[2] {1.0, 2.0} s=[\"a\", \"b\\\"\"] f=[1.0, -inf] other=[ints] more=[floats] rest=[strings] i=-3\noutput y\n",
    "left-out": HEAD + X + "constant scalar float32[] {0.1}\nnode @4 Clip l (x, -, scalar) -> (y float32[1x2x4x4])\n"
                           "node @5 Dropout d (y) -> (z float32[1x2x4x4], -)\noutput z\n",
    "products": HEAD + "input x uint8[2x3]\nconstant w uint8[3x4] digest 00000000000000ff\nconstant z uint8[] {128}\n"
                       "node @0 MatMulInteger m (x, w, z) -> (y int32[2x4])\nnode @1 Cast c (y) -> (f float32[2x4]) to=1\n"
                       "node @2 com.microsoft.Gelu g (f) -> (h float32[2x4])\noutput y\noutput h\n",
}


def network(inputs, nodes, outputs, **constants):
    """A model of float32 values: nodes are operator, inputs, outputs, attributes."""
    graph = helper.make_graph(
        [helper.make_node(op, list(ins), list(outs), **attributes) for op, ins, outs, attributes in nodes], "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


own = np.random.default_rng(8)  # so that the seeds above stay as they are


def g(*dims):
    return own.standard_normal(dims).astype(np.float32)


PROGRAMS = {
    "conv": network({"x": [1, 1, 4, 4]}, [("Conv", "xw", "y", {"pads": [1] * 4}), ("Relu", "y", "z", {})], {"z": [1, 2, 4, 4]},
                    w=g(2, 1, 3, 3)),
    "depthwise": network({"x": [1, 2, 4, 4]}, [("Conv", "xw", "y", {"group": 2}), ("Conv", "yv", "z", {})],
                         {"z": [1, 3, 2, 2]}, w=g(2, 1, 3, 3), v=g(3, 2, 1, 1)),
    "branches": network({"x": [1, 1, 4, 4]}, [("Conv", "xw", "y", {"pads": [1] * 4}), ("Add", "xy", "z", {}),
                                              ("MaxPool", "z", "p", {"kernel_shape": [2, 2], "strides": [2, 2]}),
                                              ("GlobalAveragePool", "p", "q", {})], {"q": [1, 1, 1, 1]}, w=g(1, 1, 3, 3)),
    "digital": network({"x": [1, 2, 3], "y": [1, 3, 2]}, [("MatMul", "xy", "z", {}), ("Softmax", "z", "s", {}),
                                                          ("Erf", "s", "e", {})], {"e": [1, 2, 2]}),
    "dense": network({"x": [1, 300]}, [("Gemm", "xw", "y", {}), ("Softmax", "y", "z", {})], {"z": [1, 3]}, w=g(300, 3)),
}


def program_seeds(folder, strata):
    """Small models, and what they are compiled to for the demonstrator."""
    folder.mkdir(parents=True, exist_ok=True)
    models = folder.parent / "program-models"
    models.mkdir(parents=True, exist_ok=True)
    for name, model in PROGRAMS.items():
        (models / f"{name}.onnx").write_bytes(model)
        with tempfile.TemporaryDirectory() as work:
            (Path(work) / "m.onnx").write_bytes(model)
            subprocess.run([Path(strata).resolve(), "compile", "m.onnx", "--chip", "demonstrator", "-q", "-o", folder / name], cwd=work,
                           check=True, stdout=subprocess.DEVNULL)


def main():
    folder = Path(sys.argv[1]) / "import"
    texts = {name: text.encode() for name, text in TEXTS.items()}
    dies = {name: text.encode() for name, text in DIES.items()}
    for name, seeds in (("config", config_seeds()), ("safetensors", tensor_seeds()), ("graph-text", texts), ("die", dies)):
        (folder.parent / name).mkdir(parents=True, exist_ok=True)
        for seed, content in seeds.items():
            (folder.parent / name / seed).write_bytes(content)
    if len(sys.argv) > 2:
        program_seeds(folder.parent / "program", sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    ops = re.findall(r'^STRATA_OP \(\w+, "(\w+)"', (Path(__file__).parents[2] / "sdk/model/ops.def").read_text(), flags=re.M)
    missing = set(ops) - {row[0] for row in ROWS} - {"If", "Loop", "Scan", "ai.onnx.preview.FlexAttention"}
    if missing:
        sys.exit(f"no row for {', '.join(sorted(missing))}")
    seen = Counter()
    for row in ROWS:
        seen[row[0]] += 1
        name = f"{row[0].lower().replace('com.microsoft.', 'ms-')}-{seen[row[0]]}"
        (folder / f"{name}-constant").write_bytes(row_model(row, False))
        if row[1]:
            (folder / f"{name}-open").write_bytes(row_model(row, True))
    whole = {maker.__name__.replace("_", "-"): maker()
             for maker in (branches, shape_chain, typed_data, functions, constant_if, external)}
    whole |= {"loop-count": loop(True, False), "loop-ends": loop(True, True), "loop-while": loop(False, True)}
    whole |= {"scan": scan(13), "scan-batched": scan(8), "nibbles": nibbles("DequantizeLinear"), "nibbles-cast": nibbles("Cast")}
    whole |= {"flex": flex(False), "flex-modified": flex(True)}
    for name, model in whole.items():
        (folder / name).write_bytes(model)


if __name__ == "__main__":
    main()
