/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators that standard networks use, in tiers by how many of 54 exported models use each: 1, ten or more; 2, four to
 * nine; 3, one to three; 4, none of them, but language models and common exports.
 */
#pragma once

#include <glib.h>

/* 0: in no tier */
int onnx_tier (const char *operator_name);
/* Operators of the tiers by index; NULL past the last one */
const char *onnx_tier_name (guint i);
