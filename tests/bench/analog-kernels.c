/* SPDX-License-Identifier: Apache-2.0
 *
 * Analog reads on one core, in products of a cell and an input per second,
 * beside what loops that never leave the registers reach in the same run,
 * what is asked of each, and a published simulator (CrossSim 3.2.0, numpy, 512
 * x 512, measured on the same kind of machine). And whether the two ways to
 * draw noise, per conversion and per pair of cells, come to the same: fails
 * where mean or variance differ by more than 1 %.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined __x86_64__
#include <immintrin.h>
#endif

#include "clock.h"
#include "kernels/byte-dot.h"
#include "simulator/analog-array.h"

#define N_INPUTS 96
#define N_ARRAYS 16
#define MIN_S 0.3
/* Readings of one input, each of all columns: a million outputs, so that a
 * variance is known to a fifth of a per cent */
#define N_READINGS 2048
#define MOST_APART 0.01

#if defined __x86_64__
__attribute__ ((target ("avx512f,avx512bw,avx512vnni"))) static double
vnni_gmac_s (void)
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
vnni_gmac_s (void)
{
  return 0;
}
#endif

#if defined __x86_64__ && !defined __clang__
/* 16 x 64 bytes by 64 x 16, four sums in turn */
__attribute__ ((target ("amx-tile,amx-int8"))) static double
tiles_gmac_s (void)
{
  guint8 shape[64] = { 1 };
  const int n = 500000;
  double start, end;

  for (int tile = 0; tile < 8; tile++)
    shape[16 + 2 * tile] = 64, shape[48 + tile] = 16;
  _tile_loadconfig (shape);
  start = now_s ();
  for (int k = 0; k < n; k++)
    {
      _tile_dpbusd (0, 4, 6);
      _tile_dpbusd (1, 4, 7);
      _tile_dpbusd (2, 5, 6);
      _tile_dpbusd (3, 5, 7);
    }
  end = now_s ();
  _tile_release ();
  return 4.0 * 16 * 64 * 16 * n / (end - start) * 1e-9;
}
#else
static double
tiles_gmac_s (void)
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

/* Noise-free; with n_planes > 1 bit by bit, a conversion for each plane of
 * inputs. */
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

/* A programmed array of the phone chip, and inputs */
typedef struct
{
  StrataChipSpec *chip;
  gint16 *weights, *codes; /* N_READINGS x k */
  int *positions;
  StrataAnalogArray *array;
} Programmed;

static void
programmed_init (Programmed *p, StrataAnalog analog, StrataConversion conversion)
{
  int k, n;

  p->chip = strata_chip_spec_load ("phone", NULL);
  p->chip->conversion = conversion;
  k = p->chip->rows, n = p->chip->columns;
  p->weights = g_new (gint16, k * n);
  p->codes = g_new (gint16, N_READINGS * k);
  p->positions = g_new (int, N_READINGS);
  for (guint i = 0; i < (guint) (k * n); i++)
    p->weights[i] = (gint16) ((i * 2654435761u >> 16) % 31) - 15;
  for (guint i = 0; i < (guint) (N_READINGS * k); i++)
    p->codes[i] = (gint16) ((i * 2246822519u >> 24) - 128);
  for (int i = 0; i < N_READINGS; i++)
    p->positions[i] = i;
  const StrataQOp op = { .k = k, .n = n, .n_slices = 1, .n_reads = 1, .weights = p->weights };
  const StrataTile tile = { .n_rows = k, .n_cols = n, .n_slices = 1, .n_row_copies = 1 };
  const StrataAnalogSetup setup = { .chip = p->chip, .analog = analog, .seed = 1 };
  p->array = strata_analog_array_new (&setup, &op, 0, &tile, 0);
}

static void
programmed_finish (Programmed *p)
{
  strata_analog_array_free (p->array);
  strata_chip_spec_free (p->chip);
  g_free (p->weights);
  g_free (p->codes);
  g_free (p->positions);
}

/* Everything that a run does for an array. @by_pair: a draw per pair of cells
 */
static double
array_gmac_s (StrataByteIsa isa, StrataAnalog analog, StrataConversion conversion, gboolean by_pair)
{
  const int n_inputs = N_INPUTS;
  g_autofree gint32 *sums = NULL;
  g_autofree float *v = NULL;
  gint64 n_macs = 0;
  double start, end;
  Programmed p;

  programmed_init (&p, analog, conversion);
  p.array->cells.isa = isa;
  const StrataAnalogInputs inputs = { p.codes, p.positions, n_inputs };
  sums = g_new0 (gint32, N_INPUTS * p.array->n_columns);
  v = g_new (float, N_INPUTS *p.array->n_columns);
  start = now_s ();
  do
    {
      if (by_pair)
        strata_analog_array_sums_ref (p.array, &inputs, (guint64) n_macs, v);
      else
        strata_analog_array_read (p.array, &inputs, (guint64) n_macs, sums, (gsize) p.array->n_columns);
      n_macs += (gint64) p.array->n_rows * p.array->n_columns * n_inputs;
      end = now_s ();
    }
  while (end - start < MIN_S);
  programmed_finish (&p);
  return (double) n_macs / (end - start) * 1e-9;
}

/* --- the two ways to draw --- */

typedef struct
{
  double mean, variance; /* over columns: mean magnitude of the means, mean of
                            the variances */
} Moments;

/* @exact: what each column comes to without noise, whose sign its mean has */
static Moments
moments_of (const float *v, const float *exact, int n_columns)
{
  Moments moments = { 0 };

  for (int c = 0; c < n_columns; c++)
    {
      double mean = 0, squares = 0;

      for (int i = 0; i < N_READINGS; i++)
        mean += (double) v[(gsize) i * (gsize) n_columns + (gsize) c] / N_READINGS;
      for (int i = 0; i < N_READINGS; i++)
        {
          double rest = (double) v[(gsize) i * (gsize) n_columns + (gsize) c] - mean;

          squares += rest * rest;
        }
      moments.mean += (exact[c] < 0 ? -mean : mean) / n_columns;
      moments.variance += squares / (N_READINGS - 1) / n_columns;
    }
  return moments;
}

static gboolean
print_agreement (void)
{
  g_autofree float *v = NULL, *exact = NULL, *variance = NULL;
  Moments by_conversion, by_pair;
  double mean, spread;
  Programmed p;

  programmed_init (&p, STRATA_ANALOG_NOMINAL, STRATA_CONVERSION_ONCE);
  const int n = p.array->n_columns, k = p.array->n_rows;
  const StrataAnalogInputs inputs = { p.codes, p.positions, N_READINGS };
  for (int i = 1; i < N_READINGS; i++)
    memcpy (p.codes + i * k, p.codes, sizeof (gint16) * (gsize) k);
  v = g_new (float, N_READINGS *n);
  exact = g_new (float, n);
  variance = g_new (float, n);
  strata_analog_array_moments (p.array, p.codes, 1, exact, variance);
  strata_analog_array_sums (p.array, &inputs, 1, v);
  by_conversion = moments_of (v, exact, n);
  strata_analog_array_sums_ref (p.array, &inputs, 2, v);
  by_pair = moments_of (v, exact, n);
  programmed_finish (&p);
  mean = by_conversion.mean / by_pair.mean - 1, spread = by_conversion.variance / by_pair.variance - 1;
  printf ("\na draw per conversion over one per pair, %d outputs: mean %+.3f "
          "%%, variance %+.3f %%; at most %.0f %% apart\n",
          N_READINGS * n, 100 * mean, 100 * spread, 100 * MOST_APART);
  return fabs (mean) <= MOST_APART && fabs (spread) <= MOST_APART;
}

/* --- the table --- */

/* @bar, @peer: 0: none */
static void
print_row (const char *what, double gmac_s, double limit, double bar, double peer)
{
  printf ("%-52s %8.2f", what, gmac_s);
  if (limit > 0)
    printf (" %7.0f %%", 100 * gmac_s / limit);
  else
    printf (" %9s", "");
  if (bar > 0)
    printf (" %8.1f %-6s", bar, gmac_s >= bar ? "met" : "missed");
  else
    printf (" %15s", "");
  if (peer > 0)
    printf (" %8.3f %6.0f x", peer, gmac_s / peer);
  printf ("\n");
}

/* By one kernel; @bar: what is asked of a conversion per phase */
static void
print_array (StrataByteIsa isa, const char *name, double limit, double bar)
{
  const double plain = array_gmac_s (isa, STRATA_ANALOG_IDEAL, STRATA_CONVERSION_ONCE, FALSE);
  const double noisy = array_gmac_s (isa, STRATA_ANALOG_NOMINAL, STRATA_CONVERSION_ONCE, FALSE);
  const double apart = array_gmac_s (isa, STRATA_ANALOG_IDEAL, STRATA_CONVERSION_PER_PHASE, FALSE);
  const double both = array_gmac_s (isa, STRATA_ANALOG_NOMINAL, STRATA_CONVERSION_PER_PHASE, FALSE);

  printf ("an array of phone as a run reads it, %s\n", name);
  print_row ("  no noise", plain, limit, 0, 0);
  print_row ("  all nominal noise, a draw per conversion", noisy, limit, plain / 3, 0);
  print_row ("  no noise, a conversion for each of eight phases", apart, limit, bar, 1.10);
  print_row ("  all noise, a conversion for each of eight phases", both, limit, bar, 0);
}

int
main (void)
{
  static const char *const names[] = { "portable C", "AVX2", "AVX-512 VNNI", "AMX" };
  const StrataByteIsa best = strata_byte_isa ();
  const double vnni = best >= STRATA_BYTE_VNNI ? vnni_gmac_s () : 0;
  const double tiles = best == STRATA_BYTE_TILES ? tiles_gmac_s () : 0;

  printf ("%-52s %8s %9s %15s %8s\n", "GMAC/s, one core", "here", "of limit", "asked", "CrossSim");
  print_row ("products that never leave the registers, VNNI", vnni, vnni, 0, 0);
  print_row ("the same, AMX", tiles, tiles, 0, 0);
  for (int isa = (int) best; isa >= 0; isa--)
    {
      const double limit = isa == STRATA_BYTE_TILES ? tiles : vnni;
      g_autofree char *serial = g_strdup_printf ("%s, 512 x 512, bit-serial, a conversion per plane", names[isa]);

      for (int rows = 256; rows <= 512; rows *= 2)
        {
          g_autofree char *what = g_strdup_printf ("%s, %d x 512, 8-bit converter", names[isa], rows);

          print_row (what, plain_gmac_s ((StrataByteIsa) isa, rows, 512, 1), limit,
                     isa >= STRATA_BYTE_VNNI ? 0.8 * vnni : 0, rows == 512 ? 16.6 : 0);
        }
      print_row (serial, plain_gmac_s ((StrataByteIsa) isa, 512, 512, 8), limit, isa >= STRATA_BYTE_VNNI ? 10 : 0,
                 1.10);
    }
  for (int isa = (int) best; isa >= MIN (STRATA_BYTE_VNNI, (int) best); isa--)
    print_array ((StrataByteIsa) isa, names[isa], isa == STRATA_BYTE_TILES ? tiles : vnni, 10);
  print_row ("the same, a draw per pair of cells and conversion",
             array_gmac_s (best, STRATA_ANALOG_NOMINAL, STRATA_CONVERSION_ONCE, TRUE), vnni, 0.7, 0.023);
  return print_agreement () ? EXIT_SUCCESS : EXIT_FAILURE;
}
