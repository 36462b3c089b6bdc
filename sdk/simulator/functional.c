/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of one inference: the plan's steps in order, exact or through the programmed arrays. Everything random is
 * keyed by seed, inference, array, position and column, so that results depend neither on threads nor on the order of
 * inferences.
 */
#include "simulator/functional-private.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "base/rng.h"
#include "kernels/analog-read.h"
#include "simulator/analog-age.h"

/* Output positions gathered at once */
#define CHUNK 256
/* Input vectors per layer that converters are calibrated with, over all samples */
#define MAX_VECTORS 512
/* A float sums integers exactly below this. */
#define MAX_EXACT (1 << 24)
#define CODE_LO (-128)
#define CODE_HI 127

/* Calibration vectors of an op, driver codes */
typedef struct
{
  gint16 *codes;  /* n x k */
  float *weights; /* n: positions that each stands for */
  int n;
} Vectors;

struct _StrataFunctional
{
  const StrataImage *image;
  StrataFunctionalOptions options;
  StrataConditions *conditions;
  StrataFunctionalPlan plan;
  StrataExecutor **executors; /* per op: of its digital model; NULL: it has none */
  int *n_copies;              /* per op: replicas of its matrix */
  StrataAnalogArray **arrays; /* per tile; NULL: exact */
  GMutex lock;                /* guards the two below */
  StrataMeasure *measures;    /* per op */
  StrataAccuracyRecord *accuracy;
};

/* One inference */
typedef struct
{
  const StrataFunctional *functional;
  guint64 inference;
  gboolean exact;   /* although there may be arrays */
  Vectors *vectors; /* calibration: collect here */
  int sample, n_samples;
  StrataFunctionalTensor *tensors;
  gint32 **sums;           /* per op */
  gint64 *n_clipped;       /* per op */
  StrataMeasure *measures; /* per op; NULL: not asked for */
} Run;

/* --- products --- */

/* A block of an op's matrix, or several groups on a diagonal, and the output rows that one copy makes */
typedef struct
{
  int row0, n_rows, col0, n_cols;
  int n_groups;  /* of n_rows / n_groups x n_cols / n_groups each; 1: the whole block */
  int first_row; /* of the vector of all that the window sees */
  int first_y, step_y;
} Block;

static Block
block_of (const StrataTile *tile, const StrataQOp *op, int n_copies)
{
  return (Block){ .row0 = tile->row0,
                  .n_rows = tile->n_rows,
                  .col0 = tile->col0,
                  .n_cols = tile->n_cols,
                  .n_groups = MAX (1, tile->n_groups),
                  .first_row = strata_tile_first_row (tile, op),
                  .first_y = tile->copy,
                  .step_y = n_copies };
}

/* Gathers whole output rows from *y on, up to CHUNK positions and at least one row; advances *y. */
static int
gather_chunk (const gint16 *codes,
              const StrataIntWindow *window,
              const Block *block,
              int subtract,
              int fill,
              int *y,
              gint16 *out,
              int *positions)
{
  int n = 0;

  for (; *y < window->out_height && (n == 0 || n + window->out_width <= CHUNK); *y += block->step_y)
    {
      strata_int_gather (codes, window, subtract, fill, *y, block->first_row, block->n_rows,
                         out + (gsize) n * (gsize) block->n_rows);
      for (int x = 0; x < window->out_width; x++)
        positions[n++] = *y * window->out_width + x;
    }
  return n;
}

static void
add_exact (const StrataQGraph *graph, const StrataQOp *op, const Block *block, const gint16 *codes, gint32 *sums)
{
  const StrataIntWindow window = strata_functional_window (graph, op);
  const int zero_point = graph->tensors[op->inputs[0]].zero_point, room = CHUNK + window.out_width;
  g_autofree gint16 *rows = g_new (gint16, (gsize) room * (gsize) block->n_rows);
  g_autofree int *positions = g_new (int, room);
  const int n_rows = block->n_rows / block->n_groups, n_cols = block->n_cols / block->n_groups;

  for (int y = block->first_y; y < window.out_height;)
    {
      int n = gather_chunk (codes, &window, block, zero_point, 0, &y, rows, positions);
      int at_once = block->step_y == 1 ? n : window.out_width;

      for (int i = 0; i < n; i += at_once)
        for (int g = 0, col = block->col0; g < block->n_groups; g++, col += n_cols)
          strata_int_dot (rows + (gsize) i * (gsize) block->n_rows + g * n_rows, at_once, (gsize) block->n_rows,
                          op->weights + (gsize) col * (gsize) op->k + block->row0, n_cols, (gsize) op->k, n_rows,
                          sums + (gsize) positions[i] * (gsize) op->n + col, (gsize) op->n);
    }
}

/* Readings of a tile, chunk by chunk: each writes the sums of positions of its own. */
typedef struct
{
  const Run *run;
  const StrataAnalogArray *array;
  const Block *block;
  StrataIntWindow window;
  const gint16 *codes;
  int fill, rows_at_once;
  gint32 *sums;
  gsize ld_sums;
  gint64 *n_clipped, *n_conversions; /* per chunk */
} Reading;

static gboolean
read_chunk_cb (guint index, gpointer user_data, GError **error)
{
  const Reading *reading = user_data;
  const StrataAnalogArray *array = reading->array;
  const int room = CHUNK + reading->window.out_width;
  g_autofree gint16 *rows = g_new (gint16, (gsize) room * (gsize) reading->block->n_rows);
  g_autofree int *positions = g_new (int, room);
  int y = reading->block->first_y + (int) index * reading->rows_at_once * reading->block->step_y;
  StrataIntWindow window = reading->window;
  StrataAnalogInputs inputs = { rows, positions, 0 };

  window.out_height = MIN (window.out_height, y + reading->rows_at_once * reading->block->step_y);
  inputs.n =
    gather_chunk (reading->codes, &window, reading->block, array->subtract, reading->fill, &y, rows, positions);
  reading->n_clipped[index] =
    strata_analog_array_read (array, &inputs, reading->run->inference, reading->sums, reading->ld_sums);
  reading->n_conversions[index] = (gint64) inputs.n * array->n_columns * array->n_reads * array->n_phases;
  return TRUE;
}

static void
add_analog (Run *run, int op_id, int tile, const Block *block, const gint16 *codes, gint32 *sums)
{
  const StrataQGraph *graph = run->functional->image->graph;
  const StrataQOp *op = &graph->ops[op_id];
  const StrataAnalogArray *array = run->functional->arrays[tile];
  const StrataIntWindow window = strata_functional_window (graph, op);
  const int n_rows = (window.out_height - block->first_y + block->step_y - 1) / block->step_y;
  /* as many chunks as threads, where that is more than the room asks for */
  const int n_threads = run->functional->options.spread ? (int) g_get_num_processors () : 1;
  const int rows_at_once = CLAMP ((n_rows + n_threads - 1) / n_threads, 1, MAX (1, CHUNK / window.out_width));
  const int n_chunks = MAX (0, (n_rows + rows_at_once - 1) / rows_at_once);
  g_autofree gint64 *counts = g_new0 (gint64, 2 * n_chunks + 1);
  /* Padding stands for zero, whose code is the zero point. */
  Reading reading = { .run = run,
                      .array = array,
                      .block = block,
                      .window = window,
                      .codes = codes,
                      .fill = graph->tensors[op->inputs[0]].zero_point - array->subtract,
                      .rows_at_once = rows_at_once,
                      .sums = sums,
                      .ld_sums = (gsize) op->n,
                      .n_clipped = counts,
                      .n_conversions = counts + n_chunks };

  strata_parallel_for ((guint) n_chunks, (guint) n_threads, read_chunk_cb, &reading, NULL, NULL);
  for (int i = 0; i < n_chunks; i++)
    {
      run->n_clipped[op_id] += reading.n_clipped[i];
      if (run->measures != NULL)
        run->measures[op_id].n_conversions += reading.n_conversions[i];
    }
}

static void
add_tile (Run *run, const StrataFunctionalStep *step)
{
  const StrataFunctional *functional = run->functional;
  const StrataQGraph *graph = functional->image->graph;
  const StrataQOp *op = &graph->ops[step->op];
  const StrataTile *tile = &functional->image->tiles->tiles[step->tile];
  const Block block = block_of (tile, op, functional->n_copies[step->op]);
  const gint16 *codes = run->tensors[op->inputs[0]].codes;
  const StrataQTensor *out = &graph->tensors[op->output];

  if (run->sums[step->op] == NULL)
    run->sums[step->op] = g_new0 (gint32, (gsize) out->height * (gsize) out->width * (gsize) op->n);
  if (run->exact || functional->arrays == NULL)
    add_exact (graph, op, &block, codes, run->sums[step->op]);
  else
    add_analog (run, step->op, step->tile, &block, codes, run->sums[step->op]);
}

/* --- measuring --- */

static void
measure_op (Run *run, int op_id)
{
  const StrataQGraph *graph = run->functional->image->graph;
  const StrataQOp *op = &graph->ops[op_id];
  const StrataQTensor *out = &graph->tensors[op->output];
  const Block whole = { 0, strata_qop_n_rows (op), 0, op->n, MAX (1, op->window.groups), 0, 0, 1 };
  gsize n_positions = (gsize) out->height * (gsize) out->width;
  g_autofree gint32 *exact = g_new0 (gint32, n_positions * (gsize) op->n);
  StrataMeasure *measure = &run->measures[op_id];

  add_exact (graph, op, &whole, run->tensors[op->inputs[0]].codes, exact);
  for (gsize p = 0; p < n_positions; p++)
    for (int j = 0; j < op->n; j++)
      {
        gsize i = p * (gsize) op->n + (gsize) j;
        double error = (double) run->sums[op_id][i] - exact[i];

        measure->signal += (double) exact[i] * exact[i];
        measure->error += error * error;
        measure->largest = MAX (measure->largest, fabs (error * op->multiplier[j]));
      }
  measure->n_clipped += run->n_clipped[op_id];
}

void
strata_measure_add (StrataMeasure *measure, const StrataMeasure *more)
{
  measure->signal += more->signal, measure->error += more->error;
  measure->largest = MAX (measure->largest, more->largest);
  measure->n_clipped += more->n_clipped, measure->n_conversions += more->n_conversions;
}

double
strata_measure_snr_db (const StrataMeasure *measure)
{
  return measure->error > 0 ? 10 * log10 (measure->signal / measure->error) : INFINITY;
}

static void
keep_measures (StrataFunctional *functional, const StrataMeasure *measures)
{
  g_mutex_lock (&functional->lock);
  for (int i = 0; i < functional->image->graph->n_ops; i++)
    {
      StrataMeasure *m = &functional->measures[i];

      if (measures[i].n_conversions == 0)
        continue;
      strata_measure_add (m, &measures[i]);
      functional->accuracy[i].snr_db = strata_measure_snr_db (m);
      functional->accuracy[i].clip_fraction = (double) m->n_clipped / (double) m->n_conversions;
      functional->accuracy[i].max_abs_error = m->largest;
    }
  g_mutex_unlock (&functional->lock);
}

/* --- calibration vectors --- */

typedef struct
{
  gint32 peak;
  int position;
} Peak;

static int
compare_peaks (gconstpointer a, gconstpointer b)
{
  const Peak *x = a, *y = b;

  if (x->peak != y->peak)
    return x->peak > y->peak ? -1 : 1;
  return x->position - y->position;
}

/* Positions by the magnitude of their largest sum, the largest first */
static Peak *
sort_positions (const gint32 *sums, int n_positions, int n_sums)
{
  Peak *peaks = g_new (Peak, n_positions);

  for (int p = 0; p < n_positions; p++)
    {
      peaks[p] = (Peak){ 0, p };
      for (int j = 0; j < n_sums; j++)
        peaks[p].peak = MAX (peaks[p].peak, ABS (sums[(gsize) p * (gsize) n_sums + (gsize) j]));
    }
  qsort (peaks, (gsize) n_positions, sizeof *peaks, compare_peaks);
  return peaks;
}

/* Of each sample */
static int
n_vectors_of (int n_positions, int n_samples)
{
  return MIN (n_positions, (MAX_VECTORS + n_samples - 1) / n_samples);
}

/* Room for the vectors of all samples: each fills its own part, in whatever order they run. */
static void
make_room (const StrataImage *image, Vectors *all)
{
  for (int i = 0; i < image->graph->n_ops; i++)
    {
      const StrataQOp *op = &image->graph->ops[i];
      StrataIntWindow window;

      if (op->kind != STRATA_QOP_MVM)
        continue;
      window = strata_functional_window (image->graph, op);
      all[i].n = n_vectors_of (window.out_height * window.out_width, image->n_calibration) * image->n_calibration;
      all[i].codes = g_new (gint16, (gsize) all[i].n * (gsize) strata_qop_n_rows (op));
      all[i].weights = g_new (float, all[i].n);
    }
}

/* Positions evenly over the plane, and those of the largest sums, which converters clip first. */
static void
collect_vectors (Run *run, int op_id)
{
  const StrataQGraph *graph = run->functional->image->graph;
  const StrataQOp *op = &graph->ops[op_id];
  const StrataIntWindow window = strata_functional_window (graph, op);
  const int zero_point = graph->tensors[op->inputs[0]].zero_point, subtract = strata_analog_subtract (zero_point);
  const int n_positions = window.out_height * window.out_width;
  const int n = n_vectors_of (n_positions, run->n_samples);
  const int n_peaks = n < n_positions ? n / 4 : 0, n_even = n - n_peaks;
  /* Another part of the plane for each sample: steps of the golden section */
  const double shift = fmod (0.5 + run->sample * 0.6180339887, 1.0);
  const int n_rows = strata_qop_n_rows (op);
  g_autofree gint16 *row = g_new (gint16, (gsize) window.out_width * (gsize) n_rows);
  g_autofree Peak *peaks = n_peaks > 0 ? sort_positions (run->sums[op_id], n_positions, op->n) : NULL;
  const Vectors *vectors = &run->vectors[op_id];
  gint16 *codes = vectors->codes + (gsize) (run->sample * n) * (gsize) n_rows;
  float *weights = vectors->weights + run->sample * n;

  for (int i = 0, last_y = -1; i < n; i++)
    {
      int position =
        i < n_even ? MIN ((int) ((i + shift) * n_positions / n_even), n_positions - 1) : peaks[i - n_even].position;
      int y = position / window.out_width, x = position % window.out_width;

      if (y != last_y)
        strata_int_gather (run->tensors[op->inputs[0]].codes, &window, subtract, zero_point - subtract, y, 0, n_rows,
                           row);
      last_y = y;
      memcpy (codes + (gsize) i * (gsize) n_rows, row + (gsize) x * (gsize) n_rows, sizeof (gint16) * (gsize) n_rows);
      weights[i] = i < n_even ? (float) (n_positions - n_peaks) / (float) n_even : 1;
    }
}

/* --- one inference --- */

static gboolean
execute_step (Run *run, int index, GCancellable *cancellable, GError **error)
{
  const StrataFunctional *functional = run->functional;
  const StrataFunctionalStep *step = &functional->plan.steps[index];
  const StrataQGraph *graph = functional->image->graph;
  const StrataQOp *op = &graph->ops[step->op];

  if (step->tile >= 0)
    {
      add_tile (run, step);
      /* The input may be gone when the op's own step comes. */
      if (run->measures != NULL && functional->plan.last_tile[step->op] == index)
        measure_op (run, step->op);
      if (run->vectors != NULL && functional->plan.last_tile[step->op] == index)
        collect_vectors (run, step->op);
    }
  else if (op->kind == STRATA_QOP_DIGITAL)
    {
      if (!strata_functional_execute_digital (graph, op, functional->executors[step->op], run->tensors, cancellable,
                                              error))
        return FALSE;
    }
  else
    {
      strata_functional_execute (graph, op, run->sums[step->op], run->tensors);
      g_clear_pointer (&run->sums[step->op], g_free);
    }
  for (int i = 0; i < op->n_inputs; i++)
    if (functional->plan.last_use[op->inputs[i]] == index)
      strata_functional_tensor_clear (&run->tensors[op->inputs[i]]);
  return TRUE;
}

static void
run_init (Run *run, const StrataFunctional *functional)
{
  const StrataQGraph *graph = functional->image->graph;

  *run = (Run){ .functional = functional };
  run->tensors = g_new0 (StrataFunctionalTensor, graph->n_tensors);
  run->sums = g_new0 (gint32 *, graph->n_ops + 1);
  run->n_clipped = g_new0 (gint64, graph->n_ops + 1);
}

static void
run_finish (Run *run)
{
  const StrataQGraph *graph = run->functional->image->graph;

  for (int i = 0; i < graph->n_tensors; i++)
    strata_functional_tensor_clear (&run->tensors[i]);
  for (int i = 0; i < graph->n_ops; i++)
    g_free (run->sums[i]);
  g_free (run->tensors);
  g_free (run->sums);
  g_free (run->n_clipped);
}

static gboolean
run_steps (Run *run, const StrataArray *const *inputs, GCancellable *cancellable, GError **error)
{
  const StrataFunctional *functional = run->functional;

  for (int i = 0; i < functional->image->graph->n_inputs; i++)
    if (!strata_functional_read_input (functional->image->graph, i, inputs[i],
                                       &run->tensors[functional->image->graph->inputs[i]], error))
      return FALSE;
  for (int i = 0; i < functional->plan.n_steps; i++)
    if (g_cancellable_set_error_if_cancelled (cancellable, error) || !execute_step (run, i, cancellable, error))
      return FALSE;
  return TRUE;
}

gboolean
strata_functional_measure (const StrataFunctional *functional,
                           guint64 inference,
                           const StrataArray *const *inputs,
                           StrataArray **outputs,
                           StrataMeasure *measures,
                           GCancellable *cancellable,
                           GError **error)
{
  const StrataQGraph *graph;
  gboolean ok;
  Run run;

  g_return_val_if_fail (functional != NULL && inputs != NULL && outputs != NULL, FALSE);
  graph = functional->image->graph;
  run_init (&run, functional);
  run.inference = inference;
  run.measures = functional->arrays != NULL ? measures : NULL;
  ok = run_steps (&run, inputs, cancellable, error);
  for (int i = 0; ok && i < graph->n_outputs; i++)
    outputs[i] = strata_functional_write_output (&graph->tensors[graph->outputs[i]], &run.tensors[graph->outputs[i]]);
  run_finish (&run);
  return ok;
}

gboolean
strata_functional_run (StrataFunctional *functional,
                       guint64 inference,
                       const StrataArray *const *inputs,
                       StrataArray **outputs,
                       GCancellable *cancellable,
                       GError **error)
{
  g_autofree StrataMeasure *measures = NULL;

  g_return_val_if_fail (functional != NULL, FALSE);
  if (functional->options.measure && functional->arrays != NULL)
    measures = g_new0 (StrataMeasure, functional->image->graph->n_ops + 1);
  if (!strata_functional_measure (functional, inference, inputs, outputs, measures, cancellable, error))
    return FALSE;
  if (measures != NULL)
    keep_measures (functional, measures);
  return TRUE;
}

/* --- programming and calibration --- */

typedef struct
{
  StrataFunctional *functional;
  StrataAnalogSetup setup;
  Vectors *vectors; /* per op */
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
  g_autoptr (StrataAnalogDie) die = NULL;

  if (state != NULL && image->placement != NULL)
    setup.die = die = strata_analog_die_new (state, tile, image->placement->site[index]);
  setup.site = image->placement != NULL ? &image->placement->site[index] : NULL;
  setup.age_s = age_s;
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
  const Vectors *vectors = &programming->vectors[op_id];
  const StrataAnalogVectors inputs = {
    vectors->codes,
    vectors->n,
    (gsize) strata_qop_n_rows (op),
    image->graph->tensors[op->inputs[0]].guessed,
    image->n_calibration,
    vectors->weights,
  };

  strata_analog_array_calibrate (functional->arrays[index], op, &inputs);
  if (conditions->age_s != conditions->calibrated_age_s)
    strata_analog_age_take (functional->arrays[index], program_tile (programming, (int) index, conditions->age_s));
  return TRUE;
}

/* Without samples: codes around the zero point with the spread that quantisation recorded, or any. */
static void
invent_vectors (const StrataImage *image, guint64 seed, Vectors *all)
{
  for (int i = 0; i < image->graph->n_ops; i++)
    {
      const StrataQOp *op = &image->graph->ops[i];
      const int zero_point = op->kind == STRATA_QOP_MVM ? image->graph->tensors[op->inputs[0]].zero_point : 0;
      const StrataRngKey key = strata_rng_key (seed, (guint64) i << 8 | STRATA_ANALOG_STREAM_CALIBRATE);
      const int n_rows = strata_qop_n_rows (op);
      g_autofree float *z = NULL;

      if (op->kind != STRATA_QOP_MVM)
        continue;
      z = g_new (float, n_rows);
      all[i].n = MAX_VECTORS / 4;
      all[i].codes = g_new (gint16, (gsize) all[i].n * (gsize) n_rows);
      for (int v = 0; v < all[i].n; v++)
        {
          strata_rng_normal (key, (guint64) v, z, (gsize) n_rows);
          for (int k = 0; k < n_rows; k++)
            {
              int spread = op->x_rms > 0 ? op->x_rms : (CODE_HI - CODE_LO) / 4;
              int code = zero_point + (int) lrintf (z[k] * (float) spread);

              all[i].codes[(gsize) v * (gsize) n_rows + (gsize) k] =
                (gint16) (CLAMP (code, CODE_LO, CODE_HI) - strata_analog_subtract (zero_point));
            }
        }
    }
}

/* Runs the exact network on a sample of the image. */
static gboolean
gather_vectors (const StrataFunctional *functional, int sample, Vectors *vectors, GError **error)
{
  const StrataImage *image = functional->image;
  gboolean ok;
  Run run;

  run_init (&run, functional);
  run.exact = TRUE;
  run.vectors = vectors;
  run.sample = sample, run.n_samples = image->n_calibration;
  ok = run_steps (&run, (const StrataArray *const *) image->calibration + sample * image->graph->n_inputs, NULL, error);
  run_finish (&run);
  if (!ok)
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

static gboolean
program_arrays (StrataFunctional *functional, GError **error)
{
  const StrataImage *image = functional->image;
  const guint n_tiles = (guint) image->tiles->n_tiles, n_samples = (guint) image->n_calibration;
  Vectors *vectors = g_new0 (Vectors, image->graph->n_ops + 1);
  Programming programming = { functional,
                              { image->chip, functional->options.analog, functional->options.seed,
                                functional->options.without, functional->conditions },
                              vectors };
  gboolean ok;

  functional->arrays = g_new0 (StrataAnalogArray *, n_tiles + 1);
  if (n_samples > 0)
    make_room (image, vectors);
  else
    invent_vectors (image, functional->options.seed, vectors);
  ok = strata_parallel_for (n_samples + n_tiles, 0, prepare_cb, &programming, NULL, error)
       && strata_parallel_for (n_tiles, 0, calibrate_tile_cb, &programming, NULL, error);
  for (int i = 0; i < image->graph->n_ops; i++)
    {
      g_free (vectors[i].codes);
      g_free (vectors[i].weights);
    }
  g_free (vectors);
  return ok;
}

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
  if ((double) chip->rows * MAX (1, chip->summable_tiers) * (strata_chip_levels (chip) - 1) * (CODE_HI - CODE_LO)
      < MAX_EXACT)
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
  if (options->analog != STRATA_ANALOG_OFF && (!check_chip (image->chip, error) || !program_arrays (functional, error)))
    return NULL;
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
  g_mutex_clear (&functional->lock);
  g_free (functional->arrays);
  g_free (functional->n_copies);
  g_free (functional->measures);
  g_free (functional->accuracy);
  g_free (functional);
}
