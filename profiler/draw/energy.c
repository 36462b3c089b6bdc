/* SPDX-License-Identifier: Apache-2.0
 *
 * Where energy goes, from the array outwards: a waterfall in which each component stands on the sum of those before it,
 * with the boundaries a published figure may mean: array, macro, chip, workload (StrataBoundary). Invariant: the last
 * sum is the sum of all components.
 */
#include "draw/pen.h"
#include "strata-profiler/strata-draw-charts.h"

#include <math.h>

#define BIT(component) (1u << STRATA_COMPONENT_##component)

static const struct
{
  const char *name;
  guint32 components;
} levels[STRATA_N_BOUNDARIES] = {
  [STRATA_BOUNDARY_ARRAY] = { "array", BIT (ARRAY) },
  [STRATA_BOUNDARY_MACRO] = { "macro", BIT (VERTICAL) | BIT (DRIVER) | BIT (ADC) | BIT (POST) | BIT (BUFFER)
                                         | BIT (OVERHEAD) | BIT (SELECT) },
  [STRATA_BOUNDARY_CHIP] = { "chip",
                             BIT (NOC) | BIT (VECTOR) | BIT (MAC) | BIT (SRAM) | BIT (CONTROL) | BIT (LEAKAGE) },
  [STRATA_BOUNDARY_WORKLOAD] = { "workload", BIT (DRAM) | BIT (HOST) | BIT (DRAM_IDLE) },
};

typedef struct
{
  StrataPen pen;
  const StrataEnergyScene *scene;
  StrataRect plot;
  double row, full, label_width;
} Drawing;

static double
energy_of (const StrataEnergyScene *scene, gint c)
{
  return isfinite (scene->component_fj[c]) && scene->component_fj[c] > 0 ? scene->component_fj[c] : 0;
}

static void
draw_component (Drawing *d, gint c, double before, double y)
{
  double energy = energy_of (d->scene, c), x0 = d->plot.x + before / d->full * d->plot.width;
  double width = MAX (energy / d->full * d->plot.width, 1), middle = y + d->row / 2 + 4;
  g_autofree char *value = strata_draw_quantity (energy * 1e-15, "J");
  g_autofree char *text = g_strdup_printf ("%s  %.1f %%", value, 100 * energy / d->full);
  double text_width = strata_pen_text_width (&d->pen, text);

  strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->muted, d->plot.x - d->label_width + 14, middle,
                   d->label_width - 20, strata_pen_component_name (c));
  strata_pen_fill (&d->pen, strata_draw_component_colour (c, d->pen.theme), 1, x0, y + 3, width, d->row - 6);
  if (x0 + width + 8 + text_width <= d->plot.x + d->plot.width)
    strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->muted, x0 + width + 6, middle, 0, text);
  else
    strata_pen_text (&d->pen, STRATA_PEN_RIGHT, d->pen.theme->muted, x0 - 6, middle, 0, text);
}

static void
draw_level (Drawing *d, guint level, double sum, double y)
{
  double x1 = d->plot.x + sum / d->full * d->plot.width, middle = y + d->row / 2 + 4;
  g_autofree char *value = strata_draw_quantity (sum * 1e-15, "J");
  double n = level <= STRATA_BOUNDARY_MACRO ? d->scene->n_crossbar_operations : d->scene->n_operations;
  g_autofree char *efficiency = n > 0 && sum > 0 ? strata_draw_quantity (n / sum * 1e3, "TOPS/W") : g_strdup ("");
  g_autofree char *text = g_strdup_printf ("%s   %s", value, efficiency);

  strata_pen_font (&d->pen, STRATA_PEN_SMALL, TRUE);
  strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->text, d->plot.x - d->label_width, middle, d->label_width - 6,
                   levels[level].name);
  strata_pen_fill (&d->pen, d->pen.theme->muted, 0.22, d->plot.x, y + 3, x1 - d->plot.x, d->row - 6);
  strata_pen_fill (&d->pen, d->pen.theme->text, 0.8, x1 - 2, y + 3, 2, d->row - 6);
  if (strata_pen_text_width (&d->pen, text) + 16 < x1 - d->plot.x)
    strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->text, d->plot.x + 6, middle, 0, text);
  else
    strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->text, x1 + 6, middle, 0, text);
  strata_pen_font (&d->pen, STRATA_PEN_SMALL, FALSE);
}

void
strata_energy_draw (cairo_t *cr, const StrataEnergyScene *scene, const StrataDrawTheme *theme, const StrataRect *rect)
{
  Drawing d = { .scene = scene, .label_width = MIN (110, rect->width / 3) };
  guint n_rows = G_N_ELEMENTS (levels);
  double y, sum = 0;

  for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
    {
      d.full += energy_of (scene, c);
      n_rows += energy_of (scene, c) > 0;
    }
  if (!(d.full > 0))
    {
      StrataDrawMessage message = { "Energy is unavailable", "This profile has no energy records.",
                                    "Profile again on a simulated device, or on a board that reports energy.", FALSE };

      strata_message_draw (cr, theme, &message, rect);
      return;
    }
  strata_pen_init (&d.pen, cr, theme);
  strata_pen_font (&d.pen, STRATA_PEN_BODY, TRUE);
  strata_pen_text (&d.pen, STRATA_PEN_LEFT, theme->text, rect->x + 6, rect->y + 16, rect->width - 12,
                   scene->title != NULL ? scene->title : "Energy from array to chip");
  strata_pen_font (&d.pen, STRATA_PEN_SMALL, FALSE);
  d.plot = (StrataRect){ rect->x + 6 + d.label_width, rect->y + 30, MAX (rect->width - d.label_width - 24, 1),
                         MAX (rect->height - 36, 1) };
  d.row = CLAMP (d.plot.height / n_rows, 12, 24);
  y = d.plot.y;
  for (guint level = 0; level < G_N_ELEMENTS (levels); level++)
    {
      for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
        {
          if ((levels[level].components >> c & 1) == 0 || energy_of (scene, c) <= 0)
            continue;
          draw_component (&d, c, sum, y);
          sum += energy_of (scene, c);
          y += d.row;
        }
      draw_level (&d, level, sum, y);
      y += d.row;
    }
  strata_pen_finish (&d.pen);
}
