/* SPDX-License-Identifier: Apache-2.0
 *
 * The programming plan: which array is written when, how long loading a program takes, what it costs and wears
 * (hardware-facts 8, 10.2). A row is written and verified as a whole; writing a tier blocks its stack, so that a stack
 * writes one row at a time, and the chip at most `program_parallel` of them. Rows that hold copies of weights are
 * written like any other; spare rows are written only where they stand for dead ones, and then instead of these.
 */
#pragma once

#include "program/placement.h"

/* One array */
typedef struct
{
  int tile; /* the first on the array */
  StrataSite site;
  int n_rows;              /* written: every row in which some tile has cells */
  gint64 n_cells;          /* physical cells, two per weight and slice */
  gint64 start_ps, end_ps; /* nominal */
} StrataProgrammingStep;

typedef struct
{
  StrataProgrammingStep *steps; /* in the order in which they begin, then by stack */
  int n_steps;
  gint64 n_rows, n_cells;
  gint64 busiest_rows; /* of one stack: with n_rows / program_parallel, what bounds the time */
  int busiest_stack;   /* -1: nothing is written */
  gint64 time_ps[STRATA_N_BANDS], bound_ps[STRATA_N_BANDS];
  double energy_fj[STRATA_N_BANDS], power_mw[STRATA_N_BANDS]; /* mean while writing */
  double loads[STRATA_N_BANDS];                               /* that a cell endures: each load rewrites its row once */
} StrataProgrammingPlan;

/* Deterministic. Arrays of a stack are written in the order of their layers; whenever a row writer is free it takes the
 * waiting stack with most rows left. */
StrataProgrammingPlan *strata_programming_plan (const StrataTileSet *tiles,
                                                const StrataPlacement *placement,
                                                const StrataChipSpec *chip) G_GNUC_WARN_UNUSED_RESULT;
void strata_programming_plan_free (StrataProgrammingPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataProgrammingPlan, strata_programming_plan_free)
/* Steps before their predecessors, two at a time on a stack or more than writers at once, rows that are not those of
 * the tiles. Errors: STRATA_COMPILE_ERROR_FORMAT */
gboolean strata_programming_plan_check (const StrataProgrammingPlan *plan,
                                        const StrataTileSet *tiles,
                                        const StrataPlacement *placement,
                                        const StrataChipSpec *chip,
                                        GError **error);
/* What programming anew takes over a life, the first load included */
typedef struct
{
  double n_loads;
  double time_ps[STRATA_N_BANDS], energy_fj[STRATA_N_BANDS]; /* of all loads */
  double power_mw[STRATA_N_BANDS];                           /* mean over the life */
  double wear[STRATA_N_BANDS];                               /* share of the endurance of a cell; above 1: worn out */
  double worn_out_s[STRATA_N_BANDS];                         /* age at which a load more is not endured */
} StrataUpkeep;

/* A load at age 0 and every @interval_s after it (infinite: never again) until @life_s; every load rewrites every row
 * of the plan once. */
void
strata_programming_upkeep (const StrataProgrammingPlan *plan, double interval_s, double life_s, StrataUpkeep *upkeep);
char *strata_programming_plan_print (const StrataProgrammingPlan *plan) G_GNUC_WARN_UNUSED_RESULT;
