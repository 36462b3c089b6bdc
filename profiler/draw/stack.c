/* SPDX-License-Identifier: Apache-2.0
 *
 * The picture of the stack: rows of rays over threads, supersamples averaged, outlines where what is seen changes.
 * Invariant: pick and picture cast the same lanes, so they agree at every pixel.
 */
#include "draw/volume.h"

#define MAX_SIDE_PX 16384
#define CHUNK_ROWS 8

typedef struct
{
  const StrataRaycast *cast;
  guint32 *pixels, *ids; /* rows of @stride, a multiple of the lanes */
  gsize stride;
  double corners[8][2]; /* of the box of the whole, in pixels */
  gint next_chunk;      /* atomic */
} Frame;

/* Columns of row @y that the projected box of the whole can cover, in whole groups of lanes. The silhouette is the
 * convex hull of its eight corners; its extent in a row is that of all chords between corners. */
static void
covered_columns (const Frame *frame, int y, int *from, int *to)
{
  double low = G_MAXDOUBLE, high = -G_MAXDOUBLE;
  int end = (frame->cast->width + STRATA_LANES - 1) / STRATA_LANES * STRATA_LANES;

  for (int a = 0; a < 8; a++)
    for (int b = a + 1; b < 8; b++)
      {
        const double *p = frame->corners[a], *q = frame->corners[b];
        double y0 = MIN (p[1], q[1]), y1 = MAX (p[1], q[1]), top = MAX (y0, y - 1), bottom = MIN (y1, y + 1);

        if (top > bottom)
          continue;
        for (int end_of = 0; end_of < 2; end_of++)
          {
            double at = end_of ? bottom : top;
            double x = y1 - y0 < 1e-6 ? (end_of ? p[0] : q[0]) : p[0] + (q[0] - p[0]) * (at - p[1]) / (q[1] - p[1]);

            low = MIN (low, x);
            high = MAX (high, x);
          }
      }
  *from = CLAMP (low - 2, 0, end) / STRATA_LANES;
  *from *= STRATA_LANES;
  *to = high < low ? *from : (int) (CLAMP (high + 2, 0, end) + STRATA_LANES - 1) / STRATA_LANES * STRATA_LANES;
}

static void
project_corners (Frame *frame, const StrataStackCamera *camera, guint ss)
{
  const StrataRaycast *cast = frame->cast;
  double pixel = strata_stack_zoom (cast->volume, camera, cast->width / (int) ss, cast->height / (int) ss) * ss;
  StrataVec low, high, right, down, into;

  strata_stack_bounds (cast->volume, &low, &high);
  strata_stack_axes (camera, &right, &down, &into);
  for (int i = 0; i < 8; i++)
    {
      double x = (i & 1 ? high.x : low.x) - cast->origin.x, y = (i & 2 ? high.y : low.y) - cast->origin.y;
      double z = (i & 4 ? high.z : low.z) - cast->origin.z;

      frame->corners[i][0] = pixel * (x * right.x + y * right.y + z * right.z);
      frame->corners[i][1] = pixel * (x * down.x + y * down.y + z * down.z);
    }
}

static void
render_row (Frame *frame, int y)
{
  guint32 *pixels = frame->pixels + y * frame->stride, *ids = frame->ids + y * frame->stride;
  int from, to;

  covered_columns (frame, y, &from, &to);
  for (int x = from; x < to; x += STRATA_LANES)
    strata_raycast_span (frame->cast, y, x, pixels + x, ids + x);
}

static gpointer
render_chunks (gpointer data)
{
  Frame *frame = data;
  int first;

  while ((first = g_atomic_int_add (&frame->next_chunk, 1) * CHUNK_ROWS) < frame->cast->height)
    for (int y = first; y < MIN (first + CHUNK_ROWS, frame->cast->height); y++)
      render_row (frame, y);
  return NULL;
}

static void
render_frame (Frame *frame, guint n_threads)
{
  GThread *threads[64] = { NULL };

  n_threads = CLAMP (n_threads, 1, G_N_ELEMENTS (threads));
  for (guint i = 1; i < n_threads; i++)
    threads[i] = g_thread_try_new ("stack", render_chunks, frame, NULL);
  render_chunks (frame);
  for (guint i = 1; i < n_threads; i++)
    if (threads[i] != NULL)
      g_thread_join (threads[i]);
}

/* 1: of the selected layer, 2: of the tile under the pointer */
static guint8
mark_of (const StrataStackVolume *volume, guint32 id)
{
  gint32 tile;

  if (id == 0 || id & STRATA_BASE_ID)
    return 0;
  tile = strata_stack_volume_tile (volume, id - 1);
  if (tile < 0)
    return 0;
  return (volume->tiles[tile].layer == volume->style.selected_layer ? 1 : 0)
         | (tile == volume->style.hover_tile ? 2 : 0);
}

static gboolean
is_edge (const guint8 *marks, gsize stride, int width, int height, int x, int y, guint8 bit)
{
  const guint8 *m = marks + y * stride + x;

  return (x > 0 && !(m[-1] & bit)) || (x + 1 < width && !(m[1] & bit)) || (y > 0 && !(*(m - stride) & bit))
         || (y + 1 < height && !(m[stride] & bit));
}

static guint32
over (guint32 under, guint32 colour, guint alpha)
{
  guint32 out = 0;

  for (int shift = 0; shift < 24; shift += 8)
    out |= (((under >> shift & 255) * (255 - alpha) + (colour >> shift & 255) * alpha + 127) / 255) << shift;
  return out | ((under >> 24) * (255 - alpha) / 255 + alpha) << 24;
}

static void
outline (const StrataStackVolume *volume, Frame *frame)
{
  int width = frame->cast->width, height = frame->cast->height;
  g_autofree guint8 *marks = NULL;
  guint32 selected = volume->theme.is_dark ? 0xffffff : 0x101214;

  if (volume->style.selected_layer < 0 && volume->style.hover_tile < 0)
    return;
  marks = g_malloc (frame->stride * height);
  for (gsize i = 0; i < frame->stride * height; i++)
    marks[i] = mark_of (volume, frame->ids[i]);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        guint8 mark = marks[y * frame->stride + x];
        guint32 *pixel = frame->pixels + y * frame->stride + x;

        if (mark & 1 && is_edge (marks, frame->stride, width, height, x, y, 1))
          *pixel = over (*pixel, selected, 190);
        if (mark & 2 && is_edge (marks, frame->stride, width, height, x, y, 2))
          *pixel = over (*pixel, volume->theme.accent, 255);
      }
}

/* Mean of @ss x @ss premultiplied pixels */
static void
shrink (const Frame *frame, guint ss, guint8 *out, int out_stride, int width, int height)
{
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        const guint32 *in = frame->pixels + (gsize) y * ss * frame->stride + (gsize) x * ss;
        guint32 even = 0, odd = 0, n = ss * ss;

        if (ss == 1)
          {
            ((guint32 *) (void *) (out + (gsize) y * out_stride))[x] = *in;
            continue;
          }
        for (guint j = 0; j < ss; j++)
          for (guint i = 0; i < ss; i++)
            {
              even += in[j * frame->stride + i] & 0xff00ff;
              odd += in[j * frame->stride + i] >> 8 & 0xff00ff;
            }
        even = ((even & 0xffff) + n / 2) / n | ((even >> 16) + n / 2) / n << 16;
        odd = ((odd & 0xffff) + n / 2) / n | ((odd >> 16) + n / 2) / n << 16;
        ((guint32 *) (void *) (out + (gsize) y * out_stride))[x] = even | odd << 8;
      }
}

void
strata_stack_render (const StrataStackVolume *volume,
                     const StrataStackCamera *camera,
                     cairo_surface_t *surface,
                     guint supersample,
                     guint n_threads,
                     guint32 *ids)
{
  int width = cairo_image_surface_get_width (surface), height = cairo_image_surface_get_height (surface);
  guint ss = CLAMP (supersample, 1, 4);
  g_autofree guint32 *pixels = NULL, *frame_ids = NULL;
  StrataRaycast cast;
  Frame frame = { .cast = &cast };

  g_return_if_fail (cairo_image_surface_get_format (surface) == CAIRO_FORMAT_ARGB32);
  if (width < 1 || height < 1 || width > MAX_SIDE_PX || height > MAX_SIDE_PX)
    return;
  strata_raycast_prepare (&cast, volume, camera, width, height, ss);
  frame.stride = ((gsize) cast.width + STRATA_LANES - 1) / STRATA_LANES * STRATA_LANES;
  frame.pixels = pixels = g_new0 (guint32, frame.stride * cast.height);
  frame.ids = frame_ids = g_new0 (guint32, frame.stride * cast.height);
  project_corners (&frame, camera, ss);
  render_frame (&frame, n_threads);
  outline (volume, &frame);
  cairo_surface_flush (surface);
  shrink (&frame, ss, cairo_image_surface_get_data (surface), cairo_image_surface_get_stride (surface), width, height);
  cairo_surface_mark_dirty (surface);
  for (int y = 0; y < height && ids != NULL; y++)
    for (int x = 0; x < width; x++)
      ids[(gsize) y * width + x] = frame_ids[(gsize) y * ss * frame.stride + (gsize) x * ss];
}

gboolean
strata_stack_pick (const StrataStackVolume *volume,
                   const StrataStackCamera *camera,
                   int width,
                   int height,
                   int x,
                   int y,
                   StrataStackHit *hit)
{
  guint32 pixels[STRATA_LANES], ids[STRATA_LANES];
  StrataRaycast cast;

  if (width < 1 || height < 1 || x < 0 || y < 0 || x >= width || y >= height)
    return strata_stack_volume_decode (volume, 0, hit);
  strata_raycast_prepare (&cast, volume, camera, width, height, 1);
  strata_raycast_span (&cast, y, x / STRATA_LANES * STRATA_LANES, pixels, ids);
  return strata_stack_volume_decode (volume, ids[x % STRATA_LANES], hit);
}

void
strata_stack_draw (cairo_t *cr,
                   const StrataStackVolume *volume,
                   const StrataStackCamera *camera,
                   const StrataDrawTheme *theme,
                   const StrataRect *rect,
                   guint supersample)
{
  int width = (int) rect->width, height = (int) rect->height;
  cairo_surface_t *surface;

  if (width < 1 || height < 1 || width > MAX_SIDE_PX || height > MAX_SIDE_PX)
    return;
  surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  if (cairo_surface_status (surface) == CAIRO_STATUS_SUCCESS)
    {
      strata_stack_render (volume, camera, surface, supersample, 1, NULL);
      cairo_save (cr);
      cairo_set_source_surface (cr, surface, rect->x, rect->y);
      cairo_paint (cr);
      cairo_restore (cr);
    }
  cairo_surface_destroy (surface);
}
