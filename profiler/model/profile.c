/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataProfile: opening, the accessors of its rows, and SQL on its file.
 */
#include "model/profile-private.h"

#include <math.h>

#include "analysis/derive.h"
#include "model/query.h"
#include "store/schema.h"

G_DEFINE_FINAL_TYPE (StrataProfile, strata_profile, G_TYPE_OBJECT)

static void
strata_profile_finalize (GObject *object)
{
  StrataProfile *self = STRATA_PROFILE (object);

  if (self->tracks != NULL)
    for (gsize i = 0; i < 2 * self->rows->n_units; i++)
      strata_track_finish (&self->tracks[i]);
  g_free (self->tracks);
  g_free (self->verdicts);
  strata_rows_free (self->rows);
  sqlite3_close (self->db);
  g_mutex_clear (&self->lock);
  g_free (self->path);
  G_OBJECT_CLASS (strata_profile_parent_class)->finalize (object);
}

static void
strata_profile_class_init (StrataProfileClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_profile_finalize;
}

static void
strata_profile_init (StrataProfile *self)
{
  g_mutex_init (&self->lock);
}

/* --- opening --- */

static void
get_track_events (StrataProfile *self, gsize track, StrataProfileEvents *events)
{
  const StrataEventTable *table = &self->rows->events;
  gsize first = table->first[track];

  if (table->first[track + 1] == first)
    {
      *events = (StrataProfileEvents){ 0 };
      return;
    }
  *events = (StrataProfileEvents){
    .n_events = table->first[track + 1] - first,
    .start_ps = table->start_ps + first,
    .duration_ps = table->duration_ps + first,
    .energy_fj = table->energy_fj + first,
    .n_actions = table->n_actions + first,
    .layer = table->layer + first,
    .instruction = table->instruction + first,
    .burst = table->burst + first,
    .tier = table->tier + first,
    .flags = table->flags + first,
  };
}

static void
make_tracks (StrataProfile *self)
{
  gsize n_tracks = 2 * self->rows->n_units;

  self->tracks = g_new0 (StrataTrack, MAX (n_tracks, 1));
  for (gsize track = 0; track < n_tracks; track++)
    {
      StrataProfileEvents events;

      get_track_events (self, track, &events);
      strata_track_init (&self->tracks[track], &events);
    }
}

StrataProfile *
strata_profile_open (const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (StrataProfile) self = NULL;
  const char *what = NULL;

  g_return_val_if_fail (path != NULL, NULL);

  self = g_object_new (STRATA_TYPE_PROFILE, NULL);
  self->path = g_strdup (path);
  self->db = strata_store_open (path, error);
  if (self->db == NULL)
    return NULL;
  self->rows = strata_store_load (self->db, path, cancellable, error);
  if (self->rows == NULL)
    return NULL;
  if (!strata_derive (self->rows, &what))
    {
      strata_store_set_damaged (error, path, "%s", what);
      return NULL;
    }
  self->verdicts = strata_derive_verdicts (self->rows, &self->n_verdicts);
  make_tracks (self);
  return g_steal_pointer (&self);
}

static void
open_thread_cb (GTask *task, gpointer source, gpointer path, GCancellable *cancellable)
{
  GError *error = NULL;
  StrataProfile *profile = strata_profile_open (path, cancellable, &error);

  if (profile != NULL)
    g_task_return_pointer (task, profile, g_object_unref);
  else
    g_task_return_error (task, error);
}

void
strata_profile_open_async (const char *path,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (path != NULL);

  task = g_task_new (NULL, cancellable, callback, user_data);
  g_task_set_source_tag (task, strata_profile_open_async);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, open_thread_cb);
}

StrataProfile *
strata_profile_open_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- the file --- */

gboolean
strata_profile_check (StrataProfile *self, GCancellable *cancellable, GError **error)
{
  gboolean is_sound;

  g_return_val_if_fail (STRATA_IS_PROFILE (self), FALSE);

  g_mutex_lock (&self->lock);
  is_sound = strata_store_check (self->db, self->path, cancellable, error);
  g_mutex_unlock (&self->lock);
  return is_sound;
}

char *
strata_profile_content_hash (StrataProfile *self, GCancellable *cancellable, GError **error)
{
  char *hash;

  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);

  g_mutex_lock (&self->lock);
  hash = strata_store_content_hash (self->db, self->rows, self->path, cancellable, error);
  g_mutex_unlock (&self->lock);
  return hash;
}

StrataProfileTable *
strata_profile_query (StrataProfile *self, const char *sql, guint max_rows, GCancellable *cancellable, GError **error)
{
  StrataProfileTable *table;

  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);
  g_return_val_if_fail (sql != NULL, NULL);

  g_mutex_lock (&self->lock);
  table = strata_query_run (self->db, self->path, sql, max_rows, cancellable, error);
  g_mutex_unlock (&self->lock);
  return table;
}

const char *
strata_profile_get_schema_sql (void)
{
  return strata_store_schema_sql ();
}

/* --- names and numbers --- */

const char *
strata_profile_get_path (StrataProfile *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);

  return self->path;
}

const char *
strata_profile_get_run_name (StrataProfile *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);

  return self->rows->run.run_name;
}

const char *
strata_profile_get_model_name (StrataProfile *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);

  return self->rows->run.model_name;
}

const char *
strata_profile_get_chip_name (StrataProfile *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);

  return self->rows->run.chip_name;
}

const char *
strata_profile_get_fidelity_name (StrataProfile *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);

  return strata_store_fidelity_name (self->rows->run.fidelity);
}

gint64
strata_profile_get_duration_ps (StrataProfile *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), 0);

  return self->rows->run.end_ps - self->rows->run.start_ps;
}

gint64
strata_profile_get_energy_fj (StrataProfile *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), 0);

  return self->rows->run.energy_fj[STRATA_BAND_NOMINAL];
}

gsize
strata_profile_get_n_layers (StrataProfile *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), 0);

  return self->rows->n_layers;
}

gint64
strata_profile_get_n_events (StrataProfile *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), 0);

  return self->rows->run.n_events;
}

double
strata_profile_get_figure (StrataProfile *self, const char *name, guint band)
{
  const StrataProfileFigure *figure;

  g_return_val_if_fail (STRATA_IS_PROFILE (self), NAN);
  g_return_val_if_fail (band < STRATA_N_BANDS, NAN);

  figure = strata_profile_find_figure (self, name);
  return figure != NULL ? figure->value[band] : NAN;
}

const char *
strata_profile_get_meta (StrataProfile *self, const char *key)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  for (gsize i = 0; i < self->rows->n_meta; i++)
    if (g_str_equal (self->rows->meta[i].key, key))
      return self->rows->meta[i].value;
  return NULL;
}

/* --- rows --- */

const StrataProfileRun *
strata_profile_get_run (StrataProfile *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);

  return &self->rows->run;
}

#define DEFINE_ROWS(function, Type, field)                                                                             \
  const Type *function (StrataProfile *self, gsize *n)                                                                 \
  {                                                                                                                    \
    g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);                                                             \
                                                                                                                       \
    if (n != NULL)                                                                                                     \
      *n = self->rows->n_##field;                                                                                      \
    return self->rows->field;                                                                                          \
  }

DEFINE_ROWS (strata_profile_get_layers, StrataProfileLayer, layers)
DEFINE_ROWS (strata_profile_get_tiles, StrataProfileTile, tiles)
DEFINE_ROWS (strata_profile_get_units, StrataProfileUnit, units)
DEFINE_ROWS (strata_profile_get_instructions, StrataProfileInstruction, instructions)
DEFINE_ROWS (strata_profile_get_figures, StrataProfileFigure, figures)
DEFINE_ROWS (strata_profile_get_findings, StrataProfileFinding, findings)
DEFINE_ROWS (strata_profile_get_decisions, StrataProfileDecision, decisions)
DEFINE_ROWS (strata_profile_get_drops, StrataProfileDrop, drops)
DEFINE_ROWS (strata_profile_get_temperatures, StrataProfileTemperature, temperatures)
DEFINE_ROWS (strata_profile_get_spells, StrataProfileSpell, spells)
DEFINE_ROWS (strata_profile_get_warming, StrataProfileWarming, warming)
DEFINE_ROWS (strata_profile_get_all_meta, StrataProfileMeta, meta)

const gint32 *
strata_profile_get_site_tiles (StrataProfile *self, gsize *n_sites)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);

  if (n_sites != NULL)
    *n_sites = self->rows->n_sites;
  return self->rows->site_tiles;
}

const StrataProfileLayer *
strata_profile_find_layer (StrataProfile *self, const char *name)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  for (gsize i = 0; i < self->rows->n_layers; i++)
    if (g_str_equal (self->rows->layers[i].name, name))
      return &self->rows->layers[i];
  return NULL;
}

const StrataProfileFigure *
strata_profile_find_figure (StrataProfile *self, const char *name)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  for (gsize i = 0; i < self->rows->n_figures; i++)
    if (g_str_equal (self->rows->figures[i].name, name))
      return &self->rows->figures[i];
  return NULL;
}

static void
get_events (StrataProfile *self, gint32 unit, gsize offset, StrataProfileEvents *events)
{
  if (unit >= 0 && (gsize) unit < self->rows->n_units)
    get_track_events (self, 2 * (gsize) unit + offset, events);
  else
    *events = (StrataProfileEvents){ 0 };
}

void
strata_profile_get_unit_events (StrataProfile *self, gint32 unit, StrataProfileEvents *events)
{
  g_return_if_fail (STRATA_IS_PROFILE (self));
  g_return_if_fail (events != NULL);

  get_events (self, unit, 0, events);
}

void
strata_profile_get_static_events (StrataProfile *self, gint32 unit, StrataProfileEvents *events)
{
  g_return_if_fail (STRATA_IS_PROFILE (self));
  g_return_if_fail (events != NULL);

  get_events (self, unit, 1, events);
}

void
strata_profile_get_power (StrataProfile *self, StrataProfilePower *power)
{
  g_return_if_fail (STRATA_IS_PROFILE (self));
  g_return_if_fail (power != NULL);

  *power = (StrataProfilePower){ self->rows->power.n_samples, self->rows->power.time_ps, self->rows->power.step_ps,
                                 self->rows->power.power_mw };
}
