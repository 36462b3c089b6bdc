/* SPDX-License-Identifier: Apache-2.0
 *
 * Small pieces gather in a buffer, large ones pass it by.
 */
#include "model/onnx/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/write.h"

#define BUFFER_BYTES (256 * 1024)

static gboolean
fail (const StrataPartial *partial, int reason, GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (reason),
               "%s: cannot be written (%s); choose a folder that exists, is writable and has room", partial->path,
               g_strerror (reason));
  return FALSE;
}

StrataPartial *
strata_partial_new (const char *path, GError **error)
{
  g_autoptr (StrataPartial) partial = g_new0 (StrataPartial, 1);

  partial->path = g_strdup (path);
  partial->fd = -1;
  if (g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                   "%s: is no ordinary file; give the name of a file for the model", path);
      return NULL;
    }
  partial->partial = g_strconcat (path, ".partial", NULL);
  partial->buffer = g_byte_array_sized_new (BUFFER_BYTES);
  partial->fd = g_open (partial->partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (partial->fd >= 0)
    return g_steal_pointer (&partial);
  fail (partial, errno, error);
  g_clear_pointer (&partial->partial, g_free);
  return NULL;
}

void
strata_partial_free (StrataPartial *partial)
{
  if (partial == NULL)
    return;
  if (partial->fd >= 0)
    close (partial->fd);
  if (partial->partial != NULL)
    g_unlink (partial->partial);
  g_clear_pointer (&partial->buffer, g_byte_array_unref);
  g_free (partial->partial);
  g_free (partial->path);
  g_free (partial);
}

static gboolean
write_through (StrataPartial *partial, const guint8 *bytes, gsize n_bytes, GError **error)
{
  int problem = strata_write_all (partial->fd, bytes, n_bytes);

  return problem == 0 || fail (partial, problem, error);
}

static gboolean
flush (StrataPartial *partial, GError **error)
{
  gboolean ok = write_through (partial, partial->buffer->data, partial->buffer->len, error);

  g_byte_array_set_size (partial->buffer, 0);
  return ok;
}

gboolean
strata_partial_write (StrataPartial *partial, const void *bytes, gsize n_bytes, GError **error)
{
  if (n_bytes > BUFFER_BYTES - partial->buffer->len && !flush (partial, error))
    return FALSE;
  partial->n_bytes += n_bytes;
  if (n_bytes > BUFFER_BYTES)
    return write_through (partial, bytes, n_bytes, error);
  if (n_bytes > 0)
    g_byte_array_append (partial->buffer, bytes, (guint) n_bytes);
  return TRUE;
}

gboolean
strata_partial_pad (StrataPartial *partial, guint64 offset, GError **error)
{
  static const guint8 zeros[4096];

  g_assert (offset >= partial->n_bytes);
  while (partial->n_bytes < offset)
    if (!strata_partial_write (partial, zeros, (gsize) MIN (offset - partial->n_bytes, sizeof zeros), error))
      return FALSE;
  return TRUE;
}

gboolean
strata_partial_sync (StrataPartial *partial, GError **error)
{
  int fd = partial->fd;

  if (!flush (partial, error))
    return FALSE;
  if (fsync (fd) != 0)
    return fail (partial, errno, error);
  partial->fd = -1;
  if (close (fd) != 0)
    return fail (partial, errno, error);
  return TRUE;
}

gboolean
strata_partial_rename (StrataPartial *partial, GError **error)
{
  if (g_rename (partial->partial, partial->path) != 0)
    return fail (partial, errno, error);
  g_clear_pointer (&partial->partial, g_free);
  return TRUE;
}
