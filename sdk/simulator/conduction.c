/* SPDX-License-Identifier: Apache-2.0
 *
 * Chains are solved by the admittance that each layer sees below itself, S_i = own_i + u S_(i-1) / (u + S_(i-1)) with
 * u = up_(i-1): only sums of positive numbers, so that thin layers (large u) cost no digits. The outer node touches the
 * uniform mode only, and lengthens its chain by one.
 */
#include "simulator/conduction.h"

#include <math.h>
#include <string.h>

#include "kernels/cosine.h"

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
/* Modes solved side by side: what all layers keep of them stays in the second-level cache. */
#define STRIP 64

struct _StrataConduction
{
  StrataConductionLayers layers; /* its arrays are owned */
  StrataCosine x, y;
  gsize n_plane;
  double *eigen_x, *eigen_y; /* per place in a plane: of its mode */
  double *modes, *scratch, *strip;
};

static double *
copy (const double *values, int n)
{
  return g_memdup2 (values, sizeof (double) * (gsize) n);
}

StrataConduction *
strata_conduction_new (const StrataConductionLayers *layers)
{
  StrataConduction *conduction = g_new0 (StrataConduction, 1);
  int n = layers->n_layers;

  conduction->layers = *layers;
  conduction->layers.lateral_x_w_k = copy (layers->lateral_x_w_k, n);
  conduction->layers.lateral_y_w_k = copy (layers->lateral_y_w_k, n);
  conduction->layers.up_w_k = copy (layers->up_w_k, n);
  conduction->layers.store_j_k = copy (layers->store_j_k, n);
  conduction->n_plane = (gsize) layers->nx * (gsize) layers->ny;
  strata_cosine_init (&conduction->x, layers->nx);
  strata_cosine_init (&conduction->y, layers->ny);
  conduction->eigen_x = g_new (double, conduction->n_plane);
  conduction->eigen_y = g_new (double, conduction->n_plane);
  for (gsize i = 0; i < conduction->n_plane; i++)
    {
      conduction->eigen_x[i] = conduction->x.eigenvalue[i % (gsize) layers->nx];
      conduction->eigen_y[i] = conduction->y.eigenvalue[i / (gsize) layers->nx];
    }
  conduction->modes = g_new (double, conduction->n_plane *(gsize) n);
  conduction->scratch = g_new (double, conduction->n_plane);
  conduction->strip = g_new (double, 2 * STRIP * (gsize) n);
  return conduction;
}

void
strata_conduction_free (StrataConduction *conduction)
{
  if (conduction == NULL)
    return;
  g_free ((double *) conduction->layers.lateral_x_w_k);
  g_free ((double *) conduction->layers.lateral_y_w_k);
  g_free ((double *) conduction->layers.up_w_k);
  g_free ((double *) conduction->layers.store_j_k);
  strata_cosine_finish (&conduction->x);
  strata_cosine_finish (&conduction->y);
  g_free (conduction->eigen_x);
  g_free (conduction->eigen_y);
  g_free (conduction->modes);
  g_free (conduction->scratch);
  g_free (conduction->strip);
  g_free (conduction);
}

gsize
strata_conduction_n_nodes (const StrataConduction *conduction)
{
  return conduction->n_plane * (gsize) conduction->layers.n_layers + (conduction->layers.outer_w_k > 0 ? 1 : 0);
}

/* --- chains --- */

typedef struct
{
  double lateral_x_w_k, lateral_y_w_k, store_w_k, up_w_k;
} Layer;

/* One layer of @n chains on the way up. @admittance and @heat: what arrives from below, replaced by what the next layer
 * gets; @share and @total: what the way down needs. */
CLONES static void
climb (const double *restrict eigen_x,
       const double *restrict eigen_y,
       const double *restrict power,
       double *restrict admittance,
       double *restrict heat,
       double *restrict share,
       double *restrict total,
       Layer layer,
       int n)
{
  for (int i = 0; i < n; i++)
    {
      double own = eigen_x[i] * layer.lateral_x_w_k + eigen_y[i] * layer.lateral_y_w_k + layer.store_w_k;

      own += admittance[i];
      total[i] = power[i] + heat[i];
      share[i] = 1 / (own + layer.up_w_k);
      admittance[i] = layer.up_w_k * own * share[i];
      heat[i] = layer.up_w_k * share[i] * total[i];
    }
}

CLONES static void
descend (const double *restrict share,
         const double *restrict total,
         double *restrict above,
         double *restrict rise,
         double up,
         int n)
{
  for (int i = 0; i < n; i++)
    above[i] = rise[i] = (total[i] + up * above[i]) * share[i];
}

/* @n chains from place @first of the plane, in place. *@outer: heat of the outer node's chain, then its rise; NULL
 * where the uniform mode is not among them or there is no such node. @per_s: 1 / step, 0: steady */
static void
solve_strip (StrataConduction *conduction, gsize first, int n, double per_s, double *outer)
{
  const StrataConductionLayers *layers = &conduction->layers;
  double admittance[STRIP] = { 0 }, heat[STRIP] = { 0 }, above[STRIP] = { 0 };
  double n_cells = (double) conduction->n_plane;

  for (int i = 0; i < layers->n_layers; i++)
    {
      double *share = conduction->strip + 2 * STRIP * (gsize) i;
      const Layer layer = { layers->lateral_x_w_k[i], layers->lateral_y_w_k[i], per_s * layers->store_j_k[i],
                            layers->up_w_k[i] };

      climb (conduction->eigen_x + first, conduction->eigen_y + first,
             conduction->modes + (gsize) i * conduction->n_plane + first, admittance, heat, share, share + STRIP, layer,
             n);
    }
  if (outer != NULL)
    *outer = above[0] =
      (*outer + heat[0]) / (admittance[0] + (layers->outer_w_k + per_s * layers->outer_j_k) / n_cells);
  for (int i = layers->n_layers - 1; i >= 0; i--)
    {
      const double *share = conduction->strip + 2 * STRIP * (gsize) i;

      descend (share, share + STRIP, above, conduction->modes + (gsize) i * conduction->n_plane + first,
               layers->up_w_k[i], n);
    }
}

/* (G + C per_s) rise = power + C per_s rise_before */
static void
solve (StrataConduction *conduction, const double *power_w, double per_s, double *rise_c)
{
  const StrataConductionLayers *layers = &conduction->layers;
  gsize n_plane = conduction->n_plane, last = n_plane * (gsize) layers->n_layers;
  gboolean has_outer = layers->outer_w_k > 0;
  /* the uniform mode of a constant v is v root */
  double root = sqrt ((double) n_plane), outer = 0;

  if (has_outer)
    outer = (power_w[last] + (per_s > 0 ? per_s * layers->outer_j_k * rise_c[last] : 0)) / root;
  for (int layer = 0; layer < layers->n_layers; layer++)
    {
      double *plane = conduction->modes + (gsize) layer * n_plane;
      const double *power = power_w + (gsize) layer * n_plane, *rise = rise_c + (gsize) layer * n_plane;
      double store = per_s * layers->store_j_k[layer];

      if (per_s > 0)
        for (gsize i = 0; i < n_plane; i++)
          plane[i] = power[i] + store * rise[i];
      else
        memcpy (plane, power, sizeof (double) * n_plane);
      strata_cosine_forward (&conduction->x, &conduction->y, plane, conduction->scratch);
    }
  for (gsize first = 0; first < n_plane; first += STRIP)
    solve_strip (conduction, first, (int) MIN (STRIP, n_plane - first), per_s, first == 0 && has_outer ? &outer : NULL);
  for (int layer = 0; layer < layers->n_layers; layer++)
    {
      double *plane = conduction->modes + (gsize) layer * n_plane;

      strata_cosine_backward (&conduction->x, &conduction->y, plane, conduction->scratch);
      memcpy (rise_c + (gsize) layer * n_plane, plane, sizeof (double) * n_plane);
    }
  if (has_outer)
    rise_c[last] = outer / root;
}

void
strata_conduction_solve (StrataConduction *conduction, const double *power_w, double *rise_c)
{
  solve (conduction, power_w, 0, rise_c);
}

void
strata_conduction_step (StrataConduction *conduction, const double *power_w, double step_s, double *rise_c)
{
  g_return_if_fail (step_s > 0);
  solve (conduction, power_w, 1 / step_s, rise_c);
}

/* --- balances --- */

static void
apply_plane (const StrataConductionLayers *layers, int layer, const double *rise, double *power)
{
  double along_x = layers->lateral_x_w_k[layer], along_y = layers->lateral_y_w_k[layer];
  int nx = layers->nx, ny = layers->ny;

  for (int y = 0; y < ny; y++)
    for (int x = 0; x < nx; x++)
      {
        gsize i = (gsize) y * (gsize) nx + (gsize) x;
        double flow_x = 0, flow_y = 0;

        flow_x += x > 0 ? rise[i] - rise[i - 1] : 0;
        flow_x += x + 1 < nx ? rise[i] - rise[i + 1] : 0;
        flow_y += y > 0 ? rise[i] - rise[i - (gsize) nx] : 0;
        flow_y += y + 1 < ny ? rise[i] - rise[i + (gsize) nx] : 0;
        power[i] = along_x * flow_x + along_y * flow_y;
      }
}

void
strata_conduction_apply (const StrataConduction *conduction, const double *rise_c, double *power_w)
{
  const StrataConductionLayers *layers = &conduction->layers;
  gsize n_plane = conduction->n_plane, last = n_plane * (gsize) layers->n_layers;
  gboolean has_outer = layers->outer_w_k > 0;
  double outside_c = has_outer ? rise_c[last] : 0, outer_w = 0;

  for (int layer = 0; layer < layers->n_layers; layer++)
    {
      const double *rise = rise_c + (gsize) layer * n_plane;
      double *power = power_w + (gsize) layer * n_plane, up = layers->up_w_k[layer];
      gboolean is_top = layer + 1 == layers->n_layers;

      apply_plane (layers, layer, rise, power);
      for (gsize i = 0; i < n_plane; i++)
        power[i] += up * (rise[i] - (is_top ? outside_c : rise[n_plane + i]));
      if (layer > 0)
        for (gsize i = 0; i < n_plane; i++)
          power[i] += layers->up_w_k[layer - 1] * (rise[i] - rise_c[(gsize) (layer - 1) * n_plane + i]);
      if (is_top && has_outer)
        for (gsize i = 0; i < n_plane; i++)
          outer_w += up * (outside_c - rise[i]);
    }
  if (has_outer)
    power_w[last] = outer_w + layers->outer_w_k * outside_c;
}

static double
sum (const double *values, gsize n)
{
  double total = 0;

  for (gsize i = 0; i < n; i++)
    total += values[i];
  return total;
}

double
strata_conduction_stored_j (const StrataConduction *conduction, const double *rise_c)
{
  const StrataConductionLayers *layers = &conduction->layers;
  gsize n_plane = conduction->n_plane;
  double stored_j = 0;

  for (int layer = 0; layer < layers->n_layers; layer++)
    stored_j += layers->store_j_k[layer] * sum (rise_c + (gsize) layer * n_plane, n_plane);
  return layers->outer_w_k > 0 ? stored_j + layers->outer_j_k * rise_c[n_plane * (gsize) layers->n_layers] : stored_j;
}

double
strata_conduction_leaving_w (const StrataConduction *conduction, const double *rise_c)
{
  const StrataConductionLayers *layers = &conduction->layers;
  gsize n_plane = conduction->n_plane, top = n_plane * (gsize) (layers->n_layers - 1);

  if (layers->outer_w_k > 0)
    return layers->outer_w_k * rise_c[top + n_plane];
  return layers->up_w_k[layers->n_layers - 1] * sum (rise_c + top, n_plane);
}
