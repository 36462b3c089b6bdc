/* SPDX-License-Identifier: Apache-2.0
 *
 * What `strata run` runs: a model on the host, as ONNX defines it, or a program on a device; and the inputs it is
 * given.
 */
#pragma once

#include "cli.h"

typedef struct
{
  CliCompileOptions compile;
  char *device, *analog, *test_data, *expect;
  char **inputs, **states;
  CliConditionOptions conditions;
  int n_steps;
  gboolean reference;
} RunOptions;

typedef struct
{
  Cli *cli;
  const char *path;
  const RunOptions *options;
  StrataModel *model;     /* NULL where only a program is there, and until inputs open that of a reference run */
  StrataProgram *program; /* NULL: reference */
  StrataDevice *device;
  StrataAnalog analog;
  StrataConditions *conditions;
  guint64 n_done;
} Runner;

/* Opens a program and its device. The model of a reference run is opened by its inputs, later. */
gboolean runner_open (Runner *runner, GError **error);
void runner_clear (Runner *runner);
/* Opens the model of a reference run for @tensors: the one at i is the input names[i], or where @names is NULL the
 * file's i-th. Does nothing where the model is open and takes them as it is. */
gboolean runner_open_for (Runner *runner, GPtrArray *tensors, const char *const *names, GError **error);
guint runner_get_n_inputs (Runner *runner);
/* NULL for a program whose model is not there */
const char *runner_get_input_name (Runner *runner, guint input);
/* "output_0" for such a program; free with g_free () */
char *runner_get_output_name (Runner *runner, guint output) G_GNUC_WARN_UNUSED_RESULT;
/* One inference, inputs in the model's order */
GPtrArray *runner_run (Runner *runner, GPtrArray *inputs, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What --input gives one input */
typedef struct
{
  StrataTensor *tensor; /* NULL: a number, or the step */
  double number;
  gboolean is_number, is_step;
} RunInput;

/* Reads --input, opens the model for them, and gives what there is for each of its inputs, in order: RunInput, cleared
 * for one that nothing is given for. */
GArray *run_read_inputs (Runner *runner, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The input as a tensor of the model's type and shape, in step @step of @n_steps; files may hold a value for each. NULL
 * and an error where it does not fit. */
StrataTensor *run_make_input (Runner *runner, guint input, const RunInput *given, int step, int n_steps, GError **error)
  G_GNUC_WARN_UNUSED_RESULT;
/* Elements of an input of the model */
gint64 run_count_input (Runner *runner, guint input);

gboolean run_make_folder (Cli *cli, GError **error); /* of --output, where given */
/* Saves @tensor as NAME.npy in the folder of --output; returns its path. */
char *run_save_output (Cli *cli, const char *name, StrataTensor *tensor, GError **error) G_GNUC_WARN_UNUSED_RESULT;

int run_test_data (Runner *runner, GError **error);
int run_steps (Runner *runner, GError **error);
