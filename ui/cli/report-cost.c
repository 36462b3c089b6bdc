/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata report --cost CHIP|PROGRAM|PROFILE`: yield by factor, cost by part, what repair buys, and both against tiers
 * and spares, as tables, as JSON and as a page of charts. All of it is modelled; the constants that it rests on are
 * listed with their provenance.
 */
#include "cli.h"

#include <math.h>

/* Charts end where a chip costs so many times what it costs as described: without spares it is any number. */
#define MOST_TIMES 100.0

#define AS_IT_IS (-1)
#define SWEPT G_MAXINT

/* A curve: the chip with these tiers and spares, one or more of them swept */
typedef struct
{
  const char *name, *key;
  StrataChipVariant variant;
  guint family;
  gboolean is_dashed;
} Curve;

typedef struct
{
  const char *axis, *key;
  const int *points;
  guint n_points;
  const Curve *curves;
  guint n_curves;
} Sweep;

#define MAX_POINTS 17
#define MAX_CURVES 4

static const int tier_points[] = { 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512 };
static const int spare_points[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static const Curve tier_curves[] = {
  { "spares as described", "as_described", { SWEPT, AS_IT_IS, AS_IT_IS, AS_IT_IS }, 0, FALSE },
  { "one spare row and column", "one_line", { SWEPT, AS_IT_IS, 1, 1 }, 1, FALSE },
  { "two, no spare tiers", "two_lines_without_tiers", { SWEPT, 0, 2, 2 }, 2, FALSE },
  { "no spare rows and columns", "no_lines", { SWEPT, AS_IT_IS, 0, 0 }, 3, TRUE },
};

static const Curve spare_curves[] = {
  { "spare rows and columns", "lines", { 0, AS_IT_IS, SWEPT, SWEPT }, 0, FALSE },
  { "the same, no spare tiers", "lines_without_tiers", { 0, 0, SWEPT, SWEPT }, 0, TRUE },
  { "spare tiers", "tiers", { 0, SWEPT, AS_IT_IS, AS_IT_IS }, 1, FALSE },
  { "the same, one spare row and column", "tiers_with_one_line", { 0, SWEPT, 1, 1 }, 1, TRUE },
};

static const Sweep sweeps[] = {
  { "Tiers", "tiers", tier_points, G_N_ELEMENTS (tier_points), tier_curves, G_N_ELEMENTS (tier_curves) },
  { "Spares", "spares", spare_points, G_N_ELEMENTS (spare_points), spare_curves, G_N_ELEMENTS (spare_curves) },
};

/* What repair buys: the chip without some of its spares */
static const struct
{
  const char *name, *key;
  StrataChipVariant variant;
} repairs[] = {
  { "no spares", "none", { 0, 0, 0, 0 } },
  { "spare tiers alone", "tiers", { 0, AS_IT_IS, 0, 0 } },
  { "spare rows alone", "rows", { 0, 0, AS_IT_IS, 0 } },
  { "spare columns alone", "columns", { 0, 0, 0, AS_IT_IS } },
  { "rows and columns", "lines", { 0, 0, AS_IT_IS, AS_IT_IS } },
  { "all, as described", "all", { 0, AS_IT_IS, AS_IT_IS, AS_IT_IS } },
};

/* Fields of the description that yield and cost rest on */
static const char *const constants[] = { "row_failure", "array_failure",   "defects",      "yield_model",
                                         "yield_alpha", "critical_layers", "bonds",        "bond_yield",
                                         "decks",       "deck_yield",      "spare_rows",   "spare_columns",
                                         "spare_tiers", "cost_cmos",       "cost_stack",   "stack_fixed",
                                         "cost_bond",   "cost_test",       "cost_package", "cost_dram",
                                         "wafer",       "cell_area",       "via_pitch",    "node" };

static StrataChip *
open_chip (Cli *cli, const char *what, GError **error)
{
  if (cli_is_program (what))
    {
      g_autoptr (StrataProgram) program = strata_program_load (what, error);

      return program == NULL ? NULL : strata_chip_of_program (program);
    }
  if (cli_is_profile (what))
    {
      g_autoptr (StrataProfile) profile = strata_profile_open (what, cli->cancellable, error);
      g_autoptr (StrataProfileTable) table =
        profile == NULL ? NULL : strata_profile_query (profile, "SELECT yaml FROM chip", 1, cli->cancellable, error);
      g_autoptr (GVariant) text = NULL;

      if (table == NULL)
        return NULL;
      if (strata_profile_table_get_n_rows (table) == 1)
        text = g_variant_ref_sink (strata_profile_table_get_value (table, 0, 0));
      return strata_chip_parse (text == NULL ? "" : g_variant_get_string (text, NULL), what, error);
    }
  return strata_chip_load (what, error);
}

static double
get (StrataChip *chip, const StrataChipVariant *variant, const char *name)
{
  return strata_chip_get_cost_figure (chip, variant, name);
}

/* @curve at @point */
static double
sweep (StrataChip *chip, const Curve *curve, int point, const char *name)
{
  StrataChipVariant variant = curve->variant;
  int *members[] = { &variant.tiers, &variant.spare_tiers, &variant.spare_rows, &variant.spare_columns };

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    if (*members[i] == SWEPT)
      *members[i] = point;
  return get (chip, &variant, name);
}

/* --- text --- */

static char *
money (double usd)
{
  if (!isfinite (usd) || usd >= 1e7)
    return g_strdup (isfinite (usd) ? "over 10M USD" : "no good die");
  return usd < 100 ? g_strdup_printf ("%.2f USD", usd) : g_strdup_printf ("%.0f USD", usd);
}

/* As many digits as tell it from 100 % */
static char *
share (double yield)
{
  if (yield >= 0.99995)
    return g_strdup (yield >= 1 - 1e-12 ? "100 %" : "> 99.99 %");
  return yield > 0 && yield < 5e-5 ? g_strdup ("< 0.01 %") : g_strdup_printf ("%.2f %%", 100 * yield);
}

/* Right-aligned by characters */
static void
print_right (char *text, int width)
{
  g_print ("%*s%s", MAX (1, width - (int) g_utf8_strlen (text, -1)), "", text);
  g_free (text);
}

static void
print_yield (StrataChip *chip)
{
  static const struct
  {
    const char *label, *name;
  } rows[] = { { "base die", "yield_base" },   { "bonds", "yield_bond" },    { "decks", "yield_deck" },
               { "stacks", "yield_stacks" },   { "a die works", "yield" },   { "one stack", "yield_stack" },
               { "one array", "yield_array" }, { "its rows", "yield_rows" }, { "its columns", "yield_columns" } };

  g_print ("\nYield\n");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = share (get (chip, NULL, rows[i].name));

      cli_row (rows[i].label, "%s", text);
    }
}

static void
print_cost (StrataChip *chip)
{
  static const struct
  {
    const char *label, *name;
  } rows[] = { { "base wafer", "cmos_usd" },  { "tiers", "stack_usd" },     { "bonding", "bond_usd" },
               { "test", "test_usd" },        { "package", "package_usd" }, { "external memory", "dram_usd" },
               { "a good chip", "total_usd" } };
  double total = get (chip, NULL, "total_usd");
  g_autofree char *per_billion = money (get (chip, NULL, "usd_per_billion"));

  g_print ("\nCost\n");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      double usd = get (chip, NULL, rows[i].name);
      g_autofree char *text = money (usd);

      if (isfinite (total) && total > 0)
        cli_row (rows[i].label, "%-12s %5.1f %%", text, 100 * usd / total);
      else
        cli_row (rows[i].label, "%s", text);
    }
  cli_row ("a billion weights", "%s", per_billion);
}

static void
print_repair (StrataChip *chip)
{
  g_print ("\nWhat repair buys\n%-22s %12s %12s %12s %16s\n", "", "one array", "one stack", "a die", "a good chip");
  for (guint i = 0; i < G_N_ELEMENTS (repairs); i++)
    {
      g_print ("%-22s", repairs[i].name);
      print_right (share (get (chip, &repairs[i].variant, "yield_array")), 13);
      print_right (share (get (chip, &repairs[i].variant, "yield_stack")), 13);
      print_right (share (get (chip, &repairs[i].variant, "yield")), 13);
      print_right (money (get (chip, &repairs[i].variant, "total_usd")), 17);
      g_print ("\n");
    }
}

static void
print_sweep (StrataChip *chip, const Sweep *all)
{
  g_print ("\nAgainst %s: yield of a die, cost of a good chip\n%6s", all->key, "");
  for (guint c = 0; c < all->n_curves; c++)
    g_print ("  %-26s", all->curves[c].name);
  g_print ("\n");
  for (guint p = 0; p < all->n_points; p++)
    {
      g_print ("%6d", all->points[p]);
      for (guint c = 0; c < all->n_curves; c++)
        {
          print_right (share (sweep (chip, &all->curves[c], all->points[p], "yield")), 12);
          print_right (money (sweep (chip, &all->curves[c], all->points[p], "total_usd")), 16);
        }
      g_print ("\n");
    }
}

static gboolean
is_constant (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (constants); i++)
    if (g_str_equal (constants[i], key))
      return TRUE;
  return FALSE;
}

static void
print_constants (StrataChip *chip)
{
  g_print ("\nAll of it is modelled (hardware model §8), from\n");
  for (guint i = 0; i < strata_chip_get_n_fields (chip); i++)
    {
      const char *text, *source, *tag, *key = strata_chip_get_field (chip, i, &text, &source, &tag);

      if (is_constant (key))
        g_print ("%-16s %-20s %-10s %s\n", key, text, tag, source == NULL ? "" : source);
    }
}

static void
print_text (StrataChip *chip)
{
  cli_row ("chip", "%s", strata_chip_get_name (chip));
  cli_row ("silicon", "%.2f mm² in %.0f %s, spare rows, columns and tiers included", get (chip, NULL, "area_mm2"),
           get (chip, NULL, "dies"), get (chip, NULL, "dies") == 1 ? "die" : "dies");
  cli_row ("dies per wafer", "%.0f, of which %.0f work", get (chip, NULL, "dies_per_wafer"),
           get (chip, NULL, "good_per_wafer"));
  print_yield (chip);
  print_cost (chip);
  print_repair (chip);
  for (guint i = 0; i < G_N_ELEMENTS (sweeps); i++)
    print_sweep (chip, &sweeps[i]);
  print_constants (chip);
}

/* --- JSON --- */

static void
json_sweep (JsonBuilder *builder, StrataChip *chip, const Sweep *all)
{
  static const char *const names[] = { "yield", "total_usd", "usd_per_billion" };
  g_autofree char *list = g_strconcat ("against_", all->key, NULL);

  json_builder_set_member_name (builder, list);
  json_builder_begin_array (builder);
  for (guint p = 0; p < all->n_points; p++)
    {
      json_builder_begin_object (builder);
      cli_json_int (builder, all->key, all->points[p]);
      for (guint c = 0; c < all->n_curves; c++)
        {
          json_builder_set_member_name (builder, all->curves[c].key);
          json_builder_begin_object (builder);
          for (guint i = 0; i < G_N_ELEMENTS (names); i++)
            cli_json_number (builder, names[i], sweep (chip, &all->curves[c], all->points[p], names[i]));
          json_builder_end_object (builder);
        }
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
json_constants (JsonBuilder *builder, StrataChip *chip)
{
  json_builder_set_member_name (builder, "constants");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_chip_get_n_fields (chip); i++)
    {
      const char *text, *source, *tag, *key = strata_chip_get_field (chip, i, &text, &source, &tag);

      if (!is_constant (key))
        continue;
      json_builder_begin_object (builder);
      cli_json_string (builder, "field", key);
      cli_json_string (builder, "value", text);
      cli_json_string (builder, "tag", tag);
      cli_json_string (builder, "source", source);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
print_json (Cli *cli, StrataChip *chip)
{
  static const char *const names[] = { "yield_array", "yield_stack", "yield", "total_usd" };
  JsonBuilder *builder = cli_json_begin (cli);

  cli_json_string (builder, "chip", strata_chip_get_name (chip));
  cli_json_string (builder, "source", "modelled");
  for (const char *const *name = strata_chip_list_cost_figures (); *name != NULL; name++)
    cli_json_number (builder, *name, get (chip, NULL, *name));
  json_builder_set_member_name (builder, "repair");
  json_builder_begin_object (builder);
  for (guint i = 0; i < G_N_ELEMENTS (repairs); i++)
    {
      json_builder_set_member_name (builder, repairs[i].key);
      json_builder_begin_object (builder);
      for (guint j = 0; j < G_N_ELEMENTS (names); j++)
        cli_json_number (builder, names[j], get (chip, &repairs[i].variant, names[j]));
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
  for (guint i = 0; i < G_N_ELEMENTS (sweeps); i++)
    json_sweep (builder, chip, &sweeps[i]);
  json_constants (builder, chip);
  cli_json_end (cli, builder);
}

/* --- page --- */

typedef struct
{
  double x[MAX_POINTS], y[MAX_CURVES][MAX_POINTS];
  StrataChartCurve curves[MAX_CURVES];
} Plot;

static const double tier_ticks[] = { 16, 32, 64, 128, 256, 512 }, spare_ticks[] = { 0, 4, 8, 12, 16 };
static const char *const tier_names[] = { "16", "32", "64", "128", "256", "512" };
static const char *const spare_names[] = { "0", "4", "8", "12", "16" };

/* One chart of a sweep; @most: higher values are left out */
static StrataChart
make_chart (StrataChip *chip, const Sweep *all, const char *name, double factor, double most, Plot *plot)
{
  StrataChart chart = { .x = { .name = all->axis, .unit = "", .from = NAN, .to = NAN },
                        .y = { .from = 0, .to = NAN },
                        .curves = plot->curves,
                        .n_curves = all->n_curves };

  for (guint p = 0; p < all->n_points; p++)
    plot->x[p] = all->points[p];
  for (guint c = 0; c < all->n_curves; c++)
    {
      for (guint p = 0; p < all->n_points; p++)
        {
          double y = factor * sweep (chip, &all->curves[c], all->points[p], name);

          plot->y[c][p] = y > most ? (double) NAN : y;
        }
      plot->curves[c] = (StrataChartCurve){ .name = all->curves[c].name,
                                            .n_points = all->n_points,
                                            .x = plot->x,
                                            .y = plot->y[c],
                                            .family = all->curves[c].family,
                                            .is_dashed = all->curves[c].is_dashed };
    }
  if (all->points == tier_points)
    {
      chart.x.is_log = TRUE;
      chart.x.ticks = tier_ticks;
      chart.x.tick_names = tier_names;
      chart.x.n_ticks = G_N_ELEMENTS (tier_ticks);
    }
  else
    {
      chart.x.to = spare_points[G_N_ELEMENTS (spare_points) - 1];
      chart.x.ticks = spare_ticks;
      chart.x.tick_names = spare_names;
      chart.x.n_ticks = G_N_ELEMENTS (spare_ticks);
    }
  return chart;
}

static char *
list_assumed (StrataChip *chip)
{
  GString *text = g_string_new ("Assumed, for want of anything published: ");
  gboolean first = TRUE;

  for (guint i = 0; i < strata_chip_get_n_fields (chip); i++)
    {
      const char *value, *source, *tag, *key = strata_chip_get_field (chip, i, &value, &source, &tag);

      if (!is_constant (key) || !g_str_equal (tag, "assumed"))
        continue;
      g_string_append_printf (text, "%s%s %s", first ? "" : ", ", key, value);
      first = FALSE;
    }
  g_string_append (text, ".");
  return g_string_free (text, FALSE);
}

static char *
make_page (StrataChip *chip)
{
  static const struct
  {
    const char *title, *note, *name, *axis, *unit;
    gboolean of_spares;
  } shown[] = {
    { "Yield against tiers", "Modelled: share of dies that work after repair.", "yield", "Yield", "%", FALSE },
    { "Cost against tiers", "Modelled: of a good chip; a curve ends where hardly a die works.", "total_usd", "Cost",
      "USD", FALSE },
    { "Cost of a billion weights against tiers", "Modelled: cost of a good chip over the weights that it holds.",
      "usd_per_billion", "Cost", "USD", FALSE },
    { "Yield against spares", "Modelled: spares of an array, or of a stack; the others as described unless said.",
      "yield", "Yield", "%", TRUE },
    { "Cost against spares", "Modelled: of a good chip, with the silicon and the tiers that spares take.", "total_usd",
      "Cost", "USD", TRUE },
  };
  g_autofree Plot *plots = g_new0 (Plot, G_N_ELEMENTS (shown));
  StrataChart charts[G_N_ELEMENTS (shown)];
  g_autofree char *title = g_strdup_printf ("Yield and cost of %s", strata_chip_get_name (chip));
  g_autofree char *cost = money (get (chip, NULL, "total_usd")), *yield = share (get (chip, NULL, "yield"));
  g_autofree char *subtitle = g_strdup_printf ("%.2f mm², %s of dies work, %s a good chip; all modelled",
                                               get (chip, NULL, "area_mm2"), yield, cost);
  g_autofree char *assumed = list_assumed (chip);

  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    {
      gboolean percent = g_str_equal (shown[i].unit, "%");
      double most = percent ? (double) INFINITY : MOST_TIMES * get (chip, NULL, shown[i].name);

      charts[i] =
        make_chart (chip, &sweeps[shown[i].of_spares ? 1 : 0], shown[i].name, percent ? 100 : 1, most, &plots[i]);
      charts[i].title = shown[i].title;
      charts[i].note = shown[i].note;
      charts[i].y.name = shown[i].axis;
      charts[i].y.unit = shown[i].unit;
      if (percent)
        charts[i].y.to = 100;
    }
  return strata_chart_page (title, subtitle, charts, G_N_ELEMENTS (shown), assumed);
}

int
cli_report_cost (Cli *cli, const char *what, gboolean html, GError **error)
{
  g_autoptr (StrataChip) chip = open_chip (cli, what, error);

  if (chip == NULL)
    return -1;
  if (cli->json)
    print_json (cli, chip);
  else if (html)
    {
      g_autofree char *page = make_page (chip);

      g_print ("%s", page);
    }
  else
    print_text (chip);
  return CLI_EXIT_DONE;
}
