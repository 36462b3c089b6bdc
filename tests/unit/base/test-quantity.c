/* SPDX-License-Identifier: Apache-2.0
 *
 * Units: values that people write, what is refused, what is shown.
 */
#include <math.h>

#include "base/quantity.h"
#include "base/rng.h"

#define KIND(name) STRATA_QUANTITY_##name

static void
test_accepted (void)
{
  static const struct
  {
    const char *text;
    StrataQuantityKind kind;
    double value;
  } cases[] = {
    { "300mW", KIND (POWER), 300 },
    { "2ms", KIND (TIME), 2e9 },
    { "43degC", KIND (TEMPERATURE), 43 },
    { "55 °C", KIND (TEMPERATURE), 55 },
    { "300 K", KIND (TEMPERATURE), 26.85 },
    { "30d", KIND (TIME), 30 * 86400e12 },
    { "0.5 µs", KIND (TIME), 500000 },
    { "0.5us", KIND (TIME), 500000 },
    { "4 pJ", KIND (ENERGY), 4000 },
    { "1.5 nJ", KIND (ENERGY), 1500000 },
    { "3 uJ", KIND (ENERGY), 3e9 },
    { "0.6 pJ/B", KIND (ENERGY_PER_BYTE), 600 },
    { "4.5 pJ/bit", KIND (ENERGY_PER_BYTE), 36000 },
    { "0.8 pJ/B/hop", KIND (ENERGY_PER_BYTE_HOP), 800 },
    { "1 W", KIND (POWER), 1000 },
    { "250 uW", KIND (POWER), 0.25 },
    { "800 mV", KIND (VOLTAGE), 0.8 },
    { "20 µV", KIND (VOLTAGE), 20e-6 },
    { "1 pA", KIND (CURRENT), 1 },
    { "0.5 nA", KIND (CURRENT), 500 },
    { "0.06 fF", KIND (CAPACITANCE), 0.06 },
    { "2 pF", KIND (CAPACITANCE), 2000 },
    { "0.16 µm²", KIND (AREA), 0.16 },
    { "0.16 um2", KIND (AREA), 0.16 },
    { "1 mm^2", KIND (AREA), 1e6 },
    { "300 mm", KIND (LENGTH), 300e6 },
    { "0.5 mW/mm2", KIND (POWER_PER_AREA), 0.5 },
    { "8 KiB", KIND (BYTES), 8192 },
    { "2 MB", KIND (BYTES), 2e6 },
    { "16 B/ns", KIND (BYTE_RATE), 16 },
    { "50 MB/s", KIND (BYTE_RATE), 0.05 },
    { "2.5 Gbit/s", KIND (BYTE_RATE), 0.3125 },
    { "64 Gop/s", KIND (OP_RATE), 64e9 },
    { "1.2 W/(m K)", KIND (CONDUCTIVITY), 1.2 },
    { "1.2 W/mK", KIND (CONDUCTIVITY), 1.2 },
    { "1.7e6 J/(m³·K)", KIND (VOLUMETRIC_HEAT), 1.7e6 },
    { "35 K/W", KIND (THERMAL_RESISTANCE), 35 },
    { "0.1 1/cm2", KIND (DEFECT_DENSITY), 0.1 },
    { "0.1/cm²", KIND (DEFECT_DENSITY), 0.1 },
    { "30 fps", KIND (FREQUENCY), 30 },
    { "1.1eV", KIND (ELECTRONVOLT), 1.1 },
    { "2700 USD", KIND (MONEY), 2700 },
    { "90%", KIND (NUMBER), 0.9 },
    { " -1.5e-3 ", KIND (NUMBER), -0.0015 },
    { "8 bit", KIND (BIT), 8 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      double value = NAN;

      if (!strata_quantity_parse (cases[i].text, cases[i].kind, &value, &error))
        g_error ("%s: %s", cases[i].text, error->message);
      g_assert_cmpfloat_with_epsilon (value, cases[i].value, fabs (cases[i].value) * 1e-14);
    }
}

static void
test_refused (void)
{
  static const struct
  {
    const char *text;
    StrataQuantityKind kind;
    const char *says;
  } cases[] = {
    { "4", KIND (ENERGY), "has no unit" },
    { "4 mw", KIND (POWER), "unknown unit \"mw\"" },
    { "4 MW", KIND (POWER), "unknown unit" },
    { "4 ns", KIND (ENERGY), "is a time, not an energy" },
    { "4 5 ns", KIND (TIME), "unknown unit" },
    { "ns", KIND (TIME), "is not a time" },
    { "", KIND (TIME), "is not a time" },
    { "nan s", KIND (TIME), "is not a time" },
    { "infinity", KIND (NUMBER), "is not a plain number" },
    { "0x10", KIND (NUMBER), "is not a plain number" },
    { "1e400", KIND (NUMBER), "is not a plain number" },
    { "1e308 s", KIND (TIME), "too large" },
    { "--4", KIND (NUMBER), "is not a plain number" },
    { "4 ns", KIND (NUMBER), "has a unit" },
    { "4 \xff", KIND (TIME), "is not a time" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      double value = 7;

      g_assert_false (strata_quantity_parse (cases[i].text, cases[i].kind, &value, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      if (strstr (error->message, cases[i].says) == NULL)
        g_error ("%s: %s", cases[i].text, error->message);
      g_assert_cmpfloat (value, ==, 7);
    }
}

static void
assert_shown (double value, StrataQuantityKind kind, const char *expected)
{
  g_autofree char *text = strata_quantity_format (value, kind);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_format (void)
{
  assert_shown (4876093.2, KIND (ENERGY), "4.88 nJ");
  assert_shown (500000, KIND (TIME), "500 ns");
  assert_shown (999600, KIND (TIME), "1 µs");
  assert_shown (999400, KIND (TIME), "999 ns");
  assert_shown (300, KIND (POWER), "300 mW");
  assert_shown (0.0123, KIND (POWER), "12.3 µW");
  assert_shown (0, KIND (ENERGY), "0 fJ");
  assert_shown (-1500, KIND (ENERGY), "-1.5 pJ");
  assert_shown (21300000, KIND (AREA), "21.3 mm²");
  assert_shown (43.04, KIND (TEMPERATURE), "43 °C");
  assert_shown (0.5, KIND (POWER_PER_AREA), "500 µW/mm²");
  assert_shown (7.2e18, KIND (TIME), "7200000 s");
  assert_shown (NAN, KIND (ENERGY), "unavailable");
  assert_shown (12.8, KIND (BYTE_RATE), "12.8 GB/s");
}

/* Any double of any kind survives printing, to the bit. */
static void
test_print_round_trip (void)
{
  StrataRngKey key = strata_rng_key (3, 0);

  for (guint64 i = 0; i < 20000; i++)
    {
      StrataQuantityKind kind = i % STRATA_N_QUANTITIES;
      double value = (strata_rng_uniform (key, 2 * i) - 0.3) * pow (10, strata_rng_uniform (key, 2 * i + 1) * 24 - 9);
      g_autofree char *text = strata_quantity_print (value, kind);
      g_autoptr (GError) error = NULL;
      double again;

      strata_quantity_parse (text, kind, &again, &error);
      g_assert_no_error (error);
      g_assert_cmpfloat (again, ==, value);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/base/quantity/accepted", test_accepted);
  g_test_add_func ("/sdk/base/quantity/refused", test_refused);
  g_test_add_func ("/sdk/base/quantity/format", test_format);
  g_test_add_func ("/sdk/base/quantity/print-round-trip", test_print_round_trip);
  return g_test_run ();
}
