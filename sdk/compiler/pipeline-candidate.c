/* SPDX-License-Identifier: Apache-2.0
 *
 * One candidate that the search has proposed: map, place, schedule, image, judge. Where a schedule is far from its
 * bound, tiles are placed again by what it has shown.
 */
#include "compiler/pipeline-candidate.h"

#include <math.h>
#include <string.h>

#include "compiler/cached.h"

/* Stages announced where one candidate is made */
#define N_STAGES 9
/* Judgements of a candidate at ever slower rates, which converge in two or three */
#define MAX_PACES 4

/* Announces the next stage; FALSE when cancelled. How many candidates there will be is not known: each comes a little
 * nearer to the end. */
gboolean
pipeline_next_stage (PipelineRun *run, const char *stage, GError **error)
{
  const StrataCompileOptions *options = run->options;
  double n = run->n_done;

  if (g_cancellable_set_error_if_cancelled (options->cancellable, error))
    return FALSE;
  if (options->progress != NULL)
    options->progress (n < N_STAGES ? n / N_STAGES : 1 - 1 / n, stage, options->progress_data);
  run->n_done++;
  return TRUE;
}

gboolean
pipeline_is_refusal (const GError *error)
{
  return g_error_matches (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
}

static gboolean
make_tiles (PipelineRun *run, StrataImage *image, const StrataChoice *choice, GError **error)
{
  StrataMapOptions options = run->options->map;

  options.n_copies = choice->n_copies;
  options.row_copies = choice->row_copies;
  options.decisions = image->decisions;
  if (!pipeline_next_stage (run, "map", error))
    return FALSE;
  image->tiles = strata_cached_map (run->cache, image->graph, run->chip, &options, error);
  return image->tiles != NULL && strata_tile_set_check (image->tiles, image->graph, run->chip, error);
}

static gboolean
make_placement (PipelineRun *run, StrataImage *image, const StrataPlaceWindows *windows, GError **error)
{
  StrataPlaceOptions options = run->options->place;

  options.windows = windows;
  options.seed = run->options->seed;
  options.cancellable = run->options->cancellable;
  options.decisions = image->decisions;
  if (!pipeline_next_stage (run, "place", error))
    return FALSE;
  image->placement = strata_cached_place (run->cache, image->graph, image->tiles, run->chip, &options, error);
  return image->placement != NULL && strata_placement_check (image->placement, image->tiles, run->chip, error);
}

static gboolean
make_schedule (PipelineRun *run, StrataImage *image, const StrataChoice *choice, GError **error)
{
  StrataScheduleOptions options = run->options->schedule;

  if (choice->max_active_stacks > 0
      && (options.max_active_stacks == 0 || options.max_active_stacks > choice->max_active_stacks))
    options.max_active_stacks = choice->max_active_stacks;
  options.cancellable = run->options->cancellable;
  options.decisions = image->decisions;
  if (!pipeline_next_stage (run, "schedule", error))
    return FALSE;
  image->schedule =
    strata_cached_schedule (run->cache, image->graph, image->tiles, image->placement, run->chip, &options, error);
  return image->schedule != NULL
         && strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, run->chip, error);
}

/* Where the latency is farther from its bound than one in so many, tiles are placed again. */
#define AGAIN_GAP 20
#define AGAIN_MOST_TILES 4096

static gboolean
is_worth_placing_again (const PipelineRun *run, const StrataImage *image)
{
  const StrataSchedule *schedule = image->schedule;

  if (run->options->place.effort < 0 || run->options->place.activity != NULL || image->tiles->n_tiles > AGAIN_MOST_TILES
      || schedule->latency_ps - schedule->lower_bound_ps <= schedule->lower_bound_ps / AGAIN_GAP)
    return FALSE;
  for (int i = 0; i < image->tiles->n_tiles; i++)
    if (image->tiles->tiles[i].array_back > 0 || image->tiles->tiles[i].n_tiers > 1)
      return FALSE;
  return TRUE;
}

/* Places by what tiles would do when if stacks were one pool, which only a schedule tells, and keeps that where it is
 * faster and its interval no longer. The image has both artefacts; what it has after is either pair. */
static gboolean
place_again (PipelineRun *run, StrataImage *image, const StrataChoice *choice, GError **error)
{
  g_autoptr (StrataPlaceWindows) windows =
    strata_schedule_windows (image->graph, image->tiles, image->placement, run->chip, image->schedule);
  StrataPlacement *placement = g_steal_pointer (&image->placement);
  StrataSchedule *schedule = g_steal_pointer (&image->schedule);
  StrataDecisions *decisions = image->decisions;
  g_autoptr (GError) local = NULL;
  gboolean ok, better;

  image->decisions = strata_decisions_new ();
  ok = make_placement (run, image, windows, &local) && make_schedule (run, image, choice, &local);
  better =
    ok && image->schedule->latency_ps < schedule->latency_ps && image->schedule->interval_ps <= schedule->interval_ps;
  if (better)
    strata_decisions_add (image->decisions, STRATA_REASON_PLACEMENT, -1, -1, image->schedule->latency_ps,
                          "tiles were placed again, by what a schedule had shown: %.3f us, where the first placement "
                          "came to %.3f us",
                          (double) image->schedule->latency_ps * 1e-6, (double) schedule->latency_ps * 1e-6);
  else
    {
      StrataPlacement *other_placement = image->placement;
      StrataSchedule *other_schedule = image->schedule;
      StrataDecisions *other_decisions = image->decisions;

      image->placement = placement, placement = other_placement;
      image->schedule = schedule, schedule = other_schedule;
      image->decisions = decisions, decisions = other_decisions;
    }
  strata_placement_free (placement);
  strata_schedule_free (schedule);
  strata_decisions_free (decisions);
  if (ok || pipeline_is_refusal (local))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
place_and_schedule (PipelineRun *run, StrataImage *image, const StrataChoice *choice, GError **error)
{
  StrataDecisions *before = image->decisions;
  gboolean ok;

  image->decisions = strata_decisions_new ();
  ok = make_placement (run, image, NULL, error) && make_schedule (run, image, choice, error)
       && (!is_worth_placing_again (run, image) || place_again (run, image, choice, error));
  strata_decisions_append (before, image->decisions);
  strata_decisions_free (image->decisions);
  image->decisions = before;
  return ok;
}

/* Keeps the first samples; the rest is freed. Without weights there is nothing that they could calibrate. */
static void
keep_calibration (PipelineRun *run, StrataImage *image)
{
  int n_inputs = run->graph->n_inputs, n_samples = 0;
  StrataArray **samples;

  if (image->graph->weightless)
    return;
  samples = strata_calibration_samples (run->graph, &run->options->calibration, &n_samples);
  image->n_calibration = MIN (n_samples, STRATA_MAX_CALIBRATION);
  for (gsize i = (gsize) image->n_calibration * (gsize) n_inputs; i < (gsize) n_samples * (gsize) n_inputs; i++)
    g_clear_pointer (&samples[i], strata_array_free);
  image->calibration = samples;
  image->n_given = run->options->calibration.samples != NULL ? MAX (run->options->calibration.n_samples, 0) : 0;
  image->sample_origin = image->n_given > 0 ? STRATA_SAMPLE_ORIGIN_GIVEN : STRATA_SAMPLE_ORIGIN_MADE_UP;
}

char *
pipeline_model_name (const StrataGraph *graph)
{
  g_autofree char *file = g_path_get_basename (graph->path != NULL ? graph->path : "model");
  g_autofree char *folder = graph->path != NULL ? g_path_get_dirname (graph->path) : NULL;

  /* Test layouts keep every model as NAME/model.onnx. */
  if (g_strcmp0 (file, "model.onnx") == 0 && g_strcmp0 (folder, ".") != 0)
    return g_path_get_basename (folder);
  if (g_str_has_suffix (file, ".onnx"))
    file[strlen (file) - strlen (".onnx")] = '\0';
  return g_steal_pointer (&file);
}

/* What every candidate's image has, once. */
static gboolean
make_image (PipelineRun *run, StrataImage *image, GError **error)
{
  g_autofree char *description = NULL;

  if (!pipeline_next_stage (run, "image", error))
    return FALSE;
  if (image->chip != NULL)
    return TRUE;
  description = strata_chip_spec_print (run->chip);
  image->chip = strata_chip_spec_parse (description, -1, run->chip->path, error);
  if (image->chip == NULL)
    return FALSE;
  image->limits = run->options->limits;
  image->seed = run->options->seed;
  /* The program may be used from another folder than it was made in. */
  image->model_path = run->graph->path != NULL ? g_canonicalize_filename (run->graph->path, NULL) : NULL;
  image->model_name = pipeline_model_name (run->graph);
  image->model_shapes = g_strdup (run->graph->shapes);
  image->model_values = strata_graph_print_bound (run->graph);
  image->model_digest = strata_cached_digest (run->cache, run->graph);
  image->n_parameters = strata_graph_n_parameters (run->graph);
  image->n_macs = strata_graph_n_macs (run->graph);
  keep_calibration (run, image);
  return TRUE;
}

/* A limit on something nobody measured is a question without an answer, not a pass. */
gboolean
pipeline_refuse_unknown (const PipelineRun *run, const char *unknown, GError **error)
{
  if (unknown == NULL)
    return TRUE;
  g_set_error (
    error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_REQUIREMENT,
    "%s: the limit on %s cannot be judged: nothing here models it; compile with an evaluator or drop the limit",
    run->graph->path != NULL ? run->graph->path : "model", unknown);
  return FALSE;
}

/* At the rate the candidate can do, and where that is too hot or draws too much, at slower ones. */
static gboolean
judge (PipelineRun *run, StrataImage *image, StrataJudgement *judgement, GError **error)
{
  const StrataEvaluator *evaluator = &run->options->evaluator;
  gint64 pace_ps = 0;

  if (!pipeline_next_stage (run, "judge", error))
    return FALSE;
  for (int turn = 0; turn < MAX_PACES && (turn == 0 || pace_ps > image->pace_ps); turn++)
    {
      image->pace_ps = pace_ps;
      *judgement = (StrataJudgement){ image->schedule->latency_ps, -1, -1, NAN, NAN, NAN, NAN, -1, -1, NAN, NAN };
      if (evaluator->judge != NULL && !strata_cached_judge (run->cache, evaluator, image, judgement, error))
        return FALSE;
      if (!pipeline_refuse_unknown (run, search_limits_unknown (&image->limits, judgement), error))
        return FALSE;
      pace_ps = search_limits_pace (&image->limits, judgement, image->chip);
    }
  judgement->accuracy = NAN;
  return TRUE;
}

void
pipeline_clear_candidate (PipelineCandidate *candidate)
{
  g_clear_pointer (&candidate->tiles, strata_tile_set_free);
  g_clear_pointer (&candidate->placement, strata_placement_free);
  g_clear_pointer (&candidate->schedule, strata_schedule_free);
  g_clear_pointer (&candidate->decisions, strata_decisions_free);
}

/* Moves what the image has of a candidate into @candidate, which is empty, or back. */
void
pipeline_swap_candidate (StrataImage *image, PipelineCandidate *candidate)
{
  PipelineCandidate other = *candidate;

  candidate->tiles = image->tiles;
  candidate->placement = image->placement;
  candidate->schedule = image->schedule;
  candidate->decisions = image->decisions;
  candidate->pace_ps = image->pace_ps;
  image->tiles = other.tiles;
  image->placement = other.placement;
  image->schedule = other.schedule;
  image->decisions = other.decisions;
  image->pace_ps = other.pace_ps;
}

/* Map, place, schedule, image, judge. The image is left with what was made. */
gboolean
pipeline_make_candidate (
  PipelineRun *run, StrataImage *image, const StrataChoice *choice, StrataJudgement *judgement, GError **error)
{
  image->decisions = strata_decisions_new ();
  return make_tiles (run, image, choice, error) && place_and_schedule (run, image, choice, error)
         && make_image (run, image, error) && judge (run, image, judgement, error);
}
