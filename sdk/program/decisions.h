/* SPDX-License-Identifier: Apache-2.0
 *
 * What the compiler decided and why: one decision per choice, with its reason, what was chosen, and the alternatives
 * that were tried with their costs. Stages append to the list they are given; it travels with the program, for
 * `strata explain` and the profile. Not part of what a device executes.
 */
#pragma once

#include <gio/gio.h>

#include "base/arena.h"

typedef enum
{
#define STRATA_REASON(id, code, meaning) STRATA_REASON_##id,
#include "program/reasons.def"
#undef STRATA_REASON
  STRATA_N_REASONS,
} StrataReason;

/* Another way that was tried or computed. Times and energies are modelled; -1: not known. */
typedef struct
{
  const char *what; /* "2 copies", "stack 12 tier 3", "digital units" */
  gint64 latency_ps, interval_ps, energy_fj, n_arrays;
  const char *verdict; /* why it was not taken: "misses the limit by 1.2 ms" */
} StrataAlternative;

typedef struct
{
  StrataReason reason;
  int op, tile; /* ids in the quantised graph and the tiles; -1: the whole program, the whole op */
  gint64 value; /* what was chosen, in the reason's unit: copies, reads, slices, bits, bytes, stack * tiers + tier */
  const char *text; /* one sentence with the numbers that decided */
  int first_alternative, n_alternatives;
} StrataDecision;

/* Analog noise of a layer as it was reckoned with when its reads were chosen: signal over noise, dB, nominal; infinite
 * where there is none of a kind */
typedef struct
{
  int op, n_reads;
  double snr_db; /* of the mean of n_reads; all below but rounding */
  double effective_bits;
  double thermal_db, cells_db, converter_db; /* of one read: kT/C, read noise of cells, rounding of the converter */
  double lasting_db;                         /* what averaging does not lower: programming, clipping */
  double rounding_db;                        /* of weights and input codes: there without analog noise too */
  double share;                              /* of all analog noise that arrives at the output, 0 to 1 */
  int adc_bits, sound_bits; /* of the converter; those whose rounding is not drowned in the other noise of a read */
  double drowned_fj;        /* what the others cost per inference */
} StrataNoiseFigures;

typedef struct
{
  StrataArena *arena; /* owns every string */
  GArray *decisions;  /* StrataDecision, in the order they were taken */
  GArray *alternatives;
  GArray *noise; /* StrataNoiseFigures; at most one per op */
} StrataDecisions;

StrataDecisions *strata_decisions_new (void) G_GNUC_WARN_UNUSED_RESULT;
void strata_decisions_free (StrataDecisions *decisions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataDecisions, strata_decisions_free)

/* Appends a decision. @decisions NULL: nothing is kept. */
void strata_decisions_add (
  StrataDecisions *decisions, StrataReason reason, int op, int tile, gint64 value, const char *format, ...)
  G_GNUC_PRINTF (6, 7);
/* Appends an alternative to the last decision; strings are copied. */
void strata_decisions_add_alternative (StrataDecisions *decisions, const StrataAlternative *alternative);
void strata_decisions_add_noise (StrataDecisions *decisions, const StrataNoiseFigures *figures);
/* NULL: nothing was reckoned of @op. @decisions may be NULL. */
const StrataNoiseFigures *strata_decisions_find_noise (const StrataDecisions *decisions, int op);
/* Everything of @other, after what is there. */
void strata_decisions_append (StrataDecisions *decisions, const StrataDecisions *other);

/* Codes, ids and texts as they can be: ops and tiles exist, texts are single lines. Errors: STRATA_COMPILE_ERROR_FORMAT
 */
gboolean strata_decisions_check (const StrataDecisions *decisions, int n_ops, int n_tiles, GError **error);
char *strata_decisions_print (const StrataDecisions *decisions) G_GNUC_WARN_UNUSED_RESULT;
guint64 strata_decisions_hash (const StrataDecisions *decisions);

const char *strata_reason_code (StrataReason reason);    /* "row-copies" */
const char *strata_reason_meaning (StrataReason reason); /* a phrase */
/* STRATA_N_REASONS: no reason has this code */
StrataReason strata_reason_from_code (const char *code);
