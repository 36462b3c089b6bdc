/* SPDX-License-Identifier: Apache-2.0
 *
 * The first page as widgets, so that its words can be selected, read aloud and clicked: verdict, key figures, split of
 * energy, findings. A finding leads to its layer. The same words as strata_overview_draw (), from the same scene.
 */
#include "sections.h"

#include "widgets/bar.h"

typedef struct
{
  StrataSession *session;
  GtkWidget *box;
} Overview;

static GtkWidget *
add_label (GtkWidget *box, const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  gtk_box_append (GTK_BOX (box), label);
  return label;
}

static void
add_verdict_class (GtkWidget *widget, int verdict)
{
  if (verdict != 0)
    gtk_widget_add_css_class (widget, verdict > 0 ? "met" : "missed");
}

static void
add_verdict (GtkWidget *box, const StrataOverviewScene *scene)
{
  GtkWidget *head = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *verdict;

  add_label (head, scene->subtitle, "dim-label");
  verdict = add_label (head, scene->verdict, "verdict");
  add_verdict_class (verdict, scene->is_met);
  if (scene->limited_by != NULL)
    add_label (head, scene->limited_by, NULL);
  gtk_box_append (GTK_BOX (box), head);
}

static GtkWidget *
make_flow (int row_spacing, int column_spacing, guint most)
{
  GtkWidget *flow = gtk_flow_box_new ();

  gtk_flow_box_set_selection_mode (GTK_FLOW_BOX (flow), GTK_SELECTION_NONE);
  gtk_flow_box_set_row_spacing (GTK_FLOW_BOX (flow), (guint) row_spacing);
  gtk_flow_box_set_column_spacing (GTK_FLOW_BOX (flow), (guint) column_spacing);
  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (flow), most);
  gtk_flow_box_set_homogeneous (GTK_FLOW_BOX (flow), TRUE);
  return flow;
}

static void
append_to_flow (GtkWidget *flow, GtkWidget *child)
{
  GtkWidget *last;

  gtk_flow_box_append (GTK_FLOW_BOX (flow), child);
  last = gtk_widget_get_last_child (flow);
  gtk_widget_set_focusable (last, FALSE);
}

static void
add_figures (GtkWidget *box, const StrataOverviewScene *scene)
{
  GtkWidget *flow = make_flow (18, 18, 4);

  for (gsize i = 0; i < scene->n_figures; i++)
    {
      const StrataOverviewFigure *figure = &scene->figures[i];
      GtkWidget *cell = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *note;

      add_label (cell, figure->name, "dim-label");
      gtk_label_set_wrap (GTK_LABEL (add_label (cell, figure->text, "value")), FALSE);
      note = add_label (cell, figure->note, "small");
      gtk_widget_add_css_class (note, figure->verdict == 0 ? "dim-label" : "note");
      add_verdict_class (note, figure->verdict);
      gtk_widget_add_css_class (cell, "figure");
      gtk_widget_set_tooltip_text (cell, figure->source);
      append_to_flow (flow, cell);
    }
  gtk_box_append (GTK_BOX (box), flow);
}

static GtkWidget *
make_swatch (Overview *self, int component, double share)
{
  const StrataDrawTheme *theme = strata_session_get_theme (self->session);
  GtkWidget *cell = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6), *swatch = strata_bar_new (STRATA_BAR_SWATCH), *label;
  g_autofree char *text =
    g_strdup_printf ("%s %.1f %%", strata_component_name ((StrataComponent) component), 100 * share);

  strata_bar_set (STRATA_BAR (swatch), 0, strata_draw_component_colour ((StrataComponent) component, theme), NULL, 0,
                  theme);
  gtk_box_append (GTK_BOX (cell), swatch);
  label = add_label (cell, text, "numeric");
  gtk_widget_add_css_class (label, "small");
  gtk_label_set_wrap (GTK_LABEL (label), FALSE);
  gtk_widget_set_tooltip_text (cell, strata_component_meaning ((StrataComponent) component));
  return cell;
}

static void
add_split (Overview *self, const StrataOverviewScene *scene)
{
  GtkWidget *group = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *bar = strata_bar_new (STRATA_BAR_SPLIT);
  GtkWidget *flow = make_flow (6, 12, 7);
  gint64 component_fj[STRATA_N_COMPONENTS];
  g_autofree char *total = NULL, *title = NULL;
  double full = 0;

  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    {
      component_fj[c] = (gint64) scene->component_fj[c];
      full += scene->component_fj[c];
    }
  total = strata_draw_quantity (full * 1e-15, "J");
  title = g_strdup_printf ("Where the energy goes: %s", total);
  add_label (group, title, "heading");
  gtk_widget_set_size_request (bar, -1, 18);
  strata_bar_set (STRATA_BAR (bar), 0, 0, component_fj, full, strata_session_get_theme (self->session));
  gtk_box_append (GTK_BOX (group), bar);
  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    if (full > 0 && scene->component_fj[c] > 0.001 * full)
      append_to_flow (flow, make_swatch (self, c, scene->component_fj[c] / full));
  gtk_box_append (GTK_BOX (group), flow);
  gtk_box_append (GTK_BOX (self->box), group);
}

static GtkWidget *
make_finding (const StrataOverviewFinding *finding)
{
  GtkWidget *row = gtk_list_box_row_new (), *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *text = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3), *dot = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);

  gtk_widget_add_css_class (dot, "severity");
  if (finding->severity > 0)
    gtk_widget_add_css_class (dot, finding->severity > 1 ? "warning" : "advice");
  gtk_widget_set_valign (dot, GTK_ALIGN_START);
  gtk_widget_set_margin_top (dot, 5);
  gtk_box_append (GTK_BOX (line), dot);
  gtk_widget_set_hexpand (text, TRUE);
  add_label (text, finding->title, "heading");
  add_label (text, finding->evidence, "dim-label");
  if (finding->action != NULL)
    add_label (text, finding->action, NULL);
  gtk_box_append (GTK_BOX (line), text);
  if (finding->gain != NULL)
    {
      GtkWidget *gain = add_label (line, finding->gain, "heading");

      gtk_label_set_wrap (GTK_LABEL (gain), FALSE);
      gtk_widget_set_valign (gain, GTK_ALIGN_START);
      gtk_widget_set_tooltip_text (gain, "Expected gain, modelled");
    }
  g_object_set_data (G_OBJECT (row), "layer", GINT_TO_POINTER (finding->layer + 1));
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), finding->layer >= 0);
  if (finding->layer >= 0)
    gtk_widget_set_tooltip_text (row, "Select its layer");
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), line);
  return row;
}

static void
finding_cb (GtkListBox *list, GtkListBoxRow *row, Overview *self)
{
  int layer = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (row), "layer")) - 1;

  if (layer >= 0)
    strata_session_set_layer (self->session, layer);
}

static void
add_findings (Overview *self, const StrataOverviewScene *scene)
{
  GtkWidget *group = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6), *list = gtk_list_box_new ();

  add_label (group, "What to look at", "heading");
  if (scene->n_findings == 0)
    add_label (group, "Nothing stands out.", "dim-label");
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (list, "findings");
  for (gsize i = 0; i < scene->n_findings; i++)
    gtk_list_box_append (GTK_LIST_BOX (list), make_finding (&scene->findings[i]));
  g_signal_connect (list, "row-activated", G_CALLBACK (finding_cb), self);
  gtk_box_append (GTK_BOX (group), list);
  gtk_box_append (GTK_BOX (self->box), group);
}

static void
session_changed_cb (StrataSession *session, guint what, Overview *self)
{
  const StrataScenes *scenes = strata_session_get_scenes (session);
  GtkWidget *child;

  if (!(what & (STRATA_SESSION_PROFILE | STRATA_SESSION_THEME)))
    return;
  while ((child = gtk_widget_get_first_child (self->box)) != NULL)
    gtk_box_remove (GTK_BOX (self->box), child);
  if (scenes == NULL)
    return;
  add_verdict (self->box, &scenes->overview);
  add_figures (self->box, &scenes->overview);
  add_split (self, &scenes->overview);
  add_findings (self, &scenes->overview);
}

static void
free_overview (Overview *self)
{
  g_signal_handlers_disconnect_by_data (self->session, self);
  g_clear_object (&self->session);
  g_free (self);
}

GtkWidget *
strata_overview_section_new (StrataSession *session)
{
  Overview *self = g_new0 (Overview, 1);
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->session = g_object_ref (session);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 24);
  gtk_widget_add_css_class (self->box, "page");
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->box);
  g_object_set_data_full (G_OBJECT (scrolled), "overview", self, (GDestroyNotify) free_overview);
  g_signal_connect (session, "changed", G_CALLBACK (session_changed_cb), self);
  session_changed_cb (session, G_MAXUINT, self);
  return scrolled;
}
