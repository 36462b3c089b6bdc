/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiled programs.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-explanation.h>
#include <strata/strata-types.h>

G_BEGIN_DECLS

#define STRATA_TYPE_PROGRAM (strata_program_get_type ())

/**
 * StrataProgram:
 *
 * A model compiled for a chip: layers, tiles and their sites, schedule, instructions, weights. Immutable and
 * thread-safe.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataProgram, strata_program, STRATA, PROGRAM, GObject)

/**
 * strata_program_load:
 * @path: (type filename): a program file, *.strp
 * @error: return location for a #GError
 *
 * Reads and checks a program. Fails with %STRATA_COMPILE_ERROR. Blocks for the file.
 *
 * Returns: (transfer full): the program
 */
STRATA_API StrataProgram *strata_program_load (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_program_save:
 * @self: a program
 * @path: (type filename): file to write; written beside and renamed, so that it is whole or absent
 * @error: return location for a #GError
 *
 * Writes a program. Blocks for the file.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_program_save (StrataProgram *self, const char *path, GError **error);

/**
 * strata_program_to_bytes:
 * @self: a program
 *
 * Returns: (transfer full): the bytes of its file; what a driver sends to a board
 */
STRATA_API GBytes *strata_program_to_bytes (StrataProgram *self) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_program_get_hash:
 * @self: a program
 *
 * Returns: (transfer none): hash of all but paths and times, 16 hexadecimal digits; equal for equal model, chip,
 * options and seed
 */
STRATA_API const char *strata_program_get_hash (StrataProgram *self);

/**
 * strata_program_get_chip_name:
 * @self: a program
 *
 * Returns: (transfer none): the chip it was compiled for
 */
STRATA_API const char *strata_program_get_chip_name (StrataProgram *self);

/**
 * strata_program_get_model_name:
 * @self: a program
 *
 * Returns: (transfer none): name of the model, from its file
 */
STRATA_API const char *strata_program_get_model_name (StrataProgram *self);

/**
 * strata_program_get_model_path:
 * @self: a program
 *
 * Returns: (transfer none) (type filename) (nullable): file of the model it was compiled from
 */
STRATA_API const char *strata_program_get_model_path (StrataProgram *self);

/**
 * strata_program_get_model_shapes:
 * @self: a program
 *
 * Returns: (transfer none) (nullable): sizes that were given when the model was opened, "NAME=SIZE" a line, as
 * strata_model_options_set_text() takes them
 */
STRATA_API const char *strata_program_get_model_shapes (StrataProgram *self);

/**
 * strata_program_get_model_values:
 * @self: a program
 *
 * Returns: (transfer none) (nullable): inputs that were made constants when the model was opened, "NAME=NUMBER,…" a
 * line, as strata_model_options_set_number_text() takes them; without those of more than 4096 elements that differ
 */
STRATA_API const char *strata_program_get_model_values (StrataProgram *self);

/**
 * strata_program_is_calibrated:
 * @self: a program
 *
 * Returns: %TRUE where activation ranges come from the model file or from the user's data; %FALSE where they were
 * guessed
 */
STRATA_API gboolean strata_program_is_calibrated (StrataProgram *self);

/**
 * strata_program_get_sample_origin:
 * @self: a program
 * @n_given: (out) (optional): how many samples the compiler was given; 0: none
 * @n_kept: (out) (optional): how many the program has, which converters are calibrated with
 *
 * Where a program has made-up samples although the ranges of its tensors are real, corrections of columns are fitted
 * to test vectors that span the range of the drivers, instead.
 *
 * Returns: where the program's calibration samples come from
 */
STRATA_API StrataSampleOrigin strata_program_get_sample_origin (StrataProgram *self, guint *n_given, guint *n_kept);

/**
 * strata_program_has_weights:
 * @self: a program
 *
 * Returns: %FALSE where it was made of a model without weights, as of a configuration alone: it has time, energy and
 * heat, and a device that computes values refuses it
 */
STRATA_API gboolean strata_program_has_weights (StrataProgram *self);

/**
 * strata_program_get_n_layers:
 * @self: a program
 *
 * Returns: number of layers (operations of the quantised graph)
 */
STRATA_API guint strata_program_get_n_layers (StrataProgram *self);

/**
 * strata_program_get_layer_name:
 * @self: a program
 * @layer: less than strata_program_get_n_layers ()
 *
 * Returns: (transfer none): name of its ONNX node
 */
STRATA_API const char *strata_program_get_layer_name (StrataProgram *self, guint layer);

/**
 * strata_program_get_layer_kind:
 * @self: a program
 * @layer: less than strata_program_get_n_layers ()
 *
 * Returns: (transfer none): what executes it: "mvm", "mac", "add", …
 */
STRATA_API const char *strata_program_get_layer_kind (StrataProgram *self, guint layer);

/**
 * strata_program_get_layer_op:
 * @self: a program
 * @layer: less than strata_program_get_n_layers ()
 *
 * Returns: (transfer none): ONNX operator of its main node, empty for what the compiler made
 */
STRATA_API const char *strata_program_get_layer_op (StrataProgram *self, guint layer);

/**
 * strata_program_get_layer_n_tiles:
 * @self: a program
 * @layer: less than strata_program_get_n_layers ()
 *
 * Returns: arrays it holds
 */
STRATA_API guint strata_program_get_layer_n_tiles (StrataProgram *self, guint layer);

/**
 * strata_program_get_n_tiles:
 * @self: a program
 *
 * Returns: number of tiles; the figure `arrays_used` is lower where tiles share arrays
 */
STRATA_API guint strata_program_get_n_tiles (StrataProgram *self);

/**
 * strata_program_get_tile_site:
 * @self: a program
 * @tile: less than strata_program_get_n_tiles ()
 * @layer: (out) (optional): layer it belongs to
 * @stack: (out) (optional): stack it lies on
 * @tier: (out) (optional): tier it lies on, 0 next to the base die
 *
 * Where a tile lies.
 */
STRATA_API void strata_program_get_tile_site (StrataProgram *self, guint tile, guint *layer, int *stack, int *tier);

/**
 * strata_program_get_n_row_copies:
 * @self: a program
 *
 * Returns: most copies of a weight block in the rows of one array (1: none), put there against thermal noise
 */
STRATA_API guint strata_program_get_n_row_copies (StrataProgram *self);

/**
 * strata_program_get_n_reads:
 * @self: a program
 *
 * Returns: most conversions averaged per product (1: none)
 */
STRATA_API guint strata_program_get_n_reads (StrataProgram *self);

/**
 * strata_program_get_output_step:
 * @self: a program
 * @index: output of the model
 *
 * Returns: quantisation step of the output; 0 where it is computed in float
 */
STRATA_API double strata_program_get_output_step (StrataProgram *self, guint index);

/**
 * strata_program_list_figures:
 *
 * Returns: (transfer none) (array zero-terminated=1): names that strata_program_get_figure() knows
 */
STRATA_API const char *const *strata_program_list_figures (void);

/**
 * strata_program_get_figure:
 * @self: a program
 * @name: "latency_ps", "interval_ps", "energy_fj", "power_mw", "static_mw", "lower_bound_ps", "arrays_required",
 *   "arrays_used", "arrays_total", "junction_c", "skin_c", "unit_interval_ps" (without the power budget), "pace_ps" (0:
 *   as fast as it can), "active_stacks" (that convert at once; 0: all), "place_total_ps" (the objective of placement),
 *   "place_noc_ps" (a term of it), …: see strata_program_list_figures()
 * @band: which constants of the chip
 *
 * A figure of one inference, modelled at the timing fidelity. The first call runs the timing simulator (milliseconds to
 * seconds); later ones do not block. A chip that has no steady state below 250 °C at the program's rate has no
 * "power_mw", "static_mw", "junction_c" and "skin_c"; its energy is that of an inference from cold.
 *
 * Returns: the value, in the unit its name ends with; NaN where it is unavailable
 */
STRATA_API double strata_program_get_figure (StrataProgram *self, const char *name, StrataBand band);

/**
 * strata_program_get_array_temperatures:
 * @self: a program
 * @coolest_c: (out) (optional): the coolest array that holds weights, degrees Celsius
 * @hottest_c: (out) (optional): the hottest
 * @error: return location for a #GError
 *
 * How warm the program's work keeps its arrays: steady state of running on and on, nominal, at its pace, or at the rate
 * that the chip keeps up where its limits of temperature slow it down. Modelled; the first call runs the timing
 * simulator, as strata_program_get_figure() does. Fails with %STRATA_DEVICE_ERROR_UNSUPPORTED where leakage runs away.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_program_get_array_temperatures (StrataProgram *self,
                                                           double *coolest_c,
                                                           double *hottest_c,
                                                           GError **error);

/* --- explanations --- */

/**
 * strata_program_list_explanations:
 * @self: a program
 * @error: return location for a #GError
 *
 * Why the program is as it is: what the compiler's stages said, and, where they said nothing, what follows from the
 * program and its modelled run. The program as a whole comes first, then layer by layer. The first call runs the timing
 * simulator, as strata_program_get_figure() does; later ones do not block.
 *
 * Returns: (transfer container) (element-type StrataExplanation): all decisions
 */
STRATA_API GPtrArray *strata_program_list_explanations (StrataProgram *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_program_list_layer_figures:
 *
 * Returns: (transfer none) (array zero-terminated=1): names that strata_program_get_layer_figure() knows
 */
STRATA_API const char *const *strata_program_list_layer_figures (void);

/**
 * strata_program_get_layer_figure:
 * @self: a program
 * @layer: less than strata_program_get_n_layers ()
 * @name: "rows", "columns" (of its matrix), "groups", "positions", "arrays", "copies", "row_copies", "reads", "slices",
 *   "utilisation", "macs", "start_ps", "end_ps", "span_ps", "work_ps", "energy_fj", "energy_share", "tier_switches";
 *   of the analog noise that the compiler reckoned with, where it had calibration samples: "snr_db", "effective_bits",
 *   "thermal_db", "cells_db", "converter_db" (of one read), "lasting_db", "rounding_db", "noise_share", "adc_bits",
 *   "sound_adc_bits" (not drowned in the other noise), "drowned_fj" (what the other bits cost): see
 *   strata_program_list_layer_figures()
 *
 * A figure of a layer in one inference, nominal. "work_ps" is what its busiest unit does for it, without any waiting:
 * the least its span could be with these tiles. May run the timing simulator once.
 *
 * Returns: the value; NaN where the layer has none
 */
STRATA_API double strata_program_get_layer_figure (StrataProgram *self, guint layer, const char *name);

/**
 * strata_program_get_overlap_ps:
 * @self: a program
 * @layer: less than strata_program_get_n_layers ()
 * @other: less than strata_program_get_n_layers ()
 *
 * Returns: how long the two layers run at the same time in one inference; 0 where the simulator fails
 */
STRATA_API gint64 strata_program_get_overlap_ps (StrataProgram *self, guint layer, guint other);

/**
 * strata_program_get_tile_block:
 * @self: a program
 * @tile: less than strata_program_get_n_tiles ()
 * @row: (out) (optional): first row of its block in the layer's matrix
 * @n_rows: (out) (optional): rows of the block
 * @column: (out) (optional): first column
 * @n_columns: (out) (optional): columns of the block
 *
 * Which part of its layer's matrix a tile holds.
 */
STRATA_API void
strata_program_get_tile_block (StrataProgram *self, guint tile, int *row, int *n_rows, int *column, int *n_columns);

/**
 * strata_program_get_tile_figure:
 * @self: a program
 * @tile: less than strata_program_get_n_tiles ()
 * @name: "copy" (which copy of the matrix), "row_copies", "array" (lowest tile on the same array), "utilisation",
 *   "hops" (from its stack to the hub), "work_ps", "rivals" (tiles on its stack that run at the same time), "rival_ps"
 *   (their work in that time)
 *
 * A figure of a tile in one inference, nominal. May run the timing simulator once.
 *
 * Returns: the value; NaN for an unknown name or where the simulator fails
 */
STRATA_API double strata_program_get_tile_figure (StrataProgram *self, guint tile, const char *name);

/* --- loading --- */

/**
 * strata_program_get_programming_figure:
 * @self: a program
 * @name: "time_ps", "bound_ps" (no order of writes is faster), "energy_fj", "power_mw" (mean while writing), "loads"
 *   (that a cell endures: each load rewrites a row once), "rows", "cells", "busiest_stack", "busiest_rows";
 *   "recalibration_ps" and "recalibration_fj" (the program's calibration samples run once more, which may run the
 *   timing simulator, and test vectors where these samples were made up; NaN where it has none)
 * @band: which constants of the chip
 *
 * What writing the weights into the arrays takes. A row is written and verified as a whole, one at a time per stack,
 * and as many at once as the chip has row writers. Does not block.
 *
 * Returns: the value, in the unit its name ends with; NaN for an unknown name
 */
STRATA_API double strata_program_get_programming_figure (StrataProgram *self, const char *name, StrataBand band);

/**
 * strata_program_get_upkeep_figure:
 * @self: a program
 * @name: "loads" (the first one included), "time_ps" and "energy_fj" (of all loads), "power_mw" (mean over the life),
 *   "wear" (share of what a cell endures; above 1: worn out), "worn_out_s" (age at which a load more is not endured)
 * @interval_s: seconds from one load to the next; infinite: the arrays are never programmed again
 * @life_s: seconds from the first load on
 * @band: which constants of the chip
 *
 * What programming the arrays again and again takes. Does not block.
 *
 * Returns: the value, in the unit its name ends with; NaN for an unknown name
 */
STRATA_API double strata_program_get_upkeep_figure (
  StrataProgram *self, const char *name, double interval_s, double life_s, StrataBand band);

/**
 * strata_program_get_n_programming_steps:
 * @self: a program
 *
 * Returns: number of steps of the programming plan: one per array
 */
STRATA_API guint strata_program_get_n_programming_steps (StrataProgram *self);

/**
 * strata_program_get_programming_step:
 * @self: a program
 * @step: less than strata_program_get_n_programming_steps ()
 * @tile: (out) (optional): first tile on the array
 * @n_rows: (out) (optional): rows to write, copies included
 * @start_ps: (out) (optional): when it begins, nominal
 * @end_ps: (out) (optional): when it ends
 *
 * One array of the programming plan. Steps are in the order in which they begin; strata_program_get_tile_site() says
 * where the tile lies.
 */
STRATA_API void strata_program_get_programming_step (
  StrataProgram *self, guint step, guint *tile, guint *n_rows, gint64 *start_ps, gint64 *end_ps);

/**
 * strata_program_disassemble:
 * @self: a program
 *
 * Returns: (transfer full): a readable listing of the instructions
 */
STRATA_API char *strata_program_disassemble (StrataProgram *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
