/* SPDX-License-Identifier: Apache-2.0
 *
 * `-o FILE` for the verbs whose result is text: stdout goes to a file beside the final name, which takes the name once
 * it is whole. Without -o, a stdout that does not take what was printed is an error.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
cli_check_output (Cli *cli, int *status)
{
  struct stat there;

  if (cli->output == NULL)
    return TRUE;
  if (cli->output[0] == '\0')
    *status = cli_usage (cli, "-o: the name is empty; give a path to write to");
  else if (cli->output[0] == '-')
    *status =
      cli_usage (cli, "-o %s: looks like an option; write ./%s for a file of that name", cli->output, cli->output);
  else if (stat (cli->output, &there) == 0 && !S_ISREG (there.st_mode) && !S_ISDIR (there.st_mode))
    *status =
      cli_usage (cli, "-o %s: is not an ordinary file, and would be replaced by one; give another name", cli->output);
  else
    return TRUE;
  return FALSE;
}

gboolean
cli_is_output (const Cli *cli, const char *path)
{
  struct stat first, second;

  return cli->output != NULL && stat (cli->output, &first) == 0 && S_ISREG (first.st_mode) && stat (path, &second) == 0
         && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

gboolean
cli_redirect (Cli *cli, const char *input, int *status)
{
  int fd = -1;

  if (cli->output == NULL)
    return TRUE;
  if (input != NULL && cli_is_output (cli, input))
    {
      *status = cli_usage (cli, "-o %s: is the file that is read; give another name", cli->output);
      return FALSE;
    }
  cli->partial = g_strconcat (cli->output, ".partial", NULL);
  if (g_file_test (cli->output, G_FILE_TEST_IS_DIR))
    errno = EISDIR;
  else
    fd = g_open (cli->partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd >= 0)
    {
      cli->saved_stdout = dup (STDOUT_FILENO);
      dup2 (fd, STDOUT_FILENO);
      close (fd);
      return TRUE;
    }
  g_clear_pointer (&cli->partial, g_free);
  *status =
    cli_fail (cli, g_error_new (G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: cannot be written (%s); choose another place",
                                cli->output, g_strerror (errno)));
  return FALSE;
}

void
cli_drop_output (Cli *cli)
{
  if (cli->partial == NULL)
    return;
  fflush (stdout);
  if (cli->saved_stdout >= 0)
    dup2 (cli->saved_stdout, STDOUT_FILENO);
  g_unlink (cli->partial);
  g_clear_pointer (&cli->partial, g_free);
}

int
cli_finish_output (Cli *cli, int status)
{
  gboolean wrong = fflush (stdout) != 0 || ferror (stdout);
  int problem = errno;

  if (cli->partial != NULL && (wrong || (status != CLI_EXIT_DONE && status != CLI_EXIT_PARTIAL)))
    g_unlink (cli->partial);
  else if (cli->partial != NULL && g_rename (cli->partial, cli->output) != 0)
    {
      wrong = TRUE;
      problem = errno;
      g_unlink (cli->partial);
    }
  g_clear_pointer (&cli->partial, g_free);
  if (!wrong)
    return status;
  g_printerr ("strata: %s: cannot be written (%s); choose another place or make room\n",
              cli->output != NULL ? cli->output : "standard output", g_strerror (problem));
  return status == CLI_EXIT_DONE ? CLI_EXIT_FAILED : status;
}

/* --- a stream --- */

#define CLI_TYPE_OUTPUT_STREAM (cli_output_stream_get_type ())
G_DECLARE_FINAL_TYPE (CliOutputStream, cli_output_stream, CLI, OUTPUT_STREAM, GOutputStream)

struct _CliOutputStream
{
  GOutputStream parent_instance;
};

G_DEFINE_FINAL_TYPE (CliOutputStream, cli_output_stream, G_TYPE_OUTPUT_STREAM)

/* What cannot be written is known to stdout, and said once, by cli_finish_output (). */
static gssize
output_stream_write (GOutputStream *stream, const void *bytes, gsize n, GCancellable *cancellable, GError **error)
{
  (void) stream;
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  fwrite (bytes, 1, n, stdout);
  return (gssize) n;
}

static void
cli_output_stream_class_init (CliOutputStreamClass *class)
{
  G_OUTPUT_STREAM_CLASS (class)->write_fn = output_stream_write;
}

static void
cli_output_stream_init (CliOutputStream *self)
{
  (void) self;
}

GOutputStream *
cli_output_stream (void)
{
  return g_object_new (CLI_TYPE_OUTPUT_STREAM, NULL);
}
