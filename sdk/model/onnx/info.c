/* SPDX-License-Identifier: Apache-2.0
 *
 * ValueInfoProto: name, type and shape of a graph's input or output. Field numbers: onnx.proto.
 */
#include "model/onnx/dtype.h"
#include "model/onnx/node.h"

enum
{
  INFO_NAME = 1,
  INFO_TYPE = 2,
  TYPE_TENSOR_TYPE = 1,
  TENSOR_TYPE_ELEM_TYPE = 1,
  TENSOR_TYPE_SHAPE = 2,
  SHAPE_DIM = 1,
  DIM_VALUE = 1,
  DIM_PARAM = 2,
};

/* What went wrong inside is passed outward, where it is reported. */
static void
pass_problem (const StrataWire *inner, StrataWire *outer)
{
  if (inner->problem != NULL)
    strata_wire_fail (outer, inner->problem_at, inner->problem);
}

static void
read_dim (StrataArena *arena, StrataWire *outer, const StrataWireField *message, StrataOnnxInfo *info)
{
  int index = info->n_dims++;
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, message);
  if (index >= STRATA_MAX_DIMS)
    return;
  info->dims[index] = STRATA_ONNX_OPEN;
  info->params[index] = NULL;
  while (strata_wire_next (&wire, &field))
    if (field.number == DIM_VALUE)
      {
        info->dims[index] = strata_wire_int (&wire, &field);
        info->negative |= info->dims[index] < 0 || info->dims[index] > G_MAXINT32;
      }
    else if (field.number == DIM_PARAM)
      {
        g_autofree char *name = strata_wire_text (&wire, &field);

        info->dims[index] = STRATA_ONNX_OPEN;
        info->params[index] = strata_arena_strdup (arena, name);
      }
  pass_problem (&wire, outer);
}

static void
read_tensor_type (StrataArena *arena, StrataWire *outer, const StrataWireField *message, StrataOnnxInfo *info)
{
  StrataWireField field, dim;
  StrataWire wire, shape;

  info->has_tensor = TRUE;
  strata_wire_nest (&wire, outer, message);
  while (strata_wire_next (&wire, &field))
    {
      if (field.number == TENSOR_TYPE_ELEM_TYPE)
        info->elem_type = strata_wire_int (&wire, &field);
      if (field.number != TENSOR_TYPE_SHAPE)
        continue;
      info->has_shape = TRUE;
      info->n_dims = 0;
      strata_wire_nest (&shape, &wire, &field);
      while (strata_wire_next (&shape, &dim))
        if (dim.number == SHAPE_DIM)
          read_dim (arena, &shape, &dim, info);
      pass_problem (&shape, &wire);
    }
  pass_problem (&wire, outer);
}

gboolean
strata_onnx_info (
  StrataArena *arena, StrataWire *outer, const StrataWireField *message, StrataOnnxInfo *info, GError **error)
{
  StrataWireField field, inner;
  StrataWire wire, type;

  *info = (StrataOnnxInfo){ .name = "" };
  strata_wire_nest (&wire, outer, message);
  while (strata_wire_next (&wire, &field))
    {
      if (field.number == INFO_NAME)
        {
          g_autofree char *name = strata_wire_text (&wire, &field);

          info->name = strata_arena_strdup (arena, name);
        }
      if (field.number != INFO_TYPE)
        continue;
      strata_wire_nest (&type, &wire, &field);
      while (strata_wire_next (&type, &inner))
        if (inner.number == TYPE_TENSOR_TYPE)
          read_tensor_type (arena, &type, &inner, info);
      pass_problem (&type, &wire);
    }
  if (strata_wire_finish (&wire, error) && *info->name != '\0')
    return TRUE;
  if (wire.problem == NULL)
    g_set_error_literal (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
                         "an input or output of the graph has no name; this is not an ONNX model");
  return FALSE;
}

static gboolean
check_shape (const StrataOnnxInfo *info, GError **error)
{
  StrataImportError code = STRATA_IMPORT_ERROR_SHAPE;
  const char *problem = NULL;

  if (!info->has_tensor)
    {
      code = STRATA_IMPORT_ERROR_UNSUPPORTED;
      problem = "it is not a tensor; sequences, maps and optional values are not supported";
    }
  else if (!info->has_shape)
    problem = "it has no shape; export the model with fixed dimensions";
  else if (info->n_dims > STRATA_MAX_DIMS)
    problem = "it has more than 8 dimensions; at most 8 are accepted";
  else if (info->negative)
    problem = "a dimension is negative or over 2147483647; 0 to 2147483647 are accepted";
  if (problem == NULL)
    return TRUE;
  g_set_error_literal (error, STRATA_IMPORT_ERROR, (int) code, problem);
  return FALSE;
}

gboolean
strata_onnx_info_type (const StrataOnnxInfo *info, StrataValue *value, GError **error)
{
  if (!check_shape (info, error))
    goto fail;
  value->dtype = strata_onnx_dtype (info->elem_type, error);
  if (value->dtype == STRATA_DTYPE_INVALID)
    goto fail;
  value->n_dims = info->n_dims;
  for (int i = 0; i < info->n_dims; i++)
    value->dims[i] = info->dims[i];
  return TRUE;

fail:
  g_prefix_error (error, "input %s: ", info->name);
  return FALSE;
}
