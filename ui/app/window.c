/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataWindow: builds the sections around a session, opens files without blocking, and says in the status line what is
 * selected.
 */
#include "window.h"

#include "inspector.h"
#include "sections/sections.h"
#include "widgets/scrubber.h"

struct _StrataWindow
{
  GtkApplicationWindow parent_instance;
  GtkLabel *title_label, *badge_label, *status_label, *time_label, *empty_title, *empty_body;
  GtkSearchEntry *search_entry;
  GtkStack *pages, *sections;
  GtkRevealer *inspector_revealer;
  GtkBox *scrubber_box;
  GtkSpinner *spinner;
  GtkWidget *open_button;

  StrataSession *session;
  GtkWidget *layers_section, *timeline_section;
  GCancellable *loading;
  char *wanted_layer;
  gint64 opened_us; /* when the file was asked for, until its first frame; 0: shown */
};

G_DEFINE_FINAL_TYPE (StrataWindow, strata_window, GTK_TYPE_APPLICATION_WINDOW)

static void
show_message (StrataWindow *self, const char *title, const char *body, gboolean busy)
{
  gtk_label_set_text (self->empty_title, title);
  gtk_widget_set_visible (self->open_button, !busy);
  gtk_label_set_text (self->empty_body, body);
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), busy);
  gtk_spinner_set_spinning (self->spinner, busy);
  gtk_stack_set_visible_child_name (self->pages, "empty");
}

/* G_MESSAGES_DEBUG=all: how long it took */
static void
after_paint_cb (GdkFrameClock *clock, StrataWindow *self)
{
  g_debug ("profile on the screen %.0f ms after it was asked for",
           (double) (g_get_monotonic_time () - self->opened_us) / 1000);
  self->opened_us = 0;
  g_signal_handlers_disconnect_by_func (clock, after_paint_cb, self);
}

static void
show_profile (StrataWindow *self, StrataProfile *profile)
{
  const StrataProfileLayer *layer =
    self->wanted_layer == NULL ? NULL : strata_profile_find_layer (profile, self->wanted_layer);
  g_autofree char *title =
    g_strdup_printf ("%s · %s", strata_profile_get_run_name (profile), strata_profile_get_chip_name (profile));

  gtk_label_set_text (self->title_label, title);
  gtk_window_set_title (GTK_WINDOW (self), title);
  gtk_label_set_text (self->badge_label, strata_profile_get_fidelity_name (profile));
  gtk_widget_set_visible (GTK_WIDGET (self->badge_label), TRUE);
  strata_session_set_profile (self->session, profile);
  if (layer != NULL)
    strata_session_set_layer (self->session, layer->id);
  gtk_stack_set_visible_child_name (self->pages, "profile");
  if (gtk_widget_get_frame_clock (GTK_WIDGET (self)) != NULL)
    g_signal_connect_object (gtk_widget_get_frame_clock (GTK_WIDGET (self)), "after-paint", G_CALLBACK (after_paint_cb),
                             self, 0);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StrataWindow) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataProfile) profile = strata_profile_open_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (profile == NULL)
    show_message (self, "This profile cannot be shown", error->message, FALSE);
  else
    show_profile (self, profile);
}

void
strata_window_open (StrataWindow *self, GFile *file, const char *layer)
{
  g_autofree char *path = g_file_get_path (file);
  g_autofree char *body = NULL;

  if (path == NULL)
    {
      show_message (self, "This profile cannot be shown", "Only files of this computer can be opened.", FALSE);
      return;
    }
  if (self->loading != NULL)
    g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
  self->loading = g_cancellable_new ();
  self->opened_us = g_get_monotonic_time ();
  g_free (self->wanted_layer);
  self->wanted_layer = g_strdup (layer);
  body = g_strdup_printf ("Reading %s", path);
  show_message (self, "One moment", body, TRUE);
  strata_profile_open_async (path, self->loading, opened_cb, g_object_ref (self));
}

StrataSession *
strata_window_get_session (StrataWindow *self)
{
  return self->session;
}

void
strata_window_set_section (StrataWindow *self, const char *section)
{
  if (gtk_stack_get_child_by_name (self->sections, section) != NULL)
    gtk_stack_set_visible_child_name (self->sections, section);
}

/* --- session --- */

static void
set_enabled (StrataWindow *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  if (action != NULL)
    g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
session_changed_cb (StrataSession *session, guint what, StrataWindow *self)
{
  g_autofree char *status = strata_session_dup_status (session);
  g_autofree char *time = strata_session_dup_time (session);

  gtk_label_set_text (self->status_label, status);
  gtk_label_set_text (self->time_label, time);
  set_enabled (self, "back", strata_session_can_back (session));
  set_enabled (self, "forward", strata_session_can_forward (session));
}

static gboolean
is_dark (StrataWindow *self)
{
  GdkRGBA colour;

  return gtk_style_context_lookup_color (gtk_widget_get_style_context (GTK_WIDGET (self)), "theme_fg_color", &colour)
         && colour.red + colour.green + colour.blue > 1.5f;
}

static void
theme_changed_cb (StrataWindow *self)
{
  gboolean dark = is_dark (self);

  gtk_widget_remove_css_class (GTK_WIDGET (self), dark ? "strata-light" : "strata-dark");
  gtk_widget_add_css_class (GTK_WIDGET (self), dark ? "strata-dark" : "strata-light");
  strata_session_set_dark (self->session, dark);
}

/* --- search --- */

static void
search_changed_cb (GtkSearchEntry *entry, StrataWindow *self)
{
  strata_layers_section_filter (self->layers_section, gtk_editable_get_text (GTK_EDITABLE (entry)));
}

static void
search_stopped_cb (GtkSearchEntry *entry, StrataWindow *self)
{
  gtk_editable_set_text (GTK_EDITABLE (entry), "");
}

/* The next layer that matches, after the selected one and around */
static void
search_activated_cb (GtkSearchEntry *entry, StrataWindow *self)
{
  StrataProfile *profile = strata_session_get_profile (self->session);
  g_autofree char *wanted = g_utf8_casefold (gtk_editable_get_text (GTK_EDITABLE (entry)), -1);
  gsize n = 0;
  const StrataProfileLayer *layers = profile == NULL ? NULL : strata_profile_get_layers (profile, &n);

  for (gsize i = 0; i < n && *wanted != '\0'; i++)
    {
      gsize at = (gsize) (strata_session_get_layer (self->session) + 1 + (int) i) % n;
      g_autofree char *name = g_utf8_casefold (layers[at].name, -1);

      if (strstr (name, wanted) != NULL)
        {
          strata_session_set_layer (self->session, (int) at);
          return;
        }
    }
}

static void
section_changed_cb (GtkStack *stack, GParamSpec *pspec, StrataWindow *self)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "section");
  const char *name = gtk_stack_get_visible_child_name (stack);

  if (action != NULL && name != NULL)
    g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_string (name));
}

/* --- actions --- */

static void
file_chosen_cb (GtkNativeDialog *dialog, int response, StrataWindow *self)
{
  if (response == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr (GFile) file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));

      strata_window_open (self, file, NULL);
    }
  g_object_unref (dialog);
}

static void
open_cb (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GtkFileChooserNative *dialog =
    gtk_file_chooser_native_new ("Open a Profile", GTK_WINDOW (data), GTK_FILE_CHOOSER_ACTION_OPEN, "Open", "Cancel");
  GtkFileFilter *filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, "Strata profiles");
  gtk_file_filter_add_suffix (filter, "strata");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
  g_object_unref (filter);
  g_signal_connect (dialog, "response", G_CALLBACK (file_chosen_cb), data);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

static void
back_cb (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  strata_session_back (STRATA_WINDOW (data)->session);
}

static void
forward_cb (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  strata_session_forward (STRATA_WINDOW (data)->session);
}

/* One step out: the stretch and the playhead first, then the selection. */
static void
clear_cb (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StrataSession *session = STRATA_WINDOW (data)->session;
  gint64 from, to;

  if (strata_session_get_range (session, &from, &to) || strata_session_get_playhead (session) >= 0)
    {
      strata_session_set_range (session, 0, 0);
      strata_session_set_playhead (session, -1);
    }
  else
    strata_session_set_layer (session, -1);
}

static void
search_cb (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  gtk_widget_grab_focus (GTK_WIDGET (STRATA_WINDOW (data)->search_entry));
}

static void
inspector_cb (GSimpleAction *action, GVariant *state, gpointer data)
{
  gtk_revealer_set_reveal_child (STRATA_WINDOW (data)->inspector_revealer, g_variant_get_boolean (state));
  g_simple_action_set_state (action, state);
}

static void
section_cb (GSimpleAction *action, GVariant *state, gpointer data)
{
  strata_window_set_section (data, g_variant_get_string (state, NULL));
}

/* To a section, with the selection in view there */
static void
show_selection_cb (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  const char *section = g_variant_get_string (parameter, NULL);

  strata_window_set_section (data, section);
  if (g_str_equal (section, "timeline"))
    strata_timeline_section_frame (STRATA_WINDOW (data)->timeline_section);
}

static void
select_layer_cb (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  StrataSession *session = STRATA_WINDOW (data)->session;
  StrataProfile *profile = strata_session_get_profile (session);
  const StrataProfileLayer *layer =
    profile == NULL ? NULL : strata_profile_find_layer (profile, g_variant_get_string (parameter, NULL));

  if (layer != NULL)
    strata_session_set_layer (session, layer->id);
}

static void
add_actions (StrataWindow *self)
{
  const GActionEntry actions[] = {
    { "open", open_cb, NULL, NULL, NULL, { 0 } },
    { "back", back_cb, NULL, NULL, NULL, { 0 } },
    { "forward", forward_cb, NULL, NULL, NULL, { 0 } },
    { "clear", clear_cb, NULL, NULL, NULL, { 0 } },
    { "search", search_cb, NULL, NULL, NULL, { 0 } },
    { "inspector", NULL, NULL, "true", inspector_cb, { 0 } },
    { "section", NULL, "s", "'overview'", section_cb, { 0 } },
    { "select-layer", select_layer_cb, "s", NULL, NULL, { 0 } },
    { "show-selection", show_selection_cb, "s", NULL, NULL, { 0 } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
}

static gboolean
drop_cb (GtkDropTarget *target, const GValue *value, double x, double y, StrataWindow *self)
{
  GSList *files = gdk_file_list_get_files (g_value_get_boxed (value));

  if (files != NULL)
    strata_window_open (self, files->data, NULL);
  g_slist_free (files);
  return TRUE;
}

/* --- life --- */

static void
add_sections (StrataWindow *self)
{
  GtkWidget *scrubber = strata_scrubber_new ();

  self->layers_section = strata_layers_section_new (self->session);
  self->timeline_section = strata_timeline_section_new (self->session);
  gtk_stack_add_titled (self->sections, strata_overview_section_new (self->session), "overview", "Overview");
  gtk_stack_add_titled (self->sections, strata_stack_section_new (self->session), "stack", "Stack");
  gtk_stack_add_titled (self->sections, self->layers_section, "layers", "Layers");
  gtk_stack_add_titled (self->sections, self->timeline_section, "timeline", "Timeline");
  gtk_stack_add_titled (self->sections, strata_power_section_new (self->session), "power", "Power");
  gtk_stack_add_titled (self->sections, strata_temperature_section_new (self->session), "temperature", "Temperature");
  gtk_revealer_set_child (self->inspector_revealer, strata_inspector_new (self->session));
  strata_view_set_session (STRATA_VIEW (scrubber), self->session);
  gtk_box_append (self->scrubber_box, scrubber);
}

static void
strata_window_dispose (GObject *object)
{
  StrataWindow *self = STRATA_WINDOW (object);

  if (self->loading != NULL)
    g_cancellable_cancel (self->loading);
  g_clear_object (&self->loading);
  if (self->session != NULL)
    g_signal_handlers_disconnect_by_data (self->session, self);
  G_OBJECT_CLASS (strata_window_parent_class)->dispose (object);
}

static void
strata_window_finalize (GObject *object)
{
  StrataWindow *self = STRATA_WINDOW (object);

  g_clear_object (&self->session);
  g_free (self->wanted_layer);
  G_OBJECT_CLASS (strata_window_parent_class)->finalize (object);
}

static void
strata_window_class_init (StrataWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = strata_window_dispose;
  G_OBJECT_CLASS (klass)->finalize = strata_window_finalize;
  gtk_widget_class_set_template_from_resource (widget_class, "/io/strata/Profiler/window.ui");
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, title_label);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, badge_label);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, status_label);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, empty_title);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, empty_body);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, search_entry);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, pages);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, sections);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, inspector_revealer);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, scrubber_box);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, spinner);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, open_button);
  gtk_widget_class_bind_template_child (widget_class, StrataWindow, time_label);
  gtk_widget_class_bind_template_callback (widget_class, search_stopped_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, section_changed_cb);
}

static void
strata_window_init (StrataWindow *self)
{
  GtkDropTarget *drop = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);
  g_autoptr (GtkBuilder) builder = NULL;

  self->session = strata_session_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  add_actions (self);
  add_sections (self);
  g_signal_connect (self->session, "changed", G_CALLBACK (session_changed_cb), self);
  g_signal_connect_object (gtk_settings_get_default (), "notify::gtk-application-prefer-dark-theme",
                           G_CALLBACK (theme_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (gtk_settings_get_default (), "notify::gtk-theme-name", G_CALLBACK (theme_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect (drop, "drop", G_CALLBACK (drop_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drop));
  builder = gtk_builder_new_from_resource ("/io/strata/Profiler/shortcuts.ui");
  gtk_application_window_set_help_overlay (GTK_APPLICATION_WINDOW (self),
                                           GTK_SHORTCUTS_WINDOW (gtk_builder_get_object (builder, "help_overlay")));
  theme_changed_cb (self);
  session_changed_cb (self->session, G_MAXUINT, self);
}

StrataWindow *
strata_window_new (GtkApplication *application)
{
  return g_object_new (STRATA_TYPE_WINDOW, "application", application, NULL);
}

void
strata_window_load_style (void)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/io/strata/Profiler/style.css");
  gtk_style_context_add_provider_for_display (gdk_display_get_default (), GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}
