/* SPDX-License-Identifier: Apache-2.0
 *
 * Heat by the ladder of hardware-facts 10.3: per stack base silicon, slabs of 16 tiers, cap; heat leaves on the cap
 * side through the TIM into one package node. Neighbouring stacks couple in the base silicon (k t per square) and,
 * weakly, in the slabs. All stacks are alike, so that the network is one of layers uniform in their plane.
 *
 * Package "spreader": the same layers under the public thermal simulator's spreader and sink, with its convention that
 * all of a layer's resistance lies above the layer's node.
 *
 * A column's area is the die's share of one stack: silicon spreads heat over it before it rises, and the fill between
 * stacks conducts like a stack (0.3 W over the 21.3 mm2 of hardware-facts 10.7 H10).
 */
#include "simulator/heat.h"

#include <math.h>

#include "simulator/conduction.h"
#include "simulator/spreader.h"

#define W_PER_MW 1e-3
#define M2_PER_MM2 1e-6
#define M_PER_UM 1e-6
#define M_PER_NM 1e-9
#define M_PER_MM 1e-3
#define S_PER_PS 1e-12
/* A spreader is at least so much wider than its die. */
#define WIDER 1.001
/* Solves of the grid that one under a spreader takes (spreader.c) */
#define SPREADER_STEPS 30

struct _StrataHeat
{
  const StrataChipSpec *chip;
  int n_slabs, n_layers, n_stacks;
  double *up_w_k;               /* per layer, to the next; the cap's to the package */
  double *lateral_w_k;          /* per layer, between neighbouring stacks */
  double *store_j_k;            /* per layer and stack */
  double *height_m;             /* per layer: where its node lies; base 0 */
  double *power_w;              /* work space */
  StrataConduction *conduction; /* package lumped */
  StrataSpreader *spreader;     /* package spreader */
};

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
}

/* Base, slabs and cap as layers of a die; their nodes lie at their lower faces. */
static StrataSpreader *
make_spreader (StrataHeat *heat)
{
  const StrataChipSpec *chip = heat->chip;
  double side_m = sqrt (strata_cost_area (chip).die * M2_PER_MM2 / heat->n_stacks), width_m, height_m, top_m = 0;
  g_autofree StrataDieLayer *die = g_new (StrataDieLayer, heat->n_layers);
  StrataSpreaderSetup setup = { .nx = chip->mesh_x, .ny = chip->mesh_y, .die = die, .n_die = heat->n_layers };

  die[0] = (StrataDieLayer){ chip->silicon_um * M_PER_UM, chip->k_silicon_w_mk, chip->c_silicon_j_m3k };
  heat->height_m[0] = -die[0].thickness_m;
  for (int slab = 1; slab <= heat->n_slabs; slab++)
    {
      int n_tiers = MIN (STRATA_HEAT_TIERS_PER_SLAB, chip->tiers - (slab - 1) * STRATA_HEAT_TIERS_PER_SLAB);

      heat->height_m[slab] = top_m;
      die[slab] =
        (StrataDieLayer){ n_tiers * chip->tier_pitch_nm * M_PER_NM, chip->k_vertical_w_mk, chip->c_stack_j_m3k };
      die[slab].k_lateral_w_mk = chip->k_inplane_w_mk;
      top_m += die[slab].thickness_m;
    }
  heat->height_m[heat->n_slabs + 1] = top_m;
  die[heat->n_slabs + 1] = (StrataDieLayer){ chip->tim_um * M_PER_UM, chip->k_tim_w_mk, chip->c_tim_j_m3k };
  setup.width_m = width_m = chip->mesh_x * side_m, setup.height_m = height_m = chip->mesh_y * side_m;
  setup.spreader = (StrataPlate){ chip->spreader_mm * M_PER_MM, chip->spreader_thick_mm * M_PER_MM,
                                  chip->k_spreader_w_mk, chip->c_spreader_j_m3k };
  setup.spreader.side_m = MAX (setup.spreader.side_m, WIDER * MAX (width_m, height_m));
  setup.sink =
    (StrataPlate){ chip->sink_mm * M_PER_MM, chip->sink_thick_mm * M_PER_MM, chip->k_sink_w_mk, chip->c_sink_j_m3k };
  setup.sink.side_m = MAX (setup.sink.side_m, WIDER * setup.spreader.side_m);
  setup.convection_k_w = chip->r_convection_k_w, setup.convection_j_k = chip->c_convection_j_k;
  return strata_spreader_new (&setup);
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
  if (chip->package == STRATA_PACKAGE_SPREADER)
    {
      heat->spreader = make_spreader (heat);
      heat->power_w = g_new (double, strata_heat_n_nodes (heat));
      return heat;
    }
  heat->power_w = g_new (double, strata_heat_n_nodes (heat));
  fill_ladder (heat);
  heat->conduction = strata_conduction_new (&(StrataConductionLayers){
    .nx = chip->mesh_x,
    .ny = chip->mesh_y,
    .n_layers = heat->n_layers,
    .lateral_x_w_k = heat->lateral_w_k,
    .lateral_y_w_k = heat->lateral_w_k,
    .up_w_k = heat->up_w_k,
    .store_j_k = heat->store_j_k,
    .outer_w_k = 1 / chip->r_package_k_w,
    .outer_j_k = chip->c_package_j_k,
  });
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
  g_free (heat->power_w);
  strata_conduction_free (heat->conduction);
  strata_spreader_free (heat->spreader);
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
  return heat->spreader != NULL ? strata_spreader_n_nodes (heat->spreader)
                                : (gsize) heat->n_layers * heat->n_stacks + 1;
}

int
strata_heat_layer (const StrataHeat *heat, int tier)
{
  return tier < 0 ? 0 : 1 + tier / STRATA_HEAT_TIERS_PER_SLAB;
}

double
strata_heat_work (const StrataHeat *heat)
{
  double once = 4.0 * heat->n_stacks * heat->n_layers * (heat->chip->mesh_x + heat->chip->mesh_y);

  return heat->spreader != NULL ? SPREADER_STEPS * once : once;
}

static const double *
in_watts (StrataHeat *heat, const double *power_mw)
{
  for (gsize i = 0; i < strata_heat_n_nodes (heat); i++)
    heat->power_w[i] = power_mw[i] * W_PER_MW;
  return heat->power_w;
}

void
strata_heat_solve (StrataHeat *heat, const double *power_mw, double *rise_c)
{
  if (heat->spreader != NULL)
    strata_spreader_solve (heat->spreader, in_watts (heat, power_mw),
                           rise_c); /* FALSE: the best that rounding allows */
  else
    strata_conduction_solve (heat->conduction, in_watts (heat, power_mw), rise_c);
}

void
strata_heat_step (StrataHeat *heat, const double *power_mw, gint64 step_ps, double *rise_c)
{
  g_return_if_fail (step_ps > 0);
  if (heat->spreader != NULL)
    strata_spreader_step (heat->spreader, in_watts (heat, power_mw), step_ps * S_PER_PS, rise_c);
  else
    strata_conduction_step (heat->conduction, in_watts (heat, power_mw), step_ps * S_PER_PS, rise_c);
}

double
strata_heat_stored_j (const StrataHeat *heat, const double *rise_c)
{
  return heat->spreader != NULL ? strata_spreader_stored_j (heat->spreader, rise_c)
                                : strata_conduction_stored_j (heat->conduction, rise_c);
}

double
strata_heat_leaving_mw (const StrataHeat *heat, const double *rise_c)
{
  return (heat->spreader != NULL ? strata_spreader_leaving_w (heat->spreader, rise_c)
                                 : strata_conduction_leaving_w (heat->conduction, rise_c))
         / W_PER_MW;
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

/* Of a sink the mean over the die */
static double
package_rise (const StrataHeat *heat, const double *rise_c)
{
  const double *sink = rise_c + (gsize) (heat->n_layers + 1) * heat->n_stacks;
  double sum = 0;

  if (heat->spreader == NULL)
    return rise_c[strata_heat_n_nodes (heat) - 1];
  for (int i = 0; i < heat->n_stacks; i++)
    sum += sink[i];
  return sum / heat->n_stacks;
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
  summary.package_c = chip->t_ambient_c + package_rise (heat, rise_c);
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
