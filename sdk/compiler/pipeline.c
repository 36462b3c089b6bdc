/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiler, top to bottom: rewrite, weights, lower, quantise, and for each candidate that the search proposes map,
 * place, schedule, image, judge. Every artefact is checked after its stage; those of the program that is kept are
 * dumped. Where no candidate meets the limits the error says by how much, and what no program could.
 */
#include "compiler/pipeline.h"

#include "compiler/cached.h"
#include "compiler/lower/lowered.h"
#include "compiler/pipeline-candidate.h"
#include "compiler/search/capacity.h"
#include "compiler/search/search.h"
#include "model/rewrite/rewrite.h"

/* strata/strata-compiler.h says the same to users */
#define MAX_READS 64

/* The first of the stages, which make the quantised graph, in order */
static const char *const graph_stages[] = { "rewrite", "weights", "lower", "quantise" };

void
strata_compile_options_init (StrataCompileOptions *options)
{
  g_return_if_fail (options != NULL);
  *options = (StrataCompileOptions){ 0 };
  options->map.row_copies = TRUE;
}

/* Writes NN-NAME.txt; takes @text. */
static gboolean
dump (const PipelineRun *run, const char *name, char *text, GError **error)
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
make_clean (PipelineRun *run, StrataRewriteLog **log, GError **error)
{
  g_autoptr (StrataGraph) clean = NULL;

  if (!pipeline_next_stage (run, "rewrite", error))
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
calibration_of (const PipelineRun *run)
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
name_layers (const PipelineRun *run, const StrataRewriteLog *log, const StrataLowered *lowered)
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
  PipelineRun *run = user_data;
  StrataCalibration calibration = calibration_of (run);
  g_autoptr (StrataRewriteLog) log = NULL;
  g_autoptr (StrataGraph) clean = make_clean (run, &log, error);
  g_autoptr (StrataLowered) lowered = NULL;
  g_autoptr (StrataQGraph) graph = NULL;
  g_autofree StrataLayerChoice *choices = NULL;

  calibration.decisions = decisions;
  calibration.cache = run->cache;
  calibration.source = run->graph;
  if (clean == NULL || !pipeline_next_stage (run, "weights", error)
      || !strata_cached_check_weights (run->cache, run->graph, clean, error)
      || !pipeline_next_stage (run, "lower", error))
    return NULL;
  lowered = strata_lower (clean, error);
  if (lowered == NULL || !strata_lowered_check (lowered, error)
      || !dump (run, "01-lowered.txt", strata_lowered_print (lowered), error)
      || !pipeline_next_stage (run, "quantise", error))
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
check_choices (const PipelineRun *run, const StrataQGraph *graph, GError **error)
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
ask_for_reads (const PipelineRun *run, StrataQGraph *graph)
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
choose_sides (PipelineRun *run, StrataImage *image, GError **error)
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
make_graph (PipelineRun *run, StrataImage *image, GError **error)
{
  StrataCalibration calibration = calibration_of (run);
  int n_before = run->n_done;

  image->graph =
    strata_cached_graph (run->cache, run->graph, run->chip, &calibration, make_graph_cb, run, run->decisions, error);
  if (image->graph == NULL || !check_choices (run, image->graph, error))
    return FALSE;
  ask_for_reads (run, image->graph);
  while (run->n_done < n_before + (int) G_N_ELEMENTS (graph_stages))
    if (!pipeline_next_stage (run, graph_stages[run->n_done - n_before], error))
      return FALSE;
  return choose_sides (run, image, error);
}

/* --- the loop --- */

static void
set_reads (StrataQGraph *graph, const int *base, int factor)
{
  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_MVM)
      graph->ops[i].n_reads = factor == 0 ? 1 : base[i] * factor;
}

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
set_graph (PipelineRun *run, StrataImage *image, Graphs *graphs, const StrataChoice *choice, GError **error)
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
map_once (PipelineRun *run, StrataImage *image, GError **error)
{
  StrataMapOptions options = run->options->map;
  GError *local = NULL;
  StrataTileSet *once;

  options.row_copies = FALSE;
  options.n_copies = NULL;
  options.decisions = NULL;
  once = strata_map (image->graph, run->chip, &options, &local);
  if (once == NULL && pipeline_is_refusal (local) && run->options->report != NULL)
    *run->options->report = search_capacity_arrays (image->graph, run->chip, run->options->objective);
  if (once == NULL)
    g_propagate_error (error, local);
  return once;
}

/* Makes one proposal and tells what came of it; keeps it in @best where it is. FALSE: compilation ends with @error. The
 * first refusal is left in @refusal. */
static gboolean
try_choice (PipelineRun *run,
            StrataImage *image,
            StrataSearch *search,
            const StrataChoice *choice,
            PipelineCandidate *best,
            GError **refusal,
            GError **error)
{
  const StrataEvaluator *evaluator = &run->options->evaluator;
  g_autoptr (GError) local = NULL;
  PipelineCandidate made = { 0 };
  StrataJudgement judgement;
  gboolean is_best = FALSE, ok = pipeline_make_candidate (run, image, choice, &judgement, &local);
  gint64 n_arrays = ok ? strata_tile_set_n_arrays (image->tiles) : 0;

  if (ok && strata_search_wants_accuracy (search, &judgement, n_arrays))
    ok = evaluator->accuracy (image, &judgement.accuracy, evaluator->user_data, &local);
  if (ok)
    is_best = strata_search_tell (search, &judgement, n_arrays, image->pace_ps);
  else if (pipeline_is_refusal (local))
    strata_search_refuse (search, local->message);
  pipeline_swap_candidate (image, &made);
  made.judgement = judgement;
  if (is_best)
    {
      pipeline_clear_candidate (best);
      *best = made;
    }
  else
    pipeline_clear_candidate (&made);
  if (ok)
    return TRUE;
  if (!pipeline_is_refusal (local))
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
least_sram_of (const PipelineRun *run, gint64 n_tokens)
{
  g_autoptr (StrataGraph) graph = run->options->resize (n_tokens, run->options->resize_data, NULL);
  g_autoptr (StrataQGraph) quantised = NULL;
  StrataCompileOptions options = *run->options;
  PipelineRun other = { graph, run->chip, &options, NULL, NULL, 0 };

  options.dump_folder = NULL;
  options.progress = NULL;
  options.report = NULL;
  quantised = graph == NULL ? NULL : make_graph_cb (NULL, &other, NULL);
  return quantised == NULL ? -1 : strata_schedule_least_sram (quantised, run->chip);
}

/* The most tokens a call that the activation memory holds, if it holds any */
static void
suggest_tokens (const PipelineRun *run, const StrataQGraph *graph, StrataSearchReport *report)
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
refuse (PipelineRun *run,
        const StrataQGraph *graph,
        StrataSearch *search,
        StrataSearchReport *report,
        GError *refusal,
        GError **error)
{
  g_autofree char *lack = search_capacity_describe (search), *text = strata_search_describe (search, report);
  g_autofree char *name = pipeline_model_name (run->graph);

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
choose_among (PipelineRun *run,
              StrataImage *image,
              Graphs *graphs,
              const StrataTileSet *once,
              PipelineCandidate *best,
              GError **error)
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
      pipeline_swap_candidate (image, best);
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
choose (PipelineRun *run, StrataImage *image, const StrataTileSet *once, PipelineCandidate *best, GError **error)
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
finish (PipelineRun *run, StrataImage *image, GError **error)
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
  PipelineRun run = { graph, chip, options, options->dump_folder == NULL ? options->cache : NULL, decisions, 0 };
  g_autoptr (StrataImage) image = g_new0 (StrataImage, 1);
  g_autoptr (StrataTileSet) once = NULL;
  PipelineCandidate best = { 0 };
  gboolean ok;

  g_return_val_if_fail (graph != NULL && chip != NULL && options != NULL, NULL);
  if (options->report != NULL)
    *options->report = NULL;
  if (options->limits.min_accuracy > 0 && options->evaluator.accuracy == NULL
      && !pipeline_refuse_unknown (&run, "accuracy", error))
    return NULL;
  if (!make_graph (&run, image, error) || (once = map_once (&run, image, error)) == NULL)
    return NULL;
  ok = choose (&run, image, once, &best, error);
  pipeline_clear_candidate (&best);
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
