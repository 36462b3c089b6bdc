/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy of a program: float, quantised and analog side by side.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-attribution.h>
#include <strata/strata-compiler.h>
#include <strata/strata-conditions.h>
#include <strata/strata-die.h>
#include <strata/strata-model.h>
#include <strata/strata-program.h>

G_BEGIN_DECLS

#define STRATA_TYPE_EVALUATION (strata_evaluation_get_type ())

/**
 * StrataEvaluation:
 *
 * Runs a program over labelled data in the simulator. Without labels the figure is agreement with the float model, and
 * says so. Owner thread only.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataEvaluation, strata_evaluation, STRATA, EVALUATION, GObject)

/**
 * strata_evaluation_new:
 * @program: what to evaluate
 * @model: (nullable): the float model it came from, for the float column; %NULL leaves it unavailable
 *
 * Returns: (transfer full): an evaluation without data
 */
STRATA_API StrataEvaluation *strata_evaluation_new (StrataProgram *program,
                                                    StrataModel *model) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_evaluation_set_data:
 * @self: an evaluation
 * @inputs: samples along the first dimension; the rest must have as many elements as the model's input
 * @labels: (nullable): one integer class per sample
 * @scale: samples are fed as (value + @offset) × @scale; 1 leaves them
 * @offset: see @scale; 0 leaves them
 * @error: return location for a #GError
 *
 * Gives the data. Fails with %STRATA_DEVICE_ERROR_INPUT where shapes do not fit.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_evaluation_set_data (
  StrataEvaluation *self, StrataTensor *inputs, StrataTensor *labels, double scale, double offset, GError **error);

/**
 * strata_evaluation_set_analog:
 * @self: an evaluation
 * @analog: level of the analog column; default nominal
 * @n_trials: noise seeds, at least 1; default 8. Levels without noise run once.
 * @seed: first seed
 *
 * Chooses the analog column.
 */
STRATA_API void
strata_evaluation_set_analog (StrataEvaluation *self, StrataAnalog analog, guint n_trials, guint64 seed);

/**
 * strata_evaluation_set_conditions:
 * @self: an evaluation
 * @conditions: (nullable): of the analog column, copied; %NULL: just programmed, at the chip's ambient temperature, all
 *   physics
 *
 * Says how old and how warm the arrays are and which physics is left out.
 */
STRATA_API void strata_evaluation_set_conditions (StrataEvaluation *self, const StrataConditions *conditions);

/**
 * strata_evaluation_get_retention:
 * @self: an evaluation
 *
 * What stands behind the cells of the analog column at their age and temperature.
 *
 * Returns: "measured", also where retention is left out; "extrapolated", where nobody measured such cells for as long;
 *   "no data", where their model does not age at all
 */
STRATA_API const char *strata_evaluation_get_retention (StrataEvaluation *self);

/**
 * strata_evaluation_ignores_temperature:
 * @self: an evaluation
 *
 * Phase-change cells age alike at every temperature here, and cells without measurements in time at none: no source
 * with coefficients is at hand.
 *
 * Returns: whether the temperature of the arrays changes nothing in the analog column
 */
STRATA_API gboolean strata_evaluation_ignores_temperature (StrataEvaluation *self);

/**
 * strata_evaluation_set_die:
 * @self: an evaluation
 * @die: (nullable): the die of the analog column; %NULL: one without faults, whose spreads are drawn
 * @use: how the die is used
 * @error: return location for a #GError
 *
 * Says which die the arrays are on: levels with noise lose what is dead or stuck there, and convert with the gain and
 * offset of its converters. Fails with %STRATA_DEVICE_ERROR_PROGRAM where the program is not fitted to the die
 * (strata_die_fit ()), unless @use is %STRATA_DIE_UNFITTED, or is of another chip.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_evaluation_set_die (StrataEvaluation *self,
                                               StrataDie *die,
                                               StrataDieUse use,
                                               GError **error);

/**
 * strata_evaluation_get_die:
 * @self: an evaluation
 * @use: (out) (optional): how the die is used
 *
 * Returns: (transfer none) (nullable): the die of the analog column
 */
STRATA_API StrataDie *strata_evaluation_get_die (StrataEvaluation *self, StrataDieUse *use);

/**
 * strata_evaluation_set_corrected:
 * @self: an evaluation
 * @corrected: %FALSE: columns are read with the gains that the chip was designed for, without the gain and offset that
 *   calibration fits to each; default %TRUE
 *
 * Chooses whether the arrays of the analog column are calibrated on themselves.
 */
STRATA_API void strata_evaluation_set_corrected (StrataEvaluation *self, gboolean corrected);

/**
 * strata_evaluation_set_limit:
 * @self: an evaluation
 * @n_samples: use the first so many samples; 0 for all
 *
 * Limits the data.
 */
STRATA_API void strata_evaluation_set_limit (StrataEvaluation *self, guint n_samples);

/**
 * strata_evaluation_set_n_threads:
 * @self: an evaluation
 * @n_threads: threads, 0 for one per processor; the result does not depend on it
 *
 * Sets the number of threads.
 */
STRATA_API void strata_evaluation_set_n_threads (StrataEvaluation *self, guint n_threads);

/**
 * strata_evaluation_run:
 * @self: an evaluation with data
 * @progress: (nullable) (scope call) (closure user_data): told how far it is
 * @user_data: for @progress
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Runs. Blocks.
 *
 * Returns: %TRUE on success; then the getters below answer
 */
STRATA_API gboolean strata_evaluation_run (
  StrataEvaluation *self, StrataProgress progress, gpointer user_data, GCancellable *cancellable, GError **error);

/**
 * strata_evaluation_attribute:
 * @self: an evaluation with data
 * @progress: (nullable) (scope call) (closure user_data): told how far it is
 * @user_data: for @progress
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Runs the analog column with all terms of the physics, with none, and for each term that acts on this program without
 * it and with it alone: 2 + 2 x terms passes over the samples for each seed. Terms that the conditions leave out are
 * left out of all runs. Blocks; the result does not depend on threads. Fails with %STRATA_DEVICE_ERROR_INPUT where the
 * level is off, or neither labels nor a model are there; with %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full): what each term costs
 */
STRATA_API StrataAttribution *strata_evaluation_attribute (StrataEvaluation *self,
                                                           StrataProgress progress,
                                                           gpointer user_data,
                                                           GCancellable *cancellable,
                                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_evaluation_get_n_samples:
 * @self: an evaluation
 *
 * Returns: samples evaluated
 */
STRATA_API guint strata_evaluation_get_n_samples (StrataEvaluation *self);

/**
 * strata_evaluation_has_labels:
 * @self: an evaluation
 *
 * Returns: %FALSE where figures are agreement with the float model, not accuracy
 */
STRATA_API gboolean strata_evaluation_has_labels (StrataEvaluation *self);

/**
 * strata_evaluation_get_float:
 * @self: an evaluation
 *
 * Returns: accuracy of the float model, 0 to 1; NaN where unavailable
 */
STRATA_API double strata_evaluation_get_float (StrataEvaluation *self);

/**
 * strata_evaluation_get_quantised:
 * @self: an evaluation
 *
 * Returns: accuracy of the quantised program in exact integers, 0 to 1
 */
STRATA_API double strata_evaluation_get_quantised (StrataEvaluation *self);

/**
 * strata_evaluation_get_analog:
 * @self: an evaluation
 * @deviation: (out) (optional): standard deviation over trials; NaN for a single trial
 *
 * Returns: mean accuracy over the trials of the analog column, 0 to 1
 */
STRATA_API double strata_evaluation_get_analog (StrataEvaluation *self, double *deviation);

/**
 * strata_evaluation_get_n_trials:
 * @self: an evaluation
 *
 * Returns: trials run
 */
STRATA_API guint strata_evaluation_get_n_trials (StrataEvaluation *self);

/**
 * strata_evaluation_get_trial:
 * @self: an evaluation
 * @trial: less than strata_evaluation_get_n_trials ()
 *
 * Returns: accuracy of one trial
 */
STRATA_API double strata_evaluation_get_trial (StrataEvaluation *self, guint trial);

G_END_DECLS
