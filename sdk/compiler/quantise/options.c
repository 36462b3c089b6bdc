/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantisation's options as a line of text: KEY=VALUE, separated by commas.
 */

#include "compiler/stages.h"

static const struct
{
  const char *key;
  StrataQuantiseTechnique technique;
} techniques[] = {
  { "channels", STRATA_QUANTISE_CHANNELS }, { "ranges", STRATA_QUANTISE_RANGES }, { "bias", STRATA_QUANTISE_BIAS },
  { "equalise", STRATA_QUANTISE_EQUALISE }, { "reads", STRATA_QUANTISE_READS },   { "splits", STRATA_QUANTISE_SPLITS },
  { "wide", STRATA_QUANTISE_WIDE },         { "slices", STRATA_QUANTISE_SLICES },
};

#define ACCEPTED                                                                                                       \
  "channels, ranges, bias, equalise, reads, splits, wide or slices = on or off, and max-flips = a share such as 0.02 " \
  "or 2%"

static gboolean
refuse (const char *setting, GError **error)
{
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT, "quantisation: '%s'; accepted are %s", setting,
               ACCEPTED);
  return FALSE;
}

static gboolean
set_share (const char *text, double *share)
{
  char *end;

  *share = g_ascii_strtod (text, &end);
  if (end != text && g_str_equal (end, "%"))
    {
      *share /= 100;
      end++;
    }
  return end != text && *end == '\0' && *share > 0 && *share <= 1;
}

gboolean
strata_quantise_parse (const char *text, guint *without, double *most_flips, GError **error)
{
  g_auto (GStrv) settings = g_strsplit (text, ",", -1);
  guint left_out = 0;
  double share = 0;

  for (char **setting = settings; *setting != NULL; setting++)
    {
      g_auto (GStrv) pair = g_strsplit (*setting, "=", 2);
      gboolean known = FALSE;

      if (g_strv_length (pair) != 2)
        return refuse (*setting, error);
      if (g_str_equal (pair[0], "max-flips"))
        known = set_share (pair[1], &share);
      for (guint i = 0; i < G_N_ELEMENTS (techniques) && !known; i++)
        if (g_str_equal (pair[0], techniques[i].key))
          {
            known = g_str_equal (pair[1], "on") || g_str_equal (pair[1], "off");
            left_out = g_str_equal (pair[1], "off") ? left_out | techniques[i].technique
                                                    : left_out & ~(guint) techniques[i].technique;
          }
      if (!known)
        return refuse (*setting, error);
    }
  *without = left_out;
  *most_flips = share;
  return TRUE;
}
