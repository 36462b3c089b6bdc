/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens one model in a process of its own and says what that took: wall and CPU milliseconds to the checked graph, and
 * the peak of resident memory after that and after each further step: "hash" reads all weights, "weights" looks for
 * infinities, "text" prints the graph and reads it back, "run" executes it on zeros. One line of numbers per step.
 */
#include "model/graph.h"

#include <stdio.h>
#include <sys/resource.h>

typedef struct
{
  gint64 wall_us, cpu_us;
} Clock;

static Clock
now (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (Clock){ g_get_monotonic_time (), (gint64) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000
                                             + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec };
}

static void
report (const char *step, Clock start)
{
  Clock end = now ();
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  printf ("%s %.2f %.2f %.1f\n", step, (double) (end.wall_us - start.wall_us) / 1000.0,
          (double) (end.cpu_us - start.cpu_us) / 1000.0, (double) usage.ru_maxrss / 1024.0);
}

static gboolean
run (const StrataGraph *graph, GError **error)
{
  g_autofree StrataArray **inputs = g_new0 (StrataArray *, graph->n_inputs + 1);
  g_autofree StrataArray **outputs = g_new0 (StrataArray *, graph->n_outputs + 1);
  gboolean ok;

  for (int i = 0; i < graph->n_inputs; i++)
    {
      const StrataValue *value = &graph->values[graph->inputs[i]];

      inputs[i] = strata_array_new (value->dtype, value->n_dims, value->dims);
    }
  ok = strata_graph_run (graph, (const StrataArray *const *) inputs, outputs, NULL, NULL, NULL, error);
  for (int i = 0; i < graph->n_inputs; i++)
    strata_array_free (inputs[i]);
  for (int i = 0; ok && i < graph->n_outputs; i++)
    strata_array_free (outputs[i]);
  return ok;
}

static gboolean
do_step (const StrataGraph *graph, const char *step, GError **error)
{
  if (g_str_equal (step, "hash"))
    return strata_graph_hash (graph) != 0;
  if (g_str_equal (step, "weights"))
    return strata_graph_check_weights (graph, error);
  if (g_str_equal (step, "text"))
    {
      g_autofree char *text = strata_graph_print (graph);
      g_autoptr (StrataGraph) read = strata_graph_parse (text, error);

      return read != NULL;
    }
  return run (graph, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (GError) error = NULL;
  Clock start = now ();
  gboolean ok;

  if (argc < 2)
    {
      fprintf (stderr, "bench-open-model MODEL [hash|weights|text|run…]\n");
      return 2;
    }
  graph = strata_onnx_load (argv[1], NULL, &error);
  ok = graph != NULL && strata_graph_check (graph, &error);
  if (ok)
    report ("open", start);
  for (int i = 2; ok && i < argc; i++)
    {
      start = now ();
      ok = do_step (graph, argv[i], &error);
      if (ok)
        report (argv[i], start);
    }
  if (!ok)
    fprintf (stderr, "%s\n", error == NULL ? "failed" : error->message);
  return ok ? 0 : 1;
}
