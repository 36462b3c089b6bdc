/* SPDX-License-Identifier: Apache-2.0 */
#include "model/tensor-io.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "onnx-writer.h"

static GByteArray *
npy (int version, const char *header, const void *data, gsize n)
{
  GByteArray *bytes = g_byte_array_new ();
  gsize length = strlen (header);
  guint8 start[12] = { 0x93, 'N', 'U', 'M', 'P', 'Y', (guint8) version, 0, (guint8) length, (guint8) (length >> 8) };

  g_byte_array_append (bytes, start, version == 1 ? 10 : 12);
  g_byte_array_append (bytes, (const guint8 *) header, (guint) length);
  g_byte_array_append (bytes, data, (guint) n);
  return bytes;
}

static void
test_versions (void)
{
  const float data[] = { 1, 2, 3, 4, 5, 6 };

  for (int version = 1; version <= 3; version++)
    {
      g_autoptr (GByteArray) bytes =
        npy (version, "{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}   \n", data, sizeof data);
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataArray) array = strata_array_parse_npy (bytes->data, bytes->len, &error);

      g_assert_no_error (error);
      g_assert_cmpint (array->dtype, ==, STRATA_DTYPE_F32);
      g_assert_cmpint (array->n_dims, ==, 2);
      g_assert_cmpint (array->dims[1], ==, 3);
      g_assert_cmpmem (array->data, array->n_bytes, data, sizeof data);
      for (guint n = 0; n < bytes->len; n++)
        {
          g_autofree guint8 *cut = g_memdup2 (bytes->data, n);
          g_autoptr (GError) reason = NULL;

          g_assert_null (strata_array_parse_npy (cut, n, &reason));
          g_assert_cmpint (reason->domain, ==, STRATA_IMPORT_ERROR);
        }
    }
}

static void
test_refused (void)
{
  static const struct
  {
    const char *header, *what;
  } cases[] = {
    { "{'descr': '<f4', 'fortran_order': True, 'shape': (2,)}", "it is in Fortran order; save it in C order" },
    { "{'descr': '>f4', 'fortran_order': False, 'shape': (2,)}", "big-endian" },
    { "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "element type <c8 is not supported" },
    { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", "records" },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", "ask for 12 bytes and 8 are there" },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "a dimension is no number" },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}", "over 2147483647" },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647)}", "overflows" },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2)}", "more than 8 dimensions" },
    { "{'descr': '<f4', 'fortran_order': False}", "malformed" },
    { "{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}", "malformed" },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}", "malformed" },
    { "", "malformed" },
  };
  const float data[] = { 1, 2 };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) bytes = npy (1, cases[i].header, data, sizeof data);
      g_autoptr (GError) error = NULL;

      g_assert_null (strata_array_parse_npy (bytes->data, bytes->len, &error));
      if (strstr (error->message, cases[i].what) == NULL)
        g_error ("'%s' does not contain '%s'", error->message, cases[i].what);
    }
}

/* Every type and rank comes back; and NumPy reads what was written (the header's text is checked against NEP 1) */
static void
test_round_trip (void)
{
  g_autofree char *folder = g_dir_make_tmp ("strata-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.npy", NULL);
  g_autofree char *partial = g_strconcat (path, ".partial", NULL);

  for (guint dtype = STRATA_DTYPE_F32; dtype <= STRATA_DTYPE_BOOL; dtype++)
    for (int rank = 0; rank <= 8; rank++)
      {
        const gint64 dims[8] = { 2, 3, 1, 2, 1, 1, 2, 1 };
        g_autoptr (StrataArray) array = strata_array_new ((StrataDtype) dtype, rank, dims);
        g_autoptr (StrataArray) back = NULL;
        g_autoptr (GError) error = NULL;
        g_autofree char *contents = NULL;
        gsize n;

        for (gsize i = 0; i < array->n_bytes; i++)
          ((guint8 *) array->data)[i] = (guint8) (i * 37 + dtype);
        g_assert_true (strata_array_save_npy (array, path, &error));
        g_assert_false (g_file_test (partial, G_FILE_TEST_EXISTS));
        back = strata_array_load (path, &error);
        g_assert_no_error (error);
        g_assert_cmpint (back->dtype, ==, dtype);
        g_assert_cmpint (back->n_dims, ==, rank);
        g_assert_cmpmem (back->data, back->n_bytes, array->data, array->n_bytes);
        g_assert_true (g_file_get_contents (path, &contents, &n, NULL));
        g_assert_cmpuint ((n - array->n_bytes) % 64, ==, 0);
      }
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_header_text (void)
{
  g_autofree char *folder = g_dir_make_tmp ("strata-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.npy", NULL);
  g_autofree char *contents = NULL;
  const gint64 dims[] = { 3 };
  g_autoptr (StrataArray) array = strata_array_new (STRATA_DTYPE_I8, 1, dims);

  g_assert_true (strata_array_save_npy (array, path, NULL));
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_true (g_str_has_prefix (contents + 10, "{'descr': '|i1', 'fortran_order': False, 'shape': (3,), }  "));
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_not_written (void)
{
  const gint64 dims[] = { 3 };
  g_autoptr (StrataArray) array = strata_array_new (STRATA_DTYPE_F32, 1, dims);
  g_autoptr (GError) error = NULL;

  g_assert_false (strata_array_save_npy (array, "/nonexistent/a.npy", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (strata_array_load ("/nonexistent/a.npy", &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (strata_array_load ("/nonexistent/a.txt", &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED);
}

/* A full disk: every write to /dev/full fails */
static void
test_full_disk (void)
{
  g_autofree char *folder = g_dir_make_tmp ("strata-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.npy", NULL);
  g_autofree char *partial = g_strconcat (path, ".partial", NULL);
  const gint64 dims[] = { 3 };
  g_autoptr (StrataArray) array = strata_array_new (STRATA_DTYPE_F32, 1, dims);
  g_autoptr (GError) error = NULL;

  if (!g_file_test ("/dev/full", G_FILE_TEST_EXISTS))
    {
      g_test_skip ("no /dev/full");
      return;
    }
  g_assert_cmpint (symlink ("/dev/full", partial), ==, 0);
  g_assert_false (strata_array_save_npy (array, path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_unlink (partial);
  g_rmdir (folder);
}

static void
test_pb (void)
{
  const gint64 dims[] = { 2, 2 };
  const gint16 data[] = { 1, -2, 3, -4 };
  Message *message = tensor ("t", 5, 2, dims, data, sizeof data);
  g_autoptr (GByteArray) bytes = message;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataArray) array = strata_array_parse_pb (bytes->data, bytes->len, &error);

  g_assert_no_error (error);
  g_assert_cmpint (array->dtype, ==, STRATA_DTYPE_I16);
  g_assert_cmpmem (array->data, array->n_bytes, data, sizeof data);
  for (guint n = 0; n < bytes->len; n++)
    {
      g_autofree guint8 *cut = g_memdup2 (bytes->data, n);

      g_assert_null (strata_array_parse_pb (n == 0 ? (const guint8 *) "" : cut, n, NULL));
    }
  put_int (message, 14, 1);
  g_assert_null (strata_array_parse_pb (bytes->data, bytes->len, &error));
  g_assert_nonnull (strstr (error->message, "tensor t: its external data have no location"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/tensor-io/versions", test_versions);
  g_test_add_func ("/sdk/model/tensor-io/refused", test_refused);
  g_test_add_func ("/sdk/model/tensor-io/round-trip", test_round_trip);
  g_test_add_func ("/sdk/model/tensor-io/header-text", test_header_text);
  g_test_add_func ("/sdk/model/tensor-io/not-written", test_not_written);
  g_test_add_func ("/sdk/model/tensor-io/full-disk", test_full_disk);
  g_test_add_func ("/sdk/model/tensor-io/pb", test_pb);
  return g_test_run ();
}
