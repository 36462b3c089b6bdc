/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata evaluate --attribute`: which physics of the arrays costs how much, as tables and as JSON.
 */
#include "cli.h"

#include <math.h>

/* "+0.31 ± 0.05", per cent */
static char *
percent (double value, double error)
{
  return isnan (error) ? g_strdup_printf ("%+.2f", 100 * value)
                       : g_strdup_printf ("%+.2f ± %.2f", 100 * value, 100 * error);
}

static char *
decibels (double snr_db)
{
  return isnan (snr_db) ? g_strdup ("-") : isinf (snr_db) ? g_strdup ("none") : g_strdup_printf ("%.1f", snr_db);
}

/* As wide as @width characters, not bytes: "±" is two. */
static void
print_cell (const char *text, int width)
{
  g_print ("%s%*s", text, MAX (1, width - (int) g_utf8_strlen (text, -1)), "");
}

static void
print_term (StrataAttribution *attribution, guint rank)
{
  StrataPhysics term = strata_attribution_get_term (attribution, rank);
  double recovered_error, cost_error, share_error;
  double recovered = strata_attribution_get_recovered (attribution, term, &recovered_error);
  double cost = strata_attribution_get_cost (attribution, term, &cost_error);
  double share = strata_attribution_get_output_share (attribution, term, &share_error);
  g_autofree char *recovers = percent (recovered, recovered_error), *costs = percent (cost, cost_error);
  g_autofree char *goes = percent (share, share_error);
  g_autofree char *alone = decibels (strata_attribution_get_output_snr (attribution, term));

  print_cell (strata_physics_name (term), 14);
  print_cell (recovers, 18);
  print_cell (costs, 18);
  print_cell (goes, 18);
  g_print ("%s\n", alone);
}

static void
print_terms (StrataAttribution *attribution)
{
  double all_error, none_error;
  double all = strata_attribution_get_all (attribution, &all_error);
  double none = strata_attribution_get_none (attribution, &none_error);
  g_autofree char *with_all = percent (all, all_error), *with_none = percent (none, none_error);
  g_autofree char *snr = decibels (strata_attribution_get_output_snr (attribution, 0));
  guint n_present, n = strata_attribution_get_n_terms (attribution, &n_present);

  g_print ("\n%%, mean ± standard error over %u seed%s, the same for each row\n",
           strata_attribution_get_n_trials (attribution),
           strata_attribution_get_n_trials (attribution) == 1 ? "" : "s");
  g_print ("term          left out, adds    alone, takes      output noise less dB alone\n");
  for (guint i = 0; i < n_present; i++)
    print_term (attribution, i);
  g_print ("all terms: %s %%, output %s dB; none: %s %%\n", with_all + 1, snr, with_none + 1);
  if (n_present < n)
    g_print ("absent here, so that they cost nothing:");
  for (guint i = n_present; i < n; i++)
    g_print (" %s%s", strata_physics_name (strata_attribution_get_term (attribution, i)), i + 1 < n ? "," : "\n");
  if (!strata_attribution_is_by_accuracy (attribution))
    g_print ("No term that is left out moves accuracy beyond chance; ranked by the output's noise.\n");
}

static void
print_layer (StrataAttribution *attribution, guint layer, int width)
{
  g_autofree char *snr = decibels (strata_attribution_get_layer_snr (attribution, layer, 0));
  g_autofree char *bits = g_strdup_printf ("%.1f", strata_attribution_get_layer_bits (attribution, layer));
  g_autofree char *clipped = g_strdup_printf ("%.3f", 100 * strata_attribution_get_layer_clipped (attribution, layer));
  guint n_present;

  print_cell (strata_attribution_get_layer_name (attribution, layer), width);
  print_cell (clipped, 11);
  print_cell (bits, 6);
  print_cell (snr, 7);
  strata_attribution_get_n_terms (attribution, &n_present);
  for (guint i = 0; i < n_present; i++)
    {
      StrataPhysics term = strata_attribution_get_term (attribution, i);
      g_autofree char *alone = decibels (strata_attribution_get_layer_snr (attribution, layer, term));

      print_cell (alone, (int) strlen (strata_physics_name (term)) + 2);
    }
  g_print ("\n");
}

void
cli_print_attribution (StrataAttribution *attribution)
{
  guint n_layers = strata_attribution_get_n_layers (attribution), n_measured, n_present;
  int width = 6;

  print_terms (attribution);
  strata_attribution_get_n_samples (attribution, &n_measured);
  strata_attribution_get_n_terms (attribution, &n_present);
  for (guint i = 0; i < n_layers; i++)
    width = MAX (width, (int) g_utf8_strlen (strata_attribution_get_layer_name (attribution, i), -1) + 2);
  g_print ("\nSignal over noise of each layer, dB, against exact integers of the same inputs, %u samples a seed; after "
           "all terms together each alone\n",
           n_measured);
  print_cell ("layer", width);
  g_print ("clipped %%  bits  all    ");
  for (guint i = 0; i < n_present; i++)
    g_print ("%s  ", strata_physics_name (strata_attribution_get_term (attribution, i)));
  g_print ("\n");
  for (guint i = 0; i < n_layers; i++)
    print_layer (attribution, i, width);
}

/* --- JSON --- */

static void
build_term (JsonBuilder *builder, StrataAttribution *attribution, StrataPhysics term, gboolean is_present)
{
  double recovered_error, cost_error, share_error;
  double recovered = strata_attribution_get_recovered (attribution, term, &recovered_error);
  double cost = strata_attribution_get_cost (attribution, term, &cost_error);
  double share = strata_attribution_get_output_share (attribution, term, &share_error);

  json_builder_begin_object (builder);
  cli_json_string (builder, "term", strata_physics_name (term));
  cli_json_string (builder, "meaning", strata_physics_meaning (term));
  cli_json_bool (builder, "present", is_present);
  cli_json_number (builder, "recovered", recovered);
  cli_json_number (builder, "recovered_error", recovered_error);
  cli_json_number (builder, "cost_alone", cost);
  cli_json_number (builder, "cost_alone_error", cost_error);
  cli_json_number (builder, "output_noise_share", share);
  cli_json_number (builder, "output_noise_share_error", share_error);
  cli_json_number (builder, "output_snr_alone_db", strata_attribution_get_output_snr (attribution, term));
  json_builder_end_object (builder);
}

static void
build_layer (JsonBuilder *builder, StrataAttribution *attribution, guint layer, guint n_present)
{
  json_builder_begin_object (builder);
  cli_json_string (builder, "layer", strata_attribution_get_layer_name (attribution, layer));
  cli_json_number (builder, "clipped", strata_attribution_get_layer_clipped (attribution, layer));
  cli_json_number (builder, "effective_bits", strata_attribution_get_layer_bits (attribution, layer));
  cli_json_number (builder, "snr_db", strata_attribution_get_layer_snr (attribution, layer, 0));
  json_builder_set_member_name (builder, "snr_alone_db");
  json_builder_begin_object (builder);
  for (guint i = 0; i < n_present; i++)
    {
      StrataPhysics term = strata_attribution_get_term (attribution, i);

      cli_json_number (builder, strata_physics_name (term),
                       strata_attribution_get_layer_snr (attribution, layer, term));
    }
  json_builder_end_object (builder);
  json_builder_end_object (builder);
}

void
cli_json_attribution (JsonBuilder *builder, StrataAttribution *attribution)
{
  double all_error, none_error;
  double all = strata_attribution_get_all (attribution, &all_error);
  double none = strata_attribution_get_none (attribution, &none_error);
  guint n_present, n = strata_attribution_get_n_terms (attribution, &n_present), n_measured;

  json_builder_set_member_name (builder, "attribution");
  json_builder_begin_object (builder);
  cli_json_string (builder, "ranked_by", strata_attribution_is_by_accuracy (attribution) ? "accuracy" : "output noise");
  cli_json_int (builder, "trials", strata_attribution_get_n_trials (attribution));
  cli_json_int (builder, "samples", strata_attribution_get_n_samples (attribution, &n_measured));
  cli_json_int (builder, "samples_measured", n_measured);
  cli_json_number (builder, "all", all);
  cli_json_number (builder, "all_error", all_error);
  cli_json_number (builder, "none", none);
  cli_json_number (builder, "none_error", none_error);
  cli_json_number (builder, "output_snr_db", strata_attribution_get_output_snr (attribution, 0));
  json_builder_set_member_name (builder, "terms");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    build_term (builder, attribution, strata_attribution_get_term (attribution, i), i < n_present);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "layers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_attribution_get_n_layers (attribution); i++)
    build_layer (builder, attribution, i, n_present);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}
