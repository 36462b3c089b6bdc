/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/run.h"

#include "base/rng.h"

static StrataArray *
run_drawn (const StrataImage *image, StrataFunctional *functional, guint64 sample)
{
  const StrataQTensor *in = &image->graph->tensors[image->graph->inputs[0]];
  gint64 dims[] = { 1, in->channels, in->height, in->width };
  g_autoptr (StrataArray) input = strata_array_new (STRATA_DTYPE_I8, 4, dims);
  g_autoptr (GError) error = NULL;
  StrataArray *output = NULL;

  for (gint64 i = 0; i < strata_array_count (input); i++)
    ((gint8 *) input->data)[i] = (gint8) strata_rng_block (strata_rng_key (sample, 5), (guint64) i, 0).word[0];
  strata_functional_run (functional, sample, (const StrataArray *const[]){ input }, &output, NULL, &error);
  g_assert_no_error (error);
  return output;
}

StrataArray *
run_sample_with (const StrataImage *image, const StrataFunctionalOptions *options, guint64 sample)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataFunctional) functional = strata_functional_new (image, options, &error);

  g_assert_no_error (error);
  return run_drawn (image, functional, sample);
}

StrataArray *
run_sample (const StrataImage *image, StrataAnalog analog, guint64 sample, int op, double *snr_db)
{
  const StrataFunctionalOptions options = { analog, 7, snr_db != NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataFunctional) functional = strata_functional_new (image, &options, &error);
  StrataArray *output;

  g_assert_no_error (error);
  output = run_drawn (image, functional, sample);
  if (snr_db != NULL)
    *snr_db = strata_functional_accuracy (functional)[op].snr_db;
  return output;
}
