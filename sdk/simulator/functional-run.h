/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the functional execution: what is made once, what one inference works on, and the parts that it consists
 * of.
 */
#pragma once

#include "simulator/functional-private.h"

/* Calibration vectors of an op, driver codes */
typedef struct
{
  gint16 *codes;  /* n x k */
  float *weights; /* n: positions that each stands for */
  int n;
} StrataFunctionalVectors;

struct _StrataFunctional
{
  const StrataImage *image;
  StrataFunctionalOptions options;
  StrataConditions *conditions;
  StrataFunctionalPlan plan;
  StrataExecutor **executors; /* per op: of its digital model; NULL: it has none */
  int *n_copies;              /* per op: replicas of its matrix */
  StrataAnalogArray **arrays; /* per tile; NULL: exact */
  StrataScratch *scratch;
  GMutex lock;             /* guards the two below */
  StrataMeasure *measures; /* per op */
  StrataAccuracyRecord *accuracy;
};

/* One inference */
typedef struct
{
  const StrataFunctional *functional;
  guint64 inference;
  gboolean exact;                   /* although there may be arrays */
  StrataFunctionalVectors *vectors; /* calibration: collect here */
  int sample, n_samples;
  StrataFunctionalTensor *tensors;
  gint32 *sums;            /* [position][n] of the op that is under way */
  StrataMeasure *measures; /* per op; NULL: not asked for */
} StrataFunctionalRun;

void strata_functional_run_init (StrataFunctionalRun *run, const StrataFunctional *functional);
void strata_functional_run_finish (StrataFunctionalRun *run);
/* From the network's inputs to its outputs, in the order of the plan */
gboolean strata_functional_run_steps (StrataFunctionalRun *run,
                                      const StrataArray *const *inputs,
                                      GCancellable *cancellable,
                                      GError **error);

/* Makes the output of an op from the products of its tiles, and leaves their sums. */
void strata_functional_multiply (StrataFunctionalRun *run, int op_id);
/* Adds the exact sums of a whole op: [position][output]. */
void strata_functional_add_exact (
  const StrataQGraph *graph, const StrataQOp *op, StrataScratch *scratch, const gint16 *codes, gint32 *sums);

/* Compares the sums of an op, while its input is there. */
void strata_functional_measure_op (StrataFunctionalRun *run, int op_id);
/* Adds what one inference measured to what @functional keeps. */
void strata_functional_keep_measures (StrataFunctional *functional, const StrataMeasure *measures);

/* Room per op for the vectors of all samples: each fills its own part, in whatever order they run. */
void strata_functional_vectors_init (const StrataImage *image, StrataFunctionalVectors *all);
/* Those of an op in a sample, while its input is there */
void strata_functional_vectors_collect (StrataFunctionalRun *run, int op_id);
/* Without samples: codes around the zero point with the spread that quantisation recorded, or any. */
void strata_functional_vectors_invent (const StrataImage *image, guint64 seed, StrataFunctionalVectors *all);
void strata_functional_vectors_clear (StrataFunctionalVectors *vectors);

/* Programs and calibrates the arrays of all tiles. */
gboolean strata_functional_program (StrataFunctional *functional, GError **error);
