/* SPDX-License-Identifier: Apache-2.0 */
#include "strata-profiler/strata-draw-charts.h"
#include "strata-profiler/strata-draw-timeline.h"

#include <math.h>

typedef struct
{
  StrataDrawTrack track;
  gint64 *start, *duration;
  gint32 *layer;
  gint64 end;
} Events;

/* Bursts and pauses of all sizes, some events of no length */
static Events
make_events (gsize n, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  Events e = { .start = g_new (gint64, n), .duration = g_new (gint64, n), .layer = g_new (gint32, n) };

  for (gsize i = 0; i < n; i++)
    {
      e.start[i] = e.end;
      e.duration[i] = g_rand_int_range (rand, 0, 10) == 0 ? 0 : (gint64) exp (g_rand_double_range (rand, 0, 12));
      e.layer[i] = g_rand_int_range (rand, -1, 9);
      e.end += e.duration[i] + (g_rand_int_range (rand, 0, 50) == 0 ? 5000000 : g_rand_int_range (rand, 0, 300));
    }
  e.track = (StrataDrawTrack){ "t", NULL, 0, n, e.start, e.duration, e.layer, NULL };
  e.track.index = strata_draw_index_new (&e.track);
  return e;
}

static void
free_events (Events *e)
{
  strata_draw_index_free ((StrataDrawIndex *) e->track.index);
  g_free (e->start);
  g_free (e->duration);
  g_free (e->layer);
}

static gsize
count_in_view (const Events *e, const StrataViewport *view)
{
  gsize n = 0;

  for (gsize i = 0; i < e->track.n_events; i++)
    n += e->start[i] + e->duration[i] >= view->start_ps && e->start[i] <= view->start_ps + view->span_ps;
  return n;
}

static gsize
count_folded (const GArray *spans)
{
  gsize n = 0;

  for (guint i = 0; i < spans->len; i++)
    n += g_array_index (spans, StrataTimelineSpan, i).n_events;
  return n;
}

static void
test_counts_add_up (void)
{
  Events e = make_events (20000, 7);

  for (double zoom = 1; zoom < 1e7; zoom *= 3.7)
    for (double at = 0; at < 1; at += 0.23)
      {
        StrataViewport view = { at * e.end, e.end / zoom, 0 };
        g_autoptr (GArray) spans = strata_timeline_fold (&e.track, &view, 900);

        g_assert_cmpuint (count_folded (spans), ==, count_in_view (&e, &view));
      }
  free_events (&e);
}

/* With and without a pyramid the same events are counted, and busy time is kept */
static void
test_index_changes_nothing (void)
{
  Events e = make_events (5000, 3);
  StrataDrawTrack plain = e.track;

  plain.index = NULL;
  for (double zoom = 1; zoom < 1e5; zoom *= 5)
    {
      StrataViewport view = { 0.2 * e.end, e.end / zoom, 0 };
      g_autoptr (GArray) a = strata_timeline_fold (&e.track, &view, 900);
      g_autoptr (GArray) b = strata_timeline_fold (&plain, &view, 900);

      g_assert_cmpuint (count_folded (a), ==, count_folded (b));
    }
  free_events (&e);
}

static void
test_work_is_bounded_by_pixels (void)
{
  Events e = make_events (300000, 11);
  StrataViewport view = { 0, e.end, 0 };
  g_autoptr (GArray) spans = strata_timeline_fold (&e.track, &view, 1000);

  g_assert_cmpuint (spans->len, <=, 1000);
  g_assert_cmpuint (count_folded (spans), ==, 300000);
  free_events (&e);
}

static void
test_busy_share (void)
{
  /* four events of 10 ps, 10 ps apart, on 8 ps per pixel: folded, half busy */
  gint64 start[] = { 0, 20, 40, 60 }, duration[] = { 10, 10, 10, 10 };
  gint32 layer[] = { 1, 1, 1, 1 };
  StrataDrawTrack track = { "t", NULL, 0, 4, start, duration, layer, NULL };
  StrataViewport view = { 0, 8000, 0 };
  g_autoptr (GArray) spans = strata_timeline_fold (&track, &view, 100);

  g_assert_cmpuint (spans->len, ==, 1);
  g_assert_cmpuint (g_array_index (spans, StrataTimelineSpan, 0).n_events, ==, 4);
  g_assert_cmpint (g_array_index (spans, StrataTimelineSpan, 0).layer, ==, 1);
  g_assert_cmpfloat_with_epsilon (g_array_index (spans, StrataTimelineSpan, 0).busy, 40.0 / 70, 1e-9);
}

static void
test_empty_track (void)
{
  StrataDrawTrack track = { "t", NULL, 0, 0, NULL, NULL, NULL, NULL };
  g_autoptr (StrataDrawIndex) index = strata_draw_index_new (&track);
  StrataViewport view = { 0, 1000, 0 };

  track.index = index;
  {
    g_autoptr (GArray) spans = strata_timeline_fold (&track, &view, 100);

    g_assert_cmpuint (spans->len, ==, 0);
  }
}

static void
test_pick (void)
{
  gint64 start[] = { 0, 500 }, duration[] = { 400, 300 };
  gint32 layer[] = { 2, 5 };
  StrataDrawTrack tracks[] = { { "a", "One", 0, 2, start, duration, layer, NULL },
                               { "b", "Two", 1, 2, start, duration, layer, NULL } };
  StrataTimelineScene scene = { .tracks = tracks, .n_tracks = 2, .duration_ps = 1000 };
  StrataRect rect = { 0, 0, 1132, 300 }, plot;
  StrataViewport view = { 0, 1000, 0 };
  StrataTimelineStyle style;
  StrataTimelineHit hit;

  strata_timeline_style_default (&style);
  strata_timeline_plot (&rect, &plot);
  g_assert_cmpfloat (plot.width, ==, 1000); /* a picosecond per pixel */
  /* heading 24, row 20, heading 24, row 20 */
  g_assert_true (strata_timeline_pick (&scene, &style, &view, &rect, plot.x + 600, plot.y + 34, &hit));
  g_assert_cmpint (hit.track, ==, 0);
  g_assert_cmpint (hit.event, ==, 1);
  g_assert_cmpint (hit.layer, ==, 5);
  g_assert_cmpfloat_with_epsilon (hit.time_ps, 600, 1e-6);
  g_assert_false (strata_timeline_pick (&scene, &style, &view, &rect, plot.x + 450, plot.y + 34, &hit));
  g_assert_cmpint (hit.track, ==, 0);
  g_assert_true (strata_timeline_pick (&scene, &style, &view, &rect, plot.x + 10, plot.y + 78, &hit));
  g_assert_cmpint (hit.track, ==, 1);
  g_assert_cmpint (hit.event, ==, 0);
  g_assert_false (strata_timeline_pick (&scene, &style, &view, &rect, plot.x + 10, plot.y + 50, &hit));
  g_assert_cmpint (hit.track, ==, -1);
  view.scroll_y = 44;
  g_assert_true (strata_timeline_pick (&scene, &style, &view, &rect, plot.x + 10, plot.y + 34, &hit));
  g_assert_cmpint (hit.track, ==, 1);
  g_assert_cmpfloat (strata_timeline_content_height (&scene, &style), >=, 88);
}

/* 100 mW for 10 ps, then 300 mW for 10 ps: means are energies over time */
static void
test_power_mean (void)
{
  gint64 time[] = { 0, 10 }, step[] = { 10, 10 };
  double power[2 * STRATA_N_COMPONENTS] = { 0 }, mean[STRATA_N_COMPONENTS], peak;
  StrataPowerScene scene = { 2, time, step, power, NAN, 20 };

  power[STRATA_COMPONENT_ADC] = 100;
  power[STRATA_N_COMPONENTS + STRATA_COMPONENT_ADC] = 250;
  power[STRATA_N_COMPONENTS + STRATA_COMPONENT_NOC] = 50;
  g_assert_cmpfloat_with_epsilon (strata_power_mean (&scene, 0, 20, mean, &peak), 200, 1e-9);
  g_assert_cmpfloat_with_epsilon (mean[STRATA_COMPONENT_ADC], 175, 1e-9);
  g_assert_cmpfloat_with_epsilon (mean[STRATA_COMPONENT_NOC], 25, 1e-9);
  g_assert_cmpfloat (peak, ==, 300);
  g_assert_cmpfloat_with_epsilon (strata_power_mean (&scene, 5, 15, mean, NULL), 200, 1e-9);
  g_assert_cmpfloat_with_epsilon (strata_power_mean (&scene, 12, 14, mean, NULL), 300, 1e-9);
  g_assert_true (isnan (strata_power_mean (&scene, 30, 40, mean, NULL)));
  power[STRATA_COMPONENT_NOC] = NAN;
  g_assert_cmpfloat_with_epsilon (strata_power_mean (&scene, 0, 10, mean, NULL), 100, 1e-9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profiler/draw/timeline/counts-add-up", test_counts_add_up);
  g_test_add_func ("/profiler/draw/timeline/index-changes-nothing", test_index_changes_nothing);
  g_test_add_func ("/profiler/draw/timeline/work-is-bounded-by-pixels", test_work_is_bounded_by_pixels);
  g_test_add_func ("/profiler/draw/timeline/busy-share", test_busy_share);
  g_test_add_func ("/profiler/draw/timeline/empty-track", test_empty_track);
  g_test_add_func ("/profiler/draw/timeline/pick", test_pick);
  g_test_add_func ("/profiler/draw/power/mean", test_power_mean);
  return g_test_run ();
}
