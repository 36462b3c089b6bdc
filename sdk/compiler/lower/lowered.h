/* SPDX-License-Identifier: Apache-2.0
 *
 * The graph as layers: what lower/ makes and quantise/ reads. Ops in execution order, tensors single-assignment, batch
 * 1 or tokens, batch-norm, bias and activation folded into the op before them. A tensor is float (its scale is for
 * quantise/ to choose) or carries the file's scale; weights are real = scale[n] * w[n][k], w float or the file's
 * integers.
 */
#pragma once

#include "compiler/stages.h"

typedef struct
{
  const char *name; /* ONNX value name */
  int value;        /* value of the source graph that holds its data when the graph runs */
  int channels, height, width;
  gboolean tokens;     /* the value has the channels last (qgraph.h) */
  const gint32 *order; /* place of each element of the value, where it is none of the two; NULL */
  gboolean precise;    /* squares and the like: 16 bits say too little of it */
  StrataDtype dtype;   /* of a value of integers or bools; INVALID: float32 */
  int producer;        /* op id, -1: network input */
  gboolean quantised;  /* the file gives scale and zero point; int8 codes */
  double scale;
  int zero_point;
} StrataLoweredTensor;

typedef struct
{
  StrataQOpKind kind;
  const char *name, *onnx;
  int node; /* main node of the source graph */
  int inputs[STRATA_QOP_MAX_INPUTS], n_inputs, output;
  int more_outputs[STRATA_QOP_MAX_OUTPUTS - 1], n_more_outputs; /* DIGITAL */
  StrataWindow window;

  /* MVM, MAC */
  int n, k;
  gboolean weightless;         /* the model holds no weights here: weights, integers and bias are NULL or unused; of
                                  DIGITAL, some constant is absent */
  const float *weights;        /* n * k; NULL: integers */
  const gint16 *integers;      /* n * k; NULL: weights */
  double *scale;               /* n */
  double *bias;                /* n, real; NULL: none */
  const gint32 *bias_integers; /* n, in units of input scale * scale[n]; NULL: bias holds */

  gboolean is_part;    /* MVM: of a product that is a sum of several: with the rest of its inputs or weights */
  gboolean keeps_bias; /* no mean over samples is put into it: they differ too much in loudness */

  double clamp_lo, clamp_hi; /* real; infinite where open */
  int offset_c, offset_h, offset_w;
  gboolean count_padding;
  StrataFunction function;

  GBytes *digital;  /* DIGITAL: its model; the graph unrefs it */
  gboolean streams; /* DIGITAL */
  guint32 by_row;
  const char *why; /* no crossbar takes it; NULL: not said */
} StrataLoweredOp;

/* Place in the tensor of element @i of its value */
static inline gsize
strata_lowered_place (const StrataLoweredTensor *tensor, gsize i)
{
  gsize channels = (gsize) tensor->channels;

  if (tensor->order != NULL)
    return (gsize) tensor->order[i];
  return tensor->tokens ? i % channels * (gsize) tensor->height + i / channels : i;
}

struct _StrataLowered
{
  StrataArena
    *arena; /* owns all but the struct itself and digital models; weights may also point into the source graph */
  const char *path; /* of the model, for messages */
  StrataLoweredTensor *tensors;
  StrataLoweredOp *ops;
  int n_tensors, n_ops;
  int *inputs, *outputs; /* tensor ids; outputs of QDQ graphs are the float tensors behind a DEQUANTISE */
  int n_inputs, n_outputs;
  int *node_op; /* per node of the source graph, -1: folded away */
  int n_nodes;
  int n_quantised; /* tensors with the file's scale */
};
