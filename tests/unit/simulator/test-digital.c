/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators that no crossbar takes, each in a small network of its own: compiled, executed without analog noise, and
 * compared with the reference executor on the same inputs. Integers must be equal, floats as near as 16 bits between
 * digital ops and 8 bits toward crossbars allow. Then once more through arrays with noise: it runs.
 */
#include <math.h>

#include "base/rng.h"
#include "compiler/pipeline.h"
#include "simulator/simulator.h"

#define N_SAMPLES 3
#define MAX_ENDS 4

typedef struct
{
  const char *name, *text;
  int n_digital; /* ops that stay digital */
  double least_db;
} Case;

static const Case cases[] = {
  { "softmax-over-rows",
    "graph opset 17 folded 0\ninput x float32[1x3x4]\nnode @0 Softmax s (x) -> (y float32[1x3x4]) axis=1\noutput y\n",
    1, 60 },
  { "softmax-flattened",
    "graph opset 11 folded 0\ninput x float32[1x3x2x2]\nnode @0 Softmax s (x) -> (y float32[1x3x2x2]) axis=1\noutput "
    "y\n",
    1, 60 },
  { "norm-and-product",
    "graph opset 17 folded 0\ninput x float32[1x6x4]\nconstant g float32[4] {1.0, 2.0, 0.5, 1.0}\n"
    "constant w float32[4x3] {1.0, 0.5, -1.0, 2.0, 1.0, 0.25, -0.5, 1.0, 1.0, 0.1, 0.2, 0.3}\n"
    "node @0 LayerNormalization n (x, g) -> (n float32[1x6x4])\n"
    "node @1 MatMul m (n, w) -> (y float32[1x6x3])\noutput y\n",
    1, 35 },
  { "gelu", "graph opset 20 folded 0\ninput x float32[1x6x4]\nnode @0 Gelu g (x) -> (y float32[1x6x4])\noutput y\n", 1,
    60 },
  { "scores",
    "graph opset 17 folded 0\ninput q float32[1x2x3x4]\ninput k float32[1x2x5x4]\n"
    "node @0 Transpose t (k) -> (u float32[1x2x4x5]) perm=[0, 1, 3, 2]\n"
    "node @1 MatMul m (q, u) -> (s float32[1x2x3x5])\nnode @2 Softmax p (s) -> (y float32[1x2x3x5]) axis=-1\noutput "
    "y\n",
    1, 60 },
  { "attention",
    "graph opset 23 folded 0\ninput q float32[1x2x3x4]\ninput k float32[1x2x5x4]\ninput v float32[1x2x5x4]\n"
    "node @0 Attention a (q, k, v) -> (y float32[1x2x3x4])\noutput y\n",
    1, 60 },
  { "rms-norm",
    "graph opset 23 folded 0\ninput x float32[1x6x4]\nconstant g float32[4] {1.0, 2.0, 0.5, 1.0}\n"
    "node @0 RMSNormalization n (x, g) -> (y float32[1x6x4])\noutput y\n",
    1, 60 },
  { "lstm",
    "graph opset 14 folded 0\ninput x float32[3x1x2]\n"
    "constant w float32[1x8x2] {0.5, -0.5, 0.25, 1.0, -1.0, 0.5, 0.75, 0.1, 0.2, 0.3, -0.4, 0.5, 0.6, -0.7, 0.8, 0.9}\n"
    "constant r float32[1x8x2] {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, -0.1, -0.2, -0.3, -0.4, -0.5, -0.6, -0.7, "
    "-0.8}\n"
    "node @0 LSTM l (x, w, r) -> (y float32[3x1x1x2], h float32[1x1x2], c float32[1x1x2]) hidden_size=2\n"
    "output y\noutput h\noutput c\n",
    1, 60 },
  { "gru",
    "graph opset 14 folded 0\ninput x float32[3x1x2]\n"
    "constant w float32[1x6x2] {0.5, -0.5, 0.25, 1.0, -1.0, 0.5, 0.75, 0.1, 0.2, 0.3, -0.4, 0.5}\n"
    "constant r float32[1x6x2] {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, -0.1, -0.2, -0.3, -0.4}\n"
    "node @0 GRU g (x, w, r) -> (-, h float32[1x1x2]) hidden_size=2\noutput h\n",
    1, 60 },
  { "embedding",
    "graph opset 17 folded 0\ninput ids int64[1x5]\n"
    "constant t float32[3x4] {1.0, -1.0, 0.5, 2.0, 0.0, 0.25, 1.0, -2.0, 0.75, 1.5, -0.5, 1.0}\n"
    "constant w float32[4x2] {1.0, 0.5, -1.0, 2.0, 1.0, 0.25, -0.5, 1.0}\n"
    "node @0 Gather g (t, ids) -> (e float32[1x5x4])\nnode @1 MatMul m (e, w) -> (y float32[1x5x2])\noutput y\n",
    1, 35 },
  { "concat-and-conv",
    "graph opset 17 folded 0\ninput x float32[1x2x3x3]\nconstant w float32[1x4x1x1] {1.0, -1.0, 0.5, 0.25}\n"
    "node @0 LeakyRelu l (x) -> (a float32[1x2x3x3])\nnode @1 Concat c (a, x) -> (b float32[1x4x3x3]) axis=1\n"
    "node @2 Conv v (b, w) -> (y float32[1x1x3x3])\noutput y\n",
    2, 35 },
  { "resize",
    "graph opset 17 folded 0\ninput x float32[1x2x3x3]\nconstant s float32[4] {1.0, 1.0, 2.0, 2.0}\n"
    "node @0 Resize r (x, -, s) -> (y float32[1x2x6x6]) mode=\"linear\"\noutput y\n",
    1, 60 },
  { "depth-to-space",
    "graph opset 17 folded 0\ninput x float32[1x4x2x3]\n"
    "node @0 DepthToSpace d (x) -> (y float32[1x1x4x6]) blocksize=2\noutput y\n",
    1, 60 },
  { "lrn",
    "graph opset 13 folded 0\ninput x float32[1x4x3x3]\nnode @0 LRN l (x) -> (y float32[1x4x3x3]) size=3\noutput y\n",
    1, 60 },
  { "instance-norm",
    "graph opset 17 folded 0\ninput x float32[1x2x4x4]\nconstant s float32[2] {1.0, 2.0}\nconstant b float32[2] {0.0, "
    "1.0}\n"
    "node @0 InstanceNormalization i (x, s, b) -> (y float32[1x2x4x4])\noutput y\n",
    1, 60 },
  { "choice",
    "graph opset 17 folded 0\ninput a float32[1x6]\ninput b float32[1x6]\n"
    "node @0 Greater g (a, b) -> (c bool[1x6])\nnode @1 Where w (c, a, b) -> (y float32[1x6])\noutput y\noutput c\n",
    2, 60 },
  { "top",
    "graph opset 17 folded 0\ninput x float32[1x3x4]\nconstant k int64[1] {2}\n"
    "node @0 TopK t (x, k) -> (v float32[1x3x2], i int64[1x3x2])\noutput v\noutput i\n",
    1, 60 },
  { "transposed",
    "graph opset 17 folded 0\ninput x float32[1x3x4]\nnode @0 Transpose t (x) -> (y float32[1x4x3]) perm=[0, 2, "
    "1]\noutput y\n",
    1, 60 },
  { "gate",
    "graph opset 17 folded 0\ninput x float32[1x3x4]\ninput g float32[1x3x1]\n"
    "node @0 Mul m (x, g) -> (y float32[1x3x4])\noutput y\n",
    1, 60 },
  { "mask",
    "graph opset 17 folded 0\ninput x float32[1x2x3]\nconstant m float32[2x3] {0.0, -inf, -inf, 0.0, 0.0, -inf}\n"
    "node @0 Add a (x, m) -> (s float32[1x2x3])\nnode @1 Softmax p (s) -> (y float32[1x2x3]) axis=-1\noutput y\n",
    1, 60 },
  { "split",
    "graph opset 17 folded 0\ninput x float32[1x2x6]\nconstant n int64[2] {2, 4}\n"
    "node @0 Split s (x, n) -> (a float32[1x2x2], b float32[1x2x4]) axis=-1\noutput b\noutput a\n",
    1, 60 },
  { "batch-of-rows",
    "graph opset 17 folded 0\ninput x float32[2x3x4]\n"
    "constant w float32[4x2] {1.0, 0.5, -1.0, 2.0, 1.0, 0.25, -0.5, 1.0}\n"
    "node @0 MatMul m (x, w) -> (y float32[2x3x2])\noutput y\n",
    0, 35 },
};

static StrataGraph *
parse (const Case *c)
{
  g_autoptr (GError) error = NULL;
  StrataGraph *graph = strata_graph_parse (c->text, &error);

  g_assert_no_error (error);
  return graph;
}

static StrataArray *
draw (const StrataGraph *graph, int input, int sample)
{
  const StrataValue *v = &graph->values[graph->inputs[input]];
  StrataArray *array = strata_array_new (v->dtype, v->n_dims, v->dims);
  StrataRngKey key = strata_rng_key (7, (guint64) input);
  gint64 n = strata_array_count (array);

  if (v->dtype == STRATA_DTYPE_F32)
    strata_rng_normal (key, (guint64) sample, array->data, (gsize) n);
  for (gint64 i = 0; i < n && v->dtype == STRATA_DTYPE_I64; i++)
    ((gint64 *) array->data)[i] = (sample + i * 2) % 3;
  return array;
}

static StrataImage *
compile (const StrataGraph *graph, const StrataSample *samples)
{
  g_autoptr (StrataChipSpec) chip = NULL;
  g_autoptr (GError) error = NULL;
  StrataCompileOptions options;
  StrataImage *image;

  chip = strata_chip_spec_load ("demonstrator", &error);
  g_assert_no_error (error);
  strata_compile_options_init (&options);
  options.calibration.samples = samples;
  options.calibration.n_samples = N_SAMPLES;
  image = strata_compile (graph, chip, &options, NULL, &error);
  g_assert_no_error (error);
  return image;
}

static void
compare (const Case *c, const StrataArray *got, const StrataArray *wanted)
{
  gint64 n = strata_array_count (wanted);
  double signal = 0, noise = 0;

  g_assert_cmpint (got->dtype, ==, wanted->dtype);
  g_assert_cmpint (strata_array_count (got), ==, n);
  if (wanted->dtype != STRATA_DTYPE_F32)
    {
      g_assert_cmpmem (got->data, got->n_bytes, wanted->data, wanted->n_bytes);
      return;
    }
  for (gint64 i = 0; i < n; i++)
    {
      double y = (double) ((const float *) got->data)[i], r = (double) ((const float *) wanted->data)[i];

      signal += r * r;
      noise += (y - r) * (y - r);
    }
  if (!(noise * pow (10, c->least_db / 10) <= signal))
    g_error ("%s: %.1f dB, wanted %.0f", c->name, 10 * log10 (signal / noise), c->least_db);
}

static void
run (
  const Case *c, const StrataGraph *graph, const StrataImage *image, const StrataSample *samples, StrataAnalog analog)
{
  const StrataFunctionalOptions options = { .analog = analog, .seed = 3 };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataFunctional) functional = strata_functional_new (image, &options, &error);

  g_assert_no_error (error);
  for (int s = 0; s < N_SAMPLES; s++)
    {
      const StrataArray *const *inputs = (const StrataArray *const *) samples[s].inputs;
      StrataArray *got[MAX_ENDS] = { NULL }, *wanted[MAX_ENDS] = { NULL };

      strata_functional_run (functional, (guint64) s, inputs, got, NULL, &error);
      g_assert_no_error (error);
      strata_graph_run (graph, inputs, wanted, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
      for (int i = 0; i < graph->n_outputs; i++)
        {
          if (analog == STRATA_ANALOG_OFF)
            compare (c, got[i], wanted[i]);
          strata_array_free (got[i]);
          strata_array_free (wanted[i]);
        }
    }
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (StrataGraph) graph = parse (c);
  g_autoptr (StrataImage) image = NULL;
  StrataArray *inputs[N_SAMPLES][MAX_ENDS] = { { NULL } };
  StrataSample samples[N_SAMPLES];
  int n_digital = 0;

  for (int s = 0; s < N_SAMPLES; s++)
    {
      for (int i = 0; i < graph->n_inputs; i++)
        inputs[s][i] = draw (graph, i, s);
      samples[s] = (StrataSample){ inputs[s] };
    }
  image = compile (graph, samples);
  for (int i = 0; i < image->graph->n_ops; i++)
    n_digital += image->graph->ops[i].kind == STRATA_QOP_DIGITAL;
  g_assert_cmpint (n_digital, ==, c->n_digital);
  run (c, graph, image, samples, STRATA_ANALOG_OFF);
  run (c, graph, image, samples, STRATA_ANALOG_NOMINAL);
  for (int s = 0; s < N_SAMPLES; s++)
    for (int i = 0; i < graph->n_inputs; i++)
      strata_array_free (inputs[s][i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/sdk/simulator/digital/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  return g_test_run ();
}
