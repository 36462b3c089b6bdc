/* SPDX-License-Identifier: Apache-2.0
 *
 * Transformers by configuration: the published parameter counts, shapes, what is built in, options, and configurations
 * that are wrong or hostile. What the graphs compute: test-transformers.py.
 */
#include "model/arch/architectures.h"
#include "model/arch/transformer.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FILE#NAME; NULL, and the test is skipped, where the file is not there */
static char *
entry_of (const char *name)
{
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *path =
    g_build_filename (shared == NULL ? "../shared" : shared, "data", "transformer_configs.json", NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return g_strdup_printf ("%s#%s", path, name);
  g_test_skip ("transformer_configs.json is not there (STRATA_SHARED)");
  return NULL;
}

static const struct
{
  const char *name;
  gint64 n_parameters;
} published[] = {
  { "llama-3.2-1b", 1235814400 },
  { "llama-3.2-3b", 3212749824 },
  { "llama-3.1-8b", 8030261248 },
  { "qwen2.5-0.5b", 494032768 },
  { "qwen2.5-1.5b", 1543714304 },
  { "tinyllama-1.1b", 1100048384 },
  { "smollm2-135m", 134515008 },
  { "phi-3-mini-4k", 3821079552 },
  { "gemma-2b", 2506172416 },
  { "mixtral-8x7b", 46702792704 },
  { "mistral-7b-v0.1", 7241732096 },
  { "bert-base-uncased", 109482240 },
  { "bert-large-uncased", 335141888 },
  { "distilbert-base", 66362880 },
  { "bert-tiny", 4385920 },
  { "all-minilm-l6-v2", 22713216 },
  { "mobilebert-uncased", 24581888 },
  { "vit-b16-224", 86567656 },
  { "deit-tiny-224", 5717416 },
  { "deit-small-224", 22050664 },
  { "whisper-tiny", 37760640 },
  { "gpt2", 124439808 },
};

static void
test_counts (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (published); i++)
    {
      g_autofree char *entry = entry_of (published[i].name);
      g_autoptr (GArray) fills = NULL;
      g_autoptr (GError) error = NULL;
      gint64 start = g_get_monotonic_time ();
      g_autoptr (StrataGraph) graph = entry == NULL ? NULL : strata_config_load (entry, NULL, &fills, &error);

      if (entry == NULL)
        return;
      g_assert_no_error (error);
      g_test_message ("%s: %d nodes, %d values, %" G_GINT64_FORMAT " us", published[i].name, graph->n_nodes,
                      graph->n_values, g_get_monotonic_time () - start);
      g_assert_cmpint (strata_graph_n_trainable (graph), ==, published[i].n_parameters);
      g_assert_cmpint (fills->len, ==, graph->n_values);
    }
}

static void
test_builtin (void)
{
  static const struct
  {
    const char *name, *entry;
  } same[] = {
    { "bert-base", "bert-base-uncased" }, { "distilbert", "distilbert-base" }, { "gpt2", "GPT2" },
    { "vit-b-16", "vit-b16-224" },        { "whisper-tiny", "whisper-tiny" },
  };
  StrataTransformerConfig config;

  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    {
      g_autofree char *entry = entry_of (same[i].entry);
      g_autofree char *built = NULL, *read = NULL;
      g_autoptr (GError) error = NULL;

      if (entry == NULL)
        return;
      g_assert_true (strata_transformer_config_builtin (same[i].name, &config));
      built = strata_transformer_config_print (&config);
      strata_transformer_config_read (entry, &config, &error);
      g_assert_no_error (error);
      read = strata_transformer_config_print (&config);
      g_assert_cmpstr (built, ==, read);
    }
  g_assert_false (strata_transformer_config_builtin ("gpt5", &config));
}

/* Multiply-accumulates by hand: products of the layers, then both of attention; ViT's as torchvision counts them */
static void
test_built_networks (void)
{
  static const struct
  {
    const char *name;
    gint64 n_parameters, n_macs;
  } networks[] = {
    { "bert-base", 109482240, 12 * 128 * (4 * 768 * 768 + 2 * 768 * 3072ll) + 12 * 2 * 128 * 128 * 768ll + 768 * 768 },
    { "distilbert", 66362880, 6 * 128 * (4 * 768 * 768 + 2 * 768 * 3072ll) + 6 * 2 * 128 * 128 * 768ll },
    { "gpt2", 124439808,
      12 * 128 * (4 * 768 * 768 + 2 * 768 * 3072ll) + 12 * 2 * 128 * 128 * 768ll + 128 * 768 * 50257ll },
    { "vit-b-16", 86567656, 17563828224 },
    { "whisper-tiny-encoder", 8208384,
      3000 * 80 * 3 * 384ll + 1500 * 384 * 3 * 384ll + 4 * 1500 * (4 * 384 * 384 + 2 * 384 * 1536ll)
        + 4 * 2 * 1500 * 1500 * 384ll },
  };

  for (guint i = 0; i < G_N_ELEMENTS (networks); i++)
    {
      g_autoptr (GError) error = NULL;
      const StrataArchitecture *row = strata_architecture_find (networks[i].name, &error);
      g_autoptr (StrataGraph) graph = row == NULL ? NULL : strata_architecture_make (row, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpint (row->n_parameters, ==, networks[i].n_parameters);
      g_assert_cmpint (row->n_macs, ==, networks[i].n_macs);
      g_assert_cmpint (strata_graph_n_trainable (graph), ==, networks[i].n_parameters);
      g_assert_cmpint (strata_graph_n_macs (graph), ==, networks[i].n_macs);
      g_assert_cmpint (strata_graph_n_active_macs (graph), ==, networks[i].n_macs);
    }
}

/* Two of eight experts count; the rest of the network does whole. */
static void
test_experts (void)
{
  g_autofree char *entry = entry_of ("mixtral-8x7b");
  StrataTransformerOptions options = { .sequence = 1, .past = 7 };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = entry == NULL ? NULL : strata_config_load (entry, &options, NULL, &error);
  const gint64 expert = 3 * 4096 * 14336ll, attention = 2 * 4096 * 4096ll + 2 * 4096 * 1024ll + 2 * 8 * 4096;
  const gint64 rest = 32 * (attention + 4096 * 8) + 4096 * 32000ll;

  if (entry == NULL)
    return;
  g_assert_no_error (error);
  g_assert_cmpint (strata_graph_n_macs (graph), ==, rest + 32 * 8 * expert);
  g_assert_cmpint (strata_graph_n_active_macs (graph), ==, rest + 32 * 2 * expert);
}

static void
test_shapes (void)
{
  g_autofree char *entry = entry_of ("TinyLlama-1.1B");
  StrataShapeBinding shapes[2] = { { .name = "past", .dims = { 63 } }, { .name = "sequence", .dims = { 2 } } };
  StrataImportOptions options = { .shapes = shapes, .n_shapes = 2 };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = entry == NULL ? NULL : strata_graph_load (entry, &options, NULL, NULL, &error);
  const StrataValue *value;

  if (entry == NULL)
    return;
  g_assert_no_error (error);
  g_assert_cmpint (graph->n_inputs, ==, 3 + 2 * 22);
  g_assert_cmpint (graph->n_outputs, ==, 1 + 2 * 22);
  value = &graph->values[strata_graph_find_value (graph, "past_key_values.21.value")];
  g_assert_cmpint (value->dims[1], ==, 4);
  g_assert_cmpint (value->dims[2], ==, 63);
  value = &graph->values[strata_graph_find_value (graph, "present.21.value")];
  g_assert_cmpint (value->dims[2], ==, 65);
  value = &graph->values[strata_graph_find_value (graph, "attention_mask")];
  g_assert_cmpint (value->dims[1], ==, 65);
  value = &graph->values[strata_graph_find_value (graph, "logits")];
  g_assert_cmpint (value->dims[1], ==, 2);
  g_assert_cmpint (value->dims[2], ==, 32000);
}

/* Two graphs of one configuration are one; of another length, another. */
static void
test_digest (void)
{
  StrataTransformerOptions shorter = { .sequence = 16 };
  StrataTransformerConfig config;
  g_autoptr (StrataGraph) a = NULL, b = NULL, c = NULL;

  g_assert_true (strata_transformer_config_builtin ("gpt2", &config));
  a = strata_transformer_graph ("a", &config, NULL, NULL, NULL);
  b = strata_transformer_graph ("b", &config, NULL, NULL, NULL);
  c = strata_transformer_graph ("c", &config, &shorter, NULL, NULL);
  g_assert_cmpuint (strata_graph_digest (a), !=, 0);
  g_assert_cmpuint (strata_graph_digest (a), ==, strata_graph_digest (b));
  g_assert_cmpuint (strata_graph_digest (a), !=, strata_graph_digest (c));
  g_assert_cmpuint (strata_graph_hash (a), ==, strata_graph_hash (b));
}

#define LLAMA                                                                                                          \
  "\"model_type\":\"llama\",\"hidden_size\":64,\"intermediate_size\":96,\"num_hidden_layers\":2,"                      \
  "\"num_attention_heads\":4,\"vocab_size\":100,\"max_position_embeddings\":64"
#define GEMMA                                                                                                          \
  "\"model_type\":\"gemma\",\"hidden_size\":64,\"intermediate_size\":96,\"num_hidden_layers\":2,"                      \
  "\"num_attention_heads\":4,\"vocab_size\":100,\"max_position_embeddings\":64"
#define VIT                                                                                                            \
  "\"model_type\":\"vit\",\"hidden_size\":64,\"intermediate_size\":96,\"num_hidden_layers\":2,\"num_attention_"        \
  "heads\":4"

/* A key given twice: the later counts, as JSON readers have it. */
static const struct
{
  const char *text, *message;
} refused[] = {
  { "", "no JSON object" },
  { "[1]", "no JSON object" },
  { "{", "well-formed JSON" },
  { "{\"a\":1}", "model_type: missing" },
  { "{\"model_type\":\"t5\"}", "model_type: is t5; accepted: llama, mistral" },
  { "{\"model_type\":7}", "model_type: is missing; accepted" },
  { "{\"a\":{},\"b\":{}}", "lists several configurations; FILE#NAME with one of these names is accepted: a, b" },
  { "{\"model_type\":\"llama\"}", "hidden_size: missing; an integer from 1 to 65536" },
  { "{" LLAMA ",\"hidden_size\":2147483648}", "hidden_size: is 2147483648; an integer from 1 to 65536" },
  { "{" LLAMA ",\"hidden_size\":-64}", "hidden_size: is -64" },
  { "{" LLAMA ",\"hidden_size\":\"64\"}", "hidden_size: is \"64\"" },
  { "{" LLAMA ",\"hidden_size\":64.5}", "hidden_size: is 64.5" },
  { "{" LLAMA ",\"hidden_size\":[64]}", "hidden_size: is [64]" },
  { "{" LLAMA ",\"hidden_size\":{}}", "hidden_size: is {}" },
  { "{" LLAMA ",\"hidden_size\":true}", "hidden_size: is true" },
  { "{" LLAMA ",\"num_hidden_layers\":1000000000}", "num_hidden_layers: is 1000000000; an integer from 1 to 1024" },
  { "{" LLAMA ",\"num_hidden_layers\":0}", "num_hidden_layers: is 0" },
  { "{" LLAMA ",\"num_hidden_layers\":99999999999999999999999}", "num_hidden_layers: is " },
  { "{" LLAMA ",\"num_key_value_heads\":3}", "num_key_value_heads: is 3; a divisor of the 4 heads" },
  { "{" LLAMA ",\"head_dim\":7}", "head_dim: is 7" },
  { "{" LLAMA ",\"partial_rotary_factor\":0}", "of which 0 features turn" },
  { "{" LLAMA ",\"tie_word_embeddings\":1}", "tie_word_embeddings: is 1; true or false is accepted" },
  { "{" LLAMA ",\"rms_norm_eps\":-1}", "rms_norm_eps: is -1" },
  { "{" LLAMA ",\"hidden_act\":\"tanh\"}", "hidden_act: is \"tanh\"; silu" },
  { "{" LLAMA ",\"rope_theta\":\"x\"}", "rope_theta: is \"x\"; a number" },
  { "{" LLAMA ",\"rope_scaling\":{\"type\":\"yarn\"}}", "rope_type is yarn; default, linear and llama3" },
  { "{" LLAMA ",\"rope_scaling\":{\"type\":\"llama3\",\"factor\":8}}", "rope_scaling: low_freq_factor: missing" },
  { "{" LLAMA ",\"rope_scaling\":3}", "rope_scaling: is no object" },
  { "{" LLAMA ",\"hidden_size\":65536,\"vocab_size\":16777216}", "at most 2147483647 elements" },
  { "{" GEMMA ",\"head_dim\":4097}", "head_dim: is 4097" },
  { "{\"model_type\":\"mixtral\"," LLAMA ",\"model_type\":\"mixtral\",\"num_experts_per_tok\":9}",
    "num_experts_per_tok: is 9; 1 to the 8 experts" },
  { "{" LLAMA ",\"model_type\":\"mixtral\",\"num_hidden_layers\":1024,\"num_local_experts\":256}",
    "at most 4096 blocks" },
  { "{" VIT ",\"patch_size\":15}", "patch_size: is 15; a divisor of the image's 224" },
  { "{" VIT ",\"num_attention_heads\":5}", "num_attention_heads: is 5, which does not divide the width 64" },
  { "{\"model_type\":\"bert\"," VIT ",\"model_type\":\"bert\",\"vocab_size\":9,\"max_position_embeddings\":9,"
    "\"position_embedding_type\":\"relative_key\"}",
    "position_embedding_type: is \"relative_key\"; for bert only \"absolute\" is accepted" },
};

static void
test_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      StrataTransformerConfig config;
      g_autoptr (GError) error = NULL;

      g_assert_false (
        strata_transformer_config_parse (refused[i].text, strlen (refused[i].text), NULL, "c.json", &config, &error));
      g_assert_true (error->domain == STRATA_IMPORT_ERROR);
      if (strstr (error->message, refused[i].message) == NULL)
        g_error ("%s: got \"%s\"", refused[i].text, error->message);
      g_assert_true (g_str_has_prefix (error->message, "c.json: "));
      g_assert_null (strchr (error->message, '\n'));
    }
}

static void
test_accepted (void)
{
  StrataTransformerConfig config;
  const char *text = "{" LLAMA ",\"n_inner\":null,\"rope_scaling\":null,\"unknown\":[[1]],\"head_dim\":null}";
  g_autoptr (GError) error = NULL;

  g_assert_true (strata_transformer_config_parse (text, strlen (text), NULL, "c", &config, &error));
  g_assert_no_error (error);
  g_assert_cmpint (config.head_dim, ==, 16);
  g_assert_cmpint (config.kv_heads, ==, 4);
  g_assert_false (config.tied);
  text = "{" LLAMA ",\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":500}}";
  g_assert_true (strata_transformer_config_parse (text, strlen (text), NULL, "c", &config, &error));
  g_assert_cmpfloat (config.rope_theta, ==, 500.0);
}

static void
test_deep (void)
{
  g_autoptr (GString) text = g_string_new ("{\"a\":");
  StrataTransformerConfig config;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 4000000; i++)
    g_string_append_c (text, '[');
  g_assert_false (strata_transformer_config_parse (text->str, text->len, NULL, "c", &config, &error));
  g_assert_nonnull (strstr (error->message, "nests deeper than 32 levels"));
}

/* Every byte of a configuration changed, and cut there: an error or a graph, never worse */
static void
test_changed (void)
{
  g_autofree char *text = g_strdup ("{" LLAMA ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":2}}");
  gsize n = strlen (text);

  for (gsize i = 0; i < n; i++)
    for (int change = 0; change < 4; change++)
      {
        const char to[] = { '9', '"', '\0', (char) 0xff };
        StrataTransformerConfig config;
        g_autoptr (GError) error = NULL;
        char old = text[i];

        text[i] = to[change];
        g_assert_true (strata_transformer_config_parse (text, n, NULL, "c", &config, &error) == (error == NULL));
        text[i] = old;
        g_clear_error (&error);
        g_assert_false (strata_transformer_config_parse (text, i, NULL, "c", &config, &error));
      }
}

static void
test_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("strata-config-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "config.json", NULL), *entry = g_strconcat (path, "#x", NULL);
  g_autofree char *absent = g_build_filename (folder, "none.json", NULL);
  gint64 start = g_get_monotonic_time ();
  StrataTransformerConfig config;
  g_autoptr (GError) error = NULL;

  g_assert_false (strata_transformer_config_read (absent, &config, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (strata_transformer_config_read (folder, &config, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  g_assert_false (strata_transformer_config_read (path, &config, &error));
  g_assert_nonnull (strstr (error->message, "it is not a file"));
  g_clear_error (&error);
  g_unlink (path);
  g_assert_true (g_file_set_contents (path, "  {\"y\":{}}", -1, NULL));
  g_assert_true (strata_transformer_config_is (path));
  g_assert_true (strata_transformer_config_is (entry));
  g_assert_false (strata_transformer_config_is (folder));
  g_assert_false (strata_transformer_config_read (entry, &config, &error));
  g_assert_nonnull (strstr (error->message, "no configuration called x; FILE#NAME with one of these names"));
  g_clear_error (&error);
  /* a gigabyte, of which nothing is read */
  g_assert_cmpint (truncate (path, 1 << 30), ==, 0);
  g_assert_false (strata_transformer_config_read (path, &config, &error));
  g_assert_nonnull (strstr (error->message, "1073741824 bytes; at most 16777216"));
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_USEC_PER_SEC);
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/arch/transformer/counts", test_counts);
  g_test_add_func ("/sdk/model/arch/transformer/builtin", test_builtin);
  g_test_add_func ("/sdk/model/arch/transformer/built-networks", test_built_networks);
  g_test_add_func ("/sdk/model/arch/transformer/experts", test_experts);
  g_test_add_func ("/sdk/model/arch/transformer/shapes", test_shapes);
  g_test_add_func ("/sdk/model/arch/transformer/digest", test_digest);
  g_test_add_func ("/sdk/model/arch/config/refused", test_refused);
  g_test_add_func ("/sdk/model/arch/config/accepted", test_accepted);
  g_test_add_func ("/sdk/model/arch/config/deep", test_deep);
  g_test_add_func ("/sdk/model/arch/config/changed", test_changed);
  g_test_add_func ("/sdk/model/arch/config/files", test_files);
  return g_test_run ();
}
