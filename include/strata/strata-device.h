/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices, simulated or real, and the jobs they run.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-conditions.h>
#include <strata/strata-die.h>
#include <strata/strata-program.h>
#include <strata/strata-tensor.h>
#include <strata/strata-types.h>
#include <strata/sys/strata-trace.h>

G_BEGIN_DECLS

/**
 * StrataCapabilities:
 * @STRATA_CAPABILITY_VALUES: computes outputs
 * @STRATA_CAPABILITY_TRACE: sends records of a run to a sink
 * @STRATA_CAPABILITY_ENERGY: has an energy counter
 * @STRATA_CAPABILITY_ANALOG_LEVELS: the analog level of a job can be chosen
 * @STRATA_CAPABILITY_PHYSICAL: is hardware; its figures are measured
 * @STRATA_CAPABILITY_DIE: can be told which die it is
 *
 * What a device can do. Ask for these, not for a type.
 */
typedef enum /*< flags >*/
{
  STRATA_CAPABILITY_VALUES = 1 << 0,
  STRATA_CAPABILITY_TRACE = 1 << 1,
  STRATA_CAPABILITY_ENERGY = 1 << 2,
  STRATA_CAPABILITY_ANALOG_LEVELS = 1 << 3,
  STRATA_CAPABILITY_PHYSICAL = 1 << 4,
  STRATA_CAPABILITY_DIE = 1 << 5,
} StrataCapabilities;

#define STRATA_TYPE_JOB (strata_job_get_type ())

/**
 * StrataJob:
 *
 * One inference: inputs, how to run them, and the outputs afterwards. Owner thread only; a device has it while it runs.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataJob, strata_job, STRATA, JOB, GObject)

/**
 * strata_job_new:
 *
 * Returns: (transfer full): a job: functional fidelity, nominal analog level, seed 0
 */
STRATA_API StrataJob *strata_job_new (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_job_set_inputs:
 * @self: a job
 * @inputs: (element-type StrataTensor) (transfer none) (nullable): one tensor per input of the model, in order
 *
 * Gives the inputs. A job at the timing fidelity needs none.
 */
STRATA_API void strata_job_set_inputs (StrataJob *self, GPtrArray *inputs);

/**
 * strata_job_get_inputs:
 * @self: a job
 *
 * Returns: (transfer none) (nullable) (element-type StrataTensor): the inputs
 */
STRATA_API GPtrArray *strata_job_get_inputs (StrataJob *self);

/**
 * strata_job_set_fidelity:
 * @self: a job
 * @fidelity: %STRATA_FIDELITY_ESTIMATE (nothing is executed), %STRATA_FIDELITY_TIMING (values are not computed) or
 * %STRATA_FIDELITY_FUNCTIONAL
 *
 * Chooses what is computed.
 */
STRATA_API void strata_job_set_fidelity (StrataJob *self, StrataFidelity fidelity);

/**
 * strata_job_get_fidelity:
 * @self: a job
 *
 * Returns: what is computed
 */
STRATA_API StrataFidelity strata_job_get_fidelity (StrataJob *self);

/**
 * strata_job_set_analog:
 * @self: a job
 * @analog: level of the crossbar physics, for devices with %STRATA_CAPABILITY_ANALOG_LEVELS
 *
 * Chooses the analog level.
 */
STRATA_API void strata_job_set_analog (StrataJob *self, StrataAnalog analog);

/**
 * strata_job_get_analog:
 * @self: a job
 *
 * Returns: the analog level
 */
STRATA_API StrataAnalog strata_job_get_analog (StrataJob *self);

/**
 * strata_job_set_seed:
 * @self: a job
 * @seed: seed of programming and read noise
 *
 * Sets the seed: the same seed replays the same noise.
 */
STRATA_API void strata_job_set_seed (StrataJob *self, guint64 seed);

/**
 * strata_job_get_seed:
 * @self: a job
 *
 * Returns: the seed
 */
STRATA_API guint64 strata_job_get_seed (StrataJob *self);

/**
 * strata_job_set_conditions:
 * @self: a job
 * @conditions: (nullable): copied; %NULL: just programmed, at the chip's ambient temperature, all physics
 *
 * Says how old and how warm the arrays are and which physics is left out, for devices with
 * %STRATA_CAPABILITY_ANALOG_LEVELS. Running a job with conditions that make no sense fails with
 * %STRATA_DEVICE_ERROR_INPUT.
 */
STRATA_API void strata_job_set_conditions (StrataJob *self, const StrataConditions *conditions);

/**
 * strata_job_get_conditions:
 * @self: a job
 *
 * Returns: (transfer none): the conditions
 */
STRATA_API const StrataConditions *strata_job_get_conditions (StrataJob *self);

/**
 * strata_job_set_inference:
 * @self: a job
 * @inference: number of the inference, part of the key of its read noise
 *
 * Numbers the job.
 */
STRATA_API void strata_job_set_inference (StrataJob *self, guint64 inference);

/**
 * strata_job_get_inference:
 * @self: a job
 *
 * Returns: the number
 */
STRATA_API guint64 strata_job_get_inference (StrataJob *self);

/**
 * strata_job_set_sink: (skip)
 * @self: a job
 * @sink: (nullable): where records of the run go; borrowed, must outlive the run
 * @run_name: (nullable): name of the run in the profile
 *
 * Asks for records, on devices with %STRATA_CAPABILITY_TRACE.
 */
STRATA_API void strata_job_set_sink (StrataJob *self, StrataTraceSink *sink, const char *run_name);

/**
 * strata_job_get_sink: (skip)
 * @self: a job
 * @run_name: (out) (optional): name of the run
 *
 * Returns: (nullable): the sink
 */
STRATA_API StrataTraceSink *strata_job_get_sink (StrataJob *self, const char **run_name);

/**
 * strata_job_get_outputs:
 * @self: a job
 *
 * Returns: (transfer none) (nullable) (element-type StrataTensor): one tensor per output, after a run that computed
 * them
 */
STRATA_API GPtrArray *strata_job_get_outputs (StrataJob *self);

/**
 * strata_job_take_outputs:
 * @self: a job
 * @outputs: (transfer full) (nullable) (element-type StrataTensor): what a device computed
 *
 * For drivers: hands over the outputs.
 */
STRATA_API void strata_job_take_outputs (StrataJob *self, GPtrArray *outputs);

#define STRATA_TYPE_DEVICE (strata_device_get_type ())

/**
 * StrataDevice:
 *
 * A chip that programs run on: simulated (`sim:`), nothing at all (`null:`), or, later, a board. Calls may come from
 * any thread; a device serialises them. A driver subclasses it, see strata/sys/strata-device-impl.h.
 */
STRATA_API
G_DECLARE_DERIVABLE_TYPE (StrataDevice, strata_device, STRATA, DEVICE, GObject)

/**
 * strata_device_scan:
 *
 * Returns: (transfer full) (array zero-terminated=1): URIs of the devices that can be opened now
 */
STRATA_API char **strata_device_scan (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_device_open:
 * @uri: "sim:", "sim:CHIP", "null:"; behind the simulator's "?die=FILE" with a die file, and "&unfitted" to use that as
 *   %STRATA_DIE_UNFITTED. What a file's name has of "%", "&" and "#" is escaped as in any URI.
 * @error: return location for a #GError
 *
 * Opens a device. Fails with %STRATA_DEVICE_ERROR_NOT_FOUND, and with %STRATA_CHIP_ERROR where a chip or a die is no
 * sound description. May block.
 *
 * Returns: (transfer full): the device
 */
STRATA_API StrataDevice *strata_device_open (const char *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_device_get_uri:
 * @self: a device
 *
 * Returns: (transfer none): what it was opened with
 */
STRATA_API const char *strata_device_get_uri (StrataDevice *self);

/**
 * strata_device_get_description:
 * @self: a device
 *
 * Returns: (transfer none): one line that says what it is
 */
STRATA_API const char *strata_device_get_description (StrataDevice *self);

/**
 * strata_device_get_capabilities:
 * @self: a device
 *
 * Returns: what it can do
 */
STRATA_API StrataCapabilities strata_device_get_capabilities (StrataDevice *self);

/**
 * strata_device_load:
 * @self: a device
 * @program: what to run
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Loads a program; replaces the one before. Fails with %STRATA_DEVICE_ERROR_PROGRAM where it was compiled for another
 * chip, or is not fitted to the device's die (strata_die_fit ()). Blocks.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_device_load (StrataDevice *self,
                                        StrataProgram *program,
                                        GCancellable *cancellable,
                                        GError **error);

/**
 * strata_device_get_program:
 * @self: a device
 *
 * Returns: (transfer none) (nullable): the loaded program
 */
STRATA_API StrataProgram *strata_device_get_program (StrataDevice *self);

/**
 * strata_device_set_die:
 * @self: a device with %STRATA_CAPABILITY_DIE
 * @die: (nullable): which die it is; %NULL: one without faults, whose spreads are drawn
 * @use: how the die is used
 * @error: return location for a #GError
 *
 * Says which die of its chip a device is. Values then lose what is dead or stuck there, and are converted with the
 * gain and offset of its converters, at analog levels with noise; time and energy stay those of the program. Programs
 * that are not fitted to the die are refused from then on, unless @use is %STRATA_DIE_UNFITTED. Fails, and changes
 * nothing, with %STRATA_DEVICE_ERROR_PROGRAM where the loaded program is such a one, %STRATA_DEVICE_ERROR_INPUT where
 * the die is of another chip than the device's, %STRATA_DEVICE_ERROR_UNSUPPORTED.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_device_set_die (StrataDevice *self, StrataDie *die, StrataDieUse use, GError **error);

/**
 * strata_device_get_die:
 * @self: a device
 * @use: (out) (optional): how the die is used
 *
 * Returns: (transfer none) (nullable): the die that it is
 */
STRATA_API StrataDie *strata_device_get_die (StrataDevice *self, StrataDieUse *use);

/**
 * strata_device_run:
 * @self: a device
 * @job: what to run
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Runs one inference. Fails with %STRATA_DEVICE_ERROR_PROGRAM where none is loaded, %STRATA_DEVICE_ERROR_INPUT,
 * %STRATA_DEVICE_ERROR_UNSUPPORTED for a fidelity, analog level or sink the device does not have, or
 * %G_IO_ERROR_CANCELLED; the device stays usable. Blocks.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_device_run (StrataDevice *self, StrataJob *job, GCancellable *cancellable, GError **error);

/**
 * strata_device_run_async:
 * @self: a device
 * @job: what to run
 * @cancellable: (nullable): a #GCancellable
 * @callback: called in the thread-default main context when done
 * @user_data: for @callback
 *
 * Runs one inference in a thread. Does not block.
 */
STRATA_API void strata_device_run_async (
  StrataDevice *self, StrataJob *job, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * strata_device_run_finish:
 * @self: a device
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_device_run_finish (StrataDevice *self, GAsyncResult *result, GError **error);

/**
 * strata_device_read_energy:
 * @self: a device
 * @energy_fj: (out): femtojoules since it was opened; never falls
 * @time_ps: (out): device time of the reading, picoseconds since it was opened
 * @source: (out): %STRATA_FIDELITY_MEASURED for a sensor, %STRATA_FIDELITY_TIMING for a model
 *
 * Reads the energy counter. Does not block a running job.
 *
 * Returns: %FALSE where the device has no counter; the values are then unavailable, not zero
 */
STRATA_API gboolean strata_device_read_energy (StrataDevice *self,
                                               gint64 *energy_fj,
                                               gint64 *time_ps,
                                               StrataFidelity *source);

G_END_DECLS
