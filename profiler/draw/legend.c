/* SPDX-License-Identifier: Apache-2.0
 *
 * Legends: a map's scale with exact ends, layers by stage, components by size. What does not fit is counted, never cut.
 */
#include "draw/pen.h"

#include <math.h>

void
strata_legend_scale_draw (cairo_t *cr,
                          const StrataDrawTheme *theme,
                          const StrataDrawScale *scale,
                          const StrataRect *rect)
{
  g_autofree char *low = strata_draw_quantity (scale->low, scale->unit);
  g_autofree char *high = strata_draw_quantity (scale->high, scale->unit);
  double line = theme->font_size + 4, bar_y = rect->y + line + 2, bar_height = 8;
  StrataPen pen;

  strata_pen_init (&pen, cr, theme);
  strata_pen_font (&pen, STRATA_PEN_SMALL, FALSE);
  strata_pen_text (&pen, STRATA_PEN_LEFT, theme->text, rect->x, rect->y + theme->font_size, rect->width - 16,
                   scale->title);
  if (scale->is_locked)
    strata_pen_lock (&pen, theme->muted, rect->x + rect->width - 9, rect->y + 2);
  for (double x = 0; x < rect->width; x++)
    {
      double t = x / MAX (rect->width - 1, 1);
      guint32 colour = scale->is_diverging ? strata_draw_diverging (2 * t - 1, theme) : strata_draw_sequential (t);

      strata_pen_fill (&pen, colour, 1, rect->x + x, bar_y, MIN (1, rect->width - x), bar_height);
    }
  strata_pen_text (&pen, STRATA_PEN_LEFT, theme->muted, rect->x, bar_y + bar_height + line - 2, rect->width / 2 - 4,
                   low);
  strata_pen_text (&pen, STRATA_PEN_RIGHT, theme->muted, rect->x + rect->width, bar_y + bar_height + line - 2,
                   rect->width / 2 - 4, high);
  strata_pen_finish (&pen);
}

/* Swatches of the layers of a stage share @width */
static void
draw_swatches (
  StrataPen *pen, const StrataDrawLayer *layers, gsize from, gsize to, gint32 selected, const StrataRect *rect)
{
  double step = rect->width / (to - from);

  for (gsize i = from; i < to; i++)
    {
      guint32 colour = layers[i].colour;

      if (selected >= 0 && i != (gsize) selected)
        colour = strata_draw_dim (colour, pen->theme);
      strata_pen_fill (pen, colour, 1, rect->x + (i - from) * step, rect->y, MAX (step, 1), rect->height);
    }
}

double
strata_legend_layers_draw (cairo_t *cr,
                           const StrataDrawTheme *theme,
                           const StrataDrawLayer *layers,
                           gsize n_layers,
                           gint32 selected,
                           const StrataRect *rect)
{
  double line = round (theme->font_size * 1.5), y = 0, swatch = MIN (72, rect->width / 3);
  gsize from = 0;
  StrataPen pen;

  strata_pen_init (&pen, cr, theme);
  strata_pen_font (&pen, STRATA_PEN_SMALL, FALSE);
  while (from < n_layers && y + line <= rect->height)
    {
      gsize to = from + 1;
      StrataRect place = { rect->x, rect->y + y + line / 2 - 5, swatch, 10 };
      gboolean holds;
      g_autofree char *text = NULL;

      while (to < n_layers && layers[to].stage_index == layers[from].stage_index)
        to++;
      holds = selected >= 0 && (gsize) selected >= from && (gsize) selected < to;
      if (to < n_layers && y + 2 * line > rect->height)
        {
          text = g_strdup_printf ("and %" G_GSIZE_FORMAT " more layers", n_layers - from);
          strata_pen_text (&pen, STRATA_PEN_LEFT, theme->muted, rect->x, rect->y + y + line / 2 + 4, rect->width, text);
          y += line;
          break;
        }
      draw_swatches (&pen, layers, from, to, selected, &place);
      text =
        holds ? g_strdup_printf ("%s · %s", layers[from].stage, layers[selected].name) : g_strdup (layers[from].stage);
      strata_pen_text (&pen, STRATA_PEN_LEFT, selected < 0 || holds ? theme->text : theme->muted, rect->x + swatch + 8,
                       rect->y + y + line / 2 + 4, rect->width - swatch - 8, text);
      y += line;
      from = to;
    }
  strata_pen_finish (&pen);
  return y;
}

typedef struct
{
  gint component;
  double value;
} Share;

static int
compare_shares (const void *a, const void *b)
{
  const Share *x = a, *y = b;

  return x->value < y->value ? 1 : x->value > y->value ? -1 : x->component - y->component;
}

double
strata_legend_components_draw (
  cairo_t *cr, const StrataDrawTheme *theme, const double *values, const char *unit, const StrataRect *rect)
{
  double line = round (theme->font_size * 1.5), y = 0;
  Share shares[STRATA_N_COMPONENTS];
  guint n = 0;
  StrataPen pen;

  for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
    if (values == NULL || values[c] > 0)
      shares[n++] = (Share){ c, values != NULL ? values[c] : 0 };
  qsort (shares, n, sizeof *shares, compare_shares);
  strata_pen_init (&pen, cr, theme);
  strata_pen_font (&pen, STRATA_PEN_SMALL, FALSE);
  for (guint i = 0; i < n && y + line <= rect->height; i++, y += line)
    {
      double base = rect->y + y + line / 2 + 4;
      g_autofree char *value = values != NULL ? strata_draw_quantity (shares[i].value, unit) : NULL;

      if (i + 1 < n && y + 2 * line > rect->height)
        {
          g_autofree char *text = g_strdup_printf ("and %u smaller", n - i);

          strata_pen_text (&pen, STRATA_PEN_LEFT, theme->muted, rect->x + 16, base, rect->width - 16, text);
          y += line;
          break;
        }
      strata_pen_fill (&pen, strata_draw_component_colour (shares[i].component, theme), 1, rect->x, base - 9, 10, 10);
      strata_pen_text (&pen, STRATA_PEN_LEFT, theme->text, rect->x + 16, base, MAX (rect->width - 80, 20),
                       strata_pen_component_name (shares[i].component));
      if (value != NULL)
        strata_pen_text (&pen, STRATA_PEN_RIGHT, theme->muted, rect->x + rect->width, base, 70, value);
    }
  strata_pen_finish (&pen);
  return y;
}

void
strata_message_draw (cairo_t *cr,
                     const StrataDrawTheme *theme,
                     const StrataDrawMessage *message,
                     const StrataRect *rect)
{
  double width = MIN (rect->width - 24, 460), x = rect->x + (rect->width - width) / 2, y, height;
  StrataPen pen;

  if (width < 20)
    return;
  strata_pen_init (&pen, cr, theme);
  strata_pen_font (&pen, STRATA_PEN_TITLE, TRUE);
  height = strata_pen_paragraph_height (&pen, width, 2, message->title) + 6;
  strata_pen_font (&pen, STRATA_PEN_BODY, FALSE);
  height += strata_pen_paragraph_height (&pen, width, 8, message->body);
  y = rect->y + MAX (6, (rect->height - height) * 0.42);
  strata_pen_fill (&pen, message->is_error ? theme->warning : theme->accent, 1, x - 12, y, 3, height);
  strata_pen_font (&pen, STRATA_PEN_TITLE, TRUE);
  y += strata_pen_paragraph (&pen, theme->text, x, y, width, 2, message->title) + 6;
  strata_pen_font (&pen, STRATA_PEN_BODY, FALSE);
  y += strata_pen_paragraph (&pen, theme->muted, x, y, width, 8, message->body) + 12;
  if (message->action != NULL)
    strata_pen_paragraph (&pen, theme->accent, x, y, width, 3, message->action);
  strata_pen_finish (&pen);
}
