/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of weightless constants, drawn from a seed. An element is a pure function of (seed, name of the value, index):
 * any part can be made alone, in any order, on any thread. Normal deviates are the same on one ISA (rng.h).
 */
#pragma once

#include "model/arch/layers.h"

/* Elements @first … @first + @n - 1 of the float32 constant @name */
void strata_fill_draw (const StrataFill *fill, guint64 seed, const char *name, gint64 first, gsize n, float *out);

typedef struct
{
  const StrataGraph *graph;
  const GArray *fills; /* StrataFill per value, of strata_layers_finish () */
  guint64 seed;
} StrataFillSource;

/* A StrataOnnxWeightsFunc over a StrataFillSource */
gboolean strata_fill_make (int value, gint64 first, gsize n, void *out, gpointer weights, GError **error);
