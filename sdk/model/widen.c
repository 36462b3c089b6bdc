/* SPDX-License-Identifier: Apache-2.0
 *
 * Half precision to float32, exactly: every value of float16 and bfloat16 is one of float32.
 */
#include <string.h>

#include "model/element.h"

static void
widen (const StrataValue *value, float *out)
{
  const guint8 *narrow = value->absent->narrow; /* aligned to nothing */
  gint64 n = strata_value_count (value);

  for (gint64 i = 0; i < n; i++)
    {
      guint16 half;
      guint32 bits;

      memcpy (&half, narrow + (gsize) i * sizeof half, sizeof half);
      bits = (guint32) half << 16;
      if (value->absent->narrow_kind == STRATA_NARROW_F16)
        out[i] = strata_half_to_float (half);
      else
        memcpy (&out[i], &bits, sizeof bits);
    }
}

gboolean
strata_graph_widen (StrataGraph *graph, GError **error)
{
  for (int i = 0; i < graph->n_values; i++)
    {
      StrataValue *value = &graph->values[i];
      float *wide;

      if (!value->weightless || value->absent == NULL || value->absent->narrow == NULL)
        continue;
      wide = g_try_malloc (MAX (value->n_bytes, 1));
      if (wide == NULL)
        {
          g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_VALUE,
                       "%s: no memory for tensor %s in float32 (%" G_GSIZE_FORMAT " bytes)", graph->path, value->name,
                       value->n_bytes);
          return FALSE;
        }
      widen (value, wide);
      g_ptr_array_add (graph->backing, g_bytes_new_take (wide, MAX (value->n_bytes, 1)));
      value->data = wide;
      value->weightless = FALSE;
      value->is_trained = TRUE;
    }
  return TRUE;
}
