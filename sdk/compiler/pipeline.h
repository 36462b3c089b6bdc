/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiler as one call: the stages in order, and around those that copies, reads and rates change a loop that looks
 * for the program that meets the limits.
 */
#pragma once

#include "compiler/cache.h"
#include "compiler/search/report.h"
#include "compiler/stages.h"

typedef void (*StrataProgressFunc) (double fraction, const char *stage, gpointer user_data);

/* How the compiler asks what a candidate costs without including a simulator. */
typedef struct
{
  gboolean (*judge) (const StrataImage *image, StrataJudgement *judgement, gpointer user_data, GError **error);
  gpointer user_data;
  gboolean
    is_pure; /* its answers depend on the image's chip, artefacts, pace and max_interval_ps alone, and may be kept */
  /* Share of right answers, 0 to 1; slow. NULL: there are no data to tell. The image is not sealed. */
  gboolean (*accuracy) (const StrataImage *image, double *accuracy, gpointer user_data, GError **error);
} StrataEvaluator;

typedef struct
{
  StrataCalibration calibration;
  StrataMapOptions map;
  StrataPlaceOptions place;       /* its seed, cancellable and decisions are the compilation's */
  StrataScheduleOptions schedule; /* its cancellable and decisions likewise */
  StrataLimits limits;
  StrataObjective objective;
  StrataSearchReport **report; /* (out) (optional): what was tried and how near it came, also where nothing meets the
                                  limits; NULL where it did not come to that */
  StrataEvaluator evaluator;   /* judge NULL: limits on time only, judged by the schedule */
  /* The model for another number of tokens a call, which tells how many memory would hold; NULL: it has just one. Only
   * asked of models without weights. */
  StrataGraph *(*resize) (gint64 n_tokens, gpointer user_data, GError **error);
  gpointer resize_data;
  gint64 n_tokens; /* that it is for */
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
 * missed limit is STRATA_COMPILE_ERROR_REQUIREMENT and says which, by how much, and whether any program could meet it.
 */
StrataImage *strata_compile (const StrataGraph *graph,
                             const StrataChipSpec *chip,
                             const StrataCompileOptions *options,
                             StrataJudgement *judgement,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
