/* SPDX-License-Identifier: Apache-2.0
 *
 * Energy from the array over the macro to the chip, of the selected layer or of the run.
 */
#pragma once

#include "view.h"

G_BEGIN_DECLS

#define STRATA_TYPE_ENERGY_VIEW (strata_energy_view_get_type ())
G_DECLARE_FINAL_TYPE (StrataEnergyView, strata_energy_view, STRATA, ENERGY_VIEW, StrataView)

GtkWidget *strata_energy_view_new (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
