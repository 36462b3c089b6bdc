/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataView: session, redraw, and a cairo context for the painter.
 */
#include "view.h"

typedef struct
{
  StrataSession *session;
} StrataViewPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (StrataView, strata_view, GTK_TYPE_WIDGET)

static void
session_changed_cb (StrataSession *session, guint what, StrataView *self)
{
  StrataViewClass *klass = STRATA_VIEW_GET_CLASS (self);

  if (klass->changed != NULL)
    klass->changed (self, what);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
strata_view_dispose (GObject *object)
{
  StrataViewPrivate *priv = strata_view_get_instance_private (STRATA_VIEW (object));

  if (priv->session != NULL)
    g_signal_handlers_disconnect_by_data (priv->session, object);
  g_clear_object (&priv->session);
  G_OBJECT_CLASS (strata_view_parent_class)->dispose (object);
}

static void
set_colour (cairo_t *cr, guint32 colour)
{
  cairo_set_source_rgb (cr, (colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0, (colour & 255) / 255.0);
}

static void
strata_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  StrataView *self = STRATA_VIEW (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  cairo_t *cr;

  if (width <= 0 || height <= 0 || strata_view_get_scenes (self) == NULL)
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  set_colour (cr, strata_view_get_theme (self)->background);
  cairo_paint (cr);
  STRATA_VIEW_GET_CLASS (self)->draw (self, cr, width, height);
  cairo_destroy (cr);
}

static void
strata_view_class_init (StrataViewClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = strata_view_dispose;
  GTK_WIDGET_CLASS (klass)->snapshot = strata_view_snapshot;
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), GTK_ACCESSIBLE_ROLE_IMG);
}

static void
strata_view_init (StrataView *self)
{
  gtk_widget_set_hexpand (GTK_WIDGET (self), TRUE);
  gtk_widget_set_vexpand (GTK_WIDGET (self), TRUE);
}

void
strata_view_set_session (StrataView *self, StrataSession *session)
{
  StrataViewPrivate *priv = strata_view_get_instance_private (self);

  g_return_if_fail (priv->session == NULL);
  priv->session = g_object_ref (session);
  g_signal_connect (session, "changed", G_CALLBACK (session_changed_cb), self);
  session_changed_cb (session, G_MAXUINT, self);
}

StrataSession *
strata_view_get_session (StrataView *self)
{
  StrataViewPrivate *priv = strata_view_get_instance_private (self);

  return priv->session;
}

const StrataScenes *
strata_view_get_scenes (StrataView *self)
{
  StrataViewPrivate *priv = strata_view_get_instance_private (self);

  return priv->session == NULL ? NULL : strata_session_get_scenes (priv->session);
}

const StrataDrawTheme *
strata_view_get_theme (StrataView *self)
{
  StrataViewPrivate *priv = strata_view_get_instance_private (self);

  return strata_session_get_theme (priv->session);
}

void
strata_view_set_description (StrataView *self, const char *description)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, description, -1);
}
