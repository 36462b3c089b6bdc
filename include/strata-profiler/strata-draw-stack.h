/* SPDX-License-Identifier: Apache-2.0
 *
 * The stack of a chip as a solid of small blocks, as flat maps of its tiers, and what lies under a pixel of either.
 *
 * A volume is the scene as blocks: built once per run (strata_stack_volume_new()), recoloured when time, selection or
 * mode change (strata_stack_volume_colour()). Drawing and picking read it only. A volume belongs to one thread at a
 * time.
 */
#pragma once

#include "strata-profiler/strata-draw.h"

G_BEGIN_DECLS

/**
 * StrataStackTile:
 * @stack: stack, x + y * mesh_x
 * @tier: tier from 0 at the base die
 * @layer: layer, index in the layers
 * @row0: first row used, as a fraction of the rows
 * @row1: end of the rows used, as a fraction
 * @col0: first column used, as a fraction
 * @col1: end of the columns used, as a fraction
 * @utilisation: used cells / cells of the array
 * @energy_fj: energy of the tile in the shown range, NaN: unavailable
 * @activity: share of the shown instant or range in which it converts, 0 to 1
 *
 * Weights on an array.
 */
typedef struct
{
  gint32 stack, tier, layer;
  float row0, row1, col0, col1;
  double utilisation, energy_fj, activity;
} StrataStackTile;

/**
 * StrataStackUnit:
 * @component: what it is, decides its colour
 * @stack: stack under which it lies; -1: at the rim of the base die
 * @name: its name
 * @activity: share of the shown instant or range in which it works, 0 to 1
 *
 * A unit on the base die.
 */
typedef struct
{
  StrataComponent component;
  gint32 stack;
  const char *name;
  double activity;
} StrataStackUnit;

/**
 * StrataStackScene:
 * @mesh_x: stacks along x
 * @mesh_y: stacks along y
 * @n_tiers: tiers of a stack
 * @blocks: blocks along one side of an array, 2 to 64
 * @tiles: (array length=n_tiles): weights
 * @n_tiles: number of tiles
 * @layers: (array length=n_layers): layers with colours
 * @n_layers: number of layers
 * @units: (array length=n_units): units on the base die
 * @n_units: number of units
 * @temperature_c: (nullable): n_stacks x n_tiers, tier by tier within a stack; NaN: unavailable
 */
typedef struct
{
  gint32 mesh_x, mesh_y, n_tiers, blocks;
  const StrataStackTile *tiles;
  gsize n_tiles;
  const StrataDrawLayer *layers;
  gsize n_layers;
  const StrataStackUnit *units;
  gsize n_units;
  const double *temperature_c;
} StrataStackScene;

/**
 * StrataStackMode:
 * @STRATA_STACK_MODE_LAYERS: colours of the layers
 * @STRATA_STACK_MODE_UTILISATION: used cells / cells
 * @STRATA_STACK_MODE_ENERGY: energy of the tiles
 * @STRATA_STACK_MODE_ACTIVITY: activity at the shown instant
 * @STRATA_STACK_MODE_TEMPERATURE: heat, free arrays too
 */
typedef enum
{
  STRATA_STACK_MODE_LAYERS,
  STRATA_STACK_MODE_UTILISATION,
  STRATA_STACK_MODE_ENERGY,
  STRATA_STACK_MODE_ACTIVITY,
  STRATA_STACK_MODE_TEMPERATURE,
} StrataStackMode;

/**
 * StrataStackStyle:
 * @mode: what colours mean
 * @scale_low: value at the low end of the map; NaN: from the data
 * @scale_high: value at the high end; NaN: from the data
 * @selected_layer: the rest is dimmed; -1: none
 * @hover_tile: tile with an outline; -1: none
 * @hidden_layers: (nullable): n_layers flags; hidden layers leave holes
 * @first_tier: lowest tier drawn
 * @last_tier: highest tier drawn
 * @explode: 0 closed to 1 open
 * @alpha: 1 solid; below it x-ray
 * @ghost: unselected blocks are translucent rather than dim
 * @height_by_utilisation: blocks of fuller arrays stand taller
 * @show_free: arrays and parts of arrays without weights are low dark slabs, else holes
 * @show_base: draw the base die
 * @glow: activity lights blocks up in the mode of layers
 * @plates: the rest of an array that holds weights is a low plate in a quiet colour of the tile, so that a nearly empty
 *   array is seen; it belongs to the tile
 * @frames: where free arrays are holes, tiers keep a thin frame
 */
typedef struct
{
  StrataStackMode mode;
  double scale_low, scale_high;
  gint32 selected_layer, hover_tile;
  const guint8 *hidden_layers;
  gint32 first_tier, last_tier;
  double explode, alpha;
  gboolean ghost, height_by_utilisation, show_free, show_base, glow, plates, frames;
} StrataStackStyle;

/**
 * StrataStackCamera:
 * @azimuth_deg: turn about the vertical axis
 * @elevation_deg: 0 from the side to 90 from above
 * @zoom: pixels per block; 0: fit the picture
 * @pan_x: pixels the picture is moved to the right
 * @pan_y: pixels the picture is moved down
 */
typedef struct
{
  double azimuth_deg, elevation_deg, zoom, pan_x, pan_y;
} StrataStackCamera;

/**
 * StrataStackHit:
 * @kind: what was hit
 * @stack: stack, -1: none
 * @tier: tier, -1: base die
 * @block_x: block within the array
 * @block_y: block within the array
 * @tile: index of the tile, -1: free
 * @layer: layer, -1: none
 * @unit: index of the unit of the base die, -1: none
 */
typedef enum
{
  STRATA_STACK_HIT_NOTHING,
  STRATA_STACK_HIT_ARRAY,
  STRATA_STACK_HIT_BASE,
} StrataStackHitKind;

typedef struct
{
  StrataStackHitKind kind;
  gint32 stack, tier, block_x, block_y, tile, layer, unit;
} StrataStackHit;

typedef struct _StrataStackVolume StrataStackVolume;

/**
 * strata_stack_style_default: (skip)
 * @style: (out caller-allocates): filled
 * @scene: (nullable): scene, for the range of tiers
 */
STRATA_API void strata_stack_style_default (StrataStackStyle *style, const StrataStackScene *scene);

/**
 * strata_stack_style_fit: (skip)
 * @style: (inout): style
 * @scene: scene
 *
 * Shows the placement at a glance: plates, and where fewer than half of the arrays hold weights, holes and frames in
 * place of free arrays.
 */
STRATA_API void strata_stack_style_fit (StrataStackStyle *style, const StrataStackScene *scene);

/**
 * strata_stack_camera_preset: (skip)
 * @camera: (out caller-allocates): filled, zoom fits
 * @preset: 1 isometric, 2 from above, 3 front, 4 right side, 5 isometric from the other corner, 6 steep
 */
STRATA_API void strata_stack_camera_preset (StrataStackCamera *camera, guint preset);

/**
 * strata_stack_camera_orbit: (skip)
 * @camera: camera
 * @dx: pixels dragged to the right
 * @dy: pixels dragged down
 */
STRATA_API void strata_stack_camera_orbit (StrataStackCamera *camera, double dx, double dy);

/**
 * strata_stack_camera_zoom_at: (skip)
 * @camera: camera
 * @volume: what is shown; needed while the zoom is "fit"
 * @factor: above 1 comes nearer
 * @x: point that stays, pixels from the centre of the picture to the right
 * @y: point that stays, pixels from the centre down
 * @width: width of the picture
 * @height: height of the picture
 */
STRATA_API void strata_stack_camera_zoom_at (
  StrataStackCamera *camera, const StrataStackVolume *volume, double factor, double x, double y, int width, int height);

/**
 * strata_stack_camera_mix: (skip)
 * @a: camera at 0
 * @b: camera at 1
 * @t: 0 to 1
 * @out: (out caller-allocates): between, turning the short way; for easing
 */
STRATA_API void
strata_stack_camera_mix (const StrataStackCamera *a, const StrataStackCamera *b, double t, StrataStackCamera *out);

/**
 * strata_stack_volume_new: (skip)
 * @scene: scene; copied as far as needed, but for layers and names
 * @error: (out): set where the scene is out of range
 *
 * Returns: (transfer full) (nullable): the scene as blocks, coloured by the default style in the dark theme. %NULL with
 *   %STRATA_DRAW_ERROR_SCENE where sizes are not 1 to 4096 or blocks exceed 2^27, or a tile lies outside.
 */
STRATA_API StrataStackVolume *strata_stack_volume_new (const StrataStackScene *scene,
                                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_stack_volume_free: (skip)
 * @volume: (nullable) (transfer full): volume
 */
STRATA_API void strata_stack_volume_free (StrataStackVolume *volume);

/**
 * strata_stack_volume_colour: (skip)
 * @volume: volume
 * @scene: the scene it was built from; values (energy, activity, temperature, colours) may have changed
 * @style: how to draw
 * @theme: theme
 *
 * Sets colour, height and visibility of all blocks. Cost is one write per block.
 */
STRATA_API void strata_stack_volume_colour (StrataStackVolume *volume,
                                            const StrataStackScene *scene,
                                            const StrataStackStyle *style,
                                            const StrataDrawTheme *theme);

/**
 * strata_stack_volume_scale: (skip)
 * @volume: volume that was coloured
 * @scale: (out caller-allocates): the map in use, for the legend
 *
 * Returns: whether colours mean magnitudes
 */
STRATA_API gboolean strata_stack_volume_scale (const StrataStackVolume *volume, StrataDrawScale *scale);

/**
 * strata_stack_volume_n_blocks:
 * @volume: volume
 *
 * Returns: number of blocks of the tiers
 */
STRATA_API gint64 strata_stack_volume_n_blocks (const StrataStackVolume *volume);

/**
 * strata_stack_render: (skip)
 * @volume: volume that was coloured
 * @camera: camera
 * @surface: image surface of CAIRO_FORMAT_ARGB32; overwritten
 * @supersample: 1 while moving, 2 when idle
 * @n_threads: 1 to 64; the picture does not depend on it
 * @ids: (nullable): width x height; set to what is seen: 0 nothing, else a number for strata_stack_volume_decode()
 *
 * Casts one parallel ray per pixel (@supersample squared) and outlines the selection. Transparent where nothing is.
 */
STRATA_API void strata_stack_render (const StrataStackVolume *volume,
                                     const StrataStackCamera *camera,
                                     cairo_surface_t *surface,
                                     guint supersample,
                                     guint n_threads,
                                     guint32 *ids);

/**
 * strata_stack_pick: (skip)
 * @volume: volume that was coloured
 * @camera: camera
 * @width: width of the picture
 * @height: height of the picture
 * @x: pixel
 * @y: pixel
 * @hit: (out caller-allocates): what is there
 *
 * Exactly what strata_stack_render() shows at the pixel; through ghosts to the solid behind.
 *
 * Returns: whether there is something
 */
STRATA_API gboolean strata_stack_pick (const StrataStackVolume *volume,
                                       const StrataStackCamera *camera,
                                       int width,
                                       int height,
                                       int x,
                                       int y,
                                       StrataStackHit *hit);

/**
 * strata_stack_volume_decode: (skip)
 * @volume: volume
 * @id: number from the ids of strata_stack_render()
 * @hit: (out caller-allocates): what it means
 *
 * Returns: whether it is something
 */
STRATA_API gboolean strata_stack_volume_decode (const StrataStackVolume *volume, guint32 id, StrataStackHit *hit);

/**
 * strata_stack_draw: (skip)
 * @cr: context
 * @volume: volume that was coloured
 * @camera: camera
 * @theme: theme
 * @rect: place
 * @supersample: as in strata_stack_render()
 *
 * The solid, through a picture of its own.
 */
STRATA_API void strata_stack_draw (cairo_t *cr,
                                   const StrataStackVolume *volume,
                                   const StrataStackCamera *camera,
                                   const StrataDrawTheme *theme,
                                   const StrataRect *rect,
                                   guint supersample);

/**
 * strata_stack_draw_vector: (skip)
 * @cr: context, for example on SVG or PDF
 * @volume: volume that was coloured
 * @camera: camera
 * @theme: theme
 * @rect: place
 *
 * The same picture as polygons, one per visible face of a visible block, for print. Above 10,000 blocks that can be
 * seen it embeds the picture of strata_stack_draw() instead.
 *
 * Returns: whether polygons were drawn
 */
STRATA_API gboolean strata_stack_draw_vector (cairo_t *cr,
                                              const StrataStackVolume *volume,
                                              const StrataStackCamera *camera,
                                              const StrataDrawTheme *theme,
                                              const StrataRect *rect);

/**
 * strata_tier_map_draw: (skip)
 * @cr: context
 * @volume: volume that was coloured
 * @tier: tier, -1: base die
 * @theme: theme
 * @rect: place; the map is the largest that fits
 * @labels: write stack numbers and layer names where they fit
 *
 * One tier from above, as it is coloured in the solid.
 */
STRATA_API void strata_tier_map_draw (cairo_t *cr,
                                      const StrataStackVolume *volume,
                                      gint32 tier,
                                      const StrataDrawTheme *theme,
                                      const StrataRect *rect,
                                      gboolean labels);

/**
 * strata_tier_map_pick: (skip)
 * @volume: volume
 * @tier: tier, -1: base die
 * @rect: place given to strata_tier_map_draw()
 * @x: point
 * @y: point
 * @hit: (out caller-allocates): what is there
 *
 * Returns: whether there is something
 */
STRATA_API gboolean strata_tier_map_pick (
  const StrataStackVolume *volume, gint32 tier, const StrataRect *rect, double x, double y, StrataStackHit *hit);

/**
 * strata_tier_strip_draw: (skip)
 * @cr: context
 * @volume: volume that was coloured
 * @selected_tier: tier that is marked, -1: none
 * @offset: pixels scrolled down
 * @theme: theme
 * @rect: place: squares of its width, top tier first; where free arrays are not shown, a line for tiers without weights
 */
STRATA_API void strata_tier_strip_draw (cairo_t *cr,
                                        const StrataStackVolume *volume,
                                        gint32 selected_tier,
                                        double offset,
                                        const StrataDrawTheme *theme,
                                        const StrataRect *rect);

/**
 * strata_tier_strip_pick:
 * @volume: volume
 * @offset: pixels scrolled down
 * @rect: place given to strata_tier_strip_draw()
 * @x: point
 * @y: point
 *
 * Returns: the tier there, -1: none
 */
STRATA_API gint32
strata_tier_strip_pick (const StrataStackVolume *volume, double offset, const StrataRect *rect, double x, double y);

/**
 * strata_tier_strip_height:
 * @volume: volume
 * @width: width of the strip
 *
 * Returns: pixels of all squares together
 */
STRATA_API double strata_tier_strip_height (const StrataStackVolume *volume, double width);

/**
 * StrataDrawError:
 * @STRATA_DRAW_ERROR_SCENE: a scene that cannot be drawn
 */
typedef enum
{
  STRATA_DRAW_ERROR_SCENE,
} StrataDrawError;

#define STRATA_DRAW_ERROR (strata_draw_error_quark ())

STRATA_API GQuark strata_draw_error_quark (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataStackVolume, strata_stack_volume_free)

G_END_DECLS
