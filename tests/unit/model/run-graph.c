/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a model of any kind on tensors in files: what test-transformers.py compares with. Not a test by itself.
 *
 *     run-graph MODEL FOLDER [DIMENSION=SIZE]…
 *
 * Inputs are FOLDER/NAME.npy; outputs go to FOLDER/out.NAME.npy.
 */
#include <string.h>

#include "model/arch/transformer.h"
#include "model/tensor-io.h"

static gboolean
read_inputs (const StrataGraph *graph, const char *folder, StrataArray **inputs, GError **error)
{
  for (int i = 0; i < graph->n_inputs; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s.npy", graph->values[graph->inputs[i]].name);
      g_autofree char *path = g_build_filename (folder, name, NULL);

      inputs[i] = strata_array_load (path, error);
      if (inputs[i] == NULL)
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_outputs (const StrataGraph *graph, const char *folder, StrataArray **outputs, GError **error)
{
  for (int i = 0; i < graph->n_outputs; i++)
    {
      g_autofree char *name = g_strdup_printf ("out.%s.npy", graph->values[graph->outputs[i]].name);
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (!strata_array_save_npy (outputs[i], path, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
run (const StrataGraph *graph, const char *folder, GError **error)
{
  StrataArray **inputs = g_new0 (StrataArray *, graph->n_inputs + 1);
  StrataArray **outputs = g_new0 (StrataArray *, graph->n_outputs + 1);
  gboolean ok;

  ok = read_inputs (graph, folder, inputs, error)
       && strata_graph_run (graph, (const StrataArray *const *) inputs, outputs, NULL, NULL, NULL, error)
       && write_outputs (graph, folder, outputs, error);
  for (int i = 0; i < graph->n_inputs; i++)
    strata_array_free (inputs[i]);
  for (int i = 0; i < graph->n_outputs; i++)
    strata_array_free (outputs[i]);
  g_free (inputs);
  g_free (outputs);
  return ok;
}

int
main (int argc, char **argv)
{
  g_autoptr (GArray) shapes = g_array_new (FALSE, TRUE, sizeof (StrataShapeBinding));
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (GError) error = NULL;
  StrataImportOptions options = { 0 };

  for (int i = 3; i < argc; i++)
    {
      char *mark = strchr (argv[i], '=');
      StrataShapeBinding shape = { .name = argv[i] };

      g_assert_nonnull (mark);
      *mark = '\0';
      shape.dims[0] = g_ascii_strtoll (mark + 1, NULL, 10);
      g_array_append_val (shapes, shape);
    }
  g_assert_cmpint (argc, >=, 3);
  options.shapes = (const StrataShapeBinding *) (const void *) shapes->data;
  options.n_shapes = (int) shapes->len;
  graph = strata_graph_load (argv[1], &options, NULL, NULL, &error);
  if (graph != NULL && strata_graph_widen (graph, &error) && run (graph, argv[2], &error))
    return 0;
  g_printerr ("%s\n", error->message);
  return 1;
}
