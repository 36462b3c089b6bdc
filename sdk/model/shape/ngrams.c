/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rule of TfIdfVectorizer over integers, and the check of its pool.
 */
#include "model/shape/shapes.h"

/* Where n-grams of each size begin in the pool: ascending, and whole n-grams. @n: all of them */
static gboolean
check_pool (const StrataNode *node, gint64 *n, GError **error)
{
  const StrataAttr *pool = strata_node_attr (node, "pool_int64s"), *starts = strata_node_attr (node, "ngram_counts");

  *n = 0;
  if (pool == NULL || starts == NULL || strata_node_attr (node, "pool_strings") != NULL)
    return strata_shape_lack (error, "it has no pool of integers; strings are not supported");
  for (int i = 0; i < starts->n; i++)
    {
      gint64 end = i + 1 < starts->n ? starts->ints[i + 1] : pool->n;

      if (starts->ints[i] < 0 || starts->ints[i] > end || end > pool->n || (end - starts->ints[i]) % (i + 1) != 0)
        return strata_shape_fail (error, "its ngram_counts do not divide its pool of %d integers into n-grams",
                                  pool->n);
      *n += (end - starts->ints[i]) / (i + 1);
    }
  return TRUE;
}

gboolean
strata_shape_tf_idf (StrataShape *shape, GError **error)
{
  static const char *const modes[] = { "TF", "IDF", "TFIDF", NULL };
  const StrataValue *in = strata_shape_in (shape, 0);
  const StrataAttr *columns = strata_node_attr (shape->node, "ngram_indexes");
  const StrataAttr *weights = strata_node_attr (shape->node, "weights");
  gint64 dims[2] = { 0, 0 }, n;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_INDEX, error) || !check_pool (shape->node, &n, error))
    return FALSE;
  if (!g_strv_contains (modes, strata_node_string (shape->node, "mode", "")))
    return strata_shape_fail (error, "its mode is %s; TF, IDF and TFIDF are accepted",
                              strata_node_string (shape->node, "mode", "none"));
  if (columns == NULL || columns->n != n || (weights != NULL && weights->n != n) || in->n_dims > 2)
    return strata_shape_fail (error,
                              "its %" G_GINT64_FORMAT " n-grams do not have a column (and a weight) each, or its input "
                              "is no row or matrix",
                              n);
  for (int i = 0; i < columns->n; i++)
    {
      if (columns->ints[i] < 0 || columns->ints[i] >= G_MAXINT32)
        return strata_shape_fail (
          error, "its column %" G_GINT64_FORMAT " is out of range; 0 to 2147483646 are accepted", columns->ints[i]);
      dims[1] = MAX (dims[1], columns->ints[i] + 1);
    }
  dims[0] = in->n_dims == 2 ? in->dims[0] : 1;
  return strata_shape_set (shape, 0, STRATA_DTYPE_F32, in->n_dims == 2 ? 2 : 1, in->n_dims == 2 ? dims : dims + 1,
                           error);
}
