/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers that each lie in their range and together leave 64 bits: refused with what to look for, never wrapped round.
 */
#include "lib/fixtures.h"
#include "simulator/simulator.h"

/* A conversion of a second on one converter, averaged 4096 times: 10^20 ps a row */
static void
test_times (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  g_autoptr (StrataQGraph) graph = fixtures_tiny ();
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTileSet) tiles = NULL;
  g_autoptr (StrataPlacement) placement = NULL;
  g_autoptr (StrataSchedule) schedule = NULL;

  chip->n_adc = 1;
  chip->t_adc_ps[STRATA_BAND_CONSERVATIVE] = 1000000000000;
  graph->ops[0].n_reads = 4096;
  tiles = strata_map (graph, chip, NULL, &error);
  g_assert_no_error (error);
  placement = strata_place (graph, tiles, chip, NULL, &error);
  g_assert_no_error (error);
  schedule = strata_schedule (graph, tiles, placement, chip, NULL, &error);
  g_assert_null (schedule);
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
  g_assert_true (
    g_pattern_match_simple ("one inference on demonstrator would take up to *wrong unit*", error->message));
}

/* The same numbers in a program that was compiled for another chip */
static void
test_energies (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 0, 0, 0));
  g_autoptr (GError) error = NULL;

  g_assert_true (
    strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, image->chip, &error));
  image->chip->e_mac_fj[0] = image->chip->e_adc_fj[0] = image->chip->e_noc_fj_per_byte_hop[0] = 1e12;
  image->chip->adc_bits = 14;
  image->graph->ops[0].n_reads = image->graph->ops[1].n_reads = 4096;
  g_assert_false (
    strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, image->chip, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
}

static void
test_static (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 0, 0, 0));
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataModelled) modelled = NULL;

  image->chip->t_post_ps[0] = 1000000000000;
  image->chip->p_leak_mw_per_mm2[0] = 1e4;
  image->chip->cell_area_um2 = 1e4;
  modelled = strata_model_run (image, 0, TRUE, NULL, &error);
  g_assert_null (modelled);
  g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED);
}

/* From a file, the terms of a placement's cost may be anything. */
static void
test_placement (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 0, 0, 0));
  StrataPlacement *placement = image->placement;
  g_autoptr (GError) error = NULL;

  placement->cost_ps[0] = placement->cost_ps[1] = placement->cost_ps[2] = G_MAXINT64;
  g_assert_false (strata_placement_check (placement, image->tiles, image->chip, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
}

/* A pool of 2^40 taps over a plane of 64, and a move whose rows lie 2^40 apart */
static void
test_windows (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_graph_new ();
  int in = fixtures_input (graph, 64, 8, 8);
  g_autoptr (GError) error = NULL;
  StrataQOp *op;

  fixtures_output (graph, fixtures_average (graph, in));
  op = &graph->ops[0];
  g_assert_true (strata_qgraph_check (graph, &error));
  op->window.kernel_h = op->window.kernel_w = 1 << 20;
  g_assert_false (strata_qgraph_check (graph, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
  g_clear_error (&error);
  op->kind = STRATA_QOP_MOVE;
  graph->tensors[op->output].height = 1 << 20;
  op->window.stride_h = 1;
  g_assert_true (strata_qgraph_check (graph, &error));
  op->window.stride_h = 1 << 20;
  g_assert_false (strata_qgraph_check (graph, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/program/proportion/times", test_times);
  g_test_add_func ("/sdk/program/proportion/energies", test_energies);
  g_test_add_func ("/sdk/program/proportion/static", test_static);
  g_test_add_func ("/sdk/program/proportion/placement", test_placement);
  g_test_add_func ("/sdk/program/proportion/windows", test_windows);
  return g_test_run ();
}
