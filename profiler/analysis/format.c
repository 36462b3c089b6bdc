/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantities in the units that names carry ("ps", "fj" …) as text; the digits, prefixes and bands are those of the
 * painters, so that a number reads the same in a table and in a picture.
 */
#include <math.h>

#include "strata-profiler/strata-draw.h"
#include "strata-profiler/strata-profile-analysis.h"

static const struct
{
  const char *unit, *symbol;
  double scale;
} units[] = {
  { "ps", "s", 1e-12 }, { "fj", "J", 1e-15 }, { "mw", "W", 1e-3 }, { "c", "°C", 1 },         { "db", "dB", 1 },
  { "um", "m", 1e-6 },  { "hz", "Hz", 1 },    { "bytes", "B", 1 }, { "fraction", "%", 1e2 }, { "count", "", 1 },
  { "ff", "F", 1e-15 }, { "s", "s", 1 },      { "j", "J", 1 },     { "degc", "°C", 1 },      { "1/s", "/s", 1 },
};

/* Counts below this are written with all digits. */
#define WHOLE_COUNTS 1e6

static const char *
symbol_of (const char *unit, double *scale)
{
  *scale = 1;
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_ascii_strcasecmp (units[i].unit, unit) == 0)
      {
        *scale = units[i].scale;
        return units[i].symbol;
      }
  return unit;
}

/* Counts of things have no band worth a bracket. */
static gboolean
is_whole_count (double value, const char *unit)
{
  return g_ascii_strcasecmp (unit, "count") == 0 && fabs (value) < WHOLE_COUNTS && value == floor (value);
}

char *
strata_format_quantity (double value, const char *unit)
{
  double scale;
  const char *symbol;

  g_return_val_if_fail (unit != NULL, NULL);

  symbol = symbol_of (unit, &scale);
  if (is_whole_count (value, unit))
    return strata_draw_count ((gint64) value);
  return strata_draw_quantity (value * scale, symbol);
}

char *
strata_format_banded (double nominal, double optimistic, double conservative, const char *unit)
{
  double scale;
  const char *symbol;

  g_return_val_if_fail (unit != NULL, NULL);

  symbol = symbol_of (unit, &scale);
  if (is_whole_count (nominal, unit))
    return strata_draw_count ((gint64) nominal);
  return strata_draw_banded (nominal * scale, optimistic * scale, conservative * scale, symbol);
}
