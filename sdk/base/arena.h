/* SPDX-License-Identifier: Apache-2.0
 *
 * An arena: memory of one compilation, freed at once. Zeroed, 16-byte aligned, never fails (GLib aborts when the
 * machine is out of memory). With STRATA_ARENA_MALLOC=1 in the environment each object is its own malloc, so that
 * valgrind and the address sanitizer see it.
 */
#pragma once

#include <glib.h>

typedef struct _StrataArena StrataArena;

StrataArena *strata_arena_new (void) G_GNUC_WARN_UNUSED_RESULT;
/* Another owner, from any thread; each owner frees. Only the first may go on allocating. */
StrataArena *strata_arena_ref (StrataArena *arena) G_GNUC_WARN_UNUSED_RESULT;
void strata_arena_free (StrataArena *arena);
void *strata_arena_alloc (StrataArena *arena, gsize n_bytes);
void *strata_arena_memdup (StrataArena *arena, const void *bytes, gsize n_bytes);
/* Memory of g_malloc () that the arena frees with its own. */
void strata_arena_adopt (StrataArena *arena, void *memory);
/* @other lives at least as long as @arena. */
void strata_arena_keep (StrataArena *arena, StrataArena *other);
/* Memory for text: as strata_arena_alloc () without alignment, so that short names take no more than they need */
char *strata_arena_text (StrataArena *arena, gsize n_bytes);
/* What it holds of the system's memory, without what it adopted */
gsize strata_arena_n_bytes (const StrataArena *arena);
char *strata_arena_strdup (StrataArena *arena, const char *text);
char *strata_arena_printf (StrataArena *arena, const char *format, ...) G_GNUC_PRINTF (2, 3);

#define strata_arena_array(arena, Type, n) ((Type *) strata_arena_alloc ((arena), sizeof (Type) * (gsize) (n)))

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataArena, strata_arena_free)
