/* SPDX-License-Identifier: Apache-2.0
 *
 * Draws of what is fixed about columns; all of it is keyed by the stack, which is what they belong to.
 */
#include "simulator/analog-columns.h"

static guint64
key_word (StrataRngKey key)
{
  return (guint64) key.word[1] << 32 | key.word[0];
}

StrataRngKey
strata_analog_key (guint64 seed, StrataAnalogStream stream, guint64 a, guint64 b)
{
  StrataRngKey key = strata_rng_key (seed, stream);

  key = strata_rng_key (key_word (key), a);
  return strata_rng_key (key_word (key), b);
}

/* One for each column where the chip does not say */
static int
n_converters (const StrataChipSpec *chip, int n_columns)
{
  return chip->n_adc > 0 ? chip->n_adc : n_columns;
}

void
strata_analog_columns_init (StrataAnalogColumns *columns,
                            const StrataChipSpec *chip,
                            const StrataReadout *readout,
                            const StrataTile *tile,
                            StrataBand band)
{
  const int n = tile->n_cols * tile->n_slices, n_adc = n_converters (chip, tile->at_col + n);

  *columns = (StrataAnalogColumns){ .readout = *readout, .n = n };
  columns->plus = g_new0 (double, n);
  columns->minus = g_new0 (double, n);
  columns->gain = g_new (float, n);
  columns->offset = g_new0 (float, n);
  columns->shift = g_new (float, n);
  columns->idle = readout->idle_mismatch;
  columns->has_lines = columns->idle > 0 || readout->fixed_mismatch > 0 || readout->varying > 0;
  for (int c = 0; c < n; c++)
    {
      double wait_ps = (double) ((tile->at_col + c) / n_adc) * (double) chip->t_adc_ps[band];

      columns->gain[c] = 1;
      columns->shift[c] = (float) (-readout->leak_per_ps * wait_ps);
    }
}

static void
set_converter (StrataAnalogColumns *columns, int column, double gain, double offset)
{
  columns->gain[column] = (float) (1 + gain);
  columns->shift[column] += (float) offset - columns->offset[column];
  columns->offset[column] = (float) offset;
}

/* die 0: the seed stands for the die */
void
strata_analog_columns_draw_converters (
  StrataAnalogColumns *columns, const StrataChipSpec *chip, const StrataTile *tile, guint64 seed, int stack)
{
  const StrataReadout *readout = &columns->readout;
  const StrataRngKey key = strata_analog_key (seed, STRATA_ANALOG_STREAM_CONVERTER, 0, (guint64) stack);
  const int n_adc = n_converters (chip, tile->at_col + columns->n);
  g_autofree float *gain = NULL, *offset = NULL;

  if (!(readout->adc_gain > 0) && !(readout->adc_offset > 0))
    return;
  gain = g_new (float, n_adc);
  offset = g_new (float, n_adc);
  strata_rng_normal (key, 0, gain, (gsize) n_adc);
  strata_rng_normal (key, 1, offset, (gsize) n_adc);
  for (int c = 0; c < columns->n; c++)
    {
      int converter = (tile->at_col + c) % n_adc;

      set_converter (columns, c, readout->adc_gain * gain[converter], readout->adc_offset * offset[converter]);
    }
}

void
strata_analog_columns_set_converters (StrataAnalogColumns *columns, const StrataAnalogDie *die)
{
  const StrataReadout *readout = &columns->readout;

  for (int c = 0; c < columns->n; c++)
    if (die->known[c])
      set_converter (columns, c, die->gain[c], readout->by_charge ? die->offset_v[c] / readout->unit_v : 0);
}

void
strata_analog_columns_draw_lines (StrataAnalogColumns *columns,
                                  const StrataChipSpec *chip,
                                  const StrataTile *tile,
                                  const int *held,
                                  guint64 seed,
                                  int stack)
{
  const StrataReadout *r = &columns->readout;
  const StrataRngKey key = strata_analog_key (seed, STRATA_ANALOG_STREAM_LINE, 0, (guint64) stack);
  const gsize n_lines = 2 * (gsize) (tile->at_col + columns->n);
  /* all cells of a column at zero weight; what stands beyond that is in @held */
  const double floor_ff = chip->rows * strata_tile_n_tiers (tile) * r->floor_levels * r->level_ff;
  g_autofree float *z = g_new (float, n_lines);

  strata_rng_normal (key, 0, z, n_lines);
  for (gsize line = 0; line < 2 * (gsize) columns->n; line++)
    {
      double cells_ff = floor_ff + (double) tile->n_row_copies * held[line] * r->level_ff;
      double more =
        r->fixed_mismatch * z[2 * (gsize) tile->at_col + line] + r->varying * (cells_ff - r->cells_ff) / r->load_ff;
      double *reads = line % 2 == 0 ? columns->plus : columns->minus;

      reads[line / 2] = 1 / MAX (1 + more, 0.01) - 1;
    }
}

void
strata_analog_columns_finish (StrataAnalogColumns *columns)
{
  g_free (columns->plus);
  g_free (columns->minus);
  g_free (columns->gain);
  g_free (columns->offset);
  g_free (columns->shift);
}
