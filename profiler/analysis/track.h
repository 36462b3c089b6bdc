/* SPDX-License-Identifier: Apache-2.0
 *
 * A track: the events of a unit and a pyramid over them, for exact sums over any stretch of time in O(log n) and for
 * rows of pixels in O(pixels). Level 0 summarises 16 consecutive events, each next level 16 nodes.
 */
#pragma once

#include "strata-profiler/strata-profile-types.h"

#define STRATA_TRACK_FAN_OUT 16
#define STRATA_TRACK_MAX_LEVELS 16

typedef struct
{
  gint64 first_start_ps, last_end_ps;
  gint64 busy_ps, energy_fj;
  gint64 longest_ps;
  gint32 longest_layer;
  float max_power_mw;
} StrataTrackNode;

typedef struct
{
  StrataProfileEvents events; /* borrowed */
  int n_levels;
  gsize n_nodes[STRATA_TRACK_MAX_LEVELS];
  StrataTrackNode *levels[STRATA_TRACK_MAX_LEVELS];
} StrataTrack;

/* @events: sorted by start, sums of durations and energies fit 63 bits. */
void strata_track_init (StrataTrack *track, const StrataProfileEvents *events);
void strata_track_finish (StrataTrack *track);

void strata_track_span (const StrataTrack *track, gint64 from_ps, gint64 to_ps, StrataTrackSpan *span);
void strata_track_fold (const StrataTrack *track, gint64 from_ps, gint64 to_ps, StrataTrackSpan *spans, gsize n_spans);
gsize strata_track_seek (const StrataTrack *track, gint64 time_ps);
/* Power in mW of the events that are active at @time_ps. */
double strata_track_power (const StrataTrack *track, gint64 time_ps);
