/* SPDX-License-Identifier: Apache-2.0
 *
 * One model from its file to a program and to time, energy and heat in three bands, in one thread: processor time of
 * each stage, whole process included. Then compilations after one edit each, in this process and through a folder that
 * another process left, each compared with a fresh compilation. Usage: compile-speed MODEL.onnx [CHIP]
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "chip/fields.h"
#include "compiler/pipeline.h"
#include "lib/judge.h"
#include "simulator/simulator.h"

#define MB 1e6

/* Of this process, all threads, milliseconds */
static double
cpu_ms (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return 1e3 * (double) t.tv_sec + 1e-6 * (double) t.tv_nsec;
}

/* What is compiled, and how */
typedef struct
{
  const char *path;
  StrataGraph *graph;
  StrataChipSpec *chip;
  StrataLimits limits;
  int n_reads;
} Case;

typedef struct
{
  double last_ms;
  const char *stage;
} Clock;

static void
stage_cb (double fraction, const char *stage, gpointer user_data)
{
  Clock *clock = user_data;
  double now_ms = cpu_ms ();

  if (clock->stage != NULL)
    printf ("  %s %.1f", clock->stage, now_ms - clock->last_ms);
  clock->last_ms = now_ms;
  clock->stage = stage;
}

static StrataImage *
compile (const Case *what, StrataCache *cache, Clock *clock)
{
  g_autoptr (GError) error = NULL;
  StrataCompileOptions options;
  StrataImage *image;

  strata_compile_options_init (&options);
  options.calibration.n_threads = 1;
  options.calibration.n_reads = what->n_reads;
  options.place.n_threads = 1;
  options.limits = what->limits;
  options.cache = cache;
  options.progress = clock != NULL ? stage_cb : NULL;
  options.progress_data = clock;
  if (clock == NULL) /* where the whole way is timed, the figures come from the run in three bands */
    options.evaluator = (StrataEvaluator){ judge_cb, NULL, TRUE };
  image = strata_compile (what->graph, what->chip, &options, NULL, &error);
  if (image == NULL)
    g_error ("%s", error->message);
  return image;
}

static StrataGraph *
load_graph (const char *path)
{
  g_autoptr (GError) error = NULL;
  StrataGraph *graph = strata_onnx_load (path, NULL, &error);

  if (graph == NULL)
    g_error ("%s", error->message);
  return graph;
}

/* The whole way, from the start of the process */
static void
time_whole (const Case *what, double import_ms)
{
  g_autoptr (GError) error = NULL;
  Clock clock = { 0 };
  g_autoptr (StrataImage) image = NULL;
  g_autoptr (StrataModelled) modelled = NULL;
  struct rusage usage;
  GStatBuf info;
  double before_ms, total_ms;

  printf ("stages, ms:  start and import %.1f", import_ms);
  image = compile (what, NULL, &clock);
  before_ms = cpu_ms ();
  modelled = strata_model_run (image, 0, TRUE, NULL, &error);
  if (modelled == NULL)
    g_error ("%s", error->message);
  total_ms = cpu_ms ();
  printf ("  timing, energy and heat in three bands %.1f\n", total_ms - before_ms);
  getrusage (RUSAGE_SELF, &usage);
  g_stat (what->path, &info);
  printf ("total %.0f ms, %.0f MB beyond the model's %.0f MB\n", total_ms,
          (double) usage.ru_maxrss * 1024 / MB - (double) info.st_size / MB, (double) info.st_size / MB);
}

/* --- edits --- */

static void
set_field (Case *what, const char *key, double factor)
{
  const StrataField *field = strata_fields_get (strata_fields_find (key));
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  StrataChipSpec *edited;

  for (int band = 0; band < (strata_field_is_banded (field) ? STRATA_N_BANDS : 1); band++)
    strata_field_set (field, what->chip, band, factor * strata_field_value (field, what->chip, band));
  text = strata_chip_spec_print (what->chip);
  edited = strata_chip_spec_parse (text, -1, "edited", &error);
  if (edited == NULL)
    g_error ("%s", error->message);
  strata_chip_spec_free (what->chip);
  what->chip = edited;
}

static const char *const edits[] = { "nothing",
                                     "limit on latency",
                                     "limit on power",
                                     "rate asked for",
                                     "chip: power budget",
                                     "chip: energy of a conversion",
                                     "chip: time of a conversion",
                                     "chip: conductivity of the stack",
                                     "chip: slices per weight",
                                     "option: averaged reads" };

static void
edit (Case *what, int index)
{
  static const struct
  {
    const char *key;
    double factor;
  } fields[] = { { "p_budget", 1.1 }, { "e_adc", 0.9 }, { "t_adc", 0.9 }, { "k_vertical", 1.2 }, { "slices", 0.5 } };

  if (index == 1)
    what->limits.max_latency_ps = G_GINT64_CONSTANT (1000000000000);
  else if (index == 2)
    what->limits.max_power_mw = 1e6;
  else if (index == 3)
    what->limits.max_interval_ps = G_GINT64_CONSTANT (10000000000000);
  else if (index >= 4 && index < 9)
    set_field (what, fields[index - 4].key, fields[index - 4].factor);
  else if (index == 9)
    what->n_reads = 2;
}

static char *
describe_made (StrataCache *cache, const StrataCacheCounts *before)
{
  GString *text = g_string_new (NULL);

  for (StrataStage stage = STRATA_STAGE_STATISTICS; stage < STRATA_N_STAGES; stage++)
    if (strata_cache_counts (cache, stage).n_made > before[stage].n_made)
      g_string_append_printf (text, " %s", strata_stage_name (stage));
  return g_string_free (text, FALSE);
}

/* One compilation through @cache; prints its time, what was redone, and whether the program is the fresh one. */
static void
time_edit (const Case *base, const char *chip, int index, StrataCache *cache, const char *folder)
{
  const StrataCacheOptions options = { .folder = folder };
  g_autoptr (StrataCache) other = folder != NULL ? strata_cache_new (&options) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) image = NULL, fresh = NULL;
  g_autoptr (StrataGraph) graph = NULL;
  StrataCacheCounts before[STRATA_N_STAGES];
  g_autofree char *made = NULL;
  Case edited = *base;
  double start_ms, end_ms;

  edited.chip = strata_chip_spec_load (chip, &error);
  edit (&edited, index);
  cache = folder != NULL ? other : cache;
  for (StrataStage stage = 0; stage < STRATA_N_STAGES; stage++)
    before[stage] = strata_cache_counts (cache, stage);
  start_ms = cpu_ms ();
  if (folder != NULL)
    edited.graph = graph = load_graph (base->path);
  image = compile (&edited, cache, NULL);
  end_ms = cpu_ms ();
  fresh = compile (&edited, NULL, NULL);
  made = describe_made (cache, before);
  printf ("  %-32s %7.1f ms  %s; redone:%s\n", edits[index], end_ms - start_ms,
          image->hash == fresh->hash ? "same program" : "OTHER PROGRAM", *made != '\0' ? made : " nothing");
  strata_chip_spec_free (edited.chip);
}

static void
time_edits (const Case *base, const char *chip)
{
  g_autofree char *folder = g_dir_make_tmp ("strata-bench-XXXXXX", NULL);
  const StrataCacheOptions options = { .folder = folder };
  g_autoptr (StrataCache) cache = strata_cache_new (&options);
  g_autoptr (GDir) dir = NULL;
  const char *name;

  strata_image_free (compile (base, cache, NULL));
  printf ("compiling again in the same process, after one edit:\n");
  for (int i = 0; i < (int) G_N_ELEMENTS (edits); i++)
    {
      g_autoptr (StrataCache) one = strata_cache_new (NULL);

      strata_image_free (compile (base, one, NULL));
      time_edit (base, chip, i, one, NULL);
    }
  printf ("the same through a folder, the model opened again:\n");
  for (int i = 0; i < (int) G_N_ELEMENTS (edits); i++)
    time_edit (base, chip, i, NULL, folder);
  dir = g_dir_open (folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  const char *chip = argc > 2 ? argv[2] : "demonstrator";
  g_autoptr (GError) error = NULL;
  Case what = { 0 };

  if (argc < 2)
    {
      fprintf (stderr, "usage: compile-speed MODEL.onnx [CHIP]\n");
      return 2;
    }
  what.path = argv[1];
  what.chip = strata_chip_spec_load (chip, &error);
  if (what.chip == NULL)
    g_error ("%s", error->message);
  what.graph = load_graph (what.path);
  time_whole (&what, cpu_ms ());
  time_edits (&what, chip);
  strata_graph_free (what.graph);
  strata_chip_spec_free (what.chip);
  return 0;
}
