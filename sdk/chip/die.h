/* SPDX-License-Identifier: Apache-2.0
 *
 * One die of a chip as data: which tiers, rows and columns of it do not work, as its test found them. A die has the
 * chip's spare tiers on top (tier `tiers` is the first of them) and spare rows and columns behind the others of each
 * array (row `rows` is the first); any of them may be dead too. What repair makes of that is a StrataDieRepair:
 * programs know nothing of spares and see tiers 0 … tiers - 1.
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
  guint64 hash; /* of the chip's hash and every fault; not of serial and path */
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
/* YAML that parses back to the same hash, where the chip is one that its name finds. (transfer full) */
char *strata_die_spec_print (const StrataDieSpec *die) G_GNUC_WARN_UNUSED_RESULT;
gboolean strata_die_spec_check (const StrataDieSpec *die, GError **error);
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
void strata_die_repair_free (StrataDieRepair *repair);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataDieRepair, strata_die_repair_free)
