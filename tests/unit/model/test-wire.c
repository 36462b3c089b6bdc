/* SPDX-License-Identifier: Apache-2.0 */
#include "model/onnx/wire.h"

#include <string.h>

#include "strata/strata-types.h"

static void
assert_bad (const guint8 *bytes, gsize n_bytes, const char *what)
{
  g_autoptr (GError) error = NULL;
  StrataWireField field;
  StrataWire wire;

  strata_wire_init (&wire, bytes, bytes, n_bytes);
  while (strata_wire_next (&wire, &field))
    ;
  g_assert_false (strata_wire_finish (&wire, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, what));
}

/* Bytes of "Test Message" examples: field 1 = 150 is 08 96 01 (encoding guide of protobuf) */
static void
test_fields (void)
{
  static const guint8 bytes[] = { 0x08, 0x96, 0x01, 0x12, 0x02, 'h', 'i', 0x1d, 0, 0,   0x80,
                                  0x3f, 0x21, 1,    0,    0,    0,   0,   0,    0, 0x80 };
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  StrataWireField field;
  StrataWire wire;

  strata_wire_init (&wire, bytes, bytes, sizeof bytes);
  g_assert_true (strata_wire_next (&wire, &field));
  g_assert_cmpuint (field.number, ==, 1);
  g_assert_cmpint (strata_wire_int (&wire, &field), ==, 150);
  g_assert_true (strata_wire_next (&wire, &field));
  g_assert_cmpuint (field.number, ==, 2);
  text = strata_wire_text (&wire, &field);
  g_assert_cmpstr (text, ==, "hi");
  g_assert_true (strata_wire_next (&wire, &field));
  g_assert_cmpuint (field.number, ==, 3);
  g_assert_cmpfloat (strata_wire_float (&wire, &field), ==, 1.0f);
  g_assert_true (strata_wire_next (&wire, &field));
  g_assert_cmpuint (field.number, ==, 4);
  g_assert_cmphex (field.value, ==, G_GUINT64_CONSTANT (0x8000000000000001));
  g_assert_false (strata_wire_next (&wire, &field));
  g_assert_true (strata_wire_finish (&wire, &error));
  g_assert_no_error (error);
}

static void
test_negative (void)
{
  /* -1 as a varint has ten bytes */
  static const guint8 bytes[] = { 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 };
  StrataWireField field;
  StrataWire wire;

  strata_wire_init (&wire, bytes, bytes, sizeof bytes);
  g_assert_true (strata_wire_next (&wire, &field));
  g_assert_cmpint (strata_wire_int (&wire, &field), ==, -1);
}

static void
test_broken (void)
{
  static const guint8 eleven[] = { 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 };
  static const guint8 long_field[] = { 0x0a, 0x05, 'a' };
  static const guint8 huge_field[] = { 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 'a' };
  static const guint8 open_number[] = { 0x08, 0x96 };
  static const guint8 short_fixed[] = { 0x0d, 1, 2, 3 };
  static const guint8 group[] = { 0x0b, 0x0c };
  static const guint8 zero_field[] = { 0x00, 0x01 };

  assert_bad (eleven, sizeof eleven, "byte 1: a number of more than 10 bytes");
  assert_bad (long_field, sizeof long_field, "byte 1: a field is longer than what holds it");
  assert_bad (huge_field, sizeof huge_field, "byte 1: a field is longer than what holds it");
  assert_bad (open_number, sizeof open_number, "byte 1: the data end inside a number");
  assert_bad (short_fixed, sizeof short_fixed, "byte 1: the data end inside a number");
  assert_bad (group, sizeof group, "byte 0: a field of a type that ONNX does not use");
  assert_bad (zero_field, sizeof zero_field, "byte 0: a field without a valid number");
}

static void
test_packed (void)
{
  static const guint8 bytes[] = {
    0x0a, 0x03, 0x01, 0x96, 0x01, 0x08, 0x07, 0x12, 0x08, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40
  };
  g_autoptr (GArray) ints = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) floats = g_array_new (FALSE, FALSE, sizeof (float));
  StrataWireField field;
  StrataWire wire;

  strata_wire_init (&wire, bytes, bytes, sizeof bytes);
  while (strata_wire_next (&wire, &field))
    if (field.number == 1)
      strata_wire_ints (&wire, &field, ints);
    else
      strata_wire_fixed (&wire, &field, 4, floats);
  g_assert_true (strata_wire_finish (&wire, NULL));
  g_assert_cmpuint (ints->len, ==, 3);
  g_assert_cmpint (g_array_index (ints, gint64, 1), ==, 150);
  g_assert_cmpint (g_array_index (ints, gint64, 2), ==, 7);
  g_assert_cmpuint (floats->len, ==, 2);
  g_assert_cmpfloat (g_array_index (floats, float, 1), ==, 2.0f);
}

static void
test_wrong_kind (void)
{
  static const guint8 bytes[] = { 0x08, 0x01 };
  g_autoptr (GError) error = NULL;
  StrataWire wire, inner;
  StrataWireField field;

  strata_wire_init (&wire, bytes, bytes, sizeof bytes);
  g_assert_true (strata_wire_next (&wire, &field));
  strata_wire_nest (&inner, &wire, &field);
  g_assert_false (strata_wire_next (&inner, &field));
  g_assert_false (strata_wire_finish (&inner, NULL));
  g_assert_false (strata_wire_finish (&wire, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT);
}

static void
test_control_characters (void)
{
  static const guint8 bytes[] = { 0x0a, 0x03, 'a', '\n', 'b' };
  g_autofree char *text = NULL;
  StrataWireField field;
  StrataWire wire;

  strata_wire_init (&wire, bytes, bytes, sizeof bytes);
  g_assert_true (strata_wire_next (&wire, &field));
  text = strata_wire_text (&wire, &field);
  g_assert_cmpstr (text, ==, "");
  g_assert_false (strata_wire_finish (&wire, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/wire/fields", test_fields);
  g_test_add_func ("/sdk/model/wire/negative", test_negative);
  g_test_add_func ("/sdk/model/wire/broken", test_broken);
  g_test_add_func ("/sdk/model/wire/packed", test_packed);
  g_test_add_func ("/sdk/model/wire/wrong-kind", test_wrong_kind);
  g_test_add_func ("/sdk/model/wire/control-characters", test_control_characters);
  return g_test_run ();
}
