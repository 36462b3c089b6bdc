/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads, stores and conversions of one element; binary16 per IEEE 754-2008 §3.
 */
#include "model/element.h"

#include <math.h>
#include <string.h>

gboolean
strata_dtype_is_float (StrataDtype dtype)
{
  return dtype == STRATA_DTYPE_F32 || dtype == STRATA_DTYPE_F64 || dtype == STRATA_DTYPE_F16;
}

float
strata_half_to_float (guint16 half)
{
  int exponent = half >> 10 & 0x1f;
  int fraction = half & 0x3ff;
  float size;

  if (exponent == 31)
    size = fraction == 0 ? INFINITY : NAN;
  else if (exponent == 0)
    size = ldexpf ((float) fraction, -24);
  else
    size = ldexpf ((float) (fraction | 0x400), exponent - 25);
  return half & 0x8000 ? -size : size;
}

guint16
strata_half_from_float (float value)
{
  guint16 sign = signbit (value) ? 0x8000 : 0;
  double size = fabs ((double) value);
  int exponent;
  double steps;

  if (isnan (value))
    return sign | 0x7e00;
  if (size >= 65520.0)
    return sign | 0x7c00;
  if (size == 0.0)
    return sign;
  frexp (size, &exponent);
  exponent = MAX (exponent, -13); /* below 2^-14 steps stay 2^-24 */
  steps = rint (ldexp (size, 11 - exponent));
  /* a carry into the next exponent comes out right by adding */
  return (guint16) (sign | (((guint) (exponent + 13) << 10) + (guint) steps));
}

/* Element @i of bytes of any alignment */
#define LOAD(Type, data, i)                                                                                            \
  ({                                                                                                                   \
    Type loaded;                                                                                                       \
    memcpy (&loaded, (const guint8 *) (data) + (gsize) (i) * sizeof (Type), sizeof (Type));                            \
    loaded;                                                                                                            \
  })

gint64
strata_element_int (StrataDtype dtype, const void *data, gint64 i)
{
  switch (dtype)
    {
    case STRATA_DTYPE_I8:
      return LOAD (gint8, data, i);
    case STRATA_DTYPE_U8:
      return LOAD (guint8, data, i);
    case STRATA_DTYPE_BOOL:
      return LOAD (guint8, data, i) != 0;
    case STRATA_DTYPE_I16:
      return LOAD (gint16, data, i);
    case STRATA_DTYPE_U16:
      return LOAD (guint16, data, i);
    case STRATA_DTYPE_I32:
      return LOAD (gint32, data, i);
    case STRATA_DTYPE_U32:
      return LOAD (guint32, data, i);
    default:
      return LOAD (gint64, data, i);
    }
}

void
strata_element_set_int (StrataDtype dtype, void *data, gint64 i, gint64 value)
{
  switch (dtype)
    {
    case STRATA_DTYPE_I8:
    case STRATA_DTYPE_U8:
      ((guint8 *) data)[i] = (guint8) value;
      break;
    case STRATA_DTYPE_BOOL:
      ((guint8 *) data)[i] = value != 0;
      break;
    case STRATA_DTYPE_I16:
    case STRATA_DTYPE_U16:
      ((guint16 *) data)[i] = (guint16) value;
      break;
    case STRATA_DTYPE_I32:
    case STRATA_DTYPE_U32:
      ((guint32 *) data)[i] = (guint32) value;
      break;
    default:
      ((gint64 *) data)[i] = value;
      break;
    }
}

double
strata_element_double (StrataDtype dtype, const void *data, gint64 i)
{
  switch (dtype)
    {
    case STRATA_DTYPE_F32:
      return (double) LOAD (float, data, i);
    case STRATA_DTYPE_F64:
      return LOAD (double, data, i);
    case STRATA_DTYPE_F16:
      return strata_half_to_float (LOAD (guint16, data, i));
    case STRATA_DTYPE_U64:
      return (double) LOAD (guint64, data, i);
    default:
      return (double) strata_element_int (dtype, data, i);
    }
}

static gint64
to_int (StrataDtype dtype, double value)
{
  int bits = 8 * (int) strata_dtype_size (dtype);
  gboolean is_unsigned =
    dtype == STRATA_DTYPE_U8 || dtype == STRATA_DTYPE_U16 || dtype == STRATA_DTYPE_U32 || dtype == STRATA_DTYPE_U64;
  double top = ldexp (1.0, is_unsigned ? bits : bits - 1);
  double bottom = is_unsigned ? 0.0 : -top;

  if (isnan (value))
    return 0;
  value = trunc (value);
  if (value < bottom)
    value = bottom;
  if (value >= top)
    return is_unsigned ? (gint64) (G_MAXUINT64 >> (64 - bits)) : (gint64) (G_MAXUINT64 >> (65 - bits));
  return is_unsigned ? (gint64) (guint64) value : (gint64) value;
}

void
strata_element_set_double (StrataDtype dtype, void *data, gint64 i, double value)
{
  switch (dtype)
    {
    case STRATA_DTYPE_F32:
      ((float *) data)[i] = (float) value;
      break;
    case STRATA_DTYPE_F64:
      ((double *) data)[i] = value;
      break;
    case STRATA_DTYPE_F16:
      ((guint16 *) data)[i] = strata_half_from_float ((float) value);
      break;
    case STRATA_DTYPE_BOOL:
      ((guint8 *) data)[i] = value != 0.0;
      break;
    default:
      strata_element_set_int (dtype, data, i, to_int (dtype, value));
      break;
    }
}
