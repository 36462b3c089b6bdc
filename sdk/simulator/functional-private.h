/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the functional execution: the plan (what an image's instructions come to for values), the tensors of one
 * inference, and the digital operations on them.
 */
#pragma once

#include "base/scratch.h"
#include "kernels/int-vector.h"
#include "model/exec/executor.h"
#include "simulator/analog-array.h"
#include "simulator/simulator.h"

/* A step adds one tile's partial product to its op's sums, or (tile -1) makes the op's output. */
typedef struct
{
  int op, tile;
} StrataFunctionalStep;

typedef struct
{
  StrataFunctionalStep *steps;
  int n_steps;
  int *last_use;  /* per tensor: the last step that reads it; n_steps for outputs of the network */
  int *last_tile; /* per op: the step of its last tile; -1: none */
  int *op_first;  /* n_ops + 1: an op's tiles are op_tiles[op_first[op]] on */
  int *op_tiles;
} StrataFunctionalPlan;

/* Walks the instructions in their order. Errors: STRATA_DEVICE_ERROR_PROGRAM where they do not compute the graph: a
 * tile executed twice or never, an operand that is not there yet. */
gboolean strata_functional_plan_init (StrataFunctionalPlan *plan, const StrataImage *image, GError **error);
void strata_functional_plan_finish (StrataFunctionalPlan *plan);

/* A tensor in memory: codes of I8 and I16, reals of F32, integers of I32. */
typedef struct
{
  gint16 *codes;
  float *reals;
  gint32 *integers;
  StrataScratch *scratch; /* that these come from */
} StrataFunctionalTensor;

/* Positions and outputs of an op */
typedef struct
{
  int position, n_positions, output, n_outputs;
} StrataFunctionalPart;

void strata_functional_tensor_clear (StrataFunctionalTensor *tensor);
void strata_functional_tensor_allocate (const StrataQTensor *info, StrataFunctionalTensor *tensor);

StrataIntWindow strata_functional_window (const StrataQGraph *graph, const StrataQOp *op);

/* Makes the output of @op, whose products are no array's, from its inputs. */
void strata_functional_execute (const StrataQGraph *graph,
                                const StrataQOp *op,
                                int n_threads,
                                StrataFunctionalTensor *tensors);
/* Positions from @first on and outputs from @output on of the output of an MVM op, from the sums [position][n] of all
 * of them */
void strata_functional_finish_part (const StrataQGraph *graph,
                                    const StrataQOp *op,
                                    const StrataFunctionalPart *part,
                                    const gint32 *sums,
                                    StrataFunctionalTensor *out);

/* A DIGITAL op: its model, prepared by strata_executor_new () */
gboolean strata_functional_execute_digital (const StrataQGraph *graph,
                                            const StrataQOp *op,
                                            StrataExecutor *executor,
                                            StrataFunctionalTensor *tensors,
                                            GCancellable *cancellable,
                                            GError **error);

/* Network inputs and outputs */
gboolean strata_functional_read_input (
  const StrataQGraph *graph, int input, const StrataArray *array, StrataFunctionalTensor *tensor, GError **error);
/* [1, channels] for vectors, else [1, channels, height, width]; float, or int8 and int16 codes */
StrataArray *strata_functional_write_output (const StrataQTensor *info, const StrataFunctionalTensor *tensor);
