/* SPDX-License-Identifier: Apache-2.0
 *
 * The scrubber: power over the whole run, playhead, selected stretch, play. A click or drag moves the playhead,
 * Shift-drag selects a stretch, Escape clears both.
 */
#pragma once

#include "view.h"

G_BEGIN_DECLS

#define STRATA_TYPE_SCRUBBER (strata_scrubber_get_type ())
G_DECLARE_FINAL_TYPE (StrataScrubber, strata_scrubber, STRATA, SCRUBBER, StrataView)

GtkWidget *strata_scrubber_new (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
