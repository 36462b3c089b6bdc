/* SPDX-License-Identifier: Apache-2.0
 *
 * What no program of a model can go below on a chip, whatever copies, placement and order: the bound that tells
 * "impossible" from "not found". Internal to search/.
 */
#pragma once

#include "compiler/search/limits.h"
#include "compiler/search/model.h"

typedef struct
{
  double latency_ps;
  double unit_interval_ps; /* as units allow */
  double interval_ps;      /* and the chip's power budget */
  double dynamic_fj, static_mw, energy_fj;
  double power_mw, junction_c, skin_c; /* at the rate asked for; at rest where none is */
  double peak_mw;                      /* an even draw over the latency asked for; at rest where none is */
  gint64 n_arrays;
  double cost_usd;
  SearchBind latency_bind, interval_bind; /* SEARCH_BIND_TILE: the chip's arrays, which hold no more copies */
  gboolean is_budget_bound;               /* interval_ps is more than unit_interval_ps */
  double *path_ps;                        /* per op: its share of the critical path with as many copies as rows */
} SearchFloor;

/* What lies in the activation memory at its fullest, whatever the order of bursts */
typedef struct
{
  gint64 n_bytes; /* with what is reserved */
  int op;         /* that runs then; -1: all rows fit, or none has to be there */
  gint64 *of_op;  /* bytes per op that made them; the last element: inputs */
} SearchMemory;

void search_memory_init (SearchMemory *memory, const SearchModel *model);
void search_memory_clear (SearchMemory *memory);

/* @model: with one read and without row copies, whose energies are the least there are. @limits: rate and
 * latency asked for; NULL: none */
void search_floor_init (SearchFloor *floor, SearchModel *model, const StrataLimits *limits);
/* What @limit cannot go below; NaN: no bound is known */
double search_floor_value (const SearchFloor *floor, StrataLimit limit);
void search_floor_clear (SearchFloor *floor);
