/* SPDX-License-Identifier: Apache-2.0 */
#include "strata/sys/strata-trace.h"

/* Names are read by queries and colours: they do not change by accident. */
static void
test_components (void)
{
  static const char *const expected[] = { "array",    "vertical", "driver",  "adc",     "post",     "buffer",
                                          "overhead", "select",   "noc",     "vector",  "mac",      "sram",
                                          "dram",     "host",     "control", "leakage", "dram-idle" };

  g_assert_cmpint (STRATA_N_COMPONENTS, ==, G_N_ELEMENTS (expected));
  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    {
      g_assert_cmpstr (strata_component_name (i), ==, expected[i]);
      g_assert_cmpstr (strata_component_meaning (i), !=, "unknown");
    }
  g_assert_cmpstr (strata_component_meaning (STRATA_COMPONENT_NOC), ==, "network on the base die");
  g_assert_cmpstr (strata_component_name (STRATA_N_COMPONENTS), ==, "unknown");
  g_assert_cmpstr (strata_component_meaning ((StrataComponent) -1), ==, "unknown");
}

static void
test_units (void)
{
  static const char *const expected[] = { "stack", "link", "vector", "mac", "sram", "host", "base", "dram" };

  for (int i = 0; i <= STRATA_UNIT_DRAM; i++)
    g_assert_cmpstr (strata_unit_kind_name (i), ==, expected[i]);
  g_assert_cmpstr (strata_unit_kind_name ((StrataUnitKind) 99), ==, "unknown");
}

static void
test_spell_reasons (void)
{
  static const char *const expected[] = { "full rate", "power budget", "junction", "skin", "thermal runaway" };

  g_assert_cmpint (STRATA_N_SPELL_REASONS, ==, G_N_ELEMENTS (expected));
  for (int i = 0; i < STRATA_N_SPELL_REASONS; i++)
    {
      g_assert_cmpstr (strata_spell_reason_name (i), ==, expected[i]);
      g_assert_cmpstr (strata_spell_reason_meaning (i), !=, "unknown");
    }
  g_assert_cmpstr (strata_spell_reason_name (STRATA_N_SPELL_REASONS), ==, "unknown");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/trace/names/components", test_components);
  g_test_add_func ("/sdk/trace/names/units", test_units);
  g_test_add_func ("/sdk/trace/names/spell-reasons", test_spell_reasons);
  return g_test_run ();
}
