/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata compile`, and compiling for the verbs that take a model or a program.
 */
#include "cli.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

void
cli_compile_options_clear (CliCompileOptions *options)
{
  g_free (options->chip);
  g_free (options->max_latency);
  g_free (options->min_rate);
  g_free (options->max_power);
  g_free (options->max_energy);
  g_free (options->max_temperature);
  g_free (options->max_skin);
  g_free (options->max_peak_power);
  g_free (options->min_accuracy);
  g_free (options->max_arrays);
  g_free (options->max_cost);
  g_free (options->minimise);
  g_free (options->accuracy_inputs);
  g_free (options->accuracy_labels);
  g_free (options->dump);
  g_free (options->quantise);
  g_free (options->cache);
  g_free (options->die);
  g_strfreev (options->calibration);
  g_strfreev (options->shapes);
  g_strfreev (options->bound);
  *options = (CliCompileOptions){ 0 };
}

GOptionEntry *
cli_compile_entries (CliCompileOptions *options, const GOptionEntry *more)
{
  const GOptionEntry own[] = {
    { "chip", 0, 0, G_OPTION_ARG_STRING, &options->chip, "Chip by name or description file (default demonstrator)",
      "NAME|FILE" },
    { "die", 0, 0, G_OPTION_ARG_FILENAME, &options->die,
      "Fit the program to one die of its chip: what lies on dead tiers, rows and columns moves", "FILE" },
    CLI_SHAPE_ENTRY (&options->shapes),
    CLI_BIND_ENTRY (&options->bound),
    { "max-latency", 0, 0, G_OPTION_ARG_STRING, &options->max_latency, "Hard limit, such as 2ms", "TIME" },
    { "min-rate", 0, 0, G_OPTION_ARG_STRING, &options->min_rate, "Hard limit, such as 30/s", "RATE" },
    { "max-power", 0, 0, G_OPTION_ARG_STRING, &options->max_power, "Hard limit, such as 300mW", "POWER" },
    { "max-peak-power", 0, 0, G_OPTION_ARG_STRING, &options->max_peak_power,
      "Hard limit in the busiest 512th of an inference", "POWER" },
    { "max-energy", 0, 0, G_OPTION_ARG_STRING, &options->max_energy, "Hard limit per inference, such as 5uJ",
      "ENERGY" },
    { "max-temperature", 0, 0, G_OPTION_ARG_STRING, &options->max_temperature, "Hard limit of the junction", "TEMP" },
    { "max-skin", 0, 0, G_OPTION_ARG_STRING, &options->max_skin, "Hard limit of the skin, such as 43degC", "TEMP" },
    { "min-accuracy", 0, 0, G_OPTION_ARG_STRING, &options->min_accuracy,
      "Hard limit, such as 90%; needs --accuracy-labels, or samples to agree with the float model on", "SHARE" },
    { "max-arrays", 0, 0, G_OPTION_ARG_STRING, &options->max_arrays, "Hard limit of arrays that hold weights", "N" },
    { "max-cost", 0, 0, G_OPTION_ARG_STRING, &options->max_cost, "Hard limit of the chip's cost, such as 5USD",
      "MONEY" },
    { "minimise", 0, 0, G_OPTION_ARG_STRING, &options->minimise,
      "Within the limits: arrays (default), latency, interval or energy", "WHAT" },
    { "effort", 0, 0, G_OPTION_ARG_DOUBLE, &options->effort,
      "Roughly how long placement of a program may take (default: a fraction of a second)", "SECONDS" },
    { "accuracy-inputs", 0, 0, G_OPTION_ARG_FILENAME, &options->accuracy_inputs,
      "Samples for --min-accuracy, .npy (default: the first of --calibration)", "FILE" },
    { "accuracy-labels", 0, 0, G_OPTION_ARG_FILENAME, &options->accuracy_labels,
      "One integer class per sample, .npy (default: agreement with the float model)", "FILE" },
    { "calibration", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->calibration,
      "Samples for activation ranges: an .npy file, samples first, or a folder of test data sets", "PATH" },
    { "calibration-samples", 0, 0, G_OPTION_ARG_INT, &options->n_calibration, "Use at most N samples (default 64)",
      "N" },
    { "input-scale", 0, 0, G_OPTION_ARG_DOUBLE, &options->input_scale,
      "Samples of .npy files are fed as (value + offset) × scale (default 1)", "X" },
    { "input-offset", 0, 0, G_OPTION_ARG_DOUBLE, &options->input_offset, "See --input-scale (default 0)", "X" },
    { "no-row-copies", 0, 0, G_OPTION_ARG_NONE, &options->no_row_copies,
      "Do not fill free rows with copies of the weights: less energy, less accuracy", NULL },
    { "reads", 0, 0, G_OPTION_ARG_INT, &options->n_reads,
      "Average N conversions per product: less noise, more time and energy (default: chosen per layer where "
      "--calibration is given)",
      "N" },
    { "quantise", 0, 0, G_OPTION_ARG_STRING, &options->quantise,
      "Leave out ways against errors, such as equalise=off,reads=off; max-flips=2% spends less on noise",
      "KEY=VALUE,…" },
    { "cache", 0, 0, G_OPTION_ARG_FILENAME, &options->cache,
      "Keep results of stages, at most 1 GB, for compiling again faster (default: $STRATA_CACHE, else none)",
      "FOLDER" },
    { "dump", 0, 0, G_OPTION_ARG_FILENAME, &options->dump, "Write the result of each stage as text", "FOLDER" },
  };
  GArray *all = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));

  g_array_append_vals (all, own, G_N_ELEMENTS (own));
  for (; more != NULL && more->long_name != NULL; more++)
    g_array_append_vals (all, more, 1);
  return (GOptionEntry *) (gpointer) g_array_free (all, FALSE);
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

static StrataRequirements *
read_limits (const CliCompileOptions *options, GError **error)
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

StrataTensor *
cli_take_sample (StrataTensor *tensor, gint64 first, gint64 n, double scale, double offset)
{
  float *values = g_new (float, n);
  g_autoptr (GBytes) bytes = g_bytes_new_take (values, (gsize) n * sizeof *values);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float) ((strata_tensor_get_value (tensor, first + i) + offset) * scale);
  return strata_tensor_new (STRATA_DTYPE_F32, &n, 1, bytes, NULL);
}

static gint64
count_elements (StrataModel *model, guint input)
{
  guint n_dims;
  const gint64 *dims = strata_model_get_input_shape (model, input, &n_dims);
  gint64 n = 1;

  for (guint i = 0; i < n_dims; i++)
    n *= dims[i];
  return n;
}

static gboolean
add_sample (StrataCompiler *compiler, StrataTensor *tensor, GError **error)
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();

  g_ptr_array_add (inputs, tensor);
  return strata_compiler_add_calibration (compiler, inputs, error);
}

gboolean
cli_read_scale (const CliCompileOptions *options, double *scale, GError **error)
{
  if (isfinite (options->input_scale) && isfinite (options->input_offset))
    {
      *scale = options->input_scale == 0 ? 1 : options->input_scale;
      return TRUE;
    }
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       "--input-scale and --input-offset: finite numbers are accepted");
  return FALSE;
}

static gboolean
calibrate_with_file (StrataCompiler *compiler,
                     StrataModel *model,
                     const char *path,
                     const CliCompileOptions *options,
                     guint *n_left,
                     GError **error)
{
  g_autoptr (StrataTensor) all = strata_tensor_load (path, error);
  gint64 n = strata_model_get_n_inputs (model) == 1 ? count_elements (model, 0) : 0;
  gint64 n_samples;
  double scale;

  if (all == NULL || !cli_read_scale (options, &scale, error))
    return FALSE;
  n_samples = n == 0 ? 0 : strata_tensor_get_n_elements (all) / n;
  if (n == 0 || n_samples == 0 || n_samples * n != strata_tensor_get_n_elements (all))
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT,
                   "%s: %" G_GINT64_FORMAT " elements are no whole number of samples of %" G_GINT64_FORMAT
                   "; give samples along the first dimension, for a model with one input",
                   path, strata_tensor_get_n_elements (all), n);
      return FALSE;
    }
  for (gint64 i = 0; *n_left > 0 && i < n_samples; i++, --*n_left)
    {
      g_autoptr (StrataTensor) sample = cli_take_sample (all, i * n, n, scale, options->input_offset);

      if (!add_sample (compiler, sample, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
calibrate_with_folder (StrataCompiler *compiler, StrataModel *model, const char *path, guint *n_left, GError **error)
{
  g_autoptr (GPtrArray) folders = cli_find_test_data (path, error);

  if (folders == NULL)
    return FALSE;
  for (guint i = 0; *n_left > 0 && i < folders->len; i++, --*n_left)
    {
      g_autoptr (GPtrArray) inputs = cli_load_inputs (model, folders->pdata[i], error);

      if (inputs == NULL || !strata_compiler_add_calibration (compiler, inputs, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
calibrate (StrataCompiler *compiler, StrataModel *model, const CliCompileOptions *options, GError **error)
{
  guint n_left = options->n_calibration > 0 ? (guint) options->n_calibration : 64;

  for (char **path = options->calibration; path != NULL && *path != NULL; path++)
    {
      gboolean ok = g_file_test (*path, G_FILE_TEST_IS_DIR)
                      ? calibrate_with_folder (compiler, model, *path, &n_left, error)
                      : calibrate_with_file (compiler, model, *path, options, &n_left, error);

      if (!ok)
        return FALSE;
    }
  return TRUE;
}

/* --accuracy-inputs, else the first .npy file of --calibration */
static gboolean
set_accuracy_data (StrataCompiler *compiler, const CliCompileOptions *options, GError **error)
{
  const char *path = options->accuracy_inputs;
  g_autoptr (StrataTensor) inputs = NULL;
  g_autoptr (StrataTensor) labels = NULL;
  double scale;

  for (char **next = options->calibration; path == NULL && next != NULL && *next != NULL; next++)
    if (!g_file_test (*next, G_FILE_TEST_IS_DIR))
      path = *next;
  if (options->min_accuracy == NULL || path == NULL)
    return TRUE;
  inputs = strata_tensor_load (path, error);
  if (inputs == NULL || !cli_read_scale (options, &scale, error)
      || (options->accuracy_labels != NULL && (labels = strata_tensor_load (options->accuracy_labels, error)) == NULL))
    return FALSE;
  strata_compiler_set_accuracy_data (compiler, inputs, labels, scale, options->input_offset);
  return TRUE;
}

static void
set_cache (StrataCompiler *compiler, const CliCompileOptions *options)
{
  const char *folder = options->cache != NULL ? options->cache : g_getenv ("STRATA_CACHE");

  if (folder != NULL && *folder != '\0')
    strata_compiler_set_cache_folder (compiler, folder, 0);
}

static void
print_notes (const Cli *cli, StrataCompiler *compiler)
{
  g_auto (GStrv) notes = strata_compiler_take_cache_notes (compiler);

  for (char **note = notes; *note != NULL && !cli->quiet; note++)
    g_printerr ("strata: %s\n", *note);
}

static gboolean
has_samples (const CliCompileOptions *options)
{
  gboolean found = options->accuracy_inputs != NULL;

  for (char **path = options->calibration; path != NULL && *path != NULL; path++)
    found |= !g_file_test (*path, G_FILE_TEST_IS_DIR);
  return found;
}

/* What is given must be used, and a limit have something to be judged on. */
static gboolean
check_options (const CliCompileOptions *options, GError **error)
{
  if (options->n_calibration < 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--calibration-samples %d; 1 or more is accepted, 0 for the default", options->n_calibration);
  else if (options->n_calibration > 0 && options->calibration == NULL)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                         "--calibration-samples goes with --calibration, which says where they are");
  else if (options->n_reads < 0 || options->n_reads > STRATA_MAX_READS)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--reads %d; 1 to %d is accepted", options->n_reads,
                 STRATA_MAX_READS);
  else if (!isfinite (options->effort))
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--effort: a finite number is accepted");
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

StrataProgram *
cli_compile_model (Cli *cli, StrataModel *model, const CliCompileOptions *options, GError **error)
{
  g_autoptr (StrataRequirements) requirements = read_limits (options, error);
  g_autoptr (StrataCompiler) compiler = NULL;
  g_autoptr (StrataChip) chip = NULL;
  g_autoptr (GError) reason = NULL;
  StrataProgram *program;

  if (requirements == NULL || !check_options (options, error))
    return NULL;
  chip = strata_chip_load (options->chip == NULL ? "demonstrator" : options->chip, error);
  if (chip == NULL)
    return NULL;
  compiler = strata_compiler_new (model, chip);
  strata_compiler_set_requirements (compiler, requirements);
  strata_compiler_set_seed (compiler, (guint64) cli->seed);
  strata_compiler_set_n_threads (compiler, (guint) cli->n_threads);
  strata_compiler_set_row_copies (compiler, !options->no_row_copies);
  strata_compiler_set_n_reads (compiler, (guint) options->n_reads);
  if (options->quantise != NULL && !strata_compiler_set_quantisation (compiler, options->quantise, &reason))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--quantise: %s", reason->message);
      return NULL;
    }
  strata_compiler_set_timing_only (compiler, options->timing_only);
  strata_compiler_set_dump_folder (compiler, options->dump);
  strata_compiler_set_effort (compiler, options->effort);
  set_cache (compiler, options);
  if (!calibrate (compiler, model, options, error) || !set_accuracy_data (compiler, options, error))
    return NULL;
  program = strata_compiler_compile (compiler, cli_progress, cli, cli->cancellable, error);
  g_set_object (&cli->certificate, strata_compiler_get_certificate (compiler));
  cli_progress_clear (cli);
  print_notes (cli, compiler);
  return program;
}

/* Nothing that was asked for is passed over in silence: a program is compiled already. */
static gboolean
check_unused (const char *path, const CliCompileOptions *options, GError **error)
{
  const struct
  {
    gboolean given;
    const char *option;
  } unused[] = {
    { options->chip != NULL, "--chip" },
    { options->max_latency != NULL, "--max-latency" },
    { options->min_rate != NULL, "--min-rate" },
    { options->max_power != NULL, "--max-power" },
    { options->max_energy != NULL, "--max-energy" },
    { options->max_temperature != NULL, "--max-temperature" },
    { options->max_skin != NULL, "--max-skin" },
    { options->max_peak_power != NULL, "--max-peak-power" },
    { options->min_accuracy != NULL, "--min-accuracy" },
    { options->max_arrays != NULL, "--max-arrays" },
    { options->max_cost != NULL, "--max-cost" },
    { options->minimise != NULL, "--minimise" },
    { options->effort != 0, "--effort" },
    { options->accuracy_inputs != NULL, "--accuracy-inputs" },
    { options->accuracy_labels != NULL, "--accuracy-labels" },
    { options->calibration != NULL, "--calibration" },
    { options->n_calibration != 0, "--calibration-samples" },
    { options->no_row_copies, "--no-row-copies" },
    { options->n_reads != 0, "--reads" },
    { options->quantise != NULL, "--quantise" },
    { options->cache != NULL, "--cache" },
    { options->dump != NULL, "--dump" },
    { options->shapes != NULL, "--shape" },
    { options->bound != NULL, "--bind" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (unused); i++)
    if (unused[i].given)
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "%s is for compiling, and %s is compiled already; give the model", unused[i].option, path);
        return FALSE;
      }
  return TRUE;
}

StrataProgram *
cli_open_program (Cli *cli, const char *path, const CliCompileOptions *options, StrataModel **model, GError **error)
{
  g_autoptr (StrataModelOptions) shapes = NULL;
  g_autoptr (StrataModel) opened = NULL;
  g_autoptr (StrataProgram) program = NULL;

  if (cli_is_program (path))
    {
      program = check_unused (path, options, error) ? strata_program_load (path, error) : NULL;
      return program == NULL || options->die == NULL ? g_steal_pointer (&program)
                                                     : cli_fit_die (cli, program, options->die, error);
    }
  shapes = cli_read_shapes (options->shapes, options->bound, error);
  if (shapes == NULL)
    return NULL;
  opened = strata_model_open_with (path, shapes, cli->cancellable, error);
  if (opened == NULL)
    return NULL;
  program = cli_compile_model (cli, opened, options, error);
  if (program != NULL && model != NULL)
    *model = g_steal_pointer (&opened);
  return program == NULL || options->die == NULL ? g_steal_pointer (&program)
                                                 : cli_fit_die (cli, program, options->die, error);
}

StrataModel *
cli_reopen_model (Cli *cli, StrataProgram *program)
{
  const char *path = strata_program_get_model_path (program), *text = strata_program_get_model_shapes (program);
  const char *values = strata_program_get_model_values (program);
  g_auto (GStrv) shapes = text == NULL || *text == '\0' ? NULL : g_strsplit (text, "\n", -1);
  g_auto (GStrv) bound = values == NULL || *values == '\0' ? NULL : g_strsplit (values, "\n", -1);
  g_autoptr (StrataModelOptions) options = cli_read_shapes (shapes, bound, NULL);
  g_autoptr (StrataModel) model =
    path == NULL || options == NULL ? NULL : strata_model_open_with (path, options, cli->cancellable, NULL);

  if (model != NULL && strata_model_is_source_of (model, program))
    return g_steal_pointer (&model);
  if (!cli->quiet)
    g_printerr ("strata: %s: %s; what needs the float model is left out\n", path == NULL ? "the model" : path,
                model == NULL ? "is gone since the program was compiled"
                              : "has changed since the program was compiled");
  return NULL;
}

void
cli_program_figures (StrataProgram *program, JsonBuilder *builder)
{
  static const char *const suffixes[STRATA_N_BANDS] = { "", "_optimistic", "_conservative" };

  cli_json_string (builder, "model", strata_program_get_model_name (program));
  cli_json_string (builder, "chip", strata_program_get_chip_name (program));
  cli_json_string (builder, "program_hash", strata_program_get_hash (program));
  cli_json_bool (builder, "calibrated", strata_program_is_calibrated (program));
  cli_json_bool (builder, "weights", strata_program_has_weights (program));
  cli_json_int (builder, "layers", strata_program_get_n_layers (program));
  cli_json_int (builder, "row_copies", strata_program_get_n_row_copies (program));
  cli_json_int (builder, "reads", strata_program_get_n_reads (program));
  cli_json_string (builder, "fidelity", "timing");
  for (const char *const *name = strata_program_list_figures (); *name != NULL; name++)
    for (int band = 0; band < STRATA_N_BANDS; band++)
      {
        g_autofree char *key = g_strconcat (*name, suffixes[band], NULL);
        double value = strata_program_get_figure (program, *name, (StrataBand) band);
        gboolean same = band > 0 && value == strata_program_get_figure (program, *name, STRATA_BAND_NOMINAL);

        if (band == 0 || (!isnan (value) && !same))
          cli_json_number (builder, key, value);
      }
}

static char *
format_figure (StrataProgram *program, const char *name, const char *unit)
{
  double value[STRATA_N_BANDS];

  for (int band = 0; band < STRATA_N_BANDS; band++)
    value[band] = strata_program_get_figure (program, name, (StrataBand) band);
  return cli_band (value, unit);
}

void
cli_print_program (StrataProgram *program)
{
  const struct
  {
    const char *label, *name, *unit;
  } rows[] = {
    { "latency", "latency_ps", "ps" },
    { "lower bound", "lower_bound_ps", "ps" },
    { "interval", "interval_ps", "ps" },
    { "its bound", "interval_bound_ps", "ps" },
    { "energy/inference", "energy_fj", "fj" },
    { "power", "power_mw", "mw" },
    { "static power", "static_mw", "mw" },
    { "junction", "junction_c", "c" },
    { "buffer peak", "sram_peak_bytes", "bytes" },
  };

  cli_row ("model", "%s", strata_program_get_model_name (program));
  cli_row ("chip", "%s", strata_program_get_chip_name (program));
  cli_row ("program", "%s", strata_program_get_hash (program));
  cli_row ("arrays", "%.0f used, %.0f required by geometry, of %.0f",
           strata_program_get_figure (program, "arrays_used", STRATA_BAND_NOMINAL),
           strata_program_get_figure (program, "arrays_required", STRATA_BAND_NOMINAL),
           strata_program_get_figure (program, "arrays_total", STRATA_BAND_NOMINAL));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = format_figure (program, rows[i].name, rows[i].unit);

      cli_row (rows[i].label, "%s", text);
    }
  if (strata_program_get_figure (program, "active_stacks", STRATA_BAND_NOMINAL) > 0)
    cli_row ("active stacks", "at most %.0f at once",
             strata_program_get_figure (program, "active_stacks", STRATA_BAND_NOMINAL));
  g_print ("Figures are modelled (timing), nominal with the optimistic – conservative band.\n");
  if (!strata_program_has_weights (program))
    g_print ("The model came without weights: the program has time, energy and heat, and computes no values.\n");
  else if (!strata_program_is_calibrated (program))
    g_print ("Activation ranges were guessed from synthetic samples; give --calibration for accuracy.\n");
}

/* Where the program cannot be written is better known before it is made. */
static gboolean
check_folder (const Cli *cli, GError **error)
{
  g_autofree char *folder = cli->output != NULL ? g_path_get_dirname (cli->output) : g_strdup (".");
  int problem = g_access (folder, W_OK) == 0 ? 0 : errno;

  if (problem == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: cannot be written: %s; choose another place", cli->output,
               g_strerror (problem));
  return FALSE;
}

static const char examples[] =
  "  strata compile model.onnx --chip demonstrator -o model.strp\n"
  "  strata compile model.onnx --chip phone --max-latency 2ms --max-power 300mW -o model.strp\n"
  "  strata compile model.onnx --min-rate 100/s --minimise energy --alternatives\n"
  "  strata compile model.onnx --calibration samples.npy --input-scale 0.00392 -o model.strp\n";

int
cli_compile (Cli *cli, int argc, char **argv)
{
  CliCompileOptions options = { 0 };
  gboolean alternatives = FALSE;
  const GOptionEntry own[] = {
    { "alternatives", 0, 0, G_OPTION_ARG_NONE, &alternatives, "Show the other programs that were made", NULL },
    { NULL },
  };
  g_autofree GOptionEntry *entries = cli_compile_entries (&options, own);
  g_autoptr (StrataProgram) program = NULL;
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, entries, "MODEL", "Compiles an ONNX model to a program for a chip.", examples, &argc, &argv,
                  &status))
    ;
  else if (argc != 2)
    status = cli_usage (cli, "compile takes one model; `strata compile --help` explains");
  else if (!check_folder (cli, &error) || (program = cli_open_program (cli, argv[1], &options, NULL, &error)) == NULL
           || (cli->output != NULL && !strata_program_save (program, cli->output, &error)))
    status = cli_fail (cli, error);
  else if (cli->json)
    {
      JsonBuilder *builder = cli_json_begin (cli);

      cli_program_figures (program, builder);
      if (cli->certificate != NULL)
        cli_json_certificate (builder, cli->certificate);
      cli_json_string (builder, "output", cli->output);
      cli_json_end (cli, builder);
    }
  else
    {
      cli_print_program (program);
      if (alternatives && cli->certificate != NULL)
        {
          g_autofree char *text = cli_describe_certificate (cli->certificate);

          g_print ("%s", text);
        }
      if (cli->output != NULL)
        g_print ("Wrote %s.\n", cli->output);
    }
  cli_compile_options_clear (&options);
  return status;
}
