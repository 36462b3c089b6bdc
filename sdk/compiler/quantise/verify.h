/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and row copies that an analog run has checked: what the run says of a layer replaces what the closed forms said
 * of it, and the choice is made again.
 */
#pragma once

#include "compiler/quantise/choose.h"

/* strata_choose_reads (), then a trial of the result on samples that its converters were not set with, then the choice
 * again where the trial says otherwise than the budgets of @sensitivity, which are corrected. Without a simulator, with
 * fewer than four samples, or where one inference takes more conversions than a compilation should wait for, the first
 * choice stays. */
gboolean strata_choose_verified (const StrataSensitivityInput *input,
                                 StrataSensitivity *sensitivity,
                                 const int *fixed,
                                 StrataQGraph *graph,
                                 GError **error);
