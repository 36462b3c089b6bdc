/* SPDX-License-Identifier: Apache-2.0
 *
 * 200 random cases small enough to try every placement (4 stacks of 3 tiers, at most 8 tiles): what the search finds is
 * within 5 % of the best there is in the median, and within 15 % at worst. The best is looked for depth first, from the
 * computation of pairs alone; a partial placement that costs more than the best so far is left.
 */
#include <stdlib.h>

#include "base/rng.h"
#include "compiler/place/objective.h"
#include "lib/fixtures.h"

#define N_CASES 200
#define MOST_TILES 8
#define N_STACKS 4
#define N_TIERS 3

typedef struct
{
  const PlaceModel *model;
  int stack[MOST_TILES + 1], tier[MOST_TILES + 1];
  gint64 best_ps;
} Search;

static gint64
total_ps (const Search *search, gboolean tiers)
{
  gint64 term[STRATA_N_PLACE_TERMS], sum_ps = 0;

  place_recompute (search->model, search->stack, tiers ? search->tier : NULL, term);
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    sum_ps += place_term_ps (search->model, i, term[i]);
  return sum_ps;
}

static gboolean
is_taken (const Search *search, int tile, int stack, int tier)
{
  for (int i = 0; i < tile; i++)
    if (search->stack[i] == stack && search->tier[i] == tier)
      return TRUE;
  return FALSE;
}

/* Stacks of all tiles are set; tiers of those before @tile too. */
static void
try_tiers (Search *search, int tile)
{
  if (tile == search->model->tiles->n_tiles)
    {
      search->best_ps = MIN (search->best_ps, total_ps (search, TRUE));
      return;
    }
  for (int tier = 0; tier < N_TIERS; tier++)
    {
      StrataSite site = { search->stack[tile], tier };

      search->tier[tile] = tier;
      if (strata_chip_site_usable (search->model->chip, site) && !is_taken (search, tile, site.stack, tier))
        try_tiers (search, tile + 1);
    }
}

static void
try_stacks (Search *search, int tile)
{
  int n_in[N_STACKS] = { 0 };

  if (total_ps (search, FALSE) >= search->best_ps)
    return;
  if (tile == search->model->tiles->n_tiles)
    {
      try_tiers (search, 0);
      return;
    }
  for (int i = 0; i < tile; i++)
    n_in[search->stack[i]]++;
  for (int stack = 0; stack < N_STACKS; stack++)
    {
      if (n_in[stack] >= search->model->n_usable[stack])
        continue;
      search->stack[tile] = stack;
      try_stacks (search, tile + 1);
    }
  search->stack[tile] = -1;
}

/* How many times the best the placement costs; 0: the case is too large, or does not fit */
static double
measure (guint64 seed)
{
  StrataRngBlock r = strata_rng_block (strata_rng_key (seed, 41), 0, 0);
  g_autoptr (StrataQGraph) graph = fixtures_random (seed);
  g_autoptr (StrataChipSpec) chip =
    fixtures_chip ("demonstrator", r.word[0] & 1 ? 2 : 4, r.word[0] & 1 ? 2 : 1, N_TIERS);
  g_autoptr (StrataTileSet) tiles = NULL;
  g_autoptr (StrataPlacement) placement = NULL;
  g_autoptr (GError) error = NULL;
  Search search = { .best_ps = G_MAXINT64 };
  PlaceModel model;

  chip->spare_tiers = (int) (r.word[1] % 3);
  fixtures_kill (chip, seed, (r.word[2] % 3) / 12.0);
  tiles = strata_map (graph, chip, NULL, NULL);
  if (tiles == NULL || tiles->n_tiles > MOST_TILES || tiles->n_tiles < 3)
    return 0;
  placement = strata_place (graph, tiles, chip, &(StrataPlaceOptions){ .seed = seed }, &error);
  g_assert_no_error (error);
  place_model_init (&model, graph, tiles, chip, NULL);
  search.model = &model;
  for (int i = 0; i < MOST_TILES; i++)
    search.stack[i] = -1;
  try_stacks (&search, 0);
  place_model_finish (&model);
  g_assert_cmpint (search.best_ps, <=, placement->total_ps);
  g_assert_cmpint (placement->total_bound_ps, <=, search.best_ps);
  return search.best_ps > 0 ? (double) placement->total_ps / (double) search.best_ps : 1;
}

static int
compare_double (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static void
test_exhaustive (void)
{
  double ratio[N_CASES];
  int n = 0, n_best = 0;

  for (guint64 seed = 0; n < N_CASES; seed++)
    {
      double one = measure (seed);

      if (one > 0)
        ratio[n++] = one;
    }
  qsort (ratio, N_CASES, sizeof *ratio, compare_double);
  for (int i = 0; i < N_CASES; i++)
    n_best += ratio[i] < 1 + 1e-9;
  g_test_message ("%d of %d optimal; median %.4f, nine of ten within %.4f, worst %.4f of the best", n_best, N_CASES,
                  ratio[N_CASES / 2], ratio[N_CASES * 9 / 10], ratio[N_CASES - 1]);
  g_assert_cmpfloat (ratio[N_CASES / 2], <=, 1.05);
  g_assert_cmpfloat (ratio[N_CASES - 1], <=, 1.15);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/qor/place/exhaustive", test_exhaustive);
  return g_test_run ();
}
