/* SPDX-License-Identifier: Apache-2.0
 *
 * Parallel-for over independent indices. The body must not depend on which thread runs it or in what order; then the
 * result does not depend on the number of threads. The first error in index order is the one reported.
 */
#pragma once

#include <gio/gio.h>

typedef gboolean (*StrataParallelFunc) (guint index, gpointer user_data, GError **error);

/* Runs @func for 0 … @n-1 on @n_threads threads (0: one per processor). Stops early on error or cancellation. */
gboolean strata_parallel_for (
  guint n, guint n_threads, StrataParallelFunc func, gpointer user_data, GCancellable *cancellable, GError **error);
