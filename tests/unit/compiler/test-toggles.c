/* SPDX-License-Identifier: Apache-2.0
 *
 * Toggles of driven rows: distributions worked out by hand, drawn codes counted phase by phase, and the rows of real
 * networks on real samples, driven position after position as the simulator drives them.
 */
#include <math.h>

#include "base/rng.h"
#include "cost/toggles.h"
#include "interpreter.h"
#include "kernels/analog-read.h"
#include "kernels/int-dot.h"
#include "support.h"

#define N_DRAWN 20000
#define MAX_SETS 8
/* Of the counted share, of a network and of a layer: rows differ and positions next to one another hold similar values,
 * which the expectation does not know. */
#define WITHIN 0.05
#define LAYER_WITHIN 0.15

static StrataChipSpec
make_chip (int input_bits, int phase_bits)
{
  return (StrataChipSpec){ .input_bits = input_bits, .phase_bits = phase_bits };
}

static void
expect (const StrataChipSpec *chip, const double *shares, int lowest, double following, double repeated)
{
  double f, r;

  strata_cost_toggles (chip, shares, lowest, &f, &r);
  g_assert_cmpfloat_with_epsilon (f, following, 1e-12);
  g_assert_cmpfloat_with_epsilon (r, repeated, 1e-12);
}

static void
test_by_hand (void)
{
  StrataChipSpec bits = make_chip (8, 1), nibbles = make_chip (8, 4);
  double uniform[STRATA_N_CODES], one[STRATA_N_CODES] = { 0 }, two[STRATA_N_CODES] = { 0 };

  for (int i = 0; i < STRATA_N_CODES; i++)
    uniform[i] = 1.0 / STRATA_N_CODES;
  /* Independent bits rise in a quarter of the phases, in offset binary as in two's complement; digits of 4 bits by
   * (16^2
   * - 1) / (6 x 16 x 15) of their range */
  expect (&bits, uniform, 0, 0.25, 0.25);
  expect (&bits, uniform, -128, 0.25, 0.25);
  expect (&nibbles, uniform, 0, 255.0 / 1440, 255.0 / 1440);
  /* 0101 0101: four rises a vector, the last of them from one vector to the next */
  one[0x55] = 1;
  expect (&bits, one, 0, 0.5, 0.5);
  /* 1101 0101, which is -43: from its last digit to its first nothing changes */
  expect (&bits, one, -128, 0.375, 0.375);
  /* 0 and -1: digits within a vector never change; half of the vectors that follow 0 are -1 */
  two[128] = two[127] = 0.5;
  expect (&bits, two, -128, 0.25 / 8, 0);
}

/* Rises of a row over a sequence of codes that begins anew at its end, by shifting bits out one by one */
static gint64
count_rises (const int *codes, gsize n, int n_reads)
{
  gint64 n_rises = 0;
  int last = (codes[n - 1] >> 7) & 1;

  for (gsize i = 0; i < n; i++)
    for (int read = 0; read < n_reads; read++)
      for (int phase = 0; phase < 8; phase++)
        {
          int bit = (codes[i] >> phase) & 1;

          n_rises += last == 0 && bit == 1;
          last = bit;
        }
  return n_rises;
}

static void
test_drawn (void)
{
  StrataChipSpec chip = make_chip (8, 1);

  for (guint64 seed = 0; seed < 6; seed++)
    {
      g_autofree int *codes = g_new (int, N_DRAWN);
      g_autofree float *normal = g_new (float, N_DRAWN);
      double shares[STRATA_N_CODES] = { 0 }, following, repeated, counted;
      int lowest = seed % 2 == 0 ? -128 : 0, n_reads = 1 + (int) seed % 3;

      strata_rng_normal (strata_rng_key (seed, 1), 0, normal, N_DRAWN);
      for (int i = 0; i < N_DRAWN; i++)
        {
          double x = (double) normal[i] * (4 << seed);

          codes[i] = (int) CLAMP (rint (lowest == 0 ? fabs (x) : x), lowest, lowest + 255);
          shares[codes[i] - lowest] += 1.0 / N_DRAWN;
        }
      strata_cost_toggles (&chip, shares, lowest, &following, &repeated);
      counted = (double) count_rises (codes, N_DRAWN, n_reads) / (8.0 * N_DRAWN * n_reads);
      /* Four deviations of a mean of as many bits */
      g_assert_cmpfloat_with_epsilon ((following + (n_reads - 1) * repeated) / n_reads, counted,
                                      4 * 0.5 / sqrt (8.0 * N_DRAWN));
    }
}

/* Codes of @tensor for one input */
static gint16 *
codes_of (const StrataQGraph *q, int tensor, const float *input)
{
  g_autoptr (StrataQGraph) cut = strata_qgraph_share (q);
  const float *inputs[1] = { input };
  g_autofree float *values = NULL;
  gint16 *codes;
  gint64 n;

  cut->outputs[0] = tensor;
  values = interpret (cut, inputs, &n);
  codes = g_new (gint16, n);
  for (gint64 i = 0; i < n; i++)
    codes[i] = (gint16) values[i];
  return codes;
}

/* Share of rises of all rows of a product over the positions of all samples */
static double
count_product (const StrataQGraph *q, const StrataQOp *op, float *const *samples, int n_samples)
{
  const StrataQTensor *in = &q->tensors[op->inputs[0]], *out = &q->tensors[op->output];
  const StrataWindow *w = &op->window;
  const StrataIntWindow window = {
    .channels = in->channels,
    .height = in->height,
    .width = in->width,
    .out_height = out->height,
    .out_width = out->width,
    .kernel_h = w->kernel_h,
    .kernel_w = w->kernel_w,
    .stride_h = w->stride_h,
    .stride_w = w->stride_w,
    .dilation_h = w->dilation_h,
    .dilation_w = w->dilation_w,
    .pad_top = w->pad_top,
    .pad_left = w->pad_left,
  };
  int subtract = strata_analog_subtract (in->zero_point), k = op->k * w->groups;
  gsize n_positions = (gsize) out->height * (gsize) out->width * (gsize) n_samples;
  g_autofree gint16 *rows = g_new (gint16, n_positions * (gsize) k);
  g_autofree int *sequence = g_new (int, n_positions);
  gint64 n_rises = 0;

  for (int s = 0; s < n_samples; s++)
    {
      g_autofree gint16 *codes = codes_of (q, op->inputs[0], samples[s]);

      for (int y = 0; y < out->height; y++)
        strata_int_gather (codes, &window, subtract, in->zero_point - subtract, y, 0, k,
                           rows + (gsize) (s * out->height + y) * (gsize) out->width * (gsize) k);
    }
  for (int row = 0; row < k; row++)
    {
      for (gsize p = 0; p < n_positions; p++)
        sequence[p] = rows[p * (gsize) k + (gsize) row];
      n_rises += count_rises (sequence, n_positions, op->n_reads);
    }
  return (double) n_rises / (8.0 * (double) n_positions * k * op->n_reads);
}

static void
test_network (gconstpointer data)
{
  const char *model = data;
  g_autoptr (StrataGraph) graph = NULL;
  float *samples[MAX_SETS];
  double expected = 0, counted = 0, weight = 0;
  int n_samples = 0;
  gint64 n;

  if (shared_folder () == NULL)
    return;
  graph = load_model (model);
  while (n_samples < MAX_SETS && (samples[n_samples] = load_reference (model, n_samples, "input_0", &n)) != NULL)
    n_samples++;
  {
    g_autoptr (StrataQGraph) q = quantise_model (graph, (const float *const *) samples, n_samples, 2);
    g_autoptr (StrataQGraph) guessed = quantise_model (graph, NULL, 0, 2);

    for (int i = 0; i < q->n_ops; i++)
      {
        const StrataQOp *op = &q->ops[i];
        const StrataQTensor *out = &q->tensors[op->output];
        double share, real;

        if (op->kind != STRATA_QOP_MVM)
          continue;
        g_assert_cmpint (guessed->ops[i].x_toggles, ==, 0);
        share = strata_qop_toggle_share (op);
        real = count_product (q, op, samples, n_samples);
        g_test_message ("%s: expected %.4f, counted %.4f", op->name, share, real);
        expected += share * op->k * out->height * out->width;
        counted += real * op->k * out->height * out->width;
        weight += (double) op->k * out->height * out->width;
        g_assert_cmpfloat_with_epsilon (share, real, LAYER_WITHIN * real);
      }
    g_test_message ("%s: expected %.4f, counted %.4f of driven rows and phases", model, expected / weight,
                    counted / weight);
    g_assert_cmpfloat_with_epsilon (expected, counted, WITHIN * counted);
  }
  for (int i = 0; i < n_samples; i++)
    g_free (samples[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/toggles/by-hand", test_by_hand);
  g_test_add_func ("/sdk/compiler/toggles/drawn", test_drawn);
  g_test_add_data_func ("/sdk/compiler/toggles/kws", "mlperf_tiny_kws_dscnn_fp32", test_network);
  g_test_add_data_func ("/sdk/compiler/toggles/kws-int8", "mlperf_tiny_kws_dscnn_int8", test_network);
  g_test_add_data_func ("/sdk/compiler/toggles/resnet8", "mlperf_tiny_ic_resnet8_fp32", test_network);
  g_test_add_data_func ("/sdk/compiler/toggles/autoencoder", "mlperf_tiny_ad_autoencoder_fp32", test_network);
  return g_test_run ();
}
