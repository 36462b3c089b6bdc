/* SPDX-License-Identifier: Apache-2.0
 *
 * Placement where tiles share arrays: one tile of each array is placed, the others lie with it. Internal to place/.
 */
#pragma once

#include "compiler/stages.h"

/* As strata_place (), for a tile set of which some array holds several tiles. */
StrataPlacement *place_shared (const StrataQGraph *graph,
                               const StrataTileSet *tiles,
                               const StrataChipSpec *chip,
                               const StrataPlaceOptions *options,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
