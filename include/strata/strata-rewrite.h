/* SPDX-License-Identifier: Apache-2.0
 *
 * Rewrites: what the clean-up of a model's graph does.
 */
#pragma once

#include <glib-object.h>
#include <strata/strata-version.h>

G_BEGIN_DECLS

#define STRATA_TYPE_REWRITE (strata_rewrite_get_type ())

/**
 * StrataRewrite:
 *
 * One application of a rule to a graph: nodes that exporters wrote out and the operator that they are, or nodes that do
 * nothing and go. Immutable and thread-safe.
 */
typedef struct _StrataRewrite StrataRewrite;

STRATA_API GType strata_rewrite_get_type (void);

/**
 * strata_rewrite_ref:
 * @self: a rewrite
 *
 * Returns: (transfer full): @self
 */
STRATA_API StrataRewrite *strata_rewrite_ref (StrataRewrite *self);

/**
 * strata_rewrite_unref:
 * @self: (transfer full): a rewrite
 *
 * Frees @self where nobody else holds it.
 */
STRATA_API void strata_rewrite_unref (StrataRewrite *self);

/**
 * strata_rewrite_get_rule:
 * @self: a rewrite
 *
 * Returns: (transfer none): name of the rule, such as "attention", "fold-batch-norm" or "identity"
 */
STRATA_API const char *strata_rewrite_get_rule (const StrataRewrite *self);

/**
 * strata_rewrite_get_nodes:
 * @self: a rewrite
 *
 * Returns: (transfer none) (array zero-terminated=1): names of the nodes that went or changed, in the order of the file
 */
STRATA_API const char *const *strata_rewrite_get_nodes (const StrataRewrite *self);

/**
 * strata_rewrite_get_op:
 * @self: a rewrite
 *
 * Returns: (transfer none) (nullable): operator of what they became, "constant" for a constant; %NULL where nothing is
 * left
 */
STRATA_API const char *strata_rewrite_get_op (const StrataRewrite *self);

/**
 * strata_rewrite_get_name:
 * @self: a rewrite
 *
 * Returns: (transfer none) (nullable): name of the node or constant that they became; %NULL where nothing is left
 */
STRATA_API const char *strata_rewrite_get_name (const StrataRewrite *self);

/**
 * strata_rewrite_get_text:
 * @self: a rewrite
 *
 * Returns: (transfer none): all of it in one line, for people
 */
STRATA_API const char *strata_rewrite_get_text (const StrataRewrite *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataRewrite, strata_rewrite_unref)

G_END_DECLS
