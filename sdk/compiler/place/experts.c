/* SPDX-License-Identifier: Apache-2.0
 *
 * Ops that fire by chance: routes, each a set of them that fires at one step, drawn from the chances that one and that
 * two fire. A token waits for the busiest stack of its route, which no sum over pairs says: so loads are kept per route
 * and stack. Routers take the same number of experts for every token, so a route has the mean number of those that do
 * not always fire, drawn one after the other, each by its own chance times how much more often than by accident it
 * fires with each of those before.
 */
#include "compiler/place/experts.h"

#include <math.h>

#include "base/rng.h"

#define MOST_ROUTES 512 /* per team */
#define LEAST_ROUTES 8
#define MOST_LOADS (1 << 24)      /* of all routes and stacks: 64 MB */
#define ALWAYS 0.999              /* ops that fire together as often, of all times, are one */
#define GOLDEN 0.6180339887498949 /* multiples of it lie evenly in 0 ... 1 */
#define STREAM 0x6578706572

typedef struct
{
  PlaceModel *model;
  const StrataPlaceOptions *options;
  int *root;      /* per op: of its team while these are found; of its atom, ops that fire as one, after */
  int *n, *first; /* per op: pairs it is in; where they start in pair */
  int *pair;      /* indices of options->coactivation */
  double *weight; /* per op: of atoms, chance to be drawn next; 0: drawn, or no atom's first op */
  guint8 *fires;  /* per op: in the route at hand */
} Routing;

static double
activity (const StrataPlaceOptions *options, int op)
{
  return options->activity == NULL ? 1 : CLAMP (options->activity[op], 0, 1);
}

static int
find_root (int *root, int op)
{
  while (root[op] != op)
    op = root[op] = root[root[op]];
  return op;
}

/* The lower id stays. */
static void
join (int *root, int a, int b)
{
  a = find_root (root, a);
  b = find_root (root, b);
  root[MAX (a, b)] = MIN (a, b);
}

static gboolean
has_tiles (const PlaceModel *model, int op)
{
  return model->tiles->op_first[op] < model->tiles->op_first[op + 1];
}

static gboolean
is_counted (const Routing *routing, const StrataPlaceCoactivation *pair)
{
  return has_tiles (routing->model, pair->op) && has_tiles (routing->model, pair->other);
}

/* --- teams --- */

/* Ops that pairs connect */
static void
find_teams (Routing *routing)
{
  PlaceModel *model = routing->model;
  int n_ops = model->graph->n_ops, next = 0;
  g_autofree int *n = g_new0 (int, (gsize) n_ops + 1), *team = g_new (int, (gsize) n_ops + 1);

  for (int i = 0; i < routing->options->n_coactivations; i++)
    if (is_counted (routing, &routing->options->coactivation[i]))
      join (routing->root, routing->options->coactivation[i].op, routing->options->coactivation[i].other);
  for (int op = 0; op < n_ops; op++)
    n[find_root (routing->root, op)]++;
  for (int op = 0; op < n_ops; op++)
    team[op] = n[op] > 1 ? model->n_teams++ : -1;
  model->team = g_new0 (PlaceTeam, (gsize) model->n_teams + 1);
  model->team_op = g_new (int, (gsize) n_ops + 1);
  for (int op = 0; op < n_ops; op++)
    if (team[op] >= 0)
      {
        model->team[team[op]].first = next;
        next += n[op];
      }
  for (int op = 0; op < n_ops; op++)
    {
      PlaceTeam *self;

      model->op[op].team = team[find_root (routing->root, op)];
      if (model->op[op].team < 0)
        continue;
      self = &model->team[model->op[op].team];
      model->team_op[self->first + self->n_ops++] = op;
    }
}

/* --- routes --- */

static void
index_pairs (Routing *routing)
{
  const StrataPlaceOptions *options = routing->options;
  int next = 0, n_ops = routing->model->graph->n_ops;

  routing->n = g_new0 (int, (gsize) n_ops + 1);
  routing->first = g_new0 (int, (gsize) n_ops + 1);
  routing->pair = g_new (int, 2 * (gsize) options->n_coactivations + 1);
  for (int i = 0; i < options->n_coactivations; i++)
    {
      routing->n[options->coactivation[i].op]++;
      routing->n[options->coactivation[i].other]++;
    }
  for (int op = 0; op < n_ops; op++)
    {
      routing->first[op] = next;
      next += routing->n[op];
      routing->n[op] = 0;
    }
  for (int i = 0; i < options->n_coactivations; i++)
    {
      int a = options->coactivation[i].op, b = options->coactivation[i].other;

      routing->pair[routing->first[a] + routing->n[a]++] = i;
      routing->pair[routing->first[b] + routing->n[b]++] = i;
    }
}

/* Ops that always fire together, as the parts of an expert do */
static void
find_atoms (Routing *routing)
{
  const StrataPlaceOptions *options = routing->options;

  for (int op = 0; op < routing->model->graph->n_ops; op++)
    routing->root[op] = op;
  for (int i = 0; i < options->n_coactivations; i++)
    {
      const StrataPlaceCoactivation *pair = &options->coactivation[i];

      if (is_counted (routing, pair)
          && pair->together >= ALWAYS * MAX (activity (options, pair->op), activity (options, pair->other)))
        join (routing->root, pair->op, pair->other);
    }
}

/* Draws an atom of @team by weight; -1: none is left. @share: 0 … 1 */
static int
draw_atom (Routing *routing, const PlaceTeam *team, double share)
{
  const int *op = &routing->model->team_op[team->first];
  double sum = 0;
  int last = -1;

  for (int i = 0; i < team->n_ops; i++)
    sum += routing->weight[op[i]];
  share *= sum;
  for (int i = 0; i < team->n_ops && share >= 0; i++)
    if (routing->weight[op[i]] > 0)
      {
        share -= routing->weight[op[i]];
        last = op[i];
      }
  return last;
}

/* @atom fires: others do with it more often than by accident, or less. */
static void
fire_atom (Routing *routing, int atom)
{
  const StrataPlaceOptions *options = routing->options;

  routing->fires[atom] = 1;
  routing->weight[atom] = 0;
  for (int i = 0; i < routing->n[atom]; i++)
    {
      const StrataPlaceCoactivation *pair = &options->coactivation[routing->pair[routing->first[atom] + i]];
      int other = pair->op == atom ? pair->other : pair->op;
      double chances = activity (options, atom) * activity (options, other);

      if (chances > 0)
        routing->weight[other] *= CLAMP (pair->together, 0, 1) / chances;
    }
}

/* The @nth of @n routes of a team: the first atoms of all are spread evenly over their chances, and so are the numbers
 * of atoms where their mean is no whole one. */
static void
draw_route (Routing *routing, const PlaceTeam *team, int nth, int n, StrataRngKey key)
{
  const int *op = &routing->model->team_op[team->first];
  double n_atoms = 0;
  int n_left;

  for (int i = 0; i < team->n_ops; i++)
    {
      double chance = activity (routing->options, op[i]);
      gboolean is_atom = routing->root[op[i]] == op[i], always = chance >= ALWAYS;

      routing->fires[op[i]] = always;
      routing->weight[op[i]] = is_atom && !always ? chance : 0;
      n_atoms += routing->weight[op[i]];
    }
  n_left = (int) floor (n_atoms + (nth + 0.5) / n);
  for (int i = 0; i < n_left; i++)
    {
      double random = strata_rng_uniform (key, (guint64) nth * 4096 + (guint64) i);
      int atom = draw_atom (routing, team, i == 0 ? fmod (nth * GOLDEN, 1) : random);

      if (atom < 0)
        break;
      fire_atom (routing, atom);
    }
  for (int i = 0; i < team->n_ops; i++)
    routing->fires[op[i]] |= routing->fires[find_root (routing->root, op[i])];
}

static void
draw_routes (Routing *routing)
{
  PlaceModel *model = routing->model;
  gint64 n_most = MOST_LOADS / MAX (1, (gint64) model->n_teams * model->chip->n_stacks);
  int each = (int) CLAMP (n_most, LEAST_ROUTES, MOST_ROUTES);
  g_autoptr (GArray) routes = g_array_new (FALSE, FALSE, sizeof (int));
  g_autofree guint8 *fired = NULL;

  model->n_routes = model->n_teams * each;
  model->route_work = g_new0 (gint64, (gsize) model->n_routes + 1);
  for (int t = 0; t < model->n_teams; t++)
    {
      const PlaceTeam *team = &model->team[t];
      StrataRngKey key = strata_rng_key (routing->options->seed, STREAM + (guint64) t);

      g_free (fired);
      fired = g_new (guint8, (gsize) each * team->n_ops);
      for (int r = 0; r < each; r++)
        {
          draw_route (routing, team, r, each, key);
          for (int i = 0; i < team->n_ops; i++)
            fired[(gsize) i * each + r] = routing->fires[model->team_op[team->first + i]];
        }
      for (int i = 0; i < team->n_ops; i++)
        {
          PlaceOp *op = &model->op[model->team_op[team->first + i]];

          op->first_route = (int) routes->len;
          for (int r = 0; r < each; r++)
            {
              int route = t * each + r;

              if (fired[(gsize) i * each + r])
                g_array_append_val (routes, route);
            }
          op->n_routes = (int) routes->len - op->first_route;
        }
    }
  model->route = (int *) (gpointer) g_array_free (g_steal_pointer (&routes), FALSE);
}

void
place_experts_init (PlaceModel *model, const StrataPlaceOptions *options)
{
  gsize n_ops = (gsize) model->graph->n_ops + 1;
  Routing routing = { .model = model, .options = options };

  for (int op = 0; op < model->graph->n_ops; op++)
    model->op[op].team = -1;
  if (options == NULL || options->n_coactivations == 0)
    return;
  routing.root = g_new (int, n_ops);
  routing.weight = g_new0 (double, n_ops);
  routing.fires = g_new0 (guint8, n_ops);
  for (int op = 0; op < model->graph->n_ops; op++)
    routing.root[op] = op;
  find_teams (&routing);
  find_atoms (&routing);
  index_pairs (&routing);
  draw_routes (&routing);
  for (int op = 0; op < model->graph->n_ops; op++)
    model->op[op].atom = find_root (routing.root, op);
  g_free (routing.root);
  g_free (routing.n);
  g_free (routing.first);
  g_free (routing.pair);
  g_free (routing.weight);
  g_free (routing.fires);
}

void
place_experts_finish (PlaceModel *model)
{
  g_free (model->team);
  g_free (model->team_op);
  g_free (model->route);
  g_free (model->route_work);
}
