/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataApplication: one process, a window per profile.
 */
#include "application.h"

#include "window.h"

struct _StrataApplication
{
  GtkApplication parent_instance;
  gboolean forced, dark;
  char *section, *layer;
};

G_DEFINE_FINAL_TYPE (StrataApplication, strata_application, GTK_TYPE_APPLICATION)

static StrataWindow *
add_window (StrataApplication *self)
{
  StrataWindow *window = strata_window_new (GTK_APPLICATION (self));

  if (self->section != NULL)
    strata_window_set_section (window, self->section);
  gtk_window_present (GTK_WINDOW (window));
  return window;
}

static void
strata_application_activate (GApplication *application)
{
  add_window (STRATA_APPLICATION (application));
}

static void
strata_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  StrataApplication *self = STRATA_APPLICATION (application);

  for (int i = 0; i < n_files; i++)
    strata_window_open (add_window (self), files[i], self->layer);
}

static void
quit_cb (GSimpleAction *action, GVariant *parameter, gpointer application)
{
  g_application_quit (application);
}

static void
dark_cb (GSimpleAction *action, GVariant *state, gpointer application)
{
  g_object_set (gtk_settings_get_default (), "gtk-application-prefer-dark-theme", g_variant_get_boolean (state), NULL);
  g_simple_action_set_state (action, state);
}

static void
about_cb (GSimpleAction *action, GVariant *parameter, gpointer application)
{
  gtk_show_about_dialog (gtk_application_get_active_window (application), "program-name", "Strata Profiler", "version",
                         STRATA_VERSION, "comments",
                         "Shows, layer by layer, the 3D placement, timing and power of a model on a stacked analog "
                         "compute-in-memory chip.",
                         "license-type", GTK_LICENSE_APACHE_2_0, NULL);
}

static void
add_accels (GtkApplication *application)
{
  static const struct
  {
    const char *action;
    const char *accels[3]; /* ends with NULL */
  } accels[] = {
    { "app.quit", { "<Control>q" } },
    { "win.open", { "<Control>o" } },
    { "window.close", { "<Control>w" } },
    { "win.back", { "<Alt>Left" } },
    { "win.forward", { "<Alt>Right" } },
    { "win.inspector", { "F9" } },
    { "win.search", { "<Control>f" } },
    { "win.clear", { "Escape" } },
    { "win.section::overview", { "<Alt>1" } },
    { "win.section::stack", { "<Alt>2" } },
    { "win.section::layers", { "<Alt>3" } },
    { "win.section::timeline", { "<Alt>4" } },
    { "win.section::power", { "<Alt>5" } },
    { "win.section::temperature", { "<Alt>6" } },
    { "win.show-help-overlay", { "<Control>question", "<Control>F1" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (accels); i++)
    gtk_application_set_accels_for_action (application, accels[i].action, accels[i].accels);
}

static void
strata_application_startup (GApplication *application)
{
  StrataApplication *self = STRATA_APPLICATION (application);
  const GActionEntry actions[] = {
    { "quit", quit_cb, NULL, NULL, NULL, { 0 } },
    { "dark", NULL, NULL, "false", dark_cb, { 0 } },
    { "about", about_cb, NULL, NULL, NULL, { 0 } },
  };
  gboolean dark;

  G_APPLICATION_CLASS (strata_application_parent_class)->startup (application);
  g_action_map_add_action_entries (G_ACTION_MAP (application), actions, G_N_ELEMENTS (actions), application);
  add_accels (GTK_APPLICATION (application));
  g_object_get (gtk_settings_get_default (), "gtk-application-prefer-dark-theme", &dark, NULL);
  if (self->forced)
    dark = self->dark;
  g_action_group_change_action_state (G_ACTION_GROUP (application), "dark", g_variant_new_boolean (dark));
  strata_window_load_style ();
}

static void
strata_application_finalize (GObject *object)
{
  StrataApplication *self = STRATA_APPLICATION (object);

  g_free (self->section);
  g_free (self->layer);
  G_OBJECT_CLASS (strata_application_parent_class)->finalize (object);
}

static void
strata_application_class_init (StrataApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = strata_application_finalize;
  application_class->activate = strata_application_activate;
  application_class->open = strata_application_open;
  application_class->startup = strata_application_startup;
}

static void
strata_application_init (StrataApplication *self)
{
}

StrataApplication *
strata_application_new (void)
{
  return g_object_new (STRATA_TYPE_APPLICATION, "application-id", "io.strata.Profiler", "flags",
                       G_APPLICATION_HANDLES_OPEN | G_APPLICATION_NON_UNIQUE, NULL);
}

void
strata_application_force_dark (StrataApplication *self, gboolean dark)
{
  self->forced = TRUE;
  self->dark = dark;
}

void
strata_application_set_start (StrataApplication *self, const char *section, const char *layer)
{
  g_free (self->section);
  g_free (self->layer);
  self->section = g_strdup (section);
  self->layer = g_strdup (layer);
}
