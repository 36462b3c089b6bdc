/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata info` of a model, which has more to tell than the other kinds of file.
 */
#pragma once

#include "cli.h"

typedef struct
{
  char **shapes;
  gboolean digest, rewrites;
} CliInfoOptions;

int cli_info_model (Cli *cli, const char *path, const CliInfoOptions *options, GError **error);
