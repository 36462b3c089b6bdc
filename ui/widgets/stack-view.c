/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataStackView: camera and gestures around the ray caster. The picture is kept and cast again when something
 * changed: one ray per pixel while something moves, four when it rests.
 */
#include "stack-view.h"

#define EASE_US 150000 /* length of a movement */
#define REST_MS 120    /* after which the picture is cast with four rays per pixel */

struct _StrataStackView
{
  StrataView parent_instance;
  StrataStackVolume *volume;
  StrataStackStyle style;
  StrataStackCamera camera, from, to;
  double explode_from, explode_to;
  gint64 eased_since; /* frame time; 0: at rest */
  guint tick, rest;
  cairo_surface_t *picture;
  gboolean stale, coarse;
  StrataStackCamera drag_camera;
  gboolean panning;
  double pointer_x, pointer_y;
};

enum
{
  PROP_0,
  PROP_MODE,
  PROP_EXPLODE,
  PROP_GHOST,
  PROP_HEIGHT,
  PROP_FREE,
  N_PROPS,
};

enum
{
  CHANGED_VOLUME,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];
static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (StrataStackView, strata_stack_view, STRATA_TYPE_VIEW)

static gboolean
rest_cb (gpointer data)
{
  StrataStackView *self = data;

  self->rest = 0;
  self->coarse = FALSE;
  self->stale = TRUE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  return G_SOURCE_REMOVE;
}

/* Something moves: cast coarsely now, finely once it rests. */
static void
invalidate (StrataStackView *self, gboolean moving)
{
  self->stale = TRUE;
  if (moving)
    {
      self->coarse = TRUE;
      g_clear_handle_id (&self->rest, g_source_remove);
      self->rest = g_timeout_add (REST_MS, rest_cb, self);
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
recolour (StrataStackView *self)
{
  StrataView *view = STRATA_VIEW (self);
  StrataSession *session = strata_view_get_session (view);
  const StrataScenes *scenes = strata_view_get_scenes (view);
  int tier = strata_session_get_tier (session);

  if (self->volume == NULL || scenes == NULL)
    return;
  self->style.selected_layer = strata_session_get_layer (session);
  self->style.first_tier = 0;
  self->style.last_tier = tier >= 0 ? tier : scenes->stack.n_tiers - 1;
  strata_stack_volume_colour (self->volume, &scenes->stack, &self->style, strata_view_get_theme (view));
  g_signal_emit (self, signals[CHANGED_VOLUME], 0);
  invalidate (self, FALSE);
}

static void
rebuild (StrataStackView *self)
{
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->volume, strata_stack_volume_free);
  if (scenes == NULL)
    return;
  self->volume = strata_stack_volume_new (&scenes->stack, &error);
  if (self->volume == NULL)
    g_info ("stack: %s", error->message);
}

/* A chip that is mostly free shows what is used, else it shows all. */
static void
fit_style (StrataStackView *self)
{
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));

  if (scenes == NULL)
    return;
  strata_stack_style_fit (&self->style, &scenes->stack);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_FREE]);
}

/* An instant lights up what works then; a range sums over it. */
static void
set_time (StrataStackView *self, StrataSession *session)
{
  const StrataScenes *scenes = strata_session_get_scenes (session);
  gint64 from, to, playhead = strata_session_get_playhead (session);

  if (scenes == NULL)
    return;
  if (playhead >= 0)
    {
      from = playhead;
      to = playhead + 1;
    }
  else if (!strata_session_get_range (session, &from, &to))
    from = to = 0;
  strata_scenes_set_time (scenes, from, to);
  self->style.glow = playhead >= 0;
}

static void
strata_stack_view_changed (StrataView *view, guint what)
{
  StrataStackView *self = STRATA_STACK_VIEW (view);

  if (what & (STRATA_SESSION_PROFILE | STRATA_SESSION_THEME))
    rebuild (self);
  if (what & STRATA_SESSION_PROFILE)
    fit_style (self);
  if (what & (STRATA_SESSION_PROFILE | STRATA_SESSION_THEME | STRATA_SESSION_TIME))
    set_time (self, strata_view_get_session (view));
  if (what & ~(guint) STRATA_SESSION_HOVER)
    recolour (self);
}

static void
draw_legend (StrataStackView *self, cairo_t *cr, int height)
{
  const StrataDrawTheme *theme = strata_view_get_theme (STRATA_VIEW (self));
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));
  StrataRect rect = { 18, 18, 230, height - 36 };
  StrataDrawScale scale;

  if (strata_stack_volume_scale (self->volume, &scale))
    {
      rect.height = 44;
      strata_legend_scale_draw (cr, theme, &scale, &rect);
    }
  else
    strata_legend_layers_draw (cr, theme, scenes->layers, scenes->n_layers, self->style.selected_layer, &rect);
}

static void
strata_stack_view_draw (StrataView *view, cairo_t *cr, int width, int height)
{
  StrataStackView *self = STRATA_STACK_VIEW (view);
  const StrataDrawMessage message = { "This chip is too large to draw as a solid",
                                      "The profile is whole; its tables and timeline show everything.",
                                      "Look at the layers or the timeline", TRUE };
  StrataRect rect = { 0, 0, width, height };

  if (self->volume == NULL)
    {
      strata_message_draw (cr, strata_view_get_theme (view), &message, &rect);
      return;
    }
  if (self->picture == NULL || cairo_image_surface_get_width (self->picture) != width
      || cairo_image_surface_get_height (self->picture) != height)
    {
      g_clear_pointer (&self->picture, cairo_surface_destroy);
      self->picture = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
      self->stale = TRUE;
    }
  if (self->stale)
    strata_stack_render (self->volume, &self->camera, self->picture, self->coarse ? 1 : 2, 2, NULL);
  self->stale = FALSE;
  cairo_set_source_surface (cr, self->picture, 0, 0);
  cairo_paint (cr);
  draw_legend (self, cr, height);
}

/* --- movement --- */

static gboolean
tick_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  StrataStackView *self = STRATA_STACK_VIEW (widget);
  gint64 now = gdk_frame_clock_get_frame_time (clock);
  double t;

  if (self->eased_since == 0)
    self->eased_since = now;
  t = CLAMP ((double) (now - self->eased_since) / EASE_US, 0, 1);
  t = t * t * (3 - 2 * t);
  strata_stack_camera_mix (&self->from, &self->to, t, &self->camera);
  if (self->style.explode != self->explode_to)
    {
      self->style.explode = self->explode_from + (self->explode_to - self->explode_from) * t;
      recolour (self);
    }
  invalidate (self, TRUE);
  if (t < 1)
    return G_SOURCE_CONTINUE;
  self->tick = 0;
  return G_SOURCE_REMOVE;
}

static void
ease_to (StrataStackView *self, const StrataStackCamera *camera, double explode)
{
  gboolean animate = TRUE;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (self)), "gtk-enable-animations", &animate, NULL);
  self->from = self->camera;
  self->to = *camera;
  self->explode_from = self->style.explode;
  self->explode_to = explode;
  self->eased_since = 0;
  if (animate && gtk_widget_get_mapped (GTK_WIDGET (self)))
    {
      if (self->tick == 0)
        self->tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), tick_cb, NULL, NULL);
      return;
    }
  self->camera = *camera;
  self->style.explode = explode;
  recolour (self);
}

void
strata_stack_view_set_preset (StrataStackView *self, guint preset)
{
  StrataStackCamera camera;

  strata_stack_camera_preset (&camera, preset);
  ease_to (self, &camera, self->explode_to);
}

void
strata_stack_view_set_explode (StrataStackView *self, double explode)
{
  StrataStackCamera camera = self->tick != 0 ? self->to : self->camera;

  if (explode == self->explode_to)
    return;
  ease_to (self, &camera, CLAMP (explode, 0, 1));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_EXPLODE]);
}

void
strata_stack_view_set_mode (StrataStackView *self, StrataStackMode mode)
{
  if (self->style.mode == mode)
    return;
  self->style.mode = mode;
  recolour (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_MODE]);
}

void
strata_stack_view_set_ghost (StrataStackView *self, gboolean ghost)
{
  if (self->style.ghost == ghost)
    return;
  self->style.ghost = ghost;
  self->style.alpha = ghost ? 0.25 : 1;
  recolour (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_GHOST]);
}

void
strata_stack_view_set_height (StrataStackView *self, gboolean height_by_utilisation)
{
  if (self->style.height_by_utilisation == height_by_utilisation)
    return;
  self->style.height_by_utilisation = height_by_utilisation;
  recolour (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_HEIGHT]);
}

void
strata_stack_view_set_free (StrataStackView *self, gboolean show_free)
{
  if (self->style.show_free == show_free)
    return;
  self->style.show_free = show_free;
  recolour (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_FREE]);
}

const StrataStackVolume *
strata_stack_view_get_volume (StrataStackView *self)
{
  return self->volume;
}

/* --- input --- */

static gboolean
pick (StrataStackView *self, double x, double y, StrataStackHit *hit)
{
  GtkWidget *widget = GTK_WIDGET (self);

  return self->volume != NULL
         && strata_stack_pick (self->volume, &self->camera, gtk_widget_get_width (widget),
                               gtk_widget_get_height (widget), (int) x, (int) y, hit);
}

static void
drag_begin_cb (GtkGestureDrag *gesture, double x, double y, StrataStackView *self)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));

  self->drag_camera = self->camera;
  self->panning = (state & GDK_SHIFT_MASK) != 0
                  || gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (gesture)) == GDK_BUTTON_MIDDLE;
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

static void
drag_update_cb (GtkGestureDrag *gesture, double dx, double dy, StrataStackView *self)
{
  self->camera = self->drag_camera;
  if (self->panning)
    {
      self->camera.pan_x += dx;
      self->camera.pan_y += dy;
    }
  else
    strata_stack_camera_orbit (&self->camera, dx, dy);
  invalidate (self, TRUE);
}

static void
released_cb (GtkGestureClick *gesture, int n_press, double x, double y, StrataStackView *self)
{
  StrataSession *session = strata_view_get_session (STRATA_VIEW (self));
  StrataStackHit hit;

  if (n_press == 2)
    strata_stack_view_set_preset (self, 1);
  else if (pick (self, x, y, &hit) && hit.tile >= 0)
    strata_session_set_tile (session, hit.tile);
  else if (!pick (self, x, y, &hit))
    strata_session_set_layer (session, -1);
}

static gboolean
scroll_cb (GtkEventControllerScroll *controller, double dx, double dy, StrataStackView *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);

  if (self->volume == NULL)
    return FALSE;
  strata_stack_camera_zoom_at (&self->camera, self->volume, dy < 0 ? 1.15 : 1 / 1.15, self->pointer_x - width / 2.0,
                               self->pointer_y - height / 2.0, width, height);
  invalidate (self, TRUE);
  return TRUE;
}

static void
motion_cb (GtkEventControllerMotion *controller, double x, double y, StrataStackView *self)
{
  StrataStackHit hit;
  int tile;

  self->pointer_x = x;
  self->pointer_y = y;
  tile = pick (self, x, y, &hit) ? hit.tile : -1;
  if (tile == self->style.hover_tile)
    return;
  self->style.hover_tile = tile;
  strata_session_set_hover (strata_view_get_session (STRATA_VIEW (self)), tile >= 0 ? hit.layer : -1);
  gtk_widget_trigger_tooltip_query (GTK_WIDGET (self));
  recolour (self);
}

static void
leave_cb (GtkEventControllerMotion *controller, StrataStackView *self)
{
  if (self->style.hover_tile < 0)
    return;
  self->style.hover_tile = -1;
  strata_session_set_hover (strata_view_get_session (STRATA_VIEW (self)), -1);
  recolour (self);
}

static char *
describe_tile (const StrataScenes *scenes, const StrataStackHit *hit)
{
  const StrataProfileTile *tile = &strata_profile_get_tiles (scenes->profile, NULL)[hit->tile];
  const StrataDrawLayer *layer = &scenes->layers[tile->layer];
  g_autofree char *energy = strata_draw_quantity ((double) tile->energy_fj * 1e-15, "J");
  g_autofree char *busy = strata_draw_quantity ((double) tile->busy_ps * 1e-12, "s");

  return g_markup_printf_escaped ("<b>%s</b>  %s\nstack %d, tier %d\nrows %d–%d × columns %d–%d%s\n"
                                  "%.0f %% of the cells · busy %s · %s (modelled)",
                                  layer->name, layer->op, tile->stack, tile->tier, tile->row0,
                                  tile->row0 + tile->n_rows - 1, tile->col0, tile->col0 + tile->n_cols - 1,
                                  tile->n_row_copies > 1 ? ", rows copied" : "", 100 * tile->utilisation, busy, energy);
}

static gboolean
tooltip_cb (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer data)
{
  StrataStackView *self = STRATA_STACK_VIEW (widget);
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));
  g_autofree char *text = NULL;
  StrataStackHit hit;

  if (keyboard || scenes == NULL || !pick (self, x, y, &hit))
    return FALSE;
  if (hit.tile >= 0)
    text = describe_tile (scenes, &hit);
  else if (hit.kind == STRATA_STACK_HIT_ARRAY)
    text = g_strdup_printf ("Free array: stack %d, tier %d", hit.stack, hit.tier);
  else if (hit.unit >= 0)
    text = g_markup_printf_escaped ("<b>%s</b>\nworks %.1f %% of the shown time", scenes->units[hit.unit].name,
                                    100 * scenes->units[hit.unit].activity);
  else
    return FALSE;
  gtk_tooltip_set_markup (tooltip, text);
  return TRUE;
}

static void
step_tier (StrataStackView *self, int step)
{
  StrataSession *session = strata_view_get_session (STRATA_VIEW (self));
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));
  int n = scenes == NULL ? 0 : scenes->stack.n_tiers, tier = strata_session_get_tier (session);

  if (n > 0)
    strata_session_set_tier (session, tier < 0                              ? (step > 0 ? n - 1 : 0)
                                      : tier - step < 0 || tier - step >= n ? -1
                                                                            : tier - step);
}

static gboolean
key_cb (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType state, StrataStackView *self)
{
  if (state & (GDK_CONTROL_MASK | GDK_ALT_MASK))
    return FALSE;
  if (key >= GDK_KEY_1 && key <= GDK_KEY_6)
    strata_stack_view_set_preset (self, key - GDK_KEY_0);
  else if (key == GDK_KEY_e || key == GDK_KEY_E)
    strata_stack_view_set_explode (self, self->explode_to > 0.5 ? 0 : 1);
  else if (key == GDK_KEY_x || key == GDK_KEY_X)
    strata_stack_view_set_ghost (self, !self->style.ghost);
  else if (key == GDK_KEY_r || key == GDK_KEY_R)
    strata_stack_view_set_free (self, !self->style.show_free);
  else if (key == GDK_KEY_h || key == GDK_KEY_H)
    strata_stack_view_set_height (self, !self->style.height_by_utilisation);
  else if (key == GDK_KEY_t || key == GDK_KEY_T)
    step_tier (self, state & GDK_SHIFT_MASK ? -1 : 1);
  else
    return FALSE;
  return TRUE;
}

static void
add_controllers (StrataStackView *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkGesture *drag = gtk_gesture_drag_new (), *click = gtk_gesture_click_new ();
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkEventController *motion = gtk_event_controller_motion_new (), *key = gtk_event_controller_key_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), 0);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect (click, "released", G_CALLBACK (released_cb), self);
  g_signal_connect (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect (motion, "leave", G_CALLBACK (leave_cb), self);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (drag));
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (widget, scroll);
  gtk_widget_add_controller (widget, motion);
  gtk_widget_add_controller (widget, key);
}

static void
strata_stack_view_dispose (GObject *object)
{
  StrataStackView *self = STRATA_STACK_VIEW (object);

  g_clear_handle_id (&self->rest, g_source_remove);
  g_clear_pointer (&self->volume, strata_stack_volume_free);
  g_clear_pointer (&self->picture, cairo_surface_destroy);
  G_OBJECT_CLASS (strata_stack_view_parent_class)->dispose (object);
}

static void
strata_stack_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StrataStackView *self = STRATA_STACK_VIEW (object);

  switch (id)
    {
    case PROP_MODE:
      g_value_set_uint (value, self->style.mode);
      break;
    case PROP_EXPLODE:
      g_value_set_double (value, self->explode_to);
      break;
    case PROP_GHOST:
      g_value_set_boolean (value, self->style.ghost);
      break;
    case PROP_HEIGHT:
      g_value_set_boolean (value, self->style.height_by_utilisation);
      break;
    case PROP_FREE:
      g_value_set_boolean (value, self->style.show_free);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
strata_stack_view_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StrataStackView *self = STRATA_STACK_VIEW (object);

  switch (id)
    {
    case PROP_MODE:
      strata_stack_view_set_mode (self, (StrataStackMode) g_value_get_uint (value));
      break;
    case PROP_EXPLODE:
      strata_stack_view_set_explode (self, g_value_get_double (value));
      break;
    case PROP_GHOST:
      strata_stack_view_set_ghost (self, g_value_get_boolean (value));
      break;
    case PROP_HEIGHT:
      strata_stack_view_set_height (self, g_value_get_boolean (value));
      break;
    case PROP_FREE:
      strata_stack_view_set_free (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
install_properties (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  props[PROP_MODE] = g_param_spec_uint ("mode", NULL, NULL, 0, STRATA_STACK_MODE_TEMPERATURE, 0, flags);
  props[PROP_EXPLODE] = g_param_spec_double ("explode", NULL, NULL, 0, 1, 0.35, flags);
  props[PROP_GHOST] = g_param_spec_boolean ("ghost", NULL, NULL, FALSE, flags);
  props[PROP_HEIGHT] = g_param_spec_boolean ("height-by-utilisation", NULL, NULL, FALSE, flags);
  props[PROP_FREE] = g_param_spec_boolean ("show-free", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (klass, N_PROPS, props);
}

static void
strata_stack_view_class_init (StrataStackViewClass *klass)
{
  StrataViewClass *view_class = STRATA_VIEW_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = strata_stack_view_dispose;
  G_OBJECT_CLASS (klass)->get_property = strata_stack_view_get_property;
  G_OBJECT_CLASS (klass)->set_property = strata_stack_view_set_property;
  install_properties (G_OBJECT_CLASS (klass));
  view_class->draw = strata_stack_view_draw;
  view_class->changed = strata_stack_view_changed;
  /* The volume was coloured anew: flat maps of it are stale. */
  signals[CHANGED_VOLUME] =
    g_signal_new ("volume-changed", STRATA_TYPE_STACK_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
strata_stack_view_init (StrataStackView *self)
{
  strata_stack_style_default (&self->style, NULL);
  self->style.explode = self->explode_to = 0.35;
  strata_stack_camera_preset (&self->camera, 1);
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (tooltip_cb), NULL);
  strata_view_set_description (STRATA_VIEW (self),
                               "Stack of tiers in three dimensions; the layers section lists the same");
  add_controllers (self);
}

GtkWidget *
strata_stack_view_new (void)
{
  return g_object_new (STRATA_TYPE_STACK_VIEW, NULL);
}
