/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiler as one call: the stages in order, and the judgement of the result against the limits.
 */
#pragma once

#include "compiler/cache.h"
#include "compiler/stages.h"

typedef void (*StrataProgressFunc) (double fraction, const char *stage, gpointer user_data);

/* What a candidate program would do; filled by an evaluator. Unknown: NaN, or -1 for integers. */
typedef struct
{
  gint64 latency_ps, interval_ps, energy_fj;
  double power_mw, static_mw, junction_c, skin_c;
} StrataJudgement;

/* How the compiler asks what a candidate costs without including a simulator. */
typedef struct
{
  gboolean (*judge) (const StrataImage *image, StrataJudgement *judgement, gpointer user_data, GError **error);
  gpointer user_data;
  gboolean is_pure; /* its answers depend on the image's chip, artefacts and max_interval_ps alone, and may be kept */
} StrataEvaluator;

typedef struct
{
  StrataCalibration calibration;
  StrataMapOptions map;
  StrataPlaceOptions place;       /* its seed, cancellable and decisions are the compilation's */
  StrataScheduleOptions schedule; /* its cancellable and decisions likewise */
  StrataLimits limits;
  StrataEvaluator evaluator; /* judge NULL: limits on time only, judged by the schedule */
  guint64 seed;
  const char *dump_folder; /* text dump per stage; NULL: none */
  StrataCache *cache;      /* results of stages, from other compilations and for them; NULL: none. Not looked into where
                              there is a dump folder, for then every stage has to run. */
  StrataProgressFunc progress;
  gpointer progress_data;
  GCancellable *cancellable;
} StrataCompileOptions;

void strata_compile_options_init (StrataCompileOptions *options);

/* Blocking; reentrant. Errors: STRATA_COMPILE_ERROR, STRATA_IMPORT_ERROR_VALUE (weights), G_IO_ERROR_CANCELLED. A
 * missed limit is STRATA_COMPILE_ERROR_REQUIREMENT and says which, by how much, and what would help. */
StrataImage *strata_compile (const StrataGraph *graph,
                             const StrataChipSpec *chip,
                             const StrataCompileOptions *options,
                             StrataJudgement *judgement,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
