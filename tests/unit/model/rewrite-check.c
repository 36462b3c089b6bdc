/* SPDX-License-Identifier: Apache-2.0 */
#include "rewrite-check.h"

#include <math.h>
#include <string.h>

#include "data-set.h"
#include "model/element.h"

int
rewrite_floats (StrataLayers *layers, const char *name, int n_dims, const gint64 *dims, float low, float high)
{
  StrataValue shape = { .n_dims = n_dims };
  g_autoptr (GRand) rand = g_rand_new_with_seed (g_str_hash (name));
  g_autofree float *floats = NULL;
  gint64 count;

  if (n_dims > 0)
    memcpy (shape.dims, dims, sizeof (gint64) * (gsize) n_dims);
  count = strata_value_count (&shape);
  floats = g_new (float, count + 1);
  for (gint64 i = 0; i < count; i++)
    floats[i] = (float) g_rand_double_range (rand, (double) low, (double) high);
  return strata_layers_floats (layers, name, n_dims, dims, floats);
}

int
rewrite_number (StrataLayers *layers, double number)
{
  return strata_layers_scalar (layers, NULL, (float) number);
}

int
rewrite_input (StrataLayers *layers, const char *name, int n_dims, const gint64 *dims)
{
  return strata_layers_input (layers, name, STRATA_DTYPE_F32, n_dims, dims);
}

StrataGraph *
rewrite_finish (StrataLayers *layers, int value)
{
  g_autoptr (GError) error = NULL;
  StrataGraph *graph;

  g_array_append_val (layers->builder.outputs, value);
  graph = strata_layers_finish (layers, "made", NULL, &error);
  g_assert_no_error (error);
  return graph;
}

/* Floats from -2 to 2; integers 0 or 1, which every index and every mask may be; a lone int32, a length, is 1. */
static StrataArray *
random_array (const StrataValue *value, GRand *rand)
{
  StrataArray *array = strata_array_new (value->dtype, value->n_dims, value->dims);
  gint64 count = strata_array_count (array);

  for (gint64 i = 0; i < count; i++)
    if (strata_dtype_is_float (value->dtype))
      strata_element_set_double (value->dtype, array->data, i, g_rand_double_range (rand, -2.0, 2.0));
    else
      strata_element_set_int (value->dtype, array->data, i,
                              value->dtype == STRATA_DTYPE_I32 && count == 1 ? 1 : g_rand_int_range (rand, 0, 2));
  return array;
}

static StrataArray **
run (const StrataGraph *graph, const StrataArray *const *inputs)
{
  StrataArray **outputs = g_new0 (StrataArray *, graph->n_outputs + 1);
  g_autoptr (GError) error = NULL;

  strata_graph_run (graph, inputs, outputs, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return outputs;
}

void
rewrite_compare (const StrataGraph *graph, const StrataGraph *result, guint32 seed, double tolerance)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GPtrArray) inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) strata_array_free);
  g_autofree StrataArray **wanted = NULL;
  g_autofree StrataArray **got = NULL;

  for (int i = 0; i < graph->n_inputs; i++)
    g_ptr_array_add (inputs, random_array (&graph->values[graph->inputs[i]], rand));
  wanted = run (graph, (const StrataArray *const *) inputs->pdata);
  got = run (result, (const StrataArray *const *) inputs->pdata);
  for (int i = 0; i < graph->n_outputs; i++)
    {
      DataSetDifference d;

      g_assert_true (data_set_compare (got[i], wanted[i], 0.0, &d));
      g_assert_cmpfloat (d.worst, <=, tolerance * d.peak);
      g_assert_true (isfinite (d.peak));
      strata_array_free (wanted[i]);
      strata_array_free (got[i]);
    }
}

static void
check_names (const StrataGraph *graph)
{
  g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) nodes = g_hash_table_new (g_str_hash, g_str_equal);

  for (int i = 0; i < graph->n_values; i++)
    g_assert_true (g_hash_table_add (values, (char *) graph->values[i].name));
  for (int i = 0; i < graph->n_nodes; i++)
    {
      g_assert_true (g_hash_table_add (nodes, (char *) graph->nodes[i].name));
      g_assert_cmpint (graph->nodes[i].onnx_index, >=, 0);
    }
}

static void
check_interface (const StrataGraph *graph, const StrataGraph *result)
{
  g_assert_cmpint (result->n_inputs, ==, graph->n_inputs);
  g_assert_cmpint (result->n_outputs, ==, graph->n_outputs);
  for (int i = 0; i < graph->n_inputs; i++)
    g_assert_cmpstr (result->values[result->inputs[i]].name, ==, graph->values[graph->inputs[i]].name);
  for (int i = 0; i < graph->n_outputs; i++)
    g_assert_cmpstr (result->values[result->outputs[i]].name, ==, graph->values[graph->outputs[i]].name);
}

StrataGraph *
rewrite_check (const StrataGraph *graph, StrataRewriteSet rules, double tolerance, StrataRewriteLog **log)
{
  guint64 before = strata_graph_hash (graph);
  g_autoptr (StrataRewriteLog) first = NULL;
  g_autoptr (StrataRewriteLog) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) result = strata_graph_rewrite (graph, rules, &first, &error);
  g_autoptr (StrataGraph) again = strata_graph_rewrite (graph, rules, &second, NULL);
  g_autofree char *text = NULL;
  g_autofree char *text_again = NULL;

  g_assert_no_error (error);
  text = strata_rewrite_log_print (first);
  text_again = strata_rewrite_log_print (second);
  g_assert_cmpstr (text, ==, text_again);
  g_assert_true (strata_graph_check (result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (strata_graph_hash (result), ==, strata_graph_hash (again));
  g_assert_cmpuint (strata_graph_hash (graph), ==, before);
  g_assert_cmpint (first->n_rounds, <, 10);
  check_names (result);
  check_interface (graph, result);
  for (guint32 seed = 1; seed <= 2 && tolerance >= 0.0; seed++)
    rewrite_compare (graph, result, seed, tolerance);
  if (log != NULL)
    *log = g_steal_pointer (&first);
  return g_steal_pointer (&result);
}

int
rewrite_n_ops (const StrataGraph *graph, StrataOp op)
{
  int n = 0;

  for (int i = 0; i < graph->n_nodes; i++)
    n += graph->nodes[i].op == op;
  return n;
}

int
rewrite_n_rules (const StrataRewriteLog *log, StrataRule rule)
{
  int n = 0;

  for (int i = 0; i < log->n_entries; i++)
    n += log->entries[i].rule == rule;
  return n;
}
