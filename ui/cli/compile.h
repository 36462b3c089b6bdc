/* SPDX-License-Identifier: Apache-2.0
 *
 * What `strata compile` does with its options.
 */
#pragma once

#include "cli.h"

/* What is given must be used, and a limit have something to be judged on. */
gboolean cli_check_compile_options (const CliCompileOptions *options, GError **error);
/* Nothing that was asked for is passed over in silence: refuses what a program at @path, compiled already, has no use
 * for. */
gboolean cli_check_unused (const char *path, const CliCompileOptions *options, GError **error);
StrataRequirements *cli_read_limits (const CliCompileOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
StrataProgram *cli_compile_model (Cli *cli, StrataModel *model, const CliCompileOptions *options, GError **error)
  G_GNUC_WARN_UNUSED_RESULT;
/* --calibration, and --accuracy-inputs or what stands for it */
gboolean
cli_add_samples (StrataCompiler *compiler, StrataModel *model, const CliCompileOptions *options, GError **error);
