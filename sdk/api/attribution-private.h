/* SPDX-License-Identifier: Apache-2.0
 *
 * What runs with and without each term of the physics came to.
 */
#pragma once

#include "simulator/simulator.h"
#include "strata/strata-attribution.h"

/* Runs of one choice of terms over the seeds */
typedef struct
{
  double *accuracy;      /* n_trials */
  double *output_error;  /* n_trials: squares, of the first output against exact integers */
  StrataMeasure *layers; /* n_layers, over all seeds */
} StrataAttributionRuns;

typedef struct
{
  StrataPhysics term;
  gboolean is_present;
  StrataAttributionRuns without, alone; /* all but it; it and no other. Empty where it is absent */
} StrataAttributionTerm;

struct _StrataAttribution
{
  GObject parent_instance;
  guint n_trials, n_samples, n_measured; /* samples: all, and those that layers were measured with */
  guint n_layers;
  int *ops; /* n_layers */
  char **layer_names;
  double output_signal; /* squares, exact integers, one trial */
  StrataAttributionRuns all, none;
  StrataAttributionTerm terms[STRATA_N_PHYSICS]; /* ranked by strata_attribution_rank () */
  gboolean is_by_accuracy;
};

/* Layers are the matrix ops of @graph; all terms are absent. */
StrataAttribution *
strata_attribution_new (const StrataQGraph *graph, guint n_trials, guint n_samples) G_GNUC_WARN_UNUSED_RESULT;
void strata_attribution_runs_init (const StrataAttribution *self, StrataAttributionRuns *runs);
/* After all runs: those that recover accuracy beyond chance by how much; the others by the share of the
 * output's noise; absent ones last. */
void strata_attribution_rank (StrataAttribution *self);
