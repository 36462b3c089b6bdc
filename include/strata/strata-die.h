/* SPDX-License-Identifier: Apache-2.0
 *
 * One die of a chip: what its test found, and programs fitted to that.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-chip.h>
#include <strata/strata-program.h>
#include <strata/strata-types.h>

G_BEGIN_DECLS

#define STRATA_TYPE_DIE (strata_die_get_type ())

/**
 * StrataDie:
 *
 * One die of a chip as its test found it: dead tiers, rows and columns, stuck cells, gain and offset of converters.
 * Spare rows, columns and tiers of the chip stand for dead ones as far as they go. What a die says nothing of is drawn
 * from the chip's spreads where values are computed. Thread-safe once its spare tiers are set.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataDie, strata_die, STRATA, DIE, GObject)

/**
 * strata_die_is_file:
 * @path: path of a file
 *
 * Blocks for the file.
 *
 * Returns: whether @path is a description that names the chip it is a die of; says nothing of whether it is sound
 */
STRATA_API gboolean strata_die_is_file (const char *path);

/**
 * strata_die_load:
 * @path: path of a die file
 * @error: return location for a #GError
 *
 * Reads and checks a die file and the chip that it names. Fails with %STRATA_CHIP_ERROR; the message names file, line,
 * column and field. Blocks for the files.
 *
 * Returns: (transfer full): the die
 */
STRATA_API StrataDie *strata_die_load (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_die_suppose:
 * @program: a program
 * @words: "tier 7" (of every stack), "stack 3", "stack 3 tier 7" or "tier 4-9"; several after commas
 * @error: return location for a #GError
 *
 * A die of the program's chip on which that is dead. Fails with %STRATA_CHIP_ERROR_FIELD where the chip has no such
 * place.
 *
 * Returns: (transfer full): the die
 */
STRATA_API StrataDie *
strata_die_suppose (StrataProgram *program, const char *words, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_die_draw:
 * @chip: a chip
 * @band: of the chip's spreads and shares of stuck cells
 * @seed: which die; the same for the same seed
 * @error: return location for a #GError
 *
 * A die as the chip's yield model and spreads make them: dead arrays, rows and columns, gain and offset of every
 * converter, stuck cells of every array. Converters and cells of a chip that has too many to list in one die file are
 * left out. Fails with %STRATA_CHIP_ERROR_CONTRADICTION where more is dead than can be described.
 *
 * Returns: (transfer full): the die
 */
STRATA_API StrataDie *
strata_die_draw (StrataChip *chip, StrataBand band, guint64 seed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_die_set_spare_tiers:
 * @self: a die
 * @n_spare_tiers: how many of the chip's spare tiers may stand for dead ones; below 0: all
 *
 * For questions like what a dead tier costs where spares are used up. Call it before anything else uses @self.
 */
STRATA_API void strata_die_set_spare_tiers (StrataDie *self, int n_spare_tiers);

/**
 * strata_die_get_serial:
 * @self: a die
 *
 * Returns: (transfer none): its serial number, or the words it was made from
 */
STRATA_API const char *strata_die_get_serial (StrataDie *self);

/**
 * strata_die_get_chip_name:
 * @self: a die
 *
 * Returns: (transfer none): name of the chip that it is one of
 */
STRATA_API const char *strata_die_get_chip_name (StrataDie *self);

/**
 * strata_die_get_hash:
 * @self: a die
 *
 * Returns: (transfer full): hash of the chip and all that was found, 16 hexadecimal digits
 */
STRATA_API char *strata_die_get_hash (StrataDie *self);

/**
 * strata_die_to_yaml:
 * @self: a die
 *
 * Returns: (transfer full): a die file that loads as the same die
 */
STRATA_API char *strata_die_to_yaml (StrataDie *self);

/**
 * strata_die_list_counts:
 *
 * Returns: (transfer none) (array zero-terminated=1): what strata_die_get_count () accepts
 */
STRATA_API const char *const *strata_die_list_counts (void);

/**
 * strata_die_get_count:
 * @self: a die
 * @name: what is counted: "dead_arrays", "dead_rows", "dead_columns" (as named, spare ones included); "converters",
 *   "stuck_cells" (that are listed), "tested_arrays" (of which all stuck cells are listed); "repaired_lines" (rows and
 *   columns that their arrays make up for), "used_spare_tiers" (arrays that stand for others), "weak_arrays" (with
 * fewer rows or columns than the chip says), "lost_arrays" (nothing stands for them)
 *
 * Returns: the count; -1 where @name is none
 */
STRATA_API int strata_die_get_count (StrataDie *self, const char *name);

/**
 * StrataDieUse:
 * @STRATA_DIE_FITTED: spares stand for what is dead, and programs that lie on what is left dead are refused
 * @STRATA_DIE_UNFITTED: as the die was made: no spare stands for anything, and programs lose what lies on dead arrays,
 *   rows and columns. Shows what repair and fitting are worth.
 *
 * How a die is used where values are computed.
 */
typedef enum
{
  STRATA_DIE_FITTED,
  STRATA_DIE_UNFITTED,
} StrataDieUse;

/**
 * strata_die_takes:
 * @self: a die
 * @program: a program
 * @use: how the die is used
 * @error: return location for a #GError
 *
 * Whether @program can run on @self: it is of the die's chip and, unless @use is %STRATA_DIE_UNFITTED, lies on arrays
 * that have what it uses. Fails with %STRATA_DEVICE_ERROR_PROGRAM; the message names the first layer that does not and
 * what to do. Thread-safe.
 *
 * Returns: %TRUE where it can
 */
STRATA_API gboolean strata_die_takes (StrataDie *self, StrataProgram *program, StrataDieUse use, GError **error);

/**
 * StrataDieFit:
 * @n_arrays: arrays that the program has
 * @n_spared: of those, that spare tiers stand for, without any change
 * @n_kept: that lack rows or columns, none of which are used
 * @n_moved_tier: that moved to another tier of their stack
 * @n_moved_stack: that moved to another stack
 * @placed_anew: moving some did not do, and all were placed again
 *
 * What fitting a program to a die came to. A plain struct.
 */
typedef struct
{
  int n_arrays, n_spared, n_kept, n_moved_tier, n_moved_stack;
  gboolean placed_anew;
} StrataDieFit;

/**
 * strata_die_fit:
 * @self: a die
 * @program: a program for the chip it is one of
 * @fit: (out caller-allocates) (optional): what it came to
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Moves what lies on arrays that do not work: to free tiers of the same stack, else to the nearest stack with room; the
 * schedule is made again where a stack has changed. Where spares make up for all faults, the result has the hash of
 * @program. In exact integers it computes the same in any case. Limits on time, power and heat are not looked at again.
 * Blocks, for seconds where a large program is scheduled again. Thread-safe.
 *
 * Fails with %STRATA_COMPILE_ERROR_CAPACITY where the die has too few arrays that work, and says how many are missing;
 * %STRATA_COMPILE_ERROR_INPUT where it is a die of another chip; %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full): the program for this die
 */
STRATA_API StrataProgram *strata_die_fit (StrataDie *self,
                                          StrataProgram *program,
                                          StrataDieFit *fit,
                                          GCancellable *cancellable,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
