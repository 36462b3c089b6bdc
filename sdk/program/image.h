/* SPDX-License-Identifier: Apache-2.0
 *
 * The image of a compiled program: every artefact of one compilation, and its container file (*.strp). Little-endian;
 * header, section table {fourcc, version, offset, length, XXH3 of the bytes}, sections aligned to 64 bytes. Decoding
 * trusts nothing: every count, id and offset is checked, and the artefacts' own checks run before an image is returned.
 * program_hash covers every section but "DECI" (why it is as it is) and "META" (paths, names).
 */
#pragma once

#include "program/decisions.h"
#include "program/schedule.h"

#define STRATA_MAX_CALIBRATION 16

/* Hard limits; 0 (or -1 where 0 is a value) means none */
typedef struct
{
  gint64 max_latency_ps, max_interval_ps;
  double max_power_mw, max_energy_fj, max_junction_c, max_skin_c, min_accuracy;
  double max_peak_mw, max_cost_usd;
  gint64 max_arrays;
} StrataLimits;

typedef struct
{
  StrataChipSpec *chip;
  StrataQGraph *graph;
  StrataTileSet *tiles;
  StrataPlacement *placement;
  StrataSchedule *schedule;
  StrataLimits limits;
  gint64 pace_ps; /* the program starts inferences no closer than this, to keep a limit on power or temperature; 0: as
                     fast as it can */
  StrataDecisions *decisions; /* NULL: the program came without */
  StrataArray *
    *calibration; /* n_calibration x n_inputs float arrays, sample-major: what converters are calibrated with at load */
  int n_calibration; /* at most STRATA_MAX_CALIBRATION are kept */
  StrataSampleOrigin sample_origin;
  int n_given; /* samples that the compiler was given, kept or not; 0: none */
  guint64 seed;
  char *model_path, *model_name;
  char *model_shapes; /* sizes given when the model was opened, NAME=SIZE a line; NULL: none */
  char *model_values; /* inputs that were given then, NAME=NUMBER,… a line; NULL: none */
  guint64 model_digest;
  gint64 n_parameters, n_macs; /* of the model */
  guint64 hash;                /* program_hash */
} StrataImage;

void strata_image_free (StrataImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataImage, strata_image_free)
/* Computes and stores the hash. */
guint64 strata_image_seal (StrataImage *image);
GBytes *strata_image_encode (const StrataImage *image) G_GNUC_WARN_UNUSED_RESULT;
/* Errors: STRATA_COMPILE_ERROR_FORMAT, "FILE: section XXXX: …" */
StrataImage *strata_image_decode (GBytes *bytes, const char *origin, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Some artefacts of an image, for a container that holds no others */
typedef enum
{
  STRATA_PART_GRAPH = 1 << 0,
  STRATA_PART_TILES = 1 << 1,
  STRATA_PART_PLACEMENT = 1 << 2,
  STRATA_PART_SCHEDULE = 1 << 3,
  STRATA_PART_DECISIONS = 1 << 4,
  STRATA_PARTS_ALL = (1 << 5) - 1,
} StrataImageParts;

GBytes *strata_image_encode_parts (const StrataImage *image, StrataImageParts parts) G_GNUC_WARN_UNUSED_RESULT;
/* Adds @parts to @image, which lacks them and has what they are checked against: the chip and the artefacts before
 * them. Trusts the bytes no more than strata_image_decode (); after an error @image may hold some of the parts,
 * unchecked. */
gboolean strata_image_decode_parts (
  StrataImage *image, StrataImageParts parts, GBytes *bytes, const char *origin, GError **error);
/* Written to PATH.partial and renamed; nothing is left behind on failure. */
gboolean strata_image_save (const StrataImage *image, const char *path, GError **error);
StrataImage *strata_image_load (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Readable listing of the instructions. */
char *strata_image_disassemble (const StrataImage *image) G_GNUC_WARN_UNUSED_RESULT;
