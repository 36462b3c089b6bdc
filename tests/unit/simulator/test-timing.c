/* SPDX-License-Identifier: Apache-2.0
 *
 * The event engine: cases worked out by hand, and random images against a simulator that looks at every burst at every
 * instant.
 */
#include "fixture.h"

#include "base/rng.h"

#define NS 1000

/* --- by hand --- */

static void
assert_event (const StrataTiming *timing, int instruction, int burst, gint64 start_ns, gint64 duration_ns)
{
  const StrataEventRecord *event = fixture_event (timing, instruction, burst);

  g_assert_cmpint (event->start_ps, ==, start_ns * NS);
  g_assert_cmpint (event->duration_ps, ==, duration_ns * NS);
}

/* 10 MVMs hold the tier 800 ns and are out after 9 x 80 + 150 = 870 ns; a tier switch goes before. */
static void
test_two_tiers (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 4);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 1, 10);
  int a = fixture_mvm (fixture, op, 0, 0, 1, 10), b = fixture_mvm (fixture, op, 0, 3, 1, 10);
  g_autoptr (StrataTiming) timing = fixture_time (fixture, 1, FALSE), unlimited = fixture_time (fixture, 1, TRUE);

  assert_event (timing, a, 0, 0, 920);
  assert_event (timing, b, 0, 920, 920);
  g_assert_cmpint (fixture_event (timing, b, 0)->flags, ==, STRATA_EVENT_TIER_SWITCH);
  g_assert_cmpint (fixture_event (timing, b, 0)->tier, ==, 3);
  g_assert_cmpint (timing->latency_ps, ==, 1840 * NS);
  g_assert_cmpint (timing->interval_ps, ==, 1840 * NS);
  g_assert_cmpint (timing->unit_busy_ps[0], ==, 1700 * NS);
  g_assert_cmpint (timing->n_switches, ==, 2);
  g_assert_cmpint (unlimited->latency_ps, ==, 920 * NS);
}

static void
test_one_tier_pipelines (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 4);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 3, 10);
  int a = fixture_mvm (fixture, op, 0, 0, 3, 10);
  g_autoptr (StrataTiming) timing = fixture_time (fixture, 1, FALSE);

  assert_event (timing, a, 0, 0, 850);
  assert_event (timing, a, 1, 850, 800);
  assert_event (timing, a, 2, 1650, 870);
  g_assert_cmpint (timing->latency_ps, ==, 2520 * NS);
  g_assert_cmpint (timing->n_switches, ==, 1);
}

/* The burst of another tier has precedence: from the instant it is ready (500 ns) the stack takes no other, and starts
 * it when the pipeline has drained; the rest of the first tier's bursts follow, after another switch. */
static void
test_precedence (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 4);
  int add = fixture_op (fixture, STRATA_QOP_ADD, 1, 10), op = fixture_op (fixture, STRATA_QOP_MVM, 3, 10);
  int vector = fixture_digital (fixture, STRATA_OPCODE_VECTOR, add, 1, 8000);
  int urgent = fixture_mvm (fixture, op, 0, 1, 1, 10), other;

  fixture_after (fixture, vector, 0, 0);
  other = fixture_mvm (fixture, op, 0, 0, 3, 10);
  g_autoptr (StrataTiming) timing = fixture_time (fixture, 1, FALSE);

  assert_event (timing, vector, 0, 0, 500);
  assert_event (timing, other, 0, 0, 920);
  assert_event (timing, urgent, 0, 920, 920);
  assert_event (timing, other, 1, 1840, 850);
  assert_event (timing, other, 2, 2690, 870);
  g_assert_cmpint (timing->n_switches, ==, 3);
}

/* 1600 bytes take 100 ns and 2 ns a hop. The urgent one holds link 1; the next in line waits for it and keeps links 0
 * and 2 from those of less precedence; link 3 has no line. */
static void
test_links (void)
{
  g_autoptr (Fixture) fixture = fixture_new (2, 2, 1);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 1, 1);
  int a = fixture_transfer (fixture, STRATA_OPCODE_LOAD, op, (int[]){ 0, 1, 2 }, 3, 1, 1600);
  int b = fixture_transfer (fixture, STRATA_OPCODE_LOAD, op, (int[]){ 2 }, 1, 1, 1600);
  int c = fixture_transfer (fixture, STRATA_OPCODE_LOAD, op, (int[]){ 3 }, 1, 1, 1600);
  int d = fixture_transfer (fixture, STRATA_OPCODE_LOAD, op, (int[]){ 1 }, 1, 1, 1600);

  fixture_priority (fixture, d, -1);
  g_autoptr (StrataTiming) timing = fixture_time (fixture, 1, FALSE);

  assert_event (timing, d, 0, 0, 102);
  assert_event (timing, c, 0, 0, 102);
  assert_event (timing, a, 0, 102, 106);
  assert_event (timing, b, 0, 208, 102);
  g_assert_cmpint (timing->unit_busy_ps[fixture_link (fixture, 1)], ==, 208 * NS);
  g_assert_cmpint (timing->unit_busy_ps[fixture_link (fixture, 2)], ==, 208 * NS);
  g_assert_cmpint (timing->unit_busy_ps[fixture_link (fixture, 3)], ==, 102 * NS);
}

/* Four rows: load 12 ns each; row r of the convolution needs rows up to r + 1; 80 vector operations take 5 ns. */
static void
test_rows (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 2);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 4, 4);
  int load = fixture_transfer (fixture, STRATA_OPCODE_LOAD, op, (int[]){ 0 }, 1, 4, 160);
  int mvm = fixture_mvm (fixture, op, 0, 0, 4, 4), vector;

  fixture_after (fixture, load, 1, 1);
  vector = fixture_digital (fixture, STRATA_OPCODE_VECTOR, op, 4, 80);
  fixture_after (fixture, mvm, 1, 0);
  g_autoptr (StrataTiming) timing = fixture_time (fixture, 1, FALSE), unlimited = fixture_time (fixture, 1, TRUE);

  assert_event (timing, load, 3, 36, 12);
  assert_event (timing, mvm, 0, 24, 370);
  assert_event (timing, mvm, 1, 394, 320);
  assert_event (timing, mvm, 3, 1034, 390);
  assert_event (timing, vector, 0, 464, 5);
  assert_event (timing, vector, 3, 1424, 5);
  g_assert_cmpint (timing->latency_ps, ==, 1429 * NS);
  g_assert_cmpint (unlimited->latency_ps, ==, 1429 * NS);
}

static void
test_interval (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 4);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 1, 10);
  int mvm = fixture_mvm (fixture, op, 0, 0, 1, 10);

  (void) mvm;
  g_autoptr (StrataTiming) timing = fixture_time (fixture, 4, FALSE);
  g_assert_cmpint (timing->latency_ps, ==, 920 * NS);
  g_assert_cmpint (timing->ends_ps[3], ==, (920 + 3 * 800) * NS);
  g_assert_cmpint (timing->interval_ps, ==, 800 * NS);
  g_assert_cmpuint (timing->n_events, ==, 4);
}

/* A long chain of short bursts on many units and one of 500 ns on the vector unit: inferences overlap, and the busiest
 * unit sets the interval however few are run. */
static void
test_interval_of_busiest (void)
{
  g_autoptr (Fixture) fixture = fixture_new (2, 2, 4);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 1, 4), before = -1;

  before = fixture_digital (fixture, STRATA_OPCODE_VECTOR, op, 1, 8000);
  for (int stack = 0; stack < 4; stack++)
    {
      int mvm = fixture_mvm (fixture, op, stack, 0, 1, 4);

      fixture_after (fixture, before, 0, 0);
      before = mvm;
    }
  g_autoptr (StrataTiming) timing = fixture_time (fixture, 3, FALSE);
  g_assert_cmpint (timing->latency_ps, ==, (500 + 4 * 440) * NS);
  g_assert_cmpint (timing->interval_ps, ==, 500 * NS);
}

/* 490 bytes take 9.8 us over 0.05 B/ns; neither transfer moves the latency. */
static void
test_host_beside (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 2);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 1, 10);
  int in = fixture_digital (fixture, STRATA_OPCODE_HOST_IN, op, 1, 490);
  int mvm = fixture_mvm (fixture, op, 0, 0, 1, 10), out;

  out = fixture_digital (fixture, STRATA_OPCODE_HOST_OUT, op, 1, 10);
  fixture_after (fixture, mvm, 0, 0);
  g_autoptr (StrataTiming) timing = fixture_time (fixture, 1, FALSE);

  g_assert_cmpint (timing->latency_ps, ==, 920 * NS);
  g_assert_cmpint (timing->host_ps, ==, 10000 * NS);
  assert_event (timing, in, 0, 0, 9800);
  assert_event (timing, out, 0, 9800, 200);
}

static void
test_cancelled (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 1);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  StrataTimingOptions options = { .n_inferences = 1, .cancellable = cancellable };

  fixture_mvm (fixture, fixture_op (fixture, STRATA_QOP_MVM, 1, 10), 0, 0, 1, 10);
  g_cancellable_cancel (cancellable);
  g_assert_null (strata_timing_run (fixture_image (fixture), &options, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_too_large (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 1);
  g_autoptr (GError) error = NULL;
  StrataTimingOptions options = { .n_inferences = 1000 };

  fixture_mvm (fixture, fixture_op (fixture, STRATA_QOP_MVM, 1, 10), 0, 0, G_MAXINT, 10);
  g_assert_null (strata_timing_run (fixture_image (fixture), &options, &error));
  g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED);
}

/* --- random images against a plain simulator --- */

typedef struct
{
  StrataRngKey key;
  guint64 n;
} Dice;

static int
roll (Dice *dice, int n)
{
  return (int) (strata_rng_uniform (dice->key, dice->n++) * n);
}

static void
add_random (Fixture *fixture, Dice *dice, int op)
{
  int n_bursts = 1 + roll (dice, 6), links[3] = { 0 }, n_before = (int) fixture->instructions->len;
  int n_links = 1 + roll (dice, 3), first = roll (dice, FIXTURE_N_LINKS);

  for (int i = 0; i < 3; i++)
    links[i] = (first + i) % FIXTURE_N_LINKS;
  switch (roll (dice, 5))
    {
    case 0:
      fixture_digital (fixture, STRATA_OPCODE_VECTOR, op, n_bursts, 16 * (1 + roll (dice, 400)));
      break;
    case 1:
      fixture_digital (fixture, STRATA_OPCODE_MAC, op, n_bursts, 64 * (1 + roll (dice, 400)));
      break;
    case 2:
      fixture_transfer (fixture, STRATA_OPCODE_LOAD, op, links, n_links, n_bursts, 16 * (1 + roll (dice, 200)));
      break;
    default:
      fixture_mvm (fixture, op, roll (dice, fixture->chip.n_stacks), roll (dice, fixture->chip.tiers), n_bursts,
                   1 + roll (dice, 4));
    }
  fixture_priority (fixture, n_before, roll (dice, 5));
  for (int i = roll (dice, 3); i > 0 && n_before > 0; i--)
    fixture_after (fixture, roll (dice, n_before), roll (dice, 2), roll (dice, 3) - 1);
}

/* Rows of some instructions lie in buffers until those that depend on them have read them. */
static void
add_random_buffers (Fixture *fixture, Dice *dice)
{
  const StrataInstruction *instructions = (const StrataInstruction *) fixture->instructions->data;
  const StrataDependence *dependences = (const StrataDependence *) fixture->dependences->data;

  for (int writer = 0; writer < (int) fixture->instructions->len; writer++)
    {
      int n_readers = 0;

      if (roll (dice, 2) == 0)
        continue;
      fixture_buffer (fixture, writer, 1 + roll (dice, 2 * instructions[writer].n_bursts), 1 + roll (dice, 6));
      for (int reader = writer + 1; reader < (int) fixture->instructions->len; reader++)
        for (int i = 0; i < instructions[reader].n_dependences; i++)
          {
            const StrataDependence *d = &dependences[instructions[reader].first_dependence + i];

            if (d->instruction != writer)
              continue;
            fixture_release (fixture, reader, d->multiply, d->multiply > 0 ? -d->add : instructions[reader].n_bursts);
            n_readers++;
          }
      if (n_readers == 0)
        fixture_release (fixture, writer, 1, 0);
    }
}

static void
add_random_places (Fixture *fixture, Dice *dice)
{
  for (int row = 0; row < 6; row++)
    for (int buffer = 0; buffer < (int) fixture->buffers->len; buffer++)
      if (row < g_array_index (fixture->buffers, StrataBuffer, buffer).height)
        fixture_place (fixture, buffer, row, roll (dice, 120));
}

/* Room that some bursts would wait for for ever is made wide enough. Returns how many such there were. */
static gint64
make_room (Fixture *fixture)
{
  gint64 n_stuck = strata_schedule_n_stuck (fixture_image (fixture)->schedule);

  for (guint i = 0; i < fixture->buffers->len && n_stuck > 0; i++)
    {
      StrataBuffer *buffer = &g_array_index (fixture->buffers, StrataBuffer, i);

      buffer->n_rows = MAX (buffer->n_rows, buffer->height);
    }
  if (strata_schedule_n_stuck (fixture_image (fixture)->schedule) > 0)
    g_array_set_size (fixture->places, 0);
  g_assert_cmpint (strata_schedule_n_stuck (fixture_image (fixture)->schedule), ==, 0);
  return n_stuck;
}

static Fixture *
random_fixture (guint64 seed, int n_instructions)
{
  Fixture *fixture = fixture_new (2, 1, 3);
  Dice dice = { strata_rng_key (seed, 1), 0 };

  for (int i = 0; i < n_instructions; i++)
    add_random (fixture, &dice, fixture_op (fixture, STRATA_QOP_MVM, 1, 1));
  return fixture;
}

typedef struct
{
  gint64 free_ps, drained_ps;
  int tier;
} PlainUnit;

typedef struct
{
  int n_started;
  gint64 *end_ps; /* per burst; G_MAXINT64 until started */
} PlainState;

/* Whether all that read @row of @buffer in @inference have ended by @now_ps; before the first inference they have. */
static gboolean
plain_is_released (
  const StrataSchedule *schedule, const PlainState *states, int buffer, int inference, int row, gint64 now_ps)
{
  const StrataBuffer *b = &schedule->buffers[buffer];

  for (int i = 0; i < b->n_releases && inference >= 0; i++)
    {
      const StrataDependence *d = &schedule->releases[b->first_release + i];
      int last = CLAMP (row * d->multiply + d->add, 0, schedule->instructions[d->instruction].n_bursts - 1);

      if (states[inference * schedule->n_instructions + d->instruction].end_ps[last] > now_ps)
        return FALSE;
    }
  return TRUE;
}

static gboolean
plain_lies_on (const StrataSchedule *schedule, int place, gint64 byte)
{
  const StrataRowPlace *p = &schedule->places[place];

  return byte >= p->offset && byte < p->offset + schedule->buffers[p->buffer].row_bytes;
}

/* Byte by byte: who lay there last? */
static gboolean
plain_has_place (
  const StrataSchedule *schedule, const PlainState *states, int buffer, int inference, int row, gint64 now_ps)
{
  int place = 0;

  while (schedule->places[place].buffer != buffer || schedule->places[place].row != row)
    place++;
  for (gint64 byte = schedule->places[place].offset;
       byte < schedule->places[place].offset + schedule->buffers[buffer].row_bytes; byte++)
    {
      int other = place - 1, lag = 0;

      while (other >= 0 && !plain_lies_on (schedule, other, byte))
        other--;
      if (other < 0)
        {
          lag = 1;
          for (other = schedule->n_places - 1; !plain_lies_on (schedule, other, byte); other--)
            ;
        }
      if (!plain_is_released (schedule, states, schedule->places[other].buffer, inference - lag,
                              schedule->places[other].row, now_ps))
        return FALSE;
    }
  return TRUE;
}

/* The fixtures write one row a burst, from row 0 on. */
static gboolean
plain_has_room (const StrataSchedule *schedule, const PlainState *states, int base, int id, gint64 now_ps)
{
  int buffer = schedule->instructions[id].buffer, row = states[base + id].n_started;
  int inference = base / schedule->n_instructions, before;

  if (buffer < 0)
    return TRUE;
  before = inference * schedule->buffers[buffer].height + row - schedule->buffers[buffer].n_rows;
  if (before >= 0
      && !plain_is_released (schedule, states, buffer, before / schedule->buffers[buffer].height,
                             before % schedule->buffers[buffer].height, now_ps))
    return FALSE;
  return schedule->n_places == 0 || plain_has_place (schedule, states, buffer, inference, row, now_ps);
}

static gboolean
plain_is_ready (const StrataSchedule *schedule, const PlainState *states, int base, int id, gint64 now_ps)
{
  const StrataInstruction *instruction = &schedule->instructions[id];
  int burst = states[base + id].n_started, before = base + id - schedule->n_instructions;

  if (burst >= instruction->n_bursts || (before >= 0 && states[before].n_started < instruction->n_bursts))
    return FALSE;
  for (int i = 0; i < instruction->n_dependences; i++)
    {
      const StrataDependence *d = &schedule->dependences[instruction->first_dependence + i];
      int need = CLAMP (burst * d->multiply + d->add, 0, schedule->instructions[d->instruction].n_bursts - 1);

      if (states[base + d->instruction].end_ps[need] > now_ps)
        return FALSE;
    }
  return plain_has_room (schedule, states, base, id, now_ps);
}

static gboolean
plain_is_free (const StrataImage *image, const StrataInstruction *instruction, const PlainUnit *units, gint64 now_ps)
{
  int n = MAX (1, instruction->n_hops);

  for (int i = 0; i < n; i++)
    {
      const PlainUnit *unit =
        &units[instruction->n_hops > 0 ? image->schedule->routes[instruction->first_route + i] : instruction->unit];

      if (unit->free_ps > now_ps)
        return FALSE;
      if (instruction->tile >= 0 && unit->tier != image->placement->site[instruction->tile].tier
          && unit->drained_ps > now_ps)
        return FALSE;
    }
  return TRUE;
}

static void
plain_start (const StrataImage *image, int id, PlainState *state, PlainUnit *units, gint64 now_ps)
{
  const StrataInstruction *instruction = &image->schedule->instructions[id];
  StrataBurstTime time = strata_burst_time (instruction, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL);
  gint64 begin_ps = now_ps;

  if (instruction->tile >= 0 && units[instruction->unit].tier != image->placement->site[instruction->tile].tier)
    {
      begin_ps += image->chip->tiers > 1 ? strata_cost_select_ps (image->chip, STRATA_BAND_NOMINAL) : 0;
      units[instruction->unit].tier = image->placement->site[instruction->tile].tier;
    }
  for (int i = 0; i < MAX (1, instruction->n_hops); i++)
    {
      PlainUnit *unit =
        &units[instruction->n_hops > 0 ? image->schedule->routes[instruction->first_route + i] : instruction->unit];

      unit->free_ps = begin_ps + time.occupy_ps;
      unit->drained_ps = begin_ps + time.result_ps;
    }
  state->end_ps[state->n_started++] = begin_ps + time.result_ps;
}

static gboolean
plain_shares (const StrataSchedule *schedule, const StrataInstruction *a, const StrataInstruction *b)
{
  for (int i = 0; i < MAX (1, a->n_hops); i++)
    for (int j = 0; j < MAX (1, b->n_hops); j++)
      if ((a->n_hops > 0 ? schedule->routes[a->first_route + i] : a->unit)
          == (b->n_hops > 0 ? schedule->routes[b->first_route + j] : b->unit))
        return TRUE;
  return FALSE;
}

/* Whether the next burst of state @j goes before that of @i: by (inference, priority, instruction) */
static gboolean
plain_precedes (const StrataSchedule *schedule, const PlainState *states, int j, int i)
{
  int n = schedule->n_instructions;
  const StrataInstruction *a = &schedule->instructions[i % n], *b = &schedule->instructions[j % n];
  int priority_a = a->priority + states[i].n_started * a->priority_step;
  int priority_b = b->priority + states[j].n_started * b->priority_step;

  return j / n != i / n ? j / n < i / n : priority_b != priority_a ? priority_b < priority_a : j % n < i % n;
}

/* Whether state @j has a ready burst that goes before that of state @i and wants one of its units */
static gboolean
plain_yields (const StrataImage *image, const PlainState *states, int i, int j, gint64 now_ps)
{
  const StrataSchedule *schedule = image->schedule;
  int n = schedule->n_instructions;

  return i != j && plain_precedes (schedule, states, j, i)
         && plain_shares (schedule, &schedule->instructions[i % n], &schedule->instructions[j % n])
         && plain_is_ready (schedule, states, j - j % n, j % n, now_ps);
}

static gboolean
plain_could_start (
  const StrataImage *image, int n_states, const PlainState *states, const PlainUnit *units, int i, gint64 now_ps)
{
  const StrataSchedule *schedule = image->schedule;
  int n = schedule->n_instructions;
  gboolean starts = plain_is_ready (schedule, states, i - i % n, i % n, now_ps)
                    && plain_is_free (image, &schedule->instructions[i % n], units, now_ps);

  for (int j = 0; j < n_states && starts; j++)
    starts = !plain_yields (image, states, i, j, now_ps);
  return starts;
}

/* Whether the next burst of state @i would make its stack active */
static gboolean
plain_wakes (const StrataImage *image, const PlainUnit *units, int i, gint64 now_ps)
{
  const StrataInstruction *x = &image->schedule->instructions[i % image->schedule->n_instructions];

  return image->schedule->max_active_stacks > 0 && x->tile >= 0 && units[x->unit].drained_ps <= now_ps;
}

/* A state whose next burst starts now, or -1 */
static int
plain_choose (const StrataImage *image, int n_states, const PlainState *states, const PlainUnit *units, gint64 now_ps)
{
  int n_active = 0;

  for (int i = 0; i < image->chip->n_stacks; i++)
    n_active += units[i].drained_ps > now_ps;
  for (int i = 0; i < n_states; i++)
    {
      gboolean starts = plain_could_start (image, n_states, states, units, i, now_ps);

      if (starts && plain_wakes (image, units, i, now_ps))
        {
          starts = n_active < image->schedule->max_active_stacks;
          for (int j = 0; j < n_states && starts; j++)
            starts = j == i || !plain_wakes (image, units, j, now_ps) || !plain_precedes (image->schedule, states, j, i)
                     || !plain_could_start (image, n_states, states, units, j, now_ps);
        }
      if (starts)
        return i;
    }
  return -1;
}

static gint64
plain_next (const StrataImage *image, int n_states, const PlainState *states, const PlainUnit *units, gint64 now_ps)
{
  gint64 next_ps = G_MAXINT64;

  for (int i = 0; i < image->schedule->n_units; i++)
    {
      if (units[i].free_ps > now_ps)
        next_ps = MIN (next_ps, units[i].free_ps);
      if (units[i].drained_ps > now_ps)
        next_ps = MIN (next_ps, units[i].drained_ps);
    }
  for (int i = 0; i < n_states; i++)
    for (int burst = 0; burst < states[i].n_started; burst++)
      if (states[i].end_ps[burst] > now_ps)
        next_ps = MIN (next_ps, states[i].end_ps[burst]);
  return next_ps;
}

/* Ends of every inference; with @timing of one inference, also asserts each start. */
static void
plain_run (const StrataImage *image, int n_inferences, const StrataTiming *timing)
{
  int n = image->schedule->n_instructions, n_states = n * n_inferences;
  g_autofree PlainState *states = g_new0 (PlainState, n_states);
  g_autofree PlainUnit *units = g_new0 (PlainUnit, image->schedule->n_units);
  g_autofree gint64 *ends_ps = g_new0 (gint64, n_inferences);

  for (int i = 0; i < image->schedule->n_units; i++)
    units[i].tier = -1;
  for (int i = 0; i < n_states; i++)
    {
      states[i].end_ps = g_new (gint64, image->schedule->instructions[i % n].n_bursts);
      for (int burst = 0; burst < image->schedule->instructions[i % n].n_bursts; burst++)
        states[i].end_ps[burst] = G_MAXINT64;
    }
  for (gint64 now_ps = 0; now_ps < G_MAXINT64; now_ps = plain_next (image, n_states, states, units, now_ps))
    for (int i; (i = plain_choose (image, n_states, states, units, now_ps)) >= 0;)
      {
        if (n_inferences == 1)
          g_assert_cmpint (fixture_event (timing, i, states[i].n_started)->start_ps, ==, now_ps);
        plain_start (image, i % n, &states[i], units, now_ps);
        ends_ps[i / n] = MAX (ends_ps[i / n], states[i].end_ps[states[i].n_started - 1]);
      }
  for (int i = 0; i < n_states; i++)
    {
      g_assert_cmpint (states[i].n_started, ==, image->schedule->instructions[i % n].n_bursts);
      g_free (states[i].end_ps);
    }
  for (int i = 0; i < n_inferences; i++)
    g_assert_cmpint (timing->ends_ps[i], ==, ends_ps[i]);
}

static void
test_random (void)
{
  for (guint64 seed = 0; seed < 60; seed++)
    {
      g_autoptr (Fixture) fixture = random_fixture (seed, 24);
      g_autoptr (StrataTiming) one = fixture_time (fixture, 1, FALSE), three = fixture_time (fixture, 3, FALSE);

      plain_run (&fixture->image, 1, one);
      plain_run (&fixture->image, 3, three);
    }
}

/* Slopes of priorities, caps on active stacks, buffers and places */
static void
test_random_room (void)
{
  int n_stuck = 0, n_placed = 0, n_slower = 0;

  for (guint64 seed = 200; seed < 320; seed++)
    {
      g_autoptr (Fixture) fixture = random_fixture (seed, 16);
      Dice dice = { strata_rng_key (seed, 2), 0 };
      gint64 free_ps;

      for (guint i = 0; i < fixture->instructions->len; i++)
        g_array_index (fixture->instructions, StrataInstruction, i).priority_step = roll (&dice, 5) - 2;
      fixture->schedule.max_active_stacks = roll (&dice, 2);
      g_autoptr (StrataTiming) roomy = fixture_time (fixture, 1, FALSE);
      free_ps = roomy->latency_ps;
      add_random_buffers (fixture, &dice);
      if (roll (&dice, 2) == 0)
        add_random_places (fixture, &dice);
      n_stuck += make_room (fixture) > 0;
      n_placed += fixture->places->len > 0;
      g_autoptr (StrataTiming) one = fixture_time (fixture, 1, FALSE), three = fixture_time (fixture, 3, FALSE);
      n_slower += one->latency_ps > free_ps;
      plain_run (&fixture->image, 1, one);
      plain_run (&fixture->image, 3, three);
    }
  g_assert_cmpint (n_stuck, >, 5);
  g_assert_cmpint (n_placed, >, 10);
  g_assert_cmpint (n_slower, >, 20);
}

/* Three rows of 5 ns are written, each read for 20 ns; in two places the third waits for the first to be read, and the
 * next inference for the second. */
static void
test_buffer (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 1);
  int op = fixture_op (fixture, STRATA_QOP_ADD, 3, 1);
  int writer = fixture_digital (fixture, STRATA_OPCODE_VECTOR, op, 3, 80);
  int reader = fixture_digital (fixture, STRATA_OPCODE_MAC, op, 3, 64 * 20);

  fixture_after (fixture, writer, 1, 0);
  fixture_buffer (fixture, writer, 2, 1);
  fixture_release (fixture, reader, 1, 0);
  g_autoptr (StrataTiming) timing = fixture_time (fixture, 2, FALSE);

  assert_event (timing, writer, 0, 0, 5);
  assert_event (timing, writer, 1, 5, 5);
  assert_event (timing, writer, 2, 25, 5);
  assert_event (timing, reader, 2, 45, 20);
  g_assert_cmpint (timing->latency_ps, ==, 65 * NS);
  g_assert_cmpint (timing->ends_ps[1], ==, (65 + 60) * NS);
}

/* Two stacks want to run for 870 ns each; where one may be active, they run one after the other. */
static void
test_active_stacks (void)
{
  g_autoptr (Fixture) fixture = fixture_new (2, 1, 1);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 1, 10);
  int a = fixture_mvm (fixture, op, 0, 0, 1, 10), b = fixture_mvm (fixture, op, 1, 0, 1, 10);

  fixture_priority (fixture, b, -1);
  fixture->schedule.max_active_stacks = 1;
  g_autoptr (StrataTiming) timing = fixture_time (fixture, 1, FALSE);

  assert_event (timing, b, 0, 0, 870);
  assert_event (timing, a, 0, 870, 870);
}

static void
test_random_properties (void)
{
  for (guint64 seed = 100; seed < 160; seed++)
    {
      g_autoptr (Fixture) fixture = random_fixture (seed, 40);
      g_autoptr (StrataTiming) a = fixture_time (fixture, 1, FALSE), b = fixture_time (fixture, 1, FALSE);
      g_autoptr (StrataTiming) unlimited = fixture_time (fixture, 1, TRUE);
      g_autofree gint64 *until_ps = g_new0 (gint64, a->n_units);

      g_assert_cmpmem (a->events, a->n_events * sizeof *a->events, b->events, b->n_events * sizeof *b->events);
      g_assert_cmpint (unlimited->latency_ps, <=, a->latency_ps);
      for (int i = 0; i < a->n_units; i++)
        g_assert_cmpint (a->unit_busy_ps[i], <=, a->latency_ps);
      for (gsize i = 0; i < a->n_events; i++)
        {
          g_assert_cmpint (a->events[i].start_ps, >=, until_ps[a->events[i].unit]);
          until_ps[a->events[i].unit] = a->events[i].start_ps + a->events[i].duration_ps;
          if (i > 0)
            g_assert_cmpint (a->events[i - 1].start_ps, <=, a->events[i].start_ps);
        }
    }
}

/* More work per burst on the only unit never ends earlier. (On several units greedy schedules may: Graham's anomalies.)
 */
static void
test_monotone (void)
{
  gint64 before_ps = 0;

  for (int n_mvms = 1; n_mvms < 50; n_mvms += 7)
    {
      g_autoptr (Fixture) fixture = fixture_new (1, 1, 3);
      int op = fixture_op (fixture, STRATA_QOP_MVM, 4, 4);

      for (int tier = 0; tier < 3; tier++)
        fixture_mvm (fixture, op, 0, tier, 4, n_mvms);
      g_autoptr (StrataTiming) timing = fixture_time (fixture, 1, FALSE);
      g_assert_cmpint (timing->latency_ps, >, before_ps);
      before_ps = timing->latency_ps;
    }
}

/* Many inferences of a network of 64 stacks: bursts per second, printed with -m perf. */
static void
test_speed (void)
{
  g_autoptr (Fixture) fixture = fixture_new (8, 8, 16);
  int op = fixture_op (fixture, STRATA_QOP_MVM, 64, 64), n = g_test_perf () ? 8 : 1, before = -1;
  g_autoptr (GTimer) timer = g_timer_new ();
  double seconds;

  for (int i = 0; i < 512; i++)
    {
      int load = fixture_transfer (fixture, STRATA_OPCODE_LOAD, op, (int[]){ i % 4, (i + 1) % 4 }, 2, 64, 64), mvm;

      if (before >= 0)
        fixture_after (fixture, before, 1, 1);
      mvm = fixture_mvm (fixture, op, i % 64, i / 64, 64, 16);
      fixture_after (fixture, load, 1, 0);
      before = fixture_digital (fixture, STRATA_OPCODE_VECTOR, op, 64, 64);
      fixture_after (fixture, mvm, 1, 0);
    }
  g_timer_start (timer);
  g_autoptr (StrataTiming) timing = fixture_time (fixture, n, FALSE);
  seconds = g_timer_elapsed (timer, NULL);
  g_assert_cmpuint (timing->n_events, ==, (gsize) 512 * 3 * 64 * n);
  if (g_test_perf ())
    g_test_maximized_result (timing->n_events / seconds, "%.3g bursts/s", timing->n_events / seconds);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/timing/two-tiers", test_two_tiers);
  g_test_add_func ("/sdk/simulator/timing/one-tier-pipelines", test_one_tier_pipelines);
  g_test_add_func ("/sdk/simulator/timing/precedence", test_precedence);
  g_test_add_func ("/sdk/simulator/timing/links", test_links);
  g_test_add_func ("/sdk/simulator/timing/rows", test_rows);
  g_test_add_func ("/sdk/simulator/timing/interval", test_interval);
  g_test_add_func ("/sdk/simulator/timing/interval-of-busiest", test_interval_of_busiest);
  g_test_add_func ("/sdk/simulator/timing/host-beside", test_host_beside);
  g_test_add_func ("/sdk/simulator/timing/cancelled", test_cancelled);
  g_test_add_func ("/sdk/simulator/timing/too-large", test_too_large);
  g_test_add_func ("/sdk/simulator/timing/random", test_random);
  g_test_add_func ("/sdk/simulator/timing/buffer", test_buffer);
  g_test_add_func ("/sdk/simulator/timing/active-stacks", test_active_stacks);
  g_test_add_func ("/sdk/simulator/timing/random-room", test_random_room);
  g_test_add_func ("/sdk/simulator/timing/random-properties", test_random_properties);
  g_test_add_func ("/sdk/simulator/timing/monotone", test_monotone);
  g_test_add_func ("/sdk/simulator/timing/speed", test_speed);
  return g_test_run ();
}
