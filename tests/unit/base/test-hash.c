/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

static void
test_known_value (void)
{
  /* XXH3 64 of the empty input with seed 0, from the algorithm's specification */
  g_assert_cmphex (strata_hash_bytes ("", 0), ==, G_GUINT64_CONSTANT (0x2d06800538d394c2));
}

static guint64
hash_pair (const char *a, const char *b)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  strata_hasher_string (hasher, a);
  strata_hasher_string (hasher, b);
  return strata_hasher_digest (hasher);
}

static void
test_boundaries_count (void)
{
  g_assert_cmphex (hash_pair ("ab", "c"), !=, hash_pair ("a", "bc"));
  g_assert_cmphex (hash_pair ("ab", "c"), ==, hash_pair ("ab", "c"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/base/hash/known-value", test_known_value);
  g_test_add_func ("/sdk/base/hash/boundaries-count", test_boundaries_count);
  return g_test_run ();
}
