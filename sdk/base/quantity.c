/* SPDX-License-Identifier: Apache-2.0
 *
 * One table of units; value in base unit = number * times / over (+ offset). Integers on both sides of the fraction
 * keep decimal values exact where a single factor such as 1e-3 would not.
 */
#include "base/quantity.h"

#include <math.h>
#include <string.h>

#define MAX_TEXT_BYTES 128

typedef struct
{
  StrataQuantityKind kind;
  const char *text;
  double times, over;
  gboolean shown; /* formatted values use it; within a kind in rising order */
} Unit;

#define KIND(name) STRATA_QUANTITY_##name

static const Unit units[] = {
  { KIND (NUMBER), "", 1, 1, TRUE },
  { KIND (NUMBER), "%", 1, 100, FALSE },
  { KIND (BIT), "bit", 1, 1, TRUE },
  { KIND (BIT), "bits", 1, 1, FALSE },
  { KIND (TIME), "ps", 1, 1, TRUE },
  { KIND (TIME), "ns", 1e3, 1, TRUE },
  { KIND (TIME), "us", 1e6, 1, TRUE },
  { KIND (TIME), "ms", 1e9, 1, TRUE },
  { KIND (TIME), "s", 1e12, 1, TRUE },
  { KIND (TIME), "min", 60e12, 1, FALSE },
  { KIND (TIME), "h", 3600e12, 1, FALSE },
  { KIND (TIME), "d", 86400e12, 1, FALSE },
  { KIND (TIME), "y", 31536000e12, 1, FALSE },
  { KIND (ENERGY), "aJ", 1, 1e3, TRUE },
  { KIND (ENERGY), "fJ", 1, 1, TRUE },
  { KIND (ENERGY), "pJ", 1e3, 1, TRUE },
  { KIND (ENERGY), "nJ", 1e6, 1, TRUE },
  { KIND (ENERGY), "uJ", 1e9, 1, TRUE },
  { KIND (ENERGY), "mJ", 1e12, 1, TRUE },
  { KIND (ENERGY), "J", 1e15, 1, TRUE },
  { KIND (ENERGY_PER_BYTE), "fJ/B", 1, 1, TRUE },
  { KIND (ENERGY_PER_BYTE), "pJ/B", 1e3, 1, TRUE },
  { KIND (ENERGY_PER_BYTE), "nJ/B", 1e6, 1, TRUE },
  { KIND (ENERGY_PER_BYTE), "fJ/bit", 8, 1, FALSE },
  { KIND (ENERGY_PER_BYTE), "pJ/bit", 8e3, 1, FALSE },
  { KIND (ENERGY_PER_BYTE_HOP), "fJ/B/hop", 1, 1, TRUE },
  { KIND (ENERGY_PER_BYTE_HOP), "pJ/B/hop", 1e3, 1, TRUE },
  { KIND (ENERGY_PER_BYTE_HOP), "fJ/bit/hop", 8, 1, FALSE },
  { KIND (ENERGY_PER_BYTE_HOP), "pJ/bit/hop", 8e3, 1, FALSE },
  { KIND (POWER), "nW", 1, 1e6, TRUE },
  { KIND (POWER), "uW", 1, 1e3, TRUE },
  { KIND (POWER), "mW", 1, 1, TRUE },
  { KIND (POWER), "W", 1e3, 1, TRUE },
  { KIND (POWER), "kW", 1e6, 1, TRUE },
  { KIND (POWER_PER_AREA), "uW/mm2", 1, 1e3, TRUE },
  { KIND (POWER_PER_AREA), "mW/mm2", 1, 1, TRUE },
  { KIND (POWER_PER_AREA), "W/mm2", 1e3, 1, TRUE },
  { KIND (POWER_PER_AREA), "W/cm2", 10, 1, FALSE },
  { KIND (VOLTAGE), "uV", 1, 1e6, TRUE },
  { KIND (VOLTAGE), "mV", 1, 1e3, TRUE },
  { KIND (VOLTAGE), "V", 1, 1, TRUE },
  { KIND (CURRENT), "fA", 1, 1e3, TRUE },
  { KIND (CURRENT), "pA", 1, 1, TRUE },
  { KIND (CURRENT), "nA", 1e3, 1, TRUE },
  { KIND (CAPACITANCE), "aF", 1, 1e3, FALSE },
  { KIND (CAPACITANCE), "fF", 1, 1, TRUE },
  { KIND (CAPACITANCE), "pF", 1e3, 1, TRUE },
  { KIND (CAPACITANCE), "nF", 1e6, 1, TRUE },
  { KIND (LENGTH), "nm", 1, 1, TRUE },
  { KIND (LENGTH), "um", 1e3, 1, TRUE },
  { KIND (LENGTH), "mm", 1e6, 1, TRUE },
  { KIND (LENGTH), "cm", 1e7, 1, FALSE },
  { KIND (LENGTH), "m", 1e9, 1, TRUE },
  { KIND (AREA), "nm2", 1, 1e6, FALSE },
  { KIND (AREA), "um2", 1, 1, TRUE },
  { KIND (AREA), "mm2", 1e6, 1, TRUE },
  { KIND (AREA), "cm2", 1e8, 1, FALSE },
  { KIND (FREQUENCY), "Hz", 1, 1, TRUE },
  { KIND (FREQUENCY), "kHz", 1e3, 1, TRUE },
  { KIND (FREQUENCY), "MHz", 1e6, 1, TRUE },
  { KIND (FREQUENCY), "GHz", 1e9, 1, TRUE },
  { KIND (FREQUENCY), "1/s", 1, 1, FALSE },
  { KIND (FREQUENCY), "/s", 1, 1, FALSE },
  { KIND (FREQUENCY), "fps", 1, 1, FALSE },
  { KIND (BYTES), "B", 1, 1, TRUE },
  { KIND (BYTES), "KB", 1e3, 1, FALSE },
  { KIND (BYTES), "kB", 1e3, 1, TRUE },
  { KIND (BYTES), "KiB", 1024, 1, FALSE },
  { KIND (BYTES), "MB", 1e6, 1, TRUE },
  { KIND (BYTES), "MiB", 1048576, 1, FALSE },
  { KIND (BYTES), "GB", 1e9, 1, TRUE },
  { KIND (BYTES), "GiB", 1073741824, 1, FALSE },
  { KIND (BYTES), "TB", 1e12, 1, TRUE },
  { KIND (BYTE_RATE), "B/s", 1, 1e9, TRUE },
  { KIND (BYTE_RATE), "kB/s", 1, 1e6, TRUE },
  { KIND (BYTE_RATE), "KB/s", 1, 1e6, FALSE },
  { KIND (BYTE_RATE), "MB/s", 1, 1e3, TRUE },
  { KIND (BYTE_RATE), "GB/s", 1, 1, TRUE },
  { KIND (BYTE_RATE), "TB/s", 1e3, 1, TRUE },
  { KIND (BYTE_RATE), "B/ns", 1, 1, FALSE },
  { KIND (BYTE_RATE), "Mbit/s", 1, 8e3, FALSE },
  { KIND (BYTE_RATE), "Gbit/s", 1, 8, FALSE },
  { KIND (OP_RATE), "op/s", 1, 1, TRUE },
  { KIND (OP_RATE), "kop/s", 1e3, 1, TRUE },
  { KIND (OP_RATE), "Mop/s", 1e6, 1, TRUE },
  { KIND (OP_RATE), "Gop/s", 1e9, 1, TRUE },
  { KIND (OP_RATE), "Top/s", 1e12, 1, TRUE },
  { KIND (TEMPERATURE), "degC", 1, 1, TRUE },
  { KIND (TEMPERATURE), "K", 1, 1, FALSE },
  { KIND (THERMAL_RESISTANCE), "mK/W", 1, 1e3, FALSE },
  { KIND (THERMAL_RESISTANCE), "K/W", 1, 1, TRUE },
  { KIND (HEAT_CAPACITY), "mJ/K", 1, 1e3, TRUE },
  { KIND (HEAT_CAPACITY), "J/K", 1, 1, TRUE },
  { KIND (CONDUCTIVITY), "W/mK", 1, 1, TRUE },
  { KIND (CONDUCTIVITY), "W/m/K", 1, 1, FALSE },
  { KIND (VOLUMETRIC_HEAT), "J/m3K", 1, 1, TRUE },
  { KIND (VOLUMETRIC_HEAT), "kJ/m3K", 1e3, 1, FALSE },
  { KIND (VOLUMETRIC_HEAT), "MJ/m3K", 1e6, 1, FALSE },
  { KIND (DEFECT_DENSITY), "1/cm2", 1, 1, TRUE },
  { KIND (DEFECT_DENSITY), "/cm2", 1, 1, FALSE },
  { KIND (DEFECT_DENSITY), "1/mm2", 100, 1, FALSE },
  { KIND (ELECTRONVOLT), "meV", 1, 1e3, TRUE },
  { KIND (ELECTRONVOLT), "eV", 1, 1, TRUE },
  { KIND (MONEY), "USD", 1, 1, TRUE },
  { KIND (MONEY), "$", 1, 1, FALSE },
};

static const struct
{
  const char *noun, *example;
} kinds[STRATA_N_QUANTITIES] = {
  [KIND (NUMBER)] = { "a plain number", "0.3" },
  [KIND (BIT)] = { "a number of bits", "8 bit" },
  [KIND (TIME)] = { "a time", "50 ns" },
  [KIND (ENERGY)] = { "an energy", "4 pJ" },
  [KIND (ENERGY_PER_BYTE)] = { "an energy per byte", "0.6 pJ/B" },
  [KIND (ENERGY_PER_BYTE_HOP)] = { "an energy per byte and hop", "0.8 pJ/B/hop" },
  [KIND (POWER)] = { "a power", "300 mW" },
  [KIND (POWER_PER_AREA)] = { "a power per area", "0.5 mW/mm2" },
  [KIND (VOLTAGE)] = { "a voltage", "0.8 V" },
  [KIND (CURRENT)] = { "a current", "1 pA" },
  [KIND (CAPACITANCE)] = { "a capacitance", "0.5 fF" },
  [KIND (LENGTH)] = { "a length", "60 nm" },
  [KIND (AREA)] = { "an area", "0.16 um2" },
  [KIND (FREQUENCY)] = { "a frequency", "500 MHz" },
  [KIND (BYTES)] = { "a size in bytes", "2 MB" },
  [KIND (BYTE_RATE)] = { "a data rate", "12.8 GB/s" },
  [KIND (OP_RATE)] = { "a rate of operations", "64 Gop/s" },
  [KIND (TEMPERATURE)] = { "a temperature", "85 degC" },
  [KIND (THERMAL_RESISTANCE)] = { "a thermal resistance", "35 K/W" },
  [KIND (HEAT_CAPACITY)] = { "a heat capacity", "1 J/K" },
  [KIND (CONDUCTIVITY)] = { "a thermal conductivity", "1.2 W/mK" },
  [KIND (VOLUMETRIC_HEAT)] = { "a heat capacity per volume", "1.7e6 J/m3K" },
  [KIND (DEFECT_DENSITY)] = { "a defect density", "0.1 1/cm2" },
  [KIND (ELECTRONVOLT)] = { "an energy in electronvolts", "1.1 eV" },
  [KIND (MONEY)] = { "an amount of money", "2700 USD" },
};

static const struct
{
  const char *from, *to;
} spellings[] = {
  { "µ", "u" }, { "μ", "u" }, { "²", "2" }, { "³", "3" }, { "°", "deg" }, { "·", "" },
  { "*", "" },  { " ", "" },  { "(", "" },  { ")", "" },  { "^", "" },
};

/* One spelling per unit: "W/(m K)" and "W/mK", "µs" and "us". (transfer full) */
static char *
plain_spelling (const char *text)
{
  GString *plain = g_string_new (NULL);

  while (*text != '\0')
    {
      guint i = 0;

      while (i < G_N_ELEMENTS (spellings) && !g_str_has_prefix (text, spellings[i].from))
        i++;
      if (i < G_N_ELEMENTS (spellings))
        {
          g_string_append (plain, spellings[i].to);
          text += strlen (spellings[i].from);
        }
      else
        g_string_append_c (plain, *text++);
    }
  return g_string_free (plain, FALSE);
}

static const Unit *
find_unit (const char *text, StrataQuantityKind kind, const Unit **of_other_kind)
{
  g_autofree char *plain = plain_spelling (text);

  *of_other_kind = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      if (strcmp (plain, units[i].text) != 0)
        continue;
      if (units[i].kind == kind)
        return &units[i];
      if (*of_other_kind == NULL)
        *of_other_kind = &units[i];
    }
  return NULL;
}

/* "fJ", "pJ", …: the units of a kind, separated by commas. (transfer full) */
static char *
list_units (StrataQuantityKind kind)
{
  GString *list = g_string_new (NULL);

  g_assert ((guint) kind < STRATA_N_QUANTITIES);
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (units[i].kind == kind && units[i].text[0] != '\0')
      g_string_append_printf (list, "%s%s", list->len == 0 ? "" : ", ", units[i].text);
  return g_string_free (list, FALSE);
}

/* A decimal number at the start of @text: no hexadecimal, no infinity, no NaN. */
static gboolean
read_number (const char *text, double *value, const char **rest)
{
  const char *digits = text + (*text == '+' || *text == '-');
  char *end;

  if (!g_ascii_isdigit (*digits) && !(*digits == '.' && g_ascii_isdigit (digits[1])))
    return FALSE;
  if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
    return FALSE;
  *value = g_ascii_strtod (text, &end);
  *rest = end;
  return isfinite (*value);
}

static gboolean
refuse_unit (const char *text, const char *unit, const Unit *other, StrataQuantityKind kind, GError **error)
{
  g_autofree char *accepted = list_units (kind);

  if (kind == STRATA_QUANTITY_NUMBER)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"%s\" has a unit; write a plain number like \"%s\"",
                 text, kinds[kind].example);
  else if (*unit == '\0')
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"%s\" has no unit; write it like \"%s\" (units: %s)",
                 text, kinds[kind].example, accepted);
  else if (other != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "\"%s\" is %s, not %s; write it like \"%s\" (units: %s)", text, kinds[other->kind].noun,
                 kinds[kind].noun, kinds[kind].example, accepted);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"%s\" has the unknown unit \"%s\"; accepted: %s",
                 text, unit, accepted);
  return FALSE;
}

gboolean
strata_quantity_parse (const char *text, StrataQuantityKind kind, double *value_in_base_unit, GError **error)
{
  g_autofree char *trimmed = NULL;
  const char *rest;
  const Unit *unit, *other;
  double number;

  g_return_val_if_fail (text != NULL && (guint) kind < STRATA_N_QUANTITIES, FALSE);
  if (strlen (text) > MAX_TEXT_BYTES || !g_utf8_validate (text, -1, NULL))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "the value is not %s; write it like \"%s\"",
                   kinds[kind].noun, kinds[kind].example);
      return FALSE;
    }
  trimmed = g_strstrip (g_strdup (text));
  if (!read_number (trimmed, &number, &rest))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"%s\" is not %s; write it like \"%s\"", trimmed,
                   kinds[kind].noun, kinds[kind].example);
      return FALSE;
    }
  while (*rest == ' ')
    rest++;
  unit = find_unit (rest, kind, &other);
  if (unit == NULL)
    return refuse_unit (trimmed, rest, other, kind, error);
  number = number * unit->times / unit->over;
  if (unit->kind == STRATA_QUANTITY_TEMPERATURE && strcmp (unit->text, "K") == 0)
    number -= 273.15;
  if (!isfinite (number))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"%s\" is too large; write it like \"%s\"", trimmed,
                   kinds[kind].example);
      return FALSE;
    }
  *value_in_base_unit = number;
  return TRUE;
}

/* The largest shown unit in which the value is at least @least, or the smallest there is. Zero stands in the base unit.
 */
static const Unit *
unit_for (double value, StrataQuantityKind kind, double least)
{
  const Unit *best = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      if (units[i].kind != kind || !units[i].shown)
        continue;
      if (value == 0 && units[i].times == units[i].over)
        return &units[i];
      if (best == NULL || fabs (value) * units[i].over / units[i].times >= least)
        best = &units[i];
    }
  return best;
}

static char *
with_unit (const char *digits, const Unit *unit)
{
  return unit->text[0] == '\0' ? g_strdup (digits) : g_strdup_printf ("%s %s", digits, unit->text);
}

/* As the reader wants to see it: "µs", "mm²", "°C". (transfer full) */
static char *
typeset (const char *text)
{
  static const struct
  {
    const char *from, *to;
  } signs[] = { { " u", " µ" }, { "m2", "m²" }, { "m3", "m³" }, { "degC", "°C" } };
  GString *result = g_string_new (text);

  for (guint i = 0; i < G_N_ELEMENTS (signs); i++)
    g_string_replace (result, signs[i].from, signs[i].to, 0);
  return g_string_free (result, FALSE);
}

char *
strata_quantity_format (double value, StrataQuantityKind kind)
{
  const Unit *unit;
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *plain = NULL;
  double shown;

  g_return_val_if_fail ((guint) kind < STRATA_N_QUANTITIES, NULL);
  if (!isfinite (value))
    return g_strdup ("unavailable");
  unit = unit_for (value, kind, 0.9995);
  shown = value * unit->over / unit->times;
  g_ascii_formatd (digits, sizeof digits, fabs (shown) >= 999.5 && fabs (shown) < 1e15 ? "%.0f" : "%.3g", shown);
  plain = with_unit (digits, unit);
  return typeset (plain);
}

char *
strata_quantity_print (double value, StrataQuantityKind kind)
{
  const Unit *unit;
  char base_digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_return_val_if_fail ((guint) kind < STRATA_N_QUANTITIES, NULL);
  unit = unit_for (value, kind, 1);
  for (int n_digits = 15; n_digits <= 17; n_digits++)
    {
      g_autofree char *format = g_strdup_printf ("%%.%dg", n_digits);
      char digits[G_ASCII_DTOSTR_BUF_SIZE];
      g_autofree char *text = NULL;
      double again;

      g_ascii_formatd (digits, sizeof digits, format, value * unit->over / unit->times);
      text = with_unit (digits, unit);
      if (strata_quantity_parse (text, kind, &again, NULL) && again == value)
        return g_steal_pointer (&text);
    }
  /* No decimal in that unit rounds to the value: the base unit, where nothing is converted. */
  unit = unit_for (0, kind, 0);
  g_ascii_dtostr (base_digits, sizeof base_digits, value);
  return with_unit (base_digits, unit);
}
