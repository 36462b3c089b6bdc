/* SPDX-License-Identifier: Apache-2.0
 *
 * What a sink receives: order, completeness, batches, figures, verdicts, findings; and what happens when it refuses.
 */
#include "fixture.h"

#include <math.h>
#include <string.h>

typedef struct
{
  StrataTraceSink base;
  int n_begun, n_ended, n_calls, fail_at; /* the call that fails, from 1; 0: none */
  gboolean complete, late;
  gsize n_records[STRATA_RECORD_WARMING + 1], largest;
  gint64 events_fj, records_fj;
  GHashTable *figures; /* name to StrataFigureRecord */
  GHashTable *meta;
  GHashTable *rules;
  StrataLayerRecord layers[8];
  int n_layers, n_units, n_tiles, n_instructions;
} Sink;

static gboolean
refuse (Sink *sink, GError **error)
{
  if (++sink->n_calls != sink->fail_at)
    return FALSE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "call %d", sink->n_calls);
  return TRUE;
}

static gboolean
sink_begin (StrataTraceSink *base, const StrataTraceSession *session, GError **error)
{
  Sink *sink = (Sink *) base;

  sink->n_begun++;
  sink->n_layers = session->n_layers;
  sink->n_units = session->n_units;
  sink->n_tiles = session->n_tiles;
  sink->n_instructions = session->n_instructions;
  memcpy (sink->layers, session->layers, sizeof (StrataLayerRecord) * MIN (session->n_layers, 8));
  for (int i = 0; i < session->n_layers; i++)
    g_assert_nonnull (session->layers[i].stage);
  g_assert_cmpstr (session->run_name, ==, "run 1");
  g_assert_cmpstr (session->chip_name, ==, "by hand");
  return !refuse (sink, error);
}

static void
keep_words (Sink *sink, StrataRecordKind kind, gconstpointer records, gsize n)
{
  const StrataFigureRecord *figures = records;
  const StrataMetaRecord *meta = records;
  const StrataFindingRecord *findings = records;
  const StrataDecisionRecord *decisions = records;

  for (gsize i = 0; i < n; i++)
    if (kind == STRATA_RECORD_FIGURE)
      {
        g_assert_true (figures[i].source != NULL && figures[i].source[0] != '\0');
        g_assert_true (
          g_hash_table_insert (sink->figures, g_strdup (figures[i].name), g_memdup2 (&figures[i], sizeof *figures)));
      }
    else if (kind == STRATA_RECORD_META)
      g_assert_true (g_hash_table_insert (sink->meta, g_strdup (meta[i].key), g_strdup (meta[i].value)));
    else if (kind == STRATA_RECORD_FINDING)
      {
        g_assert_cmpstr (findings[i].evidence, !=, "");
        g_assert_cmpstr (findings[i].action, !=, "");
        g_hash_table_insert (sink->rules, g_strdup (findings[i].rule), g_strdup (findings[i].evidence));
      }
    else if (kind == STRATA_RECORD_DECISION)
      {
        g_assert_cmpstr (decisions[i].text, !=, "");
        g_assert_cmpint (decisions[i].layer, <, sink->n_layers);
        g_assert_cmpint (decisions[i].tile, <, sink->n_tiles);
      }
}

static gboolean
sink_write (StrataTraceSink *base, StrataRecordKind kind, gconstpointer records, gsize n, GError **error)
{
  Sink *sink = (Sink *) base;
  const StrataEventRecord *events = records;
  const StrataEnergyRecord *energy = records;

  g_assert_cmpint (sink->n_begun, ==, 1);
  sink->late |= sink->n_ended > 0;
  sink->n_records[kind] += n;
  sink->largest = MAX (sink->largest, n);
  for (gsize i = 0; i < n && kind == STRATA_RECORD_EVENT; i++)
    sink->events_fj += events[i].energy_fj;
  for (gsize i = 0; i < n && kind == STRATA_RECORD_ENERGY; i++)
    sink->records_fj += energy[i].energy_fj[0];
  keep_words (sink, kind, records, n);
  return !refuse (sink, error);
}

static gboolean
sink_end (StrataTraceSink *base, gboolean complete, GError **error)
{
  Sink *sink = (Sink *) base;

  sink->n_ended++;
  sink->complete = complete;
  return !refuse (sink, error);
}

static void
sink_init (Sink *sink, int fail_at)
{
  *sink = (Sink){ .base = { sink_begin, sink_write, sink_end, NULL }, .fail_at = fail_at };
  sink->figures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  sink->meta = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  sink->rules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
sink_clear (Sink *sink)
{
  g_hash_table_unref (sink->figures);
  g_hash_table_unref (sink->meta);
  g_hash_table_unref (sink->rules);
}

/* Two stages of outputs, 64x4 and 32x2, and enough bursts for two batches of events */
static Fixture *
two_stages (void)
{
  Fixture *fixture = fixture_new (2, 1, 2);
  int a = fixture_op (fixture, STRATA_QOP_MVM, 64, 4), b = fixture_op (fixture, STRATA_QOP_MVM, 32, 2);
  int c = fixture_op (fixture, STRATA_QOP_MVM, 32, 2), first = fixture_mvm (fixture, a, 0, 0, 2500, 4), second;

  second = fixture_mvm (fixture, b, 0, 1, 2500, 1);
  fixture_after (fixture, first, 1, 0);
  fixture_mvm (fixture, c, 1, 1, 20, 2);
  fixture_after (fixture, second, 1, 0);
  return fixture;
}

static gboolean
record (Fixture *fixture, Sink *sink, GError **error)
{
  const StrataImage *image = fixture_image (fixture);
  g_autofree StrataAccuracyRecord *accuracy = g_new0 (StrataAccuracyRecord, image->graph->n_ops);
  g_autoptr (StrataModelled) modelled = strata_model_run (image, 0, TRUE, NULL, NULL);

  g_assert_nonnull (modelled);
  return strata_modelled_record (image, modelled, STRATA_FIDELITY_TIMING, accuracy, "run 1", &sink->base, error);
}

static double
figure (const Sink *sink, const char *name, StrataBand band)
{
  const StrataFigureRecord *found = g_hash_table_lookup (sink->figures, name);

  g_assert_nonnull (found);
  return found->value[band];
}

static void
test_complete (void)
{
  g_autoptr (Fixture) fixture = two_stages ();
  g_autoptr (GError) error = NULL;
  Sink sink;

  sink_init (&sink, 0);
  g_assert_true (record (fixture, &sink, &error));
  g_assert_no_error (error);
  g_assert_cmpint (sink.n_begun, ==, 1);
  g_assert_cmpint (sink.n_ended, ==, 1);
  g_assert_true (sink.complete);
  g_assert_false (sink.late);
  g_assert_cmpuint (sink.largest, ==, 4096);
  /* bursts; control, fixed leakage, two stacks */
  g_assert_cmpuint (sink.n_records[STRATA_RECORD_EVENT], ==, 5020 + 4);
  g_assert_cmpuint (sink.n_records[STRATA_RECORD_ACCURACY], ==, 3);
  g_assert_cmpuint (sink.n_records[STRATA_RECORD_SPELL], ==, 1);
  g_assert_cmpuint (sink.n_records[STRATA_RECORD_WARMING], >, 20);
  g_assert_cmpfloat (figure (&sink, "throttle_skin_c", 0), ==, fixture->chip.t_skin_max_c);
  g_assert_cmpint (sink.events_fj, ==, sink.records_fj);
  g_assert_cmpfloat (figure (&sink, "energy_fj", 0), ==, (double) sink.events_fj);
  g_assert_cmpint (sink.n_layers, ==, 3);
  g_assert_cmpint (sink.n_tiles, ==, 3);
  g_assert_cmpint (sink.n_instructions, ==, 3);
  g_assert_cmpint (sink.n_units, ==, 2 + FIXTURE_N_LINKS + 6);
  sink_clear (&sink);
}

static void
test_layers (void)
{
  g_autoptr (Fixture) fixture = two_stages ();
  Sink sink;

  sink_init (&sink, 0);
  g_assert_true (record (fixture, &sink, NULL));
  g_assert_cmpint (sink.layers[0].stage_index, ==, 0);
  g_assert_cmpint (sink.layers[0].n_in_stage, ==, 1);
  g_assert_cmpint (sink.layers[1].stage_index, ==, 1);
  g_assert_cmpint (sink.layers[2].stage_index, ==, 1);
  g_assert_cmpint (sink.layers[2].index_in_stage, ==, 1);
  g_assert_cmpint (sink.layers[2].n_in_stage, ==, 2);
  g_assert_cmpint (sink.layers[2].inputs[0], ==, 1);
  g_assert_cmpint (sink.layers[2].inputs[1], ==, -1);
  g_assert_cmpint (sink.layers[1].n_macs, ==, 32 * 9 * 32 * 2);
  g_assert_cmpint (sink.layers[1].n_tiles, ==, 1);
  sink_clear (&sink);
}

static void
test_figures (void)
{
  static const char *const names[] = { "latency_ps",      "interval_ps",     "energy_fj",       "dynamic_fj",
                                       "static_mw",       "power_mw",        "lower_bound_ps",  "critical_path_ps",
                                       "host_ps",         "junction_c",      "skin_c",          "arrays_required",
                                       "arrays_used",     "arrays_total",    "n_macs",          "n_parameters",
                                       "sram_peak_bytes", "rate_per_s",      "array_tops_w",    "macro_tops_w",
                                       "chip_tops_w",     "workload_tops_w", "n_tier_switches", "n_mvms" };
  g_autoptr (Fixture) fixture = two_stages ();
  Sink sink;

  sink_init (&sink, 0);
  g_assert_true (record (fixture, &sink, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_false (isnan (figure (&sink, names[i], 0)));
  g_assert_cmpfloat (figure (&sink, "n_mvms", 0), ==, 2500 * 4 + 2500 + 20 * 2);
  g_assert_cmpfloat (figure (&sink, "arrays_total", 0), ==, 4);
  g_assert_cmpfloat (figure (&sink, "array_tops_w", 0), >, figure (&sink, "macro_tops_w", 0));
  g_assert_cmpfloat (figure (&sink, "macro_tops_w", 0), >=, figure (&sink, "chip_tops_w", 0));
  /* 1 TOPS/W = 1e12 operations per joule = 1e-3 per femtojoule; without external memory, chip and workload are one */
  g_assert_cmpfloat_with_epsilon (figure (&sink, "workload_tops_w", 0),
                                  2.0 * 32 * 9 * (64 * 4 + 2 * 32 * 2)
                                    / (figure (&sink, "power_mw", 0) * figure (&sink, "interval_ps", 0)) * 1e3,
                                  1e-9);
  g_assert_cmpfloat_with_epsilon (figure (&sink, "chip_tops_w", 0), figure (&sink, "workload_tops_w", 0), 1e-9);
  g_assert_true (isnan (figure (&sink, "junction_c", STRATA_BAND_OPTIMISTIC)));
  sink_clear (&sink);
}

static void
test_verdicts (void)
{
  g_autoptr (Fixture) fixture = two_stages ();
  Sink sink;

  fixture->image.limits = (StrataLimits){ .max_latency_ps = 1, .max_power_mw = 1000, .max_skin_c = 90 };
  sink_init (&sink, 0);
  g_assert_true (record (fixture, &sink, NULL));
  g_assert_cmpstr (g_hash_table_lookup (sink.meta, "verdict"), ==, "missed");
  g_assert_cmpstr (g_hash_table_lookup (sink.meta, "verdict_max_latency_ps"), ==, "missed");
  g_assert_cmpstr (g_hash_table_lookup (sink.meta, "verdict_max_power_mw"), ==, "met; conservative meets it too");
  g_assert_cmpstr (g_hash_table_lookup (sink.meta, "verdict_max_skin_c"), ==, "met; conservative unknown");
  g_assert_null (g_hash_table_lookup (sink.meta, "verdict_max_energy_fj"));
  g_assert_cmpfloat (figure (&sink, "limit_max_power_mw", 0), ==, 1000);
  sink_clear (&sink);
}

static void
test_findings (void)
{
  g_autoptr (Fixture) fixture = two_stages ();
  Sink quiet, loud;

  fixture->graph.quantised_source = TRUE;
  sink_init (&quiet, 0);
  g_assert_true (record (fixture, &quiet, NULL));
  g_assert_true (g_hash_table_contains (quiet.rules, "busiest-unit"));
  g_assert_false (g_hash_table_contains (quiet.rules, "guessed-ranges"));
  g_assert_false (g_hash_table_contains (quiet.rules, "host-bound"));
  g_assert_false (g_hash_table_contains (quiet.rules, "static-over-budget"));
  g_assert_false (g_hash_table_contains (quiet.rules, "thermal-noise"));

  fixture->graph.quantised_source = FALSE;
  fixture->chip.p_budget_mw = 2;
  fixture->chip.t_skin_max_c = 30;
  g_array_index (fixture->tile, StrataTile, 2).n_row_copies = 4;
  fixture_digital (fixture, STRATA_OPCODE_HOST_IN, 0, 1, 1000000);
  sink_init (&loud, 0);
  g_assert_true (record (fixture, &loud, NULL));
  g_assert_true (g_hash_table_contains (loud.rules, "guessed-ranges"));
  g_assert_true (g_hash_table_contains (loud.rules, "host-bound"));
  g_assert_true (g_hash_table_contains (loud.rules, "static-over-budget"));
  g_assert_true (g_hash_table_contains (loud.rules, "skin-too-hot"));
  g_assert_true (g_hash_table_contains (loud.rules, "thermal-noise"));
  sink_clear (&quiet);
  sink_clear (&loud);
}

/* A chain that goes to and fro between two tiers, one MVM at a time: 50 ns of switching for 80 ns of work. */
static void
test_thrash (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 2);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 1, 1), before = -1;
  Sink sink;

  for (int i = 0; i < 20; i++)
    {
      int mvm = fixture_mvm (fixture, op, 0, i % 2, 1, 1);

      if (before >= 0)
        fixture_after (fixture, before, 0, 0);
      before = mvm;
    }
  sink_init (&sink, 0);
  g_assert_true (record (fixture, &sink, NULL));
  g_assert_cmpfloat (figure (&sink, "n_tier_switches", 0), ==, 20);
  g_assert_cmpstr (g_hash_table_lookup (sink.rules, "tier-thrash"), ==,
                   "20 tier switches of 50.0 ns take 38 % of the stacks' time");
  sink_clear (&sink);
}

/* One tier, which stays selected: what the first inference takes for it says nothing of those that follow. */
static void
test_selected (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 2);
  Sink sink;

  fixture_mvm (fixture, fixture_op (fixture, STRATA_QOP_MVM, 1, 1), 0, 0, 1, 1);
  sink_init (&sink, 0);
  g_assert_true (record (fixture, &sink, NULL));
  g_assert_cmpfloat (figure (&sink, "n_tier_switches", 0), ==, 1);
  g_assert_false (g_hash_table_contains (sink.rules, "tier-thrash"));
  g_assert_cmpstr (g_hash_table_lookup (sink.rules, "busiest-unit"), ==,
                   "unit 0 works 80.0 ns of the 80.0 ns between inferences (100 %); 80.0 ns of it for layer op0");
  sink_clear (&sink);
}

/* Whatever call fails, the sink is told once that the run is incomplete, and the caller gets the sink's own error. */
static void
test_refused (void)
{
  int n_calls = G_MAXINT;

  for (int fail_at = 1; fail_at <= n_calls; fail_at++)
    {
      g_autoptr (Fixture) fixture = two_stages ();
      g_autoptr (GError) error = NULL;
      g_autofree char *message = g_strdup_printf ("call %d", fail_at);
      Sink sink;

      if (fail_at == 1)
        {
          sink_init (&sink, 0);
          g_assert_true (record (fixture, &sink, NULL));
          n_calls = sink.n_calls;
          sink_clear (&sink);
        }
      sink_init (&sink, fail_at);
      g_assert_false (record (fixture, &sink, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      g_assert_cmpstr (error->message, ==, message);
      g_assert_cmpint (sink.n_ended, ==, 1);
      g_assert_false (sink.complete && fail_at < n_calls);
      sink_clear (&sink);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/record/complete", test_complete);
  g_test_add_func ("/sdk/simulator/record/layers", test_layers);
  g_test_add_func ("/sdk/simulator/record/figures", test_figures);
  g_test_add_func ("/sdk/simulator/record/verdicts", test_verdicts);
  g_test_add_func ("/sdk/simulator/record/findings", test_findings);
  g_test_add_func ("/sdk/simulator/record/thrash", test_thrash);
  g_test_add_func ("/sdk/simulator/record/selected", test_selected);
  g_test_add_func ("/sdk/simulator/record/refused", test_refused);
  return g_test_run ();
}
