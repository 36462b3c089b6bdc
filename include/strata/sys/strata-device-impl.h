/* SPDX-License-Identifier: Apache-2.0
 *
 * For people who write a device driver: the class struct of StrataDevice. Less stable than the rest of the API.
 */
#pragma once

#include <strata/strata-device.h>

G_BEGIN_DECLS

/**
 * StrataDeviceClass:
 * @parent_class: the parent
 * @get_description: one line that says what the device is; constant for its life
 * @get_capabilities: what it can do; constant for its life
 * @load: takes a program. The base class keeps the reference; on failure the program before stays loaded.
 * @run: runs one job; called with a program loaded and the job's inputs checked against it, one call at a time. Must
 *   honour @cancellable within 100 ms and leave the device usable. Outputs go to strata_job_take_outputs().
 * @read_energy: the energy counter; may be called during @run; %NULL: there is none
 * @set_die: takes on a die, or %NULL; only called with %STRATA_CAPABILITY_DIE. The base class keeps the reference and
 *   checks programs against it; on failure the die before stays.
 *
 * The driver interface.
 */
struct _StrataDeviceClass
{
  GObjectClass parent_class;

  const char *(*get_description) (StrataDevice *self);
  StrataCapabilities (*get_capabilities) (StrataDevice *self);
  gboolean (*load) (StrataDevice *self, StrataProgram *program, GCancellable *cancellable, GError **error);
  gboolean (*run) (StrataDevice *self, StrataJob *job, GCancellable *cancellable, GError **error);
  gboolean (*read_energy) (StrataDevice *self, gint64 *energy_fj, gint64 *time_ps, StrataFidelity *source);
  gboolean (*set_die) (StrataDevice *self, StrataDie *die, StrataDieUse use, GError **error);

  gpointer reserved[7];
};

G_END_DECLS
