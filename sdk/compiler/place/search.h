/* SPDX-License-Identifier: Apache-2.0
 *
 * Ways to a good placement: a start, and two that improve one. Each depends on its inputs and the seed only, and counts
 * its work in prices asked for, so that what it may spend does not depend on the machine. Internal to place/.
 */
#pragma once

#include "base/rng.h"
#include "compiler/place/objective.h"

typedef struct
{
  PlaceState *state;
  StrataRngKey key;
  guint64 n_drawn;
  gint64 n_prices, most_prices; /* asked for; that may be asked for */
  gint64 n_taken;               /* changes that were kept */
  GCancellable *cancellable;
  void (*progress) (double fraction, gpointer user_data);
  gpointer progress_data;
} PlaceSearch;

/* Every tile where it costs least, those with most work first. The chip has room. */
void place_construct (PlaceState *state);
/* The same where ops fire by chance: first all of those that always fire together side by side, on one of the blocks of
 * stacks that hold them so, and then the other tiles. Ops that wait for each other then do so with all of their tiles
 * at once. @state has no tiles yet. */
void place_construct_blocks (PlaceState *state);
/* Moves and swaps that lower the total, and whole ops placed anew, until none is found. */
void place_descend (PlaceSearch *search);
/* Moves and swaps at random, also to worse with a chance that falls with time. */
void place_anneal (PlaceSearch *search);
/* A few changes at random, whatever they cost */
void place_kick (PlaceSearch *search);
/* Every tile by what stacks have to do in each window of time; @state has no tiles yet. */
void place_by_windows (PlaceSearch *search, const StrataPlaceWindows *windows);
/* Four random words; the next ones at each call */
StrataRngBlock place_draw (PlaceSearch *search);
/* FALSE when the search has spent what it may, or is cancelled; reports progress. */
gboolean place_may_go_on (PlaceSearch *search);

/* What was tried, and the total before tiers are chosen */
typedef struct
{
  const char *what;
  double total_ps;
  gboolean kept;
} PlaceTried;

/* Appends what there is to say; @state is left as it was. @decisions NULL: nothing */
void place_explain (PlaceState *state,
                    const StrataPlacement *placement,
                    const PlaceTried *tried,
                    int n_tried,
                    StrataDecisions *decisions);
