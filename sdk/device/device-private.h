/* SPDX-License-Identifier: Apache-2.0
 *
 * The backends that open by URI. To add one: a file beside device-null.c, a line here, a line in strata_device_open ().
 */
#pragma once

#include "strata/sys/strata-device-impl.h"

StrataDevice *strata_device_null_open (const char *uri) G_GNUC_WARN_UNUSED_RESULT;
StrataDevice *strata_device_sim_open (const char *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;
