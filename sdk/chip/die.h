/* SPDX-License-Identifier: Apache-2.0
 *
 * One die of a chip as data, as its test found it: which tiers, rows and columns of it do not work, which cells are
 * stuck, and what its converters make of what they read. A die has the chip's spare tiers on top (tier `tiers` is the
 * first of them) and spare rows and columns behind the others of each array (row `rows` is the first); any of them may
 * be dead too. What repair makes of that is a StrataDieRepair: programs know nothing of spares and see tiers 0 …
 * tiers - 1. A spare line is driven, read and converted as the line that it stands for.
 *
 * What a die says nothing of is drawn from the chip's spreads by whoever simulates it: converters that it does not
 * list, stuck cells of arrays whose cells it does not list.
 */
#pragma once

#include "chip/chip.h"

/* Arrays of a die that are named dead at most: a chip's description, which programs carry, holds no more. */
#define STRATA_DIE_MAX_DEAD 20000

/* A row, or a logical column, of an array */
typedef struct
{
  StrataSite site;
  int line;
} StrataDieLine;

/* Gains and offsets beyond these are no calibration of a converter that works. */
#define STRATA_DIE_MOST_GAIN 0.9
#define STRATA_DIE_MOST_OFFSET_V 1.0

/* A converter of a stack: it serves logical columns converter, converter + n_adc, …, of all tiers */
typedef struct
{
  int stack, converter;
  double gain;     /* a share: code = (1 + gain) x what an exact one makes of the same, as `adc_gain` of a chip */
  double offset_v; /* added at its input, as `adc_offset`; nothing where cells are read by current */
} StrataDieConverter;

/* A cell that cannot be written, by its line and row on the die */
typedef struct
{
  StrataSite site;
  int row, column;
  gboolean minus; /* that of the pair's minus line */
  gboolean full;  /* it holds the highest level; else nothing */
} StrataDieCell;

typedef struct
{
  StrataArena *arena; /* owns all but the chip */
  const char *path;   /* file it was read from, or the words it was made from */
  const char *serial;
  StrataChipSpec *chip;
  StrataSite *dead; /* sorted, each once; tiers with spares: 0 … tiers + spare_tiers - 1 */
  int n_dead;
  StrataDieLine *rows, *columns; /* sorted, each once; of arrays that are not dead as a whole, spares included */
  int n_rows, n_columns;
  StrataDieConverter *converters; /* by stack, then converter, each once */
  int n_converters;
  StrataDieCell *cells; /* by site, row, column, line, each once; of arrays that are not dead */
  int n_cells;
  StrataSite *tested; /* sorted, each once: arrays of which all stuck cells are in @cells, perhaps none */
  int n_tested;
  guint64 hash; /* of the chip's hash and everything found; not of serial and path */
} StrataDieSpec;

/* TRUE where the file is there, and its first level names the chip that a die is of. Says nothing of whether it is
 * sound. */
gboolean strata_die_spec_is_file (const char *path);
/* Errors: STRATA_CHIP_ERROR, message "FILE:LINE:COLUMN: field: what is wrong; what would be right". Thread-safe. */
StrataDieSpec *strata_die_spec_load (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same from memory; a chip that is no shipped one is looked for beside @origin. Bytes need no terminator. */
StrataDieSpec *
strata_die_spec_parse (const char *text, gssize n_bytes, const char *origin, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A die that is as @words say: "tier 7" (of every stack), "stack 3", "stack 3 tier 7", "tier 4-9"; several after
 * commas. @chip is copied. */
StrataDieSpec *
strata_die_spec_suppose (const StrataChipSpec *chip, const char *words, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A die as the chip's yield model makes them: dead arrays, rows and columns at its rates, gain and offset of every
 * converter, stuck cells of every array; defects of the base die, bonds and decks, which leave nothing to describe, are
 * left out. Converters and cells of a chip that has too many to list are left out too, and are then drawn with the
 * program. The same for the same @seed. Errors: STRATA_CHIP_ERROR_CONTRADICTION (too many faults to describe).
 * @chip is copied. */
StrataDieSpec *strata_die_spec_draw (const StrataChipSpec *chip, StrataBand band, guint64 seed, GError **error)
  G_GNUC_WARN_UNUSED_RESULT;
/* YAML that parses back to the same hash, where the chip is one that its name finds. (transfer full) */
char *strata_die_spec_print (const StrataDieSpec *die) G_GNUC_WARN_UNUSED_RESULT;
/* A die that passes is one whose text is a die file. */
gboolean strata_die_spec_check (const StrataDieSpec *die, GError **error);
/* For those who make one: a die of a copy of @chip of which nothing is known yet, named @words; and its hash. */
StrataDieSpec *
strata_die_spec_new (const StrataChipSpec *chip, const char *words, GError **error) G_GNUC_WARN_UNUSED_RESULT;
guint64 strata_die_spec_hash (const StrataDieSpec *die);
void strata_die_spec_free (StrataDieSpec *die);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataDieSpec, strata_die_spec_free)

/* What stands for an array of which something is dead, after repair */
typedef struct
{
  StrataSite site;   /* as programs name it */
  int tier;          /* of the die, that stands for it: its own, or that of a spare; -1: none, it is dead */
  int rows, columns; /* that work, at most as many as the chip says; 0: it is dead */
} StrataDieArray;

typedef struct
{
  StrataDieArray *arrays; /* sorted by site; arrays that are whole on their own tier are not in it */
  int n_arrays;
  int n_spare_tiers; /* that stand for others */
  int n_lines;       /* dead rows and columns that arrays make up for with spare ones of their own */
  int n_weak;        /* arrays that work with fewer rows or columns than the chip says */
  int n_lost;        /* arrays for which nothing stands */
} StrataDieRepair;

/* Dead rows and columns give way to spare ones of their array, as far as they go. An array that is dead or is still
 * short of rows or columns gives way to the same array of a whole spare tier of its stack: the dead ones first, from
 * the lowest tier up. @n_spare_tiers: that may be used, of those that the chip has; below 0: all */
StrataDieRepair *strata_die_repair (const StrataDieSpec *die, int n_spare_tiers) G_GNUC_WARN_UNUSED_RESULT;
/* NULL: the array is whole, on its own tier */
const StrataDieArray *strata_die_repair_find (const StrataDieRepair *repair, StrataSite site);
/* Where the array that programs see at @site lies on the die: its tier, -1 where none stands for it, and the row of the
 * die that each of the chip's rows is, and the column each of its columns, -1 for those that do not work. A line that
 * works stays where it is; a dead one gives way to the next that works behind those that programs see. @repair NULL: as
 * the die was made, nothing gives way. */
int
strata_die_lines (const StrataDieSpec *die, const StrataDieRepair *repair, StrataSite site, int *rows, int *columns);
void strata_die_repair_free (StrataDieRepair *repair);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataDieRepair, strata_die_repair_free)

/* A die as programs find it; both belong to whoever made them. */
typedef struct
{
  const StrataDieSpec *spec;
  const StrataDieRepair *repair; /* NULL: as it was made */
} StrataDieState;
