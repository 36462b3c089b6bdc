/* SPDX-License-Identifier: Apache-2.0
 *
 * Programming and reading of the cell models, right after programming; coefficients with their sources
 * (chip/cell-models.def says whose). Published in nA or uS, divided by the span between least and full state.
 */
#include "cost/cells.h"

#include <math.h>

/* sigma = A (1 - exp (-I / B)) nA, I = g x 1600 nA (hardware-facts 7.1) */
#define SONOS_PROGRAM_A_NA 19.89
#define SONOS_PROGRAM_B_NA 176.3
#define SONOS_READ_A_NA 12.58
#define SONOS_READ_B_NA 215.4

/* About 1 % of the largest weight from one reading to the next, of a pair of cells: the kit's advice for both filament
 * models, whose sources have no figure */
#define FILAMENT_READ (0.01 * G_SQRT2 / 2)

/* sigma = sum of c x^i uS over x = x0 + g x_span */
typedef struct
{
  double c[5];
  double x0, x_span;
  double span_us; /* between least and full state */
} Polynomial;

static const Polynomial polynomials[STRATA_N_CELL_MODELS] = {
  [STRATA_CELL_PCM] = { { 0.26348, 1.9650, -1.1731 }, 0, 1, 25 },
  [STRATA_CELL_PCM_HERMES] = { { 0.16603222, 4.71806468, -8.48101252, 4.68961419 }, 0, 1, 20.7 },
  [STRATA_CELL_PCM_HERMES_1] = { { 0.15781817, 2.32443916, -2.16310839, 0.68841818 }, 0, 1, 10.35 },
  [STRATA_CELL_PCM_JOSHI] = { { 0.28638599, 0.07585724, -0.00178767 }, 0, 25, 25 },
  [STRATA_CELL_RRAM_WAN] = { { 0.348, 16.030, -43.853, 45.393, -16.815 }, 0, 1, 40 },
  [STRATA_CELL_RRAM_WAN_CUBIC] = { { 1.053, 2.374e-1, -1.167e-2, 1.536e-4 }, 0, 39.26, 39.26 },
  [STRATA_CELL_RRAM_MILO] = { { 4.782321, -0.009107 }, 50, 175, 175 },
};

double
strata_cell_saturating (double g, double a_na, double b_na)
{
  return a_na * (1 - exp (-SONOS_FULL_NA * g / b_na)) / SONOS_FULL_NA;
}

double
strata_cell_quartic (const double *c, double x)
{
  return c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * c[4])));
}

double
strata_cost_programming_sigma (StrataCellModel model, double g)
{
  const Polynomial *p;

  g_return_val_if_fail ((guint) model < STRATA_N_CELL_MODELS, 0);
  if (strata_cell_is_charge_trap (model))
    return strata_cell_saturating (g, SONOS_PROGRAM_A_NA, SONOS_PROGRAM_B_NA);
  if (model == STRATA_CELL_NONE)
    return 0;
  p = &polynomials[model];
  return MAX (strata_cell_quartic (p->c, p->x0 + g * p->x_span), 0) / p->span_us;
}

double
strata_cost_read_sigma (StrataCellModel model, double g)
{
  return strata_cost_aged_read_sigma (model, g, 0);
}

double
strata_cost_aged_read_sigma (StrataCellModel model, double g, double age_s)
{
  g_return_val_if_fail ((guint) model < STRATA_N_CELL_MODELS, 0);
  if (strata_cell_is_charge_trap (model)) /* measured once; not known to age */
    return strata_cell_saturating (g, SONOS_READ_A_NA, SONOS_READ_B_NA);
  if (strata_cell_drifts (model))
    return strata_cell_drift_read_sigma (model, g, age_s);
  return model == STRATA_CELL_RRAM_WAN || model == STRATA_CELL_RRAM_WAN_CUBIC ? FILAMENT_READ : 0;
}
