/* SPDX-License-Identifier: Apache-2.0
 *
 * Converter ranges and the affine correction of a programmed array, from input vectors of calibration
 * (hardware-facts 7.2).
 *
 * Range, per slice: of the distribution of column voltages, noise included, the range of least clipping plus rounding,
 * as wide as samples that it did not come from ask for (cost/range.h). Correction: the exact sum of a column is fitted
 * by its slices' readings, all slices at once, because residual programming makes a slice correct those before it.
 * Where the samples were made up, and so have a distribution that inputs do not, it is fitted to test vectors: their
 * amplitudes are spread evenly from nothing to the whole range of the drivers, so that the fit does well near and far
 * from the zero point instead of where made-up inputs happen to lie.
 */
#include "simulator/analog-array.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "cost/range.h"
#include "kernels/analog-fit.h"
#include "kernels/int-dot.h"

#define CODE_LO (-128)
#define CODE_HI 127
/* At least as many vectors as hardware-facts 7.2 asks for: where calibration has fewer positions (dense layers), more
 * are mixed from them, each row's code from a position of its own. */
#define FINE_STEPS 1024
#define FLOAT_COUNTS 8388608.0f /* codes beyond are rounded */
#define MIN_VECTORS 64
/* Headroom over the chosen range where input ranges are guesses from synthetic samples: real data reach further. */
#define HEADROOM_GUESSED 3.0
/* Codes of a test vector lie about the zero point as the cube of an even distribution: most of them near it, as behind
 * an activation, some far. */
#define TEST_EXPONENT 3

typedef struct
{
  StrataAnalogArray *array;
  int n, n_seen;                   /* vectors; those that were not mixed come first */
  int n_samples;                   /* that these come from, as many of each; 0: not known */
  const float *weights;            /* n_seen: positions that each stands for; NULL: as many */
  gint16 *codes;                   /* n x n_rows */
  float *v, *variance;             /* n x n_columns, of whole codes; */
  float *phase_v, *phase_variance; /* n_phases x that, of what is converted at once */
  gint32 *exact;                   /* n x n_cols: sums of driver code x weight */
  StrataRngKey key;
} Calibration;

/* Vectors that are missing, each row's code from a vector of its own: four at a time, as many as a block has words */
static void
mix_vectors (Calibration *calibration)
{
  const gsize n_rows = (gsize) calibration->array->n_rows;
  const gsize first = (gsize) calibration->n_seen * n_rows, end = (gsize) calibration->n * n_rows;

  for (gsize e = first / 4 * 4; e < end; e += 4)
    {
      double share[4];

      strata_rng_four (calibration->key, e / 4, share);
      for (gsize i = MAX (e, first); i < MIN (e + 4, end); i++)
        {
          gsize from = (gsize) (share[i - e] * calibration->n_seen);

          calibration->codes[i] = calibration->codes[from * n_rows + i % n_rows];
        }
    }
}

static void
collect_vectors (Calibration *calibration, const StrataAnalogVectors *vectors)
{
  const StrataAnalogArray *array = calibration->array;
  const int n = vectors->n;
  const gsize row_bytes = sizeof (gint16) * (gsize) array->n_rows;

  calibration->n = MAX (n, MIN_VECTORS);
  calibration->n_seen = n;
  calibration->codes = strata_scratch_array (array->scratch, gint16, (gsize) calibration->n * (gsize) array->n_rows);
  for (int i = 0; i < n; i++)
    memcpy (calibration->codes + (gsize) i * (gsize) array->n_rows,
            vectors->codes + (gsize) i * vectors->ld + array->first_row, row_bytes);
  mix_vectors (calibration);
}

static void
make_test_vectors (Calibration *calibration, int zero_point)
{
  const StrataAnalogArray *array = calibration->array;
  const StrataRngKey key = strata_analog_key (array->seed, STRATA_ANALOG_STREAM_CALIBRATE, 1, (guint64) array->id);
  const int n_rows = array->n_rows;

  calibration->n = calibration->n_seen = STRATA_ANALOG_TEST_VECTORS;
  calibration->codes = strata_scratch_array (array->scratch, gint16, (gsize) calibration->n * (gsize) n_rows);
  for (int i = 0; i < calibration->n; i++)
    {
      double amplitude = (i + 1.0) / calibration->n;

      for (int k = 0; k < n_rows; k++)
        {
          gsize at = (gsize) i * (gsize) n_rows + (gsize) k;
          double u = 2 * strata_rng_uniform (key, at) - 1, reach = u < 0 ? zero_point - CODE_LO : CODE_HI - zero_point;
          int code = zero_point + (int) lrint (amplitude * reach * pow (u, TEST_EXPONENT));

          calibration->codes[at] = (gint16) (CLAMP (code, CODE_LO, CODE_HI) - array->subtract);
        }
    }
}

static void
compute_sums (Calibration *calibration, const StrataQOp *op)
{
  const StrataAnalogArray *array = calibration->array;
  const int n_rows = array->n_rows / array->n_blocks, n_cols = array->n_cols / array->n_blocks;
  gsize n_sums = (gsize) calibration->n * (gsize) array->n_columns;

  calibration->v = strata_scratch_array (array->scratch, float, n_sums);
  calibration->variance = strata_scratch_array (array->scratch, float, n_sums);
  calibration->exact = strata_scratch_array0 (array->scratch, gint32, calibration->n * array->n_cols);
  strata_analog_array_moments (array, calibration->codes, calibration->n, calibration->v, calibration->variance);
  calibration->phase_v = calibration->v, calibration->phase_variance = calibration->variance;
  if (array->n_phases > 1)
    {
      calibration->phase_v = strata_scratch_array (array->scratch, float, n_sums *(gsize) array->n_phases);
      calibration->phase_variance = strata_scratch_array (array->scratch, float, n_sums *(gsize) array->n_phases);
    }
  for (int phase = 0; phase < array->n_phases && array->n_phases > 1; phase++)
    strata_analog_array_phase_moments (array, calibration->codes, calibration->n, phase,
                                       calibration->phase_v + (gsize) phase * n_sums,
                                       calibration->phase_variance + (gsize) phase * n_sums);
  for (int block = 0; block < array->n_blocks; block++)
    strata_int_dot (calibration->codes + block * n_rows, calibration->n, (gsize) array->n_rows,
                    op->weights + (gsize) (array->col0 + block * n_cols) * (gsize) op->k + array->row0, n_cols,
                    (gsize) op->k, n_rows, calibration->exact + block * n_cols, (gsize) array->n_cols);
}

static void
set_range (const Calibration *calibration, int slice, double headroom)
{
  StrataAnalogArray *array = calibration->array;
  const StrataReadout *readout = &array->columns.readout;
  const float ktc = array->ktc_variance + (float) (readout->adc_input * readout->adc_input);
  /* What is mixed belongs to no sample that could be held out. */
  const int n_vectors = calibration->n_samples > 1 ? calibration->n_seen : calibration->n;
  const int n_rows = n_vectors * array->n_phases; /* of magnitudes: a vector's phases one after the other */
  const gsize n = (gsize) n_rows * (gsize) array->n_cols;
  float *magnitudes = strata_scratch_array (array->scratch, float, n);
  g_autofree float *z = g_new0 (float, array->n_cols);
  const StrataConverterData data = { .magnitudes = magnitudes,
                                     .weights = calibration->n_samples > 1 ? calibration->weights : NULL,
                                     .n = n,
                                     .n_cols = array->n_cols * array->n_phases,
                                     .n_groups = calibration->n_samples,
                                     .steps = -2 * (double) array->code_lo,
                                     .finest = 1,
                                     .noise = sqrt ((double) array->ktc_variance),
                                     .own = readout->adc_own,
                                     .least = readout->adc_input * readout->adc_input,
                                     .n_reads = array->n_reads };
  StrataConverterRange range;

  for (int i = 0; i < n_rows; i++)
    {
      const gsize vector = (gsize) (i / array->n_phases), phase = (gsize) (i % array->n_phases);
      gsize at = (phase * (gsize) calibration->n + vector) * (gsize) array->n_columns + (gsize) (slice * array->n_cols);

      if (array->noisy)
        strata_rng_normal (calibration->key, (guint64) (i * array->n_slices + slice), z, (gsize) array->n_cols);
      strata_analog_magnitudes (calibration->phase_v + at, calibration->phase_variance + at, ktc, z,
                                array->columns.gain + slice * array->n_cols, array->n_cols,
                                magnitudes + (gsize) i * (gsize) array->n_cols);
    }
  range = (array->without & STRATA_CORRECT_RANGES) != 0 ? strata_cost_converter_peak (&data)
                                                        : strata_cost_converter_range (&data);
  array->lsb[slice] = (float) (range.step * headroom);
  strata_scratch_give (array->scratch, magnitudes);
}

static void
give_vectors (Calibration *calibration)
{
  StrataScratch *scratch = calibration->array->scratch;

  if (calibration->phase_v != calibration->v)
    {
      strata_scratch_give (scratch, calibration->phase_v);
      strata_scratch_give (scratch, calibration->phase_variance);
    }
  strata_scratch_give (scratch, calibration->codes);
  strata_scratch_give (scratch, calibration->v);
  strata_scratch_give (scratch, calibration->variance);
  strata_scratch_give (scratch, calibration->exact);
}

static void
fit_columns (const Calibration *calibration)
{
  StrataAnalogArray *array = calibration->array;
  const StrataFit fit = { .x = calibration->v,
                          .scale = array->columns.gain,
                          .target = calibration->exact,
                          .n = calibration->n,
                          .n_regressors = array->n_slices,
                          .n_columns = array->n_cols,
                          .prior = array->nominal_gain };

  strata_analog_fit (&fit, array->gain, array->offset);
  for (int c = 0; c < array->n_columns; c++)
    array->gain[c] = array->gain[c] * (double) array->lsb[c / array->n_cols] / array->n_reads;
}

static void
set_nominal (StrataAnalogArray *array)
{
  for (int c = 0; c < array->n_columns; c++)
    array->gain[c] = array->nominal_gain[c] * (double) array->lsb[c / array->n_cols] / array->n_reads;
}

/* Without rounding a converter's step is a thousandth of what it is; without clipping its codes reach as far as a float
 * counts. Ranges are chosen as if both were there. */
static void
leave_out_terms (StrataAnalogArray *array)
{
  if ((array->off & STRATA_PHYSICS_ROUNDING) != 0)
    {
      array->code_lo *= FINE_STEPS, array->code_hi *= FINE_STEPS;
      for (int s = 0; s < array->n_slices; s++)
        array->lsb[s] /= FINE_STEPS;
      for (int c = 0; c < array->n_columns; c++)
        array->scale[c] *= FINE_STEPS;
    }
  if ((array->off & STRATA_PHYSICS_CLIPPING) != 0)
    array->code_lo = -FLOAT_COUNTS, array->code_hi = FLOAT_COUNTS;
}

void
strata_analog_array_calibrate (StrataAnalogArray *array, const StrataQOp *op, const StrataAnalogVectors *vectors)
{
  Calibration calibration = { .array = array };

  g_return_if_fail (vectors->n >= 1);
  calibration.key = strata_rng_key (array->seed ^ ((guint64) array->id << 32), STRATA_ANALOG_STREAM_CALIBRATE);
  calibration.n_samples = vectors->guessed ? 0 : vectors->n_samples;
  calibration.weights = vectors->weights;
  collect_vectors (&calibration, vectors);
  compute_sums (&calibration, op);
  for (int s = 0; s < array->n_slices; s++)
    set_range (&calibration, s, vectors->guessed ? HEADROOM_GUESSED : 1);
  strata_analog_array_set_converters (array);
  leave_out_terms (array);
  if (array->noisy && (array->without & STRATA_CORRECT_AFFINE) == 0)
    {
      if (vectors->made_up)
        {
          give_vectors (&calibration);
          make_test_vectors (&calibration, vectors->zero_point);
          compute_sums (&calibration, op);
        }
      fit_columns (&calibration);
    }
  else
    set_nominal (array);
  give_vectors (&calibration);
}
