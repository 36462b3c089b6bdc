/* SPDX-License-Identifier: Apache-2.0
 *
 * The verdict on a case. All shapes are fixed at import, so a case is imported anew for each data set, with its
 * operands given where the import asks for constants: first small ones, then all.
 */
#include <string.h>

#include "data-set.h"
#include "onnx-case.h"

#define MAX_OPERANDS 64
/* The suite's own tolerances */
#define RTOL 1e-3
#define ATOL 1e-7

typedef struct
{
  const char *model;
  char **names;      /* of the model's inputs */
  GPtrArray *inputs; /* (element-type StrataArray) */
} Given;

static gboolean
is_small (const StrataArray *array)
{
  return array->n_dims <= 1
         && (array->dtype == STRATA_DTYPE_I64 || array->dtype == STRATA_DTYPE_I32 || array->dtype == STRATA_DTYPE_F32
             || array->dtype == STRATA_DTYPE_BOOL);
}

/* Shapes of all inputs come with their data, so no dimension is open. */
static StrataGraph *
load (const Given *given, guint first, gboolean all, GError **error)
{
  StrataBinding values[MAX_OPERANDS];
  StrataShapeBinding shapes[MAX_OPERANDS];
  StrataImportOptions options = { values, 0, shapes, 0 };

  for (guint i = 0; i < given->inputs->len && given->names[i] != NULL && i < MAX_OPERANDS; i++)
    {
      const StrataArray *array = given->inputs->pdata[i];
      StrataShapeBinding *shape = &shapes[options.n_shapes];

      if (i >= first && (all || is_small (array)))
        {
          values[options.n_values++] = (StrataBinding){ given->names[i], array };
          continue;
        }
      *shape = (StrataShapeBinding){ given->names[i], array->n_dims, { 0 } };
      memcpy (shape->dims, array->dims, sizeof shape->dims);
      options.n_shapes += array->n_dims > 0;
    }
  return strata_onnx_load_with (given->model, &options, NULL, error);
}

static StrataGraph *
load_any (const Given *given, GError **error)
{
  StrataGraph *graph = load (given, G_MAXUINT, FALSE, error);

  if (graph == NULL && strstr ((*error)->message, "; supported: ") == NULL)
    {
      g_clear_error (error);
      graph = load (given, 1, FALSE, error);
    }
  if (graph == NULL && strstr ((*error)->message, "; supported: ") == NULL)
    {
      g_clear_error (error);
      graph = load (given, 0, TRUE, error);
    }
  return graph;
}

static gboolean
run (const Given *given, const StrataGraph *graph, StrataArray **outputs, GError **error)
{
  const StrataArray *inputs[MAX_OPERANDS] = { NULL };

  for (int i = 0; i < graph->n_inputs && i < MAX_OPERANDS; i++)
    for (guint k = 0; k < given->inputs->len && given->names[k] != NULL; k++)
      if (g_str_equal (given->names[k], graph->values[graph->inputs[i]].name))
        inputs[i] = given->inputs->pdata[k];
  return strata_graph_run (graph, inputs, outputs, NULL, NULL, NULL, error);
}

static char *
compare (StrataArray *const *got, int n_got, const GPtrArray *wanted)
{
  if ((guint) n_got != wanted->len)
    return g_strdup_printf ("%d outputs where the data set has %u", n_got, wanted->len);
  for (guint i = 0; i < wanted->len; i++)
    {
      DataSetDifference d;

      if (!data_set_compare (got[i], wanted->pdata[i], RTOL, &d))
        return g_strdup_printf ("type or shape of output %u differs", i);
      if (d.excess > ATOL)
        return g_strdup_printf ("output %u differs by %g", i, d.worst);
    }
  return NULL;
}

static OnnxVerdict
judge_error (const GError *error, char **why)
{
  *why = g_strdup (error->message);
  return error->domain == STRATA_IMPORT_ERROR && strchr (error->message, '\n') == NULL ? ONNX_REFUSED : ONNX_FAILED;
}

static OnnxVerdict
judge (const Given *given, const GPtrArray *wanted, char **why)
{
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (GError) error = NULL;
  StrataArray *got[MAX_OPERANDS] = { NULL };

  graph = load_any (given, &error);
  if (graph == NULL)
    return judge_error (error, why);
  if (graph->n_inputs > MAX_OPERANDS || graph->n_outputs > MAX_OPERANDS)
    *why = g_strdup ("too many inputs or outputs for this test");
  else if (!strata_graph_check (graph, &error) || !run (given, graph, got, &error))
    *why = g_strdup (error->message);
  else
    *why = compare (got, graph->n_outputs, wanted);
  for (int i = 0; i < MAX_OPERANDS; i++)
    strata_array_free (got[i]);
  return *why == NULL ? ONNX_PASSED : ONNX_FAILED;
}

/* Data of a kind that there is no tensor for: right only if the import refuses the model too. */
static OnnxVerdict
judge_without_data (const char *model, const GError *no_data, char **why)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = strata_onnx_load (model, NULL, &error);

  if (graph == NULL)
    return judge_error (error, why);
  *why = g_strdup (no_data->message);
  return ONNX_FAILED;
}

static OnnxVerdict
run_set (const char *model, const char *set, char **why)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) inputs = data_set_load (set, "input", &error);
  g_autoptr (GPtrArray) wanted = inputs == NULL ? NULL : data_set_load (set, "output", &error);
  g_autoptr (GBytes) bytes = NULL;
  g_auto (GStrv) names = NULL;
  Given given = { model, NULL, inputs };
  char *contents;
  gsize n_bytes;

  if (wanted == NULL)
    return judge_without_data (model, error, why);
  if (!g_file_get_contents (model, &contents, &n_bytes, &error))
    {
      *why = g_strdup (error->message);
      return ONNX_FAILED;
    }
  bytes = g_bytes_new_take (contents, n_bytes);
  names = given.names = strata_onnx_input_names (bytes, model, &error);
  return names == NULL ? judge_error (error, why) : judge (&given, wanted, why);
}

OnnxVerdict
onnx_case_run (const OnnxCase *c, char **why)
{
  g_autofree char *model = g_build_filename (c->path, "model.onnx", NULL);

  *why = NULL;
  for (int i = 0;; i++)
    {
      g_autofree char *set = g_strdup_printf ("%s/test_data_set_%d", c->path, i);
      OnnxVerdict verdict;

      if (!g_file_test (set, G_FILE_TEST_IS_DIR))
        {
          *why = i == 0 ? g_strdup ("no data set") : NULL;
          return i == 0 ? ONNX_FAILED : ONNX_PASSED;
        }
      verdict = run_set (model, set, why);
      if (verdict != ONNX_PASSED)
        return verdict;
    }
}

static GPtrArray *
load_first (const OnnxCase *c, const char *prefix)
{
  g_autofree char *set = g_build_filename (c->path, "test_data_set_0", NULL);

  return data_set_load (set, prefix, NULL);
}

/* Whether all tensors are within @rtol and @atol of one another */
static gboolean
agree (const GPtrArray *a, const GPtrArray *b, double rtol, double atol)
{
  if (a == NULL || b == NULL || a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    {
      DataSetDifference d;

      if (!data_set_compare (a->pdata[i], b->pdata[i], rtol, &d) || d.excess > atol)
        return FALSE;
    }
  return TRUE;
}

gboolean
onnx_cases_dispute (const OnnxCase *a, const OnnxCase *b)
{
  g_autoptr (GPtrArray) inputs_a = NULL;
  g_autoptr (GPtrArray) inputs_b = NULL;
  g_autoptr (GPtrArray) outputs_a = NULL;
  g_autoptr (GPtrArray) outputs_b = NULL;

  if (a->nodes->len != b->nodes->len || memcmp (a->nodes->data, b->nodes->data, a->nodes->len) != 0)
    return FALSE;
  inputs_a = load_first (a, "input");
  inputs_b = load_first (b, "input");
  outputs_a = load_first (a, "output");
  outputs_b = load_first (b, "output");
  return agree (inputs_a, inputs_b, 0.0, 0.0) && !agree (outputs_a, outputs_b, RTOL, ATOL);
}
