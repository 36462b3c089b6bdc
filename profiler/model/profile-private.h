/* SPDX-License-Identifier: Apache-2.0
 *
 * What a StrataProfile holds, for the files that make up its public functions. All but the lists and the use of db is
 * immutable once it is open.
 */
#pragma once

#include "analysis/track.h"
#include "store/rows.h"
#include "strata-profiler/strata-profile-analysis.h"
#include "strata-profiler/strata-profile-items.h"

struct _StrataProfile
{
  GObject parent_instance;
  char *path;
  sqlite3 *db; /* under lock */
  GMutex lock;
  StrataRows *rows;
  StrataTrack *tracks; /* 2 per unit: what runs, static energy */
  StrataProfileVerdict *verdicts;
  gsize n_verdicts;
};
