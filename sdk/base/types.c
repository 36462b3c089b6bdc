/* SPDX-License-Identifier: Apache-2.0
 *
 * Error domains and element types of the public headers.
 */
#include "strata/strata-types.h"

G_DEFINE_QUARK (strata_import_error, strata_import_error)
G_DEFINE_QUARK (strata_chip_error, strata_chip_error)
G_DEFINE_QUARK (strata_compile_error, strata_compile_error)
G_DEFINE_QUARK (strata_device_error, strata_device_error)

static const struct
{
  const char *name;
  gsize size;
} dtypes[] = {
  [STRATA_DTYPE_INVALID] = { "invalid", 0 }, [STRATA_DTYPE_F32] = { "float32", 4 },
  [STRATA_DTYPE_F64] = { "float64", 8 },     [STRATA_DTYPE_F16] = { "float16", 2 },
  [STRATA_DTYPE_I8] = { "int8", 1 },         [STRATA_DTYPE_U8] = { "uint8", 1 },
  [STRATA_DTYPE_I16] = { "int16", 2 },       [STRATA_DTYPE_U16] = { "uint16", 2 },
  [STRATA_DTYPE_I32] = { "int32", 4 },       [STRATA_DTYPE_U32] = { "uint32", 4 },
  [STRATA_DTYPE_I64] = { "int64", 8 },       [STRATA_DTYPE_U64] = { "uint64", 8 },
  [STRATA_DTYPE_BOOL] = { "bool", 1 },
};

gsize
strata_dtype_size (StrataDtype dtype)
{
  return (guint) dtype < G_N_ELEMENTS (dtypes) ? dtypes[dtype].size : 0;
}

const char *
strata_dtype_name (StrataDtype dtype)
{
  return (guint) dtype < G_N_ELEMENTS (dtypes) ? dtypes[dtype].name : "invalid";
}
