/* SPDX-License-Identifier: Apache-2.0
 *
 * Published numbers against ours: what other people measured, simulated or fitted, beside what this library's formulas
 * and solvers give for the same case. Nothing here has a formula of its own for a chip: rows call what programs use.
 */
#pragma once

#include "strata/strata-types.h"

typedef enum
{
  STRATA_TOLERANCE_RELATIVE, /* |ours / published - 1| <= tolerance */
  STRATA_TOLERANCE_ABSOLUTE, /* |ours - published| <= tolerance, in the row's unit */
  STRATA_TOLERANCE_FACTOR,   /* ours within published / tolerance … published x tolerance */
} StrataToleranceKind;

typedef struct
{
  const char *name;    /* "imagine-system" */
  const char *subject; /* whose number */
  const char *what;
  const char
    *unit; /* in the ending of its names, as strata_quantity_to_text () takes it; "TOPS/W" and the like as is */
  const char *source;
  StrataValidationKind kind;
  StrataToleranceKind tolerance_kind;
  double published, tolerance;
  const char *miss; /* why ours is known to lie outside of the tolerance; NULL: it has to lie within */
} StrataPublished;

int strata_published_count (void);
const StrataPublished *strata_published_get (int row);
/* Ours for each row; up to a second, blocking. NaN: could not be computed, which is a failure. */
void strata_published_compute (double *ours);
/* The values that count as agreement */
void strata_published_range (const StrataPublished *row, double *lowest, double *highest);
gboolean strata_published_agrees (const StrataPublished *row, double ours);

/* Groups of rows that share work; each fills the values whose STRATA_VALIDATE_… it knows. */
#define ROW(id, ...) STRATA_VALIDATE_##id,
#define MISS(id, ...) STRATA_VALIDATE_##id,
typedef enum
{
#include "validation/published.def"
  STRATA_N_VALIDATIONS
} StrataValidationId;
#undef MISS
#undef ROW

void strata_published_chips (double *ours);
void strata_published_parts (double *ours);
void strata_published_heat (double *ours);
void strata_published_ev6 (double *ours);
void strata_published_networks (double *ours);
