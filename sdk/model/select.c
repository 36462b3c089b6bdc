/* SPDX-License-Identifier: Apache-2.0
 *
 * Ties go to the earlier box and the earlier slice, as sorts are stable. NaN is one value, past all others.
 */
#include "model/select.h"

#include <math.h>
#include <string.h>

#include "model/element.h"

#define MAX_COMPARISONS (1 << 26) /* of boxes, at worst; some 0.3 s */

typedef struct
{
  const float *boxes, *scores; /* of one batch; of one class of it */
  gboolean centred;            /* centre and size instead of two corners */
  float overlap;               /* above which the lesser of two is dropped */
} Candidates;

typedef struct
{
  float low[2], high[2];
} Box;

static Box
read_box (const Candidates *c, gint64 i)
{
  const float *b = c->boxes + 4 * i;
  Box box;

  for (int d = 0; d < 2; d++)
    {
      float from = c->centred ? b[d] - b[d + 2] / 2.0f : b[d];
      float to = c->centred ? b[d] + b[d + 2] / 2.0f : b[d + 2];

      box.low[d] = MIN (from, to);
      box.high[d] = MAX (from, to);
    }
  return box;
}

static float
area (const Box *box)
{
  return (box->high[0] - box->low[0]) * (box->high[1] - box->low[1]);
}

static gboolean
overlaps (const Candidates *c, gint64 i, gint64 j)
{
  Box a = read_box (c, i), b = read_box (c, j), both;
  float shared, whole;

  for (int d = 0; d < 2; d++)
    {
      both.low[d] = MAX (a.low[d], b.low[d]);
      both.high[d] = MIN (a.high[d], b.high[d]);
      if (!(both.high[d] > both.low[d]))
        return FALSE;
    }
  shared = area (&both);
  whole = area (&a) + area (&b) - shared;
  return area (&a) > 0.0f && area (&b) > 0.0f && whole > 0.0f && shared / whole > c->overlap;
}

static int
by_score (gconstpointer a, gconstpointer b, gpointer data)
{
  const float *scores = data;
  float x = scores[*(const gint64 *) a], y = scores[*(const gint64 *) b];

  return x > y ? -1 : x < y ? 1 : 0;
}

static void
select_class (const Candidates *c, GArray *order, gint64 most, gint64 batch, gint64 class, GArray *selected)
{
  guint first = selected->len;

  g_qsort_with_data (order->data, (gint) order->len, sizeof (gint64), by_score, (gpointer) c->scores);
  for (guint i = 0; i < order->len && (gint64) (selected->len - first) < 3 * most; i++)
    {
      gint64 triple[3] = { batch, class, g_array_index (order, gint64, i) };
      gboolean kept = TRUE;

      for (guint k = first; kept && k < selected->len; k += 3)
        kept = !overlaps (c, triple[2], g_array_index (selected, gint64, k + 2));
      if (kept)
        g_array_append_vals (selected, triple, 3);
    }
}

static double
number (const StrataArray *array, double fallback)
{
  return array == NULL || strata_array_count (array) < 1 ? fallback
                                                         : strata_element_double (array->dtype, array->data, 0);
}

GArray *
strata_select_boxes (const StrataNode *node, const StrataArray *const *in, GError **error)
{
  gint64 n = in[0]->dims[1], classes = in[1]->dims[1], batches = in[0]->dims[0], most;
  g_autoptr (GArray) selected = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (gint64));
  Candidates c = { .centred = strata_node_int (node, "center_point_box", 0) != 0,
                   .overlap = (float) number (node->n_inputs > 3 ? in[3] : NULL, 0.0) };
  double threshold = number (node->n_inputs > 4 ? in[4] : NULL, -INFINITY);

  most = (gint64) CLAMP (number (node->n_inputs > 2 ? in[2] : NULL, 0.0), 0.0, (double) n);
  if ((double) batches * (double) classes * (double) n * (double) (most + 16) > (double) MAX_COMPARISONS)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED,
                   "%" G_GINT64_FORMAT " boxes of %" G_GINT64_FORMAT
                   " classes are too many to select from at import; at "
                   "most %d comparisons are accepted",
                   n, classes, MAX_COMPARISONS);
      return NULL;
    }
  for (gint64 batch = 0; n > 0 && batch < batches; batch++)
    for (gint64 class = 0; class < classes; class ++)
      {
        c.boxes = (const float *) in[0]->data + batch * n * 4;
        c.scores = (const float *) in[1]->data + (batch * classes + class) * n;
        g_array_set_size (order, 0);
        for (gint64 i = 0; i < n; i++)
          if (threshold == -INFINITY || (double) c.scores[i] > threshold)
            g_array_append_val (order, i);
        select_class (&c, order, most, batch, class, selected);
      }
  return g_steal_pointer (&selected);
}

typedef struct
{
  const StrataArray *in;
  gint64 n, outer, inner; /* slice i: elements (o n + i) inner + k */
} Slices;

static int
compare_elements (const StrataArray *in, gint64 i, gint64 j)
{
  if (strata_dtype_is_float (in->dtype))
    {
      double x = strata_element_double (in->dtype, in->data, i), y = strata_element_double (in->dtype, in->data, j);

      if (isnan (x) || isnan (y))
        return (isnan (x) != 0) - (isnan (y) != 0);
      return (x > y) - (x < y);
    }
  if (in->dtype == STRATA_DTYPE_U64)
    {
      guint64 x = ((const guint64 *) in->data)[i], y = ((const guint64 *) in->data)[j];

      return (x > y) - (x < y);
    }
  return (strata_element_int (in->dtype, in->data, i) > strata_element_int (in->dtype, in->data, j))
         - (strata_element_int (in->dtype, in->data, i) < strata_element_int (in->dtype, in->data, j));
}

static int
compare_slices (gconstpointer a, gconstpointer b, gpointer data)
{
  const Slices *s = data;
  gint64 i = *(const gint64 *) a, j = *(const gint64 *) b;
  int order = 0;

  for (gint64 o = 0; order == 0 && o < s->outer; o++)
    for (gint64 k = 0; order == 0 && k < s->inner; k++)
      order = compare_elements (s->in, (o * s->n + i) * s->inner + k, (o * s->n + j) * s->inner + k);
  return order;
}

static int
by_first (gconstpointer a, gconstpointer b, gpointer data)
{
  const gint64 *first = data;
  gint64 x = first[*(const gint64 *) a], y = first[*(const gint64 *) b];

  return (x > y) - (x < y);
}

/* Renumbers the unique ones by their first place. */
static void
restore_order (StrataUnique *u, gint64 *order, gint64 *kept)
{
  memcpy (kept, u->first, sizeof (gint64) * (gsize) u->n_unique);
  memcpy (kept + u->n, u->counts, sizeof (gint64) * (gsize) u->n_unique);
  for (gint64 i = 0; i < u->n_unique; i++)
    order[i] = i;
  g_qsort_with_data (order, (gint) u->n_unique, sizeof (gint64), by_first, kept);
  for (gint64 i = 0; i < u->n_unique; i++)
    {
      u->first[i] = kept[order[i]];
      u->counts[i] = kept[u->n + order[i]];
    }
  for (gint64 i = 0; i < u->n_unique; i++)
    kept[order[i]] = i;
  for (gint64 i = 0; i < u->n; i++)
    u->inverse[i] = kept[u->inverse[i]];
}

gboolean
strata_find_unique (const StrataArray *in, int axis, gboolean sorted, StrataUnique *u)
{
  Slices slices = { in, axis < 0 ? strata_array_count (in) : in->dims[axis], 1, 1 };
  gsize n = (gsize) slices.n;
  g_autofree gint64 *order = g_try_new (gint64, n + 1);
  g_autofree gint64 *kept = g_try_new (gint64, 2 * n + 1);

  for (int d = 0; axis >= 0 && d < in->n_dims; d++)
    if (d != axis)
      *(d < axis ? &slices.outer : &slices.inner) *= in->dims[d];
  *u = (StrataUnique){ .n = slices.n,
                       .first = g_try_new (gint64, n + 1),
                       .counts = g_try_new (gint64, n + 1),
                       .inverse = g_try_new (gint64, n + 1) };
  if (order == NULL || kept == NULL || u->first == NULL || u->counts == NULL || u->inverse == NULL)
    {
      strata_unique_clear (u);
      return FALSE;
    }
  for (gint64 i = 0; i < u->n; i++)
    order[i] = i;
  g_qsort_with_data (order, (gint) u->n, sizeof (gint64), compare_slices, &slices);
  for (gint64 i = 0; i < u->n; i++)
    {
      if (i == 0 || compare_slices (&order[i - 1], &order[i], &slices) != 0)
        {
          u->first[u->n_unique] = order[i];
          u->counts[u->n_unique++] = 0;
        }
      u->inverse[order[i]] = u->n_unique - 1;
      u->counts[u->n_unique - 1]++;
    }
  if (!sorted)
    restore_order (u, order, kept);
  return TRUE;
}

void
strata_unique_clear (StrataUnique *u)
{
  g_clear_pointer (&u->first, g_free);
  g_clear_pointer (&u->counts, g_free);
  g_clear_pointer (&u->inverse, g_free);
}
