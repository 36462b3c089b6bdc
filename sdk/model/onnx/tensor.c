/* SPDX-License-Identifier: Apache-2.0
 *
 * A tensor's bytes come as raw_data, as a typed repeated field, or from a file beside the model. Few bytes that lie
 * misaligned for their type are copied to the arena; many stay where they are, and are copied by who reads them first.
 * Field numbers: TensorProto in onnx.proto.
 */
#include "model/onnx/tensor.h"

#include <string.h>

#include "model/onnx/dtype.h"
#include "model/unaligned.h"

#define MAX_ELEMENTS ((gsize) 1 << 56) /* times 8 bytes still fits */
#define TYPE_UINT4 21
#define TYPE_INT4 22

enum
{
  TENSOR_DIMS = 1,
  TENSOR_DATA_TYPE = 2,
  TENSOR_SEGMENT = 3,
  TENSOR_FLOAT_DATA = 4,
  TENSOR_INT32_DATA = 5,
  TENSOR_INT64_DATA = 7,
  TENSOR_NAME = STRATA_ONNX_TENSOR_NAME,
  TENSOR_RAW_DATA = 9,
  TENSOR_DOUBLE_DATA = 10,
  TENSOR_UINT64_DATA = 11,
  TENSOR_EXTERNAL_DATA = 13,
  TENSOR_DATA_LOCATION = 14,
};

typedef struct
{
  GArray *dims;
  gint64 data_type;
  char *name;
  const guint8 *raw;
  gsize n_raw;
  gboolean external, typed;
  char *location;
  guint64 offset, length;
  gboolean has_length;
} Proto;

static void
proto_clear (Proto *proto)
{
  g_clear_pointer (&proto->dims, g_array_unref);
  g_clear_pointer (&proto->name, g_free);
  g_clear_pointer (&proto->location, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Proto, proto_clear)

static gboolean
format_error (GError **error, const char *text)
{
  g_set_error_literal (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT, text);
  return FALSE;
}

/* One StringStringEntryProto: location, offset, length, checksum */
static void
read_external_entry (StrataWire *outer, const StrataWireField *entry, Proto *proto)
{
  g_autofree char *key = NULL;
  g_autofree char *value = NULL;
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, entry);
  while (strata_wire_next (&wire, &field))
    if (field.number == 1 || field.number == 2)
      {
        char **to = field.number == 1 ? &key : &value;

        g_free (*to);
        *to = strata_wire_text (&wire, &field);
      }
  if (wire.problem != NULL)
    strata_wire_fail (outer, wire.problem_at, wire.problem);
  if (key == NULL || value == NULL)
    return;
  if (g_str_equal (key, "location"))
    {
      g_free (proto->location);
      proto->location = g_steal_pointer (&value);
    }
  else if (g_str_equal (key, "offset") && !g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT64, &proto->offset, NULL))
    strata_wire_fail (outer, entry->bytes, "the offset of external data is not a number");
  else if (g_str_equal (key, "length"))
    {
      proto->has_length = TRUE;
      if (!g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT64, &proto->length, NULL))
        strata_wire_fail (outer, entry->bytes, "the length of external data is not a number");
    }
}

static void
read_field (StrataWire *wire, const StrataWireField *field, Proto *proto)
{
  switch (field->number)
    {
    case TENSOR_DIMS:
      strata_wire_ints (wire, field, proto->dims);
      break;
    case TENSOR_DATA_TYPE:
      proto->data_type = strata_wire_int (wire, field);
      break;
    case TENSOR_SEGMENT:
      strata_wire_fail (wire, field->bytes, "a tensor in segments; only whole tensors are accepted");
      break;
    case TENSOR_NAME:
      g_free (proto->name);
      proto->name = strata_wire_text (wire, field);
      break;
    case TENSOR_RAW_DATA:
      if (field->type != STRATA_WIRE_BYTES)
        strata_wire_fail (wire, field->bytes, "a number stands where a tensor's bytes belong");
      proto->raw = field->bytes;
      proto->n_raw = field->n_bytes;
      break;
    case TENSOR_EXTERNAL_DATA:
      read_external_entry (wire, field, proto);
      break;
    case TENSOR_DATA_LOCATION:
      proto->external = strata_wire_int (wire, field) == 1;
      break;
    case TENSOR_FLOAT_DATA:
    case TENSOR_INT32_DATA:
    case TENSOR_INT64_DATA:
    case TENSOR_DOUBLE_DATA:
    case TENSOR_UINT64_DATA:
      proto->typed = TRUE;
      break;
    default:
      break;
    }
}

/* Dimensions into @value, and the bytes that they ask for */
static gboolean
take_dims (const Proto *proto, StrataValue *value, gsize *n_bytes, GError **error)
{
  gsize count = 1;

  if (proto->dims->len > STRATA_MAX_DIMS)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED,
                   "%u dimensions; at most %d are accepted", proto->dims->len, STRATA_MAX_DIMS);
      return FALSE;
    }
  value->n_dims = (int) proto->dims->len;
  for (int i = 0; i < value->n_dims; i++)
    {
      gint64 dim = g_array_index (proto->dims, gint64, i);

      if (dim < 0 || dim > G_MAXINT32 || !g_size_checked_mul (&count, count, (gsize) MAX (dim, 1))
          || count > MAX_ELEMENTS)
        {
          g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE,
                       "dimension %d is %" G_GINT64_FORMAT "; 0 to 2147483647 and a product that fits the file are "
                       "accepted",
                       i, dim);
          return FALSE;
        }
      value->dims[i] = dim;
    }
  *n_bytes = (gsize) strata_value_count (value) * strata_dtype_size (value->dtype);
  return TRUE;
}

static gboolean
find_external (StrataOnnxSource *source, Proto *proto, const char *name, gsize n_wanted, GError **error)
{
  proto->n_raw = (gsize) (proto->has_length ? proto->length : n_wanted);
  proto->raw = strata_onnx_external (source, name, proto->location == NULL ? "" : proto->location, proto->offset,
                                     proto->n_raw, error);
  return proto->raw != NULL;
}

static guint
typed_field (StrataDtype dtype)
{
  switch (dtype)
    {
    case STRATA_DTYPE_F32:
      return TENSOR_FLOAT_DATA;
    case STRATA_DTYPE_F64:
      return TENSOR_DOUBLE_DATA;
    case STRATA_DTYPE_I64:
      return TENSOR_INT64_DATA;
    case STRATA_DTYPE_U32:
    case STRATA_DTYPE_U64:
      return TENSOR_UINT64_DATA;
    default:
      return TENSOR_INT32_DATA;
    }
}

/* Gathers a typed repeated field: gint64 each for integers, elements as they are for floats */
static gboolean
gather_typed (StrataWire wire, const StrataValue *value, GArray **values, GError **error)
{
  gboolean is_float = value->dtype == STRATA_DTYPE_F32 || value->dtype == STRATA_DTYPE_F64;
  guint width = is_float ? (guint) strata_dtype_size (value->dtype) : 8;
  guint wanted = typed_field (value->dtype);
  StrataWireField field;

  *values = g_array_new (FALSE, FALSE, width);
  while (strata_wire_next (&wire, &field))
    if (field.number == wanted && is_float)
      strata_wire_fixed (&wire, &field, width, *values);
    else if (field.number == wanted)
      strata_wire_ints (&wire, &field, *values);
  return strata_wire_finish (&wire, error);
}

static void
narrow (const GArray *ints, gsize width, guint8 *out)
{
  for (guint i = 0; i < ints->len; i++)
    {
      guint64 little = GUINT64_TO_LE (g_array_index (ints, guint64, i));

      memcpy (out + i * width, &little, width);
    }
}

static gboolean
size_error (const StrataValue *value, gsize n_wanted, gsize n_there, GError **error)
{
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
               "its shape and type (%s) ask for %" G_GSIZE_FORMAT " bytes and %" G_GSIZE_FORMAT " are there",
               strata_dtype_name (value->dtype), n_wanted, n_there);
  return FALSE;
}

/* Two 4-bit integers to a byte, the first in the low half, to a byte each */
static guint8 *
unpack_nibbles (StrataArena *arena, const guint8 *packed, gsize count, gboolean is_signed)
{
  guint8 *bytes = strata_arena_alloc (arena, count);

  for (gsize i = 0; i < count; i++)
    {
      guint8 nibble = packed[i / 2] >> (i % 2 * 4) & 15;

      bytes[i] = is_signed && nibble >= 8 ? nibble | 0xf0 : nibble;
    }
  return bytes;
}

static gboolean
take_nibbles (StrataOnnxSource *source, const StrataWire *wire, const Proto *proto, StrataValue *value, GError **error)
{
  gboolean is_signed = value->dtype == STRATA_DTYPE_I8;
  gsize count = value->n_bytes, n_packed = count / 2 + count % 2;
  g_autoptr (GArray) values = NULL;
  g_autofree guint8 *packed = NULL;

  value->is_nibble = TRUE;
  if (proto->raw != NULL && proto->n_raw != n_packed)
    return size_error (value, n_packed, proto->n_raw, error);
  if (proto->raw != NULL)
    {
      value->data = unpack_nibbles (source->arena, proto->raw, count, is_signed);
      return TRUE;
    }
  if (!gather_typed (*wire, value, &values, error))
    return FALSE;
  if (values->len != n_packed)
    return size_error (value, n_packed, values->len, error);
  packed = g_malloc (n_packed + 1);
  narrow (values, 1, packed);
  value->data = unpack_nibbles (source->arena, packed, count, is_signed);
  return TRUE;
}

static gboolean
take_typed (StrataOnnxSource *source, const StrataWire *wire, StrataValue *value, gsize n_wanted, GError **error)
{
  g_autoptr (GArray) values = NULL;
  gsize width = strata_dtype_size (value->dtype);
  guint8 *data;

  if (!gather_typed (*wire, value, &values, error))
    return FALSE;
  if (values->len * width != n_wanted)
    return size_error (value, n_wanted, values->len * width, error);
  data = strata_arena_alloc (source->arena, n_wanted);
  if (n_wanted > 0 && (value->dtype == STRATA_DTYPE_F32 || value->dtype == STRATA_DTYPE_F64))
    memcpy (data, values->data, n_wanted);
  else
    narrow (values, width, data);
  value->data = data;
  return TRUE;
}

static gboolean
take_raw (StrataOnnxSource *source, const Proto *proto, StrataValue *value, gsize n_wanted, GError **error)
{
  if (proto->n_raw != n_wanted)
    return size_error (value, n_wanted, proto->n_raw, error);
  value->data = proto->raw;
  if (n_wanted == 0 || (!strata_value_is_aligned (value) && n_wanted <= STRATA_ALIGNED_BYTES))
    value->data = strata_arena_memdup (source->arena, proto->raw, n_wanted);
  else if (!strata_value_is_aligned (value) && source->backing != NULL)
    value->unaligned = strata_unaligned_new (source->backing, proto->raw, n_wanted, source->folder != NULL);
  return TRUE;
}

static gboolean
take_tensor (StrataOnnxSource *source, const StrataWire *wire, Proto *proto, StrataValue *value, GError **error)
{
  gboolean nibbles = proto->data_type == TYPE_INT4 || proto->data_type == TYPE_UINT4;
  gsize n_wanted;

  if (nibbles)
    value->dtype = proto->data_type == TYPE_INT4 ? STRATA_DTYPE_I8 : STRATA_DTYPE_U8;
  else
    value->dtype = strata_onnx_dtype (proto->data_type, error);
  if (value->dtype == STRATA_DTYPE_INVALID || !take_dims (proto, value, &n_wanted, error))
    return FALSE;
  value->n_bytes = n_wanted;
  if (proto->external
      && !find_external (source, proto, value->name, nibbles ? n_wanted / 2 + n_wanted % 2 : n_wanted, error))
    return FALSE;
  if (proto->n_raw > 0 && proto->typed)
    return format_error (error, "it has raw and typed data; one of them is accepted");
  if (nibbles)
    return take_nibbles (source, wire, proto, value, error);
  if (proto->raw != NULL && !proto->typed)
    return take_raw (source, proto, value, n_wanted, error);
  return take_typed (source, wire, value, n_wanted, error);
}

gboolean
strata_onnx_tensor (
  StrataOnnxSource *source, StrataWire *outer, const StrataWireField *message, StrataValue *value, GError **error)
{
  g_auto (Proto) proto = { g_array_new (FALSE, FALSE, sizeof (gint64)) };
  StrataWireField field;
  StrataWire wire, again;

  strata_wire_nest (&wire, outer, message);
  again = wire;
  while (strata_wire_next (&wire, &field))
    read_field (&wire, &field, &proto);
  *value = (StrataValue){ .n_dims = -1, .producer = -1 };
  value->name = strata_arena_strdup (source->arena, proto.name == NULL ? "" : proto.name);
  if (strata_wire_finish (&wire, error) && take_tensor (source, &again, &proto, value, error))
    return TRUE;
  g_prefix_error (error, "tensor %s: ", *value->name == '\0' ? "without a name" : value->name);
  return FALSE;
}
