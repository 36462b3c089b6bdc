/* SPDX-License-Identifier: Apache-2.0
 *
 * What is made once for all inferences: the plan, executors of the digital parts, the programmed arrays. Read-only
 * afterwards but for what is measured.
 */
#include "simulator/functional-run.h"

#include <math.h>

/* A float sums integers exactly below this. */
#define MAX_EXACT (1 << 24)
/* Of one code and another */
#define CODE_SPAN 255

static gboolean
check_graph (const StrataQGraph *graph, GError **error)
{
  if (!graph->weightless)
    return TRUE;
  g_set_error_literal (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED,
                       "program: it was compiled without weights and computes no values, only time, energy and "
                       "heat; " STRATA_WEIGHTS_REMEDY ", and compile that");
  return FALSE;
}

static gboolean
check_chip (const StrataChipSpec *chip, GError **error)
{
  if ((double) chip->rows * MAX (1, chip->summable_tiers) * (strata_chip_levels (chip) - 1) * CODE_SPAN < MAX_EXACT)
    return TRUE;
  g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED,
               "chip %s: a column of %d rows of %d-bit cells sums more than the analog model holds exactly (2^24); run "
               "it with analog off",
               chip->name, chip->rows, chip->cell_bits);
  return FALSE;
}

static gboolean
check_die (const StrataImage *image, const StrataDieState *die, GError **error)
{
  if (die == NULL || strata_chip_spec_covers (image->chip, die->spec->chip)
      || strata_chip_spec_covers (die->spec->chip, image->chip))
    return TRUE;
  g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM,
               "die %s is one of chip %s, and the program was compiled for another, %s; compile it for the die's chip",
               die->spec->serial, die->spec->chip->name, image->chip->name);
  return FALSE;
}

static gboolean
prepare_digital (StrataFunctional *functional, GError **error)
{
  const StrataQGraph *graph = functional->image->graph;

  functional->executors = g_new0 (StrataExecutor *, graph->n_ops + 1);
  for (int i = 0; i < graph->n_ops; i++)
    {
      const StrataQOp *op = &graph->ops[i];

      if (op->kind != STRATA_QOP_DIGITAL)
        continue;
      if (op->digital->graph->n_inputs > op->n_inputs)
        {
          g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM,
                       "program: layer %s: the values of %s are not there, so it can be timed only; compile the model "
                       "with its weights",
                       op->name, op->digital->graph->values[op->digital->graph->inputs[op->n_inputs]].name);
          return FALSE;
        }
      functional->executors[i] = strata_executor_new (op->digital->graph, STRATA_EXECUTOR_DEFAULT, NULL, error);
      if (functional->executors[i] == NULL)
        {
          g_prefix_error (error, "layer %s: ", op->name);
          return FALSE;
        }
    }
  return TRUE;
}

StrataFunctional *
strata_functional_new (const StrataImage *image, const StrataFunctionalOptions *options, GError **error)
{
  g_autoptr (StrataFunctional) functional = NULL;

  g_return_val_if_fail (image != NULL && options != NULL, NULL);
  if (!check_graph (image->graph, error) || !check_die (image, options->die, error)
      || (options->conditions != NULL && !strata_conditions_check (options->conditions, error)))
    return NULL;
  functional = g_new0 (StrataFunctional, 1);
  g_mutex_init (&functional->lock);
  functional->scratch = strata_scratch_new ();
  functional->image = image;
  functional->options = *options;
  functional->conditions = strata_conditions_copy (options->conditions);
  functional->options.conditions = functional->conditions;
  functional->n_copies = g_new0 (int, image->graph->n_ops + 1);
  functional->measures = g_new0 (StrataMeasure, image->graph->n_ops + 1);
  functional->accuracy = g_new (StrataAccuracyRecord, image->graph->n_ops + 1);
  for (int i = 0; i < image->graph->n_ops; i++)
    functional->accuracy[i] = (StrataAccuracyRecord){ i, NAN, NAN, NAN };
  for (int i = 0; i < image->tiles->n_tiles; i++)
    functional->n_copies[image->tiles->tiles[i].op] =
      MAX (functional->n_copies[image->tiles->tiles[i].op], image->tiles->tiles[i].copy + 1);
  if (!strata_functional_plan_init (&functional->plan, image, error) || !prepare_digital (functional, error))
    return NULL;
  if (options->analog != STRATA_ANALOG_OFF
      && (!check_chip (image->chip, error) || !strata_functional_program (functional, error)))
    return NULL;
  functional->options.die = NULL;
  return g_steal_pointer (&functional);
}

const StrataAccuracyRecord *
strata_functional_accuracy (const StrataFunctional *functional)
{
  g_return_val_if_fail (functional != NULL, NULL);
  return functional->accuracy;
}

void
strata_functional_free (StrataFunctional *functional)
{
  if (functional == NULL)
    return;
  for (int i = 0; functional->arrays != NULL && i < functional->image->tiles->n_tiles; i++)
    strata_analog_array_free (functional->arrays[i]);
  for (int i = 0; functional->executors != NULL && i < functional->image->graph->n_ops; i++)
    strata_executor_free (functional->executors[i]);
  strata_conditions_free (functional->conditions);
  strata_functional_plan_finish (&functional->plan);
  g_free (functional->executors);
  strata_scratch_free (functional->scratch);
  g_mutex_clear (&functional->lock);
  g_free (functional->arrays);
  g_free (functional->n_copies);
  g_free (functional->measures);
  g_free (functional->accuracy);
  g_free (functional);
}
