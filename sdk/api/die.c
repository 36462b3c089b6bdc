/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataDie: a die description as an object, and fitting programs to it.
 */
#include "strata/strata-die.h"

#include "compiler/fit.h"
#include "device/program-private.h"

struct _StrataDie
{
  GObject parent_instance;
  StrataDieSpec *spec;
  int n_spare_tiers; /* below 0: all */
};

G_DEFINE_FINAL_TYPE (StrataDie, strata_die, G_TYPE_OBJECT)

static void
strata_die_finalize (GObject *object)
{
  strata_die_spec_free (STRATA_DIE (object)->spec);
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

/* Takes @spec; NULL passes through. */
static StrataDie *
new_die (StrataDieSpec *spec)
{
  StrataDie *self;

  if (spec == NULL)
    return NULL;
  self = g_object_new (STRATA_TYPE_DIE, NULL);
  self->spec = spec;
  return self;
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
  return new_die (strata_die_spec_load (path, error));
}

StrataDie *
strata_die_suppose (StrataProgram *program, const char *words, GError **error)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (program), NULL);
  g_return_val_if_fail (words != NULL, NULL);
  return new_die (strata_die_spec_suppose (strata_program_get_image (program)->chip, words, error));
}

void
strata_die_set_spare_tiers (StrataDie *self, int n_spare_tiers)
{
  g_return_if_fail (STRATA_IS_DIE (self));
  self->n_spare_tiers = n_spare_tiers;
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
  static const char *const names[] = { "dead_arrays",      "dead_rows",   "dead_columns", "repaired_lines",
                                       "used_spare_tiers", "weak_arrays", "lost_arrays",  NULL };

  return names;
}

int
strata_die_get_count (StrataDie *self, const char *name)
{
  g_autoptr (StrataDieRepair) repair = NULL;

  g_return_val_if_fail (STRATA_IS_DIE (self), -1);
  g_return_val_if_fail (name != NULL, -1);
  repair = strata_die_repair (self->spec, self->n_spare_tiers);
  const int counts[] = { self->spec->n_dead,    self->spec->n_rows, self->spec->n_columns, repair->n_lines,
                         repair->n_spare_tiers, repair->n_weak,     repair->n_lost };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    if (g_str_equal (strata_die_list_counts ()[i], name))
      return counts[i];
  return -1;
}

StrataProgram *
strata_die_fit (StrataDie *self, StrataProgram *program, StrataDieFit *fit, GCancellable *cancellable, GError **error)
{
  StrataFitOptions options = { .cancellable = cancellable };
  StrataFitCounts counts;
  StrataImage *image;

  g_return_val_if_fail (STRATA_IS_DIE (self), NULL);
  g_return_val_if_fail (STRATA_IS_PROGRAM (program), NULL);
  options.n_spare_tiers = self->n_spare_tiers;
  image = strata_fit (strata_program_get_image (program), self->spec, &options, &counts, error);
  if (image == NULL)
    return NULL;
  if (fit != NULL)
    *fit = (StrataDieFit){ counts.n_arrays,     counts.n_spared,      counts.n_kept,
                           counts.n_moved_tier, counts.n_moved_stack, counts.replaced };
  return strata_program_new_from_image (image);
}
