/* SPDX-License-Identifier: Apache-2.0
 *
 * Tiles, placements and schedules: printing and reading back, and checks that catch each planted error.
 */
#include <string.h>

#include "lib/fixtures.h"
#include "program/work.h"

typedef StrataImage Program;

static Program *
tiny (void)
{
  return fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 0, 0, 0));
}

/* --- tiles --- */

static void
test_tiles_text (void)
{
  g_autoptr (StrataImage) image = tiny ();
  g_autofree char *text = strata_tile_set_print (image->tiles, image->graph);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTileSet) back = strata_tile_set_parse (text, image->graph, &error);

  g_assert_cmpstr (text, ==,
                   "tiles 4 ops 4 arrays-required 4\n"
                   "tile 0 op 0 copy 0 rows 0+27 cols 0+16 slices 2 row-copies 9 ; mvm0\n"
                   "tile 1 op 1 copy 0 rows 0+144 cols 0+24 slices 2 row-copies 1 ; mvm1\n"
                   "tile 2 op 3 copy 0 rows 0+256 cols 0+10 slices 2 row-copies 1 ; mvm3\n"
                   "tile 3 op 3 copy 0 rows 256+128 cols 0+10 slices 2 row-copies 2 ; mvm3\n");
  g_assert_no_error (error);
  g_assert_cmpuint (strata_tile_set_hash (back), ==, strata_tile_set_hash (image->tiles));
  back->tiles[3].n_row_copies = 1;
  g_assert_cmpuint (strata_tile_set_hash (back), !=, strata_tile_set_hash (image->tiles));
}

static void
test_tiles_bad_text (void)
{
  g_autoptr (StrataImage) image = tiny ();
  static const char *const texts[] = {
    "",
    "tiles",
    "tiles 1 ops 4 arrays-required 1\n",
    "tiles 1 ops 5 arrays-required 1\ntile 0 op 0 copy 0 rows 0+27 cols 0+16 slices 2 row-copies 9\n",
    "tiles 1 ops 4 arrays-required 1\ntile 0 op 9 copy 0 rows 0+27 cols 0+16 slices 2 row-copies 9\n",
    "tiles 1 ops 4 arrays-required 1\ntile 0 op 0 copy 0 rows 0+27 cols 0+16 slices 2 row-copies "
    "99999999999999999999\n",
    "tiles 1 ops 4 arrays-required 1\ntile 0 op 0 copy 0 rows 0+-27 cols 0+16 slices 2 row-copies 9\n",
    "tiles 1 ops 4 arrays-required 1\ntile 0 op 0 copy 0 rows 0+27 cols 0+16 slices 2 row-copies 9 and more\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (strata_tile_set_parse (texts[i], image->graph, &error));
      g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
    }
}

/* Each entry changes one int of one tile; all must be refused. */
static void
test_tiles_planted (void)
{
  g_autoptr (StrataImage) image = tiny ();
  StrataTileSet *tiles = image->tiles;
  const struct
  {
    int *field, value;
    const char *reason;
  } planted[] = {
    { &tiles->tiles[0].op, 1, "listed under op 0" },
    { &tiles->tiles[0].copy, 1, "copy 0 is next" },
    { &tiles->tiles[0].row0, 1, "a weight would lie in no tile or in two" },
    { &tiles->tiles[0].n_rows, 26, "weights are missing" },
    { &tiles->tiles[0].n_rows, 28, "reaches past" },
    { &tiles->tiles[0].n_cols, 15, "weights are missing" },
    { &tiles->tiles[0].n_cols, 129, "needs 258 columns; an array has 256" },
    { &tiles->tiles[0].col0, 1, "a weight would lie" },
    { &tiles->tiles[0].n_slices, 1, "has 1 slices where op 'mvm0' has 2" },
    { &tiles->tiles[0].n_row_copies, 10, "drives 270 rows; an array has 256" },
    { &tiles->tiles[0].n_row_copies, 0, "no rows, columns or copies" },
    { &tiles->tiles[3].row0, 255, "a weight would lie" },
    { &tiles->tiles[3].n_cols, 9, "9 columns wide, the tile above it 10" },
    { &tiles->op_first[2], 3, "runs backwards" },
    { &tiles->op_first[1], 0, "no tiles" },
    { &tiles->n_tiles, 3, "the index covers" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (planted); i++)
    {
      int before = *planted[i].field;
      g_autoptr (GError) error = NULL;

      *planted[i].field = planted[i].value;
      g_assert_false (strata_tile_set_check (tiles, image->graph, image->chip, &error));
      if (strstr (error->message, planted[i].reason) == NULL)
        g_error ("%u: '%s' does not say '%s'", i, error->message, planted[i].reason);
      *planted[i].field = before;
      g_assert_true (strata_tile_set_check (tiles, image->graph, image->chip, NULL));
    }
  tiles->arrays_required++;
  g_assert_false (strata_tile_set_check (tiles, image->graph, image->chip, NULL));
}

/* Tiles 0 (27 rows, 9 copies) and 2 (256 rows, 20 columns) cannot share; 0 without copies and 1 (144 rows, 48 columns)
 * lie diagonally. */
static void
share (StrataImage *image)
{
  image->tiles->tiles[0].n_row_copies = 1;
  image->tiles->tiles[1].array_back = 1;
  image->tiles->tiles[1].at_row = 27;
  image->tiles->tiles[1].at_col = 32;
  image->placement->site[1] = image->placement->site[0];
}

static void
test_shared (void)
{
  g_autoptr (StrataImage) image = tiny ();
  StrataTileSet *tiles = image->tiles;
  StrataTile *second = &tiles->tiles[1];
  const struct
  {
    int *field, value;
    const char *reason;
  } planted[] = {
    { &second->array_back, 2, "has no place" },
    { &second->array_back, -1, "has no place" },
    { &second->at_row, -1, "has no place" },
    { &second->at_col, -1, "has no place" },
    { &second->at_row, 113, "reaches past" },
    { &second->at_col, 209, "reaches past" },
    { &second->at_row, G_MAXINT, "reaches past" },
    { &tiles->tiles[2].array_back, 1, "not the first on its own" },
    { &tiles->tiles[2].array_back, 2, "cells in common" },
  };
  g_autofree char *text = NULL;
  g_autoptr (StrataTileSet) back = NULL;
  guint64 alone = strata_tile_set_hash (tiles);

  share (image);
  g_assert_true (strata_tile_set_check (tiles, image->graph, image->chip, NULL));
  g_assert_cmpint (strata_tile_set_n_arrays (tiles), ==, 3);
  g_assert_cmpint (strata_tile_set_array (tiles, 1), ==, 0);
  g_assert_cmpuint (strata_tile_set_hash (tiles), !=, alone);
  text = strata_tile_set_print (tiles, image->graph);
  g_assert_nonnull (
    strstr (text, "\ntile 1 op 1 copy 0 rows 0+144 cols 0+24 slices 2 row-copies 1 back 1 at 27,32 ; "));
  back = strata_tile_set_parse (text, image->graph, NULL);
  g_assert_cmpuint (strata_tile_set_hash (back), ==, strata_tile_set_hash (tiles));
  for (guint i = 0; i < G_N_ELEMENTS (planted); i++)
    {
      int before = *planted[i].field;
      g_autoptr (GError) error = NULL;

      *planted[i].field = planted[i].value;
      g_assert_false (strata_tile_set_check (tiles, image->graph, image->chip, &error));
      if (strstr (error->message, planted[i].reason) == NULL)
        g_error ("%u: '%s' does not say '%s'", i, error->message, planted[i].reason);
      *planted[i].field = before;
    }
  /* Side by side or one above the other is as good as diagonally; the same cells are not. */
  second->at_col = 0;
  g_assert_true (strata_tile_set_check (tiles, image->graph, image->chip, NULL));
  second->at_row = 26;
  g_assert_false (strata_tile_set_check (tiles, image->graph, image->chip, NULL));
}

static void
test_shared_placement (void)
{
  g_autoptr (StrataImage) image = tiny ();
  g_autoptr (GError) error = NULL;

  g_assert_false (image->placement->site[0].stack == image->placement->site[1].stack
                  && image->placement->site[0].tier == image->placement->site[1].tier);
  share (image);
  g_assert_true (strata_placement_check (image->placement, image->tiles, image->chip, NULL));
  image->placement->site[1].tier ^= 1;
  g_assert_false (strata_placement_check (image->placement, image->tiles, image->chip, &error));
  g_assert_nonnull (strstr (error->message, "not where the first tile of its array lies"));
}

/* --- placement --- */

static void
test_placement_text (void)
{
  g_autoptr (StrataImage) image = tiny ();
  g_autofree char *text = strata_placement_print (image->placement, image->tiles);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataPlacement) back = strata_placement_parse (text, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (strata_placement_hash (back), ==, strata_placement_hash (image->placement));
  back->site[0].tier ^= 1;
  g_assert_cmpuint (strata_placement_hash (back), !=, strata_placement_hash (image->placement));
  *strstr (text, "tile 0") = '\0';
  g_clear_pointer (&back, strata_placement_free);
  back = strata_placement_parse (text, &error);
  g_assert_null (back);
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
}

static void
test_placement_planted (void)
{
  g_autoptr (StrataImage) image = tiny ();
  StrataPlacement *placement = image->placement;
  const struct
  {
    StrataSite site;
    const char *reason;
  } planted[] = {
    { { 64, 0 }, "is not on the chip" },
    { { -1, 0 }, "is not on the chip" },
    { { 0, 16 }, "is not on the chip" },
    { { 0, -1 }, "is not on the chip" },
    { placement->site[1], "already holds a tile" },
    { { 9, 9 }, "is dead" },
  };
  StrataSite before = placement->site[2];

  image->chip->dead = strata_arena_array (image->chip->arena, StrataSite, 1);
  image->chip->dead[0] = (StrataSite){ 9, 9 };
  image->chip->n_dead = 1;
  for (guint i = 0; i < G_N_ELEMENTS (planted); i++)
    {
      g_autoptr (GError) error = NULL;

      placement->site[2] = planted[i].site;
      g_assert_false (strata_placement_check (placement, image->tiles, image->chip, &error));
      g_assert_nonnull (strstr (error->message, planted[i].reason));
    }
  placement->site[2] = before;
  placement->total_ps++;
  g_assert_false (strata_placement_check (placement, image->tiles, image->chip, NULL));
}

/* --- schedule --- */

static gboolean
is_sound (const StrataImage *image, GError **error)
{
  return strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, image->chip, error);
}

/* Every int of every instruction and dependence matters: any change of one is refused, but for priorities, which are
 * free, and for waiting longer than needed, which is safe as long as no buffer is too small for it. */
static void
test_schedule_planted (void)
{
  g_autoptr (StrataImage) image = tiny ();
  StrataSchedule *schedule = image->schedule;

  g_assert_true (is_sound (image, NULL));
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      StrataInstruction *x = &schedule->instructions[i];
      int *const fields[] = { &x->op,       &x->tile,   &x->unit,      &x->from_node, &x->to_node,  &x->n_hops,
                              &x->n_bursts, &x->buffer, &x->first_row, &x->row_step,  &x->n_buffers };
      gint64 *const counts[] = { &x->n_actions, &x->sram_bytes, &x->n_posts };

      for (guint f = 0; f < G_N_ELEMENTS (fields); f++)
        for (int by = -1; by <= 1; by += 2)
          {
            if (x->buffer < 0 && (fields[f] == &x->first_row || fields[f] == &x->row_step))
              continue;
            *fields[f] += by;
            g_assert_false (is_sound (image, NULL));
            *fields[f] -= by;
          }
      for (guint f = 0; f < G_N_ELEMENTS (counts); f++)
        {
          *counts[f] += 1;
          g_assert_false (is_sound (image, NULL));
          *counts[f] -= 1;
        }
      x->opcode = (StrataOpcode) ((x->opcode + 1) % STRATA_N_OPCODES);
      g_assert_false (is_sound (image, NULL));
      x->opcode = (StrataOpcode) ((x->opcode + STRATA_N_OPCODES - 1) % STRATA_N_OPCODES);
    }
  for (int i = 0; i < schedule->n_routes; i++)
    {
      schedule->routes[i]++;
      g_assert_false (is_sound (image, NULL));
      schedule->routes[i]--;
    }
  g_assert_true (is_sound (image, NULL));
}

static void
test_dependences_planted (void)
{
  g_autoptr (StrataImage) image = tiny ();
  StrataSchedule *schedule = image->schedule;

  for (int i = 0; i < schedule->n_instructions; i++)
    {
      StrataInstruction *x = &schedule->instructions[i];

      for (int j = 0; j < x->n_dependences; j++)
        {
          StrataDependence *d = &schedule->dependences[x->first_dependence + j], before = *d;
          g_autoptr (GError) error = NULL;

          d->instruction = i;
          g_assert_false (is_sound (image, &error));
          g_assert_nonnull (strstr (error->message, "which does not come before it"));
          g_clear_error (&error);
          *d = before;
          if (schedule->instructions[d->instruction].n_bursts < 2)
            continue;
          d->add--;
          g_assert_false (is_sound (image, NULL));
          *d = before;
          d->add++;
          if (!is_sound (image, &error))
            g_assert_nonnull (strstr (error->message, "wait for each other"));
          *d = before;
        }
      x->n_dependences--;
      if (x->n_dependences >= 0)
        g_assert_false (is_sound (image, NULL));
      x->n_dependences++;
    }
  g_assert_true (is_sound (image, NULL));
}

/* A buffer elsewhere, of something else, too small to run through, or that forgets a row too soon is refused. */
static void
test_buffers_planted (void)
{
  g_autoptr (StrataImage) image = tiny ();
  StrataSchedule *schedule = image->schedule;

  for (int i = 0; i < schedule->n_buffers; i++)
    {
      StrataBuffer *x = &schedule->buffers[i], before = *x;
      int *const fields[] = { &x->unit, &x->tensor, &x->op, &x->height, &x->n_releases };

      for (guint f = 0; f < G_N_ELEMENTS (fields); f++)
        for (int by = -1; by <= 1; by += 2)
          {
            *fields[f] += by;
            if (f < 4 || by < 0 || i == schedule->n_buffers - 1)
              g_assert_false (is_sound (image, NULL));
            *x = before;
          }
      for (int by = -1; by <= 1; by += 2)
        {
          x->row_bytes += by;
          g_assert_false (is_sound (image, NULL));
          *x = before;
        }
      for (int n_rows = 0; n_rows < before.n_rows; n_rows++)
        {
          x->n_rows = n_rows;
          g_assert_false (x->op < 0 && is_sound (image, NULL)); /* at least the sum of bytes is another */
          *x = before;
        }
      x->n_rows = STRATA_BUFFER_INFERENCES * x->height + 1;
      g_assert_false (is_sound (image, NULL));
      *x = before;
      for (int j = 0; j < x->n_releases; j++)
        {
          StrataDependence *d = &schedule->releases[x->first_release + j], release = *d;

          d->add--;
          g_assert_true (schedule->instructions[d->instruction].n_bursts < 2 || !is_sound (image, NULL));
          *d = release;
          d->instruction = schedule->n_instructions;
          g_assert_false (is_sound (image, NULL));
          *d = release;
        }
    }
  g_assert_true (is_sound (image, NULL));
}

static void
test_missing_instruction (void)
{
  g_autoptr (StrataImage) image = tiny ();

  for (image->schedule->n_instructions--; image->schedule->n_instructions >= 0; image->schedule->n_instructions--)
    g_assert_false (is_sound (image, NULL));
  image->schedule->n_instructions = 0;
}

/* --- bursts --- */

/* A full MVM of the demonstrator is 2.11 nJ (hardware-facts 10.4); its parts add up, and n of them cost n times one. */
static void
test_burst_energy (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  g_autoptr (StrataImage) image = NULL;
  gint64 total = 0;

  fixtures_output (graph, fixtures_conv (graph, fixtures_input (graph, 256, 1, 5), 128, 1, 1));
  image = fixtures_image (graph, fixtures_chip ("demonstrator", 0, 0, 0));
  for (int i = 0; i < image->schedule->n_instructions; i++)
    {
      const StrataInstruction *x = &image->schedule->instructions[i];
      StrataActionEnergy energy = strata_burst_energy (x, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL);
      StrataBurstTime time = strata_burst_time (x, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL);

      if (x->opcode != STRATA_OPCODE_MVM)
        {
          g_assert_cmpint (energy.per_switch_fj, ==, 0);
          g_assert_cmpint (time.occupy_ps, ==, time.result_ps);
          continue;
        }
      for (int c = 0; c < STRATA_N_COMPONENTS; c++)
        total += energy.per_action_fj[c];
      g_assert_cmpint (energy.per_switch_fj, ==, 3000); /* e_sel 3 pJ */
      g_assert_cmpint (time.occupy_ps, ==, 5 * 400000);
      g_assert_cmpint (time.result_ps, ==, 4 * 400000 + 500000);
    }
  g_assert_cmpfloat_with_epsilon ((double) total / 5e6, 2.111, 2.111 * 1e-3);
}

/* SRAM bytes at 3 pJ, transfers at 0.8 pJ per byte and hop, vector operations at 1 pJ */
static void
test_burst_parts (void)
{
  g_autoptr (StrataImage) image = tiny ();
  StrataInstruction x = {
    .opcode = STRATA_OPCODE_PSUM, .n_actions = 100, .n_hops = 3, .sram_bytes = 10, .n_posts = 50
  };
  StrataActionEnergy e = strata_burst_energy (&x, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL);

  g_assert_cmpint (e.per_action_fj[STRATA_COMPONENT_NOC], ==, 100 * 3 * 800);
  g_assert_cmpint (e.per_action_fj[STRATA_COMPONENT_SRAM], ==, 10 * 3000);
  g_assert_cmpint (e.per_action_fj[STRATA_COMPONENT_POST], >, 0);
  g_assert_cmpint (e.per_action_fj[STRATA_COMPONENT_POST] % 50, ==, 0);
  x = (StrataInstruction){ .opcode = STRATA_OPCODE_VECTOR, .n_actions = 32 };
  e = strata_burst_energy (&x, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL);
  g_assert_cmpint (e.per_action_fj[STRATA_COMPONENT_VECTOR], ==, 32 * 1000);
}

/* --- work --- */

static void
test_work (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_graph_new ();
  int t = fixtures_input (graph, 4, 6, 6), sum, average;

  t = fixtures_conv (graph, t, 8, 3, 1);
  sum = fixtures_add (graph, t, t);
  average = fixtures_average (graph, sum);
  fixtures_depthwise (graph, sum, 3, 2);
  fixtures_output (graph, average);
  g_assert_cmpint (strata_work_vector_ops (graph, 0), ==, 2 * 8 * 6);
  g_assert_cmpint (strata_work_vector_ops (graph, 1), ==, 3 * 8 * 6);
  g_assert_cmpint (strata_work_vector_ops (graph, 2), ==, (36 + 2) * 8);
  g_assert_cmpint (strata_work_macs (graph, 3), ==, 9 * 8 * 3);
  g_assert_cmpint (strata_work_read_bytes (graph, 1), ==, 2 * 8 * 6);
  g_assert_cmpint (strata_work_read_bytes (graph, 3), ==, 8 * 6 * 6 / 3);
  g_assert_cmpint (strata_work_copy_rows (10, 0, 3), ==, 4);
  g_assert_cmpint (strata_work_copy_rows (10, 2, 3), ==, 3);
  g_assert_cmpint (strata_work_copy_rows (2, 2, 3), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/program/tiles/text", test_tiles_text);
  g_test_add_func ("/sdk/program/tiles/bad-text", test_tiles_bad_text);
  g_test_add_func ("/sdk/program/tiles/planted", test_tiles_planted);
  g_test_add_func ("/sdk/program/tiles/shared", test_shared);
  g_test_add_func ("/sdk/program/placement/shared", test_shared_placement);
  g_test_add_func ("/sdk/program/placement/text", test_placement_text);
  g_test_add_func ("/sdk/program/placement/planted", test_placement_planted);
  g_test_add_func ("/sdk/program/schedule/planted", test_schedule_planted);
  g_test_add_func ("/sdk/program/schedule/dependences-planted", test_dependences_planted);
  g_test_add_func ("/sdk/program/schedule/buffers-planted", test_buffers_planted);
  g_test_add_func ("/sdk/program/schedule/missing-instruction", test_missing_instruction);
  g_test_add_func ("/sdk/program/burst/energy", test_burst_energy);
  g_test_add_func ("/sdk/program/burst/parts", test_burst_parts);
  g_test_add_func ("/sdk/program/work/counts", test_work);
  return g_test_run ();
}
