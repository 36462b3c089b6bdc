/* SPDX-License-Identifier: Apache-2.0
 *
 * Cells in time: the models of cost/noise.h as tables, one deviate for each cell.
 */
#include "simulator/analog-age.h"

#include <math.h>

#include "cost/noise.h"

/* Of the cells of @setup; 0 where retention is left out */
static double
effective_age_s (const StrataAnalogSetup *setup)
{
  const StrataConditions *conditions = setup->conditions;

  if (setup->age_s <= 0 || setup->analog == STRATA_ANALOG_IDEAL
      || (conditions != NULL && (conditions->physics_off & STRATA_PHYSICS_RETENTION) != 0))
    return 0;
  return strata_cost_effective_age_s (setup->chip, setup->age_s,
                                      conditions != NULL ? conditions->temperature_c : (double) NAN);
}

/* The band widens the spread over cells, not the mean, which recalibration sees. */
static void
fill_tables (StrataAnalogAge *age, StrataCellModel model, double factor)
{
  age->log_time = strata_cost_drift_log (model, age->age_s);
  for (int i = 0; i < STRATA_AGE_STEPS + 2; i++)
    {
      double g = MIN ((double) i / STRATA_AGE_STEPS, 1.0);

      if (age->log_time > 0)
        {
          age->mean[i] = strata_cost_drift_mean (model, g);
          age->sigma[i] = strata_cost_drift_sigma (model, g) * factor;
        }
      else
        {
          age->mean[i] = strata_cost_retention_shift (model, g, age->age_s) * age->top;
          age->sigma[i] = strata_cost_retention_sigma (model, g, age->age_s) * factor * age->top;
        }
    }
}

void
strata_analog_age_init (StrataAnalogAge *age, const StrataAnalogSetup *setup, const StrataAnalogArray *array)
{
  const StrataCellModel model = setup->chip->cell_model;

  age->age_s = effective_age_s (setup);
  age->changes = age->age_s > 0 && strata_cost_retention_measured_s (model) > 0 && model != STRATA_CELL_NONE;
  age->top = strata_chip_levels (setup->chip) - 1;
  age->n_columns = array->n_columns;
  age->z = NULL;
  if (!age->changes)
    return;
  age->z = g_new (float, 2 * array->n_columns);
  age->key = strata_analog_key (setup->seed, STRATA_ANALOG_STREAM_AGE, 0, (guint64) array->id);
  fill_tables (age, model, strata_cost_sigma_factor (strata_analog_band (setup->analog)));
}

void
strata_analog_age_finish (StrataAnalogAge *age)
{
  g_clear_pointer (&age->z, g_free);
}

void
strata_analog_age_turn (StrataAnalogAge *age, int row)
{
  if (age->changes)
    strata_rng_normal (age->key, (guint64) row, age->z, (gsize) (2 * age->n_columns));
}

static double
change_cell (const StrataAnalogAge *age, double g, double z)
{
  double at = g * STRATA_AGE_STEPS;
  int i = (int) at;
  double mean = age->mean[i] + (at - i) * (age->mean[i + 1] - age->mean[i]);
  double sigma = age->sigma[i] + (at - i) * (age->sigma[i + 1] - age->sigma[i]);

  if (age->log_time > 0)
    return g * age->top * expm1 (-fabs (mean + sigma * z) * age->log_time);
  return mean + sigma * z;
}

double
strata_analog_age_change (const StrataAnalogAge *age, int column, double target)
{
  const float *z = age->z + 2 * (gsize) column;

  if (!age->changes)
    return 0;
  return change_cell (age, MAX (target, 0) / age->top, (double) z[0])
         - change_cell (age, MAX (-target, 0) / age->top, (double) z[1]);
}

void
strata_analog_age_take (StrataAnalogArray *array, StrataAnalogArray *later)
{
  StrataAnalogCells cells = array->cells;

  array->cells = later->cells;
  later->cells = cells;
  strata_analog_array_free (later);
}
