/* SPDX-License-Identifier: Apache-2.0
 *
 * The text form of a graph: an error of one line that begins with "graph:", or a graph that passes its check and whose
 * print reads back to the same text and the same hash.
 */
#include <string.h>

#include "fuzz.h"
#include "model/graph.h"

/* A chunk of the arena for each of two graphs, tables of names, messages */
const gint64 fuzz_floor_bytes = (gint64) 1 << 20;

static void
check_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "graph:"));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
check_graph (const StrataGraph *graph)
{
  g_autofree char *text = strata_graph_print (graph), *again = NULL;
  g_autoptr (StrataGraph) back = NULL;
  g_autoptr (GError) error = NULL;

  if (!strata_graph_check (graph, &error))
    g_error ("the graph does not pass its check: %s", error->message);
  back = strata_graph_parse (text, &error);
  if (back == NULL)
    g_error ("what was printed is refused: %s", error->message);
  again = strata_graph_print (back);
  g_assert_cmpstr (text, ==, again);
  g_assert_cmpuint (strata_graph_hash (graph), ==, strata_graph_hash (back));
}

void
fuzz_one (const guint8 *data, gsize n_bytes)
{
  g_autofree char *text = g_strndup ((const char *) data, n_bytes);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = strata_graph_parse (text, &error);

  if (graph == NULL)
    check_error (error);
  else
    check_graph (graph);
}
