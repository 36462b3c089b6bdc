/* SPDX-License-Identifier: Apache-2.0
 *
 * Heat by the ladder of hardware-facts 10.3: per stack base silicon, slabs of 16 tiers, cap; heat leaves on the cap
 * side through the TIM into one package node. Neighbouring stacks couple in the base silicon (k t per square) and,
 * weakly, in the slabs. All stacks are alike, so the cosine transform over the mesh splits the network into one
 * tridiagonal chain per mode (Buzbee, Golub, Nielson 1970); the package touches only the uniform mode and lengthens its
 * chain by one. Exact.
 *
 * A column's area is the die's share of one stack: silicon spreads heat over it before it rises, and the fill between
 * stacks conducts like a stack (0.3 W over the 21.3 mm2 of hardware-facts 10.7 H10).
 */
#include "simulator/heat.h"

#include <math.h>

#define W_PER_MW 1e-3
#define M2_PER_MM2 1e-6
#define M_PER_UM 1e-6
#define M_PER_NM 1e-9
#define S_PER_PS 1e-12

struct _StrataHeat
{
  const StrataChipSpec *chip;
  int n_slabs, n_layers, n_stacks;
  double *up_w_k;      /* per layer, to the next; the cap's to the package */
  double *lateral_w_k; /* per layer, between neighbouring stacks */
  double *store_j_k;   /* per layer and stack */
  double *height_m;    /* per layer: where its node lies; base 0 */
  double package_w_k, package_j_k;
  double *basis_x, *basis_y; /* orthonormal cosines [mode * n + position] */
  double *eigen_x, *eigen_y;
  double *modes, *scratch, *chain; /* work space */
};

static void
fill_basis (double *basis, double *eigen, int n)
{
  for (int mode = 0; mode < n; mode++)
    {
      eigen[mode] = 2 - 2 * cos (G_PI * mode / n);
      for (int i = 0; i < n; i++)
        basis[mode * n + i] = sqrt ((mode > 0 ? 2.0 : 1.0) / n) * cos (G_PI * mode * (i + 0.5) / n);
    }
}

/* Two half-thicknesses in series between the nodes of neighbouring layers; base and cap nodes lie on the slabs' faces.
 */
static void
fill_ladder (StrataHeat *heat)
{
  const StrataChipSpec *chip = heat->chip;
  double area_m2 = strata_cost_area (chip).die * M2_PER_MM2 / heat->n_stacks;
  double height_m = 0, below_m = 0;

  heat->store_j_k[0] = chip->c_silicon_j_m3k * chip->silicon_um * M_PER_UM * area_m2;
  heat->lateral_w_k[0] = chip->k_silicon_w_mk * chip->silicon_um * M_PER_UM;
  for (int slab = 1; slab <= heat->n_slabs; slab++)
    {
      int n_tiers = MIN (STRATA_HEAT_TIERS_PER_SLAB, chip->tiers - (slab - 1) * STRATA_HEAT_TIERS_PER_SLAB);
      double thick_m = n_tiers * chip->tier_pitch_nm * M_PER_NM;

      heat->store_j_k[slab] = chip->c_stack_j_m3k * thick_m * area_m2;
      heat->lateral_w_k[slab] = chip->k_inplane_w_mk * thick_m;
      heat->height_m[slab] = height_m + thick_m / 2;
      heat->up_w_k[slab - 1] = chip->k_vertical_w_mk * area_m2 / (below_m / 2 + thick_m / 2);
      height_m += thick_m;
      below_m = thick_m;
    }
  heat->height_m[heat->n_slabs + 1] = height_m;
  heat->up_w_k[heat->n_slabs] = chip->k_vertical_w_mk * area_m2 / (below_m / 2);
  heat->store_j_k[heat->n_slabs + 1] = chip->c_tim_j_m3k * chip->tim_um * M_PER_UM * area_m2;
  heat->up_w_k[heat->n_slabs + 1] = chip->k_tim_w_mk * area_m2 / (chip->tim_um * M_PER_UM);
  heat->package_w_k = 1 / chip->r_package_k_w;
  heat->package_j_k = chip->c_package_j_k;
}

StrataHeat *
strata_heat_new (const StrataChipSpec *chip)
{
  StrataHeat *heat = g_new0 (StrataHeat, 1);

  heat->chip = chip;
  heat->n_stacks = chip->n_stacks;
  heat->n_slabs = (chip->tiers + STRATA_HEAT_TIERS_PER_SLAB - 1) / STRATA_HEAT_TIERS_PER_SLAB;
  heat->n_layers = heat->n_slabs + 2;
  heat->up_w_k = g_new0 (double, heat->n_layers);
  heat->lateral_w_k = g_new0 (double, heat->n_layers);
  heat->store_j_k = g_new0 (double, heat->n_layers);
  heat->height_m = g_new0 (double, heat->n_layers);
  heat->basis_x = g_new (double, (gsize) chip->mesh_x * chip->mesh_x);
  heat->basis_y = g_new (double, (gsize) chip->mesh_y * chip->mesh_y);
  heat->eigen_x = g_new (double, chip->mesh_x);
  heat->eigen_y = g_new (double, chip->mesh_y);
  heat->modes = g_new (double, strata_heat_n_nodes (heat));
  heat->scratch = g_new (double, strata_heat_n_nodes (heat));
  heat->chain = g_new (double, 3 * (heat->n_layers + 1));
  fill_basis (heat->basis_x, heat->eigen_x, chip->mesh_x);
  fill_basis (heat->basis_y, heat->eigen_y, chip->mesh_y);
  fill_ladder (heat);
  return heat;
}

void
strata_heat_free (StrataHeat *heat)
{
  if (heat == NULL)
    return;
  g_free (heat->up_w_k);
  g_free (heat->lateral_w_k);
  g_free (heat->store_j_k);
  g_free (heat->height_m);
  g_free (heat->basis_x);
  g_free (heat->basis_y);
  g_free (heat->eigen_x);
  g_free (heat->eigen_y);
  g_free (heat->modes);
  g_free (heat->scratch);
  g_free (heat->chain);
  g_free (heat);
}

int
strata_heat_n_layers (const StrataHeat *heat)
{
  return heat->n_layers;
}

gsize
strata_heat_n_nodes (const StrataHeat *heat)
{
  return (gsize) heat->n_layers * heat->n_stacks + 1;
}

int
strata_heat_layer (const StrataHeat *heat, int tier)
{
  return tier < 0 ? 0 : 1 + tier / STRATA_HEAT_TIERS_PER_SLAB;
}

double
strata_heat_work (const StrataHeat *heat)
{
  return 4.0 * heat->n_stacks * heat->n_layers * (heat->chip->mesh_x + heat->chip->mesh_y);
}

/* One layer to modes, or back: out = By in Bx^T, or By^T in Bx. The mesh is small: a matrix product beats a fast
 * transform. */
static void
transform (const StrataHeat *heat, const double *in, double *half, double *out, gboolean back)
{
  int nx = heat->chip->mesh_x, ny = heat->chip->mesh_y;

  for (int y = 0; y < ny; y++)
    for (int p = 0; p < nx; p++)
      {
        double sum = 0;

        for (int x = 0; x < nx; x++)
          sum += in[y * nx + x] * (back ? heat->basis_x[x * nx + p] : heat->basis_x[p * nx + x]);
        half[y * nx + p] = sum;
      }
  for (int q = 0; q < ny; q++)
    for (int p = 0; p < nx; p++)
      {
        double sum = 0;

        for (int y = 0; y < ny; y++)
          sum += half[y * nx + p] * (back ? heat->basis_y[y * ny + q] : heat->basis_y[q * ny + y]);
        out[q * nx + p] = sum;
      }
}

/* Solves the chain of mode @mode in place: rhs and result in modes[layer * n_stacks + mode], and for the uniform mode
 * *@package. @per_s: 1 / step, 0: steady. Thomas algorithm; the matrix is diagonally dominant, so it needs no pivots.
 */
static void
solve_chain (StrataHeat *heat, int mode, double per_s, double *package)
{
  int nx = heat->chip->mesh_x, n_layers = heat->n_layers, n = n_layers + (package != NULL ? 1 : 0);
  double eigen = heat->eigen_x[mode % nx] + heat->eigen_y[mode / nx];
  double *diagonal = heat->chain, *rhs = heat->chain + (n_layers + 1);

  for (int i = 0; i < n; i++)
    {
      double below = i > 0 ? heat->up_w_k[i - 1] : 0;

      if (i < n_layers)
        {
          diagonal[i] = below + heat->up_w_k[i] + eigen * heat->lateral_w_k[i] + per_s * heat->store_j_k[i];
          rhs[i] = heat->modes[(gsize) i * heat->n_stacks + mode];
        }
      else
        {
          diagonal[i] = below + (heat->package_w_k + per_s * heat->package_j_k) / heat->n_stacks;
          rhs[i] = *package;
        }
      if (i > 0)
        {
          double factor = below / diagonal[i - 1];

          diagonal[i] -= factor * below;
          rhs[i] += factor * rhs[i - 1];
        }
    }
  for (int i = n - 1; i >= 0; i--)
    {
      rhs[i] = (rhs[i] + (i + 1 < n ? heat->up_w_k[i] * rhs[i + 1] : 0)) / diagonal[i];
      if (i < n_layers)
        heat->modes[(gsize) i * heat->n_stacks + mode] = rhs[i];
      else
        *package = rhs[i];
    }
}

/* (G + C per_s) rise = power + C per_s rise_before */
static void
solve (StrataHeat *heat, const double *power_mw, double per_s, double *rise_c)
{
  int n_stacks = heat->n_stacks;
  gsize last = strata_heat_n_nodes (heat) - 1;
  double root = sqrt (n_stacks); /* the uniform mode of a constant v is v root */
  double package = (power_mw[last] * W_PER_MW + (per_s > 0 ? per_s * heat->package_j_k * rise_c[last] : 0)) / root;

  for (int layer = 0; layer < heat->n_layers; layer++)
    {
      double *row = heat->modes + (gsize) layer * n_stacks;

      for (int i = 0; i < n_stacks; i++)
        {
          gsize node = (gsize) layer * n_stacks + i;

          row[i] = power_mw[node] * W_PER_MW + (per_s > 0 ? per_s * heat->store_j_k[layer] * rise_c[node] : 0);
        }
      transform (heat, row, heat->scratch, row, FALSE);
    }
  for (int mode = 0; mode < n_stacks; mode++)
    solve_chain (heat, mode, per_s, mode == 0 ? &package : NULL);
  for (int layer = 0; layer < heat->n_layers; layer++)
    transform (heat, heat->modes + (gsize) layer * n_stacks, heat->scratch, rise_c + (gsize) layer * n_stacks, TRUE);
  rise_c[last] = package / root;
}

void
strata_heat_solve (StrataHeat *heat, const double *power_mw, double *rise_c)
{
  solve (heat, power_mw, 0, rise_c);
}

void
strata_heat_step (StrataHeat *heat, const double *power_mw, gint64 step_ps, double *rise_c)
{
  g_return_if_fail (step_ps > 0);
  solve (heat, power_mw, 1 / (step_ps * S_PER_PS), rise_c);
}

double
strata_heat_stored_j (const StrataHeat *heat, const double *rise_c)
{
  double sum_j = heat->package_j_k * rise_c[strata_heat_n_nodes (heat) - 1];

  for (int layer = 0; layer < heat->n_layers; layer++)
    for (int i = 0; i < heat->n_stacks; i++)
      sum_j += heat->store_j_k[layer] * rise_c[(gsize) layer * heat->n_stacks + i];
  return sum_j;
}

double
strata_heat_leaving_mw (const StrataHeat *heat, const double *rise_c)
{
  return heat->package_w_k * rise_c[strata_heat_n_nodes (heat) - 1] / W_PER_MW;
}

double
strata_heat_tier_c (const StrataHeat *heat, const double *rise_c, int stack, int tier)
{
  double height_m = (tier + 0.5) * heat->chip->tier_pitch_nm * M_PER_NM, share;
  int layer = strata_heat_layer (heat, tier);
  double low, high;

  if (tier < 0)
    return heat->chip->t_ambient_c + rise_c[stack];
  if (height_m < heat->height_m[layer])
    layer--;
  low = rise_c[(gsize) layer * heat->n_stacks + stack];
  high = rise_c[(gsize) (layer + 1) * heat->n_stacks + stack];
  share = (height_m - heat->height_m[layer]) / (heat->height_m[layer + 1] - heat->height_m[layer]);
  return heat->chip->t_ambient_c + low + share * (high - low);
}

/* Skin: T_amb + f_skin P R_skin (hardware-facts 10.3), with the power that leaves the package. */
StrataHeatSummary
strata_heat_summary (const StrataHeat *heat, const double *rise_c)
{
  const StrataChipSpec *chip = heat->chip;
  gsize n = strata_heat_n_nodes (heat);
  StrataHeatSummary summary;
  double hottest_c = 0;

  for (gsize i = 0; i < n; i++)
    hottest_c = MAX (hottest_c, rise_c[i]);
  summary.junction_c = chip->t_ambient_c + hottest_c;
  summary.package_c = chip->t_ambient_c + rise_c[n - 1];
  summary.skin_c =
    chip->t_ambient_c + chip->f_skin * strata_heat_leaving_mw (heat, rise_c) * W_PER_MW * chip->r_skin_k_w;
  return summary;
}

void
strata_heat_steady (const StrataChipSpec *chip,
                    const double *stack_power_mw,
                    double *stack_temperature_c,
                    StrataHeatSummary *summary)
{
  g_autoptr (StrataHeat) heat = strata_heat_new (chip);
  g_autofree double *power_mw = g_new0 (double, strata_heat_n_nodes (heat));
  g_autofree double *rise_c = g_new0 (double, strata_heat_n_nodes (heat));
  int n_here = chip->tiers + 1;

  for (int stack = 0; stack < chip->n_stacks; stack++)
    for (int i = 0; i < n_here; i++)
      power_mw[(gsize) strata_heat_layer (heat, i - 1) * chip->n_stacks + stack] +=
        stack_power_mw[(gsize) stack * n_here + i];
  strata_heat_solve (heat, power_mw, rise_c);
  for (int stack = 0; stack < chip->n_stacks; stack++)
    for (int i = 0; i < n_here; i++)
      stack_temperature_c[(gsize) stack * n_here + i] = strata_heat_tier_c (heat, rise_c, stack, i - 1);
  *summary = strata_heat_summary (heat, rise_c);
}
