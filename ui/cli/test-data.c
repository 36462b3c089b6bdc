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

gboolean
cli_check_bound (StrataModel *model, guint bound, StrataTensor *tensor, GError **error)
{
  g_autoptr (StrataTensor) value = strata_model_dup_bound_value (model, bound);
  gint64 n = strata_tensor_get_n_elements (value), differs = -1;

  if (strata_tensor_get_n_elements (tensor) == n)
    for (gint64 i = n - 1; i >= 0; i--)
      differs = strata_tensor_get_value (tensor, i) != strata_tensor_get_value (value, i) ? i : differs;
  if (strata_tensor_get_n_elements (tensor) == n && differs < 0)
    return TRUE;
  if (strata_tensor_get_n_elements (tensor) != n)
    g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE,
                 "input %s has %" G_GINT64_FORMAT " elements; it was made a constant of %" G_GINT64_FORMAT
                 " when the model was opened",
                 strata_model_get_bound_name (model, bound), strata_tensor_get_n_elements (tensor), n);
  else
    g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE,
                 "input %s is %g; it was made a constant, %g, when the model was opened: give that, or compile with "
                 "--bind for the other",
                 strata_model_get_bound_name (model, bound), strata_tensor_get_value (tensor, differs),
                 strata_tensor_get_value (value, differs));
  return FALSE;
}

GPtrArray *
cli_take_inputs (StrataModel *model, GPtrArray *all, const char *folder, GError **error)
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < strata_model_get_n_bound (model); i++)
    {
      guint place = strata_model_get_bound_place (model, i);

      if (place < all->len && !cli_check_bound (model, i, all->pdata[place], error))
        {
          g_prefix_error (error, "%s: ", folder);
          return NULL;
        }
    }
  for (guint i = 0; i < strata_model_get_n_inputs (model); i++)
    {
      guint place = strata_model_get_input_place (model, i);

      if (place >= all->len)
        return cli_load_test_data (folder, "input", place + 1, error);
      g_ptr_array_add (inputs, g_object_ref (all->pdata[place]));
    }
  return g_steal_pointer (&inputs);
}

GPtrArray *
cli_load_inputs (StrataModel *model, const char *folder, GError **error)
{
  g_autoptr (GPtrArray) all = cli_load_test_data (folder, "input", cli_count_test_data (folder, "input"), error);

  return all == NULL ? NULL : cli_take_inputs (model, all, folder, error);
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
