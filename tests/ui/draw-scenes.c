/* SPDX-License-Identifier: Apache-2.0 */
#include "draw-scenes.h"

#include <math.h>

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

void
draw_scenes_free (DrawScenes *scenes)
{
  if (scenes == NULL)
    return;
  g_array_unref (scenes->tiles);
  g_array_unref (scenes->layers);
  g_array_unref (scenes->units);
  g_string_chunk_free (scenes->names);
  g_free (scenes->temperature_c);
  g_free (scenes);
}
