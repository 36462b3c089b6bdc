/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of a report as text cells: the numbers with three digits, a prefix, a unit, and their band where it is
 * known.
 */
#include "export/sections.h"

#include <math.h>

#include "strata-profiler/strata-heat-map.h"

#define MAX_FINDINGS 20

typedef void (*FillFunc) (StrataProfile *profile, StrataReportSection *section);

static void
add_columns (StrataReportSection *section, const char *const *names)
{
  for (; *names != NULL; names++)
    g_ptr_array_add (section->columns, g_strdup (*names));
}

static void
take_cell (StrataReportSection *section, char *text)
{
  g_ptr_array_add (section->cells, text);
}

static void
add_cell (StrataReportSection *section, const char *text)
{
  take_cell (section, g_strdup (text));
}

static char *
format_time (gint64 time_ps)
{
  return time_ps < 0 ? g_strdup ("–") : strata_format_quantity (time_ps, "ps");
}

static char *
format_energy (const gint64 *energy_fj)
{
  return strata_format_banded (energy_fj[STRATA_BAND_NOMINAL], energy_fj[STRATA_BAND_OPTIMISTIC],
                               energy_fj[STRATA_BAND_CONSERVATIVE], "fj");
}

static char *
format_known (double value, const char *unit)
{
  return isnan (value) ? g_strdup ("–") : strata_format_quantity (value, unit);
}

static char *
format_share (gint64 part, gint64 whole)
{
  return whole > 0 ? g_strdup_printf ("%.1f %%", 100.0 * (double) part / (double) whole) : g_strdup ("–");
}

/* --- the sections --- */

static void
add_pair (StrataReportSection *section, const char *name, char *value, const char *how)
{
  add_cell (section, name);
  take_cell (section, value);
  add_cell (section, how);
}

/* What a reader asks first; every figure is in the section of that name. */
static const struct
{
  const char *name, *title;
} key_figures[] = {
  { "latency_ps", "latency" },
  { "lower_bound_ps", "lower bound of latency" },
  { "interval_ps", "interval" },
  { "interval_bound_ps", "lower bound of interval" },
  { "rate_per_s", "rate" },
  { "energy_fj", "energy per inference" },
  { "power_mw", "power" },
  { "static_mw", "static power" },
  { "junction_c", "junction" },
  { "skin_c", "skin" },
  { "arrays_used", "arrays used" },
  { "arrays_total", "arrays there" },
  { "sram_peak_bytes", "buffer peak" },
  { "array_tops_w", "efficiency, array" },
  { "macro_tops_w", "efficiency, macro" },
  { "chip_tops_w", "efficiency, chip" },
  { "workload_tops_w", "efficiency, workload" },
};

static void
add_figure (StrataReportSection *section, const char *title, const StrataProfileFigure *figure)
{
  add_pair (section, title,
            isnan (figure->value[0])
              ? g_strdup ("none")
              : strata_format_banded (figure->value[0], figure->value[1], figure->value[2], figure->unit),
            figure->source);
}

/* What the governor does, beside the state that it goes to */
static void
add_from_cold (StrataProfile *profile, StrataReportSection *section)
{
  char *text = strata_profile_dup_spell_text (profile, 0);

  if (text != NULL)
    add_pair (section, "from cold", text, "ideal governor: the fastest rate that keeps the limits reached so far");
}

/* What two bands side by side do not say */
static void
add_bands (StrataProfile *profile, StrataReportSection *section)
{
  const StrataProfileFigure *energy = strata_profile_find_figure (profile, "energy_fj");

  if (energy != NULL && !isnan (energy->value[STRATA_BAND_OPTIMISTIC]))
    add_pair (section, "bands", g_strdup ("of each figure by itself"),
              "energy and noise take the drive voltage from opposite ends of its band: no one chip has both optimistic "
              "ends");
}

/* Of what crossbars the values are, where any were computed */
static void
add_values (StrataProfile *profile, StrataReportSection *section)
{
  const char *analog = strata_profile_get_meta (profile, "analog");
  const char *seed = strata_profile_get_meta (profile, "noise_seed");
  const char *conditions = strata_profile_get_meta (profile, "conditions");
  const char *retention = strata_profile_get_meta (profile, "retention");
  g_autofree char *how = NULL;

  if (analog == NULL || seed == NULL || conditions == NULL)
    return;
  how = retention != NULL ? g_strdup_printf ("cells of that age and temperature: %s", retention) : g_strdup ("");
  add_pair (section, "values", g_strdup_printf ("analog %s of seed %s, %s", analog, seed, conditions), how);
}

static void
fill_summary (StrataProfile *profile, StrataReportSection *section)
{
  static const char *const columns[] = { "what", "value", "how", NULL };
  const StrataProfileRun *run = strata_profile_get_run (profile);
  const char *fidelity = strata_profile_get_fidelity_name (profile);
  g_autofree char *how = NULL;
  gsize n_layers;

  strata_profile_get_layers (profile, &n_layers);
  add_columns (section, columns);
  how = g_strconcat (g_str_equal (fidelity, "measured") ? "" : "all figures are modelled; fidelity ", fidelity, NULL);
  add_pair (section, "run", g_strdup (run->run_name), how);
  add_pair (section, "model", g_strdup_printf ("%s, %" G_GSIZE_FORMAT " layers", run->model_name, n_layers), "");
  add_pair (section, "chip",
            g_strdup_printf ("%s, %d × %d stacks of %d tiers, arrays of %d × %d", run->chip_name, run->mesh_x,
                             run->mesh_y, run->n_tiers, run->n_rows, run->n_columns),
            "");
  if (strata_profile_get_meta (profile, "die_serial") != NULL)
    add_pair (section, "die",
              g_strdup_printf ("%s, %s", strata_profile_get_meta (profile, "die_serial"),
                               strata_profile_get_meta (profile, "die_use")),
              strata_profile_get_meta (profile, "die_hash"));
  for (gsize i = 0; i < G_N_ELEMENTS (key_figures); i++)
    {
      const StrataProfileFigure *figure = strata_profile_find_figure (profile, key_figures[i].name);

      if (figure != NULL)
        add_figure (section, key_figures[i].title, figure);
      if (g_str_equal (key_figures[i].name, "skin_c"))
        add_from_cold (profile, section);
    }
  add_bands (profile, section);
  add_values (profile, section);
  add_pair (section, "events", g_strdup_printf ("%" G_GINT64_FORMAT, run->n_events),
            run->n_dropped > 0 ? "events were dropped: sums are lower bounds" : "");
}

static void
fill_figures (StrataProfile *profile, StrataReportSection *section)
{
  static const char *const columns[] = { "figure", "value", "how", NULL };
  const StrataProfileRun *run = strata_profile_get_run (profile);
  const char *fidelity = strata_profile_get_fidelity_name (profile);
  gsize n_figures;
  const StrataProfileFigure *figures = strata_profile_get_figures (profile, &n_figures);

  add_columns (section, columns);
  add_pair (section, "recorded energy", format_energy (run->energy_fj), fidelity);
  add_pair (section, "of it static", format_energy (run->static_fj), fidelity);
  for (gsize i = 0; i < n_figures; i++)
    if (!g_str_has_prefix (figures[i].name, "limit_"))
      add_figure (section, figures[i].name, &figures[i]);
}

static void
fill_requirements (StrataProfile *profile, StrataReportSection *section)
{
  static const char *const columns[] = { "verdict", "requirement", NULL };
  gsize n_verdicts;
  const StrataProfileVerdict *verdicts = strata_profile_get_verdicts (profile, &n_verdicts);

  add_columns (section, columns);
  for (gsize i = 0; i < n_verdicts; i++)
    {
      add_cell (section, !verdicts[i].is_known ? "unknown" : verdicts[i].is_met ? "met" : "missed");
      take_cell (section, strata_profile_dup_verdict_text (profile, i));
    }
}

static void
fill_findings (StrataProfile *profile, StrataReportSection *section)
{
  static const char *const columns[] = { "severity", "layer", "finding", "what to do", ">gain", NULL };
  static const char *const severities[] = { "note", "advice", "warning" };
  gsize n_findings;
  const StrataProfileFinding *findings = strata_profile_get_findings (profile, &n_findings);
  const StrataProfileLayer *layers = strata_profile_get_layers (profile, NULL);

  add_columns (section, columns);
  for (gsize i = 0; i < MIN (n_findings, MAX_FINDINGS); i++)
    {
      const StrataProfileFinding *finding = &findings[i];
      g_autofree char *gain = format_known (finding->gain, "fraction");

      add_cell (section, severities[finding->severity]);
      add_cell (section, finding->layer >= 0 ? layers[finding->layer].name : "run");
      take_cell (section, g_strdup_printf ("%s (%s)", finding->evidence, finding->rule));
      add_cell (section, finding->action);
      take_cell (section, isnan (finding->gain) ? g_strdup ("–") : g_strdup_printf ("%s %s", gain, finding->gain_of));
    }
}

/* What was decided about the run, and of each layer the unit and the copies; the rest is for `strata explain`. */
static gboolean
is_told (const StrataProfileDecision *decision)
{
  static const char *const reasons[] = { "analog", "digital", "packed", "copies", NULL };

  return decision->layer < 0 || (decision->tile < 0 && g_strv_contains (reasons, decision->reason));
}

static void
fill_decisions (StrataProfile *profile, StrataReportSection *section)
{
  static const char *const columns[] = { "layer", "decision", "why", "or", NULL };
  gsize n_decisions;
  const StrataProfileDecision *decisions = strata_profile_get_decisions (profile, &n_decisions);
  const StrataProfileLayer *layers = strata_profile_get_layers (profile, NULL);

  add_columns (section, columns);
  for (gsize i = 0; i < n_decisions; i++)
    {
      GString *others;

      if (!is_told (&decisions[i]))
        continue;
      others = g_string_new (NULL);
      for (int j = 0; j < decisions[i].n_alternatives; j++)
        g_string_append_printf (others, "%s%s: %s", j > 0 ? "; " : "", decisions[i].alternatives[j].what,
                                decisions[i].alternatives[j].verdict);
      add_cell (section, decisions[i].layer >= 0 ? layers[decisions[i].layer].name : "run");
      add_cell (section, decisions[i].reason);
      add_cell (section, decisions[i].text);
      take_cell (section, g_string_free (others, FALSE));
    }
}

static void
add_layer_row (StrataReportSection *section, const StrataProfileLayer *layer, gint64 total_fj)
{
  add_cell (section, layer->name);
  add_cell (section, layer->op);
  take_cell (section, format_time (layer->start_ps));
  take_cell (section, format_time (layer->start_ps < 0 ? -1 : layer->end_ps - layer->start_ps));
  take_cell (section, format_time (layer->n_events > 0 ? layer->busy_ps : -1));
  take_cell (section, format_energy (layer->energy_fj));
  take_cell (section, format_share (layer->energy_fj[STRATA_BAND_NOMINAL], total_fj));
  take_cell (section, g_strdup_printf ("%d", layer->n_tiles));
  take_cell (section, g_strdup_printf ("%d", layer->n_stacks));
  take_cell (section, format_known (layer->utilisation, "fraction"));
  take_cell (section, format_known (layer->snr_db, "db"));
}

/* The rows that make the column of energy the energy of the run. */
static void
close_layers (StrataProfile *profile, StrataReportSection *section)
{
  static const char *const names[] = { "no layer", "static", "total" };
  const StrataProfileRun *run = strata_profile_get_run (profile);
  StrataEnergyRow *tables[STRATA_N_BANDS];
  gsize n = 0;

  for (int band = 0; band < STRATA_N_BANDS; band++)
    tables[band] = strata_profile_energy_table (profile, band, &n);
  for (gsize i = n - 3; i < n; i++)
    {
      const gint64 energy_fj[STRATA_N_BANDS] = { tables[0][i].energy_fj, tables[1][i].energy_fj,
                                                 tables[2][i].energy_fj };

      for (guint column = 0; column < section->columns->len; column++)
        take_cell (section, column == 0   ? g_strdup (names[i - (n - 3)])
                            : column == 5 ? format_energy (energy_fj)
                            : column == 6 ? format_share (energy_fj[0], run->energy_fj[0])
                                          : g_strdup (""));
    }
  for (int band = 0; band < STRATA_N_BANDS; band++)
    g_free (tables[band]);
  section->n_closing = 3;
}

static void
fill_layers (StrataProfile *profile, StrataReportSection *section)
{
  static const char *const columns[] = { "layer",  "op",      ">start",  ">span",  ">busy", ">energy",
                                         ">share", ">arrays", ">stacks", ">cells", ">SNR",  NULL };
  gsize n_layers;
  const StrataProfileLayer *layers = strata_profile_get_layers (profile, &n_layers);
  gint64 total_fj = strata_profile_get_energy_fj (profile);

  add_columns (section, columns);
  for (gsize i = 0; i < n_layers; i++)
    add_layer_row (section, &layers[i], total_fj);
  if (n_layers > 0)
    close_layers (profile, section);
}

static void
fill_energy (StrataProfile *profile, StrataReportSection *section)
{
  static const char *const columns[] = { "component", ">energy", ">share", "what it is", NULL };
  StrataEnergyRow *total[STRATA_N_BANDS];
  StrataEnergyRow *tables[STRATA_N_BANDS];
  gsize n = 0;

  add_columns (section, columns);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      tables[band] = strata_profile_energy_table (profile, band, &n);
      total[band] = &tables[band][n - 1];
    }
  for (int i = 0; i <= STRATA_N_COMPONENTS; i++)
    {
      gboolean is_total = i == STRATA_N_COMPONENTS;
      gint64 energy_fj[STRATA_N_BANDS];

      for (int band = 0; band < STRATA_N_BANDS; band++)
        energy_fj[band] = is_total ? total[band]->energy_fj : total[band]->component_fj[i];
      if (!is_total && energy_fj[0] == 0 && energy_fj[1] == 0 && energy_fj[2] == 0)
        continue;
      add_cell (section, is_total ? "total" : strata_component_name (i));
      take_cell (section, format_energy (energy_fj));
      take_cell (section, format_share (energy_fj[0], total[0]->energy_fj));
      add_cell (section, is_total ? "" : strata_component_meaning (i));
    }
  section->n_closing = 1;
  for (int band = 0; band < STRATA_N_BANDS; band++)
    g_free (tables[band]);
}

static void
fill_units (StrataProfile *profile, StrataReportSection *section)
{
  static const char *const columns[] = {
    "unit", "kind", ">busy", ">of the run", ">events", ">energy", ">static", NULL
  };
  gsize n_units;
  const StrataProfileUnit *units = strata_profile_get_units (profile, &n_units);

  add_columns (section, columns);
  for (gsize i = 0; i < n_units; i++)
    {
      if (units[i].n_events == 0 && units[i].static_fj == 0)
        continue;
      add_cell (section, units[i].name);
      add_cell (section, strata_unit_kind_name (units[i].kind));
      take_cell (section, format_time (units[i].busy_ps));
      take_cell (section, g_strdup_printf ("%.1f %%", 100 * units[i].utilisation));
      take_cell (section, g_strdup_printf ("%" G_GINT64_FORMAT, units[i].n_events));
      take_cell (section, strata_format_quantity (units[i].dynamic_fj, "fj"));
      take_cell (section, strata_format_quantity (units[i].static_fj, "fj"));
    }
}

/* Enough decimals to tell the ends of a chip apart, hundredths of a kelvin at least */
static void
add_temperature (
  StrataReportSection *section, const char *what, char *place, double value_c, double ambient_c, int decimals)
{
  add_cell (section, what);
  take_cell (section, place);
  take_cell (section, isnan (value_c) ? g_strdup ("–") : g_strdup_printf ("%.*f °C", decimals, value_c));
  take_cell (section,
             isnan (value_c - ambient_c) ? g_strdup ("–") : g_strdup_printf ("%.*f K", decimals, value_c - ambient_c));
}

/* One that is recorded as having no value, and why */
static void
add_none (StrataProfile *profile, StrataReportSection *section, const char *what, const char *name)
{
  const StrataProfileFigure *figure = strata_profile_find_figure (profile, name);

  if (figure == NULL || !isnan (figure->value[STRATA_BAND_NOMINAL]))
    return;
  add_cell (section, what);
  add_cell (section, figure->source);
  add_cell (section, "none");
  add_cell (section, "none");
}

static void
fill_temperature (StrataProfile *profile, StrataReportSection *section)
{
  static const char *const columns[] = { "steady", "where", ">temperature", ">above ambient", NULL };
  g_autoptr (StrataHeatScene) scene = strata_profile_heat_scene (profile);
  StrataHeatPlace hottest, coolest;
  double ambient_c = scene->ambient_c;
  int decimals;

  add_columns (section, columns);
  if (!strata_heat_scene_ends (scene, &hottest, &coolest))
    {
      add_none (profile, section, "junction", "junction_c");
      add_none (profile, section, "package", "package_c");
      add_none (profile, section, "skin", "skin_c");
      return;
    }
  decimals = MAX (strata_heat_decimals (hottest.temperature_c - coolest.temperature_c), 2);
  add_temperature (section, "junction", g_strdup ("hottest node"), scene->junction_c, ambient_c, decimals);
  add_temperature (section, "hottest place", strata_heat_place_name (scene, &hottest), hottest.temperature_c, ambient_c,
                   decimals);
  add_temperature (section, "coolest place", strata_heat_place_name (scene, &coolest), coolest.temperature_c, ambient_c,
                   decimals);
  add_temperature (section, "package", g_strdup (""), scene->package_c, ambient_c, decimals);
  add_temperature (section, "skin", g_strdup ("of the product"), scene->skin_c, ambient_c, decimals);
  add_temperature (section, "ambient", g_strdup (""), ambient_c, ambient_c, decimals);
}

static void
fill_governor (StrataProfile *profile, StrataReportSection *section)
{
  static const char *const columns[] = { ">from",   ">for",      ">rate", ">interval", ">power",
                                         ">energy", ">junction", ">skin", "held by",   NULL };
  gsize n_spells;
  const StrataProfileSpell *spells = strata_profile_get_spells (profile, &n_spells);

  add_columns (section, columns);
  for (gsize i = 0; i < n_spells; i++)
    {
      const StrataProfileSpell *spell = &spells[i];
      gboolean is_off = spell->interval_ps == 0, is_last = spell->duration_ps < 0;

      take_cell (section, strata_format_quantity ((double) spell->start_ps, "ps"));
      take_cell (section, is_last ? g_strdup ("ever") : strata_format_quantity ((double) spell->duration_ps, "ps"));
      take_cell (section,
                 is_off ? g_strdup ("off") : strata_format_quantity (1e12 / (double) spell->interval_ps, "1/s"));
      take_cell (section, is_off ? g_strdup ("–") : strata_format_quantity ((double) spell->interval_ps, "ps"));
      take_cell (section, strata_format_quantity (spell->power_mw, "mw"));
      take_cell (section, is_last ? g_strdup ("–")
                                  : strata_format_quantity (spell->power_mw * (double) spell->duration_ps, "fj"));
      take_cell (section, strata_format_quantity (spell->junction_c, "c"));
      take_cell (section, strata_format_quantity (spell->skin_c, "c"));
      add_cell (section, spell->reason == STRATA_SPELL_NONE ? "–" : strata_spell_reason_name (spell->reason));
    }
}

static const struct
{
  const char *id, *title, *empty;
  FillFunc fill;
} sections[] = {
  { "summary", "Summary", "", fill_summary },
  { "requirements", "Requirements", "The run was given no limits.", fill_requirements },
  { "findings", "Findings", "Nothing stands out.", fill_findings },
  { "layers", "Layers", "The run has no layers.", fill_layers },
  { "energy", "Energy by component", "", fill_energy },
  { "units", "Units", "No unit was active.", fill_units },
  { "temperature", "Temperature", "The profile has no steady temperatures.", fill_temperature },
  { "governor", "Continuous operation from cold",
    "The profile does not say what happens from cold on: it was estimated, measured, or made before schema 4.",
    fill_governor },
  { "figures", "Figures", "", fill_figures },
  { "decisions", "Decisions", "The profile says nothing of what the compiler decided.", fill_decisions },
};

const char *const *
strata_report_section_ids (void)
{
  static const char *const ids[] = { "summary",     "requirements", "findings", "layers",    "energy", "units",
                                     "temperature", "governor",     "figures",  "decisions", NULL };

  return ids;
}

gboolean
strata_report_section_check (const char *id, GError **error)
{
  g_autofree char *known = NULL;

  if (g_strv_contains (strata_report_section_ids (), id))
    return TRUE;
  known = g_strjoinv (", ", (char **) strata_report_section_ids ());
  g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_QUERY,
               "report: there is no section \"%s\"; the sections are %s", id, known);
  return FALSE;
}

StrataReportSection *
strata_report_section_new (StrataProfile *profile, const char *id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sections); i++)
    if (g_str_equal (sections[i].id, id))
      {
        StrataReportSection *section = g_new0 (StrataReportSection, 1);

        section->id = g_strdup (id);
        section->title = g_strdup (sections[i].title);
        section->empty = g_strdup (sections[i].empty);
        section->columns = g_ptr_array_new_with_free_func (g_free);
        section->cells = g_ptr_array_new_with_free_func (g_free);
        sections[i].fill (profile, section);
        return section;
      }
  return NULL;
}

guint
strata_report_section_n_rows (const StrataReportSection *section)
{
  return section->columns->len > 0 ? section->cells->len / section->columns->len : 0;
}

void
strata_report_section_free (StrataReportSection *section)
{
  if (section == NULL)
    return;
  g_free (section->id);
  g_free (section->title);
  g_free (section->empty);
  g_ptr_array_unref (section->columns);
  g_ptr_array_unref (section->cells);
  g_free (section);
}
