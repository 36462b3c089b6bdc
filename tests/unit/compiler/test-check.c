/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks of the stages, both ways: what the stages make of random networks on several chips, some with dead arrays,
 * passes every check; and one error planted into an artefact is found by its check. STRATA_TEST_FULL=1 takes 500
 * networks instead of a few dozen.
 */
#include "base/rng.h"
#include "compiler/lower/lowered.h"
#include "compiler/stages.h"
#include "lib/fixtures.h"
#include "random-graph.h"

#define N_SEEDS 16
#define N_SEEDS_FULL 500
#define N_CHIPS 4

/* Everything one compilation makes */
typedef struct
{
  StrataChipSpec *chip;
  StrataGraph *source;
  StrataLowered *lowered;
  StrataImage image; /* graph, tiles, placement, schedule */
} Made;

/* A full chip; the same with dead arrays; a small one, dead too; one of many tiers and other arrays. Two add charge. */
static StrataChipSpec *
make_chip (int which, guint64 seed)
{
  static const struct
  {
    const char *name;
    int mesh_x, mesh_y, tiers;
    double dead;
    int summable_tiers;
  } chips[N_CHIPS] = {
    { "demonstrator", 0, 0, 0, 0, 1 },
    { "demonstrator", 4, 4, 48, 0.2, 2 },
    { "demonstrator", 2, 3, 160, 0.35, 1 },
    { "phone", 3, 3, 64, 0.1, 3 },
  };
  StrataChipSpec *chip =
    fixtures_chip (chips[which].name, chips[which].mesh_x, chips[which].mesh_y, chips[which].tiers);

  chip->summable_tiers = chips[which].summable_tiers;
  if (chips[which].dead > 0)
    fixtures_kill (chip, seed, chips[which].dead);
  return chip;
}

static void
made_clear (Made *made)
{
  strata_schedule_free (made->image.schedule);
  strata_placement_free (made->image.placement);
  strata_tile_set_free (made->image.tiles);
  strata_qgraph_free (made->image.graph);
  strata_lowered_free (made->lowered);
  strata_graph_free (made->source);
  strata_chip_spec_free (made->chip);
}

/* Grouped products in arrays with every other network, whatever they cost */
static StrataQGraph *
take_sides (const StrataQGraph *graph, const StrataChipSpec *chip, guint64 seed, GError **error)
{
  g_autofree StrataSide *sides = g_new (StrataSide, graph->n_ops + 1);
  const StrataSideOptions options = { sides, STRATA_OBJECTIVE_ARRAYS, 0, NULL };

  for (int i = 0; i < graph->n_ops; i++)
    sides[i] = seed % 2 == 0 && graph->ops[i].window.groups > 1 ? STRATA_SIDE_ANALOG : STRATA_SIDE_CHEAPER;
  return strata_map_sides (graph, chip, &options, error);
}

/* Runs the stages one by one, each followed by its check. */
static void
make (Made *made, guint64 seed, int which)
{
  const StrataCalibration calibration = { .n_threads = 1 };
  const StrataPlaceOptions place = { .seed = seed, .effort = -1 };
  StrataImage *image = &made->image;
  g_autoptr (StrataQGraph) graph = NULL;
  g_autoptr (GError) error = NULL;

  *made = (Made){ .chip = make_chip (which, seed), .source = random_graph_new (seed) };
  made->lowered = strata_lower (made->source, &error);
  g_assert_no_error (error);
  strata_lowered_check (made->lowered, &error);
  g_assert_no_error (error);
  graph = strata_quantise (made->source, made->lowered, made->chip, &calibration, &error);
  g_assert_no_error (error);
  image->graph = take_sides (graph, made->chip, seed, &error);
  g_assert_no_error (error);
  strata_qgraph_check (image->graph, &error);
  g_assert_no_error (error);
  image->tiles = strata_map (image->graph, made->chip, NULL, &error);
  g_assert_no_error (error);
  strata_tile_set_check (image->tiles, image->graph, made->chip, &error);
  g_assert_no_error (error);
  image->placement = strata_place (image->graph, image->tiles, made->chip, &place, &error);
  g_assert_no_error (error);
  strata_placement_check (image->placement, image->tiles, made->chip, &error);
  g_assert_no_error (error);
  image->schedule = strata_schedule (image->graph, image->tiles, image->placement, made->chip, NULL, &error);
  g_assert_no_error (error);
  strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, made->chip, &error);
  g_assert_no_error (error);
}

/* --- planted errors --- */

/* Spoils one thing that @random picks; FALSE where this artefact has nothing of the kind. */
typedef gboolean (*Plant) (Made *made, guint32 random);

static gboolean
spoil_lowered_input (Made *made, guint32 random)
{
  StrataLoweredOp *op = &made->lowered->ops[random % (guint32) made->lowered->n_ops];

  op->inputs[0] = op->output;
  return TRUE;
}

static gboolean
spoil_lowered_shape (Made *made, guint32 random)
{
  StrataLoweredOp *op = &made->lowered->ops[random % (guint32) made->lowered->n_ops];

  made->lowered->tensors[op->output].channels += 1;
  return TRUE;
}

static gboolean
spoil_scale (Made *made, guint32 random)
{
  StrataQTensor *tensor = &made->image.graph->tensors[random % (guint32) made->image.graph->n_tensors];

  tensor->scale = -1;
  return tensor->format != STRATA_FORMAT_F32;
}

static gboolean
spoil_zero_point (Made *made, guint32 random)
{
  StrataQTensor *tensor = &made->image.graph->tensors[random % (guint32) made->image.graph->n_tensors];

  tensor->zero_point = 40000;
  return tensor->format != STRATA_FORMAT_F32;
}

static StrataQOp *
pick_mvm (Made *made, guint32 random)
{
  StrataQGraph *graph = made->image.graph;

  for (int i = 0; i < graph->n_ops; i++)
    {
      StrataQOp *op = &graph->ops[((int) (random % (guint32) graph->n_ops) + i) % graph->n_ops];

      if (op->kind == STRATA_QOP_MVM)
        return op;
    }
  g_assert_not_reached ();
}

static gboolean
spoil_weight (Made *made, guint32 random)
{
  StrataQOp *op = pick_mvm (made, random);
  gint16 *weights = (gint16 *) op->weights;

  weights[random % (guint32) (op->n * op->k)] = (gint16) (op->weight_max + 1);
  return TRUE;
}

static gboolean
spoil_matrix (Made *made, guint32 random)
{
  pick_mvm (made, random)->k += 1;
  return TRUE;
}

static gboolean
spoil_order (Made *made, guint32 random)
{
  StrataQOp *op = &made->image.graph->ops[random % (guint32) made->image.graph->n_ops];

  op->inputs[0] = op->output;
  return TRUE;
}

static gboolean
spoil_tile_rows (Made *made, guint32 random)
{
  made->image.tiles->tiles[random % (guint32) made->image.tiles->n_tiles].n_rows -= 1;
  return TRUE;
}

static gboolean
spoil_tile_columns (Made *made, guint32 random)
{
  made->image.tiles->tiles[random % (guint32) made->image.tiles->n_tiles].n_cols += 1;
  return TRUE;
}

static gboolean
spoil_tile_place (Made *made, guint32 random)
{
  made->image.tiles->tiles[random % (guint32) made->image.tiles->n_tiles].row0 += 1;
  return TRUE;
}

static gboolean
spoil_row_copies (Made *made, guint32 random)
{
  made->image.tiles->tiles[random % (guint32) made->image.tiles->n_tiles].n_row_copies = made->chip->rows + 1;
  return TRUE;
}

static gboolean
spoil_tile_groups (Made *made, guint32 random)
{
  made->image.tiles->tiles[random % (guint32) made->image.tiles->n_tiles].n_groups += 1;
  return TRUE;
}

static gboolean
spoil_tile_tiers (Made *made, guint32 random)
{
  made->image.tiles->tiles[random % (guint32) made->image.tiles->n_tiles].n_tiers += 1;
  return TRUE;
}

static gboolean
spoil_tile_count (Made *made, guint32 random)
{
  (void) random;
  made->image.tiles->n_tiles -= 1;
  made->image.tiles->op_first[made->image.tiles->n_ops] -= 1;
  return TRUE;
}

static gboolean
spoil_site_range (Made *made, guint32 random)
{
  made->image.placement->site[random % (guint32) made->image.placement->n_tiles].tier = made->chip->tiers;
  return TRUE;
}

static gboolean
spoil_site_twice (Made *made, guint32 random)
{
  StrataPlacement *placement = made->image.placement;
  guint32 tile = random % (guint32) placement->n_tiles;

  placement->site[tile] = placement->site[(tile + 1) % (guint32) placement->n_tiles];
  return placement->n_tiles > 1;
}

static gboolean
spoil_site_dead (Made *made, guint32 random)
{
  if (made->chip->n_dead == 0)
    return FALSE;
  made->image.placement->site[random % (guint32) made->image.placement->n_tiles] =
    made->chip->dead[random % (guint32) made->chip->n_dead];
  return TRUE;
}

static StrataInstruction *
pick_instruction (Made *made, guint32 random)
{
  return &made->image.schedule->instructions[random % (guint32) made->image.schedule->n_instructions];
}

static gboolean
spoil_actions (Made *made, guint32 random)
{
  pick_instruction (made, random)->n_actions += 1;
  return TRUE;
}

static gboolean
spoil_bursts (Made *made, guint32 random)
{
  pick_instruction (made, random)->n_bursts += 1;
  return TRUE;
}

static gboolean
spoil_sram_bytes (Made *made, guint32 random)
{
  pick_instruction (made, random)->sram_bytes += 1;
  return TRUE;
}

static gboolean
spoil_unit (Made *made, guint32 random)
{
  StrataInstruction *instruction = pick_instruction (made, random);

  instruction->unit = instruction->unit == 0 ? 1 : 0;
  return TRUE;
}

/* A burst that no longer waits for what it reads. */
static gboolean
spoil_dependence (Made *made, guint32 random)
{
  StrataSchedule *schedule = made->image.schedule;
  StrataDependence *d;

  if (schedule->n_dependences == 0)
    return FALSE;
  d = &schedule->dependences[random % (guint32) schedule->n_dependences];
  d->add -= 1 + d->multiply * schedule->instructions[d->instruction].n_bursts;
  return schedule->instructions[d->instruction].n_bursts > 1;
}

static gboolean
spoil_route (Made *made, guint32 random)
{
  StrataSchedule *schedule = made->image.schedule;

  if (schedule->n_routes == 0)
    return FALSE;
  schedule->routes[random % (guint32) schedule->n_routes] = 0;
  return TRUE;
}

static gboolean
check_lowered (Made *made, GError **error)
{
  return strata_lowered_check (made->lowered, error);
}

static gboolean
check_graph (Made *made, GError **error)
{
  return strata_qgraph_check (made->image.graph, error);
}

static gboolean
check_tiles (Made *made, GError **error)
{
  return strata_tile_set_check (made->image.tiles, made->image.graph, made->chip, error);
}

static gboolean
check_placement (Made *made, GError **error)
{
  return strata_placement_check (made->image.placement, made->image.tiles, made->chip, error);
}

static gboolean
check_schedule (Made *made, GError **error)
{
  const StrataImage *image = &made->image;

  return strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, made->chip, error);
}

static const struct
{
  const char *path;
  Plant plant;
  gboolean (*check) (Made *made, GError **error);
} errors[] = {
  { "lowered/input", spoil_lowered_input, check_lowered },
  { "lowered/shape", spoil_lowered_shape, check_lowered },
  { "graph/scale", spoil_scale, check_graph },
  { "graph/zero-point", spoil_zero_point, check_graph },
  { "graph/weight", spoil_weight, check_graph },
  { "graph/matrix", spoil_matrix, check_graph },
  { "graph/order", spoil_order, check_graph },
  { "tiles/rows", spoil_tile_rows, check_tiles },
  { "tiles/columns", spoil_tile_columns, check_tiles },
  { "tiles/place", spoil_tile_place, check_tiles },
  { "tiles/row-copies", spoil_row_copies, check_tiles },
  { "tiles/groups", spoil_tile_groups, check_tiles },
  { "tiles/tiers", spoil_tile_tiers, check_tiles },
  { "tiles/count", spoil_tile_count, check_tiles },
  { "placement/range", spoil_site_range, check_placement },
  { "placement/twice", spoil_site_twice, check_placement },
  { "placement/dead", spoil_site_dead, check_placement },
  { "schedule/actions", spoil_actions, check_schedule },
  { "schedule/bursts", spoil_bursts, check_schedule },
  { "schedule/sram-bytes", spoil_sram_bytes, check_schedule },
  { "schedule/unit", spoil_unit, check_schedule },
  { "schedule/dependence", spoil_dependence, check_schedule },
  { "schedule/route", spoil_route, check_schedule },
};

/* --- tests --- */

static int
count_seeds (void)
{
  return g_getenv ("STRATA_TEST_FULL") != NULL ? N_SEEDS_FULL : N_SEEDS;
}

static void
test_random (void)
{
  for (int seed = 0; seed < count_seeds (); seed++)
    for (int which = 0; which < N_CHIPS; which++)
      {
        Made made;

        make (&made, (guint64) seed, which);
        made_clear (&made);
      }
}

static void
test_planted (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  int n_planted = 0, n_seeds = count_seeds () / 4;

  for (int seed = 0; seed < n_seeds; seed++)
    {
      guint32 random = strata_rng_block (strata_rng_key ((guint64) seed, 22), i, 0).word[0];
      g_autoptr (GError) error = NULL;
      Made made;

      make (&made, (guint64) seed, seed % N_CHIPS);
      if (errors[i].plant (&made, random))
        {
          n_planted++;
          if (errors[i].check (&made, &error))
            g_error ("%s: seed %d: the planted error was not found", errors[i].path, seed);
          g_assert_nonnull (error);
        }
      made_clear (&made);
    }
  g_assert_cmpint (n_planted, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/check/random", test_random);
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_autofree char *path = g_strconcat ("/sdk/compiler/check/", errors[i].path, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_planted);
    }
  return g_test_run ();
}
