/* SPDX-License-Identifier: Apache-2.0
 *
 * Explanations: something is said of everything, what a stage said stands, numbers are those of the run.
 */
#include <string.h>

#include "lib/fixtures.h"
#include "program/unit-cost.h"
#include "simulator/explain.h"

typedef struct
{
  StrataImage *image;
  StrataModelled *modelled;
  StrataFacts *facts;
  StrataDecisions *list;
} Told;

static void
tell (Told *told, StrataImage *image)
{
  g_autoptr (GError) error = NULL;

  told->image = image;
  told->modelled = strata_model_run (image, 0, FALSE, NULL, &error);
  g_assert_no_error (error);
  told->facts = strata_facts_new (image, told->modelled);
  told->list = strata_explain (image, told->modelled, told->facts);
  strata_decisions_check (told->list, image->graph->n_ops, image->tiles->n_tiles, &error);
  g_assert_no_error (error);
}

static void
told_clear (Told *told)
{
  strata_decisions_free (told->list);
  strata_facts_free (told->facts);
  strata_modelled_free (told->modelled);
  strata_image_free (told->image);
}

static int
count (const Told *told, StrataReason reason, int op, int tile)
{
  int n = 0;

  for (guint i = 0; i < told->list->decisions->len; i++)
    {
      const StrataDecision *d = &g_array_index (told->list->decisions, StrataDecision, i);

      n += d->reason == reason && d->op == op && (tile == -2 || d->tile == tile);
    }
  return n;
}

static const StrataDecision *
find (const Told *told, StrataReason reason, int op)
{
  for (guint i = 0; i < told->list->decisions->len; i++)
    {
      const StrataDecision *d = &g_array_index (told->list->decisions, StrataDecision, i);

      if (d->reason == reason && d->op == op)
        return d;
    }
  g_error ("nothing is said of %s of op %d", strata_reason_code (reason), op);
}

/* One unit per layer, copies with a reason against more, one site per tile; limits, bound and idle arrays of the whole;
 * in order. */
static void
test_complete (void)
{
  for (guint64 seed = 0; seed < 20; seed++)
    {
      Told told;

      tell (&told, fixtures_image (fixtures_random (seed), fixtures_chip ("demonstrator", 8, 8, 64)));
      for (int op = 0; op < told.image->graph->n_ops; op++)
        {
          gboolean analog = told.image->graph->ops[op].kind == STRATA_QOP_MVM;
          int from = told.image->tiles->op_first[op], to = told.image->tiles->op_first[op + 1];

          g_assert_cmpint (count (&told, STRATA_REASON_ANALOG, op, -1), ==, analog);
          g_assert_cmpint (count (&told, STRATA_REASON_DIGITAL, op, -1), ==, !analog);
          g_assert_cmpint (count (&told, STRATA_REASON_COPIES, op, -1), ==, analog);
          g_assert_cmpint (count (&told, STRATA_REASON_SPLIT, op, -1), ==, to - from > 1);
          if (analog)
            g_assert_cmpint (find (&told, STRATA_REASON_COPIES, op)->n_alternatives, ==, 1);
          for (int tile = from; tile < to && to - from <= 32; tile++)
            g_assert_cmpint (count (&told, STRATA_REASON_SITE, op, tile), ==, 1);
        }
      g_assert_cmpint (count (&told, STRATA_REASON_LIMIT, -1, -1), ==, 1);
      g_assert_cmpint (find (&told, STRATA_REASON_FLOOR, -1)->value, ==, told.image->schedule->lower_bound_ps);
      g_assert_cmpint (find (&told, STRATA_REASON_IDLE, -1)->value, ==, 4096 - told.image->tiles->n_tiles);
      for (guint i = 1; i < told.list->decisions->len; i++)
        g_assert_cmpint (g_array_index (told.list->decisions, StrataDecision, i - 1).op, <=,
                         g_array_index (told.list->decisions, StrataDecision, i).op);
      told_clear (&told);
    }
}

/* What the compiler said is not said again otherwise. */
static void
test_stored (void)
{
  StrataImage *image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 0, 0, 0));
  const StrataAlternative other = { "3 copies", 1, 2, 3, 4, "too many" };
  Told told;

  image->limits.max_latency_ps = 1000000;
  image->decisions = strata_decisions_new ();
  strata_decisions_add (image->decisions, STRATA_REASON_SITE, 0, 0, 7, "somebody chose this");
  strata_decisions_add (image->decisions, STRATA_REASON_COPIES, 1, -1, 1, "one, for good reasons");
  strata_decisions_add_alternative (image->decisions, &other);
  tell (&told, image);
  g_assert_cmpint (count (&told, STRATA_REASON_SITE, 0, -2), ==, 1);
  g_assert_cmpstr (find (&told, STRATA_REASON_SITE, 0)->text, ==, "somebody chose this");
  g_assert_cmpint (count (&told, STRATA_REASON_COPIES, 1, -2), ==, 1);
  g_assert_cmpint (find (&told, STRATA_REASON_COPIES, 1)->n_alternatives, ==, 1);
  g_assert_cmpstr (
    g_array_index (told.list->alternatives, StrataAlternative, find (&told, STRATA_REASON_COPIES, 1)->first_alternative)
      .what,
    ==, "3 copies");
  g_assert_nonnull (strstr (find (&told, STRATA_REASON_LIMIT, -1)->text, "over the limit"));
  told_clear (&told);
}

/* Energies of the layers are those of the run, spans lie in it, work fits into spans. */
static void
test_facts (void)
{
  Told told;
  gint64 sum_fj = 0;

  tell (&told, fixtures_image (fixtures_random (3), fixtures_chip ("demonstrator", 4, 4, 64)));
  for (int op = 0; op < told.image->graph->n_ops; op++)
    {
      const StrataLayerFacts *layer = &told.facts->layers[op];

      sum_fj += layer->energy_fj;
      if (layer->start_ps < 0)
        continue;
      g_assert_cmpint (layer->floor_ps, <=, layer->end_ps - layer->start_ps);
      g_assert_cmpint (strata_facts_overlap_ps (told.facts, op, op), ==, layer->end_ps - layer->start_ps);
    }
  g_assert_cmpint (sum_fj, ==, told.modelled->dynamic_fj[STRATA_BAND_NOMINAL]);
  for (int tile = 0; tile < told.image->tiles->n_tiles; tile++)
    {
      int n_rivals, stack = told.image->placement->site[tile].stack;

      g_assert_cmpint (strata_facts_contention_ps (told.image, told.facts, tile, stack, &n_rivals), >=, 0);
      g_assert_cmpint (n_rivals, <, told.facts->stack_first[stack + 1] - told.facts->stack_first[stack]);
    }
  told_clear (&told);
}

static void
run_exact (const StrataImage *image, gint8 *values)
{
  StrataFunctionalOptions options = { STRATA_ANALOG_OFF, 0, FALSE };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataFunctional) functional = strata_functional_new (image, &options, &error);
  const StrataQTensor *in = &image->graph->tensors[image->graph->inputs[0]];
  gint64 dims[] = { 1, in->channels, in->height, in->width };
  StrataArray *input = strata_array_new (STRATA_DTYPE_I8, 4, dims), *output = NULL;

  g_assert_no_error (error);
  for (int i = 0; i < in->channels * in->height * in->width; i++)
    ((gint8 *) input->data)[i] = (gint8) (i % 17 - 8);
  strata_functional_run (functional, 0, (const StrataArray *const *) &input, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (output->n_bytes, ==, 10);
  memcpy (values, output->data, output->n_bytes);
  strata_array_free (input);
  strata_array_free (output);
}

/* On a chip with an array too few two matrices share one: the same values, one switch less, and it says so. */
static void
test_packed (void)
{
  g_autoptr (StrataImage) wide = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 1, 1, 4));
  gint8 expected[10], found[10];
  const StrataDecision *site;
  Told told, apart;

  tell (&told, fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 1, 1, 3)));
  g_assert_cmpint (strata_tile_set_n_arrays (told.image->tiles), ==, 3);
  run_exact (wide, expected);
  run_exact (told.image, found);
  g_assert_cmpmem (expected, sizeof expected, found, sizeof found);
  site = find (&told, STRATA_REASON_SITE, 1);
  g_assert_cmpint (site->value, ==, find (&told, STRATA_REASON_SITE, 0)->value);
  g_assert_cmpint (find (&told, STRATA_REASON_IDLE, -1)->value, ==, 0);
  tell (&apart, g_steal_pointer (&wide));
  g_assert_cmpint (told.facts->layers[0].n_switches + told.facts->layers[1].n_switches, <,
                   apart.facts->layers[0].n_switches + apart.facts->layers[1].n_switches);
  told_clear (&apart);
  told_clear (&told);
}

/* hardware-facts 10.2 by hand, for the depthwise layer of 8 channels on 6 x 6: 9 x 8 x 36 multiply-accumulates of 300
 * fJ at 64 G/s, six rows; packed: 28 blocks of 9 rows fit 256, so one array of 72 rows and 8 columns. */
static void
test_unit_cost (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_graph_new ();
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  int op;
  StrataUnitCost digital, analog;

  fixtures_output (graph, fixtures_depthwise (graph, fixtures_input (graph, 8, 6, 6), 3, 1));
  op = graph->n_ops - 1;
  while (graph->ops[op].kind != STRATA_QOP_MAC)
    op--;
  digital = strata_unit_cost_digital (graph, op, chip);
  g_assert_cmpint (digital.time_ps, ==, 6 * (9 * 8 * 6 * 1000 / 64));
  g_assert_cmpint (digital.energy_fj, ==, 9 * 8 * 36 * 300 + 2 * 8 * 36 * 3000);
  g_assert_cmpint (strata_unit_groups_per_array (chip, 9, 1, 2), ==, 28);
  g_assert_cmpint (strata_unit_packed_arrays (chip, 9, 1, 57, 2), ==, 3);
  g_assert_cmpint (strata_unit_packed_arrays (chip, 300, 1, 5, 2), ==, 10);
  g_assert_cmpint (strata_unit_packed_arrays (chip, 9, 129, 5, 2), ==, 10);
  analog = strata_unit_cost_analog (graph, op, chip, 2, FALSE);
  g_assert_cmpint (analog.n_arrays, ==, 1);
  /* 36 MVMs at max (8 x 10 ns, 1 x 50 ns), t_select, t_mvm */
  g_assert_cmpint (analog.time_ps, ==, 36 * 80000 + 50000 + 80000 + 50000 + 20000);
  g_assert_cmpint (analog.energy_fj, >, digital.energy_fj);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/explain/complete", test_complete);
  g_test_add_func ("/sdk/simulator/explain/stored", test_stored);
  g_test_add_func ("/sdk/simulator/explain/facts", test_facts);
  g_test_add_func ("/sdk/simulator/explain/packed", test_packed);
  g_test_add_func ("/sdk/simulator/explain/unit-cost", test_unit_cost);
  return g_test_run ();
}
