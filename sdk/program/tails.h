/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads and tails of bursts, and the bounds of units that follow from them.
 */
#pragma once

#include "program/schedule.h"

typedef struct
{
  const StrataSchedule *schedule; /* priorities and figures are not read */
  const StrataQGraph *graph;
  const StrataTileSet *tiles;
  const StrataChipSpec *chip;
  const guint8 *shared; /* per tile: another lies in the same array (strata_work_shared ()) */
  StrataBand band;
  gboolean placed; /* each stack is a machine of its own; else tiles could lie anywhere */
} StrataTailsInput;

/* Per burst, with unlimited units and room: the earliest instant its work can begin (after the tier switch of a first
 * burst), and the least time from there to the end of the inference. Host transfers take no time. */
typedef struct
{
  gint64 *head_ps, *tail_ps;
  gint64 *first;         /* n_instructions + 1 */
  StrataBurstTime *time; /* n_instructions */
} StrataTails;

void strata_tails_init (StrataTails *tails, const StrataTailsInput *input);
void strata_tails_clear (StrataTails *tails);
/* What no order of the bursts on any one shared unit, nor on the stacks, can end before */
gint64 strata_tails_bound_ps (const StrataTails *tails, const StrataTailsInput *input);

/* The tier switch before an instruction's first burst, which every tile that has an array to itself pays */
gint64 strata_tails_select_ps (const StrataTailsInput *input, const StrataInstruction *instruction);
