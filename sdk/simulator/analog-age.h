/* SPDX-License-Identifier: Apache-2.0
 *
 * What has become of an array's cells since they were written. Each cell has one standard normal deviate of its own,
 * keyed by seed, array, row and column, the same at every age: it follows one path, and a later age is further along
 * it. Retention is not verified: residual programming knows nothing of it.
 */
#pragma once

#include "base/rng.h"
#include "simulator/analog-array.h"

#define STRATA_AGE_STEPS 1024

/* Of one array at one age. Tables over g = 0 … 1; phase change: mean and deviation of the exponent, else of the change
 * in levels. */
typedef struct
{
  gboolean changes; /* FALSE: the cells hold what was written */
  double age_s;     /* effective */
  double log_time;  /* of a power law; 0: there is none */
  int top;          /* largest level */
  double mean[STRATA_AGE_STEPS + 2], sigma[STRATA_AGE_STEPS + 2];
  StrataRngKey key;
  float *z; /* 2 per column, of the row under way */
  int n_columns;
} StrataAnalogAge;

/* As old as @setup says. @z of the struct is the caller's no more: finish frees it. */
void strata_analog_age_init (StrataAnalogAge *age, const StrataAnalogSetup *setup, const StrataAnalogArray *array);
void strata_analog_age_finish (StrataAnalogAge *age);
/* Turns to row @row of those written, row copies counted as rows of their own. */
void strata_analog_age_turn (StrataAnalogAge *age, int row);
/* Change in levels of the pair of @column, which was written towards @target levels */
double strata_analog_age_change (const StrataAnalogAge *age, int column, double target);

/* What the cells of @array hold and how they read becomes what those of @later do; ranges and corrections stay. Takes
 * @later. */
void strata_analog_age_take (StrataAnalogArray *array, StrataAnalogArray *later);
