/* SPDX-License-Identifier: Apache-2.0
 *
 * Formats by how a tensor is read, found from the outputs backward, then settled forward by what its producer can
 * write. What digital ops read is int16, or float where it is open or from the host. A tensor that a product and a sum
 * both read is int16 with a REQUANTISE before the product: the residual keeps its bits.
 */
#include "compiler/quantise/formats.h"

typedef struct
{
  gboolean narrow;  /* a product reads it */
  gboolean wide;    /* a sum, or something at the output, reads it as integers */
  gboolean real;    /* an output or a float operator reads it */
  gboolean digital; /* a digital op reads it, which takes any format */
} Readers;

static gboolean
passes_codes (StrataQOpKind kind)
{
  return kind == STRATA_QOP_MAX_POOL || kind == STRATA_QOP_MOVE || kind == STRATA_QOP_RESHAPE;
}

static void
note_reader (Readers *in, const StrataLoweredOp *op, const Readers *out)
{
  switch (op->kind)
    {
    case STRATA_QOP_ADD:
      in->wide = TRUE;
      break;
    case STRATA_QOP_SOFTMAX:
    case STRATA_QOP_QUANTISE:
    case STRATA_QOP_DEQUANTISE:
      in->real = TRUE;
      break;
    case STRATA_QOP_DIGITAL:
      in->digital = TRUE;
      break;
    case STRATA_QOP_ACTIVATE:
      if (out->narrow)
        in->narrow = TRUE;
      else if (out->wide || out->digital)
        in->wide = TRUE;
      else if (out->real)
        in->real = TRUE;
      else
        in->narrow = TRUE;
      break;
    case STRATA_QOP_REQUANTISE:
      in->wide = TRUE;
      break;
    case STRATA_QOP_MAX_POOL:
    case STRATA_QOP_MOVE:
    case STRATA_QOP_RESHAPE:
      in->narrow |= out->narrow;
      in->wide |= out->wide || (out->real && op->kind != STRATA_QOP_RESHAPE);
      in->real |= out->real && op->kind == STRATA_QOP_RESHAPE;
      in->digital |= out->digital;
      break;
    default:
      in->narrow = TRUE;
      break;
    }
}

static StrataFormat
settle (const StrataLowered *lowered,
        int tensor,
        const Readers *readers,
        const StrataTensorStats *stats,
        const StrataFormat *formats)
{
  const StrataLoweredTensor *t = &lowered->tensors[tensor];
  const StrataLoweredOp *op = t->producer >= 0 ? &lowered->ops[t->producer] : NULL;
  gboolean only_real = readers->real && !readers->narrow && !readers->wide && !readers->digital;
  gboolean floats_do = (readers->real || readers->digital) && !readers->narrow && !readers->wide;
  gboolean wide = readers->wide || readers->digital || (readers->real && !readers->narrow);
  StrataFormat in = op != NULL ? formats[op->inputs[0]] : STRATA_FORMAT_F32;

  if (t->dtype != STRATA_DTYPE_INVALID)
    return STRATA_FORMAT_I32;
  if (t->quantised)
    return STRATA_FORMAT_I8;
  if (stats->is_open
      || (t->precise && floats_do && op != NULL
          && (op->kind == STRATA_QOP_DIGITAL || strata_qop_is_product (op->kind))))
    return STRATA_FORMAT_F32;
  if (op == NULL || op->kind == STRATA_QOP_SOFTMAX || op->kind == STRATA_QOP_DEQUANTISE)
    return STRATA_FORMAT_F32;
  if (passes_codes (op->kind) || op->kind == STRATA_QOP_ACTIVATE)
    return in != STRATA_FORMAT_F32                        ? in
           : floats_do && op->kind != STRATA_QOP_MAX_POOL ? STRATA_FORMAT_F32
                                                          : STRATA_FORMAT_I8;
  if (only_real && (strata_qop_is_product (op->kind) || op->kind == STRATA_QOP_DIGITAL))
    return STRATA_FORMAT_F32;
  return wide ? STRATA_FORMAT_I16 : STRATA_FORMAT_I8;
}

StrataFormat *
strata_choose_formats (const StrataLowered *lowered, const StrataTensorStats *stats)
{
  StrataFormat *formats = g_new0 (StrataFormat, lowered->n_tensors + 1);
  g_autofree Readers *readers = g_new0 (Readers, lowered->n_tensors + 1);

  for (int i = 0; i < lowered->n_outputs; i++)
    readers[lowered->outputs[i]].real = TRUE;
  for (int i = lowered->n_ops - 1; i >= 0; i--)
    for (int j = 0; j < lowered->ops[i].n_inputs; j++)
      note_reader (&readers[lowered->ops[i].inputs[j]], &lowered->ops[i], &readers[lowered->ops[i].output]);
  for (int i = 0; i < lowered->n_tensors; i++)
    formats[i] = lowered->tensors[i].dtype != STRATA_DTYPE_INVALID ? STRATA_FORMAT_I32 : STRATA_FORMAT_F32;
  for (int i = 0; i < lowered->n_ops; i++)
    for (int j = 0; j <= lowered->ops[i].n_more_outputs; j++)
      {
        int out = j == 0 ? lowered->ops[i].output : lowered->ops[i].more_outputs[j - 1];

        formats[out] = settle (lowered, out, &readers[out], &stats[out], formats);
      }
  return formats;
}
