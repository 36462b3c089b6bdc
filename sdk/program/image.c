/* SPDX-License-Identifier: Apache-2.0
 *
 * Images in files: written beside their place and renamed, so that a program is there whole or not at all; read through
 * a map of the file.
 */
#include "program/image.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/write.h"

void
strata_image_free (StrataImage *image)
{
  if (image == NULL)
    return;
  for (int i = 0; image->calibration != NULL && i < image->n_calibration * image->graph->n_inputs; i++)
    strata_array_free (image->calibration[i]);
  g_free (image->calibration);
  strata_schedule_free (image->schedule);
  strata_decisions_free (image->decisions);
  strata_placement_free (image->placement);
  strata_tile_set_free (image->tiles);
  strata_qgraph_free (image->graph);
  strata_chip_spec_free (image->chip);
  g_free (image->model_path);
  g_free (image->model_name);
  g_free (image->model_shapes);
  g_free (image->model_values);
  g_free (image);
}

/* 0, or errno */
static int
write_file (const char *path, GBytes *bytes)
{
  int fd = g_open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  gsize n;
  const guint8 *data = g_bytes_get_data (bytes, &n);
  int problem;

  if (fd < 0)
    return errno;
  problem = strata_write_all (fd, data, n);
  if (problem == 0 && fsync (fd) < 0)
    problem = errno;
  if (close (fd) < 0 && problem == 0)
    problem = errno;
  if (problem != 0)
    g_unlink (path);
  return problem;
}

/* So that the new name survives a power cut; failure only means that it may not. */
static void
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = g_open (folder, O_RDONLY | O_CLOEXEC, 0);

  if (fd < 0)
    return;
  fsync (fd);
  close (fd);
}

gboolean
strata_image_save (const StrataImage *image, const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = strata_image_encode (image);
  g_autofree char *partial = g_strconcat (path, ".partial", NULL);
  int problem;

  /* A device or pipe would be replaced by a file. */
  if (g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                   "%s: is no ordinary file; give the name of a file for the program", path);
      return FALSE;
    }
  problem = write_file (partial, bytes);
  if (problem == 0 && g_rename (partial, path) < 0)
    {
      problem = errno;
      g_unlink (partial);
    }
  if (problem != 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (problem),
                   "%s: cannot be written: %s; choose another place or make room", path, g_strerror (problem));
      return FALSE;
    }
  sync_folder (path);
  return TRUE;
}

StrataImage *
strata_image_load (const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GMappedFile) file = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_NOT_FOUND,
                   "%s: is a folder; give the path of a compiled program (*.strp)", path);
      return NULL;
    }
  file = g_mapped_file_new (path, FALSE, &local);
  if (file == NULL)
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_NOT_FOUND,
                   "%s: cannot be read (%s); give the path of a compiled program (*.strp)", path,
                   g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT) ? "no such file" : local->message);
      return NULL;
    }
  bytes = g_mapped_file_get_bytes (file);
  return strata_image_decode (bytes, path, error);
}
