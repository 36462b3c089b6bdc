/* SPDX-License-Identifier: Apache-2.0
 *
 * What no placement can go below, term by term; each is proved in a line where it is computed. The sum of the terms'
 * bounds is a bound of the sum. Sums are doubles, rounded down with room for what they lose.
 */
#include "compiler/place/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDING (1 - 1e-9)

typedef struct
{
  double each;
  gint64 n;
} Lot;

static int
compare_lots (gconstpointer a, gconstpointer b)
{
  double x = ((const Lot *) a)->each, y = ((const Lot *) b)->each;

  return (x < y) - (x > y);
}

/* Stacks that can hold a tile */
static int
count_stacks (const PlaceModel *model)
{
  int n = 0;

  for (int stack = 0; stack < model->chip->n_stacks; stack++)
    n += model->n_usable[stack] > 0;
  return MAX (1, n);
}

/* Pairs that share a stack when @n tiles lie as evenly as can be: no other split has fewer. */
static double
even_pairs (gint64 n, int n_stacks)
{
  double each = (double) (n / n_stacks), more = (double) (n % n_stacks);

  return more * (each + 1) * each / 2 + (n_stacks - more) * each * (each - 1) / 2;
}

/* Sum over pairs on one stack of the product of their loads. Half of the stacks' squared sums less the loads' squares:
 * the sums' squares are least when all sums are equal, but for loads above that, which then lie alone. Or, of the loads
 * of at least some size, as many pairs as an even split has. @lots is sorted in place. */
static double
least_products (Lot *lots, int n_lots, int n_stacks)
{
  double rest = 0, squares = 0, best = 0;
  gint64 n_big = 0;
  int n_left = n_stacks;

  qsort (lots, n_lots, sizeof *lots, compare_lots);
  for (int i = 0; i < n_lots; i++)
    {
      rest += lots[i].each * (double) lots[i].n;
      squares += lots[i].each * lots[i].each * (double) lots[i].n;
      n_big += lots[i].n;
      best = MAX (best, lots[i].each * lots[i].each * even_pairs (n_big, n_stacks));
    }
  for (int i = 0; i < n_lots; i++)
    for (gint64 k = 0; k < lots[i].n; k++)
      {
        if (n_left <= 1 || lots[i].each * n_left <= rest)
          return MAX (best, (rest * rest / n_left - squares) / 2);
        rest -= lots[i].each;
        squares -= lots[i].each * lots[i].each;
        n_left--;
      }
  return best;
}

static gint64
down (double value)
{
  return (gint64) floor (MAX (0, value) * ROUNDING);
}

/* Per class, how many tiles it has */
static gint64 *
count_tiles (const PlaceModel *model)
{
  gint64 *n = g_new0 (gint64, (gsize) model->n_classes + 1);

  for (int i = 0; i < model->tiles->n_tiles; i++)
    n[model->tile[i].class]++;
  return n;
}

/* A list of loads of the classes that run in @bin (-1: at all); @what 0: work, 1: bursts, 2: heat */
static int
list_lots (const PlaceModel *model, const gint64 *n, int bin, int what, Lot *lots)
{
  int n_lots = 0;

  for (int c = 0; c < model->n_classes; c++)
    {
      const PlaceClass *class = &model->class[c];
      int at = class->first + bin - class->bin;

      if (bin >= 0 && (bin < class->bin || bin >= class->bin + class->n_bins))
        continue;
      lots[n_lots++] = (Lot){ what == 2   ? class->heat
                              : what == 1 ? model->bursts[at]
                              : bin < 0   ? class->work
                                          : model->work[at],
                              n[c] };
    }
  return n_lots;
}

/* Of bursts in a bin a stack saves at most those of its tile with most: sum of squares <= most x sum. And each stack's
 * count is rounded down. */
static double
least_switches (Lot *lots, int n_lots, int n_stacks)
{
  double all = 0, saved = 0;
  gint64 n_left = n_stacks;

  qsort (lots, n_lots, sizeof *lots, compare_lots);
  for (int i = 0; i < n_lots; i++)
    {
      gint64 n = MIN (n_left, lots[i].n);

      all += lots[i].each * (double) lots[i].n;
      saved += lots[i].each * (double) n;
      n_left -= n;
    }
  return MAX (0, all - saved - n_stacks);
}

static void
bound_loads (const PlaceModel *model, int n_stacks, gint64 *bound)
{
  g_autofree gint64 *n = count_tiles (model);
  g_autofree Lot *lots = g_new0 (Lot, (gsize) model->n_classes + 1);
  double serial = 0, switches = 0, all = 0;

  for (int bin = 0; bin < model->n_bins; bin++)
    {
      /* Experts' pairs may cost less than the product; without them the rest still costs what it does. */
      serial += least_products (lots, list_lots (model, n, bin, 0, lots), n_stacks);
      switches += least_switches (lots, list_lots (model, n, bin, 1, lots), n_stacks);
    }
  for (int i = 0; i < model->tiles->n_tiles; i++)
    all += model->class[model->tile[i].class].work;
  bound[STRATA_PLACE_TERM_SERIAL] = down (serial);
  bound[STRATA_PLACE_TERM_SWITCH] = down (switches);
  bound[STRATA_PLACE_TERM_STEADY] = down (least_products (lots, list_lots (model, n, -1, 0, lots), n_stacks));
  /* Stacks' excesses are at least the excess of all over what all have time for. */
  bound[STRATA_PLACE_TERM_PEAK] = down (all - (double) n_stacks * (double) model->horizon);
  /* Tiles of a stack count four times; those of neighbours at least nothing */
  bound[STRATA_PLACE_TERM_HEAT] = down (4 * least_products (lots, list_lots (model, n, -1, 2, lots), n_stacks));
}

static void
bound_turns (const PlaceModel *model, int n_stacks, gint64 *bound)
{
  double turns = 0;

  for (int op = 0; op < model->graph->n_ops; op++)
    turns += (double) model->op[op].turn_ps
             * even_pairs (model->tiles->op_first[op + 1] - model->tiles->op_first[op], n_stacks);
  bound[STRATA_PLACE_TERM_TURNS] = down (turns);
}

/* --- ways --- */

/* Least sum of weight x way when each weight takes a place of its own: the greatest go nearest (rearrangement
 * inequality). @places: per way, how many there are */
static double
least_ways (Lot *lots, int n_lots, const gint64 *places, int n_ways)
{
  double sum = 0;
  gint64 n_left = n_ways > 0 ? places[0] : 0;
  int way = 0;

  qsort (lots, n_lots, sizeof *lots, compare_lots);
  for (int i = 0; i < n_lots; i++)
    for (gint64 n = lots[i].n; n > 0;)
      {
        gint64 part;

        for (; n_left == 0 && way + 1 < n_ways; n_left = places[way])
          way++;
        part = n_left > 0 ? MIN (n, n_left) : n;
        sum += lots[i].each * (double) part * way;
        n -= part;
        n_left -= MIN (part, n_left);
      }
  return sum;
}

/* Each stack that has tiles of a group is sent its rows, and a group needs as many stacks as hold its tiles. */
static void
bound_noc (const PlaceModel *model, gint64 *bound)
{
  int n_ways = model->chip->mesh_x + model->chip->mesh_y + 2, most = 1;
  g_autofree gint64 *places = g_new0 (gint64, n_ways), *n_members = g_new0 (gint64, (gsize) model->n_groups + 1);
  g_autofree Lot *lots = g_new0 (Lot, (gsize) MAX (model->n_groups, model->tiles->n_tiles) + 1);
  double sum;
  int n = 0;

  for (int stack = 0; stack < model->chip->n_stacks; stack++)
    {
      places[model->hub_hops[stack]] += model->n_usable[stack];
      most = MAX (most, model->n_usable[stack]);
    }
  for (int i = 0; i < model->tiles->n_tiles; i++)
    n_members[model->tile[i].group]++;
  for (int i = 0; i < model->n_groups; i++)
    lots[i] = (Lot){ (double) model->group_ps[i], (n_members[i] + most - 1) / most };
  sum = least_ways (lots, model->n_groups, places, n_ways);
  for (int i = 0; i < model->tiles->n_tiles; i++)
    if (model->tile[i].home == i)
      lots[n++] = (Lot){ (double) model->tile[i].sum_ps, 1 };
  bound[STRATA_PLACE_TERM_NOC] = down (sum + least_ways (lots, n, places, n_ways));
}

/* Each tile's own way to the cap; pairs add to it. */
static void
bound_depth (const PlaceModel *model, gint64 *bound)
{
  int n_tiers = model->chip->tiers;
  g_autofree gint64 *places = g_new0 (gint64, n_tiers);
  g_autofree Lot *lots = g_new0 (Lot, (gsize) model->n_classes + 1);
  g_autofree gint64 *n = count_tiles (model);

  for (int way = 0; way < n_tiers; way++)
    places[way] = model->chip->n_stacks;
  for (int i = 0; i < model->chip->n_dead; i++)
    places[n_tiers - 1 - model->chip->dead[i].tier]--;
  for (int c = 0; c < model->n_classes; c++)
    lots[c] = (Lot){ (double) model->class[c].heat * model->class[c].heat, n[c] };
  bound[STRATA_PLACE_TERM_DEPTH] = down (least_ways (lots, model->n_classes, places, n_tiers));
}

/* Each route's work spread evenly */
static void
bound_experts (const PlaceModel *model, int n_stacks, gint64 *bound)
{
  double sum = 0;

  for (int route = 0; route < model->n_routes; route++)
    {
      double work = (double) model->route_work[route];

      sum += (1 + PLACE_BUSIEST) * work * work / n_stacks;
    }
  bound[STRATA_PLACE_TERM_EXPERTS] = down (sum);
}

void
place_bounds (const PlaceModel *model, gint64 *bound)
{
  int n_stacks = count_stacks (model);

  memset (bound, 0, STRATA_N_PLACE_TERMS * sizeof *bound);
  bound_loads (model, n_stacks, bound);
  bound_turns (model, n_stacks, bound);
  bound_noc (model, bound);
  bound_depth (model, bound);
  bound_experts (model, n_stacks, bound);
}
