/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading an array, written down from the formulas in volts and farads, a cell at a time: what the fast path is held
 * against. Draws are the same ones; what the cells hold is taken from the array.
 */
#pragma once

#include "simulator/analog-array.h"

typedef struct
{
  const StrataChipSpec *chip;
  const StrataTile *tile;
  StrataBand band;
  StrataPhysics off;
  guint64 seed;
  int stack;
} AnalogReference;

/* Load of a readout line, and coupling of one level, farads; volts at the converter per driver code x level */
double analog_reference_load_f (const AnalogReference *reference);
double analog_reference_level_f (const AnalogReference *reference);
double analog_reference_unit_v (const AnalogReference *reference);
/* Standard deviation of kT/C at the converter, volts */
double analog_reference_thermal_v (const AnalogReference *reference);

/* As strata_analog_array_read */
gint64 analog_reference_read (const AnalogReference *reference,
                              const StrataAnalogArray *array,
                              const StrataAnalogInputs *inputs,
                              guint64 inference,
                              gint32 *sums,
                              gsize ld_sums);
