/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks a schedule against the artefacts it was made from, trusting none of its numbers: every instruction is the one
 * its op, tile and placement ask for, each exactly once; every transfer holds the links of its route; every burst
 * waits for all the rows it reads; and every buffer keeps its rows until they have been read. Whatever passes can be
 * executed and ends: no burst waits for itself (schedule-order.c).
 */
#include "program/schedule.h"
#include "program/stream.h"

/* Bounds the work of whatever executes a program. */
#define MAX_BURSTS (G_GINT64_CONSTANT (1) << 28)
/* Of the first burst, and what is added from it to the last */
#define MAX_PRIORITY (1 << 29)

typedef struct
{
  const StrataSchedule *schedule;
  const StrataQGraph *graph;
  const StrataTileSet *tiles;
  const StrataPlacement *placement;
  const StrataChipSpec *chip;
  guint8 *silent;
  int *mvm_of, *psum_of, *store_of; /* per tile: instruction, -1: none; STORE at the block's first tile */
  int *load_of;                     /* per stack, of the current op */
  int *first_writer;                /* per op: its first VECTOR or MAC instruction, -1: none */
  int *products_of;                 /* per op: MAC of a DIGITAL op, whose VECTOR follows; -1: none */
  int *fetch_of, *append_of;        /* per op: DRAM_READ, DRAM_WRITE; -1: none */
  StrataStreams *streams;
  int *n_writers;
  int *buffer_of; /* per tensor: where it lies in SRAM, -1: nowhere yet */
  int *host_of;   /* per tensor: its HOST_IN, -1: none */
  GArray *hosts;  /* StrataWorkHost */
  guint n_hosts;  /* seen so far */
  GError **error;
} Check;

static gboolean G_GNUC_PRINTF (3, 4) refuse (const Check *check, int id, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (check->error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "schedule: instruction %d (%s): %s", id,
               strata_opcode_name (check->schedule->instructions[id].opcode), reason);
  return FALSE;
}

/* --- ids and ranges --- */

static gboolean
check_ranges (const Check *check, int id)
{
  const StrataSchedule *schedule = check->schedule;
  const StrataInstruction *i = &schedule->instructions[id];

  if ((guint) i->opcode >= STRATA_N_OPCODES)
    return refuse (check, id, "there is no opcode %d", (int) i->opcode);
  if (i->op < 0 || i->op >= check->graph->n_ops)
    return refuse (check, id, "there is no op %d", i->op);
  if (i->tile < -1 || i->tile >= check->tiles->n_tiles)
    return refuse (check, id, "there is no tile %d", i->tile);
  if (i->tile >= 0 && check->tiles->tiles[i->tile].op != i->op)
    return refuse (check, id, "tile %d is of another op", i->tile);
  if (i->unit < 0 || i->unit >= schedule->n_units)
    return refuse (check, id, "there is no unit %d", i->unit);
  if (i->n_bursts < 1 || i->n_actions < 1 || i->sram_bytes < 0 || i->dram_bytes < 0 || i->n_posts < 0)
    return refuse (check, id, "it has no bursts or no actions, or a negative count");
  if (i->n_hops < 0 || i->first_route < 0 || (gint64) i->first_route + i->n_hops > schedule->n_routes)
    return refuse (check, id, "its route lies outside the table");
  if (i->n_dependences < 0 || i->first_dependence < 0
      || (gint64) i->first_dependence + i->n_dependences > schedule->n_dependences)
    return refuse (check, id, "its dependences lie outside the table");
  for (int j = 0; j < i->n_dependences; j++)
    {
      const StrataDependence *d = &schedule->dependences[i->first_dependence + j];

      if (d->instruction < 0 || d->instruction >= id)
        return refuse (check, id, "it waits for instruction %d, which does not come before it", d->instruction);
      if (d->multiply < 0 || d->divide < 1 || (d->multiply == 0 && d->add < 0))
        return refuse (check, id, "the dependence on instruction %d makes no sense", d->instruction);
    }
  if (i->buffer < -1 || i->buffer >= schedule->n_buffers || i->n_buffers < 0
      || (i->buffer < 0 ? i->n_buffers != 0 : i->n_buffers > schedule->n_buffers - i->buffer || i->n_buffers < 1)
      || i->first_row < 0 || i->row_step < (i->buffer >= 0))
    return refuse (check, id, "there is no buffer %d, or no such rows", i->buffer);
  if (ABS ((gint64) i->priority) > MAX_PRIORITY || ABS ((gint64) i->priority_step) * i->n_bursts > MAX_PRIORITY)
    return refuse (check, id, "its priorities leave %d … %d", -2 * MAX_PRIORITY, 2 * MAX_PRIORITY);
  return TRUE;
}

static StrataUnitKind
unit_kind (StrataOpcode opcode)
{
  static const StrataUnitKind kinds[STRATA_N_OPCODES] = {
#define STRATA_ISA(id, mnemonic, unit, action, meaning) [STRATA_OPCODE_##id] = STRATA_UNIT_##unit,
#include "program/isa.def"
#undef STRATA_ISA
  };

  return kinds[opcode];
}

static gboolean
check_route (const Check *check, int id)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  g_autofree int *links = g_new (int, check->chip->mesh_x + check->chip->mesh_y + 2);
  int n_hops;

  if (check->schedule->units[i->unit].kind != unit_kind (i->opcode))
    return refuse (check, id, "unit %d cannot execute it", i->unit);
  if (unit_kind (i->opcode) != STRATA_UNIT_LINK)
    return (i->n_hops == 0 && i->from_node == -1 && i->to_node == -1) || refuse (check, id, "it has a route");
  if (i->from_node < 0 || i->from_node > check->chip->n_stacks || i->to_node < 0 || i->to_node > check->chip->n_stacks
      || i->from_node == i->to_node)
    return refuse (check, id, "there is no way from node %d to node %d", i->from_node, i->to_node);
  n_hops = strata_chip_route (check->chip, i->from_node, i->to_node, links);
  if (n_hops != i->n_hops)
    return refuse (check, id, "it takes %d links; the route has %d", i->n_hops, n_hops);
  for (int hop = 0; hop < n_hops; hop++)
    if (check->schedule->routes[i->first_route + hop] != check->chip->n_stacks + links[hop])
      return refuse (check, id, "it leaves its route at hop %d", hop);
  return i->unit == check->schedule->routes[i->first_route] || refuse (check, id, "its unit is not its first link");
}

/* --- waiting for rows --- */

/* The dependence of @id on @producer, NULL: none */
static const StrataDependence *
find_dependence (const Check *check, int id, int producer)
{
  const StrataInstruction *i = &check->schedule->instructions[id];

  for (int j = 0; j < i->n_dependences; j++)
    if (check->schedule->dependences[i->first_dependence + j].instruction == producer)
      return &check->schedule->dependences[i->first_dependence + j];
  return NULL;
}

/* Burst b of @id needs burst b of @producer. */
static gboolean
waits_in_step (const Check *check, int id, int producer)
{
  const StrataDependence *d = find_dependence (check, id, producer);

  if (d == NULL)
    return refuse (check, id, "it does not wait for instruction %d, whose results it uses", producer);
  for (int b = 0; b < check->schedule->instructions[id].n_bursts; b++)
    if (strata_schedule_need (check->schedule, d, b) < b)
      return refuse (check, id, "burst %d does not wait for burst %d of instruction %d", b, b, producer);
  return TRUE;
}

/* Burst b of @id works on row first + b step; it needs the rows of @tensor up to what @op's input says (@op -1: that
 * row itself). */
static gboolean
waits_for_rows (const Check *check, int id, int op, int input, int tensor, int first, int step)
{
  const StrataSchedule *schedule = check->schedule;
  int row = 0, root = strata_work_root (check->graph, check->silent, tensor, &row);
  int producer = check->graph->tensors[root].producer, host = check->host_of[root];
  int n_writers = host >= 0 ? 1 : producer < 0 ? 0 : check->n_writers[producer];

  for (int writer = 0; writer < n_writers; writer++)
    {
      int writes = host >= 0 ? host : check->first_writer[producer] + writer;
      const StrataDependence *d = find_dependence (check, id, writes);
      int most = schedule->instructions[writes].n_bursts - 1;

      for (int b = 0; b < schedule->instructions[id].n_bursts; b++)
        {
          int need = first + b * step;

          if (op >= 0)
            need = strata_qop_needs_row (check->graph, op, input, need);
          strata_work_root (check->graph, check->silent, tensor, &need);
          if (need < writer)
            continue;
          if (d == NULL || strata_schedule_need (schedule, d, b) < MIN ((need - writer) / n_writers, most))
            return refuse (check, id, "burst %d does not wait for row %d of '%s'", b, need,
                           check->graph->tensors[root].name);
        }
    }
  return n_writers > 0 || refuse (check, id, "nothing writes what it reads");
}

/* --- rows that lie in buffers --- */

/* The instruction writes rows @first, @first + @step … of its @nth of @n tensors, which is @tensor, to its place in
 * SRAM, the same for all writers. */
static gboolean
writes_rows (const Check *check, int id, int nth, int n, int tensor, int first, int step)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  const StrataBuffer *buffer = i->n_buffers != n ? NULL : &check->schedule->buffers[i->buffer + nth];

  if (buffer == NULL || check->schedule->units[buffer->unit].kind != STRATA_UNIT_SRAM || buffer->tensor != tensor
      || i->first_row != first || i->row_step != step)
    return refuse (check, id, "it does not write rows %d+%d of '%s' to a buffer of the activation memory", first, step,
                   check->graph->tensors[tensor].name);
  if (check->buffer_of[tensor] >= 0 && check->buffer_of[tensor] != i->buffer + nth)
    return refuse (check, id, "'%s' lies in buffer %d", check->graph->tensors[tensor].name, check->buffer_of[tensor]);
  check->buffer_of[tensor] = i->buffer + nth;
  return TRUE;
}

static gboolean
writes_nothing (const Check *check, int id)
{
  return check->schedule->instructions[id].buffer < 0 || refuse (check, id, "it writes no rows");
}

static gboolean
writes_outputs (const Check *check, int id, int first, int step)
{
  int op_id = check->schedule->instructions[id].op, n = 0, nth = 0;
  const StrataQOp *op = &check->graph->ops[op_id];
  guint32 caches = check->streams->ops[op_id].cache_outputs;

  for (int i = 0; i <= op->n_more_outputs; i++)
    n += (caches >> i & 1) == 0;
  for (int i = 0; i <= op->n_more_outputs; i++)
    if ((caches >> i & 1) == 0 && !writes_rows (check, id, nth++, n, strata_qop_output (op, i), first, step))
      return FALSE;
  return TRUE;
}

/* @buffer keeps every row until the last burst of @id that reads it has ended: row first_row (b) of burst b. */
static gboolean
keeps (const Check *check, int id, int buffer_id, int op, int input, gboolean root, int first, int step)
{
  const StrataSchedule *schedule = check->schedule;
  const StrataBuffer *buffer = buffer_id < 0 ? NULL : &schedule->buffers[buffer_id];
  const StrataDependence *release = NULL;
  int tensor = buffer == NULL ? -1 : buffer->tensor;
  int height =
    op < 0 ? check->graph->tensors[input].height : check->graph->tensors[check->graph->ops[op].inputs[input]].height;
  gboolean whole = buffer != NULL && root && check->graph->tensors[tensor].height != height;

  for (int i = 0; buffer != NULL && i < buffer->n_releases && release == NULL; i++)
    if (schedule->releases[buffer->first_release + i].instruction == id)
      release = &schedule->releases[buffer->first_release + i];
  if (release == NULL)
    return refuse (check, id, "buffer %d does not keep the rows that it reads", buffer_id);
  for (int b = 0; b < schedule->instructions[id].n_bursts; b++)
    {
      int row = first + b * step;

      if (op >= 0)
        row = strata_qop_first_row (check->graph, op, input, row);
      if (strata_schedule_release (schedule, release, whole ? 0 : row) < b)
        return refuse (check, id, "buffer %d forgets row %d before burst %d has read it", buffer_id, row, b);
    }
  return TRUE;
}

/* The place in SRAM behind @tensor, -1: nothing has written it */
static int
place_of (const Check *check, int tensor)
{
  int row = 0;

  return check->buffer_of[strata_work_root (check->graph, check->silent, tensor, &row)];
}

/* A load fills the line buffer of its stack. */
static gboolean
fills_line (const Check *check, int id)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  const StrataBuffer *buffer = i->buffer < 0 ? NULL : &check->schedule->buffers[i->buffer];

  if (buffer == NULL || i->n_buffers != 1 || buffer->unit != i->to_node || buffer->op != i->op
      || buffer->tensor != check->graph->ops[i->op].inputs[0] || buffer->row_bytes != i->n_actions || i->first_row != 0
      || i->row_step != 1)
    return refuse (check, id, "it does not fill a line buffer of stack %d with its rows", i->to_node);
  return TRUE;
}

/* --- one instruction against what is asked for --- */

/* Where an op has both, its MAC instruction reads the constants. */
static gint64
dram_bytes_of (const Check *check, const StrataInstruction *i)
{
  gboolean both = check->graph->ops[i->op].kind == STRATA_QOP_DIGITAL && strata_work_macs (check->graph, i->op) > 0;

  if (i->n_bursts < 1 || (i->opcode != STRATA_OPCODE_MAC && (i->opcode != STRATA_OPCODE_VECTOR || both)))
    return 0;
  return strata_stream_constant_bytes (check->streams, check->graph, i->op, i->n_bursts);
}

static gboolean
expect (const Check *check, int id, int n_bursts, gint64 n_actions, gint64 sram_bytes, gint64 n_posts)
{
  const StrataInstruction *i = &check->schedule->instructions[id];

  if (i->dram_bytes != dram_bytes_of (check, i))
    return refuse (check, id,
                   "it reads %" G_GINT64_FORMAT " bytes of external memory; op '%s' asks for %" G_GINT64_FORMAT,
                   i->dram_bytes, check->graph->ops[i->op].name, dram_bytes_of (check, i));
  if (i->n_bursts == n_bursts && i->n_actions == n_actions && i->sram_bytes == sram_bytes && i->n_posts == n_posts)
    return TRUE;
  return refuse (check, id,
                 "%d bursts of %" G_GINT64_FORMAT " actions, %" G_GINT64_FORMAT " bytes of SRAM, %" G_GINT64_FORMAT
                 " sums; op '%s' asks for %d, %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT,
                 i->n_bursts, i->n_actions, i->sram_bytes, i->n_posts, check->graph->ops[i->op].name, n_bursts,
                 n_actions, sram_bytes, n_posts);
}

/* Takes the place of @slot for @id; each may be taken once. */
static gboolean
claim (const Check *check, int id, int *slot)
{
  if (*slot >= 0)
    return refuse (check, id, "instruction %d does the same", *slot);
  *slot = id;
  return TRUE;
}

static gboolean
check_load (const Check *check, int id)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  const StrataQOp *op = &check->graph->ops[i->op];
  gint64 n_bytes;

  if (op->kind != STRATA_QOP_MVM || i->from_node != check->chip->n_stacks || i->tile != -1)
    return refuse (check, id, "it is no load of a matrix product from the hub");
  n_bytes = strata_work_load_bytes (check->graph, check->tiles, check->placement, i->op, i->to_node);
  return claim (check, id, &check->load_of[i->to_node])
         && expect (check, id, check->graph->tensors[op->inputs[0]].height, n_bytes, n_bytes, 0)
         && waits_for_rows (check, id, -1, 0, op->inputs[0], 0, 1) && fills_line (check, id)
         && keeps (check, id, place_of (check, op->inputs[0]), -1, op->inputs[0], TRUE, 0, 1);
}

/* Rows and width of the tile's copy */
static void
copy_rows (const Check *check, int tile_id, int *n_rows, int *n_copies, int *width)
{
  const StrataTile *tile = &check->tiles->tiles[tile_id];

  *n_copies = strata_work_n_copies (check->tiles, tile->op);
  *n_rows = strata_work_copy_rows (strata_qop_bursts (check->graph, tile->op), tile->copy, *n_copies);
  *width = check->graph->tensors[check->graph->ops[tile->op].output].width;
}

static gboolean
check_mvm (const Check *check, int id)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  const StrataDependence *d;
  int n_rows, n_copies, width, stack, copy;

  if (i->tile < 0)
    return refuse (check, id, "it names no tile");
  copy_rows (check, i->tile, &n_rows, &n_copies, &width);
  stack = check->placement->site[i->tile].stack;
  copy = check->tiles->tiles[i->tile].copy;
  if (i->unit != stack)
    return refuse (check, id, "it runs on unit %d; tile %d lies on stack %d", i->unit, i->tile, stack);
  if (!claim (check, id, &check->mvm_of[i->tile]) || !expect (check, id, n_rows, width, 0, 0))
    return FALSE;
  d = check->load_of[stack] < 0 ? NULL : find_dependence (check, id, check->load_of[stack]);
  if (d == NULL)
    return refuse (check, id, "it does not wait for the load to stack %d", stack);
  for (int b = 0; b < n_rows; b++)
    if (strata_schedule_need (check->schedule, d, b)
        < strata_qop_needs_row (check->graph, i->op, 0, copy + b * n_copies))
      return refuse (check, id, "burst %d does not wait for all the rows it reads", b);
  return keeps (check, id, check->schedule->instructions[check->load_of[stack]].buffer, i->op, 0, FALSE, copy,
                n_copies);
}

static gboolean
check_psum (const Check *check, int id)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  int n_rows, n_copies, width, n_cols;

  if (i->tile < 0 || i->from_node != check->placement->site[i->tile].stack
      || i->to_node != check->placement->site[strata_work_home (check->tiles, i->tile)].stack)
    return refuse (check, id, "it does not lead from a tile to the home of its columns");
  copy_rows (check, i->tile, &n_rows, &n_copies, &width);
  n_cols = check->tiles->tiles[i->tile].n_cols;
  if (check->mvm_of[i->tile] < 0)
    return refuse (check, id, "its tile computes nothing before it");
  return claim (check, id, &check->psum_of[i->tile])
         && expect (check, id, n_rows, (gint64) STRATA_SUM_BYTES * n_cols * width, 0, (gint64) n_cols * width)
         && waits_in_step (check, id, check->mvm_of[i->tile]) && writes_nothing (check, id);
}

static gboolean
check_store (const Check *check, int id)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  const StrataTile *tile = i->tile < 0 ? NULL : &check->tiles->tiles[i->tile];
  int n_rows, n_copies, width, limit;

  if (tile == NULL || tile->row0 != 0 || i->from_node != check->placement->site[i->tile].stack
      || i->to_node != check->chip->n_stacks)
    return refuse (check, id, "it does not lead from the home of a column block to the hub");
  copy_rows (check, i->tile, &n_rows, &n_copies, &width);
  if (!claim (check, id, &check->store_of[i->tile])
      || !expect (check, id, n_rows, (gint64) STRATA_SUM_BYTES * tile->n_cols * width, 0, 0)
      || !writes_nothing (check, id))
    return FALSE;
  limit = check->tiles->op_first[tile->op + 1];
  for (int t = i->tile; t < limit && (t == i->tile || check->tiles->tiles[t].row0 > 0); t++)
    {
      gboolean home = check->placement->site[t].stack == i->from_node;
      int producer = home ? check->mvm_of[t] : check->psum_of[t];

      if (producer < 0)
        return refuse (check, id, "the sums of tile %d never arrive", t);
      if (!waits_in_step (check, id, producer))
        return FALSE;
    }
  return TRUE;
}

/* VECTOR behind the stores of one copy of a matrix product. Writers come in the order of copies. */
static gboolean
check_requantise (const Check *check, int id, int copy)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  const StrataQTensor *out = &check->graph->tensors[check->graph->ops[i->op].output];
  int n_copies = strata_work_n_copies (check->tiles, i->op);

  if (copy >= n_copies)
    return refuse (check, id, "op '%s' has %d copies", check->graph->ops[i->op].name, n_copies);
  for (int t = check->tiles->op_first[i->op]; t < check->tiles->op_first[i->op + 1]; t++)
    {
      if (check->tiles->tiles[t].copy != copy || check->tiles->tiles[t].row0 > 0)
        continue;
      if (check->store_of[t] < 0)
        return refuse (check, id, "the columns of tile %d are never stored", t);
      if (!waits_in_step (check, id, check->store_of[t]))
        return FALSE;
    }
  return expect (check, id, strata_work_copy_rows (out->height, copy, n_copies),
                 strata_work_vector_ops (check->graph, i->op), strata_work_row_bytes (out), 0)
         && writes_outputs (check, id, copy, n_copies);
}

/* For the operands of the output row that a burst makes, or for all where it goes over the caches in chunks; @reads: it
 * is what reads them, so their buffers keep them for it. */
static gboolean
waits_for_inputs (const Check *check, int id, gboolean reads)
{
  int op_id = check->schedule->instructions[id].op;
  const StrataQOp *op = &check->graph->ops[op_id];
  const StrataStream *stream = &check->streams->ops[op_id];
  int first = stream->in_chunks ? strata_qop_bursts (check->graph, op_id) - 1 : 0, step = stream->in_chunks ? 0 : 1;
  gboolean waits = !reads || stream->n_reads == 0;

  for (int input = 0; input < op->n_inputs; input++)
    {
      if ((stream->cache_inputs >> input & 1) != 0)
        continue;
      if (waits && !waits_for_rows (check, id, op_id, input, op->inputs[input], first, step))
        return FALSE;
      if (reads
          && !keeps (check, id, place_of (check, op->inputs[input]), op_id, input, TRUE, stream->in_chunks ? 0 : first,
                     step))
        return FALSE;
    }
  return TRUE;
}

/* Computes with the op's operands: behind its DRAM_READ, which waits for them, or for them itself. */
static gboolean
takes_operands (const Check *check, int id)
{
  int op = check->schedule->instructions[id].op, fetch = check->fetch_of[op];

  if (check->streams->ops[op].n_reads == 0)
    return waits_for_inputs (check, id, TRUE);
  if (fetch < 0)
    return refuse (check, id, "what op '%s' reads of external memory never arrives", check->graph->ops[op].name);
  return waits_in_step (check, id, fetch) && waits_for_inputs (check, id, TRUE);
}

/* All bursts of @id wait for the last one of @producer. */
static gboolean
waits_for_end (const Check *check, int id, int producer)
{
  const StrataDependence *d = find_dependence (check, id, producer);
  int last = check->schedule->instructions[producer].n_bursts - 1;

  for (int b = 0; d != NULL && b < check->schedule->instructions[id].n_bursts; b++)
    if (strata_schedule_need (check->schedule, d, b) < last)
      d = NULL;
  return d != NULL || refuse (check, id, "it does not wait for the end of instruction %d", producer);
}

static gboolean
check_dram (Check *check, int id)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  const StrataStream *stream = &check->streams->ops[i->op];
  gboolean read = i->opcode == STRATA_OPCODE_DRAM_READ;

  if (i->tile != -1 || (read ? stream->n_reads : stream->write_bytes) == 0)
    return refuse (check, id, "op '%s' has nothing in external memory", check->graph->ops[i->op].name);
  if (!writes_nothing (check, id))
    return FALSE;
  if (read)
    return (check->n_writers[i->op] == 0 || refuse (check, id, "op '%s' is done before", check->graph->ops[i->op].name))
           && claim (check, id, &check->fetch_of[i->op])
           && expect (check, id, stream->n_reads, stream->read_bytes, 0, 0) && waits_for_inputs (check, id, FALSE);
  if (check->n_writers[i->op] == 0)
    return refuse (check, id, "op '%s' has written nothing before", check->graph->ops[i->op].name);
  return claim (check, id, &check->append_of[i->op]) && expect (check, id, 1, stream->write_bytes, 0, 0)
         && waits_for_end (check, id, check->first_writer[i->op]);
}

/* MAC of a digital op, and VECTOR behind it: TRUE where the op has products, and the verdict in *@ok. */
static gboolean
check_pair (Check *check, int id, gboolean *ok)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  int *products = &check->products_of[i->op];
  int n_bursts = strata_qop_bursts (check->graph, i->op), n_products;

  if (check->graph->ops[i->op].kind != STRATA_QOP_DIGITAL || strata_work_macs (check->graph, i->op) == 0)
    return FALSE;
  n_products = strata_stream_n_products (check->streams, check->graph, i->op);
  if (i->opcode == STRATA_OPCODE_MAC)
    {
      *ok = i->tile == -1 && check->n_writers[i->op] == 0 && claim (check, id, products)
            && expect (check, id, n_products, strata_stream_macs (check->streams, check->graph, i->op),
                       strata_stream_sram_read (check->streams, check->graph, i->op, n_products), 0)
            && takes_operands (check, id) && writes_nothing (check, id);
      return TRUE;
    }
  if (*products < 0 || check->n_writers[i->op] > 0 || i->tile != -1)
    *ok = refuse (check, id, "op '%s' has no products before it, or is done", check->graph->ops[i->op].name);
  else
    *ok = expect (check, id, n_bursts, strata_stream_vector_ops (check->streams, check->graph, i->op),
                  strata_stream_sram_write (check->streams, check->graph, i->op, n_bursts), 0)
          && (check->streams->ops[i->op].in_chunks ? waits_for_end (check, id, *products)
                                                   : waits_in_step (check, id, *products))
          && writes_outputs (check, id, 0, 1);
  check->first_writer[i->op] = id;
  check->n_writers[i->op]++;
  return TRUE;
}

static gboolean
check_writer (Check *check, int id)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  const StrataQOp *op = &check->graph->ops[i->op];
  gboolean mac = op->kind == STRATA_QOP_MAC;
  gint64 sram_bytes;
  int nth = check->n_writers[i->op], n_rows;
  gboolean ok = FALSE;

  if (check_pair (check, id, &ok))
    return ok;
  if (mac != (i->opcode == STRATA_OPCODE_MAC) || i->tile != -1 || check->silent[i->op])
    return refuse (check, id, "op '%s' does not use this unit", op->name);
  if (nth > 0 && (op->kind != STRATA_QOP_MVM || check->first_writer[i->op] + nth != id))
    return refuse (check, id, "op '%s' is done before", op->name);
  if (nth == 0)
    check->first_writer[i->op] = id;
  check->n_writers[i->op]++;
  if (op->kind == STRATA_QOP_MVM)
    return check_requantise (check, id, nth);
  n_rows = strata_qop_bursts (check->graph, i->op);
  sram_bytes = strata_stream_sram_read (check->streams, check->graph, i->op, n_rows)
               + strata_stream_sram_write (check->streams, check->graph, i->op, n_rows);
  if (!expect (check, id, n_rows,
               mac ? strata_work_macs (check->graph, i->op)
                   : strata_stream_vector_ops (check->streams, check->graph, i->op),
               sram_bytes, 0))
    return FALSE;
  return takes_operands (check, id) && writes_outputs (check, id, 0, 1);
}

/* Host transfers, in the order of the list */
static gboolean
check_host (Check *check, int id)
{
  const StrataInstruction *i = &check->schedule->instructions[id];
  const StrataWorkHost *host;
  const StrataQTensor *tensor;

  if (check->n_hosts == check->hosts->len)
    return refuse (check, id, "the graph has no further input or output");
  host = &g_array_index (check->hosts, StrataWorkHost, check->n_hosts++);
  tensor = &check->graph->tensors[host->tensor];
  if (host->in != (i->opcode == STRATA_OPCODE_HOST_IN) || i->op != host->op || i->tile != -1)
    return refuse (check, id, "op '%s' is next to be moved %s", check->graph->ops[host->op].name,
                   host->in ? "in" : "out");
  if (host->in && i->n_dependences > 0)
    return refuse (check, id, "an input waits for nothing");
  if (!expect (check, id, tensor->height, strata_work_row_bytes (tensor), strata_work_row_bytes (tensor), 0))
    return FALSE;
  if (host->in)
    {
      check->host_of[host->tensor] = id;
      return writes_rows (check, id, 0, 1, host->tensor, 0, 1);
    }
  return writes_nothing (check, id) && waits_for_rows (check, id, -1, 0, host->tensor, 0, 1)
         && keeps (check, id, place_of (check, host->tensor), -1, host->tensor, TRUE, 0, 1);
}

static gboolean
check_instruction (Check *check, int id)
{
  if (!check_route (check, id))
    return FALSE;
  switch (check->schedule->instructions[id].opcode)
    {
    case STRATA_OPCODE_LOAD:
      return check_load (check, id);
    case STRATA_OPCODE_MVM:
      return check_mvm (check, id);
    case STRATA_OPCODE_PSUM:
      return check_psum (check, id);
    case STRATA_OPCODE_STORE:
      return check_store (check, id);
    case STRATA_OPCODE_VECTOR:
    case STRATA_OPCODE_MAC:
      return check_writer (check, id);
    case STRATA_OPCODE_DRAM_READ:
    case STRATA_OPCODE_DRAM_WRITE:
      return check_dram (check, id);
    case STRATA_OPCODE_HOST_IN:
    case STRATA_OPCODE_HOST_OUT:
    case STRATA_N_OPCODES:
      break;
    }
  return check_host (check, id);
}

/* Every op is done, by every copy. (Its writer has asked for its stores, those for the sums and products.) */
static gboolean
check_complete (const Check *check)
{
  for (int op = 0; op < check->graph->n_ops; op++)
    {
      int n_wanted = check->silent[op] ? 0 : 1;

      if (check->graph->ops[op].kind == STRATA_QOP_MVM)
        n_wanted = strata_work_n_copies (check->tiles, op);
      if (check->n_writers[op] == n_wanted && (check->streams->ops[op].write_bytes == 0 || check->append_of[op] >= 0))
        continue;
      g_set_error (check->error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
                   "schedule: op '%s' has %d instructions that write its result; %d are needed",
                   check->graph->ops[op].name, check->n_writers[op], n_wanted);
      return FALSE;
    }
  if (check->n_hosts < check->hosts->len)
    {
      g_set_error (check->error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
                   "schedule: %u of %u host transfers are missing", check->hosts->len - check->n_hosts,
                   check->hosts->len);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_ends (const Check *check)
{
  gint64 n_stuck = strata_schedule_n_stuck (check->schedule);

  if (n_stuck == 0)
    return TRUE;
  g_set_error (check->error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
               "schedule: %" G_GINT64_FORMAT " bursts wait for each other and never start", n_stuck);
  return FALSE;
}

static gboolean
check_all (Check *check)
{
  const StrataSchedule *schedule = check->schedule;
  gint64 n_bursts = 0;
  int op = -1;

  for (int id = 0; id < schedule->n_instructions; id++)
    {
      if (!check_ranges (check, id))
        return FALSE;
      n_bursts += schedule->instructions[id].n_bursts;
      if (n_bursts > MAX_BURSTS)
        return refuse (check, id, "the program has more than %" G_GINT64_FORMAT " bursts", MAX_BURSTS);
    }
  for (int id = 0; id < schedule->n_instructions; id++)
    {
      const StrataInstruction *i = &schedule->instructions[id];

      if (unit_kind (i->opcode) != STRATA_UNIT_HOST && i->op != op)
        {
          if (i->op < op)
            return refuse (check, id, "ops are not in order");
          op = i->op;
          for (int stack = 0; stack < check->chip->n_stacks; stack++)
            check->load_of[stack] = -1;
        }
      if (!check_instruction (check, id))
        return FALSE;
    }
  return check_complete (check) && check_ends (check)
         && strata_schedule_check_sums (schedule, check->graph, check->tiles, check->chip, check->error);
}

static int *
new_slots (int n)
{
  int *slots = g_new (int, (gsize) n + 1);

  for (int i = 0; i <= n; i++)
    slots[i] = -1;
  return slots;
}

gboolean
strata_schedule_check (const StrataSchedule *schedule,
                       const StrataQGraph *graph,
                       const StrataTileSet *tiles,
                       const StrataPlacement *placement,
                       const StrataChipSpec *chip,
                       GError **error)
{
  Check check = {
    .schedule = schedule, .graph = graph, .tiles = tiles, .placement = placement, .chip = chip, .error = error
  };
  gboolean ok;

  if (schedule->busiest_unit < 0 || schedule->busiest_unit >= schedule->n_units || schedule->latency_ps < 0
      || schedule->lower_bound_ps < 0 || schedule->lower_bound_ps > schedule->latency_ps
      || schedule->critical_path_ps < 0 || schedule->critical_path_ps > schedule->lower_bound_ps
      || schedule->busiest_unit_ps < 0 || schedule->interval_ps < 0 || schedule->interval_bound_ps < 0
      || schedule->max_active_stacks < 0 || schedule->sram_peak_bytes < 0
      || schedule->sram_peak_bytes > chip->sram_bytes)
    {
      g_set_error_literal (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
                           "schedule: its predicted figures contradict each other or the chip");
      return FALSE;
    }
  if (!strata_schedule_check_buffers (schedule, graph, chip, error))
    return FALSE;
  check.silent = strata_work_silent (graph);
  check.buffer_of = new_slots (graph->n_tensors);
  check.host_of = new_slots (graph->n_tensors);
  check.streams = strata_streams_new (graph, check.silent, chip);
  check.hosts = strata_work_host (graph, check.silent, check.streams->is_cache);
  check.mvm_of = new_slots (tiles->n_tiles);
  check.psum_of = new_slots (tiles->n_tiles);
  check.store_of = new_slots (tiles->n_tiles);
  check.load_of = new_slots (chip->n_stacks);
  check.first_writer = new_slots (graph->n_ops);
  check.products_of = new_slots (graph->n_ops);
  check.fetch_of = new_slots (graph->n_ops);
  check.append_of = new_slots (graph->n_ops);
  check.n_writers = g_new0 (int, graph->n_ops + 1);
  ok = strata_streams_fit (check.streams, chip, error) && check_all (&check);
  g_free (check.silent);
  g_free (check.buffer_of);
  g_free (check.host_of);
  g_array_unref (check.hosts);
  g_free (check.mvm_of);
  g_free (check.psum_of);
  g_free (check.store_of);
  g_free (check.load_of);
  g_free (check.first_writer);
  g_free (check.products_of);
  g_free (check.fetch_of);
  g_free (check.append_of);
  strata_streams_free (check.streams);
  g_free (check.n_writers);
  return ok;
}
