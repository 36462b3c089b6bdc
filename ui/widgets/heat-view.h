/* SPDX-License-Identifier: Apache-2.0
 *
 * The temperature map: steady temperatures from above and in section, with a place's temperature under the pointer.
 */
#pragma once

#include "view.h"

G_BEGIN_DECLS

#define STRATA_TYPE_HEAT_VIEW (strata_heat_view_get_type ())
G_DECLARE_FINAL_TYPE (StrataHeatView, strata_heat_view, STRATA, HEAT_VIEW, StrataView)

GtkWidget *strata_heat_view_new (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
