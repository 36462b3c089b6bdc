/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataChip: a frozen description as an object.
 */
#include "api/chip-private.h"

#include <math.h>

#include "cost/cost.h"
#include "device/program-private.h"

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

StrataChip *
strata_chip_parse (const char *text, const char *origin, GError **error)
{
  StrataChipSpec *spec;
  StrataChip *self;

  g_return_val_if_fail (text != NULL && origin != NULL, NULL);
  spec = strata_chip_spec_parse (text, -1, origin, error);
  if (spec == NULL)
    return NULL;
  self = g_object_new (STRATA_TYPE_CHIP, NULL);
  self->spec = spec;
  return self;
}

StrataChip *
strata_chip_of_program (StrataProgram *program)
{
  const StrataChipSpec *chip;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  StrataChip *self;

  g_return_val_if_fail (STRATA_IS_PROGRAM (program), NULL);
  chip = strata_program_get_image (program)->chip;
  text = strata_chip_spec_print (chip);
  self = strata_chip_parse (text, chip->path, &error);
  g_assert_no_error (error); /* programs are made and read by parsing such a text */
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

/* In the order of the list below */
static void
fill_cost_figures (const StrataChipSpec *chip, double *value)
{
  StrataPrice price = strata_cost_price (chip);
  double n_weights = (double) chip->n_stacks * chip->tiers - chip->n_dead;
  int i = 0;

  n_weights *= (double) chip->rows * strata_chip_outputs (chip, chip->slices);
  value[i++] = price.area_mm2;
  value[i++] = price.n_dies;
  value[i++] = price.dies_per_wafer;
  value[i++] = price.good_per_wafer;
  value[i++] = price.yield.base;
  value[i++] = price.yield.bond;
  value[i++] = price.yield.deck;
  value[i++] = price.yield.rows;
  value[i++] = price.yield.columns;
  value[i++] = price.yield.array;
  value[i++] = price.yield.stack;
  value[i++] = price.yield.stacks;
  value[i++] = price.yield.total;
  value[i++] = price.cmos_usd;
  value[i++] = price.stack_usd;
  value[i++] = price.bond_usd;
  value[i++] = price.test_usd;
  value[i++] = price.package_usd;
  value[i++] = price.dram_usd;
  value[i++] = price.total_usd;
  value[i++] = n_weights;
  value[i++] = price.total_usd / n_weights * 1e9;
}

static const char *const cost_names[] = {
  "area_mm2",   "dies",       "dies_per_wafer", "good_per_wafer",  "yield_base",  "yield_bond",
  "yield_deck", "yield_rows", "yield_columns",  "yield_array",     "yield_stack", "yield_stacks",
  "yield",      "cmos_usd",   "stack_usd",      "bond_usd",        "test_usd",    "package_usd",
  "dram_usd",   "total_usd",  "weights",        "usd_per_billion", NULL
};

const char *const *
strata_chip_list_cost_figures (void)
{
  return cost_names;
}

double
strata_chip_get_cost_figure (StrataChip *self, const StrataChipVariant *variant, const char *name)
{
  double value[G_N_ELEMENTS (cost_names) - 1];
  StrataCostVariant other = { 0, -1, -1, -1 };
  StrataChipSpec chip;

  g_return_val_if_fail (STRATA_IS_CHIP (self), (double) NAN);
  g_return_val_if_fail (name != NULL, (double) NAN);
  if (variant != NULL)
    other = (StrataCostVariant){ variant->tiers, variant->spare_tiers, variant->spare_rows, variant->spare_columns };
  chip = strata_cost_vary (self->spec, &other);
  fill_cost_figures (&chip, value);
  for (guint i = 0; i < G_N_ELEMENTS (value); i++)
    if (g_str_equal (cost_names[i], name))
      return value[i];
  return (double) NAN;
}
