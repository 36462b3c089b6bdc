/* SPDX-License-Identifier: Apache-2.0
 *
 * Which physics of the arrays costs how much accuracy.
 */
#pragma once

#include <glib-object.h>
#include <strata/strata-conditions.h>

G_BEGIN_DECLS

#define STRATA_TYPE_ATTRIBUTION (strata_attribution_get_type ())

/**
 * StrataAttribution:
 *
 * What strata_evaluation_attribute () found. For every term of the physics that acts on this program: runs with all
 * terms but this one (what leaving it out recovers) and with no term but this one (what it costs alone), over the same
 * seeds and the same random deviates as the run with all, so that differences vary little. Immutable; thread-safe.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataAttribution, strata_attribution, STRATA, ATTRIBUTION, GObject)

/**
 * strata_attribution_get_n_terms:
 * @self: an attribution
 * @n_present: (out) (optional): how many of them act on this program; the first of the ranks
 *
 * Returns: terms there are
 */
STRATA_API guint strata_attribution_get_n_terms (StrataAttribution *self, guint *n_present);

/**
 * strata_attribution_get_term:
 * @self: an attribution
 * @rank: less than strata_attribution_get_n_terms ()
 *
 * Terms that recover accuracy beyond chance (Student's t over the seeds, 5 % shared by the terms that act) come first,
 * by how much; then the others that act, by their share of the output's noise; then those that are absent.
 *
 * Returns: the term of this rank
 */
STRATA_API StrataPhysics strata_attribution_get_term (StrataAttribution *self, guint rank);

/**
 * strata_attribution_is_by_accuracy:
 * @self: an attribution
 *
 * Returns: %FALSE where leaving out no term moves accuracy beyond chance, so that ranks are those of the output's noise
 *   alone
 */
STRATA_API gboolean strata_attribution_is_by_accuracy (StrataAttribution *self);

/**
 * strata_attribution_get_n_trials:
 * @self: an attribution
 *
 * Returns: seeds of each run
 */
STRATA_API guint strata_attribution_get_n_trials (StrataAttribution *self);

/**
 * strata_attribution_get_n_samples:
 * @self: an attribution
 * @n_measured: (out) (optional): those that layers were measured with
 *
 * Returns: samples of each run
 */
STRATA_API guint strata_attribution_get_n_samples (StrataAttribution *self, guint *n_measured);

/**
 * strata_attribution_get_all:
 * @self: an attribution
 * @error: (out) (optional): standard error over seeds; NaN for a single one
 *
 * Returns: accuracy with all terms, 0 to 1
 */
STRATA_API double strata_attribution_get_all (StrataAttribution *self, double *error);

/**
 * strata_attribution_get_none:
 * @self: an attribution
 * @error: (out) (optional): standard error over seeds; NaN for a single one
 *
 * Returns: accuracy with all terms left out, 0 to 1
 */
STRATA_API double strata_attribution_get_none (StrataAttribution *self, double *error);

/**
 * strata_attribution_get_recovered:
 * @self: an attribution
 * @term: one term
 * @error: (out) (optional): standard error over seeds; NaN for a single one
 *
 * Returns: accuracy that leaving @term out adds, 0 to 1; NaN where it is absent
 */
STRATA_API double strata_attribution_get_recovered (StrataAttribution *self, StrataPhysics term, double *error);

/**
 * strata_attribution_get_cost:
 * @self: an attribution
 * @term: one term
 * @error: (out) (optional): standard error over seeds; NaN for a single one
 *
 * Returns: accuracy that @term takes where no other acts, 0 to 1; NaN where it is absent
 */
STRATA_API double strata_attribution_get_cost (StrataAttribution *self, StrataPhysics term, double *error);

/**
 * strata_attribution_get_output_share:
 * @self: an attribution
 * @term: one term
 * @error: (out) (optional): standard error over seeds; NaN for a single one
 *
 * Noise of the program's first output against exact integers, squares summed over samples and values.
 *
 * Returns: share of it that goes when @term is left out; below 0 where it grows; NaN where the term is absent
 */
STRATA_API double strata_attribution_get_output_share (StrataAttribution *self, StrataPhysics term, double *error);

/**
 * strata_attribution_get_output_snr:
 * @self: an attribution
 * @term: one term, which then acts alone; 0: all
 *
 * Returns: signal over noise of the program's first output, dB; infinite without noise; NaN where the term is absent
 */
STRATA_API double strata_attribution_get_output_snr (StrataAttribution *self, StrataPhysics term);

/**
 * strata_attribution_get_n_layers:
 * @self: an attribution
 *
 * Returns: layers that arrays compute
 */
STRATA_API guint strata_attribution_get_n_layers (StrataAttribution *self);

/**
 * strata_attribution_get_layer_name:
 * @self: an attribution
 * @layer: less than strata_attribution_get_n_layers ()
 *
 * Returns: (transfer none): its name
 */
STRATA_API const char *strata_attribution_get_layer_name (StrataAttribution *self, guint layer);

/**
 * strata_attribution_get_layer_snr:
 * @self: an attribution
 * @layer: less than strata_attribution_get_n_layers ()
 * @term: one term, which then acts alone; 0: all
 *
 * Returns: signal over noise of what the arrays add up for this layer, against exact integers of the same inputs, dB;
 *   infinite without noise; NaN where the term is absent
 */
STRATA_API double strata_attribution_get_layer_snr (StrataAttribution *self, guint layer, StrataPhysics term);

/**
 * strata_attribution_get_layer_bits:
 * @self: an attribution
 * @layer: less than strata_attribution_get_n_layers ()
 *
 * Returns: effective bits with all terms, (SNR - 1.76) / 6.02
 */
STRATA_API double strata_attribution_get_layer_bits (StrataAttribution *self, guint layer);

/**
 * strata_attribution_get_layer_clipped:
 * @self: an attribution
 * @layer: less than strata_attribution_get_n_layers ()
 *
 * Returns: share of its conversions that were clipped, with all terms, 0 to 1
 */
STRATA_API double strata_attribution_get_layer_clipped (StrataAttribution *self, guint layer);

G_END_DECLS
