/* SPDX-License-Identifier: Apache-2.0
 *
 * What a candidate program does, beside what it must not exceed.
 */
#pragma once

#include "base/quantity.h"
#include "program/image.h"

/* What a candidate program would do; filled by an evaluator. Unknown: NaN, or -1 for integers. */
typedef struct
{
  gint64 latency_ps, interval_ps, energy_fj;
  double power_mw, static_mw, junction_c, skin_c;
  gint64 unit_interval_ps, dynamic_fj; /* interval without the power budget; energy without static power */
  double peak_mw, accuracy;
} StrataJudgement;

/* --- internal to compiler/ --- */

/* A limit that was asked for, as something to stay below: the interval for a rate, the wrong share for an accuracy */
typedef struct
{
  StrataLimit limit;
  double bound;
} SearchLimit;

int search_limits_list (const StrataLimits *limits, SearchLimit list[STRATA_N_LIMITS]);
/* What @limit bounds, of a judged program; NaN: unknown */
double
search_limits_value (StrataLimit limit, const StrataJudgement *judgement, gint64 n_arrays, const StrataChipSpec *chip);
/* 0 and below: met. Relative, temperatures per 10 K; infinite for what is unknown. */
double search_limits_excess (const SearchLimit *limit, double value);
/* A value that is stayed below, in the unit that the limit's name ends with, and back */
double search_limits_public (StrataLimit limit, double value);
/* "latency", "interval between inferences" */
const char *search_limits_name (StrataLimit limit);
/* "4 us", "12 %" */
char *search_limits_format (StrataLimit limit, double value) G_GNUC_WARN_UNUSED_RESULT;
/* "latency is 4 us, 1 us (33.3 %) over the limit of 3 us" */
char *search_limits_describe_miss (const SearchLimit *limit, double value) G_GNUC_WARN_UNUSED_RESULT;
/* The interval that would keep the limits on power and temperature that @judgement misses; 0: none would, or the rate
 * is asked for, or nothing is missed. */
gint64 search_limits_pace (const StrataLimits *limits, const StrataJudgement *judgement, const StrataChipSpec *chip);
/* Name of a limit that nothing judged; NULL: none */
const char *search_limits_unknown (const StrataLimits *limits, const StrataJudgement *judgement);
