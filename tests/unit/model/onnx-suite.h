/* SPDX-License-Identifier: Apache-2.0
 *
 * The ONNX backend suite: the cases of Debian's libonnx-testdata and, for newer opsets, of the shared test data, with
 * the verdict on each.
 */
#pragma once

#include "onnx-case.h"

typedef struct
{
  OnnxCase *c;
  OnnxVerdict verdict;
  char *why; /* NULL where it passed */
} OnnxResult;

typedef struct
{
  GPtrArray *results; /* OnnxResult, in order of folders and names */
  GPtrArray *folders; /* that were there */
} OnnxSuite;

/* Runs every case. @shared: folder of the shared test data; NULL: none. */
OnnxSuite *onnx_suite_run (const char *shared) G_GNUC_WARN_UNUSED_RESULT;
void onnx_suite_free (OnnxSuite *suite);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OnnxSuite, onnx_suite_free)

typedef struct
{
  int n[ONNX_N_CATEGORIES][ONNX_N_VERDICTS];
} OnnxTally;

/* Of the cases about @operator_name; NULL: of all */
OnnxTally onnx_suite_tally (const OnnxSuite *suite, const char *operator_name);
/* Of counted cases, those that pass, in per cent */
double onnx_tally_percentage (const OnnxTally *tally);
/* Operator x passed, refused, failed, and totals */
char *onnx_suite_print (const OnnxSuite *suite) G_GNUC_WARN_UNUSED_RESULT;
/* A line for each case of @verdict, counted or not, with the reason */
char *onnx_suite_list (const OnnxSuite *suite, OnnxVerdict verdict) G_GNUC_WARN_UNUSED_RESULT;
