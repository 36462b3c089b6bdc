/* SPDX-License-Identifier: Apache-2.0
 *
 * Thin wrapper over XXH3 64-bit, so that no other file names the library.
 */
#include "base/hash.h"

#include <string.h>
#include <xxhash.h>

struct _StrataHasher
{
  XXH3_state_t *state;
};

StrataHasher *
strata_hasher_new (void)
{
  StrataHasher *hasher = g_new0 (StrataHasher, 1);

  hasher->state = XXH3_createState ();
  XXH3_64bits_reset (hasher->state);
  return hasher;
}

void
strata_hasher_free (StrataHasher *hasher)
{
  if (hasher == NULL)
    return;
  XXH3_freeState (hasher->state);
  g_free (hasher);
}

void
strata_hasher_bytes (StrataHasher *hasher, const void *bytes, gsize n_bytes)
{
  if (n_bytes > 0)
    XXH3_64bits_update (hasher->state, bytes, n_bytes);
}

void
strata_hasher_int (StrataHasher *hasher, gint64 value)
{
  gint64 little = GINT64_TO_LE (value);

  strata_hasher_bytes (hasher, &little, sizeof little);
}

void
strata_hasher_double (StrataHasher *hasher, double value)
{
  gint64 bits;

  memcpy (&bits, &value, sizeof bits);
  strata_hasher_int (hasher, bits);
}

void
strata_hasher_string (StrataHasher *hasher, const char *text)
{
  gsize n = text == NULL ? 0 : strlen (text);

  strata_hasher_int (hasher, (gint64) n);
  strata_hasher_bytes (hasher, text, n);
}

guint64
strata_hasher_digest (const StrataHasher *hasher)
{
  return XXH3_64bits_digest (hasher->state);
}

guint64
strata_hash_bytes (const void *bytes, gsize n_bytes)
{
  return XXH3_64bits (bytes, n_bytes);
}
