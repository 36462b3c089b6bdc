/* SPDX-License-Identifier: Apache-2.0
 *
 * Placements: check, print, parse, hash.
 */
#include "program/placement.h"

#include "base/hash.h"
#include "program/text.h"

#define HEAD "placement # cost # serial # switch # noc # heat #"
#define LINE "tile # stack # tier #"

static gboolean
refuse_site (GError **error, int tile, StrataSite site, const char *why)
{
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "placement: tile %d: stack %d tier %d %s",
               tile, site.stack, site.tier, why);
  return FALSE;
}

gboolean
strata_placement_check (const StrataPlacement *placement,
                        const StrataTileSet *tiles,
                        const StrataChipSpec *chip,
                        GError **error)
{
  g_autofree guint8 *taken = NULL;

  if (placement->n_tiles != tiles->n_tiles)
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
                   "placement: has %d sites for %d tiles; each tile needs one", placement->n_tiles, tiles->n_tiles);
      return FALSE;
    }
  /* Unsigned: from a file, the terms may be anything */
  if ((guint64) placement->cost_serial + (guint64) placement->cost_switch + (guint64) placement->cost_noc
        + (guint64) placement->cost_heat
      != (guint64) placement->cost_total)
    {
      g_set_error_literal (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
                           "placement: the terms of its cost do not add up to the total");
      return FALSE;
    }
  taken = g_malloc0 ((gsize) chip->n_stacks * chip->tiers);
  for (int i = 0; i < placement->n_tiles; i++)
    {
      StrataSite site = placement->site[i];
      gsize index = (gsize) site.stack * chip->tiers + site.tier;

      if (site.stack < 0 || site.stack >= chip->n_stacks || site.tier < 0 || site.tier >= chip->tiers)
        return refuse_site (error, i, site, "is not on the chip");
      if (!strata_chip_site_usable (chip, site))
        return refuse_site (error, i, site, "is dead");
      if (tiles->tiles[i].array_back > 0)
        {
          StrataSite first = placement->site[strata_tile_set_array (tiles, i)];

          if (site.stack != first.stack || site.tier != first.tier)
            return refuse_site (error, i, site, "is not where the first tile of its array lies");
          continue;
        }
      if (taken[index])
        return refuse_site (error, i, site, "already holds a tile");
      taken[index] = 1;
    }
  return TRUE;
}

char *
strata_placement_print (const StrataPlacement *placement, const StrataTileSet *tiles)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text,
                          "placement %d cost %" G_GINT64_FORMAT " serial %" G_GINT64_FORMAT " switch %" G_GINT64_FORMAT
                          " noc %" G_GINT64_FORMAT " heat %" G_GINT64_FORMAT "\n",
                          placement->n_tiles, placement->cost_total, placement->cost_serial, placement->cost_switch,
                          placement->cost_noc, placement->cost_heat);
  for (int i = 0; i < placement->n_tiles; i++)
    g_string_append_printf (text, "tile %d stack %d tier %d ; op %d\n", i, placement->site[i].stack,
                            placement->site[i].tier, tiles->tiles[i].op);
  return g_string_free (text, FALSE);
}

static gboolean
parse_sites (StrataTextReader *reader, GArray *sites, GError **error)
{
  gint64 v[3];

  while (strata_text_next (reader))
    {
      StrataSite site;

      if (!strata_text_match (reader, LINE, v) || v[0] != sites->len || ABS (v[1]) > G_MAXINT32
          || ABS (v[2]) > G_MAXINT32)
        return strata_text_error (reader, "placement", LINE " in order of tiles", error);
      site = (StrataSite){ (int) v[1], (int) v[2] };
      g_array_append_val (sites, site);
    }
  return TRUE;
}

StrataPlacement *
strata_placement_parse (const char *text, GError **error)
{
  g_autoptr (StrataPlacement) placement = g_new0 (StrataPlacement, 1);
  GArray *sites = g_array_new (FALSE, FALSE, sizeof (StrataSite));
  StrataTextReader reader = { text, NULL, 0 };
  gint64 head[6] = { 0 };
  gboolean ok = strata_text_next (&reader) && strata_text_match (&reader, HEAD, head);

  if (!ok)
    strata_text_error (&reader, "placement", HEAD, error);
  ok = ok && parse_sites (&reader, sites, error);
  if (ok && head[0] != sites->len)
    ok = strata_text_error (&reader, "placement", "as many tiles as the first line says", error);
  strata_text_finish (&reader);
  placement->n_tiles = (int) sites->len;
  placement->site = (StrataSite *) (gpointer) g_array_free (sites, FALSE);
  placement->cost_total = head[1];
  placement->cost_serial = head[2];
  placement->cost_switch = head[3];
  placement->cost_noc = head[4];
  placement->cost_heat = head[5];
  return ok ? g_steal_pointer (&placement) : NULL;
}

guint64
strata_placement_hash (const StrataPlacement *placement)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();
  const gint64 costs[] = { placement->cost_total, placement->cost_serial, placement->cost_switch, placement->cost_noc,
                           placement->cost_heat };

  strata_hasher_int (hasher, placement->n_tiles);
  for (guint i = 0; i < G_N_ELEMENTS (costs); i++)
    strata_hasher_int (hasher, costs[i]);
  for (int i = 0; i < placement->n_tiles; i++)
    {
      strata_hasher_int (hasher, placement->site[i].stack);
      strata_hasher_int (hasher, placement->site[i].tier);
    }
  return strata_hasher_digest (hasher);
}

void
strata_placement_free (StrataPlacement *placement)
{
  if (placement == NULL)
    return;
  g_free (placement->site);
  g_free (placement);
}
