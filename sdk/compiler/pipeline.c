/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiler, top to bottom: rewrite, weights, lower, quantise, and for each candidate that the search proposes map,
 * place, schedule, image, judge. Every artefact is checked after its stage; those of the program that is kept are
 * dumped. Where no candidate meets the limits the error says by how much, and what no program could.
 */
#include "compiler/pipeline.h"

#include <math.h>
#include <string.h>

#include "compiler/cached.h"
#include "compiler/lower/lowered.h"
#include "compiler/search/capacity.h"
#include "compiler/search/search.h"
#include "model/rewrite/rewrite.h"

/* Stages announced where one candidate is made */
#define N_STAGES 9
/* Judgements of a candidate at ever slower rates, which converge in two or three */
#define MAX_PACES 4
/* strata/strata-compiler.h says the same to users */
#define MAX_READS 64

typedef struct
{
  const StrataGraph *graph; /* as the file has it: names, sizes and digest of the program are its */
  const StrataChipSpec *chip;
  const StrataCompileOptions *options;
  StrataCache *cache;
  StrataDecisions *decisions; /* of the whole compilation */
  int n_done;
} Run;

/* The first of the stages, which make the quantised graph, in order */
static const char *const graph_stages[] = { "rewrite", "weights", "lower", "quantise" };

/* What differs from candidate to candidate; the image has those of one of them at a time. */
typedef struct
{
  StrataTileSet *tiles;
  StrataPlacement *placement;
  StrataSchedule *schedule;
  StrataDecisions *decisions;
  gint64 pace_ps;
  StrataJudgement judgement;
} Candidate;

void
strata_compile_options_init (StrataCompileOptions *options)
{
  g_return_if_fail (options != NULL);
  *options = (StrataCompileOptions){ 0 };
  options->map.row_copies = TRUE;
}

/* Announces the next stage; FALSE when cancelled. How many candidates there will be is not known: each comes a little
 * nearer to the end. */
static gboolean
next_stage (Run *run, const char *stage, GError **error)
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

/* Writes NN-NAME.txt; takes @text. */
static gboolean
dump (const Run *run, const char *name, char *text, GError **error)
{
  g_autofree char *taken = text;
  g_autofree char *path = NULL;

  if (run->options->dump_folder == NULL)
    return TRUE;
  path = g_build_filename (run->options->dump_folder, name, NULL);
  if (g_mkdir_with_parents (run->options->dump_folder, 0777) == 0)
    return g_file_set_contents (path, taken, -1, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: cannot be created; choose a folder that can be written",
               run->options->dump_folder);
  return FALSE;
}

/* The graph with what exporters wrote out put together again */
static StrataGraph *
make_clean (Run *run, StrataRewriteLog **log, GError **error)
{
  g_autoptr (StrataGraph) clean = NULL;

  if (!next_stage (run, "rewrite", error))
    return NULL;
  clean = strata_graph_rewrite (run->graph, STRATA_REWRITE_COMPILER, log, error);
  if (clean == NULL || !dump (run, "00-rewrites.txt", strata_rewrite_log_print (*log), error))
    return NULL;
  return g_steal_pointer (&clean);
}

/* What follows names nodes of the model, not of its rewriting. */
static void
name_source (StrataQGraph *graph, const StrataGraph *source, const StrataRewriteLog *log)
{
  int *node_op = strata_arena_array (graph->arena, int, source->n_nodes + 1);

  for (int i = 0; i < source->n_nodes; i++)
    node_op[i] = log->became[i] >= 0 ? graph->node_op[log->became[i]] : -1;
  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].node >= 0)
      graph->ops[i].node = log->origin[graph->ops[i].node];
  graph->node_op = node_op;
  graph->n_nodes = source->n_nodes;
}

static StrataCalibration
calibration_of (const Run *run)
{
  StrataCalibration calibration = run->options->calibration;

  if (calibration.cancellable == NULL)
    calibration.cancellable = run->options->cancellable;
  calibration.no_row_copies = !run->options->map.row_copies;
  /* How many are asked for changes nothing else: ask_for_reads () */
  calibration.n_reads = calibration.samples == NULL || calibration.n_samples < 1 ? 1 : MIN (calibration.n_reads, 1);
  return calibration;
}

/* Choices name nodes of the model; what quantises knows the layers that came of them. (transfer full) */
static StrataLayerChoice *
name_layers (const Run *run, const StrataRewriteLog *log, const StrataLowered *lowered)
{
  const StrataCalibration *calibration = &run->options->calibration;
  StrataLayerChoice *choices = g_new (StrataLayerChoice, (gsize) calibration->n_choices + 1);

  for (int i = 0; i < calibration->n_choices; i++)
    {
      int node = calibration->choices[i].node, op;

      node = node >= 0 && node < run->graph->n_nodes ? log->became[node] : -1;
      op = node >= 0 ? lowered->node_op[node] : -1;
      choices[i] = calibration->choices[i];
      choices[i].node = op >= 0 ? lowered->ops[op].node : -1;
    }
  return choices;
}

/* Rewrite, weights, lower, quantise */
static StrataQGraph *
make_graph_cb (StrataDecisions *decisions, gpointer user_data, GError **error)
{
  Run *run = user_data;
  StrataCalibration calibration = calibration_of (run);
  g_autoptr (StrataRewriteLog) log = NULL;
  g_autoptr (StrataGraph) clean = make_clean (run, &log, error);
  g_autoptr (StrataLowered) lowered = NULL;
  g_autoptr (StrataQGraph) graph = NULL;
  g_autofree StrataLayerChoice *choices = NULL;

  calibration.decisions = decisions;
  calibration.cache = run->cache;
  calibration.source = run->graph;
  if (clean == NULL || !next_stage (run, "weights", error)
      || !strata_cached_check_weights (run->cache, run->graph, clean, error) || !next_stage (run, "lower", error))
    return NULL;
  lowered = strata_lower (clean, error);
  if (lowered == NULL || !strata_lowered_check (lowered, error)
      || !dump (run, "01-lowered.txt", strata_lowered_print (lowered), error) || !next_stage (run, "quantise", error))
    return NULL;
  calibration.choices = choices = name_layers (run, log, lowered);
  graph = strata_quantise (clean, lowered, run->chip, &calibration, error);
  if (graph == NULL)
    return NULL;
  name_source (graph, run->graph, log);
  return strata_qgraph_check (graph, error) ? g_steal_pointer (&graph) : NULL;
}

/* The product that a choice is for, -1: none */
static int
chosen_op (const StrataQGraph *graph, const StrataLayerChoice *choice)
{
  int op = choice->node >= 0 && choice->node < graph->n_nodes ? graph->node_op[choice->node] : -1;

  return op >= 0 && graph->ops[op].kind == STRATA_QOP_MVM ? op : -1;
}

static gboolean
check_choices (const Run *run, const StrataQGraph *graph, GError **error)
{
  const StrataCalibration *calibration = &run->options->calibration;

  for (int i = 0; i < calibration->n_choices; i++)
    {
      const StrataLayerChoice *choice = &calibration->choices[i];

      if (chosen_op (graph, choice) >= 0 && choice->n_slices >= 0 && choice->n_reads >= 0
          && choice->n_reads <= MAX_READS)
        continue;
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT,
                   "node %d: %d slices and %d reads are chosen for it; nodes of products with constant weights below "
                   "%d, and 0 (as quantisation chooses) to %d reads, are accepted",
                   choice->node, choice->n_slices, choice->n_reads, graph->n_nodes, MAX_READS);
      return FALSE;
    }
  return TRUE;
}

/* Reads that are asked for, of layers that nothing is chosen for */
static void
ask_for_reads (const Run *run, StrataQGraph *graph)
{
  const StrataCalibration *calibration = &run->options->calibration;

  for (int i = 0; i < graph->n_ops && calibration->n_reads > 0; i++)
    {
      gboolean is_chosen = graph->ops[i].kind != STRATA_QOP_MVM;

      for (int c = 0; c < calibration->n_choices; c++)
        is_chosen |= chosen_op (graph, &calibration->choices[c]) == i && calibration->choices[c].n_reads > 0;
      if (!is_chosen)
        graph->ops[i].n_reads = calibration->n_reads;
    }
}

/* Arrays or digital units for each product of the image's graph */
static gboolean
choose_sides (Run *run, StrataImage *image, GError **error)
{
  const StrataSideOptions options = { NULL, run->options->objective, run->options->calibration.n_reads,
                                      run->decisions };
  StrataQGraph *graph = strata_map_sides (image->graph, run->chip, &options, error);

  if (graph == NULL)
    return FALSE;
  strata_qgraph_free (image->graph);
  image->graph = graph;
  return run->options->dump_folder == NULL || dump (run, "02-quantised.txt", strata_qgraph_print (graph), error);
}

static gboolean
make_graph (Run *run, StrataImage *image, GError **error)
{
  StrataCalibration calibration = calibration_of (run);
  int n_before = run->n_done;

  image->graph =
    strata_cached_graph (run->cache, run->graph, run->chip, &calibration, make_graph_cb, run, run->decisions, error);
  if (image->graph == NULL || !check_choices (run, image->graph, error))
    return FALSE;
  ask_for_reads (run, image->graph);
  while (run->n_done < n_before + (int) G_N_ELEMENTS (graph_stages))
    if (!next_stage (run, graph_stages[run->n_done - n_before], error))
      return FALSE;
  return choose_sides (run, image, error);
}

/* --- one candidate --- */

static gboolean
is_refusal (const GError *error)
{
  return g_error_matches (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
}

static gboolean
make_tiles (Run *run, StrataImage *image, const StrataChoice *choice, GError **error)
{
  StrataMapOptions options = run->options->map;

  options.n_copies = choice->n_copies;
  options.row_copies = choice->row_copies;
  options.decisions = image->decisions;
  if (!next_stage (run, "map", error))
    return FALSE;
  image->tiles = strata_cached_map (run->cache, image->graph, run->chip, &options, error);
  return image->tiles != NULL && strata_tile_set_check (image->tiles, image->graph, run->chip, error);
}

static gboolean
make_placement (Run *run, StrataImage *image, const StrataPlaceWindows *windows, GError **error)
{
  StrataPlaceOptions options = run->options->place;

  options.windows = windows;
  options.seed = run->options->seed;
  options.cancellable = run->options->cancellable;
  options.decisions = image->decisions;
  if (!next_stage (run, "place", error))
    return FALSE;
  image->placement = strata_cached_place (run->cache, image->graph, image->tiles, run->chip, &options, error);
  return image->placement != NULL && strata_placement_check (image->placement, image->tiles, run->chip, error);
}

static gboolean
make_schedule (Run *run, StrataImage *image, const StrataChoice *choice, GError **error)
{
  StrataScheduleOptions options = run->options->schedule;

  if (choice->max_active_stacks > 0
      && (options.max_active_stacks == 0 || options.max_active_stacks > choice->max_active_stacks))
    options.max_active_stacks = choice->max_active_stacks;
  options.cancellable = run->options->cancellable;
  options.decisions = image->decisions;
  if (!next_stage (run, "schedule", error))
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
is_worth_placing_again (const Run *run, const StrataImage *image)
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
place_again (Run *run, StrataImage *image, const StrataChoice *choice, GError **error)
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
  if (ok || is_refusal (local))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
place_and_schedule (Run *run, StrataImage *image, const StrataChoice *choice, GError **error)
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
keep_calibration (Run *run, StrataImage *image)
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
}

static char *
model_name (const StrataGraph *graph)
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
make_image (Run *run, StrataImage *image, GError **error)
{
  g_autofree char *description = NULL;

  if (!next_stage (run, "image", error))
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
  image->model_name = model_name (run->graph);
  image->model_shapes = g_strdup (run->graph->shapes);
  image->model_values = strata_graph_print_bound (run->graph);
  image->model_digest = strata_cached_digest (run->cache, run->graph);
  image->n_parameters = strata_graph_n_parameters (run->graph);
  image->n_macs = strata_graph_n_macs (run->graph);
  keep_calibration (run, image);
  return TRUE;
}

/* A limit on something nobody measured is a question without an answer, not a pass. */
static gboolean
refuse_unknown (const Run *run, const char *unknown, GError **error)
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
judge (Run *run, StrataImage *image, StrataJudgement *judgement, GError **error)
{
  const StrataEvaluator *evaluator = &run->options->evaluator;
  gint64 pace_ps = 0;

  if (!next_stage (run, "judge", error))
    return FALSE;
  for (int turn = 0; turn < MAX_PACES && (turn == 0 || pace_ps > image->pace_ps); turn++)
    {
      image->pace_ps = pace_ps;
      *judgement = (StrataJudgement){ image->schedule->latency_ps, -1, -1, NAN, NAN, NAN, NAN, -1, -1, NAN, NAN };
      if (evaluator->judge != NULL && !strata_cached_judge (run->cache, evaluator, image, judgement, error))
        return FALSE;
      if (!refuse_unknown (run, search_limits_unknown (&image->limits, judgement), error))
        return FALSE;
      pace_ps = search_limits_pace (&image->limits, judgement, image->chip);
    }
  judgement->accuracy = NAN;
  return TRUE;
}

static void
set_reads (StrataQGraph *graph, const int *base, int factor)
{
  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_MVM)
      graph->ops[i].n_reads = factor == 0 ? 1 : base[i] * factor;
}

static void
clear_candidate (Candidate *candidate)
{
  g_clear_pointer (&candidate->tiles, strata_tile_set_free);
  g_clear_pointer (&candidate->placement, strata_placement_free);
  g_clear_pointer (&candidate->schedule, strata_schedule_free);
  g_clear_pointer (&candidate->decisions, strata_decisions_free);
}

/* Moves what the image has of a candidate into @candidate, which is empty, or back. */
static void
swap_candidate (StrataImage *image, Candidate *candidate)
{
  Candidate other = *candidate;

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
static gboolean
make_candidate (Run *run, StrataImage *image, const StrataChoice *choice, StrataJudgement *judgement, GError **error)
{
  image->decisions = strata_decisions_new ();
  return make_tiles (run, image, choice, error) && place_and_schedule (run, image, choice, error)
         && make_image (run, image, error) && judge (run, image, judgement, error);
}

/* --- the loop --- */

/* The quantised graph, and the same with some products on the digital units, once that was asked for; the image has one
 * of them at a time. */
typedef struct
{
  StrataQGraph *plain, *moved;
  int *reads; /* per op */
} Graphs;

static void
graphs_init (Graphs *graphs, StrataImage *image)
{
  *graphs = (Graphs){ image->graph, NULL, g_new (int, (gsize) image->graph->n_ops + 1) };
  for (int i = 0; i < image->graph->n_ops; i++)
    graphs->reads[i] = image->graph->ops[i].n_reads;
}

/* Frees what the image does not have. */
static void
graphs_clear (Graphs *graphs, const StrataImage *image)
{
  strata_qgraph_free (image->graph == graphs->plain ? graphs->moved : graphs->plain);
  g_free (graphs->reads);
}

static gboolean
set_graph (Run *run, StrataImage *image, Graphs *graphs, const StrataChoice *choice, GError **error)
{
  const StrataSideOptions options = { choice->sides, run->options->objective, run->options->calibration.n_reads, NULL };

  if (choice->sides != NULL && graphs->moved == NULL)
    graphs->moved = strata_map_sides (graphs->plain, run->chip, &options, error);
  if (choice->sides != NULL && graphs->moved == NULL)
    return FALSE;
  image->graph = choice->sides != NULL ? graphs->moved : graphs->plain;
  set_reads (image->graph, graphs->reads, choice->reads);
  return TRUE;
}

/* One copy of every matrix: what the search reckons with. Where it does not fit, nothing does. Not worth keeping. */
static StrataTileSet *
map_once (Run *run, StrataImage *image, GError **error)
{
  StrataMapOptions options = run->options->map;
  GError *local = NULL;
  StrataTileSet *once;

  options.row_copies = FALSE;
  options.n_copies = NULL;
  options.decisions = NULL;
  once = strata_map (image->graph, run->chip, &options, &local);
  if (once == NULL && is_refusal (local) && run->options->report != NULL)
    *run->options->report = search_capacity_arrays (image->graph, run->chip, run->options->objective);
  if (once == NULL)
    g_propagate_error (error, local);
  return once;
}

/* Makes one proposal and tells what came of it; keeps it in @best where it is. FALSE: compilation ends with @error. The
 * first refusal is left in @refusal. */
static gboolean
try_choice (Run *run,
            StrataImage *image,
            StrataSearch *search,
            const StrataChoice *choice,
            Candidate *best,
            GError **refusal,
            GError **error)
{
  const StrataEvaluator *evaluator = &run->options->evaluator;
  g_autoptr (GError) local = NULL;
  Candidate made = { 0 };
  StrataJudgement judgement;
  gboolean is_best = FALSE, ok = make_candidate (run, image, choice, &judgement, &local);
  gint64 n_arrays = ok ? strata_tile_set_n_arrays (image->tiles) : 0;

  if (ok && strata_search_wants_accuracy (search, &judgement, n_arrays))
    ok = evaluator->accuracy (image, &judgement.accuracy, evaluator->user_data, &local);
  if (ok)
    is_best = strata_search_tell (search, &judgement, n_arrays, image->pace_ps);
  else if (is_refusal (local))
    strata_search_refuse (search, local->message);
  swap_candidate (image, &made);
  made.judgement = judgement;
  if (is_best)
    {
      clear_candidate (best);
      *best = made;
    }
  else
    clear_candidate (&made);
  if (ok)
    return TRUE;
  if (!is_refusal (local))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (*refusal == NULL)
    *refusal = g_steal_pointer (&local);
  return TRUE;
}

/* Bytes of SRAM that the model takes at least with @n_tokens a call; -1: it cannot have so many, or was cancelled */
static gint64
least_sram_of (const Run *run, gint64 n_tokens)
{
  g_autoptr (StrataGraph) graph = run->options->resize (n_tokens, run->options->resize_data, NULL);
  g_autoptr (StrataQGraph) quantised = NULL;
  StrataCompileOptions options = *run->options;
  Run other = { graph, run->chip, &options, NULL, NULL, 0 };

  options.dump_folder = NULL;
  options.progress = NULL;
  options.report = NULL;
  quantised = graph == NULL ? NULL : make_graph_cb (NULL, &other, NULL);
  return quantised == NULL ? -1 : strata_schedule_least_sram (quantised, run->chip);
}

/* The most tokens a call that the activation memory holds, if it holds any */
static void
suggest_tokens (const Run *run, const StrataQGraph *graph, StrataSearchReport *report)
{
  gint64 low = 0, high = run->options->n_tokens, low_bytes = 0;
  g_autofree char *change = NULL;

  if (run->options->resize == NULL || !graph->weightless)
    return;
  while (high - low > 1)
    {
      gint64 middle = (low + high) / 2, n_bytes = least_sram_of (run, middle);

      if (n_bytes < 0)
        return;
      if (n_bytes > run->chip->sram_bytes)
        high = middle;
      else
        {
          low = middle;
          low_bytes = n_bytes;
        }
    }
  if (low == 0)
    return;
  change = g_strdup_printf ("%" G_GINT64_FORMAT " tokens a call (--shape sequence=%" G_GINT64_FORMAT
                            "), where there are %" G_GINT64_FORMAT,
                            low, low, run->options->n_tokens);
  strata_search_report_suggest (report, STRATA_LIMIT_CHIP_SRAM_BYTES, change, (double) low_bytes,
                                (double) run->chip->sram_bytes);
}

/* Ends a search that found nothing: with what the memories lack, with the limits that what came nearest misses, or as
 * its first program was refused. */
static void
refuse (Run *run,
        const StrataQGraph *graph,
        StrataSearch *search,
        StrataSearchReport *report,
        GError *refusal,
        GError **error)
{
  g_autofree char *lack = search_capacity_describe (search), *text = strata_search_describe (search, report);
  g_autofree char *name = model_name (run->graph);

  for (guint i = 0; i < report->limits->len; i++)
    if (g_array_index (report->limits, StrataLimitFinding, i).limit == STRATA_LIMIT_CHIP_SRAM_BYTES)
      suggest_tokens (run, graph, report);
  if (lack == NULL && text == NULL)
    {
      g_propagate_error (error, refusal);
      return;
    }
  g_clear_error (&refusal);
  g_set_error (error, STRATA_COMPILE_ERROR,
               lack != NULL ? STRATA_COMPILE_ERROR_CAPACITY : STRATA_COMPILE_ERROR_REQUIREMENT, "%s on %s: %s", name,
               run->chip->name, lack != NULL ? lack : text);
}

static gboolean
choose_among (Run *run, StrataImage *image, Graphs *graphs, const StrataTileSet *once, Candidate *best, GError **error)
{
  const StrataCompileOptions *options = run->options;
  const StrataSearchOptions wishes = { options->limits, options->objective, options->map.row_copies, MAX_READS };
  g_autoptr (StrataSearch) search = strata_search_new (image->graph, once, run->chip, &wishes);
  g_autoptr (StrataSearchReport) report = NULL;
  const StrataChoice *choice;
  GError *refusal = NULL;

  while ((choice = strata_search_next (search)) != NULL)
    if (!set_graph (run, image, graphs, choice, error)
        || !try_choice (run, image, search, choice, best, &refusal, error))
      {
        g_clear_error (&refusal);
        return FALSE;
      }
  report = strata_search_report (search);
  choice = strata_search_best (search);
  if (choice != NULL && !set_graph (run, image, graphs, choice, error))
    choice = NULL;
  else if (choice != NULL)
    {
      swap_candidate (image, best);
      strata_decisions_append (run->decisions, image->decisions);
      strata_search_explain (search, report, run->decisions);
      g_clear_error (&refusal);
    }
  else
    refuse (run, image->graph, search, report, refusal, error);
  if (options->report != NULL)
    *options->report = g_steal_pointer (&report);
  return choice != NULL;
}

/* Looks for the program; leaves it in the image, unsealed, with what was decided in the run's list. */
static gboolean
choose (Run *run, StrataImage *image, const StrataTileSet *once, Candidate *best, GError **error)
{
  Graphs graphs;
  gboolean ok;

  graphs_init (&graphs, image);
  ok = choose_among (run, image, &graphs, once, best, error);
  graphs_clear (&graphs, image);
  return ok;
}

/* Seals the image and dumps what it holds. */
static gboolean
finish (Run *run, StrataImage *image, GError **error)
{
  strata_image_seal (image);
  return strata_decisions_check (image->decisions, image->graph->n_ops, image->tiles->n_tiles, error)
         && dump (run, "03-tiles.txt", strata_tile_set_print (image->tiles, image->graph), error)
         && dump (run, "04-placement.txt", strata_placement_print (image->placement, image->tiles), error)
         && dump (run, "05-schedule.txt", strata_schedule_print (image->schedule), error)
         && dump (run, "06-program.txt", strata_image_disassemble (image), error)
         && dump (run, "07-decisions.txt", strata_decisions_print (image->decisions), error);
}

StrataImage *
strata_compile (const StrataGraph *graph,
                const StrataChipSpec *chip,
                const StrataCompileOptions *options,
                StrataJudgement *judgement,
                GError **error)
{
  g_autoptr (StrataDecisions) decisions = strata_decisions_new ();
  Run run = { graph, chip, options, options->dump_folder == NULL ? options->cache : NULL, decisions, 0 };
  g_autoptr (StrataImage) image = g_new0 (StrataImage, 1);
  g_autoptr (StrataTileSet) once = NULL;
  Candidate best = { 0 };
  gboolean ok;

  g_return_val_if_fail (graph != NULL && chip != NULL && options != NULL, NULL);
  if (options->report != NULL)
    *options->report = NULL;
  if (options->limits.min_accuracy > 0 && options->evaluator.accuracy == NULL
      && !refuse_unknown (&run, "accuracy", error))
    return NULL;
  if (!make_graph (&run, image, error) || (once = map_once (&run, image, error)) == NULL)
    return NULL;
  ok = choose (&run, image, once, &best, error);
  clear_candidate (&best);
  if (!ok)
    return NULL;
  strata_decisions_free (image->decisions);
  image->decisions = g_steal_pointer (&decisions);
  if (!finish (&run, image, error))
    return NULL;
  if (judgement != NULL)
    *judgement = best.judgement;
  if (options->progress != NULL)
    options->progress (1, "done", options->progress_data);
  return g_steal_pointer (&image);
}
