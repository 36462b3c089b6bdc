/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that takes its name when it is whole: written as NAME.partial in the same folder, synced and renamed. Until
 * then nothing of that name changes; freeing it unfinished removes what was written.
 */
#pragma once

#include <gio/gio.h>

typedef struct
{
  char *path, *partial;
  int fd;
  guint64 n_bytes; /* written so far, with what is in the buffer */
  GByteArray *buffer;
} StrataPartial;

/* Refuses a @path that is there and no ordinary file. Error: G_IO_ERROR, for this and the others. */
StrataPartial *strata_partial_new (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void strata_partial_free (StrataPartial *partial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataPartial, strata_partial_free)

gboolean strata_partial_write (StrataPartial *partial, const void *bytes, gsize n_bytes, GError **error);
/* Zeros up to @offset, which must not lie behind */
gboolean strata_partial_pad (StrataPartial *partial, guint64 offset, GError **error);
/* All bytes to the disk; the name is still the partial one. */
gboolean strata_partial_sync (StrataPartial *partial, GError **error);
gboolean strata_partial_rename (StrataPartial *partial, GError **error);
