/* SPDX-License-Identifier: Apache-2.0 */
#include "strata-profiler/strata-draw.h"

#define MS 1000000000LL

static void
test_zoom_keeps_the_point (void)
{
  StrataViewport view;

  strata_viewport_fit (&view, 0, 100 * MS);
  for (int i = 0; i < 30; i++)
    {
      double x = 100 + 23 * i, time = strata_viewport_time (&view, x, 1000);

      if (time < 0 || time > 100.0 * MS)
        continue;
      strata_viewport_zoom (&view, 1.5, x, 1000, 100 * MS);
      g_assert_cmpfloat_with_epsilon (strata_viewport_x (&view, time, 1000), x, 1e-3);
    }
  g_assert_cmpfloat (view.span_ps, <, 104.0 * MS / 1e4);
}

static void
test_zoom_limits (void)
{
  StrataViewport view;

  strata_viewport_fit (&view, 0, 100 * MS);
  strata_viewport_zoom (&view, 1e18, 500, 1000, 100 * MS);
  g_assert_cmpfloat (view.span_ps, ==, STRATA_VIEWPORT_MIN_SPAN_PS);
  strata_viewport_zoom (&view, 1e-18, 500, 1000, 100 * MS);
  g_assert_cmpfloat_with_epsilon (view.span_ps, 110.0 * MS, 1);
}

static void
test_pan_keeps_the_run_in_view (void)
{
  StrataViewport view;

  strata_viewport_fit (&view, 0, 100 * MS);
  strata_viewport_zoom (&view, 10, 500, 1000, 100 * MS);
  strata_viewport_pan (&view, -1e9, 1000, 100 * MS);
  g_assert_cmpfloat (view.start_ps + view.span_ps, <=, 105.0 * MS);
  g_assert_cmpfloat (view.start_ps, <, 100.0 * MS);
  strata_viewport_pan (&view, 1e9, 1000, 100 * MS);
  g_assert_cmpfloat (view.start_ps, <=, 0);
  g_assert_cmpfloat (view.start_ps + view.span_ps, >, 0);
}

static void
test_pan_moves_by_pixels (void)
{
  StrataViewport view = { 40.0 * MS, 10.0 * MS, 0 };

  strata_viewport_pan (&view, 100, 1000, 100 * MS);
  g_assert_cmpfloat_with_epsilon (view.start_ps, 39.0 * MS, 1e-3);
}

static void
test_steps (void)
{
  /* width 1000, at least 100 px: at least a tenth of the span */
  static const double second = 1e12;
  const struct
  {
    double span, step;
  } cases[] = {
    { 1000, 100 },
    { 1900, 200 },
    { 4000, 500 },
    { 2e6, 2e5 },
    { 100 * second, 10 * second },
    { 400 * second, 60 * second },
    { 1200 * second, 120 * second },
    { 36000 * second, 3600 * second },
    { 86400 * second, 18000 * second },
    { 20 * 86400 * second, 2 * 86400 * second },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      StrataViewport view = { 0, cases[i].span, 0 };

      g_assert_cmpint (strata_viewport_step (&view, 1000, 100), ==, (gint64) cases[i].step);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profiler/draw/viewport/zoom-keeps-the-point", test_zoom_keeps_the_point);
  g_test_add_func ("/profiler/draw/viewport/zoom-limits", test_zoom_limits);
  g_test_add_func ("/profiler/draw/viewport/pan-keeps-the-run-in-view", test_pan_keeps_the_run_in_view);
  g_test_add_func ("/profiler/draw/viewport/pan-moves-by-pixels", test_pan_moves_by_pixels);
  g_test_add_func ("/profiler/draw/viewport/steps", test_steps);
  return g_test_run ();
}
