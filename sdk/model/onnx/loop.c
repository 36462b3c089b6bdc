/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of iteration K are PREFIX/K/…; states pass from one iteration to the next by name, and what each iteration
 * gives is stacked at the end. Scan before opset 9 has a batch in front of all dimensions, which is 1 here.
 */
#include "model/onnx/loop.h"

#include <string.h>

#include "model/shape/shapes.h"

#define MAX_UNROLLED 4096 /* nodes and iterations of one model */
#define MAX_OPERANDS 256  /* of a Loop or Scan */
#define NODE_COST 128     /* bytes of a node and its value, beside the body */
#define NAME_COST 32      /* bytes of a name */

static char *
name_of (const StrataOnnxUnroll *u, const char *place, const char *what, int i)
{
  return strata_arena_printf (u->nodes->source->arena, "%s/%s/%s%d", (const char *) u->outputs->pdata[0], place, what,
                              i);
}

/* Adds a node of one output and at most one attribute (NULL: none), all names in the flat graph and in the arena. */
static gboolean
add (const StrataOnnxUnroll *u,
     StrataOp op,
     const GPtrArray *inputs,
     const StrataAttr *attr,
     const char *name,
     GError **error)
{
  StrataGraphBuilder *builder = u->nodes->builder;
  StrataArena *arena = u->nodes->source->arena;
  StrataNode node = {
    .op = op, .name = "", .onnx_index = u->node->onnx_index, .n_outputs = 1, .n_attrs = attr != NULL
  };
  StrataValue value = { .name = name, .n_dims = -1, .producer = (int) builder->nodes->len };
  int output;

  if (!strata_onnx_charge (u->nodes, NODE_COST + strlen (u->prefix), error))
    return FALSE;
  output = strata_graph_builder_value (builder, &value, error);
  if (output < 0)
    return FALSE;
  node.n_inputs = (int) inputs->len;
  node.outputs = strata_arena_memdup (arena, &output, sizeof output);
  node.attrs = strata_arena_memdup (arena, attr, attr == NULL ? 0 : sizeof *attr);
  g_ptr_array_add (builder->reads, strata_arena_memdup (arena, inputs->pdata, sizeof (gpointer) * inputs->len));
  g_array_append_val (builder->nodes, node);
  return TRUE;
}

static gboolean
add_on (
  const StrataOnnxUnroll *u, StrataOp op, const char *input, const StrataAttr *attr, const char *name, GError **error)
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();

  g_ptr_array_add (inputs, (char *) input);
  return add (u, op, inputs, attr, name, error);
}

static gboolean
add_constant (const StrataOnnxUnroll *u, StrataDtype dtype, gint64 number, const char *name, GError **error)
{
  StrataValue value = { .name = name, .dtype = dtype, .producer = -1, .n_bytes = strata_dtype_size (dtype) };

  /* little-endian: the first bytes are a bool's, too */
  value.data = strata_arena_memdup (u->nodes->source->arena, &number, sizeof number);
  return strata_graph_builder_value (u->nodes->builder, &value, error) >= 0;
}

/* Element @at of @input along @axis, without the axis */
static gboolean
add_pick (const StrataOnnxUnroll *u, const char *input, gint64 axis, gint64 at, char *name, GError **error)
{
  StrataAttr attr = { .name = "axis", .kind = STRATA_ATTR_INT, .i = axis, .tensor = -1 };
  char *index = strata_arena_printf (u->nodes->source->arena, "%s/at", name);
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();

  g_ptr_array_add (inputs, (char *) input);
  g_ptr_array_add (inputs, index);
  return add_constant (u, STRATA_DTYPE_I64, at, index, error) && add (u, STRATA_OP_GATHER, inputs, &attr, name, error);
}

/* Values of one shape along a new axis; @names in order. */
static gboolean
add_stack (
  const StrataOnnxUnroll *u, const GPtrArray *names, gint64 axis, gboolean backward, char *name, GError **error)
{
  StrataArena *arena = u->nodes->source->arena;
  StrataAttr axes = { .name = "axes", .kind = STRATA_ATTR_INTS, .n = 1, .tensor = -1 };
  StrataAttr attr = { .name = "axis", .kind = STRATA_ATTR_INT, .i = axis, .tensor = -1 };
  g_autoptr (GPtrArray) parts = g_ptr_array_new ();

  axes.ints = strata_arena_memdup (arena, &axis, sizeof axis);
  if (names->len == 0)
    return strata_shape_lack (
      error, "it runs no iteration and has an output per iteration, whose shape nothing tells; one that runs "
             "is accepted");
  for (guint i = 0; i < names->len; i++)
    {
      char *part = strata_arena_printf (arena, "%s/%u", name, i);

      g_ptr_array_add (parts, part);
      if (!add_on (u, STRATA_OP_UNSQUEEZE, names->pdata[backward ? names->len - 1 - i : i], &axes, part, error))
        return FALSE;
    }
  return add (u, STRATA_OP_CONCAT, parts, &attr, name, error);
}

/* One iteration, counted against the limit */
static gboolean
run_body (const StrataOnnxUnroll *u, char *prefix, const GPtrArray *inputs, const GPtrArray *outputs, GError **error)
{
  guint before = u->nodes->builder->nodes->len;

  if (!strata_onnx_charge (u->nodes, NODE_COST * (1 + outputs->len) + NAME_COST * inputs->len, error)
      || !strata_onnx_branch_inline (u->nodes, u->scope, u->outer, u->body, prefix, inputs, outputs,
                                     u->node->onnx_index, error))
    return FALSE;
  u->nodes->n_unrolled += 1 + u->nodes->builder->nodes->len - before;
  return u->nodes->n_unrolled <= MAX_UNROLLED
         || strata_shape_lack (
           error,
           "its iterations take more than %d nodes in all; fewer are accepted: export the model with a "
           "shorter sequence",
           MAX_UNROLLED);
}

/* Outputs of iteration @place: the @n_states first, then one per iteration, each also added to @each. */
static GPtrArray *
name_outputs (const StrataOnnxUnroll *u, const char *place, int n_states, int n_each, GPtrArray **each)
{
  GPtrArray *outputs = g_ptr_array_new ();

  for (int i = 0; i < n_states; i++)
    g_ptr_array_add (outputs, name_of (u, place, "state", i));
  for (int i = 0; i < n_each; i++)
    {
      g_ptr_array_add (outputs, name_of (u, place, "each", i));
      g_ptr_array_add (each[i], outputs->pdata[n_states + i]);
    }
  return outputs;
}

static void
free_lists (GPtrArray **lists, int n)
{
  for (int i = 0; i < n; i++)
    g_ptr_array_unref (lists[i]);
  g_free (lists);
}

static GPtrArray **
make_lists (int n)
{
  GPtrArray **lists = g_new0 (GPtrArray *, n + 1);

  for (int i = 0; i < n; i++)
    lists[i] = g_ptr_array_new ();
  return lists;
}

/* Final states, then what the iterations gave, stacked. An output without a name is not wanted. */
static gboolean
finish (const StrataOnnxUnroll *u, const GPtrArray *states, GPtrArray **each, GError **error)
{
  for (guint i = 0; i < u->outputs->len; i++)
    {
      char *name = u->outputs->pdata[i];
      gboolean ok = TRUE;

      if (*name == '\0')
        continue;
      if (i < states->len)
        ok = add_on (u, STRATA_OP_IDENTITY, states->pdata[i], NULL, name, error);
      else
        ok = add_stack (u, each[i - states->len], 0, FALSE, name, error);
      if (!ok)
        return FALSE;
    }
  return TRUE;
}

/* Iterations of a Loop. @states: names, initial ones on the way in, final ones on the way out */
static gboolean
iterate (const StrataOnnxUnroll *u, StrataOnnxLoop *loop, GPtrArray *states, GPtrArray **each, GError **error)
{
  int n_states = (int) states->len, n_each = (int) u->outputs->len - n_states;
  char *condition = name_of (u, "go", "", 0);

  if (u->inputs->len > 1 && *(const char *) u->inputs->pdata[1] != '\0')
    condition = u->inputs->pdata[1];
  else if (!add_constant (u, STRATA_DTYPE_BOOL, 1, condition, error))
    return FALSE;
  for (int k = 0; k < u->n_trips; k++)
    {
      char *place = strata_arena_printf (u->nodes->source->arena, "%d", k), *number = name_of (u, place, "trip", 0);
      g_autoptr (GPtrArray) inputs = g_ptr_array_new ();
      g_autoptr (GPtrArray) outputs = name_outputs (u, place, n_states, n_each, each);

      g_ptr_array_add (inputs, number);
      g_ptr_array_add (inputs, condition);
      for (int i = 0; i < n_states; i++)
        g_ptr_array_add (inputs, states->pdata[i]);
      condition = name_of (u, place, "go", 0);
      g_ptr_array_insert (outputs, 0, condition);
      if (!add_constant (u, STRATA_DTYPE_I64, k, number, error)
          || !run_body (u, name_of (u, place, "in", 0), inputs, outputs, error))
        return FALSE;
      for (int i = 0; i < n_states; i++)
        states->pdata[i] = outputs->pdata[1 + i];
      g_ptr_array_add (loop->conditions, condition);
    }
  return TRUE;
}

/* Inputs: trip count, condition, states. Outputs: states, then stacks. */
static gboolean
unroll_loop (const StrataOnnxUnroll *u, GError **error)
{
  int n_states = MAX ((int) u->inputs->len - 2, 0), n_each = (int) u->outputs->len - n_states;
  gboolean limited = u->inputs->len > 0 && *(const char *) u->inputs->pdata[0] != '\0';
  StrataOnnxLoop loop = { u->outputs->pdata[0], u->n_trips, limited, g_ptr_array_new () };
  g_autoptr (GPtrArray) states = g_ptr_array_new ();
  GPtrArray **each;
  gboolean ok;

  g_array_append_val (u->nodes->loops, loop);
  if (n_each < 0)
    return strata_shape_lack (error, "it has more states than outputs; each state is an output");
  for (int i = 0; i < n_states; i++)
    g_ptr_array_add (states, u->inputs->pdata[2 + i]);
  each = make_lists (n_each);
  ok = iterate (u, &loop, states, each, error) && finish (u, states, each, error);
  free_lists (each, n_each);
  return ok;
}

/* What a Scan's attributes say */
typedef struct
{
  int n_states, n_in, n_each, first; /* @first: index of the first state among the inputs */
  gboolean batched;
} ScanForm;

/* Entry @i of a list of numbers; 0 where there is none */
static gint64
entry (const StrataNode *node, const char *name, int i)
{
  const StrataAttr *attr = strata_node_attr (node, name);

  return attr == NULL || i >= attr->n ? 0 : attr->ints[i];
}

static gboolean
read_form (const StrataOnnxUnroll *u, ScanForm *form, GError **error)
{
  gint64 n_in = strata_node_int (u->node, "num_scan_inputs", 0);

  form->batched = u->nodes->opset < 9;
  form->first = form->batched;
  form->n_in = (int) CLAMP (n_in, 0, MAX_OPERANDS);
  form->n_states = (int) u->inputs->len - form->first - form->n_in;
  form->n_each = (int) u->outputs->len - form->n_states;
  if (n_in < 1 || form->n_states < 0 || form->n_each < 0)
    return strata_shape_lack (error, "its num_scan_inputs, %" G_GINT64_FORMAT ", does not fit its inputs and outputs",
                              n_in);
  if (form->batched && *(const char *) u->inputs->pdata[0] != '\0')
    return strata_shape_lack (error, "it has sequence_lens; sequences of one length are accepted");
  return TRUE;
}

/* Slice @k of scan input @i */
static gboolean
add_slice (const StrataOnnxUnroll *u, const ScanForm *form, int k, int i, char *name, GError **error)
{
  const char *input = u->inputs->pdata[form->first + form->n_states + i];
  const char *directions = form->batched ? "directions" : "scan_input_directions";
  gint64 axis = form->batched ? 0 : entry (u->node, "scan_input_axes", i);
  gint64 at = entry (u->node, directions, i) != 0 ? -1 - k : k;
  char *whole;

  if (!form->batched)
    return add_pick (u, input, axis, at, name, error);
  whole = strata_arena_printf (u->nodes->source->arena, "%s/batch", name);
  return add_pick (u, input, 0, 0, whole, error) && add_pick (u, whole, 0, at, name, error);
}

/* All iterations. @states: as for a Loop */
static gboolean
scan (const StrataOnnxUnroll *u, const ScanForm *form, GPtrArray *states, GPtrArray **each, GError **error)
{
  for (int k = 0; k < u->n_trips; k++)
    {
      char *place = strata_arena_printf (u->nodes->source->arena, "%d", k);
      g_autoptr (GPtrArray) inputs = g_ptr_array_new ();
      g_autoptr (GPtrArray) outputs = name_outputs (u, place, form->n_states, form->n_each, each);

      for (int i = 0; i < form->n_states; i++)
        g_ptr_array_add (inputs, states->pdata[i]);
      for (int i = 0; i < form->n_in; i++)
        {
          char *slice = name_of (u, place, "slice", i);

          g_ptr_array_add (inputs, slice);
          if (!add_slice (u, form, k, i, slice, error))
            return FALSE;
        }
      if (!run_body (u, name_of (u, place, "in", 0), inputs, outputs, error))
        return FALSE;
      for (int i = 0; i < form->n_states; i++)
        states->pdata[i] = outputs->pdata[i];
    }
  return TRUE;
}

/* @name is @value, with the batch in front where there is one */
static gboolean
give (const StrataOnnxUnroll *u, const ScanForm *form, const char *value, const char *name, GError **error)
{
  static const gint64 front = 0;
  StrataAttr axes = { .name = "axes", .kind = STRATA_ATTR_INTS, .n = 1, .ints = &front, .tensor = -1 };

  return add_on (u, form->batched ? STRATA_OP_UNSQUEEZE : STRATA_OP_IDENTITY, value, form->batched ? &axes : NULL, name,
                 error);
}

static gboolean
finish_scan (const StrataOnnxUnroll *u, const ScanForm *form, const GPtrArray *states, GPtrArray **each, GError **error)
{
  for (int i = 0; i < form->n_states + form->n_each; i++)
    {
      char *name = u->outputs->pdata[i], *stack = name_of (u, "all", "stack", i);
      const char *directions = form->batched ? "" : "scan_output_directions";
      int k = i - form->n_states;

      if (*name == '\0')
        continue;
      if (i < form->n_states ? !give (u, form, states->pdata[i], name, error)
                             : !add_stack (u, each[k], form->batched ? 0 : entry (u->node, "scan_output_axes", k),
                                           entry (u->node, directions, k) != 0, stack, error)
                                 || !give (u, form, stack, name, error))
        return FALSE;
    }
  return TRUE;
}

/* Inputs: states, then what is cut into slices; outputs: states, then stacks. */
static gboolean
unroll_scan (const StrataOnnxUnroll *u, GError **error)
{
  g_autoptr (GPtrArray) states = g_ptr_array_new ();
  gboolean ok = TRUE;
  GPtrArray **each;
  ScanForm form;

  if (!read_form (u, &form, error))
    return FALSE;
  for (int i = 0; ok && i < form.n_states; i++)
    {
      g_ptr_array_add (states, u->inputs->pdata[form.first + i]);
      if (form.batched)
        {
          states->pdata[i] = name_of (u, "first", "state", i);
          ok = add_pick (u, u->inputs->pdata[form.first + i], 0, 0, states->pdata[i], error);
        }
    }
  each = make_lists (form.n_each);
  ok = ok && scan (u, &form, states, each, error) && finish_scan (u, &form, states, each, error);
  free_lists (each, form.n_each);
  return ok;
}

gboolean
strata_onnx_unroll (const StrataOnnxUnroll *u, GError **error)
{
  if (u->inputs->len > MAX_OPERANDS || u->outputs->len > MAX_OPERANDS)
    return strata_shape_lack (error, "it has more than %d inputs or outputs; fewer are accepted", MAX_OPERANDS);
  if (u->n_trips > MAX_UNROLLED)
    return strata_shape_lack (error, "it runs %d times; at most %d iterations are accepted", u->n_trips, MAX_UNROLLED);
  return u->node->op == STRATA_OP_LOOP ? unroll_loop (u, error) : unroll_scan (u, error);
}

/* Trips after which the loop has ended; -1: it goes on */
static gboolean
find_end (const StrataOnnxLoop *loop, const StrataOnnxNodes *nodes, const StrataGraph *graph, int *end, GError **error)
{
  *end = -1;
  for (guint k = 0; k < loop->conditions->len && *end < 0; k++)
    {
      int id = strata_graph_builder_find (nodes->builder, loop->conditions->pdata[k]);
      const StrataValue *value = id < 0 ? NULL : &graph->values[id];

      if (value == NULL || value->data == NULL || value->dtype != STRATA_DTYPE_BOOL || strata_value_count (value) != 1)
        return strata_shape_lack (
          error,
          "the Loop that gives %s decides at run time whether to go on; a condition that follows from "
          "shapes and constants is accepted: give the inputs that it depends on when the model is opened (--bind "
          "NAME=NUMBER)",
          loop->key);
      if (*(const guint8 *) value->data == 0)
        *end = (int) k + 1;
    }
  return TRUE;
}

gboolean
strata_onnx_check_loops (StrataOnnxNodes *nodes, const StrataGraph *graph, gboolean *again, GError **error)
{
  *again = FALSE;
  for (guint i = 0; i < nodes->loops->len; i++)
    {
      const StrataOnnxLoop *loop = &g_array_index (nodes->loops, StrataOnnxLoop, i);
      int end;

      if (!find_end (loop, nodes, graph, &end, error))
        return FALSE;
      if (end < 0 && !loop->limited && loop->n_trips > 0)
        end = 2 * loop->n_trips;
      if (end < 0 || end == loop->n_trips)
        continue;
      g_hash_table_insert (nodes->decisions, g_strdup (loop->key), GINT_TO_POINTER (end + 1));
      *again = TRUE;
    }
  return TRUE;
}
