/* SPDX-License-Identifier: Apache-2.0
 *
 * Processor time of this process, in seconds: what a bench on a shared machine compares.
 */
#pragma once

#include <time.h>

static inline double
now_s (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}
