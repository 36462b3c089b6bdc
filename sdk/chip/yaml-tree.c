/* SPDX-License-Identifier: Apache-2.0
 *
 * libyaml's events into a tree. Bytes are looked at first (size, NUL, UTF-8), so that the scanner only sees text.
 */
#include "chip/yaml-tree.h"

#include <string.h>
#include <yaml.h>

#define MAX_DEPTH 4
#define MAX_NODES 65536
#define MAX_WORD_BYTES 200

typedef struct
{
  yaml_parser_t parser;
  StrataArena *arena;
  const char *origin;
  int n_nodes;
} Reader;

static gboolean
fail (const Reader *reader, gsize line, gsize column, GError **error, const char *message)
{
  g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_SYNTAX, "%s:%d:%d: %s", reader->origin, (int) line + 1,
               (int) column + 1, message);
  return FALSE;
}

static gboolean
fail_at (const Reader *reader, const yaml_event_t *event, GError **error, const char *message)
{
  return fail (reader, event->start_mark.line, event->start_mark.column, error, message);
}

static gboolean
next_event (Reader *reader, yaml_event_t *event, GError **error)
{
  g_autofree char *message = NULL;

  if (yaml_parser_parse (&reader->parser, event))
    return TRUE;
  message = g_strdup_printf ("not well-formed YAML: %s; write one \"key: value\" per line",
                             reader->parser.problem != NULL ? reader->parser.problem : "unreadable");
  return fail (reader, reader->parser.problem_mark.line, reader->parser.problem_mark.column, error, message);
}

static gboolean
has_anchor_or_tag (const yaml_event_t *event)
{
  switch (event->type)
    {
    case YAML_SCALAR_EVENT:
      return event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL;
    case YAML_MAPPING_START_EVENT:
      return event->data.mapping_start.anchor != NULL || event->data.mapping_start.tag != NULL;
    case YAML_SEQUENCE_START_EVENT:
      return event->data.sequence_start.anchor != NULL || event->data.sequence_start.tag != NULL;
    default:
      return FALSE;
    }
}

static StrataYaml *read_node (Reader *reader, const yaml_event_t *event, int depth, GError **error);

/* Reads children up to the end event of @node. */
static gboolean
read_items (Reader *reader, StrataYaml *node, int depth, GError **error)
{
  yaml_event_type_t end = node->kind == STRATA_YAML_MAPPING ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  gboolean more = TRUE;

  while (more)
    {
      yaml_event_t event;
      StrataYaml *item = NULL;

      if (!next_event (reader, &event, error))
        return FALSE;
      more = event.type != end;
      if (more && node->kind == STRATA_YAML_MAPPING && items->len % 2 == 0 && event.type != YAML_SCALAR_EVENT)
        fail_at (reader, &event, error, "a key is expected; write \"key: value\"");
      else if (more)
        item = read_node (reader, &event, depth + 1, error);
      yaml_event_delete (&event);
      if (more && item == NULL)
        return FALSE;
      if (more)
        g_ptr_array_add (items, item);
    }
  node->n_items = (int) items->len;
  node->items = strata_arena_memdup (reader->arena, items->pdata, items->len * sizeof (StrataYaml *));
  return TRUE;
}

static gboolean
node_is_acceptable (Reader *reader, const yaml_event_t *event, int depth, GError **error)
{
  if (event->type == YAML_ALIAS_EVENT || has_anchor_or_tag (event))
    return fail_at (reader, event, error, "anchors, aliases and tags are not accepted; write the value out");
  if (depth > MAX_DEPTH)
    return fail_at (reader, event, error, "nested too deeply; a field is a value or a mapping of values");
  if (++reader->n_nodes > MAX_NODES)
    return fail_at (reader, event, error, "more than 65536 values; a description has about a hundred");
  return TRUE;
}

static StrataYaml *
read_node (Reader *reader, const yaml_event_t *event, int depth, GError **error)
{
  StrataYaml *node;

  if (!node_is_acceptable (reader, event, depth, error))
    return NULL;
  node = strata_arena_alloc (reader->arena, sizeof *node);
  node->line = (int) event->start_mark.line + 1;
  node->column = (int) event->start_mark.column + 1;
  switch (event->type)
    {
    case YAML_SCALAR_EVENT:
      node->kind = STRATA_YAML_SCALAR;
      if (memchr (event->data.scalar.value, '\0', event->data.scalar.length) != NULL)
        {
          fail_at (reader, event, error, "a zero character; only text is accepted");
          return NULL;
        }
      node->text = strata_arena_strdup (reader->arena, (const char *) event->data.scalar.value);
      return node;
    case YAML_MAPPING_START_EVENT:
      node->kind = STRATA_YAML_MAPPING;
      return read_items (reader, node, depth, error) ? node : NULL;
    case YAML_SEQUENCE_START_EVENT:
      node->kind = STRATA_YAML_SEQUENCE;
      return read_items (reader, node, depth, error) ? node : NULL;
    default:
      fail_at (reader, event, error, "a value is expected");
      return NULL;
    }
}

/* The event that opens the root mapping; what stands before it is skipped. */
static gboolean
open_root (Reader *reader, yaml_event_t *event, GError **error)
{
  for (;;)
    {
      yaml_event_type_t type;

      if (!next_event (reader, event, error))
        return FALSE;
      type = event->type;
      if (type == YAML_MAPPING_START_EVENT)
        return TRUE;
      if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT)
        {
          fail_at (reader, event, error, "a chip description is expected; write one \"key: value\" per line");
          yaml_event_delete (event);
          return FALSE;
        }
      yaml_event_delete (event);
    }
}

static gboolean
close_stream (Reader *reader, GError **error)
{
  for (;;)
    {
      yaml_event_t event;
      yaml_event_type_t type;

      if (!next_event (reader, &event, error))
        return FALSE;
      type = event.type;
      if (type == YAML_DOCUMENT_START_EVENT)
        fail_at (reader, &event, error, "a second document; one description per file is accepted");
      yaml_event_delete (&event);
      if (type == YAML_DOCUMENT_START_EVENT)
        return FALSE;
      if (type == YAML_STREAM_END_EVENT || type == YAML_NO_EVENT)
        return TRUE;
    }
}

/* Size, zero bytes and encoding, before the scanner sees them. */
static gboolean
check_bytes (const Reader *reader, const char *bytes, gsize n_bytes, GError **error)
{
  const char *bad;
  gsize line = 0, column = 0;

  if (n_bytes > STRATA_YAML_MAX_BYTES)
    return fail (reader, 0, 0, error, "larger than 1 MiB; a chip description is a few kilobytes");
  if (n_bytes == 0 || g_utf8_validate (bytes, (gssize) n_bytes, &bad))
    return TRUE;
  for (const char *p = bytes; p < bad; p = g_utf8_next_char (p))
    {
      column = *p == '\n' ? 0 : column + 1;
      line += *p == '\n';
    }
  return fail (reader, line, column, error,
               *bad == '\0' ? "a zero byte; only text is accepted" : "not UTF-8; save the file as UTF-8");
}

const StrataYaml *
strata_yaml_read (StrataArena *arena, const char *bytes, gsize n_bytes, const char *origin, GError **error)
{
  Reader reader = { .arena = arena, .origin = origin };
  yaml_event_t event;
  StrataYaml *root = NULL;

  if (!check_bytes (&reader, bytes, n_bytes, error))
    return NULL;
  if (!yaml_parser_initialize (&reader.parser))
    {
      fail (&reader, 0, 0, error, "not enough memory to read it");
      return NULL;
    }
  yaml_parser_set_encoding (&reader.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string (&reader.parser, (const unsigned char *) bytes, n_bytes);
  if (open_root (&reader, &event, error))
    {
      root = read_node (&reader, &event, 0, error);
      yaml_event_delete (&event);
    }
  if (root != NULL && !close_stream (&reader, error))
    root = NULL;
  yaml_parser_delete (&reader.parser);
  return root;
}

gboolean
strata_yaml_read_file (const char *path, GString *bytes, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  gsize n_read = 0;

  if (stream == NULL)
    return FALSE;
  g_string_set_size (bytes, STRATA_YAML_MAX_BYTES + 1);
  if (!g_input_stream_read_all (G_INPUT_STREAM (stream), bytes->str, bytes->len, &n_read, NULL, error))
    return FALSE;
  g_string_set_size (bytes, n_read);
  return TRUE;
}

gboolean
strata_yaml_refuse (
  const char *origin, const StrataYaml *at, const char *field, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD, "%s:%d:%d: %s: %s", origin, at->line, at->column,
               field, message);
  return FALSE;
}

gboolean
strata_yaml_check_line (const char *origin, const StrataYaml *at, const char *field, GError **error)
{
  for (const char *p = at->text; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return strata_yaml_refuse (origin, at, field, error, "has a control character; write it on one line");
  return TRUE;
}

gboolean
strata_yaml_check_word (const char *origin, const StrataYaml *at, const char *field, GError **error)
{
  if (strlen (at->text) > MAX_WORD_BYTES)
    return strata_yaml_refuse (origin, at, field, error, "more than %d bytes; write it shorter", MAX_WORD_BYTES);
  return strata_yaml_check_line (origin, at, field, error);
}

const StrataYaml *
strata_yaml_find (const StrataYaml *mapping, const char *key)
{
  for (int i = 0; i + 1 < mapping->n_items; i += 2)
    if (strcmp (mapping->items[i]->text, key) == 0)
      return mapping->items[i + 1];
  return NULL;
}
