/* SPDX-License-Identifier: Apache-2.0
 *
 * How far an output lies from its reference, and whether that is good enough.
 */
#pragma once

#include <strata/strata.h>

typedef struct
{
  double max_error, peak; /* largest difference; largest magnitude of the reference */
  double steps;           /* max_error in quantisation steps of the output; NaN for a float output */
  double snr_db, cosine;  /* +infinity for an exact match */
  gint64 argmax, argmax_reference;
  gboolean is_class_head;
} CliComparison;

typedef enum
{
  CLI_EXPECT_ERROR,  /* max_error <= value × peak + 1e-6 */
  CLI_EXPECT_STEPS,  /* steps <= value */
  CLI_EXPECT_SNR,    /* snr_db >= value */
  CLI_EXPECT_COSINE, /* cosine >= value, and equal argmax */
  CLI_EXPECT_ARGMAX, /* equal argmax */
} CliExpectKind;

typedef struct
{
  CliExpectKind kind;
  double value;
} CliExpect;

/* @step: quantisation step of the output, 0 for float; @n_inputs: elements of the model's first input */
gboolean cli_compare (StrataTensor *output,
                      StrataTensor *reference,
                      double step,
                      gint64 n_inputs,
                      CliComparison *comparison,
                      GError **error);
/* "argmax", "error=1e-4", "steps=1", "snr=25", "cosine=0.98" */
gboolean cli_parse_expect (const char *text, CliExpect *expect, GError **error);
gboolean cli_expect_met (const CliExpect *expect, const CliComparison *comparison);
char *cli_expect_text (const CliExpect *expect) G_GNUC_WARN_UNUSED_RESULT;
/* What passes where the user does not say: float references by error; quantised nets of up to ten layers by one step,
 * deeper ones by cosine and argmax; on a chip class heads by argmax, other outputs at 25 dB. */
CliExpect cli_default_expect (StrataModel *model, gboolean reference, gboolean exact, const CliComparison *comparison);
