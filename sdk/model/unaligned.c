/* SPDX-License-Identifier: Apache-2.0
 *
 * Constants that lie misaligned for their type stay where they are until somebody reads them as numbers: opening a
 * model copies none. The copy is made once and kept. Where the bytes are a file's, the pages behind the copy are given
 * back on the way, so that both together take no more memory than the file does.
 */
#include "model/unaligned.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK_BYTES ((gsize) 4 << 20)

struct _StrataUnaligned
{
  const guint8 *bytes;
  gsize n_bytes;
  gboolean mapped;
  GMutex lock;
  void *copy; /* atomic */
};

static void
free_unaligned (gpointer data)
{
  StrataUnaligned *unaligned = data;

  g_mutex_clear (&unaligned->lock);
  g_free (unaligned->copy);
  g_free (unaligned);
}

StrataUnaligned *
strata_unaligned_new (GPtrArray *backing, const void *bytes, gsize n_bytes, gboolean mapped)
{
  StrataUnaligned *unaligned = g_new0 (StrataUnaligned, 1);

  unaligned->bytes = bytes;
  unaligned->n_bytes = n_bytes;
  unaligned->mapped = mapped;
  g_mutex_init (&unaligned->lock);
  g_ptr_array_add (backing, g_bytes_new_with_free_func (NULL, 0, free_unaligned, unaligned));
  return unaligned;
}

/* The pages that lie between the two as a whole. They are read again from the file when somebody asks for them. */
static void
give_back (const guint8 *from, const guint8 *to)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);
  gsize start = ((gsize) from + page - 1) / page * page, end = (gsize) to / page * page;

  if (end > start)
    madvise ((void *) start, end - start, MADV_DONTNEED);
}

static void
copy_bytes (const StrataUnaligned *unaligned, guint8 *copy)
{
  gsize n;

  for (gsize done = 0; done < unaligned->n_bytes; done += n)
    {
      n = MIN (CHUNK_BYTES, unaligned->n_bytes - done);
      memcpy (copy + done, unaligned->bytes + done, n);
      if (unaligned->mapped)
        give_back (unaligned->bytes + done, unaligned->bytes + done + n);
    }
}

static const void *
get_copy (StrataUnaligned *unaligned)
{
  void *copy = g_atomic_pointer_get (&unaligned->copy);

  if (copy != NULL)
    return copy;
  g_mutex_lock (&unaligned->lock);
  copy = unaligned->copy;
  if (copy == NULL)
    {
      copy = g_try_malloc (unaligned->n_bytes);
      if (copy != NULL)
        copy_bytes (unaligned, copy);
      g_atomic_pointer_set (&unaligned->copy, copy);
    }
  g_mutex_unlock (&unaligned->lock);
  return copy;
}

const void *
strata_value_bytes (const StrataValue *value)
{
  return value->unaligned == NULL ? value->data : get_copy (value->unaligned);
}

const void *
strata_value_peek (const StrataValue *value)
{
  const void *copy = value->unaligned == NULL ? NULL : g_atomic_pointer_get (&value->unaligned->copy);

  return copy != NULL ? copy : value->data;
}

void
strata_value_share (StrataValue *value, const StrataValue *from)
{
  value->data = from->data;
  value->unaligned = from->unaligned;
  value->is_nibble = from->is_nibble;
}

gboolean
strata_value_is_aligned (const StrataValue *value)
{
  return (gsize) value->data % MAX (strata_dtype_size (value->dtype), 1) == 0;
}
