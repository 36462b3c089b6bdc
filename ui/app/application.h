/* SPDX-License-Identifier: Apache-2.0
 *
 * The desktop application: opens profiles in windows, holds the actions that do not belong to one.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define STRATA_TYPE_APPLICATION (strata_application_get_type ())
G_DECLARE_FINAL_TYPE (StrataApplication, strata_application, STRATA, APPLICATION, GtkApplication)

StrataApplication *strata_application_new (void) G_GNUC_WARN_UNUSED_RESULT;
/* Overrides the desktop's choice of light or dark. */
void strata_application_force_dark (StrataApplication *self, gboolean dark);
/* Section and layer that windows start with; NULL: the overview, nothing selected. */
void strata_application_set_start (StrataApplication *self, const char *section, const char *layer);

G_END_DECLS
