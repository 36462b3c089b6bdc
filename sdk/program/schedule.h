/* SPDX-License-Identifier: Apache-2.0
 *
 * The schedule: instructions with repeat counts, what each burst waits for, where rows lie, and a static order. Made by
 * compiler/schedule, executed by devices.
 *
 * Burst b of instruction i may start when, for each dependence d of i, burst need (b) of d.instruction has ended (start
 * + result_ps), with need (b) = clamp (floor ((b * d.multiply + d.add) / d.divide), 0, n_bursts_of_producer - 1); use
 * strata_schedule_need (). Bursts of one instruction start in order, one at a time on their unit; those of an inference
 * when the instruction has started all of the inference before.
 *
 * Rows lie in buffers: of the activation memory, where an instruction that has buffers writes row first_row + b
 * row_step of each of their tensors by burst b, and by its last burst all further rows in that step; or of a stack's
 * line buffer, which loads fill. A buffer holds n_rows rows: row r
 * takes the place of row r - n_rows, counted on over inferences, and may be written when that one has been released:
 * when, for each release d of the buffer, burst clamp (floor ((row * d.multiply + d.add) / d.divide), 0, n_bursts - 1)
 * of d.instruction has ended (strata_schedule_release ()). Where the activation memory is too small for all buffers
 * beside one another, places[] says for each row of each of its buffers where it lies and in which order rows are
 * written: a row then also waits until every row that last lay on any of its bytes has been released, in the same
 * inference or, where that comes later in the order, in the one before. So what writes a row may wait for an
 * instruction further down; the check makes sure that it never waits for itself.
 *
 * A unit runs one burst at a time: it is taken for occupy_ps from the start (a transfer takes every link of its route
 * for that long). A stack pipelines only within a tier: a burst on the selected tier may start occupy_ps after the last
 * start, a burst on another tier only when the last burst's result is out (start + result_ps); that burst then begins
 * with t_select, so its occupy_ps and result_ps both grow by it. At first no tier is selected: the first burst of every
 * stack pays t_select (a chip of one tier never does).
 *
 * A burst is ready when all it depends on has ended and the burst before it has started. Its precedence is (inference,
 * priority + b priority_step, instruction), lowest first. At each instant, after all that ends then has ended, a ready
 * burst starts if it is the lowest of the ready ones on every unit it takes and all of them can take it at that
 * instant. So the lowest ready burst holds back the others on its units while it waits for a link further on or for the
 * stack to drain, nothing waits for a burst that is not ready, and the outcome does not depend on the order in which
 * units are looked at. Where max_active_stacks > 0, a stack is active from the start of a burst until its pipeline has
 * drained, and at most that many are at once: of the bursts that could start on stacks that are not, the lowest do.
 *
 * The input is in SRAM at time 0: HOST_IN and HOST_OUT take no time in which others wait. A further inference's input
 * comes when its place is free. Latency is the end of the last burst that is neither HOST_IN nor HOST_OUT. With
 * unlimited units each instruction has a unit of its own and every buffer room for all; an MVM's first burst still pays
 * t_select, where its tile has an array to itself. A transfer between equal nodes does not exist: the compiler emits
 * none.
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
  int instruction; /* producer, lower than the consumer's id; of a release: the reader, any id */
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
  gint64 n_actions;            /* per burst */
  gint64 sram_bytes;           /* read and written per burst, beside the actions */
  gint64 dram_bytes;           /* MAC, VECTOR: read from external memory per burst, in a stream beside the actions */
  gint64 n_posts;              /* PSUM: accumulations at the home stack per burst */
  int priority, priority_step; /* of burst 0, and from burst to burst */
  int first_dependence, n_dependences;
  int buffer, n_buffers;   /* that its rows are written to: buffer, buffer + 1 …; -1, 0: none */
  int first_row, row_step; /* with a buffer: burst b writes row first_row + b row_step */
} StrataInstruction;

/* A place for rows of a tensor */
typedef struct
{
  int unit;   /* whose memory: SRAM, or a stack for its line buffer */
  int tensor; /* as it lies in SRAM */
  int op;     /* line buffers: the product that reads it; SRAM: -1 */
  int n_rows; /* held at once, 1 … STRATA_BUFFER_INFERENCES times the tensor's height */
  int height; /* rows per inference */
  gint64 row_bytes;
  int first_release, n_releases;
} StrataBuffer;

/* Where a row of a buffer of the activation memory lies */
typedef struct
{
  int buffer, row;
  gint64 offset;
} StrataRowPlace;

/* What a row waits for because of its place */
typedef struct
{
  int place;         /* an entry of places[] */
  gboolean previous; /* of the inference before */
} StrataPlaceWait;

/* Inferences whose rows a buffer holds at most */
#define STRATA_BUFFER_INFERENCES 2

typedef struct
{
  StrataInstruction *instructions;
  StrataDependence *dependences, *releases;
  StrataBuffer *buffers;
  StrataRowPlace *places; /* all rows of all buffers in SRAM, in the order of writing; none: buffers lie side by side */
  int *routes;
  int n_instructions, n_dependences, n_routes, n_releases, n_buffers, n_places;
  int max_active_stacks; /* 0: all */
  StrataUnitRecord
    *units; /* stacks (id = stack), links (id = n_stacks + link), then vector, mac, host, base, sram, dram */
  int n_units;
  StrataArena *arena;

  /* What the list scheduler predicts on an otherwise idle chip, nominal constants */
  gint64 latency_ps;
  gint64 interval_ps;       /* steady state of inferences back to back, as units and buffers allow */
  gint64 lower_bound_ps;    /* of the latency; design 7, for these tiles and copies */
  gint64 interval_bound_ps; /* of the interval, the chip's power budget included */
  gint64 critical_path_ps;  /* unlimited stacks and links */
  gint64 busiest_unit_ps;
  int busiest_unit;
  gint64 sram_peak_bytes; /* of all places in SRAM: what any number of overlapping inferences holds at most, with
                             the constants of digital ops where there is no DRAM */
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
/* Buffers alone: ids, extents, places that are taken in turn, the capacity of the activation memory. Errors:
 * STRATA_COMPILE_ERROR_FORMAT. Part of strata_schedule_check. */
gboolean strata_schedule_check_buffers (const StrataSchedule *schedule,
                                        const StrataQGraph *graph,
                                        const StrataChipSpec *chip,
                                        GError **error);

const char *strata_opcode_name (StrataOpcode opcode);
int strata_schedule_need (const StrataSchedule *schedule, const StrataDependence *dependence, int burst);
/* The burst, counted within the inference, after which @row is read no longer */
int strata_schedule_release (const StrataSchedule *schedule, const StrataDependence *release, int row);
/* Bursts of an inference that wait for themselves, directly or in a circle; 0: it ends. Ids must be sound. */
gint64 strata_schedule_n_stuck (const StrataSchedule *schedule);
/* Rows of @buffer that burst @burst of @id writes: from the one returned, in steps of row_step, below *@limit */
int strata_schedule_rows (
  const StrataSchedule *schedule, const StrataInstruction *instruction, int buffer, int burst, int *limit);
/* Bytes that rows take in the memory of @unit */
gint64 strata_schedule_memory_bytes (const StrataSchedule *schedule, int unit);
/* With places: who waits for whom. Waits of place i are first[i] … first[i + 1] - 1; place_of[first_row_of[buffer] +
 * row] is the place of a row, first_row_of[buffer] -1: not in SRAM. */
typedef struct
{
  StrataPlaceWait *waits;
  int *first; /* n_places + 1 */
  int *place_of, *first_row_of;
} StrataPlaceWaits;

/* Places must have been checked. (transfer full) */
void strata_schedule_place_waits (const StrataSchedule *schedule, StrataPlaceWaits *waits);
void strata_place_waits_clear (StrataPlaceWaits *waits);
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

/* What one activation of a tile of @op drives and converts */
StrataMvm strata_tile_mvm (const StrataTile *tile, const StrataQOp *op);
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
