/* SPDX-License-Identifier: Apache-2.0
 *
 * Row times, unit loads and energies of a quantised graph, by the formulas of cost/ and the counts of program/work.
 * What schedule/ emits for an op is mirrored in fill_product () and fill_digital ().
 */
#include "compiler/search/model.h"

#include "program/stream.h"

static double
transfer_ps (const SearchModel *model, gint64 n_bytes)
{
  return (double) strata_cost_transfer_ps (model->chip, STRATA_BAND_NOMINAL, n_bytes, 1);
}

static double
energy_fj (const SearchModel *model, const StrataTileSet *tiles, const StrataInstruction *instruction)
{
  StrataActionEnergy energy = strata_burst_energy (instruction, model->graph, tiles, model->chip, STRATA_BAND_NOMINAL);
  double sum_fj = 0;

  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    sum_fj += (double) energy.per_action_fj[i];
  return sum_fj;
}

/* Rows of @tensor as rows of the op that makes it */
static SearchNeed
need_rows (SearchModel *model, const guint8 *silent, int tensor, int n)
{
  SearchNeed need = { .op = -1, .row = strata_arena_array (model->arena, int, n) };
  int row = 0, root = strata_work_root (model->graph, silent, tensor, &row);
  int producer = model->graph->tensors[root].producer;

  need.op = producer >= 0 && !silent[producer] ? producer : -1;
  need.tensor = root;
  return need;
}

static double
time_ps (const SearchModel *model, const StrataTileSet *tiles, const StrataInstruction *instruction)
{
  return (double) strata_burst_time (instruction, model->graph, tiles, model->chip, STRATA_BAND_NOMINAL).occupy_ps;
}

/* What the op moves of external memory */
static void
fill_stream (SearchModel *model, const StrataTileSet *tiles, const StrataStream *stream, int id)
{
  SearchOp *self = &model->ops[id];
  StrataInstruction fetch = { .opcode = STRATA_OPCODE_DRAM_READ,
                              .op = id,
                              .tile = -1,
                              .n_bursts = stream->n_reads,
                              .n_actions = stream->read_bytes };
  StrataInstruction keep = {
    .opcode = STRATA_OPCODE_DRAM_WRITE, .op = id, .tile = -1, .n_bursts = 1, .n_actions = stream->write_bytes
  };

  self->n_chunks = stream->in_chunks ? stream->n_reads : 0;
  if (stream->n_reads > 0)
    {
      self->fetch_ps = time_ps (model, tiles, &fetch);
      self->dram_ps = self->fetch_ps * stream->n_reads;
      self->dynamic_fj += energy_fj (model, tiles, &fetch) * stream->n_reads;
    }
  if (stream->write_bytes > 0)
    {
      self->keep_ps = time_ps (model, tiles, &keep);
      self->dram_ps += self->keep_ps;
      self->dynamic_fj += energy_fj (model, tiles, &keep);
    }
}

/* The products of a digital op, and what writes its rows */
static void
fill_digital_work (SearchModel *model, const StrataTileSet *tiles, const StrataStreams *streams, int id)
{
  const StrataQGraph *graph = model->graph;
  SearchOp *self = &model->ops[id];
  gboolean mac = graph->ops[id].kind == STRATA_QOP_MAC;
  gboolean both = graph->ops[id].kind == STRATA_QOP_DIGITAL && strata_work_macs (graph, id) > 0;
  int n_products = both ? strata_stream_n_products (streams, graph, id) : 0;
  gint64 read_bytes = strata_stream_sram_read (streams, graph, id, self->n_rows);
  StrataInstruction write = { .opcode = mac ? STRATA_OPCODE_MAC : STRATA_OPCODE_VECTOR, .op = id, .tile = -1 };

  if (both)
    {
      StrataInstruction products = { .opcode = STRATA_OPCODE_MAC, .op = id, .tile = -1 };

      products.n_actions = strata_stream_macs (streams, graph, id);
      products.sram_bytes = strata_stream_sram_read (streams, graph, id, n_products);
      products.dram_bytes = strata_stream_constant_bytes (streams, graph, id, n_products);
      self->products_ps = time_ps (model, tiles, &products);
      self->mac_ps = self->products_ps * n_products;
      self->dynamic_fj += energy_fj (model, tiles, &products) * n_products;
      read_bytes = 0;
    }
  write.n_actions = mac ? strata_work_macs (graph, id) : strata_stream_vector_ops (streams, graph, id);
  write.sram_bytes = read_bytes + strata_stream_sram_write (streams, graph, id, self->n_rows);
  write.dram_bytes = both ? 0 : strata_stream_constant_bytes (streams, graph, id, self->n_rows);
  self->row_ps = time_ps (model, tiles, &write);
  *(mac ? &self->mac_ps : &self->vector_ps) += self->row_ps * self->n_rows;
  self->dynamic_fj += energy_fj (model, tiles, &write) * self->n_rows;
}

static void
fill_digital (
  SearchModel *model, const StrataTileSet *tiles, const StrataStreams *streams, const guint8 *silent, int id)
{
  const StrataQOp *op = &model->graph->ops[id];
  const StrataStream *stream = &streams->ops[id];
  SearchOp *self = &model->ops[id];

  self->need = strata_arena_array (model->arena, SearchNeed, op->n_inputs + 1);
  fill_stream (model, tiles, stream, id);
  fill_digital_work (model, tiles, streams, id);
  for (int input = 0; input < op->n_inputs; input++)
    {
      SearchNeed need;

      if ((stream->cache_inputs >> input & 1) != 0) /* there from the start */
        continue;
      need = need_rows (model, silent, op->inputs[input], self->n_rows);
      need.release = stream->in_chunks
                       ? (StrataDependence){ .add = self->n_rows - 1, .divide = 1 }
                       : strata_work_release (model->graph, silent, id, input, TRUE, 0, 1, self->n_rows);
      for (int b = 0; b < self->n_rows; b++)
        {
          need.row[b] = strata_qop_needs_row (model->graph, id, input, stream->in_chunks ? self->n_rows - 1 : b);
          strata_work_root (model->graph, silent, op->inputs[input], &need.row[b]);
        }
      self->need[self->n_needs++] = need;
    }
}

/* Whether no other tile can lie on the same array, and have it selected already */
static gboolean
is_alone (const StrataTile *tile, const StrataChipSpec *chip)
{
  return tile->n_rows == chip->rows && tile->n_cols == strata_chip_outputs (chip, tile->n_slices);
}

/* Times of the slowest tile; work and energy of all */
static void
add_tile (SearchModel *model, const StrataTileSet *tiles, int id, const StrataQTensor *in, const StrataQTensor *out)
{
  const StrataTile *tile = &tiles->tiles[id];
  SearchOp *self = &model->ops[tile->op];
  StrataInstruction instruction = {
    .opcode = STRATA_OPCODE_MVM, .op = tile->op, .tile = id, .n_bursts = out->height, .n_actions = out->width
  };
  StrataBurstTime time = strata_burst_time (&instruction, model->graph, tiles, model->chip, STRATA_BAND_NOMINAL);
  gint64 n_sum_bytes = (gint64) STRATA_SUM_BYTES * tile->n_cols * out->width;
  int from, to;

  strata_work_channels (model->graph, tile, &from, &to);
  self->fill +=
    (double) tile->n_rows * tile->n_cols * tile->n_slices / ((double) model->chip->rows * model->chip->columns);
  self->load_ps =
    MAX (self->load_ps, transfer_ps (model, (gint64) (to - from) * in->width * strata_format_bytes (in->format)));
  if (model->chip->tiers > 1 && is_alone (tile, model->chip))
    self->select_ps = (double) strata_cost_select_ps (model->chip, STRATA_BAND_NOMINAL);
  self->occupy_ps = MAX (self->occupy_ps, (double) time.occupy_ps);
  self->result_ps = MAX (self->result_ps, (double) time.result_ps);
  self->work_ps += (double) time.occupy_ps * out->height;
  self->dynamic_fj += energy_fj (model, tiles, &instruction) * out->height;
  if (tile->row0 > 0)
    return;
  instruction.opcode = STRATA_OPCODE_STORE;
  instruction.n_actions = n_sum_bytes;
  instruction.n_hops = 1;
  self->store_ps = MAX (self->store_ps, transfer_ps (model, n_sum_bytes));
  self->link_in_ps += transfer_ps (model, n_sum_bytes) * out->height;
  self->dynamic_fj += energy_fj (model, tiles, &instruction) * out->height;
}

static void
fill_product (SearchModel *model, const StrataTileSet *tiles, const guint8 *silent, int id)
{
  const StrataQOp *op = &model->graph->ops[id];
  const StrataQTensor *in = &model->graph->tensors[op->inputs[0]], *out = &model->graph->tensors[op->output];
  SearchOp *self = &model->ops[id];
  gint64 n_row_bytes = strata_work_row_bytes (in);
  StrataInstruction load = {
    .opcode = STRATA_OPCODE_LOAD, .op = id, .tile = -1, .n_hops = 1, .n_actions = n_row_bytes, .sram_bytes = n_row_bytes
  };
  StrataInstruction write = { .opcode = STRATA_OPCODE_VECTOR,
                              .op = id,
                              .tile = -1,
                              .n_actions = strata_work_vector_ops (model->graph, id),
                              .sram_bytes = strata_work_row_bytes (out) };

  self->is_product = TRUE;
  for (int i = tiles->op_first[id]; i < tiles->op_first[id + 1]; i++)
    {
      self->n_arrays += strata_tile_n_tiers (&tiles->tiles[i]);
      add_tile (model, tiles, i, in, out);
    }
  self->row_ps = (double) strata_cost_vector_ps (model->chip, write.n_actions);
  self->vector_ps = self->row_ps * self->n_rows;
  self->link_out_ps = transfer_ps (model, n_row_bytes) * in->height;
  self->dynamic_fj += energy_fj (model, tiles, &load) * in->height + energy_fj (model, tiles, &write) * out->height;
  self->n_loaded = in->height;
  self->n_needs = 2;
  self->need = strata_arena_array (model->arena, SearchNeed, 2);
  self->need[0] = need_rows (model, silent, op->inputs[0], in->height);
  for (int r = 0; r < in->height; r++)
    {
      self->need[0].row[r] = r;
      strata_work_root (model->graph, silent, op->inputs[0], &self->need[0].row[r]);
    }
  self->need[1] = (SearchNeed){ .op = id, .row = strata_arena_array (model->arena, int, self->n_rows) };
  for (int b = 0; b < self->n_rows; b++)
    self->need[1].row[b] = strata_qop_needs_row (model->graph, id, 0, b);
}

static void
count_links (SearchModel *model)
{
  int hub = model->chip->n_stacks;

  for (int link = 0; link < strata_chip_n_links (model->chip); link++)
    {
      int from, to;

      strata_chip_link_ends (model->chip, link, &from, &to);
      model->n_links_out += from == hub;
      model->n_links_in += to == hub;
    }
}

/* @graph with @reads times its reads, 0: one each, and dense products on their sides; weights and names are its own. */
static const StrataQGraph *
copy_graph (const StrataQGraph *graph, StrataArena *arena, int reads, const StrataSide *sides)
{
  StrataQGraph *copy = strata_arena_memdup (arena, graph, sizeof *graph);

  copy->ops = strata_arena_memdup (arena, graph->ops, (gsize) graph->n_ops * sizeof *graph->ops);
  for (int i = 0; i < graph->n_ops; i++)
    if (copy->ops[i].kind == STRATA_QOP_MVM)
      {
        copy->ops[i].n_reads = reads == 0 ? 1 : copy->ops[i].n_reads * reads;
        if (sides != NULL && sides[i] == STRATA_SIDE_DIGITAL)
          copy->ops[i].kind = STRATA_QOP_MAC;
      }
  return copy;
}

SearchModel *
search_model_new (const StrataQGraph *graph, const StrataTileSet *tiles, const StrataChipSpec *chip, int reads)
{
  return search_model_new_sided (graph, tiles, chip, reads, NULL);
}

SearchModel *
search_model_new_sided (
  const StrataQGraph *graph, const StrataTileSet *tiles, const StrataChipSpec *chip, int reads, const StrataSide *sides)
{
  SearchModel *model = g_new0 (SearchModel, 1);
  g_autofree guint8 *silent = strata_work_silent (graph);
  g_autoptr (StrataStreams) streams = NULL;
  int n_most = 1;

  *model = (SearchModel){ .chip = chip, .arena = strata_arena_new (), .n_sites = strata_chip_arrays (chip) };
  model->graph = copy_graph (graph, model->arena, reads, sides);
  streams = strata_streams_new (model->graph, silent, chip);
  model->ops = strata_arena_array (model->arena, SearchOp, graph->n_ops + 1);
  count_links (model);
  model->reserved_bytes = streams->reserved_bytes;
  model->external_bytes = (streams->external ? streams->cache_bytes : 0) + streams->external_bytes;
  for (int i = 0; i < graph->n_ops; i++)
    {
      SearchOp *op = &model->ops[i];

      if (silent[i])
        continue;
      *op = (SearchOp){ .runs = TRUE, .n_rows = strata_qop_bursts (graph, i), .first_row = model->n_rows };
      if (model->graph->ops[i].kind == STRATA_QOP_MVM)
        fill_product (model, tiles, silent, i);
      else
        fill_digital (model, tiles, streams, silent, i);
      model->n_rows += op->n_rows;
      n_most = MAX (n_most, MAX (op->n_rows, op->n_loaded));
      model->n_arrays += op->n_arrays;
      model->work_ps += op->work_ps;
      model->vector_ps += op->vector_ps;
      model->mac_ps += op->mac_ps;
      model->dram_ps += op->dram_ps;
      model->link_out_ps += op->link_out_ps;
      model->link_in_ps += op->link_in_ps;
      model->dynamic_fj += op->dynamic_fj;
    }
  model->ready_ps = g_new0 (double, model->n_rows + 1);
  model->scratch_ps = g_new0 (double, 4 * (gsize) n_most);
  return model;
}

static void
lessen (double *sum, double *self, double other)
{
  *sum -= MAX (0, *self - other);
  *self = MIN (*self, other);
}

void
search_model_relax (SearchModel *model, const SearchModel *digital, const gboolean *either)
{
  for (int i = 0; i < model->graph->n_ops; i++)
    {
      SearchOp *op = &model->ops[i], *other;

      if (!either[i] || !op->is_product)
        continue;
      other = strata_arena_memdup (model->arena, &digital->ops[i], sizeof *other);
      other->first_row = op->first_row;
      op->other = other;
      lessen (&model->work_ps, &op->work_ps, 0);
      lessen (&model->vector_ps, &op->vector_ps, other->vector_ps);
      lessen (&model->mac_ps, &op->mac_ps, other->mac_ps);
      lessen (&model->dram_ps, &op->dram_ps, other->dram_ps);
      lessen (&model->link_out_ps, &op->link_out_ps, other->link_out_ps);
      lessen (&model->link_in_ps, &op->link_in_ps, other->link_in_ps);
      lessen (&model->dynamic_fj, &op->dynamic_fj, other->dynamic_fj);
    }
}

void
search_model_free (SearchModel *model)
{
  if (model == NULL)
    return;
  g_free (model->ready_ps);
  g_free (model->scratch_ps);
  strata_arena_free (model->arena);
  g_free (model);
}
