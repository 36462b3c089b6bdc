/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON of files that are not trusted: depth is limited before the parser, which recurses, sees them.
 */
#pragma once

#include <json-glib/json-glib.h>

/* The object that @bytes hold, (transfer full). Errors: STRATA_IMPORT_ERROR, without the file's name. */
JsonObject *
strata_json_parse (const char *bytes, gsize n_bytes, int max_depth, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Makes the message one line of UTF-8: it may quote strings of the file, which hold anything. */
void strata_json_tidy_error (GError **error);
/* A file of at most @max_bytes, mapped. NULL and STRATA_IMPORT_ERROR, "PATH: …", where it cannot be read or is larger.
 */
GBytes *strata_json_map (const char *path, gsize max_bytes, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;
