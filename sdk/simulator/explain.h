/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a program is as it is. What the compiler's stages said travels with the image; where a stage said nothing, the
 * reason is worked out here from the artefacts and the modelled run. Facts are what the run says of each layer and
 * tile.
 */
#pragma once

#include "simulator/simulator.h"

/* Of one layer in one inference, nominal */
typedef struct
{
  gint64 start_ps, end_ps; /* first start and last end of its bursts; -1: it has none */
  gint64 floor_ps;         /* work of its busiest tile or digital unit, without any waiting */
  gint64 energy_fj;        /* dynamic */
  gint64 n_switches;       /* of tiers */
} StrataLayerFacts;

typedef struct
{
  StrataLayerFacts *layers; /* per op */
  gint64 *tile_busy_ps;     /* per tile: its bursts without switches */
  int *stack_first;         /* n_stacks + 1 offsets into stack_tiles */
  int *stack_tiles;         /* tiles by stack, then id */
  int *stack_hops;          /* per stack: links to the hub */
} StrataFacts;

StrataFacts *strata_facts_new (const StrataImage *image, const StrataModelled *modelled) G_GNUC_WARN_UNUSED_RESULT;
void strata_facts_free (StrataFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataFacts, strata_facts_free)

/* How long two layers ran at the same time: the common part of their spans */
gint64 strata_facts_overlap_ps (const StrataFacts *facts, int layer, int other);
/* What @tile would have to share the periphery of @stack with: work of other layers' tiles there that falls into the
 * span of its layer, spread evenly over theirs; tiles of its own layer count whole. @n_rivals: how many */
gint64
strata_facts_contention_ps (const StrataImage *image, const StrataFacts *facts, int tile, int stack, int *n_rivals);

/* All decisions: the image's, and those that are worked out where it has none of a kind for a layer; by layer (program
 * first), reason, tile. (transfer full) */
StrataDecisions *strata_explain (const StrataImage *image,
                                 const StrataModelled *modelled,
                                 const StrataFacts *facts) G_GNUC_WARN_UNUSED_RESULT;
