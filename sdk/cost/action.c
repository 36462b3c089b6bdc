/* SPDX-License-Identifier: Apache-2.0
 *
 * Time and energy of everything that is not an MVM: network, vector unit, digital MACs, memories, links (hardware-facts
 * 10.2). Times round up to whole picoseconds, energies are rounded once per action to whole femtojoules.
 */
#include "cost/cost.h"

#include <float.h>
#include <math.h>

/* Whole picoseconds, rounded up; saturates. @ps is a count times a power of ten over a rate: three roundings at most,
 * of half an epsilon each, so that what comes within four of a whole number is that number: 64 operations at 16 G/s
 * take 4000 ps and 1 byte at 50 MB/s 20000, though neither rate need have an exact reciprocal. */
static gint64
whole_ps (double ps)
{
  double nearest = rint (ps);

  if (fabs (ps - nearest) <= 4 * DBL_EPSILON * nearest)
    ps = nearest;
  return ps >= (double) STRATA_COST_MOST ? STRATA_COST_MOST : (gint64) ceil (ps);
}

gint64
strata_cost_whole_fj (double energy_fj)
{
  return energy_fj >= (double) STRATA_COST_MOST ? STRATA_COST_MOST : llround (energy_fj);
}

/* Bytes at a rate: B / (B/ns) is nanoseconds. */
static gint64
bytes_ps (gint64 n_bytes, double bytes_per_ns)
{
  return whole_ps (n_bytes * 1e3 / bytes_per_ns);
}

static gint64
ops_ps (gint64 n_ops, double ops_per_s)
{
  return whole_ps (n_ops * 1e12 / ops_per_s);
}

gint64
strata_cost_transfer_ps (const StrataChipSpec *chip, StrataBand band, gint64 n_bytes, int n_hops)
{
  if (n_hops == 0 || n_bytes == 0)
    return 0;
  return n_hops * chip->t_hop_ps[band] + bytes_ps (n_bytes, chip->link_bytes_per_ns);
}

gint64
strata_cost_vector_ps (const StrataChipSpec *chip, gint64 n_ops)
{
  return ops_ps (n_ops, chip->vector_ops_per_s);
}

gint64
strata_cost_mac_ps (const StrataChipSpec *chip, gint64 n_macs)
{
  return ops_ps (n_macs, chip->mac_ops_per_s);
}

gint64
strata_cost_dram_ps (const StrataChipSpec *chip, gint64 n_bytes)
{
  return bytes_ps (n_bytes, chip->dram_bytes_per_ns * chip->dram_use);
}

gint64
strata_cost_host_ps (const StrataChipSpec *chip, gint64 n_bytes)
{
  return bytes_ps (n_bytes, chip->host_bytes_per_ns);
}

static StrataActionEnergy
action_of (StrataComponent component, double energy_fj)
{
  StrataActionEnergy action = { .per_switch_fj = 0 };

  action.per_action_fj[component] = strata_cost_whole_fj (energy_fj);
  return action;
}

StrataActionEnergy
strata_cost_action_transfer (const StrataChipSpec *chip, StrataBand band, int n_hops)
{
  return action_of (STRATA_COMPONENT_NOC, n_hops * chip->e_noc_fj_per_byte_hop[band]);
}

StrataActionEnergy
strata_cost_action_vector (const StrataChipSpec *chip, StrataBand band)
{
  return action_of (STRATA_COMPONENT_VECTOR, chip->e_vector_fj[band]);
}

StrataActionEnergy
strata_cost_action_mac (const StrataChipSpec *chip, StrataBand band)
{
  return action_of (STRATA_COMPONENT_MAC, chip->e_mac_fj[band]);
}

StrataActionEnergy
strata_cost_action_sram (const StrataChipSpec *chip, StrataBand band)
{
  return action_of (STRATA_COMPONENT_SRAM, chip->e_sram_fj_per_byte[band]);
}

StrataActionEnergy
strata_cost_action_dram (const StrataChipSpec *chip, StrataBand band)
{
  StrataActionEnergy action = action_of (STRATA_COMPONENT_DRAM, chip->e_dram_fj_per_byte[band]);

  action.per_action_fj[STRATA_COMPONENT_SRAM] = 2 * strata_cost_whole_fj (chip->e_stream_fj_per_byte[band]);
  return action;
}

StrataActionEnergy
strata_cost_action_host (const StrataChipSpec *chip, StrataBand band)
{
  return action_of (STRATA_COMPONENT_HOST, chip->e_host_fj_per_byte[band]);
}

StrataActionEnergy
strata_cost_action_post (const StrataChipSpec *chip, StrataBand band)
{
  return action_of (STRATA_COMPONENT_POST, chip->e_post_fj[band]);
}
