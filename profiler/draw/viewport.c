/* SPDX-License-Identifier: Apache-2.0
 *
 * Time on the screen. Invariant of zooming: the time under the pointer stays under the pointer until a limit binds.
 * Doubles hold picoseconds exactly up to 2.5 hours, and to 1 ns up to 100 days.
 */
#include "strata-profiler/strata-draw.h"

#include <math.h>

#define SECOND_PS 1e12

static void
limit_start (StrataViewport *view, gint64 total_ps)
{
  double margin = 0.05 * view->span_ps;

  view->start_ps = MIN (view->start_ps, MAX (total_ps + margin - view->span_ps, -margin));
  view->start_ps = MAX (view->start_ps, -margin);
}

void
strata_viewport_fit (StrataViewport *view, gint64 from_ps, gint64 to_ps)
{
  double span = MAX ((double) to_ps - (double) from_ps, STRATA_VIEWPORT_MIN_SPAN_PS);

  view->start_ps = from_ps - 0.02 * span;
  view->span_ps = 1.04 * span;
}

void
strata_viewport_zoom (StrataViewport *view, double factor, double x, double width, gint64 total_ps)
{
  double share, time, span, widest = MAX (1.1 * total_ps, STRATA_VIEWPORT_MIN_SPAN_PS);

  g_return_if_fail (factor > 0 && width > 0);
  share = x / width;
  time = view->start_ps + share * view->span_ps;
  span = CLAMP (view->span_ps / factor, STRATA_VIEWPORT_MIN_SPAN_PS, widest);
  view->start_ps = time - share * span;
  view->span_ps = span;
  limit_start (view, total_ps);
}

void
strata_viewport_pan (StrataViewport *view, double dx, double width, gint64 total_ps)
{
  g_return_if_fail (width > 0);
  view->start_ps -= dx / width * view->span_ps;
  limit_start (view, total_ps);
}

double
strata_viewport_x (const StrataViewport *view, double time_ps, double width)
{
  return (time_ps - view->start_ps) / view->span_ps * width;
}

double
strata_viewport_time (const StrataViewport *view, double x, double width)
{
  return view->start_ps + x / width * view->span_ps;
}

gint64
strata_viewport_step (const StrataViewport *view, double width, double min_px)
{
  static const int minutes[] = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1440 };
  double least = min_px / MAX (width, 1) * view->span_ps;
  double power = pow (10, floor (log10 (MAX (least, 1)) + 1e-9));

  if (least <= 30 * SECOND_PS)
    for (int i = 0; i < 4; i++)
      {
        static const int factors[] = { 1, 2, 5, 10 };

        if (factors[i] * power >= least * (1 - 1e-9))
          return (gint64) (factors[i] * power + 0.5);
      }
  for (guint i = 0; i < G_N_ELEMENTS (minutes); i++)
    if (minutes[i] * 60 * SECOND_PS >= least)
      return minutes[i] * (gint64) (60 * SECOND_PS);
  return (gint64) (ceil (least / (86400 * SECOND_PS)) * 86400 * SECOND_PS);
}
