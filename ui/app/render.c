/* SPDX-License-Identifier: Apache-2.0
 *
 * Sections to PNG, SVG and PDF.
 */
#include "render.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <glib/gstdio.h>
#include <math.h>

#include "scenes.h"

#define MARGIN 24

typedef struct
{
  const StrataScenes *scenes;
  const StrataDrawTheme *theme;
  StrataRect rect;
  int layer;
  gboolean is_vector;
} Page;

static gboolean
render_overview (cairo_t *cr, const Page *page, GError **error)
{
  strata_overview_draw (cr, &page->scenes->overview, page->theme, &page->rect);
  return TRUE;
}

static void
draw_stack_legend (cairo_t *cr, const Page *page, const StrataStackVolume *volume)
{
  StrataRect legend = { page->rect.x, page->rect.y, 230, page->rect.height };
  StrataDrawScale scale;

  if (strata_stack_volume_scale (volume, &scale))
    strata_legend_scale_draw (cr, page->theme, &scale, &legend);
  else
    strata_legend_layers_draw (cr, page->theme, page->scenes->layers, page->scenes->n_layers, page->layer, &legend);
}

static gboolean
render_stack (cairo_t *cr, const Page *page, GError **error)
{
  g_autoptr (StrataStackVolume) volume = strata_stack_volume_new (&page->scenes->stack, error);
  StrataRect strip = { page->rect.x + page->rect.width - 76, page->rect.y, 76, page->rect.height };
  StrataRect solid = { page->rect.x, page->rect.y, page->rect.width - 88, page->rect.height };
  StrataStackStyle style;
  StrataStackCamera camera;

  if (volume == NULL)
    return FALSE;
  strata_stack_style_default (&style, &page->scenes->stack);
  strata_stack_style_fit (&style, &page->scenes->stack);
  style.selected_layer = page->layer;
  style.explode = 0.35;
  strata_stack_volume_colour (volume, &page->scenes->stack, &style, page->theme);
  strata_stack_camera_preset (&camera, 1);
  if (page->is_vector)
    strata_stack_draw_vector (cr, volume, &camera, page->theme, &solid);
  else
    strata_stack_draw (cr, volume, &camera, page->theme, &solid, 2);
  strata_tier_strip_draw (cr, volume, -1, 0, page->theme, &strip);
  draw_stack_legend (cr, page, volume);
  return TRUE;
}

static gboolean
render_layers (cairo_t *cr, const Page *page, GError **error)
{
  StrataLayerTable table = page->scenes->table;

  table.selected_layer = page->layer;
  strata_layer_table_draw (cr, &table, page->theme, &page->rect);
  return TRUE;
}

static gboolean
render_timeline (cairo_t *cr, const Page *page, GError **error)
{
  StrataTimelineStyle style;
  StrataViewport view = { 0 };

  strata_timeline_style_default (&style);
  style.selected_layer = page->layer;
  strata_viewport_fit (&view, 0, MAX (page->scenes->timeline.duration_ps, 1));
  strata_timeline_draw (cr, &page->scenes->timeline, &style, &view, page->theme, &page->rect);
  return TRUE;
}

static gboolean
render_power (cairo_t *cr, const Page *page, GError **error)
{
  StrataRect top = page->rect, bottom = page->rect;
  StrataEnergyScene energy;
  StrataPowerStyle style;
  StrataViewport view = { 0 };

  top.height = (page->rect.height - 18) / 2;
  bottom.y += top.height + 18;
  bottom.height = top.height;
  strata_power_style_default (&style);
  strata_viewport_fit (&view, 0, MAX (page->scenes->power.duration_ps, 1));
  strata_power_draw (cr, &page->scenes->power, &style, &view, page->theme, &top);
  strata_scenes_energy (page->scenes, page->layer, &energy);
  strata_energy_draw (cr, &energy, page->theme, &bottom);
  return TRUE;
}

static gboolean
render_temperature (cairo_t *cr, const Page *page, GError **error)
{
  StrataRect top = page->rect, bottom = page->rect;

  top.height = (page->rect.height - 18) * 0.57;
  bottom.y += top.height + 18;
  bottom.height = page->rect.height - 18 - top.height;
  strata_heat_map_draw (cr, page->scenes->heat, page->theme, &top);
  strata_warming_draw (cr, page->scenes->warming, NAN, page->theme, &bottom);
  return TRUE;
}

static const struct
{
  const char *name;
  gboolean (*render) (cairo_t *cr, const Page *page, GError **error);
} sections[] = {
  { "overview", render_overview }, { "stack", render_stack }, { "layers", render_layers },
  { "timeline", render_timeline }, { "power", render_power }, { "temperature", render_temperature },
};

static int
find_section (const char *name, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
    if (g_str_equal (name, sections[i].name))
      return (int) i;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--render %s: no such section; overview, stack, layers, timeline, power or temperature is accepted",
               name);
  return -1;
}

static cairo_surface_t *
make_surface (const char *path, const char *target, const StrataRenderOptions *options, GError **error)
{
  if (g_str_has_suffix (target, ".png"))
    return cairo_image_surface_create (CAIRO_FORMAT_RGB24, options->width, options->height);
  if (g_str_has_suffix (target, ".svg"))
    return cairo_svg_surface_create (path, options->width, options->height);
  if (g_str_has_suffix (target, ".pdf"))
    return cairo_pdf_surface_create (path, options->width, options->height);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: .png, .svg or .pdf is accepted", target);
  return NULL;
}

static gboolean
finish (cairo_surface_t *surface, const char *partial, const char *target, GError **error)
{
  cairo_status_t status;

  if (g_str_has_suffix (target, ".png"))
    status = cairo_surface_write_to_png (surface, partial);
  else
    {
      cairo_surface_finish (surface);
      status = cairo_surface_status (surface);
    }
  if (status == CAIRO_STATUS_SUCCESS && g_rename (partial, target) == 0)
    return TRUE;
  g_unlink (partial);
  g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_WRITE,
               "%s: cannot be written (%s); give a folder that exists and has room", target,
               cairo_status_to_string (status));
  return FALSE;
}

static gboolean
find_layer (StrataProfile *profile, const char *name, int *layer, GError **error)
{
  const StrataProfileLayer *row = name == NULL ? NULL : strata_profile_find_layer (profile, name);

  *layer = row == NULL ? -1 : row->id;
  if (name == NULL || row != NULL)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--layer %s: no such layer; `strata report --section layers` lists them", name);
  return FALSE;
}

gboolean
strata_render (const char *profile_path, const StrataRenderOptions *options, GError **error)
{
  int section = find_section (options->section, error);
  g_autoptr (StrataProfile) profile = NULL;
  g_autoptr (StrataScenes) scenes = NULL;
  g_autofree char *partial = g_strconcat (options->output, ".partial", NULL);
  Page page = { .layer = -1, .is_vector = !g_str_has_suffix (options->output, ".png") };
  StrataDrawTheme theme;
  cairo_surface_t *surface;
  cairo_t *cr;
  gboolean ok;

  if (section < 0 || (profile = strata_profile_open (profile_path, NULL, error)) == NULL
      || !find_layer (profile, options->layer, &page.layer, error))
    return FALSE;
  if (options->dark)
    strata_draw_theme_dark (&theme);
  else
    strata_draw_theme_light (&theme);
  scenes = strata_scenes_new (profile, &theme);
  surface = make_surface (partial, options->output, options, error);
  if (surface == NULL)
    return FALSE;
  page.scenes = scenes;
  page.theme = &theme;
  page.rect = (StrataRect){ MARGIN, MARGIN, options->width - 2 * MARGIN, options->height - 2 * MARGIN };
  cr = cairo_create (surface);
  cairo_set_source_rgb (cr, (theme.background >> 16 & 255) / 255.0, (theme.background >> 8 & 255) / 255.0,
                        (theme.background & 255) / 255.0);
  cairo_paint (cr);
  ok = sections[section].render (cr, &page, error);
  cairo_destroy (cr);
  if (!ok)
    g_unlink (partial);
  ok = ok && finish (surface, partial, options->output, error);
  cairo_surface_destroy (surface);
  return ok;
}
