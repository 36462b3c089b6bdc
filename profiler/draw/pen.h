/* SPDX-License-Identifier: Apache-2.0
 *
 * A pen for one call of a painter: cairo context, theme and one text layout that is used again for each label.
 */
#pragma once

#include <pango/pangocairo.h>

#include "strata-profiler/strata-draw.h"

typedef struct
{
  cairo_t *cr;
  const StrataDrawTheme *theme;
  PangoLayout *layout;
  PangoFontDescription *font;
  PangoAttrList *attributes; /* tabular figures */
} StrataPen;

typedef enum
{
  STRATA_PEN_LEFT,
  STRATA_PEN_CENTRE,
  STRATA_PEN_RIGHT,
} StrataPenAlign;

/* Sizes relative to the body text of the theme */
#define STRATA_PEN_SMALL 0.85
#define STRATA_PEN_BODY 1.0
#define STRATA_PEN_TITLE 1.25
#define STRATA_PEN_LARGE 1.9

/* Saves the context's state; _finish restores it */
void strata_pen_init (StrataPen *pen, cairo_t *cr, const StrataDrawTheme *theme);
void strata_pen_finish (StrataPen *pen);

void strata_pen_colour (StrataPen *pen, guint32 colour, double alpha);
void strata_pen_fill (StrataPen *pen, guint32 colour, double alpha, double x, double y, double width, double height);
/* Filled with corners of @radius */
void strata_pen_fill_round (StrataPen *pen, guint32 colour, double alpha, const StrataRect *rect, double radius);
/* One pixel wide, on whole pixels */
void strata_pen_hline (StrataPen *pen, guint32 colour, double x0, double x1, double y);
void strata_pen_vline (StrataPen *pen, guint32 colour, double x, double y0, double y1);
void strata_pen_hatch (StrataPen *pen, guint32 colour, const StrataRect *rect);
void strata_pen_lock (StrataPen *pen, guint32 colour, double x, double y);

/* What the next texts look like: @scale of the body size, bold or not */
void strata_pen_font (StrataPen *pen, double scale, gboolean bold);
double strata_pen_text_width (StrataPen *pen, const char *text);
/* One line with its baseline at @y; cut with an ellipsis where wider than @max_width (0: any). Returns its width */
double strata_pen_text (
  StrataPen *pen, StrataPenAlign align, guint32 colour, double x, double y, double max_width, const char *text);
/* Wrapped into @width with its top at @y, at most @max_lines (0: any). Returns its height; draws nothing in a NULL cr
 */
double strata_pen_paragraph (
  StrataPen *pen, guint32 colour, double x, double y, double width, guint max_lines, const char *text);
double strata_pen_paragraph_height (StrataPen *pen, double width, guint max_lines, const char *text);
/* Black or white, whichever reads on @fill */
guint32 strata_pen_text_on (guint32 fill);
/* As in the trace, with static ones marked */
const char *strata_pen_component_name (StrataComponent component);
/* A round number of an axis, without zeros that say nothing: "50 mW" */
char *strata_pen_axis_label (double value, const char *unit);
/* Of an axis of that range: 1, 2 or 5 times a power of ten, for four steps or so */
double strata_pen_step (double range);
