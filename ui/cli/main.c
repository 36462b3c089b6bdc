/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata VERB …`: finds the verb and runs it. SIGINT cancels what is under way.
 */
#include "cli.h"

#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>

static const struct
{
  const char *name;
  CliVerb run;
  const char *summary;
} verbs[] = {
  { "info", cli_info, "what a model, chip, program or profile is" },
  { "chip", cli_chip, "list, show and check chip descriptions" },
  { "model", cli_model, "standard architectures, written as ONNX" },
  { "compile", cli_compile, "a model to a program for a chip" },
  { "explain", cli_explain, "why a program is as it is: units, copies, sites, limits, and what else was tried" },
  { "run", cli_run, "inference on a device, or the model itself as reference" },
  { "evaluate", cli_evaluate, "accuracy: float, quantised and analog side by side" },
  { "profile", cli_profile, "compile where needed, run, record: the main job in one command" },
  { "report", cli_report, "tables and pages from a profile" },
  { "validate", cli_validate, "published numbers against the model's" },
  { "query", cli_query, "read-only SQL over a profile" },
};

static void
print_help (void)
{
  g_print ("Usage: strata VERB [OPTIONS] …\n\nVerbs:\n");
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    g_print ("  %-10s %s\n", verbs[i].name, verbs[i].summary);
  g_print ("\nExamples:\n"
           "  strata profile model.onnx --chip demonstrator -o model.strata\n"
           "  strata report model.strata\n"
           "  strata-profiler model.strata\n\n"
           "`strata VERB --help` explains a verb. Every verb takes --json.\n"
           "Exit codes: 0 done, 1 failed, 2 usage, 3 input not found, 4 format not supported, 5 requirement or check\n"
           "not met, 6 no device, 7 device lost, 8 partial result, 130 interrupted.\n");
}

static gboolean
cancel_cb (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return G_SOURCE_CONTINUE;
}

static gpointer
watch_cb (gpointer data)
{
  g_autoptr (GMainLoop) loop = data;

  g_main_loop_run (loop);
  return NULL;
}

/* Signals are taken by a loop in a thread of its own: the main thread works, and cancelling is not safe in a handler.
 * They are watched from here on, not from when the thread has come to run: a file may be half written by then. */
static void
watch_interrupts (GCancellable *cancellable)
{
  static const int watched[] = { SIGINT, SIGTERM };
  g_autoptr (GMainContext) context = g_main_context_new ();

  for (guint i = 0; i < G_N_ELEMENTS (watched); i++)
    {
      g_autoptr (GSource) source = g_unix_signal_source_new (watched[i]);

      g_source_set_callback (source, cancel_cb, cancellable, NULL);
      g_source_attach (source, context);
    }
  g_thread_unref (g_thread_new ("interrupt", watch_cb, g_main_loop_new (context, FALSE)));
}

static int
unknown_verb (Cli *cli, const char *name)
{
  guint best = 0;

  for (guint i = 1; i < G_N_ELEMENTS (verbs); i++)
    if (cli_edit_distance (name, verbs[i].name) < cli_edit_distance (name, verbs[best].name))
      best = i;
  if (cli_edit_distance (name, verbs[best].name) <= 2)
    return cli_usage (cli, "unknown verb \"%s\"; did you mean %s?", name, verbs[best].name);
  return cli_usage (cli, "unknown verb \"%s\"; `strata --help` lists them", name);
}

/* Text is UTF-8 whatever the locale says: units would turn into question marks in the C locale otherwise. */
static void
print_cb (const char *text)
{
  fputs (text, stdout);
}

static void
print_error_cb (const char *text)
{
  fputs (text, stderr);
}

int
main (int argc, char **argv)
{
  GCancellable *cancellable = g_cancellable_new (); /* kept for the watching thread until the process ends */
  Cli cli = { .verb = "strata", .cancellable = cancellable };
  int status;

  setlocale (LC_CTYPE, "");
  signal (SIGXFSZ, SIG_IGN); /* a file that grows beyond a limit is an error of its write */
  g_set_print_handler (print_cb);
  g_set_printerr_handler (print_error_cb);
  if (argc < 2)
    {
      print_help ();
      return CLI_EXIT_USAGE;
    }
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h") || g_str_equal (argv[1], "help"))
    {
      print_help ();
      return CLI_EXIT_DONE;
    }
  if (g_str_equal (argv[1], "--version"))
    {
      g_print ("strata %s (profile schema %d)\n", strata_get_version (), STRATA_PROFILE_SCHEMA_VERSION);
      return CLI_EXIT_DONE;
    }
  for (int i = 1; i < argc; i++)
    if (g_str_equal (argv[i], "--json"))
      cli.json = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (argv[1], verbs[i].name))
      {
        cli.verb = verbs[i].name;
        watch_interrupts (cancellable);
        status = cli_finish_output (&cli, verbs[i].run (&cli, argc - 1, argv + 1));
        g_free (cli.output);
        return status;
      }
  return unknown_verb (&cli, argv[1]);
}
