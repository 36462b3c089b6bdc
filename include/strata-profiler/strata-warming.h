/* SPDX-License-Identifier: Apache-2.0
 *
 * Continuous operation from cold as a chart: temperatures of junction and skin over the logarithm of time, their
 * limits, and the spells of the governor.
 */
#pragma once

#include "strata-profiler/strata-chart.h"
#include "strata-profiler/strata-profile.h"

G_BEGIN_DECLS

/**
 * StrataWarmingScene:
 * @chart: the chart; without points where the profile says nothing
 * @curves: junction, then skin
 * @lines: limits that are known
 * @spans: spells
 * @time_s: (array length=n_points): times of the points
 * @junction_c: (array length=n_points): junction
 * @skin_c: (array length=n_points): skin
 * @words: texts
 *
 * The chart and what it points into.
 */
typedef struct
{
  StrataChart chart;
  StrataChartCurve curves[2];
  StrataChartLine lines[2];
  StrataChartSpan *spans;
  double *time_s, *junction_c, *skin_c;
  GStringChunk *words;
} StrataWarmingScene;

/**
 * strata_profile_warming_scene: (skip)
 * @profile: a profile
 *
 * Returns: (transfer full): its operation from cold. Lives no longer than @profile
 */
STRATA_API StrataWarmingScene *strata_profile_warming_scene (StrataProfile *profile) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_warming_scene_free: (skip)
 * @scene: (nullable): from strata_profile_warming_scene()
 */
STRATA_API void strata_warming_scene_free (StrataWarmingScene *scene);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataWarmingScene, strata_warming_scene_free)

/**
 * strata_warming_draw: (skip)
 * @cr: context
 * @scene: operation from cold
 * @cursor_s: time that is marked; NaN: none
 * @theme: theme
 * @rect: place
 *
 * A scene without points says so, and what to do.
 */
STRATA_API void strata_warming_draw (
  cairo_t *cr, const StrataWarmingScene *scene, double cursor_s, const StrataDrawTheme *theme, const StrataRect *rect);

/**
 * strata_warming_describe: (skip)
 * @scene: operation from cold
 * @time_s: a time from cold
 *
 * Returns: (transfer full) (nullable): time, temperatures and spell in a line each; %NULL before and after the curves
 */
STRATA_API char *strata_warming_describe (const StrataWarmingScene *scene, double time_s) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
