/* SPDX-License-Identifier: Apache-2.0
 *
 * Real models, as they are and rewritten, against reference outputs that ONNX Runtime made, and against their published
 * sizes.
 */
#include "data-set.h"

#include "model/rewrite/rewrite.h"

#define MAX_OPERANDS 16

typedef struct
{
  const char *name;
  enum
  {
    FLOAT,    /* 1e-4 of the peak + 1e-6 */
    ONE_STEP, /* one step of the output's scale */
    SEMANTIC, /* argmax and cosine: deep QDQ networks amplify ties */
  } rule;

  gint64 n_parameters, n_macs; /* 0: not published exactly */
  gint64 n_trainable;          /* with norms and embeddings, as published; 0: not published exactly */
} Model;

/* Sizes: published for MLPerf Tiny, torchvision's, timm's and llama2.c's models, from the models' own meta data for
 * MNIST
 */
static const Model models[] = {
  { "mnist_cntk_opset8", FLOAT, 5994, 786560 },
  { "resnet20_cifar10", FLOAT, 0, 0, 269722 },
  { "resnet44_cifar10_bnfolded", FLOAT, 0, 0 },
  { "mlperf_tiny_ad_autoencoder_fp32", FLOAT, 265864, 264192 },
  { "mlperf_tiny_ad_autoencoder_int8", ONE_STEP, 265864, 264192 },
  { "mlperf_tiny_ic_resnet8_fp32", FLOAT, 77706, 12501632, 77706 },
  { "mlperf_tiny_ic_resnet8_int8", ONE_STEP, 77706, 12501632 },
  { "mlperf_tiny_kws_dscnn_fp32", FLOAT, 22604, 2656768 },
  { "mlperf_tiny_kws_dscnn_int8", ONE_STEP, 22604, 2656768, 22604 },
  { "mlperf_tiny_vww_mobilenetv1_fp32", FLOAT, 210850, 7489664 },
  { "mlperf_tiny_vww_mobilenetv1_int8", ONE_STEP, 210850, 7489664 },
  { "mlperf_tiny_sww_1ddscnn_int8", ONE_STEP, 0, 0 },
  { "micro_speech_int8", ONE_STEP, 0, 0 },
  { "mobilenetv2_imagenet_fp32", FLOAT, 0, 0 },
  { "mobilenetv2_imagenet_int8", SEMANTIC, 0, 0 },
  { "bert_tiny_shape_random", FLOAT, 0, 0 },
  { "dtln_stage1", FLOAT, 0, 0 },
  { "edsr_f32b5_x2_fp32", FLOAT, 0, 0 },
  { "g2p_gru_decoder_step", FLOAT, 0, 0 },
  { "g2p_gru_encoder", FLOAT, 0, 0 },
  { "light_densenet121", FLOAT, 0, 0 },
  { "light_inception_v1", FLOAT, 0, 0 },
  { "light_resnet50", FLOAT, 0, 0, 25557032 },
  { "light_squeezenet", FLOAT, 0, 0, 1235496 },
  { "magika_v3_3", FLOAT, 0, 0 },
  { "silero_vad_v6", FLOAT, 0, 0 },
  { "silero_vad_v6_16k_flat", FLOAT, 0, 0 },
  { "stories260K_decode128", FLOAT, 0, 0, 292800 },
  { "stories260K_prefill64", FLOAT, 0, 0, 292800 },
  { "ultraface_rfb320", FLOAT, 0, 0 },
  { "vit_tiny_patch16_224_fp32", FLOAT, 0, 0, 5717416 },
};

static double
output_step (const StrataGraph *graph)
{
  int producer = graph->values[graph->outputs[0]].producer;

  g_assert_cmpint (graph->nodes[producer].op, ==, STRATA_OP_DEQUANTIZE_LINEAR);
  return (double) *(const float *) graph->values[graph->nodes[producer].inputs[1]].data;
}

static void
check_output (const Model *model, const StrataGraph *graph, const StrataArray *got, const StrataArray *wanted)
{
  DataSetDifference d;

  g_assert_true (data_set_compare (got, wanted, 0.0, &d));
  g_test_message ("%s: worst %.3g, peak %.3g, cosine %.6f", model->name, d.worst, d.peak, d.cosine);
  if (model->rule == FLOAT)
    g_assert_cmpfloat (d.worst, <=, 1e-4 * d.peak + 1e-6);
  else if (model->rule == ONE_STEP)
    g_assert_cmpfloat (d.worst, <=, 1.0001 * output_step (graph)); /* the product of code and scale rounds */
  else
    {
      g_assert_cmpfloat (d.cosine, >=, 0.98);
      g_assert_cmpint (d.argmax_got, ==, d.argmax_wanted); /* elsewhere ties, as in saturated states, decide it */
    }
}

static void
check_set (const Model *model, const StrataGraph *graph, char **names, const char *folder)
{
  const StrataArray *given[MAX_OPERANDS] = { NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) inputs = data_set_load (folder, "input", &error);
  g_autoptr (GPtrArray) wanted = data_set_load (folder, "output", &error);
  StrataArray *got[MAX_OPERANDS] = { NULL };
  gint64 start = g_get_monotonic_time ();

  g_assert_no_error (error);
  for (int i = 0; i < graph->n_inputs; i++)
    for (guint k = 0; k < inputs->len; k++)
      if (g_str_equal (names[k], graph->values[graph->inputs[i]].name))
        given[i] = inputs->pdata[k];
  g_assert_cmpint ((int) wanted->len, ==, graph->n_outputs);
  g_assert_cmpint (graph->n_outputs, <=, (int) G_N_ELEMENTS (got));
  g_assert_true (strata_graph_run (graph, given, got, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  g_test_message ("%s: %.2f ms", model->name, (double) (g_get_monotonic_time () - start) / 1000.0);
  for (guint i = 0; i < wanted->len; i++)
    {
      check_output (model, graph, got[i], wanted->pdata[i]);
      strata_array_free (got[i]);
    }
}

static void
test_model (gconstpointer data)
{
  const Model *model = data;
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *folder = g_build_filename (shared == NULL ? "" : shared, "models", model->name, NULL);
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataGraph) rewritten = NULL;
  g_autofree char *first = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = NULL;
  int n_sets = 0;

  if (shared == NULL || !g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the test models are not there (STRATA_SHARED)");
      return;
    }
  first = g_build_filename (folder, "test_data_set_0", NULL);
  graph = data_set_load_model (path, first, &names, &error);
  g_assert_no_error (error);
  g_assert_true (strata_graph_check (graph, &error));
  g_assert_true (strata_graph_check_weights (graph, NULL));
  if (model->n_parameters > 0)
    {
      g_assert_cmpint (strata_graph_n_parameters (graph), ==, model->n_parameters);
      g_assert_cmpint (strata_graph_n_macs (graph), ==, model->n_macs);
    }
  if (model->n_trainable > 0)
    g_assert_cmpint (strata_graph_n_trainable (graph), ==, model->n_trainable);
  rewritten = strata_graph_rewrite (graph, STRATA_REWRITE_ALL, NULL, &error);
  g_assert_no_error (error);
  for (;; n_sets++)
    {
      g_autofree char *set = g_strdup_printf ("%s/test_data_set_%d", folder, n_sets);

      if (!g_file_test (set, G_FILE_TEST_IS_DIR))
        break;
      check_set (model, graph, names, set);
      check_set (model, rewritten, names, set);
    }
  g_assert_cmpint (n_sets, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sdk/model/models/%s", models[i].name);

      g_test_add_data_func (path, &models[i], test_model);
    }
  return g_test_run ();
}
