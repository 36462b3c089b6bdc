/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of the rotary embedding (Su et al., RoFormer, 2021): cosine and sine of position times theta^(-2i / n) for the
 * i-th of n / 2 pairs, pairs being halves apart. Longer contexts by dividing frequencies: all of them (linear), or
 * those whose wavelength is long against the context of training (Llama 3.1, its published reference).
 */
#include <math.h>

#include "model/arch/blocks.h"

static double
scale_llama3 (const StrataTransformerConfig *config, double frequency)
{
  double turns = (double) config->rope_original * frequency / (2 * G_PI);
  double ramp = (turns - config->rope_low) / (config->rope_high - config->rope_low);

  ramp = CLAMP (ramp, 0.0, 1.0);
  return frequency * (ramp + (1.0 - ramp) / config->rope_factor);
}

static double
frequency_of (const StrataTransformerConfig *config, gint64 pair, gint64 turned)
{
  double frequency = pow (config->rope_theta, -2.0 * (double) pair / (double) turned);

  if (config->rope_scaling == STRATA_ROPE_LINEAR)
    return frequency / config->rope_factor;
  return config->rope_scaling == STRATA_ROPE_LLAMA3 ? scale_llama3 (config, frequency) : frequency;
}

/* With positions the tables are rows x pairs; without, a row is a token of batch 1. */
StrataBlockRotary
strata_block_rotary (const StrataBlocks *b, int positions)
{
  const StrataTransformerConfig *config = b->config;
  gint64 turned = (gint64) ((double) config->head_dim * config->rotary_share), half = turned / 2;
  gint64 rows = positions < 0 ? b->options->sequence : b->options->positions, dims[3] = { 1, rows, half };
  g_autofree float *cosine = g_new (float, rows *half);
  g_autofree float *sine = g_new (float, rows *half);
  const gint64 *shape = positions < 0 ? dims : dims + 1;
  StrataBlockRotary made = { .positions = positions, .turned = turned };
  int n_dims = positions < 0 ? 3 : 2;

  for (gint64 t = 0; t < rows; t++)
    for (gint64 i = 0; i < half; i++)
      {
        double angle = (double) t * frequency_of (config, i, turned);

        cosine[t * half + i] = (float) cos (angle);
        sine[t * half + i] = (float) sin (angle);
      }
  made.cosine = strata_layers_floats (b->layers, "rotary.cosine", n_dims, shape, cosine);
  made.sine = strata_layers_floats (b->layers, "rotary.sine", n_dims, shape, sine);
  return made;
}
