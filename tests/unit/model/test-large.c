/* SPDX-License-Identifier: Apache-2.0
 *
 * What large models ask of the importer: no constant is copied or read at opening, misaligned ones are copied once when
 * they are needed, and the work grows with the number of nodes, not with its square.
 */
#include "model/graph.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/unaligned.h"
#include "onnx-writer.h"

#define SIDE 32

static const gint64 square[] = { SIDE, SIDE }, row[] = { 1, SIDE };

/* y = x W, W the identity; @shift bytes of padding decide how W lies in the file. */
static GBytes *
product_model (gsize shift)
{
  g_autofree char *padding = g_strnfill (shift, 'p');
  float weights[SIDE * SIDE] = { 0 };
  Message *graph = message_new ();

  for (int i = 0; i < SIDE; i++)
    weights[i * SIDE + i] = 1.0f;
  put_text (graph, 10, padding); /* doc_string */
  put_float_input (graph, "x", 2, row);
  put_output (graph, "y");
  put_floats (graph, "w", 2, square, weights);
  put_node (graph, node ("MatMul", "product", "x w", "y"));
  return model (graph, 13);
}

static const StrataValue *
find (const StrataGraph *graph, const char *name)
{
  return &graph->values[strata_graph_find_value (graph, name)];
}

static gboolean
lies_in (GBytes *bytes, const void *at)
{
  gsize n;
  const guint8 *start = g_bytes_get_data (bytes, &n);

  return (const guint8 *) at >= start && (const guint8 *) at < start + n;
}

static void
assert_product (const StrataGraph *graph)
{
  g_autoptr (StrataArray) x = strata_array_new (STRATA_DTYPE_F32, 2, row);
  const StrataArray *inputs[1] = { x };
  StrataArray *outputs[1] = { NULL };
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < SIDE; i++)
    ((float *) x->data)[i] = (float) i - 7.5f;
  g_assert_true (strata_graph_run (graph, inputs, outputs, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (outputs[0]->data, outputs[0]->n_bytes, x->data, x->n_bytes);
  strata_array_free (outputs[0]);
}

/* However the weights lie: in place after opening, the same hash, aligned and the same where they are asked for */
static void
test_in_place (void)
{
  guint64 hash = 0;
  guint n_aligned = 0;

  for (gsize shift = 0; shift < 8; shift++)
    {
      g_autoptr (GBytes) bytes = product_model (shift);
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataGraph) graph = strata_onnx_parse (bytes, "net", &error);
      const StrataValue *w;
      const void *aligned;

      g_assert_no_error (error);
      g_assert_true (strata_graph_check (graph, &error));
      w = find (graph, "w");
      g_assert_true (lies_in (bytes, w->data));
      g_assert_true (strata_value_is_aligned (w) == (w->unaligned == NULL));
      n_aligned += w->unaligned == NULL;
      g_assert_true (strata_value_peek (w) == w->data);
      g_assert_true (strata_graph_check_weights (graph, &error));
      g_assert_cmphex (strata_graph_hash (graph), ==, shift == 0 ? strata_graph_hash (graph) : hash);
      hash = strata_graph_hash (graph);
      aligned = strata_value_bytes (w);
      g_assert_true ((gsize) aligned % sizeof (float) == 0);
      g_assert_true (strata_value_bytes (w) == aligned);
      g_assert_true (strata_value_peek (w) == aligned);
      g_assert_cmpmem (aligned, w->n_bytes, w->data, w->n_bytes);
      g_assert_cmphex (strata_graph_hash (graph), ==, hash);
      assert_product (graph);
    }
  g_assert_cmpuint (n_aligned, ==, 2);
}

/* Small ones are aligned at once, so that operands can be read through a plain pointer. */
static void
test_small (void)
{
  const gint64 dims[] = { STRATA_ALIGNED_BYTES / 8 }, in[] = { 1 };

  for (gsize shift = 0; shift < 8; shift++)
    {
      g_autofree char *padding = g_strnfill (shift, 'p');
      gint64 numbers[STRATA_ALIGNED_BYTES / 8] = { 7 };
      Message *graph = message_new ();
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (StrataGraph) result = NULL;

      put_text (graph, 10, padding);
      put_message (graph, 11, info ("x", 7, 1, in, NULL));
      put_output (graph, "y");
      put_int64s (graph, "w", (int) dims[0], numbers);
      put_node (graph, node ("Add", "sum", "x w", "y"));
      bytes = model (graph, 13);
      result = strata_onnx_parse (bytes, "net", NULL);
      g_assert_true (strata_value_is_aligned (find (result, "w")));
      g_assert_null (find (result, "w")->unaligned);
      g_assert_true (*(const gint64 *) find (result, "w")->data == 7);
    }
}

static gpointer
ask (gpointer data)
{
  return (gpointer) strata_value_bytes (data);
}

static void
test_threads (void)
{
  g_autoptr (GBytes) bytes = product_model (1);
  g_autoptr (StrataGraph) graph = strata_onnx_parse (bytes, "net", NULL);
  const StrataValue *w = find (graph, "w");
  GThread *threads[4];
  gconstpointer copy;

  for (guint shift = 2; w->unaligned == NULL; shift++)
    {
      g_clear_pointer (&graph, strata_graph_free);
      g_clear_pointer (&bytes, g_bytes_unref);
      bytes = product_model (shift);
      graph = strata_onnx_parse (bytes, "net", NULL);
      w = find (graph, "w");
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("ask", ask, (gpointer) w);
  copy = strata_value_bytes (w);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_true (g_thread_join (threads[i]) == copy);
}

/* A reshape shares the bytes and the copy; what picks rows at import takes them from where they lie. */
static void
test_folded (void)
{
  const gint64 flat[] = { SIDE * SIDE }, table[] = { 4096, SIDE }, one[] = { 1 };

  for (gsize shift = 0; shift < 4; shift++)
    {
      g_autofree char *padding = g_strnfill (shift, 'p');
      g_autofree float *rows = g_new0 (float, 4096 * SIDE);
      float weights[SIDE * SIDE] = { 0 };
      gint64 last[] = { 4095 };
      Message *graph = message_new ();
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (StrataGraph) result = NULL;

      rows[4095 * SIDE + 3] = 42.0f;
      put_text (graph, 10, padding);
      put_message (graph, 11, info ("x", 1, 2, row, NULL));
      put_output (graph, "z");
      put_floats (graph, "w", 1, flat, weights);
      put_int64s (graph, "shape", 2, square);
      put_floats (graph, "table", 2, table, rows);
      put_initializer (graph, tensor ("last", 7, 1, one, last, sizeof last));
      put_node (graph, node ("Reshape", "r", "w shape", "m"));
      put_node (graph, node ("MatMul", "p", "x m", "y"));
      put_node (graph, node ("Gather", "g", "table last", "picked"));
      put_node (graph, node ("Add", "sum", "y picked", "z"));
      bytes = model (graph, 13);
      result = strata_onnx_parse (bytes, "net", NULL);
      g_assert_cmpint (result->n_folded, ==, 2);
      g_assert_true (find (result, "m")->data == find (result, "w")->data);
      g_assert_true (strata_value_bytes (find (result, "m")) == strata_value_bytes (find (result, "w")));
      g_assert_cmpfloat (((const float *) find (result, "picked")->data)[3], ==, 42.0f);
      g_assert_true (strata_value_peek (find (result, "table")) == find (result, "table")->data);
      g_assert_true (strata_graph_check (result, NULL));
    }
}

/* From a file, pages go back to it while the copy is made: what they held is read again. */
static void
test_pages (void)
{
  const gint64 dims[] = { 1, 3 << 20 };
  g_autofree float *values = g_new (float, 3 << 20);
  g_autofree char *folder = g_dir_make_tmp ("strata-large-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "net.onnx", NULL);
  g_autofree char *beside = g_build_filename (folder, "weights.bin", NULL);
  Message *graph = message_new (), *weights = message_new (), *entries[3];
  static const char *const keys[] = { "location", "weights.bin", "offset", "13", "length", "12582912" };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StrataGraph) result = NULL;
  g_autoptr (GError) error = NULL;
  const void *contents;
  gsize n;

  for (int i = 0; i < 3 << 20; i++)
    values[i] = (float) i;
  put_float_input (graph, "x", 2, dims);
  put_output (graph, "y");
  put_floats (graph, "w", 2, dims, values);
  /* external data that begin nowhere in particular */
  put_int (weights, 1, 3 << 20);
  put_int (weights, 2, 1);
  put_text (weights, 8, "again");
  for (int i = 0; i < 3; i++)
    {
      entries[i] = message_new ();
      put_text (entries[i], 1, keys[2 * i]);
      put_text (entries[i], 2, keys[2 * i + 1]);
      put_message (weights, 13, entries[i]);
    }
  put_int (weights, 14, 1);
  put_initializer (graph, weights);
  put_node (graph, node ("Add", "sum", "x w", "s"));
  put_node (graph, node ("Add", "sum2", "s again", "y"));
  bytes = model (graph, 13);
  contents = g_bytes_get_data (bytes, &n);
  g_assert_true (g_file_set_contents (path, contents, (gssize) n, NULL));
  g_assert_true (g_file_set_contents (beside, contents, (gssize) n, NULL));
  result = strata_onnx_load (path, NULL, &error);
  g_assert_no_error (error);
  for (int round = 0; round < 2; round++)
    {
      const StrataValue *w = find (result, "w"), *again = find (result, "again");

      g_assert_cmpmem (strata_value_bytes (w), w->n_bytes, values, sizeof (float) * (3 << 20));
      g_assert_cmpmem (strata_value_bytes (again), again->n_bytes, (const guint8 *) contents + 13, again->n_bytes);
      g_assert_cmpmem (w->data, w->n_bytes, values, sizeof (float) * (3 << 20));
    }
  g_assert_cmphex (strata_graph_digest (result), !=, 0);
  g_unlink (path);
  g_unlink (beside);
  g_rmdir (folder);
}

/* Pages of the file in memory, of @n_pages; -1: not known */
static int
count_resident (const char *path, int *n_pages)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
  gsize n = (g_mapped_file_get_length (file) + page - 1) / page;
  g_autofree guchar *resident = g_new0 (guchar, n);
  int count = 0;

  *n_pages = (int) n;
  if (mincore (g_mapped_file_get_contents (file), n * page, resident) != 0)
    return -1;
  for (gsize i = 0; i < n; i++)
    count += resident[i] & 1;
  return count;
}

static void
put_hole (Message *message, guint field, gsize n_bytes)
{
  put_varint (message, field << 3 | 2);
  put_varint (message, n_bytes);
}

/* v4 = v0 + weight0 + … + weight3, each weight a hole of the file */
static void
write_holes (const char *path, const gint64 *dims, gsize hole)
{
  Message *head = message_new (), *operators = message_new (), *graph = message_new (), *tensors[4];
  gsize n_graph;
  gint64 at;
  int fd;

  put_float_input (graph, "v0", 2, dims);
  put_output (graph, "v4");
  for (int i = 0; i < 4; i++)
    {
      g_autofree char *weight = g_strdup_printf ("weight%d", i);
      g_autofree char *in = g_strdup_printf ("v%d %s", i, weight);
      g_autofree char *out = g_strdup_printf ("v%d", i + 1);
      Message *inner = message_new ();

      put_node (graph, node ("Add", "", in, out));
      put_int (inner, 1, dims[0]);
      put_int (inner, 1, dims[1]);
      put_int (inner, 2, 1);
      put_text (inner, 8, weight);
      put_hole (inner, 9, hole);
      tensors[i] = message_new ();
      put_hole (tensors[i], 5, inner->len + hole);
      g_byte_array_append (tensors[i], inner->data, inner->len);
      g_byte_array_unref (inner);
    }
  n_graph = graph->len;
  for (int i = 0; i < 4; i++)
    n_graph += tensors[i]->len + hole;
  put_int (head, 1, 8);
  put_int (operators, 2, 13);
  put_message (head, 8, operators);
  put_hole (head, 7, n_graph);
  g_byte_array_append (head, graph->data, graph->len);
  fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (pwrite (fd, head->data, head->len, 0), ==, head->len);
  at = head->len;
  for (int i = 0; i < 4; i++)
    {
      g_assert_cmpint (pwrite (fd, tensors[i]->data, tensors[i]->len, at), ==, tensors[i]->len);
      at += tensors[i]->len + (gint64) hole;
      g_byte_array_unref (tensors[i]);
    }
  g_assert_cmpint (ftruncate (fd, at), ==, 0);
  close (fd);
  g_byte_array_unref (head);
  g_byte_array_unref (graph);
}

/* Weights that are not in memory are still not there when the model is open and checked. */
static void
test_untouched (void)
{
  const gint64 dims[] = { 4096, 4096 };
  g_autofree char *folder = g_dir_make_tmp ("strata-large-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "net.onnx", NULL);
  g_autoptr (StrataGraph) result = NULL;
  g_autoptr (GError) error = NULL;
  int n_pages, before, after;

  write_holes (path, dims, (gsize) 64 << 20);
  before = count_resident (path, &n_pages);
  result = strata_onnx_load (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (strata_graph_check (result, &error));
  g_assert_cmpint (strata_graph_n_trainable (result), >=, 0);
  after = count_resident (path, &n_pages);
  g_test_message ("%d of %d pages before, %d after", before, n_pages, after);
  if (before < 0 || before > 64)
    g_test_skip ("the file system keeps holes in memory");
  else
    g_assert_cmpint (after, <, 128);
  g_unlink (path);
  g_rmdir (folder);
}

/* CPU microseconds to open, of the thread */
static gint64
cost (GBytes *bytes, int n_nodes)
{
  gint64 best = G_MAXINT64;

  for (int i = 0; i < 3; i++)
    {
      struct timespec start, end;
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataGraph) graph = NULL;
      g_autoptr (StrataGraph) read = NULL;
      g_autofree char *text = NULL;

      clock_gettime (CLOCK_THREAD_CPUTIME_ID, &start);
      graph = strata_onnx_parse (bytes, "net", &error);
      g_assert_no_error (error);
      text = strata_graph_print (graph);
      read = strata_graph_parse (text, &error);
      g_assert_no_error (error);
      clock_gettime (CLOCK_THREAD_CPUTIME_ID, &end);
      g_assert_cmpint (read->n_nodes, ==, n_nodes);
      best = MIN (best, (end.tv_sec - start.tv_sec) * 1000000 + (end.tv_nsec - start.tv_nsec) / 1000);
    }
  return best;
}

/* A chain; each node reads the one before it. With @backward the file lists them last to first. */
static GBytes *
chain_model (int n, gboolean backward)
{
  Message *graph = message_new ();

  put_float_input (graph, "v0", 2, row);
  for (int i = 0; i < n; i++)
    {
      int at = backward ? n - 1 - i : i;
      g_autofree char *in = g_strdup_printf ("v%d", at);
      g_autofree char *out = g_strdup_printf ("v%d", at + 1);

      put_node (graph, node ("Relu", "", in, out));
    }
  {
    g_autofree char *last = g_strdup_printf ("v%d", n);

    put_output (graph, last);
  }
  return model (graph, 13);
}

/* Nodes beside each other, each with a constant of its own, and all of them outputs */
static GBytes *
wide_model (int n)
{
  const float values[SIDE] = { 0 };
  Message *graph = message_new ();

  put_float_input (graph, "x", 2, row);
  for (int i = 0; i < n; i++)
    {
      g_autofree char *constant = g_strdup_printf ("w%d", i);
      g_autofree char *in = g_strdup_printf ("x %s", constant);
      g_autofree char *out = g_strdup_printf ("v%d", i);

      put_floats (graph, constant, 2, row, values);
      put_node (graph, node ("Add", "the same name", in, out));
      put_output (graph, out);
    }
  return model (graph, 13);
}

/* Four times the nodes may take eight times as long, for caches; what is quadratic takes sixteen times. */
static void
test_growth (void)
{
  const int n = 4000;

  for (int kind = 0; kind < 3; kind++)
    {
      g_autoptr (GBytes) small = kind == 2 ? wide_model (n) : chain_model (n, kind == 1);
      g_autoptr (GBytes) large = kind == 2 ? wide_model (4 * n) : chain_model (4 * n, kind == 1);
      gint64 few = cost (small, n), many = cost (large, 4 * n);

      g_test_message ("kind %d: %" G_GINT64_FORMAT " us for %d nodes, %" G_GINT64_FORMAT " us for %d", kind, few, n,
                      many, 4 * n);
      g_assert_cmpint (many, <, 8 * few);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/large/in-place", test_in_place);
  g_test_add_func ("/sdk/model/large/small", test_small);
  g_test_add_func ("/sdk/model/large/threads", test_threads);
  g_test_add_func ("/sdk/model/large/folded", test_folded);
  g_test_add_func ("/sdk/model/large/pages", test_pages);
  g_test_add_func ("/sdk/model/large/untouched", test_untouched);
  g_test_add_func ("/sdk/model/large/growth", test_growth);
  return g_test_run ();
}
