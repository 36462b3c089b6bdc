/* SPDX-License-Identifier: Apache-2.0 */
#include "cache-support.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "graph-maker.h"
#include "lib/judge.h"

void
options_init (StrataCompileOptions *options, StrataCache *cache)
{
  strata_compile_options_init (options);
  options->calibration.n_threads = 1;
  options->place.effort = 0.001;
  options->evaluator = (StrataEvaluator){ judge_cb, NULL, TRUE };
  options->cache = cache;
}

StrataChipSpec *
load_chip (const char *name)
{
  g_autoptr (GError) error = NULL;
  StrataChipSpec *chip = strata_chip_spec_load (name, &error);

  g_assert_no_error (error);
  return chip;
}

StrataChipSpec *
copy_chip (const StrataChipSpec *chip)
{
  g_autofree char *text = strata_chip_spec_print (chip);

  return strata_chip_spec_parse (text, -1, "edited", NULL);
}

StrataGraph *
small_net (void)
{
  g_autofree float *first = g_new (float, 12000), *second = g_new (float, 3000);
  GraphMaker m;
  int x, product, relu, y;

  for (int i = 0; i < 12000; i++)
    first[i] = (float) sin (i + 1) / 8;
  for (int i = 0; i < 3000; i++)
    second[i] = (float) cos (i) / 16;
  maker_init (&m);
  x = maker_input (&m, "x", 1, 40, 0);
  product = maker_value (&m, "p", STRATA_DTYPE_F32, 1, 300, 0);
  relu = maker_value (&m, "r", STRATA_DTYPE_F32, 1, 300, 0);
  y = maker_value (&m, "y", STRATA_DTYPE_F32, 1, 10, 0);
  maker_node (&m, STRATA_OP_MAT_MUL, product, x, maker_floats (&m, first, 40, 300, 0), -2);
  maker_node (&m, STRATA_OP_RELU, relu, product, -2);
  maker_node (&m, STRATA_OP_MAT_MUL, y, relu, maker_floats (&m, second, 300, 10, 0), -2);
  maker_output (&m, y);
  return maker_finish (&m);
}

guint64
outcome (const StrataGraph *graph, const StrataChipSpec *chip, const StrataCompileOptions *options)
{
  g_autoptr (GError) error = NULL;
  StrataJudgement judgement = { 0 };
  g_autoptr (StrataImage) image = strata_compile (graph, chip, options, &judgement, &error);
  g_autofree char *text = NULL;

  if (image == NULL)
    {
      g_assert_nonnull (error);
      return strata_hash_bytes (error->message, strlen (error->message));
    }
  text = g_strdup_printf ("%" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                          " %" G_GINT64_FORMAT " %.17g %.17g %.17g %.17g",
                          image->hash, strata_decisions_hash (image->decisions), judgement.latency_ps,
                          judgement.interval_ps, judgement.energy_fj, judgement.power_mw, judgement.static_mw,
                          judgement.junction_c, judgement.skin_c);
  return strata_hash_bytes (text, strlen (text));
}

void
compare (const char *what, const StrataGraph *graph, const StrataChipSpec *chip, const StrataCompileOptions *options)
{
  StrataCompileOptions fresh = *options;

  fresh.cache = NULL;
  if (outcome (graph, chip, options) != outcome (graph, chip, &fresh))
    g_error ("%s edited: the cache gives another result than compiling afresh. A stage reads what its key in "
             "stage-keys.c or stage-fields.def lacks",
             what);
}

char *
make_folder (void)
{
  char *folder = g_dir_make_tmp ("strata-cache-XXXXXX", NULL);

  g_assert_nonnull (folder);
  return folder;
}

GPtrArray *
list_files (const char *folder)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (files, g_build_filename (folder, name, NULL));
  return files;
}

void
remove_folder (const char *folder)
{
  g_autoptr (GPtrArray) files = list_files (folder);

  for (guint i = 0; i < files->len; i++)
    g_unlink (files->pdata[i]);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

StrataCache *
open_folder (const char *folder, guint64 max_bytes)
{
  const StrataCacheOptions options = { .folder = folder, .max_folder_bytes = max_bytes };

  return strata_cache_new (&options);
}
