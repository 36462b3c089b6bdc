/* SPDX-License-Identifier: Apache-2.0
 *
 * Images made by hand for the tests of time, energy and heat: a small chip with round numbers, and instructions one by
 * one.
 *
 * Times of the chip, nominal: an MVM of 32 logical outputs in one slice on 32 converters takes phases 8 x 10 ns + 1 x
 * 50 ns
 * + 20 ns = 150 ns and follows the last one after max (80, 50) = 80 ns; tier switch 50 ns; links 2 ns a hop and 16
 * B/ns; vector unit 16 op/ns; MAC units 64 MAC/ns (hardware-facts 10.1, 10.2).
 */
#pragma once

#include "simulator/simulator.h"

#define FIXTURE_N_LINKS 4

typedef struct
{
  StrataImage image;
  StrataChipSpec chip;
  StrataQGraph graph;
  StrataTileSet tiles;
  StrataPlacement placement;
  StrataSchedule schedule;
  StrataArena *arena;
  GArray *instructions, *dependences, *routes, *tile, *sites, *ops, *tensors, *buffers, *releases, *places;
} Fixture;

Fixture *fixture_new (int mesh_x, int mesh_y, int tiers);
void fixture_free (Fixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* As many links, before any instruction is added */
void fixture_set_links (Fixture *fixture, int n_links);

/* Unit ids */
int fixture_link (const Fixture *fixture, int link);
int fixture_unit (const Fixture *fixture, StrataUnitKind kind);

/* An op with an output of 32 channels; returns its id */
int fixture_op (Fixture *fixture, StrataQOpKind kind, int height, int width);
/* Instructions; return their ids. Dependences are of the instruction added last. */
int fixture_mvm (Fixture *fixture, int op, int stack, int tier, int n_bursts, gint64 n_mvms);
int fixture_digital (Fixture *fixture, StrataOpcode opcode, int op, int n_bursts, gint64 n_actions);
int fixture_transfer (
  Fixture *fixture, StrataOpcode opcode, int op, const int *links, int n_links, int n_bursts, gint64 n_bytes);
void fixture_after (Fixture *fixture, int producer, int multiply, int add);
void fixture_priority (Fixture *fixture, int instruction, int priority);
/* A buffer of @n_rows in SRAM for the rows that @writer makes, one a burst; releases are of the buffer added last. */
int fixture_buffer (Fixture *fixture, int writer, int n_rows, gint64 row_bytes);
void fixture_release (Fixture *fixture, int reader, int multiply, int add);
void fixture_place (Fixture *fixture, int buffer, int row, gint64 offset);
/* The image so far; again after more is added. */
const StrataImage *fixture_image (Fixture *fixture);

/* Runs it, asserting success. */
StrataTiming *fixture_time (Fixture *fixture, int n_inferences, gboolean unlimited);
/* Start of a burst in a timing; fails the test where there is none */
const StrataEventRecord *fixture_event (const StrataTiming *timing, int instruction, int burst);
