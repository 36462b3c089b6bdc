/* SPDX-License-Identifier: Apache-2.0
 *
 * Each dimension is clipped by itself, so that the work is that of the cells covered.
 */
#include "model/exec/cells.h"

/* Steps k of [0, n) with 0 <= start + k step < size: [first, first + count) */
static void
clip (gint64 start, gint64 step, gint64 n, gint64 size, gint64 *first, gint64 *count)
{
  gint64 end = start >= size ? 0 : MIN ((size - 1 - start) / step + 1, n);

  *first = start >= 0 ? 0 : (-start + step - 1) / step;
  *count = MAX (end - *first, 0);
}

static void
gather (StrataCells *c)
{
  const StrataExtents *w = c->window;
  gint64 first[STRATA_MAX_SPATIAL], count[STRATA_MAX_SPATIAL], k[STRATA_MAX_SPATIAL] = { 0 };
  gint64 total = 1;

  for (int d = 0; d < w->n; d++)
    {
      clip (c->at[d] * w->stride[d] - w->before[d], w->dilation[d], w->kernel[d], c->in[d], &first[d], &count[d]);
      total *= count[d];
    }
  for (c->n = 0; c->n < total; c->n++)
    {
      gint64 cell = 0;
      guint64 weight = 0; /* wraps for pools, which have no weights */

      for (int d = 0; d < w->n; d++)
        {
          gint64 step = first[d] + k[d];

          cell = cell * c->in[d] + c->at[d] * w->stride[d] - w->before[d] + step * w->dilation[d];
          weight = weight * (guint64) w->kernel[d] + (guint64) step;
        }
      c->cells[c->n] = cell;
      c->weights[c->n] = (gint64) weight;
      for (int d = w->n - 1; d >= 0 && ++k[d] == count[d]; d--)
        k[d] = 0;
    }
}

gboolean
strata_cells_init (StrataCells *c, const StrataExtents *window, const gint64 *in, const gint64 *out)
{
  gint64 most = 1;

  *c = (StrataCells){ .window = window, .n_in = 1, .n_out = 1 };
  for (int d = 0; d < window->n; d++)
    {
      c->in[d] = in[d];
      c->out[d] = out[d];
      c->n_in *= in[d];
      c->n_out *= out[d];
      most *= MIN (in[d], window->kernel[d]);
    }
  c->cells = g_try_new (gint64, (gsize) most + 1);
  c->weights = g_try_new (gint64, (gsize) most + 1);
  if (c->cells == NULL || c->weights == NULL)
    {
      strata_cells_finish (c);
      return FALSE;
    }
  gather (c);
  return TRUE;
}

void
strata_cells_finish (StrataCells *c)
{
  g_clear_pointer (&c->cells, g_free);
  g_clear_pointer (&c->weights, g_free);
}

void
strata_cells_next (StrataCells *c)
{
  for (int d = c->window->n - 1; d >= 0 && ++c->at[d] == c->out[d]; d--)
    c->at[d] = 0;
  gather (c);
}

gint64
strata_cells_padded (const StrataCells *c)
{
  const StrataExtents *w = c->window;
  gint64 total = 1;

  for (int d = 0; d < w->n; d++)
    {
      gint64 first, count;

      clip (c->at[d] * w->stride[d], w->dilation[d], w->kernel[d], c->in[d] + w->before[d] + w->after[d], &first,
            &count);
      total *= count;
    }
  return total;
}
