/* SPDX-License-Identifier: Apache-2.0
 *
 * Fitting a program to a die: find the arrays that what is left of the die cannot hold, move those, and where a stack
 * has changed, schedule again.
 */
#include "compiler/fit.h"

#include <stdlib.h>
#include <string.h>

#include "chip/fields.h"
#include "program/needs.h"

typedef struct
{
  const StrataDieSpec *die;
  const StrataDieRepair *repair;
  const StrataFitOptions *options;
  StrataImage *image;
  StrataSite *before; /* per tile */
  guint8 *taken;      /* per stack and tier */
  int *n_taken;       /* per stack */
  StrataFitCounts counts;
} Fit;

/* Whether what is left of the arrays from @site up holds the tiles. */
static gboolean
holds (const Fit *fit, StrataSite site, const StrataArrayNeed *need)
{
  return strata_array_need_is_met (need, site, fit->die->chip, fit->repair);
}

static guint8 *
taken_at (const Fit *fit, StrataSite site)
{
  return &fit->taken[(gsize) site.stack * (gsize) fit->die->chip->tiers + (gsize) site.tier];
}

static void
take (Fit *fit, StrataSite site, const StrataArrayNeed *need)
{
  for (int i = 0; i < need->n_tiers; i++)
    *taken_at (fit, (StrataSite){ site.stack, site.tier + i }) = TRUE;
  fit->n_taken[site.stack] += need->n_tiers;
}

static gboolean
is_free (const Fit *fit, StrataSite site, const StrataArrayNeed *need)
{
  for (int i = 0; i < need->n_tiers; i++)
    if (*taken_at (fit, (StrataSite){ site.stack, site.tier + i }))
      return FALSE;
  return holds (fit, site, need);
}

/* The free place of @stack nearest to @tier, the lower of two; -1: none */
static int
find_tier (const Fit *fit, int stack, int tier, const StrataArrayNeed *need)
{
  int n = fit->die->chip->tiers - need->n_tiers;

  for (int distance = 0; distance <= fit->die->chip->tiers; distance++)
    for (int side = -1; side <= 1; side += 2)
      {
        int at = tier + side * distance;

        if (at >= 0 && at <= n && is_free (fit, (StrataSite){ stack, at }, need))
          return at;
      }
  return -1;
}

static int
distance_between (const StrataChipSpec *chip, int a, int b)
{
  return abs (a % chip->mesh_x - b % chip->mesh_x) + abs (a / chip->mesh_x - b / chip->mesh_x);
}

/* The nearest place that is free, of equally near stacks on the emptiest; FALSE: none */
static gboolean
find_site (const Fit *fit, StrataSite from, const StrataArrayNeed *need, StrataSite *to)
{
  const StrataChipSpec *chip = fit->die->chip;
  int best = -1, best_tier = -1, best_distance = G_MAXINT;

  for (int stack = 0; stack < chip->n_stacks; stack++)
    {
      int distance = distance_between (chip, from.stack, stack), tier;

      if (distance > best_distance || (distance == best_distance && fit->n_taken[stack] >= fit->n_taken[best])
          || (tier = find_tier (fit, stack, from.tier, need)) < 0)
        continue;
      best = stack;
      best_tier = tier;
      best_distance = distance;
    }
  *to = (StrataSite){ best, best_tier };
  return best >= 0;
}

/* --- moving --- */

/* Arrays that stay take their place first; returns those that cannot, by their first tiles. */
static GArray *
keep_arrays (Fit *fit, const StrataArrayNeed *needs)
{
  const StrataTileSet *tiles = fit->image->tiles;
  GArray *homeless = g_array_new (FALSE, FALSE, sizeof (int));

  for (int i = 0; i < tiles->n_tiles; i++)
    {
      StrataSite site = fit->before[i];

      if (tiles->tiles[i].array_back > 0)
        continue;
      if (holds (fit, site, &needs[i]))
        take (fit, site, &needs[i]);
      else
        g_array_append_val (homeless, i);
    }
  return homeless;
}

/* FALSE: some found no place. */
static gboolean
move_arrays (Fit *fit, const StrataArrayNeed *needs, const GArray *homeless)
{
  const StrataTileSet *tiles = fit->image->tiles;
  StrataSite *site = fit->image->placement->site;

  for (guint i = 0; i < homeless->len; i++)
    {
      int first = g_array_index (homeless, int, i);

      if (!find_site (fit, fit->before[first], &needs[first], &site[first]))
        return FALSE;
      take (fit, site[first], &needs[first]);
    }
  for (int tile = 0; tile < tiles->n_tiles; tile++)
    site[tile] = site[strata_tile_set_array (tiles, tile)];
  return TRUE;
}

static void
count_arrays (Fit *fit)
{
  const StrataTileSet *tiles = fit->image->tiles;
  StrataFitCounts *counts = &fit->counts;

  for (int i = 0; i < tiles->n_tiles; i++)
    {
      StrataSite to = fit->image->placement->site[i], from = fit->before[i];
      int n_tiers = tiles->tiles[i].array_back > 0 ? 0 : strata_tile_n_tiers (&tiles->tiles[i]);

      counts->n_arrays += n_tiers;
      counts->n_moved_stack += to.stack != from.stack ? n_tiers : 0;
      counts->n_moved_tier += to.stack == from.stack && to.tier != from.tier ? n_tiers : 0;
      for (int t = 0; t < n_tiers; t++)
        {
          const StrataDieArray *array = strata_die_repair_find (fit->repair, (StrataSite){ to.stack, to.tier + t });

          counts->n_spared += array != NULL && array->tier != array->site.tier;
          counts->n_kept += array != NULL && array->tier == array->site.tier;
        }
    }
}

/* --- the chip of the new image --- */

/* Names the arrays that lack something as dead, but for those that hold tiles nevertheless. @weak_too: those as well */
static gboolean
mark_dead (Fit *fit, gboolean weak_too, GError **error)
{
  StrataChipSpec *chip = fit->image->chip;
  const StrataChipSpec *own = fit->die->chip;
  StrataSite *dead = strata_arena_array (chip->arena, StrataSite, own->n_dead + fit->repair->n_arrays);
  StrataProvenance *row = &chip->provenance[strata_fields_count () + STRATA_WORD_DEAD];
  int n = 0;

  for (int i = 0; i < own->n_dead; i++)
    dead[n++] = own->dead[i];
  for (int i = 0; i < fit->repair->n_arrays; i++)
    {
      const StrataDieArray *array = &fit->repair->arrays[i];
      gboolean whole = array->rows == chip->rows && array->columns == chip->columns;

      if (!whole && (weak_too || !*taken_at (fit, array->site)) && strata_chip_site_usable (own, array->site))
        dead[n++] = array->site;
    }
  if (n > STRATA_DIE_MAX_DEAD)
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY,
                   "die %s: %d arrays cannot be used; a chip with at most %d such can be described", fit->die->serial,
                   n, STRATA_DIE_MAX_DEAD);
      return FALSE;
    }
  if (n > 0)
    qsort (dead, (gsize) n, sizeof *dead, strata_site_compare_cb);
  chip->dead = dead;
  chip->n_dead = n;
  row->text = strata_arena_printf (chip->arena, "%d", n);
  row->source = strata_arena_printf (chip->arena, "die %s", fit->die->serial);
  row->tag = STRATA_TAG_MEASURED;
  chip->hash = strata_chip_spec_hash (chip);
  return strata_chip_spec_check (chip, error);
}

static gboolean
place_anew (Fit *fit, GError **error)
{
  StrataImage *image = fit->image;
  StrataPlaceOptions options = { .seed = image->seed, .cancellable = fit->options->cancellable };
  gint64 n_usable = (gint64) fit->die->chip->n_stacks * fit->die->chip->tiers - fit->die->chip->n_dead
                    - fit->repair->n_lost - fit->repair->n_weak;
  gint64 n_missing = strata_tile_set_n_arrays (image->tiles) - n_usable;
  StrataPlacement *placement;

  if (n_missing > 0)
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY,
                   "die %s: the program needs %" G_GINT64_FORMAT " arrays and the die has %" G_GINT64_FORMAT
                   " whole ones, %" G_GINT64_FORMAT
                   " too few, after %d spare tiers; use another die, or compile for fewer arrays",
                   fit->die->serial, strata_tile_set_n_arrays (image->tiles), MAX (0, n_usable), n_missing,
                   fit->repair->n_spare_tiers);
      return FALSE;
    }
  if (!mark_dead (fit, TRUE, error))
    return FALSE;
  placement = strata_place (image->graph, image->tiles, image->chip, &options, error);
  if (placement == NULL)
    {
      g_prefix_error (error, "die %s: ", fit->die->serial);
      return FALSE;
    }
  strata_placement_free (image->placement);
  image->placement = placement;
  fit->counts.replaced = TRUE;
  return TRUE;
}

static gboolean
schedule_again (Fit *fit, GError **error)
{
  StrataImage *image = fit->image;
  StrataScheduleOptions options = { .cancellable = fit->options->cancellable,
                                    .max_active_stacks = image->schedule->max_active_stacks };
  StrataSchedule *schedule =
    strata_schedule (image->graph, image->tiles, image->placement, image->chip, &options, error);

  if (schedule == NULL)
    {
      g_prefix_error (error, "die %s: ", fit->die->serial);
      return FALSE;
    }
  strata_schedule_free (image->schedule);
  image->schedule = schedule;
  return TRUE;
}

static void
explain (Fit *fit, guint64 hash)
{
  StrataImage *image = fit->image;
  const StrataFitCounts *counts = &fit->counts;

  if (image->decisions == NULL)
    image->decisions = strata_decisions_new ();
  strata_decisions_add (image->decisions, STRATA_REASON_DIE, -1, -1, counts->n_moved_tier + counts->n_moved_stack,
                        "program %016" G_GINT64_MODIFIER
                        "x, fitted to die %s: of %d arrays %d stand on spare tiers, %d "
                        "moved within their stack, %d to another stack%s",
                        hash, fit->die->serial, counts->n_arrays, counts->n_spared, counts->n_moved_tier,
                        counts->n_moved_stack, counts->replaced ? "; all were placed anew" : "");
  for (int i = 0; i < image->tiles->n_tiles; i++)
    {
      StrataSite to = image->placement->site[i], from = fit->before[i];

      if (strata_site_compare (to, from) != 0)
        strata_decisions_add (image->decisions, STRATA_REASON_DIE, image->tiles->tiles[i].op, i,
                              (gint64) to.stack * image->chip->tiers + to.tier,
                              "moved from stack %d tier %d to stack %d tier %d, %d links away", from.stack, from.tier,
                              to.stack, to.tier, distance_between (image->chip, from.stack, to.stack));
    }
}

static gboolean
fit_image (Fit *fit, guint64 hash, GError **error)
{
  StrataImage *image = fit->image;
  g_autofree StrataArrayNeed *needs = strata_tile_set_needs (image->tiles, image->chip);
  g_autoptr (GArray) homeless = keep_arrays (fit, needs);

  if (move_arrays (fit, needs, homeless) ? !mark_dead (fit, FALSE, error) : !place_anew (fit, error))
    return FALSE;
  count_arrays (fit);
  if (fit->counts.n_moved_tier + fit->counts.n_moved_stack == 0)
    return TRUE;
  strata_place_price (image->placement, image->graph, image->tiles, image->chip);
  if (fit->counts.n_moved_stack > 0 && !schedule_again (fit, error))
    return FALSE;
  explain (fit, hash);
  return strata_placement_check (image->placement, image->tiles, image->chip, error)
         && strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, image->chip, error);
}

/* A die of the same chip, which may be told to have more dead arrays than the program's. */
static gboolean
check_chip (const StrataImage *image, const StrataDieSpec *die, GError **error)
{
  if (strata_chip_spec_covers (image->chip, die->chip) || strata_chip_spec_covers (die->chip, image->chip))
    return TRUE;
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT,
               "die %s is one of chip %s, and the program was compiled for another, %s; compile it for the die's chip",
               die->serial, die->chip->name, image->chip->name);
  return FALSE;
}

StrataImage *
strata_fit (const StrataImage *image,
            const StrataDieSpec *die,
            const StrataFitOptions *options,
            StrataFitCounts *counts,
            GError **error)
{
  static const StrataFitOptions defaults = { .n_spare_tiers = -1 };
  Fit fit = { .die = die, .options = options != NULL ? options : &defaults };
  g_autoptr (StrataDieRepair) repair = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StrataImage) copy = NULL;
  g_autofree StrataSite *before = NULL;
  g_autofree guint8 *taken = NULL;
  g_autofree int *n_taken = NULL;

  if (!check_chip (image, die, error))
    return NULL;
  bytes = strata_image_encode (image);
  copy = strata_image_decode (bytes, image->model_name, error);
  if (copy == NULL)
    return NULL;
  fit.repair = repair = strata_die_repair (die, fit.options->n_spare_tiers);
  fit.image = copy;
  fit.before = before = g_new (StrataSite, (gsize) image->placement->n_tiles + 1);
  memcpy (before, image->placement->site, (gsize) image->placement->n_tiles * sizeof *before);
  fit.taken = taken = g_new0 (guint8, (gsize) die->chip->n_stacks * (gsize) die->chip->tiers);
  fit.n_taken = n_taken = g_new0 (int, die->chip->n_stacks);
  if (!fit_image (&fit, image->hash, error))
    return NULL;
  strata_image_seal (copy);
  if (counts != NULL)
    *counts = fit.counts;
  return g_steal_pointer (&copy);
}
