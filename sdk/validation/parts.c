/* SPDX-License-Identifier: Apache-2.0
 *
 * Converters, wires, cells, yield.
 */
#include "validation/published.h"

#include <math.h>

#include "cost/cost.h"
#include "cost/noise.h"

static double
percent (double share)
{
  return 100 * share;
}

/* Area of one converter of the phone chip at another node */
static double
converter_um2 (int node_nm)
{
  g_autofree char *text = g_strdup_printf ("base: phone\nname: converter\nnode: %d nm\nn_adc: 1\n", node_nm);
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_parse (text, -1, "converter", NULL);

  return chip != NULL ? strata_cost_area (chip).adc * 1e6 : G_MAXDOUBLE;
}

#define DAY_S 86400.0

/* Deviation of programming, and of what an age adds to it, in the unit of @span */
static double
deviation (StrataCellModel model, double g, double age_s, double span)
{
  return span * hypot (strata_cost_programming_sigma (model, g), strata_cost_retention_sigma (model, g, age_s));
}

static void
fill_cells (double *ours)
{
  ours[STRATA_VALIDATE_SONOS_LOW] = deviation (STRATA_CELL_SONOS, 0.05, 0, 100);
  ours[STRATA_VALIDATE_SONOS_FULL] = deviation (STRATA_CELL_SONOS, 1, 0, 100);
  ours[STRATA_VALIDATE_SONOS_READ] = percent (strata_cost_read_sigma (STRATA_CELL_SONOS, 1));
  ours[STRATA_VALIDATE_SONOS_FIVE_DAYS] = deviation (STRATA_CELL_SONOS, 1, 5 * DAY_S, 100);
  ours[STRATA_VALIDATE_SONOS_DRIFT] = percent (-strata_cost_retention_shift (STRATA_CELL_SONOS, 0.5, 5 * DAY_S));
  ours[STRATA_VALIDATE_PCM_0] = deviation (STRATA_CELL_PCM, 0, 0, 25);
  ours[STRATA_VALIDATE_PCM_HALF] = deviation (STRATA_CELL_PCM, 0.5, 0, 25);
  ours[STRATA_VALIDATE_PCM_FULL] = deviation (STRATA_CELL_PCM, 1, 0, 25);
  ours[STRATA_VALIDATE_PCM_NU_FULL] = strata_cost_drift_mean (STRATA_CELL_PCM, 1);
  ours[STRATA_VALIDATE_PCM_NU_TENTH] = strata_cost_drift_mean (STRATA_CELL_PCM, 0.1);
  ours[STRATA_VALIDATE_WAN_0] = deviation (STRATA_CELL_RRAM_WAN_CUBIC, 0, 0, 39.26);
  ours[STRATA_VALIDATE_WAN_20] = deviation (STRATA_CELL_RRAM_WAN_CUBIC, 20 / 39.26, 0, 39.26);
  ours[STRATA_VALIDATE_WAN_FULL] = deviation (STRATA_CELL_RRAM_WAN_CUBIC, 1, 0, 39.26);
  ours[STRATA_VALIDATE_WAN_TWO_DAYS] = deviation (STRATA_CELL_RRAM_WAN, 1, 2 * DAY_S - 1, 40); /* from 1 s on */
  ours[STRATA_VALIDATE_MILO_LOW] = deviation (STRATA_CELL_RRAM_MILO, 0, 0, 175);
  ours[STRATA_VALIDATE_MILO_FULL] = deviation (STRATA_CELL_RRAM_MILO, 1, 0, 175);
  ours[STRATA_VALIDATE_JOSHI_0] = deviation (STRATA_CELL_PCM_JOSHI, 0, 0, 25);
  ours[STRATA_VALIDATE_JOSHI_HALF] = deviation (STRATA_CELL_PCM_JOSHI, 0.5, 0, 25);
  ours[STRATA_VALIDATE_JOSHI_FULL] = deviation (STRATA_CELL_PCM_JOSHI, 1, 0, 25);
}

void
strata_published_parts (double *ours)
{
  g_autoptr (StrataChipSpec) phone = strata_chip_spec_load ("phone", NULL);

  ours[STRATA_VALIDATE_ADC_6] = strata_cost_adc_scale (6);
  ours[STRATA_VALIDATE_ADC_10] = strata_cost_adc_scale (10);
  ours[STRATA_VALIDATE_ADC_ENERGY] = phone->e_adc_fj[STRATA_BAND_NOMINAL];
  ours[STRATA_VALIDATE_ADC_AREA] = converter_um2 (28);
  ours[STRATA_VALIDATE_ADC_AREA_ISAAC] = converter_um2 (32);
  ours[STRATA_VALIDATE_NOC_HOP] = phone->e_noc_fj_per_byte_hop[STRATA_BAND_NOMINAL];
  fill_cells (ours);
  ours[STRATA_VALIDATE_YIELD_DIE] = strata_cost_yield_negbinomial (21.3, 0.1, 3);
  ours[STRATA_VALIDATE_YIELD_HISIM] = strata_cost_yield_negbinomial (100, 0.12, 10);
  ours[STRATA_VALIDATE_YIELD_ARRAY] = strata_cost_yield_array (512, 0, 1e-4);
}
