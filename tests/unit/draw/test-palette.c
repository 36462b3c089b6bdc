/* SPDX-License-Identifier: Apache-2.0 */
#include "strata-profiler/strata-draw.h"

#include <math.h>

static double
distance (guint32 a, guint32 b)
{
  double sum = 0;

  for (int shift = 0; shift < 24; shift += 8)
    sum += pow ((double) (a >> shift & 255) - (double) (b >> shift & 255), 2);
  return sqrt (sum);
}

/* Published OKLab values of pure colours: white L = 1, red L = 0.628 C = 0.258 h = 29.2, blue L = 0.452 h = 264 */
static void
test_oklch_known (void)
{
  g_assert_cmphex (strata_draw_oklch (1, 0, 0), ==, 0xffffff);
  g_assert_cmphex (strata_draw_oklch (0, 0, 0), ==, 0x000000);
  g_assert_cmpfloat (distance (strata_draw_oklch (0.62796, 0.25768, 29.234), 0xff0000), <, 3);
  g_assert_cmpfloat (distance (strata_draw_oklch (0.45201, 0.31321, 264.052), 0x0000ff), <, 3);
  g_assert_cmpfloat_with_epsilon (strata_draw_lightness (0xff0000), 0.62796, 0.001);
}

/* Outside of sRGB, lightness stays */
static void
test_gamut (void)
{
  for (int hue = 0; hue < 360; hue += 15)
    for (double l = 0.2; l < 0.95; l += 0.1)
      g_assert_cmpfloat_with_epsilon (strata_draw_lightness (strata_draw_oklch (l, 0.4, hue)), l, 0.012);
}

static void
test_sequential_is_uniform (void)
{
  double before = strata_draw_lightness (strata_draw_sequential (0));

  for (int i = 1; i <= 64; i++)
    {
      double l = strata_draw_lightness (strata_draw_sequential (i / 64.0));

      g_assert_cmpfloat_with_epsilon (l - before, 0.65 / 64, 0.006);
      before = l;
    }
  g_assert_cmphex (strata_draw_sequential (-3), ==, strata_draw_sequential (0));
  g_assert_cmphex (strata_draw_sequential (7), ==, strata_draw_sequential (1));
  g_assert_cmphex (strata_draw_sequential (NAN), ==, 0x777777);
}

static void
test_diverging_is_even (void)
{
  StrataDrawTheme theme;

  for (int dark = 0; dark < 2; dark++)
    {
      if (dark)
        strata_draw_theme_dark (&theme);
      else
        strata_draw_theme_light (&theme);
      for (double t = 0; t <= 1; t += 0.125)
        g_assert_cmpfloat_with_epsilon (strata_draw_lightness (strata_draw_diverging (t, &theme)),
                                        strata_draw_lightness (strata_draw_diverging (-t, &theme)), 0.01);
      g_assert_cmpfloat (distance (strata_draw_diverging (1, &theme), strata_draw_diverging (-1, &theme)), >, 100);
    }
}

static void
make_layers (StrataDrawLayer *layers, gint32 n_stages, gint32 per_stage)
{
  for (gint32 i = 0; i < n_stages * per_stage; i++)
    layers[i] = (StrataDrawLayer){ "l", "Conv", "s", i / per_stage, i % per_stage, per_stage, 0 };
}

/* 4 stages of 5: direct neighbours and all stages can be told apart, in both themes */
static void
test_layers_differ (void)
{
  StrataDrawLayer layers[20];
  StrataDrawTheme theme;

  for (int dark = 0; dark < 2; dark++)
    {
      if (dark)
        strata_draw_theme_dark (&theme);
      else
        strata_draw_theme_light (&theme);
      make_layers (layers, 4, 5);
      strata_draw_colour_layers (layers, 20, &theme);
      for (int i = 0; i < 20; i++)
        {
          double contrast = fabs (strata_draw_lightness (layers[i].colour) - strata_draw_lightness (theme.background));

          g_assert_cmpfloat (contrast, >, 0.2);
          if (i > 0)
            g_assert_cmpfloat (distance (layers[i].colour, layers[i - 1].colour), >, 12);
          for (int j = 0; j < i; j++)
            if (i / 5 != j / 5)
              g_assert_cmpfloat (distance (layers[i].colour, layers[j].colour), >, 20);
        }
    }
}

static void
test_many_layers (void)
{
  g_autofree StrataDrawLayer *layers = g_new (StrataDrawLayer, 4000);
  StrataDrawTheme theme;

  strata_draw_theme_dark (&theme);
  make_layers (layers, 1, 4000);
  strata_draw_colour_layers (layers, 4000, &theme);
  for (int i = 1; i < 4000; i++)
    g_assert_cmphex (layers[i].colour, !=, layers[i - 1].colour);
  layers[0].stage_index = G_MAXINT32; /* nonsense must not crash */
  layers[1].index_in_stage = -5;
  strata_draw_colour_layers (layers, 4000, &theme);
  strata_draw_colour_layers (NULL, 0, &theme);
}

static void
test_components_differ (void)
{
  StrataDrawTheme theme;

  strata_draw_theme_dark (&theme);
  for (gint a = 0; a < STRATA_N_COMPONENTS; a++)
    for (gint b = 0; b < a; b++)
      g_assert_cmpfloat (distance (strata_draw_component_colour (a, &theme), strata_draw_component_colour (b, &theme)),
                         >, 22);
}

static void
test_dim_goes_to_background (void)
{
  StrataDrawTheme theme;
  guint32 dimmed;

  strata_draw_theme_light (&theme);
  dimmed = strata_draw_dim (0x1060c0, &theme);
  g_assert_cmpfloat (distance (dimmed, theme.background), <, distance (0x1060c0, theme.background) / 2);
  g_assert_cmphex (dimmed, !=, theme.background);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profiler/draw/palette/oklch-known", test_oklch_known);
  g_test_add_func ("/profiler/draw/palette/gamut", test_gamut);
  g_test_add_func ("/profiler/draw/palette/sequential-is-uniform", test_sequential_is_uniform);
  g_test_add_func ("/profiler/draw/palette/diverging-is-even", test_diverging_is_even);
  g_test_add_func ("/profiler/draw/palette/layers-differ", test_layers_differ);
  g_test_add_func ("/profiler/draw/palette/many-layers", test_many_layers);
  g_test_add_func ("/profiler/draw/palette/components-differ", test_components_differ);
  g_test_add_func ("/profiler/draw/palette/dim-goes-to-background", test_dim_goes_to_background);
  return g_test_run ();
}
