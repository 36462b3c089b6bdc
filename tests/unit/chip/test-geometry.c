/* SPDX-License-Identifier: Apache-2.0
 *
 * The mesh, its hub and routes, on meshes of every small size and hub position.
 */
#include "chip/chip.h"

static StrataChipSpec *
mesh (int x, int y, int hub_x2, int hub_y2)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strdup_printf ("base: planar\nmesh_x: %d\nmesh_y: %d\nhub_x: %d.%d\nhub_y: %d.%d\n", x, y,
                                           hub_x2 / 2, hub_x2 % 2 * 5, hub_y2 / 2, hub_y2 % 2 * 5);
  StrataChipSpec *chip = strata_chip_spec_parse (text, -1, "mesh", &error);

  g_assert_no_error (error);
  return chip;
}

static int
distance (const StrataChipSpec *chip, int a, int b)
{
  return ABS (a % chip->mesh_x - b % chip->mesh_x) + ABS (a / chip->mesh_x - b / chip->mesh_x);
}

/* Each link joins neighbours or hub and stack; both directions exist, once. */
static void
check_links (const StrataChipSpec *chip)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  int n_hub = 0;

  for (int link = 0; link < strata_chip_n_links (chip); link++)
    {
      int from, to;

      strata_chip_link_ends (chip, link, &from, &to);
      g_assert_true (g_hash_table_add (seen, GINT_TO_POINTER (from * 1000 + to)));
      if (from == chip->n_stacks || to == chip->n_stacks)
        n_hub++;
      else
        g_assert_cmpint (distance (chip, from, to), ==, 1);
    }
  g_assert_cmpint (n_hub, ==, 2 * (1 + chip->hub_x2 % 2) * (1 + chip->hub_y2 % 2));
  g_assert_cmpint (strata_chip_n_links (chip) - n_hub, ==,
                   2 * (chip->mesh_y * (chip->mesh_x - 1) + chip->mesh_x * (chip->mesh_y - 1)));
}

/* Follows the links from @from to @to; returns the number of hops. */
static int
walk (const StrataChipSpec *chip, int from, int to)
{
  int links[64];
  int n = strata_chip_route (chip, from, to, links);
  int at = from;

  g_assert_cmpint (n, <=, chip->mesh_x + chip->mesh_y + 2);
  for (int i = 0; i < n; i++)
    {
      int start, end;

      g_assert_true (links[i] >= 0 && links[i] < strata_chip_n_links (chip));
      strata_chip_link_ends (chip, links[i], &start, &end);
      g_assert_cmpint (start, ==, at);
      at = end;
    }
  g_assert_cmpint (at, ==, to);
  return n;
}

/* Hops from a stack to the hub: to the nearest of the hub's stacks, and one. */
static int
hub_hops (const StrataChipSpec *chip, int stack)
{
  int x2 = 2 * (stack % chip->mesh_x), y2 = 2 * (stack / chip->mesh_x);
  int dx = MAX (ABS (x2 - chip->hub_x2) - chip->hub_x2 % 2, 0) / 2;
  int dy = MAX (ABS (y2 - chip->hub_y2) - chip->hub_y2 % 2, 0) / 2;

  return dx + dy + 1;
}

static void
test_all_small (void)
{
  for (int x = 1; x <= 4; x++)
    for (int y = 1; y <= 4; y++)
      for (int hub_x2 = 0; hub_x2 <= 2 * (x - 1); hub_x2++)
        for (int hub_y2 = 0; hub_y2 <= 2 * (y - 1); hub_y2++)
          {
            g_autoptr (StrataChipSpec) chip = mesh (x, y, hub_x2, hub_y2);

            check_links (chip);
            for (int a = 0; a < chip->n_stacks; a++)
              {
                for (int b = 0; b < chip->n_stacks; b++)
                  g_assert_cmpint (walk (chip, a, b), ==, distance (chip, a, b));
                g_assert_cmpint (walk (chip, a, chip->n_stacks), ==, hub_hops (chip, a));
                g_assert_cmpint (walk (chip, chip->n_stacks, a), ==, hub_hops (chip, a));
              }
            g_assert_cmpint (walk (chip, chip->n_stacks, chip->n_stacks), ==, 0);
          }
}

/* X before Y: from stack 0 to stack 9 of an 8 x 8 mesh by way of stack 1. */
static void
test_xy_order (void)
{
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("demonstrator", NULL);
  int links[18];
  int from, to;

  g_assert_cmpint (strata_chip_route (chip, 0, 9, links), ==, 2);
  strata_chip_link_ends (chip, links[0], &from, &to);
  g_assert_cmpint (to, ==, 1);
  g_assert_cmpint (strata_chip_route (chip, 9, 0, links), ==, 2);
  strata_chip_link_ends (chip, links[0], &from, &to);
  g_assert_cmpint (to, ==, 8);
}

/* Mean distance between two stacks drawn at random from an 8 x 8 mesh: 2 (n - 1/n) / 3 = 5.25; hardware-facts 10.2 has
 * 2/3 sqrt (64) = 5.33. */
static void
test_mean_hops (void)
{
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("phone", NULL);
  int links[18];
  int sum = 0;

  for (int a = 0; a < 64; a++)
    for (int b = 0; b < 64; b++)
      sum += strata_chip_route (chip, a, b, links);
  g_assert_cmpfloat (sum / 4096.0, ==, 5.25);
}

static void
test_counts (void)
{
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("demonstrator", NULL);

  g_assert_cmpint (strata_chip_levels (chip), ==, 16);
  g_assert_cmpint (strata_chip_outputs (chip, 1), ==, 256);
  g_assert_cmpint (strata_chip_outputs (chip, 2), ==, 128);
  g_assert_cmpint (strata_chip_arrays (chip), ==, 1024);
  g_assert_cmpint (strata_chip_n_links (chip), ==, 2 * (56 + 56 + 4));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/chip/geometry/all-small", test_all_small);
  g_test_add_func ("/sdk/chip/geometry/xy-order", test_xy_order);
  g_test_add_func ("/sdk/chip/geometry/mean-hops", test_mean_hops);
  g_test_add_func ("/sdk/chip/geometry/counts", test_counts);
  return g_test_run ();
}
