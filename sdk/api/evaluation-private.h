/* SPDX-License-Identifier: Apache-2.0
 *
 * Passes over the samples of an evaluation, for what is made of them: accuracy, attribution.
 */
#pragma once

#include "simulator/simulator.h"
#include "strata/strata-evaluation.h"

/* Samples of one parallel task: long enough to hide the scheduling, short enough to cancel and to show progress. */
#define STRATA_EVALUATION_BLOCK 16

struct _StrataEvaluation
{
  GObject parent_instance;
  StrataProgram *program;
  StrataModel *model;
  float *samples; /* n_samples x n_elements, scaled */
  int *labels;    /* NULL: none */
  guint n_samples, limit;
  gsize n_elements;
  StrataAnalog analog;
  StrataConditions *conditions;
  StrataDie *die; /* NULL: one without faults */
  StrataDieUse use;
  gboolean uncorrected;
  guint n_trials, n_threads;
  guint64 seed;

  guint n_used, n_done_trials;
  double float_accuracy, quantised_accuracy;
  double *trials;
};

/* One pass over the first samples with one executor */
typedef struct
{
  StrataEvaluation *self;
  StrataFunctional *functional; /* NULL: the float model */
  guint n_samples;
  int *classes;            /* per sample */
  float *outputs;          /* n_samples x n_outputs, of the first output; NULL: not asked for */
  gsize n_outputs;         /* elements */
  StrataMeasure *measures; /* n_measured x ops, zeroed by the caller */
  guint n_measured;        /* blocks that are measured, from the first */
  GCancellable *cancellable;
  StrataProgress progress;
  gpointer progress_data;
  const char *stage;
  double progress_from, progress_to;
  GMutex lock; /* of n_done and of the report of it: threads finish out of order */
  guint n_done;
} StrataEvaluationPass;

/* Fills classes, outputs and measures; @options NULL: by the float model. What the evaluation says of die and
 * correction is added to @options. */
gboolean strata_evaluation_pass (StrataEvaluationPass *pass, const StrataFunctionalOptions *options, GError **error);
/* The classes that count as right, labels or else the float model's, into @truth; and a pass of exact integers.
 * @with_float: the float model's accuracy too, where there is one */
gboolean strata_evaluation_prepare (StrataEvaluationPass *pass, gboolean with_float, int *truth, GError **error);
double strata_evaluation_count_right (const int *classes, const int *truth, guint n);
