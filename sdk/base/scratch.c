/* SPDX-License-Identifier: Apache-2.0
 *
 * A list of what has been given back; the smallest buffer that is large enough is taken, unless that is much too large.
 * Sizes are rounded up to quarters of an octave, so that buffers of about one size serve each other.
 */
#include "base/scratch.h"

#include <string.h>

#define ALIGN 64
#define LEAST 1024
/* What a buffer may be larger than is asked for */
#define MOST_TIMES 8

/* Before each buffer */
typedef struct _Buffer Buffer;
struct _Buffer
{
  Buffer *next;
  gsize n_bytes;
};

G_STATIC_ASSERT (sizeof (Buffer) <= ALIGN);

struct _StrataScratch
{
  GMutex lock;
  Buffer *spare; /* the smallest first */
};

StrataScratch *
strata_scratch_new (void)
{
  StrataScratch *scratch = g_new0 (StrataScratch, 1);

  g_mutex_init (&scratch->lock);
  return scratch;
}

void
strata_scratch_free (StrataScratch *scratch)
{
  if (scratch == NULL)
    return;
  for (Buffer *buffer = scratch->spare, *next; buffer != NULL; buffer = next)
    {
      next = buffer->next;
      g_aligned_free (buffer);
    }
  g_mutex_clear (&scratch->lock);
  g_free (scratch);
}

static gsize
round_up (gsize n_bytes)
{
  gsize octave = LEAST;

  if (n_bytes > G_MAXSIZE / 4)
    return n_bytes;
  while (octave < n_bytes / 2)
    octave *= 2;
  return (MAX (n_bytes, LEAST) + octave / 4 - 1) / (octave / 4) * (octave / 4);
}

gpointer
strata_scratch_take (StrataScratch *scratch, gsize n_bytes)
{
  Buffer *buffer = NULL;

  n_bytes = round_up (n_bytes);
  if (scratch != NULL)
    {
      Buffer **at = &scratch->spare;

      g_mutex_lock (&scratch->lock);
      while (*at != NULL && (*at)->n_bytes < n_bytes)
        at = &(*at)->next;
      buffer = *at;
      if (buffer != NULL && buffer->n_bytes / MOST_TIMES > n_bytes)
        buffer = NULL;
      if (buffer != NULL)
        *at = buffer->next;
      g_mutex_unlock (&scratch->lock);
    }
  if (buffer == NULL)
    {
      g_assert (n_bytes <= G_MAXSIZE - ALIGN);
      buffer = g_aligned_alloc (1, ALIGN + n_bytes, ALIGN);
      buffer->n_bytes = n_bytes;
    }
  return (guint8 *) buffer + ALIGN;
}

gpointer
strata_scratch_take0 (StrataScratch *scratch, gsize n_bytes)
{
  return memset (strata_scratch_take (scratch, n_bytes), 0, n_bytes);
}

void
strata_scratch_give (StrataScratch *scratch, gpointer memory)
{
  Buffer *buffer, **at;

  if (memory == NULL)
    return;
  buffer = (Buffer *) (gpointer) ((guint8 *) memory - ALIGN);
  if (scratch == NULL)
    {
      g_aligned_free (buffer);
      return;
    }
  g_mutex_lock (&scratch->lock);
  for (at = &scratch->spare; *at != NULL && (*at)->n_bytes < buffer->n_bytes;)
    at = &(*at)->next;
  buffer->next = *at;
  *at = buffer;
  g_mutex_unlock (&scratch->lock);
}
