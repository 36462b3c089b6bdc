/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing to file descriptors.
 */
#pragma once

#include <glib.h>

/* All @n_bytes, however many calls that takes; 0, or errno */
int strata_write_all (int fd, const void *bytes, gsize n_bytes);
