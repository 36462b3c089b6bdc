/* SPDX-License-Identifier: Apache-2.0
 *
 * One tier from above, and the strip of all tiers. Colours are those of the solid; a map is one small picture of a
 * pixel per block, scaled without smoothing, so 256 tiers of 256 x 256 blocks are cheap.
 */
#include "draw/pen.h"
#include "draw/volume.h"

#include <math.h>

#define STRIP_GAP 6.0
#define STRIP_LINE 13.0

/* Largest place with the proportions of the map */
static StrataRect
fit_map (const StrataGrid *grid, const StrataRect *rect)
{
  double scale = MIN (rect->width / grid->nu, rect->height / grid->nv);
  StrataRect map = { rect->x, rect->y, grid->nu * scale, grid->nv * scale };

  map.x += (rect->width - map.width) / 2;
  map.y += (rect->height - map.height) / 2;
  return map;
}

/* A block per pixel; holes are the surface, x-ray is mixed onto it */
static cairo_surface_t *
map_surface (const StrataGrid *grid, gint32 slab, const StrataDrawTheme *theme)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, grid->nu, grid->nv);
  const guint32 *voxels = grid->voxels + (gsize) slab * grid->nu * grid->nv;
  guint32 empty = strata_draw_mix (theme->background, theme->surface, 0.5);
  guint8 *data = cairo_image_surface_get_data (surface);
  int stride = cairo_image_surface_get_stride (surface);

  if (cairo_surface_status (surface) != CAIRO_STATUS_SUCCESS)
    return surface;
  cairo_surface_flush (surface);
  for (gint32 v = 0; v < grid->nv; v++)
    for (gint32 u = 0; u < grid->nu; u++)
      {
        guint32 voxel = voxels[(gsize) v * grid->nu + u], alpha = STRATA_VOXEL_ALPHA (voxel), out = 0;

        alpha = alpha == 0 ? 0 : MAX (alpha, 4);
        for (int shift = 0; shift < 24; shift += 8)
          out |= ((voxel >> shift & 255) * alpha + (empty >> shift & 255) * (15 - alpha)) / 15 << shift;
        ((guint32 *) (void *) (data + (gsize) v * stride))[u] = out;
      }
  cairo_surface_mark_dirty (surface);
  return surface;
}

static void
paint_map (cairo_t *cr, const StrataGrid *grid, gint32 slab, const StrataDrawTheme *theme, const StrataRect *map)
{
  cairo_surface_t *surface = map_surface (grid, slab, theme);

  cairo_save (cr);
  cairo_translate (cr, map->x, map->y);
  cairo_scale (cr, map->width / grid->nu, map->height / grid->nv);
  cairo_set_source_surface (cr, surface, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), map->width < grid->nu ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
  cairo_rectangle (cr, 0, 0, grid->nu, grid->nv);
  cairo_fill (cr);
  cairo_restore (cr);
  cairo_surface_destroy (surface);
}

/* Lines between arrays, fainter ones between blocks where they are large enough */
static void
draw_lines (StrataPen *pen, const StrataStackVolume *volume, const StrataRect *map, double block_px)
{
  double array_px = block_px * volume->blocks;

  cairo_set_line_width (pen->cr, 1);
  for (int pass = block_px >= 5 ? 0 : 1; pass < 2; pass++)
    {
      double step = pass == 0 ? block_px : array_px;
      gint32 nx = pass == 0 ? volume->tiers.nu : volume->mesh_x, ny = pass == 0 ? volume->tiers.nv : volume->mesh_y;

      if (step < 4)
        continue;
      strata_pen_colour (pen, pen->theme->background, pass == 0 ? 0.22 : 0.75);
      for (gint32 i = 0; i <= nx; i++)
        {
          cairo_move_to (pen->cr, floor (map->x + i * step) + 0.5, map->y);
          cairo_line_to (pen->cr, floor (map->x + i * step) + 0.5, map->y + map->height);
        }
      for (gint32 i = 0; i <= ny; i++)
        {
          cairo_move_to (pen->cr, map->x, floor (map->y + i * step) + 0.5);
          cairo_line_to (pen->cr, map->x + map->width, floor (map->y + i * step) + 0.5);
        }
      cairo_stroke (pen->cr);
    }
}

static void
draw_labels (StrataPen *pen, const StrataStackVolume *volume, gint32 tier, const StrataRect *map, double array_px)
{
  gint32 n = volume->blocks;

  if (array_px < 26)
    return;
  strata_pen_font (pen, STRATA_PEN_SMALL, FALSE);
  for (gint32 y = 0; y < volume->mesh_y; y++)
    for (gint32 x = 0; x < volume->mesh_x; x++)
      {
        gsize at = ((gsize) tier * volume->tiers.nv + (gsize) y * n) * volume->tiers.nu + (gsize) x * n;
        guint32 voxel = volume->tiers.voxels[at];
        guint32 fill = STRATA_VOXEL_ALPHA (voxel) == 0 ? pen->theme->background : voxel & 0xffffff;
        g_autofree char *text = g_strdup_printf ("%d", y * volume->mesh_x + x);

        strata_pen_text (pen, STRATA_PEN_LEFT, strata_pen_text_on (fill), map->x + x * array_px + 4,
                         map->y + y * array_px + 13, array_px - 6, text);
      }
}

static void
outline_selection (StrataPen *pen, const StrataStackVolume *volume, gint32 tier, const StrataRect *map, double block_px)
{
  gint32 n = volume->blocks;

  for (gsize i = 0; i < volume->n_tiles; i++)
    {
      const StrataStackTile *tile = &volume->tiles[i];
      gboolean hover = (gint32) i == volume->style.hover_tile;

      if (tile->tier != tier || (tile->layer != volume->style.selected_layer && !hover))
        continue;
      strata_pen_colour (pen, hover ? pen->theme->accent : pen->theme->text, 0.95);
      cairo_set_line_width (pen->cr, hover ? 2 : 1.2);
      cairo_rectangle (pen->cr, map->x + (tile->stack % volume->mesh_x) * n * block_px + 1,
                       map->y + (tile->stack / volume->mesh_x) * n * block_px + 1, n * block_px - 2, n * block_px - 2);
      cairo_stroke (pen->cr);
    }
}

void
strata_tier_map_draw (cairo_t *cr,
                      const StrataStackVolume *volume,
                      gint32 tier,
                      const StrataDrawTheme *theme,
                      const StrataRect *rect,
                      gboolean labels)
{
  const StrataGrid *grid = tier < 0 ? &volume->base : &volume->tiers;
  StrataRect map;
  StrataPen pen;
  double block_px;

  if (tier >= volume->n_tiers || rect->width < 2 || rect->height < 2)
    return;
  map = fit_map (grid, rect);
  block_px = map.width / grid->nu;
  paint_map (cr, grid, MAX (tier, 0), theme, &map);
  if (tier < 0)
    return;
  strata_pen_init (&pen, cr, theme);
  draw_lines (&pen, volume, &map, block_px);
  outline_selection (&pen, volume, tier, &map, block_px);
  if (labels)
    draw_labels (&pen, volume, tier, &map, block_px * volume->blocks);
  strata_pen_finish (&pen);
}

gboolean
strata_tier_map_pick (
  const StrataStackVolume *volume, gint32 tier, const StrataRect *rect, double x, double y, StrataStackHit *hit)
{
  const StrataGrid *grid = tier < 0 ? &volume->base : &volume->tiers;
  StrataRect map = fit_map (grid, rect);
  double u = (x - map.x) / map.width * grid->nu, v = (y - map.y) / map.height * grid->nv;
  gsize cell;

  if (tier >= volume->n_tiers || !(u >= 0 && v >= 0 && u < grid->nu && v < grid->nv))
    return strata_stack_volume_decode (volume, 0, hit);
  cell = ((gsize) MAX (tier, 0) * grid->nv + (gsize) v) * grid->nu + (gsize) u;
  return strata_stack_volume_decode (volume, (tier < 0 ? STRATA_BASE_ID : 0) + 1 + (guint32) cell, hit);
}

/* Squares start here, top tier first, each with its number below */
static double
strip_step (const StrataStackVolume *volume, double width)
{
  return width * volume->mesh_y / volume->mesh_x + STRIP_LINE + STRIP_GAP;
}

static gboolean
is_folded (const StrataStackVolume *volume, gint32 tier)
{
  return !volume->style.show_free && volume->style.mode != STRATA_STACK_MODE_TEMPERATURE && !volume->tier_used[tier];
}

/* Tiers [*first, @tier] that share the row whose top tier is @tier; several without weights are one line */
static double
strip_row (const StrataStackVolume *volume, double width, gint32 tier, gint32 *first)
{
  *first = tier;
  if (!is_folded (volume, tier))
    return strip_step (volume, width);
  while (*first > 0 && !volume->tier_used[*first - 1])
    --*first;
  return 2 * STRIP_LINE + STRIP_GAP;
}

double
strata_tier_strip_height (const StrataStackVolume *volume, double width)
{
  double height = STRIP_GAP;
  gint32 first;

  for (gint32 tier = volume->n_tiers - 1; tier >= 0; tier = first - 1)
    height += strip_row (volume, width, tier, &first);
  return height;
}

/* A line in place of squares */
static void
draw_empty_tiers (StrataPen *pen, const StrataRect *rect, double y, gint32 first, gint32 last)
{
  g_autofree char *text =
    first == last ? g_strdup_printf ("tier %d", last) : g_strdup_printf ("tiers %d–%d", first, last);

  strata_pen_text (pen, STRATA_PEN_CENTRE, pen->theme->muted, rect->x + rect->width / 2, y + STRIP_LINE - 2,
                   rect->width, text);
  strata_pen_text (pen, STRATA_PEN_CENTRE, pen->theme->muted, rect->x + rect->width / 2, y + 2 * STRIP_LINE - 2,
                   rect->width, "empty");
}

void
strata_tier_strip_draw (cairo_t *cr,
                        const StrataStackVolume *volume,
                        gint32 selected_tier,
                        double offset,
                        const StrataDrawTheme *theme,
                        const StrataRect *rect)
{
  double height, top = rect->y + STRIP_GAP - offset;
  gint32 first;
  StrataPen pen;

  strata_pen_init (&pen, cr, theme);
  strata_pen_font (&pen, STRATA_PEN_SMALL, FALSE);
  cairo_rectangle (cr, rect->x, rect->y, rect->width, rect->height);
  cairo_clip (cr);
  for (gint32 tier = volume->n_tiers - 1; tier >= 0; tier = first - 1, top += height)
    {
      double y = top, step = height = strip_row (volume, rect->width, tier, &first);
      StrataRect square = { rect->x + 3, y + 3, rect->width - 6, step - STRIP_LINE - STRIP_GAP - 6 };
      gboolean shown = tier >= volume->tiers.first && tier <= volume->tiers.last;
      g_autofree char *text = g_strdup_printf ("tier %d", tier);

      if (y + step < rect->y || y > rect->y + rect->height)
        continue;
      if (is_folded (volume, tier))
        {
          draw_empty_tiers (&pen, rect, y, first, tier);
          continue;
        }
      paint_map (cr, &volume->tiers, tier, theme, &square);
      if (!shown)
        strata_pen_fill (&pen, theme->background, 0.7, square.x, square.y, square.width, square.height);
      if (tier == selected_tier)
        {
          strata_pen_colour (&pen, theme->accent, 1);
          cairo_set_line_width (cr, 2);
          cairo_rectangle (cr, square.x - 2, square.y - 2, square.width + 4, square.height + 4);
          cairo_stroke (cr);
        }
      strata_pen_text (&pen, STRATA_PEN_CENTRE, tier == selected_tier ? theme->text : theme->muted,
                       rect->x + rect->width / 2, square.y + square.height + 13, rect->width, text);
    }
  strata_pen_finish (&pen);
}

gint32
strata_tier_strip_pick (const StrataStackVolume *volume, double offset, const StrataRect *rect, double x, double y)
{
  double at = y - rect->y - STRIP_GAP + offset;
  gint32 first;

  if (x < rect->x || x >= rect->x + rect->width || y < rect->y || y >= rect->y + rect->height || at < 0)
    return -1;
  for (gint32 tier = volume->n_tiers - 1; tier >= 0; tier = first - 1)
    {
      double height = strip_row (volume, rect->width, tier, &first);

      if (at < height)
        return tier;
      at -= height;
    }
  return -1;
}
