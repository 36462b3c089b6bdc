/* SPDX-License-Identifier: Apache-2.0
 *
 * DFT, STFT, window functions and the matrix from frequencies to mels (HTK's mel scale: 2595 log10 (1 + f / 700)).
 */
#include "model/dft.h"

#include <math.h>
#include <string.h>

#include "model/element.h"
#include "model/exec/exec.h"
#include "model/exec/fourier.h"

/* @n samples, @step parts apart, into pairs; what @in does not have is zero */
static void
load (const StrataArray *in, gint64 at, gint64 step, gint64 n, double *signal)
{
  gint64 parts = in->dims[in->n_dims - 1];

  for (gint64 i = 0; i < n; i++)
    {
      signal[2 * i] = strata_element_double (in->dtype, in->data, at + i * step);
      signal[2 * i + 1] = parts == 2 ? strata_element_double (in->dtype, in->data, at + i * step + 1) : 0.0;
    }
}

/* The other half of a spectrum: conjugates, from its end */
static void
mirror (double *spectrum, gint64 n)
{
  spectrum[1] = 0.0;
  for (gint64 i = 1; 2 * i <= n; i++)
    {
      spectrum[2 * (n - i)] = spectrum[2 * i];
      spectrum[2 * (n - i) + 1] = -spectrum[2 * i + 1];
    }
  if (n % 2 == 0)
    spectrum[n + 1] = 0.0;
}

static void
store (const double *signal, gint64 n, StrataArray *out, gint64 at, gint64 step)
{
  for (gint64 i = 0; i < n; i++)
    for (int part = 0; part < (int) out->dims[out->n_dims - 1]; part++)
      strata_element_set_double (out->dtype, out->data, at + i * step + part, signal[2 * i + part]);
}

gboolean
strata_exec_dft (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gboolean inverse = strata_node_int (run->node, "inverse", 0) != 0;
  gint64 outer = 1, inner = 1, parts = in->dims[in->n_dims - 1], parts_out, n_in, n_out;
  g_autofree double *signal = NULL;
  StrataFourier fourier;
  StrataDft dft;

  if (!strata_node_dft (run->graph, run->node, &dft, error))
    return FALSE;
  n_in = in->dims[dft.axis];
  n_out = run->out[0]->dims[dft.axis];
  parts_out = run->out[0]->dims[in->n_dims - 1];
  for (int d = 0; d < in->n_dims - 1; d++)
    if (d != dft.axis)
      *(d < dft.axis ? &outer : &inner) *= in->dims[d];
  if (outer * inner == 0)
    return TRUE;
  signal = g_try_new (double, 2 * (gsize) dft.length);
  if (signal == NULL || !strata_fourier_init (&fourier, dft.length))
    return strata_exec_fail (error, "no memory for a transform of %" G_GINT64_FORMAT, dft.length);
  for (gint64 i = 0; i < outer * inner; i++)
    {
      gint64 o = i / inner, k = i % inner;

      memset (signal, 0, 2 * sizeof (double) * (gsize) dft.length);
      load (in, (o * n_in * inner + k) * parts, inner * parts, MIN (n_in, dft.length), signal);
      if (inverse && dft.half)
        mirror (signal, dft.length);
      strata_fourier_run (&fourier, signal, inverse);
      store (signal, n_out, run->out[0], (o * n_out * inner + k) * parts_out, inner * parts_out);
    }
  strata_fourier_finish (&fourier);
  return TRUE;
}

gboolean
strata_exec_stft (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *window = strata_exec_in (run, 2);
  gint64 parts = in->dims[2], n_out = run->out[0]->dims[2];
  g_autofree double *signal = NULL;
  StrataFourier fourier;
  StrataFrames frames;

  if (!strata_node_frames (run->graph, run->node, &frames, error))
    return FALSE;
  if (in->dims[0] == 0)
    return TRUE;
  signal = g_try_new (double, 2 * (gsize) frames.length);
  if (signal == NULL || !strata_fourier_init (&fourier, frames.length))
    return strata_exec_fail (error, "no memory for a transform of %" G_GINT64_FORMAT, frames.length);
  for (gint64 i = 0; i < in->dims[0] * frames.n; i++)
    {
      load (in, (i / frames.n * in->dims[1] + i % frames.n * frames.step) * parts, parts, frames.length, signal);
      for (gint64 k = 0; window != NULL && k < 2 * frames.length; k++)
        signal[k] *= strata_element_double (window->dtype, window->data, k / 2);
      strata_fourier_run (&fourier, signal, FALSE);
      store (signal, n_out, run->out[0], i * n_out * 2, 2);
    }
  strata_fourier_finish (&fourier);
  return TRUE;
}

/* a - b cos (2 pi i / n) + c cos (4 pi i / n), over the whole period or, symmetric, to its end */
gboolean
strata_exec_window_function (const StrataExec *run, GError **error)
{
  StrataArray *out = run->out[0];
  gint64 n = out->dims[0];
  double a = 0.5, b = 0.5, c = 0.0;
  double period = (double) (strata_node_int (run->node, "periodic", 1) != 0 ? n : MAX (n - 1, 1));

  if (run->node->op == STRATA_OP_HAMMING_WINDOW)
    {
      a = 25.0 / 46.0;
      b = 1.0 - a;
    }
  if (run->node->op == STRATA_OP_BLACKMAN_WINDOW)
    {
      a = 0.42;
      c = 0.08;
    }
  for (gint64 i = 0; i < n; i++)
    strata_element_set_double (out->dtype, out->data, i,
                               a - b * cos (2.0 * G_PI * (double) i / period)
                                 + c * cos (4.0 * G_PI * (double) i / period));
  return TRUE;
}

/* Row of the spectrum at which triangle edge @i lies */
static gint64
edge (const StrataExec *run, gint64 i, double low, double step)
{
  double length = strata_element_double (run->in[1]->dtype, run->in[1]->data, 0);
  double rate = strata_element_double (run->in[2]->dtype, run->in[2]->data, 0);
  double hertz = 700.0 * (pow (10.0, ((double) i * step + low) / 2595.0) - 1.0);

  return (gint64) floor ((length + 1.0) * hertz / rate);
}

static void
set_triangle (StrataArray *out, gint64 bin, gint64 left, gint64 centre, gint64 right)
{
  for (gint64 row = left; row < right || row <= centre; row++)
    {
      double weight = row < centre ? (double) (row - left) / (double) (centre - left)
                                   : (right > centre ? (double) (right - row) / (double) (right - centre) : 1.0);

      if (row >= 0 && row < out->dims[0])
        strata_element_set_double (out->dtype, out->data, row * out->dims[1] + bin, weight);
    }
}

gboolean
strata_exec_mel_weight_matrix (const StrataExec *run, GError **error)
{
  StrataArray *out = run->out[0];
  double low = strata_element_double (run->in[3]->dtype, run->in[3]->data, 0);
  double high = strata_element_double (run->in[4]->dtype, run->in[4]->data, 0);
  double step;

  low = 2595.0 * log10 (1.0 + low / 700.0);
  high = 2595.0 * log10 (1.0 + high / 700.0);
  step = (high - low) / (double) (out->dims[1] + 2);
  memset (out->data, 0, out->n_bytes);
  for (gint64 bin = 0; bin < out->dims[1]; bin++)
    set_triangle (out, bin, edge (run, bin, low, step), edge (run, bin + 1, low, step), edge (run, bin + 2, low, step));
  return TRUE;
}
