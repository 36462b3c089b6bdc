/* SPDX-License-Identifier: Apache-2.0
 *
 * The container: round trip, atomic saving, and what happens to damaged bytes: an error or a valid image, never more.
 * Damage comes in two kinds: raw, which the hashes catch, and with hashes made to fit, which only the decoder's own
 * checks catch.
 */
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/hash.h"
#include "base/rng.h"
#include "lib/fixtures.h"
#include "program/container.h"

static StrataImage *
make_image (void)
{
  StrataImage *image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 0, 0, 0));
  gint64 dims[] = { 1, 3, 8, 8 };

  image->decisions = strata_decisions_new ();
  for (int i = 0; i < 3; i++)
    {
      const StrataAlternative other = { "2 copies", 10, 5, 3, 2, "not needed" };

      strata_decisions_add (image->decisions, STRATA_REASON_COPIES, i, -1, 1, "one copy of op %d", i);
      strata_decisions_add_alternative (image->decisions, &other);
      strata_decisions_add_noise (image->decisions,
                                  &(StrataNoiseFigures){ i, 2, 30, 4.7, 27, 40, 38, 60, 45, 0.5, 8, 7, 10 });
    }
  image->limits.max_latency_ps = 2000000000;
  image->limits.max_power_mw = 300;
  image->seed = 42;
  image->n_parameters = 123;
  image->calibration = g_new0 (StrataArray *, 2);
  image->n_calibration = 2;
  image->sample_origin = STRATA_SAMPLE_ORIGIN_GIVEN, image->n_given = 600;
  for (int i = 0; i < 2; i++)
    {
      image->calibration[i] = strata_array_new (STRATA_DTYPE_F32, 4, dims);
      for (int j = 0; j < 192; j++)
        ((float *) image->calibration[i]->data)[j] = (float) (j - i);
    }
  strata_image_seal (image);
  return image;
}

/* The weights of its first product are absent. */
static StrataImage *
make_bare (void)
{
  StrataImage *image = make_image ();
  StrataQOp *op = image->graph->ops;

  while (op->kind != STRATA_QOP_MVM)
    op++;
  image->graph->weightless = TRUE;
  image->graph->calibrated = FALSE;
  op->weights = NULL;
  op->bias = NULL;
  op->multiplier = NULL;
  strata_image_seal (image);
  return image;
}

static void
test_round_trip (void)
{
  g_autoptr (StrataImage) image = make_image ();
  g_autoptr (GBytes) bytes = strata_image_encode (image);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) back = strata_image_decode (bytes, "test", &error);
  g_autoptr (GBytes) again = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (back->hash, ==, image->hash);
  g_assert_cmpuint (strata_qgraph_hash (back->graph), ==, strata_qgraph_hash (image->graph));
  g_assert_cmpuint (strata_tile_set_hash (back->tiles), ==, strata_tile_set_hash (image->tiles));
  g_assert_cmpuint (strata_placement_hash (back->placement), ==, strata_placement_hash (image->placement));
  g_assert_cmpuint (strata_schedule_hash (back->schedule), ==, strata_schedule_hash (image->schedule));
  g_assert_cmpuint (back->chip->hash, ==, image->chip->hash);
  g_assert_cmpstr (back->model_name, ==, "fixture");
  g_assert_cmpint (back->limits.max_latency_ps, ==, 2000000000);
  g_assert_cmpuint (back->seed, ==, 42);
  g_assert_cmpint (back->n_calibration, ==, 2);
  g_assert_cmpint (back->sample_origin, ==, STRATA_SAMPLE_ORIGIN_GIVEN);
  g_assert_cmpint (back->n_given, ==, 600);
  g_assert_cmpmem (back->calibration[1]->data, 768, image->calibration[1]->data, 768);
  again = strata_image_encode (back);
  g_assert_true (g_bytes_equal (bytes, again));
}

/* What an image says of its samples and what it has cannot contradict each other. */
static void
test_sample_origin (void)
{
  static const struct
  {
    StrataSampleOrigin origin;
    int n_given, n_kept;
    gboolean calibrated, is_good;
  } cases[] = {
    { STRATA_SAMPLE_ORIGIN_GIVEN, 2, 2, TRUE, TRUE },     { STRATA_SAMPLE_ORIGIN_GIVEN, 1, 2, TRUE, FALSE },
    { STRATA_SAMPLE_ORIGIN_GIVEN, 600, 0, TRUE, FALSE },  { STRATA_SAMPLE_ORIGIN_MADE_UP, 0, 2, FALSE, TRUE },
    { STRATA_SAMPLE_ORIGIN_MADE_UP, 0, 2, TRUE, FALSE },  { STRATA_SAMPLE_ORIGIN_MADE_UP, 3, 2, FALSE, FALSE },
    { STRATA_SAMPLE_ORIGIN_MADE_UP, 0, 0, FALSE, FALSE }, { STRATA_SAMPLE_ORIGIN_NONE, 0, 0, FALSE, TRUE },
    { STRATA_SAMPLE_ORIGIN_NONE, 0, 2, FALSE, FALSE },    { STRATA_SAMPLE_ORIGIN_NONE, 4, 0, FALSE, FALSE },
    { (StrataSampleOrigin) 3, 0, 2, FALSE, FALSE },       { (StrataSampleOrigin) -1, 0, 0, FALSE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (StrataImage) image = make_image ();
      g_autoptr (StrataImage) back = NULL;
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;
      const int n_held = image->n_calibration;

      image->sample_origin = cases[i].origin, image->n_given = cases[i].n_given;
      image->n_calibration = cases[i].n_kept;
      image->graph->calibrated = cases[i].calibrated;
      strata_image_seal (image);
      bytes = strata_image_encode (image);
      back = strata_image_decode (bytes, "test", &error);
      image->n_calibration = n_held;
      g_assert_cmpint (back != NULL, ==, cases[i].is_good);
      if (back == NULL)
        g_assert_true (strstr (error->message, "CALB") != NULL);
      else
        g_assert_cmpint (back->sample_origin, ==, cases[i].origin);
    }
}

/* Digital ops in both forms: row by row with products, and in one burst */
static StrataImage *
make_digital_image (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_conv (graph, fixtures_input (graph, 3, 6, 6), 8, 3, 1);

  t = fixtures_digital (graph, fixtures_digital (graph, t, TRUE), FALSE);
  fixtures_output (graph, fixtures_dense (graph, fixtures_flatten (graph, t), 10));
  return fixtures_image (graph, fixtures_chip ("demonstrator", 0, 0, 0));
}

/* A grouped convolution along the diagonals of two arrays */
static StrataImage *
make_grouped_image (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_graph_new ();
  StrataChipSpec *chip = fixtures_chip ("demonstrator", 0, 0, 0);
  StrataSide sides[8] = { STRATA_SIDE_CHEAPER, STRATA_SIDE_ANALOG };
  const StrataSideOptions options = { sides, STRATA_OBJECTIVE_ARRAYS, 0, NULL };
  int t = fixtures_conv (graph, fixtures_input (graph, 3, 6, 6), 40, 1, 1);

  fixtures_output (graph, fixtures_grouped (graph, t, 40, 3, 1, 10));
  return fixtures_image (strata_map_sides (graph, chip, &options, NULL), chip);
}

static void
test_digital (void)
{
  g_autoptr (StrataImage) image = make_digital_image ();
  g_autoptr (GBytes) bytes = strata_image_encode (image);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) back = strata_image_decode (bytes, "test", &error);
  g_autoptr (StrataQGraph) shared = NULL;
  const StrataQOp *op;
  guint64 hash;

  g_assert_no_error (error);
  g_assert_cmpuint (back->hash, ==, image->hash);
  g_assert_cmpuint (strata_qgraph_hash (back->graph), ==, strata_qgraph_hash (image->graph));
  shared = strata_qgraph_share (image->graph);
  hash = strata_qgraph_hash (image->graph);
  g_clear_pointer (&image, strata_image_free);
  g_assert_cmphex (strata_qgraph_hash (shared), ==, hash);
  op = &back->graph->ops[1];
  g_assert_cmpint (op->kind, ==, STRATA_QOP_DIGITAL);
  g_assert_cmpint (op->by_row, ==, 1);
  g_assert_cmpint (op->digital->n_macs, ==, 8 * 6 * 6 * 6);
  g_assert_cmpint (op->digital->table_bytes, ==, 4 * 6 * 6);
  g_assert_cmpint (back->graph->ops[2].digital->n_vector_ops, ==, 5 * 8 * 6 * 6);
}

/* Artefacts one by one into a container each, and back onto those before them */
static void
test_parts (void)
{
  static const StrataImageParts parts[] = { STRATA_PART_GRAPH, STRATA_PART_TILES, STRATA_PART_PLACEMENT,
                                            STRATA_PART_SCHEDULE | STRATA_PART_DECISIONS };
  g_autoptr (StrataImage) image = make_image (), back = g_new0 (StrataImage, 1);
  g_autoptr (GError) error = NULL;

  back->chip = strata_chip_spec_load ("demonstrator", &error);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autoptr (GBytes) bytes = strata_image_encode_parts (image, parts[i]);

      g_assert_true (strata_image_decode_parts (back, parts[i], bytes, "part", &error));
      g_assert_no_error (error);
      g_assert_null (strata_image_decode (bytes, "part", &error)); /* is no program */
      g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
      g_clear_error (&error);
    }
  g_assert_cmphex (strata_qgraph_hash (back->graph), ==, strata_qgraph_hash (image->graph));
  g_assert_cmphex (strata_tile_set_hash (back->tiles), ==, strata_tile_set_hash (image->tiles));
  g_assert_cmphex (strata_placement_hash (back->placement), ==, strata_placement_hash (image->placement));
  g_assert_cmphex (strata_schedule_hash (back->schedule), ==, strata_schedule_hash (image->schedule));
  g_assert_cmphex (strata_decisions_hash (back->decisions), ==, strata_decisions_hash (image->decisions));
}

/* What a part is checked against is what @image has, not what it was made with. */
static void
test_foreign_part (void)
{
  g_autoptr (StrataImage) image = make_image (), back = g_new0 (StrataImage, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) tiles = strata_image_encode_parts (image, STRATA_PART_TILES);

  back->chip = strata_chip_spec_load ("demonstrator", &error);
  back->chip->rows = 8;
  back->graph = strata_qgraph_share (image->graph);
  g_assert_false (strata_image_decode_parts (back, STRATA_PART_TILES, tiles, "part", &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
  g_clear_error (&error);
  g_assert_false (strata_image_decode_parts (back, STRATA_PART_PLACEMENT, tiles, "part", &error)); /* not in there */
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
}

/* 16 x 16 constants of a product of four rows, on a chip with external memory and @sram_bytes */
static StrataImage *
make_table_image (gint64 sram_bytes)
{
  StrataQGraph *graph = fixtures_graph_new ();
  StrataChipSpec *chip = fixtures_chip ("phone", 0, 0, 0);
  int t = fixtures_conv (graph, fixtures_input (graph, 1, 4, 16), 1, 1, 1);

  chip->sram_bytes = sram_bytes;
  fixtures_output (graph, fixtures_dense (graph, fixtures_flatten (graph, fixtures_digital (graph, t, TRUE)), 10));
  return fixtures_image (graph, chip);
}

static StrataInstruction *
find_products (const StrataImage *image)
{
  for (int i = 0; i < image->schedule->n_instructions; i++)
    if (image->schedule->instructions[i].opcode == STRATA_OPCODE_MAC)
      return &image->schedule->instructions[i];
  g_assert_not_reached ();
}

/* Constants beyond an eighth of the SRAM lie in external memory, and bursts read them from there. */
static void
test_external (void)
{
  g_autoptr (StrataImage) outside = make_table_image (8000), inside = make_table_image (9000);
  StrataInstruction *far = find_products (outside), *near = find_products (inside);
  g_autoptr (GError) error = NULL;
  StrataActionEnergy energy;

  g_assert_cmpint (far->n_bursts, ==, 4);
  g_assert_cmpint (far->dram_bytes, ==, 4 * 16 * 16 / 4);
  g_assert_cmpint (near->dram_bytes, ==, 0);
  g_assert_cmpint (near->sram_bytes, ==, far->sram_bytes + 4 * 16 * 16 / 4);
  g_assert_cmpint (inside->schedule->sram_peak_bytes, >=, outside->schedule->sram_peak_bytes + 4 * 16 * 16);
  energy = strata_burst_energy (far, outside->graph, outside->tiles, outside->chip, STRATA_BAND_NOMINAL);
  g_assert_cmpint (energy.per_action_fj[STRATA_COMPONENT_DRAM], ==, 36000 * 256);
  energy = strata_burst_energy (near, inside->graph, inside->tiles, inside->chip, STRATA_BAND_NOMINAL);
  g_assert_cmpint (energy.per_action_fj[STRATA_COMPONENT_DRAM], ==, 0);
  g_assert_cmpint (
    strata_burst_time (far, outside->graph, outside->tiles, outside->chip, STRATA_BAND_NOMINAL).occupy_ps, ==,
    strata_cost_dram_ps (outside->chip, 256));
  far->dram_bytes--;
  g_assert_false (strata_schedule_check (outside->schedule, outside->graph, outside->tiles, outside->placement,
                                         outside->chip, &error));
  g_assert_nonnull (strstr (error->message, "external memory"));
}

/* Names and paths are not part of what the program is. */
static void
test_hash (void)
{
  g_autoptr (StrataImage) image = make_image ();
  guint64 hash = image->hash;

  g_free (image->model_path);
  image->model_path = g_strdup ("/elsewhere/x.onnx");
  g_assert_cmpuint (strata_image_seal (image), ==, hash);
  image->limits.max_power_mw = 299;
  g_assert_cmpuint (strata_image_seal (image), !=, hash);
}

static char *
make_folder (void)
{
  char *folder = g_dir_make_tmp ("strata-image-XXXXXX", NULL);

  g_assert_nonnull (folder);
  return folder;
}

static void
test_save (void)
{
  g_autoptr (StrataImage) image = make_image ();
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "a.strp", NULL);
  g_autofree char *partial = g_strconcat (path, ".partial", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) back = NULL;

  g_assert_true (strata_image_save (image, path, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (partial, G_FILE_TEST_EXISTS));
  back = strata_image_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (back->hash, ==, image->hash);
  g_unlink (path);
  g_rmdir (folder);
}

/* A folder that is not there, a path that is a folder, a file that is not there */
static void
test_save_fails (void)
{
  g_autoptr (StrataImage) image = make_image ();
  g_autofree char *folder = make_folder ();
  g_autofree char *inside = g_build_filename (folder, "missing", "a.strp", NULL);
  g_autofree char *partial = g_strconcat (folder, ".partial", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (strata_image_save (image, inside, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_false (strata_image_save (image, folder, &error));
  g_assert_nonnull (error);
  g_assert_false (g_file_test (partial, G_FILE_TEST_EXISTS));
  g_clear_error (&error);
  g_assert_null (strata_image_load (inside, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (strata_image_load (folder, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_NOT_FOUND);
  g_rmdir (folder);
}

/* A device that is full takes nothing. */
static void
test_full_disk (void)
{
  g_autoptr (StrataImage) image = make_image ();
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "a.strp", NULL);
  g_autofree char *partial = g_strconcat (path, ".partial", NULL);
  g_autoptr (GError) error = NULL;

  if (!g_file_test ("/dev/full", G_FILE_TEST_EXISTS) || symlink ("/dev/full", partial) != 0)
    g_test_skip ("no /dev/full");
  else
    {
      g_assert_false (strata_image_save (image, path, &error));
      g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
      g_assert_false (g_file_test (partial, G_FILE_TEST_IS_SYMLINK));
      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    }
  g_rmdir (folder);
}

/* --- damage --- */

static guint64
get_u64 (const guint8 *at)
{
  guint64 little;

  memcpy (&little, at, sizeof little);
  return GUINT64_FROM_LE (little);
}

static void
set_u64 (guint8 *at, guint64 value)
{
  guint64 little = GUINT64_TO_LE (value);

  memcpy (at, &little, sizeof little);
}

/* Makes every hash of the table, and the program's, fit the bytes. */
static void
fix_hashes (guint8 *data, gsize n)
{
  StrataSectionEntry entries[STRATA_N_SECTIONS];

  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    {
      guint8 *entry = data + STRATA_CONTAINER_HEADER + i * STRATA_CONTAINER_ENTRY;
      guint64 offset = get_u64 (entry + 8), length = get_u64 (entry + 16);

      entries[i] = *strata_section (i);
      if (offset > n || length > n - offset)
        return;
      set_u64 (entry + 24, strata_hash_bytes (data + offset, length));
      entries[i].length = length;
      entries[i].hash = get_u64 (entry + 24);
    }
  set_u64 (data + 16, strata_container_hash (entries));
}

/* Decodes; what comes back must be sound enough to list and to write. Returns whether anything came. */
static gboolean
survives (const guint8 *data, gsize n)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, n);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) image = strata_image_decode (bytes, "damaged", &error);

  if (image == NULL)
    {
      g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
      g_assert_true (g_str_has_prefix (error->message, "damaged: "));
      g_assert_null (strchr (error->message, '\n'));
      return FALSE;
    }
  g_assert_no_error (error);
  g_free (strata_image_disassemble (image));
  g_free (strata_schedule_print (image->schedule));
  if (image->decisions != NULL)
    g_free (strata_decisions_print (image->decisions));
  g_bytes_unref (strata_image_encode (image));
  return TRUE;
}

static void
test_flips (void)
{
  g_autoptr (StrataImage) image = make_image ();
  g_autoptr (GBytes) bytes = strata_image_encode (image);
  StrataRngKey key = strata_rng_key (1, 2);
  gsize n;
  const guint8 *data = g_bytes_get_data (bytes, &n);
  g_autofree guint8 *copy = g_malloc (n);
  gsize from = STRATA_CONTAINER_HEADER + STRATA_N_SECTIONS * STRATA_CONTAINER_ENTRY;

  for (guint64 i = 0; i < 4000; i++)
    {
      StrataRngBlock r = strata_rng_block (key, i, 0);
      gsize at = r.word[0] % n;

      memcpy (copy, data, n);
      copy[at] ^= (guint8) (1u << (r.word[1] % 8));
      /* A flip in a section is always seen; only the unused word of the header and padding may pass. */
      if (survives (copy, n))
        g_assert_true (at < from || copy[at] == 1u << (r.word[1] % 8));
    }
}

static void
test_fixed_up (gconstpointer make)
{
  g_autoptr (StrataImage) image = ((StrataImage * (*) (void) ) make) ();
  g_autoptr (GBytes) bytes = strata_image_encode (image);
  StrataRngKey key = strata_rng_key (1, 3);
  gsize n;
  const guint8 *data = g_bytes_get_data (bytes, &n);
  g_autofree guint8 *copy = g_malloc (n);
  int n_passed = 0;

  for (guint64 i = 0; i < 6000; i++)
    {
      StrataRngBlock r = strata_rng_block (key, i, 0);
      /* Small sections as often as the large one of the weights */
      const guint8 *entry = data + STRATA_CONTAINER_HEADER + r.word[0] % STRATA_N_SECTIONS * STRATA_CONTAINER_ENTRY;
      gsize at = get_u64 (entry + 8) + r.word[1] % get_u64 (entry + 16);
      static const guint8 values[] = { 0, 1, 0x7f, 0x80, 0xff };

      memcpy (copy, data, n);
      if (r.word[2] % 2)
        copy[at] ^= (guint8) (1u << (r.word[3] % 8));
      else
        memset (copy + at, values[r.word[3] % G_N_ELEMENTS (values)], MIN (n - at, r.word[2] / 2 % 4 + 1));
      fix_hashes (copy, n);
      n_passed += survives (copy, n);
    }
  /* Other weights, limits and names are other programs, not damage. */
  g_assert_cmpint (n_passed, >, 100);
  g_assert_cmpint (n_passed, <, 5000);
}

static void
test_truncated (void)
{
  g_autoptr (StrataImage) image = make_image ();
  g_autoptr (GBytes) bytes = strata_image_encode (image);
  gsize n;
  const guint8 *data = g_bytes_get_data (bytes, &n);

  for (gsize length = 0; length < n; length += length < 600 ? 1 : 97)
    g_assert_false (survives (data, length));
}

static void
test_disassemble (void)
{
  g_autoptr (StrataImage) image = make_image ();
  g_autofree char *text = strata_image_disassemble (image);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  g_assert_cmpint ((int) g_strv_length (lines), ==, image->schedule->n_instructions + 4);
  g_assert_nonnull (strstr (text, "mvm1 tile 1  4 x 4 mvm, "));
}

/* A token of a decoder, on a cache in external memory */
static StrataImage *
make_decoder (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_attention (graph, fixtures_dense (graph, fixtures_input (graph, 32, 1, 1), 64), 4, 100);

  fixtures_output (graph, fixtures_dense (graph, t, 16));
  return fixtures_image (graph, fixtures_chip ("phone", 2, 2, 0));
}

/* Every instruction of the table goes through encoder, decoder and listing, in some network. */
static void
test_every_opcode (void)
{
  gboolean seen[STRATA_N_OPCODES] = { FALSE };

  for (guint64 seed = 0; seed < 13; seed++)
    {
      g_autoptr (StrataImage) image =
        seed == 12 ? make_decoder ()
                   : fixtures_image (fixtures_random (seed), fixtures_chip ("demonstrator", 4, 4, 64));
      g_autoptr (GBytes) bytes = strata_image_encode (image);
      g_autoptr (StrataImage) back = strata_image_decode (bytes, "test", NULL);
      g_autofree char *text = strata_image_disassemble (image), *again = strata_image_disassemble (back);

      g_assert_cmpstr (text, ==, again);
      for (int i = 0; i < image->schedule->n_instructions; i++)
        {
          StrataOpcode opcode = image->schedule->instructions[i].opcode;

          g_assert_cmpint (back->schedule->instructions[i].opcode, ==, opcode);
          g_assert_nonnull (strstr (text, strata_opcode_name (opcode)));
          seen[opcode] = TRUE;
        }
    }
  for (int i = 0; i < STRATA_N_OPCODES; i++)
    if (!seen[i])
      g_error ("no network has the instruction %s", strata_opcode_name (i));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/program/image/round-trip", test_round_trip);
  g_test_add_func ("/sdk/program/image/sample-origin", test_sample_origin);
  g_test_add_func ("/sdk/program/image/parts", test_parts);
  g_test_add_func ("/sdk/program/image/foreign-part", test_foreign_part);
  g_test_add_func ("/sdk/program/image/hash", test_hash);
  g_test_add_func ("/sdk/program/image/save", test_save);
  g_test_add_func ("/sdk/program/image/save-fails", test_save_fails);
  g_test_add_func ("/sdk/program/image/full-disk", test_full_disk);
  g_test_add_func ("/sdk/program/image/flips", test_flips);
  g_test_add_func ("/sdk/program/image/digital", test_digital);
  g_test_add_func ("/sdk/program/image/external", test_external);
  g_test_add_data_func ("/sdk/program/image/fixed-up", make_image, test_fixed_up);
  g_test_add_data_func ("/sdk/program/image/fixed-up-digital", make_digital_image, test_fixed_up);
  g_test_add_data_func ("/sdk/program/image/fixed-up-grouped", make_grouped_image, test_fixed_up);
  g_test_add_data_func ("/sdk/program/image/fixed-up-weightless", make_bare, test_fixed_up);
  g_test_add_func ("/sdk/program/image/truncated", test_truncated);
  g_test_add_func ("/sdk/program/image/disassemble", test_disassemble);
  g_test_add_func ("/sdk/program/image/every-opcode", test_every_opcode);
  return g_test_run ();
}
