/* SPDX-License-Identifier: Apache-2.0
 *
 * The report of a search: its life, and which of the programs tried are on the Pareto front.
 */
#include "compiler/search/report.h"

#define N_FIGURES 6

static void
clear_finding (gpointer data)
{
  StrataLimitFinding *finding = data;

  g_free (finding->reason);
  g_free (finding->layers);
}

static void
clear_tried (gpointer data)
{
  StrataTried *tried = data;

  g_free (tried->choice);
  g_free (tried->refusal);
}

static void
clear_remedy (gpointer data)
{
  StrataRemedy *remedy = data;

  g_free (remedy->change);
}

StrataSearchReport *
strata_search_report_new (StrataObjective objective)
{
  StrataSearchReport *report = g_new0 (StrataSearchReport, 1);

  report->objective = objective;
  report->limits = g_array_new (FALSE, TRUE, sizeof (StrataLimitFinding));
  report->tried = g_array_new (FALSE, TRUE, sizeof (StrataTried));
  report->remedies = g_array_new (FALSE, TRUE, sizeof (StrataRemedy));
  g_array_set_clear_func (report->limits, clear_finding);
  g_array_set_clear_func (report->remedies, clear_remedy);
  g_array_set_clear_func (report->tried, clear_tried);
  return report;
}

void
strata_search_report_free (StrataSearchReport *report)
{
  if (report == NULL)
    return;
  g_array_unref (report->limits);
  g_array_unref (report->tried);
  g_array_unref (report->remedies);
  g_free (report);
}

void
strata_search_report_suggest (
  StrataSearchReport *report, StrataLimit limit, const char *change, double needs, double has)
{
  StrataRemedy remedy = { limit, g_strdup (change), needs, has };

  g_array_append_val (report->remedies, remedy);
}

static void
list_figures (const StrataTried *tried, double figures[N_FIGURES])
{
  const StrataJudgement *j = &tried->judgement;

  figures[0] = (double) j->latency_ps;
  figures[1] = (double) j->interval_ps;
  figures[2] = (double) j->energy_fj;
  figures[3] = j->power_mw;
  figures[4] = j->junction_c;
  figures[5] = (double) tried->n_arrays;
}

/* Unknown figures, which are unknown of all, decide nothing. */
static gboolean
dominates (const StrataTried *a, const StrataTried *b)
{
  double x[N_FIGURES], y[N_FIGURES];
  gboolean better = FALSE;

  list_figures (a, x);
  list_figures (b, y);
  for (int i = 0; i < N_FIGURES; i++)
    {
      if (x[i] > y[i])
        return FALSE;
      better |= x[i] < y[i];
    }
  return better;
}

void
strata_search_report_mark (StrataSearchReport *report)
{
  for (guint i = 0; i < report->tried->len; i++)
    {
      StrataTried *tried = &g_array_index (report->tried, StrataTried, i);

      tried->is_pareto = tried->refusal == NULL;
      for (guint j = 0; j < report->tried->len && tried->is_pareto; j++)
        {
          const StrataTried *other = &g_array_index (report->tried, StrataTried, j);

          tried->is_pareto = other->refusal != NULL || !dominates (other, tried);
        }
    }
}
