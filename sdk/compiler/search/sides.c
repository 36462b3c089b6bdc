/* SPDX-License-Identifier: Apache-2.0
 *
 * Dense products on the digital units, for energy: those that take less there by the closed forms, weights read from
 * memory for every row included; of them, by what each saves per time of the multipliers, as many as save more than
 * the static power of the time by which the multipliers hold up everything else, and as fit a part of the memory.
 */
#include "compiler/search/state.h"

#include "program/work.h"

#define MEMORY_SHARE 8 /* of the activation memory, an eighth may hold their weights */

gboolean
search_saves_energy (const StrataSearch *search)
{
  const StrataLimits *limits = &search->options.limits;

  return search->options.objective == STRATA_OBJECTIVE_ENERGY || limits->max_energy_fj > 0 || limits->max_power_mw > 0
         || limits->max_junction_c > 0 || limits->max_skin_c > 0;
}

typedef struct
{
  int op;
  double saved_fj, mac_ps, rank;
} Saving;

static int
compare_savings (gconstpointer a, gconstpointer b)
{
  const Saving *x = a, *y = b;

  if (x->rank != y->rank)
    return x->rank > y->rank ? -1 : 1;
  return x->op - y->op;
}

/* Dense products that are in arrays, and take less on the digital units */
static Saving *
list_savings (StrataSearch *search, const SearchModel *analog, int *n)
{
  Saving *savings = g_new (Saving, (gsize) search->graph->n_ops + 1);

  *n = 0;
  for (int i = 0; i < search->graph->n_ops; i++)
    {
      const SearchOp *there = &search->digital->ops[i];
      Saving saving = { i, analog->ops[i].dynamic_fj - there->dynamic_fj, there->mac_ps, 0 };

      if (!analog->ops[i].is_product || there->is_product || saving.saved_fj <= 0)
        continue;
      search->either[i] = TRUE;
      saving.rank = saving.saved_fj / MAX (1, saving.mac_ps);
      savings[(*n)++] = saving;
    }
  qsort (savings, *n, sizeof *savings, compare_savings);
  return savings;
}

void
search_sides_choose (StrataSearch *search)
{
  const SearchVariant *first = search->variants->pdata[0];
  const SearchCandidate *once = search->candidates->pdata[0];
  gsize n_ops = (gsize) search->graph->n_ops + 1;
  double static_mw = search_model_static_mw (first->model, once->n_arrays), mac_ps = first->model->mac_ps;
  gint64 n_left = search->chip->sram_bytes / MEMORY_SHARE;
  g_autofree StrataSide *all = g_new0 (StrataSide, n_ops);
  g_autofree Saving *savings = NULL;
  int n;

  if (search->n_limits == 0 && !search_saves_energy (search))
    return;
  search->either = g_new0 (gboolean, n_ops);
  search->sides = g_new0 (StrataSide, n_ops);
  for (int i = 0; i < search->graph->n_ops; i++)
    {
      const StrataQOp *op = &search->graph->ops[i];

      if (op->kind == STRATA_QOP_MVM && op->window.groups > 1)
        search->sides[i] = STRATA_SIDE_ANALOG;
      else if (op->kind == STRATA_QOP_MVM)
        all[i] = STRATA_SIDE_DIGITAL;
      else if (op->kind == STRATA_QOP_MAC)
        search->sides[i] = STRATA_SIDE_DIGITAL;
    }
  search->digital = search_model_new_sided (search->graph, search->tiles, search->chip, 1, all);
  savings = list_savings (search, first->model, &n);
  for (int i = 0; i < n; i++)
    {
      const Saving *saving = &savings[i];
      double now_ps = MAX (once->latency_ps, mac_ps), then_ps = MAX (once->latency_ps, mac_ps + saving->mac_ps);
      gint64 n_bytes = strata_work_weight_bytes (&search->graph->ops[saving->op]);

      if (saving->saved_fj <= static_mw * (then_ps - now_ps) || n_bytes > n_left)
        continue;
      search->sides[saving->op] = STRATA_SIDE_DIGITAL;
      search->n_moved++;
      mac_ps += saving->mac_ps;
      n_left -= n_bytes;
    }
}
