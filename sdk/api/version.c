/* SPDX-License-Identifier: Apache-2.0
 *
 * Version at run time, and quantities as text for whoever prints them.
 */
#include "strata/strata-version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"

const char *
strata_get_version (void)
{
  return STRATA_VERSION;
}

gboolean
strata_check_version (int major, int minor)
{
  int have_major = 0, have_minor = 0;

  /* STRATA_VERSION is ours: always three numbers */
  have_major = atoi (STRATA_VERSION);
  have_minor = atoi (strchr (STRATA_VERSION, '.') + 1);
  return have_major == major && have_minor >= minor;
}

char *
strata_quantity_to_text (double value, const char *unit)
{
  static const struct
  {
    const char *unit;
    StrataQuantityKind kind;
  } kinds[] = {
    { "ps", STRATA_QUANTITY_TIME },       { "fj", STRATA_QUANTITY_ENERGY },   { "mw", STRATA_QUANTITY_POWER },
    { "c", STRATA_QUANTITY_TEMPERATURE }, { "bytes", STRATA_QUANTITY_BYTES },
  };

  g_return_val_if_fail (unit != NULL, NULL);
  if (!isfinite (value))
    return g_strdup ("unavailable");
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (unit, kinds[i].unit))
      return strata_quantity_format (value, kinds[i].kind);
  if (fabs (value) >= 1e9)
    return g_strdup_printf ("%.3g G", value / 1e9);
  if (fabs (value) >= 1e6)
    return g_strdup_printf ("%.3g M", value / 1e6);
  if (fabs (value) >= 1e4)
    return g_strdup_printf ("%.3g k", value / 1e3);
  return g_strdup_printf ("%.3g", value);
}
