/* SPDX-License-Identifier: Apache-2.0
 *
 * Draws of drivers, keyed by stack and row: all tiers of a stack have the same ones.
 */
#include "simulator/analog-drivers.h"

#include <math.h>

#include "kernels/analog-read.h"
#include "simulator/analog-columns.h"

#define CODE_BITS 8
#define LARGEST 127

double
strata_analog_driver_error (int code, int lowest, int phase_bits, const float *errors)
{
  double error = 0;

  for (int shift = 0; shift < CODE_BITS; shift += phase_bits)
    {
      int digit = strata_analog_phase_digit (code, lowest, phase_bits, shift);

      error += (digit < 0 ? -1.0 : 1.0) * (1 << shift) * (double) errors[ABS (digit)];
    }
  return error;
}

/* Levels 0 and the highest are the supplies. */
static void
draw_levels (StrataRngKey key, int row, int phase_bits, double deviation, float *errors)
{
  const int n = 1 << phase_bits;

  strata_rng_normal (key, (guint64) row, errors, (gsize) n);
  for (int level = 0; level < n; level++)
    errors[level] = level == 0 || level == n - 1 ? 0 : (float) (deviation * (double) errors[level]);
}

void
strata_analog_drivers_init (StrataAnalogDrivers *drivers,
                            const StrataChipSpec *chip,
                            StrataBand band,
                            const StrataTile *tile,
                            int lowest,
                            guint64 seed,
                            int stack)
{
  const StrataRngKey key = strata_analog_key (seed, STRATA_ANALOG_STREAM_DRIVER, 0, (guint64) stack);
  const int phase_bits = MIN (chip->phase_bits, CODE_BITS);
  const gsize n = (gsize) tile->n_rows * STRATA_DRIVER_CODES;
  float errors[STRATA_DRIVER_CODES];
  g_autofree double *more = NULL;
  double peak = 0;

  *drivers = (StrataAnalogDrivers){ NULL, 0 };
  if (phase_bits < 2 || !(chip->dac_error[band] > 0))
    return;
  more = g_new0 (double, n);
  for (int line = 0; line < tile->n_rows * tile->n_row_copies; line++)
    {
      draw_levels (key, (tile->at_row + line) % chip->rows, phase_bits, chip->dac_error[band], errors);
      for (int i = 0; i < STRATA_DRIVER_CODES; i++)
        more[(gsize) (line % tile->n_rows) * STRATA_DRIVER_CODES + (gsize) i] +=
          strata_analog_driver_error (lowest + i, lowest, phase_bits, errors) / tile->n_row_copies;
    }
  for (gsize i = 0; i < n; i++)
    peak = MAX (peak, fabs (more[i]));
  drivers->step = (float) (peak / LARGEST);
  drivers->more = g_new (gint8, n);
  for (gsize i = 0; i < n; i++)
    drivers->more[i] = (gint8) lrint (more[i] / MAX (peak, 1e-300) * LARGEST);
}

void
strata_analog_drivers_finish (StrataAnalogDrivers *drivers)
{
  g_free (drivers->more);
}
