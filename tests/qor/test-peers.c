/* SPDX-License-Identifier: Apache-2.0
 *
 * Placement against the greedy orders of the published 3D simulator, with the same tiles: latency and interval of the
 * seven networks of `demonstrator`, by the schedule; and a mixture of experts, by the time that tokens of sampled
 * routings take when each stack runs one tier at a time.
 */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "compiler/pipeline.h"
#include "cost/cost.h"
#include "lib/fixtures.h"
#include "model/arch/architectures.h"
#include "peers.h"

/* --- networks --- */

/* A longer way of single rows can cost what fewer waits gained: so much may ours be above the best of five */
#define TOLERANCE 1.002

typedef struct
{
  double latency_ps, interval_ps, busiest_ps; /* busiest: work of the stack with most of it */
} Times;

static Times
time_placement (const StrataImage *image, const StrataPlacement *placement)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataSchedule) schedule =
    strata_schedule (image->graph, image->tiles, placement, image->chip, NULL, &error);

  Times times = { 0 };
  g_autofree double *busy_ps = g_new0 (double, image->chip->n_stacks);

  g_assert_no_error (error);
  times.latency_ps = (double) schedule->latency_ps;
  times.interval_ps = (double) schedule->interval_ps;
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *one = &schedule->instructions[i];

      if (one->opcode == STRATA_OPCODE_MVM)
        busy_ps[one->unit] +=
          (double) one->n_bursts
          * (double) strata_burst_time (one, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL).occupy_ps;
    }
  for (int i = 0; i < image->chip->n_stacks; i++)
    times.busiest_ps = MAX (times.busiest_ps, busy_ps[i]);
  return times;
}

static StrataImage *
compile (const char *name, const StrataChipSpec *chip)
{
  g_autoptr (GError) error = NULL;
  const StrataArchitecture *architecture = strata_architecture_find (name, &error);
  g_autoptr (StrataGraph) graph = architecture == NULL ? NULL : strata_architecture_make (architecture, NULL, &error);
  StrataCompileOptions options;
  StrataImage *image;

  g_assert_no_error (error);
  strata_compile_options_init (&options);
  image = strata_compile (graph, chip, &options, NULL, &error);
  g_assert_no_error (error);
  return image;
}

static void
compare (const char *name, StrataChipSpec *taken, gboolean interval)
{
  g_autoptr (StrataChipSpec) chip = taken;
  g_autoptr (StrataImage) image = compile (name, chip);
  Times ours = time_placement (image, image->placement), best = { INFINITY, INFINITY, INFINITY };
  g_autoptr (GString) text = g_string_new (NULL);

  for (int order = 0; order < PEERS_N_ORDERS; order++)
    {
      g_autoptr (StrataPlacement) placement = peers_place (image->tiles, chip, NULL, order, 1);
      Times theirs = time_placement (image, placement);

      best.latency_ps = MIN (best.latency_ps, theirs.latency_ps);
      best.interval_ps = MIN (best.interval_ps, theirs.interval_ps);
      best.busiest_ps = MIN (best.busiest_ps, theirs.busiest_ps);
      g_string_append_printf (text, "  %s %.3f %.3f", peers_name (order), theirs.latency_ps / ours.latency_ps,
                              theirs.interval_ps / ours.interval_ps);
    }
  g_test_message ("%-16s %2d x %2d: latency %.1f us, interval %.1f us, %.3f and %.3f of their bounds; times ours:%s",
                  name, chip->n_stacks, chip->tiers, ours.latency_ps * 1e-6, ours.interval_ps * 1e-6,
                  ours.latency_ps / (double) image->schedule->lower_bound_ps,
                  MAX (1, ours.interval_ps / (double) image->schedule->interval_bound_ps), text->str);
  g_assert_cmpfloat (ours.latency_ps, <=, best.latency_ps * TOLERANCE);
  g_assert_cmpfloat (ours.busiest_ps, <=, best.busiest_ps * TOLERANCE);
  if (interval)
    g_assert_cmpfloat (ours.interval_ps, <=, best.interval_ps * TOLERANCE);
}

static const char *const networks[] = { "mlperf-tiny-ad", "mlperf-tiny-kws", "mlperf-tiny-vww", "mlperf-tiny-ic",
                                        "resnet18",       "resnet50",        "mobilenetv2" };

static void
test_networks (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (networks); i++)
    compare (networks[i], fixtures_chip ("demonstrator", 0, 0, 0), TRUE);
}

/* A fourth of the stacks, four times as high. Intervals hang on when buffers hold producers back, not on sites alone:
 * of those only the busiest stack is compared. */
static void
test_high (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (networks); i++)
    compare (networks[i], fixtures_chip ("demonstrator", 4, 4, 64), FALSE);
}

/* --- mixture of experts --- */

#define N_LAYERS 3
#define N_EXPERTS 16
#define N_TOPICS 8
#define WIDTH 256
#define HIDDEN 2048 /* of a routed expert */
#define SHARED 4096 /* of the one that every token needs */
#define N_TOKENS 2000
#define MOST_OPS (N_LAYERS * (3 * N_EXPERTS + 12))

typedef struct
{
  StrataQGraph *graph;
  int layer[MOST_OPS], expert[MOST_OPS], step[MOST_OPS]; /* per op; steps follow each other */
  double together[N_EXPERTS * N_EXPERTS];
  int n_steps;
} Mixture;

/* Each topic has two experts, drawn; a token needs two experts: three times of four those of its topic, else any. */
static void
route (guint64 seed, guint64 token, int *a, int *b)
{
  StrataRngKey key = strata_rng_key (seed, 51);
  StrataRngBlock r = strata_rng_block (key, token, 0);
  int order[N_EXPERTS], topic = (int) (r.word[0] % N_TOPICS);

  for (int i = 0; i < N_EXPERTS; i++)
    {
      int j = (int) (strata_rng_block (key, (guint64) i, 1).word[0] % (guint32) (i + 1));

      order[i] = order[j];
      order[j] = i;
    }
  *a = order[2 * topic];
  *b = order[2 * topic + 1];
  if (r.word[1] % 4 == 0)
    {
      *a = (int) (r.word[2] % N_EXPERTS);
      *b = (*a + 1 + (int) (r.word[3] % (N_EXPERTS - 1))) % N_EXPERTS;
    }
}

static void
count_routes (Mixture *mixture, guint64 seed)
{
  for (guint64 token = 0; token < N_TOKENS; token++)
    {
      int a, b;

      route (seed, token, &a, &b);
      mixture->together[a * N_EXPERTS + b] += 1.0 / N_TOKENS;
      mixture->together[b * N_EXPERTS + a] += 1.0 / N_TOKENS;
      mixture->together[a * N_EXPERTS + a] += 1.0 / N_TOKENS;
      mixture->together[b * N_EXPERTS + b] += 1.0 / N_TOKENS;
    }
}

static int
add_dense (Mixture *mixture, int input, int n, int layer, int expert, int step)
{
  int op = mixture->graph->n_ops;

  g_assert_cmpint (op, <, MOST_OPS);
  mixture->layer[op] = layer;
  mixture->expert[op] = expert;
  mixture->step[op] = step;
  mixture->n_steps = MAX (mixture->n_steps, step + 1);
  return fixtures_dense (mixture->graph, input, n);
}

static int
add_sum (Mixture *mixture, int a, int b)
{
  int op = mixture->graph->n_ops;

  mixture->layer[op] = mixture->expert[op] = mixture->step[op] = -1;
  return fixtures_add (mixture->graph, a, b);
}

/* Attention, then one expert that every token needs and those that it is routed to, as in DeepSeekMoE (arXiv
 * 2401.06066) */
static void
make_mixture (Mixture *mixture)
{
  int t, step = 0;

  mixture->graph = fixtures_graph_new ();
  t = fixtures_input (mixture->graph, WIDTH, 1, 1);
  for (int layer = 0; layer < N_LAYERS; layer++)
    {
      int q = add_dense (mixture, t, WIDTH, -1, -1, step), k = add_dense (mixture, t, WIDTH, -1, -1, step);
      int v = add_dense (mixture, t, WIDTH, -1, -1, step), sum;

      t = add_dense (mixture, add_sum (mixture, add_sum (mixture, q, k), v), WIDTH, -1, -1, step + 1);
      sum = add_dense (mixture, add_dense (mixture, t, SHARED, -1, -1, step + 2), WIDTH, -1, -1, step + 3);
      for (int expert = 0; expert < N_EXPERTS; expert++)
        {
          int up = add_dense (mixture, t, HIDDEN, layer, expert, step + 2);

          sum = add_sum (mixture, sum, add_dense (mixture, up, WIDTH, layer, expert, step + 3));
        }
      t = sum;
      step += 4;
    }
  fixtures_output (mixture->graph, t);
}

/* What a token takes: at each step all tiles of the ops it needs fire, one at a time on each stack. Mean over tokens.
 */
static double
time_tokens (const Mixture *mixture,
             const StrataTileSet *tiles,
             const StrataChipSpec *chip,
             const StrataPlacement *placement,
             guint64 seed)
{
  g_autofree double *busy_ps = g_new0 (double, (gsize) mixture->n_steps * chip->n_stacks);
  double sum_ps = 0;

  for (guint64 token = 0; token < N_TOKENS; token++)
    {
      int a, b;

      route (seed, token, &a, &b);
      memset (busy_ps, 0, (gsize) mixture->n_steps * chip->n_stacks * sizeof *busy_ps);
      for (int i = 0; i < tiles->n_tiles; i++)
        {
          const StrataTile *tile = &tiles->tiles[i];
          int expert = mixture->expert[tile->op];

          if (expert < 0 || expert == a || expert == b)
            busy_ps[mixture->step[tile->op] * chip->n_stacks + placement->site[i].stack] +=
              (double) strata_cost_select_ps (chip, STRATA_BAND_NOMINAL)
              + (double) strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, tile->n_cols, tile->n_slices, 1);
        }
      for (int step = 0; step < mixture->n_steps; step++)
        {
          double most_ps = 0;

          for (int stack = 0; stack < chip->n_stacks; stack++)
            most_ps = MAX (most_ps, busy_ps[step * chip->n_stacks + stack]);
          sum_ps += most_ps;
        }
    }
  return sum_ps / N_TOKENS;
}

/* That a token needs both ops */
static double
chance (const Mixture *mixture, int op, int other)
{
  int a = mixture->expert[op], b = mixture->expert[other];

  return a < 0 && b < 0 ? 1 : mixture->together[(a < 0 ? b : a) * N_EXPERTS + (b < 0 ? a : b)];
}

static StrataPlacement *
place_mixture (const Mixture *mixture, const StrataTileSet *tiles, const StrataChipSpec *chip)
{
  double activity[MOST_OPS];
  GArray *pairs = g_array_new (FALSE, FALSE, sizeof (StrataPlaceCoactivation));
  StrataPlaceOptions options = { .activity = activity };
  g_autoptr (GError) error = NULL;
  StrataPlacement *placement;

  for (int op = 0; op < mixture->graph->n_ops; op++)
    {
      activity[op] = chance (mixture, op, op);
      for (int other = 0; other < op; other++)
        if (mixture->step[other] == mixture->step[op] && MAX (mixture->expert[op], mixture->expert[other]) >= 0)
          {
            StrataPlaceCoactivation pair = { op, other, chance (mixture, op, other) };

            g_array_append_val (pairs, pair);
          }
    }
  options.coactivation = (StrataPlaceCoactivation *) (gpointer) pairs->data;
  options.n_coactivations = (int) pairs->len;
  placement = strata_place (mixture->graph, tiles, chip, &options, &error);
  g_assert_no_error (error);
  g_array_unref (pairs);
  return placement;
}

/* Placed by the chances that 2000 routes show, timed on them. */
static void
test_experts (void)
{
  Mixture mixture = { 0 };
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 8, 8, 64);
  g_autoptr (StrataQGraph) graph = NULL;
  g_autoptr (StrataTileSet) tiles = NULL;
  g_autoptr (StrataPlacement) ours = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  double best_ps = INFINITY, in_order_ps = 0, ours_ps;

  make_mixture (&mixture);
  graph = mixture.graph;
  count_routes (&mixture, 1);
  tiles = strata_map (graph, chip, NULL, NULL);
  g_assert_nonnull (tiles);
  ours = place_mixture (&mixture, tiles, chip);
  ours_ps = time_tokens (&mixture, tiles, chip, ours, 1);
  for (int order = 0; order < PEERS_N_ORDERS; order++)
    {
      const PeersExperts experts = { mixture.layer, mixture.expert, N_EXPERTS, mixture.together };
      g_autoptr (StrataPlacement) placement = peers_place (tiles, chip, &experts, order, 1);
      double theirs_ps = time_tokens (&mixture, tiles, chip, placement, 1);

      best_ps = MIN (best_ps, theirs_ps);
      in_order_ps = order == PEERS_IN_ORDER ? theirs_ps : in_order_ps;
      g_string_append_printf (text, "  %s %.3f", peers_name (order), theirs_ps / ours_ps);
    }
  g_test_message ("%d tiles of %d layers of %d experts: %.3f us a token; times ours:%s", tiles->n_tiles, N_LAYERS,
                  N_EXPERTS, ours_ps * 1e-6, text->str);
  g_assert_cmpfloat (ours_ps * 1.3, <=, in_order_ps);
  g_assert_cmpfloat (ours_ps * 1.2, <=, best_ps);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/qor/peers/networks", test_networks);
  g_test_add_func ("/qor/peers/high", test_high);
  g_test_add_func ("/qor/peers/experts", test_experts);
  return g_test_run ();
}
