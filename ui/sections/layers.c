/* SPDX-License-Identifier: Apache-2.0
 *
 * The layer table: sortable columns with inline bars, over the lazy list of the profile. A picked row is the session's
 * layer; the session's layer is the picked row.
 */
#include "sections.h"

#include <math.h>

#include "widgets/bar.h"

typedef enum
{
  COLUMN_NAME,
  COLUMN_OP,
  COLUMN_SHAPE,
  COLUMN_MACS,
  COLUMN_TILES,
  COLUMN_UTILISATION,
  COLUMN_START,
  COLUMN_BUSY,
  COLUMN_ENERGY,
  COLUMN_SPLIT,
  COLUMN_SNR,
  N_COLUMNS,
} ColumnId;

static const struct
{
  const char *title;
  gboolean is_text, is_bar;
  int width;
  const char *meaning;
} columns[N_COLUMNS] = {
  [COLUMN_NAME] = { "Layer", TRUE, FALSE, 140, "Name in the model; sorts in order of execution" },
  [COLUMN_OP] = { "Operator", TRUE, FALSE, 92, "Operator of the model" },
  [COLUMN_SHAPE] = { "Output", TRUE, FALSE, 96, "Channels × height × width; sorts by elements" },
  [COLUMN_MACS] = { "MACs", FALSE, FALSE, 72, "Multiply-accumulates per inference" },
  [COLUMN_TILES] = { "Arrays", FALSE, FALSE, 64, "Arrays that hold its weights" },
  [COLUMN_UTILISATION] = { "Cells used", FALSE, TRUE, 104, "Cells that hold weights, % of its arrays' cells" },
  [COLUMN_START] = { "Start", FALSE, FALSE, 76, "Start of its first event, modelled" },
  [COLUMN_BUSY] = { "Busy", FALSE, FALSE, 76, "Sum of its events over all units, modelled" },
  [COLUMN_ENERGY] = { "Energy", FALSE, FALSE, 76, "Energy per inference, nominal, modelled" },
  [COLUMN_SPLIT] = { "By component", FALSE, TRUE, 108, "Energy by component; the longest bar is the largest layer" },
  [COLUMN_SNR] = { "SNR", FALSE, FALSE, 72, "Signal to noise in dB, against exact integers; of a functional run" },
};

/* Of one table; lives as long as its widget. */
typedef struct
{
  StrataSession *session;
  GtkColumnView *view;
  GtkFilterListModel *filtered;
  GtkSingleSelection *selection;
  GtkStringFilter *filter;
  GtkWidget *total;
  double largest_fj;
  gboolean updating;
  guint scroll;
} Table;

typedef struct
{
  Table *table;
  ColumnId id;
} Column;

static double
get_number (const StrataProfileLayer *row, ColumnId id)
{
  switch (id)
    {
    case COLUMN_MACS:
      return (double) row->n_macs;
    case COLUMN_TILES:
      return row->n_tiles;
    case COLUMN_UTILISATION:
      return row->utilisation;
    case COLUMN_START:
      return row->start_ps < 0 ? (double) NAN : (double) row->start_ps;
    case COLUMN_BUSY:
      return (double) row->busy_ps;
    case COLUMN_ENERGY:
    case COLUMN_SPLIT:
      return (double) row->energy_fj[STRATA_BAND_NOMINAL];
    case COLUMN_SNR:
      return row->snr_db;
    case COLUMN_SHAPE:
      return (double) row->out_channels * row->out_height * row->out_width;
    default:
      return row->id;
    }
}

static char *
dup_text (const StrataProfileLayer *row, ColumnId id)
{
  double value = get_number (row, id);

  switch (id)
    {
    case COLUMN_NAME:
      return g_strdup (row->name);
    case COLUMN_OP:
      return g_strdup (row->op);
    case COLUMN_SHAPE:
      return row->out_height * row->out_width > 1
               ? g_strdup_printf ("%d×%d×%d", row->out_channels, row->out_height, row->out_width)
               : g_strdup_printf ("%d", row->out_channels);
    case COLUMN_MACS:
      return value > 0 ? strata_draw_quantity (value, "") : g_strdup ("–");
    case COLUMN_TILES:
      return value > 0 ? g_strdup_printf ("%.0f", value) : g_strdup ("–");
    case COLUMN_START:
    case COLUMN_BUSY:
      return isnan (value) ? g_strdup ("–") : strata_draw_quantity (value * 1e-12, "s");
    case COLUMN_ENERGY:
      return strata_draw_quantity (value * 1e-15, "J");
    case COLUMN_SNR:
      return isnan (value) ? g_strdup ("–") : g_strdup_printf ("%.1f dB", value);
    default:
      return isnan (value) ? g_strdup ("–") : g_strdup_printf ("%.1f %%", 100 * value);
    }
}

/* --- cells --- */

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item, Column *column)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8), *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), columns[column->id].is_text ? 0 : 1);
  /* names of one network differ at their ends */
  gtk_label_set_ellipsize (GTK_LABEL (label),
                           column->id == COLUMN_NAME ? PANGO_ELLIPSIZE_START : PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (label, "numeric");
  if (column->id == COLUMN_NAME)
    gtk_box_append (GTK_BOX (box), strata_bar_new (STRATA_BAR_SWATCH));
  else if (columns[column->id].is_bar)
    {
      GtkWidget *bar = strata_bar_new (column->id == COLUMN_SPLIT ? STRATA_BAR_SPLIT : STRATA_BAR_VALUE);

      gtk_widget_set_hexpand (bar, TRUE);
      gtk_box_append (GTK_BOX (box), bar);
    }
  if (column->id == COLUMN_UTILISATION)
    {
      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_NONE);
      gtk_widget_set_hexpand (label, FALSE);
      gtk_label_set_width_chars (GTK_LABEL (label), 7);
    }
  if (column->id != COLUMN_SPLIT)
    gtk_box_append (GTK_BOX (box), label);
  gtk_list_item_set_child (item, box);
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, Column *column)
{
  const StrataProfileLayer *row = strata_layer_item_get_row (gtk_list_item_get_item (item));
  const StrataDrawTheme *theme = strata_session_get_theme (column->table->session);
  const StrataScenes *scenes = strata_session_get_scenes (column->table->session);
  GtkWidget *first = gtk_widget_get_first_child (gtk_list_item_get_child (item));
  GtkWidget *last = gtk_widget_get_last_child (gtk_list_item_get_child (item));
  g_autofree char *text = dup_text (row, column->id);

  if (scenes == NULL)
    return;
  if (STRATA_IS_BAR (first))
    strata_bar_set (STRATA_BAR (first), isnan (row->utilisation) ? 0 : row->utilisation, scenes->layers[row->id].colour,
                    row->component_fj[STRATA_BAND_NOMINAL], column->table->largest_fj, theme);
  if (GTK_IS_LABEL (last))
    gtk_label_set_text (GTK_LABEL (last), text);
  if (column->id == COLUMN_NAME)
    gtk_widget_set_tooltip_text (last, row->name);
}

static int
compare_cb (gconstpointer a, gconstpointer b, gpointer data)
{
  const StrataProfileLayer *left = strata_layer_item_get_row ((gpointer) a);
  const StrataProfileLayer *right = strata_layer_item_get_row ((gpointer) b);
  ColumnId id = (ColumnId) GPOINTER_TO_INT (data);
  double x = get_number (left, id), y = get_number (right, id);

  if (id == COLUMN_OP)
    return g_strcmp0 (left->op, right->op);
  if (isnan (x) || isnan (y))
    return isnan (x) - isnan (y);
  return (x > y) - (x < y);
}

static void
add_column (Table *table, ColumnId id)
{
  Column *column = g_new (Column, 1);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkColumnViewColumn *view_column;
  GtkSorter *sorter;

  *column = (Column){ table, id };
  g_signal_connect_data (factory, "setup", G_CALLBACK (setup_cb), column, (GClosureNotify) (void (*) (void)) g_free, 0);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), column);
  view_column = gtk_column_view_column_new (columns[id].title, factory);
  sorter = GTK_SORTER (gtk_custom_sorter_new (compare_cb, GINT_TO_POINTER (id), NULL));
  gtk_column_view_column_set_sorter (view_column, sorter);
  gtk_column_view_column_set_resizable (view_column, TRUE);
  gtk_column_view_column_set_fixed_width (view_column, columns[id].width);
  gtk_column_view_column_set_expand (view_column, id == COLUMN_NAME);
  gtk_column_view_append_column (table->view, view_column);
  g_object_unref (sorter);
  g_object_unref (view_column);
}

/* GtkColumnView of GTK 4.8 has no say over its titles: the header's children are the titles, in the order of columns.
 */
static void
dress_titles (GtkColumnView *view)
{
  GtkWidget *title = gtk_widget_get_first_child (gtk_widget_get_first_child (GTK_WIDGET (view)));

  for (int id = 0; id < N_COLUMNS && title != NULL; id++, title = gtk_widget_get_next_sibling (title))
    {
      GtkWidget *content = gtk_widget_get_first_child (title);

      gtk_widget_set_tooltip_text (title, columns[id].meaning);
      if (content != NULL && !columns[id].is_text && !columns[id].is_bar)
        gtk_widget_set_halign (content, GTK_ALIGN_END);
    }
}

/* --- session --- */

static gboolean
scroll_cb (gpointer data)
{
  Table *table = data;
  guint selected = gtk_single_selection_get_selected (table->selection);

  table->scroll = 0;
  /* the list inside knows the action, not the view around it */
  if (selected != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (gtk_widget_get_last_child (GTK_WIDGET (table->view)), "list.scroll-to-item", "u",
                                selected);
  return G_SOURCE_REMOVE;
}

/* Once the rows have their places: after the next layout */
static void
scroll_to_selected (Table *table)
{
  if (table->scroll == 0 && gtk_widget_get_mapped (GTK_WIDGET (table->view)))
    table->scroll = g_idle_add_full (GDK_PRIORITY_REDRAW + 10, scroll_cb, table, NULL);
}

static void
map_cb (GtkWidget *view, Table *table)
{
  scroll_to_selected (table);
}

static void
show_selection (Table *table)
{
  GListModel *model = G_LIST_MODEL (table->selection);
  int layer = strata_session_get_layer (table->session);

  table->updating = TRUE;
  gtk_single_selection_set_selected (table->selection, GTK_INVALID_LIST_POSITION);
  for (guint i = 0; layer >= 0 && i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (StrataLayerItem) item = g_list_model_get_item (model, i);

      if (strata_layer_item_get_row (item)->id != layer)
        continue;
      gtk_single_selection_set_selected (table->selection, i);
      scroll_to_selected (table);
      break;
    }
  table->updating = FALSE;
}

/* Layers and static energy add up to the run, to the femtojoule. */
static void
show_total (Table *table, StrataProfile *profile)
{
  const StrataProfileRun *run = strata_profile_get_run (profile);
  gint64 static_fj = run->static_fj[STRATA_BAND_NOMINAL], all_fj = run->energy_fj[STRATA_BAND_NOMINAL];
  g_autofree char *all = strata_draw_quantity ((double) all_fj * 1e-15, "J");
  g_autofree char *layers = strata_draw_quantity ((double) (all_fj - static_fj) * 1e-15, "J");
  g_autofree char *rest = strata_draw_quantity ((double) static_fj * 1e-15, "J");
  g_autofree char *text = g_strdup_printf ("%" G_GSIZE_FORMAT " layers %s + static %s = %s per inference (modelled)",
                                           strata_profile_get_n_layers (profile), layers, rest, all);

  gtk_label_set_text (GTK_LABEL (table->total), text);
}

static void
show_column (Table *table, ColumnId id, gboolean visible)
{
  g_autoptr (GtkColumnViewColumn) column =
    g_list_model_get_item (gtk_column_view_get_columns (table->view), (guint) id);

  gtk_column_view_column_set_visible (column, visible);
}

static void
show_profile (Table *table)
{
  StrataProfile *profile = strata_session_get_profile (table->session);
  g_autoptr (GListModel) model = NULL;
  gsize n;
  const StrataProfileLayer *rows;
  gboolean any_snr = FALSE;

  table->largest_fj = 1;
  table->updating = TRUE;
  gtk_filter_list_model_set_model (table->filtered, NULL);
  if (profile != NULL)
    {
      rows = strata_profile_get_layers (profile, &n);
      for (gsize i = 0; i < n; i++)
        {
          table->largest_fj = MAX (table->largest_fj, (double) rows[i].energy_fj[STRATA_BAND_NOMINAL]);
          any_snr |= !isnan (rows[i].snr_db);
        }
      show_column (table, COLUMN_SNR, any_snr);
      show_total (table, profile);
      model = strata_profile_get_layer_model (profile);
      gtk_filter_list_model_set_model (table->filtered, model);
    }
  table->updating = FALSE;
}

static void
session_changed_cb (StrataSession *session, guint what, Table *table)
{
  if (what & (STRATA_SESSION_PROFILE | STRATA_SESSION_THEME))
    show_profile (table);
  if (what & (STRATA_SESSION_PROFILE | STRATA_SESSION_THEME | STRATA_SESSION_SELECTION))
    show_selection (table);
}

static void
selected_cb (GtkSingleSelection *selection, GParamSpec *pspec, Table *table)
{
  StrataLayerItem *item = gtk_single_selection_get_selected_item (selection);

  if (!table->updating && item != NULL)
    strata_session_set_layer (table->session, strata_layer_item_get_row (item)->id);
}

static void
free_table (Table *table)
{
  g_clear_handle_id (&table->scroll, g_source_remove);
  g_signal_handlers_disconnect_by_data (table->session, table);
  g_clear_object (&table->session);
  g_free (table);
}

static void
build_models (Table *table)
{
  GtkExpression *name = gtk_property_expression_new (STRATA_TYPE_LAYER_ITEM, NULL, "name");
  GtkSortListModel *sorted;

  table->filter = gtk_string_filter_new (name);
  gtk_string_filter_set_ignore_case (table->filter, TRUE);
  table->filtered = gtk_filter_list_model_new (NULL, GTK_FILTER (g_object_ref (table->filter)));
  sorted = gtk_sort_list_model_new (G_LIST_MODEL (g_object_ref (table->filtered)),
                                    g_object_ref (gtk_column_view_get_sorter (table->view)));
  table->selection = gtk_single_selection_new (G_LIST_MODEL (sorted));
  gtk_single_selection_set_autoselect (table->selection, FALSE);
  gtk_single_selection_set_can_unselect (table->selection, TRUE);
  gtk_column_view_set_model (table->view, GTK_SELECTION_MODEL (table->selection));
  g_signal_connect (table->selection, "notify::selected-item", G_CALLBACK (selected_cb), table);
}

GtkWidget *
strata_layers_section_new (StrataSession *session)
{
  Table *table = g_new0 (Table, 1);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *scrolled = gtk_scrolled_window_new ();

  table->session = g_object_ref (session);
  table->view = GTK_COLUMN_VIEW (gtk_column_view_new (NULL));
  table->total = gtk_label_new (NULL);
  gtk_widget_add_css_class (GTK_WIDGET (table->view), "data-table");
  build_models (table);
  for (int id = 0; id < N_COLUMNS; id++)
    add_column (table, (ColumnId) id);
  dress_titles (table->view);
  g_signal_connect_after (table->view, "map", G_CALLBACK (map_cb), table);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), GTK_WIDGET (table->view));
  gtk_box_append (GTK_BOX (box), scrolled);
  gtk_box_append (GTK_BOX (box), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  gtk_label_set_xalign (GTK_LABEL (table->total), 0);
  gtk_widget_add_css_class (table->total, "total");
  gtk_box_append (GTK_BOX (box), table->total);
  g_object_set_data_full (G_OBJECT (box), "table", table, (GDestroyNotify) free_table);
  g_signal_connect (session, "changed", G_CALLBACK (session_changed_cb), table);
  session_changed_cb (session, G_MAXUINT, table);
  return box;
}

void
strata_layers_section_filter (GtkWidget *section, const char *text)
{
  Table *table = g_object_get_data (G_OBJECT (section), "table");

  gtk_string_filter_set_search (table->filter, text);
}
