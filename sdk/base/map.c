/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks before it opens, and once more behind it: the name may have changed hands in between.
 */
#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
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

#define RESTED_NS (2 * G_GINT64_CONSTANT (1000000000))

static gint64
to_ns (const struct timespec *time)
{
  return (gint64) time->tv_sec * 1000000000 + time->tv_nsec;
}

static void
fill_stamp (const struct stat *info, StrataFileStamp *stamp)
{
  *stamp = (StrataFileStamp){
    .device = (guint64) info->st_dev,
    .inode = (guint64) info->st_ino,
    .n_bytes = (gint64) info->st_size,
    .modified_ns = to_ns (&info->st_mtim),
    .changed_ns = to_ns (&info->st_ctim),
    .seen_ns = g_get_real_time () * 1000,
  };
}

gboolean
strata_file_stamp (const char *path, StrataFileStamp *stamp)
{
  struct stat info;

  if (stat (path, &info) != 0 || !S_ISREG (info.st_mode))
    return FALSE;
  fill_stamp (&info, stamp);
  return TRUE;
}

gboolean
strata_file_stamp_equal (const StrataFileStamp *a, const StrataFileStamp *b)
{
  return a->device == b->device && a->inode == b->inode && a->n_bytes == b->n_bytes && a->modified_ns == b->modified_ns
         && a->changed_ns == b->changed_ns;
}

gboolean
strata_file_stamp_has_rested (const StrataFileStamp *stamp)
{
  return MAX (stamp->modified_ns, stamp->changed_ns) < stamp->seen_ns - RESTED_NS;
}

GBytes *
strata_map_file (const char *path, GError **error)
{
  StrataFileStamp stamp;

  return strata_map_file_stamped (path, &stamp, error);
}

GBytes *
strata_map_file_stamped (const char *path, StrataFileStamp *stamp, GError **error)
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
    {
      fill_stamp (&info, stamp);
      file = g_mapped_file_new_from_fd (fd, FALSE, error);
    }
  close (fd);
  if (file == NULL)
    return NULL;
  bytes = g_mapped_file_get_bytes (file);
  g_mapped_file_unref (file);
  return bytes;
}
