/* SPDX-License-Identifier: Apache-2.0
 *
 * The temperature map: a chip from above beside a section through its hottest row of stacks, in one scale that spans
 * the range there is, hundredths of a kelvin as readable as tens.
 */
#pragma once

#include "strata-profiler/strata-draw.h"
#include "strata-profiler/strata-profile.h"

G_BEGIN_DECLS

/**
 * StrataHeatScene:
 * @title: what was run, "resnet50 on phone"
 * @fidelity: where the numbers are from, "modelled (timing)"
 * @mesh_x: stacks of a row
 * @mesh_y: rows of stacks
 * @n_tiers: tiers per stack
 * @temperature_c: (nullable): mesh_x x mesh_y stacks, row by row, each its base and then its tiers upwards; NaN:
 * unknown
 * @power_mw: mean power in that state, NaN: unknown; so the temperatures below
 * @junction_c: hottest node
 * @package_c: package
 * @skin_c: skin of the product
 * @ambient_c: ambient
 *
 * Steady temperatures of a chip.
 */
typedef struct
{
  const char *title, *fidelity;
  gint32 mesh_x, mesh_y, n_tiers;
  const double *temperature_c;
  double power_mw, junction_c, package_c, skin_c, ambient_c;
} StrataHeatScene;

/**
 * StrataHeatPlace:
 * @stack: stack, row by row
 * @tier: tier, -1: the base below them
 * @temperature_c: its temperature
 */
typedef struct
{
  gint32 stack, tier;
  double temperature_c;
} StrataHeatPlace;

/**
 * strata_heat_scene_ends: (skip)
 * @scene: temperatures
 * @hottest: (out caller-allocates): the hottest place, the lowest of equals
 * @coolest: (out caller-allocates): the coolest place
 *
 * Returns: whether any temperature is known
 */
STRATA_API gboolean strata_heat_scene_ends (const StrataHeatScene *scene,
                                            StrataHeatPlace *hottest,
                                            StrataHeatPlace *coolest);

/**
 * strata_heat_place_name: (skip)
 * @scene: the scene of the place
 * @place: a place
 *
 * Returns: (transfer full): "stack 27 (column 3, row 3), base"
 */
STRATA_API char *strata_heat_place_name (const StrataHeatScene *scene,
                                         const StrataHeatPlace *place) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_heat_decimals: (skip)
 * @range_k: difference of the hottest and the coolest place
 *
 * Returns: decimals with which temperatures of that range are told apart, 1 to 6
 */
STRATA_API int strata_heat_decimals (double range_k);

/**
 * strata_heat_map_draw: (skip)
 * @cr: context
 * @scene: temperatures
 * @theme: theme
 * @rect: place; 960 x 480 is right
 *
 * From above, the hottest place of each stack; beside it base and tiers of the stacks in the row of the hottest place,
 * the base not to scale. A scene without temperatures says so.
 */
STRATA_API void
strata_heat_map_draw (cairo_t *cr, const StrataHeatScene *scene, const StrataDrawTheme *theme, const StrataRect *rect);

/**
 * strata_heat_map_pick: (skip)
 * @scene: temperatures
 * @rect: place given to strata_heat_map_draw()
 * @x: point
 * @y: point
 * @place: (out caller-allocates): what is there; from above the hottest place of a stack. NaN where it is unknown
 *
 * Returns: whether the point is on the plan or the section
 */
STRATA_API gboolean
strata_heat_map_pick (const StrataHeatScene *scene, const StrataRect *rect, double x, double y, StrataHeatPlace *place);

/**
 * strata_profile_heat_scene: (skip)
 * @profile: a profile
 *
 * Returns: (transfer full): its steady temperatures; without any where it has none. Lives no longer than @profile
 */
STRATA_API StrataHeatScene *strata_profile_heat_scene (StrataProfile *profile) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_heat_scene_free: (skip)
 * @scene: (nullable): from strata_profile_heat_scene()
 */
STRATA_API void strata_heat_scene_free (StrataHeatScene *scene);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataHeatScene, strata_heat_scene_free)

G_END_DECLS
