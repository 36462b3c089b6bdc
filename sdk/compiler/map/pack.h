/* SPDX-License-Identifier: Apache-2.0
 *
 * Small matrices in shared arrays. Internal to map/.
 */
#pragma once

#include "compiler/stages.h"

/* Lets whole matrices share arrays, those with least work first, until @n_wanted arrays are saved or nothing more fits;
 * sets array_back, at_row and at_col, and takes away the row copies of tiles that share. Returns arrays saved. */
gint64 map_pack (StrataTileSet *tiles, const StrataQGraph *graph, const StrataChipSpec *chip, gint64 n_wanted);
