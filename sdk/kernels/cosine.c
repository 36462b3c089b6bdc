/* SPDX-License-Identifier: Apache-2.0
 *
 * Cosines are even or odd about the middle, so that sums and differences of mirrored points halve the products.
 */
#include "kernels/cosine.h"

#include <math.h>
#include <string.h>

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
#define TILE_ROWS 4
#define TILE_COLUMNS 16

/* c (m x n, rows ldc apart) = a (m x k, rows lda apart) b (k x n, rows ldb apart) */
typedef struct
{
  int m, n, k, lda, ldb, ldc;
} Product;

#define LANES 8
typedef double Lanes __attribute__ ((vector_size (8 * LANES)));

static inline __attribute__ ((always_inline)) void
full_tile (const double *restrict a, const double *restrict b, double *restrict c, const Product *size)
{
  Lanes sum[TILE_ROWS][TILE_COLUMNS / LANES] = { 0 };

  for (int k = 0; k < size->k; k++)
    {
      const double *row = b + (gsize) k * (gsize) size->ldb;
      Lanes left, right;

      memcpy (&left, row, sizeof left);
      memcpy (&right, row + LANES, sizeof right);
      for (int i = 0; i < TILE_ROWS; i++)
        {
          double factor = a[(gsize) i * (gsize) size->lda + (gsize) k];

          sum[i][0] += factor * left;
          sum[i][1] += factor * right;
        }
    }
  for (int i = 0; i < TILE_ROWS; i++)
    memcpy (c + (gsize) i * (gsize) size->ldc, sum[i], sizeof sum[i]);
}

static inline __attribute__ ((always_inline)) void
edge_tile (const double *restrict a, const double *restrict b, double *restrict c, const Product *size, int m, int n)
{
  for (int i = 0; i < m; i++)
    {
      double sum[TILE_COLUMNS] = { 0 };

      for (int k = 0; k < size->k; k++)
        for (int j = 0; j < n; j++)
          sum[j] += a[(gsize) i * (gsize) size->lda + (gsize) k] * b[(gsize) k * (gsize) size->ldb + (gsize) j];
      for (int j = 0; j < n; j++)
        c[(gsize) i * (gsize) size->ldc + (gsize) j] = sum[j];
    }
}

/* Every sum runs over k in order, whatever the tile and the instruction set. */
CLONES static void
multiply (const double *a, const double *b, double *c, Product size)
{
  for (int j = 0; j < size.n; j += TILE_COLUMNS)
    for (int i = 0; i < size.m; i += TILE_ROWS)
      {
        const double *rows = a + (gsize) i * (gsize) size.lda;
        double *out = c + (gsize) i * (gsize) size.ldc + j;

        if (size.m - i >= TILE_ROWS && size.n - j >= TILE_COLUMNS)
          full_tile (rows, b + j, out, &size);
        else
          edge_tile (rows, b + j, out, &size, MIN (TILE_ROWS, size.m - i), MIN (TILE_COLUMNS, size.n - j));
      }
}

void
strata_cosine_init (StrataCosine *cosine, int n)
{
  int n_even = (n + 1) / 2, n_odd = n / 2;

  cosine->n = n;
  cosine->eigenvalue = g_new (double, n);
  cosine->even = g_new (double, n_even *n_even);
  cosine->even_back = g_new (double, n_even *n_even);
  cosine->odd = g_new (double, MAX (1, n_odd * n_odd));
  cosine->odd_back = g_new (double, MAX (1, n_odd * n_odd));
  for (int slot = 0; slot < n; slot++)
    {
      int is_odd = slot >= n_even, at = is_odd ? slot - n_even : slot, mode = 2 * at + is_odd;
      int n_half = is_odd ? n_odd : n_even;

      cosine->eigenvalue[slot] = 2 - 2 * cos (G_PI * mode / n);
      for (int i = 0; i < n_half; i++)
        {
          double value = sqrt ((mode > 0 ? 2.0 : 1.0) / n) * cos (G_PI * mode * (i + 0.5) / n);

          (is_odd ? cosine->odd : cosine->even)[i * n_half + at] = value;
          (is_odd ? cosine->odd_back : cosine->even_back)[at * n_half + i] = value;
        }
    }
}

void
strata_cosine_finish (StrataCosine *cosine)
{
  g_clear_pointer (&cosine->eigenvalue, g_free);
  g_clear_pointer (&cosine->even, g_free);
  g_clear_pointer (&cosine->odd, g_free);
  g_clear_pointer (&cosine->even_back, g_free);
  g_clear_pointer (&cosine->odd_back, g_free);
}

/* Points to sums and differences of mirrored ones; the middle one of an odd number stays. */
CLONES static void
fold (const double *restrict in, double *restrict out, int n)
{
  int n_even = (n + 1) / 2;

  for (int i = 0; i < n / 2; i++)
    {
      out[i] = in[i] + in[n - 1 - i];
      out[n_even + i] = in[i] - in[n - 1 - i];
    }
  if (n % 2 != 0)
    out[n / 2] = in[n / 2];
}

CLONES static void
unfold (const double *restrict in, double *restrict out, int n)
{
  int n_even = (n + 1) / 2;

  for (int i = 0; i < n / 2; i++)
    {
      out[i] = in[i] + in[n_even + i];
      out[n - 1 - i] = in[i] - in[n_even + i];
    }
  if (n % 2 != 0)
    out[n / 2] = in[n / 2];
}

/* The same for whole rows: @n rows of @width */
CLONES static void
fold_rows (const double *restrict in, double *restrict out, int n, int width)
{
  gsize n_even = (gsize) (n + 1) / 2, w = (gsize) width;

  for (int y = 0; y < n / 2; y++)
    for (gsize i = 0; i < w; i++)
      {
        double low = in[(gsize) y * w + i], high = in[(gsize) (n - 1 - y) * w + i];

        out[(gsize) y * w + i] = low + high;
        out[(n_even + (gsize) y) * w + i] = low - high;
      }
  if (n % 2 != 0)
    for (gsize i = 0; i < w; i++)
      out[(gsize) (n / 2) * w + i] = in[(gsize) (n / 2) * w + i];
}

CLONES static void
unfold_rows (const double *restrict in, double *restrict out, int n, int width)
{
  gsize n_even = (gsize) (n + 1) / 2, w = (gsize) width;

  for (int y = 0; y < n / 2; y++)
    for (gsize i = 0; i < w; i++)
      {
        double sum = in[(gsize) y * w + i], difference = in[(n_even + (gsize) y) * w + i];

        out[(gsize) y * w + i] = sum + difference;
        out[(gsize) (n - 1 - y) * w + i] = sum - difference;
      }
  if (n % 2 != 0)
    for (gsize i = 0; i < w; i++)
      out[(gsize) (n / 2) * w + i] = in[(gsize) (n / 2) * w + i];
}

void
strata_cosine_forward (const StrataCosine *x, const StrataCosine *y, double *plane, double *scratch)
{
  int nx = x->n, ny = y->n, ex = (nx + 1) / 2, ox = nx / 2, ey = (ny + 1) / 2, oy = ny / 2;
  gsize below = (gsize) ey * (gsize) nx;

  for (int row = 0; row < ny; row++)
    fold (plane + (gsize) row * (gsize) nx, scratch + (gsize) row * (gsize) nx, nx);
  multiply (scratch, x->even, plane, (Product){ ny, ex, ex, nx, ex, nx });
  multiply (scratch + ex, x->odd, plane + ex, (Product){ ny, ox, ox, nx, ox, nx });
  fold_rows (plane, scratch, ny, nx);
  multiply (y->even_back, scratch, plane, (Product){ ey, nx, ey, ey, nx, nx });
  multiply (y->odd_back, scratch + below, plane + below, (Product){ oy, nx, oy, oy, nx, nx });
}

void
strata_cosine_backward (const StrataCosine *x, const StrataCosine *y, double *plane, double *scratch)
{
  int nx = x->n, ny = y->n, ex = (nx + 1) / 2, ox = nx / 2, ey = (ny + 1) / 2, oy = ny / 2;
  gsize below = (gsize) ey * (gsize) nx;

  multiply (y->even, plane, scratch, (Product){ ey, nx, ey, ey, nx, nx });
  multiply (y->odd, plane + below, scratch + below, (Product){ oy, nx, oy, oy, nx, nx });
  unfold_rows (scratch, plane, ny, nx);
  multiply (plane, x->even_back, scratch, (Product){ ny, ex, ex, nx, ex, nx });
  multiply (plane + ex, x->odd_back, scratch + ex, (Product){ ny, ox, ox, nx, ox, nx });
  for (int row = 0; row < ny; row++)
    unfold (scratch + (gsize) row * (gsize) nx, plane + (gsize) row * (gsize) nx, nx);
}
