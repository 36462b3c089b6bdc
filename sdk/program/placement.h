/* SPDX-License-Identifier: Apache-2.0
 *
 * Where each tile lies: site[i] is the (stack, tier) of tile i. Legal when every site exists, is alive and holds at
 * most one array; tiles of one array have one site. Made by compiler/place.
 */
#pragma once

#include "program/tiles.h"

typedef enum
{
#define STRATA_PLACE_TERM(id, name, meaning) STRATA_PLACE_TERM_##id,
#include "program/place-terms.def"
#undef STRATA_PLACE_TERM
  STRATA_N_PLACE_TERMS,
} StrataPlaceTerm;

const char *strata_place_term_name (StrataPlaceTerm term); /* "serial" */

typedef struct
{
  StrataSite *site; /* per tile */
  int n_tiles;
  /* What the objective came to, and what no placement of these tiles on this chip can go below; for reports. */
  gint64 cost_ps[STRATA_N_PLACE_TERMS], bound_ps[STRATA_N_PLACE_TERMS];
  gint64 total_ps, total_bound_ps; /* sums over the terms */
} StrataPlacement;

gboolean strata_placement_check (const StrataPlacement *placement,
                                 const StrataTileSet *tiles,
                                 const StrataChipSpec *chip,
                                 GError **error);
char *strata_placement_print (const StrataPlacement *placement, const StrataTileSet *tiles) G_GNUC_WARN_UNUSED_RESULT;
StrataPlacement *strata_placement_parse (const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
guint64 strata_placement_hash (const StrataPlacement *placement);
void strata_placement_free (StrataPlacement *placement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataPlacement, strata_placement_free)
