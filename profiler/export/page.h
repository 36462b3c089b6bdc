/* SPDX-License-Identifier: Apache-2.0
 *
 * A page that needs nothing else: its head and styles, text, and painters' pictures in it.
 */
#pragma once

#include "strata-profiler/strata-draw.h"

/* Up to the heading, which is @title */
GString *strata_page_begin (const char *title);
char *strata_page_end (GString *page) G_GNUC_WARN_UNUSED_RESULT;
void strata_page_escaped (GString *page, const char *text);

typedef void (*StrataPagePainter) (cairo_t *cr,
                                   const StrataDrawTheme *theme,
                                   const StrataRect *rect,
                                   gconstpointer scene);

/* What @paint draws, light and dark: the reader's system chooses. @alternative: in words */
void strata_page_picture (
  GString *page, StrataPagePainter paint, gconstpointer scene, double width, double height, const char *alternative);
