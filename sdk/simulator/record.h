/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a recorded run, each made from image and modelled run alone. Strings and tables lie in the arena.
 */
#pragma once

#include "simulator/simulator.h"

/* Fills every table of @session; fidelity and run_name are the caller's. */
void strata_record_session (StrataArena *arena, const StrataImage *image, StrataTraceSession *session);
/* Of StrataFigureRecord */
GArray *strata_record_figures (StrataArena *arena,
                               const StrataImage *image,
                               const StrataModelled *modelled) G_GNUC_WARN_UNUSED_RESULT;
/* Of StrataMetaRecord: identity of the run and verdicts on its limits */
GArray *strata_record_meta (StrataArena *arena,
                            const StrataImage *image,
                            const StrataModelled *modelled,
                            StrataFidelity fidelity) G_GNUC_WARN_UNUSED_RESULT;
/* Of StrataDecisionRecord: why the program is as it is */
GArray *strata_record_decisions (StrataArena *arena,
                                 const StrataImage *image,
                                 const StrataModelled *modelled) G_GNUC_WARN_UNUSED_RESULT;
/* Of StrataFindingRecord, gravest first */
GArray *strata_record_findings (StrataArena *arena,
                                const StrataImage *image,
                                const StrataModelled *modelled) G_GNUC_WARN_UNUSED_RESULT;

/* "12.5 µs", "830 nJ", "43.0 mW": three significant digits, independent of locale. @value in ps, fJ or the unit given.
 */
const char *strata_record_time (StrataArena *arena, double value_ps);
const char *strata_record_energy (StrataArena *arena, double value_fj);
const char *strata_record_number (StrataArena *arena, double value, const char *unit);

/* Temperature of the arrays, of those at work the hottest */
double strata_record_array_c (const StrataImage *image, const StrataModelled *modelled, double *coolest_c);
/* Conditions in words; (transfer full) */
char *strata_record_conditions (const StrataImage *image, const StrataModelled *modelled) G_GNUC_WARN_UNUSED_RESULT;

/* Sum of energy records over all layers; @component: STRATA_N_COMPONENTS for all */
gint64 strata_record_sum (const StrataModelled *modelled, StrataComponent component, StrataBand band);
/* Multiply-accumulates of an op */
gint64 strata_record_macs (const StrataQGraph *graph, int op);
