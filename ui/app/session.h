/* SPDX-License-Identifier: Apache-2.0
 *
 * The one object that every view shares: the profile, what is selected, where the playhead stands, the theme. Views
 * never talk to each other; they set the session and listen to it. Selections are remembered, for back and forward.
 */
#pragma once

#include <gtk/gtk.h>

#include <strata-profiler/strata-draw-stack.h>
#include <strata-profiler/strata-profiler.h>

#include "scenes.h"

G_BEGIN_DECLS

/* What a "changed" signal is about; several may come at once. */
typedef enum
{
  STRATA_SESSION_PROFILE = 1 << 0,   /* another profile, or none */
  STRATA_SESSION_SELECTION = 1 << 1, /* selected layer or tile */
  STRATA_SESSION_TIME = 1 << 2,      /* playhead or range */
  STRATA_SESSION_THEME = 1 << 3,     /* light or dark */
  STRATA_SESSION_HOVER = 1 << 4,     /* layer under the pointer */
  STRATA_SESSION_TIER = 1 << 5,      /* tier picked in the stack */
} StrataSessionChange;

#define STRATA_TYPE_SESSION (strata_session_get_type ())
G_DECLARE_FINAL_TYPE (StrataSession, strata_session, STRATA, SESSION, GObject)

StrataSession *strata_session_new (void) G_GNUC_WARN_UNUSED_RESULT;

/* @profile may be NULL. Clears selection, time and history. */
void strata_session_set_profile (StrataSession *self, StrataProfile *profile);
StrataProfile *strata_session_get_profile (StrataSession *self);
/* What the painters draw, built from profile and theme; NULL without a profile. */
const StrataScenes *strata_session_get_scenes (StrataSession *self);

/* -1: none. Setting a tile selects its layer too; setting a layer clears the tile. */
void strata_session_set_layer (StrataSession *self, int layer);
void strata_session_set_tile (StrataSession *self, int tile);
int strata_session_get_layer (StrataSession *self);
int strata_session_get_tile (StrataSession *self);
void strata_session_set_hover (StrataSession *self, int layer);

void strata_session_back (StrataSession *self);
void strata_session_forward (StrataSession *self);
gboolean strata_session_can_back (StrataSession *self);
gboolean strata_session_can_forward (StrataSession *self);

/* Tier that the flat views show and T steps through; -1: all */
void strata_session_set_tier (StrataSession *self, int tier);
int strata_session_get_tier (StrataSession *self);

/* -1: no playhead; views then show the whole run */
void strata_session_set_playhead (StrataSession *self, gint64 time_ps);
gint64 strata_session_get_playhead (StrataSession *self);
/* from >= to: no range */
void strata_session_set_range (StrataSession *self, gint64 from_ps, gint64 to_ps);
gboolean strata_session_get_range (StrataSession *self, gint64 *from_ps, gint64 *to_ps);

void strata_session_set_dark (StrataSession *self, gboolean dark);
const StrataDrawTheme *strata_session_get_theme (StrataSession *self);

/* The selection in words, for the status line: "conv3 · 12 tiles on 9 stacks · 41 µs · 3.1 µJ (2.0–5.4)" */
char *strata_session_dup_status (StrataSession *self) G_GNUC_WARN_UNUSED_RESULT;
/* The playhead or range in words: "24.0–51.0 µs · 2.61 µJ · mean 96.7 mW, peak 210 mW"; "" without one */
char *strata_session_dup_time (StrataSession *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
