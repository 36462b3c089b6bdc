/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptions of chips.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-program.h>
#include <strata/strata-types.h>

G_BEGIN_DECLS

#define STRATA_TYPE_CHIP (strata_chip_get_type ())

/**
 * StrataChip:
 *
 * A chip as its description says: geometry, times, energies, with unit and provenance of each number. Immutable and
 * thread-safe.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataChip, strata_chip, STRATA, CHIP, GObject)

/**
 * strata_chip_list_names:
 *
 * Returns: (transfer none) (array zero-terminated=1): names of the chips that ship with Strata
 */
STRATA_API const char *const *strata_chip_list_names (void);

/**
 * strata_chip_load:
 * @name_or_path: a shipped name such as "demonstrator", or the path of a YAML description
 * @error: return location for a #GError
 *
 * Reads and checks a description. Fails with %STRATA_CHIP_ERROR; the message names file, line, column and field. Blocks
 * for the file.
 *
 * Returns: (transfer full): the chip
 */
STRATA_API StrataChip *strata_chip_load (const char *name_or_path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_chip_parse:
 * @text: a YAML description
 * @origin: what stands for the file's name in messages
 * @error: return location for a #GError
 *
 * As strata_chip_load(), of a text such as the one that a profile keeps of the chip it ran on.
 *
 * Returns: (transfer full): the chip
 */
STRATA_API StrataChip *
strata_chip_parse (const char *text, const char *origin, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_chip_of_program:
 * @program: a program
 *
 * Returns: (transfer full): the chip that it was compiled for
 */
STRATA_API StrataChip *strata_chip_of_program (StrataProgram *program) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_chip_get_name:
 * @self: a chip
 *
 * Returns: (transfer none): its name
 */
STRATA_API const char *strata_chip_get_name (StrataChip *self);

/**
 * strata_chip_get_title:
 * @self: a chip
 *
 * Returns: (transfer none): one line that says what it is
 */
STRATA_API const char *strata_chip_get_title (StrataChip *self);

/**
 * strata_chip_get_hash:
 * @self: a chip
 *
 * Returns: (transfer full): hash of every value of the description, 16 hexadecimal digits
 */
STRATA_API char *strata_chip_get_hash (StrataChip *self) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_chip_to_yaml:
 * @self: a chip
 *
 * Returns: (transfer full): a description that loads as the same chip
 */
STRATA_API char *strata_chip_to_yaml (StrataChip *self) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_chip_get_n_stacks:
 * @self: a chip
 *
 * Returns: number of stacks
 */
STRATA_API int strata_chip_get_n_stacks (StrataChip *self);

/**
 * strata_chip_get_n_tiers:
 * @self: a chip
 *
 * Returns: tiers per stack
 */
STRATA_API int strata_chip_get_n_tiers (StrataChip *self);

/**
 * strata_chip_get_n_rows:
 * @self: a chip
 *
 * Returns: rows of one array
 */
STRATA_API int strata_chip_get_n_rows (StrataChip *self);

/**
 * strata_chip_get_n_columns:
 * @self: a chip
 *
 * Returns: logical columns (differential pairs) of one array
 */
STRATA_API int strata_chip_get_n_columns (StrataChip *self);

/**
 * strata_chip_get_n_slices:
 * @self: a chip
 *
 * Returns: cells per weight by default
 */
STRATA_API int strata_chip_get_n_slices (StrataChip *self);

/**
 * strata_chip_get_n_arrays:
 * @self: a chip
 *
 * Returns: usable arrays: stacks × tiers less dead ones
 */
STRATA_API gint64 strata_chip_get_n_arrays (StrataChip *self);

/**
 * strata_chip_get_n_weights:
 * @self: a chip
 *
 * Returns: weights it holds at its default number of slices
 */
STRATA_API gint64 strata_chip_get_n_weights (StrataChip *self);

/**
 * strata_chip_get_power_budget_mw:
 * @self: a chip
 *
 * Returns: its power budget, milliwatts
 */
STRATA_API double strata_chip_get_power_budget_mw (StrataChip *self);

/**
 * strata_chip_get_n_fields:
 * @self: a chip
 *
 * Returns: number of fields of the description, defaults included
 */
STRATA_API guint strata_chip_get_n_fields (StrataChip *self);

/**
 * strata_chip_get_field:
 * @self: a chip
 * @index: less than strata_chip_get_n_fields ()
 * @text: (out) (transfer none): value with its unit and bands
 * @source: (out) (transfer none) (nullable): where the value comes from
 * @tag: (out) (transfer none): "measured", "published", "derived" or "assumed"
 *
 * Returns: (transfer none): the field's key
 */
STRATA_API const char *
strata_chip_get_field (StrataChip *self, guint index, const char **text, const char **source, const char **tag);

/**
 * strata_chip_get_area_mm2:
 * @self: a chip
 *
 * Returns: modelled die area, mm² (hardware model §10.3)
 */
STRATA_API double strata_chip_get_area_mm2 (StrataChip *self);

/**
 * strata_chip_get_mvm_fj:
 * @self: a chip
 * @band: which constants
 *
 * Returns: modelled energy of one full matrix-vector product without tier switch, femtojoules (hardware model §10.2)
 */
STRATA_API double strata_chip_get_mvm_fj (StrataChip *self, StrataBand band);

/**
 * strata_chip_get_mvm_ps:
 * @self: a chip
 * @band: which constants
 *
 * Returns: modelled time of one full matrix-vector product without tier switch, picoseconds
 */
STRATA_API gint64 strata_chip_get_mvm_ps (StrataChip *self, StrataBand band);

/**
 * strata_chip_get_peak_tops_w:
 * @self: a chip
 * @boundary: what is counted
 * @band: which constants
 *
 * Efficiency of the chip at full use: full matrix-vector products that follow each other on a selected tier of as many
 * stacks as the power budget feeds; from the chip on, all their inputs and results cross the network and the activation
 * memory. What a workload comes to is among the figures of its profile.
 *
 * Returns: modelled 10¹² operations per joule, a multiply-accumulate being two; NaN where the description has no
 *   parts: the array of a chip that is described by whole products (hardware model §10.2)
 */
STRATA_API double strata_chip_get_peak_tops_w (StrataChip *self, StrataBoundary boundary, StrataBand band);

/**
 * StrataChipVariant:
 * @tiers: tiers of a stack; 0: as described
 * @spare_tiers: spare tiers of a stack; below 0: as described
 * @spare_rows: spare rows of an array; below 0: as described
 * @spare_columns: spare columns of an array; below 0: as described
 *
 * A chip with other numbers of tiers and spares, to see what they buy. A plain struct.
 */
typedef struct
{
  int tiers, spare_tiers, spare_rows, spare_columns;
} StrataChipVariant;

/**
 * strata_chip_list_cost_figures:
 *
 * Returns: (transfer none) (array zero-terminated=1): what strata_chip_get_cost_figure () accepts
 */
STRATA_API const char *const *strata_chip_list_cost_figures (void);

/**
 * strata_chip_get_cost_figure:
 * @self: a chip
 * @variant: (nullable): other tiers and spares; %NULL: as described
 * @name: "area_mm2" (silicon of the chip, spares included), "dies" (that it is made of), "dies_per_wafer",
 *   "good_per_wafer"; probabilities "yield_base", "yield_bond", "yield_deck", "yield_rows", "yield_columns" and
 *   "yield_array" (of one array), "yield_stack" (of one), "yield_stacks" (of all), "yield" (of a die); "cmos_usd",
 *   "stack_usd", "bond_usd" (wafers, per good chip), "test_usd", "package_usd", "dram_usd", "total_usd"; "weights"
 *   (that it holds, at its default number of slices) and "usd_per_billion" (of them)
 *
 * Modelled yield and cost (hardware model §8). A cost is infinite where no die works. What tiers cost grows with their
 * number, but for the share `stack_fixed`.
 *
 * Returns: the figure; NaN where @name is none
 */
STRATA_API double strata_chip_get_cost_figure (StrataChip *self, const StrataChipVariant *variant, const char *name);

G_END_DECLS
