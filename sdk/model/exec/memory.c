/* SPDX-License-Identifier: Apache-2.0
 *
 * Offsets of activations in a run's memory: step by step, each takes the smallest gap that it fits into, and gives it
 * back after its last use. What is written last is thus read from cache again.
 */
#include "model/exec/plan.h"

#define ALIGNMENT 64

typedef struct
{
  gsize offset, n_bytes;
} Gap;

static void
take (StrataPlan *plan, GArray *gaps, StrataStorage *storage)
{
  int best = -1;

  for (guint i = 0; i < gaps->len; i++)
    if (g_array_index (gaps, Gap, i).n_bytes >= storage->n_bytes
        && (best < 0 || g_array_index (gaps, Gap, i).n_bytes < g_array_index (gaps, Gap, best).n_bytes))
      best = (int) i;
  if (best < 0)
    {
      storage->offset = plan->n_bytes;
      plan->n_bytes += storage->n_bytes;
      return;
    }
  storage->offset = g_array_index (gaps, Gap, best).offset;
  g_array_index (gaps, Gap, best).offset += storage->n_bytes;
  g_array_index (gaps, Gap, best).n_bytes -= storage->n_bytes;
  if (g_array_index (gaps, Gap, best).n_bytes == 0)
    g_array_remove_index (gaps, (guint) best);
}

/* Gaps stay sorted, and neighbours are merged. */
static void
give_back (GArray *gaps, const StrataStorage *storage)
{
  Gap gap = { storage->offset, storage->n_bytes };
  guint at = 0;

  while (at < gaps->len && g_array_index (gaps, Gap, at).offset < gap.offset)
    at++;
  if (at < gaps->len && gap.offset + gap.n_bytes == g_array_index (gaps, Gap, at).offset)
    {
      gap.n_bytes += g_array_index (gaps, Gap, at).n_bytes;
      g_array_remove_index (gaps, at);
    }
  if (at > 0 && g_array_index (gaps, Gap, at - 1).offset + g_array_index (gaps, Gap, at - 1).n_bytes == gap.offset)
    g_array_index (gaps, Gap, at - 1).n_bytes += gap.n_bytes;
  else if (gap.n_bytes > 0)
    g_array_insert_val (gaps, at, gap);
}

static int
by_first (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const StrataStorage *storages = user_data;
  int x = *(const int *) a, y = *(const int *) b;

  return storages[x].first != storages[y].first ? (storages[x].first < storages[y].first ? -1 : 1) : x - y;
}

static int
by_last (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const StrataStorage *storages = user_data;
  int x = *(const int *) a, y = *(const int *) b;

  return storages[x].last != storages[y].last ? (storages[x].last < storages[y].last ? -1 : 1) : x - y;
}

gboolean
strata_plan_lay_out (StrataPlan *plan)
{
  StrataStorage *storages = (StrataStorage *) (void *) plan->storages->data;
  int n = (int) plan->storages->len, n_live = 0, next_dead = 0;
  g_autofree int *starts = g_new (int, n + 1);
  g_autofree int *ends = NULL;
  g_autoptr (GArray) gaps = g_array_new (FALSE, FALSE, sizeof (Gap));
  gsize total = plan->n_scratch;

  for (int i = 0; i < n; i++)
    if (storages[i].kind == STRATA_STORAGE_ACTIVATION && storages[i].last >= 0)
      {
        if (storages[i].n_bytes > G_MAXSIZE - ALIGNMENT)
          return FALSE;
        storages[i].n_bytes = (MAX (storages[i].n_bytes, 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (!g_size_checked_add (&total, total, storages[i].n_bytes + ALIGNMENT))
          return FALSE;
        starts[n_live++] = i;
      }
  ends = g_memdup2 (starts, sizeof (int) * (gsize) n_live);
  g_qsort_with_data (starts, n_live, sizeof (int), by_first, storages);
  g_qsort_with_data (ends, n_live, sizeof (int), by_last, storages);
  for (int i = 0; i < n_live; i++)
    {
      while (next_dead < n_live && storages[ends[next_dead]].last < storages[starts[i]].first)
        give_back (gaps, &storages[ends[next_dead++]]);
      take (plan, gaps, &storages[starts[i]]);
    }
  return TRUE;
}
