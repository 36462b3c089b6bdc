/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists through the reads of each value and through the nodes in order. Names, attributes and bytes of constants stay
 * where the source has them; what the rules add is in the arena of the result, bytes of new constants in blobs of their
 * own, of which only those that are still read are kept.
 */
#include "model/rewrite/state.h"

#include <string.h>

#include "model/element.h"
#include "model/shape/shapes.h"

static const StrataShapeFunc rules[] = {
#define STRATA_OP(id, onnx, since, until, min_in, max_in, max_out, rule, exec, meaning)                                \
  [STRATA_OP_##id] = strata_shape_##rule,
#include "model/ops.def"
#undef STRATA_OP
};

#define LINK(rw, node) (&g_array_index ((rw)->links, StrataNodeLink, (node)))
#define READ(rw, read) (&g_array_index ((rw)->reads, StrataRead, (read)))
#define FIRST_READ(rw, value) (g_array_index ((rw)->first_reads, int, (value)))

StrataNode *
strata_rewrite_node (const StrataRewriting *rw, int node)
{
  return &rw->graph->nodes[node];
}

StrataValue *
strata_rewrite_value (const StrataRewriting *rw, int value)
{
  return &rw->graph->values[value];
}

gboolean
strata_rewrite_is_constant (const StrataRewriting *rw, int value)
{
  return rw->graph->values[value].data != NULL || rw->graph->values[value].weightless;
}

gboolean
strata_rewrite_is_sole (const StrataRewriting *rw, int value)
{
  return rw->graph->values[value].n_consumers == 1 && !g_array_index (rw->is_output, gboolean, value);
}

int
strata_rewrite_reader (const StrataRewriting *rw, int value)
{
  int read = FIRST_READ (rw, value);

  return read < 0 ? -1 : READ (rw, read)->node;
}

StrataAttr
strata_rewrite_int (const char *name, gint64 value)
{
  return (StrataAttr){ .name = name, .kind = STRATA_ATTR_INT, .i = value, .s = "", .tensor = -1 };
}

StrataAttr
strata_rewrite_float (const char *name, float value)
{
  return (StrataAttr){ .name = name, .kind = STRATA_ATTR_FLOAT, .f = value, .s = "", .tensor = -1 };
}

static int
add_value (StrataRewriting *rw, const StrataValue *value)
{
  int none = -1, id = (int) rw->values->len;
  gboolean is_output = FALSE;

  g_array_append_vals (rw->values, value, 1);
  g_array_append_val (rw->first_reads, none);
  g_array_append_val (rw->is_output, is_output);
  rw->graph->values = (StrataValue *) (void *) rw->values->data;
  rw->graph->n_values = (int) rw->values->len;
  if (rw->names != NULL)
    g_hash_table_insert (rw->names, (char *) value->name, GINT_TO_POINTER (id + 1));
  return id;
}

static void
link_read (StrataRewriting *rw, int read, int value)
{
  StrataRead *r = READ (rw, read);

  r->before = -1;
  r->after = FIRST_READ (rw, value);
  if (r->after >= 0)
    READ (rw, r->after)->before = read;
  FIRST_READ (rw, value) = read;
  rw->graph->values[value].n_consumers++;
}

static void
unlink_read (StrataRewriting *rw, int read, int value)
{
  StrataRead *r = READ (rw, read);

  if (r->before >= 0)
    READ (rw, r->before)->after = r->after;
  else
    FIRST_READ (rw, value) = r->after;
  if (r->after >= 0)
    READ (rw, r->after)->before = r->before;
  rw->graph->values[value].n_consumers--;
}

static void
read_inputs (StrataRewriting *rw, int node)
{
  const StrataNode *n = &rw->graph->nodes[node];

  LINK (rw, node)->first_read = (int) rw->reads->len;
  for (int i = 0; i < n->n_inputs; i++)
    {
      StrataRead read = { node, i, -1, -1 };

      g_array_append_val (rw->reads, read);
      if (n->inputs[i] >= 0)
        link_read (rw, (int) rw->reads->len - 1, n->inputs[i]);
    }
}

static void
forget_inputs (StrataRewriting *rw, int node)
{
  const StrataNode *n = &rw->graph->nodes[node];

  for (int i = 0; i < n->n_inputs; i++)
    if (n->inputs[i] >= 0)
      unlink_read (rw, LINK (rw, node)->first_read + i, n->inputs[i]);
}

/* Adds @node before @place in the order; -1: at the end. */
static int
add_node (StrataRewriting *rw, const StrataNode *node, int place)
{
  int id = (int) rw->nodes->len, none = -1;
  StrataNodeLink link = { .after = place, .before = place < 0 ? rw->last : LINK (rw, place)->before };

  g_array_append_vals (rw->nodes, node, 1);
  rw->graph->nodes = (StrataNode *) (void *) rw->nodes->data;
  rw->graph->n_nodes = (int) rw->nodes->len;
  g_array_append_val (rw->links, link);
  g_array_append_val (rw->heirs, none);
  *(link.before < 0 ? &rw->first : &LINK (rw, link.before)->after) = id;
  *(place < 0 ? &rw->last : &LINK (rw, place)->before) = id;
  read_inputs (rw, id);
  return id;
}

static void
copy_nodes (StrataRewriting *rw, const StrataGraph *source)
{
  StrataArena *arena = rw->graph->arena;

  for (int i = 0; i < source->n_nodes; i++)
    {
      StrataNode node = source->nodes[i];

      node.inputs = strata_arena_memdup (arena, node.inputs, sizeof (int) * (gsize) node.n_inputs);
      node.outputs = strata_arena_memdup (arena, node.outputs, sizeof (int) * (gsize) node.n_outputs);
      add_node (rw, &node, -1);
    }
}

static void
release_arena (gpointer arena)
{
  strata_arena_free (arena);
}

/* The result holds on to all that the source holds. */
static void
share_memory (StrataGraph *graph, const StrataGraph *source)
{
  StrataArena *arena = strata_arena_ref (source->arena);

  graph->backing = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (guint i = 0; source->backing != NULL && i < source->backing->len; i++)
    g_ptr_array_add (graph->backing, g_bytes_ref (source->backing->pdata[i]));
  graph->lent = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (guint i = 0; source->lent != NULL && i < source->lent->len; i++)
    g_ptr_array_add (graph->lent, g_bytes_ref (source->lent->pdata[i]));
  g_ptr_array_add (graph->lent, g_bytes_new_with_free_func (NULL, 0, release_arena, arena));
}

void
strata_rewrite_init (StrataRewriting *rw, const StrataGraph *source, const StrataRewriteOptions *options)
{
  StrataGraph *graph = g_new0 (StrataGraph, 1);

  *rw = (StrataRewriting){ .graph = graph, .options = *options, .first = -1, .last = -1 };
  rw->values = g_array_sized_new (FALSE, FALSE, sizeof (StrataValue), (guint) source->n_values);
  rw->nodes = g_array_sized_new (FALSE, FALSE, sizeof (StrataNode), (guint) source->n_nodes);
  rw->links = g_array_new (FALSE, FALSE, sizeof (StrataNodeLink));
  rw->reads = g_array_new (FALSE, FALSE, sizeof (StrataRead));
  rw->first_reads = g_array_new (FALSE, FALSE, sizeof (int));
  rw->is_output = g_array_new (FALSE, FALSE, sizeof (gboolean));
  rw->heirs = g_array_new (FALSE, FALSE, sizeof (int));
  rw->blobs = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_bytes_unref);
  rw->entries = g_array_new (FALSE, FALSE, sizeof (StrataRewriteEntry));
  rw->log = g_new0 (StrataRewriteLog, 1);
  rw->log->arena = strata_arena_new ();
  graph->arena = strata_arena_new ();
  share_memory (graph, source);
  graph->path = source->path;
  graph->producer_name = source->producer_name;
  graph->opset = source->opset;
  graph->n_folded = source->n_folded;
  graph->input_places = source->input_places;
  graph->shapes = source->shapes;
  graph->bound = source->bound;
  graph->n_bound = source->n_bound;
  for (int i = 0; i < source->n_values; i++)
    {
      StrataValue value = source->values[i];

      value.n_consumers = 0;
      add_value (rw, &value);
    }
  copy_nodes (rw, source);
  rw->n_source = source->n_nodes;
  graph->n_inputs = source->n_inputs;
  graph->n_outputs = source->n_outputs;
  graph->inputs = strata_arena_memdup (graph->arena, source->inputs, sizeof (int) * (gsize) source->n_inputs);
  graph->outputs = strata_arena_memdup (graph->arena, source->outputs, sizeof (int) * (gsize) source->n_outputs);
  for (int i = 0; i < graph->n_outputs; i++)
    {
      g_array_index (rw->is_output, gboolean, graph->outputs[i]) = TRUE;
      graph->values[graph->outputs[i]].n_consumers++;
    }
}

void
strata_rewrite_clear (StrataRewriting *rw)
{
  if (rw->graph != NULL)
    {
      rw->graph->values = NULL;
      rw->graph->nodes = NULL;
    }
  g_clear_pointer (&rw->graph, strata_graph_free);
  g_clear_pointer (&rw->values, g_array_unref);
  g_clear_pointer (&rw->nodes, g_array_unref);
  g_clear_pointer (&rw->links, g_array_unref);
  g_clear_pointer (&rw->reads, g_array_unref);
  g_clear_pointer (&rw->first_reads, g_array_unref);
  g_clear_pointer (&rw->is_output, g_array_unref);
  g_clear_pointer (&rw->heirs, g_array_unref);
  g_clear_pointer (&rw->blobs, g_hash_table_unref);
  g_clear_pointer (&rw->names, g_hash_table_unref);
  g_clear_pointer (&rw->entries, g_array_unref);
  g_clear_pointer (&rw->log, strata_rewrite_log_free);
}

void
strata_rewrite_set (
  StrataRewriting *rw, int node, StrataOp op, const int *inputs, int n_inputs, const StrataAttr *attrs, int n_attrs)
{
  StrataNode *n = strata_rewrite_node (rw, node);
  StrataArena *arena = rw->graph->arena;

  while (n_inputs > 0 && inputs[n_inputs - 1] < 0)
    n_inputs--;
  forget_inputs (rw, node);
  n->op = op;
  n->inputs = strata_arena_memdup (arena, inputs, sizeof (int) * (gsize) n_inputs);
  n->n_inputs = n_inputs;
  n->attrs = strata_arena_memdup (arena, attrs, sizeof (StrataAttr) * (gsize) n_attrs);
  n->n_attrs = n_attrs;
  read_inputs (rw, node);
}

void
strata_rewrite_remove (StrataRewriting *rw, int node, int heir)
{
  StrataNodeLink *link = LINK (rw, node);
  const StrataNode *n = strata_rewrite_node (rw, node);

  g_assert (!link->gone);
  forget_inputs (rw, node);
  link->gone = TRUE;
  g_array_index (rw->heirs, int, node) = heir;
  *(link->before < 0 ? &rw->first : &LINK (rw, link->before)->after) = link->after;
  *(link->after < 0 ? &rw->last : &LINK (rw, link->after)->before) = link->before;
  for (int i = 0; i < n->n_outputs; i++)
    if (n->outputs[i] >= 0 && rw->graph->values[n->outputs[i]].producer == node)
      rw->graph->values[n->outputs[i]].producer = -1;
}

void
strata_rewrite_redirect (StrataRewriting *rw, int from, int to)
{
  while (FIRST_READ (rw, from) >= 0)
    {
      int read = FIRST_READ (rw, from);

      unlink_read (rw, read, from);
      rw->graph->nodes[READ (rw, read)->node].inputs[READ (rw, read)->slot] = to;
      link_read (rw, read, to);
      rw->log->n_steps++;
    }
}

int
strata_rewrite_find (StrataRewriting *rw, const char *name)
{
  if (rw->names == NULL)
    {
      rw->names = g_hash_table_new (g_str_hash, g_str_equal);
      for (guint i = 0; i < rw->values->len; i++)
        g_hash_table_insert (rw->names, (char *) rw->graph->values[i].name, GINT_TO_POINTER (i + 1));
      rw->log->n_steps += rw->values->len;
    }
  return GPOINTER_TO_INT (g_hash_table_lookup (rw->names, name)) - 1;
}

static const char *
free_name (StrataRewriting *rw, const char *name)
{
  const char *made = strata_arena_strdup (rw->graph->arena, name);

  for (int i = 2; strata_rewrite_find (rw, made) >= 0; i++)
    made = strata_arena_printf (rw->graph->arena, "%s_%d", name, i);
  return made;
}

gboolean
strata_rewrite_fits (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  StrataShape shape = { rw->graph, n, node };
  StrataValue before[4];
  gboolean fits;

  if (n->n_outputs > (int) G_N_ELEMENTS (before))
    return FALSE;
  for (int i = 0; i < n->n_outputs; i++)
    if (n->outputs[i] >= 0)
      before[i] = rw->graph->values[n->outputs[i]];
  fits = rules[n->op](&shape, NULL);
  for (int i = 0; i < n->n_outputs; i++)
    if (n->outputs[i] >= 0)
      {
        StrataValue *after = strata_rewrite_value (rw, n->outputs[i]);

        fits = fits && after->dtype == before[i].dtype && after->n_dims == before[i].n_dims
               && memcmp (after->dims, before[i].dims, sizeof (gint64) * (gsize) after->n_dims) == 0;
        *after = before[i];
      }
  return fits;
}

int
strata_rewrite_insert (StrataRewriting *rw,
                       int place,
                       StrataOp op,
                       const char *name,
                       const int *inputs,
                       int n_inputs,
                       const StrataAttr *attrs,
                       int n_attrs)
{
  StrataArena *arena = rw->graph->arena;
  StrataValue value = { .name = free_name (rw, name), .n_dims = -1, .producer = (int) rw->nodes->len };
  StrataNode node = { .op = op, .name = value.name, .onnx_index = -1, .n_inputs = n_inputs, .n_outputs = 1 };
  int output = add_value (rw, &value), id;
  StrataShape shape = { rw->graph, &node, (int) rw->nodes->len };

  node.onnx_index = place < 0 ? -1 : strata_rewrite_node (rw, place)->onnx_index;
  node.inputs = strata_arena_memdup (arena, inputs, sizeof (int) * (gsize) n_inputs);
  node.outputs = strata_arena_memdup (arena, &output, sizeof output);
  node.attrs = strata_arena_memdup (arena, attrs, sizeof (StrataAttr) * (gsize) n_attrs);
  node.n_attrs = n_attrs;
  id = add_node (rw, &node, place);
  shape.node = strata_rewrite_node (rw, id);
  if (rules[op](&shape, NULL))
    return output;
  strata_rewrite_remove (rw, id, -1);
  return -1;
}

int
strata_rewrite_place_behind (const StrataRewriting *rw, int value)
{
  int maker = rw->graph->values[value].producer;

  return maker < 0 ? rw->first : LINK (rw, maker)->after;
}

int
strata_rewrite_constant (
  StrataRewriting *rw, const char *name, StrataDtype dtype, int n_dims, const gint64 *dims, void *data)
{
  StrataValue value = { .name = free_name (rw, name), .dtype = dtype, .n_dims = n_dims, .data = data, .producer = -1 };

  if (n_dims > 0)
    memcpy (value.dims, dims, sizeof (gint64) * (gsize) n_dims);
  value.n_bytes = (gsize) strata_value_count (&value) * strata_dtype_size (dtype);
  g_hash_table_insert (rw->blobs, data, g_bytes_new_take (data, value.n_bytes));
  return add_value (rw, &value);
}

int
strata_rewrite_floats (
  StrataRewriting *rw, const char *name, StrataDtype dtype, int n_dims, const gint64 *dims, double number)
{
  StrataValue shape = { .n_dims = n_dims };
  gint64 count;
  void *data;

  if (n_dims > 0)
    memcpy (shape.dims, dims, sizeof (gint64) * (gsize) n_dims);
  count = strata_value_count (&shape);
  data = g_malloc0_n ((gsize) count + 1, strata_dtype_size (dtype));
  for (gint64 i = 0; i < count; i++)
    strata_element_set_double (dtype, data, i, number);
  return strata_rewrite_constant (rw, name, dtype, n_dims, dims, data);
}

int
strata_rewrite_ints (StrataRewriting *rw, const char *name, const gint64 *ints, int n)
{
  gint64 dims[1] = { n };

  return strata_rewrite_constant (rw, name, STRATA_DTYPE_I64, 1, dims,
                                  g_memdup2 (ints, sizeof (gint64) * (gsize) MAX (n, 1)));
}

int
strata_rewrite_view (StrataRewriting *rw, int id, int n_dims, const gint64 *dims)
{
  StrataValue value = rw->graph->values[id];
  g_autofree char *name = g_strdup_printf ("%s:view", value.name);

  value.name = free_name (rw, name);
  value.n_dims = n_dims;
  value.n_consumers = 0;
  memset (value.dims, 0, sizeof value.dims);
  if (n_dims > 0)
    memcpy (value.dims, dims, sizeof (gint64) * (gsize) n_dims);
  return add_value (rw, &value);
}

int
strata_rewrite_reshape_output (StrataRewriting *rw, int node, int i, const char *suffix, const gint64 *dims)
{
  int *output = &strata_rewrite_node (rw, node)->outputs[i];
  StrataValue value = rw->graph->values[*output];
  g_autofree char *name = g_strdup_printf ("%s:%s", value.name, suffix);

  rw->graph->values[*output].producer = -1;
  value.name = free_name (rw, name);
  value.n_consumers = 0;
  if (value.n_dims > 0)
    memcpy (value.dims, dims, sizeof (gint64) * (gsize) value.n_dims);
  *output = add_value (rw, &value);
  return *output;
}
