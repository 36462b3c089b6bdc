/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/judge.h"

#include <math.h>

#include "simulator/simulator.h"

gboolean
judge_cb (const StrataImage *image, StrataJudgement *judgement, gpointer user_data, GError **error)
{
  g_autoptr (StrataModelled) modelled = strata_model_run (image, image->limits.max_interval_ps, FALSE, NULL, error);

  if (modelled == NULL)
    return FALSE;
  *judgement = (StrataJudgement){
    .latency_ps = modelled->latency_ps[STRATA_BAND_NOMINAL],
    .interval_ps = modelled->interval_ps[STRATA_BAND_NOMINAL],
    .energy_fj = modelled->energy_fj[STRATA_BAND_NOMINAL],
    .power_mw = modelled->power_mw[STRATA_BAND_NOMINAL],
    .static_mw = modelled->static_mw[STRATA_BAND_NOMINAL],
    .junction_c = modelled->junction_c,
    .skin_c = modelled->skin_c,
    .unit_interval_ps = modelled->unit_interval_ps[STRATA_BAND_NOMINAL],
    .dynamic_fj = modelled->dynamic_fj[STRATA_BAND_NOMINAL],
    .peak_mw = modelled->peak_mw,
    .accuracy = NAN,
  };
  return TRUE;
}
