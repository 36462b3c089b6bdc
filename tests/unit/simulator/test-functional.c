/* SPDX-License-Identifier: Apache-2.0 */
#include "functional-fixture.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"

static StrataFunctional *
open_image (const StrataImage *image, StrataAnalog analog, guint64 seed, gboolean measure)
{
  const StrataFunctionalOptions options = { analog, seed, measure };
  g_autoptr (GError) error = NULL;
  StrataFunctional *functional = strata_functional_new (image, &options, &error);

  g_assert_no_error (error);
  return functional;
}

/* Without the terms @off */
static StrataFunctional *
open_without (const StrataImage *image, StrataPhysics off)
{
  g_autoptr (StrataConditions) conditions = strata_conditions_new ();
  const StrataFunctionalOptions options = { STRATA_ANALOG_NOMINAL, 5, TRUE, 0, conditions };
  g_autoptr (GError) error = NULL;
  StrataFunctional *functional;

  conditions->physics_off = off;
  functional = strata_functional_new (image, &options, &error);
  g_assert_no_error (error);
  return functional;
}

static StrataArray *
run (StrataFunctional *functional, const StrataImage *image, guint64 inference, guint64 sample)
{
  g_autoptr (StrataArray) input = functional_fixture_sample (image, sample);
  g_autoptr (GError) error = NULL;
  StrataArray *output = NULL;

  strata_functional_run (functional, inference, (const StrataArray *const[]){ input }, &output, NULL, &error);
  g_assert_no_error (error);
  return output;
}

static void
assert_same (const StrataArray *a, const StrataArray *b)
{
  g_assert_cmpmem (a->data, a->n_bytes, b->data, b->n_bytes);
}

/* Every output against the interpreter; codes exactly, reals to float rounding */
static void
check_against_interpreter (const StrataImage *image)
{
  g_autoptr (StrataFunctional) functional = open_image (image, STRATA_ANALOG_OFF, 0, FALSE);
  const StrataQTensor *info = &image->graph->tensors[image->graph->outputs[0]];

  for (guint64 s = 0; s < 5; s++)
    {
      g_autoptr (StrataArray) input = functional_fixture_sample (image, s);
      g_autoptr (StrataArray) output = run (functional, image, s, s);
      g_autofree double *expected = functional_fixture_interpret (image->graph, input, image->graph->outputs[0]);

      g_assert_cmpint (strata_array_count (output), ==, strata_qtensor_count (info));
      for (int i = 0; i < strata_array_count (output); i++)
        if (info->format == STRATA_FORMAT_F32)
          g_assert_cmpfloat_with_epsilon ((double) ((float *) output->data)[i], expected[i], 1e-6);
        else if (info->format == STRATA_FORMAT_I16)
          g_assert_cmpint (((gint16 *) output->data)[i], ==, (int) expected[i]);
        else
          g_assert_cmpint (((gint8 *) output->data)[i], ==, (int) expected[i]);
    }
}

static void
test_network (void)
{
  g_autoptr (FunctionalFixture) fixture = functional_fixture_network ();

  check_against_interpreter (&fixture->image);
  /* and the addition in its midst, as codes, where no softmax hides a difference */
  fixture->graph.outputs[0] = fixture->graph.ops[4].output;
  check_against_interpreter (&fixture->image);
}

static StrataQTensor
tensor (StrataFormat format, int channels, int height, int width, double scale, int zero_point)
{
  return (StrataQTensor){
    .channels = channels, .height = height, .width = width, .format = format, .scale = scale, .zero_point = zero_point
  };
}

static const StrataWindow no_window = { 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1 };

/* One op behind a quantisation, for the kinds the network does not have */
static void
check_single (
  StrataQOpKind kind, StrataFunction function, StrataFormat between, StrataQTensor out, StrataWindow window, int offset)
{
  g_autoptr (FunctionalFixture) fixture = functional_fixture_new ();
  int x = functional_fixture_input (fixture, 3, 5, 7);
  StrataQOp *op;

  if (between != STRATA_FORMAT_F32)
    x = functional_fixture_op (fixture, STRATA_QOP_QUANTISE, &x, 1, tensor (between, 3, 5, 7, 0.02, -3), no_window);
  x = functional_fixture_op (fixture, kind, &x, 1, out, window);
  op = functional_fixture_producer (fixture, x);
  op->function = function;
  op->offset_c = offset, op->offset_h = -offset, op->offset_w = offset;
  if (function == STRATA_FUNCTION_CLIP)
    op->clamp_lo_f = -0.5f, op->clamp_hi_f = 0.75f;
  check_against_interpreter (functional_fixture_image (fixture, x, 0));
}

static void
test_single_ops (void)
{
  const StrataWindow stride = { 1, 1, 2, 3, 1, 1, 0, 0, 0, 0, 1 }, pool = { 2, 3, 2, 2, 1, 2, 1, 2, 1, 2, 1 };
  const StrataFormat i8 = STRATA_FORMAT_I8, i16 = STRATA_FORMAT_I16, f32 = STRATA_FORMAT_F32;

  check_single (STRATA_QOP_REQUANTISE, 0, i8, tensor (i16, 3, 5, 7, 0.0007, 100), no_window, 0);
  check_single (STRATA_QOP_REQUANTISE, 0, i16, tensor (i8, 3, 5, 7, 0.05, 9), no_window, 0);
  check_single (STRATA_QOP_DEQUANTISE, 0, i16, tensor (f32, 3, 5, 7, 0, 0), no_window, 0);
  check_single (STRATA_QOP_ACTIVATE, STRATA_FUNCTION_RELU, i16, tensor (i8, 3, 5, 7, 0.01, -128), no_window, 0);
  check_single (STRATA_QOP_ACTIVATE, STRATA_FUNCTION_CLIP, i8, tensor (i8, 3, 5, 7, 0.01, 0), no_window, 0);
  check_single (STRATA_QOP_ACTIVATE, STRATA_FUNCTION_SIGMOID, i8, tensor (i8, 3, 5, 7, 1 / 256.0, -128), no_window, 0);
  check_single (STRATA_QOP_ACTIVATE, STRATA_FUNCTION_TANH, i8, tensor (i16, 3, 5, 7, 1 / 32767.0, 0), no_window, 0);
  check_single (STRATA_QOP_ACTIVATE, STRATA_FUNCTION_TANH, f32, tensor (f32, 3, 5, 7, 0, 0), no_window, 0);
  check_single (STRATA_QOP_AVG_POOL, 0, i8, tensor (i8, 3, 3, 4, 0.013, 4), pool, 0);
  check_single (STRATA_QOP_MAX_POOL, 0, f32, tensor (f32, 3, 3, 4, 0, 0), pool, 0);
  check_single (STRATA_QOP_MOVE, 0, i8, tensor (i8, 5, 4, 2, 0.02, -3), stride, 1);
  check_single (STRATA_QOP_MOVE, 0, f32, tensor (f32, 5, 4, 2, 0, 0), stride, 1);
  check_single (STRATA_QOP_RESHAPE, 0, i16, tensor (i16, 105, 1, 1, 0.02, -3), no_window, 0);
  check_single (STRATA_QOP_SOFTMAX, 0, f32, tensor (f32, 3, 5, 7, 0, 0), no_window, 0);
  check_single (STRATA_QOP_SOFTMAX, 0, i8, tensor (f32, 3, 5, 7, 0, 0), no_window, 0);
}

/* A converter of many bits and no noise: the analog path is the exact one. */
static void
test_ideal_is_exact (void)
{
  g_autoptr (FunctionalFixture) fixture = functional_fixture_network ();
  g_autoptr (StrataFunctional) exact = NULL, ideal = NULL;

  fixture->graph.outputs[0] = fixture->graph.ops[4].output;
  fixture->chip.adc_bits = 24;
  exact = open_image (&fixture->image, STRATA_ANALOG_OFF, 0, FALSE);
  ideal = open_image (&fixture->image, STRATA_ANALOG_IDEAL, 0, TRUE);
  for (guint64 s = 0; s < 5; s++)
    {
      g_autoptr (StrataArray) a = run (exact, &fixture->image, s, s), b = run (ideal, &fixture->image, s, s);

      assert_same (a, b);
    }
  g_assert_true (isinf (strata_functional_accuracy (ideal)[1].snr_db));
  g_assert_cmpfloat (strata_functional_accuracy (ideal)[1].clip_fraction, ==, 0);
  g_assert_true (isnan (strata_functional_accuracy (ideal)[0].snr_db));
}

static void
test_seeds (void)
{
  g_autoptr (FunctionalFixture) fixture = functional_fixture_network ();
  g_autoptr (StrataFunctional) one = NULL, again = NULL, two = NULL;
  g_autoptr (StrataArray) a = NULL, b = NULL, c = NULL, d = NULL;

  fixture->graph.outputs[0] = fixture->graph.ops[3].output;
  one = open_image (&fixture->image, STRATA_ANALOG_NOMINAL, 1, FALSE);
  again = open_image (&fixture->image, STRATA_ANALOG_NOMINAL, 1, FALSE);
  two = open_image (&fixture->image, STRATA_ANALOG_NOMINAL, 2, FALSE);
  a = run (one, &fixture->image, 7, 0), b = run (again, &fixture->image, 7, 0);
  c = run (two, &fixture->image, 7, 0), d = run (one, &fixture->image, 8, 0);
  assert_same (a, b);
  g_assert_cmpint (memcmp (a->data, c->data, a->n_bytes), !=, 0);
  g_assert_cmpint (memcmp (a->data, d->data, a->n_bytes), !=, 0);
}

typedef struct
{
  const StrataImage *image;
  StrataFunctional *functional;
  StrataArray *outputs[16];
} Batch;

static gboolean
run_cb (guint index, gpointer user_data, GError **error)
{
  Batch *batch = user_data;
  guint reversed = G_N_ELEMENTS (batch->outputs) - 1 - index;

  batch->outputs[reversed] = run (batch->functional, batch->image, reversed, reversed);
  return TRUE;
}

static void
test_threads (void)
{
  g_autoptr (FunctionalFixture) fixture = functional_fixture_network ();
  g_autoptr (StrataFunctional) functional = open_image (&fixture->image, STRATA_ANALOG_NOMINAL, 3, FALSE);
  Batch batch = { &fixture->image, functional, { NULL } };

  g_assert_true (strata_parallel_for (G_N_ELEMENTS (batch.outputs), 2, run_cb, &batch, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (batch.outputs); i++)
    {
      g_autoptr (StrataArray) alone = run (functional, &fixture->image, i, i);

      assert_same (alone, batch.outputs[i]);
      strata_array_free (batch.outputs[i]);
    }
}

/* Signal to noise of one dense layer */
static double
dense_snr (int n_row_copies, int n_reads, StrataAnalog analog, StrataCellModel cells)
{
  g_autoptr (FunctionalFixture) fixture = functional_fixture_new ();
  int x = functional_fixture_input (fixture, 16, 12, 12);
  const StrataImage *image;
  g_autoptr (StrataFunctional) functional = NULL;

  x = functional_fixture_op (fixture, STRATA_QOP_QUANTISE, &x, 1, tensor (STRATA_FORMAT_I8, 16, 12, 12, 0.03, 0),
                             no_window);
  x = functional_fixture_mvm (fixture, x, tensor (STRATA_FORMAT_I8, 16, 12, 12, 0.1, 0), no_window, 1, n_row_copies,
                              n_reads);
  fixture->chip.cell_model = cells;
  image = functional_fixture_image (fixture, x, 4);
  functional = open_image (image, analog, 5, TRUE);
  for (guint64 s = 0; s < 4; s++)
    strata_array_free (run (functional, image, s, s));
  g_assert_cmpfloat (strata_functional_accuracy (functional)[1].clip_fraction, <, 0.01);
  return strata_functional_accuracy (functional)[1].snr_db;
}

/* kT/C alone: an average of r readings and r copies of the rows gain 10 log r and 20 log r decibels, less what the
 * 8-bit converter takes. */
static void
test_signal_to_noise (void)
{
  double one = dense_snr (1, 1, STRATA_ANALOG_NOMINAL, STRATA_CELL_NONE);
  double four_reads = dense_snr (1, 4, STRATA_ANALOG_NOMINAL, STRATA_CELL_NONE);
  double sixteen_reads = dense_snr (1, 16, STRATA_ANALOG_NOMINAL, STRATA_CELL_NONE);
  double two_copies = dense_snr (2, 1, STRATA_ANALOG_NOMINAL, STRATA_CELL_NONE);
  double sonos = dense_snr (1, 4, STRATA_ANALOG_NOMINAL, STRATA_CELL_SONOS);
  double rough = dense_snr (1, 4, STRATA_ANALOG_CONSERVATIVE, STRATA_CELL_PCM_HERMES);

  g_test_message ("SNR one %.2f, reads 4: %.2f, 16: %.2f, copies 2: %.2f, sonos %.2f, pcm conservative %.2f dB", one,
                  four_reads, sixteen_reads, two_copies, sonos, rough);
  g_assert_cmpfloat_with_epsilon (four_reads - one, 6.02, 0.5);
  g_assert_cmpfloat_with_epsilon (sixteen_reads - one, 12.04, 0.8);
  g_assert_cmpfloat_with_epsilon (two_copies - one, 6.02, 0.5);
  g_assert_cmpfloat (sonos, <, four_reads);
  g_assert_cmpfloat (rough, <, sixteen_reads);
}

static double
snr_without (StrataPhysics off)
{
  g_autoptr (FunctionalFixture) fixture = functional_fixture_new ();
  int x = functional_fixture_input (fixture, 16, 12, 12);
  const StrataImage *image;
  g_autoptr (StrataFunctional) functional = NULL;

  x = functional_fixture_op (fixture, STRATA_QOP_QUANTISE, &x, 1, tensor (STRATA_FORMAT_I8, 16, 12, 12, 0.03, 0),
                             no_window);
  x = functional_fixture_mvm (fixture, x, tensor (STRATA_FORMAT_I16, 16, 12, 12, 0.001, 0), no_window, 1, 1, 1);
  image = functional_fixture_image (fixture, x, 4);
  functional = open_without (image, off);
  for (guint64 s = 0; s < 4; s++)
    strata_array_free (run (functional, image, s, s));
  return strata_functional_accuracy (functional)[1].snr_db;
}

/* One inference over all processors: outputs and measures as of one thread. */
static void
test_spread (void)
{
  g_autoptr (FunctionalFixture) fixture = functional_fixture_network ();
  const StrataFunctionalOptions options = {
    .analog = STRATA_ANALOG_NOMINAL, .seed = 3, .measure = TRUE, .spread = TRUE
  };
  g_autoptr (StrataFunctional) alone = open_image (&fixture->image, STRATA_ANALOG_NOMINAL, 3, TRUE);
  g_autoptr (StrataFunctional) spread = strata_functional_new (&fixture->image, &options, NULL);

  for (guint64 i = 0; i < 3; i++)
    {
      g_autoptr (StrataArray) expected = run (alone, &fixture->image, i, i);
      g_autoptr (StrataArray) output = run (spread, &fixture->image, i, i);

      assert_same (output, expected);
    }
  for (int i = 0; i < fixture->image.graph->n_ops; i++)
    {
      const StrataAccuracyRecord *a = &strata_functional_accuracy (alone)[i];
      const StrataAccuracyRecord *b = &strata_functional_accuracy (spread)[i];

      g_assert_true (isnan (a->snr_db) ? isnan (b->snr_db) : a->snr_db == b->snr_db);
      g_assert_true (isnan (a->clip_fraction) ? isnan (b->clip_fraction) : a->clip_fraction == b->clip_fraction);
    }
}

/* Every term costs something, and without any nothing is lost. */
static void
test_terms (void)
{
  static const StrataPhysics terms[] = { STRATA_PHYSICS_PROGRAMMING, STRATA_PHYSICS_READ, STRATA_PHYSICS_THERMAL,
                                         STRATA_PHYSICS_ROUNDING };
  const double none = snr_without (STRATA_PHYSICS_ALL), all = snr_without (0);

  g_test_message ("all %.2f dB, none %.2f dB", all, none);
  g_assert_cmpfloat (none, >, 50);
  for (guint i = 0; i < G_N_ELEMENTS (terms); i++)
    {
      double alone = snr_without (STRATA_PHYSICS_ALL & ~terms[i]);

      g_test_message ("%s alone: %.2f dB", strata_physics_name (terms[i]), alone);
      g_assert_cmpfloat (alone, <, none - 3);
      g_assert_cmpfloat (alone, >, all);
    }
}

/* A program whose instructions do not compute its graph is refused. */
static void
test_broken_programs (void)
{
  const StrataFunctionalOptions options = { STRATA_ANALOG_OFF, 0, FALSE };

  for (int fault = 0; fault < 3; fault++)
    {
      g_autoptr (FunctionalFixture) fixture = functional_fixture_network ();
      g_autoptr (StrataFunctional) functional = NULL;
      g_autoptr (GError) error = NULL;

      if (fault == 0) /* the first tile is executed twice, the second never */
        fixture->schedule.instructions[1].tile = 0;
      else if (fault == 1) /* the depthwise convolution is missing */
        for (int i = 0; i < fixture->schedule.n_instructions; i++)
          {
            if (fixture->schedule.instructions[i].opcode == STRATA_OPCODE_MAC)
              fixture->schedule.instructions[i].opcode = STRATA_OPCODE_LOAD;
          }
      else
        fixture->tiles.n_tiles = 0, fixture->schedule.n_instructions = 0;
      functional = strata_functional_new (&fixture->image, &options, &error);
      g_assert_null (functional);
      g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM);
    }
}

static void
test_wrong_input (void)
{
  g_autoptr (FunctionalFixture) fixture = functional_fixture_network ();
  g_autoptr (StrataFunctional) functional = open_image (&fixture->image, STRATA_ANALOG_OFF, 0, FALSE);
  g_autoptr (StrataArray) input = strata_array_new (STRATA_DTYPE_F32, 2, (gint64[]){ 1, 7 });
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (StrataArray) right = functional_fixture_sample (&fixture->image, 0);
  g_autoptr (GError) error = NULL;
  StrataArray *output = NULL;

  g_assert_false (strata_functional_run (functional, 0, (const StrataArray *const[]){ input }, &output, NULL, &error));
  g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT);
  g_assert_null (output);
  g_clear_error (&error);
  g_cancellable_cancel (cancellable);
  g_assert_false (
    strata_functional_run (functional, 0, (const StrataArray *const[]){ right }, &output, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Programming of a large network takes seconds. */
static void
test_cancelled (void)
{
  g_autoptr (FunctionalFixture) fixture = functional_fixture_network ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  const StrataFunctionalOptions options = { .analog = STRATA_ANALOG_NOMINAL, .cancellable = cancellable };

  g_cancellable_cancel (cancellable);
  g_assert_null (strata_functional_new (&fixture->image, &options, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/functional/network", test_network);
  g_test_add_func ("/sdk/simulator/functional/single-ops", test_single_ops);
  g_test_add_func ("/sdk/simulator/functional/ideal-is-exact", test_ideal_is_exact);
  g_test_add_func ("/sdk/simulator/functional/seeds", test_seeds);
  g_test_add_func ("/sdk/simulator/functional/threads", test_threads);
  g_test_add_func ("/sdk/simulator/functional/spread", test_spread);
  g_test_add_func ("/sdk/simulator/functional/signal-to-noise", test_signal_to_noise);
  g_test_add_func ("/sdk/simulator/functional/terms", test_terms);
  g_test_add_func ("/sdk/simulator/functional/broken-programs", test_broken_programs);
  g_test_add_func ("/sdk/simulator/functional/wrong-input", test_wrong_input);
  g_test_add_func ("/sdk/simulator/functional/cancelled", test_cancelled);
  return g_test_run ();
}
