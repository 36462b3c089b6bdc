/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataEnergyView: the waterfall of energy.
 */
#include "energy-view.h"

struct _StrataEnergyView
{
  StrataView parent_instance;
};

G_DEFINE_FINAL_TYPE (StrataEnergyView, strata_energy_view, STRATA_TYPE_VIEW)

static void
strata_energy_view_draw_view (StrataView *view, cairo_t *cr, int width, int height)
{
  StrataRect rect = { 12, 6, width - 24, height - 12 };
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
