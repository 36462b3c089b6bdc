/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases in the order of their names, so that two runs print the same.
 */
#include "onnx-suite.h"

#include <string.h>

#include "onnx-tiers.h"

#define DEBIAN "/usr/share/libonnx-testdata/data"

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
    {
      g_autofree char *model = g_build_filename (path, name, "model.onnx", NULL);

      if (g_file_test (model, G_FILE_TEST_EXISTS))
        g_ptr_array_add (names, g_strdup (name));
    }
  g_ptr_array_sort (names, by_name);
  return names;
}

static void
result_free (OnnxResult *result)
{
  onnx_case_free (result->c);
  g_free (result->why);
  g_free (result);
}

static void
run_folder (OnnxSuite *suite, char *folder)
{
  g_autoptr (GPtrArray) names = list_cases (folder);

  for (guint i = 0; i < names->len; i++)
    {
      OnnxResult *result = g_new0 (OnnxResult, 1);

      result->c = onnx_case_new (folder, names->pdata[i]);
      result->verdict = onnx_case_run (result->c, &result->why);
      g_ptr_array_add (suite->results, result);
    }
  if (names->len > 0)
    g_ptr_array_add (suite->folders, folder);
  else
    g_free (folder);
}

/* A failed case may ask for the rounding of the machine that its data were made on; another one then tells. */
static void
settle (const OnnxSuite *suite, OnnxResult *result)
{
  for (guint i = 0; i < suite->results->len && result->verdict == ONNX_FAILED; i++)
    {
      const OnnxResult *other = suite->results->pdata[i];

      if (other->verdict == ONNX_PASSED && onnx_cases_dispute (result->c, other->c))
        {
          char *why = g_strdup_printf ("%s; %s has the same nodes and inputs and expects something else", result->why,
                                       other->c->path);

          g_free (result->why);
          result->why = why;
          result->verdict = ONNX_DISPUTED;
        }
    }
}

OnnxSuite *
onnx_suite_run (const char *shared)
{
  static const char *const folders[] = { "node", "simple", "pytorch-operator", "pytorch-converted" };
  OnnxSuite *suite = g_new0 (OnnxSuite, 1);

  suite->results = g_ptr_array_new_with_free_func ((GDestroyNotify) result_free);
  suite->folders = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    run_folder (suite, g_build_filename (DEBIAN, folders[i], NULL));
  if (shared != NULL)
    run_folder (suite, g_build_filename (shared, "data", "onnx_node_opset18plus", "node", NULL));
  for (guint i = 0; i < suite->results->len; i++)
    settle (suite, suite->results->pdata[i]);
  return suite;
}

void
onnx_suite_free (OnnxSuite *suite)
{
  if (suite == NULL)
    return;
  g_ptr_array_unref (suite->results);
  g_ptr_array_unref (suite->folders);
  g_free (suite);
}

static OnnxTally
tally_of (const OnnxSuite *suite, const char *operator_name, const char *folder)
{
  OnnxTally tally = { 0 };

  for (guint i = 0; i < suite->results->len; i++)
    {
      const OnnxResult *result = suite->results->pdata[i];
      gboolean is_in =
        folder == NULL || (g_str_has_prefix (result->c->path, folder) && result->c->path[strlen (folder)] == '/');

      if (is_in && (operator_name == NULL || g_str_equal (operator_name, result->c->operator_name)))
        tally.n[result->c->category][result->verdict]++;
    }
  return tally;
}

OnnxTally
onnx_suite_tally (const OnnxSuite *suite, const char *operator_name)
{
  return tally_of (suite, operator_name, NULL);
}

static int
n_counted (const OnnxTally *tally)
{
  const int *n = tally->n[ONNX_COUNTED];

  return n[ONNX_PASSED] + n[ONNX_REFUSED] + n[ONNX_FAILED] + n[ONNX_DISPUTED];
}

double
onnx_tally_percentage (const OnnxTally *tally)
{
  int n = n_counted (tally);

  return n == 0 ? 0.0 : 100.0 * tally->n[ONNX_COUNTED][ONNX_PASSED] / n;
}

static void
print_row (GString *text, const char *name, const char *tier, const OnnxTally *tally)
{
  const int *n = tally->n[ONNX_COUNTED];
  int others[ONNX_N_VERDICTS] = { 0 };

  for (int category = ONNX_COUNTED + 1; category < ONNX_N_CATEGORIES; category++)
    for (int verdict = 0; verdict < ONNX_N_VERDICTS; verdict++)
      others[verdict] += tally->n[category][verdict];
  g_string_append_printf (text, "%-28s %4s %8d %8d %8d", name, tier, n[ONNX_PASSED], n[ONNX_REFUSED], n[ONNX_FAILED]);
  if (others[ONNX_PASSED] + others[ONNX_REFUSED] + others[ONNX_FAILED] > 0)
    g_string_append_printf (text, "   %8d %8d %8d", others[ONNX_PASSED], others[ONNX_REFUSED], others[ONNX_FAILED]);
  g_string_append_c (text, '\n');
}

static void
print_totals (GString *text, const OnnxSuite *suite)
{
  OnnxTally all = onnx_suite_tally (suite, NULL);

  g_string_append_c (text, '\n');
  for (guint i = 0; i < suite->folders->len; i++)
    {
      OnnxTally tally = tally_of (suite, NULL, suite->folders->pdata[i]);

      g_string_append_printf (text, "%s: %d of %d counted cases pass, %.1f %%\n", (char *) suite->folders->pdata[i],
                              tally.n[ONNX_COUNTED][ONNX_PASSED], n_counted (&tally), onnx_tally_percentage (&tally));
    }
  for (int category = ONNX_COUNTED + 1; category < ONNX_N_CATEGORIES; category++)
    g_string_append_printf (text, "excluded, %s: %d passed, %d refused, %d failed\n",
                            onnx_category_name ((OnnxCategory) category), all.n[category][ONNX_PASSED],
                            all.n[category][ONNX_REFUSED], all.n[category][ONNX_FAILED]);
  g_string_append_printf (text, "counted: %d passed, %d refused, %d failed, %d disputed: %.1f %% pass\n",
                          all.n[ONNX_COUNTED][ONNX_PASSED], all.n[ONNX_COUNTED][ONNX_REFUSED],
                          all.n[ONNX_COUNTED][ONNX_FAILED], all.n[ONNX_COUNTED][ONNX_DISPUTED],
                          onnx_tally_percentage (&all));
}

char *
onnx_suite_print (const OnnxSuite *suite)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GList) names = NULL;
  OnnxTally all = onnx_suite_tally (suite, NULL);

  for (guint i = 0; i < suite->results->len; i++)
    g_hash_table_add (seen, ((OnnxResult *) suite->results->pdata[i])->c->operator_name);
  names = g_list_sort (g_hash_table_get_keys (seen), (GCompareFunc) strcmp);
  g_string_append_printf (text, "%-28s %4s %8s %8s %8s   %s\n", "operator", "tier", "passed", "refused", "failed",
                          "and of those that do not count");
  for (GList *at = names; at != NULL; at = at->next)
    {
      OnnxTally tally = onnx_suite_tally (suite, at->data);
      g_autofree char *tier = g_strdup_printf ("%d", onnx_tier (at->data));

      print_row (text, at->data, *tier == '0' ? "" : tier, &tally);
    }
  print_row (text, "all", "", &all);
  print_totals (text, suite);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
onnx_suite_list (const OnnxSuite *suite, OnnxVerdict verdict)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < suite->results->len; i++)
    {
      const OnnxResult *result = suite->results->pdata[i];

      if (result->verdict == verdict)
        g_string_append_printf (text, "%s (%s, opset %d, %s): %.300s\n", result->c->name, result->c->operator_name,
                                result->c->opset, onnx_category_name (result->c->category),
                                result->why == NULL ? "passed" : result->why);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
