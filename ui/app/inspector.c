/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of labels, made anew when the selection changes: the run, a layer, or a tile of it.
 */
#include "inspector.h"

#include <math.h>

typedef struct
{
  StrataSession *session;
  GtkWidget *box;
} Inspector;

static GtkWidget *
add_label (GtkWidget *box, const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_label_set_width_chars (GTK_LABEL (label), 24);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 30);
  gtk_widget_set_focusable (label, FALSE);
  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  gtk_box_append (GTK_BOX (box), label);
  return label;
}

static GtkWidget *
add_grid (GtkWidget *box)
{
  GtkWidget *grid = gtk_grid_new ();

  gtk_grid_set_column_spacing (GTK_GRID (grid), 12);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 6);
  gtk_box_append (GTK_BOX (box), grid);
  return grid;
}

/* Takes @value. */
static void
add_row (GtkWidget *grid, int *row, const char *name, char *value, const char *tooltip)
{
  GtkWidget *left = gtk_label_new (name), *right = gtk_label_new (value);

  gtk_label_set_xalign (GTK_LABEL (left), 0);
  gtk_label_set_xalign (GTK_LABEL (right), 1);
  gtk_label_set_wrap (GTK_LABEL (right), TRUE);
  gtk_widget_set_valign (left, GTK_ALIGN_START);
  gtk_widget_set_hexpand (right, TRUE);
  gtk_widget_add_css_class (left, "dim-label");
  gtk_widget_add_css_class (right, "numeric");
  gtk_widget_set_tooltip_text (right, tooltip);
  gtk_grid_attach (GTK_GRID (grid), left, 0, *row, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), right, 1, *row, 1, 1);
  ++*row;
  g_free (value);
}

static char *
format_energy (const gint64 energy_fj[STRATA_N_BANDS])
{
  return strata_draw_banded ((double) energy_fj[0] * 1e-15, (double) energy_fj[1] * 1e-15,
                             (double) energy_fj[2] * 1e-15, "J");
}

static char *
format_time (gint64 time_ps)
{
  return time_ps < 0 ? g_strdup ("unavailable") : strata_draw_quantity ((double) time_ps * 1e-12, "s");
}

/* What is counted is exact: all digits */
static void
add_counts (GtkWidget *grid, int *row, StrataProfile *profile)
{
  static const char *const names[][2] = { { "n_mvms", "Products (MVM)" }, { "n_tier_switches", "Tier switches" } };
  const StrataProfileFigure *used = strata_profile_find_figure (profile, "arrays_used");
  const StrataProfileFigure *total = strata_profile_find_figure (profile, "arrays_total");

  if (used != NULL && total != NULL)
    {
      g_autofree char *n_used = strata_draw_count ((gint64) used->value[0]);
      g_autofree char *n_total = strata_draw_count ((gint64) total->value[0]);

      add_row (grid, row, "Arrays used", g_strdup_printf ("%s of %s", n_used, n_total), used->source);
    }
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const StrataProfileFigure *figure = strata_profile_find_figure (profile, names[i][0]);

      if (figure != NULL)
        add_row (grid, row, names[i][1], strata_draw_count ((gint64) figure->value[0]), figure->source);
    }
}

/* The rate of the last spell from cold, and what holds it */
static void
add_sustained (GtkWidget *grid, int *row, StrataProfile *profile)
{
  gsize n;
  const StrataProfileSpell *spells = strata_profile_get_spells (profile, &n), *last = n > 0 ? &spells[n - 1] : NULL;
  g_autofree char *rate =
    last != NULL && last->interval_ps > 0 ? strata_format_quantity (1e12 / (double) last->interval_ps, "1/s") : NULL;
  g_autofree char *text = strata_profile_dup_spell_text (profile, 0);

  if (last != NULL)
    add_row (grid, row, "Rate for ever",
             rate == NULL ? g_strdup ("none")
             : last->reason == STRATA_SPELL_NONE
               ? g_strdup (rate)
               : g_strdup_printf ("%s, %s", rate, strata_spell_reason_name (last->reason)),
             text);
}

static void
fill_run (GtkWidget *box, StrataProfile *profile)
{
  static const struct
  {
    const char *name, *title, *unit;
    double factor;
  } rows[] = {
    { "latency_ps", "Latency", "s", 1e-12 },
    { "interval_ps", "Interval", "s", 1e-12 },
    { "energy_fj", "Energy", "J", 1e-15 },
    { "power_mw", "Power", "W", 1e-3 },
    { "static_mw", "Static power", "W", 1e-3 },
    { "junction_c", "Junction", "°C", 1 },
    { "skin_c", "Skin", "°C", 1 },
    { "lower_bound_ps", "Lower bound", "s", 1e-12 },
    { "sram_peak_bytes", "Buffer peak", "B", 1 },
    { "host_ps", "Host transfer", "s", 1e-12 },
  };
  GtkWidget *grid;
  int row = 0;

  add_label (box, strata_profile_get_run_name (profile), "title-4");
  add_label (box, "Nothing is selected. Click an array, a bar or a row; these are the figures of the run.",
             "dim-label");
  grid = add_grid (box);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const StrataProfileFigure *figure = strata_profile_find_figure (profile, rows[i].name);

      if (figure != NULL)
        add_row (grid, &row, rows[i].title,
                 isnan (figure->value[0])
                   ? g_strdup ("none")
                   : strata_draw_banded (figure->value[0] * rows[i].factor, figure->value[1] * rows[i].factor,
                                         figure->value[2] * rows[i].factor, rows[i].unit),
                 figure->source);
    }
  add_sustained (grid, &row, profile);
  add_counts (grid, &row, profile);
}

/* What the compiler reckoned with, where it had calibration samples */
static void
fill_noise (GtkWidget *grid, int *row, const StrataProfileNoise *noise)
{
  if (noise->n_reads < 1)
    return;
  if (!isnan (noise->snr_db))
    add_row (grid, row, "Modelled SNR", g_strdup_printf ("%.1f dB, %.1f bits", noise->snr_db, noise->effective_bits),
             "Of the mean of its reads, as the compiler reckoned; bits of a uniform converter as good");
  add_row (grid, row, "Share of noise", g_strdup_printf ("%.0f %%", 100 * noise->share),
           "Of the analog noise that arrives at the output");
  add_row (grid, row, "ADC bits",
           noise->sound_bits < noise->adc_bits ? g_strdup_printf ("%d of %d, others %.3g nJ", noise->sound_bits,
                                                                  noise->adc_bits, noise->drowned_fj * 1e-6)
                                               : g_strdup_printf ("%d of %d", noise->sound_bits, noise->adc_bits),
           "Bits above the noise floor of a read; energy per inference of those below it");
}

static void
fill_components (GtkWidget *box, const StrataProfileLayer *layer)
{
  GtkWidget *grid;
  int row = 0;

  add_label (box, "Energy by component", "heading");
  grid = add_grid (box);
  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    if (layer->component_fj[STRATA_BAND_NOMINAL][c] > 0)
      add_row (grid, &row, strata_component_name ((StrataComponent) c),
               strata_draw_banded ((double) layer->component_fj[0][c] * 1e-15,
                                   (double) layer->component_fj[1][c] * 1e-15,
                                   (double) layer->component_fj[2][c] * 1e-15, "J"),
               strata_component_meaning ((StrataComponent) c));
}

static char *
list_sites (StrataProfile *profile, int layer)
{
  gsize n;
  const StrataProfileTile *tiles = strata_profile_get_tiles (profile, &n);
  GString *text = g_string_new (NULL);
  int n_listed = 0;

  for (gsize i = 0; i < n; i++)
    {
      if (tiles[i].layer != layer)
        continue;
      if (++n_listed > 12)
        continue;
      g_string_append_printf (text, "%sstack %d, tier %d", text->len == 0 ? "" : "\n", tiles[i].stack, tiles[i].tier);
    }
  if (n_listed > 12)
    g_string_append_printf (text, "\nand %d more", n_listed - 12);
  return g_string_free (text, FALSE);
}

static void
fill_findings (GtkWidget *box, StrataProfile *profile, int layer)
{
  gsize n;
  const StrataProfileFinding *findings = strata_profile_get_findings (profile, &n);

  for (gsize i = 0; i < n; i++)
    if (findings[i].layer == layer)
      {
        g_autofree char *title = g_strdelimit (g_strdup (findings[i].rule), "-_", ' ');

        title[0] = g_ascii_toupper (title[0]);
        add_label (box, title, "heading");
        add_label (box, findings[i].evidence, NULL);
        add_label (box, findings[i].action, "dim-label");
      }
}

static void
fill_tile (GtkWidget *box, const StrataProfileTile *tile)
{
  GtkWidget *grid;
  int row = 0;

  add_label (box, "Selected array", "heading");
  grid = add_grid (box);
  add_row (grid, &row, "Site", g_strdup_printf ("stack %d, tier %d", tile->stack, tile->tier),
           "Tier 0 is next to the base die");
  add_row (grid, &row, "Rows", g_strdup_printf ("%d–%d of K", tile->row0, tile->row0 + tile->n_rows - 1), NULL);
  add_row (grid, &row, "Columns", g_strdup_printf ("%d–%d of N", tile->col0, tile->col0 + tile->n_cols - 1), NULL);
  add_row (grid, &row, "Row copies", g_strdup_printf ("%d", tile->n_row_copies),
           "Copies of the rows against thermal noise");
  add_row (grid, &row, "Cells used", g_strdup_printf ("%.1f %%", 100 * tile->utilisation), NULL);
  add_row (grid, &row, "Busy", format_time (tile->busy_ps), "Sum of its bursts, modelled");
  add_row (grid, &row, "Energy", strata_draw_quantity ((double) tile->energy_fj * 1e-15, "J"),
           "Sum of its events, modelled");
}

/* The same layer in the other sections */
static void
add_links (GtkWidget *box, const StrataProfileLayer *layer)
{
  static const char *const links[][2] = {
    { "stack", "Stack" }, { "layers", "Layers" }, { "timeline", "Timeline" }, { "power", "Power" }
  };
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);

  gtk_widget_add_css_class (line, "linked");
  gtk_widget_add_css_class (line, "links");
  for (guint i = layer->n_tiles > 0 ? 0 : 1; i < G_N_ELEMENTS (links); i++)
    {
      GtkWidget *button = gtk_button_new_with_label (links[i][1]);
      g_autofree char *tooltip = g_strdup_printf ("Show %s in the %s", layer->name, links[i][0]);

      gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "win.show-selection");
      gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", links[i][0]);
      gtk_widget_set_tooltip_text (button, tooltip);
      gtk_box_append (GTK_BOX (line), button);
    }
  gtk_box_append (GTK_BOX (box), line);
}

static void
fill_layer (GtkWidget *box, StrataProfile *profile, const StrataProfileLayer *layer, int tile)
{
  GtkWidget *grid;
  int row = 0;

  add_label (box, layer->name, "title-4");
  add_label (box, layer->op, "dim-label");
  add_links (box, layer);
  if (tile >= 0)
    fill_tile (box, &strata_profile_get_tiles (profile, NULL)[tile]);
  grid = add_grid (box);
  add_row (grid, &row, "Output", g_strdup_printf ("%d×%d×%d", layer->out_channels, layer->out_height, layer->out_width),
           NULL);
  if (layer->k > 0)
    add_row (grid, &row, "Matrix", g_strdup_printf ("%d × %d", layer->k, layer->n), "K rows × N columns");
  if (layer->n_macs > 0)
    add_row (grid, &row, "MACs", strata_draw_count (layer->n_macs), NULL);
  add_row (grid, &row, "Executed by", g_strdup (layer->n_tiles > 0 ? "crossbars" : layer->kind), NULL);
  if (layer->n_tiles > 0)
    {
      add_row (grid, &row, "Arrays", g_strdup_printf ("%d on %d stacks", layer->n_tiles, layer->n_stacks), NULL);
      add_row (grid, &row, "Cells used", g_strdup_printf ("%.1f %%", 100 * layer->utilisation),
               "Row copies are not counted");
      add_row (grid, &row, "Slices, reads", g_strdup_printf ("%d, %d", layer->n_slices, layer->n_reads),
               "Cells per weight; conversions that are averaged");
    }
  add_row (grid, &row, "Start", format_time (layer->start_ps), "Start of its first burst");
  add_row (grid, &row, "End", format_time (layer->end_ps), "End of its last burst");
  add_row (grid, &row, "Busy", format_time (layer->busy_ps), "Sum over units");
  add_row (grid, &row, "Energy", format_energy (layer->energy_fj),
           "Actions × energy per action; nominal (optimistic – conservative)");
  if (!isnan (layer->snr_db))
    add_row (grid, &row, "SNR", g_strdup_printf ("%.1f dB", layer->snr_db),
             "Against exact integers with the same inputs");
  fill_noise (grid, &row, &layer->noise);
  fill_components (box, layer);
  if (layer->n_tiles > 0)
    {
      g_autofree char *sites = list_sites (profile, layer->id);

      add_label (box, "Where it lies", "heading");
      add_label (box, sites, "numeric");
    }
  fill_findings (box, profile, layer->id);
}

static void
session_changed_cb (StrataSession *session, guint what, Inspector *self)
{
  StrataProfile *profile = strata_session_get_profile (session);
  int layer = strata_session_get_layer (session);
  GtkWidget *child;

  if (!(what & (STRATA_SESSION_PROFILE | STRATA_SESSION_SELECTION)))
    return;
  while ((child = gtk_widget_get_first_child (self->box)) != NULL)
    gtk_box_remove (GTK_BOX (self->box), child);
  if (profile == NULL)
    return;
  if (layer >= 0)
    fill_layer (self->box, profile, &strata_profile_get_layers (profile, NULL)[layer],
                strata_session_get_tile (session));
  else
    fill_run (self->box, profile);
}

static void
free_inspector (Inspector *self)
{
  g_signal_handlers_disconnect_by_data (self->session, self);
  g_clear_object (&self->session);
  g_free (self);
}

GtkWidget *
strata_inspector_new (StrataSession *session)
{
  Inspector *self = g_new0 (Inspector, 1);
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->session = g_object_ref (session);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  gtk_widget_add_css_class (self->box, "inspector");
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->box);
  gtk_widget_set_size_request (scrolled, 272, -1);
  gtk_widget_set_hexpand (scrolled, FALSE); /* else its rows take room from the section */
  g_object_set_data_full (G_OBJECT (scrolled), "inspector", self, (GDestroyNotify) free_inspector);
  g_signal_connect (session, "changed", G_CALLBACK (session_changed_cb), self);
  session_changed_cb (session, G_MAXUINT, self);
  return scrolled;
}
