/* SPDX-License-Identifier: Apache-2.0
 *
 * The ONNX backend suite must pass: no case fails, a case that is refused says why in one line, nine of ten counted
 * ones pass, and of the operators that standard networks use every one. onnx-suite prints the whole table.
 */
#include "onnx-suite.h"

#include "onnx-tiers.h"

#define LEAST_PERCENTAGE 90.0

static void
test_failed (gconstpointer data)
{
  g_autofree char *failed = onnx_suite_list (data, ONNX_FAILED);

  g_assert_cmpstr (failed, ==, "");
}

static void
test_counted (gconstpointer data)
{
  OnnxTally tally = onnx_suite_tally (data, NULL);

  g_test_message ("%.1f %% of counted cases pass", onnx_tally_percentage (&tally));
  g_assert_cmpfloat (onnx_tally_percentage (&tally), >=, LEAST_PERCENTAGE);
}

static void
test_tiers (gconstpointer data)
{
  const OnnxSuite *suite = data;
  g_autoptr (GString) refused = g_string_new (NULL);

  for (guint i = 0; i < suite->results->len; i++)
    {
      const OnnxResult *result = suite->results->pdata[i];
      const OnnxCase *c = result->c;

      if (result->verdict != ONNX_PASSED && c->category == ONNX_COUNTED && onnx_tier (c->operator_name) > 0)
        g_string_append_printf (refused, "\n%s (%s): %.300s", c->name, c->operator_name, result->why);
    }
  g_assert_cmpstr (refused->str, ==, "");
}

int
main (int argc, char **argv)
{
  g_autoptr (OnnxSuite) suite = NULL;

  g_test_init (&argc, &argv, NULL);
  suite = onnx_suite_run (g_getenv ("STRATA_SHARED"));
  if (suite->folders->len == 0)
    {
      g_print ("1..0 # SKIP libonnx-testdata is not installed and STRATA_SHARED not set\n");
      return 0;
    }
  g_test_add_data_func ("/sdk/model/nodes/failed", suite, test_failed);
  g_test_add_data_func ("/sdk/model/nodes/counted", suite, test_counted);
  g_test_add_data_func ("/sdk/model/nodes/tiers", suite, test_tiers);
  return g_test_run ();
}
