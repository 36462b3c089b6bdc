/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataTierStrip: the flat maps of the stack view's volume, scrolled by the wheel.
 */
#include "tier-strip.h"

#define WIDTH 88

struct _StrataTierStrip
{
  StrataView parent_instance;
  StrataStackView *stack;
  double offset;
};

G_DEFINE_FINAL_TYPE (StrataTierStrip, strata_tier_strip, STRATA_TYPE_VIEW)

static StrataRect
get_rect (StrataTierStrip *self)
{
  return (StrataRect){ 6, 6, WIDTH - 12, MAX (gtk_widget_get_height (GTK_WIDGET (self)) - 12, 1) };
}

static void
strata_tier_strip_draw_view (StrataView *view, cairo_t *cr, int width, int height)
{
  StrataTierStrip *self = STRATA_TIER_STRIP (view);
  const StrataStackVolume *volume = strata_stack_view_get_volume (self->stack);
  StrataRect rect = get_rect (self);

  if (volume != NULL)
    strata_tier_strip_draw (cr, volume, strata_session_get_tier (strata_view_get_session (view)), self->offset,
                            strata_view_get_theme (view), &rect);
}

static gboolean
scroll_cb (GtkEventControllerScroll *controller, double dx, double dy, StrataTierStrip *self)
{
  const StrataStackVolume *volume = strata_stack_view_get_volume (self->stack);
  StrataRect rect = get_rect (self);
  double hidden = volume == NULL ? 0 : strata_tier_strip_height (volume, rect.width) - rect.height;

  self->offset = CLAMP (self->offset + dy * 60, 0, MAX (hidden, 0));
  gtk_widget_queue_draw (GTK_WIDGET (self));
  return TRUE;
}

static void
released_cb (GtkGestureClick *gesture, int n_press, double x, double y, StrataTierStrip *self)
{
  const StrataStackVolume *volume = strata_stack_view_get_volume (self->stack);
  StrataSession *session = strata_view_get_session (STRATA_VIEW (self));
  StrataRect rect = get_rect (self);
  int tier = volume == NULL ? -1 : strata_tier_strip_pick (volume, self->offset, &rect, x, y);

  strata_session_set_tier (session, tier == strata_session_get_tier (session) ? -1 : tier);
}

static void
strata_tier_strip_class_init (StrataTierStripClass *klass)
{
  STRATA_VIEW_CLASS (klass)->draw = strata_tier_strip_draw_view;
}

static void
strata_tier_strip_init (StrataTierStrip *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkGesture *click = gtk_gesture_click_new ();

  g_signal_connect (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  g_signal_connect (click, "released", G_CALLBACK (released_cb), self);
  gtk_widget_add_controller (widget, scroll);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  gtk_widget_set_hexpand (widget, FALSE);
  gtk_widget_set_size_request (widget, WIDTH, -1);
  gtk_widget_set_tooltip_text (widget, "One map per tier, the top tier first. Click one to cut the solid there");
  strata_view_set_description (STRATA_VIEW (self), "Maps of the tiers");
}

GtkWidget *
strata_tier_strip_new (StrataStackView *stack)
{
  StrataTierStrip *self = g_object_new (STRATA_TYPE_TIER_STRIP, NULL);

  self->stack = stack;
  g_signal_connect_object (stack, "volume-changed", G_CALLBACK (gtk_widget_queue_draw), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}
