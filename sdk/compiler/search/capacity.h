/* SPDX-License-Identifier: Apache-2.0
 *
 * The certificate of a model that a chip does not hold. Internal to compiler/.
 */
#pragma once

#include "compiler/search/report.h"
#include "compiler/search/search.h"
#include "compiler/stages.h"

/* Of a graph whose weights need more arrays than the chip has: how many, and with how many slices or tiers they would
 * fit. */
StrataSearchReport *search_capacity_arrays (const StrataQGraph *graph,
                                            const StrataChipSpec *chip,
                                            StrataObjective objective) G_GNUC_WARN_UNUSED_RESULT;
/* Adds what the memories of the chip lack to the report of a search that made no program. */
void search_capacity_memory (StrataSearch *search, StrataSearchReport *report);
/* "op 'a': …, and x has 2000000 bytes of SRAM; …": NULL where the memories hold the floors of what lies in them */
char *search_capacity_describe (StrataSearch *search) G_GNUC_WARN_UNUSED_RESULT;
/* Whether the memories hold the floors of what lies in them */
gboolean search_capacity_holds (const StrataSearch *search);
