/* SPDX-License-Identifier: Apache-2.0
 *
 * The layer table as a picture, and the bars inside its cells. Numbers are right-aligned, names left-aligned; energy is
 * a bar on a common scale whose segments are components.
 */
#include "draw/pen.h"
#include "strata-profiler/strata-draw-charts.h"

#include <math.h>

#define ROW 22.0
#define HEADER 28.0

void
strata_bar_draw (cairo_t *cr, double value, guint32 colour, const StrataDrawTheme *theme, const StrataRect *rect)
{
  StrataPen pen;

  strata_pen_init (&pen, cr, theme);
  strata_pen_fill (&pen, theme->surface, 1, rect->x, rect->y, rect->width, rect->height);
  if (value > 0)
    strata_pen_fill (&pen, colour, 1, rect->x, rect->y, MAX (MIN (value, 1) * rect->width, 1), rect->height);
  strata_pen_finish (&pen);
}

void
strata_split_bar_draw (
  cairo_t *cr, const double *component_fj, double full_fj, const StrataDrawTheme *theme, const StrataRect *rect)
{
  double x = rect->x;
  StrataPen pen;

  if (!(full_fj > 0))
    return;
  strata_pen_init (&pen, cr, theme);
  for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
    {
      double width = component_fj[c] > 0 ? component_fj[c] / full_fj * rect->width : 0;

      width = MIN (width, rect->x + rect->width - x);
      if (width > 0)
        strata_pen_fill (&pen, strata_draw_component_colour (c, theme), 1, x, rect->y, width, rect->height);
      x += MAX (width, 0);
    }
  strata_pen_finish (&pen);
}

typedef enum
{
  COLUMN_NAME,
  COLUMN_OP,
  COLUMN_TILES,
  COLUMN_USED,
  COLUMN_TIME,
  COLUMN_ENERGY,
  COLUMN_SPLIT,
  COLUMN_NOTE,
  N_COLUMNS,
} Column;

static const struct
{
  const char *title;
  double width;
  gboolean is_number;
} columns[N_COLUMNS] = {
  [COLUMN_NAME] = { "Layer", 210, FALSE },
  [COLUMN_OP] = { "Operator", 80, FALSE },
  [COLUMN_TILES] = { "Arrays", 56, TRUE },
  [COLUMN_USED] = { "Cells used", 96, TRUE },
  [COLUMN_TIME] = { "Busy", 76, TRUE },
  [COLUMN_ENERGY] = { "Energy", 76, TRUE },
  [COLUMN_SPLIT] = { "Energy by component", 240, FALSE },
  [COLUMN_NOTE] = { "Note", 220, FALSE },
};

typedef struct
{
  StrataPen pen;
  const StrataLayerTable *table;
  double x[N_COLUMNS], width[N_COLUMNS], most_fj;
} Drawing;

/* Columns that fit, in an order of importance; the split takes what is left */
static void
lay_columns (Drawing *d, const StrataRect *rect)
{
  static const Column order[] = { COLUMN_NAME,  COLUMN_ENERGY, COLUMN_TIME, COLUMN_SPLIT,
                                  COLUMN_TILES, COLUMN_USED,   COLUMN_OP,   COLUMN_NOTE };
  double left = rect->width - 12, x = rect->x + 6;

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      double wanted = columns[order[i]].width + 12;

      d->width[order[i]] = wanted <= left || i == 0 ? MIN (wanted, left) : 0;
      left -= d->width[order[i]];
    }
  if (d->width[COLUMN_SPLIT] > 0)
    d->width[COLUMN_SPLIT] += MIN (left, 160);
  for (gint c = 0; c < N_COLUMNS; c++)
    {
      d->x[c] = x;
      x += d->width[c];
    }
}

static void
cell (Drawing *d, Column column, guint32 colour, double baseline, const char *text)
{
  double width = d->width[column] - 12;

  if (width <= 4 || text == NULL)
    return;
  if (columns[column].is_number)
    strata_pen_text (&d->pen, STRATA_PEN_RIGHT, colour, d->x[column] + width, baseline, width, text);
  else
    strata_pen_text (&d->pen, STRATA_PEN_LEFT, colour, d->x[column], baseline, width, text);
}

static void
draw_used (Drawing *d, double utilisation, double y, double baseline)
{
  StrataRect bar = { d->x[COLUMN_USED], y + 7, d->width[COLUMN_USED] - 12 - 58, ROW - 14 };
  g_autofree char *text = isnan (utilisation) ? g_strdup ("–") : strata_draw_quantity (100 * utilisation, "%");

  cell (d, COLUMN_USED, d->pen.theme->text, baseline, text);
  if (!isnan (utilisation) && bar.width > 4)
    strata_bar_draw (d->pen.cr, utilisation, d->pen.theme->muted, d->pen.theme, &bar);
}

static void
draw_row (Drawing *d, const StrataLayerRow *row, double y, const StrataRect *rect)
{
  const StrataDrawTheme *theme = d->pen.theme;
  const StrataDrawLayer *layer =
    row->layer >= 0 && (gsize) row->layer < d->table->n_layers ? &d->table->layers[row->layer] : NULL;
  double baseline = y + ROW / 2 + 4;
  StrataRect bar = { d->x[COLUMN_SPLIT], y + 5, d->width[COLUMN_SPLIT] - 12, ROW - 10 };
  g_autofree char *tiles = row->n_tiles > 0 ? strata_draw_count (row->n_tiles) : g_strdup ("–");
  g_autofree char *time = isnan (row->time_ps) ? g_strdup ("–") : strata_draw_quantity (row->time_ps * 1e-12, "s");
  g_autofree char *energy = strata_draw_quantity (row->energy_fj * 1e-15, "J");

  if (layer != NULL && row->layer == d->table->selected_layer)
    strata_pen_fill (&d->pen, theme->accent, 0.18, rect->x, y, rect->width, ROW);
  strata_pen_font (&d->pen, STRATA_PEN_BODY, row->layer == -2);
  if (layer != NULL)
    strata_pen_fill (&d->pen, layer->colour, 1, d->x[COLUMN_NAME], y + 5, 12, ROW - 10);
  strata_pen_text (&d->pen, STRATA_PEN_LEFT, theme->text, d->x[COLUMN_NAME] + 20, baseline, d->width[COLUMN_NAME] - 34,
                   layer != NULL      ? layer->name
                   : row->layer == -2 ? "Total"
                                      : "Static");
  cell (d, COLUMN_OP, theme->muted, baseline, layer != NULL ? layer->op : "");
  cell (d, COLUMN_TILES, theme->text, baseline, tiles);
  draw_used (d, row->utilisation, y, baseline);
  cell (d, COLUMN_TIME, theme->text, baseline, time);
  cell (d, COLUMN_ENERGY, theme->text, baseline, energy);
  cell (d, COLUMN_NOTE, theme->muted, baseline, row->note);
  if (bar.width > 4)
    strata_split_bar_draw (d->pen.cr, row->component_fj, row->layer == -2 ? row->energy_fj : d->most_fj, theme, &bar);
}

static void
draw_header (Drawing *d, const StrataRect *rect)
{
  strata_pen_font (&d->pen, STRATA_PEN_SMALL, FALSE);
  for (gint c = 0; c < N_COLUMNS; c++)
    cell (d, c, d->pen.theme->muted, rect->y + HEADER - 10, columns[c].title);
  strata_pen_hline (&d->pen, d->pen.theme->grid, rect->x, rect->x + rect->width, rect->y + HEADER - 1);
}

void
strata_layer_table_draw (cairo_t *cr,
                         const StrataLayerTable *table,
                         const StrataDrawTheme *theme,
                         const StrataRect *rect)
{
  Drawing d = { .table = table };
  gsize first = (gsize) (MAX (table->offset, 0) / ROW), n_shown = 0;
  double y = rect->y + HEADER - (MAX (table->offset, 0) - first * ROW), bottom = rect->y + rect->height;

  if (table->n_rows == 0)
    {
      StrataDrawMessage message = { "No layers", "This profile names no layers.", "Open a profile of a compiled model.",
                                    FALSE };

      strata_message_draw (cr, theme, &message, rect);
      return;
    }
  for (gsize i = 0; i < table->n_rows; i++)
    if (table->rows[i].layer != -2)
      d.most_fj = MAX (d.most_fj, table->rows[i].energy_fj);
  strata_pen_init (&d.pen, cr, theme);
  lay_columns (&d, rect);
  draw_header (&d, rect);
  cairo_rectangle (cr, rect->x, rect->y + HEADER, rect->width, rect->height - HEADER);
  cairo_clip (cr);
  for (gsize i = first; i < table->n_rows && y < bottom; i++, n_shown++, y += ROW)
    {
      if (y + 2 * ROW > bottom + 1 && i + 1 < table->n_rows)
        {
          g_autofree char *count = strata_draw_count ((gint64) (table->n_rows - i));
          g_autofree char *text = g_strdup_printf ("and %s more rows", count);

          strata_pen_font (&d.pen, STRATA_PEN_BODY, FALSE);
          strata_pen_text (&d.pen, STRATA_PEN_LEFT, theme->muted, d.x[COLUMN_NAME] + 20, y + ROW / 2 + 4,
                           rect->width - 40, text);
          break;
        }
      if (table->rows[i].layer == -2)
        strata_pen_hline (&d.pen, theme->grid, rect->x, rect->x + rect->width, y);
      draw_row (&d, &table->rows[i], y, rect);
    }
  strata_pen_finish (&d.pen);
}
