/* SPDX-License-Identifier: Apache-2.0
 *
 * Products of more than eight bits, as sums of products of eight: where rounding of a layer's inputs or weights would
 * be heard at an output. x = high + low with a step of the low part of 1 / 254 of the high part's, W = rounded + rest:
 * W x = rounded high + rounded low + rest high, each on arrays of its own, added by the digital units. Exact to the
 * product of the two small parts.
 */
#pragma once

#include "compiler/quantise/calibrate.h"
#include "compiler/quantise/sensitivity.h"

typedef enum
{
  STRATA_WIDE_INPUTS = 1 << 0,
  STRATA_WIDE_WEIGHTS = 1 << 1,
} StrataWide;

typedef struct
{
  guint8 *parts;        /* per lowered op: StrataWide */
  double *share;        /* per lowered op: of the rounding at the worst output, before */
  double before, after; /* signal over rounding at the output that is furthest from what is wanted, dB */
  double wanted;        /* there */
  int n_wide;           /* ops with parts; 0: none needs them, or none is possible */
} StrataWideChoice;

/* Measures in the float model how much of each layer's rounding arrives at every output, sample by sample, and chooses
 * the layers to be wide: the fewest that bring all outputs to 25 dB, by size of what arrives. Only for models whose
 * outputs are no classes. NULL with *error set on failure. */
StrataWideChoice *strata_wide_choose (const StrataSensitivityInput *input, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void strata_wide_choice_free (StrataWideChoice *choice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataWideChoice, strata_wide_choice_free)

/* @lowered with the products of @parts as sums; what is not changed stays shared. *@stats becomes that of its tensors.
 * In @arena; @models, (element-type GBytes): what must live as long. NULL with *error set on failure. */
const StrataLowered *strata_wide_apply (const StrataLowered *lowered,
                                        const guint8 *parts,
                                        const StrataSensitivityInput *input,
                                        StrataTensorStats **stats,
                                        StrataArena *arena,
                                        GPtrArray *models,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Says of each layer that @choice made wide why, by its op: @op_of per op of @now, which @before became. */
void strata_note_wide (const StrataWideChoice *choice,
                       const StrataLowered *before,
                       const StrataLowered *now,
                       const int *op_of,
                       StrataDecisions *decisions);
