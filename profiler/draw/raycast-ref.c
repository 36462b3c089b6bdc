/* SPDX-License-Identifier: Apache-2.0
 *
 * The ray caster as plainly as it can be said: one ray, doubles, slab by slab, every cell, no skipping. The lanes are
 * tested against it.
 */
#include "draw/volume.h"

#include <math.h>

typedef struct
{
  double u, v, z; /* start in cells of the grid, z above its lowest slab */
  double du, dv, dz;
} Ray;

typedef struct
{
  double red, green, blue, rest;
  guint32 id, first_id;
} Seen;

static double
line_at (double from_edge, double half_width)
{
  return CLAMP (0.5 + half_width - from_edge, 0, 1);
}

/* Darkening by the line next to coordinate @p of cell @cell; lines every grid->block cells are wider */
static double
line_of (const StrataRaycast *cast, const StrataGrid *grid, gint32 cell, double p, double px, double fade)
{
  gint32 edge = cell + (p > 0.5) - grid->phase;
  gboolean wide = (edge % grid->block + grid->block) % grid->block == 0;

  return line_at (MIN (p, 1 - p) * px, wide ? 0.9 : 0.35)
         * (wide ? MAX (0.62 * cast->line_fade[0], 0.25) : 0.34 * fade);
}

static double
light_ref (const StrataRaycast *cast,
           const StrataGrid *grid,
           int face,
           const gint32 cell[3],
           const double point[3],
           double height,
           double t)
{
  double a = face == 1 ? point[1] - cell[1] : point[0] - cell[0];
  double along = line_of (cast, grid, face == 1 ? cell[1] : cell[0], a, cast->line_px[face][0], cast->line_fade[face]);
  double across, tone = cast->tone[face];

  if (face == 0)
    across = line_of (cast, grid, cell[1], point[1] - cell[1], cast->line_px[0][1], cast->line_fade[0]);
  else
    across = line_at (MIN (point[2], height - point[2]) * cast->line_px[face][1], 0.35) * 0.34 * cast->line_fade[face];
  if (face == 0 && cell[2] < grid->last)
    tone = cast->inner_top;
  return tone * (cast->fog_at + cast->fog_slope * t) * (1 - MAX (along, across));
}

static void
meet (const StrataRaycast *cast,
      const StrataGrid *grid,
      const Ray *ray,
      const gint32 cell[3],
      double t,
      double leave,
      int face,
      guint32 id_base,
      Seen *seen)
{
  gsize at = ((gsize) cell[2] * grid->nv + cell[1]) * grid->nu + cell[0];
  guint32 voxel = grid->voxels[at];
  double floor_z = cell[2] * (double) grid->pitch;
  double height = grid->thickness * STRATA_VOXEL_HEIGHT (voxel) / 16.0;
  double top = (floor_z + height - ray->z) / ray->dz;
  gboolean solid = !cast->volume->is_translucent || id_base != 0;
  double share, lit, point[3];

  if (STRATA_VOXEL_ALPHA (voxel) == 0 || MAX (t, top) >= leave)
    return;
  if (top > t)
    {
      t = top;
      face = 0;
    }
  point[0] = ray->u + t * ray->du;
  point[1] = ray->v + t * ray->dv;
  point[2] = ray->z + t * ray->dz - floor_z;
  lit = light_ref (cast, grid, face, cell, point, height, t);
  share = seen->rest * (solid ? 1 : STRATA_VOXEL_ALPHA (voxel) / 15.0);
  if (!solid && STRATA_VOXEL_ALPHA (voxel) < 8)
    share = MIN (share, MAX (seen->rest - cast->ghost_floor, 0));
  seen->red += share * lit * (voxel >> 16 & 255);
  seen->green += share * lit * (voxel >> 8 & 255);
  seen->blue += share * lit * (voxel & 255);
  seen->rest -= share;
  if (seen->id == 0 && STRATA_VOXEL_ALPHA (voxel) >= 8)
    seen->id = id_base + 1 + (guint32) at;
  if (seen->first_id == 0)
    seen->first_id = id_base + 1 + (guint32) at;
}

static void
walk_slab (const StrataRaycast *cast,
           const StrataGrid *grid,
           const Ray *ray,
           gint32 k,
           double side,
           int side_face,
           guint32 id_base,
           Seen *seen)
{
  double top = (k * (double) grid->pitch + grid->thickness - ray->z) / ray->dz;
  double bottom = (k * (double) grid->pitch - ray->z) / ray->dz, t = MAX (side, top);
  int face = top > side ? 0 : side_face;
  gint32 cell[3] = { (gint32) floor (ray->u + t * ray->du), (gint32) floor (ray->v + t * ray->dv), k };

  if (face == 1)
    cell[0] = ray->du > 0 ? 0 : grid->nu - 1;
  else if (face == 2)
    cell[1] = ray->dv > 0 ? 0 : grid->nv - 1;
  while (t < bottom && cell[0] >= 0 && cell[1] >= 0 && cell[0] < grid->nu && cell[1] < grid->nv && seen->rest > 0.02)
    {
      double tu = (cell[0] + (ray->du > 0) - ray->u) / ray->du, tv = (cell[1] + (ray->dv > 0) - ray->v) / ray->dv;

      meet (cast, grid, ray, cell, t, MIN (MIN (tu, tv), bottom), face, id_base, seen);
      t = MIN (tu, tv);
      face = tu <= tv ? 1 : 2;
      if (face == 1)
        cell[0] += ray->du > 0 ? 1 : -1;
      else
        cell[1] += ray->dv > 0 ? 1 : -1;
    }
}

static void
walk_grid (const StrataRaycast *cast, const StrataGrid *grid, int y, int x, guint32 id_base, Seen *seen)
{
  Ray ray = { cast->origin.x + x * (double) cast->step_x.x + y * (double) cast->step_y.x - grid->u0,
              cast->origin.y + x * (double) cast->step_x.y + y * (double) cast->step_y.y - grid->v0,
              cast->origin.z + x * (double) cast->step_x.z + y * (double) cast->step_y.z - grid->z0,
              cast->direction.x,
              cast->direction.y,
              cast->direction.z };
  double tu = ((ray.du > 0 ? 0 : grid->nu) - ray.u) / ray.du, tv = ((ray.dv > 0 ? 0 : grid->nv) - ray.v) / ray.dv;

  for (gint32 k = grid->last; k >= grid->first && seen->rest > 0.02; k--)
    walk_slab (cast, grid, &ray, k, MAX (tu, tv), tu > tv ? 1 : 2, id_base, seen);
}

void
strata_raycast_pixel_ref (const StrataRaycast *cast, int y, int x, guint32 *pixel, guint32 *id)
{
  Seen seen = { 0, 0, 0, 1, 0, 0 };
  guint32 alpha, red, green, blue;

  walk_grid (cast, &cast->volume->tiers, y, x, 0, &seen);
  if (cast->volume->style.show_base)
    walk_grid (cast, &cast->volume->base, y, x, STRATA_BASE_ID, &seen);
  alpha = (guint32) (255 * (1 - MAX (seen.rest, 0)) + 0.5);
  red = (guint32) MIN (seen.red + 0.5, 255);
  green = (guint32) MIN (seen.green + 0.5, 255);
  blue = (guint32) MIN (seen.blue + 0.5, 255);
  *pixel = alpha << 24 | MIN (red, alpha) << 16 | MIN (green, alpha) << 8 | MIN (blue, alpha);
  *id = seen.id != 0 ? seen.id : seen.first_id;
}
