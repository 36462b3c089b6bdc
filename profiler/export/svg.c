/* SPDX-License-Identifier: Apache-2.0
 *
 * Inline SVG: shapes as text, at most a few hundred each whatever the size of the run; what is left out is said.
 */
#include "export/svg.h"

#include <math.h>

#include "strata-profiler/strata-draw.h"
#include "strata-profiler/strata-profile-analysis.h"

#define WIDTH 960
#define NAME_WIDTH 200
#define ROW_HEIGHT 14
#define MAX_ROWS 400
#define MAX_SAMPLES 480
#define POWER_HEIGHT 160

/* Numbers of SVG have a point in every locale; two decimals are 1/100 of a pixel. */
static void
append_attribute (GString *svg, const char *name, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (svg, " %s=\"%s\"", name, g_ascii_formatd (text, sizeof text, "%.2f", value));
}

static void
append_rect (GString *svg, double x, double y, double width, double height, guint32 colour, const char *title)
{
  g_autofree char *escaped = g_markup_escape_text (title, -1);

  g_string_append (svg, "<rect");
  append_attribute (svg, "x", x);
  append_attribute (svg, "y", y);
  append_attribute (svg, "width", width);
  append_attribute (svg, "height", height);
  g_string_append_printf (svg, " fill=\"#%06x\"><title>%s</title></rect>\n", colour, escaped);
}

static void
append_text (GString *svg, double x, double y, const char *anchor, const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  g_string_append (svg, "<text");
  append_attribute (svg, "x", x);
  append_attribute (svg, "y", y);
  g_string_append_printf (svg, " text-anchor=\"%s\">%s</text>\n", anchor, escaped);
}

static GString *
begin_svg (double height, const char *label)
{
  GString *svg = g_string_new (NULL);
  g_autofree char *escaped = g_markup_escape_text (label, -1);

  g_string_append_printf (svg, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n", WIDTH,
                          (int) ceil (height), escaped);
  return svg;
}

static char *
end_svg (GString *svg)
{
  g_string_append (svg, "</svg>\n");
  return g_string_free (svg, FALSE);
}

static void
append_time_axis (GString *svg, const StrataProfileRun *run, double y)
{
  g_autofree char *start = strata_format_quantity (run->start_ps, "ps");
  g_autofree char *end = strata_format_quantity (run->end_ps, "ps");

  append_text (svg, NAME_WIDTH, y, "start", start);
  append_text (svg, WIDTH, y, "end", end);
}

/* --- energy --- */

char *
strata_report_svg_energy (StrataProfile *profile)
{
  gsize n_rows;
  g_autofree StrataEnergyRow *rows = strata_profile_energy_table (profile, STRATA_BAND_NOMINAL, &n_rows);
  const StrataEnergyRow *total = &rows[n_rows - 1];
  StrataDrawTheme theme;
  GString *svg;
  double x = 0, legend_x = 0, legend_y = 48;

  if (total->energy_fj <= 0)
    return NULL;
  strata_draw_theme_light (&theme);
  svg = begin_svg (48 + 20 * 3, "Energy of the run by component");
  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    {
      double width = WIDTH * (double) total->component_fj[i] / (double) total->energy_fj;
      g_autofree char *value = strata_format_quantity (total->component_fj[i], "fj");
      g_autofree char *title = g_strdup_printf ("%s: %s", strata_component_name (i), value);
      guint32 colour = strata_draw_component_colour (i, &theme);

      if (total->component_fj[i] == 0)
        continue;
      append_rect (svg, x, 0, width, 28, colour, title);
      x += width;
      append_rect (svg, legend_x, legend_y - 10, 10, 10, colour, title);
      append_text (svg, legend_x + 14, legend_y, "start", title);
      legend_x += WIDTH / 6.0;
      if (legend_x > WIDTH - 10)
        {
          legend_x = 0;
          legend_y += 20;
        }
    }
  return end_svg (svg);
}

/* --- layers over time --- */

static StrataDrawLayer *
make_colours (const StrataProfileLayer *layers, gsize n_layers)
{
  StrataDrawLayer *colours = g_new0 (StrataDrawLayer, MAX (n_layers, 1));
  StrataDrawTheme theme;

  strata_draw_theme_light (&theme);
  for (gsize i = 0; i < n_layers; i++)
    colours[i] = (StrataDrawLayer){ .name = layers[i].name,
                                    .op = layers[i].op,
                                    .stage = layers[i].stage,
                                    .stage_index = layers[i].stage_index,
                                    .index_in_stage = layers[i].index_in_stage,
                                    .n_in_stage = layers[i].n_in_stage };
  strata_draw_colour_layers (colours, n_layers, &theme);
  return colours;
}

static void
append_layer (GString *svg, const StrataProfileRun *run, const StrataProfileLayer *layer, guint32 colour, double y)
{
  double scale = (double) (WIDTH - NAME_WIDTH) / (double) MAX (run->end_ps - run->start_ps, 1);
  g_autofree char *span = strata_format_quantity (layer->end_ps - layer->start_ps, "ps");
  g_autofree char *title = g_strdup_printf ("%s: %s", layer->name, span);
  glong n_characters = g_utf8_strlen (layer->name, -1);
  g_autofree char *tail = g_utf8_substring (layer->name, MAX (n_characters - 28, 0), n_characters);
  g_autofree char *shown = n_characters > 28 ? g_strconcat ("…", tail, NULL) : g_strdup (layer->name);

  append_text (svg, NAME_WIDTH - 8, y + ROW_HEIGHT - 4, "end", shown);
  append_rect (svg, NAME_WIDTH + (double) (layer->start_ps - run->start_ps) * scale, y + 2,
               MAX ((double) (layer->end_ps - layer->start_ps) * scale, 1), ROW_HEIGHT - 4, colour, title);
}

char *
strata_report_svg_layers (StrataProfile *profile)
{
  const StrataProfileRun *run = strata_profile_get_run (profile);
  gsize n_layers, n_timed = 0, n_shown = 0;
  const StrataProfileLayer *layers = strata_profile_get_layers (profile, &n_layers);
  g_autofree StrataDrawLayer *colours = make_colours (layers, n_layers);
  GString *svg;

  for (gsize i = 0; i < n_layers; i++)
    n_timed += layers[i].start_ps >= 0;
  if (n_timed == 0)
    return NULL;
  svg = begin_svg (ROW_HEIGHT * (MIN (n_timed, MAX_ROWS) + 2) + 4, "When each layer ran");
  for (gsize i = 0; i < n_layers && n_shown < MAX_ROWS; i++)
    if (layers[i].start_ps >= 0)
      append_layer (svg, run, &layers[i], colours[i].colour, (double) (ROW_HEIGHT * n_shown++));
  append_time_axis (svg, run, (double) (ROW_HEIGHT * (n_shown + 1)));
  if (n_timed > n_shown)
    {
      g_autofree char *more = g_strdup_printf ("%" G_GSIZE_FORMAT " more layers are in the table", n_timed - n_shown);

      append_text (svg, NAME_WIDTH, (double) (ROW_HEIGHT * (n_shown + 2)), "start", more);
    }
  return end_svg (svg);
}

/* --- power over time --- */

/* Mean of the samples that a column folds, weighted by how long each lasts. */
static void
fold_power (const StrataProfilePower *power, gsize from, gsize to, double *power_mw)
{
  double length = 0;

  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    power_mw[i] = 0;
  for (gsize sample = from; sample < to; sample++)
    {
      double step = (double) MAX (power->step_ps[sample], 1);

      length += step;
      for (int i = 0; i < STRATA_N_COMPONENTS; i++)
        power_mw[i] += step * power->power_mw[sample * STRATA_N_COMPONENTS + i];
    }
  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    power_mw[i] /= length;
}

static double
peak_of (const StrataProfilePower *power)
{
  double peak = 0;

  for (gsize sample = 0; sample < power->n_samples; sample++)
    {
      double sum = 0;

      for (int i = 0; i < STRATA_N_COMPONENTS; i++)
        sum += power->power_mw[sample * STRATA_N_COMPONENTS + i];
      peak = MAX (peak, sum);
    }
  return peak;
}

/* One shape per component: its bars side by side, on top of those of the components after it. */
static void
append_power_shape (GString *svg, const double *columns, gsize n_columns, int component, double scale)
{
  double width = (double) (WIDTH - NAME_WIDTH) / (double) n_columns;
  StrataDrawTheme theme;
  gsize start = svg->len, n_bars = 0;

  strata_draw_theme_light (&theme);
  g_string_append_printf (svg, "<path fill=\"#%06x\" d=\"", strata_draw_component_colour (component, &theme));
  for (gsize column = 0; column < n_columns; column++)
    {
      const double *power_mw = columns + column * STRATA_N_COMPONENTS;
      double y = POWER_HEIGHT, height = power_mw[component] * scale;
      char text[4][G_ASCII_DTOSTR_BUF_SIZE];

      for (int i = component; i < STRATA_N_COMPONENTS; i++) /* what is always on at the bottom */
        y -= power_mw[i] * scale;
      if (height < 0.02)
        continue;
      g_string_append_printf (svg, "M%s %sh%sv%sH%sz",
                              g_ascii_formatd (text[0], sizeof text[0], "%.2f", NAME_WIDTH + (double) column * width),
                              g_ascii_formatd (text[1], sizeof text[1], "%.2f", y),
                              g_ascii_formatd (text[2], sizeof text[2], "%.2f", width),
                              g_ascii_formatd (text[3], sizeof text[3], "%.2f", height), text[0]);
      n_bars++;
    }
  g_string_append_printf (svg, "\"><title>%s</title></path>\n", strata_component_name (component));
  if (n_bars == 0)
    g_string_truncate (svg, start);
}

/* A line where the budget is in the picture, else words. */
static void
append_budget (GString *svg, double budget_mw, double scale)
{
  g_autofree char *value = strata_format_quantity (budget_mw, "mw");
  g_autofree char *label = g_strdup_printf ("budget %s", value), *above = g_strdup_printf ("%s, above", label);
  double y = POWER_HEIGHT - budget_mw * scale;

  if (y >= 0)
    g_string_append_printf (svg, "<path d=\"M%d %d H%d\" stroke=\"currentColor\" stroke-dasharray=\"4 3\"/>\n",
                            NAME_WIDTH, (int) y, WIDTH);
  append_text (svg, NAME_WIDTH - 8, MAX (y, 6) + 4, "end", y >= 0 ? label : above);
}

char *
strata_report_svg_power (StrataProfile *profile)
{
  const StrataProfileRun *run = strata_profile_get_run (profile);
  StrataProfilePower power;
  gsize n_columns;
  double peak_mw, scale;
  g_autofree double *columns = NULL;
  GString *svg;

  strata_profile_get_power (profile, &power);
  peak_mw = peak_of (&power);
  if (power.n_samples == 0 || peak_mw <= 0)
    return NULL;
  if (run->power_budget_mw > peak_mw && run->power_budget_mw < 2 * peak_mw)
    peak_mw = run->power_budget_mw;
  scale = (POWER_HEIGHT - 8) / peak_mw;
  n_columns = MIN (power.n_samples, MAX_SAMPLES);
  svg = begin_svg (POWER_HEIGHT + 20, "Power over time by component");
  columns = g_new (double, n_columns *STRATA_N_COMPONENTS);
  for (gsize column = 0; column < n_columns; column++)
    fold_power (&power, column * power.n_samples / n_columns, (column + 1) * power.n_samples / n_columns,
                columns + column * STRATA_N_COMPONENTS);
  for (int component = 0; component < STRATA_N_COMPONENTS; component++)
    append_power_shape (svg, columns, n_columns, component, scale);
  if (isfinite (run->power_budget_mw))
    append_budget (svg, run->power_budget_mw, scale);
  append_time_axis (svg, run, POWER_HEIGHT + 14);
  return end_svg (svg);
}
