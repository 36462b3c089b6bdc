/* SPDX-License-Identifier: Apache-2.0
 *
 * Cells of an array that cannot be written, and rows and columns of it that hold nothing. Verifying finds both, so that
 * programming goes around them: the other cell of a pair and the slices that follow make up for what they can.
 */
#pragma once

#include "base/rng.h"
#include "simulator/analog-die.h"
#include "strata/strata-conditions.h"

/* Of a pair of cells; none: 0 */
typedef enum
{
  STRATA_FAULT_PLUS_ZERO = 1 << 0,
  STRATA_FAULT_PLUS_FULL = 1 << 1,
  STRATA_FAULT_MINUS_ZERO = 1 << 2,
  STRATA_FAULT_MINUS_FULL = 1 << 3,
  STRATA_FAULT_DEAD = 1 << 4, /* on a dead row or column */
} StrataFault;

typedef struct
{
  GArray *stuck;              /* StrataStuckCell, by cell */
  const StrataAnalogDie *die; /* its dead lines; NULL: none */
  int n_columns;
} StrataAnalogFaults;

/* Stuck cells of @n_lines rows of @n_columns pairs: those that @die lists, and where it lists none drawn ones. @die is
 * kept; NULL: nothing is known */
void strata_analog_faults_init (StrataAnalogFaults *faults,
                                const StrataChipSpec *chip,
                                StrataBand band,
                                StrataPhysics off,
                                StrataRngKey key,
                                int n_lines,
                                int n_columns,
                                const StrataAnalogDie *die);
void strata_analog_faults_finish (StrataAnalogFaults *faults);

/* Faults of the pairs of row @line, n_columns bytes of StrataFault. FALSE: there are none, and @pairs is all 0 */
gboolean strata_analog_faults_row (const StrataAnalogFaults *faults, int line, guint8 *pairs);

/* Levels of the cells of a pair with @fault that come nearest to @target levels, 0 … @top each */
void strata_analog_faults_split (guint fault, double target, int top, double *plus, double *minus);
