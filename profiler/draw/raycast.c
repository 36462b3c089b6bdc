/* SPDX-License-Identifier: Apache-2.0
 *
 * Sixteen parallel rays at a time through a grid of blocks. With parallel projection all rays have one direction, so a
 * ray is its start; it goes down slab by slab and inside a slab from cell to cell. Cost is per pixel, not per block or
 * tier. Loops over lanes have no branches; this file is compiled with -O3 -ffast-math -fopenmp-simd, and once per ISA.
 * Invariant: what a lane sees depends on nothing but its pixel, so a single pixel cast again is the exact hit test.
 */
#include "draw/volume.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__)
#define EACH_ISA __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
#else
#define EACH_ISA
#endif
#define INLINE static inline __attribute__ ((always_inline))
#define FOR_LANES _Pragma ("omp simd") for (int l = 0; l < STRATA_LANES; l++)
#define OPAQUE_REST 0.02f /* a ray ends where less light than this would pass */

enum
{
  FACE_TOP,
  FACE_X,
  FACE_Y
};

typedef struct
{
  float ox[STRATA_LANES], oy[STRATA_LANES], oz[STRATA_LANES], t[STRATA_LANES];
  gint32 i[STRATA_LANES], j[STRATA_LANES], k[STRATA_LANES], face[STRATA_LANES], active[STRATA_LANES];
  gint32 hit[STRATA_LANES]; /* stopped at a solid block of this grid */
  float red[STRATA_LANES], green[STRATA_LANES], blue[STRATA_LANES], rest[STRATA_LANES];
  guint32 id[STRATA_LANES], first_id[STRATA_LANES];
} Lanes;

/* Constants of a grid under one direction, in registers for the loops */
typedef struct
{
  const guint32 *voxels;
  gint32 nu, nv, plane, first, last, ahead_u, ahead_v, block, phase;
  float dx, dy, dz, idx, idy, idz, z0, pitch, thickness, per_block, nuf, nvf;
  guint32 id_base;
} Walk;

INLINE Walk
walk_of (const StrataRaycast *cast, const StrataGrid *grid, guint32 id_base)
{
  Walk w = { .voxels = grid->voxels,
             .nu = grid->nu,
             .nv = grid->nv,
             .plane = grid->nu * grid->nv,
             .first = grid->first,
             .last = grid->last,
             .ahead_u = cast->direction.x > 0,
             .ahead_v = cast->direction.y > 0,
             .block = grid->block,
             .phase = grid->phase,
             .dx = cast->direction.x,
             .dy = cast->direction.y,
             .dz = cast->direction.z,
             .idx = 1 / cast->direction.x,
             .idy = 1 / cast->direction.y,
             .idz = 1 / cast->direction.z,
             .z0 = grid->z0,
             .pitch = grid->pitch,
             .thickness = grid->thickness,
             .per_block = 1.0f / grid->block,
             .nuf = grid->nu,
             .nvf = grid->nv,
             .id_base = id_base };

  return w;
}

/* Puts each lane where it enters the first slab it meets */
INLINE void
enter (const StrataRaycast *cast, const StrataGrid *grid, const Walk *w, Lanes *s, int y, int x)
{
  float ax = cast->origin.x + y * cast->step_y.x - grid->u0, ay = cast->origin.y + y * cast->step_y.y - grid->v0;
  float az = cast->origin.z + y * cast->step_y.z - w->z0;

  FOR_LANES
  {
    float px = x + l;
    float ox = ax + px * cast->step_x.x, oy = ay + px * cast->step_x.y, oz = az + px * cast->step_x.z;
    float tx = ((w->ahead_u ? 0 : w->nuf) - ox) * w->idx, ty = ((w->ahead_v ? 0 : w->nvf) - oy) * w->idy;
    float side = fmaxf (tx, ty), z = oz + side * w->dz;
    gint32 k = (gint32) floorf (fminf (fmaxf (z / w->pitch, -1.0f), w->last + 0.5f));
    float top = (k * w->pitch + w->thickness - oz) * w->idz;
    float t = fmaxf (side, top), px_u, px_v;

    px_u = ox + t * w->dx;
    px_v = oy + t * w->dy;
    s->face[l] = top > side ? FACE_TOP : tx > ty ? FACE_X : FACE_Y;
    s->active[l] = (s->rest[l] > OPAQUE_REST) & (k >= w->first) & (px_u > -0.001f) & (px_v > -0.001f)
                   & (px_u < w->nuf + 0.001f) & (px_v < w->nvf + 0.001f);
    s->ox[l] = ox;
    s->oy[l] = oy;
    s->oz[l] = oz;
    s->t[l] = t;
    s->k[l] = s->active[l] ? k : w->first;
    s->i[l] = s->active[l] ? (gint32) fminf (fmaxf (px_u, 0.0f), w->nuf - 1) : 0;
    s->j[l] = s->active[l] ? (gint32) fminf (fmaxf (px_v, 0.0f), w->nvf - 1) : 0;
  }
}

/* Strength of the darker line at an edge of a cell, @from_edge pixels away */
INLINE float
line (float from_edge, float half_width)
{
  return fminf (fmaxf (0.5f + half_width - from_edge, 0.0f), 1.0f);
}

/* Copy of the lights of a picture: loads in the loops would be branches to the compiler */
typedef struct
{
  float top_a, top_b, x_a, x_b, y_a, y_b; /* pixels across lines, by face and axis */
  float fade_top, fade_x, fade_y, wide, tone_top, tone_inner, tone_x, tone_y, fog_at, fog_slope;
} Lamp;

INLINE Lamp
lamp_of (const StrataRaycast *cast)
{
  return (Lamp){ cast->line_px[0][0],
                 cast->line_px[0][1],
                 cast->line_px[1][0],
                 cast->line_px[1][1],
                 cast->line_px[2][0],
                 cast->line_px[2][1],
                 0.34f * cast->line_fade[0],
                 0.34f * cast->line_fade[1],
                 0.34f * cast->line_fade[2],
                 fmaxf (0.62f * cast->line_fade[0], 0.25f),
                 cast->tone[0],
                 cast->inner_top,
                 cast->tone[1],
                 cast->tone[2],
                 cast->fog_at,
                 cast->fog_slope };
}

/* 1 on every line between arrays, 0 on those between blocks */
INLINE float
is_wide (const Walk *w, gint32 edge)
{
  float share = (edge + w->block - w->phase + 0.5f) * w->per_block;

  /* not a comparison, which the compiler would make a branch: the rest is an odd number of half blocks */
  return fminf (fmaxf ((w->per_block - (share - floorf (share))) * 2 * w->block, 0.0f), 1.0f);
}

/* Light on a point (pu, pv, pz) of a block: tone of the face, distance, lines between blocks and between arrays */
INLINE float
light (const Lamp *lamp,
       const Walk *w,
       gint32 face,
       gint32 k,
       gint32 i,
       gint32 j,
       float height,
       float pu,
       float pv,
       float pz,
       float t)
{
  gint32 is_x = face == FACE_X;
  float fu = pu - i, fv = pv - j;
  /* blends, not choices: choices become branches */
  float on_x = 1 - fabsf (face - 1.0f), on_top = fmaxf (1.0f - face, 0.0f);
  float a = fu + on_x * (fv - fu), b = pz + on_top * (fv - pz), size_b = height + on_top * (1.0f - height);
  float on_y = 1 - on_top - on_x, inner = (float) (k < w->last);
  float a_px = on_top * lamp->top_a + on_x * lamp->x_a + on_y * lamp->y_a;
  float b_px = on_top * lamp->top_b + on_x * lamp->x_b + on_y * lamp->y_b;
  float fade = on_top * lamp->fade_top + on_x * lamp->fade_x + on_y * lamp->fade_y;
  float top = lamp->tone_top + inner * (lamp->tone_inner - lamp->tone_top);
  float tone = on_top * top + on_x * lamp->tone_x + on_y * lamp->tone_y;
  float wide_a = is_wide (w, (is_x ? j : i) + (a > 0.5f)), wide_b = on_top * is_wide (w, j + (fv > 0.5f));
  float dark_a, dark_b;

  dark_a = line (fminf (a, 1 - a) * a_px, 0.35f + 0.55f * wide_a) * (fade + wide_a * (lamp->wide - fade));
  dark_b = line (fminf (b, size_b - b) * b_px, 0.35f + 0.55f * wide_b) * (fade + wide_b * (lamp->wide - fade));
  return tone * (lamp->fog_at + lamp->fog_slope * t) * (1 - fmaxf (dark_a, dark_b));
}

/* Adds what a lane meets at @t: @share of its light */
#define SHADE(l, voxel, share, lit)                                                                                    \
  do                                                                                                                   \
    {                                                                                                                  \
      s->red[l] += (share) * (lit) * ((voxel) >> 16 & 255);                                                            \
      s->green[l] += (share) * (lit) * ((voxel) >> 8 & 255);                                                           \
      s->blue[l] += (share) * (lit) * ((voxel) &255);                                                                  \
    }                                                                                                                  \
  while (0)

/* One step of all lanes. A solid hit stops a lane where it is, for shade_solid (); a translucent one adds its share and
 * goes on. Returns how many are still on their way. */
INLINE gint32
step (const Lamp *lamp, const Walk *w, Lanes *s, float ghost_floor, gboolean translucent)
{
  gint32 n_active = 0;

  _Pragma ("omp simd reduction(+ : n_active)") for (int l = 0; l < STRATA_LANES; l++)
  {
    gint32 i = s->i[l], j = s->j[l], k = s->k[l], active = s->active[l], face = s->face[l], was_hit = s->hit[l];
    float ox = s->ox[l], oy = s->oy[l], oz = s->oz[l], t = s->t[l], rest = s->rest[l];
    gint32 at = k * w->plane + j * w->nu + i;
    guint32 voxel = w->voxels[at];
    gint32 alpha = voxel >> 24 & 15, is_hole = alpha == 0, reach = is_hole ? (gint32) (voxel & 0xffff) : 1;
    float floor_z = k * w->pitch, height = w->thickness * 0.0625f * (float) (gint32) ((voxel >> 28) + 1);
    float tu = ((w->ahead_u ? i + reach : i + 1 - reach) - ox) * w->idx;
    float tv = ((w->ahead_v ? j + reach : j + 1 - reach) - oy) * w->idy;
    float tb = (floor_z - oz) * w->idz, top = (floor_z + height - oz) * w->idz;
    float leave = fminf (fminf (tu, tv), tb), meet = fmaxf (t, top);
    gint32 hit = active & !is_hole & (meet < leave), hit_face = top > t ? FACE_TOP : face;
    gint32 down = tb <= leave, by_u = !down & (tu <= tv), by_v = !down & !by_u, nk = k - down;
    float next_top = (nk * w->pitch + w->thickness - oz) * w->idz, next_t = down ? fmaxf (leave, next_top) : leave;
    gint32 cu = (gint32) fminf (fmaxf (floorf (ox + next_t * w->dx), -1.0f), w->nuf);
    gint32 cv = (gint32) fminf (fmaxf (floorf (oy + next_t * w->dy), -1.0f), w->nvf);
    gint32 near_u = MAX (MIN (cu, i + reach - 1), i - reach + 1), near_v = MAX (MIN (cv, j + reach - 1), j - reach + 1);
    gint32 ni = by_u ? (w->ahead_u ? i + reach : i - reach) : down ? cu : near_u;
    gint32 nj = by_v ? (w->ahead_v ? j + reach : j - reach) : down ? cv : near_v;
    gint32 inside = (ni >= 0) & (nj >= 0) & (ni < w->nu) & (nj < w->nv) & (nk >= w->first), next_face, stay;

    if (translucent)
      {
        guint32 id = w->id_base + 1 + at, old_id = s->id[l], old_first = s->first_id[l];
        float lit = light (lamp, w, hit_face, k, i, j, height, ox + meet * w->dx, oy + meet * w->dy,
                           oz + meet * w->dz - floor_z, meet);
        float share = hit ? alpha * (1 / 15.0f) * rest : 0.0f;

        share = alpha < 8 ? fminf (share, fmaxf (rest - ghost_floor, 0.0f)) : share;
        SHADE (l, voxel, share, lit);
        rest -= share;
        s->rest[l] = rest;
        s->id[l] = hit & (alpha >= 8) & (old_id == 0) ? id : old_id;
        s->first_id[l] = hit & (old_first == 0) ? id : old_first;
        stay = 0;
        active = active & inside & (rest > OPAQUE_REST);
      }
    else
      {
        stay = hit;
        active = active & inside & !hit;
        s->hit[l] = was_hit | hit;
      }
    next_face = down ? FACE_TOP : by_u ? FACE_X : FACE_Y;
    next_face = active ? next_face : face;
    s->t[l] = active ? next_t : stay ? meet : t;
    s->face[l] = stay ? hit_face : next_face;
    s->i[l] = active ? ni : i;
    s->j[l] = active ? nj : j;
    s->k[l] = active ? nk : k;
    s->active[l] = active;
    n_active += active;
  }
  return n_active;
}

/* Colours the lanes that stopped at a solid block */
INLINE void
shade_solid (const Lamp *lamp, const Walk *w, Lanes *s)
{
  FOR_LANES
  {
    gint32 i = s->i[l], j = s->j[l], k = s->k[l], hit = s->hit[l], at = k * w->plane + j * w->nu + i;
    guint32 voxel = w->voxels[at], old = s->id[l], id = w->id_base + 1 + at;
    float height = w->thickness * 0.0625f * (float) (gint32) ((voxel >> 28) + 1), t = s->t[l], rest = s->rest[l];
    float lit = light (lamp, w, s->face[l], k, i, j, height, s->ox[l] + t * w->dx, s->oy[l] + t * w->dy,
                       s->oz[l] + t * w->dz - k * w->pitch, t);
    float share = (float) hit * rest;

    SHADE (l, voxel, share, lit);
    s->rest[l] = rest - share;
    s->id[l] = hit & (old == 0) ? id : old;
    s->hit[l] = 0;
  }
}

INLINE void
cast_grid (
  const StrataRaycast *cast, const StrataGrid *grid, guint32 id_base, Lanes *s, int y, int x, gboolean translucent)
{
  const Walk w = walk_of (cast, grid, id_base);
  const Lamp lamp = lamp_of (cast);
  float ghost_floor = cast->ghost_floor;
  gint32 n_active = 0;

  enter (cast, grid, &w, s, y, x);
  for (int l = 0; l < STRATA_LANES; l++)
    n_active += s->active[l];
  while (n_active > 0)
    n_active = step (&lamp, &w, s, ghost_floor, translucent);
  if (!translucent)
    shade_solid (&lamp, &w, s);
}

INLINE void
cast_span (const StrataRaycast *cast, int y, int x, guint32 *pixels, guint32 *ids, gboolean translucent)
{
  Lanes s;

  memset (&s, 0, sizeof s);
  for (int l = 0; l < STRATA_LANES; l++)
    s.rest[l] = 1;
  cast_grid (cast, &cast->volume->tiers, 0, &s, y, x, translucent);
  if (cast->volume->style.show_base)
    cast_grid (cast, &cast->volume->base, STRATA_BASE_ID, &s, y, x, FALSE);
  FOR_LANES
  {
    guint32 red = (guint32) fminf (s.red[l] + 0.5f, 255), green = (guint32) fminf (s.green[l] + 0.5f, 255);
    guint32 blue = (guint32) fminf (s.blue[l] + 0.5f, 255);
    guint32 alpha = (guint32) (255 * (1 - fmaxf (s.rest[l], 0)) + 0.5f);

    pixels[l] = alpha << 24 | MIN (red, alpha) << 16 | MIN (green, alpha) << 8 | MIN (blue, alpha);
    ids[l] = s.id[l] != 0 ? s.id[l] : s.first_id[l];
  }
}

EACH_ISA static void
cast_solid (const StrataRaycast *cast, int y, int x, guint32 *pixels, guint32 *ids)
{
  cast_span (cast, y, x, pixels, ids, FALSE);
}

EACH_ISA static void
cast_translucent (const StrataRaycast *cast, int y, int x, guint32 *pixels, guint32 *ids)
{
  cast_span (cast, y, x, pixels, ids, TRUE);
}

void
strata_raycast_span (const StrataRaycast *cast, int y, int x, guint32 *pixels, guint32 *ids)
{
  if (cast->volume->is_translucent)
    cast_translucent (cast, y, x, pixels, ids);
  else
    cast_solid (cast, y, x, pixels, ids);
}
