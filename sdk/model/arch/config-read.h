/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the file and the table of fields.
 */
#pragma once

#include "model/arch/config.h"
#include "model/arch/json-read.h"

gboolean strata_config_from_object (JsonObject *object, StrataTransformerConfig *config, GError **error);
/* Sets STRATA_IMPORT_ERROR_FORMAT and returns FALSE. */
gboolean strata_config_fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
