/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures of a report as inline SVG, in the colours of the painters; text takes the colour of the page.
 */
#pragma once

#include "strata-profiler/strata-profile.h"

/* One bar of the run's energy, split by component. NULL: the run has no energy. */
char *strata_report_svg_energy (StrataProfile *profile) G_GNUC_WARN_UNUSED_RESULT;
/* When each layer ran, one line per layer. NULL: the run has no events. */
char *strata_report_svg_layers (StrataProfile *profile) G_GNUC_WARN_UNUSED_RESULT;
/* Mean power over time, stacked by component, with the budget. NULL: the run has no series. */
char *strata_report_svg_power (StrataProfile *profile) G_GNUC_WARN_UNUSED_RESULT;
