/* SPDX-License-Identifier: Apache-2.0
 *
 * Tiers of the tiles of each stack, chosen when stacks are: in the order in which the tiles run, up or down the stack,
 * with the offset and spacing of least heat. Heat leaves through the cap (hardware-facts 10.3), so a pair of tiles
 * warms each other by what they share of the way there; and tiles side by side in neighbouring stacks warm each other
 * across.
 */
#include "compiler/place/objective.h"

#include <stdlib.h>
#include <string.h>

#define ACROSS 4 /* a neighbour's tile on the same tier: a fourth of one as deep as the stack on the own */
#define TRIES 48
#define PASSES 3
#define MANY_TILES 16384 /* with more, stacks look at their neighbours once */

gint64
place_across (const PlaceModel *model, int a, int b)
{
  return model->chip->tiers / (ACROSS * (1 + ABS (a - b)));
}

gint64
place_shared_way (const PlaceModel *model, int a, int b)
{
  return model->chip->tiers - 1 - MAX (a, b);
}

/* Of each distance of tiers */
static gint64 *
list_across (const PlaceModel *model)
{
  gint64 *list = g_new (gint64, model->chip->tiers);

  for (int i = 0; i < model->chip->tiers; i++)
    list[i] = place_across (model, i, 0);
  return list;
}

/* Adds what @heat, on tier @from of a neighbouring stack, means to each tier. Beyond the distance at which nothing is
 * left nothing is added. */
static void
spread (const gint64 *across, int n_tiers, gint64 heat, int from, gint64 *field)
{
  for (int z = from; z < n_tiers && across[z - from] > 0; z++)
    field[z] += heat * across[z - from];
  for (int z = from - 1; z >= 0 && across[from - z] > 0; z--)
    field[z] += heat * across[from - z];
}

static gint64
heat_of (const PlaceModel *model, int tile)
{
  return model->class[model->tile[tile].class].heat;
}

/* Heat per tier of a stack */
static void
fill_heat (const PlaceState *state, const int *tier, int stack, gint64 *heat)
{
  int n_tiers = state->model->chip->tiers;

  memset (heat, 0, n_tiers * sizeof *heat);
  for (int i = 0; i < state->n_tiles[stack]; i++)
    {
      int tile = state->list[(gsize) stack * n_tiers + i];

      if (tier[tile] >= 0)
        heat[tier[tile]] += heat_of (state->model, tile);
    }
}

gint64
place_depth (const PlaceState *state, const int *tier)
{
  const PlaceModel *model = state->model;
  int n_tiers = model->chip->tiers, near[4];
  g_autofree gint64 *heat = g_new (gint64, n_tiers), *other = g_new (gint64, n_tiers);
  g_autofree gint64 *field = g_new (gint64, n_tiers), *across = list_across (model);
  gint64 sum = 0;

  for (int stack = 0; stack < model->chip->n_stacks; stack++)
    {
      int n_near = place_neighbours (model->chip, stack, near);
      gint64 below = 0;

      if (state->n_tiles[stack] == 0)
        continue;
      fill_heat (state, tier, stack, heat);
      for (int z = 0; z < n_tiers; z++)
        {
          below += heat[z];
          sum += heat[z] * below * place_shared_way (model, z, z);
        }
      memset (field, 0, n_tiers * sizeof *field);
      for (int z = 0; z < n_tiers; z++)
        if (heat[z] > 0)
          spread (across, n_tiers, heat[z], z, field);
      for (int i = 0; i < n_near; i++)
        if (near[i] > stack && state->n_tiles[near[i]] > 0)
          {
            fill_heat (state, tier, near[i], other);
            for (int z = 0; z < n_tiers; z++)
              sum += field[z] * other[z];
          }
    }
  return sum;
}

typedef struct
{
  const PlaceState *state;
  int *tier;
  int *tile;   /* of the stack at hand, in the order in which they run */
  int *usable; /* its tiers from the bottom */
  int n_tiles, n_usable;
  gint64 *field, *heat; /* per tier: heat from across; of one neighbour */
  gint64 *across;
} Tiers;

static int
nth_tier (const Tiers *tiers, int nth, int offset, int step)
{
  return step > 0 ? tiers->usable[offset + nth * step] : tiers->usable[offset + (tiers->n_tiles - 1 - nth) * -step];
}

/* Tiles rise or fall along the plan, so of a pair the one nearer the cap decides: its heat times that of all below. */
static gint64
plan_cost (const Tiers *tiers, int offset, int step)
{
  const PlaceModel *model = tiers->state->model;
  gint64 below = 0, cost = 0;

  for (int i = 0; i < tiers->n_tiles; i++)
    {
      int nth = step > 0 ? i : tiers->n_tiles - 1 - i, tier = nth_tier (tiers, nth, offset, step);
      gint64 heat = heat_of (model, tiers->tile[nth]);

      below += heat;
      cost += heat * (below * place_shared_way (model, tier, tier) + tiers->field[tier]);
    }
  return cost;
}

static void
fill_field (Tiers *tiers, int stack)
{
  const PlaceState *state = tiers->state;
  const PlaceModel *model = state->model;
  int n_tiers = model->chip->tiers, near[4], n_near = place_neighbours (model->chip, stack, near);

  memset (tiers->field, 0, n_tiers * sizeof *tiers->field);
  for (int i = 0; i < n_near; i++)
    {
      fill_heat (state, tiers->tier, near[i], tiers->heat);
      for (int other = 0; other < n_tiers; other++)
        if (tiers->heat[other] > 0)
          spread (tiers->across, n_tiers, tiers->heat[other], other, tiers->field);
    }
}

static void
choose (Tiers *tiers)
{
  int largest = tiers->n_tiles < 2 ? 1 : MAX (1, (tiers->n_usable - 1) / (tiers->n_tiles - 1));
  int n_tries = CLAMP (4096 / MAX (1, tiers->n_tiles), 4, TRIES);
  int step_by = MAX (1, largest / 4), best_offset = 0, best_step = 1;
  gint64 best = G_MAXINT64;

  for (int step = largest; step >= 1; step -= step_by)
    {
      int n_offsets = tiers->n_usable - (tiers->n_tiles - 1) * step, offset_by = MAX (1, n_offsets * 8 / n_tries);

      /* From the cap down */
      for (int offset = n_offsets - 1; offset >= 0; offset -= offset_by)
        for (int sign = 1; sign >= (tiers->n_tiles < 2 ? 1 : -1); sign -= 2)
          {
            gint64 cost = plan_cost (tiers, offset, sign * step);

            if (cost >= best)
              continue;
            best = cost;
            best_offset = offset;
            best_step = sign * step;
          }
    }
  for (int i = 0; i < tiers->n_tiles; i++)
    tiers->tier[tiers->tile[i]] = nth_tier (tiers, i, best_offset, best_step);
}

/* Tiles that span tiers take the runs nearest to the cap, the others what is left below it. */
static void
choose_wide (Tiers *tiers)
{
  const PlaceModel *model = tiers->state->model;
  int n_tiers = model->chip->tiers, width = model->width, top = n_tiers;
  g_autofree guint8 *free_tier = g_malloc0 ((gsize) n_tiers);

  for (int i = 0; i < tiers->n_usable; i++)
    free_tier[tiers->usable[i]] = 1;
  for (int i = 0; i < tiers->n_tiles; i++)
    {
      int length = 0;

      if (model->tile[tiers->tile[i]].n_tiers < 2)
        continue;
      while (length < width)
        length = free_tier[--top] ? length + 1 : 0;
      tiers->tier[tiers->tile[i]] = top;
      memset (free_tier + top, 0, (gsize) width);
    }
  top = n_tiers;
  for (int i = 0; i < tiers->n_tiles; i++)
    if (model->tile[tiers->tile[i]].n_tiers < 2)
      {
        while (!free_tier[--top])
          continue;
        tiers->tier[tiers->tile[i]] = top;
      }
}

static int
compare_int (gconstpointer a, gconstpointer b)
{
  return *(const int *) a - *(const int *) b;
}

static void
choose_of_stack (Tiers *tiers, int stack)
{
  const PlaceState *state = tiers->state;
  const StrataChipSpec *chip = state->model->chip;

  tiers->n_tiles = state->n_tiles[stack];
  tiers->n_usable = 0;
  if (tiers->n_tiles == 0)
    return;
  memcpy (tiers->tile, &state->list[(gsize) stack * chip->tiers], tiers->n_tiles * sizeof *tiers->tile);
  qsort (tiers->tile, tiers->n_tiles, sizeof *tiers->tile, compare_int);
  for (int tier = 0; tier < chip->tiers; tier++)
    if (strata_chip_site_usable (chip, (StrataSite){ stack, tier }))
      tiers->usable[tiers->n_usable++] = tier;
  if (state->n_wide[stack] > 0)
    {
      choose_wide (tiers);
      return;
    }
  fill_field (tiers, stack);
  choose (tiers);
}

static int
compare_heat (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const gint64 *heat = user_data;
  int i = *(const int *) a, j = *(const int *) b;

  return heat[i] != heat[j] ? (heat[i] < heat[j]) - (heat[i] > heat[j]) : i - j;
}

/* The busiest stacks choose first, next to nothing; then each again, with all others as they are. */
int *
place_choose_tiers (const PlaceState *state)
{
  const PlaceModel *model = state->model;
  g_autofree int *order = g_new (int, model->chip->n_stacks);
  Tiers tiers = { .state = state };
  int n_passes = model->tiles->n_tiles > MANY_TILES ? 1 : PASSES;

  tiers.tier = g_new (int, (gsize) model->tiles->n_tiles + 1);
  tiers.tile = g_new (int, model->chip->tiers);
  tiers.usable = g_new (int, model->chip->tiers);
  tiers.field = g_new (gint64, model->chip->tiers);
  tiers.heat = g_new (gint64, model->chip->tiers);
  tiers.across = list_across (model);
  for (int i = 0; i < model->tiles->n_tiles; i++)
    tiers.tier[i] = -1;
  for (int i = 0; i < model->chip->n_stacks; i++)
    order[i] = i;
  g_qsort_with_data (order, model->chip->n_stacks, sizeof *order, compare_heat, state->heat);
  for (int pass = 0; pass < n_passes; pass++)
    for (int i = 0; i < model->chip->n_stacks; i++)
      choose_of_stack (&tiers, order[i]);
  g_free (tiers.tile);
  g_free (tiers.usable);
  g_free (tiers.field);
  g_free (tiers.heat);
  g_free (tiers.across);
  return tiers.tier;
}
