/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the compiler share: reference models and data, and a chip of which only what quantisation reads is
 * set.
 */
#pragma once

#include "compiler/stages.h"

typedef struct
{
  char type[4]; /* "f4", "i1", "u1" */
  int n_dims;
  gint64 dims[STRATA_MAX_DIMS], count;
  guint8 *bytes; /* owned */
} Npy;

/* NULL and a skipped test where the reference files are not there. */
const char *shared_folder (void);
Npy *npy_load (const char *path);
void npy_free (Npy *npy);
float *npy_floats (const Npy *npy); /* (transfer full) */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Npy, npy_free)

StrataGraph *load_model (const char *name);
/* input_0 or output_0 of a test data set of a model; NULL: no such set */
float *load_reference (const char *model, int set, const char *which, gint64 *count);
StrataArray *model_input (const StrataGraph *graph, const float *data);

void simple_chip (StrataChipSpec *chip, int slices);
/* n_samples 0: synthetic */
StrataQGraph *quantise_model (const StrataGraph *graph, const float *const *samples, int n_samples, int slices);
float *run_float (const StrataGraph *graph, const float *input);
int argmax (const float *values, gint64 n);
double snr_db (const float *got, const float *expected, gint64 n);
