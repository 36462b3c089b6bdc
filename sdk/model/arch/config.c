/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON object becomes a configuration: the type, then one table of fields, then what follows from others, then the
 * check of all together. Values that would change the graph in a way that is not built are refused by name.
 */
#include "model/arch/config-read.h"

#include <math.h>
#include <string.h>

#define MAX_WEIGHT_ELEMENTS G_MAXINT32
#define MAX_BLOCKS 4096

#define T(type) (1u << STRATA_TRANSFORMER_##type)
#define DECODER (T (LLAMA) | T (MISTRAL) | T (MIXTRAL) | T (QWEN2) | T (GEMMA) | T (PHI) | T (PHI3))
#define ENCODER (T (BERT) | T (DISTILBERT) | T (MOBILEBERT))
#define VISION (T (VIT) | T (DEIT))
#define TEXT (DECODER | ENCODER | T (GPT2) | T (WHISPER))
#define ALL (TEXT | VISION)
#define NEEDED NAN
#define FOLLOWS 0

typedef enum
{
  KIND_INT,
  KIND_REAL,
  KIND_FLAG,
} Kind;

typedef struct
{
  const char *member, *keys;
  Kind kind;
  gsize offset;
  double least, most;
  guint types;
  double fallback;
} Field;

static const Field fields[] = {
#define STRATA_CONFIG_FIELD(member, keys, kind, least, most, types, fallback)                                          \
  { #member, keys, KIND_##kind, G_STRUCT_OFFSET (StrataTransformerConfig, member), least, most, types, fallback },
#include "model/arch/config-fields.def"
#undef STRATA_CONFIG_FIELD
};

/* Of the object "rope_scaling"; the first two names of factor and context are those of Hugging Face */
static const Field llama3_fields[] = {
  { "rope_factor", "factor", KIND_REAL, G_STRUCT_OFFSET (StrataTransformerConfig, rope_factor), 1, 1e6, ALL, NEEDED },
  { "rope_low", "low_freq_factor", KIND_REAL, G_STRUCT_OFFSET (StrataTransformerConfig, rope_low), 1e-6, 1e6, ALL,
    NEEDED },
  { "rope_high", "high_freq_factor", KIND_REAL, G_STRUCT_OFFSET (StrataTransformerConfig, rope_high), 1e-6, 1e6, ALL,
    NEEDED },
  { "rope_original", "original_max_position_embeddings original_max_position", KIND_INT,
    G_STRUCT_OFFSET (StrataTransformerConfig, rope_original), 1, 16777216, ALL, NEEDED },
};

static const char *const type_names[] = {
  "llama", "mistral", "mixtral",    "qwen2",      "gemma", "phi",  "phi3",
  "gpt2",  "bert",    "distilbert", "mobilebert", "vit",   "deit", "whisper",
};

/* Keys that must have one value: the others ask for layers that are not built. */
static const struct
{
  const char *key;
  guint types;
  const char *accepted; /* as JSON writes it */
} fixed[] = {
  { "scale_attn_weights", T (GPT2), "true" },
  { "scale_attn_by_inverse_layer_idx", T (GPT2), "false" },
  { "add_cross_attention", T (GPT2) | T (BERT), "false" },
  { "is_decoder", T (BERT), "false" },
  { "position_embedding_type", T (BERT), "\"absolute\"" },
  { "use_bottleneck", T (MOBILEBERT), "true" },
  { "qk_layernorm", T (PHI), "false" },
  { "scale_embedding", T (WHISPER), "false" },
  { "k_proj_bias", T (WHISPER), "false" },
};

const char *
strata_transformer_type_name (StrataTransformerType type)
{
  return (guint) type < STRATA_N_TRANSFORMERS ? type_names[type] : "invalid";
}

gboolean
strata_config_fail (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT, text);
  return FALSE;
}

/* A member of @object that is there and not null */
static JsonNode *
find_member (JsonObject *object, const char *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node == NULL || JSON_NODE_HOLDS_NULL (node) ? NULL : node;
}

static JsonNode *
find_any (JsonObject *object, const char *keys, char **found)
{
  g_auto (GStrv) names = g_strsplit (keys, " ", -1);

  for (guint i = 0; names[i] != NULL; i++)
    if (find_member (object, names[i]) != NULL)
      {
        *found = g_strdup (names[i]);
        return find_member (object, names[i]);
      }
  *found = g_strdup (names[0]);
  return NULL;
}

/* What a message shows of a value that the file has: short, on one line */
static char *
show (JsonNode *node)
{
  char *text = json_to_string (node, FALSE);

  for (char *c = text; *c != '\0'; c++)
    if ((guchar) *c < ' ' || (guchar) *c > '~')
      *c = '?';
  if (strlen (text) > 40)
    strcpy (text + 37, "...");
  return text;
}

static void
store (const Field *field, StrataTransformerConfig *config, double value)
{
  void *member = (char *) config + field->offset;

  if (field->kind == KIND_INT)
    *(gint64 *) member = (gint64) value;
  else if (field->kind == KIND_REAL)
    *(double *) member = value;
  else
    *(gboolean *) member = value != 0;
}

static gboolean
read_field (const Field *field, JsonObject *object, StrataTransformerConfig *config, GError **error)
{
  static const char *const kinds[] = { "an integer", "a number", "true or false" };
  g_autofree char *key = NULL, *shown = NULL;
  JsonNode *node = find_any (object, field->keys, &key);
  GType type = node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;
  double value;

  if (node == NULL && isnan (field->fallback))
    return strata_config_fail (error, "%s: missing; %s from %.15g to %.15g is needed", key, kinds[field->kind],
                               field->least, field->most);
  if (node == NULL)
    {
      store (field, config, field->fallback);
      return TRUE;
    }
  shown = show (node);
  if (field->kind == KIND_FLAG)
    {
      if (type != G_TYPE_BOOLEAN)
        return strata_config_fail (error, "%s: is %s; true or false is accepted", key, shown);
      store (field, config, json_node_get_boolean (node));
      return TRUE;
    }
  value =
    type == G_TYPE_INT64 || (type == G_TYPE_DOUBLE && field->kind == KIND_REAL) ? json_node_get_double (node) : NAN;
  if (!(value >= field->least && value <= field->most))
    return strata_config_fail (error, "%s: is %s; %s from %.15g to %.15g is accepted", key, shown, kinds[field->kind],
                               field->least, field->most);
  store (field, config, value);
  return TRUE;
}

static const char *
find_string (JsonObject *object, const char *keys)
{
  g_autofree char *key = NULL;
  JsonNode *node = find_any (object, keys, &key);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

/* Entries of a list of configurations say what a decoder has, not whose it is. */
static gboolean
type_of_entry (JsonObject *object, const char *family, StrataTransformerType *type)
{
  JsonNode *types;

  if (g_str_equal (family, "decoder"))
    {
      *type = STRATA_TRANSFORMER_LLAMA;
      if (find_member (object, "num_experts") != NULL)
        *type = STRATA_TRANSFORMER_MIXTRAL;
      else if (find_member (object, "fused_qkv") != NULL)
        *type = STRATA_TRANSFORMER_PHI3;
      else if (find_member (object, "norm_weight_offset") != NULL)
        *type = STRATA_TRANSFORMER_GEMMA;
      else if (find_member (object, "sliding_window") != NULL)
        *type = STRATA_TRANSFORMER_MISTRAL;
      return TRUE;
    }
  if (!g_str_equal (family, "encoder"))
    return FALSE;
  types = find_member (object, "type_vocab_size");
  *type = types != NULL && JSON_NODE_HOLDS_VALUE (types) && json_node_get_int (types) == 0
            ? STRATA_TRANSFORMER_DISTILBERT
            : STRATA_TRANSFORMER_BERT;
  return TRUE;
}

static gboolean
read_type (JsonObject *object, StrataTransformerType *type, GError **error)
{
  const char *name = find_string (object, "model_type"), *family = find_string (object, "family");
  g_autoptr (GString) accepted = g_string_new (NULL);
  g_autofree char *shown = NULL;

  for (int i = 0; i < STRATA_N_TRANSFORMERS; i++)
    g_string_append_printf (accepted, "%s%s", i == 0 ? "" : ", ", type_names[i]);
  for (int i = 0; i < STRATA_N_TRANSFORMERS; i++)
    if (g_strcmp0 (name != NULL ? name : family, type_names[i]) == 0)
      {
        *type = (StrataTransformerType) i;
        return TRUE;
      }
  if (name == NULL && family != NULL && type_of_entry (object, family, type))
    return TRUE;
  shown = name != NULL || family != NULL ? g_strescape (name != NULL ? name : family, NULL) : g_strdup ("missing");
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED, "model_type: is %.40s; accepted: %s", shown,
               accepted->str);
  return FALSE;
}

/* Gemma's first files say gelu and mean its tanh form. */
static gboolean
read_activation (JsonObject *object, StrataTransformerConfig *config, GError **error)
{
  static const struct
  {
    const char *name;
    StrataActivation activation;
  } known[] = {
    { "silu", STRATA_ACTIVATION_SILU },           { "swish", STRATA_ACTIVATION_SILU },
    { "gelu", STRATA_ACTIVATION_GELU },           { "gelu_erf", STRATA_ACTIVATION_GELU },
    { "gelu_new", STRATA_ACTIVATION_GELU_TANH },  { "gelu_fast", STRATA_ACTIVATION_GELU_TANH },
    { "gelu_tanh", STRATA_ACTIVATION_GELU_TANH }, { "gelu_pytorch_tanh", STRATA_ACTIVATION_GELU_TANH },
    { "relu", STRATA_ACTIVATION_RELU },
  };
  static const char *const keys = "hidden_activation hidden_act activation_function activation act";
  guint gelu_tanh = T (GPT2) | T (PHI) | T (GEMMA);
  const char *name = find_string (object, keys);
  g_autofree char *key = NULL, *shown = NULL;
  JsonNode *node = find_any (object, keys, &key);

  config->activation = (DECODER & ~gelu_tanh & (1u << config->type))   ? STRATA_ACTIVATION_SILU
                       : gelu_tanh & (1u << config->type)              ? STRATA_ACTIVATION_GELU_TANH
                       : config->type == STRATA_TRANSFORMER_MOBILEBERT ? STRATA_ACTIVATION_RELU
                                                                       : STRATA_ACTIVATION_GELU;
  if (node == NULL || (config->type == STRATA_TRANSFORMER_GEMMA && g_strcmp0 (name, "gelu") == 0))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_strcmp0 (name, known[i].name) == 0)
      {
        config->activation = known[i].activation;
        return TRUE;
      }
  shown = show (node);
  return strata_config_fail (error,
                             "%s: is %s; silu, swish, gelu, gelu_new, gelu_fast, gelu_pytorch_tanh and relu are "
                             "accepted",
                             key, shown);
}

static gboolean
read_scaling (JsonObject *object, StrataTransformerConfig *config, GError **error)
{
  g_autofree char *key = NULL;
  JsonNode *node = find_any (object, "rope_scaling rope_parameters", &key);
  const char *kind;

  if (node == NULL || !(DECODER & (1u << config->type)))
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return strata_config_fail (error, "%s: is no object; one, or null, is accepted", key);
  object = json_node_get_object (node);
  kind = find_string (object, "rope_type type");
  config->rope_scaling = g_strcmp0 (kind, "llama3") == 0   ? STRATA_ROPE_LLAMA3
                         : g_strcmp0 (kind, "linear") == 0 ? STRATA_ROPE_LINEAR
                                                           : STRATA_ROPE_PLAIN;
  if (config->rope_scaling == STRATA_ROPE_PLAIN && g_strcmp0 (kind, "default") != 0)
    return strata_config_fail (error, "%s: its rope_type is %.40s; default, linear and llama3 are accepted", key,
                               kind == NULL ? "missing" : kind);
  for (guint i = 0; config->rope_scaling != STRATA_ROPE_PLAIN && i < G_N_ELEMENTS (llama3_fields); i++)
    if ((i == 0 || config->rope_scaling == STRATA_ROPE_LLAMA3)
        && !read_field (&llama3_fields[i], object, config, error))
      {
        g_prefix_error (error, "%s: ", key);
        return FALSE;
      }
  if (config->rope_scaling == STRATA_ROPE_LLAMA3 && config->rope_low >= config->rope_high)
    return strata_config_fail (error, "%s: low_freq_factor is not below high_freq_factor, which is needed", key);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (g_str_equal (fields[i].keys, "rope_theta") && find_member (object, "rope_theta") != NULL)
      return read_field (&fields[i], object, config, error);
  return TRUE;
}

static gboolean
check_fixed (JsonObject *object, const StrataTransformerConfig *config, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++)
    {
      JsonNode *node = fixed[i].types & (1u << config->type) ? find_member (object, fixed[i].key) : NULL;
      g_autofree char *shown = node == NULL ? NULL : show (node);

      if (shown != NULL && !g_str_equal (shown, fixed[i].accepted))
        {
          strata_config_fail (error, "%s: is %s; for %s only %s is accepted", fixed[i].key, shown,
                              strata_transformer_type_name (config->type), fixed[i].accepted);
          return FALSE;
        }
    }
  return TRUE;
}

/* Classes are the labels that the file names, two where it names none; a model without a head has none. */
static gboolean
read_head (JsonObject *object, StrataTransformerConfig *config, GError **error)
{
  JsonNode *architectures = find_member (object, "architectures"), *labels = find_member (object, "id2label");
  JsonArray *list =
    architectures != NULL && JSON_NODE_HOLDS_ARRAY (architectures) ? json_node_get_array (architectures) : NULL;
  JsonNode *first = list != NULL && json_array_get_length (list) > 0 ? json_array_get_element (list, 0) : NULL;
  const char *architecture = first != NULL && JSON_NODE_HOLDS_VALUE (first) ? json_node_get_string (first) : NULL;
  const char *norm = find_string (object, "normalization_type");

  if (config->type == STRATA_TRANSFORMER_MOBILEBERT && norm != NULL)
    {
      config->layer_norm = g_str_equal (norm, "layer_norm");
      if (!config->layer_norm && !g_str_equal (norm, "no_norm"))
        return strata_config_fail (error, "normalization_type: is %.40s; no_norm and layer_norm are accepted", norm);
    }
  if (!(VISION & (1u << config->type)))
    return TRUE;
  config->teacher =
    config->type == STRATA_TRANSFORMER_DEIT && architecture != NULL && g_str_has_suffix (architecture, "WithTeacher");
  if (architecture != NULL && g_str_has_suffix (architecture, "Model"))
    config->classes = 0;
  else if (config->classes == 0 && labels != NULL && JSON_NODE_HOLDS_OBJECT (labels))
    config->classes = json_object_get_size (json_node_get_object (labels));
  else if (config->classes == 0)
    config->classes = 2;
  return TRUE;
}

static void
derive (StrataTransformerConfig *config)
{
  config->kv_heads = config->kv_heads == 0 ? config->heads : config->kv_heads;
  if (config->head_dim == 0)
    config->head_dim =
      (config->type == STRATA_TRANSFORMER_MOBILEBERT ? config->true_hidden : config->hidden) / config->heads;
  if (config->intermediate == 0)
    config->intermediate = 4 * config->hidden;
  if (config->type == STRATA_TRANSFORMER_QWEN2 && !config->use_window)
    config->sliding_window = 0;
  if (config->type == STRATA_TRANSFORMER_PHI)
    config->output_bias = config->mlp_bias = TRUE;
  if (config->type == STRATA_TRANSFORMER_WHISPER)
    {
      config->decoder_heads = config->decoder_heads == 0 ? config->heads : config->decoder_heads;
      if (config->decoder_intermediate == 0)
        config->decoder_intermediate = config->intermediate;
    }
}

static gboolean
check_sizes (const StrataTransformerConfig *config, GError **error)
{
  gint64 widest = MAX (MAX (config->intermediate, config->decoder_intermediate), config->heads * config->head_dim);
  gint64 rows = MAX (MAX (config->vocab, config->max_position), MAX (2 * widest, 3 * config->hidden));
  gint64 columns = MAX (MAX (config->hidden, config->embedding), config->channels * config->patch * config->patch);
  gint64 blocks = (config->layers + config->decoder_layers) * MAX (MAX (config->experts, config->feedforwards), 1);

  if (MAX (rows, config->classes) * columns > MAX_WEIGHT_ELEMENTS || widest * columns > MAX_WEIGHT_ELEMENTS)
    return strata_config_fail (error,
                               "hidden_size: is %" G_GINT64_FORMAT " where the largest matrix has %" G_GINT64_FORMAT
                               " rows; at most 2147483647 elements of one matrix are accepted",
                               config->hidden, MAX (rows, config->classes));
  if (blocks > MAX_BLOCKS)
    return strata_config_fail (error,
                               "num_hidden_layers: is %" G_GINT64_FORMAT ", with %" G_GINT64_FORMAT
                               " blocks in all; at most %d blocks are accepted",
                               config->layers, blocks, MAX_BLOCKS);
  return TRUE;
}

static gboolean
check (const StrataTransformerConfig *config, GError **error)
{
  gint64 inner = config->type == STRATA_TRANSFORMER_MOBILEBERT ? config->true_hidden : config->hidden;
  gint64 turned = (gint64) ((double) config->head_dim * config->rotary_share);
  gboolean is_decoder = (DECODER & (1u << config->type)) != 0;

  if (!is_decoder && inner % config->heads != 0)
    return strata_config_fail (error,
                               "num_attention_heads: is %" G_GINT64_FORMAT
                               ", which does not divide the width %" G_GINT64_FORMAT "; a divisor is needed",
                               config->heads, inner);
  if (config->decoder_heads > 0 && config->hidden % config->decoder_heads != 0)
    return strata_config_fail (error,
                               "decoder_attention_heads: is %" G_GINT64_FORMAT ", which does not divide the "
                               "width %" G_GINT64_FORMAT "; a divisor is needed",
                               config->decoder_heads, config->hidden);
  if (config->heads % config->kv_heads != 0)
    return strata_config_fail (
      error, "num_key_value_heads: is %" G_GINT64_FORMAT "; a divisor of the %" G_GINT64_FORMAT " heads is needed",
      config->kv_heads, config->heads);
  if (is_decoder && (turned < 2 || turned % 2 != 0))
    return strata_config_fail (error,
                               "head_dim: is %" G_GINT64_FORMAT ", of which %" G_GINT64_FORMAT
                               " features turn with the position; an even number above 0 is needed",
                               config->head_dim, turned);
  if (config->experts_per_token > config->experts)
    return strata_config_fail (
      error, "num_experts_per_tok: is %" G_GINT64_FORMAT "; 1 to the %" G_GINT64_FORMAT " experts are accepted",
      config->experts_per_token, config->experts);
  if (config->image > 0 && config->image % config->patch != 0)
    return strata_config_fail (
      error, "patch_size: is %" G_GINT64_FORMAT "; a divisor of the image's %" G_GINT64_FORMAT " is needed",
      config->patch, config->image);
  if (config->type == STRATA_TRANSFORMER_MOBILEBERT && config->bottleneck != config->true_hidden)
    return strata_config_fail (
      error, "true_hidden_size: is %" G_GINT64_FORMAT "; the intra_bottleneck_size, %" G_GINT64_FORMAT ", is needed",
      config->true_hidden, config->bottleneck);
  return check_sizes (config, error);
}

gboolean
strata_config_from_object (JsonObject *object, StrataTransformerConfig *config, GError **error)
{
  StrataTransformerConfig made = { 0 };

  if (!read_type (object, &made.type, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if ((fields[i].types & (1u << made.type)) && !read_field (&fields[i], object, &made, error))
      return FALSE;
  if (made.type == STRATA_TRANSFORMER_MOBILEBERT && made.true_hidden == 0)
    made.true_hidden = made.bottleneck;
  derive (&made);
  if (!read_activation (object, &made, error) || !read_scaling (object, &made, error)
      || !check_fixed (object, &made, error) || !read_head (object, &made, error) || !check (&made, error))
    return FALSE;
  *config = made;
  return TRUE;
}

char *
strata_transformer_config_print (const StrataTransformerConfig *config)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text,
                          "model_type %s\nactivation %d\nrope_scaling %d %.17g %.17g %.17g %" G_GINT64_FORMAT "\n",
                          strata_transformer_type_name (config->type), config->activation, config->rope_scaling,
                          config->rope_factor, config->rope_low, config->rope_high, config->rope_original);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      const void *member = (const char *) config + fields[i].offset;

      if (!(fields[i].types & (1u << config->type)))
        continue;
      g_string_append_printf (text, "%s ", fields[i].member);
      if (fields[i].kind == KIND_REAL)
        g_string_append_printf (text, "%.17g\n", *(const double *) member);
      else
        g_string_append_printf (text, "%" G_GINT64_FORMAT "\n",
                                fields[i].kind == KIND_INT ? *(const gint64 *) member
                                                           : (gint64) * (const gboolean *) member);
    }
  g_string_append_printf (text, "layer_norm %d\nteacher %d\n", config->layer_norm, config->teacher);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
