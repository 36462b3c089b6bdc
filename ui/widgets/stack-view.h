/* SPDX-License-Identifier: Apache-2.0
 *
 * The solid: orbit, zoom, explode, pick. Left drag turns, wheel zooms at the pointer, Shift-drag or middle drag pans, a
 * click selects, a double click frames. Keys: 1–6 views, E explode, X x-ray, R free arrays, H height, T and Shift+T
 * tiers. Properties, for controls to bind: mode, explode, ghost, height-by-utilisation, show-free.
 */
#pragma once

#include "view.h"

G_BEGIN_DECLS

#define STRATA_TYPE_STACK_VIEW (strata_stack_view_get_type ())
G_DECLARE_FINAL_TYPE (StrataStackView, strata_stack_view, STRATA, STACK_VIEW, StrataView)

GtkWidget *strata_stack_view_new (void) G_GNUC_WARN_UNUSED_RESULT;

void strata_stack_view_set_mode (StrataStackView *self, StrataStackMode mode);
/* 0 closed to 1 open; eases there */
void strata_stack_view_set_explode (StrataStackView *self, double explode);
void strata_stack_view_set_ghost (StrataStackView *self, gboolean ghost);
void strata_stack_view_set_height (StrataStackView *self, gboolean height_by_utilisation);
/* Free arrays as slabs, else holes; a profile sets it to what suits its chip */
void strata_stack_view_set_free (StrataStackView *self, gboolean show_free);
/* 1 to 6, as strata_stack_camera_preset (); eases there */
void strata_stack_view_set_preset (StrataStackView *self, guint preset);
/* The volume as it is shown; for the strip of tier maps. NULL without a profile. */
const StrataStackVolume *strata_stack_view_get_volume (StrataStackView *self);

G_END_DECLS
