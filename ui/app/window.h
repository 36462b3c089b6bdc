/* SPDX-License-Identifier: Apache-2.0
 *
 * One window, one profile: header, sections at the left, the section's view, the inspector at the right, scrubber and
 * status below.
 */
#pragma once

#include "session.h"

G_BEGIN_DECLS

#define STRATA_TYPE_WINDOW (strata_window_get_type ())
G_DECLARE_FINAL_TYPE (StrataWindow, strata_window, STRATA, WINDOW, GtkApplicationWindow)

StrataWindow *strata_window_new (GtkApplication *application) G_GNUC_WARN_UNUSED_RESULT;
/* Loads in a thread; then selects @layer by name, where not NULL. */
void strata_window_open (StrataWindow *self, GFile *file, const char *layer);
/* "overview", "stack", "layers", "timeline", "power" */
void strata_window_set_section (StrataWindow *self, const char *section);
StrataSession *strata_window_get_session (StrataWindow *self);
/* Once per process, after GTK was initialised */
void strata_window_load_style (void);

G_END_DECLS
