/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills a die whose chip is there from a tree, or from words.
 */
#pragma once

#include "chip/die.h"
#include "chip/yaml-tree.h"

/* Everything but the chip. */
gboolean strata_die_read (StrataDieSpec *die, const StrataYaml *root, const char *origin, GError **error);
/* Dead tiers alone */
gboolean strata_die_read_words (StrataDieSpec *die, const char *words, GError **error);
