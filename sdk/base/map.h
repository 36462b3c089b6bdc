/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that users name, mapped for reading.
 */
#pragma once

#include <glib.h>

/* Which file it was and how it was: two stamps that agree in all but `seen_ns` are of the same bytes, where the file
 * had rested when the first was taken. */
typedef struct
{
  guint64 device, inode;
  gint64 n_bytes, modified_ns, changed_ns; /* times since 1970; of content and of what the system knows of the file */
  gint64 seen_ns;                          /* when the stamp was taken */
} StrataFileStamp;

/* FALSE where there is no such regular file. */
gboolean strata_file_stamp (const char *path, StrataFileStamp *stamp);
gboolean strata_file_stamp_equal (const StrataFileStamp *a, const StrataFileStamp *b);
/* Whether the file was last changed so long before the stamp that another change would show in its times: they are as
 * coarse as 2 s on some file systems. */
gboolean strata_file_stamp_has_rested (const StrataFileStamp *stamp);

/* The bytes of a regular file. What is none (a folder, a pipe, a device) is refused with G_FILE_ERROR_INVAL before it
 * is opened, as opening a pipe would block. Other errors: G_FILE_ERROR. (transfer full) */
GBytes *strata_map_file (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same; fills @stamp from the file that was mapped, whatever its name stands for by now. */
GBytes *strata_map_file_stamped (const char *path, StrataFileStamp *stamp, GError **error) G_GNUC_WARN_UNUSED_RESULT;
