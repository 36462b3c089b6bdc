/* SPDX-License-Identifier: Apache-2.0
 *
 * What `strata info` counts of a model, for its page and for its JSON.
 */
#pragma once

#include "info.h"

/* What the operators of one kind amount to */
typedef struct
{
  guint n_nodes;
  gint64 macs, parameters;
} CliShare;

/* One per StrataNodeKind */
void cli_count_shares (StrataModel *model, CliShare *shares);
const char *cli_kind_name (StrataNodeKind kind); /* "crossbar" */
/* Name to number, both borrowed; its names in order */
GHashTable *cli_count_operators (StrataModel *model) G_GNUC_WARN_UNUSED_RESULT;
GList *cli_sort_names (GHashTable *counts) G_GNUC_WARN_UNUSED_RESULT;
/* @digest, @rewrites: (nullable) */
void cli_json_model (Cli *cli, StrataModel *model, const char *digest, const GPtrArray *rewrites);
