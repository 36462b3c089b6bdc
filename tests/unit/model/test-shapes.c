/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules, one line per case: inputs are floats unless said otherwise; expected shapes are from the operators'
 * definitions.
 */
#include "model/graph.h"

#include <string.h>

#include "onnx-writer.h"

typedef struct
{
  const char *name, *op;
  int opset;
  const char *shapes; /* of inputs, "1x3x8x8 16x3x3x3"; "-" left out, "k:2,-1" an int64 constant, "s" a scalar */
  const char *attrs;  /* "group=2 pads=[1,1,1,1] auto_pad=SAME_UPPER" */
  const char *wanted; /* "1x16x8x8", or part of the refusal after "!" */
} Case;

static const Case cases[] = {
  { "conv", "Conv", 11, "1x3x8x9 16x3x3x3 16", "pads=[1,1,1,1]", "1x16x8x9" },
  { "conv-stride", "Conv", 11, "1x3x8x9 16x3x3x3", "strides=[2,2]", "1x16x3x4" },
  { "conv-dilated", "Conv", 11, "1x3x8x9 16x3x3x3", "dilations=[2,3]", "1x16x4x3" },
  { "conv-same-upper", "Conv", 11, "1x1x49x10 64x1x10x4", "auto_pad=SAME_UPPER strides=[2,2]", "1x64x25x5" },
  { "conv-same-lower", "Conv", 11, "1x1x49x10 64x1x10x4", "auto_pad=SAME_LOWER strides=[2,2]", "1x64x25x5" },
  { "conv-valid", "Conv", 11, "1x1x5x5 1x1x3x3", "auto_pad=VALID", "1x1x3x3" },
  { "conv-1d", "Conv", 11, "2x4x10 8x4x3", "", "2x8x8" },
  { "conv-depthwise", "Conv", 11, "1x8x5x5 16x1x3x3", "group=8", "1x16x3x3" },
  { "conv-3d", "Conv", 11, "1x2x5x6x7 4x1x3x3x2", "group=2 strides=[2,1,1] pads=[1,0,0,1,0,0]", "1x4x3x4x6" },
  { "conv-flat", "Conv", 11, "1x1 1x1", "", "!its input has 2 dimensions; 3 (N, C, W) to 8 are accepted" },
  { "conv-transpose-3d", "ConvTranspose", 11, "1x2x3x3x3 2x4x3x3x3", "strides=[2,2,2] output_padding=[1,0,0]",
    "1x4x8x7x7" },
  { "max-pool-3d", "MaxPool", 12, "1x2x5x6x7", "kernel_shape=[2,2,2] strides=[2,2,2] ceil_mode=1", "1x2x3x3x4" },
  { "max-pool-3d-large", "MaxPool", 12, "1x2x5x6x7", "kernel_shape=[2,16777216,2]",
    "!its window is larger than the padded input along dimension 3 (6)" },
  { "conv-channels", "Conv", 11, "1x3x8x8 16x4x3x3", "", "!its input has 3 channels; its weights ask for 4" },
  { "conv-groups", "Conv", 11, "1x4x8x8 3x2x3x3", "group=2", "!3 output channels are not a multiple of 2 groups" },
  { "conv-bias", "Conv", 11, "1x3x8x8 16x3x3x3 8", "", "!does not have 16 values" },
  { "conv-window", "Conv", 11, "1x3x2x8 16x3x3x3", "",
    "!its window is larger than the padded input along dimension 2 (2)" },
  { "conv-negative-pad", "Conv", 11, "1x3x8x8 1x3x3x3", "pads=[-1,0,0,0]", "!its attribute pads has the value -1" },
  { "conv-zero-stride", "Conv", 11, "1x3x8x8 1x3x3x3", "strides=[0,1]", "!its attribute strides has the value 0" },
  { "conv-kernel", "Conv", 11, "1x3x8x8 1x3x3x3", "kernel_shape=[5,5]", "!against kernel_shape" },
  { "max-pool", "MaxPool", 12, "1x2x7x7", "kernel_shape=[2,2] strides=[2,2]", "1x2x3x3" },
  { "max-pool-ceil", "MaxPool", 12, "1x2x7x7", "kernel_shape=[2,2] strides=[2,2] ceil_mode=1", "1x2x4x4" },
  /* 5 cells, stride 3, kernel 1: a ceil window would begin at 6, past the input */
  { "max-pool-ceil-past", "MaxPool", 12, "1x1x5x5", "kernel_shape=[1,1] strides=[3,3] ceil_mode=1", "1x1x2x2" },
  { "max-pool-no-kernel", "MaxPool", 12, "1x2x7x7", "", "!it has no kernel_shape" },
  { "global-pool", "GlobalAveragePool", 11, "2x5x7x9", "", "2x5x1x1" },
  { "gemm", "Gemm", 13, "2x3 4x3 4", "transB=1", "2x4" },
  { "gemm-misfit", "Gemm", 13, "2x3 4x3", "", "!3 columns against 4 rows" },
  { "gemm-bias", "Gemm", 13, "2x3 3x4 3", "", "!does not broadcast to 2x4" },
  { "mat-mul", "MatMul", 13, "2x1x3x4 5x4x6", "", "2x5x3x6" },
  { "mat-mul-vectors", "MatMul", 13, "4 4", "", "" },
  { "mat-mul-row", "MatMul", 13, "4 7x4x5", "", "7x5" },
  { "mat-mul-misfit", "MatMul", 13, "2x3 2x3", "", "!3 columns against 2 rows" },
  { "broadcast", "Add", 13, "2x1x4 3x1", "", "2x3x4" },
  { "broadcast-scalar", "Mul", 13, "s 3x1", "", "3x1" },
  { "broadcast-misfit", "Sub", 13, "2x3 2x4", "", "!its inputs do not broadcast: input 1 is [2x4] where 3 is needed" },
  { "sum", "Sum", 13, "2x3 3 2x1", "", "2x3" },
  { "reshape", "Reshape", 13, "2x3x4 k:0,-1", "", "2x12" },
  { "reshape-misfit", "Reshape", 13, "2x3x4 k:5,-1", "", "!24 elements do not fill its shape" },
  { "reshape-two-open", "Reshape", 13, "2x3x4 k:-1,-1", "", "!dimension 1 of its shape is -1; one -1" },
  { "reshape-zero-past", "Reshape", 13, "24 k:24,0", "", "!dimension 1 of its shape is 0 and the input has only 1" },
  { "reshape-overflow", "Reshape", 13, "24 k:2147483647,2147483647,2147483647", "", "!overflows" },
  { "reshape-run-time", "Reshape", 13, "24 i:2", "", "!is computed at run time; it must be a constant" },
  { "flatten", "Flatten", 13, "2x3x4x5", "axis=2", "6x20" },
  { "flatten-0", "Flatten", 13, "2x3x4x5", "axis=0", "1x120" },
  { "flatten-negative", "Flatten", 13, "2x3x4x5", "axis=-1", "24x5" },
  { "squeeze-11", "Squeeze", 11, "1x3x1x5", "axes=[0,-2]", "3x5" },
  { "squeeze-13", "Squeeze", 13, "1x3x1x5 k:2", "", "1x3x5" },
  { "squeeze-all", "Squeeze", 13, "1x3x1x5", "", "3x5" },
  { "squeeze-3", "Squeeze", 13, "1x3x1x5 k:1", "", "!dimension 1 is 3; only dimensions of 1" },
  { "unsqueeze-11", "Unsqueeze", 11, "3x4", "axes=[0,3]", "1x3x4x1" },
  { "unsqueeze-13", "Unsqueeze", 13, "3x4 k:-1,0", "", "1x3x4x1" },
  { "unsqueeze-twice", "Unsqueeze", 13, "3x4 k:0,0", "", "!axis 0 is named twice" },
  { "transpose", "Transpose", 13, "2x3x4", "", "4x3x2" },
  { "transpose-perm", "Transpose", 13, "2x3x4", "perm=[1,0,2]", "3x2x4" },
  { "transpose-bad", "Transpose", 13, "2x3x4", "perm=[1,1,2]", "!perm is no permutation" },
  { "concat", "Concat", 13, "2x3 2x5 2x1", "axis=-1", "2x9" },
  { "concat-misfit", "Concat", 13, "2x3 4x5", "axis=1", "!its inputs differ off axis 1" },
  { "slice-9", "Slice", 9, "4x10", "starts=[1,2] ends=[3,-1]", "2x7" },
  { "slice-10", "Slice", 10, "4x10 k:0 k:9223372036854775807 k:1 k:3", "", "4x4" },
  { "slice-back", "Slice", 13, "4x10 k:-1 k:-9223372036854775807 k:1 k:-2", "", "4x5" },
  { "slice-empty", "Slice", 13, "4x10 k:5 k:2 k:1", "", "4x0" },
  { "slice-zero-step", "Slice", 13, "4x10 k:0 k:2 k:1 k:0", "", "!step 0 is 0" },
  { "slice-axis", "Slice", 13, "4x10 k:0 k:2 k:2", "", "!axis 2 is out of range; -2 to 1 are accepted" },
  { "pad-1", "Pad", 1, "3x4", "paddings=[1,0,2,3]", "!operator Pad is not in this opset" },
  { "pad-2", "Pad", 2, "3x4", "pads=[1,0,2,3]", "6x7" },
  { "pad-7", "Pad", 7, "3x4", "pads=[1,0,2,3]", "6x7" },
  { "pad-11", "Pad", 11, "3x4 k:0,1,0,1", "", "3x6" },
  { "pad-18", "Pad", 18, "3x4 k:1,2 - k:-1", "", "3x7" },
  { "pad-crop", "Pad", 11, "3x4 k:0,-1,0,-1", "", "3x2" },
  { "pad-below", "Pad", 11, "3x4 k:0,-3,0,-2", "", "!dimension 1 of its output is -1" },
  { "pad-reflect", "Pad", 11, "3x4 k:3,0,0,0", "mode=reflect", "!reflects past dimension 0" },
  { "pad-count", "Pad", 11, "3x4 k:1,1", "", "!2 pads for 2 axes" },
  { "reduce-11", "ReduceMean", 11, "2x3x4x5", "axes=[2,3]", "2x3x1x1" },
  { "reduce-18", "ReduceMean", 18, "2x3x4x5 k:-1", "keepdims=0", "2x3x4" },
  { "reduce-all", "ReduceMean", 13, "2x3x4x5", "keepdims=0", "" },
  { "reduce-noop", "ReduceMean", 18, "2x3", "noop_with_empty_axes=1", "2x3" },
  { "gather", "Gather", 13, "5x6x7 i:2x3", "axis=1", "5x2x3x7" },
  { "batch-norm", "BatchNormalization", 9, "1x4x3x3 4 4 4 4", "", "1x4x3x3" },
  { "batch-norm-misfit", "BatchNormalization", 9, "1x4x3x3 4 4 3 4", "", "!does not have one value per channel" },
  { "softmax-axis", "Softmax", 13, "2x3", "axis=2", "!axis 2 is out of range" },
  { "clip-6", "Clip", 7, "2x3", "min=0.0", "2x3" },
  { "clip-11", "Clip", 11, "2x3 - s", "", "2x3" },
  { "clip-vector", "Clip", 11, "2x3 2", "", "!is no scalar" },
  { "cast", "Cast", 13, "2x3", "to=7", "2x3" },
  { "cast-bad", "Cast", 13, "2x3", "to=8", "!element type string (8) is not supported" },
  { "line-up", "Add", 6, "2x3x4 k:1,2,3", "axis=1 broadcast=1", "!inputs 0 and 1 are float32 and int64" },
  { "line-up-run-time", "Add", 6, "2x3x4 3", "axis=1 broadcast=1", "!that only this node reads: convert the model" },
  { "line-up-at-end", "Add", 6, "2x3x4 3x4", "axis=1 broadcast=1", "2x3x4" },
  { "line-up-past", "Add", 6, "2x3x4 3x4", "axis=2 broadcast=1",
    "!its second operand has 2 dimensions from axis 2 on" },
  { "grid-sample", "GridSample", 16, "2x3x5x6 2x7x8x2", "", "2x3x7x8" },
  { "grid-sample-3d", "GridSample", 20, "2x3x4x5x6 2x7x8x9x3", "mode=cubic", "2x3x7x8x9" },
  { "grid-sample-misfit", "GridSample", 16, "2x3x5x6 2x7x8x3", "", "!its grid does not fit its input" },
  { "grid-sample-mode", "GridSample", 16, "2x3x5x6 2x7x8x2", "mode=best", "!its mode is best; linear, bilinear" },
  { "affine-grid", "AffineGrid", 20, "2x3x4 k:2,3,5,6,7", "", "2x5x6x7x3" },
  { "affine-grid-misfit", "AffineGrid", 20, "2x3x4 k:2,3,5,6", "", "!its size and its matrices do not fit" },
  { "roi-align", "RoiAlign", 16, "2x3x9x9 4x4 k:0,1,1,0", "output_height=5 output_width=7", "4x3x5x7" },
  { "roi-align-samples", "RoiAlign", 16, "2x3x9x9 1x4 k:0", "sampling_ratio=2147483647", "!0 to 128 are accepted" },
  { "deform-conv", "DeformConv", 19, "1x2x5x6 4x1x3x3 1x36x3x4", "group=2 offset_group=2", "1x4x3x4" },
  { "deform-conv-offsets", "DeformConv", 19, "1x2x5x6 4x1x3x3 1x18x3x4", "group=2 offset_group=2",
    "!does not have one number per offset group" },
  { "col2im", "Col2Im", 18, "2x12x12 k:5,6 k:2,3", "", "!12 columns of 12 do not fit 16 blocks of 6 cells" },
  { "col2im-strides", "Col2Im", 18, "2x12x8 k:5,6 k:2,3", "strides=[1,2]", "2x2x5x6" },
  { "col2im-huge", "Col2Im", 18, "2x12x8 k:2147483647,2147483647,2147483647 k:1,1,1", "",
    "!its block or its image is too large" },
  { "max-unpool", "MaxUnpool", 11, "1x1x2x2 i:1x1x2x2", "kernel_shape=[2,2] strides=[2,2]", "1x1x4x4" },
  { "max-unpool-shape", "MaxUnpool", 11, "1x1x2x2 i:1x1x2x2 k:1,1,3,5", "kernel_shape=[2,2] strides=[2,2]",
    "!its output_shape does not hold the 4 cells of dimension 2" },
  { "nms-run-time", "NonMaxSuppression", 11, "1x6x4 1x1x6", "",
    "!its output has no fixed shape; it must be a constant" },
  { "unique-run-time", "Unique", 11, "6", "", "!its output has no fixed shape; it must be a constant" },
  { "unique", "Unique", 11, "k:3,1,3,2", "", "3" },
  { "dft-17", "DFT", 17, "2x9x3x1", "axis=1 onesided=1", "2x5x3x2" },
  { "dft-20", "DFT", 20, "2x9x8x2 k:12", "", "2x9x12x2" },
  { "dft-last", "DFT", 17, "2x9x2", "axis=2", "!axis 2 is none of its signal" },
  { "dft-complex-half", "DFT", 17, "2x9x2", "onesided=1", "!onesided is 1 and its signal complex" },
  { "dft-back", "DFT", 20, "2x5x2", "onesided=1 inverse=1", "2x8x1" },
  { "stft", "STFT", 17, "2x40x1 k:6 10", "", "2x6x6x2" },
  { "stft-short", "STFT", 17, "2x8x1 k:6 10", "", "!do not fit its window or a signal of 8" },
  { "hann", "HannWindow", 17, "k:9", "", "9" },
  { "hann-negative", "HannWindow", 17, "k:-1", "", "!dimension 0 of its output is -1" },
  { "det", "Det", 11, "7x3x3", "", "7" },
  { "det-oblong", "Det", 11, "3x4", "", "!its input is no square matrix" },
  { "crop-pad", "CenterCropPad", 18, "6x5x4 k:3,9", "axes=[0,2]", "3x5x9" },
  { "crop-pad-misfit", "CenterCropPad", 18, "6x5x4 k:3,9", "", "!2 sizes for 3 axes" },
  { "loss", "NegativeLogLikelihoodLoss", 13, "3x5x4 i:3x4", "reduction=none", "3x4" },
  { "loss-mean", "SoftmaxCrossEntropyLoss", 13, "3x5x4 i:3x4 5", "", "" },
  { "loss-misfit", "SoftmaxCrossEntropyLoss", 13, "3x5x4 i:3x5", "", "!its target does not have the shape" },
  { "n-grams", "TfIdfVectorizer", 9, "i:3x9", "mode=TF ngram_counts=[0,2] ngram_indexes=[0,1,5] pool_int64s=[1,2,3,4]",
    "3x6" },
  { "n-grams-misfit", "TfIdfVectorizer", 9, "i:3x9",
    "mode=TF ngram_counts=[0,3] ngram_indexes=[0] pool_int64s=[1,2,3,4]", "!do not divide its pool of 4 integers" },
  { "too-large", "Add", 13, "65536x1 1x65536", "", "!more than 2147483647 elements" },
};

static int
parse_dims (const char *text, gint64 *dims)
{
  g_auto (GStrv) parts = g_strsplit (text, "x", -1);
  int n = 0;

  for (; parts[n] != NULL; n++)
    dims[n] = g_ascii_strtoll (parts[n], NULL, 10);
  return n;
}

/* Adds input @index as "k:…" says; returns its name. */
static char *
add_input (Message *graph, const char *text, guint index)
{
  char *name = g_strdup_printf ("in%u", index);
  gint64 dims[16];

  if (g_str_equal (text, "-"))
    {
      g_free (name);
      return g_strdup ("-");
    }
  if (g_str_has_prefix (text, "k:"))
    {
      g_auto (GStrv) parts = g_strsplit (text + 2, ",", -1);
      int n = 0;

      for (; parts[n] != NULL; n++)
        dims[n] = g_ascii_strtoll (parts[n], NULL, 10);
      put_int64s (graph, name, n, dims);
    }
  else if (g_str_has_prefix (text, "i:"))
    put_message (graph, 11, info (name, 7, parse_dims (text + 2, dims), dims, NULL));
  else
    put_float_input (graph, name, g_str_equal (text, "s") ? 0 : parse_dims (text, dims), dims);
  return name;
}

static void
add_attr (Message *node_message, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "=", 2);
  gint64 values[16];
  int n = 0;

  if (*parts[1] == '[')
    {
      g_auto (GStrv) numbers = g_strsplit_set (parts[1] + 1, ",]", -1);

      for (; numbers[n] != NULL && *numbers[n] != '\0'; n++)
        values[n] = g_ascii_strtoll (numbers[n], NULL, 10);
      with (node_message, attr_ints (parts[0], n, values));
    }
  else if (strchr (parts[1], '.') != NULL)
    with (node_message, attr_float (parts[0], (float) g_ascii_strtod (parts[1], NULL)));
  else if (g_ascii_isdigit (*parts[1]) || *parts[1] == '-')
    with (node_message, attr_int (parts[0], g_ascii_strtoll (parts[1], NULL, 10)));
  else
    with (node_message, attr_text (parts[0], parts[1]));
}

static GBytes *
build (const Case *c)
{
  g_auto (GStrv) shapes = g_strsplit (c->shapes, " ", -1);
  g_auto (GStrv) attrs = g_strsplit (c->attrs, " ", -1);
  g_autoptr (GString) names = g_string_new (NULL);
  Message *graph = message_new (), *message;

  for (guint i = 0; shapes[i] != NULL; i++)
    {
      g_autofree char *name = add_input (graph, shapes[i], i);

      g_string_append_printf (names, "%s ", name);
    }
  message = node (c->op, "n", names->str, "y");
  for (guint i = 0; attrs[i] != NULL && *attrs[i] != '\0'; i++)
    add_attr (message, attrs[i]);
  put_node (graph, message);
  put_output (graph, "y");
  return model (graph, c->opset);
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GBytes) bytes = build (c);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = strata_onnx_parse (bytes, "net", &error);
  g_autoptr (GString) got = g_string_new (NULL);
  const StrataValue *value;

  if (*c->wanted == '!')
    {
      g_assert_null (graph);
      if (strstr (error->message, c->wanted + 1) == NULL)
        g_error ("'%s' does not contain '%s'", error->message, c->wanted + 1);
      return;
    }
  g_assert_no_error (error);
  value = &graph->values[graph->outputs[0]];
  for (int i = 0; i < value->n_dims; i++)
    g_string_append_printf (got, "%s%" G_GINT64_FORMAT, i == 0 ? "" : "x", value->dims[i]);
  g_assert_cmpstr (got->str, ==, c->wanted);
}

static void
assert_window (const char *mode, int top, int left, int bottom, int right)
{
  g_autofree char *attrs = g_strdup_printf ("auto_pad=%s strides=[2,2]", mode);
  Case c = { "window", "Conv", 11, "1x1x49x10 64x1x10x4", attrs, "" };
  g_autoptr (GBytes) bytes = build (&c);
  g_autoptr (StrataGraph) graph = strata_onnx_parse (bytes, "net", NULL);
  StrataWindow window;

  g_assert_true (strata_node_window (graph, 0, &window, NULL));
  g_assert_cmpint (window.pad_top, ==, top);
  g_assert_cmpint (window.pad_left, ==, left);
  g_assert_cmpint (window.pad_bottom, ==, bottom);
  g_assert_cmpint (window.pad_right, ==, right);
}

/* The first layer of the MLPerf Tiny keyword spotter has pads 4, 1, 5, 1 */
static void
test_auto_pad (void)
{
  assert_window ("SAME_UPPER", 4, 1, 5, 1);
  assert_window ("SAME_LOWER", 5, 1, 4, 1);
  assert_window ("VALID", 0, 0, 0, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sdk/model/shapes/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/sdk/model/shapes/auto-pad", test_auto_pad);
  return g_test_run ();
}
