/* SPDX-License-Identifier: Apache-2.0
 *
 * Single elements of any type: for code that is not hot, and for conversions.
 */
#pragma once

#include "model/graph.h"

/* Reading takes bytes of any alignment. Integers, bool; unsigned 64-bit values above the signed range wrap. */
gint64 strata_element_int (StrataDtype dtype, const void *data, gint64 i);
/* Truncates to the type, as C does. */
void strata_element_set_int (StrataDtype dtype, void *data, gint64 i, gint64 value);
double strata_element_double (StrataDtype dtype, const void *data, gint64 i);
/* Rounds toward zero and saturates for integers; NaN becomes 0. */
void strata_element_set_double (StrataDtype dtype, void *data, gint64 i, double value);
gboolean strata_dtype_is_float (StrataDtype dtype);

/* IEEE 754 binary16, rounding half to even. */
float strata_half_to_float (guint16 half);
guint16 strata_half_from_float (float value);
