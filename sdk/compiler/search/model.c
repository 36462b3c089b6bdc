/* SPDX-License-Identifier: Apache-2.0
 *
 * Row times, unit loads and energies of a quantised graph, by the formulas of cost/ and the counts of program/work, and
 * the streaming of rows through them. What schedule/ emits for an op is mirrored in fill_product () and fill_digital
 * ().
 */
#include "compiler/search/model.h"

#include <math.h>

#include "program/stream.h"

/* --- one op --- */

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

/* --- streaming --- */

int
search_model_copies (const SearchModel *model, const int *n_copies, int op)
{
  return n_copies == NULL ? model->ops[op].n_rows : CLAMP (n_copies[op], 1, model->ops[op].n_rows);
}

gint64
search_model_arrays (const SearchModel *model, const int *n_copies)
{
  gint64 n = 0;

  for (int i = 0; i < model->graph->n_ops; i++)
    if (model->ops[i].is_product && model->ops[i].other == NULL)
      n += model->ops[i].n_arrays * search_model_copies (model, n_copies, i);
  return n;
}

gint64
search_model_least_arrays (const SearchModel *model, const int *n_copies)
{
  double fill = 0;

  for (int i = 0; i < model->graph->n_ops; i++)
    if (model->ops[i].is_product && model->ops[i].other == NULL)
      fill += model->ops[i].fill * search_model_copies (model, n_copies, i);
  return (gint64) ceil (fill * (1 - 1e-9));
}

/* The burst of its op that makes a row that is needed: a digital op may make all rows in one. */
static int
need_burst (const SearchModel *model, const SearchNeed *need, int burst)
{
  return MIN (need->row[burst], model->ops[need->op].n_rows - 1);
}

static double
need_ps (const SearchModel *model, const SearchNeed *need, int burst)
{
  return need->op < 0 ? 0 : model->ready_ps[model->ops[need->op].first_row + need_burst (model, need, burst)];
}

/* A fetch waits for the operands, products for the fetch, and what writes for the products; over chunks, for the last.
 */
static void
stream_digital (SearchModel *model, const SearchOp *op)
{
  double fetched_ps = 0, products_ps = 0, free_ps = 0;

  for (int b = 0; b < op->n_rows; b++)
    {
      for (int i = 0; i < op->n_needs; i++)
        fetched_ps = MAX (fetched_ps, need_ps (model, &op->need[i], b));
      if (b == 0 && op->n_chunks > 0)
        products_ps = MAX (fetched_ps + op->fetch_ps * op->n_chunks + op->products_ps,
                           fetched_ps + op->fetch_ps + op->products_ps * op->n_chunks);
      else if (op->n_chunks == 0)
        {
          fetched_ps += op->fetch_ps;
          products_ps = MAX (products_ps, fetched_ps) + op->products_ps;
        }
      free_ps = MAX (free_ps, products_ps) + op->row_ps;
      model->ready_ps[op->first_row + b] = free_ps;
    }
}

/* @n_selects: copies whose first burst is sure to select its tier: all, where their number is fixed, and the first
 * where it is a bound. */
static void
stream_product (SearchModel *model, const SearchOp *op, int n_copies, int n_selects)
{
  double *loaded_ps = model->scratch_ps, *tile_ps = loaded_ps + op->n_loaded, *store_ps = tile_ps + n_copies,
         *write_ps = store_ps + n_copies, free_ps = 0;

  for (int r = 0; r < op->n_loaded; r++)
    loaded_ps[r] = free_ps = MAX (free_ps, need_ps (model, &op->need[0], r)) + op->load_ps;
  for (int b = 0; b < op->n_rows; b++)
    {
      int copy = b % n_copies;
      double start_ps = loaded_ps[op->need[1].row[b]], end_ps;

      start_ps = (b < n_copies ? start_ps : MAX (start_ps, tile_ps[copy])) + (b < n_selects ? op->select_ps : 0);
      tile_ps[copy] = start_ps + op->occupy_ps;
      end_ps = start_ps + op->result_ps;
      end_ps = (b < n_copies ? end_ps : MAX (end_ps, store_ps[copy])) + op->store_ps;
      store_ps[copy] = end_ps;
      end_ps = (b < n_copies ? end_ps : MAX (end_ps, write_ps[copy])) + op->row_ps;
      write_ps[copy] = end_ps;
      model->ready_ps[op->first_row + b] = end_ps;
    }
}

/* Each row when the first of both ways has it; no scratch is in use any more. */
static void
stream_earlier (SearchModel *model, const SearchOp *op)
{
  double *ready_ps = &model->ready_ps[op->first_row], *product_ps = model->scratch_ps;

  for (int b = 0; b < op->n_rows; b++)
    product_ps[b] = ready_ps[b];
  stream_digital (model, op->other);
  for (int b = 0; b < op->n_rows; b++)
    ready_ps[b] = MIN (ready_ps[b], product_ps[b]);
}

double
search_model_path_ps (SearchModel *model, const int *n_copies)
{
  double end_ps = 0;

  for (int i = 0; i < model->graph->n_ops; i++)
    {
      const SearchOp *op = &model->ops[i];

      if (!op->runs)
        continue;
      if (op->is_product)
        {
          int n = search_model_copies (model, n_copies, i);

          stream_product (model, op, n, n_copies == NULL ? 1 : n);
          if (op->other != NULL)
            stream_earlier (model, op);
        }
      else
        stream_digital (model, op);
      for (int b = 0; b < op->n_rows; b++)
        end_ps = MAX (end_ps, model->ready_ps[op->first_row + b] + (b == op->n_rows - 1 ? op->keep_ps : 0));
    }
  return end_ps;
}

/* The op whose last row comes last, and that row */
static void
find_end (const SearchModel *model, int *op, int *row)
{
  double end_ps = -1;

  *op = -1;
  for (int i = 0; i < model->graph->n_ops; i++)
    for (int b = 0; model->ops[i].runs && b < model->ops[i].n_rows; b++)
      if (model->ready_ps[model->ops[i].first_row + b] > end_ps)
        {
          end_ps = model->ready_ps[model->ops[i].first_row + b];
          *op = i;
          *row = b;
        }
}

double *
search_model_path_shares (const SearchModel *model, const int *n_copies)
{
  double *share_ps = g_new0 (double, (gsize) model->graph->n_ops + 1);
  int id, row = 0;

  find_end (model, &id, &row);
  while (id >= 0)
    {
      const SearchOp *op = &model->ops[id];
      int step = op->is_product ? search_model_copies (model, n_copies, id) : 1, from = -1;
      double now_ps = model->ready_ps[op->first_row + row], before_ps = 0;

      for (int i = 0; i < (op->is_product ? 1 : op->n_needs); i++)
        {
          double at_ps = need_ps (model, &op->need[i], op->is_product ? op->need[1].row[row] : row);

          if (op->need[i].op >= 0 && at_ps >= before_ps)
            {
              before_ps = at_ps;
              from = i;
            }
        }
      /* What came later than the inputs is the row before on the same unit. */
      if (row >= step && model->ready_ps[op->first_row + row - step] > before_ps)
        {
          share_ps[id] += now_ps - model->ready_ps[op->first_row + row - step];
          row -= step;
          continue;
        }
      share_ps[id] += now_ps - before_ps;
      if (from < 0)
        break;
      row = need_burst (model, &op->need[from], op->is_product ? op->need[1].row[row] : row);
      id = op->need[from].op;
    }
  return share_ps;
}

/* --- loads --- */

/* Load of everything that copies do not shorten, @bind saying which is largest */
static double
fixed_load_ps (const SearchModel *model, SearchBind *bind)
{
  const double load_ps[SEARCH_N_BINDS] = {
    [SEARCH_BIND_STACKS] = model->work_ps / (double) model->chip->n_stacks,
    [SEARCH_BIND_VECTOR] = model->vector_ps,
    [SEARCH_BIND_MAC] = model->mac_ps,
    [SEARCH_BIND_DRAM] = model->dram_ps,
    [SEARCH_BIND_LINKS] =
      MAX (model->link_out_ps / MAX (1, model->n_links_out), model->link_in_ps / MAX (1, model->n_links_in)),
  };

  *bind = SEARCH_BIND_STACKS;
  for (int i = 0; i < SEARCH_N_BINDS; i++)
    if (load_ps[i] > load_ps[*bind])
      *bind = (SearchBind) i;
  return load_ps[*bind];
}

double
search_model_latency_ps (SearchModel *model, const int *n_copies, SearchBind *bind)
{
  double shared_ps = fixed_load_ps (model, bind), path_ps = search_model_path_ps (model, n_copies);

  if (path_ps < shared_ps)
    return shared_ps;
  *bind = SEARCH_BIND_PATH;
  return path_ps;
}

double
search_model_interval_ps (const SearchModel *model, const int *n_copies, SearchBind *bind)
{
  double interval_ps = fixed_load_ps (model, bind);

  for (int i = 0; i < model->graph->n_ops; i++)
    {
      const SearchOp *op = &model->ops[i];
      int n = op->is_product ? search_model_copies (model, n_copies, i) : 1;
      double busy_ps = op->is_product && op->other == NULL ? op->occupy_ps * ((op->n_rows + n - 1) / n) : 0;

      if (busy_ps > interval_ps)
        {
          interval_ps = busy_ps;
          *bind = SEARCH_BIND_TILE;
        }
    }
  return interval_ps;
}

double
search_model_static_mw (const SearchModel *model, gint64 n_arrays)
{
  const StrataChipSpec *chip = model->chip;
  gint64 n_on = MIN ((n_arrays + chip->tiers - 1) / MAX (1, chip->tiers), chip->n_stacks);

  return strata_cost_static_mw (chip, STRATA_BAND_NOMINAL, chip->t_ambient_c, (int) n_on, chip->dram_bytes > 0);
}

const char *
search_bind_name (SearchBind bind)
{
  static const char *const names[SEARCH_N_BINDS] = {
    [SEARCH_BIND_PATH] = "rows that wait for each other",
    [SEARCH_BIND_STACKS] = "all products spread over all stacks",
    [SEARCH_BIND_VECTOR] = "the vector unit",
    [SEARCH_BIND_MAC] = "the digital multipliers",
    [SEARCH_BIND_DRAM] = "external memory",
    [SEARCH_BIND_LINKS] = "the links between hub and stacks",
    [SEARCH_BIND_TILE] = "the rows of one copy",
  };

  return names[bind];
}

double
search_model_load_ps (const SearchModel *model, SearchBind bind, int op)
{
  const SearchOp *self = &model->ops[op];

  switch (bind)
    {
    case SEARCH_BIND_STACKS:
      return self->work_ps;
    case SEARCH_BIND_VECTOR:
      return self->vector_ps;
    case SEARCH_BIND_MAC:
      return self->mac_ps;
    case SEARCH_BIND_DRAM:
      return self->dram_ps;
    case SEARCH_BIND_LINKS:
      return MAX (self->link_out_ps, self->link_in_ps);
    case SEARCH_BIND_PATH:
    case SEARCH_BIND_TILE:
    case SEARCH_N_BINDS:
      break;
    }
  return self->is_product ? self->occupy_ps * self->n_rows : 0;
}
