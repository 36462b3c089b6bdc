/* SPDX-License-Identifier: Apache-2.0
 *
 * The temperature map: plan and section of a chip in one scale. Invariant: the scale's ends are the hottest and the
 * coolest place exactly, and labels have as many decimals as it takes to tell their steps apart.
 */
#include "strata-profiler/strata-heat-map.h"

#include <math.h>

#include "draw/pen.h"

#define EDGE 6
#define NUMBER_WIDTH 118.0
#define NUMBER_HEIGHT 42
#define N_NUMBERS 5
#define LEGEND_WIDTH 86.0
#define BAR 14.0
#define AXIS 46.0       /* names of tiers beside the section */
#define MARK 12.0       /* beside the plan, for the row of the section */
#define MAX_STACK 120.0 /* side of a stack from above, so that one alone does not fill the page */
#define MAX_COLUMN 90.0
#define MAX_TIER 26.0
#define MIN_PANEL 40.0
#define PLAN_TITLE 190.0 /* what its heading needs */
#define MAX_SHAPES 4096  /* stacks that are drawn as rectangles; more as one picture */
#define MAX_DECIMALS 6
#define LEAST_LINE 0.5 /* thinner columns are drawn one in several */
#define N_SHADES 512   /* of a column or the scale, at most */
#define LEAST_RANGE_K 1e-9

typedef struct
{
  StrataPen pen;
  const StrataHeatScene *scene;
  StrataHeatPlace hottest, coolest;
  double step_c; /* of the scale's labels; 0: all places are alike */
  int decimals;
} Drawing;

static double
temperature (const StrataHeatScene *scene, gint32 stack, gint32 tier)
{
  return scene->temperature_c[(gsize) stack * ((gsize) scene->n_tiers + 1) + 1 + tier];
}

/* NaN where nothing is known */
static double
hottest_of (const StrataHeatScene *scene, gint32 stack)
{
  double hottest_c = (double) NAN;

  for (gint32 tier = -1; tier < scene->n_tiers; tier++)
    hottest_c = fmax (hottest_c, temperature (scene, stack, tier));
  return hottest_c;
}

gboolean
strata_heat_scene_ends (const StrataHeatScene *scene, StrataHeatPlace *hottest, StrataHeatPlace *coolest)
{
  *hottest = (StrataHeatPlace){ -1, -1, -HUGE_VAL };
  *coolest = (StrataHeatPlace){ -1, -1, HUGE_VAL };
  for (gint32 stack = 0; scene->temperature_c != NULL && stack < scene->mesh_x * scene->mesh_y; stack++)
    for (gint32 tier = -1; tier < scene->n_tiers; tier++)
      {
        double here_c = temperature (scene, stack, tier);

        if (!isfinite (here_c))
          continue;
        if (here_c > hottest->temperature_c)
          *hottest = (StrataHeatPlace){ stack, tier, here_c };
        if (here_c < coolest->temperature_c)
          *coolest = (StrataHeatPlace){ stack, tier, here_c };
      }
  return hottest->stack >= 0;
}

char *
strata_heat_place_name (const StrataHeatScene *scene, const StrataHeatPlace *place)
{
  g_autofree char *tier = place->tier < 0 ? g_strdup ("base") : g_strdup_printf ("tier %d", place->tier);

  return g_strdup_printf ("stack %d (column %d, row %d), %s", place->stack, place->stack % scene->mesh_x,
                          place->stack / scene->mesh_x, tier);
}

/* A twentieth of the range shows. */
int
strata_heat_decimals (double range_k)
{
  return range_k > LEAST_RANGE_K ? (int) CLAMP (ceil (1.3 - log10 (range_k)), 1, MAX_DECIMALS) : 2;
}

/* --- the scale --- */

static void
set_scale (Drawing *d)
{
  double range_k = d->hottest.temperature_c - d->coolest.temperature_c;

  d->step_c = range_k > LEAST_RANGE_K ? strata_pen_step (range_k) : 0;
  d->decimals = strata_heat_decimals (range_k);
}

static guint32
colour_of (const Drawing *d, double value_c)
{
  if (d->step_c == 0 && isfinite (value_c))
    return strata_draw_sequential (0.5);
  return strata_draw_sequential ((value_c - d->coolest.temperature_c)
                                 / (d->hottest.temperature_c - d->coolest.temperature_c));
}

/* Colours from the top down, as one picture: thousands of rectangles would make a page of megabytes. */
static void
paint_strip (Drawing *d, const guint32 *colours, int n, const StrataRect *rect)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 1, n);
  guint8 *data = cairo_image_surface_get_data (surface);
  int stride = cairo_image_surface_get_stride (surface);

  for (int i = 0; data != NULL && i < n; i++)
    *(guint32 *) (void *) (data + (gsize) i * (gsize) stride) = colours[i];
  if (data != NULL && rect->width > 0 && rect->height > 0)
    {
      cairo_surface_mark_dirty (surface);
      cairo_save (d->pen.cr);
      cairo_translate (d->pen.cr, rect->x, rect->y);
      cairo_scale (d->pen.cr, rect->width, rect->height / n);
      cairo_set_source_surface (d->pen.cr, surface, 0, 0);
      cairo_pattern_set_filter (cairo_get_source (d->pen.cr), CAIRO_FILTER_NEAREST);
      cairo_rectangle (d->pen.cr, 0, 0, 1, n);
      cairo_fill (d->pen.cr);
      cairo_restore (d->pen.cr);
    }
  cairo_surface_destroy (surface);
}

static char *
format (const Drawing *d, double value_c)
{
  return isfinite (value_c) ? g_strdup_printf ("%.*f", d->decimals, value_c) : g_strdup ("–");
}

static void
draw_tick (Drawing *d, const StrataRect *bar, double y, double value_c)
{
  g_autofree char *text = format (d, value_c);

  strata_pen_hline (&d->pen, d->pen.theme->muted, bar->x + bar->width, bar->x + bar->width + 4, y);
  strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->text, bar->x + bar->width + 7, y + 4,
                   LEGEND_WIDTH - bar->width - 7, text);
}

/* The ends as they are; round values between them where there is room for their labels */
static void
draw_scale (Drawing *d, const StrataRect *bar)
{
  double low_c = d->coolest.temperature_c, range_k = d->hottest.temperature_c - low_c;
  double line = d->pen.theme->font_size + 3;
  guint32 shades[N_SHADES];

  strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->muted, bar->x, bar->y - 8, LEGEND_WIDTH, "°C");
  if (d->step_c == 0)
    {
      strata_pen_fill (&d->pen, colour_of (d, low_c), 1, bar->x, bar->y, bar->width, bar->height);
      draw_tick (d, bar, bar->y + bar->height / 2, low_c);
      return;
    }
  for (int i = 0; i < N_SHADES; i++)
    shades[i] = strata_draw_sequential (1 - i / (N_SHADES - 1.0));
  paint_strip (d, shades, N_SHADES, bar);
  draw_tick (d, bar, bar->y, d->hottest.temperature_c);
  draw_tick (d, bar, bar->y + bar->height, low_c);
  for (double value_c = ceil (low_c / d->step_c) * d->step_c; value_c < low_c + range_k; value_c += d->step_c)
    {
      double y = bar->y + bar->height * (1 - (value_c - low_c) / range_k);

      if (y > bar->y + line && y < bar->y + bar->height - line)
        draw_tick (d, bar, y, value_c);
    }
}

/* --- marks --- */

/* Seen on every colour of the map: a line on a wider one of the page */
static void
stroke_mark (Drawing *d)
{
  cairo_set_line_width (d->pen.cr, 4);
  strata_pen_colour (&d->pen, d->pen.theme->background, 0.85);
  cairo_stroke_preserve (d->pen.cr);
  cairo_set_line_width (d->pen.cr, 1.8);
  strata_pen_colour (&d->pen, d->pen.theme->text, 1);
  cairo_stroke (d->pen.cr);
}

static void
draw_ring (Drawing *d, double x, double y)
{
  cairo_new_path (d->pen.cr);
  cairo_arc (d->pen.cr, x, y, 5, 0, 2 * G_PI);
  stroke_mark (d);
}

/* Points at the row of the section, from both sides */
static void
draw_row_marks (Drawing *d, const StrataRect *map, double y)
{
  cairo_t *cr = d->pen.cr;

  for (int side = 0; side < 2; side++)
    {
      double x = side == 0 ? map->x - 3 : map->x + map->width + 3, back = side == 0 ? -7 : 7;

      cairo_new_path (cr);
      cairo_move_to (cr, x, y);
      cairo_line_to (cr, x + back, y - 5);
      cairo_line_to (cr, x + back, y + 5);
      cairo_close_path (cr);
      strata_pen_colour (&d->pen, d->pen.theme->accent, 1);
      cairo_fill (cr);
    }
}

/* --- from above --- */

static void
paint_picture (Drawing *d, const StrataRect *map)
{
  const StrataHeatScene *scene = d->scene;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, scene->mesh_x, scene->mesh_y);
  guint8 *data = cairo_image_surface_get_data (surface);
  int stride = cairo_image_surface_get_stride (surface);

  if (data == NULL)
    {
      cairo_surface_destroy (surface);
      return;
    }
  for (gint32 y = 0; y < scene->mesh_y; y++)
    for (gint32 x = 0; x < scene->mesh_x; x++)
      ((guint32 *) (void *) (data + (gsize) y * (gsize) stride))[x] =
        colour_of (d, hottest_of (scene, y * scene->mesh_x + x));
  cairo_surface_mark_dirty (surface);
  cairo_save (d->pen.cr);
  cairo_translate (d->pen.cr, map->x, map->y);
  cairo_scale (d->pen.cr, map->width / scene->mesh_x, map->height / scene->mesh_y);
  cairo_set_source_surface (d->pen.cr, surface, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (d->pen.cr), CAIRO_FILTER_NEAREST);
  cairo_rectangle (d->pen.cr, 0, 0, scene->mesh_x, scene->mesh_y);
  cairo_fill (d->pen.cr);
  cairo_restore (d->pen.cr);
  cairo_surface_destroy (surface);
}

static void
paint_stack (Drawing *d, const StrataRect *map, gint32 stack, double side)
{
  double gap = side >= 12 ? 1 : 0, x = map->x + stack % d->scene->mesh_x * side;
  double y = map->y + stack / d->scene->mesh_x * side, value_c = hottest_of (d->scene, stack);
  g_autofree char *text = format (d, value_c);

  strata_pen_fill (&d->pen, colour_of (d, value_c), 1, x, y, side - gap, side - gap);
  if (side >= 26 && strata_pen_text_width (&d->pen, text) <= side - 6)
    strata_pen_text (&d->pen, STRATA_PEN_CENTRE, strata_pen_text_on (colour_of (d, value_c)), x + side / 2,
                     y + side / 2 + 4, 0, text);
}

/* Returns the side of a stack. */
static double
measure_plan (const StrataHeatScene *scene, const StrataRect *rect, StrataRect *map)
{
  double side = MIN (MIN ((rect->width - 2 * MARK) / scene->mesh_x, rect->height / scene->mesh_y), MAX_STACK);

  *map = (StrataRect){ rect->x + MARK, rect->y, side * scene->mesh_x, side * scene->mesh_y };
  return side;
}

static void
draw_plan (Drawing *d, const StrataRect *rect)
{
  const StrataHeatScene *scene = d->scene;
  StrataRect map;
  double side = measure_plan (scene, rect, &map);
  gint32 column = d->hottest.stack % scene->mesh_x, row = d->hottest.stack / scene->mesh_x;

  if (scene->mesh_x * scene->mesh_y > MAX_SHAPES)
    paint_picture (d, &map);
  else
    for (gint32 stack = 0; stack < scene->mesh_x * scene->mesh_y; stack++)
      paint_stack (d, &map, stack, side);
  draw_row_marks (d, &map, map.y + (row + 0.5) * side);
  if (side < 12)
    {
      draw_ring (d, map.x + (column + 0.5) * side, map.y + (row + 0.5) * side);
      return;
    }
  cairo_new_path (d->pen.cr);
  cairo_rectangle (d->pen.cr, map.x + column * side, map.y + row * side, side - 1, side - 1);
  stroke_mark (d);
}

/* --- the section --- */

typedef struct
{
  double x, bottom; /* of the base's lower edge */
  double column, base, tier, gap;
} Section;

static double
tier_top (const Section *section, gint32 tier)
{
  return tier < 0 ? section->bottom - section->base
                  : section->bottom - section->base - section->gap - (tier + 1) * section->tier;
}

/* As many pixels as tiers, or as the page can show */
static void
paint_column (Drawing *d, const Section *section, gint32 stack, double x)
{
  double width = section->column >= 6 ? section->column - 2 : section->column + 0.5;
  StrataRect tiers = { x, tier_top (section, d->scene->n_tiers - 1), width, d->scene->n_tiers * section->tier };
  int n = MIN (d->scene->n_tiers, N_SHADES);
  guint32 colours[N_SHADES];

  for (int i = 0; i < n; i++)
    colours[n - 1 - i] = colour_of (d, temperature (d->scene, stack, (gint32) ((i + 0.5) / n * d->scene->n_tiers)));
  paint_strip (d, colours, n, &tiers);
  strata_pen_fill (&d->pen, colour_of (d, temperature (d->scene, stack, -1)), 1, x, section->bottom - section->base,
                   width, section->base);
}

static void
draw_heights (Drawing *d, const Section *section)
{
  gint32 last = d->scene->n_tiers - 1, step = 1;
  double line = d->pen.theme->font_size + 4;

  while (step * section->tier < 2 * line && step <= last)
    step *= 2;
  strata_pen_text (&d->pen, STRATA_PEN_RIGHT, d->pen.theme->muted, section->x - 6,
                   section->bottom - section->base / 2 + 4, AXIS, "base");
  for (gint32 tier = 0; tier <= last; tier = tier == last ? last + 1 : MIN (tier + step, last))
    {
      double y = tier_top (section, tier) + section->tier / 2;
      g_autofree char *text = g_strdup_printf ("tier %d", tier);

      if (tier > 0 && tier < last && y - (tier_top (section, last) + section->tier / 2) < line)
        continue;
      if (tier == 0 && y > section->bottom - section->base / 2 - line)
        y = section->bottom - section->base / 2 - line;
      strata_pen_text (&d->pen, STRATA_PEN_RIGHT, d->pen.theme->muted, section->x - 6, y + 4, AXIS, text);
    }
}

static void
draw_stacks (Drawing *d, const Section *section, gint32 first)
{
  g_autofree char *number = g_strdup_printf ("%d", first);
  gint32 every = 1;

  strata_pen_text (&d->pen, STRATA_PEN_RIGHT, d->pen.theme->muted,
                   section->x - 6 - MAX (strata_pen_text_width (&d->pen, number) - section->column, 0) / 2,
                   section->bottom + 14, AXIS, "stack");
  while (every * section->column < 30)
    every *= 2;
  for (gint32 column = 0; column < d->scene->mesh_x; column += every)
    {
      g_autofree char *text = g_strdup_printf ("%d", first + column);

      strata_pen_text (&d->pen, STRATA_PEN_CENTRE, d->pen.theme->muted, section->x + (column + 0.5) * section->column,
                       section->bottom + 14, 0, text);
    }
}

static gboolean
measure_section (const StrataHeatScene *scene, const StrataRect *rect, Section *section)
{
  double height = rect->height - 18;

  *section = (Section){ .x = rect->x + AXIS, .gap = 3 };
  section->column = MIN ((rect->width - AXIS) / scene->mesh_x, MAX_COLUMN);
  section->base = CLAMP (height * 0.07, 8, MAX_TIER);
  section->tier = MIN ((height - section->base - section->gap) / scene->n_tiers, MAX_TIER);
  section->bottom = rect->y + section->base + section->gap + scene->n_tiers * section->tier;
  return section->column > 0 && section->tier > 0;
}

static void
draw_section (Drawing *d, const StrataRect *rect)
{
  const StrataHeatScene *scene = d->scene;
  Section section;
  gint32 first = d->hottest.stack / scene->mesh_x * scene->mesh_x;

  if (!measure_section (scene, rect, &section))
    return;
  for (gint32 column = 0; column < scene->mesh_x; column += (gint32) ceil (LEAST_LINE / section.column))
    paint_column (d, &section, first + column, section.x + column * section.column);
  draw_heights (d, &section);
  draw_stacks (d, &section, first);
  draw_ring (d, section.x + (d->hottest.stack - first + 0.5) * section.column - (section.column >= 6 ? 1 : 0),
             tier_top (&section, d->hottest.tier) + (d->hottest.tier < 0 ? section.base : section.tier) / 2);
}

/* --- words --- */

/* As many in a row as have room */
static double
numbers_height (double width)
{
  int n = MAX ((int) (width / NUMBER_WIDTH), 1);

  return (N_NUMBERS + n - 1) / n * NUMBER_HEIGHT;
}

/* Power and temperatures in large type */
static void
draw_numbers (Drawing *d, const StrataRect *rect)
{
  const StrataHeatScene *scene = d->scene;
  const struct
  {
    const char *name;
    double value_c;
  } numbers[N_NUMBERS] = {
    { "power", (double) NAN }, { "hottest junction", scene->junction_c }, { "package", scene->package_c },
    { "skin", scene->skin_c }, { "ambient", scene->ambient_c },
  };
  double x = rect->x, y = rect->y;

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autofree char *value_c = format (d, numbers[i].value_c);
      g_autofree char *text =
        i == 0 ? strata_draw_quantity (scene->power_mw * 1e-3, "W") : g_strdup_printf ("%s °C", value_c);

      if (i > 0 && x + NUMBER_WIDTH > rect->x + rect->width)
        x = rect->x, y += NUMBER_HEIGHT;
      strata_pen_font (&d->pen, STRATA_PEN_SMALL, FALSE);
      strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->muted, x, y + 12, NUMBER_WIDTH - 8, numbers[i].name);
      strata_pen_font (&d->pen, STRATA_PEN_TITLE, TRUE);
      strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->text, x, y + 31, NUMBER_WIDTH - 8, text);
      x += NUMBER_WIDTH;
    }
  strata_pen_font (&d->pen, STRATA_PEN_SMALL, FALSE);
}

/* The ring and what it marks, then what all numbers are; below the maps */
static void
draw_caption (Drawing *d, const StrataRect *rect)
{
  g_autofree char *hottest = strata_heat_place_name (d->scene, &d->hottest);
  g_autofree char *coolest = strata_heat_place_name (d->scene, &d->coolest);
  g_autofree char *value = format (d, d->hottest.temperature_c);
  g_autofree char *power = strata_draw_quantity (d->scene->power_mw * 1e-3, "W");
  g_autofree char *place =
    d->step_c == 0 ? g_strdup_printf ("All places are at %s °C.", value)
                   : g_strdup_printf ("Hottest at %s °C: %s; %.*f K above the coolest, %s.", value, hottest,
                                      d->decimals, d->hottest.temperature_c - d->coolest.temperature_c, coolest);
  g_autofree char *source =
    g_strdup_printf ("Steady state at %s; %s. Heat leaves at the top, through the package; the base is not to scale.",
                     power, d->scene->fidelity);

  if (d->step_c > 0)
    draw_ring (d, rect->x + 6, rect->y + 10);
  strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->text, rect->x + (d->step_c > 0 ? 18 : 0), rect->y + 14,
                   rect->width - 18, place);
  strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->muted, rect->x, rect->y + 31, rect->width, source);
}

/* What lies where on the page */
typedef struct
{
  StrataRect inside, plan, section, bar, caption;
} Layout;

/* FALSE: no room for the maps */
static gboolean
lay_out (const StrataHeatScene *scene, const StrataRect *rect, Layout *layout)
{
  StrataRect inside = { rect->x + EDGE, rect->y + 26, MAX (rect->width - 2 * EDGE, 1), 0 }, panels = inside;
  StrataRect map;
  Section section;

  layout->inside = inside;
  layout->caption = (StrataRect){ inside.x, rect->y + rect->height - 40, inside.width, 40 };
  panels.y += numbers_height (inside.width) + 4;
  panels.height = MAX (layout->caption.y - panels.y - 4, 1);
  layout->plan = (StrataRect){ panels.x, panels.y + 26, (panels.width - LEGEND_WIDTH - 36) * 0.47, panels.height - 26 };
  measure_plan (scene, &layout->plan, &map);
  layout->plan.width = MIN (layout->plan.width, MAX (map.width + 2 * MARK, PLAN_TITLE));
  layout->section = (StrataRect){ panels.x + layout->plan.width + 18, layout->plan.y,
                                  panels.width - layout->plan.width - LEGEND_WIDTH - 36, layout->plan.height };
  measure_section (scene, &layout->section, &section);
  layout->bar =
    (StrataRect){ section.x + section.column * scene->mesh_x + 18, layout->plan.y, BAR, layout->plan.height - 18 };
  return layout->plan.width >= MIN_PANEL && layout->plan.height >= MIN_PANEL;
}

static void
draw_panels (Drawing *d, const Layout *layout)
{
  const StrataRect *plan = &layout->plan, *section = &layout->section;
  gint32 row = d->hottest.stack / d->scene->mesh_x;
  g_autofree char *text = g_strdup_printf ("Section along row %d", row);

  strata_pen_font (&d->pen, STRATA_PEN_SMALL, TRUE);
  strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->text, plan->x + MARK, plan->y - 10, plan->width - MARK,
                   "Hottest place of each stack");
  strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->text, section->x + AXIS, plan->y - 10, section->width - AXIS,
                   text);
  strata_pen_font (&d->pen, STRATA_PEN_SMALL, FALSE);
  draw_plan (d, plan);
  draw_section (d, section);
  draw_scale (d, &layout->bar);
}

void
strata_heat_map_draw (cairo_t *cr, const StrataHeatScene *scene, const StrataDrawTheme *theme, const StrataRect *rect)
{
  Drawing d = { .scene = scene };
  Layout layout;
  gboolean has_room;
  g_autofree char *title = g_strdup_printf ("Temperature of %s", scene->title);

  if (!strata_heat_scene_ends (scene, &d.hottest, &d.coolest))
    {
      StrataDrawMessage message = { "Temperatures are unavailable", "This profile has no steady temperatures.",
                                    "A chip that runs away has none, a board reports none.", FALSE };

      strata_message_draw (cr, theme, &message, rect);
      return;
    }
  has_room = lay_out (scene, rect, &layout);
  set_scale (&d);
  strata_pen_init (&d.pen, cr, theme);
  strata_pen_font (&d.pen, STRATA_PEN_BODY, TRUE);
  strata_pen_text (&d.pen, STRATA_PEN_LEFT, theme->text, layout.inside.x, rect->y + 16, layout.inside.width, title);
  draw_numbers (&d, &layout.inside);
  if (has_room)
    draw_panels (&d, &layout);
  draw_caption (&d, &layout.caption);
  strata_pen_finish (&d.pen);
}

gboolean
strata_heat_map_pick (const StrataHeatScene *scene, const StrataRect *rect, double x, double y, StrataHeatPlace *place)
{
  StrataHeatPlace hottest, coolest;
  StrataRect map;
  Section section;
  Layout layout;
  double side;

  if (!strata_heat_scene_ends (scene, &hottest, &coolest) || !lay_out (scene, rect, &layout))
    return FALSE;
  *place = (StrataHeatPlace){ -1, -1, (double) NAN };
  side = measure_plan (scene, &layout.plan, &map);
  if (x >= map.x && x < map.x + map.width && y >= map.y && y < map.y + map.height)
    {
      place->stack = (gint32) ((y - map.y) / side) * scene->mesh_x + (gint32) ((x - map.x) / side);
      for (gint32 tier = -1; tier < scene->n_tiers; tier++)
        if (!(temperature (scene, place->stack, tier) <= place->temperature_c))
          *place = (StrataHeatPlace){ place->stack, tier, temperature (scene, place->stack, tier) };
    }
  else if (measure_section (scene, &layout.section, &section) && x >= section.x
           && x < section.x + section.column * scene->mesh_x && y < section.bottom
           && y >= tier_top (&section, scene->n_tiers - 1))
    {
      place->stack = hottest.stack / scene->mesh_x * scene->mesh_x + (gint32) ((x - section.x) / section.column);
      place->tier =
        y >= section.bottom - section.base
          ? -1
          : CLAMP ((gint32) ((tier_top (&section, -1) - section.gap - y) / section.tier), 0, scene->n_tiers - 1);
      place->temperature_c = temperature (scene, place->stack, place->tier);
    }
  return place->stack >= 0;
}
