/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of options: joined, parsed, and what they were given freed.
 */
#include "cli.h"

#include <string.h>

static guint
count (const CliEntries *entries)
{
  guint n = 0;

  while (entries != NULL && entries[n].long_name != NULL)
    n++;
  return n;
}

CliEntries *
cli_join_entries (const CliEntries *first, const CliEntries *then)
{
  guint n_first = count (first), n_then = count (then);
  CliEntries *all = g_new0 (GOptionEntry, n_first + n_then + 1);

  for (guint i = 0; i < n_first + n_then; i++)
    all[i] = i < n_first ? first[i] : then[i - n_first];
  return all;
}

void
cli_entries_free (CliEntries *entries)
{
  for (GOptionEntry *entry = entries; entry != NULL && entry->long_name != NULL; entry++)
    switch (entry->arg)
      {
      case G_OPTION_ARG_STRING:
      case G_OPTION_ARG_FILENAME:
        g_clear_pointer ((char **) entry->arg_data, g_free);
        break;
      case G_OPTION_ARG_STRING_ARRAY:
      case G_OPTION_ARG_FILENAME_ARRAY:
        g_clear_pointer ((char ***) entry->arg_data, g_strfreev);
        break;
      default:
        break;
      }
  g_free (entries);
}

/* Every verb has them, behind its own. */
static CliEntries *
add_common (Cli *cli, const CliEntries *entries)
{
  const GOptionEntry common[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &cli->json, "Print the result as JSON", NULL },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &cli->output, "Where to write", "PATH" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &cli->seed, "Seed of everything random (default 0)", "N" },
    { "threads", 0, 0, G_OPTION_ARG_INT, &cli->n_threads, "Threads (default: one per processor); never changes results",
      "N" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &cli->quiet, "No progress, no messages but errors", NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &cli->verbose, "More detail", NULL },
    { NULL },
  };

  return cli_join_entries (entries, common);
}

/* FILE or NAME=FILE */
static gboolean
is_output (const Cli *cli, const char *text)
{
  const char *equals = text == NULL ? NULL : strchr (text, '=');

  return text != NULL && (cli_is_output (cli, text) || (equals != NULL && cli_is_output (cli, equals + 1)));
}

/* Whether what is written would take the place of something that is read */
static gboolean
replaces_input (const Cli *cli, const CliEntries *entries, int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    if (is_output (cli, argv[i]))
      return TRUE;
  for (const CliEntries *entry = entries; entry->long_name != NULL; entry++)
    {
      gboolean one = entry->arg == G_OPTION_ARG_STRING || entry->arg == G_OPTION_ARG_FILENAME;
      gboolean many = entry->arg == G_OPTION_ARG_STRING_ARRAY || entry->arg == G_OPTION_ARG_FILENAME_ARRAY;

      if (one && entry->arg_data != &cli->output && is_output (cli, *(char **) entry->arg_data))
        return TRUE;
      for (char **text = many ? *(char ***) entry->arg_data : NULL; text != NULL && *text != NULL; text++)
        if (is_output (cli, *text))
          return TRUE;
    }
  return FALSE;
}

gboolean
cli_parse (Cli *cli,
           const CliEntries *entries,
           const char *usage,
           const char *summary,
           const char *examples,
           int *argc,
           char ***argv,
           int *status)
{
  g_autofree char *description = g_strconcat ("Examples:\n", examples, NULL);
  g_autoptr (GOptionContext) context = g_option_context_new (usage);
  g_autofree CliEntries *all = add_common (cli, entries);
  g_autofree char *program = g_strconcat ("strata ", cli->verb, NULL);
  GError *error = NULL;

  g_set_prgname (program);
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, all, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      *status = cli_usage (cli, "%s; `strata %s --help` explains", error->message, cli->verb);
      g_error_free (error);
      return FALSE;
    }
  if (cli->n_threads < 0)
    {
      *status = cli_usage (cli, "--threads %d; 0 (one per processor) or more is accepted", cli->n_threads);
      return FALSE;
    }
  if (cli->seed < 0)
    {
      *status = cli_usage (cli, "--seed %" G_GINT64_FORMAT "; 0 or more is accepted", cli->seed);
      return FALSE;
    }
  if (replaces_input (cli, all, *argc, *argv))
    {
      *status = cli_usage (cli, "-o %s: is the file that is read; give another name", cli->output);
      return FALSE;
    }
  return cli_check_output (cli, status);
}
