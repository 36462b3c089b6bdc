/* SPDX-License-Identifier: Apache-2.0
 *
 * The overview as a picture: verdict, key figures with bands, split of energy, findings. Scrolls with the page around
 * it.
 */
#pragma once

#include "view.h"

G_BEGIN_DECLS

#define STRATA_TYPE_OVERVIEW_VIEW (strata_overview_view_get_type ())
G_DECLARE_FINAL_TYPE (StrataOverviewView, strata_overview_view, STRATA, OVERVIEW_VIEW, StrataView)

GtkWidget *strata_overview_view_new (void) G_GNUC_WARN_UNUSED_RESULT;

/* The same place, for energy from array to chip of what is selected */
#define STRATA_TYPE_ENERGY_VIEW (strata_energy_view_get_type ())
G_DECLARE_FINAL_TYPE (StrataEnergyView, strata_energy_view, STRATA, ENERGY_VIEW, StrataView)

GtkWidget *strata_energy_view_new (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
