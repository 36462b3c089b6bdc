/* SPDX-License-Identifier: Apache-2.0
 *
 * Text and strokes for the painters. Text goes through one PangoLayout per picture; figures are tabular.
 */
#include "draw/pen.h"

#include <math.h>
#include <string.h>

void
strata_pen_init (StrataPen *pen, cairo_t *cr, const StrataDrawTheme *theme)
{
  cairo_save (cr);
  pen->cr = cr;
  pen->theme = theme;
  pen->layout = pango_cairo_create_layout (cr);
  pen->font = pango_font_description_new ();
  pen->attributes = pango_attr_list_new ();
  pango_attr_list_insert (pen->attributes, pango_attr_font_features_new ("tnum=1"));
  pango_layout_set_attributes (pen->layout, pen->attributes);
  pango_font_description_set_family (pen->font, theme->font_family != NULL ? theme->font_family : "Sans");
  strata_pen_font (pen, STRATA_PEN_BODY, FALSE);
}

void
strata_pen_finish (StrataPen *pen)
{
  g_clear_object (&pen->layout);
  g_clear_pointer (&pen->font, pango_font_description_free);
  g_clear_pointer (&pen->attributes, pango_attr_list_unref);
  cairo_restore (pen->cr);
}

void
strata_pen_colour (StrataPen *pen, guint32 colour, double alpha)
{
  cairo_set_source_rgba (pen->cr, (colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0, (colour & 255) / 255.0,
                         alpha);
}

void
strata_pen_fill (StrataPen *pen, guint32 colour, double alpha, double x, double y, double width, double height)
{
  strata_pen_colour (pen, colour, alpha);
  cairo_rectangle (pen->cr, x, y, width, height);
  cairo_fill (pen->cr);
}

static void
round_path (StrataPen *pen, const StrataRect *rect, double radius)
{
  double r = MIN (radius, MIN (rect->width, rect->height) / 2);

  cairo_new_sub_path (pen->cr);
  cairo_arc (pen->cr, rect->x + rect->width - r, rect->y + r, r, -G_PI_2, 0);
  cairo_arc (pen->cr, rect->x + rect->width - r, rect->y + rect->height - r, r, 0, G_PI_2);
  cairo_arc (pen->cr, rect->x + r, rect->y + rect->height - r, r, G_PI_2, G_PI);
  cairo_arc (pen->cr, rect->x + r, rect->y + r, r, G_PI, 1.5 * G_PI);
  cairo_close_path (pen->cr);
}

void
strata_pen_fill_round (StrataPen *pen, guint32 colour, double alpha, const StrataRect *rect, double radius)
{
  strata_pen_colour (pen, colour, alpha);
  round_path (pen, rect, radius);
  cairo_fill (pen->cr);
}

void
strata_pen_hline (StrataPen *pen, guint32 colour, double x0, double x1, double y)
{
  strata_pen_fill (pen, colour, 1, floor (x0), floor (y), ceil (x1) - floor (x0), 1);
}

void
strata_pen_vline (StrataPen *pen, guint32 colour, double x, double y0, double y1)
{
  strata_pen_fill (pen, colour, 1, floor (x), floor (y0), 1, ceil (y1) - floor (y0));
}

void
strata_pen_hatch (StrataPen *pen, guint32 colour, const StrataRect *rect)
{
  double first = floor ((rect->x - rect->height) / 6) * 6;

  cairo_save (pen->cr);
  cairo_rectangle (pen->cr, rect->x, rect->y, rect->width, rect->height);
  cairo_clip (pen->cr);
  strata_pen_colour (pen, colour, 0.15);
  cairo_paint (pen->cr);
  strata_pen_colour (pen, colour, 0.9);
  cairo_set_line_width (pen->cr, 1.2);
  for (double x = first; x < rect->x + rect->width; x += 6)
    {
      cairo_move_to (pen->cr, x, rect->y + rect->height);
      cairo_line_to (pen->cr, x + rect->height, rect->y);
    }
  cairo_stroke (pen->cr);
  cairo_restore (pen->cr);
}

void
strata_pen_lock (StrataPen *pen, guint32 colour, double x, double y)
{
  StrataRect body = { x, y + 4, 8, 6 };

  strata_pen_fill_round (pen, colour, 1, &body, 1.5);
  cairo_set_line_width (pen->cr, 1.5);
  cairo_arc (pen->cr, x + 4, y + 3.5, 2.6, G_PI, 0);
  cairo_line_to (pen->cr, x + 6.6, y + 5);
  cairo_move_to (pen->cr, x + 1.4, y + 3.5);
  cairo_line_to (pen->cr, x + 1.4, y + 5);
  cairo_stroke (pen->cr);
}

void
strata_pen_font (StrataPen *pen, double scale, gboolean bold)
{
  pango_font_description_set_absolute_size (pen->font, MAX (pen->theme->font_size, 4) * scale * PANGO_SCALE);
  pango_font_description_set_weight (pen->font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description (pen->layout, pen->font);
}

static void
set_text (StrataPen *pen, const char *text, double width, gboolean wrap)
{
  pango_layout_set_text (pen->layout, text, -1);
  pango_layout_set_width (pen->layout, width > 0 ? (int) (width * PANGO_SCALE) : -1);
  pango_layout_set_ellipsize (pen->layout, width > 0 && !wrap ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
  pango_layout_set_height (pen->layout, -1);
}

double
strata_pen_text_width (StrataPen *pen, const char *text)
{
  int width, height;

  set_text (pen, text, 0, FALSE);
  pango_layout_get_pixel_size (pen->layout, &width, &height);
  return width;
}

double
strata_pen_text (
  StrataPen *pen, StrataPenAlign align, guint32 colour, double x, double y, double max_width, const char *text)
{
  int width, height;

  if (text == NULL || *text == '\0')
    return 0;
  set_text (pen, text, 0, FALSE);
  pango_layout_get_pixel_size (pen->layout, &width, &height);
  if (max_width > 0 && width > max_width)
    {
      set_text (pen, text, max_width, FALSE);
      pango_layout_get_pixel_size (pen->layout, &width, &height);
    }
  pango_layout_set_width (pen->layout, max_width > 0 && width >= max_width ? (int) (max_width * PANGO_SCALE) : -1);
  if (align == STRATA_PEN_CENTRE)
    x -= width / 2.0;
  else if (align == STRATA_PEN_RIGHT)
    x -= width;
  strata_pen_colour (pen, colour, 1);
  cairo_move_to (pen->cr, round (x), round (y) - pango_layout_get_baseline (pen->layout) / (double) PANGO_SCALE);
  pango_cairo_show_layout (pen->cr, pen->layout);
  return width;
}

/* A number and what it counts stay on one line: the space behind a digit does not break */
static char *
bind_numbers (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p++)
    if (*p == ' ' && p > text && g_ascii_isdigit (p[-1]) && !g_ascii_isdigit (p[1]))
      g_string_append (out, "\u00a0");
    else
      g_string_append_c (out, *p);
  return g_string_free (out, FALSE);
}

static double
lay_paragraph (StrataPen *pen, double width, guint max_lines, const char *text)
{
  g_autofree char *bound = bind_numbers (text);
  int w, h;

  set_text (pen, bound, MAX (width, 1), TRUE);
  pango_layout_set_wrap (pen->layout, PANGO_WRAP_WORD_CHAR);
  if (max_lines > 0)
    {
      pango_layout_set_height (pen->layout, -(int) max_lines);
      pango_layout_set_ellipsize (pen->layout, PANGO_ELLIPSIZE_END);
    }
  pango_layout_get_pixel_size (pen->layout, &w, &h);
  return h;
}

double
strata_pen_paragraph_height (StrataPen *pen, double width, guint max_lines, const char *text)
{
  return lay_paragraph (pen, width, max_lines, text);
}

double
strata_pen_paragraph (
  StrataPen *pen, guint32 colour, double x, double y, double width, guint max_lines, const char *text)
{
  double height = lay_paragraph (pen, width, max_lines, text);

  strata_pen_colour (pen, colour, 1);
  cairo_move_to (pen->cr, round (x), round (y));
  pango_cairo_show_layout (pen->cr, pen->layout);
  return height;
}

guint32
strata_pen_text_on (guint32 fill)
{
  return strata_draw_lightness (fill) > 0.62 ? 0x101214 : 0xffffff;
}

const char *
strata_pen_component_name (StrataComponent component)
{
  static const char *const names[] = {
#define COMPONENT_NAME(id, name, meaning) name,
    STRATA_COMPONENTS (COMPONENT_NAME)
#undef COMPONENT_NAME
  };

  return (guint) component < STRATA_N_COMPONENTS ? names[component] : "unknown";
}

char *
strata_pen_axis_label (double value, const char *unit)
{
  char *text = strata_draw_quantity (value, unit), *space = strchr (text, ' '), *end = space;

  if (space == NULL || memchr (text, '.', space - text) == NULL)
    return text;
  while (end[-1] == '0')
    end--;
  if (end[-1] == '.')
    end--;
  memmove (end, space, strlen (space) + 1);
  return text;
}

double
strata_pen_step (double range)
{
  double raw = range / 4, power = pow (10, floor (log10 (raw)));

  return raw <= power * 1.5 ? power : raw <= power * 3.5 ? 2 * power : raw <= power * 7.5 ? 5 * power : 10 * power;
}
