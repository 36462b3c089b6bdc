/* SPDX-License-Identifier: Apache-2.0
 *
 * The programming plan of a program: what loading it takes.
 */
#include <math.h>

#include "device/program-private.h"
#include "simulator/analog-array.h"

/* Every tile converts its test vectors, those of a stack one after the other; the switch of tiers and what the hub does
 * are not counted. */
static double
get_test_vectors (const StrataImage *image, gboolean energy, StrataBand band)
{
  const StrataTileSet *tiles = image->tiles;
  g_autofree double *busy_ps = g_new0 (double, image->chip->n_stacks);
  double most_ps = 0, all_fj = 0;

  for (int i = 0; i < tiles->n_tiles; i++)
    {
      const StrataTile *tile = &tiles->tiles[i];
      const StrataQOp *op = &image->graph->ops[tile->op];
      const StrataMvm mvm = strata_tile_mvm (tile, op);
      const StrataActionEnergy action = strata_cost_action_mvm (image->chip, band, &mvm);
      double *stack_ps = &busy_ps[image->placement->site[i].stack];

      if (image->graph->tensors[op->inputs[0]].guessed)
        continue;
      for (int c = 0; c < STRATA_N_COMPONENTS; c++)
        all_fj += STRATA_ANALOG_TEST_VECTORS * (double) action.per_action_fj[c];
      *stack_ps +=
        STRATA_ANALOG_TEST_VECTORS
        * (double) strata_cost_mvm_interval_ps (image->chip, band, tile->n_cols, tile->n_slices, mvm.n_reads);
      most_ps = MAX (most_ps, *stack_ps);
    }
  return energy ? all_fj : most_ps;
}

/* A calibration runs its samples back to back; what is expected of them comes from the host and is not counted. */
static double
get_recalibration (StrataProgram *self, gboolean energy, StrataBand band)
{
  const StrataImage *image = strata_program_get_image (self);
  const int n = image->n_calibration;
  const StrataModelled *modelled = n > 0 ? strata_program_get_modelled (self, NULL, NULL) : NULL;
  double more;

  if (modelled == NULL)
    return (double) NAN;
  more = image->sample_origin == STRATA_SAMPLE_ORIGIN_MADE_UP ? get_test_vectors (image, energy, band) : 0;
  if (energy)
    return more + (double) n * (double) modelled->energy_fj[band];
  return more + (double) modelled->latency_ps[band] + (n - 1) * (double) modelled->interval_ps[band];
}

double
strata_program_get_programming_figure (StrataProgram *self, const char *name, StrataBand band)
{
  const StrataProgrammingPlan *plan;

  g_return_val_if_fail (STRATA_IS_PROGRAM (self), (double) NAN);
  g_return_val_if_fail (name != NULL && (guint) band < STRATA_N_BANDS, (double) NAN);
  if (g_str_has_prefix (name, "recalibration_"))
    return g_str_equal (name, "recalibration_ps") || g_str_equal (name, "recalibration_fj")
             ? get_recalibration (self, g_str_has_suffix (name, "_fj"), band)
             : (double) NAN;
  plan = strata_program_get_plan (self);
  const struct
  {
    const char *name;
    double value;
  } known[] = {
    { "time_ps", (double) plan->time_ps[band] },
    { "bound_ps", (double) plan->bound_ps[band] },
    { "energy_fj", plan->energy_fj[band] },
    { "power_mw", plan->power_mw[band] },
    { "loads", plan->loads[band] },
    { "rows", (double) plan->n_rows },
    { "cells", (double) plan->n_cells },
    { "busiest_stack", plan->busiest_stack },
    { "busiest_rows", (double) plan->busiest_rows },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name, known[i].name))
      return known[i].value;
  return (double) NAN;
}

double
strata_program_get_upkeep_figure (
  StrataProgram *self, const char *name, double interval_s, double life_s, StrataBand band)
{
  StrataUpkeep upkeep;

  g_return_val_if_fail (STRATA_IS_PROGRAM (self) && name != NULL, (double) NAN);
  g_return_val_if_fail ((guint) band < STRATA_N_BANDS && interval_s > 0 && life_s > 0, (double) NAN);
  strata_programming_upkeep (strata_program_get_plan (self), interval_s, life_s, &upkeep);
  const struct
  {
    const char *name;
    double value;
  } known[] = {
    { "loads", upkeep.n_loads },
    { "time_ps", upkeep.time_ps[band] },
    { "energy_fj", upkeep.energy_fj[band] },
    { "power_mw", upkeep.power_mw[band] },
    { "wear", upkeep.wear[band] },
    { "worn_out_s", upkeep.worn_out_s[band] },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name, known[i].name))
      return known[i].value;
  return (double) NAN;
}

guint
strata_program_get_n_programming_steps (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), 0);
  return (guint) strata_program_get_plan (self)->n_steps;
}

void
strata_program_get_programming_step (
  StrataProgram *self, guint step, guint *tile, guint *n_rows, gint64 *start_ps, gint64 *end_ps)
{
  const StrataProgrammingPlan *plan;

  g_return_if_fail (STRATA_IS_PROGRAM (self));
  plan = strata_program_get_plan (self);
  g_return_if_fail (step < (guint) plan->n_steps);
  if (tile != NULL)
    *tile = (guint) plan->steps[step].tile;
  if (n_rows != NULL)
    *n_rows = (guint) plan->steps[step].n_rows;
  if (start_ps != NULL)
    *start_ps = plan->steps[step].start_ps;
  if (end_ps != NULL)
    *end_ps = plan->steps[step].end_ps;
}
