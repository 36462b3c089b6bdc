/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantities as text: three significant digits, SI prefix, unit. Invariant: rounding never shows four digits before the
 * point (999.6 ns is "1.00 µs"), and text does not depend on the locale.
 */
#include "strata-profiler/strata-draw.h"

#include <math.h>
#include <string.h>

static const char *const prefixes[] = { "a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E" };
#define NO_PREFIX 6

/* Digits behind the point for so many significant ones */
static int
decimals_of (double value, int n_digits)
{
  int whole = value == 0 ? n_digits : (int) floor (log10 (fabs (value)) + 1e-12) + 1;

  return CLAMP (n_digits - whole, 0, 9);
}

static char *
fixed (double value, int decimals)
{
  char format[8], text[64];

  g_snprintf (format, sizeof format, "%%.%df", decimals);
  g_ascii_formatd (text, sizeof text, format, value);
  return g_strdup (text);
}

static gboolean
takes_prefix (const char *unit)
{
  static const char *const bare[] = { "%", "°C", "dB", "TOPS/W", NULL };

  return !g_strv_contains (bare, unit);
}

/* Value after rounding to @n_digits significant digits */
static double
rounded (double value, int n_digits)
{
  double scale;

  if (value == 0)
    return 0;
  scale = pow (10, n_digits - 1 - floor (log10 (fabs (value)) + 1e-12));
  return round (value * scale) / scale;
}

static int
choose_prefix (double value, const char *unit)
{
  int prefix = NO_PREFIX;
  double size = fabs (rounded (value, 3));

  if (size == 0 || !takes_prefix (unit))
    return NO_PREFIX;
  /* counts have no fractions of units: 0.25 stays 0.250 */
  prefix += (int) floor (log10 (size) / 3 + 1e-9);
  return CLAMP (prefix, *unit == '\0' || strcmp (unit, "B") == 0 ? NO_PREFIX : 0, (int) G_N_ELEMENTS (prefixes) - 1);
}

static char *
join (const char *number, const char *prefix, const char *unit)
{
  if (*prefix == '\0' && *unit == '\0')
    return g_strdup (number);
  return g_strdup_printf ("%s %s%s", number, prefix, unit);
}

char *
strata_draw_quantity (double value, const char *unit)
{
  g_autofree char *number = NULL;
  int prefix;
  double scaled;

  g_return_val_if_fail (unit != NULL, NULL);
  if (isnan (value))
    return g_strdup ("unavailable");
  if (isinf (value))
    return g_strdup (value > 0 ? "unlimited" : "−unlimited");
  prefix = choose_prefix (value, unit);
  scaled = rounded (value / pow (1000, prefix - NO_PREFIX), 3);
  number = value == 0 || (*unit == '\0' && prefix == NO_PREFIX && scaled == floor (scaled))
             ? fixed (scaled, 0)
             : fixed (scaled, decimals_of (scaled, 3));
  return join (number, prefixes[prefix], unit);
}

/* Two digits; three where rounding to two would leave the nominal value outside of its own band */
static char *
band_end (double value, double nominal, double unit_size)
{
  double scaled = rounded (value / unit_size, 2), inner = rounded (nominal / unit_size, 3);
  int n_digits = (value <= nominal && scaled > inner) || (value >= nominal && scaled < inner) ? 3 : 2;

  scaled = rounded (value / unit_size, n_digits);
  return scaled == 0 ? g_strdup ("0") : fixed (scaled, decimals_of (scaled, n_digits));
}

char *
strata_draw_banded (double value, double low, double high, const char *unit)
{
  g_autofree char *nominal = strata_draw_quantity (value, unit), *from = NULL, *to = NULL;
  double unit_size;

  if (isnan (value) || isnan (low) || isnan (high) || (low == value && high == value))
    return g_steal_pointer (&nominal);
  unit_size = pow (1000, choose_prefix (value, unit) - NO_PREFIX);
  from = band_end (MIN (low, high), value, unit_size);
  to = band_end (MAX (low, high), value, unit_size);
  return g_strdup_printf ("%s (%s–%s)", nominal, from, to);
}

char *
strata_draw_count (gint64 count)
{
  char digits[32];
  GString *text = g_string_new (NULL);
  gsize n;

  g_snprintf (digits, sizeof digits, "%" G_GUINT64_FORMAT, count < 0 ? 0 - (guint64) count : (guint64) count);
  n = strlen (digits);
  if (count < 0)
    g_string_append_c (text, '-');
  for (gsize i = 0; i < n; i++)
    {
      if (i > 0 && (n - i) % 3 == 0)
        g_string_append_c (text, ',');
      g_string_append_c (text, digits[i]);
    }
  return g_string_free (text, FALSE);
}

/* From a minute on: h:mm:ss or m:ss */
static char *
clock_label (gint64 seconds)
{
  const char *sign = seconds < 0 ? "-" : "";
  gint64 s = ABS (seconds);

  if (s >= 3600)
    return g_strdup_printf ("%s%d:%02d:%02d", sign, (int) (s / 3600), (int) (s / 60 % 60), (int) (s % 60));
  return g_strdup_printf ("%s%d:%02d", sign, (int) (s / 60), (int) (s % 60));
}

char *
strata_draw_ruler_label (gint64 time_ps, gint64 step_ps)
{
  static const struct
  {
    gint64 size_ps;
    const char *name;
  } units[] = { { 1000000000000, "s" }, { 1000000000, "ms" }, { 1000000, "µs" }, { 1000, "ns" }, { 1, "ps" } };
  g_autofree char *number = NULL;
  guint unit = 0;
  int decimals = 0;

  g_return_val_if_fail (step_ps > 0, NULL);
  if (step_ps >= 1000000000000 && ABS (time_ps) >= 60 * units[0].size_ps)
    return clock_label (time_ps / units[0].size_ps);
  if (time_ps == 0)
    return g_strdup ("0");
  while (unit + 1 < G_N_ELEMENTS (units) && ABS (time_ps) < units[unit].size_ps)
    unit++;
  for (gint64 place = units[unit].size_ps; place > 1 && step_ps % place != 0 && decimals < 12; place /= 10)
    decimals++;
  number = fixed (time_ps / (double) units[unit].size_ps, decimals);
  return g_strdup_printf ("%s %s", number, units[unit].name);
}
