/* SPDX-License-Identifier: Apache-2.0
 *
 * Reader of safetensors files. Format: the README of huggingface/safetensors.
 */
#include "model/arch/safetensors.h"

#include <string.h>

#include "model/arch/config-read.h"

#define MAX_HEADER_BYTES (100 << 20)
#define MAX_INDEX_BYTES (100 << 20)
#define MAX_SHARDS 4096
#define MAX_DEPTH 8

struct _StrataSafetensors
{
  GPtrArray *files; /* GBytes */
  gboolean mapped;  /* they are maps of files */
  GArray *tensors;  /* StrataSafetensor */
  GStringChunk *names;
  GHashTable *by_name; /* to index + 1 */
};

static StrataSafetensors *
new_tensors (void)
{
  StrataSafetensors *tensors = g_new0 (StrataSafetensors, 1);

  tensors->files = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  tensors->tensors = g_array_new (FALSE, TRUE, sizeof (StrataSafetensor));
  tensors->names = g_string_chunk_new (4096);
  tensors->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  return tensors;
}

void
strata_safetensors_free (StrataSafetensors *tensors)
{
  if (tensors == NULL)
    return;
  g_ptr_array_unref (tensors->files);
  g_array_unref (tensors->tensors);
  g_string_chunk_free (tensors->names);
  g_hash_table_unref (tensors->by_name);
  g_free (tensors);
}

const StrataSafetensor *
strata_safetensors_get (const StrataSafetensors *tensors, const char *name)
{
  int index = GPOINTER_TO_INT (g_hash_table_lookup (tensors->by_name, name)) - 1;

  return index < 0 ? NULL : strata_safetensors_nth (tensors, (guint) index);
}

guint
strata_safetensors_count (const StrataSafetensors *tensors)
{
  return tensors->tensors->len;
}

const StrataSafetensor *
strata_safetensors_nth (const StrataSafetensors *tensors, guint i)
{
  return &g_array_index (tensors->tensors, StrataSafetensor, i);
}

static gsize
type_size (StrataSafetensor *tensor)
{
  static const struct
  {
    const char *name;
    StrataSafetensorType type;
    gsize size;
  } types[] = {
    { "F32", STRATA_SAFETENSOR_F32, 4 },       { "F16", STRATA_SAFETENSOR_F16, 2 },
    { "BF16", STRATA_SAFETENSOR_BF16, 2 },     { "F64", STRATA_SAFETENSOR_OTHER, 8 },
    { "I64", STRATA_SAFETENSOR_OTHER, 8 },     { "U64", STRATA_SAFETENSOR_OTHER, 8 },
    { "I32", STRATA_SAFETENSOR_OTHER, 4 },     { "U32", STRATA_SAFETENSOR_OTHER, 4 },
    { "I16", STRATA_SAFETENSOR_OTHER, 2 },     { "U16", STRATA_SAFETENSOR_OTHER, 2 },
    { "I8", STRATA_SAFETENSOR_OTHER, 1 },      { "U8", STRATA_SAFETENSOR_OTHER, 1 },
    { "BOOL", STRATA_SAFETENSOR_OTHER, 1 },    { "F8_E4M3", STRATA_SAFETENSOR_OTHER, 1 },
    { "F8_E5M2", STRATA_SAFETENSOR_OTHER, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_equal (types[i].name, tensor->type_name))
      {
        tensor->type = types[i].type;
        return types[i].size;
      }
  return 0;
}

/* Integers from 0 to 2^63 - 1 of an array member */
static gboolean
read_integers (JsonObject *object, const char *key, gint64 *values, int most, int *n, GError **error)
{
  JsonNode *node = json_object_get_member (object, key);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (array == NULL || json_array_get_length (array) > (guint) most)
    return strata_config_fail (error, "%s: is no list of at most %d numbers, which is needed", key, most);
  *n = (int) json_array_get_length (array);
  for (int i = 0; i < *n; i++)
    {
      JsonNode *item = json_array_get_element (array, (guint) i);

      if (!JSON_NODE_HOLDS_VALUE (item) || json_node_get_value_type (item) != G_TYPE_INT64
          || json_node_get_int (item) < 0)
        return strata_config_fail (error, "%s: holds something else than integers from 0 on, which are needed", key);
      values[i] = json_node_get_int (item);
    }
  return TRUE;
}

static gboolean
read_tensor (JsonObject *object, const guint8 *data, gsize n_data, StrataSafetensor *tensor, GError **error)
{
  JsonNode *type = json_object_get_member (object, "dtype");
  const char *name = type != NULL && JSON_NODE_HOLDS_VALUE (type) ? json_node_get_string (type) : NULL;
  gint64 offsets[2];
  gsize bytes;
  int n;

  g_strlcpy (tensor->type_name, name == NULL ? "missing" : name, sizeof tensor->type_name);
  bytes = type_size (tensor);
  if (bytes == 0)
    return strata_config_fail (error, "dtype: is not known; F32, F16 and BF16 are accepted");
  if (!read_integers (object, "shape", tensor->dims, STRATA_MAX_DIMS, &tensor->n_dims, error)
      || !read_integers (object, "data_offsets", offsets, 2, &n, error))
    return FALSE;
  for (int i = 0; i < tensor->n_dims; i++)
    if (!g_size_checked_mul (&bytes, bytes, (gsize) tensor->dims[i]))
      return strata_config_fail (error, "shape: has more than 2^63 bytes; fewer are accepted");
  if (n != 2 || offsets[1] < offsets[0] || (gsize) offsets[1] > n_data)
    return strata_config_fail (
      error, "data_offsets: do not lie in the %" G_GSIZE_FORMAT " bytes of data, where they must", n_data);
  if ((gsize) (offsets[1] - offsets[0]) != bytes)
    return strata_config_fail (
      error, "data_offsets: span %" G_GINT64_FORMAT " bytes; its type and shape need %" G_GSIZE_FORMAT,
      offsets[1] - offsets[0], bytes);
  tensor->begin = (gsize) offsets[0];
  tensor->n_bytes = bytes;
  tensor->data = data + offsets[0];
  return TRUE;
}

static int
compare_begin (gconstpointer a, gconstpointer b)
{
  const StrataSafetensor *x = *(const StrataSafetensor *const *) a, *y = *(const StrataSafetensor *const *) b;

  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  return x->n_bytes < y->n_bytes ? -1 : x->n_bytes > y->n_bytes;
}

static gboolean
check_overlap (const StrataSafetensors *tensors, guint first, GError **error)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();

  for (guint i = first; i < tensors->tensors->len; i++)
    g_ptr_array_add (sorted, &g_array_index (tensors->tensors, StrataSafetensor, i));
  g_ptr_array_sort (sorted, compare_begin);
  for (guint i = 1; i < sorted->len; i++)
    {
      const StrataSafetensor *a = sorted->pdata[i - 1], *b = sorted->pdata[i];

      if (a->begin + a->n_bytes > b->begin)
        return strata_config_fail (
          error, "tensors %.80s and %.80s lie over one another; each must have bytes of its own", a->name, b->name);
    }
  return TRUE;
}

/* All tensors of the header, or those that @shard lists for this file */
static gboolean
add_header (
  StrataSafetensors *tensors, JsonObject *header, GBytes *file, gsize data_begin, GHashTable *shard, GError **error)
{
  const guint8 *data = (const guint8 *) g_bytes_get_data (file, NULL) + data_begin;
  gsize n_data = g_bytes_get_size (file) - data_begin;
  g_autoptr (GList) names = json_object_get_members (header);
  guint first = tensors->tensors->len;

  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonNode *node = json_object_get_member (header, l->data);
      StrataSafetensor tensor = { .file = file, .mapped = tensors->mapped };

      if (g_str_equal (l->data, "__metadata__"))
        continue;
      if (!JSON_NODE_HOLDS_OBJECT (node) || !read_tensor (json_node_get_object (node), data, n_data, &tensor, error))
        {
          if (!JSON_NODE_HOLDS_OBJECT (node))
            strata_config_fail (error, "is no object with dtype, shape and data_offsets, which is needed");
          g_prefix_error (error, "tensor %.80s: ", (const char *) l->data);
          return FALSE;
        }
      if (shard != NULL && !g_hash_table_remove (shard, l->data))
        continue;
      if (g_hash_table_contains (tensors->by_name, l->data))
        return strata_config_fail (error, "tensor %.80s: is in two files; each must be in one", (const char *) l->data);
      tensor.name = g_string_chunk_insert (tensors->names, l->data);
      g_array_append_val (tensors->tensors, tensor);
      g_hash_table_insert (tensors->by_name, (char *) tensor.name, GINT_TO_POINTER ((int) tensors->tensors->len));
    }
  return check_overlap (tensors, first, error);
}

/* Takes a reference to @file. */
static gboolean
add_file (StrataSafetensors *tensors, GBytes *file, GHashTable *shard, GError **error)
{
  gsize n_bytes;
  const guint8 *bytes = g_bytes_get_data (file, &n_bytes);
  g_autoptr (JsonObject) header = NULL;
  guint64 length;

  if (n_bytes < 8)
    return strata_config_fail (
      error, "it has %" G_GSIZE_FORMAT " bytes; a safetensors file begins with 8 of header length", n_bytes);
  memcpy (&length, bytes, sizeof length);
  length = GUINT64_FROM_LE (length);
  if (length > n_bytes - 8 || length > MAX_HEADER_BYTES)
    return strata_config_fail (
      error, "its header has %" G_GUINT64_FORMAT " bytes; what the file holds, and at most %d, is accepted", length,
      MAX_HEADER_BYTES);
  header = strata_json_parse ((const char *) bytes + 8, (gsize) length, MAX_DEPTH, error);
  if (header == NULL)
    return FALSE;
  g_ptr_array_add (tensors->files, g_bytes_ref (file));
  return add_header (tensors, header, file, 8 + (gsize) length, shard, error);
}

StrataSafetensors *
strata_safetensors_parse (GBytes *bytes, const char *origin, GError **error)
{
  g_autoptr (StrataSafetensors) tensors = new_tensors ();

  if (add_file (tensors, bytes, NULL, error))
    return g_steal_pointer (&tensors);
  strata_json_tidy_error (error);
  g_prefix_error (error, "%s: ", origin);
  return NULL;
}

static gboolean
add_path (StrataSafetensors *tensors, const char *path, GHashTable *shard, GError **error)
{
  g_autoptr (GBytes) file = strata_json_map (path, G_MAXSIZE, "a safetensors file", error);

  if (file == NULL)
    return FALSE;
  if (add_file (tensors, file, shard, error))
    return TRUE;
  strata_json_tidy_error (error);
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

/* A shard lies beside the index: its name is a name, no path. */
static gboolean
check_shard (const char *shard, GError **error)
{
  if (shard != NULL && *shard != '\0' && strchr (shard, '/') == NULL && strchr (shard, '\\') == NULL && shard[0] != '.')
    return TRUE;
  return strata_config_fail (error,
                             "weight_map: names the file %.80s; the name of a file in the same folder is accepted",
                             shard == NULL ? "(none)" : shard);
}

/* Shard name to the set of tensors that it must hold */
static GHashTable *
read_index (JsonObject *index, GError **error)
{
  JsonNode *node = json_object_get_member (index, "weight_map");
  g_autoptr (GHashTable) shards =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
  g_autoptr (GList) names = NULL;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      strata_config_fail (error, "weight_map: missing; an object from tensors to files is needed");
      return NULL;
    }
  names = json_object_get_members (json_node_get_object (node));
  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonNode *item = json_object_get_member (json_node_get_object (node), l->data);
      const char *shard = JSON_NODE_HOLDS_VALUE (item) ? json_node_get_string (item) : NULL;
      GHashTable *set;

      if (!check_shard (shard, error))
        return NULL;
      set = g_hash_table_lookup (shards, shard);
      if (set == NULL)
        {
          set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
          g_hash_table_insert (shards, g_strdup (shard), set);
        }
      g_hash_table_add (set, g_strdup (l->data));
    }
  if (g_hash_table_size (shards) > MAX_SHARDS)
    {
      strata_config_fail (error, "weight_map: names %u files; at most %d are accepted", g_hash_table_size (shards),
                          MAX_SHARDS);
      return NULL;
    }
  return g_steal_pointer (&shards);
}

static gboolean
add_shards (StrataSafetensors *tensors, const char *folder, GHashTable *shards, GError **error)
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (shards), (GCompareFunc) strcmp);

  for (GList *l = names; l != NULL; l = l->next)
    {
      GHashTable *wanted = g_hash_table_lookup (shards, l->data);
      g_autofree char *path = g_build_filename (folder, l->data, NULL);
      GHashTableIter iter;
      gpointer name;

      if (!add_path (tensors, path, wanted, error))
        return FALSE;
      g_hash_table_iter_init (&iter, wanted);
      if (g_hash_table_iter_next (&iter, &name, NULL))
        {
          strata_config_fail (error, "%s: lacks %u tensors that the index places in it, %.80s among them", path,
                              g_hash_table_size (wanted), (const char *) name);
          strata_json_tidy_error (error);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
add_index (StrataSafetensors *tensors, const char *folder, const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = strata_json_map (path, MAX_INDEX_BYTES, "an index of safetensors files", error);
  g_autoptr (JsonObject) index = NULL;
  g_autoptr (GHashTable) shards = NULL;

  if (bytes == NULL)
    return FALSE;
  index = strata_json_parse (g_bytes_get_size (bytes) == 0 ? "" : g_bytes_get_data (bytes, NULL),
                             g_bytes_get_size (bytes), MAX_DEPTH, error);
  shards = index == NULL ? NULL : read_index (index, error);
  if (shards == NULL)
    {
      strata_json_tidy_error (error);
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  return add_shards (tensors, folder, shards, error);
}

gboolean
strata_safetensors_open (const char *folder, StrataSafetensors **tensors, GError **error)
{
  g_autofree char *whole = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *index = g_build_filename (folder, "model.safetensors.index.json", NULL);
  gboolean has_whole = g_file_test (whole, G_FILE_TEST_EXISTS), has_index = g_file_test (index, G_FILE_TEST_EXISTS);
  g_autoptr (StrataSafetensors) made = has_whole || has_index ? new_tensors () : NULL;

  if (made != NULL)
    made->mapped = TRUE;
  if (has_whole && !add_path (made, whole, NULL, error))
    return FALSE;
  if (!has_whole && has_index && !add_index (made, folder, index, error))
    return FALSE;
  *tensors = g_steal_pointer (&made);
  return TRUE;
}
