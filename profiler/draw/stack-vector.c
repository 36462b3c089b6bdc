/* SPDX-License-Identifier: Apache-2.0
 *
 * The solid as polygons for print: a painter's algorithm over blocks. With a parallel projection and blocks on a grid
 * the order is exact: slabs upward, cells from far to near. Hidden faces between full neighbours are left out.
 */
#include "draw/pen.h"
#include "draw/volume.h"

#define MAX_POLYGON_BLOCKS 10000

typedef struct
{
  StrataPen pen;
  const StrataStackVolume *volume;
  StrataVec right, down, into, centre;
  double zoom, x, y;
} Sheet;

static void
corner (const Sheet *sheet, gboolean first, double u, double v, double z)
{
  double a = u - sheet->centre.x, b = v - sheet->centre.y, c = z - sheet->centre.z;
  double x = sheet->x + sheet->zoom * (a * sheet->right.x + b * sheet->right.y + c * sheet->right.z);
  double y = sheet->y + sheet->zoom * (a * sheet->down.x + b * sheet->down.y + c * sheet->down.z);

  if (first)
    cairo_move_to (sheet->pen.cr, x, y);
  else
    cairo_line_to (sheet->pen.cr, x, y);
}

static void
fill_face (Sheet *sheet, guint32 colour, double tone, double alpha)
{
  guint32 dark = 0;

  for (int shift = 0; shift < 24; shift += 8)
    dark |= (guint32) ((colour >> shift & 255) * tone) << shift;
  cairo_close_path (sheet->pen.cr);
  strata_pen_colour (&sheet->pen, dark, alpha);
  cairo_fill_preserve (sheet->pen.cr);
  strata_pen_colour (&sheet->pen, 0x000000, 0.3 * alpha);
  cairo_stroke (sheet->pen.cr);
}

static guint32
voxel_at (const StrataGrid *grid, gint32 u, gint32 v, gint32 k)
{
  if (u < 0 || v < 0 || u >= grid->nu || v >= grid->nv)
    return 0;
  return grid->voxels[((gsize) k * grid->nv + v) * grid->nu + u];
}

static gboolean
covers (guint32 neighbour, guint32 voxel)
{
  return STRATA_VOXEL_ALPHA (neighbour) == 15 && STRATA_VOXEL_HEIGHT (neighbour) >= STRATA_VOXEL_HEIGHT (voxel);
}

static void
draw_block (Sheet *sheet, const StrataGrid *grid, gint32 u, gint32 v, gint32 k)
{
  guint32 voxel = voxel_at (grid, u, v, k), colour = voxel & 0xffffff;
  gint32 near_u = sheet->into.x > 0 ? 0 : 1, near_v = sheet->into.y > 0 ? 0 : 1;
  double alpha = STRATA_VOXEL_ALPHA (voxel) / 15.0, x0 = grid->u0 + u, y0 = grid->v0 + v,
         z0 = grid->z0 + k * grid->pitch;
  double z1 = z0 + grid->thickness * STRATA_VOXEL_HEIGHT (voxel) / 16.0, xn = x0 + near_u, yn = y0 + near_v;

  if (alpha == 0)
    return;
  if (!covers (voxel_at (grid, u + (near_u ? 1 : -1), v, k), voxel))
    {
      corner (sheet, TRUE, xn, y0, z0);
      corner (sheet, FALSE, xn, y0 + 1, z0);
      corner (sheet, FALSE, xn, y0 + 1, z1);
      corner (sheet, FALSE, xn, y0, z1);
      fill_face (sheet, colour, 0.60, alpha);
    }
  if (!covers (voxel_at (grid, u, v + (near_v ? 1 : -1), k), voxel))
    {
      corner (sheet, TRUE, x0, yn, z0);
      corner (sheet, FALSE, x0 + 1, yn, z0);
      corner (sheet, FALSE, x0 + 1, yn, z1);
      corner (sheet, FALSE, x0, yn, z1);
      fill_face (sheet, colour, 0.80, alpha);
    }
  corner (sheet, TRUE, x0, y0, z1);
  corner (sheet, FALSE, x0 + 1, y0, z1);
  corner (sheet, FALSE, x0 + 1, y0 + 1, z1);
  corner (sheet, FALSE, x0, y0 + 1, z1);
  fill_face (sheet, colour, k < grid->last ? 0.92 : 1, alpha);
}

static void
draw_grid (Sheet *sheet, const StrataGrid *grid)
{
  for (gint32 k = grid->first; k <= grid->last; k++)
    for (gint32 j = 0; j < grid->nv; j++)
      for (gint32 i = 0; i < grid->nu; i++)
        draw_block (sheet, grid, sheet->into.x > 0 ? grid->nu - 1 - i : i, sheet->into.y > 0 ? grid->nv - 1 - j : j, k);
}

gboolean
strata_stack_draw_vector (cairo_t *cr,
                          const StrataStackVolume *volume,
                          const StrataStackCamera *camera,
                          const StrataDrawTheme *theme,
                          const StrataRect *rect)
{
  gint64 n_blocks = (gint64) volume->tiers.nu * volume->tiers.nv * (volume->tiers.last - volume->tiers.first + 1);
  Sheet sheet = { .volume = volume };

  if (n_blocks > MAX_POLYGON_BLOCKS)
    {
      StrataStackCamera fine = *camera;

      fine.zoom *= 2;
      fine.pan_x *= 2;
      fine.pan_y *= 2;
      cairo_save (cr);
      cairo_translate (cr, rect->x, rect->y);
      cairo_scale (cr, 0.5, 0.5);
      strata_stack_draw (cr, volume, &fine, theme, &(StrataRect){ 0, 0, 2 * rect->width, 2 * rect->height }, 2);
      cairo_restore (cr);
      return FALSE;
    }
  sheet.zoom = strata_stack_zoom (volume, camera, (int) rect->width, (int) rect->height);
  sheet.centre = strata_stack_centre (volume);
  sheet.x = rect->x + rect->width / 2 + camera->pan_x;
  sheet.y = rect->y + rect->height / 2 + camera->pan_y;
  strata_stack_axes (camera, &sheet.right, &sheet.down, &sheet.into);
  strata_pen_init (&sheet.pen, cr, theme);
  cairo_rectangle (cr, rect->x, rect->y, rect->width, rect->height);
  cairo_clip (cr);
  cairo_set_line_width (cr, 0.4);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  if (volume->style.show_base)
    draw_grid (&sheet, &volume->base);
  draw_grid (&sheet, &volume->tiers);
  strata_pen_finish (&sheet.pen);
  return TRUE;
}
