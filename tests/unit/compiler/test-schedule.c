/* SPDX-License-Identifier: Apache-2.0
 *
 * Schedules of small nets: expected instructions and times are worked out by hand from hardware-facts 10.2 and 10.4
 * (a).
 */
#include <string.h>

#include "compiler/schedule/emit.h"
#include "lib/fixtures.h"

static int
count (const StrataSchedule *schedule, StrataOpcode opcode)
{
  int n = 0;

  for (int i = 0; i < schedule->n_instructions; i++)
    n += schedule->instructions[i].opcode == opcode;
  return n;
}

/* conv 27 -> 16: one array. conv 144 -> 24: one. dense 384 -> 10: two (K split): 4 MVM instructions. */
static void
test_tiny (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 0, 0, 0));
  const StrataSchedule *schedule = image->schedule;
  gint64 n_mvms = 0;

  g_assert_cmpint (count (schedule, STRATA_OPCODE_MVM), ==, 4);
  g_assert_cmpint (count (schedule, STRATA_OPCODE_LOAD), ==, 4);
  g_assert_cmpint (count (schedule, STRATA_OPCODE_PSUM), ==, 1);
  g_assert_cmpint (count (schedule, STRATA_OPCODE_STORE), ==, 3);
  g_assert_cmpint (count (schedule, STRATA_OPCODE_VECTOR), ==, 3);
  g_assert_cmpint (count (schedule, STRATA_OPCODE_HOST_IN), ==, 1);
  g_assert_cmpint (count (schedule, STRATA_OPCODE_HOST_OUT), ==, 1);
  for (int i = 0; i < schedule->n_instructions; i++)
    if (schedule->instructions[i].opcode == STRATA_OPCODE_MVM)
      n_mvms += schedule->instructions[i].n_bursts * schedule->instructions[i].n_actions;
  g_assert_cmpint (n_mvms, ==, 8 * 8 + 4 * 4 + 2);
}

/* One dense layer on one array, worked out: LOAD of 64 bytes over h hops, t_select + t_mvm of 10 outputs in two slices
 * on 32 converters (20 columns: one conversion), STORE of 20 bytes, VECTOR of 20 operations at 16 G/s. */
static void
test_dense_by_hand (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  g_autoptr (StrataImage) image = NULL;
  const StrataInstruction *load;
  gint64 expected_ps;

  fixtures_output (graph, fixtures_dense (graph, fixtures_input (graph, 64, 1, 1), 10));
  image = fixtures_image (graph, fixtures_chip ("demonstrator", 0, 0, 0));
  load = &image->schedule->instructions[1];
  g_assert_cmpint (load->opcode, ==, STRATA_OPCODE_LOAD);
  g_assert_cmpint (load->n_actions, ==, 64);
  g_assert_cmpint (load->n_hops, ==, 1);              /* the nearest stack */
  expected_ps = (2000 + 4000)                         /* t_hop + 64 / 16 ns */
                + 50000 + (8 * 10000 + 50000 + 20000) /* t_select; 8 phases, one conversion, t_post */
                + (2000 + 1250)                       /* 20 bytes */
                + 1250;                               /* 20 operations at 16 per ns */
  g_assert_cmpint (image->schedule->latency_ps, ==, expected_ps);
  g_assert_cmpint (image->schedule->critical_path_ps, ==, expected_ps);
  g_assert_cmpint (image->schedule->lower_bound_ps, ==, expected_ps);
  g_assert_cmpint (image->schedule->sram_peak_bytes, ==, 64 + 10);
}

static const StrataInstruction *
find (const StrataSchedule *schedule, StrataOpcode opcode, int op)
{
  for (int i = 0; i < schedule->n_instructions; i++)
    if (schedule->instructions[i].opcode == opcode && schedule->instructions[i].op == op)
      return &schedule->instructions[i];
  return NULL;
}

/* 3 x 3, stride 2, padding 1: row b needs input row 2 b + 1. */
static void
test_rows_of_a_window (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 0, 0, 0));
  const StrataInstruction *mvm = find (image->schedule, STRATA_OPCODE_MVM, 1);
  const StrataDependence *d = &image->schedule->dependences[mvm->first_dependence];

  g_assert_cmpint (mvm->n_dependences, ==, 1);
  g_assert_cmpint (d->multiply, ==, 2);
  g_assert_cmpint (d->add, ==, 1);
  g_assert_cmpint (d->divide, ==, 1);
  /* A flattened plane is there when its last row is. */
  mvm = find (image->schedule, STRATA_OPCODE_LOAD, 3);
  d = &image->schedule->dependences[mvm->first_dependence];
  g_assert_cmpint (strata_schedule_need (image->schedule, d, 0), ==, 3);
}

/* Two tiles of one op on one stack: the planes cross the link once, and the stack takes turns. */
static void
test_one_stack (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  g_autoptr (StrataImage) image = NULL;

  fixtures_output (graph, fixtures_conv (graph, fixtures_input (graph, 16, 4, 4), 200, 1, 1));
  image = fixtures_image (graph, fixtures_chip ("demonstrator", 1, 1, 4));
  g_assert_cmpint (image->tiles->n_tiles, ==, 2);
  g_assert_cmpint (count (image->schedule, STRATA_OPCODE_LOAD), ==, 1);
  g_assert_cmpint (find (image->schedule, STRATA_OPCODE_LOAD, 0)->n_actions, ==, 16 * 4);
  /* 4 rows of 4 positions at 400 ns for 128 outputs (256 columns on 32 converters: 8 conversions of 50 ns), and at 250
   * ns for 72 (144 columns: 5): on one stack not below the sum, and the lower bound knows. */
  g_assert_cmpint (image->schedule->lower_bound_ps, >=, 16 * (400000 + 250000));
  g_assert_cmpint (image->schedule->latency_ps, >=, image->schedule->lower_bound_ps);
}

static void
test_memory (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  g_autoptr (StrataQGraph) graph = fixtures_tiny ();
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
  g_autoptr (StrataPlacement) placement = strata_place (graph, tiles, chip, NULL, NULL);
  g_autoptr (StrataSchedule) schedule = NULL;
  g_autoptr (GError) error = NULL;

  /* The input alone is 192 bytes. */
  chip->sram_bytes = 191;
  schedule = strata_schedule (graph, tiles, placement, chip, NULL, &error);
  g_assert_null (schedule);
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
  g_assert_nonnull (g_strstr_len (error->message, -1, "191 bytes of SRAM"));
}

/* A placement as good as any other for what is tested here: the constructive start, without a search */
static StrataPlacement *
place_quickly (const StrataQGraph *graph, const StrataTileSet *tiles, const StrataChipSpec *chip)
{
  const StrataPlaceOptions options = { .effort = -1 };
  g_autoptr (GError) error = NULL;
  StrataPlacement *placement = strata_place (graph, tiles, chip, &options, &error);

  g_assert_no_error (error);
  return placement;
}

#define N_PARTS 32

/* Less and less memory, down to where nothing fits: every schedule passes its check, which knows the capacity, and none
 * is below the bound or refused while a smaller one is not. Those that are slowed down say so. */
static void
test_less_memory (void)
{
  int n_slower = 0, n_placed = 0, n_refused = 0, n_explained = 0;

  for (guint64 seed = 0; seed < 24; seed++)
    {
      g_autoptr (StrataQGraph) graph = fixtures_random (seed);
      g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 3, 2, 40);
      g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
      g_autoptr (StrataPlacement) placement = place_quickly (graph, tiles, chip);
      gint64 sram_bytes = 0, free_ps = 0, refused_bytes = 0;

      for (int part = N_PARTS; part >= 1; part--)
        {
          g_autoptr (StrataDecisions) decisions = strata_decisions_new ();
          g_autoptr (GError) error = NULL;
          StrataScheduleOptions options = { .decisions = decisions };
          g_autoptr (StrataSchedule) schedule = NULL;

          if (part < N_PARTS)
            chip->sram_bytes = sram_bytes * part / N_PARTS;
          schedule = strata_schedule (graph, tiles, placement, chip, &options, &error);
          if (schedule == NULL)
            {
              g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
              refused_bytes = chip->sram_bytes;
              n_refused++;
              continue;
            }
          g_assert_cmpint (refused_bytes, ==, 0);
          g_assert_cmpint (schedule->sram_peak_bytes, <=, chip->sram_bytes);
          g_assert_cmpint (schedule->lower_bound_ps, <=, schedule->latency_ps);
          if (part == N_PARTS)
            {
              sram_bytes = schedule->sram_peak_bytes;
              free_ps = schedule->latency_ps;
            }
          n_slower += schedule->latency_ps > free_ps;
          n_placed += schedule->n_places > 0;
          for (guint i = 0; i < decisions->decisions->len; i++)
            n_explained += g_array_index (decisions->decisions, StrataDecision, i).reason == STRATA_REASON_MEMORY;
        }
    }
  g_test_message ("%d slower, %d in places, %d refused", n_slower, n_placed, n_refused);
  g_assert_cmpint (n_slower, >, 5);
  g_assert_cmpint (n_placed, >, 20);
  g_assert_cmpint (n_refused, >, 5);
  g_assert_cmpint (n_explained, >=, n_placed);
}

/* Fewer stacks at once: less power, more time, the same work. */
static void
test_active_stacks (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_random (5);
  gint64 before_ps = 0;
  double before_mw = 1e9;

  for (int cap = 8; cap >= 1; cap /= 2)
    {
      g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
      g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
      g_autoptr (StrataPlacement) placement = strata_place (graph, tiles, chip, NULL, NULL);
      StrataScheduleOptions options = { .max_active_stacks = cap };
      g_autoptr (StrataSchedule) schedule = strata_schedule (graph, tiles, placement, chip, &options, NULL);
      double peak_mw = strata_schedule_peak_mw (graph, tiles, placement, chip, cap);

      g_assert_nonnull (schedule);
      g_assert_cmpint (schedule->max_active_stacks, ==, cap);
      g_assert_cmpint (schedule->latency_ps, >=, before_ps);
      g_assert_cmpfloat (peak_mw, <=, before_mw);
      g_assert_true (cap == 8 || cap > 1 || peak_mw < strata_schedule_peak_mw (graph, tiles, placement, chip, 2));
      before_ps = schedule->latency_ps;
      before_mw = peak_mw;
    }
}

/* Replicas take rows in turn; consumers wait for the right one. */
static void
test_copies (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  g_autoptr (StrataQGraph) graph = fixtures_tiny ();
  g_autoptr (StrataTileSet) one = strata_map (graph, chip, NULL, NULL);
  g_autofree char *text = strata_tile_set_print (one, graph);
  g_autoptr (GString) two = g_string_new (text);
  g_autoptr (StrataTileSet) tiles = NULL;
  g_autoptr (StrataPlacement) placement = NULL;
  g_autoptr (StrataSchedule) schedule = NULL;
  g_autoptr (StrataSchedule) before = NULL;
  g_autoptr (StrataPlacement) place_one = strata_place (graph, one, chip, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_string_replace (two, "tiles 4", "tiles 5", 1);
  for (int i = 3; i >= 1; i--)
    {
      g_autofree char *from = g_strdup_printf ("tile %d ", i), *to = g_strdup_printf ("tile %d ", i + 1);

      g_string_replace (two, from, to, 1);
    }
  g_string_replace (two, "tile 2 ", "tile 1 op 0 copy 1 rows 0+27 cols 0+16 slices 2 row-copies 9\ntile 2 ", 1);
  tiles = strata_tile_set_parse (two->str, graph, &error);
  g_assert_no_error (error);
  g_assert_true (strata_tile_set_check (tiles, graph, chip, &error));
  placement = strata_place (graph, tiles, chip, NULL, &error);
  g_assert_no_error (error);
  schedule = strata_schedule (graph, tiles, placement, chip, NULL, &error);
  g_assert_no_error (error);
  before = strata_schedule (graph, one, place_one, chip, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (find (schedule, STRATA_OPCODE_MVM, 0)->n_bursts, ==, 4);
  g_assert_cmpint (schedule->latency_ps, <, before->latency_ps);
}

/* The prediction keeps every dependence, takes no unit twice and is never below the bounds. */
static void
assert_prediction (const StrataImage *image)
{
  g_autofree guint8 *silent = g_malloc0 ((gsize) image->graph->n_ops + 1);
  g_autoptr (StrataStreams) streams = strata_streams_new (image->graph, silent, image->chip);
  ScheduleInput in = { image->graph, image->tiles, image->placement, image->chip, silent, NULL, streams, NULL };
  const StrataSchedule *schedule = image->schedule;
  SchedulePrediction p = { 0 };
  g_autofree gint64 *busy = g_new0 (gint64, schedule->n_units);

  g_assert_true (schedule_predict (schedule, &in, &p, NULL));
  g_assert_cmpint (p.latency_ps, ==, schedule->latency_ps);
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *x = &schedule->instructions[i];

      if (x->opcode == STRATA_OPCODE_HOST_IN || x->opcode == STRATA_OPCODE_HOST_OUT)
        continue;
      for (int b = 0; b < x->n_bursts; b++)
        {
          g_assert_cmpint (p.end_ps[p.first[i] + b], >, p.start_ps[p.first[i] + b]);
          busy[x->unit] += p.end_ps[p.first[i] + b] - p.start_ps[p.first[i] + b];
          for (int j = 0; j < x->n_dependences; j++)
            {
              const StrataDependence *d = &schedule->dependences[x->first_dependence + j];

              g_assert_cmpint (p.end_ps[p.first[d->instruction] + strata_schedule_need (schedule, d, b)], <=,
                               p.start_ps[p.first[i] + b]);
            }
        }
    }
  g_assert_cmpint (busy[strata_schedule_unit (schedule, STRATA_UNIT_VECTOR)], <=, p.latency_ps);
  for (int unit = 0; unit < schedule->n_units; unit++)
    g_assert_cmpint (p.busy_ps[unit], <=, p.latency_ps);
  g_assert_cmpint (schedule->critical_path_ps, <=, schedule->lower_bound_ps);
  g_assert_cmpint (schedule->lower_bound_ps, <=, schedule->latency_ps);
  schedule_prediction_clear (&p);
}

static gint64
busy_ps (const StrataImage *image, StrataOpcode opcode, int from_op)
{
  gint64 sum_ps = 0;

  for (int i = 0; i < image->schedule->n_instructions; i++)
    if (image->schedule->instructions[i].opcode == opcode && image->schedule->instructions[i].op >= from_op)
      sum_ps += image->schedule->instructions[i].n_bursts
                * strata_burst_time (&image->schedule->instructions[i], image->graph, image->tiles, image->chip,
                                     STRATA_BAND_NOMINAL)
                    .occupy_ps;
  return sum_ps;
}

/* Two products one behind the other share the MAC units; one burst over all their rows; then two sums share the vector
 * unit. Neither unit is busy all the time, the way through is shorter, and the bound adds both stretches. */
static void
test_cuts (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  g_autoptr (StrataImage) image = NULL;
  int t = fixtures_digital (graph, fixtures_digital (graph, fixtures_input (graph, 16, 64, 16), TRUE), TRUE), sum;
  gint64 before_ps, behind_ps;

  t = fixtures_digital (graph, t, FALSE);
  sum = fixtures_add (graph, t, t);
  fixtures_output (graph, fixtures_dense (graph, fixtures_flatten (graph, fixtures_add (graph, sum, t)), 10));
  image = fixtures_image_with (graph, fixtures_chip ("demonstrator", 0, 0, 0), -1);
  before_ps = busy_ps (image, STRATA_OPCODE_MAC, 0);
  behind_ps = busy_ps (image, STRATA_OPCODE_VECTOR, graph->tensors[t].producer);
  g_assert_cmpint (image->schedule->critical_path_ps, <, before_ps + behind_ps);
  g_assert_cmpint (image->schedule->busiest_unit_ps, <, before_ps + behind_ps);
  g_assert_cmpint (image->schedule->lower_bound_ps, >=, before_ps + behind_ps);
  g_assert_cmpint (image->schedule->latency_ps, >=, image->schedule->lower_bound_ps);
  g_assert_cmpint (image->schedule->latency_ps, <, image->schedule->lower_bound_ps * 102 / 100);
}

/* No order of small nets is below the bound, and the best of many comes close. */
static void
test_bounds (void)
{
  const StrataScheduleOptions options = { .n_trials = 30 };
  double most = 1, sum = 0;

  for (guint64 seed = 0; seed < 60; seed++)
    {
      g_autoptr (StrataQGraph) graph = fixtures_random (1000 + seed);
      g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 1 + (int) (seed % 3), 1, 200);
      g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
      g_autoptr (StrataPlacement) placement = place_quickly (graph, tiles, chip);
      g_autoptr (StrataSchedule) schedule = strata_schedule (graph, tiles, placement, chip, &options, NULL);
      double gap;

      g_assert_nonnull (schedule);
      g_assert_cmpint (schedule->lower_bound_ps, <=, schedule->latency_ps);
      gap = (double) schedule->latency_ps / (double) schedule->lower_bound_ps;
      most = MAX (most, gap);
      sum += gap;
    }
  g_test_message ("%.3f of the bound on average, %.3f at most", sum / 60, most);
  g_assert_cmpfloat (sum / 60, <, 1.1);
}

static void
test_properties (void)
{
  for (guint64 seed = 0; seed < 120; seed++)
    {
      static const int sizes[][3] = { { 8, 8, 16 }, { 2, 2, 64 }, { 1, 1, 200 }, { 3, 2, 40 } };
      const int *size = sizes[seed % G_N_ELEMENTS (sizes)];
      StrataQGraph *graph = fixtures_random (seed);
      StrataChipSpec *chip = fixtures_chip ("demonstrator", size[0], size[1], size[2]);
      g_autoptr (StrataImage) image = fixtures_image_with (graph, chip, seed % 8 < 4 ? -1 : 0);
      gint64 n_mvms = 0, n_wanted = 0;

      assert_prediction (image);
      for (int i = 0; i < image->schedule->n_instructions; i++)
        if (image->schedule->instructions[i].opcode == STRATA_OPCODE_MVM)
          n_mvms += image->schedule->instructions[i].n_bursts * image->schedule->instructions[i].n_actions;
      for (int i = 0; i < image->tiles->n_tiles; i++)
        {
          const StrataQTensor *out = &graph->tensors[graph->ops[image->tiles->tiles[i].op].output];

          n_wanted += (gint64) out->height * out->width;
        }
      g_assert_cmpint (n_mvms, ==, n_wanted);
    }
}

/* Reviewed line by line: MVM bursts of 8 x 80 ns + 70 ns drain (16 outputs: one conversion) and 4 x 100 ns + 100 ns
 * (24: two); the stride-2 convolution follows at two rows per row; at the peak three of four rows of 96 bytes and one
 * of 128 lie in SRAM. To make it again after a change that is meant, print what the test prints when it fails. */
static void
test_golden (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 3, 3, 4));
  const StrataSite sites[] = { { 4, 3 }, { 7, 3 }, { 4, 2 }, { 1, 3 } };
  g_autofree char *text = NULL;

  g_assert_cmpint (image->tiles->n_tiles, ==, G_N_ELEMENTS (sites));
  memcpy (image->placement->site, sites, sizeof sites);
  g_clear_pointer (&image->schedule, strata_schedule_free);
  image->schedule = strata_schedule (image->graph, image->tiles, image->placement, image->chip, NULL, NULL);
  text = strata_schedule_print (image->schedule);
  g_assert_cmpstr (
    text, ==,
    "schedule 17 latency-ps 6058750 lower-bound-ps 6055500 critical-path-ps 6043500 interval-ps 5300000 "
    "interval-bound-ps 5120000 busiest stack 4 busy-ps 5300000 sram-peak-bytes 714\n"
    "0 host.in op 0 unit 37 bursts 8 actions 24 sram 24 to buffer 0 rows 0+1 priority 0\n"
    "1 noc.load op 0 unit 33 bursts 8 actions 24 sram 24 from 9 to 4 links 33 to buffer 1 rows 0+1 priority 1 after "
    "0*1+0\n"
    "2 mvm op 0 tile 0 unit 4 bursts 8 actions 8 priority 2 after 1*1+1\n"
    "3 noc.store op 0 tile 0 unit 34 bursts 8 actions 256 from 4 to 9 links 34 priority 3 after 2*1+0\n"
    "4 vec op 0 unit 35 bursts 8 actions 256 sram 128 to buffer 2 rows 0+1 priority 4 after 3*1+0\n"
    "5 noc.load op 1 unit 33 bursts 8 actions 128 sram 128 from 9 to 7 links 33,29 to buffer 3 rows 0+1 priority 5 "
    "after 4*1+0\n"
    "6 mvm op 1 tile 1 unit 7 bursts 4 actions 4 priority 6 after 5*2+1\n"
    "7 noc.store op 1 tile 1 unit 30 bursts 4 actions 192 from 7 to 9 links 30,34 priority 7 after 6*1+0\n"
    "8 vec op 1 unit 35 bursts 4 actions 192 sram 96 to buffer 4 rows 0+1 priority 9 after 7*1+0\n"
    "9 noc.load op 3 unit 33 bursts 1 actions 256 sram 256 from 9 to 4 links 33 to buffer 5 rows 0+1 priority 10 after "
    "8*0+3\n"
    "10 noc.load op 3 unit 33 bursts 1 actions 128 sram 128 from 9 to 1 links 33,24 to buffer 6 rows 0+1 priority 11 "
    "after 8*0+3\n"
    "11 mvm op 3 tile 2 unit 4 bursts 1 actions 1 priority 13 after 9*0+0\n"
    "12 mvm op 3 tile 3 unit 1 bursts 1 actions 1 priority 12 after 10*0+0\n"
    "13 noc.psum op 3 tile 3 unit 23 bursts 1 actions 20 posts 10 from 1 to 4 links 23 priority 14 after 12*1+0\n"
    "14 noc.store op 3 tile 2 unit 34 bursts 1 actions 20 from 4 to 9 links 34 priority 15 after 11*1+0 after 13*1+0\n"
    "15 vec op 3 unit 35 bursts 1 actions 20 sram 10 to buffer 7 rows 0+1 priority 16 after 14*1+0\n"
    "16 host.out op 3 unit 37 bursts 1 actions 10 sram 10 priority 8 after 15*0+0\n"
    "buffer 0 unit 39 tensor 0 rows 8 of 8, 24 bytes each until 1*1+0\n"
    "buffer 1 unit 4 tensor 0 op 0 rows 16 of 8, 24 bytes each until 2*1+1\n"
    "buffer 2 unit 39 tensor 1 rows 1 of 8, 128 bytes each until 5*1+0\n"
    "buffer 3 unit 7 tensor 1 op 1 rows 16 of 8, 128 bytes each until 6*1+1/2\n"
    "buffer 4 unit 39 tensor 2 rows 4 of 4, 96 bytes each until 9*0+0 until 10*0+0\n"
    "buffer 5 unit 4 tensor 3 op 3 rows 2 of 1, 256 bytes each until 11*1+0\n"
    "buffer 6 unit 1 tensor 3 op 3 rows 2 of 1, 128 bytes each until 12*1+0\n"
    "buffer 7 unit 39 tensor 4 rows 1 of 1, 10 bytes each until 16*1+0\n");
}

static void
test_deterministic (void)
{
  g_autoptr (StrataImage) a = fixtures_image (fixtures_random (3), fixtures_chip ("demonstrator", 0, 0, 0));
  g_autoptr (StrataImage) b = fixtures_image (fixtures_random (3), fixtures_chip ("demonstrator", 0, 0, 0));

  g_assert_cmpuint (a->hash, ==, b->hash);
  g_assert_cmpuint (strata_schedule_hash (a->schedule), ==, strata_schedule_hash (b->schedule));
  b->schedule->instructions[0].n_actions++;
  g_assert_cmpuint (strata_schedule_hash (a->schedule), !=, strata_schedule_hash (b->schedule));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/schedule/tiny", test_tiny);
  g_test_add_func ("/sdk/compiler/schedule/dense-by-hand", test_dense_by_hand);
  g_test_add_func ("/sdk/compiler/schedule/rows-of-a-window", test_rows_of_a_window);
  g_test_add_func ("/sdk/compiler/schedule/one-stack", test_one_stack);
  g_test_add_func ("/sdk/compiler/schedule/memory", test_memory);
  g_test_add_func ("/sdk/compiler/schedule/less-memory", test_less_memory);
  g_test_add_func ("/sdk/compiler/schedule/active-stacks", test_active_stacks);
  g_test_add_func ("/sdk/compiler/schedule/copies", test_copies);
  g_test_add_func ("/sdk/compiler/schedule/cuts", test_cuts);
  g_test_add_func ("/sdk/compiler/schedule/bounds", test_bounds);
  g_test_add_func ("/sdk/compiler/schedule/properties", test_properties);
  g_test_add_func ("/sdk/compiler/schedule/golden", test_golden);
  g_test_add_func ("/sdk/compiler/schedule/deterministic", test_deterministic);
  return g_test_run ();
}
