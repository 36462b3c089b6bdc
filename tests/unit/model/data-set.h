/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder of the ONNX backend-test layout: input_K.pb and output_K.pb.
 */
#pragma once

#include "model/tensor-io.h"

/* Loads PREFIX_0.pb, PREFIX_1.pb, … of @folder until one is not there. (element-type StrataArray) */
GPtrArray *data_set_load (const char *folder, const char *prefix, GError **error);

/* The model for the shapes of the inputs in such a folder; integer scalars, such as a sampling rate, as constants.
 * @names: of all inputs, in order (transfer full) */
StrataGraph *data_set_load_model (const char *path, const char *set, char ***names, GError **error);

typedef struct
{
  double worst, peak; /* largest |got - wanted| and |wanted| */
  gint64 argmax_got, argmax_wanted;
  double cosine;
  double excess; /* largest |got - wanted| - rtol |wanted| */
} DataSetDifference;

/* FALSE where types or shapes differ. Equal infinities and NaNs count as equal. */
gboolean
data_set_compare (const StrataArray *got, const StrataArray *wanted, double rtol, DataSetDifference *difference);
