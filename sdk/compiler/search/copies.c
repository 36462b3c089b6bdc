/* SPDX-License-Identifier: Apache-2.0
 *
 * The ladder of copies. Rows stream through all ops at once, so that the slowest op sets the pace of the rest: a step
 * of the ladder fixes how long the rows of any product may take on one copy, and gives each product just the copies
 * that takes. Steps are geometric between the slowest product on one copy and what the arrays of the chip allow.
 */
#include "compiler/search/copies.h"

#include <math.h>
#include <string.h>

#define MAX_STEPS 12
#define FINEST_STEP 1.25
#define N_HALVINGS 40

/* Fewest copies of which none takes more than @n_in_turn rows */
static int
copies_for (int n_rows, int n_in_turn)
{
  return (n_rows + n_in_turn - 1) / n_in_turn;
}

int *
search_copies_within (const SearchModel *model, double turn_ps)
{
  int *n_copies = g_new (int, (gsize) model->graph->n_ops + 1);

  for (int i = 0; i < model->graph->n_ops; i++)
    {
      const SearchOp *op = &model->ops[i];
      double n_in_turn = op->is_product ? floor (turn_ps / MAX (1, op->occupy_ps)) : 1;

      n_copies[i] = op->is_product ? copies_for (op->n_rows, (int) CLAMP (n_in_turn, 1, op->n_rows)) : 1;
    }
  return n_copies;
}

double
search_copies_turn_ps (const SearchModel *model, const int *n_copies)
{
  double turn_ps = 0;

  for (int i = 0; i < model->graph->n_ops; i++)
    if (model->ops[i].is_product)
      turn_ps = MAX (turn_ps, model->ops[i].occupy_ps
                                * copies_for (model->ops[i].n_rows, search_model_copies (model, n_copies, i)));
  return turn_ps;
}

static gboolean
fits (const SearchModel *model, double turn_ps)
{
  g_autofree int *n_copies = search_copies_within (model, turn_ps);

  return search_model_arrays (model, n_copies) <= model->n_sites;
}

/* The shortest turn that the arrays allow, within a millionth or so */
static double
shortest_turn_ps (const SearchModel *model, double longest_ps)
{
  double low_ps = 0, high_ps = longest_ps;

  if (fits (model, 0))
    {
      for (int i = 0; i < model->graph->n_ops; i++)
        low_ps = MAX (low_ps, model->ops[i].is_product ? model->ops[i].occupy_ps : 0);
      return low_ps;
    }
  for (int i = 0; i < N_HALVINGS; i++)
    {
      double middle_ps = (low_ps + high_ps) / 2;

      if (fits (model, middle_ps))
        high_ps = middle_ps;
      else
        low_ps = middle_ps;
    }
  return high_ps;
}

GPtrArray *
search_copies_ladder (const SearchModel *model)
{
  gsize n_bytes = ((gsize) model->graph->n_ops + 1) * sizeof (int);
  GPtrArray *ladder = g_ptr_array_new_with_free_func (g_free);
  double longest_ps, shortest_ps;
  int *one = g_new (int, (gsize) model->graph->n_ops + 1), n_steps;

  for (int i = 0; i <= model->graph->n_ops; i++)
    one[i] = 1;
  g_ptr_array_add (ladder, one);
  longest_ps = search_copies_turn_ps (model, one);
  if (longest_ps <= 0 || model->n_arrays >= model->n_sites)
    return ladder;
  shortest_ps = MIN (shortest_turn_ps (model, longest_ps), longest_ps);
  n_steps = (int) CLAMP (ceil (log (longest_ps / MAX (1, shortest_ps)) / log (FINEST_STEP)), 1, MAX_STEPS);
  for (int step = 1; step <= n_steps; step++)
    {
      double turn_ps =
        step == n_steps ? shortest_ps : longest_ps * pow (shortest_ps / longest_ps, (double) step / (double) n_steps);
      int *n_copies = search_copies_within (model, turn_ps);

      if (memcmp (n_copies, g_ptr_array_index (ladder, ladder->len - 1), n_bytes - sizeof (int)) == 0)
        g_free (n_copies);
      else
        g_ptr_array_add (ladder, n_copies);
    }
  return ladder;
}

int
search_copies_next (const SearchModel *model, int op, int n, int step)
{
  int n_rows = model->ops[op].n_rows, n_in_turn = copies_for (n_rows, MAX (1, n));

  if (step > 0)
    return n_in_turn <= 1 ? 0 : copies_for (n_rows, n_in_turn - 1);
  return n <= 1 ? 0 : copies_for (n_rows, copies_for (n_rows, n - 1));
}

gboolean
search_copies_trim (SearchModel *model, double latency_ps, double interval_ps, int *n_copies)
{
  gboolean changed = FALSE;
  SearchBind bind;

  for (int i = model->graph->n_ops - 1; i >= 0; i--)
    {
      int n = model->ops[i].is_product ? n_copies[i] : 0;

      while (n > 1)
        {
          n_copies[i] = search_copies_next (model, i, n, -1);
          if (search_model_latency_ps (model, n_copies, &bind) > latency_ps
              || search_model_interval_ps (model, n_copies, &bind) > interval_ps)
            break;
          n = n_copies[i];
          changed = TRUE;
        }
      if (n > 0)
        n_copies[i] = n;
    }
  return changed;
}
