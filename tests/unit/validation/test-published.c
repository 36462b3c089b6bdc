/* SPDX-License-Identifier: Apache-2.0
 *
 * Every published number within its tolerance, but for known misses, which lie outside; and enough of them that nothing
 * was fitted to.
 */
#include "validation/published.h"

#include <math.h>

static void
test_agreement (void)
{
  int n = strata_published_count ();
  g_autofree double *ours = g_new (double, n);

  strata_published_compute (ours);
  for (int i = 0; i < n; i++)
    {
      const StrataPublished *row = strata_published_get (i);
      double lowest, highest;

      strata_published_range (row, &lowest, &highest);
      g_test_message ("%s: %g, published %g", row->name, ours[i], row->published);
      g_assert_true (isfinite (ours[i]));
      if (row->miss != NULL)
        {
          g_assert_cmpint (*row->miss, !=, 0);
          g_assert_false (strata_published_agrees (row, ours[i]));
          continue;
        }
      g_assert_cmpfloat (ours[i], >=, lowest);
      g_assert_cmpfloat (ours[i], <=, highest);
      g_assert_true (strata_published_agrees (row, ours[i]));
    }
}

/* No area of a converter has more room than peers 4.9 P5 gives it, whatever ours comes to. */
static void
test_areas (void)
{
  static const StrataValidationId areas[] = { STRATA_VALIDATE_JIA_ADC_AREA, STRATA_VALIDATE_ADC_AREA,
                                              STRATA_VALIDATE_ADC_AREA_ISAAC, STRATA_VALIDATE_JIA_DENSITY };

  for (guint i = 0; i < G_N_ELEMENTS (areas); i++)
    {
      const StrataPublished *row = strata_published_get (areas[i]);

      g_assert_cmpint (row->tolerance_kind, ==, STRATA_TOLERANCE_RELATIVE);
      g_assert_cmpfloat (row->tolerance, <=, 0.15);
    }
}

/* A prediction agrees to the digits that were printed at best: one that equals the number would be an identity in
 * disguise. Counts may. */
static void
test_kinds (void)
{
  int n = strata_published_count (), n_predictions = 0;
  g_autofree double *ours = g_new (double, n);
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  strata_published_compute (ours);
  for (int i = 0; i < n; i++)
    {
      const StrataPublished *row = strata_published_get (i);

      g_assert_true (g_hash_table_add (names, (gpointer) row->name));
      g_assert_cmpint (*row->source, !=, 0);
      n_predictions += row->kind == STRATA_VALIDATION_KIND_PREDICTION;
      if (row->kind == STRATA_VALIDATION_KIND_PREDICTION && row->tolerance > 0)
        g_assert_cmpfloat (ours[i], !=, row->published);
    }
  g_assert_cmpint (n, >=, 15);
  g_assert_cmpint (n_predictions, >=, 8);
}

static void
test_range (void)
{
  StrataPublished row = { .published = 10, .tolerance = 0.1, .tolerance_kind = STRATA_TOLERANCE_RELATIVE };
  double lowest, highest;

  strata_published_range (&row, &lowest, &highest);
  g_assert_cmpfloat_with_epsilon (lowest, 9, 1e-12);
  g_assert_cmpfloat_with_epsilon (highest, 11, 1e-12);
  row.tolerance_kind = STRATA_TOLERANCE_ABSOLUTE;
  strata_published_range (&row, &lowest, &highest);
  g_assert_cmpfloat_with_epsilon (lowest, 9.9, 1e-12);
  g_assert_cmpfloat_with_epsilon (highest, 10.1, 1e-12);
  row.tolerance_kind = STRATA_TOLERANCE_FACTOR, row.tolerance = 2;
  strata_published_range (&row, &lowest, &highest);
  g_assert_cmpfloat (lowest, ==, 5);
  g_assert_cmpfloat (highest, ==, 20);
  g_assert_true (strata_published_agrees (&row, 20) && strata_published_agrees (&row, 5));
  g_assert_false (strata_published_agrees (&row, 20.01) || strata_published_agrees (&row, 4.99));
  g_assert_false (strata_published_agrees (&row, (double) NAN));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/validation/agreement", test_agreement);
  g_test_add_func ("/sdk/validation/areas", test_areas);
  g_test_add_func ("/sdk/validation/kinds", test_kinds);
  g_test_add_func ("/sdk/validation/range", test_range);
  return g_test_run ();
}
