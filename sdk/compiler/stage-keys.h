/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of a cache: what each stage's result depends on, hashed. Internal to cached.c.
 */
#pragma once

#include "base/hash.h"
#include "compiler/cached.h"

/* @source: the key of @graph, whose inputs the samples are for */
guint64 strata_key_graph (guint64 source,
                          const StrataGraph *graph,
                          const StrataChipSpec *chip,
                          const StrataCalibration *calibration);
guint64 strata_key_tiles (const StrataQGraph *graph, const StrataChipSpec *chip, const StrataMapOptions *options);
guint64 strata_key_placement (const StrataQGraph *graph,
                              const StrataTileSet *tiles,
                              const StrataChipSpec *chip,
                              const StrataPlaceOptions *options);
guint64 strata_key_schedule (const StrataQGraph *graph,
                             const StrataTileSet *tiles,
                             const StrataPlacement *placement,
                             const StrataChipSpec *chip,
                             const StrataScheduleOptions *options);
guint64 strata_key_judgement (const StrataImage *image);
