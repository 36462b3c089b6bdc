/* SPDX-License-Identifier: Apache-2.0
 *
 * The timeline: a track per unit. Wheel scrolls, Ctrl-wheel zooms at the pointer, Shift-wheel and middle drag pan, left
 * drag selects a stretch, a click selects the layer, a double click zooms to it. Keys: W S zoom, A D pan, F frames the
 * selection, 0 shows all.
 */
#pragma once

#include "view.h"

G_BEGIN_DECLS

#define STRATA_TYPE_TIMELINE_VIEW (strata_timeline_view_get_type ())
G_DECLARE_FINAL_TYPE (StrataTimelineView, strata_timeline_view, STRATA, TIMELINE_VIEW, StrataView)

/* @power: show power by component over the same time instead of tracks */
GtkWidget *strata_timeline_view_new (gboolean power) G_GNUC_WARN_UNUSED_RESULT;

/* Shows a stretch of time. */
void strata_timeline_view_show (StrataTimelineView *self, gint64 from_ps, gint64 to_ps);
/* Shows the range, else the selected layer, else the run. */
void strata_timeline_view_frame (StrataTimelineView *self);

G_END_DECLS
