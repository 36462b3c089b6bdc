/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tensors of a lowered graph hold when the model runs on samples: extremes, moments, histograms. The same for
 * any thread count: each sample is run by itself and merged in sample order.
 */
#pragma once

#include "compiler/lower/lowered.h"

#define STRATA_HISTOGRAM_BINS 2048

typedef struct
{
  double min, max, sum_squares;
  gint64 count;
  double *channel_sums, *channel_squares, *channel_min, *channel_max; /* per channel */
  const double *gains; /* per channel: the tensor holds the model's value times this; NULL: 1 */
  gboolean is_open;    /* some value was infinite or NaN, where that may be: it stays float */
  gint64 *histogram;   /* STRATA_HISTOGRAM_BINS over min … max, NULL: not asked for */
} StrataTensorStats;

/* Runs the model on every sample. @histograms: for tensors without a scale of their own. Returns one entry per tensor
 * of
 * @lowered, in @arena, or NULL. */
StrataTensorStats *strata_calibrate (const StrataGraph *graph,
                                     const StrataLowered *lowered,
                                     StrataArray *const *samples,
                                     int n_samples,
                                     const StrataCalibration *calibration,
                                     StrataArena *arena,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same through the cache of @calibration */
StrataTensorStats *strata_calibrate_cached (const StrataGraph *graph,
                                            const StrataLowered *lowered,
                                            StrataArray *const *samples,
                                            int n_samples,
                                            const StrataCalibration *calibration,
                                            StrataArena *arena,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Refuses user samples that are not what the model takes. */
gboolean strata_calibration_check (const StrataGraph *graph, const StrataCalibration *calibration, GError **error);
