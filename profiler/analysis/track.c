/* SPDX-License-Identifier: Apache-2.0
 *
 * Event-indexed pyramid with fan-out 16. A stretch is a walk from the top: a node inside it is taken whole, one outside
 * is skipped, others are opened. Energy of a cut event is the difference of its cumulative energy at both cuts, so that
 * adjacent stretches add up exactly. A stretch holds an event of no length if it starts inside.
 */
#include "analysis/track.h"

#include <string.h>

/* longest_ps is -1 while nothing is in it, and 0 in the result then. */
static const StrataTrackSpan empty_span = { .longest_ps = -1, .longest_layer = -1 };

static float
power_of (gint64 energy_fj, gint64 duration_ps)
{
  return duration_ps > 0 ? (float) ((double) energy_fj / (double) duration_ps) : 0; /* 1 fJ / 1 ps = 1 mW */
}

/* The share of an event's energy up to @time_ps: 0 before it starts, all at its end, rounded down between. */
static gint64
energy_until (gint64 start_ps, gint64 duration_ps, gint64 energy_fj, gint64 time_ps)
{
  if (time_ps <= start_ps)
    return 0;
  if (time_ps - start_ps >= duration_ps)
    return energy_fj;
  return (gint64) ((__int128) energy_fj * (time_ps - start_ps) / duration_ps);
}

/* --- building --- */

static void
summarise_events (StrataTrackNode *node, const StrataProfileEvents *events, gsize from, gsize to)
{
  *node = (StrataTrackNode){ .first_start_ps = events->start_ps[from], .longest_ps = -1, .longest_layer = -1 };
  for (gsize i = from; i < to; i++)
    {
      gint64 duration = events->duration_ps[i], end = events->start_ps[i] + duration;
      float power = power_of (events->energy_fj[i], duration);

      node->last_end_ps = MAX (node->last_end_ps, end);
      node->busy_ps += duration;
      node->energy_fj += events->energy_fj[i];
      node->max_power_mw = MAX (node->max_power_mw, power);
      if (duration > node->longest_ps)
        {
          node->longest_ps = duration;
          node->longest_layer = events->layer[i];
        }
    }
}

static void
summarise_nodes (StrataTrackNode *node, const StrataTrackNode *below, gsize n)
{
  *node = below[0];
  for (gsize i = 1; i < n; i++)
    {
      node->last_end_ps = MAX (node->last_end_ps, below[i].last_end_ps);
      node->busy_ps += below[i].busy_ps;
      node->energy_fj += below[i].energy_fj;
      node->max_power_mw = MAX (node->max_power_mw, below[i].max_power_mw);
      if (below[i].longest_ps > node->longest_ps)
        {
          node->longest_ps = below[i].longest_ps;
          node->longest_layer = below[i].longest_layer;
        }
    }
}

void
strata_track_init (StrataTrack *track, const StrataProfileEvents *events)
{
  gsize n = events->n_events;

  memset (track, 0, sizeof *track);
  track->events = *events;
  while (n > 0)
    {
      int level = track->n_levels++;
      gsize n_below = n;

      n = (n_below + STRATA_TRACK_FAN_OUT - 1) / STRATA_TRACK_FAN_OUT;
      track->n_nodes[level] = n;
      track->levels[level] = g_new (StrataTrackNode, n);
      for (gsize i = 0; i < n; i++)
        {
          gsize from = i * STRATA_TRACK_FAN_OUT, to = MIN (from + STRATA_TRACK_FAN_OUT, n_below);

          if (level == 0)
            summarise_events (&track->levels[0][i], events, from, to);
          else
            summarise_nodes (&track->levels[level][i], &track->levels[level - 1][from], to - from);
        }
      if (n == 1)
        break;
    }
}

void
strata_track_finish (StrataTrack *track)
{
  for (int level = 0; level < track->n_levels; level++)
    g_free (track->levels[level]);
  memset (track, 0, sizeof *track);
}

/* --- stretches --- */

static void
add_longest (StrataTrackSpan *span, gint64 longest_ps, gint32 layer)
{
  if (longest_ps > span->longest_ps)
    {
      span->longest_ps = longest_ps;
      span->longest_layer = layer;
    }
}

/* Adds the part of event @i that lies in [from, to). */
static void
add_event (const StrataTrack *track, gsize i, gint64 from_ps, gint64 to_ps, StrataTrackSpan *span)
{
  const StrataProfileEvents *events = &track->events;
  gint64 start = events->start_ps[i], duration = events->duration_ps[i], end = start + duration;
  gint64 part;
  float power;

  /* the last: a pixel of no width, where there are more pixels than picoseconds */
  if (start >= to_ps || (end <= from_ps && start < from_ps) || from_ps >= to_ps)
    return;
  part = MIN (end, to_ps) - MAX (start, from_ps);
  power = power_of (events->energy_fj[i], duration);
  span->busy_ps += part;
  span->energy_fj += energy_until (start, duration, events->energy_fj[i], to_ps)
                     - energy_until (start, duration, events->energy_fj[i], from_ps);
  span->n_events += start >= from_ps;
  span->max_power_mw = MAX (span->max_power_mw, power);
  add_longest (span, part, events->layer[i]);
}

static gsize
n_events_of (const StrataTrack *track, int level, gsize index)
{
  gsize stride = STRATA_TRACK_FAN_OUT;

  for (int i = 0; i < level; i++)
    stride *= STRATA_TRACK_FAN_OUT;
  return MIN (stride, track->events.n_events - index * stride);
}

static void
add_node (const StrataTrack *track, int level, gsize index, StrataTrackSpan *span)
{
  const StrataTrackNode *node = &track->levels[level][index];

  span->busy_ps += node->busy_ps;
  span->energy_fj += node->energy_fj;
  span->n_events += n_events_of (track, level, index);
  span->max_power_mw = MAX (span->max_power_mw, node->max_power_mw);
  add_longest (span, node->longest_ps, node->longest_layer);
}

static gsize
children_end (const StrataTrack *track, int level, gsize index)
{
  gsize n_below = level == 0 ? track->events.n_events : track->n_nodes[level - 1];

  return MIN ((index + 1) * STRATA_TRACK_FAN_OUT, n_below);
}

static void
walk_span (const StrataTrack *track, int level, gsize index, gint64 from_ps, gint64 to_ps, StrataTrackSpan *span)
{
  const StrataTrackNode *node = &track->levels[level][index];

  if (node->first_start_ps >= to_ps || node->last_end_ps < from_ps)
    return;
  if (node->first_start_ps >= from_ps && node->last_end_ps < to_ps)
    {
      add_node (track, level, index, span);
      return;
    }
  for (gsize i = index * STRATA_TRACK_FAN_OUT; i < children_end (track, level, index); i++)
    if (level == 0)
      add_event (track, i, from_ps, to_ps, span);
    else
      walk_span (track, level - 1, i, from_ps, to_ps, span);
}

void
strata_track_span (const StrataTrack *track, gint64 from_ps, gint64 to_ps, StrataTrackSpan *span)
{
  *span = empty_span;
  if (track->n_levels > 0 && from_ps < to_ps)
    walk_span (track, track->n_levels - 1, 0, from_ps, to_ps, span);
  span->longest_ps = MAX (span->longest_ps, 0);
}

/* --- rows of pixels --- */

typedef struct
{
  const StrataTrack *track;
  gint64 from_ps, to_ps;
  StrataTrackSpan *spans;
  gsize n_spans;
} Fold;

static gint64
edge_of (const Fold *fold, gsize column)
{
  return (gint64) (fold->from_ps + ((__int128) fold->to_ps - fold->from_ps) * column / fold->n_spans);
}

/* The column whose [edge, next edge) holds @time_ps, which is in the view; columns of no width hold nothing. */
static gsize
column_of (const Fold *fold, gint64 time_ps)
{
  gsize column =
    (gsize) (((__int128) time_ps - fold->from_ps) * fold->n_spans / ((__int128) fold->to_ps - fold->from_ps));

  column = MIN (column, fold->n_spans - 1);
  while (column + 1 < fold->n_spans && edge_of (fold, column + 1) <= time_ps)
    column++;
  while (column > 0 && edge_of (fold, column) > time_ps)
    column--;
  return column;
}

static void
fold_event (Fold *fold, gsize i)
{
  gint64 start = fold->track->events.start_ps[i], end = start + fold->track->events.duration_ps[i];
  gsize column, last;

  if (start >= fold->to_ps || (end <= fold->from_ps && start < fold->from_ps))
    return;
  column = column_of (fold, MAX (start, fold->from_ps));
  last = column_of (fold, CLAMP (end - 1, MAX (start, fold->from_ps), fold->to_ps - 1));
  for (; column <= last; column++)
    add_event (fold->track, i, edge_of (fold, column), edge_of (fold, column + 1), &fold->spans[column]);
}

static void
walk_fold (Fold *fold, int level, gsize index)
{
  const StrataTrackNode *node = &fold->track->levels[level][index];

  if (node->first_start_ps >= fold->to_ps || node->last_end_ps < fold->from_ps)
    return;
  if (node->first_start_ps >= fold->from_ps && node->last_end_ps < fold->to_ps)
    {
      gsize column = column_of (fold, node->first_start_ps);

      if (node->last_end_ps < edge_of (fold, column + 1))
        {
          add_node (fold->track, level, index, &fold->spans[column]);
          return;
        }
    }
  for (gsize i = index * STRATA_TRACK_FAN_OUT; i < children_end (fold->track, level, index); i++)
    if (level == 0)
      fold_event (fold, i);
    else
      walk_fold (fold, level - 1, i);
}

void
strata_track_fold (const StrataTrack *track, gint64 from_ps, gint64 to_ps, StrataTrackSpan *spans, gsize n_spans)
{
  Fold fold = { track, from_ps, to_ps, spans, n_spans };

  for (gsize i = 0; i < n_spans; i++)
    spans[i] = empty_span;
  if (track->n_levels > 0 && from_ps < to_ps && n_spans > 0)
    walk_fold (&fold, track->n_levels - 1, 0);
  for (gsize i = 0; i < n_spans; i++)
    spans[i].longest_ps = MAX (spans[i].longest_ps, 0);
}

/* --- single events --- */

gsize
strata_track_seek (const StrataTrack *track, gint64 time_ps)
{
  int level = track->n_levels - 1;
  gsize index = 0, n;

  /* The first node that ends later holds the first such event, at every level: down from the top. */
  for (; level >= 0; level--)
    {
      n = level == track->n_levels - 1 ? track->n_nodes[level] : children_end (track, level + 1, index / 16);
      while (index < n && track->levels[level][index].last_end_ps <= time_ps)
        index++;
      if (index == n)
        return track->events.n_events;
      index *= STRATA_TRACK_FAN_OUT;
    }
  n = track->events.n_events;
  while (index < n && track->events.start_ps[index] + track->events.duration_ps[index] <= time_ps)
    index++;
  return index;
}

double
strata_track_power (const StrataTrack *track, gint64 time_ps)
{
  const StrataProfileEvents *events = &track->events;
  double power_mw = 0;

  for (gsize i = strata_track_seek (track, time_ps); i < events->n_events && events->start_ps[i] <= time_ps; i++)
    if (events->start_ps[i] + events->duration_ps[i] > time_ps)
      power_mw += power_of (events->energy_fj[i], events->duration_ps[i]);
  return power_mw;
}
