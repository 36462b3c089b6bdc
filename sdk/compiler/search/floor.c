/* SPDX-License-Identifier: Apache-2.0
 *
 * Floors. Latency: the streaming path with a copy for each row; the load of what copies do not help; and the least L at
 * which the copies that every op then needs fit the chip: an op that starts no sooner than its first rows can be there
 * and ends no later than its last rows must leave has L - head - tail for its rows, of which the busiest copy takes
 * ceil (rows / copies). Energy: one read, no row copies, transfers over one hop, static power at ambient temperature.
 */
#include "compiler/search/floor.h"

#include <math.h>

#include "compiler/search/copies.h"

#define N_HALVINGS 50

/* Per op: when the inputs of its first row are there, and how long after its last row the last op ends at best, both
 * with a copy for each row. */
typedef struct
{
  double *head_ps, *tail_ps;
} Margins;

/* A row on its way through an op that waits for nothing else, and selects no tier */
static double
row_time_ps (const SearchOp *op)
{
  double digital_ps = op->fetch_ps + op->products_ps + op->row_ps;

  if (!op->is_product)
    return digital_ps;
  return MIN (op->load_ps + op->result_ps + op->store_ps + op->row_ps,
              op->other != NULL ? row_time_ps (op->other) : (double) INFINITY);
}

/* The consumer @op with input @need has @after_ps to go when a row is done: so have the rows that the row needs. */
static void
add_tail (const SearchModel *model, const SearchOp *op, const SearchNeed *need, double after_ps, double *tail_ps)
{
  const SearchOp *producer = &model->ops[need->op];
  int last = op->is_product ? need->row[op->need[1].row[op->n_rows - 1]] : need->row[op->n_rows - 1];

  if (last >= producer->n_rows - 1)
    tail_ps[need->op] = MAX (tail_ps[need->op], after_ps);
}

/* Tails of last rows alone: an op whose last row nobody needs has none. */
static void
find_margins (SearchModel *model, Margins *margins)
{
  int n_ops = model->graph->n_ops;

  margins->head_ps = g_new0 (double, (gsize) n_ops + 1);
  margins->tail_ps = g_new0 (double, (gsize) n_ops + 1);
  search_model_path_ps (model, NULL);
  for (int i = n_ops - 1; i >= 0; i--)
    {
      const SearchOp *op = &model->ops[i];

      if (!op->runs)
        continue;
      for (int j = 0; j < (op->is_product ? 1 : op->n_needs); j++)
        if (op->need[j].op >= 0)
          {
            int first = op->is_product ? op->need[j].row[op->need[1].row[0]] : op->need[j].row[0];

            margins->head_ps[i] =
              MAX (margins->head_ps[i], model->ready_ps[model->ops[op->need[j].op].first_row
                                                        + MIN (first, model->ops[op->need[j].op].n_rows - 1)]);
            add_tail (model, op, &op->need[j], row_time_ps (op) + margins->tail_ps[i], margins->tail_ps);
          }
    }
}

/* Least copies with which the op's rows take @limit_ps, and no copy more: what fits then fits with fewer. -1: none */
static gint64
copies_within (const SearchOp *op, double limit_ps)
{
  double n_in_turn = floor (limit_ps / MAX (1, op->occupy_ps));

  if (n_in_turn < 1)
    return -1;
  return n_in_turn >= op->n_rows ? 1 : (gint64) ceil (op->n_rows / n_in_turn);
}

/* Whether the copies that a latency (@margins) or an interval (NULL) of @limit_ps takes fit the chip */
static gboolean
fits (const SearchModel *model, const Margins *margins, double limit_ps)
{
  double fill = 0;

  for (int i = 0; i < model->graph->n_ops; i++)
    {
      const SearchOp *op = &model->ops[i];
      double rows_ps = limit_ps;
      gint64 n;

      if (!op->is_product || op->other != NULL)
        continue;
      /* The first of the copy's rows selects the tier; the last takes its result time, which is no less than its turn.
       */
      if (margins != NULL)
        rows_ps -= margins->head_ps[i] + op->select_ps + row_time_ps (op) - op->occupy_ps + margins->tail_ps[i];
      n = copies_within (op, rows_ps);
      if (n < 0)
        return FALSE;
      fill += (double) n * op->fill;
    }
  return fill * (1 - 1e-9) <= (double) model->n_sites;
}

/* The least time from @low_ps on that fits, rounded down */
static double
least_that_fits (SearchModel *model, const Margins *margins, double low_ps)
{
  double high_ps = MAX (search_model_path_ps (model, NULL), low_ps);

  if (fits (model, margins, low_ps))
    return low_ps;
  for (int i = 0; i < N_HALVINGS && !fits (model, margins, high_ps); i++)
    high_ps *= 2;
  for (int i = 0; i < N_HALVINGS; i++)
    {
      double middle_ps = (low_ps + high_ps) / 2;

      if (fits (model, margins, middle_ps))
        high_ps = middle_ps;
      else
        low_ps = middle_ps;
    }
  return floor (low_ps);
}

static void
bound_times (SearchFloor *self, SearchModel *model)
{
  Margins margins;
  double fitting_ps;

  find_margins (model, &margins);
  self->latency_ps = search_model_latency_ps (model, NULL, &self->latency_bind);
  self->path_ps = search_model_path_shares (model, NULL);
  fitting_ps = least_that_fits (model, &margins, self->latency_ps);
  if (fitting_ps > self->latency_ps)
    {
      self->latency_ps = fitting_ps;
      self->latency_bind = SEARCH_BIND_TILE;
    }
  self->unit_interval_ps = search_model_interval_ps (model, NULL, &self->interval_bind);
  fitting_ps = least_that_fits (model, NULL, self->unit_interval_ps);
  if (fitting_ps > self->unit_interval_ps)
    {
      self->unit_interval_ps = fitting_ps;
      self->interval_bind = SEARCH_BIND_TILE;
    }
  g_free (margins.head_ps);
  g_free (margins.tail_ps);
}

void
search_floor_init (SearchFloor *self, SearchModel *model, const StrataLimits *limits)
{
  const StrataLimits none = { 0 }, *asked = limits != NULL ? limits : &none;
  g_autofree int *one = search_copies_within (model, (double) INFINITY);
  const StrataChipSpec *chip = model->chip;
  double spare_mw;

  *self = (SearchFloor){ .n_arrays = search_model_least_arrays (model, one), .dynamic_fj = model->dynamic_fj };
  bound_times (self, model);
  self->static_mw = search_model_static_mw (model, self->n_arrays);
  self->energy_fj = self->dynamic_fj + self->static_mw * self->latency_ps;
  spare_mw = chip->p_budget_mw - self->static_mw;
  self->interval_ps = self->unit_interval_ps;
  if (chip->p_budget_mw > 0 && spare_mw > 0 && self->dynamic_fj / spare_mw > self->interval_ps)
    {
      self->interval_ps = floor (self->dynamic_fj / spare_mw);
      self->is_budget_bound = TRUE;
    }
  self->power_mw = self->peak_mw = self->static_mw;
  if (asked->max_interval_ps > 0)
    self->power_mw += self->dynamic_fj / (double) asked->max_interval_ps;
  if (asked->max_latency_ps > 0)
    self->peak_mw += self->dynamic_fj / (double) asked->max_latency_ps;
  /* All heat leaves through the package; no node of the chip is cooler than it (hardware-facts 10.3). */
  self->junction_c = chip->t_ambient_c + self->power_mw * 1e-3 * chip->r_package_k_w;
  self->skin_c = chip->t_ambient_c + chip->f_skin * self->power_mw * 1e-3 * chip->r_skin_k_w;
  self->cost_usd = strata_cost_die_usd (chip);
}

double
search_floor_value (const SearchFloor *self, StrataLimit limit)
{
  const double values[STRATA_N_LIMITS] = {
    [STRATA_LIMIT_MAX_LATENCY_PS] = self->latency_ps,    [STRATA_LIMIT_MIN_RATE_PER_S] = self->interval_ps,
    [STRATA_LIMIT_MAX_POWER_MW] = self->power_mw,        [STRATA_LIMIT_MAX_ENERGY_FJ] = self->energy_fj,
    [STRATA_LIMIT_MAX_JUNCTION_C] = self->junction_c,    [STRATA_LIMIT_MAX_SKIN_C] = self->skin_c,
    [STRATA_LIMIT_MAX_PEAK_POWER_MW] = self->peak_mw,    [STRATA_LIMIT_MIN_ACCURACY] = (double) NAN,
    [STRATA_LIMIT_MAX_ARRAYS] = (double) self->n_arrays, [STRATA_LIMIT_MAX_COST_USD] = self->cost_usd,
  };

  return values[limit];
}

void
search_floor_clear (SearchFloor *self)
{
  g_clear_pointer (&self->path_ps, g_free);
}
