/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts that scenes are built from, a file each.
 */
#pragma once

#include "scenes.h"

void strata_scenes_add_timeline (StrataScenes *scenes);
void strata_scenes_add_power (StrataScenes *scenes);
void strata_scenes_add_table (StrataScenes *scenes);
void strata_scenes_add_overview (StrataScenes *scenes);
