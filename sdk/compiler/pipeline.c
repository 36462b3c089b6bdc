/* SPDX-License-Identifier: Apache-2.0
 *
 * The compiler, top to bottom: rewrite, weights, lower, quantise, map, place, schedule, image, judgement, limits. Every
 * artefact is checked and dumped after its stage. A candidate that misses a limit is refused with the distance and what
 * would help.
 */
#include "compiler/pipeline.h"

#include <math.h>
#include <string.h>

#include "base/quantity.h"
#include "compiler/cached.h"
#include "model/rewrite/rewrite.h"

typedef struct
{
  const StrataGraph *graph; /* as the file has it: names, sizes and digest of the program are its */
  const StrataChipSpec *chip;
  const StrataCompileOptions *options;
  StrataCache *cache;
  int n_done;
} Run;

/* The first of them that make the quantised graph */
#define N_GRAPH_STAGES 4

static const char *const stages[] = { "rewrite", "weights",  "lower", "quantise", "map",
                                      "place",   "schedule", "image", "judge" };

void
strata_compile_options_init (StrataCompileOptions *options)
{
  g_return_if_fail (options != NULL);
  *options = (StrataCompileOptions){ 0 };
  options->map.row_copies = TRUE;
}

/* Announces the next stage; FALSE when cancelled. */
static gboolean
next_stage (Run *run, GError **error)
{
  const StrataCompileOptions *options = run->options;

  if (g_cancellable_set_error_if_cancelled (options->cancellable, error))
    return FALSE;
  if (options->progress != NULL)
    options->progress ((double) run->n_done / G_N_ELEMENTS (stages), stages[run->n_done], options->progress_data);
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

  if (!next_stage (run, error))
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
  return calibration;
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

  calibration.decisions = decisions;
  if (clean == NULL || !next_stage (run, error) || !strata_graph_check_weights (clean, error)
      || !next_stage (run, error))
    return NULL;
  lowered = strata_lower (clean, error);
  if (lowered == NULL || !strata_lowered_check (lowered, error)
      || !dump (run, "01-lowered.txt", strata_lowered_print (lowered), error) || !next_stage (run, error))
    return NULL;
  graph = strata_quantise (clean, lowered, run->chip, &calibration, error);
  if (graph == NULL)
    return NULL;
  name_source (graph, run->graph, log);
  if (!strata_qgraph_check (graph, error) || !dump (run, "02-quantised.txt", strata_qgraph_print (graph), error))
    return NULL;
  return g_steal_pointer (&graph);
}

static gboolean
make_graph (Run *run, StrataImage *image, GError **error)
{
  StrataCalibration calibration = calibration_of (run);
  int n_before = run->n_done;

  image->graph =
    strata_cached_graph (run->cache, run->graph, run->chip, &calibration, make_graph_cb, run, image->decisions, error);
  while (image->graph != NULL && run->n_done < n_before + N_GRAPH_STAGES)
    if (!next_stage (run, error))
      return FALSE;
  return image->graph != NULL;
}

static gboolean
make_tiles (Run *run, StrataImage *image, GError **error)
{
  StrataMapOptions options = run->options->map;

  options.decisions = image->decisions;
  if (!next_stage (run, error))
    return FALSE;
  image->tiles = strata_cached_map (run->cache, image->graph, run->chip, &options, error);
  return image->tiles != NULL && strata_tile_set_check (image->tiles, image->graph, run->chip, error)
         && dump (run, "03-tiles.txt", strata_tile_set_print (image->tiles, image->graph), error);
}

static gboolean
make_placement (Run *run, StrataImage *image, GError **error)
{
  StrataPlaceOptions options = run->options->place;

  options.seed = run->options->seed;
  options.cancellable = run->options->cancellable;
  options.decisions = image->decisions;
  if (!next_stage (run, error))
    return FALSE;
  image->placement = strata_cached_place (run->cache, image->graph, image->tiles, run->chip, &options, error);
  return image->placement != NULL && strata_placement_check (image->placement, image->tiles, run->chip, error)
         && dump (run, "04-placement.txt", strata_placement_print (image->placement, image->tiles), error);
}

static gboolean
make_schedule (Run *run, StrataImage *image, GError **error)
{
  StrataScheduleOptions options = run->options->schedule;

  options.cancellable = run->options->cancellable;
  options.decisions = image->decisions;
  if (!next_stage (run, error))
    return FALSE;
  image->schedule =
    strata_cached_schedule (run->cache, image->graph, image->tiles, image->placement, run->chip, &options, error);
  return image->schedule != NULL
         && strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, run->chip, error)
         && dump (run, "05-schedule.txt", strata_schedule_print (image->schedule), error);
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

static gboolean
make_image (Run *run, StrataImage *image, GError **error)
{
  g_autofree char *description = NULL;

  if (!next_stage (run, error))
    return FALSE;
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
  image->model_digest = strata_cached_digest (run->cache, run->graph);
  image->n_parameters = strata_graph_n_parameters (run->graph);
  image->n_macs = strata_graph_n_macs (run->graph);
  keep_calibration (run, image);
  strata_image_seal (image);
  return strata_decisions_check (image->decisions, image->graph->n_ops, image->tiles->n_tiles, error)
         && dump (run, "06-program.txt", strata_image_disassemble (image), error)
         && dump (run, "07-decisions.txt", strata_decisions_print (image->decisions), error);
}

/* --- limits --- */

/* "latency is 4 us, 1 us (33.3 %) over the limit of 3 us; HELP". Far off, and for temperatures, whose zero means
 * nothing, a percentage says nothing. */
static void
note_miss (GString *text, const char *limit, double value, double bound, StrataQuantityKind kind, const char *help)
{
  g_autofree char *shown = strata_quantity_format (value, kind);
  g_autofree char *excess = strata_quantity_format (value - bound, kind);
  g_autofree char *allowed = strata_quantity_format (bound, kind);

  g_string_append_printf (text, "%s%s is %s, ", text->len > 0 ? "; " : "", limit, shown);
  if (kind == STRATA_QUANTITY_TEMPERATURE)
    g_string_append_printf (text, "%s over the limit of %s", excess, allowed);
  else if (value > 1e6 * bound)
    g_string_append_printf (text, "over a million times the limit of %s", allowed);
  else if (value > 10 * bound)
    g_string_append_printf (text, "%.0f times the limit of %s", value / bound, allowed);
  else
    g_string_append_printf (text, "%s (%.3g %%) over the limit of %s", excess, 100 * (value - bound) / bound, allowed);
  g_string_append_printf (text, "; %s", help);
}

static void
check_time (GString *text, const StrataImage *image, const StrataJudgement *judgement)
{
  const StrataLimits *limits = &image->limits;

  if (limits->max_latency_ps > 0 && judgement->latency_ps > limits->max_latency_ps)
    {
      g_autofree char *bound = strata_quantity_format ((double) image->schedule->lower_bound_ps, STRATA_QUANTITY_TIME);
      g_autofree char *help = g_strdup_printf (
        limits->max_latency_ps < image->schedule->lower_bound_ps
          ? "that is below the bound for these tiles as placed, %s: take a chip with more stacks or a smaller model"
          : "the bound for these tiles as placed is %s: take a chip with more stacks, or allow more time",
        bound);

      note_miss (text, "latency", (double) judgement->latency_ps, (double) limits->max_latency_ps, STRATA_QUANTITY_TIME,
                 help);
    }
  if (limits->max_interval_ps > 0 && judgement->interval_ps > limits->max_interval_ps)
    note_miss (text, "interval between inferences", (double) judgement->interval_ps, (double) limits->max_interval_ps,
               STRATA_QUANTITY_TIME, "lower the rate, or take a chip with more stacks");
}

static void
check_physics (GString *text, const StrataLimits *limits, const StrataJudgement *judgement)
{
  if (limits->max_power_mw > 0 && judgement->power_mw > limits->max_power_mw)
    note_miss (text, "power", judgement->power_mw, limits->max_power_mw, STRATA_QUANTITY_POWER,
               judgement->static_mw > limits->max_power_mw ? "static power alone exceeds it: take a smaller chip"
                                                           : "lower the rate, or take a chip with less static power");
  if (limits->max_energy_fj > 0 && (double) judgement->energy_fj > limits->max_energy_fj)
    note_miss (text, "energy per inference", (double) judgement->energy_fj, limits->max_energy_fj,
               STRATA_QUANTITY_ENERGY, "compile without row copies, or take a smaller model");
  if (limits->max_junction_c > 0 && judgement->junction_c > limits->max_junction_c)
    note_miss (text, "junction temperature", judgement->junction_c, limits->max_junction_c, STRATA_QUANTITY_TEMPERATURE,
               "lower the rate or the ambient temperature");
  if (limits->max_skin_c > 0 && judgement->skin_c > limits->max_skin_c)
    note_miss (text, "skin temperature", judgement->skin_c, limits->max_skin_c, STRATA_QUANTITY_TEMPERATURE,
               "lower the rate or the ambient temperature");
}

/* A limit on something nobody measured is a question without an answer, not a pass. */
static gboolean
refuse_unknown (const Run *run, const StrataJudgement *judgement, GError **error)
{
  const StrataLimits *limits = &run->options->limits;
  const char *unknown = limits->max_power_mw > 0 && isnan (judgement->power_mw)       ? "power"
                        : limits->max_energy_fj > 0 && judgement->energy_fj < 0       ? "energy"
                        : limits->max_junction_c > 0 && isnan (judgement->junction_c) ? "junction temperature"
                        : limits->max_skin_c > 0 && isnan (judgement->skin_c)         ? "skin temperature"
                        : limits->max_interval_ps > 0 && judgement->interval_ps < 0   ? "interval"
                                                                                      : NULL;

  if (unknown == NULL)
    return TRUE;
  g_set_error (
    error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_REQUIREMENT,
    "%s: the limit on %s cannot be judged: nothing here models it; compile with an evaluator or drop the limit",
    run->graph->path != NULL ? run->graph->path : "model", unknown);
  return FALSE;
}

static gboolean
judge (Run *run, const StrataImage *image, StrataJudgement *judgement, GError **error)
{
  const StrataEvaluator *evaluator = &run->options->evaluator;
  g_autoptr (GString) text = g_string_new (NULL);

  if (!next_stage (run, error))
    return FALSE;
  *judgement = (StrataJudgement){ image->schedule->latency_ps, -1, -1, NAN, NAN, NAN, NAN };
  if (evaluator->judge != NULL && !strata_cached_judge (run->cache, evaluator, image, judgement, error))
    return FALSE;
  if (!refuse_unknown (run, judgement, error))
    return FALSE;
  check_time (text, image, judgement);
  check_physics (text, &image->limits, judgement);
  if (text->len == 0)
    return TRUE;
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_REQUIREMENT, "%s on %s: %s", image->model_name,
               run->chip->name, text->str);
  return FALSE;
}

StrataImage *
strata_compile (const StrataGraph *graph,
                const StrataChipSpec *chip,
                const StrataCompileOptions *options,
                StrataJudgement *judgement,
                GError **error)
{
  Run run = { graph, chip, options, options->dump_folder == NULL ? options->cache : NULL, 0 };
  g_autoptr (StrataImage) image = g_new0 (StrataImage, 1);
  StrataJudgement verdict;

  g_return_val_if_fail (graph != NULL && chip != NULL && options != NULL, NULL);
  image->decisions = strata_decisions_new ();
  if (!make_graph (&run, image, error) || !make_tiles (&run, image, error) || !make_placement (&run, image, error)
      || !make_schedule (&run, image, error) || !make_image (&run, image, error)
      || !judge (&run, image, &verdict, error))
    return NULL;
  if (judgement != NULL)
    *judgement = verdict;
  if (options->progress != NULL)
    options->progress (1, "done", options->progress_data);
  return g_steal_pointer (&image);
}
