/* SPDX-License-Identifier: Apache-2.0
 *
 * What one DIGITAL op of the quantised graph computes: a small ONNX model of its own, constants included, as bytes
 * (what a program carries) and as the graph they were read to (what is executed and counted). Inputs of the model
 * beyond those of its op stand for constants whose values are not there (a graph that is weightless); such an op can be
 * timed and not executed.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  GBytes *bytes;      /* an ONNX file */
  StrataGraph *graph; /* of fixed shapes */
  int n_operands;     /* inputs that the op computes; the rest are absent constants */
  /* One inference, all constants included; at most STRATA_DIGITAL_MOST each */
  gint64 n_macs;       /* of products, convolutions and recurrences: on the MAC units */
  gint64 n_vector_ops; /* of everything else, by digital-ops.def */
  gint64 table_bytes;  /* constants, as they lie in memory: float32, integers as they are */
  int n_more_owners;   /* atomic */
} StrataDigital;

#define STRATA_DIGITAL_MOST (G_GINT64_CONSTANT (1) << 50)

/* Reads and counts a model, whose first @n_operands inputs are those of its op. @name of the op, for messages. Errors:
 * STRATA_COMPILE_ERROR_FORMAT: it is none, shapes are open, or it is too much to count. */
StrataDigital *
strata_digital_new (GBytes *bytes, int n_operands, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Another owner, from any thread; each owner frees. */
StrataDigital *strata_digital_ref (StrataDigital *digital) G_GNUC_WARN_UNUSED_RESULT;
void strata_digital_free (StrataDigital *digital);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataDigital, strata_digital_free)

/* Whether @node looks up rows of its operand @input, and how many elements of it that takes; -1: it does not */
gint64 strata_digital_lookup (const StrataGraph *graph, const StrataNode *node, int input);
/* Bytes of constants that are read for one of @n_bursts bursts, which each make @row_elements elements, but for what is
 * looked up in tables (stream.h): the weights of a recurrence once per step; a constant of at most a row every time,
 * longer ones in parts. */
gint64 strata_digital_read_bytes (const StrataDigital *digital, gint64 n_bursts, gint64 row_elements);
