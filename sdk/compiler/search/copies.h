/* SPDX-License-Identifier: Apache-2.0
 *
 * How many copies of which matrix: a ladder of choices, from one copy of each to as many as the chip holds. Internal to
 * search/.
 */
#pragma once

#include "compiler/search/model.h"

/* (element-type int array, n_ops each) Choices with ever more copies, all of which fit the chip; the first has one copy
 * of each. Depends on graph and chip alone. (transfer full) */
GPtrArray *search_copies_ladder (const SearchModel *model) G_GNUC_WARN_UNUSED_RESULT;
/* The least copies with which no product's rows take longer than @turn_ps on any copy. (transfer full) */
int *search_copies_within (const SearchModel *model, double turn_ps) G_GNUC_WARN_UNUSED_RESULT;
/* The longest that any product's rows take on one of its copies */
double search_copies_turn_ps (const SearchModel *model, const int *n_copies);
/* Takes copies away, last ops first, where latency and interval stay within @latency_ps and @interval_ps by the
 * model; TRUE where that took any. */
gboolean search_copies_trim (SearchModel *model, double latency_ps, double interval_ps, int *n_copies);
/* The next number of copies of @op, up (@step 1) or down (-1), that changes how many rows the busiest takes; 0: none */
int search_copies_next (const SearchModel *model, int op, int n, int step);
