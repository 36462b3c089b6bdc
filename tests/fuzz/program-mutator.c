/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes the bytes of one section of a program and writes the container around them again, with right offsets, lengths
 * and hashes: bytes that are changed blindly end at the first hash. The chip's description, four fifths of a small
 * program, gets a sixteenth of the changes. What is no container is changed blindly.
 */
#include <string.h>

#include "base/hash.h"
#include "fuzz.h"
#include "program/container.h"

typedef struct
{
  const guint8 *data;
  gsize n;
} Part;

static guint64
get_u64 (const guint8 *at)
{
  guint64 little;

  memcpy (&little, at, sizeof little);
  return GUINT64_FROM_LE (little);
}

static void
set_u64 (guint8 *at, guint64 value)
{
  guint64 little = GUINT64_TO_LE (value);

  memcpy (at, &little, sizeof little);
}

static gboolean
take_apart (const guint8 *bytes, gsize n_bytes, Part *parts)
{
  if (n_bytes < STRATA_CONTAINER_HEADER + STRATA_N_SECTIONS * STRATA_CONTAINER_ENTRY)
    return FALSE;
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    {
      const guint8 *entry = bytes + STRATA_CONTAINER_HEADER + i * STRATA_CONTAINER_ENTRY;
      guint64 offset = get_u64 (entry + 8), length = get_u64 (entry + 16);

      if (offset > n_bytes || length > n_bytes - offset)
        return FALSE;
      parts[i] = (Part){ bytes + offset, length };
    }
  return TRUE;
}

/* Header and table of @bytes with the sections @parts behind them; 0: more than @max_bytes */
static gsize
put_together (const Part *parts, const guint8 *bytes, guint8 *out, gsize max_bytes)
{
  gsize at = STRATA_CONTAINER_HEADER + STRATA_N_SECTIONS * STRATA_CONTAINER_ENTRY;
  StrataSectionEntry entries[STRATA_N_SECTIONS];

  memcpy (out, bytes, at);
  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    {
      guint8 *entry = out + STRATA_CONTAINER_HEADER + i * STRATA_CONTAINER_ENTRY;
      gsize padding = -at % STRATA_CONTAINER_ALIGNMENT;

      if (parts[i].n + padding > max_bytes - at)
        return 0;
      memset (out + at, 0, padding);
      at += padding;
      if (parts[i].n > 0)
        memcpy (out + at, parts[i].data, parts[i].n);
      entries[i] = *strata_section (i);
      entries[i].length = parts[i].n;
      entries[i].hash = strata_hash_bytes (parts[i].data, parts[i].n);
      set_u64 (entry + 8, at);
      set_u64 (entry + 16, parts[i].n);
      set_u64 (entry + 24, entries[i].hash);
      at += parts[i].n;
    }
  set_u64 (out + 16, strata_container_hash (entries));
  set_u64 (out + 24, at);
  return at;
}

static int
choose_section (guint draw)
{
  if (draw % 16 == 0)
    return STRATA_SECTION_CHIP;
  return (int) (draw / 16 % (STRATA_N_SECTIONS - 1)) + STRATA_SECTION_CHIP + 1;
}

gsize
LLVMFuzzerCustomMutator (guint8 *bytes, gsize n_bytes, gsize max_bytes, unsigned int seed)
{
  Part parts[STRATA_N_SECTIONS];
  g_autofree guint8 *changed = NULL, *out = NULL;
  int section = choose_section (seed);
  gsize n;

  if (!take_apart (bytes, n_bytes, parts) || seed % 1021 == 0)
    return LLVMFuzzerMutate (bytes, n_bytes, max_bytes);
  changed = g_malloc (parts[section].n + 256);
  if (parts[section].n > 0)
    memcpy (changed, parts[section].data, parts[section].n);
  parts[section].n = LLVMFuzzerMutate (changed, parts[section].n, parts[section].n + 256);
  parts[section].data = changed;
  out = g_malloc (max_bytes);
  n = put_together (parts, bytes, out, max_bytes);
  if (n == 0)
    return LLVMFuzzerMutate (bytes, n_bytes, max_bytes);
  memcpy (bytes, out, n);
  return n;
}
