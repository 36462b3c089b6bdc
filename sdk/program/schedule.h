/* SPDX-License-Identifier: Apache-2.0
 *
 * The schedule: instructions with repeat counts, what each burst waits for, and a static order. Made by
 * compiler/schedule, executed by devices.
 *
 * Burst b of instruction i may start when, for each dependence d of i, burst need (b) of d.instruction has ended (start
 * + result_ps), with need (b) = clamp (floor ((b * d.multiply + d.add) / d.divide), 0, n_bursts_of_producer - 1); use
 * strata_schedule_need (). Bursts of one instruction start in order, one at a time on their unit.
 *
 * A unit runs one burst at a time: it is taken for occupy_ps from the start (a transfer takes every link of its route
 * for that long). A stack pipelines only within a tier: a burst on the selected tier may start occupy_ps after the last
 * start, a burst on another tier only when the last burst's result is out (start + result_ps); that burst then begins
 * with t_select, so its occupy_ps and result_ps both grow by it. At first no tier is selected: the first burst of every
 * stack pays t_select (a chip of one tier never does).
 *
 * A burst is ready when all it depends on has ended and the burst before it has started. At each instant, after all
 * that ends then has ended, a ready burst starts if it is the lowest (priority, instruction, burst) of the ready ones
 * on every unit it takes and all of them can take it at that instant. So the lowest ready burst holds back the others
 * on its units while it waits for a link further on or for the stack to drain, nothing waits for a burst that is not
 * ready, and the outcome does not depend on the order in which units are looked at.
 *
 * The input is in SRAM at time 0: nothing depends on HOST_IN. Latency is the end of the last burst that is neither
 * HOST_IN nor HOST_OUT. With unlimited units each instruction has a unit of its own; an MVM's first burst still pays
 * t_select. A transfer between equal nodes does not exist: the compiler emits none.
 */
#pragma once

#include "cost/cost.h"
#include "program/placement.h"

typedef enum
{
#define STRATA_ISA(id, mnemonic, unit, action, meaning) STRATA_OPCODE_##id,
#include "program/isa.def"
#undef STRATA_ISA
  STRATA_N_OPCODES,
} StrataOpcode;

typedef struct
{
  int instruction; /* producer; always lower than the consumer's id */
  int multiply, add;
  int divide; /* >= 1; more than 1 only where the producer is one of several copies */
} StrataDependence;

typedef struct
{
  StrataOpcode opcode;
  int op;                  /* op id */
  int tile;                /* tile id, -1: none */
  int unit;                /* unit id, see strata_schedule_units */
  int from_node, to_node;  /* transfers: a stack, or n_stacks for the hub; else -1 */
  int first_route, n_hops; /* transfers: the links held, unit ids in routes[]; unit is the first of them */
  int n_bursts;
  gint64 n_actions;  /* per burst */
  gint64 sram_bytes; /* read and written per burst, beside the actions */
  gint64 n_posts;    /* PSUM: accumulations at the home stack per burst */
  int priority;
  int first_dependence, n_dependences;
} StrataInstruction;

typedef struct
{
  StrataInstruction *instructions;
  StrataDependence *dependences;
  int *routes;
  int n_instructions, n_dependences, n_routes;
  StrataUnitRecord
    *units; /* stacks (id = stack), links (id = n_stacks + link), then vector, mac, host, base, sram, dram */
  int n_units;
  StrataArena *arena;

  /* What the list scheduler predicts on an otherwise idle chip, nominal constants */
  gint64 latency_ps;
  gint64 lower_bound_ps;   /* design 7, for these tiles and copies */
  gint64 critical_path_ps; /* unlimited stacks and links */
  gint64 busiest_unit_ps;
  int busiest_unit;
  gint64 sram_peak_bytes; /* rows alive at once under the predicted times */
} StrataSchedule;

gboolean strata_schedule_check (const StrataSchedule *schedule,
                                const StrataQGraph *graph,
                                const StrataTileSet *tiles,
                                const StrataPlacement *placement,
                                const StrataChipSpec *chip,
                                GError **error);
char *strata_schedule_print (const StrataSchedule *schedule) G_GNUC_WARN_UNUSED_RESULT;
guint64 strata_schedule_hash (const StrataSchedule *schedule);
void strata_schedule_free (StrataSchedule *schedule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataSchedule, strata_schedule_free)

const char *strata_opcode_name (StrataOpcode opcode);
int strata_schedule_need (const StrataSchedule *schedule, const StrataDependence *dependence, int burst);
/* The units of a chip, in the order above; names and records live in @arena. */
StrataUnitRecord *strata_schedule_units (const StrataChipSpec *chip, StrataArena *arena, int *n_units);
/* Ids of the singular units */
int strata_schedule_unit (const StrataSchedule *schedule, StrataUnitKind kind);

/* Times and energies of one burst of an instruction, from cost/ alone; shared by the scheduler and the simulator.
 * occupy_ps: how long the unit is taken before the next burst of the same tile or transfer may start;
 * result_ps: from start to result (>= occupy_ps for MVMs, whose pipeline drains). Without tier switch. */
typedef struct
{
  gint64 occupy_ps, result_ps;
} StrataBurstTime;

StrataBurstTime strata_burst_time (const StrataInstruction *instruction,
                                   const StrataQGraph *graph,
                                   const StrataTileSet *tiles,
                                   const StrataChipSpec *chip,
                                   StrataBand band);

/* Energy of one burst by component, integer fJ, without tier switch (returned in per_switch_fj). */
StrataActionEnergy strata_burst_energy (const StrataInstruction *instruction,
                                        const StrataQGraph *graph,
                                        const StrataTileSet *tiles,
                                        const StrataChipSpec *chip,
                                        StrataBand band);

/* Sums of all bursts' times and of their energies, one after the other, stay below this in every band, so that a few
 * inferences, static energy and any order of adding fit 64 bits. 288,000 s; 288 J. */
#define STRATA_SCHEDULE_MOST 0x1p58
/* Errors: STRATA_COMPILE_ERROR_FORMAT. Part of strata_schedule_check; before it, ids of tiles and ops must be
 * sound. */
gboolean strata_schedule_check_sums (const StrataSchedule *schedule,
                                     const StrataQGraph *graph,
                                     const StrataTileSet *tiles,
                                     const StrataChipSpec *chip,
                                     GError **error);
