/* SPDX-License-Identifier: Apache-2.0
 *
 * Greedy orders. The simulator's tiles are stacks here, its tiers are tiers, its chunks are tiles.
 */
#include "peers.h"

#include "base/rng.h"

typedef struct
{
  const StrataTileSet *tiles;
  const StrataChipSpec *chip;
  const PeersExperts *experts;
  StrataPlacement *placement;
  int *n_used;     /* per stack */
  double *needed;  /* per stack: sum of the chances that its tiles are needed */
  gboolean *taken; /* per site */
} Filling;

const char *
peers_name (PeersOrder order)
{
  static const char *const names[] = { "in order", "random", "util", "top2", "separated" };

  return names[order];
}

static gboolean
is_full (const Filling *filling, int stack)
{
  for (int tier = 0; tier < filling->chip->tiers; tier++)
    if (!filling->taken[stack * filling->chip->tiers + tier]
        && strata_chip_site_usable (filling->chip, (StrataSite){ stack, tier }))
      return FALSE;
  return TRUE;
}

static int
layer_of (const Filling *filling, int tile)
{
  return filling->experts == NULL ? -1 : filling->experts->layer[filling->tiles->tiles[tile].op];
}

static void
put (Filling *filling, int tile, int stack)
{
  int tier = 0;

  while (filling->taken[stack * filling->chip->tiers + tier]
         || !strata_chip_site_usable (filling->chip, (StrataSite){ stack, tier }))
    tier++;
  filling->taken[stack * filling->chip->tiers + tier] = TRUE;
  filling->placement->site[tile] = (StrataSite){ stack, tier };
  filling->n_used[stack]++;
  filling->needed[stack] += layer_of (filling, tile) < 0 ? 1 : 1.0 / filling->experts->n_experts;
}

/* The stack from @from to @to - 1 with the fewest used tiers; -1: all are full */
static int
emptiest (const Filling *filling, int from, int to)
{
  int best = -1;

  for (int stack = from; stack < to; stack++)
    if (!is_full (filling, stack) && (best < 0 || filling->n_used[stack] < filling->n_used[best]))
      best = stack;
  return best;
}

static gboolean
has_op (const Filling *filling, int stack, int tile)
{
  for (int i = filling->tiles->op_first[filling->tiles->tiles[tile].op]; i < tile; i++)
    if (filling->placement->site[i].stack == stack)
      return TRUE;
  return FALSE;
}

/* The least needed stack without a tile of the op, else the least needed one */
static int
least_needed (const Filling *filling, int tile)
{
  int best = -1;

  for (int stack = 0; stack < filling->chip->n_stacks; stack++)
    if (!is_full (filling, stack)
        && (best < 0 || has_op (filling, stack, tile) < has_op (filling, best, tile)
            || (has_op (filling, stack, tile) == has_op (filling, best, tile)
                && filling->needed[stack] < filling->needed[best])))
      best = stack;
  return best;
}

/* --- experts --- */

/* As many arrays as one op of an expert has: a group of stacks that holds one expert side by side */
static int
expert_tiles (const Filling *filling)
{
  int most = 1;

  for (int op = 0; op < filling->tiles->n_ops; op++)
    if (filling->experts->layer[op] >= 0)
      most = MAX (most, filling->tiles->op_first[op + 1] - filling->tiles->op_first[op]);
  return MIN (most, filling->chip->n_stacks);
}

/* Per expert, the first stack of its group. Experts most often needed first; each to the group whose experts it is
 * least often needed with; the last, least likely, straddle what is left over. */
static int *
group_experts (const Filling *filling)
{
  const PeersExperts *experts = filling->experts;
  int n = experts->n_experts, size = expert_tiles (filling), n_groups = MAX (1, filling->chip->n_stacks / size);
  gboolean straddles = filling->chip->n_stacks % size > 0 && n > n_groups;
  int *first = g_new (int, n), *group = g_new (int, n), most = (n + n_groups - 1) / n_groups;
  g_autofree int *n_in = g_new0 (int, n_groups);

  for (int i = 0; i < n; i++)
    group[i] = first[i] = -1;
  for (int step = 0; step < n; step++)
    {
      int next = -1, best = -1;
      double best_together = 0;

      for (int e = 0; e < n; e++)
        if (group[e] < 0 && (next < 0 || experts->together[e * n + e] > experts->together[next * n + next]))
          next = e;
      for (int g = 0; g < n_groups; g++)
        {
          double together = 0;

          for (int e = 0; e < n; e++)
            together += group[e] == g ? experts->together[e * n + next] : 0;
          if (n_in[g] < most && (best < 0 || together < best_together))
            {
              best = g;
              best_together = together;
            }
        }
      group[next] = best;
      n_in[best]++;
      first[next] = straddles && step == n - 1 ? filling->chip->n_stacks - size : best * size;
    }
  g_free (group);
  return first;
}

/* The emptiest stack of @n from @first on, else any */
static int
emptiest_near (const Filling *filling, int first, int n)
{
  int stack = emptiest (filling, first, MIN (first + n, filling->chip->n_stacks));

  return stack >= 0 ? stack : emptiest (filling, 0, filling->chip->n_stacks);
}

/* All stacks of layers of experts, shared out evenly among them */
static int
separate (const Filling *filling, int tile)
{
  int layer = layer_of (filling, tile), n_layers = 0, n = filling->chip->n_stacks, from;

  for (int op = 0; op < filling->tiles->n_ops; op++)
    n_layers = MAX (n_layers, filling->experts->layer[op] + 1);
  from = (int) ((gint64) layer * n / n_layers);
  return emptiest_near (filling, from, MAX (1, (int) ((gint64) (layer + 1) * n / n_layers) - from));
}

static int
choose (const Filling *filling, PeersOrder order, int tile, const int *first, StrataRngKey key)
{
  int n = filling->chip->n_stacks, layer = layer_of (filling, tile);
  int stack;

  switch (order)
    {
    case PEERS_RANDOM:
      stack = (int) (strata_rng_block (key, (guint64) tile, 0).word[0] % (guint32) n);
      while (is_full (filling, stack))
        stack = (stack + 1) % n;
      return stack;
    case PEERS_UTIL:
      return least_needed (filling, tile);
    case PEERS_TOP2:
      return layer < 0 ? least_needed (filling, tile)
                       : emptiest_near (filling, first[filling->experts->expert[filling->tiles->tiles[tile].op]],
                                        expert_tiles (filling));
    case PEERS_SEPARATED:
      return layer < 0 ? emptiest (filling, 0, n) : separate (filling, tile);
    default:
      return emptiest (filling, 0, n);
    }
}

StrataPlacement *
peers_place (
  const StrataTileSet *tiles, const StrataChipSpec *chip, const PeersExperts *experts, PeersOrder order, guint64 seed)
{
  StrataPlacement *placement = g_new0 (StrataPlacement, 1);
  g_autofree int *n_used = g_new0 (int, chip->n_stacks), *first = NULL;
  g_autofree double *needed = g_new0 (double, chip->n_stacks);
  g_autofree gboolean *taken = g_new0 (gboolean, (gsize) chip->n_stacks * chip->tiers);
  Filling filling = { tiles, chip, experts, placement, n_used, needed, taken };

  placement->n_tiles = tiles->n_tiles;
  placement->site = g_new0 (StrataSite, (gsize) tiles->n_tiles + 1);
  for (int i = 0; i < tiles->n_tiles; i++)
    placement->site[i] = (StrataSite){ -1, -1 };
  if (order == PEERS_TOP2 && experts != NULL)
    first = group_experts (&filling);
  for (int i = 0; i < tiles->n_tiles; i++)
    {
      int array = strata_tile_set_array (tiles, i);

      if (array != i)
        placement->site[i] = placement->site[array];
      else
        put (&filling, i, choose (&filling, order, i, first, strata_rng_key (seed, 31)));
    }
  return placement;
}
