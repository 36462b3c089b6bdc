/* SPDX-License-Identifier: Apache-2.0 */
#include "data-set.h"

#include <math.h>
#include <string.h>

#include "model/element.h"

#define MAX_OPERANDS 16

GPtrArray *
data_set_load (const char *folder, const char *prefix, GError **error)
{
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) strata_array_free);

  for (;;)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s_%u.pb", folder, prefix, arrays->len);
      StrataArray *array;

      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&arrays);
      array = strata_array_load (path, error);
      if (array == NULL)
        return NULL;
      g_ptr_array_add (arrays, array);
    }
}

StrataGraph *
data_set_load_model (const char *path, const char *set, char ***names, GError **error)
{
  g_autoptr (GPtrArray) inputs = data_set_load (set, "input", error);
  StrataShapeBinding shapes[MAX_OPERANDS];
  StrataBinding values[MAX_OPERANDS];
  StrataImportOptions options = { values, 0, shapes, 0 };
  g_autoptr (GBytes) bytes = NULL;
  char *contents;
  gsize n_bytes;

  if (inputs == NULL || !g_file_get_contents (path, &contents, &n_bytes, error))
    return NULL;
  bytes = g_bytes_new_take (contents, n_bytes);
  *names = strata_onnx_input_names (bytes, path, error);
  for (guint i = 0; *names != NULL && i < inputs->len && i < MAX_OPERANDS; i++)
    {
      const StrataArray *array = inputs->pdata[i];
      StrataShapeBinding *shape = &shapes[options.n_shapes];

      if (array->n_dims == 0 && array->dtype == STRATA_DTYPE_I64)
        values[options.n_values++] = (StrataBinding){ (*names)[i], array };
      else
        {
          shape->name = (*names)[i];
          shape->n_dims = array->n_dims;
          memcpy (shape->dims, array->dims, sizeof shape->dims);
          options.n_shapes++;
        }
    }
  return strata_onnx_load_with (path, &options, NULL, error);
}

gboolean
data_set_compare (const StrataArray *got, const StrataArray *wanted, double rtol, DataSetDifference *d)
{
  double dot = 0.0, norm_got = 0.0, norm_wanted = 0.0, top_got = -INFINITY, top_wanted = -INFINITY;

  *d = (DataSetDifference){ .argmax_got = -1, .argmax_wanted = -1, .excess = -INFINITY };
  if (got->dtype != wanted->dtype || got->n_dims != wanted->n_dims)
    return FALSE;
  for (int i = 0; i < got->n_dims; i++)
    if (got->dims[i] != wanted->dims[i])
      return FALSE;
  for (gint64 i = 0; i < strata_array_count (got); i++)
    {
      double a = strata_element_double (got->dtype, got->data, i);
      double b = strata_element_double (wanted->dtype, wanted->data, i);
      double difference = a == b || (isnan (a) && isnan (b)) ? 0.0 : fabs (a - b);

      if (isnan (difference))
        difference = INFINITY;
      d->worst = MAX (d->worst, difference);
      d->excess = MAX (d->excess, isfinite (b) ? difference - rtol * fabs (b) : difference);
      d->peak = isfinite (b) ? MAX (d->peak, fabs (b)) : d->peak;
      dot += a * b;
      norm_got += a * a;
      norm_wanted += b * b;
      if (a > top_got)
        {
          top_got = a;
          d->argmax_got = i;
        }
      if (b > top_wanted)
        {
          top_wanted = b;
          d->argmax_wanted = i;
        }
    }
  d->cosine = dot / sqrt (norm_got * norm_wanted);
  return TRUE;
}
