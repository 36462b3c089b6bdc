/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions of a run, and the names of the terms of a crossbar's physics.
 */
#include "strata/strata-conditions.h"

#include <math.h>

#include "base/quantity.h"

#define COLDEST_C (-60.0)
#define HOTTEST_C 300.0
#define MOST_AGE_S 31536e6 /* 1000 y: no product is older */
#define ROUNDED (1 + 1e-12)

G_DEFINE_BOXED_TYPE (StrataConditions, strata_conditions, strata_conditions_copy, strata_conditions_free)

static const struct
{
  StrataPhysics term;
  const char *name, *meaning;
} terms[] = {
#define TERM(id, bit, name, meaning) { STRATA_PHYSICS_##id, name, meaning },
  STRATA_PHYSICS_TERMS (TERM)
#undef TERM
};

G_STATIC_ASSERT (G_N_ELEMENTS (terms) == STRATA_N_PHYSICS);

const char *
strata_physics_name (StrataPhysics term)
{
  for (guint i = 0; i < G_N_ELEMENTS (terms); i++)
    if (terms[i].term == term)
      return terms[i].name;
  return "unknown";
}

const char *
strata_physics_meaning (StrataPhysics term)
{
  for (guint i = 0; i < G_N_ELEMENTS (terms); i++)
    if (terms[i].term == term)
      return terms[i].meaning;
  return "unknown";
}

static gboolean
parse_term (const char *text, StrataPhysics *found, GError **error)
{
  g_autoptr (GString) names = NULL;

  if (g_str_equal (text, "all") || g_str_equal (text, "none"))
    {
      *found |= g_str_equal (text, "all") ? STRATA_PHYSICS_ALL : 0;
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (terms); i++)
    if (g_str_equal (text, terms[i].name))
      {
        *found |= terms[i].term;
        return TRUE;
      }
  names = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (terms); i++)
    g_string_append_printf (names, "%s, ", terms[i].name);
  g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
               "%s: no term of the crossbars' physics; %sall or none is accepted", text, names->str);
  return FALSE;
}

gboolean
strata_physics_parse (const char *text, StrataPhysics *physics, GError **error)
{
  StrataPhysics found = 0;
  g_auto (GStrv) parts = NULL;

  g_return_val_if_fail (text != NULL && physics != NULL, FALSE);
  parts = g_strsplit (text, ",", -1);
  for (guint i = 0; parts[i] != NULL; i++)
    if (!parse_term (g_strstrip (parts[i]), &found, error))
      return FALSE;
  *physics = found;
  return TRUE;
}

StrataConditions *
strata_conditions_new (void)
{
  StrataConditions *self = g_new0 (StrataConditions, 1);

  self->temperature_c = (double) NAN;
  return self;
}

StrataConditions *
strata_conditions_copy (const StrataConditions *self)
{
  return self == NULL ? strata_conditions_new () : g_memdup2 (self, sizeof *self);
}

/* --- text --- */

/* Takes what quantities say for what devices say. */
static gboolean
parse_quantity (const char *text, StrataQuantityKind kind, double *value, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (strata_quantity_parse (text, kind, value, &reason))
    return TRUE;
  g_set_error_literal (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT, reason->message);
  return FALSE;
}

gboolean
strata_age_parse (const char *text, double *age_s, GError **error)
{
  double age_ps;

  g_return_val_if_fail (text != NULL && age_s != NULL, FALSE);
  if (g_str_equal (text, "0"))
    age_ps = 0;
  else if (!parse_quantity (text, STRATA_QUANTITY_TIME, &age_ps, error))
    return FALSE;
  if (age_ps < 0)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "%s: before programming; 0 or more is accepted", text);
      return FALSE;
    }
  if (age_ps * 1e-12 > MOST_AGE_S * ROUNDED)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "%s: more than 1000 y; up to that is accepted", text);
      return FALSE;
    }
  *age_s = age_ps * 1e-12;
  return TRUE;
}

char *
strata_age_to_text (double age_s)
{
  static const struct
  {
    const char *name;
    double s;
  } age_units[] = { { "y", 31536000 }, { "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 } };

  if (age_s >= 1000 * age_units[0].s)
    return g_strdup_printf ("%.0f y", age_s / age_units[0].s);
  for (guint i = 0; i + 1 < G_N_ELEMENTS (age_units); i++)
    if (age_s >= age_units[i].s * (1 - 1e-9))
      return g_strdup_printf ("%.3g %s", age_s / age_units[i].s, age_units[i].name);
  return g_strdup_printf ("%.3g s", age_s);
}

gboolean
strata_conditions_set (StrataConditions *self, const char *name, const char *text, GError **error)
{
  StrataPhysics found;
  double value;

  g_return_val_if_fail (self != NULL && name != NULL && text != NULL, FALSE);
  if (g_str_equal (name, "age") || g_str_equal (name, "calibrated-age"))
    {
      if (!strata_age_parse (text, &value, error))
        return FALSE;
      *(g_str_equal (name, "age") ? &self->age_s : &self->calibrated_age_s) = value;
      return TRUE;
    }
  if (g_str_equal (name, "temperature") && g_str_equal (text, "work"))
    {
      strata_conditions_set_at_work (self);
      return TRUE;
    }
  if (g_str_equal (name, "temperature"))
    return parse_quantity (text, STRATA_QUANTITY_TEMPERATURE, &self->temperature_c, error);
  if (g_str_equal (name, "without") || g_str_equal (name, "only"))
    {
      if (!strata_physics_parse (text, &found, error))
        return FALSE;
      self->physics_off = g_str_equal (name, "without") ? found : STRATA_PHYSICS_ALL & ~found;
      return TRUE;
    }
  g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
               "%s: no condition; age, calibrated-age, temperature, without and only are accepted", name);
  return FALSE;
}

void
strata_conditions_set_at_work (StrataConditions *self)
{
  g_return_if_fail (self != NULL);
  self->temperature_c = (double) INFINITY;
}

gboolean
strata_conditions_is_at_work (const StrataConditions *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->temperature_c == (double) INFINITY;
}

char *
strata_conditions_to_text (const StrataConditions *self)
{
  return strata_conditions_describe (self, (double) NAN, (double) NAN);
}

static void
append_temperature (GString *text, const StrataConditions *self, double coolest_c, double hottest_c)
{
  g_autofree char *coolest = NULL, *hottest = NULL;

  if (!strata_conditions_is_at_work (self))
    {
      g_string_append_printf (text, ", at %g °C", self->temperature_c);
      return;
    }
  g_string_append (text, ", at work");
  if (!isfinite (coolest_c) || !isfinite (hottest_c))
    return;
  coolest = g_strdup_printf ("%.1f", coolest_c), hottest = g_strdup_printf ("%.1f", hottest_c);
  g_string_append_printf (text, " (%s%s%s °C, each array at its own)", coolest,
                          g_str_equal (coolest, hottest) ? "" : " to ", g_str_equal (coolest, hottest) ? "" : hottest);
}

char *
strata_conditions_describe (const StrataConditions *self, double coolest_c, double hottest_c)
{
  g_autofree char *age = NULL, *calibrated = NULL;
  const char *separator = ", without ";
  GString *text;

  g_return_val_if_fail (self != NULL, NULL);
  age = strata_age_to_text (self->age_s), calibrated = strata_age_to_text (self->calibrated_age_s);
  text = g_string_new (NULL);
  if (self->age_s > 0)
    g_string_append_printf (text, "%s after programming, calibrated after %s", age, calibrated);
  else
    g_string_append (text, "just programmed");
  if (!isnan (self->temperature_c))
    append_temperature (text, self, coolest_c, hottest_c);
  for (guint i = 0; i < G_N_ELEMENTS (terms); i++)
    if ((self->physics_off & terms[i].term) != 0)
      {
        g_string_append_printf (text, "%s%s", separator, terms[i].name);
        separator = ", ";
      }
  return g_string_free (text, FALSE);
}

/* --- values --- */

gboolean
strata_conditions_equal (const StrataConditions *a, const StrataConditions *b)
{
  g_return_val_if_fail (a != NULL && b != NULL, FALSE);
  return a->physics_off == b->physics_off && a->age_s == b->age_s && a->calibrated_age_s == b->calibrated_age_s
         && (a->temperature_c == b->temperature_c || (isnan (a->temperature_c) && isnan (b->temperature_c)));
}

gboolean
strata_conditions_check (const StrataConditions *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  if (!(self->age_s >= 0 && self->age_s <= MOST_AGE_S * ROUNDED))
    g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                 "age: %g s; 0 to %g s (1000 y) since programming are accepted", self->age_s, MOST_AGE_S);
  else if (!(self->calibrated_age_s >= 0 && self->calibrated_age_s <= self->age_s))
    g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                 "calibration: at an age of %g s; 0 to the age of the reading, %g s, is accepted",
                 self->calibrated_age_s, self->age_s);
  else if (!strata_conditions_is_at_work (self) && (self->temperature_c < COLDEST_C || self->temperature_c > HOTTEST_C))
    g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                 "temperature: %g degC; %g to %g degC or work is accepted", self->temperature_c, COLDEST_C, HOTTEST_C);
  else
    return TRUE;
  return FALSE;
}

void
strata_conditions_free (StrataConditions *self)
{
  g_free (self);
}
