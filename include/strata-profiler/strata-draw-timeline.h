/* SPDX-License-Identifier: Apache-2.0
 *
 * The timeline: one row per unit, events as bars, from hours to a nanosecond. Never sampled: what is narrower than
 * three pixels is folded, with its busy time as shade and its number of events; folded and single events add up to all.
 */
#pragma once

#include "strata-profiler/strata-draw.h"

G_BEGIN_DECLS

#define STRATA_DRAW_FAN_OUT 16
#define STRATA_DRAW_MAX_LEVELS 16

/**
 * StrataDrawNode:
 * @first_ps: earliest start
 * @last_ps: latest end
 * @busy_ps: sum of durations
 * @longest_ps: longest duration
 * @longest_layer: its layer, -1: none
 *
 * Summary of STRATA_DRAW_FAN_OUT consecutive events, or of as many nodes of the level below.
 */
typedef struct
{
  gint64 first_ps, last_ps, busy_ps, longest_ps;
  gint32 longest_layer;
} StrataDrawNode;

/**
 * StrataDrawIndex:
 *
 * Pyramid of nodes over the events of a track: built once, read by any thread.
 */
typedef struct _StrataDrawIndex StrataDrawIndex;

/**
 * StrataDrawTrack:
 * @name: "stack 12", "vector"
 * @group: heading it stands under, "Stacks"; tracks of a group are neighbours
 * @unit: id of the unit
 * @n_events: number of events
 * @start_ps: (array length=n_events): starts, ascending
 * @duration_ps: (array length=n_events): durations, not negative
 * @layer: (array length=n_events): layers, -1: none
 * @texts: (array length=n_events) (nullable): what bars say in place of their layers' names
 * @warns: (array length=n_events) (nullable): bars in the colour of warnings
 * @index: (nullable): from strata_draw_index_new() over the same arrays; needed to be fast above some 10,000 events
 */
typedef struct
{
  const char *name, *group;
  gint32 unit;
  gsize n_events;
  const gint64 *start_ps, *duration_ps;
  const gint32 *layer;
  const char *const *texts;
  const gboolean *warns;
  const StrataDrawIndex *index;
} StrataDrawTrack;

/**
 * strata_draw_index_new: (skip)
 * @track: track; its index is ignored
 *
 * Returns: (transfer full): the pyramid; 32 bytes per 15 events
 */
STRATA_API StrataDrawIndex *strata_draw_index_new (const StrataDrawTrack *track) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_draw_index_free: (skip)
 * @index: (nullable) (transfer full): pyramid
 */
STRATA_API void strata_draw_index_free (StrataDrawIndex *index);

/**
 * StrataTimelineDrop:
 * @track: track
 * @from_ps: start of the stretch that events are missing from
 * @to_ps: its end
 * @n_dropped: how many, -1: unknown
 */
typedef struct
{
  gint32 track;
  gint64 from_ps, to_ps, n_dropped;
} StrataTimelineDrop;

/**
 * StrataTimelineScene:
 * @tracks: (array length=n_tracks): rows from top to bottom
 * @n_tracks: number of rows
 * @layers: (array length=n_layers): layers with colours
 * @n_layers: number of layers
 * @drops: (array length=n_drops): stretches with missing events
 * @n_drops: number of them
 * @duration_ps: length of the run
 * @clock_hz: clock for the ruler of cycles, 0: none
 */
typedef struct
{
  const StrataDrawTrack *tracks;
  gsize n_tracks;
  const StrataDrawLayer *layers;
  gsize n_layers;
  const StrataTimelineDrop *drops;
  gsize n_drops;
  gint64 duration_ps;
  double clock_hz;
} StrataTimelineScene;

/**
 * StrataTimelineStyle:
 * @selected_layer: other layers are dimmed; -1: none
 * @hover_track: track of the event under the pointer, -1: none
 * @hover_event: that event
 * @playhead_ps: time of the playhead, NaN: none
 * @range_from_ps: start of the selected stretch, NaN: none
 * @range_to_ps: its end
 * @row_height: pixels of a row; 0: the default of 20
 */
typedef struct
{
  gint32 selected_layer, hover_track;
  gint64 hover_event;
  double playhead_ps, range_from_ps, range_to_ps, row_height;
} StrataTimelineStyle;

/**
 * StrataTimelineSpan:
 * @x0: left edge in pixels of the plot
 * @x1: right edge
 * @first_event: first event in it
 * @n_events: number of events; 1 and at least three pixels wide: a bar of its own
 * @layer: layer of the longest event, -1: none
 * @busy: share of the span in which the unit works, 0 to 1
 *
 * What a row shows: one event, or several that are too narrow for a bar each.
 */
typedef struct
{
  double x0, x1;
  gsize first_event, n_events;
  gint32 layer;
  double busy;
} StrataTimelineSpan;

/**
 * StrataTimelineHit:
 * @track: row, -1: none
 * @event: event, or first of the folded ones; -1: none
 * @n_events: how many are folded here
 * @layer: layer, -1: none
 * @time_ps: time under the pointer
 */
typedef struct
{
  gint32 track, layer;
  gint64 event, n_events;
  double time_ps;
} StrataTimelineHit;

/**
 * strata_timeline_style_default: (skip)
 * @style: (out caller-allocates): filled
 */
STRATA_API void strata_timeline_style_default (StrataTimelineStyle *style);

/**
 * strata_timeline_fold: (skip)
 * @track: row
 * @view: stretch of time
 * @width: pixels of the plot
 *
 * Events that touch the view, from left to right. Work is of the order of pixels where the track has an index.
 *
 * Returns: (transfer full) (element-type StrataTimelineSpan): spans; the numbers of events add up to all in view
 */
STRATA_API GArray *
strata_timeline_fold (const StrataDrawTrack *track, const StrataViewport *view, double width) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_timeline_plot: (skip)
 * @rect: place given to strata_timeline_draw()
 * @plot: (out caller-allocates): where time runs: right of the names and below the ruler
 */
STRATA_API void strata_timeline_plot (const StrataRect *rect, StrataRect *plot);

/**
 * strata_timeline_content_height:
 * @scene: scene
 * @style: style
 *
 * Returns: pixels of all rows, for scrolling
 */
STRATA_API double strata_timeline_content_height (const StrataTimelineScene *scene, const StrataTimelineStyle *style);

/**
 * strata_timeline_draw: (skip)
 * @cr: context
 * @scene: scene
 * @style: style
 * @view: stretch of time and scroll
 * @theme: theme
 * @rect: place
 */
STRATA_API void strata_timeline_draw (cairo_t *cr,
                                      const StrataTimelineScene *scene,
                                      const StrataTimelineStyle *style,
                                      const StrataViewport *view,
                                      const StrataDrawTheme *theme,
                                      const StrataRect *rect);

/**
 * strata_timeline_pick: (skip)
 * @scene: scene
 * @style: style
 * @view: stretch of time and scroll
 * @rect: place given to strata_timeline_draw()
 * @x: point
 * @y: point
 * @hit: (out caller-allocates): what is there
 *
 * Returns: whether there is an event
 */
STRATA_API gboolean strata_timeline_pick (const StrataTimelineScene *scene,
                                          const StrataTimelineStyle *style,
                                          const StrataViewport *view,
                                          const StrataRect *rect,
                                          double x,
                                          double y,
                                          StrataTimelineHit *hit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataDrawIndex, strata_draw_index_free)

G_END_DECLS
