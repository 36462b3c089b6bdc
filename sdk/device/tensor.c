/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataTensor: shape and bytes, checked against each other once.
 */
#include "device/tensor-private.h"

#include <math.h>
#include <string.h>

#include "model/tensor-io.h"

struct _StrataTensor
{
  GObject parent_instance;
  StrataDtype dtype;
  guint n_dims;
  gint64 dims[STRATA_MAX_DIMS];
  GBytes *bytes;
};

G_DEFINE_FINAL_TYPE (StrataTensor, strata_tensor, G_TYPE_OBJECT)

static void
strata_tensor_finalize (GObject *object)
{
  StrataTensor *self = STRATA_TENSOR (object);

  g_clear_pointer (&self->bytes, g_bytes_unref);
  G_OBJECT_CLASS (strata_tensor_parent_class)->finalize (object);
}

static void
strata_tensor_class_init (StrataTensorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_tensor_finalize;
}

static void
strata_tensor_init (StrataTensor *self)
{
}

static StrataTensor *
make_tensor (StrataDtype dtype, const gint64 *dims, guint n_dims, GBytes *bytes)
{
  StrataTensor *self = g_object_new (STRATA_TYPE_TENSOR, NULL);

  self->dtype = dtype;
  self->n_dims = n_dims;
  if (n_dims > 0)
    memcpy (self->dims, dims, n_dims * sizeof *dims);
  self->bytes = g_bytes_ref (bytes);
  return self;
}

StrataTensor *
strata_tensor_new (StrataDtype dtype, const gint64 *dims, guint n_dims, GBytes *bytes, GError **error)
{
  gint64 n_bytes = (gint64) strata_dtype_size (dtype);

  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (n_dims == 0 || dims != NULL, NULL);

  if (n_bytes == 0 || n_dims > STRATA_MAX_DIMS)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "tensor: element type %s with %u dimensions; a known type and at most %d dimensions are accepted",
                   strata_dtype_name (dtype), n_dims, STRATA_MAX_DIMS);
      return NULL;
    }
  for (guint i = 0; i < n_dims; i++)
    if (dims[i] < 0 || __builtin_mul_overflow (n_bytes, dims[i], &n_bytes))
      {
        g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                     "tensor: dimension %u is %" G_GINT64_FORMAT "; sizes must be at least 0 and fit in memory", i,
                     dims[i]);
        return NULL;
      }
  if ((gsize) n_bytes != g_bytes_get_size (bytes))
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "tensor: %" G_GSIZE_FORMAT " bytes given; its shape and type need %" G_GINT64_FORMAT,
                   g_bytes_get_size (bytes), n_bytes);
      return NULL;
    }
  return make_tensor (dtype, dims, n_dims, bytes);
}

static void
free_array_cb (gpointer data)
{
  strata_array_free (data);
}

/* Takes @array. */
static StrataTensor *
new_from_array (StrataArray *array)
{
  g_autoptr (GBytes) bytes = g_bytes_new_with_free_func (array->data, array->n_bytes, free_array_cb, array);

  return make_tensor (array->dtype, array->dims, (guint) array->n_dims, bytes);
}

GPtrArray *
strata_tensors_from_arrays (StrataArray **arrays, guint n)
{
  GPtrArray *tensors = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (tensors, new_from_array (arrays[i]));
  return tensors;
}

void
strata_tensor_view (StrataTensor *self, StrataArray *view)
{
  gsize n_bytes;

  memset (view, 0, sizeof *view);
  view->dtype = self->dtype;
  view->n_dims = (int) self->n_dims;
  memcpy (view->dims, self->dims, sizeof view->dims);
  view->data = (void *) g_bytes_get_data (self->bytes, &n_bytes);
  view->n_bytes = n_bytes;
}

StrataTensor *
strata_tensor_load (const char *path, GError **error)
{
  StrataArray *array;

  g_return_val_if_fail (path != NULL, NULL);
  array = strata_array_load (path, error);
  return array == NULL ? NULL : new_from_array (array);
}

gboolean
strata_tensor_save (StrataTensor *self, const char *path, GError **error)
{
  StrataArray view;

  g_return_val_if_fail (STRATA_IS_TENSOR (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  strata_tensor_view (self, &view);
  return strata_array_save_npy (&view, path, error);
}

StrataDtype
strata_tensor_get_dtype (StrataTensor *self)
{
  g_return_val_if_fail (STRATA_IS_TENSOR (self), STRATA_DTYPE_INVALID);
  return self->dtype;
}

const gint64 *
strata_tensor_get_shape (StrataTensor *self, guint *n_dims)
{
  g_return_val_if_fail (STRATA_IS_TENSOR (self), NULL);
  *n_dims = self->n_dims;
  return self->dims;
}

gint64
strata_tensor_get_n_elements (StrataTensor *self)
{
  g_return_val_if_fail (STRATA_IS_TENSOR (self), 0);
  return (gint64) (g_bytes_get_size (self->bytes) / strata_dtype_size (self->dtype));
}

GBytes *
strata_tensor_get_bytes (StrataTensor *self)
{
  g_return_val_if_fail (STRATA_IS_TENSOR (self), NULL);
  return self->bytes;
}

static double
half_to_double (guint16 half)
{
  int exponent = (half >> 10) & 31, mantissa = half & 1023;
  double magnitude = exponent == 0    ? mantissa * 0x1p-24
                     : exponent == 31 ? (mantissa != 0 ? (double) NAN : (double) INFINITY)
                                      : (1024 + mantissa) * __builtin_ldexp (1.0, exponent - 25);

  return half & 0x8000 ? -magnitude : magnitude;
}

double
strata_tensor_get_value (StrataTensor *self, gint64 index)
{
  const void *data;

  g_return_val_if_fail (STRATA_IS_TENSOR (self), 0);
  g_return_val_if_fail (index >= 0 && index < strata_tensor_get_n_elements (self), 0);
  data = g_bytes_get_data (self->bytes, NULL);
  switch (self->dtype)
    {
    case STRATA_DTYPE_F32:
      return ((const float *) data)[index];
    case STRATA_DTYPE_F64:
      return ((const double *) data)[index];
    case STRATA_DTYPE_F16:
      return half_to_double (((const guint16 *) data)[index]);
    case STRATA_DTYPE_I8:
      return ((const gint8 *) data)[index];
    case STRATA_DTYPE_U8:
    case STRATA_DTYPE_BOOL:
      return ((const guint8 *) data)[index];
    case STRATA_DTYPE_I16:
      return ((const gint16 *) data)[index];
    case STRATA_DTYPE_U16:
      return ((const guint16 *) data)[index];
    case STRATA_DTYPE_I32:
      return ((const gint32 *) data)[index];
    case STRATA_DTYPE_U32:
      return ((const guint32 *) data)[index];
    case STRATA_DTYPE_I64:
      return (double) ((const gint64 *) data)[index];
    case STRATA_DTYPE_U64:
      return (double) ((const guint64 *) data)[index];
    case STRATA_DTYPE_INVALID:
    default:
      g_return_val_if_reached (0);
    }
}

gint64
strata_tensor_get_argmax (StrataTensor *self)
{
  gint64 n, best = -1;
  double best_value = 0;

  g_return_val_if_fail (STRATA_IS_TENSOR (self), -1);
  n = strata_tensor_get_n_elements (self);
  for (gint64 i = 0; i < n; i++)
    {
      double value = strata_tensor_get_value (self, i);

      if (best < 0 || value > best_value)
        {
          best = i;
          best_value = value;
        }
    }
  return best;
}
