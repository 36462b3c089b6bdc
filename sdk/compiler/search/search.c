/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of proposals and the order in which they are made. Each variant (reads, row copies) brings a ladder of
 * copies. For fewest arrays the ladder is climbed until a program meets the limits, and then the step is made smaller;
 * for another objective the proposal with the lowest bound comes first and then its neighbours on the ladder, without
 * those whose bound is no better than what was made (branch and bound; Land, Doig, Econometrica 28, 1960).
 */
#include "compiler/search/search.h"

#include <math.h>

#include "compiler/search/capacity.h"
#include "compiler/search/state.h"

/* Programs made between the step of the ladder that meets the limits and the one below it */
#define N_REFINEMENTS 3
/* A step up the ladder gains this much by its bound, or is not worth making for a refusal. */
#define WORTH_SHOWING 1.01

const SearchLimit *
search_limit (const StrataSearch *search, StrataLimit limit)
{
  for (int i = 0; i < search->n_limits; i++)
    if (search->limits[i].limit == limit)
      return &search->limits[i];
  return NULL;
}

/* --- candidates --- */

static void
free_variant (gpointer data)
{
  SearchVariant *variant = data;

  search_model_free (variant->model);
  g_free (variant);
}

static void
free_candidate (gpointer data)
{
  SearchCandidate *candidate = data;

  g_free (candidate->n_copies);
  g_free (candidate->refusal);
  g_free (candidate);
}

SearchCandidate *
search_add_candidate (StrataSearch *search, SearchVariant *variant, int *n_copies, int max_active)
{
  SearchCandidate *self = g_new0 (SearchCandidate, 1);
  const StrataLimits *limits = &search->options.limits;
  double static_mw, spare_mw;
  SearchBind bind;

  self->variant = variant;
  self->n_copies = n_copies;
  self->max_active = max_active;
  self->n_arrays = search_model_arrays (variant->model, n_copies);
  self->latency_ps = search_model_latency_ps (variant->model, n_copies, &bind);
  self->unit_interval_ps = self->interval_ps = search_model_interval_ps (variant->model, n_copies, &bind);
  if (max_active > 0)
    {
      double capped_ps = variant->model->work_ps / (double) max_active;

      self->latency_ps = MAX (self->latency_ps, capped_ps);
      self->unit_interval_ps = self->interval_ps = MAX (self->interval_ps, capped_ps);
    }
  static_mw = search_model_static_mw (variant->model, search_model_least_arrays (variant->model, n_copies));
  spare_mw = search->chip->p_budget_mw - static_mw;
  if (search->chip->p_budget_mw > 0 && spare_mw > 0)
    self->interval_ps = MAX (self->interval_ps, variant->model->dynamic_fj / spare_mw);
  self->energy_fj = variant->model->dynamic_fj + static_mw * self->latency_ps;
  self->power_mw = static_mw;
  if (limits->max_interval_ps > 0)
    self->power_mw += variant->model->dynamic_fj / (double) limits->max_interval_ps;
  g_ptr_array_add (search->candidates, self);
  return self;
}

static void
add_variant (StrataSearch *search, gboolean row_copies, int reads, const StrataSide *sides)
{
  SearchVariant *variant = g_new0 (SearchVariant, 1);
  g_autoptr (GPtrArray) ladder = NULL;

  variant->row_copies = row_copies;
  variant->reads = reads;
  variant->sides = sides;
  variant->model = search_model_new_sided (search->graph, search->tiles, search->chip, reads, sides);
  g_ptr_array_add (search->variants, variant);
  ladder = search_copies_ladder (variant->model);
  for (guint i = 0; i < ladder->len; i++)
    search_add_candidate (search, variant, g_steal_pointer (&ladder->pdata[i]), 0);
}

gboolean
search_is_in_bounds (const StrataSearch *search, const SearchCandidate *candidate)
{
  const StrataLimits *limits = &search->options.limits;

  return !(limits->max_latency_ps > 0 && candidate->latency_ps > (double) limits->max_latency_ps)
         && !(limits->max_interval_ps > 0 && candidate->interval_ps > (double) limits->max_interval_ps)
         && !(limits->max_energy_fj > 0 && candidate->energy_fj > limits->max_energy_fj)
         && !(limits->max_power_mw > 0 && candidate->power_mw > limits->max_power_mw)
         && !(limits->max_arrays > 0
              && search_model_least_arrays (candidate->variant->model, candidate->n_copies) > limits->max_arrays);
}

/* --- order --- */

typedef struct
{
  double key[3]; /* lexicographic, less is better */
} Rank;

static int
compare_ranks (const Rank *a, const Rank *b)
{
  for (int i = 0; i < 3; i++)
    if (a->key[i] != b->key[i])
      return a->key[i] < b->key[i] ? -1 : 1;
  return 0;
}

static Rank
rank_of (
  StrataObjective objective, double latency_ps, double interval_ps, double unit_ps, double energy_fj, double arrays)
{
  switch (objective)
    {
    case STRATA_OBJECTIVE_LATENCY:
      return (Rank){ { latency_ps, arrays, energy_fj } };
    case STRATA_OBJECTIVE_INTERVAL:
      return (Rank){ { interval_ps, unit_ps, arrays } };
    case STRATA_OBJECTIVE_ENERGY:
      return (Rank){ { energy_fj, arrays, latency_ps } };
    case STRATA_OBJECTIVE_ARRAYS:
      break;
    }
  return (Rank){ { arrays, energy_fj, latency_ps } };
}

static Rank
rank_bound (const StrataSearch *search, const SearchCandidate *c)
{
  return rank_of (search->options.objective, c->latency_ps, c->interval_ps, c->unit_interval_ps, c->energy_fj,
                  (double) c->n_arrays);
}

static Rank
rank_made (const StrataSearch *search, const SearchCandidate *c)
{
  const StrataJudgement *j = &c->judgement;

  return rank_of (search->options.objective, (double) j->latency_ps, (double) j->interval_ps,
                  (double) j->unit_interval_ps, (double) j->energy_fj, (double) c->n_arrays);
}

/* Excludes what cannot meet the limits or be better than the best; TRUE where @candidate is left to be made. */
static gboolean
is_open (const StrataSearch *search, SearchCandidate *candidate)
{
  Rank rank = rank_bound (search, candidate), best;

  if (candidate->state != SEARCH_WAITING)
    return FALSE;
  if (search->best != NULL)
    {
      best = rank_made (search, search->best);
      if (compare_ranks (&rank, &best) >= 0)
        candidate->state = SEARCH_EXCLUDED;
    }
  if (candidate->variant->is_inaccurate || candidate->variant->is_drawing || !search_is_in_bounds (search, candidate))
    candidate->state = SEARCH_EXCLUDED;
  return candidate->state == SEARCH_WAITING;
}

/* One step of the ladder below the best or above it: what copies cost in transfers makes the best a valley. */
static SearchCandidate *
pick_neighbour (StrataSearch *search)
{
  const SearchCandidate *best = search->best->uncapped != NULL ? search->best->uncapped : search->best;
  guint at = 0;

  g_ptr_array_find (search->candidates, best, &at);
  for (int side = -1; side <= 1; side += 2)
    if ((side > 0 || at > 0) && at + (guint) side < search->candidates->len)
      {
        SearchCandidate *candidate = search->candidates->pdata[at + (guint) side];

        if (candidate->variant == search->best->variant && is_open (search, candidate))
          return candidate;
      }
  return NULL;
}

/* A neighbour of the best; else one copy of each, which is what would be made without the objective, of the best's
 * variant and of those of which nothing was made: bounds know little of what copies cost in transfers. */
static SearchCandidate *
pick_beside (StrataSearch *search)
{
  SearchCandidate *found = pick_neighbour (search);
  const SearchVariant *before = NULL;

  for (guint i = 0; found == NULL && i < search->candidates->len; i++)
    {
      SearchCandidate *candidate = search->candidates->pdata[i];
      gboolean is_first = candidate->variant != before;

      before = candidate->variant;
      if (is_first && (candidate->variant == search->best->variant || !candidate->variant->is_made)
          && is_open (search, candidate))
        found = candidate;
    }
  return found;
}

/* For fewest arrays the first that is open, for another objective the one with the least bound. */
static SearchCandidate *
pick (StrataSearch *search)
{
  SearchCandidate *first = NULL;

  if (search->best != NULL && search->options.objective != STRATA_OBJECTIVE_ARRAYS)
    return pick_beside (search);
  for (guint i = 0; i < search->candidates->len; i++)
    {
      SearchCandidate *candidate = search->candidates->pdata[i];
      Rank rank, first_rank;

      if (!is_open (search, candidate))
        continue;
      if (search->options.objective == STRATA_OBJECTIVE_ARRAYS)
        return candidate;
      rank = rank_bound (search, candidate);
      if (first != NULL)
        first_rank = rank_bound (search, first);
      if (first == NULL || compare_ranks (&rank, &first_rank) < 0)
        first = candidate;
    }
  return first;
}

/* Where accuracy is missing, twice the reads; where nobody asked for one, first no more than one read, then no copies
 * of rows, which both save energy. */
static gboolean
widen (StrataSearch *search)
{
  const StrataLimits *limits = &search->options.limits;
  gboolean saves = limits->max_peak_mw > 0 || search_saves_energy (search);
  gboolean is_free = search->options.limits.min_accuracy <= 0;
  SearchVariant *last = search->variants->pdata[search->variants->len - 1];

  if (search->best != NULL || search->n_limits == 0)
    return FALSE;
  if (!is_free && last->is_inaccurate && 2 * last->reads * search->most_reads <= search->options.max_reads)
    add_variant (search, last->row_copies, 2 * last->reads, last->sides);
  else if (last->sides == NULL && search->n_moved > 0 && !search->is_side_tried)
    {
      search->is_side_tried = TRUE;
      add_variant (search, last->row_copies, last->reads, search->sides);
    }
  else if (is_free && last->reads > 0 && search->most_reads > 1)
    add_variant (search, last->row_copies, 0, last->sides);
  else if (is_free && saves && last->row_copies)
    add_variant (search, FALSE, last->reads, last->sides);
  else
    return FALSE;
  return TRUE;
}

/* The step of the same ladder below the best's: the last that was proposed and has fewer arrays */
static const SearchCandidate *
step_below (const StrataSearch *search, const SearchCandidate *above)
{
  const SearchCandidate *below = NULL;

  for (guint i = 0; i < search->candidates->len; i++)
    {
      const SearchCandidate *candidate = search->candidates->pdata[i];

      if (candidate->variant == above->variant && candidate->n_arrays < above->n_arrays
          && (below == NULL || candidate->n_arrays > below->n_arrays))
        below = candidate;
    }
  return below;
}

/* Fewer copies than the best has: half way to the step below, at last what the model says could be spared. */
static gboolean
refine (StrataSearch *search)
{
  SearchCandidate *best = search->best;
  SearchModel *model;
  const SearchCandidate *below;
  g_autofree int *n_copies = NULL;
  double top_ps, bottom_ps;

  if (best == NULL || search->options.objective != STRATA_OBJECTIVE_ARRAYS || search->n_refined >= N_REFINEMENTS)
    return FALSE;
  model = best->variant->model;
  below = step_below (search, best);
  if (below == NULL)
    return FALSE;
  search->n_refined++;
  if (search->n_refined < N_REFINEMENTS)
    {
      top_ps = search_copies_turn_ps (model, best->n_copies);
      bottom_ps = search_copies_turn_ps (model, below->n_copies);
      n_copies = search_copies_within (model, sqrt (top_ps * bottom_ps));
    }
  else
    {
      const StrataJudgement *j = &best->judgement;
      const StrataLimits *limits = &search->options.limits;
      double latency_ps = limits->max_latency_ps > 0 ? (double) limits->max_latency_ps : (double) j->latency_ps;
      double interval_ps = limits->max_interval_ps > 0 ? (double) limits->max_interval_ps : (double) j->interval_ps;

      /* What was made is slower than its bound by a factor that will be much the same. */
      latency_ps *= best->latency_ps / (double) MAX (1, j->latency_ps);
      interval_ps *= best->unit_interval_ps / (double) MAX (1, j->unit_interval_ps);
      n_copies = g_memdup2 (best->n_copies, ((gsize) search->graph->n_ops + 1) * sizeof (int));
      if (!search_copies_trim (model, latency_ps, interval_ps, n_copies))
        return FALSE;
    }
  if (search_model_arrays (model, n_copies) < best->n_arrays)
    search_add_candidate (search, best->variant, g_steal_pointer (&n_copies), 0);
  return TRUE;
}

static gboolean
is_unmade (const SearchCandidate *candidate)
{
  return candidate->state == SEARCH_EXCLUDED || candidate->state == SEARCH_WAITING;
}

/* The bound of what @limit is about; NaN: the model has none */
static double
bound_of (const SearchCandidate *candidate, StrataLimit limit)
{
  switch (limit)
    {
    case STRATA_LIMIT_MAX_LATENCY_PS:
      return candidate->latency_ps;
    case STRATA_LIMIT_MIN_RATE_PER_S:
      return candidate->interval_ps;
    case STRATA_LIMIT_MAX_ENERGY_FJ:
      return candidate->energy_fj;
    default:
      return (double) NAN;
    }
}

/* Of the first ladder, the step with fewest copies whose bound is as good as the best; NULL: none is better than one
 * copy of each. */
static SearchCandidate *
step_towards (const StrataSearch *search, StrataLimit limit)
{
  const SearchVariant *first = search->variants->pdata[0];
  SearchCandidate *best = NULL;

  for (guint i = 0; i < search->candidates->len; i++)
    {
      SearchCandidate *candidate = search->candidates->pdata[i];
      double bound = bound_of (candidate, limit);

      if (candidate->variant != first || isnan (bound))
        continue;
      if (best == NULL || bound * WORTH_SHOWING < bound_of (best, limit))
        best = candidate;
    }
  return best;
}

/* A refusal shows what there is: one copy of each, and for each limit that is missed what comes nearest to it by the
 * model, if nothing of them was made. */
static SearchCandidate *
show (StrataSearch *search)
{
  SearchCandidate *bottom = search->candidates->pdata[0];

  if (search->best != NULL)
    return NULL;
  if (is_unmade (bottom))
    return bottom;
  for (; search->n_shown < search->n_limits; search->n_shown++)
    {
      StrataLimit limit = search->limits[search->n_shown].limit;
      SearchCandidate *candidate = step_towards (search, limit);
      gboolean met =
        bottom->state != SEARCH_REFUSED
        && search_limits_excess (&search->limits[search->n_shown],
                                 search_limits_value (limit, &bottom->judgement, bottom->n_arrays, search->chip))
             <= 0;

      if (candidate != NULL && is_unmade (candidate) && !met)
        return candidate;
    }
  return NULL;
}

/* --- the loop --- */

StrataSearch *
strata_search_new (const StrataQGraph *graph,
                   const StrataTileSet *tiles,
                   const StrataChipSpec *chip,
                   const StrataSearchOptions *options)
{
  StrataSearch *search = g_new0 (StrataSearch, 1);

  *search = (StrataSearch){ .graph = graph, .tiles = tiles, .chip = chip, .options = *options };
  search->n_limits = search_limits_list (&options->limits, search->limits);
  search->variants = g_ptr_array_new_with_free_func (free_variant);
  search->candidates = g_ptr_array_new_with_free_func (free_candidate);
  search->order = g_ptr_array_new ();
  search->most_reads = 1;
  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_MVM)
      search->most_reads = MAX (search->most_reads, graph->ops[i].n_reads);
  add_variant (search, options->row_copies, 1, NULL);
  search_sides_choose (search);
  if (search->n_moved > 0 && options->objective == STRATA_OBJECTIVE_ENERGY)
    {
      search->is_side_tried = TRUE;
      add_variant (search, options->row_copies, 1, search->sides);
    }
  search->cheapest = search_model_new (graph, tiles, chip, 0);
  if (search->digital != NULL)
    search_model_relax (search->cheapest, search->digital, search->either);
  search_floor_init (&search->floor, search->cheapest, &options->limits);
  search_memory_init (&search->memory, search->cheapest);
  for (int i = 0; i < search->n_limits; i++)
    search->is_hopeless |= search_floor_value (&search->floor, search->limits[i].limit) > search->limits[i].bound;
  return search;
}

void
strata_search_free (StrataSearch *search)
{
  if (search == NULL)
    return;
  search_floor_clear (&search->floor);
  search_memory_clear (&search->memory);
  search_model_free (search->cheapest);
  search_model_free (search->digital);
  g_free (search->either);
  g_free (search->sides);
  g_ptr_array_unref (search->variants);
  g_ptr_array_unref (search->candidates);
  g_ptr_array_unref (search->order);
  g_free (search);
}

static StrataChoice
choice_of (const SearchCandidate *candidate)
{
  return (StrataChoice){ candidate->n_copies, candidate->variant->row_copies, candidate->variant->reads,
                         candidate->max_active, candidate->variant->sides };
}

const StrataChoice *
strata_search_next (StrataSearch *search)
{
  SearchCandidate *next;

  g_return_val_if_fail (search->current == NULL, NULL);
  if (!search_capacity_holds (search))
    return NULL;
  next = search->is_hopeless ? NULL : search_caps_next (search);
  if (next == NULL && !search->is_hopeless)
    next = pick (search);
  while (next == NULL && !search->is_hopeless && (refine (search) || widen (search)))
    next = pick (search);
  if (next == NULL)
    next = show (search);
  if (next == NULL)
    return NULL;
  search->current = next;
  next->variant->is_made = TRUE;
  g_ptr_array_add (search->order, next);
  search->proposed = choice_of (next);
  return &search->proposed;
}

gboolean
strata_search_wants_accuracy (const StrataSearch *search, const StrataJudgement *judgement, gint64 n_arrays)
{
  if (search->options.limits.min_accuracy <= 0)
    return FALSE;
  for (int i = 0; i < search->n_limits; i++)
    if (search->limits[i].limit != STRATA_LIMIT_MIN_ACCURACY
        && search_limits_excess (&search->limits[i],
                                 search_limits_value (search->limits[i].limit, judgement, n_arrays, search->chip))
             > 0)
      return FALSE;
  return TRUE;
}

/* An accuracy that was not judged counts as missed by nothing: other limits are. */
static void
judge (StrataSearch *search, SearchCandidate *self)
{
  gboolean met = TRUE;

  self->excess = self->rest_excess = -(double) INFINITY;
  for (int i = 0; i < search->n_limits; i++)
    {
      double value = search_limits_value (search->limits[i].limit, &self->judgement, self->n_arrays, search->chip);
      double excess = search_limits_excess (&search->limits[i], value);

      met = met && excess <= 0;
      if (search->limits[i].limit == STRATA_LIMIT_MIN_ACCURACY)
        {
          self->variant->is_inaccurate |= excess > 0 && !isnan (value);
          excess = isnan (value) ? 0 : excess;
        }
      else if (search->limits[i].limit != STRATA_LIMIT_MAX_PEAK_POWER_MW)
        self->rest_excess = MAX (self->rest_excess, excess);
      self->excess = MAX (self->excess, excess);
    }
  self->state = met ? SEARCH_MET : SEARCH_MISSED;
}

gboolean
strata_search_tell (StrataSearch *search, const StrataJudgement *judgement, gint64 n_arrays, gint64 pace_ps)
{
  SearchCandidate *self = g_steal_pointer (&search->current);
  Rank rank, best;

  g_return_val_if_fail (self != NULL, FALSE);
  self->judgement = *judgement;
  self->n_arrays = n_arrays;
  self->pace_ps = pace_ps;
  judge (search, self);
  search_caps_told (search, self);
  if (search->nearest == NULL || self->excess < search->nearest->excess)
    search->nearest = self;
  if (self->state != SEARCH_MET)
    return FALSE;
  rank = rank_made (search, self);
  if (search->best != NULL)
    {
      best = rank_made (search, search->best);
      if (compare_ranks (&rank, &best) >= 0)
        return FALSE;
    }
  search->best = self;
  return TRUE;
}

void
strata_search_refuse (StrataSearch *search, const char *reason)
{
  SearchCandidate *self = g_steal_pointer (&search->current);

  g_return_if_fail (self != NULL);
  self->state = SEARCH_REFUSED;
  search->caps.all = NULL;
  self->refusal = g_strdup (reason);
}

const StrataChoice *
strata_search_best (StrataSearch *search)
{
  if (search->best == NULL)
    return NULL;
  search->proposed = choice_of (search->best);
  return &search->proposed;
}
