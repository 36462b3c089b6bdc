/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a graph in code, layer by layer: what built-in architectures and configurations are written with. Weights have
 * a name and a shape but no bytes (weightless); how they are to be drawn is kept beside the graph, as a fill per value.
 * Values are ids of the graph under construction; an id of -1 is an optional input left out. Misuse (a name used twice,
 * shapes that do not fit) comes out as the error of strata_layers_finish (): the functions between never fail.
 */
#pragma once

#include "model/graph-build.h"

typedef enum
{
  STRATA_FILL_NONE,     /* the value has bytes, or is computed */
  STRATA_FILL_CONSTANT, /* every element is @mean */
  STRATA_FILL_NORMAL,   /* independent, normal with @mean and @deviation */
} StrataFillKind;

typedef struct
{
  StrataFillKind kind;
  float mean, deviation;
} StrataFill;

typedef struct
{
  StrataArena *arena; /* becomes the graph's */
  StrataGraphBuilder builder;
  GArray *fills; /* StrataFill per value */
  int opset;
  GError *error; /* first thing that went wrong */
} StrataLayers;

void strata_layers_init (StrataLayers *layers, int opset);
void strata_layers_clear (StrataLayers *layers);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StrataLayers, strata_layers_clear)

int strata_layers_input (StrataLayers *layers, const char *name, StrataDtype dtype, int n_dims, const gint64 *dims);
/* A float32 weight without bytes */
int strata_layers_weight (StrataLayers *layers, const char *name, int n_dims, const gint64 *dims, StrataFill fill);
/* Constants with bytes, named after their content where @name is NULL */
int strata_layers_ints (StrataLayers *layers, const char *name, int n, const gint64 *ints);
int strata_layers_floats (StrataLayers *layers, const char *name, int n_dims, const gint64 *dims, const float *floats);
int strata_layers_scalar (StrataLayers *layers, const char *name, float value);

/* Adds a node with one output, named as the node, and returns the output's id. @inputs: ids; trailing -1 are dropped.
 */
int strata_layers_node (StrataLayers *layers, StrataOp op, const char *name, const int *inputs, int n_inputs);
/* Adds @n_outputs outputs instead, NAME:0 …; their ids go to @outputs. */
void strata_layers_node_outputs (
  StrataLayers *layers, StrataOp op, const char *name, const int *inputs, int n_inputs, int *outputs, int n_outputs);
/* Attributes of the node that was added last */
void strata_layers_attr_int (StrataLayers *layers, const char *name, gint64 value);
void strata_layers_attr_float (StrataLayers *layers, const char *name, float value);
void strata_layers_attr_string (StrataLayers *layers, const char *name, const char *value);
void strata_layers_attr_ints (StrataLayers *layers, const char *name, const gint64 *values, int n);

/* Makes @value an output of the graph, under @name (a new Identity where the names differ and a value keeps its own).
 */
void strata_layers_output (StrataLayers *layers, int value, const char *name);

/* Links, infers shapes and checks. @path stands for the file in messages. @fills (optional): the StrataFill of every
 * value of the graph, by id, (transfer full). The arena moves to the graph. */
StrataGraph *
strata_layers_finish (StrataLayers *layers, const char *path, GArray **fills, GError **error) G_GNUC_WARN_UNUSED_RESULT;
