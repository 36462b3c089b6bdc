/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata explain PROGRAM [LAYER]`: why each layer is where it is, why it has as many copies as it has, what was tried;
 * why arrays are idle; the distance to limits and bound.
 */
#include "cli.h"

#include <math.h>
#include <string.h>

/* Names of layers in tables */
#define NAME_COLUMNS 36
/* Tiles of a layer that the text lists; --verbose lists all */
#define MAX_TILES 24
#define N_SUGGESTIONS 3

static char *
text_of (double value, const char *unit)
{
  return isnan (value) ? g_strdup ("–") : strata_quantity_to_text (value, unit);
}

/* The end of a long name: that is where names of one model differ. */
static const char *
short_name (const char *name)
{
  glong n = g_utf8_strlen (name, -1);

  return n <= NAME_COLUMNS ? name : g_utf8_offset_to_pointer (name, n - NAME_COLUMNS);
}

static double
figure (StrataProgram *program, guint layer, const char *name)
{
  return strata_program_get_layer_figure (program, layer, name);
}

/* --- which layer --- */

static guint
distance_to (const char *wanted, const char *name)
{
  g_autofree char *a = g_utf8_casefold (wanted, -1), *b = g_utf8_casefold (name, -1);

  return strstr (b, a) != NULL ? 0 : cli_edit_distance (a, b);
}

/* "; did you mean 12 (conv5), 14 (conv7)?" */
static void
append_suggestions (GString *text, StrataProgram *program, const char *wanted)
{
  guint n = strata_program_get_n_layers (program);
  g_autofree guint8 *taken = g_malloc0 (n + 1);

  g_string_append (text, "did you mean ");
  for (guint i = 0; i < MIN (n, N_SUGGESTIONS); i++)
    {
      guint best = n, best_distance = G_MAXUINT;

      for (guint layer = 0; layer < n; layer++)
        {
          guint distance = distance_to (wanted, strata_program_get_layer_name (program, layer));

          distance = MIN (distance, distance_to (wanted, strata_program_get_layer_op (program, layer)));
          if (taken[layer] || distance >= best_distance)
            continue;
          best = layer;
          best_distance = distance;
        }
      taken[best] = 1;
      g_string_append_printf (text, "%s%u (%s)", i == 0 ? "" : ", ", best,
                              strata_program_get_layer_name (program, best));
    }
  g_string_append_c (text, '?');
}

/* By number, by name of the ONNX node, or by an operator that the model has once; -1: @error is set. */
static int
find_layer (StrataProgram *program, const char *wanted, GError **error)
{
  guint n = strata_program_get_n_layers (program), n_of_op = 0, of_op = 0;
  g_autoptr (GString) text = g_string_new (NULL);
  guint64 number;

  for (guint i = 0; i < n; i++)
    if (g_str_equal (strata_program_get_layer_name (program, i), wanted))
      return (int) i;
  if (g_ascii_string_to_unsigned (wanted, 10, 0, G_MAXINT32, &number, NULL) && number < n)
    return (int) number;
  for (guint i = 0; i < n; i++)
    if (g_str_equal (strata_program_get_layer_op (program, i), wanted))
      {
        n_of_op++;
        of_op = i;
      }
  if (n_of_op == 1)
    return (int) of_op;
  append_suggestions (text, program, wanted);
  if (n_of_op > 1)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%u layers are %s; %s", n_of_op, wanted, text->str);
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "the program has %u layers and none is called \"%s\"; %s", n, wanted, text->str);
  return -1;
}

/* --- as text --- */

/* "or 2 copies (2 arrays, 4.2 ms): not asked for" */
static void
print_alternative (const StrataExplanation *explanation, guint i)
{
  static const char *const names[] = { "arrays", "latency_ps", "interval_ps", "energy_fj" };
  static const char *const units[] = { "count", "ps", "ps", "fj" }, *const words[] = { " arrays", "", " interval", "" };
  const char *verdict = strata_explanation_get_alternative_verdict (explanation, i);
  g_autoptr (GString) figures = g_string_new (NULL);

  for (guint f = 0; f < G_N_ELEMENTS (names); f++)
    {
      double value = strata_explanation_get_alternative_figure (explanation, i, names[f]);
      g_autofree char *text = text_of (value, units[f]);

      if (!isnan (value) && value != 0)
        g_string_append_printf (figures, "%s%s%s", figures->len > 0 ? ", " : "", text, words[f]);
    }
  g_print ("%15sor %s", "", strata_explanation_get_alternative_name (explanation, i));
  if (figures->len > 0)
    g_print (" (%s)", figures->str);
  g_print ("%s%s\n", *verdict == '\0' ? "" : ": ", verdict);
}

static void
print_explanations (const GPtrArray *list, int layer, gboolean tiles, guint n_most)
{
  guint n_left_out = 0, n_tiles = 0;

  for (guint i = 0; i < list->len; i++)
    {
      const StrataExplanation *explanation = g_ptr_array_index (list, i);
      int tile = strata_explanation_get_tile (explanation);

      if (strata_explanation_get_layer (explanation) != layer || (tile >= 0) != tiles)
        continue;
      if (tiles && n_tiles++ >= n_most)
        {
          n_left_out++;
          continue;
        }
      if (tiles)
        g_print ("tile %-8d  %s\n", tile, strata_explanation_get_text (explanation));
      else
        g_print ("%-13s  %s\n", strata_explanation_get_reason (explanation), strata_explanation_get_text (explanation));
      for (guint j = 0; j < strata_explanation_get_n_alternatives (explanation); j++)
        print_alternative (explanation, j);
    }
  if (n_left_out > 0)
    g_print ("… and %u more; --verbose lists them\n", n_left_out);
}

static void
print_layer_row (StrataProgram *program, guint layer)
{
  g_autofree char *start = text_of (figure (program, layer, "start_ps"), "ps");
  g_autofree char *span = text_of (figure (program, layer, "span_ps"), "ps");
  g_autofree char *work = text_of (figure (program, layer, "work_ps"), "ps");
  double used = figure (program, layer, "utilisation"), rows = figure (program, layer, "rows");
  g_autofree char *matrix =
    isnan (rows) ? g_strdup ("–") : g_strdup_printf ("%.0f×%.0f", rows, figure (program, layer, "columns"));
  g_autofree char *cells = isnan (used) ? g_strdup ("–") : g_strdup_printf ("%.0f %%", 100 * used);
  g_autofree char *copies = isnan (used) ? g_strdup ("–") : g_strdup_printf ("%.0f", figure (program, layer, "copies"));
  const char *name = short_name (strata_program_get_layer_name (program, layer));

  g_print ("%-4u %s%*s %-10s %11s %6.0f %6s %6s %10s %10s %10s %5.1f %%\n", layer, name,
           NAME_COLUMNS - (int) g_utf8_strlen (name, -1), "", strata_program_get_layer_kind (program, layer), matrix,
           figure (program, layer, "arrays"), copies, cells, start, span, work,
           100 * figure (program, layer, "energy_share"));
}

static void
print_program (StrataProgram *program, const GPtrArray *list)
{
  cli_row ("program", "%s on %s, %s", strata_program_get_model_name (program), strata_program_get_chip_name (program),
           strata_program_get_hash (program));
  g_print ("\n");
  print_explanations (list, -1, FALSE, 0);
  g_print ("\n%-4s %-*s %-10s %11s %6s %6s %6s %10s %10s %10s %7s\n", "#", NAME_COLUMNS, "layer", "unit", "matrix",
           "arrays", "copies", "cells", "start", "span", "work", "energy");
  for (guint i = 0; i < strata_program_get_n_layers (program); i++)
    print_layer_row (program, i);
  g_print (
    "\nwork: what the layer's busiest unit does for it, without waiting. `strata explain PROGRAM LAYER` says why.\n");
}

/* Layers with tiles on the same stack that run at the same time, most overlap first */
static void
print_rivals (StrataProgram *program, guint layer, guint tile)
{
  int stack, here;
  guint n_told = 0;

  strata_program_get_tile_site (program, tile, NULL, &stack, NULL);
  for (guint other = 0; other < strata_program_get_n_tiles (program); other++)
    {
      guint rival;
      gint64 overlap_ps;

      strata_program_get_tile_site (program, other, &rival, &here, NULL);
      if (here != stack || other == tile)
        continue;
      overlap_ps = rival == layer ? 0 : strata_program_get_overlap_ps (program, layer, rival);
      if (rival != layer && overlap_ps == 0)
        continue;
      g_autofree char *text = text_of ((double) overlap_ps, "ps");
      if (rival == layer)
        g_print ("%s%u (this layer)", n_told++ == 0 ? "" : ", ", rival);
      else
        g_print ("%s%u (%s)", n_told++ == 0 ? "" : ", ", rival, text);
    }
  g_print ("%s\n", n_told == 0 ? "none" : "");
}

static void
print_tiles (StrataProgram *program, guint layer, guint n_most)
{
  guint n_told = 0, n_left_out = 0;

  if (strata_program_get_layer_n_tiles (program, layer) == 0)
    return;
  g_print ("\n%-6s %5s %5s %12s %12s %5s %6s %10s  %s\n", "tile", "stack", "tier", "rows", "columns", "copy", "hops",
           "work", "layers on the stack at the same time (overlap)");
  for (guint tile = 0; tile < strata_program_get_n_tiles (program); tile++)
    {
      int stack, tier, row, n_rows, column, n_columns;
      guint owner;

      strata_program_get_tile_site (program, tile, &owner, &stack, &tier);
      if (owner != layer)
        continue;
      if (n_told++ >= n_most)
        {
          n_left_out++;
          continue;
        }
      strata_program_get_tile_block (program, tile, &row, &n_rows, &column, &n_columns);
      g_autofree char *rows = g_strdup_printf ("%d–%d", row, row + n_rows - 1);
      g_autofree char *columns = g_strdup_printf ("%d–%d", column, column + n_columns - 1);
      g_autofree char *work = text_of (strata_program_get_tile_figure (program, tile, "work_ps"), "ps");

      g_print ("%-6u %5d %5d %12s %12s %5.0f %6.0f %10s  ", tile, stack, tier, rows, columns,
               strata_program_get_tile_figure (program, tile, "copy"),
               strata_program_get_tile_figure (program, tile, "hops"), work);
      print_rivals (program, layer, tile);
    }
  if (n_left_out > 0)
    g_print ("… and %u more; --verbose lists them\n", n_left_out);
}

static void
print_matrix (StrataProgram *program, guint layer)
{
  double n_groups = figure (program, layer, "groups"), used = figure (program, layer, "utilisation");
  g_autoptr (GString) text = g_string_new (NULL);

  if (isnan (n_groups))
    return;
  g_string_append_printf (text, "%.0f × %.0f", figure (program, layer, "rows"), figure (program, layer, "columns"));
  if (n_groups > 1)
    g_string_append_printf (text, " in %.0f groups", n_groups);
  g_string_append_printf (text, ", %.0f times per inference", figure (program, layer, "positions"));
  if (used > 0)
    g_string_append_printf (text, ": %.0f arrays, %.1f %% of their cells", figure (program, layer, "arrays"),
                            100 * used);
  cli_row ("matrix", "%s", text->str);
}

static void
print_layer (StrataProgram *program, const GPtrArray *list, guint layer, guint n_most)
{
  g_autofree char *start = text_of (figure (program, layer, "start_ps"), "ps");
  g_autofree char *end = text_of (figure (program, layer, "end_ps"), "ps");
  g_autofree char *span = text_of (figure (program, layer, "span_ps"), "ps");
  g_autofree char *work = text_of (figure (program, layer, "work_ps"), "ps");
  g_autofree char *energy = text_of (figure (program, layer, "energy_fj"), "fj");
  double latency_ps = strata_program_get_figure (program, "latency_ps", STRATA_BAND_NOMINAL);

  cli_row ("layer", "%u  %s", layer, strata_program_get_layer_name (program, layer));
  cli_row ("operator", "%s on %s", strata_program_get_layer_op (program, layer),
           strata_program_get_layer_kind (program, layer));
  print_matrix (program, layer);
  if (!isnan (figure (program, layer, "span_ps")))
    cli_row ("time", "%s to %s: %s, %.1f %% of the latency; its own work %s", start, end, span,
             100 * figure (program, layer, "span_ps") / latency_ps, work);
  cli_row ("energy", "%s, %.1f %% of the dynamic energy; %.0f tier switches", energy,
           100 * figure (program, layer, "energy_share"), figure (program, layer, "tier_switches"));
  g_print ("\n");
  print_explanations (list, (int) layer, FALSE, 0);
  print_tiles (program, layer, n_most);
  g_print ("\n");
  print_explanations (list, (int) layer, TRUE, n_most);
}

/* --- as JSON --- */

static void
json_explanations (JsonBuilder *builder, const GPtrArray *list, int layer)
{
  static const char *const names[] = { "arrays", "latency_ps", "interval_ps", "energy_fj" };

  json_builder_set_member_name (builder, "decisions");
  json_builder_begin_array (builder);
  for (guint i = 0; i < list->len; i++)
    {
      const StrataExplanation *explanation = g_ptr_array_index (list, i);
      int tile = strata_explanation_get_tile (explanation);

      if (strata_explanation_get_layer (explanation) != layer)
        continue;
      json_builder_begin_object (builder);
      cli_json_string (builder, "reason", strata_explanation_get_reason (explanation));
      cli_json_string (builder, "meaning", strata_explanation_get_meaning (explanation));
      cli_json_int (builder, "value", strata_explanation_get_value (explanation));
      cli_json_string (builder, "text", strata_explanation_get_text (explanation));
      if (tile >= 0)
        cli_json_int (builder, "tile", tile);
      json_builder_set_member_name (builder, "alternatives");
      json_builder_begin_array (builder);
      for (guint j = 0; j < strata_explanation_get_n_alternatives (explanation); j++)
        {
          json_builder_begin_object (builder);
          cli_json_string (builder, "what", strata_explanation_get_alternative_name (explanation, j));
          for (guint f = 0; f < G_N_ELEMENTS (names); f++)
            cli_json_number (builder, names[f], strata_explanation_get_alternative_figure (explanation, j, names[f]));
          cli_json_string (builder, "verdict", strata_explanation_get_alternative_verdict (explanation, j));
          json_builder_end_object (builder);
        }
      json_builder_end_array (builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
json_tiles (JsonBuilder *builder, StrataProgram *program, guint layer)
{
  static const char *const names[] = { "copy", "row_copies", "array",  "utilisation",
                                       "hops", "work_ps",    "rivals", "rival_ps" };

  json_builder_set_member_name (builder, "tiles");
  json_builder_begin_array (builder);
  for (guint tile = 0; tile < strata_program_get_n_tiles (program); tile++)
    {
      int stack, tier, row, n_rows, column, n_columns;
      guint owner;

      strata_program_get_tile_site (program, tile, &owner, &stack, &tier);
      if (owner != layer)
        continue;
      strata_program_get_tile_block (program, tile, &row, &n_rows, &column, &n_columns);
      json_builder_begin_object (builder);
      cli_json_int (builder, "tile", tile);
      cli_json_int (builder, "stack", stack);
      cli_json_int (builder, "tier", tier);
      cli_json_int (builder, "row", row);
      cli_json_int (builder, "rows", n_rows);
      cli_json_int (builder, "column", column);
      cli_json_int (builder, "columns", n_columns);
      for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        cli_json_number (builder, names[i], strata_program_get_tile_figure (program, tile, names[i]));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
json_layer (JsonBuilder *builder, StrataProgram *program, const GPtrArray *list, guint layer, gboolean tiles)
{
  json_builder_begin_object (builder);
  cli_json_int (builder, "layer", layer);
  cli_json_string (builder, "name", strata_program_get_layer_name (program, layer));
  cli_json_string (builder, "op", strata_program_get_layer_op (program, layer));
  cli_json_string (builder, "kind", strata_program_get_layer_kind (program, layer));
  for (const char *const *name = strata_program_list_layer_figures (); *name != NULL; name++)
    cli_json_number (builder, *name, figure (program, layer, *name));
  json_explanations (builder, list, (int) layer);
  if (tiles)
    json_tiles (builder, program, layer);
  json_builder_end_object (builder);
}

static void
json_all (Cli *cli, StrataProgram *program, const GPtrArray *list, int layer)
{
  static const char *const names[] = { "latency_ps", "lower_bound_ps", "arrays_required", "arrays_used",
                                       "arrays_total" };
  JsonBuilder *builder = cli_json_begin (cli);

  cli_json_string (builder, "model", strata_program_get_model_name (program));
  cli_json_string (builder, "chip", strata_program_get_chip_name (program));
  cli_json_string (builder, "program_hash", strata_program_get_hash (program));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    cli_json_number (builder, names[i], strata_program_get_figure (program, names[i], STRATA_BAND_NOMINAL));
  json_explanations (builder, list, -1);
  json_builder_set_member_name (builder, "layers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_program_get_n_layers (program); i++)
    if (layer < 0 || i == (guint) layer)
      json_layer (builder, program, list, i, layer >= 0);
  json_builder_end_array (builder);
  cli_json_end (cli, builder);
}

/* --- the verb --- */

static int
explain (Cli *cli, StrataProgram *program, const char *wanted, GError **error)
{
  int layer = wanted == NULL ? -1 : find_layer (program, wanted, error);
  g_autoptr (GPtrArray) list = NULL;

  if (wanted != NULL && layer < 0)
    return -1;
  list = strata_program_list_explanations (program, error);
  if (list == NULL)
    return -1;
  if (cli->json)
    json_all (cli, program, list, layer);
  else if (layer < 0)
    print_program (program, list);
  else
    print_layer (program, list, (guint) layer, cli->verbose ? G_MAXUINT : MAX_TILES);
  return CLI_EXIT_DONE;
}

static const char examples[] = "  strata explain model.strp\n"
                               "  strata explain model.strp /features/features.2/conv/conv.0/Conv\n"
                               "  strata explain model.strp 12 --json\n"
                               "  strata explain model.strp --what-if 'tier 7'\n"
                               "  strata explain model.onnx --chip demonstrator --max-latency 5ms 12\n";

int
cli_explain (Cli *cli, int argc, char **argv)
{
  CliCompileOptions options = { 0 };
  char *what_if = NULL;
  const GOptionEntry own[] = {
    { "what-if", 0, 0, G_OPTION_ARG_STRING, &what_if,
      "What it costs if this is dead: 'tier 7', 'stack 3', 'stack 3 tier 7', 'tier 4-9', or what a die file says",
      "PLACE|FILE" },
    { NULL },
  };
  g_autoptr (CliEntries) entries = cli_compile_entries (&options, own);
  g_autoptr (StrataProgram) program = NULL;
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, entries, "PROGRAM|MODEL [LAYER]",
                  "Why a program is as it is: units, copies, sites, limits, and what else was tried. LAYER is the name "
                  "of an ONNX node, a number, or an operator that the model has once.",
                  examples, &argc, &argv, &status))
    ;
  else if (argc != 2 && argc != 3)
    status = cli_usage (cli, "explain takes a program and at most one layer; `strata explain --help` explains");
  else if (what_if != NULL && argc == 3)
    status = cli_usage (cli, "--what-if is of the whole program; leave out the layer");
  else if (cli_redirect (cli, argv[1], &status))
    {
      program = cli_open_program (cli, argv[1], &options, NULL, &error);
      if (program == NULL)
        status = -1;
      else if (what_if != NULL)
        status = cli_what_if (cli, program, what_if, &error);
      else
        status = explain (cli, program, argc == 3 ? argv[2] : NULL, &error);
      if (status < 0)
        status = cli_fail (cli, error);
    }
  return status;
}
