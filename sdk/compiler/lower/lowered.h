/* SPDX-License-Identifier: Apache-2.0
 *
 * The graph as layers: what lower/ makes and quantise/ reads. Ops in execution order, tensors single-assignment, batch
 * 1, batch-norm, bias and activation folded into the op before them. A tensor is float (its scale is for quantise/ to
 * choose) or carries the file's scale; weights are real = scale[n] * w[n][k], w float or the file's integers.
 */
#pragma once

#include "compiler/stages.h"

typedef struct
{
  const char *name; /* ONNX value name */
  int value;        /* value of the source graph that holds its data when the graph runs */
  int channels, height, width;
  int producer;       /* op id, -1: network input */
  gboolean quantised; /* the file gives scale and zero point; int8 codes */
  double scale;
  int zero_point;
} StrataLoweredTensor;

typedef struct
{
  StrataQOpKind kind;
  const char *name, *onnx;
  int node; /* main node of the source graph */
  int inputs[4], n_inputs, output;
  StrataWindow window;

  /* MVM, MAC */
  int n, k;
  gboolean weightless;         /* the model holds no weights here: weights, integers and bias are NULL or unused */
  const float *weights;        /* n * k; NULL: integers */
  const gint16 *integers;      /* n * k; NULL: weights */
  double *scale;               /* n */
  double *bias;                /* n, real; NULL: none */
  const gint32 *bias_integers; /* n, in units of input scale * scale[n]; NULL: bias holds */

  double clamp_lo, clamp_hi; /* real; infinite where open */
  int offset_c, offset_h, offset_w;
  gboolean count_padding;
  StrataFunction function;
} StrataLoweredOp;

struct _StrataLowered
{
  StrataArena *arena; /* owns all but the struct itself; weights may also point into the source graph */
  const char *path;   /* of the model, for messages */
  StrataLoweredTensor *tensors;
  StrataLoweredOp *ops;
  int n_tensors, n_ops;
  int *inputs, *outputs; /* tensor ids; outputs of QDQ graphs are the float tensors behind a DEQUANTISE */
  int n_inputs, n_outputs;
  int *node_op; /* per node of the source graph, -1: folded away */
  int n_nodes;
  int n_quantised; /* tensors with the file's scale */
};
