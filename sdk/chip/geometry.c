/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts, sites and the network of a mesh with a hub: dense link numbers in closed form, dimension-ordered (XY) routes.
 */
#include <stdlib.h>

#include "chip/chip.h"

int
strata_chip_levels (const StrataChipSpec *chip)
{
  return 1 << chip->cell_bits;
}

int
strata_chip_phases (const StrataChipSpec *chip)
{
  return (chip->input_bits + chip->phase_bits - 1) / chip->phase_bits;
}

int
strata_chip_conversions (const StrataChipSpec *chip)
{
  return chip->conversion == STRATA_CONVERSION_PER_PHASE ? strata_chip_phases (chip) : 1;
}

int
strata_chip_outputs (const StrataChipSpec *chip, int n_slices)
{
  return chip->columns / n_slices;
}

gint64
strata_chip_arrays (const StrataChipSpec *chip)
{
  return (gint64) chip->n_stacks * chip->tiers - chip->n_dead;
}

int
strata_site_compare (StrataSite a, StrataSite b)
{
  if (a.stack != b.stack)
    return a.stack < b.stack ? -1 : 1;
  return (a.tier > b.tier) - (a.tier < b.tier);
}

int
strata_site_compare_cb (gconstpointer a, gconstpointer b)
{
  return strata_site_compare (*(const StrataSite *) a, *(const StrataSite *) b);
}

gboolean
strata_chip_site_usable (const StrataChipSpec *chip, StrataSite site)
{
  int low = 0, high = chip->n_dead;

  if (site.stack < 0 || site.stack >= chip->n_stacks || site.tier < 0 || site.tier >= chip->tiers)
    return FALSE;
  while (low < high)
    {
      int middle = low + (high - low) / 2;
      int order = strata_site_compare (site, chip->dead[middle]);

      if (order == 0)
        return FALSE;
      if (order < 0)
        high = middle;
      else
        low = middle + 1;
    }
  return TRUE;
}

int
strata_chip_runs (const StrataChipSpec *chip, int stack, int n_tiers)
{
  int n_runs = 0, length = 0;

  for (int tier = 0; tier < chip->tiers; tier++)
    {
      length = strata_chip_site_usable (chip, (StrataSite){ stack, tier }) ? length + 1 : 0;
      if (length < n_tiers)
        continue;
      n_runs++;
      length = 0;
    }
  return n_runs;
}

/* --- the network ---
 * Links 2k and 2k + 1 are the two directions of connection k. Connections: west-east by row, then north-south by row,
 * then hub to its stacks. */

static int
n_west_east (const StrataChipSpec *chip)
{
  return chip->mesh_y * (chip->mesh_x - 1);
}

static int
n_north_south (const StrataChipSpec *chip)
{
  return chip->mesh_x * (chip->mesh_y - 1);
}

/* The one, two or four stacks nearest to the hub's position. */
static int
hub_stacks (const StrataChipSpec *chip, int stacks[4])
{
  int n = 0;

  for (int y = chip->hub_y2 / 2; y <= (chip->hub_y2 + 1) / 2; y++)
    for (int x = chip->hub_x2 / 2; x <= (chip->hub_x2 + 1) / 2; x++)
      stacks[n++] = y * chip->mesh_x + x;
  return n;
}

int
strata_chip_n_links (const StrataChipSpec *chip)
{
  int stacks[4];

  return 2 * (n_west_east (chip) + n_north_south (chip) + hub_stacks (chip, stacks));
}

void
strata_chip_link_ends (const StrataChipSpec *chip, int link, int *from_node, int *to_node)
{
  int connection = link / 2;
  int a, b;

  if (connection < n_west_east (chip))
    {
      a = connection / (chip->mesh_x - 1) * chip->mesh_x + connection % (chip->mesh_x - 1);
      b = a + 1;
    }
  else if (connection < n_west_east (chip) + n_north_south (chip))
    {
      a = connection - n_west_east (chip);
      b = a + chip->mesh_x;
    }
  else
    {
      int stacks[4];

      hub_stacks (chip, stacks);
      a = chip->n_stacks;
      b = stacks[connection - n_west_east (chip) - n_north_south (chip)];
    }
  *from_node = link % 2 == 0 ? a : b;
  *to_node = link % 2 == 0 ? b : a;
}

/* XY route between stacks; returns the number of links. */
static int
route_mesh (const StrataChipSpec *chip, int from, int to, int *links)
{
  int x = from % chip->mesh_x, y = from / chip->mesh_x;
  int to_x = to % chip->mesh_x, to_y = to / chip->mesh_x;
  int n = 0;

  for (; x < to_x; x++)
    links[n++] = 2 * (y * (chip->mesh_x - 1) + x);
  for (; x > to_x; x--)
    links[n++] = 2 * (y * (chip->mesh_x - 1) + x - 1) + 1;
  for (; y < to_y; y++)
    links[n++] = 2 * (n_west_east (chip) + y * chip->mesh_x + x);
  for (; y > to_y; y--)
    links[n++] = 2 * (n_west_east (chip) + (y - 1) * chip->mesh_x + x) + 1;
  return n;
}

/* Index into @stacks of the one nearest to @stack; the first of equals. */
static int
nearest (const StrataChipSpec *chip, const int *stacks, int n_stacks, int stack)
{
  int best = 0, best_distance = G_MAXINT;

  for (int i = 0; i < n_stacks; i++)
    {
      int distance =
        abs (stacks[i] % chip->mesh_x - stack % chip->mesh_x) + abs (stacks[i] / chip->mesh_x - stack / chip->mesh_x);

      if (distance < best_distance)
        {
          best = i;
          best_distance = distance;
        }
    }
  return best;
}

int
strata_chip_route (const StrataChipSpec *chip, int from, int to, int *links)
{
  int hub = chip->n_stacks;
  int first_hub_link = 2 * (n_west_east (chip) + n_north_south (chip));
  int stacks[4];
  int n_stacks, gate, n;

  if (from == to)
    return 0;
  if (from != hub && to != hub)
    return route_mesh (chip, from, to, links);
  n_stacks = hub_stacks (chip, stacks);
  gate = nearest (chip, stacks, n_stacks, from == hub ? to : from);
  if (from == hub)
    {
      links[0] = first_hub_link + 2 * gate;
      return 1 + route_mesh (chip, stacks[gate], to, links + 1);
    }
  n = route_mesh (chip, from, stacks[gate], links);
  links[n++] = first_hub_link + 2 * gate + 1;
  return n;
}
