/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything but MVMs and area: transfers, units, array counts (H7) and the energy of a token (hardware-facts 10.6).
 */
#include "cost/cost.h"
#include "lib/chips.h"

static void
test_times (void)
{
  g_autoptr (StrataChipSpec) phone = load ("phone");
  g_autoptr (StrataChipSpec) demonstrator = load ("demonstrator");

  /* 5 hops of 2 ns and 1,536 B at 16 B/ns */
  g_assert_cmpint (strata_cost_transfer_ps (phone, STRATA_BAND_NOMINAL, 1536, 5), ==, 10000 + 96000);
  g_assert_cmpint (strata_cost_transfer_ps (phone, STRATA_BAND_NOMINAL, 1536, 0), ==, 0);
  g_assert_cmpint (strata_cost_transfer_ps (phone, STRATA_BAND_NOMINAL, 1, 1), ==, 2063); /* 62.5 ps rounds up */
  g_assert_cmpint (strata_cost_vector_ps (phone, 64), ==, 1000);
  g_assert_cmpint (strata_cost_vector_ps (demonstrator, 64), ==, 4000);
  g_assert_cmpint (strata_cost_mac_ps (phone, 352321536), ==, 1376256000);      /* 256 G/s */
  g_assert_cmpint (strata_cost_mac_ps (demonstrator, 1), ==, 16);               /* 15.6 ps rounds up */
  g_assert_cmpint (strata_cost_host_ps (demonstrator, 150528), ==, 3010560000); /* 3 ms at 50 MB/s, 9 */
  g_assert_cmpint (strata_cost_vector_ps (phone, G_MAXINT64), >, 0);
}

/* ceil (n 10^12 / rate) in integers, over counts that divide and counts that do not */
static void
test_exact_times (void)
{
  g_autoptr (StrataChipSpec) chip = load ("demonstrator");

  for (gint64 n = 1; n < G_GINT64_CONSTANT (1) << 38; n = n * 3 / 2 + 1)
    {
      g_assert_cmpint (strata_cost_vector_ps (chip, n), ==, (n * 125 + 1) / 2); /* 16 G/s: 62.5 ps */
      g_assert_cmpint (strata_cost_mac_ps (chip, n), ==, (n * 125 + 7) / 8);    /* 64 G/s: 15.625 ps */
      g_assert_cmpint (strata_cost_host_ps (chip, n), ==, n * 20000);           /* 50 MB/s, no binary fraction */
      g_assert_cmpint (strata_cost_transfer_ps (chip, STRATA_BAND_NOMINAL, n, 1), ==, 2000 + (n * 125 + 1) / 2);
    }
}

/* Values at the end of their ranges in a description: far from any chip, but no reason for a negative time. */
static void
test_out_of_proportion (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");
  StrataActionEnergy energy;

  chip->rows = chip->columns = 8192;
  chip->n_adc = 1;
  chip->adc_bits = 14;
  chip->t_adc_ps[0] = chip->t_phase_ps[0] = chip->t_post_ps[0] = 1000000000000;
  chip->e_adc_fj[0] = chip->e_driver_fj[0] = chip->e_post_fj[0] = chip->e_noc_fj_per_byte_hop[0] = 1e12;
  g_assert_cmpint (strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, 8192, 1, 4096), ==, STRATA_COST_MOST);
  g_assert_cmpint (strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, 8192, 1, 4096), >=, STRATA_COST_MOST);
  energy = strata_cost_action_mvm (chip, STRATA_BAND_NOMINAL, &(StrataMvm){ 8192, 8192, 8192, 1, 4096, 0 });
  g_assert_cmpint (energy.per_action_fj[STRATA_COMPONENT_ADC], ==, STRATA_COST_MOST);
  g_assert_cmpint (energy.per_action_fj[STRATA_COMPONENT_OVERHEAD], ==, STRATA_COST_MOST);
  g_assert_cmpint (strata_cost_times (STRATA_COST_MOST, STRATA_COST_MOST), ==, STRATA_COST_MOST);
  g_assert_cmpint (strata_cost_times (3, 7), ==, 21);
  g_assert_cmpint (strata_cost_times (0, STRATA_COST_MOST), ==, 0);
  chip->vector_ops_per_s = 1;
  g_assert_cmpint (strata_cost_vector_ps (chip, G_MAXINT64), ==, STRATA_COST_MOST);
}

static void
test_energies (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");

  g_assert_cmpint (strata_cost_action_transfer (chip, STRATA_BAND_NOMINAL, 5).per_action_fj[STRATA_COMPONENT_NOC], ==,
                   4000);
  g_assert_cmpint (strata_cost_action_transfer (chip, STRATA_BAND_OPTIMISTIC, 5).per_action_fj[STRATA_COMPONENT_NOC],
                   ==, 2000);
  g_assert_cmpint (strata_cost_action_vector (chip, STRATA_BAND_CONSERVATIVE).per_action_fj[STRATA_COMPONENT_VECTOR],
                   ==, 2000);
  g_assert_cmpint (strata_cost_action_mac (chip, STRATA_BAND_NOMINAL).per_action_fj[STRATA_COMPONENT_MAC], ==, 300);
  g_assert_cmpint (strata_cost_action_sram (chip, STRATA_BAND_NOMINAL).per_action_fj[STRATA_COMPONENT_SRAM], ==, 4000);
  g_assert_cmpint (strata_cost_action_host (chip, STRATA_BAND_NOMINAL).per_action_fj[STRATA_COMPONENT_HOST], ==,
                   160000);
  g_assert_cmpint (strata_cost_action_post (chip, STRATA_BAND_NOMINAL).per_action_fj[STRATA_COMPONENT_POST], ==, 400);
  g_assert_cmpint (strata_cost_action_mac (chip, STRATA_BAND_NOMINAL).per_switch_fj, ==, 0);
}

typedef struct
{
  int k, n, repeats;
} Matrix;

static gint64
arrays_of (const StrataChipSpec *chip, const Matrix *matrices, gsize n_matrices)
{
  gint64 n = 0;

  for (gsize i = 0; i < n_matrices; i++)
    n += matrices[i].repeats * strata_cost_arrays_required (chip, matrices[i].k, matrices[i].n, chip->slices);
  return n;
}

/* H7 and 10.5. Shapes of the MLPerf Tiny reference models; K = kernel area x input channels, depthwise layers are
 * digital. */
static void
test_arrays_tiny (void)
{
  static const Matrix ad[] = { { 640, 128, 1 }, { 128, 128, 6 }, { 128, 8, 1 }, { 8, 128, 1 }, { 128, 640, 1 } };
  static const Matrix kws[] = { { 40, 64, 1 }, { 64, 64, 4 }, { 64, 12, 1 } };
  static const Matrix vww[] = { { 27, 8, 1 },    { 8, 16, 1 },    { 16, 32, 1 },  { 32, 32, 1 },
                                { 32, 64, 1 },   { 64, 64, 1 },   { 64, 128, 1 }, { 128, 128, 5 },
                                { 128, 256, 1 }, { 256, 256, 1 }, { 256, 2, 1 } };
  static const Matrix ic[] = { { 27, 16, 1 },  { 144, 16, 2 }, { 144, 32, 1 }, { 288, 32, 1 }, { 16, 32, 1 },
                               { 288, 64, 1 }, { 576, 64, 1 }, { 32, 64, 1 },  { 64, 10, 1 } };
  g_autoptr (StrataChipSpec) chip = load ("demonstrator");

  g_assert_cmpint (arrays_of (chip, ad, G_N_ELEMENTS (ad)), ==, 16);
  g_assert_cmpint (arrays_of (chip, kws, G_N_ELEMENTS (kws)), ==, 6);
  g_assert_cmpint (arrays_of (chip, vww, G_N_ELEMENTS (vww)), ==, 17);
  g_assert_cmpint (arrays_of (chip, ic, G_N_ELEMENTS (ic)), ==, 14);
}

/* H7: ResNet-50 as its paper has it: bottlenecks of (blocks, width), a projection in the first block of each stage. */
static void
test_arrays_resnet50 (void)
{
  static const int blocks[] = { 3, 4, 6, 3 };
  g_autoptr (StrataChipSpec) chip = load ("demonstrator");
  gint64 n = strata_cost_arrays_required (chip, 147, 64, 2);
  int in = 64;

  for (int stage = 0; stage < 4; stage++)
    for (int block = 0; block < blocks[stage]; block++)
      {
        int width = 64 << stage;

        n += strata_cost_arrays_required (chip, in, width, 2);
        n += strata_cost_arrays_required (chip, 9 * width, width, 2);
        n += strata_cost_arrays_required (chip, width, 4 * width, 2);
        if (block == 0)
          n += strata_cost_arrays_required (chip, in, 4 * width, 2);
        in = 4 * width;
      }
  n += strata_cost_arrays_required (chip, 2048, 1000, 2);
  g_assert_cmpint (n, ==, 804);
}

/* H7: MobileNetV2, table 2 of its paper: (expansion, channels, repeats); depthwise layers are digital. */
static void
test_arrays_mobilenetv2 (void)
{
  static const int rows[][3] = { { 1, 16, 1 }, { 6, 24, 2 },  { 6, 32, 3 }, { 6, 64, 4 },
                                 { 6, 96, 3 }, { 6, 160, 3 }, { 6, 320, 1 } };
  g_autoptr (StrataChipSpec) chip = load ("demonstrator");
  gint64 n = strata_cost_arrays_required (chip, 27, 32, 2);
  int in = 32;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (int r = 0; r < rows[i][2]; r++)
      {
        int hidden = in * rows[i][0];

        if (rows[i][0] > 1)
          n += strata_cost_arrays_required (chip, in, hidden, 2);
        n += strata_cost_arrays_required (chip, hidden, rows[i][1], 2);
        in = rows[i][1];
      }
  n += strata_cost_arrays_required (chip, 320, 1280, 2);
  n += strata_cost_arrays_required (chip, 1280, 1000, 2);
  g_assert_cmpint (n, ==, 178);
}

/* Geometry of hardware-facts 6.4; vocabulary of the Llama 3 family: 128,256. */
static gint64
llama_arrays (const StrataChipSpec *chip, int n_layers, int d, int ff, int kv, int slices)
{
  gint64 layer =
    2 * strata_cost_arrays_required (chip, d, d, slices) + 2 * strata_cost_arrays_required (chip, d, kv, slices)
    + 2 * strata_cost_arrays_required (chip, d, ff, slices) + strata_cost_arrays_required (chip, ff, d, slices);

  return n_layers * layer + strata_cost_arrays_required (chip, d, 128256, slices);
}

static void
test_arrays_llama (void)
{
  g_autoptr (StrataChipSpec) phone = load ("phone");
  g_autoptr (StrataChipSpec) planar = load ("planar");
  g_autoptr (StrataChipSpec) twin = load ("planar-capacity");

  g_assert_cmpint (llama_arrays (phone, 28, 3072, 8192, 1024, 1), ==, 12258);
  g_assert_cmpint (llama_arrays (phone, 16, 2048, 8192, 512, 1), ==, 4716);
  g_assert_cmpint (llama_arrays (phone, 28, 3072, 8192, 1024, 2), ==, 24510); /* 10.6 */
  g_assert_cmpint (strata_chip_arrays (planar), <, 12258);
  g_assert_cmpint (strata_chip_arrays (twin), >=, 12258);
  g_assert_cmpint (strata_chip_arrays (twin), <, 12258 * 1.01);
}

/* 10.6, 3B at 2,048 of context: the terms that are products of counts and constants. Tolerances: the last digit printed
 * there. */
static void
test_llama_token (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");
  double mvm_fj = strata_cost_mvm_energy (chip, STRATA_BAND_NOMINAL, 512, 512, 512, 1).total + chip->e_select_fj[0];
  StrataActionEnergy dram;

  g_assert_cmpfloat_with_epsilon (12258 * mvm_fj / 1e9, 59.9, 0.05);
  g_assert_cmpfloat_with_epsilon (12258 * 1536 * 2 / 3.0 * 8 * chip->e_noc_fj_per_byte_hop[0] / 1e9, 80.3, 0.05);
  dram = strata_cost_action_dram (chip, STRATA_BAND_NOMINAL);
  g_assert_cmpfloat_with_epsilon (57344.0 * 2048 * dram.per_action_fj[STRATA_COMPONENT_DRAM] / 1e9, 4227.9, 0.05);
  g_assert_cmpfloat_with_epsilon (57344.0 * 2048 * dram.per_action_fj[STRATA_COMPONENT_SRAM] / 1e9, 234.9, 0.05);
  /* 9.2 ms there is at the peak rate; 10.2 has streams reach 0.7 of it */
  g_assert_cmpfloat_with_epsilon (strata_cost_dram_ps (chip, 57344 * 2048) * 0.7 / 1e9, 9.2, 0.05);
  g_assert_cmpfloat_with_epsilon (352321536 * chip->e_mac_fj[0] / 1e9, 105.7, 0.05);
}

static void
test_programming (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");
  gint64 n_rows = 12258 * 512, n_cells = 2 * (gint64) 12258 * 512 * 512;

  g_assert_cmpfloat_with_epsilon (strata_cost_program_ps (chip, STRATA_BAND_NOMINAL, n_rows) / 1e12, 49, 0.5);
  g_assert_cmpfloat_with_epsilon (strata_cost_program_ps (chip, STRATA_BAND_CONSERVATIVE, n_rows) / 1e12, 196, 0.5);
  g_assert_cmpfloat_with_epsilon (strata_cost_program_fj (chip, STRATA_BAND_NOMINAL, n_cells) / 1e15, 3.2, 0.05);
  g_assert_cmpfloat_with_epsilon (strata_cost_program_fj (chip, STRATA_BAND_OPTIMISTIC, n_cells) / 1e15, 0.6, 0.05);
  g_assert_cmpfloat_with_epsilon (strata_cost_program_fj (chip, STRATA_BAND_CONSERVATIVE, n_cells) / 1e15, 12.9, 0.05);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/cost/actions/times", test_times);
  g_test_add_func ("/sdk/cost/actions/exact-times", test_exact_times);
  g_test_add_func ("/sdk/cost/actions/out-of-proportion", test_out_of_proportion);
  g_test_add_func ("/sdk/cost/actions/energies", test_energies);
  g_test_add_func ("/sdk/cost/arrays/tiny", test_arrays_tiny);
  g_test_add_func ("/sdk/cost/arrays/resnet50", test_arrays_resnet50);
  g_test_add_func ("/sdk/cost/arrays/mobilenetv2", test_arrays_mobilenetv2);
  g_test_add_func ("/sdk/cost/arrays/llama", test_arrays_llama);
  g_test_add_func ("/sdk/cost/actions/llama-token", test_llama_token);
  g_test_add_func ("/sdk/cost/actions/programming", test_programming);
  return g_test_run ();
}
