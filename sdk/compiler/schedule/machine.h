/* SPDX-License-Identifier: Apache-2.0
 *
 * The bound of one machine. Internal to schedule/.
 */
#pragma once

#include <glib.h>

typedef struct
{
  gint64 head_ps, load_ps, tail_ps; /* load > 0 */
} ScheduleJob;

/* Before when no order of @jobs, an array of ScheduleJob, can have all tails behind it; sorts them. */
gint64 schedule_preemptive_end_ps (GArray *jobs);
