/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataScrubber: time for all views. Playing runs through the run in eight seconds, whatever its length.
 */
#include "scrubber.h"

#define HEIGHT 56
#define PLAY_US 8000000.0

struct _StrataScrubber
{
  StrataView parent_instance;
  guint tick;
  gint64 last_frame;
  gboolean ranging;
  double press_x;
};

G_DEFINE_FINAL_TYPE (StrataScrubber, strata_scrubber, STRATA_TYPE_VIEW)

static StrataRect
get_rect (StrataScrubber *self)
{
  return (StrataRect){ 0, 0, gtk_widget_get_width (GTK_WIDGET (self)), gtk_widget_get_height (GTK_WIDGET (self)) };
}

static gint64
get_total (StrataScrubber *self)
{
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));

  return scenes == NULL ? 0 : scenes->power.duration_ps;
}

static void
strata_scrubber_draw_view (StrataView *view, cairo_t *cr, int width, int height)
{
  StrataScrubber *self = STRATA_SCRUBBER (view);
  StrataSession *session = strata_view_get_session (view);
  StrataRect rect = get_rect (self);
  gint64 from, to, playhead = strata_session_get_playhead (session);
  StrataPowerStyle style;

  strata_power_style_default (&style);
  if (playhead >= 0)
    style.playhead_ps = (double) playhead;
  if (strata_session_get_range (session, &from, &to))
    {
      style.range_from_ps = (double) from;
      style.range_to_ps = (double) to;
    }
  style.is_playing = self->tick != 0;
  strata_scrubber_draw (cr, &strata_view_get_scenes (view)->power, &style, strata_view_get_theme (view), &rect);
}

static double
time_at (StrataScrubber *self, double x)
{
  StrataRect rect = get_rect (self), plot;

  strata_scrubber_plot (&rect, &plot);
  return CLAMP ((x - plot.x) / MAX (plot.width, 1), 0, 1) * (double) get_total (self);
}

static gboolean
tick_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  StrataScrubber *self = STRATA_SCRUBBER (widget);
  StrataSession *session = strata_view_get_session (STRATA_VIEW (self));
  gint64 now = gdk_frame_clock_get_frame_time (clock), total = get_total (self);
  gint64 playhead = strata_session_get_playhead (session);

  if (self->last_frame > 0)
    playhead = MAX (playhead, 0) + (gint64) ((double) (now - self->last_frame) / PLAY_US * (double) total);
  self->last_frame = now;
  if (playhead < total)
    {
      strata_session_set_playhead (session, MAX (playhead, 0));
      return G_SOURCE_CONTINUE;
    }
  self->tick = 0;
  strata_session_set_playhead (session, -1);
  return G_SOURCE_REMOVE;
}

static void
toggle_play (StrataScrubber *self)
{
  if (self->tick != 0)
    {
      gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->tick);
      self->tick = 0;
    }
  else if (get_total (self) > 0)
    {
      self->last_frame = 0;
      self->tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), tick_cb, NULL, NULL);
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
drag_begin_cb (GtkGestureDrag *gesture, double x, double y, StrataScrubber *self)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));
  StrataRect rect = get_rect (self), plot;

  strata_scrubber_plot (&rect, &plot);
  self->press_x = x;
  self->ranging = (state & GDK_SHIFT_MASK) != 0;
  if (x < plot.x)
    {
      toggle_play (self);
      gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_DENIED);
    }
  else if (!self->ranging)
    strata_session_set_playhead (strata_view_get_session (STRATA_VIEW (self)), (gint64) time_at (self, x));
}

static void
drag_update_cb (GtkGestureDrag *gesture, double dx, double dy, StrataScrubber *self)
{
  StrataSession *session = strata_view_get_session (STRATA_VIEW (self));
  double a = time_at (self, self->press_x), b = time_at (self, self->press_x + dx);

  if (self->ranging)
    strata_session_set_range (session, (gint64) MIN (a, b), (gint64) MAX (a, b));
  else
    strata_session_set_playhead (session, (gint64) b);
}

static gboolean
key_cb (GtkEventControllerKey *controller, guint key, guint code, GdkModifierType state, StrataScrubber *self)
{
  StrataSession *session = strata_view_get_session (STRATA_VIEW (self));
  gint64 step = MAX (get_total (self) / 100, 1), playhead = MAX (strata_session_get_playhead (session), 0);

  if (key == GDK_KEY_space)
    toggle_play (self);
  else if (key == GDK_KEY_Left)
    strata_session_set_playhead (session, MAX (playhead - step, 0));
  else if (key == GDK_KEY_Right)
    strata_session_set_playhead (session, playhead + step);
  else
    return FALSE;
  return TRUE;
}

static void
strata_scrubber_class_init (StrataScrubberClass *klass)
{
  STRATA_VIEW_CLASS (klass)->draw = strata_scrubber_draw_view;
}

static void
strata_scrubber_init (StrataScrubber *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkEventController *key = gtk_event_controller_key_new ();

  g_signal_connect (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (drag));
  gtk_widget_add_controller (widget, key);
  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_vexpand (widget, FALSE);
  gtk_widget_set_size_request (widget, -1, HEIGHT);
  gtk_widget_set_tooltip_text (
    widget, "Power over the whole run. Click or drag moves the playhead, Shift-drag selects a stretch, Space plays");
  strata_view_set_description (STRATA_VIEW (self), "Playhead over the power of the run");
}

GtkWidget *
strata_scrubber_new (void)
{
  return g_object_new (STRATA_TYPE_SCRUBBER, NULL);
}
