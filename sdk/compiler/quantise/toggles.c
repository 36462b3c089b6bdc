/* SPDX-License-Identifier: Apache-2.0
 *
 * Shares of codes from a histogram of reals, what lies outside of the plane added as the zero point, and the toggles of
 * cost/toggles.h of it. A bin counts as its middle: where the range is that of the samples a code has eight bins.
 */
#include "compiler/quantise/toggles.h"

#include <math.h>

#include "cost/toggles.h"
#include "kernels/analog-read.h"

#define CODE_LOWEST -128
#define INPUT_BITS 8

/* Of a window's @n_taps along one side at @n_out places, how many fall on the plane of @n_in */
static double
inside_share (int n_out, int n_taps, int stride, int dilation, int pad, int n_in)
{
  gint64 n_inside = 0;

  for (int tap = 0; tap < n_taps; tap++)
    for (int i = 0; i < n_out; i++)
      {
        gint64 at = (gint64) i * stride + (gint64) tap * dilation - pad;

        n_inside += at >= 0 && at < n_in;
      }
  return (double) n_inside / ((double) n_out * n_taps);
}

/* FALSE where none were counted */
static gboolean
share_codes (const StrataTensorStats *stats, const StrataQTensor *input, double *shares)
{
  double width = (stats->max - stats->min) / STRATA_HISTOGRAM_BINS;
  gint64 count = 0;

  for (int b = 0; b < STRATA_HISTOGRAM_BINS; b++)
    count += stats->histogram[b];
  for (int b = 0; b < STRATA_HISTOGRAM_BINS && count > 0; b++)
    {
      double code = rint ((stats->min + (b + 0.5) * width) / input->scale) + input->zero_point;

      shares[(int) CLAMP (code, CODE_LOWEST, CODE_LOWEST + STRATA_N_CODES - 1) - CODE_LOWEST] +=
        (double) stats->histogram[b] / (double) count;
    }
  return count > 0;
}

void
strata_quantise_toggles (const StrataTensorStats *stats,
                         const StrataChipSpec *chip,
                         const StrataQTensor *input,
                         const StrataQTensor *out,
                         StrataQOp *q)
{
  const StrataWindow *w = &q->window;
  double shares[STRATA_N_CODES] = { 0 }, inside, following, repeated;

  if (stats->histogram == NULL || stats->is_open || chip->input_bits < INPUT_BITS
      || !share_codes (stats, input, shares))
    return;
  inside = inside_share (out->height, w->kernel_h, w->stride_h, w->dilation_h, w->pad_top, input->height)
           * inside_share (out->width, w->kernel_w, w->stride_w, w->dilation_w, w->pad_left, input->width);
  for (int i = 0; i < STRATA_N_CODES; i++)
    shares[i] *= inside;
  shares[input->zero_point - CODE_LOWEST] += 1 - inside;
  strata_cost_toggles (chip, shares, CODE_LOWEST - strata_analog_subtract (input->zero_point), &following, &repeated);
  q->x_toggles = (int) CLAMP (rint (following * STRATA_TOGGLES), 1, STRATA_TOGGLES);
  q->x_repeats = (int) CLAMP (rint (repeated * STRATA_TOGGLES), 1, STRATA_TOGGLES);
}
