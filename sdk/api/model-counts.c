/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model amounts to, as a whole and node by node: multiply-accumulates, parameters, activations, arrays.
 */
#include "api/model-private.h"

#include "api/chip-private.h"
#include "cost/cost.h"

gint64
strata_model_get_n_parameters (StrataModel *self)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  return strata_graph_n_parameters (strata_model_get_graph (self));
}

gint64
strata_model_get_n_trainable (StrataModel *self)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  return strata_graph_n_trainable (strata_model_get_graph (self));
}

gint64
strata_model_get_n_macs (StrataModel *self)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  return strata_graph_n_macs (strata_model_get_graph (self));
}

gint64
strata_model_get_n_active_macs (StrataModel *self)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  return strata_graph_n_active_macs (strata_model_get_graph (self));
}

gint64
strata_model_get_n_activations (StrataModel *self, gint64 *n_peak)
{
  g_autoptr (GMutexLocker) held = NULL;
  gint64 n_written, peak;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  strata_graph_n_activations (strata_model_get_graph (self), &n_written, &peak);
  if (n_peak != NULL)
    *n_peak = peak;
  return n_written;
}

guint
strata_model_get_n_folded (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  return (guint) strata_model_get_graph (self)->n_folded;
}

guint
strata_model_get_n_nodes (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  return (guint) strata_model_get_graph (self)->n_nodes;
}

const char *
strata_model_get_node_name (StrataModel *self, guint node)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (node < (guint) strata_model_get_graph (self)->n_nodes, NULL);
  return strata_model_get_graph (self)->nodes[node].name;
}

const char *
strata_model_get_node_op (StrataModel *self, guint node)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (node < (guint) strata_model_get_graph (self)->n_nodes, NULL);
  return strata_op_name (strata_model_get_graph (self)->nodes[node].op);
}

StrataNodeKind
strata_model_get_node_kind (StrataModel *self, guint node)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), STRATA_NODE_KIND_MOVE);
  g_return_val_if_fail (node < (guint) strata_model_get_graph (self)->n_nodes, STRATA_NODE_KIND_MOVE);
  held = strata_model_hold_weights (self);
  return strata_node_kind (strata_model_get_graph (self), (int) node);
}

const gint64 *
strata_model_get_node_shape (StrataModel *self, guint node, guint *n_dims)
{
  const StrataGraph *graph;
  const StrataValue *value;

  *n_dims = 0;
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  graph = strata_model_get_graph (self);
  g_return_val_if_fail (node < (guint) graph->n_nodes, NULL);
  value = &graph->values[graph->nodes[node].outputs[0]];
  *n_dims = (guint) MAX (value->n_dims, 0);
  return value->dims;
}

gint64
strata_model_get_node_macs (StrataModel *self, guint node)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  g_return_val_if_fail (node < (guint) strata_model_get_graph (self)->n_nodes, 0);
  held = strata_model_hold_weights (self);
  return strata_node_n_macs (strata_model_get_graph (self), (int) node);
}

gint64
strata_model_get_node_n_parameters (StrataModel *self, guint node)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  g_return_val_if_fail (node < (guint) strata_model_get_graph (self)->n_nodes, 0);
  held = strata_model_hold_weights (self);
  return strata_node_n_trainable (strata_model_get_graph (self), (int) node);
}

guint
strata_model_get_n_quantised_layers (StrataModel *self)
{
  g_autoptr (GMutexLocker) held = NULL;
  const StrataGraph *graph;
  guint n = 0;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  graph = strata_model_get_graph (self);
  for (int i = 0; i < graph->n_nodes; i++)
    {
      const StrataNode *node = &graph->nodes[i];
      int producer = node->n_inputs > 0 && node->inputs[0] >= 0 ? graph->values[node->inputs[0]].producer : -1;

      if (strata_node_n_macs (graph, i) > 0 && producer >= 0
          && graph->nodes[producer].op == STRATA_OP_DEQUANTIZE_LINEAR)
        n++;
    }
  return n;
}

gint64
strata_model_get_arrays_required (StrataModel *self, StrataChip *chip)
{
  g_autoptr (GMutexLocker) held = NULL;
  const StrataChipSpec *spec;
  gint64 total = 0;
  int n_slices;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  g_return_val_if_fail (STRATA_IS_CHIP (chip), 0);
  spec = strata_chip_get_spec (chip);
  /* int8 weights of a quantised file need as many cells as hold 8 bits */
  n_slices = strata_model_get_n_quantised_layers (self) > 0
               ? MAX (spec->slices, (8 + spec->cell_bits - 1) / spec->cell_bits)
               : spec->slices;
  held = strata_model_hold_weights (self);
  for (int i = 0; i < strata_model_get_graph (self)->n_nodes; i++)
    {
      StrataMatrix matrices[STRATA_MAX_MATRICES];
      int n = strata_node_matrices (strata_model_get_graph (self), i, matrices);

      for (int m = 0; m < n; m++)
        total += matrices[m].count * strata_cost_arrays_required (spec, matrices[m].k, matrices[m].n, n_slices);
    }
  return total;
}
