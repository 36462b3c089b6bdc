/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits as numbers to stay below, what they are called, and how far a program is from them.
 */
#include "compiler/search/limits.h"

#include <math.h>

#include "cost/cost.h"

#define KELVIN_PER_UNIT 10.0 /* of excess: a temperature's zero means nothing to divide by */
/* Paces end a little on the safe side of what rounding and leakage, which follows temperature, leave. */
#define PACE_MARGIN 1.001

static const struct
{
  const char *name;
  StrataQuantityKind kind;
} about[STRATA_N_LIMITS] = {
  [STRATA_LIMIT_MAX_LATENCY_PS] = { "latency", STRATA_QUANTITY_TIME },
  [STRATA_LIMIT_MIN_RATE_PER_S] = { "interval between inferences", STRATA_QUANTITY_TIME },
  [STRATA_LIMIT_MAX_POWER_MW] = { "power", STRATA_QUANTITY_POWER },
  [STRATA_LIMIT_MAX_ENERGY_FJ] = { "energy per inference", STRATA_QUANTITY_ENERGY },
  [STRATA_LIMIT_MAX_JUNCTION_C] = { "junction temperature", STRATA_QUANTITY_TEMPERATURE },
  [STRATA_LIMIT_MAX_SKIN_C] = { "skin temperature", STRATA_QUANTITY_TEMPERATURE },
  [STRATA_LIMIT_MAX_PEAK_POWER_MW] = { "peak power", STRATA_QUANTITY_POWER },
  [STRATA_LIMIT_MIN_ACCURACY] = { "share of wrong answers", STRATA_QUANTITY_NUMBER },
  [STRATA_LIMIT_MAX_ARRAYS] = { "number of arrays", STRATA_QUANTITY_NUMBER },
  [STRATA_LIMIT_MAX_COST_USD] = { "cost of the chip", STRATA_QUANTITY_MONEY },
};

int
search_limits_list (const StrataLimits *limits, SearchLimit list[STRATA_N_LIMITS])
{
  const SearchLimit all[] = {
    { STRATA_LIMIT_MAX_LATENCY_PS, (double) limits->max_latency_ps },
    { STRATA_LIMIT_MIN_RATE_PER_S, (double) limits->max_interval_ps },
    { STRATA_LIMIT_MAX_POWER_MW, limits->max_power_mw },
    { STRATA_LIMIT_MAX_ENERGY_FJ, limits->max_energy_fj },
    { STRATA_LIMIT_MAX_JUNCTION_C, limits->max_junction_c },
    { STRATA_LIMIT_MAX_SKIN_C, limits->max_skin_c },
    { STRATA_LIMIT_MAX_PEAK_POWER_MW, limits->max_peak_mw },
    { STRATA_LIMIT_MIN_ACCURACY, limits->min_accuracy },
    { STRATA_LIMIT_MAX_ARRAYS, (double) limits->max_arrays },
    { STRATA_LIMIT_MAX_COST_USD, limits->max_cost_usd },
  };
  int n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    if (all[i].bound > 0)
      {
        list[n] = all[i];
        if (all[i].limit == STRATA_LIMIT_MIN_ACCURACY)
          list[n].bound = 1 - all[i].bound;
        n++;
      }
  return n;
}

static double
known (gint64 value)
{
  return value < 0 ? (double) NAN : (double) value;
}

double
search_limits_value (StrataLimit limit, const StrataJudgement *judgement, gint64 n_arrays, const StrataChipSpec *chip)
{
  switch (limit)
    {
    case STRATA_LIMIT_MAX_LATENCY_PS:
      return known (judgement->latency_ps);
    case STRATA_LIMIT_MIN_RATE_PER_S:
      return known (judgement->interval_ps);
    case STRATA_LIMIT_MAX_POWER_MW:
      return judgement->power_mw;
    case STRATA_LIMIT_MAX_ENERGY_FJ:
      return known (judgement->energy_fj);
    case STRATA_LIMIT_MAX_JUNCTION_C:
      return judgement->junction_c;
    case STRATA_LIMIT_MAX_SKIN_C:
      return judgement->skin_c;
    case STRATA_LIMIT_MAX_PEAK_POWER_MW:
      return judgement->peak_mw;
    case STRATA_LIMIT_MIN_ACCURACY:
      return 1 - judgement->accuracy;
    case STRATA_LIMIT_MAX_ARRAYS:
      return (double) n_arrays;
    case STRATA_LIMIT_MAX_COST_USD:
      return strata_cost_die_usd (chip);
    case STRATA_LIMIT_CHIP_ARRAYS:
    case STRATA_LIMIT_CHIP_SRAM_BYTES:
    case STRATA_LIMIT_CHIP_DRAM_BYTES:
      break;
    }
  return (double) NAN;
}

double
search_limits_excess (const SearchLimit *limit, double value)
{
  if (isnan (value))
    return (double) INFINITY;
  if (about[limit->limit].kind == STRATA_QUANTITY_TEMPERATURE)
    return (value - limit->bound) / KELVIN_PER_UNIT;
  if (limit->limit == STRATA_LIMIT_MIN_ACCURACY)
    return value - limit->bound;
  return (value - limit->bound) / limit->bound;
}

double
search_limits_public (StrataLimit limit, double value)
{
  if (limit == STRATA_LIMIT_MIN_RATE_PER_S)
    return 1e12 / value;
  return limit == STRATA_LIMIT_MIN_ACCURACY ? 1 - value : value;
}

const char *
search_limits_name (StrataLimit limit)
{
  return about[limit].name;
}

char *
search_limits_format (StrataLimit limit, double value)
{
  if (limit == STRATA_LIMIT_MIN_ACCURACY)
    return g_strdup_printf ("%.3g %%", 100 * value);
  if (limit == STRATA_LIMIT_MAX_ARRAYS)
    return g_strdup_printf ("%.0f", value);
  if (about[limit].kind == STRATA_QUANTITY_TEMPERATURE && value > STRATA_MAX_LEAKAGE_C)
    return g_strdup_printf ("above %.0f °C, without a steady state", STRATA_MAX_LEAKAGE_C);
  return strata_quantity_format (value, about[limit].kind);
}

/* Far off, and for temperatures, whose zero means nothing, a percentage says nothing. */
char *
search_limits_describe_miss (const SearchLimit *limit, double value)
{
  g_autofree char *shown = search_limits_format (limit->limit, value);
  g_autofree char *excess = search_limits_format (limit->limit, value - limit->bound);
  g_autofree char *allowed = search_limits_format (limit->limit, limit->bound);
  const char *name = about[limit->limit].name;

  if (isnan (value))
    return g_strdup_printf ("%s was not judged against the limit of %s", name, allowed);
  if (about[limit->limit].kind == STRATA_QUANTITY_TEMPERATURE || limit->limit == STRATA_LIMIT_MIN_ACCURACY)
    return g_strdup_printf ("%s is %s, %s over the limit of %s", name, shown, excess, allowed);
  if (value > 1e6 * limit->bound)
    return g_strdup_printf ("%s is %s, over a million times the limit of %s", name, shown, allowed);
  if (value > 10 * limit->bound)
    return g_strdup_printf ("%s is %s, %.0f times the limit of %s", name, shown, value / limit->bound, allowed);
  return g_strdup_printf ("%s is %s, %s (%.3g %%) over the limit of %s", name, shown, excess,
                          100 * (value - limit->bound) / limit->bound, allowed);
}

/* Power at which a temperature that rises with it just stays within its limit */
static double
power_within_mw (double power_mw, double ambient_c, double at_c, double limit_c)
{
  if (limit_c <= 0 || !(at_c > limit_c) || at_c <= ambient_c)
    return (double) INFINITY;
  return power_mw * (limit_c - ambient_c) / (at_c - ambient_c);
}

gint64
search_limits_pace (const StrataLimits *limits, const StrataJudgement *judgement, const StrataChipSpec *chip)
{
  double allowed_mw = (double) INFINITY, pace_ps;

  if (limits->max_interval_ps > 0 || judgement->dynamic_fj <= 0)
    return 0;
  if (limits->max_power_mw > 0 && judgement->power_mw > limits->max_power_mw)
    allowed_mw = limits->max_power_mw;
  allowed_mw = MIN (allowed_mw, power_within_mw (judgement->power_mw, chip->t_ambient_c, judgement->junction_c,
                                                 limits->max_junction_c));
  allowed_mw =
    MIN (allowed_mw, power_within_mw (judgement->power_mw, chip->t_ambient_c, judgement->skin_c, limits->max_skin_c));
  if (!isfinite (allowed_mw) || allowed_mw <= judgement->static_mw)
    return 0;
  pace_ps = ceil (PACE_MARGIN * (double) judgement->dynamic_fj / (allowed_mw - judgement->static_mw));
  pace_ps = MAX (pace_ps, PACE_MARGIN * (double) judgement->interval_ps);
  return pace_ps < 0x1p58 ? (gint64) pace_ps : 0;
}

const char *
search_limits_unknown (const StrataLimits *limits, const StrataJudgement *judgement)
{
  return limits->max_power_mw > 0 && isnan (judgement->power_mw)       ? "power"
         : limits->max_peak_mw > 0 && isnan (judgement->peak_mw)       ? "peak power"
         : limits->max_energy_fj > 0 && judgement->energy_fj < 0       ? "energy"
         : limits->max_junction_c > 0 && isnan (judgement->junction_c) ? "junction temperature"
         : limits->max_skin_c > 0 && isnan (judgement->skin_c)         ? "skin temperature"
         : limits->max_interval_ps > 0 && judgement->interval_ps < 0   ? "interval"
                                                                       : NULL;
}
