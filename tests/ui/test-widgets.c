/* SPDX-License-Identifier: Apache-2.0
 *
 * The window as a user drives it: profiles are made here, commands are its actions, answers are read from the session
 * and from what the widgets say. Needs a display, such as that of xvfb-run.
 */
#include <gtk/gtk.h>

#include <glib/gstdio.h>

#include "app/application.h"
#include "app/window.h"
#include "synthetic-profile.h"
#include "strata-profiler/strata-profile-recorder.h"

#define N_LAYERS 20

typedef struct
{
  StrataApplication *application;
  StrataWindow *window;
  StrataSession *session;
  char *folder;
} Fixture;

static char *
make_run (Fixture *f, const char *name, int n_layers, gint64 n_events)
{
  char *path = g_build_filename (f->folder, name, NULL);
  g_autoptr (GError) error = NULL;
  StrataSyntheticOptions options;
  StrataTraceSink *sink;

  strata_synthetic_options_init (&options);
  options.n_layers = n_layers;
  options.n_events = n_events;
  sink = strata_profile_recorder_new (path);
  strata_synthetic_run (&options, sink, &error);
  g_assert_no_error (error);
  sink->free (sink);
  return path;
}

static char *
make_profile (Fixture *f, const char *name, int n_layers)
{
  return make_run (f, name, n_layers, 5000);
}

static void
spin (int milliseconds)
{
  gint64 until = g_get_monotonic_time () + milliseconds * 1000;

  while (g_get_monotonic_time () < until)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (1000);
}

/* The first widget below @root of a type, with a name of a style class where @css_class is not NULL */
static GtkWidget *
find (GtkWidget *root, GType type, const char *css_class)
{
  if (G_TYPE_CHECK_INSTANCE_TYPE (root, type) && (css_class == NULL || gtk_widget_has_css_class (root, css_class)))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find (child, type, css_class);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/* Whether a label below @root that can be seen says @text */
static gboolean
says (GtkWidget *root, const char *text)
{
  if (!gtk_widget_get_child_visible (root))
    return FALSE;
  if (GTK_IS_LABEL (root) && strstr (gtk_label_get_text (GTK_LABEL (root)), text) != NULL)
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL; child = gtk_widget_get_next_sibling (child))
    if (says (child, text))
      return TRUE;
  return FALSE;
}

static void
activate (Fixture *f, const char *action, const char *parameter)
{
  g_action_group_activate_action (G_ACTION_GROUP (f->window), action,
                                  parameter == NULL ? NULL : g_variant_new_string (parameter));
  spin (30);
}

static void
open_path (Fixture *f, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  strata_window_open (f->window, file, NULL);
  for (int i = 0; i < 500 && (strata_session_get_profile (f->session) == NULL || i < 5); i++)
    spin (10);
}

static gboolean
set_up_window (Fixture *f)
{
  if (!gtk_init_check ())
    {
      g_test_skip ("there is no display; run under xvfb-run");
      return FALSE;
    }
  g_object_set (gtk_settings_get_default (), "gtk-application-prefer-dark-theme", FALSE, "gtk-enable-animations", FALSE,
                NULL);
  f->application = strata_application_new ();
  g_assert_true (g_application_register (G_APPLICATION (f->application), NULL, NULL));
  f->window = g_object_ref_sink (strata_window_new (GTK_APPLICATION (f->application)));
  f->session = g_object_ref (strata_window_get_session (f->window));
  gtk_window_present (GTK_WINDOW (f->window));
  spin (30);
  return TRUE;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("strata-widgets-XXXXXX", NULL);
  g_assert_nonnull (f->folder);
  if (set_up_window (f) && data != NULL)
    {
      g_autofree char *path = make_profile (f, "run.strata", GPOINTER_TO_INT (data));

      open_path (f, path);
      g_assert_nonnull (strata_session_get_profile (f->session));
    }
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  GDir *dir = g_dir_open (f->folder, 0, NULL);
  const char *name;

  if (f->window != NULL)
    {
      gtk_window_destroy (GTK_WINDOW (f->window));
      spin (200);
      g_assert_finalize_object (f->window);
      g_assert_finalize_object (f->session);
      g_object_unref (f->application); /* GTK keeps it until the process ends, as it was never run */
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (f->folder, name, NULL);

      g_unlink (path);
    }
  g_dir_close (dir);
  g_rmdir (f->folder);
  g_free (f->folder);
}

static const char *
layer_name (Fixture *f, int layer)
{
  return strata_profile_get_layers (strata_session_get_profile (f->session), NULL)[layer].name;
}

static GtkWidget *
visible_section (Fixture *f)
{
  GtkWidget *sidebar = find (GTK_WIDGET (f->window), GTK_TYPE_STACK_SIDEBAR, NULL);

  return gtk_stack_get_visible_child (gtk_stack_sidebar_get_stack (GTK_STACK_SIDEBAR (sidebar)));
}

static void
test_empty (Fixture *f, gconstpointer data)
{
  if (f->window == NULL)
    return;
  g_assert_true (says (GTK_WIDGET (f->window), "No profile is open"));
  g_assert_true (says (GTK_WIDGET (f->window), "strata profile"));
  /* without a profile commands do nothing */
  activate (f, "select-layer", "no such layer");
  activate (f, "back", NULL);
  activate (f, "clear", NULL);
  g_assert_cmpint (strata_session_get_layer (f->session), ==, -1);
}

static void
test_sections (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "overview", "stack", "layers", "timeline", "power", "temperature" };
  GtkWidget *seen[G_N_ELEMENTS (names)];

  if (f->window == NULL)
    return;
  g_assert_false (says (GTK_WIDGET (f->window), "No profile is open"));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GVariant) state = NULL;

      activate (f, "section", names[i]);
      spin (100);
      seen[i] = visible_section (f);
      state = g_action_group_get_action_state (G_ACTION_GROUP (f->window), "section");
      g_assert_cmpstr (g_variant_get_string (state, NULL), ==, names[i]);
      g_assert_true (gtk_widget_get_mapped (seen[i]));
      g_assert_cmpint (gtk_widget_get_width (seen[i]), >, 300);
      for (guint j = 0; j < i; j++)
        g_assert_true (seen[i] != seen[j]);
    }
  activate (f, "section", "nowhere");
  g_assert_true (visible_section (f) == seen[G_N_ELEMENTS (names) - 1]);
}

static void
test_select_layer (Fixture *f, gconstpointer data)
{
  GtkWidget *inspector, *view;
  GtkSelectionModel *rows;

  if (f->window == NULL)
    return;
  inspector = find (GTK_WIDGET (f->window), GTK_TYPE_BOX, "inspector");
  view = find (GTK_WIDGET (f->window), GTK_TYPE_COLUMN_VIEW, NULL);
  rows = gtk_column_view_get_model (GTK_COLUMN_VIEW (view));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (rows)), ==, N_LAYERS);
  g_assert_true (says (inspector, "Nothing is selected"));
  activate (f, "select-layer", layer_name (f, 7));
  g_assert_cmpint (strata_session_get_layer (f->session), ==, 7);
  g_assert_true (says (inspector, layer_name (f, 7)));
  g_assert_true (gtk_selection_model_is_selected (rows, 7));
  g_assert_true (says (find (GTK_WIDGET (f->window), GTK_TYPE_BOX, "status"), layer_name (f, 7)));
  /* and from the table to the session */
  gtk_selection_model_select_item (rows, 3, TRUE);
  spin (30);
  g_assert_cmpint (strata_session_get_layer (f->session), ==, 3);
  g_assert_true (says (inspector, layer_name (f, 3)));
  activate (f, "clear", NULL);
  g_assert_cmpint (strata_session_get_layer (f->session), ==, -1);
  g_assert_true (says (inspector, "Nothing is selected"));
}

static void
test_select_tile (Fixture *f, gconstpointer data)
{
  GtkWidget *inspector;
  const StrataProfileTile *tiles;
  g_autofree char *site = NULL;

  if (f->window == NULL)
    return;
  inspector = find (GTK_WIDGET (f->window), GTK_TYPE_BOX, "inspector");
  tiles = strata_profile_get_tiles (strata_session_get_profile (f->session), NULL);
  strata_session_set_tile (f->session, 1);
  spin (30);
  site = g_strdup_printf ("stack %d, tier %d", tiles[1].stack, tiles[1].tier);
  g_assert_cmpint (strata_session_get_layer (f->session), ==, tiles[1].layer);
  g_assert_true (says (inspector, "Selected array"));
  g_assert_true (says (inspector, site));
  strata_session_set_tile (f->session, 1 << 30);
  g_assert_cmpint (strata_session_get_tile (f->session), ==, 1);
}

static void
test_history (Fixture *f, gconstpointer data)
{
  if (f->window == NULL)
    return;
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (f->window), "back"));
  for (int layer = 1; layer <= 3; layer++)
    activate (f, "select-layer", layer_name (f, layer));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (f->window), "forward"));
  activate (f, "back", NULL);
  activate (f, "back", NULL);
  g_assert_cmpint (strata_session_get_layer (f->session), ==, 1);
  activate (f, "forward", NULL);
  g_assert_cmpint (strata_session_get_layer (f->session), ==, 2);
  /* a new selection cuts what lay ahead */
  activate (f, "select-layer", layer_name (f, 9));
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (f->window), "forward"));
  activate (f, "back", NULL);
  g_assert_cmpint (strata_session_get_layer (f->session), ==, 2);
  for (int i = 0; i < 100; i++)
    strata_session_set_layer (f->session, i % N_LAYERS);
  for (int i = 0; i < 200; i++)
    strata_session_back (f->session);
  g_assert_false (strata_session_can_back (f->session));
}

static void
test_search (Fixture *f, gconstpointer data)
{
  GtkWidget *entry, *view;
  GListModel *rows;

  if (f->window == NULL)
    return;
  entry = find (find (GTK_WIDGET (f->window), GTK_TYPE_HEADER_BAR, NULL), GTK_TYPE_SEARCH_ENTRY, NULL);
  view = find (GTK_WIDGET (f->window), GTK_TYPE_COLUMN_VIEW, NULL);
  rows = G_LIST_MODEL (gtk_column_view_get_model (GTK_COLUMN_VIEW (view)));
  gtk_editable_set_text (GTK_EDITABLE (entry), layer_name (f, 5));
  g_signal_emit_by_name (entry, "activate");
  spin (300); /* the entry waits for the end of typing */
  g_assert_cmpint (strata_session_get_layer (f->session), ==, 5);
  g_assert_cmpuint (g_list_model_get_n_items (rows), ==, 1);
  gtk_editable_set_text (GTK_EDITABLE (entry), "no layer is called so");
  g_signal_emit_by_name (entry, "activate");
  spin (300);
  g_assert_cmpint (strata_session_get_layer (f->session), ==, 5);
  g_assert_cmpuint (g_list_model_get_n_items (rows), ==, 0);
  g_signal_emit_by_name (entry, "stop-search");
  spin (300);
  g_assert_cmpuint (g_list_model_get_n_items (rows), ==, N_LAYERS);
  /* Enter goes on to the next match, and around */
  gtk_editable_set_text (GTK_EDITABLE (entry), "conv");
  for (int i = 0; i < 2 * N_LAYERS; i++)
    {
      int before = strata_session_get_layer (f->session);

      g_signal_emit_by_name (entry, "activate");
      g_assert_cmpint (strata_session_get_layer (f->session), !=, before);
    }
}

static void
test_time (Fixture *f, gconstpointer data)
{
  GtkWidget *status;
  gint64 end;

  if (f->window == NULL)
    return;
  status = find (GTK_WIDGET (f->window), GTK_TYPE_BOX, "status");
  end = strata_profile_get_duration_ps (strata_session_get_profile (f->session));
  activate (f, "section", "stack");
  strata_session_set_playhead (f->session, end / 2);
  spin (50);
  g_assert_true (says (status, "At "));
  strata_session_set_range (f->session, 0, end);
  spin (50);
  g_assert_true (says (status, "mean "));
  g_assert_true (says (status, "peak "));
  /* one step out clears time, the next one the selection */
  activate (f, "select-layer", layer_name (f, 2));
  activate (f, "clear", NULL);
  g_assert_cmpint (strata_session_get_playhead (f->session), ==, -1);
  g_assert_false (says (status, "mean "));
  g_assert_cmpint (strata_session_get_layer (f->session), ==, 2);
}

static void
test_dark (Fixture *f, gconstpointer data)
{
  guint32 light, dark;

  if (f->window == NULL)
    return;
  g_action_group_change_action_state (G_ACTION_GROUP (f->application), "dark", g_variant_new_boolean (FALSE));
  spin (50);
  light = strata_session_get_theme (f->session)->background;
  g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (f->window), "strata-light"));
  g_action_group_change_action_state (G_ACTION_GROUP (f->application), "dark", g_variant_new_boolean (TRUE));
  spin (50);
  dark = strata_session_get_theme (f->session)->background;
  g_assert_true (strata_session_get_theme (f->session)->is_dark);
  g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (f->window), "strata-dark"));
  g_assert_false (gtk_widget_has_css_class (GTK_WIDGET (f->window), "strata-light"));
  g_assert_cmpfloat (strata_draw_lightness (dark), <, strata_draw_lightness (light));
  g_action_group_change_action_state (G_ACTION_GROUP (f->application), "dark", g_variant_new_boolean (FALSE));
  spin (50);
}

static void
test_links (Fixture *f, gconstpointer data)
{
  if (f->window == NULL)
    return;
  activate (f, "select-layer", layer_name (f, 4));
  activate (f, "show-selection", "timeline");
  g_assert_true (find (visible_section (f), g_type_from_name ("StrataTimelineView"), NULL) != NULL);
  activate (f, "show-selection", "stack");
  g_assert_true (find (visible_section (f), g_type_from_name ("StrataStackView"), NULL) != NULL);
  g_assert_cmpint (strata_session_get_layer (f->session), ==, 4);
}

/* The map selects what stands at a place; the inspector says the rate that lasts; without spells both still draw. */
static void
test_temperature (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL, *path = NULL;
  GtkWidget *section, *inspector;
  const StrataScenes *scenes;

  if (f->window == NULL)
    return;
  activate (f, "section", "temperature");
  section = visible_section (f);
  inspector = find (GTK_WIDGET (f->window), GTK_TYPE_BOX, "inspector");
  g_assert_nonnull (find (section, g_type_from_name ("StrataHeatView"), NULL));
  g_assert_nonnull (find (section, g_type_from_name ("StrataWarmingView"), NULL));
  g_assert_true (says (inspector, "Rate for ever"));
  g_assert_true (says (inspector, ", skin"));
  scenes = strata_session_get_scenes (f->session);
  g_assert_cmpuint (scenes->warming->chart.n_spans, ==, 2);
  g_assert_cmpuint (scenes->warming->chart.n_lines, ==, 2);
  g_assert_cmpstr (scenes->timeline.tracks[0].group, ==, "Governor");
  g_assert_nonnull (strstr (scenes->timeline.tracks[0].texts[0], "throttles for skin after 60.0 s"));
  text = strata_warming_describe (scenes->warming, 200);
  g_assert_nonnull (strstr (text, "skin:"));
  g_assert_null (strata_warming_describe (scenes->warming, 1e9));
  path = make_run (f, "estimate.strata", 3, 0);
  open_path (f, path);
  spin (200);
  g_assert_cmpuint (strata_session_get_scenes (f->session)->warming->chart.n_curves, ==, 0);
  g_assert_cmpuint (strata_session_get_scenes (f->session)->timeline.n_tracks, ==, 0);
  g_assert_false (says (inspector, "Rate for ever"));
}

static void
test_findings (Fixture *f, gconstpointer data)
{
  gsize n;
  const StrataProfileFinding *findings;
  GtkWidget *list;

  if (f->window == NULL)
    return;
  findings = strata_profile_get_findings (strata_session_get_profile (f->session), &n);
  list = find (GTK_WIDGET (f->window), GTK_TYPE_LIST_BOX, "findings");
  for (gsize i = 0; i < n; i++)
    {
      GtkListBoxRow *row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (list), (int) i);

      g_assert_nonnull (row);
      g_assert_cmpint (gtk_list_box_row_get_activatable (row), ==, findings[i].layer >= 0);
      if (findings[i].layer < 0)
        continue;
      g_signal_emit_by_name (list, "row-activated", row);
      g_assert_cmpint (strata_session_get_layer (f->session), ==, findings[i].layer);
    }
  g_assert_null (gtk_list_box_get_row_at_index (GTK_LIST_BOX (list), (int) n));
}

static void
test_broken (Fixture *f, gconstpointer data)
{
  g_autofree char *path = NULL, *missing = NULL;

  if (f->window == NULL)
    return;
  path = g_build_filename (f->folder, "broken.strata", NULL);
  missing = g_build_filename (f->folder, "missing.strata", NULL);
  g_assert_true (g_file_set_contents (path, "This is no profile.", -1, NULL));
  open_path (f, path);
  g_assert_true (says (GTK_WIDGET (f->window), "This profile cannot be shown"));
  g_assert_true (says (GTK_WIDGET (f->window), "broken.strata"));
  open_path (f, missing);
  g_assert_true (says (GTK_WIDGET (f->window), "missing.strata"));
}

static void
test_newer (Fixture *f, gconstpointer data)
{
  g_autofree char *path = NULL, *bytes = NULL;
  gsize length;

  if (f->window == NULL)
    return;
  path = make_profile (f, "newer.strata", 3);
  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  bytes[62] = 99; /* SQLite's user_version, big-endian at 60 */
  g_assert_true (g_file_set_contents (path, bytes, (gssize) length, NULL));
  open_path (f, path);
  g_assert_true (says (GTK_WIDGET (f->window), "newer Strata"));
  g_assert_null (strata_session_get_profile (f->session));
}

/* Opening again before the first has come: only the second is shown */
static void
test_open_twice (Fixture *f, gconstpointer data)
{
  g_autofree char *first_path = NULL, *second_path = NULL;
  g_autoptr (GFile) first = NULL;

  if (f->window == NULL)
    return;
  first_path = make_profile (f, "first.strata", 5);
  second_path = make_profile (f, "second.strata", 6);
  first = g_file_new_for_path (first_path);
  strata_window_open (f->window, first, NULL);
  open_path (f, second_path);
  spin (200);
  g_assert_cmpuint (strata_profile_get_n_layers (strata_session_get_profile (f->session)), ==, 6);
}

static void
test_many_layers (Fixture *f, gconstpointer data)
{
  GtkWidget *view;

  if (f->window == NULL)
    return;
  activate (f, "section", "layers");
  activate (f, "select-layer", layer_name (f, 3999));
  spin (300);
  view = find (GTK_WIDGET (f->window), GTK_TYPE_COLUMN_VIEW, NULL);
  g_assert_true (gtk_selection_model_is_selected (gtk_column_view_get_model (GTK_COLUMN_VIEW (view)), 3999));
  g_assert_true (says (view, layer_name (f, 3999))); /* scrolled into view: other rows have no widgets */
}

int
main (int argc, char **argv)
{
#define ADD(name, layers, function)                                                                                    \
  g_test_add ("/ui/window/" name, Fixture, GINT_TO_POINTER (layers), set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("empty", 0, test_empty);
  ADD ("sections", N_LAYERS, test_sections);
  ADD ("select-layer", N_LAYERS, test_select_layer);
  ADD ("select-tile", N_LAYERS, test_select_tile);
  ADD ("history", N_LAYERS, test_history);
  ADD ("search", N_LAYERS, test_search);
  ADD ("time", N_LAYERS, test_time);
  ADD ("dark", N_LAYERS, test_dark);
  ADD ("links", N_LAYERS, test_links);
  ADD ("findings", N_LAYERS, test_findings);
  ADD ("temperature", N_LAYERS, test_temperature);
  ADD ("broken", 0, test_broken);
  ADD ("newer", 0, test_newer);
  ADD ("open-twice", 0, test_open_twice);
  ADD ("one-layer", 1, test_sections);
  ADD ("many-layers", 4000, test_many_layers);
#undef ADD
  return g_test_run ();
}
