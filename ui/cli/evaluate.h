/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of `strata evaluate`.
 */
#pragma once

#include "cli.h"

/* What is evaluated, on what */
typedef struct
{
  StrataProgram *program; /* fitted to the die where there is one, */
  StrataProgram *whole;   /* and as it was compiled */
  StrataModel *model;     /* NULL: not there */
  StrataDie *die;         /* NULL: one without faults */
  StrataTensor *inputs, *labels;
  StrataConditions *conditions;
  StrataAnalog analog;
  double scale, offset;
  guint n_trials, limit;
} CliEvaluation;

/* Of @program, with data, without a die */
StrataEvaluation *cli_evaluation_new (Cli *cli, const CliEvaluation *what, StrataProgram *program, GError **error)
  G_GNUC_WARN_UNUSED_RESULT;

/* Accuracy of the analog column */
typedef struct
{
  double mean, deviation;
  guint n_trials;
} CliDieFigure;

/* A die without faults; this one unfitted, fitted, calibrated */
#define CLI_N_DIE_FIGURES 4

void cli_keep_die_figure (CliDieFigure *figure, StrataEvaluation *evaluation);
/* Runs all but the last, which is what evaluate does in any case. */
gboolean cli_evaluate_die (Cli *cli, const CliEvaluation *what, CliDieFigure *result, GError **error);
void cli_print_die_figures (StrataDie *die, const CliDieFigure *result);
/* "die" */
void cli_json_die_figures (JsonBuilder *builder, StrataDie *die, const CliDieFigure *result);

/* --ages and what goes with it */
typedef struct
{
  char *ages; /* "default": those of StrataAgeing; NULL: not asked for */
  char *temperatures, *target;
  double years; /* CLI_NO_NUMBER: not given */
  gboolean recalibrate, schedule, html;
} CliAgesOptions;

/* What --ages has run, and what is to be kept */
typedef struct
{
  Cli *cli;
  StrataEvaluation *evaluation;
  StrataProgram *program;
  StrataAgeing *ageing;
  StrataMaintenance *maintenance; /* NULL: without --schedule */
  gboolean recalibrate;
  double target; /* share, or decibels */
  gboolean is_snr;
  double life_s;
} CliAges;

/* "55 degC", "work (43.2 to 50.8 degC)" */
char *cli_temperature_text (const CliAges *ages, guint temperature) G_GNUC_WARN_UNUSED_RESULT;
/* "88.00 %", "15.0 dB" */
char *cli_target_text (const CliAges *ages) G_GNUC_WARN_UNUSED_RESULT;

/* --schedule: dates and what they take, for all temperatures; the member "maintenance" of one temperature; a chart for
 * each temperature into @charts, whose arrays @kept frees; a line of the page for each */
void cli_print_maintenance (const CliAges *ages);
void cli_json_maintenance (const CliAges *ages, guint temperature, JsonBuilder *builder);
void cli_chart_maintenance (const CliAges *ages, guint temperature, GPtrArray *kept, StrataChart *chart);
void cli_page_maintenance (const CliAges *ages, guint temperature, GString *body);

/* --attribute --html: the page */
void cli_page_attribution (StrataEvaluation *evaluation,
                           StrataProgram *program,
                           const StrataConditions *conditions,
                           StrataAttribution *attribution);
/* Runs @evaluation, which has data, over ages and temperatures, and prints it. An exit code, or -1 and an error. */
int cli_evaluate_ages (
  Cli *cli, StrataEvaluation *evaluation, StrataProgram *program, const CliAgesOptions *options, GError **error);
