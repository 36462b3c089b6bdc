/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantised graphs by hand, chips of any size, and whole programs of them.
 */
#include "lib/fixtures.h"

#include "base/rng.h"
#include "model/onnx/write.h"

#define MAX_THINGS 16384

StrataQGraph *
fixtures_graph_new (void)
{
  StrataQGraph *graph = g_new0 (StrataQGraph, 1);

  graph->arena = strata_arena_new ();
  graph->tensors = strata_arena_array (graph->arena, StrataQTensor, MAX_THINGS);
  graph->ops = strata_arena_array (graph->arena, StrataQOp, MAX_THINGS);
  graph->inputs = strata_arena_array (graph->arena, int, MAX_THINGS);
  graph->outputs = strata_arena_array (graph->arena, int, MAX_THINGS);
  graph->node_op = strata_arena_array (graph->arena, int, MAX_THINGS);
  graph->quantised_source = TRUE;
  return graph;
}

static int
add_tensor (StrataQGraph *graph, int channels, int height, int width, int producer)
{
  int id = graph->n_tensors++;

  g_assert_cmpint (id, <, MAX_THINGS);
  graph->tensors[id] = (StrataQTensor){
    strata_arena_printf (graph->arena, "t%d", id), channels, height, width, STRATA_FORMAT_I8, 0.05, 3, producer, FALSE
  };
  return id;
}

int
fixtures_input (StrataQGraph *graph, int channels, int height, int width)
{
  int id = add_tensor (graph, channels, height, width, -1);

  graph->inputs[graph->n_inputs++] = id;
  return id;
}

void
fixtures_output (StrataQGraph *graph, int tensor)
{
  graph->outputs[graph->n_outputs++] = tensor;
}

static StrataQOp *
add_op (StrataQGraph *graph, StrataQOpKind kind, const char *onnx, int input, int channels, int height, int width)
{
  int id = graph->n_ops++;
  StrataQOp *op = &graph->ops[id];

  graph->node_op[graph->n_nodes++] = id;
  *op = (StrataQOp){ .kind = kind,
                     .name = strata_arena_printf (graph->arena, "%s%d", strata_qop_name (kind), id),
                     .onnx = onnx,
                     .node = id,
                     .inputs = { input },
                     .n_inputs = 1,
                     .window = { 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1 },
                     .clamp_lo = -128,
                     .clamp_hi = 127 };
  op->output = add_tensor (graph, channels, height, width, id);
  return op;
}

static void
set_weights (StrataQGraph *graph, StrataQOp *op, int n, int k)
{
  gint16 *weights;
  gint32 *bias;
  double *multiplier;

  op->n = n;
  op->k = k;
  op->weight_max = 127;
  op->n_slices = op->kind == STRATA_QOP_MVM ? 2 : 0;
  op->n_reads = op->kind == STRATA_QOP_MVM ? 1 : 0;
  if (graph->weightless)
    return;
  weights = strata_arena_array (graph->arena, gint16, (gsize) n * k);
  bias = strata_arena_array (graph->arena, gint32, n);
  multiplier = strata_arena_array (graph->arena, double, n);
  /* Multiplicative hash of the position: cheap, and no two rows alike */
  for (int i = 0; i < n * k; i++)
    weights[i] = (gint16) ((int) ((((guint32) i + (guint32) op->node * 7919u) * 2654435761u >> 16) % 255) - 127);
  for (int i = 0; i < n; i++)
    {
      bias[i] = i * 3 - 20;
      multiplier[i] = 1e-4 * (1 + i % 5);
    }
  op->weights = weights;
  op->bias = bias;
  op->multiplier = multiplier;
}

static int
add_window_op (StrataQGraph *graph, StrataQOpKind kind, int input, int n, int kernel, int stride, int groups)
{
  StrataQTensor in = graph->tensors[input];
  int pad = kernel / 2;
  StrataQOp *op = add_op (graph, kind, "Conv", input, n, (in.height + 2 * pad - kernel) / stride + 1,
                          (in.width + 2 * pad - kernel) / stride + 1);

  op->window = (StrataWindow){ kernel, kernel, stride, stride, 1, 1, pad, pad, pad, pad, groups };
  set_weights (graph, op, n, in.channels / groups * kernel * kernel);
  return op->output;
}

int
fixtures_conv (StrataQGraph *graph, int input, int n, int kernel, int stride)
{
  return add_window_op (graph, STRATA_QOP_MVM, input, n, kernel, stride, 1);
}

int
fixtures_depthwise (StrataQGraph *graph, int input, int kernel, int stride)
{
  int n = graph->tensors[input].channels;

  return add_window_op (graph, STRATA_QOP_MAC, input, n, kernel, stride, n);
}

int
fixtures_grouped (StrataQGraph *graph, int input, int n, int kernel, int stride, int groups)
{
  return add_window_op (graph, STRATA_QOP_MAC, input, n, kernel, stride, groups);
}

int
fixtures_dense (StrataQGraph *graph, int input, int n)
{
  StrataQOp *op = add_op (graph, STRATA_QOP_MVM, "Gemm", input, n, 1, 1);

  set_weights (graph, op, n, graph->tensors[input].channels);
  return op->output;
}

int
fixtures_add (StrataQGraph *graph, int a, int b)
{
  StrataQTensor in = graph->tensors[a];
  StrataQOp *op = add_op (graph, STRATA_QOP_ADD, "Add", a, in.channels, in.height, in.width);

  op->inputs[1] = b;
  op->n_inputs = 2;
  op->input_multiplier[0] = op->input_multiplier[1] = 0.5;
  return op->output;
}

int
fixtures_average (StrataQGraph *graph, int input)
{
  StrataQTensor in = graph->tensors[input];
  StrataQOp *op = add_op (graph, STRATA_QOP_AVG_POOL, "GlobalAveragePool", input, in.channels, 1, 1);
  double *multiplier = strata_arena_array (graph->arena, double, 1);

  *multiplier = 1;
  op->window.kernel_h = in.height;
  op->window.kernel_w = in.width;
  op->multiplier = multiplier;
  return op->output;
}

int
fixtures_flatten (StrataQGraph *graph, int input)
{
  StrataQTensor in = graph->tensors[input];

  return add_op (graph, STRATA_QOP_RESHAPE, "Flatten", input, in.channels * in.height * in.width, 1, 1)->output;
}

static char *
digital_text (const StrataQTensor *t, gboolean product)
{
  g_autofree char *shape = g_strdup_printf ("float32[1x%dx%dx%d]", t->channels, t->height, t->width);

  if (!product)
    return g_strdup_printf ("graph opset 13 folded 0\ninput x %s\nnode @0 Softmax s (x) -> (y %s) axis=2\noutput y\n",
                            shape, shape);
  return g_strdup_printf ("graph opset 13 folded 0\ninput x %s\nconstant n int64[2] {%d, %d}\n"
                          "node @0 ConstantOfShape c (n) -> (w float32[%dx%d]) value=float32[1] {0.5}\n"
                          "node @1 MatMul m (x, w) -> (y %s)\noutput y\n",
                          shape, t->width, t->width, t->width, t->width, shape);
}

static void
set_digital (StrataQOp *op, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) model = strata_graph_parse (text, &error);
  g_autoptr (GBytes) bytes = NULL;

  g_assert_no_error (error);
  bytes = strata_onnx_write_bytes (model, NULL, &error);
  g_assert_no_error (error);
  op->digital = strata_digital_new (bytes, op->n_inputs, op->name, &error);
  g_assert_no_error (error);
}

int
fixtures_digital (StrataQGraph *graph, int input, gboolean product)
{
  StrataQTensor in = graph->tensors[input];
  StrataQOp *op =
    add_op (graph, STRATA_QOP_DIGITAL, product ? "MatMul" : "Softmax", input, in.channels, in.height, in.width);
  g_autofree char *text = digital_text (&in, product);

  set_digital (op, text);
  op->by_row = product ? 1 : 0;
  op->streams = product;
  return op->output;
}

int
fixtures_attention (StrataQGraph *graph, int query, int n_heads, int past)
{
  int width = graph->tensors[query].channels, head = width / n_heads, caches[2] = { -1, -1 };
  g_autofree char *cache = g_strdup_printf ("input pk float32[1x%dx%dx%d]\ninput pv float32[1x%dx%dx%d]\n", n_heads,
                                            past, head, n_heads, past, head);
  g_autofree char *text = NULL;
  StrataQOp *op;

  for (int i = 0; i < 2 && past > 0; i++)
    caches[i] = fixtures_input (graph, n_heads, past, head);
  op = add_op (graph, STRATA_QOP_DIGITAL, "Attention", query, width, 1, 1);
  op->n_inputs = past > 0 ? 3 : 1;
  op->inputs[1] = caches[0];
  op->inputs[2] = caches[1];
  for (int i = 0; i < 2; i++)
    {
      op->more_outputs[i] = add_tensor (graph, n_heads, past + 1, head, graph->n_ops - 1);
      fixtures_output (graph, op->more_outputs[i]);
    }
  op->n_more_outputs = 2;
  text = g_strdup_printf ("graph opset 23 folded 0\ninput q float32[1x1x%d]\n%s"
                          "node @0 Attention a (q, q, q%s) -> (y float32[1x1x%d], k float32[1x%dx%dx%d], "
                          "v float32[1x%dx%dx%d]) q_num_heads=%d kv_num_heads=%d\n"
                          "output y\noutput k\noutput v\n",
                          width, past > 0 ? cache : "", past > 0 ? ", -, pk, pv" : "", width, n_heads, past + 1, head,
                          n_heads, past + 1, head, n_heads, n_heads);
  set_digital (op, text);
  return op->output;
}

int
fixtures_lookup (StrataQGraph *graph, int n_rows, int channels)
{
  int input = fixtures_input (graph, 1, 1, 1);
  StrataQOp *op = add_op (graph, STRATA_QOP_DIGITAL, "Gather", input, channels, 1, 1);
  g_autoptr (GString) text = g_string_new ("graph opset 13 folded 0\ninput i int64[1x1]\n");

  g_string_append_printf (text, "constant w float32[%dx%d] {0", n_rows, channels);
  for (int i = 1; i < n_rows * channels; i++)
    g_string_append_printf (text, ", %d", i % 100);
  g_string_append_printf (text, "}\nnode @0 Gather g (w, i) -> (y float32[1x1x%d]) axis=0\noutput y\n", channels);
  graph->tensors[input].format = STRATA_FORMAT_I32;
  graph->tensors[input].dtype = STRATA_DTYPE_I64;
  set_digital (op, text->str);
  return op->output;
}

StrataQGraph *
fixtures_tiny (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_input (graph, 3, 8, 8);

  t = fixtures_conv (graph, t, 16, 3, 1);
  t = fixtures_conv (graph, t, 24, 3, 2);
  t = fixtures_flatten (graph, t);
  fixtures_output (graph, fixtures_dense (graph, t, 10));
  return graph;
}

StrataQGraph *
fixtures_random (guint64 seed)
{
  StrataRngKey key = strata_rng_key (seed, 11);
  StrataQGraph *graph = fixtures_graph_new ();
  StrataRngBlock r = strata_rng_block (key, 0, 0);
  int t = fixtures_input (graph, 1 + (int) (r.word[0] % 40), 4 + (int) (r.word[1] % 12), 4 + (int) (r.word[2] % 12));
  int n_layers = 1 + (int) (r.word[3] % 6);

  for (int i = 1; i <= n_layers; i++)
    {
      int before = t, kernel;

      r = strata_rng_block (key, (guint64) i, 0);
      kernel = r.word[1] % 2 ? 3 : 1;
      switch (r.word[0] % 4)
        {
        case 0:
          t = fixtures_depthwise (graph, t, 3, 1 + (int) (r.word[2] % 2));
          break;
        case 1:
          t = fixtures_conv (graph, t, graph->tensors[t].channels, kernel, 1);
          t = fixtures_add (graph, t, before);
          break;
        default:
          t = fixtures_conv (graph, t, 1 + (int) (r.word[3] % 300), kernel, 1 + (int) (r.word[2] % 2));
        }
      if (r.word[2] / 2 % 4 < 2)
        t = fixtures_digital (graph, t, r.word[2] / 2 % 4 == 0);
    }
  t = r.word[0] % 3 ? fixtures_average (graph, t) : fixtures_flatten (graph, t);
  fixtures_output (graph, fixtures_dense (graph, t, 1 + (int) (r.word[1] % 200)));
  return graph;
}

StrataChipSpec *
fixtures_chip (const char *name, int mesh_x, int mesh_y, int tiers)
{
  g_autoptr (GError) error = NULL;
  StrataChipSpec *chip = strata_chip_spec_load (name, &error);

  g_assert_no_error (error);
  if (tiers > 0)
    chip->tiers = tiers;
  if (mesh_x > 0)
    {
      chip->mesh_x = mesh_x;
      chip->mesh_y = mesh_y;
      chip->n_stacks = mesh_x * mesh_y;
      chip->hub_x2 = mesh_x - 1;
      chip->hub_y2 = mesh_y - 1;
    }
  return chip;
}

void
fixtures_kill (StrataChipSpec *chip, guint64 seed, double share)
{
  StrataRngKey key = strata_rng_key (seed, 12);

  chip->dead = strata_arena_array (chip->arena, StrataSite, (gsize) chip->n_stacks * chip->tiers);
  chip->n_dead = 0;
  for (int stack = 0; stack < chip->n_stacks; stack++)
    for (int tier = 0; tier < chip->tiers; tier++)
      if (strata_rng_uniform (key, (guint64) stack * (guint64) chip->tiers + (guint64) tier) < share)
        chip->dead[chip->n_dead++] = (StrataSite){ stack, tier };
}

StrataImage *
fixtures_image (StrataQGraph *graph, StrataChipSpec *chip)
{
  return fixtures_image_with (graph, chip, 0);
}

StrataImage *
fixtures_image_with (StrataQGraph *graph, StrataChipSpec *chip, double effort)
{
  const StrataPlaceOptions options = { .effort = effort };
  g_autoptr (GError) error = NULL;
  StrataImage *image = g_new0 (StrataImage, 1);

  image->graph = graph;
  image->chip = chip;
  strata_qgraph_check (graph, &error);
  g_assert_no_error (error);
  image->tiles = strata_map (graph, chip, NULL, &error);
  g_assert_no_error (error);
  image->placement = strata_place (graph, image->tiles, chip, &options, &error);
  g_assert_no_error (error);
  image->schedule = strata_schedule (graph, image->tiles, image->placement, chip, NULL, &error);
  g_assert_no_error (error);
  image->model_name = g_strdup ("fixture");
  image->model_path = g_strdup ("fixture.onnx");
  strata_image_seal (image);
  return image;
}
