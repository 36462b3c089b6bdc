/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataRequirements: a number per limit, NaN where there is none, and an objective.
 */
#include "strata/strata-requirements.h"

#include <math.h>
#include <string.h>

#include "base/quantity.h"

struct _StrataRequirements
{
  GObject parent_instance;
  double value[STRATA_N_LIMITS];
  StrataObjective objective;
};

G_DEFINE_FINAL_TYPE (StrataRequirements, strata_requirements, G_TYPE_OBJECT)

static void
strata_requirements_class_init (StrataRequirementsClass *klass)
{
}

static void
strata_requirements_init (StrataRequirements *self)
{
  for (int i = 0; i < STRATA_N_LIMITS; i++)
    self->value[i] = (double) NAN;
}

StrataRequirements *
strata_requirements_new (void)
{
  return g_object_new (STRATA_TYPE_REQUIREMENTS, NULL);
}

void
strata_requirements_set (StrataRequirements *self, StrataLimit limit, double value)
{
  g_return_if_fail (STRATA_IS_REQUIREMENTS (self));
  g_return_if_fail ((guint) limit < STRATA_N_LIMITS);
  self->value[limit] = value;
}

double
strata_requirements_get (StrataRequirements *self, StrataLimit limit)
{
  g_return_val_if_fail (STRATA_IS_REQUIREMENTS (self), (double) NAN);
  g_return_val_if_fail ((guint) limit < STRATA_N_LIMITS, (double) NAN);
  return self->value[limit];
}

/* "30/s", "30 /s", "30 Hz" and a bare "30" are rates. */
static gboolean
parse_rate (const char *text, double *value, GError **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));

  if (g_str_has_suffix (trimmed, "/s"))
    trimmed[strlen (trimmed) - 2] = '\0';
  else if (g_str_has_suffix (trimmed, "Hz"))
    return strata_quantity_parse (trimmed, STRATA_QUANTITY_FREQUENCY, value, error);
  return strata_quantity_parse (g_strchomp (trimmed), STRATA_QUANTITY_NUMBER, value, error);
}

gboolean
strata_requirements_set_text (StrataRequirements *self, StrataLimit limit, const char *text, GError **error)
{
  static const StrataQuantityKind kinds[STRATA_N_LIMITS] = {
    [STRATA_LIMIT_MAX_LATENCY_PS] = STRATA_QUANTITY_TIME,
    [STRATA_LIMIT_MIN_RATE_PER_S] = STRATA_QUANTITY_NUMBER,
    [STRATA_LIMIT_MAX_POWER_MW] = STRATA_QUANTITY_POWER,
    [STRATA_LIMIT_MAX_ENERGY_FJ] = STRATA_QUANTITY_ENERGY,
    [STRATA_LIMIT_MAX_JUNCTION_C] = STRATA_QUANTITY_TEMPERATURE,
    [STRATA_LIMIT_MAX_SKIN_C] = STRATA_QUANTITY_TEMPERATURE,
    [STRATA_LIMIT_MAX_PEAK_POWER_MW] = STRATA_QUANTITY_POWER,
    [STRATA_LIMIT_MIN_ACCURACY] = STRATA_QUANTITY_NUMBER,
    [STRATA_LIMIT_MAX_ARRAYS] = STRATA_QUANTITY_NUMBER,
    [STRATA_LIMIT_MAX_COST_USD] = STRATA_QUANTITY_MONEY,
  };
  g_autoptr (GError) reason = NULL;
  double value = 0;
  gboolean ok;

  g_return_val_if_fail (STRATA_IS_REQUIREMENTS (self), FALSE);
  g_return_val_if_fail ((guint) limit < STRATA_N_LIMITS && text != NULL, FALSE);
  ok = limit == STRATA_LIMIT_MIN_RATE_PER_S ? parse_rate (text, &value, &reason)
                                            : strata_quantity_parse (text, kinds[limit], &value, &reason);
  if (!ok)
    {
      g_set_error_literal (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD, reason->message);
      return FALSE;
    }
  if (value <= 0)
    {
      g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD, "%s; a limit above 0 is accepted", text);
      return FALSE;
    }
  if (limit == STRATA_LIMIT_MIN_ACCURACY && value > 1)
    {
      g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD,
                   "%s; an accuracy of at most 1 or 100 %% is accepted", text);
      return FALSE;
    }
  if (limit == STRATA_LIMIT_MAX_ARRAYS && value < 0x1p53 && value != floor (value))
    {
      g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD, "%s; a whole number of arrays is accepted", text);
      return FALSE;
    }
  self->value[limit] = value;
  return TRUE;
}

void
strata_requirements_set_objective (StrataRequirements *self, StrataObjective objective)
{
  g_return_if_fail (STRATA_IS_REQUIREMENTS (self));
  g_return_if_fail ((guint) objective <= STRATA_OBJECTIVE_ENERGY);
  self->objective = objective;
}

StrataObjective
strata_requirements_get_objective (StrataRequirements *self)
{
  g_return_val_if_fail (STRATA_IS_REQUIREMENTS (self), STRATA_OBJECTIVE_ARRAYS);
  return self->objective;
}
