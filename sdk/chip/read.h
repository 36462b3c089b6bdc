/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills a description that holds the defaults of the field table (provenance rows included) from a tree.
 */
#pragma once

#include "chip/fields.h"
#include "chip/yaml-tree.h"

gboolean strata_chip_read (StrataChipSpec *chip, const StrataYaml *root, const char *origin, GError **error);
