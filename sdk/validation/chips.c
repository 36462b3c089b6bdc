/* SPDX-License-Identifier: Apache-2.0
 *
 * Published chips and macros as descriptions, through the formulas that every program uses.
 */
#include "validation/published.h"

#include <math.h>

#include "cost/cost.h"

/* IMAGINE (facts 10.7 H4): 1,152 rows by 256 physical columns in pairs, 32 outputs of 8 bits, 0.6 V, the rest as the
 * phone chip has it. */
static const char imagine_text[] = "base: phone\n"
                                   "name: imagine\n"
                                   "mesh_x: 1\n"
                                   "mesh_y: 1\n"
                                   "tiers: 1\n"
                                   "spare_tiers: 0\n"
                                   "rows: 1152\n"
                                   "columns: 128\n"
                                   "n_adc: 32\n"
                                   "v_in: 0.6 V\n";

/* One array of ISAAC's multiplier in one phase of one bit (facts 10.7 H3); the array's and the registers' power are
 * given whole there and added below. */
static const char isaac_text[] = "base: phone\n"
                                 "name: isaac-array\n"
                                 "mesh_x: 1\n"
                                 "mesh_y: 1\n"
                                 "tiers: 1\n"
                                 "spare_tiers: 0\n"
                                 "rows: 128\n"
                                 "columns: 128\n"
                                 "n_adc: 1\n"
                                 "input_bits: 1 bit\n"
                                 "phase_bits: 1 bit\n"
                                 "e_driver: 0.41667 pJ\n"
                                 "e_adc: 1.667 pJ\n"
                                 "e_post: 0.021 pJ\n"
                                 "c_cell: 0 fF\n"
                                 "e_buffer: 0 pJ/B\n"
                                 "overhead: 0\n";
#define ISAAC_ARRAYS 8
#define ISAAC_PHASE_NS 100
#define ISAAC_ARRAY_MW 2.4
#define ISAAC_REGISTERS_MW 1.47

/* Jia (peers 4.3): energies of a column of 2,304 rows and of its converter at 0.85 V */
#define JIA_ROWS 2304
#define JIA_COLUMN_FJ 9.7e3
#define JIA_CONVERTER_FJ 1.79e3
#define JIA_HIGH_TOPS 2.185
#define JIA_ARRAY_MM2 2.91
#define JIA_CONVERTERS_MM2 0.497
#define JIA_LOW_V 0.85
#define JIA_HIGH_V 1.2
/* Wang (peers 4.3) at 1 V, and the share of energy that is charged and discharged at the supply: products 40, drivers
 * 22 and the rest 4 %. The converters' 34 % goes with the voltage alone, as a bias current does. */
#define WANG_TOPS_W 16.376
#define WANG_CHARGED 0.66

static StrataChipSpec *
load (const char *name)
{
  return strata_chip_spec_load (name, NULL);
}

static StrataChipSpec *
parse (const char *text, const char *origin)
{
  g_autoptr (GError) error = NULL;
  StrataChipSpec *chip = strata_chip_spec_parse (text, -1, origin, &error);

  if (chip == NULL)
    g_warning ("%s", error->message);
  return chip;
}

/* Operations of a full array: a product and a sum per weight */
static double
n_operations (const StrataChipSpec *chip)
{
  return 2.0 * chip->rows * strata_chip_outputs (chip, chip->slices);
}

static double
mvm_fj (const StrataChipSpec *chip, StrataBand band)
{
  return strata_cost_mvm_energy (chip, band, chip->rows, chip->rows, strata_chip_outputs (chip, chip->slices),
                                 chip->slices)
    .total;
}

/* Operations per femtojoule are thousands of TOPS/W. */
static double
tops_w (double operations, double energy_fj)
{
  return 1e3 * operations / energy_fj;
}

static void
hermes (double *ours)
{
  g_autoptr (StrataChipSpec) chip = load ("hermes");
  double per_chip = n_operations (chip) * chip->n_stacks;

  ours[STRATA_VALIDATE_HERMES_TOPS] =
    per_chip / (double) strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, chip->columns, 1, 1);
  ours[STRATA_VALIDATE_HERMES_4_TOPS] =
    per_chip / (double) strata_cost_mvm_interval_ps (chip, STRATA_BAND_CONSERVATIVE, chip->columns, 1, 1);
  ours[STRATA_VALIDATE_HERMES_EFFICIENCY] = tops_w (n_operations (chip), mvm_fj (chip, STRATA_BAND_NOMINAL));
  ours[STRATA_VALIDATE_HERMES_4_EFFICIENCY] = tops_w (n_operations (chip), mvm_fj (chip, STRATA_BAND_CONSERVATIVE));
  ours[STRATA_VALIDATE_HERMES_CORE] = tops_w (n_operations (chip), mvm_fj (chip, STRATA_BAND_OPTIMISTIC));
}

static void
simulator_3d (double *ours)
{
  g_autoptr (StrataChipSpec) chip = load ("ibm-3d");

  ours[STRATA_VALIDATE_SIM3D_EFFICIENCY] = tops_w (n_operations (chip), mvm_fj (chip, STRATA_BAND_NOMINAL));
  ours[STRATA_VALIDATE_SIM3D_RATE] =
    n_operations (chip) / (double) strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, chip->columns, 1, 1);
  ours[STRATA_VALIDATE_SIM3D_KV] = 1e-3 * (double) strata_cost_dram_ps (chip, 12288); /* ns */
}

static void
imagine (double *ours)
{
  g_autoptr (StrataChipSpec) chip = parse (imagine_text, "imagine");
  StrataMvmEnergy energy;

  if (chip == NULL)
    return;
  energy = strata_cost_mvm_energy (chip, STRATA_BAND_NOMINAL, chip->rows, chip->rows, 32, 1);
  ours[STRATA_VALIDATE_IMAGINE_SYSTEM] = tops_w (2.0 * chip->rows * 32, energy.total);
  /* the macro without the buffer, which lies outside it */
  ours[STRATA_VALIDATE_IMAGINE_MACRO] =
    tops_w (2.0 * chip->rows * 32, energy.total - energy.buffer * (1 + chip->overhead[STRATA_BAND_NOMINAL]));
}

static void
isaac (double *ours)
{
  g_autoptr (StrataChipSpec) chip = parse (isaac_text, "isaac");
  StrataMvmEnergy energy;

  if (chip == NULL)
    return;
  energy = strata_cost_mvm_energy (chip, STRATA_BAND_NOMINAL, 128, 128, 128, 1);
  /* fJ per ns are uW */
  ours[STRATA_VALIDATE_ISAAC] = ISAAC_ARRAYS * (energy.driver + energy.adc + energy.post) / ISAAC_PHASE_NS * 1e-3
                                + ISAAC_ARRAY_MW + ISAAC_REGISTERS_MW;
}

/* Energy of charge goes with the square of the voltage: what the array's formula says, at the voltages of a macro. */
static double
array_ratio (double low_v, double high_v)
{
  g_autofree char *low_text = g_strdup_printf ("base: phone\nname: low\nv_in: %g V\n", low_v);
  g_autofree char *high_text = g_strdup_printf ("base: phone\nname: high\nv_in: %g V\n", high_v);
  g_autoptr (StrataChipSpec) low = parse (low_text, "low"), high = parse (high_text, "high");

  if (low == NULL || high == NULL)
    return NAN;
  return strata_cost_mvm_energy (high, STRATA_BAND_NOMINAL, 512, 512, 512, 1).array
         / strata_cost_mvm_energy (low, STRATA_BAND_NOMINAL, 512, 512, 512, 1).array;
}

static double
wang_tops_w (double volts)
{
  return WANG_TOPS_W / (WANG_CHARGED / array_ratio (volts, 1.0) + (1 - WANG_CHARGED) * volts);
}

/* One converter for each of 256 columns, by the fit that every chip's area uses */
static double
jia_converters_mm2 (void)
{
  static const char text[] = "base: phone\nname: jia\nnode: 65 nm\nrows: 2304\ncolumns: 256\nn_adc: 256\n";
  g_autoptr (StrataChipSpec) chip = parse (text, "jia");

  return chip == NULL ? (double) NAN : strata_cost_area (chip).adc;
}

static void
charge_macros (double *ours)
{
  double jia_ratio = array_ratio (JIA_LOW_V, JIA_HIGH_V);

  ours[STRATA_VALIDATE_JIA_LOW] = tops_w (2.0 * JIA_ROWS, JIA_COLUMN_FJ + JIA_CONVERTER_FJ);
  ours[STRATA_VALIDATE_JIA_HIGH] = tops_w (2.0 * JIA_ROWS, (JIA_COLUMN_FJ + JIA_CONVERTER_FJ) * jia_ratio);
  ours[STRATA_VALIDATE_JIA_DENSITY] = JIA_HIGH_TOPS / (JIA_ARRAY_MM2 + JIA_CONVERTERS_MM2);
  ours[STRATA_VALIDATE_JIA_ADC_AREA] = jia_converters_mm2 ();
  ours[STRATA_VALIDATE_JIA_COLUMN] = JIA_COLUMN_FJ * jia_ratio;
  ours[STRATA_VALIDATE_WANG] = wang_tops_w (0.7);
  ours[STRATA_VALIDATE_WANG_0V8] = wang_tops_w (0.8);
  ours[STRATA_VALIDATE_WANG_1V1] = wang_tops_w (1.1);
  ours[STRATA_VALIDATE_WANG_0V9] = wang_tops_w (0.9);
}

/* Eight layers of 8-bit weights in cells of 2 bits on arrays of 128 x 128, with that simulator's replication */
static void
vgg8 (double *ours)
{
  static const struct
  {
    int k, n, n_copies;
  } layers[] = { { 27, 128, 16 },  { 1152, 128, 4 }, { 1152, 256, 4 },  { 2304, 256, 2 },
                 { 2304, 512, 2 }, { 4608, 512, 1 }, { 8192, 1024, 1 }, { 1024, 10, 8 } };
  static const char text[] = "base: phone\nname: vgg8\nrows: 128\ncolumns: 128\nslices: 4\ncell_bits: 2 bit\n";
  g_autoptr (StrataChipSpec) chip = parse (text, "vgg8");

  if (chip == NULL)
    return;
  ours[STRATA_VALIDATE_VGG8] = 0;
  for (gsize i = 0; i < G_N_ELEMENTS (layers); i++)
    ours[STRATA_VALIDATE_VGG8] +=
      (double) (layers[i].n_copies * strata_cost_arrays_required (chip, layers[i].k, layers[i].n, chip->slices));
}

void
strata_published_chips (double *ours)
{
  hermes (ours);
  simulator_3d (ours);
  imagine (ours);
  isaac (ours);
  charge_macros (ours);
  vgg8 (ours);
}
