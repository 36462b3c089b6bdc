/* SPDX-License-Identifier: Apache-2.0
 *
 * What a compilation says of its limits: a table and the programs that were made, as text and as JSON.
 */
#include "cli.h"

#include <math.h>

/* Name in JSON, what it is called in a table, unit */
static const struct
{
  const char *key, *label, *unit;
} limits[] = {
  [STRATA_LIMIT_MAX_LATENCY_PS] = { "max_latency_ps", "latency", "ps" },
  [STRATA_LIMIT_MIN_RATE_PER_S] = { "min_rate_per_s", "rate per second", "" },
  [STRATA_LIMIT_MAX_POWER_MW] = { "max_power_mw", "power", "mw" },
  [STRATA_LIMIT_MAX_ENERGY_FJ] = { "max_energy_fj", "energy/inference", "fj" },
  [STRATA_LIMIT_MAX_JUNCTION_C] = { "max_junction_c", "junction", "c" },
  [STRATA_LIMIT_MAX_SKIN_C] = { "max_skin_c", "skin", "c" },
  [STRATA_LIMIT_MAX_PEAK_POWER_MW] = { "max_peak_power_mw", "peak power", "mw" },
  [STRATA_LIMIT_MIN_ACCURACY] = { "min_accuracy", "accuracy", "" },
  [STRATA_LIMIT_MAX_ARRAYS] = { "max_arrays", "arrays", "" },
  [STRATA_LIMIT_MAX_COST_USD] = { "max_cost_usd", "cost, USD", "" },
  [STRATA_LIMIT_CHIP_ARRAYS] = { "chip_arrays", "the chip's arrays", "" },
  [STRATA_LIMIT_CHIP_SRAM_BYTES] = { "chip_sram_bytes", "the chip's SRAM", "bytes" },
  [STRATA_LIMIT_CHIP_DRAM_BYTES] = { "chip_dram_bytes", "external memory", "bytes" },
};

static const char *
verdict_name (StrataVerdict verdict)
{
  static const char *const names[] = { "met", "not-found", "impossible" };

  return names[verdict];
}

static char *
format_value (double value, const char *unit)
{
  if (isnan (value))
    return g_strdup ("unknown");
  return *unit == '\0' ? g_strdup_printf ("%.6g", value) : strata_format_quantity (value, unit);
}

static void
add_limit (StrataCertificate *certificate, guint index, JsonBuilder *builder)
{
  double asked, best, floor;
  StrataVerdict verdict;
  StrataLimit limit = strata_certificate_get_limit (certificate, index, &asked, &best, &floor, &verdict);

  json_builder_begin_object (builder);
  cli_json_string (builder, "limit", limits[limit].key);
  cli_json_string (builder, "verdict", verdict_name (verdict));
  cli_json_number (builder, "asked", asked);
  cli_json_number (builder, "best", best);
  cli_json_number (builder, "floor", floor);
  cli_json_string (builder, "reason", strata_certificate_get_reason (certificate, index));
  cli_json_string (builder, "layers", strata_certificate_get_layers (certificate, index));
  json_builder_end_object (builder);
}

static void
add_point (StrataCertificate *certificate, guint index, JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  cli_json_string (builder, "choice", strata_certificate_get_point_choice (certificate, index));
  cli_json_string (builder, "refusal", strata_certificate_get_point_refusal (certificate, index));
  cli_json_bool (builder, "met", strata_certificate_is_point_met (certificate, index));
  cli_json_bool (builder, "chosen", strata_certificate_is_point_chosen (certificate, index));
  cli_json_bool (builder, "pareto", strata_certificate_is_point_pareto (certificate, index));
  for (const char *const *name = strata_certificate_list_point_figures (); *name != NULL; name++)
    cli_json_number (builder, *name, strata_certificate_get_point_figure (certificate, index, *name));
  json_builder_end_object (builder);
}

static void
add_remedy (StrataCertificate *certificate, guint index, JsonBuilder *builder)
{
  StrataLimit limit;
  double needs, has;
  const char *change = strata_certificate_get_remedy (certificate, index, &limit, &needs, &has);

  json_builder_begin_object (builder);
  cli_json_string (builder, "limit", limits[limit].key);
  cli_json_string (builder, "change", change);
  cli_json_number (builder, "needs", needs);
  cli_json_number (builder, "has", has);
  json_builder_end_object (builder);
}

void
cli_json_certificate (JsonBuilder *builder, StrataCertificate *certificate)
{
  json_builder_set_member_name (builder, "certificate");
  json_builder_begin_object (builder);
  cli_json_string (builder, "verdict", verdict_name (strata_certificate_get_verdict (certificate)));
  json_builder_set_member_name (builder, "limits");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_certificate_get_n_limits (certificate); i++)
    add_limit (certificate, i, builder);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "programs");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_certificate_get_n_points (certificate); i++)
    add_point (certificate, i, builder);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "remedies");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_certificate_get_n_remedies (certificate); i++)
    add_remedy (certificate, i, builder);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
append_limit (GString *text, StrataCertificate *certificate, guint index)
{
  const char *reason = strata_certificate_get_reason (certificate, index);
  const char *layers = strata_certificate_get_layers (certificate, index);
  double asked, best, floor;
  StrataVerdict verdict;
  StrataLimit limit = strata_certificate_get_limit (certificate, index, &asked, &best, &floor, &verdict);
  g_autofree char *want = format_value (asked, limits[limit].unit);
  g_autofree char *have = format_value (best, limits[limit].unit);
  g_autofree char *least = format_value (floor, limits[limit].unit);

  g_string_append_printf (text, "%-18s %-11s %s %s, best %s, floor %s\n", limits[limit].label, verdict_name (verdict),
                          limit < STRATA_N_LIMITS ? "asked" : "has", want, have, least);
  if (!isnan (floor))
    g_string_append_printf (text, "%-18s floor: %s%s%s\n", "", reason, layers == NULL ? "" : "; most of it ",
                            layers == NULL ? "" : layers);
}

/* Padded by characters: µ has two bytes. */
static void
append_cell (GString *text, const char *shown)
{
  g_string_append (text, shown);
  for (glong n = g_utf8_strlen (shown, -1); n < 11; n++)
    g_string_append_c (text, ' ');
}

static void
append_point (GString *text, StrataCertificate *certificate, guint index)
{
  static const struct
  {
    const char *name, *unit;
  } columns[] = { { "latency_ps", "ps" }, { "interval_ps", "ps" }, { "energy_fj", "fj" },
                  { "power_mw", "mw" },   { "junction_c", "c" },   { "arrays_used", "" } };

  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      double value = strata_certificate_get_point_figure (certificate, index, columns[i].name);
      g_autofree char *shown = format_value (value, columns[i].unit);

      append_cell (text, isnan (value) ? "-" : shown);
    }
  g_string_append_printf (text, "%s%s\n", strata_certificate_get_point_choice (certificate, index),
                          strata_certificate_is_point_chosen (certificate, index) ? "  <- taken"
                          : strata_certificate_is_point_met (certificate, index)  ? "  (meets the limits)"
                                                                                  : "");
}

static void
append_remedy (GString *text, StrataCertificate *certificate, guint index)
{
  StrataLimit limit;
  double needs, has;
  const char *change = strata_certificate_get_remedy (certificate, index, &limit, &needs, &has);
  g_autofree char *takes = format_value (needs, limits[limit].unit);
  g_autofree char *there = format_value (has, limits[limit].unit);

  g_string_append_printf (text, "%-18s %s: takes %s of %s\n", index == 0 ? "would fit" : "", change, takes, there);
}

char *
cli_describe_certificate (StrataCertificate *certificate)
{
  GString *text = g_string_new (NULL);
  int n_shown = 0;

  for (guint i = 0; i < strata_certificate_get_n_limits (certificate); i++)
    append_limit (text, certificate, i);
  for (guint i = 0; i < strata_certificate_get_n_remedies (certificate); i++)
    append_remedy (text, certificate, i);
  for (guint i = 0; i < strata_certificate_get_n_points (certificate); i++)
    {
      if (!strata_certificate_is_point_pareto (certificate, i) && !strata_certificate_is_point_chosen (certificate, i))
        continue;
      if (n_shown++ == 0)
        g_string_append_printf (text, "%s\n%-11s%-11s%-11s%-11s%-11s%-11s%s\n",
                                "Programs that were made, without those that another beats in everything:", "latency",
                                "interval", "energy", "power", "junction", "arrays", "by");
      append_point (text, certificate, i);
    }
  return g_string_free (text, FALSE);
}
