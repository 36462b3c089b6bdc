/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold between fields. Ranges come from the field table; contradictions are written out here, each with the
 * place of a field that the file gives.
 */
#include <string.h>

#include "chip/fields.h"

#define MAX_ARRAYS (1 << 24)

/* Row of provenance of @key, or NULL: descriptions made by hand have none. */
static const StrataProvenance *
row_of (const StrataChipSpec *chip, const char *key)
{
  for (int i = 0; i < chip->n_provenance; i++)
    if (strcmp (chip->provenance[i].field, key) == 0)
      return &chip->provenance[i];
  return NULL;
}

/* @keys: the fields involved, separated by spaces; the first that the file gives is named, with its place. */
static gboolean contradiction (const StrataChipSpec *chip, const char *keys, GError **error, const char *format, ...)
  G_GNUC_PRINTF (4, 5);

static gboolean
contradiction (const StrataChipSpec *chip, const char *keys, GError **error, const char *format, ...)
{
  g_auto (GStrv) list = g_strsplit (keys, " ", -1);
  const char *path = chip->path != NULL ? chip->path : "chip";
  g_autofree char *place = NULL;
  g_autofree char *message = NULL;
  const char *key = list[0];
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  for (int i = 0; list[i] != NULL && place == NULL; i++)
    {
      const StrataProvenance *row = row_of (chip, list[i]);

      if (row != NULL && row->line > 0)
        {
          key = list[i];
          place = g_strdup_printf ("%s:%d:%d", path, row->line, row->column);
        }
    }
  g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_CONTRADICTION, "%s: %s: %s", place != NULL ? place : path,
               key, message);
  return FALSE;
}

static gboolean
check_ranges (const StrataChipSpec *chip, GError **error)
{
  for (int i = 0; i < strata_fields_count (); i++)
    {
      const StrataField *field = strata_fields_get (i);

      for (int b = 0; b < (strata_field_is_banded (field) ? STRATA_N_BANDS : 1); b++)
        {
          double value = strata_field_value (field, chip, b);
          g_autofree char *low = NULL;
          g_autofree char *high = NULL;

          if (strata_field_in_range (field, value))
            continue;
          low = strata_field_print (field, field->min);
          high = strata_field_print (field, field->max);
          g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD, "%s: %s: out of range; %s to %s is accepted",
                       chip->path != NULL ? chip->path : "chip", field->key, low, high);
          return FALSE;
        }
    }
  return TRUE;
}

/* Of all other banded fields less is better. */
static gboolean
is_better_if_more (const StrataField *field)
{
  return strcmp (field->key, "eta_recovery") == 0 || strcmp (field->key, "endurance") == 0;
}

/* Results are bands because their constants are: one that is worse than its nominal value at the optimistic end turns
 * them round. */
static gboolean
check_bands (const StrataChipSpec *chip, GError **error)
{
  for (int i = 0; i < strata_fields_count (); i++)
    {
      const StrataField *field = strata_fields_get (i);
      double sign = is_better_if_more (field) ? -1 : 1, nominal = sign * strata_field_value (field, chip, 0);
      g_autofree char *bands = NULL;

      if (!strata_field_is_banded (field)
          || (sign * strata_field_value (field, chip, STRATA_BAND_OPTIMISTIC) <= nominal
              && sign * strata_field_value (field, chip, STRATA_BAND_CONSERVATIVE) >= nominal))
        continue;
      bands = strata_field_print_bands (field, chip);
      return contradiction (chip, field->key, error,
                            "%s: the optimistic value is at %s the nominal one, the conservative at %s", bands,
                            sign > 0 ? "most" : "least", sign > 0 ? "least" : "most");
    }
  return TRUE;
}

static gboolean
check_mesh (const StrataChipSpec *chip, GError **error)
{
  gint64 n_stacks = (gint64) chip->mesh_x * chip->mesh_y;

  if (chip->n_stacks != n_stacks)
    return contradiction (chip, "stacks mesh_x mesh_y", error,
                          "%d stacks on a mesh of %d x %d; write stacks: %" G_GINT64_FORMAT ", or leave it out",
                          chip->n_stacks, chip->mesh_x, chip->mesh_y, n_stacks);
  if (n_stacks * chip->tiers > MAX_ARRAYS)
    return contradiction (chip, "tiers stacks mesh_x mesh_y", error,
                          "%" G_GINT64_FORMAT " arrays; stacks x tiers of at most %d are accepted",
                          n_stacks * chip->tiers, MAX_ARRAYS);
  if (chip->hub_x2 > 2 * (chip->mesh_x - 1))
    return contradiction (chip, "hub_x mesh_x", error, "the hub is off the mesh; 0 to %d is accepted",
                          chip->mesh_x - 1);
  if (chip->hub_y2 > 2 * (chip->mesh_y - 1))
    return contradiction (chip, "hub_y mesh_y", error, "the hub is off the mesh; 0 to %d is accepted",
                          chip->mesh_y - 1);
  return TRUE;
}

static gboolean
check_array (const StrataChipSpec *chip, GError **error)
{
  if (chip->columns % chip->n_adc != 0)
    return contradiction (chip, "n_adc columns", error, "%d converters do not divide %d columns; write a divisor of %d",
                          chip->n_adc, chip->columns, chip->columns);
  if (chip->columns % chip->slices != 0)
    return contradiction (chip, "slices columns", error, "%d slices do not divide %d columns; write a divisor of %d",
                          chip->slices, chip->columns, chip->columns);
  if (chip->phase_bits > chip->input_bits)
    return contradiction (chip, "phase_bits input_bits", error,
                          "%d bits per phase of %d input bits; at most %d are accepted", chip->phase_bits,
                          chip->input_bits, chip->input_bits);
  if (chip->n_decks > chip->tiers)
    return contradiction (chip, "decks tiers", error, "%d decks of %d tiers; at most %d are accepted", chip->n_decks,
                          chip->tiers, chip->tiers);
  if (chip->summable_tiers > chip->tiers)
    return contradiction (chip, "summable_tiers tiers", error, "%d of %d tiers; at most %d are accepted",
                          chip->summable_tiers, chip->tiers, chip->tiers);
  return TRUE;
}

static gboolean
check_mode (const StrataChipSpec *chip, GError **error)
{
  for (int b = 0; b < STRATA_N_BANDS; b++)
    {
      if (chip->mode == STRATA_CHIP_COMPOSED
          && (chip->e_mvm_fj[b] > 0 || chip->t_mvm_ps[b] > 0 || chip->t_interval_ps[b] > 0))
        return contradiction (
          chip, "e_mvm t_mvm t_interval mode", error,
          "given, but mode is composed; write mode: lumped, or leave e_mvm, t_mvm and t_interval out");
      if (chip->mode == STRATA_CHIP_COMPOSED)
        continue;
      if (chip->e_mvm_fj[b] <= 0)
        return contradiction (chip, "mode", error, "lumped, but e_mvm is missing; give it, for example e_mvm: 10 nJ");
      if (chip->t_mvm_ps[b] <= 0)
        return contradiction (chip, "mode", error, "lumped, but t_mvm is missing; give it, for example t_mvm: 100 ns");
      if (chip->t_interval_ps[b] <= 0 || chip->t_interval_ps[b] > chip->t_mvm_ps[b])
        return contradiction (
          chip, "t_interval t_mvm", error,
          "an MVM takes t_mvm, and the next may follow after t_interval; at most t_mvm is accepted");
    }
  return TRUE;
}

static gboolean
check_heat (const StrataChipSpec *chip, GError **error)
{
  if (chip->package == STRATA_PACKAGE_SPREADER && chip->sink_mm <= chip->spreader_mm)
    return contradiction (chip, "sink spreader", error, "a sink of %g mm on a spreader of %g mm; it must be wider",
                          chip->sink_mm, chip->spreader_mm);
  if (chip->t_junction_max_c <= chip->t_ambient_c)
    return contradiction (chip, "t_junction_max t_ambient", error,
                          "the limit of %g degC is not above the ambient of %g degC; raise the one or lower the other",
                          chip->t_junction_max_c, chip->t_ambient_c);
  if (chip->t_skin_max_c <= chip->t_ambient_c)
    return contradiction (chip, "t_skin_max t_ambient", error,
                          "the limit of %g degC is not above the ambient of %g degC; raise the one or lower the other",
                          chip->t_skin_max_c, chip->t_ambient_c);
  return TRUE;
}

/* @dead is sorted, so that equal sites are neighbours. */
static gboolean
check_dead (const StrataChipSpec *chip, GError **error)
{
  for (int i = 0; i < chip->n_dead; i++)
    {
      StrataSite site = chip->dead[i];

      if (site.stack < 0 || site.stack >= chip->n_stacks || site.tier < 0 || site.tier >= chip->tiers)
        return contradiction (chip, "dead", error, "[%d, %d] does not exist; stacks 0 to %d and tiers 0 to %d do",
                              site.stack, site.tier, chip->n_stacks - 1, chip->tiers - 1);
      if (i > 0 && site.stack == chip->dead[i - 1].stack && site.tier == chip->dead[i - 1].tier)
        return contradiction (chip, "dead", error, "[%d, %d] a second time; keep one", site.stack, site.tier);
      if (i > 0
          && (site.stack < chip->dead[i - 1].stack
              || (site.stack == chip->dead[i - 1].stack && site.tier < chip->dead[i - 1].tier)))
        return contradiction (chip, "dead", error, "not sorted by stack, then tier");
    }
  if (strata_chip_arrays (chip) <= 0)
    return contradiction (chip, "dead", error, "every array is dead; at least one must work");
  return TRUE;
}

gboolean
strata_chip_spec_check (const StrataChipSpec *chip, GError **error)
{
  g_return_val_if_fail (chip != NULL, FALSE);
  return check_ranges (chip, error) && check_bands (chip, error) && check_mesh (chip, error)
         && check_array (chip, error) && check_mode (chip, error) && check_heat (chip, error)
         && check_dead (chip, error);
}
