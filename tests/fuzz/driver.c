/* SPDX-License-Identifier: Apache-2.0
 *
 * DRIVER TARGET FILE-OR-FOLDER…: replays inputs without libFuzzer, one TAP line each folder. A crash names its input
 * on the line before. A path that is not there is an error unless it begins with @, as for data of other packages.
 */
#include "fuzz.h"

#include <string.h>

static void
replay_file (const char *path, guint *n_replayed)
{
  g_autofree char *contents = NULL;
  g_autofree guint8 *exact = NULL;
  gsize n;

  g_assert_true (g_file_get_contents (path, &contents, &n, NULL));
  g_printerr ("# %s\n", path);
  exact = g_memdup2 (contents, n); /* no byte behind the last, so that a sanitizer sees a read past it */
  LLVMFuzzerTestOneInput (exact, n);
  ++*n_replayed;
}

static void
replay (const char *path, const char *suffix, guint *n_replayed)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  if (folder == NULL)
    {
      replay_file (path, n_replayed);
      return;
    }
  while ((name = g_dir_read_name (folder)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  for (guint i = 0; i < names->len; i++)
    if (g_file_test (names->pdata[i], G_FILE_TEST_IS_DIR) || suffix == NULL
        || g_str_has_suffix (names->pdata[i], suffix))
      replay (names->pdata[i], suffix, n_replayed);
}

int
main (int argc, char **argv)
{
  g_print ("1..%d\n", argc - 2);
  for (int i = 2; i < argc; i++)
    {
      gboolean optional = argv[i][0] == '@';
      const char *path = argv[i] + optional;
      guint n_replayed = 0;

      if (optional && !g_file_test (path, G_FILE_TEST_EXISTS))
        {
          g_print ("ok %d /fuzz/%s/%s # SKIP %s is not there\n", i - 1, argv[1], g_path_get_basename (path), path);
          continue;
        }
      replay (path, optional ? ".onnx" : NULL, &n_replayed);
      g_print ("%sok %d /fuzz/%s/%s\n# %u inputs\n", n_replayed > 0 ? "" : "not ", i - 1, argv[1],
               strrchr (path, '/') == NULL ? path : strrchr (path, '/') + 1, n_replayed);
    }
  return 0;
}
