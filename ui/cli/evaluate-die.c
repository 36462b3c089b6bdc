/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata evaluate --die FILE`: what one die's faults and converters cost, and what repair, fitting and calibration buy
 * back. Each figure is of the same samples and seeds.
 */
#include <math.h>

#include "evaluate.h"

/* In the order in which a die is brought up; the last is what evaluate says of the program. */
static const struct
{
  const char *key, *label, *what;
} figures[CLI_N_DIE_FIGURES] = {
  { "whole", "a die without faults", "converters and stuck cells drawn from the chip's spreads" },
  { "unfitted", "unfitted", "as it was made: no spare stands for what is dead, nothing has moved" },
  { "fitted", "fitted", "repaired and fitted, columns read with the gains that the chip was designed for" },
  { "calibrated", "calibrated", "repaired, fitted, and each column corrected on this die" },
};

static gboolean
run_figure (Cli *cli, const CliEvaluation *what, CliDieFigure *figure, int index, GError **error)
{
  const StrataDieUse use = index == 1 ? STRATA_DIE_UNFITTED : STRATA_DIE_FITTED;
  g_autoptr (StrataEvaluation) evaluation =
    cli_evaluation_new (cli, what, index < 2 ? what->whole : what->program, error);

  if (evaluation == NULL || (index > 0 && !strata_evaluation_set_die (evaluation, what->die, use, error)))
    return FALSE;
  strata_evaluation_set_corrected (evaluation, index != 2);
  if (!strata_evaluation_run (evaluation, cli_progress, cli, cli->cancellable, error))
    return FALSE;
  cli_keep_die_figure (figure, evaluation);
  return TRUE;
}

void
cli_keep_die_figure (CliDieFigure *figure, StrataEvaluation *evaluation)
{
  figure->mean = strata_evaluation_get_analog (evaluation, &figure->deviation);
  figure->n_trials = strata_evaluation_get_n_trials (evaluation);
}

gboolean
cli_evaluate_die (Cli *cli, const CliEvaluation *what, CliDieFigure *result, GError **error)
{
  for (int i = 0; i < CLI_N_DIE_FIGURES - 1; i++)
    if (!run_figure (cli, what, &result[i], i, error))
      return FALSE;
  return TRUE;
}

void
cli_print_die_figures (StrataDie *die, const CliDieFigure *result)
{
  g_autofree char *hash = strata_die_get_hash (die);

  g_print (
    "\nDie %s (%s) of %s: %d dead arrays, %d rows and %d columns; %d converters measured, %d stuck cells listed\n",
    strata_die_get_serial (die), hash, strata_die_get_chip_name (die), strata_die_get_count (die, "dead_arrays"),
    strata_die_get_count (die, "dead_rows"), strata_die_get_count (die, "dead_columns"),
    strata_die_get_count (die, "converters"), strata_die_get_count (die, "stuck_cells"));
  for (int i = 0; i < CLI_N_DIE_FIGURES; i++)
    {
      g_autofree char *spread =
        isnan (result[i].deviation) ? g_strdup ("") : g_strdup_printf (" ± %.2f", 100 * result[i].deviation);
      g_autofree char *value = g_strdup_printf ("%.2f %%%s", 100 * result[i].mean, spread);

      g_print ("  %-22s %-18s %s\n", figures[i].label, value, figures[i].what);
    }
  g_print ("All modelled. Faults act on values; time and energy are those of the fitted program.\n");
}

void
cli_json_die_figures (JsonBuilder *builder, StrataDie *die, const CliDieFigure *result)
{
  g_autofree char *hash = strata_die_get_hash (die);

  json_builder_set_member_name (builder, "die");
  json_builder_begin_object (builder);
  cli_json_string (builder, "serial", strata_die_get_serial (die));
  cli_json_string (builder, "hash", hash);
  cli_json_string (builder, "chip", strata_die_get_chip_name (die));
  for (const char *const *name = strata_die_list_counts (); *name != NULL; name++)
    cli_json_int (builder, *name, strata_die_get_count (die, *name));
  for (int i = 0; i < CLI_N_DIE_FIGURES; i++)
    {
      json_builder_set_member_name (builder, figures[i].key);
      json_builder_begin_object (builder);
      cli_json_number (builder, "mean", result[i].mean);
      cli_json_number (builder, "deviation", result[i].deviation);
      cli_json_int (builder, "trials", result[i].n_trials);
      cli_json_string (builder, "what", figures[i].what);
      cli_json_string (builder, "source", "modelled");
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}
