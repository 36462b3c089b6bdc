/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors of model.safetensors, or of the shards that model.safetensors.index.json lists, mapped and not copied. A file
 * is 8 bytes of header length, a JSON header {name: {dtype, shape, data_offsets}}, and bytes; all of it is checked
 * before a tensor is handed out: inside the file, size by type and shape, no two over the same bytes.
 */
#pragma once

#include <gio/gio.h>

#include "model/graph.h"

typedef enum
{
  STRATA_SAFETENSOR_OTHER,
  STRATA_SAFETENSOR_F32,
  STRATA_SAFETENSOR_F16,
  STRATA_SAFETENSOR_BF16,
} StrataSafetensorType;

typedef struct
{
  const char *name;
  StrataSafetensorType type;
  char type_name[16];
  int n_dims;
  gint64 dims[STRATA_MAX_DIMS];
  const guint8 *data;   /* in @file, aligned to nothing */
  gsize n_bytes, begin; /* of the data section */
  GBytes *file;
  gboolean mapped; /* @file is a private map, whose pages can be read again */
} StrataSafetensor;

typedef struct _StrataSafetensors StrataSafetensors;

/* Those in @folder; *@tensors is NULL where there are none. Errors: STRATA_IMPORT_ERROR, "FILE: …". */
gboolean strata_safetensors_open (const char *folder, StrataSafetensors **tensors, GError **error);
/* One file from memory. @origin stands for its path. */
StrataSafetensors *
strata_safetensors_parse (GBytes *bytes, const char *origin, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void strata_safetensors_free (StrataSafetensors *tensors);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataSafetensors, strata_safetensors_free)

const StrataSafetensor *strata_safetensors_get (const StrataSafetensors *tensors, const char *name); /* NULL: none */
guint strata_safetensors_count (const StrataSafetensors *tensors);
const StrataSafetensor *strata_safetensors_nth (const StrataSafetensors *tensors, guint i); /* in the files' order */
