/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataValidation: rows of the table of published numbers as values.
 */
#include <strata/strata-validation.h>

#include "validation/published.h"

struct _StrataValidation
{
  gatomicrefcount n_owners;
  const StrataPublished *row;
  double ours;
};

G_DEFINE_BOXED_TYPE (StrataValidation, strata_validation, strata_validation_ref, strata_validation_unref)

StrataValidation *
strata_validation_ref (StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->n_owners);
  return self;
}

void
strata_validation_unref (StrataValidation *self)
{
  if (self != NULL && g_atomic_ref_count_dec (&self->n_owners))
    g_free (self);
}

GPtrArray *
strata_validation_list_published (void)
{
  int n = strata_published_count ();
  g_autofree double *ours = g_new (double, n);
  GPtrArray *list = g_ptr_array_new_full ((guint) n, (GDestroyNotify) strata_validation_unref);

  strata_published_compute (ours);
  for (int i = 0; i < n; i++)
    {
      StrataValidation *self = g_new0 (StrataValidation, 1);

      g_atomic_ref_count_init (&self->n_owners);
      self->row = strata_published_get (i);
      self->ours = ours[i];
      g_ptr_array_add (list, self);
    }
  return list;
}

const char *
strata_validation_get_name (const StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->row->name;
}

const char *
strata_validation_get_subject (const StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->row->subject;
}

const char *
strata_validation_get_what (const StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->row->what;
}

const char *
strata_validation_get_unit (const StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->row->unit;
}

const char *
strata_validation_get_source (const StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->row->source;
}

StrataValidationKind
strata_validation_get_kind (const StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, STRATA_VALIDATION_KIND_IDENTITY);
  return self->row->kind;
}

double
strata_validation_get_published (const StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->row->published;
}

double
strata_validation_get_ours (const StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->ours;
}

double
strata_validation_get_lowest (const StrataValidation *self)
{
  double lowest, highest;

  g_return_val_if_fail (self != NULL, 0);
  strata_published_range (self->row, &lowest, &highest);
  return lowest;
}

double
strata_validation_get_highest (const StrataValidation *self)
{
  double lowest, highest;

  g_return_val_if_fail (self != NULL, 0);
  strata_published_range (self->row, &lowest, &highest);
  return highest;
}

double
strata_validation_get_deviation (const StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->ours / self->row->published - 1;
}

gboolean
strata_validation_agrees (const StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return strata_published_agrees (self->row, self->ours);
}

const char *
strata_validation_get_known_miss (const StrataValidation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->row->miss;
}
