/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the explanation share: the list under construction, and which kinds are still to be said.
 */
#pragma once

#include "simulator/explain.h"
#include "simulator/record.h"

typedef struct
{
  const StrataImage *image;
  const StrataModelled *modelled;
  const StrataFacts *facts;
  StrataDecisions *list;
  StrataArena *arena; /* texts of quantities */
  guint8 *said;       /* (n_ops + 1) x STRATA_N_REASONS; row 0: the program */
} StrataExplainer;

/* Whether a stage has said something of this kind about @op; -1: about the program */
gboolean strata_explainer_said (const StrataExplainer *explainer, StrataReason reason, int op);
const char *strata_explainer_time (const StrataExplainer *explainer, gint64 time_ps);
const char *strata_explainer_energy (const StrataExplainer *explainer, gint64 energy_fj);
/* An alternative of the last decision, of which nothing but the arrays is known; @n_arrays -1: nor those */
void strata_explainer_add_other (StrataExplainer *explainer, const char *what, gint64 n_arrays, const char *verdict);

void strata_explain_unit (StrataExplainer *explainer, int op);
/* Whether @reason says which kind of unit a layer runs on */
gboolean strata_explain_is_unit (StrataReason reason);
/* What a matrix product costs on either kind of unit, as alternatives of the last decision; nothing for other ops */
void strata_explain_costs (StrataExplainer *explainer, int op);
void strata_explain_mapping (StrataExplainer *explainer, int op);
void strata_explain_sites (StrataExplainer *explainer, int op);
