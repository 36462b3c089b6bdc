/* SPDX-License-Identifier: Apache-2.0
 *
 * What the rules find in real models, and that the result computes the same on random input. test-models.c holds the
 * rewritten models against their reference outputs.
 */
#include "rewrite-check.h"

typedef struct
{
  StrataRule rule;
  int n;
} Find;

typedef struct
{
  const char *name;
  double tolerance; /* of the peak */
  int n_nodes;      /* that are left */
  Find finds[8];    /* applications of rules; all others: none */
} Model;

/* Each count is that of the network, as its structure and its file have it. */
static const Model models[] = {
  /* 2 layers of 2 norms, and that of the embeddings; squeezed twice into the mask */
  { "bert_tiny_shape_random",
    2e-6,
    65,
    { { STRATA_RULE_NORM, 5 },
      { STRATA_RULE_GELU, 2 },
      { STRATA_RULE_ATTENTION, 2 },
      { STRATA_RULE_RESHAPE_MERGE, 1 } } },
  /* states squeezed and unsqueezed again; transpositions of one sample and one step */
  { "dtln_stage1", 0, 20, { { STRATA_RULE_IDENTITY, 8 }, { STRATA_RULE_RESHAPE_MERGE, 8 } } },
  { "edsr_f32b5_x2_fp32", 0, 27, { { 0 } } },
  { "g2p_gru_decoder_step", 0, 4, { { STRATA_RULE_IDENTITY, 1 } } }, /* a transposition of one step */
  { "g2p_gru_encoder", 0, 3, { { 0 } } },
  /* 121 batch-norms, each with a Mul and an Add: 59 behind a convolution, one of which is the first, 62 before one,
   * which keep their own scale and offset; weights of over 1024 elements */
  { "light_densenet121",
    1e-5,
    367,
    { { STRATA_RULE_CONSTANT_FOLD, 121 }, { STRATA_RULE_BATCH_NORM, 59 }, { STRATA_RULE_AFFINE, 242 } } },
  { "light_inception_v1", 0, 142, { { STRATA_RULE_CONSTANT_FOLD, 59 }, { STRATA_RULE_IDENTITY, 1 } } }, /* Dropout */
  /* the weights of 53 convolutions and the Gemm, and 4 operands each of the 4 batch-norms of 2048 channels */
  { "light_resnet50", 1e-5, 123, { { STRATA_RULE_CONSTANT_FOLD, 70 }, { STRATA_RULE_BATCH_NORM, 53 } } },
  { "light_squeezenet", 0, 65, { { STRATA_RULE_CONSTANT_FOLD, 23 }, { STRATA_RULE_IDENTITY, 1 } } }, /* Dropout */
  /* the second norm; the first is along the axis before the last. Expands to the same shape, slices of all */
  { "magika_v3_3",
    2e-5,
    42,
    { { STRATA_RULE_NORM, 1 }, { STRATA_RULE_GELU, 2 }, { STRATA_RULE_IDENTITY, 9 }, { STRATA_RULE_GEMM, 1 } } },
  { "micro_speech_int8", 0, 19, { { 0 } } },
  { "mlperf_tiny_ad_autoencoder_fp32", 0, 19, { { 0 } } },
  { "mlperf_tiny_ad_autoencoder_int8", 0, 52, { { 0 } } },
  { "mlperf_tiny_ic_resnet8_fp32", 0, 23, { { 0 } } },
  { "mlperf_tiny_ic_resnet8_int8", 0, 68, { { 0 } } },
  { "mlperf_tiny_kws_dscnn_fp32", 0, 22, { { 0 } } },
  { "mlperf_tiny_kws_dscnn_int8", 0, 59, { { 0 } } },
  { "mlperf_tiny_sww_1ddscnn_int8", 0, 51, { { 0 } } },
  { "mlperf_tiny_vww_mobilenetv1_fp32", 0, 58, { { 0 } } },
  { "mlperf_tiny_vww_mobilenetv1_int8", 0, 149, { { 0 } } },
  /* two convolutions and one product, each with its bias as an Add */
  { "mnist_cntk_opset8", 1e-6, 8, { { STRATA_RULE_AFFINE, 2 }, { STRATA_RULE_GEMM, 1 } } },
  { "mobilenetv2_imagenet_fp32", 0, 100, { { 0 } } },
  { "mobilenetv2_imagenet_int8", 0, 336, { { 0 } } },
  { "resnet20_cifar10", 1e-5, 54, { { STRATA_RULE_BATCH_NORM, 19 } } },
  { "resnet44_cifar10_bnfolded", 0, 114, { { 0 } } }, /* folded by its maker */
  /* gates of the LSTM's weights put into another order; identities and casts that decided branches leave */
  { "silero_vad_v6",
    0,
    33,
    { { STRATA_RULE_CONSTANT_FOLD, 10 }, { STRATA_RULE_IDENTITY, 27 }, { STRATA_RULE_RESHAPE_MERGE, 2 } } },
  { "silero_vad_v6_16k_flat", 0, 33, { { STRATA_RULE_IDENTITY, 1 }, { STRATA_RULE_RESHAPE_MERGE, 2 } } },
  /* 5 layers of 2 norms, and the last; queries and keys; the tables' rows by position, which nobody reads then */
  { "stories260K_decode128",
    2e-5,
    129,
    { { STRATA_RULE_NORM, 11 },
      { STRATA_RULE_ROTARY, 10 },
      { STRATA_RULE_SWISH, 5 },
      { STRATA_RULE_SWIGLU, 5 },
      { STRATA_RULE_ATTENTION, 5 },
      { STRATA_RULE_DEAD_CODE, 4 } } },
  { "stories260K_prefill64",
    2e-5,
    118,
    { { STRATA_RULE_NORM, 11 },
      { STRATA_RULE_ROTARY, 10 },
      { STRATA_RULE_SWISH, 5 },
      { STRATA_RULE_SWIGLU, 5 },
      { STRATA_RULE_ATTENTION, 5 } } },
  /* 35 of 52 convolutions have a batch-norm; corners of boxes are computed from the same halves twice */
  { "ultraface_rfb320", 1e-4, 125, { { STRATA_RULE_BATCH_NORM, 35 }, { STRATA_RULE_COMMON, 3 } } },
  /* 12 blocks of 2 norms, and the last */
  { "vit_tiny_patch16_224_fp32",
    2e-5,
    272,
    { { STRATA_RULE_NORM, 25 }, { STRATA_RULE_GELU, 12 }, { STRATA_RULE_ATTENTION, 12 } } },
};

static StrataGraph *
load (const char *name, const char *path, GError **error)
{
  g_autoptr (StrataArray) rate = strata_array_new (STRATA_DTYPE_I64, 0, NULL);
  StrataBinding values[] = { { "sr", rate } };
  StrataShapeBinding shapes[] = { { "input", 2, { 1, 576 }, FALSE }, { "state", 3, { 2, 1, 128 }, FALSE } };
  StrataImportOptions options = { values, 1, shapes, 2 };

  *(gint64 *) rate->data = 16000;
  if (!g_str_equal (name, "silero_vad_v6"))
    return strata_onnx_load (path, NULL, error);
  return strata_onnx_load_with (path, &options, NULL, error);
}

static void
test_model (gconstpointer data)
{
  const Model *model = data;
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *path = g_build_filename (shared == NULL ? "" : shared, "models", model->name, "model.onnx", NULL);
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataGraph) result = NULL;
  g_autoptr (StrataRewriteLog) log = NULL;
  g_autoptr (GError) error = NULL;

  if (shared == NULL || !g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the test models are not there (STRATA_SHARED)");
      return;
    }
  graph = load (model->name, path, &error);
  g_assert_no_error (error);
  result = rewrite_check (graph, STRATA_REWRITE_ALL, model->tolerance, &log);
  g_assert_cmpint (result->n_nodes, ==, model->n_nodes);
  for (int rule = 0; rule < STRATA_N_RULES; rule++)
    {
      int wanted = 0, n = rewrite_n_rules (log, (StrataRule) rule);

      for (guint i = 0; i < G_N_ELEMENTS (model->finds); i++)
        wanted += model->finds[i].rule == (StrataRule) rule ? model->finds[i].n : 0;
      if (n != wanted)
        g_test_message ("%s: %s %d times", model->name, strata_rule_name ((StrataRule) rule), n);
      g_assert_cmpint (n, ==, wanted);
    }
}

/* Batch 1, so that the mask of a prompt is the causal one, and heads share keys and values in pairs. */
static void
test_attention_of_stories (void)
{
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *path =
    g_build_filename (shared == NULL ? "" : shared, "models", "stories260K_prefill64", "model.onnx", NULL);
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataGraph) result = NULL;

  if (shared == NULL || !g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the test models are not there (STRATA_SHARED)");
      return;
    }
  graph = strata_onnx_load (path, NULL, NULL);
  result = strata_graph_rewrite (graph, STRATA_REWRITE_COMPILER, NULL, NULL);
  for (int i = 0; i < result->n_nodes; i++)
    {
      const StrataNode *node = &result->nodes[i];

      if (node->op != STRATA_OP_ATTENTION)
        continue;
      g_assert_cmpint (node->n_inputs, ==, 3);
      g_assert_cmpint (strata_node_int (node, "is_causal", 0), ==, 1);
      g_assert_cmpint (result->values[node->inputs[0]].dims[1], ==, 8);
      g_assert_cmpint (result->values[node->inputs[1]].dims[1], ==, 4);
      g_assert_cmpint (result->values[node->inputs[2]].dims[1], ==, 4);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sdk/model/rewrite/models/%s", models[i].name);

      g_test_add_data_func (path, &models[i], test_model);
    }
  g_test_add_func ("/sdk/model/rewrite/models/attention-of-stories", test_attention_of_stories);
  return g_test_run ();
}
