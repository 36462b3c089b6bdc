/* SPDX-License-Identifier: Apache-2.0
 *
 * Recording: what goes in comes out, sums close, and nothing is left of a recording that fails.
 */
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include <glib/gstdio.h>

#include "strata-profiler/strata-profiler.h"
#include "synthetic-profile.h"

typedef struct
{
  char *folder, *path;
} Place;

static void
set_up (Place *place, gconstpointer data)
{
  place->folder = g_dir_make_tmp ("strata-record-XXXXXX", NULL);
  g_assert_nonnull (place->folder);
  place->path = g_build_filename (place->folder, "run.strata", NULL);
}

static guint
count_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
tear_down (Place *place, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (place->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (place->folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (place->folder);
  g_free (place->folder);
  g_free (place->path);
}

static void
record (const char *path, const StrataSyntheticOptions *options)
{
  StrataTraceSink *sink = strata_profile_recorder_new (path);
  g_autoptr (GError) error = NULL;

  strata_synthetic_run (options, sink, &error);
  g_assert_no_error (error);
  sink->free (sink);
}

static StrataProfile *
open_profile (const char *path)
{
  g_autoptr (GError) error = NULL;
  StrataProfile *profile = strata_profile_open (path, NULL, &error);

  g_assert_no_error (error);
  return profile;
}

/* --- a run written by hand, whose sums are known --- */

static const StrataUnitRecord units[] = { { 0, STRATA_UNIT_STACK, 0, 0, 0, "stack 0" },
                                          { 1, STRATA_UNIT_STACK, 1, 1, 0, "stack 1" },
                                          { 2, STRATA_UNIT_BASE, 0, -1, -1, "base die" } };
static const StrataLayerRecord layers[] = {
  { .id = 0,
    .node = 3,
    .name = "a, \"quoted\" name",
    .op = "Conv",
    .kind = "mvm",
    .stage = "s",
    .n_in_stage = 2,
    .n_macs = 1000,
    .n_weights = 10,
    .n_tiles = 3,
    .utilisation = 0.5,
    .inputs = { -1 },
    .n_inputs = 1 },
  { .id = 1,
    .node = -1,
    .name = "b",
    .op = "Add",
    .kind = "add",
    .stage = "s",
    .index_in_stage = 1,
    .n_in_stage = 2,
    .inputs = { 0, -1 },
    .n_inputs = 2 },
};
static const StrataTileRecord tiles[] = {
  { .id = 0, .layer = 0, .stack = 1, .tier = 1, .utilisation = 0.25 },
  { .id = 1, .layer = 0, .stack = 0, .tier = 0, .utilisation = 0.5 },
  { .id = 2, .layer = 0, .stack = 1, .tier = 0, .utilisation = 0.75, .at_row = 3, .at_col = 4 },
};
static const StrataInstructionRecord instructions[] = { { 0, 0, 0, 1, "MVM", 2, 7 }, { 1, 1, -1, 0, "VADD", 1, 9 } };
static const StrataTraceSession session = { .run_name = "by hand",
                                            .model_name = "m",
                                            .chip_name = "c",
                                            .chip_yaml = "name: c\n",
                                            .fidelity = STRATA_FIDELITY_TIMING,
                                            .mesh_x = 2,
                                            .mesh_y = 1,
                                            .n_stacks = 2,
                                            .n_tiers = 2,
                                            .n_rows = 64,
                                            .n_columns = 32,
                                            .power_budget_mw = 300,
                                            .units = units,
                                            .layers = layers,
                                            .tiles = tiles,
                                            .instructions = instructions,
                                            .n_units = 3,
                                            .n_layers = 2,
                                            .n_tiles = 3,
                                            .n_instructions = 2 };
static const StrataEventRecord events[] = {
  { .start_ps = 100, .duration_ps = 50, .energy_fj = 1000, .n_actions = 7, .unit = 1, .tier = 1, .flags = 1 },
  { .start_ps = 40,
    .duration_ps = 30,
    .energy_fj = 300,
    .n_actions = 9,
    .unit = 0,
    .instruction = 1,
    .layer = 1,
    .burst = 0,
    .tier = -1 },
  { .start_ps = 150, .duration_ps = 50, .energy_fj = 1000, .n_actions = 7, .unit = 1, .burst = 1, .tier = 1 },
  { .start_ps = 0,
    .duration_ps = 200,
    .energy_fj = 400,
    .unit = 2,
    .instruction = -1,
    .layer = -1,
    .burst = -1,
    .tier = -1,
    .flags = STRATA_EVENT_STATIC },
};
static const StrataEnergyRecord energies[] = {
  { 0, STRATA_COMPONENT_ADC, { 1600, 1000, 2600 }, 14 },  { 0, STRATA_COMPONENT_ARRAY, { 400, 300, 500 }, 14 },
  { 1, STRATA_COMPONENT_VECTOR, { 250, 200, 300 }, 9 },   { -1, STRATA_COMPONENT_HOST, { 50, 40, 60 }, 1 },
  { -1, STRATA_COMPONENT_LEAKAGE, { 400, 200, 800 }, 0 },
};

static gboolean
record_by_hand (const char *path, const StrataEnergyRecord *energy, gsize n_energy, GError **error)
{
  StrataTraceSink *sink = strata_profile_recorder_new (path);
  const StrataFigureRecord figure = { "latency_ps", "ps", { 160, NAN, 200 }, STRATA_FIDELITY_TIMING, "by hand" };
  const StrataAccuracyRecord accuracy = { 0, 31.5, NAN, 2 };
  const StrataNoiseRecord noise = { 0, 4, 8, 6, 30, 4.7, 25, 40, 38, INFINITY, 45, 0.75, 1200 };
  const StrataDropRecord drop = { 1, 10, 20, 5, "ring full" };
  const StrataMetaRecord meta[] = { { "seed", "7" }, { "created", "now" } };
  const StrataTemperatureRecord heat[] = { { 50, STRATA_HEAT_JUNCTION, -1, -1, 40 },
                                           { -1, STRATA_HEAT_JUNCTION, -1, -1, 42 } };
  const StrataSpellRecord spells[] = { { 0, 5000000000000, 40, STRATA_SPELL_NONE, 250, 61.5, 43 },
                                       { 5000000000000, -1, 125, STRATA_SPELL_SKIN, 120, 55.5, 43 } };
  const StrataWarmingRecord warming[] = { { 0, 25, 25 }, { 1000, 25.5, 25 }, { 5000000000000, 61.5, 43 } };
  gboolean is_recorded =
    sink->begin (sink, &session, error) && sink->write (sink, STRATA_RECORD_EVENT, events, 4, error)
    && sink->write (sink, STRATA_RECORD_ENERGY, energy, n_energy, error)
    && sink->write (sink, STRATA_RECORD_FIGURE, &figure, 1, error)
    && sink->write (sink, STRATA_RECORD_ACCURACY, &accuracy, 1, error)
    && sink->write (sink, STRATA_RECORD_NOISE, &noise, 1, error)
    && sink->write (sink, STRATA_RECORD_DROP, &drop, 1, error) && sink->write (sink, STRATA_RECORD_META, meta, 2, error)
    && sink->write (sink, STRATA_RECORD_TEMPERATURE, heat, 2, error)
    && sink->write (sink, STRATA_RECORD_SPELL, spells, 2, error)
    && sink->write (sink, STRATA_RECORD_WARMING, warming, 3, error) && sink->end (sink, TRUE, error);

  sink->free (sink);
  return is_recorded;
}

static void
check_layers (StrataProfile *profile)
{
  gsize n;
  const StrataProfileLayer *layer = strata_profile_get_layers (profile, &n);

  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpstr (layer[0].name, ==, "a, \"quoted\" name");
  g_assert_cmpint (layer[0].node, ==, 3);
  g_assert_cmpint (layer[0].start_ps, ==, 100);
  g_assert_cmpint (layer[0].end_ps, ==, 200);
  g_assert_cmpint (layer[0].busy_ps, ==, 100);
  g_assert_cmpint (layer[0].n_actions, ==, 14);
  g_assert_cmpint (layer[0].n_tier_switches, ==, 1);
  g_assert_cmpint (layer[0].n_stacks, ==, 2);
  g_assert_cmpint (layer[0].first_stack, ==, 0);
  g_assert_cmpint (layer[0].energy_fj[STRATA_BAND_NOMINAL], ==, 2000);
  g_assert_cmpint (layer[0].energy_fj[STRATA_BAND_CONSERVATIVE], ==, 3100);
  g_assert_cmpint (layer[0].component_fj[STRATA_BAND_OPTIMISTIC][STRATA_COMPONENT_ADC], ==, 1000);
  g_assert_cmpfloat (layer[0].snr_db, ==, 31.5);
  g_assert_true (isnan (layer[0].clip_fraction) && isnan (layer[1].snr_db) && isnan (layer[1].utilisation));
  g_assert_cmpint (layer[0].noise.n_reads, ==, 4);
  g_assert_cmpint (layer[0].noise.sound_bits, ==, 6);
  g_assert_cmpfloat (layer[0].noise.effective_bits, ==, 4.7);
  g_assert_cmpfloat (layer[0].noise.drowned_fj, ==, 1200);
  g_assert_true (isnan (layer[0].noise.lasting_db) && isnan (layer[1].noise.snr_db));
  g_assert_cmpint (layer[1].noise.n_reads, ==, 0);
  g_assert_cmpint (layer[1].node, ==, -1);
  g_assert_cmpint (layer[1].n_inputs, ==, 2);
  g_assert_cmpint (layer[1].inputs[0], ==, 0);
  g_assert_cmpint (layer[1].inputs[1], ==, -1);
  g_assert_true (strata_profile_find_layer (profile, "b") == &layer[1]);
}

static void
check_units (StrataProfile *profile)
{
  const StrataProfileUnit *unit = strata_profile_get_units (profile, NULL);
  const StrataProfileTile *tile = strata_profile_get_tiles (profile, NULL);
  const gint32 *sites = strata_profile_get_site_tiles (profile, NULL);
  StrataProfileEvents track;

  g_assert_cmpint (unit[1].busy_ps, ==, 100);
  g_assert_cmpfloat (unit[1].utilisation, ==, 0.5); /* 100 of 200 ps */
  g_assert_cmpint (unit[2].static_fj, ==, 400);
  g_assert_cmpint (unit[2].n_events, ==, 0);
  g_assert_cmpint (tile[0].n_events, ==, 2);
  g_assert_cmpint (tile[0].energy_fj, ==, 2000);
  g_assert_cmpint (tile[0].x, ==, 1);
  g_assert_cmpint (tile[2].first_in_array, ==, 2);
  g_assert_cmpint (tile[2].at_col, ==, 4);
  g_assert_cmpint (sites[0], ==, 1); /* stack 0, tier 0 */
  g_assert_cmpint (sites[1], ==, -1);
  g_assert_cmpint (sites[2], ==, 2);
  g_assert_cmpint (sites[3], ==, 0);
  strata_profile_get_unit_events (profile, 1, &track);
  g_assert_cmpuint (track.n_events, ==, 2);
  g_assert_cmpint (track.start_ps[1], ==, 150);
  g_assert_cmpint (track.burst[1], ==, 1);
  strata_profile_get_static_events (profile, 2, &track);
  g_assert_cmpuint (track.n_events, ==, 1);
  g_assert_cmpint (track.layer[0], ==, -1);
}

static void
check_spells (StrataProfile *profile)
{
  gsize n_spells, n_warming;
  const StrataProfileSpell *spells = strata_profile_get_spells (profile, &n_spells);
  const StrataProfileWarming *warming = strata_profile_get_warming (profile, &n_warming);
  g_autofree char *first = strata_profile_dup_spell_text (profile, 0);
  g_autofree char *last = strata_profile_dup_spell_text (profile, 1);

  g_assert_cmpuint (n_spells, ==, 2);
  g_assert_cmpint (spells[0].duration_ps, ==, 5000000000000);
  g_assert_cmpint (spells[1].start_ps, ==, 5000000000000);
  g_assert_cmpint (spells[1].duration_ps, ==, -1);
  g_assert_cmpint (spells[1].interval_ps, ==, 125);
  g_assert_cmpint (spells[1].reason, ==, STRATA_SPELL_SKIN);
  g_assert_cmpfloat (spells[0].power_mw, ==, 250);
  g_assert_cmpfloat (spells[1].junction_c, ==, 55.5);
  g_assert_cmpfloat (spells[1].skin_c, ==, 43);
  g_assert_cmpuint (n_warming, ==, 3);
  g_assert_cmpint (warming[1].time_ps, ==, 1000);
  g_assert_cmpfloat (warming[2].junction_c, ==, 61.5);
  g_assert_cmpstr (first, ==, "full rate, 25.0 G/s; throttles for skin after 5.00 s to 8.00 G/s");
  g_assert_cmpstr (last, ==, "8.00 G/s, held by skin");
  g_assert_null (strata_profile_dup_spell_text (profile, 2));
}

static void
test_round_trip (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataProfile) profile = NULL;
  const StrataProfileRun *run;
  gsize n;

  g_assert_true (record_by_hand (place->path, energies, G_N_ELEMENTS (energies), &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count_files (place->folder), ==, 1);
  profile = open_profile (place->path);
  run = strata_profile_get_run (profile);
  g_assert_cmpstr (run->run_name, ==, "by hand");
  g_assert_cmpint (run->start_ps, ==, 0);
  g_assert_cmpint (run->end_ps, ==, 200);
  g_assert_cmpint (run->energy_fj[STRATA_BAND_NOMINAL], ==, 2700);
  g_assert_cmpint (run->energy_fj[STRATA_BAND_CONSERVATIVE], ==, 4260);
  g_assert_cmpint (run->static_fj[STRATA_BAND_NOMINAL], ==, 400);
  g_assert_cmpint (run->n_dropped, ==, 5);
  check_layers (profile);
  check_units (profile);
  check_spells (profile);
  g_assert_cmpfloat (strata_profile_get_figure (profile, "latency_ps", 0), ==, 160);
  g_assert_true (isnan (strata_profile_get_figure (profile, "latency_ps", 1)));
  g_assert_true (isnan (strata_profile_get_figure (profile, "no such figure", 0)));
  g_assert_cmpstr (strata_profile_get_meta (profile, "seed"), ==, "7");
  g_assert_cmpfloat (strata_profile_heat_at (profile, 60, &n)->temperature_c, ==, 40);
  g_assert_cmpfloat (strata_profile_heat_at (profile, -1, &n)->temperature_c, ==, 42);
  g_assert_true (strata_profile_check (profile, NULL, &error));
  g_assert_finalize_object (g_steal_pointer (&profile));
}

/* Spells that do not follow each other to one for ever are refused, and leave nothing. */
static void
test_spells_refused (Place *place, gconstpointer data)
{
  static const struct
  {
    StrataSpellRecord spells[2];
    gsize n;
    const char *part;
  } cases[] = {
    { { { 0, 10, 5, STRATA_SPELL_NONE, 1, 30, 30 } }, 1, "is not for ever" },
    { { { 3, -1, 5, STRATA_SPELL_NONE, 1, 30, 30 } }, 1, "spell 0" },
    { { { 0, -1, -5, STRATA_SPELL_NONE, 1, 30, 30 } }, 1, "spell 0" },
    { { { 0, 0, 5, STRATA_SPELL_NONE, 1, 30, 30 } }, 1, "spell 0" },
    { { { 0, -1, 5, STRATA_N_SPELL_REASONS, 1, 30, 30 } }, 1, "spell 0" },
    { { { 0, -1, 5, STRATA_SPELL_NONE, 1, NAN, 30 } }, 1, "spell 0" },
    { { { 0, 10, 5, STRATA_SPELL_NONE, 1, 30, 30 }, { 11, -1, 9, STRATA_SPELL_SKIN, 1, 30, 30 } }, 2, "spell 1" },
    { { { 0, -1, 5, STRATA_SPELL_NONE, 1, 30, 30 }, { 0, -1, 9, STRATA_SPELL_SKIN, 1, 30, 30 } }, 2, "spell 1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      StrataTraceSink *sink = strata_profile_recorder_new (place->path);
      g_autoptr (GError) error = NULL;
      gboolean ok = sink->begin (sink, &session, &error)
                    && sink->write (sink, STRATA_RECORD_SPELL, cases[i].spells, cases[i].n, &error);

      g_assert_false (sink->end (sink, ok, ok ? &error : NULL) && ok);
      sink->free (sink);
      g_assert_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_INCONSISTENT);
      g_assert_nonnull (strstr (error->message, cases[i].part));
      g_assert_cmpuint (count_files (place->folder), ==, 0);
    }
}

/* Decisions come back as they went in, as rows, as objects and as SQL. */
static void
test_decisions (Place *place, gconstpointer data)
{
  const StrataSyntheticOptions options = { 2, 2, 4, 3, 200, 1 };
  g_autoptr (StrataProfile) profile = NULL;
  g_autoptr (GListModel) items = NULL, others = NULL;
  g_autoptr (StrataDecisionItem) item = NULL;
  g_autoptr (StrataAlternativeItem) other = NULL;
  g_autoptr (StrataProfileTable) table = NULL;
  g_autofree char *name = NULL, *what = NULL;
  const StrataProfileDecision *decisions;
  gint64 energy_fj;
  gsize n;

  record (place->path, &options);
  profile = open_profile (place->path);
  decisions = strata_profile_get_decisions (profile, &n);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpint (decisions[0].layer, ==, -1);
  g_assert_cmpint (decisions[0].n_alternatives, ==, 0);
  g_assert_cmpint (decisions[1].value, ==, 1);
  g_assert_cmpint (decisions[1].tile, ==, -1);
  g_assert_cmpint (decisions[1].n_alternatives, ==, 2);
  g_assert_cmpint (decisions[1].alternatives[0].interval_ps, ==, 450000);
  g_assert_cmpint (decisions[1].alternatives[0].energy_fj, ==, -1);
  g_assert_cmpint (decisions[1].alternatives[1].n_arrays, ==, 0);
  g_assert_cmpstr (decisions[2].alternatives[0].verdict, ==, "further from the hub");
  g_assert_cmpint (decisions[2].tile, ==, 0);
  items = strata_profile_get_decision_model (profile);
  g_assert_cmpuint (g_list_model_get_n_items (items), ==, 3);
  item = g_list_model_get_item (items, 1);
  g_object_get (item, "layer-name", &name, NULL);
  g_assert_cmpstr (name, ==, strata_profile_get_layers (profile, NULL)[0].name);
  others = strata_decision_item_get_alternative_model (item);
  g_assert_cmpuint (g_list_model_get_n_items (others), ==, 2);
  other = g_list_model_get_item (others, 1);
  g_object_get (other, "what", &what, "energy-fj", &energy_fj, NULL);
  g_assert_cmpstr (what, ==, "digital units");
  g_assert_cmpint (energy_fj, ==, 77);
  table = strata_profile_query (profile, "SELECT alternative, energy_fj FROM decision_summary", 0, NULL, NULL);
  g_assert_cmpuint (strata_profile_table_get_n_rows (table), ==, 4);
  g_assert_cmpint (strata_profile_table_get_int (table, 2, 1), ==, 77);
}

/* Layers, what belongs to none, and static energy make the total, in every band and component. */
static void
test_table_closes (Place *place, gconstpointer data)
{
  g_autoptr (StrataProfile) profile = NULL;
  static const gint64 expected[][5] = { { 2000, 250, 50, 400, 2700 }, { 1300, 200, 40, 200, 1740 } };

  g_assert_true (record_by_hand (place->path, energies, G_N_ELEMENTS (energies), NULL));
  profile = open_profile (place->path);
  for (int band = 0; band < 2; band++)
    {
      gsize n;
      g_autofree StrataEnergyRow *rows = strata_profile_energy_table (profile, band, &n);

      g_assert_cmpuint (n, ==, 5);
      for (gsize i = 0; i < n; i++)
        g_assert_cmpint (rows[i].energy_fj, ==, expected[band][i]);
      g_assert_cmpint (rows[2].kind, ==, STRATA_ENERGY_ROW_UNATTRIBUTED);
      g_assert_cmpint (rows[4].component_fj[STRATA_COMPONENT_LEAKAGE], ==, expected[band][3]);
    }
}

static void
test_sums_must_close (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (record_by_hand (place->path, energies, G_N_ELEMENTS (energies) - 2, &error));
  g_assert_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_INCONSISTENT);
  g_assert_nonnull (strstr (error->message, "2700 fJ"));
  g_assert_nonnull (strstr (error->message, "2250 fJ"));
  g_assert_cmpuint (count_files (place->folder), ==, 0);
}

static void
test_bad_reference (Place *place, gconstpointer data)
{
  StrataTraceSink *sink = strata_profile_recorder_new (place->path);
  StrataEventRecord event = events[0];
  g_autoptr (GError) error = NULL;

  event.unit = 3;
  g_assert_true (sink->begin (sink, &session, NULL));
  g_assert_false (sink->write (sink, STRATA_RECORD_EVENT, &event, 1, &error));
  g_assert_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_INCONSISTENT);
  g_assert_cmpuint (count_files (place->folder), ==, 0);
  g_assert_false (sink->end (sink, TRUE, NULL));
  sink->free (sink);
}

/* A recording that is cut short leaves nothing, and leaves the file that was there. */
static void
test_cut_short (Place *place, gconstpointer data)
{
  g_autofree char *partial = g_strconcat (place->path, ".partial", NULL);
  StrataTraceSink *sink;
  g_autofree char *before = NULL, *after = NULL;

  g_assert_true (record_by_hand (place->path, energies, G_N_ELEMENTS (energies), NULL));
  g_assert_true (g_file_get_contents (place->path, &before, NULL, NULL));
  for (int way = 0; way < 2; way++)
    {
      sink = strata_profile_recorder_new (place->path);
      g_assert_true (sink->begin (sink, &session, NULL));
      g_assert_true (g_file_test (partial, G_FILE_TEST_EXISTS));
      if (way == 0)
        g_assert_true (sink->end (sink, FALSE, NULL));
      sink->free (sink);
      g_assert_cmpuint (count_files (place->folder), ==, 1);
    }
  g_assert_true (g_file_get_contents (place->path, &after, NULL, NULL));
  g_assert_true (memcmp (before, after, 100) == 0);
}

static void
test_stale_partial (Place *place, gconstpointer data)
{
  g_autofree char *partial = g_strconcat (place->path, ".partial", NULL);
  g_autoptr (StrataProfile) profile = NULL;

  g_assert_true (g_file_set_contents (partial, "left by a killed recording", -1, NULL));
  g_assert_true (record_by_hand (place->path, energies, G_N_ELEMENTS (energies), NULL));
  g_assert_cmpuint (count_files (place->folder), ==, 1);
  profile = open_profile (place->path);
}

static void
test_no_folder (Place *place, gconstpointer data)
{
  g_autofree char *path = g_build_filename (place->folder, "missing", "run.strata", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (record_by_hand (path, energies, G_N_ELEMENTS (energies), &error));
  g_assert_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_WRITE);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_null (strchr (error->message, '\n'));
}

/* A limit on the size of files stands in for a disk that is full; it strikes at several points of the recording. */
static void
test_full_disk (Place *place, gconstpointer data)
{
  StrataSyntheticOptions options;
  struct rlimit saved;

  strata_synthetic_options_init (&options);
  options.n_events = 200000;
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &saved), ==, 0);
  signal (SIGXFSZ, SIG_IGN);
  for (rlim_t limit = 2048; limit < (rlim_t) 5 << 20; limit = limit * 5 + 1)
    {
      struct rlimit small = { limit, saved.rlim_max };
      StrataTraceSink *sink = strata_profile_recorder_new (place->path);
      g_autoptr (GError) error = NULL;
      gboolean is_recorded;

      setrlimit (RLIMIT_FSIZE, &small);
      is_recorded = strata_synthetic_run (&options, sink, &error);
      setrlimit (RLIMIT_FSIZE, &saved);
      sink->free (sink);
      g_assert_false (is_recorded);
      g_assert_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_WRITE);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, "the disk is full"));
      g_assert_nonnull (strstr (error->message, place->path));
      g_assert_null (strchr (error->message, '\n'));
      g_assert_cmpuint (count_files (place->folder), ==, 0);
    }
}

static void
test_same_bytes (Place *place, gconstpointer data)
{
  g_autofree char *other = g_build_filename (place->folder, "other.strata", NULL);
  g_autofree char *first = NULL, *second = NULL, *hash = NULL, *other_hash = NULL;
  g_autoptr (StrataProfile) profile = NULL, other_profile = NULL;
  StrataSyntheticOptions options;
  gsize n_first, n_second;

  strata_synthetic_options_init (&options);
  record (place->path, &options);
  record (other, &options);
  g_assert_true (g_file_get_contents (place->path, &first, &n_first, NULL));
  g_assert_true (g_file_get_contents (other, &second, &n_second, NULL));
  g_assert_cmpmem (first, n_first, second, n_second);
  options.seed = 1;
  record (other, &options);
  profile = open_profile (place->path);
  other_profile = open_profile (other);
  hash = strata_profile_content_hash (profile, NULL, NULL);
  other_hash = strata_profile_content_hash (other_profile, NULL, NULL);
  g_assert_cmpuint (strlen (hash), ==, 64);
  g_assert_cmpstr (hash, !=, other_hash);
}

/* Events in another order, and another time of recording, are the same run. */
static void
test_hash_is_of_content (Place *place, gconstpointer data)
{
  static const int orders[][4] = { { 0, 1, 2, 3 }, { 1, 3, 0, 2 } };
  char *hashes[2];

  for (int i = 0; i < 2; i++)
    {
      StrataTraceSink *sink = strata_profile_recorder_new (place->path);
      const StrataMetaRecord meta = { "created", i == 0 ? "2026-01-01" : "2027-01-01" };
      g_autoptr (StrataProfile) profile = NULL;

      g_assert_true (sink->begin (sink, &session, NULL));
      for (int j = 0; j < 4; j++)
        g_assert_true (sink->write (sink, STRATA_RECORD_EVENT, &events[orders[i][j]], 1, NULL));
      g_assert_true (sink->write (sink, STRATA_RECORD_ENERGY, energies, G_N_ELEMENTS (energies), NULL));
      g_assert_true (sink->write (sink, STRATA_RECORD_META, &meta, 1, NULL));
      g_assert_true (sink->end (sink, TRUE, NULL));
      sink->free (sink);
      profile = open_profile (place->path);
      hashes[i] = strata_profile_content_hash (profile, NULL, NULL);
    }
  g_assert_cmpstr (hashes[0], ==, hashes[1]);
  g_free (hashes[0]);
  g_free (hashes[1]);
}

static void
test_sizes (Place *place, gconstpointer data)
{
  static const StrataSyntheticOptions sizes[] = { { 8, 8, 16, 1, 2000, 0 },
                                                  { 8, 8, 16, 20, 20000, 3 },
                                                  { 8, 8, 256, 4000, 60000, 1 },
                                                  { 1, 1, 1, 1, 1, 0 },
                                                  { 8, 8, 16, 20, 0, 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (StrataProfile) profile = NULL;
      const StrataProfileRun *run;
      g_autoptr (GError) error = NULL;

      record (place->path, &sizes[i]);
      profile = open_profile (place->path);
      run = strata_profile_get_run (profile);
      g_assert_cmpint (run->n_events, ==, sizes[i].n_events > 0 ? sizes[i].n_events + 2 : 0);
      g_assert_cmpuint (strata_profile_get_n_layers (profile), ==, sizes[i].n_layers);
      if (sizes[i].n_events > 0)
        g_assert_cmpint (strata_profile_energy_between (profile, run->start_ps, run->end_ps), ==, run->energy_fj[0]);
      else
        g_assert_cmpint (strata_profile_get_layers (profile, NULL)[0].start_ps, ==, -1);
      g_assert_true (strata_profile_check (profile, NULL, &error));
      g_assert_no_error (error);
    }
}

int
main (int argc, char **argv)
{
#define ADD(path, function) g_test_add (path, Place, NULL, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("/profiler/store/record/round-trip", test_round_trip);
  ADD ("/profiler/store/record/spells-refused", test_spells_refused);
  ADD ("/profiler/store/record/decisions", test_decisions);
  ADD ("/profiler/store/record/table-closes", test_table_closes);
  ADD ("/profiler/store/record/sums-must-close", test_sums_must_close);
  ADD ("/profiler/store/record/bad-reference", test_bad_reference);
  ADD ("/profiler/store/record/cut-short", test_cut_short);
  ADD ("/profiler/store/record/stale-partial", test_stale_partial);
  ADD ("/profiler/store/record/no-folder", test_no_folder);
  ADD ("/profiler/store/record/full-disk", test_full_disk);
  ADD ("/profiler/store/record/same-bytes", test_same_bytes);
  ADD ("/profiler/store/record/hash-is-of-content", test_hash_is_of_content);
  ADD ("/profiler/store/record/sizes", test_sizes);
  return g_test_run ();
}
