/* SPDX-License-Identifier: Apache-2.0
 *
 * Executes a quantised graph in exact integers, by naive loops straight from the semantics in program/qgraph.h. For
 * tests: shares nothing with the compiler or the simulator.
 */
#pragma once

#include "program/qgraph.h"

/* @inputs: per graph input, float32. Returns the first output as floats, (transfer full), @n_out elements. */
float *interpret (const StrataQGraph *graph, const float *const *inputs, gint64 *n_out);
