/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata-profiler [FILE…]`, or `strata-profiler --render SECTION -o OUT FILE` without a display.
 */
#include "application.h"
#include "render.h"

#include <locale.h>

#include <strata-profiler/strata-profiler.h>
#include <strata/strata.h>

/* Of one side of a picture: 400 MB at most */
#define MAX_PIXELS 10000

typedef struct
{
  char *render, *output, *layer, *section;
  int width, height;
  gboolean dark, light, version;
  char **files;
} Options;

static gboolean
parse_options (int *argc, char ***argv, Options *options, GError **error)
{
  const GOptionEntry entries[] = {
    { "render", 0, 0, G_OPTION_ARG_STRING, &options->render,
      "Draw a section to a file, without a display: overview, stack, layers, timeline, power, temperature", "SECTION" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output, "File to draw to: .png, .svg or .pdf", "FILE" },
    { "width", 0, 0, G_OPTION_ARG_INT, &options->width, "Width of the picture (default 1280)", "PIXELS" },
    { "height", 0, 0, G_OPTION_ARG_INT, &options->height, "Height of the picture (default 800)", "PIXELS" },
    { "layer", 0, 0, G_OPTION_ARG_STRING, &options->layer, "Select this layer", "NAME" },
    { "section", 0, 0, G_OPTION_ARG_STRING, &options->section, "Open the window on this section", "SECTION" },
    { "dark", 0, 0, G_OPTION_ARG_NONE, &options->dark, "Light text on dark", NULL },
    { "light", 0, 0, G_OPTION_ARG_NONE, &options->light, "Dark text on light", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->files, NULL, "[FILE…]" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, "Shows profiles of the Strata developer kit.");
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse (context, argc, argv, error);
}

static int
render (const Options *options)
{
  g_autoptr (GError) error = NULL;
  StrataRenderOptions what = { .section = options->render,
                               .output = options->output,
                               .layer = options->layer,
                               .width = options->width,
                               .height = options->height,
                               .dark = options->dark };

  if (options->output == NULL || options->files == NULL || options->files[1] != NULL)
    {
      g_printerr ("strata-profiler: --render takes -o OUT and one profile\n");
      return 2;
    }
  if (what.width < 200 || what.height < 150 || what.width > MAX_PIXELS || what.height > MAX_PIXELS)
    {
      g_printerr ("strata-profiler: --width %d --height %d: from 200 x 150 to %d x %d pixels are accepted\n",
                  what.width, what.height, MAX_PIXELS, MAX_PIXELS);
      return 2;
    }
  if (strata_render (options->files[0], &what, &error))
    return 0;
  g_printerr ("strata-profiler: %s\n", error->message);
  if (error->domain == G_OPTION_ERROR)
    return 2;
  return g_error_matches (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_NOT_FOUND) ? 3
         : error->domain == STRATA_PROFILE_ERROR                                       ? 4
                                                                                       : 1;
}

static int
show (const Options *options, const char *program)
{
  g_autoptr (StrataApplication) application = strata_application_new ();
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();

  if (!gtk_init_check ())
    {
      g_printerr ("strata-profiler: no display; `--render SECTION -o OUT.png FILE` draws without one\n");
      return 1;
    }
  if (options->dark || options->light)
    strata_application_force_dark (application, options->dark);
  strata_application_set_start (application, options->section, options->layer);
  g_ptr_array_add (arguments, (gpointer) program);
  for (char **file = options->files; file != NULL && *file != NULL; file++)
    g_ptr_array_add (arguments, *file);
  g_ptr_array_add (arguments, NULL);
  return g_application_run (G_APPLICATION (application), (int) arguments->len - 1, (char **) arguments->pdata);
}

int
main (int argc, char **argv)
{
  Options options = { .width = 1280, .height = 800 };
  g_autoptr (GError) error = NULL;
  int status;

  setlocale (LC_ALL, "");
  if (!parse_options (&argc, &argv, &options, &error))
    {
      g_printerr ("strata-profiler: %s; --help explains\n", error->message);
      return 2;
    }
  if (options.version)
    {
      g_print ("strata-profiler %s (GTK %u.%u.%u)\n", strata_get_version (), gtk_get_major_version (),
               gtk_get_minor_version (), gtk_get_micro_version ());
      return 0;
    }
  status = options.render != NULL ? render (&options) : show (&options, argv[0]);
  g_free (options.render);
  g_free (options.output);
  g_free (options.layer);
  g_free (options.section);
  g_strfreev (options.files);
  return status;
}
