/* SPDX-License-Identifier: Apache-2.0
 *
 * What lies in SRAM under predicted times. A row takes its place from the start of the burst that writes it to the end
 * of the last burst that reads it; rows of the network's input are there from time 0, rows of its outputs stay to the
 * end. A burst with a window reads every row of the window (the rows that a stack's line buffer holds are read once, by
 * the load).
 */
#include "compiler/schedule/emit.h"
#include "program/work.h"

typedef struct
{
  gint64 time_ps;
  gint64 bytes; /* > 0: begins, < 0: ends */
  int op;
} Change;

typedef struct
{
  const StrataSchedule *schedule;
  const ScheduleInput *in;
  const SchedulePrediction *prediction;
  gint64 **from_ps, **to_ps; /* per tensor that lies in SRAM, per row; NULL: it does not */
} Memory;

static void
keep_until (Memory *memory, int root, int row, gint64 time_ps)
{
  gint64 *to_ps = &memory->to_ps[root][row];

  *to_ps = MAX (*to_ps, time_ps);
}

/* Burst b of @id, for output rows first + b step of @op (op -1: rows of @tensor itself), reads the rows of @tensor that
 * they need; reshaped tensors are read whole. */
static void
add_reader (Memory *memory, int id, int op, int input, int tensor)
{
  const StrataQGraph *graph = memory->in->graph;
  const gint64 *end_ps = &memory->prediction->end_ps[memory->prediction->first[id]];
  int row = 0, root = strata_work_root (graph, memory->in->silent, tensor, &row);
  int height = graph->tensors[root].height, reach = 0;
  gboolean whole = graph->tensors[tensor].height != height;

  if (op >= 0
      && (graph->ops[op].kind == STRATA_QOP_MAC || graph->ops[op].kind == STRATA_QOP_MAX_POOL
          || graph->ops[op].kind == STRATA_QOP_AVG_POOL))
    reach = (graph->ops[op].window.kernel_h - 1) * graph->ops[op].window.dilation_h;
  if (op >= 0 && graph->ops[op].kind == STRATA_QOP_DIGITAL && (graph->ops[op].by_row >> input & 1) == 0)
    reach = height;
  for (int b = 0; b < memory->schedule->instructions[id].n_bursts; b++)
    {
      int last = op < 0 ? b : strata_qop_needs_row (graph, op, input, b);

      strata_work_root (graph, memory->in->silent, tensor, &last);
      for (int r = whole ? 0 : MAX (0, last - reach); r <= (whole ? height - 1 : last); r++)
        keep_until (memory, root, r, end_ps[b]);
    }
}

/* Rows that writer @nth of @n_writers makes, from the start of their bursts; a digital op may make all in one. */
static void
add_writer (Memory *memory, int id, int tensor, int nth, int n_writers)
{
  int height = memory->in->graph->tensors[tensor].height, n_bursts = memory->schedule->instructions[id].n_bursts;
  const gint64 *start_ps = &memory->prediction->start_ps[memory->prediction->first[id]];
  const gint64 *end_ps = &memory->prediction->end_ps[memory->prediction->first[id]];

  for (int row = nth; row < height; row += n_writers)
    {
      int b = MIN (row / n_writers, n_bursts - 1);

      memory->from_ps[tensor][row] = start_ps[b];
      keep_until (memory, tensor, row, end_ps[b]);
    }
}

static void
add_rows (Memory *memory, int tensor)
{
  const StrataQGraph *graph = memory->in->graph;
  int row = 0, root = strata_work_root (graph, memory->in->silent, tensor, &row);

  if (memory->from_ps[root] != NULL)
    return;
  memory->from_ps[root] = g_new0 (gint64, graph->tensors[root].height);
  memory->to_ps[root] = g_new0 (gint64, graph->tensors[root].height);
}

static void
add_instruction (Memory *memory, int id)
{
  const StrataQGraph *graph = memory->in->graph;
  const StrataInstruction *instruction = &memory->schedule->instructions[id];
  const StrataQOp *op = &graph->ops[instruction->op];
  int nth = 0, n_writers = 1;

  if (instruction->opcode == STRATA_OPCODE_LOAD)
    {
      add_rows (memory, op->inputs[0]);
      add_reader (memory, id, -1, 0, op->inputs[0]);
    }
  if (instruction->opcode != STRATA_OPCODE_VECTOR && instruction->opcode != STRATA_OPCODE_MAC)
    return;
  if (op->kind == STRATA_QOP_MVM)
    {
      n_writers = strata_work_n_copies (memory->in->tiles, instruction->op);
      while (nth < id && memory->schedule->instructions[id - nth - 1].op == instruction->op
             && memory->schedule->instructions[id - nth - 1].opcode == STRATA_OPCODE_VECTOR)
        nth++;
    }
  else
    for (int input = 0; input < op->n_inputs; input++)
      {
        add_rows (memory, op->inputs[input]);
        add_reader (memory, id, instruction->op, input, op->inputs[input]);
      }
  for (int i = 0; i <= op->n_more_outputs; i++)
    {
      add_rows (memory, strata_qop_output (op, i));
      add_writer (memory, id, strata_qop_output (op, i), nth, n_writers);
    }
}

static void
keep_outputs (Memory *memory)
{
  const StrataQGraph *graph = memory->in->graph;

  for (int i = 0; i < graph->n_outputs; i++)
    {
      int row = 0, root = strata_work_root (graph, memory->in->silent, graph->outputs[i], &row);

      for (int r = 0; memory->from_ps[root] != NULL && r < graph->tensors[root].height; r++)
        keep_until (memory, root, r, memory->prediction->latency_ps);
    }
}

/* Earlier first; at one instant rows that end before rows that begin. */
static int
compare_changes (gconstpointer a, gconstpointer b)
{
  const Change *x = a, *y = b;

  if (x->time_ps != y->time_ps)
    return x->time_ps < y->time_ps ? -1 : 1;
  return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

static GArray *
list_changes (const Memory *memory)
{
  const StrataQGraph *graph = memory->in->graph;
  GArray *changes = g_array_new (FALSE, FALSE, sizeof (Change));

  for (int i = 0; i < graph->n_tensors; i++)
    for (int row = 0; memory->from_ps[i] != NULL && row < graph->tensors[i].height; row++)
      {
        gint64 bytes = strata_work_row_bytes (&graph->tensors[i]);
        int op = MAX (0, graph->tensors[i].producer);
        Change begin = { memory->from_ps[i][row], bytes, op }, end = { memory->to_ps[i][row], -bytes, op };

        g_array_append_val (changes, begin);
        g_array_append_val (changes, end);
      }
  g_array_sort (changes, compare_changes);
  return changes;
}

gint64
schedule_sram_peak (const StrataSchedule *schedule,
                    const ScheduleInput *in,
                    const SchedulePrediction *prediction,
                    int *op)
{
  Memory memory = { schedule, in, prediction, NULL, NULL };
  g_autoptr (GArray) changes = NULL;
  /* Constants of digital ops lie here where there is no other memory. */
  gint64 now = in->chip->dram_bytes > 0 ? 0 : strata_work_table_bytes (in->graph), peak = now;

  memory.from_ps = g_new0 (gint64 *, (gsize) in->graph->n_tensors + 1);
  memory.to_ps = g_new0 (gint64 *, (gsize) in->graph->n_tensors + 1);
  for (int i = 0; i < schedule->n_instructions; i++)
    add_instruction (&memory, i);
  keep_outputs (&memory);
  changes = list_changes (&memory);
  *op = 0;
  for (guint i = 0; i < changes->len; i++)
    {
      now += g_array_index (changes, Change, i).bytes;
      if (now > peak)
        {
          peak = now;
          *op = g_array_index (changes, Change, i).op;
        }
    }
  for (int i = 0; i < in->graph->n_tensors; i++)
    {
      g_free (memory.from_ps[i]);
      g_free (memory.to_ps[i]);
    }
  g_free (memory.from_ps);
  g_free (memory.to_ps);
  return peak;
}
