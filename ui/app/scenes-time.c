/* SPDX-License-Identifier: Apache-2.0
 *
 * Governor, tracks, drops and power of a profile for the painters of time.
 */
#include "scenes-private.h"

/* Above so many events a track gets a pyramid. */
#define INDEX_FROM 4096

static const char *
get_group (StrataUnitKind kind)
{
  switch (kind)
    {
    case STRATA_UNIT_STACK:
      return "Stacks";
    case STRATA_UNIT_LINK:
      return "Network";
    case STRATA_UNIT_HOST:
    case STRATA_UNIT_DRAM:
      return "Ports";
    default:
      return "Digital units";
    }
}

/* Groups from the outside in, as data flow */
static int
get_rank (StrataUnitKind kind)
{
  return kind == STRATA_UNIT_HOST || kind == STRATA_UNIT_DRAM ? 0
         : kind == STRATA_UNIT_STACK                          ? 1
         : kind == STRATA_UNIT_LINK                           ? 3
                                                              : 2;
}

static void
add_tracks (StrataScenes *scenes, int rank)
{
  gsize n_units;
  const StrataProfileUnit *units = strata_profile_get_units (scenes->profile, &n_units);

  for (gsize i = 0; i < n_units; i++)
    {
      StrataProfileEvents events;
      StrataDrawTrack track;

      if (get_rank (units[i].kind) != rank || units[i].n_events == 0)
        continue;
      strata_profile_get_unit_events (scenes->profile, units[i].id, &events);
      track = (StrataDrawTrack){ .name = units[i].name,
                                 .group = get_group (units[i].kind),
                                 .unit = units[i].id,
                                 .n_events = events.n_events,
                                 .start_ps = events.start_ps,
                                 .duration_ps = events.duration_ps,
                                 .layer = events.layer };
      if (events.n_events >= INDEX_FROM)
        track.index = strata_draw_index_new (&track);
      g_array_append_val (scenes->tracks, track);
    }
}

/* Continuous operation from cold over the run, which is its first inference: as a rule one spell, longer than the run,
 * that says what comes after it. */
static void
add_governor (StrataScenes *scenes)
{
  StrataScenesGovernor *g = &scenes->governor;
  gint64 end_ps = MAX (strata_profile_get_run (scenes->profile)->end_ps, 1);
  gsize n_rows, n = 0;
  const StrataProfileSpell *rows = strata_profile_get_spells (scenes->profile, &n_rows);
  StrataDrawTrack track = { .name = "rate from cold", .group = "Governor", .unit = -1 };

  if (n_rows == 0 || strata_profile_get_n_events (scenes->profile) == 0)
    return;
  g->start_ps = g_new (gint64, n_rows);
  g->duration_ps = g_new (gint64, n_rows);
  g->layer = g_new (gint32, n_rows);
  g->texts = g_new (const char *, n_rows);
  g->warns = g_new (gboolean, n_rows);
  for (; n < n_rows && rows[n].start_ps < end_ps; n++)
    {
      g_autofree char *text = strata_profile_dup_spell_text (scenes->profile, (guint) n);

      g->start_ps[n] = rows[n].start_ps;
      g->duration_ps[n] =
        (rows[n].duration_ps < 0 ? end_ps : MIN (rows[n].start_ps + rows[n].duration_ps, end_ps)) - rows[n].start_ps;
      g->layer[n] = -1;
      g->texts[n] = g_string_chunk_insert (scenes->words, text);
      g->warns[n] = rows[n].reason > STRATA_SPELL_BUDGET;
    }
  track.n_events = n;
  track.start_ps = g->start_ps;
  track.duration_ps = g->duration_ps;
  track.layer = g->layer;
  track.texts = g->texts;
  track.warns = g->warns;
  g_array_append_val (scenes->tracks, track);
}

static void
add_drops (StrataScenes *scenes)
{
  gsize n_rows;
  const StrataProfileDrop *rows = strata_profile_get_drops (scenes->profile, &n_rows);

  for (gsize i = 0; i < n_rows; i++)
    for (guint t = 0; t < scenes->tracks->len; t++)
      if (g_array_index (scenes->tracks, StrataDrawTrack, t).unit == rows[i].unit)
        {
          StrataTimelineDrop drop = { (gint32) t, rows[i].from_ps, rows[i].to_ps, rows[i].n_dropped };

          g_array_append_val (scenes->drops, drop);
        }
}

void
strata_scenes_add_timeline (StrataScenes *scenes)
{
  scenes->tracks = g_array_new (FALSE, FALSE, sizeof (StrataDrawTrack));
  scenes->drops = g_array_new (FALSE, FALSE, sizeof (StrataTimelineDrop));
  add_governor (scenes);
  for (int rank = 0; rank < 4; rank++)
    add_tracks (scenes, rank);
  add_drops (scenes);
  scenes->timeline = (StrataTimelineScene){ .tracks = (const StrataDrawTrack *) (gpointer) scenes->tracks->data,
                                            .n_tracks = scenes->tracks->len,
                                            .layers = scenes->layers,
                                            .n_layers = scenes->n_layers,
                                            .drops = (const StrataTimelineDrop *) (gpointer) scenes->drops->data,
                                            .n_drops = scenes->drops->len,
                                            .duration_ps = strata_profile_get_run (scenes->profile)->end_ps };
}

void
strata_scenes_add_power (StrataScenes *scenes)
{
  StrataProfilePower power;
  const StrataProfileRun *run = strata_profile_get_run (scenes->profile);

  strata_profile_get_power (scenes->profile, &power);
  scenes->power = (StrataPowerScene){ .n_samples = power.n_samples,
                                      .time_ps = power.time_ps,
                                      .step_ps = power.step_ps,
                                      .power_mw = power.power_mw,
                                      .budget_mw = run->power_budget_mw,
                                      .duration_ps = run->end_ps };
}
