/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers with units: "4 pJ", "300mW", "43degC", "1.2 W/(m K)". Each kind has one base unit, the one that names in the
 * code use (ps, fJ, mW, …), so that decimal values of descriptions come out exact. Units are case-sensitive (mW is not
 * MW); "us" and "µs", "mm2" and "mm²", "degC" and "°C" are the same.
 */
#pragma once

#include <gio/gio.h>

typedef enum
{
  STRATA_QUANTITY_NUMBER,              /* no unit, or % */
  STRATA_QUANTITY_BIT,                 /* bit */
  STRATA_QUANTITY_TIME,                /* ps */
  STRATA_QUANTITY_ENERGY,              /* fJ */
  STRATA_QUANTITY_ENERGY_PER_BYTE,     /* fJ/B */
  STRATA_QUANTITY_ENERGY_PER_BYTE_HOP, /* fJ/B/hop */
  STRATA_QUANTITY_POWER,               /* mW */
  STRATA_QUANTITY_POWER_PER_AREA,      /* mW/mm2 */
  STRATA_QUANTITY_VOLTAGE,             /* V */
  STRATA_QUANTITY_CURRENT,             /* pA */
  STRATA_QUANTITY_CAPACITANCE,         /* fF */
  STRATA_QUANTITY_LENGTH,              /* nm */
  STRATA_QUANTITY_AREA,                /* um2 */
  STRATA_QUANTITY_FREQUENCY,           /* Hz */
  STRATA_QUANTITY_BYTES,               /* B */
  STRATA_QUANTITY_BYTE_RATE,           /* B/ns = GB/s */
  STRATA_QUANTITY_OP_RATE,             /* op/s */
  STRATA_QUANTITY_TEMPERATURE,         /* degC */
  STRATA_QUANTITY_THERMAL_RESISTANCE,  /* K/W */
  STRATA_QUANTITY_HEAT_CAPACITY,       /* J/K */
  STRATA_QUANTITY_CONDUCTIVITY,        /* W/mK */
  STRATA_QUANTITY_VOLUMETRIC_HEAT,     /* J/m3K */
  STRATA_QUANTITY_DEFECT_DENSITY,      /* 1/cm2 */
  STRATA_QUANTITY_ELECTRONVOLT,        /* eV */
  STRATA_QUANTITY_MONEY,               /* USD */
} StrataQuantityKind;

#define STRATA_N_QUANTITIES (STRATA_QUANTITY_MONEY + 1)

/* Reads a finite decimal number with a unit of @kind into its base unit. Error: G_IO_ERROR_INVALID_ARGUMENT with what
 * is wrong and which units would be accepted. Thread-safe. */
gboolean strata_quantity_parse (const char *text, StrataQuantityKind kind, double *value_in_base_unit, GError **error);
/* Three significant digits and the largest prefix that leaves at least 1: "4.88 nJ". (transfer full) */
char *strata_quantity_format (double value, StrataQuantityKind kind) G_GNUC_WARN_UNUSED_RESULT;
/* Every digit, plain ASCII: parses back to the same double. (transfer full) */
char *strata_quantity_print (double value, StrataQuantityKind kind) G_GNUC_WARN_UNUSED_RESULT;
