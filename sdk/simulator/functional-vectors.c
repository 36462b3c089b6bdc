/* SPDX-License-Identifier: Apache-2.0
 *
 * Input vectors that arrays are calibrated with: those of the samples that the image carries, or invented ones.
 */
#include "simulator/functional-run.h"

#include <math.h>

#include "base/rng.h"
#include "kernels/analog-read.h"
#include "kernels/int-rows.h"

/* Input vectors per layer that converters are calibrated with, over all samples */
#define MAX_VECTORS 512
#define CODE_LO (-128)
#define CODE_HI 127

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

static void
swap (Peak *a, Peak *b)
{
  const Peak other = *a;

  *a = *b;
  *b = other;
}

/* Brings the @n_first that sort first to the front, in any order: parts around a pivot until the border falls between
 * two of them. */
static void
select_first (Peak *peaks, int n, int n_first)
{
  int from = 0, to = n;

  while (to - from > 1)
    {
      int border = from;

      swap (&peaks[from + (to - from) / 2], &peaks[to - 1]);
      for (int i = from; i < to - 1; i++)
        if (compare_peaks (&peaks[i], &peaks[to - 1]) < 0)
          swap (&peaks[i], &peaks[border++]);
      swap (&peaks[border], &peaks[to - 1]);
      if (border == n_first)
        return;
      if (border > n_first)
        to = border;
      else
        from = border + 1;
    }
}

/* The @n_first positions of the largest sums by their magnitude, the largest first */
static Peak *
find_peaks (const gint32 *sums, int n_positions, int n_sums, int n_first)
{
  Peak *peaks = g_new (Peak, n_positions);

  for (int p = 0; p < n_positions; p++)
    peaks[p] = (Peak){ strata_row_largest (sums + (gsize) p * (gsize) n_sums, (gsize) n_sums), p };
  select_first (peaks, n_positions, n_first);
  qsort (peaks, (gsize) n_first, sizeof *peaks, compare_peaks);
  return peaks;
}

/* Of each sample */
static int
n_vectors_of (int n_positions, int n_samples)
{
  return MIN (n_positions, (MAX_VECTORS + n_samples - 1) / n_samples);
}

void
strata_functional_vectors_init (const StrataImage *image, StrataFunctionalVectors *all)
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
void
strata_functional_vectors_collect (StrataFunctionalRun *run, int op_id)
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
  g_autofree Peak *peaks = n_peaks > 0 ? find_peaks (run->sums, n_positions, op->n, n_peaks) : NULL;
  const StrataFunctionalVectors *vectors = &run->vectors[op_id];
  gint16 *codes = vectors->codes + (gsize) (run->sample * n) * (gsize) n_rows;
  float *weights = vectors->weights + run->sample * n;

  for (int i = 0; i < n; i++)
    {
      int position =
        i < n_even ? MIN ((int) ((i + shift) * n_positions / n_even), n_positions - 1) : peaks[i - n_even].position;

      strata_int_gather_one (run->tensors[op->inputs[0]].codes, &window, subtract, zero_point - subtract,
                             position / window.out_width, position % window.out_width, 0, n_rows,
                             codes + (gsize) i * (gsize) n_rows);
      weights[i] = i < n_even ? (float) (n_positions - n_peaks) / (float) n_even : 1;
    }
}

void
strata_functional_vectors_invent (const StrataImage *image, guint64 seed, StrataFunctionalVectors *all)
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

void
strata_functional_vectors_clear (StrataFunctionalVectors *vectors)
{
  g_clear_pointer (&vectors->codes, g_free);
  g_clear_pointer (&vectors->weights, g_free);
}
