/* SPDX-License-Identifier: Apache-2.0 */
#include "draw/volume.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH 400
#define HEIGHT 300

/* 3 x 2 stacks of 5 tiers, 4 x 4 blocks; layer 0 fills tiers 0 and 1, layer 1 half of tier 2, layer 2 one array on top
 */
typedef struct
{
  StrataStackScene scene;
  StrataStackTile tiles[19];
  StrataDrawLayer layers[3];
  StrataStackUnit units[3];
  StrataStackVolume *volume;
  StrataStackStyle style;
  StrataDrawTheme theme;
} Fixture;

static void
recolour (Fixture *f)
{
  strata_stack_volume_colour (f->volume, &f->scene, &f->style, &f->theme);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gint32 n = 0;

  strata_draw_theme_dark (&f->theme);
  for (gint32 i = 0; i < 3; i++)
    f->layers[i] = (StrataDrawLayer){ "l", "Conv", "s", i, 0, 1, 0 };
  strata_draw_colour_layers (f->layers, 3, &f->theme);
  for (gint32 tier = 0; tier < 2; tier++)
    for (gint32 stack = 0; stack < 6; stack++)
      f->tiles[n++] = (StrataStackTile){ stack, tier, 0, 0, 1, 0, 1, 1, 1e6, 0 };
  for (gint32 stack = 0; stack < 6; stack++)
    f->tiles[n++] = (StrataStackTile){ stack, 2, 1, 0, 1, 0, 0.5f, 0.5, 2e6, 0 };
  f->tiles[n++] = (StrataStackTile){ 4, 4, 2, 0, 1, 0, 1, 0.3, 3e6, 0 };
  f->units[0] = (StrataStackUnit){ STRATA_COMPONENT_ADC, 1, "adc", 0.5 };
  f->units[1] = (StrataStackUnit){ STRATA_COMPONENT_SRAM, -1, "sram", 0.5 };
  f->units[2] = (StrataStackUnit){ STRATA_COMPONENT_VECTOR, -1, "vector", 0.5 };
  f->scene = (StrataStackScene){ 3, 2, 5, 4, f->tiles, (gsize) n, f->layers, 3, f->units, 3, NULL };
  f->volume = strata_stack_volume_new (&f->scene, &error);
  g_assert_no_error (error);
  strata_stack_style_default (&f->style, &f->scene);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  strata_stack_volume_free (f->volume);
}

static cairo_surface_t *
render (const Fixture *f, const StrataStackCamera *camera, guint n_threads, guint32 *ids)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, WIDTH, HEIGHT);

  strata_stack_render (f->volume, camera, surface, 1, n_threads, ids);
  return surface;
}

static gsize
count_layer (const Fixture *f, const guint32 *ids, gint32 layer)
{
  gsize n = 0;

  for (int i = 0; i < WIDTH * HEIGHT; i++)
    {
      StrataStackHit hit;

      n += strata_stack_volume_decode (f->volume, ids[i], &hit) && hit.layer == layer;
    }
  return n;
}

static void
test_pick_agrees (Fixture *f, gconstpointer data)
{
  g_autofree guint32 *ids = g_new (guint32, WIDTH * HEIGHT);

  f->style.explode = 0.4;
  for (int ghost = 0; ghost < 2; ghost++)
    {
      StrataStackCamera camera;

      strata_stack_camera_preset (&camera, 1);
      f->style.ghost = ghost;
      f->style.selected_layer = ghost ? 1 : -1;
      recolour (f);
      cairo_surface_destroy (render (f, &camera, 1, ids));
      for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
          {
            StrataStackHit seen, picked;
            gboolean any = strata_stack_volume_decode (f->volume, ids[y * WIDTH + x], &seen);

            g_assert_cmpint (strata_stack_pick (f->volume, &camera, WIDTH, HEIGHT, x, y, &picked), ==, any);
            g_assert_cmpmem (&seen, sizeof seen, &picked, sizeof picked);
          }
    }
}

static gboolean
differ (guint32 a, guint32 b)
{
  for (int shift = 0; shift < 32; shift += 8)
    if (abs ((int) (a >> shift & 255) - (int) (b >> shift & 255)) > 3)
      return TRUE;
  return FALSE;
}

/* Differences of the lanes from the plain walk, in pixels of another object */
static gsize
compare_with_ref (const Fixture *f, const StrataStackCamera *camera)
{
  StrataRaycast cast;
  gsize n = 0;

  strata_raycast_prepare (&cast, f->volume, camera, WIDTH, HEIGHT, 1);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x += STRATA_LANES)
      {
        guint32 pixels[STRATA_LANES], ids[STRATA_LANES];

        strata_raycast_span (&cast, y, x, pixels, ids);
        for (int l = 0; l < STRATA_LANES; l++)
          {
            guint32 pixel, id;

            strata_raycast_pixel_ref (&cast, y, x + l, &pixel, &id);
            n += id != ids[l] || differ (pixel, pixels[l]);
          }
      }
  return n;
}

static void
test_lanes_equal_ref (Fixture *f, gconstpointer data)
{
  guint8 hidden[3] = { 1, 0, 0 };
  gsize n_pixels = 0, n_wrong = 0;

  for (int variant = 0; variant < 8; variant++)
    {
      f->style.explode = variant % 2;
      f->style.show_free = variant < 3;
      f->style.plates = f->style.frames = variant >= 6;
      f->style.hidden_layers = variant >= 2 ? hidden : NULL;
      f->style.height_by_utilisation = variant == 4;
      f->style.alpha = variant == 1 || variant == 5 || variant == 7 ? 0.3 : 1;
      recolour (f);
      for (guint preset = 1; preset <= 6; preset++)
        {
          StrataStackCamera camera;

          strata_stack_camera_preset (&camera, preset);
          camera.azimuth_deg += 1.3;
          n_wrong += compare_with_ref (f, &camera);
          n_pixels += WIDTH * HEIGHT;
        }
    }
  g_test_message ("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " pixels differ", n_wrong, n_pixels);
  g_assert_cmpuint (n_wrong * 10000, <=, n_pixels);
}

static void
test_threads_change_nothing (Fixture *f, gconstpointer data)
{
  StrataStackCamera camera;
  cairo_surface_t *one, *four;

  strata_stack_camera_preset (&camera, 5);
  one = render (f, &camera, 1, NULL);
  four = render (f, &camera, 4, NULL);
  g_assert_cmpmem (cairo_image_surface_get_data (one), HEIGHT * cairo_image_surface_get_stride (one),
                   cairo_image_surface_get_data (four), HEIGHT * cairo_image_surface_get_stride (four));
  cairo_surface_destroy (one);
  cairo_surface_destroy (four);
}

/* Where a hidden layer was, the ray goes on: what stood behind it appears */
static void
test_hidden_layer_is_a_hole (Fixture *f, gconstpointer data)
{
  g_autofree guint32 *before = g_new (guint32, WIDTH * HEIGHT), *after = g_new (guint32, WIDTH * HEIGHT);
  guint8 hidden[3] = { 0, 1, 1 };
  StrataStackCamera camera;

  f->style.show_free = FALSE;
  recolour (f);
  strata_stack_camera_preset (&camera, 2);
  cairo_surface_destroy (render (f, &camera, 1, before));
  g_assert_cmpuint (count_layer (f, before, 1), >, 1000);
  f->style.hidden_layers = hidden;
  recolour (f);
  cairo_surface_destroy (render (f, &camera, 1, after));
  g_assert_cmpuint (count_layer (f, after, 1), ==, 0);
  g_assert_cmpuint (count_layer (f, after, 2), ==, 0);
  /* from above, layer 0 fills the whole tier below */
  for (int i = 0; i < WIDTH * HEIGHT; i++)
    {
      StrataStackHit hit;

      if (strata_stack_volume_decode (f->volume, before[i], &hit) && hit.layer == 1)
        {
          g_assert_true (strata_stack_volume_decode (f->volume, after[i], &hit));
          g_assert_cmpint (hit.layer, ==, 0);
        }
    }
}

/* In a side view, rows without tiers between rows with tiers */
static gsize
count_gap_rows (const Fixture *f, const guint32 *ids)
{
  gsize n = 0;

  for (int y = 0; y < HEIGHT; y++)
    {
      StrataStackHit hit;

      n += !strata_stack_volume_decode (f->volume, ids[y * WIDTH + WIDTH / 2], &hit) && y > HEIGHT / 4;
    }
  return n;
}

static void
test_explode_opens_gaps (Fixture *f, gconstpointer data)
{
  g_autofree guint32 *closed = g_new (guint32, WIDTH * HEIGHT), *open = g_new (guint32, WIDTH * HEIGHT);
  StrataStackCamera camera = { 0, 0, 12, 0, 0 };

  f->style.show_base = FALSE;
  recolour (f);
  cairo_surface_destroy (render (f, &camera, 1, closed));
  f->style.explode = 1;
  recolour (f);
  cairo_surface_destroy (render (f, &camera, 1, open));
  g_assert_cmpfloat (f->volume->tiers.pitch, >, 2 * f->volume->tiers.thickness);
  g_assert_cmpuint (count_gap_rows (f, open), !=, count_gap_rows (f, closed));
}

static void
test_tier_range (Fixture *f, gconstpointer data)
{
  g_autofree guint32 *ids = g_new (guint32, WIDTH * HEIGHT);
  StrataStackCamera camera;

  f->style.first_tier = f->style.last_tier = 1;
  recolour (f);
  strata_stack_camera_preset (&camera, 1);
  cairo_surface_destroy (render (f, &camera, 1, ids));
  for (int i = 0; i < WIDTH * HEIGHT; i++)
    {
      StrataStackHit hit;

      if (strata_stack_volume_decode (f->volume, ids[i], &hit) && hit.kind == STRATA_STACK_HIT_ARRAY)
        g_assert_cmpint (hit.tier, ==, 1);
    }
  g_assert_cmpuint (count_layer (f, ids, 0), >, 1000);
}

static void
test_flat_map_agrees (Fixture *f, gconstpointer data)
{
  StrataRect rect = { 10, 20, 300, 200 }; /* 12 x 8 blocks of 25 px */
  StrataStackHit hit;

  g_assert_true (strata_tier_map_pick (f->volume, 4, &rect, 10 + 150, 20 + 150, &hit));
  g_assert_cmpint (hit.stack, ==, 4);
  g_assert_cmpint (hit.tier, ==, 4);
  g_assert_cmpint (hit.layer, ==, 2);
  g_assert_cmpint (hit.tile, ==, 18);
  g_assert_true (strata_tier_map_pick (f->volume, 2, &rect, 10 + 70, 20 + 10, &hit));
  g_assert_cmpint (hit.stack, ==, 0);
  g_assert_cmpint (hit.tile, ==, -1); /* right half of an array that layer 1 fills by half */
  g_assert_false (strata_tier_map_pick (f->volume, 2, &rect, 9, 30, &hit));
  g_assert_cmpint (hit.kind, ==, STRATA_STACK_HIT_NOTHING);
}

static void
test_strip (Fixture *f, gconstpointer data)
{
  StrataRect rect = { 0, 0, 60, 500 };
  double step = (strata_tier_strip_height (f->volume, 60) - 6) / 5;

  g_assert_cmpint (strata_tier_strip_pick (f->volume, 0, &rect, 30, 6 + step / 2), ==, 4);
  g_assert_cmpint (strata_tier_strip_pick (f->volume, 2 * step, &rect, 30, 6 + step / 2), ==, 2);
  g_assert_cmpint (strata_tier_strip_pick (f->volume, 0, &rect, 30, 6 + 5.5 * step), ==, -1);
  g_assert_cmpint (strata_tier_strip_pick (f->volume, 0, &rect, 61, 20), ==, -1);
}

static void
test_strip_folds_empty_tiers (Fixture *f, gconstpointer data)
{
  StrataRect rect = { 0, 0, 60, 500 };
  double all = strata_tier_strip_height (f->volume, 60);

  f->style.show_free = FALSE;
  recolour (f);
  /* of five tiers, the one below the top holds nothing */
  g_assert_cmpfloat (strata_tier_strip_height (f->volume, 60), <, all);
  for (int y = 6, seen = 5; y < (int) strata_tier_strip_height (f->volume, 60); y++)
    {
      int tier = strata_tier_strip_pick (f->volume, 0, &rect, 30, y);

      g_assert_true (tier == seen || tier == seen - 1);
      seen = tier;
    }
  f->style.mode = STRATA_STACK_MODE_TEMPERATURE;
  recolour (f);
  g_assert_cmpfloat (strata_tier_strip_height (f->volume, 60), ==, all);
}

/* The rest of an array belongs to its tile where plates are drawn; free arrays leave holes within their frame */
static void
test_plates (Fixture *f, gconstpointer data)
{
  StrataRect rect = { 10, 20, 240, 160 }; /* 20 pixels a block */
  StrataStackHit hit;
  gsize plane = (gsize) f->volume->tiers.nu * f->volume->tiers.nv;
  guint32 used, plate;

  f->style.plates = f->style.frames = TRUE;
  f->style.show_free = FALSE;
  recolour (f);
  g_assert_true (strata_tier_map_pick (f->volume, 2, &rect, 10 + 70, 20 + 10, &hit));
  g_assert_cmpint (hit.tile, ==, 12);
  used = f->volume->tiers.voxels[2 * plane];
  plate = f->volume->tiers.voxels[2 * plane + 3];
  g_assert_cmpuint (STRATA_VOXEL_ALPHA (plate), ==, 15);
  g_assert_cmpuint (STRATA_VOXEL_HEIGHT (plate), <, STRATA_VOXEL_HEIGHT (used));
  g_assert_cmpuint (plate & 0xffffff, !=, used & 0xffffff);
  /* tier 3 is empty: its corner is frame, the block beside the rim a hole */
  g_assert_cmpuint (STRATA_VOXEL_ALPHA (f->volume->tiers.voxels[3 * plane]), ==, 15);
  g_assert_cmpuint (STRATA_VOXEL_ALPHA (f->volume->tiers.voxels[3 * plane + f->volume->tiers.nu + 1]), ==, 0);
}

static void
test_fit_shows_free_arrays_of_full_chips (Fixture *f, gconstpointer data)
{
  /* 19 of 30 arrays hold weights; without the 12 of the lowest tiers, 7 do */
  strata_stack_style_fit (&f->style, &f->scene);
  g_assert_true (f->style.show_free && f->style.plates);
  f->scene.n_tiles -= 12;
  strata_stack_style_fit (&f->style, &f->scene);
  g_assert_false (f->style.show_free);
  f->scene.n_tiles += 12;
}

static void
test_zoom_keeps_the_point (Fixture *f, gconstpointer data)
{
  StrataStackCamera camera;
  StrataStackHit before, after;

  strata_stack_camera_preset (&camera, 2);
  g_assert_true (strata_stack_pick (f->volume, &camera, WIDTH, HEIGHT, 230, 120, &before));
  strata_stack_camera_zoom_at (&camera, f->volume, 3, 230 - WIDTH / 2.0, 120 - HEIGHT / 2.0, WIDTH, HEIGHT);
  g_assert_true (strata_stack_pick (f->volume, &camera, WIDTH, HEIGHT, 230, 120, &after));
  g_assert_cmpmem (&before, sizeof before, &after, sizeof after);
}

static void
test_scales (Fixture *f, gconstpointer data)
{
  StrataDrawScale scale;
  double temperature[30];

  g_assert_false (strata_stack_volume_scale (f->volume, &scale));
  f->style.mode = STRATA_STACK_MODE_ENERGY;
  recolour (f);
  g_assert_true (strata_stack_volume_scale (f->volume, &scale));
  g_assert_cmpfloat (scale.low, ==, 0);
  g_assert_cmpfloat_with_epsilon (scale.high, 3e-9, 1e-15);
  g_assert_false (scale.is_locked);
  f->style.scale_high = 1e-8;
  recolour (f);
  strata_stack_volume_scale (f->volume, &scale);
  g_assert_true (scale.is_locked);
  g_assert_cmpfloat (scale.high, ==, 1e-8);
  f->style.scale_high = NAN;
  f->style.mode = STRATA_STACK_MODE_TEMPERATURE;
  recolour (f);
  strata_stack_volume_scale (f->volume, &scale);
  g_assert_true (isnan (scale.low)); /* no temperatures: unavailable, not zero */
  for (int i = 0; i < 30; i++)
    temperature[i] = i == 3 ? NAN : 30 + i;
  f->scene.temperature_c = temperature;
  recolour (f);
  strata_stack_volume_scale (f->volume, &scale);
  g_assert_cmpfloat (scale.low, ==, 30);
  g_assert_cmpfloat (scale.high, ==, 59);
}

static void
test_bad_scenes (void)
{
  StrataStackTile tile = { 7, 0, 0, 0, 1, 0, 1, 1, 0, 0 };
  StrataDrawLayer layer = { "l", "Conv", "s", 0, 0, 1, 0 };
  StrataStackScene scenes[] = {
    { 0, 1, 1, 8, NULL, 0, NULL, 0, NULL, 0, NULL },
    { 1, 1, 1, 1, NULL, 0, NULL, 0, NULL, 0, NULL },
    { 4096, 4096, 4096, 64, NULL, 0, NULL, 0, NULL, 0, NULL },
    { 2, 2, 2, 8, &tile, 1, &layer, 1, NULL, 0, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (scenes); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (strata_stack_volume_new (&scenes[i], &error));
      g_assert_error (error, STRATA_DRAW_ERROR, STRATA_DRAW_ERROR_SCENE);
    }
}

/* Fractions that make no sense own blocks inside their array, and nothing else */
static void
test_odd_fractions (Fixture *f, gconstpointer data)
{
  StrataStackTile tile = { 2, 1, 0, NAN, -4, 9, 0.5f, NAN, NAN, NAN };
  StrataStackScene scene = f->scene;
  g_autoptr (StrataStackVolume) volume = NULL;

  scene.tiles = &tile;
  scene.n_tiles = 1;
  volume = strata_stack_volume_new (&scene, NULL);
  for (gint64 i = 0; i < strata_stack_volume_n_blocks (volume); i++)
    {
      StrataStackHit hit;

      g_assert_true (strata_stack_volume_decode (volume, 1 + (guint32) i, &hit));
      if (hit.tile >= 0)
        g_assert_cmpint (hit.stack, ==, 2);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/profiler/draw/stack/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("pick-agrees", test_pick_agrees);
  ADD ("lanes-equal-ref", test_lanes_equal_ref);
  ADD ("threads-change-nothing", test_threads_change_nothing);
  ADD ("hidden-layer-is-a-hole", test_hidden_layer_is_a_hole);
  ADD ("explode-opens-gaps", test_explode_opens_gaps);
  ADD ("tier-range", test_tier_range);
  ADD ("flat-map-agrees", test_flat_map_agrees);
  ADD ("strip", test_strip);
  ADD ("strip-folds-empty-tiers", test_strip_folds_empty_tiers);
  ADD ("plates", test_plates);
  ADD ("fit", test_fit_shows_free_arrays_of_full_chips);
  ADD ("zoom-keeps-the-point", test_zoom_keeps_the_point);
  ADD ("scales", test_scales);
  ADD ("odd-fractions", test_odd_fractions);
  g_test_add_func ("/profiler/draw/stack/bad-scenes", test_bad_scenes);
  return g_test_run ();
}
