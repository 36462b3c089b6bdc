/* SPDX-License-Identifier: Apache-2.0
 *
 * Placements: check, print, parse, hash.
 */
#include "program/placement.h"

#include "base/hash.h"
#include "program/text.h"

#define HEAD "placement # cost # bound #"
#define LINE "tile # stack # tier #"

static const char *const names[STRATA_N_PLACE_TERMS] = {
#define STRATA_PLACE_TERM(id, name, meaning) [STRATA_PLACE_TERM_##id] = name,
#include "program/place-terms.def"
#undef STRATA_PLACE_TERM
};

const char *
strata_place_term_name (StrataPlaceTerm term)
{
  return names[term];
}

static gboolean
refuse_site (GError **error, int tile, StrataSite site, const char *why)
{
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "placement: tile %d: stack %d tier %d %s",
               tile, site.stack, site.tier, why);
  return FALSE;
}

/* From a file, the terms may be anything. */
static gboolean
check_cost (const StrataPlacement *placement, GError **error)
{
  gint64 cost_ps = 0, bound_ps = 0;

  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    {
      if (placement->bound_ps[i] < 0 || placement->cost_ps[i] < placement->bound_ps[i])
        {
          g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
                       "placement: its term '%s' is below its bound, or the bound below 0", names[i]);
          return FALSE;
        }
      if (__builtin_add_overflow (cost_ps, placement->cost_ps[i], &cost_ps))
        cost_ps = -1;
      if (cost_ps < 0)
        break;
      bound_ps += placement->bound_ps[i];
    }
  if (cost_ps < 0 || cost_ps != placement->total_ps || bound_ps != placement->total_bound_ps)
    {
      g_set_error_literal (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
                           "placement: the terms of its cost do not add up to the total");
      return FALSE;
    }
  return TRUE;
}

typedef struct
{
  gint64 index; /* stack x tiers + tier */
  int n_tiers, tile;
} Taken;

static int
compare_taken (gconstpointer a, gconstpointer b)
{
  const Taken *x = a, *y = b;

  if (x->index != y->index)
    return x->index < y->index ? -1 : 1;
  return (x->tile > y->tile) - (x->tile < y->tile);
}

static gboolean
is_usable (const StrataChipSpec *chip, StrataSite site, int n_tiers)
{
  gboolean usable = site.tier <= chip->tiers - n_tiers;

  for (int i = 0; usable && i < n_tiers; i++)
    usable = strata_chip_site_usable (chip, (StrataSite){ site.stack, site.tier + i });
  return usable;
}

gboolean
strata_placement_check (const StrataPlacement *placement,
                        const StrataTileSet *tiles,
                        const StrataChipSpec *chip,
                        GError **error)
{
  g_autofree Taken *taken = NULL;
  int n_taken = 0;

  if (placement->n_tiles != tiles->n_tiles)
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
                   "placement: has %d sites for %d tiles; each tile needs one", placement->n_tiles, tiles->n_tiles);
      return FALSE;
    }
  if (!check_cost (placement, error))
    return FALSE;
  /* By tiles: a file may describe a chip of many more sites than it fills. */
  taken = g_new (Taken, (gsize) tiles->n_tiles + 1);
  for (int i = 0; i < placement->n_tiles; i++)
    {
      StrataSite site = placement->site[i];

      if (site.stack < 0 || site.stack >= chip->n_stacks || site.tier < 0 || site.tier >= chip->tiers)
        return refuse_site (error, i, site, "is not on the chip");
      if (!is_usable (chip, site, strata_tile_n_tiers (&tiles->tiles[i])))
        return refuse_site (error, i, site,
                            strata_tile_n_tiers (&tiles->tiles[i]) > 1
                              ? "does not begin as many tiers that work as the tile spans"
                              : "is dead");
      if (tiles->tiles[i].array_back > 0)
        {
          StrataSite first = placement->site[strata_tile_set_array (tiles, i)];

          if (site.stack != first.stack || site.tier != first.tier)
            return refuse_site (error, i, site, "is not where the first tile of its array lies");
          continue;
        }
      taken[n_taken++] =
        (Taken){ (gint64) site.stack * chip->tiers + site.tier, strata_tile_n_tiers (&tiles->tiles[i]), i };
    }
  qsort (taken, n_taken, sizeof *taken, compare_taken);
  for (int i = 1; i < n_taken; i++)
    if (taken[i].index < taken[i - 1].index + taken[i - 1].n_tiers)
      return refuse_site (error, taken[i].tile, placement->site[taken[i].tile], "already holds a tile");
  return TRUE;
}

char *
strata_placement_print (const StrataPlacement *placement, const StrataTileSet *tiles)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "placement %d cost %" G_GINT64_FORMAT " bound %" G_GINT64_FORMAT "\n",
                          placement->n_tiles, placement->total_ps, placement->total_bound_ps);
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    g_string_append_printf (text, "term %s cost %" G_GINT64_FORMAT " bound %" G_GINT64_FORMAT "\n", names[i],
                            placement->cost_ps[i], placement->bound_ps[i]);
  for (int i = 0; i < placement->n_tiles; i++)
    g_string_append_printf (text, "tile %d stack %d tier %d ; op %d\n", i, placement->site[i].stack,
                            placement->site[i].tier, tiles->tiles[i].op);
  return g_string_free (text, FALSE);
}

static gboolean
parse_terms (StrataTextReader *reader, StrataPlacement *placement, GError **error)
{
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("term %s cost # bound #", names[i]);
      gint64 v[2];

      if (!strata_text_next (reader) || !strata_text_match (reader, pattern, v))
        return strata_text_error (reader, "placement", pattern, error);
      placement->cost_ps[i] = v[0];
      placement->bound_ps[i] = v[1];
    }
  return TRUE;
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
  gint64 head[3] = { 0 };
  gboolean ok = strata_text_next (&reader) && strata_text_match (&reader, HEAD, head);

  if (!ok)
    strata_text_error (&reader, "placement", HEAD, error);
  ok = ok && parse_terms (&reader, placement, error) && parse_sites (&reader, sites, error);
  if (ok && head[0] != sites->len)
    ok = strata_text_error (&reader, "placement", "as many tiles as the first line says", error);
  strata_text_finish (&reader);
  placement->n_tiles = (int) sites->len;
  placement->site = (StrataSite *) (gpointer) g_array_free (sites, FALSE);
  placement->total_ps = head[1];
  placement->total_bound_ps = head[2];
  return ok ? g_steal_pointer (&placement) : NULL;
}

guint64
strata_placement_hash (const StrataPlacement *placement)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  strata_hasher_int (hasher, placement->n_tiles);
  strata_hasher_int (hasher, placement->total_ps);
  strata_hasher_int (hasher, placement->total_bound_ps);
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    {
      strata_hasher_int (hasher, placement->cost_ps[i]);
      strata_hasher_int (hasher, placement->bound_ps[i]);
    }
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
