/* SPDX-License-Identifier: Apache-2.0
 *
 * Phase-change cells in time: g (t) = g (t / t0)^-nu with a normal nu of each cell, and reading noise of a 1/f spectrum
 * that widens with the logarithm of time. Both count from t0 after programming, the first reading (hardware-facts 7.1).
 */
#include <math.h>

#include "cost/cells.h"

/* a ln g + b, held within lo … hi */
typedef struct
{
  double a, b, lo, hi;
} Logarithmic;

/* Below the knee logarithmic, above it a polynomial in g */
typedef struct
{
  Logarithmic low;
  double knee;
  double c[5];
} Branched;

typedef struct
{
  double t0_s, t_read_s;
  Branched mean, sigma; /* of nu */
  Branched read;        /* Q: share of g */
} Drift;

#define NO_KNEE 2.0 /* beyond every g */

/* The generic model's Q is a power of g, not of this form: read_q () */
static const Drift generic = {
  20,
  250e-9,
  { { -0.0155, 0.0244, 0.049, 0.1 }, NO_KNEE, { 0 } },
  { { -0.0125, -0.0059, 0.008, 0.045 }, NO_KNEE, { 0 } },
  { { 0 }, 0, { 0 } },
};
#define GENERIC_Q 0.0088
#define GENERIC_Q_EXPONENT 0.65
#define GENERIC_Q_MAX 0.2

static const Drift hermes = {
  300,
  512e-9,
  { { -0.0387, -0.0182, 0.0720, 0.13 }, 0.0945, { 0.0736, -0.0126, -0.0436 } },
  { { -0.0117, -0.0057, 0.0091, 0.04 }, 0.3055, { 0.0073, 0.0093, -0.0118 } },
  { { -0.0117, -0.0069, 0.015, 0.04 }, 0.16, { 0.0123, 0.0211, -0.0280, 0.0069 } },
};

static const Drift hermes_1 = {
  200,
  512e-9,
  { { -0.0387, -0.0182, 0.0720, 0.13 }, 0.0945, { 0.0736, -0.0126, -0.0436 } },
  { { -0.0120, -0.0023, 0.0124, 0.04 }, 0.3039, { 0.0104, 0.0116, -0.0165 } },
  { { -0.0078, 0.0038, 0.0179, 0.04 }, 0.1591, { 0.0088, 0.0768, -0.1352, 0.0664 } },
};

/* A cell that is all but empty has the exponent of this share. */
#define LEAST_G 1e-7

static const Drift *
drift_of (StrataCellModel model)
{
  return model == STRATA_CELL_PCM_HERMES ? &hermes : model == STRATA_CELL_PCM_HERMES_1 ? &hermes_1 : &generic;
}

static double
branched (const Branched *b, double g)
{
  g = MAX (g, LEAST_G);
  return g < b->knee ? CLAMP (b->low.a * log (g) + b->low.b, b->low.lo, b->low.hi) : strata_cell_quartic (b->c, g);
}

double
strata_cost_drift_mean (StrataCellModel model, double g)
{
  return strata_cell_drifts (model) ? branched (&drift_of (model)->mean, g) : 0;
}

double
strata_cost_drift_sigma (StrataCellModel model, double g)
{
  return strata_cell_drifts (model) ? branched (&drift_of (model)->sigma, g) : 0;
}

double
strata_cost_drift_log (StrataCellModel model, double age_s)
{
  return strata_cell_drifts (model) ? log1p (MAX (age_s, 0) / drift_of (model)->t0_s) : 0;
}

static double
normal_cdf (double x)
{
  return erfc (-x * M_SQRT1_2) / 2;
}

/* Mean of exp (-l |nu|) over the cells: |nu| is a folded normal, an exponent below 0 counts as one above. */
static double
mean_factor (StrataCellModel model, double g, double l)
{
  const double mean = strata_cost_drift_mean (model, g), sigma = strata_cost_drift_sigma (model, g);
  const double half = sigma * sigma * l * l / 2;

  return exp (half - mean * l) * normal_cdf (mean / sigma - sigma * l)
         + exp (half + mean * l) * normal_cdf (-mean / sigma - sigma * l);
}

double
strata_cell_drift_shift (StrataCellModel model, double g, double age_s)
{
  return g * (mean_factor (model, g, strata_cost_drift_log (model, age_s)) - 1);
}

double
strata_cell_drift_sigma (StrataCellModel model, double g, double age_s)
{
  const double l = strata_cost_drift_log (model, age_s), mean = mean_factor (model, g, l);

  return g * sqrt (MAX (mean_factor (model, g, 2 * l) - mean * mean, 0));
}

double
strata_cell_drift_change (StrataCellModel model, double g, double z, double age_s)
{
  double nu = strata_cost_drift_mean (model, g) + strata_cost_drift_sigma (model, g) * z;

  return g * expm1 (-fabs (nu) * strata_cost_drift_log (model, age_s));
}

static double
read_q (StrataCellModel model, double g)
{
  if (model == STRATA_CELL_PCM)
    return MIN (GENERIC_Q / pow (g, GENERIC_Q_EXPONENT), GENERIC_Q_MAX);
  return branched (&drift_of (model)->read, g);
}

double
strata_cell_drift_read_sigma (StrataCellModel model, double g, double age_s)
{
  const Drift *drift = drift_of (model);
  const double t = MAX (age_s, 0) + drift->t0_s;

  if (g <= 0)
    return 0;
  return (g + strata_cell_drift_shift (model, g, age_s)) * read_q (model, g)
         * sqrt (log ((t + drift->t_read_s) / (2 * drift->t_read_s)));
}
