/* SPDX-License-Identifier: Apache-2.0
 *
 * Head and styles of all pages; a policy forbids a page to load or run anything. Pictures are vector drawings of the
 * painters inside the page, each a document of its own, so that their names cannot meet.
 */
#include "export/page.h"

#include <cairo-svg.h>

static const char head[] = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
                           "style-src 'unsafe-inline'\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                           "<meta name=\"color-scheme\" content=\"light dark\">\n";

static const char style[] =
  "<style>\n"
  ":root { --page: #ffffff; --text: #1c1c1e; --muted: #6a6a70; --line: #e2e2e6; --good: #1b7f3b; --bad: #b3261e; }\n"
  "@media (prefers-color-scheme: dark) { :root { --page: #1b1b1e; --text: #ececf0; --muted: #9a9aa2;"
  " --line: #35353b; --good: #62c987; --bad: #ff8a80; } }\n"
  "body { margin: 24px auto; max-width: 1100px; padding: 0 18px; background: var(--page); color: var(--text);"
  " font: 14px/1.45 system-ui, sans-serif; }\n"
  "h1 { font-size: 22px; margin: 0 0 2px; } h2 { font-size: 16px; margin: 30px 0 8px; } p { margin: 4px 0; }\n"
  ".muted { color: var(--muted); } .met { color: var(--good); } .missed { color: var(--bad); }\n"
  ".wide { overflow-x: auto; }\n"
  "table { border-collapse: collapse; font-variant-numeric: tabular-nums; }\n"
  "th { text-align: left; font-weight: 600; color: var(--muted); white-space: nowrap; }\n"
  "th, td { padding: 3px 14px 3px 0; border-bottom: 1px solid var(--line); vertical-align: top; }\n"
  "td.number, th.number { text-align: right; white-space: nowrap; } tr.closing td { font-weight: 600; }\n"
  "svg, picture img { width: 100%; height: auto; display: block; margin: 6px 0 12px; }\n"
  "svg text { font: 10.5px system-ui, sans-serif; fill: currentColor; }\n"
  "@media print { body { max-width: none; } tr { break-inside: avoid; } }\n"
  "</style>\n";

void
strata_page_escaped (GString *page, const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  g_string_append (page, escaped);
}

GString *
strata_page_begin (const char *title)
{
  GString *page = g_string_new (head);

  g_string_append (page, "<title>");
  strata_page_escaped (page, title);
  g_string_append (page, " – Strata</title>\n");
  g_string_append (page, style);
  g_string_append (page, "</head>\n<body>\n<h1>");
  strata_page_escaped (page, title);
  g_string_append (page, "</h1>\n");
  return page;
}

char *
strata_page_end (GString *page)
{
  g_string_append (page, "</body>\n</html>\n");
  return g_string_free (page, FALSE);
}

static cairo_status_t
take_bytes_cb (void *closure, const unsigned char *data, unsigned int length)
{
  g_byte_array_append (closure, data, length);
  return CAIRO_STATUS_SUCCESS;
}

static char *
draw (StrataPagePainter paint, gconstpointer scene, double width, double height, gboolean is_dark)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  cairo_surface_t *surface = cairo_svg_surface_create_for_stream (take_bytes_cb, bytes, width, height);
  cairo_t *cr = cairo_create (surface);
  const StrataRect rect = { 0, 0, width, height };
  StrataDrawTheme theme;

  if (is_dark)
    strata_draw_theme_dark (&theme);
  else
    strata_draw_theme_light (&theme);
  paint (cr, &theme, &rect, scene);
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  cairo_surface_destroy (surface);
  return g_base64_encode (bytes->data, bytes->len);
}

void
strata_page_picture (
  GString *page, StrataPagePainter paint, gconstpointer scene, double width, double height, const char *alternative)
{
  g_autofree char *light = draw (paint, scene, width, height, FALSE), *dark = draw (paint, scene, width, height, TRUE);

  g_string_append_printf (page,
                          "<picture><source media=\"(prefers-color-scheme: dark)\" "
                          "srcset=\"data:image/svg+xml;base64,%s\"/>"
                          "<img src=\"data:image/svg+xml;base64,%s\" width=\"%.0f\" height=\"%.0f\" alt=\"",
                          dark, light, width, height);
  strata_page_escaped (page, alternative);
  g_string_append (page, "\"/></picture>\n");
}
