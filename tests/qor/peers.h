/* SPDX-License-Identifier: Apache-2.0
 *
 * The orders in which the published 3D simulator fills tiers, from their description
 * (reference/peers-compiler-simulator.md 2.1), on this chip's stacks.
 */
#pragma once

#include "compiler/stages.h"

typedef enum
{
  PEERS_IN_ORDER,  /* next tile to the stack with the fewest used tiers */
  PEERS_RANDOM,    /* to any stack with a free tier */
  PEERS_UTIL,      /* to the stack that is least needed, where the layer has no tile yet */
  PEERS_TOP2,      /* experts by co-activation: those often needed together apart */
  PEERS_SEPARATED, /* all experts of a layer on one set of stacks */
  PEERS_N_ORDERS,
} PeersOrder;

const char *peers_name (PeersOrder order);

/* What an order knows of experts; NULL: there are none */
typedef struct
{
  const int *layer;  /* per op: the layer of experts it belongs to, -1: none */
  const int *expert; /* per op */
  int n_experts;
  const double *together; /* n_experts x n_experts: chance that a token needs both */
} PeersExperts;

/* Sites only; costs are 0. The chip has room. */
StrataPlacement *peers_place (const StrataTileSet *tiles,
                              const StrataChipSpec *chip,
                              const PeersExperts *experts,
                              PeersOrder order,
                              guint64 seed) G_GNUC_WARN_UNUSED_RESULT;
