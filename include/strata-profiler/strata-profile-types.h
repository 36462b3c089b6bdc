/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain C rows of a profile, as the accessors of StrataProfile hand them out. Loaded once when a profile is opened,
 * owned by it, never changed. Times are picoseconds from the start of the run, energies femtojoules. "Unknown" is -1 in
 * integers that cannot be negative and NaN in doubles, never 0. Strings are never NULL.
 */
#pragma once

#include "strata/sys/strata-trace.h"

G_BEGIN_DECLS

/* The run and the chip it ran on. */
typedef struct
{
  const char *path; /* as given to strata_profile_open() */
  const char *run_name, *model_name, *chip_name, *chip_yaml;
  StrataFidelity fidelity;
  gint32 mesh_x, mesh_y, n_stacks, n_tiers, n_rows, n_columns;
  gint32 hub_x2, hub_y2;   /* twice the hub's mesh position */
  double power_budget_mw;  /* NaN: none */
  gint64 start_ps, end_ps; /* first start and last end of any event; figure latency_ps where there are no events */
  gint64 n_events;         /* static ones included */
  gint64 n_dropped;        /* events that the source could not deliver; > 0: sums are lower bounds */
  gint64 energy_fj[STRATA_N_BANDS]; /* all components, static included */
  gint64 static_fj[STRATA_N_BANDS];
} StrataProfileRun;

/* Analog noise of a layer as the compiler reckoned with it: signal over noise, dB, nominal. NaN: unavailable, or no
 * noise of the kind. */
typedef struct
{
  gint32 n_reads;              /* conversions that are averaged; 0: nothing was reckoned */
  gint32 adc_bits, sound_bits; /* of the converter; those whose rounding is not drowned in the other noise of a read */
  double snr_db, effective_bits;
  double thermal_db, cells_db, converter_db; /* of one read */
  double lasting_db;                         /* what averaging does not lower */
  double rounding_db;                        /* of weights and codes: there without analog noise too */
  double share;                              /* of what arrives at the output, 0 to 1 */
  double drowned_fj;                         /* energy per inference of the bits below the noise floor */
} StrataProfileNoise;

/* A layer: an operation of the quantised graph, with all that the run says about it. Index in the array = id. */
typedef struct
{
  gint32 id, node; /* node: ONNX node index, -1: made by the compiler */
  const char *name, *op, *kind, *stage;
  gint32 stage_index, index_in_stage, n_in_stage; /* colour: hue by the first, lightness by the others */
  gint64 n_macs, n_weights;
  gint32 out_channels, out_height, out_width, k, n;
  gint32 n_tiles, n_copies, n_row_copies, n_reads, n_slices;
  gint32 n_stacks;    /* distinct stacks that hold its tiles */
  gint32 first_stack; /* lowest of them, -1: none */
  double utilisation; /* used cells / cells of its arrays; NaN: it has none */
  gint32 inputs[4], n_inputs;
  gint64 start_ps, end_ps; /* first start, last end of its events; -1: no events */
  gint64 busy_ps;          /* sum of durations over all units */
  gint64 n_events, n_tier_switches, n_actions;
  gint64 energy_fj[STRATA_N_BANDS]; /* sum of component_fj */
  gint64 component_fj[STRATA_N_BANDS][STRATA_N_COMPONENTS];
  double snr_db, clip_fraction, max_abs_error; /* NaN: unavailable */
  StrataProfileNoise noise;
  gint32 n_findings;
} StrataProfileLayer;

/* A block of a layer's matrix on one array. Index in the array = id. */
typedef struct
{
  gint32 id, layer, copy, stack, tier;
  gint32 row0, n_rows, col0, n_cols, n_slices, n_row_copies;
  double utilisation;
  gint32 x, y; /* mesh position of the stack, -1: unknown */
  gint64 busy_ps, energy_fj, n_events;
  gint32 first_in_array; /* lowest tile on the same array; itself where it is alone */
  gint32 at_row, at_col; /* its first row and column of cells in the array */
} StrataProfileTile;

/* A unit that works: a stack, a link, the vector unit … Index in the array = id. */
typedef struct
{
  gint32 id;
  StrataUnitKind kind;
  gint32 index, x, y;
  const char *name;
  gint64 n_events;    /* without static ones */
  gint64 busy_ps;     /* sum of durations, without static events */
  double utilisation; /* busy_ps / length of the run; 0 where the run has no length */
  gint64 dynamic_fj, static_fj;
  gint64 n_tier_switches;
} StrataProfileUnit;

/* Index in the array = id. */
typedef struct
{
  gint32 id, layer, tile, unit; /* tile: -1 where none */
  const char *opcode;
  gint32 n_bursts;
  gint64 n_actions; /* per burst */
} StrataProfileInstruction;

/* Events of one unit as parallel arrays of @n_events, sorted by start_ps. */
typedef struct
{
  gsize n_events;
  const gint64 *start_ps, *duration_ps, *energy_fj, *n_actions;
  const gint32 *layer, *instruction, *burst; /* -1 where none */
  const gint16 *tier;                        /* -1 where none */
  const guint8 *flags;                       /* STRATA_EVENT_… */
} StrataProfileEvents;

typedef struct
{
  const char *name, *unit; /* "latency_ps", "ps" */
  double value[STRATA_N_BANDS];
  StrataFidelity fidelity;
  const char *source;
} StrataProfileFigure;

typedef struct
{
  const char *rule;
  gint32 severity; /* 0 note, 1 advice, 2 warning */
  gint32 layer;    /* -1: the run */
  const char *evidence, *action, *gain_of;
  double gain; /* expected fraction gained, NaN: unknown */
} StrataProfileFinding;

/* Another way that the compiler tried or computed. -1: not known */
typedef struct
{
  const char *what;
  gint64 latency_ps, interval_ps, energy_fj, n_arrays;
  const char *verdict; /* why it was not taken; empty where nothing is said */
} StrataProfileAlternative;

/* What the compiler decided and why */
typedef struct
{
  const char *reason, *meaning; /* "copies", and a phrase */
  gint32 layer, tile;           /* -1: the run; the whole layer */
  gint64 value;                 /* in the reason's unit */
  const char *text;
  const StrataProfileAlternative *alternatives;
  gint32 n_alternatives;
} StrataProfileDecision;

typedef struct
{
  gint32 unit;
  gint64 from_ps, to_ps, n_dropped;
  const char *reason;
} StrataProfileDrop;

/* Mean power by component over [time, time + step), as recorded. Sorted by time. */
typedef struct
{
  gsize n_samples;
  const gint64 *time_ps, *step_ps;
  const double *power_mw; /* n_samples x STRATA_N_COMPONENTS, row-major */
} StrataProfilePower;

typedef struct
{
  gint64 time_ps; /* -1: steady state at the run's mean power */
  StrataHeatNode node;
  gint32 stack, tier; /* -1 where none */
  double temperature_c;
} StrataProfileTemperature;

/* A spell of continuous operation, switched on cold at 0; without gaps, the last one for ever. Nominal. */
typedef struct
{
  gint64 start_ps;
  gint64 duration_ps; /* -1: for ever */
  gint64 interval_ps; /* between inferences; 0: switched off, as no rate holds */
  StrataSpellReason reason;
  double power_mw;           /* mean: x duration is the energy; of one for ever that of the steady state */
  double junction_c, skin_c; /* at its end */
} StrataProfileSpell;

/* Temperatures while the spells run */
typedef struct
{
  gint64 time_ps; /* from cold */
  double junction_c, skin_c;
} StrataProfileWarming;

typedef struct
{
  const char *key, *value;
} StrataProfileMeta;

/* A limit that the run was asked to keep, and whether it did. From the figures "limit_max_X" and "limit_min_X", X the
 * name of another figure. */
typedef struct
{
  const StrataProfileFigure *limit;
  const StrataProfileFigure *figure; /* NULL: the run has no such figure, so the verdict is unknown */
  gboolean is_minimum;               /* the figure must not be below the limit */
  gboolean is_known;                 /* the figure has a nominal value */
  gboolean is_met;                   /* nominal */
  gboolean is_met_conservative;      /* FALSE also where the conservative value is unavailable */
  double margin; /* nominal slack / |limit|: 0.2 is 20 % to spare, -0.2 missed by 20 %; NaN unknown */
  double margin_conservative;
} StrataProfileVerdict;

/* A row of the table that closes: layers, then energy of no layer, then static energy, then the total of all before. */
typedef enum
{
  STRATA_ENERGY_ROW_LAYER,
  STRATA_ENERGY_ROW_UNATTRIBUTED, /* dynamic energy that no layer owns */
  STRATA_ENERGY_ROW_STATIC,
  STRATA_ENERGY_ROW_TOTAL,
} StrataEnergyRowKind;

typedef struct
{
  StrataEnergyRowKind kind;
  gint32 layer; /* -1 unless STRATA_ENERGY_ROW_LAYER */
  gint64 energy_fj;
  gint64 component_fj[STRATA_N_COMPONENTS];
} StrataEnergyRow;

/* What a stretch of a track holds: exact sums, and the layer of the longest part of an event in it. */
typedef struct
{
  gint64 busy_ps;   /* sum of the parts of events inside; above the stretch's length where events overlap */
  gint64 energy_fj; /* an event that is cut gives its share in proportion, rounded so that neighbours add up */
  gint64 n_events;  /* events that start inside */
  gint64 longest_ps;
  gint32 longest_layer; /* -1: none */
  float max_power_mw;   /* highest energy / duration of one event touching it */
} StrataTrackSpan;

G_END_DECLS
