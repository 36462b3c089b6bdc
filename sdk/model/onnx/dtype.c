/* SPDX-License-Identifier: Apache-2.0
 *
 * TensorProto.DataType of onnx.proto.
 */
#include "model/onnx/dtype.h"

static const StrataDtype dtypes[] = {
  [1] = STRATA_DTYPE_F32,  [2] = STRATA_DTYPE_U8,   [3] = STRATA_DTYPE_I8,   [4] = STRATA_DTYPE_U16,
  [5] = STRATA_DTYPE_I16,  [6] = STRATA_DTYPE_I32,  [7] = STRATA_DTYPE_I64,  [9] = STRATA_DTYPE_BOOL,
  [10] = STRATA_DTYPE_F16, [11] = STRATA_DTYPE_F64, [12] = STRATA_DTYPE_U32, [13] = STRATA_DTYPE_U64,
};

static const char *const others[] = {
  [0] = "undefined",       [8] = "string",        [14] = "complex64",      [15] = "complex128",
  [16] = "bfloat16",       [17] = "float8e4m3fn", [18] = "float8e4m3fnuz", [19] = "float8e5m2",
  [20] = "float8e5m2fnuz", [21] = "uint4",        [22] = "int4",           [23] = "float4e2m1"
};

StrataDtype
strata_onnx_dtype (gint64 number, GError **error)
{
  const char *name = "unknown";

  if (number >= 0 && number < (gint64) G_N_ELEMENTS (dtypes) && dtypes[number] != STRATA_DTYPE_INVALID)
    return dtypes[number];
  if (number >= 0 && number < (gint64) G_N_ELEMENTS (others) && others[number] != NULL)
    name = others[number];
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED,
               "element type %s (%" G_GINT64_FORMAT ") is not supported; float32, float64, float16, bool and integers "
               "of 8 to 64 bits are",
               name, number);
  return STRATA_DTYPE_INVALID;
}

gint64
strata_onnx_dtype_number (StrataDtype dtype)
{
  gint64 number = 0;

  while (number < (gint64) G_N_ELEMENTS (dtypes) && dtypes[number] != dtype)
    number++;
  g_assert (number < (gint64) G_N_ELEMENTS (dtypes));
  return number;
}
