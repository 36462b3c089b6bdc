/* SPDX-License-Identifier: Apache-2.0
 *
 * What the rules and executors of DFT and STFT share.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  int axis;      /* of the signal */
  gint64 length; /* of the transform; a longer signal is cut, a shorter one filled with zeroes */
  gboolean half; /* of the spectrum is there, as that of a real signal; an inverse then gives a real one */
} StrataDft;

/* Opset 20 moved the axis from an attribute to an input. */
gboolean strata_node_dft (const StrataGraph *graph, const StrataNode *node, StrataDft *dft, GError **error);

typedef struct
{
  gint64 step, length, n; /* of the frames */
} StrataFrames;

gboolean strata_node_frames (const StrataGraph *graph, const StrataNode *node, StrataFrames *frames, GError **error);
