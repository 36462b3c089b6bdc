/* SPDX-License-Identifier: Apache-2.0
 *
 * Every byte that is sent is received, every weight is written once per copy, every burst runs once: of programs of
 * random graphs, or of the files given.
 */
#include "lib/fixtures.h"
#include "lib/flow.h"

#define N_GRAPHS 24

static void
report (const char *name, const FlowTotals *totals)
{
  g_test_message ("%s: %" G_GINT64_FORMAT " bytes loaded, %" G_GINT64_FORMAT " of partial sums, %" G_GINT64_FORMAT
                  " stored, %" G_GINT64_FORMAT " weights, %" G_GINT64_FORMAT " bursts",
                  name, totals->loaded_bytes, totals->summed_bytes, totals->stored_bytes, totals->n_weights,
                  totals->n_bursts);
}

static void
test_random (void)
{
  static const char *const chips[] = { "demonstrator", "phone", "ibm-3d", "planar-capacity" };
  gint64 summed_bytes = 0;

  for (guint64 seed = 0; seed < N_GRAPHS; seed++)
    {
      int chip = (int) (seed % G_N_ELEMENTS (chips)), mesh = chip < 2 ? 3 : chip == 3 ? 16 : 0;
      g_autoptr (StrataImage) image =
        fixtures_image (fixtures_random (seed), fixtures_chip (chips[chip], mesh, mesh, 0));
      FlowTotals totals = flow_check (image);

      g_assert_cmpint (totals.hop_bytes, >=, totals.loaded_bytes + totals.summed_bytes + totals.stored_bytes);
      summed_bytes += totals.summed_bytes;
      report (image->chip->name, &totals);
    }
  g_assert_cmpint (summed_bytes, >, 0);
}

static void
test_file (gconstpointer data)
{
  const char *path = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;
  gsize n = 0;

  g_file_get_contents (path, &content, &n, &error);
  g_assert_no_error (error);
  {
    g_autoptr (GBytes) bytes = g_bytes_new_take (g_steal_pointer (&content), n);
    g_autoptr (StrataImage) image = strata_image_decode (bytes, path, &error);
    FlowTotals totals;

    g_assert_no_error (error);
    totals = flow_check (image);
    report (path, &totals);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (argc < 2)
    g_test_add_func ("/sdk/simulator/flow/random", test_random);
  for (int i = 1; i < argc; i++)
    {
      g_autofree char *name = g_path_get_basename (argv[i]);
      g_autofree char *test = g_strconcat ("/sdk/simulator/flow/", name, NULL);

      g_test_add_data_func (test, argv[i], test_file);
    }
  return g_test_run ();
}
