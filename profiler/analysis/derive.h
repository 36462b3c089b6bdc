/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums over events and energy records, filled into the rows they belong to, once after loading.
 */
#pragma once

#include "store/rows.h"

/* FALSE where sums do not fit or do not close; what says which. */
gboolean strata_derive (StrataRows *rows, const char **what);

/* Verdicts on the "limit_…" figures. */
StrataProfileVerdict *strata_derive_verdicts (const StrataRows *rows, gsize *n_verdicts) G_GNUC_WARN_UNUSED_RESULT;

StrataEnergyRow *
strata_derive_energy_table (const StrataRows *rows, StrataBand band, gsize *n_rows) G_GNUC_WARN_UNUSED_RESULT;

char *strata_derive_verdict_text (const StrataProfileVerdict *verdict) G_GNUC_WARN_UNUSED_RESULT;

/* A spell of continuous operation and what comes after it. @spell < n_spells */
char *strata_derive_spell_text (const StrataRows *rows, gsize spell) G_GNUC_WARN_UNUSED_RESULT;
