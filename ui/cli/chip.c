/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata chip list | show | check | die`.
 */
#include "cli.h"
#include "info.h"

#include <math.h>

/* In the order of StrataBoundary */
static const struct
{
  const char *key, *label;
} boundaries[STRATA_N_BOUNDARIES] = {
  { "array_tops_w", "peak, array" },
  { "macro_tops_w", "peak, macro" },
  { "chip_tops_w", "peak, chip" },
  { "workload_tops_w", "peak, workload" },
};

void
cli_json_peak (JsonBuilder *builder, StrataChip *chip)
{
  static const char *const bands[] = { "nominal", "optimistic", "conservative" };

  json_builder_set_member_name (builder, "peak");
  json_builder_begin_object (builder);
  for (int b = 0; b < STRATA_N_BOUNDARIES; b++)
    {
      json_builder_set_member_name (builder, boundaries[b].key);
      json_builder_begin_object (builder);
      for (int band = 0; band < STRATA_N_BANDS; band++)
        cli_json_number (builder, bands[band], strata_chip_get_peak_tops_w (chip, b, band));
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

void
cli_print_peak (StrataChip *chip)
{
  static const char *const counted[STRATA_N_BOUNDARIES] = {
    "the cells' rows alone",
    "whole stacks, a tier staying selected",
    "all inputs and results over network and memory, vector unit, control, leakage, within the power budget",
    "with external memory idle",
  };

  for (int b = 0; b < STRATA_N_BOUNDARIES; b++)
    {
      double nominal = strata_chip_get_peak_tops_w (chip, b, STRATA_BAND_NOMINAL);
      double least = strata_chip_get_peak_tops_w (chip, b, STRATA_BAND_CONSERVATIVE);
      double most = strata_chip_get_peak_tops_w (chip, b, STRATA_BAND_OPTIMISTIC);

      if (isnan (nominal))
        cli_row (boundaries[b].label, "unknown: whole products are described, not their parts");
      else
        cli_row (boundaries[b].label, "%.4g TOPS/W (%.4g … %.4g): %s", nominal, least, most, counted[b]);
    }
}

static void
print_chip_json (JsonBuilder *builder, StrataChip *chip)
{
  g_autofree char *hash = strata_chip_get_hash (chip);

  cli_json_string (builder, "name", strata_chip_get_name (chip));
  cli_json_string (builder, "title", strata_chip_get_title (chip));
  cli_json_string (builder, "hash", hash);
  cli_json_int (builder, "stacks", strata_chip_get_n_stacks (chip));
  cli_json_int (builder, "tiers", strata_chip_get_n_tiers (chip));
  cli_json_int (builder, "rows", strata_chip_get_n_rows (chip));
  cli_json_int (builder, "columns", strata_chip_get_n_columns (chip));
  cli_json_int (builder, "slices", strata_chip_get_n_slices (chip));
  cli_json_int (builder, "arrays_total", strata_chip_get_n_arrays (chip));
  cli_json_int (builder, "weights_total", strata_chip_get_n_weights (chip));
  cli_json_number (builder, "budget_mw", strata_chip_get_power_budget_mw (chip));
  cli_json_number (builder, "die_mm2", strata_chip_get_area_mm2 (chip));
  cli_json_number (builder, "mvm_fj", strata_chip_get_mvm_fj (chip, STRATA_BAND_NOMINAL));
  cli_json_int (builder, "mvm_ps", strata_chip_get_mvm_ps (chip, STRATA_BAND_NOMINAL));
  cli_json_peak (builder, chip);
}

static int
list_chips (Cli *cli, GError **error)
{
  JsonBuilder *builder = cli->json ? cli_json_begin (cli) : NULL;

  if (builder != NULL)
    {
      json_builder_set_member_name (builder, "chips");
      json_builder_begin_array (builder);
    }
  else
    g_print ("%-16s %7s %6s %11s %9s %8s  %s\n", "name", "stacks", "tiers", "array", "weights", "budget", "what it is");
  for (const char *const *name = strata_chip_list_names (); *name != NULL; name++)
    {
      g_autoptr (StrataChip) chip = strata_chip_load (*name, error);

      if (chip == NULL)
        {
          g_clear_object (&builder);
          return -1;
        }
      if (builder != NULL)
        {
          json_builder_begin_object (builder);
          print_chip_json (builder, chip);
          json_builder_end_object (builder);
        }
      else
        {
          g_autofree char *array =
            g_strdup_printf ("%d×%d", strata_chip_get_n_rows (chip), strata_chip_get_n_columns (chip));
          g_autofree char *weights = strata_quantity_to_text ((double) strata_chip_get_n_weights (chip), "count");
          g_autofree char *budget = strata_quantity_to_text (strata_chip_get_power_budget_mw (chip), "mw");

          g_print ("%-16s %7d %6d %12s %9s %8s  %s\n", *name, strata_chip_get_n_stacks (chip),
                   strata_chip_get_n_tiers (chip), array, weights, budget, strata_chip_get_title (chip));
        }
    }
  if (builder != NULL)
    {
      json_builder_end_array (builder);
      cli_json_end (cli, builder);
    }
  return CLI_EXIT_DONE;
}

static void
show_json (Cli *cli, StrataChip *chip)
{
  JsonBuilder *builder = cli_json_begin (cli);

  print_chip_json (builder, chip);
  json_builder_set_member_name (builder, "fields");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_chip_get_n_fields (chip); i++)
    {
      const char *text, *source, *tag, *key = strata_chip_get_field (chip, i, &text, &source, &tag);

      json_builder_begin_object (builder);
      cli_json_string (builder, "field", key);
      cli_json_string (builder, "value", text);
      cli_json_string (builder, "tag", tag);
      cli_json_string (builder, "source", source);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  cli_json_end (cli, builder);
}

static int
show_chip (Cli *cli, const char *name, gboolean yaml, GError **error)
{
  g_autoptr (StrataChip) chip = NULL;
  g_autofree char *area = NULL;
  g_autofree char *energy = NULL;
  g_autofree char *time = NULL;

  if (strata_die_is_file (name))
    return cli_check_die (cli, name, yaml, error);
  chip = strata_chip_load (name, error);
  if (chip == NULL)
    return -1;
  if (yaml)
    {
      g_autofree char *text = strata_chip_to_yaml (chip);

      g_print ("%s", text);
      return CLI_EXIT_DONE;
    }
  if (cli->json)
    {
      show_json (cli, chip);
      return CLI_EXIT_DONE;
    }
  energy = strata_quantity_to_text (strata_chip_get_mvm_fj (chip, STRATA_BAND_NOMINAL), "fj");
  time = strata_quantity_to_text ((double) strata_chip_get_mvm_ps (chip, STRATA_BAND_NOMINAL), "ps");
  area = g_strdup_printf ("%.3g mm²", strata_chip_get_area_mm2 (chip));
  g_print ("%s: %s\n", strata_chip_get_name (chip), strata_chip_get_title (chip));
  cli_row ("full MVM", "%s, %s (modelled)", energy, time);
  cli_row ("die", "%s (modelled)", area);
  cli_print_peak (chip);
  g_print ("\n%-24s %-36s %-10s %s\n", "field", "nominal (optimistic / conservative)", "tag", "source");
  for (guint i = 0; i < strata_chip_get_n_fields (chip); i++)
    {
      const char *text, *source, *tag, *key = strata_chip_get_field (chip, i, &text, &source, &tag);

      g_print ("%-24s %-36s %-10s %s\n", key, text, tag, source == NULL ? "" : source);
    }
  return CLI_EXIT_DONE;
}

static int
check_chip (Cli *cli, const char *name, GError **error)
{
  g_autoptr (StrataChip) chip = NULL;

  if (strata_die_is_file (name))
    return cli_check_die (cli, name, FALSE, error);
  chip = strata_chip_load (name, error);
  if (chip == NULL)
    return -1;
  if (cli->json)
    {
      JsonBuilder *builder = cli_json_begin (cli);

      print_chip_json (builder, chip);
      cli_json_bool (builder, "valid", TRUE);
      cli_json_end (cli, builder);
    }
  else
    g_print ("%s: valid, %u fields, %" G_GINT64_FORMAT " arrays\n", name, strata_chip_get_n_fields (chip),
             strata_chip_get_n_arrays (chip));
  return CLI_EXIT_DONE;
}

static const char examples[] = "  strata chip list\n"
                               "  strata chip show phone\n"
                               "  strata chip show demonstrator --yaml > mine.yaml\n"
                               "  strata chip check mine.yaml\n"
                               "  strata chip check W07-X12Y08.yaml        (a die file)\n"
                               "  strata chip die demonstrator --seed 7 -o die-7.yaml\n";

int
cli_chip (Cli *cli, int argc, char **argv)
{
  gboolean yaml = FALSE;
  g_autofree char *band = NULL;
  const GOptionEntry own[] = {
    { "yaml", 0, 0, G_OPTION_ARG_NONE, &yaml, "show: print a description that loads as the same chip", NULL },
    { "band", 0, 0, G_OPTION_ARG_STRING, &band,
      "die: spreads and shares that the die is drawn from: nominal (default), optimistic, conservative", "BAND" },
    { NULL },
  };
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (
        cli, own, "list | show CHIP|DIE | check CHIP|DIE | die CHIP",
        "Chips: the shipped ones by name, others by file. Dies of them: what a test found, or drawn by --seed.",
        examples, &argc, &argv, &status))
    return status;
  if (!cli_redirect (cli, argc > 2 ? argv[2] : "", &status))
    return status;
  if (argc == 2 && g_str_equal (argv[1], "list"))
    status = list_chips (cli, &error);
  else if (argc == 3 && g_str_equal (argv[1], "show"))
    status = show_chip (cli, argv[2], yaml, &error);
  else if (argc == 3 && g_str_equal (argv[1], "check"))
    status = check_chip (cli, argv[2], &error);
  else if (argc == 3 && g_str_equal (argv[1], "die"))
    status = cli_draw_die (cli, argv[2], band, &error);
  else
    return cli_usage (cli, "chip takes list, show CHIP, check CHIP or die CHIP; `strata chip --help` explains");
  return status < 0 ? cli_fail (cli, error) : status;
}
