/* SPDX-License-Identifier: Apache-2.0
 *
 * Area of a stack and of the die (hardware-facts 10.3), and what leaks on it (hardware-facts 10.2). The wiring factor
 * of the die counts for leakage too; SRAM and fixed blocks never sleep.
 */
#include "cost/converter.h"
#include "cost/cost.h"

#include <math.h>

#define UM2_PER_MM2 1e6
#define WIRING 1.2               /* die area over the sum of its stacks, 10.3 */
#define SRAM_MM2_PER_BYTE 0.9e-6 /* 0.9 mm2 per MB at 22 nm, 3.2 */
#define FIXED_MM2 3.0            /* control, interfaces, pads, 10.3 */
#define LEAK_REFERENCE_C 50.0    /* p_leak is stated at this temperature, 10.1 */
#define LEAK_DOUBLING_K 20.0     /* 3.2 */

StrataArea
strata_cost_area (const StrataChipSpec *chip)
{
  double rows = chip->rows, columns = chip->columns;
  double adc_um2 = chip->n_adc * strata_cost_converter_um2 (chip);
  /* Row drivers, column circuits, row and result registers at 0.25 um2/bit, fixed, per-column control. */
  double base_um2 =
    adc_um2 + 50 * rows + 20 * columns + 8 * 0.25 * (8 * rows + 16 * columns) + 30000 + 20000 * columns / 512;
  StrataArea area = {
    .array = rows * 2 * columns * chip->cell_area_um2 / UM2_PER_MM2,
    .stair = chip->tiers * rows * chip->via_pitch_um * chip->via_pitch_um / UM2_PER_MM2,
    .adc = adc_um2 / UM2_PER_MM2,
    .base = base_um2 / UM2_PER_MM2,
    .leaking_fixed = SRAM_MM2_PER_BYTE * chip->sram_bytes + FIXED_MM2,
  };

  area.stack = MAX (area.array + area.stair, area.base);
  area.die = WIRING * chip->n_stacks * area.stack + area.leaking_fixed;
  return area;
}

static double
leak_mw_per_mm2 (const StrataChipSpec *chip, StrataBand band, double temperature_c)
{
  return chip->p_leak_mw_per_mm2[band] * exp2 ((temperature_c - LEAK_REFERENCE_C) / LEAK_DOUBLING_K);
}

double
strata_cost_leak_fixed_mw (const StrataChipSpec *chip, StrataBand band, double temperature_c)
{
  return leak_mw_per_mm2 (chip, band, temperature_c) * strata_cost_area (chip).leaking_fixed;
}

double
strata_cost_leak_stack_mw (const StrataChipSpec *chip, StrataBand band, double temperature_c, gboolean on)
{
  return leak_mw_per_mm2 (chip, band, temperature_c) * WIRING * strata_cost_area (chip).stack * (on ? 1 : chip->f_gate);
}

double
strata_cost_static_mw (const StrataChipSpec *chip, StrataBand band, double temperature_c, int n_on, gboolean dram)
{
  return chip->p_control_mw[band] + strata_cost_leak_fixed_mw (chip, band, temperature_c)
         + n_on * strata_cost_leak_stack_mw (chip, band, temperature_c, TRUE)
         + (chip->n_stacks - n_on) * strata_cost_leak_stack_mw (chip, band, temperature_c, FALSE)
         + (dram ? chip->p_dram_idle_mw[band] : 0);
}
