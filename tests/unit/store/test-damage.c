/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are not a whole profile: an error of one line that says what to do, and never a crash.
 */
#include <string.h>

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "strata-profiler/strata-profiler.h"
#include "synthetic-profile.h"

typedef struct
{
  char *folder, *whole, *path, *bytes;
  gsize n_bytes;
} Place;

static void
set_up (Place *place, gconstpointer data)
{
  StrataSyntheticOptions options;
  StrataTraceSink *sink;
  g_autoptr (GError) error = NULL;

  place->folder = g_dir_make_tmp ("strata-damage-XXXXXX", NULL);
  place->whole = g_build_filename (place->folder, "whole.strata", NULL);
  place->path = g_build_filename (place->folder, "damaged.strata", NULL);
  strata_synthetic_options_init (&options);
  options.n_events = 1500;
  options.mesh_x = options.mesh_y = options.n_tiers = 3;
  sink = strata_profile_recorder_new (place->whole);
  strata_synthetic_run (&options, sink, &error);
  g_assert_no_error (error);
  sink->free (sink);
  g_assert_true (g_file_get_contents (place->whole, &place->bytes, &place->n_bytes, NULL));
}

static void
tear_down (Place *place, gconstpointer data)
{
  g_unlink (place->whole);
  g_unlink (place->path);
  g_rmdir (place->folder);
  g_free (place->folder);
  g_free (place->whole);
  g_free (place->path);
  g_free (place->bytes);
}

static void
write_bytes (Place *place, const char *bytes, gsize n_bytes)
{
  FILE *file = g_fopen (place->path, "wb");

  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (bytes, 1, n_bytes, file), ==, n_bytes);
  fclose (file);
}

static void
assert_refused (Place *place, StrataProfileError code, const char *part)
{
  g_autoptr (GError) error = NULL;
  StrataProfile *profile = strata_profile_open (place->path, NULL, &error);

  g_assert_null (profile);
  g_assert_error (error, STRATA_PROFILE_ERROR, (int) code);
  g_assert_true (g_str_has_prefix (error->message, place->path));
  g_assert_nonnull (strstr (error->message, part));
  g_assert_nonnull (strchr (error->message, ';')); /* what to do */
  g_assert_null (strchr (error->message, '\n'));
}

static void
test_not_a_profile (Place *place, gconstpointer data)
{
  sqlite3 *db;

  assert_refused (place, STRATA_PROFILE_ERROR_NOT_FOUND, "cannot be opened");
  write_bytes (place, "", 0);
  assert_refused (place, STRATA_PROFILE_ERROR_FORMAT, "is empty");
  write_bytes (place, "name: demonstrator\nmesh: 8x8\n", 30);
  assert_refused (place, STRATA_PROFILE_ERROR_FORMAT, "is not a profile");
  g_unlink (place->path);
  g_assert_cmpint (sqlite3_open (place->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "CREATE TABLE t (a)", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
  assert_refused (place, STRATA_PROFILE_ERROR_FORMAT, "but not a profile");
}

static void
test_newer (Place *place, gconstpointer data)
{
  place->bytes[60] = place->bytes[61] = place->bytes[62] = 0;
  place->bytes[63] = STRATA_PROFILE_SCHEMA_VERSION + 1; /* user_version, big-endian */
  write_bytes (place, place->bytes, place->n_bytes);
  assert_refused (place, STRATA_PROFILE_ERROR_VERSION, "newer Strata (schema 5, this one reads up to 4)");
}

static void
test_truncated (Place *place, gconstpointer data)
{
  for (gsize n = 2048; n < place->n_bytes; n += 2048)
    {
      write_bytes (place, place->bytes, n);
      assert_refused (place, STRATA_PROFILE_ERROR_FORMAT, "is damaged");
    }
  for (gsize n = 1; n < 120; n++)
    {
      write_bytes (place, place->bytes, n);
      assert_refused (place, STRATA_PROFILE_ERROR_FORMAT, n < 16 ? "is not a profile" : "is");
    }
}

/* Whatever the bytes are: an error of our domain, or a profile that can be used. */
static gboolean
try_to_use (Place *place)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataProfile) profile = strata_profile_open (place->path, NULL, &error);
  g_autofree char *text = NULL, *html = NULL, *json = NULL;
  StrataTrackSpan spans[50];

  if (profile == NULL)
    {
      g_assert_true (error->domain == STRATA_PROFILE_ERROR);
      g_assert_null (strchr (error->message, '\n'));
      return FALSE;
    }
  text = strata_profile_report_text (profile, NULL, NULL);
  html = strata_profile_report_html (profile);
  json = strata_profile_report_json (profile);
  for (gsize i = 0; i < 3; i++)
    strata_profile_track_fold (profile, (gint32) i, 0, G_MAXINT64, spans, 50);
  strata_profile_power_at (profile, 1000000, NULL);
  return TRUE;
}

static void
test_random_bytes (Place *place, gconstpointer data)
{
  g_autofree char *damaged = g_malloc (place->n_bytes);
  g_autoptr (GRand) random = g_rand_new_with_seed (20260101);
  guint n_refused = 0, n_rounds = g_test_thorough () ? 5000 : 600;

  for (guint round = 0; round < n_rounds; round++)
    {
      int n_changes = 1 << g_rand_int_range (random, 0, 7);

      memcpy (damaged, place->bytes, place->n_bytes);
      for (int i = 0; i < n_changes; i++)
        damaged[g_rand_int_range (random, round % 3 == 0 ? 100 : 0, (gint32) place->n_bytes)] =
          (char) g_rand_int_range (random, 0, 256);
      write_bytes (place, damaged, place->n_bytes);
      n_refused += !try_to_use (place);
    }
  g_test_message ("%u of %u damaged files refused", n_refused, n_rounds);
  g_assert_cmpuint (n_refused, >, n_rounds / 4);
}

/* Pages swapped, zeroed or repeated: the tree of a table is wrong though every page is a page. */
static void
test_random_pages (Place *place, gconstpointer data)
{
  g_autofree char *damaged = g_malloc (place->n_bytes);
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  gint32 n_pages = (gint32) (place->n_bytes / 4096);

  for (guint round = 0; round < 200; round++)
    {
      gint32 from = g_rand_int_range (random, 0, n_pages), to = g_rand_int_range (random, 0, n_pages);

      memcpy (damaged, place->bytes, place->n_bytes);
      if (round % 2 == 0)
        memcpy (damaged + (gsize) to * 4096, place->bytes + (gsize) from * 4096, 4096);
      else
        memset (damaged + (gsize) to * 4096, 0, 4096);
      write_bytes (place, damaged, place->n_bytes);
      try_to_use (place);
    }
}

static void
change (Place *place, const char *sql)
{
  sqlite3 *db;

  write_bytes (place, place->bytes, place->n_bytes);
  g_assert_cmpint (sqlite3_open (place->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

/* What the first version of the schema lacks is not asked for; a file of it opens, hashes and reports. */
static void
test_older (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataProfile) profile = NULL;
  g_autofree char *hash = NULL, *report = NULL;
  gsize n_decisions, n_spells;

  change (place, "PRAGMA user_version = 1; DROP VIEW decision_summary; DROP TABLE alternative; DROP TABLE decision;"
                 "DROP TABLE noise; DROP TABLE spell; DROP TABLE warming;"
                 "DELETE FROM seal WHERE name IN ('decision', 'alternative', 'noise', 'spell', 'warming');"
                 "ALTER TABLE tile DROP COLUMN first_in_array; ALTER TABLE tile DROP COLUMN at_row;"
                 "ALTER TABLE tile DROP COLUMN at_col");
  profile = strata_profile_open (place->path, NULL, &error);
  g_assert_no_error (error);
  strata_profile_get_decisions (profile, &n_decisions);
  g_assert_cmpuint (n_decisions, ==, 0);
  strata_profile_get_spells (profile, &n_spells);
  g_assert_cmpuint (n_spells, ==, 0);
  g_assert_null (strata_profile_dup_spell_text (profile, 0));
  g_assert_cmpint (strata_profile_get_tiles (profile, NULL)[3].first_in_array, ==, 3);
  hash = strata_profile_content_hash (profile, NULL, &error);
  g_assert_no_error (error);
  report = strata_profile_report_text (profile, "decisions", &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (report, "says nothing of what the compiler decided"));
}

/* Well-formed databases whose rows cannot be. */
static void
test_impossible_rows (Place *place, gconstpointer data)
{
  static const char *const changes[] = {
    "DELETE FROM event WHERE id = 700",
    "UPDATE event SET energy_fj = energy_fj + 1 WHERE id = 700",
    "UPDATE event SET unit = 100000 WHERE id = 3",
    "INSERT INTO noise VALUES (100000, 1, 8, 7, 30, 5, 30, 40, 38, 60, 45, 0.5, 1); "
    "UPDATE seal SET n_rows = n_rows + 1 WHERE name = 'noise'",
    "UPDATE event SET start_ps = -1 WHERE id = 3",
    "UPDATE event SET start_ps = 9223372036854775807 WHERE id = 3",
    "UPDATE event SET layer = 20 WHERE id = 3",
    "UPDATE event SET duration_ps = 4611686018427387904 WHERE id < 5",
    "DELETE FROM layer WHERE id = 4",
    "UPDATE layer SET id = 99 WHERE id = 19",
    "UPDATE tile SET stack = 9 WHERE id = 0",
    "UPDATE tile SET layer = 20 WHERE id = 0",
    "UPDATE instruction SET tile = 1000000 WHERE id = 0",
    "UPDATE tile SET first_in_array = 5 WHERE id = 4",
    "UPDATE tile SET at_row = -1 WHERE id = 4",
    "DELETE FROM decision WHERE id = 1",
    "DELETE FROM alternative WHERE position = 0",
    "UPDATE decision SET layer = 20 WHERE id = 1",
    "UPDATE decision SET tile = 1000000 WHERE id = 1",
    "UPDATE alternative SET position = 7 WHERE position = 1",
    "UPDATE alternative SET energy_fj = -1 WHERE position = 1",
    "DELETE FROM spell WHERE id = 0",
    "DELETE FROM spell WHERE id = 1; UPDATE seal SET n_rows = 1 WHERE name = 'spell'",
    "UPDATE spell SET duration_ps = duration_ps + 1 WHERE id = 0",
    "UPDATE spell SET duration_ps = NULL WHERE id = 0",
    "UPDATE spell SET duration_ps = 9223372036854775807 WHERE id = 1",
    "UPDATE spell SET interval_ps = 0 WHERE id = 0",
    "UPDATE spell SET reason = 5 WHERE id = 0",
    "UPDATE spell SET skin_c = 9e999 WHERE id = 1",
    "UPDATE warming SET time_ps = -1 WHERE time_ps = 0",
    "DELETE FROM warming WHERE time_ps = 0",
    "UPDATE energy SET component = 17",
    "UPDATE energy SET nominal_fj = 9223372036854775807",
    "UPDATE chip SET n_stacks = 2000000000, n_tiers = 2000000000",
    "UPDATE chip SET n_stacks = 65536, n_tiers = 65536",
    "UPDATE figure SET fidelity = 7",
    "UPDATE finding SET severity = 3",
    "DELETE FROM run",
    "DELETE FROM seal",
    "DROP TABLE seal",
    "DROP TABLE event; CREATE VIEW event AS WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 9) "
    "SELECT x AS id FROM c",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      change (place, changes[i]);
      assert_refused (place, STRATA_PROFILE_ERROR_FORMAT, "is damaged");
    }
}

static void
test_cancelled (Place *place, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (strata_profile_open (place->whole, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static void
test_async (Place *place, gconstpointer data)
{
  g_autoptr (GAsyncResult) good = NULL, bad = NULL;
  g_autoptr (GError) error = NULL;
  StrataProfile *profile;

  strata_profile_open_async (place->whole, NULL, opened_cb, &good);
  strata_profile_open_async (place->path, NULL, opened_cb, &bad);
  while (good == NULL || bad == NULL)
    g_main_context_iteration (NULL, TRUE);
  profile = strata_profile_open_finish (good, &error);
  g_assert_no_error (error);
  g_assert_finalize_object (profile);
  g_assert_null (strata_profile_open_finish (bad, &error));
  g_assert_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_NOT_FOUND);
}

int
main (int argc, char **argv)
{
#define ADD(path, function) g_test_add (path, Place, NULL, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("/profiler/store/damage/not-a-profile", test_not_a_profile);
  ADD ("/profiler/store/damage/newer", test_newer);
  ADD ("/profiler/store/damage/older", test_older);
  ADD ("/profiler/store/damage/truncated", test_truncated);
  ADD ("/profiler/store/damage/random-bytes", test_random_bytes);
  ADD ("/profiler/store/damage/random-pages", test_random_pages);
  ADD ("/profiler/store/damage/impossible-rows", test_impossible_rows);
  ADD ("/profiler/store/damage/cancelled", test_cancelled);
  ADD ("/profiler/store/damage/async", test_async);
  return g_test_run ();
}
