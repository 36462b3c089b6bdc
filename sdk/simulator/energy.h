/* SPDX-License-Identifier: Apache-2.0
 *
 * Energy of a timed run: events, counters, static power, power over time, and where the heat falls. Every sum of events
 * is an integer: per-action energies are rounded once (cost/), then only multiplied.
 */
#pragma once

#include "simulator/heat.h"

/* A unit that draws constant power for the whole run */
typedef struct
{
  int unit;
  StrataComponent component;
  double power_mw;
} StrataStaticDraw;

/* Bursts and tier switches of each instruction in one inference */
typedef struct
{
  gint64 n_bursts, n_switches;
} StrataBurstCount;

/* Per instruction, fJ per burst and per switch; none for host transfers, whose energy stands beside the inference's as
 * their time does. (transfer full) */
StrataActionEnergy *strata_energy_table (const StrataImage *image, StrataBand band) G_GNUC_WARN_UNUSED_RESULT;
/* Sets energy_fj of the bursts in @events. */
void strata_energy_fill (const StrataActionEnergy *table, StrataEventRecord *events, gsize n_events);
/* Counts events per instruction. (transfer full) */
StrataBurstCount *strata_energy_count (const StrataImage *image,
                                       const StrataEventRecord *events,
                                       gsize n_events) G_GNUC_WARN_UNUSED_RESULT;
/* Sum of counters x constants of @table */
gint64
strata_energy_dynamic (const StrataImage *image, const StrataActionEnergy *table, const StrataBurstCount *counts);

/* Of the host transfers of one inference */
gint64 strata_energy_host_fj (const StrataImage *image, StrataBand band);

/* Stacks that hold a tile some instruction uses; the others are gated. (transfer full) n_stacks flags */
gboolean *strata_energy_stacks_on (const StrataImage *image, int *n_on) G_GNUC_WARN_UNUSED_RESULT;
/* What draws constant power at @temperature_c: control and fixed leakage (with the gated stacks') on the base, leakage
 * of each stack that is on, DRAM idle where there is DRAM. (transfer full) */
StrataStaticDraw *strata_energy_static (const StrataImage *image,
                                        StrataBand band,
                                        double temperature_c,
                                        const gboolean *on,
                                        int *n_draws) G_GNUC_WARN_UNUSED_RESULT;
double strata_energy_static_mw (const StrataStaticDraw *draws, int n_draws);
/* fJ of one draw over a time: 1 mW x 1 ps = 1 fJ, rounded once */
gint64 strata_energy_static_fj (const StrataStaticDraw *draw, gint64 time_ps);
/* Adds one event per draw over [0, latency] to a timing whose events are sorted. */
void strata_energy_add_static (StrataTiming *timing, const StrataStaticDraw *draws, int n_draws);

/* Records by (layer, component) with a value in any band, by layer then component; static ones (layer -1) first.
 * @tables, @draws, @n_draws, @latency_ps: per band. (transfer full) */
StrataEnergyRecord *strata_energy_records (const StrataImage *image,
                                           const StrataBurstCount *counts,
                                           const StrataActionEnergy *const *tables,
                                           const StrataStaticDraw *const *draws,
                                           const int *n_draws,
                                           const gint64 *latency_ps,
                                           int *n_records) G_GNUC_WARN_UNUSED_RESULT;

/* Mean power per bin and component, from 0 to the latency; each event's energy spread evenly over its duration.
 * Components without energy are left out. (transfer full) */
StrataPowerRecord *strata_energy_bins (const StrataActionEnergy *table,
                                       const StrataTiming *timing,
                                       const StrataStaticDraw *draws,
                                       int n_draws,
                                       int n_bins,
                                       int *n_records) G_GNUC_WARN_UNUSED_RESULT;

/* Power of the bin that draws most; @power as strata_energy_bins () lists it */
double strata_energy_peak_mw (const StrataPowerRecord *power, int n_records);

/* Heat by node of the thermal network. The arrays have one element more than a state: what the rest of the chip
 * (network, digital units, memory, control) draws, which strata_energy_spread_heat () puts evenly on all bases. Adds
 * @fraction of the heat of an event, fJ: a tier's slab gets arrays and vertical lines, its base the periphery. */
void strata_energy_heat (const StrataImage *image,
                         const StrataHeat *heat,
                         const StrataActionEnergy *table,
                         const StrataEventRecord *event,
                         double fraction,
                         double *node_fj);
void strata_energy_static_heat (
  const StrataImage *image, const StrataHeat *heat, const StrataStaticDraw *draws, int n_draws, double *node_mw);
void strata_energy_spread_heat (const StrataImage *image, const StrataHeat *heat, double *nodes);
