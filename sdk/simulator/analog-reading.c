/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading an array: the product of driver codes and levels, one normal deviate per conversion for all that is random in
 * it, conversion, digital sum over slices.
 */
#include <math.h>
#include <string.h>

#include "kernels/analog-read.h"
#include "simulator/analog-array.h"

/* Positions whose products are done at once: their sums stay in the cache. */
#define CHUNK 48

typedef struct
{
  StrataScratch *scratch; /* that all of it comes from */
  StrataAnalogSums sums;
  float *v, *variance, *z; /* one position; variance NULL: none */
  float *q;                /* sums of codes: one position; of all where phases are converted apart */
  float *scale, *codes;    /* without noise: steps of the cells per converter step; of all positions */
  gint16 *digits;          /* phases apart: of all positions */
} Scratch;

/* Without noise, where a byte holds what a cell holds, products are converted as they come out. */
static gboolean
is_plain (const StrataAnalogArray *array)
{
  return !array->noisy && !array->cells.has_coarse && array->cells.drivers.more == NULL;
}

static void
scratch_init (Scratch *scratch, const StrataAnalogArray *array, int n)
{
  const int n_columns = array->n_columns;

  *scratch = (Scratch){ .scratch = array->scratch };
  scratch->v = strata_scratch_array (scratch->scratch, float, n_columns);
  scratch->z = strata_scratch_array (scratch->scratch, float, n_columns);
  strata_analog_sums_init (&scratch->sums, &array->cells, scratch->scratch, n);
  if (array->cells.has_variance)
    scratch->variance = strata_scratch_array (scratch->scratch, float, n_columns);
  scratch->q = strata_scratch_array (scratch->scratch, float, (array->n_phases > 1 ? n : 1) * n_columns);
  if (array->n_phases > 1)
    scratch->digits = strata_scratch_array (scratch->scratch, gint16, n * array->n_rows);
  if (!is_plain (array))
    return;
  scratch->codes = strata_scratch_array (scratch->scratch, float, (gsize) n * scratch->sums.ld);
  scratch->scale = strata_scratch_array0 (scratch->scratch, float, scratch->sums.ld);
  for (int c = 0; c < n_columns; c++)
    scratch->scale[c] = array->cells.step * array->scale[c];
}

static void
scratch_finish (Scratch *scratch)
{
  strata_analog_sums_finish (&scratch->sums, scratch->scratch);
  strata_scratch_give (scratch->scratch, scratch->v);
  strata_scratch_give (scratch->scratch, scratch->variance);
  strata_scratch_give (scratch->scratch, scratch->z);
  strata_scratch_give (scratch->scratch, scratch->q);
  strata_scratch_give (scratch->scratch, scratch->scale);
  strata_scratch_give (scratch->scratch, scratch->codes);
  strata_scratch_give (scratch->scratch, scratch->digits);
}

/* Codes to bytes; @phase: which, where each is converted by itself */
static void
take (const StrataAnalogArray *array, const gint16 *codes, int n, int phase, Scratch *scratch)
{
  scratch->sums.shift = phase * array->phase_bits;
  if (array->n_phases > 1)
    strata_analog_phase_digits (codes, (gsize) n * (gsize) array->n_rows, array->subtract == 0 ? -1 : 0,
                                array->phase_bits, scratch->sums.shift, scratch->digits);
  strata_analog_sums_take (&scratch->sums, &array->cells, array->n_phases > 1 ? scratch->digits : codes, n);
}

static void
multiply (const StrataAnalogArray *array, const gint16 *codes, int n, int phase, Scratch *scratch)
{
  take (array, codes, n, phase, scratch);
  strata_analog_sums_multiply (&scratch->sums, &array->cells, n);
}

/* Adds the codes of all columns for input @i to @q, over reads. */
static gint64
convert (
  const StrataAnalogArray *array, Scratch *scratch, int i, int phase, StrataRngKey key, guint64 position, float *q)
{
  const StrataAnalogConversion conversion = { array->extra, array->scale, array->code_lo, array->code_hi,
                                              (float) (1 << (phase * array->phase_bits)) };
  gint64 n_clipped = 0;

  strata_analog_sums_get (&scratch->sums, &array->cells, i, scratch->v, scratch->variance);
  for (int r = 0; r < array->n_reads; r++)
    {
      guint64 number = (position * (guint64) array->n_reads + (guint64) r) * (guint64) array->n_phases;

      if (array->noisy)
        strata_rng_normal (key, number + (guint64) phase, scratch->z, (gsize) array->n_columns);
      n_clipped += strata_analog_convert (&conversion, scratch->v, scratch->variance, array->noisy ? scratch->z : NULL,
                                          array->n_columns, q);
    }
  return n_clipped;
}

/* Adds what the codes of position @i come to. */
static void
combine (
  const StrataAnalogArray *array, const StrataAnalogInputs *inputs, int i, const float *q, gint32 *sums, gsize ld)
{
  strata_analog_combine (q, array->n_slices, array->n_cols, array->gain, array->offset, array->constant,
                         sums + (gsize) inputs->positions[i] * ld + array->col0);
}

/* A block of inputs; the digital sum of phases that are converted each by itself */
static gint64
read_noisy (const StrataAnalogArray *array,
            const StrataAnalogInputs *inputs,
            Scratch *scratch,
            StrataRngKey key,
            gint32 *sums,
            gsize ld_sums)
{
  const gsize n_columns = (gsize) array->n_columns;
  gint64 n_clipped = 0;

  for (int phase = 0; phase < array->n_phases; phase++)
    {
      multiply (array, inputs->codes, inputs->n, phase, scratch);
      for (int i = 0; i < inputs->n; i++)
        {
          float *q = scratch->q + (array->n_phases > 1 ? (gsize) i * n_columns : 0);

          if (phase == 0)
            memset (q, 0, sizeof *q * n_columns);
          n_clipped += convert (array, scratch, i, phase, key, (guint64) inputs->positions[i], q);
          if (phase == array->n_phases - 1)
            combine (array, inputs, i, q, sums, ld_sums);
        }
    }
  return n_clipped;
}

static gint64
read_plain (
  const StrataAnalogArray *array, const StrataAnalogInputs *inputs, Scratch *scratch, gint32 *sums, gsize ld_sums)
{
  const StrataConverters converters = { array->cells.fine_offset, scratch->scale, array->code_lo, array->code_hi };
  const gsize n_columns = (gsize) array->n_columns;
  gint64 n_clipped = 0;

  if (array->n_phases > 1)
    memset (scratch->q, 0, sizeof *scratch->q * n_columns * (gsize) inputs->n);
  for (int phase = 0; phase < array->n_phases; phase++)
    {
      take (array, inputs->codes, inputs->n, phase, scratch);
      n_clipped += strata_byte_read (&array->cells.fine, array->cells.isa, scratch->sums.bytes, inputs->n, &converters,
                                     scratch->codes);
      for (int i = 0; i < inputs->n && array->n_phases > 1; i++)
        strata_analog_add_codes (scratch->codes + (gsize) i * scratch->sums.ld,
                                 (float) (1 << (phase * array->phase_bits)), array->n_columns,
                                 scratch->q + (gsize) i * n_columns);
    }
  for (int i = 0; i < inputs->n; i++)
    combine (array, inputs, i,
             array->n_phases > 1 ? scratch->q + (gsize) i * n_columns : scratch->codes + (gsize) i * scratch->sums.ld,
             sums, ld_sums);
  return n_clipped;
}

gint64
strata_analog_array_read (
  const StrataAnalogArray *array, const StrataAnalogInputs *inputs, guint64 inference, gint32 *sums, gsize ld_sums)
{
  const StrataRngKey key = strata_analog_key (array->seed, STRATA_ANALOG_STREAM_READ, inference, (guint64) array->id);
  gint64 n_clipped = 0;
  Scratch scratch;

  scratch_init (&scratch, array, MIN (inputs->n, CHUNK));
  for (int first = 0; first < inputs->n; first += CHUNK)
    {
      const StrataAnalogInputs here = { inputs->codes + (gsize) first * (gsize) array->n_rows,
                                        inputs->positions + first, MIN (inputs->n - first, CHUNK) };

      if (scratch.codes != NULL)
        n_clipped += read_plain (array, &here, &scratch, sums, ld_sums);
      else
        n_clipped += read_noisy (array, &here, &scratch, key, sums, ld_sums);
    }
  scratch_finish (&scratch);
  return n_clipped;
}

void
strata_analog_array_phase_moments (
  const StrataAnalogArray *array, const gint16 *codes, int n, int phase, float *v, float *variance)
{
  const gsize n_columns = (gsize) array->n_columns;
  Scratch scratch;

  memset (variance, 0, sizeof (float) * (gsize) n * n_columns);
  scratch_init (&scratch, array, MIN (n, CHUNK));
  for (int first = 0; first < n; first += CHUNK)
    {
      int n_here = MIN (n - first, CHUNK);

      multiply (array, codes + (gsize) first * (gsize) array->n_rows, n_here, phase, &scratch);
      for (int i = 0; i < n_here; i++, v += n_columns, variance += n_columns)
        strata_analog_sums_get (&scratch.sums, &array->cells, i, v, variance);
    }
  scratch_finish (&scratch);
}

void
strata_analog_array_moments (const StrataAnalogArray *array, const gint16 *codes, int n, float *v, float *variance)
{
  const gsize size = (gsize) n * (gsize) array->n_columns;
  g_autofree float *one = array->n_phases > 1 ? g_new (float, size) : NULL;
  g_autofree float *one_variance = array->n_phases > 1 ? g_new (float, size) : NULL;

  strata_analog_array_phase_moments (array, codes, n, 0, v, variance);
  for (int phase = 1; phase < array->n_phases; phase++)
    {
      const float weight = ldexpf (1, phase * array->phase_bits);

      strata_analog_array_phase_moments (array, codes, n, phase, one, one_variance);
      for (gsize i = 0; i < size; i++)
        v[i] += weight * one[i], variance[i] += weight * weight * one_variance[i];
    }
}

void
strata_analog_array_sums (const StrataAnalogArray *array, const StrataAnalogInputs *inputs, guint64 inference, float *v)
{
  const StrataRngKey key = strata_analog_key (array->seed, STRATA_ANALOG_STREAM_READ, inference, (guint64) array->id);
  g_autofree float *variance = g_new (float, (gsize) inputs->n *(gsize) array->n_columns);
  g_autofree float *z = g_new (float, array->n_columns);

  strata_analog_array_moments (array, inputs->codes, inputs->n, v, variance);
  for (int i = 0; i < inputs->n; i++)
    {
      float *row = v + (gsize) i * (gsize) array->n_columns;
      const float *row_variance = variance + (gsize) i * (gsize) array->n_columns;

      strata_rng_normal (key, (guint64) inputs->positions[i] * (guint64) array->n_reads, z, (gsize) array->n_columns);
      for (int c = 0; c < array->n_columns; c++)
        row[c] += z[c] * sqrtf (array->ktc_variance + row_variance[c]);
    }
}

/* Row by row over all inputs: what a row of cells holds is fetched once. */
void
strata_analog_array_sums_ref (const StrataAnalogArray *array,
                              const StrataAnalogInputs *inputs,
                              guint64 inference,
                              float *v)
{
  const StrataRngKey key = strata_analog_key (array->seed, STRATA_ANALOG_STREAM_READ, inference, (guint64) array->id);
  const int n_columns = array->n_columns;
  g_autofree float *z = g_new (float, n_columns), *levels = g_new (float, n_columns), *sigma = g_new (float, n_columns);

  memset (v, 0, sizeof (float) * (gsize) inputs->n * (gsize) n_columns);
  for (int row = -1; row < array->n_rows; row++)
    {
      /* the converter's own noise first, as that of a row which every input drives by one */
      for (int c = 0; c < n_columns; c++)
        {
          levels[c] = row < 0 ? array->columns.shift[c] : strata_analog_cells_level (&array->cells, row, c);
          sigma[c] = sqrtf (row < 0 ? array->ktc_variance : strata_analog_cells_variance (&array->cells, row, c));
        }
      for (int i = 0; i < inputs->n; i++)
        {
          strata_rng_normal (key, (guint64) i * (guint64) (array->n_rows + 1) + (guint64) (row + 1), z,
                             (gsize) n_columns);
          strata_analog_add_row (
            row < 0 ? 1
                    : strata_analog_cells_input (&array->cells, row,
                                                 inputs->codes[(gsize) i * (gsize) array->n_rows + (gsize) row]),
            levels, sigma, z, n_columns, v + (gsize) i * (gsize) n_columns);
        }
    }
}
