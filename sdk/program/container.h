/* SPDX-License-Identifier: Apache-2.0
 *
 * The layout of *.strp, shared by encoder and decoder. Header of 32 bytes: "STRP", format version, number of sections,
 * 0 (32 bits each), program_hash, length of the file (64 bits each). Then one entry of 32 bytes per section: fourcc,
 * version (32 bits each), offset, length, XXH3 of the bytes (64 bits each). Sections start at multiples of 64 and stand
 * in the order below. program_hash is the XXH3 of the entries of all sections but DECI and META, offsets left out: a
 * program that is explained otherwise, or lies elsewhere, runs the same. Internal to program/.
 */
#pragma once

#include <glib.h>

#define STRATA_CONTAINER_MAGIC "STRP"
#define STRATA_CONTAINER_VERSION 6
#define STRATA_CONTAINER_HEADER 32
#define STRATA_CONTAINER_ENTRY 32
#define STRATA_CONTAINER_ALIGNMENT 64

#define STRATA_SECTIONS(X)                                                                                             \
  X (CHIP, 1, "chip description")                                                                                      \
  X (LIMT, 2, "requirements, pace, seed, identity of the model")                                                       \
  X (QGRF, 4, "quantised graph")                                                                                       \
  X (TILE, 1, "tiles")                                                                                                 \
  X (PLAC, 2, "placement")                                                                                             \
  X (SCHD, 3, "schedule")                                                                                              \
  X (WGTS, 1, "weights, biases, multipliers, models of digital ops; each array at a multiple of 64")                   \
  X (CALB, 2, "samples that converters are calibrated with, and where they come from")                                 \
  X (DECI, 2, "what the compiler decided and why, noise by layer; not part of program_hash")                           \
  X (META, 2, "names and paths; not part of program_hash")

typedef enum
{
#define STRATA_SECTION_ENUM(id, version, meaning) STRATA_SECTION_##id,
  STRATA_SECTIONS (STRATA_SECTION_ENUM)
#undef STRATA_SECTION_ENUM
    STRATA_N_SECTIONS,
} StrataSection;

/* One row of the section table */
typedef struct
{
  char name[5];
  gint32 version;
  guint64 offset, length, hash;
} StrataSectionEntry;

/* Fourcc and version that this library writes and reads */
const StrataSectionEntry *strata_section (StrataSection section);
/* program_hash of a complete table */
guint64 strata_container_hash (const StrataSectionEntry *entries);
