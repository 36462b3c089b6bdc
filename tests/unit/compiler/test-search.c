/* SPDX-License-Identifier: Apache-2.0
 *
 * The search for a program: its bounds against programs that were made and timed by the simulator, its loop against
 * judgements that are made up, and the whole compiler against limits.
 */
#include <math.h>
#include <string.h>

#include "compiler/pipeline.h"
#include "compiler/search/state.h"
#include "lib/fixtures.h"
#include "lib/judge.h"
#include "random-graph.h"
#include "simulator/simulator.h"

static const int sizes[][3] = { { 8, 8, 16 }, { 2, 2, 64 }, { 1, 1, 200 }, { 3, 2, 40 }, { 12, 12, 1 } };

static StrataChipSpec *
chip_of (guint64 seed)
{
  const int *size = sizes[seed % G_N_ELEMENTS (sizes)];

  return fixtures_chip ("demonstrator", size[0], size[1], size[2]);
}

static StrataTileSet *
map_with (const StrataQGraph *graph, const StrataChipSpec *chip, const int *n_copies, gboolean row_copies)
{
  StrataMapOptions options = { .row_copies = row_copies, .n_copies = n_copies };
  g_autoptr (GError) error = NULL;
  StrataTileSet *tiles = strata_map (graph, chip, &options, &error);

  g_assert_no_error (error);
  return tiles;
}

/* Replaces what the image has of a candidate; FALSE where memory does not hold it. */
static gboolean
remake (StrataImage *image, const int *n_copies, gboolean row_copies)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&image->tiles, strata_tile_set_free);
  g_clear_pointer (&image->placement, strata_placement_free);
  g_clear_pointer (&image->schedule, strata_schedule_free);
  image->tiles = map_with (image->graph, image->chip, n_copies, row_copies);
  image->placement = strata_place (image->graph, image->tiles, image->chip, NULL, &error);
  g_assert_no_error (error);
  image->schedule = strata_schedule (image->graph, image->tiles, image->placement, image->chip, NULL, &error);
  if (g_error_matches (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY))
    return FALSE;
  g_assert_no_error (error);
  return TRUE;
}

static void
assert_bounds (const StrataImage *image, SearchModel *model, const SearchFloor *floor, const int *n_copies)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataModelled) modelled = strata_model_run (image, 0, FALSE, NULL, &error);
  SearchBind bind;
  double latency_ps = search_model_latency_ps (model, n_copies, &bind);
  double interval_ps = search_model_interval_ps (model, n_copies, &bind);

  g_assert_no_error (error);
  g_assert_cmpfloat (search_model_path_ps (model, n_copies), <=, (double) image->schedule->critical_path_ps);
  g_assert_cmpfloat (latency_ps, <=, (double) modelled->latency_ps[0]);
  g_assert_cmpfloat (interval_ps, <=, (double) modelled->unit_interval_ps[0]);
  g_assert_cmpfloat (floor->latency_ps, <=, latency_ps);
  g_assert_cmpfloat (floor->unit_interval_ps, <=, interval_ps);
  g_assert_cmpfloat (floor->interval_ps, <=, (double) modelled->interval_ps[0]);
  g_assert_cmpfloat (floor->dynamic_fj, <=, (double) modelled->dynamic_fj[0]);
  g_assert_cmpfloat (floor->energy_fj, <=, (double) modelled->energy_fj[0]);
  g_assert_cmpfloat (floor->static_mw, <=, modelled->static_mw[0]);
  g_assert_cmpfloat (floor->power_mw, <=, modelled->power_mw[0]);
  g_assert_cmpfloat (floor->junction_c, <=, modelled->junction_c + 1e-9);
  g_assert_cmpfloat (floor->skin_c, <=, modelled->skin_c + 1e-9);
  g_assert_cmpint (floor->n_arrays, <=, strata_tile_set_n_arrays (image->tiles));
}

/* What must be in memory at once is no more than what the schedule found room for. */
static gint64
assert_memory (StrataImage *image, const SearchModel *model)
{
  gint64 size = image->chip->sram_bytes;
  SearchMemory memory;

  image->chip->sram_bytes = 1; /* nothing fits anyway */
  search_memory_init (&memory, model);
  image->chip->sram_bytes = size;
  g_assert_cmpint (memory.n_bytes, <=, image->schedule->sram_peak_bytes);
  size = memory.n_bytes;
  search_memory_clear (&memory);
  return size;
}

/* Floor <= bound of a choice <= what its program does, on every step of the ladder. */
static void
test_bounds (void)
{
  double share = 0;
  int n_made = 0;

  for (guint64 seed = 0; seed < 40; seed++)
    {
      g_autoptr (StrataImage) image = fixtures_image (fixtures_random (seed), chip_of (seed));
      g_autoptr (StrataTileSet) once = map_with (image->graph, image->chip, NULL, FALSE);
      g_autoptr (SearchModel) model = search_model_new (image->graph, once, image->chip, 1);
      g_autoptr (GPtrArray) ladder = search_copies_ladder (model);
      SearchFloor floor;

      search_floor_init (&floor, model, NULL);
      for (guint i = 0; i < ladder->len; i += 2)
        if (remake (image, ladder->pdata[i], i % 4 == 0))
          {
            assert_bounds (image, model, &floor, ladder->pdata[i]);
            share += (double) assert_memory (image, model) / (double) image->schedule->sram_peak_bytes;
            n_made++;
          }
      search_floor_clear (&floor);
    }
  g_assert_cmpint (n_made, >, 80);
  g_test_message ("memory: the floor is %.2f of what schedules take, on average", share / n_made);
  g_assert_cmpfloat (share / n_made, >, 0.1);
}

/* Products, attention over @past tokens, a row of a table, and what is left of them */
static StrataImage *
attend (const char *chip, int past)
{
  StrataQGraph *graph = fixtures_graph_new ();
  int row = fixtures_lookup (graph, 4000, 32), query = fixtures_dense (graph, row, 64);
  int mixed = fixtures_dense (graph, fixtures_attention (graph, query, 4, past), 32);

  fixtures_output (graph, fixtures_digital (graph, fixtures_digital (graph, mixed, TRUE), FALSE));
  return fixtures_image (graph, fixtures_chip (chip, 4, 4, 8));
}

/* The time that all bursts of @kind's unit take */
static double
load_ps (const StrataImage *image, StrataUnitKind kind)
{
  double sum_ps = 0;

  for (int i = 0; i < image->schedule->n_instructions; i++)
    {
      const StrataInstruction *x = &image->schedule->instructions[i];

      if (image->schedule->units[x->unit].kind == kind)
        sum_ps +=
          (double) x->n_bursts
          * (double) strata_burst_time (x, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL).occupy_ps;
    }
  return sum_ps;
}

/* With one copy of each, units have just what the model says; and where attention reads external memory, the path does
 * not leave it out. */
static void
test_mirror (void)
{
  const int pasts[] = { 0, 200, 900 };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (pasts); i++)
    {
      g_autoptr (StrataImage) image = attend (i % 2 == 0 ? "phone" : "demonstrator", pasts[i / 2]);
      g_autoptr (StrataTileSet) once = map_with (image->graph, image->chip, NULL, FALSE);
      g_autoptr (SearchModel) model = search_model_new (image->graph, once, image->chip, 1);
      g_autofree int *one = search_copies_within (model, INFINITY);
      SearchFloor floor;

      g_assert_true (remake (image, one, FALSE));
      g_assert_cmpfloat (model->vector_ps, ==, load_ps (image, STRATA_UNIT_VECTOR));
      g_assert_cmpfloat (model->mac_ps, ==, load_ps (image, STRATA_UNIT_MAC));
      g_assert_cmpfloat (model->dram_ps, ==, load_ps (image, STRATA_UNIT_DRAM));
      g_assert_true ((model->dram_ps > 0) == (image->chip->dram_bytes > 0));
      search_floor_init (&floor, model, NULL);
      assert_bounds (image, model, &floor, one);
      assert_memory (image, model);
      g_assert_cmpfloat (floor.latency_ps, >, 0.75 * (double) image->schedule->critical_path_ps);
      search_floor_clear (&floor);
    }
}

/* Puts the products of @either on the digital units, those whose id has bit @bit set. */
static void
move_some (StrataImage *image, const gboolean *either, int bit)
{
  g_autofree StrataSide *sides = g_new0 (StrataSide, image->graph->n_ops + 1);
  StrataSideOptions options = { .sides = sides };
  g_autoptr (GError) error = NULL;
  StrataQGraph *moved;

  for (int i = 0; i < image->graph->n_ops; i++)
    if (image->graph->ops[i].window.groups > 1)
      sides[i] = image->graph->ops[i].kind == STRATA_QOP_MVM ? STRATA_SIDE_ANALOG : STRATA_SIDE_DIGITAL;
    else if (either[i] && (i >> bit & 1) != 0)
      sides[i] = STRATA_SIDE_DIGITAL;
  moved = strata_map_sides (image->graph, image->chip, &options, &error);
  g_assert_no_error (error);
  strata_qgraph_free (image->graph);
  image->graph = moved;
}

/* A floor that leaves the side of some products open is below the programs that have any of them on the digital units,
 * and their own models are, too. */
static void
test_sided_bounds (void)
{
  int n_made = 0;

  for (guint64 seed = 0; seed < 40; seed++)
    {
      g_autoptr (StrataImage) image = fixtures_image (fixtures_random (seed), chip_of (seed));
      g_autoptr (StrataTileSet) once = map_with (image->graph, image->chip, NULL, FALSE);
      g_autoptr (StrataQGraph) graph = strata_qgraph_share (image->graph);
      g_autofree StrataSide *all = g_new0 (StrataSide, graph->n_ops + 1);
      g_autofree gboolean *either = g_new0 (gboolean, graph->n_ops + 1);
      g_autoptr (SearchModel) digital = NULL, relaxed = search_model_new (graph, once, image->chip, 0);
      SearchFloor floor;

      for (int i = 0; i < graph->n_ops; i++)
        if (graph->ops[i].kind == STRATA_QOP_MVM && graph->ops[i].window.groups == 1)
          {
            all[i] = STRATA_SIDE_DIGITAL;
            either[i] = (seed + (guint64) i) % 3 > 0;
          }
      digital = search_model_new_sided (graph, once, image->chip, 1, all);
      search_model_relax (relaxed, digital, either);
      search_floor_init (&floor, relaxed, NULL);
      for (int bit = 0; bit < 3; bit++)
        {
          g_autofree StrataSide *sides = g_memdup2 (all, (graph->n_ops + 1) * sizeof *all);
          g_autofree int *one = g_new (int, graph->n_ops + 1);
          g_autoptr (SearchModel) model = NULL;

          for (int i = 0; i < graph->n_ops; i++)
            {
              one[i] = 1;
              if (!either[i] || (i >> bit & 1) == 0)
                sides[i] = STRATA_SIDE_CHEAPER;
            }
          strata_qgraph_free (image->graph);
          image->graph = strata_qgraph_share (graph);
          move_some (image, either, bit);
          model = search_model_new_sided (graph, once, image->chip, 1, sides);
          if (!remake (image, one, FALSE))
            continue;
          assert_bounds (image, model, &floor, one);
          n_made++;
        }
      search_floor_clear (&floor);
    }
  g_assert_cmpint (n_made, >, 60);
}

static void
test_ladder (void)
{
  for (guint64 seed = 0; seed < 40; seed++)
    {
      g_autoptr (StrataQGraph) graph = fixtures_random (seed);
      g_autoptr (StrataChipSpec) chip = chip_of (seed);
      g_autoptr (StrataTileSet) once = map_with (graph, chip, NULL, FALSE);
      g_autoptr (SearchModel) model = search_model_new (graph, once, chip, 1);
      g_autoptr (GPtrArray) ladder = search_copies_ladder (model);
      double turn_ps = INFINITY;

      g_assert_cmpint (search_model_arrays (model, ladder->pdata[0]), ==, model->n_arrays);
      for (guint i = 0; i < ladder->len; i++)
        {
          g_assert_cmpint (search_model_arrays (model, ladder->pdata[i]), <=, model->n_sites);
          g_assert_cmpfloat (search_copies_turn_ps (model, ladder->pdata[i]), <=, turn_ps);
          turn_ps = search_copies_turn_ps (model, ladder->pdata[i]);
        }
      for (int op = 0; op < graph->n_ops; op++)
        for (int n = 1; model->ops[op].is_product && n <= model->ops[op].n_rows; n++)
          {
            int fewer = search_copies_next (model, op, n, -1), more = search_copies_next (model, op, n, 1);

            g_assert_cmpint (fewer, <, n);
            g_assert_true (more == 0 || (more > n && more <= model->ops[op].n_rows));
          }
    }
}

/* --- the loop, judged by closed forms --- */

typedef struct
{
  gboolean found;
  gint64 n_arrays;
  int n_made;
} Outcome;

/* Judges by the model with a made-up gap that grows with the number of arrays. */
static Outcome
search_with (const StrataQGraph *graph, const StrataChipSpec *chip, StrataObjective objective, StrataLimits limits)
{
  g_autoptr (StrataTileSet) once = map_with (graph, chip, NULL, FALSE);
  StrataSearchOptions options = { limits, objective, TRUE, 64 };
  g_autoptr (StrataSearch) search = strata_search_new (graph, once, chip, &options);
  g_autoptr (SearchModel) model = search_model_new (graph, once, chip, 1);
  g_autoptr (StrataSearchReport) report = NULL;
  const StrataChoice *choice;
  Outcome outcome = { 0 };

  while ((choice = strata_search_next (search)) != NULL)
    {
      SearchBind bind;
      gint64 n_arrays = search_model_arrays (model, choice->n_copies);
      double latency_ps = search_model_latency_ps (model, choice->n_copies, &bind);
      double gap = 1.1 + 0.3 * (double) n_arrays / (double) strata_chip_arrays (chip);
      StrataJudgement judgement = { (gint64) (gap * latency_ps),
                                    (gint64) (gap * latency_ps),
                                    (gint64) (1e6 * gap),
                                    10,
                                    5,
                                    42,
                                    41,
                                    (gint64) (gap * latency_ps),
                                    1000000,
                                    20,
                                    1 - 0.5 / MAX (1, choice->reads) };

      if (!strata_search_wants_accuracy (search, &judgement, n_arrays))
        judgement.accuracy = NAN;
      if (strata_search_tell (search, &judgement, n_arrays, 0))
        outcome.n_arrays = n_arrays;
      g_assert_cmpint (++outcome.n_made, <, 64);
    }
  outcome.found = strata_search_best (search) != NULL;
  report = strata_search_report (search);
  g_assert_true (outcome.found == (report->verdict == STRATA_VERDICT_MET));
  g_assert_cmpint (report->tried->len, ==, outcome.n_made);
  return outcome;
}

/* It ends, does the same twice, and what was found under a limit is found under a looser one, with no more arrays. */
static void
test_monotone (void)
{
  for (guint64 seed = 0; seed < 30; seed++)
    {
      g_autoptr (StrataQGraph) graph = fixtures_random (seed);
      g_autoptr (StrataChipSpec) chip = chip_of (seed);
      g_autoptr (StrataTileSet) once = map_with (graph, chip, NULL, FALSE);
      g_autoptr (SearchModel) model = search_model_new (graph, once, chip, 1);
      int one[512];
      SearchBind bind;
      double alone_ps;
      Outcome before = { 0 };

      for (int i = 0; i < graph->n_ops; i++)
        one[i] = 1;
      alone_ps = search_model_latency_ps (model, one, &bind);
      for (double share = 0.02; share < 2; share *= 1.4)
        {
          StrataLimits limits = { .max_latency_ps = (gint64) (share * alone_ps) };
          Outcome now = search_with (graph, chip, STRATA_OBJECTIVE_ARRAYS, limits);
          Outcome again = search_with (graph, chip, STRATA_OBJECTIVE_ARRAYS, limits);

          g_assert_true (now.found || !before.found);
          g_assert_cmpint (now.n_made, ==, again.n_made);
          g_assert_cmpint (now.n_arrays, ==, again.n_arrays);
          before = now;
        }
      g_assert_true (before.found);
      g_assert_cmpint (before.n_made, ==, 1);
      for (int objective = 1; objective <= STRATA_OBJECTIVE_ENERGY; objective++)
        g_assert_true (search_with (graph, chip, (StrataObjective) objective, (StrataLimits){ 0 }).found);
    }
}

/* 50 % with one read, 75 with two, 87.5 with four: 80 takes four, 100 is beyond 64. */
static void
test_reads (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_tiny ();
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  StrataLimits limits = { .min_accuracy = 0.8 };
  Outcome some = search_with (graph, chip, STRATA_OBJECTIVE_ARRAYS, limits);

  g_assert_true (some.found);
  g_assert_cmpint (some.n_made, ==, 3);
  limits.min_accuracy = 1;
  some = search_with (graph, chip, STRATA_OBJECTIVE_ARRAYS, limits);
  g_assert_false (some.found);
  g_assert_cmpint (some.n_made, >=, 7);
}

/* 100 mW of which 20 are static, and 80 fJ/ps at 1 us: 60 mW are kept at 2 us, 20 and less never. */
static void
test_pace (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  StrataJudgement judgement = { 1000000, 1000000, 100000000, 100, 20, 43.5, 42, 1000000, 80000000, 100, NAN };
  StrataLimits limits = { .max_power_mw = 60 };
  gint64 pace_ps = search_limits_pace (&limits, &judgement, chip);

  g_assert_cmpint (pace_ps, >=, 2000000);
  g_assert_cmpint (pace_ps, <, 2010000);
  limits.max_interval_ps = 5000000;
  g_assert_cmpint (search_limits_pace (&limits, &judgement, chip), ==, 0);
  limits = (StrataLimits){ .max_power_mw = 20 };
  g_assert_cmpint (search_limits_pace (&limits, &judgement, chip), ==, 0);
  limits = (StrataLimits){ .max_power_mw = 100 };
  g_assert_cmpint (search_limits_pace (&limits, &judgement, chip), ==, 0);
  /* Half the rise over 40 C is half the power. */
  limits = (StrataLimits){ .max_junction_c = chip->t_ambient_c + (43.5 - chip->t_ambient_c) / 2 };
  g_assert_cmpint (search_limits_pace (&limits, &judgement, chip), >=, 2666666);
  g_assert_cmpint (search_limits_pace (&limits, &judgement, chip), <, 2680000);
}

/* --- the whole compiler --- */

static StrataImage *
compile (guint64 seed, StrataLimits limits, StrataObjective objective, StrataSearchReport **report, GError **error)
{
  g_autoptr (StrataGraph) graph = random_graph_new (seed);
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  StrataCompileOptions options;

  strata_compile_options_init (&options);
  options.limits = limits;
  options.objective = objective;
  options.report = report;
  options.evaluator.judge = judge_cb;
  return strata_compile (graph, chip, &options, NULL, error);
}

/* A latency between the floor and that of one copy is met by copies; one below the floor is impossible; and both say
 * so. */
static void
test_latency (void)
{
  int n_copied = 0;

  for (guint64 seed = 0; seed < 12; seed++)
    {
      g_autoptr (StrataSearchReport) report = NULL, refusal = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataImage) plain = compile (seed, (StrataLimits){ 0 }, STRATA_OBJECTIVE_ARRAYS, NULL, &error);
      g_autoptr (StrataImage) fast = compile (seed, (StrataLimits){ 0 }, STRATA_OBJECTIVE_LATENCY, &report, &error);
      StrataLimits limits = { .max_latency_ps = 1 };
      const StrataLimitFinding *finding;

      g_assert_no_error (error);
      g_assert_cmpint (fast->schedule->latency_ps, <=, plain->schedule->latency_ps);
      g_assert_cmpint (report->verdict, ==, STRATA_VERDICT_MET);
      n_copied += fast->tiles->n_tiles > plain->tiles->n_tiles;
      limits.max_latency_ps = fast->schedule->latency_ps;
      g_clear_pointer (&report, strata_search_report_free);
      strata_image_free (g_steal_pointer (&fast));
      fast = compile (seed, limits, STRATA_OBJECTIVE_ARRAYS, &report, &error);
      g_assert_no_error (error);
      g_assert_cmpint (fast->schedule->latency_ps, <=, limits.max_latency_ps);
      finding = &g_array_index (report->limits, StrataLimitFinding, 0);
      g_assert_cmpfloat (finding->floor, <=, finding->best);
      limits.max_latency_ps = (gint64) finding->floor - 1;
      g_assert_null (compile (seed, limits, STRATA_OBJECTIVE_ARRAYS, &refusal, &error));
      g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_REQUIREMENT);
      g_assert_nonnull (strstr (error->message, "impossible on this chip"));
      g_assert_cmpint (refusal->verdict, ==, STRATA_VERDICT_IMPOSSIBLE);
      g_assert_cmpint (refusal->tried->len, >, 0);
    }
  g_assert_cmpint (n_copied, >=, 6);
}

/* Power below what the units could draw is kept by pace, which travels with the program; below static power nothing
 * keeps it. */
static void
test_power (void)
{
  g_autoptr (StrataSearchReport) report = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) image =
    compile (3, (StrataLimits){ .max_power_mw = 20 }, STRATA_OBJECTIVE_ARRAYS, &report, &error);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StrataImage) back = NULL;
  g_autoptr (StrataModelled) modelled = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (image->pace_ps, >, 0);
  bytes = strata_image_encode (image);
  back = strata_image_decode (bytes, "paced", &error);
  g_assert_no_error (error);
  g_assert_cmpint (back->pace_ps, ==, image->pace_ps);
  modelled = strata_model_run (back, 0, FALSE, NULL, &error);
  g_assert_cmpfloat (modelled->power_mw[0], <=, 20);
  g_assert_cmpfloat (modelled->power_mw[0], >, 19);
  g_assert_cmpint (modelled->interval_ps[0], >=, image->pace_ps);
  g_clear_pointer (&report, strata_search_report_free);
  g_assert_null (compile (3, (StrataLimits){ .max_power_mw = 1 }, STRATA_OBJECTIVE_ARRAYS, &report, &error));
  g_assert_cmpint (report->verdict, ==, STRATA_VERDICT_IMPOSSIBLE);
  g_assert_nonnull (strstr (error->message, "static power"));
}

static const StrataDecision *
find_decision (const StrataImage *image, StrataReason reason, const char *text)
{
  for (guint i = 0; i < image->decisions->decisions->len; i++)
    {
      const StrataDecision *decision = &g_array_index (image->decisions->decisions, StrataDecision, i);

      if (decision->reason == reason && strstr (decision->text, text) != NULL)
        return decision;
    }
  return NULL;
}

/* A peak between that of one stack at a time and that of all is kept by a cap, which a run of its own confirms and the
 * explanation prices; one below static power is impossible, whatever the cap. */
static void
test_peak (void)
{
  int n_capped = 0;

  for (guint64 seed = 0; seed < 24; seed++)
    {
      g_autoptr (StrataSearchReport) report = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataImage) plain = compile (seed, (StrataLimits){ 0 }, STRATA_OBJECTIVE_ARRAYS, NULL, &error);
      g_autoptr (StrataModelled) all = strata_model_run (plain, 0, FALSE, NULL, &error), again = NULL;
      StrataLimits limits = { .max_peak_mw = all->static_mw[0] + 0.8 * (all->peak_mw - all->static_mw[0]) };
      g_autoptr (StrataImage) capped = compile (seed, limits, STRATA_OBJECTIVE_ARRAYS, &report, &error);
      const StrataDecision *decision;

      if (capped != NULL)
        {
          again = strata_model_run (capped, 0, FALSE, NULL, &error);
          g_assert_no_error (error);
          g_assert_cmpfloat (again->peak_mw, <=, limits.max_peak_mw);
        }
      g_clear_error (&error);
      if (capped == NULL || capped->schedule->max_active_stacks == 0)
        continue;
      n_capped++;
      g_assert_cmpint (again->latency_ps[0], >=, all->latency_ps[0]);
      for (guint i = 0; i < report->tried->len; i++)
        {
          const StrataTried *tried = &g_array_index (report->tried, StrataTried, i);

          g_assert_true (!tried->is_met || tried->n_arrays > strata_tile_set_n_arrays (capped->tiles)
                         || tried->judgement.energy_fj >= again->energy_fj[0]);
        }
      decision = find_decision (capped, STRATA_REASON_ACTIVE_STACKS, "for the limit of");
      g_assert_nonnull (decision);
      g_assert_cmpint (decision->n_alternatives, >=, 2);
      limits.max_peak_mw = all->static_mw[0] / 2;
      g_clear_pointer (&report, strata_search_report_free);
      g_assert_null (compile (seed, limits, STRATA_OBJECTIVE_ARRAYS, &report, &error));
      g_assert_cmpint (report->verdict, ==, STRATA_VERDICT_IMPOSSIBLE);
      g_assert_nonnull (strstr (error->message, "static power"));
    }
  g_test_message ("%d capped", n_capped);
  g_assert_cmpint (n_capped, >=, 4);
}

/* For least energy products go to the digital units where they take less there: the program takes less than with all in
 * arrays, runs them there, and says what either side would have taken; and a limit on energy that arrays miss is met
 * so.
 */
static void
test_sides (void)
{
  int n_moved = 0;

  for (guint64 seed = 0; seed < 12; seed++)
    {
      g_autoptr (StrataSearchReport) report = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataImage) plain = compile (seed, (StrataLimits){ 0 }, STRATA_OBJECTIVE_ARRAYS, NULL, &error);
      g_autoptr (StrataImage) least = compile (seed, (StrataLimits){ 0 }, STRATA_OBJECTIVE_ENERGY, &report, &error);
      g_autoptr (StrataImage) limited = NULL;
      g_autoptr (StrataModelled) before = strata_model_run (plain, 0, FALSE, NULL, &error);
      g_autoptr (StrataModelled) after = strata_model_run (least, 0, FALSE, NULL, &error), again = NULL;
      StrataLimits limits = { .max_energy_fj = (double) (before->energy_fj[0] + after->energy_fj[0]) / 2 };
      int n_digital = 0;

      g_assert_no_error (error);
      g_assert_cmpint (after->energy_fj[0], <=, before->energy_fj[0]);
      for (int i = 0; i < least->graph->n_ops; i++)
        if (least->graph->ops[i].kind == STRATA_QOP_MAC && least->graph->ops[i].window.groups == 1)
          {
            n_digital++;
            g_assert_cmpint (least->tiles->op_first[i], ==, least->tiles->op_first[i + 1]);
            g_assert_cmpint (least->graph->ops[i].weight_max, <=, 128);
          }
      if (n_digital == 0)
        continue;
      n_moved++;
      g_assert_nonnull (find_decision (least, STRATA_REASON_DIGITAL, "by the model"));
      g_assert_cmpint (find_decision (least, STRATA_REASON_DIGITAL, "by the model")->n_alternatives, ==, 1);
      g_clear_pointer (&report, strata_search_report_free);
      limited = compile (seed, limits, STRATA_OBJECTIVE_ARRAYS, &report, &error);
      g_assert_no_error (error);
      again = strata_model_run (limited, 0, FALSE, NULL, &error);
      g_assert_cmpfloat ((double) again->energy_fj[0], <=, limits.max_energy_fj);
      limits.max_energy_fj = g_array_index (report->limits, StrataLimitFinding, 0).floor * 0.99;
      g_clear_pointer (&report, strata_search_report_free);
      g_assert_null (compile (seed, limits, STRATA_OBJECTIVE_ARRAYS, &report, &error));
      g_assert_cmpint (report->verdict, ==, STRATA_VERDICT_IMPOSSIBLE);
    }
  g_assert_cmpint (n_moved, >=, 4);
}

static void
stages_cb (double fraction, const char *stage, gpointer user_data)
{
  GString *stages = user_data;

  g_string_append_printf (stages, " %s", stage);
}

/* Compiles for a chip that is too small, and gives the certificate and the stages that were begun. */
static StrataSearchReport *
refuse (const StrataGraph *graph, const StrataChipSpec *chip, GString *stages)
{
  StrataCompileOptions options;
  StrataSearchReport *report = NULL;
  g_autoptr (GError) error = NULL;

  strata_compile_options_init (&options);
  options.report = &report;
  options.progress = stages_cb;
  options.progress_data = stages;
  g_assert_null (strata_compile (graph, chip, &options, NULL, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
  g_assert_null (strchr (error->message, '\n'));
  g_assert_nonnull (report);
  g_assert_cmpint (report->limits->len, ==, 1);
  return report;
}

/* What does not fit once does not become a question of copies; what is said to hold it does. */
static void
test_capacity (void)
{
  g_autoptr (GString) stages = g_string_new (NULL);
  guint n_remedies = 0;

  for (guint64 seed = 0; seed < 12; seed++)
    {
      g_autoptr (StrataGraph) graph = random_graph_new (seed);
      g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 2, 2, 1);
      g_autoptr (StrataSearchReport) report = NULL;
      const StrataLimitFinding *finding;

      chip->rows = chip->columns = chip->n_adc = 4;
      report = refuse (graph, chip, stages);
      finding = &g_array_index (report->limits, StrataLimitFinding, 0);
      g_assert_cmpint (finding->limit, ==, STRATA_LIMIT_CHIP_ARRAYS);
      g_assert_cmpfloat (finding->asked, ==, 4);
      g_assert_cmpfloat (finding->best, >=, finding->floor);
      g_assert_cmpfloat (finding->best, >, 4);
      g_assert_cmpint (finding->verdict, ==, finding->floor > 4 ? STRATA_VERDICT_IMPOSSIBLE : STRATA_VERDICT_NOT_FOUND);
      g_assert_nonnull (finding->layers);
      for (guint i = 0; i < report->remedies->len; i++, n_remedies++)
        {
          const StrataRemedy *remedy = &g_array_index (report->remedies, StrataRemedy, i);
          g_autoptr (GError) error = NULL;
          g_autoptr (StrataImage) image = NULL;
          StrataCompileOptions options;

          g_assert_cmpfloat (remedy->needs, <=, remedy->has);
          if (strstr (remedy->change, " tiers") != NULL)
            chip->tiers = (int) remedy->has / 4;
          else
            chip->slices = 1;
          chip->sram_bytes = 10000000;
          strata_compile_options_init (&options);
          image = strata_compile (graph, chip, &options, NULL, &error);
          g_assert_no_error (error);
          g_assert_cmpfloat (remedy->needs, ==, (double) strata_tile_set_n_arrays (image->tiles));
          chip->tiers = 1;
          chip->slices = 2;
        }
    }
  g_assert_cmpuint (n_remedies, >, 5);
  g_assert_null (strstr (stages->str, "place"));
}

/* Memory that no order of bursts can do with is found before anything is placed. */
static void
test_memory (void)
{
  g_autoptr (GString) stages = g_string_new (NULL);
  int n_impossible = 0;

  for (guint64 seed = 0; seed < 20; seed++)
    {
      g_autoptr (StrataGraph) graph = random_graph_new (seed);
      g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
      g_autoptr (StrataSearchReport) report = NULL;
      const StrataLimitFinding *finding;
      const StrataRemedy *remedy;
      gboolean impossible;

      chip->sram_bytes = 40;
      g_string_truncate (stages, 0);
      report = refuse (graph, chip, stages);
      finding = &g_array_index (report->limits, StrataLimitFinding, 0);
      impossible = finding->verdict == STRATA_VERDICT_IMPOSSIBLE;
      g_assert_cmpint (finding->limit, ==, STRATA_LIMIT_CHIP_SRAM_BYTES);
      g_assert_cmpfloat (finding->asked, ==, 40);
      g_assert_true (impossible == (finding->floor > 40));
      g_assert_true (impossible == (strstr (stages->str, "place") == NULL));
      g_assert_cmpuint (report->remedies->len, ==, 1);
      remedy = &g_array_index (report->remedies, StrataRemedy, 0);
      g_assert_cmpfloat (remedy->needs, >=, finding->floor);
      n_impossible += impossible;
    }
  g_assert_cmpint (n_impossible, >=, 10);
}

typedef struct
{
  GCancellable *cancellable;
  int n_left;
} Canceller;

static void
cancel_cb (double fraction, const char *stage, gpointer user_data)
{
  Canceller *canceller = user_data;

  if (g_str_equal (stage, "place") && --canceller->n_left == 0)
    g_cancellable_cancel (canceller->cancellable);
}

/* In the second candidate, of a graph for which there are several */
static void
test_cancelled (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (GError) error = NULL;
  Canceller canceller = { cancellable, 2 };
  StrataCompileOptions options;
  guint n_made = 0;

  for (guint64 seed = 0; seed < 12 && n_made < 2; seed++)
    {
      g_autoptr (StrataSearchReport) report = NULL;
      g_autoptr (StrataImage) image = compile (seed, (StrataLimits){ 0 }, STRATA_OBJECTIVE_LATENCY, &report, &error);

      g_assert_no_error (error);
      n_made = report->tried->len;
      strata_graph_free (graph);
      graph = random_graph_new (seed);
    }
  g_assert_cmpuint (n_made, >=, 2);
  strata_compile_options_init (&options);
  options.objective = STRATA_OBJECTIVE_LATENCY;
  options.evaluator.judge = judge_cb;
  options.progress = cancel_cb;
  options.progress_data = &canceller;
  options.cancellable = cancellable;
  g_assert_null (strata_compile (graph, chip, &options, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/search/bounds", test_bounds);
  g_test_add_func ("/sdk/compiler/search/mirror", test_mirror);
  g_test_add_func ("/sdk/compiler/search/sided-bounds", test_sided_bounds);
  g_test_add_func ("/sdk/compiler/search/ladder", test_ladder);
  g_test_add_func ("/sdk/compiler/search/monotone", test_monotone);
  g_test_add_func ("/sdk/compiler/search/reads", test_reads);
  g_test_add_func ("/sdk/compiler/search/pace", test_pace);
  g_test_add_func ("/sdk/compiler/search/latency", test_latency);
  g_test_add_func ("/sdk/compiler/search/power", test_power);
  g_test_add_func ("/sdk/compiler/search/peak", test_peak);
  g_test_add_func ("/sdk/compiler/search/sides", test_sides);
  g_test_add_func ("/sdk/compiler/search/capacity", test_capacity);
  g_test_add_func ("/sdk/compiler/search/memory", test_memory);
  g_test_add_func ("/sdk/compiler/search/cancelled", test_cancelled);
  return g_test_run ();
}
