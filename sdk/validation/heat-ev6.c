/* SPDX-License-Identifier: Apache-2.0
 *
 * The public thermal simulator's example of a processor: thirty blocks on 16 mm x 16 mm under its package.
 */
#include "validation/published.h"

#include <math.h>

#include "simulator/spreader.h"

#define SIDE_MM 16.0
#define AMBIENT_K 318.15
#define TOUCHING_MM2 1e-9
#define STEP_S 0.01 /* of the trace */
#define N_STEPS 200
#define NORTH 2 /* rim of the spreader */

/* Blocks in mm from the south-west corner, their mean power over the hundred steps of the published trace, which adds
 * up to 40.2073 W, and that of its first step */
static const struct
{
  const char *name;
  double width, height, x, y, power_w, first_w;
} blocks[] = {
  { "L2_left", 4.9, 6.2, 0, 9.8, 0.99527, 1.44 },
  { "L2", 16, 9.8, 0, 0, 5.0855, 7.37 },
  { "L2_right", 4.9, 6.2, 11.1, 9.8, 0.99527, 1.44 },
  { "Icache", 3.1, 2.6, 4.9, 9.8, 5.388, 8.27 },
  { "Dcache", 3.1, 2.6, 8, 9.8, 10.3192, 14.3 },
  { "Bpred_0", 1.033, 0.7, 4.9, 12.4, 0.94317, 1.51667 },
  { "Bpred_1", 1.033, 0.7, 5.933, 12.4, 0.94317, 1.51667 },
  { "Bpred_2", 1.033, 0.7, 6.967, 12.4, 0.94317, 1.51667 },
  { "DTB_0", 1.033, 0.7, 8, 12.4, 0.04307, 0.0596667 },
  { "DTB_1", 1.033, 0.7, 9.033, 12.4, 0.04307, 0.0596667 },
  { "DTB_2", 1.033, 0.7, 10.067, 12.4, 0.04307, 0.0596667 },
  { "FPAdd_0", 1.1, 0.9, 4.9, 13.1, 0.41538, 0.62 },
  { "FPAdd_1", 1.1, 0.9, 6, 13.1, 0.41538, 0.62 },
  { "FPReg_0", 0.55, 0.38, 4.9, 14, 0.12951, 0.19375 },
  { "FPReg_1", 0.55, 0.38, 5.45, 14, 0.12951, 0.19375 },
  { "FPReg_2", 0.55, 0.38, 6, 14, 0.12951, 0.19375 },
  { "FPReg_3", 0.55, 0.38, 6.55, 14, 0.12951, 0.19375 },
  { "FPMul_0", 1.1, 0.95, 4.9, 14.38, 0.44452, 0.665 },
  { "FPMul_1", 1.1, 0.95, 6, 14.38, 0.44452, 0.665 },
  { "FPMap_0", 1.1, 0.67, 4.9, 15.33, 0.01855, 0.02355 },
  { "FPMap_1", 1.1, 0.67, 6, 15.33, 0.01855, 0.02355 },
  { "IntMap", 0.9, 1.35, 7.1, 14.65, 0.70293, 1.07 },
  { "IntQ", 1.3, 1.35, 8, 14.65, 0.2408, 0.365 },
  { "IntReg_0", 0.9, 0.67, 9.3, 15.33, 1.7431, 2.585 },
  { "IntReg_1", 0.9, 0.67, 10.2, 15.33, 1.7431, 2.585 },
  { "IntExec", 1.8, 2.23, 9.3, 13.1, 5.0736, 7.7 },
  { "FPQ", 0.9, 1.55, 7.1, 13.1, 0.0236, 0.0354 },
  { "LdStQ", 1.3, 0.95, 8, 13.7, 2.4054, 3.46 },
  { "ITB_0", 0.65, 0.6, 8, 13.1, 0.12896, 0.2 },
  { "ITB_1", 0.65, 0.6, 8.65, 13.1, 0.12896, 0.2 },
};

typedef struct
{
  int n; /* cells along a side */
  double *rise_c;
  gsize n_nodes;
} Solution;

/* How much of cell @cell of an axis of @n lies between @from and @to, mm */
static double
overlap_mm (int n, int cell, double from, double to)
{
  double low = cell * SIDE_MM / n, high = (cell + 1) * SIDE_MM / n;

  return MAX (0, MIN (high, to) - MAX (low, from));
}

/* The area of block @b in cell (@x, @y), mm2; row 0 is the north edge. */
static double
overlap_mm2 (int n, int x, int y, guint b)
{
  return overlap_mm (n, x, blocks[b].x, blocks[b].x + blocks[b].width)
         * overlap_mm (n, n - 1 - y, blocks[b].y, blocks[b].y + blocks[b].height);
}

static StrataSpreader *
spreader_new (int n, double k_w_mk, double c_j_m3k)
{
  const StrataDieLayer die[] = { { 150e-6, k_w_mk, c_j_m3k }, { 20e-6, 4, 4e6 } };

  return strata_spreader_new (&(StrataSpreaderSetup){
    .nx = n,
    .ny = n,
    .width_m = SIDE_MM * 1e-3,
    .height_m = SIDE_MM * 1e-3,
    .die = die,
    .n_die = G_N_ELEMENTS (die),
    .spreader = { 0.03, 0.001, 400, 3.55e6 },
    .sink = { 0.06, 0.0069, 400, 3.55e6 },
    .convection_k_w = 0.1,
    .convection_j_k = 140.4,
  });
}

/* @power_w[node] of the die's lowest layer from that of the blocks */
static void
spread_power (int n, gboolean first, double *power_w)
{
  for (guint b = 0; b < G_N_ELEMENTS (blocks); b++)
    for (int y = 0; y < n; y++)
      for (int x = 0; x < n; x++)
        power_w[y * n + x] += (first ? blocks[b].first_w : blocks[b].power_w) * overlap_mm2 (n, x, y, b)
                              / (blocks[b].width * blocks[b].height);
}

static gboolean
solve (Solution *solution, StrataSpreader *spreader, int n)
{
  g_autofree double *power_w = NULL;

  *solution = (Solution){ .n = n, .n_nodes = strata_spreader_n_nodes (spreader) };
  power_w = g_new0 (double, solution->n_nodes);
  solution->rise_c = g_new (double, solution->n_nodes);
  spread_power (n, FALSE, power_w);
  return strata_spreader_solve (spreader, power_w, solution->rise_c);
}

/* The cell in the middle of a block of the die */
static double
centre_k (const Solution *solution, const char *name)
{
  for (guint b = 0; b < G_N_ELEMENTS (blocks); b++)
    if (g_str_equal (blocks[b].name, name))
      {
        int x = (int) ((blocks[b].x + blocks[b].width / 2) * solution->n / SIDE_MM);
        int y = (int) ((blocks[b].y + blocks[b].height / 2) * solution->n / SIDE_MM);

        return AMBIENT_K + solution->rise_c[(solution->n - 1 - y) * solution->n + x];
      }
  return (double) NAN;
}

/* Mean over all cells that a block touches, as version 7 reports a block */
static double
touched_k (const Solution *solution, const char *name)
{
  double sum = 0;
  int n_cells = 0;

  for (guint b = 0; b < G_N_ELEMENTS (blocks); b++)
    for (int y = 0; y < solution->n && g_str_equal (blocks[b].name, name); y++)
      for (int x = 0; x < solution->n; x++)
        if (overlap_mm2 (solution->n, x, y, b) > TOUCHING_MM2)
          {
            sum += solution->rise_c[y * solution->n + x];
            n_cells++;
          }
  return AMBIENT_K + sum / n_cells;
}

/* Version 6: 64 x 64, silicon of 100 W/mK */
static void
version_6 (double *ours)
{
  g_autoptr (StrataSpreader) spreader = spreader_new (64, 100, 1.75e6);
  Solution solution;
  double hottest = 0, coldest = HUGE_VAL, sum = 0;
  int plane;

  if (solve (&solution, spreader, 64))
    {
      plane = solution.n * solution.n;
      for (int i = 0; i < plane; i++)
        {
          hottest = MAX (hottest, solution.rise_c[i]);
          coldest = MIN (coldest, solution.rise_c[i]);
          sum += solution.rise_c[i];
        }
      ours[STRATA_VALIDATE_EV6_HOTTEST] = AMBIENT_K + hottest;
      ours[STRATA_VALIDATE_EV6_COLDEST] = AMBIENT_K + coldest;
      ours[STRATA_VALIDATE_EV6_MEAN] = AMBIENT_K + sum / plane;
      ours[STRATA_VALIDATE_EV6_DCACHE] = centre_k (&solution, "Dcache");
      ours[STRATA_VALIDATE_EV6_RIM] = AMBIENT_K + solution.rise_c[solution.n_nodes - STRATA_SPREADER_RIMS + NORTH];
    }
  g_free (solution.rise_c);
}

/* The first step of its transient, from the steady state on */
static gboolean
step (Solution *solution, StrataSpreader *spreader)
{
  g_autofree double *power_w = g_new0 (double, solution->n_nodes);

  spread_power (solution->n, TRUE, power_w);
  for (int i = 0; i < N_STEPS; i++)
    if (!strata_spreader_step (spreader, power_w, STEP_S / N_STEPS, solution->rise_c))
      return FALSE;
  return TRUE;
}

/* Version 7: 32 x 32, silicon of 130 W/mK */
static void
version_7 (double *ours)
{
  g_autoptr (StrataSpreader) spreader = spreader_new (32, 130, 1.6303e6);
  Solution solution;

  if (solve (&solution, spreader, 32))
    {
      ours[STRATA_VALIDATE_EV6_7_INTREG] = touched_k (&solution, "IntReg_0");
      ours[STRATA_VALIDATE_EV6_7_DCACHE] = touched_k (&solution, "Dcache");
      ours[STRATA_VALIDATE_EV6_7_L2] = touched_k (&solution, "L2");
    }
  if (step (&solution, spreader))
    {
      ours[STRATA_VALIDATE_EV6_7_STEP_INTREG] = touched_k (&solution, "IntReg_0");
      ours[STRATA_VALIDATE_EV6_7_STEP_DCACHE] = touched_k (&solution, "Dcache");
    }
  g_free (solution.rise_c);
}

void
strata_published_ev6 (double *ours)
{
  version_6 (ours);
  version_7 (ours);
}
