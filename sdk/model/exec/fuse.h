/* SPDX-License-Identifier: Apache-2.0
 *
 * What a dense step takes in of the nodes behind it: a scale and an offset per channel, then functions of one element
 * and one addition.
 */
#pragma once

#include "model/exec/plan.h"

#define STRATA_FUSION_POSTS 4

typedef struct
{
  int value; /* that the step computes */
  int axis;  /* of its channels */
  gint64 n_channels;
  double *scale, *offset;
  int addend; /* value that is added, -1: none */
  StrataFloatPost posts[STRATA_FUSION_POSTS];
  int n_posts;
  GArray *nodes; /* of the graph, in order, the first included */
} StrataFusion;

/* Of node @node alone, whose output has channels along @axis. Ends with _finish, whatever happens. */
void strata_fusion_init (StrataFusion *fusion, const StrataPlan *plan, int node, int axis);
void strata_fusion_finish (StrataFusion *fusion);
/* Takes in what follows, as long as it can. @max_posts: of functions and additions */
void strata_fusion_grow (StrataFusion *fusion, const StrataPlan *plan, int max_posts);
/* Takes in a function that is written as nodes of which two read the value: x Sigmoid (x), and Gelu by Erf. */
gboolean strata_fusion_take_twice (StrataFusion *fusion, const StrataPlan *plan);
/* Scale and offset of a BatchNormalization with constant parameters after what there is. FALSE: its parameters are not
 * constant */
gboolean strata_fusion_normalise (StrataFusion *fusion, const StrataPlan *plan, const StrataNode *node);
/* @operand as one number per channel of @value; NULL: it is none, or not constant */
double *strata_fusion_vector (const StrataPlan *plan, int operand, int value, int axis) G_GNUC_WARN_UNUSED_RESULT;
