/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a container. Nothing in it is trusted: the table is checked against the length of the file, the hash of every
 * section against its bytes, counts against the bytes that could hold them before anything is allocated; then the
 * checks of the chip and of every artefact run.
 */
#include "program/sections.h"

#include <string.h>

typedef struct
{
  const guint8 *data;
  gsize n;
  guint64 program_hash;
  StrataSectionEntry entries[STRATA_N_SECTIONS];
  StrataImage *image;
  GError **error;
} Decoder;

static gboolean G_GNUC_PRINTF (2, 3) refuse_file (const Decoder *decoder, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (decoder->error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, reason);
  return FALSE;
}

static gboolean
read_entry (Decoder *decoder, StrataReader *reader, StrataSection section)
{
  const StrataSectionEntry *known = strata_section (section);
  StrataSectionEntry *entry = &decoder->entries[section];
  const guint8 *name = strata_get_bytes (reader, 4);

  if (name == NULL || memcmp (name, known->name, 4) != 0)
    return strata_section_refuse (section, "is not where it belongs", decoder->error);
  *entry = *known;
  entry->version = strata_get_i32 (reader);
  entry->offset = (guint64) strata_get_i64 (reader);
  entry->length = (guint64) strata_get_i64 (reader);
  entry->hash = (guint64) strata_get_i64 (reader);
  if (reader->failed)
    return strata_section_refuse (section, "the table is cut short", decoder->error);
  if (entry->version != known->version)
    return refuse_file (decoder, "section %s: has version %d, this library reads %d; compile the model again",
                        known->name, entry->version, known->version);
  if (entry->offset % STRATA_CONTAINER_ALIGNMENT != 0 || entry->offset > decoder->n
      || entry->length > decoder->n - entry->offset)
    return strata_section_refuse (section, "lies outside the file, or not at a multiple of 64", decoder->error);
  if (strata_hash_bytes (decoder->data + entry->offset, entry->length) != entry->hash)
    return strata_section_refuse (section, "its bytes do not match their hash", decoder->error);
  return TRUE;
}

static gboolean
read_table (Decoder *decoder)
{
  StrataReader reader = { decoder->data, decoder->n, 0, FALSE };
  const guint8 *magic = strata_get_bytes (&reader, 4);
  gint32 version = strata_get_i32 (&reader), n_sections = strata_get_i32 (&reader);
  guint64 n_bytes;

  if (magic == NULL || memcmp (magic, STRATA_CONTAINER_MAGIC, 4) != 0)
    return refuse_file (decoder, "is not a compiled program (*.strp)");
  if (version != STRATA_CONTAINER_VERSION || n_sections != STRATA_N_SECTIONS)
    return refuse_file (decoder,
                        "has format version %d with %d sections; this library reads version %d with %d: compile the "
                        "model again",
                        version, n_sections, STRATA_CONTAINER_VERSION, STRATA_N_SECTIONS);
  strata_get_i32 (&reader);
  decoder->program_hash = (guint64) strata_get_i64 (&reader);
  n_bytes = (guint64) strata_get_i64 (&reader);
  if (reader.failed || n_bytes != decoder->n)
    return refuse_file (decoder, "is %" G_GSIZE_FORMAT " bytes long and should be %" G_GUINT64_FORMAT "; copy it again",
                        decoder->n, n_bytes);
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    if (!read_entry (decoder, &reader, i))
      return FALSE;
  return strata_container_hash (decoder->entries) == decoder->program_hash
         || refuse_file (decoder, "its sections do not match its program hash; compile the model again");
}

static StrataReader
open_section (const Decoder *decoder, StrataSection section)
{
  const StrataSectionEntry *entry = &decoder->entries[section];

  return (StrataReader){ decoder->data + entry->offset, entry->length, 0, FALSE };
}

/* Each artefact with its check, which looks at those before it */
static gboolean
read_parts (const Decoder *decoder, StrataImageParts parts)
{
  StrataImage *image = decoder->image;
  GError **error = decoder->error;

  if (parts & STRATA_PART_GRAPH
      && !(strata_get_graph (open_section (decoder, STRATA_SECTION_QGRF), open_section (decoder, STRATA_SECTION_WGTS),
                             image, error)
           && strata_qgraph_check (image->graph, error)))
    return FALSE;
  if (parts & STRATA_PART_TILES
      && !(strata_get_tiles (open_section (decoder, STRATA_SECTION_TILE), image, error)
           && strata_tile_set_check (image->tiles, image->graph, image->chip, error)))
    return FALSE;
  if (parts & STRATA_PART_PLACEMENT
      && !(strata_get_placement (open_section (decoder, STRATA_SECTION_PLAC), image, error)
           && strata_placement_check (image->placement, image->tiles, image->chip, error)))
    return FALSE;
  if (parts & STRATA_PART_SCHEDULE
      && !(
        strata_get_schedule (open_section (decoder, STRATA_SECTION_SCHD), image, error)
        && strata_schedule_check (image->schedule, image->graph, image->tiles, image->placement, image->chip, error)))
    return FALSE;
  return !(parts & STRATA_PART_DECISIONS)
         || (strata_get_decisions (open_section (decoder, STRATA_SECTION_DECI), image, error)
             && (image->decisions == NULL
                 || strata_decisions_check (image->decisions, image->graph->n_ops,
                                            image->tiles != NULL ? image->tiles->n_tiles : 0, error)));
}

static gboolean
read_all (const Decoder *decoder)
{
  StrataImage *image = decoder->image;
  GError **error = decoder->error;

  return strata_get_chip (open_section (decoder, STRATA_SECTION_CHIP), image, error)
         && strata_get_limits (open_section (decoder, STRATA_SECTION_LIMT), image, error)
         && read_parts (decoder, STRATA_PARTS_ALL)
         && strata_get_calibration (open_section (decoder, STRATA_SECTION_CALB), image, error)
         && strata_get_meta (open_section (decoder, STRATA_SECTION_META), image, error);
}

gboolean
strata_image_decode_parts (
  StrataImage *image, StrataImageParts parts, GBytes *bytes, const char *origin, GError **error)
{
  GError *local = NULL;
  Decoder decoder = { .image = image, .error = &local };

  decoder.data = g_bytes_get_data (bytes, &decoder.n);
  if (read_table (&decoder) && read_parts (&decoder, parts))
    return TRUE;
  g_propagate_prefixed_error (error, local, "%s: ", origin);
  return FALSE;
}

StrataImage *
strata_image_decode (GBytes *bytes, const char *origin, GError **error)
{
  g_autoptr (StrataImage) image = g_new0 (StrataImage, 1);
  GError *local = NULL;
  Decoder decoder = { .image = image, .error = &local };

  decoder.data = g_bytes_get_data (bytes, &decoder.n);
  if (!read_table (&decoder) || !read_all (&decoder))
    {
      g_propagate_prefixed_error (error, local, "%s: ", origin);
      return NULL;
    }
  image->hash = decoder.program_hash;
  return g_steal_pointer (&image);
}
