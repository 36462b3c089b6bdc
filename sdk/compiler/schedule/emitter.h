/* SPDX-License-Identifier: Apache-2.0
 *
 * A schedule while its instructions are added one by one; "the last" is the one added last. Internal to emit.c and
 * emitter.c.
 */
#pragma once

#include "compiler/schedule/emit.h"

typedef struct
{
  const ScheduleInput *in;
  StrataSchedule *schedule;
  GArray *instructions, *dependences, *routes, *buffers;
  GArray *releases;              /* of buffers, unsorted */
  int *buffer_of;                /* per tensor, -1: none yet */
  int *host_of;                  /* per tensor: the instruction that brings it in, -1: none */
  int *first_writer, *n_writers; /* per op */
  int *load_of;                  /* per stack, of the current op; -1: none */
  int *mvm_of, *psum_of;         /* per tile */
  int *rows;                     /* room for the rows of any op */
} Emitter;

void emitter_init (Emitter *emitter, StrataSchedule *schedule, const ScheduleInput *in);
/* Leaves all in the schedule. */
void emitter_finish (Emitter *emitter);
StrataInstruction *emitter_last (const Emitter *emitter);

void emitter_add_dependence (Emitter *emitter, StrataDependence dependence);
/* Burst b of the last waits for burst b of @producer. */
void emitter_follow (Emitter *emitter, int producer);
/* Makes the last, of @n bursts, wait for bursts rows[b], 0 … @last_row, of @producer. */
void emitter_wait_for_rows (Emitter *emitter, int producer, int n, int last_row);
/* Makes the last, of @n bursts, wait for rows[b] of what lies in SRAM for @tensor, where rows are those of
 * @tensor; emitter->rows holds them and is overwritten. */
void emitter_wait_for_tensor (Emitter *emitter, int tensor, int n);

/* A buffer for the rows of @tensor in the memory of @unit; @op: the product whose line buffer it is, or -1 */
int emitter_add_buffer (Emitter *emitter, int unit, int tensor, int op, gint64 row_bytes);
/* The buffer of what lies in SRAM for @tensor */
int emitter_buffer_behind (const Emitter *emitter, int tensor);
/* The last writes rows @first, @first + @step … of @tensor to SRAM, beside what it writes already. */
void emitter_write_rows (Emitter *emitter, int tensor, int first, int step);
/* The last reads @buffer, and keeps its rows until @release. */
void emitter_keep (Emitter *emitter, int buffer, StrataDependence release);
