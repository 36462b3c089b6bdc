/* SPDX-License-Identifier: Apache-2.0
 *
 * A node of the source graph as a model of its own, in the making. Internal to lower/.
 */
#pragma once

#include "compiler/lower/state.h"

/* The model that is being made; lower_model_ids are those of its tables */
typedef struct
{
  StrataLowerState *state;
  int node;
  GArray *values, *nodes;  /* StrataValue, StrataNode */
  GArray *inputs, *absent; /* int: computed operands; constants whose values are not there */
  GArray *tensors;         /* int: lowered tensor per input */
  int *of_source;          /* per value of the source, -1: not in the model */
  int n_made;
  gboolean streams;
  guint32 by_row;
} LowerModel;

void lower_model_init (LowerModel *model, StrataLowerState *state, int node);
void lower_model_clear (LowerModel *model);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LowerModel, lower_model_clear)

/* A value of the type of @source, under its name or, where that would not be unique, one of the model's own */
int lower_model_value (LowerModel *model, int source, gboolean is_copy);
StrataValue *lower_model_value_at (LowerModel *model, int id);
void lower_model_node (LowerModel *model, StrataNode node);
/* One or two ids as a node has them */
int *lower_model_ids (LowerModel *model, int n, int a, int b);
/* The operand @value, computed; its tensor becomes an input of the model. */
int lower_model_computed (LowerModel *model, int value);
/* The node with its operands. Outputs that somebody reads become the model's; @read gets their values in the source. */
gboolean lower_model_copy (LowerModel *model, const StrataNode *source, GArray *outputs, GArray *read, GError **error);
GBytes *lower_model_write (LowerModel *model, GArray *outputs, GError **error);
