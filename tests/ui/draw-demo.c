/* SPDX-License-Identifier: Apache-2.0
 *
 * Draws every painter in both themes into PNG files: draw-demo DIRECTORY. For eyes, not for assertions.
 */
#include "draw-scenes.h"

#include <stdio.h>

#define WIDTH 1280
#define HEIGHT 800

typedef void (*Painter) (cairo_t *cr, const StrataDrawTheme *theme);

static void
save (const char *directory, const char *name, Painter painter)
{
  for (int dark = 0; dark < 2; dark++)
    {
      cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
      cairo_t *cr = cairo_create (surface);
      g_autofree char *path = g_strdup_printf ("%s/%s-%s.png", directory, name, dark ? "dark" : "light");
      StrataDrawTheme theme;

      if (dark)
        strata_draw_theme_dark (&theme);
      else
        strata_draw_theme_light (&theme);
      cairo_set_source_rgb (cr, (theme.background >> 16) / 255.0, (theme.background >> 8 & 255) / 255.0,
                            (theme.background & 255) / 255.0);
      cairo_paint (cr);
      painter (cr, &theme);
      if (cairo_surface_write_to_png (surface, path) != CAIRO_STATUS_SUCCESS)
        fprintf (stderr, "%s: not written\n", path);
      cairo_destroy (cr);
      cairo_surface_destroy (surface);
    }
}

static void
draw_stack (
  cairo_t *cr, const StrataDrawTheme *theme, const StrataStackStyle *style, gint32 mesh, gint32 n_tiers, guint preset)
{
  g_autoptr (DrawScenes) scenes = draw_scenes_new (mesh, n_tiers, 8, 0.85, theme);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataStackVolume) volume = strata_stack_volume_new (&scenes->stack, &error);
  StrataRect rect = { 0, 0, WIDTH, HEIGHT }, legend = { 18, 18, 220, HEIGHT - 36 };
  StrataStackCamera camera;
  StrataDrawScale scale;

  g_assert_no_error (error);
  strata_stack_volume_colour (volume, &scenes->stack, style, theme);
  strata_stack_camera_preset (&camera, preset);
  strata_stack_draw (cr, volume, &camera, theme, &rect, 2);
  if (strata_stack_volume_scale (volume, &scale))
    {
      legend.height = 40;
      strata_legend_scale_draw (cr, theme, &scale, &legend);
    }
  else
    strata_legend_layers_draw (cr, theme, scenes->stack.layers, scenes->stack.n_layers, style->selected_layer, &legend);
}

static void
stack_layers (cairo_t *cr, const StrataDrawTheme *theme)
{
  StrataStackStyle style;

  strata_stack_style_default (&style, NULL);
  draw_stack (cr, theme, &style, 8, 16, 1);
}

static void
stack_exploded (cairo_t *cr, const StrataDrawTheme *theme)
{
  StrataStackStyle style;

  strata_stack_style_default (&style, NULL);
  style.explode = 1;
  style.height_by_utilisation = TRUE;
  draw_stack (cr, theme, &style, 4, 12, 1);
}

static void
stack_tall (cairo_t *cr, const StrataDrawTheme *theme)
{
  StrataStackStyle style;

  strata_stack_style_default (&style, NULL);
  draw_stack (cr, theme, &style, 8, 64, 1);
}

static void
stack_heat (cairo_t *cr, const StrataDrawTheme *theme)
{
  StrataStackStyle style;

  strata_stack_style_default (&style, NULL);
  style.mode = STRATA_STACK_MODE_TEMPERATURE;
  style.explode = 0.5;
  draw_stack (cr, theme, &style, 8, 16, 1);
}

static void
stack_selected (cairo_t *cr, const StrataDrawTheme *theme)
{
  StrataStackStyle style;

  strata_stack_style_default (&style, NULL);
  style.selected_layer = 13;
  style.hover_tile = 700;
  draw_stack (cr, theme, &style, 8, 16, 1);
}

static void
stack_ghost (cairo_t *cr, const StrataDrawTheme *theme)
{
  StrataStackStyle style;

  strata_stack_style_default (&style, NULL);
  style.selected_layer = 11;
  style.ghost = TRUE;
  style.explode = 0.6;
  draw_stack (cr, theme, &style, 8, 16, 1);
}

static void
stack_holes (cairo_t *cr, const StrataDrawTheme *theme)
{
  StrataStackStyle style;
  guint8 hidden[21] = { 0 };

  hidden[17] = hidden[19] = hidden[20] = 1;
  strata_stack_style_default (&style, NULL);
  style.hidden_layers = hidden;
  style.show_free = FALSE;
  draw_stack (cr, theme, &style, 8, 16, 1);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    Painter painter;
  } painters[] = {
    { "stack-layers", stack_layers }, { "stack-exploded", stack_exploded }, { "stack-tall", stack_tall },
    { "stack-heat", stack_heat },     { "stack-selected", stack_selected }, { "stack-ghost", stack_ghost },
    { "stack-holes", stack_holes },
  };
  const char *directory = argc > 1 ? argv[1] : ".";

  for (gsize i = 0; i < G_N_ELEMENTS (painters); i++)
    if (argc < 3 || g_strrstr (painters[i].name, argv[2]) != NULL)
      save (directory, painters[i].name, painters[i].painter);
  return 0;
}
