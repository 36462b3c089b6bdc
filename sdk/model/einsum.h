/* SPDX-License-Identifier: Apache-2.0
 *
 * The equation of an Einsum with the sizes of its labels.
 */
#pragma once

#include "model/graph.h"

#define STRATA_EINSUM_MAX_OPERANDS 8
#define STRATA_EINSUM_MAX_LABELS 32

typedef struct
{
  int n_labels, n_out; /* labels 0 to n_out - 1 are the output's dimensions in order; the rest is summed over */
  gint64 size[STRATA_EINSUM_MAX_LABELS];
  int n_operands;
  gint64 stride[STRATA_EINSUM_MAX_OPERANDS][STRATA_EINSUM_MAX_LABELS]; /* in elements, when a label advances */
} StrataEinsum;

/* @dims and @n_dims of each operand */
gboolean strata_einsum_read (const char *equation,
                             int n_operands,
                             const gint64 *const *dims,
                             const int *n_dims,
                             StrataEinsum *einsum,
                             GError **error);
