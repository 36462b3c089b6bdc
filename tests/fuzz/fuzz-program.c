/* SPDX-License-Identifier: Apache-2.0
 *
 * The container of compiled programs: an error of one line that names the file, or an image whose parts pass their
 * checks, can be listed and planned, and which encodes to bytes that decode to an image of the same hash.
 */
#include <string.h>

#include "fuzz.h"
#include "program/image.h"
#include "program/programming.h"

/* The largest chip that a description may ask for, twice: 65,536 stacks and four times as many links, with records and
 * names of some 100 bytes each */
const gint64 fuzz_floor_bytes = (gint64) 128 << 20;

static void
check_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == STRATA_COMPILE_ERROR);
  g_assert_true (g_str_has_prefix (error->message, "input: "));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
check_parts (const StrataImage *image)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataProgrammingPlan) plan = strata_programming_plan (image->tiles, image->placement, image->chip);

  if (!strata_programming_plan_check (plan, image->tiles, image->placement, image->chip, &error))
    g_error ("the programming plan does not pass its check: %s", error->message);
  g_free (strata_programming_plan_print (plan));
  g_free (strata_qgraph_print (image->graph));
  g_free (strata_tile_set_print (image->tiles, image->graph));
  g_free (strata_placement_print (image->placement, image->tiles));
  g_free (strata_schedule_print (image->schedule));
  g_free (strata_image_disassemble (image));
  if (image->decisions != NULL)
    g_free (strata_decisions_print (image->decisions));
}

static void
check_again (const StrataImage *image)
{
  g_autoptr (GBytes) bytes = strata_image_encode (image);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) back = strata_image_decode (bytes, "input", &error);

  if (back == NULL)
    g_error ("what was written is refused: %s", error->message);
  g_assert_cmpuint (strata_qgraph_hash (back->graph), ==, strata_qgraph_hash (image->graph));
  g_assert_cmpuint (strata_tile_set_hash (back->tiles), ==, strata_tile_set_hash (image->tiles));
  g_assert_cmpuint (strata_schedule_hash (back->schedule), ==, strata_schedule_hash (image->schedule));
}

void
fuzz_one (const guint8 *data, gsize n_bytes)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, n_bytes);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) image = strata_image_decode (bytes, "input", &error);

  if (image == NULL)
    {
      check_error (error);
      return;
    }
  check_parts (image);
  check_again (image);
}
