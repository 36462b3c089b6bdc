/* SPDX-License-Identifier: Apache-2.0
 *
 * The quantised graph: what a chip computes, in integers. Made by compiler/lower and compiler/quantise, carried in the
 * program, executed by the simulator. Ops in execution order; tensors are single-assignment.
 *
 * Semantics. A tensor of format I8 or I16 stands for real = scale * (q - zero_point), q saturated to the format.
 * F32 tensors hold floats (network inputs and outputs of float models, softmax in between). All rounding is half to
 * even.
 *
 * - MVM, MAC: acc = sum over the window of w * (x - zero_point_x) (padding contributes 0) + bias, exact int32;
 *   y = clamp (rint (acc * multiplier[n]) + zero_point_y, clamp_lo, clamp_hi), multiplier in double; to an F32 tensor
 *   y = (float) (acc * multiplier[n]) clamped to [clamp_lo_f, clamp_hi_f]
 * - ADD: y = clamp (rint (sum_i (x_i - zp_i) * input_multiplier[i]) + zp_y)
 * - MAX_POOL: maximum of codes in the window (padding never wins); scale and zero point pass through
 * - AVG_POOL: rint (sum (x - zp_x) * multiplier[0] / count) + zp_y; count excludes padding unless count_padding
 * - SOFTMAX: dequantise, softmax over axis C in float, quantise (or leave F32)
 * - MOVE: out[c][y][x] = in[c - offset_c][y * stride_h + offset_h][x * stride_w + offset_w], zero point outside
 * - QUANTISE: F32 -> I8: clamp (rint (x / scale) + zp); on the host side of the port
 * - DEQUANTISE: I8/I16 -> F32; on the host side of the port
 * - REQUANTISE: change of scale, zero point or format: clamp (rint ((x - zp_x) * multiplier[0]) + zp_y)
 * - ACTIVATE: F32 -> F32: y = f (x); integer -> integer: y = clamp (rint (f (scale_x * (x - zp_x)) / scale_y) + zp_y);
 *   f = relu, sigmoid, tanh, or clip to [clamp_lo_f, clamp_hi_f]; where it could not be fused
 * - RESHAPE: same bytes, other shape; costs nothing
 * - DIGITAL: outputs = digital model (inputs): the model computes in fp32 as ONNX defines it, on values in ONNX order;
 *   integer inputs are dequantised before it, y = clamp (rint (value / scale) + zp) after it
 *
 * An MVM of several groups lies block-diagonally in arrays; its sums are those of the MAC that it would be otherwise.
 * A product (Gemm, MatMul) is an MVM with a window of ones on a K x 1 x 1 tensor; a RESHAPE before it flattens planes.
 * clamp means to [clamp_lo, clamp_hi]; every op with an integer output has them inside the format (MAX_POOL, MOVE and
 * RESHAPE, which only pass codes on, do not use them).
 *
 * Tokens. A tensor of planes stands for an ONNX value in the order channel, row, column. One of `tokens` stands for a
 * value whose last dimension is the channels: each row is a token (height tokens, width 1), in the order token,
 * channel. What lies in a row is the same; only the edges of the graph and DIGITAL see the difference. I32 tensors hold
 * the integers of a value of an integer type or bool as they are.
 */
#pragma once

#include "program/digital.h"

typedef enum
{
#define STRATA_QOP(id, name, unit, meaning) STRATA_QOP_##id,
#include "program/qops.def"
#undef STRATA_QOP
  STRATA_N_QOPS,
} StrataQOpKind;

typedef enum
{
  STRATA_FORMAT_I8,
  STRATA_FORMAT_I16,
  STRATA_FORMAT_F32,
  STRATA_FORMAT_I32,
} StrataFormat;

typedef struct
{
  const char *name;            /* ONNX value name */
  int channels, height, width; /* batch 1, C order; a vector is channels x 1 x 1 */
  StrataFormat format;
  double scale;
  int zero_point;
  int producer;      /* op id, -1: network input */
  gboolean guessed;  /* its range comes from synthetic samples */
  gboolean tokens;   /* the ONNX value has the channels last */
  StrataDtype dtype; /* I32: of the ONNX value, an integer type or bool; else INVALID: float32 */
} StrataQTensor;

typedef enum
{
  STRATA_FUNCTION_NONE,
  STRATA_FUNCTION_RELU,
  STRATA_FUNCTION_CLIP,
  STRATA_FUNCTION_SIGMOID,
  STRATA_FUNCTION_TANH,
} StrataFunction;

/* Operands of one op; only DIGITAL has more than 4 inputs, or more than one output */
#define STRATA_QOP_MAX_INPUTS 32
#define STRATA_QOP_MAX_OUTPUTS 16

typedef struct
{
  StrataQOpKind kind;
  const char *name;                  /* ONNX node name of the main node */
  const char *onnx;                  /* ONNX operator of the main node */
  int node;                          /* node id in the source graph, -1: made by the compiler */
  int inputs[STRATA_QOP_MAX_INPUTS]; /* tensor ids */
  int n_inputs, output;
  int more_outputs[STRATA_QOP_MAX_OUTPUTS - 1]; /* DIGITAL: after the first */
  int n_more_outputs;
  StrataWindow window; /* MVM and MAC of convolutions, pools; all ones and zeros for products */

  /* MVM, MAC: weights[n][k], k = (channel in group, ky, kx). In a weightless graph weights, bias and multiplier may all
   * three be NULL. */
  int n, k;
  const gint16 *weights;    /* n * k integers in -weight_max … weight_max */
  const gint32 *bias;       /* n, in accumulator units; NULL only where weights is */
  const double *multiplier; /* n; accumulator units to output steps (or to reals for F32 outputs) */
  int weight_max;           /* 127 or 128 for QDQ int8; 2^(b S) - 1 for float models */
  int n_slices;             /* MVM: cells per weight */
  int n_reads;              /* MVM: averaged conversions, >= 1 */
  int block_rows;           /* MVM: rows of K that one array takes at most; 0: as many as it has */
  int x_rms, x_peak;        /* MVM: of (x - zp), from calibration, for the converter's range; 0: unknown */
  int x_toggles, x_repeats; /* MVM, MAC: rows that rise in a phase, of STRATA_TOGGLES, from calibration: where a vector
                               follows another, where it is read again; 0: unknown */

  double input_multiplier[4]; /* ADD */
  int clamp_lo, clamp_hi;     /* output codes; fused activation included */
  float clamp_lo_f, clamp_hi_f;
  int offset_c, offset_h, offset_w; /* MOVE */
  gboolean count_padding;           /* AVG_POOL */
  StrataFunction function;          /* ACTIVATE */

  StrataDigital *digital; /* DIGITAL; the graph frees it */
  gboolean streams;       /* DIGITAL: a burst makes one row of the outputs; else one burst makes all */
  guint32 by_row;         /* DIGITAL that streams: bit i: row b of the outputs needs no more than row b of input i */
} StrataQOp;

/* What x_toggles and x_repeats are shares of */
#define STRATA_TOGGLES 65536

/* Made with g_new0; everything it points to lies in its arena, but for digital models. */
typedef struct
{
  StrataArena *arena;
  StrataQTensor *tensors;
  StrataQOp *ops;
  int n_tensors, n_ops;
  int *inputs, *outputs; /* tensor ids, in the order of the model's */
  int n_inputs, n_outputs;
  int *node_op; /* per node of the source graph: the op that covers it, -1: folded away */
  int n_nodes;
  gboolean quantised_source; /* the file brought its scales (QDQ) */
  gboolean calibrated;       /* ranges from user data; FALSE for QDQ and for guessed ranges */
  gboolean weightless;       /* made of a model without weights: for time, energy and heat, not for values */
} StrataQGraph;

gboolean strata_qgraph_check (const StrataQGraph *graph, GError **error);
char *strata_qgraph_print (const StrataQGraph *graph) G_GNUC_WARN_UNUSED_RESULT; /* weights by hash */
guint64 strata_qgraph_hash (const StrataQGraph *graph);
/* Of all but the content of weights, biases and multipliers: what the stages that read no weight depend on */
guint64 strata_qgraph_shape_hash (const StrataQGraph *graph);
/* A graph with tensors and ops of its own, which may be changed; names, weights and the like stay those of @graph, and
 * live as long as either. From any thread. */
StrataQGraph *strata_qgraph_share (const StrataQGraph *graph) G_GNUC_WARN_UNUSED_RESULT;
void strata_qgraph_free (StrataQGraph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataQGraph, strata_qgraph_free)

/* Rows of a product that rise in a phase, over all its reads, as a share of driven rows; 0: unknown */
double strata_qop_toggle_share (const StrataQOp *op);

const char *strata_qop_name (StrataQOpKind kind); /* "mvm" */
gint64 strata_qtensor_count (const StrataQTensor *tensor);
int strata_format_bytes (StrataFormat format);
const char *strata_format_name (StrataFormat format); /* "i8" */
/* Whether its elements are codes, which scale and zero point make reals */
gboolean strata_format_has_scale (StrataFormat format);
/* MVM and MAC: a matrix of weights times a window */
gboolean strata_qop_is_product (StrataQOpKind kind);
/* Products and pools */
gboolean strata_qop_has_window (StrataQOpKind kind);
/* Output @i of an op: 0 is its `output`. */
int strata_qop_output (const StrataQOp *op, int i);
/* Length of the vector that a product's window sees: k, of all groups */
int strata_qop_n_rows (const StrataQOp *op);
/* Output rows = bursts of an op: output height (1 for vectors). A DIGITAL op that does not stream is one burst. */
int strata_qop_bursts (const StrataQGraph *graph, int op);
/* Last input row (of input @input) that output row @row needs; clamped to the input's rows. */
int strata_qop_needs_row (const StrataQGraph *graph, int op, int input, int row);
/* First input row that output row @row or a later one reads: rows above it may be forgotten. Never falls with @row. */
int strata_qop_first_row (const StrataQGraph *graph, int op, int input, int row);
