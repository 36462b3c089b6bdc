/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs for the verbs that take one: loaded, or compiled of a model; their model again; their figures.
 */
#include "compile.h"

#include <math.h>
#include <strata/sys/strata-trace.h>

StrataProgram *
cli_open_program (Cli *cli, const char *path, const CliCompileOptions *options, StrataModel **model, GError **error)
{
  g_autoptr (StrataModelOptions) shapes = NULL;
  g_autoptr (StrataModel) opened = NULL;
  g_autoptr (StrataProgram) program = NULL;

  if (cli_is_program (path))
    {
      program = cli_check_unused (path, options, error) ? strata_program_load (path, error) : NULL;
      return program == NULL || options->die == NULL ? g_steal_pointer (&program)
                                                     : cli_fit_die (cli, program, options->die, NULL, error);
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
                                                 : cli_fit_die (cli, program, options->die, NULL, error);
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

const char *
cli_sample_origin (StrataProgram *program)
{
  static const char *const names[] = { [STRATA_SAMPLE_ORIGIN_NONE] = "none",
                                       [STRATA_SAMPLE_ORIGIN_MADE_UP] = "made up",
                                       [STRATA_SAMPLE_ORIGIN_GIVEN] = "given" };

  return names[strata_program_get_sample_origin (program, NULL, NULL)];
}

const char *
cli_sample_note (StrataProgram *program)
{
  if (!strata_program_has_weights (program)
      || strata_program_get_sample_origin (program, NULL, NULL) != STRATA_SAMPLE_ORIGIN_MADE_UP)
    return "";
  return strata_program_is_calibrated (program)
           ? "Converters are set without samples, and copies and reads chosen without knowing what noise does; give "
             "--calibration for accuracy.\n"
           : "Activation ranges were guessed from synthetic samples; give --calibration for accuracy.\n";
}

void
cli_program_figures (StrataProgram *program, JsonBuilder *builder)
{
  static const char *const suffixes[STRATA_N_BANDS] = { "", "_optimistic", "_conservative" };

  cli_json_string (builder, "model", strata_program_get_model_name (program));
  cli_json_string (builder, "chip", strata_program_get_chip_name (program));
  cli_json_string (builder, "program_hash", strata_program_get_hash (program));
  cli_json_bool (builder, "calibrated", strata_program_is_calibrated (program));
  cli_json_string (builder, "calibration_samples", cli_sample_origin (program));
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
  /* of a run that could be modelled: what has no value has no steady state */
  if (isnan (value[0]) && !isnan (strata_program_get_figure (program, "latency_ps", STRATA_BAND_NOMINAL)))
    return g_strdup ("none: " STRATA_NO_STEADY_STATE);
  return cli_band (value, unit);
}

void
cli_print_program (StrataProgram *program)
{
  guint n_given, n_kept;
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
  if (strata_program_get_sample_origin (program, &n_given, &n_kept) == STRATA_SAMPLE_ORIGIN_GIVEN)
    cli_row ("calibration", "%u samples given, the first %u of them kept", n_given, n_kept);
  g_print ("Figures are modelled (timing), nominal with the optimistic – conservative band.\n" CLI_BANDS_NOTE);
  if (!strata_program_has_weights (program))
    g_print ("The model came without weights: the program has time, energy and heat, and computes no values.\n");
  else
    g_print ("%s", cli_sample_note (program));
}
