/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports: the sums are those of the profile, hostile names stay text, and nothing points outside.
 */
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "strata-profiler/strata-profiler.h"
#include "synthetic-profile.h"

static const char hostile[] = "</td><script>alert(\"1\")</script>&,\r\n";

typedef struct
{
  char *folder, *path;
  StrataProfile *profile;
} Place;

/* One layer with a name that tries everything, no events. */
static void
record_hostile (const char *path)
{
  const StrataLayerRecord layer = { .name = hostile, .op = hostile, .kind = "mvm", .stage = hostile, .n_in_stage = 1 };
  const StrataTraceSession session = { .run_name = hostile,
                                       .model_name = hostile,
                                       .chip_name = hostile,
                                       .layers = &layer,
                                       .n_layers = 1,
                                       .fidelity = STRATA_FIDELITY_ESTIMATE };
  const StrataFindingRecord finding = { hostile, 2, 0, hostile, hostile, 0.5, hostile };
  const StrataEnergyRecord energy = { 0, STRATA_COMPONENT_ADC, { 7, 6, 8 }, 1 };
  StrataTraceSink *sink = strata_profile_recorder_new (path);
  g_autoptr (GError) error = NULL;

  g_assert_true (sink->begin (sink, &session, &error));
  g_assert_true (sink->write (sink, STRATA_RECORD_FINDING, &finding, 1, &error));
  g_assert_true (sink->write (sink, STRATA_RECORD_ENERGY, &energy, 1, &error));
  g_assert_true (sink->end (sink, TRUE, &error));
  g_assert_no_error (error);
  sink->free (sink);
}

static void
set_up (Place *place, gconstpointer is_hostile)
{
  StrataSyntheticOptions options;
  g_autoptr (GError) error = NULL;

  place->folder = g_dir_make_tmp ("strata-report-XXXXXX", NULL);
  place->path = g_build_filename (place->folder, "run.strata", NULL);
  strata_synthetic_options_init (&options);
  if (is_hostile != NULL)
    record_hostile (place->path);
  else
    {
      StrataTraceSink *sink = strata_profile_recorder_new (place->path);

      strata_synthetic_run (&options, sink, &error);
      g_assert_no_error (error);
      sink->free (sink);
    }
  place->profile = strata_profile_open (place->path, NULL, &error);
  g_assert_no_error (error);
}

static void
tear_down (Place *place, gconstpointer is_hostile)
{
  g_object_unref (place->profile);
  g_unlink (place->path);
  g_rmdir (place->folder);
  g_free (place->folder);
  g_free (place->path);
}

static void
test_text (Place *place, gconstpointer is_hostile)
{
  g_autofree char *all = strata_profile_report_text (place->profile, NULL, NULL);
  g_autofree char *layers = strata_profile_report_text (place->profile, "layers", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_utf8_validate (all, -1, NULL));
  g_assert_nonnull (strstr (all, "Requirements\n"));
  g_assert_nonnull (strstr (all, layers));
  g_assert_nonnull (strstr (layers, "\ntotal "));
  g_assert_nonnull (strstr (all, is_hostile != NULL ? "no steady temperatures" : "\nhottest place  stack "));
  if (is_hostile != NULL)
    g_assert_null (strchr (all, '\r'));
  g_assert_null (strata_profile_report_text (place->profile, "colours", &error));
  g_assert_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_QUERY);
  g_assert_nonnull (strstr (error->message, "summary, requirements, findings, layers, energy, units"));
}

/* Well-formed (GMarkup as the judge, without the doctype and the void elements it does not know). */
static void
assert_well_formed (const char *html)
{
  static const GMarkupParser nothing = { 0 };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&nothing, 0, NULL, NULL);
  g_autoptr (GError) error = NULL;
  const char *body = strstr (html, "<body>");
  g_autofree char *xml = NULL;

  g_assert_nonnull (body);
  xml = g_strndup (body, (gsize) (strstr (body, "</body>") - body) + strlen ("</body>"));
  g_markup_parse_context_parse (context, xml, -1, &error);
  g_assert_no_error (error);
  g_assert_true (g_markup_parse_context_end_parse (context, &error));
}

/* Pictures are inside the page. */
static void
assert_only_own_pictures (const char *html)
{
  for (const char *at = strstr (html, "src="); at != NULL; at = strstr (at + 1, "src="))
    g_assert_true (g_str_has_prefix (at, "src=\"data:image/svg+xml;base64,"));
}

static void
test_html (Place *place, gconstpointer is_hostile)
{
  g_autofree char *html = strata_profile_report_html (place->profile);

  g_assert_true (g_utf8_validate (html, -1, NULL));
  g_assert_null (strstr (html, "<script"));
  g_assert_null (strstr (html, "http://"));
  g_assert_null (strstr (html, "https://"));
  assert_only_own_pictures (html);
  g_assert_nonnull (strstr (html, "prefers-color-scheme: dark"));
  assert_well_formed (html);
  if (is_hostile == NULL)
    g_assert_nonnull (strstr (html, "<svg"));
}

/* Charts: numbers below the picture, one row for each place; names stay text. */
static void
test_chart_page (void)
{
  static const double x[] = { 0, 1, 2 }, y[] = { 90, 45.5, NAN }, deviation[] = { 0.5, 1.25, 0 }, late[] = { 1, 7 };
  const StrataChartCurve curves[] = { { hostile, 3, x, y, deviation, 0, FALSE },
                                      { "other", 2, late, y, NULL, 1, TRUE } };
  const StrataChart charts[] = {
    { hostile,
      hostile,
      { hostile, "s", FALSE, NAN, NAN, NULL, NULL, 0 },
      { "y", "%", FALSE, NAN, NAN, NULL, NULL, 0 },
      curves,
      2 },
    { "nothing", "", { "x", "", FALSE, NAN, NAN, NULL, NULL, 0 }, { "y", "", TRUE, NAN, NAN, NULL, NULL, 0 }, NULL, 0 },
  };
  g_autofree char *html = strata_chart_page (hostile, hostile, charts, 2, "one\n</p>two");
  guint n_rows = 0;

  assert_well_formed (html);
  assert_only_own_pictures (html);
  g_assert_null (strstr (html, "<script"));
  g_assert_nonnull (strstr (html, "<td class=\"number\">45.5 ± 1.2</td>"));
  for (const char *at = strstr (html, "<tr><td>"); at != NULL; at = strstr (at + 1, "<tr><td>"))
    n_rows++;
  g_assert_cmpint (n_rows, ==, 4); /* 0, 1, 2, 7 */
}

static gint64
int_member (JsonObject *object, const char *name)
{
  g_assert_true (json_object_has_member (object, name));
  return json_object_get_int_member (object, name);
}

static void
test_json (Place *place, gconstpointer is_hostile)
{
  g_autofree char *json = strata_profile_report_json (place->profile);
  g_autoptr (JsonNode) root = json_from_string (json, NULL);
  JsonObject *result;
  JsonArray *layers;
  gint64 sum = 0;

  g_assert_nonnull (root);
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (root), "schema"), ==, "strata.report");
  result = json_object_get_object_member (json_node_get_object (root), "result");
  layers = json_object_get_array_member (result, "layers");
  for (guint i = 0; i < json_array_get_length (layers); i++)
    sum += int_member (json_array_get_object_element (layers, i), "energy_fj");
  sum += int_member (json_object_get_object_member (json_object_get_object_member (result, "energy"), "static"),
                     "energy_fj");
  g_assert_cmpint (sum, ==, strata_profile_get_energy_fj (place->profile));
  g_assert_cmpint (sum, ==, int_member (result, "energy_fj"));
  if (is_hostile != NULL)
    {
      g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (layers, 0), "name"), ==, hostile);
      g_assert_true (json_object_get_null_member (json_array_get_object_element (layers, 0), "start_ps"));
    }
}

/* The result of one section; NULL: all */
static JsonObject *
section_of (Place *place, const char *section, JsonNode **root)
{
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autofree char *json = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (strata_profile_write_json (place->profile, section, stream, NULL, &error));
  g_assert_true (g_output_stream_write_all (stream, "", 1, NULL, NULL, NULL));
  g_output_stream_close (stream, NULL, NULL);
  json = g_memory_output_stream_steal_data (G_MEMORY_OUTPUT_STREAM (stream));
  *root = json_from_string (json, &error);
  g_assert_no_error (error);
  return json_object_get_object_member (json_node_get_object (*root), "result");
}

static void
assert_map (JsonObject *temperature)
{
  JsonArray *map = json_object_get_array_member (temperature, "map_c");
  JsonObject *hottest = json_object_get_object_member (temperature, "hottest");
  gint64 stack = int_member (hottest, "stack");
  gint64 tier = json_object_get_null_member (hottest, "tier") ? -1 : int_member (hottest, "tier");
  double highest = json_object_get_double_member (hottest, "temperature_c");

  g_assert_cmpint (json_array_get_length (map), ==,
                   int_member (temperature, "mesh_x") * int_member (temperature, "mesh_y"));
  for (guint s = 0; s < json_array_get_length (map); s++)
    {
      JsonArray *row = json_array_get_array_element (map, s);

      g_assert_cmpint (json_array_get_length (row), ==, int_member (temperature, "n_tiers") + 1);
      for (guint t = 0; t < json_array_get_length (row); t++)
        if (!json_array_get_null_element (row, t))
          g_assert_cmpfloat (json_array_get_double_element (row, t), <=, highest + 1e-6);
    }
  g_assert_cmpfloat_with_epsilon (
    json_array_get_double_element (json_array_get_array_element (map, (guint) stack), (guint) (tier + 1)), highest,
    1e-6);
}

/* Each section alone is what it is in the whole, and an unknown one is refused before a byte is written. */
static void
test_json_sections (Place *place, gconstpointer is_hostile)
{
  static const char *const ids[] = { "summary", "requirements", "findings", "layers",  "energy",
                                     "units",   "temperature",  "governor", "figures", "decisions" };
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autoptr (JsonNode) whole_root = NULL;
  JsonObject *whole = section_of (place, NULL, &whole_root);
  g_autoptr (GError) error = NULL;
  guint n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (JsonNode) root = NULL;
      g_autoptr (GList) keys = json_object_get_members (section_of (place, ids[i], &root));
      JsonObject *alone = json_object_get_object_member (json_node_get_object (root), "result");

      g_assert_nonnull (keys);
      for (GList *key = keys; key != NULL; key = key->next, n++)
        g_assert_true (
          json_node_equal (json_object_get_member (alone, key->data), json_object_get_member (whole, key->data)));
    }
  g_assert_cmpuint (n, ==, json_object_get_size (whole));
  if (is_hostile != NULL)
    g_assert_true (json_object_get_null_member (whole, "temperature"));
  else
    assert_map (json_object_get_object_member (whole, "temperature"));
  g_assert_false (strata_profile_write_json (place->profile, "nonsense", stream, NULL, &error));
  g_assert_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_QUERY);
  g_assert_cmpuint (g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (stream)), ==, 0);
}

static char *
write_csv (StrataProfile *profile, gboolean (*write) (StrataProfile *, GOutputStream *, GCancellable *, GError **))
{
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();

  g_assert_true (write (profile, stream, NULL, NULL));
  g_assert_true (g_output_stream_write_all (stream, "", 1, NULL, NULL, NULL));
  g_output_stream_close (stream, NULL, NULL);
  return g_memory_output_stream_steal_data (G_MEMORY_OUTPUT_STREAM (stream));
}

static void
test_csv (Place *place, gconstpointer data)
{
  g_autofree char *layers = write_csv (place->profile, strata_profile_write_layers_csv);
  g_autofree char *events = write_csv (place->profile, strata_profile_write_events_csv);
  g_autofree char *spells = write_csv (place->profile, strata_profile_write_spells_csv);
  g_auto (GStrv) spell_lines = g_strsplit (spells, "\r\n", -1);
  g_auto (GStrv) lines = g_strsplit (events, "\r\n", -1), layer_lines = g_strsplit (layers, "\r\n", -1);
  guint n_columns = 0;
  gint64 sum = 0;

  for (guint i = 1; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_auto (GStrv) cells = g_strsplit (lines[i], ",", -1);

      g_assert_cmpuint (g_strv_length (cells), ==, 12);
      sum += g_ascii_strtoll (cells[9], NULL, 10);
    }
  g_assert_cmpint (sum, ==, strata_profile_get_energy_fj (place->profile));
  for (guint i = 0; layer_lines[i] != NULL && *layer_lines[i] != '\0'; i++)
    {
      g_auto (GStrv) cells = g_strsplit (layer_lines[i], ",", -1);

      n_columns = i == 0 ? g_strv_length (cells) : n_columns;
      g_assert_cmpuint (g_strv_length (cells), ==, n_columns);
    }
  g_assert_cmpuint (g_strv_length (layer_lines), ==, 1 + 20 + 3 + 1);
  g_assert_cmpuint (g_strv_length (spell_lines), ==, 1 + 2 + 1);
  g_assert_true (g_str_has_prefix (spell_lines[1], "0,60000000000000,"));
  g_assert_true (g_str_has_prefix (spell_lines[2], "60000000000000,,"));
  g_assert_true (g_str_has_suffix (spell_lines[2], ",skin"));
}

int
main (int argc, char **argv)
{
#define ADD(path, data, function) g_test_add (path, Place, data, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("/profiler/analysis/report/text", NULL, test_text);
  ADD ("/profiler/analysis/report/html", NULL, test_html);
  ADD ("/profiler/analysis/report/json", NULL, test_json);
  ADD ("/profiler/analysis/report/json-sections", NULL, test_json_sections);
  ADD ("/profiler/analysis/report/csv", NULL, test_csv);
  ADD ("/profiler/analysis/report/hostile-text", "hostile", test_text);
  ADD ("/profiler/analysis/report/hostile-html", "hostile", test_html);
  g_test_add_func ("/profiler/analysis/report/chart-page", test_chart_page);
  ADD ("/profiler/analysis/report/hostile-json", "hostile", test_json);
  ADD ("/profiler/analysis/report/hostile-json-sections", "hostile", test_json_sections);
  return g_test_run ();
}
