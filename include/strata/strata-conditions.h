/* SPDX-License-Identifier: Apache-2.0
 *
 * Under which conditions arrays are read: which physics is modelled, how long ago they were programmed, how warm they
 * are.
 */
#pragma once

#include <strata/strata-types.h>

G_BEGIN_DECLS

/* Terms of the physics of a crossbar, in the order in which they act on a value */
#define STRATA_PHYSICS_TERMS(X)                                                                                        \
  X (PROGRAMMING, 0, "programming", "what a cell holds differs from what it was written towards")                      \
  X (RETENTION, 1, "retention", "what a cell holds changes with age and temperature")                                  \
  X (STUCK, 2, "stuck", "cells that cannot be written")                                                                \
  X (DEAD, 3, "dead", "rows and columns of a die that hold nothing")                                                   \
  X (MISMATCH, 4, "mismatch", "capacitors differ in size")                                                             \
  X (ON_OFF, 5, "on-off", "a cell at zero weight still couples")                                                       \
  X (PARASITIC, 6, "parasitic", "wires and tiers that are not selected share the charge")                              \
  X (READ, 7, "read", "a cell reads differently from time to time")                                                    \
  X (THERMAL, 8, "thermal", "kT/C noise of a column")                                                                  \
  X (DROOP, 9, "droop", "charge leaks while a column waits for its converter")                                         \
  X (CONVERTER, 10, "converter", "gain, offset and noise of converters")                                               \
  X (CLIPPING, 11, "clipping", "sums beyond a converter's range")                                                      \
  X (ROUNDING, 12, "rounding", "steps of a converter")

/**
 * StrataPhysics:
 * @STRATA_PHYSICS_PROGRAMMING: what a cell holds differs from what it was written towards
 * @STRATA_PHYSICS_RETENTION: what a cell holds changes with age and temperature
 * @STRATA_PHYSICS_STUCK: cells that cannot be written
 * @STRATA_PHYSICS_DEAD: rows and columns of a die that hold nothing
 * @STRATA_PHYSICS_MISMATCH: capacitors differ in size
 * @STRATA_PHYSICS_ON_OFF: a cell at zero weight still couples
 * @STRATA_PHYSICS_PARASITIC: wires and tiers that are not selected share the charge
 * @STRATA_PHYSICS_READ: a cell reads differently from time to time
 * @STRATA_PHYSICS_THERMAL: kT/C noise of a column
 * @STRATA_PHYSICS_DROOP: charge leaks while a column waits for its converter
 * @STRATA_PHYSICS_CONVERTER: gain, offset and noise of converters
 * @STRATA_PHYSICS_CLIPPING: sums beyond a converter's range
 * @STRATA_PHYSICS_ROUNDING: steps of a converter
 *
 * A term of the physics of a crossbar. Each can be left out of a run, to show what it costs. The others then act on
 * what is there without it: without @STRATA_PHYSICS_PARASITIC a line carries its cells alone, and kT/C noise and droop
 * are those of that load. Mismatch is always that of all of the chip's capacitors.
 */
typedef enum /*< flags >*/
{
  STRATA_PHYSICS_PROGRAMMING = 1 << 0,
  STRATA_PHYSICS_RETENTION = 1 << 1,
  STRATA_PHYSICS_STUCK = 1 << 2,
  STRATA_PHYSICS_DEAD = 1 << 3,
  STRATA_PHYSICS_MISMATCH = 1 << 4,
  STRATA_PHYSICS_ON_OFF = 1 << 5,
  STRATA_PHYSICS_PARASITIC = 1 << 6,
  STRATA_PHYSICS_READ = 1 << 7,
  STRATA_PHYSICS_THERMAL = 1 << 8,
  STRATA_PHYSICS_DROOP = 1 << 9,
  STRATA_PHYSICS_CONVERTER = 1 << 10,
  STRATA_PHYSICS_CLIPPING = 1 << 11,
  STRATA_PHYSICS_ROUNDING = 1 << 12,
} StrataPhysics;

#define STRATA_N_PHYSICS 13
#define STRATA_PHYSICS_ALL ((1 << STRATA_N_PHYSICS) - 1)

/**
 * strata_physics_name:
 * @term: one term
 *
 * Returns: (transfer none): "programming", "clipping" …; "unknown" for anything else
 */
STRATA_API const char *strata_physics_name (StrataPhysics term);

/**
 * strata_physics_meaning:
 * @term: one term
 *
 * Returns: (transfer none): the term in words
 */
STRATA_API const char *strata_physics_meaning (StrataPhysics term);

/**
 * strata_physics_parse:
 * @text: names of terms with commas between them, "all" or "none"
 * @terms: (out): the terms
 * @error: return location for a #GError
 *
 * Takes terms as people write them. Fails with %STRATA_DEVICE_ERROR_INPUT, naming the terms there are.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_physics_parse (const char *text, StrataPhysics *terms, GError **error);

#define STRATA_TYPE_CONDITIONS (strata_conditions_get_type ())

/**
 * StrataConditions:
 * @physics_off: terms that are left out
 * @age_s: seconds since the arrays were programmed, 0 to 1000 years
 * @calibrated_age_s: age at which converters and affine corrections were set last, 0 to @age_s; 0: right after
 *   programming
 * @temperature_c: of the arrays, degrees Celsius, while they age and are read; NaN: the chip's ambient; infinite: at
 *   work, see strata_conditions_set_at_work()
 *
 * Conditions of a run. A plain struct: fill it, pass it; who takes it copies it.
 */
typedef struct
{
  StrataPhysics physics_off;
  double age_s, calibrated_age_s;
  double temperature_c;
} StrataConditions;

STRATA_API GType strata_conditions_get_type (void);

/**
 * strata_conditions_new:
 *
 * Returns: (transfer full): just programmed, at the chip's ambient temperature, all physics
 */
STRATA_API StrataConditions *strata_conditions_new (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_conditions_copy:
 * @self: (nullable): conditions
 *
 * Returns: (transfer full): a copy; of %NULL what strata_conditions_new () gives
 */
STRATA_API StrataConditions *strata_conditions_copy (const StrataConditions *self) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_conditions_set:
 * @self: conditions
 * @name: "age", "calibrated-age": a time such as "30 d" (s, min, h, d, y of 365 d; 0 needs none); "temperature": "55
 *   degC", or "work" for strata_conditions_set_at_work(); "without": terms that are left out; "only": terms that are
 * not
 * @text: the value as people write it
 * @error: return location for a #GError
 *
 * Sets one of the conditions. Fails with %STRATA_DEVICE_ERROR_INPUT, and says what is accepted.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_conditions_set (StrataConditions *self, const char *name, const char *text, GError **error);

/**
 * strata_conditions_set_at_work:
 * @self: conditions
 *
 * Makes arrays as warm as the program's own work makes them while they age and are read: each array has the temperature
 * of its tier and stack in the steady state of the modelled run, nominal, at the pace that the program states, or at
 * the rate that the chip keeps up where its limits of temperature slow it down
 * (strata_program_get_array_temperatures() says what that comes to). Corrections and converters are set as at any other
 * temperature, cells are as old then as @self says. What runs under these conditions fails with
 * %STRATA_DEVICE_ERROR_UNSUPPORTED where leakage runs away.
 */
STRATA_API void strata_conditions_set_at_work (StrataConditions *self);

/**
 * strata_conditions_is_at_work:
 * @self: conditions
 *
 * Returns: whether arrays are as warm as work makes them
 */
STRATA_API gboolean strata_conditions_is_at_work (const StrataConditions *self);

/**
 * strata_conditions_to_text:
 * @self: conditions
 *
 * Returns: (transfer full): such as "30 d after programming, calibrated after 0 s, at 55 degC, without read, thermal"
 */
STRATA_API char *strata_conditions_to_text (const StrataConditions *self) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_conditions_describe:
 * @self: conditions
 * @coolest_c: of the arrays at work, degrees Celsius; NaN: unknown
 * @hottest_c: likewise
 *
 * What strata_conditions_to_text() gives, and how warm "at work" is.
 *
 * Returns: (transfer full): such as "just programmed, at work (43.2 to 50.8 degC, each array at its own)"
 */
STRATA_API char *
strata_conditions_describe (const StrataConditions *self, double coolest_c, double hottest_c) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_age_to_text:
 * @age_s: seconds
 *
 * Returns: (transfer full): three digits of the largest of s, min, h, d and y that leaves at least one: "0 s", "1.5 d"
 */
STRATA_API char *strata_age_to_text (double age_s) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_age_parse:
 * @text: a time such as "30 d" (s, min, h, d, y of 365 d; 0 needs none)
 * @age_s: (out): seconds
 * @error: return location for a #GError
 *
 * Reads an age as people write it. Fails with %STRATA_DEVICE_ERROR_INPUT.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_age_parse (const char *text, double *age_s, GError **error);

/**
 * strata_conditions_equal:
 * @a: conditions
 * @b: conditions
 *
 * Returns: whether both are the same
 */
STRATA_API gboolean strata_conditions_equal (const StrataConditions *a, const StrataConditions *b);

/**
 * strata_conditions_check:
 * @self: conditions
 * @error: return location for a #GError
 *
 * Fails with %STRATA_DEVICE_ERROR_INPUT where an age is negative, a calibration lies after the reading, or a
 * temperature is outside -60 to 300 degC; at work is accepted.
 *
 * Returns: %TRUE where they make sense
 */
STRATA_API gboolean strata_conditions_check (const StrataConditions *self, GError **error);

/**
 * strata_conditions_free:
 * @self: (nullable): conditions
 *
 * Frees them.
 */
STRATA_API void strata_conditions_free (StrataConditions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataConditions, strata_conditions_free)

G_END_DECLS
