/* SPDX-License-Identifier: Apache-2.0
 *
 * The sections that are one or two painters with a bar of controls above: stack, timeline, power, temperature.
 */
#include "sections.h"

#include "widgets/energy-view.h"
#include "widgets/heat-view.h"
#include "widgets/stack-view.h"
#include "widgets/tier-strip.h"
#include "widgets/timeline-view.h"
#include "widgets/warming-view.h"

static GtkWidget *
add_view (GtkWidget *box, GtkWidget *view, StrataSession *session)
{
  strata_view_set_session (STRATA_VIEW (view), session);
  gtk_box_append (GTK_BOX (box), view);
  return view;
}

static GtkWidget *
make_bar (void)
{
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  gtk_widget_add_css_class (bar, "section-bar");
  return bar;
}

static void
preset_cb (GtkButton *button, StrataStackView *view)
{
  strata_stack_view_set_preset (view, GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "preset")));
}

static void
add_toggle (GtkWidget *bar, const char *label, const char *tooltip, GtkWidget *view, const char *property)
{
  GtkWidget *button = gtk_toggle_button_new_with_label (label);

  gtk_widget_set_tooltip_text (button, tooltip);
  gtk_widget_add_css_class (button, "flat");
  g_object_bind_property (view, property, button, "active", G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  gtk_box_append (GTK_BOX (bar), button);
}

static void
add_presets (GtkWidget *bar, GtkWidget *view)
{
  static const char *const names[] = { "Iso", "Top", "Front", "Side" };
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);

  gtk_widget_add_css_class (box, "linked");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GtkWidget *button = gtk_button_new_with_label (names[i]);
      g_autofree char *tooltip = g_strdup_printf ("View %u (key %u)", i + 1, i + 1);

      g_object_set_data (G_OBJECT (button), "preset", GUINT_TO_POINTER (i + 1));
      gtk_widget_set_tooltip_text (button, tooltip);
      g_signal_connect (button, "clicked", G_CALLBACK (preset_cb), view);
      gtk_box_append (GTK_BOX (box), button);
    }
  gtk_box_append (GTK_BOX (bar), box);
}

static GtkWidget *
make_stack_bar (GtkWidget *view)
{
  static const char *const modes[] = { "Layers", "Utilisation", "Energy", "Activity", "Temperature", NULL };
  GtkWidget *bar = make_bar (), *mode = gtk_drop_down_new_from_strings (modes), *label = gtk_label_new ("Explode");
  GtkWidget *explode = gtk_scale_new_with_range (GTK_ORIENTATION_HORIZONTAL, 0, 1, 0.05);

  gtk_widget_set_tooltip_text (mode, "What colours mean");
  g_object_bind_property (view, "mode", mode, "selected", G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  gtk_box_append (GTK_BOX (bar), mode);
  add_presets (bar, view);
  gtk_widget_add_css_class (label, "dim-label");
  gtk_box_append (GTK_BOX (bar), label);
  gtk_widget_set_size_request (explode, 120, -1);
  gtk_widget_set_tooltip_text (explode, "Distance of the tiers (key E)");
  g_object_bind_property (view, "explode", gtk_range_get_adjustment (GTK_RANGE (explode)), "value",
                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  gtk_box_append (GTK_BOX (bar), explode);
  add_toggle (bar, "Free", "Show arrays without weights too (key R)", view, "show-free");
  add_toggle (bar, "X-ray", "See through what is not selected (key X)", view, "ghost");
  add_toggle (bar, "Height", "Fuller arrays stand taller (key H)", view, "height-by-utilisation");
  return bar;
}

GtkWidget *
strata_stack_section_new (StrataSession *session)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *bar = gtk_scrolled_window_new ();
  GtkWidget *view = strata_stack_view_new (), *strip = strata_tier_strip_new (STRATA_STACK_VIEW (view));

  /* a narrow window scrolls its controls rather than refusing to be narrow */
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (bar), GTK_POLICY_EXTERNAL, GTK_POLICY_NEVER);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (bar), make_stack_bar (view));
  gtk_box_append (GTK_BOX (box), bar);
  gtk_box_append (GTK_BOX (box), row);
  add_view (row, view, session);
  gtk_box_append (GTK_BOX (row), gtk_separator_new (GTK_ORIENTATION_VERTICAL));
  add_view (row, strip, session);
  return box;
}

GtkWidget *
strata_timeline_section_new (StrataSession *session)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  add_view (box, strata_timeline_view_new (FALSE), session);
  return box;
}

void
strata_timeline_section_frame (GtkWidget *section)
{
  strata_timeline_view_frame (STRATA_TIMELINE_VIEW (gtk_widget_get_first_child (section)));
}

/* Two views, of which neither can be pushed away */
static GtkWidget *
make_pair (GtkWidget *upper, GtkWidget *lower, int least, StrataSession *session)
{
  GtkWidget *paned = gtk_paned_new (GTK_ORIENTATION_VERTICAL);

  strata_view_set_session (STRATA_VIEW (upper), session);
  strata_view_set_session (STRATA_VIEW (lower), session);
  gtk_widget_set_size_request (upper, -1, least);
  gtk_widget_set_size_request (lower, -1, 200);
  gtk_paned_set_start_child (GTK_PANED (paned), upper);
  gtk_paned_set_end_child (GTK_PANED (paned), lower);
  gtk_paned_set_shrink_start_child (GTK_PANED (paned), FALSE);
  gtk_paned_set_shrink_end_child (GTK_PANED (paned), FALSE);
  return paned;
}

GtkWidget *
strata_power_section_new (StrataSession *session)
{
  return make_pair (strata_timeline_view_new (TRUE), strata_energy_view_new (), 200, session);
}

GtkWidget *
strata_temperature_section_new (StrataSession *session)
{
  return make_pair (strata_heat_view_new (), strata_warming_view_new (), 300, session);
}
