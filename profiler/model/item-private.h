/* SPDX-License-Identifier: Apache-2.0
 *
 * What the items have in common: read-only properties from a table. An item is its profile and a row of it.
 */
#pragma once

#include "model/profile-private.h"

typedef struct
{
  const char *name, *nick, *blurb; /* static */
  GType type;                      /* string, int64, int or double */
} StrataItemProperty;

/* Property ids are 1, 2 … in the order of the table. */
void strata_item_install (GObjectClass *klass, const StrataItemProperty *properties, guint n);
