/* SPDX-License-Identifier: Apache-2.0
 *
 * Single ages of an evaluation, for what is made of them: tables, schedules of maintenance.
 */
#pragma once

#include "api/evaluation-private.h"
#include "strata/strata-ageing.h"

/* One age at one temperature, in one of the two columns; deviations over seeds, NaN for a single one */
typedef struct
{
  double mean, deviation, snr_db, snr_deviation_db;
} StrataAgeingPoint;

struct _StrataAgeing
{
  GObject parent_instance;
  StrataEvaluation *evaluation;
  double *ages_s, *temperatures_c;
  guint n_ages, n_temperatures;
  double coolest_c, hottest_c; /* arrays at work, where one of the temperatures is infinite */
  gboolean recalibrate;
  StrataAgeingPoint *points; /* [temperature][age][recalibrated]; NULL: not run */
};

/* What all ages of one run share */
typedef struct
{
  StrataEvaluation *evaluation;
  StrataEvaluationPass pass;
  int *truth;
  float *exact; /* outputs of exact integers */
} StrataAgeingWork;

/* Classes that count as right and exact outputs: the first fifth of the progress. On failure too strata_ageing_end ()
 * frees what there is. */
gboolean strata_ageing_begin (StrataEvaluation *evaluation,
                              StrataProgress progress,
                              gpointer user_data,
                              GCancellable *cancellable,
                              StrataAgeingWork *work,
                              GError **error);
void strata_ageing_end (StrataAgeingWork *work);
/* All seeds under @conditions; progress goes from @from to @to. */
gboolean strata_ageing_run_point (StrataAgeingWork *work,
                                  const StrataConditions *conditions,
                                  double from,
                                  double to,
                                  StrataAgeingPoint *point,
                                  GError **error);
