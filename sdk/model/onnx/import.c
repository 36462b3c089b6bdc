/* SPDX-License-Identifier: Apache-2.0
 *
 * ModelProto to graph: two passes over GraphProto, first what defines values, then what nodes read. Structure is
 * checked here, shapes in shapes.c. Field numbers: onnx.proto. Messages begin with the file, then the place in it.
 */
#include "model/graph.h"

#include <string.h>
#include <sys/mman.h>

#include "base/map.h"
#include "model/graph-build.h"
#include "model/onnx/function.h"
#include "model/onnx/given.h"
#include "model/onnx/loop.h"
#include "model/onnx/tensor.h"
#include "model/shape/shapes.h"

#define MIN_OPSET 1
#define MAX_OPSET 28
#define MAX_ROUNDS 32
/* What functions and branches may unfold to, bytes: so much, and so much per byte of the file */
#define MIN_UNFOLDED ((gsize) 1 << 20)
#define UNFOLDED_PER_BYTE ((gsize) 16)
#define SURE_ROUNDS 4         /* whatever the size of the graph */
#define MAX_NODES_READ 200000 /* in more rounds than that */
#define LEAST_VALUE_BYTES 4   /* in the file: a name that is not one of the few of one letter, and what goes round it */
#define LEAST_NODE_BYTES 12
#define LARGE_BYTES ((gsize) 64 << 20)

enum
{
  MODEL_PRODUCER_NAME = 2,
  MODEL_GRAPH = 7,
  MODEL_OPSET_IMPORT = 8,
  MODEL_FUNCTIONS = 25,
};

enum
{
  GRAPH_NODE = 1,
  GRAPH_INITIALIZER = 5,
  GRAPH_INPUT = 11,
  GRAPH_OUTPUT = 12,
  GRAPH_SPARSE_INITIALIZER = 15,
  NODE_OUTPUT = 2,
};

typedef struct
{
  StrataOnnxSource source;
  StrataGraphBuilder builder;
  StrataGraph *graph;
  StrataOnnxGiven given;
  GArray *places; /* int per input: its place among those of the file */
  GArray *bound;  /* StrataBoundInput */
  int n_file_inputs;
  StrataOnnxNodes nodes;
  GPtrArray *output_names; /* in the arena */
  StrataWireField graph_field;
  gboolean has_graph, has_opset;
} Import;

static gboolean fail (GError **error, StrataImportError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail (GError **error, StrataImportError code, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, STRATA_IMPORT_ERROR, (int) code, text);
  return FALSE;
}

static gboolean
read_opset (Import *import, StrataWire *outer, const StrataWireField *message, GError **error)
{
  g_autofree char *domain = NULL;
  gint64 version;

  if (!strata_onnx_operator_set (outer, message, &domain, &version, error))
    return FALSE;
  if (*domain != '\0' && !g_str_equal (domain, "ai.onnx"))
    {
      g_hash_table_insert (import->nodes.domains, g_steal_pointer (&domain),
                           GINT_TO_POINTER ((int) CLAMP (version, 0, G_MAXINT)));
      return TRUE;
    }
  if (version < MIN_OPSET || version > MAX_OPSET)
    return fail (error, STRATA_IMPORT_ERROR_UNSUPPORTED,
                 "opset %" G_GINT64_FORMAT " is not supported; opsets %d to %d are accepted", version, MIN_OPSET,
                 MAX_OPSET);
  import->graph->opset = (int) version;
  import->has_opset = TRUE;
  return TRUE;
}

static gboolean
read_model_field (Import *import, StrataWire *wire, const StrataWireField *field, GError **error)
{
  switch (field->number)
    {
    case MODEL_PRODUCER_NAME:
      {
        g_autofree char *name = strata_wire_text (wire, field);

        import->graph->producer_name = strata_arena_strdup (import->graph->arena, name);
        return TRUE;
      }
    case MODEL_OPSET_IMPORT:
      return read_opset (import, wire, field, error);
    case MODEL_FUNCTIONS:
      return strata_onnx_function_add (&import->nodes, wire, field, error);
    case MODEL_GRAPH:
      if (import->has_graph)
        strata_wire_fail (wire, field->bytes, "a second graph; a model has one");
      import->graph_field = *field;
      import->has_graph = TRUE;
      return TRUE;
    default:
      return TRUE;
    }
}

static gboolean
read_model (Import *import, StrataWire *wire, GError **error)
{
  StrataWireField field;

  while (strata_wire_next (wire, &field))
    if (!read_model_field (import, wire, &field, error))
      return FALSE;
  if (!strata_wire_finish (wire, error))
    return FALSE;
  if (!import->has_graph)
    return fail (error, STRATA_IMPORT_ERROR_FORMAT, "there is no graph in it; this is not an ONNX model");
  if (!import->has_opset)
    return fail (error, STRATA_IMPORT_ERROR_FORMAT,
                 "it names no version of the ONNX operators; opsets %d to %d are accepted", MIN_OPSET, MAX_OPSET);
  return TRUE;
}

static gboolean
read_initializer (Import *import, StrataWire *wire, const StrataWireField *field, GError **error)
{
  StrataValue value;

  if (!strata_onnx_tensor (&import->source, wire, field, &value, error))
    return FALSE;
  if (*value.name == '\0')
    return fail (error, STRATA_IMPORT_ERROR_FORMAT, "an initialiser has no name; nothing could read it");
  return strata_graph_builder_value (&import->builder, &value, error) >= 0;
}

static void
note_bound (Import *import, const StrataValue *value)
{
  StrataBoundInput bound = { value->name, import->n_file_inputs, { .dtype = value->dtype, .n_dims = value->n_dims } };

  memcpy (bound.array.dims, value->dims, sizeof bound.array.dims);
  bound.array.data = (void *) value->data;
  bound.array.n_bytes = value->n_bytes;
  g_array_append_val (import->bound, bound);
}

static gboolean
read_input (Import *import, StrataWire *wire, const StrataWireField *field, GError **error)
{
  StrataValue value = { .n_dims = -1, .producer = -1 };
  StrataOnnxInfo info;
  const StrataBinding *binding;
  int id;

  if (!strata_onnx_info (import->graph->arena, wire, field, &info, error))
    return FALSE;
  id = strata_graph_builder_find (&import->builder, info.name);
  if (id >= 0 && import->builder.values[id].data != NULL)
    return TRUE; /* an initialiser: files of IR version 3 list them here too */
  value.name = info.name;
  binding = strata_onnx_given_value (&import->given, &info);
  if (binding != NULL ? !strata_onnx_given_bind (&import->given, binding, &info, &value, error)
                      : !strata_onnx_given_size (&import->given, &info, &value, error))
    return FALSE;
  id = strata_graph_builder_value (&import->builder, &value, error);
  if (id >= 0 && binding == NULL)
    {
      g_array_append_val (import->builder.inputs, id);
      g_array_append_val (import->places, import->n_file_inputs);
    }
  if (id >= 0 && binding != NULL)
    note_bound (import, &import->builder.values[id]);
  import->n_file_inputs++;
  return id >= 0;
}

static gboolean
read_output (Import *import, StrataWire *wire, const StrataWireField *field, GError **error)
{
  StrataOnnxInfo info;

  if (!strata_onnx_info (import->graph->arena, wire, field, &info, error))
    return FALSE;
  g_ptr_array_add (import->output_names, (char *) info.name);
  return TRUE;
}

static gboolean
read_graph_pass (Import *import, StrataWire wire, guint number, GError **error)
{
  StrataWireField field;
  gboolean ok = TRUE;
  int n_nodes = 0;

  while (ok && strata_wire_next (&wire, &field))
    {
      if (field.number != number)
        continue;
      if (number == GRAPH_INITIALIZER)
        ok = read_initializer (import, &wire, &field, error);
      else if (number == GRAPH_INPUT)
        ok = read_input (import, &wire, &field, error);
      else if (number == GRAPH_OUTPUT)
        ok = read_output (import, &wire, &field, error);
      else if (number == GRAPH_NODE)
        ok = strata_onnx_node (&import->nodes, NULL, n_nodes++, &wire, &field, error);
      else
        ok = fail (error, STRATA_IMPORT_ERROR_UNSUPPORTED, "a sparse initialiser; only dense tensors are accepted");
    }
  return ok && strata_wire_finish (&wire, error);
}

static gboolean
resolve_outputs (Import *import, GError **error)
{
  for (guint i = 0; i < import->output_names->len; i++)
    {
      const char *name = import->output_names->pdata[i];
      int id = strata_graph_builder_find (&import->builder, name);

      if (id < 0)
        return fail (error, STRATA_IMPORT_ERROR_FORMAT,
                     "the output %s of the model is not defined; it must be the output of a node", name);
      g_array_append_val (import->builder.outputs, id);
    }
  if (import->output_names->len == 0)
    return fail (error, STRATA_IMPORT_ERROR_FORMAT, "the graph has no outputs; at least one is needed");
  return TRUE;
}

static gboolean
check_bound (const Import *import, GError **error)
{
  for (int i = 0; i < import->given.options->n_values; i++)
    {
      const StrataBinding *binding = &import->given.options->values[i];
      gboolean found = binding->is_hint;

      for (guint j = 0; j < import->bound->len && !found; j++)
        found = g_str_equal (g_array_index (import->bound, StrataBoundInput, j).name, binding->name);
      if (!found)
        return fail (error, STRATA_IMPORT_ERROR_SHAPE,
                     "a value is given for %s, which is no input of the model; give the name of an input",
                     binding->name);
    }
  return TRUE;
}

static gboolean
check_open (const Import *import, GError **error)
{
  for (int i = 0; i < import->given.options->n_shapes; i++)
    {
      const StrataShapeBinding *shape = &import->given.options->shapes[i];
      int input = strata_graph_builder_find (&import->builder, shape->name);

      if (import->given.is_used[i] || shape->is_hint)
        continue;
      if (input >= 0)
        return fail (error, STRATA_IMPORT_ERROR_SHAPE,
                     "sizes given for input %s: %d, where it has %d dimensions; give all of them, as 1x64", shape->name,
                     MAX (shape->n_dims, 1), import->builder.values[input].n_dims);
      return fail (error, STRATA_IMPORT_ERROR_SHAPE,
                   "a size is given for %s, which the model does not have; give the name of an input or of an open "
                   "dimension",
                   shape->name);
    }
  if (import->given.open->len == 0)
    return TRUE;
  return fail (error, STRATA_IMPORT_ERROR_SHAPE,
               "dimensions are open: input %s; give the size of each by name, or the input's whole shape (--shape "
               "NAME=SIZE, --shape INPUT=1x64); only a first dimension may be left open, and is 1 then",
               import->given.open->str);
}

/* Counts what the graph defines, so that tables get their size at once: growing ones hold half as much again. What
 * branches and attributes define is not counted. */
static void
reserve (Import *import, StrataWire wire)
{
  gsize n_bytes = (gsize) (wire.end - wire.at);
  guint n_values = 0, n_nodes = 0;
  StrataWireField field, inner;
  StrataWire node;

  while (strata_wire_next (&wire, &field))
    {
      n_values += field.number == GRAPH_INITIALIZER || field.number == GRAPH_INPUT;
      if (field.number != GRAPH_NODE)
        continue;
      n_nodes++;
      strata_wire_nest (&node, &wire, &field);
      while (strata_wire_next (&node, &inner))
        n_values += inner.number == NODE_OUTPUT;
    }
  strata_graph_builder_reserve (&import->builder, MIN (n_values, (guint) (n_bytes / LEAST_VALUE_BYTES)),
                                MIN (n_nodes, (guint) (n_bytes / LEAST_NODE_BYTES)));
}

static gboolean
read_graph_once (Import *import, StrataWire *model, GError **error)
{
  static const guint passes[] = { GRAPH_SPARSE_INITIALIZER, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_NODE, GRAPH_OUTPUT };
  StrataWire wire;

  strata_wire_nest (&wire, model, &import->graph_field);
  import->nodes.opset = import->graph->opset;
  import->nodes.n_undecided = 0;
  import->nodes.n_unrolled = 0;
  import->nodes.n_names = 0;
  reserve (import, wire);
  for (guint i = 0; i < G_N_ELEMENTS (passes); i++)
    if (!read_graph_pass (import, wire, passes[i], error)
        || (passes[i] == GRAPH_INPUT && !(check_bound (import, error) && check_open (import, error))))
      return FALSE;
  return strata_onnx_check_overlaps (&import->source, error) && resolve_outputs (import, error)
         && strata_graph_builder_link (&import->builder, import->graph, error);
}

/* Forgets what was read, with its memory: many rounds take no more than one. */
static void
begin_round (Import *import)
{
  StrataArena *arena = strata_arena_new ();
  StrataGraph *graph = import->graph;

  graph->path = strata_arena_strdup (arena, graph->path);
  graph->producer_name = strata_arena_strdup (arena, graph->producer_name);
  strata_graph_builder_clear (&import->builder);
  strata_arena_free (graph->arena);
  graph->arena = import->source.arena = arena;
  g_array_set_size (import->source.ranges, 0);
  strata_graph_builder_init (&import->builder, arena);
  g_ptr_array_set_size (import->output_names, 0);
  g_array_set_size (import->places, 0);
  g_array_set_size (import->bound, 0);
  import->n_file_inputs = 0;
  g_hash_table_remove_all (import->nodes.constants);
  g_array_set_size (import->nodes.loops, 0);
}

/* Reads the graph, decides what Ifs, Loops and Scans it can, and reads it again with their branches and bodies in
 * place, until none is left and no unrolled Loop ends earlier or later. */
static gboolean
read_graph (Import *import, StrataWire *model, GError **error)
{
  int n_read = 0;

  for (int round = 0; round < MAX_ROUNDS && (round < SURE_ROUNDS || n_read < MAX_NODES_READ); round++)
    {
      gboolean again = TRUE;

      if (!read_graph_once (import, model, error))
        return FALSE;
      if (import->nodes.n_undecided > 0 ? !strata_graph_decide (import->graph, import->nodes.decisions, error)
                                        : !strata_graph_infer (import->graph, error)
                                            || !strata_onnx_check_loops (&import->nodes, import->graph, &again, error))
        return FALSE;
      if (!again)
        return TRUE;
      n_read += import->graph->n_nodes;
      begin_round (import);
    }
  return fail (
    error, STRATA_IMPORT_ERROR_UNSUPPORTED,
    "its conditions depend on each other in a chain of more than %d, or of %d in a graph as large; fewer are "
    "accepted",
    MAX_ROUNDS, SURE_ROUNDS);
}

static void
import_init (Import *import,
             StrataGraph *graph,
             GBytes *bytes,
             const char *origin,
             const char *folder,
             const StrataImportOptions *options)
{
  graph->arena = strata_arena_new ();
  graph->backing = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (graph->backing, g_bytes_ref (bytes));
  graph->path = strata_arena_strdup (graph->arena, origin);
  *import = (Import){ .graph = graph, .output_names = g_ptr_array_new () };
  import->given = (StrataOnnxGiven){ options, graph, g_new0 (gboolean, options->n_shapes + 1), g_string_new (NULL) };
  import->places = g_array_new (FALSE, FALSE, sizeof (int));
  import->bound = g_array_new (FALSE, FALSE, sizeof (StrataBoundInput));
  strata_onnx_source_init (&import->source, graph->arena, graph->backing, folder);
  import->source.graph = graph;
  strata_graph_builder_init (&import->builder, graph->arena);
  strata_onnx_nodes_init (&import->nodes, &import->source, &import->builder);
  import->nodes.budget = MIN_UNFOLDED + UNFOLDED_PER_BYTE * g_bytes_get_size (bytes);
}

static void
import_clear (Import *import)
{
  strata_graph_builder_clear (&import->builder);
  strata_onnx_source_clear (&import->source);
  g_clear_pointer (&import->output_names, g_ptr_array_unref);
  strata_onnx_nodes_clear (&import->nodes);
  g_clear_pointer (&import->given.is_used, g_free);
  g_clear_pointer (&import->places, g_array_unref);
  g_clear_pointer (&import->bound, g_array_unref);
  g_string_free (import->given.open, TRUE);
}

/* Opens the outermost message. */
static gboolean
begin (Import *import, GBytes *bytes, StrataWire *wire, GError **error)
{
  gsize n_bytes;
  const guint8 *data = g_bytes_get_data (bytes, &n_bytes);

  if (n_bytes == 0)
    return fail (error, STRATA_IMPORT_ERROR_FORMAT, "it is empty; an ONNX model is expected");
  strata_wire_init (wire, data, data, n_bytes);
  return read_model (import, wire, error);
}

static StrataGraph *
parse (GBytes *bytes,
       const char *origin,
       const char *folder,
       const StrataFileStamp *stamp,
       const StrataImportOptions *options,
       GError **error)
{
  g_autoptr (StrataGraph) graph = g_new0 (StrataGraph, 1);
  Import import;
  StrataWire wire;
  gboolean ok;

  import_init (&import, graph, bytes, origin, folder, options);
  if (stamp != NULL)
    strata_graph_add_file (graph, bytes, origin, stamp);
  ok = begin (&import, bytes, &wire, error) && read_graph (&import, &wire, error);
  if (ok && import.n_file_inputs > graph->n_inputs)
    graph->input_places =
      strata_arena_memdup (graph->arena, import.places->data, sizeof (int) * (gsize) graph->n_inputs);
  if (ok && import.bound->len > 0)
    {
      graph->bound =
        strata_arena_memdup (graph->arena, import.bound->data, sizeof (StrataBoundInput) * import.bound->len);
      graph->n_bound = (int) import.bound->len;
    }
  import_clear (&import);
  if (ok)
    return g_steal_pointer (&graph);
  g_prefix_error (error, "%s: ", origin);
  return NULL;
}

/* The name alone: data of the tensor, which may lie in another file, is not looked at. */
static char *
read_initializer_name (StrataWire *outer, const StrataWireField *message, GError **error)
{
  g_autofree char *name = g_strdup ("");
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, message);
  while (strata_wire_next (&wire, &field))
    if (field.number == STRATA_ONNX_TENSOR_NAME)
      {
        g_free (name);
        name = strata_wire_text (&wire, &field);
      }
  return strata_wire_finish (&wire, error) ? g_steal_pointer (&name) : NULL;
}

static GHashTable *
collect_initializer_names (StrataWire wire, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  StrataWireField field;

  while (strata_wire_next (&wire, &field))
    if (field.number == GRAPH_INITIALIZER)
      {
        char *name = read_initializer_name (&wire, &field, error);

        if (name == NULL)
          return NULL;
        g_hash_table_add (names, name);
      }
  return strata_wire_finish (&wire, error) ? g_steal_pointer (&names) : NULL;
}

static gboolean
collect_input_names (Import *import, StrataWire *model, GPtrArray *names, GError **error)
{
  g_autoptr (GHashTable) initializers = NULL;
  StrataWireField field;
  StrataOnnxInfo info;
  StrataWire wire;

  strata_wire_nest (&wire, model, &import->graph_field);
  initializers = collect_initializer_names (wire, error);
  if (initializers == NULL)
    return FALSE;
  while (strata_wire_next (&wire, &field))
    if (field.number == GRAPH_INPUT)
      {
        if (!strata_onnx_info (import->graph->arena, &wire, &field, &info, error))
          return FALSE;
        if (!g_hash_table_contains (initializers, info.name))
          g_ptr_array_add (names, g_strdup (info.name));
      }
  return strata_wire_finish (&wire, error);
}

char **
strata_onnx_input_names (GBytes *bytes, const char *origin, GError **error)
{
  g_autoptr (StrataGraph) graph = g_new0 (StrataGraph, 1);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  StrataImportOptions options = { 0 };
  Import import;
  StrataWire wire;
  gboolean ok;

  import_init (&import, graph, bytes, origin, NULL, &options);
  ok = begin (&import, bytes, &wire, error) && collect_input_names (&import, &wire, names, error);
  import_clear (&import);
  if (!ok)
    {
      g_prefix_error (error, "%s: ", origin);
      return NULL;
    }
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_steal (names, NULL);
}

StrataGraph *
strata_onnx_parse_with (GBytes *bytes, const char *origin, const StrataImportOptions *options, GError **error)
{
  return parse (bytes, origin, NULL, NULL, options, error);
}

StrataGraph *
strata_onnx_parse (GBytes *bytes, const char *origin, GError **error)
{
  StrataImportOptions options = { 0 };

  return strata_onnx_parse_with (bytes, origin, &options, error);
}

/* Of a large file, a disk reads the pages around the headers of tensors only: systems read megabytes ahead, which from
 * each header to the next would be all of the file. */
static void
advise (GBytes *mapped, int advice)
{
  gsize n_bytes;
  gconstpointer bytes = g_bytes_get_data (mapped, &n_bytes);

  if (n_bytes >= LARGE_BYTES)
    madvise ((gpointer) bytes, n_bytes, advice);
}

StrataGraph *
strata_onnx_load_with (const char *path, const StrataImportOptions *options, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GBytes) bytes = NULL;
  StrataFileStamp stamp;
  StrataGraph *graph;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  bytes = strata_map_file_stamped (path, &stamp, &reason);
  if (bytes == NULL)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND,
                   "%s: cannot be read (%s); give the path of an ONNX model", path, reason->message);
      return NULL;
    }
  advise (bytes, MADV_RANDOM);
  graph = parse (bytes, path, folder, &stamp, options, error);
  advise (bytes, MADV_NORMAL);
  return graph;
}

static StrataGraph *
load_bound (const char *path, const StrataBinding *bindings, int n_bindings, GCancellable *cancellable, GError **error)
{
  StrataImportOptions options = { .values = bindings, .n_values = n_bindings };

  return strata_onnx_load_with (path, &options, cancellable, error);
}

StrataGraph *
strata_onnx_load (const char *path, GCancellable *cancellable, GError **error)
{
  return load_bound (path, NULL, 0, cancellable, error);
}
