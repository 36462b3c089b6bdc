/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataOverviewView and StrataEnergyView: one painter each.
 */
#include "overview-view.h"

/* Height the page asks for, so that all findings have a place; what does not fit is counted by the painter. */
#define PAGE_HEIGHT 640

struct _StrataOverviewView
{
  StrataView parent_instance;
};

G_DEFINE_FINAL_TYPE (StrataOverviewView, strata_overview_view, STRATA_TYPE_VIEW)

static void
strata_overview_view_draw_view (StrataView *view, cairo_t *cr, int width, int height)
{
  const StrataScenes *scenes = strata_view_get_scenes (view);
  StrataRect rect = { 24, 18, width - 48, height - 36 };

  strata_overview_draw (cr, &scenes->overview, strata_view_get_theme (view), &rect);
}

static void
strata_overview_view_changed (StrataView *view, guint what)
{
  const StrataScenes *scenes = strata_view_get_scenes (view);
  g_autofree char *text = NULL;

  if (!(what & STRATA_SESSION_PROFILE) || scenes == NULL)
    return;
  /* What the picture says, for those who do not see it */
  text = g_strdup_printf ("Overview of %s. %s.", scenes->overview.run, scenes->overview.verdict);
  strata_view_set_description (view, text);
}

static void
strata_overview_view_class_init (StrataOverviewViewClass *klass)
{
  STRATA_VIEW_CLASS (klass)->draw = strata_overview_view_draw_view;
  STRATA_VIEW_CLASS (klass)->changed = strata_overview_view_changed;
}

static void
strata_overview_view_init (StrataOverviewView *self)
{
  gtk_widget_set_size_request (GTK_WIDGET (self), 480, PAGE_HEIGHT);
}

GtkWidget *
strata_overview_view_new (void)
{
  return g_object_new (STRATA_TYPE_OVERVIEW_VIEW, NULL);
}

struct _StrataEnergyView
{
  StrataView parent_instance;
};

G_DEFINE_FINAL_TYPE (StrataEnergyView, strata_energy_view, STRATA_TYPE_VIEW)

static void
strata_energy_view_draw_view (StrataView *view, cairo_t *cr, int width, int height)
{
  StrataRect rect = { 0, 0, width, height };
  StrataEnergyScene energy;

  strata_scenes_energy (strata_view_get_scenes (view), strata_session_get_layer (strata_view_get_session (view)),
                        &energy);
  strata_energy_draw (cr, &energy, strata_view_get_theme (view), &rect);
}

static void
strata_energy_view_class_init (StrataEnergyViewClass *klass)
{
  STRATA_VIEW_CLASS (klass)->draw = strata_energy_view_draw_view;
}

static void
strata_energy_view_init (StrataEnergyView *self)
{
  strata_view_set_description (STRATA_VIEW (self), "Energy from the array over the macro to the chip");
}

GtkWidget *
strata_energy_view_new (void)
{
  return g_object_new (STRATA_TYPE_ENERGY_VIEW, NULL);
}
