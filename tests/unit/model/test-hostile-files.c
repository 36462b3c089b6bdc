/* SPDX-License-Identifier: Apache-2.0
 *
 * Hostile external data, through real files: what a location may name, and which bytes of it. Nothing outside the
 * model's folder is opened, nothing blocks, and no two tensors share bytes by halves.
 */
#include "model/graph.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "onnx-writer.h"

#define N_FLOATS 4

typedef struct
{
  char *outside, *folder; /* @folder lies in @outside */
} Fixture;

static char *
at (const Fixture *f, const char *name)
{
  return g_build_filename (f->folder, name, NULL);
}

static void
write_floats (const char *path, int n)
{
  g_autofree float *values = g_new0 (float, n);

  for (int i = 0; i < n; i++)
    values[i] = (float) i;
  g_assert_true (g_file_set_contents (path, (const char *) values, (gssize) sizeof (float) * n, NULL));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *weights = NULL, *secret = NULL;

  f->outside = g_dir_make_tmp ("strata-XXXXXX", NULL);
  f->folder = g_build_filename (f->outside, "model", NULL);
  g_assert_cmpint (g_mkdir (f->folder, 0700), ==, 0);
  weights = at (f, "w.bin");
  write_floats (weights, 4 * N_FLOATS);
  secret = g_build_filename (f->outside, "secret.bin", NULL);
  write_floats (secret, 4 * N_FLOATS);
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) folder =
    g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL); /* follows no link */
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      remove_all (inner);
    }
  g_remove (path);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  remove_all (f->outside);
  g_free (f->outside);
  g_free (f->folder);
}

static void
put_entry (Message *tensor_message, const char *key, const char *value)
{
  Message *entry = message_new ();

  put_text (entry, 1, key);
  put_text (entry, 2, value);
  put_message (tensor_message, 13, entry);
}

/* @offset and @length may be NULL */
static Message *
external (const char *name, const char *location, const char *offset, const char *length)
{
  Message *message = message_new ();

  put_int (message, 1, N_FLOATS);
  put_int (message, 2, 1);
  put_text (message, 8, name);
  put_int (message, 14, 1);
  put_entry (message, "location", location);
  if (offset != NULL)
    put_entry (message, "offset", offset);
  if (length != NULL)
    put_entry (message, "length", length);
  return message;
}

static Message *
graph_new (void)
{
  const gint64 dims[] = { 1, N_FLOATS };
  Message *graph = message_new ();

  put_float_input (graph, "x", 2, dims);
  put_output (graph, "y");
  put_node (graph, node ("Relu", "r", "x", "y"));
  return graph;
}

static StrataGraph *
load (const Fixture *f, Message *graph, GError **error)
{
  g_autofree char *path = at (f, "net.onnx");
  g_autoptr (GBytes) bytes = model (graph, 13);

  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), NULL));
  return strata_onnx_load (path, NULL, error);
}

static void
assert_refused (const Fixture *f, Message *graph, const char *what)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (load (f, graph, &error));
  g_assert_nonnull (error);
  g_assert_null (strchr (error->message, '\n'));
  if (strstr (error->message, what) == NULL)
    g_error ("'%s' does not contain '%s'", error->message, what);
}

static void
assert_accepted (const Fixture *f, Message *graph)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) result = load (f, graph, &error);

  g_assert_no_error (error);
  g_assert_true (strata_graph_check (result, &error));
}

static void
assert_location (const Fixture *f, const char *location, const char *what)
{
  Message *graph = graph_new ();

  put_initializer (graph, external ("w", location, NULL, NULL));
  if (what == NULL)
    assert_accepted (f, graph);
  else
    assert_refused (f, graph, what);
}

static void
test_locations (Fixture *f, gconstpointer data)
{
  g_autofree char *sub = at (f, "sub"), *deep = at (f, "sub/w.bin"), *absolute = at (f, "w.bin");

  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  write_floats (deep, N_FLOATS);
  assert_location (f, "w.bin", NULL);
  assert_location (f, "./sub//w.bin", NULL);
  assert_location (f, "../secret.bin", "outside the model's folder");
  assert_location (f, "sub/../../secret.bin", "outside the model's folder");
  assert_location (f, "..", "outside the model's folder");
  assert_location (f, absolute, "outside the model's folder");
  assert_location (f, "..\\secret.bin", "outside the model's folder");
  assert_location (f, "", "no location");
  assert_location (f, "sub", "it is a folder");
  assert_location (f, ".", "it is a folder");
  assert_location (f, "w.bin/", "is not there or not readable");
  assert_location (f, "w.bin/x", "is not there or not readable");
  assert_location (f, "none.bin", "is not there or not readable");
  assert_location (f, "a\tb", "control characters");
}

static void
test_nul (Fixture *f, gconstpointer data)
{
  Message *graph = graph_new (), *weights = message_new (), *entry = message_new ();

  put_int (weights, 1, N_FLOATS);
  put_int (weights, 2, 1);
  put_text (weights, 8, "w");
  put_int (weights, 14, 1);
  put_text (entry, 1, "location");
  put_bytes (entry, 2, "w.bin\0.txt", 10);
  put_message (weights, 13, entry);
  put_initializer (graph, weights);
  assert_refused (f, graph, "control characters");
}

/* A link may lead to another place of the folder, never out of it. */
static void
test_links (Fixture *f, gconstpointer data)
{
  g_autofree char *inside = at (f, "inside.bin"), *out = at (f, "out.bin"), *folder = at (f, "up"),
                  *loop = at (f, "loop.bin"), *passwd = at (f, "passwd"), *net = at (f, "net.onnx"),
                  *linked = g_build_filename (f->outside, "linked", NULL),
                  *path = g_build_filename (linked, "net.onnx", NULL);
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (symlink ("w.bin", inside), ==, 0);
  g_assert_cmpint (symlink ("../secret.bin", out), ==, 0);
  g_assert_cmpint (symlink ("..", folder), ==, 0);
  g_assert_cmpint (symlink ("loop.bin", loop), ==, 0);
  g_assert_cmpint (symlink ("/etc/passwd", passwd), ==, 0);
  assert_location (f, "out.bin", "outside the model's folder");
  assert_location (f, "up/secret.bin", "outside the model's folder");
  assert_location (f, "passwd", "outside the model's folder");
  assert_location (f, "loop.bin", "is not there or not readable");
  assert_location (f, "inside.bin", NULL);
  /* the folder itself may be reached through one */
  g_assert_cmpint (symlink ("model", linked), ==, 0);
  graph = strata_onnx_load (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_test (net, G_FILE_TEST_IS_REGULAR));
}

/* Folders whose names begin alike are different folders. */
static void
test_neighbour (Fixture *f, gconstpointer data)
{
  g_autofree char *neighbour = g_strconcat (f->folder, "-other", NULL), *link = at (f, "other"),
                  *weights = g_build_filename (neighbour, "w.bin", NULL);

  g_assert_cmpint (g_mkdir (neighbour, 0700), ==, 0);
  write_floats (weights, N_FLOATS);
  g_assert_cmpint (symlink ("../model-other", link), ==, 0);
  assert_location (f, "other/w.bin", "outside the model's folder");
}

/* Opening a pipe would block until someone writes to it. */
static void
test_special_files (Fixture *f, gconstpointer data)
{
  g_autofree char *pipe = at (f, "pipe"), *net = g_build_filename (f->outside, "pipe.onnx", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  assert_location (f, "pipe", "is not a file");
  g_assert_cmpint (mkfifo (net, 0600), ==, 0);
  g_assert_null (strata_onnx_load (net, NULL, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "it is not a file"));
}

static void
test_ranges (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *offset, *length, *what;
  } cases[] = {
    { NULL, NULL, NULL },
    { "48", "16", NULL },
    { "49", "16", "reach past the end" },
    { "64", NULL, "reach past the end" },
    { "48", "17", "reach past the end" },
    { "9223372036854775807", "16", "reach past the end" },
    { "18446744073709551615", "16", "offset of external data is not a number" },
    { "0", "18446744073709551616", "length of external data is not a number" },
    { "-16", NULL, "offset of external data is not a number" },
    { "", NULL, "offset of external data is not a number" },
    { "0x10", NULL, "offset of external data is not a number" },
    { " 16", NULL, "offset of external data is not a number" },
    { "0", "-1", "length of external data is not a number" },
    { "0", "15", "ask for 16 bytes and 15 are there" },
    { "0", "32", "ask for 16 bytes and 32 are there" },
    { "0", "0", "ask for 16 bytes and 0 are there" },
    { "1", "16", NULL }, /* misaligned: copied */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Message *graph = graph_new ();

      put_initializer (graph, external ("w", "w.bin", cases[i].offset, cases[i].length));
      if (cases[i].what == NULL)
        assert_accepted (f, graph);
      else
        assert_refused (f, graph, cases[i].what);
    }
}

/* Tied weights are one range under two names; parts of one another are what no exporter writes. */
static void
test_overlaps (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *first, *second, *location;
    gboolean accepted;
  } cases[] = {
    { "0", "16", "w.bin", TRUE }, { "16", "16", "w.bin", TRUE },   { "16", "0", "w.bin", TRUE },
    { "0", "4", "w.bin", FALSE }, { "16", "12", "w.bin", FALSE },  { "0", "15", "./w.bin", FALSE },
    { "0", "4", "v.bin", TRUE },  { "8", "0", "link.bin", FALSE },
  };
  g_autofree char *other = at (f, "v.bin"), *link = at (f, "link.bin");

  write_floats (other, 2 * N_FLOATS);
  g_assert_cmpint (symlink ("w.bin", link), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Message *graph = graph_new ();

      put_initializer (graph, external ("first", "w.bin", cases[i].first, NULL));
      put_initializer (graph, external ("second", cases[i].location, cases[i].second, NULL));
      if (cases[i].accepted)
        assert_accepted (f, graph);
      else
        assert_refused (f, graph, "overlap");
    }
}

static void
test_many_files (Fixture *f, gconstpointer data)
{
  Message *graph = graph_new ();

  for (int i = 0; i < 2000; i++)
    {
      g_autofree char *name = g_strdup_printf ("w%d.bin", i), *path = at (f, name);

      write_floats (path, N_FLOATS);
      put_initializer (graph, external (name, name, NULL, NULL));
    }
  assert_accepted (f, graph);
}

static void
test_from_memory (Fixture *f, gconstpointer data)
{
  Message *graph = graph_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  put_initializer (graph, external ("w", "w.bin", NULL, NULL));
  bytes = model (graph, 13);
  g_assert_null (strata_onnx_parse (bytes, "net.onnx", &error));
  g_assert_nonnull (strstr (error->message, "there is no folder to look in"));
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*test) (Fixture *f, gconstpointer data);
  } tests[] = {
    { "locations", test_locations },
    { "nul", test_nul },
    { "links", test_links },
    { "neighbour", test_neighbour },
    { "ranges", test_ranges },
    { "special-files", test_special_files },
    { "overlaps", test_overlaps },
    { "many-files", test_many_files },
    { "from-memory", test_from_memory },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/sdk/model/hostile-files/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
