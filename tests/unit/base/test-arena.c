/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

static void
test_zeroed_and_aligned (void)
{
  g_autoptr (StrataArena) arena = strata_arena_new ();

  for (gsize n = 0; n < 70000; n = n * 3 + 1)
    {
      guint8 *bytes = strata_arena_alloc (arena, n);

      g_assert_cmpint ((guintptr) bytes % 16, ==, 0);
      for (gsize i = 0; i < n; i++)
        g_assert_cmpint (bytes[i], ==, 0);
      for (gsize i = 0; i < n; i++)
        bytes[i] = 0xff;
    }
}

static void
test_text (void)
{
  g_autoptr (StrataArena) arena = strata_arena_new ();

  g_assert_cmpstr (strata_arena_printf (arena, "tile %d", 7), ==, "tile 7");
  g_assert_cmpstr (strata_arena_strdup (arena, "stack"), ==, "stack");
  g_assert_null (strata_arena_strdup (arena, NULL));
  strata_arena_free (NULL);
}

/* The sanitizer build sees a leak or a second free. */
static void
test_adopt (void)
{
  g_autoptr (StrataArena) arena = strata_arena_new ();
  int *numbers = g_new (int, 1000);

  strata_arena_adopt (arena, numbers);
  strata_arena_adopt (arena, NULL);
  numbers[999] = 7;
  g_assert_nonnull (strata_arena_alloc (arena, 1));
  g_assert_cmpint (numbers[999], ==, 7);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/base/arena/zeroed-and-aligned", test_zeroed_and_aligned);
  g_test_add_func ("/sdk/base/arena/text", test_text);
  g_test_add_func ("/sdk/base/arena/adopt", test_adopt);
  return g_test_run ();
}
