/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX's numbers of element types, which also occur as attribute values.
 */
#pragma once

#include "strata/strata-types.h"

/* STRATA_DTYPE_INVALID and an error, STRATA_IMPORT_ERROR_UNSUPPORTED, where Strata does not have it. */
StrataDtype strata_onnx_dtype (gint64 number, GError **error);
gint64 strata_onnx_dtype_number (StrataDtype dtype);
