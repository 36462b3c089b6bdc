/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators whose output is as long as the data say: the shape rule computes the selection from constants to count it,
 * the executor to write it.
 */
#pragma once

#include "model/graph.h"

/* NonMaxSuppression: triples (batch, class, box), class by class and best box first. (element-type gint64) NULL: an
 * error, where the work is out of bounds. @in: 2 to 5 inputs, NULL where left out */
GArray *strata_select_boxes (const StrataNode *node, const StrataArray *const *in, GError **error);

/* Slices along an axis, or elements, that occur */
typedef struct
{
  gint64 n, n_unique;
  gint64 *first;   /* per unique one: its first place */
  gint64 *counts;  /* per unique one */
  gint64 *inverse; /* per place: which unique one */
} StrataUnique;

/* @axis: -1 for elements of the flat tensor. @sorted: ascending, else by first place. FALSE: no memory */
gboolean strata_find_unique (const StrataArray *in, int axis, gboolean sorted, StrataUnique *unique);
void strata_unique_clear (StrataUnique *unique);
