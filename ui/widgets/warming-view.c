/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataWarmingView: the chart from cold. Its time is that of continuous operation, not the run's, so that playhead and
 * range do not show here.
 */
#include "warming-view.h"

#include <math.h>

struct _StrataWarmingView
{
  StrataView parent_instance;
  double cursor_s; /* under the pointer, NaN: none */
};

G_DEFINE_FINAL_TYPE (StrataWarmingView, strata_warming_view, STRATA_TYPE_VIEW)

static StrataRect
get_rect (GtkWidget *widget)
{
  return (StrataRect){ 12, 6, gtk_widget_get_width (widget) - 24, gtk_widget_get_height (widget) - 12 };
}

static void
strata_warming_view_draw_view (StrataView *view, cairo_t *cr, int width, int height)
{
  StrataRect rect = get_rect (GTK_WIDGET (view));

  strata_warming_draw (cr, strata_view_get_scenes (view)->warming, STRATA_WARMING_VIEW (view)->cursor_s,
                       strata_view_get_theme (view), &rect);
}

static void
strata_warming_view_changed (StrataView *view, guint what)
{
  if (what & STRATA_SESSION_PROFILE)
    STRATA_WARMING_VIEW (view)->cursor_s = (double) NAN;
}

static void
motion_cb (GtkEventControllerMotion *controller, double x, double y, StrataWarmingView *self)
{
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));
  StrataRect rect = get_rect (GTK_WIDGET (self));

  if (scenes == NULL
      || !strata_chart_pick (&scenes->warming->chart, strata_view_get_theme (STRATA_VIEW (self)), &rect, x, y,
                             &self->cursor_s))
    self->cursor_s = (double) NAN;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  gtk_widget_trigger_tooltip_query (GTK_WIDGET (self));
}

static void
leave_cb (GtkEventControllerMotion *controller, StrataWarmingView *self)
{
  self->cursor_s = (double) NAN;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
tooltip_cb (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer data)
{
  StrataWarmingView *self = STRATA_WARMING_VIEW (widget);
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));
  g_autofree char *text = NULL;

  if (keyboard || scenes == NULL || isnan (self->cursor_s))
    return FALSE;
  text = strata_warming_describe (scenes->warming, self->cursor_s);
  gtk_tooltip_set_text (tooltip, text);
  return text != NULL;
}

static void
strata_warming_view_class_init (StrataWarmingViewClass *klass)
{
  STRATA_VIEW_CLASS (klass)->draw = strata_warming_view_draw_view;
  STRATA_VIEW_CLASS (klass)->changed = strata_warming_view_changed;
}

static void
strata_warming_view_init (StrataWarmingView *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkEventController *motion = gtk_event_controller_motion_new ();

  self->cursor_s = (double) NAN;
  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect (motion, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (widget, motion);
  gtk_widget_set_has_tooltip (widget, TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (tooltip_cb), NULL);
  strata_view_set_description (STRATA_VIEW (self), "Temperatures from cold over time, with the governor's spells");
}

GtkWidget *
strata_warming_view_new (void)
{
  return g_object_new (STRATA_TYPE_WARMING_VIEW, NULL);
}
