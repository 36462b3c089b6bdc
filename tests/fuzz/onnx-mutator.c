/* SPDX-License-Identifier: Apache-2.0
 *
 * Custom mutator of ONNX files: reads the messages into a tree, changes fields of it, and writes it back with right
 * lengths, so that mutants get past the wire reader. Which fields are messages is a table; numbers are onnx.proto's.
 * What does not read as a tree is left to libFuzzer's own mutations.
 */
#include <string.h>

#include "base/arena.h"
#include "fuzz.h"
#include "model/onnx/wire.h"

#define MAX_DEPTH 24
#define MAX_FIELDS 20000
#define MAX_TENSOR_BYTES 65536

typedef enum
{
  KIND_LEAF,
  KIND_MODEL,
  KIND_OPSET,
  KIND_GRAPH,
  KIND_NODE,
  KIND_ATTR,
  KIND_TENSOR,
  KIND_ENTRY,
  KIND_INFO,
  KIND_TYPE,
  KIND_TENSOR_TYPE,
  KIND_SHAPE,
  KIND_DIM,
} Kind;

static const struct
{
  Kind parent;
  guint number;
  Kind kind;
} schema[] = {
  { KIND_MODEL, 7, KIND_GRAPH },      { KIND_MODEL, 8, KIND_OPSET },       { KIND_GRAPH, 1, KIND_NODE },
  { KIND_GRAPH, 5, KIND_TENSOR },     { KIND_GRAPH, 11, KIND_INFO },       { KIND_GRAPH, 12, KIND_INFO },
  { KIND_GRAPH, 13, KIND_INFO },      { KIND_NODE, 5, KIND_ATTR },         { KIND_ATTR, 5, KIND_TENSOR },
  { KIND_ATTR, 6, KIND_GRAPH },       { KIND_TENSOR, 13, KIND_ENTRY },     { KIND_INFO, 2, KIND_TYPE },
  { KIND_TYPE, 1, KIND_TENSOR_TYPE }, { KIND_TENSOR_TYPE, 2, KIND_SHAPE }, { KIND_SHAPE, 1, KIND_DIM },
};

static const char *const ops[] = {
#define STRATA_OP(id, onnx, ...) onnx,
#include "model/ops.def"
#undef STRATA_OP
};

typedef struct _Field Field;
struct _Field
{
  guint number;
  StrataWireType type;
  guint64 value;
  const guint8 *bytes; /* of a leaf */
  gsize n_bytes;
  Kind kind, parent_kind;
  Field *parent, *next, *first;
};

typedef struct
{
  StrataArena *arena;
  GPtrArray *fields; /* all of them, the root left out */
  Field *root;
  GRand *rand;
} Tree;

static Kind
kind_of (Kind parent, const StrataWireField *field)
{
  if (field->type == STRATA_WIRE_BYTES)
    for (guint i = 0; i < G_N_ELEMENTS (schema); i++)
      if (schema[i].parent == parent && schema[i].number == field->number)
        return schema[i].kind;
  return KIND_LEAF;
}

/* FALSE: not a message to its end, or too much of it */
static gboolean
read_message (Tree *tree, Field *parent, const guint8 *bytes, gsize n_bytes, int depth)
{
  Field **link = &parent->first;
  StrataWireField field;
  StrataWire wire;

  strata_wire_init (&wire, bytes, bytes, n_bytes);
  while (strata_wire_next (&wire, &field))
    {
      Field *child = strata_arena_array (tree->arena, Field, 1);

      *child =
        (Field){ field.number, field.type, field.value, field.bytes, field.n_bytes, kind_of (parent->kind, &field),
                 parent->kind, parent };
      *link = child;
      link = &child->next;
      g_ptr_array_add (tree->fields, child);
      if (depth >= MAX_DEPTH || tree->fields->len > MAX_FIELDS
          || (child->kind != KIND_LEAF && !read_message (tree, child, field.bytes, field.n_bytes, depth + 1)))
        return FALSE;
    }
  return wire.problem == NULL;
}

static gboolean
tree_read (Tree *tree, const guint8 *bytes, gsize n_bytes, GRand *rand)
{
  *tree = (Tree){ strata_arena_new (), g_ptr_array_new (), NULL, rand };
  tree->root = strata_arena_array (tree->arena, Field, 1);
  tree->root->kind = KIND_MODEL;
  return read_message (tree, tree->root, bytes, n_bytes, 0) && tree->fields->len > 0;
}

static void
tree_clear (Tree *tree)
{
  strata_arena_free (tree->arena);
  g_ptr_array_unref (tree->fields);
}

static void
put_varint (GByteArray *out, guint64 value)
{
  do
    {
      guint8 byte = (guint8) ((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

      g_byte_array_append (out, &byte, 1);
      value >>= 7;
    }
  while (value > 0);
}

static void
write_field (GByteArray *out, const Field *field)
{
  guint64 little = GUINT64_TO_LE (field->value);

  put_varint (out, (guint64) field->number << 3 | field->type);
  if (field->type == STRATA_WIRE_VARINT)
    put_varint (out, field->value);
  else if (field->type != STRATA_WIRE_BYTES)
    g_byte_array_append (out, (const guint8 *) &little, field->type == STRATA_WIRE_FIXED32 ? 4 : 8);
  else if (field->kind == KIND_LEAF)
    {
      put_varint (out, field->n_bytes);
      g_byte_array_append (out, field->bytes, (guint) field->n_bytes);
    }
  else
    {
      g_autoptr (GByteArray) inner = g_byte_array_new ();

      for (const Field *child = field->first; child != NULL; child = child->next)
        write_field (inner, child);
      put_varint (out, inner->len);
      g_byte_array_append (out, inner->data, inner->len);
    }
}

static guint
pick (Tree *tree, guint n)
{
  return n < 2 ? 0 : (guint) g_rand_int_range (tree->rand, 0, (gint32) n);
}

/* A random field of the same place in the schema; @field itself where there is no other */
static Field *
find_like (Tree *tree, const Field *field)
{
  guint start = pick (tree, tree->fields->len);

  for (guint i = 0; i < tree->fields->len; i++)
    {
      Field *other = tree->fields->pdata[(start + i) % tree->fields->len];

      if (other->parent_kind == field->parent_kind && other->type == field->type && other->kind == field->kind
          && (other->number == field->number || (field->kind == KIND_LEAF && pick (tree, 8) == 0)))
        return other;
    }
  return (Field *) field;
}

static void
unlink_field (Field *field)
{
  Field **link = &field->parent->first;

  while (*link != NULL && *link != field)
    link = &(*link)->next;
  if (*link == field)
    *link = field->next;
}

/* With all that is in it, so that a tree never holds itself */
static Field *
copy_field (Tree *tree, const Field *source, Field *parent)
{
  Field *copy = strata_arena_array (tree->arena, Field, 1);
  Field **link = &copy->first;

  *copy = *source;
  copy->parent = parent;
  copy->next = copy->first = NULL;
  for (const Field *child = source->first; child != NULL; child = child->next)
    {
      *link = copy_field (tree, child, copy);
      link = &(*link)->next;
    }
  return copy;
}

static void
insert_copy (Tree *tree, Field *after, const Field *source)
{
  Field *copy = copy_field (tree, source, after->parent);

  copy->next = after->next;
  after->next = copy;
}

static void
take_content (Tree *tree, Field *field, const Field *source)
{
  field->first = source == field ? NULL : copy_field (tree, source, field->parent)->first;
  for (Field *child = field->first; child != NULL; child = child->next)
    child->parent = field;
}

static void
swap_with_next (Field *field)
{
  Field **link = &field->parent->first, *next = field->next;

  while (*link != NULL && *link != field)
    link = &(*link)->next;
  if (*link == NULL || next == NULL)
    return;
  *link = next;
  field->next = next->next;
  next->next = field;
}

static guint64
interesting_int (Tree *tree)
{
  static const gint64 ints[] = { 0,
                                 1,
                                 2,
                                 3,
                                 -1,
                                 -2,
                                 7,
                                 8,
                                 16,
                                 20,
                                 127,
                                 128,
                                 255,
                                 1024,
                                 1025,
                                 4096,
                                 65535,
                                 65536,
                                 65537,
                                 G_MAXINT32,
                                 G_MININT32,
                                 1 << 24,
                                 1 << 30,
                                 (gint64) 1 << 31,
                                 (gint64) 1 << 32,
                                 (gint64) 1 << 56,
                                 G_MAXINT64,
                                 G_MININT64,
                                 G_MAXINT64 - 1,
                                 G_MININT64 + 1 };

  return pick (tree, 3) == 0 ? (guint64) (gint64) pick (tree, 12) - 2
                             : (guint64) ints[pick (tree, G_N_ELEMENTS (ints))];
}

static guint32
interesting_float (Tree *tree)
{
  static const float floats[] = { 0.0f,           -0.0f,   1.0f,   -1.0f,   0.5f,    -0.5f,   2.0f,
                                  1e-30f,         1e30f,   -1e30f, 255.0f,  256.0f,  65536.f, 2147483648.0f,
                                  -2147483648.0f, 9.3e18f, 1e-45f, 3.4e38f, 1000.0f, 0.3333f, (float) G_MAXINT64 };
  static const guint32 patterns[] = { 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001 };
  guint32 bits;

  if (pick (tree, 4) == 0)
    return patterns[pick (tree, G_N_ELEMENTS (patterns))];
  memcpy (&bits, &floats[pick (tree, G_N_ELEMENTS (floats))], sizeof bits);
  return bits;
}

static void
set_bytes (Tree *tree, Field *field, const void *bytes, gsize n_bytes)
{
  field->bytes = strata_arena_memdup (tree->arena, bytes, n_bytes);
  field->n_bytes = n_bytes;
}

/* An element of a tensor's bytes, or all of them by libFuzzer */
static void
mutate_raw (Tree *tree, Field *field)
{
  guint width = 1u << (pick (tree, 4));
  guint64 value = pick (tree, 2) == 0 ? interesting_float (tree) : interesting_int (tree);

  set_bytes (tree, field, field->bytes, field->n_bytes);
  if (field->n_bytes >= width)
    memcpy ((guint8 *) field->bytes + pick (tree, (guint) (field->n_bytes / width)) * width, &value, width);
}

static void
mutate_bytes (Tree *tree, Field *field)
{
  gsize room = field->n_bytes + 16;
  guint8 *copy = strata_arena_alloc (tree->arena, room);

  if (field->n_bytes > 0)
    memcpy (copy, field->bytes, field->n_bytes);
  field->n_bytes = LLVMFuzzerMutate (copy, field->n_bytes, room);
  field->bytes = copy;
}

static void
mutate_leaf (Tree *tree, Field *field)
{
  const Field *like = find_like (tree, field);
  const char *op = ops[pick (tree, G_N_ELEMENTS (ops))];

  if (field->type == STRATA_WIRE_VARINT)
    field->value = pick (tree, 4) == 0 ? like->value : interesting_int (tree);
  else if (field->type != STRATA_WIRE_BYTES)
    field->value = interesting_float (tree);
  else if (field->parent_kind == KIND_NODE && field->number == 4 && pick (tree, 4) > 0)
    set_bytes (tree, field, op, strlen (op));
  else if (field->parent_kind == KIND_TENSOR && field->number == 9)
    mutate_raw (tree, field);
  else if (pick (tree, 3) > 0)
    set_bytes (tree, field, like->bytes, like->n_bytes);
  else
    mutate_bytes (tree, field);
}

/* Bytes of an element of TensorProto.DataType */
static gsize
width_of (guint64 data_type)
{
  static const guint8 widths[] = { 1, 4, 1, 1, 2, 2, 4, 8, 1, 1, 2, 8, 4, 8 };

  return data_type < G_N_ELEMENTS (widths) ? widths[data_type] : 1;
}

/* As many raw bytes as the shape asks for, where those are few */
static void
repair_tensor (Tree *tree, Field *tensor)
{
  gsize wanted = 1;
  Field *raw = NULL;

  for (Field *field = tensor->first; field != NULL; field = field->next)
    if (field->number == 1 && field->type == STRATA_WIRE_VARINT)
      wanted = field->value > MAX_TENSOR_BYTES ? MAX_TENSOR_BYTES + 1 : wanted * field->value;
    else if (field->number == 2)
      wanted *= width_of (field->value);
    else if (field->number == 9 && field->type == STRATA_WIRE_BYTES)
      raw = field;
  if (raw == NULL || wanted > MAX_TENSOR_BYTES || raw->n_bytes == wanted)
    return;
  {
    guint8 *bytes = strata_arena_alloc (tree->arena, wanted);

    for (gsize i = 0; i < wanted; i++)
      bytes[i] = raw->n_bytes == 0 ? 0 : raw->bytes[i % raw->n_bytes];
    raw->bytes = bytes;
    raw->n_bytes = wanted;
  }
}

static void
repair (Tree *tree)
{
  for (guint i = 0; i < tree->fields->len; i++)
    {
      Field *field = tree->fields->pdata[i];

      if (field->kind == KIND_TENSOR)
        repair_tensor (tree, field);
    }
}

static void
mutate_once (Tree *tree)
{
  Field *field = tree->fields->pdata[pick (tree, tree->fields->len)];
  Field *like = find_like (tree, field);

  switch (pick (tree, 12))
    {
    case 0:
      unlink_field (field);
      break;
    case 1:
      insert_copy (tree, field, field);
      break;
    case 2:
      insert_copy (tree, field, like);
      break;
    case 3:
      swap_with_next (field);
      break;
    case 4:
      if (field->kind != KIND_LEAF)
        take_content (tree, field, like);
      break;
    default:
      if (field->kind == KIND_LEAF)
        mutate_leaf (tree, field);
      break;
    }
}

static gsize
tree_write (const Tree *tree, guint8 *out, gsize max_bytes)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (const Field *field = tree->root->first; field != NULL; field = field->next)
    write_field (bytes, field);
  if (bytes->len > max_bytes)
    return 0;
  if (bytes->len > 0)
    memcpy (out, bytes->data, bytes->len);
  return bytes->len;
}

gsize
LLVMFuzzerCustomMutator (guint8 *bytes, gsize n_bytes, gsize max_bytes, unsigned int seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  gsize n_written = 0;
  Tree tree;

  if (tree_read (&tree, bytes, n_bytes, rand) && g_rand_int_range (rand, 0, 16) > 0)
    {
      for (guint n = 1 + pick (&tree, 4); n > 0; n--)
        mutate_once (&tree);
      if (pick (&tree, 8) > 0)
        repair (&tree);
      n_written = tree_write (&tree, bytes, max_bytes);
    }
  tree_clear (&tree);
  return n_written > 0 ? n_written : LLVMFuzzerMutate (bytes, n_bytes, max_bytes);
}

/* Some of the second model's fields go beside like fields of the first. */
gsize
LLVMFuzzerCustomCrossOver (
  const guint8 *a, gsize n_a, const guint8 *b, gsize n_b, guint8 *out, gsize max_bytes, unsigned int seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  gsize n_written = 0;
  Tree first, second;

  if (tree_read (&first, a, n_a, rand) & tree_read (&second, b, n_b, rand))
    {
      for (guint n = 1 + pick (&first, 6); n > 0; n--)
        {
          const Field *field = second.fields->pdata[pick (&second, second.fields->len)];
          Field *like = find_like (&first, field);

          if (like != field && like->parent != NULL)
            insert_copy (&first, like, field);
        }
      n_written = tree_write (&first, out, max_bytes);
    }
  tree_clear (&first);
  tree_clear (&second);
  return n_written;
}
