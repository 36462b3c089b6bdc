/* SPDX-License-Identifier: Apache-2.0
 *
 * A call's inputs and outputs take the place of the function's; names inside get the call's output as prefix. Operator
 * sets of a function and of the model must agree on the operators used (onnx.proto), so the model's counts. Field
 * numbers: FunctionProto and OperatorSetIdProto in onnx.proto.
 */
#include "model/onnx/function.h"

#include <string.h>

enum
{
  FUNCTION_NAME = 1,
  FUNCTION_INPUT = 4,
  FUNCTION_OUTPUT = 5,
  FUNCTION_NODE = 7,
  FUNCTION_OPSET_IMPORT = 9,
  FUNCTION_DOMAIN = 10,
  FUNCTION_ATTRIBUTE_PROTO = 11,
  FUNCTION_OVERLOAD = 13,
};

enum
{
  OPERATOR_SET_DOMAIN = 1,
  OPERATOR_SET_VERSION = 2,
};

#define NAME_COST 16 /* of a formal name, beside the name itself */

struct _StrataOnnxFunction
{
  const guint8 *origin; /* of the file */
  StrataWireField field;
};

static char *
key_of (const char *domain, const char *name, const char *overload)
{
  return g_strdup_printf ("%s:%s:%s", g_str_equal (domain, "ai.onnx") ? "" : domain, name, overload);
}

gboolean
strata_onnx_operator_set (
  StrataWire *outer, const StrataWireField *message, char **domain, gint64 *version, GError **error)
{
  StrataWireField field;
  StrataWire wire;

  *domain = g_strdup ("");
  *version = 0;
  strata_wire_nest (&wire, outer, message);
  while (strata_wire_next (&wire, &field))
    if (field.number == OPERATOR_SET_DOMAIN)
      {
        g_free (*domain);
        *domain = strata_wire_text (&wire, &field);
      }
    else if (field.number == OPERATOR_SET_VERSION)
      *version = strata_wire_int (&wire, &field);
  return strata_wire_finish (&wire, error);
}

/* A set that only functions name counts for the model too. */
static gboolean
add_operator_set (StrataOnnxNodes *nodes, StrataWire *wire, const StrataWireField *field, GError **error)
{
  g_autofree char *domain = NULL;
  gint64 version;

  if (!strata_onnx_operator_set (wire, field, &domain, &version, error))
    return FALSE;
  if (!g_hash_table_contains (nodes->domains, domain))
    g_hash_table_insert (nodes->domains, g_steal_pointer (&domain),
                         GINT_TO_POINTER ((int) CLAMP (version, 0, G_MAXINT)));
  return TRUE;
}

static void
replace (char **text, char *by)
{
  g_free (*text);
  *text = by;
}

gboolean
strata_onnx_function_add (StrataOnnxNodes *nodes, StrataWire *outer, const StrataWireField *message, GError **error)
{
  g_autofree StrataOnnxFunction *function = g_new (StrataOnnxFunction, 1); /* outlives the arena of a round */
  g_autofree char *domain = g_strdup (""), *name = g_strdup (""), *overload = g_strdup ("");
  StrataWireField field;
  gboolean ok = TRUE;
  StrataWire wire;

  *function = (StrataOnnxFunction){ outer->origin, *message };
  strata_wire_nest (&wire, outer, message);
  while (ok && strata_wire_next (&wire, &field))
    if (field.number == FUNCTION_DOMAIN)
      replace (&domain, strata_wire_text (&wire, &field));
    else if (field.number == FUNCTION_NAME)
      replace (&name, strata_wire_text (&wire, &field));
    else if (field.number == FUNCTION_OVERLOAD)
      replace (&overload, strata_wire_text (&wire, &field));
    else if (field.number == FUNCTION_OPSET_IMPORT)
      ok = add_operator_set (nodes, &wire, &field, error);
  if (!ok || !strata_wire_finish (&wire, error))
    return FALSE;
  if (g_hash_table_insert (nodes->functions, key_of (domain, name, overload), g_steal_pointer (&function)))
    return TRUE;
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
               "the function %s is defined twice; each must have one definition", name);
  return FALSE;
}

const StrataOnnxFunction *
strata_onnx_function_find (const StrataOnnxNodes *nodes, const char *domain, const char *name, const char *overload)
{
  g_autofree char *key = NULL;

  if (g_hash_table_size (nodes->functions) == 0)
    return NULL;
  key = key_of (domain, name, overload);
  return g_hash_table_lookup (nodes->functions, key);
}

typedef struct
{
  StrataOnnxNodes *nodes;
  StrataOnnxScope *scope;
  const StrataOnnxCall *call;
  guint n_inputs, n_outputs; /* read */
} Unfold;

/* An input that the call leaves out is one that the function's nodes leave out. */
static gboolean
take_input (Unfold *unfold, const char *name, GError **error)
{
  guint i = unfold->n_inputs++;
  const char *given = i < unfold->call->inputs->len ? unfold->call->inputs->pdata[i] : "";

  return strata_onnx_scope_add (unfold->nodes, unfold->scope, name, given, error);
}

/* An output that is an input of the function too, or another output, is copied. */
static gboolean
take_output (Unfold *unfold, const char *name, GError **error)
{
  guint i = unfold->n_outputs++;
  const char *wanted = i < unfold->call->outputs->len ? unfold->call->outputs->pdata[i] : "";

  if (*wanted == '\0')
    return TRUE;
  if (g_hash_table_contains (unfold->scope->names, name))
    return strata_onnx_scope_copy (unfold->nodes, strata_onnx_scope_resolve (unfold->nodes, unfold->scope, name),
                                   wanted, unfold->call->index, error);
  return strata_onnx_scope_add (unfold->nodes, unfold->scope, name, wanted, error);
}

static gboolean
read_field (Unfold *unfold, StrataWire *wire, const StrataWireField *field, GError **error)
{
  g_autofree char *name = NULL;

  switch (field->number)
    {
    case FUNCTION_INPUT:
    case FUNCTION_OUTPUT:
      name = strata_wire_text (wire, field);
      if (!strata_onnx_charge (unfold->nodes, NAME_COST + strlen (name), error))
        return FALSE;
      return field->number == FUNCTION_INPUT ? take_input (unfold, name, error) : take_output (unfold, name, error);
    case FUNCTION_NODE:
      return strata_onnx_node (unfold->nodes, unfold->scope, unfold->call->index, wire, field, error);
    default:
      return strata_onnx_charge (unfold->nodes, NAME_COST + field->n_bytes, error)
             && strata_onnx_node_attr (unfold->nodes, wire, field, unfold->call->attrs, error);
    }
}

static gboolean
read_pass (Unfold *unfold, StrataWire wire, guint number, GError **error)
{
  StrataWireField field;
  gboolean ok = TRUE;

  while (ok && strata_wire_next (&wire, &field))
    if (field.number == number)
      ok = read_field (unfold, &wire, &field, error);
  return ok && strata_wire_finish (&wire, error);
}

/* Inner names, after those of the call have their places */
static gboolean
define_nodes (const Unfold *unfold, StrataWire wire, GError **error)
{
  StrataWireField field;
  gboolean ok = TRUE;

  while (ok && strata_wire_next (&wire, &field))
    if (field.number == FUNCTION_NODE)
      ok = strata_onnx_charge (unfold->nodes, NAME_COST, error)
           && strata_onnx_scope_add_outputs (unfold->nodes, unfold->scope, &wire, &field, error);
  return ok && strata_wire_finish (&wire, error);
}

static gboolean
unfold_function (Unfold *unfold, StrataWire wire, GError **error)
{
  if (!read_pass (unfold, wire, FUNCTION_INPUT, error) || !read_pass (unfold, wire, FUNCTION_OUTPUT, error)
      || !read_pass (unfold, wire, FUNCTION_ATTRIBUTE_PROTO, error) || !define_nodes (unfold, wire, error))
    return FALSE;
  if (unfold->call->inputs->len <= unfold->n_inputs && unfold->call->outputs->len <= unfold->n_outputs)
    return read_pass (unfold, wire, FUNCTION_NODE, error);
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
               "%u inputs and %u outputs; the function takes %u and gives %u", unfold->call->inputs->len,
               unfold->call->outputs->len, unfold->n_inputs, unfold->n_outputs);
  return FALSE;
}

gboolean
strata_onnx_function_inline (StrataOnnxNodes *nodes,
                             const StrataOnnxScope *outer,
                             const StrataOnnxFunction *function,
                             const StrataOnnxCall *call,
                             GError **error)
{
  g_auto (StrataOnnxScope) scope = { 0 };
  Unfold unfold = { nodes, &scope, call, 0, 0 };
  StrataWire file, wire;

  if (!strata_onnx_scope_init (&scope, outer, call->prefix, error))
    return FALSE;
  scope.is_function = TRUE;
  scope.attrs = call->attrs;
  strata_wire_init (&file, function->origin, function->field.bytes, 0);
  strata_wire_nest (&wire, &file, &function->field);
  return unfold_function (&unfold, wire, error);
}
