/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks before it opens, and once more behind it: the name may have changed hands in between.
 */
#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
set_error (GError **error, GFileError code, const char *text)
{
  g_set_error_literal (error, G_FILE_ERROR, (int) code, text);
  return FALSE;
}

static gboolean
check_kind (const struct stat *info, GError **error)
{
  return S_ISREG (info->st_mode)
         || set_error (error, G_FILE_ERROR_INVAL, S_ISDIR (info->st_mode) ? "it is a folder" : "it is not a file");
}

GBytes *
strata_map_file (const char *path, GError **error)
{
  GMappedFile *file = NULL;
  struct stat info;
  GBytes *bytes;
  int fd;

  if (stat (path, &info) == 0 && !check_kind (&info, error))
    return NULL;
  fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    {
      int code = errno;

      set_error (error, g_file_error_from_errno (code), code == ENOENT ? "no such file" : g_strerror (code));
      return NULL;
    }
  if (fstat (fd, &info) == 0 && check_kind (&info, error))
    file = g_mapped_file_new_from_fd (fd, FALSE, error);
  close (fd);
  if (file == NULL)
    return NULL;
  bytes = g_mapped_file_get_bytes (file);
  g_mapped_file_unref (file);
  return bytes;
}
