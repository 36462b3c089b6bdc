/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataSession: shared view state, one signal.
 */
#include "session.h"

#include <math.h>

/* Selections kept for back and forward */
#define HISTORY 64

typedef struct
{
  int layer, tile;
} Selection;

struct _StrataSession
{
  GObject parent_instance;
  StrataProfile *profile;
  StrataScenes *scenes;
  StrataDrawTheme theme;
  Selection selection;
  GArray *history; /* of Selection; history[at] is the current one */
  guint at;
  int hover, tier;
  gint64 playhead_ps, from_ps, to_ps;
};

G_DEFINE_FINAL_TYPE (StrataSession, strata_session, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
emit_changed (StrataSession *self, guint what)
{
  g_signal_emit (self, signals[CHANGED], 0, what);
}

static void
strata_session_finalize (GObject *object)
{
  StrataSession *self = STRATA_SESSION (object);

  strata_scenes_free (self->scenes);
  g_clear_object (&self->profile);
  g_array_unref (self->history);
  G_OBJECT_CLASS (strata_session_parent_class)->finalize (object);
}

static void
strata_session_class_init (StrataSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_session_finalize;
  signals[CHANGED] =
    g_signal_new ("changed", STRATA_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
reset_view (StrataSession *self)
{
  const Selection nothing = { -1, -1 };

  self->selection = nothing;
  self->hover = self->tier = -1;
  self->playhead_ps = -1;
  self->from_ps = self->to_ps = 0;
  g_array_set_size (self->history, 0);
  g_array_append_val (self->history, nothing);
  self->at = 0;
}

static void
strata_session_init (StrataSession *self)
{
  self->history = g_array_new (FALSE, FALSE, sizeof (Selection));
  strata_draw_theme_light (&self->theme);
  reset_view (self);
}

StrataSession *
strata_session_new (void)
{
  return g_object_new (STRATA_TYPE_SESSION, NULL);
}

static void
rebuild_scenes (StrataSession *self)
{
  g_clear_pointer (&self->scenes, strata_scenes_free);
  if (self->profile != NULL)
    self->scenes = strata_scenes_new (self->profile, &self->theme);
}

void
strata_session_set_profile (StrataSession *self, StrataProfile *profile)
{
  g_set_object (&self->profile, profile);
  rebuild_scenes (self);
  reset_view (self);
  emit_changed (self, STRATA_SESSION_PROFILE | STRATA_SESSION_SELECTION | STRATA_SESSION_TIME | STRATA_SESSION_TIER);
}

StrataProfile *
strata_session_get_profile (StrataSession *self)
{
  return self->profile;
}

const StrataScenes *
strata_session_get_scenes (StrataSession *self)
{
  return self->scenes;
}

static void
select_and_remember (StrataSession *self, Selection selection)
{
  if (selection.layer == self->selection.layer && selection.tile == self->selection.tile)
    return;
  self->selection = selection;
  g_array_set_size (self->history, self->at + 1);
  g_array_append_val (self->history, selection);
  if (self->history->len > HISTORY)
    g_array_remove_index (self->history, 0);
  self->at = self->history->len - 1;
  emit_changed (self, STRATA_SESSION_SELECTION);
}

void
strata_session_set_layer (StrataSession *self, int layer)
{
  select_and_remember (self, (Selection){ layer, -1 });
}

void
strata_session_set_tile (StrataSession *self, int tile)
{
  gsize n_tiles = 0;
  const StrataProfileTile *tiles = self->profile == NULL ? NULL : strata_profile_get_tiles (self->profile, &n_tiles);

  if (tile >= 0 && (gsize) tile < n_tiles)
    select_and_remember (self, (Selection){ tiles[tile].layer, tile });
}

int
strata_session_get_layer (StrataSession *self)
{
  return self->selection.layer;
}

int
strata_session_get_tile (StrataSession *self)
{
  return self->selection.tile;
}

void
strata_session_set_hover (StrataSession *self, int layer)
{
  if (self->hover == layer)
    return;
  self->hover = layer;
  emit_changed (self, STRATA_SESSION_HOVER);
}

static void
step_history (StrataSession *self, guint at)
{
  self->at = at;
  self->selection = g_array_index (self->history, Selection, at);
  emit_changed (self, STRATA_SESSION_SELECTION);
}

void
strata_session_back (StrataSession *self)
{
  if (self->at > 0)
    step_history (self, self->at - 1);
}

void
strata_session_forward (StrataSession *self)
{
  if (self->at + 1 < self->history->len)
    step_history (self, self->at + 1);
}

gboolean
strata_session_can_back (StrataSession *self)
{
  return self->at > 0;
}

gboolean
strata_session_can_forward (StrataSession *self)
{
  return self->at + 1 < self->history->len;
}

void
strata_session_set_tier (StrataSession *self, int tier)
{
  if (self->tier == tier)
    return;
  self->tier = tier;
  emit_changed (self, STRATA_SESSION_TIER);
}

int
strata_session_get_tier (StrataSession *self)
{
  return self->tier;
}

void
strata_session_set_playhead (StrataSession *self, gint64 time_ps)
{
  gint64 end = self->profile == NULL ? 0 : strata_profile_get_duration_ps (self->profile);

  time_ps = time_ps < 0 ? -1 : MIN (time_ps, end);
  if (self->playhead_ps == time_ps)
    return;
  self->playhead_ps = time_ps;
  emit_changed (self, STRATA_SESSION_TIME);
}

gint64
strata_session_get_playhead (StrataSession *self)
{
  return self->playhead_ps;
}

void
strata_session_set_range (StrataSession *self, gint64 from_ps, gint64 to_ps)
{
  if (self->from_ps == from_ps && self->to_ps == to_ps)
    return;
  self->from_ps = from_ps;
  self->to_ps = to_ps;
  emit_changed (self, STRATA_SESSION_TIME);
}

gboolean
strata_session_get_range (StrataSession *self, gint64 *from_ps, gint64 *to_ps)
{
  *from_ps = self->from_ps;
  *to_ps = self->to_ps;
  return self->from_ps < self->to_ps;
}

void
strata_session_set_dark (StrataSession *self, gboolean dark)
{
  if (self->theme.is_dark == dark)
    return;
  if (dark)
    strata_draw_theme_dark (&self->theme);
  else
    strata_draw_theme_light (&self->theme);
  rebuild_scenes (self);
  emit_changed (self, STRATA_SESSION_THEME);
}

const StrataDrawTheme *
strata_session_get_theme (StrataSession *self)
{
  return &self->theme;
}

static char *
describe_layer (const StrataProfileLayer *layer, const StrataProfileTile *tile)
{
  g_autofree char *busy = strata_draw_quantity ((double) layer->busy_ps * 1e-12, "s");
  g_autofree char *energy = strata_draw_banded ((double) layer->energy_fj[STRATA_BAND_NOMINAL] * 1e-15,
                                                (double) layer->energy_fj[STRATA_BAND_OPTIMISTIC] * 1e-15,
                                                (double) layer->energy_fj[STRATA_BAND_CONSERVATIVE] * 1e-15, "J");
  GString *text = g_string_new (layer->name);

  if (tile != NULL)
    g_string_append_printf (text, " · stack %d, tier %d", tile->stack, tile->tier);
  else if (layer->n_tiles > 0)
    g_string_append_printf (text, " · %d %s on %d %s", layer->n_tiles, layer->n_tiles == 1 ? "tile" : "tiles",
                            layer->n_stacks, layer->n_stacks == 1 ? "stack" : "stacks");
  else
    g_string_append_printf (text, " · on the %s unit", layer->kind);
  g_string_append_printf (text, " · busy %s · %s", busy, energy);
  return g_string_free (text, FALSE);
}

static char *
describe_run (StrataProfile *profile)
{
  gsize n_layers = strata_profile_get_n_layers (profile);
  g_autofree char *latency = strata_draw_quantity (strata_profile_get_figure (profile, "latency_ps", 0) * 1e-12, "s");
  g_autofree char *energy = strata_draw_quantity ((double) strata_profile_get_energy_fj (profile) * 1e-15, "J");
  g_autofree char *power = strata_draw_quantity (strata_profile_get_figure (profile, "power_mw", 0) * 1e-3, "W");

  return g_strdup_printf ("Nothing selected · %" G_GSIZE_FORMAT " %s · %s · %s · %s", n_layers,
                          n_layers == 1 ? "layer" : "layers", latency, energy, power);
}

char *
strata_session_dup_status (StrataSession *self)
{
  gsize n_layers, n_tiles;
  const StrataProfileLayer *layers;
  const StrataProfileTile *tiles;
  int layer = self->selection.layer;

  if (self->profile == NULL)
    return g_strdup ("No profile is open");
  layers = strata_profile_get_layers (self->profile, &n_layers);
  tiles = strata_profile_get_tiles (self->profile, &n_tiles);
  if (layer < 0 || (gsize) layer >= n_layers)
    return describe_run (self->profile);
  return describe_layer (&layers[layer], self->selection.tile >= 0 ? &tiles[self->selection.tile] : NULL);
}

static char *
describe_range (StrataSession *self)
{
  double mean_mw[STRATA_N_COMPONENTS], peak_mw;
  double from_ps = (double) self->from_ps, to_ps = (double) self->to_ps;
  double sum_mw = strata_power_mean (&self->scenes->power, from_ps, to_ps, mean_mw, &peak_mw);
  g_autofree char *from = strata_draw_quantity (from_ps * 1e-12, "s");
  g_autofree char *to = strata_draw_quantity (to_ps * 1e-12, "s");
  g_autofree char *length = strata_draw_quantity ((to_ps - from_ps) * 1e-12, "s");
  /* mW x ps = fJ */
  g_autofree char *energy = strata_draw_quantity (sum_mw * (to_ps - from_ps) * 1e-15, "J");
  g_autofree char *mean = strata_draw_quantity (sum_mw * 1e-3, "W");
  g_autofree char *peak = strata_draw_quantity (peak_mw * 1e-3, "W");

  if (isnan (sum_mw))
    return g_strdup_printf ("%s to %s: %s", from, to, length);
  return g_strdup_printf ("%s to %s: %s · %s · mean %s, peak %s", from, to, length, energy, mean, peak);
}

char *
strata_session_dup_time (StrataSession *self)
{
  double mean_mw[STRATA_N_COMPONENTS], sum_mw;
  g_autofree char *at = NULL, *power = NULL;

  if (self->scenes == NULL)
    return g_strdup ("");
  if (self->from_ps < self->to_ps)
    return describe_range (self);
  if (self->playhead_ps < 0)
    return g_strdup ("");
  sum_mw =
    strata_power_mean (&self->scenes->power, (double) self->playhead_ps, (double) self->playhead_ps + 1, mean_mw, NULL);
  at = strata_draw_quantity ((double) self->playhead_ps * 1e-12, "s");
  power = strata_draw_quantity (sum_mw * 1e-3, "W");
  return isnan (sum_mw) ? g_strdup_printf ("At %s", at) : g_strdup_printf ("At %s · %s", at, power);
}
