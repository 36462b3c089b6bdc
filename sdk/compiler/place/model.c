/* SPDX-License-Identifier: Apache-2.0
 *
 * What tiles ask for, from graph, tiles and chip: their work and bursts per bin of time, where each tile of an op does
 * its share of what the op does then; the ways of rows and sums; and the weights of the terms.
 */
#include "compiler/place/model.h"

#include <math.h>

#include "compiler/place/bins.h"
#include "compiler/place/experts.h"
#include "compiler/place/timeline.h"
#include "cost/cost.h"
#include "program/work.h"

#define MOST_BINS 64
#define LEAST_BINS 8
#define MOST_SUMS (1 << 22) /* of bins of all stacks: 80 MB */
#define MANY_TILES 16384    /* with more, half the bins */
/* The quanta of all tiles together: products of sums of them fit 60 bits, those of heat 42, those of bursts 50 */
#define ALL_WORK (G_GINT64_CONSTANT (1) << 30)
#define ALL_FIRE (G_GINT64_CONSTANT (1) << 20) /* of tiles of teams, in quanta of routes: squares fit 50 bits */
#define HEAT_SHIFT 9
#define ALL_BURSTS 0x1p25
#define BURST_QUANTA 16 /* at most, of one burst */

/* What a picosecond of a term is worth beside one of waiting. What a stack has too much delays every inference, not one
 * burst; links are far from busy where networks were measured; weights of heat keep it to a tie-breaker, for the whole
 * gradient across a stack is a fraction of a kelvin (hardware-facts 2.3). */
#define WEIGHT_PEAK 4.0
#define WEIGHT_NOC 0.1
#define WEIGHT_HEAT (1.0 / 128)
#define WEIGHT_SPARES 0.25 /* of a mean tile's work, for each array that is not kept free */

int
place_hops (const StrataChipSpec *chip, int from, int to)
{
  int x = chip->mesh_x;

  return ABS (from % x - to % x) + ABS (from / x - to / x);
}

int
place_neighbours (const StrataChipSpec *chip, int stack, int *out)
{
  int x = stack % chip->mesh_x, n = 0;

  if (x > 0)
    out[n++] = stack - 1;
  if (x + 1 < chip->mesh_x && stack + 1 < chip->n_stacks)
    out[n++] = stack + 1;
  if (stack >= chip->mesh_x)
    out[n++] = stack - chip->mesh_x;
  if (stack + chip->mesh_x < chip->n_stacks)
    out[n++] = stack + chip->mesh_x;
  return n;
}

gint64
place_term_ps (const PlaceModel *model, StrataPlaceTerm term, gint64 value)
{
  return (gint64) MIN ((double) value * model->scale[term], (double) STRATA_COST_MOST / STRATA_N_PLACE_TERMS);
}

/* --- tiles --- */

static double
activity (const StrataPlaceOptions *options, int op)
{
  return options == NULL || options->activity == NULL ? 1 : CLAMP (options->activity[op], 0, 1);
}

static int
n_bursts (const PlaceModel *model, const StrataTile *tile)
{
  return strata_work_copy_rows (strata_qop_bursts (model->graph, tile->op), tile->copy,
                                strata_work_n_copies (model->tiles, tile->op));
}

/* One output row */
static gint64
burst_ps (const PlaceModel *model, const StrataTile *tile)
{
  const StrataQOp *op = &model->graph->ops[tile->op];
  gint64 interval_ps =
    strata_cost_mvm_interval_ps (model->chip, STRATA_BAND_NOMINAL, tile->n_cols, tile->n_slices, MAX (1, op->n_reads));

  return strata_cost_times (model->graph->tensors[op->output].width, interval_ps);
}

static double
busy_ps (const PlaceModel *model, const StrataTile *tile)
{
  return (double) burst_ps (model, tile) * n_bursts (model, tile);
}

/* How long @n_bytes take each link of their way, @n times */
static gint64
link_ps (const PlaceModel *model, gint64 n_bytes, int n)
{
  return strata_cost_times (n, strata_cost_transfer_ps (model->chip, STRATA_BAND_NOMINAL, n_bytes, 1));
}

/* A time so long that the sum of @n of them fits: who has longer ones is refused when scheduled */
static gint64
longest_ps (gint64 n)
{
  return (G_GINT64_CONSTANT (1) << 61) / MAX (1, n);
}

static int
tiles_per_copy (const StrataTileSet *tiles, int op)
{
  return (tiles->op_first[op + 1] - tiles->op_first[op]) / strata_work_n_copies (tiles, op);
}

/* Ops that are seldom needed are seldom sent rows. */
static void
set_links (PlaceModel *model, const StrataPlaceOptions *options, int id, GArray *group_ps)
{
  const StrataTile *tile = &model->tiles->tiles[id];
  const StrataQOp *op = &model->graph->ops[tile->op];
  const StrataQTensor *in = &model->graph->tensors[op->inputs[0]];
  /* Each group of a grouped product reads channels of its own; its copies read the same again. */
  gboolean grouped = op->window.groups > 1, first = tile->copy == 0 && (tile->col0 == 0 || grouped);
  gboolean begins = tile->row0 == 0;
  double most_ps = (double) longest_ps ((gint64) model->tiles->n_tiles * (model->chip->mesh_x + model->chip->mesh_y));
  double chance = activity (options, tile->op);
  gint64 n_bytes, load_ps;
  int from, to;

  n_bytes = strata_cost_times (STRATA_SUM_BYTES * tile->n_cols, model->graph->tensors[op->output].width);
  model->tile[id].sum_ps = (gint64) MIN (most_ps, chance * (double) link_ps (model, n_bytes, n_bursts (model, tile)));
  if (!first)
    {
      model->tile[id].group = grouped  ? model->tile[id - tiles_per_copy (model->tiles, tile->op)].group
                              : begins ? model->tile[model->tiles->op_first[tile->op]].group
                                       : model->tile[id - 1].group + 1;
      return;
    }
  strata_work_channels (model->graph, tile, &from, &to);
  model->tile[id].group = (int) group_ps->len;
  n_bytes = strata_cost_times (to - from, (gint64) in->width * strata_format_bytes (in->format));
  load_ps = (gint64) MIN (most_ps, chance * (double) link_ps (model, n_bytes, in->height));
  g_array_append_val (group_ps, load_ps);
}

static void
set_tiles (PlaceModel *model, const StrataPlaceOptions *options)
{
  g_autoptr (GArray) group_ps = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (int i = 0; i < model->tiles->n_tiles; i++)
    {
      model->tile[i].op = model->tiles->tiles[i].op;
      model->tile[i].n_tiers = strata_tile_n_tiers (&model->tiles->tiles[i]);
      model->width = MAX (model->width, model->tile[i].n_tiers);
      model->tile[i].home = model->tiles->tiles[i].row0 > 0 ? model->tile[i - 1].home : i;
      set_links (model, options, i, group_ps);
    }
  model->n_groups = (int) group_ps->len;
  model->group_ps = (gint64 *) (gpointer) g_array_free (g_steal_pointer (&group_ps), FALSE);
}

/* --- classes --- */

static int
add_class (PlaceModel *model,
           const PlaceTimeline *timeline,
           PlaceClass class,
           double bursts,
           GArray *classes,
           GArray *works,
           GArray *all_bursts)
{
  double before = 0;

  class.first = (int) works->len;
  for (int bin = 0; bin < model->n_bins && before < 1; bin++)
    {
      double edge_ps = timeline->end_ps * (bin + 1) / model->n_bins;
      double after = bin + 1 == model->n_bins ? 1 : place_timeline_before (timeline, class.op, edge_ps);
      gint32 work = (gint32) (floor (class.work * after) - floor (class.work * before));
      double n = floor (bursts * after) - floor (bursts * before);

      if (after == 0)
        continue;
      if (class.n_bins++ == 0)
        class.bin = bin;
      g_array_append_val (works, work);
      g_array_append_val (all_bursts, n);
      before = after;
    }
  g_array_append_val (classes, class);
  return (int) classes->len - 1;
}

static void
set_classes (PlaceModel *model, const PlaceTimeline *timeline, const StrataPlaceOptions *options)
{
  GArray *classes = g_array_new (FALSE, TRUE, sizeof (PlaceClass)), *works = g_array_new (FALSE, TRUE, sizeof (gint32));
  GArray *bursts = g_array_new (FALSE, TRUE, sizeof (double));
  double all_ps = 0, all_bursts = 1, burst_quanta;
  int first = 0;

  for (int i = 0; i < model->tiles->n_tiles; i++)
    {
      all_ps += busy_ps (model, &model->tiles->tiles[i]);
      all_bursts += n_bursts (model, &model->tiles->tiles[i]);
    }
  model->quantum_ps = 1 + (gint64) MIN (all_ps / (double) ALL_WORK, 0x1p62);
  burst_quanta = MIN (BURST_QUANTA, ALL_BURSTS / all_bursts);
  for (int i = 0; i < model->tiles->n_tiles; i++)
    {
      const StrataTile *tile = &model->tiles->tiles[i];
      gint64 work = (gint64) (busy_ps (model, tile) / (double) model->quantum_ps * activity (options, tile->op));
      PlaceClass class = { .op = tile->op, .work = (gint32) work, .heat = (gint32) (work >> HEAT_SHIFT) };
      int found = -1;

      if (i > 0 && tile[-1].op != tile->op)
        first = (int) classes->len;
      for (int c = first; c < (int) classes->len && found < 0; c++)
        if (g_array_index (classes, PlaceClass, c).work == class.work)
          found = c;
      if (found < 0)
        found = add_class (model, timeline, class,
                           floor (n_bursts (model, tile) * burst_quanta * activity (options, tile->op)), classes, works,
                           bursts);
      model->tile[i].class = found;
    }
  model->n_classes = (int) classes->len;
  model->class = (PlaceClass *) (gpointer) g_array_free (classes, FALSE);
  model->work = (gint32 *) (gpointer) g_array_free (works, FALSE);
  model->bursts = (double *) (gpointer) g_array_free (bursts, FALSE);
  model->scale[STRATA_PLACE_TERM_SWITCH] = 1 / burst_quanta;
}

/* --- ops --- */

gint64
place_overlap (const PlaceModel *model, int a, int b)
{
  const PlaceClass *x = &model->class[model->tile[a].class], *y = &model->class[model->tile[b].class];
  int from = MAX (x->bin, y->bin), to = MIN (x->bin + x->n_bins, y->bin + y->n_bins);

  return to <= from ? 0
                    : place_bins_product (&model->work[x->first + from - x->bin],
                                          &model->work[y->first + from - y->bin], to - from);
}

/* At a row, tiles of one op want the stack at one instant: the second waits for the first at the first row, and at each
 * later one as far as rows follow each other without a pause. */
static gint64
turn_ps (const PlaceModel *model, const PlaceSpan *span, int op, double chance)
{
  const StrataTile *tile = &model->tiles->tiles[model->tiles->op_first[op]];
  double busy, length_ps = MAX (1, span[op].end_ps - span[op].start_ps);

  if (model->tiles->op_first[op] == model->tiles->op_first[op + 1])
    return 0;
  busy = busy_ps (model, tile);
  return (gint64) MIN (chance * ((double) burst_ps (model, tile) + busy * MIN (1, busy / length_ps)),
                       (double) longest_ps ((gint64) model->tiles->n_tiles * model->chip->tiers));
}

static void
set_ops (PlaceModel *model, const PlaceSpan *span, const StrataPlaceOptions *options)
{
  double all_ps = 0;
  gint64 *quantum_ps = &model->route_quantum_ps;

  for (int op = 0; op < model->graph->n_ops; op++)
    model->op[op].turn_ps = turn_ps (model, span, op, activity (options, op));
  place_experts_init (model, options);
  for (int i = 0; i < model->tiles->n_tiles; i++)
    all_ps += model->op[model->tile[i].op].team >= 0 ? busy_ps (model, &model->tiles->tiles[i]) : 0;
  *quantum_ps = 1 + (gint64) MIN (all_ps / (double) ALL_FIRE, 0x1p62);
  for (int i = 0; i < model->tiles->n_tiles; i++)
    {
      const PlaceOp *op = &model->op[model->tile[i].op];

      model->tile[i].fire = (gint32) (busy_ps (model, &model->tiles->tiles[i]) / (double) *quantum_ps);
      for (int r = 0; r < op->n_routes; r++)
        model->route_work[model->route[op->first_route + r]] += model->tile[i].fire;
    }
}

/* --- chip --- */

static void
set_stacks (PlaceModel *model)
{
  const StrataChipSpec *chip = model->chip;
  g_autofree int *links = g_new (int, chip->mesh_x + chip->mesh_y + 2);
  gint64 n_free = strata_chip_arrays (chip) - strata_tile_set_n_arrays (model->tiles);

  model->hub_hops = g_new (int, chip->n_stacks);
  model->n_usable = g_new (int, chip->n_stacks);
  model->least_way = g_new0 (int, chip->n_stacks);
  for (int i = 0; i < chip->n_stacks; i++)
    {
      model->hub_hops[i] = strata_chip_route (chip, chip->n_stacks, i, links);
      model->n_usable[i] = chip->tiers;
    }
  for (int i = 0; i < chip->n_dead; i++)
    {
      int stack = chip->dead[i].stack, *way = &model->least_way[stack];

      model->n_usable[stack]--;
      while (*way + 1 < chip->tiers && !strata_chip_site_usable (chip, (StrataSite){ stack, chip->tiers - 1 - *way }))
        (*way)++;
    }
  model->most_wide = g_new (int, chip->n_stacks);
  for (int i = 0; i < chip->n_stacks; i++)
    model->most_wide[i] = model->width > 1 ? strata_chip_runs (chip, i, model->width) : 0;
  model->n_spare = (int) CLAMP (n_free / chip->n_stacks, 0, chip->spare_tiers);
}

/* A switch there and back: the line is selected, and the pipeline drains. */
static double
switch_ps (const PlaceModel *model)
{
  double most_ps = 0;

  for (int op = 0; op < model->graph->n_ops; op++)
    if (model->tiles->op_first[op] < model->tiles->op_first[op + 1])
      {
        const StrataTile *tile = &model->tiles->tiles[model->tiles->op_first[op]];

        most_ps = MAX (
          most_ps,
          (double) strata_cost_select_ps (model->chip, STRATA_BAND_NOMINAL)
            + (double) strata_cost_mvm_ps (model->chip, STRATA_BAND_NOMINAL, tile->n_cols, tile->n_slices, 1)
            - (double) strata_cost_mvm_interval_ps (model->chip, STRATA_BAND_NOMINAL, tile->n_cols, tile->n_slices, 1));
      }
  return most_ps;
}

/* The least interval between inferences: what the busiest unit and the longest tile take */
static void
set_horizon (PlaceModel *model, double tile_ps)
{
  g_autofree guint8 *silent = strata_work_silent (model->graph);
  double stacks_ps = 0, vector_ps = 0, mac_ps = 0;

  for (int i = 0; i < model->tiles->n_tiles; i++)
    stacks_ps += busy_ps (model, &model->tiles->tiles[i]) / model->chip->n_stacks;
  for (int op = 0; op < model->graph->n_ops; op++)
    {
      double n_rows = silent[op] ? 0 : strata_qop_bursts (model->graph, op);

      if (model->graph->ops[op].kind == STRATA_QOP_MAC || model->graph->ops[op].kind == STRATA_QOP_DIGITAL)
        mac_ps += n_rows * (double) strata_cost_mac_ps (model->chip, strata_work_macs (model->graph, op));
      if (model->graph->ops[op].kind != STRATA_QOP_MAC)
        vector_ps += n_rows * (double) strata_cost_vector_ps (model->chip, strata_work_vector_ops (model->graph, op));
    }
  model->horizon = 1 + (gint64) (MAX (MAX (stacks_ps, tile_ps), MAX (vector_ps, mac_ps)) / (double) model->quantum_ps);
}

/* Squares of loads of routes as the mean of what all their tiles wait */
static double
route_scale (const PlaceModel *model)
{
  double quantum_ps = (double) model->route_quantum_ps, sum = 0;
  int n = 0;

  for (int i = 0; i < model->tiles->n_tiles; i++)
    if (model->op[model->tile[i].op].team >= 0)
      {
        sum += model->tile[i].fire;
        n++;
      }
  return n == 0 ? 0 : quantum_ps * n / MAX (1, sum) * model->n_teams / model->n_routes;
}

static void
set_scale (PlaceModel *model)
{
  double quantum_ps = (double) model->quantum_ps, heat_ps = quantum_ps * (1 << HEAT_SHIFT), all_ps = 0;
  double horizon_ps = (double) model->horizon * quantum_ps, *scale = model->scale;

  for (int i = 0; i < model->tiles->n_tiles; i++)
    all_ps += quantum_ps * model->class[model->tile[i].class].work;
  scale[STRATA_PLACE_TERM_SERIAL] = quantum_ps * quantum_ps / (double) model->bin_ps;
  scale[STRATA_PLACE_TERM_EXPERTS] = route_scale (model);
  scale[STRATA_PLACE_TERM_TURNS] = 1;
  scale[STRATA_PLACE_TERM_STEADY] = quantum_ps * quantum_ps / horizon_ps;
  scale[STRATA_PLACE_TERM_PEAK] = WEIGHT_PEAK * quantum_ps;
  scale[STRATA_PLACE_TERM_SWITCH] *= switch_ps (model);
  scale[STRATA_PLACE_TERM_NOC] = scale[STRATA_PLACE_TERM_SUMS] = WEIGHT_NOC;
  scale[STRATA_PLACE_TERM_HEAT] = WEIGHT_HEAT * heat_ps * heat_ps / horizon_ps;
  scale[STRATA_PLACE_TERM_DEPTH] = WEIGHT_HEAT * heat_ps * heat_ps / horizon_ps / model->chip->tiers;
  scale[STRATA_PLACE_TERM_SPARES] = WEIGHT_SPARES * all_ps / MAX (1, model->tiles->n_tiles);
}

void
place_model_init (PlaceModel *model,
                  const StrataQGraph *graph,
                  const StrataTileSet *tiles,
                  const StrataChipSpec *chip,
                  const StrataPlaceOptions *options)
{
  PlaceTimeline timeline;
  double tile_ps = 0;

  *model = (PlaceModel){ .graph = graph, .tiles = tiles, .chip = chip, .width = 1 };
  model->n_bins = tiles->n_tiles > MANY_TILES ? MOST_BINS / 2 : MOST_BINS;
  while (model->n_bins > LEAST_BINS && (gint64) model->n_bins * chip->n_stacks > MOST_SUMS)
    model->n_bins /= 2;
  model->tile = g_new0 (PlaceTile, (gsize) tiles->n_tiles + 1);
  model->op = g_new0 (PlaceOp, (gsize) graph->n_ops + 1);
  set_tiles (model, options);
  place_timeline_init (&timeline, graph, tiles, chip, options == NULL ? NULL : options->activity);
  model->bin_ps = (gint64) MAX (1, timeline.end_ps / model->n_bins);
  set_classes (model, &timeline, options);
  set_ops (model, timeline.span, options);
  place_timeline_finish (&timeline);
  set_stacks (model);
  for (int i = 0; i < tiles->n_tiles; i++)
    tile_ps = MAX (tile_ps, busy_ps (model, &tiles->tiles[i]));
  set_horizon (model, tile_ps);
  set_scale (model);
}

void
place_model_finish (PlaceModel *model)
{
  g_free (model->tile);
  g_free (model->class);
  g_free (model->op);
  place_experts_finish (model);
  g_free (model->group_ps);
  g_free (model->work);
  g_free (model->bursts);
  g_free (model->hub_hops);
  g_free (model->n_usable);
  g_free (model->least_way);
  g_free (model->most_wide);
}
