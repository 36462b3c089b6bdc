/* SPDX-License-Identifier: Apache-2.0
 *
 * Converters, wires, cells, yield.
 */
#include "validation/published.h"

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
  ours[STRATA_VALIDATE_SONOS_LOW] = percent (strata_cost_programming_sigma (STRATA_CELL_SONOS, 0.05));
  ours[STRATA_VALIDATE_SONOS_FULL] = percent (strata_cost_programming_sigma (STRATA_CELL_SONOS, 1));
  ours[STRATA_VALIDATE_SONOS_READ] = percent (strata_cost_read_sigma (STRATA_CELL_SONOS, 1));
  ours[STRATA_VALIDATE_YIELD_DIE] = strata_cost_yield_negbinomial (21.3, 0.1, 3);
  ours[STRATA_VALIDATE_YIELD_HISIM] = strata_cost_yield_negbinomial (100, 0.12, 10);
  ours[STRATA_VALIDATE_YIELD_ARRAY] = strata_cost_yield_array (512, 0, 1e-4);
}
