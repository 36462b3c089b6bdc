/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataHeatView: the temperature map. A click on a place selects what stands there.
 */
#include "heat-view.h"

#include <math.h>

struct _StrataHeatView
{
  StrataView parent_instance;
};

G_DEFINE_FINAL_TYPE (StrataHeatView, strata_heat_view, STRATA_TYPE_VIEW)

static StrataRect
get_rect (GtkWidget *widget)
{
  return (StrataRect){ 12, 6, gtk_widget_get_width (widget) - 24, gtk_widget_get_height (widget) - 12 };
}

static void
strata_heat_view_draw_view (StrataView *view, cairo_t *cr, int width, int height)
{
  StrataRect rect = get_rect (GTK_WIDGET (view));

  strata_heat_map_draw (cr, strata_view_get_scenes (view)->heat, strata_view_get_theme (view), &rect);
}

static gboolean
pick (StrataHeatView *self, double x, double y, StrataHeatPlace *place)
{
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));
  StrataRect rect = get_rect (GTK_WIDGET (self));

  return scenes != NULL && strata_heat_map_pick (scenes->heat, &rect, x, y, place);
}

/* The tile on the array there, -1: none */
static gint32
find_tile (StrataHeatView *self, const StrataHeatPlace *place)
{
  StrataProfile *profile = strata_session_get_profile (strata_view_get_session (STRATA_VIEW (self)));
  const StrataProfileRun *run = strata_profile_get_run (profile);
  gsize n_sites, site = (gsize) place->stack * (gsize) run->n_tiers + (gsize) MAX (place->tier, 0);
  const gint32 *tiles = strata_profile_get_site_tiles (profile, &n_sites);

  return place->tier >= 0 && site < n_sites ? tiles[site] : -1;
}

static void
released_cb (GtkGestureClick *gesture, int n_press, double x, double y, StrataHeatView *self)
{
  StrataSession *session = strata_view_get_session (STRATA_VIEW (self));
  StrataHeatPlace place;

  if (!pick (self, x, y, &place))
    return;
  if (find_tile (self, &place) >= 0)
    strata_session_set_tile (session, find_tile (self, &place));
  else
    strata_session_set_layer (session, -1);
}

static void
motion_cb (GtkEventControllerMotion *controller, double x, double y, StrataHeatView *self)
{
  gtk_widget_trigger_tooltip_query (GTK_WIDGET (self));
}

/* With the map's decimals, which tell places apart */
static char *
describe_temperature (const StrataHeatScene *heat, double value_c)
{
  StrataHeatPlace hottest, coolest;
  int decimals;

  if (!isfinite (value_c) || !strata_heat_scene_ends (heat, &hottest, &coolest))
    return g_strdup ("temperature unknown");
  decimals = strata_heat_decimals (hottest.temperature_c - coolest.temperature_c);
  return g_strdup_printf ("%.*f °C, %.*f K above ambient", decimals, value_c, decimals, value_c - heat->ambient_c);
}

static char *
describe (StrataHeatView *self, const StrataHeatPlace *place)
{
  const StrataScenes *scenes = strata_view_get_scenes (STRATA_VIEW (self));
  gint32 tile = find_tile (self, place);
  g_autofree char *name = strata_heat_place_name (scenes->heat, place);
  g_autofree char *temperature = describe_temperature (scenes->heat, place->temperature_c);

  if (tile < 0)
    return g_markup_printf_escaped ("<b>%s</b>\n%s", name, temperature);
  return g_markup_printf_escaped ("<b>%s</b>\n%s\n%s", name, temperature,
                                  scenes->layers[scenes->tiles[tile].layer].name);
}

static gboolean
tooltip_cb (GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer data)
{
  StrataHeatView *self = STRATA_HEAT_VIEW (widget);
  g_autofree char *text = NULL;
  StrataHeatPlace place;

  if (keyboard || !pick (self, x, y, &place))
    return FALSE;
  text = describe (self, &place);
  gtk_tooltip_set_markup (tooltip, text);
  return TRUE;
}

static void
strata_heat_view_class_init (StrataHeatViewClass *klass)
{
  STRATA_VIEW_CLASS (klass)->draw = strata_heat_view_draw_view;
}

static void
strata_heat_view_init (StrataHeatView *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect (click, "released", G_CALLBACK (released_cb), self);
  gtk_widget_add_controller (widget, motion);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
  gtk_widget_set_has_tooltip (widget, TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (tooltip_cb), NULL);
  strata_view_set_description (STRATA_VIEW (self), "Steady temperatures from above and in section");
}

GtkWidget *
strata_heat_view_new (void)
{
  return g_object_new (STRATA_TYPE_HEAT_VIEW, NULL);
}
