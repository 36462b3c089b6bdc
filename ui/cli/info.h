/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata info` of a model, which has more to tell than the other kinds of file, and of loading a program.
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
int cli_info_model (Cli *cli, const char *path, const CliInfoOptions *options, GError **error);
