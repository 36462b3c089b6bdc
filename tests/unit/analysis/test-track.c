/* SPDX-License-Identifier: Apache-2.0
 *
 * The pyramid against sums over every event, on random tracks: back to back, with gaps, overlapping, of no length.
 */
#include "analysis/track.h"

#define MAX_EVENTS 3000

typedef struct
{
  gint64 start[MAX_EVENTS], duration[MAX_EVENTS], energy[MAX_EVENTS], actions[MAX_EVENTS];
  gint32 layer[MAX_EVENTS], other[MAX_EVENTS];
  gint16 tier[MAX_EVENTS];
  guint8 flags[MAX_EVENTS];
  StrataProfileEvents events;
} Made;

/* @kind: 0 back to back, 1 gaps, 2 overlapping, 3 many of no length, 4 huge times and energies */
static Made *
make (GRand *random, gsize n, int kind)
{
  Made *made = g_new0 (Made, 1);
  gint64 time = g_rand_int_range (random, 0, 50), scale = kind == 4 ? G_GINT64_CONSTANT (1) << 36 : 1;

  for (gsize i = 0; i < n; i++)
    {
      made->start[i] = time;
      made->duration[i] = scale * (kind == 3 && i % 2 == 0 ? 0 : g_rand_int_range (random, 1, 60));
      made->energy[i] = scale * g_rand_int_range (random, 0, 1000);
      made->layer[i] = g_rand_int_range (random, -1, 9);
      time += kind == 2 ? scale * g_rand_int_range (random, 0, 20) : made->duration[i];
      if (kind == 1 && i % 7 == 0)
        time += g_rand_int_range (random, 0, 900);
    }
  made->events = (StrataProfileEvents){ n,           made->start, made->duration, made->energy, made->actions,
                                        made->layer, made->other, made->other,    made->tier,   made->flags };
  return made;
}

/* By definition, event by event. */
static StrataTrackSpan
sum_naively (const StrataProfileEvents *events, gint64 from, gint64 to)
{
  StrataTrackSpan span = { .longest_layer = -1 };
  gint64 longest = -1;

  for (gsize i = 0; i < events->n_events; i++)
    {
      gint64 start = events->start_ps[i], duration = events->duration_ps[i], energy = events->energy_fj[i];
      gint64 low = MAX (start, from), high = MIN (start + duration, to);
      gboolean starts_inside = start >= from && start < to;

      if (!starts_inside && low >= high)
        continue;
      span.busy_ps += high - low;
      if (duration == 0)
        span.energy_fj += energy;
      else
        span.energy_fj += (gint64) ((__int128) energy * (high - start) / duration)
                          - (gint64) ((__int128) energy * (low - start) / duration);
      span.n_events += starts_inside;
      if (duration > 0)
        span.max_power_mw = MAX (span.max_power_mw, (float) ((double) energy / (double) duration));
      if (high - low > longest)
        {
          longest = high - low;
          span.longest_layer = events->layer[i];
        }
    }
  span.longest_ps = MAX (longest, 0);
  return span;
}

static void
assert_same (const StrataTrackSpan *a, const StrataTrackSpan *b)
{
  g_assert_cmpint (a->busy_ps, ==, b->busy_ps);
  g_assert_cmpint (a->energy_fj, ==, b->energy_fj);
  g_assert_cmpint (a->n_events, ==, b->n_events);
  g_assert_cmpint (a->longest_ps, ==, b->longest_ps);
  g_assert_cmpint (a->longest_layer, ==, b->longest_layer);
  g_assert_cmpfloat (a->max_power_mw, ==, b->max_power_mw);
}

static gint64
random_time (GRand *random, gint64 end)
{
  return (gint64) (g_rand_double_range (random, -0.1, 1.1) * (double) end);
}

static const gsize sizes[] = { 0, 1, 15, 16, 17, 255, 256, 257, 3000 };

static void
test_span (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  for (int kind = 0; kind < 5; kind++)
    for (gsize size = 0; size < G_N_ELEMENTS (sizes); size++)
      {
        g_autofree Made *made = make (random, sizes[size], kind);
        gint64 end = sizes[size] > 0 ? made->start[sizes[size] - 1] + made->duration[sizes[size] - 1] : 100;
        StrataTrack track;

        strata_track_init (&track, &made->events);
        for (int i = 0; i < 200; i++)
          {
            gint64 from = random_time (random, end), to = random_time (random, end);
            StrataTrackSpan span, naive = sum_naively (&made->events, from, from < to ? to : from);

            strata_track_span (&track, from, to, &span);
            assert_same (&span, &naive);
          }
        strata_track_finish (&track);
      }
}

/* Pieces of any cut add up to the whole. */
static void
test_pieces (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (2);

  for (int kind = 0; kind < 5; kind++)
    {
      g_autofree Made *made = make (random, 3000, kind);
      gint64 end = made->start[2999] + 100 * (G_GINT64_CONSTANT (1) << 36), energy = 0, cut = 0;
      StrataTrackSpan whole;
      StrataTrack track;

      strata_track_init (&track, &made->events);
      strata_track_span (&track, 0, end, &whole);
      while (cut < end)
        {
          gint64 next = MIN (end, cut + 1 + (gint64) (g_rand_double (random) * (double) end / 20));
          StrataTrackSpan piece;

          strata_track_span (&track, cut, next, &piece);
          energy += piece.energy_fj;
          cut = next;
        }
      g_assert_cmpint (energy, ==, whole.energy_fj);
      g_assert_cmpint (whole.n_events, ==, 3000);
      strata_track_finish (&track);
    }
}

static void
test_fold (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  static const gsize widths[] = { 1, 2, 7, 640, 5000 };

  for (int kind = 0; kind < 5; kind++)
    for (gsize width = 0; width < G_N_ELEMENTS (widths); width++)
      {
        g_autofree Made *made = make (random, 1000, kind);
        gsize n = widths[width];
        gint64 end = made->start[999] + made->duration[999], from = random_time (random, end) / 2;
        gint64 to = from + 1 + (gint64) (g_rand_double (random) * (double) end);
        g_autofree StrataTrackSpan *spans = g_new (StrataTrackSpan, n);
        StrataTrack track;

        strata_track_init (&track, &made->events);
        strata_track_fold (&track, from, to, spans, n);
        for (gsize i = 0; i < n; i++)
          {
            gint64 low = from + (gint64) ((__int128) (to - from) * i / n);
            gint64 high = from + (gint64) ((__int128) (to - from) * (i + 1) / n);
            StrataTrackSpan naive = sum_naively (&made->events, low, high);

            assert_same (&spans[i], &naive);
          }
        strata_track_finish (&track);
      }
}

static void
test_extremes (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (4);
  g_autofree Made *made = make (random, 1000, 1);
  StrataTrackSpan spans[3], span;
  StrataTrack track;

  strata_track_init (&track, &made->events);
  strata_track_fold (&track, G_MININT64, G_MAXINT64, spans, 3);
  g_assert_cmpint (spans[0].n_events + spans[1].n_events + spans[2].n_events, ==, 1000);
  strata_track_span (&track, G_MININT64, G_MAXINT64, &span);
  g_assert_cmpint (span.n_events, ==, 1000);
  strata_track_span (&track, 10, 10, &span);
  g_assert_cmpint (span.n_events, ==, 0);
  strata_track_finish (&track);
}

static void
test_seek (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (5);

  for (int kind = 0; kind < 4; kind++)
    {
      g_autofree Made *made = make (random, 3000, kind);
      StrataTrack track;

      strata_track_init (&track, &made->events);
      for (int i = 0; i < 500; i++)
        {
          gint64 time = random_time (random, made->start[2999]);
          gsize naive = 0;

          while (naive < 3000 && made->start[naive] + made->duration[naive] <= time)
            naive++;
          g_assert_cmpuint (strata_track_seek (&track, time), ==, naive);
        }
      strata_track_finish (&track);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profiler/analysis/track/span", test_span);
  g_test_add_func ("/profiler/analysis/track/pieces", test_pieces);
  g_test_add_func ("/profiler/analysis/track/fold", test_fold);
  g_test_add_func ("/profiler/analysis/track/extremes", test_extremes);
  g_test_add_func ("/profiler/analysis/track/seek", test_seek);
  return g_test_run ();
}
