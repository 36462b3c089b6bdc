/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints the conformance table: onnx-suite [--refused] [--passed]. Exit code 1 where a case fails.
 */
#include "onnx-suite.h"

int
main (int argc, char **argv)
{
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autoptr (OnnxSuite) suite = onnx_suite_run (shared == NULL ? SHARED_FOLDER : shared);
  g_autofree char *table = onnx_suite_print (suite);
  g_autofree char *failed = onnx_suite_list (suite, ONNX_FAILED);
  g_autofree char *disputed = onnx_suite_list (suite, ONNX_DISPUTED);

  for (int i = 1; i < argc; i++)
    {
      gboolean passed = g_str_equal (argv[i], "--passed");
      g_autofree char *list = onnx_suite_list (suite, passed ? ONNX_PASSED : ONNX_REFUSED);

      if (!passed && !g_str_equal (argv[i], "--refused"))
        {
          g_printerr ("onnx-suite: %s: --refused and --passed are accepted\n", argv[i]);
          return 2;
        }
      g_print ("%s\n", list);
    }
  g_print ("%s%s%s%s%s", table, *disputed == '\0' ? "" : "\ndisputed:\n", disputed,
           *failed == '\0' ? "" : "\nfailed:\n", failed);
  return *failed == '\0' ? 0 : 1;
}
