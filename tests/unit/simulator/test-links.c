/* SPDX-License-Identifier: Apache-2.0
 *
 * The network under load: transfers over the links of small meshes, every combination of routes, order, size and time
 * against a simulator that goes through them nanosecond by nanosecond; and what more load may do to those that are
 * there.
 *
 * A transfer takes all links of its route at once, from its start to the arrival of its last byte, and a ready one
 * keeps those of less precedence from its links while it waits. So with everything ready from the start, what follows
 * in precedence changes nothing for what goes before; what goes before, or comes in while others are under way, may in
 * rare cases end the whole earlier (Graham 1969), by how much is bounded here.
 */
#include "fixture.h"

#include "base/rng.h"

#define NS 1000
#define MAX_TRANSFERS 6
#define STEP_NS 3 /* of the ticks that transfers wait for */
#define N_TICKS 4

typedef struct
{
  int links[8];
  int n_links;
} Route;

typedef struct
{
  const Route *route;
  int n_flits; /* of 16 bytes, a nanosecond each */
  int tick;    /* ready when so many ticks have ended */
} Transfer;

/* A mesh, the routes between its nodes, and an image of MAX_TRANSFERS transfers that are set for each case */
typedef struct
{
  Fixture *fixture;
  Route routes[128];
  int n_routes;
} Mesh;

static void
add_routes (Mesh *mesh, int side, gboolean hub)
{
  int n_nodes = side * side + hub;

  for (int from = 0; from < n_nodes; from++)
    for (int to = 0; to < n_nodes; to++)
      if (from != to)
        {
          Route *route = &mesh->routes[mesh->n_routes++];

          g_assert_cmpint (mesh->n_routes, <=, (int) G_N_ELEMENTS (mesh->routes));
          route->n_links = strata_chip_route (&mesh->fixture->chip, from, to, route->links);
        }
}

/* Instruction 0 ticks; transfers follow in order of precedence. */
static void
mesh_init (Mesh *mesh, int side, gboolean hub)
{
  Fixture *fixture = fixture_new (side, side, 1);
  int op;

  *mesh = (Mesh){ .fixture = fixture };
  fixture->chip.hub_x2 = fixture->chip.hub_y2 = side - 1;
  fixture_set_links (fixture, strata_chip_n_links (&fixture->chip));
  add_routes (mesh, side, hub);
  op = fixture_op (fixture, STRATA_QOP_MVM, 1, 1);
  fixture_digital (fixture, STRATA_OPCODE_VECTOR, op, N_TICKS, 16 * STEP_NS);
  for (int i = 0; i < MAX_TRANSFERS; i++)
    {
      fixture_transfer (fixture, STRATA_OPCODE_LOAD, op, (int[8]){ 0 }, 8, 1, 16);
      fixture_after (fixture, 0, 0, 0);
    }
}

static void
mesh_clear (Mesh *mesh)
{
  fixture_free (mesh->fixture);
}

static gint64
duration_ns (const Transfer *transfer)
{
  return 2 * transfer->route->n_links + transfer->n_flits;
}

/* Ends by the engine */
static void
run_engine (Mesh *mesh, const Transfer *transfers, int n, gint64 *ends_ns)
{
  Fixture *fixture = mesh->fixture;
  StrataTimingOptions options = { .n_inferences = 1 };
  StrataImage *image = (StrataImage *) fixture_image (fixture);

  for (int i = 0; i < n; i++)
    {
      StrataInstruction *x = &g_array_index (fixture->instructions, StrataInstruction, 1 + i);
      int *links = &g_array_index (fixture->routes, int, x->first_route);

      x->n_hops = transfers[i].route->n_links;
      for (int hop = 0; hop < x->n_hops; hop++)
        links[hop] = fixture_link (fixture, transfers[i].route->links[hop]);
      x->unit = links[0];
      x->n_actions = 16 * transfers[i].n_flits;
      x->n_dependences = transfers[i].tick > 0;
      g_array_index (fixture->dependences, StrataDependence, x->first_dependence).add = transfers[i].tick - 1;
    }
  image->schedule->n_instructions = 1 + n;
  g_autoptr (StrataTiming) timing = strata_timing_run (image, &options, NULL);
  g_assert_nonnull (timing);
  for (gsize i = 0; i < timing->n_events; i++)
    if (timing->events[i].instruction > 0)
      ends_ns[timing->events[i].instruction - 1] = (timing->events[i].start_ps + timing->events[i].duration_ps) / NS;
}

/* Whether transfer @j wants a link of transfer @i */
static gboolean
meets (const Transfer *a, const Transfer *b)
{
  for (int i = 0; i < a->route->n_links; i++)
    for (int j = 0; j < b->route->n_links; j++)
      if (a->route->links[i] == b->route->links[j])
        return TRUE;
  return FALSE;
}

/* Ends by looking at every link in every nanosecond */
static void
run_plain (const Transfer *transfers, int n, gint64 *ends_ns)
{
  int n_left = n;

  for (int i = 0; i < n; i++)
    ends_ns[i] = G_MAXINT64;
  for (gint64 now_ns = 0; n_left > 0; now_ns++)
    for (int i = 0; i < n; i++)
      {
        gboolean starts = ends_ns[i] == G_MAXINT64 && now_ns >= STEP_NS * transfers[i].tick;

        for (int j = 0; j < n && starts; j++)
          if (j != i && meets (&transfers[i], &transfers[j]))
            {
              gboolean under_way = ends_ns[j] != G_MAXINT64 && ends_ns[j] > now_ns;
              gboolean waits = ends_ns[j] == G_MAXINT64 && now_ns >= STEP_NS * transfers[j].tick;

              starts = !under_way && !(waits && j < i);
            }
        if (!starts)
          continue;
        ends_ns[i] = now_ns + duration_ns (&transfers[i]);
        n_left--;
      }
}

static gint64
last_of (const gint64 *ends_ns, int n)
{
  gint64 last_ns = 0;

  for (int i = 0; i < n; i++)
    last_ns = MAX (last_ns, ends_ns[i]);
  return last_ns;
}

static void
compare (Mesh *mesh, const Transfer *transfers, int n)
{
  gint64 engine_ns[MAX_TRANSFERS], plain_ns[MAX_TRANSFERS];

  run_engine (mesh, transfers, n, engine_ns);
  run_plain (transfers, n, plain_ns);
  for (int i = 0; i < n; i++)
    g_assert_cmpint (engine_ns[i], ==, plain_ns[i]);
}

/* All transfers of @n_sizes sizes and @n_ticks times, in every order, @n at once. Returns how many cases. */
static int
compare_all (Mesh *mesh, int n, int n_sizes, int n_ticks)
{
  int n_choices = mesh->n_routes * n_sizes * n_ticks, n_cases = 1;

  for (int i = 0; i < n; i++)
    n_cases *= n_choices;
  for (int c = 0; c < n_cases; c++)
    {
      Transfer transfers[MAX_TRANSFERS];

      for (int i = 0, rest = c; i < n; i++, rest /= n_choices)
        transfers[i] = (Transfer){ &mesh->routes[rest % n_choices % mesh->n_routes],
                                   1 + 4 * (rest % n_choices / mesh->n_routes % n_sizes),
                                   rest % n_choices / mesh->n_routes / n_sizes };
      compare (mesh, transfers, n);
    }
  return n_cases;
}

/* 2 x 2: two to five transfers among stacks, six where there is time, and two and three among stacks and hub; 3 x 3:
 * two
 */
static void
test_exhaustive (void)
{
  Mesh small, hub, large;
  int n_cases;

  mesh_init (&small, 2, FALSE);
  mesh_init (&hub, 2, TRUE);
  mesh_init (&large, 3, FALSE);
  g_assert_cmpint (small.n_routes, ==, 12);
  g_assert_cmpint (large.n_routes, ==, 72);
  n_cases = compare_all (&small, 2, 2, 4) + compare_all (&small, 3, 2, 2) + compare_all (&small, 4, 1, 2)
            + compare_all (&small, g_test_slow () ? 6 : 5, 1, 1) + compare_all (&hub, 2, 2, 4)
            + compare_all (&hub, 3, 1, 2) + compare_all (&large, 2, 1, 3);
  g_test_message ("%d cases", n_cases);
  mesh_clear (&small);
  mesh_clear (&hub);
  mesh_clear (&large);
}

static void
draw (const Mesh *mesh, StrataRngKey key, guint64 *n, int n_transfers, int n_ticks, Transfer *transfers)
{
  for (int i = 0; i < n_transfers; i++)
    transfers[i] = (Transfer){ &mesh->routes[(int) (strata_rng_uniform (key, (*n)++) * mesh->n_routes)],
                               1 + (int) (strata_rng_uniform (key, (*n)++) * 12),
                               (int) (strata_rng_uniform (key, (*n)++) * n_ticks) };
}

/* Up to six at once, of which all orders are too many: drawn */
static void
test_drawn (void)
{
  for (int side = 2; side <= 3; side++)
    {
      Mesh mesh;
      guint64 n = 0;

      mesh_init (&mesh, side, TRUE);
      for (int i = 0; i < 6000; i++)
        {
          Transfer transfers[MAX_TRANSFERS];
          int n_transfers = 3 + i % 4;

          draw (&mesh, strata_rng_key (7, (guint64) side), &n, n_transfers, N_TICKS + 1, transfers);
          compare (&mesh, transfers, n_transfers);
        }
      mesh_clear (&mesh);
    }
}

/* All ready at once: what comes after in precedence moves nothing before it, so every prefix ends no later than the
 * whole. On one link, whenever they come: one more ends the whole no earlier. */
static void
test_monotone (void)
{
  Mesh mesh;
  guint64 n = 0;

  mesh_init (&mesh, 3, TRUE);
  for (int i = 0; i < 3000; i++)
    {
      Transfer transfers[MAX_TRANSFERS];
      gint64 ends_ns[MAX_TRANSFERS], before_ns[MAX_TRANSFERS], last_ns = 0;

      draw (&mesh, strata_rng_key (8, 0), &n, MAX_TRANSFERS, 1, transfers);
      for (int k = 1; k <= MAX_TRANSFERS; k++)
        {
          run_engine (&mesh, transfers, k, ends_ns);
          for (int j = 0; j < k - 1; j++)
            g_assert_cmpint (ends_ns[j], ==, before_ns[j]);
          for (int j = 0; j < k; j++)
            before_ns[j] = ends_ns[j];
        }
      draw (&mesh, strata_rng_key (8, 1), &n, MAX_TRANSFERS, N_TICKS + 1, transfers);
      for (int k = 1; k <= MAX_TRANSFERS; k++)
        {
          transfers[k - 1].route = transfers[0].route;
          run_engine (&mesh, transfers, k, ends_ns);
          g_assert_cmpint (last_of (ends_ns, k), >=, last_ns);
          last_ns = last_of (ends_ns, k);
        }
    }
  mesh_clear (&mesh);
}

/* How often a transfer that is added anywhere in the order and at any time makes the whole end earlier, and by how much
 * at most: less than the longest transfer among them */
static void
test_anomalies (void)
{
  const int n_cases = 20000;
  Mesh mesh;
  guint64 n = 0;
  int n_earlier = 0;
  double most = 0, gained = 0, whole = 0;

  mesh_init (&mesh, 3, TRUE);
  for (int i = 0; i < n_cases; i++)
    {
      Transfer transfers[MAX_TRANSFERS], fewer[MAX_TRANSFERS];
      gint64 ends_ns[MAX_TRANSFERS], longest_ns = 0, with_ns, without_ns;
      int left_out = i % MAX_TRANSFERS;

      draw (&mesh, strata_rng_key (9, 0), &n, MAX_TRANSFERS, N_TICKS + 1, transfers);
      for (int j = 0, k = 0; j < MAX_TRANSFERS; j++)
        {
          longest_ns = MAX (longest_ns, duration_ns (&transfers[j]));
          if (j != left_out)
            fewer[k++] = transfers[j];
        }
      run_engine (&mesh, transfers, MAX_TRANSFERS, ends_ns);
      with_ns = last_of (ends_ns, MAX_TRANSFERS);
      run_engine (&mesh, fewer, MAX_TRANSFERS - 1, ends_ns);
      without_ns = last_of (ends_ns, MAX_TRANSFERS - 1);
      whole += (double) without_ns;
      if (with_ns >= without_ns)
        continue;
      n_earlier++;
      gained += (double) (without_ns - with_ns);
      most = MAX (most, (double) (without_ns - with_ns) / (double) without_ns);
      g_assert_cmpint (without_ns - with_ns, <, longest_ns);
    }
  g_test_message ("%d of %d ended earlier with one more, by %.0f %% at most and %.3f %% in the mean of all", n_earlier,
                  n_cases, 100 * most, 100 * gained / whole);
  g_assert_cmpint (n_earlier, <, n_cases / 50);
  mesh_clear (&mesh);
}

/* Mean time from being ready to the last byte, of random traffic on 3 x 3 stacks, grows with its density, from that of
 * an idle network on. Each load has the same transfers, closer to one another. */
static void
test_latency_grows (void)
{
  enum
  {
    N = 600
  };
  static const double loads[] = { 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8 }; /* transfers begun per nanosecond */
  double before_ns = 0, idle_ns = 0;

  for (gsize l = 0; l < G_N_ELEMENTS (loads); l++)
    {
      Mesh mesh;
      Fixture *fixture;
      StrataRngKey key = strata_rng_key (10, 0);
      double sum_ns = 0, alone_ns = 0;
      g_autofree gint64 *ready_ps = g_new (gint64, N);

      mesh_init (&mesh, 3, FALSE);
      fixture = mesh.fixture;
      g_array_set_size (fixture->instructions, 0);
      g_array_set_size (fixture->dependences, 0);
      g_array_set_size (fixture->routes, 0);
      fixture_digital (fixture, STRATA_OPCODE_VECTOR, 0, N, (gint64) (16 / loads[l]));
      for (int i = 0; i < N; i++)
        {
          const Route *route = &mesh.routes[(int) (strata_rng_uniform (key, 2 * (guint64) i) * mesh.n_routes)];
          gint64 n_ns = 1 + (gint64) (strata_rng_uniform (key, 2 * (guint64) i + 1) * 12);

          fixture_transfer (fixture, STRATA_OPCODE_LOAD, 0, route->links, route->n_links, 1, 16 * n_ns);
          fixture_after (fixture, 0, 0, i);
          alone_ns += (double) (2 * route->n_links + n_ns);
        }
      g_autoptr (StrataTiming) timing = fixture_time (fixture, 1, FALSE);
      for (gsize e = 0; e < timing->n_events; e++)
        if (timing->events[e].instruction == 0)
          ready_ps[timing->events[e].burst] = timing->events[e].start_ps + timing->events[e].duration_ps;
      for (gsize e = 0; e < timing->n_events; e++)
        if (timing->events[e].instruction > 0)
          sum_ns += (double) (timing->events[e].start_ps + timing->events[e].duration_ps
                              - ready_ps[timing->events[e].instruction - 1])
                    / NS;
      idle_ns = l == 0 ? alone_ns / N : idle_ns;
      g_test_message ("%.2f a nanosecond: %.1f ns, %.1f on an idle network", loads[l], sum_ns / N, alone_ns / N);
      g_assert_cmpfloat (sum_ns / N, >, before_ns);
      before_ns = sum_ns / N;
      if (l == 0)
        g_assert_cmpfloat_with_epsilon (before_ns, idle_ns, 0.01 * idle_ns);
      mesh_clear (&mesh);
    }
  g_assert_cmpfloat (before_ns, >, 2 * idle_ns);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/links/exhaustive", test_exhaustive);
  g_test_add_func ("/sdk/simulator/links/drawn", test_drawn);
  g_test_add_func ("/sdk/simulator/links/monotone", test_monotone);
  g_test_add_func ("/sdk/simulator/links/anomalies", test_anomalies);
  g_test_add_func ("/sdk/simulator/links/latency-grows", test_latency_grows);
  return g_test_run ();
}
