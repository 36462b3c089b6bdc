/* SPDX-License-Identifier: Apache-2.0
 *
 * make-synthetic-profile PATH [N_LAYERS [N_EVENTS [MESH_X MESH_Y N_TIERS]]]: writes a made-up profile, for pictures and
 * for trying the profiler without a model.
 */
#include <stdlib.h>

#include "strata-profiler/strata-profile-recorder.h"
#include "synthetic-profile.h"

static gint64
argument (int argc, char **argv, int i, gint64 fallback, gint64 low, gint64 high)
{
  gint64 value = fallback;

  if (i < argc && !g_ascii_string_to_signed (argv[i], 10, low, high, &value, NULL))
    {
      g_printerr ("%s: is not a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT "\n", argv[i], low, high);
      exit (2);
    }
  return value;
}

int
main (int argc, char **argv)
{
  StrataSyntheticOptions options;
  g_autoptr (GError) error = NULL;
  StrataTraceSink *sink;
  gboolean is_written;

  strata_synthetic_options_init (&options);
  if (argc < 2)
    {
      g_printerr ("usage: make-synthetic-profile PATH [N_LAYERS [N_EVENTS [MESH_X MESH_Y N_TIERS]]]\n");
      return 2;
    }
  options.n_layers = (int) argument (argc, argv, 2, options.n_layers, 1, 1000000);
  options.n_events = argument (argc, argv, 3, options.n_events, 0, 1000000000);
  options.mesh_x = (int) argument (argc, argv, 4, options.mesh_x, 1, 64);
  options.mesh_y = (int) argument (argc, argv, 5, options.mesh_y, 1, 64);
  options.n_tiers = (int) argument (argc, argv, 6, options.n_tiers, 1, 1024);
  sink = strata_profile_recorder_new (argv[1]);
  is_written = strata_synthetic_run (&options, sink, &error);
  sink->free (sink);
  if (!is_written)
    g_printerr ("%s\n", error->message);
  return is_written ? 0 : 1;
}
