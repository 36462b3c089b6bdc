/* SPDX-License-Identifier: Apache-2.0
 *
 * The range of a converter from what calibration showed it, and what of data that calibration did not show will lie
 * beyond. Units: those of the magnitudes (driver code x level).
 */
#pragma once

#include <glib.h>

/* What is known of the conversions of one slice of an array */
typedef struct
{
  const float *magnitudes; /* of sums, by the sample they come from */
  const float *weights;    /* per n_cols magnitudes; NULL: all alike */
  gsize n;
  int n_cols;
  int n_groups;  /* samples, of as many magnitudes each; below 2: nothing can be said about data that was not seen */
  double steps;  /* of the converter, over its whole range of both signs */
  double finest; /* a step is never less */
  double noise;  /* standard deviation of a conversion before rounding, without the converter's own */
  double own;    /* variance of the converter's own noise, steps^2; */
  double least;  /* which is never less than this, magnitudes^2 */
  double unseen; /* variance that the magnitudes do not have, although conversions do */
  int n_reads;   /* that are averaged */
} StrataConverterData;

typedef struct
{
  double step;
  double clipped; /* expected mean square of what lies beyond the range */
} StrataConverterRange;

/* The range of least mean square of clipping and rounding on the samples, wider by the factor that is best where each
 * sample in turn is held out and the range comes from the others. */
StrataConverterRange strata_cost_converter_range (const StrataConverterData *data);
/* The range that holds every magnitude */
StrataConverterRange strata_cost_converter_peak (const StrataConverterData *data);

/* Share of a conversion's rounding that stays however many readings are averaged, where noise of @dither steps moves
 * each of them; 1 to 0 */
double strata_cost_rounding_share (double dither);
