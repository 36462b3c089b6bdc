/* SPDX-License-Identifier: Apache-2.0
 *
 * A die drawn from the rates of its chip, as its test would describe it: the defect model of cost/yield.c (rows,
 * columns and whole arrays fail independently), the spreads of converters, the shares of stuck cells. Faults are few:
 * a draw each says how many sound lines or cells lie before it.
 */
#include <math.h>

#include "base/rng.h"
#include "chip/die-read.h"

/* What is listed one by one has to fit one die file; a chip with more leaves that list out. */
#define MAX_CONVERTERS 8192
#define MAX_CELLS 3800
/* Dead lines of one die */
#define MAX_LINES 8192
/* Digits that a tester would write: parts per million, tenths of a microvolt */
#define GAIN_STEPS 1e6
#define OFFSET_STEPS_PER_V 1e7

typedef enum
{
  STREAM_ARRAYS = 1,
  STREAM_ROWS,
  STREAM_COLUMNS,
  STREAM_GAIN,
  STREAM_OFFSET,
  STREAM_CELLS,
} Stream;

typedef struct
{
  StrataDieSpec *die;
  StrataBand band;
  guint64 seed;
} Draw;

static StrataSite
site_of (const StrataDieSpec *die, gint64 array)
{
  const int n_tiers = strata_die_n_tiers (die);

  return (StrataSite){ (int) (array / n_tiers), (int) (array % n_tiers) };
}

static gint64
n_arrays (const StrataDieSpec *die)
{
  return (gint64) die->chip->n_stacks * strata_die_n_tiers (die);
}

/* Which of @n things fail, at most @most + 1 of them; gint64 */
static GArray *
draw_failures (const Draw *draw, Stream stream, gint64 n, double share, guint most)
{
  const StrataRngKey key = strata_rng_key (draw->seed, stream);
  GArray *failures = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (gint64 at = 0, i = 0; at < n && failures->len <= most; at++, i++)
    {
      at += strata_rng_gap (key, (guint64) i, share);
      if (at < n)
        g_array_append_val (failures, at);
    }
  return failures;
}

static gboolean
refuse (const Draw *draw, const char *what, int most, GError **error)
{
  g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_CONTRADICTION,
               "%s: more than %d dead %s at its failure rates; a die with at most so many can be described",
               draw->die->chip->name, most, what);
  return FALSE;
}

static gboolean
draw_arrays (const Draw *draw, GError **error)
{
  StrataDieSpec *die = draw->die;
  g_autoptr (GArray) failures =
    draw_failures (draw, STREAM_ARRAYS, n_arrays (die), die->chip->array_failure, STRATA_DIE_MAX_DEAD);

  if (failures->len > STRATA_DIE_MAX_DEAD)
    return refuse (draw, "arrays", STRATA_DIE_MAX_DEAD, error);
  die->dead = strata_arena_array (die->arena, StrataSite, failures->len);
  for (guint i = 0; i < failures->len; i++)
    die->dead[die->n_dead++] = site_of (die, g_array_index (failures, gint64, i));
  return TRUE;
}

static gboolean
is_dead (const StrataDieSpec *die, StrataSite site, int *from)
{
  while (*from < die->n_dead && strata_site_compare (die->dead[*from], site) < 0)
    (*from)++;
  return *from < die->n_dead && strata_site_compare (die->dead[*from], site) == 0;
}

static gboolean
draw_lines (const Draw *draw, gboolean columns, GError **error)
{
  StrataDieSpec *die = draw->die;
  const StrataChipSpec *chip = die->chip;
  const int n = columns ? chip->columns + chip->spare_columns : chip->rows + chip->spare_rows;
  g_autoptr (GArray) failures =
    draw_failures (draw, columns ? STREAM_COLUMNS : STREAM_ROWS, n_arrays (die) * n, chip->row_failure, MAX_LINES);
  StrataDieLine *lines = strata_arena_array (die->arena, StrataDieLine, failures->len);
  int n_lines = 0, dead = 0;

  if (failures->len > MAX_LINES)
    return refuse (draw, columns ? "columns" : "rows", MAX_LINES, error);
  for (guint i = 0; i < failures->len; i++)
    {
      const gint64 at = g_array_index (failures, gint64, i);
      const StrataDieLine line = { site_of (die, at / n), (int) (at % n) };

      if (!is_dead (die, line.site, &dead))
        lines[n_lines++] = line;
    }
  if (columns)
    die->columns = lines, die->n_columns = n_lines;
  else
    die->rows = lines, die->n_rows = n_lines;
  return TRUE;
}

static void
draw_converters (const Draw *draw)
{
  StrataDieSpec *die = draw->die;
  const StrataChipSpec *chip = die->chip;
  const gint64 n = (gint64) chip->n_stacks * chip->n_adc;
  const double gain_sigma = chip->adc_gain[draw->band], offset_sigma = chip->adc_offset_v[draw->band];
  g_autofree float *gain = NULL, *offset = NULL;

  if (n > MAX_CONVERTERS)
    return;
  gain = g_new (float, n);
  offset = g_new (float, n);
  strata_rng_normal (strata_rng_key (draw->seed, STREAM_GAIN), 0, gain, (gsize) n);
  strata_rng_normal (strata_rng_key (draw->seed, STREAM_OFFSET), 0, offset, (gsize) n);
  die->converters = strata_arena_array (die->arena, StrataDieConverter, n);
  for (int i = 0; i < (int) n; i++)
    die->converters[die->n_converters++] =
      (StrataDieConverter){ i / chip->n_adc, i % chip->n_adc,
                            CLAMP (rint (gain_sigma * (double) gain[i] * GAIN_STEPS) / GAIN_STEPS,
                                   -STRATA_DIE_MOST_GAIN, STRATA_DIE_MOST_GAIN),
                            CLAMP (rint (offset_sigma * (double) offset[i] * OFFSET_STEPS_PER_V) / OFFSET_STEPS_PER_V,
                                   -STRATA_DIE_MOST_OFFSET_V, STRATA_DIE_MOST_OFFSET_V) };
}

/* Of every array that is not dead, or of none: a list of some would say that the others have been tested too. */
static void
draw_cells (const Draw *draw)
{
  StrataDieSpec *die = draw->die;
  const StrataChipSpec *chip = die->chip;
  const double full = chip->stuck_full[draw->band], share = full + chip->stuck_zero[draw->band];
  const gint64 n_columns = chip->columns + chip->spare_columns;
  const gint64 n = 2 * (chip->rows + chip->spare_rows) * n_columns; /* of an array */
  const StrataRngKey key = strata_rng_key (draw->seed, STREAM_CELLS);
  g_autoptr (GArray) failures = NULL;
  int dead = 0;

  if (n_arrays (die) > STRATA_DIE_MAX_NAMED || (double) n * (double) n_arrays (die) > (double) G_MAXINT64 / 4)
    return;
  failures = draw_failures (draw, STREAM_CELLS, n * n_arrays (die), share, MAX_CELLS);
  if (failures->len > MAX_CELLS)
    return;
  die->tested = strata_arena_array (die->arena, StrataSite, n_arrays (die));
  for (gint64 i = 0; i < n_arrays (die); i++)
    if (!is_dead (die, site_of (die, i), &dead))
      die->tested[die->n_tested++] = site_of (die, i);
  die->cells = strata_arena_array (die->arena, StrataDieCell, failures->len);
  dead = 0;
  for (guint i = 0; i < failures->len; i++)
    {
      const gint64 at = g_array_index (failures, gint64, i), cell = at % n;
      /* draws from the far end of the stream, which gaps do not reach */
      const double u = strata_rng_uniform (key, G_MAXUINT64 / 2 + i);

      if (!is_dead (die, site_of (die, at / n), &dead))
        die->cells[die->n_cells++] =
          (StrataDieCell){ site_of (die, at / n), (int) (cell / 2 / n_columns), (int) (cell / 2 % n_columns),
                           (gboolean) (cell % 2), u * share < full };
    }
}

StrataDieSpec *
strata_die_spec_draw (const StrataChipSpec *chip, StrataBand band, guint64 seed, GError **error)
{
  static const char *const bands[STRATA_N_BANDS] = { "", " optimistic", " conservative" };
  g_autoptr (StrataDieSpec) die = NULL;
  g_autofree char *words = NULL;
  Draw draw = { .band = band, .seed = seed };

  g_return_val_if_fail (chip != NULL, NULL);
  words = g_strdup_printf ("%s seed %" G_GUINT64_FORMAT "%s", chip->name, seed, bands[band]);
  draw.die = die = strata_die_spec_new (chip, words, error);
  if (die == NULL || !draw_arrays (&draw, error) || !draw_lines (&draw, FALSE, error)
      || !draw_lines (&draw, TRUE, error))
    return NULL;
  draw_converters (&draw);
  draw_cells (&draw);
  if (!strata_die_spec_check (die, error))
    return NULL;
  die->hash = strata_die_spec_hash (die);
  return g_steal_pointer (&die);
}
