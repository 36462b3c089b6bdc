/* SPDX-License-Identifier: Apache-2.0
 *
 * One machine that does one job at a time, each of which becomes known at its head and is followed by its tail: the
 * bound of Carlier (1982), the end of Jackson's preemptive schedule, at every instant the longest tail of what has its
 * head behind it.
 */
#include "program/machine.h"

static int
compare_heads (gconstpointer a, gconstpointer b)
{
  const StrataMachineJob *x = a, *y = b;

  if (x->head_ps != y->head_ps)
    return x->head_ps < y->head_ps ? -1 : 1;
  if (x->tail_ps != y->tail_ps)
    return x->tail_ps > y->tail_ps ? -1 : 1;
  return (x->load_ps > y->load_ps) - (x->load_ps < y->load_ps);
}

static void
push_job (GArray *heap, StrataMachineJob job)
{
  guint i = heap->len;
  StrataMachineJob *items;

  g_array_append_val (heap, job);
  items = (StrataMachineJob *) (gpointer) heap->data;
  for (; i > 0 && items[(i - 1) / 2].tail_ps < job.tail_ps; i = (i - 1) / 2)
    items[i] = items[(i - 1) / 2];
  items[i] = job;
}

static void
pop_job (GArray *heap)
{
  StrataMachineJob *items = (StrataMachineJob *) (gpointer) heap->data, last = items[heap->len - 1];
  guint n = heap->len - 1, i = 0;

  for (guint child = 1; child < n; child = 2 * i + 1)
    {
      if (child + 1 < n && items[child + 1].tail_ps > items[child].tail_ps)
        child++;
      if (items[child].tail_ps <= last.tail_ps)
        break;
      items[i] = items[child];
      i = child;
    }
  if (n > 0)
    items[i] = last;
  g_array_set_size (heap, n);
}

gint64
strata_machine_end_ps (GArray *jobs)
{
  g_autoptr (GArray) heap = g_array_new (FALSE, FALSE, sizeof (StrataMachineJob));
  gint64 now_ps = 0, end_ps = 0;
  guint next = 0;

  g_array_sort (jobs, compare_heads);
  while (next < jobs->len || heap->len > 0)
    {
      StrataMachineJob *top;
      gint64 until_ps;

      if (heap->len == 0)
        now_ps = MAX (now_ps, g_array_index (jobs, StrataMachineJob, next).head_ps);
      for (; next < jobs->len && g_array_index (jobs, StrataMachineJob, next).head_ps <= now_ps; next++)
        push_job (heap, g_array_index (jobs, StrataMachineJob, next));
      top = &g_array_index (heap, StrataMachineJob, 0);
      until_ps = now_ps + top->load_ps;
      if (next < jobs->len)
        until_ps = MIN (until_ps, g_array_index (jobs, StrataMachineJob, next).head_ps);
      top->load_ps -= until_ps - now_ps;
      now_ps = until_ps;
      if (top->load_ps > 0)
        continue;
      end_ps = MAX (end_ps, now_ps + top->tail_ps);
      pop_job (heap);
    }
  return end_ps;
}
