/* SPDX-License-Identifier: Apache-2.0
 *
 * Compilation: a model and a chip to a program.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-certificate.h>
#include <strata/strata-chip.h>
#include <strata/strata-model.h>
#include <strata/strata-program.h>
#include <strata/strata-requirements.h>

G_BEGIN_DECLS

#define STRATA_TYPE_COMPILER (strata_compiler_get_type ())

/**
 * StrataCompiler:
 *
 * Options of a compilation, and the call that makes it. Owner thread only. It keeps what the stages made: compiling
 * again after a change of requirements, options or chip redoes what depends on it, and gives the same program as a new
 * compiler would.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataCompiler, strata_compiler, STRATA, COMPILER, GObject)

/**
 * strata_compiler_new:
 * @model: what to compile
 * @chip: what for
 *
 * Returns: (transfer full): a compiler with default options
 */
STRATA_API StrataCompiler *strata_compiler_new (StrataModel *model, StrataChip *chip) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_compiler_set_chip:
 * @self: a compiler
 * @chip: what for
 *
 * Changes the chip; the other options stay.
 */
STRATA_API void strata_compiler_set_chip (StrataCompiler *self, StrataChip *chip);

/**
 * strata_compiler_set_cache_folder:
 * @self: a compiler
 * @path: (nullable) (type filename): a folder, made where it is not there; default %NULL
 * @max_bytes: what its files may take together, 0 for 1 GB
 *
 * Keeps what the stages make in a folder too, for other processes. Any number of them may share it. Nothing in it is
 * trusted: a damaged file is made again. That files cannot be written makes no compilation fail; see
 * strata_compiler_take_cache_notes(). What the compiler kept so far in memory is forgotten.
 */
STRATA_API void strata_compiler_set_cache_folder (StrataCompiler *self, const char *path, guint64 max_bytes);

/**
 * strata_compiler_share_cache:
 * @self: a compiler
 * @other: a compiler, of any model and chip
 *
 * Makes @self use what @other keeps, and the other way round. The two may be used from two threads.
 */
STRATA_API void strata_compiler_share_cache (StrataCompiler *self, StrataCompiler *other);

/**
 * strata_compiler_take_cache_notes:
 * @self: a compiler
 *
 * Sentences about files of the cache folder that were damaged or could not be written, since the last call.
 *
 * Returns: (transfer full) (array zero-terminated=1): the notes, empty where there is nothing to say
 */
STRATA_API char **strata_compiler_take_cache_notes (StrataCompiler *self) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_compiler_set_requirements:
 * @self: a compiler
 * @requirements: (nullable): limits and objective; copied
 *
 * What the program must meet. The compiler chooses copies of matrices, conversions per product and the rate for it: the
 * cheapest program that meets all limits, or where none was found an error, of which strata_compiler_get_certificate()
 * says how near it came.
 */
STRATA_API void strata_compiler_set_requirements (StrataCompiler *self, StrataRequirements *requirements);

/**
 * strata_compiler_add_calibration:
 * @self: a compiler
 * @inputs: (element-type StrataTensor) (transfer none): one tensor per input of the model
 * @error: return location for a #GError
 *
 * Adds one sample that activation ranges are measured on. Without any, a float model is compiled with ranges guessed
 * from two synthetic samples, and the program says so. Fails with %STRATA_COMPILE_ERROR_INPUT where a tensor does not
 * fit.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_compiler_add_calibration (StrataCompiler *self, GPtrArray *inputs, GError **error);

/**
 * strata_compiler_set_accuracy_data:
 * @self: a compiler
 * @inputs: (nullable): samples along the first dimension; %NULL for none
 * @labels: (nullable): one integer class per sample; %NULL to judge agreement with the float model
 * @scale: samples are fed as (value + @offset) × @scale; 1 leaves them
 * @offset: see @scale; 0 leaves them
 *
 * What %STRATA_LIMIT_MIN_ACCURACY is judged on: the mean over eight noise seeds of the nominal analog level, as
 * #StrataEvaluation has it. Data that do not fit the model are an error of the compilation.
 */
STRATA_API void strata_compiler_set_accuracy_data (
  StrataCompiler *self, StrataTensor *inputs, StrataTensor *labels, double scale, double offset);

/**
 * strata_compiler_set_effort:
 * @self: a compiler
 * @seconds: roughly how long placement of one program may take; 0 for the default, below 0 for its start without
 *   improvement. It is turned into a count of moves: the program does not depend on the machine
 *
 * Chooses between a quick compilation and a better program.
 */
STRATA_API void strata_compiler_set_effort (StrataCompiler *self, double seconds);

/**
 * strata_compiler_get_certificate:
 * @self: a compiler
 *
 * What the last compilation found out about its limits, and the programs it made on the way. It is there after success
 * and after %STRATA_COMPILE_ERROR_REQUIREMENT.
 *
 * Returns: (transfer none) (nullable): the certificate; %NULL before the first compilation, and after one that did not
 * come to comparing programs
 */
STRATA_API StrataCertificate *strata_compiler_get_certificate (StrataCompiler *self);

/**
 * strata_compiler_set_seed:
 * @self: a compiler
 * @seed: seed of everything random; default 0. Equal seeds give equal programs.
 *
 * Sets the seed.
 */
STRATA_API void strata_compiler_set_seed (StrataCompiler *self, guint64 seed);

/**
 * strata_compiler_set_n_threads:
 * @self: a compiler
 * @n_threads: threads to use, 0 for one per processor; the program does not depend on it
 *
 * Sets the number of threads.
 */
STRATA_API void strata_compiler_set_n_threads (StrataCompiler *self, guint n_threads);

/**
 * strata_compiler_set_row_copies:
 * @self: a compiler
 * @row_copies: whether free rows of an array are filled with copies of its weights, against thermal noise; default
 * %TRUE
 *
 * Chooses between accuracy and energy of small matrices.
 */
STRATA_API void strata_compiler_set_row_copies (StrataCompiler *self, gboolean row_copies);

#define STRATA_MAX_READS 64

/**
 * strata_compiler_set_n_reads:
 * @self: a compiler
 * @n_reads: conversions that each product averages, up to %STRATA_MAX_READS; 0, the default: chosen per layer where
 * calibration samples are given, else 1
 *
 * Averages repeated conversions against thermal and read noise: noise falls with the root of @n_reads, time and energy
 * of the converters grow with it.
 */
STRATA_API void strata_compiler_set_n_reads (StrataCompiler *self, guint n_reads);

/**
 * strata_compiler_set_quantisation:
 * @self: a compiler
 * @settings: `KEY=VALUE` separated by commas. Keys: `channels` (a scale per output channel of the weights), `ranges`
 * (activation ranges of least error), `bias` (bias correction), `equalise` (scales moved between layers), `reads`
 * (averaged reads per layer), `splits` (matrices over more arrays, for copies of their rows), `slices` (fewer cells
 * per weight where that is not felt), each `on`, the default, or `off`; and `max-flips`, the share of samples whose
 * class analog noise may change, as predicted from the calibration samples (default 1%)
 * @error: return location
 *
 * Chooses how weights and activations become integers and how much is spent against analog noise.
 *
 * Errors are of the domain %STRATA_COMPILE_ERROR.
 *
 * Returns: %FALSE where @settings say something else
 */
STRATA_API gboolean strata_compiler_set_quantisation (StrataCompiler *self, const char *settings, GError **error);

/**
 * strata_compiler_set_timing_only:
 * @self: a compiler
 * @timing_only: whether the program is to serve time, energy and heat alone; default %FALSE
 *
 * Lets a configuration's half-precision checkpoint stay in its file: the program then has no weights, as
 * strata_program_has_weights() says. Models whose weights are at hand are compiled as ever.
 */
STRATA_API void strata_compiler_set_timing_only (StrataCompiler *self, gboolean timing_only);

/**
 * strata_compiler_set_dump_folder:
 * @self: a compiler
 * @path: (nullable) (type filename): folder for a text dump of each stage's result
 *
 * Asks for dumps.
 */
STRATA_API void strata_compiler_set_dump_folder (StrataCompiler *self, const char *path);

/**
 * strata_compiler_compile:
 * @self: a compiler
 * @progress: (nullable) (scope call) (closure user_data): told how far it is
 * @user_data: for @progress
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Compiles. Fails with %STRATA_COMPILE_ERROR (a limit that is not met is %STRATA_COMPILE_ERROR_REQUIREMENT and says by
 * how much), %STRATA_IMPORT_ERROR_VALUE for weights that are not numbers, or %G_IO_ERROR_CANCELLED. Blocks.
 *
 * Returns: (transfer full): the program
 */
STRATA_API StrataProgram *strata_compiler_compile (StrataCompiler *self,
                                                   StrataProgress progress,
                                                   gpointer user_data,
                                                   GCancellable *cancellable,
                                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_compiler_compile_async:
 * @self: a compiler; not to be changed until the callback
 * @cancellable: (nullable): a #GCancellable
 * @callback: called in the thread-default main context when done
 * @user_data: for @callback
 *
 * Compiles in a thread. Does not block.
 */
STRATA_API void strata_compiler_compile_async (StrataCompiler *self,
                                               GCancellable *cancellable,
                                               GAsyncReadyCallback callback,
                                               gpointer user_data);

/**
 * strata_compiler_compile_finish:
 * @self: a compiler
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full): the program
 */
STRATA_API StrataProgram *
strata_compiler_compile_finish (StrataCompiler *self, GAsyncResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
