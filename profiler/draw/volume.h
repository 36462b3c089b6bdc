/* SPDX-License-Identifier: Apache-2.0
 *
 * A stack as blocks, and the job of casting rays at it.
 *
 * A voxel is 32 bits: 0-23 colour, 24-27 opacity in fifteenths, 28-31 height in sixteenths less one. Opacity 0 is a
 * hole; bits 0-15 then hold how far the nearest block of the tier is (Chebyshev distance, at least 1), so that a ray
 * crosses empty squares at one step.
 */
#pragma once

#include "strata-profiler/strata-draw-stack.h"

#define STRATA_VOXEL_ALPHA(v) ((v) >> 24 & 15)
#define STRATA_VOXEL_HEIGHT(v) (((v) >> 28) + 1)
#define STRATA_VOXEL(rgb, alpha, height) (((guint32) (height) -1) << 28 | (guint32) (alpha) << 24 | (rgb))
#define STRATA_VOXEL_FAR 0x7fff
#define STRATA_BASE_ID 0x80000000u
#define STRATA_LANES 16

/* Cells of nu x nv in nt slabs; world x of cell 0 is u0, world z of slab k is z0 + k * pitch */
typedef struct
{
  gint32 nu, nv, nt;
  gint32 first, last; /* slabs that are drawn */
  gint32 block;       /* wider lines every so many cells ... */
  gint32 phase;       /* ... counted from this cell */
  float u0, v0, z0, pitch, thickness;
  guint32 *voxels;
} StrataGrid;

struct _StrataStackVolume
{
  gint32 mesh_x, mesh_y, n_tiers, blocks, rim;
  StrataGrid tiers, base;
  gint32 *owner;     /* tile of each block; -1 free; -2 - tile: the rest of that tile's array */
  guint8 *tier_used; /* n_tiers flags: holds weights */
  gint32 *base_unit; /* unit of each cell of the base die, -1 none */
  guint8 *base_part; /* component of each cell, STRATA_N_COMPONENTS none */
  StrataStackTile *tiles;
  gsize n_tiles;
  gint32 n_units;
  StrataStackStyle style; /* hidden_layers is not kept */
  StrataDrawTheme theme;
  StrataDrawScale scale;
  gboolean has_scale, is_translucent, has_holes;
};

typedef struct
{
  float x, y, z;
} StrataVec;

/* One picture. Everything per frame is here, so that lanes hold only what differs between pixels. */
typedef struct
{
  const StrataStackVolume *volume;
  int width, height;        /* of the picture, supersamples counted */
  StrataVec origin;         /* of the ray through the centre of pixel 0, 0 */
  StrataVec step_x, step_y; /* from pixel to pixel */
  StrataVec direction;      /* downward: z below 0, no component is 0 */
  float tone[3];            /* light on tops, faces across x, faces across y */
  float inner_top;          /* tops below another tier */
  float line_px[3][2];      /* pixels per unit across lines on each face, along its two axes */
  float line_fade[3];       /* strength of lines, 0 where blocks are too small to show */
  float ghost_floor;        /* ghosts leave this share of light to what is behind them */
  float fog_at, fog_slope;  /* light = fog_at + fog_slope * t */
} StrataRaycast;

/* Where the ray of a pixel ends: colour premultiplied by its opacity, and what it is */
void strata_raycast_span (const StrataRaycast *cast, int y, int x, guint32 *pixels, guint32 *ids);
void strata_raycast_pixel_ref (const StrataRaycast *cast, int y, int x, guint32 *pixel, guint32 *id);
void strata_raycast_prepare (StrataRaycast *cast,
                             const StrataStackVolume *volume,
                             const StrataStackCamera *camera,
                             int width,
                             int height,
                             guint ss);

/* The tile that a block is drawn for, -1: none */
gint32 strata_stack_volume_tile (const StrataStackVolume *volume, gsize block);
/* Screen axes of a camera: right, down and into the screen */
void strata_stack_axes (const StrataStackCamera *camera, StrataVec *right, StrataVec *down, StrataVec *into);
/* Middle of the whole, and the zoom that shows all of it */
StrataVec strata_stack_centre (const StrataStackVolume *volume);
double strata_stack_zoom (const StrataStackVolume *volume, const StrataStackCamera *camera, int width, int height);
void strata_stack_bounds (const StrataStackVolume *volume, StrataVec *low, StrataVec *high);
