/* SPDX-License-Identifier: Apache-2.0 */
#include "draw-scenes.h"

#include <math.h>

__attribute__ ((visibility ("default"))) const char *__lsan_default_suppressions (void);

/* Caches that font libraries keep until the process ends */
const char *
__lsan_default_suppressions (void)
{
  return "leak:libfontconfig\nleak:libpango\nleak:libcairo\n";
}

/* Stages and layers of ResNet-18 with its relative sizes in arrays */
static const struct
{
  const char *stage;
  int n_layers, arrays[5];
} stages[] = {
  { "stem", 1, { 2 } },
  { "layer1", 4, { 5, 5, 5, 5 } },
  { "layer2", 5, { 9, 18, 1, 18, 18 } },
  { "layer3", 5, { 36, 72, 4, 72, 72 } },
  { "layer4", 5, { 144, 288, 16, 288, 288 } },
  { "head", 1, { 8 } },
};

static void
add_layers (DrawScenes *scenes)
{
  for (gsize s = 0; s < G_N_ELEMENTS (stages); s++)
    for (int i = 0; i < stages[s].n_layers; i++)
      {
        g_autofree char *name = g_strdup_printf ("%s.conv%d", stages[s].stage, i + 1);
        StrataDrawLayer layer = { g_string_chunk_insert (scenes->names, s == 5 ? "fc" : name),
                                  s == 5 ? "Gemm" : "Conv",
                                  stages[s].stage,
                                  (gint32) s,
                                  i,
                                  stages[s].n_layers,
                                  0 };

        g_array_append_val (scenes->layers, layer);
      }
}

static void
add_units (DrawScenes *scenes, gint32 n_stacks)
{
  static const StrataComponent rim[] = { STRATA_COMPONENT_SRAM, STRATA_COMPONENT_VECTOR, STRATA_COMPONENT_SRAM,
                                         STRATA_COMPONENT_MAC,  STRATA_COMPONENT_SRAM,   STRATA_COMPONENT_HOST,
                                         STRATA_COMPONENT_SRAM, STRATA_COMPONENT_VECTOR };
  static const StrataComponent parts[] = { STRATA_COMPONENT_ADC, STRATA_COMPONENT_POST, STRATA_COMPONENT_BUFFER,
                                           STRATA_COMPONENT_NOC, STRATA_COMPONENT_OVERHEAD };

  for (gint32 stack = 0; stack < n_stacks; stack++)
    for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
      {
        StrataStackUnit unit = { parts[i], stack, "part", 0.15 + 0.85 * (stack * 7 % 13) / 13.0 };

        g_array_append_val (scenes->units, unit);
      }
  for (gsize i = 0; i < G_N_ELEMENTS (rim); i++)
    {
      StrataStackUnit unit = { rim[i], -1, "unit", 0.4 + 0.6 * (i % 3) / 2.0 };

      g_array_append_val (scenes->units, unit);
    }
}

DrawScenes *
draw_scenes_new (gint32 mesh, gint32 n_tiers, gint32 blocks, double fill, const StrataDrawTheme *theme)
{
  DrawScenes *scenes = g_new0 (DrawScenes, 1);
  gint32 n_stacks = mesh * mesh, n_arrays = n_stacks * n_tiers, total = 0, next = 0, layer = 0;

  scenes->names = g_string_chunk_new (256);
  scenes->tiles = g_array_new (FALSE, FALSE, sizeof (StrataStackTile));
  scenes->layers = g_array_new (FALSE, FALSE, sizeof (StrataDrawLayer));
  scenes->units = g_array_new (FALSE, FALSE, sizeof (StrataStackUnit));
  add_layers (scenes);
  add_units (scenes, n_stacks);
  strata_draw_colour_layers ((StrataDrawLayer *) (void *) scenes->layers->data, scenes->layers->len, theme);
  for (gsize s = 0; s < G_N_ELEMENTS (stages); s++)
    for (int i = 0; i < stages[s].n_layers; i++)
      total += stages[s].arrays[i];
  for (gsize s = 0; s < G_N_ELEMENTS (stages); s++)
    for (int i = 0; i < stages[s].n_layers; i++, layer++)
      {
        gint32 n = MAX (1, (gint32) floor (stages[s].arrays[i] * fill * n_arrays / total));

        for (gint32 a = 0; a < n && next < n_arrays; a++, next++)
          {
            float last = a == n - 1 ? 0.6f : 1.0f;
            StrataStackTile tile = { next % n_stacks,
                                     next / n_stacks,
                                     layer,
                                     0,
                                     last,
                                     0,
                                     i == 2 ? 0.75f : 1.0f,
                                     last * (i == 2 ? 0.75 : 1),
                                     1e6 * (1 + next * 31 % 17),
                                     next * 29 % 31 == 0 ? 0.9 : 0 };

            g_array_append_val (scenes->tiles, tile);
          }
      }
  scenes->temperature_c = g_new (double, n_arrays);
  for (gint32 stack = 0; stack < n_stacks; stack++)
    for (gint32 tier = 0; tier < n_tiers; tier++)
      {
        double x = stack % mesh - 0.6 * mesh, y = stack / mesh - 0.55 * mesh;

        scenes->temperature_c[stack * n_tiers + tier] =
          31 + 9 * exp (-(x * x + y * y) / (0.18 * mesh * mesh)) * (1 - 0.4 * tier / n_tiers);
      }
  scenes->stack = (StrataStackScene){ mesh,
                                      mesh,
                                      n_tiers,
                                      blocks,
                                      (const StrataStackTile *) (const void *) scenes->tiles->data,
                                      scenes->tiles->len,
                                      (const StrataDrawLayer *) (const void *) scenes->layers->data,
                                      scenes->layers->len,
                                      (const StrataStackUnit *) (const void *) scenes->units->data,
                                      scenes->units->len,
                                      scenes->temperature_c };
  return scenes;
}

#define N_STACK_TRACKS 14
#define N_TRACKS (N_STACK_TRACKS + 5)
#define N_SAMPLES 2000

static gpointer
keep (DrawScenes *scenes, gsize n_bytes)
{
  gpointer memory = g_malloc0 (n_bytes);

  g_ptr_array_add (scenes->arrays, memory);
  return memory;
}

/* Bursts of rows: a layer is active over a window of the run, its rows are evenly spaced in it */
static void
fill_track (DrawScenes *scenes, StrataDrawTrack *track, gint32 t, gint64 duration_ps, gsize n_events)
{
  gint64 *start = keep (scenes, n_events * sizeof *start), *length = keep (scenes, n_events * sizeof *length);
  gint32 *layer = keep (scenes, n_events * sizeof *layer), n_layers = (gint32) scenes->layers->len;
  gint32 first = t < N_STACK_TRACKS ? t * n_layers / N_STACK_TRACKS : 0, n_own = t < N_STACK_TRACKS ? 3 : n_layers;

  for (gsize i = 0; i < n_events; i++)
    {
      double at = (i + 0.3 * ((i * 7919 + t * 31) % 97) / 97.0) / n_events;
      gint32 which = MIN ((gint32) (at * n_own), n_own - 1);

      layer[i] = t < N_STACK_TRACKS ? MIN (first + which, n_layers - 1) : which;
      if (t < N_STACK_TRACKS)
        at = (layer[i] * 0.8 + 2.5 * (at * n_own - which)) / (0.8 * n_layers + 2.5);
      start[i] = (gint64) (at * duration_ps);
      if (i > 0)
        start[i] = MAX (start[i], start[i - 1] + length[i - 1]);
      length[i] = (gint64) (duration_ps / (double) n_events * (0.25 + 0.3 * ((i * 104729) % 89) / 89.0));
    }
  track->n_events = n_events;
  track->start_ps = start;
  track->duration_ps = length;
  track->layer = layer;
  track->unit = t;
  track->index = strata_draw_index_new (track);
}

static void
add_power (DrawScenes *scenes, gint64 duration_ps)
{
  gint64 *time = keep (scenes, N_SAMPLES * sizeof *time), *step = keep (scenes, N_SAMPLES * sizeof *step);
  double *power = keep (scenes, N_SAMPLES * STRATA_N_COMPONENTS * sizeof *power);
  static const double mean[STRATA_N_COMPONENTS] = { 38, 6, 14, 52, 8, 17, 11, 3, 21, 12, 7, 16, 0, 4, 6, 13, 0 };

  for (gsize i = 0; i < N_SAMPLES; i++)
    {
      double x = i / (double) N_SAMPLES,
             load = 0.55 + 0.35 * sin (9 * x) * sin (31 * x + 1) + 0.1 * ((i * 37) % 11) / 11.0;

      time[i] = (gint64) (x * duration_ps);
      step[i] = duration_ps / N_SAMPLES;
      for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
        power[i * STRATA_N_COMPONENTS + c] =
          mean[c] * (c >= STRATA_COMPONENT_CONTROL ? 1 : load + 0.15 * sin (c + 13 * x));
    }
  scenes->power = (StrataPowerScene){ N_SAMPLES, time, step, power, 260, duration_ps };
  for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
    scenes->energy.component_fj[c] = scenes->overview.component_fj[c] = mean[c] * duration_ps * 0.6;
  scenes->energy.n_operations = 3.6e9;
  scenes->energy.n_crossbar_operations = 3.4e9;
  scenes->energy.title = "Energy of one inference, from array to chip";
}

static void
add_words (DrawScenes *scenes)
{
  static const StrataOverviewFigure figures[] = {
    { "Latency", "812 µs (700–1100)", "at most 1.00 ms · 18.8 % to spare", 1 },
    { "Power", "214 mW (150–330)", "at most 200 mW · missed by 7.0 %", -1 },
    { "Energy per inference", "174 µJ (120–270)", NULL, 0 },
    { "Interval", "790 µs (690–1100)", "1,266 inferences per second", 0 },
    { "Accuracy", "unavailable", "no labelled data were given", 0 },
    { "Arrays", "870 of 1,024", "85 % of the chip", 0 },
    { "Junction", "39.8 °C (38–43)", "at most 45 °C", 1 },
    { "Lower bound", "655 µs", "this program is 1.24 × above it", 0 },
  };
  static const StrataOverviewFinding findings[] = {
    { "Converters take a third of the energy",
      "58.1 µJ of 174 µJ are spent in ADCs; layer4 alone makes 1.9 M conversions "
      "at 9 bits, and its signal needs 7.",
      "compile with --adc-bits auto for layer4", "11 % of energy", 2 },
    { "Stacks 12 and 13 switch tiers 1,840 times",
      "each switch costs 20 ns; 36.8 µs of the 812 µs are spent switching.",
      "place layer3.conv2 and layer3.conv4 on different stacks", "4.5 % of latency", 1 },
    { "The vector unit is busy 91 % of the time", "residual additions of layer1 wait for it.", "use both vector units",
      "6 % of latency", 1 },
    { "154 arrays are unused", "15 % of the chip's area leaks 9.2 mW.", "copy layer1 to use them, or gate them", NULL,
      0 },
  };

  scenes->overview.run = "resnet18-nominal";
  scenes->overview.subtitle =
    "resnet18-v1-7.onnx · chip demonstrator (8 × 8 stacks, 16 tiers) · timing · nominal constants";
  scenes->overview.verdict = "Misses its power limit by 7 %; latency and temperature are met";
  scenes->overview.limited_by = "Limited by tier activations of layer4: 16 stacks carry 61 % of the work.";
  scenes->overview.is_met = -1;
  scenes->overview.figures = figures;
  scenes->overview.n_figures = G_N_ELEMENTS (figures);
  scenes->overview.findings = findings;
  scenes->overview.n_findings = G_N_ELEMENTS (findings);
  scenes->overview.n_layers = scenes->layers->len;
}

static void
add_table (DrawScenes *scenes)
{
  gsize n = scenes->layers->len + 2;
  StrataLayerRow *rows = keep (scenes, n * sizeof *rows);
  for (gsize i = 0; i < n; i++)
    {
      StrataLayerRow *row = &rows[i];
      gboolean is_layer = i < scenes->layers->len;

      row->layer = is_layer ? (gint32) i : i + 1 == n ? -2 : -1;
      row->n_tiles = is_layer ? 2 + (gint32) (i * i) : 0;
      row->utilisation = is_layer ? 0.4 + 0.6 * ((i * 5) % 7) / 7.0 : NAN;
      row->time_ps = is_layer ? 2e7 * (1 + i % 5) : NAN;
      row->note = is_layer && i % 4 == 1 ? "bound by tier switches" : NULL;
      for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
        {
          gboolean is_static = c >= STRATA_COMPONENT_CONTROL;

          if (i + 1 == n)
            row->component_fj[c] = scenes->energy.component_fj[c];
          else if (is_static != is_layer)
            row->component_fj[c] = scenes->energy.component_fj[c] * (is_layer ? (1 + (i * (c + 3)) % 6) / 60.0 : 1);
          row->energy_fj += row->component_fj[c];
        }
    }
  scenes->table = (StrataLayerTable){ rows, n, scenes->stack.layers, scenes->stack.n_layers, 6, 0 };
}

void
draw_scenes_add_run (DrawScenes *scenes, gint64 duration_ps, gsize n_events)
{
  static const char *const names[] = { "link 12 → 13", "link 13 → hub", "vector", "mac", "host" };
  static const char *const groups[] = { "Links", "Links", "Digital", "Digital", "Host" };

  scenes->arrays = g_ptr_array_new_with_free_func (g_free);
  scenes->tracks = g_new0 (StrataDrawTrack, N_TRACKS);
  for (gint32 t = 0; t < N_TRACKS; t++)
    {
      g_autofree char *name = g_strdup_printf ("stack %d", 8 + 3 * t);

      scenes->tracks[t].name =
        t < N_STACK_TRACKS ? g_string_chunk_insert (scenes->names, name) : names[t - N_STACK_TRACKS];
      scenes->tracks[t].group = t < N_STACK_TRACKS ? "Stacks" : groups[t - N_STACK_TRACKS];
      fill_track (scenes, &scenes->tracks[t], t, duration_ps, n_events);
    }
  scenes->drops[0] = (StrataTimelineDrop){ 5, duration_ps * 6 / 10, duration_ps * 72 / 100, 1204 };
  scenes->drops[1] = (StrataTimelineDrop){ 16, duration_ps / 4, duration_ps * 26 / 100, -1 };
  scenes->timeline = (StrataTimelineScene){ scenes->tracks, N_TRACKS, scenes->stack.layers, scenes->stack.n_layers,
                                            scenes->drops,  2,        duration_ps,          1e9 };
  add_power (scenes, duration_ps);
  add_words (scenes);
  add_table (scenes);
}

void
draw_scenes_free (DrawScenes *scenes)
{
  if (scenes == NULL)
    return;
  for (gsize t = 0; t < scenes->timeline.n_tracks; t++)
    strata_draw_index_free ((StrataDrawIndex *) scenes->tracks[t].index);
  g_free (scenes->tracks);
  g_clear_pointer (&scenes->arrays, g_ptr_array_unref);
  g_array_unref (scenes->tiles);
  g_array_unref (scenes->layers);
  g_array_unref (scenes->units);
  g_string_chunk_free (scenes->names);
  g_free (scenes->temperature_c);
  g_free (scenes);
}
