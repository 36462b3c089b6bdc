/* SPDX-License-Identifier: Apache-2.0
 *
 * What of StrataDie needs more than a device: dies drawn from a chip, and programs fitted to one.
 */
#include "api/chip-private.h"
#include "compiler/fit.h"
#include "device/die-private.h"
#include "device/program-private.h"

StrataDie *
strata_die_draw (StrataChip *chip, StrataBand band, guint64 seed, GError **error)
{
  g_return_val_if_fail (STRATA_IS_CHIP (chip), NULL);
  g_return_val_if_fail ((guint) band < STRATA_N_BANDS, NULL);
  return strata_die_new_from_spec (strata_die_spec_draw (strata_chip_get_spec (chip), band, seed, error));
}

StrataProgram *
strata_die_fit (StrataDie *self, StrataProgram *program, StrataDieFit *fit, GCancellable *cancellable, GError **error)
{
  StrataFitOptions options = { .cancellable = cancellable };
  StrataFitCounts counts;
  StrataImage *image;

  g_return_val_if_fail (STRATA_IS_DIE (self), NULL);
  g_return_val_if_fail (STRATA_IS_PROGRAM (program), NULL);
  options.n_spare_tiers = strata_die_get_n_spare_tiers (self);
  image = strata_fit (strata_program_get_image (program), strata_die_get_spec (self), &options, &counts, error);
  if (image == NULL)
    return NULL;
  if (fit != NULL)
    *fit = (StrataDieFit){ counts.n_arrays,     counts.n_spared,      counts.n_kept,
                           counts.n_moved_tier, counts.n_moved_stack, counts.replaced };
  return strata_program_new_from_image (image);
}
