/* SPDX-License-Identifier: Apache-2.0
 *
 * The thermal network of a chip and its exact solution, steady and in time. Temperatures here are rises over ambient.
 * State: rise[layer * n_stacks + stack] for the layers base, slabs of up to 16 tiers, cap; then the package: one node,
 * or spreader, sink and their rims.
 */
#pragma once

#include "simulator/simulator.h"

#define STRATA_HEAT_TIERS_PER_SLAB 16

typedef struct _StrataHeat StrataHeat;

StrataHeat *strata_heat_new (const StrataChipSpec *chip) G_GNUC_WARN_UNUSED_RESULT;
void strata_heat_free (StrataHeat *heat);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataHeat, strata_heat_free)

int strata_heat_n_layers (const StrataHeat *heat);
/* Elements of a state: layers x stacks + 1 */
gsize strata_heat_n_nodes (const StrataHeat *heat);
/* Layer of a tier's heat; -1: the base */
int strata_heat_layer (const StrataHeat *heat, int tier);
/* Arithmetic operations of one solve, roughly; to choose a number of steps by. */
double strata_heat_work (const StrataHeat *heat);

/* Steady state of @power_mw (a state's layout; its last element is heat put straight into the package). */
void strata_heat_solve (StrataHeat *heat, const double *power_mw, double *rise_c);
/* One step of implicit Euler, in place. @step_ps > 0 */
void strata_heat_step (StrataHeat *heat, const double *power_mw, gint64 step_ps, double *rise_c);

/* Heat in the network above ambient, in joules, and heat leaving it, in mW: for conservation. */
double strata_heat_stored_j (const StrataHeat *heat, const double *rise_c);
double strata_heat_leaving_mw (const StrataHeat *heat, const double *rise_c);

/* Absolute temperature of a tier (-1: base) of a stack; between the nodes of the ladder linear in height. */
double strata_heat_tier_c (const StrataHeat *heat, const double *rise_c, int stack, int tier);
StrataHeatSummary strata_heat_summary (const StrataHeat *heat, const double *rise_c);
