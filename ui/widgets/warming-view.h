/* SPDX-License-Identifier: Apache-2.0
 *
 * Continuous operation from cold: the chart, with the temperatures under the pointer.
 */
#pragma once

#include "view.h"

G_BEGIN_DECLS

#define STRATA_TYPE_WARMING_VIEW (strata_warming_view_get_type ())
G_DECLARE_FINAL_TYPE (StrataWarmingView, strata_warming_view, STRATA, WARMING_VIEW, StrataView)

GtkWidget *strata_warming_view_new (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
