/* SPDX-License-Identifier: Apache-2.0
 *
 * The bound of one machine.
 */
#pragma once

#include <glib.h>

typedef struct
{
  gint64 head_ps, load_ps, tail_ps; /* load > 0 */
} StrataMachineJob;

/* Before when no order of @jobs, an array of StrataMachineJob, can have all tails behind it; sorts them. */
gint64 strata_machine_end_ps (GArray *jobs);
