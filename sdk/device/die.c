/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataDie: a die description as an object, and whether a program is one for it.
 */
#include "device/die-private.h"

#include "device/program-private.h"
#include "program/needs.h"

struct _StrataDie
{
  GObject parent_instance;
  StrataDieSpec *spec;
  int n_spare_tiers; /* below 0: all */
  StrataDieRepair *repair;
};

G_DEFINE_FINAL_TYPE (StrataDie, strata_die, G_TYPE_OBJECT)

static void
strata_die_finalize (GObject *object)
{
  StrataDie *self = STRATA_DIE (object);

  strata_die_repair_free (self->repair);
  strata_die_spec_free (self->spec);
  G_OBJECT_CLASS (strata_die_parent_class)->finalize (object);
}

static void
strata_die_class_init (StrataDieClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_die_finalize;
}

static void
strata_die_init (StrataDie *self)
{
  self->n_spare_tiers = -1;
}

StrataDie *
strata_die_new_from_spec (StrataDieSpec *spec)
{
  StrataDie *self;

  if (spec == NULL)
    return NULL;
  self = g_object_new (STRATA_TYPE_DIE, NULL);
  self->spec = spec;
  self->repair = strata_die_repair (spec, self->n_spare_tiers);
  return self;
}

const StrataDieSpec *
strata_die_get_spec (StrataDie *self)
{
  return self->spec;
}

int
strata_die_get_n_spare_tiers (StrataDie *self)
{
  return self->n_spare_tiers;
}

StrataDieState
strata_die_get_state (StrataDie *self, StrataDieUse use)
{
  return (StrataDieState){ self->spec, use == STRATA_DIE_UNFITTED ? NULL : self->repair };
}

gboolean
strata_die_is_file (const char *path)
{
  g_return_val_if_fail (path != NULL, FALSE);
  return strata_die_spec_is_file (path);
}

StrataDie *
strata_die_load (const char *path, GError **error)
{
  g_return_val_if_fail (path != NULL, NULL);
  return strata_die_new_from_spec (strata_die_spec_load (path, error));
}

StrataDie *
strata_die_suppose (StrataProgram *program, const char *words, GError **error)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (program), NULL);
  g_return_val_if_fail (words != NULL, NULL);
  return strata_die_new_from_spec (strata_die_spec_suppose (strata_program_get_image (program)->chip, words, error));
}

void
strata_die_set_spare_tiers (StrataDie *self, int n_spare_tiers)
{
  g_return_if_fail (STRATA_IS_DIE (self));
  self->n_spare_tiers = n_spare_tiers;
  strata_die_repair_free (self->repair);
  self->repair = strata_die_repair (self->spec, n_spare_tiers);
}

const char *
strata_die_get_serial (StrataDie *self)
{
  g_return_val_if_fail (STRATA_IS_DIE (self), NULL);
  return self->spec->serial;
}

const char *
strata_die_get_chip_name (StrataDie *self)
{
  g_return_val_if_fail (STRATA_IS_DIE (self), NULL);
  return self->spec->chip->name;
}

char *
strata_die_get_hash (StrataDie *self)
{
  g_return_val_if_fail (STRATA_IS_DIE (self), NULL);
  return g_strdup_printf ("%016" G_GINT64_MODIFIER "x", self->spec->hash);
}

char *
strata_die_to_yaml (StrataDie *self)
{
  g_return_val_if_fail (STRATA_IS_DIE (self), NULL);
  return strata_die_spec_print (self->spec);
}

const char *const *
strata_die_list_counts (void)
{
  static const char *const names[] = {
    "dead_arrays",    "dead_rows",        "dead_columns", "converters",  "stuck_cells", "tested_arrays",
    "repaired_lines", "used_spare_tiers", "weak_arrays",  "lost_arrays", NULL
  };

  return names;
}

int
strata_die_get_count (StrataDie *self, const char *name)
{
  g_return_val_if_fail (STRATA_IS_DIE (self), -1);
  g_return_val_if_fail (name != NULL, -1);
  const StrataDieSpec *spec = self->spec;
  const StrataDieRepair *repair = self->repair;
  const int counts[] = { spec->n_dead,   spec->n_rows,    spec->n_columns,       spec->n_converters, spec->n_cells,
                         spec->n_tested, repair->n_lines, repair->n_spare_tiers, repair->n_weak,     repair->n_lost };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    if (g_str_equal (strata_die_list_counts ()[i], name))
      return counts[i];
  return -1;
}

static gboolean
refuse_tile (StrataDie *self, const StrataImage *image, int tile, GError **error)
{
  const StrataSite site = image->placement->site[tile];
  const StrataDieArray *array = strata_die_repair_find (self->repair, site);

  g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM,
               "die %s: the program has layer %s on stack %d tier %d, of which %d rows and %d columns work; fit it to "
               "the die with strata_die_fit (), or run it unfitted",
               self->spec->serial, image->graph->ops[image->tiles->tiles[tile].op].name, site.stack, site.tier,
               array == NULL ? self->spec->chip->rows : array->rows,
               array == NULL ? self->spec->chip->columns : array->columns);
  return FALSE;
}

gboolean
strata_die_takes (StrataDie *self, StrataProgram *program, StrataDieUse use, GError **error)
{
  const StrataImage *image;
  const StrataChipSpec *chip;
  int tile;

  g_return_val_if_fail (STRATA_IS_DIE (self), FALSE);
  g_return_val_if_fail (STRATA_IS_PROGRAM (program), FALSE);
  image = strata_program_get_image (program);
  chip = self->spec->chip;
  if (!strata_chip_spec_covers (image->chip, chip) && !strata_chip_spec_covers (chip, image->chip))
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM,
                   "die %s is one of chip %s, and the program was compiled for another, %s; compile it for the die's "
                   "chip",
                   self->spec->serial, chip->name, image->chip->name);
      return FALSE;
    }
  tile =
    use == STRATA_DIE_UNFITTED ? -1 : strata_tile_set_find_unmet (image->tiles, image->placement, chip, self->repair);
  return tile < 0 || refuse_tile (self, image, tile, error);
}
