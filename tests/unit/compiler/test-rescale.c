/* SPDX-License-Identifier: Apache-2.0
 *
 * Gains between digital ops and the products that read them: outlier channels no longer take the codes of the others.
 */
#include <math.h>

#include "graph-maker.h"
#include "interpreter.h"
#include "support.h"

#define CHANNELS 32
#define ROWS 6
#define OUTPUTS 12
#define N_INPUTS (CHANNELS * ROWS)
#define N_SAMPLES 4
#define OUTLIER 100.0f

static float
noise (guint32 *state)
{
  *state = *state * 1664525u + 1013904223u;
  return (float) (gint32) *state / 2147483648.0f;
}

/* Weights that take channel 0 as quietly as it is loud; @stride_c: from one channel to the next */
static float *
make_weights (GraphMaker *maker, int stride_c, int stride_n, float outlier)
{
  float *weights = strata_arena_array (maker->arena, float, CHANNELS *OUTPUTS);
  guint32 state = 9;

  for (int c = 0; c < CHANNELS; c++)
    for (int n = 0; n < OUTPUTS; n++)
      weights[c * stride_c + n * stride_n] = noise (&state) / (c == 0 ? outlier : 1);
  return weights;
}

/* A norm of tokens whose gain makes channel 0 loud, then one product or two that are added; @residual: the norm's
 * result is added too */
static StrataGraph *
tokens (float outlier, gboolean residual)
{
  static float gain[CHANNELS], offset[CHANNELS];
  float *weights, *square;
  GraphMaker m;
  int x, normed, first, second, sum;

  maker_init (&m);
  weights = make_weights (&m, OUTPUTS, 1, outlier);
  square = strata_arena_array (m.arena, float, CHANNELS *CHANNELS);
  for (int c = 0; c < CHANNELS; c++)
    gain[c] = c == 0 ? outlier : 1;
  for (int i = 0; i < CHANNELS * CHANNELS; i++)
    square[i] = weights[i % CHANNELS * OUTPUTS + i / CHANNELS % OUTPUTS];
  x = maker_input (&m, "x", 1, ROWS, CHANNELS, 0);
  normed = maker_value (&m, "normed", STRATA_DTYPE_F32, 1, ROWS, CHANNELS, 0);
  maker_node (&m, STRATA_OP_LAYER_NORMALIZATION, normed, x, maker_floats (&m, gain, CHANNELS, 0),
              maker_floats (&m, offset, CHANNELS, 0), -2);
  first = maker_value (&m, "first", STRATA_DTYPE_F32, 1, ROWS, residual ? CHANNELS : OUTPUTS, 0);
  maker_node (
    &m, STRATA_OP_MAT_MUL, first, normed,
    residual ? maker_floats (&m, square, CHANNELS, CHANNELS, 0) : maker_floats (&m, weights, CHANNELS, OUTPUTS, 0), -2);
  second = normed;
  if (!residual)
    {
      second = maker_value (&m, "second", STRATA_DTYPE_F32, 1, ROWS, OUTPUTS, 0);
      maker_node (&m, STRATA_OP_MAT_MUL, second, normed, maker_floats (&m, weights, CHANNELS, OUTPUTS, 0), -2);
    }
  sum = maker_value (&m, "y", STRATA_DTYPE_F32, 1, ROWS, residual ? CHANNELS : OUTPUTS, 0);
  maker_node (&m, STRATA_OP_ADD, sum, first, second, -2);
  maker_output (&m, sum);
  return maker_finish (&m);
}

/* An activation of planes, channel 0 of which is loud at the input, and a convolution */
static StrataGraph *
planes (float outlier)
{
  const gint64 kernel[] = { 1, 1 };
  GraphMaker m;
  float *weights;
  int x, active, y, node;

  maker_init (&m);
  weights = make_weights (&m, 1, CHANNELS, outlier);
  x = maker_input (&m, "x", 1, CHANNELS, ROWS / 2, 2, 0);
  active = maker_value (&m, "active", STRATA_DTYPE_F32, 1, CHANNELS, ROWS / 2, 2, 0);
  maker_node (&m, STRATA_OP_SOFTPLUS, active, x, -2);
  y = maker_value (&m, "y", STRATA_DTYPE_F32, 1, OUTPUTS, ROWS / 2, 2, 0);
  node = maker_node (&m, STRATA_OP_CONV, y, active, maker_floats (&m, weights, OUTPUTS, CHANNELS, 1, 1, 0), -2);
  maker_attr_ints (&m, node, "kernel_shape", 2, kernel);
  maker_output (&m, y);
  return maker_finish (&m);
}

/* @loud: of channel 0; @stride_c: as it lies */
static void
make_samples (float samples[N_SAMPLES][N_INPUTS], float loud, int stride_c)
{
  guint32 state = 3;

  for (int s = 0; s < N_SAMPLES; s++)
    for (int i = 0; i < N_INPUTS; i++)
      samples[s][i] = 3 * noise (&state) * (i / stride_c % CHANNELS == 0 ? loud : 1);
}

static StrataQGraph *
quantise (const StrataGraph *graph, float samples[N_SAMPLES][N_INPUTS], guint without)
{
  StrataSample set[N_SAMPLES];
  StrataArray *arrays[N_SAMPLES];
  StrataCalibration calibration = { .samples = set, .n_samples = N_SAMPLES, .n_threads = 1, .n_reads = 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataLowered) lowered = strata_lower (graph, &error);
  StrataChipSpec chip;
  StrataQGraph *q;

  g_assert_no_error (error);
  simple_chip (&chip, 2);
  calibration.without = without | STRATA_QUANTISE_WIDE;
  for (int i = 0; i < N_SAMPLES; i++)
    {
      arrays[i] = model_input (graph, samples[i]);
      set[i].inputs = &arrays[i];
    }
  q = strata_quantise (graph, lowered, &chip, &calibration, &error);
  g_assert_no_error (error);
  strata_qgraph_check (q, &error);
  g_assert_no_error (error);
  for (int i = 0; i < N_SAMPLES; i++)
    strata_array_free (arrays[i]);
  return q;
}

static double
worst_db (const StrataGraph *graph, const StrataQGraph *q, float samples[N_SAMPLES][N_INPUTS])
{
  double least = INFINITY;

  for (int s = 0; s < N_SAMPLES; s++)
    {
      const float *inputs[1] = { samples[s] };
      gint64 n;
      g_autofree float *got = interpret (q, inputs, &n), *expected = run_float (graph, samples[s]);

      least = MIN (least, snr_db (got, expected, n));
    }
  return least;
}

static void
compare (const StrataGraph *graph, float samples[N_SAMPLES][N_INPUTS], double at_most, double at_least)
{
  g_autoptr (StrataQGraph) with = quantise (graph, samples, 0);
  g_autoptr (StrataQGraph) without = quantise (graph, samples, STRATA_QUANTISE_EQUALISE);

  g_test_message ("%.1f dB, with gains %.1f dB", worst_db (graph, without, samples), worst_db (graph, with, samples));
  g_assert_cmpfloat (worst_db (graph, without, samples), <, at_most);
  g_assert_cmpfloat (worst_db (graph, with, samples), >, at_least);
}

static void
test_tokens (void)
{
  g_autoptr (StrataGraph) graph = tokens (OUTLIER, FALSE);
  float samples[N_SAMPLES][N_INPUTS];

  make_samples (samples, 1, 1);
  compare (graph, samples, 20, 35);
}

static void
test_planes (void)
{
  g_autoptr (StrataGraph) graph = planes (OUTLIER);
  float samples[N_SAMPLES][N_INPUTS];

  make_samples (samples, OUTLIER, ROWS);
  compare (graph, samples, 20, 35);
}

/* Where channels are alike, and where somebody else reads what the norm makes, all stays as it is. */
static void
test_left_alone (void)
{
  g_autoptr (StrataGraph) even = tokens (1, FALSE), shared = tokens (OUTLIER, TRUE);
  StrataGraph *graphs[] = { even, shared };
  float samples[N_SAMPLES][N_INPUTS];

  make_samples (samples, 1, 1);
  for (guint i = 0; i < G_N_ELEMENTS (graphs); i++)
    {
      g_autoptr (StrataQGraph) with = quantise (graphs[i], samples, 0);
      g_autoptr (StrataQGraph) without = quantise (graphs[i], samples, STRATA_QUANTISE_EQUALISE);

      g_assert_cmphex (strata_qgraph_hash (with), ==, strata_qgraph_hash (without));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/quantise/rescale/tokens", test_tokens);
  g_test_add_func ("/sdk/compiler/quantise/rescale/planes", test_planes);
  g_test_add_func ("/sdk/compiler/quantise/rescale/left-alone", test_left_alone);
  return g_test_run ();
}
