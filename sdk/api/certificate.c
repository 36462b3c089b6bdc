/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataCertificate: the report of a search, read-only.
 */
#include <math.h>

#include "api/certificate-private.h"
#include "cost/cost.h"

struct _StrataCertificate
{
  GObject parent_instance;
  StrataSearchReport *report;
};

G_DEFINE_FINAL_TYPE (StrataCertificate, strata_certificate, G_TYPE_OBJECT)

static void
strata_certificate_finalize (GObject *object)
{
  StrataCertificate *self = STRATA_CERTIFICATE (object);

  strata_search_report_free (self->report);
  G_OBJECT_CLASS (strata_certificate_parent_class)->finalize (object);
}

static void
strata_certificate_class_init (StrataCertificateClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_certificate_finalize;
}

static void
strata_certificate_init (StrataCertificate *self)
{
}

StrataCertificate *
strata_certificate_new_from_report (StrataSearchReport *report)
{
  StrataCertificate *self = g_object_new (STRATA_TYPE_CERTIFICATE, NULL);

  self->report = report;
  return self;
}

StrataVerdict
strata_certificate_get_verdict (StrataCertificate *self)
{
  g_return_val_if_fail (STRATA_IS_CERTIFICATE (self), STRATA_VERDICT_NOT_FOUND);
  return self->report->verdict;
}

/* --- limits --- */

guint
strata_certificate_get_n_limits (StrataCertificate *self)
{
  g_return_val_if_fail (STRATA_IS_CERTIFICATE (self), 0);
  return self->report->limits->len;
}

static const StrataLimitFinding *
get_finding (StrataCertificate *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_CERTIFICATE (self), NULL);
  g_return_val_if_fail (index < self->report->limits->len, NULL);
  return &g_array_index (self->report->limits, StrataLimitFinding, index);
}

StrataLimit
strata_certificate_get_limit (
  StrataCertificate *self, guint index, double *asked, double *best, double *floor, StrataVerdict *verdict)
{
  const StrataLimitFinding *finding = get_finding (self, index);

  if (finding == NULL)
    return STRATA_LIMIT_MAX_LATENCY_PS;
  if (asked != NULL)
    *asked = finding->asked;
  if (best != NULL)
    *best = finding->best;
  if (floor != NULL)
    *floor = finding->floor;
  if (verdict != NULL)
    *verdict = finding->verdict;
  return finding->limit;
}

const char *
strata_certificate_get_reason (StrataCertificate *self, guint index)
{
  const StrataLimitFinding *finding = get_finding (self, index);

  return finding == NULL ? NULL : finding->reason;
}

const char *
strata_certificate_get_layers (StrataCertificate *self, guint index)
{
  const StrataLimitFinding *finding = get_finding (self, index);

  return finding == NULL ? NULL : finding->layers;
}

/* --- remedies --- */

guint
strata_certificate_get_n_remedies (StrataCertificate *self)
{
  g_return_val_if_fail (STRATA_IS_CERTIFICATE (self), 0);
  return self->report->remedies->len;
}

const char *
strata_certificate_get_remedy (StrataCertificate *self, guint index, StrataLimit *limit, double *needs, double *has)
{
  const StrataRemedy *remedy;

  g_return_val_if_fail (STRATA_IS_CERTIFICATE (self), NULL);
  g_return_val_if_fail (index < self->report->remedies->len, NULL);
  remedy = &g_array_index (self->report->remedies, StrataRemedy, index);
  if (limit != NULL)
    *limit = remedy->limit;
  if (needs != NULL)
    *needs = remedy->needs;
  if (has != NULL)
    *has = remedy->has;
  return remedy->change;
}

/* --- points --- */

guint
strata_certificate_get_n_points (StrataCertificate *self)
{
  g_return_val_if_fail (STRATA_IS_CERTIFICATE (self), 0);
  return self->report->tried->len;
}

static const StrataTried *
get_point (StrataCertificate *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_CERTIFICATE (self), NULL);
  g_return_val_if_fail (index < self->report->tried->len, NULL);
  return &g_array_index (self->report->tried, StrataTried, index);
}

const char *
strata_certificate_get_point_choice (StrataCertificate *self, guint index)
{
  const StrataTried *point = get_point (self, index);

  return point == NULL ? NULL : point->choice;
}

const char *
strata_certificate_get_point_refusal (StrataCertificate *self, guint index)
{
  const StrataTried *point = get_point (self, index);

  return point == NULL ? NULL : point->refusal;
}

static const char *const figure_names[] = { "latency_ps",    "interval_ps", "unit_interval_ps",
                                            "energy_fj",     "power_mw",    "peak_power_mw",
                                            "junction_c",    "skin_c",      "accuracy",
                                            "arrays_used",   "copies",      "reads",
                                            "active_stacks", "pace_ps",     NULL };

const char *const *
strata_certificate_list_point_figures (void)
{
  return figure_names;
}

static double
known (gint64 value)
{
  return value < 0 ? (double) NAN : (double) value;
}

/* Of the steady state, which a chip that runs away has none of */
static gboolean
is_steady_figure (const char *name)
{
  static const char *const names[] = { "power_mw", "junction_c", "skin_c", NULL };

  return g_strv_contains (names, name);
}

double
strata_certificate_get_point_figure (StrataCertificate *self, guint index, const char *name)
{
  const StrataTried *point = get_point (self, index);

  g_return_val_if_fail (point != NULL && name != NULL, (double) NAN);
  {
    const StrataJudgement *j = &point->judgement;
    const gboolean is_lost = j->junction_c > STRATA_MAX_LEAKAGE_C;
    const double values[] = { known (j->latency_ps),
                              known (j->interval_ps),
                              known (j->unit_interval_ps),
                              known (j->energy_fj),
                              j->power_mw,
                              j->peak_mw,
                              j->junction_c,
                              j->skin_c,
                              j->accuracy,
                              (double) point->n_arrays,
                              point->most_copies,
                              point->reads,
                              point->max_active_stacks,
                              (double) point->pace_ps };

    for (guint i = 0; i < G_N_ELEMENTS (values) && point->refusal == NULL; i++)
      if (g_str_equal (name, figure_names[i]))
        return is_lost && is_steady_figure (name) ? (double) NAN : values[i];
  }
  return (double) NAN;
}

gboolean
strata_certificate_is_point_met (StrataCertificate *self, guint index)
{
  const StrataTried *point = get_point (self, index);

  return point != NULL && point->is_met;
}

gboolean
strata_certificate_is_point_chosen (StrataCertificate *self, guint index)
{
  const StrataTried *point = get_point (self, index);

  return point != NULL && point->is_chosen;
}

gboolean
strata_certificate_is_point_pareto (StrataCertificate *self, guint index)
{
  const StrataTried *point = get_point (self, index);

  return point != NULL && point->is_pareto;
}
