/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder of a cache: damaged, full, cleaned up or shared with other processes it costs time and nothing else.
 */

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "cache-support.h"

/* Another process finds everything, and gives the same. */
static void
test_folder (void)
{
  g_autofree char *folder = make_folder (), *nested = g_build_filename (folder, "a", "b", NULL);
  g_autofree char *parent = g_build_filename (folder, "a", NULL);
  g_autoptr (StrataChipSpec) chip = load_chip ("demonstrator");
  g_autoptr (StrataGraph) graph = small_net ();
  StrataCompileOptions options;

  for (int i = 0; i < 2; i++)
    {
      g_autoptr (StrataCache) cache = open_folder (nested, 0);
      g_auto (GStrv) notes = NULL;

      options_init (&options, cache);
      compare ("folder", graph, chip, &options);
      for (StrataStage stage = STRATA_STAGE_GRAPH; stage < STRATA_N_STAGES; stage++)
        {
          StrataCacheCounts counts = strata_cache_counts (cache, stage);

          g_assert_cmpuint (counts.n_made, ==, i == 0);
          g_assert_cmpuint (counts.n_from_folder, ==, i == 1);
        }
      notes = strata_cache_take_notes (cache);
      g_assert_cmpuint (g_strv_length (notes), ==, 0);
    }
  remove_folder (nested);
  g_rmdir (parent);
  g_rmdir (folder);
}

static void
remove_stage (GPtrArray *files, const char *stage)
{
  for (guint i = 0; i < files->len; i++)
    if (strstr (files->pdata[i], stage) != NULL)
      g_unlink (files->pdata[i]);
}

/* Writes @n bytes at @at of a file, or cuts it there where @bytes is NULL. */
static void
damage (const char *path, goffset at, const void *bytes, gsize n)
{
  int fd = g_open (path, O_WRONLY, 0);

  g_assert_cmpint (fd, >=, 0);
  if (bytes == NULL)
    g_assert_cmpint (ftruncate (fd, at), ==, 0);
  else
    g_assert_cmpint (pwrite (fd, bytes, n, at), ==, (gssize) n);
  close (fd);
}

/* Every file damaged in many ways, one at a time: the result stays, a note names the file, and the file is whole again
 * afterwards. */
static void
test_damage (void)
{
  g_autofree char *folder = make_folder ();
  g_autoptr (StrataChipSpec) chip = load_chip ("demonstrator");
  g_autoptr (StrataGraph) graph = small_net ();
  g_autoptr (GPtrArray) files = NULL;
  StrataCompileOptions options;
  guint64 expected;

  options_init (&options, NULL);
  expected = outcome (graph, chip, &options);
  options.cache = open_folder (folder, 0);
  outcome (graph, chip, &options);
  strata_cache_unref (options.cache);
  files = list_files (folder);
  g_assert_cmpuint (files->len, ==, STRATA_N_STAGES - STRATA_STAGE_WEIGHTS);
  for (guint i = 0; i < files->len; i++)
    for (int kind = 0; kind < 12; kind++)
      {
        g_autoptr (StrataCache) cache = open_folder (folder, 0);
        g_auto (GStrv) notes = NULL;
        GStatBuf info;
        guint8 byte;

        if (strstr (files->pdata[i], "calibrate") != NULL
            || strstr (files->pdata[i], "weights") != NULL) /* are read where the graph is not there */
          remove_stage (files, "quantise");
        g_assert_cmpint (g_stat (files->pdata[i], &info), ==, 0);
        if (kind < 3)
          damage (files->pdata[i], (goffset) info.st_size * kind / 3, NULL, 0);
        else if (kind < 9) /* flips a bit of the header or the bytes */
          {
            goffset at = kind < 6 ? kind * 7 : 48 + (goffset) (info.st_size - 48) * (kind - 6) / 3;
            g_autofree char *all = NULL;

            g_assert_true (g_file_get_contents (files->pdata[i], &all, NULL, NULL));
            byte = (guint8) all[at] ^ 0x10;
            damage (files->pdata[i], at, &byte, 1);
          }
        else if (kind == 9)
          damage (files->pdata[i], info.st_size, "more", 4);
        else if (kind == 10) /* another stage's file under this name */
          {
            const char *other = files->pdata[(i + 1) % files->len];
            g_autofree char *all = NULL;
            gsize n;

            if (!g_file_test (other, G_FILE_TEST_EXISTS))
              other = files->pdata[(i + 2) % files->len];
            g_assert_true (g_file_get_contents (other, &all, &n, NULL));
            g_assert_true (g_file_set_contents (files->pdata[i], all, (gssize) n, NULL));
          }
        else
          {
            g_unlink (files->pdata[i]);
            g_assert_cmpint (g_mkdir (files->pdata[i], 0700), ==, 0);
          }
        options.cache = cache;
        g_assert_cmphex (outcome (graph, chip, &options), ==, expected);
        notes = strata_cache_take_notes (cache);
        g_assert_cmpuint (g_strv_length (notes), ==, 1);
        g_assert_nonnull (strstr (notes[0], kind < 11 ? (const char *) files->pdata[i] : folder));
        if (kind == 11)
          g_rmdir (files->pdata[i]);
        else
          g_assert_cmpint (strata_cache_counts (cache, STRATA_STAGE_GRAPH).n_made
                             + strata_cache_counts (cache, STRATA_STAGE_GRAPH).n_from_folder,
                           ==, 1);
        g_clear_pointer (&options.cache, strata_cache_unref);
        cache = NULL;
        /* All is there again. */
        options.cache = open_folder (folder, 0);
        g_assert_cmphex (outcome (graph, chip, &options), ==, expected);
        strata_cache_unref (options.cache);
      }
  remove_folder (folder);
}

/* Bytes whose hash was made to fit: the artefact's own checks find them. */
static void
test_forged (void)
{
  g_autofree char *folder = make_folder ();
  g_autoptr (StrataChipSpec) chip = load_chip ("demonstrator");
  g_autoptr (StrataGraph) graph = small_net ();
  g_autoptr (GPtrArray) files = NULL;
  StrataCompileOptions options;
  guint64 expected;

  options_init (&options, NULL);
  expected = outcome (graph, chip, &options);
  options.cache = open_folder (folder, 0);
  outcome (graph, chip, &options);
  strata_cache_unref (options.cache);
  files = list_files (folder);
  for (guint i = 0; i < files->len; i++)
    for (int kind = 0; kind < 24; kind++)
      {
        g_autofree char *all = NULL;
        gsize n, at;
        guint64 hash;

        if (strstr (files->pdata[i], "judge") != NULL)
          continue; /* any number is a judgement */
        g_assert_true (g_file_get_contents (files->pdata[i], &all, &n, NULL));
        at = 48 + (n - 48) * (gsize) kind / 24;
        all[at] = (char) (all[at] ^ 0x41);
        hash = GUINT64_TO_LE (strata_hash_bytes (all + 48, n - 48));
        memcpy (all + 40, &hash, sizeof hash);
        g_assert_true (g_file_set_contents (files->pdata[i], all, (gssize) n, NULL));
        options.cache = open_folder (folder, 0);
        g_assert_cmphex (outcome (graph, chip, &options), ==, expected);
        strata_cache_unref (options.cache);
      }
  remove_folder (folder);
}

/* The folder stays within its bound, keeps what was used last, and leaves alone what is not the cache's. */
static void
test_bound (void)
{
  g_autofree char *folder = make_folder (), *foreign = g_build_filename (folder, "notes.txt", NULL);
  g_autoptr (StrataChipSpec) base = load_chip ("demonstrator");
  g_autoptr (StrataGraph) graph = small_net ();
  g_autoptr (StrataCache) cache = open_folder (folder, 200000);
  g_autoptr (GPtrArray) files = NULL;
  StrataCompileOptions options;
  guint64 total = 0;

  g_assert_true (g_file_set_contents (foreign, "mine", -1, NULL));
  options_init (&options, cache);
  for (int i = 0; i < 12; i++)
    {
      options.calibration.seed = (guint64) i;
      compare ("bound", graph, base, &options);
    }
  files = list_files (folder);
  for (guint i = 0; i < files->len; i++)
    {
      GStatBuf info;

      g_assert_cmpint (g_stat (files->pdata[i], &info), ==, 0);
      total += (guint64) info.st_size;
    }
  g_assert_cmpuint (total, <=, 200000 + 4);
  g_assert_cmpuint (total, >, 50000);
  g_assert_true (g_file_test (foreign, G_FILE_TEST_EXISTS));
  remove_folder (folder);
}

/* No folder can be made, or nothing can be written: a note, and the same program. */
static void
test_unwritable (void)
{
  g_autofree char *folder = make_folder (), *file = g_build_filename (folder, "file", NULL);
  g_autofree char *below = g_build_filename (file, "cache", NULL);
  g_autoptr (StrataChipSpec) chip = load_chip ("demonstrator");
  g_autoptr (StrataGraph) graph = small_net ();
  g_autoptr (StrataCache) cache = open_folder (below, 0);
  g_auto (GStrv) notes = NULL;
  StrataCompileOptions options;

  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  options_init (&options, cache);
  compare ("unwritable", graph, chip, &options);
  notes = strata_cache_take_notes (cache);
  g_assert_cmpuint (g_strv_length (notes), ==, 1);
  g_assert_nonnull (strstr (notes[0], "cannot be written"));
  g_unlink (file);
  g_rmdir (folder);
}

/* A full disk, as a limit on the size of files: nothing is left behind but whole files. */
static void
test_full_disk (void)
{
  g_autofree char *folder = make_folder ();
  int status;
  pid_t child = fork ();

  if (child == 0)
    {
      const struct rlimit limit = { 5000, 5000 };
      g_autoptr (StrataChipSpec) chip = load_chip ("demonstrator");
      g_autoptr (StrataGraph) graph = small_net ();
      g_autoptr (StrataCache) cache = open_folder (folder, 0);
      StrataCompileOptions options;
      g_auto (GStrv) notes = NULL;
      gboolean same;

      signal (SIGXFSZ, SIG_IGN);
      setrlimit (RLIMIT_FSIZE, &limit);
      options_init (&options, cache);
      same = outcome (graph, chip, &options);
      options.cache = NULL;
      same = same && outcome (graph, chip, &options);
      notes = strata_cache_take_notes (cache);
      _exit (same && g_strv_length (notes) == 1 && strstr (notes[0], "cannot be written") != NULL ? 0 : 1);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  {
    g_autoptr (GPtrArray) files = list_files (folder);

    for (guint i = 0; i < files->len; i++)
      g_assert_true (g_str_has_suffix (files->pdata[i], ".strc"));
  }
  remove_folder (folder);
}

/* Processes that write, read, clean up and are killed in one folder at the same time */
static void
test_processes (void)
{
  g_autofree char *folder = make_folder ();
  pid_t children[4];

  for (int i = 0; i < 4; i++)
    {
      children[i] = fork ();
      if (children[i] == 0)
        {
          g_autoptr (StrataChipSpec) chip = load_chip ("demonstrator");
          g_autoptr (StrataGraph) graph = small_net ();
          StrataCompileOptions options;
          gboolean same = TRUE;

          for (int j = 0; j < 20 && same; j++)
            {
              g_autoptr (StrataCache) cache = open_folder (folder, 150000);
              guint64 kept;

              options_init (&options, cache);
              options.calibration.seed = (guint64) (j + i) % 5;
              kept = outcome (graph, chip, &options);
              options.cache = NULL;
              same = kept == outcome (graph, chip, &options);
            }
          _exit (same ? 0 : 1);
        }
    }
  g_usleep (20000);
  kill (children[3], SIGKILL);
  for (int i = 0; i < 4; i++)
    {
      int status;

      g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
      if (i < 3)
        g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
    }
  remove_folder (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/cache-folder/processes-after", test_folder);
  g_test_add_func ("/sdk/compiler/cache-folder/damage", test_damage);
  g_test_add_func ("/sdk/compiler/cache-folder/forged", test_forged);
  g_test_add_func ("/sdk/compiler/cache-folder/bound", test_bound);
  g_test_add_func ("/sdk/compiler/cache-folder/unwritable", test_unwritable);
  g_test_add_func ("/sdk/compiler/cache-folder/full-disk", test_full_disk);
  g_test_add_func ("/sdk/compiler/cache-folder/processes", test_processes);
  return g_test_run ();
}
