/* SPDX-License-Identifier: Apache-2.0
 *
 * The schedule: instructions with repeat counts, what each burst waits for, and a static order. Made by
 * compiler/schedule, executed by devices.
 *
 * Burst b of instruction i may start when, for each dependence d of i, burst need (b) of d.instruction has ended, with
 * need (b) = clamp (b * d.multiply + d.add, 0, n_bursts_of_producer - 1); a dependence with d.multiply = 0 and d.add < 0
 * never occurs. Bursts of one instruction run in order. A unit runs one burst at a time (a transfer holds every link of its
 * route); where several are ready, the one of the lowest (priority, instruction, burst) goes first. A stack changes tier
 * only when its pipeline has drained, and pays t_select; bursts on the same tier follow each other at occupy_ps.
 * A transfer between equal nodes does not exist: the compiler emits none.
 *
 * In full: at each instant first everything that ends there ends, then bursts start. A ready burst starts when, on every
 * unit it holds, it is the lowest of the ready ones and the unit is free for it; nobody overtakes a ready burst that still
 * waits for another link or for a drain. With s = t_select where the stack's selected tier differs (none is selected at
 * first, so its first burst pays too; a stack of one tier never pays) and else 0, a burst that starts at t ends, for those
 * that wait for it, at t + s + result_ps; its units are free for the same tier, or any transfer, from t + s + occupy_ps, and
 * for another tier of the stack from the end of its last result. Host transfers take no time here: a burst of HOST_IN or
 * HOST_OUT ends at the instant its dependences are met. Unlimited: every instruction has units of its own, so a burst waits
 * for its dependences and the previous burst's occupy_ps alone; the first burst of a tile pays t_select.
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
} StrataDependence;

typedef struct
{
  StrataOpcode opcode;
  int op;   /* op id */
  int tile; /* tile id, -1: none */
  int unit; /* unit id, see strata_schedule_units */
  int from_node, to_node;     /* transfers: a stack, or n_stacks for the hub; else -1 */
  int first_route, n_hops;    /* transfers: the links held, unit ids in routes[]; unit is the first of them */
  int n_bursts;
  gint64 n_actions;   /* per burst */
  gint64 sram_bytes;  /* read and written per burst, beside the actions */
  gint64 n_posts;     /* PSUM: accumulations at the home stack per burst */
  int priority;
  int first_dependence, n_dependences;
} StrataInstruction;

typedef struct
{
  StrataInstruction *instructions;
  StrataDependence *dependences;
  int *routes;
  int n_instructions, n_dependences, n_routes;
  StrataUnitRecord *units; /* stacks (id = stack), links (id = n_stacks + link), then vector, mac, host, base, sram, dram */
  int n_units;
  StrataArena *arena;

  /* What the list scheduler predicts on an otherwise idle chip, nominal constants */
  gint64 latency_ps;
  gint64 lower_bound_ps;   /* design 7, for these tiles and copies */
  gint64 critical_path_ps; /* unlimited stacks and links */
  gint64 busiest_unit_ps;
  int busiest_unit;
  gint64 sram_peak_bytes;  /* rows alive at once under the predicted times */
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
