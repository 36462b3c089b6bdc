/* SPDX-License-Identifier: Apache-2.0
 *
 * A graph as an ONNX file: the counterpart of the importer. Weights stream, from the graph's bytes or from a function,
 * a megabyte at a time. Every initialiser lies in the file such that a reader that maps it needs no copy.
 */
#pragma once

#include "model/graph.h"

/* Elements @first … @first + @n - 1 of the weightless constant @value, to @out, as they lie in the file. */
typedef gboolean (*StrataOnnxWeightsFunc) (
  int value, gint64 first, gsize n, void *out, gpointer user_data, GError **error);
typedef void (*StrataOnnxProgressFunc) (double fraction, gpointer user_data);

typedef struct
{
  gboolean external;             /* weights to NAME.data beside NAME.onnx, whatever their size */
  gboolean value_info;           /* shapes of inner values too */
  guint64 max_embedded;          /* above so many bytes of file weights are external; 0: 2 GB, protobuf's limit */
  const char *producer_name;     /* NULL: "strata" */
  const char *graph_name;        /* NULL: from the path */
  StrataOnnxWeightsFunc weights; /* NULL: a weightless constant is refused */
  gpointer weights_data;
  StrataOnnxProgressFunc progress; /* may be NULL */
  gpointer progress_data;
} StrataOnnxWriteOptions;

/* Writes @graph to @path under another name, which it loses when all is written; a failure or @cancellable leaves
 * nothing. @options may be NULL. Blocking. Errors: G_IO_ERROR; STRATA_IMPORT_ERROR where the graph cannot be said in
 * ONNX; those of the weights function. */
gboolean strata_onnx_write (const StrataGraph *graph,
                            const char *path,
                            const StrataOnnxWriteOptions *options,
                            GCancellable *cancellable,
                            GError **error);
/* The same in memory, weights included. Errors: STRATA_IMPORT_ERROR; those of the weights function. */
GBytes *strata_onnx_write_bytes (const StrataGraph *graph,
                                 const StrataOnnxWriteOptions *options,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
