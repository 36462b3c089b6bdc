/* SPDX-License-Identifier: Apache-2.0
 *
 * Analog reads on one core, in products of a cell and an input per second, beside what a loop that never leaves the
 * registers reaches in the same run and beside a published simulator (CrossSim 3.2.0, numpy, 512 x 512, measured on the
 * same kind of machine).
 */
#include <stdio.h>
#include <time.h>
#if defined __x86_64__
#include <immintrin.h>
#endif

#include "kernels/byte-dot.h"
#include "simulator/analog-array.h"

#define N_INPUTS 96
#define N_ARRAYS 16
#define MIN_S 0.3

static double
now_s (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

#if defined __x86_64__
__attribute__ ((target ("avx512f,avx512bw,avx512vnni"))) static double
limit_gmac_s (void)
{
  __m512i sum[24], a = _mm512_set1_epi8 (3), b = _mm512_set1_epi8 (5), total = _mm512_setzero_si512 ();
  const int n = 4000000;
  double start = now_s (), end;

  for (int i = 0; i < 24; i++)
    sum[i] = _mm512_setzero_si512 ();
  for (int k = 0; k < n; k++)
    {
      __asm__("" : "+v"(a), "+v"(b)); /* or the loop is taken for one product */
#pragma GCC unroll 24
      for (int i = 0; i < 24; i++)
        sum[i] = _mm512_dpbusd_epi32 (sum[i], a, b);
    }
  end = now_s ();
  for (int i = 0; i < 24; i++)
    total = _mm512_add_epi32 (total, sum[i]);
  if (_mm512_reduce_add_epi32 (total) == 1)
    puts ("");
  return 64.0 * 24 * n / (end - start) * 1e-9;
}
#else
static double
limit_gmac_s (void)
{
  return 0;
}
#endif

/* A set of arrays, too large for the second-level cache, and inputs */
typedef struct
{
  int n_rows, n_columns, n_planes;
  StrataByteIsa isa;
  StrataByteMatrix matrices[N_ARRAYS];
  guint8 *inputs;
  float *codes, *scale;
  gint32 *offset;
} Plain;

static void
plain_init (Plain *plain, StrataByteIsa isa, int n_rows, int n_columns, int n_planes)
{
  g_autofree gint8 *weights = g_new (gint8, n_rows * n_columns);

  *plain = (Plain){ .n_rows = n_rows, .n_columns = n_columns, .n_planes = n_planes, .isa = isa };
  for (guint i = 0; i < (guint) (n_rows * n_columns); i++)
    weights[i] = (gint8) ((i * 2654435761u >> 27) - 16);
  for (int a = 0; a < N_ARRAYS; a++)
    strata_byte_matrix_init (&plain->matrices[a], weights, n_rows, n_columns);
  plain->inputs = g_new (guint8, N_INPUTS * n_rows);
  for (guint i = 0; i < (guint) (N_INPUTS * n_rows); i++)
    plain->inputs[i] = (guint8) (i * 2654435761u >> (n_planes > 1 ? 31 : 24));
  plain->codes = g_new (float, N_INPUTS *n_columns);
  plain->scale = g_new (float, n_columns);
  plain->offset = g_new0 (gint32, n_columns);
  for (int i = 0; i < n_columns; i++)
    plain->scale[i] = n_planes > 1 ? 0.1f : 1.0f / 3000;
}

static void
plain_finish (Plain *plain)
{
  for (int a = 0; a < N_ARRAYS; a++)
    strata_byte_matrix_finish (&plain->matrices[a]);
  g_free (plain->inputs);
  g_free (plain->codes);
  g_free (plain->scale);
  g_free (plain->offset);
}

/* Noise-free; with n_planes > 1 bit by bit, a conversion for each plane of inputs. */
static double
plain_gmac_s (StrataByteIsa isa, int n_rows, int n_columns, int n_planes)
{
  double start, end;
  gint64 n_macs = 0;
  Plain plain;

  plain_init (&plain, isa, n_rows, n_columns, n_planes);
  const StrataConverters converters = { plain.offset, plain.scale, -128, 127 };
  start = now_s ();
  do
    {
      for (int a = 0; a < N_ARRAYS; a++)
        for (int plane = 0; plane < n_planes; plane++)
          strata_byte_read (&plain.matrices[a], isa, plain.inputs, N_INPUTS, &converters, plain.codes);
      n_macs += (gint64) N_ARRAYS * n_rows * n_columns * N_INPUTS;
      end = now_s ();
    }
  while (end - start < MIN_S);
  plain_finish (&plain);
  return (double) n_macs / (end - start) * 1e-9;
}

/* Through a programmed array of the phone chip: everything that a run does for it. @by_pair: a draw per pair of cells
 */
static double
array_gmac_s (StrataAnalog analog, gboolean by_pair)
{
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("phone", NULL);
  const int k = chip->rows, n = chip->columns, n_inputs = by_pair ? 16 : N_INPUTS;
  g_autofree gint16 *weights = g_new (gint16, k * n), *codes = g_new (gint16, N_INPUTS * k);
  g_autofree int *positions = g_new (int, N_INPUTS);
  g_autofree gint32 *sums = g_new0 (gint32, N_INPUTS * n);
  g_autofree float *v = g_new (float, N_INPUTS *n);
  StrataQOp op = { .k = k, .n = n, .n_slices = 1, .n_reads = 1, .weights = weights };
  const StrataTile tile = { .n_rows = k, .n_cols = n, .n_slices = 1, .n_row_copies = 1 };
  const StrataAnalogSetup setup = { chip, analog, 1, 0 };
  const StrataAnalogInputs inputs = { codes, positions, n_inputs };
  g_autoptr (StrataAnalogArray) array = NULL;
  gint64 n_macs = 0;
  double start, end;

  for (guint i = 0; i < (guint) (k * n); i++)
    weights[i] = (gint16) ((i * 2654435761u >> 16) % 31) - 15;
  for (guint i = 0; i < (guint) (N_INPUTS * k); i++)
    codes[i] = (gint16) ((i * 2246822519u >> 24) - 128);
  for (int i = 0; i < N_INPUTS; i++)
    positions[i] = i;
  array = strata_analog_array_new (&setup, &op, 0, &tile, 0);
  start = now_s ();
  do
    {
      if (by_pair)
        strata_analog_array_sums_ref (array, &inputs, (guint64) n_macs, v);
      else
        strata_analog_array_read (array, &inputs, (guint64) n_macs, sums, (gsize) n);
      n_macs += (gint64) k * n * n_inputs;
      end = now_s ();
    }
  while (end - start < MIN_S);
  return (double) n_macs / (end - start) * 1e-9;
}

int
main (void)
{
  static const char *const names[] = { "portable C", "AVX2", "AVX-512 VNNI" };
  const StrataByteIsa best = strata_byte_isa ();
  double limit = best == STRATA_BYTE_VNNI ? limit_gmac_s () : 0;

  printf ("%-52s %8s %10s\n", "GMAC/s, one core", "here", "CrossSim");
  printf ("%-52s %8.1f\n", "dot products that never leave the registers", limit);
  for (int isa = (int) best; isa >= 0; isa--)
    for (int rows = 256; rows <= 512; rows *= 2)
      {
        g_autofree char *what = g_strdup_printf ("%s, %d x 512, 8-bit converter", names[isa], rows);

        printf ("%-52s %8.1f %10s\n", what, plain_gmac_s ((StrataByteIsa) isa, rows, 512, 1),
                rows == 512 ? "16.6" : "");
      }
  printf ("%-52s %8.1f %10s\n", "512 x 512, bit-serial, a conversion per plane", plain_gmac_s (best, 512, 512, 8),
          "1.1");
  printf ("%-52s %8.1f\n", "an array of phone, no noise", array_gmac_s (STRATA_ANALOG_IDEAL, FALSE));
  printf ("%-52s %8.1f\n", "the same, all nominal noise, a draw per conversion",
          array_gmac_s (STRATA_ANALOG_NOMINAL, FALSE));
  printf ("%-52s %8.2f %10s\n", "the same, a draw per pair of cells and conversion",
          array_gmac_s (STRATA_ANALOG_NOMINAL, TRUE), "0.023");
  return 0;
}
