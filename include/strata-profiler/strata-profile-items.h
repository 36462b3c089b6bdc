/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of a profile as objects, for list models, expressions and other languages. Each keeps its profile alive. What
 * the C rows hold is readable as a property; "unknown" is -1 in integers and NaN in doubles.
 */
#pragma once

#include "strata-profiler/strata-profile.h"

G_BEGIN_DECLS

/**
 * StrataLayerItem:
 *
 * A layer. Properties: `id`, `name`, `op`, `kind`, `stage`, `n-macs`, `n-weights`, `n-tiles`, `n-stacks`, `n-copies`,
 * `n-events`, `start-ps`, `end-ps`, `span-ps` (end less start), `busy-ps`, `energy-fj`, `energy-optimistic-fj`,
 * `energy-conservative-fj`, `energy-share` (of the run), `utilisation`, `snr-db`, `clip-fraction`, `n-findings`.
 */
#define STRATA_TYPE_LAYER_ITEM (strata_layer_item_get_type ())
STRATA_API
G_DECLARE_FINAL_TYPE (StrataLayerItem, strata_layer_item, STRATA, LAYER_ITEM, GObject)

/**
 * strata_layer_item_get_row: (skip)
 * @item: a layer item
 *
 * Returns: (transfer none): the layer, owned by the profile that @item keeps
 */
STRATA_API const StrataProfileLayer *strata_layer_item_get_row (StrataLayerItem *item);

/**
 * strata_layer_item_get_component_fj:
 * @item: a layer item
 * @component: name of a component, such as `adc`
 * @band: 0 nominal, 1 optimistic, 2 conservative
 *
 * Returns: its energy in femtojoules; -1 where there is no such component or band
 */
STRATA_API gint64 strata_layer_item_get_component_fj (StrataLayerItem *item, const char *component, guint band);

/**
 * StrataFigureItem:
 *
 * A figure. Properties: `name`, `unit`, `nominal`, `optimistic`, `conservative`, `fidelity` (as text), `source`,
 * `text` (three digits, prefix, unit, band).
 */
#define STRATA_TYPE_FIGURE_ITEM (strata_figure_item_get_type ())
STRATA_API
G_DECLARE_FINAL_TYPE (StrataFigureItem, strata_figure_item, STRATA, FIGURE_ITEM, GObject)

/**
 * strata_figure_item_get_row: (skip)
 * @item: a figure item
 *
 * Returns: (transfer none): the figure, owned by the profile that @item keeps
 */
STRATA_API const StrataProfileFigure *strata_figure_item_get_row (StrataFigureItem *item);

/**
 * StrataFindingItem:
 *
 * A finding. Properties: `rule`, `severity`, `layer` (id, -1: the run), `layer-name`, `evidence`, `action`, `gain`,
 * `gain-of`.
 */
#define STRATA_TYPE_FINDING_ITEM (strata_finding_item_get_type ())
STRATA_API
G_DECLARE_FINAL_TYPE (StrataFindingItem, strata_finding_item, STRATA, FINDING_ITEM, GObject)

/**
 * strata_finding_item_get_row: (skip)
 * @item: a finding item
 *
 * Returns: (transfer none): the finding, owned by the profile that @item keeps
 */
STRATA_API const StrataProfileFinding *strata_finding_item_get_row (StrataFindingItem *item);

/**
 * StrataDecisionItem:
 *
 * What the compiler decided and why. Properties: `reason`, `meaning`, `layer` (id, -1: the run), `layer-name`, `tile`
 * (id, -1: the whole layer), `value` (in the reason's unit), `text`, `n-alternatives`.
 */
#define STRATA_TYPE_DECISION_ITEM (strata_decision_item_get_type ())
STRATA_API
G_DECLARE_FINAL_TYPE (StrataDecisionItem, strata_decision_item, STRATA, DECISION_ITEM, GObject)

/**
 * strata_decision_item_get_row: (skip)
 * @item: a decision item
 *
 * Returns: (transfer none): the decision, owned by the profile that @item keeps
 */
STRATA_API const StrataProfileDecision *strata_decision_item_get_row (StrataDecisionItem *item);

/**
 * strata_decision_item_get_alternative_model:
 * @item: a decision item
 *
 * Returns: (transfer full): a new list of #StrataAlternativeItem: the other ways that were tried or computed
 */
STRATA_API GListModel *strata_decision_item_get_alternative_model (StrataDecisionItem *item) G_GNUC_WARN_UNUSED_RESULT;

/**
 * StrataAlternativeItem:
 *
 * Another way that the compiler tried or computed. Properties: `what`, `latency-ps`, `interval-ps`, `energy-fj`,
 * `n-arrays` (-1: not known), `verdict`.
 */
#define STRATA_TYPE_ALTERNATIVE_ITEM (strata_alternative_item_get_type ())
STRATA_API
G_DECLARE_FINAL_TYPE (StrataAlternativeItem, strata_alternative_item, STRATA, ALTERNATIVE_ITEM, GObject)

G_END_DECLS
