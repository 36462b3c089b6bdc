/* SPDX-License-Identifier: Apache-2.0
 *
 * Read-only SQL: answers, refusals and bounds.
 */
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "strata-profiler/strata-profiler.h"
#include "synthetic-profile.h"

typedef struct
{
  char *folder, *path;
  StrataProfile *profile;
} Place;

static void
set_up (Place *place, gconstpointer data)
{
  StrataSyntheticOptions options;
  StrataTraceSink *sink;
  g_autoptr (GError) error = NULL;

  place->folder = g_dir_make_tmp ("strata query ?%-XXXXXX", NULL); /* a name that a URI must escape */
  place->path = g_build_filename (place->folder, "run #1.strata", NULL);
  strata_synthetic_options_init (&options);
  sink = strata_profile_recorder_new (place->path);
  strata_synthetic_run (&options, sink, &error);
  g_assert_no_error (error);
  sink->free (sink);
  place->profile = strata_profile_open (place->path, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Place *place, gconstpointer data)
{
  g_assert_finalize_object (place->profile);
  g_unlink (place->path);
  g_assert_cmpint (g_rmdir (place->folder), ==, 0); /* reading left no other file */
  g_free (place->folder);
  g_free (place->path);
}

static StrataProfileTable *
ask (Place *place, const char *sql)
{
  g_autoptr (GError) error = NULL;
  StrataProfileTable *table = strata_profile_query (place->profile, sql, 0, NULL, &error);

  g_assert_no_error (error);
  return table;
}

static void
test_views_agree (Place *place, gconstpointer data)
{
  g_autoptr (StrataProfileTable) layers = ask (place, "SELECT * FROM layer_summary ORDER BY layer");
  g_autoptr (StrataProfileTable) sums =
    ask (place, "SELECT (SELECT sum (energy_fj) FROM event), (SELECT sum (energy_fj) FROM component_energy), "
                "(SELECT sum (nominal_fj) FROM energy), (SELECT sum (energy_fj) FROM unit_busy) "
                "+ (SELECT sum (energy_fj) FROM event WHERE flags & 2)");
  g_autoptr (StrataProfileTable) units =
    ask (place, "SELECT unit, busy_ps, busy_fraction FROM unit_busy ORDER BY unit");
  g_autoptr (StrataProfileTable) sites = ask (place, "SELECT count (*) FROM tile_sites");
  const StrataProfileLayer *rows = strata_profile_get_layers (place->profile, NULL);
  const StrataProfileUnit *unit_rows = strata_profile_get_units (place->profile, NULL);
  gsize n_tiles;

  g_assert_cmpstr (strata_profile_table_get_column_name (layers, 5), ==, "start_ps");
  for (guint i = 0; i < strata_profile_table_get_n_rows (layers); i++)
    {
      g_assert_cmpint (strata_profile_table_get_int (layers, i, 5), ==, rows[i].start_ps);
      g_assert_cmpint (strata_profile_table_get_int (layers, i, 8), ==, rows[i].busy_ps);
      g_assert_cmpint (strata_profile_table_get_int (layers, i, 10), ==, rows[i].energy_fj[0]);
      g_assert_cmpfloat_with_epsilon (strata_profile_table_get_double (layers, i, 11), 1e-15 * rows[i].energy_fj[0],
                                      1e-18); /* joules */
    }
  for (guint column = 0; column < 4; column++)
    g_assert_cmpint (strata_profile_table_get_int (sums, 0, column), ==, strata_profile_get_energy_fj (place->profile));
  for (guint i = 0; i < strata_profile_table_get_n_rows (units); i++)
    {
      g_assert_cmpint (strata_profile_table_get_int (units, i, 1), ==, unit_rows[i].busy_ps);
      g_assert_cmpfloat_with_epsilon (strata_profile_table_get_double (units, i, 2), unit_rows[i].utilisation, 1e-12);
    }
  strata_profile_get_tiles (place->profile, &n_tiles);
  g_assert_cmpint (strata_profile_table_get_int (sites, 0, 0), ==, (gint64) n_tiles);
}

static void
test_cells (Place *place, gconstpointer data)
{
  g_autoptr (StrataProfileTable) table =
    ask (place, "SELECT 1 AS i, 0.1 AS d, 'a,\"b\"' AS s, NULL AS n, x'0aff' AS b, 9e999 AS big;  -- the end");
  g_autofree char *csv = strata_profile_table_to_csv (table), *text = strata_profile_table_to_text (table);
  g_autoptr (GVariant) none = strata_profile_table_get_value (table, 0, 3);
  g_autoptr (GVariant) number = strata_profile_table_get_value (table, 0, 1);

  g_assert_cmpstr (csv, ==, "i,d,s,n,b,big\r\n1,0.1,\"a,\"\"b\"\"\",,0aff,inf\r\n");
  g_assert_true (g_variant_is_of_type (none, G_VARIANT_TYPE_UNIT));
  g_assert_cmpfloat (g_variant_get_double (number), ==, 0.1);
  g_assert_true (strata_profile_table_is_number (table, 0, 0));
  g_assert_false (strata_profile_table_is_number (table, 0, 3));
  g_assert_true (isnan (strata_profile_table_get_double (table, 0, 2)));
  g_assert_cmpint (strata_profile_table_get_int (table, 0, 5), ==, G_MAXINT64);
  g_assert_nonnull (strstr (text, "0aff"));
}

static void
test_refused (Place *place, gconstpointer data)
{
  static const struct
  {
    const char *sql, *part;
  } cases[] = {
    { "DELETE FROM event", "read-only" },
    { "UPDATE layer SET name = 'x'", "read-only" },
    { "CREATE TABLE t (a)", "read-only" },
    { "CREATE TEMP TABLE t (a)", "read-only" },
    { "DROP TABLE event", "read-only" },
    { "ATTACH 'never-made' AS y", "read-only" },
    { "PRAGMA query_only = OFF", "read-only" },
    { "PRAGMA writable_schema = ON", "read-only" },
    { "VACUUM", "read-only" },
    { "VACUUM INTO 'never-made'", "read-only" },
    { "BEGIN", "read-only" },
    { "SELECT load_extension ('x')", "load_extension" },
    { "SELECT 1; DELETE FROM event", "more than one statement" },
    { "SELECT 1; SELECT 2", "more than one statement" },
    { "", "not a SELECT" },
    { "   -- nothing", "not a SELECT" },
    { "SELEC 1", "syntax error" },
    { "SELECT colour FROM layer", "no such column" },
    { "SELECT 1 FROM\n nowhere", "no such table" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (strata_profile_query (place->profile, cases[i].sql, 0, NULL, &error));
      g_assert_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_QUERY);
      g_assert_null (strchr (error->message, '\n'));
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, cases[i].part));
    }
  g_assert_false (g_file_test ("never-made", G_FILE_TEST_EXISTS));
}

static void
test_bounds (Place *place, gconstpointer data)
{
  g_autoptr (StrataProfileTable) first =
    strata_profile_query (place->profile, "SELECT id FROM event ORDER BY id", 10, NULL, NULL);
  g_autoptr (StrataProfileTable) exact = strata_profile_query (place->profile, "SELECT id FROM layer", 20, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (strata_profile_table_get_n_rows (first), ==, 10);
  g_assert_true (strata_profile_table_is_truncated (first));
  g_assert_cmpuint (strata_profile_table_get_n_rows (exact), ==, 20);
  g_assert_false (strata_profile_table_is_truncated (exact));
  g_assert_null (strata_profile_query (place->profile, "SELECT zeroblob (100000000)", 0, NULL, &error));
  g_assert_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_QUERY);
}

static gpointer
cancel_cb (gpointer cancellable)
{
  g_usleep (50000);
  g_cancellable_cancel (cancellable);
  return NULL;
}

/* An endless query stops soon after it is cancelled, and the profile can be asked again. */
static void
test_cancel (Place *place, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("cancel", cancel_cb, cancellable);
  gint64 start = g_get_monotonic_time ();

  g_assert_null (strata_profile_query (place->profile,
                                       "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
                                       "SELECT count (*) FROM c",
                                       0, cancellable, &error));
  g_thread_join (thread);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_TIME_SPAN_SECOND);
  g_object_unref (ask (place, "SELECT 1"));
}

static void
test_items (Place *place, gconstpointer data)
{
  g_autoptr (GListModel) layers = strata_profile_get_layer_model (place->profile);
  g_autoptr (GListModel) figures = strata_profile_get_figure_model (place->profile);
  g_autoptr (GListModel) findings = strata_profile_get_finding_model (place->profile);
  g_autoptr (GObject) layer = g_list_model_get_item (layers, 5), figure = g_list_model_get_item (figures, 0);
  g_autoptr (GObject) finding = g_list_model_get_item (findings, 0);
  const StrataProfileLayer *row = &strata_profile_get_layers (place->profile, NULL)[5];
  g_autofree char *name = NULL, *unit = NULL, *rule = NULL;
  gint64 energy, span;
  int id;
  double share;

  g_object_get (layer, "id", &id, "name", &name, "energy-fj", &energy, "span-ps", &span, "energy-share", &share, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (layers), ==, 20);
  g_assert_cmpint (id, ==, 5);
  g_assert_cmpstr (name, ==, row->name);
  g_assert_cmpint (energy, ==, row->energy_fj[0]);
  g_assert_cmpint (span, ==, row->end_ps - row->start_ps);
  g_assert_true (share > 0 && share < 1);
  g_assert_cmpint (strata_layer_item_get_component_fj (STRATA_LAYER_ITEM (layer), "adc", 0), ==,
                   row->component_fj[0][STRATA_COMPONENT_ADC]);
  g_assert_cmpint (strata_layer_item_get_component_fj (STRATA_LAYER_ITEM (layer), "none", 0), ==, -1);
  g_object_get (figure, "unit", &unit, NULL);
  g_assert_cmpstr (unit, ==, "ps");
  g_object_get (finding, "rule", &rule, NULL);
  g_assert_cmpstr (rule, ==, "tier-thrash"); /* warnings first, by gain, unknown last */
}

int
main (int argc, char **argv)
{
#define ADD(path, function) g_test_add (path, Place, NULL, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("/profiler/store/query/views-agree", test_views_agree);
  ADD ("/profiler/store/query/cells", test_cells);
  ADD ("/profiler/store/query/refused", test_refused);
  ADD ("/profiler/store/query/bounds", test_bounds);
  ADD ("/profiler/store/query/cancel", test_cancel);
  ADD ("/profiler/store/query/items", test_items);
  return g_test_run ();
}
