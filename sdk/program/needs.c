/* SPDX-License-Identifier: Apache-2.0
 *
 * Needs of arrays, from the cells of their tiles.
 */
#include "program/needs.h"

StrataArrayNeed *
strata_tile_set_needs (const StrataTileSet *tiles, const StrataChipSpec *chip)
{
  StrataArrayNeed *needs = g_new0 (StrataArrayNeed, (gsize) tiles->n_tiles + 1);

  for (int i = 0; i < tiles->n_tiles; i++)
    {
      const StrataTile *tile = &tiles->tiles[i];
      StrataArrayNeed *need = &needs[strata_tile_set_array (tiles, i)];
      int n_rows = tile->n_tiers > 1 ? chip->rows : tile->at_row + tile->n_rows * tile->n_row_copies;

      need->n_rows = MAX (need->n_rows, n_rows);
      need->n_columns = MAX (need->n_columns, tile->at_col + tile->n_cols * tile->n_slices);
      need->n_tiers = strata_tile_n_tiers (tile);
    }
  return needs;
}

gboolean
strata_array_need_is_met (const StrataArrayNeed *need,
                          StrataSite site,
                          const StrataChipSpec *chip,
                          const StrataDieRepair *repair)
{
  for (int i = 0; i < need->n_tiers; i++)
    {
      StrataSite at = { site.stack, site.tier + i };
      const StrataDieArray *array = strata_die_repair_find (repair, at);

      if (!strata_chip_site_usable (chip, at)
          || (array != NULL && (array->rows < need->n_rows || array->columns < need->n_columns)))
        return FALSE;
    }
  return TRUE;
}

int
strata_tile_set_find_unmet (const StrataTileSet *tiles,
                            const StrataPlacement *placement,
                            const StrataChipSpec *chip,
                            const StrataDieRepair *repair)
{
  g_autofree StrataArrayNeed *needs = strata_tile_set_needs (tiles, chip);

  for (int i = 0; i < tiles->n_tiles; i++)
    if (tiles->tiles[i].array_back == 0 && !strata_array_need_is_met (&needs[i], placement->site[i], chip, repair))
      return i;
  return -1;
}
