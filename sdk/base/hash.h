/* SPDX-License-Identifier: Apache-2.0
 *
 * 64-bit content hashes of artefacts (XXH3 of libxxhash): streaming, independent of platform for integers written
 * little-endian. Not cryptographic: they identify, they do not authenticate.
 */
#pragma once

#include <glib.h>

typedef struct _StrataHasher StrataHasher;

StrataHasher *strata_hasher_new (void) G_GNUC_WARN_UNUSED_RESULT;
void strata_hasher_free (StrataHasher *hasher);
void strata_hasher_bytes (StrataHasher *hasher, const void *bytes, gsize n_bytes);
void strata_hasher_int (StrataHasher *hasher, gint64 value);
void strata_hasher_double (StrataHasher *hasher, double value);
/* The length goes in too, so that ("ab", "c") and ("a", "bc") differ. NULL counts as "". */
void strata_hasher_string (StrataHasher *hasher, const char *text);
guint64 strata_hasher_digest (const StrataHasher *hasher);

guint64 strata_hash_bytes (const void *bytes, gsize n_bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataHasher, strata_hasher_free)
