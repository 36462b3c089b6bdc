/* SPDX-License-Identifier: Apache-2.0
 *
 * Painters against reference pictures in refs/. A failure leaves NAME.out.png, NAME.ref.png and NAME.diff.png in the
 * build folder. After an intended change: STRATA_UPDATE_REFS=1 meson test -C BUILD ui-images, then look at the
 * pictures.
 */
#include "draw-scenes.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH 640
#define HEIGHT 400
/* Fonts and their rasteriser may differ a little between machines: a share of pixels may, and each by some levels */
#define LEVELS 32
#define SHARE 0.01

typedef struct
{
  const char *name;
  gboolean is_dark;
  void (*paint) (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect);
} Case;

static void
paint_solid (cairo_t *cr,
             DrawScenes *scenes,
             const StrataStackStyle *style,
             const StrataDrawTheme *theme,
             const StrataRect *rect,
             guint preset)
{
  g_autoptr (StrataStackVolume) volume = strata_stack_volume_new (&scenes->stack, NULL);
  StrataStackCamera camera;

  strata_stack_volume_colour (volume, &scenes->stack, style, theme);
  strata_stack_camera_preset (&camera, preset);
  strata_stack_draw (cr, volume, &camera, theme, rect, 2);
}

static void
paint_stack (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  StrataStackStyle style;

  strata_stack_style_default (&style, &scenes->stack);
  paint_solid (cr, scenes, &style, theme, rect, 1);
}

static void
paint_exploded (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  StrataStackStyle style;

  strata_stack_style_default (&style, &scenes->stack);
  style.explode = 1;
  style.height_by_utilisation = TRUE;
  style.selected_layer = 17;
  paint_solid (cr, scenes, &style, theme, rect, 5);
}

static void
paint_xray (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  StrataStackStyle style;

  strata_stack_style_default (&style, &scenes->stack);
  style.ghost = TRUE;
  style.selected_layer = 12;
  paint_solid (cr, scenes, &style, theme, rect, 1);
}

static void
paint_heat (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  StrataStackStyle style;

  strata_stack_style_default (&style, &scenes->stack);
  style.mode = STRATA_STACK_MODE_TEMPERATURE;
  paint_solid (cr, scenes, &style, theme, rect, 3);
}

static void
paint_vector (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  g_autoptr (DrawScenes) small = draw_scenes_new (4, 6, 4, 0.8, theme);
  g_autoptr (StrataStackVolume) volume = strata_stack_volume_new (&small->stack, NULL);
  StrataStackCamera camera;
  StrataStackStyle style;

  strata_stack_style_default (&style, &small->stack);
  style.explode = 0.6;
  strata_stack_volume_colour (volume, &small->stack, &style, theme);
  strata_stack_camera_preset (&camera, 1);
  g_assert_true (strata_stack_draw_vector (cr, volume, &camera, theme, rect));
}

static void
paint_tiers (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  g_autoptr (StrataStackVolume) volume = strata_stack_volume_new (&scenes->stack, NULL);
  StrataRect strip = { 6, 0, 60, HEIGHT }, map = { 80, 10, 380, 380 }, base = { 470, 10, 160, 160 };

  strata_tier_strip_draw (cr, volume, 14, 0, theme, &strip);
  strata_tier_map_draw (cr, volume, 2, theme, &map, FALSE);
  strata_tier_map_draw (cr, volume, -1, theme, &base, FALSE);
}

static void
paint_timeline (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  StrataTimelineStyle style;
  StrataViewport view = { 0 };

  strata_timeline_style_default (&style);
  strata_viewport_fit (&view, 0, scenes->timeline.duration_ps);
  strata_viewport_zoom (&view, 9, 300, 500, scenes->timeline.duration_ps);
  style.selected_layer = 6;
  strata_timeline_draw (cr, &scenes->timeline, &style, &view, theme, rect);
}

static void
paint_power (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  StrataRect top = { 0, 0, WIDTH, HEIGHT - 60 }, bottom = { 0, HEIGHT - 54, WIDTH, 50 };
  StrataViewport view = { 0 };
  StrataPowerStyle style;

  strata_power_style_default (&style);
  style.playhead_ps = 2e8;
  strata_viewport_fit (&view, 0, scenes->power.duration_ps);
  strata_power_draw (cr, &scenes->power, &style, &view, theme, &top);
  strata_scrubber_draw (cr, &scenes->power, &style, theme, &bottom);
}

static void
paint_energy (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  strata_energy_draw (cr, &scenes->energy, theme, rect);
}

static void
paint_overview (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  strata_overview_draw (cr, &scenes->overview, theme, rect);
}

static void
paint_layers (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  strata_layer_table_draw (cr, &scenes->table, theme, rect);
}

static void
paint_empty (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  StrataTimelineScene nothing = { 0 };
  StrataTimelineStyle style;
  StrataViewport view = { 0, 1000, 0 };

  strata_timeline_style_default (&style);
  strata_timeline_draw (cr, &nothing, &style, &view, theme, rect);
}

/* Ages on a logarithmic axis with a zero, bands, dashes, a gap, names in place of numbers */
static void
paint_ages (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  static const double ages[] = { 0, 3600, 86400, 7 * 86400.0, 30 * 86400.0, 365 * 86400.0 };
  static const char *const names[] = { "0", "1 h", "1 d", "7 d", "30 d", "1 y" };
  static const double cool[] = { 90, 90, 89.8, 89.5, 89.1, 88.0 }, hot[] = { 90, 88, 81, 60, NAN, 22 };
  static const double deviation[] = { 0.3, 0.4, 1, 3, 3, 4 }, kept[] = { 90, 89.7, 89, 87.5, 86, 83 };
  const StrataChartCurve curves[] = {
    { "25 °C", 6, ages, cool, NULL, 0, FALSE },
    { "85 °C, as calibrated when new", 6, ages, hot, deviation, 1, TRUE },
    { "85 °C, calibrated again", 6, ages, kept, deviation, 1, FALSE },
  };
  const StrataChart chart = { "Accuracy against age",
                              "modelled",
                              { "age since programming", "s", TRUE, NAN, NAN, ages, names, 6 },
                              { "top-1 accuracy", "%", FALSE, 0, 100, NULL, NULL, 0 },
                              curves,
                              3 };

  strata_chart_draw (cr, &chart, theme, rect);
}

/* Numbers over eight decades beside a single point and no point */
static void
paint_decades (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  static const double tiers[] = { 16, 32, 64, 128, 256, 512 }, one[] = { 256 }, usd[] = { 0.02, 0.4, 9, 300, 2e4, 3e6 };
  static const double price[] = { 4.2 };
  const StrataChartCurve curves[] = { { "no spare tiers", 6, tiers, usd, NULL, 0, FALSE },
                                      { "four spare tiers", 1, one, price, NULL, 1, FALSE },
                                      { "eight", 0, one, price, NULL, 2, FALSE } };
  const StrataChart chart = { "Cost of a chip",
                              "modelled",
                              { "tiers per stack", "", FALSE, NAN, NAN, NULL, NULL, 0 },
                              { "cost", "USD", TRUE, NAN, NAN, NULL, NULL, 0 },
                              curves,
                              3 };

  strata_chart_draw (cr, &chart, theme, rect);
}

/* Spells, a limit that is reached and one that is far away, a cursor */
static void
paint_cold (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  enum
  {
    N = 81
  };
  static const StrataChartLine lines[] = { { "limit of the junction, 85 °C", 85, 1 },
                                           { "limit of the skin, 43 °C", 43, 0 } };
  static const StrataChartSpan spans[] = { { "full rate: 12.2 k/s", 0, 50, FALSE },
                                           { "skin: 9.24 k/s", 50, HUGE_VAL, TRUE } };
  double time_s[N], junction_c[N], skin_c[N];
  const StrataChartCurve curves[] = { { "junction", N, time_s, junction_c, NULL, 1, FALSE },
                                      { "skin", N, time_s, skin_c, NULL, 0, FALSE } };
  const StrataChart chart = { .title = "Continuous operation from cold",
                              .note = "Modelled, nominal",
                              .x = { "time from cold", "s", TRUE, NAN, NAN, NULL, NULL, 0 },
                              .y = { "temperature", "°C", FALSE, NAN, NAN, NULL, NULL, 0 },
                              .curves = curves,
                              .n_curves = 2,
                              .lines = lines,
                              .n_lines = 2,
                              .spans = spans,
                              .n_spans = 2,
                              .has_cursor = TRUE,
                              .cursor = 10,
                              .has_no_dots = TRUE,
                              .shows_note = TRUE };

  for (int i = 0; i < N; i++)
    {
      time_s[i] = pow (10, -4 + i * 6.5 / (N - 1));
      skin_c[i] = 40 + 3 * (1 - exp (-MIN (time_s[i], 50) / 20)) / (1 - exp (-2.5));
      junction_c[i] = 1.5 * (skin_c[i] - 40) + 40 + (time_s[i] < 50 ? 1 : 0.6) * (1 - exp (-time_s[i] / 1e-3));
    }
  strata_chart_draw (cr, &chart, theme, rect);
}

/* Terms that gain and lose, with whiskers over zero, without a value, without an end, without an error */
static void
paint_bars (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  static const char *const names[] = { "read", "thermal", "rounding", "a term with a name that is long", "clipping" };
  static const double gains[] = { 3.1, 1.2, 0.4, -0.3, NAN }, losses[] = { 4.2, 2.5, 0, 0.9, INFINITY };
  static const double gain_errors[] = { 0.4, 0.3, 0.5, 0.2, NAN }, loss_errors[] = { 0.6, 0.2, 0.1, NAN, NAN };
  const StrataBarSeries series[] = { { "left out, gains", gains, gain_errors },
                                     { "alone, loses", losses, loss_errors } };
  const StrataBars bars = { "Accuracy that each term costs", "modelled", "%", names, NULL, 5, series, 2 };

  g_assert_cmpfloat (strata_bars_height (&bars), <=, HEIGHT);
  strata_bars_draw (cr, &bars, theme, rect);
}

/* More rows than there is room for, of one series */
static void
paint_many_bars (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  enum
  {
    N = 40
  };
  const char *names[N];
  double values[N];
  const StrataBarSeries series = { "signal over noise", values, NULL };
  const StrataBars bars = { "Signal over noise of each layer", "modelled", "dB", names, NULL, N, &series, 1 };

  for (int i = 0; i < N; i++)
    names[i] = i % 2 == 0 ? "conv" : "dense", values[i] = 20 + 15 * sin (i);
  g_assert_cmpfloat (strata_bars_height (&bars), >, HEIGHT);
  strata_bars_draw (cr, &bars, theme, rect);
}

/* A governor above two units: two spells in the run */
static void
paint_governor (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  static const gint64 start_ps[] = { 0, 500000000 }, duration_ps[] = { 500000000, 312000000 };
  static const gint32 layers[] = { -1, -1 };
  static const char *const texts[] = { "full rate, 12.2 k/s; throttles for skin after 500 µs",
                                       "9.24 k/s, held by skin" };
  static const gboolean warns[] = { FALSE, TRUE };
  StrataDrawTrack tracks[3] = { { "rate from cold", "Governor", -1, 2, start_ps, duration_ps, layers, texts, warns,
                                  NULL },
                                scenes->timeline.tracks[0],
                                scenes->timeline.tracks[1] };
  StrataTimelineScene scene = scenes->timeline;
  StrataTimelineStyle style;
  StrataViewport view = { 0 };

  scene.tracks = tracks;
  scene.n_tracks = 3;
  scene.n_drops = 0;
  strata_timeline_style_default (&style);
  style.selected_layer = 6;
  strata_viewport_fit (&view, 0, scene.duration_ps);
  strata_timeline_draw (cr, &scene, &style, &view, theme, rect);
}

/* A chip that is warm at one corner, @range_k from end to end; the base is the warmest of a stack */
static void
paint_temperatures (
  cairo_t *cr, gint32 mesh, gint32 n_tiers, double range_k, const StrataDrawTheme *theme, const StrataRect *rect)
{
  StrataHeatPlace hottest, coolest;
  gsize n_here = (gsize) n_tiers + 1, n = (gsize) mesh * (gsize) mesh * n_here;
  g_autofree double *temperature_c = g_new (double, n);
  StrataHeatScene scene = {
    "resnet18 on a chip", "modelled (timing)", mesh, mesh, n_tiers, temperature_c, 300, 0, 50.5, 41.68, 40
  };

  for (gsize i = 0; i < n; i++)
    {
      double x = (double) (i / n_here % (gsize) mesh) - 0.6 * mesh;
      double y = (double) (i / n_here / (gsize) mesh) - 0.3 * mesh;

      temperature_c[i] =
        50.53
        + range_k * exp (-(x * x + y * y) / (0.3 * mesh * mesh)) * (1 - 0.7 * (double) (i % n_here) / (double) n_here);
    }
  g_assert_true (strata_heat_scene_ends (&scene, &hottest, &coolest));
  scene.junction_c = hottest.temperature_c;
  strata_heat_map_draw (cr, &scene, theme, rect);
}

static void
paint_map (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  paint_temperatures (cr, 8, 16, 0.26, theme, rect);
}

static void
paint_tall (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  paint_temperatures (cr, 8, 256, 0.003, theme, rect);
}

static void
paint_planar (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  paint_temperatures (cr, 70, 1, 12, theme, rect);
}

static void
paint_single (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  paint_temperatures (cr, 1, 32, 1.3, theme, rect);
}

static void
paint_unknown (cairo_t *cr, DrawScenes *scenes, const StrataDrawTheme *theme, const StrataRect *rect)
{
  const StrataHeatScene scene = { .title = "a model on a board", .fidelity = "measured", .mesh_x = 8, .mesh_y = 8 };

  strata_heat_map_draw (cr, &scene, theme, rect);
}

static const Case cases[] = {
  { "stack", TRUE, paint_stack },         { "exploded", FALSE, paint_exploded },
  { "ghost", TRUE, paint_xray },          { "heat", TRUE, paint_heat },
  { "vector", FALSE, paint_vector },      { "tiers", TRUE, paint_tiers },
  { "timeline", TRUE, paint_timeline },   { "power", FALSE, paint_power },
  { "energy", TRUE, paint_energy },       { "overview", FALSE, paint_overview },
  { "layers", TRUE, paint_layers },       { "empty", FALSE, paint_empty },
  { "ages", FALSE, paint_ages },          { "decades", TRUE, paint_decades },
  { "map-light", FALSE, paint_map },      { "map-dark", TRUE, paint_map },
  { "map-tall", TRUE, paint_tall },       { "map-planar", FALSE, paint_planar },
  { "map-single", TRUE, paint_single },   { "map-unknown", FALSE, paint_unknown },
  { "cold-light", FALSE, paint_cold },    { "cold-dark", TRUE, paint_cold },
  { "governor", FALSE, paint_governor },  { "bars", FALSE, paint_bars },
  { "bars-many", TRUE, paint_many_bars },
};

static cairo_surface_t *
paint (const Case *c)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create (surface);
  cairo_font_options_t *options = cairo_font_options_create ();
  StrataRect rect = { 0, 0, WIDTH, HEIGHT };
  StrataDrawTheme theme;
  g_autoptr (DrawScenes) scenes = NULL;

  if (c->is_dark)
    strata_draw_theme_dark (&theme);
  else
    strata_draw_theme_light (&theme);
  theme.font_family = "DejaVu Sans";
  cairo_font_options_set_antialias (options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style (options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics (options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options (cr, options);
  cairo_set_source_rgb (cr, (theme.background >> 16) / 255.0, (theme.background >> 8 & 255) / 255.0,
                        (theme.background & 255) / 255.0);
  cairo_paint (cr);
  scenes = draw_scenes_new (8, 16, 4, 0.85, &theme);
  draw_scenes_add_run (scenes, 812000000, 900);
  c->paint (cr, scenes, &theme, &rect);
  g_assert_cmpint (cairo_status (cr), ==, CAIRO_STATUS_SUCCESS);
  cairo_font_options_destroy (options);
  cairo_destroy (cr);
  return surface;
}

static gboolean
differ (guint32 a, guint32 b)
{
  for (int shift = 0; shift < 24; shift += 8)
    if (abs ((int) (a >> shift & 255) - (int) (b >> shift & 255)) > LEVELS)
      return TRUE;
  return FALSE;
}

/* Number of pixels that differ; those become red in @diff */
static gsize
compare (cairo_surface_t *out, cairo_surface_t *ref, cairo_surface_t *diff)
{
  gsize n = 0;

  cairo_surface_flush (diff);
  for (int y = 0; y < HEIGHT; y++)
    {
      const guint32 *a =
        (const void *) (cairo_image_surface_get_data (out) + (gsize) y * cairo_image_surface_get_stride (out));
      const guint32 *b =
        (const void *) (cairo_image_surface_get_data (ref) + (gsize) y * cairo_image_surface_get_stride (ref));
      guint32 *d = (void *) (cairo_image_surface_get_data (diff) + (gsize) y * cairo_image_surface_get_stride (diff));

      for (int x = 0; x < WIDTH; x++)
        {
          gboolean wrong = differ (a[x], b[x]);

          n += wrong;
          d[x] = wrong ? 0xff0000 : (a[x] >> 2 & 0x3f3f3f);
        }
    }
  cairo_surface_mark_dirty (diff);
  return n;
}

static void
write_png (cairo_surface_t *surface, const char *name, const char *what)
{
  g_autofree char *file = g_strdup_printf ("%s.%s.png", name, what);
  g_autofree char *path = g_test_build_filename (G_TEST_BUILT, file, NULL);

  if (cairo_surface_write_to_png (surface, path) == CAIRO_STATUS_SUCCESS)
    g_test_message ("%s", path);
}

static void
test_image (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *file = g_strdup_printf ("%s.ref.png", c->name);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "refs", file, NULL);
  cairo_surface_t *out = paint (c), *ref, *diff;
  gsize n_wrong = WIDTH * HEIGHT;

  if (g_getenv ("STRATA_UPDATE_REFS") != NULL)
    g_assert_cmpint (cairo_surface_write_to_png (out, path), ==, CAIRO_STATUS_SUCCESS);
  ref = cairo_image_surface_create_from_png (path);
  diff = cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  if (cairo_image_surface_get_width (ref) == WIDTH && cairo_image_surface_get_height (ref) == HEIGHT)
    n_wrong = compare (out, ref, diff);
  if (n_wrong > SHARE * WIDTH * HEIGHT)
    {
      write_png (out, c->name, "out");
      if (cairo_surface_status (ref) == CAIRO_STATUS_SUCCESS)
        write_png (ref, c->name, "ref");
      write_png (diff, c->name, "diff");
      g_test_message ("%s: %" G_GSIZE_FORMAT " pixels differ from %s", c->name, n_wrong, path);
      g_test_fail ();
    }
  cairo_surface_destroy (out);
  cairo_surface_destroy (ref);
  cairo_surface_destroy (diff);
}

/* The same scene drawn twice is the same picture: painters keep nothing */
static void
test_no_state (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      cairo_surface_t *a = paint (&cases[i]), *b = paint (&cases[i]);
      gsize n_bytes = (gsize) HEIGHT * cairo_image_surface_get_stride (a);

      cairo_surface_flush (a);
      cairo_surface_flush (b);
      g_assert_cmpmem (cairo_image_surface_get_data (a), n_bytes, cairo_image_surface_get_data (b), n_bytes);
      cairo_surface_destroy (a);
      cairo_surface_destroy (b);
    }
}

/* No painter fails or paints outside at sizes nobody wants */
static void
test_odd_sizes (void)
{
  static const double sizes[][2] = { { 1, 1 }, { 3, 400 }, { 400, 3 }, { 40, 40 }, { 90, 60 }, { 2000, 30 } };
  StrataDrawTheme theme;
  g_autoptr (DrawScenes) scenes = NULL;

  strata_draw_theme_light (&theme);
  scenes = draw_scenes_new (2, 3, 4, 0.8, &theme);
  draw_scenes_add_run (scenes, 812000000, 50);
  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
      {
        cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 400, 400);
        cairo_t *cr = cairo_create (surface);
        StrataRect rect = { 0, 0, sizes[s][0], sizes[s][1] };

        cases[i].paint (cr, scenes, &theme, &rect);
        g_assert_cmpint (cairo_status (cr), ==, CAIRO_STATUS_SUCCESS);
        cairo_destroy (cr);
        cairo_surface_destroy (surface);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/profiler/draw/images/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_image);
    }
  g_test_add_func ("/profiler/draw/images/no-state", test_no_state);
  g_test_add_func ("/profiler/draw/images/odd-sizes", test_odd_sizes);
  return g_test_run ();
}
