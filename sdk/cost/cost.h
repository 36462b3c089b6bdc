/* SPDX-License-Identifier: Apache-2.0
 *
 * What an action costs on a chip: the only copy of the formulas of hardware-facts 10.2 (time, energy), 10.3 (area),
 * 8 (yield, programming, cost). Pure functions of a chip and a band. Energies here are doubles in fJ, or, where they
 * enter a trace, integers rounded once per action (strata_cost_table).
 */
#pragma once

#include "chip/chip.h"
#include "strata/sys/strata-trace.h"

/* Where a time or an energy of one action saturates, so that a description out of all proportion gives a large number
 * and no negative one; strata_schedule_check_sums () refuses programs anywhere near it. */
#define STRATA_COST_MOST (G_MAXINT64 / 4)

/* Product of two numbers that are not negative, STRATA_COST_MOST at most */
static inline gint64
strata_cost_times (gint64 a, gint64 b)
{
  gint64 product;

  return __builtin_mul_overflow (a, b, &product) || product > STRATA_COST_MOST ? STRATA_COST_MOST : product;
}

/* To the nearest whole femtojoule, STRATA_COST_MOST at most */
gint64 strata_cost_whole_fj (double energy_fj);

/* The parts of one MVM, fJ. Sum of all = energy of the MVM without tier switch. */
typedef struct
{
  double array, vertical, driver, adc, post, buffer, overhead;
  double total;
} StrataMvmEnergy;

/* @n_rows: driven rows, copies included; @n_unique_rows: rows fetched from the buffer; @n_outputs: logical outputs c;
 * @n_slices: S (columns converted = c * S). */
StrataMvmEnergy strata_cost_mvm_energy (
  const StrataChipSpec *chip, StrataBand band, int n_rows, int n_unique_rows, int n_outputs, int n_slices);
/* From the first phase to the last result, without tier switch. @n_reads: averaged repeats (>= 1), which follow each
 * other at the interval of one read, through the columns' sample-and-hold */
gint64 strata_cost_mvm_ps (const StrataChipSpec *chip, StrataBand band, int n_outputs, int n_slices, int n_reads);
/* Initiation interval of MVMs on one tier */
gint64
strata_cost_mvm_interval_ps (const StrataChipSpec *chip, StrataBand band, int n_outputs, int n_slices, int n_reads);
gint64 strata_cost_select_ps (const StrataChipSpec *chip, StrataBand band);
gint64 strata_cost_transfer_ps (const StrataChipSpec *chip, StrataBand band, gint64 n_bytes, int n_hops);
gint64 strata_cost_vector_ps (const StrataChipSpec *chip, gint64 n_ops);
gint64 strata_cost_mac_ps (const StrataChipSpec *chip, gint64 n_macs);
/* Of external memory, in a stream: at dram_use of its peak rate */
gint64 strata_cost_dram_ps (const StrataChipSpec *chip, gint64 n_bytes);
gint64 strata_cost_host_ps (const StrataChipSpec *chip, gint64 n_bytes);
/* e_adc at @bits relative to 8 bits: (100 b + 0.001 4^b) / 865.536; hardware-facts 10.2 rounds the divisor to 865.5 */
double strata_cost_adc_scale (int bits);

/* Per-action energies in integer femtojoules by component, for one instruction. */
typedef struct
{
  gint64 per_action_fj[STRATA_N_COMPONENTS]; /* multiplied by the number of actions */
  gint64 per_switch_fj;                      /* STRATA_COMPONENT_SELECT, per tier switch */
} StrataActionEnergy;

/* One MVM as it is driven and converted */
typedef struct
{
  int n_rows, n_unique_rows; /* driven, copies included; fetched from the buffer */
  int n_outputs, n_slices;   /* logical outputs c; columns converted = c * S */
  int n_reads;               /* averaged repeats, >= 1 */
  double toggle_share;       /* of driven rows in a phase; 0: not known, the chip's alpha_toggle */
} StrataMvm;

StrataActionEnergy strata_cost_action_mvm (const StrataChipSpec *chip, StrataBand band, const StrataMvm *mvm);
/* One byte over @n_hops */
StrataActionEnergy strata_cost_action_transfer (const StrataChipSpec *chip, StrataBand band, int n_hops);
/* One action = one vector operation, one MAC, one SRAM byte, one host byte, one post-add */
StrataActionEnergy strata_cost_action_vector (const StrataChipSpec *chip, StrataBand band);
StrataActionEnergy strata_cost_action_mac (const StrataChipSpec *chip, StrataBand band);
StrataActionEnergy strata_cost_action_sram (const StrataChipSpec *chip, StrataBand band);
/* One byte between external memory and a digital unit: the memory, and a buffer on the way that is written and read */
StrataActionEnergy strata_cost_action_dram (const StrataChipSpec *chip, StrataBand band);
StrataActionEnergy strata_cost_action_host (const StrataChipSpec *chip, StrataBand band);
StrataActionEnergy strata_cost_action_post (const StrataChipSpec *chip, StrataBand band);

/* Of the chip at full use, all within @boundary counted: full MVMs at the interval on one tier of as many stacks as the
 * budget feeds at ambient temperature, their inputs and results over the network and through the activation memory, two
 * vector operations a result; workload: DRAM idle beside it. NaN: not known (the array of a lumped chip) */
double strata_cost_peak_tops_w (const StrataChipSpec *chip, StrataBoundary boundary, StrataBand band);

/* Area, mm2 (hardware-facts 10.3) */
typedef struct
{
  double array, stair, adc, base, stack, die, leaking_fixed;
} StrataArea;

StrataArea strata_cost_area (const StrataChipSpec *chip);

/* Above this leakage is not known, and a chip has long run away. */
#define STRATA_MAX_LEAKAGE_C 250.0
/* Static power, mW, at a temperature; leakage area as design 2 says. @n_on: ungated stacks. */
double strata_cost_leak_fixed_mw (const StrataChipSpec *chip, StrataBand band, double temperature_c);
double strata_cost_leak_stack_mw (const StrataChipSpec *chip, StrataBand band, double temperature_c, gboolean on);
double
strata_cost_static_mw (const StrataChipSpec *chip, StrataBand band, double temperature_c, int n_on, gboolean dram);

/* Yield (hardware-facts 8). Areas in mm2, defects per cm2. Columns are repaired like rows. */
double strata_cost_yield_negbinomial (double area_mm2, double defects_per_cm2, double alpha);
double strata_cost_yield_poisson (double area_mm2, double defects_per_cm2);
double strata_cost_yield_murphy (double area_mm2, double defects_per_cm2);
double strata_cost_yield_bose_einstein (double area_mm2, double defects_per_cm2, int n_layers);
double strata_cost_yield_array (int n_rows, int n_spares, double row_failure);
double strata_cost_yield_stack (int n_tiers, int n_spares, double y_array);
/* Of the base die, by the chip's yield_model */
double strata_cost_yield_base (const StrataChipSpec *chip, double area_mm2);

/* The factors of a die's yield */
typedef struct
{
  double base, bond, deck;
  double rows, columns; /* of one array */
  double array;         /* rows, columns, and that it does not fail as a whole */
  double stack;         /* of arrays, with spare tiers */
  double stacks;        /* all of the die */
  double total;         /* base, bond, deck, stacks */
} StrataYield;

/* Of one of @n_dies equal dies that the chip of @area_mm2 is made of */
StrataYield strata_cost_yield (const StrataChipSpec *chip, double area_mm2, int n_dies);
double strata_cost_yield_chip (const StrataChipSpec *chip); /* in one piece */

/* Area of silicon: strata_cost_area () of the chip with its spare rows, columns and tiers */
double strata_cost_made_mm2 (const StrataChipSpec *chip);
double strata_cost_dies_per_wafer (double wafer_mm, double area_mm2);

/* What a good chip costs. A chip beyond an exposure field (858 mm2) is as many equal dies as it takes, each tested
 * before assembly. Infinite where no die works or none fits the wafer. */
typedef struct
{
  double area_mm2; /* with spares */
  int n_dies;
  StrataYield yield;
  double dies_per_wafer, good_per_wafer;
  double cmos_usd, stack_usd, bond_usd, test_usd, package_usd, dram_usd, total_usd;
} StrataPrice;

StrataPrice strata_cost_price (const StrataChipSpec *chip);
double strata_cost_die_usd (const StrataChipSpec *chip); /* its total */

/* Another number of tiers and spares; below 0, or no tiers: as it is */
typedef struct
{
  int tiers, spare_tiers, spare_rows, spare_columns;
} StrataCostVariant;

/* The chip with that, for prices alone: it shares what @chip points to. What tiers cost grows with their number, spare
 * ones included, but for the share stack_fixed. */
StrataChipSpec strata_cost_vary (const StrataChipSpec *chip, const StrataCostVariant *variant);

/* Programming: time ps, energy fJ, of @n_rows rows and @n_cells cells */
gint64 strata_cost_program_ps (const StrataChipSpec *chip, StrataBand band, gint64 n_rows);
double strata_cost_program_fj (const StrataChipSpec *chip, StrataBand band, gint64 n_cells);

/* Arrays for a K x N matrix: ceil (K / R) ceil (N / (C / S)); pure geometry (golden check H7) */
gint64 strata_cost_arrays_required (const StrataChipSpec *chip, gint64 k, gint64 n, int n_slices);
