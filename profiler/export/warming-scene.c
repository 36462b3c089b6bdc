/* SPDX-License-Identifier: Apache-2.0
 *
 * Continuous operation from cold, of a profile as a chart. Time is logarithmic, as a die takes milliseconds and a
 * package minutes: it begins where the junction has begun to rise, and goes on for as long again as all that happens
 * takes, several times, since the last spell is for ever.
 */
#include "strata-profiler/strata-warming.h"

#include <math.h>

#include "strata-profiler/strata-profile-analysis.h"

#define S_PER_PS 1e-12
#define BEGUN_SHARE 0.01 /* of the rise */
#define AFTER_LAST 6.0   /* times its start: how long the last spell is shown */

static const char *
keep (StrataWarmingScene *scene, char *text)
{
  const char *kept = g_string_chunk_insert (scene->words, text);

  g_free (text);
  return kept;
}

/* The first row that is shown */
static gsize
find_begin (const StrataProfileWarming *rows, gsize n)
{
  double highest_c = rows[0].junction_c;

  for (gsize i = 1; i < n; i++)
    highest_c = MAX (highest_c, rows[i].junction_c);
  for (gsize i = 1; i < n; i++)
    if (rows[i].time_ps > 0
        && rows[i].junction_c - rows[0].junction_c >= BEGUN_SHARE * (highest_c - rows[0].junction_c))
      return i > 1 ? i - 1 : i;
  return n;
}

static void
add_curves (StrataWarmingScene *scene, StrataProfile *profile, gint64 last_ps)
{
  gsize n_rows, n = 0, begin;
  const StrataProfileWarming *rows = strata_profile_get_warming (profile, &n_rows);

  scene->time_s = g_new (double, n_rows + 1);
  scene->junction_c = g_new (double, n_rows + 1);
  scene->skin_c = g_new (double, n_rows + 1);
  begin = n_rows > 0 ? find_begin (rows, n_rows) : 0;
  for (gsize i = begin; i < n_rows; i++, n++)
    {
      scene->time_s[n] = (double) rows[i].time_ps * S_PER_PS;
      scene->junction_c[n] = rows[i].junction_c;
      scene->skin_c[n] = rows[i].skin_c;
    }
  if (n > 0 && scene->time_s[n - 1] < AFTER_LAST * (double) last_ps * S_PER_PS)
    {
      scene->time_s[n] = AFTER_LAST * (double) last_ps * S_PER_PS;
      scene->junction_c[n] = scene->junction_c[n - 1];
      scene->skin_c[n] = scene->skin_c[n - 1];
      n++;
    }
  scene->curves[0] = (StrataChartCurve){ "junction", n, scene->time_s, scene->junction_c, NULL, 1, FALSE };
  scene->curves[1] = (StrataChartCurve){ "skin", n, scene->time_s, scene->skin_c, NULL, 0, FALSE };
  scene->chart.curves = scene->curves;
  scene->chart.n_curves = n > 0 ? G_N_ELEMENTS (scene->curves) : 0;
}

static void
add_line (StrataWarmingScene *scene, StrataProfile *profile, const char *figure, const char *part, guint family)
{
  double limit_c = strata_profile_get_figure (profile, figure, STRATA_BAND_NOMINAL);

  if (!isfinite (limit_c))
    return;
  scene->lines[scene->chart.n_lines++] =
    (StrataChartLine){ keep (scene, g_strdup_printf ("limit of the %s, %.4g °C", part, limit_c)), limit_c, family };
  scene->chart.lines = scene->lines;
}

static const char *
name_spell (StrataWarmingScene *scene, const StrataProfileSpell *spell)
{
  g_autofree char *rate =
    spell->interval_ps > 0 ? strata_format_quantity (1e12 / (double) spell->interval_ps, "1/s") : NULL;

  if (rate == NULL)
    return keep (scene, g_strdup_printf ("off: %s", strata_spell_reason_name (spell->reason)));
  return keep (scene, g_strdup_printf ("%s: %s", strata_spell_reason_name (spell->reason), rate));
}

static void
add_spans (StrataWarmingScene *scene, const StrataProfileSpell *spells, gsize n_spells)
{
  scene->spans = g_new0 (StrataChartSpan, n_spells + 1);
  for (gsize i = 0; i < n_spells; i++)
    scene->spans[i] = (StrataChartSpan){
      .name = name_spell (scene, &spells[i]),
      .from = (double) spells[i].start_ps * S_PER_PS,
      .to = spells[i].duration_ps < 0 ? HUGE_VAL : (double) (spells[i].start_ps + spells[i].duration_ps) * S_PER_PS,
      .is_warning = spells[i].reason > STRATA_SPELL_BUDGET,
    };
  scene->chart.spans = scene->spans;
  scene->chart.n_spans = n_spells;
}

static const char *
explain_missing (StrataFidelity fidelity)
{
  return fidelity == STRATA_FIDELITY_ESTIMATE   ? "The run was estimated: it has a steady state, but nothing in time."
         : fidelity == STRATA_FIDELITY_MEASURED ? "The run was measured: a board does not say how it warms up."
                                                : "The profile was recorded before spells were: schema 4.";
}

StrataWarmingScene *
strata_profile_warming_scene (StrataProfile *profile)
{
  StrataWarmingScene *scene;
  const StrataProfileSpell *spells;
  gsize n_spells;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), NULL);

  scene = g_new0 (StrataWarmingScene, 1);
  scene->words = g_string_chunk_new (256);
  spells = strata_profile_get_spells (profile, &n_spells);
  scene->chart.title = "Continuous operation from cold";
  scene->chart.note = "Modelled, nominal: an ideal governor, which goes at once to the fastest rate that keeps a limit "
                      "it has reached.";
  scene->chart.x = (StrataChartAxis){ "time from cold", "s", TRUE, NAN, NAN, NULL, NULL, 0 };
  scene->chart.y = (StrataChartAxis){ "temperature", "°C", FALSE, NAN, NAN, NULL, NULL, 0 };
  scene->chart.has_no_dots = scene->chart.shows_note = TRUE;
  add_curves (scene, profile, n_spells > 0 ? spells[n_spells - 1].start_ps : 0);
  add_line (scene, profile, "throttle_junction_c", "junction", 1);
  add_line (scene, profile, "throttle_skin_c", "skin", 0);
  add_spans (scene, spells, n_spells);
  if (scene->chart.n_curves == 0)
    scene->chart.note = explain_missing (strata_profile_get_run (profile)->fidelity);
  return scene;
}

void
strata_warming_scene_free (StrataWarmingScene *scene)
{
  if (scene == NULL)
    return;
  g_string_chunk_free (scene->words);
  g_free (scene->spans);
  g_free (scene->time_s);
  g_free (scene->junction_c);
  g_free (scene->skin_c);
  g_free (scene);
}

void
strata_warming_draw (
  cairo_t *cr, const StrataWarmingScene *scene, double cursor_s, const StrataDrawTheme *theme, const StrataRect *rect)
{
  StrataChart chart = scene->chart;

  if (chart.n_curves == 0)
    {
      StrataDrawMessage message = { "No operation from cold", chart.note,
                                    "Profile again on a simulated device, at the timing fidelity.", FALSE };

      strata_message_draw (cr, theme, &message, rect);
      return;
    }
  chart.has_cursor = !isnan (cursor_s);
  chart.cursor = cursor_s;
  strata_chart_draw (cr, &chart, theme, rect);
}

char *
strata_warming_describe (const StrataWarmingScene *scene, double time_s)
{
  const StrataChart *chart = &scene->chart;
  double junction_c = chart->n_curves > 0 ? strata_chart_read (chart, 0, time_s) : (double) NAN;
  g_autofree char *time = strata_draw_quantity (time_s, "s");
  const char *spell = NULL;

  if (isnan (junction_c))
    return NULL;
  for (gsize i = 0; i < chart->n_spans; i++)
    if (time_s >= chart->spans[i].from && time_s < chart->spans[i].to)
      spell = chart->spans[i].name;
  return g_strdup_printf ("%s from cold\njunction %.2f °C, skin %.2f °C%s%s", time, junction_c,
                          strata_chart_read (chart, 1, time_s), spell != NULL ? "\n" : "", spell != NULL ? spell : "");
}
