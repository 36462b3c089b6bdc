/* SPDX-License-Identifier: Apache-2.0
 *
 * Import of an ONNX model from memory: an error of one line that begins with the origin, or a graph that passes its
 * check, prints, and hashes the same twice. The last bytes of the input steer what open dimensions are bound to.
 */
#include <string.h>

#include "fuzz.h"
#include "model/graph.h"

#define N_STEERING 3

/* A chunk of the arena, tables of names, messages, and what shape arithmetic and unfolding have in any model */
const gint64 fuzz_floor_bytes = (gint64) 1 << 20;

/* Sizes that a user may give, and some that none should */
static gint64
size_of (guint8 byte)
{
  static const gint64 sizes[] = { 0, 1, 2, 3, 7, 64, 1000, 65536, G_MAXINT32, (gint64) 1 << 31, -1, G_MININT64 };

  return sizes[byte % G_N_ELEMENTS (sizes)];
}

static StrataGraph *
import (GBytes *bytes, const guint8 *steering, GError **error)
{
  StrataShapeBinding shapes[] = {
    { "N", 0, { size_of (steering[0]) }, TRUE },
    { "x", steering[1] % (STRATA_MAX_DIMS + 1), { 0 }, steering[2] % 2 == 0 },
  };
  StrataImportOptions options = { .shapes = shapes, .n_shapes = (int) (steering[2] % 3) };

  for (int d = 0; d < STRATA_MAX_DIMS; d++)
    shapes[1].dims[d] = size_of ((guint8) (steering[1] / (STRATA_MAX_DIMS + 1) + d));
  return strata_onnx_parse_with (bytes, "input", &options, error);
}

static void
check_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "input: "));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

/* What `strata info` asks of any graph */
static void
check_counts (const StrataGraph *graph)
{
  StrataMatrix matrices[STRATA_MAX_MATRICES];
  gint64 n_written, n_peak;

  g_assert_cmpint (strata_graph_n_macs (graph), >=, 0);
  g_assert_cmpint (strata_graph_n_parameters (graph), >=, 0);
  g_assert_cmpint (strata_graph_n_trainable (graph), >=, 0);
  strata_graph_n_activations (graph, &n_written, &n_peak);
  g_assert_cmpint (n_peak, >=, 0);
  g_assert_cmpint (n_written, >=, 0);
  for (int i = 0; i < graph->n_nodes; i++)
    {
      g_assert_cmpint (strata_node_n_macs (graph, i), >=, 0);
      g_assert_cmpint (strata_node_n_trainable (graph, i), >=, 0);
      g_assert_cmpint (strata_node_matrices (graph, i, matrices), <=, STRATA_MAX_MATRICES);
      strata_node_kind (graph, i);
    }
}

static void
check_graph (const StrataGraph *graph)
{
  g_autoptr (GError) error = NULL;

  if (!strata_graph_check (graph, &error))
    g_error ("the graph does not pass its check: %s", error->message);
  g_assert_cmpuint (strata_graph_hash (graph), ==, strata_graph_hash (graph));
  check_counts (graph);
  if (!strata_graph_check_weights (graph, &error))
    g_assert_cmpstr (error->message, !=, "");
}

void
fuzz_one (const guint8 *data, gsize n_bytes)
{
  static const guint8 none[N_STEERING] = { 0 };
  const guint8 *steering = n_bytes < N_STEERING ? none : data + n_bytes - N_STEERING;
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, n_bytes);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = import (bytes, steering, &error);
  g_auto (GStrv) names = strata_onnx_input_names (bytes, "input", NULL);

  if (graph == NULL)
    check_error (error);
  else
    check_graph (graph);
  g_assert_true (graph == NULL || names != NULL);
}
