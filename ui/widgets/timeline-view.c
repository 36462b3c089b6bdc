/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataTimelineView: viewport and gestures around the two painters that run over time, tracks and power.
 */
#include "timeline-view.h"

#include <math.h>

#define ZOOM 1.25

struct _StrataTimelineView
{
  StrataView parent_instance;
  gboolean power;
  StrataViewport view;
  double pointer_x, pointer_y, press_x, pan_start_ps, pan_scroll_y;
  gboolean panning;
};

G_DEFINE_FINAL_TYPE (StrataTimelineView, strata_timeline_view, STRATA_TYPE_VIEW)

static StrataRect
get_rect (StrataTimelineView *self)
{
  double left = self->power ? 12 : 6;

  return (StrataRect){ left, 6, gtk_widget_get_width (GTK_WIDGET (self)) - 2 * left,
                       gtk_widget_get_height (GTK_WIDGET (self)) - 6 };
}

static StrataRect
get_plot (StrataTimelineView *self)
{
  StrataRect rect = get_rect (self), plot;

  if (self->power)
    strata_power_plot (&rect, &plot);
  else
    strata_timeline_plot (&rect, &plot);
  return plot;
}

static gint64
get_total (StrataTimelineView *self)
{
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));

  return scenes == NULL ? 1 : MAX (scenes->timeline.duration_ps, 1);
}

static void
fill_timeline_style (StrataTimelineView *self, StrataTimelineStyle *style)
{
  StrataSession *session = strata_view_get_session (STRATA_VIEW (self));
  gint64 from, to, playhead = strata_session_get_playhead (session);

  strata_timeline_style_default (style);
  style->selected_layer = strata_session_get_layer (session);
  if (playhead >= 0)
    style->playhead_ps = (double) playhead;
  if (strata_session_get_range (session, &from, &to))
    {
      style->range_from_ps = (double) from;
      style->range_to_ps = (double) to;
    }
}

static void
draw_power (StrataTimelineView *self, cairo_t *cr, const StrataScenes *scenes, const StrataRect *rect)
{
  const StrataDrawMessage message = { "No power over time", "The run was estimated: it has energies, but no time line.",
                                      "Profile at the timing fidelity", FALSE };
  const StrataDrawTheme *theme = strata_view_get_theme (STRATA_VIEW (self));
  StrataTimelineStyle from;
  StrataPowerStyle style;

  if (scenes->power.n_samples == 0)
    {
      strata_message_draw (cr, theme, &message, rect);
      return;
    }
  fill_timeline_style (self, &from);
  strata_power_style_default (&style);
  style.playhead_ps = from.playhead_ps;
  style.range_from_ps = from.range_from_ps;
  style.range_to_ps = from.range_to_ps;
  strata_power_draw (cr, &scenes->power, &style, &self->view, theme, rect);
}

static void
strata_timeline_view_draw_view (StrataView *view, cairo_t *cr, int width, int height)
{
  StrataTimelineView *self = STRATA_TIMELINE_VIEW (view);
  const StrataDrawMessage message = { "No events", "The run was estimated: it has figures by layer, but no events.",
                                      "Profile at the timing fidelity", FALSE };
  const StrataScenes *scenes = strata_view_get_scenes (view);
  StrataRect rect = get_rect (self);
  StrataTimelineStyle style;

  if (self->power)
    draw_power (self, cr, scenes, &rect);
  else if (scenes->timeline.n_tracks == 0)
    strata_message_draw (cr, strata_view_get_theme (view), &message, &rect);
  else
    {
      fill_timeline_style (self, &style);
      strata_timeline_draw (cr, &scenes->timeline, &style, &self->view, strata_view_get_theme (view), &rect);
    }
}

static void
strata_timeline_view_changed (StrataView *view, guint what)
{
  StrataTimelineView *self = STRATA_TIMELINE_VIEW (view);

  if (what & STRATA_SESSION_PROFILE)
    {
      strata_viewport_fit (&self->view, 0, get_total (self));
      self->view.scroll_y = 0;
    }
}

void
strata_timeline_view_show (StrataTimelineView *self, gint64 from_ps, gint64 to_ps)
{
  double scroll = self->view.scroll_y;

  strata_viewport_fit (&self->view, from_ps, to_ps);
  self->view.scroll_y = scroll;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
scroll_rows (StrataTimelineView *self, double dy)
{
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));
  StrataRect plot = get_plot (self);
  StrataTimelineStyle style;
  double hidden;

  if (scenes == NULL || self->power)
    return;
  fill_timeline_style (self, &style);
  hidden = strata_timeline_content_height (&scenes->timeline, &style) - plot.height;
  self->view.scroll_y = CLAMP (self->view.scroll_y + dy, 0, MAX (hidden, 0));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
zoom_at (StrataTimelineView *self, double factor, double x)
{
  StrataRect plot = get_plot (self);

  strata_viewport_zoom (&self->view, factor, CLAMP (x - plot.x, 0, plot.width), plot.width, get_total (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
pan_by (StrataTimelineView *self, double dx)
{
  strata_viewport_pan (&self->view, dx, get_plot (self).width, get_total (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
pick (StrataTimelineView *self, double x, double y, StrataTimelineHit *hit)
{
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));
  StrataRect rect = get_rect (self);
  StrataTimelineStyle style;

  if (scenes == NULL || self->power)
    return FALSE;
  fill_timeline_style (self, &style);
  return strata_timeline_pick (&scenes->timeline, &style, &self->view, &rect, x, y, hit);
}

void
strata_timeline_view_frame (StrataTimelineView *self)
{
  StrataSession *session = strata_view_get_session (STRATA_VIEW (self));
  StrataProfile *profile = strata_session_get_profile (session);
  int layer = strata_session_get_layer (session);
  gint64 from, to;

  if (profile == NULL)
    return;
  if (strata_session_get_range (session, &from, &to))
    strata_timeline_view_show (self, from, to);
  else if (layer >= 0 && strata_profile_get_layers (profile, NULL)[layer].start_ps >= 0)
    strata_timeline_view_show (self, strata_profile_get_layers (profile, NULL)[layer].start_ps,
                               strata_profile_get_layers (profile, NULL)[layer].end_ps);
  else
    strata_timeline_view_show (self, 0, get_total (self));
}

static gboolean
scroll_cb (GtkEventControllerScroll *controller, double dx, double dy, StrataTimelineView *self)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller));

  if (state & GDK_CONTROL_MASK || (self->power && !(state & GDK_SHIFT_MASK)))
    zoom_at (self, pow (ZOOM, -dy), self->pointer_x);
  else if (state & GDK_SHIFT_MASK || dx != 0)
    pan_by (self, -60 * (dx != 0 ? dx : dy));
  else
    scroll_rows (self, 48 * dy);
  return TRUE;
}

static void
motion_cb (GtkEventControllerMotion *controller, double x, double y, StrataTimelineView *self)
{
  StrataTimelineHit hit;

  self->pointer_x = x;
  self->pointer_y = y;
  strata_session_set_hover (strata_view_get_session (STRATA_VIEW (self)), pick (self, x, y, &hit) ? hit.layer : -1);
  gtk_widget_trigger_tooltip_query (GTK_WIDGET (self));
}

static void
drag_begin_cb (GtkGestureDrag *gesture, double x, double y, StrataTimelineView *self)
{
  self->panning = gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (gesture)) == GDK_BUTTON_MIDDLE;
  self->press_x = x;
  self->pan_start_ps = self->view.start_ps;
  self->pan_scroll_y = self->view.scroll_y;
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

static void
drag_update_cb (GtkGestureDrag *gesture, double dx, double dy, StrataTimelineView *self)
{
  StrataRect plot = get_plot (self);
  double a = strata_viewport_time (&self->view, self->press_x - plot.x, plot.width);
  double b = strata_viewport_time (&self->view, self->press_x + dx - plot.x, plot.width);

  if (self->panning)
    {
      self->view.start_ps = self->pan_start_ps;
      self->view.scroll_y = self->pan_scroll_y;
      pan_by (self, dx);
      scroll_rows (self, -dy);
    }
  else if (fabs (dx) >= 4)
    strata_session_set_range (strata_view_get_session (STRATA_VIEW (self)), (gint64) MAX (MIN (a, b), 0),
                              (gint64) MIN (MAX (a, b), (double) get_total (self)));
}

static void
released_cb (GtkGestureClick *gesture, int n_press, double x, double y, StrataTimelineView *self)
{
  StrataSession *session = strata_view_get_session (STRATA_VIEW (self));
  StrataRect plot = get_plot (self);
  StrataTimelineHit hit;

  if (fabs (x - self->press_x) >= 4)
    return;
  if (pick (self, x, y, &hit) && hit.layer >= 0)
    {
      strata_session_set_layer (session, hit.layer);
      if (n_press == 2)
        strata_timeline_view_frame (self);
      return;
    }
  strata_session_set_range (session, 0, 0);
  if (x >= plot.x)
    strata_session_set_playhead (session, (gint64) strata_viewport_time (&self->view, x - plot.x, plot.width));
}

static gboolean
key_cb (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType state, StrataTimelineView *self)
{
  StrataRect plot = get_plot (self);

  if (state & GDK_ALT_MASK)
    return FALSE;
  switch (gdk_keyval_to_lower (key))
    {
    case GDK_KEY_w:
    case GDK_KEY_plus:
      zoom_at (self, ZOOM, self->pointer_x);
      return TRUE;
    case GDK_KEY_s:
    case GDK_KEY_minus:
      zoom_at (self, 1 / ZOOM, self->pointer_x);
      return TRUE;
    case GDK_KEY_a:
      pan_by (self, plot.width / 8);
      return TRUE;
    case GDK_KEY_d:
      pan_by (self, -plot.width / 8);
      return TRUE;
    case GDK_KEY_f:
      strata_timeline_view_frame (self);
      return TRUE;
    case GDK_KEY_0:
      strata_timeline_view_show (self, 0, get_total (self));
      return TRUE;
    default:
      return FALSE;
    }
}

static char *
describe_hit (const StrataScenes *scenes, const StrataTimelineHit *hit)
{
  const StrataDrawTrack *track = &scenes->timeline.tracks[hit->track];
  gsize n_spells;
  const StrataProfileSpell *spells = strata_profile_get_spells (scenes->profile, &n_spells);
  g_autofree char *start = NULL;
  g_autofree char *duration = NULL;
  const char *layer = hit->layer >= 0 ? scenes->layers[hit->layer].name : "no layer";

  if (track->texts != NULL && hit->event < (gint64) n_spells)
    return g_markup_printf_escaped ("<b>Governor</b>  %s\nRate held by: %s. Times are from cold, continuous operation.",
                                    track->texts[hit->event], strata_spell_reason_meaning (spells[hit->event].reason));
  if (hit->n_events > 1)
    return g_markup_printf_escaped ("<b>%s</b>\n%" G_GINT64_FORMAT
                                    " events, too narrow for a bar each; the longest is of %s",
                                    track->name, hit->n_events, layer);
  start = strata_draw_quantity ((double) track->start_ps[hit->event] * 1e-12, "s");
  duration = strata_draw_quantity ((double) track->duration_ps[hit->event] * 1e-12, "s");
  return g_markup_printf_escaped ("<b>%s</b>  %s\nstarts at %s, takes %s", layer, track->name, start, duration);
}

static gboolean
tooltip_cb (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer data)
{
  StrataTimelineView *self = STRATA_TIMELINE_VIEW (widget);
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));
  g_autofree char *text = NULL;
  StrataTimelineHit hit;

  if (keyboard || !pick (self, x, y, &hit) || hit.event < 0)
    return FALSE;
  text = describe_hit (scenes, &hit);
  gtk_tooltip_set_markup (tooltip, text);
  return TRUE;
}

static void
strata_timeline_view_class_init (StrataTimelineViewClass *klass)
{
  STRATA_VIEW_CLASS (klass)->draw = strata_timeline_view_draw_view;
  STRATA_VIEW_CLASS (klass)->changed = strata_timeline_view_changed;
}

static void
strata_timeline_view_init (StrataTimelineView *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkGesture *drag = gtk_gesture_drag_new (), *click = gtk_gesture_click_new ();
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);
  GtkEventController *motion = gtk_event_controller_motion_new (), *key = gtk_event_controller_key_new ();

  strata_viewport_fit (&self->view, 0, 1);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), 0);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect (click, "released", G_CALLBACK (released_cb), self);
  g_signal_connect (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (drag));
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (widget, scroll);
  gtk_widget_add_controller (widget, motion);
  gtk_widget_add_controller (widget, key);
  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_has_tooltip (widget, TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (tooltip_cb), NULL);
}

GtkWidget *
strata_timeline_view_new (gboolean power)
{
  StrataTimelineView *self = g_object_new (STRATA_TYPE_TIMELINE_VIEW, NULL);

  self->power = power;
  strata_view_set_description (STRATA_VIEW (self),
                               power ? "Power by component over time" : "Timeline, a track per unit");
  return GTK_WIDGET (self);
}
