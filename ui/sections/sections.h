/* SPDX-License-Identifier: Apache-2.0
 *
 * The six sections of the window. Each is a widget bound to the session; none knows another.
 */
#pragma once

#include "app/session.h"

G_BEGIN_DECLS

GtkWidget *strata_overview_section_new (StrataSession *session) G_GNUC_WARN_UNUSED_RESULT;
GtkWidget *strata_stack_section_new (StrataSession *session) G_GNUC_WARN_UNUSED_RESULT;
GtkWidget *strata_layers_section_new (StrataSession *session) G_GNUC_WARN_UNUSED_RESULT;
GtkWidget *strata_timeline_section_new (StrataSession *session) G_GNUC_WARN_UNUSED_RESULT;
GtkWidget *strata_power_section_new (StrataSession *session) G_GNUC_WARN_UNUSED_RESULT;
GtkWidget *strata_temperature_section_new (StrataSession *session) G_GNUC_WARN_UNUSED_RESULT;

/* Zooms to the selected layer */
void strata_timeline_section_frame (GtkWidget *section);
/* What the layers section shows of a name typed into the search entry; "": all */
void strata_layers_section_filter (GtkWidget *section, const char *text);

G_END_DECLS
