/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataChip: a frozen description as an object.
 */
#include "api/chip-private.h"

#include "cost/cost.h"

struct _StrataChip
{
  GObject parent_instance;
  StrataChipSpec *spec;
};

G_DEFINE_FINAL_TYPE (StrataChip, strata_chip, G_TYPE_OBJECT)

static void
strata_chip_finalize (GObject *object)
{
  strata_chip_spec_free (STRATA_CHIP (object)->spec);
  G_OBJECT_CLASS (strata_chip_parent_class)->finalize (object);
}

static void
strata_chip_class_init (StrataChipClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_chip_finalize;
}

static void
strata_chip_init (StrataChip *self)
{
}

const char *const *
strata_chip_list_names (void)
{
  return strata_chip_spec_names ();
}

StrataChip *
strata_chip_load (const char *name_or_path, GError **error)
{
  StrataChipSpec *spec;
  StrataChip *self;

  g_return_val_if_fail (name_or_path != NULL, NULL);
  spec = strata_chip_spec_load (name_or_path, error);
  if (spec == NULL)
    return NULL;
  self = g_object_new (STRATA_TYPE_CHIP, NULL);
  self->spec = spec;
  return self;
}

const StrataChipSpec *
strata_chip_get_spec (StrataChip *self)
{
  return self->spec;
}

const char *
strata_chip_get_name (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), NULL);
  return self->spec->name;
}

const char *
strata_chip_get_title (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), NULL);
  return self->spec->title;
}

char *
strata_chip_get_hash (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), NULL);
  return g_strdup_printf ("%016" G_GINT64_MODIFIER "x", self->spec->hash);
}

char *
strata_chip_to_yaml (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), NULL);
  return strata_chip_spec_print (self->spec);
}

int
strata_chip_get_n_stacks (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), 0);
  return self->spec->n_stacks;
}

int
strata_chip_get_n_tiers (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), 0);
  return self->spec->tiers;
}

int
strata_chip_get_n_rows (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), 0);
  return self->spec->rows;
}

int
strata_chip_get_n_columns (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), 0);
  return self->spec->columns;
}

int
strata_chip_get_n_slices (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), 0);
  return self->spec->slices;
}

gint64
strata_chip_get_n_arrays (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), 0);
  return strata_chip_arrays (self->spec);
}

gint64
strata_chip_get_n_weights (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), 0);
  return strata_chip_arrays (self->spec) * self->spec->rows * strata_chip_outputs (self->spec, self->spec->slices);
}

double
strata_chip_get_power_budget_mw (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), 0);
  return self->spec->p_budget_mw;
}

guint
strata_chip_get_n_fields (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), 0);
  return (guint) self->spec->n_provenance;
}

const char *
strata_chip_get_field (StrataChip *self, guint index, const char **text, const char **source, const char **tag)
{
  static const char *const tags[] = { [STRATA_TAG_ASSUMED] = "assumed",
                                      [STRATA_TAG_DERIVED] = "derived",
                                      [STRATA_TAG_PUBLISHED] = "published",
                                      [STRATA_TAG_MEASURED] = "measured" };
  const StrataProvenance *row;

  g_return_val_if_fail (STRATA_IS_CHIP (self), NULL);
  g_return_val_if_fail (index < (guint) self->spec->n_provenance, NULL);
  row = &self->spec->provenance[index];
  *text = row->text;
  *source = row->source;
  *tag = tags[row->tag];
  return row->field;
}

double
strata_chip_get_area_mm2 (StrataChip *self)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self), 0);
  return strata_cost_area (self->spec).die;
}

double
strata_chip_get_mvm_fj (StrataChip *self, StrataBand band)
{
  const StrataChipSpec *spec;

  g_return_val_if_fail (STRATA_IS_CHIP (self) && (guint) band < STRATA_N_BANDS, 0);
  spec = self->spec;
  return strata_cost_mvm_energy (spec, band, spec->rows, spec->rows, strata_chip_outputs (spec, spec->slices),
                                 spec->slices)
    .total;
}

gint64
strata_chip_get_mvm_ps (StrataChip *self, StrataBand band)
{
  const StrataChipSpec *spec;

  g_return_val_if_fail (STRATA_IS_CHIP (self) && (guint) band < STRATA_N_BANDS, 0);
  spec = self->spec;
  return strata_cost_mvm_ps (spec, band, strata_chip_outputs (spec, spec->slices), spec->slices, 1);
}

double
strata_chip_get_peak_tops_w (StrataChip *self, StrataBoundary boundary, StrataBand band)
{
  g_return_val_if_fail (STRATA_IS_CHIP (self) && (guint) band < STRATA_N_BANDS, 0);
  g_return_val_if_fail ((guint) boundary < STRATA_N_BOUNDARIES, 0);
  return strata_cost_peak_tops_w (self->spec, boundary, band);
}
