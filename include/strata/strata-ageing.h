/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy of a program against the age and the temperature of its arrays, and what keeping it up takes.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-evaluation.h>

G_BEGIN_DECLS

#define STRATA_TYPE_AGEING (strata_ageing_get_type ())

/**
 * StrataAgeing:
 *
 * Runs the analog column of an evaluation at several ages and temperatures, with converters and corrections as they
 * were set after programming, and as they would be set anew at each age. Every run has the same seeds and inputs, and
 * each cell follows one path in time, so that differences are those of age. Owner thread only.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataAgeing, strata_ageing, STRATA, AGEING, GObject)

/**
 * strata_ageing_new:
 * @evaluation: with data; its level, seeds, limit, threads and physics are those of every run
 *
 * Returns: (transfer full): ages of 0, an hour, 1, 7 and 30 days and a year, at 25, 55 and 85 degC
 */
STRATA_API StrataAgeing *strata_ageing_new (StrataEvaluation *evaluation) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_ageing_set_ages:
 * @self: an ageing
 * @ages_s: (array length=n_ages): seconds since programming, ascending, 0 or more
 * @n_ages: how many, at least 1
 * @error: return location for a #GError
 *
 * Chooses the ages. Fails with %STRATA_DEVICE_ERROR_INPUT where they do not ascend.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_ageing_set_ages (StrataAgeing *self, const double *ages_s, guint n_ages, GError **error);

/**
 * strata_ageing_set_temperatures:
 * @self: an ageing
 * @temperatures_c: (array length=n_temperatures): degrees Celsius, -60 to 300; infinite: at work, as
 *   strata_conditions_set_at_work() has it
 * @n_temperatures: how many, at least 1
 * @error: return location for a #GError
 *
 * Chooses the temperatures. One at work may run the timing simulator, as strata_program_get_figure() does. Fails with
 * %STRATA_DEVICE_ERROR_INPUT where one is out of range, with %STRATA_DEVICE_ERROR_UNSUPPORTED where one is at work and
 * leakage runs away.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_ageing_set_temperatures (StrataAgeing *self,
                                                    const double *temperatures_c,
                                                    guint n_temperatures,
                                                    GError **error);

/**
 * strata_ageing_set_recalibrate:
 * @self: an ageing
 * @recalibrate: whether to run each age with converters and corrections set anew too; default %TRUE
 *
 * Chooses whether there is a second column.
 */
STRATA_API void strata_ageing_set_recalibrate (StrataAgeing *self, gboolean recalibrate);

/**
 * strata_ageing_run:
 * @self: an ageing
 * @progress: (nullable) (scope call) (closure user_data): told how far it is
 * @user_data: for @progress
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Runs everything: temperatures x ages x columns x seeds passes over the samples. Blocks; the result does not depend on
 * threads. Fails with %STRATA_DEVICE_ERROR_INPUT where the level has no noise, or neither labels nor a model are there;
 * with %G_IO_ERROR_CANCELLED.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_ageing_run (
  StrataAgeing *self, StrataProgress progress, gpointer user_data, GCancellable *cancellable, GError **error);

/**
 * strata_ageing_get_n_seeds:
 * @self: an ageing
 *
 * Returns: programmings, each a seed, that every figure is a mean over
 */
STRATA_API guint strata_ageing_get_n_seeds (StrataAgeing *self);

/**
 * strata_ageing_get_n_ages:
 * @self: an ageing
 *
 * Returns: ages
 */
STRATA_API guint strata_ageing_get_n_ages (StrataAgeing *self);

/**
 * strata_ageing_get_age_s:
 * @self: an ageing
 * @age: index of an age
 *
 * Returns: seconds
 */
STRATA_API double strata_ageing_get_age_s (StrataAgeing *self, guint age);

/**
 * strata_ageing_get_n_temperatures:
 * @self: an ageing
 *
 * Returns: temperatures
 */
STRATA_API guint strata_ageing_get_n_temperatures (StrataAgeing *self);

/**
 * strata_ageing_get_temperature_c:
 * @self: an ageing
 * @temperature: index of a temperature
 *
 * Returns: degrees Celsius; at work that of the hottest array
 */
STRATA_API double strata_ageing_get_temperature_c (StrataAgeing *self, guint temperature);

/**
 * strata_ageing_is_at_work:
 * @self: an ageing
 * @temperature: index of a temperature
 * @coolest_c: (out) (optional): degrees Celsius of the coolest array; strata_ageing_get_temperature_c() otherwise
 *
 * Returns: whether each array has the temperature that work keeps it at
 */
STRATA_API gboolean strata_ageing_is_at_work (StrataAgeing *self, guint temperature, double *coolest_c);

/**
 * strata_ageing_get_accuracy:
 * @self: an ageing
 * @temperature: index of a temperature
 * @age: index of an age
 * @recalibrated: whether converters and corrections are set at that age
 * @deviation: (out) (optional): standard deviation over seeds; NaN for a single one
 *
 * Returns: mean accuracy over seeds, 0 to 1; NaN where it was not run
 */
STRATA_API double
strata_ageing_get_accuracy (StrataAgeing *self, guint temperature, guint age, gboolean recalibrated, double *deviation);

/**
 * strata_ageing_get_snr_db:
 * @self: an ageing
 * @temperature: index of a temperature
 * @age: index of an age
 * @recalibrated: whether converters and corrections are set at that age
 *
 * Returns: signal to noise of the first output against exact integers, over samples and seeds, decibels; NaN where it
 *   was not run
 */
STRATA_API double strata_ageing_get_snr_db (StrataAgeing *self, guint temperature, guint age, gboolean recalibrated);

/**
 * strata_ageing_get_effective_age_s:
 * @self: an ageing
 * @temperature: index of a temperature
 * @age: index of an age
 * @extrapolated: (out) (optional): whether cells were never measured that old; %TRUE too where the cell model has no
 *   measurements in time, and age changes nothing
 *
 * Returns: the age at the chip's retention_reference that does as much, seconds
 */
STRATA_API double
strata_ageing_get_effective_age_s (StrataAgeing *self, guint temperature, guint age, gboolean *extrapolated);

/**
 * strata_ageing_get_measured_s:
 * @self: an ageing
 *
 * Returns: the effective age up to which the chip's cells were measured, seconds; 0 where they never were in time, so
 *   that age changes nothing; infinite where exact cells have nothing to change
 */
STRATA_API double strata_ageing_get_measured_s (StrataAgeing *self);

/**
 * strata_ageing_get_due_s:
 * @self: an ageing
 * @temperature: index of a temperature
 * @recalibrated: %FALSE: when to recalibrate, or program anew where that is not done; %TRUE: when to program anew
 *   although it is
 * @target: least mean accuracy, 0 to 1, or, where @is_snr, least signal to noise, decibels
 * @is_snr: see @target
 *
 * The age at which the target is missed first, between the ages that were run along ln (1 + age / hour).
 *
 * Returns: seconds; infinite where it is met at every age; 0 where it is not met at the first; NaN where it was not run
 */
STRATA_API double
strata_ageing_get_due_s (StrataAgeing *self, guint temperature, gboolean recalibrated, double target, gboolean is_snr);

G_END_DECLS
