/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of published numbers, and what counts as agreement.
 */
#include "validation/published.h"

#include <math.h>

#define MISS(id, name, subject, what, unit, published, tolerance_kind, tolerance, kind, source, miss)                  \
  { name,      subject,   what, unit, source, STRATA_VALIDATION_KIND_##kind, STRATA_TOLERANCE_##tolerance_kind,        \
    published, tolerance, miss },
#define ROW(id, name, subject, what, unit, published, tolerance_kind, tolerance, kind, source)                         \
  MISS (id, name, subject, what, unit, published, tolerance_kind, tolerance, kind, source, NULL)
static const StrataPublished rows[] = {
#include "validation/published.def"
};
#undef ROW
#undef MISS

int
strata_published_count (void)
{
  return G_N_ELEMENTS (rows);
}

const StrataPublished *
strata_published_get (int row)
{
  g_assert (row >= 0 && row < strata_published_count ());
  return &rows[row];
}

void
strata_published_compute (double *ours)
{
  for (int row = 0; row < strata_published_count (); row++)
    ours[row] = NAN;
  strata_published_chips (ours);
  strata_published_parts (ours);
  strata_published_heat (ours);
  strata_published_ev6 (ours);
  strata_published_networks (ours);
}

void
strata_published_range (const StrataPublished *row, double *lowest, double *highest)
{
  switch (row->tolerance_kind)
    {
    case STRATA_TOLERANCE_RELATIVE:
      *lowest = row->published * (1 - row->tolerance);
      *highest = row->published * (1 + row->tolerance);
      break;
    case STRATA_TOLERANCE_ABSOLUTE:
      *lowest = row->published - row->tolerance;
      *highest = row->published + row->tolerance;
      break;
    case STRATA_TOLERANCE_FACTOR:
    default:
      *lowest = row->published / row->tolerance;
      *highest = row->published * row->tolerance;
      break;
    }
}

gboolean
strata_published_agrees (const StrataPublished *row, double ours)
{
  double lowest, highest;

  strata_published_range (row, &lowest, &highest);
  return ours >= lowest && ours <= highest;
}
