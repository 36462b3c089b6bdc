/* SPDX-License-Identifier: Apache-2.0
 *
 * Heat on one core: a steady state and a step in time of layers on a grid, beside the least that the products and the
 * memory of the same run allow, and beside the public thermal simulator (HotSpot f18831e4 with SuperLU, 128 x 128 x 8,
 * as measured on a 2-core AMD EPYC, Zen 4). Fails where the answers leave the closed forms by more than 0.05 K.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#if defined __x86_64__
#include <immintrin.h>
#endif

#include "clock.h"
#include "simulator/conduction.h"

#define MIN_S 0.4
#define MAX_ERROR_K 0.05
#define COPY_BYTES (128 << 20)

/* A block of silicon of 10 x 10 x 1 mm, cold on its top, 1 W/mm2 on its bottom on average */
#define SIDE_M 10e-3
#define HEIGHT_M 1e-3
#define K_W_MK 130.0
#define C_J_M3K 1.63e6
#define HEAT_W_M2 1e6
/* What a state that decays in time starts from */
#define START_K 10.0
#define N_DECAY_STEPS 128

/* --- the machine --- */

#if defined __x86_64__
#define N_SUMS 24
#define N_TURNS 4000000

__attribute__ ((target ("avx512f"))) static double
avx512_products_per_s (void)
{
  __m512d sum[N_SUMS], a = _mm512_set1_pd (1.0), b = _mm512_set1_pd (1e-9), total = _mm512_setzero_pd ();
  double start = now_s (), end;

  for (int i = 0; i < N_SUMS; i++)
    sum[i] = _mm512_setzero_pd ();
  for (int k = 0; k < N_TURNS; k++)
    {
      __asm__("" : "+v"(a), "+v"(b)); /* or the loop is taken for one product */
#pragma GCC unroll 24
      for (int i = 0; i < N_SUMS; i++)
        sum[i] = _mm512_fmadd_pd (a, b, sum[i]);
    }
  end = now_s ();
  for (int i = 0; i < N_SUMS; i++)
    total = _mm512_add_pd (total, sum[i]);
  if (_mm512_reduce_add_pd (total) == 1)
    puts ("");
  return 8.0 * N_SUMS * N_TURNS / (end - start);
}

/* Half the registers, half as wide */
__attribute__ ((target ("avx2,fma"))) static double
fma_products_per_s (void)
{
  __m256d sum[N_SUMS / 2], a = _mm256_set1_pd (1.0), b = _mm256_set1_pd (1e-9), total = _mm256_setzero_pd ();
  double start = now_s (), end;

  for (int i = 0; i < N_SUMS / 2; i++)
    sum[i] = _mm256_setzero_pd ();
  for (int k = 0; k < N_TURNS; k++)
    {
      __asm__("" : "+x"(a), "+x"(b));
#pragma GCC unroll 12
      for (int i = 0; i < N_SUMS / 2; i++)
        sum[i] = _mm256_fmadd_pd (a, b, sum[i]);
    }
  end = now_s ();
  for (int i = 0; i < N_SUMS / 2; i++)
    total = _mm256_add_pd (total, sum[i]);
  if (_mm256_cvtsd_f64 (total) == 1)
    puts ("");
  return 4.0 * N_SUMS / 2 * N_TURNS / (end - start);
}

/* 0: not known of this processor */
static double
products_per_s (void)
{
  if (__builtin_cpu_supports ("avx512f"))
    return avx512_products_per_s ();
  return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma") ? fma_products_per_s () : 0;
}
#else
static double
products_per_s (void)
{
  return 0;
}
#endif

/* Bytes read and written by a copy, best of a few */
static double
bytes_per_s (void)
{
  g_autofree char *from = g_malloc (COPY_BYTES), *to = g_malloc (COPY_BYTES);
  double best_s = G_MAXDOUBLE;

  memset (from, 1, COPY_BYTES);
  memset (to, 2, COPY_BYTES);
  for (int round = 0; round < 5; round++)
    {
      double start = now_s ();

      memcpy (to, from, COPY_BYTES);
      __asm__ volatile("" : : "r"(to) : "memory");
      best_s = MIN (best_s, now_s () - start);
    }
  return 2.0 * COPY_BYTES / best_s;
}

/* --- the block --- */

typedef struct
{
  int nx, ny, n_layers;
  gsize n_plane, n_nodes;
  StrataConduction *conduction;
  double *power_w, *rise_c;
} Block;

static void
block_init (Block *block, int nx, int ny, int n_layers)
{
  g_autofree double *values = g_new (double, 4 * n_layers);
  double dx_m = SIDE_M / nx, dy_m = SIDE_M / ny, dz_m = HEIGHT_M / n_layers;

  for (int i = 0; i < n_layers; i++)
    {
      values[i] = K_W_MK * dz_m * dy_m / dx_m;
      values[n_layers + i] = K_W_MK * dz_m * dx_m / dy_m;
      values[2 * n_layers + i] = K_W_MK * dx_m * dy_m / (i + 1 < n_layers ? dz_m : dz_m / 2);
      values[3 * n_layers + i] = C_J_M3K * dx_m * dy_m * dz_m;
    }
  *block = (Block){ .nx = nx, .ny = ny, .n_layers = n_layers, .n_plane = (gsize) nx * (gsize) ny };
  block->conduction = strata_conduction_new (&(StrataConductionLayers){ .nx = nx,
                                                                        .ny = ny,
                                                                        .n_layers = n_layers,
                                                                        .lateral_x_w_k = values,
                                                                        .lateral_y_w_k = values + n_layers,
                                                                        .up_w_k = values + 2 * n_layers,
                                                                        .store_j_k = values + 3 * n_layers });
  block->n_nodes = strata_conduction_n_nodes (block->conduction);
  block->power_w = g_new0 (double, block->n_nodes);
  block->rise_c = g_new0 (double, block->n_nodes);
}

static void
block_finish (Block *block)
{
  strata_conduction_free (block->conduction);
  g_free (block->power_w);
  g_free (block->rise_c);
}

/* One wave along each side of the block, at a cell's middle */
static double
wave (const Block *block, int x, int y)
{
  return cos (2 * G_PI * (x + 0.5) / block->nx) * cos (2 * G_PI * (y + 0.5) / block->ny);
}

/* Heat of 1 + wave through the bottom: a straight line, and a hyperbolic sine for the wave. */
static double
steady_k (const Block *block, int x, int y, int layer)
{
  double up_m = HEIGHT_M * (1 - (layer + 0.5) / block->n_layers), per_m = 2 * G_PI * G_SQRT2 / SIDE_M;

  return HEAT_W_M2 / K_W_MK * (up_m + wave (block, x, y) * sinh (per_m * up_m) / (per_m * cosh (per_m * HEIGHT_M)));
}

/* The slowest mode of that wave */
static double
mode_k (const Block *block, int x, int y, int layer)
{
  return START_K * wave (block, x, y) * cos (G_PI / 2 * (layer + 0.5) / block->n_layers);
}

static double
mode_time_s (void)
{
  double along_m = 2 * G_PI / SIDE_M, up_m = G_PI / 2 / HEIGHT_M;

  return C_J_M3K / (K_W_MK * (2 * along_m * along_m + up_m * up_m));
}

static double
largest_error_k (const Block *block, double (*expected_k) (const Block *, int, int, int), double scale)
{
  double largest_k = 0;

  for (int layer = 0; layer < block->n_layers; layer++)
    for (int y = 0; y < block->ny; y++)
      for (int x = 0; x < block->nx; x++)
        {
          double rise_k =
            block->rise_c[((gsize) layer * (gsize) block->ny + (gsize) y) * (gsize) block->nx + (gsize) x];

          largest_k = MAX (largest_k, fabs (rise_k - scale * expected_k (block, x, y, layer)));
        }
  return largest_k;
}

/* --- measuring --- */

/* Median of the turns of at least MIN_S */
static double
seconds (Block *block, double step_s)
{
  g_autoptr (GArray) turns = g_array_new (FALSE, FALSE, sizeof (double));
  double begin = now_s (), start, end;

  do
    {
      gsize place = 0;

      start = now_s ();
      if (step_s > 0)
        strata_conduction_step (block->conduction, block->power_w, step_s, block->rise_c);
      else
        strata_conduction_solve (block->conduction, block->power_w, block->rise_c);
      end = now_s ();
      start = end - start;
      while (place < turns->len && g_array_index (turns, double, place) < start)
        place++;
      g_array_insert_val (turns, place, start);
    }
  while (end - begin < MIN_S || turns->len < 3);
  return g_array_index (turns, double, turns->len / 2);
}

/* Sums and differences of mirrored points halve the products of a transform; there is one to the modes and one back. */
static char *
least_products_ms (const Block *block, double per_s)
{
  return per_s > 0 ? g_strdup_printf ("%.2f", 1e3 * (double) block->n_nodes * (block->nx + block->ny) / per_s)
                   : g_strdup ("-");
}

static gboolean
report (const char *what, const Block *block, double s, int n_arrays, double error_k, const double machine[2])
{
  g_autofree char *products = least_products_ms (block, machine[0]);

  printf ("%-32s %8.2f %12s %10.2f %10.4f\n", what, s * 1e3, products,
          1e3 * n_arrays * sizeof (double) * (double) block->n_nodes / machine[1], error_k);
  return error_k <= MAX_ERROR_K;
}

static gboolean
measure_steady (int nx, int ny, int n_layers, const double machine[2])
{
  g_autofree char *what = g_strdup_printf ("steady, %d x %d x %d", nx, ny, n_layers);
  gboolean agrees;
  Block block;
  double s;

  block_init (&block, nx, ny, n_layers);
  for (int y = 0; y < ny; y++)
    for (int x = 0; x < nx; x++)
      block.power_w[(gsize) y * (gsize) nx + (gsize) x] =
        HEAT_W_M2 * SIDE_M * SIDE_M / (double) block.n_plane * (1 + wave (&block, x, y));
  s = seconds (&block, 0);
  agrees = report (what, &block, s, 2, largest_error_k (&block, steady_k, 1), machine);
  block_finish (&block);
  return agrees;
}

/* A mode decays to 1/e. */
static gboolean
measure_step (int n, const double machine[2])
{
  g_autofree char *what = g_strdup_printf ("step in time, %d x %d x %d", n, n, n);
  double step_s = mode_time_s () / N_DECAY_STEPS, s;
  gboolean agrees;
  Block block;

  block_init (&block, n, n, n);
  s = seconds (&block, step_s);
  for (int layer = 0; layer < n; layer++)
    for (int y = 0; y < n; y++)
      for (int x = 0; x < n; x++)
        block.rise_c[((gsize) layer * (gsize) n + (gsize) y) * (gsize) n + (gsize) x] = mode_k (&block, x, y, layer);
  for (int i = 0; i < N_DECAY_STEPS; i++)
    strata_conduction_step (block.conduction, block.power_w, step_s, block.rise_c);
  agrees = report (what, &block, s, 3, largest_error_k (&block, mode_k, exp (-1)), machine);
  block_finish (&block);
  return agrees;
}

/* Of the process so far, which has solved one block */
static double
peak_mb (int nx, int ny, int n_layers)
{
  struct rusage usage;
  Block block;

  block_init (&block, nx, ny, n_layers);
  strata_conduction_solve (block.conduction, block.power_w, block.rise_c);
  block_finish (&block);
  getrusage (RUSAGE_SELF, &usage);
  return (double) usage.ru_maxrss / 1024;
}

int
main (void)
{
  double here_mb = peak_mb (128, 128, 8); /* first, for the rest takes more */
  const double machine[2] = { products_per_s (), bytes_per_s () };
  gboolean agrees = TRUE;

  printf ("one core: ");
  if (machine[0] > 0)
    printf ("%.1f G products/s that never leave the registers, ", machine[0] * 1e-9);
  printf ("%.1f GB/s copied\n", machine[1] * 1e-9);
  printf ("%-32s %8s %12s %10s %10s\n", "", "ms", "products, ms", "memory, ms", "error, K");
  agrees &= measure_steady (64, 64, 64, machine);
  agrees &= measure_step (64, machine);
  agrees &= measure_steady (128, 128, 8, machine);
  printf ("%-32s %8.0f %24s 2735 MB, here %.0f MB\n", "the same, HotSpot", 57100.0, "", here_mb);
  agrees &= measure_steady (128, 128, 200, machine);
  if (!agrees)
    fprintf (stderr, "more than %.2f K beside the closed form\n", MAX_ERROR_K);
  return agrees ? 0 : 1;
}
