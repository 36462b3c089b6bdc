/* SPDX-License-Identifier: Apache-2.0
 *
 * A graph prepared for many runs: what depends on constants alone is computed, weights are in the order that the dense
 * kernels want, neighbours are fused, and one block of memory holds all values.
 */
#pragma once

#include "model/graph.h"

typedef enum
{
  STRATA_EXECUTOR_DEFAULT = 0,
  STRATA_EXECUTOR_EVERY_VALUE = 1 << 0, /* fuses nothing, so that every value can be observed */
  STRATA_EXECUTOR_PLAIN = 1 << 1,       /* each node by its own executor, in C order */
} StrataExecutorFlags;

typedef struct _StrataExecutor StrataExecutor;

/* Keeps @graph, which has to outlive it. Runs what depends on constants alone, so errors are those of running. */
StrataExecutor *strata_executor_new (const StrataGraph *graph,
                                     StrataExecutorFlags flags,
                                     GCancellable *cancellable,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void strata_executor_free (StrataExecutor *executor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataExecutor, strata_executor_free)

/* What a run consists of; fewer than the graph has nodes where they were fused */
int strata_executor_n_steps (const StrataExecutor *executor);

/* As strata_graph_run (). Reentrant: each run has memory of its own, which is kept for the next. @observe needs
 * STRATA_EXECUTOR_EVERY_VALUE, or sees what fusing left. */
gboolean strata_executor_run (StrataExecutor *executor,
                              const StrataArray *const *inputs,
                              StrataArray **outputs,
                              StrataObserveFunc observe,
                              gpointer user_data,
                              GCancellable *cancellable,
                              GError **error);

/* Called with every computed value before anything reads it; may overwrite its elements. */
typedef void (*StrataChangeFunc) (const StrataGraph *graph, int value, StrataArray *array, gpointer user_data);

/* The same with values that @change may change on their way. Needs STRATA_EXECUTOR_EVERY_VALUE and
 * STRATA_EXECUTOR_PLAIN: elsewhere a value may be held twice. */
gboolean strata_executor_run_changed (StrataExecutor *executor,
                                      const StrataArray *const *inputs,
                                      StrataArray **outputs,
                                      StrataChangeFunc change,
                                      gpointer user_data,
                                      GCancellable *cancellable,
                                      GError **error);
