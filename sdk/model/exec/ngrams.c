/* SPDX-License-Identifier: Apache-2.0
 *
 * TfIdfVectorizer over integers: counts of n-grams, with up to max_skip_count elements left out between their elements.
 * The pool is a trie whose edges are a hash table, so that a row costs what it contains and not what the pool does.
 */
#include <string.h>

#include "model/element.h"
#include "model/exec/exec.h"

typedef struct
{
  gint64 node, value;
} Edge;

typedef struct
{
  GHashTable *edges; /* Edge to the node it leads to */
  GArray *grams;     /* per node: the n-gram that ends there, -1: none */
} Trie;

static guint
edge_hash (gconstpointer key)
{
  const Edge *e = key;
  guint64 mixed = ((guint64) e->node * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) ^ (guint64) e->value;

  mixed *= G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  return (guint) (mixed >> 32);
}

static gboolean
edge_equal (gconstpointer a, gconstpointer b)
{
  return ((const Edge *) a)->node == ((const Edge *) b)->node && ((const Edge *) a)->value == ((const Edge *) b)->value;
}

/* The node that @value leads to from @node; 0, the root: none */
static gint64
follow (const Trie *trie, gint64 node, gint64 value)
{
  Edge edge = { node, value };

  return GPOINTER_TO_SIZE (g_hash_table_lookup (trie->edges, &edge));
}

static void
add_gram (Trie *trie, const gint64 *items, gint64 n, gint64 gram)
{
  gint64 node = 0, none = -1;

  for (gint64 i = 0; i < n; i++)
    {
      gint64 next = follow (trie, node, items[i]);

      if (next == 0)
        {
          Edge edge = { node, items[i] };

          next = trie->grams->len;
          g_array_append_val (trie->grams, none);
          g_hash_table_insert (trie->edges, g_memdup2 (&edge, sizeof edge), GSIZE_TO_POINTER ((gsize) next));
        }
      node = next;
    }
  g_array_index (trie->grams, gint64, node) = gram;
}

static void
fill_trie (const StrataNode *node, Trie *trie)
{
  const StrataAttr *pool = strata_node_attr (node, "pool_int64s"), *starts = strata_node_attr (node, "ngram_counts");
  gint64 least = strata_node_int (node, "min_gram_length", 1), most = strata_node_int (node, "max_gram_length", 1);
  gint64 none = -1, gram = 0;

  g_array_append_val (trie->grams, none);
  for (int i = 0; i < starts->n; i++)
    {
      gint64 end = i + 1 < starts->n ? starts->ints[i + 1] : pool->n;

      for (gint64 at = starts->ints[i]; at < end; at += i + 1, gram++)
        if (i + 1 >= least && i + 1 <= most)
          add_gram (trie, pool->ints + at, i + 1, gram);
    }
}

/* Counts the n-grams of a row that begin at @start and take every @step-th element; single ones count at step 1. */
static void
count_from (
  const Trie *trie, const StrataNode *node, const StrataArray *in, gint64 start, gint64 end, gint64 step, float *out)
{
  const gint64 *columns = strata_node_attr (node, "ngram_indexes")->ints;
  gint64 at = 0;

  for (gint64 i = start, n = 1; i < end; i += step, n++)
    {
      gint64 gram;

      at = follow (trie, at, strata_element_int (in->dtype, in->data, i));
      if (at == 0)
        return;
      gram = g_array_index (trie->grams, gint64, at);
      if (gram >= 0 && (n > 1 || step == 1))
        out[columns[gram]] += 1.0f;
    }
}

static void
weigh (const StrataNode *node, float *out, gint64 n_columns)
{
  const StrataAttr *columns = strata_node_attr (node, "ngram_indexes"), *weights = strata_node_attr (node, "weights");
  const char *mode = strata_node_string (node, "mode", "TF");
  gboolean once = g_str_equal (mode, "IDF");

  for (gint64 i = 0; once && i < n_columns; i++)
    out[i] = out[i] > 0.0f ? 1.0f : 0.0f;
  for (int i = 0; weights != NULL && !g_str_equal (mode, "TF") && i < columns->n; i++)
    out[columns->ints[i]] *= weights->floats[i];
}

gboolean
strata_exec_tf_idf (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gint64 rows = in->n_dims == 2 ? in->dims[0] : 1, n = in->n_dims == 0 ? 1 : in->dims[in->n_dims - 1];
  gint64 columns = run->out[0]->dims[run->out[0]->n_dims - 1];
  /* a step past the row leaves single elements, which count once */
  gint64 most = CLAMP (strata_node_int (run->node, "max_skip_count", 0), 0, MAX (n - 1, 0)) + 1;
  g_autoptr (GHashTable) edges = g_hash_table_new_full (edge_hash, edge_equal, g_free, NULL);
  g_autoptr (GArray) grams = g_array_new (FALSE, FALSE, sizeof (gint64));
  Trie trie = { edges, grams };

  fill_trie (run->node, &trie);
  memset (run->out[0]->data, 0, run->out[0]->n_bytes);
  for (gint64 row = 0; row < rows; row++)
    {
      float *out = (float *) run->out[0]->data + row * columns;

      for (gint64 step = 1; step <= most; step++)
        for (gint64 i = 0; i < n; i++)
          count_from (&trie, run->node, in, row * n + i, (row + 1) * n, step, out);
      weigh (run->node, out, columns);
    }
  return TRUE;
}
