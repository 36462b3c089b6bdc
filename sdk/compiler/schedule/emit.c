/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions of a placed program, op by op: host input; per op one LOAD per stack that holds a tile, one MVM per
 * tile, PSUM to the home of a K-split column block, STORE to the hub, VECTOR; or VECTOR or MAC alone; or, of a digital
 * op with products, MAC and VECTOR, behind and before what it moves of external memory; host output. What they wait for
 * and where their rows lie is emitter.c's.
 */
#include "compiler/schedule/emitter.h"
#include "program/work.h"

/* --- instructions --- */

static int
emit (Emitter *e, StrataInstruction instruction)
{
  instruction.first_dependence = (int) e->dependences->len;
  instruction.buffer = -1;
  g_array_append_val (e->instructions, instruction);
  return (int) e->instructions->len - 1;
}

static int
emit_digital (
  Emitter *e, StrataOpcode opcode, StrataUnitKind kind, int op, int n_bursts, gint64 n_actions, gint64 sram_bytes)
{
  return emit (e, (StrataInstruction){ .opcode = opcode,
                                       .op = op,
                                       .tile = -1,
                                       .unit = strata_schedule_unit (e->schedule, kind),
                                       .from_node = -1,
                                       .to_node = -1,
                                       .n_bursts = n_bursts,
                                       .n_actions = n_actions,
                                       .sram_bytes = sram_bytes });
}

static int
emit_transfer (Emitter *e, StrataInstruction instruction)
{
  const StrataChipSpec *chip = e->in->chip;
  g_autofree int *links = g_new (int, chip->mesh_x + chip->mesh_y + 2);

  instruction.n_hops = strata_chip_route (chip, instruction.from_node, instruction.to_node, links);
  instruction.first_route = (int) e->routes->len;
  for (int i = 0; i < instruction.n_hops; i++)
    links[i] += chip->n_stacks;
  g_array_append_vals (e->routes, links, instruction.n_hops);
  instruction.unit = links[0];
  return emit (e, instruction);
}

/* --- matrix products --- */

static void
emit_loads (Emitter *e, int op)
{
  const StrataQGraph *graph = e->in->graph;
  int tensor = graph->ops[op].inputs[0], n_rows = graph->tensors[tensor].height;

  for (int stack = 0; stack < e->in->chip->n_stacks; stack++)
    e->load_of[stack] = -1;
  for (int i = e->in->tiles->op_first[op]; i < e->in->tiles->op_first[op + 1]; i++)
    {
      int stack = e->in->placement->site[i].stack;
      gint64 n_bytes;

      if (e->load_of[stack] >= 0)
        continue;
      n_bytes = strata_work_load_bytes (graph, e->in->tiles, e->in->placement, op, stack);
      e->load_of[stack] = emit_transfer (e, (StrataInstruction){ .opcode = STRATA_OPCODE_LOAD,
                                                                 .op = op,
                                                                 .tile = -1,
                                                                 .from_node = e->in->chip->n_stacks,
                                                                 .to_node = stack,
                                                                 .n_bursts = n_rows,
                                                                 .n_actions = n_bytes,
                                                                 .sram_bytes = n_bytes });
      emitter_last (e)->buffer = emitter_add_buffer (e, stack, tensor, op, n_bytes);
      emitter_last (e)->n_buffers = 1;
      emitter_last (e)->row_step = 1;
      emitter_keep (e, emitter_buffer_behind (e, tensor),
                    strata_work_release_rows (graph, e->in->silent, tensor, n_rows));
      for (int b = 0; b < n_rows; b++)
        e->rows[b] = b;
      emitter_wait_for_tensor (e, tensor, n_rows);
    }
}

static void
emit_mvm (Emitter *e, int tile_id, int n_rows, int n_copies)
{
  const StrataQGraph *graph = e->in->graph;
  const StrataTile *tile = &e->in->tiles->tiles[tile_id];
  const StrataQOp *op = &graph->ops[tile->op];
  int stack = e->in->placement->site[tile_id].stack;

  e->mvm_of[tile_id] = emit (e, (StrataInstruction){ .opcode = STRATA_OPCODE_MVM,
                                                     .op = tile->op,
                                                     .tile = tile_id,
                                                     .unit = stack,
                                                     .from_node = -1,
                                                     .to_node = -1,
                                                     .n_bursts = n_rows,
                                                     .n_actions = graph->tensors[op->output].width });
  for (int b = 0; b < n_rows; b++)
    e->rows[b] = strata_qop_needs_row (graph, tile->op, 0, tile->copy + b * n_copies);
  emitter_wait_for_rows (e, e->load_of[stack], n_rows, graph->tensors[op->inputs[0]].height - 1);
  emitter_keep (e, g_array_index (e->instructions, StrataInstruction, e->load_of[stack]).buffer,
                strata_work_release (graph, e->in->silent, tile->op, 0, FALSE, tile->copy, n_copies, n_rows));
}

static void
emit_psum (Emitter *e, int tile_id, int home, int n_rows)
{
  const StrataTile *tile = &e->in->tiles->tiles[tile_id];
  int from = e->in->placement->site[tile_id].stack, to = e->in->placement->site[home].stack;
  gint64 n_sums = (gint64) tile->n_cols * e->in->graph->tensors[e->in->graph->ops[tile->op].output].width;

  e->psum_of[tile_id] = -1;
  if (from == to)
    return;
  e->psum_of[tile_id] = emit_transfer (e, (StrataInstruction){ .opcode = STRATA_OPCODE_PSUM,
                                                               .op = tile->op,
                                                               .tile = tile_id,
                                                               .from_node = from,
                                                               .to_node = to,
                                                               .n_bursts = n_rows,
                                                               .n_actions = STRATA_SUM_BYTES * n_sums,
                                                               .n_posts = n_sums });
  emitter_follow (e, e->mvm_of[tile_id]);
}

/* The sums of the column block of tiles home … to - 1 */
static int
emit_store (Emitter *e, int home, int to, int n_rows)
{
  const StrataTile *tile = &e->in->tiles->tiles[home];
  int width = e->in->graph->tensors[e->in->graph->ops[tile->op].output].width;
  int id = emit_transfer (e, (StrataInstruction){ .opcode = STRATA_OPCODE_STORE,
                                                  .op = tile->op,
                                                  .tile = home,
                                                  .from_node = e->in->placement->site[home].stack,
                                                  .to_node = e->in->chip->n_stacks,
                                                  .n_bursts = n_rows,
                                                  .n_actions = (gint64) STRATA_SUM_BYTES * tile->n_cols * width });

  for (int i = home; i < to; i++)
    emitter_follow (e, e->psum_of[i] >= 0 ? e->psum_of[i] : e->mvm_of[i]);
  return id;
}

/* Tiles from … to - 1: one copy. Leaves the ids of the stores in @stores. */
static void
emit_copy (Emitter *e, int from, int to, int n_rows, int n_copies, GArray *stores)
{
  const StrataTile *tiles = e->in->tiles->tiles;

  for (int i = from; i < to; i++)
    emit_mvm (e, i, n_rows, n_copies);
  for (int i = from; i < to; i++)
    emit_psum (e, i, strata_work_home (e->in->tiles, i), n_rows);
  for (int i = from; i < to;)
    {
      int end = i + 1, store;

      while (end < to && tiles[end].row0 > 0)
        end++;
      store = emit_store (e, i, end, n_rows);
      g_array_append_val (stores, store);
      i = end;
    }
}

/* The writers of an op come last and together, so that consumers can name them by the first. */
static void
emit_product (Emitter *e, int op)
{
  const StrataQGraph *graph = e->in->graph;
  const StrataQTensor *out = &graph->tensors[graph->ops[op].output];
  int n_copies = strata_work_n_copies (e->in->tiles, op), limit = e->in->tiles->op_first[op + 1];
  int from = e->in->tiles->op_first[op];
  g_autoptr (GArray) stores = g_array_new (FALSE, FALSE, sizeof (int));
  g_autofree int *store_end = g_new (int, n_copies);

  emit_loads (e, op);
  for (int copy = 0; copy < n_copies; copy++)
    {
      int to = from;

      while (to < limit && e->in->tiles->tiles[to].copy == copy)
        to++;
      emit_copy (e, from, to, strata_work_copy_rows (out->height, copy, n_copies), n_copies, stores);
      store_end[copy] = (int) stores->len;
      from = to;
    }
  e->first_writer[op] = (int) e->instructions->len;
  e->n_writers[op] = n_copies;
  for (int copy = 0; copy < n_copies; copy++)
    {
      emit_digital (e, STRATA_OPCODE_VECTOR, STRATA_UNIT_VECTOR, op,
                    strata_work_copy_rows (out->height, copy, n_copies), strata_work_vector_ops (graph, op),
                    strata_work_row_bytes (out));
      emitter_write_rows (e, graph->ops[op].output, copy, n_copies);
      for (int i = copy == 0 ? 0 : store_end[copy - 1]; i < store_end[copy]; i++)
        emitter_follow (e, g_array_index (stores, int, i));
    }
}

/* --- digital ops and the host --- */

/* Makes the last instruction, of @n_bursts bursts, wait for the operands of its op: for the rows of its output row, or,
 * where it goes over the op's caches in chunks, for all. Caches are there. */
static void
wait_for_inputs (Emitter *e, int op_id, int n_bursts)
{
  const StrataQGraph *graph = e->in->graph;
  const StrataStream *stream = &e->in->streams->ops[op_id];
  int last = strata_qop_bursts (graph, op_id) - 1;

  for (int input = 0; input < graph->ops[op_id].n_inputs; input++)
    {
      if ((stream->cache_inputs >> input & 1) != 0)
        continue;
      for (int b = 0; b < n_bursts; b++)
        e->rows[b] = strata_qop_needs_row (graph, op_id, input, stream->in_chunks ? last : b);
      emitter_wait_for_tensor (e, graph->ops[op_id].inputs[input], n_bursts);
    }
}

/* The last instruction, of @n_bursts bursts, reads the operands of its op; what goes over chunks reads them to its end.
 */
static void
keep_inputs (Emitter *e, int op_id, int n_bursts)
{
  const StrataQGraph *graph = e->in->graph;
  const StrataStream *stream = &e->in->streams->ops[op_id];

  for (int input = 0; input < graph->ops[op_id].n_inputs; input++)
    if ((stream->cache_inputs >> input & 1) == 0)
      emitter_keep (e, emitter_buffer_behind (e, graph->ops[op_id].inputs[input]),
                    stream->in_chunks ? (StrataDependence){ 0, 0, n_bursts - 1, 1 }
                                      : strata_work_release (graph, e->in->silent, op_id, input, TRUE, 0, 1, n_bursts));
}

/* What the op reads of external memory, once its operands are there */
static int
emit_fetch (Emitter *e, int op_id)
{
  const StrataStream *stream = &e->in->streams->ops[op_id];
  int id = emit_digital (e, STRATA_OPCODE_DRAM_READ, STRATA_UNIT_DRAM, op_id, stream->n_reads, stream->read_bytes, 0);

  wait_for_inputs (e, op_id, stream->n_reads);
  return id;
}

/* The last instruction computes with the operands of its op, behind @fetch, which waits for them, or -1. */
static void
take_operands (Emitter *e, int op_id, int n_bursts, int fetch)
{
  keep_inputs (e, op_id, n_bursts);
  if (fetch >= 0)
    emitter_follow (e, fetch);
  else
    wait_for_inputs (e, op_id, n_bursts);
}

static void
emit_other (Emitter *e, int op_id)
{
  const StrataQGraph *graph = e->in->graph;
  const StrataStreams *streams = e->in->streams;
  const StrataStream *stream = &streams->ops[op_id];
  gboolean mac = graph->ops[op_id].kind == STRATA_QOP_MAC;
  gboolean both = graph->ops[op_id].kind == STRATA_QOP_DIGITAL && strata_work_macs (graph, op_id) > 0;
  int n_rows = strata_qop_bursts (graph, op_id), products = -1, n_products = 0;
  int fetch = stream->n_reads > 0 ? emit_fetch (e, op_id) : -1;
  gint64 read_bytes = strata_stream_sram_read (streams, graph, op_id, n_rows);
  gint64 write_bytes = strata_stream_sram_write (streams, graph, op_id, n_rows);

  if (both)
    {
      n_products = strata_stream_n_products (streams, graph, op_id);
      products = emit_digital (e, STRATA_OPCODE_MAC, STRATA_UNIT_MAC, op_id, n_products,
                               strata_stream_macs (streams, graph, op_id),
                               strata_stream_sram_read (streams, graph, op_id, n_products));
      emitter_last (e)->dram_bytes = strata_stream_constant_bytes (streams, graph, op_id, n_products);
      take_operands (e, op_id, n_products, fetch);
      read_bytes = 0;
    }
  e->first_writer[op_id] = emit_digital (
    e, mac ? STRATA_OPCODE_MAC : STRATA_OPCODE_VECTOR, mac ? STRATA_UNIT_MAC : STRATA_UNIT_VECTOR, op_id, n_rows,
    mac ? strata_work_macs (graph, op_id) : strata_stream_vector_ops (streams, graph, op_id), read_bytes + write_bytes);
  if (!both)
    emitter_last (e)->dram_bytes = strata_stream_constant_bytes (streams, graph, op_id, n_rows);
  e->n_writers[op_id] = 1;
  for (int i = 0; i <= graph->ops[op_id].n_more_outputs; i++)
    if ((stream->cache_outputs >> i & 1) == 0)
      emitter_write_rows (e, strata_qop_output (&graph->ops[op_id], i), 0, 1);
  if (both && stream->in_chunks)
    emitter_add_dependence (e, (StrataDependence){ products, 0, n_products - 1, 1 });
  else if (both)
    emitter_follow (e, products);
  else
    take_operands (e, op_id, n_rows, fetch);
  if (stream->write_bytes == 0)
    return;
  emit_digital (e, STRATA_OPCODE_DRAM_WRITE, STRATA_UNIT_DRAM, op_id, 1, stream->write_bytes, 0);
  emitter_add_dependence (e, (StrataDependence){ e->first_writer[op_id], 0, n_rows - 1, 1 });
}

/* What comes in waits for nothing; what goes out follows its rows. */
static void
emit_host (Emitter *e, const StrataWorkHost *host)
{
  const StrataQTensor *tensor = &e->in->graph->tensors[host->tensor];
  gint64 n_bytes = strata_work_row_bytes (tensor);

  emit_digital (e, host->in ? STRATA_OPCODE_HOST_IN : STRATA_OPCODE_HOST_OUT, STRATA_UNIT_HOST, host->op,
                tensor->height, n_bytes, n_bytes);
  if (host->in)
    {
      e->host_of[host->tensor] = (int) e->instructions->len - 1;
      emitter_write_rows (e, host->tensor, 0, 1);
      return;
    }
  emitter_keep (e, emitter_buffer_behind (e, host->tensor),
                strata_work_release_rows (e->in->graph, e->in->silent, host->tensor, tensor->height));
  for (int b = 0; b < tensor->height; b++)
    e->rows[b] = b;
  emitter_wait_for_tensor (e, host->tensor, tensor->height);
}

static void
emit_all (Emitter *e)
{
  const StrataQGraph *graph = e->in->graph;
  g_autoptr (GArray) hosts = strata_work_host (graph, e->in->silent, e->in->streams->is_cache);
  guint next = 0;

  for (; next < hosts->len && g_array_index (hosts, StrataWorkHost, next).in; next++)
    emit_host (e, &g_array_index (hosts, StrataWorkHost, next));
  for (int op = 0; op < graph->n_ops; op++)
    if (!e->in->silent[op])
      {
        if (graph->ops[op].kind == STRATA_QOP_MVM)
          emit_product (e, op);
        else
          emit_other (e, op);
      }
  for (; next < hosts->len; next++)
    emit_host (e, &g_array_index (hosts, StrataWorkHost, next));
}

StrataSchedule *
schedule_emit (const ScheduleInput *input)
{
  StrataSchedule *schedule = g_new0 (StrataSchedule, 1);
  Emitter e;

  schedule->arena = strata_arena_new ();
  schedule->units = strata_schedule_units (input->chip, schedule->arena, &schedule->n_units);
  emitter_init (&e, schedule, input);
  emit_all (&e);
  emitter_finish (&e);
  return schedule;
}
