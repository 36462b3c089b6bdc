/* SPDX-License-Identifier: Apache-2.0
 *
 * Chunked bump allocator. Objects larger than a quarter chunk get a chunk of their own. Text, which needs no alignment,
 * is taken from the chunk's end.
 */
#include "base/arena.h"

#include <string.h>

#define CHUNK_BYTES (64 * 1024)
#define ALIGNMENT 16

struct _StrataArena
{
  GPtrArray *chunks;
  GPtrArray *kept; /* arenas that live as long; NULL: none */
  guint8 *head;
  gsize n_left, n_bytes;
  gboolean separate;
  int n_owners; /* atomic */
};

StrataArena *
strata_arena_new (void)
{
  StrataArena *arena = g_new0 (StrataArena, 1);

  arena->chunks = g_ptr_array_new_with_free_func (g_free);
  arena->separate = g_getenv ("STRATA_ARENA_MALLOC") != NULL;
  arena->n_owners = 1;
  return arena;
}

StrataArena *
strata_arena_ref (StrataArena *arena)
{
  g_atomic_int_inc (&arena->n_owners);
  return arena;
}

void
strata_arena_free (StrataArena *arena)
{
  if (arena == NULL || !g_atomic_int_dec_and_test (&arena->n_owners))
    return;
  g_ptr_array_unref (arena->chunks);
  g_clear_pointer (&arena->kept, g_ptr_array_unref);
  g_free (arena);
}

static guint8 *
add_chunk (StrataArena *arena, gsize n_bytes)
{
  guint8 *chunk = g_malloc0 (n_bytes);

  g_ptr_array_add (arena->chunks, chunk);
  arena->n_bytes += n_bytes;
  return chunk;
}

void *
strata_arena_alloc (StrataArena *arena, gsize n_bytes)
{
  gsize n_rounded = (MAX (n_bytes, 1) + ALIGNMENT - 1) & ~(gsize) (ALIGNMENT - 1);
  guint8 *result;

  g_assert (n_rounded >= n_bytes);
  if (arena->separate || n_rounded > CHUNK_BYTES / 4)
    return add_chunk (arena, n_rounded);
  if (n_rounded > arena->n_left)
    {
      arena->head = add_chunk (arena, CHUNK_BYTES);
      arena->n_left = CHUNK_BYTES;
    }
  result = arena->head;
  arena->head += n_rounded;
  arena->n_left -= n_rounded;
  return result;
}

char *
strata_arena_text (StrataArena *arena, gsize n_bytes)
{
  if (arena->separate || n_bytes > arena->n_left)
    return strata_arena_alloc (arena, n_bytes);
  arena->n_left -= n_bytes;
  return (char *) arena->head + arena->n_left;
}

void *
strata_arena_memdup (StrataArena *arena, const void *bytes, gsize n_bytes)
{
  void *copy = strata_arena_alloc (arena, n_bytes);

  if (n_bytes > 0)
    memcpy (copy, bytes, n_bytes);
  return copy;
}

void
strata_arena_adopt (StrataArena *arena, void *memory)
{
  g_ptr_array_add (arena->chunks, memory);
}

void
strata_arena_keep (StrataArena *arena, StrataArena *other)
{
  if (arena->kept == NULL)
    arena->kept = g_ptr_array_new_with_free_func ((GDestroyNotify) strata_arena_free);
  g_ptr_array_add (arena->kept, strata_arena_ref (other));
}

gsize
strata_arena_n_bytes (const StrataArena *arena)
{
  return arena->n_bytes;
}

char *
strata_arena_strdup (StrataArena *arena, const char *text)
{
  gsize n_bytes = text == NULL ? 0 : strlen (text) + 1;

  return text == NULL ? NULL : memcpy (strata_arena_text (arena, n_bytes), text, n_bytes);
}

char *
strata_arena_printf (StrataArena *arena, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  return strata_arena_strdup (arena, text);
}
