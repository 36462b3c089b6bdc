/* SPDX-License-Identifier: Apache-2.0
 *
 * Loop and Scan unrolled at import: how many iterations there are follows from counts, conditions and shapes, and what
 * does not is refused. The body of the Loops adds 1 to a state of 2 numbers and gives it per iteration, too.
 */
#include "model/graph.h"

#include <string.h>

#include "onnx-writer.h"

static void
put_info (Message *graph, guint field, const char *name, int type, int n_dims)
{
  const gint64 dims[] = { 2 };

  put_message (graph, field, info (name, type, n_dims, dims, NULL));
}

static Message *
body_attr (Message *body)
{
  Message *attribute = message_new ();

  put_text (attribute, 1, "body");
  put_message (attribute, 6, body);
  put_int (attribute, 20, 5);
  return attribute;
}

/* The loop goes on while its count is below @last; -1: as long as it may; -2: as the state tells */
static Message *
loop_body (gint64 last, gboolean with_each)
{
  Message *body = message_new ();
  float one = 1.0f, zero = 0.0f;

  put_info (body, 11, "i", 7, 0);
  put_info (body, 11, "go", 9, 0);
  put_info (body, 11, "s", 1, 1);
  put_floats (body, "one", 0, NULL, &one);
  put_floats (body, "zero", 0, NULL, &zero);
  put_int64s (body, "last", 1, &last);
  put_node (body, node ("Add", "step", "s one", "s2"));
  put_node (body, node ("ReduceMax", "top", "s2", "most"));
  if (last == -1)
    put_node (body, node ("Identity", "on", "go", "go2"));
  else if (last == -2)
    put_node (body, node ("Greater", "on", "most zero", "go2"));
  else
    put_node (body, node ("Less", "on", "i last", "go2"));
  put_output (body, "go2");
  put_output (body, "s2");
  if (with_each)
    put_output (body, "s2");
  return body;
}

#define MANY 100
#define N_WEIGHTS 10000

typedef struct
{
  const char *name;
  gint64 count; /* -1: none; -2: an input of the model */
  gint64 last;
  gboolean starts, each;
  int n_trips;         /* -1: refused */
  const char *refusal; /* part of the message */
} Case;

static const Case cases[] = {
  { "count", 3, -1, TRUE, TRUE, 3, NULL },
  { "one", 1, -1, TRUE, TRUE, 1, NULL },
  { "many", 500, -1, TRUE, TRUE, 500, NULL },
  { "none", 0, -1, TRUE, FALSE, 0, NULL },
  { "negative", -7, -1, TRUE, FALSE, 0, NULL },
  { "not-begun", 5, -1, FALSE, FALSE, 0, NULL },
  { "ends-early", 10, 1, TRUE, TRUE, 2, NULL },
  { "ends-at-once", 10, 0, TRUE, TRUE, 1, NULL },
  { "while", -1, 2, TRUE, TRUE, 3, NULL },
  { "while-longer", -1, 19, TRUE, TRUE, 20, NULL },
  { "none-each", 0, -1, TRUE, TRUE, -1, "it runs no iteration and has an output per iteration" },
  { "count-at-run-time", -2, -1, TRUE, TRUE, -1, "its condition or its count m is computed at run time" },
  { "condition-at-run-time", 3, -2, TRUE, TRUE, -1, "decides at run time whether to go on" },
  { "endless", -1, -1, TRUE, TRUE, -1, "unfold to too many nodes for a file of this size" },
  { "too-often", 5000, -1, TRUE, TRUE, -1, "it runs 5000 times; at most 4096 iterations" },
  { "far-too-often", G_MAXINT64, -1, TRUE, TRUE, -1, "at most 4096 iterations" },
  { "too-much", 2000, -1, TRUE, TRUE, -1, "its iterations take more than 4096 nodes in all" },
};

static GBytes *
build (const Case *c)
{
  static const gint64 weights[N_WEIGHTS];
  const gint64 two[] = { 2 };
  const char *count = c->count == -1 ? "-" : "m";
  g_autofree char *inputs = g_strdup_printf ("%s go x", count);
  Message *graph = message_new ();
  guint8 starts = c->starts;

  put_float_input (graph, "x", 1, two);
  if (c->count >= MANY)
    put_int64s (graph, "weights", N_WEIGHTS, weights); /* what a file may unfold to grows with it */
  put_initializer (graph, tensor ("go", 9, 0, NULL, &starts, 1));
  if (c->count == -2)
    put_info (graph, 11, "m", 7, 0);
  else if (c->count != -1)
    put_int64s (graph, "m", 1, &c->count);
  put_node (graph,
            with (node ("Loop", "loop", inputs, c->each ? "y each" : "y"), body_attr (loop_body (c->last, c->each))));
  put_output (graph, "y");
  if (c->each)
    put_output (graph, "each");
  return model (graph, 13);
}

static void
assert_floats (const StrataArray *array, int n, const float *wanted)
{
  g_assert_cmpint (strata_array_count (array), ==, n);
  for (int i = 0; i < n; i++)
    g_assert_cmpfloat (((const float *) array->data)[i], ==, wanted[i]);
}

static void
test_loop (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GBytes) bytes = build (c);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = strata_onnx_parse (bytes, "net", &error);
  const gint64 two[] = { 2 };
  g_autoptr (StrataArray) x = strata_array_new (STRATA_DTYPE_F32, 1, two);
  const StrataArray *inputs[] = { x };
  StrataArray *outputs[2] = { NULL };

  if (c->n_trips < 0)
    {
      g_assert_null (graph);
      g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED);
      if (strstr (error->message, c->refusal) == NULL)
        g_error ("%s", error->message);
      g_assert_null (strchr (error->message, '\n'));
      return;
    }
  g_assert_no_error (error);
  g_assert_true (strata_graph_check (graph, NULL));
  ((float *) x->data)[0] = 0.5f;
  ((float *) x->data)[1] = -4.0f;
  g_assert_true (strata_graph_run (graph, inputs, outputs, NULL, NULL, NULL, NULL));
  assert_floats (outputs[0], 2, (float[]){ 0.5f + (float) c->n_trips, -4.0f + (float) c->n_trips });
  for (int i = 0; c->each && i < c->n_trips; i++)
    {
      g_assert_cmpint (outputs[1]->dims[0], ==, c->n_trips);
      g_assert_cmpfloat (((const float *) outputs[1]->data)[2 * i], ==, 1.5f + (float) i);
    }
  strata_array_free (outputs[0]);
  strata_array_free (outputs[1]);
}

/* Running sums of the columns of x, 3 x 2, or of its rows from the end */
static StrataGraph *
scan_graph (gboolean backward)
{
  const gint64 dims[] = { 3, 2 }, one[] = { 1 }, three[] = { 3 };
  const float zeros[3] = { 0.0f };
  Message *graph = message_new (), *body = message_new (), *scan = node ("Scan", "scan", "first x", "last sums");
  g_autoptr (GBytes) bytes = NULL;

  put_info (body, 11, "s", 1, 1);
  put_info (body, 11, "e", 1, 1);
  put_node (body, node ("Add", "sum", "s e", "s2"));
  put_output (body, "s2");
  put_output (body, "s2");
  scan = with (with (scan, attr_int ("num_scan_inputs", 1)), body_attr (body));
  if (backward)
    scan =
      with (with (scan, attr_ints ("scan_input_directions", 1, one)), attr_ints ("scan_output_directions", 1, one));
  else
    scan = with (with (scan, attr_ints ("scan_input_axes", 1, one)), attr_ints ("scan_output_axes", 1, one));
  put_float_input (graph, "x", 2, dims);
  put_floats (graph, "first", 1, backward ? (const gint64[]){ 2 } : three, zeros);
  put_node (graph, scan);
  put_output (graph, "last");
  put_output (graph, "sums");
  bytes = model (graph, 13);
  return strata_onnx_parse (bytes, "net", NULL);
}

static void
test_scan (void)
{
  static const float values[] = { 1, 2, 4, 8, 16, 32 };
  const gint64 dims[] = { 3, 2 };
  g_autoptr (StrataArray) x = strata_array_new (STRATA_DTYPE_F32, 2, dims);

  memcpy (x->data, values, sizeof values);
  for (int backward = 0; backward < 2; backward++)
    {
      g_autoptr (StrataGraph) graph = scan_graph (backward);
      const StrataArray *inputs[] = { x };
      StrataArray *outputs[2];

      g_assert_nonnull (graph);
      g_assert_true (strata_graph_run (graph, inputs, outputs, NULL, NULL, NULL, NULL));
      if (backward)
        {
          assert_floats (outputs[0], 2, (float[]){ 21, 42 });
          assert_floats (outputs[1], 6, (float[]){ 21, 42, 20, 40, 16, 32 });
        }
      else
        {
          assert_floats (outputs[0], 3, (float[]){ 3, 12, 48 });
          assert_floats (outputs[1], 6, (float[]){ 1, 3, 4, 12, 16, 48 });
        }
      strata_array_free (outputs[0]);
      strata_array_free (outputs[1]);
    }
}

/* A body that takes more than it is given */
static void
test_body (void)
{
  const gint64 two[] = { 2 }, count = 2;
  Message *graph = message_new (), *body = loop_body (-1, FALSE);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  put_info (body, 11, "more", 1, 1);
  put_float_input (graph, "x", 1, two);
  put_int64s (graph, "m", 1, &count);
  put_node (graph, with (node ("Loop", "loop", "m - x", "y"), body_attr (body)));
  put_output (graph, "y");
  bytes = model (graph, 13);
  g_assert_null (strata_onnx_parse (bytes, "net", &error));
  g_assert_nonnull (strstr (error->message, "more inputs than it is given"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sdk/model/loops/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_loop);
    }
  g_test_add_func ("/sdk/model/loops/scan", test_scan);
  g_test_add_func ("/sdk/model/loops/body", test_body);
  return g_test_run ();
}
