/* SPDX-License-Identifier: Apache-2.0
 *
 * The pane at the right: whatever is selected, in numbers with bands and where they come from.
 */
#pragma once

#include "session.h"

GtkWidget *strata_inspector_new (StrataSession *session) G_GNUC_WARN_UNUSED_RESULT;
