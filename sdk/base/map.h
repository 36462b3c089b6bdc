/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that users name, mapped for reading.
 */
#pragma once

#include <glib.h>

/* The bytes of a regular file. What is none (a folder, a pipe, a device) is refused with G_FILE_ERROR_INVAL before it
 * is opened, as opening a pipe would block. Other errors: G_FILE_ERROR. (transfer full) */
GBytes *strata_map_file (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
