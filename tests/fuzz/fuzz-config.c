/* SPDX-License-Identifier: Apache-2.0
 *
 * A transformer's configuration, alone and as the entry "x" of a list: an error of one line that begins with the
 * origin, or numbers that print, and a graph of them that passes its check, or an error that says why there
 * is none.
 */
#include <string.h>

#include "fuzz.h"
#include "model/arch/transformer.h"

/* A configuration of 150 bytes may ask for a thousand layers, which is what it is for: a block of one takes some 10 to
 * 20 kB of nodes, values, names and tables while the graph is made. All the 4096 blocks that are accepted take 43 MB
 * and 0.1 s, but ten times as long under sanitizers; so graphs of at most a quarter are made here. */
const gint64 fuzz_floor_bytes = (gint64) 32 << 20;

#define MAX_BLOCKS 1024

static void
check_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "input"));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static gint64
count_blocks (const StrataTransformerConfig *config)
{
  return (config->layers + config->decoder_layers) * MAX (config->feedforwards, 1) * MAX (config->experts, 1);
}

static void
check_graph (const StrataTransformerConfig *config)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = strata_transformer_graph ("input", config, NULL, NULL, &error);

  if (graph == NULL)
    check_error (error);
  else if (!strata_graph_check (graph, &error))
    g_error ("the graph does not pass its check: %s", error->message);
}

static void
parse (const guint8 *data, gsize n_bytes, const char *name)
{
  g_autoptr (GError) error = NULL;
  StrataTransformerConfig config;
  g_autofree char *text = NULL;

  if (!strata_transformer_config_parse ((const char *) data, n_bytes, name, "input", &config, &error))
    {
      check_error (error);
      return;
    }
  text = strata_transformer_config_print (&config);
  g_assert_cmpstr (text, !=, "");
  if (count_blocks (&config) <= MAX_BLOCKS)
    check_graph (&config);
}

void
fuzz_one (const guint8 *data, gsize n_bytes)
{
  parse (data, n_bytes, NULL);
  parse (data, n_bytes, "x");
}
