/* SPDX-License-Identifier: Apache-2.0
 *
 * Charts: power over time, energy from array to chip, the scrubber, the overview and the layer table as pictures.
 */
#pragma once

#include "strata-profiler/strata-draw.h"

G_BEGIN_DECLS

/**
 * StrataPowerScene:
 * @n_samples: number of samples
 * @time_ps: (array length=n_samples): starts, ascending
 * @step_ps: (array length=n_samples): lengths; a sample holds for its length
 * @power_mw: (array length=n_samples): n_samples x STRATA_N_COMPONENTS, sample by sample; NaN counts as 0
 * @budget_mw: budget, NaN: none
 * @duration_ps: length of the run
 */
typedef struct
{
  gsize n_samples;
  const gint64 *time_ps, *step_ps;
  const double *power_mw;
  double budget_mw;
  gint64 duration_ps;
} StrataPowerScene;

/**
 * StrataPowerStyle:
 * @playhead_ps: time of the playhead, NaN: none; the legend shows values there
 * @range_from_ps: start of the selected stretch, NaN: none
 * @range_to_ps: its end
 * @scale_mw: top of the axis, NaN: from the data
 * @is_playing: for the scrubber: shows pause instead of play
 */
typedef struct
{
  double playhead_ps, range_from_ps, range_to_ps, scale_mw;
  gboolean is_playing;
} StrataPowerStyle;

/**
 * strata_power_style_default: (skip)
 * @style: (out caller-allocates): filled
 */
STRATA_API void strata_power_style_default (StrataPowerStyle *style);

/**
 * strata_power_plot: (skip)
 * @rect: place given to strata_power_draw()
 * @plot: (out caller-allocates): where time runs
 */
STRATA_API void strata_power_plot (const StrataRect *rect, StrataRect *plot);

/**
 * strata_power_draw: (skip)
 * @cr: context
 * @scene: samples
 * @style: style
 * @view: stretch of time
 * @theme: theme
 * @rect: place
 *
 * Power by component as stacked areas, means per pixel with the highest sample as a line above, and the budget.
 */
STRATA_API void strata_power_draw (cairo_t *cr,
                                   const StrataPowerScene *scene,
                                   const StrataPowerStyle *style,
                                   const StrataViewport *view,
                                   const StrataDrawTheme *theme,
                                   const StrataRect *rect);

/**
 * strata_power_mean: (skip)
 * @scene: samples
 * @from_ps: start of a stretch
 * @to_ps: its end
 * @mean_mw: (out caller-allocates): STRATA_N_COMPONENTS means over the stretch
 * @peak_mw: (out) (optional): highest sum of a sample that touches it
 *
 * Returns: the mean of the sum, in milliwatts; NaN where no sample touches the stretch
 */
STRATA_API double
strata_power_mean (const StrataPowerScene *scene, double from_ps, double to_ps, double *mean_mw, double *peak_mw);

/**
 * strata_scrubber_plot: (skip)
 * @rect: place given to strata_scrubber_draw()
 * @plot: (out caller-allocates): where time runs, from 0 to the length of the run
 */
STRATA_API void strata_scrubber_plot (const StrataRect *rect, StrataRect *plot);

/**
 * strata_scrubber_draw: (skip)
 * @cr: context
 * @scene: samples
 * @style: style
 * @theme: theme
 * @rect: place; 48 to 64 high is right. The play button is the square at its left.
 *
 * The whole run's power in one band, with budget, selected stretch and playhead.
 */
STRATA_API void strata_scrubber_draw (cairo_t *cr,
                                      const StrataPowerScene *scene,
                                      const StrataPowerStyle *style,
                                      const StrataDrawTheme *theme,
                                      const StrataRect *rect);

/**
 * StrataEnergyScene:
 * @component_fj: STRATA_N_COMPONENTS energies
 * @n_operations: operations (2 per MAC) for the efficiency of chip and workload, NaN: unknown
 * @n_crossbar_operations: those of crossbars, for the efficiency of array and macro, NaN: unknown
 * @title: what is shown: "Energy of one inference", "Energy of layer2.conv1"
 */
typedef struct
{
  double component_fj[STRATA_N_COMPONENTS];
  double n_operations, n_crossbar_operations;
  const char *title;
} StrataEnergyScene;

/**
 * strata_energy_draw: (skip)
 * @cr: context
 * @scene: energies
 * @theme: theme
 * @rect: place
 *
 * From the array over macro and chip to the workload: each component on top of the ones before, with the sum and the
 * efficiency within each boundary.
 */
STRATA_API void
strata_energy_draw (cairo_t *cr, const StrataEnergyScene *scene, const StrataDrawTheme *theme, const StrataRect *rect);

/**
 * StrataOverviewFigure:
 * @name: "Latency"
 * @text: its value with unit and band, as strata_draw_banded() writes it
 * @note: (nullable): limit or source, "at most 2 ms"
 * @verdict: 1 meets its limit, -1 misses it, 0 has none
 * @source: (nullable): where it is from, in a sentence; not drawn
 */
typedef struct
{
  const char *name, *text, *note;
  gint32 verdict;
  const char *source;
} StrataOverviewFigure;

/**
 * StrataOverviewFinding:
 * @title: what was found, "Stacks switch tiers 1,840 times"
 * @evidence: with numbers and units
 * @action: what to do
 * @gain: expected gain in words, "12 % of energy"; %NULL: unknown
 * @severity: 0 note, 1 advice, 2 warning
 * @layer: layer it is about, -1: the run; not drawn
 */
typedef struct
{
  const char *title, *evidence, *action, *gain;
  gint32 severity, layer;
} StrataOverviewFinding;

/**
 * StrataOverviewScene:
 * @run: name of the run
 * @subtitle: model, chip, fidelity
 * @verdict: the verdict in words
 * @is_met: 1 met, -1 missed, 0 no limits
 * @limited_by: (nullable): what limits the run
 * @figures: (array length=n_figures): key figures
 * @n_figures: number of them
 * @component_fj: STRATA_N_COMPONENTS energies, for the split
 * @findings: (array length=n_findings): findings, the largest gain first
 * @n_findings: number of them
 * @n_layers: layers of the network
 */
typedef struct
{
  const char *run, *subtitle, *verdict, *limited_by;
  gint32 is_met;
  const StrataOverviewFigure *figures;
  gsize n_figures;
  double component_fj[STRATA_N_COMPONENTS];
  const StrataOverviewFinding *findings;
  gsize n_findings;
  gint64 n_layers;
} StrataOverviewScene;

/**
 * strata_overview_draw: (skip)
 * @cr: context
 * @scene: words and numbers
 * @theme: theme
 * @rect: place; findings that do not fit are counted
 *
 * The verdict, key figures with bands, the split of energy and the findings, as one page.
 *
 * Returns: height that was used
 */
STRATA_API double strata_overview_draw (cairo_t *cr,
                                        const StrataOverviewScene *scene,
                                        const StrataDrawTheme *theme,
                                        const StrataRect *rect);

/**
 * StrataLayerRow:
 * @layer: layer; -1: static energy, -2: total
 * @time_ps: busy time, NaN: unavailable
 * @energy_fj: energy
 * @component_fj: STRATA_N_COMPONENTS energies
 * @utilisation: used cells / cells, NaN: none
 * @n_tiles: arrays
 * @note: (nullable): bound by, findings
 */
typedef struct
{
  gint32 layer, n_tiles;
  double time_ps, energy_fj, utilisation;
  double component_fj[STRATA_N_COMPONENTS];
  const char *note;
} StrataLayerRow;

/**
 * StrataLayerTable:
 * @rows: (array length=n_rows): rows as they stand
 * @n_rows: number of rows
 * @layers: (array length=n_layers): layers with colours
 * @n_layers: number of layers
 * @selected_layer: marked row, -1: none
 * @offset: pixels scrolled down
 */
typedef struct
{
  const StrataLayerRow *rows;
  gsize n_rows;
  const StrataDrawLayer *layers;
  gsize n_layers;
  gint32 selected_layer;
  double offset;
} StrataLayerTable;

/**
 * strata_layer_table_draw: (skip)
 * @cr: context
 * @table: rows
 * @theme: theme
 * @rect: place; rows that do not fit are counted
 *
 * The table of layers as a picture: name, arrays, utilisation, time, energy with its split. Columns that do not fit the
 * width are left out, from the right.
 */
STRATA_API void strata_layer_table_draw (cairo_t *cr,
                                         const StrataLayerTable *table,
                                         const StrataDrawTheme *theme,
                                         const StrataRect *rect);

/**
 * strata_bar_draw: (skip)
 * @cr: context
 * @value: length, 0 to 1
 * @colour: its colour
 * @theme: theme
 * @rect: place
 *
 * A bar inside a cell of a table.
 */
STRATA_API void
strata_bar_draw (cairo_t *cr, double value, guint32 colour, const StrataDrawTheme *theme, const StrataRect *rect);

/**
 * strata_split_bar_draw: (skip)
 * @cr: context
 * @component_fj: STRATA_N_COMPONENTS energies
 * @full_fj: energy of the whole width
 * @theme: theme
 * @rect: place
 *
 * A bar whose segments are components, in their order.
 */
STRATA_API void strata_split_bar_draw (
  cairo_t *cr, const double *component_fj, double full_fj, const StrataDrawTheme *theme, const StrataRect *rect);

G_END_DECLS
