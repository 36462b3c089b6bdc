/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata evaluate`: accuracy over labelled samples, float, quantised and analog side by side.
 */
#include <math.h>

#include "evaluate.h"

/* Deviations are known to 1 % long before; more only waits. */
#define MAX_TRIALS 10000
#define MAX_YEARS 1000
#define DEFAULT_TRIALS 8

typedef struct
{
  CliCompileOptions compile;
  CliConditionOptions conditions;
  CliAgesOptions ages;
  char *inputs, *labels, *analog;
  int n_trials, limit;
  gboolean attribute;
} Options;

static void
print_percent (const char *label, double value, const char *note)
{
  if (isnan (value))
    cli_row (label, "unavailable%s", note);
  else
    cli_row (label, "%.2f %%%s", 100 * value, note);
}

static void
print_text (StrataEvaluation *evaluation,
            StrataProgram *program,
            StrataAnalog analog,
            const StrataConditions *conditions)
{
  g_autofree char *told = cli_conditions_text (program, conditions);
  double deviation, mean = strata_evaluation_get_analog (evaluation, &deviation);
  guint n_trials = strata_evaluation_get_n_trials (evaluation);
  const gboolean has_temperature = conditions != NULL && !isnan (conditions->temperature_c);
  g_autofree char *label = g_strconcat ("analog ", cli_analog_name (analog), NULL);

  cli_row ("samples", "%u, %s", strata_evaluation_get_n_samples (evaluation),
           strata_evaluation_has_labels (evaluation) ? "labelled: top-1 accuracy"
                                                     : "without labels: agreement with the float model");
  print_percent ("float", strata_evaluation_get_float (evaluation), "");
  print_percent ("quantised", strata_evaluation_get_quantised (evaluation), "  exact integers");
  if (isnan (deviation))
    print_percent (label, mean, "  one run");
  else
    cli_row (label, "%.2f %% ± %.2f  mean ± deviation over %u seeds", 100 * mean, 100 * deviation, n_trials);
  if (analog > STRATA_ANALOG_IDEAL)
    cli_row ("conditions", "%s%s%s", told,
             g_str_equal (strata_evaluation_get_retention (evaluation), "measured")
               ? ""
               : "; extrapolated: nobody measured such cells for as long",
             has_temperature && strata_evaluation_ignores_temperature (evaluation)
               ? "; temperature ignored: no source for such cells"
               : "");
  cli_row ("levers", "up to %u row copies, %u averaged reads", strata_program_get_n_row_copies (program),
           strata_program_get_n_reads (program));
  g_print ("Analog figures are modelled (functional).\n%s%s", analog > STRATA_ANALOG_NOMINAL ? CLI_BANDS_NOTE : "",
           cli_sample_note (program));
}

static void
print_json (Cli *cli,
            StrataEvaluation *evaluation,
            const CliEvaluation *what,
            const CliDieFigure *figures,
            StrataAttribution *attribution)
{
  StrataProgram *program = what->program;
  JsonBuilder *builder = cli_json_begin (cli);
  double deviation, mean = strata_evaluation_get_analog (evaluation, &deviation);

  cli_json_string (builder, "model", strata_program_get_model_name (program));
  cli_json_string (builder, "chip", strata_program_get_chip_name (program));
  cli_json_string (builder, "program_hash", strata_program_get_hash (program));
  cli_json_int (builder, "samples", strata_evaluation_get_n_samples (evaluation));
  cli_json_string (builder, "figure",
                   strata_evaluation_has_labels (evaluation) ? "top-1 accuracy" : "agreement with float");
  cli_json_number (builder, "float", strata_evaluation_get_float (evaluation));
  cli_json_number (builder, "quantised", strata_evaluation_get_quantised (evaluation));
  cli_json_string (builder, "source", "modelled");
  cli_json_string (builder, "analog_level", cli_analog_name (what->analog));
  cli_json_conditions (builder, program, what->conditions);
  cli_json_string (builder, "retention", strata_evaluation_get_retention (evaluation));
  cli_json_bool (builder, "temperature_ignored", strata_evaluation_ignores_temperature (evaluation));
  cli_json_number (builder, "analog_mean", mean);
  cli_json_number (builder, "analog_deviation", deviation);
  json_builder_set_member_name (builder, "trials");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_evaluation_get_n_trials (evaluation); i++)
    json_builder_add_double_value (builder, strata_evaluation_get_trial (evaluation, i));
  json_builder_end_array (builder);
  cli_json_int (builder, "row_copies", strata_program_get_n_row_copies (program));
  cli_json_int (builder, "reads", strata_program_get_n_reads (program));
  cli_json_bool (builder, "calibrated", strata_program_is_calibrated (program));
  if (figures != NULL)
    cli_json_die_figures (builder, what->die, figures);
  if (attribution != NULL)
    cli_json_attribution (builder, attribution);
  cli_json_end (cli, builder);
}

StrataEvaluation *
cli_evaluation_new (Cli *cli, const CliEvaluation *what, StrataProgram *program, GError **error)
{
  g_autoptr (StrataEvaluation) evaluation = strata_evaluation_new (program, what->model);

  strata_evaluation_set_analog (evaluation, what->analog, what->n_trials, (guint64) cli->seed);
  strata_evaluation_set_conditions (evaluation, what->conditions);
  strata_evaluation_set_limit (evaluation, what->limit);
  strata_evaluation_set_n_threads (evaluation, (guint) cli->n_threads);
  if (!strata_evaluation_set_data (evaluation, what->inputs, what->labels, what->scale, what->offset, error))
    return NULL;
  return g_steal_pointer (&evaluation);
}

static void
evaluation_clear (CliEvaluation *what)
{
  g_clear_object (&what->program);
  g_clear_object (&what->whole);
  g_clear_object (&what->model);
  g_clear_object (&what->die);
  g_clear_object (&what->inputs);
  g_clear_object (&what->labels);
  g_clear_pointer (&what->conditions, strata_conditions_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliEvaluation, evaluation_clear)

static gboolean
evaluation_open (Cli *cli, const char *path, const Options *options, CliEvaluation *what, GError **error)
{
  CliCompileOptions compile = options->compile;

  compile.die = NULL; /* what it does to the program is shown */
  what->whole = cli_open_program (cli, path, &compile, &what->model, error);
  if (what->whole == NULL || !cli_check_conditions (&options->conditions, what->analog, error)
      || (what->conditions = cli_read_conditions (&options->conditions, error)) == NULL
      || !cli_read_scale (&options->compile, &what->scale, error))
    return FALSE;
  what->program = options->compile.die == NULL
                    ? g_object_ref (what->whole)
                    : cli_fit_die (cli, what->whole, options->compile.die, &what->die, error);
  if (what->program == NULL)
    return FALSE;
  /* A program remembers its model; where that has gone, the float column is unavailable. */
  if (what->model == NULL)
    what->model = cli_reopen_model (cli, what->program);
  what->inputs = strata_tensor_load (options->inputs, error);
  if (what->inputs == NULL)
    return FALSE;
  what->labels = options->labels != NULL ? strata_tensor_load (options->labels, error) : NULL;
  return options->labels == NULL || what->labels != NULL;
}

static int
evaluate (Cli *cli, const char *path, const Options *options, StrataAnalog analog, GError **error)
{
  g_auto (CliEvaluation) what = { .analog = analog,
                                  .offset = options->compile.input_offset,
                                  .n_trials = (guint) options->n_trials,
                                  .limit = options->limit > 0 ? (guint) options->limit : 0 };
  g_autoptr (StrataEvaluation) evaluation = NULL;
  g_autoptr (StrataAttribution) attribution = NULL;
  CliDieFigure figures[CLI_N_DIE_FIGURES];
  gboolean with_die;

  if (!evaluation_open (cli, path, options, &what, error)
      || (evaluation = cli_evaluation_new (cli, &what, what.program, error)) == NULL
      || (what.die != NULL && !strata_evaluation_set_die (evaluation, what.die, STRATA_DIE_FITTED, error)))
    return -1;
  if (options->ages.ages != NULL)
    return cli_evaluate_ages (cli, evaluation, what.program, &options->ages, error);
  with_die = what.die != NULL && analog > STRATA_ANALOG_IDEAL && !options->ages.html;
  if ((with_die && !cli_evaluate_die (cli, &what, figures, error))
      || !strata_evaluation_run (evaluation, cli_progress, cli, cli->cancellable, error))
    return -1;
  if (options->attribute
      && (attribution = strata_evaluation_attribute (evaluation, cli_progress, cli, cli->cancellable, error)) == NULL)
    return -1;
  cli_progress_clear (cli);
  if (with_die)
    cli_keep_die_figure (&figures[CLI_N_DIE_FIGURES - 1], evaluation);
  if (cli->json)
    print_json (cli, evaluation, &what, with_die ? figures : NULL, attribution);
  else if (options->ages.html)
    {
      cli_page_attribution (evaluation, what.program, what.conditions, attribution);
      return CLI_EXIT_DONE;
    }
  else
    print_text (evaluation, what.program, analog, what.conditions);
  if (!cli->json && with_die)
    cli_print_die_figures (what.die, figures);
  if (!cli->json && attribution != NULL)
    cli_print_attribution (attribution);
  return CLI_EXIT_DONE;
}

/* What goes with --ages, and what does not */
static gboolean
check_ages (Cli *cli, const Options *options, int *status)
{
  const CliAgesOptions *ages = &options->ages;
  const CliConditionOptions *conditions = &options->conditions;

  if (ages->ages == NULL
      && (ages->temperatures != NULL || ages->recalibrate || ages->target != NULL || ages->years != CLI_NO_NUMBER
          || ages->schedule || (ages->html && !options->attribute)))
    *status =
      cli_usage (cli, "--temperatures, --recalibrate, --target, --years, --schedule and --html go with --ages%s",
                 ages->html ? ", --html with --attribute, too" : "");
  else if (ages->ages != NULL
           && (conditions->age != NULL || conditions->temperature != NULL || conditions->recalibrated != NULL
               || options->attribute))
    *status = cli_usage (cli, "--ages: --age, --temperature, --recalibrated and --attribute are about a single age");
  else if (ages->years != CLI_NO_NUMBER && !(ages->years > 0 && ages->years <= MAX_YEARS))
    *status = cli_usage (cli, "--years %g; more than 0 and up to %d is accepted", ages->years, MAX_YEARS);
  else
    return TRUE;
  return FALSE;
}

/* Exact arrays have nothing that either could tell. */
static gboolean
check_analog (const Options *options, StrataAnalog analog, GError **error)
{
  if (options->attribute && analog == STRATA_ANALOG_OFF)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                         "--attribute: exact integers (--analog off) have no physics to attribute; ideal, nominal, "
                         "optimistic or conservative does");
  else if (options->ages.ages != NULL && analog <= STRATA_ANALOG_IDEAL)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--ages: exact arrays (--analog %s) do not age; nominal, optimistic or conservative does",
                 cli_analog_name (analog));
  else
    return TRUE;
  return FALSE;
}

static const char examples[] =
  "  strata evaluate kws.strp --inputs features.npy --labels labels.npy --input-offset -83 --input-scale 0.5847\n"
  "  strata evaluate model.onnx --chip phone --calibration x.npy --inputs x.npy --labels y.npy --trials 8\n"
  "  strata evaluate model.strp --inputs x.npy --labels y.npy --attribute --html -o costs.html\n"
  "  strata evaluate model.strp --inputs x.npy --labels y.npy --die W07-X12Y08.yaml\n"
  "  strata evaluate model.strp --inputs x.npy            (agreement with the float model)\n"
  "  strata evaluate kws.strp --inputs x.npy --labels y.npy --ages 0,1h,1d,7d,30d,1y --recalibrate --html -o "
  "age.html\n";

int
cli_evaluate (Cli *cli, int argc, char **argv)
{
  Options options = { .n_trials = DEFAULT_TRIALS, .ages.years = CLI_NO_NUMBER };
  const GOptionEntry own[] = {
    { "inputs", 0, 0, G_OPTION_ARG_FILENAME, &options.inputs, "Samples along the first dimension, .npy", "FILE" },
    { "labels", 0, 0, G_OPTION_ARG_FILENAME, &options.labels, "One integer class per sample, .npy", "FILE" },
    { "analog", 0, 0, G_OPTION_ARG_STRING, &options.analog,
      "Level of the analog column: off, ideal, nominal (default), optimistic, conservative", "LEVEL" },
    { "trials", 0, 0, G_OPTION_ARG_INT, &options.n_trials, "Noise seeds (default 8)", "N" },
    { "limit", 0, 0, G_OPTION_ARG_INT, &options.limit, "Use the first N samples", "N" },
    { "attribute", 0, 0, G_OPTION_ARG_NONE, &options.attribute,
      "Which physics of the arrays costs how much: without each term, and with it alone", NULL },
    { "ages", 0, 0, G_OPTION_ARG_STRING, &options.ages.ages,
      "Accuracy at these ages instead of --age, such as 0,1h,1d,30d,1y, or default", "TIME,…" },
    { "temperatures", 0, 0, G_OPTION_ARG_STRING, &options.ages.temperatures,
      "With --ages: of the arrays (default 25degC,55degC,85degC); work is one, too", "TEMPERATURE,…" },
    { "recalibrate", 0, 0, G_OPTION_ARG_NONE, &options.ages.recalibrate,
      "With --ages: with converters and corrections set anew at each age, too", NULL },
    { "target", 0, 0, G_OPTION_ARG_STRING, &options.ages.target,
      "With --ages: what is to be kept, such as 88% or 15dB (default: two points below the first age)", "TARGET" },
    { "years", 0, 0, G_OPTION_ARG_DOUBLE, &options.ages.years, "With --ages: for how long (default 5)", "N" },
    { "schedule", 0, 0, G_OPTION_ARG_NONE, &options.ages.schedule,
      "With --ages: when to recalibrate (with --recalibrate) and to write anew over --years, and what that takes",
      NULL },
    { "html", 0, 0, G_OPTION_ARG_NONE, &options.ages.html, "With --ages or --attribute: a page with charts", NULL },
    { NULL },
  };
  g_autofree CliEntries *conditions = cli_condition_entries (&options.conditions, own);
  g_autoptr (CliEntries) entries = cli_compile_entries (&options.compile, conditions);
  StrataAnalog analog = STRATA_ANALOG_NOMINAL;
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, entries, "PROGRAM|MODEL --inputs FILE", "Accuracy of a program over labelled samples.", examples,
                  &argc, &argv, &status))
    ;
  else if (argc != 2 || options.inputs == NULL)
    status = cli_usage (cli, "evaluate takes one program or model, and --inputs; `strata evaluate --help` explains");
  else if (options.n_trials < 1 || options.n_trials > MAX_TRIALS)
    status = cli_usage (cli, "--trials %d; 1 to %d is accepted", options.n_trials, MAX_TRIALS);
  else if (options.limit < 0)
    status = cli_usage (cli, "--limit %d; 1 or more is accepted, 0 for all samples", options.limit);
  else if (!check_ages (cli, &options, &status))
    ;
  else if (!cli_redirect (cli, options.inputs, &status))
    ;
  else if (!cli_parse_analog (options.analog, &analog, &error) || !check_analog (&options, analog, &error)
           || (status = evaluate (cli, argv[1], &options, analog, &error)) < 0)
    status = cli_fail (cli, error);
  return status;
}
