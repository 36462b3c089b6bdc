/* SPDX-License-Identifier: Apache-2.0
 *
 * Scene to blocks: which tile owns a block never changes; colour, height and holes are rewritten when the style does.
 * Invariant: owner[i] is a valid tile, the rest of the array of one, or -1, whatever the tiles overlap (the later one
 * wins).
 */
#include "draw/volume.h"

#include <math.h>
#include <string.h>

#define MAX_SIDE 4096
#define MAX_BLOCKS (1 << 27)

G_DEFINE_QUARK (strata_draw_error, strata_draw_error)

void
strata_stack_style_default (StrataStackStyle *style, const StrataStackScene *scene)
{
  *style = (StrataStackStyle){
    .scale_low = NAN,
    .scale_high = NAN,
    .selected_layer = -1,
    .hover_tile = -1,
    .last_tier = scene != NULL ? scene->n_tiers - 1 : G_MAXINT32,
    .alpha = 1,
    .show_free = TRUE,
    .show_base = TRUE,
    .glow = TRUE,
  };
}

void
strata_stack_style_fit (StrataStackStyle *style, const StrataStackScene *scene)
{
  gsize n_arrays = (gsize) MAX (scene->mesh_x, 1) * (gsize) MAX (scene->mesh_y, 1) * (gsize) MAX (scene->n_tiers, 1);
  g_autoptr (GHashTable) used = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (gsize i = 0; i < scene->n_tiles; i++)
    {
      gint64 site = (gint64) scene->tiles[i].stack * MAX (scene->n_tiers, 1) + scene->tiles[i].tier;

      g_hash_table_add (used, g_memdup2 (&site, sizeof site));
    }
  style->plates = style->frames = TRUE;
  style->show_free = 2 * (gsize) g_hash_table_size (used) >= n_arrays;
}

static gboolean
check_scene (const StrataStackScene *scene, GError **error)
{
  if (scene->mesh_x < 1 || scene->mesh_x > MAX_SIDE || scene->mesh_y < 1 || scene->mesh_y > MAX_SIDE
      || scene->n_tiers < 1 || scene->n_tiers > MAX_SIDE || scene->blocks < 2 || scene->blocks > 64
      || (gint64) scene->mesh_x * scene->mesh_y * scene->n_tiers * scene->blocks * scene->blocks > MAX_BLOCKS)
    {
      g_set_error (error, STRATA_DRAW_ERROR, STRATA_DRAW_ERROR_SCENE,
                   "stack of %d x %d x %d arrays of %d x %d blocks: out of range; sides are 1 to %d, blocks 2 to 64, "
                   "and %d blocks in all",
                   scene->mesh_x, scene->mesh_y, scene->n_tiers, scene->blocks, scene->blocks, MAX_SIDE, MAX_BLOCKS);
      return FALSE;
    }
  for (gsize i = 0; i < scene->n_tiles; i++)
    if (scene->tiles[i].stack < 0 || scene->tiles[i].stack >= scene->mesh_x * scene->mesh_y || scene->tiles[i].tier < 0
        || scene->tiles[i].tier >= scene->n_tiers || scene->tiles[i].layer < 0
        || (gsize) scene->tiles[i].layer >= scene->n_layers)
      {
        g_set_error (error, STRATA_DRAW_ERROR, STRATA_DRAW_ERROR_SCENE,
                     "tile %" G_GSIZE_FORMAT " (stack %d, tier %d, layer %d): outside of %d stacks, %d tiers, "
                     "%" G_GSIZE_FORMAT " layers",
                     i, scene->tiles[i].stack, scene->tiles[i].tier, scene->tiles[i].layer,
                     scene->mesh_x * scene->mesh_y, scene->n_tiers, scene->n_layers);
        return FALSE;
      }
  return TRUE;
}

/* Blocks [*from, *to) that a fraction of a side covers: at least one */
static void
block_range (float low, float high, gint32 blocks, gint32 *from, gint32 *to)
{
  float a = isfinite (low) ? CLAMP (low, 0, 1) : 0, b = isfinite (high) ? CLAMP (high, 0, 1) : 1;

  *from = MIN ((gint32) lrintf (a * blocks), blocks - 1);
  *to = CLAMP ((gint32) lrintf (b * blocks), *from + 1, blocks);
}

static void
own_blocks (StrataStackVolume *volume, gint32 index)
{
  const StrataStackTile *tile = &volume->tiles[index];
  gint32 n = volume->blocks, row0, row1, col0, col1;
  gsize corner = ((gsize) tile->tier * volume->tiers.nv + (gsize) (tile->stack / volume->mesh_x) * n) * volume->tiers.nu
                 + (gsize) (tile->stack % volume->mesh_x) * n;

  block_range (tile->row0, tile->row1, n, &row0, &row1);
  block_range (tile->col0, tile->col1, n, &col0, &col1);
  for (gint32 row = 0; row < n; row++)
    for (gint32 col = 0; col < n; col++)
      {
        gint32 *owner = &volume->owner[corner + (gsize) row * volume->tiers.nu + col];

        if (row >= row0 && row < row1 && col >= col0 && col < col1)
          *owner = index;
        else if (*owner < 0)
          *owner = -2 - index;
      }
  volume->tier_used[tile->tier] = TRUE;
}

gint32
strata_stack_volume_tile (const StrataStackVolume *volume, gsize block)
{
  gint32 owner = volume->owner[block];

  return owner >= 0 ? owner : owner < -1 && volume->style.plates ? -2 - owner : -1;
}

/* What lies at a place of the footprint of a stack: converters along one edge, then their arithmetic, then buffer,
 * control and the router in a corner. A sketch of a floorplan: descriptions give areas, not positions. */
static StrataComponent
part_at (float u, float v)
{
  if (v < 0.375f)
    return STRATA_COMPONENT_ADC;
  if (v < 0.5f)
    return STRATA_COMPONENT_POST;
  if (u < 0.625f)
    return STRATA_COMPONENT_BUFFER;
  return v < 0.75f ? STRATA_COMPONENT_OVERHEAD : STRATA_COMPONENT_NOC;
}

static gint32
rim_unit (const StrataStackScene *scene, float along)
{
  gint32 n_rim = 0, wanted;

  for (gsize i = 0; i < scene->n_units; i++)
    n_rim += scene->units[i].stack < 0;
  wanted = n_rim > 0 ? CLAMP ((gint32) (along * n_rim), 0, n_rim - 1) : -1;
  for (gsize i = 0; i < scene->n_units && wanted >= 0; i++)
    if (scene->units[i].stack < 0 && wanted-- == 0)
      return (gint32) i;
  return -1;
}

/* Share of the way around the base die: front rim with its corners, left, back with its corners, right */
static float
around (gint32 u, gint32 v, const StrataGrid *base, gint32 rim)
{
  float along_u = (u + 0.5f) / base->nu, along_v = (v + 0.5f - rim) / (base->nv - 2 * rim);

  if (v >= base->nv - rim)
    return 0.25f * along_u;
  if (v < rim)
    return 0.5f + 0.25f * along_u;
  return u < rim ? 0.25f + 0.25f * along_v : 0.75f + 0.25f * along_v;
}

static void
lay_base (StrataStackVolume *volume, const StrataStackScene *scene)
{
  gint32 n_stacks = volume->mesh_x * volume->mesh_y, rim = volume->rim, n = volume->blocks;
  g_autofree gint32 *unit_of = g_new (gint32, (gsize) n_stacks * STRATA_N_COMPONENTS);

  for (gsize i = 0; i < (gsize) n_stacks * STRATA_N_COMPONENTS; i++)
    unit_of[i] = -1;
  for (gsize i = 0; i < scene->n_units; i++)
    if (scene->units[i].stack >= 0 && scene->units[i].stack < n_stacks
        && (guint) scene->units[i].component < STRATA_N_COMPONENTS)
      unit_of[(gsize) scene->units[i].stack * STRATA_N_COMPONENTS + scene->units[i].component] = (gint32) i;
  for (gint32 v = 0; v < volume->base.nv; v++)
    for (gint32 u = 0; u < volume->base.nu; u++)
      {
        gsize cell = (gsize) v * volume->base.nu + u;
        gint32 x = u - rim, y = v - rim;

        volume->base_part[cell] = STRATA_N_COMPONENTS;
        if (x >= 0 && y >= 0 && x < volume->tiers.nu && y < volume->tiers.nv)
          {
            gint32 stack = y / n * volume->mesh_x + x / n;

            volume->base_part[cell] = part_at ((x % n + 0.5f) / n, (y % n + 0.5f) / n);
            volume->base_unit[cell] = unit_of[(gsize) stack * STRATA_N_COMPONENTS + volume->base_part[cell]];
            continue;
          }
        volume->base_unit[cell] = rim_unit (scene, around (u, v, &volume->base, rim));
        if (volume->base_unit[cell] >= 0
            && (guint) scene->units[volume->base_unit[cell]].component < STRATA_N_COMPONENTS)
          volume->base_part[cell] = scene->units[volume->base_unit[cell]].component;
      }
}

StrataStackVolume *
strata_stack_volume_new (const StrataStackScene *scene, GError **error)
{
  StrataStackVolume *volume;
  StrataStackStyle style;
  StrataDrawTheme theme;
  gsize n_blocks, n_base;

  g_return_val_if_fail (scene != NULL, NULL);
  if (!check_scene (scene, error))
    return NULL;
  volume = g_new0 (StrataStackVolume, 1);
  volume->mesh_x = scene->mesh_x;
  volume->mesh_y = scene->mesh_y;
  volume->n_tiers = scene->n_tiers;
  volume->blocks = scene->blocks;
  volume->rim = MAX (2, MAX (scene->mesh_x, scene->mesh_y) * scene->blocks / 14);
  volume->n_units = (gint32) MIN (scene->n_units, G_MAXINT32);
  volume->tiers.nu = scene->mesh_x * scene->blocks;
  volume->tiers.nv = scene->mesh_y * scene->blocks;
  volume->tiers.nt = scene->n_tiers;
  volume->tiers.block = volume->base.block = scene->blocks;
  volume->base.nu = volume->tiers.nu + 2 * volume->rim;
  volume->base.nv = volume->tiers.nv + 2 * volume->rim;
  volume->base.nt = 1;
  volume->base.phase = volume->rim % scene->blocks;
  volume->base.u0 = volume->base.v0 = -volume->rim;
  n_blocks = (gsize) volume->tiers.nu * volume->tiers.nv * volume->tiers.nt;
  n_base = (gsize) volume->base.nu * volume->base.nv;
  volume->tiers.voxels = g_new (guint32, n_blocks);
  volume->base.voxels = g_new (guint32, n_base);
  volume->owner = g_new (gint32, n_blocks);
  memset (volume->owner, 0xff, n_blocks * sizeof *volume->owner);
  volume->tier_used = g_new0 (guint8, scene->n_tiers);
  volume->base_unit = g_new (gint32, n_base);
  volume->base_part = g_new (guint8, n_base);
  volume->tiles = g_memdup2 (scene->tiles, scene->n_tiles * sizeof *scene->tiles);
  volume->n_tiles = scene->n_tiles;
  for (gsize i = 0; i < scene->n_tiles; i++)
    own_blocks (volume, (gint32) i);
  lay_base (volume, scene);
  strata_stack_style_default (&style, scene);
  strata_draw_theme_dark (&theme);
  strata_stack_volume_colour (volume, scene, &style, &theme);
  return volume;
}

void
strata_stack_volume_free (StrataStackVolume *volume)
{
  if (volume == NULL)
    return;
  g_free (volume->tiers.voxels);
  g_free (volume->base.voxels);
  g_free (volume->owner);
  g_free (volume->tier_used);
  g_free (volume->base_unit);
  g_free (volume->base_part);
  g_free (volume->tiles);
  g_free (volume);
}

gint64
strata_stack_volume_n_blocks (const StrataStackVolume *volume)
{
  return (gint64) volume->tiers.nu * volume->tiers.nv * volume->tiers.nt;
}

gboolean
strata_stack_volume_scale (const StrataStackVolume *volume, StrataDrawScale *scale)
{
  *scale = volume->scale;
  return volume->has_scale;
}

gboolean
strata_stack_volume_decode (const StrataStackVolume *volume, guint32 id, StrataStackHit *hit)
{
  const StrataGrid *grid = id & STRATA_BASE_ID ? &volume->base : &volume->tiers;
  gsize cell = (id & ~STRATA_BASE_ID) - 1;
  gint32 u, v;

  *hit = (StrataStackHit){ STRATA_STACK_HIT_NOTHING, -1, -1, -1, -1, -1, -1, -1 };
  if (id == 0 || id == STRATA_BASE_ID || cell >= (gsize) grid->nu * grid->nv * grid->nt)
    return FALSE;
  u = (gint32) (cell % grid->nu);
  v = (gint32) (cell / grid->nu % grid->nv);
  if (id & STRATA_BASE_ID)
    {
      hit->kind = STRATA_STACK_HIT_BASE;
      hit->unit = volume->base_unit[cell];
      u -= volume->rim;
      v -= volume->rim;
      if (u < 0 || v < 0 || u >= volume->tiers.nu || v >= volume->tiers.nv)
        return TRUE;
    }
  else
    {
      hit->kind = STRATA_STACK_HIT_ARRAY;
      hit->tier = (gint32) (cell / ((gsize) grid->nu * grid->nv));
      hit->tile = strata_stack_volume_tile (volume, cell);
      hit->layer = hit->tile >= 0 ? volume->tiles[hit->tile].layer : -1;
    }
  hit->stack = v / volume->blocks * volume->mesh_x + u / volume->blocks;
  hit->block_x = u % volume->blocks;
  hit->block_y = v % volume->blocks;
  return TRUE;
}
