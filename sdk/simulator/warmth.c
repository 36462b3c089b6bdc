/* SPDX-License-Identifier: Apache-2.0
 *
 * How warm arrays are at work: each its tier's temperature in the steady state of running on and on, from the solution
 * that junction and skin come from, at the rate that limits of temperature allow.
 */
#include "simulator/modelled-private.h"

#include <math.h>

/* At the edge of running away there is a steady state, but nothing that could be built would stay on it. */
static gboolean
has_steady (const StrataModelled *modelled)
{
  return modelled->throttle_interval_ps[STRATA_BAND_NOMINAL] > 0
         && (modelled->n_spells == 0 || modelled->spells[modelled->n_spells - 1].reason != STRATA_SPELL_RUNAWAY);
}

void
strata_warmth (StrataModelRun *run)
{
  const StrataChipSpec *chip = run->image->chip;
  double *array_c;

  if (!has_steady (run->modelled))
    return;
  run->modelled->array_c = array_c = g_new (double, (gsize) chip->n_stacks *(gsize) chip->tiers + 1);
  for (int stack = 0; stack < chip->n_stacks; stack++)
    for (int tier = 0; tier < chip->tiers; tier++)
      *array_c++ = strata_heat_tier_c (run->heat, run->sustained_c, stack, tier);
}

gboolean
strata_modelled_array_range (
  const StrataImage *image, const StrataModelled *modelled, double *coolest_c, double *hottest_c, GError **error)
{
  double coolest = HUGE_VAL, hottest = -HUGE_VAL;

  if (modelled->array_c == NULL)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED,
                   "temperature: at work chip %s comes to no steady one: %s; give arrays a temperature such as 85degC, "
                   "or cool the package better",
                   image->chip->name,
                   modelled->runs_away[STRATA_BAND_NOMINAL] ? "its leakage runs away"
                                                            : "static power alone crosses its limits");
      return FALSE;
    }
  for (int i = 0; i < image->tiles->n_tiles; i++)
    {
      const StrataSite *site = &image->placement->site[i];
      double here_c = modelled->array_c[site->stack * image->chip->tiers + site->tier];

      coolest = MIN (coolest, here_c);
      hottest = MAX (hottest, here_c);
    }
  *coolest_c = image->tiles->n_tiles > 0 ? coolest : modelled->junction_c;
  *hottest_c = image->tiles->n_tiles > 0 ? hottest : modelled->junction_c;
  return TRUE;
}
