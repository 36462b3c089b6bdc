/* SPDX-License-Identifier: Apache-2.0
 *
 * Any section as a picture, without a display: the same painters as the window.
 */
#pragma once

#include <glib.h>

typedef struct
{
  const char *section, *output, *layer;
  int width, height;
  gboolean dark;
} StrataRenderOptions;

/* By the suffix of the output: .png, .svg or .pdf. Written beside and renamed. Errors: STRATA_PROFILE_ERROR,
 * G_OPTION_ERROR for an unknown section, suffix or layer. */
gboolean strata_render (const char *profile_path, const StrataRenderOptions *options, GError **error);
