/* SPDX-License-Identifier: Apache-2.0
 *
 * A program of a chip on one die of it. Programs are compiled per chip; a die has faults of its own, and where spares
 * do not make up for them, tiles move.
 */
#pragma once

#include "chip/die.h"
#include "compiler/stages.h"

typedef struct
{
  int n_spare_tiers; /* of the chip's that may be used; below 0: all */
  GCancellable *cancellable;
} StrataFitOptions;

/* What fitting came to, in arrays of the program */
typedef struct
{
  int n_arrays;      /* that the program has */
  int n_spared;      /* that spare tiers stand for: nothing changes for the program */
  int n_kept;        /* that lack rows or columns, none of which their tiles use */
  int n_moved_tier;  /* to another tier of their stack */
  int n_moved_stack; /* to another stack: transfers change */
  gboolean replaced; /* moving did not do, and all were placed anew */
} StrataFitCounts;

/* The image for @die. Where spare rows, columns and tiers make up for all of its faults, it is equal to @image, hash
 * included. Else tiles move, each to the nearest tier of its stack that is free and has the rows and columns it uses,
 * or, where there is none, to the nearest stack that has one, of which the emptiest; where some find none at all, all
 * are placed anew. Arrays that must not be used are `dead` in its chip. What moved from where and the hash of @image
 * are among its decisions. Weights, numerics and limits stay: in exact integers it computes the same. Limits are not
 * looked at again.
 *
 * Errors: STRATA_COMPILE_ERROR_INPUT (a die of another chip), STRATA_COMPILE_ERROR_CAPACITY (how many arrays are
 * missing), G_IO_ERROR_CANCELLED. @options and @counts may be NULL. Thread-safe. */
StrataImage *strata_fit (const StrataImage *image,
                         const StrataDieSpec *die,
                         const StrataFitOptions *options,
                         StrataFitCounts *counts,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
