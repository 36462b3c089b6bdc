/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills a die whose chip is there from a tree, or from words.
 */
#pragma once

#include "chip/die.h"
#include "chip/yaml-tree.h"

/* Arrays, lines, converters or cells of one file, repetitions counted */
#define STRATA_DIE_MAX_NAMED (1 << 18)

/* Everything but the chip. */
gboolean strata_die_read (StrataDieSpec *die, const StrataYaml *root, const char *origin, GError **error);
/* Dead tiers alone */
gboolean strata_die_read_words (StrataDieSpec *die, const char *words, GError **error);

/* --- parts --- */

/* What a file names, as it comes */
typedef struct
{
  StrataDieSpec *die;
  const char *origin;
  GArray *sites, *tested;     /* StrataSite: dead, and of known cells */
  GArray *rows, *columns;     /* StrataDieLine */
  GArray *converters, *cells; /* of die-measured.c */
} StrataDieReader;

typedef struct
{
  int first, last; /* -1, -1: not said */
} StrataDieRange;

/* "7" or "4-9", below @n */
gboolean strata_die_read_range (const StrataDieReader *reader,
                                const char *field,
                                const StrataYaml *node,
                                int n,
                                StrataDieRange *range,
                                GError **error);
/* Tiers of the die, spare ones included */
int strata_die_n_tiers (const StrataDieSpec *die);
/* Sorts @sites and puts them into the die's arena, each once. */
StrataSite *strata_die_take_sites (const StrataDieSpec *die, GArray *sites, int *n);

/* What the die's test measured: converters, stuck cells */
void strata_die_measured_init (StrataDieReader *reader);
gboolean strata_die_measured_read_converters (StrataDieReader *reader, const StrataYaml *list, GError **error);
gboolean strata_die_measured_read_cells (StrataDieReader *reader, const StrataYaml *list, GError **error);
/* Into the die, sorted, once its dead arrays are there. Refuses what is said twice and differs. */
gboolean strata_die_measured_take (StrataDieReader *reader, GError **error);
void strata_die_measured_finish (StrataDieReader *reader);
