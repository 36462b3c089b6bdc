/* SPDX-License-Identifier: Apache-2.0
 *
 * What is under the pointer of a chart agrees with what is drawn there.
 */
#include "strata-profiler/strata-chart.h"

#include <math.h>

#define WIDTH 640
#define HEIGHT 300

static const double times[] = { 1e-3, 1e-1, 10, 1000 }, warm[] = { 40, 42, 60, 61 }, cool[] = { 40, NAN, 41, 43 };
static const StrataChartCurve curves[] = { { "warm", 4, times, warm, NULL, 1, FALSE },
                                           { "cool", 4, times, cool, NULL, 0, FALSE } };
static const StrataChart chart = { .title = "From cold",
                                   .note = "modelled",
                                   .x = { "time", "s", TRUE, NAN, NAN, NULL, NULL, 0 },
                                   .y = { "temperature", "°C", FALSE, NAN, NAN, NULL, NULL, 0 },
                                   .curves = curves,
                                   .n_curves = 2 };

/* Straight between points on the axis that is drawn: half way between 0.1 s and 10 s stands 1 s. */
static void
test_read (void)
{
  g_assert_cmpfloat (strata_chart_read (&chart, 0, 0.1), ==, 42);
  g_assert_cmpfloat_with_epsilon (strata_chart_read (&chart, 0, 1), 51, 1e-9);
  g_assert_cmpfloat_with_epsilon (strata_chart_read (&chart, 0, 1000), 61, 1e-9);
  g_assert_cmpfloat_with_epsilon (strata_chart_read (&chart, 1, 100), 42, 1e-9);
  g_assert_true (isnan (strata_chart_read (&chart, 1, 0.01)));
  g_assert_true (isnan (strata_chart_read (&chart, 0, 1e-4)));
  g_assert_true (isnan (strata_chart_read (&chart, 0, 1e4)));
}

static guint32
pixel (cairo_surface_t *surface, int x, int y)
{
  const guint8 *data = cairo_image_surface_get_data (surface);

  return ((const guint32 *) (gconstpointer) (data + y * cairo_image_surface_get_stride (surface)))[x] & 0xffffff;
}

/* The cursor is drawn at the pixel that it was picked at, with and without spans above the plot. */
static void
check_cursor (const StrataChart *drawn, double x, double y)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create (surface);
  StrataRect rect = { 0, 0, WIDTH, HEIGHT };
  StrataChart marked = *drawn;
  StrataDrawTheme theme;
  gboolean found = FALSE;

  strata_draw_theme_light (&theme);
  g_assert_true (strata_chart_pick (drawn, &theme, &rect, x, y, &marked.cursor));
  marked.has_cursor = TRUE;
  strata_chart_draw (cr, &marked, &theme, &rect);
  cairo_surface_flush (surface);
  /* where a curve does not cover it */
  for (int dx = -1; dx <= 1; dx++)
    found |= pixel (surface, (int) x + dx, (int) y) == theme.accent
             || pixel (surface, (int) x + dx, (int) y + 25) == theme.accent;
  g_assert_true (found);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
}

static void
test_pick (void)
{
  static const StrataChartSpan spans[] = { { "full", 0, 10, FALSE }, { "slow", 10, HUGE_VAL, TRUE } };
  StrataChart spanned = chart;
  StrataRect rect = { 0, 0, WIDTH, HEIGHT };
  StrataDrawTheme theme;
  double left, right;

  spanned.spans = spans;
  spanned.n_spans = 2;
  strata_draw_theme_light (&theme);
  for (double x = 100; x < 600; x += 77)
    {
      check_cursor (&chart, x, 120);
      check_cursor (&spanned, x, 120);
    }
  g_assert_false (strata_chart_pick (&chart, &theme, &rect, 10, 120, &left));
  g_assert_false (strata_chart_pick (&chart, &theme, &rect, 300, 5, &left));
  g_assert_false (strata_chart_pick (&chart, &theme, &rect, 300, HEIGHT - 5, &left));
  g_assert_true (strata_chart_pick (&chart, &theme, &rect, 64, 120, &left));
  g_assert_true (strata_chart_pick (&chart, &theme, &rect, WIDTH - 18, 120, &right));
  g_assert_cmpfloat_with_epsilon (left, 1e-3, 1e-9);
  g_assert_cmpfloat_with_epsilon (right, 1000, 1e-6);
  spanned.n_curves = 0;
  g_assert_false (strata_chart_pick (&spanned, &theme, &rect, 300, 120, &left));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profiler/draw/chart/read", test_read);
  g_test_add_func ("/profiler/draw/chart/pick", test_pick);
  return g_test_run ();
}
