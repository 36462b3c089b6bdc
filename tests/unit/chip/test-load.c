/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptions that are right: the shipped ones against hardware-facts 10.1 and 10.4, units, bands, bases, provenance.
 */
#include <glib/gstdio.h>

#include "lib/chips.h"

static StrataChipSpec *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  StrataChipSpec *chip = strata_chip_spec_parse (text, -1, "mine.yaml", &error);

  g_assert_no_error (error);
  return chip;
}

static void
test_shipped (void)
{
  static const struct
  {
    const char *name;
    int n_stacks, tiers, rows, columns, slices, n_adc;
    StrataChipMode mode;
    double budget_mw;
  } expected[] = {
    { "demonstrator", 64, 16, 256, 256, 2, 32, STRATA_CHIP_COMPOSED, 100 },
    { "phone", 64, 256, 512, 512, 1, 64, STRATA_CHIP_COMPOSED, 300 },
    { "planar", 64, 1, 512, 512, 1, 64, STRATA_CHIP_COMPOSED, 300 },
    { "planar-capacity", 111 * 111, 1, 512, 512, 1, 64, STRATA_CHIP_COMPOSED, 300 },
    { "hermes", 64, 1, 256, 256, 1, 256, STRATA_CHIP_LUMPED, 6500 },
    { "ibm-3d", 64, 64, 512, 512, 1, 64, STRATA_CHIP_LUMPED, 15000 },
  };
  const char *const *names = strata_chip_spec_names ();

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autoptr (StrataChipSpec) chip = load (expected[i].name);

      g_assert_cmpstr (names[i], ==, expected[i].name);
      g_assert_cmpstr (chip->name, ==, expected[i].name);
      g_assert_cmpint (chip->n_stacks, ==, expected[i].n_stacks);
      g_assert_cmpint (chip->tiers, ==, expected[i].tiers);
      g_assert_cmpint (chip->rows, ==, expected[i].rows);
      g_assert_cmpint (chip->columns, ==, expected[i].columns);
      g_assert_cmpint (chip->slices, ==, expected[i].slices);
      g_assert_cmpint (chip->n_adc, ==, expected[i].n_adc);
      g_assert_cmpint (chip->mode, ==, expected[i].mode);
      g_assert_cmpfloat (chip->p_budget_mw, ==, expected[i].budget_mw);
      g_assert_true (strata_chip_spec_check (chip, NULL));
    }
  g_assert_null (names[G_N_ELEMENTS (expected)]);
}

#define assert_band(member, nominal, optimistic, conservative)                                                         \
  G_STMT_START                                                                                                         \
  {                                                                                                                    \
    g_assert_cmpfloat_with_epsilon ((member)[STRATA_BAND_NOMINAL], (nominal), 1e-12);                                  \
    g_assert_cmpfloat_with_epsilon ((member)[STRATA_BAND_OPTIMISTIC], (optimistic), 1e-12);                            \
    g_assert_cmpfloat_with_epsilon ((member)[STRATA_BAND_CONSERVATIVE], (conservative), 1e-12);                        \
  }                                                                                                                    \
  G_STMT_END

/* The table of hardware-facts 10.1, row by row. */
static void
test_phone_constants (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");

  g_assert_cmpfloat (chip->node_nm, ==, 22);
  g_assert_cmpfloat (chip->vdd_v, ==, 0.8);
  assert_band (chip->v_in_v, 0.8, 0.6, 1.0);
  assert_band (chip->t_adc_ps, 50000, 50000, 100000);
  assert_band (chip->t_phase_ps, 10000, 10000, 10000);
  assert_band (chip->t_select_ps, 50000, 20000, 1000000);
  assert_band (chip->t_post_ps, 20000, 20000, 20000);
  g_assert_cmpfloat (chip->alpha_toggle, ==, 0.25);
  assert_band (chip->eta_recovery, 0, 0.5, 0);
  assert_band (chip->c_cell_ff, 0.5, 0.3, 1.0);
  g_assert_cmpfloat (chip->c_on_ff, ==, 0.4);
  g_assert_cmpfloat (chip->c_on_off_ratio, ==, 60);
  g_assert_cmpfloat (chip->c_fix_ff, ==, 73);
  g_assert_cmpfloat (chip->c_v0_ff, ==, 3);
  g_assert_cmpfloat (chip->c_vt_ff, ==, 0.06);
  assert_band (chip->e_driver_fj, 50, 20, 150);
  assert_band (chip->e_adc_fj, 4000, 1000, 8000);
  assert_band (chip->e_post_fj, 400, 200, 800);
  assert_band (chip->e_buffer_fj_per_byte, 600, 400, 1200);
  assert_band (chip->e_sram_fj_per_byte, 4000, 4000, 4000);
  assert_band (chip->overhead, 0.3, 0.15, 0.6);
  assert_band (chip->e_select_fj, 12500, 12500, 12500);
  assert_band (chip->e_noc_fj_per_byte_hop, 800, 400, 1600);
  g_assert_cmpfloat (chip->link_bytes_per_ns, ==, 16);
  assert_band (chip->e_vector_fj, 1000, 500, 2000);
  g_assert_cmpfloat (chip->vector_ops_per_s, ==, 64e9);
  g_assert_cmpfloat (chip->mac_ops_per_s, ==, 256e9);
  assert_band (chip->e_dram_fj_per_byte, 36000, 28000, 46000);
  g_assert_cmpfloat (chip->dram_bytes_per_ns, ==, 12.8);
  assert_band (chip->p_dram_idle_mw, 45, 25, 130);
  assert_band (chip->p_leak_mw_per_mm2, 0.5, 0.2, 1.0);
  assert_band (chip->p_control_mw, 20, 10, 40);
  g_assert_cmpfloat (chip->cell_area_um2, ==, 0.16);
  g_assert_cmpfloat (chip->tier_pitch_nm, ==, 60);
  g_assert_cmpfloat (chip->via_pitch_um, ==, 0.25);
  assert_band (chip->t_program_row_ps, 500000000, 250000000, 2000000000);
  assert_band (chip->e_program_cell_fj, 500000, 100000, 2000000);
  g_assert_cmpint (chip->spare_tiers, ==, 4);
  g_assert_cmpfloat (chip->r_package_k_w, ==, 35);
  g_assert_cmpfloat (chip->t_skin_max_c, ==, 43);
  g_assert_cmpint (chip->sram_bytes, ==, 2000000);
  g_assert_cmpint (chip->stack_buffer_bytes, ==, 8192);
}

/* 10.4 (a), "overrides to nominal"; the rest as the phone chip. */
static void
test_demonstrator_overrides (void)
{
  g_autoptr (StrataChipSpec) chip = load ("demonstrator");

  g_assert_cmpfloat (chip->cell_area_um2, ==, 1.0);
  g_assert_cmpfloat (chip->e_select_fj[0], ==, 3000);
  g_assert_cmpfloat (chip->e_sram_fj_per_byte[0], ==, 3000);
  g_assert_cmpint (chip->sram_bytes, ==, 1000000);
  g_assert_cmpfloat (chip->mac_ops_per_s, ==, 64e9);
  g_assert_cmpfloat (chip->vector_ops_per_s, ==, 16e9);
  g_assert_cmpfloat (chip->p_control_mw[0], ==, 8);
  g_assert_cmpint (chip->dram_bytes, ==, 0);
  assert_band (chip->e_adc_fj, 4000, 1000, 8000);
}

/* A scalar sets all bands; a mapping's missing bands follow its nominal value; the base keeps the rest. */
static void
test_bands (void)
{
  g_autoptr (StrataChipSpec) chip =
    parse ("base: phone\ne_adc: 2 pJ\ne_post: {nominal: 1 pJ, conservative: 3000 fJ}\nt_adc: 0.1 µs\n");

  assert_band (chip->e_adc_fj, 2000, 2000, 2000);
  assert_band (chip->e_post_fj, 1000, 1000, 3000);
  assert_band (chip->t_adc_ps, 100000, 100000, 100000);
  assert_band (chip->e_driver_fj, 50, 20, 150);
  g_assert_cmpstr (chip->name, ==, "mine");
  g_assert_cmpstr (chip->path, ==, "mine.yaml");
}

/* Without a base, geometry is asked for and the rest has the defaults of the table. */
static void
test_minimal (void)
{
  g_autoptr (StrataChipSpec) chip =
    parse ("name: tiny\nmesh_x: 3\nmesh_y: 2\ntiers: 4\nrows: 64\ncolumns: 32\nn_adc: 8\n");
  g_autoptr (StrataChipSpec) phone = load ("phone");

  g_assert_cmpint (chip->n_stacks, ==, 6);
  g_assert_cmpint (chip->hub_x2, ==, 2);
  g_assert_cmpint (chip->hub_y2, ==, 1);
  g_assert_cmpfloat (chip->e_adc_fj[STRATA_BAND_CONSERVATIVE], ==, phone->e_adc_fj[STRATA_BAND_CONSERVATIVE]);
  g_assert_cmpstr (chip->name, ==, "tiny");
}

static const StrataProvenance *
provenance (const StrataChipSpec *chip, const char *field)
{
  for (int i = 0; i < chip->n_provenance; i++)
    if (g_str_equal (chip->provenance[i].field, field))
      return &chip->provenance[i];
  g_assert_not_reached ();
}

static void
test_provenance (void)
{
  g_autoptr (StrataChipSpec) chip =
    parse ("base: phone\ne_adc: {nominal: 2 pJ, optimistic: 1 pJ, source: \"a table\", tag: measured}\nhub_x: 0.5\n");
  const StrataProvenance *row = provenance (chip, "e_adc");

  g_assert_cmpstr (row->text, ==, "2 pJ (1 pJ … 2 pJ)");
  g_assert_cmpstr (row->source, ==, "a table");
  g_assert_cmpint (row->tag, ==, STRATA_TAG_MEASURED);
  g_assert_cmpint (row->line, ==, 2);
  g_assert_cmpint (row->column, ==, 18);
  row = provenance (chip, "t_phase");
  g_assert_cmpint (row->line, ==, 0);
  g_assert_nonnull (strstr (row->source, "10.1"));
  g_assert_cmpint (provenance (chip, "stacks")->tag, ==, STRATA_TAG_DERIVED);
  g_assert_cmpstr (provenance (chip, "stacks")->text, ==, "64");
  g_assert_cmpstr (provenance (chip, "hub_x")->text, ==, "0.5");
  g_assert_cmpint (chip->hub_x2, ==, 1);
}

/* Every number of a shipped chip says where it comes from; nothing rests on a bare default. */
static void
test_shipped_sources (void)
{
  for (const char *const *name = strata_chip_spec_names (); *name != NULL; name++)
    {
      g_autoptr (StrataChipSpec) chip = load (*name);

      for (int i = 0; i < chip->n_provenance; i++)
        {
          const StrataProvenance *row = &chip->provenance[i];

          g_assert_nonnull (row->text);
          if (row->source == NULL || g_str_has_prefix (row->source, "default"))
            g_error ("%s: %s has no source", *name, row->field);
        }
    }
}

static void
test_dead (void)
{
  g_autoptr (StrataChipSpec) chip = parse ("base: phone\ndead: [[5, 9], [3, 200], [3, 4]]\n");

  g_assert_cmpint (chip->n_dead, ==, 3);
  g_assert_cmpint (chip->dead[0].stack, ==, 3);
  g_assert_cmpint (chip->dead[0].tier, ==, 4);
  g_assert_cmpint (chip->dead[2].stack, ==, 5);
  g_assert_cmpint (strata_chip_arrays (chip), ==, 64 * 256 - 3);
  g_assert_false (strata_chip_site_usable (chip, (StrataSite){ 3, 200 }));
  g_assert_true (strata_chip_site_usable (chip, (StrataSite){ 3, 201 }));
  g_assert_false (strata_chip_site_usable (chip, (StrataSite){ 64, 0 }));
  g_assert_false (strata_chip_site_usable (chip, (StrataSite){ 0, -1 }));
}

static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("strata-chip-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "board.yaml", NULL);
  g_autoptr (StrataChipSpec) chip = NULL;

  g_assert_true (g_file_set_contents (path, "base: demonstrator\ntiers: 8\n", -1, NULL));
  chip = load (path);
  g_assert_cmpint (chip->tiers, ==, 8);
  g_assert_cmpstr (chip->name, ==, "board");
  g_remove (path);
  g_rmdir (folder);
}

static void
test_lumped_interval (void)
{
  g_autoptr (StrataChipSpec) chip = parse ("base: phone\nmode: lumped\nt_mvm: 100 ns\ne_mvm: 10 nJ\n");

  assert_band (chip->t_interval_ps, 100000, 100000, 100000);
}

/* What only lumped chips have is not inherited by a composed one. */
static void
test_composed_from_lumped (void)
{
  g_autoptr (StrataChipSpec) chip = parse ("base: ibm-3d\nmode: composed\n");

  assert_band (chip->e_mvm_fj, 0, 0, 0);
  assert_band (chip->t_interval_ps, 0, 0, 0);
  g_assert_cmpint (chip->tiers, ==, 64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/chip/load/shipped", test_shipped);
  g_test_add_func ("/sdk/chip/load/phone-constants", test_phone_constants);
  g_test_add_func ("/sdk/chip/load/demonstrator-overrides", test_demonstrator_overrides);
  g_test_add_func ("/sdk/chip/load/bands", test_bands);
  g_test_add_func ("/sdk/chip/load/minimal", test_minimal);
  g_test_add_func ("/sdk/chip/load/provenance", test_provenance);
  g_test_add_func ("/sdk/chip/load/shipped-sources", test_shipped_sources);
  g_test_add_func ("/sdk/chip/load/dead", test_dead);
  g_test_add_func ("/sdk/chip/load/file", test_file);
  g_test_add_func ("/sdk/chip/load/lumped-interval", test_lumped_interval);
  g_test_add_func ("/sdk/chip/load/composed-from-lumped", test_composed_from_lumped);
  return g_test_run ();
}
