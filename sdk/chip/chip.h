/* SPDX-License-Identifier: Apache-2.0
 *
 * A chip as data: what a description file says, checked and frozen. Plain numbers in the unit their name ends with;
 * fields with a band hold three values, indexed by StrataBand. Meaning and sources: the description files and
 * chip-fields.def. Formulas that use them are in cost/, nowhere else.
 *
 * A chip is a mesh of stacks (index = y * mesh_x + x). A stack is `tiers` crossbars of `rows` x `columns` over one
 * shared periphery; at most one of its tiers converts at a time. Column means logical column: a differential pair of
 * cells.
 */
#pragma once

#include <gio/gio.h>

#include "base/arena.h"
#include "strata/strata-types.h"

typedef enum
{
  STRATA_CHIP_COMPOSED, /* an MVM's time and energy are composed from the parts below */
  STRATA_CHIP_LUMPED,   /* e_mvm_fj and t_mvm_ps are given, for published chips */
} StrataChipMode;

typedef enum
{
  STRATA_TAG_ASSUMED,
  STRATA_TAG_DERIVED,
  STRATA_TAG_PUBLISHED,
  STRATA_TAG_MEASURED,
} StrataTag;

typedef struct
{
  int stack;
  int tier;
} StrataSite;

/* Where a value came from; one per field that the file gives. */
typedef struct
{
  const char *field;  /* key as in the file, for example "e_adc" */
  const char *text;   /* value as in the file, for example "4 pJ" */
  const char *source; /* NULL where the file names none */
  StrataTag tag;
  int line, column; /* from 1, of the value; 0: a default, or inherited from a base */
} StrataProvenance;

/* Statistics of a cell, cell-models.def */
typedef enum
{
#define CELL(id, name, what, source) STRATA_CELL_##id,
#include "chip/cell-models.def"
#undef CELL
} StrataCellModel;

#define STRATA_N_CELL_MODELS (STRATA_CELL_NONE + 1)
/* How heat leaves a chip */
typedef enum
{
  STRATA_PACKAGE_LUMPED,   /* r_package and c_package */
  STRATA_PACKAGE_SPREADER, /* a spreader and a sink wider than the die, cooled by convection */
} StrataPackage;

/* Energy and area of a column converter */
typedef enum
{
  STRATA_CONVERTER_STATED, /* e_adc, scaled with the bits; area by ZigZag's fit, scaled with the node */
  STRATA_CONVERTER_ZIGZAG, /* cost/converter.h has the models */
  STRATA_CONVERTER_SURVEY,
  STRATA_CONVERTER_SAR,
} StrataConverterModel;

/* From defects of the base die to its yield, yield-models.def */
typedef enum
{
#define YIELD(id, name, formula) STRATA_YIELD_##id,
#include "chip/yield-models.def"
#undef YIELD
  STRATA_N_YIELD_MODELS,
} StrataYieldModel;

/* Conversions of one reading of a column */
typedef enum
{
  STRATA_CONVERSION_ONCE,      /* phases add up as charge, and are converted together */
  STRATA_CONVERSION_PER_PHASE, /* each phase by itself; codes add up digitally */
} StrataConversion;

typedef struct
{
  StrataArena *arena; /* owns every string below */
  const char *name;   /* "demonstrator" */
  const char *title;  /* one line */
  const char *path;   /* file it was read from, or "resource:NAME" */
  guint64 hash;       /* of every field's value; not of name, title, path or provenance */
  StrataChipMode mode;

  /* Geometry */
  int mesh_x, mesh_y, n_stacks, tiers;
  int rows, columns; /* of one array; columns are logical (2 physical cells each) */
  int slices;        /* cells per weight by default, S */
  int cell_bits;     /* levels of one cell magnitude = 2^cell_bits; a pair spans -(2^b-1) … 2^b-1 */
  int input_bits, phase_bits, adc_bits;
  int n_adc; /* converters per stack */
  StrataConverterModel converter;
  StrataConversion conversion;
  int summable_tiers; /* tiers whose charge can be added in one conversion; 1: none */
  int hub_x2,
    hub_y2; /* position of the digital hub on the mesh in half-steps; default (mesh_x-1, mesh_y-1): the centre */
  gint64 stack_buffer_bytes, sram_bytes;
  int sram_ports;
  gint64 dram_bytes; /* 0: none */
  double clock_mhz;

  /* Electrical. Index: StrataBand */
  double node_nm, vdd_v, v_in_v[STRATA_N_BANDS];
  double alpha_toggle, eta_recovery[STRATA_N_BANDS];
  double c_cell_ff[STRATA_N_BANDS]; /* row load of one physical cell */
  double c_on_ff, c_on_off_ratio,
    c_fix_ff;                            /* coupling at full weight; its ratio to zero weight; fixed load of a column */
  double c_v0_ff, c_vt_ff;               /* vertical line: fixed, and per tier */
  double c_varying[STRATA_N_BANDS];      /* share of a cell's coupling that its readout line feels as load */
  double cell_mismatch[STRATA_N_BANDS];  /* standard deviations, shares: of a cell's whole coupling, */
  double fixed_mismatch[STRATA_N_BANDS]; /* of a column's fixed load */
  double i_leak_pa[STRATA_N_BANDS];      /* of a column that waits for its converter */
  double stuck_zero[STRATA_N_BANDS], stuck_full[STRATA_N_BANDS]; /* shares of cells */
  double dac_error[STRATA_N_BANDS]; /* standard deviation of a driver's levels between its supplies, steps of a phase */
  double adc_loss[STRATA_N_BANDS];  /* bits of a converter that are not effective */
  double adc_noise_v[STRATA_N_BANDS];                            /* at the input of a converter, at least */
  double adc_gain[STRATA_N_BANDS], adc_offset_v[STRATA_N_BANDS]; /* standard deviations over converters */

  /* Times */
  gint64 t_phase_ps[STRATA_N_BANDS], t_adc_ps[STRATA_N_BANDS], t_select_ps[STRATA_N_BANDS], t_post_ps[STRATA_N_BANDS];
  gint64 t_hop_ps[STRATA_N_BANDS];
  gint64 t_mvm_ps[STRATA_N_BANDS], t_interval_ps[STRATA_N_BANDS]; /* lumped mode only, else 0 */

  /* Energies per action, femtojoules (double: a model value; rounded once per action in cost/) */
  double e_driver_fj[STRATA_N_BANDS]; /* per row and phase */
  double e_adc_fj[STRATA_N_BANDS];    /* per 8-bit conversion */
  double e_post_fj[STRATA_N_BANDS];   /* per column and slice */
  double e_buffer_fj_per_byte[STRATA_N_BANDS], e_sram_fj_per_byte[STRATA_N_BANDS];
  double overhead[STRATA_N_BANDS];    /* clock, control, bias: fraction of the MVM's parts */
  double e_select_fj[STRATA_N_BANDS]; /* per tier switch */
  double e_noc_fj_per_byte_hop[STRATA_N_BANDS];
  double e_vector_fj[STRATA_N_BANDS], e_mac_fj[STRATA_N_BANDS]; /* per operation */
  double e_dram_fj_per_byte[STRATA_N_BANDS], e_host_fj_per_byte[STRATA_N_BANDS];
  double e_stream_fj_per_byte[STRATA_N_BANDS]; /* what passes between external memory and digital units, in and out */
  double e_mvm_fj[STRATA_N_BANDS];             /* lumped mode only, else 0 */

  /* Rates */
  double link_bytes_per_ns, vector_ops_per_s, mac_ops_per_s;
  double dram_bytes_per_ns, host_bytes_per_ns, sensor_bytes_per_ns;
  double dram_use;       /* share of dram_bytes_per_ns that streams reach */
  const char *host_link; /* "QSPI", for the reader */

  /* Static power */
  double p_leak_mw_per_mm2[STRATA_N_BANDS]; /* at 50 degC */
  double f_gate;                            /* leakage of a gated stack relative to an ungated one */
  double p_control_mw[STRATA_N_BANDS], p_dram_idle_mw[STRATA_N_BANDS];

  /* Area and stack */
  double cell_area_um2, tier_pitch_nm, via_pitch_um;

  /* Programming and life */
  gint64 t_program_row_ps[STRATA_N_BANDS];
  double e_program_cell_fj[STRATA_N_BANDS];
  int program_parallel;
  double endurance_cycles[STRATA_N_BANDS];

  /* Cell statistics */
  StrataCellModel cell_model;
  double activation_energy_ev, retention_reference_c;

  /* Yield and cost */
  int spare_rows, spare_columns, spare_tiers;
  double row_failure, array_failure, defects_per_cm2, yield_alpha;
  StrataYieldModel yield_model;
  int critical_layers, n_bonds, n_decks;
  double bond_yield, deck_yield;
  double stack_fixed; /* share of cost_stack_usd that does not grow with tiers */
  double cost_cmos_usd, cost_stack_usd, cost_bond_usd, cost_test_usd, cost_package_usd, cost_dram_usd, wafer_mm;

  /* Heat */
  double k_vertical_w_mk, k_inplane_w_mk, c_stack_j_m3k;
  double silicon_um, k_silicon_w_mk, c_silicon_j_m3k, tim_um, k_tim_w_mk, c_tim_j_m3k;
  StrataPackage package;
  double spreader_mm, spreader_thick_mm, k_spreader_w_mk, c_spreader_j_m3k;
  double sink_mm, sink_thick_mm, k_sink_w_mk, c_sink_j_m3k, r_convection_k_w, c_convection_j_k;
  double r_package_k_w, c_package_j_k, r_skin_k_w, f_skin, t_ambient_c;

  /* Budgets */
  double p_budget_mw, t_junction_max_c, t_skin_max_c;

  /* Faults */
  StrataSite *dead; /* arrays that must not be used */
  int n_dead;

  StrataProvenance *provenance; /* in the order of the field table, then the words; every field, defaults included */
  int n_provenance;
} StrataChipSpec;

/* The six shipped chips, NULL-terminated. */
const char *const *strata_chip_spec_names (void);

/* The text of a shipped description, NULL where there is none of that name. */
const char *strata_chip_spec_text (const char *name);

/* @name_or_path: a shipped name, or the path of a description file. Errors: STRATA_CHIP_ERROR, message
 * "FILE:LINE:COLUMN: field: what is wrong; what would be right". Thread-safe. */
StrataChipSpec *strata_chip_spec_load (const char *name_or_path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same from memory; @origin stands for the file's name in messages. Bytes need no terminator. */
StrataChipSpec *
strata_chip_spec_parse (const char *text, gssize n_bytes, const char *origin, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* YAML with units and provenance that parses back to the same hash. (transfer full) */
char *strata_chip_spec_print (const StrataChipSpec *chip) G_GNUC_WARN_UNUSED_RESULT;
gboolean strata_chip_spec_check (const StrataChipSpec *chip, GError **error);
void strata_chip_spec_free (StrataChipSpec *chip);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataChipSpec, strata_chip_spec_free)

/* Geometry */
int strata_chip_levels (const StrataChipSpec *chip);                /* 2^cell_bits: 16; magnitudes 0 … 15 */
int strata_chip_phases (const StrataChipSpec *chip);                /* that an activation is driven in */
int strata_chip_conversions (const StrataChipSpec *chip);           /* of one reading: 1, or one a phase */
int strata_chip_outputs (const StrataChipSpec *chip, int n_slices); /* weights per array row: columns / n_slices */
gint64 strata_chip_arrays (const StrataChipSpec *chip);             /* stacks x tiers - dead */
/* TRUE where @chip is @other with arrays that must not be used named in addition, or none: what runs on @chip runs on
 * @other. */
gboolean strata_chip_spec_covers (const StrataChipSpec *chip, const StrataChipSpec *other);
/* By stack, then by tier; and for qsort () */
int strata_site_compare (StrataSite a, StrataSite b);
int strata_site_compare_cb (gconstpointer a, gconstpointer b);
gboolean strata_chip_site_usable (const StrataChipSpec *chip, StrataSite site);
/* Runs of @n_tiers tiers of @stack, one above the other, that work and have no tier in common */
int strata_chip_runs (const StrataChipSpec *chip, int stack, int n_tiers);
/* The network: directed links between neighbouring stacks of the mesh, and links both ways between the hub (node
 * n_stacks) and the one, two or four stacks nearest to its position. Routes are XY; from the hub they start at the
 * nearest of its stacks. Link ids are dense from 0. */
int strata_chip_n_links (const StrataChipSpec *chip);
void strata_chip_link_ends (const StrataChipSpec *chip, int link, int *from_node, int *to_node);
/* Fills @links (room for mesh_x + mesh_y + 2) and returns the number of hops; @from, @to: a stack, or n_stacks for the
 * hub; 0 where they are the same. */
int strata_chip_route (const StrataChipSpec *chip, int from, int to, int *links);
