/* SPDX-License-Identifier: Apache-2.0 */
#include "onnx-writer.h"

#include <string.h>

Message *
message_new (void)
{
  return g_byte_array_new ();
}

void
put_varint (Message *message, guint64 value)
{
  do
    {
      guint8 byte = (guint8) ((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

      g_byte_array_append (message, &byte, 1);
      value >>= 7;
    }
  while (value > 0);
}

void
put_int (Message *message, guint field, gint64 value)
{
  put_varint (message, field << 3);
  put_varint (message, (guint64) value);
}

void
put_float (Message *message, guint field, float value)
{
  put_varint (message, field << 3 | 5);
  g_byte_array_append (message, (const guint8 *) &value, sizeof value);
}

void
put_bytes (Message *message, guint field, const void *bytes, gsize n_bytes)
{
  put_varint (message, field << 3 | 2);
  put_varint (message, n_bytes);
  g_byte_array_append (message, bytes, (guint) n_bytes);
}

void
put_text (Message *message, guint field, const char *text)
{
  put_bytes (message, field, text, strlen (text));
}

void
put_message (Message *message, guint field, Message *inner)
{
  put_bytes (message, field, inner->data, inner->len);
  g_byte_array_unref (inner);
}

Message *
tensor (const char *name, int type, int n_dims, const gint64 *dims, const void *bytes, gsize n_bytes)
{
  Message *message = message_new ();

  for (int i = 0; i < n_dims; i++)
    put_int (message, 1, dims[i]);
  put_int (message, 2, type);
  put_text (message, 8, name);
  put_bytes (message, 9, bytes, n_bytes);
  return message;
}

Message *
info (const char *name, int type, int n_dims, const gint64 *dims, const char *param)
{
  Message *message = message_new (), *value_type = message_new (), *tensor_type = message_new ();
  Message *shape = message_new ();

  for (int i = 0; i < n_dims; i++)
    {
      Message *dim = message_new ();

      if (dims[i] != -1)
        put_int (dim, 1, dims[i]);
      else if (param != NULL)
        put_text (dim, 2, param);
      put_message (shape, 1, dim);
    }
  put_int (tensor_type, 1, type);
  put_message (tensor_type, 2, shape);
  put_message (value_type, 1, tensor_type);
  put_text (message, 1, name);
  put_message (message, 2, value_type);
  return message;
}

static void
put_names (Message *message, guint field, const char *names)
{
  g_auto (GStrv) list = g_strsplit (names, " ", -1);

  for (char **name = list; *name != NULL; name++)
    if (**name != '\0')
      put_text (message, field, g_str_equal (*name, "-") ? "" : *name);
}

Message *
node (const char *op, const char *name, const char *inputs, const char *outputs)
{
  Message *message = message_new ();

  put_names (message, 1, inputs);
  put_names (message, 2, outputs);
  put_text (message, 3, name);
  put_text (message, 4, op);
  return message;
}

Message *
attr_int (const char *name, gint64 value)
{
  Message *message = message_new ();

  put_text (message, 1, name);
  put_int (message, 3, value);
  put_int (message, 20, 2);
  return message;
}

Message *
attr_ints (const char *name, int n, const gint64 *values)
{
  Message *message = message_new ();

  put_text (message, 1, name);
  for (int i = 0; i < n; i++)
    put_int (message, 8, values[i]);
  put_int (message, 20, 7);
  return message;
}

Message *
attr_float (const char *name, float value)
{
  Message *message = message_new ();

  put_text (message, 1, name);
  put_float (message, 2, value);
  put_int (message, 20, 1);
  return message;
}

Message *
attr_text (const char *name, const char *value)
{
  Message *message = message_new ();

  put_text (message, 1, name);
  put_text (message, 4, value);
  put_int (message, 20, 3);
  return message;
}

Message *
with (Message *node_message, Message *attribute)
{
  put_message (node_message, 5, attribute);
  return node_message;
}

GBytes *
model (Message *graph, int opset)
{
  Message *message = message_new (), *operators = message_new ();

  put_int (message, 1, 8);
  put_text (message, 2, "test");
  put_text (operators, 1, "");
  put_int (operators, 2, opset);
  put_message (message, 8, operators);
  put_message (message, 7, graph);
  return g_byte_array_free_to_bytes (message);
}

void
put_float_input (Message *graph, const char *name, int n_dims, const gint64 *dims)
{
  put_message (graph, 11, info (name, 1, n_dims, dims, NULL));
}

void
put_output (Message *graph, const char *name)
{
  put_message (graph, 12, info (name, 1, 0, NULL, NULL));
}

void
put_node (Message *graph, Message *node_message)
{
  put_message (graph, 1, node_message);
}

void
put_initializer (Message *graph, Message *tensor_message)
{
  put_message (graph, 5, tensor_message);
}

void
put_int64s (Message *graph, const char *name, int n, const gint64 *values)
{
  const gint64 dims[] = { n };

  put_initializer (graph, tensor (name, 7, 1, dims, values, sizeof (gint64) * (gsize) n));
}

void
put_floats (Message *graph, const char *name, int n_dims, const gint64 *dims, const float *values)
{
  gsize count = 1;

  for (int i = 0; i < n_dims; i++)
    count *= (gsize) dims[i];
  put_initializer (graph, tensor (name, 1, n_dims, dims, values, sizeof (float) * count));
}
