/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes ONNX bytes, right or wrong, for tests: messages are byte arrays that go into one another.
 */
#pragma once

#include <glib.h>

typedef GByteArray Message;

Message *message_new (void);
void put_varint (Message *message, guint64 value); /* raw, no tag */
void put_int (Message *message, guint field, gint64 value);
void put_float (Message *message, guint field, float value);
void put_bytes (Message *message, guint field, const void *bytes, gsize n_bytes);
void put_text (Message *message, guint field, const char *text);
/* Puts @inner and frees it. */
void put_message (Message *message, guint field, Message *inner);

/* A TensorProto with raw data; @type as in TensorProto.DataType. */
Message *tensor (const char *name, int type, int n_dims, const gint64 *dims, const void *bytes, gsize n_bytes);
/* A ValueInfoProto; a dimension of -1 is open, named @param where not NULL. */
Message *info (const char *name, int type, int n_dims, const gint64 *dims, const char *param);
/* A NodeProto; @inputs and @outputs are lists separated by blanks, "-" is one left out. */
Message *node (const char *op, const char *name, const char *inputs, const char *outputs);
Message *attr_int (const char *name, gint64 value);
Message *attr_ints (const char *name, int n, const gint64 *values);
Message *attr_float (const char *name, float value);
Message *attr_text (const char *name, const char *value);
/* Puts an attribute into a node and returns the node. */
Message *with (Message *node_message, Message *attribute);
/* A ModelProto around a GraphProto, which it frees. */
GBytes *model (Message *graph, int opset);

/* y = f (x) of one float input of shape @dims, by the nodes in @graph */
void put_float_input (Message *graph, const char *name, int n_dims, const gint64 *dims);
void put_output (Message *graph, const char *name);
void put_node (Message *graph, Message *node_message);
void put_initializer (Message *graph, Message *tensor_message);
void put_int64s (Message *graph, const char *name, int n, const gint64 *values);
void put_floats (Message *graph, const char *name, int n_dims, const gint64 *dims, const float *values);
