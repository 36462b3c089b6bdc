/* SPDX-License-Identifier: Apache-2.0
 *
 * The image inside a program, for the compiler's facade and the simulated device.
 */
#pragma once

#include "program/image.h"
#include "program/programming.h"
#include "simulator/explain.h"
#include "simulator/simulator.h"
#include "strata/strata-program.h"

/* Takes @image, which is sealed. */
StrataProgram *strata_program_new_from_image (StrataImage *image) G_GNUC_WARN_UNUSED_RESULT;
const StrataImage *strata_program_get_image (StrataProgram *self);
/* The modelled run of one inference at the timing fidelity; made on the first call, kept by the program. NULL where the
 * simulator fails, with @error set. Thread-safe. */
const StrataModelled *strata_program_get_modelled (StrataProgram *self, GCancellable *cancellable, GError **error);
/* What the modelled run says of layers and tiles, and why the program is as it is; made and kept likewise. */
const StrataFacts *strata_program_get_facts (StrataProgram *self, GCancellable *cancellable, GError **error);
const StrataDecisions *strata_program_get_decisions (StrataProgram *self, GCancellable *cancellable, GError **error);
/* The order of weight writes; made and kept likewise. */
const StrataProgrammingPlan *strata_program_get_plan (StrataProgram *self);
