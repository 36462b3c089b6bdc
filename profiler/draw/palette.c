/* SPDX-License-Identifier: Apache-2.0
 *
 * Colours of interface and data, all computed in OKLab / OKLCH (B. Ottosson, "A perceptual color space for image
 * processing", 2020): equal steps of lightness, chroma and hue look equal. Invariant: a colour that sRGB lacks keeps
 * its lightness and hue and loses chroma, so an order by lightness survives.
 */
#include "strata-profiler/strata-draw.h"

#include <math.h>

typedef struct
{
  double l, a, b;
} Lab;

static double
to_linear (double v)
{
  return v <= 0.04045 ? v / 12.92 : pow ((v + 0.055) / 1.055, 2.4);
}

static double
from_linear (double v)
{
  return v <= 0.0031308 ? 12.92 * v : 1.055 * pow (v, 1 / 2.4) - 0.055;
}

static Lab
lab_from_rgb (guint32 colour)
{
  double r = to_linear ((colour >> 16 & 255) / 255.0);
  double g = to_linear ((colour >> 8 & 255) / 255.0);
  double b = to_linear ((colour & 255) / 255.0);
  double l = cbrt (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  double m = cbrt (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  double s = cbrt (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);

  return (Lab){ 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
                1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
                0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s };
}

/* Linear light; FALSE where a channel leaves 0 … 1 */
static gboolean
linear_from_lab (Lab c, double rgb[3])
{
  double l = c.l + 0.3963377774 * c.a + 0.2158037573 * c.b;
  double m = c.l - 0.1055613458 * c.a - 0.0638541728 * c.b;
  double s = c.l - 0.0894841775 * c.a - 1.2914855480 * c.b;

  l = l * l * l;
  m = m * m * m;
  s = s * s * s;
  rgb[0] = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
  rgb[1] = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
  rgb[2] = -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s;
  for (int i = 0; i < 3; i++)
    if (rgb[i] < -1e-4 || rgb[i] > 1 + 1e-4)
      return FALSE;
  return TRUE;
}

static guint32
rgb_from_lab (Lab c)
{
  double rgb[3];
  guint32 colour = 0;

  linear_from_lab (c, rgb);
  for (int i = 0; i < 3; i++)
    colour = colour << 8 | (guint32) lrint (255 * from_linear (CLAMP (rgb[i], 0, 1)));
  return colour;
}

guint32
strata_draw_oklch (double lightness, double chroma, double hue_deg)
{
  double angle = hue_deg * G_PI / 180, low = 0, high = MAX (chroma, 0), rgb[3];
  Lab c = { CLAMP (lightness, 0, 1), high * cos (angle), high * sin (angle) };

  if (linear_from_lab (c, rgb))
    return rgb_from_lab (c);
  for (int i = 0; i < 20; i++)
    {
      double middle = (low + high) / 2;

      c.a = middle * cos (angle);
      c.b = middle * sin (angle);
      if (linear_from_lab (c, rgb))
        low = middle;
      else
        high = middle;
    }
  c.a = low * cos (angle);
  c.b = low * sin (angle);
  return rgb_from_lab (c);
}

double
strata_draw_lightness (guint32 colour)
{
  return lab_from_rgb (colour).l;
}

guint32
strata_draw_mix (guint32 a, guint32 b, double t)
{
  Lab x = lab_from_rgb (a), y = lab_from_rgb (b);

  t = CLAMP (t, 0, 1);
  return rgb_from_lab ((Lab){ x.l + t * (y.l - x.l), x.a + t * (y.a - x.a), x.b + t * (y.b - x.b) });
}

guint32
strata_draw_dim (guint32 colour, const StrataDrawTheme *theme)
{
  guint32 background = theme == NULL ? 0x16191d : theme->background;
  gboolean is_dark = theme == NULL || theme->is_dark;
  Lab c = lab_from_rgb (colour);

  c.a *= 0.55;
  c.b *= 0.55;
  return strata_draw_mix (rgb_from_lab (c), background, is_dark ? 0.62 : 0.72);
}

void
strata_draw_theme_light (StrataDrawTheme *theme)
{
  *theme = (StrataDrawTheme){
    .background = 0xfafafa,
    .surface = 0xe9eaec,
    .text = 0x1d2126,
    .muted = 0x646b74,
    .grid = 0xdcdee1,
    .accent = 0x1565d8,
    .warning = 0xc8401a,
    .good = 0x1c7c48,
    .is_dark = FALSE,
    .font_family = "Sans",
    .font_size = 12,
  };
}

void
strata_draw_theme_dark (StrataDrawTheme *theme)
{
  *theme = (StrataDrawTheme){
    .background = 0x16191d,
    .surface = 0x262b32,
    .text = 0xe6e8ea,
    .muted = 0x98a0aa,
    .grid = 0x2d333a,
    .accent = 0x6fb1ff,
    .warning = 0xff8a5c,
    .good = 0x62cf8f,
    .is_dark = TRUE,
    .font_family = "Sans",
    .font_size = 12,
  };
}

/* Stages go once around most of the circle, from orange over green and blue to pink: the gap of 50 degrees keeps the
 * last apart from the first. A stage owns at most 120 degrees. */
#define FIRST_HUE 45.0
#define HUE_RANGE 310.0
#define MAX_SLOT 120.0
#define LIGHTNESS_STEPS 6 /* then back down: direct neighbours always differ by one step */

static guint32
layer_colour (const StrataDrawLayer *layer, gint32 n_stages, gboolean is_dark)
{
  double slot = HUE_RANGE / MAX (n_stages, 1), used = MIN (slot, MAX_SLOT) * 0.55;
  gint32 n = MAX (layer->n_in_stage, 1), i = CLAMP (layer->index_in_stage, 0, n - 1);
  gint32 period = 2 * (LIGHTNESS_STEPS - 1), phase = i % period;
  double step = (phase < LIGHTNESS_STEPS ? phase : period - phase) / (double) (LIGHTNESS_STEPS - 1);
  double along = n > 1 ? i / (double) (n - 1) - 0.5 : 0;
  double hue = FIRST_HUE + slot * (MAX (layer->stage_index, 0) + 0.5) + used * along;
  double low = is_dark ? 0.60 : 0.50, high = is_dark ? 0.79 : 0.72;

  if (n < LIGHTNESS_STEPS)
    step = n > 1 ? 0.2 + 0.7 * i / (n - 1) : 0.55;
  return strata_draw_oklch (low + (high - low) * step, 0.18, hue);
}

void
strata_draw_colour_layers (StrataDrawLayer *layers, gsize n_layers, const StrataDrawTheme *theme)
{
  gint32 n_stages = 1;

  for (gsize i = 0; i < n_layers; i++)
    n_stages = MAX (n_stages, layers[i].stage_index < G_MAXINT32 ? layers[i].stage_index + 1 : 1);
  for (gsize i = 0; i < n_layers; i++)
    layers[i].colour = layer_colour (&layers[i], n_stages, theme == NULL || theme->is_dark);
}

/* One hue per group (crossbar, converters, memory near, network, digital, memory far), lightness within it. */
static const struct
{
  float lightness, chroma, hue;
} component_lch[STRATA_N_COMPONENTS] = {
  [STRATA_COMPONENT_ARRAY] = { 0.70f, 0.15f, 250 },     [STRATA_COMPONENT_VERTICAL] = { 0.60f, 0.14f, 262 },
  [STRATA_COMPONENT_DRIVER] = { 0.80f, 0.10f, 235 },    [STRATA_COMPONENT_ADC] = { 0.72f, 0.17f, 45 },
  [STRATA_COMPONENT_POST] = { 0.82f, 0.13f, 75 },       [STRATA_COMPONENT_BUFFER] = { 0.76f, 0.13f, 190 },
  [STRATA_COMPONENT_OVERHEAD] = { 0.62f, 0.06f, 220 },  [STRATA_COMPONENT_SELECT] = { 0.58f, 0.14f, 25 },
  [STRATA_COMPONENT_NOC] = { 0.78f, 0.17f, 145 },       [STRATA_COMPONENT_VECTOR] = { 0.70f, 0.17f, 320 },
  [STRATA_COMPONENT_MAC] = { 0.80f, 0.11f, 335 },       [STRATA_COMPONENT_SRAM] = { 0.64f, 0.15f, 295 },
  [STRATA_COMPONENT_DRAM] = { 0.82f, 0.15f, 105 },      [STRATA_COMPONENT_HOST] = { 0.66f, 0.12f, 165 },
  [STRATA_COMPONENT_CONTROL] = { 0.62f, 0.015f, 250 },  [STRATA_COMPONENT_LEAKAGE] = { 0.52f, 0.015f, 250 },
  [STRATA_COMPONENT_DRAM_IDLE] = { 0.72f, 0.02f, 105 },
};

guint32
strata_draw_component_colour (StrataComponent component, const StrataDrawTheme *theme)
{
  double lightness;

  g_return_val_if_fail ((guint) component < STRATA_N_COMPONENTS, 0x808080);
  lightness = component_lch[component].lightness;
  if (theme != NULL && !theme->is_dark)
    lightness -= 0.08;
  return strata_draw_oklch (lightness, component_lch[component].chroma, component_lch[component].hue);
}

/* Path: lightness 0.30 to 0.95 in equal steps; hue violet 290 over red 20 to yellow 105; chroma a half sine bow 0.11 …
 * 0.19, which stays inside sRGB nearly everywhere. Monotone lightness makes it safe for every kind of colour vision. */
guint32
strata_draw_sequential (double t)
{
  if (isnan (t))
    return 0x777777;
  t = CLAMP (t, 0, 1);
  return strata_draw_oklch (0.30 + 0.65 * t, 0.11 + 0.08 * sin (G_PI * MIN (1, t * 1.1)), 285 + 180 * pow (t, 0.85));
}

/* Blue 255 and orange 55 differ for all common kinds of colour blindness; lightness is a function of |t| alone. */
guint32
strata_draw_diverging (double t, const StrataDrawTheme *theme)
{
  gboolean is_dark = theme == NULL || theme->is_dark;
  double size;

  if (isnan (t))
    return 0x777777;
  t = CLAMP (t, -1, 1);
  size = fabs (t);
  return strata_draw_oklch (is_dark ? 0.36 + 0.42 * size : 0.92 - 0.37 * size, 0.145 * size, t < 0 ? 255 : 55);
}
