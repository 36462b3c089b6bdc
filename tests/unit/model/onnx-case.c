/* SPDX-License-Identifier: Apache-2.0
 *
 * Field numbers are those of onnx.proto. A case is about the one operator of its model beside Constant; where the model
 * is an operator's expansion into others, about the one of the case that was expanded, else about the operator that the
 * folder is named after.
 */
#include "onnx-case.h"

#include <string.h>

#include "model/graph.h"
#include "model/onnx/wire.h"
#include "model/tensor-io.h"
#include "onnx-tiers.h"

#define MAX_DEPTH 16

typedef struct
{
  gboolean found[ONNX_N_CATEGORIES];
  GHashTable *operators; /* set of op types */
  GByteArray *nodes;     /* NodeProtos of the model's graph */
  GPtrArray *inputs;     /* names of the graph's inputs */
  GPtrArray *switches;   /* inputs of the model that turn training on: 3rd of Dropout */
  int opset;
} Facts;

static void
note_element_type (Facts *facts, gint64 type)
{
  facts->found[ONNX_STRING] |= type == 8;
  facts->found[ONNX_NARROW] |= type >= 16;
}

/* TypeProto: tensor 1, sequence 4, map 5, sparse tensor 8, optional 9 */
static void
read_type (Facts *facts, StrataWire *outer, const StrataWireField *message, int depth)
{
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, message);
  while (depth < MAX_DEPTH && strata_wire_next (&wire, &field))
    {
      StrataWireField inner;
      StrataWire nested;

      facts->found[ONNX_SEQUENCE] |= field.number == 4;
      facts->found[ONNX_OPTIONAL] |= field.number == 9;
      if (field.type != STRATA_WIRE_BYTES)
        continue;
      strata_wire_nest (&nested, &wire, &field);
      while (strata_wire_next (&nested, &inner))
        if (inner.number == 1 && (field.number == 1 || field.number == 8))
          note_element_type (facts, strata_wire_int (&nested, &inner));
        else if (inner.number == 1 && (field.number == 4 || field.number == 9))
          read_type (facts, &nested, &inner, depth + 1);
    }
}

/* ValueInfoProto: name 1, type 2 */
static char *
read_info (Facts *facts, StrataWire *outer, const StrataWireField *message)
{
  char *name = g_strdup ("");
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, message);
  while (strata_wire_next (&wire, &field))
    if (field.number == 1)
      {
        g_free (name);
        name = strata_wire_text (&wire, &field);
      }
    else if (field.number == 2)
      read_type (facts, &wire, &field, 0);
  return name;
}

/* TensorProto: data_type 2 */
static void
read_tensor (Facts *facts, StrataWire *outer, const StrataWireField *message)
{
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, message);
  while (strata_wire_next (&wire, &field))
    if (field.number == 2)
      note_element_type (facts, strata_wire_int (&wire, &field));
}

static void read_graph (Facts *facts, StrataWire *outer, const StrataWireField *message, int depth);

/* AttributeProto: name 1, i 3, s 4, t 5, g 6, strings 9, graphs 11 */
static void
read_attribute (Facts *facts, const char *op_type, StrataWire *outer, const StrataWireField *message, int depth)
{
  static const char *const types[] = {
    "to", "dtype", "output_dtype", "output_datatype", "softmax_precision", "precision", "stash_type", NULL
  };
  g_autofree char *name = g_strdup ("");
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, message);
  while (strata_wire_next (&wire, &field))
    if (field.number == 1)
      {
        g_free (name);
        name = strata_wire_text (&wire, &field);
      }
    else if (field.number == 3 && g_strv_contains (types, name))
      note_element_type (facts, strata_wire_int (&wire, &field));
    else if (field.number == 3 && g_str_equal (name, "training_mode"))
      facts->found[ONNX_TRAINING] |= strata_wire_int (&wire, &field) != 0;
    else if (field.number == 5)
      read_tensor (facts, &wire, &field);
    else if (field.number == 6 || field.number == 11)
      read_graph (facts, &wire, &field, depth + 1);
  facts->found[ONNX_STRING] |= g_str_has_prefix (name, "value_string") || g_str_equal (name, "pool_strings");
}

static void
note_operator (Facts *facts, const char *domain, const char *op_type)
{
  facts->found[ONNX_TRAINING] |= g_str_equal (domain, "ai.onnx.preview.training");
  facts->found[ONNX_SEQUENCE] |= strstr (op_type, "Sequence") != NULL && !g_str_equal (op_type, "ReverseSequence");
  facts->found[ONNX_OPTIONAL] |= g_str_has_prefix (op_type, "Optional");
  facts->found[ONNX_STRING] |= g_str_has_prefix (op_type, "String") || g_str_has_prefix (op_type, "Regex");
  if (!g_str_equal (op_type, "Constant"))
    g_hash_table_add (facts->operators, g_strdup (op_type));
}

/* NodeProto: input 1, op_type 4, attribute 5, domain 7 */
static void
read_node (Facts *facts, StrataWire *outer, const StrataWireField *message, int depth)
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *op_type = g_strdup ("");
  g_autofree char *domain = g_strdup ("");
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, message);
  while (strata_wire_next (&wire, &field))
    if (field.number == 4 || field.number == 7)
      {
        char **text = field.number == 4 ? &op_type : &domain;

        g_free (*text);
        *text = strata_wire_text (&wire, &field);
      }
    else if (field.number == 1)
      g_ptr_array_add (inputs, strata_wire_text (&wire, &field));
    else if (field.number == 5)
      read_attribute (facts, op_type, &wire, &field, depth);
  note_operator (facts, domain, op_type);
  if (g_str_equal (op_type, "Dropout") && inputs->len > 2)
    g_ptr_array_add (facts->switches, g_strdup (inputs->pdata[2]));
}

/* GraphProto: node 1, initializer 5, input 11, output 12, value_info 13 */
static void
read_graph (Facts *facts, StrataWire *outer, const StrataWireField *message, int depth)
{
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, message);
  while (depth < MAX_DEPTH && strata_wire_next (&wire, &field))
    if (field.number == 1)
      {
        read_node (facts, &wire, &field, depth);
        if (depth == 0 && field.type == STRATA_WIRE_BYTES)
          g_byte_array_append (facts->nodes, field.bytes, (guint) field.n_bytes);
      }
    else if (field.number == 5)
      read_tensor (facts, &wire, &field);
    else if (field.number >= 11 && field.number <= 13)
      {
        g_autofree char *name = read_info (facts, &wire, &field);

        if (field.number == 11 && depth == 0)
          g_ptr_array_add (facts->inputs, g_steal_pointer (&name));
      }
}

/* OperatorSetIdProto: domain 1, version 2 */
static void
read_opset (Facts *facts, StrataWire *outer, const StrataWireField *message)
{
  g_autofree char *domain = g_strdup ("");
  gint64 version = 0;
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, message);
  while (strata_wire_next (&wire, &field))
    if (field.number == 1)
      {
        g_free (domain);
        domain = strata_wire_text (&wire, &field);
      }
    else if (field.number == 2)
      version = strata_wire_int (&wire, &field);
  if (*domain == '\0' || g_str_equal (domain, "ai.onnx"))
    facts->opset = (int) CLAMP (version, 0, G_MAXINT32);
}

/* ModelProto: graph 7, opset_import 8 */
static void
read_model (Facts *facts, const char *bytes, gsize n_bytes)
{
  StrataWireField field;
  StrataWire wire;

  strata_wire_init (&wire, (const guint8 *) bytes, (const guint8 *) bytes, n_bytes);
  while (strata_wire_next (&wire, &field))
    if (field.number == 7)
      read_graph (facts, &wire, &field, 0);
    else if (field.number == 8)
      read_opset (facts, &wire, &field);
}

/* Whether a Dropout gets its switch as an input that is true in the first data set */
static gboolean
trains_by_input (const Facts *facts, const char *path)
{
  for (guint s = 0; s < facts->switches->len; s++)
    for (guint i = 0; i < facts->inputs->len; i++)
      if (g_str_equal (facts->switches->pdata[s], facts->inputs->pdata[i]))
        {
          g_autofree char *file = g_strdup_printf ("%s/test_data_set_0/input_%u.pb", path, i);
          g_autoptr (StrataArray) value = strata_array_load (file, NULL);

          if (value != NULL && value->dtype == STRATA_DTYPE_BOOL && *(const guint8 *) value->data != 0)
            return TRUE;
        }
  return FALSE;
}

static gboolean
read_facts (Facts *facts, const char *path)
{
  g_autofree char *model = g_build_filename (path, "model.onnx", NULL);
  g_autofree char *bytes = NULL;
  gsize n_bytes;

  if (!g_file_get_contents (model, &bytes, &n_bytes, NULL))
    return FALSE;
  read_model (facts, bytes, n_bytes);
  facts->found[ONNX_TRAINING] |= trains_by_input (facts, path);
  return TRUE;
}

static void
facts_init (Facts *facts)
{
  *facts = (Facts){ .nodes = g_byte_array_new (),
                    .operators = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
                    .inputs = g_ptr_array_new_with_free_func (g_free),
                    .switches = g_ptr_array_new_with_free_func (g_free) };
}

static void
facts_clear (Facts *facts)
{
  g_clear_pointer (&facts->nodes, g_byte_array_unref);
  g_clear_pointer (&facts->operators, g_hash_table_unref);
  g_clear_pointer (&facts->inputs, g_ptr_array_unref);
  g_clear_pointer (&facts->switches, g_ptr_array_unref);
}

/* The one operator of a model; NULL: it has several */
static char *
only_operator (const Facts *facts)
{
  g_autoptr (GList) names = g_hash_table_get_keys (facts->operators);

  if (names == NULL)
    return g_strdup ("Constant");
  return names->next == NULL ? g_strdup (names->data) : NULL;
}

static char *
expanded_operator (const char *folder, const char *name)
{
  const char *end = strstr (name, "_expanded");
  g_autofree char *original = end == NULL ? NULL : g_strndup (name, (gsize) (end - name));
  g_autofree char *path = original == NULL ? NULL : g_build_filename (folder, original, NULL);
  char *operator_name = NULL;
  Facts facts;

  if (path == NULL)
    return NULL;
  facts_init (&facts);
  if (read_facts (&facts, path))
    operator_name = only_operator (&facts);
  facts_clear (&facts);
  return operator_name;
}

/* test_rms_normalization_2d_axis0 begins with RMSNormalization: the longest name that fits, case and _ aside */
static char *
named_operator (const char *name)
{
  g_autoptr (GString) key = g_string_new (NULL);
  const char *best = NULL;

  name += g_str_has_prefix (name, "test_operator_") ? 14 : g_str_has_prefix (name, "test_") ? 5 : 0;
  for (; *name != '\0'; name++)
    if (*name != '_')
      g_string_append_c (key, g_ascii_tolower (*name));
  for (guint i = 0; onnx_tier_name (i) != NULL; i++)
    if (g_ascii_strncasecmp (key->str, onnx_tier_name (i), strlen (onnx_tier_name (i))) == 0
        && (best == NULL || strlen (onnx_tier_name (i)) > strlen (best)))
      best = onnx_tier_name (i);
  for (guint op = 0; op < STRATA_N_OPS; op++)
    {
      const char *candidate = strata_op_name ((StrataOp) op);

      if (g_ascii_strncasecmp (key->str, candidate, strlen (candidate)) == 0
          && (best == NULL || strlen (candidate) > strlen (best)))
        best = candidate;
    }
  return g_strdup (best);
}

OnnxCase *
onnx_case_new (const char *folder, const char *name)
{
  OnnxCase *c = g_new0 (OnnxCase, 1);
  Facts facts;

  c->path = g_build_filename (folder, name, NULL);
  c->name = g_strdup (name);
  facts_init (&facts);
  if (read_facts (&facts, c->path))
    c->operator_name = only_operator (&facts);
  if (c->operator_name == NULL)
    c->operator_name = expanded_operator (folder, name);
  if (c->operator_name == NULL && strstr (name, "_expanded") != NULL)
    c->operator_name = named_operator (name);
  if (c->operator_name == NULL)
    c->operator_name = g_strdup ("(several)");
  for (OnnxCategory category = ONNX_TRAINING; category < ONNX_N_CATEGORIES && c->category == ONNX_COUNTED; category++)
    if (facts.found[category])
      c->category = category;
  c->opset = facts.opset;
  c->nodes = g_steal_pointer (&facts.nodes);
  facts_clear (&facts);
  return c;
}

void
onnx_case_free (OnnxCase *c)
{
  if (c == NULL)
    return;
  g_free (c->path);
  g_free (c->name);
  g_free (c->operator_name);
  g_byte_array_unref (c->nodes);
  g_free (c);
}

const char *
onnx_category_name (OnnxCategory category)
{
  static const char *const names[] = {
    "counted", "training", "string", "sequence", "optional", "bfloat16, float8, int4 and less",
  };

  return names[category];
}
