/* SPDX-License-Identifier: Apache-2.0
 *
 * Steady temperatures of a profile as the map draws them. A place that the profile does not name stays unknown.
 */
#include "strata-profiler/strata-heat-map.h"

#include <math.h>

#include "strata-profiler/strata-profile-analysis.h"

static double
figure_value (StrataProfile *profile, const char *name)
{
  const StrataProfileFigure *figure = strata_profile_find_figure (profile, name);

  return figure != NULL ? figure->value[STRATA_BAND_NOMINAL] : (double) NAN;
}

static gboolean
is_place (const StrataProfileRun *run, const StrataProfileTemperature *row)
{
  if (row->time_ps >= 0 || row->stack < 0 || row->stack >= run->n_stacks)
    return FALSE;
  return row->node == STRATA_HEAT_BASE
         || (row->node == STRATA_HEAT_STACK_TIER && row->tier >= 0 && row->tier < run->n_tiers);
}

/* NULL where no row is about a place; the loader bounds stacks x tiers. */
static double *
collect (StrataProfile *profile, const StrataProfileRun *run)
{
  gsize n_rows, n_here = (gsize) run->n_tiers + 1, n = n_here * (gsize) run->n_stacks;
  const StrataProfileTemperature *rows = strata_profile_heat_at (profile, -1, &n_rows);
  double *temperature_c = NULL;

  if ((gint64) run->mesh_x * run->mesh_y != run->n_stacks || run->mesh_x < 1 || run->n_tiers < 1)
    return NULL;
  for (gsize i = 0; i < n_rows; i++)
    {
      if (!is_place (run, &rows[i]))
        continue;
      if (temperature_c == NULL)
        {
          temperature_c = g_new (double, n);
          for (gsize j = 0; j < n; j++)
            temperature_c[j] = (double) NAN;
        }
      temperature_c[(gsize) rows[i].stack * n_here
                    + (rows[i].node == STRATA_HEAT_BASE ? 0 : (gsize) rows[i].tier + 1)] = rows[i].temperature_c;
    }
  return temperature_c;
}

StrataHeatScene *
strata_profile_heat_scene (StrataProfile *profile)
{
  const StrataProfileRun *run;
  StrataHeatScene *scene;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), NULL);

  run = strata_profile_get_run (profile);
  scene = g_new0 (StrataHeatScene, 1);
  scene->title = g_strdup_printf ("%s on %s", run->model_name, run->chip_name);
  scene->fidelity = g_strdup_printf (run->fidelity == STRATA_FIDELITY_MEASURED ? "%s" : "modelled (%s)",
                                     strata_profile_get_fidelity_name (profile));
  scene->mesh_x = run->mesh_x;
  scene->mesh_y = run->mesh_y;
  scene->n_tiers = run->n_tiers;
  scene->temperature_c = collect (profile, run);
  scene->power_mw = figure_value (profile, "power_mw");
  scene->junction_c = figure_value (profile, "junction_c");
  scene->package_c = figure_value (profile, "package_c");
  scene->skin_c = figure_value (profile, "skin_c");
  scene->ambient_c = figure_value (profile, "ambient_c");
  return scene;
}

void
strata_heat_scene_free (StrataHeatScene *scene)
{
  if (scene == NULL)
    return;
  g_free ((char *) scene->title);
  g_free ((char *) scene->fidelity);
  g_free ((double *) scene->temperature_c);
  g_free (scene);
}
