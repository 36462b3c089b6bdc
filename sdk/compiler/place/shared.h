/* SPDX-License-Identifier: Apache-2.0
 *
 * Placement where tiles share arrays: one tile of each array is placed, the others lie with it. Internal to place/.
 */
#pragma once

#include "compiler/stages.h"

/* A tile per array, without the others: the busiest; original[i], with room for all tiles, is what tile i is in
 * @tiles. (transfer full) */
StrataTileSet *place_shared_tiles (const StrataQGraph *graph,
                                   const StrataTileSet *tiles,
                                   const StrataChipSpec *chip,
                                   int *original) G_GNUC_WARN_UNUSED_RESULT;
/* As strata_place (), for a tile set of which some array holds several tiles. */
StrataPlacement *place_shared (const StrataQGraph *graph,
                               const StrataTileSet *tiles,
                               const StrataChipSpec *chip,
                               const StrataPlaceOptions *options,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
