/* SPDX-License-Identifier: Apache-2.0
 *
 * Row drivers that drive several bits at once: a driver's levels between its supplies are off, each by its own fixed
 * amount, so that a code drives a little more or less. Phases of one bit have no level between.
 */
#pragma once

#include "program/tiles.h"
#include "strata/strata-conditions.h"

/* Codes of a byte */
#define STRATA_DRIVER_CODES 256

typedef struct
{
  gint8 *more; /* n_rows x STRATA_DRIVER_CODES, by code - lowest code: by how much the row is driven more, in steps;
                  NULL: nothing is */
  float step;  /* driver codes */
} StrataAnalogDrivers;

/* @lowest: the lowest driver code, 0 or -128; two's complement has its highest phase signed. Row copies have drivers of
 * their own, of which the mean counts. */
void strata_analog_drivers_init (StrataAnalogDrivers *drivers,
                                 const StrataChipSpec *chip,
                                 StrataBand band,
                                 const StrataTile *tile,
                                 int lowest,
                                 guint64 seed,
                                 int stack);
void strata_analog_drivers_finish (StrataAnalogDrivers *drivers);

/* By how much a driver whose levels are off by @errors (of 2^phase_bits, in steps of a phase) drives more for @code,
 * driver codes */
double strata_analog_driver_error (int code, int lowest, int phase_bits, const float *errors);
