/* SPDX-License-Identifier: Apache-2.0
 *
 * Options of a configuration's graph, and which builder makes it.
 */
#include "model/arch/blocks.h"
#include "model/shape/shapes.h"

#define DEFAULT_SEQUENCE 128
#define MAX_TOKENS (1 << 20)
#define MAX_TABLE_ELEMENTS (1 << 26)

typedef void (*Builder) (const StrataBlocks *b);

static const struct
{
  Builder build;
  gboolean has_tokens, has_past;
} families[] = {
  [STRATA_TRANSFORMER_LLAMA] = { strata_build_decoder, TRUE, TRUE },
  [STRATA_TRANSFORMER_MISTRAL] = { strata_build_decoder, TRUE, TRUE },
  [STRATA_TRANSFORMER_MIXTRAL] = { strata_build_decoder, TRUE, TRUE },
  [STRATA_TRANSFORMER_QWEN2] = { strata_build_decoder, TRUE, TRUE },
  [STRATA_TRANSFORMER_GEMMA] = { strata_build_decoder, TRUE, TRUE },
  [STRATA_TRANSFORMER_PHI] = { strata_build_decoder, TRUE, TRUE },
  [STRATA_TRANSFORMER_PHI3] = { strata_build_decoder, TRUE, TRUE },
  [STRATA_TRANSFORMER_GPT2] = { strata_build_gpt2, TRUE, TRUE },
  [STRATA_TRANSFORMER_BERT] = { strata_build_bert, TRUE, FALSE },
  [STRATA_TRANSFORMER_DISTILBERT] = { strata_build_bert, TRUE, FALSE },
  [STRATA_TRANSFORMER_MOBILEBERT] = { strata_build_mobilebert, TRUE, FALSE },
  [STRATA_TRANSFORMER_VIT] = { strata_build_vit, FALSE, FALSE },
  [STRATA_TRANSFORMER_DEIT] = { strata_build_vit, FALSE, FALSE },
  [STRATA_TRANSFORMER_WHISPER] = { strata_build_whisper, TRUE, FALSE },
};

/* The option that a dimension or the shape of an input decides, and its size; NULL: none */
static gint64 *
find_option (StrataTransformerOptions *options, const StrataShapeBinding *shape, gint64 *size)
{
  const struct
  {
    const char *dimension, *inputs; /* by name, or as dimension @at of @n_dims of an input */
    int n_dims, at;
    gint64 *option;
  } known[] = {
    { "sequence", "*input_ids", 2, 1, &options->sequence },
    { "past", "past_key_values.*", 4, 2, &options->past },
    { "positions", "", 0, 0, &options->positions },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    {
      gboolean is_input = shape->n_dims > 0 && shape->n_dims == known[i].n_dims && shape->dims[0] == 1
                          && g_pattern_match_simple (known[i].inputs, shape->name);

      if (!is_input && (shape->n_dims != 0 || !g_str_equal (shape->name, known[i].dimension)))
        continue;
      *size = shape->dims[is_input ? known[i].at : 0];
      return known[i].option;
    }
  return NULL;
}

gboolean
strata_transformer_options_bind (StrataTransformerOptions *options,
                                 const StrataShapeBinding *shapes,
                                 int n_shapes,
                                 GError **error)
{
  for (int i = 0; i < n_shapes; i++)
    {
      gint64 size = 0, *option = find_option (options, &shapes[i], &size), least = option == &options->past ? 0 : 1;

      if (option == NULL && shapes[i].is_hint)
        continue;
      if (option == NULL)
        return strata_shape_fail (
          error,
          "%s: a configuration has no such dimension; sequence, past, positions and the shape 1 x "
          "sequence of input_ids are accepted",
          shapes[i].name);
      if (size < least || size > MAX_TOKENS)
        return strata_shape_fail (error, "%s: is %" G_GINT64_FORMAT "; %" G_GINT64_FORMAT " to %d is accepted",
                                  shapes[i].name, size, least, MAX_TOKENS);
      if (!shapes[i].is_hint || *option == 0)
        *option = size;
    }
  return TRUE;
}

gboolean
strata_transformer_options_resolve (StrataTransformerOptions *options,
                                    const StrataTransformerConfig *config,
                                    GError **error)
{
  const char *type = strata_transformer_type_name (config->type);
  gint64 most = MIN (config->max_position, MAX_TOKENS);

  if (!families[config->type].has_tokens && (options->sequence > 0 || options->past > 0))
    return strata_shape_fail (error, "sequence: %s has no such dimension; its image decides its tokens", type);
  if (!families[config->type].has_past && options->past > 0)
    return strata_shape_fail (error, "past: %s has no such dimension; decoders alone have", type);
  if (options->part == STRATA_PART_ENCODER && config->type != STRATA_TRANSFORMER_WHISPER)
    options->part = STRATA_PART_WHOLE;
  if (!families[config->type].has_tokens)
    return TRUE;
  if (options->sequence == 0)
    options->sequence = options->past > 0 ? 1 : MIN (DEFAULT_SEQUENCE, most);
  if (options->sequence + options->past > most)
    return strata_shape_fail (error,
                              "sequence: %" G_GINT64_FORMAT " tokens behind a past of %" G_GINT64_FORMAT
                              "; at most %" G_GINT64_FORMAT " positions are accepted",
                              options->sequence, options->past, most);
  options->positions = MAX (options->positions, options->past + options->sequence);
  if (options->positions > most || options->positions * config->head_dim > MAX_TABLE_ELEMENTS)
    return strata_shape_fail (error, "positions: is %" G_GINT64_FORMAT "; at most %" G_GINT64_FORMAT " is accepted",
                              options->positions, MIN (most, MAX_TABLE_ELEMENTS / MAX (config->head_dim, 1)));
  return TRUE;
}

void
strata_transformer_build (StrataLayers *layers,
                          const StrataTransformerConfig *config,
                          const StrataTransformerOptions *options)
{
  g_autoptr (GArray) present = g_array_new (FALSE, FALSE, sizeof (int));
  StrataBlocks b = { layers, config, options, present };

  g_assert ((guint) config->type < STRATA_N_TRANSFORMERS);
  families[config->type].build (&b);
  for (guint i = 0; i < present->len; i++)
    strata_layers_output (layers, g_array_index (present, int, i),
                          strata_block_name (&b, "present.%u.%s", i / 2, i % 2 == 0 ? "key" : "value"));
}

/* What the graph is of, for its digest */
static GBytes *
describe (const StrataTransformerConfig *config, const StrataTransformerOptions *options)
{
  g_autofree char *text = strata_transformer_config_print (config);
  char *whole = g_strdup_printf ("%ssequence %" G_GINT64_FORMAT "\npast %" G_GINT64_FORMAT
                                 "\npositions %" G_GINT64_FORMAT "\npart %d\n",
                                 text, options->sequence, options->past, options->positions, options->part);

  return g_bytes_new_take (whole, strlen (whole));
}

StrataGraph *
strata_transformer_graph (const char *path,
                          const StrataTransformerConfig *config,
                          const StrataTransformerOptions *options,
                          GArray **fills,
                          GError **error)
{
  StrataTransformerOptions resolved = options == NULL ? (StrataTransformerOptions){ 0 } : *options;
  g_auto (StrataLayers) layers;
  StrataGraph *graph;

  strata_layers_init (&layers, STRATA_TRANSFORMER_OPSET);
  if (!strata_transformer_options_resolve (&resolved, config, error))
    {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }
  strata_transformer_build (&layers, config, &resolved);
  graph = strata_layers_finish (&layers, path, fills, error);
  if (graph != NULL)
    g_ptr_array_add (graph->backing, describe (config, &resolved));
  return graph;
}
