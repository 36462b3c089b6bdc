/* SPDX-License-Identifier: Apache-2.0
 *
 * The strip of tier maps beside the solid: one small square per tier, top tier first. A click picks a tier, another
 * click on it shows all.
 */
#pragma once

#include "stack-view.h"

G_BEGIN_DECLS

#define STRATA_TYPE_TIER_STRIP (strata_tier_strip_get_type ())
G_DECLARE_FINAL_TYPE (StrataTierStrip, strata_tier_strip, STRATA, TIER_STRIP, StrataView)

/* @stack must outlive it. */
GtkWidget *strata_tier_strip_new (StrataStackView *stack) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
