/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX test data sets: folders with input_K and output_K as TensorProto (.pb) or NumPy (.npy) files.
 */
#include "cli.h"

static int
compare_text (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

static char *
find_tensor (const char *folder, const char *prefix, guint index)
{
  static const char *const suffixes[] = { "pb", "npy" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *name = g_strdup_printf ("%s_%u.%s", prefix, index, suffixes[i]);
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  return NULL;
}

GPtrArray *
cli_find_test_data (const char *path, GError **error)
{
  g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *first = find_tensor (path, "input", 0);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  if (dir == NULL)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND,
                   "%s: no such folder, or not one that may be read; give a folder of ONNX test data", path);
      return NULL;
    }
  if (first != NULL)
    {
      g_ptr_array_add (folders, g_strdup (path));
      return g_steal_pointer (&folders);
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, "test_data_set_"))
      g_ptr_array_add (folders, g_build_filename (path, name, NULL));
  g_ptr_array_sort (folders, compare_text);
  if (folders->len > 0)
    return g_steal_pointer (&folders);
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND,
               "%s: no input_0.pb and no test_data_set_N folder; give a folder of ONNX test data", path);
  return NULL;
}

guint
cli_count_test_data (const char *folder, const char *prefix)
{
  guint n = 0;
  char *path;

  while ((path = find_tensor (folder, prefix, n)) != NULL)
    {
      g_free (path);
      n++;
    }
  return n;
}

GPtrArray *
cli_load_test_data (const char *folder, const char *prefix, guint n, GError **error)
{
  g_autoptr (GPtrArray) tensors = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *path = find_tensor (folder, prefix, i);
      StrataTensor *tensor;

      if (path == NULL)
        {
          g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND,
                       "%s: %s_%u.pb is missing; the model needs %u of them", folder, prefix, i, n);
          return NULL;
        }
      tensor = strata_tensor_load (path, error);
      if (tensor == NULL)
        return NULL;
      g_ptr_array_add (tensors, tensor);
    }
  return g_steal_pointer (&tensors);
}
