/* SPDX-License-Identifier: Apache-2.0
 *
 * A file of tensors: an error of one line that begins with the origin, or tensors that lie inside the file, no two over
 * one another, of as many bytes as type and shape say, each found by its name.
 */
#include <string.h>

#include "fuzz.h"
#include "model/arch/safetensors.h"

/* Tables of names, messages, the parser's own */
const gint64 fuzz_floor_bytes = (gint64) 1 << 20;

static gsize
size_of (StrataSafetensorType type)
{
  return type == STRATA_SAFETENSOR_F32 ? 4 : type == STRATA_SAFETENSOR_OTHER ? 0 : 2;
}

static void
check_tensor (const StrataSafetensors *tensors, const StrataSafetensor *tensor, const guint8 *data, gsize n_bytes)
{
  gsize count = 1;

  g_assert_true (strata_safetensors_get (tensors, tensor->name) == tensor);
  g_assert_cmpint (tensor->n_dims, <=, STRATA_MAX_DIMS);
  for (int d = 0; d < tensor->n_dims; d++)
    {
      g_assert_cmpint (tensor->dims[d], >=, 0);
      count *= (gsize) tensor->dims[d];
    }
  if (size_of (tensor->type) != 0)
    g_assert_cmpuint (count * size_of (tensor->type), ==, tensor->n_bytes);
  if (tensor->n_bytes > 0)
    g_assert_true (tensor->data >= data && tensor->data + tensor->n_bytes <= data + n_bytes);
}

static void
check (const StrataSafetensors *tensors, const guint8 *data, gsize n_bytes)
{
  guint n = strata_safetensors_count (tensors);
  gsize sum = 0;

  for (guint i = 0; i < n; i++)
    {
      const StrataSafetensor *tensor = strata_safetensors_nth (tensors, i);

      check_tensor (tensors, tensor, data, n_bytes);
      sum += tensor->n_bytes;
    }
  g_assert_cmpuint (sum, <=, n_bytes);
}

void
fuzz_one (const guint8 *data, gsize n_bytes)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, n_bytes);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataSafetensors) tensors = strata_safetensors_parse (bytes, "input", &error);

  if (tensors != NULL)
    {
      check (tensors, data, n_bytes);
      return;
    }
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "input: "));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}
