/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the cell models share.
 */
#pragma once

#include "cost/noise.h"

/* Full scale of the charge trap */
#define SONOS_FULL_NA 1600.0

static inline gboolean
strata_cell_is_charge_trap (StrataCellModel model)
{
  return model == STRATA_CELL_MEMCAPACITOR || model == STRATA_CELL_SONOS;
}

/* Phase change with a published drift; that of pcm-joshi is not */
static inline gboolean
strata_cell_drifts (StrataCellModel model)
{
  return model == STRATA_CELL_PCM || model == STRATA_CELL_PCM_HERMES || model == STRATA_CELL_PCM_HERMES_1;
}

/* A (1 - exp (-I / B)) as a share of full scale */
double strata_cell_saturating (double g, double a_na, double b_na);
/* Sum of c[i] x^i, 5 coefficients */
double strata_cell_quartic (const double *c, double x);

/* Phase change, drift.c; @age_s counts from the end of programming */
double strata_cell_drift_read_sigma (StrataCellModel model, double g, double age_s);
double strata_cell_drift_shift (StrataCellModel model, double g, double age_s);
double strata_cell_drift_sigma (StrataCellModel model, double g, double age_s);
double strata_cell_drift_change (StrataCellModel model, double g, double z, double age_s);
