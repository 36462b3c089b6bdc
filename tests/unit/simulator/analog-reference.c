/* SPDX-License-Identifier: Apache-2.0 */
#include "analog-reference.h"

#include <math.h>

#define BOLTZMANN_J_K 1.380649e-23

static gboolean
has (const AnalogReference *reference, StrataPhysics term)
{
  return (reference->off & term) == 0;
}

static double
off_over_on (const AnalogReference *reference)
{
  return has (reference, STRATA_PHYSICS_ON_OFF) ? 1 / reference->chip->c_on_off_ratio : 0;
}

double
analog_reference_load_f (const AnalogReference *reference)
{
  const StrataChipSpec *chip = reference->chip;
  double cells_ff =
    strata_tile_n_tiers (reference->tile) * chip->rows * chip->c_on_ff * (1 + off_over_on (reference)) / 2;
  double parasitic_ff = chip->tiers * chip->c_vt_ff + chip->c_fix_ff;

  return (cells_ff + (has (reference, STRATA_PHYSICS_PARASITIC) ? parasitic_ff : 0)) * 1e-15;
}

double
analog_reference_level_f (const AnalogReference *reference)
{
  return reference->chip->c_on_ff * 1e-15 * (1 - off_over_on (reference)) / (strata_chip_levels (reference->chip) - 1);
}

double
analog_reference_unit_v (const AnalogReference *reference)
{
  const StrataChipSpec *chip = reference->chip;
  double steps =
    chip->conversion == STRATA_CONVERSION_PER_PHASE ? ldexp (1, chip->phase_bits) - 1 : ldexp (1, chip->input_bits);

  return chip->v_in_v[STRATA_BAND_NOMINAL] / steps * analog_reference_level_f (reference)
         / analog_reference_load_f (reference);
}

double
analog_reference_thermal_v (const AnalogReference *reference)
{
  return sqrt (BOLTZMANN_J_K * (reference->chip->t_ambient_c + 273.15) / analog_reference_load_f (reference));
}

/* A column's converter and its place among the columns that it serves */
typedef struct
{
  double gain, offset_v, own_lsb, droop_v;
} Converter;

static Converter
converter_of (const AnalogReference *reference, int column)
{
  const StrataChipSpec *chip = reference->chip;
  const int physical = reference->tile->at_col + column, n_adc = chip->n_adc, b = reference->band;
  const StrataRngKey key =
    strata_analog_key (reference->seed, STRATA_ANALOG_STREAM_CONVERTER, 0, (guint64) reference->stack);
  Converter converter = { .gain = 1 };
  g_autofree float *z = g_new (float, n_adc);

  if (has (reference, STRATA_PHYSICS_DROOP))
    converter.droop_v = chip->i_leak_pa[b] * 1e-12 * (double) (physical / n_adc) * (double) chip->t_adc_ps[b] * 1e-12
                        / analog_reference_load_f (reference);
  if (!has (reference, STRATA_PHYSICS_CONVERTER))
    return converter;
  strata_rng_normal (key, 0, z, (gsize) n_adc);
  converter.gain += chip->adc_gain[b] * z[physical % n_adc];
  strata_rng_normal (key, 1, z, (gsize) n_adc);
  converter.offset_v = chip->adc_offset_v[b] * z[physical % n_adc];
  converter.own_lsb = sqrt ((pow (4, chip->adc_loss[b]) - 1) / 12);
  return converter;
}

static double
convert (const AnalogReference *reference,
         const StrataAnalogArray *array,
         int column,
         const gint16 *codes,
         double z,
         gint64 *n_clipped)
{
  const Converter converter = converter_of (reference, column);
  const double unit_v = analog_reference_unit_v (reference);
  const double lsb_v = (double) array->lsb[column / array->n_cols] * unit_v;
  double v = 0, variance = 0, code;

  for (int row = 0; row < array->n_rows; row++)
    {
      v += codes[row] * (double) strata_analog_cells_level (&array->cells, row, column) * unit_v;
      variance +=
        codes[row] * codes[row] * (double) strata_analog_cells_variance (&array->cells, row, column) * unit_v * unit_v;
    }
  if (has (reference, STRATA_PHYSICS_THERMAL))
    variance += pow (analog_reference_thermal_v (reference), 2);
  if (has (reference, STRATA_PHYSICS_CONVERTER))
    variance +=
      pow (fmax (reference->chip->adc_noise_v[reference->band], converter.own_lsb * lsb_v / converter.gain), 2);
  code = rint ((v - converter.droop_v + converter.offset_v + sqrt (variance) * z) * converter.gain / lsb_v);
  *n_clipped += code < (double) array->code_lo || code > (double) array->code_hi;
  return CLAMP (code, (double) array->code_lo, (double) array->code_hi);
}

/* Of a code in two's complement */
static gint16
phase_digit (const AnalogReference *reference, int code, int phase, int n_phases)
{
  const int base = 1 << reference->chip->phase_bits;
  int rest = code + 256;

  if (n_phases == 1)
    return (gint16) code;
  for (int i = 0; i < phase; i++)
    rest /= base;
  rest %= base;
  return (gint16) (phase == n_phases - 1 && rest >= base / 2 ? rest - base : rest);
}

gint64
analog_reference_read (const AnalogReference *reference,
                       const StrataAnalogArray *array,
                       const StrataAnalogInputs *inputs,
                       guint64 inference,
                       gint32 *sums,
                       gsize ld_sums)
{
  const StrataRngKey key =
    strata_analog_key (reference->seed, STRATA_ANALOG_STREAM_READ, inference, (guint64) array->id);
  g_autofree float *z = g_new (float, array->n_columns);
  g_autofree double *codes = g_new (double, array->n_columns);
  g_autofree gint16 *digits = g_new (gint16, array->n_rows);
  const int n_phases = reference->chip->conversion == STRATA_CONVERSION_PER_PHASE
                         ? reference->chip->input_bits / reference->chip->phase_bits
                         : 1;
  gint64 n_clipped = 0;

  for (int i = 0; i < inputs->n; i++)
    {
      const guint64 position = (guint64) inputs->positions[i];

      for (int c = 0; c < array->n_columns; c++)
        codes[c] = 0;
      for (int r = 0; r < array->n_reads; r++)
        for (int phase = 0; phase < n_phases; phase++)
          {
            guint64 conversion = (position * (guint64) array->n_reads + (guint64) r) * (guint64) n_phases;

            for (int k = 0; k < array->n_rows; k++)
              digits[k] =
                phase_digit (reference, inputs->codes[(gsize) i * (gsize) array->n_rows + (gsize) k], phase, n_phases);
            strata_rng_normal (key, conversion + (guint64) phase, z, (gsize) array->n_columns);
            for (int c = 0; c < array->n_columns; c++)
              codes[c] += ldexp (convert (reference, array, c, digits, (double) z[c], &n_clipped),
                                 phase * reference->chip->phase_bits);
          }
      for (int j = 0; j < array->n_cols; j++)
        {
          double y = array->offset[j];

          for (int s = 0; s < array->n_slices; s++)
            y += array->gain[s * array->n_cols + j] * codes[s * array->n_cols + j];
          sums[position * ld_sums + (gsize) (array->col0 + j)] += (gint32) rint (y) - array->constant[j];
        }
    }
  return n_clipped;
}
