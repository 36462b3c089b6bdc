/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata info` of a model, which has more to tell than the other kinds of file, of loading a program, and what `strata
 * chip` tells too.
 */
#pragma once

#include "cli.h"

typedef struct
{
  char **shapes, **bound;
  gboolean digest, rewrites, programming;
} CliInfoOptions;

void cli_print_programming (Cli *cli, StrataProgram *program);
void cli_json_programming (JsonBuilder *builder, StrataProgram *program);
/* Efficiency of the chip at full use, one line and one member per boundary */
void cli_print_peak (StrataChip *chip);
void cli_json_peak (JsonBuilder *builder, StrataChip *chip);
int cli_info_model (Cli *cli, const char *path, const CliInfoOptions *options, GError **error);
