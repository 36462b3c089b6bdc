/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions of a run: names of terms, what is refused.
 */
#include <math.h>

#include "strata/strata-conditions.h"

static void
test_terms (void)
{
  g_autoptr (GError) error = NULL;
  StrataPhysics terms = 0, all = 0;

  for (int i = 0; i < STRATA_N_PHYSICS; i++)
    {
      const char *name = strata_physics_name ((StrataPhysics) (1 << i));

      g_assert_true (strata_physics_parse (name, &terms, NULL));
      g_assert_cmpint (terms, ==, 1 << i);
      g_assert_cmpstr (strata_physics_meaning (terms), !=, "unknown");
      all |= terms;
    }
  g_assert_cmpint (all, ==, STRATA_PHYSICS_ALL);
  g_assert_cmpstr (strata_physics_name ((StrataPhysics) 3), ==, "unknown");
  g_assert_true (strata_physics_parse ("read, thermal", &terms, NULL));
  g_assert_cmpint (terms, ==, STRATA_PHYSICS_READ | STRATA_PHYSICS_THERMAL);
  g_assert_true (strata_physics_parse ("all", &terms, NULL));
  g_assert_cmpint (terms, ==, STRATA_PHYSICS_ALL);
  g_assert_true (strata_physics_parse ("none", &terms, NULL));
  g_assert_cmpint (terms, ==, 0);
  g_assert_false (strata_physics_parse ("noise", &terms, &error));
  g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT);
  g_assert_nonnull (strstr (error->message, "thermal"));
}

static void
assert_refused (StrataConditions conditions, const char *what)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (strata_conditions_check (&conditions, &error));
  g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT);
  g_assert_true (g_str_has_prefix (error->message, what));
}

static void
test_check (void)
{
  g_autoptr (StrataConditions) conditions = strata_conditions_new ();
  g_autoptr (StrataConditions) copy = NULL;

  g_assert_true (strata_conditions_check (conditions, NULL));
  conditions->age_s = 86400, conditions->calibrated_age_s = 3600;
  g_assert_true (strata_conditions_check (conditions, NULL));
  copy = strata_conditions_copy (conditions);
  g_assert_true (strata_conditions_equal (copy, conditions));
  copy->temperature_c = 55;
  g_assert_false (strata_conditions_equal (copy, conditions));
  assert_refused ((StrataConditions){ 0, -1, 0, 25 }, "age");
  assert_refused ((StrataConditions){ 0, 1001 * 31536e3, 0, 25 }, "age");
  assert_refused ((StrataConditions){ 0, (double) INFINITY, 0, 25 }, "age");
  assert_refused ((StrataConditions){ 0, 1, 2, 25 }, "calibration");
  assert_refused ((StrataConditions){ 0, 1, 0, 400 }, "temperature");
  assert_refused ((StrataConditions){ 0, 1, 0, -(double) INFINITY }, "temperature");
}

static void
assert_set (StrataConditions *conditions, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (strata_conditions_set (conditions, name, text, &error));
  g_assert_no_error (error);
}

static void
test_text (void)
{
  static const struct
  {
    const char *name, *text, *says;
  } bad[] = {
    { "age", "3 furlongs", "min" },    { "age", "-1 d", "before programming" }, { "temperature", "warm", "degC" },
    { "without", "noise", "thermal" }, { "humidity", "3 %", "temperature" },
  };
  g_autoptr (StrataConditions) conditions = strata_conditions_new ();
  g_autofree char *fresh = strata_conditions_to_text (conditions), *old = NULL, *year = strata_age_to_text (31536000);
  g_autofree char *half = strata_age_to_text (5400), *zero = strata_age_to_text (0);

  g_assert_cmpstr (fresh, ==, "just programmed");
  assert_set (conditions, "age", "30d");
  assert_set (conditions, "calibrated-age", "12 h");
  assert_set (conditions, "temperature", "55degC");
  assert_set (conditions, "without", "read, thermal");
  g_assert_cmpfloat (conditions->age_s, ==, 30 * 86400.0);
  g_assert_cmpfloat (conditions->calibrated_age_s, ==, 43200);
  old = strata_conditions_to_text (conditions);
  g_assert_cmpstr (old, ==, "30 d after programming, calibrated after 12 h, at 55 °C, without read, thermal");
  assert_set (conditions, "only", "read");
  g_assert_cmpint (conditions->physics_off, ==, STRATA_PHYSICS_ALL & ~STRATA_PHYSICS_READ);
  assert_set (conditions, "age", "0");
  g_assert_cmpfloat (conditions->age_s, ==, 0);
  g_assert_cmpstr (year, ==, "1 y");
  g_assert_cmpstr (half, ==, "1.5 h");
  g_assert_cmpstr (zero, ==, "0 s");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (strata_conditions_set (conditions, bad[i].name, bad[i].text, &error));
      g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT);
      g_assert_nonnull (strstr (error->message, bad[i].says));
    }
}

static void
test_at_work (void)
{
  g_autoptr (StrataConditions) conditions = strata_conditions_new ();
  g_autoptr (StrataConditions) copy = NULL;
  g_autofree char *bare = NULL, *warm = NULL, *even = NULL;

  g_assert_false (strata_conditions_is_at_work (conditions));
  assert_set (conditions, "temperature", "work");
  g_assert_true (strata_conditions_is_at_work (conditions));
  g_assert_true (strata_conditions_check (conditions, NULL));
  copy = strata_conditions_copy (conditions);
  g_assert_true (strata_conditions_equal (copy, conditions));
  bare = strata_conditions_to_text (conditions);
  g_assert_cmpstr (bare, ==, "just programmed, at work");
  assert_set (conditions, "without", "read");
  warm = strata_conditions_describe (conditions, 43.21, 50.78);
  g_assert_cmpstr (warm, ==, "just programmed, at work (43.2 to 50.8 °C, each array at its own), without read");
  even = strata_conditions_describe (conditions, 50.76, 50.78);
  g_assert_cmpstr (even, ==, "just programmed, at work (50.8 °C, each array at its own), without read");
  assert_set (conditions, "temperature", "55degC");
  g_assert_false (strata_conditions_is_at_work (conditions));
  g_assert_false (strata_conditions_equal (copy, conditions));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/base/conditions/terms", test_terms);
  g_test_add_func ("/sdk/base/conditions/check", test_check);
  g_test_add_func ("/sdk/base/conditions/text", test_text);
  g_test_add_func ("/sdk/base/conditions/at-work", test_at_work);
  return g_test_run ();
}
