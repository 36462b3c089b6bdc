/* SPDX-License-Identifier: Apache-2.0
 *
 * Programming of all arrays beside the runs of the calibration samples, then their calibration.
 */
#include "simulator/functional-run.h"

#include "base/parallel.h"
#include "simulator/analog-age.h"

typedef struct
{
  StrataFunctional *functional;
  StrataAnalogSetup setup;
  StrataFunctionalVectors *vectors; /* per op */
  const double *array_c;            /* how warm arrays are; NULL: as the conditions say */
} Programming;

/* As old as @age_s */
static StrataAnalogArray *
program_tile (const Programming *programming, int index, double age_s)
{
  const StrataImage *image = programming->functional->image;
  const StrataTile *tile = &image->tiles->tiles[index];
  const int n_sites = image->chip->n_stacks * image->chip->tiers;
  /* A trial has no placement: arrays are numbered beyond those of the chip. */
  const gboolean placed = image->placement != NULL && tile->array_back == 0;
  /* Cells are numbered from the first of a tile: further tiles of an array draw as arrays beyond those of the chip. */
  const int id = placed ? image->placement->site[index].stack * image->chip->tiers + image->placement->site[index].tier
                        : n_sites + index;
  const StrataQOp *op = &image->graph->ops[tile->op];
  const StrataDieState *state = programming->functional->options.die;
  StrataAnalogSetup setup = programming->setup;
  StrataConditions conditions = *setup.conditions;
  g_autoptr (StrataAnalogDie) die = NULL;

  if (state != NULL && image->placement != NULL)
    setup.die = die = strata_analog_die_new (state, tile, image->placement->site[index]);
  setup.site = image->placement != NULL ? &image->placement->site[index] : NULL;
  setup.age_s = age_s;
  if (programming->array_c != NULL)
    conditions.temperature_c = programming->array_c[setup.site->stack * image->chip->tiers + setup.site->tier];
  setup.conditions = &conditions;
  setup.scratch = programming->functional->scratch;
  return strata_analog_array_new (&setup, op, image->graph->tensors[op->inputs[0]].zero_point, tile, id);
}

static gboolean
calibrate_tile_cb (guint index, gpointer user_data, GError **error)
{
  const Programming *programming = user_data;
  const StrataFunctional *functional = programming->functional;
  const StrataImage *image = functional->image;
  const StrataConditions *conditions = functional->conditions;
  const int op_id = image->tiles->tiles[index].op;
  const StrataQOp *op = &image->graph->ops[op_id];
  const StrataFunctionalVectors *vectors = &programming->vectors[op_id];
  const StrataQTensor *input = &image->graph->tensors[op->inputs[0]];
  /* Where the ranges are guesses from the same samples, these fit what the network computes. */
  const gboolean made_up = !input->guessed && image->sample_origin == STRATA_SAMPLE_ORIGIN_MADE_UP;
  const StrataAnalogVectors inputs = {
    vectors->codes, vectors->n,           (gsize) strata_qop_n_rows (op),
    input->guessed, image->n_calibration, vectors->weights,
    made_up,        input->zero_point,
  };

  strata_analog_array_calibrate (functional->arrays[index], op, &inputs);
  if (conditions->age_s != conditions->calibrated_age_s)
    strata_analog_age_take (functional->arrays[index], program_tile (programming, (int) index, conditions->age_s));
  return TRUE;
}

/* Runs the exact network on a sample of the image. */
static gboolean
gather_vectors (const StrataFunctional *functional, int sample, StrataFunctionalVectors *vectors, GError **error)
{
  const StrataImage *image = functional->image;
  gboolean ok;
  StrataFunctionalRun run;

  strata_functional_run_init (&run, functional);
  run.exact = TRUE;
  run.vectors = vectors;
  run.sample = sample, run.n_samples = image->n_calibration;
  ok = strata_functional_run_steps (&run,
                                    (const StrataArray *const *) image->calibration + sample * image->graph->n_inputs,
                                    functional->options.cancellable, error);
  strata_functional_run_finish (&run);
  if (!ok && !g_cancellable_is_cancelled (functional->options.cancellable))
    g_prefix_error (error, "calibration sample %d: ", sample);
  return ok;
}

/* Calibration samples first, for they take longest, and all arrays: they are independent. */
static gboolean
prepare_cb (guint index, gpointer user_data, GError **error)
{
  const Programming *programming = user_data;
  StrataFunctional *functional = programming->functional;
  const int n_samples = functional->image->n_calibration;

  if ((int) index < n_samples)
    return gather_vectors (functional, (int) index, programming->vectors, error);
  index -= (guint) n_samples;
  functional->arrays[index] = program_tile (programming, (int) index, functional->conditions->calibrated_age_s);
  return TRUE;
}

/* Of arrays at work: of @functional's modelled run, or of @own, which is run for it. Exact arrays have no temperature.
 */
static gboolean
find_warmth (const StrataFunctional *functional, StrataModelled **own, const double **array_c, GError **error)
{
  const StrataImage *image = functional->image;
  const StrataModelled *modelled = functional->options.modelled;
  double coolest_c, hottest_c;

  if (!strata_conditions_is_at_work (functional->conditions) || functional->options.analog <= STRATA_ANALOG_IDEAL)
    return TRUE;
  if (image->placement == NULL)
    {
      g_set_error_literal (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED,
                           "temperature: arrays that are not placed have none at work; give one such as 55degC");
      return FALSE;
    }
  if (modelled == NULL)
    modelled = *own =
      strata_model_run (image, image->limits.max_interval_ps, FALSE, functional->options.cancellable, error);
  if (modelled == NULL || !strata_modelled_array_range (image, modelled, &coolest_c, &hottest_c, error))
    return FALSE;
  *array_c = modelled->array_c;
  return TRUE;
}

gboolean
strata_functional_program (StrataFunctional *functional, GError **error)
{
  const StrataImage *image = functional->image;
  const guint n_tiles = (guint) image->tiles->n_tiles, n_samples = (guint) image->n_calibration;
  StrataFunctionalVectors *vectors = g_new0 (StrataFunctionalVectors, image->graph->n_ops + 1);
  Programming programming = { functional,
                              { image->chip, functional->options.analog, functional->options.seed,
                                functional->options.without, functional->conditions },
                              vectors,
                              NULL };
  GCancellable *cancellable = functional->options.cancellable;
  StrataModelled *own = NULL;
  gboolean ok;

  functional->arrays = g_new0 (StrataAnalogArray *, n_tiles + 1);
  if (n_samples > 0)
    strata_functional_vectors_init (image, vectors);
  else
    strata_functional_vectors_invent (image, functional->options.seed, vectors);
  ok = find_warmth (functional, &own, &programming.array_c, error)
       && strata_parallel_for (n_samples + n_tiles, 0, prepare_cb, &programming, cancellable, error)
       && strata_parallel_for (n_tiles, 0, calibrate_tile_cb, &programming, cancellable, error);
  functional->options.cancellable = NULL;
  functional->options.modelled = NULL;
  strata_modelled_free (own);
  for (int i = 0; i < image->graph->n_ops; i++)
    strata_functional_vectors_clear (&vectors[i]);
  g_free (vectors);
  return ok;
}
