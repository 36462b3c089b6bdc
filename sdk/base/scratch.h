/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory for what comes and goes: large buffers that are used again, rather than taken from the system and returned,
 * which costs a fault per page and, with several threads, an interrupt of each. Any thread may take and give.
 */
#pragma once

#include <glib.h>

typedef struct _StrataScratch StrataScratch;

StrataScratch *strata_scratch_new (void) G_GNUC_WARN_UNUSED_RESULT;
/* All buffers have been given back. */
void strata_scratch_free (StrataScratch *scratch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataScratch, strata_scratch_free)

/* At least @n_bytes, aligned to 64, of any content. @scratch NULL: from the system */
gpointer strata_scratch_take (StrataScratch *scratch, gsize n_bytes) G_GNUC_WARN_UNUSED_RESULT;
gpointer strata_scratch_take0 (StrataScratch *scratch, gsize n_bytes) G_GNUC_WARN_UNUSED_RESULT;
/* To where it was taken from; NULL: nothing */
void strata_scratch_give (StrataScratch *scratch, gpointer memory);

#define strata_scratch_array(scratch, Type, n) ((Type *) strata_scratch_take ((scratch), sizeof (Type) * (gsize) (n)))
#define strata_scratch_array0(scratch, Type, n) ((Type *) strata_scratch_take0 ((scratch), sizeof (Type) * (gsize) (n)))
#define strata_scratch_clear(scratch, pointer) (strata_scratch_give ((scratch), (pointer)), (pointer) = NULL)
