/* SPDX-License-Identifier: Apache-2.0
 *
 * null: takes any program and any job, computes nothing. The template of a driver, and what the conformance suite runs
 * against beside the simulator. It says so through its capabilities: a job that wants values is refused.
 */
#include "device/device-private.h"

#define STRATA_TYPE_DEVICE_NULL (strata_device_null_get_type ())
G_DECLARE_FINAL_TYPE (StrataDeviceNull, strata_device_null, STRATA, DEVICE_NULL, StrataDevice)

struct _StrataDeviceNull
{
  StrataDevice parent_instance;
};

G_DEFINE_FINAL_TYPE (StrataDeviceNull, strata_device_null, STRATA_TYPE_DEVICE)

static const char *
strata_device_null_get_description (StrataDevice *device)
{
  return "no device: takes programs and jobs, computes nothing";
}

static StrataCapabilities
strata_device_null_get_capabilities (StrataDevice *device)
{
  return 0;
}

static gboolean
strata_device_null_load (StrataDevice *device, StrataProgram *program, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

static gboolean
strata_device_null_run (StrataDevice *device, StrataJob *job, GCancellable *cancellable, GError **error)
{
  if (strata_job_get_fidelity (job) != STRATA_FIDELITY_FUNCTIONAL)
    return TRUE;
  g_set_error_literal (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED,
                       "null: computes no outputs; run on sim:, or at the timing fidelity");
  return FALSE;
}

static void
strata_device_null_class_init (StrataDeviceNullClass *klass)
{
  StrataDeviceClass *device_class = STRATA_DEVICE_CLASS (klass);

  device_class->get_description = strata_device_null_get_description;
  device_class->get_capabilities = strata_device_null_get_capabilities;
  device_class->load = strata_device_null_load;
  device_class->run = strata_device_null_run;
}

static void
strata_device_null_init (StrataDeviceNull *self)
{
}

StrataDevice *
strata_device_null_open (const char *uri)
{
  return g_object_new (STRATA_TYPE_DEVICE_NULL, "uri", uri, NULL);
}
