/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the run kept the limits it was given: pairs of figures "limit_max_X" / "limit_min_X" and "X". The verdict is
 * on nominal values, with a second one on conservative ones.
 */
#include <math.h>
#include <string.h>

#include "analysis/derive.h"
#include "strata-profiler/strata-profile-analysis.h"

#define MAX_PREFIX "limit_max_"
#define MIN_PREFIX "limit_min_"

static const StrataProfileFigure *
find_figure (const StrataRows *rows, const char *name)
{
  for (gsize i = 0; i < rows->n_figures; i++)
    if (g_str_equal (rows->figures[i].name, name))
      return &rows->figures[i];
  return NULL;
}

/* Slack in units of the limit; a limit of 0 is met or missed by all there is. */
static double
margin_of (double limit, double value, gboolean is_minimum)
{
  double slack = is_minimum ? value - limit : limit - value;

  if (limit != 0)
    return slack / fabs (limit);
  return slack == 0 ? 0 : copysign (INFINITY, slack);
}

static StrataProfileVerdict
judge (const StrataRows *rows, const StrataProfileFigure *limit, gboolean is_minimum)
{
  StrataProfileVerdict verdict = {
    .limit = limit, .is_minimum = is_minimum, .margin = NAN, .margin_conservative = NAN
  };
  double bound = limit->value[STRATA_BAND_NOMINAL];

  verdict.figure = find_figure (rows, limit->name + strlen (MAX_PREFIX));
  if (verdict.figure == NULL)
    return verdict;
  if (isnan (verdict.figure->value[STRATA_BAND_NOMINAL]))
    {
      /* what never settles misses any limit of where it settles */
      verdict.is_known = g_str_has_prefix (verdict.figure->source, STRATA_NO_STEADY_STATE);
      verdict.margin = verdict.is_known ? -INFINITY : NAN;
      return verdict;
    }
  verdict.is_known = TRUE;
  verdict.margin = margin_of (bound, verdict.figure->value[STRATA_BAND_NOMINAL], is_minimum);
  verdict.margin_conservative = margin_of (bound, verdict.figure->value[STRATA_BAND_CONSERVATIVE], is_minimum);
  verdict.is_met = verdict.margin >= 0;
  verdict.is_met_conservative = verdict.margin_conservative >= 0;
  return verdict;
}

/* Missed, then unknown, then met; the smallest margin first. */
static int
rank (const StrataProfileVerdict *verdict)
{
  return !verdict->is_known ? 1 : verdict->is_met ? 2 : 0;
}

static int
compare_verdict_cb (gconstpointer a, gconstpointer b, gpointer data)
{
  const StrataProfileVerdict *i = a, *j = b;

  if (rank (i) != rank (j))
    return rank (i) - rank (j);
  if (i->is_known && i->margin != j->margin)
    return i->margin < j->margin ? -1 : 1;
  return strcmp (i->limit->name, j->limit->name);
}

StrataProfileVerdict *
strata_derive_verdicts (const StrataRows *rows, gsize *n_verdicts)
{
  GArray *verdicts = g_array_new (FALSE, FALSE, sizeof (StrataProfileVerdict));

  G_STATIC_ASSERT (sizeof MAX_PREFIX == sizeof MIN_PREFIX);
  for (gsize i = 0; i < rows->n_figures; i++)
    {
      const StrataProfileFigure *figure = &rows->figures[i];
      gboolean is_minimum = g_str_has_prefix (figure->name, MIN_PREFIX);

      if ((is_minimum || g_str_has_prefix (figure->name, MAX_PREFIX)) && !isnan (figure->value[STRATA_BAND_NOMINAL]))
        {
          StrataProfileVerdict verdict = judge (rows, figure, is_minimum);

          g_array_append_val (verdicts, verdict);
        }
    }
  if (verdicts->len > 1)
    g_qsort_with_data (verdicts->data, verdicts->len, sizeof (StrataProfileVerdict), compare_verdict_cb, NULL);
  *n_verdicts = verdicts->len;
  return (StrataProfileVerdict *) g_array_free (verdicts, FALSE);
}

/* "latency_ps" is "latency", "junction_c" is "junction". */
static char *
make_subject (const StrataProfileFigure *limit)
{
  char *subject = g_strdup (limit->name + strlen (MAX_PREFIX));
  g_autofree char *suffix = g_strconcat ("_", limit->unit, NULL);

  if (strlen (suffix) > 1 && g_str_has_suffix (subject, suffix))
    subject[strlen (subject) - strlen (suffix)] = '\0';
  return g_strdelimit (subject, "_", ' ');
}

char *
strata_derive_verdict_text (const StrataProfileVerdict *verdict)
{
  const char *unit = verdict->limit->unit;
  g_autofree char *subject = make_subject (verdict->limit);
  g_autofree char *bound = strata_format_quantity (verdict->limit->value[STRATA_BAND_NOMINAL], unit);
  const char *least = verdict->is_minimum ? "at least" : "at most";
  g_autofree char *value = NULL, *margin = NULL;

  if (!verdict->is_known)
    return g_strdup_printf ("%s is unavailable, so %s %s is not judged", subject, least, bound);
  if (isnan (verdict->figure->value[STRATA_BAND_NOMINAL]))
    return g_strdup_printf ("%s has " STRATA_NO_STEADY_STATE " and misses %s %s", subject, least, bound);
  value = strata_format_quantity (verdict->figure->value[STRATA_BAND_NOMINAL], unit);
  margin = strata_format_quantity (fabs (verdict->margin), "fraction");
  if (!verdict->is_met)
    return g_strdup_printf ("%s %s misses %s %s by %s", subject, value, least, bound, margin);
  return g_strdup_printf ("%s %s meets %s %s with %s to spare%s", subject, value, least, bound, margin,
                          isnan (verdict->margin_conservative) ? ""
                          : verdict->is_met_conservative       ? ", also with conservative constants"
                                                               : ", but not with conservative constants");
}
