/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan behind an executor: steps over places. A place is a value in one order of elements; places may share a
 * storage one after the other (in place) or at once (reshapes). Frozen once it is made.
 */
#pragma once

#include "kernels/float-step.h"
#include "model/exec/executor.h"

typedef enum
{
  STRATA_STORAGE_ACTIVATION,
  STRATA_STORAGE_CONSTANT,
  STRATA_STORAGE_INPUT,
} StrataStorageKind;

typedef struct
{
  StrataStorageKind kind;
  gsize n_bytes, offset; /* of an activation, in a run's memory */
  int first, last;       /* steps between which it holds something */
  int value;             /* of a constant */
  int input;             /* index among the graph's inputs */
} StrataStorage;

typedef struct
{
  int value, storage;
  const StrataFloatLayout *layout; /* NULL: C order */
  int next;                        /* another place of the value, -1: none */
  gboolean shown;                  /* to an observer */
} StrataPlace;

typedef struct
{
  int node;               /* that it computes, the last one where several are fused */
  StrataFloatStep *dense; /* NULL: the node's executor */
  int n_in, n_out;
  int *in, *out; /* places; -1: left out */
} StrataStep;

typedef struct
{
  const StrataGraph *graph;
  StrataExecutorFlags flags;
  StrataFloatEngine *engine; /* NULL: no prepared kernels */
  GArray *storages, *places, *steps;
  GPtrArray *layouts;       /* orders that are of no step */
  gsize n_bytes, n_scratch; /* of a run's memory, scratch at its end */
  gsize n_packed;           /* bytes of constants of the graph that steps hold a second time */

  /* per value */
  StrataArray *known;   /* constants and what depends on them alone; data NULL: computed by each run */
  StrataArray **folded; /* those of them that the plan owns */
  int *place;           /* the first one, -1: none yet */
  int *n_readers;       /* inputs of nodes that read it, and outputs of the graph */
  int *reader;          /* a node that reads it */
  int *root;            /* the first value whose elements it shares */
  int *n_left;          /* of a root: reads still to come */
  /* per node */
  gboolean *needed, *done;
} StrataPlan;

StrataPlan *strata_plan_new (const StrataGraph *graph,
                             StrataExecutorFlags flags,
                             GCancellable *cancellable,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void strata_plan_free (StrataPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataPlan, strata_plan_free)

/* Sets the offsets of activations so that none overlaps another that lives at the same time. FALSE: too many bytes */
gboolean strata_plan_lay_out (StrataPlan *plan);

/* For the files that make steps */
StrataPlace *strata_plan_place (const StrataPlan *plan, int place);
const StrataArray *strata_plan_known (const StrataPlan *plan, int value); /* NULL: computed by each run */
/* Shape and order of a place with 3 or 4 dimensions, as [N, C, H, W] with H of 1 for 3; others as they are */
StrataFloatTensor strata_plan_tensor (const StrataPlan *plan, int place);
/* The place of @value in order @layout, for which a step may be added; -1: no memory */
int strata_plan_ordered (StrataPlan *plan, int value, const StrataFloatLayout *layout);
/* A new place of @value on a storage of its own, or on that of place @over unless it is -1 */
int strata_plan_add_place (StrataPlan *plan, int value, const StrataFloatLayout *layout, gsize n_bytes, int over);
/* Adds a step and takes @dense. */
void strata_plan_add_step (
  StrataPlan *plan, int node, StrataFloatStep *dense, int n_in, const int *in, int n_out, const int *out);
/* The only node that reads @value, -1: several do, or the graph's user */
int strata_plan_sole_reader (const StrataPlan *plan, int value);
/* Whether nothing reads the elements of @value but one input of one node, and a run may overwrite them */
gboolean strata_plan_is_last_read (const StrataPlan *plan, int value);
/* Notes that the node is computed, and its inputs are read. */
void strata_plan_finish_node (StrataPlan *plan, int node);

/* Adds steps for @node, and for nodes after it that it takes in. FALSE: no prepared kernel does it. */
gboolean strata_plan_dense (StrataPlan *plan, int node);
