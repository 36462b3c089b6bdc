/* SPDX-License-Identifier: Apache-2.0 */
#include "base/scratch.h"

#include <string.h>

#include "base/parallel.h"

static void
test_used_again (void)
{
  g_autoptr (StrataScratch) scratch = strata_scratch_new ();
  gint32 *small = strata_scratch_array (scratch, gint32, 1000), *large = strata_scratch_array (scratch, gint32, 100000);
  gint32 *third;

  g_assert_cmpuint ((gsize) small % 64, ==, 0);
  g_assert_cmpuint ((gsize) large % 64, ==, 0);
  memset (small, 1, 4000);
  memset (large, 1, 400000);
  strata_scratch_give (scratch, large);
  strata_scratch_give (scratch, small);
  /* the smallest that is large enough */
  third = strata_scratch_array0 (scratch, gint32, 999);
  g_assert_true (third == small);
  for (int i = 0; i < 999; i++)
    g_assert_cmpint (third[i], ==, 0);
  g_assert_true (strata_scratch_take (scratch, 100000) == (gpointer) large);
  strata_scratch_give (scratch, large);
  /* not one that is much too large */
  small = strata_scratch_array (scratch, gint32, 1000);
  g_assert_true (small != large);
  strata_scratch_give (scratch, third);
  strata_scratch_give (scratch, small);
  strata_scratch_give (scratch, NULL);
}

static void
test_without (void)
{
  guint8 *bytes = strata_scratch_take0 (NULL, 1);

  g_assert_cmpint (bytes[0], ==, 0);
  strata_scratch_clear (NULL, bytes);
  g_assert_null (bytes);
}

/* A buffer that two threads had at once would hold another's number. */
static gboolean
fill_cb (guint index, gpointer user_data, GError **error)
{
  for (guint round = 0; round < 50; round++)
    {
      const gsize n = 100 + (index * 7919 + round * 104729) % 5000;
      guint *values = strata_scratch_array (user_data, guint, n);

      for (gsize i = 0; i < n; i++)
        values[i] = index;
      for (gsize i = 0; i < n; i++)
        g_assert_cmpuint (values[i], ==, index);
      strata_scratch_give (user_data, values);
    }
  return TRUE;
}

static void
test_threads (void)
{
  g_autoptr (StrataScratch) scratch = strata_scratch_new ();

  g_assert_true (strata_parallel_for (64, 4, fill_cb, scratch, NULL, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/base/scratch/used-again", test_used_again);
  g_test_add_func ("/sdk/base/scratch/without", test_without);
  g_test_add_func ("/sdk/base/scratch/threads", test_threads);
  return g_test_run ();
}
