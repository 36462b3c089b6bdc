/* SPDX-License-Identifier: Apache-2.0
 *
 * The stages of the compiler, one call each, in the order pipeline.c makes them. A stage reads its input artefact,
 * which it never changes, and returns a new one; each artefact's check, print and hash stand beside its type in
 * program/.
 */
#pragma once

#include "program/decisions.h"
#include "program/image.h"
#include "program/trial.h"

/* One set of inputs of the model, for calibration */
typedef struct
{
  StrataArray **inputs; /* per graph input */
} StrataSample;

/* Ways to lose less without training, each of which can be left out. */
typedef enum
{
  STRATA_QUANTISE_CHANNELS = 1 << 0, /* a scale per output channel of the weights, not one per layer */
  STRATA_QUANTISE_RANGES = 1 << 1,   /* ranges of activations of least error, not the extremes */
  STRATA_QUANTISE_BIAS = 1 << 2,     /* the bias takes back what rounding weights shifts the mean by */
  STRATA_QUANTISE_EQUALISE = 1 << 3, /* scales moved between neighbouring layers, channel by channel */
  STRATA_QUANTISE_READS = 1 << 4,    /* averaged reads per layer, by measured sensitivity */
  STRATA_QUANTISE_SPLITS = 1 << 5,   /* a matrix over more arrays, so that its rows stand there more often; likewise */
  STRATA_QUANTISE_WIDE = 1 << 6,     /* products of more than eight bits where their rounding would be heard */
  STRATA_QUANTISE_SLICES = 1 << 7,   /* fewer cells per weight where that is not felt; likewise */
} StrataQuantiseTechnique;

/* "KEY=VALUE,…": each technique on or off, and max-flips, for StrataCalibration. An empty text is the defaults. Errors:
 * STRATA_COMPILE_ERROR_INPUT, which names what is accepted. */
gboolean strata_quantise_parse (const char *text, guint *without, double *most_flips, GError **error);

/* What a layer takes instead of what quantisation would choose; 0: as it chooses. */
typedef struct
{
  int node; /* of the graph that is compiled */
  int n_slices, n_reads;
} StrataLayerChoice;

typedef struct
{
  const StrataSample *samples; /* NULL: two synthetic ones from @seed; ranges are then flagged as guessed */
  int n_samples;
  guint64 seed;
  guint n_threads;
  GCancellable *cancellable;
  int n_reads;       /* conversions that every product averages; 0: chosen per layer where samples are given, else 1 */
  guint without;     /* StrataQuantiseTechnique that are left out */
  double most_flips; /* share of samples whose class analog noise may change, as predicted; 0: 0.01 */
  const StrataLayerChoice *choices;
  int n_choices;
  gboolean no_row_copies;     /* the map will not fill free rows */
  StrataDecisions *decisions; /* NULL: nothing is kept */
  struct _StrataCache *cache; /* what running the model on the samples gave; NULL: it is run */
  StrataTrialFunc trial;      /* verifies what was chosen against noise; NULL: nothing does */
  const StrataGraph *source;  /* the model's graph, whose key the cache goes by; not NULL where there is a cache */
} StrataCalibration;

/* The samples a compilation uses: the user's, or synthetic ones of the model's input shapes, normal, seeded. (transfer
 * full) array of n * n_inputs, sample-major */
StrataArray **strata_calibration_samples (const StrataGraph *graph,
                                          const StrataCalibration *calibration,
                                          int *n_samples) G_GNUC_WARN_UNUSED_RESULT;

/* A float or QDQ graph as layers: batch-norm, bias and activation folded; QDQ islands recognised. Tensors are still
 * float or carry the file's scales. Internal artefact of the two stages; see lower/README.md. */
typedef struct _StrataLowered StrataLowered;

StrataLowered *strata_lower (const StrataGraph *graph, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean strata_lowered_check (const StrataLowered *lowered, GError **error);
char *strata_lowered_print (const StrataLowered *lowered) G_GNUC_WARN_UNUSED_RESULT;
void strata_lowered_free (StrataLowered *lowered);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataLowered, strata_lowered_free)

StrataQGraph *strata_quantise (const StrataGraph *graph,
                               const StrataLowered *lowered,
                               const StrataChipSpec *chip,
                               const StrataCalibration *calibration,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Options of a stage may be NULL: the defaults. `decisions`, where given, gets what the stage decided. */

/* Where a matrix product is computed */
typedef enum
{
  STRATA_SIDE_CHEAPER, /* dense: as quantised, which is arrays; grouped: what costs less */
  STRATA_SIDE_ANALOG,  /* arrays; groups block-diagonally */
  STRATA_SIDE_DIGITAL, /* MAC units, with weights of eight bits */
} StrataSide;

typedef struct
{
  const StrataSide *sides;   /* per op, of which products are looked at; NULL: all CHEAPER */
  StrataObjective objective; /* what CHEAPER counts; ARRAYS: energy times time */
  int n_reads;               /* averaged conversions of grouped products in arrays; 0: as many as their few rows need */
  StrataDecisions *decisions;
} StrataSideOptions;

/* The graph with every product on its side, as MVM or MAC; ops and tensors keep their ids. Shares @graph's constants.
 */
StrataQGraph *strata_map_sides (const StrataQGraph *graph,
                                const StrataChipSpec *chip,
                                const StrataSideOptions *options,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether small matrices may share an array: it saves arrays, and costs time and the copies of rows against noise */
typedef enum
{
  STRATA_PACK_NEEDED, /* as many as it takes where the chip has too few arrays */
  STRATA_PACK_NEVER,
  STRATA_PACK_ALWAYS, /* whatever fits */
} StrataPacking;

typedef struct
{
  gboolean row_copies; /* fill free rows with copies of the weights; default TRUE */
  const int *n_copies; /* per op: copies of its matrix, each of which takes a share of the output rows; NULL: one */
  StrataPacking packing;
  StrataDecisions *decisions;
} StrataMapOptions;

StrataTileSet *strata_map (const StrataQGraph *graph,
                           const StrataChipSpec *chip,
                           const StrataMapOptions *options,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How a placement is looked for; all start from the same one */
typedef enum
{
  STRATA_PLACE_BEST,    /* both searches, each with half of the effort, and the better of them */
  STRATA_PLACE_GREEDY,  /* the start alone: every tile where it costs least, those with most work first */
  STRATA_PLACE_DESCENT, /* moves, swaps and whole ops, to better only */
  STRATA_PLACE_ANNEAL,  /* moves and swaps, at first also to worse; then descent */
} StrataPlaceAlgorithm;

/* Two ops that fire together with another chance than if each fired on its own account: experts of one layer */
typedef struct
{
  int op, other;   /* each pair once, and no op with itself */
  double together; /* chance that one token needs both */
} StrataPlaceCoactivation;

/* What each tile does in each of so many equal stretches of an execution, by which it is placed again */
#define STRATA_PLACE_WINDOWS 64
typedef struct
{
  int n_tiles;
  double window_ps; /* length of a stretch; the last has no end */
  float *work_ps;   /* tile x window */
} StrataPlaceWindows;

void strata_place_windows_free (StrataPlaceWindows *windows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataPlaceWindows, strata_place_windows_free)

typedef struct
{
  guint64 seed;
  StrataPlaceAlgorithm algorithm;
  double effort;   /* seconds that improving may take, roughly: it is turned into a count of prices, so that results do
                      not   depend on the machine; 0: the default, below 0: constructive start only */
  guint n_threads; /* the result does not depend on it; 0 counts as 1 */
  const double *activity; /* per op: chance that a token needs it, for experts that are routed to; NULL: all always */
  const StrataPlaceCoactivation *coactivation; /* pairs that are not listed: the product of their activities */
  int n_coactivations;
  const StrataPlaceWindows *windows; /* stacks are chosen by these instead of the objective; NULL: not so */
  GCancellable *cancellable;
  void (*progress) (double fraction, gpointer user_data); /* called from any thread, one at a time; may be NULL */
  gpointer progress_data;
  StrataDecisions *decisions;
} StrataPlaceOptions;

StrataPlacement *strata_place (const StrataQGraph *graph,
                               const StrataTileSet *tiles,
                               const StrataChipSpec *chip,
                               const StrataPlaceOptions *options,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fills what the sites of a placement that came about otherwise come to: terms, bounds and totals. */
void strata_place_price (StrataPlacement *placement,
                         const StrataQGraph *graph,
                         const StrataTileSet *tiles,
                         const StrataChipSpec *chip);

typedef struct
{
  GCancellable *cancellable;
  StrataDecisions *decisions;
  int max_active_stacks; /* that convert at once, for a limit on peak power; 0: all */
  int n_trials; /* perturbed orders that are tried beside the rules; 0: by the size of the program, below 0: none */
} StrataScheduleOptions;

/* What stacks draw at most at once on top of static power, mW, nominal, while no more than @max_active_stacks (0: all)
 * convert: the tiles that draw most, one to a stack, on the stacks where they are highest. */
double strata_schedule_peak_mw (const StrataQGraph *graph,
                                const StrataTileSet *tiles,
                                const StrataPlacement *placement,
                                const StrataChipSpec *chip,
                                int max_active_stacks);

/* The least activation memory, in bytes, that a schedule would take, or close to it; of the graph alone */
gint64 strata_schedule_least_sram (const StrataQGraph *graph, const StrataChipSpec *chip);

/* What tiles would do when, were every stack free to run any of them: what a better placement would come near */
StrataPlaceWindows *strata_schedule_windows (const StrataQGraph *graph,
                                             const StrataTileSet *tiles,
                                             const StrataPlacement *placement,
                                             const StrataChipSpec *chip,
                                             const StrataSchedule *schedule) G_GNUC_WARN_UNUSED_RESULT;

StrataSchedule *strata_schedule (const StrataQGraph *graph,
                                 const StrataTileSet *tiles,
                                 const StrataPlacement *placement,
                                 const StrataChipSpec *chip,
                                 const StrataScheduleOptions *options,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
