/* SPDX-License-Identifier: Apache-2.0
 *
 * A small network on a small chip, made by hand, for the tests of values: convolutions split over rows and columns of
 * arrays, replicas, a depthwise convolution, addition, pools, dense layer, softmax. And an interpreter of quantised
 * graphs that follows program/qgraph.h word by word and shares no code with the simulator.
 */
#pragma once

#include "simulator/simulator.h"

typedef struct
{
  StrataImage image;
  StrataChipSpec chip;
  StrataQGraph graph;
  StrataTileSet tiles;
  StrataPlacement placement;
  StrataSchedule schedule;
  StrataArena *arena;
  GArray *tensors, *ops, *tile, *instructions, *sites;
  guint64 random;
} FunctionalFixture;

/* A chip of 64 x 32 arrays of 4-bit cells, two slices, nominal constants of hardware-facts 10.1 */
FunctionalFixture *functional_fixture_new (void);
void functional_fixture_free (FunctionalFixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FunctionalFixture, functional_fixture_free)

/* Parts; each returns the id of the tensor it makes. */
int functional_fixture_input (FunctionalFixture *fixture, int channels, int height, int width);
int functional_fixture_op (FunctionalFixture *fixture,
                           StrataQOpKind kind,
                           const int *inputs,
                           int n_inputs,
                           StrataQTensor out,
                           StrataWindow window);
/* A matrix of random weights; tiles of at most the chip's arrays, @n_copies replicas, @n_row_copies copies of rows. */
int functional_fixture_mvm (FunctionalFixture *fixture,
                            int input,
                            StrataQTensor out,
                            StrataWindow window,
                            int n_copies,
                            int n_row_copies,
                            int n_reads);
int functional_fixture_mac (FunctionalFixture *fixture, int input, StrataQTensor out, StrataWindow window);
/* The op that makes @tensor, until the image is finished */
StrataQOp *functional_fixture_producer (FunctionalFixture *fixture, int tensor);
/* Freezes it. */
const StrataImage *functional_fixture_image (FunctionalFixture *fixture, int output, int n_calibration);

/* The whole network; two outputs of convolutions are added. */
FunctionalFixture *functional_fixture_network (void);

StrataArray *functional_fixture_sample (const StrataImage *image, guint64 number);

/* Output tensor @tensor of one inference as doubles: codes or reals. (transfer full) */
double *functional_fixture_interpret (const StrataQGraph *graph, const StrataArray *input, int tensor);
