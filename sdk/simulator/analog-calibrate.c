/* SPDX-License-Identifier: Apache-2.0
 *
 * Converter ranges and the affine correction of a programmed array, from input vectors of calibration
 * (hardware-facts 7.2).
 *
 * Range, per slice: of the distribution of column voltages, noise included, the range of least clipping plus rounding,
 * as wide as samples that it did not come from ask for (cost/range.h). Correction: the exact sum of a column is fitted
 * by its slices' readings, all slices at once, because residual programming makes a slice correct those before it.
 */
#include "simulator/analog-array.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "cost/range.h"
#include "kernels/analog-read.h"
#include "kernels/int-dot.h"

/* At least as many vectors as hardware-facts 7.2 asks for: where calibration has fewer positions (dense layers), more
 * are mixed from them, each row's code from a position of its own. */
#define FINE_STEPS 1024
#define FLOAT_COUNTS 8388608.0f /* codes beyond are rounded */
#define MIN_VECTORS 64
/* Headroom over the chosen range where input ranges are guesses from synthetic samples: real data reach further. */
#define HEADROOM_GUESSED 3.0
#define MAX_SLICES 8

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

static void
collect_vectors (Calibration *calibration, const StrataAnalogVectors *vectors)
{
  const StrataAnalogArray *array = calibration->array;
  const int n = vectors->n;
  const gsize row_bytes = sizeof (gint16) * (gsize) array->n_rows;

  calibration->n = MAX (n, MIN_VECTORS);
  calibration->n_seen = n;
  calibration->codes = g_new (gint16, (gsize) calibration->n * (gsize) array->n_rows);
  for (int i = 0; i < n; i++)
    memcpy (calibration->codes + (gsize) i * (gsize) array->n_rows,
            vectors->codes + (gsize) i * vectors->ld + array->first_row, row_bytes);
  for (gsize e = (gsize) n * (gsize) array->n_rows; e < (gsize) calibration->n * (gsize) array->n_rows; e++)
    {
      gsize from = (gsize) (strata_rng_uniform (calibration->key, e) * n);

      calibration->codes[e] = calibration->codes[from * (gsize) array->n_rows + e % (gsize) array->n_rows];
    }
}

static void
compute_sums (Calibration *calibration, const StrataQOp *op)
{
  const StrataAnalogArray *array = calibration->array;
  const int n_rows = array->n_rows / array->n_blocks, n_cols = array->n_cols / array->n_blocks;
  gsize n_sums = (gsize) calibration->n * (gsize) array->n_columns;

  calibration->v = g_new (float, n_sums);
  calibration->variance = g_new (float, n_sums);
  calibration->exact = g_new0 (gint32, (gsize) calibration->n * (gsize) array->n_cols);
  strata_analog_array_moments (array, calibration->codes, calibration->n, calibration->v, calibration->variance);
  calibration->phase_v = calibration->v, calibration->phase_variance = calibration->variance;
  if (array->n_phases > 1)
    {
      calibration->phase_v = g_new (float, n_sums *(gsize) array->n_phases);
      calibration->phase_variance = g_new (float, n_sums *(gsize) array->n_phases);
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
  g_autofree float *magnitudes = g_new (float, n), *z = g_new0 (float, array->n_cols);
  const StrataConverterData data = { .magnitudes = magnitudes,
                                     .weights = calibration->n_samples > 1 ? calibration->weights : NULL,
                                     .n = n,
                                     .n_cols = array->n_cols * array->n_phases,
                                     .n_groups = calibration->n_samples,
                                     .steps = -2 * (double) array->code_lo,
                                     .finest = 1,
                                     .noise = sqrt ((double) ktc),
                                     .own = readout->adc_own,
                                     .n_reads = array->n_reads };
  StrataConverterRange range;

  for (int i = 0; i < n_rows; i++)
    {
      const gsize vector = (gsize) (i / array->n_phases), phase = (gsize) (i % array->n_phases);
      gsize at = (phase * (gsize) calibration->n + vector) * (gsize) array->n_columns + (gsize) (slice * array->n_cols);

      if (array->noisy)
        strata_rng_normal (calibration->key, (guint64) (i * array->n_slices + slice), z, (gsize) array->n_cols);
      for (int j = 0; j < array->n_cols; j++, at++)
        {
          float noise = sqrtf (ktc + calibration->phase_variance[at]) * z[j];
          float v = (calibration->phase_v[at] + noise) * array->columns.gain[slice * array->n_cols + j];

          magnitudes[(gsize) i * (gsize) array->n_cols + (gsize) j] = fabsf (v);
        }
    }
  range = (array->without & STRATA_CORRECT_RANGES) != 0 ? strata_cost_converter_peak (&data)
                                                        : strata_cost_converter_range (&data);
  array->lsb[slice] = (float) (range.step * headroom);
}

static void
fit_column (const Calibration *calibration, int output)
{
  StrataAnalogArray *array = calibration->array;
  const int n = calibration->n;
  g_autofree double *x = g_new (double, (gsize) n *(gsize) array->n_slices), *target = g_new (double, n);
  double prior[MAX_SLICES], gain[MAX_SLICES];

  for (int s = 0; s < array->n_slices; s++)
    {
      int column = s * array->n_cols + output;

      for (int i = 0; i < n; i++)
        x[(gsize) s * (gsize) n + (gsize) i] =
          (double) (calibration->v[(gsize) i * (gsize) array->n_columns + (gsize) column]
                    * array->columns.gain[column]);
      prior[s] = array->nominal_gain[column];
    }
  for (int i = 0; i < n; i++)
    target[i] = calibration->exact[(gsize) i * (gsize) array->n_cols + (gsize) output];
  strata_analog_fit (x, array->n_slices, target, n, prior, gain, &array->offset[output]);
  for (int s = 0; s < array->n_slices; s++)
    array->gain[s * array->n_cols + output] = gain[s] * (double) array->lsb[s] / array->n_reads;
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
    for (int j = 0; j < array->n_cols; j++)
      fit_column (&calibration, j);
  else
    set_nominal (array);
  g_free (calibration.codes);
  g_free (calibration.v);
  g_free (calibration.variance);
  if (array->n_phases > 1)
    {
      g_free (calibration.phase_v);
      g_free (calibration.phase_variance);
    }
  g_free (calibration.exact);
}
