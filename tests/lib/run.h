/* SPDX-License-Identifier: Apache-2.0
 *
 * An image of one int8 input run on made-up values, for tests of what programs compute.
 */
#pragma once

#include "simulator/simulator.h"

/* First output for values drawn from @sample under @options. Fails the test where the run fails. */
StrataArray *run_sample_with (const StrataImage *image,
                              const StrataFunctionalOptions *options,
                              guint64 sample) G_GNUC_WARN_UNUSED_RESULT;
/* First output for values drawn from @sample. @snr_db NULL: not measured; else of op @op, against exact integers. Fails
 * the test where the run fails. */
StrataArray *run_sample (const StrataImage *image, StrataAnalog analog, guint64 sample, int op, double *snr_db)
  G_GNUC_WARN_UNUSED_RESULT;
