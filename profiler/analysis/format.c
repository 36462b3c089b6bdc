/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantities in the units that names carry ("ps", "fj" …) as text; the digits, prefixes and bands are those of the
 * painters, so that a number reads the same in a table and in a picture.
 */
#include <string.h>

#include "strata-profiler/strata-draw.h"
#include "strata-profiler/strata-profile-analysis.h"

static const struct
{
  const char *unit, *symbol;
  double scale;
} units[] = {
  { "ps", "s", 1e-12 }, { "fj", "J", 1e-15 }, { "mw", "W", 1e-3 }, { "c", "°C", 1 },         { "db", "dB", 1 },
  { "um", "m", 1e-6 },  { "hz", "Hz", 1 },    { "bytes", "B", 1 }, { "fraction", "%", 1e2 }, { "count", "", 1 },
  { "ff", "F", 1e-15 }, { "s", "s", 1 },      { "j", "J", 1 },
};

static const char *
symbol_of (const char *unit, double *scale)
{
  *scale = 1;
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_str_equal (units[i].unit, unit))
      {
        *scale = units[i].scale;
        return units[i].symbol;
      }
  return unit;
}

char *
strata_format_quantity (double value, const char *unit)
{
  double scale;
  const char *symbol;

  g_return_val_if_fail (unit != NULL, NULL);

  symbol = symbol_of (unit, &scale);
  return strata_draw_quantity (value * scale, symbol);
}

char *
strata_format_banded (double nominal, double optimistic, double conservative, const char *unit)
{
  double scale;
  const char *symbol;

  g_return_val_if_fail (unit != NULL, NULL);

  symbol = symbol_of (unit, &scale);
  return strata_draw_banded (nominal * scale, optimistic * scale, conservative * scale, symbol);
}
