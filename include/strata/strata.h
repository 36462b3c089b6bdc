/* SPDX-License-Identifier: Apache-2.0
 *
 * The Strata SDK: everything a user of the library includes.
 */
#pragma once

#include <strata/strata-types.h>
#include <strata/strata-tensor.h>
#include <strata/strata-attribution.h>
#include <strata/strata-certificate.h>
#include <strata/strata-chip.h>
#include <strata/strata-model-options.h>
#include <strata/strata-model.h>
#include <strata/strata-architecture.h>
#include <strata/strata-requirements.h>
#include <strata/strata-rewrite.h>
#include <strata/strata-explanation.h>
#include <strata/strata-program.h>
#include <strata/strata-compiler.h>
#include <strata/strata-conditions.h>
#include <strata/strata-device.h>
#include <strata/strata-die.h>
#include <strata/strata-evaluation.h>
#include <strata/strata-ageing.h>
#include <strata/strata-maintenance.h>
#include <strata/strata-validation.h>
#include <strata/strata-version.h>
