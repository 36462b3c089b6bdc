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

static DrawScenes *
run_scenes (const StrataDrawTheme *theme, gsize n_events)
{
  DrawScenes *scenes = draw_scenes_new (8, 16, 8, 0.85, theme);

  draw_scenes_add_run (scenes, 812000000, n_events);
  return scenes;
}

static void
draw_timeline (cairo_t *cr, const StrataDrawTheme *theme, double zoom, gint32 selected, gsize n_events)
{
  g_autoptr (DrawScenes) scenes = run_scenes (theme, n_events);
  StrataRect rect = { 0, 0, WIDTH, HEIGHT }, plot;
  StrataTimelineStyle style;
  StrataViewport view = { 0 };

  strata_timeline_style_default (&style);
  strata_timeline_plot (&rect, &plot);
  strata_viewport_fit (&view, 0, scenes->timeline.duration_ps);
  strata_viewport_zoom (&view, zoom, plot.width * 0.41, plot.width, scenes->timeline.duration_ps);
  style.selected_layer = selected;
  style.playhead_ps = strata_viewport_time (&view, plot.width * 0.3, plot.width);
  if (selected >= 0)
    {
      style.range_from_ps = strata_viewport_time (&view, plot.width * 0.5, plot.width);
      style.range_to_ps = strata_viewport_time (&view, plot.width * 0.64, plot.width);
    }
  strata_timeline_draw (cr, &scenes->timeline, &style, &view, theme, &rect);
}

static void
timeline_full (cairo_t *cr, const StrataDrawTheme *theme)
{
  draw_timeline (cr, theme, 1, -1, 400);
}

static void
timeline_dense (cairo_t *cr, const StrataDrawTheme *theme)
{
  draw_timeline (cr, theme, 1, -1, 60000);
}

static void
timeline_zoomed (cairo_t *cr, const StrataDrawTheme *theme)
{
  draw_timeline (cr, theme, 40, 4, 600);
}

static void
timeline_nanoseconds (cairo_t *cr, const StrataDrawTheme *theme)
{
  draw_timeline (cr, theme, 400000, -1, 60000);
}

static void
power (cairo_t *cr, const StrataDrawTheme *theme)
{
  g_autoptr (DrawScenes) scenes = run_scenes (theme, 100);
  StrataRect top = { 0, 0, WIDTH, 380 }, middle = { 0, 386, WIDTH, 350 }, bottom = { 0, 742, WIDTH, 52 };
  StrataViewport view = { 0 };
  StrataPowerStyle style;

  strata_power_style_default (&style);
  strata_viewport_fit (&view, 0, scenes->power.duration_ps);
  style.playhead_ps = 3.1e8;
  strata_power_draw (cr, &scenes->power, &style, &view, theme, &top);
  strata_energy_draw (cr, &scenes->energy, theme, &middle);
  style.range_from_ps = 2e8;
  style.range_to_ps = 4.4e8;
  strata_scrubber_draw (cr, &scenes->power, &style, theme, &bottom);
}

static void
overview (cairo_t *cr, const StrataDrawTheme *theme)
{
  g_autoptr (DrawScenes) scenes = run_scenes (theme, 100);
  StrataRect rect = { 0, 0, WIDTH, HEIGHT };

  strata_overview_draw (cr, &scenes->overview, theme, &rect);
}

static void
overview_narrow (cairo_t *cr, const StrataDrawTheme *theme)
{
  g_autoptr (DrawScenes) scenes = run_scenes (theme, 100);
  StrataRect rect = { 0, 0, 420, HEIGHT }, table = { 440, 0, 400, HEIGHT }, error = { 860, 0, 420, 380 };
  StrataRect empty = { 860, 400, 420, 380 };
  StrataTimelineScene nothing = { 0 };
  StrataTimelineStyle style;
  StrataViewport view = { 0, 1e6, 0 };
  StrataDrawMessage message = { "The profile is damaged",
                                "run.strata: page 812 does not match its checksum. 40 of 41 "
                                "chunks of events can still be read.",
                                "strata validate --recover run.strata keeps what is whole.", TRUE };

  strata_overview_draw (cr, &scenes->overview, theme, &rect);
  strata_layer_table_draw (cr, &scenes->table, theme, &table);
  strata_message_draw (cr, theme, &message, &error);
  strata_timeline_style_default (&style);
  strata_timeline_draw (cr, &nothing, &style, &view, theme, &empty);
}

static void
layers (cairo_t *cr, const StrataDrawTheme *theme)
{
  g_autoptr (DrawScenes) scenes = run_scenes (theme, 100);
  StrataRect rect = { 12, 6, WIDTH - 24, HEIGHT - 12 };

  strata_layer_table_draw (cr, &scenes->table, theme, &rect);
}

static void
tier_maps (cairo_t *cr, const StrataDrawTheme *theme)
{
  g_autoptr (DrawScenes) scenes = draw_scenes_new (8, 16, 8, 0.85, theme);
  g_autoptr (StrataStackVolume) volume = strata_stack_volume_new (&scenes->stack, NULL);
  StrataRect strip = { 12, 0, 84, HEIGHT }, map = { 120, 18, 560, 560 }, base = { 700, 18, 560, 560 };
  StrataRect legend = { 120, 600, 400, 190 };
  StrataStackStyle style;

  strata_stack_style_default (&style, NULL);
  style.selected_layer = 14;
  strata_stack_volume_colour (volume, &scenes->stack, &style, theme);
  strata_tier_strip_draw (cr, volume, 3, 600, theme, &strip);
  strata_tier_map_draw (cr, volume, 3, theme, &map, TRUE);
  strata_tier_map_draw (cr, volume, -1, theme, &base, TRUE);
  strata_legend_layers_draw (cr, theme, scenes->stack.layers, scenes->stack.n_layers, 14, &legend);
}

static void
stack_vector (cairo_t *cr, const StrataDrawTheme *theme)
{
  g_autoptr (DrawScenes) scenes = draw_scenes_new (4, 9, 8, 0.8, theme);
  g_autoptr (StrataStackVolume) volume = strata_stack_volume_new (&scenes->stack, NULL);
  StrataRect rect = { 0, 0, WIDTH, HEIGHT };
  StrataStackCamera camera;
  StrataStackStyle style;

  strata_stack_style_default (&style, NULL);
  style.explode = 0.8;
  strata_stack_volume_colour (volume, &scenes->stack, &style, theme);
  strata_stack_camera_preset (&camera, 1);
  strata_stack_draw_vector (cr, volume, &camera, theme, &rect);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    Painter painter;
  } painters[] = {
    { "stack-layers", stack_layers },
    { "stack-exploded", stack_exploded },
    { "stack-tall", stack_tall },
    { "stack-heat", stack_heat },
    { "stack-selected", stack_selected },
    { "stack-ghost", stack_ghost },
    { "stack-holes", stack_holes },
    { "stack-vector", stack_vector },
    { "tier-maps", tier_maps },
    { "timeline-full", timeline_full },
    { "timeline-dense", timeline_dense },
    { "timeline-zoomed", timeline_zoomed },
    { "timeline-ns", timeline_nanoseconds },
    { "power", power },
    { "overview", overview },
    { "overview-narrow", overview_narrow },
    { "layers", layers },
  };
  const char *directory = argc > 1 ? argv[1] : ".";

  for (gsize i = 0; i < G_N_ELEMENTS (painters); i++)
    if (argc < 3 || g_strrstr (painters[i].name, argv[2]) != NULL)
      save (directory, painters[i].name, painters[i].painter);
  return 0;
}
