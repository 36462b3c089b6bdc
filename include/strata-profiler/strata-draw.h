/* SPDX-License-Identifier: Apache-2.0
 *
 * What all painters share: theme, colours, quantities as text, the viewport of time, legends and messages. A painter is
 * a pure function of a scene, a view and a size; it keeps nothing and knows no toolkit. A scene borrows all it points
 * at. Colours are 0xRRGGBB in sRGB. Lengths are user-space units of the cairo context ("pixels").
 */
#pragma once

#include <cairo.h>

#include "strata/sys/strata-trace.h"

G_BEGIN_DECLS

/**
 * StrataRect:
 * @x: left edge
 * @y: top edge
 * @width: width
 * @height: height
 *
 * A place on the page, in pixels.
 */
typedef struct
{
  double x, y, width, height;
} StrataRect;

/**
 * StrataDrawTheme:
 * @background: behind everything
 * @surface: bars, plates and unused silicon: a step away from the background
 * @text: text
 * @muted: secondary text, axes
 * @grid: grid lines, separators
 * @accent: selection, playhead
 * @warning: budgets, limits that are missed
 * @good: limits that are met
 * @is_dark: whether text is lighter than the background
 * @font_family: Pango family, for example "Sans"
 * @font_size: size of body text in pixels
 *
 * Interface colours. Data has colours of its own (strata_draw_colour_layers()).
 */
typedef struct
{
  guint32 background, surface, text, muted, grid, accent, warning, good;
  gboolean is_dark;
  const char *font_family;
  double font_size;
} StrataDrawTheme;

/**
 * strata_draw_theme_light: (skip)
 * @theme: (out caller-allocates): filled
 *
 * Dark text on white.
 */
STRATA_API void strata_draw_theme_light (StrataDrawTheme *theme);

/**
 * strata_draw_theme_dark: (skip)
 * @theme: (out caller-allocates): filled
 *
 * Light text on near black.
 */
STRATA_API void strata_draw_theme_dark (StrataDrawTheme *theme);

/**
 * StrataDrawLayer:
 * @name: name of the operation, as in the model
 * @op: operator, for example "Conv"
 * @stage: stage of the network
 * @stage_index: number of the stage from 0
 * @index_in_stage: number within the stage from 0
 * @n_in_stage: layers of the stage
 * @colour: its colour everywhere; set by strata_draw_colour_layers()
 *
 * A layer as painters see it; its number is its index in the array.
 */
typedef struct
{
  const char *name, *op, *stage;
  gint32 stage_index, index_in_stage, n_in_stage;
  guint32 colour;
} StrataDrawLayer;

/**
 * strata_draw_colour_layers: (skip)
 * @layers: (array length=n_layers): layers; their colours are set
 * @n_layers: number of layers
 * @theme: decides the range of lightness
 *
 * Hue by stage, lightness and a little hue by index within the stage, in OKLCH: layers of a stage look related, direct
 * neighbours differ, neighbouring stages have neighbouring hues.
 */
STRATA_API void strata_draw_colour_layers (StrataDrawLayer *layers, gsize n_layers, const StrataDrawTheme *theme);

/**
 * strata_draw_dim:
 * @colour: a colour of data
 * @theme: (nullable): theme; %NULL is dark
 *
 * Returns: the colour of the same thing while something else is selected: near the background, hue still readable
 */
STRATA_API guint32 strata_draw_dim (guint32 colour, const StrataDrawTheme *theme);

/**
 * strata_draw_mix:
 * @a: a colour
 * @b: a colour
 * @t: share of @b, 0 to 1
 *
 * Returns: mixture in OKLab, where halves look half
 */
STRATA_API guint32 strata_draw_mix (guint32 a, guint32 b, double t);

/**
 * strata_draw_oklch:
 * @lightness: 0 to 1
 * @chroma: 0 to about 0.37
 * @hue_deg: hue in degrees
 *
 * Returns: the sRGB colour; chroma is reduced, at constant lightness and hue, where sRGB cannot show it
 */
STRATA_API guint32 strata_draw_oklch (double lightness, double chroma, double hue_deg);

/**
 * strata_draw_lightness:
 * @colour: a colour
 *
 * Returns: OKLab lightness, 0 to 1
 */
STRATA_API double strata_draw_lightness (guint32 colour);

/**
 * strata_draw_component_colour:
 * @component: a component of energy
 * @theme: theme
 *
 * Returns: its colour: related components have related hues, static ones are grey
 */
STRATA_API guint32 strata_draw_component_colour (StrataComponent component, const StrataDrawTheme *theme);

/**
 * strata_draw_sequential:
 * @t: 0 to 1, clamped; NaN gives a neutral grey
 *
 * Returns: the one map for magnitudes: lightness rises in equal steps, so it reads without hue
 */
STRATA_API guint32 strata_draw_sequential (double t);

/**
 * strata_draw_diverging:
 * @t: -1 to 1, clamped; NaN gives a neutral grey
 * @theme: theme; the middle goes to the background
 *
 * Returns: the one map for differences: blue below, orange above, equal lightness at equal distance
 */
STRATA_API guint32 strata_draw_diverging (double t, const StrataDrawTheme *theme);

/**
 * strata_draw_quantity:
 * @value: in the unit
 * @unit: SI symbol, for example "J", "s", "W", "B"; "°C" and "%" take no prefix, "" is a plain count
 *
 * Three significant digits and SI prefix: "3.10 µJ", "-41.3 ns", "0 W"; "unavailable" for NaN.
 *
 * Returns: (transfer full): the text
 */
STRATA_API char *strata_draw_quantity (double value, const char *unit) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_draw_banded:
 * @value: nominal value, in the unit
 * @low: low end of the band, NaN: none
 * @high: high end of the band, NaN: none
 * @unit: as in strata_draw_quantity()
 *
 * "3.10 µJ (2.0–5.4)": the band has the prefix of the nominal value and two digits, three where
 * rounding would leave the nominal value outside: "156 µs (156–230)".
 *
 * Returns: (transfer full): the text
 */
STRATA_API char *strata_draw_banded (double value, double low, double high, const char *unit) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_draw_count:
 * @count: a number of things
 *
 * Returns: (transfer full): all digits in groups of three, "1,234,567"
 */
STRATA_API char *strata_draw_count (gint64 count) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_draw_ruler_label:
 * @time_ps: a time
 * @step_ps: distance of neighbouring labels
 *
 * Just the digits that tell neighbours apart: "2 ms", "41.235 µs", "1:02:03".
 *
 * Returns: (transfer full): the text
 */
STRATA_API char *strata_draw_ruler_label (gint64 time_ps, gint64 step_ps) G_GNUC_WARN_UNUSED_RESULT;

/**
 * StrataViewport:
 * @start_ps: time at the left edge
 * @span_ps: time from left to right edge
 * @scroll_y: pixels scrolled down
 *
 * The stretch of time that is shown.
 */
typedef struct
{
  double start_ps, span_ps, scroll_y;
} StrataViewport;

#define STRATA_VIEWPORT_MIN_SPAN_PS 1000.0

/**
 * strata_viewport_fit: (skip)
 * @view: viewport
 * @from_ps: first time
 * @to_ps: last time
 *
 * Shows a stretch of time with a margin of 2 %.
 */
STRATA_API void strata_viewport_fit (StrataViewport *view, gint64 from_ps, gint64 to_ps);

/**
 * strata_viewport_zoom: (skip)
 * @view: viewport
 * @factor: above 1 shows more detail
 * @x: what is under this x stays there, pixels from the left edge
 * @width: width of the plot in pixels
 * @total_ps: length of the run; the view never spans more than 1.1 times as much
 */
STRATA_API void strata_viewport_zoom (StrataViewport *view, double factor, double x, double width, gint64 total_ps);

/**
 * strata_viewport_pan: (skip)
 * @view: viewport
 * @dx: pixels the content moves to the right
 * @width: width of the plot in pixels
 * @total_ps: length of the run; some of it stays visible
 */
STRATA_API void strata_viewport_pan (StrataViewport *view, double dx, double width, gint64 total_ps);

/**
 * strata_viewport_x:
 * @view: viewport
 * @time_ps: a time
 * @width: width of the plot in pixels
 *
 * Returns: its x
 */
STRATA_API double strata_viewport_x (const StrataViewport *view, double time_ps, double width);

/**
 * strata_viewport_time:
 * @view: viewport
 * @x: pixels from the left edge
 * @width: width of the plot in pixels
 *
 * Returns: the time there
 */
STRATA_API double strata_viewport_time (const StrataViewport *view, double x, double width);

/**
 * strata_viewport_step:
 * @view: viewport
 * @width: width of the plot in pixels
 * @min_px: least distance of labels
 *
 * Returns: distance of ruler labels in picoseconds: 1, 2 or 5 times a power of ten below a minute, then 1, 2, 5, 10, 15
 *   or 30 minutes, then hours
 */
STRATA_API gint64 strata_viewport_step (const StrataViewport *view, double width, double min_px);

/**
 * StrataDrawScale:
 * @title: what is shown, for example "Temperature"
 * @unit: SI symbol as in strata_draw_quantity()
 * @low: value at the low end
 * @high: value at the high end
 * @is_locked: the ends stay when the data change
 * @is_diverging: a map of differences
 */
typedef struct
{
  const char *title, *unit;
  double low, high;
  gboolean is_locked, is_diverging;
} StrataDrawScale;

/**
 * strata_legend_scale_draw: (skip)
 * @cr: context
 * @theme: theme
 * @scale: what the colours mean
 * @rect: place; about 220 x 40 is right
 *
 * A bar of the map with the exact values of its ends, and a lock where they are locked.
 */
STRATA_API void strata_legend_scale_draw (cairo_t *cr,
                                          const StrataDrawTheme *theme,
                                          const StrataDrawScale *scale,
                                          const StrataRect *rect);

/**
 * strata_legend_layers_draw: (skip)
 * @cr: context
 * @theme: theme
 * @layers: (array length=n_layers): layers with colours
 * @n_layers: number of layers
 * @selected: selected layer, -1: none
 * @rect: place; what does not fit is counted
 *
 * One line per stage: its layers as swatches, its name; the selected layer by name.
 *
 * Returns: height that was used
 */
STRATA_API double strata_legend_layers_draw (cairo_t *cr,
                                             const StrataDrawTheme *theme,
                                             const StrataDrawLayer *layers,
                                             gsize n_layers,
                                             gint32 selected,
                                             const StrataRect *rect);

/**
 * strata_legend_components_draw: (skip)
 * @cr: context
 * @theme: theme
 * @values: (nullable): STRATA_N_COMPONENTS values; components at 0 or NaN are left out
 * @unit: unit of the values
 * @rect: place; what does not fit is counted
 *
 * Swatch, name and value of each component, largest first.
 *
 * Returns: height that was used
 */
STRATA_API double strata_legend_components_draw (
  cairo_t *cr, const StrataDrawTheme *theme, const double *values, const char *unit, const StrataRect *rect);

/**
 * StrataDrawMessage:
 * @title: what the state is: "No events"
 * @body: what is there and what is missing
 * @action: (nullable): the one thing to do next
 * @is_error: something failed
 */
typedef struct
{
  const char *title, *body, *action;
  gboolean is_error;
} StrataDrawMessage;

/**
 * strata_message_draw: (skip)
 * @cr: context
 * @theme: theme
 * @message: words
 * @rect: place
 *
 * The picture of an empty, partial or error state, in place of a chart.
 */
STRATA_API void strata_message_draw (cairo_t *cr,
                                     const StrataDrawTheme *theme,
                                     const StrataDrawMessage *message,
                                     const StrataRect *rect);

G_END_DECLS
