/* SPDX-License-Identifier: Apache-2.0
 *
 * Options of the verbs that compile: one table for their help, for what was given, and for what is of no use to a
 * program that is compiled already.
 */
#include "compile.h"

#include <math.h>

#define AT(member) GSIZE_TO_POINTER (G_STRUCT_OFFSET (CliCompileOptions, member))

/* arg_data: where in CliCompileOptions */
static const GOptionEntry table[] = {
  { "chip", 0, 0, G_OPTION_ARG_STRING, AT (chip), "Chip by name or description file (default demonstrator)",
    "NAME|FILE" },
  { "die", 0, 0, G_OPTION_ARG_FILENAME, AT (die),
    "Run on one die of its chip: what lies on dead tiers, rows and columns moves; values are what the die makes of "
    "them",
    "FILE" },
  CLI_SHAPE_ENTRY (AT (shapes)),
  CLI_BIND_ENTRY (AT (bound)),
  { "max-latency", 0, 0, G_OPTION_ARG_STRING, AT (max_latency), "Hard limit, such as 2ms", "TIME" },
  { "min-rate", 0, 0, G_OPTION_ARG_STRING, AT (min_rate), "Hard limit, such as 30/s", "RATE" },
  { "max-power", 0, 0, G_OPTION_ARG_STRING, AT (max_power), "Hard limit, such as 300mW", "POWER" },
  { "max-peak-power", 0, 0, G_OPTION_ARG_STRING, AT (max_peak_power), "Hard limit in the busiest 512th of an inference",
    "POWER" },
  { "max-energy", 0, 0, G_OPTION_ARG_STRING, AT (max_energy), "Hard limit per inference, such as 5uJ", "ENERGY" },
  { "max-temperature", 0, 0, G_OPTION_ARG_STRING, AT (max_temperature), "Hard limit of the junction", "TEMP" },
  { "max-skin", 0, 0, G_OPTION_ARG_STRING, AT (max_skin), "Hard limit of the skin, such as 43degC", "TEMP" },
  { "min-accuracy", 0, 0, G_OPTION_ARG_STRING, AT (min_accuracy),
    "Hard limit, such as 90%; needs --accuracy-labels, or samples to agree with the float model on", "SHARE" },
  { "max-arrays", 0, 0, G_OPTION_ARG_STRING, AT (max_arrays), "Hard limit of arrays that hold weights", "N" },
  { "max-cost", 0, 0, G_OPTION_ARG_STRING, AT (max_cost), "Hard limit of the chip's cost, such as 5USD", "MONEY" },
  { "minimise", 0, 0, G_OPTION_ARG_STRING, AT (minimise),
    "Within the limits: arrays (default), latency, interval or energy", "WHAT" },
  { "effort", 0, 0, G_OPTION_ARG_DOUBLE, AT (effort),
    "Roughly how long placement of a program may take (default: a fraction of a second; 0: no search)", "SECONDS" },
  { "accuracy-inputs", 0, 0, G_OPTION_ARG_FILENAME, AT (accuracy_inputs),
    "Samples for --min-accuracy, .npy (default: the first of --calibration)", "FILE" },
  { "accuracy-labels", 0, 0, G_OPTION_ARG_FILENAME, AT (accuracy_labels),
    "One integer class per sample, .npy (default: agreement with the float model)", "FILE" },
  { "calibration", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, AT (calibration),
    "Samples for activation ranges: an .npy file, samples first, or a folder of test data sets", "PATH" },
  { "calibration-samples", 0, 0, G_OPTION_ARG_INT, AT (n_calibration), "Use at most N samples (default 64)", "N" },
  { "input-scale", 0, 0, G_OPTION_ARG_DOUBLE, AT (input_scale),
    "Samples of .npy files are fed as (value + offset) × scale (default 1)", "X" },
  { "input-offset", 0, 0, G_OPTION_ARG_DOUBLE, AT (input_offset), "See --input-scale (default 0)", "X" },
  { "no-row-copies", 0, 0, G_OPTION_ARG_NONE, AT (no_row_copies),
    "Do not fill free rows with copies of the weights: less energy, less accuracy", NULL },
  { "reads", 0, 0, G_OPTION_ARG_INT, AT (n_reads),
    "Average N conversions per product: less noise, more time and energy (default: chosen per layer where "
    "--calibration is given)",
    "N" },
  { "quantise", 0, 0, G_OPTION_ARG_STRING, AT (quantise),
    "Leave out ways against errors, such as equalise=off,reads=off; max-flips=2% spends less on noise", "KEY=VALUE,…" },
  { "cache", 0, 0, G_OPTION_ARG_FILENAME, AT (cache),
    "Keep results of stages, at most 1 GB, for compiling again faster (default: $STRATA_CACHE, else none)", "FOLDER" },
  { "dump", 0, 0, G_OPTION_ARG_FILENAME, AT (dump), "Write the result of each stage as text", "FOLDER" },
  { NULL },
};

/* Those that a compiled program takes, too */
static const char *const of_programs[] = { "die", "input-scale", "input-offset", NULL };

CliEntries *
cli_compile_entries (CliCompileOptions *options, const CliEntries *more)
{
  GOptionEntry own[G_N_ELEMENTS (table)];

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      own[i] = table[i];
      own[i].arg_data = (char *) options + GPOINTER_TO_SIZE (table[i].arg_data);
    }
  options->input_scale = options->effort = CLI_NO_NUMBER;
  options->n_reads = options->n_calibration = CLI_NO_INT;
  return cli_join_entries (own, more);
}

StrataModelOptions *
cli_read_shapes (char **shapes, char **bound, GError **error)
{
  g_autoptr (StrataModelOptions) options = strata_model_options_new ();

  for (; bound != NULL && *bound != NULL; bound++)
    {
      g_autoptr (GError) reason = NULL;

      if (!strata_model_options_set_number_text (options, *bound, &reason))
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--bind: %s", reason->message);
          return NULL;
        }
    }

  for (; shapes != NULL && *shapes != NULL; shapes++)
    {
      g_autoptr (GError) reason = NULL;

      if (!strata_model_options_set_text (options, *shapes, &reason))
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--shape: %s", reason->message);
          return NULL;
        }
    }
  return g_steal_pointer (&options);
}

static gboolean
read_objective (const char *text, StrataRequirements *requirements, GError **error)
{
  static const char *const names[] = { "arrays", "latency", "interval", "energy" };

  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (text, names[i]))
      {
        strata_requirements_set_objective (requirements, (StrataObjective) i);
        return TRUE;
      }
  if (text == NULL)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--minimise %s: arrays, latency, interval or energy is accepted", text);
  return FALSE;
}

StrataRequirements *
cli_read_limits (const CliCompileOptions *options, GError **error)
{
  g_autoptr (StrataRequirements) requirements = strata_requirements_new ();
  const struct
  {
    StrataLimit limit;
    const char *text, *option;
  } limits[] = {
    { STRATA_LIMIT_MAX_LATENCY_PS, options->max_latency, "--max-latency" },
    { STRATA_LIMIT_MIN_RATE_PER_S, options->min_rate, "--min-rate" },
    { STRATA_LIMIT_MAX_POWER_MW, options->max_power, "--max-power" },
    { STRATA_LIMIT_MAX_ENERGY_FJ, options->max_energy, "--max-energy" },
    { STRATA_LIMIT_MAX_JUNCTION_C, options->max_temperature, "--max-temperature" },
    { STRATA_LIMIT_MAX_SKIN_C, options->max_skin, "--max-skin" },
    { STRATA_LIMIT_MAX_PEAK_POWER_MW, options->max_peak_power, "--max-peak-power" },
    { STRATA_LIMIT_MIN_ACCURACY, options->min_accuracy, "--min-accuracy" },
    { STRATA_LIMIT_MAX_ARRAYS, options->max_arrays, "--max-arrays" },
    { STRATA_LIMIT_MAX_COST_USD, options->max_cost, "--max-cost" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      g_autoptr (GError) reason = NULL;

      if (limits[i].text != NULL
          && !strata_requirements_set_text (requirements, limits[i].limit, limits[i].text, &reason))
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %s", limits[i].option, reason->message);
          return NULL;
        }
    }
  return read_objective (options->minimise, requirements, error) ? g_steal_pointer (&requirements) : NULL;
}

static gboolean
has_samples (const CliCompileOptions *options)
{
  gboolean found = options->accuracy_inputs != NULL;

  for (char **path = options->calibration; path != NULL && *path != NULL; path++)
    found |= !g_file_test (*path, G_FILE_TEST_IS_DIR);
  return found;
}

gboolean
cli_check_compile_options (const CliCompileOptions *options, GError **error)
{
  if (options->n_calibration != CLI_NO_INT && options->n_calibration < 1)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--calibration-samples %d; 1 or more is accepted",
                 options->n_calibration);
  else if (options->n_calibration > 0 && options->calibration == NULL)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                         "--calibration-samples goes with --calibration, which says where they are");
  else if (options->n_reads != CLI_NO_INT && (options->n_reads < 1 || options->n_reads > STRATA_MAX_READS))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--reads %d; 1 to %d is accepted", options->n_reads,
                 STRATA_MAX_READS);
  else if (options->effort != CLI_NO_NUMBER && !(isfinite (options->effort) && options->effort >= 0))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--effort %g; 0 (no search) or more seconds are accepted", options->effort);
  else if (options->chip != NULL && *options->chip == '\0')
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                         "--chip: the name is empty; `strata chip list` has those there are");
  else if (options->min_accuracy == NULL && (options->accuracy_inputs != NULL || options->accuracy_labels != NULL))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s goes with --min-accuracy, which it is for",
                 options->accuracy_inputs != NULL ? "--accuracy-inputs" : "--accuracy-labels");
  else if (options->min_accuracy != NULL && !has_samples (options))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--min-accuracy %s: there are no samples to judge it on; give --calibration or --accuracy-inputs a "
                 ".npy file, and --accuracy-labels for classes other than the float model's",
                 options->min_accuracy);
  else
    return TRUE;
  return FALSE;
}

static gboolean
is_given (const CliCompileOptions *options, const GOptionEntry *entry)
{
  gconstpointer value = (const char *) options + GPOINTER_TO_SIZE (entry->arg_data);

  switch (entry->arg)
    {
    case G_OPTION_ARG_NONE:
      return *(const gboolean *) value;
    case G_OPTION_ARG_INT:
      return *(const int *) value != CLI_NO_INT;
    case G_OPTION_ARG_DOUBLE:
      return *(const double *) value != CLI_NO_NUMBER;
    default: /* a text, or several */
      return *(const gconstpointer *) value != NULL;
    }
}

gboolean
cli_check_unused (const char *path, const CliCompileOptions *options, GError **error)
{
  for (const GOptionEntry *entry = table; entry->long_name != NULL; entry++)
    if (is_given (options, entry) && !g_strv_contains (of_programs, entry->long_name))
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "--%s is for compiling, and %s is compiled already; give the model", entry->long_name, path);
        return FALSE;
      }
  return TRUE;
}
