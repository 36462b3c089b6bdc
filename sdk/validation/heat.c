/* SPDX-License-Identifier: Apache-2.0
 *
 * The public thermal simulator's example of nine compute-in-memory tiles, solved by our grid under its package.
 */
#include "validation/published.h"
#include "validation/tiles.h"

#define N_GRID STRATA_TILES_GRID
#define N_TILES STRATA_TILES_SIDE

const double strata_tiles_w[N_TILES][N_TILES] = {
  { 0.48 / 6, 0.75 / 6, 0.75 / 6 },
  { 0.48 / 6, 0.39 / 6, 0.42 / 6 },
  { 0.54 / 6, 0.75 / 6, 0.84 / 6 },
};

/* Share of cell @cell of N_GRID that lies in tile @tile of N_TILES */
static double
covered (int cell, int tile)
{
  double low = MAX ((double) cell / N_GRID, (double) tile / N_TILES);
  double high = MIN ((cell + 1.0) / N_GRID, (tile + 1.0) / N_TILES);

  return MAX (0, high - low) * N_GRID;
}

static double
mean_k (const double *rise_c)
{
  double sum = 0;

  for (int i = 0; i < N_GRID * N_GRID; i++)
    sum += rise_c[i];
  return STRATA_TILES_AMBIENT_K + sum / (N_GRID * N_GRID);
}

/* Row 0 is the north edge; tiles count from the south. */
static double
tile_k (const double *rise_c, int tile_x, int tile_y)
{
  double sum = 0, area = 0;

  for (int y = 0; y < N_GRID; y++)
    for (int x = 0; x < N_GRID; x++)
      {
        double share = covered (x, tile_x) * covered (N_GRID - 1 - y, tile_y);

        sum += share * rise_c[y * N_GRID + x];
        area += share;
      }
  return STRATA_TILES_AMBIENT_K + sum / area;
}

StrataSpreader *
strata_tiles_new (const double tiles_w[N_TILES][N_TILES], double **power_w)
{
  static const StrataDieLayer die[] = { { 150e-6, 130, 1.6303e6 }, { 20e-6, 4, 4e6 } };
  const StrataSpreaderSetup setup = {
    .nx = N_GRID,
    .ny = N_GRID,
    .width_m = 0.9e-3,
    .height_m = 0.9e-3,
    .die = die,
    .n_die = G_N_ELEMENTS (die),
    .spreader = { 0.03, 0.001, 237, 2.422e6 },
    .sink = { 0.06, 0.0069, 237, 2.422e6 },
    .convection_k_w = 0.1,
    .convection_j_k = 140.4,
  };
  const double cells_per_tile = (double) (N_GRID * N_GRID) / (N_TILES * N_TILES);
  StrataSpreader *spreader = strata_spreader_new (&setup);
  double *cells_w = g_new0 (double, strata_spreader_n_nodes (spreader));

  for (int y = 0; y < N_GRID; y++)
    for (int x = 0; x < N_GRID; x++)
      for (int tile_x = 0; tile_x < N_TILES; tile_x++)
        for (int tile_y = 0; tile_y < N_TILES; tile_y++)
          cells_w[y * N_GRID + x] +=
            tiles_w[tile_x][tile_y] * covered (x, tile_x) * covered (N_GRID - 1 - y, tile_y) / cells_per_tile;
  *power_w = cells_w;
  return spreader;
}

void
strata_published_heat (double *ours)
{
  g_autofree double *power_w = NULL, *rise_c = NULL;
  g_autoptr (StrataSpreader) spreader = strata_tiles_new (strata_tiles_w, &power_w);
  gsize plane = N_GRID * N_GRID;

  rise_c = g_new (double, strata_spreader_n_nodes (spreader));
  if (!strata_spreader_solve (spreader, power_w, rise_c))
    return;
  ours[STRATA_VALIDATE_TILES_SILICON] = mean_k (rise_c);
  ours[STRATA_VALIDATE_TILES_TIM] = mean_k (rise_c + plane);
  ours[STRATA_VALIDATE_TILES_SPREADER] = mean_k (rise_c + 2 * plane);
  ours[STRATA_VALIDATE_TILES_SINK] = mean_k (rise_c + 3 * plane);
  ours[STRATA_VALIDATE_TILES_HOTTEST] = 0;
  for (int x = 0; x < N_TILES; x++)
    for (int y = 0; y < N_TILES; y++)
      ours[STRATA_VALIDATE_TILES_HOTTEST] = MAX (ours[STRATA_VALIDATE_TILES_HOTTEST], tile_k (rise_c, x, y));
}
