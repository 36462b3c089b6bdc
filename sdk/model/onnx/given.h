/* SPDX-License-Identifier: Apache-2.0
 *
 * What is given for inputs when a model is opened: constants for some, sizes for open dimensions.
 */
#pragma once

#include "model/onnx/node.h"

typedef struct
{
  const StrataImportOptions *options;
  StrataGraph *graph; /* whose arena, another one in every round, takes the numbers */
  gboolean *is_used;  /* per shape of the options */
  GString *open;      /* inputs with dimensions that nothing binds, for a message */
} StrataOnnxGiven;

/* What is given for the input's value; NULL: nothing, or a hint that does not suit it */
const StrataBinding *strata_onnx_given_value (const StrataOnnxGiven *given, const StrataOnnxInfo *info);
/* Makes @value, an input, that constant. */
gboolean strata_onnx_given_bind (
  StrataOnnxGiven *given, const StrataBinding *binding, const StrataOnnxInfo *info, StrataValue *value, GError **error);
/* Type and shape of an input that stays one */
gboolean
strata_onnx_given_size (StrataOnnxGiven *given, const StrataOnnxInfo *info, StrataValue *value, GError **error);
