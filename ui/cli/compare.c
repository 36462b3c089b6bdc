/* SPDX-License-Identifier: Apache-2.0
 *
 * Error, steps, signal-to-noise, cosine and argmax of one output, and the rules that judge them.
 */
#include "compare.h"

#include <math.h>
#include <string.h>

/* QDQ nets deeper than this are chaotic in the last bit: ties round differently and propagate. */
#define SHALLOW_LAYERS 10

/* Classes of one sample: N, 1 x N or 1 x N x 1 x 1; sequences, states and images have other dimensions. */
static gboolean
is_vector (StrataTensor *tensor)
{
  guint n_dims;
  const gint64 *dims = strata_tensor_get_shape (tensor, &n_dims);

  for (guint i = 0; i < n_dims; i++)
    if (dims[i] != 1 && i != (n_dims == 1 ? 0 : 1))
      return FALSE;
  return n_dims > 0;
}

gboolean
cli_compare (StrataTensor *output,
             StrataTensor *reference,
             double step,
             gint64 n_inputs,
             CliComparison *comparison,
             GError **error)
{
  gint64 n = strata_tensor_get_n_elements (reference);
  double signal = 0, noise = 0, dot = 0, power = 0;

  if (strata_tensor_get_n_elements (output) != n)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "output has %" G_GINT64_FORMAT " elements, its reference %" G_GINT64_FORMAT
                   "; the test data belong to another model",
                   strata_tensor_get_n_elements (output), n);
      return FALSE;
    }
  *comparison = (CliComparison){ .argmax = strata_tensor_get_argmax (output),
                                 .argmax_reference = strata_tensor_get_argmax (reference) };
  for (gint64 i = 0; i < n; i++)
    {
      double y = strata_tensor_get_value (output, i), r = strata_tensor_get_value (reference, i), d = fabs (y - r);

      comparison->max_error = isnan (d) ? (double) INFINITY : MAX (comparison->max_error, d);
      comparison->peak = MAX (comparison->peak, fabs (r));
      signal += r * r;
      noise += d * d;
      dot += y * r;
      power += y * y;
    }
  comparison->steps = step > 0 ? comparison->max_error / step : (double) NAN;
  comparison->snr_db = noise == 0 ? (double) INFINITY : 10 * log10 (signal / noise);
  comparison->cosine = signal == 0 && power == 0 ? 1 : dot / sqrt (signal * power);
  comparison->is_class_head = is_vector (reference) && n > 1 && n <= 100000 && n != n_inputs;
  return TRUE;
}

static const struct
{
  const char *name;
  gboolean has_value;
} expect_names[] = {
  [CLI_EXPECT_ERROR] = { "error", TRUE },    [CLI_EXPECT_STEPS] = { "steps", TRUE },
  [CLI_EXPECT_SNR] = { "snr", TRUE },        [CLI_EXPECT_COSINE] = { "cosine", TRUE },
  [CLI_EXPECT_ARGMAX] = { "argmax", FALSE },
};

gboolean
cli_parse_expect (const char *text, CliExpect *expect, GError **error)
{
  const char *equals = strchr (text, '=');
  gsize length = equals == NULL ? strlen (text) : (gsize) (equals - text);

  for (guint i = 0; i < G_N_ELEMENTS (expect_names); i++)
    if (strlen (expect_names[i].name) == length && strncmp (text, expect_names[i].name, length) == 0
        && (equals != NULL) == expect_names[i].has_value)
      {
        char *end = NULL;

        expect->kind = (CliExpectKind) i;
        expect->value = equals == NULL ? 0 : g_ascii_strtod (equals + 1, &end);
        if (equals == NULL || (end != equals + 1 && *end == '\0'))
          return TRUE;
      }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--expect %s: argmax, error=X, steps=X, snr=DB or cosine=X is accepted", text);
  return FALSE;
}

gboolean
cli_expect_met (const CliExpect *expect, const CliComparison *comparison)
{
  gboolean same_class = comparison->argmax == comparison->argmax_reference;

  switch (expect->kind)
    {
    case CLI_EXPECT_ERROR:
      return comparison->max_error <= expect->value * comparison->peak + 1e-6;
    case CLI_EXPECT_STEPS:
      /* a float holds a step times an integer to 1e-3 of a step */
      return comparison->steps <= expect->value + 1e-3;
    case CLI_EXPECT_SNR:
      return comparison->snr_db >= expect->value;
    case CLI_EXPECT_COSINE:
      return comparison->cosine >= expect->value && same_class;
    case CLI_EXPECT_ARGMAX:
    default:
      return same_class;
    }
}

char *
cli_expect_text (const CliExpect *expect)
{
  return expect_names[expect->kind].has_value
           ? g_strdup_printf ("%s=%g", expect_names[expect->kind].name, expect->value)
           : g_strdup (expect_names[expect->kind].name);
}

CliExpect
cli_default_expect (StrataModel *model, gboolean reference, gboolean exact, const CliComparison *comparison)
{
  guint n_quantised = model == NULL ? 0 : strata_model_get_n_quantised_layers (model);

  if ((reference || exact) && n_quantised > 0 && !isnan (comparison->steps))
    return n_quantised <= SHALLOW_LAYERS ? (CliExpect){ CLI_EXPECT_STEPS, 1 } : (CliExpect){ CLI_EXPECT_COSINE, 0.98 };
  if (reference)
    return (CliExpect){ CLI_EXPECT_ERROR, 1e-4 };
  return comparison->is_class_head ? (CliExpect){ CLI_EXPECT_ARGMAX, 0 } : (CliExpect){ CLI_EXPECT_SNR, 25 };
}
