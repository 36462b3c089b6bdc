/* SPDX-License-Identifier: Apache-2.0
 *
 * Energy and area of a column converter: as the description states it, or by one of three published models, for they
 * differ by an order of magnitude at 8 bits (peers 3.2). Bands spread around a model as they do around the stated
 * energy.
 */
#include "cost/converter.h"

#include <math.h>

#include "cost/cost.h"

#define FJ_PER_PJ 1e3
#define PS_PER_S 1e12
#define ZIGZAG_NODE_NM 28

/* --- ZigZag-IMC, 28 nm --- */

double
strata_converter_zigzag_fj (int bits, double volts)
{
  return (100.0 * bits + 0.001 * pow (4, bits)) * volts * volts;
}

double
strata_converter_zigzag_um2 (int bits)
{
  return pow (10, -0.0369 * bits + 1.206) * pow (2, bits);
}

/* --- fit of a survey of silicon: the best there is --- */

double
strata_converter_survey_fj (int bits, double node_nm, double rate_hz)
{
  double merit_db = MIN (213.78067 - 2.871903 * log (rate_hz), 128.306829 + 3.2205115 * bits);
  double noise_db = 6.02 * bits + 1.76;
  double pj = 0.5 * pow (10, (noise_db - merit_db) / 10)
              * exp (26.0496216 + 1.8800369 * log (node_nm) - 2.8291256 * log (bits) - 1.4702022);

  return pj * FJ_PER_PJ;
}

double
strata_converter_survey_um2 (int bits, double node_nm, double rate_hz)
{
  double pj = strata_converter_survey_fj (bits, node_nm, rate_hz) / FJ_PER_PJ;

  return exp (1.3461916 + 0.9932795 * log (node_nm) + 0.1807154 * log (rate_hz) + 0.2991243 * log (pj));
}

/* --- NeuroSim, successive approximation --- */

/* High-performance libraries: power = a log2 (levels) + b [uW] + c exp (d log10 (R of a column)) [W] */
static const struct
{
  double node_nm, a, b, c, d;
} sar[] = {
  { 130, 6.4806, 49.047, 0.207452, -2.367 }, { 90, 4.3474, 31.782, 0.1649, -2.345 },
  { 65, 2.9503, 22.047, 0.128483, -2.321 },  { 45, 2.1843, 11.931, 0.097754, -2.296 },
  { 32, 1.0157, 7.6286, 0.083709, -2.313 },  { 22, 0.7213, 3.3041, 0.084273, -2.311 },
  { 14, 0.4710, 1.9529, 0.060584, -2.311 },  { 10, 0.3076, 1.1543, 0.049418, -2.311 },
  { 7, 0.2008, 0.6823, 0.040310, -2.311 },
};

/* uW times ns are fJ. */
static double
sar_fj (guint row, int bits, double column_ohm)
{
  double column_uw = isinf (column_ohm) ? 0 : 1e6 * sar[row].c * exp (sar[row].d * log10 (column_ohm));

  return (sar[row].a * bits + sar[row].b + column_uw) * (bits + 1);
}

double
strata_converter_sar_fj (int bits, double node_nm, double column_ohm)
{
  guint last = G_N_ELEMENTS (sar) - 1, i = 0;
  double share;

  if (node_nm >= sar[0].node_nm || node_nm <= sar[last].node_nm)
    return sar_fj (node_nm >= sar[0].node_nm ? 0 : last, bits, column_ohm);
  while (sar[i + 1].node_nm > node_nm)
    i++;
  share = log (node_nm / sar[i].node_nm) / log (sar[i + 1].node_nm / sar[i].node_nm);
  return exp ((1 - share) * log (sar_fj (i, bits, column_ohm)) + share * log (sar_fj (i + 1, bits, column_ohm)));
}

/* --- of a chip --- */

static double
rate_hz (const StrataChipSpec *chip)
{
  return PS_PER_S / (double) MAX (chip->t_adc_ps[STRATA_BAND_NOMINAL], 1);
}

/* How far the stated energy of a band is from the nominal one */
static double
band_factor (const StrataChipSpec *chip, StrataBand band)
{
  double nominal = chip->e_adc_fj[STRATA_BAND_NOMINAL];

  return nominal > 0 ? chip->e_adc_fj[band] / nominal : 1;
}

double
strata_cost_converter_fj (const StrataChipSpec *chip, StrataBand band, int bits)
{
  switch (chip->converter)
    {
    case STRATA_CONVERTER_ZIGZAG:
      return band_factor (chip, band) * strata_converter_zigzag_fj (bits, chip->vdd_v);
    case STRATA_CONVERTER_SURVEY:
      return band_factor (chip, band) * strata_converter_survey_fj (bits, chip->node_nm, rate_hz (chip));
    case STRATA_CONVERTER_SAR: /* columns of charge draw no current */
      return band_factor (chip, band) * strata_converter_sar_fj (bits, chip->node_nm, (double) INFINITY);
    case STRATA_CONVERTER_STATED:
    default:
      return chip->e_adc_fj[band] * strata_cost_adc_scale (bits);
    }
}

double
strata_cost_converter_um2 (const StrataChipSpec *chip)
{
  if (chip->converter == STRATA_CONVERTER_SURVEY)
    return strata_converter_survey_um2 (chip->adc_bits, chip->node_nm, rate_hz (chip));
  return strata_converter_zigzag_um2 (chip->adc_bits) * chip->node_nm / ZIGZAG_NODE_NM;
}
