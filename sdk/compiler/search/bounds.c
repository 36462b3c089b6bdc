/* SPDX-License-Identifier: Apache-2.0
 *
 * What a choice of copies comes to, by the model: the path of rows that stream through the ops, loads of units, arrays.
 */
#include "compiler/search/model.h"

#include <math.h>

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
