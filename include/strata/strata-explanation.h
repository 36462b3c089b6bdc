/* SPDX-License-Identifier: Apache-2.0
 *
 * Explanations: what the compiler decided, and why.
 */
#pragma once

#include <strata/strata-types.h>

G_BEGIN_DECLS

#define STRATA_TYPE_EXPLANATION (strata_explanation_get_type ())

/**
 * StrataExplanation:
 *
 * One decision of the compiler about a program, a layer or a tile: the reason, what was chosen, a sentence with the
 * numbers that decided, and the alternatives with what they would have cost. Immutable and thread-safe.
 */
typedef struct _StrataExplanation StrataExplanation;

STRATA_API GType strata_explanation_get_type (void);

/**
 * strata_explanation_ref:
 * @self: an explanation
 *
 * Returns: (transfer full): @self
 */
STRATA_API StrataExplanation *strata_explanation_ref (StrataExplanation *self);

/**
 * strata_explanation_unref:
 * @self: (transfer full): an explanation
 *
 * Frees @self where nobody else holds it.
 */
STRATA_API void strata_explanation_unref (StrataExplanation *self);

/**
 * strata_explanation_get_reason:
 * @self: an explanation
 *
 * Returns: (transfer none): what kind of decision it is: "analog", "digital", "copies", "site", "limit", …
 */
STRATA_API const char *strata_explanation_get_reason (const StrataExplanation *self);

/**
 * strata_explanation_get_meaning:
 * @self: an explanation
 *
 * Returns: (transfer none): the reason as a phrase
 */
STRATA_API const char *strata_explanation_get_meaning (const StrataExplanation *self);

/**
 * strata_explanation_get_layer:
 * @self: an explanation
 *
 * Returns: the layer it is about; -1: the program as a whole
 */
STRATA_API int strata_explanation_get_layer (const StrataExplanation *self);

/**
 * strata_explanation_get_tile:
 * @self: an explanation
 *
 * Returns: the tile it is about; -1: the whole layer or program
 */
STRATA_API int strata_explanation_get_tile (const StrataExplanation *self);

/**
 * strata_explanation_get_value:
 * @self: an explanation
 *
 * Returns: what was chosen, in the reason's unit: copies, reads, cells per weight, bits, bytes, stack x tiers + tier,
 *   picoseconds of a bound, thousandths of a percent below a limit
 */
STRATA_API gint64 strata_explanation_get_value (const StrataExplanation *self);

/**
 * strata_explanation_get_text:
 * @self: an explanation
 *
 * Returns: (transfer none): one sentence with the numbers that decided
 */
STRATA_API const char *strata_explanation_get_text (const StrataExplanation *self);

/**
 * strata_explanation_get_n_alternatives:
 * @self: an explanation
 *
 * Returns: how many other ways were tried or computed
 */
STRATA_API guint strata_explanation_get_n_alternatives (const StrataExplanation *self);

/**
 * strata_explanation_get_alternative_name:
 * @self: an explanation
 * @alternative: less than strata_explanation_get_n_alternatives ()
 *
 * Returns: (transfer none): what it is: "2 copies", "stack 12", "digital units"
 */
STRATA_API const char *strata_explanation_get_alternative_name (const StrataExplanation *self, guint alternative);

/**
 * strata_explanation_get_alternative_verdict:
 * @self: an explanation
 * @alternative: less than strata_explanation_get_n_alternatives ()
 *
 * Returns: (transfer none): why it was not taken; empty where nothing is said
 */
STRATA_API const char *strata_explanation_get_alternative_verdict (const StrataExplanation *self, guint alternative);

/**
 * strata_explanation_get_alternative_figure:
 * @self: an explanation
 * @alternative: less than strata_explanation_get_n_alternatives ()
 * @name: "latency_ps", "interval_ps", "energy_fj" or "arrays"
 *
 * Returns: what it would have come to; NaN where that is not known
 */
STRATA_API double
strata_explanation_get_alternative_figure (const StrataExplanation *self, guint alternative, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataExplanation, strata_explanation_unref)

G_END_DECLS
