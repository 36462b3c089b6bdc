/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tiles of an array use of it, and whether the array of a die that it is to lie on has that after repair.
 */
#pragma once

#include "chip/die.h"
#include "program/placement.h"
#include "program/tiles.h"

/* Rows 0 … n_rows - 1 and columns 0 … n_columns - 1, of so many tiers */
typedef struct
{
  int n_rows, n_columns, n_tiers;
} StrataArrayNeed;

/* Per tile; those of the first tile of an array stand for all of it. (transfer full) */
StrataArrayNeed *strata_tile_set_needs (const StrataTileSet *tiles,
                                        const StrataChipSpec *chip) G_GNUC_WARN_UNUSED_RESULT;
/* Whether what is left of the arrays of @chip, the die's, from @site up has what tiles use. */
gboolean strata_array_need_is_met (const StrataArrayNeed *need,
                                   StrataSite site,
                                   const StrataChipSpec *chip,
                                   const StrataDieRepair *repair);
/* The first tile that lies where it is not met; -1: none does */
int strata_tile_set_find_unmet (const StrataTileSet *tiles,
                                const StrataPlacement *placement,
                                const StrataChipSpec *chip,
                                const StrataDieRepair *repair);
