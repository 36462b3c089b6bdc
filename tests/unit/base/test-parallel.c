/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parallel.h"

static gboolean
square_cb (guint index, gpointer user_data, GError **error)
{
  ((guint *) user_data)[index] = index * index;
  return TRUE;
}

static gboolean
fail_cb (guint index, gpointer user_data, GError **error)
{
  if (index >= 5)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "index %u", index);
      return FALSE;
    }
  return TRUE;
}

static void
test_every_index_once (void)
{
  for (guint n_threads = 1; n_threads <= 4; n_threads++)
    {
      guint out[1000] = { 0 };
      g_autoptr (GError) error = NULL;

      g_assert_true (strata_parallel_for (1000, n_threads, square_cb, out, NULL, &error));
      g_assert_no_error (error);
      for (guint i = 0; i < 1000; i++)
        g_assert_cmpuint (out[i], ==, i * i);
    }
}

static void
test_first_error (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (strata_parallel_for (100, 1, fail_cb, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpstr (error->message, ==, "index 5");
}

static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  guint out[10];

  g_cancellable_cancel (cancellable);
  g_assert_false (strata_parallel_for (10, 2, square_cb, out, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/base/parallel/every-index-once", test_every_index_once);
  g_test_add_func ("/sdk/base/parallel/first-error", test_first_error);
  g_test_add_func ("/sdk/base/parallel/cancelled", test_cancelled);
  return g_test_run ();
}
