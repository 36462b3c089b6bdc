/* SPDX-License-Identifier: Apache-2.0
 *
 * Large constants whose bytes lie misaligned for their type, as three of four do in files that embed them.
 */
#pragma once

#include "model/graph.h"

#define STRATA_ALIGNED_BYTES 1024 /* constants of so many bytes at most are always aligned */

/* For bytes that outlive @backing, which owns the result and its copy. @mapped: they are of a private map of a file, so
 * that pages can be read again. */
StrataUnaligned *strata_unaligned_new (GPtrArray *backing, const void *bytes, gsize n_bytes, gboolean mapped);
/* The bytes where they can be had without a copy: of any alignment */
const void *strata_value_peek (const StrataValue *value);
/* Makes @value have the bytes of @from, which is a constant of as many. */
void strata_value_share (StrataValue *value, const StrataValue *from);
gboolean strata_value_is_aligned (const StrataValue *value);
