/* SPDX-License-Identifier: Apache-2.0
 *
 * The node cases of the ONNX project, from Debian's libonnx-testdata and, for newer opsets, from the shared test data:
 * every case must give the expected outputs, or be refused in one line. Counted by operator. An operand that decides a
 * shape is given at import.
 */
#include "data-set.h"

#include <string.h>

#define NODE_FOLDER "/usr/share/libonnx-testdata/data/node"
#define MAX_OPERANDS 16

typedef struct
{
  int n_passed, n_refused, n_missing_operator;
  GHashTable *by_operator; /* operator to Count */
  GString *failed;
} Tally;

typedef struct
{
  int n_passed, n_refused, n_missing, n_failed; /* missing: operators or types that Strata lacks */
} Count;

static StrataGraph *
load_with_operands (const char *path, const GPtrArray *inputs, gboolean all, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_auto (GStrv) names = NULL;
  StrataBinding bindings[MAX_OPERANDS];
  char *contents;
  gsize n_bytes;
  int n = 0;

  if (!g_file_get_contents (path, &contents, &n_bytes, error))
    return NULL;
  bytes = g_bytes_new_take (contents, n_bytes);
  names = strata_onnx_input_names (bytes, path, error);
  if (names == NULL)
    return NULL;
  for (guint i = all ? 0 : 1; i < inputs->len && names[i] != NULL && n < MAX_OPERANDS; i++)
    {
      const StrataArray *array = inputs->pdata[i];

      if (all
          || (array->n_dims <= 1
              && (array->dtype == STRATA_DTYPE_I64 || array->dtype == STRATA_DTYPE_I32
                  || array->dtype == STRATA_DTYPE_F32 || array->dtype == STRATA_DTYPE_BOOL)))
        bindings[n++] = (StrataBinding){ names[i], array };
    }
  return strata_onnx_load_bound (path, bindings, n, NULL, error);
}

/* Runs the graph on those inputs of the set that it still has, in order of the file. */
static gboolean
run_case (const StrataGraph *graph, const char *path, const GPtrArray *inputs, StrataArray **outputs, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_auto (GStrv) names = NULL;
  const StrataArray *given[MAX_OPERANDS] = { NULL };
  char *contents;
  gsize n_bytes;

  if (!g_file_get_contents (path, &contents, &n_bytes, error))
    return FALSE;
  bytes = g_bytes_new_take (contents, n_bytes);
  names = strata_onnx_input_names (bytes, path, error);
  if (names == NULL)
    return FALSE;
  for (int i = 0; i < graph->n_inputs; i++)
    for (guint k = 0; k < inputs->len && names[k] != NULL; k++)
      if (g_str_equal (names[k], graph->values[graph->inputs[i]].name))
        given[i] = inputs->pdata[k];
  return strata_graph_run (graph, given, outputs, NULL, NULL, NULL, error);
}

static gboolean
outputs_fit (StrataArray **got, const GPtrArray *wanted, GString *why)
{
  for (guint i = 0; i < wanted->len; i++)
    {
      DataSetDifference d;

      if (!data_set_compare (got[i], wanted->pdata[i], 1e-3, &d))
        {
          g_string_append (why, "type or shape differs");
          return FALSE;
        }
      if (d.excess > 1e-7)
        {
          g_string_append_printf (why, "output %u differs by %g", i, d.worst);
          return FALSE;
        }
    }
  return TRUE;
}

/* The operator a case is named after in a refusal, "… (Slice, opset 13): …"; "?" where the refusal names none */
static char *
operator_of (const char *message)
{
  const char *open = strstr (message, " (");
  const char *comma = open == NULL ? NULL : strchr (open, ',');

  return comma == NULL || memchr (open + 2, ' ', (gsize) (comma - open - 2)) != NULL
           ? g_strdup ("?")
           : g_strndup (open + 2, (gsize) (comma - open - 2));
}

static Count *
count_of (Tally *tally, const char *name)
{
  Count *count = g_hash_table_lookup (tally->by_operator, name);

  if (count == NULL)
    {
      count = g_new0 (Count, 1);
      g_hash_table_insert (tally->by_operator, g_strdup (name), count);
    }
  return count;
}

static void
refuse (Tally *tally, const char *name, const GError *error)
{
  g_autofree char *operator_name = operator_of (error->message);

  g_assert_null (strchr (error->message, '\n'));
  g_assert_cmpint (error->domain, ==, STRATA_IMPORT_ERROR);
  if (strstr (error->message, "; supported: ") != NULL || g_str_equal (operator_name, "?"))
    {
      tally->n_missing_operator++;
      count_of (tally, operator_name)->n_missing++;
      return;
    }
  tally->n_refused++;
  count_of (tally, operator_name)->n_refused++;
  g_test_message ("refused %s", error->message);
}

static void
try_case (Tally *tally, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, "model.onnx", NULL);
  g_autofree char *set = g_build_filename (folder, name, "test_data_set_0", NULL);
  g_autoptr (GPtrArray) inputs = NULL;
  g_autoptr (GPtrArray) wanted = NULL;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) why = g_string_new (NULL);
  StrataArray *got[MAX_OPERANDS] = { NULL };
  const char *operator_name;
  gboolean ok;

  inputs = data_set_load (set, "input", &error);
  if (inputs != NULL)
    wanted = data_set_load (set, "output", &error);
  if (wanted != NULL)
    graph = strata_onnx_load (path, NULL, &error);
  if (wanted != NULL && graph == NULL && strstr (error->message, "; supported: ") == NULL)
    {
      g_clear_error (&error);
      graph = load_with_operands (path, inputs, FALSE, &error);
    }
  if (wanted != NULL && graph == NULL && strstr (error->message, "must be a constant") != NULL)
    {
      g_clear_error (&error);
      graph = load_with_operands (path, inputs, TRUE, &error);
    }
  if (graph == NULL)
    {
      refuse (tally, name, error);
      return;
    }
  g_assert_true (strata_graph_check (graph, &error));
  operator_name = graph->n_nodes == 0 ? "(folded)" : strata_op_name (graph->nodes[graph->n_nodes - 1].op);
  ok = run_case (graph, path, inputs, got, &error) && outputs_fit (got, wanted, why);
  for (int i = 0; i < MAX_OPERANDS; i++)
    strata_array_free (got[i]);
  tally->n_passed += ok;
  if (ok)
    count_of (tally, operator_name)->n_passed++;
  else
    {
      count_of (tally, operator_name)->n_failed++;
      g_string_append_printf (tally->failed, "\n%s: %s", name, error == NULL ? why->str : error->message);
    }
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_cases (const char *path)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, by_name);
  return names;
}

static void
report (const Tally *tally)
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (tally->by_operator), (GCompareFunc) strcmp);

  for (GList *at = names; at != NULL; at = at->next)
    {
      const Count *count = g_hash_table_lookup (tally->by_operator, at->data);

      g_test_message ("%-28s %3d passed %3d refused %3d lacking %3d failed", (const char *) at->data, count->n_passed,
                      count->n_refused, count->n_missing, count->n_failed);
    }
  g_test_message ("node cases: %d passed, %d refused, %d of operators or types that Strata lacks", tally->n_passed,
                  tally->n_refused, tally->n_missing_operator);
}

static void
test_folder (const char *folder, const char *reason, int least)
{
  g_autoptr (GPtrArray) names = list_cases (folder);
  g_autoptr (GHashTable) by_operator = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GString) failed = g_string_new (NULL);
  Tally tally = { 0, 0, 0, by_operator, failed };

  if (names->len == 0)
    {
      g_test_skip (reason);
      return;
    }
  for (guint i = 0; i < names->len; i++)
    try_case (&tally, folder, names->pdata[i]);
  report (&tally);
  g_assert_cmpstr (failed->str, ==, "");
  g_assert_cmpint (tally.n_passed, >=, least);
}

static void
test_debian (void)
{
  test_folder (NODE_FOLDER, "libonnx-testdata is not installed", 702);
}

static void
test_newer (void)
{
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *folder =
    g_build_filename (shared == NULL ? "" : shared, "data", "onnx_node_opset18plus", "node", NULL);

  test_folder (folder, "the newer node cases are not there (STRATA_SHARED)", 475);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/nodes/debian", test_debian);
  g_test_add_func ("/sdk/model/nodes/newer", test_newer);
  return g_test_run ();
}
