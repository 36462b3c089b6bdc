/* SPDX-License-Identifier: Apache-2.0
 *
 * The sink that keeps a run as a profile: `PATH.partial` while the run lasts, `PATH` once it is complete and closes.
 */
#pragma once

#include "strata-profiler/strata-profile.h"

G_BEGIN_DECLS

/**
 * strata_profile_recorder_new: (skip)
 * @path: where the profile shall be
 *
 * A sink for one run. Nothing is created before begin (). Its functions block on the disk and are to be called from one
 * thread at a time.
 *
 * end (%TRUE) checks that the sums of event energies and of energy records agree to the femtojoule, writes everything
 * to the disk and renames; on any error, with end (%FALSE), and on free () without end () no file is left, and a file
 * that was at @path before stays as it was. The same records give the same bytes.
 *
 * Errors of its functions: %STRATA_PROFILE_ERROR_WRITE, for example on a full disk, and
 * %STRATA_PROFILE_ERROR_INCONSISTENT for records that point nowhere or sums that do not close.
 *
 * Returns: (transfer full): the sink; release with its free ()
 */
STRATA_API StrataTraceSink *strata_profile_recorder_new (const char *path) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
