/* SPDX-License-Identifier: Apache-2.0
 *
 * When to recalibrate a chip and when to write its arrays anew, so that a program keeps a target, and what that takes.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-ageing.h>

G_BEGIN_DECLS

#define STRATA_TYPE_MAINTENANCE (strata_maintenance_get_type ())

/**
 * StrataMaintenance:
 *
 * The dates of all recalibrations and refreshes over a life, at each temperature of an ageing. A recalibration sets
 * converters and corrections anew; a refresh writes the cells anew, recalibrates, and age begins again. Each is due at
 * the last age at which the target was seen to be met; a recalibration that would not hold it for 10 % of its age
 * longer is a refresh. After a refresh the same dates come again: programming is drawn from the same seeds.
 *
 * Ages are found by bisection of the modelled mean over the seeds, to 5 %, at each temperature from where the one
 * before it had them, as fast as cells age. Owner thread only.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataMaintenance, strata_maintenance, STRATA, MAINTENANCE, GObject)

/**
 * StrataMaintenanceState:
 * @STRATA_MAINTENANCE_KEPT: the target is kept for the whole life
 * @STRATA_MAINTENANCE_NEVER_MET: just programmed it is not met, or not for a second
 * @STRATA_MAINTENANCE_TOO_OFTEN: keeping it would take more time than there is
 * @STRATA_MAINTENANCE_WORN_OUT: cells do not endure the writes it takes (nominal)
 *
 * Whether a target is kept.
 */
typedef enum
{
  STRATA_MAINTENANCE_KEPT,
  STRATA_MAINTENANCE_NEVER_MET,
  STRATA_MAINTENANCE_TOO_OFTEN,
  STRATA_MAINTENANCE_WORN_OUT,
} StrataMaintenanceState;

/**
 * strata_maintenance_new:
 * @ageing: its evaluation and temperatures are taken, and whether it recalibrates; what it has run is used
 *
 * Returns: (transfer full): for five years
 */
STRATA_API StrataMaintenance *strata_maintenance_new (StrataAgeing *ageing) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_maintenance_set_target:
 * @self: a maintenance
 * @target: least mean accuracy, 0 to 1, or, where @is_snr, least signal to noise of the first output, decibels
 * @is_snr: see @target
 *
 * Chooses what is kept.
 */
STRATA_API void strata_maintenance_set_target (StrataMaintenance *self, double target, gboolean is_snr);

/**
 * strata_maintenance_set_life:
 * @self: a maintenance
 * @life_s: seconds from the first load on, more than 0
 *
 * Chooses for how long.
 */
STRATA_API void strata_maintenance_set_life (StrataMaintenance *self, double life_s);

/**
 * strata_maintenance_run:
 * @self: a maintenance
 * @progress: (nullable) (scope call) (closure user_data): told how far it is
 * @user_data: for @progress
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Finds the dates: about eight passes a date and seed over the samples. Blocks; the result does not depend on threads.
 * Fails with %STRATA_DEVICE_ERROR_INPUT where the level has no noise, neither labels nor a model are there, or the
 * life is more than 1000 years; with %G_IO_ERROR_CANCELLED.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_maintenance_run (
  StrataMaintenance *self, StrataProgress progress, gpointer user_data, GCancellable *cancellable, GError **error);

/**
 * strata_maintenance_get_state:
 * @self: a maintenance
 * @temperature: index of a temperature
 * @recalibrated: %FALSE: with refreshes only
 *
 * Returns: whether the target is kept there
 */
STRATA_API StrataMaintenanceState strata_maintenance_get_state (StrataMaintenance *self,
                                                                guint temperature,
                                                                gboolean recalibrated);

/**
 * strata_maintenance_get_figure:
 * @self: a maintenance
 * @temperature: index of a temperature
 * @recalibrated: %FALSE: with refreshes only
 * @name: "recalibrations", "refreshes", "loads" (writes of a cell, the first included), "time_ps" and "energy_fj" (of
 *   all but the first load), "power_mw" (mean over the life), "duty" (share of the life without inference),
 *   "downtime_s" (a year), "longest_ps" (without inference), "wear" (loads over what a cell endures; above 1: worn
 *   out), "worn_out_s" (when a refresh more is not endured; infinite: never), "cycle_s" (from one refresh to the next;
 *   infinite: there is none), "is_extrapolated" (1: some date, or the end of the life where no refresh comes before it,
 *   lies beyond what cells were measured for)
 * @band: which constants of the chip
 *
 * Returns: the value, in the unit its name ends with; NaN for an unknown name, where it was not run, and for what is
 *   recalibrated where the ageing does not
 */
STRATA_API double strata_maintenance_get_figure (
  StrataMaintenance *self, guint temperature, gboolean recalibrated, const char *name, StrataBand band);

/**
 * strata_maintenance_get_n_events:
 * @self: a maintenance
 * @temperature: index of a temperature
 * @recalibrated: %FALSE: with refreshes only
 *
 * Returns: recalibrations and refreshes of the life; 0 where it was not run
 */
STRATA_API guint64 strata_maintenance_get_n_events (StrataMaintenance *self, guint temperature, gboolean recalibrated);

/**
 * strata_maintenance_get_event:
 * @self: a maintenance
 * @temperature: index of a temperature
 * @recalibrated: %FALSE: with refreshes only
 * @event: less than strata_maintenance_get_n_events (), in the order of time
 * @name: "at_s" (of the life), "age_s" (of the cells), "missed_s" (the first age that was seen to miss the target),
 *   "earliest_s" and "latest_s" (ages at which the mean less, and plus, a standard error over the seeds crosses the
 *   target; NaN for a single seed, infinite: at no age that was looked at), "before", "before_error", "after",
 *   "after_error" (accuracy, 0 to 1, or decibels, and standard errors over the seeds), "is_refresh" (1: it is), and
 *   "is_extrapolated" (1: cells were never measured that old), "time_ps", "energy_fj" (nominal)
 *
 * Returns: the value, in the unit its name ends with; NaN for an unknown name
 */
STRATA_API double strata_maintenance_get_event (
  StrataMaintenance *self, guint temperature, gboolean recalibrated, guint64 event, const char *name);

/**
 * strata_maintenance_get_n_points:
 * @self: a maintenance
 * @temperature: index of a temperature
 *
 * Returns: how many pairs of ages were looked at; 0 where it was not run
 */
STRATA_API guint strata_maintenance_get_n_points (StrataMaintenance *self, guint temperature);

/**
 * strata_maintenance_get_point:
 * @self: a maintenance
 * @temperature: index of a temperature
 * @point: less than strata_maintenance_get_n_points (), in the order of the last calibration, then of age
 * @age_s: (out) (optional): age of the cells at that temperature
 * @calibrated_s: (out) (optional): age at which converters and corrections were set
 * @error: (out) (optional): standard error over the seeds; NaN for a single one
 *
 * Returns: mean over the seeds, 0 to 1, or decibels
 */
STRATA_API double strata_maintenance_get_point (
  StrataMaintenance *self, guint temperature, guint point, double *age_s, double *calibrated_s, double *error);

/**
 * strata_maintenance_get_endurance_source:
 * @self: a maintenance
 * @tag: (out) (transfer none): "measured", "published", "derived" or "assumed"
 *
 * Returns: (transfer none) (nullable): where the chip's description has the endurance of a cell from
 */
STRATA_API const char *strata_maintenance_get_endurance_source (StrataMaintenance *self, const char **tag);

G_END_DECLS
