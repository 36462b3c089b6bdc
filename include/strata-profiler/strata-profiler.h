/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything of libstrata-profiler but the painters.
 */
#pragma once

#include "strata-profiler/strata-bars.h"
#include "strata-profiler/strata-chart.h"
#include "strata-profiler/strata-heat-map.h"
#include "strata-profiler/strata-profile-analysis.h"
#include "strata-profiler/strata-profile-items.h"
#include "strata-profiler/strata-profile-recorder.h"
#include "strata-profiler/strata-profile-report.h"
#include "strata-profiler/strata-profile-table.h"
#include "strata-profiler/strata-profile-types.h"
#include "strata-profiler/strata-profile.h"
#include "strata-profiler/strata-warming.h"
