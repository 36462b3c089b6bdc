/* SPDX-License-Identifier: Apache-2.0 */
#include "strata-profiler/strata-draw.h"

#include <math.h>

static void
test_quantity (void)
{
  static const struct
  {
    double value;
    const char *unit, *text;
  } cases[] = {
    { 3.1e-6, "J", "3.10 µJ" },
    { 41.26e-6, "s", "41.3 µs" },
    { 0.214, "W", "214 mW" },
    { 999.4e-9, "s", "999 ns" },
    { 999.6e-9, "s", "1.00 µs" },
    { 0.9996, "W", "1.00 W" },
    { 9.996e-3, "W", "10.0 mW" },
    { 0, "W", "0 W" },
    { -3.1e-6, "J", "-3.10 µJ" },
    { 1e-18, "J", "1.00 aJ" },
    { 2.5, "TOPS/W", "2.50 TOPS/W" },
    { 0.0453, "TOPS/W", "0.0453 TOPS/W" },
    { 1520, "TOPS/W", "1520 TOPS/W" },
    { 39.84, "°C", "39.8 °C" },
    { 1234, "°C", "1230 °C" },
    { 18.75, "%", "18.8 %" },
    { 100, "%", "100 %" },
    { 0.05, "%", "0.0500 %" },
    { 1536, "B", "1.54 kB" },
    { 12, "", "12" },
    { 1234567, "", "1.23 M" },
    { 7.25, "", "7.25" },
    { 59.94e9, "Hz", "59.9 GHz" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = strata_draw_quantity (cases[i].value, cases[i].unit);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_unavailable (void)
{
  g_autofree char *text = strata_draw_quantity (NAN, "J"), *banded = strata_draw_banded (NAN, 1, 2, "J");
  g_autofree char *endless = strata_draw_quantity (INFINITY, "s");

  g_assert_cmpstr (text, ==, "unavailable");
  g_assert_cmpstr (banded, ==, "unavailable");
  g_assert_cmpstr (endless, ==, "unlimited");
}

static void
test_bands (void)
{
  static const struct
  {
    double value, low, high;
    const char *unit, *text;
  } cases[] = {
    { 3.1e-6, 2e-6, 5.4e-6, "J", "3.10 µJ (2.0–5.4)" },
    { 3.1e-6, 5.4e-6, 2e-6, "J", "3.10 µJ (2.0–5.4)" },
    { 812e-6, 700e-6, 1.1e-3, "s", "812 µs (700–1100)" },
    { 0.99e-6, 0.04e-6, 1.2e-6, "J", "990 nJ (40–1200)" },
    { 1.02e-6, 0.04e-6, 1.2e-6, "J", "1.02 µJ (0.040–1.2)" },
    { 34.2, 31.6, 40, "°C", "34.2 °C (32–40)" },
    { 156e-6, 155.6e-6, 231e-6, "s", "156 µs (156–230)" },
    { 14.9e-6, 8e-6, 14.94e-6, "J", "14.9 µJ (8.0–15)" },
    { 5e-9, 5e-9, 5e-9, "s", "5.00 ns" },
    { 5e-9, NAN, 6e-9, "s", "5.00 ns" },
    { 0, 0, 2, "W", "0 W (0–2.0)" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = strata_draw_banded (cases[i].value, cases[i].low, cases[i].high, cases[i].unit);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_count (void)
{
  static const struct
  {
    gint64 value;
    const char *text;
  } cases[] = { { 0, "0" },          { 999, "999" },
                { 1000, "1,000" },   { 1234567, "1,234,567" },
                { -4200, "-4,200" }, { G_MININT64, "-9,223,372,036,854,775,808" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = strata_draw_count (cases[i].value);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_ruler (void)
{
  static const gint64 ns = 1000, us = 1000000, ms = 1000000000, s = 1000000000000;
  const struct
  {
    gint64 time, step;
    const char *text;
  } cases[] = {
    { 0, ns, "0" },
    { 2 * ms, ms, "2 ms" },
    { 41235 * ns, ns, "41.235 µs" },
    { 41200 * ns, 100 * ns, "41.2 µs" },
    { 1500, 500, "1.5 ns" },
    { 250, 50, "250 ps" },
    { 30 * s, 10 * s, "30 s" },
    { 90 * s, 30 * s, "1:30" },
    { 3723 * s, s, "1:02:03" },
    { 7200 * s, 3600 * s, "2:00:00" },
    { 65 * s + 250 * ms, 50 * ms, "65.25 s" },
    { 500 * us, 100 * us, "500 µs" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = strata_draw_ruler_label (cases[i].time, cases[i].step);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

/* Neighbouring labels differ at every step a ruler can have */
static void
test_ruler_tells_apart (void)
{
  for (double span = 2000; span < 4e16; span *= 1.7)
    {
      StrataViewport view = { 0.37 * span, span, 0 };
      gint64 step = strata_viewport_step (&view, 1000, 90);
      g_autofree char *a = strata_draw_ruler_label (3 * step, step), *b = strata_draw_ruler_label (4 * step, step);

      g_assert_cmpstr (a, !=, b);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profiler/draw/format/quantity", test_quantity);
  g_test_add_func ("/profiler/draw/format/unavailable", test_unavailable);
  g_test_add_func ("/profiler/draw/format/bands", test_bands);
  g_test_add_func ("/profiler/draw/format/count", test_count);
  g_test_add_func ("/profiler/draw/format/ruler", test_ruler);
  g_test_add_func ("/profiler/draw/format/ruler-tells-apart", test_ruler_tells_apart);
  return g_test_run ();
}
