/* SPDX-License-Identifier: Apache-2.0
 *
 * The layer table and the overview of a profile for the painters: rows that close, key figures with verdicts, findings.
 */
#include "scenes-private.h"

#include <math.h>
#include <string.h>

static const char *
keep (StrataScenes *scenes, char *text)
{
  const char *kept = g_string_chunk_insert (scenes->words, text);

  g_free (text);
  return kept;
}

static void
add_layer_row (StrataScenes *scenes, const StrataProfileLayer *layer)
{
  StrataLayerRow row = { .layer = layer->id,
                         .n_tiles = layer->n_tiles,
                         .time_ps = (double) layer->busy_ps,
                         .energy_fj = (double) layer->energy_fj[STRATA_BAND_NOMINAL],
                         .utilisation = layer->utilisation };

  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    row.component_fj[c] = (double) layer->component_fj[STRATA_BAND_NOMINAL][c];
  g_array_append_val (scenes->rows, row);
}

void
strata_scenes_add_table (StrataScenes *scenes)
{
  const StrataProfileLayer *layers = strata_profile_get_layers (scenes->profile, NULL);
  gsize n_energy;
  g_autofree StrataEnergyRow *energy = strata_profile_energy_table (scenes->profile, STRATA_BAND_NOMINAL, &n_energy);

  scenes->rows = g_array_new (FALSE, FALSE, sizeof (StrataLayerRow));
  for (gsize i = 0; i < scenes->n_layers; i++)
    add_layer_row (scenes, &layers[i]);
  for (gsize i = 0; i < n_energy; i++)
    {
      StrataLayerRow row = { .layer = energy[i].kind == STRATA_ENERGY_ROW_TOTAL ? -2 : -1,
                             .time_ps = (double) NAN,
                             .energy_fj = (double) energy[i].energy_fj,
                             .utilisation = (double) NAN };

      if (energy[i].kind != STRATA_ENERGY_ROW_STATIC && energy[i].kind != STRATA_ENERGY_ROW_TOTAL)
        continue;
      for (int c = 0; c < STRATA_N_COMPONENTS; c++)
        row.component_fj[c] = (double) energy[i].component_fj[c];
      g_array_append_val (scenes->rows, row);
    }
  scenes->table = (StrataLayerTable){ .rows = (const StrataLayerRow *) (gpointer) scenes->rows->data,
                                      .n_rows = scenes->rows->len,
                                      .layers = scenes->layers,
                                      .n_layers = scenes->n_layers,
                                      .selected_layer = -1 };
}

void
strata_scenes_energy (const StrataScenes *scenes, int layer, StrataEnergyScene *energy)
{
  guint n = scenes->rows->len;
  guint index = layer >= 0 && (gsize) layer < scenes->n_layers ? (guint) layer : n - 1;
  const StrataLayerRow *row = &g_array_index (scenes->rows, StrataLayerRow, index);
  const StrataProfileLayer *layers = strata_profile_get_layers (scenes->profile, NULL);
  double n_macs = 0, n_crossbar_macs = 0;

  for (gsize i = 0; i < scenes->n_layers; i++)
    if (index == i || index >= scenes->n_layers)
      {
        n_macs += (double) layers[i].n_macs;
        n_crossbar_macs += layers[i].n_tiles > 0 ? (double) layers[i].n_macs : 0;
      }
  memset (energy, 0, sizeof *energy);
  if (n > 0)
    memcpy (energy->component_fj, row->component_fj, sizeof energy->component_fj);
  energy->n_operations = n_macs > 0 ? 2 * n_macs : (double) NAN;
  energy->n_crossbar_operations = n_crossbar_macs > 0 ? 2 * n_crossbar_macs : (double) NAN;
  energy->title = index < scenes->n_layers ? layers[index].name : "Energy of one inference";
}

/* Key figures in the order of the page: name of the figure, what it is called, factor to the SI unit. */
static const struct
{
  const char *name, *title, *unit;
  double factor;
} key_figures[] = {
  { "latency_ps", "Latency", "s", 1e-12 },
  { "interval_ps", "Interval", "s", 1e-12 },
  { "energy_fj", "Energy per inference", "J", 1e-15 },
  { "power_mw", "Power", "W", 1e-3 },
  { "junction_c", "Junction", "°C", 1 },
  { "arrays_used", "Arrays used", "", 1 },
  { "lower_bound_ps", "Lower bound of latency", "s", 1e-12 },
  { "array_tops_w", "Efficiency, array", "TOPS/W", 1 },
  { "macro_tops_w", "Efficiency, macro", "TOPS/W", 1 },
  { "chip_tops_w", "Efficiency, chip", "TOPS/W", 1 },
  { "workload_tops_w", "Efficiency, workload", "TOPS/W", 1 },
};

static const StrataProfileVerdict *
find_verdict (StrataProfile *profile, const char *name)
{
  gsize n;
  const StrataProfileVerdict *verdicts = strata_profile_get_verdicts (profile, &n);

  for (gsize i = 0; i < n; i++)
    if (verdicts[i].figure != NULL && g_str_equal (verdicts[i].figure->name, name))
      return &verdicts[i];
  return NULL;
}

static const char *
get_kind (StrataFidelity fidelity)
{
  return fidelity == STRATA_FIDELITY_ESTIMATE   ? "Estimated"
         : fidelity == STRATA_FIDELITY_MEASURED ? "Measured"
                                                : "Modelled";
}

static void
add_figure (StrataScenes *scenes, guint index)
{
  const StrataProfileFigure *figure = strata_profile_find_figure (scenes->profile, key_figures[index].name);
  const StrataProfileVerdict *verdict = find_verdict (scenes->profile, key_figures[index].name);
  double factor = key_figures[index].factor;
  StrataOverviewFigure row = { .name = key_figures[index].title };

  if (figure == NULL)
    return;
  row.text =
    keep (scenes, isnan (figure->value[0]) ? g_strdup ("none")
                                           : strata_draw_banded (figure->value[0] * factor, figure->value[1] * factor,
                                                                 figure->value[2] * factor, key_figures[index].unit));
  if (verdict != NULL && verdict->is_known)
    {
      g_autofree char *limit = strata_draw_quantity (verdict->limit->value[0] * factor, key_figures[index].unit);

      row.verdict = verdict->is_met ? 1 : -1;
      row.note = keep (scenes, g_strdup_printf ("%s %s", verdict->is_minimum ? "at least" : "at most", limit));
    }
  else if (g_str_equal (key_figures[index].name, "arrays_used"))
    row.note =
      keep (scenes, g_strdup_printf ("of %.0f", strata_profile_get_figure (scenes->profile, "arrays_total", 0)));
  else
    row.note = keep (scenes, g_ascii_strdown (get_kind (figure->fidelity), -1));
  row.source = keep (scenes, g_strdup_printf ("%s. %s", get_kind (figure->fidelity), figure->source));
  g_array_append_val (scenes->figures, row);
}

static char *
make_title (const char *rule)
{
  char *title = g_strdelimit (g_strdup (rule), "-_", ' ');

  title[0] = g_ascii_toupper (title[0]);
  return title;
}

static void
add_finding (StrataScenes *scenes, const StrataProfileFinding *finding)
{
  StrataOverviewFinding row = {
    .evidence = finding->evidence, .action = finding->action, .severity = finding->severity, .layer = finding->layer
  };
  g_autofree char *title = make_title (finding->rule);

  if (finding->layer >= 0 && (gsize) finding->layer < scenes->n_layers)
    row.title = keep (scenes, g_strdup_printf ("%s: %s", title, scenes->layers[finding->layer].name));
  else
    row.title = keep (scenes, g_steal_pointer (&title));
  if (!isnan (finding->gain))
    row.gain = keep (scenes, g_strdup_printf ("%.0f %% of %s", 100 * finding->gain, finding->gain_of));
  g_array_append_val (scenes->findings, row);
}

static const char *
get_title (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (key_figures); i++)
    if (g_str_equal (key_figures[i].name, name))
      return key_figures[i].title;
  return name;
}

/* All are met: which has the least to spare */
static char *
describe_met (const StrataProfileVerdict *verdicts, gsize n)
{
  gsize least = 0;
  g_autofree char *name = NULL;

  for (gsize i = 1; i < n; i++)
    if (verdicts[i].margin < verdicts[least].margin)
      least = i;
  name = g_ascii_strdown (get_title (verdicts[least].figure->name), -1);
  return g_strdup_printf (n == 2 ? "Both limits are met; %s has %.0f %% to spare"
                                 : "All limits are met; %s has %.0f %% to spare",
                          name, 100 * verdicts[least].margin);
}

static void
set_verdict (StrataScenes *scenes, StrataOverviewScene *overview)
{
  gsize n, n_met = 0, n_unknown = 0;
  const StrataProfileVerdict *verdicts = strata_profile_get_verdicts (scenes->profile, &n);

  for (gsize i = 0; i < n; i++)
    {
      n_met += verdicts[i].is_met;
      n_unknown += !verdicts[i].is_known;
    }
  if (n == 0)
    overview->verdict = "No limits were asked for";
  else if (n_met == n)
    {
      g_autofree char *text = strata_profile_dup_verdict_text (scenes->profile, 0);

      overview->is_met = 1;
      overview->verdict = keep (scenes, n == 1 ? g_strdup (text) : describe_met (verdicts, n));
    }
  else
    {
      for (gsize i = 0; i < n; i++)
        if (verdicts[i].is_known && !verdicts[i].is_met)
          {
            overview->is_met = -1;
            overview->verdict = keep (scenes, strata_profile_dup_verdict_text (scenes->profile, (guint) i));
            return;
          }
      overview->verdict =
        keep (scenes, g_strdup_printf ("%" G_GSIZE_FORMAT " limits cannot be judged from this run", n_unknown));
    }
}

void
strata_scenes_add_overview (StrataScenes *scenes)
{
  gsize n_rows;
  const StrataProfileFinding *rows = strata_profile_get_findings (scenes->profile, &n_rows);
  const char *die = strata_profile_get_meta (scenes->profile, "die_serial");
  StrataOverviewScene *overview = &scenes->overview;
  StrataEnergyScene energy;

  scenes->figures = g_array_new (FALSE, FALSE, sizeof (StrataOverviewFigure));
  scenes->findings = g_array_new (FALSE, FALSE, sizeof (StrataOverviewFinding));
  for (guint i = 0; i < G_N_ELEMENTS (key_figures); i++)
    add_figure (scenes, i);
  for (gsize i = 0; i < n_rows; i++)
    add_finding (scenes, &rows[i]);
  strata_scenes_energy (scenes, -1, &energy);
  memcpy (overview->component_fj, energy.component_fj, sizeof overview->component_fj);
  overview->run = strata_profile_get_run_name (scenes->profile);
  overview->subtitle =
    keep (scenes, g_strdup_printf ("%s on %s%s%s, %s", strata_profile_get_model_name (scenes->profile),
                                   strata_profile_get_chip_name (scenes->profile), die == NULL ? "" : ", die ",
                                   die == NULL ? "" : die, strata_profile_get_fidelity_name (scenes->profile)));
  set_verdict (scenes, overview);
  overview->figures = (const StrataOverviewFigure *) (gpointer) scenes->figures->data;
  overview->n_figures = scenes->figures->len;
  overview->findings = (const StrataOverviewFinding *) (gpointer) scenes->findings->data;
  overview->n_findings = scenes->findings->len;
  overview->n_layers = (gint64) scenes->n_layers;
  for (gsize i = 0; i < n_rows && overview->limited_by == NULL; i++)
    if (g_str_equal (rows[i].rule, "busiest-unit"))
      overview->limited_by = rows[i].evidence;
}
