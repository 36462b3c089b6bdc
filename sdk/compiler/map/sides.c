/* SPDX-License-Identifier: Apache-2.0
 *
 * Which side each matrix product takes: arrays or the digital MAC units. A dense product goes to arrays; a grouped one,
 * of which an array holds only the blocks on its diagonal, to what costs less by unit-cost.h, as long as arrays last.
 * Both sides compute the same integers where eight bits hold the weights.
 *
 * Groups side by side leave no rows for copies, so few rows give a column its signal while its thermal noise is that of
 * the whole array (hardware-facts 1.4). Where nobody says otherwise, conversions are averaged until the ratio is that
 * of a column whose rows are all used once; that is part of the price.
 */
#include <math.h>

#include "compiler/stages.h"
#include "cost/cost.h"
#include "program/unit-cost.h"

/* Weights of the digital MAC units are int8. */
#define MAC_WEIGHT_MAX 128
#define ROUNDED_WEIGHT_MAX 127
#define MAX_SLICES 8

/* Both ways of one product */
typedef struct
{
  int op, n_slices, n_reads;
  StrataUnitCost analog, digital;
  double gain; /* cost of digital over that of arrays */
} Choice;

/* Cells that hold a weight of @op; 0: no array takes it. */
static int
count_slices (const StrataQOp *op, const StrataChipSpec *chip)
{
  int n = 1;

  if (op->kind == STRATA_QOP_MVM)
    return op->n_slices;
  while (n <= MAX_SLICES && (gint64) 1 << (chip->cell_bits * n) <= op->weight_max)
    n++;
  return n <= MIN (MAX_SLICES, chip->columns) ? n : 0;
}

/* Signal grows with the root of rows and with copies, noise falls with the root of reads. */
static int
count_reads (const StrataQOp *op, const StrataChipSpec *chip, const StrataSideOptions *options, int n_slices)
{
  int n_together =
    MIN (strata_unit_groups_per_array (chip, op->k, op->n / op->window.groups, n_slices), op->window.groups);
  gint64 n_copies = MAX (1, chip->rows / ((gint64) MAX (1, n_together) * op->k)), signal = n_copies * n_copies * op->k;

  if (op->window.groups <= 1 || options->n_reads > 0 || signal >= chip->rows)
    return MAX (1, op->n_reads);
  return MAX (op->n_reads, (int) ((chip->rows + signal / 2) / signal));
}

/* What @objective counts; with none but arrays, energy times time, so that neither is bought at any price */
static double
cost_of (const StrataUnitCost *cost, StrataObjective objective)
{
  double time = MAX (1.0, (double) cost->time_ps), energy = MAX (1.0, (double) cost->energy_fj);

  switch (objective)
    {
    case STRATA_OBJECTIVE_LATENCY:
    case STRATA_OBJECTIVE_INTERVAL:
      return time;
    case STRATA_OBJECTIVE_ENERGY:
      return energy;
    case STRATA_OBJECTIVE_ARRAYS:
      break;
    }
  return time * energy;
}

static const char *
cost_name (StrataObjective objective)
{
  return objective == STRATA_OBJECTIVE_ENERGY   ? "energy"
         : objective == STRATA_OBJECTIVE_ARRAYS ? "energy times time"
                                                : "time";
}

static StrataSide
side_of (const StrataQGraph *graph, const StrataSideOptions *options, int op)
{
  StrataSide side = options->sides == NULL ? STRATA_SIDE_CHEAPER : options->sides[op];

  if (side == STRATA_SIDE_CHEAPER && graph->ops[op].window.groups <= 1)
    return graph->ops[op].kind == STRATA_QOP_MVM ? STRATA_SIDE_ANALOG : STRATA_SIDE_DIGITAL;
  return side;
}

/* --- changing sides --- */

/* Weights of more than eight bits are rounded to them; bias and multiplier follow. */
static void
narrow_weights (StrataQOp *op, StrataArena *arena)
{
  const double factor = (double) ROUNDED_WEIGHT_MAX / op->weight_max;
  gsize n_weights = (gsize) op->n * (gsize) op->k;
  gint16 *weights;
  gint32 *bias;
  double *multiplier;

  op->weight_max = ROUNDED_WEIGHT_MAX;
  if (op->weights == NULL)
    return;
  weights = strata_arena_array (arena, gint16, n_weights);
  bias = strata_arena_array (arena, gint32, op->n);
  multiplier = strata_arena_array (arena, double, op->n);
  for (gsize i = 0; i < n_weights; i++)
    weights[i] = (gint16) lrint (op->weights[i] * factor);
  for (int n = 0; n < op->n; n++)
    {
      bias[n] = (gint32) lrint (op->bias[n] * factor);
      multiplier[n] = op->multiplier[n] / factor;
    }
  op->weights = weights;
  op->bias = bias;
  op->multiplier = multiplier;
}

static void
take_side (StrataQOp *op, gboolean analog, int n_slices, int n_reads, StrataArena *arena)
{
  if (analog)
    {
      op->kind = STRATA_QOP_MVM;
      op->n_slices = n_slices;
      op->n_reads = n_reads;
      return;
    }
  if (op->kind == STRATA_QOP_MVM)
    {
      op->n_slices = 1;
      op->block_rows = 0;
    }
  op->kind = STRATA_QOP_MAC;
  if (op->weight_max > MAC_WEIGHT_MAX)
    narrow_weights (op, arena);
}

/* --- deciding --- */

static void
explain (const StrataQGraph *graph,
         const StrataChipSpec *chip,
         const StrataSideOptions *options,
         const Choice *choice,
         gboolean analog,
         const char *why)
{
  const StrataQOp *op = &graph->ops[choice->op];
  int n_groups = op->window.groups, n = op->n / n_groups;
  gint64 n_macs = strata_cost_times (strata_qop_bursts (graph, choice->op), strata_work_macs (graph, choice->op));
  int n_together =
    choice->n_slices > 0 ? MIN (strata_unit_groups_per_array (chip, op->k, n, choice->n_slices), n_groups) : 0;
  const StrataUnitCost *cost = analog ? &choice->analog : &choice->digital;
  const StrataUnitCost *other = analog ? &choice->digital : &choice->analog;
  g_autofree char *together = n_together > 0 ? g_strdup_printf ("%d to an array along its diagonal, ", n_together)
                                             : g_strdup ("each cut over several arrays, ");
  g_autofree char *verdict = g_strdup_printf ("%.3g x the energy and %.3g x the time, on its own",
                                              (double) other->energy_fj / (double) MAX (1, cost->energy_fj),
                                              (double) other->time_ps / (double) MAX (1, cost->time_ps));
  const StrataAlternative alternative = { analog ? "digital units" : "arrays, packed block-diagonally",
                                          other->time_ps,
                                          -1,
                                          other->energy_fj,
                                          other->n_arrays,
                                          verdict };

  if (options->decisions == NULL)
    return;
  if (analog)
    strata_decisions_add (options->decisions, STRATA_REASON_ANALOG, choice->op, -1, choice->analog.n_arrays,
                          "%s has %d groups of %d x %d: %s%" G_GINT64_FORMAT " arrays and %d conversion%s a "
                          "product, as %d rows are the signal in a column of %d, %s",
                          op->onnx, n_groups, op->k, n, together, choice->analog.n_arrays, choice->n_reads,
                          choice->n_reads == 1 ? "" : "s", MIN (op->k, chip->rows), chip->rows, why);
  else
    strata_decisions_add (options->decisions, STRATA_REASON_DIGITAL, choice->op, -1, n_macs,
                          "%s has %d groups of %d x %d: %" G_GINT64_FORMAT
                          " multiply-accumulates go to the MAC units, %s",
                          op->onnx, n_groups, op->k, n, n_macs, why);
  if (choice->n_slices > 0)
    strata_decisions_add_alternative (options->decisions, &alternative);
}

static int
compare_gain (gconstpointer a, gconstpointer b)
{
  const Choice *x = a, *y = b;

  if (x->gain != y->gain)
    return x->gain > y->gain ? -1 : 1;
  return (x->op > y->op) - (x->op < y->op);
}

static StrataUnitCost
analog_cost (StrataQGraph *graph, const StrataChipSpec *chip, const Choice *choice)
{
  StrataQOp *op = &graph->ops[choice->op];
  int kept = op->n_reads;
  StrataUnitCost cost;

  op->n_reads = choice->n_reads;
  cost = strata_unit_cost_analog (graph, choice->op, chip, choice->n_slices, TRUE);
  op->n_reads = kept;
  return cost;
}

/* Grouped products that nobody has said anything of, those that gain most by arrays first */
static GArray *
list_choices (StrataQGraph *graph, const StrataChipSpec *chip, const StrataSideOptions *options)
{
  GArray *choices = g_array_new (FALSE, TRUE, sizeof (Choice));

  for (int i = 0; i < graph->n_ops; i++)
    {
      Choice choice = { .op = i };

      if (!strata_qop_is_product (graph->ops[i].kind) || side_of (graph, options, i) != STRATA_SIDE_CHEAPER)
        continue;
      choice.n_slices = count_slices (&graph->ops[i], chip);
      choice.digital = strata_unit_cost_digital (graph, i, chip);
      if (choice.n_slices > 0)
        {
          choice.n_reads = count_reads (&graph->ops[i], chip, options, choice.n_slices);
          choice.analog = analog_cost (graph, chip, &choice);
          choice.gain = cost_of (&choice.digital, options->objective) / cost_of (&choice.analog, options->objective);
        }
      g_array_append_val (choices, choice);
    }
  g_array_sort (choices, compare_gain);
  return choices;
}

static void
take_cheaper (StrataQGraph *result, const StrataChipSpec *chip, const StrataSideOptions *options, gint64 n_left)
{
  g_autoptr (GArray) choices = list_choices (result, chip, options);

  for (guint i = 0; i < choices->len; i++)
    {
      const Choice *choice = &g_array_index (choices, Choice, i);
      gboolean cheaper = choice->gain > 1, analog = cheaper && choice->analog.n_arrays <= n_left;
      g_autofree char *why = NULL;

      if (choice->n_slices == 0)
        why = g_strdup_printf ("for no array of %d columns holds weights up to %d in cells of %d bits", chip->columns,
                               result->ops[choice->op].weight_max, chip->cell_bits);
      else if (cheaper != analog)
        why = g_strdup_printf (
          "although arrays cost less: %" G_GINT64_FORMAT " are left of those that dense layers need", MAX (0, n_left));
      else
        why = g_strdup_printf ("for less %s", cost_name (options->objective));
      explain (result, chip, options, choice, analog, why);
      take_side (&result->ops[choice->op], analog, choice->n_slices, choice->n_reads, result->arena);
      n_left -= analog ? choice->analog.n_arrays : 0;
    }
}

StrataQGraph *
strata_map_sides (const StrataQGraph *graph,
                  const StrataChipSpec *chip,
                  const StrataSideOptions *options,
                  GError **error)
{
  const StrataSideOptions defaults = { NULL, STRATA_OBJECTIVE_ARRAYS, 0, NULL };
  g_autoptr (StrataQGraph) result = NULL;
  gboolean changed = FALSE;
  gint64 n_left;

  g_return_val_if_fail (graph != NULL && chip != NULL, NULL);
  if (options == NULL)
    options = &defaults;
  result = strata_qgraph_share (graph);
  n_left = strata_chip_arrays (chip);
  for (int i = 0; i < result->n_ops; i++)
    {
      StrataQOp *op = &result->ops[i];
      StrataSide side = strata_qop_is_product (op->kind) ? side_of (graph, options, i) : STRATA_SIDE_CHEAPER;
      int n_slices = side == STRATA_SIDE_ANALOG ? count_slices (op, chip) : 0;

      if (side == STRATA_SIDE_CHEAPER)
        continue;
      if (side == STRATA_SIDE_ANALOG && n_slices == 0)
        {
          g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED,
                       "op '%s': no array of %s holds weights up to %d in cells of %d bits; leave it to the digital "
                       "units",
                       op->name, chip->name, op->weight_max, chip->cell_bits);
          return NULL;
        }
      take_side (op, side == STRATA_SIDE_ANALOG, n_slices,
                 side == STRATA_SIDE_ANALOG ? count_reads (op, chip, options, n_slices) : 1, result->arena);
      /* What no array takes is refused by the map. */
      if (side == STRATA_SIDE_ANALOG && op->n_slices <= chip->columns)
        n_left -= strata_unit_arrays (chip, op);
    }
  take_cheaper (result, chip, options, n_left);
  for (int i = 0; i < result->n_ops; i++)
    changed = changed || result->ops[i].kind != graph->ops[i].kind;
  if (changed && !strata_qgraph_check (result, error))
    return NULL;
  return g_steal_pointer (&result);
}
