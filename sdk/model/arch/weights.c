/* SPDX-License-Identifier: Apache-2.0
 *
 * One tensor goes by several names: with the prefix of the class that was saved or without it, and norms of old
 * checkpoints are called gamma and beta. What a checkpoint holds beyond the graph (heads of training, masks that are
 * no weights) is in a table; anything else is a surplus, which means that file and configuration do not belong
 * together.
 */
#include "model/arch/weights.h"

#include <string.h>

#include "model/arch/layers.h"
#include "model/shape/shapes.h"
#include "model/unaligned.h"

#define MAX_LISTED 4

static const char *const prefixes[] = {
  [STRATA_TRANSFORMER_LLAMA] = "model.",
  [STRATA_TRANSFORMER_MISTRAL] = "model.",
  [STRATA_TRANSFORMER_MIXTRAL] = "model.",
  [STRATA_TRANSFORMER_QWEN2] = "model.",
  [STRATA_TRANSFORMER_GEMMA] = "model.",
  [STRATA_TRANSFORMER_PHI] = "model.",
  [STRATA_TRANSFORMER_PHI3] = "model.",
  [STRATA_TRANSFORMER_GPT2] = "transformer.",
  [STRATA_TRANSFORMER_BERT] = "bert.",
  [STRATA_TRANSFORMER_DISTILBERT] = "distilbert.",
  [STRATA_TRANSFORMER_MOBILEBERT] = "mobilebert.",
  [STRATA_TRANSFORMER_VIT] = "vit.",
  [STRATA_TRANSFORMER_DEIT] = "deit.",
  [STRATA_TRANSFORMER_WHISPER] = "model.",
};

/* Names that a graph may do without; an encoder alone does without the decoder too */
static const char *const spare[] = {
  "*.rotary_emb.inv_freq",
  "*h.*.attn.bias",
  "*h.*.attn.masked_bias",
  "*position_ids",
  "lm_head.*",
  "proj_out.*",
  "cls.*",
  "vocab_*",
  "*pooler.*",
  "classifier.*",
  "pre_classifier.*",
  "qa_outputs.*",
  "*mask_token",
};

typedef struct
{
  const StrataTransformerConfig *config;
  const StrataSafetensors *tensors;
  GHashTable *used; /* names of tensors */
  GPtrArray *missing;
  gboolean has_decoder; /* beside an encoder */
} Binder;

/* NAME, PREFIX NAME, NAME without PREFIX */
static const StrataSafetensor *
find_prefixed (const Binder *binder, const char *name)
{
  const char *prefix = prefixes[binder->config->type];
  g_autofree char *longer = g_strconcat (prefix, name, NULL);
  const StrataSafetensor *tensor = strata_safetensors_get (binder->tensors, name);

  if (tensor == NULL)
    tensor = strata_safetensors_get (binder->tensors, longer);
  if (tensor == NULL && g_str_has_prefix (name, prefix))
    tensor = strata_safetensors_get (binder->tensors, name + strlen (prefix));
  return tensor;
}

static const StrataSafetensor *
find (const Binder *binder, const char *name)
{
  const StrataSafetensor *tensor = find_prefixed (binder, name);
  const char *part = tensor == NULL ? strstr (name, "LayerNorm.") : NULL;
  g_autofree char *old = NULL;

  if (part == NULL)
    return tensor;
  old = g_strdup_printf ("%.*sLayerNorm.%s", (int) (part - name), name,
                         g_str_has_suffix (name, "weight") ? "gamma" : "beta");
  return find_prefixed (binder, old);
}

static char *
show_dims (int n_dims, const gint64 *dims)
{
  g_autoptr (GString) text = g_string_new ("[");

  for (int i = 0; i < n_dims; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i == 0 ? "" : "x", dims[i]);
  return g_string_free (g_string_append_c (g_steal_pointer (&text), ']'), FALSE);
}

static gboolean
check_fit (const StrataValue *value, const StrataSafetensor *tensor, GError **error)
{
  if (tensor->type == STRATA_SAFETENSOR_OTHER)
    return strata_shape_fail (error, "tensor %s is of type %s; F32, F16 and BF16 are accepted", tensor->name,
                              tensor->type_name);
  if (tensor->n_dims != value->n_dims
      || memcmp (tensor->dims, value->dims, sizeof (gint64) * (gsize) value->n_dims) != 0)
    {
      g_autofree char *got = show_dims (tensor->n_dims, tensor->dims), *wanted = show_dims (value->n_dims, value->dims);

      return strata_shape_fail (error, "tensor %s is %s; the configuration needs %s", tensor->name, got, wanted);
    }
  return TRUE;
}

/* Bytes that lie misaligned stay in the file until they are read; half precision waits for strata_graph_widen (), which
 * takes any alignment. */
static void
give_bytes (StrataGraph *graph, StrataValue *value, const StrataSafetensor *tensor)
{
  gboolean aligned = (guintptr) tensor->data % sizeof (float) == 0;
  StrataAbsent absent = { 0 };

  if (tensor->type != STRATA_SAFETENSOR_F32)
    {
      absent.narrow = tensor->data;
      absent.narrow_kind = tensor->type == STRATA_SAFETENSOR_F16 ? STRATA_NARROW_F16 : STRATA_NARROW_BF16;
      value->absent = strata_arena_memdup (graph->arena, &absent, sizeof absent);
      return;
    }
  value->data = tensor->data;
  if (!aligned && tensor->n_bytes > STRATA_ALIGNED_BYTES)
    value->unaligned = strata_unaligned_new (graph->backing, tensor->data, tensor->n_bytes, tensor->mapped);
  else if (!aligned)
    value->data = strata_arena_memdup (graph->arena, tensor->data, tensor->n_bytes);
  value->weightless = FALSE;
  value->is_trained = TRUE;
}

static gboolean
is_spare (const Binder *binder, const char *name)
{
  if (!binder->has_decoder && (g_str_has_prefix (name, "model.decoder.") || g_str_has_prefix (name, "decoder.")))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (spare); i++)
    if (g_pattern_match_simple (spare[i], name))
      return TRUE;
  return FALSE;
}

static void
list (GString *text, const char *what, const GPtrArray *names)
{
  for (guint i = 0; i < MIN (names->len, MAX_LISTED); i++)
    g_string_append_printf (text, "%s%.80s", i == 0 ? what : ", ", (const char *) names->pdata[i]);
  if (names->len > MAX_LISTED)
    g_string_append_printf (text, " and %u more", names->len - MAX_LISTED);
}

static gboolean
check_complete (const Binder *binder, GError **error)
{
  g_autoptr (GPtrArray) surplus = g_ptr_array_new ();
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < strata_safetensors_count (binder->tensors); i++)
    {
      const char *name = strata_safetensors_nth (binder->tensors, i)->name;

      if (!g_hash_table_contains (binder->used, name) && !is_spare (binder, name))
        g_ptr_array_add (surplus, (char *) name);
    }
  if (binder->missing->len + surplus->len == 0)
    return TRUE;
  list (text, "missing ", binder->missing);
  list (text, text->len > 0 ? "; not of this configuration: " : "not of this configuration: ", surplus);
  return strata_shape_fail (
    error, "%u tensors are missing and %u too many: %s; exactly those of a %s with these sizes are accepted",
    binder->missing->len, surplus->len, text->str, strata_transformer_type_name (binder->config->type));
}

static void
bind_all (StrataGraph *graph, const Binder *binder, GArray *fills)
{
  for (int i = 0; i < graph->n_values; i++)
    {
      const StrataSafetensor *tensor = graph->values[i].weightless ? find (binder, graph->values[i].name) : NULL;

      if (tensor == NULL)
        continue;
      give_bytes (graph, &graph->values[i], tensor);
      if (fills != NULL)
        g_array_index (fills, StrataFill, i) = (StrataFill){ 0 };
    }
  for (guint i = 0; i < strata_safetensors_count (binder->tensors); i++)
    {
      GBytes *file = strata_safetensors_nth (binder->tensors, i)->file;

      if (!g_ptr_array_find (graph->backing, file, NULL))
        g_ptr_array_add (graph->backing, g_bytes_ref (file));
    }
}

gboolean
strata_weights_bind (StrataGraph *graph,
                     const StrataTransformerConfig *config,
                     const StrataSafetensors *tensors,
                     GArray *fills,
                     GError **error)
{
  g_autoptr (GHashTable) used = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) missing = g_ptr_array_new ();
  Binder binder = { config, tensors, used, missing,
                    config->type != STRATA_TRANSFORMER_WHISPER
                      || strata_graph_find_value (graph, "model.decoder.embed_tokens.weight") >= 0 };

  for (int i = 0; i < graph->n_values; i++)
    {
      const StrataValue *value = &graph->values[i];
      const StrataSafetensor *tensor = value->weightless ? find (&binder, value->name) : NULL;

      if (!value->weightless)
        continue;
      if (tensor == NULL)
        g_ptr_array_add (missing, (char *) value->name);
      else if (!check_fit (value, tensor, error))
        return FALSE;
      else
        g_hash_table_add (used, (char *) tensor->name);
    }
  if (!check_complete (&binder, error))
    return FALSE;
  bind_all (graph, &binder, fills);
  return TRUE;
}
