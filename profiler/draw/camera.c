/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the eye is. World: x to the right and y toward the viewer at azimuth 0, as a tier map lies on a table; z
 * upward. The projection is parallel: a block is as large behind as in front. Invariant: zooming at a point leaves the
 * point.
 */
#include "draw/volume.h"

#include <math.h>

#define MIN_ELEVATION 0.5 /* rays must go down, however slowly */
#define MAX_ELEVATION 89.9

void
strata_stack_axes (const StrataStackCamera *camera, StrataVec *right, StrataVec *down, StrataVec *into)
{
  double az = camera->azimuth_deg * G_PI / 180;
  double el = CLAMP (camera->elevation_deg, MIN_ELEVATION, MAX_ELEVATION) * G_PI / 180;
  double fx = sin (az), fy = -cos (az);

  *right = (StrataVec){ cos (az), sin (az), 0 };
  *down = (StrataVec){ -fx * sin (el), -fy * sin (el), -cos (el) };
  *into = (StrataVec){ fx * cos (el), fy * cos (el), -sin (el) };
}

void
strata_stack_bounds (const StrataStackVolume *volume, StrataVec *low, StrataVec *high)
{
  const StrataGrid *tiers = &volume->tiers, *base = &volume->base;
  gboolean with_base = volume->style.show_base;

  *low = (StrataVec){ with_base ? base->u0 : 0, with_base ? base->v0 : 0, with_base ? base->z0 : 0 };
  *high = (StrataVec){ tiers->nu - low->x, tiers->nv - low->y, (tiers->nt - 1) * tiers->pitch + tiers->thickness };
}

StrataVec
strata_stack_centre (const StrataStackVolume *volume)
{
  StrataVec low, high;

  strata_stack_bounds (volume, &low, &high);
  return (StrataVec){ (low.x + high.x) / 2, (low.y + high.y) / 2, (low.z + high.z) / 2 };
}

double
strata_stack_zoom (const StrataStackVolume *volume, const StrataStackCamera *camera, int width, int height)
{
  StrataVec low, high, right, down, into;
  double reach_x, reach_y;

  if (camera->zoom > 0)
    return camera->zoom;
  strata_stack_bounds (volume, &low, &high);
  strata_stack_axes (camera, &right, &down, &into);
  reach_x = fabs (right.x) * (high.x - low.x) + fabs (right.y) * (high.y - low.y);
  reach_y = fabs (down.x) * (high.x - low.x) + fabs (down.y) * (high.y - low.y) + fabs (down.z) * (high.z - low.z);
  return 0.92 * MIN (width / reach_x, height / reach_y);
}

void
strata_stack_camera_preset (StrataStackCamera *camera, guint preset)
{
  static const double views[][2] = { { 32, 33 }, { 0, 90 }, { 0, 8 }, { 90, 8 }, { 212, 33 }, { 45, 60 } };
  guint view = CLAMP (preset, 1, G_N_ELEMENTS (views)) - 1;

  *camera = (StrataStackCamera){ views[view][0], views[view][1], 0, 0, 0 };
}

void
strata_stack_camera_orbit (StrataStackCamera *camera, double dx, double dy)
{
  camera->azimuth_deg = fmod (camera->azimuth_deg - 0.4 * dx + 720, 360);
  camera->elevation_deg = CLAMP (camera->elevation_deg + 0.4 * dy, 0, 90);
}

void
strata_stack_camera_zoom_at (
  StrataStackCamera *camera, const StrataStackVolume *volume, double factor, double x, double y, int width, int height)
{
  StrataStackCamera fit = *camera;
  double old = strata_stack_zoom (volume, camera, width, height), least, most, zoom;

  g_return_if_fail (factor > 0);
  fit.zoom = 0;
  least = 0.25 * strata_stack_zoom (volume, &fit, width, height);
  most = MAX (256, 4 * least);
  zoom = CLAMP (old * factor, least, most);
  camera->pan_x = x - (x - camera->pan_x) * zoom / old;
  camera->pan_y = y - (y - camera->pan_y) * zoom / old;
  camera->zoom = zoom;
}

void
strata_stack_camera_mix (const StrataStackCamera *a, const StrataStackCamera *b, double t, StrataStackCamera *out)
{
  double turn = fmod (b->azimuth_deg - a->azimuth_deg + 1080, 360);
  StrataStackCamera mix;

  turn = turn > 180 ? turn - 360 : turn;
  mix.azimuth_deg = fmod (a->azimuth_deg + t * turn + 720, 360);
  mix.elevation_deg = a->elevation_deg + t * (b->elevation_deg - a->elevation_deg);
  mix.zoom = a->zoom > 0 && b->zoom > 0 ? a->zoom * pow (b->zoom / a->zoom, t) : t < 1 ? a->zoom : b->zoom;
  mix.pan_x = a->pan_x + t * (b->pan_x - a->pan_x);
  mix.pan_y = a->pan_y + t * (b->pan_y - a->pan_y);
  *out = mix;
}

/* Rays must cross every plane of the grid: no component of the direction is nought */
static float
not_zero (double v)
{
  return fabs (v) >= 1e-5 ? (float) v : v < 0 ? -1e-5f : 1e-5f;
}

/* Pixels across a line on a face, per unit along the axis that crosses it: area of the projected unit square divided by
 * the length of the line's projection */
static void
measure_lines (StrataRaycast *cast, const StrataVec *right, const StrataVec *down, double zoom)
{
  double x[2] = { right->x * zoom, down->x * zoom }, y[2] = { right->y * zoom, down->y * zoom };
  double z[2] = { right->z * zoom, down->z * zoom };
  double *axes[3][2] = { { x, y }, { y, z }, { x, z } };
  double thickness = cast->volume->tiers.thickness;

  for (int face = 0; face < 3; face++)
    {
      double *a = axes[face][0], *b = axes[face][1];
      double area = fabs (a[0] * b[1] - a[1] * b[0]);
      double a_px = area / MAX (hypot (b[0], b[1]), 1e-6), b_px = area / MAX (hypot (a[0], a[1]), 1e-6);
      double smallest = MIN (a_px, face == 0 ? b_px : b_px * thickness);

      cast->line_px[face][0] = a_px;
      cast->line_px[face][1] = b_px;
      cast->line_fade[face] = CLAMP ((smallest - 2) / 4, 0, 1);
    }
}

static void
set_lights (StrataRaycast *cast, const StrataVec *low, const StrataVec *high)
{
  const StrataStackVolume *volume = cast->volume;
  gboolean heat = volume->has_scale;
  double open = 1 - volume->tiers.thickness / volume->tiers.pitch;
  double reach, nearest;
  StrataVec d = cast->direction, o = cast->origin;
  double x = low->x + high->x, y = low->y + high->y, z = low->z + high->z;

  cast->tone[0] = 1;
  cast->tone[1] = heat ? 0.72f : 0.60f;
  cast->tone[2] = heat ? 0.86f : 0.80f;
  cast->inner_top = 0.86f + 0.12f * (float) open;
  cast->ghost_floor = volume->style.ghost && volume->style.selected_layer >= 0 ? 0.4f : 0;
  /* t runs in world units as the direction is of length 1 */
  reach = fabs (d.x) * (high->x - low->x) + fabs (d.y) * (high->y - low->y) + fabs (d.z) * (high->z - low->z);
  nearest = d.x * (x / 2 - o.x) + d.y * (y / 2 - o.y) + d.z * (z / 2 - o.z) - reach / 2;
  cast->fog_slope = -0.16f / MAX (reach, 1e-3);
  cast->fog_at = 1.0f - cast->fog_slope * (float) nearest;
}

void
strata_raycast_prepare (StrataRaycast *cast,
                        const StrataStackVolume *volume,
                        const StrataStackCamera *camera,
                        int width,
                        int height,
                        guint ss)
{
  StrataVec right, down, into, centre = strata_stack_centre (volume), low, high;
  double zoom = strata_stack_zoom (volume, camera, width, height), pixel = 1 / (zoom * ss);
  double x0 = (0.5 / ss - width / 2.0 - camera->pan_x) / zoom, y0 = (0.5 / ss - height / 2.0 - camera->pan_y) / zoom;

  strata_stack_axes (camera, &right, &down, &into);
  strata_stack_bounds (volume, &low, &high);
  cast->volume = volume;
  cast->width = width * (int) ss;
  cast->height = height * (int) ss;
  cast->origin = (StrataVec){ centre.x + x0 * right.x + y0 * down.x, centre.y + x0 * right.y + y0 * down.y,
                              centre.z + x0 * right.z + y0 * down.z };
  cast->step_x = (StrataVec){ pixel * right.x, pixel * right.y, pixel * right.z };
  cast->step_y = (StrataVec){ pixel * down.x, pixel * down.y, pixel * down.z };
  cast->direction = (StrataVec){ not_zero (into.x), not_zero (into.y), not_zero (into.z) };
  measure_lines (cast, &right, &down, zoom * ss);
  set_lights (cast, &low, &high);
}
