/* SPDX-License-Identifier: Apache-2.0
 *
 * A case of the ONNX backend suite: a folder of a model and data sets. Which operator it is about and whether it counts
 * are judged from the model's bytes, not from a list of names.
 */
#pragma once

#include <gio/gio.h>

typedef enum
{
  ONNX_COUNTED,
  ONNX_TRAINING,
  ONNX_STRING,
  ONNX_SEQUENCE,
  ONNX_OPTIONAL,
  ONNX_NARROW, /* bfloat16 and element types of 2, 4 and 8 bits that are no integers of a byte */
  ONNX_N_CATEGORIES,
} OnnxCategory;

typedef struct
{
  char *path, *name; /* of the folder */
  OnnxCategory category;
  char *operator_name; /* "(several)" where it is about no single one */
  int opset;           /* of the domain ai.onnx; 0: none named */
  GByteArray *nodes;   /* of the graph, as they stand in the file */
} OnnxCase;

/* Reads what the model says. A model that is no protobuf message counts as "(several)" and is judged by its import. */
OnnxCase *onnx_case_new (const char *folder, const char *name) G_GNUC_WARN_UNUSED_RESULT;
void onnx_case_free (OnnxCase *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OnnxCase, onnx_case_free)

const char *onnx_category_name (OnnxCategory category);

typedef enum
{
  ONNX_PASSED,
  ONNX_REFUSED, /* import says in one line why */
  ONNX_FAILED,
  ONNX_DISPUTED, /* failed, but a case that passes has the same nodes and inputs, and expects something else */
  ONNX_N_VERDICTS,
} OnnxVerdict;

/* Imports the model, runs all its data sets and compares: rtol 1e-3, atol 1e-7, types and shapes equal. An operand that
 * decides a shape is given at import. @why: of what did not pass, (transfer full). */
OnnxVerdict onnx_case_run (const OnnxCase *c, char **why);
/* Whether the first data sets of two cases with the same nodes have equal inputs, and outputs that differ by more than
 * the tolerance. */
gboolean onnx_cases_dispute (const OnnxCase *a, const OnnxCase *b);
