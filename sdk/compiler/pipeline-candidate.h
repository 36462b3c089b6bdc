/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two halves of the pipeline share: the run, and candidates. Internal to pipeline.c and pipeline-candidate.c.
 */
#pragma once

#include "compiler/cache.h"
#include "compiler/pipeline.h"
#include "compiler/search/search.h"

typedef struct
{
  const StrataGraph *graph; /* as the file has it: names, sizes and digest of the program are its */
  const StrataChipSpec *chip;
  const StrataCompileOptions *options;
  StrataCache *cache;
  StrataDecisions *decisions; /* of the whole compilation */
  int n_done;
} PipelineRun;

/* What differs from candidate to candidate; the image has those of one of them at a time. */
typedef struct
{
  StrataTileSet *tiles;
  StrataPlacement *placement;
  StrataSchedule *schedule;
  StrataDecisions *decisions;
  gint64 pace_ps;
  StrataJudgement judgement;
} PipelineCandidate;

/* Announces the next stage; FALSE when cancelled. */
gboolean pipeline_next_stage (PipelineRun *run, const char *stage, GError **error);
/* Whether @error says that the chip lacks room, which another candidate may not need */
gboolean pipeline_is_refusal (const GError *error);
/* FALSE, with @error, where something that is limited was not measured; @unknown NULL: nothing */
gboolean pipeline_refuse_unknown (const PipelineRun *run, const char *unknown, GError **error);
/* Of the graph's file. (transfer full) */
char *pipeline_model_name (const StrataGraph *graph);
/* Map, place, schedule, image, judge. The image is left with what was made. */
gboolean pipeline_make_candidate (
  PipelineRun *run, StrataImage *image, const StrataChoice *choice, StrataJudgement *judgement, GError **error);
/* Moves what the image has of a candidate into @candidate, which is empty, or back. */
void pipeline_swap_candidate (StrataImage *image, PipelineCandidate *candidate);
void pipeline_clear_candidate (PipelineCandidate *candidate);
