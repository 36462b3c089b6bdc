/* SPDX-License-Identifier: Apache-2.0
 *
 * Placement against the greedy orders of the published 3D simulator, with the same tiles: latency and interval of the
 * seven networks of `demonstrator`, by the schedule.
 */
#include <math.h>

#include "compiler/pipeline.h"
#include "lib/fixtures.h"
#include "model/arch/architectures.h"
#include "peers.h"

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

/* Never worse than the best of the orders; latency and interval within a tenth of their bounds */
static void
compare (const char *name, StrataChipSpec *taken)
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
  g_test_message (
    "%-16s %2d x %2d: latency %.1f us, interval %.1f us, %.3f and %.3f of their bounds; times ours: best %.4f;%s", name,
    chip->n_stacks, chip->tiers, ours.latency_ps * 1e-6, ours.interval_ps * 1e-6,
    ours.latency_ps / (double) image->schedule->lower_bound_ps,
    MAX (1, ours.interval_ps / (double) image->schedule->interval_bound_ps), best.latency_ps / ours.latency_ps,
    text->str);
  g_assert_cmpfloat (ours.latency_ps, <=, best.latency_ps);
  g_assert_cmpfloat (ours.busiest_ps, <=, best.busiest_ps);
  g_assert_cmpfloat (ours.interval_ps, <=, best.interval_ps);
  g_assert_cmpfloat (ours.latency_ps, <=, 1.1 * (double) image->schedule->lower_bound_ps);
  g_assert_cmpfloat (ours.interval_ps, <=, 1.1 * (double) MAX (1, image->schedule->interval_bound_ps));
}

static const char *const networks[] = { "mlperf-tiny-ad", "mlperf-tiny-kws", "mlperf-tiny-vww", "mlperf-tiny-ic",
                                        "resnet18",       "resnet50",        "mobilenetv2" };

static void
test_networks (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (networks); i++)
    compare (networks[i], fixtures_chip ("demonstrator", 0, 0, 0));
}

/* A fourth of the stacks, four times as high */
static void
test_high (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (networks); i++)
    compare (networks[i], fixtures_chip ("demonstrator", 4, 4, 64));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/qor/peers/networks", test_networks);
  g_test_add_func ("/qor/peers/high", test_high);
  return g_test_run ();
}
