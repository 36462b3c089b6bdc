/* SPDX-License-Identifier: Apache-2.0
 *
 * The direct solver against closed forms, its own balance equations and a plain iteration; the wide package against
 * published runs of the public thermal simulator.
 */
#include "simulator/conduction.h"

#include <math.h>

#include "base/rng.h"
#include "kernels/cosine.h"
#include "validation/tiles.h"

/* Layers of very unlike conductances, with numbers that divide by nothing */
typedef struct
{
  StrataConductionLayers layers;
  double along_x[16], along_y[16], up[16], store[16];
} Stack;

static void
stack_init (Stack *stack, int nx, int ny, int n_layers, gboolean has_outer)
{
  g_assert_cmpint (n_layers, <=, 16);
  for (int i = 0; i < n_layers; i++)
    {
      stack->along_x[i] = i % 2 != 0 ? 3e-5 : 0.013;
      stack->along_y[i] = 2 * stack->along_x[i];
      stack->up[i] = i % 3 == 0 ? 40 : 0.07 * (i + 1);
      stack->store[i] = 1e-6 * (i + 2);
    }
  stack->layers = (StrataConductionLayers){
    .nx = nx,
    .ny = ny,
    .n_layers = n_layers,
    .lateral_x_w_k = stack->along_x,
    .lateral_y_w_k = stack->along_y,
    .up_w_k = stack->up,
    .store_j_k = stack->store,
    .outer_w_k = has_outer ? 0.03 : 0,
    .outer_j_k = has_outer ? 1 : 0,
  };
}

static double *
random_power (gsize n)
{
  StrataRngKey key = strata_rng_key (11, 3);
  double *power_w = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    power_w[i] = strata_rng_uniform (key, i) * 1e-3;
  return power_w;
}

/* There and back, and the modes keep the length (orthonormal); sizes even, odd, one, and not a multiple of a tile */
static void
test_transform (void)
{
  const int sizes[][2] = { { 1, 1 }, { 1, 7 }, { 8, 8 }, { 5, 33 }, { 64, 20 }, { 47, 21 } };

  for (gsize c = 0; c < G_N_ELEMENTS (sizes); c++)
    {
      int nx = sizes[c][0], ny = sizes[c][1], n = nx * ny;
      g_autofree double *plane = random_power ((gsize) n), *scratch = g_new (double, n);
      g_autofree double *before = g_memdup2 (plane, sizeof (double) * (gsize) n);
      StrataCosine x, y;
      double sum = 0, length = 0, modes = 0;

      strata_cosine_init (&x, nx);
      strata_cosine_init (&y, ny);
      strata_cosine_forward (&x, &y, plane, scratch);
      for (int i = 0; i < n; i++)
        sum += before[i], length += before[i] * before[i], modes += plane[i] * plane[i];
      g_assert_cmpfloat_with_epsilon (plane[0], sum / sqrt (n), 1e-14);
      g_assert_cmpfloat_with_epsilon (modes, length, 1e-12 * length);
      strata_cosine_backward (&x, &y, plane, scratch);
      for (int i = 0; i < n; i++)
        g_assert_cmpfloat_with_epsilon (plane[i], before[i], 1e-15);
      strata_cosine_finish (&x);
      strata_cosine_finish (&y);
    }
}

/* A mode is an eigenvector of the chain with the stated eigenvalue. */
static void
test_modes (void)
{
  StrataCosine x, y;
  double plane[9], scratch[9];

  strata_cosine_init (&x, 9);
  strata_cosine_init (&y, 1);
  for (int mode = 0; mode < 9; mode++)
    {
      for (int i = 0; i < 9; i++)
        plane[i] = i == mode;
      strata_cosine_backward (&x, &y, plane, scratch);
      for (int i = 0; i < 9; i++)
        {
          double flow = (i > 0 ? plane[i] - plane[i - 1] : 0) + (i < 8 ? plane[i] - plane[i + 1] : 0);

          g_assert_cmpfloat_with_epsilon (flow, x.eigenvalue[mode] * plane[i], 1e-14);
        }
    }
  strata_cosine_finish (&x);
  strata_cosine_finish (&y);
}

static void
test_balance (void)
{
  const int sizes[][3] = { { 1, 1, 1 }, { 4, 3, 5 }, { 13, 6, 16 }, { 32, 32, 8 } };

  for (gsize c = 0; c < 2 * G_N_ELEMENTS (sizes); c++)
    {
      const int *size = sizes[c / 2];
      gboolean has_outer = c % 2 != 0;
      g_autoptr (StrataConduction) conduction = NULL;
      g_autofree double *power_w = NULL, *rise_c = NULL, *flow_w = NULL;
      double sum_w = 0;
      Stack stack;
      gsize n;

      stack_init (&stack, size[0], size[1], size[2], has_outer);
      conduction = strata_conduction_new (&stack.layers);
      n = strata_conduction_n_nodes (conduction);
      g_assert_cmpuint (n, ==, (gsize) size[0] * (gsize) size[1] * (gsize) size[2] + has_outer);
      power_w = random_power (n);
      rise_c = g_new (double, n);
      flow_w = g_new (double, n);
      strata_conduction_solve (conduction, power_w, rise_c);
      strata_conduction_apply (conduction, rise_c, flow_w);
      for (gsize i = 0; i < n; i++)
        {
          g_assert_cmpfloat_with_epsilon (flow_w[i], power_w[i], 1e-9);
          sum_w += power_w[i];
        }
      g_assert_cmpfloat_with_epsilon (strata_conduction_leaving_w (conduction, rise_c), sum_w, 1e-10 * sum_w);
    }
}

/* Heat in one corner cell, against Gauss-Seidel run until it stands still */
static void
test_iteration (void)
{
  enum
  {
    NX = 4,
    NY = 3,
    N = NX * NY * 3
  };
  g_autoptr (StrataConduction) conduction = NULL;
  double power_w[N] = { 0.01 }, rise_c[N], slow_c[N] = { 0 }, flow_w[N], diagonal_w[N];
  Stack stack;

  stack_init (&stack, NX, NY, 3, FALSE);
  stack.up[0] = 0.5;
  conduction = strata_conduction_new (&stack.layers);
  strata_conduction_solve (conduction, power_w, rise_c);
  for (int i = 0; i < N; i++)
    {
      double unit[N] = { 0 };

      unit[i] = 1;
      strata_conduction_apply (conduction, unit, flow_w);
      diagonal_w[i] = flow_w[i];
    }
  for (int sweep = 0; sweep < 2000; sweep++)
    for (int i = 0; i < N; i++)
      {
        strata_conduction_apply (conduction, slow_c, flow_w);
        slow_c[i] += (power_w[i] - flow_w[i]) / diagonal_w[i];
      }
  for (int i = 0; i < N; i++)
    g_assert_cmpfloat_with_epsilon (rise_c[i], slow_c[i], 1e-9);
}

/* Uniform heat: resistances in series, to the last digits */
static void
test_slab (void)
{
  g_autoptr (StrataConduction) conduction = NULL;
  g_autofree double *power_w = NULL, *rise_c = NULL;
  double expected_c = 0;
  Stack stack;

  stack_init (&stack, 16, 10, 9, FALSE);
  conduction = strata_conduction_new (&stack.layers);
  power_w = g_new0 (double, strata_conduction_n_nodes (conduction));
  rise_c = g_new (double, strata_conduction_n_nodes (conduction));
  for (int i = 0; i < 160; i++)
    power_w[i] = 0.002;
  strata_conduction_solve (conduction, power_w, rise_c);
  for (int layer = 8; layer >= 0; layer--)
    {
      expected_c += 0.002 / stack.up[layer];
      for (int i = 0; i < 160; i++)
        g_assert_cmpfloat_with_epsilon (rise_c[layer * 160 + i], expected_c, 1e-12);
    }
}

/* One cell that only stores: rise = P R (1 - exp (-t / RC)); implicit Euler is first order. */
static void
test_warming (void)
{
  const double none = 0, up_w_k = 0.5, store_j_k = 2, power_w = 3;
  g_autoptr (StrataConduction) conduction = strata_conduction_new (&(StrataConductionLayers){
    .nx = 1,
    .ny = 1,
    .n_layers = 1,
    .lateral_x_w_k = &none,
    .lateral_y_w_k = &none,
    .up_w_k = &up_w_k,
    .store_j_k = &store_j_k,
  });
  double rise_c = 0;

  for (int step = 0; step < 4000; step++)
    strata_conduction_step (conduction, &power_w, 1e-3, &rise_c);
  g_assert_cmpfloat_with_epsilon (rise_c, 6 * (1 - exp (-1)), 6e-4);
}

/* --- wide package --- */

#define N_GRID STRATA_TILES_GRID

static double
mean_k (const double *rise_c, int x0, int x1, int y0, int y1)
{
  double sum = 0;

  for (int y = y0; y < y1; y++)
    for (int x = x0; x < x1; x++)
      sum += rise_c[y * N_GRID + x];
  return STRATA_TILES_AMBIENT_K + sum / ((x1 - x0) * (y1 - y0));
}

/* Layer means to 0.05 K and tiles to 0.15 K (peers 4.9 P1); the published values are printed with two decimals. */
static void
test_cim_tiles (void)
{
  const double layers_k[4] = { 325.948, 324.666, 319.110, 318.308 };
  const double tiles_k[9] = { 325.50, 326.02, 326.29, 325.49, 325.76, 326.00, 325.70, 326.19, 326.56 };
  const double rims_k[12] = { 318.29, 318.29, 318.29, 318.28, 318.28, 318.28,
                              318.28, 318.28, 318.24, 318.24, 318.24, 318.23 };
  gsize n = 4 * N_GRID * N_GRID + STRATA_SPREADER_RIMS;
  g_autofree double *power_w = NULL, *rise_c = g_new (double, n);
  g_autoptr (StrataSpreader) spreader = strata_tiles_new (strata_tiles_w, &power_w);
  double sum_w = 0;

  g_assert_cmpuint (strata_spreader_n_nodes (spreader), ==, n);
  g_assert_true (strata_spreader_solve (spreader, power_w, rise_c));
  for (int layer = 0; layer < 4; layer++)
    {
      double ours_k = mean_k (rise_c + layer * N_GRID * N_GRID, 0, N_GRID, 0, N_GRID);

      g_test_message ("layer %d: %.3f K, published %.3f", layer, ours_k, layers_k[layer]);
      g_assert_cmpfloat_with_epsilon (ours_k, layers_k[layer], 0.05);
    }
  for (int i = 0; i < 9; i++)
    {
      int x = i / 3 * N_GRID / 3, y = (2 - i % 3) * N_GRID / 3;
      double ours_k = mean_k (rise_c, x, x + N_GRID / 3, y, y + N_GRID / 3);

      g_test_message ("tile %d: %.3f K, published %.2f", i, ours_k, tiles_k[i]);
      g_assert_cmpfloat_with_epsilon (ours_k, tiles_k[i], 0.15);
    }
  for (int i = 0; i < 12; i++)
    g_assert_cmpfloat_with_epsilon (STRATA_TILES_AMBIENT_K + rise_c[n - 12 + (gsize) i], rims_k[i], 0.02);
  for (gsize i = 0; i < n; i++)
    sum_w += power_w[i];
  g_assert_cmpfloat_with_epsilon (sum_w, 0.9, 1e-12);
  g_assert_cmpfloat_with_epsilon (strata_spreader_leaving_w (spreader, rise_c), sum_w, 1e-6 * sum_w);
}

/* The same die warming: heat in = heat out + stored, and after four hours it is at rest. */
static void
test_cim_tiles_transient (void)
{
  const double tiles_w[3][3] = { { 0.09, 0.12, 0.15 }, { 0.07, 0.05, 0.07 }, { 0.09, 0.12, 0.15 } };
  gsize n = 4 * N_GRID * N_GRID + STRATA_SPREADER_RIMS;
  g_autofree double *power_w = NULL, *rise_c = g_new0 (double, n), *steady_c = g_new (double, n);
  g_autoptr (StrataSpreader) spreader = strata_tiles_new (tiles_w, &power_w);
  double in_j = 0, out_j = 0, step_s = 1e-5, sum_w = 0;

  for (gsize i = 0; i < n; i++)
    sum_w += power_w[i];
  for (int step = 0; step < 60; step++)
    {
      g_assert_true (strata_spreader_step (spreader, power_w, step_s, rise_c));
      in_j += step_s * sum_w;
      out_j += step_s * strata_spreader_leaving_w (spreader, rise_c);
      g_assert_cmpfloat_with_epsilon (out_j + strata_spreader_stored_j (spreader, rise_c), in_j, 1e-6 * in_j);
      step_s *= 1.4;
    }
  g_assert_true (strata_spreader_solve (spreader, power_w, steady_c));
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (rise_c[i], steady_c[i], 1e-3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/conduction/transform", test_transform);
  g_test_add_func ("/sdk/simulator/conduction/modes", test_modes);
  g_test_add_func ("/sdk/simulator/conduction/balance", test_balance);
  g_test_add_func ("/sdk/simulator/conduction/iteration", test_iteration);
  g_test_add_func ("/sdk/simulator/conduction/slab", test_slab);
  g_test_add_func ("/sdk/simulator/conduction/warming", test_warming);
  g_test_add_func ("/sdk/simulator/conduction/cim-tiles", test_cim_tiles);
  g_test_add_func ("/sdk/simulator/conduction/cim-tiles-transient", test_cim_tiles_transient);
  return g_test_run ();
}
