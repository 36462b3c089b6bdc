/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes an image as a container. The bytes are a function of the image alone, so that equal images have equal hashes.
 */
#include "program/sections.h"

static void
put_parts (GByteArray *const *sections, StrataWeightsWriter *weights, const StrataImage *image, StrataImageParts parts)
{
  if (parts & STRATA_PART_GRAPH)
    strata_put_graph (sections[STRATA_SECTION_QGRF], weights, image);
  if (parts & STRATA_PART_TILES)
    strata_put_tiles (sections[STRATA_SECTION_TILE], image);
  if (parts & STRATA_PART_PLACEMENT)
    strata_put_placement (sections[STRATA_SECTION_PLAC], image);
  if (parts & STRATA_PART_SCHEDULE)
    strata_put_schedule (sections[STRATA_SECTION_SCHD], image);
  if (parts & STRATA_PART_DECISIONS)
    strata_put_decisions (sections[STRATA_SECTION_DECI], image);
  if (parts != STRATA_PARTS_ALL)
    return;
  strata_put_chip (sections[STRATA_SECTION_CHIP], image);
  strata_put_limits (sections[STRATA_SECTION_LIMT], image);
  strata_put_calibration (sections[STRATA_SECTION_CALB], image);
  strata_put_meta (sections[STRATA_SECTION_META], image);
}

static void
put_header (GByteArray *file, const StrataSectionEntry *entries, guint64 n_bytes)
{
  g_byte_array_append (file, (const guint8 *) STRATA_CONTAINER_MAGIC, 4);
  strata_put_i32 (file, STRATA_CONTAINER_VERSION);
  strata_put_i32 (file, STRATA_N_SECTIONS);
  strata_put_i32 (file, 0);
  strata_put_i64 (file, (gint64) strata_container_hash (entries));
  strata_put_i64 (file, (gint64) n_bytes);
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    {
      g_byte_array_append (file, (const guint8 *) entries[i].name, 4);
      strata_put_i32 (file, entries[i].version);
      strata_put_i64 (file, (gint64) entries[i].offset);
      strata_put_i64 (file, (gint64) entries[i].length);
      strata_put_i64 (file, (gint64) entries[i].hash);
    }
}

static guint64
align (guint64 offset)
{
  return (offset + STRATA_CONTAINER_ALIGNMENT - 1) / STRATA_CONTAINER_ALIGNMENT * STRATA_CONTAINER_ALIGNMENT;
}

/* The sections and their table; @entries has room for all. Without @copy the bytes of the weights are left out, and
 * stand in the table alone. Returns the length of the file. */
static guint64
lay_out (
  const StrataImage *image, StrataImageParts parts, gboolean copy, GByteArray **sections, StrataSectionEntry *entries)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();
  guint64 offset = STRATA_CONTAINER_HEADER + STRATA_N_SECTIONS * STRATA_CONTAINER_ENTRY;
  StrataWeightsWriter weights = { NULL, hasher, 0 };

  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    sections[i] = copy && parts & STRATA_PART_GRAPH && i == STRATA_SECTION_WGTS
                    ? g_byte_array_sized_new ((guint) strata_weights_size (image->graph))
                    : g_byte_array_new ();
  weights.bytes = copy ? sections[STRATA_SECTION_WGTS] : NULL;
  put_parts (sections, &weights, image, parts);
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    {
      gboolean hashed = !copy && i == STRATA_SECTION_WGTS;

      entries[i] = *strata_section (i);
      entries[i].offset = align (offset);
      entries[i].length = hashed ? weights.length : sections[i]->len;
      entries[i].hash =
        hashed ? strata_hasher_digest (hasher) : strata_hash_bytes (sections[i]->data, sections[i]->len);
      offset = entries[i].offset + entries[i].length;
    }
  return offset;
}

guint64
strata_image_seal (StrataImage *image)
{
  GByteArray *sections[STRATA_N_SECTIONS];
  StrataSectionEntry entries[STRATA_N_SECTIONS];

  lay_out (image, STRATA_PARTS_ALL, FALSE, sections, entries);
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    g_byte_array_unref (sections[i]);
  image->hash = strata_container_hash (entries);
  return image->hash;
}

static GBytes *
encode (const StrataImage *image, StrataImageParts parts)
{
  GByteArray *sections[STRATA_N_SECTIONS];
  StrataSectionEntry entries[STRATA_N_SECTIONS];
  guint64 n_bytes = lay_out (image, parts, TRUE, sections, entries);
  GByteArray *file = g_byte_array_sized_new ((guint) n_bytes);

  put_header (file, entries, n_bytes);
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    {
      strata_put_padding (file, STRATA_CONTAINER_ALIGNMENT);
      if (sections[i]->len > 0)
        g_byte_array_append (file, sections[i]->data, sections[i]->len);
      g_byte_array_unref (sections[i]);
    }
  return g_byte_array_free_to_bytes (file);
}

GBytes *
strata_image_encode (const StrataImage *image)
{
  return encode (image, STRATA_PARTS_ALL);
}

GBytes *
strata_image_encode_parts (const StrataImage *image, StrataImageParts parts)
{
  g_return_val_if_fail (parts != STRATA_PARTS_ALL, NULL);
  return encode (image, parts);
}
