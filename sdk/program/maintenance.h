/* SPDX-License-Identifier: Apache-2.0
 *
 * What keeps a target over a life. Arrays are recalibrated at the last age that still meets it, as long as that holds
 * the target for a while; then they are written anew (refreshed), and age begins again. Neither is ever done early:
 * accuracy falls with age, so that a later one lasts longer and fewer are needed.
 *
 * Ages are effective ones, at the chip's retention_reference: how fast cells age there is all that temperature does to
 * them, but for the noise of reading them, so that the chains of two temperatures are all but the same.
 */
#pragma once

#include "program/programming.h"

/* What an age comes to: share or decibels; a standard error, NaN where it is not known */
typedef struct
{
  double mean, error;
} StrataAged;

/* At @age_s, converters and corrections set at @calibrated_s. The same arguments give the same answer. */
typedef gboolean (*StrataAgedFunc) (
  double age_s, double calibrated_s, StrataAged *aged, gpointer user_data, GError **error);

typedef struct
{
  double age_s, calibrated_s;
  StrataAged aged;
} StrataAgedPoint;

typedef enum
{
  STRATA_MAINTENANCE_RECALIBRATE,
  STRATA_MAINTENANCE_REFRESH, /* cells written anew, and calibrated */
} StrataMaintenanceAction;

typedef struct
{
  StrataMaintenanceAction action;
  double age_s;                /* the last that was seen to meet the target */
  double missed_s;             /* the first that was seen to miss it */
  double earliest_s, latest_s; /* where the mean less, and plus, its error crosses the target; NaN: not known, latest
                                  infinite: at no age that was looked at */
  double calibrated_s;         /* set last, before */
  StrataAged before, after;    /* at age_s; after a refresh as just programmed */
} StrataMaintenanceStep;

typedef struct
{
  double target;
  double horizon_s;      /* nothing beyond it matters */
  double tolerance;      /* missed_s is at most this share beyond age_s */
  double least_hold;     /* a recalibration holds where it meets the target for this share of its age longer */
  gboolean recalibrates; /* FALSE: refreshes only */
  const StrataAgedPoint *known;
  int n_known;
  const struct _StrataMaintenanceChain *guess; /* of another temperature: where to look first; NULL: there is none */
} StrataMaintenanceOptions;

/* 5 % and 10 % */
void strata_maintenance_options_default (StrataMaintenanceOptions *options);

typedef struct _StrataMaintenanceChain
{
  StrataMaintenanceStep *steps; /* by age; ends with a refresh, or where the horizon is reached without another */
  int n_steps;
  StrataAgedPoint *points; /* all that was looked at, by calibrated_s, then age_s */
  int n_points;
  StrataAged fresh;
  gboolean is_met; /* just programmed, and a second later */
} StrataMaintenanceChain;

/* Bisection over the logarithm of age, from one second on. NULL and *error as @func sets it. */
StrataMaintenanceChain *strata_maintenance_chain (const StrataMaintenanceOptions *options,
                                                  StrataAgedFunc func,
                                                  gpointer user_data,
                                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void strata_maintenance_chain_free (StrataMaintenanceChain *chain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataMaintenanceChain, strata_maintenance_chain_free)

/* --- over a life --- */

/* Cells age @rate effective seconds a second; after a refresh the chain begins again. Counts are whole. */
typedef struct
{
  double life_s, rate;
} StrataMaintenanceLife;

/* The life's events up to its end, the first load left out */
void strata_maintenance_count (const StrataMaintenanceChain *chain,
                               const StrataMaintenanceLife *life,
                               double *n_recalibrations,
                               double *n_refreshes);
/* When event @index happens, seconds of the life, and what it is */
const StrataMaintenanceStep *strata_maintenance_event (const StrataMaintenanceChain *chain,
                                                       const StrataMaintenanceLife *life,
                                                       guint64 index,
                                                       double *at_s);

/* What one action takes. A refresh is a load of the plan and a recalibration. */
typedef struct
{
  double recalibration_ps[STRATA_N_BANDS], recalibration_fj[STRATA_N_BANDS];
  const StrataProgrammingPlan *plan;
} StrataMaintenanceCost;

/* Without the first load, which wear counts. While arrays are written or calibrated the chip does not infer. */
typedef struct
{
  double n_recalibrations, n_refreshes, n_loads; /* loads: writes of a cell */
  double time_ps[STRATA_N_BANDS], energy_fj[STRATA_N_BANDS];
  double power_mw[STRATA_N_BANDS];   /* mean over the life */
  double duty[STRATA_N_BANDS];       /* share of the life; 1 or more: it cannot be kept up */
  double longest_ps[STRATA_N_BANDS]; /* without inference */
  double wear[STRATA_N_BANDS];       /* share of the endurance of a cell; above 1: worn out */
  double worn_out_s[STRATA_N_BANDS]; /* age of the chip at which a refresh more is not endured; infinite: never */
} StrataMaintenanceTotals;

void strata_maintenance_totals (const StrataMaintenanceChain *chain,
                                const StrataMaintenanceLife *life,
                                const StrataMaintenanceCost *cost,
                                StrataMaintenanceTotals *totals);
