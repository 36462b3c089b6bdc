/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataBar: the painters of table cells as a widget.
 */
#include "bar.h"

struct _StrataBar
{
  GtkWidget parent_instance;
  StrataBarKind kind;
  double value, full_fj, component_fj[STRATA_N_COMPONENTS];
  guint32 colour;
  const StrataDrawTheme *theme;
};

G_DEFINE_FINAL_TYPE (StrataBar, strata_bar, GTK_TYPE_WIDGET)

static void
strata_bar_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  StrataBar *self = STRATA_BAR (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  double thickness = height >= 18 && self->kind == STRATA_BAR_SPLIT ? height : 10;
  StrataRect rect = { 0, (height - thickness) / 2, width, thickness };
  cairo_t *cr;

  if (self->theme == NULL || width <= 0)
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  if (self->kind == STRATA_BAR_SPLIT)
    strata_split_bar_draw (cr, self->component_fj, self->full_fj, self->theme, &rect);
  else if (self->kind == STRATA_BAR_VALUE)
    strata_bar_draw (cr, self->value, self->colour, self->theme, &rect);
  else
    {
      cairo_set_source_rgb (cr, (self->colour >> 16 & 255) / 255.0, (self->colour >> 8 & 255) / 255.0,
                            (self->colour & 255) / 255.0);
      cairo_rectangle (cr, 0, height / 2.0 - 6, 12, 12);
      cairo_fill (cr);
    }
  cairo_destroy (cr);
}

static void
strata_bar_measure (GtkWidget *widget,
                    GtkOrientation orientation,
                    int for_size,
                    int *minimum,
                    int *natural,
                    int *minimum_baseline,
                    int *natural_baseline)
{
  gboolean swatch = STRATA_BAR (widget)->kind == STRATA_BAR_SWATCH;

  *minimum = *natural = orientation == GTK_ORIENTATION_VERTICAL ? 14 : swatch ? 12 : 24;
  if (orientation == GTK_ORIENTATION_HORIZONTAL && !swatch)
    *natural = 100;
  *minimum_baseline = *natural_baseline = -1;
}

static void
strata_bar_class_init (StrataBarClass *klass)
{
  GTK_WIDGET_CLASS (klass)->snapshot = strata_bar_snapshot;
  GTK_WIDGET_CLASS (klass)->measure = strata_bar_measure;
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
strata_bar_init (StrataBar *self)
{
}

GtkWidget *
strata_bar_new (StrataBarKind kind)
{
  StrataBar *self = g_object_new (STRATA_TYPE_BAR, NULL);

  self->kind = kind;
  return GTK_WIDGET (self);
}

void
strata_bar_set (StrataBar *self,
                double value,
                guint32 colour,
                const gint64 *component_fj,
                double full_fj,
                const StrataDrawTheme *theme)
{
  self->value = value;
  self->colour = colour;
  self->full_fj = full_fj;
  self->theme = theme;
  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    self->component_fj[c] = component_fj == NULL ? 0 : (double) component_fj[c];
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
