/* SPDX-License-Identifier: Apache-2.0
 *
 * Caches of attention and looked-up tables: where they lie, what an inference moves of them, and that the schedule's
 * check finds what is missing.
 */
#include "program/stream.h"

#include <string.h>

#include "lib/fixtures.h"
#include "program/schedule.h"

#define WIDTH 64
#define HEADS 4

/* x -> dense -> attention with a cache -> dense */
static StrataQGraph *
decoder (int past)
{
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_dense (graph, fixtures_input (graph, 32, 1, 1), WIDTH);

  t = fixtures_attention (graph, t, HEADS, past);
  fixtures_output (graph, fixtures_dense (graph, t, 16));
  return graph;
}

static StrataQGraph *
embedding (void)
{
  StrataQGraph *graph = fixtures_graph_new ();

  fixtures_output (graph, fixtures_dense (graph, fixtures_lookup (graph, 100, WIDTH), 16));
  return graph;
}

static const StrataInstruction *
find (const StrataSchedule *schedule, StrataOpcode opcode)
{
  for (int i = 0; i < schedule->n_instructions; i++)
    if (schedule->instructions[i].opcode == opcode)
      return &schedule->instructions[i];
  return NULL;
}

static int
count_hosts (const StrataSchedule *schedule)
{
  int n = 0;

  for (int i = 0; i < schedule->n_instructions; i++)
    n += schedule->instructions[i].opcode == STRATA_OPCODE_HOST_IN
         || schedule->instructions[i].opcode == STRATA_OPCODE_HOST_OUT;
  return n;
}

static void
test_cache (void)
{
  const int past = 40000; /* 2.56 MB a cache: more than the activation memory */
  g_autoptr (StrataImage) image = fixtures_image (decoder (past), fixtures_chip ("phone", 2, 2, 0));
  const StrataSchedule *schedule = image->schedule;
  const StrataInstruction *read = find (schedule, STRATA_OPCODE_DRAM_READ), *mac = find (schedule, STRATA_OPCODE_MAC);
  const StrataInstruction *append = find (schedule, STRATA_OPCODE_DRAM_WRITE);
  gint64 past_bytes = 2 * (gint64) past * WIDTH, chunk = image->chip->sram_bytes / STRATA_STREAM_SHARE, vector_ps = 0;
  StrataBurstTime time;
  StrataActionEnergy energy;

  g_assert_true (read != NULL && mac != NULL && append != NULL);
  g_assert_cmpint (read->n_bursts, ==, (past_bytes + chunk - 1) / chunk);
  g_assert_cmpint (read->n_actions * read->n_bursts, >=, past_bytes);
  g_assert_cmpint (read->n_actions * read->n_bursts, <, past_bytes + read->n_bursts);
  g_assert_cmpint (mac->n_bursts, ==, read->n_bursts);
  g_assert_cmpint (append->n_bursts, ==, 1);
  g_assert_cmpint (append->n_actions, ==, 2 * WIDTH);
  g_assert_cmpint (schedule->units[read->unit].kind, ==, STRATA_UNIT_DRAM);
  /* neither the cache that comes nor the one that goes passes the host */
  g_assert_cmpint (count_hosts (schedule), ==, 2);
  g_assert_cmpint (schedule->sram_peak_bytes, <, image->chip->sram_bytes / 8);
  /* the memory is what the token waits for, and products keep up with it: hardware-facts 10.2 */
  time = strata_burst_time (read, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL);
  g_assert_cmpint (time.occupy_ps, ==, strata_cost_dram_ps (image->chip, read->n_actions));
  g_assert_cmpint (schedule->latency_ps, >, time.occupy_ps * read->n_bursts);
  for (int i = 0; i < schedule->n_instructions; i++)
    if (schedule->instructions[i].opcode == STRATA_OPCODE_VECTOR)
      vector_ps +=
        strata_burst_time (&schedule->instructions[i], image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL)
          .result_ps;
  g_assert_cmpint (schedule->latency_ps, <, time.occupy_ps * (read->n_bursts + 2) + vector_ps);
  g_assert_cmpint (schedule->units[schedule->busiest_unit].kind, ==, STRATA_UNIT_DRAM);
  energy = strata_burst_energy (read, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL);
  g_assert_cmpint (energy.per_action_fj[STRATA_COMPONENT_DRAM], ==, read->n_actions * 36000);
  g_assert_cmpint (energy.per_action_fj[STRATA_COMPONENT_SRAM], ==, read->n_actions * 2000);
}

/* The first call has no past, and keeps its keys and values all the same. */
static void
test_first (void)
{
  g_autoptr (StrataImage) image = fixtures_image (decoder (0), fixtures_chip ("phone", 2, 2, 0));

  g_assert_null (find (image->schedule, STRATA_OPCODE_DRAM_READ));
  g_assert_cmpint (find (image->schedule, STRATA_OPCODE_DRAM_WRITE)->n_actions, ==, 2 * WIDTH);
}

/* Without external memory a cache takes room in the activation memory for good, or the program is refused. */
static void
test_no_dram (void)
{
  g_autoptr (StrataImage) image = fixtures_image (decoder (100), fixtures_chip ("demonstrator", 2, 2, 0));
  g_autoptr (StrataQGraph) graph = decoder (40000);
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 2, 2, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, &error);
  g_autoptr (StrataPlacement) placement = strata_place (graph, tiles, chip, NULL, &error);

  g_assert_null (find (image->schedule, STRATA_OPCODE_DRAM_READ));
  g_assert_null (find (image->schedule, STRATA_OPCODE_DRAM_WRITE));
  g_assert_cmpint (count_hosts (image->schedule), ==, 2);
  g_assert_cmpint (image->schedule->sram_peak_bytes, >=, 2 * 101 * WIDTH);
  g_assert_null (strata_schedule (graph, tiles, placement, chip, NULL, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
  g_assert_nonnull (strstr (error->message, "5120128 bytes"));
  g_assert_nonnull (strstr (error->message, "1000000 bytes"));
}

/* A table of more than an eighth of the activation memory lies in external memory, where there is some. */
static void
test_lookup (void)
{
  StrataChipSpec *tight = fixtures_chip ("phone", 2, 2, 0);
  g_autoptr (StrataImage) roomy = fixtures_image (embedding (), fixtures_chip ("phone", 2, 2, 0));
  g_autoptr (StrataImage) phone = NULL;
  g_autoptr (StrataImage) small = fixtures_image (embedding (), fixtures_chip ("demonstrator", 2, 2, 0));
  const StrataInstruction *read;

  tight->sram_bytes = 40000;
  phone = fixtures_image (embedding (), tight);
  read = find (phone->schedule, STRATA_OPCODE_DRAM_READ);
  g_assert_nonnull (read);
  g_assert_null (find (roomy->schedule, STRATA_OPCODE_DRAM_READ));
  g_assert_cmpint (read->n_bursts, ==, 1);
  g_assert_cmpint (read->n_actions, ==, 4 * WIDTH);
  g_assert_cmpint (find (phone->schedule, STRATA_OPCODE_VECTOR)->sram_bytes, <, 4 * WIDTH);
  g_assert_null (find (small->schedule, STRATA_OPCODE_DRAM_READ));
  g_assert_cmpint (find (small->schedule, STRATA_OPCODE_VECTOR)->sram_bytes, >=, 4 * WIDTH);
  g_assert_cmpint (small->schedule->sram_peak_bytes, >, 100 * 4 * WIDTH);
}

/* Of two tables that are too much together the larger one goes out, whichever comes first. */
static void
test_small_tables (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_graph_new ();
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("phone", 2, 2, 0);
  g_autofree guint8 *silent = NULL;
  int large = fixtures_digital (graph, fixtures_input (graph, 1, 4, 16), TRUE);
  int small = fixtures_digital (graph, fixtures_conv (graph, large, 1, 1, 2), TRUE);

  fixtures_output (graph, fixtures_digital (graph, small, FALSE));
  silent = strata_work_silent (graph);
  for (int n_bytes = 4 * 8 * 8; n_bytes <= 4 * 16 * 16 + 4 * 8 * 8; n_bytes += 4 * 16 * 16)
    {
      gboolean both = n_bytes > 4 * 16 * 16;

      chip->sram_bytes = 8 * n_bytes;
      g_autoptr (StrataStreams) streams = strata_streams_new (graph, silent, chip);
      g_assert_cmpint (streams->ops[graph->tensors[large].producer].tables_external, ==, !both);
      g_assert_false (streams->ops[graph->tensors[small].producer].tables_external);
      g_assert_cmpint (streams->table_bytes, ==, 4 * 16 * 16 + 4 * 8 * 8);
      g_assert_cmpint (streams->external_bytes, ==, both ? 0 : 4 * 16 * 16);
      g_assert_cmpint (streams->reserved_bytes, ==, n_bytes);
    }
}

static gboolean
passes (const StrataImage *image)
{
  g_autoptr (GError) error = NULL;
  gboolean ok =
    strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, image->chip, &error);

  if (!ok)
    g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
  return ok;
}

/* A byte less, a chunk less, a token too early: each is found. */
static void
test_planted (void)
{
  g_autoptr (StrataImage) image = fixtures_image (decoder (4000), fixtures_chip ("phone", 2, 2, 0));
  StrataSchedule *schedule = image->schedule;

  g_assert_true (passes (image));
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      StrataInstruction *x = &schedule->instructions[i], kept = *x;

      if (x->opcode != STRATA_OPCODE_DRAM_READ && x->opcode != STRATA_OPCODE_DRAM_WRITE)
        continue;
      x->n_actions--;
      g_assert_false (passes (image));
      *x = kept;
      x->n_bursts++;
      g_assert_false (passes (image));
      *x = kept;
      x->unit = strata_schedule_unit (schedule, STRATA_UNIT_SRAM);
      g_assert_false (passes (image));
      *x = kept;
      x->opcode = x->opcode == STRATA_OPCODE_DRAM_READ ? STRATA_OPCODE_DRAM_WRITE : STRATA_OPCODE_DRAM_READ;
      g_assert_false (passes (image));
      *x = kept;
      x->n_dependences = 0;
      g_assert_false (passes (image));
      *x = kept;
    }
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      StrataInstruction *x = &schedule->instructions[i];
      StrataDependence *d = &schedule->dependences[x->first_dependence];

      if (x->n_dependences == 0 || schedule->instructions[d->instruction].opcode != STRATA_OPCODE_DRAM_READ)
        continue;
      d->add -= 1;
      g_assert_false (passes (image));
      d->add += 1;
    }
  g_assert_true (passes (image));
}

static void
test_image (void)
{
  g_autoptr (StrataImage) image = fixtures_image (decoder (4000), fixtures_chip ("phone", 2, 2, 0));
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) again = NULL;
  g_autofree char *listing = NULL;

  strata_image_seal (image);
  bytes = strata_image_encode (image);
  again = strata_image_decode (bytes, "decoder", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->hash, ==, image->hash);
  listing = strata_image_disassemble (again);
  g_assert_nonnull (strstr (listing, "dram.read"));
  g_assert_nonnull (strstr (listing, "dram.write"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/program/stream/cache", test_cache);
  g_test_add_func ("/sdk/program/stream/first", test_first);
  g_test_add_func ("/sdk/program/stream/no-dram", test_no_dram);
  g_test_add_func ("/sdk/program/stream/lookup", test_lookup);
  g_test_add_func ("/sdk/program/stream/small-tables", test_small_tables);
  g_test_add_func ("/sdk/program/stream/planted", test_planted);
  g_test_add_func ("/sdk/program/stream/image", test_image);
  return g_test_run ();
}
