/* SPDX-License-Identifier: Apache-2.0
 *
 * From events to what a row of pixels can show. A pyramid of fan-out 16 over events, not over time, so bursts and
 * pauses cost nothing; the walk goes down only where a node is wider than three pixels. Invariant: every event that
 * touches the view is in exactly one span.
 */
#include "strata-profiler/strata-draw-timeline.h"

#define FOLD_PX 3.0

struct _StrataDrawIndex
{
  guint n_levels;
  gsize sizes[STRATA_DRAW_MAX_LEVELS];
  StrataDrawNode *levels[STRATA_DRAW_MAX_LEVELS];
};

static StrataDrawNode
node_of_event (const StrataDrawTrack *track, gsize i)
{
  return (StrataDrawNode){ track->start_ps[i], track->start_ps[i] + track->duration_ps[i], track->duration_ps[i],
                           track->duration_ps[i], track->layer != NULL ? track->layer[i] : -1 };
}

static void
add_node (StrataDrawNode *sum, const StrataDrawNode *node)
{
  sum->first_ps = MIN (sum->first_ps, node->first_ps);
  sum->last_ps = MAX (sum->last_ps, node->last_ps);
  sum->busy_ps += node->busy_ps;
  if (node->longest_ps > sum->longest_ps)
    {
      sum->longest_ps = node->longest_ps;
      sum->longest_layer = node->longest_layer;
    }
}

StrataDrawIndex *
strata_draw_index_new (const StrataDrawTrack *track)
{
  StrataDrawIndex *index = g_new0 (StrataDrawIndex, 1);
  gsize n_below = track->n_events;

  while (n_below > 1 && index->n_levels < STRATA_DRAW_MAX_LEVELS)
    {
      gsize n = (n_below + STRATA_DRAW_FAN_OUT - 1) / STRATA_DRAW_FAN_OUT;
      const StrataDrawNode *below = index->n_levels > 0 ? index->levels[index->n_levels - 1] : NULL;
      StrataDrawNode *level = g_new (StrataDrawNode, n);

      for (gsize i = 0; i < n_below; i++)
        {
          StrataDrawNode node = below != NULL ? below[i] : node_of_event (track, i);

          if (i % STRATA_DRAW_FAN_OUT == 0)
            level[i / STRATA_DRAW_FAN_OUT] = node;
          else
            add_node (&level[i / STRATA_DRAW_FAN_OUT], &node);
        }
      index->levels[index->n_levels] = level;
      index->sizes[index->n_levels++] = n;
      n_below = n;
    }
  return index;
}

void
strata_draw_index_free (StrataDrawIndex *index)
{
  if (index == NULL)
    return;
  for (guint i = 0; i < index->n_levels; i++)
    g_free (index->levels[i]);
  g_free (index);
}

typedef struct
{
  const StrataDrawTrack *track;
  const StrataViewport *view;
  double width, px_per_ps;
  GArray *spans;
  /* the span that is being filled */
  StrataTimelineSpan open;
  double busy_px;
  gint64 longest_ps;
} Fold;

static void
flush (Fold *fold)
{
  if (fold->open.n_events == 0)
    return;
  fold->open.busy = CLAMP (fold->busy_px / MAX (fold->open.x1 - fold->open.x0, 1e-9), 0, 1);
  g_array_append_val (fold->spans, fold->open);
  fold->open.n_events = 0;
}

/* Adds @n_events events that together are no wider than a span */
static void
fold_node (Fold *fold, const StrataDrawNode *node, gsize first_event, gsize n_events)
{
  double x0 = (node->first_ps - fold->view->start_ps) * fold->px_per_ps;
  double x1 = (node->last_ps - fold->view->start_ps) * fold->px_per_ps;

  if (fold->open.n_events > 0 && x1 > fold->open.x0 + FOLD_PX)
    flush (fold);
  if (fold->open.n_events == 0)
    {
      fold->open = (StrataTimelineSpan){ x0, x0, first_event, 0, node->longest_layer, 0 };
      fold->busy_px = 0;
      fold->longest_ps = -1;
    }
  fold->open.x1 = MAX (fold->open.x1, x1);
  fold->open.n_events += n_events;
  fold->busy_px += node->busy_ps * fold->px_per_ps;
  if (node->longest_ps > fold->longest_ps)
    {
      fold->longest_ps = node->longest_ps;
      fold->open.layer = node->longest_layer;
    }
}

static gboolean
is_outside (const Fold *fold, const StrataDrawNode *node)
{
  return node->last_ps < fold->view->start_ps || node->first_ps > fold->view->start_ps + fold->view->span_ps;
}

static void
fold_events (Fold *fold, gsize from, gsize to)
{
  for (gsize i = from; i < to; i++)
    {
      StrataDrawNode node = node_of_event (fold->track, i);
      double width = (node.last_ps - node.first_ps) * fold->px_per_ps;

      if (is_outside (fold, &node))
        continue;
      if (width < FOLD_PX)
        {
          fold_node (fold, &node, i, 1);
          continue;
        }
      flush (fold);
      fold->open = (StrataTimelineSpan){
        (node.first_ps - fold->view->start_ps) * fold->px_per_ps, 0, i, 1, node.longest_layer, 1
      };
      fold->open.x1 = fold->open.x0 + width;
      g_array_append_val (fold->spans, fold->open);
      fold->open.n_events = 0;
    }
}

/* Node @i of level @level, which stands for 16^(level + 1) events at most */
static void
fold_level (Fold *fold, guint level, gsize i)
{
  const StrataDrawNode *node = &fold->track->index->levels[level][i];
  gsize size = STRATA_DRAW_FAN_OUT, from, to;

  if (is_outside (fold, node))
    return;
  for (guint l = 0; l < level; l++)
    size *= STRATA_DRAW_FAN_OUT;
  from = i * size;
  to = MIN (from + size, fold->track->n_events);
  /* whole nodes only: at the border of the view each event decides for itself */
  if ((node->last_ps - node->first_ps) * fold->px_per_ps < FOLD_PX && node->first_ps >= fold->view->start_ps
      && node->last_ps <= fold->view->start_ps + fold->view->span_ps)
    {
      fold_node (fold, node, from, to - from);
      return;
    }
  if (level == 0)
    {
      fold_events (fold, from, to);
      return;
    }
  for (gsize child = i * STRATA_DRAW_FAN_OUT;
       child < MIN ((i + 1) * STRATA_DRAW_FAN_OUT, fold->track->index->sizes[level - 1]); child++)
    fold_level (fold, level - 1, child);
}

GArray *
strata_timeline_fold (const StrataDrawTrack *track, const StrataViewport *view, double width)
{
  Fold fold = { .track = track, .view = view, .width = width, .px_per_ps = width / view->span_ps };

  fold.spans = g_array_new (FALSE, FALSE, sizeof (StrataTimelineSpan));
  if (track->index != NULL && track->index->n_levels > 0)
    for (gsize i = 0; i < track->index->sizes[track->index->n_levels - 1]; i++)
      fold_level (&fold, track->index->n_levels - 1, i);
  else
    fold_events (&fold, 0, track->n_events);
  flush (&fold);
  return fold.spans;
}
