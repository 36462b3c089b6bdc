/* SPDX-License-Identifier: Apache-2.0
 *
 * The stages through a cache. Each call is that of the stage with the cache before it; what comes back is the same
 * whether it was made or found, decisions included, and is the caller's. @cache NULL: straight to the stage.
 *
 * A key is the hash of all that a stage reads: the artefacts before it, its options, and the fields of the chip but
 * those of stage-fields.def. Threads, cancellables and where decisions go are not part of it.
 */
#pragma once

#include "compiler/cache.h"
#include "compiler/pipeline.h"

/* Makes the quantised graph, and appends to @decisions what was decided; the stages before map. */
typedef StrataQGraph *(*StrataGraphFunc) (StrataDecisions *decisions, gpointer user_data, GError **error);

StrataQGraph *strata_cached_graph (StrataCache *cache,
                                   const StrataGraph *source,
                                   const StrataChipSpec *chip,
                                   const StrataCalibration *calibration,
                                   StrataGraphFunc make,
                                   gpointer user_data,
                                   StrataDecisions *decisions,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

StrataTileSet *strata_cached_map (StrataCache *cache,
                                  const StrataQGraph *graph,
                                  const StrataChipSpec *chip,
                                  const StrataMapOptions *options,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

StrataPlacement *strata_cached_place (StrataCache *cache,
                                      const StrataQGraph *graph,
                                      const StrataTileSet *tiles,
                                      const StrataChipSpec *chip,
                                      const StrataPlaceOptions *options,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

StrataSchedule *strata_cached_schedule (StrataCache *cache,
                                        const StrataQGraph *graph,
                                        const StrataTileSet *tiles,
                                        const StrataPlacement *placement,
                                        const StrataChipSpec *chip,
                                        const StrataScheduleOptions *options,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the evaluator says of @image, whose chip is the one that was compiled for. */
gboolean strata_cached_judge (StrataCache *cache,
                              const StrataEvaluator *evaluator,
                              const StrataImage *image,
                              StrataJudgement *judgement,
                              GError **error);

/* strata_graph_check_weights () of @clean, the rewritten @source, unless that has passed before */
gboolean
strata_cached_check_weights (StrataCache *cache, const StrataGraph *source, const StrataGraph *clean, GError **error);
/* strata_graph_digest (), by place and times of the file where they are known */
guint64 strata_cached_digest (StrataCache *cache, const StrataGraph *source);
/* Of all that a graph computes, weights included; 0: its files have changed since they were mapped. */
guint64 strata_cache_source_key (StrataCache *cache, const StrataGraph *source);
/* Whether the files of a graph are still as they were when they were mapped */
gboolean strata_cache_source_rests (const StrataGraph *source);
