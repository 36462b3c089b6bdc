/* SPDX-License-Identifier: Apache-2.0
 *
 * How fast programs are scheduled and executed: CPU milliseconds of the schedule stage, and bursts per second of the
 * event engine, as the scheduler predicts with it and as the simulator records it; beside it the machine's limit, the
 * same events appended to an array and nothing else. One line per program; best of some rounds.
 */
#include <stdio.h>
#include <time.h>

#include "compiler/stages.h"
#include "program/execute.h"
#include "simulator/simulator.h"

#define ROUNDS 5

static double
cpu_ms (void)
{
  return (double) clock () * 1e3 / CLOCKS_PER_SEC;
}

static double
schedule_ms (const StrataImage *image)
{
  double start = cpu_ms ();
  g_autoptr (StrataSchedule) schedule =
    strata_schedule (image->graph, image->tiles, image->placement, image->chip, NULL, NULL);

  return schedule != NULL ? cpu_ms () - start : -1;
}

static double
predict_ms (const StrataImage *image)
{
  StrataExecution execution = { .schedule = image->schedule,
                                .graph = image->graph,
                                .tiles = image->tiles,
                                .placement = image->placement,
                                .chip = image->chip,
                                .n_inferences = 1 };
  g_auto (StrataExecuted) executed = { 0 };
  double start = cpu_ms ();

  return strata_execute (&execution, &executed, NULL) ? cpu_ms () - start : -1;
}

static double
record_ms (const StrataImage *image)
{
  StrataTimingOptions options = { .n_inferences = 1 };
  double start = cpu_ms ();
  g_autoptr (StrataTiming) timing = strata_timing_run (image, &options, NULL);

  return timing != NULL ? cpu_ms () - start : -1;
}

/* Events of a run put into an array of their own, as they come */
static double
append_ms (const StrataImage *image)
{
  StrataTimingOptions options = { .n_inferences = 1 };
  g_autoptr (StrataTiming) timing = strata_timing_run (image, &options, NULL);
  double start = cpu_ms ();
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (StrataEventRecord));

  for (gsize i = 0; timing != NULL && i < timing->n_events; i++)
    g_array_append_val (events, timing->events[i]);
  return events->len > 0 ? cpu_ms () - start : -1;
}

static double
check_ms (const StrataImage *image)
{
  double start = cpu_ms ();

  return strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, image->chip, NULL)
           ? cpu_ms () - start
           : -1;
}

static double
best (double (*step) (const StrataImage *), const StrataImage *image)
{
  double least = step (image);

  for (int i = 1; i < ROUNDS; i++)
    least = MIN (least, step (image));
  return least;
}

static void
report (const char *path, const StrataImage *image)
{
  double predict = best (predict_ms, image), record = best (record_ms, image), append = best (append_ms, image);
  gint64 n_bursts = 0;

  for (int i = 0; i < image->schedule->n_instructions; i++)
    n_bursts += image->schedule->instructions[i].n_bursts;
  printf (
    "%s: %d instructions, %" G_GINT64_FORMAT
    " bursts; schedule %.1f ms, check %.1f ms; predict %.2f ms, %.2f M bursts/s; record %.2f ms, %.2f M bursts/s; "
    "append alone %.2f ms, %.2f M events/s\n",
    path, image->schedule->n_instructions, n_bursts, best (schedule_ms, image), best (check_ms, image), predict,
    (double) n_bursts / predict * 1e-3, record, (double) n_bursts / record * 1e-3, append,
    (double) n_bursts / append * 1e-3);
}

int
main (int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *data = NULL;
      gsize n = 0;

      if (!g_file_get_contents (argv[i], &data, &n, &error))
        {
          fprintf (stderr, "%s\n", error->message);
          return 1;
        }
      g_autoptr (GBytes) bytes = g_bytes_new_take (g_steal_pointer (&data), n);
      g_autoptr (StrataImage) image = strata_image_decode (bytes, argv[i], &error);
      if (image == NULL)
        {
          fprintf (stderr, "%s: %s\n", argv[i], error->message);
          return 1;
        }
      report (argv[i], image);
    }
  return argc > 1 ? 0 : 2;
}
