/* SPDX-License-Identifier: Apache-2.0
 *
 * Priorities, the critical path with unlimited units, and the lower bound of design 7 for given tiles and copies: the
 * maximum of the critical path with ceil (arrays of a layer / stacks) turns per row, of all tier work spread evenly
 * over the stacks, and of the load of each other unit, each between the least heads and tails of what it has to do.
 */
#include "compiler/schedule/emit.h"

static StrataBurstTime
burst_time (const StrataSchedule *schedule, const ScheduleInput *in, int id)
{
  return strata_burst_time (&schedule->instructions[id], in->graph, in->tiles, in->chip, STRATA_BAND_NOMINAL);
}

static StrataTailsInput
tails_input (const StrataSchedule *schedule, const ScheduleInput *in)
{
  return (StrataTailsInput){ schedule, in->graph, in->tiles, in->chip, in->shared, STRATA_BAND_NOMINAL, FALSE };
}

/* The tier switch before an instruction's first burst, which every tile that has an array to itself pays */
static gint64
select_ps (const ScheduleInput *in, const StrataInstruction *instruction)
{
  const StrataTailsInput input = tails_input (NULL, in);

  return strata_tails_select_ps (&input, instruction);
}

void
schedule_tails_init (StrataTails *tails, const StrataSchedule *schedule, const ScheduleInput *in)
{
  const StrataTailsInput input = tails_input (schedule, in);

  strata_tails_init (tails, &input);
}

gboolean
schedule_is_host (const StrataInstruction *instruction)
{
  return instruction->opcode == STRATA_OPCODE_HOST_IN || instruction->opcode == STRATA_OPCODE_HOST_OUT;
}

/* --- priorities --- */

typedef struct
{
  int id;
  gint64 remaining_ps;
} Ranked;

static int
compare_remaining (gconstpointer a, gconstpointer b)
{
  const Ranked *x = a, *y = b;

  if (x->remaining_ps != y->remaining_ps)
    return x->remaining_ps > y->remaining_ps ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

static void
set_longest_path (StrataSchedule *schedule, const ScheduleInput *in)
{
  g_autofree Ranked *ranked = g_new0 (Ranked, (gsize) schedule->n_instructions + 1);

  for (int i = schedule->n_instructions - 1; i >= 0; i--)
    {
      const StrataInstruction *instruction = &schedule->instructions[i];

      ranked[i].id = i;
      ranked[i].remaining_ps += burst_time (schedule, in, i).occupy_ps * instruction->n_bursts;
      for (int j = 0; j < instruction->n_dependences && !schedule_is_host (instruction); j++)
        {
          Ranked *producer = &ranked[schedule->dependences[instruction->first_dependence + j].instruction];

          producer->remaining_ps = MAX (producer->remaining_ps, ranked[i].remaining_ps);
        }
    }
  qsort (ranked, schedule->n_instructions, sizeof *ranked, compare_remaining);
  for (int i = 0; i < schedule->n_instructions; i++)
    schedule->instructions[ranked[i].id].priority = i;
}

/* Priorities of the first and the last burst, and a straight line between them */
static void
set_line (StrataInstruction *instruction, gint64 from, gint64 to)
{
  instruction->priority = (int) from;
  instruction->priority_step = instruction->n_bursts < 2 ? 0 : (int) ((to - from) / (instruction->n_bursts - 1));
}

/* The longest tail comes first, with - SCHEDULE_PRIORITIES. */
static void
set_by_tail (StrataSchedule *schedule, const StrataTails *tails)
{
  gint64 most_ps = 1;

  for (gint64 i = 0; i < tails->first[schedule->n_instructions]; i++)
    most_ps = MAX (most_ps, tails->tail_ps[i]);
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      double from = (double) tails->tail_ps[tails->first[i]], to = (double) tails->tail_ps[tails->first[i + 1] - 1];

      set_line (&schedule->instructions[i], (gint64) (-from / (double) most_ps * SCHEDULE_PRIORITIES),
                (gint64) (-to / (double) most_ps * SCHEDULE_PRIORITIES));
    }
}

void
schedule_set_priorities (StrataSchedule *schedule, const ScheduleInput *in, const StrataTails *tails, ScheduleRule rule)
{
  for (int i = 0; i < schedule->n_instructions; i++)
    set_line (&schedule->instructions[i], in->graph->n_ops - schedule->instructions[i].op,
              in->graph->n_ops - schedule->instructions[i].op);
  if (rule == SCHEDULE_LONGEST_PATH)
    set_longest_path (schedule, in);
  else if (rule == SCHEDULE_LONGEST_TAIL)
    set_by_tail (schedule, tails);
}

/* --- critical path --- */

typedef struct
{
  const StrataSchedule *schedule;
  const ScheduleInput *in;
  gint64 *end_ps, *first;
  /* Of the current op, where its arrays outnumber the stacks: when the inputs of each row are first there at any of its
   * tiles; the longest drain and shortest way to the hub. */
  gint64 *ready_ps;
  int op, n_turns;
  gint64 occupy_ps, store_ps;
} Path;

static void
enter_op (Path *path, int op)
{
  int n_tiles = path->in->tiles->op_first[op + 1] - path->in->tiles->op_first[op];
  int n_rows = strata_qop_bursts (path->in->graph, op);

  path->op = op;
  path->n_turns = (n_tiles + path->in->chip->n_stacks - 1) / path->in->chip->n_stacks;
  if (n_tiles > 0 && path->in->tiles->tiles[path->in->tiles->op_first[op + 1] - 1].copy > 0)
    path->n_turns = 1;
  path->occupy_ps = path->store_ps = G_MAXINT64;
  g_clear_pointer (&path->ready_ps, g_free);
  if (path->n_turns < 2)
    return;
  path->ready_ps = g_new (gint64, n_rows);
  for (int b = 0; b < n_rows; b++)
    path->ready_ps[b] = G_MAXINT64;
}

static gint64
dependences_end_ps (const Path *path, const StrataInstruction *instruction, int burst)
{
  gint64 end_ps = 0;

  for (int i = 0; i < instruction->n_dependences; i++)
    {
      const StrataDependence *d = &path->schedule->dependences[instruction->first_dependence + i];

      end_ps =
        MAX (end_ps, path->end_ps[path->first[d->instruction] + strata_schedule_need (path->schedule, d, burst)]);
    }
  return end_ps;
}

/* With several turns per row on some stack, the last sum of row b cannot be out before all turns of rows 0 … b. */
static void
delay_writer (Path *path, int id)
{
  const StrataInstruction *instruction = &path->schedule->instructions[id];
  gint64 taken_ps = 0, *end_ps = &path->end_ps[path->first[id]];
  gint64 result_ps = burst_time (path->schedule, path->in, id).result_ps, before_ps = 0;

  for (int b = 0; b < instruction->n_bursts; b++)
    {
      taken_ps = MAX (taken_ps, path->ready_ps[b]) + path->n_turns * path->occupy_ps;
      end_ps[b] = MAX (end_ps[b], MAX (before_ps, taken_ps + path->store_ps) + result_ps);
      before_ps = end_ps[b];
    }
}

static void
walk (Path *path, int id)
{
  const StrataInstruction *instruction = &path->schedule->instructions[id];
  StrataBurstTime time = burst_time (path->schedule, path->in, id);
  gint64 free_ps = 0;

  for (int b = 0; b < instruction->n_bursts; b++)
    {
      gint64 ready_ps = dependences_end_ps (path, instruction, b);
      gint64 from_ps = MAX (free_ps, ready_ps) + (b == 0 ? select_ps (path->in, instruction) : 0);

      free_ps = from_ps + time.occupy_ps;
      path->end_ps[path->first[id] + b] = from_ps + time.result_ps;
      if (path->ready_ps != NULL && instruction->opcode == STRATA_OPCODE_MVM)
        path->ready_ps[b] = MIN (path->ready_ps[b], ready_ps);
    }
  if (instruction->opcode == STRATA_OPCODE_MVM)
    path->occupy_ps = MIN (path->occupy_ps, time.occupy_ps);
  if (instruction->opcode == STRATA_OPCODE_STORE)
    path->store_ps = MIN (path->store_ps, time.result_ps);
  if (instruction->opcode == STRATA_OPCODE_VECTOR && path->ready_ps != NULL)
    delay_writer (path, id);
}

/* End of the last burst when every instruction has a unit of its own. @spread: MVM bursts of an op with more arrays
 * than the chip has stacks are lengthened by how many of them must share one. */
static gint64
longest_path_ps (const StrataSchedule *schedule, const ScheduleInput *in, gboolean spread)
{
  Path path = { .schedule = schedule, .in = in, .op = -1 };
  gint64 end_ps = 0;

  path.first = g_new0 (gint64, (gsize) schedule->n_instructions + 1);
  for (int i = 0; i < schedule->n_instructions; i++)
    path.first[i + 1] = path.first[i] + schedule->instructions[i].n_bursts;
  path.end_ps = g_new0 (gint64, path.first[schedule->n_instructions] + 1);
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &schedule->instructions[i];

      if (schedule_is_host (instruction))
        continue;
      if (spread && instruction->op != path.op)
        enter_op (&path, instruction->op);
      walk (&path, i);
      end_ps = MAX (end_ps, path.end_ps[path.first[i + 1] - 1]);
    }
  g_free (path.first);
  g_free (path.end_ps);
  g_free (path.ready_ps);
  return end_ps;
}

/* --- bounds --- */

static int
compare_loads (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x < y) - (x > y);
}

/* What the busiest stack has at least to do wherever the tiles lie: all work spread evenly; and since of the k n + 1
 * heaviest of all tiles some k + 1 share one of n stacks, the k + 1 lightest of those. @selects: on a chip where no
 * tier is selected yet, each tile's must be once. */
static gint64
least_stack_ps (const StrataSchedule *schedule, const ScheduleInput *in, gboolean selects)
{
  g_autoptr (GArray) loads = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 sum_ps = 0, most_ps = 0;
  guint n = (guint) in->chip->n_stacks;

  for (int i = 0; i < schedule->n_instructions; i++)
    if (schedule->instructions[i].opcode == STRATA_OPCODE_MVM)
      {
        gint64 load_ps = burst_time (schedule, in, i).occupy_ps * schedule->instructions[i].n_bursts
                         + (selects ? select_ps (in, &schedule->instructions[i]) : 0);

        g_array_append_val (loads, load_ps);
        sum_ps += load_ps;
      }
  g_array_sort (loads, compare_loads);
  for (guint k = 0; k * n < loads->len; k++)
    {
      gint64 share_ps = 0;

      for (guint i = 0; i <= k; i++)
        share_ps += g_array_index (loads, gint64, k * n - i);
      most_ps = MAX (most_ps, share_ps);
    }
  return MAX (most_ps, (sum_ps + n - 1) / n);
}

/* The longest interval that the chip's budget asks for, static power at the temperature around it: any warmer, and it
 * leaks more. 0 where there is no budget, or none is left. */
static gint64
budget_ps (const StrataSchedule *schedule, const ScheduleInput *in)
{
  g_autofree guint8 *on = g_malloc0 ((gsize) in->chip->n_stacks + 1);
  double dynamic_fj = 0, spare_mw;
  int n_on = 0;

  for (int i = 0; i < in->tiles->n_tiles; i++)
    {
      n_on += !on[in->placement->site[i].stack];
      on[in->placement->site[i].stack] = 1;
    }
  spare_mw =
    in->chip->p_budget_mw
    - strata_cost_static_mw (in->chip, STRATA_BAND_NOMINAL, in->chip->t_ambient_c, n_on, in->chip->dram_bytes > 0);
  if (in->chip->p_budget_mw <= 0 || spare_mw <= 0)
    return 0;
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &schedule->instructions[i];
      StrataActionEnergy energy =
        strata_burst_energy (instruction, in->graph, in->tiles, in->chip, STRATA_BAND_NOMINAL);

      for (int c = 0; c < STRATA_N_COMPONENTS && !schedule_is_host (instruction); c++)
        dynamic_fj += (double) energy.per_action_fj[c] * instruction->n_bursts;
    }
  return dynamic_fj / spare_mw < 0x1p62 ? (gint64) (dynamic_fj / spare_mw) : 0;
}

void
schedule_set_busiest (StrataSchedule *schedule, const SchedulePrediction *prediction)
{
  schedule->busiest_unit = 0;
  for (int i = 0; i < schedule->n_units; i++)
    if (schedule->units[i].kind != STRATA_UNIT_HOST
        && prediction->busy_ps[i] > prediction->busy_ps[schedule->busiest_unit])
      schedule->busiest_unit = i;
  schedule->busiest_unit_ps = prediction->busy_ps[schedule->busiest_unit];
}

void
schedule_set_bounds (StrataSchedule *schedule,
                     const ScheduleInput *in,
                     const StrataTails *tails,
                     const SchedulePrediction *prediction)
{
  const StrataTailsInput input = tails_input (schedule, in);
  gint64 shared_ps = 0;
  gint64 spread_ps = longest_path_ps (schedule, in, TRUE);

  for (int i = 0; i < schedule->n_units; i++)
    if (schedule->units[i].kind != STRATA_UNIT_HOST && schedule->units[i].kind != STRATA_UNIT_STACK)
      shared_ps = MAX (shared_ps, prediction->busy_ps[i]);
  schedule->critical_path_ps = longest_path_ps (schedule, in, FALSE);
  schedule->lower_bound_ps =
    MAX (MAX (spread_ps, schedule->critical_path_ps), MAX (shared_ps, least_stack_ps (schedule, in, TRUE)));
  schedule->lower_bound_ps = MAX (schedule->lower_bound_ps, strata_tails_bound_ps (tails, &input));
  schedule->interval_bound_ps = MAX (MAX (shared_ps, least_stack_ps (schedule, in, FALSE)), budget_ps (schedule, in));
}
