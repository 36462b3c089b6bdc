/* SPDX-License-Identifier: Apache-2.0
 *
 * The analyses of a profile, as public functions over the plain C of analysis/.
 */
#include <math.h>

#include "analysis/derive.h"
#include "model/profile-private.h"

const StrataProfileVerdict *
strata_profile_get_verdicts (StrataProfile *self, gsize *n_verdicts)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);

  if (n_verdicts != NULL)
    *n_verdicts = self->n_verdicts;
  return self->verdicts;
}

char *
strata_profile_dup_verdict_text (StrataProfile *self, guint verdict)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);

  return verdict < self->n_verdicts ? strata_derive_verdict_text (&self->verdicts[verdict]) : NULL;
}

char *
strata_profile_dup_spell_text (StrataProfile *self, guint spell)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);

  return spell < self->rows->n_spells ? strata_derive_spell_text (self->rows, spell) : NULL;
}

StrataEnergyRow *
strata_profile_energy_table (StrataProfile *self, StrataBand band, gsize *n_rows)
{
  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);
  g_return_val_if_fail ((guint) band < STRATA_N_BANDS, NULL);
  g_return_val_if_fail (n_rows != NULL, NULL);

  return strata_derive_energy_table (self->rows, band, n_rows);
}

/* NULL for an unknown unit */
static const StrataTrack *
get_track (StrataProfile *self, gint32 unit)
{
  return unit >= 0 && (gsize) unit < self->rows->n_units ? &self->tracks[2 * (gsize) unit] : NULL;
}

void
strata_profile_track_span (StrataProfile *self, gint32 unit, gint64 from_ps, gint64 to_ps, StrataTrackSpan *span)
{
  static const StrataTrack no_track;
  const StrataTrack *track;

  g_return_if_fail (STRATA_IS_PROFILE (self));
  g_return_if_fail (span != NULL);

  track = get_track (self, unit);
  strata_track_span (track != NULL ? track : &no_track, from_ps, to_ps, span);
}

void
strata_profile_track_fold (
  StrataProfile *self, gint32 unit, gint64 from_ps, gint64 to_ps, StrataTrackSpan *spans, gsize n_spans)
{
  static const StrataTrack no_track;
  const StrataTrack *track;

  g_return_if_fail (STRATA_IS_PROFILE (self));
  g_return_if_fail (spans != NULL || n_spans == 0);

  track = get_track (self, unit);
  strata_track_fold (track != NULL ? track : &no_track, from_ps, to_ps, spans, n_spans);
}

gsize
strata_profile_track_seek (StrataProfile *self, gint32 unit, gint64 time_ps)
{
  const StrataTrack *track;

  g_return_val_if_fail (STRATA_IS_PROFILE (self), 0);

  track = get_track (self, unit);
  return track != NULL ? strata_track_seek (track, time_ps) : 0;
}

gint64
strata_profile_energy_between (StrataProfile *self, gint64 from_ps, gint64 to_ps)
{
  gint64 energy_fj = 0;

  g_return_val_if_fail (STRATA_IS_PROFILE (self), 0);

  for (gsize i = 0; i < 2 * self->rows->n_units; i++)
    {
      StrataTrackSpan span;

      strata_track_span (&self->tracks[i], from_ps, to_ps, &span);
      energy_fj += span.energy_fj;
    }
  return energy_fj;
}

/* Index of the last sample that starts at or before @time_ps; -1: none. */
static gssize
find_sample (const StrataPowerTable *power, gint64 time_ps)
{
  gsize low = 0, high = power->n_samples;

  while (low < high)
    {
      gsize middle = low + (high - low) / 2;

      if (power->time_ps[middle] <= time_ps)
        low = middle + 1;
      else
        high = middle;
    }
  return (gssize) low - 1;
}

static double
recorded_power (const StrataPowerTable *power, gint64 time_ps, double *power_mw)
{
  gssize sample = find_sample (power, time_ps);
  double sum = 0;

  if (sample < 0 || time_ps - power->time_ps[sample] >= power->step_ps[sample])
    return NAN;
  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    {
      double here = power->power_mw[sample * STRATA_N_COMPONENTS + i];

      sum += here;
      if (power_mw != NULL)
        power_mw[i] = here;
    }
  return sum;
}

double
strata_profile_power_at (StrataProfile *self, gint64 time_ps, double *power_mw)
{
  double sum = 0;

  g_return_val_if_fail (STRATA_IS_PROFILE (self), NAN);

  for (int i = 0; power_mw != NULL && i < STRATA_N_COMPONENTS; i++)
    power_mw[i] = NAN;
  if (self->rows->power.n_samples > 0)
    return recorded_power (&self->rows->power, time_ps, power_mw);
  if (self->rows->events.n_events == 0 || time_ps < self->rows->run.start_ps || time_ps >= self->rows->run.end_ps)
    return NAN;
  for (gsize i = 0; i < 2 * self->rows->n_units; i++)
    sum += strata_track_power (&self->tracks[i], time_ps);
  return sum;
}

const StrataProfileTemperature *
strata_profile_heat_at (StrataProfile *self, gint64 time_ps, gsize *n_rows)
{
  const StrataProfileTemperature *rows;
  gsize n, first = 0, end;

  g_return_val_if_fail (STRATA_IS_PROFILE (self), NULL);
  g_return_val_if_fail (n_rows != NULL, NULL);

  *n_rows = 0;
  rows = self->rows->temperatures;
  n = self->rows->n_temperatures;
  if (n == 0 || (time_ps < 0 && rows[0].time_ps >= 0))
    return NULL;
  /* Steady rows come first; for a time, skip them where the run has a series. */
  while (time_ps >= 0 && first < n && rows[first].time_ps < 0)
    first++;
  if (first == n)
    first = 0;
  for (gsize i = first; i < n && rows[i].time_ps <= MAX (time_ps, -1); i++)
    if (rows[i].time_ps != rows[first].time_ps)
      first = i;
  for (end = first; end < n && rows[end].time_ps == rows[first].time_ps; end++)
    ;
  *n_rows = end - first;
  return rows + first;
}
