/* SPDX-License-Identifier: Apache-2.0
 *
 * Milliseconds per picture of the stack at 1280 x 800: solid, holes, x-ray, supersampled, and recolouring. Not a gate.
 */
#include "draw-scenes.h"

#include <stdio.h>

#define WIDTH 1280
#define HEIGHT 800

static double
frame_ms (const StrataStackVolume *volume, guint supersample, guint n_threads)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, WIDTH, HEIGHT);
  StrataStackCamera camera;
  gint64 best = G_MAXINT64;

  strata_stack_camera_preset (&camera, 1);
  for (int i = 0; i < 8; i++)
    {
      gint64 start = g_get_monotonic_time (), took;

      camera.azimuth_deg += 7;
      strata_stack_render (volume, &camera, surface, supersample, n_threads, NULL);
      took = g_get_monotonic_time () - start;
      best = MIN (best, took);
    }
  cairo_surface_destroy (surface);
  return best / 1000.0;
}

static void
measure (gint32 mesh, gint32 n_tiers, gint32 blocks)
{
  StrataDrawTheme theme;
  StrataStackStyle style;
  guint8 hidden[21] = { [9] = 1, [16] = 1, [17] = 1, [19] = 1, [20] = 1 };
  gint64 start;
  double solid, threads, fine, holes, xray, ghost, build, colour;

  strata_draw_theme_dark (&theme);
  {
    g_autoptr (DrawScenes) scenes = draw_scenes_new (mesh, n_tiers, blocks, 0.9, &theme);
    g_autoptr (StrataStackVolume) volume = NULL;

    start = g_get_monotonic_time ();
    volume = strata_stack_volume_new (&scenes->stack, NULL);
    build = (g_get_monotonic_time () - start) / 1000.0;
    strata_stack_style_default (&style, &scenes->stack);
    start = g_get_monotonic_time ();
    strata_stack_volume_colour (volume, &scenes->stack, &style, &theme);
    colour = (g_get_monotonic_time () - start) / 1000.0;
    solid = frame_ms (volume, 1, 1);
    threads = frame_ms (volume, 1, 2);
    fine = frame_ms (volume, 2, 1);
    style.hidden_layers = hidden;
    style.show_free = FALSE;
    strata_stack_volume_colour (volume, &scenes->stack, &style, &theme);
    holes = frame_ms (volume, 1, 1);
    style.hidden_layers = NULL;
    style.show_free = TRUE;
    style.alpha = 0.25;
    strata_stack_volume_colour (volume, &scenes->stack, &style, &theme);
    xray = frame_ms (volume, 1, 1);
    style.alpha = 1;
    style.selected_layer = 13;
    style.ghost = TRUE;
    strata_stack_volume_colour (volume, &scenes->stack, &style, &theme);
    ghost = frame_ms (volume, 1, 1);
    printf ("%4d x %d² blocks (%5.2f M): solid %5.1f  2 threads %5.1f  2x2 %6.1f  holes %5.1f  x-ray %6.1f  ghost %6.1f"
            "  build %6.1f  recolour %5.1f ms\n",
            n_tiers, mesh * blocks, strata_stack_volume_n_blocks (volume) / 1e6, solid, threads, fine, holes, xray,
            ghost, build, colour);
  }
}

int
main (void)
{
  measure (4, 16, 8);
  measure (8, 16, 8);
  measure (8, 64, 8);
  measure (8, 256, 8);
  measure (16, 200, 16);
  return 0;
}
