/* SPDX-License-Identifier: Apache-2.0
 *
 * A widget that shows one painter's picture of the session. Subclasses say how to draw and what to do when the session
 * changes; the base class knows the session, the theme and the size.
 */
#pragma once

#include "app/session.h"

G_BEGIN_DECLS

#define STRATA_TYPE_VIEW (strata_view_get_type ())
G_DECLARE_DERIVABLE_TYPE (StrataView, strata_view, STRATA, VIEW, GtkWidget)

struct _StrataViewClass
{
  GtkWidgetClass parent_class;

  /* Draws into a context with origin at the widget's corner. Called with a session that has a profile. */
  void (*draw) (StrataView *self, cairo_t *cr, int width, int height);
  /* The session changed; @what: StrataSessionChange flags. The base class redraws after it. */
  void (*changed) (StrataView *self, guint what);
};

void strata_view_set_session (StrataView *self, StrataSession *session);
StrataSession *strata_view_get_session (StrataView *self);
/* NULL without a profile */
const StrataScenes *strata_view_get_scenes (StrataView *self);
const StrataDrawTheme *strata_view_get_theme (StrataView *self);
/* What the view is, for screen readers */
void strata_view_set_description (StrataView *self, const char *description);

G_END_DECLS
