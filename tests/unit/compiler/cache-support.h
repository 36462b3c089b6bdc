/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the cache share: a small network, one compilation as a hash, folders.
 */
#pragma once

#include "compiler/cached.h"

StrataChipSpec *load_chip (const char *name);
/* As the compiler copies chips; NULL: the values contradict one another. */
StrataChipSpec *copy_chip (const StrataChipSpec *chip);
/* 40 -> 300 -> 10: five arrays of demonstrator */
StrataGraph *small_net (void);
/* Judged by the simulator; @cache: nullable */
void options_init (StrataCompileOptions *options, StrataCache *cache);
/* A hash of all that a compilation gives: program, decisions, judgement; or of why it fails */
guint64 outcome (const StrataGraph *graph, const StrataChipSpec *chip, const StrataCompileOptions *options);
/* Fails, naming @what, where the outcome is not that of compiling without a cache. */
void
compare (const char *what, const StrataGraph *graph, const StrataChipSpec *chip, const StrataCompileOptions *options);

char *make_folder (void);
GPtrArray *list_files (const char *folder);
void remove_folder (const char *folder);
StrataCache *open_folder (const char *folder, guint64 max_bytes);
