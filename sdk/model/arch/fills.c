/* SPDX-License-Identifier: Apache-2.0
 *
 * A constant is cut into rows of ROW elements, each a row of the generator's stream of its name.
 */
#include "model/arch/fills.h"

#include <string.h>

#include "base/hash.h"
#include "base/rng.h"

#define ROW 1024

static void
draw_normal (const StrataFill *fill, StrataRngKey key, gint64 first, gsize n, float *out)
{
  while (n > 0)
    {
      guint64 row = (guint64) first / ROW;
      gsize skip = (gsize) ((guint64) first % ROW), n_here = MIN (n, ROW - skip);
      float whole[ROW];
      float *to = skip == 0 ? out : whole;

      strata_rng_normal (key, row, to, skip + n_here);
      if (skip > 0)
        memcpy (out, whole + skip, sizeof (float) * n_here);
      for (gsize i = 0; i < n_here; i++)
        out[i] = fill->mean + fill->deviation * out[i];
      out += n_here;
      first += (gint64) n_here;
      n -= n_here;
    }
}

void
strata_fill_draw (const StrataFill *fill, guint64 seed, const char *name, gint64 first, gsize n, float *out)
{
  g_assert (first >= 0);
  if (fill->kind == STRATA_FILL_NORMAL)
    draw_normal (fill, strata_rng_key (seed, strata_hash_bytes (name, strlen (name))), first, n, out);
  else
    for (gsize i = 0; i < n; i++)
      out[i] = fill->kind == STRATA_FILL_CONSTANT ? fill->mean : 0.0f;
}

gboolean
strata_fill_make (int value, gint64 first, gsize n, void *out, gpointer weights, GError **error)
{
  const StrataFillSource *self = weights;
  const StrataFill *fill = &g_array_index (self->fills, StrataFill, value);

  g_assert (fill->kind != STRATA_FILL_NONE && self->graph->values[value].dtype == STRATA_DTYPE_F32);
  strata_fill_draw (fill, self->seed, self->graph->values[value].name, first, n, out);
  return TRUE;
}
