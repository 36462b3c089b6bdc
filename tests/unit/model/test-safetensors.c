/* SPDX-License-Identifier: Apache-2.0
 *
 * The safetensors reader on files that are right, wrong and hostile; binding without a copy.
 */
#include "model/arch/safetensors.h"
#include "model/arch/transformer.h"
#include "model/arch/weights.h"
#include "model/unaligned.h"

#include <string.h>

static GBytes *
make_file (const char *header, gsize n_data)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint64 length = GUINT64_TO_LE (strlen (header));
  g_autofree guint8 *data = g_malloc0 (n_data + 1);

  for (gsize i = 0; i < n_data; i++)
    data[i] = (guint8) i;
  g_byte_array_append (bytes, (const guint8 *) &length, sizeof length);
  g_byte_array_append (bytes, (const guint8 *) header, (guint) strlen (header));
  g_byte_array_append (bytes, data, (guint) n_data);
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

#define A "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}"

static void
test_read (void)
{
  g_autoptr (GBytes) file = make_file ("{\"__metadata__\":{\"format\":\"pt\"}," A
                                       ",\"b\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[24,26]},"
                                       "\"none\":{\"dtype\":\"I64\",\"shape\":[0,7],\"data_offsets\":[24,24]}}   ",
                                       26);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataSafetensors) tensors = strata_safetensors_parse (file, "f", &error);
  const StrataSafetensor *tensor;

  g_assert_no_error (error);
  g_assert_cmpuint (strata_safetensors_count (tensors), ==, 3);
  tensor = strata_safetensors_get (tensors, "a");
  g_assert_cmpint (tensor->type, ==, STRATA_SAFETENSOR_F32);
  g_assert_cmpint (tensor->n_dims, ==, 2);
  g_assert_cmpint (tensor->dims[1], ==, 3);
  g_assert_cmpint (tensor->data[5], ==, 5);
  tensor = strata_safetensors_get (tensors, "b");
  g_assert_cmpint (tensor->type, ==, STRATA_SAFETENSOR_BF16);
  g_assert_cmpint (tensor->data[1], ==, 25);
  g_assert_null (strata_safetensors_get (tensors, "c"));
}

static const struct
{
  const char *header, *message;
} refused[] = {
  { "", "no JSON object" },
  { "{", "well-formed JSON" },
  { "[]", "no JSON object" },
  { "{\"a\":1}", "tensor a: is no object" },
  { "{\"a\":{}}", "dtype: is not known" },
  { "{\"a\":{\"dtype\":\"F31\"}}", "dtype: is not known" },
  { "{\"a\":{\"dtype\":[\"F32\"]}}", "dtype: is not known" },
  { "{\"a\":{\"dtype\":\"F32\"}}", "shape: is no list" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "shape: holds something else" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[\"1\"],\"data_offsets\":[0,4]}}", "shape: holds something else" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", "at most 8 numbers" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", "more than 2^63 bytes" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", "do not lie in the 24 bytes" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", "do not lie in the 24 bytes" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[7],\"data_offsets\":[0,28]}}", "do not lie in the 24 bytes" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9223372036854775800,9223372036854775804]}}",
    "do not lie in the 24 bytes" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "span 4 bytes; its type and shape need 8" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
    "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
    "tensors a and b lie over one another" },
  { "{\"a\":[[[[[[[[[[1]]]]]]]]]]}", "nests deeper than 8 levels" },
};

static void
test_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GBytes) file = make_file (refused[i].header, 24);
      g_autoptr (GError) error = NULL;

      g_assert_null (strata_safetensors_parse (file, "f", &error));
      g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT);
      if (strstr (error->message, refused[i].message) == NULL)
        g_error ("%s: got \"%s\"", refused[i].header, error->message);
      g_assert_true (g_str_has_prefix (error->message, "f: "));
      g_assert_null (strchr (error->message, '\n'));
    }
}

static void
test_lengths (void)
{
  static const guint64 lengths[] = { 0x7fffffffffffffff, 0xffffffffffffffff, 0xfffffffffffffff8, 104857601, 3 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      guint8 raw[10] = { 0 };
      guint64 length = GUINT64_TO_LE (lengths[i]);
      g_autoptr (GBytes) file = NULL;
      g_autoptr (GError) error = NULL;

      memcpy (raw, &length, sizeof length);
      file = g_bytes_new (raw, sizeof raw);
      g_assert_null (strata_safetensors_parse (file, "f", &error));
      g_assert_nonnull (strstr (error->message, "its header has"));
    }
  for (gsize n = 0; n < 8; n++)
    {
      g_autoptr (GBytes) file = g_bytes_new ("12345678", n);
      g_autoptr (GError) error = NULL;

      g_assert_null (strata_safetensors_parse (file, "f", &error));
      g_assert_nonnull (strstr (error->message, "begins with 8 of header length"));
    }
}

/* Every byte changed, and the file cut there: an error or tensors that lie in the file */
static void
test_changed (void)
{
  g_autoptr (GBytes) file = make_file ("{" A ",\"b\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[24,26]}}", 26);
  gsize n;
  const guint8 *old = g_bytes_get_data (file, &n);
  const guint8 to[] = { 0, '9', '"', 0xff };

  for (gsize i = 0; i < n; i++)
    for (guint change = 0; change <= G_N_ELEMENTS (to); change++)
      {
        gboolean cut = change == G_N_ELEMENTS (to);
        g_autofree guint8 *copy = g_memdup2 (old, n);
        g_autoptr (GBytes) changed = NULL;
        g_autoptr (StrataSafetensors) tensors = NULL;
        g_autoptr (GError) error = NULL;

        if (!cut)
          copy[i] = to[change];
        changed = g_bytes_new_take (g_steal_pointer (&copy), cut ? i : n);
        tensors = strata_safetensors_parse (changed, "f", &error);
        g_assert_true ((tensors == NULL) == (error != NULL));
        for (guint t = 0; tensors != NULL && t < strata_safetensors_count (tensors); t++)
          {
            const StrataSafetensor *tensor = strata_safetensors_nth (tensors, t);
            const guint8 *start = g_bytes_get_data (changed, NULL);

            g_assert_true (tensor->data >= start
                           && tensor->data + tensor->n_bytes <= start + g_bytes_get_size (changed));
          }
      }
}

/* A file with all weights of a small BERT in float32, @skew bytes behind an aligned place */
static GBytes *
make_checkpoint (const StrataGraph *graph, int skew)
{
  g_autoptr (GString) header = g_string_new ("{");
  gsize at = 0;

  for (int i = 0; i < graph->n_values; i++)
    if (graph->values[i].weightless)
      {
        g_string_append_printf (header, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[", at == 0 ? "" : ",",
                                graph->values[i].name);
        for (int d = 0; d < graph->values[i].n_dims; d++)
          g_string_append_printf (header, "%s%" G_GINT64_FORMAT, d == 0 ? "" : ",", graph->values[i].dims[d]);
        g_string_append_printf (header, "],\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}", at,
                                at + graph->values[i].n_bytes);
        at += graph->values[i].n_bytes;
      }
  g_string_append_c (header, '}');
  while (header->len % 8 != 0)
    g_string_append_c (header, ' ');
  for (int i = 0; i < skew; i++)
    g_string_append_c (header, ' ');
  return make_file (header->str, at);
}

static void
check_bound (const StrataValue *value, GBytes *file, int skew)
{
  gsize n_bytes;
  const guint8 *start = g_bytes_get_data (file, &n_bytes), *data = value->data;
  gboolean is_inside = data >= start && data + value->n_bytes <= start + n_bytes;

  g_assert_true (is_inside == (skew == 0 || value->n_bytes > STRATA_ALIGNED_BYTES));
  g_assert_true ((value->unaligned != NULL) == (skew != 0 && is_inside));
  g_assert_cmpuint ((guintptr) strata_value_bytes (value) % sizeof (float), ==, 0);
  g_assert_cmpmem (strata_value_bytes (value), value->n_bytes, data, value->n_bytes);
}

static void
test_bind (gconstpointer user_data)
{
  int skew = GPOINTER_TO_INT (user_data);
  StrataTransformerConfig config;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (GArray) fills = NULL;
  g_autoptr (GBytes) file = NULL;
  g_autoptr (StrataSafetensors) tensors = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (strata_transformer_config_builtin ("bert-base", &config));
  config.layers = 1;
  config.vocab = 100;
  graph = strata_transformer_graph ("bert", &config, NULL, &fills, &error);
  g_assert_no_error (error);
  file = make_checkpoint (graph, skew);
  tensors = strata_safetensors_parse (file, "f", &error);
  g_assert_no_error (error);
  g_assert_true (strata_weights_bind (graph, &config, tensors, fills, &error));
  g_assert_no_error (error);
  g_clear_pointer (&tensors, strata_safetensors_free);
  for (int i = 0; i < graph->n_values; i++)
    {
      const StrataValue *value = &graph->values[i];

      g_assert_false (value->weightless);
      g_assert_cmpint (g_array_index (fills, StrataFill, i).kind, ==, STRATA_FILL_NONE);
      if (value->data != NULL && g_str_has_suffix (value->name, ".weight"))
        check_bound (value, file, skew);
    }
  g_assert_true (strata_graph_check (graph, &error));
  /* the graph holds what its weights lie in */
  g_assert_true (g_ptr_array_find (graph->backing, file, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/arch/safetensors/read", test_read);
  g_test_add_func ("/sdk/model/arch/safetensors/refused", test_refused);
  g_test_add_func ("/sdk/model/arch/safetensors/lengths", test_lengths);
  g_test_add_func ("/sdk/model/arch/safetensors/changed", test_changed);
  g_test_add_data_func ("/sdk/model/arch/safetensors/bind", GINT_TO_POINTER (0), test_bind);
  g_test_add_data_func ("/sdk/model/arch/safetensors/bind-misaligned", GINT_TO_POINTER (1), test_bind);
  return g_test_run ();
}
