/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of `strata evaluate`.
 */
#pragma once

#include "cli.h"

/* --ages and what goes with it */
typedef struct
{
  char *ages; /* "default": those of StrataAgeing; NULL: not asked for */
  char *temperatures, *target;
  double years;
  gboolean recalibrate, html;
} CliAgesOptions;

/* Runs @evaluation, which has data, over ages and temperatures, and prints it. An exit code, or -1 and an error. */
int cli_evaluate_ages (
  Cli *cli, StrataEvaluation *evaluation, StrataProgram *program, const CliAgesOptions *options, GError **error);
