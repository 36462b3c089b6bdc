/* SPDX-License-Identifier: Apache-2.0
 *
 * Colour, height and holes of all blocks. One value per tile and one per free array are computed, then written to
 * blocks through the owner table, so that 13 million blocks are a copy. Invariant: every hole knows a square around it
 * that is free of blocks.
 */
#include "draw/volume.h"

#include <math.h>

#define GHOST_ALPHA 1 /* fifteenths */
#define FREE_HEIGHT 3 /* sixteenths */
#define PLATE_HEIGHT 5
#define PLATE_SHARE 0.42 /* of the tile's colour */
#define MANY_TIERS 32    /* above, only tiers in use have frames: more would be a wall */

typedef struct
{
  StrataStackVolume *volume;
  const StrataStackScene *scene;
  const StrataStackStyle *style;
  const StrataDrawTheme *theme;
} Painting;

static double
temperature_at (const StrataStackScene *scene, gint32 stack, gint32 tier)
{
  return scene->temperature_c == NULL ? NAN : scene->temperature_c[(gsize) stack * scene->n_tiers + tier];
}

static double
value_of (const Painting *p, const StrataStackTile *tile)
{
  switch (p->style->mode)
    {
    case STRATA_STACK_MODE_UTILISATION:
      return 100 * tile->utilisation;
    case STRATA_STACK_MODE_ENERGY:
      return tile->energy_fj * 1e-15;
    case STRATA_STACK_MODE_ACTIVITY:
      return 100 * tile->activity;
    case STRATA_STACK_MODE_TEMPERATURE:
      return temperature_at (p->scene, tile->stack, tile->tier);
    case STRATA_STACK_MODE_LAYERS:
    default:
      return NAN;
    }
}

static void
measure_scale (const Painting *p, StrataDrawScale *scale)
{
  double low = INFINITY, high = -INFINITY;
  gsize n_arrays = (gsize) p->scene->mesh_x * p->scene->mesh_y * p->scene->n_tiers;

  if (p->style->mode == STRATA_STACK_MODE_TEMPERATURE)
    for (gsize i = 0; i < n_arrays && p->scene->temperature_c != NULL; i++)
      {
        if (!isfinite (p->scene->temperature_c[i]))
          continue;
        low = MIN (low, p->scene->temperature_c[i]);
        high = MAX (high, p->scene->temperature_c[i]);
      }
  else
    for (gsize i = 0; i < p->scene->n_tiles; i++)
      {
        double value = value_of (p, &p->scene->tiles[i]);

        high = isfinite (value) ? MAX (high, value) : high;
        low = 0;
      }
  if (p->style->mode == STRATA_STACK_MODE_UTILISATION || p->style->mode == STRATA_STACK_MODE_ACTIVITY)
    high = 100;
  scale->is_locked = !isnan (p->style->scale_low) || !isnan (p->style->scale_high);
  scale->low = isnan (p->style->scale_low) ? low : p->style->scale_low;
  scale->high = isnan (p->style->scale_high) ? high : p->style->scale_high;
  if (!(scale->low <= scale->high))
    scale->low = scale->high = NAN;
}

static void
set_scale (Painting *p)
{
  static const struct
  {
    const char *title, *unit;
  } texts[] = {
    [STRATA_STACK_MODE_LAYERS] = { "", "" },
    [STRATA_STACK_MODE_UTILISATION] = { "Cells used", "%" },
    [STRATA_STACK_MODE_ENERGY] = { "Energy per tile", "J" },
    [STRATA_STACK_MODE_ACTIVITY] = { "Time converting", "%" },
    [STRATA_STACK_MODE_TEMPERATURE] = { "Temperature", "°C" },
  };
  StrataDrawScale *scale = &p->volume->scale;
  StrataStackMode mode = p->style->mode;

  *scale = (StrataDrawScale){ texts[mode].title, texts[mode].unit, 0, 1, FALSE, FALSE };
  p->volume->has_scale = mode != STRATA_STACK_MODE_LAYERS;
  if (p->volume->has_scale)
    measure_scale (p, scale);
}

static guint32
map_colour (const Painting *p, double value)
{
  const StrataDrawScale *scale = &p->volume->scale;

  if (isnan (value) || isnan (scale->low))
    return strata_draw_mix (p->theme->muted, p->theme->background, 0.4);
  return strata_draw_sequential (scale->high > scale->low ? (value - scale->low) / (scale->high - scale->low) : 0.5);
}

static guint32
tile_voxel (const Painting *p, const StrataStackTile *tile)
{
  const StrataStackStyle *style = p->style;
  gboolean selected = style->selected_layer < 0 || style->selected_layer == tile->layer;
  double alpha = CLAMP (style->alpha, 0.02, 1), used = isnan (tile->utilisation) ? 1 : CLAMP (tile->utilisation, 0, 1);
  gint32 height = style->height_by_utilisation ? CLAMP ((gint32) lrint (2 + 14 * used), 2, 16) : 16;
  gint32 level = MAX (1, (gint32) lrint (alpha * 15));
  guint32 colour = p->scene->layers[tile->layer].colour;

  if (style->hidden_layers != NULL && style->hidden_layers[tile->layer])
    return 0;
  if (style->mode != STRATA_STACK_MODE_LAYERS)
    colour = map_colour (p, value_of (p, tile));
  else if (style->glow && tile->activity > 0 && selected)
    colour = strata_draw_mix (colour, 0xffeeb8, 0.62 * MIN (tile->activity, 1));
  if (!selected && style->ghost)
    level = MIN (level, GHOST_ALPHA);
  else if (!selected)
    colour = strata_draw_dim (colour, p->theme);
  else if (style->selected_layer >= 0)
    level = 15;
  return STRATA_VOXEL (colour, level, height);
}

static guint32
free_voxel (const Painting *p, gint32 stack, gint32 tier)
{
  const StrataStackStyle *style = p->style;
  guint32 colour = strata_draw_mix (p->theme->surface, p->theme->muted, p->theme->is_dark ? 0.16 : 0.25);
  gint32 level = MAX (1, (gint32) lrint (CLAMP (style->alpha, 0.02, 1) * 15));
  double temperature = temperature_at (p->scene, stack, tier);

  if (!style->show_free)
    return 0;
  if (style->mode == STRATA_STACK_MODE_TEMPERATURE && !isnan (temperature))
    colour = map_colour (p, temperature);
  if (style->alpha < 1 || (style->ghost && style->selected_layer >= 0))
    level = 1;
  return STRATA_VOXEL (colour, level, FREE_HEIGHT);
}

/* The rest of the array of a tile */
static guint32
plate_voxel (const Painting *p, guint32 tile_voxel)
{
  gint32 height = (gint32) STRATA_VOXEL_HEIGHT (tile_voxel);
  guint32 silicon = strata_draw_mix (p->theme->surface, p->theme->muted, 0.1);

  if (tile_voxel == 0)
    return 0;
  return STRATA_VOXEL (strata_draw_mix (silicon, tile_voxel & 0xffffff, PLATE_SHARE), STRATA_VOXEL_ALPHA (tile_voxel),
                       CLAMP (height / 2, 1, PLATE_HEIGHT));
}

/* Where free arrays are holes, what tells how far a tier reaches */
static void
frame (const Painting *p, gint32 tier, guint32 *out)
{
  StrataStackVolume *volume = p->volume;
  gint32 nu = volume->tiers.nu, nv = volume->tiers.nv;
  guint32 voxel = STRATA_VOXEL (strata_draw_mix (p->theme->surface, p->theme->muted, p->theme->is_dark ? 0.2 : 0.12),
                                p->style->alpha < 1 ? 1 : 15, FREE_HEIGHT);

  if (volume->n_tiers > MANY_TIERS && !volume->tier_used[tier] && tier > 0 && tier + 1 < volume->n_tiers)
    return;
  for (gint32 u = 0; u < nu; u++)
    {
      out[u] = out[u] == 0 ? voxel : out[u];
      out[(gsize) (nv - 1) * nu + u] = out[(gsize) (nv - 1) * nu + u] == 0 ? voxel : out[(gsize) (nv - 1) * nu + u];
    }
  for (gint32 v = 0; v < nv; v++)
    {
      guint32 *left = &out[(gsize) v * nu], *right = &out[(gsize) v * nu + nu - 1];

      *left = *left == 0 ? voxel : *left;
      *right = *right == 0 ? voxel : *right;
    }
}

/* A tier without any weights is its frame, so that what lies below stays in view */
static void
hollow (const Painting *p, guint32 *out)
{
  StrataStackVolume *volume = p->volume;
  gint32 nu = volume->tiers.nu, nv = volume->tiers.nv, frame = MAX (1, volume->blocks / 8);

  for (gint32 v = frame; v < nv - frame; v++)
    for (gint32 u = frame; u < nu - frame; u++)
      out[(gsize) v * nu + u] = 0;
}

static gboolean
paint_tier (
  const Painting *p, gint32 tier, const guint32 *tile_voxels, const guint32 *plate_voxels, guint32 *free_voxels)
{
  StrataStackVolume *volume = p->volume;
  gsize plane = (gsize) volume->tiers.nu * volume->tiers.nv;
  const gint32 *owner = volume->owner + tier * plane;
  guint32 *out = volume->tiers.voxels + tier * plane;
  gint32 n = volume->blocks;
  gboolean used = FALSE;

  for (gint32 stack = 0; stack < volume->mesh_x * volume->mesh_y; stack++)
    free_voxels[stack] =
      p->style->mode == STRATA_STACK_MODE_TEMPERATURE || stack == 0 ? free_voxel (p, stack, tier) : free_voxels[0];
  for (gint32 v = 0; v < volume->tiers.nv; v++)
    for (gint32 x = 0; x < volume->mesh_x; x++)
      {
        guint32 empty = free_voxels[v / n * volume->mesh_x + x];
        gsize at = (gsize) v * volume->tiers.nu + (gsize) x * n;

        for (gint32 i = 0; i < n; i++)
          {
            gint32 tile = owner[at + i];

            out[at + i] = tile >= 0                       ? tile_voxels[tile]
                          : tile < -1 && p->style->plates ? plate_voxels[-2 - tile]
                                                          : empty;
            used |= tile >= 0;
          }
      }
  if (!used && p->style->show_free && p->style->mode != STRATA_STACK_MODE_TEMPERATURE)
    hollow (p, out);
  if (!p->style->show_free && p->style->frames)
    frame (p, tier, out);
  return used;
}

/* Chebyshev distance to the nearest block in two sweeps; holes only */
static void
measure_holes (guint32 *voxels, gint32 nu, gint32 nv)
{
#define DISTANCE(at) (STRATA_VOXEL_ALPHA (voxels[at]) != 0 ? 0 : (gint32) (voxels[at] & 0xffff))
  for (gint32 v = 0; v < nv; v++)
    for (gint32 u = 0; u < nu; u++)
      {
        gssize at = (gssize) v * nu + u;
        gint32 d = STRATA_VOXEL_FAR;

        if (STRATA_VOXEL_ALPHA (voxels[at]) != 0)
          continue;
        if (u > 0)
          d = MIN (d, DISTANCE (at - 1) + 1);
        for (gint32 du = -1; du <= 1 && v > 0; du++)
          if (u + du >= 0 && u + du < nu)
            d = MIN (d, DISTANCE (at - nu + du) + 1);
        voxels[at] = (guint32) d;
      }
  for (gint32 v = nv - 1; v >= 0; v--)
    for (gint32 u = nu - 1; u >= 0; u--)
      {
        gssize at = (gssize) v * nu + u;
        gint32 d = DISTANCE (at);

        if (d == 0)
          continue;
        if (u + 1 < nu)
          d = MIN (d, DISTANCE (at + 1) + 1);
        for (gint32 du = -1; du <= 1 && v + 1 < nv; du++)
          if (u + du >= 0 && u + du < nu)
            d = MIN (d, DISTANCE (at + nu + du) + 1);
        voxels[at] = (guint32) d;
      }
#undef DISTANCE
}

static void
paint_base (const Painting *p)
{
  static const guint8 heights[STRATA_N_COMPONENTS + 1] = {
    [STRATA_COMPONENT_ADC] = 14,  [STRATA_COMPONENT_POST] = 11,     [STRATA_COMPONENT_BUFFER] = 12,
    [STRATA_COMPONENT_NOC] = 15,  [STRATA_COMPONENT_OVERHEAD] = 10, [STRATA_COMPONENT_VECTOR] = 14,
    [STRATA_COMPONENT_MAC] = 14,  [STRATA_COMPONENT_SRAM] = 13,     [STRATA_COMPONENT_HOST] = 12,
    [STRATA_COMPONENT_DRAM] = 12,
  };
  StrataStackVolume *volume = p->volume;
  guint32 silicon = strata_draw_mix (p->theme->surface, p->theme->muted, 0.22);
  g_autofree guint32 *colours = g_new (guint32, volume->n_units + STRATA_N_COMPONENTS + 1);
  guint32 *idle = colours + volume->n_units;

  for (gint32 c = 0; c <= STRATA_N_COMPONENTS; c++)
    idle[c] =
      c == STRATA_N_COMPONENTS ? silicon : strata_draw_mix (silicon, strata_draw_component_colour (c, p->theme), 0.22);
  for (gint32 i = 0; i < volume->n_units && i < (gint32) MIN (p->scene->n_units, G_MAXINT32); i++)
    {
      const StrataStackUnit *unit = &p->scene->units[i];
      guint32 full =
        strata_draw_component_colour (CLAMP ((gint) unit->component, 0, STRATA_N_COMPONENTS - 1), p->theme);

      colours[i] = strata_draw_mix (silicon, full, 0.2 + 0.6 * (unit->activity > 0 ? MIN (unit->activity, 1) : 0));
      if (p->style->selected_layer >= 0 || volume->has_scale)
        colours[i] = strata_draw_mix (colours[i], silicon, 0.7);
    }
  for (gsize i = 0; i < (gsize) volume->base.nu * volume->base.nv; i++)
    {
      gint32 unit = volume->base_unit[i], part = volume->base_part[i];

      volume->base.voxels[i] = STRATA_VOXEL (unit >= 0 ? colours[unit] : idle[part], 15, MAX (heights[part], 8));
    }
}

/* A closed stack is at most as tall as its side and a tier 1/20 of it; an open one is at most 1.7 sides tall */
static void
set_heights (StrataStackVolume *volume)
{
  float side = MAX (volume->tiers.nu, volume->tiers.nv), explode = CLAMP (volume->style.explode, 0, 1);
  float closed = MIN (side / volume->n_tiers, side / 20);
  float open = MAX (1.5f * closed, MIN (2.8f * closed, 1.7f * side / volume->n_tiers));

  volume->tiers.pitch = closed + explode * (open - closed);
  volume->tiers.thickness = (volume->style.height_by_utilisation ? 0.8f : 0.6f) * closed;
  volume->base.thickness = volume->base.pitch = side / 28;
  volume->base.z0 = -volume->base.thickness - 0.5f * closed - explode * 0.1f * side;
}

void
strata_stack_volume_colour (StrataStackVolume *volume,
                            const StrataStackScene *scene,
                            const StrataStackStyle *style,
                            const StrataDrawTheme *theme)
{
  Painting p = { volume, scene, style, theme };
  g_autofree guint32 *tile_voxels = NULL, *plate_voxels = NULL, *free_voxels = NULL;
  gsize plane = (gsize) volume->tiers.nu * volume->tiers.nv;

  g_return_if_fail (scene->n_tiles == volume->n_tiles && scene->n_tiers == volume->n_tiers
                    && scene->mesh_x == volume->mesh_x && scene->mesh_y == volume->mesh_y
                    && (gint32) scene->n_units == volume->n_units);
  volume->style = *style;
  volume->style.hidden_layers = NULL;
  volume->theme = *theme;
  volume->tiers.first = CLAMP (style->first_tier, 0, volume->n_tiers - 1);
  volume->tiers.last = CLAMP (style->last_tier, volume->tiers.first, volume->n_tiers - 1);
  set_heights (volume);
  set_scale (&p);
  tile_voxels = g_new (guint32, scene->n_tiles + 1);
  plate_voxels = g_new (guint32, scene->n_tiles + 1);
  free_voxels = g_new (guint32, (gsize) volume->mesh_x * volume->mesh_y);
  volume->has_holes = !style->show_free;
  volume->is_translucent = style->alpha < 1 || (style->ghost && style->selected_layer >= 0);
  for (gsize i = 0; i < scene->n_tiles; i++)
    {
      tile_voxels[i] = tile_voxel (&p, &scene->tiles[i]);
      plate_voxels[i] = plate_voxel (&p, tile_voxels[i]);
      volume->has_holes |= tile_voxels[i] == 0;
    }
  for (gint32 tier = 0; tier < volume->n_tiers; tier++)
    {
      gboolean used = paint_tier (&p, tier, tile_voxels, plate_voxels, free_voxels);

      if (volume->has_holes || !used)
        measure_holes (volume->tiers.voxels + tier * plane, volume->tiers.nu, volume->tiers.nv);
    }
  paint_base (&p);
}
