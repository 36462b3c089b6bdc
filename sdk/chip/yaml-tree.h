/* SPDX-License-Identifier: Apache-2.0
 *
 * The subset of YAML that descriptions use, as a small tree with places: one document of scalars, mappings and
 * sequences. No anchors, aliases or tags; bounded bytes, depth and nodes, so that hostile files end in an error.
 */
#pragma once

#include "base/arena.h"
#include "strata/strata-types.h"

#include <gio/gio.h>

#define STRATA_YAML_MAX_BYTES (1 << 20)

typedef enum
{
  STRATA_YAML_SCALAR,
  STRATA_YAML_MAPPING, /* items: key, value, key, value … ; keys are scalars */
  STRATA_YAML_SEQUENCE,
} StrataYamlKind;

typedef struct _StrataYaml StrataYaml;

struct _StrataYaml
{
  StrataYamlKind kind;
  const char *text; /* of a scalar */
  int line, column; /* from 1; columns count characters */
  StrataYaml **items;
  int n_items;
};

/* The bytes of a file, at most one more than are accepted: enough for strata_yaml_read () to refuse the rest by name.
 * Errors: G_IO_ERROR. */
gboolean strata_yaml_read_file (const char *path, GString *bytes, GError **error);
/* Says that @field at @at is wrong: STRATA_CHIP_ERROR_FIELD, "ORIGIN:LINE:COLUMN: FIELD: …". Always FALSE */
gboolean strata_yaml_refuse (
  const char *origin, const StrataYaml *at, const char *field, GError **error, const char *format, ...)
  G_GNUC_PRINTF (5, 6);
/* Refuses the text of a scalar that is no single line, or of more than 200 bytes, to stand in a message. */
gboolean strata_yaml_check_line (const char *origin, const StrataYaml *at, const char *field, GError **error);
gboolean strata_yaml_check_word (const char *origin, const StrataYaml *at, const char *field, GError **error);
/* The value of @key in a mapping, or NULL */
const StrataYaml *strata_yaml_find (const StrataYaml *mapping, const char *key);
/* The root is a mapping. Everything lives in @arena. Errors: STRATA_CHIP_ERROR_SYNTAX, "ORIGIN:LINE:COLUMN: …". */
const StrataYaml *
strata_yaml_read (StrataArena *arena, const char *bytes, gsize n_bytes, const char *origin, GError **error);
