/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiling through a cache gives bit for bit what compiling afresh gives, whatever was edited in between, and redoes
 * only what depends on the edit.
 */
#include "compiler/cached.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "cache-support.h"
#include "chip/fields.h"
#include "support.h"

typedef struct
{
  guint n[STRATA_N_STAGES];
} Made;

static Made
count_made (StrataCache *cache)
{
  Made made;

  for (int i = 0; i < STRATA_N_STAGES; i++)
    made.n[i] = strata_cache_counts (cache, i).n_made;
  return made;
}

/* The stages that were redone since @before, "place schedule" */
static char *
redone (StrataCache *cache, const Made *before)
{
  GString *text = g_string_new (NULL);

  for (int i = STRATA_STAGE_GRAPH; i < STRATA_N_STAGES; i++)
    if (strata_cache_counts (cache, i).n_made > before->n[i])
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", strata_stage_name (i));
  return g_string_free (text, FALSE);
}

/* --- every field of a chip --- */

/* The @round-th other value of a field; FALSE: there is none, or a chip cannot have it. */
static gboolean
edit_field (StrataChipSpec *chip, const StrataField *field, int round)
{
  static const double factors[] = { 1.07, 3, 0.3, 1.5, 0.6 };
  gboolean whole = field->type == STRATA_FIELD_INT || field->type == STRATA_FIELD_LONG;
  int n_bands = strata_field_is_banded (field) ? STRATA_N_BANDS : 1;

  for (int band = 0; band < n_bands; band++)
    {
      double old = strata_field_value (field, chip, band), value = old * factors[round];

      if (old == 0)
        value = (field->max < 1 ? 0.1 : 1) * (round + 1);
      if (whole || field->type == STRATA_FIELD_TIME)
        value = rint (value) != old ? rint (value) : old + 1;
      if (!strata_field_in_range (field, value))
        return FALSE;
      strata_field_set (field, chip, band, value);
    }
  /* Fields that follow from others */
  if (g_str_has_prefix (field->key, "mesh_"))
    {
      chip->n_stacks = chip->mesh_x * chip->mesh_y;
      chip->hub_x2 = chip->mesh_x - 1;
      chip->hub_y2 = chip->mesh_y - 1;
    }
  return TRUE;
}

static StrataChipSpec *
edited_chip (const StrataChipSpec *base, const StrataField *field, int round)
{
  g_autoptr (StrataChipSpec) copy = copy_chip (base);
  StrataChipSpec *result;

  if (!edit_field (copy, field, round))
    return NULL;
  result = copy_chip (copy);
  if (result != NULL && result->hash == base->hash)
    g_clear_pointer (&result, strata_chip_spec_free);
  return result;
}

static void
compare_fields (const char *chip_name, const StrataGraph *graph, int n_rounds)
{
  g_autoptr (StrataChipSpec) base = load_chip (chip_name);
  g_autoptr (StrataCache) cache = strata_cache_new (NULL);
  StrataCompileOptions options;
  int n_edited = 0;

  options_init (&options, cache);
  outcome (graph, base, &options);
  for (int i = 0; i < strata_fields_count (); i++)
    for (int round = 0; round < n_rounds; round++)
      {
        const StrataField *field = strata_fields_get (i);
        g_autoptr (StrataChipSpec) chip = edited_chip (base, field, round);

        if (chip == NULL)
          continue;
        compare (field->key, graph, chip, &options);
        n_edited++;
      }
  g_test_message ("%s: %d edits", chip_name, n_edited);
  g_assert_cmpint (n_edited, >, strata_fields_count () * 8 / 10);
}

static void
test_fields (void)
{
  g_autoptr (StrataGraph) small = small_net (), conv = NULL;

  compare_fields ("demonstrator", small, 3);
  compare_fields ("hermes", small, 1);
  if (shared_folder () == NULL)
    return;
  conv = load_model ("mlperf_tiny_ic_resnet8_fp32");
  compare_fields ("demonstrator", conv, g_getenv ("STRATA_TEST_FULL") != NULL ? 5 : 1);
}

/* A stage reads nothing that stage-fields.def says it does not: all of it at once is drawn at random. */
static int
unread_stages (const char *key)
{
#define Q (1 << STRATA_STAGE_GRAPH)
#define G (1 << STRATA_N_STAGES)
#define M (1 << STRATA_STAGE_TILES)
#define P (1 << STRATA_STAGE_PLACEMENT)
#define S (1 << STRATA_STAGE_SCHEDULE)
#define UNREAD(name, stages)                                                                                           \
  if (g_str_equal (key, #name))                                                                                        \
    return stages;
#include "compiler/stage-fields.def"
#undef UNREAD
#undef Q
#undef G
#undef M
#undef P
#undef S
  return 0;
}

static StrataChipSpec *
scramble (const StrataChipSpec *base, int unread, guint32 seed)
{
  StrataChipSpec *chip = copy_chip (base);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (int i = 0; i < strata_fields_count (); i++)
    {
      const StrataField *field = strata_fields_get (i);
      int n_bands = strata_field_is_banded (field) ? STRATA_N_BANDS : 1;

      if (!(unread_stages (field->key) & unread))
        continue;
      for (int band = 0; band < n_bands; band++)
        {
          double value = strata_field_value (field, chip, band) * exp (g_rand_double_range (rand, -3, 3));

          if (field->type != STRATA_FIELD_REAL && field->type != STRATA_FIELD_BAND)
            value = rint (value);
          strata_field_set (field, chip, band, CLAMP (value, field->min, field->max));
        }
    }
  return chip;
}

/* Two samples for a model of one input */
static void
quantise_again (const StrataGraph *graph,
                const StrataChipSpec *chip,
                gboolean guessed,
                StrataDecisions *decisions,
                StrataHasher *hasher)
{
  const StrataCalibration seed = { .seed = 3 };
  StrataCalibration calibration = { .n_threads = 1, .decisions = decisions };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataLowered) lowered = strata_lower (graph, &error);
  int n = 0;
  StrataArray **arrays = strata_calibration_samples (graph, &seed, &n);
  StrataSample samples[2] = { { &arrays[0] }, { &arrays[1] } };
  g_autoptr (StrataQGraph) result = NULL;

  g_assert_cmpint (n, ==, 2);
  g_assert_cmpint (graph->n_inputs, ==, 1);
  calibration.samples = guessed ? NULL : samples;
  calibration.n_samples = guessed ? 0 : 2;
  result = strata_quantise (graph, lowered, chip, &calibration, &error);
  g_assert_no_error (error);
  strata_hasher_int (hasher, (gint64) strata_qgraph_hash (result));
  for (int i = 0; i < n; i++)
    strata_array_free (arrays[i]);
  g_free (arrays);
}

/* Runs @stage again, on the artefacts of @image, for another chip. */
static guint64
rerun (
  StrataStage stage, gboolean guessed, const StrataGraph *graph, const StrataImage *image, const StrataChipSpec *chip)
{
  g_autoptr (StrataDecisions) decisions = strata_decisions_new ();
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();
  StrataMapOptions map = { .row_copies = TRUE, .decisions = decisions };
  StrataPlaceOptions place = { .effort = 0.01, .decisions = decisions };
  StrataScheduleOptions schedule = { .decisions = decisions };
  g_autoptr (GError) error = NULL;

  if (stage == STRATA_STAGE_GRAPH)
    quantise_again (graph, chip, guessed, decisions, hasher);
  else if (stage == STRATA_STAGE_TILES)
    {
      g_autoptr (StrataTileSet) result = strata_map (image->graph, chip, &map, &error);

      strata_hasher_int (hasher, (gint64) strata_tile_set_hash (result));
    }
  else if (stage == STRATA_STAGE_PLACEMENT)
    {
      g_autoptr (StrataPlacement) result = strata_place (image->graph, image->tiles, chip, &place, &error);

      strata_hasher_int (hasher, (gint64) strata_placement_hash (result));
    }
  else
    {
      g_autoptr (StrataSchedule) result =
        strata_schedule (image->graph, image->tiles, image->placement, chip, &schedule, &error);

      strata_hasher_int (hasher, (gint64) strata_schedule_hash (result));
    }
  g_assert_no_error (error);
  strata_hasher_int (hasher, (gint64) strata_decisions_hash (decisions));
  return strata_hasher_digest (hasher);
}

/* Two stacks, so that tiers are switched and partial sums travel */
static StrataChipSpec *
crowded_chip (void)
{
  g_autoptr (StrataChipSpec) chip = load_chip ("demonstrator");

  chip->mesh_x = chip->n_stacks = 2;
  chip->mesh_y = 1;
  chip->hub_x2 = 1;
  chip->hub_y2 = 0;
  chip->rows = 64;
  return copy_chip (chip);
}

static void
check_unread (const char *chip_name, const StrataGraph *graph, guint n_draws)
{
  static const struct
  {
    StrataStage stage;
    gboolean guessed;
  } ways[] = { { STRATA_STAGE_GRAPH, TRUE },
               { STRATA_STAGE_GRAPH, FALSE },
               { STRATA_STAGE_TILES, FALSE },
               { STRATA_STAGE_PLACEMENT, FALSE },
               { STRATA_STAGE_SCHEDULE, FALSE } };
  g_autoptr (StrataChipSpec) base = chip_name != NULL ? load_chip (chip_name) : crowded_chip ();
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) image = NULL;
  StrataCompileOptions options;

  options_init (&options, NULL);
  image = strata_compile (graph, base, &options, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      guint64 expected = rerun (ways[i].stage, ways[i].guessed, graph, image, base);

      for (guint draw = 0; draw < n_draws; draw++)
        {
          g_autoptr (StrataChipSpec) chip =
            scramble (base, 1 << (ways[i].guessed ? STRATA_N_STAGES : ways[i].stage), draw + 1);

          if (rerun (ways[i].stage, ways[i].guessed, graph, image, chip) != expected)
            g_error ("stage %s%s reads a field of the chip that stage-fields.def says it does not",
                     strata_stage_name (ways[i].stage), ways[i].guessed ? ", without samples," : "");
        }
    }
}

static void
test_unread (void)
{
  g_autoptr (StrataGraph) small = small_net (), conv = NULL;

  check_unread ("demonstrator", small, 20);
  check_unread ("ibm-3d", small, 5);
  check_unread (NULL, small, 10);
  if (shared_folder () == NULL)
    return;
  conv = load_model ("mlperf_tiny_ic_resnet8_fp32");
  check_unread ("demonstrator", conv, 3);
}

/* --- every option and limit --- */

static void
compare_options (const StrataGraph *graph)
{
  g_autoptr (StrataChipSpec) chip = load_chip ("demonstrator");
  g_autoptr (StrataCache) cache = strata_cache_new (NULL);
  StrataCompileOptions base, options;
  Made before;

  options_init (&base, cache);
  compare ("base", graph, chip, &base);
#define EDIT(member, value, expected)                                                                                  \
  G_STMT_START                                                                                                         \
  {                                                                                                                    \
    g_autofree char *text = NULL;                                                                                      \
                                                                                                                       \
    options = base;                                                                                                    \
    options.member = value;                                                                                            \
    before = count_made (cache);                                                                                       \
    compare (#member, graph, chip, &options);                                                                          \
    text = redone (cache, &before);                                                                                    \
    if (expected != NULL)                                                                                              \
      g_assert_cmpstr (text, ==, (const char *) expected);                                                             \
  }                                                                                                                    \
  G_STMT_END
  /* What cannot be met is answered with the programs at both ends of what copies can do, if they can anything. */
  EDIT (limits.max_latency_ps, 1, NULL);
  EDIT (limits.max_latency_ps, G_MAXINT64 / 4, "");
  EDIT (limits.max_interval_ps, 900000000000, "judge");
  EDIT (limits.max_power_mw, 1e-6, "");
  EDIT (limits.max_energy_fj, 1e18, "");
  EDIT (limits.max_junction_c, 200, "");
  EDIT (limits.max_skin_c, 1, "");
  EDIT (calibration.n_threads, 2, "");
  EDIT (calibration.n_reads, 2, "map place schedule judge");
  EDIT (calibration.seed, 77, NULL);
  EDIT (map.row_copies, FALSE, NULL);
  EDIT (place.effort, -1, NULL);
  EDIT (place.n_threads, 2, "");
  EDIT (seed, 9, NULL);
  EDIT (seed, base.seed, "");
#undef EDIT
}

static void
test_options (void)
{
  g_autoptr (StrataGraph) small = small_net ();

  compare_options (small);
  if (shared_folder () == NULL)
    return;
  for (int i = 0; i < 2; i++)
    {
      g_autoptr (StrataGraph) graph =
        load_model (i == 0 ? "mlperf_tiny_kws_dscnn_fp32" : "mlperf_tiny_ic_resnet8_int8");

      compare_options (graph);
    }
}

/* What an edit redoes, as a user sees it: a budget only judges again, a time places and schedules again, and only what
 * numbers come to makes the numbers again. */
static void
test_redone (void)
{
  static const struct
  {
    const char *key, *expected;
  } cases[] = {
    { "p_budget", "schedule judge" },
    { "cost_cmos", "judge" },
    { "e_program_cell", "judge" },
    { "r_package", NULL },
    { "wafer", "judge" },
  };
  g_autoptr (StrataChipSpec) base = load_chip ("demonstrator");
  g_autoptr (StrataGraph) graph = small_net ();
  g_autoptr (StrataCache) cache = strata_cache_new (NULL);
  StrataCompileOptions options;

  options_init (&options, cache);
  outcome (graph, base, &options);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (StrataChipSpec) chip = edited_chip (base, strata_fields_get (strata_fields_find (cases[i].key)), 0);
      Made before = count_made (cache);
      g_autofree char *text = NULL;

      g_assert_nonnull (chip);
      outcome (graph, chip, &options);
      text = redone (cache, &before);
      if (cases[i].expected != NULL)
        g_assert_cmpstr (text, ==, cases[i].expected);
      g_assert_null (strstr (text, "quantise"));
      g_assert_null (strstr (text, "map"));
    }
  for (int i = 0; i < strata_fields_count (); i++)
    {
      const StrataField *field = strata_fields_get (i);
      g_autoptr (StrataChipSpec) chip = edited_chip (base, field, 0);
      Made before = count_made (cache);
      g_autofree char *text = NULL;

      if (chip == NULL || !(unread_stages (field->key) & 1 << STRATA_N_STAGES))
        continue;
      outcome (graph, chip, &options);
      text = redone (cache, &before);
      g_assert_null (strstr (text, "quantise"));
    }
}

/* --- memory --- */

/* Almost nothing fits, so almost everything is made again, and nothing else happens. */
static void
test_small_memory (void)
{
  const StrataCacheOptions tight = { .max_memory_bytes = 3000 };
  g_autoptr (StrataChipSpec) chip = load_chip ("demonstrator");
  g_autoptr (StrataGraph) graph = small_net ();
  g_autoptr (StrataCache) cache = strata_cache_new (&tight);
  StrataCompileOptions options;

  options_init (&options, cache);
  for (int i = 0; i < 3; i++)
    compare ("tight", graph, chip, &options);
  g_assert_cmpuint (strata_cache_counts (cache, STRATA_STAGE_GRAPH).n_made, ==, 3);
}

/* A graph that came from the cache may be changed without changing what the cache has. */
static void
test_own_copy (void)
{
  g_autoptr (StrataChipSpec) chip = load_chip ("demonstrator");
  g_autoptr (StrataGraph) graph = small_net ();
  g_autoptr (StrataCache) cache = strata_cache_new (NULL);
  g_autoptr (GError) error = NULL;
  StrataCompileOptions options;
  guint64 first = 0;

  options_init (&options, cache);
  for (int i = 0; i < 3; i++)
    {
      g_autoptr (StrataImage) image = strata_compile (graph, chip, &options, NULL, &error);

      g_assert_no_error (error);
      first = i == 0 ? image->hash : first;
      g_assert_cmphex (image->hash, ==, first);
      image->graph->ops[1].n_reads += 3;
      image->graph->tensors[0].scale *= 2;
      image->tiles->tiles[0].n_row_copies += 1;
      image->schedule->instructions[0].priority += 1;
    }
  g_assert_cmpuint (strata_cache_counts (cache, STRATA_STAGE_GRAPH).n_from_memory, ==, 2);
}

typedef struct
{
  StrataCache *cache;
  guint64 expected;
  int edit;
} Job;

static gpointer
work (gpointer data)
{
  const Job *job = data;
  g_autoptr (StrataChipSpec) base = load_chip ("demonstrator");
  g_autoptr (StrataGraph) graph = small_net ();
  StrataCompileOptions options;

  options_init (&options, job->cache);
  for (int i = 0; i < 12; i++)
    {
      options.calibration.n_reads = 1 + (i * 5 + job->edit) % 3;
      options.limits.max_power_mw = i % 4 == 0 ? 0 : 100 * i;
      compare ("thread", graph, base, &options);
    }
  return NULL;
}

static void
test_threads (void)
{
  g_autofree char *folder = make_folder ();
  const StrataCacheOptions cache_options = { .folder = folder, .max_memory_bytes = 20000 };
  g_autoptr (StrataCache) cache = strata_cache_new (&cache_options);
  Job jobs[3];
  GThread *threads[3];

  for (int i = 0; i < 3; i++)
    {
      jobs[i] = (Job){ cache, 0, i };
      threads[i] = g_thread_new ("job", work, &jobs[i]);
    }
  for (int i = 0; i < 3; i++)
    g_thread_join (threads[i]);
  remove_folder (folder);
}

/* --- the folder --- */

/* --- the model's file --- */

static StrataGraph *
load_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  StrataGraph *graph = strata_onnx_load (path, NULL, &error);

  g_assert_no_error (error);
  return graph;
}

/* Changes one weight in place, and puts the time of the content back as it was. */
static void
edit_weight (const char *path, goffset at)
{
  GStatBuf info;
  struct timespec times[2];
  guint8 byte = 0x3d;
  int fd = g_open (path, O_RDWR, 0);

  g_assert_cmpint (fstat (fd, &info), ==, 0);
  g_assert_cmpint (pwrite (fd, &byte, 1, at), ==, 1);
  times[0] = info.st_atim;
  times[1] = info.st_mtim;
  g_assert_cmpint (futimens (fd, times), ==, 0);
  close (fd);
}

/* An edit of the file is seen, at once, also where its size and its time stay. */
static void
test_file (void)
{
  g_autofree char *folder = NULL, *path = NULL, *source = NULL, *bytes = NULL;
  g_autoptr (StrataChipSpec) chip = NULL;
  g_autoptr (StrataCache) cache = NULL;
  StrataCompileOptions options;
  gsize n;

  if (shared_folder () == NULL)
    return;
  folder = make_folder ();
  path = g_build_filename (folder, "m.onnx", NULL);
  source = g_build_filename (shared_folder (), "models", "mlperf_tiny_ic_resnet8_fp32", "model.onnx", NULL);
  g_assert_true (g_file_get_contents (source, &bytes, &n, NULL));
  g_assert_true (g_file_set_contents (path, bytes, (gssize) n, NULL));
  chip = load_chip ("demonstrator");
  cache = strata_cache_new (NULL);
  options_init (&options, cache);
  for (int i = 0; i < 6; i++)
    {
      g_autoptr (StrataGraph) graph = load_file (path);

      compare ("file", graph, chip, &options);
      g_assert_cmpuint (strata_cache_counts (cache, STRATA_STAGE_GRAPH).n_made, ==, i + 1);
      g_assert_cmphex (strata_cached_digest (cache, graph), ==, strata_graph_digest (graph));
      edit_weight (path, (goffset) n / 2 + 400 * i + 3);
    }
  g_assert_cmpuint (strata_cache_counts (cache, STRATA_STAGE_TILES).n_made, >=, 1);
  remove_folder (folder);
}

/* A file that has rested is not read again; one that was replaced under a compilation is not kept under its old name.
 */
static void
test_rested_file (void)
{
  const struct timespec old[2] = { { 1700000000, 5 }, { 1700000000, 5 } };
  StrataFileStamp stamp = { .modified_ns = 5, .changed_ns = 5, .seen_ns = 5 + 1999999999 };
  g_autofree char *folder = NULL, *path = NULL, *source = NULL, *bytes = NULL;
  g_autoptr (StrataCache) cache = NULL;
  g_autoptr (StrataGraph) graph = NULL;
  guint64 digest;
  gsize n;

  g_assert_false (strata_file_stamp_has_rested (&stamp));
  stamp.seen_ns += 2;
  g_assert_true (strata_file_stamp_has_rested (&stamp));
  stamp.changed_ns = stamp.seen_ns; /* the time of the content alone can be set at will */
  g_assert_false (strata_file_stamp_has_rested (&stamp));
  if (shared_folder () == NULL)
    return;
  folder = make_folder ();
  path = g_build_filename (folder, "m.onnx", NULL);
  source = g_build_filename (shared_folder (), "models", "mlperf_tiny_kws_dscnn_fp32", "model.onnx", NULL);
  g_assert_true (g_file_get_contents (source, &bytes, &n, NULL));
  g_assert_true (g_file_set_contents (path, bytes, (gssize) n, NULL));
  g_assert_cmpint (utimensat (AT_FDCWD, path, old, 0), ==, 0);
  cache = strata_cache_new (NULL);
  graph = load_file (path);
  g_assert_cmpuint (graph->files->len, ==, 1);
  /* As if it had been mapped a minute after it was written */
  g_array_index (graph->files, StrataGraphFile, 0).stamp.seen_ns += 60 * G_GINT64_CONSTANT (1000000000);
  digest = strata_graph_digest (graph);
  for (int i = 0; i < 3; i++)
    g_assert_cmphex (strata_cached_digest (cache, graph), ==, digest);
  g_assert_cmpuint (strata_cache_counts (cache, STRATA_STAGE_DIGEST).n_made, ==, 1);
  g_assert_cmpuint (strata_cache_counts (cache, STRATA_STAGE_DIGEST).n_from_memory, ==, 2);
  g_assert_cmphex (strata_cache_source_key (cache, graph), !=, 0);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) n, NULL)); /* another file of the same name */
  g_assert_false (strata_cache_source_rests (graph));
  g_assert_cmphex (strata_cache_source_key (cache, graph), ==, 0);
  g_assert_cmphex (strata_cached_digest (cache, graph), ==, digest);
  remove_folder (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/cache/options", test_options);
  g_test_add_func ("/sdk/compiler/cache/redone", test_redone);
  g_test_add_func ("/sdk/compiler/cache/fields", test_fields);
  g_test_add_func ("/sdk/compiler/cache/unread", test_unread);
  g_test_add_func ("/sdk/compiler/cache/small-memory", test_small_memory);
  g_test_add_func ("/sdk/compiler/cache/own-copy", test_own_copy);
  g_test_add_func ("/sdk/compiler/cache/threads", test_threads);
  g_test_add_func ("/sdk/compiler/cache/file", test_file);
  g_test_add_func ("/sdk/compiler/cache/rested-file", test_rested_file);
  return g_test_run ();
}
