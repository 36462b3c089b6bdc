/* SPDX-License-Identifier: Apache-2.0
 *
 * Caps on the stacks that convert at once, for a limit on peak power. A program that misses nothing else is made again
 * with ever closer caps between the largest that keeps the limit and the smallest that does not: where peaks rise in a
 * straight line and half way, in turn. Fewer stacks at once take longer, so the largest cap that keeps it is the best.
 */
#include <math.h>

#include "compiler/search/state.h"

#define N_CAPS 8 /* programs made per choice of copies */

void
search_caps_told (StrataSearch *search, const SearchCandidate *self)
{
  const SearchLimit *limit = search_limit (search, STRATA_LIMIT_MAX_PEAK_POWER_MW);
  SearchCaps *caps = &search->caps;
  double peak_mw = self->judgement.peak_mw;

  if (limit == NULL || isnan (peak_mw))
    return;
  if (caps->all == NULL)
    {
      if (self->max_active > 0 || peak_mw <= limit->bound || self->rest_excess > 0)
        return;
      *caps = (SearchCaps){ .all = self,
                            .high = (int) MIN (search->chip->n_stacks, self->n_arrays),
                            .low_mw = self->judgement.static_mw,
                            .high_mw = peak_mw };
      return;
    }
  if (peak_mw <= limit->bound)
    {
      caps->low = self->max_active;
      caps->low_mw = peak_mw;
      caps->is_kept = TRUE;
      return;
    }
  caps->high = self->max_active;
  caps->high_mw = peak_mw;
  caps->is_over |= self->rest_excess > 0;
}

/* Strictly between low and high */
static int
guess (const SearchCaps *caps, double bound_mw)
{
  double share = (bound_mw - caps->low_mw) / MAX (1e-9, caps->high_mw - caps->low_mw);
  int cap = (caps->low + caps->high) / 2;

  if (caps->n_made % 2 == 0)
    cap = caps->low + (int) ((caps->high - caps->low) * CLAMP (share, 0, 1));
  else if (caps->low == 0)
    cap = (int) sqrt (caps->high);
  return CLAMP (cap, caps->low + 1, caps->high - 1);
}

SearchCandidate *
search_caps_next (StrataSearch *search)
{
  SearchCaps *caps = &search->caps;

  while (caps->all != NULL && !caps->is_over && caps->high - caps->low > 1 && caps->n_made < N_CAPS)
    {
      const SearchCandidate *all = caps->all;
      int cap = guess (caps, search->options.limits.max_peak_mw);
      SearchCandidate *next = search_add_candidate (
        search, all->variant, g_memdup2 (all->n_copies, ((gsize) search->graph->n_ops + 1) * sizeof (int)), cap);

      caps->n_made++;
      next->uncapped = all;
      if (search_is_in_bounds (search, next))
        return next;
      next->state = SEARCH_EXCLUDED;
      caps->low = cap;
    }
  /* One stack at a time is too much: it is with more copies, too, which move the same rows in less time. */
  if (caps->all != NULL && !caps->is_kept && caps->low == 0 && caps->high <= 1)
    caps->all->variant->is_drawing = TRUE;
  caps->all = NULL;
  return NULL;
}
